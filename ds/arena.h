/* arena.h - memory that is freed all at once: a bump allocator over growing blocks.
 *
 * After a reset the largest block is used again, and a block that has to be added is at least twice
 * as large as the last. So the same work done again and again soon runs in one block, without a
 * call of the allocator. Under AddressSanitizer everything that is not given out is poisoned, also
 * after a reset.
 *
 * One thread at a time uses an arena. */
#ifndef RSL_DS_ARENA_H
#define RSL_DS_ARENA_H

#include <stdbool.h>

#include "ds/ds.h"
#include "ds/poison.h"

#ifdef __cplusplus
extern "C" {
#endif

struct rsl_arena_block;

/* The fields are the arena's own. */
struct rsl_arena {
    const struct rsl_allocator *allocator;
    struct rsl_arena_block *blocks; /* the newest, and largest, first */
    uint8_t *at, *end;              /* what is left of it */
    size_t first_nbytes;            /* of the first block */
};

/* Makes an empty arena, which borrows `allocator`. No memory is taken before the first use; the
 * first block has `first_nbytes` (raised to a small minimum). Cannot fail. */
void rsl_arena_init(struct rsl_arena *arena, const struct rsl_allocator *allocator,
                    size_t first_nbytes);

/* Releases all memory; the arena is as after rsl_arena_init(). */
void rsl_arena_fini(struct rsl_arena *arena);

/* Everything given out is gone; the largest block is kept. O(blocks). */
void rsl_arena_reset(struct rsl_arena *arena);

/* The bytes that the arena holds from its allocator. */
size_t rsl_arena_held(const struct rsl_arena *arena);

/* The slow part of rsl_arena_alloc(): adds a block with room for the request. False if it cannot.
 */
bool rsl_arena_grow(struct rsl_arena *arena, size_t nbytes, size_t alignment);

/* `nbytes` uninitialised bytes at a multiple of `alignment`, a power of two up to 4096; valid until
 * reset or fini. nbytes may be 0. NULL if the allocator fails or the size overflows: the arena is
 * as it was. O(1) but for the allocator. */
static inline void *rsl_arena_alloc(struct rsl_arena *arena, size_t nbytes, size_t alignment)
{
    size_t gap = (size_t)(-(uintptr_t)arena->at & (alignment - 1));
    const size_t left = (size_t)(arena->end - arena->at);
    if (left < gap || left - gap <= nbytes) { /* one byte more: also an empty arena has none */
        if (!rsl_arena_grow(arena, nbytes, alignment))
            return NULL;
        gap = (size_t)(-(uintptr_t)arena->at & (alignment - 1));
    }
    uint8_t *given = arena->at + gap;
    rsl_unpoison(given, nbytes);
    arena->at = given + nbytes;
    return given;
}

#ifdef __cplusplus
}
#endif

#endif
