/* worker.c - where jobs come from, and when a worker sleeps. The essay is in worker.h. */
#include "sched/worker.h"

#include <sched.h>

/* How deep in waits a worker still takes others' jobs. */
#define MAX_DEPTH 64

/* Jobs taken at once from an injector or the inbox. */
#define MAX_BATCH 32

/* Every so many jobs of its own, a worker looks at its inbox and the NORMAL injector first. */
#define FAIRNESS_PERIOD 64

/* Pops after which a worker that has stolen does not count as a thief any more: so many that what
 * others save by that outweighs the heavy fence with which it becomes one again. */
#define THIEF_POPS 1024

/* Looking for work goes on for so many rounds without any success; the pauses between them grow to
 * 2^MAX_PAUSE_LOG2 pause instructions. In all some 20 microseconds: what waking a thread takes. */
#define MAX_PAUSE_LOG2 4
#ifdef RSL_MODEL /* for which time is nothing */
#define SEARCH_ROUNDS 1
#else
#define SEARCH_ROUNDS 40
#endif

/* ---- running */

/* Runs a job that its scope counts. */
static inline void run_call(struct rsl_worker *worker, rsl_job_fn *fn, void *arg,
                            struct rsl_scope *scope)
{
    if (__builtin_expect(worker->credit_scope != scope, 0))
        rsl_scope_flush(worker);
    worker->running = scope;
    int status = RSL_ECANCELED;
    if (__builtin_expect(!rsl_scope_is_cancelled(scope), 1)) {
        count(&worker->counters.njobs, 1);
        status = fn(worker, arg);
    }
    if (__builtin_expect(status != 0, 0))
        rsl_scope_report(scope, status);
    rsl_scope_remove(scope, worker);
}

/* Back to a job that has been interrupted by others. */
static inline void resume(struct rsl_worker *worker, struct rsl_scope *running)
{
    worker->running = running;
    if (worker->credit_scope != running && worker->ncredits > 0 &&
        !rsl_scope_may_credit(worker->credit_scope, worker))
        rsl_scope_flush(worker);
}

/* The parts of the job are read one by one, as they were written: a wider load of what has just
 * been written in words would stall. */
static inline void run_job(struct rsl_worker *worker, union rsl_job *job)
{
    rsl_job_fn *fn = job->call.fn;
    void *arg = job->call.arg;
    struct rsl_scope *scope = job->call.scope;
    rsl_job_put(&worker->jobs, job);
    run_call(worker, fn, arg, scope);
}

void rsl_worker_run_at_once(struct rsl_worker *worker, struct rsl_scope *scope, rsl_job_fn *fn,
                            void *arg)
{
    struct rsl_scope *running = worker->running;
    worker->at_once = true;
    run_call(worker, fn, arg, scope);
    worker->at_once = false;
    resume(worker, running);
}

static void run_task(struct rsl_worker *worker, struct rsl_task *task)
{
    rsl_scope_flush(worker);
    worker->running = NULL;
    count(&worker->counters.njobs, 1);
    struct rsl_worker *owner = task->owner;
    task->status = task->fn(worker, task->arg);
    /* release: pairs with task_is_done() in fork.c: publishes the status and what the task did. The
     * task is not ours any more after this. */
    rsl_u32_store_release(&task->done, 1);
    rsl_eventcount_notify_one(&owner->ec);
}

/* Runs the oldest job of the worker's fifo whose ticket this is. There are at least as many jobs as
 * tickets. */
static void run_ticket(struct rsl_worker *worker, struct rsl_worker *of)
{
    void *item;
    while (rsl_deque_steal(&of->fifo, &item) != RSL_STEAL_ITEM)
        rsl_pause();
    run_job(worker, item);
}

static void run_unqueued(struct rsl_worker *worker)
{
    const struct rsl_job_call call = worker->unqueued;
    worker->has_unqueued = false;
    run_call(worker, call.fn, call.arg, call.scope);
}

static inline void run_item(struct rsl_worker *worker, void *item)
{
    const enum tag tag = (enum tag)((uintptr_t)item & TAG_MASK);
    void *pointer = (char *)item - tag;
    switch (tag) {
    case TAG_JOB: run_job(worker, pointer); break;
    case TAG_TASK: run_task(worker, pointer); break;
    case TAG_TICKET: run_ticket(worker, pointer); break;
    case TAG_CALL: run_unqueued(worker); break;
    }
}

