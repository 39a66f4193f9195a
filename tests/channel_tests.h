/* channel_tests.h - a template: what both channels must do, seen by one thread or a few. The
 * includer defines
 *
 *     CHANNEL          the type
 *     CALL(name)       the function of that name
 *     FIRST_WRAPPING   a number of a first item from which the positions wrap three items later
 */
#include "counting_allocator.h"
#include "refused_calls.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

/* One that must be had. `first`: see create_at. */
static struct CHANNEL *make_channel_at(size_t capacity, size_t item_nbytes, uint64_t first)
{
    struct CHANNEL *channel = NULL;
    assert_int_equal(CALL(create_at)(capacity, item_nbytes, first, NULL, &channel), RSL_OK);
    return channel;
}

static struct CHANNEL *make_channel(size_t capacity)
{
    return make_channel_at(capacity, sizeof(struct item), 0);
}

static void send_numbers(struct CHANNEL *channel, uint32_t first, uint32_t n)
{
    for (uint32_t i = first; i < first + n; i++) {
        const struct item item = make_item(0, i);
        assert_int_equal(CALL(try_send)(channel, &item), RSL_OK);
    }
}

static void expect_numbers(struct CHANNEL *channel, uint32_t first, uint32_t n)
{
    for (uint32_t i = first; i < first + n; i++) {
        struct item item;
        const struct item right = make_item(0, i);
        assert_int_equal(CALL(try_receive)(channel, &item), RSL_OK);
        assert_memory_equal(&item, &right, sizeof(right));
    }
}

static void expect_full(struct CHANNEL *channel)
{
    const struct item item = make_item(0, 0);
    assert_int_equal(CALL(try_send)(channel, &item), RSL_EAGAIN);
    assert_int_equal(CALL(try_send_n)(channel, &item, 1), 0);
}

static void expect_empty(struct CHANNEL *channel, enum rsl_status status)
{
    struct item item;
    assert_int_equal(CALL(try_receive)(channel, &item), status);
    assert_int_equal(CALL(try_receive_n)(channel, &item, 1), 0);
}

static void any_capacity_is_honoured_exactly(void **state)
{
    (void)state;
    static const uint32_t capacities[] = {1, 2, 3, 4, 5, 100, 127, 128, 129, 1000};
    for (size_t k = 0; k < sizeof(capacities) / sizeof(capacities[0]); k++) {
        const uint32_t capacity = capacities[k];
        struct CHANNEL *channel = make_channel(capacity);
        assert_int_equal(CALL(capacity)(channel), capacity);
        for (uint32_t round = 0; round < 5; round++) { /* from five different places */
            assert_int_equal(CALL(length)(channel), 0);
            expect_empty(channel, RSL_EAGAIN);
            send_numbers(channel, 0, capacity);
            assert_int_equal(CALL(length)(channel), capacity);
            expect_full(channel);
            expect_numbers(channel, 0, 1);
            assert_int_equal(CALL(length)(channel), capacity - 1);
            send_numbers(channel, capacity, 1);
            expect_full(channel);
            expect_numbers(channel, 1, capacity);
            expect_empty(channel, RSL_EAGAIN);
        }
        CALL(destroy)(channel);
    }
}

static void items_of_any_size_arrive_whole(void **state)
{
    (void)state;
    for (size_t nbytes = 1; nbytes <= 300; nbytes++) {
        struct CHANNEL *channel = make_channel_at(3, nbytes, 0);
        uint8_t sent[3 * 300], received[3 * 300 + 1];
        for (size_t i = 0; i < sizeof(sent); i++)
            sent[i] = (uint8_t)(i * 7 + nbytes);
        for (unsigned round = 0; round < 3; round++) {
            /* one by one, and the byte behind the last is not touched */
            memset(received, 0xA5, sizeof(received));
            for (size_t i = 0; i < 3; i++)
                assert_int_equal(CALL(try_send)(channel, sent + i * nbytes), RSL_OK);
            for (size_t i = 0; i < 3; i++)
                assert_int_equal(CALL(try_receive)(channel, received + i * nbytes), RSL_OK);
            assert_memory_equal(received, sent, 3 * nbytes);
            assert_int_equal(received[3 * nbytes], 0xA5);
            /* together */
            memset(received, 0xA5, sizeof(received));
            assert_int_equal(CALL(try_send_n)(channel, sent, 3), 3);
            assert_int_equal(CALL(try_receive_n)(channel, received, 3), 3);
            assert_memory_equal(received, sent, 3 * nbytes);
            assert_int_equal(received[3 * nbytes], 0xA5);
        }
        CALL(destroy)(channel);
    }
}

