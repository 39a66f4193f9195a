/* ds/eventcount.h: what it counts, and that no wake-up is lost. The tests with threads end only if
 * that is so. */
#include "ds/eventcount.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define SECOND UINT64_C(1000000000)

static uint64_t nwaiters(const struct rsl_eventcount *ec)
{
    return rsl_u64_load_relaxed(&ec->state) & 0xFFFF;
}

static uint64_t nnotified(const struct rsl_eventcount *ec)
{
    return rsl_u64_load_relaxed(&ec->state) >> 16 & 0xFFFF;
}

static void notifying_nobody_changes_nothing(void **state)
{
    (void)state;
    struct rsl_eventcount ec;
    rsl_eventcount_init(&ec);
    rsl_eventcount_notify_one(&ec);
    rsl_eventcount_notify_all(&ec);
    assert_int_equal(rsl_u64_load_relaxed(&ec.state), 0);
    assert_int_equal(rsl_u32_load_relaxed(&ec.wakes), 0);
}

static void a_cancelled_wait_leaves_no_trace(void **state)
{
    (void)state;
    struct rsl_eventcount ec;
    rsl_eventcount_init(&ec);
    const uint32_t key = rsl_eventcount_prepare_wait(&ec);
    assert_int_equal(nwaiters(&ec), 1);
    rsl_eventcount_cancel_wait(&ec, key);
    rsl_eventcount_notify_all(&ec);
    assert_int_equal(rsl_u64_load_relaxed(&ec.state), 0);
    assert_int_equal(rsl_u32_load_relaxed(&ec.wakes), 0);
}

static void a_wait_whose_time_is_over_says_so(void **state)
{
    (void)state;
    struct rsl_eventcount ec;
    rsl_eventcount_init(&ec);
    const uint32_t key = rsl_eventcount_prepare_wait(&ec);
    assert_false(rsl_eventcount_commit_wait(&ec, key, 1000000));
    assert_int_equal(nwaiters(&ec), 0);
}

static void a_notification_before_the_sleep_ends_the_wait_at_once(void **state)
{
    (void)state;
    struct rsl_eventcount ec;
    rsl_eventcount_init(&ec);
    for (int all = 0; all <= 1; all++) {
        const uint32_t key = rsl_eventcount_prepare_wait(&ec);
        if (all)
            rsl_eventcount_notify_all(&ec);
        else
            rsl_eventcount_notify_one(&ec);
        assert_true(rsl_eventcount_commit_wait(&ec, key, RSL_FOREVER));
        assert_int_equal(nwaiters(&ec), 0);
        assert_int_equal(nnotified(&ec), 0);
    }
}

static void waiters_already_notified_cost_no_second_call(void **state)
{
    (void)state;
    struct rsl_eventcount ec;
    rsl_eventcount_init(&ec);
    const uint32_t first = rsl_eventcount_prepare_wait(&ec);
    const uint32_t second = rsl_eventcount_prepare_wait(&ec);
    rsl_eventcount_notify_one(&ec);
    assert_int_equal(rsl_u32_load_relaxed(&ec.wakes), 1);
    rsl_eventcount_notify_one(&ec);
    assert_int_equal(rsl_u32_load_relaxed(&ec.wakes), 2);
    for (int i = 0; i < 10; i++) {
        rsl_eventcount_notify_one(&ec);
        rsl_eventcount_notify_all(&ec);
    }
    assert_int_equal(rsl_u32_load_relaxed(&ec.wakes), 2);
    assert_true(rsl_eventcount_commit_wait(&ec, first, RSL_FOREVER));
    rsl_eventcount_cancel_wait(&ec, second);
    assert_int_equal(nwaiters(&ec), 0);
    assert_int_equal(nnotified(&ec), 0);
}

static void who_came_after_a_notification_still_needs_one(void **state)
{
    (void)state;
    struct rsl_eventcount ec;
    rsl_eventcount_init(&ec);
    const uint32_t early = rsl_eventcount_prepare_wait(&ec);
    rsl_eventcount_notify_all(&ec);
    const uint32_t late = rsl_eventcount_prepare_wait(&ec);
    assert_int_not_equal(early, late);
    assert_false(rsl_eventcount_commit_wait(&ec, late, 1000000));
    assert_true(rsl_eventcount_commit_wait(&ec, early, RSL_FOREVER));
    assert_int_equal(nwaiters(&ec), 0);
    assert_int_equal(nnotified(&ec), 0);
}

static void the_epoch_may_wrap_around(void **state)
{
    (void)state;
    struct rsl_eventcount ec;
    rsl_eventcount_init(&ec);
    rsl_u64_init(&ec.state, UINT64_C(0xFFFFFFFF) << 32);
    rsl_u32_init(&ec.wakes, UINT32_MAX);
    const uint32_t key = rsl_eventcount_prepare_wait(&ec);
    assert_int_equal(key, UINT32_MAX);
    rsl_eventcount_notify_one(&ec);
    assert_true(rsl_eventcount_commit_wait(&ec, key, RSL_FOREVER));
    assert_int_equal(rsl_u64_load_relaxed(&ec.state), 0);
    assert_int_equal(rsl_u32_load_relaxed(&ec.wakes), 0);
}

/* Tokens that some threads put and others take. Each putter notifies once a token, so that a lost
 * wake-up leaves a taker asleep for good. */
struct bowl {
    struct rsl_eventcount ec;
    struct rsl_atomic_size ntokens;
    struct rsl_atomic_size ntaken;
    size_t nper_thread;
    bool all;
    uint64_t timeout_ns;
};