void rsl_worker_run_item(struct rsl_worker *worker, void *item)
{
    struct rsl_scope *running = worker->running;
    run_item(worker, item);
    resume(worker, running);
}

/* ---- queueing */

enum rsl_status rsl_worker_queue(struct rsl_worker *worker, struct rsl_scope *scope, rsl_job_fn *fn,
                                 void *arg, bool fifo)
{
    union rsl_job *job = rsl_job_get(&worker->jobs);
    if (job == NULL)
        return RSL_ENOMEM;
    job->call.fn = fn;
    job->call.arg = arg;
    job->call.scope = scope;
    enum rsl_status status;
    if (!fifo) {
        status = rsl_deque_push(&worker->deque, tagged(job, TAG_JOB));
    } else {
        status = rsl_deque_reserve(&worker->deque, 1);
        if (status == RSL_OK)
            status = rsl_deque_push(&worker->fifo, job);
        if (status == RSL_OK)
            status = rsl_deque_push(&worker->deque, tagged(worker, TAG_TICKET));
    }
    if (__builtin_expect(status != RSL_OK, 0)) {
        rsl_job_put(&worker->jobs, job);
        return status;
    }
    rsl_pool_job_added(worker->pool);
    return RSL_OK;
}

/* How many jobs, at most `wanted`, the worker's deque can take without a failure; at least one
 * otherwise, which is then to be run at once. */
static size_t room_for(struct rsl_worker *worker, size_t wanted)
{
    const bool room = rsl_job_reserve(&worker->jobs, wanted) == RSL_OK &&
                      rsl_deque_reserve(&worker->deque, wanted) == RSL_OK;
    return room ? wanted : 0;
}

/* Queues jobs, for which there is room, such that the first is begun first. */
static void adopt(struct rsl_worker *worker, const struct rsl_job_call *calls, size_t ncalls)
{
    for (size_t i = ncalls; i-- > 0;) {
        union rsl_job *job = rsl_job_get(&worker->jobs);
        job->call = calls[i];
        (void)rsl_deque_push(&worker->deque, tagged(job, TAG_JOB));
    }
    if (ncalls > 1)
        rsl_pool_job_added(worker->pool);
}

/* For a job that there is no room for. It is not run here, where the worker counts as one who
 * searches, so that nobody would be woken for other jobs as long as it takes. */
static void keep_unqueued(struct rsl_worker *worker, const struct rsl_job_call *call)
{
    worker->unqueued = *call;
    worker->has_unqueued = true;
}

/* The next item of what has been taken to the worker; NULL if there is none. */
static inline void *next_own(struct rsl_worker *worker)
{
    if (__builtin_expect(worker->has_unqueued, 0))
        return tagged(worker, TAG_CALL);
    return rsl_worker_pop(worker);
}

static bool take_inbox(struct rsl_worker *worker)
{
    if (rsl_spsc_length(worker->inbox) == 0 || worker->has_unqueued)
        return false;
    struct rsl_job_call calls[MAX_BATCH];
    const size_t room = room_for(worker, MAX_BATCH);
    const size_t ncalls = rsl_spsc_try_receive_n(worker->inbox, calls, room > 0 ? room : 1);
    if (ncalls == 0)
        rsl_pause(); /* it is being sent */
    if (room > 0)
        adopt(worker, calls, ncalls);
    else if (ncalls > 0)
        keep_unqueued(worker, &calls[0]);
    return ncalls > 0;
}

static bool take_injected(struct rsl_worker *worker, enum rsl_priority priority)
{
    struct rsl_injector *injector = &worker->pool->injectors[priority];
    const uint64_t length = rsl_injector_length(injector);
    if (length == 0 || worker->has_unqueued)
        return false;
    /* A fair share; but only one of HIGH and LOW, lest in the deque they get before or behind
     * others that they should not. */
    size_t share = 1;
    if (priority == RSL_PRIORITY_NORMAL)
        share += (size_t)(length / worker->pool->nworkers);
    struct rsl_job_call calls[MAX_BATCH];
    const size_t room = room_for(worker, share < MAX_BATCH ? share : MAX_BATCH);
    const size_t ncalls = rsl_injector_claim(injector, calls, room > 0 ? room : 1);
    count(&worker->counters.ninjected, ncalls);
    worker->caught_up = ncalls == length;
    if (room > 0)
        adopt(worker, calls, ncalls);
    else if (ncalls > 0)
        keep_unqueued(worker, &calls[0]);
    return ncalls > 0;
}

