/* The channel of ds/spsc.h under the model checker: each item once, in order, whole, whoever sleeps
 * and whoever closes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ds/spsc.h"
#include "tests/model/clients.h"
#include "tests/model/graph.h"

static struct rsl_spsc *channel;
static uint64_t first_position; /* of the counters, so that they wrap in the middle of a client */
static uint32_t written[4];     /* by the sender before item i is sent, read with it */
/* Each of one thread, and of thread 0 afterwards. */
static uint64_t nsent, nreceived;
static bool saw_end;

static void begin(size_t capacity)
{
    nsent = nreceived = 0;
    saw_end = false;
    for (size_t i = 0; i < 4; i++)
        written[i] = 0;
    model_assert(rsl_spsc_create_at(capacity, sizeof(uint64_t), first_position, &model_allocator,
                                    &channel) == RSL_OK);
    model_name(&channel->tail, sizeof(channel->tail), "tail");
    model_name(&channel->head, sizeof(channel->head), "head");
    model_name(&channel->final_tail, sizeof(channel->final_tail), "final_tail");
    model_name(&channel->items, sizeof(channel->items), "items");
    model_name(&channel->space, sizeof(channel->space), "space");
    model_name(rsl_spsc_slots(channel), channel->mask + RSL_SPSC_STEP, "slots");
    model_name(written, sizeof(written), "written");
}

/* Items are numbered from 0. */
static uint64_t next_item(void)
{
    rsl_plain_write(&written[nsent], sizeof(written[0]));
    written[nsent] = 1;
    return nsent;
}

static void check_item(uint64_t item)
{
    model_assert(item == nreceived);
    rsl_plain_read(&written[item], sizeof(written[0]));
    model_assert(written[item] == 1);
    nreceived++;
}

static enum rsl_status try_send(void)
{
    const uint64_t item = next_item();
    const enum rsl_status status = rsl_spsc_try_send(channel, &item);
    nsent += status == RSL_OK;
    return status;
}

static enum rsl_status send(uint64_t timeout_ns)
{
    const uint64_t item = next_item();
    const enum rsl_status status = rsl_spsc_send(channel, &item, timeout_ns);
    nsent += status == RSL_OK;
    return status;
}

static enum rsl_status try_receive(void)
{
    uint64_t item = UINT64_MAX;
    const enum rsl_status status = rsl_spsc_try_receive(channel, &item);
    model_assert(!saw_end || status == RSL_ECLOSED);
    if (status == RSL_OK)
        check_item(item);
    saw_end = status == RSL_ECLOSED;
    return status;
}

static enum rsl_status receive(uint64_t timeout_ns)
{
    uint64_t item = UINT64_MAX;
    const enum rsl_status status = rsl_spsc_receive(channel, &item, timeout_ns);
    if (status == RSL_OK)
        check_item(item);
    saw_end = status == RSL_ECLOSED;
    return status;
}

/* All that was sent is received. */
static void finish(unsigned nthreads)
{
    for (unsigned i = 1; i <= nthreads; i++)
        model_join(i);
    if (saw_end)
        model_assert(nreceived == nsent);
    while (try_receive() == RSL_OK) {
    }
    model_assert(nreceived == nsent);
    rsl_spsc_destroy(channel);
}

/* --- roles --- */

static void try_send_two(void *unused)
{
    (void)unused;
    (void)try_send();
    (void)try_send();
}

static void try_receive_two(void *unused)
{
    (void)unused;
    (void)try_receive();
    (void)try_receive();
}

static void try_send_three(void *unused)
{
    try_send_two(unused);
    (void)try_send();
}

static void send_one(void *unused)
{
    (void)unused;
    model_assert(send(RSL_FOREVER) == RSL_OK);
}

static void send_two(void *unused)
{
    send_one(unused);
    send_one(unused);
}

static void receive_one(void *unused)
{
    (void)unused;
    model_assert(receive(RSL_FOREVER) == RSL_OK);
}

static void receive_two(void *unused)
{
    receive_one(unused);
    receive_one(unused);
}

static void receive_to_the_end(void *unused)
{
    (void)unused;
    enum rsl_status status;
    do {
        status = receive(RSL_FOREVER);
    } while (status == RSL_OK);
    model_assert(status == RSL_ECLOSED);
}

static void send_if_open(void *unused)
{
    (void)unused;
    const enum rsl_status status = send(RSL_FOREVER);
    model_assert(status == RSL_OK || status == RSL_ECLOSED);
}

