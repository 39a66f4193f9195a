/* spsc.h - a bounded channel from one thread to one other: a ring of items of one fixed size.
 *
 * Roles. One sender and one receiver at a time; who has a role may hand it to another thread, if
 * something orders the two (a join, a lock). Anybody may close, and ask for the length, at any
 * time.
 *
 *                  send   receive   close   length
 *     send          no      yes      yes     yes
 *     receive      yes       no      yes     yes
 *     close        yes      yes      yes     yes
 *     destroy      nothing may run beside it, nor come after
 *
 * 1. Items arrive in the order sent, each once, whole, and with everything that the sender wrote
 *    before it sent them.
 * 2. At most `capacity` items are in the channel, and when a send says that it is full, it was.
 * 3. Close is one point in time for everybody. Whatever was sent successfully arrives; a send that
 *    comes later fails; one that races with close does one or the other. Receive reports the close
 *    only when all has arrived. A batch goes in wholly before the close or not at all.
 * 4. No wake-up is lost, whether the other end sleeps or waits in an event loop (wait_point.h).
 * While the other end is awake there is neither a system call nor a fence in a send or a receive.
 *
 * Progress: try_ calls and the first attempts of the others are wait-free, but for the system call
 * that wakes a sleeper. Waiting is for some microseconds on the processor, then asleep on a futex.
 *
 * Memory: one block, made by create and freed by destroy. Items are copied in and out; what they
 * point to is the users' affair.
 *
 * How it works. `tail` is the position behind the last item sent, `head` behind the last received;
 * both run freely and are compared by difference. The sender keeps `limit`, up to where there was
 * room when it last looked at `head`, and looks again only when that says full; when it sends one
 * by one, not further ahead than it has asked for the slots' cache lines. The receiver does not
 * look at `tail` at all: behind the items of each call the sender writes where they end to the
 * entry of `ready` that belongs to their first slot, and the receiver reads the entry at its place.
 * An entry that says no more than the receiver's own place is one of an earlier lap; mostly it says
 * that one item is there, and then nothing else need be looked at. That way the receiver, while it
 * waits, reads a line that the sender leaves behind after some messages, and not the one that it
 * writes with every message; and when it finds items, nothing that it does takes a line from the
 * sender (a round trip took 3/4 of what it took with a shared counter; one-way flow differed by
 * less than the noise of the machine at capacity 1,024 and was ahead at 100). linger.h says what a
 * receiver does that is quicker than its sender.
 *
 * A sender needs no fence between publishing an item and looking for a sleeping receiver, because
 * the receiver fences for both before it sleeps (asymmetric_fence.h).
 *
 * Closing sets CLOSED in the words in which the two ends look for a sleeper, so an open channel
 * costs neither anything more. The sender sees it, if it does, only after it has published, and
 * publishes nothing after that; whether those items are in or out is then settled by one
 * compare-and-swap on `final_tail`, which the closer, the receiver and the sender try, each with
 * what it knows to have been sent. Who is not the sender fences heavily between setting or reading
 * CLOSED and reading `tail`: a sender that had not seen CLOSED has its items counted. The
 * receiver's word is set last, so whoever settles but the sender does so when both are; and a
 * receiver that does not see CLOSED after it took items knows that they will be counted. A sender
 * whose items are out takes `tail` back, a receiver that has taken such items gives `head` back,
 * and nobody looks at what lies behind.
 *
 * The ring is Lamport's (TOPLAS 1983), flags instead of a shared counter are from FastForward
 * (Giacomoni et al., PPoPP 2008), the kept counter from MCRingBuffer (Lee et al., IPDPS 2010).
 */
#ifndef RSL_DS_SPSC_H
#define RSL_DS_SPSC_H

#include "ds/channel_memory.h"
#include "ds/ds.h"
#include "ds/futex.h"
#include "ds/item_copy.h"
#include "ds/linger.h"
#include "ds/wait_point.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A position is the number of items before it times this, the size of an entry of `ready`: masked
 * it says where the entry is, and, times what x86 has in its addresses, where the slot is. Of the 7
 * cycles that a send and a receive by one thread take, the way of a position through memory to the
 * next call is all, as long as there are no more instructions than now. */
#define RSL_SPSC_STEP sizeof(uint64_t)

