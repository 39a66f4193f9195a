/* interner_internal.h - for the interner's own file and its tests. */
#ifndef RSL_DS_INTERNER_INTERNAL_H
#define RSL_DS_INTERNER_INTERNAL_H

#include "ds/interner.h"
#include "ds/map_internal.h"

/* The table from ids to entries is a tree of pages: 8 bits of an id choose in the root, 12 in a
 * page of pages, 12 in a page of entries. The model checker wants small ones. */
#ifdef RSL_MODEL
enum { RSL_INTERNER_PAGE_LG = 1, RSL_INTERNER_ROOT_LG = 1 };
#else
enum { RSL_INTERNER_PAGE_LG = 12, RSL_INTERNER_ROOT_LG = 8 };
#endif
enum { RSL_INTERNER_PAGE = 1 << RSL_INTERNER_PAGE_LG };

struct rsl_interner_page {
    struct rsl_atomic_ptr at[RSL_INTERNER_PAGE]; /* pages or entries; NULL, then set once but for
                                                    what assign_id() takes back */
};

struct rsl_interner {
    struct rsl_map *map; /* from strings to ids, or to PENDING */
    const struct rsl_allocator *allocator;
    uint64_t max_count; /* RSL_MAX_STRINGS; tests set less */
    char pad[RSL_FALSE_SHARING_RANGE];
    struct rsl_atomic_u64 count; /* ids below it are given; written by whoever gives one */
    char pad_behind[RSL_FALSE_SHARING_RANGE];
    struct rsl_atomic_ptr root[1 << RSL_INTERNER_ROOT_LG];
};

enum rsl_status rsl_interner_create_tuned(struct rsl_qsbr *domain,
                                          const struct rsl_allocator *allocator, uint64_t seed,
                                          size_t expected, const struct rsl_map_tuning *tuning,
                                          struct rsl_interner **interner_out);

#endif
