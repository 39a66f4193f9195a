/* event_loop.h - one thread that waits for descriptors, channels, timers, signals and other
 * threads.
 *
 *     struct rsl_event_loop *loop;
 *     rsl_event_loop_create(NULL, &loop);
 *     struct rsl_event_input input = {.fd = inotify_fd, .on_ready = read_changes, .context = me};
 *     rsl_event_loop_add_input(loop, &input);
 *     struct rsl_event_timer settle = {.on_time = hand_out, .context = me};
 *     rsl_event_loop_set_timer(loop, &settle, rsl_event_loop_now_ns() + 20000000);
 *     rsl_event_loop_run(loop);
 *
 * A loop stands on io_uring, or on epoll where that is refused (io.h); nothing but speed differs.
 *
 * Sources are structs of the user's, zeroed but for what their comments name, which must stay where
 * they are while they are in a loop. Each has a callback, called on the loop's thread. A callback
 * may add, set and remove any source, itself too; once a source is removed its callback is not
 * called any more, and its memory may go, also when it had been found ready in the same turn.
 *
 * Roles: the loop's thread, which makes all calls but two, and may be handed on if something orders
 * the two threads; and any thread, which may wake and stop.
 * 1. What a thread wrote before rsl_event_loop_wake() or _stop() is seen by on_wake, and after
 *    rsl_event_loop_run(), respectively.
 * 2. After a wake on_wake is called at least once; wakes that come before that are one.
 * 3. A turn calls each ready source once, and every timer that was due when the turn came to timers
 *    once, in the order of their times; no source can keep another from its turn.
 * 4. Nothing is allocated but by create and add.
 */
#ifndef RSL_SCHED_EVENT_LOOP_H
#define RSL_SCHED_EVENT_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ds/ds.h"
#include "ds/futex.h" /* RSL_FOREVER */
#include "sched/io.h"

