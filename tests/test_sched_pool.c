/* sched/pool.h: start, jobs, priorities, inboxes, broadcast, shutdown, figures. */
#include "tests/pool_testing.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sched/worker.h"

/* ---- start and end */

static void pools_of_any_size_start_and_end(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 2, 3, 16, 70};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct rsl_pool *pool = start_pool(sizes[i]);
        struct rsl_atomic_size n = {0};
        for (size_t k = 0; k < 100; k++)
            assert_int_equal(rsl_pool_spawn(pool, RSL_PRIORITY_NORMAL, add_one, &n), RSL_OK);
        rsl_pool_destroy(pool);
        assert_int_equal(counted(&n), 100);
    }
    rsl_pool_destroy(NULL);
}

static void a_pool_has_a_worker_for_each_processor_unless_told_otherwise(void **state)
{
    (void)state;
    cpu_set_t set;
    assert_int_equal(sched_getaffinity(0, sizeof(set), &set), 0);
    struct rsl_pool *pool = NULL;
    assert_int_equal(rsl_pool_create(NULL, &pool), 0);
    assert_int_equal(rsl_pool_nworkers(pool), CPU_COUNT(&set));
    rsl_pool_destroy(pool);
}

static void options_out_of_range_are_refused(void **state)
{
    (void)state;
    struct rsl_pool *pool = NULL;
    const struct rsl_pool_options too_many = {.nworkers = RSL_POOL_MAX_WORKERS + 1};
    assert_int_equal(rsl_pool_create(&too_many, &pool), RSL_EINVAL);
    static const int bad[] = {0, -1};
    const struct rsl_pool_options bad_cpu = {.nworkers = 1, .cpus = bad, .ncpus = 2};
    assert_int_equal(rsl_pool_create(&bad_cpu, &pool), RSL_EINVAL);
    const struct rsl_pool_options bad_stack = {.nworkers = 1, .stack_nbytes = 1};
    assert_int_equal(rsl_pool_create(&bad_stack, &pool), RSL_EIO);
    static const int absent[] = {CPU_SETSIZE - 1};
    const struct rsl_pool_options absent_cpu = {.nworkers = 2, .cpus = absent, .ncpus = 1};
    assert_int_equal(rsl_pool_create(&absent_cpu, &pool), RSL_EIO);
    assert_null(pool);
}

struct hooks {
    struct rsl_atomic_size ninits, nfinis, nwrong;
    size_t failing; /* the worker whose init fails */
};

static int init_hook(struct rsl_worker *worker, void *arg)
{
    struct hooks *hooks = arg;
    for (size_t i = 0; i < RSL_WORKER_SLOTS; i++)
        if (rsl_worker_slot(worker, i) != NULL)
            rsl_size_fetch_add_relaxed(&hooks->nwrong, 1);
    rsl_size_fetch_add_relaxed(&hooks->ninits, 1);
    rsl_worker_set_slot(worker, 3, worker);
    return rsl_worker_index(worker) == hooks->failing ? 77 : 0;
}

static int fini_hook(struct rsl_worker *worker, void *arg)
{
    struct hooks *hooks = arg;
    rsl_size_fetch_add_relaxed(&hooks->nfinis, 1);
    if (rsl_worker_slot(worker, 3) != worker)
        rsl_size_fetch_add_relaxed(&hooks->nwrong, 1);
    return 0;
}

static void workers_are_initialised_and_finished_once_each(void **state)
{
    (void)state;
    struct hooks hooks = {.failing = SIZE_MAX};
    const struct rsl_pool_options options = {
        .nworkers = 5, .init_worker = init_hook, .fini_worker = fini_hook, .hook_arg = &hooks};
    struct rsl_pool *pool;
    assert_int_equal(rsl_pool_create(&options, &pool), 0);
    assert_int_equal(counted(&hooks.ninits), 5);
    assert_int_equal(counted(&hooks.nfinis), 0);
    rsl_pool_destroy(pool);
    assert_int_equal(counted(&hooks.nfinis), 5);
    assert_int_equal(counted(&hooks.nwrong), 0);
}

