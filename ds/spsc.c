/* spsc.c - batches, waiting, closing and the event loops' ends; see spsc.h for how it works. */
#include "ds/spsc.h"

/* How many items a sender fetches the slots of at once: of few bytes many, of many bytes one. */
enum { AHEAD_NBYTES = 1024, AHEAD_MOST = 64 };

/* What different threads write lies on different pairs of lines. */
#define ON_OWN_LINES(field) \
    _Static_assert(offsetof(struct rsl_spsc, field) % RSL_FALSE_SHARING_RANGE == 0, "own lines")
ON_OWN_LINES(tail);
ON_OWN_LINES(head);
ON_OWN_LINES(items);
ON_OWN_LINES(space);
_Static_assert(sizeof(struct rsl_spsc) % RSL_FALSE_SHARING_RANGE == 0, "the slots come behind it");

static size_t nahead(size_t item_nbytes)
{
    const size_t n = AHEAD_NBYTES / item_nbytes;
    return n < 1 ? 1 : n < AHEAD_MOST ? n : AHEAD_MOST;
}

enum rsl_status rsl_spsc_create_at(size_t capacity, size_t item_nbytes, uint64_t first,
                                   const struct rsl_allocator *allocator,
                                   struct rsl_spsc **channel_out)
{
    struct rsl_channel_memory memory;
    const enum rsl_status status =
        rsl_channel_memory_allocate(sizeof(struct rsl_spsc), capacity, item_nbytes,
                                    sizeof(struct rsl_atomic_u64), allocator, &memory);
    if (status != RSL_OK)
        return status;
    struct rsl_spsc *channel = memory.channel;
    channel->ready = memory.marks;
    for (size_t i = 0; i < memory.nslots; i++)
        rsl_u64_init(&channel->ready[i], first);
    channel->mask = (memory.nslots - 1) * RSL_SPSC_STEP;
    channel->span = capacity * RSL_SPSC_STEP;
    channel->nahead = nahead(item_nbytes);
    channel->item_nbytes = item_nbytes;
    channel->allocator = memory.allocator;
    channel->block = memory.block;
    channel->block_nbytes = memory.block_nbytes;
    channel->unsettled = first - 1;
    rsl_u64_init(&channel->tail, first);
    channel->limit = first + channel->span;
    rsl_u64_init(&channel->head, first);
    channel->known = first;
    rsl_linger_init(&channel->linger_full, first);
    rsl_linger_init(&channel->linger, first);
    const bool fenced = !rsl_fence_asymmetric_prepare();
    rsl_wait_point_init(&channel->items, fenced);
    rsl_wait_point_init(&channel->space, fenced);
    rsl_u64_init(&channel->final_tail, channel->unsettled);
    *channel_out = channel;
    return RSL_OK;
}

enum rsl_status rsl_spsc_create(size_t capacity, size_t item_nbytes,
                                const struct rsl_allocator *allocator,
                                struct rsl_spsc **channel_out)
{
    return rsl_spsc_create_at(capacity, item_nbytes, 0, allocator, channel_out);
}

void rsl_spsc_destroy(struct rsl_spsc *channel)
{
    if (!channel)
        return;
    rsl_wait_point_fini(&channel->items);
    rsl_wait_point_fini(&channel->space);
    const struct rsl_allocator allocator = channel->allocator;
    allocator.release(allocator.state, channel->block, channel->block_nbytes);
}

/* Proposes that `tail` items have been sent in all, and returns how many that is. */
static uint64_t settle(struct rsl_spsc *channel, uint64_t tail)
{
    uint64_t settled = channel->unsettled;
    RSL_YIELD_POINT();
    /* acq_rel: pairs with itself: hands on the items that the winner acquired through `tail` */
    return rsl_u64_cas_acq_rel(&channel->final_tail, &settled, tail) ? tail : settled;
}

/* For everybody but the sender, after seeing CLOSED. */
static uint64_t closed_tail(struct rsl_spsc *channel)
{
    /* acquire: pairs with settle() */
    const uint64_t settled = rsl_u64_load_acquire(&channel->final_tail);
    if (settled != channel->unsettled)
        return settled;
    /* Forbids that `tail` is read before CLOSED was. Pairs with the light fence in
     * rsl_spsc_publish(): a sender that did not see CLOSED has its items counted. */
    rsl_wait_point_fence(&channel->items);
    RSL_YIELD_POINT();
    /* acquire: pairs with rsl_spsc_publish() */
    return settle(channel, rsl_u64_load_acquire(&channel->tail));
}

/* For the receiver, who has found something in the flags after it took the items of `distance`
 * positions from `head` on: of how many they are in. */
