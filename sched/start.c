/* start.c - a pool's beginning and end: threads, processors. Needs _GNU_SOURCE for the
 * affinity and names of threads.
 */
#include "sched/worker.h"

#include <sched.h>
#include <signal.h>
#include <stdio.h>

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

/* ---- options */

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

    struct rsl_pool *pool;
    int status = (int)rsl_pool_allocate(&options, &pool);
    if (status != 0)
        return status;
    status = start(pool);
    if (status != 0) {
        rsl_pool_free(pool);
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
    rsl_pool_free(pool);
}