static void a_worker_that_cannot_be_initialised_keeps_the_pool_from_starting(void **state)
{
    (void)state;
    struct hooks hooks = {.failing = 2};
    const struct rsl_pool_options options = {
        .nworkers = 4, .init_worker = init_hook, .fini_worker = fini_hook, .hook_arg = &hooks};
    struct rsl_pool *pool = NULL;
    assert_int_equal(rsl_pool_create(&options, &pool), 77);
    assert_null(pool);
    assert_int_equal(counted(&hooks.ninits), 4);
    assert_int_equal(counted(&hooks.nfinis), 3); /* not for the one that failed */
}

static int count_foreign_processor(struct rsl_worker *worker, void *arg)
{
    (void)worker;
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof(set), &set) != 0 || CPU_COUNT(&set) != 1 || !CPU_ISSET(0, &set))
        return 1;
    return add_one(worker, arg);
}

static void workers_run_on_the_processors_that_they_are_bound_to(void **state)
{
    (void)state;
    cpu_set_t set;
    assert_int_equal(sched_getaffinity(0, sizeof(set), &set), 0);
    if (!CPU_ISSET(0, &set))
        skip();
    static const int cpus[] = {0};
    const struct rsl_pool_options options = {.nworkers = 3, .cpus = cpus, .ncpus = 1};
    struct rsl_pool *pool;
    assert_int_equal(rsl_pool_create(&options, &pool), 0);
    struct rsl_atomic_size n = {0};
    assert_int_equal(rsl_pool_broadcast(pool, NULL, count_foreign_processor, &n), 0);
    assert_int_equal(counted(&n), 3);
    rsl_pool_destroy(pool);
}

static int count_names(struct rsl_worker *worker, void *arg)
{
    char name[16], expected[16];
    if (pthread_getname_np(pthread_self(), name, sizeof(name)) != 0)
        return 1;
    (void)snprintf(expected, sizeof(expected), "a-rather-lo-%u",
                   (unsigned)rsl_worker_index(worker) % 10);
    return strcmp(name, expected) == 0 ? add_one(worker, arg) : 2;
}

static void threads_are_named(void **state)
{
    (void)state;
    struct rsl_pool *pool;
    /* With the number it is too long. */
    const struct rsl_pool_options options = {.nworkers = 3, .name = "a-rather-longer"};
    assert_int_equal(rsl_pool_create(&options, &pool), 0);
    struct rsl_atomic_size n = {0};
    assert_int_equal(rsl_pool_broadcast(pool, NULL, count_names, &n), 0);
    assert_int_equal(counted(&n), 3);
    rsl_pool_destroy(pool);
}

static int count_unblocked_signals(struct rsl_worker *worker, void *arg)
{
    (void)worker;
    sigset_t set;
    if (pthread_sigmask(SIG_BLOCK, NULL, &set) != 0)
        return 1;
    *(int *)arg += !sigismember(&set, SIGTERM) + !sigismember(&set, SIGUSR1);
    return 0;
}

static void signals_are_left_to_other_threads(void **state)
{
    (void)state;
    struct rsl_pool *pool = start_pool(1);
    int nunblocked = 0;
    assert_int_equal(rsl_pool_run(pool, count_unblocked_signals, &nunblocked), 0);
    assert_int_equal(nunblocked, 0);
    rsl_pool_destroy(pool);
    sigset_t set;
    assert_int_equal(pthread_sigmask(SIG_BLOCK, NULL, &set), 0);
    assert_false(sigismember(&set, SIGTERM));
}

/* ---- the order of jobs */

struct order {
    size_t n;
    char begun[64];
};

struct step {
    struct order *order;
    char name;
};

static int note(struct rsl_worker *worker, void *arg)
{
    (void)worker;
    const struct step *step = arg;
    step->order->begun[step->order->n++] = step->name;
    return 0;
}

