/* start.c - a pool's beginning and end: memory, threads, processors. Needs _GNU_SOURCE for the
 * affinity and names of threads.
 */
#include "sched/worker.h"

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#define FIRST_DEQUE_CAPACITY   1024
#define FIRST_FIFO_CAPACITY    2
#define DEFAULT_INBOX_CAPACITY 256

/* ---- the threads */

static bool has_stopped(const void *target)
{
    const struct rsl_pool *pool = target;
    /* acquire: pairs with rsl_pool_shutdown() */
    return rsl_u32_load_acquire(&pool->stop) != 0;
}

static int bind(const struct rsl_worker *worker, const struct rsl_pool_options *options)
{
    if (options->ncpus == 0)
        return RSL_OK;
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET((size_t)options->cpus[worker->index % options->ncpus], &set);
    return pthread_setaffinity_np(pthread_self(), sizeof(set), &set) == 0 ? RSL_OK : RSL_EIO;
}

/* Says how the worker's start went, and waits until all have said so. Returns whether to go on. */
static bool report_start(struct rsl_pool *pool, int status)
{
    pthread_mutex_lock(&pool->start_mutex);
    if (pool->start_status == 0)
        pool->start_status = status;
    pool->nreported++;
    pthread_cond_broadcast(&pool->start_changed);
    while (!pool->start_over)
        pthread_cond_wait(&pool->start_changed, &pool->start_mutex);
    const bool go = pool->start_status == 0;
    pthread_mutex_unlock(&pool->start_mutex);
    return go;
}

_Static_assert(RSL_POOL_MAX_WORKERS <= 1000, "workers have three digits");

/* Linux keeps 15 bytes of a thread's name. */
static void name_thread(const struct rsl_worker *worker, const char *name)
{
    char full[16];
    (void)snprintf(full, sizeof(full), "%.11s-%u", name, (unsigned)(worker->index % 1000));
    (void)pthread_setname_np(pthread_self(), full); /* nothing depends on it */
}

static void *run_worker(void *arg)
{
    struct rsl_worker *worker = arg;
    struct rsl_pool *pool = worker->pool;
    const struct rsl_pool_options *options = &pool->options;
    name_thread(worker, options->name);
    int status = bind(worker, options);
    bool initialised = false;
    if (status == 0) {
        if (options->init_worker != NULL)
            status = options->init_worker(worker, options->hook_arg);
        initialised = status == 0;
    }
    if (report_start(pool, status)) {
        const struct rsl_goal goal = {has_stopped, pool, NULL};
        rsl_worker_run_until(worker, &goal);
    }
    if (initialised && options->fini_worker != NULL)
        (void)options->fini_worker(worker, options->hook_arg);
    return NULL;
}

/* Starts the threads, without signals, which are the program's affair. Returns how many. */
static size_t start_threads(struct rsl_pool *pool)
{
    pthread_attr_t attributes;
    if (pthread_attr_init(&attributes) != 0)
        return 0;
    size_t nstarted = 0;
    if (pool->options.stack_nbytes == 0 ||
        pthread_attr_setstacksize(&attributes, pool->options.stack_nbytes) == 0) {
        sigset_t all, before;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before);
        while (nstarted < pool->nworkers) {
            struct rsl_worker *worker = &pool->workers[nstarted];
            if (pthread_create(&worker->thread, &attributes, run_worker, worker) != 0)
                break;
            nstarted++;
        }
        pthread_sigmask(SIG_SETMASK, &before, NULL);
    }
    pthread_attr_destroy(&attributes);
    return nstarted;
}

