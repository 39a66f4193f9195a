/* fork.h - two parts of a job at once, and loops in parallel. Nothing is allocated for either, and
 * neither fails for want of memory.
 */
#ifndef RSL_SCHED_FORK_H
#define RSL_SCHED_FORK_H

#include "sched/pool.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A part of a job that another worker may take. In the caller's memory, usually on its stack. */
struct rsl_task {
    rsl_job_fn *fn;
    void *arg;
    struct rsl_worker *owner;
    struct rsl_atomic_u32 done; /* written by the thief, when it is finished */
    int status;                 /* what fn returned; written before `done` */
};

/* Offers fn(arg) to other workers until rsl_join(), which runs it itself if nobody has taken it:
 *
 *     rsl_fork(worker, &task, right, &arg);
 *     status = left(worker, &arg);
 *     status_of_right = rsl_join(worker, &task);
 *
 * Tasks are joined by the worker that forked them, each once, the last forked first, before *task
 * goes out of memory. */
void rsl_fork(struct rsl_worker *worker, struct rsl_task *task, rsl_job_fn *fn, void *arg);

/* Returns what fn returned. If another worker is at it, runs other jobs meanwhile. */
int rsl_join(struct rsl_worker *worker, struct rsl_task *task);

/* The body of a loop: iterations begin to end - 1. Returns 0 or a status, which ends the loop. */
typedef int rsl_range_fn(struct rsl_worker *worker, size_t begin, size_t end, void *arg);

/* Runs `body` over [begin, end), in pieces of `grain` iterations (0: as 1) or, at the end of a
 * part, fewer. A part of the loop is split in halves whenever the worker that runs it has nothing
 * left for others to steal, so a loop that nobody steals from is split only a few times, however
 * small the grain is. Returns 0 or the first status other than 0, after which no new piece is
 * begun. */
int rsl_parallel_for(struct rsl_worker *worker, size_t begin, size_t end, size_t grain,
                     rsl_range_fn *body, void *arg);

#ifdef __cplusplus
}
#endif

#endif
