/* A pool that has been started when the process enters a sandbox that refuses heavy fences
 * (ds/asymmetric_fence.h). A lost wake-up would keep this from ending, a task taken twice or never
 * would change the sums. */
#include <errno.h>

#include "sched/worker.h"
#include "tests/pool_testing.h"
#include "tests/refused_calls.h"

struct fib {
    unsigned n;
    uint64_t result;
};

static int fib(struct rsl_worker *worker, void *arg) // NOLINT(misc-no-recursion): of depth n
{
    struct fib *self = arg;
    if (self->n < 2) {
        self->result = self->n;
        return 0;
    }
    struct fib left = {.n = self->n - 1}, right = {.n = self->n - 2};
    struct rsl_task task;
    rsl_fork(worker, &task, fib, &right);
    int status = fib(worker, &left);
    status |= rsl_join(worker, &task);
    self->result = left.result + right.result;
    return status;
}

static void work(struct rsl_pool *pool)
{
    struct fib top = {.n = 16};
    assert_int_equal(rsl_pool_spawn(pool, RSL_PRIORITY_NORMAL, fib, &top), RSL_OK);
    assert_int_equal(rsl_pool_wait(pool), 0);
    assert_int_equal(top.result, 987);
    struct rsl_atomic_size n = {0};
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(rsl_pool_spawn(pool, RSL_PRIORITY_NORMAL, add_one, &n), RSL_OK);
    assert_int_equal(rsl_pool_wait(pool), 0);
    assert_int_equal(counted(&n), 3);
}

static void membarrier_may_be_refused_later(void **state)
{
    (void)state;
    struct rsl_pool *pool = start_pool(3);
    for (size_t i = 0; i < 200; i++)
        work(pool);
    if (!refuse_call_to_all(SYS_membarrier, EPERM)) {
        rsl_pool_destroy(pool);
        skip();
    }
    size_t nrounds = 0;
    /* Until somebody has gone to sleep, which takes a few rounds, and then for a while. */
    while (rsl_u32_load_acquire(&pool->idle.refused) != RSL_FENCES_REFUSED || nrounds < 500) {
        work(pool);
        nrounds++;
    }
    rsl_pool_destroy(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(membarrier_may_be_refused_later)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
