/* sched/scope.h and sched/fork.h: jobs that are waited for, tasks, loops. */
#include "tests/pool_testing.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---- scopes */

struct batch {
    struct rsl_atomic_size nrun;
    size_t njobs;
    bool fifo;
    size_t seen; /* what had run when the wait returned */
};

static int spawn_batch(struct rsl_worker *worker, void *arg)
{
    struct batch *batch = arg;
    struct rsl_scope scope;
    rsl_scope_begin(&scope, worker, NULL);
    int status = 0;
    for (size_t i = 0; i < batch->njobs && status == 0; i++)
        status = (int)(batch->fifo ? rsl_scope_spawn_fifo(&scope, worker, add_one, &batch->nrun)
                                   : rsl_scope_spawn(&scope, worker, add_one, &batch->nrun));
    const int waited = rsl_scope_wait(&scope);
    batch->seen = counted(&batch->nrun);
    return status != 0 ? status : waited;
}

static void a_scope_waits_for_all_its_jobs(void **state)
{
    (void)state;
    static const size_t njobs[] = {0, 1, 2, 255, 256, 257, 1000, 20000};
    for (size_t nworkers = 1; nworkers <= 4; nworkers++) {
        struct rsl_pool *pool = start_pool(nworkers);
        for (size_t i = 0; i < 2 * sizeof(njobs) / sizeof(njobs[0]); i++) {
            struct batch batch = {.njobs = njobs[i / 2], .fifo = i % 2};
            assert_int_equal(rsl_pool_run(pool, spawn_batch, &batch), 0);
            assert_int_equal(batch.seen, batch.njobs);
        }
        rsl_pool_destroy(pool);
    }
}

static void another_thread_can_have_a_scope(void **state)
{
    (void)state;
    struct rsl_pool *pool = start_pool(2);
    for (size_t round = 0; round < 20; round++) {
        struct rsl_atomic_size n = {0};
        struct rsl_scope scope;
        assert_int_equal(rsl_scope_begin_outside(&scope, pool), RSL_OK);
        for (size_t i = 0; i < 500; i++)
            assert_int_equal(i % 2 ? rsl_scope_spawn(&scope, NULL, add_one, &n)
                                   : rsl_scope_spawn_at(&scope, i % RSL_NPRIORITIES, add_one, &n),
                             RSL_OK);
        assert_int_equal(rsl_scope_wait(&scope), 0);
        assert_int_equal(counted(&n), 500);
    }
    assert_int_equal(rsl_pool_wait(pool), 0);
    rsl_pool_destroy(pool);
}

struct failing {
    struct rsl_scope *scope;
    int status;
    bool cancels;
};

static int return_status(struct rsl_worker *worker, void *arg)
{
    (void)worker;
    struct failing *failing = arg;
    if (failing->cancels)
        rsl_scope_cancel(failing->scope);
    return failing->status;
}

static void a_scope_reports_the_first_status_that_was_not_0(void **state)
{
    (void)state;
    struct rsl_pool *pool = start_pool(1);
    struct rsl_scope scope;
    struct failing jobs[] = {{&scope, 0, false}, {&scope, -7, false}, {&scope, 8, false}};
    assert_int_equal(rsl_scope_begin_outside(&scope, pool), RSL_OK);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(rsl_scope_spawn(&scope, NULL, return_status, &jobs[i]), RSL_OK);
    assert_int_equal(rsl_scope_wait(&scope), -7);
    rsl_pool_destroy(pool);
}

static void a_cancelled_scope_begins_no_more_jobs(void **state)
{
    (void)state;
    struct rsl_pool *pool = start_pool(1);
    struct rsl_scope scope;
    struct rsl_atomic_size n = {0};
    for (int status = 0; status <= 5; status += 5) {
        struct failing first = {&scope, status, true};
        assert_int_equal(rsl_scope_begin_outside(&scope, pool), RSL_OK);
        assert_int_equal(rsl_scope_spawn(&scope, NULL, return_status, &first), RSL_OK);
        for (size_t i = 0; i < 200; i++)
            assert_int_equal(rsl_scope_spawn(&scope, NULL, add_one, &n), RSL_OK);
        assert_int_equal(rsl_scope_wait(&scope), status == 0 ? RSL_ECANCELED : status);
    }
    assert_true(counted(&n) < 400); /* those that had come before the cancellation */
    rsl_pool_destroy(pool);
}

