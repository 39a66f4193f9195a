/* pool_memory.c - what a pool consists of, without its threads. */
#include "sched/worker.h"

#include <string.h>

#ifdef RSL_MODEL /* which asks about every slot */
#define FIRST_DEQUE_CAPACITY 2
#else
#define FIRST_DEQUE_CAPACITY 1024
#endif
#define FIRST_FIFO_CAPACITY 2

void rsl_pool_free(struct rsl_pool *pool)
{
    for (size_t i = 0; i < pool->nworkers; i++) {
        struct rsl_worker *worker = &pool->workers[i];
        rsl_deque_fini(&worker->deque);
        rsl_deque_fini(&worker->fifo);
        rsl_spsc_destroy(worker->inbox);
    }
    for (size_t i = 0; i < RSL_NPRIORITIES; i++)
        rsl_injector_fini(&pool->injectors[i]);
    rsl_job_store_fini(&pool->job_store);
    pthread_cond_destroy(&pool->start_changed);
    pthread_mutex_destroy(&pool->start_mutex);
    pool->allocator->release(pool->allocator->state, pool->memory, pool->memory_nbytes);
}

static enum rsl_status init_worker(struct rsl_pool *pool, size_t index)
{
    struct rsl_worker *worker = &pool->workers[index];
    worker->pool = pool;
    worker->index = index;
    worker->random = UINT64_C(0x9E3779B97F4A7C15) * (index + 1);
    rsl_job_cache_init(&worker->jobs, &pool->job_store);
    rsl_ptr_init(&worker->mail, NULL);
    rsl_eventcount_init(&worker->ec);
    rsl_linger_init(&worker->linger, 0);
    enum rsl_status status = rsl_deque_init(&worker->deque, pool->allocator, FIRST_DEQUE_CAPACITY);
    if (status == RSL_OK)
        status = rsl_deque_init(&worker->fifo, pool->allocator, FIRST_FIFO_CAPACITY);
    if (status == RSL_OK)
        status = rsl_spsc_create(pool->options.inbox_capacity, sizeof(struct rsl_job_call),
                                 pool->allocator, &worker->inbox);
    return status;
}

/* Everything but the threads. On failure the pool can be freed. */
static enum rsl_status init_pool(struct rsl_pool *pool)
{
    rsl_idle_init(&pool->idle, pool->nworkers);
    rsl_deque_thieves_init(&pool->thieves);
    rsl_u32_init(&pool->closed, 0);
    rsl_u32_init(&pool->stop, 0);
    rsl_eventcount_init(&pool->outside);
    pool->detached.pool = pool;
    rsl_job_store_init(&pool->job_store, pool->allocator);
    enum rsl_status status = RSL_OK;
    for (size_t i = 0; i < RSL_NPRIORITIES; i++) {
        const enum rsl_status one = rsl_injector_init(&pool->injectors[i], pool->allocator, 0);
        if (status == RSL_OK)
            status = one;
    }
    for (size_t i = 0; i < pool->nworkers && status == RSL_OK; i++)
        status = init_worker(pool, i);
    return status;
}

enum rsl_status rsl_pool_allocate(const struct rsl_pool_options *options,
                                  struct rsl_pool **pool_out)
{
    /* The pool and its workers, on lines of their own. All zeroes are a fine start: what is freed
     * although it never was initialised is NULL. */
    const size_t nbytes = RSL_FALSE_SHARING_RANGE + sizeof(struct rsl_pool) +
                          options->nworkers * sizeof(struct rsl_worker);
    char *memory = options->allocator->allocate(options->allocator->state, nbytes);
    if (memory == NULL)
        return RSL_ENOMEM;
    memset(memory, 0, nbytes);
    char *aligned = memory + (-(uintptr_t)memory & (RSL_FALSE_SHARING_RANGE - 1));
    struct rsl_pool *pool = (struct rsl_pool *)aligned;
    pool->workers = (struct rsl_worker *)(aligned + sizeof(struct rsl_pool));
    pool->nworkers = options->nworkers;
    pool->allocator = options->allocator;
    pool->options = *options;
    pool->memory = memory;
    pool->memory_nbytes = nbytes;
    /* Neither fails with default attributes on Linux. */
    pthread_mutex_init(&pool->start_mutex, NULL);
    pthread_cond_init(&pool->start_changed, NULL);

    const enum rsl_status status = init_pool(pool);
    if (status != RSL_OK) {
        rsl_pool_free(pool);
        return status;
    }
    *pool_out = pool;
    return RSL_OK;
}
