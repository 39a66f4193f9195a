/* job.c - magazines and chunks of job descriptors. */
#include "sched/job.h"

#define FIRST_CHUNK_NJOBS 256
#define LAST_CHUNK_NJOBS  32768

/* The memory of `njobs` descriptors, which stand behind it. */
struct chunk {
    struct chunk *next;
    size_t njobs;
};

static size_t chunk_nbytes(size_t njobs)
{
    return sizeof(struct chunk) + njobs * sizeof(union rsl_job);
}

void rsl_job_store_init(struct rsl_job_store *store, const struct rsl_allocator *allocator)
{
    store->allocator = allocator;
    rsl_ptr_init(&store->magazines, NULL);
    rsl_ptr_init(&store->chunks, NULL);
}

void rsl_job_store_fini(struct rsl_job_store *store)
{
    struct chunk *chunk = rsl_ptr_load_relaxed(&store->chunks); /* relaxed: alone */
    while (chunk != NULL) {
        struct chunk *next = chunk->next;
        store->allocator->release(store->allocator->state, chunk, chunk_nbytes(chunk->njobs));
        chunk = next;
    }
    rsl_ptr_init(&store->chunks, NULL);
}

void rsl_job_cache_init(struct rsl_job_cache *cache, struct rsl_job_store *store)
{
    *cache = (struct rsl_job_cache){.chunk_njobs = FIRST_CHUNK_NJOBS, .store = store};
}

/* Takes a magazine from the store; NULL if it has none. */
static union rsl_job *take_magazine(struct rsl_job_cache *cache)
{
    union rsl_job *magazine = cache->more;
    if (magazine != NULL) {
        cache->more = magazine->free.magazine;
        return magazine;
    }
    /* relaxed: spares the exchange; who puts one after this has it taken by somebody else */
    if (rsl_ptr_load_relaxed(&cache->store->magazines) == NULL)
        return NULL;
    /* acquire: pairs with give_magazine(): publishes the lists */
    magazine = rsl_ptr_exchange_acq_rel(&cache->store->magazines, NULL);
    if (magazine == NULL)
        return NULL;
    RSL_YIELD_POINT();
    union rsl_job *rest = magazine->free.magazine;
    void *empty = NULL;
    /* release: pairs with the exchange above, in somebody else */
    if (rest != NULL && !rsl_ptr_cas_release(&cache->store->magazines, &empty, rest))
        cache->more = rest;
    return magazine;
}

static void give_magazine(struct rsl_job_store *store, union rsl_job *magazine)
{
    void *top = rsl_ptr_load_relaxed(&store->magazines); /* relaxed: a first guess */
    do {
        magazine->free.magazine = top;
        RSL_YIELD_POINT();
        /* release: pairs with take_magazine(): publishes the lists */
    } while (!rsl_ptr_cas_release(&store->magazines, &top, magazine));
}

static bool add_chunk(struct rsl_job_cache *cache)
{
    struct rsl_job_store *store = cache->store;
    const size_t njobs = cache->chunk_njobs;
    struct chunk *chunk = store->allocator->allocate(store->allocator->state, chunk_nbytes(njobs));
    if (chunk == NULL)
        return false;
    chunk->njobs = njobs;
    void *top = rsl_ptr_load_relaxed(&store->chunks); /* relaxed: a first guess */
    do {
        chunk->next = top;
        /* release: pairs with nothing but the end of the threads; kept for the reader's sake */
    } while (!rsl_ptr_cas_release(&store->chunks, &top, chunk));
    cache->fresh = (union rsl_job *)(chunk + 1);
    cache->end = cache->fresh + njobs;
    if (cache->chunk_njobs < LAST_CHUNK_NJOBS)
        cache->chunk_njobs *= 2;
    return true;
}

/* Gets a list of descriptors or a chunk. Both are used up. */
static bool fill(struct rsl_job_cache *cache)
{
    union rsl_job *magazine = cache->full;
    cache->full = NULL;
    if (magazine == NULL)
        magazine = take_magazine(cache);
    if (magazine == NULL)
        return add_chunk(cache);
    cache->list = magazine;
    cache->nlist = RSL_JOB_MAGAZINE;
    return true;
}

union rsl_job *rsl_job_refill(struct rsl_job_cache *cache)
{
    if (!fill(cache))
        return NULL;
    union rsl_job *job = cache->list;
    if (job == NULL)
        return cache->fresh++;
    cache->list = job->free.next;
    cache->nlist--;
    return job;
}

void rsl_job_put_full(struct rsl_job_cache *cache)
{
    if (cache->full != NULL)
        give_magazine(cache->store, cache->full);
    cache->full = cache->list;
    cache->list = NULL;
    cache->nlist = 0;
}

enum rsl_status rsl_job_reserve(struct rsl_job_cache *cache, size_t njobs)
{
    if (cache->nlist + (size_t)(cache->end - cache->fresh) >= njobs || cache->full != NULL)
        return RSL_OK;
    cache->full = take_magazine(cache);
    if (cache->full != NULL)
        return RSL_OK;
    /* What is fresh goes to the list, so that it is not lost when a chunk takes its place. */
    while (cache->fresh != cache->end)
        rsl_job_put(cache, cache->fresh++);
    return add_chunk(cache) ? RSL_OK : RSL_ENOMEM;
}
