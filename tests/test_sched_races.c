/* sched/ with more threads than processors, everything at once, and an end in the midst of it. If a
 * job were not found by anybody, these tests would not end; that jobs find as many workers as they
 * could have is asserted only where they need each other. */
#include "tests/pool_testing.h"

#include <pthread.h>
#include <sched.h>

/* ---- wake-ups */

static void every_single_job_finds_a_worker(void **state)
{
    (void)state;
    for (size_t nworkers = 1; nworkers <= 4; nworkers++) {
        struct rsl_pool *pool = start_pool(nworkers);
        struct rsl_atomic_size n = {0};
        for (size_t i = 0; i < 1500; i++) {
            assert_int_equal(rsl_pool_spawn(pool, i % RSL_NPRIORITIES, add_one, &n), RSL_OK);
            if (i % 3 != 0)
                assert_int_equal(rsl_pool_wait(pool), 0);
        }
        assert_int_equal(rsl_pool_wait(pool), 0);
        assert_int_equal(counted(&n), 1500);
        rsl_pool_destroy(pool);
    }
}

/* Two jobs, queued together, neither of which ends before the other has begun: two workers must
 * come for them, however the first of them came upon its job, as a searcher or on its way to
 * sleep. */
struct pair {
    struct gate both; /* opened by the second of the two */
    struct rsl_atomic_size *nlonely;
};

static int meet_the_other(struct rsl_worker *worker, void *arg)
{
    (void)worker;
    struct pair *pair = arg;
    if (rsl_u32_fetch_add_acq_rel(&pair->both.narrived, 1) == 1)
        open_gate(&pair->both);
    else if (!is_opened_in_time(&pair->both))
        rsl_size_fetch_add_relaxed(pair->nlonely, 1);
    return 0;
}

static void two_jobs_queued_while_the_last_searcher_gives_up_find_two_workers(void **state)
{
    (void)state;
    for (size_t nworkers = 2; nworkers <= 3; nworkers++) {
        struct rsl_pool *pool = start_pool(nworkers);
        struct rsl_atomic_size nlonely = {0};
        for (size_t round = 0; round < 6000 && counted(&nlonely) == 0; round++) {
            struct pair pair = {.nlonely = &nlonely};
            const enum rsl_priority priority = round % 2 ? RSL_PRIORITY_NORMAL : RSL_PRIORITY_LOW;
            for (size_t i = 0; i < 2; i++)
                assert_int_equal(rsl_pool_spawn(pool, priority, meet_the_other, &pair), RSL_OK);
            assert_int_equal(rsl_pool_wait(pool), 0);
            /* So that the next come at any moment of the search that follows. */
            for (size_t i = round * 37 % 1500; i > 0; i--)
                rsl_pause();
        }
        assert_int_equal(counted(&nlonely), 0);
        rsl_pool_destroy(pool);
    }
}

/* A ring of jobs, each of which waits in a scope for the next, on however many workers there are.
 */
struct relay {
    struct rsl_atomic_size nrun;
    unsigned nleft;
};

static int pass_on(struct rsl_worker *worker, void *arg)
{
    struct relay *relay = arg;
    if (relay->nleft-- == 0)
        return 0;
    struct rsl_scope scope;
    rsl_scope_begin(&scope, worker, NULL);
    int status = (int)rsl_scope_spawn_at(&scope, relay->nleft % RSL_NPRIORITIES, pass_on, relay);
    if (status == 0)
        status = (int)rsl_scope_spawn(&scope, worker, add_one, &relay->nrun);
    const int waited = rsl_scope_wait(&scope);
    return status != 0 ? status : waited;
}

static void jobs_that_wait_for_queued_jobs_get_on(void **state)
{
    (void)state;
    for (size_t nworkers = 1; nworkers <= 4; nworkers++) {
        struct rsl_pool *pool = start_pool(nworkers);
        for (size_t i = 0; i < 10; i++) {
            struct relay relay = {.nleft = 150};
            assert_int_equal(rsl_pool_run(pool, pass_on, &relay), 0);
            assert_int_equal(counted(&relay.nrun), 150);
        }
        rsl_pool_destroy(pool);
    }
}

