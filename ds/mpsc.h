/* mpsc.h - a bounded channel from many threads to one: a ring of items of one fixed size.
 *
 * Roles. Any number of senders at once, who need not register; one receiver at a time, who may hand
 * its role to another thread, if something orders the two. Anybody may close, and ask for the
 * length.
 *
 *                  send   receive   close   length
 *     send         yes      yes      yes     yes
 *     receive      yes       no      yes     yes
 *     close        yes      yes      yes     yes
 *     destroy      nothing may run beside it, nor come after
 *
 * 1. Each item arrives once, whole, and with everything that its sender wrote before it sent it.
 * The items of one sender arrive in the order in which it sent them; those of a batch, as far as it
 *    was sent at once, without others between them.
 * 2. At most `capacity` items are in the channel, and when a send says that it is full, it was.
 * 3. Close is one point in time for everybody: it sets a bit in the word from which senders claim
 *    their slots. Whoever claimed before sends successfully, and it arrives; whoever comes later
 *    fails. Receive reports the close only when all has arrived.
 * 4. No wake-up is lost, whether the other end sleeps or waits in an event loop (wait_point.h).
 * While the other end is awake there is neither a system call nor a fence in a send or a receive.
 *
 * Progress: try_send is lock-free, and retries only because another sender claimed slots. A sender
 * that is stopped between its claim and its publication holds up what others sent after it, as in
 * every queue whose order is that of the claims; it does not hold up their sends while there is
 * room. try_receive is wait-free. Waiting is for some microseconds on the processor, then asleep.
 *
 * Memory: one block, made by create and freed by destroy. Items are copied in and out; what they
 * point to is the users' affair.
 *
 * How it works. A sender claims n slots with one compare-and-swap on `tail`, copies n items, and
 * writes where they end to the entry of `ready` that belongs to its first slot. The receiver reads
 * the entry at `head`; one that says no more than that is of an earlier lap, and otherwise there is
 * no more to look up until the receiver comes to that end. A batch thus costs one claim and one
 * publication, and the receiver writes nothing that senders write. `ready` is apart from the items
 * so that both are dense, and a batch is one memcpy, or two. Senders compare `tail` with the last
 * value that any of them saw of `head`, which is beside it, and look at the receiver's own line
 * only when that says full. linger.h says what a receiver does that is quicker than its senders.
 *
 * Claims are after Vyukov's bounded queue (1024cores) and the sequencer of the LMAX Disruptor
 * (Thompson et al., 2011).
 */
#ifndef RSL_DS_MPSC_H
#define RSL_DS_MPSC_H

#include "ds/channel_memory.h"
#include "ds/ds.h"
#include "ds/futex.h"
#include "ds/item_copy.h"
#include "ds/linger.h"
#include "ds/wait_point.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Use the functions below. Positions run freely and count in steps of two, so that bit 0 of `tail`
 * can say that the channel is closed. */
struct rsl_mpsc {
    /* Fixed from the start, read by all. */
    uint8_t *slots;
    struct rsl_atomic_u64 *ready; /* of a slot where a publication began: where that ended; written
                                     by senders, read by the receiver */
    size_t mask;                  /* slots - 1; a power of two - 1, at least capacity - 1 */
    size_t capacity;
    size_t item_nbytes;
    struct rsl_allocator allocator;
    void *block; /* what the allocator gave, around this */
    size_t block_nbytes;
    uint8_t pad[RSL_FALSE_SHARING_RANGE - 11 * sizeof(uint64_t)];

    /* The senders' line. */
    struct rsl_atomic_u64 tail;      /* what has been claimed, and RSL_MPSC_CLOSED */
    struct rsl_atomic_u64 head_seen; /* a value that `head` had; may go back */
    uint8_t pad_tail[RSL_FALSE_SHARING_RANGE - 2 * sizeof(uint64_t)];

    /* The receiver's line. */
    struct rsl_atomic_u64 head; /* what has been received; read by senders */
    uint64_t known;             /* up to where items are known to be ready; the receiver's own */
    struct rsl_linger linger;   /* the receiver's own */
    uint8_t pad_head[RSL_FALSE_SHARING_RANGE - 4 * sizeof(uint64_t)];

