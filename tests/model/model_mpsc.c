/* The channel of ds/mpsc.h under the model checker: each item once, whole, those of a sender in
 * order, whoever sleeps and whoever closes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ds/mpsc.h"
#include "tests/model/clients.h"
#include "tests/model/graph.h"

enum { NSENDERS = 2, NITEMS = 3 };

static struct rsl_mpsc *channel;
static uint64_t first_position; /* so that positions wrap in the middle of a client */
/* By sender: each of one thread, and of thread 0 afterwards. */
static uint32_t written[NSENDERS][NITEMS]; /* before an item is sent, read with it */
static uint64_t nsent[NSENDERS], nreceived[NSENDERS];
static bool saw_end;

static void begin(size_t capacity)
{
    saw_end = false;
    for (size_t i = 0; i < NSENDERS; i++) {
        nsent[i] = nreceived[i] = 0;
        for (size_t j = 0; j < NITEMS; j++)
            written[i][j] = 0;
    }
    model_assert(rsl_mpsc_create_at(capacity, sizeof(uint64_t), first_position, &model_allocator,
                                    &channel) == RSL_OK);
    model_name(&channel->tail, sizeof(channel->tail), "tail");
    model_name(&channel->head, sizeof(channel->head), "head");
    model_name(&channel->head_seen, sizeof(channel->head_seen), "head_seen");
    model_name(&channel->items, sizeof(channel->items), "items");
    model_name(&channel->space, sizeof(channel->space), "space");
    model_name(channel->slots, (channel->mask + 1) * sizeof(uint64_t), "slots");
    model_name(written, sizeof(written), "written");
}

/* The items of a sender are numbered from 0. */
static uint64_t next_item(uint64_t sender)
{
    uint32_t *note = &written[sender][nsent[sender]];
    rsl_plain_write(note, sizeof(*note));
    *note = 1;
    return sender << 8 | nsent[sender];
}

static void check_item(uint64_t item)
{
    const uint64_t sender = item >> 8, number = item & 0xFF;
    model_assert(sender < NSENDERS && number == nreceived[sender]);
    const uint32_t *note = &written[sender][number];
    rsl_plain_read(note, sizeof(*note));
    model_assert(*note == 1);
    nreceived[sender]++;
}

static enum rsl_status try_send(uint64_t sender)
{
    const uint64_t item = next_item(sender);
    const enum rsl_status status = rsl_mpsc_try_send(channel, &item);
    nsent[sender] += status == RSL_OK;
    return status;
}

static enum rsl_status send(uint64_t sender, uint64_t timeout_ns)
{
    const uint64_t item = next_item(sender);
    const enum rsl_status status = rsl_mpsc_send(channel, &item, timeout_ns);
    nsent[sender] += status == RSL_OK;
    return status;
}

static enum rsl_status try_receive(void)
{
    uint64_t item = UINT64_MAX;
    const enum rsl_status status = rsl_mpsc_try_receive(channel, &item);
    model_assert(!saw_end || status == RSL_ECLOSED);
    if (status == RSL_OK)
        check_item(item);
    saw_end = status == RSL_ECLOSED;
    return status;
}

static enum rsl_status receive(uint64_t timeout_ns)
{
    uint64_t item = UINT64_MAX;
    const enum rsl_status status = rsl_mpsc_receive(channel, &item, timeout_ns);
    if (status == RSL_OK)
        check_item(item);
    saw_end = status == RSL_ECLOSED;
    return status;
}

static void check_all_received(void)
{
    for (size_t i = 0; i < NSENDERS; i++)
        model_assert(nreceived[i] == nsent[i]);
}

/* All that was sent is received. */
static void finish(unsigned nthreads)
{
    for (unsigned i = 1; i <= nthreads; i++)
        model_join(i);
    if (saw_end)
        check_all_received();
    while (try_receive() == RSL_OK) {
    }
    check_all_received();
    rsl_mpsc_destroy(channel);
}

/* --- roles; the argument is the number of the sender --- */

static uint64_t senders[NSENDERS] = {0, 1};

static void *sender(size_t number)
{
    return &senders[number];
}

static uint64_t number_of(const void *argument)
{
    return *(const uint64_t *)argument;
}

static void try_send_one(void *argument)
{
    (void)try_send(number_of(argument));
}

static void try_send_two(void *argument)
{
    try_send_one(argument);
    try_send_one(argument);
}

static void try_receive_two(void *unused)
{
    (void)unused;
    (void)try_receive();
    (void)try_receive();
}

static void send_one(void *argument)
{
    model_assert(send(number_of(argument), RSL_FOREVER) == RSL_OK);
}

