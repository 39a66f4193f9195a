/* The eventcount of ds/eventcount.h under the model checker: nobody sleeps on what has come true.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ds/eventcount.h"
#include "tests/model/clients.h"
#include "tests/model/graph.h"

static struct rsl_eventcount ec;
static struct rsl_atomic_u32 tokens; /* the condition: there is one to take */
static uint32_t data;                /* written before the only token of some clients is made */

static void begin(void)
{
    rsl_eventcount_init(&ec);
    rsl_u32_init(&tokens, 0);
    data = 0;
    model_name(&ec.state, sizeof(ec.state), "state");
    model_name(&ec.wakes, sizeof(ec.wakes), "wakes");
    model_name(&tokens, sizeof(tokens), "tokens");
}

static bool take_token(void)
{
    uint32_t n = rsl_u32_load_relaxed(&tokens);
    while (n > 0) {
        if (rsl_u32_cas_acquire(&tokens, &n, n - 1))
            return true;
    }
    return false;
}

static void make_token(void)
{
    (void)rsl_u32_fetch_add_release(&tokens, 1);
}

/* The protocol of eventcount.h. */
static void wait_for_token(void *unused)
{
    (void)unused;
    while (!take_token()) {
        const uint32_t key = rsl_eventcount_prepare_wait(&ec);
        if (take_token()) {
            rsl_eventcount_cancel_wait(&ec, key);
            return;
        }
        (void)rsl_eventcount_commit_wait(&ec, key, RSL_FOREVER);
    }
}

/* A condition that stays true: `tokens` is not 0. */
static void wait_for_any(void *unused)
{
    (void)unused;
    while (!rsl_u32_load_acquire(&tokens)) {
        const uint32_t key = rsl_eventcount_prepare_wait(&ec);
        if (rsl_u32_load_acquire(&tokens)) {
            rsl_eventcount_cancel_wait(&ec, key);
            return;
        }
        (void)rsl_eventcount_commit_wait(&ec, key, RSL_FOREVER);
    }
}

static void wait_without_looking_again(void *unused)
{
    (void)unused;
    while (!take_token()) {
        const uint32_t key = rsl_eventcount_prepare_wait(&ec);
        (void)rsl_eventcount_commit_wait(&ec, key, RSL_FOREVER);
    }
}

static void wait_and_read(void *unused)
{
    wait_for_token(unused);
    rsl_plain_read(&data, sizeof(data));
    model_assert(data == 1);
}

/* Reads on the strength of the notification alone. */
static void wait_once_and_read(void *unused)
{
    (void)unused;
    const uint32_t key = rsl_eventcount_prepare_wait(&ec);
    if (rsl_u32_load_relaxed(&tokens)) {
        rsl_eventcount_cancel_wait(&ec, key);
        return;
    }
    if (rsl_eventcount_commit_wait(&ec, key, RSL_FOREVER)) {
        rsl_plain_read(&data, sizeof(data));
        model_assert(data == 1);
    }
}

static void notify_one(void *unused)
{
    (void)unused;
    make_token();
    rsl_eventcount_notify_one(&ec);
}

static void notify_one_with_data(void *unused)
{
    rsl_plain_write(&data, sizeof(data));
    data = 1;
    notify_one(unused);
}

static void notify_all(void *unused)
{
    (void)unused;
    rsl_u32_store_release(&tokens, 1);
    rsl_eventcount_notify_all(&ec);
}

static void notify_one_and_one(void *unused)
{
    (void)unused;
    rsl_u32_store_release(&tokens, 1);
    rsl_eventcount_notify_one(&ec);
    rsl_eventcount_notify_one(&ec);
}

static void finish(unsigned nthreads)
{
    for (unsigned i = 1; i <= nthreads; i++)
        model_join(i);
    /* Nobody is registered any more, and no notification is left for one who is not there. */
    model_assert((uint32_t)rsl_u64_load_relaxed(&ec.state) == 0);
}

static void one_waits(void)
{
    begin();
    (void)model_spawn(wait_for_token, NULL);
    (void)model_spawn(notify_one, NULL);
    finish(2);
}

static void one_waits_and_reads(void)
{
    begin();
    (void)model_spawn(wait_and_read, NULL);
    (void)model_spawn(notify_one_with_data, NULL);
    finish(2);
}

static void notification_publishes(void)
{
    begin();
    (void)model_spawn(wait_once_and_read, NULL);
    (void)model_spawn(notify_one_with_data, NULL);
    finish(2);
}

static void two_wait_for_all(void)
{
    begin();
    (void)model_spawn(wait_for_any, NULL);
    (void)model_spawn(wait_for_any, NULL);
    (void)model_spawn(notify_all, NULL);
    finish(3);
}

