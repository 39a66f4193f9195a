/* wait_point.h - where one end of a channel waits for the other: asleep, or in an event loop.
 *
 * Not for users of the library; the channels (spsc.h, mpsc.h) stand on it. It differs from an
 * eventcount (eventcount.h) in three ways. Who signals pays a load and no fence. A waiter may be an
 * event loop, which waits for a descriptor. And the word that the signaller loads has room for what
 * else the signaller must learn, which is that the channel is closed.
 *
 * Roles: waiters, who wait until a condition holds; signallers, who make it true. Either may be any
 * number of threads, all at once; but only one event loop.
 *
 *     waiter                                    signaller
 *     set SLEEPER (or EVENT) in `flags`         make the condition true
 *     heavy fence                               light fence
 *     condition? then go on                     `flags` not 0? then rsl_wait_point_look()
 *     sleep on `epoch`                            clear the two, ++epoch, wake one sleeper; write
 *                                                 to the descriptor
 *
 * 1. No wake-up is lost: of the two fences one comes first (asymmetric_fence.h), so the waiter sees
 *    the condition or the signaller sees the flag. The epoch is read before the flag is set; a
 *    signaller that clears the flag changes the epoch, so the futex does not let the waiter sleep.
 * 2. A signal clears the flags, so the next costs nothing until somebody is about to sleep again.
 * 3. A signal wakes one sleeper. It must be passed on: whoever has registered calls
 *    rsl_wait_point_leave() when done with what it waited for. If others are still waiting, that
 *    sets the flag again, and if the condition still holds, wakes the next. An end of which there
 * is only one thread need not.
 * 4. Where the kernel refuses heavy fences, FENCED is set in `flags` for good, so that a signaller
 *    always comes to rsl_wait_point_look() and fences there; the waiter does with a seq_cst fence.
 *
 * Signalling is wait-free but for the system call that wakes. Nothing is allocated.
 */
#ifndef RSL_DS_WAIT_POINT_H
#define RSL_DS_WAIT_POINT_H

#include "ds/asymmetric_fence.h"
#include "ds/ds.h"
#include "ds/futex.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Each is more than any address of a stack: rsl_wait_point_is_quiet(). */
#define RSL_WAIT_SLEEPER (UINT64_C(1) << 63) /* somebody sleeps, or is about to */
#define RSL_WAIT_EVENT   (UINT64_C(1) << 62) /* the event loop is armed */
#define RSL_WAIT_CLOSED  (UINT64_C(1) << 61) /* the channel is closed: stays set */
#define RSL_WAIT_FENCED  (UINT64_C(1) << 60) /* light fences do not suffice: stays set */

/* Read by signallers after each message, written only when somebody goes to sleep or is woken:
 * to be kept off lines that are written otherwise. */
struct rsl_wait_point {
    struct rsl_atomic_u64 flags;    /* RSL_WAIT_*; written by both sides */
    struct rsl_atomic_u32 epoch;    /* counts signals that woke; written by signallers */
    struct rsl_atomic_u32 nwaiters; /* threads that sleep or are about to; written by waiters */
    int event_fd;                   /* -1 until asked for; written by the event loop's thread */
};

/* Whether the waiters' condition holds. Any thread. */
typedef bool rsl_wait_condition(const void *channel);

/* `fenced`: heavy fences cannot be had. */
void rsl_wait_point_init(struct rsl_wait_point *point, bool fenced);
void rsl_wait_point_fini(struct rsl_wait_point *point);

/* Whether `flags` is 0, for signallers that made the condition true and passed a light fence. Has
 * no order of its own. */
static inline bool rsl_wait_point_is_quiet(const struct rsl_wait_point *point)
{
#ifdef RSL_X86_OPERANDS
    /* x86 processors join a comparison with a register to the jump behind it, and not one with a
     * constant. The stack pointer is in a register, is not 0, and less than any flag. */
    bool is_less;
    __asm__ __volatile__("cmpq %%rsp, %1" : "=@ccb"(is_less) : "m"(point->flags.value));
    return is_less;
#else
    return rsl_u64_load_relaxed(&point->flags) == 0;
#endif
}

/* For signallers, after they made the condition true and passed a light fence, if `flags` is not 0.
 * Returns the flags as they are behind a fence that counts. */
uint64_t rsl_wait_point_look(struct rsl_wait_point *point);

/* Sets CLOSED and fences heavily: who does not see the flag behind a light fence has made its
 * stores before that visible to the caller. */
void rsl_wait_point_set_closed(struct rsl_wait_point *point);
/* Wakes all waiters, for whom the condition must hold for good. */
void rsl_wait_point_wake_all(struct rsl_wait_point *point);

/* Fences heavily, by whatever means there is. */
void rsl_wait_point_fence(struct rsl_wait_point *point);

/* Waits until the condition may hold, first awake for some microseconds, then asleep; returns false
 * when `deadline_ns` is over and the condition does not hold. Sets *registered if a signal may have
 * been meant for the caller, who then has to call leave in the end; see 3. */
bool rsl_wait_point_wait(struct rsl_wait_point *point, rsl_wait_condition *holds,
                         const void *channel, uint64_t deadline_ns, bool *registered);
void rsl_wait_point_leave(struct rsl_wait_point *point, rsl_wait_condition *holds,
                          const void *channel);

/* The time on the monotonic clock at which a call that may take `timeout_ns` from now has to
 * return. */
uint64_t rsl_deadline_ns(uint64_t timeout_ns);

/* The event loop's side; by one thread at a time. The descriptor is an eventfd, made by the first
 * call and closed by fini. Returns RSL_OK or RSL_EIO. */
enum rsl_status rsl_wait_point_event_fd(struct rsl_wait_point *point, int *event_fd_out);
/* Makes the descriptor unreadable and asks for a signal. Returns false, and asks for none, if the
 * condition holds already. */
bool rsl_wait_point_arm(struct rsl_wait_point *point, rsl_wait_condition *holds,
                        const void *channel);

#ifdef __cplusplus
}
#endif

#endif
