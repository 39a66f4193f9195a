/* scope.c - counting jobs that are waited for together.
 *
 * `pending` is the number of jobs not finished, plus credits: what workers have added to it in
 * advance, so as to count jobs without touching it. A worker keeps credits of one scope at a time.
 * Spawning a job takes one credit away, finishing one yields one, so that a worker which spawns and
 * runs the jobs of a scope changes `pending` once in RSL_SCOPE_CREDITS jobs.
 *
 * Credits must not keep anybody waiting for the job that runs, which may itself be waiting for
 * whoever that is. So a worker takes credits, or keeps them when it comes back to a job from others
 * that it ran meanwhile, only where rsl_scope_may_credit():
 *
 * - of the scope of the job that runs, which is not finished before that job is;
 * - of a scope that was begun on this worker: its owner's wait is on the same stack, further down,
 *   and knows of the worker's own credits;
 * - of the pool's own scope, which counts, by way of those who wait for it, each job that runs.
 *
 * Into any other scope it counts each job singly. It gives its credits back (rsl_scope_flush)
 * before it begins anything that is not of their scope, and before it searches or sleeps.
 *
 * 1. While `pending` is 0, no job of the scope is queued or runs. It becomes 0 after the last job
 * has finished and all credits are back.
 * 2. Whoever sees it 0 sees all that the jobs did.
 * 3. The scope is not touched after the subtraction that makes it 0, save by its owner.
 */
#include "sched/worker.h"

void rsl_scope_finish(struct rsl_scope *scope, size_t n)
{
    /* Before the subtraction, after which the scope may be gone. */
    struct rsl_worker *owner = scope->owner;
    struct rsl_pool *pool = scope->pool;
    /* release: pairs with the loads of who waits: publishes what the jobs did; acquire: for those
     * of whom we are the last. */
    if (rsl_size_fetch_add_acq_rel(&scope->pending, (size_t)0 - n) != n)
        return;
    if (owner != NULL)
        rsl_eventcount_notify_one(&owner->ec);
    else
        rsl_eventcount_notify_all(&pool->outside);
}

void rsl_scope_flush(struct rsl_worker *worker)
{
    const size_t n = worker->ncredits;
    if (n == 0)
        return;
    worker->ncredits = 0;
    rsl_scope_finish(worker->credit_scope, n);
}

void rsl_scope_add_uncredited(struct rsl_scope *scope, struct rsl_worker *worker)
{
    /* relaxed, both: the scope is not finished, so that nobody acts on the count */
    if (!rsl_scope_may_credit(scope, worker)) {
        rsl_size_fetch_add_relaxed(&scope->pending, 1);
        return;
    }
    rsl_scope_turn_to(scope, worker);
    rsl_size_fetch_add_relaxed(&scope->pending, RSL_SCOPE_CREDITS);
    worker->ncredits = RSL_SCOPE_CREDITS - 1;
}

void rsl_scope_report(struct rsl_scope *scope, int status)
{
    uint32_t none = 0;
    /* relaxed: read when the scope is finished */
    (void)rsl_u32_cas_relaxed(&scope->status, &none, (uint32_t)status);
}

static void begin(struct rsl_scope *scope, struct rsl_pool *pool, struct rsl_worker *owner,
                  struct rsl_scope *parent)
{
    rsl_size_init(&scope->pending, 0);
    rsl_u32_init(&scope->flags, 0);
    rsl_u32_init(&scope->status, 0);
    scope->pool = pool;
    scope->owner = owner;
    scope->parent = parent;
}

void rsl_scope_begin(struct rsl_scope *scope, struct rsl_worker *worker, struct rsl_scope *parent)
{
    begin(scope, worker->pool, worker, parent != NULL ? parent : &worker->pool->detached);
}

enum rsl_status rsl_scope_begin_outside(struct rsl_scope *scope, struct rsl_pool *pool)
{
    begin(scope, pool, NULL, &pool->detached);
    return rsl_pool_enter(pool);
}

