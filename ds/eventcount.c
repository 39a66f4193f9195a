/* eventcount.c - the paths that are taken when somebody waits.
 *
 * `state` holds an epoch, how many wait, and how many of those have been notified. A notification
 * begins a new epoch. Who finds a later epoch than the one of its key has been notified, whoever
 * the notification was meant for, and leaves. Call those `leaving`: they are registered, of an
 * older epoch, and not asleep (or about to be woken by a notifier that has changed `state` and not
 * yet come to the futex). What keeps notifications from being suppressed wrongly is
 *
 *     nnotified <= number of those leaving <= nwaiters
 *
 * A notification adds one to nnotified and at least one to those leaving: if anybody is asleep, the
 * futex wakes one; if nobody is, everybody registered finds the new epoch before falling asleep,
 * and nnotified was below nwaiters. Whoever leaves takes one from both. Who leaves without having
 * been notified is of the current epoch and changes nwaiters alone. So nnotified == nwaiters says
 * that everybody registered is on the way out, and a notifier need do nothing. Errors are on the
 * safe side only: who returns from the futex for no reason takes a notification off that was
 * another's, which costs a needless system call later.
 *
 * A key fits again after 2^32 notifications that found waiters, during one thread's way from
 * prepare_wait to the futex.
 *
 * A waiter that registered after a notification may be the one whom the futex wakes for it. It then
 * returns too, and looks at the condition again, in the place of the one meant.
 */
#include "ds/eventcount.h"

#include <limits.h>

#define ONE_WAITER   UINT64_C(1)
#define ONE_NOTIFIED (UINT64_C(1) << 16)
#define ONE_EPOCH    (UINT64_C(1) << 32)

static uint32_t epoch_of(uint64_t state)
{
    return (uint32_t)(state >> 32);
}

static uint64_t nwaiters_of(uint64_t state)
{
    return state & UINT64_C(0xFFFF);
}

static uint64_t nnotified_of(uint64_t state)
{
    return state >> 16 & UINT64_C(0xFFFF);
}

/* Ends a registration. `woken`: the futex call ended before its time. Returns whether the caller
 * has been notified, as far as can be known. */
static bool leave(struct rsl_eventcount *ec, uint32_t key, bool woken)
{
    uint64_t state = rsl_u64_load_relaxed(&ec->state); /* relaxed: a first guess for the CAS */
    for (;;) {
        const bool notified = woken || epoch_of(state) != key;
        uint64_t left = state - ONE_WAITER;
        if (notified && nnotified_of(state) > 0)
            left -= ONE_NOTIFIED;
        RSL_YIELD_POINT();
        /* acquire: pairs with the release in rsl_eventcount_wake(): publishes what the notifier
         * made true. */
        if (rsl_u64_cas_acquire(&ec->state, &state, left))
            return notified;
    }
}

void rsl_eventcount_cancel_wait(struct rsl_eventcount *ec, uint32_t key)
{
    (void)leave(ec, key, false);
}

bool rsl_eventcount_commit_wait(struct rsl_eventcount *ec, uint32_t key, uint64_t timeout_ns)
{
    /* Before the look at the epoch: if a notifier comes after that look, it changes `wakes` after
     * this load, and the futex does not let us sleep. acquire: keeps the two loads in this order.
     */
    const uint32_t wakes = rsl_u32_load_acquire(&ec->wakes);
    bool woken = false;
    RSL_YIELD_POINT();
    /* relaxed: a new epoch seen here is seen by leave() too, which acquires */
    if (epoch_of(rsl_u64_load_relaxed(&ec->state)) == key)
        woken = rsl_futex_wait(&ec->wakes, wakes, timeout_ns);
    return leave(ec, key, woken);
}

void rsl_eventcount_wake(struct rsl_eventcount *ec, bool all)
{
    uint64_t state = rsl_u64_load_relaxed(&ec->state); /* relaxed: a first guess for the CAS */
    uint64_t next;
    do {
        if (!rsl_eventcount_must_wake(state))
            return;
        const uint64_t nnew = all ? nwaiters_of(state) - nnotified_of(state) : 1;
        next = state + ONE_EPOCH + nnew * ONE_NOTIFIED;
        RSL_YIELD_POINT();
        /* release: pairs with prepare_wait() and leave(): publishes the condition. */
    } while (!rsl_u64_cas_acq_rel(&ec->state, &state, next));
    RSL_YIELD_POINT();
    /* release: pairs with the load in commit_wait(): who sees this value sees the new epoch. */
    rsl_u32_fetch_add_release(&ec->wakes, 1);
    rsl_futex_wake(&ec->wakes, all ? UINT32_MAX : 1);
}
