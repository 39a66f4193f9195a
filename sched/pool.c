/* pool.c - the doors of the pool: jobs from other threads, waiting there, figures. */
#include "sched/worker.h"

/* ---- other threads */

enum rsl_status rsl_pool_enter(struct rsl_pool *pool)
{
    /* seq_cst, both: against rsl_pool_shutdown(), which closes and then looks at the count. Either
     * it sees us, and waits, or we see that it has closed. */
    rsl_size_fetch_add_seq_cst(&pool->detached.pending, 1);
    if (!rsl_u32_load_seq_cst(&pool->closed))
        return RSL_OK;
    rsl_scope_finish(&pool->detached, 1);
    return RSL_ECLOSED;
}

void rsl_pool_wait_outside(struct rsl_pool *pool, bool (*done)(const void *target),
                           const void *target)
{
    while (!done(target)) {
        const uint32_t key = rsl_eventcount_prepare_wait(&pool->outside);
        if (done(target)) {
            rsl_eventcount_cancel_wait(&pool->outside, key);
            return;
        }
        (void)rsl_eventcount_commit_wait(&pool->outside, key, RSL_FOREVER);
    }
}

enum rsl_status rsl_pool_inject(struct rsl_pool *pool, enum rsl_priority priority,
                                const struct rsl_job_call *call)
{
    const enum rsl_status status = rsl_injector_put(&pool->injectors[priority], call);
    if (status == RSL_OK)
        rsl_pool_job_added(pool);
    return status;
}

enum rsl_status rsl_pool_spawn(struct rsl_pool *pool, enum rsl_priority priority, rsl_job_fn *fn,
                               void *arg)
{
    /* After a rest these lines are in the caches of workers that went to sleep: asked for at once,
     * they come at the same time as the one that is waited for first. */
    rsl_prefetch_write(&pool->injectors[priority].tail);
    __builtin_prefetch(&pool->idle.sleepers);
    __builtin_prefetch(&pool->idle.nsearching);
    enum rsl_status status = rsl_pool_enter(pool);
    if (status != RSL_OK)
        return status;
    const struct rsl_job_call call = {fn, arg, &pool->detached};
    status = rsl_pool_inject(pool, priority, &call);
    if (status != RSL_OK)
        rsl_scope_finish(&pool->detached, 1);
    return status;
}

enum rsl_status rsl_pool_send(struct rsl_pool *pool, size_t iworker, rsl_job_fn *fn, void *arg)
{
    enum rsl_status status = rsl_pool_enter(pool);
    if (status != RSL_OK)
        return status;
    struct rsl_worker *worker = &pool->workers[iworker];
    const struct rsl_job_call call = {fn, arg, &pool->detached};
    status = rsl_spsc_try_send(worker->inbox, &call);
    if (status == RSL_OK)
        rsl_eventcount_notify_one(&worker->ec);
    else
        rsl_scope_finish(&pool->detached, 1);
    return status;
}

static bool is_quiet(const void *target)
{
    const struct rsl_pool *pool = target;
    /* seq_cst: see rsl_pool_enter(); as an acquire it pairs with rsl_scope_finish() */
    return rsl_size_load_seq_cst(&pool->detached.pending) == 0;
}

int rsl_pool_wait(struct rsl_pool *pool)
{
    rsl_pool_wait_outside(pool, is_quiet, pool);
    /* acquire: for the sake of the next to wait */
    return (int)rsl_u32_exchange_acq_rel(&pool->detached.status, 0);
}

void rsl_pool_drain(struct rsl_pool *pool)
{
    /* seq_cst: see rsl_pool_enter() */
    (void)rsl_u32_exchange_seq_cst(&pool->closed, 1);
    rsl_pool_wait_outside(pool, is_quiet, pool);
}

void rsl_pool_cancel(struct rsl_pool *pool)
{
    (void)rsl_u32_exchange_seq_cst(&pool->closed, 1); /* as above */
    rsl_scope_cancel(&pool->detached);
}

int rsl_pool_run(struct rsl_pool *pool, rsl_job_fn *fn, void *arg)
{
    struct rsl_scope scope;
    enum rsl_status status = rsl_scope_begin_outside(&scope, pool);
    if (status != RSL_OK)
        return (int)status;
    status = rsl_scope_spawn_at(&scope, RSL_PRIORITY_NORMAL, fn, arg);
    const int result = rsl_scope_wait(&scope);
    return status != RSL_OK ? (int)status : result;
}

/* ---- jobs */

static enum rsl_status spawn(struct rsl_worker *worker, rsl_job_fn *fn, void *arg, bool fifo)
{
    struct rsl_scope *scope = &worker->pool->detached;
    rsl_scope_add(scope, worker);
    const enum rsl_status status = rsl_worker_queue(worker, scope, fn, arg, fifo);
    if (status != RSL_OK)
        rsl_scope_finish(scope, 1);
    return status;
}

enum rsl_status rsl_spawn(struct rsl_worker *worker, rsl_job_fn *fn, void *arg)
{
    return spawn(worker, fn, arg, false);
}

enum rsl_status rsl_spawn_fifo(struct rsl_worker *worker, rsl_job_fn *fn, void *arg)
{
    return spawn(worker, fn, arg, true);
}

enum rsl_status rsl_spawn_at(struct rsl_worker *worker, enum rsl_priority priority, rsl_job_fn *fn,
                             void *arg)
{
    return rsl_scope_spawn_at(&worker->pool->detached, priority, fn, arg);
}

size_t rsl_worker_index(const struct rsl_worker *worker)
{
    return worker->index;
}

struct rsl_pool *rsl_worker_pool(const struct rsl_worker *worker)
{
    return worker->pool;
}

void *rsl_worker_slot(const struct rsl_worker *worker, size_t i)
{
    return worker->slots[i];
}

void rsl_worker_set_slot(struct rsl_worker *worker, size_t i, void *value)
{
    worker->slots[i] = value;
}

bool rsl_worker_cancelled(const struct rsl_worker *worker)
{
    return rsl_scope_cancelled(&worker->pool->detached);
}

/* ---- figures */

size_t rsl_pool_nworkers(const struct rsl_pool *pool)
{
    return pool->nworkers;
}

void rsl_worker_get_stats(const struct rsl_pool *pool, size_t iworker,
                          struct rsl_worker_stats *stats_out)
{
    /* relaxed, all: any recent value */
    const struct rsl_worker_counters *counters = &pool->workers[iworker].counters;
    *stats_out = (struct rsl_worker_stats){
        .njobs = rsl_u64_load_relaxed(&counters->njobs),
        .nsteals = rsl_u64_load_relaxed(&counters->nsteals),
        .naborts = rsl_u64_load_relaxed(&counters->naborts),
        .ninjected = rsl_u64_load_relaxed(&counters->ninjected),
        .nsearches = rsl_u64_load_relaxed(&counters->nsearches),
        .nparks = rsl_u64_load_relaxed(&counters->nparks),
    };
}

void rsl_pool_get_stats(const struct rsl_pool *pool, struct rsl_worker_stats *stats_out)
{
    struct rsl_worker_stats sum = {0};
    for (size_t i = 0; i < pool->nworkers; i++) {
        struct rsl_worker_stats one;
        rsl_worker_get_stats(pool, i, &one);
        sum.njobs += one.njobs;
        sum.nsteals += one.nsteals;
        sum.naborts += one.naborts;
        sum.ninjected += one.ninjected;
        sum.nsearches += one.nsearches;
        sum.nparks += one.nparks;
    }
    *stats_out = sum;
}
