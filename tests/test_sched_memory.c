/* sched/ when memory runs out: each allocation in turn fails once, and every job that was accepted
 * is run all the same. */
#include "tests/pool_testing.h"

#include <pthread.h>

#include "tests/counting_allocator.h"

/* counting_allocator, for several threads. */
struct shared_allocator {
    struct rsl_allocator allocator;
    struct counting_allocator counting;
    pthread_mutex_t mutex;
};

static void *shared_resize(void *state, void *ptr, size_t old_nbytes, size_t new_nbytes)
{
    struct shared_allocator *shared = state;
    pthread_mutex_lock(&shared->mutex);
    void *block = counting_resize(&shared->counting, ptr, old_nbytes, new_nbytes);
    pthread_mutex_unlock(&shared->mutex);
    return block;
}

static void *shared_allocate(void *state, size_t nbytes)
{
    return shared_resize(state, NULL, 0, nbytes);
}

static void shared_release(void *state, void *ptr, size_t nbytes)
{
    struct shared_allocator *shared = state;
    pthread_mutex_lock(&shared->mutex);
    counting_release(&shared->counting, ptr, nbytes);
    pthread_mutex_unlock(&shared->mutex);
}

static void shared_init(struct shared_allocator *shared, size_t fail_at)
{
    counting_init(&shared->counting, fail_at);
    shared->allocator =
        (struct rsl_allocator){shared_allocate, shared_resize, shared_release, shared};
    assert_int_equal(pthread_mutex_init(&shared->mutex, NULL), 0);
}

struct work {
    struct rsl_pool *pool;
    struct rsl_atomic_size naccepted, nrun, nrefused, nwrong;
};

static void note(struct work *work, int status)
{
    rsl_size_fetch_add_relaxed(status == RSL_OK       ? &work->naccepted
                               : status == RSL_ENOMEM ? &work->nrefused
                                                      : &work->nwrong,
                               1);
}

static int count_range(struct rsl_worker *worker, size_t begin, size_t end, void *arg)
{
    (void)worker;
    struct work *work = arg;
    rsl_size_fetch_add_relaxed(&work->nrun, end - begin);
    rsl_size_fetch_add_relaxed(&work->naccepted, end - begin);
    return 0;
}

/* Forks `depth` tasks, all of them waiting to be joined at once. */
// NOLINTNEXTLINE(misc-no-recursion): what it is for
static void fork_deep(struct rsl_worker *worker, struct work *work, unsigned depth)
{
    struct rsl_task task;
    rsl_fork(worker, &task, add_one, &work->nrun);
    note(work, RSL_OK); /* a fork does not fail */
    if (depth > 0)
        fork_deep(worker, work, depth - 1);
    if (rsl_join(worker, &task) != 0)
        rsl_size_fetch_add_relaxed(&work->nwrong, 1);
}

static int work_inside(struct rsl_worker *worker, void *arg)
{
    struct work *work = arg;
    struct rsl_scope scope;
    rsl_scope_begin(&scope, worker, NULL);
    /* More than the first deque and the first descriptors hold. */
    for (size_t i = 0; i < 1500; i++)
        note(work, (int)rsl_scope_spawn(&scope, worker, add_one, &work->nrun));
    for (size_t i = 0; i < 10; i++)
        note(work, (int)rsl_scope_spawn_fifo(&scope, worker, add_one, &work->nrun));
    for (size_t i = 0; i < 300; i++)
        note(work, (int)rsl_spawn_at(worker, RSL_PRIORITY_NORMAL, add_one, &work->nrun));
    fork_deep(worker, work, 1100);
    const int status = rsl_scope_wait(&scope);
    return status != 0 ? status : rsl_parallel_for(worker, 0, 5000, 1, count_range, work);
}

/* Returns whether an allocation has failed. */
static bool run_with_failure(size_t nworkers, size_t fail_at)
{
    struct shared_allocator shared;
    shared_init(&shared, fail_at);
    const struct rsl_pool_options options = {.nworkers = nworkers, .allocator = &shared.allocator};
    struct work work = {.pool = NULL};
    const int begun = rsl_pool_create(&options, &work.pool);
    if (begun == 0) {
        const int status = rsl_pool_run(work.pool, work_inside, &work);
        assert_true(status == 0 || status == RSL_ENOMEM);
        for (size_t i = 0; i < 400; i++)
            note(&work, (int)rsl_pool_spawn(work.pool, i % RSL_NPRIORITIES, add_one, &work.nrun));
        for (size_t i = 0; i < 100; i++)
            note(&work, (int)rsl_pool_send(work.pool, 0, add_one, &work.nrun));
        const size_t before = counted(&work.nrun);
        const int broadcast = rsl_pool_broadcast(work.pool, NULL, add_one, &work.nrun);
        assert_true(broadcast == 0 || broadcast == RSL_ENOMEM);
        for (size_t i = 0; broadcast == 0 && i < nworkers; i++)
            note(&work, RSL_OK);
        if (broadcast == 0)
            assert_true(counted(&work.nrun) >= before + nworkers);
        assert_int_equal(rsl_pool_wait(work.pool), 0);
        rsl_pool_destroy(work.pool);
    } else {
        assert_int_equal(begun, RSL_ENOMEM);
        assert_null(work.pool);
    }
    assert_int_equal(counted(&work.nwrong), 0);
    assert_int_equal(counted(&work.nrun), counted(&work.naccepted));
    assert_true(counted(&work.nrefused) <= 1);
    assert_int_equal(shared.counting.nbytes, 0);
    assert_false(shared.counting.wrong);
    assert_int_equal(pthread_mutex_destroy(&shared.mutex), 0);
    return shared.counting.ncalls > fail_at;
}

static void want_of_memory_loses_no_job(void **state)
{
    (void)state;
    for (size_t nworkers = 1; nworkers <= 3; nworkers++) {
        size_t fail_at = 0;
        while (run_with_failure(nworkers, fail_at))
            fail_at++;
        assert_true(fail_at > 10); /* so many allocations there were */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(want_of_memory_loses_no_job),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
