#include "tools/dependents.h"

#include <stdlib.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "index/store_graph.h"

struct entry {
    uint64_t hash;
    uint32_t n; /* 0: free */
};

/* A hash table that is at most half full. */
struct rsl_dependents {
    struct entry *entries;
    size_t mask, nused;
};

static struct entry *place_of(const struct rsl_dependents *dependents, uint64_t hash)
{
    size_t at = hash & dependents->mask;
    while (dependents->entries[at].n != 0 && dependents->entries[at].hash != hash)
        at = (at + 1) & dependents->mask;
    return &dependents->entries[at];
}

static bool grow(struct rsl_dependents *dependents)
{
    const struct rsl_dependents before = *dependents;
    dependents->mask = before.entries == NULL ? 255 : 2 * before.mask + 1;
    dependents->entries = calloc(dependents->mask + 1, sizeof(struct entry));
    if (dependents->entries == NULL) {
        *dependents = before;
        return false;
    }
    for (size_t i = 0; before.entries != NULL && i <= before.mask; i++) {
        if (before.entries[i].n != 0)
            *place_of(dependents, before.entries[i].hash) = before.entries[i];
    }
    free(before.entries);
    return true;
}

static bool add(void *context, const char *path, size_t path_nbytes, uint32_t ndependents)
{
    struct rsl_dependents *dependents = context;
    if (2 * dependents->nused >= dependents->mask && !grow(dependents))
        return false;
    const uint64_t hash = XXH3_64bits(path, path_nbytes);
    *place_of(dependents, hash) = (struct entry){hash, ndependents};
    dependents->nused++;
    return true;
}

struct rsl_dependents *rsl_dependents_of(struct rsl_store *store)
{
    struct rsl_dependents *dependents = calloc(1, sizeof *dependents);
    if (dependents == NULL || !grow(dependents) ||
        rsl_store_each_dependents(store, add, dependents) != RSL_OK) {
        rsl_dependents_destroy(dependents);
        return NULL;
    }
    return dependents;
}

void rsl_dependents_destroy(struct rsl_dependents *dependents)
{
    if (dependents == NULL)
        return;
    free(dependents->entries);
    free(dependents);
}

uint32_t rsl_dependents_count(const struct rsl_dependents *dependents, const char *path,
                              size_t path_nbytes)
{
    return dependents == NULL ? 0 : place_of(dependents, XXH3_64bits(path, path_nbytes))->n;
}
