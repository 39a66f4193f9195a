/* mpsc.c - batches, waiting, closing and the event loops' ends; see mpsc.h for how it works. */
#include "ds/mpsc.h"

/* What different threads write lies on different pairs of lines. */
#define ON_OWN_LINES(field) \
    _Static_assert(offsetof(struct rsl_mpsc, field) % RSL_FALSE_SHARING_RANGE == 0, "own lines")
ON_OWN_LINES(tail);
ON_OWN_LINES(head);
ON_OWN_LINES(items);
ON_OWN_LINES(space);

enum rsl_status rsl_mpsc_create_at(size_t capacity, size_t item_nbytes, uint64_t first,
                                   const struct rsl_allocator *allocator,
                                   struct rsl_mpsc **channel_out)
{
    struct rsl_channel_memory memory;
    const enum rsl_status status =
        rsl_channel_memory_allocate(sizeof(struct rsl_mpsc), capacity, item_nbytes,
                                    sizeof(struct rsl_atomic_u64), allocator, &memory);
    if (status != RSL_OK)
        return status;
    struct rsl_mpsc *channel = memory.channel;
    channel->slots = memory.slots;
    channel->ready = memory.marks;
    channel->mask = memory.nslots - 1;
    channel->capacity = capacity;
    channel->item_nbytes = item_nbytes;
    channel->allocator = memory.allocator;
    channel->block = memory.block;
    channel->block_nbytes = memory.block_nbytes;
    const uint64_t position = first * RSL_MPSC_STEP;
    for (size_t i = 0; i < memory.nslots; i++)
        rsl_u64_init(&channel->ready[i], position);
    rsl_u64_init(&channel->tail, position);
    rsl_u64_init(&channel->head_seen, position);
    rsl_u64_init(&channel->head, position);
    channel->known = position;
    rsl_linger_init(&channel->linger, position);
    const bool fenced = !rsl_fence_asymmetric_prepare();
    rsl_wait_point_init(&channel->items, fenced);
    rsl_wait_point_init(&channel->space, fenced);
    *channel_out = channel;
    return RSL_OK;
}

enum rsl_status rsl_mpsc_create(size_t capacity, size_t item_nbytes,
                                const struct rsl_allocator *allocator,
                                struct rsl_mpsc **channel_out)
{
    return rsl_mpsc_create_at(capacity, item_nbytes, 0, allocator, channel_out);
}

void rsl_mpsc_destroy(struct rsl_mpsc *channel)
{
    if (!channel)
        return;
    rsl_wait_point_fini(&channel->items);
    rsl_wait_point_fini(&channel->space);
    const struct rsl_allocator allocator = channel->allocator;
    allocator.release(allocator.state, channel->block, channel->block_nbytes);
}

void rsl_mpsc_close(struct rsl_mpsc *channel)
{
    /* release: pairs with rsl_mpsc_is_closed() */
    rsl_u64_fetch_or_acq_rel(&channel->tail, RSL_MPSC_CLOSED);
    RSL_YIELD_POINT();
    /* Tells the receiver, who does not look at `tail` otherwise, and fences for both ends: whoever
     * goes to sleep sees one of the two or is woken. */
    rsl_wait_point_set_closed(&channel->items);
    rsl_wait_point_wake_all(&channel->items);
    rsl_wait_point_wake_all(&channel->space);
}

/* Whether the channel is closed and all that was claimed before has been received: by the receiver.
 * CLOSED in the flags comes before the look at `tail`, whose line is the senders'. */
bool rsl_mpsc_is_drained(const struct rsl_mpsc *channel)
{
    /* acquire: pairs with rsl_wait_point_set_closed(): `tail` is then final */
    if (!(rsl_u64_load_acquire(&channel->items.flags) & RSL_WAIT_CLOSED))
        return false;
    return rsl_u64_load_relaxed(&channel->tail) ==
           rsl_u64_load_relaxed(&channel->head) + RSL_MPSC_CLOSED;
}

/* For the receiver, who found nothing at `head`: what is to be found there a little later. */
uint64_t rsl_mpsc_ready_later(struct rsl_mpsc *channel, uint64_t head)
{
    if (!rsl_linger_at(&channel->linger, head, RSL_MPSC_STEP, channel->capacity))
        return head; /* nothing */
    /* acquire: pairs with rsl_mpsc_publish() */
    return rsl_u64_load_acquire(&channel->ready[(size_t)(head / RSL_MPSC_STEP) & channel->mask]);
}

size_t rsl_mpsc_length(const struct rsl_mpsc *channel)
{
    /* acquire: `tail` is then at least as new as this */
    const uint64_t head = rsl_u64_load_acquire(&channel->head);
    const uint64_t n = (rsl_u64_load_relaxed(&channel->tail) - head) / RSL_MPSC_STEP;
    /* More may have been received and sent since `head` was read. */
    return n < channel->capacity ? (size_t)n : channel->capacity;
}

size_t rsl_mpsc_capacity(const struct rsl_mpsc *channel)
{
    return channel->capacity;
}

size_t rsl_mpsc_try_send_n(struct rsl_mpsc *channel, const void *items, size_t nitems)
{
    uint64_t position, n;
    if (nitems == 0 || rsl_mpsc_claim(channel, nitems, &position, &n) != RSL_OK)
        return 0;
    rsl_ring_write(channel->slots, channel->mask, position / RSL_MPSC_STEP, items, (size_t)n,
                   channel->item_nbytes);
    rsl_mpsc_publish(channel, position, n);
    return (size_t)n;
}

