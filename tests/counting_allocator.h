/* counting_allocator.h - an allocator that counts what it gives out, checks what it is told, and
 * can run out of memory at any call. */
#ifndef RSL_TESTS_COUNTING_ALLOCATOR_H
#define RSL_TESTS_COUNTING_ALLOCATOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "ds/ds.h"

struct counting_allocator {
    struct rsl_allocator allocator; /* its state is this object */
    size_t ncalls;                  /* of allocate and resize */
    size_t fail_at;                 /* the call that fails, from 0; SIZE_MAX for none */
    size_t nbytes, most_nbytes;     /* given out now, and at most so far */
    bool wrong;                     /* a size was not that of its block */
};

/* Each block begins with its size; as wide as malloc's alignment. */
#define COUNTING_HEAD 16

static inline void *counting_resize(void *state, void *ptr, size_t old_nbytes, size_t new_nbytes)
{
    struct counting_allocator *counting = state;
    uint8_t *block = ptr ? (uint8_t *)ptr - COUNTING_HEAD : NULL;
    if ((block ? *(size_t *)(void *)block : 0) != old_nbytes) {
        counting->wrong = true;
    }
    if (counting->ncalls++ == counting->fail_at) {
        return NULL;
    }
    block = realloc(block, new_nbytes + COUNTING_HEAD);
    if (!block) {
        return NULL;
    }
    *(size_t *)(void *)block = new_nbytes;
    counting->nbytes += new_nbytes - old_nbytes;
    if (counting->nbytes > counting->most_nbytes) {
        counting->most_nbytes = counting->nbytes;
    }
    return block + COUNTING_HEAD;
}

static inline void *counting_allocate(void *state, size_t nbytes)
{
    return counting_resize(state, NULL, 0, nbytes);
}

static inline void counting_release(void *state, void *ptr, size_t nbytes)
{
    struct counting_allocator *counting = state;
    if (!ptr) {
        return;
    }
    uint8_t *block = (uint8_t *)ptr - COUNTING_HEAD;
    if (*(size_t *)(void *)block != nbytes) {
        counting->wrong = true;
    }
    counting->nbytes -= nbytes;
    free(block);
}

static inline void counting_init(struct counting_allocator *counting, size_t fail_at)
{
    *counting = (struct counting_allocator){
        .allocator = {counting_allocate, counting_resize, counting_release, counting},
        .fail_at = fail_at,
    };
}

#endif
