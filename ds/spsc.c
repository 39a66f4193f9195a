/* spsc.c - batches, waiting, closing and the event loops' ends; see spsc.h for how it works. */
#include "ds/spsc.h"

/* What different threads write lies on different pairs of lines. */
#define ON_OWN_LINES(field) \
    _Static_assert(offsetof(struct rsl_spsc, field) % RSL_FALSE_SHARING_RANGE == 0, "own lines")
ON_OWN_LINES(tail);
ON_OWN_LINES(head);
ON_OWN_LINES(items);
ON_OWN_LINES(space);

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
    channel->slots = memory.slots;
    channel->ready = memory.marks;
    for (size_t i = 0; i < memory.nslots; i++)
        rsl_u64_init(&channel->ready[i], first);
    channel->mask = memory.nslots - 1;
    channel->capacity = capacity;
    channel->item_nbytes = item_nbytes;
    channel->allocator = memory.allocator;
    channel->block = memory.block;
    channel->block_nbytes = memory.block_nbytes;
    channel->unsettled = first - 1;
    rsl_u64_init(&channel->tail, first);
    channel->head_seen = first;
    rsl_u64_init(&channel->head, first);
    channel->known = first;
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

/* For the receiver, who found items at `head` and then something in the flags: whether the items
 * were sent before the close. */
bool rsl_spsc_may_receive(struct rsl_spsc *channel, uint64_t head)
{
    /* relaxed: whoever finds CLOSED fences, and whoever does not stands behind a fence */
    uint32_t flags = rsl_u32_load_relaxed(&channel->items.flags);
    if (flags & RSL_WAIT_FENCED) {
        rsl_fence_seq_cst(); /* what rsl_spsc_nready() did with a light fence */
        flags = rsl_u32_load_relaxed(&channel->items.flags);
    }
    return !(flags & RSL_WAIT_CLOSED) || closed_tail(channel) != head;
}

/* For the receiver, who found nothing at `head`: what is to be found there a little later. */
uint64_t rsl_spsc_ready_later(struct rsl_spsc *channel, uint64_t head)
{
    if (!rsl_linger_at(&channel->linger, head, 1, channel->capacity))
        return head; /* nothing */
    /* acquire: pairs with rsl_spsc_publish() */
    return rsl_u64_load_acquire(&channel->ready[(size_t)head & channel->mask]);
}

enum rsl_status rsl_spsc_nothing_to_receive(struct rsl_spsc *channel)
{
    /* Items may have come since the receiver looked, and the close after them. */
    return rsl_spsc_is_closed(channel) &&
                   closed_tail(channel) == rsl_u64_load_relaxed(&channel->head) /* our own */
               ? RSL_ECLOSED
               : RSL_EAGAIN;
}

enum rsl_status rsl_spsc_sent(struct rsl_spsc *channel, uint64_t n)
{
    if (!(rsl_wait_point_look(&channel->items) & RSL_WAIT_CLOSED))
        return RSL_OK;
    /* relaxed: our own counter */
    const uint64_t tail = rsl_u64_load_relaxed(&channel->tail);
    if (settle(channel, tail) == tail)
        return RSL_OK;
    /* Too late. Nobody looks at what was written. relaxed: for ourselves */
    rsl_u64_store_relaxed(&channel->tail, tail - n);
    return RSL_ECLOSED;
}

void rsl_spsc_close(struct rsl_spsc *channel)
{
    rsl_wait_point_set_closed(&channel->items);
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
    /* More may have been received and sent since `head` was read. */
    return tail - head < channel->capacity ? (size_t)(tail - head) : channel->capacity;
}

size_t rsl_spsc_capacity(const struct rsl_spsc *channel)
{
    return channel->capacity;
}

size_t rsl_spsc_try_send_n(struct rsl_spsc *channel, const void *items, size_t nitems)
{
    if (nitems == 0)
        return 0;
    const uint64_t tail = rsl_u64_load_relaxed(&channel->tail); /* relaxed: our own */
    const uint64_t nfree = rsl_spsc_nfree(channel, tail, nitems);
    const size_t nsent = nitems < nfree ? nitems : (size_t)nfree;
    if (nsent == 0)
        return 0;
    rsl_ring_write(channel->slots, channel->mask, tail, items, nsent, channel->item_nbytes);
    RSL_YIELD_POINT();
    return rsl_spsc_publish(channel, tail, (size_t)tail & channel->mask, nsent) == RSL_OK ? nsent
                                                                                          : 0;
}

size_t rsl_spsc_try_receive_n(struct rsl_spsc *channel, void *items_out, size_t nitems)
{
    uint8_t *to = items_out;
    uint64_t head = rsl_u64_load_relaxed(&channel->head); /* relaxed: our own */
    size_t nreceived = 0;
    while (nreceived < nitems) {
        const uint64_t nready =
            rsl_spsc_nready(channel, head, (size_t)head & channel->mask, nreceived == 0);
        if (nready == 0)
            break;
        const size_t n = nready < nitems - nreceived ? (size_t)nready : nitems - nreceived;
        rsl_ring_read(channel->slots, channel->mask, head, to + nreceived * channel->item_nbytes, n,
                      channel->item_nbytes);
        nreceived += n;
        head += n;
    }
    if (nreceived > 0) {
        RSL_YIELD_POINT();
        rsl_spsc_received(channel, head);
    }
    return nreceived;
}

/* The sender's condition. Its own counters do not change while it waits. */
static bool can_send(const void *object)
{
    const struct rsl_spsc *channel = object;
    const uint64_t tail = rsl_u64_load_relaxed(&channel->tail);
    /* relaxed: the send that follows acquires */
    return tail - rsl_u64_load_relaxed(&channel->head) < channel->capacity ||
           rsl_spsc_is_closed(channel);
}

/* The receiver's. */
static bool can_receive(const void *object)
{
    const struct rsl_spsc *channel = object;
    const uint64_t head = rsl_u64_load_relaxed(&channel->head); /* relaxed: our own */
    /* relaxed: the receive that follows acquires */
    return head != channel->known ||
           (int64_t)(rsl_u64_load_relaxed(&channel->ready[(size_t)head & channel->mask]) - head) >
               0 ||
           rsl_spsc_is_closed(channel);
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
        const bool closed = rsl_spsc_is_closed(channel);
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