static void the_sized_calls_are_the_same(void **state)
{
    (void)state;
    struct CHANNEL *channel = make_channel(2);
    struct item item = make_item(0, 0), received;
    assert_int_equal(CALL(try_send_sized)(channel, &item, sizeof(item)), RSL_OK);
    expect_numbers(channel, 0, 1);
    send_numbers(channel, 0, 1);
    assert_int_equal(CALL(try_receive_sized)(channel, &received, sizeof(received)), RSL_OK);
    assert_memory_equal(&item, &received, sizeof(item));
    assert_int_equal(CALL(try_receive_sized)(channel, &received, sizeof(received)), RSL_EAGAIN);
    CALL(destroy)(channel);
}

static void batches_move_what_fits_across_the_ring_s_end(void **state)
{
    (void)state;
    struct CHANNEL *channel = make_channel(7);
    struct item items[20], received[20];
    for (uint32_t i = 0; i < 20; i++)
        items[i] = make_item(0, i);
    assert_int_equal(CALL(try_send_n)(channel, items, 0), 0);
    assert_int_equal(CALL(try_receive_n)(channel, received, 0), 0);
    for (uint32_t round = 0; round < 16; round++) {
        assert_int_equal(CALL(try_send_n)(channel, items, 3), 3);
        assert_int_equal(CALL(try_send_n)(channel, items + 3, 17), 4);
        const size_t n = CALL(try_receive_n)(channel, received, 5); /* at least half of those */
        assert_in_range(n, 3, 5);
        assert_int_equal(CALL(try_send_n)(channel, items + 7, 1), 1);
        assert_int_equal(CALL(try_receive_n)(channel, received + n, 15), 8 - n);
        assert_memory_equal(received, items, 8 * sizeof(items[0]));
        assert_int_equal(CALL(length)(channel), 0);
    }
    CALL(destroy)(channel);
}

static void positions_may_wrap_around(void **state)
{
    (void)state;
    static const uint64_t firsts[] = {FIRST_WRAPPING, UINT32_MAX - UINT64_C(2),
                                      (UINT64_C(1) << 31) - 3};
    for (size_t k = 0; k < sizeof(firsts) / sizeof(firsts[0]); k++) {
        for (uint32_t capacity = 1; capacity <= 5; capacity++) {
            struct CHANNEL *channel = make_channel_at(capacity, sizeof(struct item), firsts[k]);
            assert_int_equal(CALL(length)(channel), 0);
            expect_empty(channel, RSL_EAGAIN);
            for (uint32_t i = 0; i < 10; i++) {
                send_numbers(channel, i * capacity, capacity);
                expect_full(channel);
                assert_int_equal(CALL(length)(channel), capacity);
                expect_numbers(channel, i * capacity, capacity);
                expect_empty(channel, RSL_EAGAIN);
            }
            send_numbers(channel, 0, 1);
            CALL(close)(channel);
            expect_numbers(channel, 0, 1);
            expect_empty(channel, RSL_ECLOSED);
            CALL(destroy)(channel);
        }
    }
}

/* One item is in the channel when it is closed, at every place around the wrap. */
static void the_close_may_come_where_positions_wrap(void **state)
{
    (void)state;
    for (uint64_t back = 0; back < 6; back++) {
        struct CHANNEL *channel =
            make_channel_at(2, sizeof(struct item), FIRST_WRAPPING + 3 - back);
        send_numbers(channel, 0, 1);
        CALL(close)(channel);
        assert_int_equal(CALL(length)(channel), 1);
        expect_numbers(channel, 0, 1);
        expect_empty(channel, RSL_ECLOSED);
        CALL(destroy)(channel);
    }
}

