/* How workers of the pool sleep and are woken (sched/idle.h, sched/worker.h), under the model
 * checker: no job is left lying while a worker that could take it sleeps.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sched/worker.h"
#include "tests/model/clients.h"
#include "tests/model/graph.h"

static struct rsl_pool *pool;
static struct rsl_atomic_u32 ended; /* the job */
static uint32_t told;               /* written before a job is handed in, read by it */

static bool has_ended(const void *unused)
{
    (void)unused;
    return rsl_u32_load_relaxed(&ended) != 0; /* relaxed: the worker's own */
}

static int end_job(struct rsl_worker *worker, void *arg)
{
    (void)worker;
    (void)arg;
    rsl_u32_store_relaxed(&ended, 1);
    return 0;
}

static int read_and_end_job(struct rsl_worker *worker, void *arg)
{
    rsl_plain_read(&told, sizeof(told));
    model_assert(told == 1);
    return end_job(worker, arg);
}

static void work(void *worker)
{
    const struct rsl_goal goal = {has_ended, NULL, NULL};
    rsl_worker_run_until(worker, &goal);
    rsl_scope_flush(worker);
}

static void tell(void)
{
    rsl_plain_write(&told, sizeof(told));
    told = 1;
}

static void hand_in(void *unused)
{
    (void)unused;
    tell();
    model_assert(rsl_pool_spawn(pool, RSL_PRIORITY_NORMAL, read_and_end_job, NULL) == RSL_OK);
}

static void hand_in_low(void *unused)
{
    (void)unused;
    tell();
    model_assert(rsl_pool_spawn(pool, RSL_PRIORITY_LOW, read_and_end_job, NULL) == RSL_OK);
}

/* A job as rsl_pool_spawn() puts it into a queue, but not announced, */
static void put(void)
{
    const struct rsl_job_call call = {end_job, NULL, &pool->detached};
    model_assert(rsl_pool_enter(pool) == RSL_OK);
    model_assert(rsl_injector_put(&pool->injectors[RSL_PRIORITY_NORMAL], &call) == RSL_OK);
}

static void put_and_say_nothing(void *unused)
{
    (void)unused;
    put();
}

/* or too early. */
static void announce_and_put(void *unused)
{
    (void)unused;
    rsl_pool_job_added(pool);
    put();
}

static void send(void *unused)
{
    (void)unused;
    tell();
    model_assert(rsl_pool_send(pool, 0, read_and_end_job, NULL) == RSL_OK);
}

static void send_without_waking(void *unused)
{
    (void)unused;
    const struct rsl_job_call call = {end_job, NULL, &pool->detached};
    model_assert(rsl_pool_enter(pool) == RSL_OK);
    model_assert(rsl_spsc_try_send(pool->workers[0].inbox, &call) == RSL_OK);
}

/* A worker that has found a job ends its search, while somebody hands in another, and another
 * worker sleeps: one of the first two wakes that. */
static uint32_t key_of_sleeper;

static void end_search(void *worker)
{
    rsl_worker_end_search(worker);
}

static void sleep_until_woken(void *worker)
{
    struct rsl_worker *sleeper = worker;
    (void)rsl_eventcount_commit_wait(&sleeper->ec, key_of_sleeper, RSL_FOREVER);
}

static void run_end_search_beside_adder(void)
{
    const struct rsl_pool_options options = {
        .nworkers = 2, .inbox_capacity = 1, .allocator = &model_allocator};
    model_assert(rsl_pool_allocate(&options, &pool) == RSL_OK);
    model_name(&pool->idle, sizeof(pool->idle), "idle");
    model_name(pool->injectors, sizeof(pool->injectors), "injectors");
    told = 0;
    model_assert(rsl_idle_begin_search(&pool->idle));
    key_of_sleeper = rsl_eventcount_prepare_wait(&pool->workers[1].ec);
    rsl_idle_enter(&pool->idle, 1);
    (void)model_spawn(end_search, &pool->workers[0]);
    (void)model_spawn(hand_in, NULL);
    (void)model_spawn(sleep_until_woken, &pool->workers[1]);
    for (unsigned i = 1; i <= 3; i++)
        model_join(i);
    model_assert(!rsl_idle_leave(&pool->idle, 1));  /* it was picked, */
    model_assert(rsl_idle_end_search(&pool->idle)); /* and is the only searcher */
    struct rsl_job_call call;
    model_assert(rsl_injector_claim(&pool->injectors[RSL_PRIORITY_NORMAL], &call, 1) == 1);
    rsl_scope_finish(&pool->detached, 1);
    rsl_pool_free(pool);
}