    /* Waited on by the receiver, signalled by senders; and by their side. */
    struct rsl_wait_point items;
    uint8_t pad_items[RSL_FALSE_SHARING_RANGE - sizeof(struct rsl_wait_point)];
    struct rsl_wait_point space;
    uint8_t pad_space[RSL_FALSE_SHARING_RANGE - sizeof(struct rsl_wait_point)];
};

#define RSL_MPSC_STEP   UINT64_C(2)
#define RSL_MPSC_CLOSED UINT64_C(1)
/* Of 8, 16 and 24, 16 was best for items of 16 bytes. */
#define RSL_MPSC_FETCH_AHEAD 16

/* Makes a channel for at most `capacity` items (1 to RSL_CHANNEL_MAX_CAPACITY) of `item_nbytes` (1
 * to UINT32_MAX) bytes. `allocator` is copied; NULL: the default. Returns RSL_OK, RSL_EINVAL or
 * RSL_ENOMEM. Memory: capacity rounded up to a power of two, times item_nbytes + 8, and 2 KiB. */
enum rsl_status rsl_mpsc_create(size_t capacity, size_t item_nbytes,
                                const struct rsl_allocator *allocator,
                                struct rsl_mpsc **channel_out);
/* The same with positions started at that of the item number `first`: for tests of what happens
 * when they wrap, which they do at 2^63. */
enum rsl_status rsl_mpsc_create_at(size_t capacity, size_t item_nbytes, uint64_t first,
                                   const struct rsl_allocator *allocator,
                                   struct rsl_mpsc **channel_out);
/* Frees the channel and forgets what is in it. NULL: nothing. */
void rsl_mpsc_destroy(struct rsl_mpsc *channel);

/* Closes, and wakes both ends. Any thread, any number of times. */
void rsl_mpsc_close(struct rsl_mpsc *channel);
/* Whether it has been closed. Any thread. */
static inline bool rsl_mpsc_is_closed(const struct rsl_mpsc *channel)
{
    /* acquire: pairs with rsl_mpsc_close(): what the closer did before */
    return (rsl_u64_load_acquire(&channel->tail) & RSL_MPSC_CLOSED) != 0;
}
/* How many items were in the channel at some moment during the call, including those that are just
 * being sent. Any thread. */
size_t rsl_mpsc_length(const struct rsl_mpsc *channel);
size_t rsl_mpsc_capacity(const struct rsl_mpsc *channel);

/* Not for users: the parts of the functions below that are seldom needed. */
enum rsl_status rsl_mpsc_send_waiting(struct rsl_mpsc *channel, const void *item,
                                      uint64_t timeout_ns);
enum rsl_status rsl_mpsc_receive_waiting(struct rsl_mpsc *channel, void *item_out,
                                         uint64_t timeout_ns);
uint64_t rsl_mpsc_ready_later(struct rsl_mpsc *channel, uint64_t head);
bool rsl_mpsc_is_drained(const struct rsl_mpsc *channel);

/* Claims up to `wanted` slots, at least one, from *position_out on. Returns RSL_OK, RSL_EAGAIN or
 * RSL_ECLOSED. */
static inline enum rsl_status rsl_mpsc_claim(struct rsl_mpsc *channel, uint64_t wanted,
                                             uint64_t *position_out, uint64_t *n_out)
{
    for (;;) {
        /* acquire: pairs with the store below and, through it, with rsl_mpsc_received(): the
         * receiver is done with the slots; and `tail` is then at least as new as this. */
        const uint64_t head = rsl_u64_load_acquire(&channel->head_seen);
        /* relaxed: nothing is read on the strength of it */
        uint64_t tail = rsl_u64_load_relaxed(&channel->tail);
        if (__builtin_expect(tail & RSL_MPSC_CLOSED, 0))
            return RSL_ECLOSED;
        /* More than the capacity if `head_seen` had gone back. */
        const uint64_t nused = (tail - head) / RSL_MPSC_STEP;
        const uint64_t nfree = nused < channel->capacity ? channel->capacity - nused : 0;
        if (__builtin_expect(nfree < wanted, 0)) {
            /* acquire: pairs with rsl_mpsc_received() */
            const uint64_t fresh = rsl_u64_load_acquire(&channel->head);
            if (fresh != head) {
                /* release: hands on what was acquired. A sender that is slow here may put an older
                 * value in the place of a newer one; that only makes somebody look again. */
                rsl_u64_store_release(&channel->head_seen, fresh);
                continue;
            }
            if (nfree == 0)
                return RSL_EAGAIN;
        }
        RSL_YIELD_POINT();
        const uint64_t n = nfree < wanted ? nfree : wanted;
        /* relaxed: the claim publishes nothing, and the slots were acquired with `head` */
        if (__builtin_expect(
                rsl_u64_cas_weak_relaxed(&channel->tail, &tail, tail + n * RSL_MPSC_STEP), 1)) {
            *position_out = tail;
            *n_out = n;
            return RSL_OK;
        }
    }
}

