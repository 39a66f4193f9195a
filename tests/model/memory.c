/* memory.c - the client's memory, and who may touch it when.
 *
 * Each thread takes its memory from an arena of its own, so that a replay in which other threads
 * run at other times gives out the same addresses. Between blocks lies a gap, so that an access
 * next to a block is not one to its neighbour.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "ds/poison.h"
#include "tests/model/run.h"

#define ARENA_NBYTES ((size_t)16 << 20)
#define GAP_NBYTES   ((size_t)64)
#define ALIGNMENT    ((size_t)16)

struct memory model_memory;

static char *arenas_at(void)
{
    static char *arenas;
    if (!arenas) {
        arenas = mmap(NULL, ARENA_NBYTES * MODEL_MAX_THREADS, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (arenas == MAP_FAILED)
            abort();
    }
    return arenas;
}

void model_memory_reset(void)
{
    model_memory.nblocks = model_memory.nnames = 0;
    for (unsigned i = 0; i < MODEL_MAX_THREADS; i++)
        model_memory.used[i] = 0;
}

bool model_memory_contains(uintptr_t at)
{
    return at - (uintptr_t)arenas_at() < ARENA_NBYTES * MODEL_MAX_THREADS;
}

void *model_memory_take(unsigned thread, size_t nbytes)
{
    size_t *used = &model_memory.used[thread];
    const size_t begin = *used + GAP_NBYTES;
    if (nbytes > ARENA_NBYTES - begin - ALIGNMENT)
        return NULL;
    *used = (begin + nbytes + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
    void *memory = arenas_at() + thread * ARENA_NBYTES + begin;
    rsl_unpoison(memory, nbytes); /* what an execution that stopped in the middle left behind */
    return memory;
}

struct block *model_block_at(uintptr_t at)
{
    for (int i = 0; i < model_memory.nblocks; i++) {
        if (model_memory.blocks[i].at == at)
            return &model_memory.blocks[i];
    }
    return NULL;
}

static const struct block *block_around(uintptr_t at, size_t nbytes)
{
    for (int i = 0; i < model_memory.nblocks; i++) {
        const struct block *block = &model_memory.blocks[i];
        if (at - block->at <= block->nbytes && nbytes <= block->nbytes - (at - block->at))
            return block;
    }
    return NULL;
}

static bool touches_memory(const struct event *event)
{
    return (event->kind == EVENT_LOAD || event->kind == EVENT_STORE ||
            event->kind == EVENT_PLAIN_READ || event->kind == EVENT_PLAIN_WRITE);
}

static bool conflict(const struct event *a, const struct event *b)
{
    const bool plain_a = a->kind == EVENT_PLAIN_READ || a->kind == EVENT_PLAIN_WRITE;
    const bool plain_b = b->kind == EVENT_PLAIN_READ || b->kind == EVENT_PLAIN_WRITE;
    const bool write_a = a->kind == EVENT_STORE || a->kind == EVENT_PLAIN_WRITE;
    const bool write_b = b->kind == EVENT_STORE || b->kind == EVENT_PLAIN_WRITE;
    return (plain_a || plain_b) && (write_a || write_b);
}

static bool overlap(const struct event *a, const struct event *b)
{
    return a->at < b->at + b->nbytes && b->at < a->at + a->nbytes;
}

/* The block of the memory, NULL if that is none of the client's; complains if there is no block, or
 * it has been freed. */
static const struct block *check_block(const struct graph *graph, unsigned thread, uintptr_t at,
                                       size_t nbytes)
{
    if (!model_memory_contains(at))
        return NULL;
    const struct block *block = block_around(at, nbytes);
    if (block && !block->is_released)
        return block;
    char what[64];
    model_describe(what, sizeof(what), at);
    if (!block)
        model_violation(MODEL_BAD_MEMORY, "thread %u touches %s, which is in no block", thread,
                        what);
    model_violation(MODEL_BAD_MEMORY, "thread %u touches %s, which thread %u has freed", thread,
                    what, block->released == NOTHING ? 0 : graph->events[block->released].thread);
}

void model_check_block(const struct graph *graph, unsigned thread, uintptr_t at, size_t nbytes)
{
    (void)check_block(graph, thread, at, nbytes);
}

void model_check_access(const struct graph *graph, int position)
{
    const struct event *event = &graph->events[position];
    char what[64];
    if (touches_memory(event)) {
        const struct block *block = check_block(graph, event->thread, event->at, event->nbytes);
        if (block && block->allocated != NOTHING &&
            !clock_knows(&event->known, &graph->events[block->allocated])) {
            model_describe(what, sizeof(what), event->at);
            model_violation(MODEL_RACE,
                            "thread %u touches %s, whose allocation by thread %u does not happen "
                            "before that",
                            event->thread, what, graph->events[block->allocated].thread);
        }
    }
    for (int i = 0; i < position; i++) {
        const struct event *other = &graph->events[i];
        if (other->thread == event->thread || !touches_memory(other) || !overlap(other, event) ||
            clock_knows(&event->known, other))
            continue;
        if (event->kind != EVENT_RELEASE && !conflict(event, other))
            continue;
        model_describe(what, sizeof(what), event->at);
        if (event->kind == EVENT_RELEASE)
            model_violation(MODEL_BAD_MEMORY,
                            "thread %u frees %s, which thread %u touches without being ordered "
                            "before (event %d)",
                            event->thread, what, other->thread, i);
        model_violation(MODEL_RACE, "threads %u and %u race on %s (events %d and %d)",
                        other->thread, event->thread, what, i, position);
    }
}

void model_describe(char *buffer, size_t capacity, uintptr_t at)
{
    for (int i = model_memory.nnames - 1; i >= 0; i--) {
        const struct name *name = &model_memory.names[i];
        if (at - name->at < name->nbytes) {
            snprintf(buffer, capacity, "%s+%zu", name->name, (size_t)(at - name->at));
            return;
        }
    }
    for (int i = 0; i < model_memory.nblocks; i++) {
        const struct block *block = &model_memory.blocks[i];
        if (at - block->at < block->nbytes) {
            snprintf(buffer, capacity, "block%d+%zu", i, (size_t)(at - block->at));
            return;
        }
    }
    snprintf(buffer, capacity, "%#zx", (size_t)at);
}