static void what_was_sent_before_the_close_arrives(void **state)
{
    (void)state;
    for (uint32_t n = 0; n <= 4; n++) {
        struct CHANNEL *channel = make_channel(4);
        send_numbers(channel, 0, n);
        assert_false(CALL(is_closed)(channel));
        CALL(close)(channel);
        CALL(close)(channel);
        assert_true(CALL(is_closed)(channel));
        for (unsigned k = 0; k < 6; k++) { /* more often than there is room */
            struct item item = make_item(0, 9);
            assert_int_equal(CALL(try_send)(channel, &item), RSL_ECLOSED);
            assert_int_equal(CALL(send)(channel, &item, RSL_FOREVER), RSL_ECLOSED);
            assert_int_equal(CALL(try_send_n)(channel, &item, 1), 0);
            assert_int_equal(CALL(send_n)(channel, &item, 1, RSL_FOREVER), 0);
            assert_int_equal(CALL(length)(channel), n);
        }
        expect_numbers(channel, 0, n);
        for (unsigned k = 0; k < 2; k++) {
            struct item item;
            expect_empty(channel, RSL_ECLOSED);
            assert_int_equal(CALL(receive)(channel, &item, RSL_FOREVER), RSL_ECLOSED);
            assert_int_equal(CALL(receive_n)(channel, &item, 1, RSL_FOREVER), 0);
        }
        CALL(destroy)(channel);
    }
}

static void a_wait_ends_when_its_time_is_over(void **state)
{
    (void)state;
    static const uint64_t timeouts_ns[] = {0, 1, NS_PER_MS};
    for (size_t k = 0; k < sizeof(timeouts_ns) / sizeof(timeouts_ns[0]); k++) {
        const uint64_t timeout_ns = timeouts_ns[k];
        struct CHANNEL *channel = make_channel(2);
        struct item items[3] = {make_item(0, 0), make_item(0, 1), make_item(0, 2)};
        assert_int_equal(CALL(receive)(channel, items, timeout_ns), RSL_ETIMEDOUT);
        assert_int_equal(CALL(receive_n)(channel, items, 3, timeout_ns), 0);
        assert_int_equal(CALL(send_n)(channel, items, 3, timeout_ns), 2);
        assert_int_equal(CALL(send)(channel, items + 2, timeout_ns), RSL_ETIMEDOUT);
        expect_numbers(channel, 0, 2);
        /* and nothing of that is left behind */
        assert_int_equal(CALL(send)(channel, items, timeout_ns), RSL_OK);
        assert_int_equal(CALL(receive)(channel, items + 2, timeout_ns), RSL_OK);
        assert_memory_equal(items, items + 2, sizeof(items[0]));
        CALL(destroy)(channel);
    }
}

static void a_channel_that_cannot_be_is_refused(void **state)
{
    (void)state;
    static const size_t bad[][2] = {
        {0, 8}, {8, 0}, {RSL_CHANNEL_MAX_CAPACITY + (size_t)1, 1}, {1, UINT32_MAX + (size_t)1}};
    for (size_t k = 0; k < sizeof(bad) / sizeof(bad[0]); k++) {
        struct CHANNEL *channel = NULL;
        assert_int_equal(CALL(create)(bad[k][0], bad[k][1], NULL, &channel), RSL_EINVAL);
        assert_null(channel);
    }
    CALL(destroy)(NULL);
}

static void memory_comes_from_the_allocator_or_there_is_no_channel(void **state)
{
    (void)state;
    for (size_t fail_at = 0;; fail_at++) {
        struct counting_allocator counting;
        counting_init(&counting, fail_at);
        struct CHANNEL *channel = NULL;
        const enum rsl_status status = CALL(create)(10, 24, &counting.allocator, &channel);
        if (status == RSL_OK) {
            assert_true(fail_at > 0);
            assert_int_equal(counting.ncalls, fail_at); /* all had been tried */
            assert_true(counting.nbytes >= (size_t)10 * 24);
            uint8_t item[24] = {0};
            assert_int_equal(CALL(try_send)(channel, item), RSL_OK);
            CALL(destroy)(channel);
            assert_int_equal(counting.nbytes, 0);
            assert_false(counting.wrong);
            return;
        }
        assert_int_equal(status, RSL_ENOMEM);
        assert_null(channel);
        assert_int_equal(counting.nbytes, 0);
    }
}

