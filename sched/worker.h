/* worker.h - what workers and the pool consist of. Internal to sched/.
 *
 * Roles. A worker is a thread that runs jobs until the pool stops, or, in a job that waits, until
 * what it waits for is done: the same loop (rsl_worker_run_until). Jobs come to it, in this order,
 *
 *     1. its mail;
 *     2. from the injector of HIGH jobs;
 *     3. from its own deque, the newest first; now and then from its inbox and the NORMAL injector
 *        before that, so that a worker that goes on feeding itself does not starve them;
 *     4. from its inbox;
 *     5. when it searches: from the injectors of HIGH and NORMAL, from other workers' deques, the
 * oldest first, the victims in random order, and from the injector of LOW.
 *
 * A worker that searched for a bounded time sleeps on its own eventcount, so that it can be woken
 * singly: for a job that anybody may take (idle.h says when), for its inbox and its mail, and when
 * what it waits for is done.
 *
 * What holds:
 *
 * 1. A job that has been accepted is begun once, or found cancelled, before the pool is gone.
 * 2. No job is left lying while a worker that could take it sleeps (idle.h).
 * 3. A worker that waits empties its own deque and inbox before it sleeps. It also takes others'
 * jobs, but not when it is MAX_DEPTH waits deep: the stack is bounded, save by what is queued on
 * the worker itself. Progress does not depend on such thefts: of the jobs begun and not finished,
 * the one begun last waits for jobs that have not been begun (those it waits for are its
 * descendants, hence begun later), and these lie in a deque that its owner will empty, or in an
 * injector, for which its scope's flag INJECTED lifts the limit.
 *
 * Jobs in a deque are tagged pointers: see enum tag.
 *
 * Who frees what: workers and all queues live from rsl_pool_create() to rsl_pool_destroy(), so that
 * whoever finishes something may still notify a worker; scopes and tasks belong to those who wait
 * for them, and are not touched any more once the last count, or `done`, has been written.
 */
#ifndef RSL_SCHED_WORKER_H
#define RSL_SCHED_WORKER_H

#include <pthread.h>

#include "ds/atomic.h"
#include "ds/deque.h"
#include "ds/eventcount.h"
#include "ds/linger.h"
#include "ds/spsc.h"
#include "sched/fork.h"
#include "sched/idle.h"
#include "sched/injector.h"
#include "sched/job.h"
#include "sched/pool.h"
#include "sched/scope.h"

/* In the low bits of a deque's items. */
enum tag {
    TAG_JOB = 0,    /* union rsl_job: spawned */
    TAG_TASK = 1,   /* struct rsl_task: forked */
    TAG_TICKET = 2, /* struct rsl_worker: the oldest item of its `fifo` */
    TAG_CALL = 3,   /* struct rsl_worker: its `unqueued`; never in a deque */
    TAG_MASK = 3,
};

static inline void *tagged(void *pointer, enum tag tag)
{
    return (char *)pointer + tag;
}

/* Counters that one thread writes and any may read. */
struct rsl_worker_counters {
    struct rsl_atomic_u64 njobs;
    struct rsl_atomic_u64 nsteals;
    struct rsl_atomic_u64 naborts;
    struct rsl_atomic_u64 ninjected;
    struct rsl_atomic_u64 nsearches;
    struct rsl_atomic_u64 nparks;
};

static inline void count(struct rsl_atomic_u64 *counter, uint64_t n)
{
    /* relaxed, both: one writer; readers want any recent value */
    rsl_u64_store_relaxed(counter, rsl_u64_load_relaxed(counter) + n);
}

/* A piece of mail: what this very worker has to run. In the memory of who sends it. */
struct rsl_mail {
    struct rsl_mail *next;
    void (*deliver)(struct rsl_worker *worker, struct rsl_mail *mail);
};

struct rsl_worker {
    _Alignas(RSL_FALSE_SHARING_RANGE) struct rsl_deque
        deque;             /* 256 bytes, ends with padding, as does the next */
    struct rsl_deque fifo; /* jobs of spawn_fifo; stolen from by who has a ticket */

    /* The worker's own. */
    struct rsl_pool *pool;
    size_t index;
    struct rsl_job_cache jobs;
    struct rsl_scope *credit_scope; /* see scope.c */
    size_t ncredits;
    struct rsl_scope *running; /* of the job that runs; NULL: in a task, in mail, or none */
    uint64_t random;
    uint32_t tick;
    uint32_t depth; /* waits on the stack */
    /* Not 0: entered among the pool's thieves, to leave after so many pops. */
    uint32_t thief_pops;
    bool at_once; /* in rsl_worker_run_at_once() */
    /* After a look at what was stolen: how many jobs to run at once before the next, and how many
     * of them are left. */
    uint32_t plenty_period, plenty_left;
    /* Its last look into an injector took all that was there; how long it stays away then. */
    bool caught_up;
    struct rsl_linger linger;
    /* A job taken from a queue, without memory to put it into the deque: run next. */
    bool has_unqueued;
    struct rsl_job_call unqueued;
    void *slots[RSL_WORKER_SLOTS];
    struct rsl_worker_counters counters;
    uint64_t njobs_before; /* of counters.njobs, when it went to sleep last; its own */
    pthread_t thread;
    char pad[RSL_FALSE_SHARING_RANGE];

