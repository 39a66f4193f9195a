/* dependents.h - how many files depend on each, as of some moment: made once, then only read. */
#ifndef RSL_TOOLS_DEPENDENTS_H
#define RSL_TOOLS_DEPENDENTS_H

#include <stddef.h>
#include <stdint.h>

#include "index/store.h"

struct rsl_dependents;

/* What the database says. NULL after a failure: see the store's message, if it is not memory. To be
 * destroyed. */
struct rsl_dependents *rsl_dependents_of(struct rsl_store *store);
/* NULL is allowed. */
void rsl_dependents_destroy(struct rsl_dependents *dependents);

/* For the file at that path from the root of the tree; 0 for others, and of NULL. Paths are told
 * apart by 64 bits of hash: it is for what should come first, and for nothing that must be right.
 * Any thread. */
uint32_t rsl_dependents_count(const struct rsl_dependents *dependents, const char *path,
                              size_t path_nbytes);

#endif
