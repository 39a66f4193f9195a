/* event_loop.c - sources and turns, the same on epoll and on io_uring.
 *
 * Atomics. `woken` and `stopped` are set by any thread and cleared by the loop's. All are
 * read-modify-writes, acquire and release: whoever finds `woken` set already leaves the wake to the
 * thread that set it, and what it wrote before is published by its own exchange, which the loop's
 * later one reads from. Wait-free but for the write to the eventfd.
 */
#include "sched/event_loop.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "ds/mpsc.h"
#include "ds/spsc.h"
#include "sched/event_loop_internal.h"

#define NS_PER_S UINT64_C(1000000000)

uint64_t rsl_event_loop_now_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

/* ---- slots */

static uint64_t id_of(const struct rsl_event_loop *loop, uint32_t slot)
{
    return (uint64_t)loop->slots[slot].generation << 32 | slot;
}

/* Sets errno. */
static enum rsl_status status_of(int error)
{
    if (error == 0)
        return RSL_OK;
    errno = -error;
    return error == -ENOMEM ? RSL_ENOMEM : RSL_EIO;
}

static int grow(struct rsl_event_loop *loop)
{
    const uint32_t capacity = loop->capacity == 0 ? 16 : loop->capacity * 2;
    struct rsl_event_slot *slots =
        loop->allocator->resize(loop->allocator->state, loop->slots, loop->capacity * sizeof *slots,
                                capacity * sizeof *slots);
    if (slots == NULL)
        return -ENOMEM;
    loop->slots = slots;
    loop->capacity = capacity;
    return 0;
}

/* Has the backend wait for what the slot is for. */
static int watch(struct rsl_event_loop *loop, uint32_t slot)
{
    const int error =
        loop->backend->ops->watch(loop->backend, loop->slots[slot].fd, id_of(loop, slot));
    loop->slots[slot].watched = error == 0;
    return error;
}

/* Takes a slot, which is not watched yet. */
static int take_slot(struct rsl_event_loop *loop, enum rsl_event_slot_kind kind, int fd,
                     void *source, uint32_t *slot_out)
{
    uint32_t slot = loop->first_free;
    if (slot == loop->nslots) {
        if (loop->nslots == loop->capacity && grow(loop) != 0)
            return -ENOMEM;
        loop->slots[slot] = (struct rsl_event_slot){.generation = 1};
        loop->first_free = ++loop->nslots;
    } else {
        loop->first_free = loop->slots[slot].next_free;
    }
    struct rsl_event_slot *taken = &loop->slots[slot];
    taken->kind = kind;
    taken->fd = fd;
    taken->watched = false;
    taken->source = source;
    *slot_out = slot;
    return 0;
}

static void free_slot(struct rsl_event_loop *loop, uint32_t slot)
{
    struct rsl_event_slot *freed = &loop->slots[slot];
    if (freed->watched)
        loop->backend->ops->unwatch(loop->backend, freed->fd, id_of(loop, slot));
    freed->kind = RSL_EVENT_FREE;
    if (++freed->generation == 0)
        freed->generation = 1;
    freed->next_free = loop->first_free;
    loop->first_free = slot;
}

/* ---- beginning and end */

static int create_backend(enum rsl_io io, const struct rsl_allocator *allocator,
                          struct rsl_event_backend **backend_out)
{
    int error = -ENOSYS;
    if (io != RSL_IO_EPOLL)
        error = rsl_event_uring_create(allocator, backend_out);
    /* Whatever stands against io_uring, epoll may still do. */
    if (io == RSL_IO_EPOLL || (io == RSL_IO_ANY && error != 0))
        error = rsl_event_epoll_create(allocator, backend_out);
    return error;
}

static int init(struct rsl_event_loop *loop)
{
    int error = create_backend(loop->options.io, loop->allocator, &loop->backend);
    if (error != 0)
        return error;
    loop->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (loop->wake_fd < 0)
        return -errno;
    error = take_slot(loop, RSL_EVENT_WAKE, loop->wake_fd, NULL, &loop->wake_slot);
    return error != 0 ? error : watch(loop, loop->wake_slot);
}

enum rsl_status rsl_event_loop_create(const struct rsl_event_loop_options *options,
                                      struct rsl_event_loop **loop_out)
{
    static const struct rsl_event_loop_options defaults = {.io = RSL_IO_ANY};
    if (options == NULL)
        options = &defaults;
    if (options->io != RSL_IO_ANY && options->io != RSL_IO_URING && options->io != RSL_IO_EPOLL)
        return RSL_EINVAL;
    const struct rsl_allocator *allocator =
        options->allocator == NULL ? &rsl_allocator_default : options->allocator;
    struct rsl_event_loop *loop = allocator->allocate(allocator->state, sizeof *loop);
    if (loop == NULL)
        return RSL_ENOMEM;
    *loop = (struct rsl_event_loop){.allocator = allocator, .options = *options, .wake_fd = -1};
    rsl_u32_init(&loop->woken, 0);
    rsl_u32_init(&loop->stopped, 0);
    const int error = init(loop);
    if (error != 0) {
        rsl_event_loop_destroy(loop);
        return status_of(error);
    }
    *loop_out = loop;
    return RSL_OK;
}

