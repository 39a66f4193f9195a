#include "ds/arena.h"

struct rsl_arena_block {
    struct rsl_arena_block *next; /* the one before */
    size_t nbytes;                /* with this head */
};

/* malloc's own bookkeeping makes smaller blocks a waste. */
enum { LEAST_NBYTES = 256, MOST_ALIGNMENT = 4096 };

void rsl_arena_init(struct rsl_arena *arena, const struct rsl_allocator *allocator,
                    size_t first_nbytes)
{
    *arena = (struct rsl_arena){
        .allocator = allocator,
        .first_nbytes = first_nbytes < LEAST_NBYTES ? LEAST_NBYTES : first_nbytes,
    };
}

static void release_blocks(struct rsl_arena *arena, struct rsl_arena_block *block)
{
    while (block != NULL) {
        struct rsl_arena_block *next = block->next;
        rsl_unpoison(block, block->nbytes);
        arena->allocator->release(arena->allocator->state, block, block->nbytes);
        block = next;
    }
}

/* All of the newest block is free. */
static void rewind_to(struct rsl_arena *arena, struct rsl_arena_block *block)
{
    arena->at = (uint8_t *)(block + 1);
    arena->end = (uint8_t *)block + block->nbytes;
    rsl_poison(arena->at, (size_t)(arena->end - arena->at));
}

void rsl_arena_fini(struct rsl_arena *arena)
{
    release_blocks(arena, arena->blocks);
    rsl_arena_init(arena, arena->allocator, arena->first_nbytes);
}

void rsl_arena_reset(struct rsl_arena *arena)
{
    if (arena->blocks == NULL)
        return;
    release_blocks(arena, arena->blocks->next);
    arena->blocks->next = NULL;
    rewind_to(arena, arena->blocks);
}

size_t rsl_arena_held(const struct rsl_arena *arena)
{
    size_t held = 0;
    for (const struct rsl_arena_block *block = arena->blocks; block != NULL; block = block->next)
        held += block->nbytes;
    return held;
}

bool rsl_arena_grow(struct rsl_arena *arena, size_t nbytes, size_t alignment)
{
    size_t size = arena->blocks == NULL ? arena->first_nbytes : arena->blocks->nbytes;
    if (nbytes > SIZE_MAX / 2 - sizeof(struct rsl_arena_block) - MOST_ALIGNMENT ||
        size > SIZE_MAX / 2)
        return false;
    const size_t needed = sizeof(struct rsl_arena_block) + alignment + nbytes;
    if (arena->blocks != NULL)
        size *= 2;
    if (size < needed)
        size = needed;
    struct rsl_arena_block *block = arena->allocator->allocate(arena->allocator->state, size);
    if (block == NULL)
        return false;
    block->next = arena->blocks;
    block->nbytes = size;
    arena->blocks = block;
    rewind_to(arena, block);
    return true;
}
