/* injector.h - an unbounded queue of jobs from any threads to all workers. Internal to sched/.
 *
 * Roles. Producers put one job at a time, consumers claim up to a batch at a time; any number of
 * either, all at once. init and fini run alone.
 *
 * 1. Every job put is claimed exactly once, and claims follow the order of puts.
 * 2. What a producer wrote before it put a job is visible to who claims it.
 * 3. If put returns RSL_ENOMEM, nothing has changed.
 *
 * Jobs stand by value in blocks of BLOCK_JOBS, so that a put allocates once in so many, and a
 * claim of a batch costs one compare-and-swap. `tail` counts what has been put and `head` what has
 * been claimed, in free-running indices of which one in each block belongs to no job: while an
 * index stands there, its owner, who took the last job of a block, is moving on to the next block.
 *
 * Progress. Others wait (pausing) while somebody moves an index to the next block, and a consumer
 * waits for a producer that has taken a place and not yet filled it. Apart from that, lock-free.
 *
 * Reclamation. A producer reads the tail's index and then its block, and touches the block only
 * after its compare-and-swap of the index has succeeded, so the block is the right one, and its
 * place in it keeps it alive: a block is freed by the consumer that counts the last of its jobs as
 * read. The same goes for head. Indices are 64 bits wide and do not repeat.
 *
 * After the injector of crossbeam-deque, with claims of batches added.
 */
#ifndef RSL_SCHED_INJECTOR_H
#define RSL_SCHED_INJECTOR_H

#include "ds/atomic.h"
#include "ds/ds.h"
#include "sched/pool.h"

struct rsl_scope;

/* A job by value: how it travels in injectors and inboxes. */
struct rsl_job_call {
    rsl_job_fn *fn;
    void *arg;
    struct rsl_scope *scope;
};

/* One end of the queue. Written by those who put, or those who claim. */
struct rsl_injector_end {
    struct rsl_atomic_u64 index;
    struct rsl_atomic_ptr block;
    char pad[RSL_FALSE_SHARING_RANGE - 16];
};

struct rsl_injector {
    struct rsl_injector_end tail;
    struct rsl_injector_end head;
    /* A block without jobs, or NULL; exchanged by producers and consumers. */
    struct rsl_atomic_ptr spare;
    const struct rsl_allocator *allocator;
    char pad[RSL_FALSE_SHARING_RANGE - 2 * sizeof(void *)];
};

/* Jobs in a block, and the index that belongs to none. */
#define RSL_INJECTOR_LAP 128

/* `first`: where the indices begin, a multiple of RSL_INJECTOR_LAP. Returns RSL_OK or RSL_ENOMEM;
 * in any case fini may be called. */
enum rsl_status rsl_injector_init(struct rsl_injector *injector,
                                  const struct rsl_allocator *allocator, uint64_t first);
/* Forgets the jobs that are left. */
void rsl_injector_fini(struct rsl_injector *injector);

/* Returns RSL_OK or RSL_ENOMEM. */
enum rsl_status rsl_injector_put(struct rsl_injector *injector, const struct rsl_job_call *call);

/* Claims up to `max` jobs and returns how many; 0 if there were none. */
size_t rsl_injector_claim(struct rsl_injector *injector, struct rsl_job_call *calls_out,
                          size_t max);

/* About how many jobs there are. Not 0 if a put has returned whose job has not been claimed. */
static inline uint64_t rsl_injector_length(const struct rsl_injector *injector)
{
    /* relaxed, both: a hint, or ordered by the fence before it. head may be ahead of tail while
     * both move to a new block. */
    const uint64_t head = rsl_u64_load_relaxed(&injector->head.index);
    const uint64_t tail = rsl_u64_load_relaxed(&injector->tail.index);
    return (int64_t)(tail - head) > 0 ? tail - head : 0;
}

#endif
