/* file_state.h - what is known of each file, and what is being done with it: a map that all threads
 * see, from paths to states.
 *
 *     UNSEEN ──► QUEUED ──► PARSING ──► DONE or FAILED
 *                  ▲          │  ▲         │
 *                  │  it changed meanwhile │ it changed
 *                  └──────────┴────────────┘
 *
 * Roles. The coordinator: one thread, which alone adds and removes files, and says that they
 * changed (rsl_file_changed). The worker that a file was given to, which begins and finishes it.
 * Readers: any thread that is an online participant of the domain, to find files and read what is
 * known.
 *
 * 1. States change by compare-and-swap of one word, which holds the state, a mark that the file
 *    changed while it was parsed, the number of the parse, and where the rest is.
 * 2. At most one parse of a file is under way: only who makes QUEUED out of another state hands it
 * to a worker, and from QUEUED there is one way, taken once.
 * 3. No change is lost: it finds the file QUEUED, and then the parse that begins later sees it; or
 *    PARSING, and leaves the mark, with which finish makes QUEUED instead of DONE and says so; or
 * it makes QUEUED itself. A file that failed is no exception, so it is tried again when it changes.
 * 4. What finish writes is seen by whoever sees its DONE or FAILED; a reader never gets half of it.
 *
 * The old pipeline's should_parse is rsl_should_read and rsl_should_parse, its calculate_priority
 * is rsl_calculate_priority.
 */
#ifndef RSL_SCHED_FILE_STATE_H
#define RSL_SCHED_FILE_STATE_H

#include "ds/map.h"

#ifdef __cplusplus
extern "C" {
#endif

enum rsl_file_phase {
    RSL_FILE_UNSEEN,
    RSL_FILE_QUEUED,
    RSL_FILE_PARSING,
    RSL_FILE_DONE,
    RSL_FILE_FAILED, /* it could not be read, or is gone */
};

/* What was found in a file. */
struct rsl_file_version {
    uint64_t nbytes;
    int64_t mtime_ns;      /* since 1970; -1: it says nothing, the file having been new just then */
    uint64_t content_hash; /* XXH3-64 */
    uint64_t fingerprint;  /* of what others can see of it */
};

/* A file. The fields are this unit's, but for those of the coordinator, and `user`, which is for
 * whoever runs that, and used on its thread. */
struct rsl_file_state {
    /* Written by the worker while PARSING, with release; read by anybody, with acquire. */
    struct rsl_atomic_u64 nbytes, mtime_ns, content_hash, fingerprint;
    /* The last event said that it is gone. Written by the coordinator before it says that the file
     * changed, read by the worker after it has begun: rsl_file_changed() pairs with begin. Relaxed:
     * the word of the file publishes it, and an event that comes later has the file parsed again.
     */
    struct rsl_atomic_u32 is_gone;
    struct rsl_map_entry *entry; /* set when the file is added */
    uint32_t number;     /* dense, below rsl_file_states_limit; of files removed used again */
    uint32_t applied;    /* the coordinator's: the last parse whose result was taken */
    uint32_t nunder_way; /* the coordinator's: parses whose results it has not taken */
    bool has_result;     /* the coordinator's: there was one */
    bool is_missing;     /* the coordinator's: and it said that there is no such file */
    void *user;
    struct rsl_file_state *next_free;
};

struct rsl_file_states;

/* `participant`: of the coordinator's thread; it and the domain must outlive the states. `seed`:
 * see map.h. RSL_OK or RSL_ENOMEM. */
enum rsl_status rsl_file_states_create(struct rsl_qsbr *domain,
                                       struct rsl_qsbr_participant *participant,
                                       const struct rsl_allocator *allocator, uint64_t seed,
                                       struct rsl_file_states **states_out);
void rsl_file_states_destroy(struct rsl_file_states *states);

/* ---- the coordinator */

/* The file at that path, which ends with a NUL, added UNSEEN if it is new. RSL_OK, RSL_EINVAL (too
 * long) or RSL_ENOMEM. */
enum rsl_status rsl_file_states_get(struct rsl_file_states *states, const char *path,
                                    size_t path_nbytes, struct rsl_file_state **file_out);

/* Removes a file that is neither QUEUED nor PARSING. */
void rsl_file_states_remove(struct rsl_file_states *states, struct rsl_file_state *file);

/* The file has changed, or is to be parsed for the first time. True: it is QUEUED now and was not,
 * so that the caller has to have it parsed. */
bool rsl_file_changed(struct rsl_file_state *file);

size_t rsl_file_states_length(const struct rsl_file_states *states);
/* Above all numbers of files that there have been. */
uint32_t rsl_file_states_limit(const struct rsl_file_states *states);
/* The file with that number, or NULL. */
struct rsl_file_state *rsl_file_states_at(const struct rsl_file_states *states, uint32_t number);
/* The next file behind number *at, from 0 on, which is moved; NULL: no more. */
struct rsl_file_state *rsl_file_states_next(const struct rsl_file_states *states, uint32_t *at);

/* ---- the worker */

/* Makes PARSING of QUEUED. Returns the number of the parse, which counts per file and wraps. */
uint32_t rsl_file_begin(struct rsl_file_state *file);

/* Writes what was found and makes DONE of PARSING, or FAILED. True: the file changed meanwhile, and
 * is QUEUED: the coordinator has to have it parsed again. `version` NULL: nothing is known of it.
 */
bool rsl_file_finish(struct rsl_file_state *file, bool ok, const struct rsl_file_version *version);

/* What was known when the parse that is under way began; by the worker. False: nothing. */
bool rsl_file_known(const struct rsl_file_state *file, struct rsl_file_version *version_out);

/* ---- anybody */

enum rsl_file_phase rsl_file_phase(const struct rsl_file_state *file);

/* Ends with a NUL. Good until the file is removed. */
const char *rsl_file_path(const struct rsl_file_state *file, size_t *path_nbytes_out);

/* What is known of the file at that path, which ends with a NUL. False if there is none, if nothing
 * is known of it, or it is just being parsed. An online participant. */
bool rsl_file_states_find(const struct rsl_file_states *states, const char *path,
                          size_t path_nbytes, struct rsl_file_version *version_out);

/* Whether a file has to be read, going by its size and time. */
static inline bool rsl_should_read(const struct rsl_file_version *known, uint64_t nbytes,
                                   int64_t mtime_ns)
{
    return known->mtime_ns == -1 || known->nbytes != nbytes || known->mtime_ns != mtime_ns;
}

/* Whether what was read has to be parsed, or is what was parsed before. */
static inline bool rsl_should_parse(const struct rsl_file_version *known, uint64_t nbytes,
                                    uint64_t content_hash)
{
    return known->nbytes != nbytes || known->content_hash != content_hash;
}

/* A number that is the greater the sooner a file should be parsed: those that changed come before
 * those that are parsed for the first time, and then those on which more others depend. */
static inline uint64_t rsl_calculate_priority(uint32_t ndependents, bool changed)
{
    return (uint64_t)changed << 32 | ndependents;
}

#ifdef __cplusplus
}
#endif

#endif