/* A worker, and somebody who has a job for it. */
static void run_beside(void (*adder)(void *unused))
{
    const struct rsl_pool_options options = {
        .nworkers = 1, .inbox_capacity = 1, .allocator = &model_allocator};
    model_assert(rsl_pool_allocate(&options, &pool) == RSL_OK);
    rsl_u32_init(&ended, 0);
    told = 0;
    model_name(&pool->idle, sizeof(pool->idle), "idle");
    model_name(pool->injectors, sizeof(pool->injectors), "injectors");
    model_name(&pool->detached, sizeof(pool->detached), "detached");
    model_name(&pool->workers[0], sizeof(pool->workers[0]), "worker");
    model_name(&ended, sizeof(ended), "ended");
    (void)model_spawn(work, &pool->workers[0]);
    (void)model_spawn(adder, NULL);
    model_join(1);
    model_join(2);
    model_assert(rsl_u32_load_relaxed(&ended) == 1);
    model_assert(rsl_u32_load_relaxed(&pool->idle.nsearching) == 0);
    model_assert(rsl_u64_load_relaxed(&pool->idle.sleepers[0]) == 0);
    model_assert(rsl_size_load_relaxed(&pool->detached.pending) == 0);
    rsl_pool_free(pool);
}

/* --- clients --- */

#define CLIENT(adder)             \
    static void run_##adder(void) \
    {                             \
        run_beside(adder);        \
    }                             \
    static const struct model_client adder##_client = {.name = #adder, .body = run_##adder}
CLIENT(hand_in);
CLIENT(hand_in_low);
CLIENT(send);
CLIENT(put_and_say_nothing);
CLIENT(announce_and_put);
CLIENT(send_without_waking);

static const struct model_client end_search_client = {.name = "end_search_beside_adder",
                                                      .body = run_end_search_beside_adder};

static void no_job_is_left_lying(void **state)
{
    (void)state;
    expect_clean(&hand_in_client);
    expect_clean(&hand_in_low_client);
    expect_clean(&send_client);
    expect_clean(&end_search_client);
}

static void finds_jobs_that_are_not_announced(void **state)
{
    (void)state;
    expect_verdict(&put_and_say_nothing_client, MODEL_DEADLOCK);
    expect_verdict(&announce_and_put_client, MODEL_DEADLOCK);
    expect_verdict(&send_without_waking_client, MODEL_DEADLOCK);
}

/* Between adding a job and looking for sleepers and searchers, and between saying that one sleeps
 * or searches no longer and looking for jobs. */
static void finds_missing_fences(void **state)
{
    (void)state;
    expect_found(&hand_in_client,
                 (struct weakening){"rsl_idle_adder_fence", OPERATION_FENCE, 0, ORDER_NONE},
                 MODEL_DEADLOCK);
    expect_found(&hand_in_client,
                 (struct weakening){"rsl_idle_sleeper_fence", OPERATION_FENCE, 0, ORDER_NONE},
                 MODEL_DEADLOCK);
    expect_found(&end_search_client,
                 (struct weakening){"rsl_idle_adder_fence", OPERATION_FENCE, 0, ORDER_NONE},
                 MODEL_DEADLOCK);
    expect_found(&end_search_client,
                 (struct weakening){"rsl_idle_sleeper_fence", OPERATION_FENCE, 0, ORDER_NONE},
                 MODEL_DEADLOCK);
}

static void finds_a_job_that_is_not_published(void **state)
{
    (void)state;
    expect_found(&hand_in_client,
                 (struct weakening){"rsl_injector_put", OPERATION_STORE, 0, __ATOMIC_RELAXED},
                 MODEL_RACE);
    expect_found(&hand_in_client,
                 (struct weakening){"read_slot", OPERATION_LOAD, 0, __ATOMIC_RELAXED}, MODEL_RACE);
}

int main(void)
{
#ifdef __SANITIZE_THREAD__
    return 77;
#endif
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_job_is_left_lying),
        cmocka_unit_test(finds_jobs_that_are_not_announced),
        cmocka_unit_test(finds_missing_fences),
        cmocka_unit_test(finds_a_job_that_is_not_published),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