/* ---- mail */

void rsl_worker_send_mail(struct rsl_worker *worker, struct rsl_mail *mail)
{
    void *newest = rsl_ptr_load_relaxed(&worker->mail); /* relaxed: a first guess */
    do {
        mail->next = newest;
        RSL_YIELD_POINT();
        /* release: pairs with read_mail(): publishes the letter */
    } while (!rsl_ptr_cas_release(&worker->mail, &newest, mail));
    rsl_eventcount_notify_one(&worker->ec);
}

static void read_mail(struct rsl_worker *worker)
{
    /* acquire: pairs with rsl_worker_send_mail() */
    struct rsl_mail *newest = rsl_ptr_exchange_acq_rel(&worker->mail, NULL);
    struct rsl_mail *oldest = NULL;
    while (newest != NULL) {
        struct rsl_mail *next = newest->next;
        newest->next = oldest;
        oldest = newest;
        newest = next;
    }
    while (oldest != NULL) {
        struct rsl_mail *mail = oldest;
        oldest = oldest->next; /* before the letter goes back to who sent it */
        rsl_scope_flush(worker);
        worker->running = NULL;
        mail->deliver(worker, mail);
    }
}

/* ---- looking for jobs */

/* An item from what is the worker's own, or goes before that; NULL if there is none. */
static void *take_own(struct rsl_worker *worker)
{
    /* relaxed: read_mail() acquires */
    if (__builtin_expect(rsl_ptr_load_relaxed(&worker->mail) != NULL, 0))
        read_mail(worker);
    if (__builtin_expect(rsl_injector_length(&worker->pool->injectors[RSL_PRIORITY_HIGH]) > 0, 0))
        (void)take_injected(worker, RSL_PRIORITY_HIGH);
    if (++worker->tick % FAIRNESS_PERIOD == 0) {
        (void)take_injected(worker, RSL_PRIORITY_NORMAL);
        (void)take_inbox(worker);
    }
    void *item = next_own(worker);
    if (item == NULL && take_inbox(worker))
        item = next_own(worker);
    return item;
}

/* xorshift64: Marsaglia, "Xorshift RNGs". */
static uint64_t next_random(struct rsl_worker *worker)
{
    worker->random ^= worker->random << 13;
    worker->random ^= worker->random >> 7;
    worker->random ^= worker->random << 17;
    return worker->random;
}

/* After one job was stolen: takes more from the same victim, up to half of what it has, to the
 * worker's own deque, so that not every job costs a search. No tasks: they are split from large
 * to small, and one is enough. */
static void steal_more(struct rsl_worker *worker, struct rsl_worker *victim)
{
    size_t nwanted = rsl_deque_length(&victim->deque) / 2;
    if (nwanted > MAX_BATCH)
        nwanted = MAX_BATCH;
    if (nwanted == 0 || rsl_deque_reserve(&worker->deque, nwanted) != RSL_OK)
        return;
    size_t nstolen = 0;
    void *item;
    while (nstolen < nwanted && rsl_deque_steal(&victim->deque, &item) == RSL_STEAL_ITEM) {
        (void)rsl_deque_push(&worker->deque, item);
        nstolen++;
        __builtin_prefetch(item); /* all of them at once, before the first is run */
        if (((uintptr_t)item & TAG_MASK) == TAG_TASK)
            break;
    }
    count(&worker->counters.nsteals, nstolen);
    if (nstolen > 0)
        rsl_pool_job_added(worker->pool);
}

