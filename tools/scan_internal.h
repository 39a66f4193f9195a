/* scan_internal.h - what the files of a scan share.
 *
 * Workers of a pool walk the folders and parse the files, both as jobs; the thread that called is
 * an event loop, which prints, and takes in a list of paths. A chunk is some files that one job
 * parses; what comes of it goes as one message through a channel to that thread, which alone
 * writes. An archive is a chunk of its own (archive_scan.h); what comes of it may be several
 * messages, of which the last says so.
 */
#ifndef RSL_TOOLS_SCAN_INTERNAL_H
#define RSL_TOOLS_SCAN_INTERNAL_H

#include <pthread.h>
#include <semaphore.h>

#include "ds/atomic.h"
#include "ds/mpsc.h"
#include "sched/event_loop.h"
#include "sched/sched.h"
#include "tools/path_list.h"
#include "tools/path_stream.h"
#include "tools/scan.h"

enum {
    /* Files a job parses: few enough to balance, many enough that a job and a message cost nothing
     * beside them, and that a slow disk has as many to look for at once. What the walk finds at a
     * time. */
    RSL_SCAN_CHUNK_FILES = 64,
    /* Chunks under way at a time, and messages that wait to be printed. */
    RSL_SCAN_WINDOW = 32,
};

struct rsl_scan;

/* What stands between an archive and its source in paths. */
#define RSL_SCAN_ARCHIVE_MARK "!/"

/* Some files to be parsed by one job, or an archive. Made by whoever finds them, freed by the job,
 * or the last of an archive's. */
struct rsl_scan_chunk {
    struct rsl_scan *scan;
    size_t index; /* sorted: its place in the output */
    size_t nfiles;
    bool is_archive;
    bool listed;                             /* its last message is counted */
    const char *paths[RSL_SCAN_CHUNK_FILES]; /* in the paths of the scan, or behind this struct */
};

/* What came of a chunk. The texts are the receiver's to free. */
struct rsl_scan_message {
    size_t index;
    bool last_listed; /* the last of a chunk of the list */
    struct rsl_text_buffer out, diagnostics;
};

struct rsl_scan {
    const struct rsl_scan_options *options;
    const char **roots; /* without "-" */
    size_t nroots;
    /* Of the roots: "-", and what is neither file nor folder. These are read as they come, in the
     * order of the bytes, and waited for. */
    const char **streams;
    size_t nstreams;
    bool has_stdin;
    struct rsl_pool *pool;
    struct rsl_mpsc *messages;
    struct rsl_event_loop *loop;
    struct rsl_archive_scan *archives;
    struct rsl_path_list paths;     /* sorted: all that there are; see rsl_scan_keep() */
    struct rsl_atomic_u64 nmissing; /* relaxed: a count, read when all threads have ended */
    struct rsl_atomic_u32 error; /* an errno, the first that was set. relaxed: read by whoever asks
                                    whether to go on, and at the end, when all threads have ended */
    pthread_mutex_t totals_lock;
    struct rsl_scan_totals totals; /* of the workers that have ended */

    /* The rest is the printing thread's. */
    size_t next_path;                /* sorted: the first that is in no chunk yet */
    struct rsl_event_channel source; /* of messages */
    struct rsl_scan_message waiting[RSL_SCAN_WINDOW]; /* sorted: those that have come too early, by
                                                         index modulo the window */
    bool has_come[RSL_SCAN_WINDOW];
    bool closed; /* the channel is closed and empty */
    struct rsl_path_stream list;
    struct rsl_event_input list_input;
    bool list_ended;
    size_t nlisted;   /* chunks of the list whose messages have not come */
    sem_t all_listed; /* for the walking thread: all of the list has been spawned */
};

/* ---- scan_work.c */

/* From here on jobs do nothing, and nothing is printed. The first error stays. Any thread. */
void rsl_scan_fail(struct rsl_scan *scan, int error);
bool rsl_scan_has_failed(const struct rsl_scan *scan);
/* Whether no more files are to be begun: after a failure, or a signal. Any thread. */
bool rsl_scan_is_over(const struct rsl_scan *scan);

/* Hooks of the pool; `arg` is the scan. */
int rsl_scan_init_worker(struct rsl_worker *worker, void *arg);
int rsl_scan_fini_worker(struct rsl_worker *worker, void *arg);

/* What the jobs of archives need. False without memory. */
bool rsl_scan_create_archives(struct rsl_scan *scan);

/* Has a job parse the chunk, which it takes over. */
void rsl_scan_spawn(struct rsl_scan *scan, struct rsl_scan_chunk *chunk);
/* Has jobs parse the files at the paths, which are copied. Returns the number of chunks. `listed`:
 * they are of the list. */
size_t rsl_scan_spawn_files(struct rsl_scan *scan, const char *const *paths, size_t npaths,
                            bool listed);

/* Sorted: adds the file to scan->paths. An archive stands there with the mark behind its path, as
 * its sources are shown, so that they are printed where they belong. */
void rsl_scan_keep(struct rsl_scan *scan, const char *path);
/* Whether a path in scan->paths is that of an archive, with the mark. */
bool rsl_scan_is_marked(const char *path);

/* Finds the files; sorted to scan->paths, else they are spawned. */
void rsl_scan_walk(struct rsl_scan *scan);

/* ---- scan_list.c */

/* Begins to take in the list of options->files_from, if there is one. */
void rsl_scan_begin_list(struct rsl_scan *scan);
/* For the messages of chunks of the list. */
void rsl_scan_count_listed(struct rsl_scan *scan);
/* Whether all of the list has been spawned. */
bool rsl_scan_all_is_listed(const struct rsl_scan *scan);
/* Takes in no more; what has been read may still have to be spawned. */
void rsl_scan_end_list(struct rsl_scan *scan);

#endif
