/* file_state.h says who may do what. The word of a file is the value of its entry in the map:
 *
 *     bits 0-2    the phase
 *     bit  3      it changed while it was parsed; with PARSING only
 *     bits 4-31   parses begun, free-running
 *     bits 32-63  its number
 *
 * which is never RSL_MAP_GONE, as there is no phase 7. States lie in blocks that never move, each
 * twice as long as the one before, and are used again, but given back only at the end: so whoever
 * has read a word may read the state, and must read the word again to know whether that was the
 * state of this file, and all of one version.
 */
#include "sched/file_state.h"

#include <string.h>

enum { FIRST_BLOCK = 1024, MAX_BLOCKS = 22 };

#define PHASE_MASK  UINT64_C(7)
#define DIRTY       UINT64_C(8)
#define COUNT_SHIFT 4
#define COUNT_MASK  UINT64_C(0xFFFFFFF)

/* No file is as large: nothing is known. */
#define UNKNOWN_NBYTES UINT64_MAX

struct rsl_file_states {
    const struct rsl_allocator *allocator;
    struct rsl_map *map;
    struct rsl_map_writer *writer;
    /* Written by the coordinator before it publishes a number in the map, which is a release. */
    struct rsl_file_state *blocks[MAX_BLOCKS];
    uint32_t limit;
    struct rsl_file_state *free;
};

static uint32_t block_length(unsigned block)
{
    return (uint32_t)FIRST_BLOCK << block;
}

static struct rsl_file_state *state_at(const struct rsl_file_states *states, uint32_t number)
{
    /* Blocks begin at (2^b - 1) * FIRST_BLOCK. */
    const unsigned block = 31U - (unsigned)__builtin_clz(number / FIRST_BLOCK + 1);
    return &states->blocks[block][number - (block_length(block) - FIRST_BLOCK)];
}

static enum rsl_file_phase phase_of(uint64_t word)
{
    return (enum rsl_file_phase)(word & PHASE_MASK);
}

static uint64_t with_phase(uint64_t word, enum rsl_file_phase phase)
{
    return (word & ~(PHASE_MASK | DIRTY)) | (uint64_t)phase;
}

enum rsl_status rsl_file_states_create(struct rsl_qsbr *domain,
                                       struct rsl_qsbr_participant *participant,
                                       const struct rsl_allocator *allocator, uint64_t seed,
                                       struct rsl_file_states **states_out)
{
    if (allocator == NULL)
        allocator = &rsl_allocator_default;
    *states_out = NULL;
    struct rsl_file_states *states = allocator->allocate(allocator->state, sizeof *states);
    if (states == NULL)
        return RSL_ENOMEM;
    *states = (struct rsl_file_states){.allocator = allocator};
    enum rsl_status status = rsl_map_create(domain, allocator, seed, 0, &states->map);
    if (status == RSL_OK)
        status = rsl_map_writer_create(states->map, participant, &states->writer);
    if (status != RSL_OK) {
        rsl_file_states_destroy(states);
        return status;
    }
    *states_out = states;
    return RSL_OK;
}

void rsl_file_states_destroy(struct rsl_file_states *states)
{
    if (states == NULL)
        return;
    const struct rsl_allocator *allocator = states->allocator;
    for (unsigned i = 0; i < MAX_BLOCKS; i++)
        allocator->release(
            allocator->state, states->blocks[i],
            states->blocks[i] == NULL ? 0 : block_length(i) * sizeof(struct rsl_file_state));
    rsl_map_destroy(states->map);
    allocator->release(allocator->state, states, sizeof *states);
}

/* A state that is in no use. */
static struct rsl_file_state *take_state(struct rsl_file_states *states)
{
    struct rsl_file_state *file = states->free;
    if (file != NULL) {
        states->free = file->next_free;
        return file;
    }
    const uint32_t number = states->limit;
    const unsigned block = 31U - (unsigned)__builtin_clz(number / FIRST_BLOCK + 1);
    if (block >= MAX_BLOCKS)
        return NULL;
    if (states->blocks[block] == NULL) {
        const size_t nbytes = block_length(block) * sizeof *file;
        file = states->allocator->allocate(states->allocator->state, nbytes);
        if (file == NULL)
            return NULL;
        memset(file, 0, nbytes);
        states->blocks[block] = file;
    }
    states->limit++;
    file = state_at(states, number);
    file->number = number;
    return file;
}

enum rsl_status rsl_file_states_get(struct rsl_file_states *states, const char *path,
                                    size_t path_nbytes, struct rsl_file_state **file_out)
{
    struct rsl_map_entry *entry = rsl_map_find(states->map, path, path_nbytes + 1);
    *file_out = NULL;
    if (entry != NULL) {
        *file_out = state_at(states, (uint32_t)(rsl_map_value(entry) >> 32));
        return RSL_OK;
    }
    struct rsl_file_state *file = take_state(states);
    if (file == NULL)
        return RSL_ENOMEM;
    /* Relaxed: a reader that comes by an old word of this state finds the word changed. */
    rsl_u64_store_relaxed(&file->nbytes, UNKNOWN_NBYTES);
    file->applied = 0;
    file->nunder_way = 0;
    file->has_result = file->is_missing = false;
    file->user = NULL;
    const enum rsl_status status =
        rsl_map_get_or_insert(states->writer, path, path_nbytes + 1,
                              (uint64_t)file->number << 32 | RSL_FILE_UNSEEN, &entry, NULL);
    if (status != RSL_OK) {
        file->next_free = states->free;
        states->free = file;
        return status;
    }
    file->entry = entry;
    *file_out = file;
    return RSL_OK;
}