/* The event loop's ends. The descriptor counts the signals since it was last read. */
static bool is_readable(int fd)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
    return poll(&poll_fd, 1, 0) == 1;
}

static uint64_t nsignals(int fd)
{
    uint64_t count = 0;
    return read(fd, &count, sizeof(count)) == sizeof(count) ? count : 0;
}

static void an_armed_receiver_is_signalled_once(void **state)
{
    (void)state;
    struct CHANNEL *channel = make_channel(100);
    int fd = -1, again = -1;
    assert_int_equal(CALL(receive_fd)(channel, &fd), RSL_OK);
    assert_int_equal(CALL(receive_fd)(channel, &again), RSL_OK);
    assert_int_equal(fd, again);
    send_numbers(channel, 0, 50); /* awake: no signal */
    assert_false(is_readable(fd));
    assert_false(CALL(arm_receive)(channel)); /* there is something to receive */
    send_numbers(channel, 50, 50);
    assert_false(is_readable(fd));
    expect_numbers(channel, 0, 100);
    for (unsigned round = 0; round < 3; round++) {
        assert_true(CALL(arm_receive)(channel));
        assert_false(is_readable(fd));
        send_numbers(channel, 0, 100);
        assert_int_equal(nsignals(fd), 1);
        expect_numbers(channel, 0, 100);
        send_numbers(channel, 0, 1); /* awake again */
        assert_false(is_readable(fd));
        expect_numbers(channel, 0, 1);
    }
    CALL(destroy)(channel);
}

static void arming_takes_the_last_signal_off(void **state)
{
    (void)state;
    struct CHANNEL *channel = make_channel(1);
    int fd = -1;
    assert_int_equal(CALL(receive_fd)(channel, &fd), RSL_OK);
    for (unsigned round = 0; round < 3; round++) {
        assert_true(CALL(arm_receive)(channel));
        assert_false(is_readable(fd));
        send_numbers(channel, 0, 1);
        assert_true(is_readable(fd)); /* not read by us */
        expect_numbers(channel, 0, 1);
    }
    CALL(destroy)(channel);
}

static void an_armed_sender_is_signalled_once(void **state)
{
    (void)state;
    struct CHANNEL *channel = make_channel(100);
    int fd = -1;
    assert_int_equal(CALL(send_fd)(channel, &fd), RSL_OK);
    assert_false(CALL(arm_send)(channel)); /* there is room */
    for (unsigned round = 0; round < 3; round++) {
        send_numbers(channel, 0, 100);
        expect_full(channel);
        assert_true(CALL(arm_send)(channel));
        assert_false(is_readable(fd));
        expect_numbers(channel, 0, 60);
        assert_int_equal(nsignals(fd), 1);
        expect_numbers(channel, 60, 40);
        assert_false(is_readable(fd));
    }
    CALL(destroy)(channel);
}

static void the_close_signals_both_event_loops(void **state)
{
    (void)state;
    struct CHANNEL *channel = make_channel(1);
    int receive_fd = -1, send_fd = -1;
    assert_int_equal(CALL(receive_fd)(channel, &receive_fd), RSL_OK);
    assert_int_equal(CALL(send_fd)(channel, &send_fd), RSL_OK);
    assert_true(CALL(arm_receive)(channel));
    send_numbers(channel, 0, 1);
    expect_numbers(channel, 0, 1);
    assert_true(CALL(arm_receive)(channel));
    CALL(close)(channel);
    assert_int_equal(nsignals(receive_fd), 1);
    assert_false(CALL(arm_receive)(channel)); /* closed */
    CALL(destroy)(channel);

    channel = make_channel(1);
    assert_int_equal(CALL(send_fd)(channel, &send_fd), RSL_OK);
    send_numbers(channel, 0, 1);
    assert_true(CALL(arm_send)(channel));
    CALL(close)(channel);
    assert_int_equal(nsignals(send_fd), 1);
    assert_false(CALL(arm_send)(channel)); /* closed, although full */
    CALL(destroy)(channel);
}

