/* pool_testing.h - what the tests of sched/ share. Jobs run in other threads, where cmocka's
 * assertions must not fail: they count, and the test asserts on the counts. */
#ifndef RSL_TESTS_POOL_TESTING_H
#define RSL_TESTS_POOL_TESTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "ds/futex.h"
#include "sched/sched.h"

static inline struct rsl_pool *start_pool(size_t nworkers)
{
    const struct rsl_pool_options options = {.nworkers = nworkers};
    struct rsl_pool *pool = NULL;
    assert_int_equal(rsl_pool_create(&options, &pool), 0);
    assert_non_null(pool);
    assert_int_equal(rsl_pool_nworkers(pool), nworkers);
    return pool;
}

static inline size_t counted(const struct rsl_atomic_size *counter)
{
    return rsl_size_load_acquire(counter);
}

/* The job that adds one to the struct rsl_atomic_size that it is given. */
static inline int add_one(struct rsl_worker *worker, void *arg)
{
    (void)worker;
    rsl_size_fetch_add_acq_rel((struct rsl_atomic_size *)arg, 1);
    return 0;
}

/* A gate at which jobs stop until it is opened; all zero is a closed one. */
struct gate {
    struct rsl_atomic_u32 open;
    struct rsl_atomic_u32 narrived;
};

static inline void arrive(struct gate *gate)
{
    rsl_u32_fetch_add_acq_rel(&gate->narrived, 1);
    rsl_futex_wake(&gate->narrived, UINT32_MAX);
}

static inline void await_open(struct gate *gate)
{
    while (rsl_u32_load_acquire(&gate->open) == 0)
        (void)rsl_futex_wait(&gate->open, 0, RSL_FOREVER);
}

/* The same for jobs that, if a wake-up is lost, would never end: gives up after a time that no run
 * without a defect comes near. Returns whether the gate was opened. */
#define GIVE_UP_AFTER_NS UINT64_C(60000000000)

static inline bool is_opened_in_time(struct gate *gate)
{
    while (rsl_u32_load_acquire(&gate->open) == 0)
        if (!rsl_futex_wait(&gate->open, 0, GIVE_UP_AFTER_NS))
            return rsl_u32_load_acquire(&gate->open) != 0;
    return true;
}

static inline void await_arrivals(struct gate *gate, uint32_t n)
{
    for (uint32_t now; (now = rsl_u32_load_acquire(&gate->narrived)) < n;)
        (void)rsl_futex_wait(&gate->narrived, now, RSL_FOREVER);
}

static inline void open_gate(struct gate *gate)
{
    rsl_u32_store_release(&gate->open, 1);
    rsl_futex_wake(&gate->open, UINT32_MAX);
}

/* The job that stops at the struct gate that it is given. */
static inline int stop_at_gate(struct rsl_worker *worker, void *arg)
{
    (void)worker;
    arrive(arg);
    await_open(arg);
    return 0;
}

#endif