static void jobs_begin_by_priority_and_then_first_come_first(void **state)
{
    (void)state;
    struct rsl_pool *pool = start_pool(1);
    struct gate gate = {0};
    assert_int_equal(rsl_pool_spawn(pool, RSL_PRIORITY_NORMAL, stop_at_gate, &gate), RSL_OK);
    await_arrivals(&gate, 1);
    struct order order = {0};
    struct step steps[12];
    for (size_t i = 0; i < 12; i++) {
        steps[i] = (struct step){&order, (char)("LNH"[i % 3] + (i >= 6 ? 'a' - 'A' : 0))};
        static const enum rsl_priority priorities[] = {RSL_PRIORITY_LOW, RSL_PRIORITY_NORMAL,
                                                       RSL_PRIORITY_HIGH};
        assert_int_equal(rsl_pool_spawn(pool, priorities[i % 3], note, &steps[i]), RSL_OK);
    }
    open_gate(&gate);
    assert_int_equal(rsl_pool_wait(pool), 0);
    assert_string_equal(order.begun, "HHhhNNnnLLll");
    rsl_pool_destroy(pool);
}

struct spawner {
    struct order order;
    struct step steps[6];
    bool fifo;
};

static int spawn_in_order(struct rsl_worker *worker, void *arg)
{
    struct spawner *spawner = arg;
    for (size_t i = 0; i < 6; i++) {
        spawner->steps[i] = (struct step){&spawner->order, (char)('1' + i)};
        const enum rsl_status status = spawner->fifo
                                           ? rsl_spawn_fifo(worker, note, &spawner->steps[i])
                                           : rsl_spawn(worker, note, &spawner->steps[i]);
        if (status != RSL_OK)
            return (int)status;
    }
    return 0;
}

static void a_worker_begins_its_newest_job_first_unless_it_is_to_be_the_oldest(void **state)
{
    (void)state;
    struct rsl_pool *pool = start_pool(1);
    struct spawner lifo = {.fifo = false}, fifo = {.fifo = true};
    assert_int_equal(rsl_pool_spawn(pool, RSL_PRIORITY_NORMAL, spawn_in_order, &lifo), RSL_OK);
    assert_int_equal(rsl_pool_wait(pool), 0);
    assert_string_equal(lifo.order.begun, "654321");
    assert_int_equal(rsl_pool_spawn(pool, RSL_PRIORITY_NORMAL, spawn_in_order, &fifo), RSL_OK);
    assert_int_equal(rsl_pool_wait(pool), 0);
    assert_string_equal(fifo.order.begun, "123456");
    rsl_pool_destroy(pool);
}

struct urgent {
    struct order order;
    struct step normal, high, low;
};

static int spawn_by_priority(struct rsl_worker *worker, void *arg)
{
    struct urgent *urgent = arg;
    int status = (int)rsl_spawn_at(worker, RSL_PRIORITY_LOW, note, &urgent->low);
    if (status == 0)
        status = (int)rsl_spawn(worker, note, &urgent->normal);
    if (status == 0)
        status = (int)rsl_spawn_at(worker, RSL_PRIORITY_HIGH, note, &urgent->high);
    return status;
}

static void a_high_job_goes_before_and_a_low_one_after_what_a_worker_has_queued(void **state)
{
    (void)state;
    struct rsl_pool *pool = start_pool(1);
    struct urgent urgent = {0};
    urgent.normal = (struct step){&urgent.order, 'n'};
    urgent.high = (struct step){&urgent.order, 'h'};
    urgent.low = (struct step){&urgent.order, 'l'};
    assert_int_equal(rsl_pool_spawn(pool, RSL_PRIORITY_NORMAL, spawn_by_priority, &urgent), RSL_OK);
    assert_int_equal(rsl_pool_wait(pool), 0);
    assert_string_equal(urgent.order.begun, "hnl");
    rsl_pool_destroy(pool);
}

struct feeder {
    struct rsl_atomic_u32 stop;
    struct rsl_atomic_size nrun;
};