uint64_t rsl_spsc_taken(struct rsl_spsc *channel, uint64_t head, uint64_t distance)
{
    if (!(rsl_wait_point_look(&channel->space) & RSL_WAIT_CLOSED))
        return distance;
    const uint64_t left = closed_tail(channel) - head;
    if (left >= distance)
        return distance;
    /* The others came too late. relaxed: for ourselves; a sender that has seen more room sends
     * nothing into it, for the channel is closed */
    rsl_u64_store_relaxed(&channel->head, head + left);
    return left;
}

/* Whether it is closed, for the receiver, who settles no close before the closer lets it. */
static bool is_closed_for_receiver(const struct rsl_spsc *channel)
{
    /* acquire: pairs with rsl_wait_point_set_closed(): what the closer did before */
    return (rsl_u64_load_acquire(&channel->space.flags) & RSL_WAIT_CLOSED) != 0;
}

static uint64_t ready_at(const struct rsl_spsc *channel, uint64_t head)
{
    /* acquire: pairs with rsl_spsc_publish() */
    return rsl_u64_load_acquire(rsl_spsc_entry(channel, (size_t)head & channel->mask));
}

/* For the receiver, to whom the entry at `head` says `ready`: how many items there are from `head`
 * on. If none, looks again a little later if `linger`. */
static uint64_t nready(struct rsl_spsc *channel, uint64_t head, uint64_t ready, bool linger)
{
    if ((int64_t)(channel->known - head) > 0)
        return (channel->known - head) / RSL_SPSC_STEP;
    if ((int64_t)(ready - head) <= 0 && linger &&
        rsl_linger_at(&channel->linger, head, RSL_SPSC_STEP, rsl_spsc_capacity(channel)))
        ready = ready_at(channel, head);
    if ((int64_t)(ready - head) <= 0)
        return 0;
    channel->known = ready;
    return (ready - head) / RSL_SPSC_STEP;
}

/* For the receiver, who did not find a single item: RSL_OK if there are some, or what there is to
 * be said if not. */
enum rsl_status rsl_spsc_look_for_items(struct rsl_spsc *channel, uint64_t head, uint64_t ready)
{
    if (nready(channel, head, ready, true) > 0)
        return RSL_OK;
    /* Items may have come since the receiver looked, and the close after them. */
    return is_closed_for_receiver(channel) && closed_tail(channel) == head ? RSL_ECLOSED
                                                                           : RSL_EAGAIN;
}

/* For the sender: looks how far the receiver is, and again a little later if the channel is full.
 * Returns up to where there is room, which is nowhere once the channel is closed: rsl_spsc_sent().
 */
static uint64_t look_for_room(struct rsl_spsc *channel, uint64_t tail)
{
    channel->limit = tail;
    if (!rsl_spsc_is_closed(channel)) {
        /* acquire, both: pair with rsl_spsc_received(): the receiver is done with the slots */
        channel->limit = rsl_u64_load_acquire(&channel->head) + channel->span;
        if (channel->limit == tail &&
            rsl_linger_at(&channel->linger_full, tail, RSL_SPSC_STEP, rsl_spsc_capacity(channel)))
            channel->limit = rsl_u64_load_acquire(&channel->head) + channel->span;
    }
    return channel->limit;
}

static size_t offset_of(const struct rsl_spsc *channel, uint64_t position, size_t nitems)
{
    return (size_t)(position + nitems * RSL_SPSC_STEP) & channel->mask;
}

/* Asks for the lines of the slots that come next, and of their entries, all at once: the receiver
 * has had them, and a sender that waits for each when it comes to it falls back so far that the
 * receiver is always close behind it and takes the lines away again. Items of 16 bytes went through
 * three times as fast with this. */
static void fetch_ahead(struct rsl_spsc *channel, uint64_t tail, size_t n)
{
    const size_t nbytes = channel->item_nbytes;
    const size_t step = nbytes < RSL_CACHE_LINE ? RSL_CACHE_LINE / nbytes : 1;
    for (size_t i = 0; i < n; i += step)
        rsl_prefetch_write(rsl_spsc_slot(channel, offset_of(channel, tail, i), nbytes));
    for (size_t i = 0; i < n; i += RSL_CACHE_LINE / sizeof(channel->ready[0]))
        rsl_prefetch_write(rsl_spsc_entry(channel, offset_of(channel, tail, i)));
}

/* For the sender of one item, who knows of no room: RSL_OK if there is some, or what there is to be
 * said if not. */
