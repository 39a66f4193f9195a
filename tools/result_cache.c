/* A cache of sets, as processors have them: a key can only be in one set of WAYS slots, and who
 * comes into a full set drives out one of them. So there are no chains to follow and there is
 * nothing to clean up. It is cut into shards, each with its lock, which is held for the copying of
 * a text, or the doubling of the shard, at most: a shard begins small, since slots spread over much
 * memory touch a page each, and doubles when a set is full, up to its share of the memory. */
#define XXH_INLINE_ALL
#include "tools/result_cache.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

enum { NSHARDS = 64, WAYS = 8, FIRST_NSETS = 4 };

struct slot {
    uint64_t high, nbytes;
    char *text;
    uint32_t text_nbytes;
    struct rsl_content_result result;
};

struct table {
    uint64_t *tags; /* the low half of each key; 0: the slot is free */
    struct slot *slots;
    size_t nsets; /* a power of two, or 0 */
};

struct shard {
    pthread_mutex_t lock;
    struct table table;
    size_t text_nbytes; /* in use */
    size_t next_way;    /* to be driven out of a full set */
    size_t hand;        /* where texts are driven out next */
};

struct rsl_result_cache {
    uint64_t seed;
    size_t max_nsets;       /* of a shard */
    size_t max_text_nbytes; /* of a shard */
    struct shard shards[NSHARDS];
};

struct rsl_result_cache *rsl_result_cache_create(size_t max_nbytes, bool with_texts)
{
    struct rsl_result_cache *cache = calloc(1, sizeof *cache);
    if (cache == NULL)
        return NULL;
    const size_t set_nbytes = WAYS * (sizeof(struct slot) + sizeof(uint64_t));
    const size_t slots_nbytes = with_texts ? max_nbytes / 4 : max_nbytes;
    cache->seed = rsl_unpredictable();
    cache->max_nsets = slots_nbytes / NSHARDS / set_nbytes;
    cache->max_text_nbytes = with_texts ? (max_nbytes - slots_nbytes) / NSHARDS : 0;
    for (size_t i = 0; i < NSHARDS; i++)
        pthread_mutex_init(&cache->shards[i].lock, NULL);
    return cache;
}

void rsl_result_cache_destroy(struct rsl_result_cache *cache)
{
    if (cache == NULL)
        return;
    for (size_t i = 0; i < NSHARDS; i++) {
        struct shard *shard = &cache->shards[i];
        for (size_t j = 0; j < shard->table.nsets * WAYS && shard->text_nbytes > 0; j++) {
            if (shard->table.tags[j] != 0 && shard->table.slots[j].text != NULL) {
                shard->text_nbytes -= shard->table.slots[j].text_nbytes;
                free(shard->table.slots[j].text);
            }
        }
        free(shard->table.tags);
        free(shard->table.slots);
        pthread_mutex_destroy(&shard->lock);
    }
    free(cache);
}

struct rsl_content_key rsl_content_key(const struct rsl_result_cache *cache, const uint8_t *bytes,
                                       size_t nbytes)
{
    const XXH128_hash_t hash = XXH3_128bits_withSeed(bytes, nbytes, cache->seed);
    return (struct rsl_content_key){hash.low64, hash.high64, nbytes};
}

static uint64_t tag_of(const struct rsl_content_key *key)
{
    return key->low | 1; /* the bit is lost: shard and set have taken it from `high` */
}

static struct shard *shard_of(struct rsl_result_cache *cache, const struct rsl_content_key *key)
{
    return &cache->shards[key->high % NSHARDS];
}

static size_t set_of(const struct table *table, uint64_t high)
{
    return (size_t)(high / NSHARDS) & (table->nsets - 1);
}

/* The slot of the key, or SIZE_MAX. */
static size_t find_slot(const struct shard *shard, const struct rsl_content_key *key)
{
    const size_t first = shard->table.nsets == 0 ? 0 : set_of(&shard->table, key->high) * WAYS;
    for (size_t i = first; shard->table.nsets > 0 && i < first + WAYS; i++) {
        if (shard->table.tags[i] == tag_of(key) && shard->table.slots[i].high == key->high &&
            shard->table.slots[i].nbytes == key->nbytes)
            return i;
    }
    return SIZE_MAX;
}