/* A thread that waits, in one of four ways, and what that returned. */
enum waiting { WAIT_RECEIVE, WAIT_RECEIVE_N, WAIT_SEND, WAIT_SEND_N };

struct waiter {
    struct CHANNEL *channel;
    uint64_t timeout_ns;
    size_t n; /* of the batch calls */
    enum waiting waiting;
    enum rsl_status status; /* of the others */
    struct item items[3];
};

static void *wait_in_thread(void *argument)
{
    struct waiter *waiter = argument;
    struct CHANNEL *channel = waiter->channel;
    switch (waiter->waiting) {
    case WAIT_RECEIVE:
        waiter->status = CALL(receive)(channel, waiter->items, waiter->timeout_ns);
        break;
    case WAIT_RECEIVE_N:
        waiter->n = CALL(receive_n)(channel, waiter->items, 3, waiter->timeout_ns);
        break;
    case WAIT_SEND: waiter->status = CALL(send)(channel, waiter->items, waiter->timeout_ns); break;
    case WAIT_SEND_N:
        waiter->n = CALL(send_n)(channel, waiter->items, 3, waiter->timeout_ns);
        break;
    }
    return NULL;
}

/* Starts a waiter on a channel that is full or empty, as it must be to wait, with time to fall
 * asleep. */
static pthread_t start_waiter(struct waiter *waiter, enum waiting waiting, uint64_t timeout_ns)
{
    *waiter = (struct waiter){
        .channel = make_channel(2),
        .timeout_ns = timeout_ns,
        .waiting = waiting,
        .items = {make_item(0, 2), make_item(0, 3), make_item(0, 4)},
    };
    if (waiting == WAIT_SEND || waiting == WAIT_SEND_N)
        send_numbers(waiter->channel, 0, 2);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, wait_in_thread, waiter), 0);
    (void)usleep(3000);
    return thread;
}

static void end_waiter(struct waiter *waiter, pthread_t thread)
{
    assert_int_equal(pthread_join(thread, NULL), 0);
    CALL(destroy)(waiter->channel);
}

static void sleepers_are_woken(void)
{
    struct waiter waiter;
    for (unsigned timed = 0; timed < 2; timed++) {
        const uint64_t timeout_ns = timed ? 100000 * NS_PER_MS : RSL_FOREVER;

        pthread_t thread = start_waiter(&waiter, WAIT_RECEIVE, timeout_ns);
        send_numbers(waiter.channel, 7, 1);
        assert_int_equal(pthread_join(thread, NULL), 0);
        assert_int_equal(waiter.status, RSL_OK);
        assert_int_equal(waiter.items[0].number, 7);
        CALL(destroy)(waiter.channel);

        thread = start_waiter(&waiter, WAIT_RECEIVE_N, timeout_ns);
        const struct item pair[2] = {make_item(0, 7), make_item(0, 8)};
        assert_int_equal(CALL(try_send_n)(waiter.channel, pair, 2), 2);
        assert_int_equal(pthread_join(thread, NULL), 0);
        assert_int_equal(waiter.n, 2);
        assert_memory_equal(waiter.items, pair, sizeof(pair));
        CALL(destroy)(waiter.channel);

        thread = start_waiter(&waiter, WAIT_SEND, timeout_ns);
        expect_numbers(waiter.channel, 0, 1);
        assert_int_equal(pthread_join(thread, NULL), 0);
        assert_int_equal(waiter.status, RSL_OK);
        expect_numbers(waiter.channel, 1, 2);
        CALL(destroy)(waiter.channel);

        thread = start_waiter(&waiter, WAIT_SEND_N, timeout_ns);
        for (uint32_t i = 0; i < 5; i++) {
            struct item item;
            const struct item right = make_item(0, i);
            assert_int_equal(CALL(receive)(waiter.channel, &item, RSL_FOREVER), RSL_OK);
            assert_memory_equal(&item, &right, sizeof(right));
        }
        assert_int_equal(pthread_join(thread, NULL), 0);
        assert_int_equal(waiter.n, 3);
        CALL(destroy)(waiter.channel);
    }
}

static void a_sleeper_is_woken_by_what_it_waits_for(void **state)
{
    (void)state;
    sleepers_are_woken();
}

