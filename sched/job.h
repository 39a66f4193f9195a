/* job.h - descriptors of queued jobs, from lists that each worker keeps. Internal to sched/.
 *
 * A descriptor is taken by the worker that queues the job and freed by the one that runs it, to its
 * own list: no atomic operation either way. So that descriptors do not pile up with workers that
 * run what others queue, they travel in magazines of MAGAZINE: a worker keeps at most two, and
 * gives what is more to the pool's stack, where those who run out take one before they ask for
 * memory.
 *
 * That stack is a Treiber stack without a pop of one element, hence without the ABA problem: who
 * wants a magazine takes them all, keeps the first, and puts the rest back if the stack is still
 * empty, or else keeps that too. Memory goes back to the allocator at the end only; it is as much
 * as there have been descriptors in use at once, and a little.
 *
 * Magazines: Bonwick and Adams, "Magazines and Vmem", USENIX 2001.
 */
#ifndef RSL_SCHED_JOB_H
#define RSL_SCHED_JOB_H

#include "ds/atomic.h"
#include "ds/ds.h"
#include "sched/injector.h"

/* A job in a deque, or free. */
union rsl_job {
    struct rsl_job_call call;
    struct {
        union rsl_job *next;     /* in a list, NULL at its end */
        union rsl_job *magazine; /* the next magazine, in the first of a list */
        union rsl_job *ahead;    /* about RSL_JOB_AHEAD further in the list, or any other */
    } free;
};

/* The pool's. */
struct rsl_job_store {
    const struct rsl_allocator *allocator;
    struct rsl_atomic_ptr magazines; /* full ones; all workers */
    struct rsl_atomic_ptr chunks;    /* all memory, for fini; pushed to by all workers */
};

/* Descriptors that others have used last come from their caches: so many are asked for in advance.
 */
#define RSL_JOB_AHEAD 8

/* A worker's. */
struct rsl_job_cache {
    union rsl_job *list; /* less than a magazine */
    size_t nlist;
    union rsl_job *full;                  /* a magazine, or NULL */
    union rsl_job *more;                  /* magazines */
    union rsl_job *fresh;                 /* memory that has not been used yet, */
    union rsl_job *end;                   /*     up to here */
    size_t chunk_njobs;                   /* how much to ask for next */
    union rsl_job *recent[RSL_JOB_AHEAD]; /* the last to be put, a ring */
    struct rsl_job_store *store;
};

void rsl_job_store_init(struct rsl_job_store *store, const struct rsl_allocator *allocator);
void rsl_job_store_fini(struct rsl_job_store *store);
void rsl_job_cache_init(struct rsl_job_cache *cache, struct rsl_job_store *store);

/* The parts of the two functions below for when the list is empty, or full. */
union rsl_job *rsl_job_refill(struct rsl_job_cache *cache);
void rsl_job_put_full(struct rsl_job_cache *cache);

#define RSL_JOB_MAGAZINE 256

/* NULL if there is no memory. */
static inline union rsl_job *rsl_job_get(struct rsl_job_cache *cache)
{
    union rsl_job *job = cache->list;
    if (__builtin_expect(job == NULL, 0)) {
        if (cache->fresh != cache->end)
            return cache->fresh++;
        return rsl_job_refill(cache);
    }
    cache->list = job->free.next;
    cache->nlist--;
    rsl_prefetch_write(job->free.ahead);
    return job;
}

static inline void rsl_job_put(struct rsl_job_cache *cache, union rsl_job *job)
{
    job->free.next = cache->list;
    union rsl_job **recent = &cache->recent[cache->nlist % RSL_JOB_AHEAD];
    job->free.ahead = *recent;
    *recent = job;
    cache->list = job;
    if (__builtin_expect(++cache->nlist == RSL_JOB_MAGAZINE, 0))
        rsl_job_put_full(cache);
}

/* Makes the next `njobs` gets succeed, njobs <= RSL_JOB_MAGAZINE. */
enum rsl_status rsl_job_reserve(struct rsl_job_cache *cache, size_t njobs);

#endif
