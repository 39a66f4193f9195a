/* primitives_ours.h - rustle's own contestants, by kind. */
#ifndef RSL_BENCH_PRIMITIVES_OURS_H
#define RSL_BENCH_PRIMITIVES_OURS_H

#include "bench/primitives.h"

void add_our_deque(contestants &all);
void add_our_channels(contestants &all);
void add_our_map(contestants &all);
void add_our_pool(contestants &all);

#endif
