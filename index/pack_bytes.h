/* pack_bytes.h - bytes that grow while they are written, and numbers of variable length in them.
 *
 * A number is written in groups of seven bits, the lowest first, each byte but the last with its
 * highest bit set (LEB128). Differences go through a zigzag first, so that small negative ones
 * are short too. */
#ifndef RSL_INDEX_PACK_BYTES_H
#define RSL_INDEX_PACK_BYTES_H

#include <stdbool.h>
#include <string.h>

#include "ds/ds.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The most bytes that a number of 64 or 32 bits takes. */
#define RSL_VARINT64_MOST 10
#define RSL_VARINT32_MOST 5

/* Owned by whoever made it. All zero but the allocator is empty. One thread at a time. */
struct rsl_pack_buffer {
    uint8_t *bytes;
    size_t nbytes, capacity;
    const struct rsl_allocator *allocator; /* borrowed; NULL: rsl_allocator_default */
};

/* Frees the bytes; the buffer is empty and may be used again. */
void rsl_pack_buffer_fini(struct rsl_pack_buffer *buffer);

/* Makes room for nbytes more. On false, for want of memory, the buffer is as it was. */
bool rsl_pack_buffer_grow(struct rsl_pack_buffer *buffer, size_t nbytes);

static inline bool rsl_pack_buffer_reserve(struct rsl_pack_buffer *buffer, size_t nbytes)
{
    if (buffer->bytes != NULL && buffer->capacity - buffer->nbytes >= nbytes)
        return true;
    return rsl_pack_buffer_grow(buffer, nbytes);
}

/* Writes to `at`, where there is room for RSL_VARINT64_MOST bytes; returns where it ended. */
static inline uint8_t *rsl_varint_put(uint8_t *at, uint64_t number)
{
    while (number >= 0x80) {
        *at++ = (uint8_t)(number | 0x80);
        number >>= 7;
    }
    *at++ = (uint8_t)number;
    return at;
}

/* The difference to - from of two 32-bit numbers, exact also where it wraps. */
static inline uint8_t *rsl_varint_put_delta(uint8_t *at, uint32_t from, uint32_t to)
{
    const uint32_t delta = to - from;
    return rsl_varint_put(at, delta << 1 ^ (0 - (delta >> 31)));
}

/* Reads bytes[0..) up to `end`. After anything that cannot be, `failed` is set, and everything that
 * is read from then on is 0 or empty. */
struct rsl_pack_reader {
    const uint8_t *at, *end;
    bool failed;
};

static inline void rsl_pack_reader_fail(struct rsl_pack_reader *reader)
{
    reader->failed = true;
    reader->at = reader->end;
}

static inline uint64_t rsl_pack_read(struct rsl_pack_reader *reader)
{
    uint64_t number = 0;
    for (unsigned shift = 0; reader->at < reader->end && shift < 64; shift += 7) {
        const uint8_t byte = *reader->at++;
        number |= (uint64_t)(byte & 0x7F) << shift;
        if (byte < 0x80)
            return number;
    }
    rsl_pack_reader_fail(reader);
    return 0;
}

static inline uint32_t rsl_pack_read_u32(struct rsl_pack_reader *reader)
{
    const uint64_t number = rsl_pack_read(reader);
    if (number <= UINT32_MAX)
        return (uint32_t)number;
    rsl_pack_reader_fail(reader);
    return 0;
}

static inline uint32_t rsl_pack_read_delta(struct rsl_pack_reader *reader, uint32_t from)
{
    const uint32_t zigzag = rsl_pack_read_u32(reader);
    return from + (zigzag >> 1 ^ (0 - (zigzag & 1)));
}

static inline uint8_t rsl_pack_read_byte(struct rsl_pack_reader *reader)
{
    if (reader->at < reader->end)
        return *reader->at++;
    rsl_pack_reader_fail(reader);
    return 0;
}

/* The next nbytes, or NULL if there are fewer. */
static inline const uint8_t *rsl_pack_read_bytes(struct rsl_pack_reader *reader, size_t nbytes)
{
    if ((size_t)(reader->end - reader->at) < nbytes) {
        rsl_pack_reader_fail(reader);
        return NULL;
    }
    reader->at += nbytes;
    return reader->at - nbytes;
}

#ifdef __cplusplus
}
#endif

#endif
