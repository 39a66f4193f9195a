/* event_loop_epoll.c - an event loop on epoll. */
#include <errno.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "sched/event_loop_internal.h"

#define NS_PER_S  UINT64_C(1000000000)
#define NS_PER_MS UINT64_C(1000000)

struct epoll_backend {
    struct rsl_event_backend base;
    int fd;
    bool coarse; /* the kernel has no epoll_pwait2 */
};

static void epoll_destroy(struct rsl_event_backend *base)
{
    struct epoll_backend *backend = (struct epoll_backend *)base;
    close(backend->fd);
    base->allocator->release(base->allocator->state, backend, sizeof *backend);
}

static int epoll_watch(struct rsl_event_backend *base, int fd, uint64_t id)
{
    const struct epoll_backend *backend = (struct epoll_backend *)base;
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = id};
    return epoll_ctl(backend->fd, EPOLL_CTL_ADD, fd, &event) == 0 ? 0 : -errno;
}

static void epoll_unwatch(struct rsl_event_backend *base, int fd, uint64_t id)
{
    (void)id;
    const struct epoll_backend *backend = (struct epoll_backend *)base;
    struct epoll_event event = {0};
    (void)epoll_ctl(backend->fd, EPOLL_CTL_DEL, fd, &event);
}

/* In milliseconds, rounded up so that a timer is due when it is over. */
static int wait_coarsely(const struct epoll_backend *backend, struct epoll_event *events,
                         uint64_t timeout_ns)
{
    int timeout = -1;
    if (timeout_ns != RSL_FOREVER) {
        const uint64_t ms = timeout_ns / NS_PER_MS + (timeout_ns % NS_PER_MS != 0);
        timeout = ms < INT32_MAX ? (int)ms : INT32_MAX;
    }
    return epoll_wait(backend->fd, events, RSL_EVENT_BATCH, timeout);
}

static int epoll_await(struct rsl_event_backend *base, uint64_t timeout_ns,
                       uint64_t ids_out[RSL_EVENT_BATCH])
{
    struct epoll_backend *backend = (struct epoll_backend *)base;
    struct epoll_event events[RSL_EVENT_BATCH];
    int n = -1;
    if (!backend->coarse) {
        const struct timespec timeout = {.tv_sec = (time_t)(timeout_ns / NS_PER_S),
                                         .tv_nsec = (long)(timeout_ns % NS_PER_S)};
        n = epoll_pwait2(backend->fd, events, RSL_EVENT_BATCH,
                         timeout_ns == RSL_FOREVER ? NULL : &timeout, NULL);
        /* Linux before 5.11, or a filter older than that. */
        backend->coarse = n < 0 && (errno == ENOSYS || errno == EPERM);
    }
    if (backend->coarse)
        n = wait_coarsely(backend, events, timeout_ns);
    if (n < 0)
        return errno == EINTR ? 0 : -errno;
    for (int i = 0; i < n; i++)
        ids_out[i] = events[i].data.u64;
    return n;
}

static const struct rsl_event_backend_ops epoll_ops = {
    .io = RSL_IO_EPOLL,
    .one_shot = false,
    .destroy = epoll_destroy,
    .watch = epoll_watch,
    .unwatch = epoll_unwatch,
    .wait = epoll_await,
};

int rsl_event_epoll_create(const struct rsl_allocator *allocator,
                           struct rsl_event_backend **backend_out)
{
    struct epoll_backend *backend = allocator->allocate(allocator->state, sizeof *backend);
    if (backend == NULL)
        return -ENOMEM;
    *backend = (struct epoll_backend){.base = {&epoll_ops, allocator}};
    backend->fd = epoll_create1(EPOLL_CLOEXEC);
    if (backend->fd < 0) {
        const int error = errno;
        allocator->release(allocator->state, backend, sizeof *backend);
        return -error;
    }
    *backend_out = &backend->base;
    return 0;
}