/* The oldest item of some other worker's deque, beginning with a random one. */
static void *steal(struct rsl_worker *worker)
{
    struct rsl_pool *pool = worker->pool;
    if (pool->nworkers == 1)
        return NULL;
    if (worker->thief_pops == 0)
        rsl_deque_thieves_enter(&pool->thieves);
    worker->thief_pops = THIEF_POPS;
    const size_t first = (size_t)((next_random(worker) >> 32) * pool->nworkers >> 32);
    bool again;
    do {
        again = false;
        for (size_t i = 0; i < pool->nworkers; i++) {
            const size_t at = first + i < pool->nworkers ? first + i : first + i - pool->nworkers;
            if (at == worker->index)
                continue;
            void *item;
            switch (rsl_deque_steal(&pool->workers[at].deque, &item)) {
            case RSL_STEAL_ITEM:
                count(&worker->counters.nsteals, 1);
                if (((uintptr_t)item & TAG_MASK) != TAG_TASK)
                    steal_more(worker, &pool->workers[at]);
                return item;
            case RSL_STEAL_ABORT:
                count(&worker->counters.naborts, 1);
                again = true;
                break;
            case RSL_STEAL_EMPTY: break;
            }
        }
    } while (again);
    return NULL;
}

/* A worker that has run all that was in the injectors and comes back at once would take each job as
 * soon as it is there, and the lines that the producer writes with it. */
static void linger(struct rsl_worker *worker)
{
    if (!worker->caught_up)
        return;
    worker->caught_up = false;
    /* relaxed: the worker's own */
    (void)rsl_linger_at(&worker->linger, rsl_u64_load_relaxed(&worker->counters.ninjected), 1,
                        UINT64_MAX);
}

/* An item from anywhere else. */
static void *find(struct rsl_worker *worker)
{
    linger(worker);
    if (take_injected(worker, RSL_PRIORITY_HIGH) || take_injected(worker, RSL_PRIORITY_NORMAL)) {
        void *item = next_own(worker);
        if (item != NULL)
            return item;
    }
    void *item = steal(worker);
    if (item == NULL && take_injected(worker, RSL_PRIORITY_LOW))
        item = next_own(worker);
    return item;
}

/* Whether there is a job that find() would find. */
static bool any_job(const struct rsl_worker *worker)
{
    const struct rsl_pool *pool = worker->pool;
    for (size_t i = 0; i < RSL_NPRIORITIES; i++)
        if (rsl_injector_length(&pool->injectors[i]) > 0)
            return true;
    for (size_t i = 0; i < pool->nworkers; i++)
        if (rsl_deque_length(&pool->workers[i].deque) > 0)
            return true;
    return false;
}

/* Whether something has come that is the worker's own. */
static bool has_own(const struct rsl_worker *worker)
{
    return rsl_ptr_load_relaxed(&worker->mail) != NULL || rsl_spsc_length(worker->inbox) > 0;
}

void rsl_pool_wake_one(struct rsl_pool *pool)
{
    const int i = rsl_idle_pick(&pool->idle);
    if (i >= 0)
        rsl_eventcount_notify_one(&pool->workers[i].ec);
}

/* The caller searches no longer, and does not go to sleep. Whoever added a job meanwhile left it to
 * the searcher, which may have been us only. Mostly nobody did, and to wake another for nothing is
 * dearer than to make sure. */
void rsl_worker_end_search(struct rsl_worker *worker)
{
    struct rsl_pool *pool = worker->pool;
    if (!rsl_idle_end_search(&pool->idle) || !rsl_idle_any(&pool->idle))
        return;
    if (!any_job(worker)) {
        /* Forbids that the look moves before the end of the search. Pairs with the fence in
         * rsl_pool_job_added(). */
        rsl_idle_sleeper_fence(&pool->idle);
        if (!any_job(worker))
            return;
    }
    rsl_pool_wake_one(pool);
}

static bool is_done(const struct rsl_goal *goal)
{
    return goal->done(goal->target);
}

/* Looks for an item for a while; NULL if there is none, or the worker has something better to do.
 */
static void *search(struct rsl_worker *worker, const struct rsl_goal *goal)
{
    count(&worker->counters.nsearches, 1);
    for (unsigned round = 0; round < SEARCH_ROUNDS; round++) {
        void *item = find(worker);
        if (item != NULL || is_done(goal) || has_own(worker))
            return item;
        if (round + 1 == SEARCH_ROUNDS)
            break;
        const unsigned log2 = round < MAX_PAUSE_LOG2 ? round : MAX_PAUSE_LOG2;
        for (unsigned i = 0; i < 1U << log2; i++)
            rsl_pause();
        RSL_YIELD_POINT();
    }
    /* Who was woken for one job may be on the processor of who handed that in. Who yields before
     * sleep does not get the processor before who wakes him: the next such job is handed in within
     * a microsecond or two, and not behind all of this. */
    if (rsl_u64_load_relaxed(&worker->counters.njobs) - worker->njobs_before == 1)
        (void)sched_yield();
    return NULL;
}