static int feed_itself(struct rsl_worker *worker, void *arg)
{
    struct feeder *feeder = arg;
    rsl_size_fetch_add_relaxed(&feeder->nrun, 1);
    return rsl_u32_load_acquire(&feeder->stop) ? 0 : (int)rsl_spawn(worker, feed_itself, feeder);
}

static int stop_feeder(struct rsl_worker *worker, void *arg)
{
    (void)worker;
    rsl_u32_store_release(&((struct feeder *)arg)->stop, 1);
    return 0;
}

static void a_worker_that_feeds_itself_does_not_starve_the_queue_or_its_inbox(void **state)
{
    (void)state;
    struct rsl_pool *pool = start_pool(1);
    for (int inbox = 0; inbox <= 1; inbox++) {
        struct feeder feeder = {{0}, {0}};
        assert_int_equal(rsl_pool_spawn(pool, RSL_PRIORITY_NORMAL, feed_itself, &feeder), RSL_OK);
        while (counted(&feeder.nrun) < 100)
            (void)sched_yield();
        assert_int_equal(inbox ? rsl_pool_send(pool, 0, stop_feeder, &feeder)
                               : rsl_pool_spawn(pool, RSL_PRIORITY_NORMAL, stop_feeder, &feeder),
                         RSL_OK);
        assert_int_equal(rsl_pool_wait(pool), 0);
    }
    rsl_pool_destroy(pool);
}

/* ---- waiting for single jobs */

static int give_back(struct rsl_worker *worker, void *arg)
{
    (void)worker;
    return *(int *)arg;
}

static void run_returns_what_the_job_returns(void **state)
{
    (void)state;
    struct rsl_pool *pool = start_pool(2);
    for (int i = -3; i <= 3; i++)
        assert_int_equal(rsl_pool_run(pool, give_back, &i), i);
    rsl_pool_shutdown(pool);
    int unused = 0;
    assert_int_equal(rsl_pool_run(pool, give_back, &unused), RSL_ECLOSED);
    rsl_pool_destroy(pool);
}

static void wait_returns_the_first_status_of_jobs_that_nobody_waited_for(void **state)
{
    (void)state;
    struct rsl_pool *pool = start_pool(2);
    assert_int_equal(rsl_pool_wait(pool), 0);
    int status = 5;
    assert_int_equal(rsl_pool_spawn(pool, RSL_PRIORITY_LOW, give_back, &status), RSL_OK);
    assert_int_equal(rsl_pool_wait(pool), 5);
    assert_int_equal(rsl_pool_wait(pool), 0);
    rsl_pool_destroy(pool);
}

/* ---- inboxes */

static int note_worker(struct rsl_worker *worker, void *arg)
{
    return rsl_worker_index(worker) == *(size_t *)arg ? 0 : 1;
}

static void an_inbox_wakes_its_worker(void **state)
{
    (void)state;
    struct rsl_pool *pool = start_pool(1);
    size_t index = 0;
    for (size_t i = 0; i < 200; i++) {
        assert_int_equal(rsl_pool_send(pool, 0, note_worker, &index), RSL_OK);
        assert_int_equal(rsl_pool_wait(pool), 0);
    }
    rsl_pool_destroy(pool);
}

static void an_inbox_keeps_its_order_and_says_when_it_is_full(void **state)
{
    (void)state;
    const struct rsl_pool_options options = {.nworkers = 1, .inbox_capacity = 9};
    struct rsl_pool *pool;
    assert_int_equal(rsl_pool_create(&options, &pool), 0);
    struct gate gate = {0};
    assert_int_equal(rsl_pool_send(pool, 0, stop_at_gate, &gate), RSL_OK);
    await_arrivals(&gate, 1);
    struct order order = {0};
    struct step steps[9];
    for (size_t i = 0; i < 9; i++) {
        steps[i] = (struct step){&order, (char)('1' + i)};
        assert_int_equal(rsl_pool_send(pool, 0, note, &steps[i]), RSL_OK);
    }
    assert_int_equal(rsl_pool_send(pool, 0, note, &steps[0]), RSL_EAGAIN);
    open_gate(&gate);
    assert_int_equal(rsl_pool_wait(pool), 0);
    assert_string_equal(order.begun, "123456789");
    rsl_pool_shutdown(pool);
    assert_int_equal(rsl_pool_send(pool, 0, note, &steps[0]), RSL_ECLOSED);
    rsl_pool_destroy(pool);
}