struct family {
    struct rsl_scope *parent;
    struct rsl_atomic_size nrun;
    int seen_before, seen_after;
    int of_child, of_stranger;
};

static int cancel_parent(struct rsl_worker *worker, void *arg)
{
    struct family *family = arg;
    struct rsl_scope child, stranger;
    rsl_scope_begin(&child, worker, family->parent);
    rsl_scope_begin(&stranger, worker, NULL);
    family->seen_before = rsl_scope_cancelled(&child);
    rsl_scope_cancel(family->parent);
    family->seen_after = rsl_scope_cancelled(&child);
    int status = (int)rsl_scope_spawn(&child, worker, add_one, &family->nrun);
    if (status == 0)
        status = (int)rsl_scope_spawn(&stranger, worker, add_one, &family->nrun);
    family->of_child = rsl_scope_wait(&child);
    family->of_stranger = rsl_scope_wait(&stranger);
    return status;
}

static void cancelling_a_scope_cancels_those_in_it_and_no_others(void **state)
{
    (void)state;
    struct rsl_pool *pool = start_pool(2);
    struct rsl_scope parent;
    struct family family = {.parent = &parent};
    assert_int_equal(rsl_scope_begin_outside(&parent, pool), RSL_OK);
    assert_int_equal(rsl_scope_spawn(&parent, NULL, cancel_parent, &family), RSL_OK);
    assert_int_equal(rsl_scope_wait(&parent), 0); /* its only job had begun */
    assert_false(family.seen_before);
    assert_true(family.seen_after);
    assert_int_equal(family.of_child, RSL_ECANCELED);
    assert_int_equal(family.of_stranger, 0);
    assert_int_equal(counted(&family.nrun), 1);
    rsl_pool_destroy(pool);
}

/* A tree of jobs that all spawn into one scope. */
struct tree {
    struct rsl_scope scope;
    struct rsl_atomic_size nnodes;
};

struct node {
    struct tree *tree;
    unsigned depth;
};

static int grow(struct rsl_worker *worker, void *arg)
{
    struct node *node = arg;
    struct tree *tree = node->tree;
    rsl_size_fetch_add_relaxed(&tree->nnodes, 1);
    int status = 0;
    for (unsigned i = 0; i < 3 && node->depth > 0 && status == 0; i++) {
        struct node *child = malloc(sizeof(*child));
        if (child == NULL)
            return RSL_ENOMEM;
        *child = (struct node){tree, node->depth - 1};
        status = (int)rsl_scope_spawn(&tree->scope, worker, grow, child);
    }
    free(node);
    return status;
}

static void jobs_may_spawn_into_the_scope_that_they_are_of(void **state)
{
    (void)state;
    for (size_t nworkers = 1; nworkers <= 4; nworkers++) {
        struct rsl_pool *pool = start_pool(nworkers);
        struct tree tree = {.nnodes = {0}};
        assert_int_equal(rsl_scope_begin_outside(&tree.scope, pool), RSL_OK);
        struct node *root = malloc(sizeof(*root));
        assert_non_null(root);
        *root = (struct node){&tree, 7};
        assert_int_equal(rsl_scope_spawn(&tree.scope, NULL, grow, root), RSL_OK);
        assert_int_equal(rsl_scope_wait(&tree.scope), 0);
        assert_int_equal(counted(&tree.nnodes), 3280); /* (3^8 - 1) / 2 */
        rsl_pool_destroy(pool);
    }
}

/* Scopes nested in each other's jobs, deeper than a worker goes on stealing. The innermost spawns
 * by way of the queue, from which its worker must then take although it is so deep. */
struct nest {
    unsigned depth;
    struct rsl_atomic_size *nrun;
    enum rsl_priority priority;
};

static int nest(struct rsl_worker *worker, void *arg)
{
    const struct nest *outer = arg;
    struct rsl_scope scope;
    rsl_scope_begin(&scope, worker, NULL);
    struct nest inner = {outer->depth - 1, outer->nrun, outer->priority};
    enum rsl_status status = rsl_scope_spawn(&scope, worker, add_one, outer->nrun);
    if (status == RSL_OK)
        status = outer->depth > 0
                     ? rsl_scope_spawn(&scope, worker, nest, &inner)
                     : rsl_scope_spawn_at(&scope, outer->priority, add_one, outer->nrun);
    const int waited = rsl_scope_wait(&scope);
    return status != RSL_OK ? (int)status : waited;
}

