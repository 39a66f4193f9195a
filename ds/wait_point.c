/* wait_point.c - the paths that are taken when somebody waits, or the channel is closed. Needs
 * _GNU_SOURCE for the clock. */
#include "ds/wait_point.h"

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S UINT64_C(1000000000)

/* A sleep and a wake-up cost tens of microseconds, so a waiter stays awake for about as long first:
 * for a microsecond or two on the processor, then offering it to whoever is to make the condition
 * true. Of 10 to 200 spins and 8 to 40 yields these did best: with fewer spins an answer from the
 * other processor comes too late, with more, two senders keep the receiver of a full channel from
 * its processor, and with few yields threads sleep that would be needed at once. */
#ifdef RSL_MODEL
#define NSPINS  0
#define NYIELDS 0
#else
#define NSPINS  40
#define NYIELDS 32
#endif

static uint64_t now_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

uint64_t rsl_deadline_ns(uint64_t timeout_ns)
{
    if (timeout_ns == RSL_FOREVER)
        return RSL_FOREVER;
    const uint64_t now = now_ns();
    return timeout_ns < RSL_FOREVER - now ? now + timeout_ns : RSL_FOREVER;
}

/* What is left of the time until `deadline_ns`. */
static uint64_t remaining_ns(uint64_t deadline_ns)
{
    if (deadline_ns == RSL_FOREVER)
        return RSL_FOREVER;
    const uint64_t now = now_ns();
    return now < deadline_ns ? deadline_ns - now : 0;
}

void rsl_wait_point_init(struct rsl_wait_point *point, bool fenced)
{
    rsl_u64_init(&point->flags, fenced ? RSL_WAIT_FENCED : 0);
    rsl_u32_init(&point->epoch, 0);
    rsl_u32_init(&point->nwaiters, 0);
    point->event_fd = -1;
}

void rsl_wait_point_fini(struct rsl_wait_point *point)
{
    if (point->event_fd >= 0)
        (void)close(point->event_fd);
}

void rsl_wait_point_fence(struct rsl_wait_point *point)
{
    /* relaxed: FENCED is set before the point is shared, or below */
    if (!(rsl_u64_load_relaxed(&point->flags) & RSL_WAIT_FENCED)) {
        if (rsl_fence_heavy())
            return;
        /* Refused although it was granted at first: a sandbox has been entered since. The
         * signallers shall fence from now on; what they stored before they could know of that is
         * waited for. */
        rsl_u64_fetch_or_seq_cst(&point->flags, RSL_WAIT_FENCED);
        rsl_fence_wait_out();
    }
    rsl_fence_seq_cst();
}

static void wake(struct rsl_wait_point *point, uint32_t count)
{
    /* release: pairs with the load in rsl_wait_point_wait(): publishes the condition and, what
     * leave() needs, the waiters that had registered */
    rsl_u32_fetch_add_release(&point->epoch, 1);
    /* relaxed: the waiter whose flag brought us here counted itself before it set that, and the
     * flag was taken with acquire. If it has gone since, there is nobody to wake. */
    if (rsl_u32_load_relaxed(&point->nwaiters) > 0)
        rsl_futex_wake(&point->epoch, count);
}

static void notify_event_loop(struct rsl_wait_point *point)
{
    const uint64_t one = 1;
    /* Fails only if the count is at its maximum, and then the descriptor is readable. */
    if (write(point->event_fd, &one, sizeof(one)) < 0)
        return;
}

static void signal_waiters(struct rsl_wait_point *point, uint32_t count)
{
    RSL_YIELD_POINT();
    /* acq_rel: pairs with the waiter's fetch_or: publishes `nwaiters` and `event_fd` to us; and
     * with other signals, so that a chain of them hands these on */
    const uint64_t flags =
        rsl_u64_fetch_and_acq_rel(&point->flags, ~(RSL_WAIT_SLEEPER | RSL_WAIT_EVENT));
    RSL_YIELD_POINT();
    if (flags & RSL_WAIT_SLEEPER)
        wake(point, count);
    if (flags & RSL_WAIT_EVENT)
        notify_event_loop(point);
}

uint64_t rsl_wait_point_look(struct rsl_wait_point *point)
{
    /* relaxed: the fence that counts stands before the load, the caller's light one or this */
    uint64_t flags = rsl_u64_load_relaxed(&point->flags);
    if (flags & RSL_WAIT_FENCED) {
        rsl_fence_seq_cst();
        flags = rsl_u64_load_relaxed(&point->flags);
    }
    if (flags & (RSL_WAIT_SLEEPER | RSL_WAIT_EVENT))
        signal_waiters(point, 1);
    return flags;
}

