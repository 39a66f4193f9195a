/* rustle-primitives: our deque, pool, channels and map, in the loops that their peers run too. See
 * primitives.h for how it is called, and the script bench/primitives for the comparison. */
#include "bench/primitives_ours.h"

int main(int argc, char **argv)
{
    contestants all;
    add_our_deque(all);
    add_our_pool(all);
    add_our_channels(all);
    add_our_map(all);
    return primitives_main(argc, argv, all);
}