void rsl_event_loop_destroy(struct rsl_event_loop *loop)
{
    if (loop == NULL)
        return;
    if (loop->backend != NULL)
        loop->backend->ops->destroy(loop->backend);
    if (loop->wake_fd >= 0)
        close(loop->wake_fd);
    const struct rsl_allocator *allocator = loop->allocator;
    allocator->release(allocator->state, loop->slots, loop->capacity * sizeof *loop->slots);
    allocator->release(allocator->state, loop, sizeof *loop);
}

enum rsl_io rsl_event_loop_io(const struct rsl_event_loop *loop)
{
    return loop->backend->ops->io;
}

/* ---- other threads */

void rsl_event_loop_wake(struct rsl_event_loop *loop)
{
    /* acq_rel: pairs with take_wake(): publishes what the caller wrote */
    if (rsl_u32_exchange_acq_rel(&loop->woken, 1) != 0)
        return; /* somebody's wake is under way */
    const uint64_t one = 1;
    const int error = errno;
    /* Neither fails: the counter is far from full, and the descriptor stays open. */
    if (write(loop->wake_fd, &one, sizeof one) < 0)
        errno = error;
}

void rsl_event_loop_stop(struct rsl_event_loop *loop)
{
    /* release: pairs with rsl_event_loop_run(): publishes what the caller wrote */
    rsl_u32_store_release(&loop->stopped, 1);
    rsl_event_loop_wake(loop);
}

static void take_wake(struct rsl_event_loop *loop)
{
    uint64_t nwakes;
    (void)!read(loop->wake_fd, &nwakes, sizeof nwakes); /* EAGAIN: taken already */
    RSL_YIELD_POINT();
    /* acq_rel: pairs with rsl_event_loop_wake(). After the read, so that a wake that comes in
     * between is taken now, and one after this writes anew. */
    if (rsl_u32_exchange_acq_rel(&loop->woken, 0) != 0 && loop->options.on_wake != NULL)
        loop->options.on_wake(loop, loop->options.context);
}

/* ---- descriptors */

static void link_ready(struct rsl_event_loop *loop, struct rsl_event_input *input)
{
    input->always_ready = true;
    input->previous = NULL;
    input->next = loop->always_ready;
    if (input->next != NULL)
        input->next->previous = input;
    loop->always_ready = input;
}

static void unlink_ready(struct rsl_event_loop *loop, struct rsl_event_input *input)
{
    if (loop->next_ready == input)
        loop->next_ready = input->next;
    if (input->previous == NULL)
        loop->always_ready = input->next;
    else
        input->previous->next = input->next;
    if (input->next != NULL)
        input->next->previous = input->previous;
    input->always_ready = false;
}

/* What epoll would find out and io_uring would not. */
static int can_be_added(const struct rsl_event_loop *loop, int fd)
{
    if (fcntl(fd, F_GETFD) < 0)
        return -errno;
    for (uint32_t slot = 0; slot < loop->nslots; slot++) {
        if (loop->slots[slot].kind != RSL_EVENT_FREE && loop->slots[slot].fd == fd)
            return -EEXIST;
    }
    return 0;
}

enum rsl_status rsl_event_loop_add_input(struct rsl_event_loop *loop, struct rsl_event_input *input)
{
    int error = can_be_added(loop, input->fd);
    uint32_t slot;
    if (error == 0)
        error = take_slot(loop, RSL_EVENT_INPUT, input->fd, input, &slot);
    if (error != 0)
        return status_of(error);
    input->always_ready = false;
    error = watch(loop, slot);
    if (error == -EPERM) {
        link_ready(loop, input);
    } else if (error != 0) {
        free_slot(loop, slot);
        return status_of(error);
    }
    input->slot = slot;
    input->added = true;
    return RSL_OK;
}

void rsl_event_loop_remove_input(struct rsl_event_loop *loop, struct rsl_event_input *input)
{
    if (!input->added)
        return;
    if (input->always_ready)
        unlink_ready(loop, input);
    free_slot(loop, input->slot);
    input->added = false;
}

/* ---- channels */

static enum rsl_status add_channel(struct rsl_event_loop *loop, struct rsl_event_channel *source,
                                   int fd, bool (*arm)(void *end), void *end)
{
    uint32_t slot;
    const int error = take_slot(loop, RSL_EVENT_CHANNEL, fd, source, &slot);
    if (error != 0)
        return status_of(error);
    source->arm = arm;
    source->end = end;
    source->slot = slot;
    source->added = true;
    source->paused = source->armed = source->pending = false;
    source->previous = NULL;
    source->next = loop->channels;
    if (source->next != NULL)
        source->next->previous = source;
    loop->channels = source;
    return RSL_OK;
}