/* Makes `n` items, which are in the slots from `position` on, visible to the receiver. */
static inline void rsl_mpsc_publish(struct rsl_mpsc *channel, uint64_t position, uint64_t n)
{
    RSL_YIELD_POINT();
    const size_t slot = (size_t)(position / RSL_MPSC_STEP) & channel->mask;
    /* release: pairs with rsl_mpsc_nready(): publishes the items */
    rsl_u64_store_release(&channel->ready[slot], position + n * RSL_MPSC_STEP);
    /* Forbids that the look at the flags comes before the store. */
    rsl_fence_light();
    /* relaxed: rsl_wait_point_look() looks again */
    if (__builtin_expect(!rsl_wait_point_is_quiet(&channel->items), 0))
        (void)rsl_wait_point_look(&channel->items);
}

/* A claim is a locked instruction and waits until the stores before it are done; and a store into
 * a line that the receiver has read waits for that line. So the lines of the slots to come are
 * asked for some sends before. */
static inline void rsl_mpsc_fetch_ahead(struct rsl_mpsc *channel, uint64_t position,
                                        size_t item_nbytes)
{
    const size_t slot = (size_t)(position / RSL_MPSC_STEP + RSL_MPSC_FETCH_AHEAD) & channel->mask;
    rsl_prefetch_write(&channel->ready[slot]);
    rsl_prefetch_write(channel->slots + slot * item_nbytes);
}

/* How many items are known to be ready from `head` on; looks for more if none are, and
 * again a little later if `linger`. */
static inline uint64_t rsl_mpsc_nready(struct rsl_mpsc *channel, uint64_t head, bool linger)
{
    if (head == channel->known) {
        /* acquire: pairs with rsl_mpsc_publish() */
        uint64_t ready =
            rsl_u64_load_acquire(&channel->ready[(size_t)(head / RSL_MPSC_STEP) & channel->mask]);
        if (__builtin_expect((int64_t)(ready - head) <= 0, 0)) {
            if (linger)
                ready = rsl_mpsc_ready_later(channel, head);
            if ((int64_t)(ready - head) <= 0)
                return 0;
        }
        channel->known = ready;
    }
    return (channel->known - head) / RSL_MPSC_STEP;
}

/* Gives the slots before `head`, whose items have been copied, back to the senders. */
static inline void rsl_mpsc_received(struct rsl_mpsc *channel, uint64_t head)
{
    /* release: pairs with rsl_mpsc_claim() */
    rsl_u64_store_release(&channel->head, head);
    /* Forbids that the look at the flags comes before the store. */
    rsl_fence_light();
    /* relaxed: rsl_wait_point_look() looks again */
    if (__builtin_expect(!rsl_wait_point_is_quiet(&channel->space), 0))
        (void)rsl_wait_point_look(&channel->space);
}

/* Sends a copy of `item`, if there is room now. Returns RSL_OK, RSL_EAGAIN if the channel is full,
 * or RSL_ECLOSED. Any thread. The _sized forms are as in spsc.h. */
static inline enum rsl_status rsl_mpsc_try_send_sized(struct rsl_mpsc *channel, const void *item,
                                                      size_t item_nbytes)
{
    uint64_t position, n;
    const enum rsl_status status = rsl_mpsc_claim(channel, 1, &position, &n);
    if (__builtin_expect(status != RSL_OK, 0))
        return status;
    uint8_t *slot =
        channel->slots + ((size_t)(position / RSL_MPSC_STEP) & channel->mask) * item_nbytes;
    rsl_plain_write(slot, item_nbytes);
    rsl_item_store(slot, item, item_nbytes);
    rsl_mpsc_publish(channel, position, 1);
    rsl_mpsc_fetch_ahead(channel, position, item_nbytes);
    return RSL_OK;
}

