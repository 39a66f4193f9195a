/* eventcount.h - how a thread sleeps until a condition that lives in lock-free memory may have
 * become true, without a lock around the condition and without a call when nobody sleeps.
 *
 *     waiter                                         notifier
 *     for (;;) {                                     make the condition true (release or stronger)
 *         if (condition) break;                      rsl_eventcount_notify_one(ec);
 *         key = rsl_eventcount_prepare_wait(ec);
 *         if (condition) {
 *             rsl_eventcount_cancel_wait(ec, key);
 *             break;
 *         }
 *         rsl_eventcount_commit_wait(ec, key, RSL_FOREVER);
 *     }
 *
 * Any number of threads may wait and notify at once, up to RSL_EVENTCOUNT_MAX_WAITERS waiters.
 *
 * 1. No wake-up is lost. A waiter registers before it looks at the condition for the last time, a
 *    notifier looks for waiters after it made the condition true, and a seq_cst fence stands
 *    between the two steps on either side: at least one of them sees the other (Dekker).
 * 2. A notify_all makes every wait prepared before it return. A notify_one makes one wait return
 *    that nobody has notified yet, if there is any; the waiters of one eventcount that gets
 *    notify_one must therefore be interchangeable.
 * 3. A notification costs a fence and a load, and no system call, while nobody waits, and also
 * while all who wait have been notified and are merely on their way out.
 * 4. commit_wait may return for no reason. It never returns with the registration left behind.
 *
 * notify_* is wait-free when nobody waits, lock-free otherwise; prepare_wait is wait-free,
 * cancel_wait lock-free, commit_wait blocks. Nothing is allocated.
 *
 * After the eventcounts of Dmitry Vyukov (1024cores) and folly::EventCount, with the count of those
 * already notified added, which is what 3 needs.
 */
#ifndef RSL_DS_EVENTCOUNT_H
#define RSL_DS_EVENTCOUNT_H

#include "ds/atomic.h"
#include "ds/futex.h"

#ifdef __cplusplus
extern "C" {
#endif

#define RSL_EVENTCOUNT_MAX_WAITERS 65535

/* In the caller's memory; all zero bytes are a valid start too. Best kept off lines that are
 * written often: every notifier reads `state`. */
struct rsl_eventcount {
    /* epoch << 32 | nnotified << 16 | nwaiters. Written by waiters that come and leave and by
     * notifiers that find some. */
    struct rsl_atomic_u64 state;
    /* What sleepers sleep on. Written after `state`, by the notifiers that changed that. */
    struct rsl_atomic_u32 wakes;
};

/* Before any other use, by one thread. */
static inline void rsl_eventcount_init(struct rsl_eventcount *ec)
{
    rsl_u64_init(&ec->state, 0);
    rsl_u32_init(&ec->wakes, 0);
}

/* Registers the caller, who must then look at the condition and call exactly one of cancel_wait and
 * commit_wait with the key returned. Any thread. */
static inline uint32_t rsl_eventcount_prepare_wait(struct rsl_eventcount *ec)
{
    /* acquire: pairs with the release in rsl_eventcount_wake(): whoever registers in the epoch that
     * a notification began also sees what had been published before that. */
    const uint32_t key = (uint32_t)(rsl_u64_fetch_add_acquire(&ec->state, 1) >> 32);
    /* Forbids that the look at the condition moves before the registration. Pairs with the fence in
     * notify_*. */
    rsl_fence_seq_cst();
    return key;
}

/* Takes the registration back. */
void rsl_eventcount_cancel_wait(struct rsl_eventcount *ec, uint32_t key);

/* Sleeps until notified after the prepare_wait() that returned `key`, for at most `timeout_ns` from
 * now (RSL_FOREVER: no limit). Returns false if the time was over first. */
bool rsl_eventcount_commit_wait(struct rsl_eventcount *ec, uint32_t key, uint64_t timeout_ns);

/* The part of notify_* for when somebody waits: wakes one, or all. */
void rsl_eventcount_wake(struct rsl_eventcount *ec, bool all);

/* Whether somebody waits who has not been notified. `state` is a value of that field. */
static inline bool rsl_eventcount_must_wake(uint64_t state)
{
    return (state & UINT64_C(0xFFFF)) != (state >> 16 & UINT64_C(0xFFFF));
}

/* Wakes one of those who wait and have not been notified yet. Any thread. */
static inline void rsl_eventcount_notify_one(struct rsl_eventcount *ec)
{
    /* Forbids that the look for waiters moves before the caller's stores. Pairs with the fence in
     * prepare_wait. */
    rsl_fence_seq_cst();
    /* relaxed: the fence orders it; if nobody is there, nothing else is read */
    if (rsl_eventcount_must_wake(rsl_u64_load_relaxed(&ec->state)))
        rsl_eventcount_wake(ec, false);
}

/* Wakes all who wait. Any thread. */
static inline void rsl_eventcount_notify_all(struct rsl_eventcount *ec)
{
    rsl_fence_seq_cst(); /* as in notify_one */
    if (rsl_eventcount_must_wake(rsl_u64_load_relaxed(&ec->state)))
        rsl_eventcount_wake(ec, true);
}

#ifdef __cplusplus
}
#endif

#endif