static void scopes_nest_deeper_than_workers_steal(void **state)
{
    (void)state;
    for (size_t nworkers = 1; nworkers <= 3; nworkers++) {
        struct rsl_pool *pool = start_pool(nworkers);
        for (size_t i = 0; i < RSL_NPRIORITIES; i++) {
            struct rsl_atomic_size n = {0};
            struct nest outermost = {200, &n, (enum rsl_priority)i};
            assert_int_equal(rsl_pool_run(pool, nest, &outermost), 0);
            assert_int_equal(counted(&n), 202);
        }
        rsl_pool_destroy(pool);
    }
}

struct crowd {
    struct rsl_scope scope;
    struct rsl_atomic_size nrun;
    size_t nrun_before_wait;
    size_t nnested; /* jobs that a job run at once saw run at once */
};

static int spawn_from_crowd(struct rsl_worker *worker, void *arg)
{
    struct crowd *crowd = arg;
    const size_t before = counted(&crowd->nrun);
    const enum rsl_status status = rsl_scope_spawn(&crowd->scope, worker, add_one, &crowd->nrun);
    crowd->nnested += counted(&crowd->nrun) - before;
    return (int)status;
}

static int spawn_crowd(struct rsl_worker *worker, void *arg)
{
    struct crowd *crowd = arg;
    rsl_scope_begin(&crowd->scope, worker, NULL);
    int status = 0;
    for (size_t i = 0; i < RSL_SCOPE_QUEUE && status == 0; i++)
        status = (int)rsl_scope_spawn(&crowd->scope, worker, add_one, &crowd->nrun);
    if (counted(&crowd->nrun) != 0)
        status = 100;
    for (size_t i = 0; i < 10 && status == 0; i++)
        status = (int)rsl_scope_spawn(&crowd->scope, worker, add_one, &crowd->nrun);
    crowd->nrun_before_wait = counted(&crowd->nrun);
    if (status == 0)
        status = (int)rsl_scope_spawn(&crowd->scope, worker, spawn_from_crowd, crowd);
    const int waited = rsl_scope_wait(&crowd->scope);
    return status != 0 ? status : waited;
}

static void a_worker_with_a_long_queue_runs_what_it_spawns_at_once(void **state)
{
    (void)state;
    struct rsl_pool *pool = start_pool(1);
    struct crowd crowd = {.nrun = {0}};
    assert_int_equal(rsl_pool_run(pool, spawn_crowd, &crowd), 0);
    assert_int_equal(crowd.nrun_before_wait, 10);
    assert_int_equal(crowd.nnested, 0);
    assert_int_equal(counted(&crowd.nrun), RSL_SCOPE_QUEUE + 11);
    rsl_pool_destroy(pool);
}

struct slow_batch {
    struct gate others;
    struct rsl_atomic_size nempty;
    struct rsl_worker *spawner;
    struct rsl_atomic_size nslow, nof_spawner;
};

static int run_slowly(struct rsl_worker *worker, void *arg)
{
    struct slow_batch *batch = arg;
    nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    rsl_size_fetch_add_acq_rel(&batch->nslow, 1);
    if (worker == batch->spawner)
        rsl_size_fetch_add_acq_rel(&batch->nof_spawner, 1);
    return 0;
}

enum { NTHIEVES = 7, NEMPTY = 2000, NSLOW = 60 };

static int spawn_many_then_slow(struct rsl_worker *worker, void *arg)
{
    struct slow_batch *batch = arg;
    struct rsl_scope scope;
    batch->spawner = worker;
    rsl_scope_begin(&scope, worker, NULL);
    int status = 0;
    for (size_t i = 0; i < NTHIEVES; i++)
        status |= (int)rsl_pool_spawn(rsl_worker_pool(worker), RSL_PRIORITY_HIGH, stop_at_gate,
                                      &batch->others);
    await_arrivals(&batch->others, NTHIEVES);
    for (size_t i = 0; i < NEMPTY && status == 0; i++)
        status = (int)rsl_scope_spawn(&scope, worker, add_one, &batch->nempty);
    open_gate(&batch->others);
    while (counted(&batch->nempty) < NEMPTY)
        sched_yield();
    for (size_t i = 0; i < NSLOW && status == 0; i++)
        status = (int)rsl_scope_spawn(&scope, worker, run_slowly, batch);
    const int waited = rsl_scope_wait(&scope);
    return status != 0 ? status : waited;
}