static void send_two_if_open(void *unused)
{
    send_if_open(unused);
    send_if_open(unused);
}

static void try_send_one(void *unused)
{
    (void)unused;
    (void)try_send();
}

static void send_and_close(void *unused)
{
    send_one(unused);
    rsl_spsc_close(channel);
    model_assert(try_send() == RSL_ECLOSED);
}

static void close_it(void *unused)
{
    (void)unused;
    rsl_spsc_close(channel);
}

static void receive_in_time(void *unused)
{
    (void)unused;
    const enum rsl_status status = receive(UINT64_C(1) << 40);
    model_assert(status == RSL_OK || status == RSL_ETIMEDOUT);
}

static void send_in_time(void *unused)
{
    (void)unused;
    const enum rsl_status status = send(UINT64_C(1) << 40);
    model_assert(status == RSL_OK || status == RSL_ETIMEDOUT);
}

static void send_batch(void *unused)
{
    (void)unused;
    uint64_t items[2];
    for (unsigned i = 0; i < 2; i++) {
        rsl_plain_write(&written[i], sizeof(written[0]));
        written[i] = 1;
        items[i] = i;
    }
    nsent = rsl_spsc_try_send_n(channel, items, 2);
}

static void receive_batch(void *unused)
{
    (void)unused;
    uint64_t items[2];
    const size_t n = rsl_spsc_try_receive_n(channel, items, 2);
    for (size_t i = 0; i < n; i++)
        check_item(items[i]);
}

static void ask_length(void *unused)
{
    (void)unused;
    model_assert(rsl_spsc_length(channel) <= rsl_spsc_capacity(channel));
}

/* --- clients --- */

static void tries_at_capacity_1(void)
{
    begin(1);
    (void)model_spawn(try_send_two, NULL);
    (void)model_spawn(try_receive_two, NULL);
    finish(2);
}

static void tries_at_capacity_2(void)
{
    begin(2);
    (void)model_spawn(try_send_three, NULL);
    (void)model_spawn(try_receive_two, NULL);
    finish(2);
}

static void batches(void)
{
    begin(2);
    (void)model_spawn(send_batch, NULL);
    (void)model_spawn(receive_batch, NULL);
    finish(2);
}

static void length_beside_both(void)
{
    begin(1);
    (void)model_spawn(try_send_two, NULL);
    (void)model_spawn(try_receive_two, NULL);
    (void)model_spawn(ask_length, NULL);
    finish(3);
}

static void receiver_sleeps(void)
{
    begin(1);
    (void)model_spawn(send_one, NULL);
    (void)model_spawn(receive_one, NULL);
    finish(2);
}

static void sender_sleeps(void)
{
    begin(1);
    (void)try_send();
    (void)model_spawn(send_one, NULL);
    (void)model_spawn(receive_one, NULL);
    finish(2);
}

static void both_sleep(void)
{
    begin(1);
    (void)model_spawn(send_two, NULL);
    (void)model_spawn(receive_two, NULL);
    finish(2);
}

static void receiver_has_no_time(void)
{
    begin(1);
    (void)model_spawn(send_one, NULL);
    (void)model_spawn(receive_in_time, NULL);
    finish(2);
}

static void sender_has_no_time(void)
{
    begin(1);
    (void)try_send();
    (void)model_spawn(send_in_time, NULL);
    (void)model_spawn(receive_one, NULL);
    finish(2);
}

static void sender_closes(void)
{
    begin(1);
    (void)model_spawn(send_and_close, NULL);
    (void)model_spawn(receive_to_the_end, NULL);
    finish(2);
}

static void close_races_with_send(void)
{
    begin(1);
    (void)model_spawn(try_send_one, NULL);
    (void)model_spawn(close_it, NULL);
    finish(2);
}

static void close_races_with_receive(void)
{
    begin(1);
    (void)try_send();
    (void)model_spawn(try_receive_two, NULL);
    (void)model_spawn(close_it, NULL);
    finish(2);
}

static void close_races_with_both(void)
{
    begin(1);
    (void)model_spawn(try_send_one, NULL);
    (void)model_spawn(try_receive_two, NULL);
    (void)model_spawn(close_it, NULL);
    finish(3);
}

/* The sender that settles the close itself, and then sends again. */
static void close_races_with_two_sends(void)
{
    begin(2);
    (void)model_spawn(try_send_two, NULL);
    (void)model_spawn(try_receive_two, NULL);
    (void)model_spawn(close_it, NULL);
    finish(3);
}

