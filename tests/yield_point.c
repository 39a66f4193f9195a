/* The RSL_YIELD_POINT() of builds with RSL_STRESS: in one window of sixteen the thread gives up its
 * processor, in another it lingers for a while. Each thread draws from its own sequence, seeded by
 * the order in which threads come here first. */
#include "ds/atomic.h"

#include <sched.h>

static struct rsl_atomic_u32 nthreads;

void rsl_yield_point(void)
{
    static _Thread_local uint32_t sequence;
    if (sequence == 0) /* relaxed: only the number matters */
        sequence = UINT32_C(0x9E3779B9) * (2 * rsl_u32_fetch_add_relaxed(&nthreads, 1) + 1);
    /* xorshift32: Marsaglia, "Xorshift RNGs" */
    sequence ^= sequence << 13;
    sequence ^= sequence >> 17;
    sequence ^= sequence << 5;
    const uint32_t draw = sequence >> 24;
    if (draw < 16)
        (void)sched_yield();
    else if (draw < 32)
        for (uint32_t i = 0; i < draw * 8; i++)
            rsl_pause();
}