/* Use the functions below. */
struct rsl_spsc {
    /* Fixed from the start, read by both ends. The slots stand behind the struct. */
    struct rsl_atomic_u64 *ready; /* of a slot where a publication began: where that ended; written
                                     by the sender, read by the receiver */
    size_t mask;                  /* of a position: slots - 1, as a position; the slots are a power
                                     of two, at least the capacity */
    uint64_t span;                /* the capacity, as a position */
    size_t item_nbytes;
    size_t nahead; /* items that the sender fetches slots for at once */
    struct rsl_allocator allocator;
    void *block; /* what the allocator gave, around this */
    size_t block_nbytes;
    uint64_t unsettled; /* what final_tail is while the channel is open */
    uint8_t pad[RSL_FALSE_SHARING_RANGE - 12 * sizeof(uint64_t)];

    /* The sender's line. */
    struct rsl_atomic_u64 tail; /* what has been sent; others read it to close and for the length */
    uint64_t limit;             /* up to where there is known to be room; the sender's own */
    struct rsl_linger linger_full; /* the sender's own */
    uint8_t pad_tail[RSL_FALSE_SHARING_RANGE - 4 * sizeof(uint64_t)];

    /* The receiver's line. */
    struct rsl_atomic_u64 head; /* what has been received; read by the sender */
    uint64_t known;             /* up to where items are known to be ready, if that is behind
                                   `head`; the receiver's own */
    struct rsl_linger linger;   /* the receiver's own */
    uint8_t pad_head[RSL_FALSE_SHARING_RANGE - 4 * sizeof(uint64_t)];

    /* Waited on by the receiver, signalled by the sender; and by its side. */
    struct rsl_wait_point items;
    uint8_t pad_items[RSL_FALSE_SHARING_RANGE - sizeof(struct rsl_wait_point)];
    struct rsl_wait_point space;
    uint8_t pad_space[RSL_FALSE_SHARING_RANGE - sizeof(struct rsl_wait_point)];

    /* How many will have been sent in all. Written once, when closed, by whoever is first. */
    struct rsl_atomic_u64 final_tail;
    uint8_t pad_behind[RSL_FALSE_SHARING_RANGE - sizeof(uint64_t)];
};

/* Makes a channel for at most `capacity` items (1 to RSL_CHANNEL_MAX_CAPACITY) of `item_nbytes` (1
 * to UINT32_MAX) bytes. `allocator` is copied; NULL: the default. Returns RSL_OK, RSL_EINVAL or
 * RSL_ENOMEM. Memory: capacity rounded up to a power of two, times item_nbytes + 8, and 2 KiB. */
enum rsl_status rsl_spsc_create(size_t capacity, size_t item_nbytes,
                                const struct rsl_allocator *allocator,
                                struct rsl_spsc **channel_out);
/* The same with positions started at that of the item number `first`: for tests of what happens
 * when they wrap, which they do at 2^61. */
enum rsl_status rsl_spsc_create_at(size_t capacity, size_t item_nbytes, uint64_t first,
                                   const struct rsl_allocator *allocator,
                                   struct rsl_spsc **channel_out);
/* Frees the channel and forgets what is in it. NULL: nothing. */
void rsl_spsc_destroy(struct rsl_spsc *channel);

/* Closes, and wakes both ends. Any thread, any number of times. */
void rsl_spsc_close(struct rsl_spsc *channel);
/* Whether it has been closed. Any thread. */
static inline bool rsl_spsc_is_closed(const struct rsl_spsc *channel)
{
    /* acquire: pairs with rsl_wait_point_set_closed(): what the closer did before */
    return (rsl_u64_load_acquire(&channel->items.flags) & RSL_WAIT_CLOSED) != 0;
}
/* How many items were in the channel at some moment during the call. Any thread. */
size_t rsl_spsc_length(const struct rsl_spsc *channel);
size_t rsl_spsc_capacity(const struct rsl_spsc *channel);

/* Not for users: the parts of the functions below that are seldom needed. */
enum rsl_status rsl_spsc_sent(struct rsl_spsc *channel, uint64_t tail);
uint64_t rsl_spsc_taken(struct rsl_spsc *channel, uint64_t head, uint64_t distance);
enum rsl_status rsl_spsc_send_waiting(struct rsl_spsc *channel, const void *item,
                                      uint64_t timeout_ns);
enum rsl_status rsl_spsc_receive_waiting(struct rsl_spsc *channel, void *item_out,
                                         uint64_t timeout_ns);
enum rsl_status rsl_spsc_look_for_room(struct rsl_spsc *channel, uint64_t tail);
enum rsl_status rsl_spsc_look_for_items(struct rsl_spsc *channel, uint64_t head, uint64_t ready);

/* The same pointer, as one that is another in each call: otherwise gcc takes the addresses of the
 * fields out of loops, each for itself, and has no registers for so many. */
static inline struct rsl_spsc *rsl_spsc_here(struct rsl_spsc *channel)
{
    __asm__("" : "+r"(channel));
    return channel;
}