    /* Written by others to make the worker do something; read by it before each job. */
    struct rsl_atomic_ptr mail; /* struct rsl_mail, the newest first; anybody pushes */
    struct rsl_eventcount ec;   /* where it sleeps */
    struct rsl_spsc *inbox;     /* of struct rsl_job_call */
    char pad_behind[RSL_FALSE_SHARING_RANGE];
};

struct rsl_pool {
    /* Fixed from the start. */
    _Alignas(RSL_FALSE_SHARING_RANGE) const struct rsl_allocator *allocator;
    struct rsl_worker *workers;
    size_t nworkers;
    void *memory; /* what holds pool and workers, */
    size_t memory_nbytes;
    struct rsl_pool_options options;
    char pad[RSL_FALSE_SHARING_RANGE];

    _Alignas(RSL_FALSE_SHARING_RANGE) struct rsl_idle idle;
    struct rsl_deque_thieves thieves; /* workers that search, or have lately */
    /* Written once each; read often. */
    struct rsl_atomic_u32 closed; /* refuses other threads' jobs */
    struct rsl_atomic_u32 stop;   /* workers end; only when there is nothing left */
    char pad_idle[RSL_FALSE_SHARING_RANGE];

    /* Threads that are not workers wait here, for whatever it may be. */
    struct rsl_eventcount outside;
    char pad_outside[RSL_FALSE_SHARING_RANGE];

    /* Of jobs that no other scope has, and one for whatever other threads have under way. */
    struct rsl_scope detached;
    char pad_detached[RSL_FALSE_SHARING_RANGE];

    struct rsl_injector injectors[RSL_NPRIORITIES];
    struct rsl_job_store job_store;

    /* How the workers' start is going. */
    pthread_mutex_t start_mutex;
    pthread_cond_t start_changed;
    size_t nreported;
    int start_status; /* the first that was not 0 */
    bool start_over;  /* all have reported */
};

/* ---- pool_memory.c */

/* A pool with workers that have no threads yet; the options have no defaults left to be filled in.
 * Returns RSL_OK or RSL_ENOMEM. */
enum rsl_status rsl_pool_allocate(const struct rsl_pool_options *options,
                                  struct rsl_pool **pool_out);
/* The threads have ended. */
void rsl_pool_free(struct rsl_pool *pool);

/* ---- worker.c */

/* Takes from the worker's own deque. A worker that has run long enough on what it has is no longer
 * one of the thieves, who make all others' pops dearer. */
static inline void *rsl_worker_pop(struct rsl_worker *worker)
{
    struct rsl_deque_thieves *thieves = &worker->pool->thieves;
    if (__builtin_expect(worker->thief_pops != 0, 0) && --worker->thief_pops == 0)
        rsl_deque_thieves_leave(thieves);
    return rsl_deque_pop_among(&worker->deque, thieves);
}

/* What a worker works until. `done(target)` must become true by a release (or stronger) that comes
 * before a notification of the worker's eventcount. */
struct rsl_goal {
    bool (*done)(const void *target);
    const void *target;
    const struct rsl_scope *scope; /* whose INJECTED counts, or NULL */
};
void rsl_worker_run_until(struct rsl_worker *worker, const struct rsl_goal *goal);

/* Runs an item of a deque. */
void rsl_worker_run_item(struct rsl_worker *worker, void *item);

/* Queues a job on the worker, `fifo` or not. The scope counts it already. */
enum rsl_status rsl_worker_queue(struct rsl_worker *worker, struct rsl_scope *scope, rsl_job_fn *fn,
                                 void *arg, bool fifo);

/* The longest `plenty_period`. */
#define RSL_PLENTY_MOST 63

/* Whether so much is queued on the worker that a further job is better run at once: it is still in
 * the cache then, and the queue stays short. Not within a job that is run so, lest the stack grow.
 * How much has been stolen is looked up once in `plenty_period` such jobs only, since the thieves
 * write that line all the time; and more often if they took a quarter of the queue meanwhile. If
 * somebody sleeps, such jobs take so long that the queue may be empty: then it is looked up. */
