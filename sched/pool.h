/* pool.h - a work-stealing pool: a fixed set of worker threads that run jobs.
 *
 * A job is a function and its argument. Each worker has a deque of jobs (ds/deque.h): what it
 * spawns goes there, it takes the newest first, and idle workers steal the oldest. What comes from
 * other threads goes into queues that all workers take from, one for each priority. Workers that
 * find nothing for some microseconds sleep, and cost nothing then.
 *
 * Functions that take a `struct rsl_worker *` are for jobs: the pointer that a job is called with
 * names the worker that it runs on, and is good in that call only. All others may be called by any
 * thread, unless they say otherwise.
 *
 * A job that waits (for a scope, a task, a loop, a broadcast) runs other jobs meanwhile, on its own
 * stack, and one that spawns into a scope may run the new job (RSL_SCOPE_QUEUE). It must not hold a
 * lock, or be halfway through something in worker-local storage, that those need.
 *
 * Statuses of jobs are `int`: 0 is success, anything else is the caller's to define; those that the
 * pool adds are values of enum rsl_status.
 */
#ifndef RSL_SCHED_POOL_H
#define RSL_SCHED_POOL_H

#include "ds/atomic.h"
#include "ds/ds.h"

#ifdef __cplusplus
extern "C" {
#endif

struct rsl_pool;
struct rsl_worker;

/* What a job does. Returns 0, or a status that is reported to its scope. */
typedef int rsl_job_fn(struct rsl_worker *worker, void *arg);

/* Workers beyond this are refused. */
#define RSL_POOL_MAX_WORKERS 512

/* Pointers that each worker keeps for its jobs. */
#define RSL_WORKER_SLOTS 8

/* All zero: the defaults. Copied; what it points to is needed only during create, but for the
 * allocator and `hook_arg`. */
struct rsl_pool_options {
    /* How many threads; 0: as many as there are processors that the caller may run on. */
    size_t nworkers;
    /* Worker i is bound to processor cpus[i mod ncpus]; ncpus 0: none is bound. */
    const int *cpus;
    size_t ncpus;
    /* What debuggers and ps call the threads, up to 11 bytes, the worker's number behind; NULL:
     * "rsl-worker". */
    const char *name;
    /* Bytes of stack of a worker; 0: what threads get by default. */
    size_t stack_nbytes;
    /* Jobs that an inbox holds (rsl_pool_send); 0: 256. */
    size_t inbox_capacity;
    /* Memory for everything but the threads' stacks; NULL: rsl_allocator_default. Called from all
     * threads that use the pool. */
    const struct rsl_allocator *allocator;
    /* Called on each worker before its first job, and after its last if the former returned 0. A
     * status other than 0 makes rsl_pool_create() fail with it. Either may be NULL. */
    rsl_job_fn *init_worker;
    rsl_job_fn *fini_worker;
    void *hook_arg;
};

/* Starts a pool. `options` NULL: the defaults. Returns RSL_OK, RSL_EINVAL, RSL_ENOMEM, RSL_EIO (a
 * thread could not be started, or not be bound), or what init_worker returned; *pool_out is written
 * only on success. */
int rsl_pool_create(const struct rsl_pool_options *options, struct rsl_pool **pool_out);

/* Closes the pool: from now on other threads' jobs are refused with RSL_ECLOSED. Runs all jobs that
 * are there, and those that jobs still spawn, then ends the threads. By one thread, not a worker,
 * that has no scope open; calls by any thread that race with it are refused or completed. Calling
 * it again does nothing. */
void rsl_pool_shutdown(struct rsl_pool *pool);

/* Closes the pool to other threads' jobs, and makes it forget all jobs that have not begun:
 * their scopes get RSL_ECANCELED. Jobs that have begun run to their end, and can ask
 * rsl_worker_cancelled(). Does not wait. For good. */
void rsl_pool_cancel(struct rsl_pool *pool);

/* Shuts the pool down, if that has not been done, and frees it. NULL: nothing. Nobody uses the pool
 * any more. Call rsl_pool_cancel() first to drop the jobs that have not begun. */
void rsl_pool_destroy(struct rsl_pool *pool);

size_t rsl_pool_nworkers(const struct rsl_pool *pool);

/* ---- jobs that nobody waits for singly */

/* A job of a higher priority begins before one of a lower, whenever a worker chooses between the
 * two. What workers spawn without a priority counts as NORMAL. LOW jobs begin only when a worker
 * finds no other job anywhere. */
enum rsl_priority { RSL_PRIORITY_HIGH, RSL_PRIORITY_NORMAL, RSL_PRIORITY_LOW };
#define RSL_NPRIORITIES 3

/* Queues a job. Those of one priority leave the queue in the order in which they came; but workers
 * take NORMAL ones several at a time, to their own deques, so that a job can begin before some that
 * came earlier. Returns RSL_OK, RSL_ENOMEM or RSL_ECLOSED. Jobs should rather call rsl_spawn(),
 * which is cheaper and never closed to them. No system call unless a worker has to be woken. */
enum rsl_status rsl_pool_spawn(struct rsl_pool *pool, enum rsl_priority priority, rsl_job_fn *fn,
                               void *arg);

/* Queues a job on the worker itself, the newest of which is begun first. Returns RSL_OK or
 * RSL_ENOMEM. */
enum rsl_status rsl_spawn(struct rsl_worker *worker, rsl_job_fn *fn, void *arg);

/* The same, but of the jobs so spawned by one worker the oldest is begun first. */
enum rsl_status rsl_spawn_fifo(struct rsl_worker *worker, rsl_job_fn *fn, void *arg);

/* Queues a job for any worker, with a priority. */
enum rsl_status rsl_spawn_at(struct rsl_worker *worker, enum rsl_priority priority, rsl_job_fn *fn,
                             void *arg);

/* Puts a job into the inbox of worker `iworker`, which begins it, or lets it be stolen, when it
 * comes round to that: when its deque is empty, and otherwise once in some dozens of jobs. It takes
 * them in the order in which they came, several at a time, to its deque. One thread at a time may
 * send to one worker. Returns RSL_OK, RSL_EAGAIN if the inbox is full, or RSL_ECLOSED. Allocates
 * nothing. */
enum rsl_status rsl_pool_send(struct rsl_pool *pool, size_t iworker, rsl_job_fn *fn, void *arg);

/* Waits until there is a moment when no job that nobody else waits for is queued or runs, no scope
 * that was begun outside of jobs is open, and no rsl_pool_run() or rsl_pool_broadcast() is under
 * way. So the caller must have no such scope open itself. Returns 0, or the first status other than
 * 0 that such a job returned since the last call. Not from a job. */
int rsl_pool_wait(struct rsl_pool *pool);

/* ---- jobs that the caller waits for */

/* Runs one job and waits for it. Returns what it returned, or RSL_ENOMEM or RSL_ECLOSED if it was
 * not run, or RSL_ECANCELED if the pool was cancelled first. Not from a job. */
int rsl_pool_run(struct rsl_pool *pool, rsl_job_fn *fn, void *arg);

/* Runs fn once on each worker, and waits for all: workers that are in a job come to it after that,
 * or when the job waits. Returns 0, the first status other than 0, RSL_ENOMEM or RSL_ECLOSED; in
 * the latter two cases it has been run nowhere. `worker` is the caller's if a job calls, else NULL.
 */
int rsl_pool_broadcast(struct rsl_pool *pool, struct rsl_worker *worker, rsl_job_fn *fn, void *arg);

/* ---- for jobs */

/* 0 to rsl_pool_nworkers() - 1. */
size_t rsl_worker_index(const struct rsl_worker *worker);
struct rsl_pool *rsl_worker_pool(const struct rsl_worker *worker);

/* The worker's own pointers, NULL at first; i < RSL_WORKER_SLOTS. To be freed by fini_worker. */
void *rsl_worker_slot(const struct rsl_worker *worker, size_t i);
void rsl_worker_set_slot(struct rsl_worker *worker, size_t i, void *value);

/* Whether rsl_pool_cancel() was called. */
bool rsl_worker_cancelled(const struct rsl_worker *worker);

/* ---- figures */

/* Since the start. Each is read by itself, while it changes. */
struct rsl_worker_stats {
    uint64_t njobs;     /* run, forked tasks and halves of loops included */
    uint64_t nsteals;   /* jobs taken from another worker's deque */
    uint64_t naborts;   /* attempts at that which somebody else was faster at */
    uint64_t ninjected; /* jobs taken from the queues */
    uint64_t nsearches; /* times that it began to look for work elsewhere */
    uint64_t nparks;    /* times that it went to sleep */
};

/* iworker < rsl_pool_nworkers(). */
void rsl_worker_get_stats(const struct rsl_pool *pool, size_t iworker,
                          struct rsl_worker_stats *stats_out);
/* The sums over all workers. */
void rsl_pool_get_stats(const struct rsl_pool *pool, struct rsl_worker_stats *stats_out);

#ifdef __cplusplus
}
#endif

#endif
