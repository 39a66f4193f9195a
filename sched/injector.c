/* injector.c - the queue of injector.h. */
#include "sched/injector.h"

#include <sched.h>
#include <string.h>

#define BLOCK_JOBS (RSL_INJECTOR_LAP - 1)

/* How far ahead a producer asks for the lines of its block. */
#define PREFETCH_JOBS 8

/* fn is NULL until the job is there: written by the producer that has the place, then by the
 * consumer that has claimed it. The others are plain, ordered by fn. */
struct slot {
    struct rsl_atomic_ptr fn;
    void *arg;
    struct rsl_scope *scope;
};

struct block {
    /* The block behind it. Written by the producer of the last job, before that job is there. */
    struct rsl_atomic_ptr next;
    /* How many of the jobs have been read. Written by consumers. */
    struct rsl_atomic_u32 nread;
    struct slot slots[BLOCK_JOBS];
};

/* Function pointers travel as void *, which POSIX allows (dlsym). */
static void *pointer_of(rsl_job_fn *fn)
{
    void *pointer;
    memcpy(&pointer, &fn, sizeof(pointer));
    return pointer;
}

static rsl_job_fn *function_of(void *pointer)
{
    rsl_job_fn *fn;
    memcpy(&fn, &pointer, sizeof(fn));
    return fn;
}

static uint64_t offset_of(uint64_t index)
{
    return index % RSL_INJECTOR_LAP;
}

/* For loops that wait for a step that another thread is in the middle of: a few instructions,
 * unless it has lost its processor. */
static void wait_for_step(unsigned *ntimes)
{
    RSL_YIELD_POINT();
    if (++*ntimes < 100)
        rsl_pause();
    else
        (void)sched_yield();
}

static struct block *block_get(struct rsl_injector *injector)
{
    /* acquire: pairs with block_put(): the block is empty */
    struct block *block = rsl_ptr_exchange_acq_rel(&injector->spare, NULL);
    if (block != NULL)
        return block;
    block = injector->allocator->allocate(injector->allocator->state, sizeof(*block));
    if (block != NULL)
        memset(block, 0, sizeof(*block)); /* nobody else sees it yet */
    return block;
}

/* `block` has neither jobs nor a next. */
static void block_put(struct rsl_injector *injector, struct block *block)
{
    /* release: pairs with block_get() */
    struct block *surplus = rsl_ptr_exchange_acq_rel(&injector->spare, block);
    injector->allocator->release(injector->allocator->state, surplus, sizeof(*block));
}

enum rsl_status rsl_injector_init(struct rsl_injector *injector,
                                  const struct rsl_allocator *allocator, uint64_t first)
{
    injector->allocator = allocator;
    rsl_ptr_init(&injector->spare, NULL);
    struct block *block = block_get(injector);
    rsl_u64_init(&injector->tail.index, first);
    rsl_u64_init(&injector->head.index, first);
    rsl_ptr_init(&injector->tail.block, block);
    rsl_ptr_init(&injector->head.block, block);
    return block != NULL ? RSL_OK : RSL_ENOMEM;
}

void rsl_injector_fini(struct rsl_injector *injector)
{
    const struct rsl_allocator *allocator = injector->allocator;
    struct block *block = rsl_ptr_load_relaxed(&injector->head.block); /* relaxed: alone */
    while (block != NULL) {
        struct block *next = rsl_ptr_load_relaxed(&block->next);
        allocator->release(allocator->state, block, sizeof(*block));
        block = next;
    }
    allocator->release(allocator->state, rsl_ptr_load_relaxed(&injector->spare), sizeof(*block));
    rsl_ptr_init(&injector->head.block, NULL);
    rsl_ptr_init(&injector->spare, NULL);
}