/* Who has run many jobs at once, since the queue was long, must see that others have emptied it. */
static void slow_jobs_behind_many_quick_ones_are_shared(void **state)
{
    (void)state;
    struct rsl_pool *pool = start_pool(1 + NTHIEVES);
    struct slow_batch batch = {0};
    assert_int_equal(rsl_pool_run(pool, spawn_many_then_slow, &batch), 0);
    assert_int_equal(counted(&batch.nslow), NSLOW);
    assert_in_range(counted(&batch.nof_spawner), 0, NSLOW / 2);
    rsl_pool_destroy(pool);
}

static int switch_scopes(struct rsl_worker *worker, void *arg)
{
    struct rsl_scope scopes[3];
    for (size_t i = 0; i < 3; i++)
        rsl_scope_begin(&scopes[i], worker, NULL);
    int status = 0;
    for (size_t i = 0; i < 3000 && status == 0; i++)
        status = (int)rsl_scope_spawn(&scopes[i % 3], worker, add_one, arg);
    for (size_t i = 0; i < 3; i++)
        status |= rsl_scope_wait(&scopes[i]);
    return status;
}

static void jobs_of_several_scopes_may_be_spawned_in_turn(void **state)
{
    (void)state;
    for (size_t nworkers = 1; nworkers <= 3; nworkers++) {
        struct rsl_pool *pool = start_pool(nworkers);
        struct rsl_atomic_size n = {0};
        assert_int_equal(rsl_pool_run(pool, switch_scopes, &n), 0);
        assert_int_equal(counted(&n), 3000);
        rsl_pool_destroy(pool);
    }
}

/* ---- credits (sched/scope.c) must not hold up who waits for another job's progress */

struct hold_up {
    struct rsl_pool *pool;
    struct rsl_scope other; /* the test's own */
    struct gate seen;       /* the job has spawned; the test has seen `other` finished */
    struct gate inner;      /* a job or task that another worker has taken */
    struct rsl_scope *inner_scope;
    size_t caller; /* the worker that broadcasts */
    struct rsl_atomic_size nrun, nqueued;
    struct rsl_atomic_size nheld_up;
};

static void await_seen(struct hold_up *test)
{
    arrive(&test->seen);
    if (!is_opened_in_time(&test->seen))
        rsl_size_fetch_add_relaxed(&test->nheld_up, 1);
}

/* Runs on the worker that waits for inner_scope; returns when that is finished. */
static int finish_inner_scope(struct rsl_worker *worker, void *arg)
{
    (void)worker;
    struct hold_up *test = arg;
    open_gate(&test->inner);
    while (rsl_size_load_acquire(&test->inner_scope->pending) != 0)
        (void)sched_yield();
    rsl_size_fetch_add_relaxed(&test->nrun, 1);
    return 0;
}

static int wait_then_await_seen(struct rsl_worker *worker, void *arg)
{
    struct hold_up *test = arg;
    struct rsl_scope scope;
    test->inner_scope = &scope;
    rsl_scope_begin(&scope, worker, NULL);
    int status = (int)rsl_scope_spawn(&scope, worker, stop_at_gate, &test->inner);
    await_arrivals(&test->inner, 1); /* another worker has stolen it */
    status |= (int)rsl_scope_spawn_at(&test->other, RSL_PRIORITY_NORMAL, finish_inner_scope, test);
    status |= rsl_scope_wait(&scope); /* runs finish_inner_scope() */
    await_seen(test);
    return status;
}

static int spawn_and_await_seen(struct rsl_worker *worker, void *arg)
{
    struct hold_up *test = arg;
    const enum rsl_status status = rsl_scope_spawn(&test->other, worker, add_one, &test->nrun);
    await_seen(test);
    return (int)status;
}

/* On workers 0 and 1, the one that does not broadcast. */
static int broadcast_that_spawns(struct rsl_worker *worker, void *arg)
{
    const struct hold_up *test = arg;
    const size_t chosen = test->caller == 0 ? 1 : 0;
    return rsl_worker_index(worker) == chosen ? spawn_and_await_seen(worker, arg) : 0;
}