static inline bool rsl_worker_has_plenty(struct rsl_worker *worker)
{
    struct rsl_deque *deque = &worker->deque;
    const size_t bottom = rsl_size_load_relaxed(&deque->bottom); /* relaxed: the worker's own */
    if (__builtin_expect(bottom - deque->seen_top < RSL_SCOPE_QUEUE, 1) || worker->at_once)
        return false;
    if (worker->plenty_left > 0 && !rsl_idle_any(&worker->pool->idle)) {
        worker->plenty_left--;
        return true;
    }
    const size_t seen = deque->seen_top;
    /* acquire: as in rsl_deque_reserve() */
    deque->seen_top = rsl_size_load_acquire(&deque->top);
    if (deque->seen_top - seen > RSL_SCOPE_QUEUE / 4)
        worker->plenty_period = 0;
    else if (worker->plenty_period < RSL_PLENTY_MOST)
        worker->plenty_period = 2 * worker->plenty_period + 1;
    worker->plenty_left = worker->plenty_period;
    return bottom - deque->seen_top >= RSL_SCOPE_QUEUE;
}
/* Runs a job that its scope counts, and that is not queued. */
void rsl_worker_run_at_once(struct rsl_worker *worker, struct rsl_scope *scope, rsl_job_fn *fn,
                            void *arg);

/* Any thread. */
void rsl_worker_send_mail(struct rsl_worker *worker, struct rsl_mail *mail);

/* The rest of rsl_pool_job_added(), for when somebody sleeps. */
void rsl_pool_wake_one(struct rsl_pool *pool);

/* For a searcher that does not go to sleep: wakes another if there are more jobs. */
void rsl_worker_end_search(struct rsl_worker *worker);

/* After a job was put where any worker may take it. */
static inline void rsl_pool_job_added(struct rsl_pool *pool)
{
    rsl_idle_adder_fence(&pool->idle);
    if (__builtin_expect(rsl_idle_any(&pool->idle), 0))
        rsl_pool_wake_one(pool);
}

/* ---- scope.c */

/* Gives back what the worker has set aside, before it turns to anything that is not of the scope
 * that this is for. */
void rsl_scope_flush(struct rsl_worker *worker);
/* The rest of rsl_scope_add(), for when there are no credits of the scope. */
void rsl_scope_add_uncredited(struct rsl_scope *scope, struct rsl_worker *worker);
/* Takes `n` off the count, and wakes who waits if that was all. Any thread. */
void rsl_scope_finish(struct rsl_scope *scope, size_t n);
void rsl_scope_report(struct rsl_scope *scope, int status);

/* What a worker adds to a scope's count at once. */
#define RSL_SCOPE_CREDITS 256

/* Whether credits of the scope, which is not finished, keep nobody waiting for what the worker does
 * now: see scope.c. */
static inline bool rsl_scope_may_credit(const struct rsl_scope *scope,
                                        const struct rsl_worker *worker)
{
    return scope == worker->running || scope->owner == worker || scope->parent == NULL;
}

static inline void rsl_scope_turn_to(struct rsl_scope *scope, struct rsl_worker *worker)
{
    if (__builtin_expect(worker->credit_scope != scope, 0)) {
        rsl_scope_flush(worker);
        worker->credit_scope = scope;
    }
}

/* Counts a job of the scope that `worker` is about to queue. */
static inline void rsl_scope_add(struct rsl_scope *scope, struct rsl_worker *worker)
{
    if (__builtin_expect(worker->credit_scope == scope && worker->ncredits > 0, 1))
        worker->ncredits--;
    else
        rsl_scope_add_uncredited(scope, worker);
}

/* Counts a job of the scope as finished that the worker has just run. */
static inline void rsl_scope_remove(struct rsl_scope *scope, struct rsl_worker *worker)
{
    rsl_scope_turn_to(scope, worker);
    worker->ncredits++;
}

static inline bool rsl_scope_is_cancelled(const struct rsl_scope *scope)
{
    for (; scope != NULL; scope = scope->parent)
        if (rsl_u32_load_relaxed(&scope->flags) & RSL_SCOPE_CANCELLED) /* relaxed: a wish */
            return true;
    return false;
}

/* Counts something that a thread outside has under way. Returns RSL_OK or RSL_ECLOSED. */
enum rsl_status rsl_pool_enter(struct rsl_pool *pool);

/* Puts a job into an injector. The scope counts it already. */
enum rsl_status rsl_pool_inject(struct rsl_pool *pool, enum rsl_priority priority,
                                const struct rsl_job_call *call);

/* Refuses other threads' jobs from now on, and waits until there are none any more. */
void rsl_pool_drain(struct rsl_pool *pool);

/* Sleeps, in a thread that is not a worker, until done(target). */
void rsl_pool_wait_outside(struct rsl_pool *pool, bool (*done)(const void *target),
                           const void *target);

#endif
