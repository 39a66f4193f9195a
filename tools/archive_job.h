/* archive_job.h - archives as jobs of a pool, within a bound on memory.
 *
 * An archive is a job: its file is read in one go and inflated into memory that is used again, and
 * whoever wants its sources finds them where they lie there. How much is in memory at a time is
 * bounded: an archive for which there is no room yet is put off, and the worker does something else
 * (sched/gate.h). */
#ifndef RSL_TOOLS_ARCHIVE_JOB_H
#define RSL_TOOLS_ARCHIVE_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "index/archive.h"
#include "sched/gate.h"
#include "sched/pool.h"
#include "tools/text_buffer.h"

/* What the archives came to. Times are processor time, and only kept if asked for. */
struct rsl_archive_stats {
    uint64_t narchives, nbad;
    uint64_t compressed_nbytes, inflated_nbytes;
    uint64_t nsources, source_nbytes; /* all that were looked at */
    uint64_t nshared, shared_nbytes;  /* of these, known from others of the same content */
    uint64_t nsplit;                  /* archives that were cut into several jobs */
    uint64_t nput_off;                /* times that one had to wait for memory */
    uint64_t most_nbytes;             /* the most that was reserved at a time */
    uint64_t read_ns, inflate_ns, hash_ns, parse_ns;
};

/* An archive under way. What is public may be read from when it is handed out until it is ended. */
struct rsl_archive_job {
    struct rsl_gate_ticket gate_ticket; /* first: the job is found through it; its own */
    void *ticket;                       /* of who began it */
    struct rsl_archive *archive;        /* to be read only; NULL if it was refused */
    int error;                          /* errno why the file could not be read, or 0 */
    const uint8_t *file;                /* as it is on disk; NULL if it could not be read */
    size_t file_nbytes;
    int64_t mtime_ns;        /* of the file when it was opened */
    int64_t opened_ns;       /* when that was, by the same clock; both since 1970 */
    const uint32_t *sources; /* numbers of the members that are to be parsed, by path */
    size_t nsources;
    uint64_t sources_nbytes;

    /* Its own. */
    struct rsl_archive_jobs *jobs;
    struct archive_store *store;
    uint64_t size, room, weight;
    struct rsl_archive_stats stats;
    char path[]; /* then a NUL; public */
};

/* All is borrowed. */
struct rsl_archive_jobs_options {
    size_t nworkers;
    uint64_t max_memory; /* what all together should need at most; 0: a quarter of the machine's */
    bool timed;
    bool hidden; /* sources with a hidden name, or below one, too */
    bool limit_nbytes;
    uint64_t max_nbytes; /* of a source */
    /* Whether to stop early. */
    bool (*stopped)(void *context);
    /* The archive is in memory. It stays there until rsl_archive_job_end(), which whatever job may
     * call. Called by workers. */
    void (*opened)(void *context, struct rsl_worker *worker, struct rsl_archive_job *job);
    /* Or else it is bad, or cannot be read: `message`, and the member that it is about, or "". If
     * `message` is NULL it was stopped, or memory has run out, of which `fail` was told. The job
     * ends when this returns. Called by workers, also by one that begins or ends another archive.
     */
    void (*refused)(void *context, struct rsl_worker *worker, const struct rsl_archive_job *job,
                    const char *member, const char *message);
    /* Memory has run out. Called by workers. */
    void (*fail)(void *context);
    void *context;
};

struct rsl_archive_jobs;

/* NULL: no memory. */
struct rsl_archive_jobs *rsl_archive_jobs_create(const struct rsl_archive_jobs_options *options);
/* When all that was begun has ended. NULL is accepted. */
void rsl_archive_jobs_destroy(struct rsl_archive_jobs *jobs);

/* The bound, also where it was left to choose. */
uint64_t rsl_archive_jobs_max_memory(const struct rsl_archive_jobs *jobs);

/* Begins the archive at path[0..nbytes), in a job. Either `opened` or `refused` is called once,
 * perhaps before this returns, perhaps from another job; waiting for the pool waits for that. False
 * for want of memory, and then neither is. */
bool rsl_archive_jobs_begin(struct rsl_archive_jobs *jobs, struct rsl_worker *worker,
                            const char *path, size_t nbytes, void *ticket);

/* Ends a job that was handed out: its memory goes to others, who may be begun or refused. */
void rsl_archive_job_end(struct rsl_archive_job *job, struct rsl_worker *worker);

/* Adds to what is counted. Any thread. */
void rsl_archive_jobs_count(struct rsl_archive_jobs *jobs, const struct rsl_archive_stats *stats);

/* What all that has ended came to. */
void rsl_archive_jobs_get_stats(struct rsl_archive_jobs *jobs, struct rsl_archive_stats *stats_out);

/* Appends a member's path as it is shown, archive!/member, and a NUL. */
void rsl_archive_put_shown(struct rsl_text_buffer *out, const char *path,
                           const struct rsl_archive_member *member);
/* Appends what is wrong, [member: ]message, and a NUL. */
void rsl_archive_put_error(struct rsl_text_buffer *out, const char *member, const char *message);

#endif