static int broadcast_from_job(struct rsl_worker *worker, void *arg)
{
    struct hold_up *test = arg;
    test->caller = rsl_worker_index(worker);
    return rsl_pool_broadcast(test->pool, worker, broadcast_that_spawns, test);
}

static int spawn_in_stolen_task(struct rsl_worker *worker, void *arg)
{
    struct hold_up *test = arg;
    arrive(&test->inner);
    return spawn_and_await_seen(worker, test);
}

static int fork_spawning_task(struct rsl_worker *worker, void *arg)
{
    struct hold_up *test = arg;
    struct rsl_task task;
    rsl_fork(worker, &task, spawn_in_stolen_task, test);
    await_arrivals(&test->inner, 1);
    return rsl_join(worker, &task);
}

/* Comes across a job of `other` in its join, while the other worker is kept from stealing it. */
static int spawn_after_join(struct rsl_worker *worker, void *arg)
{
    struct hold_up *test = arg;
    int status = (int)rsl_spawn(worker, stop_at_gate, &test->inner);
    await_arrivals(&test->inner, 1);
    struct rsl_task task;
    rsl_fork(worker, &task, add_one, &test->nqueued);
    status |= (int)rsl_scope_spawn(&test->other, worker, add_one, &test->nqueued);
    status |= rsl_join(worker, &task);
    open_gate(&test->inner);
    return status | spawn_and_await_seen(worker, test);
}

/* With so much queued that the worker runs at once what it spawns. */
static int run_at_once_and_await_seen(struct rsl_worker *worker, void *arg)
{
    struct hold_up *test = arg;
    for (size_t i = 0; i < RSL_SCOPE_QUEUE; i++)
        if (rsl_spawn(worker, add_one, &test->nqueued) != RSL_OK)
            return RSL_ENOMEM;
    return spawn_and_await_seen(worker, test);
}

/* `fn` runs as a job that is not of the scope `other`, brings it about that one of that runs, and
 * does not end before the test has seen that scope finished. */
static void expect_no_hold_up(size_t nworkers, rsl_job_fn *fn)
{
    struct hold_up test = {.pool = start_pool(nworkers)};
    assert_int_equal(rsl_scope_begin_outside(&test.other, test.pool), RSL_OK);
    /* First each worker runs a job of the scope, which it must not take for the one that runs. */
    struct gate all = {0};
    for (size_t i = 0; i < nworkers; i++)
        assert_int_equal(rsl_scope_spawn(&test.other, NULL, stop_at_gate, &all), RSL_OK);
    await_arrivals(&all, (uint32_t)nworkers);
    open_gate(&all);
    assert_int_equal(rsl_pool_spawn(test.pool, RSL_PRIORITY_NORMAL, fn, &test), RSL_OK);
    await_arrivals(&test.seen, 1);
    assert_int_equal(rsl_scope_wait(&test.other), 0);
    open_gate(&test.seen);
    assert_int_equal(rsl_pool_wait(test.pool), 0);
    assert_int_equal(counted(&test.nheld_up), 0);
    assert_int_equal(counted(&test.nrun), 1);
    rsl_pool_destroy(test.pool);
}

static void a_wait_does_not_keep_credits_of_a_scope_whose_job_it_ran(void **state)
{
    (void)state;
    expect_no_hold_up(2, wait_then_await_seen);
}

static void a_job_does_not_keep_credits_of_another_s_scope_that_it_spawns_into(void **state)
{
    (void)state;
    expect_no_hold_up(2, spawn_and_await_seen);
    expect_no_hold_up(2, spawn_after_join);
    expect_no_hold_up(1, run_at_once_and_await_seen);
}

static void tasks_and_broadcasts_do_not_keep_credits_of_scopes_that_they_spawn_into(void **state)
{
    (void)state;
    expect_no_hold_up(3, fork_spawning_task);
    expect_no_hold_up(3, broadcast_from_job);
}

/* ---- tasks */

struct sum {
    unsigned n;
    unsigned long result;
};

// NOLINTNEXTLINE(misc-no-recursion): what it is for
static int fibonacci(struct rsl_worker *worker, void *arg)
{
    struct sum *sum = arg;
    if (sum->n < 2) {
        sum->result = sum->n;
        return 0;
    }
    struct sum left = {sum->n - 1, 0}, right = {sum->n - 2, 0};
    struct rsl_task task;
    rsl_fork(worker, &task, fibonacci, &right);
    const int status_left = fibonacci(worker, &left);
    const int status_right = rsl_join(worker, &task);
    sum->result = left.result + right.result;
    return status_left | status_right;
}

