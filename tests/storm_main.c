/* storm ROOT OUTSIDE SEED NFILES MILLISECONDS: makes a tree in the folder ROOT, and changes it. */
#include "tests/storm.h"

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    if (argc != 6) {
        fputs("usage: storm ROOT OUTSIDE SEED NFILES MILLISECONDS\n", stderr);
        return 2;
    }
    const struct storm_options options = {
        .root = argv[1],
        .outside = argv[2],
        .seed = strtoull(argv[3], NULL, 10),
        .nfiles = (unsigned)strtoul(argv[4], NULL, 10),
        .duration_ms = (unsigned)strtoul(argv[5], NULL, 10),
    };
    if (options.nfiles > 0 && !storm_make_tree(&options)) /* 0: in a tree that is there */
        return 1;
    printf("%llu changes\n", (unsigned long long)storm_run(&options));
    return 0;
}
