/* channel_memory.c - alignment, which the allocator hook does not promise. */
#include "ds/channel_memory.h"

#include "ds/atomic.h"

#include <string.h>

static size_t round_up(size_t nbytes)
{
    return (nbytes + RSL_FALSE_SHARING_RANGE - 1) & ~(size_t)(RSL_FALSE_SHARING_RANGE - 1);
}

enum rsl_status rsl_channel_memory_allocate(size_t channel_nbytes, size_t capacity,
                                            size_t item_nbytes, size_t mark_nbytes,
                                            const struct rsl_allocator *allocator,
                                            struct rsl_channel_memory *memory_out)
{
    if (capacity < 1 || capacity > RSL_CHANNEL_MAX_CAPACITY || item_nbytes < 1 ||
        item_nbytes > UINT32_MAX)
        return RSL_EINVAL;
    size_t nslots = 1;
    while (nslots < capacity)
        nslots *= 2;
    if (!allocator)
        allocator = &rsl_allocator_default;
    /* At most 2^30 slots of less than 2^32 bytes: no overflow. */
    const size_t slots_at = round_up(channel_nbytes);
    const size_t marks_at = slots_at + round_up(nslots * item_nbytes);
    const size_t block_nbytes = RSL_FALSE_SHARING_RANGE + marks_at + round_up(nslots * mark_nbytes);
    uint8_t *block = allocator->allocate(allocator->state, block_nbytes);
    if (!block)
        return RSL_ENOMEM;
    memset(block, 0, block_nbytes);
    uint8_t *channel = block + (round_up((uintptr_t)block) - (uintptr_t)block);
    *memory_out = (struct rsl_channel_memory){
        .channel = channel,
        .nslots = nslots,
        .slots = channel + slots_at,
        .marks = channel + marks_at,
        .allocator = *allocator,
        .block = block,
        .block_nbytes = block_nbytes,
    };
    return RSL_OK;
}
