/* scope.h - jobs that somebody waits for together.
 *
 *     struct rsl_scope scope;
 *     rsl_scope_begin(&scope, worker, NULL);
 *     for (size_t i = 0; i < n; i++)
 *         rsl_scope_spawn(&scope, worker, read_one, &files[i]);
 *     status = rsl_scope_wait(&scope);
 *
 * A scope belongs to whoever began it, who must wait for it before it goes out of memory. Its jobs,
 * and anybody else who knows that it is not finished, may spawn into it as well.
 */
#ifndef RSL_SCHED_SCOPE_H
#define RSL_SCHED_SCOPE_H

#include "sched/pool.h"

#ifdef __cplusplus
extern "C" {
#endif

/* In the caller's memory. */
struct rsl_scope {
    /* Fixed from the start. */
    struct rsl_pool *pool;
    struct rsl_worker *owner; /* NULL: another thread */
    struct rsl_scope *parent; /* cancelled with it; the pool's own scope has none */
    /* RSL_SCOPE_*, below. Written by whoever cancels or injects, read before each job. */
    struct rsl_atomic_u32 flags;
    /* The first status that was not 0, as uint32_t. Written once. */
    struct rsl_atomic_u32 status;
    char pad[RSL_CACHE_LINE];
    /* Jobs not finished, and what workers have set aside to count jobs with (scope.c). Written by
     * all who spawn and finish; on a line of its own. */
    struct rsl_atomic_size pending;
};

/* Not for users. */
enum {
    RSL_SCOPE_CANCELLED = 1,
    RSL_SCOPE_INJECTED = 2, /* some of its jobs are, or have been, in the pool's queues */
};

/* Begins a scope in a job. `parent`: a scope that is not finished before this one and whose
 * cancellation is this one's too; NULL: none but the pool. Cannot fail. */
void rsl_scope_begin(struct rsl_scope *scope, struct rsl_worker *worker, struct rsl_scope *parent);

/* Begins a scope in a thread that is not a worker. Returns RSL_OK or RSL_ECLOSED. */
enum rsl_status rsl_scope_begin_outside(struct rsl_scope *scope, struct rsl_pool *pool);

/* A worker that has this many jobs queued runs those that it spawns into scopes at once. */
#define RSL_SCOPE_QUEUE 1024

/* Queues a job of the scope on the caller's worker, the newest first, or runs it before it returns
 * (RSL_SCOPE_QUEUE), so the caller must hold nothing that the job needs; with `worker` NULL, by a
 * thread that is not a worker, as rsl_scope_spawn_at() with RSL_PRIORITY_NORMAL. Returns RSL_OK or
 * RSL_ENOMEM. O(1), no system call unless a worker has to be woken. */
enum rsl_status rsl_scope_spawn(struct rsl_scope *scope, struct rsl_worker *worker, rsl_job_fn *fn,
                                void *arg);
/* The same, but of the jobs so spawned by one worker the oldest is begun first. Not NULL. */
enum rsl_status rsl_scope_spawn_fifo(struct rsl_scope *scope, struct rsl_worker *worker,
                                     rsl_job_fn *fn, void *arg);
/* Queues a job of the scope for any worker, with a priority. Any thread. */
enum rsl_status rsl_scope_spawn_at(struct rsl_scope *scope, enum rsl_priority priority,
                                   rsl_job_fn *fn, void *arg);

/* Keeps jobs of the scope that have not begun from beginning. Any thread, while the scope is not
 * finished. */
void rsl_scope_cancel(struct rsl_scope *scope);
/* Whether the scope, one that it is part of, or the pool has been cancelled: for jobs that take
 * long. */
bool rsl_scope_cancelled(const struct rsl_scope *scope);

/* Waits until all jobs of the scope are finished, and ends it; a job runs other jobs meanwhile.
 * Returns 0, or the first status other than 0 that one of them returned, or RSL_ECANCELED if one
 * was not begun. Once, by the owner. */
int rsl_scope_wait(struct rsl_scope *scope);

#ifdef __cplusplus
}
#endif

#endif