void rsl_file_states_remove(struct rsl_file_states *states, struct rsl_file_state *file)
{
    size_t nbytes;
    const uint8_t *path = rsl_map_key(file->entry, &nbytes);
    rsl_map_remove(states->writer, path, nbytes, NULL);
    file->entry = NULL;
    file->next_free = states->free;
    states->free = file;
}

bool rsl_file_changed(struct rsl_file_state *file)
{
    uint64_t word = rsl_map_value(file->entry);
    for (;;) {
        uint64_t wanted = word;
        switch (phase_of(word)) {
        case RSL_FILE_UNSEEN:
        case RSL_FILE_DONE:
        case RSL_FILE_FAILED: wanted = with_phase(word, RSL_FILE_QUEUED); break;
        case RSL_FILE_QUEUED: break;
        case RSL_FILE_PARSING: wanted = word | DIRTY; break;
        }
        RSL_YIELD_POINT();
        /* Also where nothing is to be changed: the worker that then begins acquires what this
         * thread saw before, so that what it reads is not older. Pairs with begin and finish. */
        if (rsl_map_update(file->entry, &word, wanted))
            return phase_of(wanted) == RSL_FILE_QUEUED && phase_of(word) != RSL_FILE_QUEUED;
    }
}

size_t rsl_file_states_length(const struct rsl_file_states *states)
{
    return rsl_map_length(states->map);
}

uint32_t rsl_file_states_limit(const struct rsl_file_states *states)
{
    return states->limit;
}

struct rsl_file_state *rsl_file_states_at(const struct rsl_file_states *states, uint32_t number)
{
    struct rsl_file_state *file = number < states->limit ? state_at(states, number) : NULL;
    return file != NULL && file->entry != NULL ? file : NULL;
}

struct rsl_file_state *rsl_file_states_next(const struct rsl_file_states *states, uint32_t *at)
{
    while (*at < states->limit) {
        struct rsl_file_state *file = rsl_file_states_at(states, (*at)++);
        if (file != NULL)
            return file;
    }
    return NULL;
}

/* ---- the worker */

uint32_t rsl_file_begin(struct rsl_file_state *file)
{
    uint64_t word = rsl_map_value(file->entry);
    uint64_t wanted;
    do {
        const uint64_t count = (word >> COUNT_SHIFT) + 1;
        wanted = (word & ~(COUNT_MASK << COUNT_SHIFT)) | (count & COUNT_MASK) << COUNT_SHIFT;
        wanted = with_phase(wanted, RSL_FILE_PARSING);
        RSL_YIELD_POINT();
    } while (!rsl_map_update(file->entry, &word, wanted)); /* pairs with rsl_file_changed() */
    return (uint32_t)(wanted >> COUNT_SHIFT & COUNT_MASK);
}

bool rsl_file_finish(struct rsl_file_state *file, bool ok, const struct rsl_file_version *version)
{
    static const struct rsl_file_version unknown = {UNKNOWN_NBYTES, -1, 0, 0};
    if (version == NULL)
        version = &unknown;
    /* Release: who reads one of these sees the PARSING before it, and knows it has a mixture. */
    rsl_u64_store_release(&file->nbytes, version->nbytes);
    rsl_u64_store_release(&file->mtime_ns, (uint64_t)version->mtime_ns);
    rsl_u64_store_release(&file->content_hash, version->content_hash);
    rsl_u64_store_release(&file->fingerprint, version->fingerprint);
    uint64_t word = rsl_map_value(file->entry);
    for (;;) {
        const bool again = (word & DIRTY) != 0;
        const uint64_t wanted = with_phase(word, again ? RSL_FILE_QUEUED
                                                 : ok  ? RSL_FILE_DONE
                                                       : RSL_FILE_FAILED);
        RSL_YIELD_POINT();
        if (rsl_map_update(file->entry, &word, wanted)) /* pairs with rsl_file_states_find() */
            return again;
    }
}

static void load_version(const struct rsl_file_state *file, struct rsl_file_version *version_out)
{
    /* Acquire: pairs with finish, see there. */
    version_out->nbytes = rsl_u64_load_acquire(&file->nbytes);
    version_out->mtime_ns = (int64_t)rsl_u64_load_acquire(&file->mtime_ns);
    version_out->content_hash = rsl_u64_load_acquire(&file->content_hash);
    version_out->fingerprint = rsl_u64_load_acquire(&file->fingerprint);
}

bool rsl_file_known(const struct rsl_file_state *file, struct rsl_file_version *version_out)
{
    load_version(file, version_out);
    return version_out->nbytes != UNKNOWN_NBYTES;
}

/* ---- anybody */

enum rsl_file_phase rsl_file_phase(const struct rsl_file_state *file)
{
    return phase_of(rsl_map_value(file->entry));
}

const char *rsl_file_path(const struct rsl_file_state *file, size_t *path_nbytes_out)
{
    const char *path = (const char *)rsl_map_key(file->entry, path_nbytes_out);
    *path_nbytes_out -= 1; /* keys end with their NUL */
    return path;
}

bool rsl_file_states_find(const struct rsl_file_states *states, const char *path,
                          size_t path_nbytes, struct rsl_file_version *version_out)
{
    const struct rsl_map_entry *entry = rsl_map_find(states->map, path, path_nbytes + 1);
    if (entry == NULL)
        return false;
    const uint64_t word = rsl_map_value(entry);
    if (word == RSL_MAP_GONE || phase_of(word) == RSL_FILE_PARSING)
        return false;
    load_version(state_at(states, (uint32_t)(word >> 32)), version_out);
    /* The same word: no parse has begun since, and the state has not become another file's. */
    return rsl_map_value(entry) == word && version_out->nbytes != UNKNOWN_NBYTES;
}