static void a_sleeper_is_woken_by_the_close(void **state)
{
    (void)state;
    struct waiter waiter;
    pthread_t thread = start_waiter(&waiter, WAIT_RECEIVE, RSL_FOREVER);
    CALL(close)(waiter.channel);
    end_waiter(&waiter, thread);
    assert_int_equal(waiter.status, RSL_ECLOSED);

    thread = start_waiter(&waiter, WAIT_RECEIVE_N, RSL_FOREVER);
    CALL(close)(waiter.channel);
    end_waiter(&waiter, thread);
    assert_int_equal(waiter.n, 0);

    thread = start_waiter(&waiter, WAIT_SEND, RSL_FOREVER);
    CALL(close)(waiter.channel);
    end_waiter(&waiter, thread);
    assert_int_equal(waiter.status, RSL_ECLOSED);

    thread = start_waiter(&waiter, WAIT_SEND_N, RSL_FOREVER);
    CALL(close)(waiter.channel);
    end_waiter(&waiter, thread);
    assert_int_equal(waiter.n, 0);
}

/* The kernel refuses heavy fences from the start, or from some time on: to this thread, and to
 * those that it starts. */
static void *wake_sleepers_refused(void *skipped)
{
    if (!refuse_call(SYS_membarrier, EPERM)) {
        *(bool *)skipped = true;
        return NULL;
    }
    sleepers_are_woken();
    return NULL;
}

static void sleepers_are_woken_where_membarrier_is_refused(void **state)
{
    (void)state;
    bool skipped = false;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, wake_sleepers_refused, &skipped), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    if (skipped)
        skip();
}

static void *wake_event_loop_refused(void *argument)
{
    struct CHANNEL *channel = argument; /* made when it was not refused */
    if (!refuse_call(SYS_membarrier, EPERM))
        return NULL;
    int fd = -1;
    assert_int_equal(CALL(receive_fd)(channel, &fd), RSL_OK);
    for (unsigned round = 0; round < 3; round++) {
        assert_true(CALL(arm_receive)(channel));
        send_numbers(channel, 0, 2);
        assert_int_equal(nsignals(fd), 1);
        expect_numbers(channel, 0, 2);
    }
    CALL(close)(channel);
    expect_empty(channel, RSL_ECLOSED);
    return channel;
}

static void membarrier_may_be_refused_later(void **state)
{
    (void)state;
    struct CHANNEL *channel = make_channel(2);
    pthread_t thread;
    void *done = NULL;
    assert_int_equal(pthread_create(&thread, NULL, wake_event_loop_refused, channel), 0);
    assert_int_equal(pthread_join(thread, &done), 0);
    CALL(destroy)(channel);
    if (!done)
        skip();
}

#define CHANNEL_TESTS                                                             \
    cmocka_unit_test(any_capacity_is_honoured_exactly),                           \
        cmocka_unit_test(items_of_any_size_arrive_whole),                         \
        cmocka_unit_test(the_sized_calls_are_the_same),                           \
        cmocka_unit_test(batches_move_what_fits_across_the_ring_s_end),           \
        cmocka_unit_test(positions_may_wrap_around),                              \
        cmocka_unit_test(the_close_may_come_where_positions_wrap),                \
        cmocka_unit_test(what_was_sent_before_the_close_arrives),                 \
        cmocka_unit_test(a_wait_ends_when_its_time_is_over),                      \
        cmocka_unit_test(a_channel_that_cannot_be_is_refused),                    \
        cmocka_unit_test(memory_comes_from_the_allocator_or_there_is_no_channel), \
        cmocka_unit_test(an_armed_receiver_is_signalled_once),                    \
        cmocka_unit_test(arming_takes_the_last_signal_off),                       \
        cmocka_unit_test(an_armed_sender_is_signalled_once),                      \
        cmocka_unit_test(the_close_signals_both_event_loops),                     \
        cmocka_unit_test(a_sleeper_is_woken_by_what_it_waits_for),                \
        cmocka_unit_test(a_sleeper_is_woken_by_the_close),                        \
        cmocka_unit_test(sleepers_are_woken_where_membarrier_is_refused),         \
        cmocka_unit_test(membarrier_may_be_refused_later)
