/* coordinator.h - which file is worked on when, and what becomes of the results.
 *
 *     events (MPSC) ──► coordinator ──jobs──► pool
 *                           ▲                  │
 *                           └─ results (MPSC) ─┘
 *
 * Events say that a file may have changed: from a walk, a watcher, or anybody. The coordinator, one
 * thread, keeps the files' states (file_state.h) and a queue of files by priority, of which it
 * hands to the pool as much as keeps the workers busy, several files a job if there are many. It
 * never waits: it does what can be done, in a loop (event_loop.h) or step by step. (If it is told
 * to, it works on a small file that changed alone itself; see small_nbytes.)
 *
 * 1. A file stands in the queue once, however many events there were. For what is guaranteed of
 *    parses see file_state.h.
 * 2. All is bounded: the events, the queue, the files under way, the results. While the queue is
 * full no events are taken, so that senders have to wait; while the user takes no results no jobs
 * are handed out, in the end. Nobody waits for whom it holds up: workers always have room for their
 *    results, and files that have to be parsed again have room in the queue. So whichever part
 * stands still, the others stand only as long, and go on.
 * 3. Results of a file arrive in the order of its parses; one that was overtaken is dropped.
 * 4. Nothing is allocated for a file that is known, but the event that names it, by its sender.
 *
 * The old pipeline's process_results is the coordinator's turn at its results; its
 * dependencies_changed is the callback of that name, called when what others see of a file did
 * change (early cutoff), and only then.
 */
#ifndef RSL_SCHED_COORDINATOR_H
#define RSL_SCHED_COORDINATOR_H

#include "ds/ds.h"
#include "ds/futex.h" /* RSL_FOREVER */
#include "sched/file_state.h"
#include "sched/pool.h"