enum rsl_status rsl_injector_put(struct rsl_injector *injector, const struct rsl_job_call *call)
{
    unsigned nwaits = 0;
    struct block *next = NULL; /* needed by who takes the last place of a block */
    struct block *block;
    /* acquire: pairs with the release below by which a producer moves to a new block */
    uint64_t tail = rsl_u64_load_acquire(&injector->tail.index);
    for (;;) {
        if (offset_of(tail) == BLOCK_JOBS) {
            wait_for_step(&nwaits);
            tail = rsl_u64_load_acquire(&injector->tail.index); /* as above */
            continue;
        }
        /* acquire: pairs with the release below. At least as new as `tail`; if newer, the CAS
         * fails. */
        block = rsl_ptr_load_acquire(&injector->tail.block);
        if (offset_of(tail) == BLOCK_JOBS - 1 && next == NULL) {
            next = block_get(injector);
            if (next == NULL)
                return RSL_ENOMEM;
        }
        RSL_YIELD_POINT();
        /* acquire: as the load above. release: nothing is published by it; the slot's is. */
        if (rsl_u64_cas_acq_rel(&injector->tail.index, &tail, tail + 1))
            break;
    }
    if (offset_of(tail) == BLOCK_JOBS - 1) {
        /* release: pairs with the load in move_head(): publishes the empty block */
        rsl_ptr_store_release(&block->next, next);
        /* release, both: pair with the loads above, and with rsl_injector_claim() */
        rsl_ptr_store_release(&injector->tail.block, next);
        RSL_YIELD_POINT();
        rsl_u64_store_release(&injector->tail.index, tail + 2);
    } else if (next != NULL) {
        block_put(injector, next);
    }
    struct slot *slot = &block->slots[offset_of(tail)];
    /* The lines of a block come from the consumers that read it last, and the next locked
     * instruction would wait for them. */
    if (offset_of(tail) + PREFETCH_JOBS < BLOCK_JOBS)
        rsl_prefetch_write(slot + PREFETCH_JOBS);
    slot->arg = call->arg;
    slot->scope = call->scope;
    RSL_YIELD_POINT();
    /* release: pairs with read_slot(): publishes the job */
    rsl_ptr_store_release(&slot->fn, pointer_of(call->fn));
    return RSL_OK;
}

/* Leaves the slot as in a new block. */
static void read_slot(struct slot *slot, struct rsl_job_call *call_out)
{
    unsigned nwaits = 0;
    void *fn;
    /* acquire: pairs with the release in rsl_injector_put() */
    while ((fn = rsl_ptr_load_acquire(&slot->fn)) == NULL)
        wait_for_step(&nwaits);
    call_out->fn = function_of(fn);
    call_out->arg = slot->arg;
    call_out->scope = slot->scope;
    rsl_ptr_store_relaxed(&slot->fn, NULL); /* relaxed: published with the block's next use */
}

/* For the consumer that has claimed the last job of `block`. */
static void move_head(struct rsl_injector *injector, struct block *block, uint64_t head)
{
    unsigned nwaits = 0;
    struct block *next;
    /* acquire: pairs with the release in rsl_injector_put() */
    while ((next = rsl_ptr_load_acquire(&block->next)) == NULL)
        wait_for_step(&nwaits);
    /* release, both: pair with the loads in rsl_injector_claim() */
    rsl_ptr_store_release(&injector->head.block, next);
    RSL_YIELD_POINT();
    rsl_u64_store_release(&injector->head.index, head);
}

size_t rsl_injector_claim(struct rsl_injector *injector, struct rsl_job_call *calls_out, size_t max)
{
    /* acquire: pairs with move_head() */
    uint64_t head = rsl_u64_load_acquire(&injector->head.index);
    unsigned nwaits = 0;
    struct block *block;
    uint64_t offset;
    size_t njobs;
    for (;;) {
        offset = offset_of(head);
        if (offset == BLOCK_JOBS) {
            wait_for_step(&nwaits);
            head = rsl_u64_load_acquire(&injector->head.index); /* as above */
            continue;
        }
        /* relaxed: only says how many places have been taken; read_slot() acquires */
        const int64_t nput = (int64_t)(rsl_u64_load_relaxed(&injector->tail.index) - head);
        if (nput <= 0)
            return 0;
        njobs = BLOCK_JOBS - offset;
        if (njobs > (uint64_t)nput)
            njobs = (size_t)nput;
        if (njobs > max)
            njobs = max;
        /* acquire: pairs with move_head(). If newer than `head`, the CAS fails. */
        block = rsl_ptr_load_acquire(&injector->head.block);
        RSL_YIELD_POINT();
        /* acquire: as the first load */
        if (rsl_u64_cas_acq_rel(&injector->head.index, &head, head + njobs))
            break;
    }
    if (offset + njobs == BLOCK_JOBS)
        move_head(injector, block, head + njobs + 1);
    for (size_t i = 0; i < njobs; i++)
        read_slot(&block->slots[offset + i], &calls_out[i]);
    /* release: our reads come before the reuse of the block; acquire: the others' do as well, if
     * this is the last. */
    if (rsl_u32_fetch_add_acq_rel(&block->nread, (uint32_t)njobs) + njobs == BLOCK_JOBS) {
        /* relaxed, both: published with the block */
        rsl_u32_store_relaxed(&block->nread, 0);
        rsl_ptr_store_relaxed(&block->next, NULL);
        block_put(injector, block);
    }
    return njobs;
}