static void close_wakes_receiver(void)
{
    begin(1);
    (void)model_spawn(receive_to_the_end, NULL);
    (void)model_spawn(close_it, NULL);
    finish(2);
}

static void close_wakes_sender(void)
{
    begin(1);
    (void)model_spawn(send_two_if_open, NULL);
    (void)model_spawn(close_it, NULL);
    finish(2);
}

static void two_close(void)
{
    begin(1);
    (void)model_spawn(try_send_one, NULL);
    (void)model_spawn(close_it, NULL);
    (void)model_spawn(close_it, NULL);
    finish(3);
}

#define CLIENT(function) \
    static const struct model_client function##_client = {.name = #function, .body = (function)}
CLIENT(tries_at_capacity_1);
CLIENT(tries_at_capacity_2);
CLIENT(batches);
CLIENT(length_beside_both);
CLIENT(receiver_sleeps);
CLIENT(sender_sleeps);
CLIENT(both_sleep);
CLIENT(receiver_has_no_time);
CLIENT(sender_has_no_time);
CLIENT(sender_closes);
CLIENT(close_races_with_send);
CLIENT(close_races_with_receive);
CLIENT(close_races_with_both);
CLIENT(close_races_with_two_sends);
CLIENT(close_wakes_receiver);
CLIENT(close_wakes_sender);
CLIENT(two_close);

static const struct model_client *const clients[] = {
    &tries_at_capacity_1_client,
    &tries_at_capacity_2_client,
    &batches_client,
    &length_beside_both_client,
    &receiver_sleeps_client,
    &sender_sleeps_client,
    &close_races_with_send_client,
    &close_races_with_receive_client,
    &close_wakes_receiver_client,
    &close_wakes_sender_client,
    &receiver_has_no_time_client,
    &sender_has_no_time_client,
    &close_races_with_both_client,
    &close_races_with_two_sends_client,
    &two_close_client,
};
#define NCLIENTS (sizeof(clients) / sizeof(clients[0]))

static void each_item_arrives_once(void **state)
{
    (void)state;
    for (size_t i = 0; i < NCLIENTS; i++)
        expect_clean(clients[i]);
    expect_clean_at_length(&sender_closes_client);
    expect_clean_at_length(&both_sleep_client);
}

static void each_item_arrives_once_where_counters_wrap(void **state)
{
    (void)state;
    for (uint64_t back = 1; back <= 2; back++) {
        first_position = 0 - back;
        expect_clean(&tries_at_capacity_2_client);
        expect_clean(&receiver_sleeps_client);
        expect_clean(&sender_sleeps_client);
        expect_clean(&close_races_with_both_client);
    }
    first_position = 0;
}

/* The store that makes an item visible. */
static void finds_a_relaxed_publication(void **state)
{
    (void)state;
    expect_found(&tries_at_capacity_1_client,
                 (struct weakening){"rsl_spsc_publish", OPERATION_STORE, 1, __ATOMIC_RELAXED},
                 MODEL_RACE);
}

static void finds_a_slot_that_is_used_again_too_early(void **state)
{
    (void)state;
    expect_found(&tries_at_capacity_1_client,
                 (struct weakening){"rsl_spsc_received", OPERATION_STORE, 0, __ATOMIC_RELAXED},
                 MODEL_RACE);
}

/* Between publishing and looking for a sleeper, and between announcing to sleep and looking again.
 */
static void finds_missing_fences(void **state)
{
    (void)state;
    expect_found(&receiver_sleeps_client,
                 (struct weakening){"rsl_spsc_publish", OPERATION_FENCE, 0, ORDER_NONE},
                 MODEL_DEADLOCK);
    expect_found(&sender_sleeps_client,
                 (struct weakening){"rsl_spsc_received", OPERATION_FENCE, 0, ORDER_NONE},
                 MODEL_DEADLOCK);
    expect_found(&receiver_sleeps_client,
                 (struct weakening){"rsl_wait_point_fence", OPERATION_FENCE, 0, __ATOMIC_SEQ_CST},
                 MODEL_DEADLOCK);
}

int main(void)
{
#ifdef __SANITIZE_THREAD__
    return 77;
#endif
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_item_arrives_once),
        cmocka_unit_test(each_item_arrives_once_where_counters_wrap),
        cmocka_unit_test(finds_a_relaxed_publication),
        cmocka_unit_test(finds_a_slot_that_is_used_again_too_early),
        cmocka_unit_test(finds_missing_fences),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
