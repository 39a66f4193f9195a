#include "index/pack_bytes.h"

static const struct rsl_allocator *allocator_of(const struct rsl_pack_buffer *buffer)
{
    return buffer->allocator != NULL ? buffer->allocator : &rsl_allocator_default;
}

void rsl_pack_buffer_fini(struct rsl_pack_buffer *buffer)
{
    const struct rsl_allocator *allocator = allocator_of(buffer);
    allocator->release(allocator->state, buffer->bytes, buffer->capacity);
    *buffer = (struct rsl_pack_buffer){.allocator = buffer->allocator};
}

bool rsl_pack_buffer_grow(struct rsl_pack_buffer *buffer, size_t nbytes)
{
    const struct rsl_allocator *allocator = allocator_of(buffer);
    if (nbytes > SIZE_MAX / 2 - buffer->capacity)
        return false;
    size_t capacity = buffer->capacity * 2 + 1024;
    if (capacity < buffer->nbytes + nbytes)
        capacity = buffer->nbytes + nbytes;
    uint8_t *bytes = allocator->resize(allocator->state, buffer->bytes, buffer->capacity, capacity);
    if (bytes == NULL)
        return false;
    buffer->bytes = bytes;
    buffer->capacity = capacity;
    return true;
}