static void jobs_from_an_inbox_can_be_stolen(void **state)
{
    (void)state;
    struct rsl_pool *pool = start_pool(2);
    struct gate before = {0}, both = {0};
    assert_int_equal(rsl_pool_send(pool, 0, stop_at_gate, &before), RSL_OK);
    await_arrivals(&before, 1);
    assert_int_equal(rsl_pool_send(pool, 0, stop_at_gate, &both), RSL_OK);
    assert_int_equal(rsl_pool_send(pool, 0, stop_at_gate, &both), RSL_OK);
    open_gate(&before);
    await_arrivals(&both, 2); /* each on a worker of its own */
    open_gate(&both);
    assert_int_equal(rsl_pool_wait(pool), 0);
    rsl_pool_destroy(pool);
}

/* ---- broadcast */

struct roll {
    struct rsl_atomic_size calls[8];
};

static int answer_the_roll(struct rsl_worker *worker, void *arg)
{
    struct roll *roll = arg;
    const size_t index = rsl_worker_index(worker);
    rsl_size_fetch_add_relaxed(&roll->calls[index], 1);
    return index == 3 ? 33 : 0;
}

static int broadcast_from_a_job(struct rsl_worker *worker, void *arg)
{
    return rsl_pool_broadcast(rsl_worker_pool(worker), worker, answer_the_roll, arg);
}

static void a_broadcast_runs_once_on_each_worker(void **state)
{
    (void)state;
    struct rsl_pool *pool = start_pool(8);
    for (size_t round = 0; round < 50; round++) {
        struct roll roll = {0};
        if (round % 2 == 0)
            assert_int_equal(rsl_pool_broadcast(pool, NULL, answer_the_roll, &roll), 33);
        else
            assert_int_equal(rsl_pool_run(pool, broadcast_from_a_job, &roll), 33);
        for (size_t i = 0; i < 8; i++)
            assert_int_equal(counted(&roll.calls[i]), 1);
    }
    rsl_pool_shutdown(pool);
    struct roll roll = {0};
    assert_int_equal(rsl_pool_broadcast(pool, NULL, answer_the_roll, &roll), RSL_ECLOSED);
    rsl_pool_destroy(pool);
}

/* ---- the end */

struct chain {
    struct rsl_atomic_size nrun;
    size_t length;
};

static int extend_chain(struct rsl_worker *worker, void *arg)
{
    struct chain *chain = arg;
    if (rsl_size_fetch_add_acq_rel(&chain->nrun, 1) + 1 == chain->length)
        return 0;
    return (int)(counted(&chain->nrun) % 2
                     ? rsl_spawn(worker, extend_chain, chain)
                     : rsl_spawn_at(worker, RSL_PRIORITY_LOW, extend_chain, chain));
}

static void shutdown_runs_what_jobs_still_spawn(void **state)
{
    (void)state;
    struct rsl_pool *pool = start_pool(2);
    struct chain chain = {.length = 2000};
    assert_int_equal(rsl_pool_spawn(pool, RSL_PRIORITY_NORMAL, extend_chain, &chain), RSL_OK);
    rsl_pool_shutdown(pool);
    assert_int_equal(counted(&chain.nrun), 2000);
    assert_int_equal(rsl_pool_spawn(pool, RSL_PRIORITY_NORMAL, extend_chain, &chain), RSL_ECLOSED);
    struct rsl_scope scope;
    assert_int_equal(rsl_scope_begin_outside(&scope, pool), RSL_ECLOSED);
    rsl_pool_shutdown(pool);
    rsl_pool_destroy(pool);
}

