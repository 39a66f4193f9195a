/* event_loop_internal.h - an event loop inside, and what it asks of the kernel's interface below
 * it.
 *
 * Every descriptor that is waited for has a slot; its number and the slot's generation together are
 * the id by which the kernel reports it, so that what it reports late, of a source that has been
 * removed, is recognised. Ids are never 0.
 */
#ifndef RSL_SCHED_EVENT_LOOP_INTERNAL_H
#define RSL_SCHED_EVENT_LOOP_INTERNAL_H

#include "ds/atomic.h"
#include "sched/event_loop.h"
#include "sched/event_timers.h"

/* Ids reported by one wait. */
#define RSL_EVENT_BATCH 64

struct rsl_event_backend;

/* All by the loop's thread. Results are 0 or a negative errno. */
struct rsl_event_backend_ops {
    enum rsl_io io;
    /* Watches say once that a descriptor is ready, and are then over. */
    bool one_shot;
    void (*destroy)(struct rsl_event_backend *backend);
    /* -EPERM: reading never blocks, and cannot be waited for. */
    int (*watch)(struct rsl_event_backend *backend, int fd, uint64_t id);
    void (*unwatch)(struct rsl_event_backend *backend, int fd, uint64_t id);
    /* Waits for at most `timeout_ns`. Returns how many ids were written. */
    int (*wait)(struct rsl_event_backend *backend, uint64_t timeout_ns,
                uint64_t ids_out[RSL_EVENT_BATCH]);
};

struct rsl_event_backend {
    const struct rsl_event_backend_ops *ops;
    const struct rsl_allocator *allocator;
};

int rsl_event_epoll_create(const struct rsl_allocator *allocator,
                           struct rsl_event_backend **backend_out);
int rsl_event_uring_create(const struct rsl_allocator *allocator,
                           struct rsl_event_backend **backend_out);

enum rsl_event_slot_kind { RSL_EVENT_FREE, RSL_EVENT_INPUT, RSL_EVENT_CHANNEL, RSL_EVENT_WAKE };

struct rsl_event_slot {
    enum rsl_event_slot_kind kind;
    uint32_t generation; /* not 0 */
    int fd;
    bool watched; /* the backend has a watch for it */
    uint32_t next_free;
    void *source;
};

struct rsl_event_loop {
    const struct rsl_allocator *allocator;
    struct rsl_event_loop_options options;
    struct rsl_event_backend *backend;
    struct rsl_event_slot *slots;
    uint32_t nslots, capacity;
    uint32_t first_free; /* nslots: none */
    bool unwatched;      /* a source is not, since the backend took no more requests */
    struct rsl_event_timers timers;
    struct rsl_event_channel *channels;
    struct rsl_event_input *always_ready;
    /* What a walk over either of them comes to next; a removal moves it on. */
    struct rsl_event_channel *next_channel;
    struct rsl_event_input *next_ready;
    int wake_fd;
    uint32_t wake_slot;
    /* Any thread sets, the loop's thread clears. */
    struct rsl_atomic_u32 woken;
    struct rsl_atomic_u32 stopped;
};

#endif