/* ---- everything at once */

#define NWORKERS 4
#define NOUTSIDE 4
#define NROUNDS  60

struct mill {
    struct rsl_pool *pool;
    struct rsl_atomic_size nexpected, nrun;
    struct rsl_atomic_size nwrong;
};

struct miller {
    struct mill *mill;
    size_t index;
    pthread_t thread;
};

static int fan_out(struct rsl_worker *worker, void *arg)
{
    struct mill *mill = arg;
    struct rsl_scope scope;
    rsl_scope_begin(&scope, worker, NULL);
    size_t n = 0;
    for (size_t i = 0; i < 20; i++)
        n += (i % 2 ? rsl_scope_spawn(&scope, worker, add_one, &mill->nrun)
                    : rsl_scope_spawn_fifo(&scope, worker, add_one, &mill->nrun)) == RSL_OK;
    n += rsl_spawn(worker, add_one, &mill->nrun) == RSL_OK;
    n += rsl_spawn_fifo(worker, add_one, &mill->nrun) == RSL_OK;
    n += rsl_spawn_at(worker, RSL_PRIORITY_LOW, add_one, &mill->nrun) == RSL_OK;
    struct rsl_task task;
    rsl_fork(worker, &task, add_one, &mill->nrun);
    const int status = rsl_scope_wait(&scope) | rsl_join(worker, &task);
    rsl_size_fetch_add_relaxed(&mill->nexpected, n + 1);
    return status;
}

static int loop_over_one(struct rsl_worker *worker, size_t begin, size_t end, void *arg)
{
    (void)worker;
    rsl_size_fetch_add_relaxed((struct rsl_atomic_size *)arg, end - begin);
    return 0;
}

static int loop(struct rsl_worker *worker, void *arg)
{
    struct mill *mill = arg;
    rsl_size_fetch_add_relaxed(&mill->nexpected, 500);
    return rsl_parallel_for(worker, 0, 500, 3, loop_over_one, &mill->nrun);
}

static int broadcast(struct rsl_worker *worker, void *arg)
{
    struct mill *mill = arg;
    rsl_size_fetch_add_relaxed(&mill->nexpected, NWORKERS);
    return rsl_pool_broadcast(mill->pool, worker, add_one, &mill->nrun);
}

static void *turn_mill(void *arg)
{
    struct miller *miller = arg;
    struct mill *mill = miller->mill;
    struct rsl_pool *pool = mill->pool;
    size_t nwrong = 0;
    for (size_t round = 0; round < NROUNDS; round++) {
        struct rsl_scope scope;
        nwrong += rsl_scope_begin_outside(&scope, pool) != RSL_OK;
        nwrong += rsl_scope_spawn(&scope, NULL, fan_out, mill) != RSL_OK;
        nwrong += rsl_scope_spawn_at(&scope, RSL_PRIORITY_HIGH, loop, mill) != RSL_OK;
        nwrong += rsl_pool_run(pool, round % 8 == 0 ? broadcast : fan_out, mill) != 0;
        nwrong += rsl_pool_spawn(pool, round % RSL_NPRIORITIES, fan_out, mill) != RSL_OK;
        while (rsl_pool_send(pool, miller->index, fan_out, mill) == RSL_EAGAIN)
            (void)sched_yield();
        if (round % 16 == 0)
            nwrong += broadcast(NULL, mill) != 0;
        nwrong += rsl_scope_wait(&scope) != 0;
    }
    rsl_size_fetch_add_relaxed(&mill->nwrong, nwrong);
    return NULL;
}

static void all_kinds_of_jobs_at_once_are_run_once_each(void **state)
{
    (void)state;
    struct mill mill = {.pool = start_pool(NWORKERS)};
    struct miller millers[NOUTSIDE];
    for (size_t i = 0; i < NOUTSIDE; i++) {
        millers[i] = (struct miller){.mill = &mill, .index = i};
        assert_int_equal(pthread_create(&millers[i].thread, NULL, turn_mill, &millers[i]), 0);
    }
    for (size_t i = 0; i < NOUTSIDE; i++)
        assert_int_equal(pthread_join(millers[i].thread, NULL), 0);
    assert_int_equal(rsl_pool_wait(mill.pool), 0);
    assert_int_equal(counted(&mill.nwrong), 0);
    assert_int_equal(counted(&mill.nrun), counted(&mill.nexpected));
    rsl_pool_destroy(mill.pool);
}

