/* guarded_buffer.h - source buffers whose padding ends against a page that must not be touched. */
#ifndef RSL_TESTS_GUARDED_BUFFER_H
#define RSL_TESTS_GUARDED_BUFFER_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ds/ds.h"

/* Room for sources of up to `capacity` bytes, with unmapped pages on both sides. */
struct guarded_buffer {
    uint8_t *map;
    size_t map_nbytes;
    uint8_t *limit; /* the first byte that faults */
    size_t capacity;
};

static inline void guarded_buffer_init(struct guarded_buffer *buffer, size_t capacity)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t inner = (capacity + RSL_PAD + page - 1) / page * page;
    buffer->map_nbytes = inner + 2 * page;
    buffer->map = mmap(NULL, buffer->map_nbytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (buffer->map == MAP_FAILED ||
        mprotect(buffer->map + page, inner, PROT_READ | PROT_WRITE) != 0) {
        perror("guarded_buffer");
        exit(1);
    }
    buffer->limit = buffer->map + page + inner;
    buffer->capacity = inner - RSL_PAD;
}

static inline void guarded_buffer_fini(struct guarded_buffer *buffer)
{
    munmap(buffer->map, buffer->map_nbytes);
}

/* Copies bytes[0..nbytes) so that RSL_PAD zero bytes and then the unmapped page follow. */
static inline const uint8_t *guarded_buffer_put(struct guarded_buffer *buffer, const void *bytes,
                                                size_t nbytes)
{
    if (nbytes > buffer->capacity) {
        fprintf(stderr, "guarded_buffer: %zu bytes do not fit\n", nbytes);
        exit(1);
    }
    uint8_t *src = buffer->limit - RSL_PAD - nbytes;
    if (nbytes > 0) {
        memcpy(src, bytes, nbytes);
    }
    memset(src + nbytes, 0, RSL_PAD);
    return src;
}

#endif