static bool arm_mpsc(void *end)
{
    return rsl_mpsc_arm_receive(end);
}

static bool arm_spsc(void *end)
{
    return rsl_spsc_arm_receive(end);
}

static bool arm_mpsc_sender(void *end)
{
    return rsl_mpsc_arm_send(end);
}

static bool arm_spsc_sender(void *end)
{
    return rsl_spsc_arm_send(end);
}

enum rsl_status rsl_event_loop_add_mpsc(struct rsl_event_loop *loop,
                                        struct rsl_event_channel *source, struct rsl_mpsc *channel)
{
    int fd;
    const enum rsl_status status = rsl_mpsc_receive_fd(channel, &fd);
    return status != RSL_OK ? status : add_channel(loop, source, fd, arm_mpsc, channel);
}

enum rsl_status rsl_event_loop_add_spsc(struct rsl_event_loop *loop,
                                        struct rsl_event_channel *source, struct rsl_spsc *channel)
{
    int fd;
    const enum rsl_status status = rsl_spsc_receive_fd(channel, &fd);
    return status != RSL_OK ? status : add_channel(loop, source, fd, arm_spsc, channel);
}

enum rsl_status rsl_event_loop_add_mpsc_sender(struct rsl_event_loop *loop,
                                               struct rsl_event_channel *source,
                                               struct rsl_mpsc *channel)
{
    int fd;
    const enum rsl_status status = rsl_mpsc_send_fd(channel, &fd);
    return status != RSL_OK ? status : add_channel(loop, source, fd, arm_mpsc_sender, channel);
}

enum rsl_status rsl_event_loop_add_spsc_sender(struct rsl_event_loop *loop,
                                               struct rsl_event_channel *source,
                                               struct rsl_spsc *channel)
{
    int fd;
    const enum rsl_status status = rsl_spsc_send_fd(channel, &fd);
    return status != RSL_OK ? status : add_channel(loop, source, fd, arm_spsc_sender, channel);
}

void rsl_event_loop_remove_channel(struct rsl_event_loop *loop, struct rsl_event_channel *source)
{
    if (!source->added)
        return;
    if (loop->next_channel == source)
        loop->next_channel = source->next;
    if (source->previous == NULL)
        loop->channels = source->next;
    else
        source->previous->next = source->next;
    if (source->next != NULL)
        source->next->previous = source->previous;
    free_slot(loop, source->slot);
    source->added = false;
}

void rsl_event_loop_pause_channel(struct rsl_event_loop *loop, struct rsl_event_channel *source)
{
    (void)loop;
    source->paused = true;
}

void rsl_event_loop_resume_channel(struct rsl_event_loop *loop, struct rsl_event_channel *source)
{
    (void)loop;
    source->paused = false;
}

/* Has each channel signal, so that the loop can sleep. Returns whether any is ready instead. */
static bool arm_channels(struct rsl_event_loop *loop)
{
    bool pending = false;
    for (struct rsl_event_channel *channel = loop->channels; channel; channel = channel->next)
        pending = pending || (channel->pending && !channel->paused);
    for (struct rsl_event_channel *channel = loop->channels; channel; channel = channel->next) {
        if (channel->paused || channel->armed || channel->pending)
            continue;
        /* Arming costs a fence on all processors; looking in, while the loop will not sleep
         * anyway, next to nothing. */
        if (!pending)
            channel->armed = channel->arm(channel->end);
        /* The descriptor has been drained by arming. */
        if (channel->armed && !loop->slots[channel->slot].watched &&
            watch(loop, channel->slot) != 0)
            channel->armed = false; /* looked at in every turn, until it can be watched */
        channel->pending = !channel->armed;
        pending = pending || channel->pending;
    }
    return pending;
}

static void call_channels(struct rsl_event_loop *loop)
{
    for (struct rsl_event_channel *channel = loop->channels; channel;
         channel = loop->next_channel) {
        loop->next_channel = channel->next;
        if (!channel->pending || channel->paused)
            continue;
        channel->pending = false;
        const uint32_t slot = channel->slot, generation = loop->slots[slot].generation;
        const bool more = channel->on_ready(loop, channel);
        if (loop->slots[slot].generation == generation)
            channel->pending = more;
    }
    loop->next_channel = NULL;
}

/* ---- timers */

void rsl_event_loop_set_timer(struct rsl_event_loop *loop, struct rsl_event_timer *timer,
                              uint64_t time_ns)
{
    rsl_event_timers_set(&loop->timers, timer, time_ns);
}