static void *put(void *arg)
{
    struct bowl *bowl = arg;
    for (size_t i = 0; i < bowl->nper_thread; i++) {
        /* Keeps the bowl nearly empty, so that takers have to wait. */
        while (rsl_size_load_relaxed(&bowl->ntokens) > 0)
            (void)sched_yield();
        rsl_size_fetch_add_release(&bowl->ntokens, 1);
        if (bowl->all)
            rsl_eventcount_notify_all(&bowl->ec);
        else
            rsl_eventcount_notify_one(&bowl->ec);
    }
    return NULL;
}

static bool try_take(struct bowl *bowl)
{
    size_t n = rsl_size_load_acquire(&bowl->ntokens);
    while (n > 0)
        if (rsl_size_cas_acq_rel(&bowl->ntokens, &n, n - 1))
            return true;
    return false;
}

static void *take(void *arg)
{
    struct bowl *bowl = arg;
    for (size_t i = 0; i < bowl->nper_thread; i++) {
        while (!try_take(bowl)) {
            const uint32_t key = rsl_eventcount_prepare_wait(&bowl->ec);
            if (try_take(bowl)) {
                rsl_eventcount_cancel_wait(&bowl->ec, key);
                break;
            }
            (void)rsl_eventcount_commit_wait(&bowl->ec, key, bowl->timeout_ns);
        }
        rsl_size_fetch_add_relaxed(&bowl->ntaken, 1);
    }
    return NULL;
}

#define NPAIRS ((size_t)3)

static void share(size_t nper_thread, bool all, uint64_t timeout_ns, uint64_t first)
{
    struct bowl bowl = {.nper_thread = nper_thread, .all = all, .timeout_ns = timeout_ns};
    rsl_eventcount_init(&bowl.ec);
    rsl_u64_init(&bowl.ec.state, first << 32);
    rsl_u32_init(&bowl.ec.wakes, (uint32_t)first);
    rsl_size_init(&bowl.ntokens, 0);
    rsl_size_init(&bowl.ntaken, 0);
    pthread_t threads[2 * NPAIRS];
    for (size_t i = 0; i < NPAIRS; i++) {
        assert_int_equal(pthread_create(&threads[2 * i], NULL, take, &bowl), 0);
        assert_int_equal(pthread_create(&threads[2 * i + 1], NULL, put, &bowl), 0);
    }
    for (size_t i = 0; i < 2 * NPAIRS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(rsl_size_load_relaxed(&bowl.ntaken), nper_thread * NPAIRS);
    assert_int_equal(rsl_size_load_relaxed(&bowl.ntokens), 0);
    assert_int_equal(nwaiters(&bowl.ec), 0);
    assert_int_equal(nnotified(&bowl.ec), 0);
}

static void no_wake_up_of_one_is_lost(void **state)
{
    (void)state;
    share(8000, false, RSL_FOREVER, UINT32_MAX - 100);
}

static void no_wake_up_of_all_is_lost(void **state)
{
    (void)state;
    share(8000, true, RSL_FOREVER, UINT32_MAX - 100);
}

static void no_wake_up_is_lost_among_waits_whose_time_runs_out(void **state)
{
    (void)state;
    share(8000, false, 20000, 0);
}

/* Two threads that hand a token to and fro, so that each sleeps nearly every time. */
struct table {
    struct rsl_eventcount ec[2];
    struct rsl_atomic_u32 turn;
    uint32_t nturns;
};

struct player {
    struct table *table;
    uint32_t which;
};

static void *play(void *arg)
{
    const struct player *player = arg;
    struct table *table = player->table;
    struct rsl_eventcount *own = &table->ec[player->which];
    for (uint32_t turn = player->which; turn < table->nturns; turn += 2) {
        while (rsl_u32_load_acquire(&table->turn) != turn) {
            const uint32_t key = rsl_eventcount_prepare_wait(own);
            if (rsl_u32_load_acquire(&table->turn) == turn) {
                rsl_eventcount_cancel_wait(own, key);
                break;
            }
            (void)rsl_eventcount_commit_wait(own, key, 100 * SECOND);
        }
        rsl_u32_store_release(&table->turn, turn + 1);
        rsl_eventcount_notify_one(&table->ec[1 - player->which]);
    }
    return NULL;
}

static void a_store_and_a_notification_are_enough_to_hand_something_over(void **state)
{
    (void)state;
    struct table table = {.nturns = 4000};
    rsl_u32_init(&table.turn, 0);
    struct player players[2];
    pthread_t threads[2];
    for (uint32_t i = 0; i < 2; i++) {
        rsl_eventcount_init(&table.ec[i]);
        players[i] = (struct player){&table, i};
        assert_int_equal(pthread_create(&threads[i], NULL, play, &players[i]), 0);
    }
    for (uint32_t i = 0; i < 2; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(rsl_u32_load_relaxed(&table.turn), table.nturns);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(notifying_nobody_changes_nothing),
        cmocka_unit_test(a_cancelled_wait_leaves_no_trace),
        cmocka_unit_test(a_wait_whose_time_is_over_says_so),
        cmocka_unit_test(a_notification_before_the_sleep_ends_the_wait_at_once),
        cmocka_unit_test(waiters_already_notified_cost_no_second_call),
        cmocka_unit_test(who_came_after_a_notification_still_needs_one),
        cmocka_unit_test(the_epoch_may_wrap_around),
        cmocka_unit_test(no_wake_up_of_one_is_lost),
        cmocka_unit_test(no_wake_up_of_all_is_lost),
        cmocka_unit_test(no_wake_up_is_lost_among_waits_whose_time_runs_out),
        cmocka_unit_test(a_store_and_a_notification_are_enough_to_hand_something_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