static inline enum rsl_status rsl_mpsc_try_send(struct rsl_mpsc *channel, const void *item)
{
    return rsl_mpsc_try_send_sized(channel, item, channel->item_nbytes);
}

/* Moves the oldest item to `item_out`, if it is there. Returns RSL_OK, RSL_EAGAIN if the channel is
 * empty or its oldest item is still being sent, or RSL_ECLOSED if it is closed and has been
 * emptied. The receiver only. */
static inline enum rsl_status rsl_mpsc_try_receive_sized(struct rsl_mpsc *channel, void *item_out,
                                                         size_t item_nbytes)
{
    /* relaxed: our own counter */
    const uint64_t head = rsl_u64_load_relaxed(&channel->head);
    if (__builtin_expect(rsl_mpsc_nready(channel, head, true) == 0, 0))
        return rsl_mpsc_is_drained(channel) ? RSL_ECLOSED : RSL_EAGAIN;
    const uint8_t *slot =
        channel->slots + ((size_t)(head / RSL_MPSC_STEP) & channel->mask) * item_nbytes;
    rsl_plain_read(slot, item_nbytes);
    rsl_item_load(item_out, slot, item_nbytes);
    rsl_mpsc_received(channel, head + RSL_MPSC_STEP);
    return RSL_OK;
}

static inline enum rsl_status rsl_mpsc_try_receive(struct rsl_mpsc *channel, void *item_out)
{
    return rsl_mpsc_try_receive_sized(channel, item_out, channel->item_nbytes);
}

/* Sends as many of items[0..nitems) as there is room for now, together, and returns their number; 0
 * if the channel is full or closed. One claim and one publication for all. Any thread. */
size_t rsl_mpsc_try_send_n(struct rsl_mpsc *channel, const void *items, size_t nitems);
/* Receives up to `nitems` items now and returns their number; 0 if there are none. One release of
 * slots for all. The receiver only. */
size_t rsl_mpsc_try_receive_n(struct rsl_mpsc *channel, void *items_out, size_t nitems);

/* The same, waiting for room, or for an item, for at most `timeout_ns` from now (RSL_FOREVER: until
 * closed). RSL_ETIMEDOUT takes the place of RSL_EAGAIN. */
static inline enum rsl_status rsl_mpsc_send(struct rsl_mpsc *channel, const void *item,
                                            uint64_t timeout_ns)
{
    const enum rsl_status status = rsl_mpsc_try_send(channel, item);
    return __builtin_expect(status != RSL_EAGAIN, 1)
               ? status
               : rsl_mpsc_send_waiting(channel, item, timeout_ns);
}

static inline enum rsl_status rsl_mpsc_receive(struct rsl_mpsc *channel, void *item_out,
                                               uint64_t timeout_ns)
{
    const enum rsl_status status = rsl_mpsc_try_receive(channel, item_out);
    return __builtin_expect(status != RSL_EAGAIN, 1)
               ? status
               : rsl_mpsc_receive_waiting(channel, item_out, timeout_ns);
}

/* Waits until all of items[0..nitems) are sent, the channel is closed or the time is over; returns
 * how many were sent, the first so many. Sent in parts if there is not room for all. */
size_t rsl_mpsc_send_n(struct rsl_mpsc *channel, const void *items, size_t nitems,
                       uint64_t timeout_ns);
/* Waits until there is an item, and receives all that are there, up to `nitems`; returns their
 * number. 0 if the channel is closed and has been emptied, or the time is over. */
size_t rsl_mpsc_receive_n(struct rsl_mpsc *channel, void *items_out, size_t nitems,
                          uint64_t timeout_ns);

/* The receiver as an event loop, by the protocol that spsc.h describes. */
enum rsl_status rsl_mpsc_receive_fd(struct rsl_mpsc *channel, int *fd_out);
/* Returns false if there is something to receive, or the channel is closed. */
bool rsl_mpsc_arm_receive(struct rsl_mpsc *channel);

/* One of the senders, at most, may be an event loop. */
enum rsl_status rsl_mpsc_send_fd(struct rsl_mpsc *channel, int *fd_out);
/* Returns false if there is room, or the channel is closed. */
bool rsl_mpsc_arm_send(struct rsl_mpsc *channel);

#ifdef __cplusplus
}
#endif

#endif
