/* event_loop_uring.c - an event loop on io_uring: a poll request for each descriptor, made anew
 * each time that one has been answered, together with the call that waits. */
#include <errno.h>
#include <liburing.h>
#include <poll.h>

#include "sched/event_loop_internal.h"

#define NS_PER_S UINT64_C(1000000000)

/* Requests that go to the kernel at a time; more are submitted in between. */
enum { RING_ENTRIES = 64 };

/* What answers to cancellations carry: no id. */
enum { NO_ID = 0 };

struct uring_backend {
    struct rsl_event_backend base;
    struct io_uring ring;
};

static void uring_destroy(struct rsl_event_backend *base)
{
    struct uring_backend *backend = (struct uring_backend *)base;
    io_uring_queue_exit(&backend->ring);
    base->allocator->release(base->allocator->state, backend, sizeof *backend);
}

/* A request to be filled in. NULL if the kernel takes no more for now. */
static struct io_uring_sqe *next_request(struct uring_backend *backend)
{
    struct io_uring_sqe *request = io_uring_get_sqe(&backend->ring);
    if (request == NULL) {
        (void)io_uring_submit(&backend->ring);
        request = io_uring_get_sqe(&backend->ring);
    }
    return request;
}

static int uring_watch(struct rsl_event_backend *base, int fd, uint64_t id)
{
    struct io_uring_sqe *request = next_request((struct uring_backend *)base);
    if (request == NULL)
        return -EAGAIN;
    io_uring_prep_poll_add(request, fd, POLLIN);
    io_uring_sqe_set_data64(request, id);
    return 0;
}

/* Goes to the kernel at once: until then the descriptor's file stays open there. */
static void uring_unwatch(struct rsl_event_backend *base, int fd, uint64_t id)
{
    (void)fd;
    struct uring_backend *backend = (struct uring_backend *)base;
    struct io_uring_sqe *request = next_request(backend);
    if (request == NULL)
        return; /* the answer, when it comes, has an old generation */
    io_uring_prep_poll_remove(request, id);
    io_uring_sqe_set_data64(request, NO_ID);
    (void)io_uring_submit(&backend->ring);
}

static int uring_wait(struct rsl_event_backend *base, uint64_t timeout_ns,
                      uint64_t ids_out[RSL_EVENT_BATCH])
{
    struct uring_backend *backend = (struct uring_backend *)base;
    struct __kernel_timespec timeout = {.tv_sec = (int64_t)(timeout_ns / NS_PER_S),
                                        .tv_nsec = (long long)(timeout_ns % NS_PER_S)};
    struct io_uring_cqe *answers[RSL_EVENT_BATCH];
    const int result =
        io_uring_submit_and_wait_timeout(&backend->ring, answers, timeout_ns == 0 ? 0 : 1,
                                         timeout_ns == RSL_FOREVER ? NULL : &timeout, NULL);
    /* For want of memory the requests are still there, and go with the next call. */
    if (result < 0 && result != -ETIME && result != -EINTR && result != -EAGAIN &&
        result != -EBUSY && result != -ENOMEM)
        return result;
    const unsigned nanswers = io_uring_peek_batch_cqe(&backend->ring, answers, RSL_EVENT_BATCH);
    int n = 0;
    for (unsigned i = 0; i < nanswers; i++) {
        /* Errors are for whoever reads the descriptor to find. */
        if (answers[i]->user_data != NO_ID && answers[i]->res != -ECANCELED)
            ids_out[n++] = answers[i]->user_data;
    }
    io_uring_cq_advance(&backend->ring, nanswers);
    return n;
}

static const struct rsl_event_backend_ops uring_ops = {
    .io = RSL_IO_URING,
    .one_shot = true,
    .destroy = uring_destroy,
    .watch = uring_watch,
    .unwatch = uring_unwatch,
    .wait = uring_wait,
};

int rsl_event_uring_create(const struct rsl_allocator *allocator,
                           struct rsl_event_backend **backend_out)
{
    struct uring_backend *backend = allocator->allocate(allocator->state, sizeof *backend);
    if (backend == NULL)
        return -ENOMEM;
    *backend = (struct uring_backend){.base = {&uring_ops, allocator}};
    const int result = io_uring_queue_init(RING_ENTRIES, &backend->ring, 0);
    if (result != 0) {
        allocator->release(allocator->state, backend, sizeof *backend);
        return result;
    }
    *backend_out = &backend->base;
    return 0;
}