static void tasks_fork_and_join(void **state)
{
    (void)state;
    for (size_t nworkers = 1; nworkers <= 5; nworkers++) {
        struct rsl_pool *pool = start_pool(nworkers);
        struct sum sum = {20, 0};
        assert_int_equal(rsl_pool_run(pool, fibonacci, &sum), 0);
        assert_int_equal(sum.result, 6765);
        rsl_pool_destroy(pool);
    }
}

static int fork_many(struct rsl_worker *worker, void *arg)
{
    int *statuses = arg;
    struct rsl_task tasks[20];
    struct rsl_scope scope;
    struct rsl_atomic_size n = {0};
    rsl_scope_begin(&scope, worker, NULL);
    for (int i = 0; i < 20; i++) {
        struct failing *job = malloc(sizeof(*job));
        if (job == NULL)
            return RSL_ENOMEM;
        *job = (struct failing){NULL, i * i, false};
        rsl_fork(worker, &tasks[i], return_status, job);
        /* Between the tasks lie jobs, which the joins come across. */
        const enum rsl_status status = rsl_scope_spawn(&scope, worker, add_one, &n);
        if (status != RSL_OK)
            return (int)status;
    }
    for (int i = 20; i-- > 0;) {
        statuses[i] = rsl_join(worker, &tasks[i]);
        free(tasks[i].arg);
    }
    const int waited = rsl_scope_wait(&scope);
    return waited != 0 ? waited : counted(&n) == 20 ? 0 : 1;
}

static void joins_return_each_its_task_s_status_across_other_jobs(void **state)
{
    (void)state;
    for (size_t nworkers = 1; nworkers <= 4; nworkers++) {
        struct rsl_pool *pool = start_pool(nworkers);
        for (size_t round = 0; round < 50; round++) {
            int statuses[20];
            assert_int_equal(rsl_pool_run(pool, fork_many, statuses), 0);
            for (int i = 0; i < 20; i++)
                assert_int_equal(statuses[i], i * i);
        }
        rsl_pool_destroy(pool);
    }
}

static int meet(struct rsl_worker *worker, void *arg)
{
    (void)worker;
    struct gate *gate = arg;
    arrive(gate);
    await_arrivals(gate, 2);
    return 0;
}

static int meet_a_thief(struct rsl_worker *worker, void *arg)
{
    struct rsl_task task;
    rsl_fork(worker, &task, meet, arg);
    const int status = meet(worker, arg); /* until another worker has taken the task */
    return status | rsl_join(worker, &task);
}

static void a_forked_task_wakes_a_worker_that_sleeps(void **state)
{
    (void)state;
    struct rsl_pool *pool = start_pool(2);
    for (size_t i = 0; i < 300; i++) {
        struct gate gate = {0};
        assert_int_equal(rsl_pool_run(pool, meet_a_thief, &gate), 0);
    }
    struct rsl_worker_stats stats;
    rsl_pool_get_stats(pool, &stats);
    assert_true(stats.nsteals >= 300);
    rsl_pool_destroy(pool);
}

/* ---- loops */

#define NITERATIONS 10000

struct loop_test {
    size_t begin, end, grain;
    unsigned char times[NITERATIONS];
    struct rsl_atomic_size nbad; /* pieces that should not be */
    struct rsl_atomic_size niterations;
    size_t fail_at;
    size_t fork_every;
};

static int loop_body(struct rsl_worker *worker, size_t begin, size_t end, void *arg)
{
    struct loop_test *test = arg;
    const size_t grain = test->grain > 0 ? test->grain : 1;
    if (begin >= end || begin < test->begin || end > test->end || end - begin > grain)
        rsl_size_fetch_add_relaxed(&test->nbad, 1);
    for (size_t i = begin; i < end; i++) {
        test->times[i]++;
        if (i == test->fail_at)
            return 55;
    }
    rsl_size_fetch_add_relaxed(&test->niterations, end - begin);
    if (test->fork_every != 0 && begin % test->fork_every == 0) {
        struct rsl_atomic_size n = {0};
        struct rsl_task task;
        rsl_fork(worker, &task, add_one, &n);
        return rsl_join(worker, &task);
    }
    return 0;
}