static inline uint8_t *rsl_spsc_slots(struct rsl_spsc *channel)
{
    return (uint8_t *)(channel + 1);
}

/* The slot at `offset`, which is a position under the mask. */
__attribute__((always_inline)) static inline uint8_t *
rsl_spsc_slot(struct rsl_spsc *channel, size_t offset, size_t item_nbytes)
{
    /* A factor that x86 has in its addresses, where the size is known to allow that. */
    if (__builtin_constant_p(item_nbytes) && item_nbytes % RSL_SPSC_STEP == 0)
        return rsl_spsc_slots(channel) + offset * (item_nbytes / RSL_SPSC_STEP);
    return rsl_spsc_slots(channel) + offset / RSL_SPSC_STEP * item_nbytes;
}

/* The entry of `ready` that belongs to that slot. */
static inline struct rsl_atomic_u64 *rsl_spsc_entry(const struct rsl_spsc *channel, size_t offset)
{
    return (struct rsl_atomic_u64 *)(void *)((uint8_t *)channel->ready + offset);
}

/* Makes the items that are in the slots from `tail` to `end` visible to the receiver. */
static inline enum rsl_status rsl_spsc_publish(struct rsl_spsc *channel, uint64_t tail,
                                               size_t offset, uint64_t end)
{
    /* release: pairs with closed_tail(): publishes the items to who settles the close */
    rsl_u64_store_release(&channel->tail, end);
    /* release: pairs with the receiver's loads: publishes the items, and `tail` */
    rsl_u64_store_release(rsl_spsc_entry(channel, offset), end);
    /* Forbids that the look at the flags comes before the stores. */
    rsl_fence_light();
    /* relaxed: rsl_spsc_sent() looks again */
    if (RSL_NEVER(!rsl_wait_point_is_quiet(&channel->items)))
        return rsl_spsc_sent(channel, tail);
    return RSL_OK;
}

/* Gives the slots of the next `distance` positions from `head` on, whose items have been copied,
 * back to the sender. Returns for how many of them items were sent before the close. */
static inline uint64_t rsl_spsc_received(struct rsl_spsc *channel, uint64_t head, uint64_t distance)
{
    /* release: pairs with look_for_room() */
    rsl_u64_store_release(&channel->head, head + distance);
    /* Forbids that the look at the flags comes before the store, or the load that found the items.
     */
    rsl_fence_light();
    /* relaxed: rsl_spsc_taken() looks again */
    if (RSL_NEVER(!rsl_wait_point_is_quiet(&channel->space)))
        return rsl_spsc_taken(channel, head, distance);
    return distance;
}

/* Sends a copy of `item`, if there is room now. Returns RSL_OK, RSL_EAGAIN if the channel is full,
 * or RSL_ECLOSED. The sender only.
 * The _sized forms are for calls where `item_nbytes`, which must be what the channel was made with,
 * is a constant: the copy is then open-coded. */
static inline enum rsl_status rsl_spsc_try_send_sized(struct rsl_spsc *channel, const void *item,
                                                      size_t item_nbytes)
{
    channel = rsl_spsc_here(channel);
    /* relaxed: our own counter */
    uint64_t tail = rsl_u64_load_relaxed(&channel->tail);
    if (RSL_NEVER(tail == channel->limit)) {
        const enum rsl_status status = rsl_spsc_look_for_room(channel, tail);
        if (status != RSL_OK)
            return status;
        tail = rsl_u64_load_relaxed(&channel->tail); /* the same */
    }
    const size_t offset = (size_t)tail & channel->mask;
    uint8_t *to = rsl_spsc_slot(channel, offset, item_nbytes);
    rsl_plain_write(to, item_nbytes);
    rsl_item_store(to, item, item_nbytes);
    return rsl_spsc_publish(channel, tail, offset, tail + RSL_SPSC_STEP);
}

static inline enum rsl_status rsl_spsc_try_send(struct rsl_spsc *channel, const void *item)
{
    return rsl_spsc_try_send_sized(channel, item, channel->item_nbytes);
}

/* Moves the oldest item to `item_out`, if there is any now. Returns RSL_OK, RSL_EAGAIN if the
 * channel is empty, or RSL_ECLOSED if it is closed and has been emptied. The receiver only. The
 * first call that finds it empty after others did not looks again some hundred nanoseconds later,
 * and so does a send that finds it full (linger.h). Whatever *item_out is then, it is no item. */