size_t rsl_mpsc_try_receive_n(struct rsl_mpsc *channel, void *items_out, size_t nitems)
{
    uint8_t *to = items_out;
    const uint64_t first = rsl_u64_load_relaxed(&channel->head); /* relaxed: our own */
    uint64_t head = first;
    size_t nreceived = 0;
    while (nreceived < nitems) {
        const uint64_t nready = rsl_mpsc_nready(channel, head, nreceived == 0);
        if (nready == 0)
            break;
        const size_t n = nready < nitems - nreceived ? (size_t)nready : nitems - nreceived;
        rsl_ring_read(channel->slots, channel->mask, head / RSL_MPSC_STEP,
                      to + nreceived * channel->item_nbytes, n, channel->item_nbytes);
        nreceived += n;
        head += n * RSL_MPSC_STEP;
    }
    if (nreceived > 0) {
        RSL_YIELD_POINT();
        rsl_mpsc_received(channel, head);
    }
    return nreceived;
}

/* The senders' condition. */
static bool can_send(const void *object)
{
    const struct rsl_mpsc *channel = object;
    /* acquire: `tail` is then at least as new as this. The send that follows acquires the slots. */
    const uint64_t head = rsl_u64_load_acquire(&channel->head);
    const uint64_t tail = rsl_u64_load_acquire(&channel->tail); /* as rsl_mpsc_is_closed() */
    return (tail & RSL_MPSC_CLOSED) || (tail - head) / RSL_MPSC_STEP < channel->capacity;
}

/* The receiver's. */
static bool can_receive(const void *object)
{
    const struct rsl_mpsc *channel = object;
    const uint64_t head = rsl_u64_load_relaxed(&channel->head); /* relaxed: our own */
    const size_t slot = (size_t)(head / RSL_MPSC_STEP) & channel->mask;
    /* relaxed: the receive that follows acquires */
    return head != channel->known ||
           (int64_t)(rsl_u64_load_relaxed(&channel->ready[slot]) - head) > 0 ||
           rsl_mpsc_is_drained(channel);
}

static bool wait_for_space(struct rsl_mpsc *channel, uint64_t deadline_ns, bool *registered)
{
    return rsl_wait_point_wait(&channel->space, can_send, channel, deadline_ns, registered);
}

static bool wait_for_items(struct rsl_mpsc *channel, uint64_t deadline_ns)
{
    bool registered; /* there is one receiver: nobody to pass a signal on to */
    return rsl_wait_point_wait(&channel->items, can_receive, channel, deadline_ns, &registered);
}

enum rsl_status rsl_mpsc_send_waiting(struct rsl_mpsc *channel, const void *item,
                                      uint64_t timeout_ns)
{
    const uint64_t deadline_ns = rsl_deadline_ns(timeout_ns);
    enum rsl_status status = RSL_EAGAIN;
    bool registered = false;
    while (status == RSL_EAGAIN && wait_for_space(channel, deadline_ns, &registered))
        status = rsl_mpsc_try_send(channel, item);
    if (registered)
        rsl_wait_point_leave(&channel->space, can_send, channel);
    return status == RSL_EAGAIN ? RSL_ETIMEDOUT : status;
}

enum rsl_status rsl_mpsc_receive_waiting(struct rsl_mpsc *channel, void *item_out,
                                         uint64_t timeout_ns)
{
    const uint64_t deadline_ns = rsl_deadline_ns(timeout_ns);
    while (wait_for_items(channel, deadline_ns)) {
        const enum rsl_status status = rsl_mpsc_try_receive(channel, item_out);
        if (status != RSL_EAGAIN)
            return status;
    }
    return RSL_ETIMEDOUT;
}

size_t rsl_mpsc_send_n(struct rsl_mpsc *channel, const void *items, size_t nitems,
                       uint64_t timeout_ns)
{
    const uint8_t *from = items;
    size_t nsent = rsl_mpsc_try_send_n(channel, from, nitems);
    if (nsent == nitems)
        return nsent;
    const uint64_t deadline_ns = rsl_deadline_ns(timeout_ns);
    bool registered = false;
    while (nsent < nitems && !rsl_mpsc_is_closed(channel) &&
           wait_for_space(channel, deadline_ns, &registered))
        nsent += rsl_mpsc_try_send_n(channel, from + nsent * channel->item_nbytes, nitems - nsent);
    if (registered)
        rsl_wait_point_leave(&channel->space, can_send, channel);
    return nsent;
}

size_t rsl_mpsc_receive_n(struct rsl_mpsc *channel, void *items_out, size_t nitems,
                          uint64_t timeout_ns)
{
    size_t nreceived = rsl_mpsc_try_receive_n(channel, items_out, nitems);
    if (nreceived > 0 || nitems == 0)
        return nreceived;
    const uint64_t deadline_ns = rsl_deadline_ns(timeout_ns);
    while (wait_for_items(channel, deadline_ns)) {
        nreceived = rsl_mpsc_try_receive_n(channel, items_out, nitems);
        if (nreceived > 0 || rsl_mpsc_is_drained(channel))
            return nreceived;
    }
    return 0;
}

enum rsl_status rsl_mpsc_receive_fd(struct rsl_mpsc *channel, int *fd_out)
{
    return rsl_wait_point_event_fd(&channel->items, fd_out);
}

bool rsl_mpsc_arm_receive(struct rsl_mpsc *channel)
{
    return rsl_wait_point_arm(&channel->items, can_receive, channel);
}

enum rsl_status rsl_mpsc_send_fd(struct rsl_mpsc *channel, int *fd_out)
{
    return rsl_wait_point_event_fd(&channel->space, fd_out);
}

bool rsl_mpsc_arm_send(struct rsl_mpsc *channel)
{
    return rsl_wait_point_arm(&channel->space, can_send, channel);
}
