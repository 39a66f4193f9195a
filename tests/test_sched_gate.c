/* sched/gate.h: who gets in and when, and that everybody does. */
#include "sched/gate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "ds/atomic.h"
#include "sched/pool.h"

static void what_fits_enters_and_the_rest_waits_in_order(void **state)
{
    (void)state;
    struct rsl_gate gate;
    struct rsl_gate_ticket tickets[6];
    rsl_gate_init(&gate, 10);
    assert_true(rsl_gate_enter(&gate, &tickets[0], 4));
    assert_true(rsl_gate_enter(&gate, &tickets[1], 6));
    assert_false(rsl_gate_enter(&gate, &tickets[2], 7));
    assert_false(rsl_gate_enter(&gate, &tickets[3], 1)); /* would fit later, and comes later */
    assert_null(rsl_gate_leave(&gate, 4));
    assert_false(rsl_gate_enter(&gate, &tickets[4], 1));
    struct rsl_gate_ticket *in = rsl_gate_leave(&gate, 6);
    assert_ptr_equal(in, &tickets[2]);
    assert_ptr_equal(in->next, &tickets[3]);
    assert_ptr_equal(in->next->next, &tickets[4]);
    assert_null(in->next->next->next);
    assert_true(rsl_gate_enter(&gate, &tickets[5], 0));
    assert_int_equal(gate.used, 9);
    assert_int_equal(gate.most_used, 10);
    assert_int_equal(gate.nwaited, 3);
    rsl_gate_fini(&gate);
}

static void more_than_the_budget_enters_alone(void **state)
{
    (void)state;
    struct rsl_gate gate;
    struct rsl_gate_ticket tickets[4];
    rsl_gate_init(&gate, 10);
    assert_true(rsl_gate_enter(&gate, &tickets[0], 1));
    assert_false(rsl_gate_enter(&gate, &tickets[1], UINT64_MAX / 2));
    assert_false(rsl_gate_enter(&gate, &tickets[2], UINT64_MAX / 2));
    assert_false(rsl_gate_enter(&gate, &tickets[3], 1));
    struct rsl_gate_ticket *in = rsl_gate_leave(&gate, 1);
    assert_ptr_equal(in, &tickets[1]);
    assert_null(in->next);
    in = rsl_gate_leave(&gate, UINT64_MAX / 2);
    assert_ptr_equal(in, &tickets[2]);
    assert_null(in->next);
    assert_null(rsl_gate_leave(&gate, UINT64_MAX / 2 - 11)); /* part of it */
    in = rsl_gate_leave(&gate, 2);
    assert_ptr_equal(in, &tickets[3]);
    rsl_gate_fini(&gate);
}

/* ---- under contention */

enum { NTASKS = 4000, BUDGET = 1000, NPARTS = 3 };

struct shared {
    struct rsl_gate gate;
    struct rsl_atomic_u64 used;  /* relaxed: a sum, looked at while it changes */
    struct rsl_atomic_u64 ndone; /* relaxed: read when the pool is idle */
    struct rsl_atomic_u64 nviolated;
};

/* Holds its weight until all its parts have run, on whatever worker. */
struct task {
    struct rsl_gate_ticket ticket; /* first */
    struct shared *shared;
    uint64_t weight;
    struct rsl_atomic_size nleft;
    bool inside;
};

static int run_task(struct rsl_worker *worker, void *arg);

static int run_part(struct rsl_worker *worker, void *arg)
{
    struct task *task = arg;
    struct shared *shared = task->shared;
    if (rsl_size_fetch_add_acq_rel(&task->nleft, SIZE_MAX) != 1)
        return 0;
    rsl_u64_fetch_add_relaxed(&shared->used, (uint64_t)0 - task->weight);
    rsl_u64_fetch_add_relaxed(&shared->ndone, 1);
    struct rsl_gate_ticket *in = rsl_gate_leave(&shared->gate, task->weight);
    while (in != NULL) {
        struct rsl_gate_ticket *next = in->next;
        ((struct task *)in)->inside = true;
        if (rsl_spawn(worker, run_task, in) != RSL_OK)
            abort();
        in = next;
    }
    return 0;
}

static int run_task(struct rsl_worker *worker, void *arg)
{
    struct task *task = arg;
    struct shared *shared = task->shared;
    if (!task->inside && !rsl_gate_enter(&shared->gate, &task->ticket, task->weight))
        return 0;
    const uint64_t before = rsl_u64_fetch_add_relaxed(&shared->used, task->weight);
    if (before != 0 && before + task->weight > BUDGET)
        rsl_u64_fetch_add_relaxed(&shared->nviolated, 1);
    rsl_size_init(&task->nleft, NPARTS);
    for (unsigned i = 0; i < NPARTS; i++) {
        if (rsl_spawn(worker, run_part, task) != RSL_OK)
            abort();
    }
    return 0;
}

static void everybody_gets_in_and_never_too_many(void **state)
{
    (void)state;
    for (size_t nworkers = 1; nworkers <= 4; nworkers++) {
        struct shared shared = {.gate = {.budget = 0}};
        struct task *tasks = calloc(NTASKS, sizeof *tasks);
        struct rsl_pool *pool;
        const struct rsl_pool_options options = {.nworkers = nworkers};
        assert_non_null(tasks);
        rsl_gate_init(&shared.gate, BUDGET);
        assert_int_equal(rsl_pool_create(&options, &pool), RSL_OK);
        uint64_t random = 1;
        for (size_t i = 0; i < NTASKS; i++) {
            random = random * UINT64_C(6364136223846793005) + 1442695040888963407u;
            const uint64_t draw = random >> 40;
            tasks[i].shared = &shared;
            tasks[i].weight = draw % 50 == 0 ? BUDGET + draw % 1000 : 1 + draw % 400;
            assert_int_equal(rsl_pool_spawn(pool, RSL_PRIORITY_HIGH, run_task, &tasks[i]), RSL_OK);
        }
        assert_int_equal(rsl_pool_wait(pool), 0);
        rsl_pool_destroy(pool);
        assert_int_equal(rsl_u64_load_relaxed(&shared.ndone), NTASKS);
        assert_int_equal(rsl_u64_load_relaxed(&shared.used), 0);
        assert_int_equal(rsl_u64_load_relaxed(&shared.nviolated), 0);
        assert_int_equal(shared.gate.used, 0);
        assert_null(shared.gate.first);
        rsl_gate_fini(&shared.gate);
        free(tasks);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_fits_enters_and_the_rest_waits_in_order),
        cmocka_unit_test(more_than_the_budget_enters_alone),
        cmocka_unit_test(everybody_gets_in_and_never_too_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
