/* broadcast.c - one letter to each worker, and a count of those not yet read. */
#include "sched/worker.h"

struct broadcast;

struct letter {
    struct rsl_mail mail; /* first: the letter is found through it */
    struct broadcast *broadcast;
};

/* Lives in the memory of who waits for it. */
struct broadcast {
    rsl_job_fn *fn;
    void *arg;
    struct rsl_pool *pool;
    struct rsl_worker *owner;     /* who waits; NULL: another thread */
    struct rsl_atomic_u32 status; /* the first that was not 0; written once */
    struct rsl_atomic_size nleft; /* written by each worker, when it has run */
};

static void deliver(struct rsl_worker *worker, struct rsl_mail *mail)
{
    struct broadcast *broadcast = ((struct letter *)mail)->broadcast;
    int status = RSL_ECANCELED;
    if (!rsl_worker_cancelled(worker)) {
        count(&worker->counters.njobs, 1);
        status = broadcast->fn(worker, broadcast->arg);
    }
    uint32_t none = 0;
    if (status != 0) /* relaxed: published by the subtraction */
        (void)rsl_u32_cas_relaxed(&broadcast->status, &none, (uint32_t)status);
    /* Before the subtraction, after which the broadcast may be gone. */
    struct rsl_worker *owner = broadcast->owner;
    struct rsl_pool *pool = broadcast->pool;
    /* release: pairs with all_delivered(); acquire: for the others, if we are the last */
    if (rsl_size_fetch_add_acq_rel(&broadcast->nleft, SIZE_MAX) != 1)
        return;
    if (owner != NULL)
        rsl_eventcount_notify_one(&owner->ec);
    else
        rsl_eventcount_notify_all(&pool->outside);
}

static bool all_delivered(const void *target)
{
    const struct broadcast *broadcast = target;
    /* acquire: pairs with deliver() */
    return rsl_size_load_acquire(&broadcast->nleft) == 0;
}

static int broadcast_and_wait(struct rsl_pool *pool, struct rsl_worker *worker, rsl_job_fn *fn,
                              void *arg)
{
    const struct rsl_allocator *allocator = pool->allocator;
    const size_t nbytes = pool->nworkers * sizeof(struct letter);
    struct letter *letters = allocator->allocate(allocator->state, nbytes);
    if (letters == NULL)
        return RSL_ENOMEM;
    struct broadcast broadcast = {.fn = fn, .arg = arg, .pool = pool, .owner = worker};
    rsl_u32_init(&broadcast.status, 0);
    rsl_size_init(&broadcast.nleft, pool->nworkers);
    for (size_t i = 0; i < pool->nworkers; i++) {
        letters[i] = (struct letter){.mail.deliver = deliver, .broadcast = &broadcast};
        rsl_worker_send_mail(&pool->workers[i], &letters[i].mail);
    }
    if (worker != NULL) {
        const struct rsl_goal goal = {all_delivered, &broadcast, NULL};
        rsl_worker_run_until(worker, &goal);
    } else {
        rsl_pool_wait_outside(pool, all_delivered, &broadcast);
    }
    allocator->release(allocator->state, letters, nbytes);
    return (int)rsl_u32_load_relaxed(&broadcast.status); /* relaxed: acquired with nleft */
}

int rsl_pool_broadcast(struct rsl_pool *pool, struct rsl_worker *worker, rsl_job_fn *fn, void *arg)
{
    if (worker != NULL) /* in a job, which keeps the pool from ending */
        return broadcast_and_wait(pool, worker, fn, arg);
    const enum rsl_status entered = rsl_pool_enter(pool);
    if (entered != RSL_OK)
        return (int)entered;
    const int status = broadcast_and_wait(pool, NULL, fn, arg);
    rsl_scope_finish(&pool->detached, 1);
    return status;
}