static int see_cancellation(struct rsl_worker *worker, void *arg)
{
    (void)stop_at_gate(worker, arg);
    return rsl_worker_cancelled(worker) ? 9 : 0;
}

static void cancel_drops_what_has_not_begun_and_lets_the_rest_end(void **state)
{
    (void)state;
    struct rsl_pool *pool = start_pool(1);
    struct gate gate = {0};
    struct rsl_atomic_size n = {0};
    assert_int_equal(rsl_pool_spawn(pool, RSL_PRIORITY_NORMAL, see_cancellation, &gate), RSL_OK);
    await_arrivals(&gate, 1);
    for (size_t i = 0; i < 1000; i++)
        assert_int_equal(rsl_pool_spawn(pool, i % RSL_NPRIORITIES, add_one, &n), RSL_OK);
    assert_int_equal(rsl_pool_send(pool, 0, add_one, &n), RSL_OK);
    rsl_pool_cancel(pool);
    assert_int_equal(rsl_pool_spawn(pool, RSL_PRIORITY_HIGH, add_one, &n), RSL_ECLOSED);
    open_gate(&gate);
    assert_int_equal(rsl_pool_wait(pool), 9);
    rsl_pool_destroy(pool);
    assert_int_equal(counted(&n), 0);
}

static void await_sleep(const struct rsl_pool *pool)
{
    const uint64_t all = (UINT64_C(1) << pool->nworkers) - 1;
    while (rsl_u64_load_seq_cst(&pool->idle.sleepers[0]) != all)
        (void)sched_yield();
}

/* ---- no memory */

/* Gives until told otherwise. From any threads. */
struct drying_allocator {
    struct rsl_allocator allocator;
    struct rsl_atomic_u32 dry;
};

static void *drying_allocate(void *state, size_t nbytes)
{
    struct drying_allocator *drying = state;
    return rsl_u32_load_acquire(&drying->dry) ? NULL : malloc(nbytes);
}

static void drying_release(void *state, void *ptr, size_t nbytes)
{
    (void)state;
    (void)nbytes;
    free(ptr);
}

static int await_two(struct rsl_worker *worker, void *arg)
{
    (void)add_one(worker, arg);
    while (counted(arg) < 2)
        (void)sched_yield();
    return 0;
}

/* Two jobs that wait for each other, each in a worker that has no memory to queue it. */
static void jobs_that_cannot_be_queued_keep_no_other_from_running(void **state)
{
    (void)state;
    struct drying_allocator drying = {
        .allocator = {drying_allocate, NULL, drying_release, &drying}};
    const struct rsl_pool_options options = {.nworkers = 2, .allocator = &drying.allocator};
    for (unsigned round = 0; round < 30; round++) {
        rsl_u32_init(&drying.dry, 0);
        struct rsl_pool *pool;
        assert_int_equal(rsl_pool_create(&options, &pool), 0);
        await_sleep(pool);
        rsl_u32_store_release(&drying.dry, 1);
        struct rsl_atomic_size n = {0};
        for (unsigned i = 0; i < 2; i++) {
            assert_int_equal(rsl_pool_spawn(pool, RSL_PRIORITY_NORMAL, await_two, &n), RSL_OK);
            while (round % 3 == 0 && counted(&n) <= i) /* else both at the same time */
                (void)sched_yield();
        }
        assert_int_equal(rsl_pool_wait(pool), 0);
        assert_int_equal(counted(&n), 2);
        rsl_pool_destroy(pool);
    }
}

/* ---- figures */