void rsl_event_loop_stop_timer(struct rsl_event_loop *loop, struct rsl_event_timer *timer)
{
    rsl_event_timers_stop(&loop->timers, timer);
}

static void call_timers(struct rsl_event_loop *loop)
{
    if (rsl_event_timers_next_ns(&loop->timers) == RSL_FOREVER)
        return;
    rsl_event_timers_take_due(&loop->timers, rsl_event_loop_now_ns());
    for (struct rsl_event_timer *timer; (timer = rsl_event_timers_pop_due(&loop->timers)) != NULL;)
        timer->on_time(loop, timer);
}

/* ---- turns */

static void call_ready(struct rsl_event_loop *loop)
{
    for (struct rsl_event_input *input = loop->always_ready; input; input = loop->next_ready) {
        loop->next_ready = input->next;
        input->on_ready(loop, input);
    }
    loop->next_ready = NULL;
}

/* What the backend has reported. */
static void dispatch(struct rsl_event_loop *loop, uint64_t id)
{
    const uint32_t slot = (uint32_t)id, generation = (uint32_t)(id >> 32);
    if (slot >= loop->nslots || loop->slots[slot].generation != generation)
        return; /* of a source that has been removed */
    if (loop->backend->ops->one_shot)
        loop->slots[slot].watched = false;
    switch (loop->slots[slot].kind) {
    case RSL_EVENT_FREE: return;
    case RSL_EVENT_CHANNEL: {
        struct rsl_event_channel *channel = loop->slots[slot].source;
        channel->pending = channel->pending || channel->armed;
        channel->armed = false;
        /* Watched again when it is armed, which drains the descriptor. While nobody does that, a
         * backend that is not one-shot would report it again and again. */
        if (channel->paused && loop->slots[slot].watched) {
            loop->backend->ops->unwatch(loop->backend, loop->slots[slot].fd, id);
            loop->slots[slot].watched = false;
        }
        return;
    }
    case RSL_EVENT_INPUT: {
        struct rsl_event_input *input = loop->slots[slot].source;
        input->on_ready(loop, input);
        break;
    }
    case RSL_EVENT_WAKE: take_wake(loop); break;
    }
    /* The table may have moved. */
    const struct rsl_event_slot *now = &loop->slots[slot];
    if (now->generation == generation && !now->watched && watch(loop, slot) != 0)
        loop->unwatched = true;
}

/* Those that could not be watched because the backend took no more requests. */
static int watch_all(struct rsl_event_loop *loop)
{
    loop->unwatched = false;
    for (uint32_t slot = 0; slot < loop->nslots; slot++) {
        const struct rsl_event_slot *at = &loop->slots[slot];
        const bool wanted = at->kind == RSL_EVENT_WAKE ||
                            (at->kind == RSL_EVENT_INPUT &&
                             !((const struct rsl_event_input *)at->source)->always_ready);
        const int error = wanted && !at->watched ? watch(loop, slot) : 0;
        if (error != 0) {
            loop->unwatched = true;
            return error;
        }
    }
    return 0;
}

/* How long there is nothing to do for certain. */
static uint64_t time_to_wait_ns(const struct rsl_event_loop *loop, uint64_t timeout_ns)
{
    const uint64_t next = rsl_event_timers_next_ns(&loop->timers);
    if (next == RSL_FOREVER || timeout_ns == 0)
        return timeout_ns;
    const uint64_t now = rsl_event_loop_now_ns();
    const uint64_t until = next > now ? next - now : 0;
    return until < timeout_ns ? until : timeout_ns;
}

enum rsl_status rsl_event_loop_turn(struct rsl_event_loop *loop, uint64_t timeout_ns)
{
    if (loop->unwatched) {
        const int error = watch_all(loop);
        if (error != 0 && error != -EAGAIN)
            return status_of(error);
        if (error != 0)
            timeout_ns = 0;
    }
    if (arm_channels(loop) || loop->always_ready != NULL)
        timeout_ns = 0;
    uint64_t ids[RSL_EVENT_BATCH];
    const int n = loop->backend->ops->wait(loop->backend, time_to_wait_ns(loop, timeout_ns), ids);
    if (n < 0)
        return status_of(n);
    for (int i = 0; i < n; i++)
        dispatch(loop, ids[i]);
    call_channels(loop);
    call_ready(loop);
    call_timers(loop);
    return RSL_OK;
}

enum rsl_status rsl_event_loop_run(struct rsl_event_loop *loop)
{
    enum rsl_status status = RSL_OK;
    /* acquire: pairs with rsl_event_loop_stop() */
    while (status == RSL_OK && rsl_u32_load_acquire(&loop->stopped) == 0)
        status = rsl_event_loop_turn(loop, RSL_FOREVER);
    /* relaxed: by the thread that has seen it set */
    rsl_u32_store_relaxed(&loop->stopped, 0);
    return status;
}