enum rsl_status rsl_spsc_look_for_room(struct rsl_spsc *channel, uint64_t tail)
{
    size_t n = (size_t)(look_for_room(channel, tail) - tail) / RSL_SPSC_STEP;
    if (n == 0)
        return rsl_spsc_is_closed(channel) ? RSL_ECLOSED : RSL_EAGAIN;
    /* The receiver then is as quick, or the same thread: it has the lines here, or will have them
     * anyway. */
    const bool is_empty = n == rsl_spsc_capacity(channel);
    if (n > channel->nahead) {
        n = channel->nahead;
        channel->limit = tail + n * RSL_SPSC_STEP; /* to come by here again */
    }
    if (!is_empty)
        fetch_ahead(channel, tail, n);
    return RSL_OK;
}

enum rsl_status rsl_spsc_sent(struct rsl_spsc *channel, uint64_t tail)
{
    if (!(rsl_wait_point_look(&channel->items) & RSL_WAIT_CLOSED))
        return RSL_OK;
    /* relaxed: our own counter */
    const uint64_t end = rsl_u64_load_relaxed(&channel->tail);
    const bool in = settle(channel, end) == end;
    if (!in) {
        /* Too late. relaxed: for ourselves; nobody believes what was written */
        rsl_u64_store_relaxed(&channel->tail, tail);
    }
    /* Nothing more is published: the close may have been settled before the receiver can know of
     * it, and what is out is looked at by a receiver until it knows. */
    channel->limit = in ? end : tail;
    return in ? RSL_OK : RSL_ECLOSED;
}

void rsl_spsc_close(struct rsl_spsc *channel)
{
    rsl_wait_point_set_closed(&channel->items);
    rsl_wait_point_set_closed(&channel->space);
    (void)closed_tail(channel);
    rsl_wait_point_wake_all(&channel->items);
    rsl_wait_point_wake_all(&channel->space);
}

size_t rsl_spsc_length(const struct rsl_spsc *channel)
{
    /* acquire: `tail` is then at least as new as this. */
    const uint64_t head = rsl_u64_load_acquire(&channel->head);
    /* acquire: pairs with settle() */
    uint64_t tail = rsl_u64_load_acquire(&channel->final_tail);
    if (tail == channel->unsettled)
        tail = rsl_u64_load_relaxed(&channel->tail);
    /* A receiver may have been ahead of the close when `head` was read, and more may have been
     * received and sent since. */
    if ((int64_t)(tail - head) < 0)
        return 0;
    return (size_t)((tail - head < channel->span ? tail - head : channel->span) / RSL_SPSC_STEP);
}

size_t rsl_spsc_capacity(const struct rsl_spsc *channel)
{
    return (size_t)(channel->span / RSL_SPSC_STEP);
}

size_t rsl_spsc_try_send_n(struct rsl_spsc *channel, const void *items, size_t nitems)
{
    if (nitems == 0)
        return 0;
    const uint64_t tail = rsl_u64_load_relaxed(&channel->tail); /* relaxed: our own */
    uint64_t nfree = (channel->limit - tail) / RSL_SPSC_STEP;
    if (nfree < nitems)
        nfree = (look_for_room(channel, tail) - tail) / RSL_SPSC_STEP;
    const size_t nsent = nitems < nfree ? nitems : (size_t)nfree;
    if (nsent == 0)
        return 0;
    rsl_ring_write(rsl_spsc_slots(channel), channel->mask / RSL_SPSC_STEP, tail / RSL_SPSC_STEP,
                   items, nsent, channel->item_nbytes);
    RSL_YIELD_POINT();
    return rsl_spsc_publish(channel, tail, offset_of(channel, tail, 0),
                            tail + nsent * RSL_SPSC_STEP) == RSL_OK
               ? nsent
               : 0;
}

size_t rsl_spsc_try_receive_n(struct rsl_spsc *channel, void *items_out, size_t nitems)
{
    uint8_t *to = items_out;
    const uint64_t head = rsl_u64_load_relaxed(&channel->head); /* relaxed: our own */
    size_t nreceived = 0;
    uint64_t end = head;
    /* Behind the last items that are ready the sender is writing: a look there takes the line from
     * it, and is not worth that once half of what is wanted has come. */
    while (nreceived < (nitems + 1) / 2) {
        const uint64_t nmore = nready(channel, end, ready_at(channel, end), nreceived == 0);
        if (nmore == 0)
            break;
        const size_t n = nmore < nitems - nreceived ? (size_t)nmore : nitems - nreceived;
        rsl_ring_read(rsl_spsc_slots(channel), channel->mask / RSL_SPSC_STEP, end / RSL_SPSC_STEP,
                      to + nreceived * channel->item_nbytes, n, channel->item_nbytes);
        nreceived += n;
        end += n * RSL_SPSC_STEP;
    }
    if (nreceived == 0)
        return 0;
    RSL_YIELD_POINT();
    return (size_t)rsl_spsc_received(channel, head, end - head) / RSL_SPSC_STEP;
}