static uint64_t now_ns(clockid_t clock)
{
    struct timespec now;
    assert_int_equal(clock_gettime(clock, &now), 0);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void a_pool_without_jobs_does_nothing(void **state)
{
    (void)state;
    struct rsl_pool *pool = start_pool(4);
    struct rsl_atomic_size n = {0};
    for (size_t round = 0; round < 3; round++) {
        for (size_t i = 0; i < 100; i++)
            assert_int_equal(rsl_pool_spawn(pool, RSL_PRIORITY_NORMAL, add_one, &n), RSL_OK);
        assert_int_equal(rsl_pool_wait(pool), 0);
        await_sleep(pool);
        struct rsl_worker_stats before, after;
        rsl_pool_get_stats(pool, &before);
        const uint64_t used = now_ns(CLOCK_PROCESS_CPUTIME_ID);
        const uint64_t begin = now_ns(CLOCK_MONOTONIC);
        const struct timespec pause = {.tv_nsec = 200000000};
        assert_int_equal(nanosleep(&pause, NULL), 0);
        const uint64_t slept = now_ns(CLOCK_MONOTONIC) - begin;
        assert_true(now_ns(CLOCK_PROCESS_CPUTIME_ID) - used < slept / 4);
        rsl_pool_get_stats(pool, &after);
        assert_int_equal(after.nsearches, before.nsearches);
        assert_int_equal(after.njobs, before.njobs);
        assert_true(after.nparks >= 4);
        assert_true(after.nparks - before.nparks <= 4); /* those who were about to sleep */
        assert_int_equal(rsl_u32_load_seq_cst(&pool->idle.nsearching), 0);
    }
    rsl_pool_destroy(pool);
}

static void the_figures_add_up(void **state)
{
    (void)state;
    struct rsl_pool *pool = start_pool(3);
    struct rsl_atomic_size n = {0};
    for (size_t i = 0; i < 5000; i++)
        assert_int_equal(rsl_pool_spawn(pool, RSL_PRIORITY_NORMAL, add_one, &n), RSL_OK);
    assert_int_equal(rsl_pool_wait(pool), 0);
    struct rsl_worker_stats sum, all = {0};
    rsl_pool_get_stats(pool, &sum);
    for (size_t i = 0; i < 3; i++) {
        struct rsl_worker_stats one;
        rsl_worker_get_stats(pool, i, &one);
        all.njobs += one.njobs;
        all.ninjected += one.ninjected;
    }
    assert_int_equal(sum.njobs, 5000);
    assert_int_equal(all.njobs, 5000);
    assert_int_equal(sum.ninjected, 5000);
    assert_int_equal(all.ninjected, 5000);
    rsl_pool_destroy(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pools_of_any_size_start_and_end),
        cmocka_unit_test(a_pool_has_a_worker_for_each_processor_unless_told_otherwise),
        cmocka_unit_test(options_out_of_range_are_refused),
        cmocka_unit_test(workers_are_initialised_and_finished_once_each),
        cmocka_unit_test(a_worker_that_cannot_be_initialised_keeps_the_pool_from_starting),
        cmocka_unit_test(workers_run_on_the_processors_that_they_are_bound_to),
        cmocka_unit_test(threads_are_named),
        cmocka_unit_test(signals_are_left_to_other_threads),
        cmocka_unit_test(jobs_begin_by_priority_and_then_first_come_first),
        cmocka_unit_test(a_worker_begins_its_newest_job_first_unless_it_is_to_be_the_oldest),
        cmocka_unit_test(a_high_job_goes_before_and_a_low_one_after_what_a_worker_has_queued),
        cmocka_unit_test(a_worker_that_feeds_itself_does_not_starve_the_queue_or_its_inbox),
        cmocka_unit_test(run_returns_what_the_job_returns),
        cmocka_unit_test(wait_returns_the_first_status_of_jobs_that_nobody_waited_for),
        cmocka_unit_test(an_inbox_wakes_its_worker),
        cmocka_unit_test(an_inbox_keeps_its_order_and_says_when_it_is_full),
        cmocka_unit_test(jobs_from_an_inbox_can_be_stolen),
        cmocka_unit_test(a_broadcast_runs_once_on_each_worker),
        cmocka_unit_test(shutdown_runs_what_jobs_still_spawn),
        cmocka_unit_test(cancel_drops_what_has_not_begun_and_lets_the_rest_end),
        cmocka_unit_test(jobs_that_cannot_be_queued_keep_no_other_from_running),
        cmocka_unit_test(a_pool_without_jobs_does_nothing),
        cmocka_unit_test(the_figures_add_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
