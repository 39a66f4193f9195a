/* ds/mpsc.h: what each call does. */
#include "ds/mpsc.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "channel_testing.h"

#define CHANNEL        rsl_mpsc
#define CALL(name)     rsl_mpsc_##name
#define FIRST_WRAPPING ((UINT64_C(1) << 63) - 3)
#include "channel_tests.h"

/* Senders asleep on a full channel, of which a receive frees one slot: each must get its turn, and
 * the room left over must not be forgotten while somebody sleeps. */
static void all_sleeping_senders_get_their_turn(void **state)
{
    (void)state;
    enum { NSENDERS = 5 };
    struct CHANNEL *channel = make_channel(NSENDERS);
    send_numbers(channel, 0, NSENDERS);
    struct waiter waiters[NSENDERS];
    pthread_t threads[NSENDERS];
    for (uint32_t i = 0; i < NSENDERS; i++) {
        waiters[i] = (struct waiter){.channel = channel,
                                     .waiting = WAIT_SEND,
                                     .timeout_ns = RSL_FOREVER,
                                     .items = {make_item(0, NSENDERS)}};
        assert_int_equal(pthread_create(&threads[i], NULL, wait_in_thread, &waiters[i]), 0);
    }
    (void)usleep(5000);
    struct item received[NSENDERS];
    assert_int_equal(rsl_mpsc_try_receive_n(channel, received, NSENDERS), NSENDERS);
    for (unsigned i = 0; i < NSENDERS; i++) { /* with no receive in between */
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(waiters[i].status, RSL_OK);
    }
    assert_int_equal(rsl_mpsc_length(channel), NSENDERS);
    rsl_mpsc_destroy(channel);
}

static void all_sleeping_senders_learn_of_the_close(void **state)
{
    (void)state;
    enum { NSENDERS = 5 };
    struct CHANNEL *channel = make_channel(1);
    send_numbers(channel, 0, 1);
    struct waiter waiters[NSENDERS];
    pthread_t threads[NSENDERS];
    for (uint32_t i = 0; i < NSENDERS; i++) {
        waiters[i] = (struct waiter){.channel = channel,
                                     .waiting = i % 2 ? WAIT_SEND : WAIT_SEND_N,
                                     .timeout_ns = RSL_FOREVER};
        assert_int_equal(pthread_create(&threads[i], NULL, wait_in_thread, &waiters[i]), 0);
    }
    (void)usleep(5000);
    rsl_mpsc_close(channel);
    for (unsigned i = 0; i < NSENDERS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(waiters[i].status, i % 2 ? RSL_ECLOSED : RSL_OK);
        assert_int_equal(waiters[i].n, 0);
    }
    expect_numbers(channel, 0, 1);
    expect_empty(channel, RSL_ECLOSED);
    rsl_mpsc_destroy(channel);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CHANNEL_TESTS,
        cmocka_unit_test(all_sleeping_senders_get_their_turn),
        cmocka_unit_test(all_sleeping_senders_learn_of_the_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