static int run_loop(struct rsl_worker *worker, void *arg)
{
    struct loop_test *test = arg;
    return rsl_parallel_for(worker, test->begin, test->end, test->grain, loop_body, test);
}

static void a_loop_runs_each_iteration_once(void **state)
{
    (void)state;
    static const size_t ends[] = {0, 1, 2, 3, 10, 1000, NITERATIONS};
    static const size_t grains[] = {0, 1, 2, 7, 1000, SIZE_MAX};
    for (size_t nworkers = 1; nworkers <= 4; nworkers++) {
        struct rsl_pool *pool = start_pool(nworkers);
        for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
            for (size_t k = 0; k < sizeof(grains) / sizeof(grains[0]); k++)
                for (size_t begin = 0; begin <= 5; begin += 5) {
                    struct loop_test test = {.begin = begin,
                                             .end = ends[i],
                                             .grain = grains[k],
                                             .fail_at = SIZE_MAX,
                                             .fork_every = 10};
                    assert_int_equal(rsl_pool_run(pool, run_loop, &test), 0);
                    assert_int_equal(counted(&test.nbad), 0);
                    for (size_t at = 0; at < NITERATIONS; at++)
                        assert_int_equal(test.times[at], at >= begin && at < ends[i]);
                }
        rsl_pool_destroy(pool);
    }
}

static void a_loop_ends_early_when_its_body_fails(void **state)
{
    (void)state;
    struct rsl_pool *pool = start_pool(1);
    struct loop_test test = {.end = NITERATIONS, .fail_at = 10};
    assert_int_equal(rsl_pool_run(pool, run_loop, &test), 55);
    assert_int_equal(counted(&test.niterations), 10);
    rsl_pool_destroy(pool);
}

static int loop_body_that_meets(struct rsl_worker *worker, size_t begin, size_t end, void *arg)
{
    (void)end;
    /* The first iteration of each half: neither returns before the other has begun. */
    return begin == 0 || begin == NITERATIONS / 2 ? meet(worker, arg) : 0;
}

static int run_meeting_loop(struct rsl_worker *worker, void *arg)
{
    return rsl_parallel_for(worker, 0, NITERATIONS, 1, loop_body_that_meets, arg);
}

static void a_loop_is_split_for_a_worker_that_has_nothing_to_do(void **state)
{
    (void)state;
    struct rsl_pool *pool = start_pool(2);
    for (size_t i = 0; i < 100; i++) {
        struct gate gate = {0};
        assert_int_equal(rsl_pool_run(pool, run_meeting_loop, &gate), 0);
    }
    rsl_pool_destroy(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_scope_waits_for_all_its_jobs),
        cmocka_unit_test(another_thread_can_have_a_scope),
        cmocka_unit_test(a_scope_reports_the_first_status_that_was_not_0),
        cmocka_unit_test(a_cancelled_scope_begins_no_more_jobs),
        cmocka_unit_test(cancelling_a_scope_cancels_those_in_it_and_no_others),
        cmocka_unit_test(jobs_may_spawn_into_the_scope_that_they_are_of),
        cmocka_unit_test(scopes_nest_deeper_than_workers_steal),
        cmocka_unit_test(a_worker_with_a_long_queue_runs_what_it_spawns_at_once),
        cmocka_unit_test(slow_jobs_behind_many_quick_ones_are_shared),
        cmocka_unit_test(jobs_of_several_scopes_may_be_spawned_in_turn),
        cmocka_unit_test(a_wait_does_not_keep_credits_of_a_scope_whose_job_it_ran),
        cmocka_unit_test(a_job_does_not_keep_credits_of_another_s_scope_that_it_spawns_into),
        cmocka_unit_test(tasks_and_broadcasts_do_not_keep_credits_of_scopes_that_they_spawn_into),
        cmocka_unit_test(tasks_fork_and_join),
        cmocka_unit_test(joins_return_each_its_task_s_status_across_other_jobs),
        cmocka_unit_test(a_forked_task_wakes_a_worker_that_sleeps),
        cmocka_unit_test(a_loop_runs_each_iteration_once),
        cmocka_unit_test(a_loop_ends_early_when_its_body_fails),
        cmocka_unit_test(a_loop_is_split_for_a_worker_that_has_nothing_to_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