#ifdef __cplusplus
extern "C" {
#endif

struct rsl_event_loop;
struct rsl_mpsc;
struct rsl_spsc;

/* All zero: the defaults. Copied; the allocator is borrowed. */
struct rsl_event_loop_options {
    enum rsl_io io;
    const struct rsl_allocator *allocator; /* NULL: rsl_allocator_default */
    /* Called after wakes by other threads; may be NULL. */
    void (*on_wake)(struct rsl_event_loop *loop, void *context);
    void *context;
};

/* Makes a loop. `options` NULL: the defaults. Returns RSL_OK, RSL_EINVAL, RSL_ENOMEM, or RSL_EIO
 * with errno set; with RSL_IO_URING also where io_uring is refused (errno is then mostly ENOSYS or
 * EPERM). Takes up to three descriptors. */
enum rsl_status rsl_event_loop_create(const struct rsl_event_loop_options *options,
                                      struct rsl_event_loop **loop_out);
/* Frees the loop and forgets its sources, whose descriptors stay open; signals should have been
 * removed. NULL: nothing. Not from a callback. */
void rsl_event_loop_destroy(struct rsl_event_loop *loop);

/* What the loop stands on: RSL_IO_URING or RSL_IO_EPOLL. Any thread. */
enum rsl_io rsl_event_loop_io(const struct rsl_event_loop *loop);

/* Turns until rsl_event_loop_stop() is called; returns at once, and once, if it had been called
 * before. Returns RSL_OK, or RSL_EIO with errno set. Not from a callback. */
enum rsl_status rsl_event_loop_run(struct rsl_event_loop *loop);
/* Waits until there is something to do, for at most `timeout_ns` (0: not at all; RSL_FOREVER), and
 * does what there is. May return early. Returns RSL_OK, or RSL_EIO with errno set. Not from a
 * callback. One system call, besides those of callbacks. */
enum rsl_status rsl_event_loop_turn(struct rsl_event_loop *loop, uint64_t timeout_ns);

/* Makes rsl_event_loop_run() return at the end of its turn. Any thread, and signal handlers. */
void rsl_event_loop_stop(struct rsl_event_loop *loop);
/* Has on_wake called. Any thread, and signal handlers. A system call for the first wake after
 * on_wake, an exchange for the others. */
void rsl_event_loop_wake(struct rsl_event_loop *loop);

/* The clock of timers: CLOCK_MONOTONIC, nanoseconds. Any thread. */
uint64_t rsl_event_loop_now_ns(void);

/* ---- descriptors */

/* A descriptor that can be read: inotify, a pipe, a terminal, a socket, an eventfd, a regular file
 * (always ready). The callback is called in every turn in which reading would not block, be it for
 * an end of file or an error; whoever does not read it all is called again. */
struct rsl_event_input {
    int fd;
    void (*on_ready)(struct rsl_event_loop *loop, struct rsl_event_input *input);
    void *context; /* the user's */
    /* The loop's. */
    uint32_t slot;
    bool added;
    bool always_ready;
    struct rsl_event_input *next, *previous; /* of those that are always ready */
};

/* From now on `input` is waited for. Returns RSL_OK, RSL_ENOMEM, or RSL_EIO with errno set: EEXIST
 * if the descriptor is in the loop already, EBADF if there is none. Two system calls. */
enum rsl_status rsl_event_loop_add_input(struct rsl_event_loop *loop,
                                         struct rsl_event_input *input);
/* To be called before the descriptor is closed. Nothing if `input` is not in the loop. A system
 * call. */
void rsl_event_loop_remove_input(struct rsl_event_loop *loop, struct rsl_event_input *input);

/* ---- channels */

/* An end of a channel that the loop is to be told of. The callback takes what is there, or fills
 * what room there is, up to a bound of its own so that other sources have their turn, and returns
 * whether it stopped at that bound; false: the channel said RSL_EAGAIN. A channel that is closed
 * and has been emptied must be removed, else it is called in every turn. */
struct rsl_event_channel {
    bool (*on_ready)(struct rsl_event_loop *loop, struct rsl_event_channel *channel);
    void *context; /* the user's */
    /* The loop's. */
    bool (*arm)(void *end);
    void *end;
    uint32_t slot;
    bool added, paused;
    bool armed;   /* the other side will signal */
    bool pending; /* there may be something to do */
    struct rsl_event_channel *next, *previous;
};

/* The receiver's end: ready when there are items, and when the channel is closed. Return RSL_OK,
 * RSL_ENOMEM, or RSL_EIO with errno set. The channel must outlive its place in the loop. */
enum rsl_status rsl_event_loop_add_mpsc(struct rsl_event_loop *loop,
                                        struct rsl_event_channel *source, struct rsl_mpsc *channel);
enum rsl_status rsl_event_loop_add_spsc(struct rsl_event_loop *loop,
                                        struct rsl_event_channel *source, struct rsl_spsc *channel);
/* The sender's end: ready when there is room, so to be paused while there is nothing to send. */
enum rsl_status rsl_event_loop_add_mpsc_sender(struct rsl_event_loop *loop,
                                               struct rsl_event_channel *source,
                                               struct rsl_mpsc *channel);
enum rsl_status rsl_event_loop_add_spsc_sender(struct rsl_event_loop *loop,
                                               struct rsl_event_channel *source,
                                               struct rsl_spsc *channel);
void rsl_event_loop_remove_channel(struct rsl_event_loop *loop, struct rsl_event_channel *source);
/* Paused channels are not called: how back-pressure is passed on. No system call. */
void rsl_event_loop_pause_channel(struct rsl_event_loop *loop, struct rsl_event_channel *source);
void rsl_event_loop_resume_channel(struct rsl_event_loop *loop, struct rsl_event_channel *source);

/* ---- timers */

/* One-shot; the callback may set it again. Any number; a heap, so O(log n) a timer. */
struct rsl_event_timer {
    void (*on_time)(struct rsl_event_loop *loop, struct rsl_event_timer *timer);
    void *context; /* the user's */
    /* The loop's. */
    uint64_t time_ns;
    uint8_t state;
    struct rsl_event_timer *child, *next, *previous;
};

/* The callback will be called once, at `time_ns` or soon after. A timer that was set is moved. */
void rsl_event_loop_set_timer(struct rsl_event_loop *loop, struct rsl_event_timer *timer,
                              uint64_t time_ns);
/* The callback will not be called. Nothing if the timer is not set. */
void rsl_event_loop_stop_timer(struct rsl_event_loop *loop, struct rsl_event_timer *timer);
bool rsl_event_timer_is_set(const struct rsl_event_timer *timer);

/* ---- signals */

/* Signals to the process, in place of what they would do otherwise. */
struct rsl_event_signals {
    void (*on_signal)(struct rsl_event_loop *loop, struct rsl_event_signals *signals, int signo);
    void *context; /* the user's */
    /* The loop's. */
    struct rsl_event_input input;
    uint64_t blocked; /* which of them this blocked: bit signo - 1 */
};

/* Blocks signos[0..nsignos) in the calling thread, and has `signals` called for them. To be called
 * before other threads are started, so that these block them too; a pool's block all anyway. Of a
 * signal that comes again before the callback there is one call. Returns RSL_OK, RSL_EINVAL (no
 * signal, or above 64), RSL_ENOMEM, or RSL_EIO with errno set. Takes a descriptor. */
enum rsl_status rsl_event_loop_add_signals(struct rsl_event_loop *loop,
                                           struct rsl_event_signals *signals, const int *signos,
                                           size_t nsignos);
/* Lets the signals through again that add blocked; by the same thread. Those that have come and
 * were not told of do then what they do. Nothing if `signals` is not in the loop. */
void rsl_event_loop_remove_signals(struct rsl_event_loop *loop, struct rsl_event_signals *signals);

#ifdef __cplusplus
}
#endif

#endif
