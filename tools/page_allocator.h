/* page_allocator.h - an allocator for large blocks that come and go: what is released is given back
 * to the system at once, which malloc does not promise, so that a bound on memory can be kept. */
#ifndef RSL_TOOLS_PAGE_ALLOCATOR_H
#define RSL_TOOLS_PAGE_ALLOCATOR_H

#include "ds/ds.h"

/* Blocks from 128 KiB on are mappings of their own, smaller ones come from malloc. Any thread. */
extern const struct rsl_allocator rsl_page_allocator;

#endif