static void send_two(void *argument)
{
    send_one(argument);
    send_one(argument);
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

static void send_if_open(void *argument)
{
    const enum rsl_status status = send(number_of(argument), RSL_FOREVER);
    model_assert(status == RSL_OK || status == RSL_ECLOSED);
}

static void close_it(void *unused)
{
    (void)unused;
    rsl_mpsc_close(channel);
}

static void send_and_close(void *argument)
{
    send_one(argument);
    rsl_mpsc_close(channel);
    model_assert(try_send(number_of(argument)) == RSL_ECLOSED);
}

static void receive_in_time(void *unused)
{
    (void)unused;
    const enum rsl_status status = receive(UINT64_C(1) << 40);
    model_assert(status == RSL_OK || status == RSL_ETIMEDOUT);
}

static void send_in_time(void *argument)
{
    const enum rsl_status status = send(number_of(argument), UINT64_C(1) << 40);
    model_assert(status == RSL_OK || status == RSL_ETIMEDOUT);
}

static void send_batch(void *argument)
{
    const uint64_t self = number_of(argument);
    uint64_t items[2];
    for (uint64_t i = 0; i < 2; i++) {
        rsl_plain_write(&written[self][i], sizeof(written[self][i]));
        written[self][i] = 1;
        items[i] = self << 8 | i;
    }
    nsent[self] = rsl_mpsc_try_send_n(channel, items, 2);
}

static void receive_batch(void *unused)
{
    (void)unused;
    uint64_t items[2];
    const size_t n = rsl_mpsc_try_receive_n(channel, items, 2);
    for (size_t i = 0; i < n; i++)
        check_item(items[i]);
}

static void ask_length(void *unused)
{
    (void)unused;
    model_assert(rsl_mpsc_length(channel) <= rsl_mpsc_capacity(channel));
}

/* --- clients --- */

static void one_sender_tries(void)
{
    begin(1);
    (void)model_spawn(try_send_two, sender(0));
    (void)model_spawn(try_receive_two, NULL);
    finish(2);
}

static void two_senders_try_at_capacity_1(void)
{
    begin(1);
    (void)model_spawn(try_send_one, sender(0));
    (void)model_spawn(try_send_one, sender(1));
    (void)model_spawn(try_receive_two, NULL);
    finish(3);
}

static void two_senders_try_at_capacity_2(void)
{
    begin(2);
    (void)model_spawn(try_send_one, sender(0));
    (void)model_spawn(try_send_two, sender(1));
    (void)model_spawn(try_receive_two, NULL);
    finish(3);
}

/* A sender takes from another that there is room, and uses a slot that the receiver has left. */
static void room_is_handed_on(void)
{
    begin(1);
    model_assert(try_send(0) == RSL_OK);
    (void)model_spawn(try_send_one, sender(0));
    (void)model_spawn(try_send_two, sender(1));
    (void)model_spawn(try_receive_two, NULL);
    finish(3);
}

static void batches(void)
{
    begin(2);
    (void)model_spawn(send_batch, sender(0));
    (void)model_spawn(try_send_one, sender(1));
    (void)model_spawn(receive_batch, NULL);
    finish(3);
}

static void length_beside_both(void)
{
    begin(1);
    (void)model_spawn(try_send_two, sender(0));
    (void)model_spawn(try_receive_two, NULL);
    (void)model_spawn(ask_length, NULL);
    finish(3);
}

static void receiver_sleeps(void)
{
    begin(1);
    (void)model_spawn(send_one, sender(0));
    (void)model_spawn(receive_one, NULL);
    finish(2);
}

static void sender_sleeps(void)
{
    begin(1);
    (void)try_send(0);
    (void)model_spawn(send_one, sender(0));
    (void)model_spawn(receive_one, NULL);
    finish(2);
}

/* Room for two comes with one signal, which the sender that gets it must pass on. */
static void signal_is_passed_on(void)
{
    begin(2);
    model_assert(try_send(0) == RSL_OK && try_send(0) == RSL_OK);
    (void)model_spawn(send_one, sender(0));
    (void)model_spawn(send_one, sender(1));
    (void)model_spawn(receive_batch, NULL);
    finish(3);
}

static void both_sleep(void)
{
    begin(1);
    (void)model_spawn(send_two, sender(0));
    (void)model_spawn(receive_two, NULL);
    finish(2);
}

static void receiver_waits_for_two_senders(void)
{
    begin(2);
    (void)model_spawn(send_one, sender(0));
    (void)model_spawn(send_one, sender(1));
    (void)model_spawn(receive_two, NULL);
    finish(3);
}

static void receiver_has_no_time(void)
{
    begin(1);
    (void)model_spawn(send_one, sender(0));
    (void)model_spawn(receive_in_time, NULL);
    finish(2);
}

static void sender_has_no_time(void)
{
    begin(1);
    (void)try_send(0);
    (void)model_spawn(send_in_time, sender(0));
    (void)model_spawn(receive_one, NULL);
    finish(2);
}

static void sender_closes(void)
{
    begin(1);
    (void)model_spawn(send_and_close, sender(0));
    (void)model_spawn(receive_to_the_end, NULL);
    finish(2);
}

static void close_races_with_send(void)
{
    begin(1);
    (void)model_spawn(try_send_one, sender(0));
    (void)model_spawn(close_it, NULL);
    finish(2);
}

static void close_races_with_receive(void)
{
    begin(1);
    (void)try_send(0);
    (void)model_spawn(try_receive_two, NULL);
    (void)model_spawn(close_it, NULL);
    finish(2);
}

static void close_races_with_both(void)
{
    begin(1);
    (void)model_spawn(try_send_one, sender(0));
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

static void close_wakes_two_senders(void)
{
    begin(1);
    (void)try_send(0);
    (void)model_spawn(send_if_open, sender(0));
    (void)model_spawn(send_if_open, sender(1));
    (void)model_spawn(close_it, NULL);
    finish(3);
}

#define CLIENT(function) \
    static const struct model_client function##_client = {.name = #function, .body = (function)}
CLIENT(one_sender_tries);
CLIENT(two_senders_try_at_capacity_1);
CLIENT(two_senders_try_at_capacity_2);
CLIENT(room_is_handed_on);
CLIENT(batches);
CLIENT(length_beside_both);
CLIENT(receiver_sleeps);
CLIENT(sender_sleeps);
CLIENT(signal_is_passed_on);
CLIENT(both_sleep);
CLIENT(receiver_waits_for_two_senders);
CLIENT(receiver_has_no_time);
CLIENT(sender_has_no_time);
CLIENT(sender_closes);
CLIENT(close_races_with_send);
CLIENT(close_races_with_receive);
CLIENT(close_races_with_both);
CLIENT(close_wakes_receiver);
CLIENT(close_wakes_two_senders);

static const struct model_client *const clients[] = {
    &one_sender_tries_client,
    &two_senders_try_at_capacity_1_client,
    &two_senders_try_at_capacity_2_client,
    &room_is_handed_on_client,
    &batches_client,
    &length_beside_both_client,
    &receiver_sleeps_client,
    &sender_sleeps_client,
    &close_races_with_send_client,
    &close_races_with_receive_client,
    &close_races_with_both_client,
    &close_wakes_receiver_client,
    &receiver_has_no_time_client,
    &sender_has_no_time_client,
    &sender_closes_client,
};
#define NCLIENTS (sizeof(clients) / sizeof(clients[0]))

static void each_item_arrives_once(void **state)
{
    (void)state;
    for (size_t i = 0; i < NCLIENTS; i++)
        expect_clean(clients[i]);
    expect_clean_at_length(&both_sleep_client);
    expect_clean_at_length(&close_wakes_two_senders_client);
    expect_clean_at_length(&receiver_waits_for_two_senders_client);
    expect_clean_at_length(&signal_is_passed_on_client);
}

static void each_item_arrives_once_where_positions_wrap(void **state)
{
    (void)state;
    for (uint64_t back = 1; back <= 2; back++) {
        first_position = 0 - back;
        expect_clean(&two_senders_try_at_capacity_2_client);
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
    expect_found(&one_sender_tries_client,
                 (struct weakening){"rsl_mpsc_publish", OPERATION_STORE, 0, __ATOMIC_RELAXED},
                 MODEL_RACE);
}

static void finds_a_slot_that_is_used_again_too_early(void **state)
{
    (void)state;
    expect_found(&one_sender_tries_client,
                 (struct weakening){"rsl_mpsc_received", OPERATION_STORE, 0, __ATOMIC_RELAXED},
                 MODEL_RACE);
}

/* Between publishing and looking for a sleeper, and between announcing to sleep and looking again.
 */
static void finds_missing_fences(void **state)
{
    (void)state;
    expect_found(&receiver_sleeps_client,
                 (struct weakening){"rsl_mpsc_publish", OPERATION_FENCE, 0, ORDER_NONE},
                 MODEL_DEADLOCK);
    expect_found(&sender_sleeps_client,
                 (struct weakening){"rsl_mpsc_received", OPERATION_FENCE, 0, ORDER_NONE},
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
        cmocka_unit_test(each_item_arrives_once_where_positions_wrap),
        cmocka_unit_test(finds_a_relaxed_publication),
        cmocka_unit_test(finds_a_slot_that_is_used_again_too_early),
        cmocka_unit_test(finds_missing_fences),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
