#include "sched/file_queue.h"

#include <stdbool.h>

enum rsl_status rsl_file_queue_init(struct rsl_file_queue *queue, size_t capacity,
                                    const struct rsl_allocator *allocator)
{
    *queue = (struct rsl_file_queue){0};
    queue->heap = allocator->allocate(allocator->state, capacity * sizeof *queue->heap);
    if (queue->heap == NULL)
        return RSL_ENOMEM;
    queue->capacity = capacity;
    return RSL_OK;
}

void rsl_file_queue_fini(struct rsl_file_queue *queue, const struct rsl_allocator *allocator)
{
    if (queue->heap != NULL)
        allocator->release(allocator->state, queue->heap, queue->capacity * sizeof *queue->heap);
}

static bool comes_before(const struct rsl_file_queue_entry *a, const struct rsl_file_queue_entry *b)
{
    return a->priority != b->priority ? a->priority > b->priority : a->order < b->order;
}

void rsl_file_queue_push(struct rsl_file_queue *queue, struct rsl_file_state *file,
                         uint64_t priority)
{
    const struct rsl_file_queue_entry entry = {priority, queue->next_order++, file};
    size_t at = queue->n++;
    while (at > 0 && comes_before(&entry, &queue->heap[(at - 1) / 2])) {
        queue->heap[at] = queue->heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    queue->heap[at] = entry;
}

struct rsl_file_state *rsl_file_queue_pop(struct rsl_file_queue *queue)
{
    struct rsl_file_state *file = queue->heap[0].file;
    const struct rsl_file_queue_entry last = queue->heap[--queue->n];
    size_t at = 0;
    for (size_t child; (child = 2 * at + 1) < queue->n; at = child) {
        if (child + 1 < queue->n && comes_before(&queue->heap[child + 1], &queue->heap[child]))
            child++;
        if (!comes_before(&queue->heap[child], &last))
            break;
        queue->heap[at] = queue->heap[child];
    }
    queue->heap[at] = last;
    return file;
}