#ifdef __cplusplus
extern "C" {
#endif

struct rsl_coordinator;
struct rsl_event_loop;
struct rsl_mpsc;

enum rsl_file_outcome {
    RSL_FILE_PARSED,
    RSL_FILE_SAME,    /* its contents are those that were parsed before */
    RSL_FILE_BROKEN,  /* it could not be read or parsed */
    RSL_FILE_MISSING, /* there is none any more */
};

/* What a worker found. It sets the first three; of a SAME only if there is something known, whose
 * fingerprint is kept. */
struct rsl_file_result {
    enum rsl_file_outcome outcome;
    struct rsl_file_version version; /* PARSED and SAME */
    void *payload;                   /* the user's, from worker to coordinator */
    struct rsl_file_state *file;
    bool interface_changed; /* PARSED: the fingerprint is another one than before, or the first */
    bool again;             /* the file changed meanwhile, and will be worked on again */
    bool is_gone;           /* the last event said so, so that `work` was not called */
    uint32_t parse;
};

/* A change that somebody tells of. */
struct rsl_file_event {
    const char *path; /* ends with a NUL; NULL: a marker, see on_marker */
    size_t path_nbytes;
    const char *from; /* where the file was moved from, or NULL */
    bool is_gone;     /* it is not there any more, or does not count, whatever is there */
};

/* All zero but the functions: the defaults. Copied. */
struct rsl_coordinator_options {
    const struct rsl_allocator *allocator; /* NULL: the default one */
    struct rsl_pool *pool;
    size_t event_capacity; /* 0: 1,024 */
    size_t queue_capacity; /* files that wait; 0: 4,096 */
    size_t job_files;      /* of one job, at most; 0: 16 */
    size_t njobs;          /* under way at a time; 0: two for each worker, and two */
    uint64_t seed;         /* of the map */
    /* A file that changed while nothing else was to be done, and that has no more bytes, nor had
     * when it was known last, is worked on at once by the coordinator's thread, with a worker of
     * NULL: to wake another, and be woken by it, takes longer, most of all on a busy machine. 0:
     * none is. */
    uint64_t small_nbytes;
    struct rsl_qsbr *domain;                  /* of the map */
    struct rsl_qsbr_participant *participant; /* of the coordinator's thread */

    /* On a worker, but see small_nbytes: reads and parses the file. `known`: what is known from
     * before, or NULL. */
    void (*work)(void *context, struct rsl_worker *worker, const char *path,
                 const struct rsl_file_version *known, struct rsl_file_result *result);

    /* On the coordinator's thread; each but `take` may be NULL. */

    /* Takes a result and its payload. False: not now; the same result is offered again after
     * rsl_coordinator_resume(). The file is gone from the states after a MISSING that is not to be
     * worked on again; its `user` must then be given up. */
    bool (*take)(void *context, const struct rsl_file_result *result);
    /* Gives up the payload of a result that was overtaken. */
    void (*drop)(void *context, const struct rsl_file_result *result);
    /* An event of a file, before it is queued. */
    void (*on_event)(void *context, struct rsl_file_state *file,
                     const struct rsl_file_event *event);
    /* How many files depend on this one. */
    uint32_t (*count_dependents)(void *context, const struct rsl_file_state *file);
    /* What others see of the file has changed, or it is gone: those that depend on it have to be
     * resolved anew. After `take`, or `drop`. */
    void (*dependencies_changed)(void *context, struct rsl_file_state *file);
    /* All that came before a marker has been worked on; or, after close, what was under way. */
    void (*on_marker)(void *context);
    /* RSL_ENOMEM: an event is lost, unless it is sent again, or files wait that should be handed
     * out, until the next step. RSL_ECLOSED: a sender has closed the channel of events, which is as
     * if the user had called rsl_coordinator_close(). */
    void (*on_error)(void *context, enum rsl_status status);
    void *context;
};

struct rsl_coordinator_stats {
    uint64_t nevents;
    uint64_t nmerged; /* events of files that were queued already, or being worked on */
    uint64_t njobs;
    uint64_t nresults;
    uint64_t nagain;            /* files that changed while they were worked on */
    uint64_t ndropped;          /* results that were overtaken */
    size_t nqueued, nunder_way; /* files, now */
};

/* Returns RSL_OK, RSL_EINVAL, RSL_ENOMEM or RSL_ECLOSED (the pool is). Until it is destroyed a
 * scope of the pool is open. By the coordinator's thread, as all that follows but for sending. */
enum rsl_status rsl_coordinator_create(const struct rsl_coordinator_options *options,
                                       struct rsl_coordinator **coordinator_out);
/* Waits for the jobs that are under way, whose results are dropped. NULL: nothing. Nobody sends any
 * more. */
void rsl_coordinator_destroy(struct rsl_coordinator *coordinator);

/* Does what can be done now, a bounded part. Returns whether there may be more. */
bool rsl_coordinator_step(struct rsl_coordinator *coordinator);

/* From now on the loop does the steps. Returns RSL_OK, RSL_ENOMEM or RSL_EIO. */
enum rsl_status rsl_coordinator_attach(struct rsl_coordinator *coordinator,
                                       struct rsl_event_loop *loop);
void rsl_coordinator_detach(struct rsl_coordinator *coordinator);

/* The user has room for results again. */
void rsl_coordinator_resume(struct rsl_coordinator *coordinator);

/* Takes no more events, and hands out no more files: what is under way is finished. For good.
 * Senders get RSL_ECLOSED. */
void rsl_coordinator_close(struct rsl_coordinator *coordinator);
/* Whether nothing is under way and all results were taken; and, before close, nothing is queued. */
bool rsl_coordinator_is_idle(const struct rsl_coordinator *coordinator);

struct rsl_file_states *rsl_coordinator_files(const struct rsl_coordinator *coordinator);
void rsl_coordinator_get_stats(const struct rsl_coordinator *coordinator,
                               struct rsl_coordinator_stats *stats_out);

/* ---- any thread */

/* Sends a copy of the event; waits for room for at most `timeout_ns` (0: not at all). Returns
 * RSL_OK, RSL_EAGAIN or RSL_ETIMEDOUT (there is no room), RSL_ECLOSED or RSL_ENOMEM. */
enum rsl_status rsl_coordinator_send(struct rsl_coordinator *coordinator,
                                     const struct rsl_file_event *event, uint64_t timeout_ns);
/* The channel of events, for a sender in an event loop that wants to know when there is room. */
struct rsl_mpsc *rsl_coordinator_events(const struct rsl_coordinator *coordinator);

#ifdef __cplusplus
}
#endif

#endif
