/* idle.h - which workers sleep, how many look for work, and whom to wake for a new job. Internal to
 * sched/.
 *
 * Roles. A worker that finds nothing more to do becomes a searcher (begin_search), finds a job or
 * not, and either goes on (end_search) or to sleep (enter, then its eventcount). Whoever makes a
 * job available calls rsl_pool_job_added() (worker.h).
 *
 * 1. No job is left lying while a worker that could take it sleeps and nobody searches. Waking a
 *    thread is dear, so a job wakes nobody if somebody searches. In exchange the last searcher to
 *    find a job looks whether there are more, and wakes the next one if so; and a searcher that
 * finds none looks through all queues once more after it has said that it searches no longer and
 * before it sleeps, and wakes the next one if it takes a job then, since others may have come with
 * that. Whoever moves jobs to another queue announces them anew: who looked meanwhile may have seen
 * them in neither.
 * 2. At most one sleeper at a time is made a searcher, by whoever wakes it.
 * 3. Adding a job while all workers are busy costs a load.
 *
 * Orders. The adder stores the job and then looks at `sleepers`, the worker stores its bit there
 * and then looks for jobs: of such a pair at least one must see the other. It is the same with
 * `nsearching` and a searcher that stops. The adder fences
 * lightly, the worker heavily (ds/asymmetric_fence.h); where the kernel refuses that, from the
 * start or later, both fence. What changes `sleepers` and `nsearching` is seq_cst, and so are the
 * loads that decide against a wake-up.
 *
 * All lock-free.
 */
#ifndef RSL_SCHED_IDLE_H
#define RSL_SCHED_IDLE_H

#include "ds/asymmetric_fence.h"
#include "sched/pool.h"

#define RSL_IDLE_WORDS (RSL_POOL_MAX_WORKERS / 64)

struct rsl_idle {
    /* Read by whoever adds a job, written when a worker goes to sleep or wakes. */
    struct rsl_atomic_u64 sleepers[RSL_IDLE_WORDS]; /* bit i: worker i sleeps, or is about to */
    struct rsl_atomic_u32 refused; /* RSL_FENCES_*; written by those who go to sleep */
    /* Fixed from the start. */
    uint32_t nwords;
    uint32_t nworkers;
    char pad[RSL_FALSE_SHARING_RANGE];
    /* Written whenever a worker runs out of jobs, or finds one; read by others only if somebody
     * sleeps. */
    struct rsl_atomic_u32 nsearching;
    char pad_behind[RSL_FALSE_SHARING_RANGE];
};

void rsl_idle_init(struct rsl_idle *idle, size_t nworkers);

/* The two sides of 1. */
static inline void rsl_idle_adder_fence(const struct rsl_idle *idle)
{
    /* relaxed: who sets it waits for those who have not seen it */
    if (__builtin_expect(rsl_u32_load_relaxed(&idle->refused) == RSL_FENCES_GRANTED, 1))
        rsl_fence_light();
    else
        rsl_fence_seq_cst();
}
void rsl_idle_sleeper_fence(struct rsl_idle *idle);

/* Whether anybody sleeps. */
static inline bool rsl_idle_any(const struct rsl_idle *idle)
{
    uint64_t mask = rsl_u64_load_seq_cst(&idle->sleepers[0]);
    for (uint32_t i = 1; i < idle->nwords; i++)
        mask |= rsl_u64_load_seq_cst(&idle->sleepers[i]);
    return mask != 0;
}

/* Picks a sleeper and makes it a searcher, unless somebody searches or nobody sleeps. Returns its
 * index, to be woken by the caller, or -1. */
int rsl_idle_pick(struct rsl_idle *idle);

/* Returns false if enough others search. */
bool rsl_idle_begin_search(struct rsl_idle *idle);
/* Returns whether the caller was the last searcher. */
bool rsl_idle_end_search(struct rsl_idle *idle);

/* Marks worker `i` as one who sleeps. */
void rsl_idle_enter(struct rsl_idle *idle, size_t i);
/* Takes the mark away again. Returns false if somebody has picked the worker meanwhile, which then
 * is a searcher. */
bool rsl_idle_leave(struct rsl_idle *idle, size_t i);

#endif