/* ---- the end in the midst of it */

struct siege {
    struct rsl_pool *pool;
    struct rsl_atomic_size naccepted, nrun, nwrong;
    struct rsl_atomic_size nclosed; /* threads that have seen RSL_ECLOSED */
};

struct besieger {
    struct siege *siege;
    size_t index;
    pthread_t thread;
};

static int spawn_another(struct rsl_worker *worker, void *arg)
{
    struct siege *siege = arg;
    rsl_size_fetch_add_relaxed(&siege->nrun, 1);
    if (rsl_spawn(worker, add_one, &siege->nrun) == RSL_OK)
        rsl_size_fetch_add_relaxed(&siege->naccepted, 1);
    return 0;
}

static void *besiege(void *arg)
{
    const struct besieger *besieger = arg;
    struct siege *siege = besieger->siege;
    for (size_t i = 0;; i++) {
        enum rsl_status status;
        switch (i % 3) {
        case 0: status = rsl_pool_spawn(siege->pool, i % 2, spawn_another, siege); break;
        case 1: status = rsl_pool_send(siege->pool, besieger->index, spawn_another, siege); break;
        default: status = (enum rsl_status)rsl_pool_run(siege->pool, spawn_another, siege); break;
        }
        if (status == RSL_OK)
            rsl_size_fetch_add_relaxed(&siege->naccepted, 1);
        else if (status == RSL_ECLOSED)
            break;
        else if (status != RSL_EAGAIN && status != RSL_ECANCELED)
            rsl_size_fetch_add_relaxed(&siege->nwrong, 1);
    }
    rsl_size_fetch_add_relaxed(&siege->nclosed, 1);
    return NULL;
}

static void end_under_siege(bool cancel, size_t after)
{
    struct siege siege = {.pool = start_pool(NWORKERS)};
    struct besieger besiegers[NOUTSIDE];
    for (size_t i = 0; i < NOUTSIDE; i++) {
        besiegers[i] = (struct besieger){.siege = &siege, .index = i};
        assert_int_equal(pthread_create(&besiegers[i].thread, NULL, besiege, &besiegers[i]), 0);
    }
    while (counted(&siege.nrun) < after)
        (void)sched_yield();
    if (cancel)
        rsl_pool_cancel(siege.pool);
    rsl_pool_shutdown(siege.pool);
    for (size_t i = 0; i < NOUTSIDE; i++)
        assert_int_equal(pthread_join(besiegers[i].thread, NULL), 0);
    rsl_pool_destroy(siege.pool);
    assert_int_equal(counted(&siege.nwrong), 0);
    assert_int_equal(counted(&siege.nclosed), NOUTSIDE);
    if (cancel)
        assert_true(counted(&siege.nrun) <= counted(&siege.naccepted));
    else
        assert_int_equal(counted(&siege.nrun), counted(&siege.naccepted));
}

static void every_job_accepted_before_a_shutdown_is_run(void **state)
{
    (void)state;
    for (size_t i = 0; i < 40; i++)
        end_under_siege(false, 25 * i);
}

static void a_cancelled_pool_ends_whatever_is_going_on(void **state)
{
    (void)state;
    for (size_t i = 0; i < 40; i++)
        end_under_siege(true, 25 * i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_single_job_finds_a_worker),
        cmocka_unit_test(two_jobs_queued_while_the_last_searcher_gives_up_find_two_workers),
        cmocka_unit_test(jobs_that_wait_for_queued_jobs_get_on),
        cmocka_unit_test(all_kinds_of_jobs_at_once_are_run_once_each),
        cmocka_unit_test(every_job_accepted_before_a_shutdown_is_run),
        cmocka_unit_test(a_cancelled_pool_ends_whatever_is_going_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