/* The sender's condition. Its own counters do not change while it waits. */
static bool can_send(const void *object)
{
    const struct rsl_spsc *channel = object;
    const uint64_t tail = rsl_u64_load_relaxed(&channel->tail);
    /* relaxed: the send that follows acquires */
    return tail - rsl_u64_load_relaxed(&channel->head) < channel->span ||
           rsl_spsc_is_closed(channel);
}

/* The receiver's. */
static bool can_receive(const void *object)
{
    const struct rsl_spsc *channel = object;
    const uint64_t head = rsl_u64_load_relaxed(&channel->head); /* relaxed: our own */
    /* relaxed: the receive that follows acquires */
    return (int64_t)(channel->known - head) > 0 ||
           (int64_t)(rsl_u64_load_relaxed(rsl_spsc_entry(channel, (size_t)head & channel->mask)) -
                     head) > 0 ||
           is_closed_for_receiver(channel);
}

/* There is one sender and one receiver: nobody to pass a signal on to. */
static bool wait_for_space(struct rsl_spsc *channel, uint64_t deadline_ns)
{
    bool registered;
    return rsl_wait_point_wait(&channel->space, can_send, channel, deadline_ns, &registered);
}

static bool wait_for_items(struct rsl_spsc *channel, uint64_t deadline_ns)
{
    bool registered;
    return rsl_wait_point_wait(&channel->items, can_receive, channel, deadline_ns, &registered);
}

enum rsl_status rsl_spsc_send_waiting(struct rsl_spsc *channel, const void *item,
                                      uint64_t timeout_ns)
{
    const uint64_t deadline_ns = rsl_deadline_ns(timeout_ns);
    while (wait_for_space(channel, deadline_ns)) {
        const enum rsl_status status = rsl_spsc_try_send(channel, item);
        if (status != RSL_EAGAIN)
            return status;
    }
    return RSL_ETIMEDOUT;
}

enum rsl_status rsl_spsc_receive_waiting(struct rsl_spsc *channel, void *item_out,
                                         uint64_t timeout_ns)
{
    const uint64_t deadline_ns = rsl_deadline_ns(timeout_ns);
    while (wait_for_items(channel, deadline_ns)) {
        const enum rsl_status status = rsl_spsc_try_receive(channel, item_out);
        if (status != RSL_EAGAIN)
            return status;
    }
    return RSL_ETIMEDOUT;
}

size_t rsl_spsc_send_n(struct rsl_spsc *channel, const void *items, size_t nitems,
                       uint64_t timeout_ns)
{
    const uint8_t *from = items;
    size_t nsent = rsl_spsc_try_send_n(channel, from, nitems);
    if (nsent == nitems)
        return nsent;
    const uint64_t deadline_ns = rsl_deadline_ns(timeout_ns);
    while (nsent < nitems && !rsl_spsc_is_closed(channel) && wait_for_space(channel, deadline_ns))
        nsent += rsl_spsc_try_send_n(channel, from + nsent * channel->item_nbytes, nitems - nsent);
    return nsent;
}

size_t rsl_spsc_receive_n(struct rsl_spsc *channel, void *items_out, size_t nitems,
                          uint64_t timeout_ns)
{
    size_t nreceived = rsl_spsc_try_receive_n(channel, items_out, nitems);
    if (nreceived > 0 || nitems == 0)
        return nreceived;
    const uint64_t deadline_ns = rsl_deadline_ns(timeout_ns);
    while (wait_for_items(channel, deadline_ns)) {
        /* Before the last attempt, which then tells whether the channel is empty for good. */
        const bool closed = is_closed_for_receiver(channel);
        nreceived = rsl_spsc_try_receive_n(channel, items_out, nitems);
        if (nreceived > 0 || closed)
            return nreceived;
    }
    return 0;
}

enum rsl_status rsl_spsc_receive_fd(struct rsl_spsc *channel, int *fd_out)
{
    return rsl_wait_point_event_fd(&channel->items, fd_out);
}

bool rsl_spsc_arm_receive(struct rsl_spsc *channel)
{
    return rsl_wait_point_arm(&channel->items, can_receive, channel);
}

enum rsl_status rsl_spsc_send_fd(struct rsl_spsc *channel, int *fd_out)
{
    return rsl_wait_point_event_fd(&channel->space, fd_out);
}

bool rsl_spsc_arm_send(struct rsl_spsc *channel)
{
    return rsl_wait_point_arm(&channel->space, can_send, channel);
}