void rsl_wait_point_set_closed(struct rsl_wait_point *point)
{
    /* release: pairs with the channels' acquire loads of `flags`: publishes what was done to the
     * channel before it was closed */
    rsl_u64_fetch_or_acq_rel(&point->flags, RSL_WAIT_CLOSED);
    rsl_wait_point_fence(point);
}

void rsl_wait_point_wake_all(struct rsl_wait_point *point)
{
    signal_waiters(point, INT_MAX);
}

static bool wait_awake(rsl_wait_condition *holds, const void *channel)
{
    for (int i = 0; i < NSPINS; i++) {
        rsl_pause();
        if (holds(channel))
            return true;
    }
    for (int i = 0; i < NYIELDS; i++) {
        (void)sched_yield();
        if (holds(channel))
            return true;
    }
    return false;
}

static bool wait_asleep(struct rsl_wait_point *point, rsl_wait_condition *holds,
                        const void *channel, uint64_t deadline_ns)
{
    for (;;) {
        /* acquire: pairs with wake(); before the flag is set, see 1 in the header */
        const uint32_t epoch = rsl_u32_load_acquire(&point->epoch);
        RSL_YIELD_POINT();
        /* acq_rel: pairs with signal_waiters(): publishes our registration */
        rsl_u64_fetch_or_acq_rel(&point->flags, RSL_WAIT_SLEEPER);
        rsl_wait_point_fence(point);
        if (holds(channel))
            return true;
        const uint64_t timeout_ns = remaining_ns(deadline_ns);
        if (timeout_ns == 0)
            return false;
        RSL_YIELD_POINT();
        (void)rsl_futex_wait(&point->epoch, epoch, timeout_ns);
        /* acquire: as above; without it, leave() might miss a waiter that the signal left asleep */
        (void)rsl_u32_load_acquire(&point->epoch);
        if (holds(channel))
            return true;
    }
}

bool rsl_wait_point_wait(struct rsl_wait_point *point, rsl_wait_condition *holds,
                         const void *channel, uint64_t deadline_ns, bool *registered)
{
    if (remaining_ns(deadline_ns) == 0)
        return holds(channel);
    if (wait_awake(holds, channel))
        return true;
    *registered = true;
    /* relaxed: published by the flag that is set next */
    rsl_u32_fetch_add_relaxed(&point->nwaiters, 1);
    const bool held = wait_asleep(point, holds, channel, deadline_ns);
    /* relaxed: a signaller that still counts us makes a call for nothing */
    rsl_u32_fetch_add_relaxed(&point->nwaiters, UINT32_MAX);
    return held;
}

void rsl_wait_point_leave(struct rsl_wait_point *point, rsl_wait_condition *holds,
                          const void *channel)
{
    /* relaxed: a waiter that the signal which woke us has left asleep had registered before that
     * signal, which we acquired. One that registers later looks at the condition by itself. */
    if (rsl_u32_load_relaxed(&point->nwaiters) == 0)
        return;
    rsl_u64_fetch_or_acq_rel(&point->flags, RSL_WAIT_SLEEPER); /* as in wait_asleep() */
    rsl_wait_point_fence(point);
    if (holds(channel))
        signal_waiters(point, 1);
}

enum rsl_status rsl_wait_point_event_fd(struct rsl_wait_point *point, int *event_fd_out)
{
    if (point->event_fd < 0) {
        const int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
        if (fd < 0)
            return RSL_EIO;
        point->event_fd = fd;
    }
    *event_fd_out = point->event_fd;
    return RSL_OK;
}

bool rsl_wait_point_arm(struct rsl_wait_point *point, rsl_wait_condition *holds,
                        const void *channel)
{
    uint64_t nsignals;
    /* Fails with EAGAIN if there was no signal. One that is still on its way makes the descriptor
     * readable once for nothing. */
    if (read(point->event_fd, &nsignals, sizeof(nsignals)) < 0 && errno != EAGAIN)
        return false;
    /* acq_rel: pairs with signal_waiters(): publishes `event_fd` */
    rsl_u64_fetch_or_acq_rel(&point->flags, RSL_WAIT_EVENT);
    rsl_wait_point_fence(point);
    if (!holds(channel))
        return true;
    /* relaxed: if a signaller was quicker, there is a signal for nothing */
    rsl_u64_fetch_and_relaxed(&point->flags, ~RSL_WAIT_EVENT);
    return false;
}
