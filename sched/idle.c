/* idle.c - the set of sleepers and the number of searchers. The essay is in idle.h. */
#include "sched/idle.h"

void rsl_idle_init(struct rsl_idle *idle, size_t nworkers)
{
    for (size_t i = 0; i < RSL_IDLE_WORDS; i++)
        rsl_u64_init(&idle->sleepers[i], 0);
    rsl_u32_init(&idle->nsearching, 0);
    idle->nwords = (uint32_t)(nworkers + 63) / 64;
    idle->nworkers = (uint32_t)nworkers;
    rsl_u32_init(&idle->refused,
                 rsl_fence_asymmetric_prepare() ? RSL_FENCES_GRANTED : RSL_FENCES_REFUSED);
}

void rsl_idle_sleeper_fence(struct rsl_idle *idle)
{
    /* acquire: pairs with the store below: whoever set it has waited */
    uint32_t refused = rsl_u32_load_acquire(&idle->refused);
    if (refused == RSL_FENCES_GRANTED && rsl_fence_heavy())
        return;
    if (refused != RSL_FENCES_REFUSED) {
        RSL_YIELD_POINT();
        if (refused == RSL_FENCES_GRANTED) /* relaxed: waited for */
            (void)rsl_u32_cas_relaxed(&idle->refused, &refused, RSL_FENCES_REFUSED_NOW);
        rsl_fence_wait_out();
        rsl_u32_store_release(&idle->refused, RSL_FENCES_REFUSED);
    }
    rsl_fence_seq_cst();
}

int rsl_idle_pick(struct rsl_idle *idle)
{
    while (rsl_idle_any(idle)) {
        /* seq_cst: decides against a wake-up; ordered behind the caller's job by its fence. The
         * searcher seen here looks at all queues after its own change of this counter. */
        uint32_t nsearching = rsl_u32_load_seq_cst(&idle->nsearching);
        if (nsearching != 0 || !rsl_u32_cas_seq_cst(&idle->nsearching, &nsearching, 1))
            return -1;
        for (uint32_t w = 0; w < idle->nwords; w++) {
            uint64_t mask = rsl_u64_load_seq_cst(&idle->sleepers[w]);
            while (mask != 0) {
                const uint64_t lowest = mask & -mask;
                RSL_YIELD_POINT();
                /* acquire: pairs with rsl_idle_enter() */
                if (rsl_u64_fetch_and_seq_cst(&idle->sleepers[w], ~lowest) & lowest)
                    return (int)(w * 64 + (uint32_t)__builtin_ctzll(mask));
                mask = rsl_u64_load_seq_cst(&idle->sleepers[w]);
            }
        }
        /* All who slept have woken by themselves. Others may have refrained from waking anybody
         * meanwhile because of us, so look again. */
        rsl_u32_fetch_add_seq_cst(&idle->nsearching, UINT32_MAX);
    }
    return -1;
}

bool rsl_idle_begin_search(struct rsl_idle *idle)
{
    /* relaxed: a few too many do no harm */
    if (2 * rsl_u32_load_relaxed(&idle->nsearching) >= idle->nworkers)
        return false;
    rsl_u32_fetch_add_seq_cst(&idle->nsearching, 1);
    return true;
}

bool rsl_idle_end_search(struct rsl_idle *idle)
{
    return rsl_u32_fetch_add_seq_cst(&idle->nsearching, UINT32_MAX) == 1;
}

void rsl_idle_enter(struct rsl_idle *idle, size_t i)
{
    rsl_u64_fetch_or_seq_cst(&idle->sleepers[i / 64], UINT64_C(1) << i % 64);
}

bool rsl_idle_leave(struct rsl_idle *idle, size_t i)
{
    const uint64_t bit = UINT64_C(1) << i % 64;
    return (rsl_u64_fetch_and_seq_cst(&idle->sleepers[i / 64], ~bit) & bit) != 0;
}