static inline enum rsl_status rsl_spsc_try_receive_sized(struct rsl_spsc *channel, void *item_out,
                                                         size_t item_nbytes)
{
    channel = rsl_spsc_here(channel);
    /* relaxed: our own counter */
    uint64_t head = rsl_u64_load_relaxed(&channel->head);
    size_t offset = (size_t)head & channel->mask;
    /* acquire: pairs with rsl_spsc_publish(). In the midst of items that were published together an
     * entry is of an earlier lap, and says less. */
    const uint64_t ready = rsl_u64_load_acquire(rsl_spsc_entry(channel, offset));
    if (RSL_NEVER(ready != head + RSL_SPSC_STEP)) {
        const enum rsl_status status = rsl_spsc_look_for_items(channel, head, ready);
        if (status != RSL_OK)
            return status;
        head = rsl_u64_load_relaxed(&channel->head); /* the same */
        offset = (size_t)head & channel->mask;
    }
    const uint8_t *from = rsl_spsc_slot(channel, offset, item_nbytes);
    rsl_plain_read(from, item_nbytes);
    rsl_item_load(item_out, from, item_nbytes);
    return rsl_spsc_received(channel, head, RSL_SPSC_STEP) != 0 ? RSL_OK : RSL_ECLOSED;
}

static inline enum rsl_status rsl_spsc_try_receive(struct rsl_spsc *channel, void *item_out)
{
    return rsl_spsc_try_receive_sized(channel, item_out, channel->item_nbytes);
}

/* Sends as many of items[0..nitems) as there is room for now and returns their number; 0 if the
 * channel is full or closed. One publication for all. The sender only. */
size_t rsl_spsc_try_send_n(struct rsl_spsc *channel, const void *items, size_t nitems);
/* Receives up to `nitems` items now and returns their number: all that are there, or at least half
 * of `nitems`; 0 if there are none. One release of slots for all. The receiver only. */
size_t rsl_spsc_try_receive_n(struct rsl_spsc *channel, void *items_out, size_t nitems);

/* The same, waiting for room, or for an item, for at most `timeout_ns` from now (RSL_FOREVER: until
 * closed). RSL_ETIMEDOUT takes the place of RSL_EAGAIN. */
static inline enum rsl_status rsl_spsc_send(struct rsl_spsc *channel, const void *item,
                                            uint64_t timeout_ns)
{
    const enum rsl_status status = rsl_spsc_try_send(channel, item);
    return __builtin_expect(status != RSL_EAGAIN, 1)
               ? status
               : rsl_spsc_send_waiting(channel, item, timeout_ns);
}

static inline enum rsl_status rsl_spsc_receive(struct rsl_spsc *channel, void *item_out,
                                               uint64_t timeout_ns)
{
    const enum rsl_status status = rsl_spsc_try_receive(channel, item_out);
    return __builtin_expect(status != RSL_EAGAIN, 1)
               ? status
               : rsl_spsc_receive_waiting(channel, item_out, timeout_ns);
}

/* Waits until all of items[0..nitems) are sent, the channel is closed or the time is over; returns
 * how many were sent, the first so many. */
size_t rsl_spsc_send_n(struct rsl_spsc *channel, const void *items, size_t nitems,
                       uint64_t timeout_ns);
/* Waits until there is an item, and then is rsl_spsc_try_receive_n(). 0 if the channel is closed
 * and has been emptied, or the time is over. */
size_t rsl_spsc_receive_n(struct rsl_spsc *channel, void *items_out, size_t nitems,
                          uint64_t timeout_ns);

/* The receiver as an event loop. The descriptor, which belongs to the channel and is the same each
 * time, becomes readable when an item or the close comes after a successful arm. The protocol:
 *
 *     while (rsl_spsc_try_receive(...) == RSL_OK) handle it;      (or try_receive_n)
 *     if (rsl_spsc_arm_receive(channel)) wait in epoll, then start again; else start again at once
 *
 * A descriptor that was readable stays so until the next arm. No system call is made for what is
 * sent while the receiver is not armed, and one, by the sender, for the first item after that. */
enum rsl_status rsl_spsc_receive_fd(struct rsl_spsc *channel, int *fd_out);
/* Returns false if there is something to receive, or the channel is closed. Two system calls. The
 * receiver only, after rsl_spsc_receive_fd(). */
bool rsl_spsc_arm_receive(struct rsl_spsc *channel);

/* The sender as an event loop, by the same protocol: the descriptor becomes readable when there is
 * room, or the channel was closed, after a successful arm. Arm when try_send says RSL_EAGAIN. */
enum rsl_status rsl_spsc_send_fd(struct rsl_spsc *channel, int *fd_out);
/* Returns false if there is room, or the channel is closed. */
bool rsl_spsc_arm_send(struct rsl_spsc *channel);

#ifdef __cplusplus
}
#endif

#endif
