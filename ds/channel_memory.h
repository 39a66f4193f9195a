/* channel_memory.h - the one block that a channel lives in. Not for users of the library. */
#ifndef RSL_DS_CHANNEL_MEMORY_H
#define RSL_DS_CHANNEL_MEMORY_H

#include "ds/ds.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Capacities above this are refused. */
#define RSL_CHANNEL_MAX_CAPACITY (UINT32_C(1) << 30)

struct rsl_channel_memory {
    void *channel;
    size_t nslots; /* a power of two, at least the capacity */
    uint8_t *slots;
    void *marks;
    struct rsl_allocator allocator;
    void *block;
    size_t block_nbytes;
};

/* Room for a channel of `channel_nbytes`, its slots, and a mark of `mark_nbytes` (at most 64) for
 * each slot; all three begin with a pair of cache lines, and are zeroed. `allocator`: NULL for the
 * default. Returns RSL_OK, RSL_EINVAL or RSL_ENOMEM. */
enum rsl_status rsl_channel_memory_allocate(size_t channel_nbytes, size_t capacity,
                                            size_t item_nbytes, size_t mark_nbytes,
                                            const struct rsl_allocator *allocator,
                                            struct rsl_channel_memory *memory_out);

#ifdef __cplusplus
}
#endif

#endif