bool rsl_result_cache_find(struct rsl_result_cache *cache, const struct rsl_content_key *key,
                           struct rsl_content_result *result_out, struct rsl_text_buffer *out)
{
    struct shard *shard = shard_of(cache, key);
    pthread_mutex_lock(&shard->lock);
    const size_t i = find_slot(shard, key);
    if (i != SIZE_MAX) {
        *result_out = shard->table.slots[i].result;
        if (shard->table.slots[i].text_nbytes > 0)
            rsl_text_buffer_put(out, shard->table.slots[i].text, shard->table.slots[i].text_nbytes);
    }
    pthread_mutex_unlock(&shard->lock);
    return i != SIZE_MAX;
}

static void drive_out(struct shard *shard, size_t i)
{
    free(shard->table.slots[i].text);
    shard->text_nbytes -= shard->table.slots[i].text_nbytes;
    shard->table.slots[i] = (struct slot){.text = NULL};
    shard->table.tags[i] = 0;
}

/* Makes room for a text, which is not longer than all room. */
static void make_room(struct rsl_result_cache *cache, struct shard *shard, size_t nbytes)
{
    while (shard->text_nbytes + nbytes > cache->max_text_nbytes) {
        if (shard->table.tags[shard->hand] != 0 && shard->table.slots[shard->hand].text_nbytes > 0)
            drive_out(shard, shard->hand);
        shard->hand = (shard->hand + 1) % (shard->table.nsets * WAYS);
    }
}

/* The first free slot of the set that begins there, or SIZE_MAX. */
static size_t free_slot(const uint64_t *tags, size_t first)
{
    for (size_t i = first; i < first + WAYS; i++) {
        if (tags[i] == 0)
            return i;
    }
    return SIZE_MAX;
}

/* Makes the shard twice as large, each set two. False without memory, or above its share of it. */
static bool grow(const struct rsl_result_cache *cache, struct shard *shard)
{
    const struct table *old = &shard->table;
    struct table grown = {.nsets = old->nsets == 0 ? FIRST_NSETS : old->nsets * 2};
    if (grown.nsets > cache->max_nsets)
        return false;
    grown.tags = calloc(grown.nsets * WAYS, sizeof *grown.tags);
    grown.slots = calloc(grown.nsets * WAYS, sizeof *grown.slots);
    if (grown.tags == NULL || grown.slots == NULL) {
        free(grown.tags);
        free(grown.slots);
        return false;
    }
    for (size_t i = 0; i < old->nsets * WAYS; i++) {
        if (old->tags[i] == 0)
            continue;
        const size_t to = free_slot(grown.tags, set_of(&grown, old->slots[i].high) * WAYS);
        grown.tags[to] = old->tags[i]; /* there is room: it has half of one set at most */
        grown.slots[to] = old->slots[i];
    }
    free(old->tags);
    free(old->slots);
    shard->table = grown; /* and not the lock, for which others wait meanwhile */
    shard->hand = 0;
    return true;
}

/* A free slot for the key, or SIZE_MAX if the shard has no memory at all. */
static size_t take_slot(const struct rsl_result_cache *cache, struct shard *shard,
                        const struct rsl_content_key *key)
{
    if (shard->table.nsets == 0 && !grow(cache, shard))
        return SIZE_MAX;
    size_t first = set_of(&shard->table, key->high) * WAYS, i = free_slot(shard->table.tags, first);
    while (i == SIZE_MAX && grow(cache, shard)) {
        first = set_of(&shard->table, key->high) * WAYS;
        i = free_slot(shard->table.tags, first);
    }
    if (i == SIZE_MAX) {
        i = first + shard->next_way++ % WAYS;
        drive_out(shard, i);
    }
    return i;
}

void rsl_result_cache_add(struct rsl_result_cache *cache, const struct rsl_content_key *key,
                          const struct rsl_content_result *result, const char *text,
                          size_t text_nbytes)
{
    if (text_nbytes > cache->max_text_nbytes || text_nbytes > UINT32_MAX)
        return;
    char *copy = NULL;
    if (text_nbytes > 0) {
        copy = malloc(text_nbytes);
        if (copy == NULL)
            return;
        memcpy(copy, text, text_nbytes);
    }
    struct shard *shard = shard_of(cache, key);
    pthread_mutex_lock(&shard->lock);
    if (find_slot(shard, key) == SIZE_MAX) { /* else another thread was faster */
        make_room(cache, shard, text_nbytes);
        const size_t i = take_slot(cache, shard, key);
        if (i != SIZE_MAX) {
            shard->table.tags[i] = tag_of(key);
            shard->table.slots[i] =
                (struct slot){key->high, key->nbytes, copy, (uint32_t)text_nbytes, *result};
            shard->text_nbytes += text_nbytes;
            copy = NULL;
        }
    }
    pthread_mutex_unlock(&shard->lock);
    free(copy);
}
