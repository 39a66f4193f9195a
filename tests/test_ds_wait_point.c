/* ds/wait_point.h on its own: the count of its signals wraps around under a sleeper. What else it
 * promises is tested with the channels. */
#include "ds/wait_point.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { NROUNDS = 8, NBEFORE = 3 };

struct meeting {
    struct rsl_wait_point point;
    struct rsl_atomic_u32 ncalls;    /* written by who signals */
    struct rsl_atomic_u32 nanswered; /* written by the waiter */
};

static bool is_called(const void *channel)
{
    const struct meeting *meeting = channel;
    /* acquire: pairs with the store in the test, as a channel's operations do */
    return rsl_u32_load_acquire(&meeting->ncalls) != rsl_u32_load_relaxed(&meeting->nanswered);
}

static void *answer(void *argument)
{
    struct meeting *meeting = argument;
    for (uint32_t i = 0; i < NROUNDS; i++) {
        bool registered = false;
        if (!rsl_wait_point_wait(&meeting->point, is_called, meeting, RSL_FOREVER, &registered) ||
            !registered)
            return NULL;
        rsl_u32_store_release(&meeting->nanswered, i + 1); /* pairs with the load in the test */
    }
    return meeting;
}

static void the_epoch_may_wrap_around(void **state)
{
    (void)state;
    struct meeting meeting;
    rsl_wait_point_init(&meeting.point, !rsl_fence_asymmetric_prepare());
    rsl_u32_init(&meeting.point.epoch, UINT32_MAX - NBEFORE);
    rsl_u32_init(&meeting.ncalls, 0);
    rsl_u32_init(&meeting.nanswered, 0);
    pthread_t waiter;
    assert_int_equal(pthread_create(&waiter, NULL, answer, &meeting), 0);
    for (uint32_t i = 0; i < NROUNDS; i++) {
        /* Until it sleeps, or is about to. */
        while (!(rsl_u64_load_acquire(&meeting.point.flags) & RSL_WAIT_SLEEPER))
            (void)sched_yield();
        rsl_u32_store_release(&meeting.ncalls, i + 1);
        rsl_fence_light();
        (void)rsl_wait_point_look(&meeting.point);
        while (rsl_u32_load_acquire(&meeting.nanswered) != i + 1)
            (void)sched_yield();
    }
    void *result;
    assert_int_equal(pthread_join(waiter, &result), 0);
    assert_ptr_equal(result, &meeting);
    assert_int_equal(rsl_u32_load_relaxed(&meeting.point.epoch), NROUNDS - NBEFORE - 1);
    rsl_wait_point_fini(&meeting.point);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_epoch_may_wrap_around)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