/* Runs all workers' beginnings. On failure no thread is left. */
static int start(struct rsl_pool *pool)
{
    const size_t nstarted = start_threads(pool);
    pthread_mutex_lock(&pool->start_mutex);
    while (pool->nreported < nstarted)
        pthread_cond_wait(&pool->start_changed, &pool->start_mutex);
    if (nstarted < pool->nworkers && pool->start_status == 0)
        pool->start_status = RSL_EIO;
    const int status = pool->start_status;
    pool->start_over = true;
    pthread_cond_broadcast(&pool->start_changed);
    pthread_mutex_unlock(&pool->start_mutex);
    if (status != 0)
        for (size_t i = 0; i < nstarted; i++)
            pthread_join(pool->workers[i].thread, NULL);
    return status;
}

/* ---- memory */

static void free_pool(struct rsl_pool *pool)
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
    rsl_linger_init(&worker->linger, 0);
    rsl_ptr_init(&worker->mail, NULL);
    rsl_eventcount_init(&worker->ec);
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

static size_t nprocessors(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof(set), &set) != 0)
        return 1;
    const size_t n = (size_t)CPU_COUNT(&set);
    return n < RSL_POOL_MAX_WORKERS ? n : RSL_POOL_MAX_WORKERS;
}

static bool are_valid(const struct rsl_pool_options *options)
{
    for (size_t i = 0; i < options->ncpus; i++)
        if (options->cpus[i] < 0 || options->cpus[i] >= CPU_SETSIZE)
            return false;
    return options->nworkers <= RSL_POOL_MAX_WORKERS;
}

int rsl_pool_create(const struct rsl_pool_options *user_options, struct rsl_pool **pool_out)
{
    struct rsl_pool_options options = {0};
    if (user_options != NULL)
        options = *user_options;
    if (!are_valid(&options))
        return RSL_EINVAL;
    if (options.nworkers == 0)
        options.nworkers = nprocessors();
    if (options.inbox_capacity == 0)
        options.inbox_capacity = DEFAULT_INBOX_CAPACITY;
    if (options.name == NULL)
        options.name = "rsl-worker";
    if (options.allocator == NULL)
        options.allocator = &rsl_allocator_default;

    /* The pool and its workers, on lines of their own. All zeroes are a fine start: what is freed
     * although it never was initialised is NULL. */
    const size_t nbytes = RSL_FALSE_SHARING_RANGE + sizeof(struct rsl_pool) +
                          options.nworkers * sizeof(struct rsl_worker);
    char *memory = options.allocator->allocate(options.allocator->state, nbytes);
    if (memory == NULL)
        return RSL_ENOMEM;
    memset(memory, 0, nbytes);
    char *aligned = memory + (-(uintptr_t)memory & (RSL_FALSE_SHARING_RANGE - 1));
    struct rsl_pool *pool = (struct rsl_pool *)aligned;
    pool->workers = (struct rsl_worker *)(aligned + sizeof(struct rsl_pool));
    pool->nworkers = options.nworkers;
    pool->allocator = options.allocator;
    pool->options = options;
    pool->memory = memory;
    pool->memory_nbytes = nbytes;
    /* Neither fails with default attributes on Linux. */
    pthread_mutex_init(&pool->start_mutex, NULL);
    pthread_cond_init(&pool->start_changed, NULL);

    int status = (int)init_pool(pool);
    if (status == 0)
        status = start(pool);
    if (status != 0) {
        free_pool(pool);
        return status;
    }
    *pool_out = pool;
    return 0;
}

void rsl_pool_shutdown(struct rsl_pool *pool)
{
    if (rsl_u32_load_acquire(&pool->stop)) /* acquire: as in has_stopped() */
        return;
    rsl_pool_drain(pool);
    /* release: pairs with has_stopped() */
    rsl_u32_store_release(&pool->stop, 1);
    for (size_t i = 0; i < pool->nworkers; i++)
        rsl_eventcount_notify_one(&pool->workers[i].ec);
    for (size_t i = 0; i < pool->nworkers; i++)
        pthread_join(pool->workers[i].thread, NULL);
}

void rsl_pool_destroy(struct rsl_pool *pool)
{
    if (pool == NULL)
        return;
    rsl_pool_shutdown(pool);
    free_pool(pool);
}
