/* map_testing.h - what the tests of the map share: tables small enough to grow all the time, and
 * hashes bad enough to collide. */
#ifndef RSL_TESTS_MAP_TESTING_H
#define RSL_TESTS_MAP_TESTING_H

#include "ds/map_internal.h"

struct named_tuning {
    const char *name;
    struct rsl_map_tuning tuning;
};

static const struct named_tuning map_tunings[] = {
    {"one group a segment", {UINT64_MAX, 1, 0, 0, 64, 256}},
    {"two groups a segment", {UINT64_MAX, 1, 0, 1, 64, 1024}},
    {"four groups, wide window", {UINT64_MAX, 4, 1, 2, 128, 128}},
    {"all hashes equal", {0, 1, 0, 1, 64, 4096}},
    {"three bits of hash in the tree", {UINT64_C(7) << 61, 1, 0, 1, 64, 4096}},
    {"tags only", {UINT64_C(0xFFFF), 2, 0, 1, 64, 4096}},
    {"home groups only", {UINT64_C(0xF00000000), 1, 0, 3, 64, 4096}},
    {"everything but tags", {~UINT64_C(0xFFFF), 1, 0, 1, 64, 4096}},
    {"as users have it", {UINT64_MAX, 4, 0, 6, 4096, (size_t)1 << 20}},
};
#define NTUNINGS (sizeof map_tunings / sizeof map_tunings[0])

#endif