static void two_wait_for_one_each(void)
{
    begin();
    (void)model_spawn(wait_for_any, NULL);
    (void)model_spawn(wait_for_any, NULL);
    (void)model_spawn(notify_one_and_one, NULL);
    finish(3);
}

static void wait_twice(void *unused)
{
    wait_for_token(unused);
    wait_for_token(unused);
}

static void one_waits_twice(void)
{
    begin();
    (void)model_spawn(wait_twice, NULL);
    (void)model_spawn(notify_one, NULL);
    (void)model_spawn(notify_one, NULL);
    finish(3);
}

/* Waits for a time, and passes a notification on that it gets. */
static void wait_for_a_while(void *unused)
{
    (void)unused;
    const uint32_t key = rsl_eventcount_prepare_wait(&ec);
    if (rsl_eventcount_commit_wait(&ec, key, 1000))
        rsl_eventcount_notify_one(&ec);
}

static void notify_one_of_any(void *unused)
{
    (void)unused;
    rsl_u32_store_release(&tokens, 1);
    rsl_eventcount_notify_one(&ec);
}

/* A notification must not go to one whose time is over, and who does not know of it. */
static void one_gives_up(void)
{
    begin();
    (void)model_spawn(wait_for_any, NULL);
    (void)model_spawn(wait_for_a_while, NULL);
    (void)model_spawn(notify_one_of_any, NULL);
    finish(3);
}

static void lost_without_second_look(void)
{
    begin();
    (void)model_spawn(wait_without_looking_again, NULL);
    (void)model_spawn(notify_one, NULL);
    finish(2);
}

#define CLIENT(function) \
    static const struct model_client function##_client = {.name = #function, .body = (function)}
CLIENT(one_waits);
CLIENT(one_waits_and_reads);
CLIENT(notification_publishes);
CLIENT(two_wait_for_all);
CLIENT(two_wait_for_one_each);
CLIENT(one_waits_twice);
CLIENT(one_gives_up);
CLIENT(lost_without_second_look);

static const struct model_client *const clients[] = {
    &one_waits_client,        &one_waits_and_reads_client, &notification_publishes_client,
    &two_wait_for_all_client, &one_waits_twice_client,
};
#define NCLIENTS (sizeof(clients) / sizeof(clients[0]))

static void nobody_sleeps_on(void **state)
{
    (void)state;
    for (size_t i = 0; i < NCLIENTS; i++)
        expect_clean(clients[i]);
    expect_clean_at_length(&two_wait_for_one_each_client);
    expect_clean_at_length(&one_gives_up_client);
}

static void finds_a_missing_second_look(void **state)
{
    (void)state;
    expect_verdict(&lost_without_second_look_client, MODEL_DEADLOCK);
}

static void finds_a_missing_fence_in_notify(void **state)
{
    (void)state;
    expect_found(&one_waits_client,
                 (struct weakening){"rsl_eventcount_notify_one", OPERATION_FENCE, 0, ORDER_NONE},
                 MODEL_DEADLOCK);
}

static void finds_a_missing_fence_before_the_second_look(void **state)
{
    (void)state;
    expect_found(&one_waits_client,
                 (struct weakening){"rsl_eventcount_prepare_wait", OPERATION_FENCE, 0, ORDER_NONE},
                 MODEL_DEADLOCK);
}

static void every_weakening_is_found(void **state)
{
    (void)state;
    static const char *const files[] = {"eventcount.h", "eventcount.c"};
    static const struct survivor survivors[] = {
        {{"rsl_eventcount_wake", OPERATION_RMW, 0, __ATOMIC_ACQUIRE},
         "the fence in notify_* releases as well; ThreadSanitizer does not know that"},
        {{"rsl_eventcount_wake", OPERATION_RMW, 0, __ATOMIC_RELEASE},
         "nothing is read on the strength of it"},
        {{"rsl_eventcount_prepare_wait", OPERATION_RMW, 0, __ATOMIC_RELAXED},
         "the fence behind it acquires as well; ThreadSanitizer does not know that"},
    };
    expect_sweep(clients, NCLIENTS, files, 2, survivors, 3);
}

int main(void)
{
#ifdef __SANITIZE_THREAD__
    return 77;
#endif
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_sleeps_on),
        cmocka_unit_test(finds_a_missing_second_look),
        cmocka_unit_test(finds_a_missing_fence_in_notify),
        cmocka_unit_test(finds_a_missing_fence_before_the_second_look),
        cmocka_unit_test(every_weakening_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