static enum rsl_status spawn(struct rsl_scope *scope, struct rsl_worker *worker, rsl_job_fn *fn,
                             void *arg, bool fifo)
{
    rsl_scope_add(scope, worker);
    const enum rsl_status status = rsl_worker_queue(worker, scope, fn, arg, fifo);
    if (__builtin_expect(status != RSL_OK, 0))
        rsl_scope_finish(scope, 1);
    return status;
}

enum rsl_status rsl_scope_spawn(struct rsl_scope *scope, struct rsl_worker *worker, rsl_job_fn *fn,
                                void *arg)
{
    if (worker == NULL)
        return rsl_scope_spawn_at(scope, RSL_PRIORITY_NORMAL, fn, arg);
    if (__builtin_expect(rsl_worker_has_plenty(worker), 0)) {
        rsl_scope_add(scope, worker);
        rsl_worker_run_at_once(worker, scope, fn, arg);
        return RSL_OK;
    }
    return spawn(scope, worker, fn, arg, false);
}

enum rsl_status rsl_scope_spawn_fifo(struct rsl_scope *scope, struct rsl_worker *worker,
                                     rsl_job_fn *fn, void *arg)
{
    return spawn(scope, worker, fn, arg, true);
}

enum rsl_status rsl_scope_spawn_at(struct rsl_scope *scope, enum rsl_priority priority,
                                   rsl_job_fn *fn, void *arg)
{
    const struct rsl_job_call call = {fn, arg, scope};
    /* relaxed: as in rsl_scope_add_uncredited() */
    rsl_size_fetch_add_relaxed(&scope->pending, 1);
    /* An owner that sleeps deep in waits takes nothing from injectors until it knows of this.
     * relaxed: a flag that is seen has been announced */
    if (scope->owner != NULL && !(rsl_u32_load_relaxed(&scope->flags) & RSL_SCOPE_INJECTED)) {
        /* relaxed: the fence of the notification orders it */
        rsl_u32_fetch_or_relaxed(&scope->flags, RSL_SCOPE_INJECTED);
        rsl_eventcount_notify_one(&scope->owner->ec);
    }
    const enum rsl_status status = rsl_pool_inject(scope->pool, priority, &call);
    if (status != RSL_OK)
        rsl_scope_finish(scope, 1);
    return status;
}

void rsl_scope_cancel(struct rsl_scope *scope)
{
    /* relaxed: a wish; no data depends on it */
    rsl_u32_fetch_or_relaxed(&scope->flags, RSL_SCOPE_CANCELLED);
}

bool rsl_scope_cancelled(const struct rsl_scope *scope)
{
    return rsl_scope_is_cancelled(scope);
}

static bool is_finished(const void *target)
{
    const struct rsl_scope *scope = target;
    /* acquire: pairs with rsl_scope_finish() */
    return rsl_size_load_acquire(&scope->pending) == 0;
}

/* For the owner, who may hold what is left of the count itself. */
static bool is_finished_but_for_credits(const void *target)
{
    const struct rsl_scope *scope = target;
    const struct rsl_worker *owner = scope->owner;
    const size_t own = owner->credit_scope == scope ? owner->ncredits : 0;
    /* acquire: pairs with rsl_scope_finish() */
    return rsl_size_load_acquire(&scope->pending) == own;
}

int rsl_scope_wait(struct rsl_scope *scope)
{
    if (scope->owner != NULL) {
        const struct rsl_goal goal = {is_finished_but_for_credits, scope, scope};
        rsl_worker_run_until(scope->owner, &goal);
        if (scope->owner->credit_scope == scope)
            scope->owner->ncredits = 0;
    } else {
        rsl_pool_wait_outside(scope->pool, is_finished, scope);
        rsl_scope_finish(&scope->pool->detached, 1);
    }
    return (int)rsl_u32_load_relaxed(&scope->status); /* relaxed: acquired with the count */
}
