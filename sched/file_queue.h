/* file_queue.h - files by priority, of equal ones the first first: a binary heap of a fixed size.
 * One thread at a time. */
#ifndef RSL_SCHED_FILE_QUEUE_H
#define RSL_SCHED_FILE_QUEUE_H

#include "ds/ds.h"

struct rsl_file_state;

struct rsl_file_queue_entry {
    uint64_t priority; /* the greater the sooner */
    uint64_t order;
    struct rsl_file_state *file;
};

struct rsl_file_queue {
    struct rsl_file_queue_entry *heap;
    size_t n, capacity;
    uint64_t next_order;
};

/* RSL_OK or RSL_ENOMEM. */
enum rsl_status rsl_file_queue_init(struct rsl_file_queue *queue, size_t capacity,
                                    const struct rsl_allocator *allocator);
void rsl_file_queue_fini(struct rsl_file_queue *queue, const struct rsl_allocator *allocator);

/* There must be room. O(log n). */
void rsl_file_queue_push(struct rsl_file_queue *queue, struct rsl_file_state *file,
                         uint64_t priority);
/* Takes the first out; there must be one. O(log n). */
struct rsl_file_state *rsl_file_queue_pop(struct rsl_file_queue *queue);

#endif
