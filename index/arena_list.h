/* arena_list.h - lists that grow in an arena. What they grow out of stays behind in it, which is
 * less than they hold in the end. */
#ifndef RSL_INDEX_ARENA_LIST_H
#define RSL_INDEX_ARENA_LIST_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "ds/arena.h"

/* The list of n elements, with room for one more; or NULL, and it is as it was. */
static inline void *arena_list_grow(struct rsl_arena *arena, void *list, uint32_t n,
                                    uint32_t *capacity, size_t element_nbytes)
{
    if (n < *capacity)
        return list;
    const uint32_t more = n == 0 ? 4 : n * 2;
    void *grown = more < n ? NULL : rsl_arena_alloc(arena, more * element_nbytes, 16);
    if (grown == NULL)
        return NULL;
    if (n > 0)
        memcpy(grown, list, n * element_nbytes);
    *capacity = more;
    return grown;
}

#endif