static void park(struct rsl_worker *worker, uint32_t key)
{
    worker->njobs_before = rsl_u64_load_relaxed(&worker->counters.njobs); /* relaxed: our own */
    if (worker->thief_pops != 0) {
        worker->thief_pops = 0;
        rsl_deque_thieves_leave(&worker->pool->thieves);
    }
    count(&worker->counters.nparks, 1);
    (void)rsl_eventcount_commit_wait(&worker->ec, key, RSL_FOREVER);
}

/* Sleeps until woken, unless there is something to do. `searching`: whether the worker is a
 * searcher; it is none while it sleeps, and may be one again afterwards, which is returned. An item
 * may be found on the way. */
static bool sleep_idle(struct rsl_worker *worker, const struct rsl_goal *goal, bool searching,
                       void **item_out)
{
    struct rsl_pool *pool = worker->pool;
    const uint32_t key = rsl_eventcount_prepare_wait(&worker->ec);
    rsl_idle_enter(&pool->idle, worker->index);
    if (searching)
        (void)rsl_idle_end_search(&pool->idle); /* the look below is what the last searcher owes */
    /* Forbids that the looks move before the marks. Pairs with the fence in
     * rsl_pool_job_added(). */
    rsl_idle_sleeper_fence(&pool->idle);
    RSL_YIELD_POINT();
    const bool job = any_job(worker);
    if (job || is_done(goal) || has_own(worker)) {
        rsl_eventcount_cancel_wait(&worker->ec, key);
    } else {
        park(worker, key);
    }
    const bool picked = !rsl_idle_leave(&pool->idle, worker->index);
    if (job)
        *item_out = find(worker);
    /* The job was left to a searcher, which may have been us, and there may be more of the kind.
     * Who is picked goes on to rsl_worker_end_search(). */
    if (*item_out != NULL && !picked)
        rsl_pool_job_added(pool);
    return picked;
}

/* Sleeps until the goal is reached or something comes that is the worker's own. */
static void sleep_deep(struct rsl_worker *worker, const struct rsl_goal *goal)
{
    const uint32_t key = rsl_eventcount_prepare_wait(&worker->ec);
    const bool injected =
        goal->scope != NULL && rsl_u32_load_relaxed(&goal->scope->flags) & RSL_SCOPE_INJECTED;
    if (injected || is_done(goal) || has_own(worker)) {
        rsl_eventcount_cancel_wait(&worker->ec, key);
        return;
    }
    park(worker, key);
}

/* An item from elsewhere, if need be after some sleep; NULL if the goal is reached, or there may be
 * something of the worker's own. */
static void *find_or_sleep(struct rsl_worker *worker, const struct rsl_goal *goal)
{
    void *item = NULL;
    bool searching = rsl_idle_begin_search(&worker->pool->idle);
    do {
        if (searching) {
            item = search(worker, goal);
            if (item != NULL || is_done(goal) || has_own(worker)) {
                rsl_worker_end_search(worker);
                return item;
            }
        }
        searching = sleep_idle(worker, goal, searching, &item);
    } while (searching && item == NULL);
    if (searching)
        rsl_worker_end_search(worker);
    return item;
}

static bool may_take_others(const struct rsl_worker *worker, const struct rsl_goal *goal)
{
    /* relaxed: sleep_deep() looks again, in order */
    return worker->depth <= MAX_DEPTH ||
           (goal->scope != NULL && rsl_u32_load_relaxed(&goal->scope->flags) & RSL_SCOPE_INJECTED);
}

void rsl_worker_run_until(struct rsl_worker *worker, const struct rsl_goal *goal)
{
    struct rsl_scope *running = worker->running;
    worker->depth++;
    while (!is_done(goal)) {
        void *item = take_own(worker);
        if (item == NULL) {
            rsl_scope_flush(worker);
            if (is_done(goal))
                break;
            if (may_take_others(worker, goal))
                item = find_or_sleep(worker, goal);
            else
                sleep_deep(worker, goal);
        }
        if (item != NULL)
            run_item(worker, item);
    }
    worker->depth--;
    resume(worker, running);
}
