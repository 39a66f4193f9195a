/* walk_internal.h - what the walker's files share.
 *
 * Roles: the thread that calls rsl_walk_run(), and the workers of the pool, or that thread alone in
 * place of one worker. Each folder to be read is an object that lies in the list of the worker that
 * found it, and a job of the walk's scope that names that list: the job takes the newest of the
 * list, reads it, and adds what it finds to its own worker's list. There are never fewer folders
 * than jobs, so a job finds one; folders whose jobs were cancelled stay in the lists, and are freed
 * by the caller at the end.
 *
 * What runs together: jobs, on different workers.
 * 1. Whatever is in struct rsl_walk, but for `status`, is written by the caller before the first
 *    job, and only read then; spawning publishes it.
 * 2. A worker's state belongs to whatever job runs on that worker, and to the caller when the scope
 *    is over; `found` is under its lock, since thieves take from it.
 * 3. A folder object belongs to the job that took it. Its level and lineage are shared, constant,
 *    and counted (ignore_level.h, rsl_walk_lineage).
 * 4. A listing is written by the job that reads its folder, and read by the caller at the end.
 */
#ifndef RSL_SCHED_WALK_INTERNAL_H
#define RSL_SCHED_WALK_INTERNAL_H

#include <pthread.h>

#include "ds/atomic.h"
#include "sched/ignore_level.h"
#include "sched/overrides.h"
#include "sched/scope.h"
#include "sched/walk.h"

enum {
    RSL_WALK_BATCH = 64,             /* files that emit gets at a time */
    RSL_WALK_BATCH_NBYTES = 1 << 14, /* of their paths */
    RSL_WALK_DENTS = 1 << 16,        /* what getdents64 fills */
};

/* A growing buffer. */
struct rsl_walk_buffer {
    char *bytes;
    size_t nbytes, capacity;
};

/* A folder and those above it, to find links that lead back. */
struct rsl_walk_lineage {
    struct rsl_atomic_size nholders; /* as that of a level */
    struct rsl_walk_lineage *up;
    uint64_t device, inode;
};

struct rsl_walk_listing;

struct rsl_walk_entry {
    const char *name;
    size_t name_nbytes;
    struct rsl_walk_listing *folder; /* NULL: a file */
    struct rsl_walk_file file;       /* of a file; without its path */
};

/* What a folder holds, in the order of paths. All of one worker are linked, to be freed. */
struct rsl_walk_listing {
    struct rsl_walk_listing *next;
    struct rsl_walk_entry *entries; /* followed by their names, one block of nbytes */
    size_t nentries, nbytes;
    /* While they are emitted: where this listing was come from, how much of it is done, and how
     * long its path is. */
    struct rsl_walk_listing *up;
    size_t ndone, path_nbytes;
};

struct rsl_walk_root {
    const char *path;            /* as given */
    size_t path_nbytes;          /* with the slash that stands, or will stand, at its end */
    char *real;                  /* NULL if ignore files do not count; ends with a slash */
    size_t real_nbytes;          /* with that slash */
    size_t real_capacity;        /* of the block */
    size_t glob_off;             /* where what globs are matched against begins in a path */
    struct rsl_walk_entry entry; /* with `sorted`: the file or folder itself; its name is `path` */
    bool is_there;               /* with `sorted`: there is something to emit */
};

struct rsl_walk_folder {
    struct rsl_walk_folder *next;
    const struct rsl_walk_root *root;
    struct rsl_ignore_level *level;   /* of the folder above; held */
    struct rsl_walk_lineage *lineage; /* likewise; with `follow` */
    struct rsl_walk_listing *listing; /* to be filled; with `sorted` */
    bool through_link;                /* a root, or a link that is followed */
    size_t path_nbytes;
    char path[]; /* with its NUL */
};

struct rsl_walk_worker {
    pthread_mutex_t lock;
    struct rsl_walk_folder *found; /* under the lock; newest first */
    unsigned index;
    struct rsl_walk *walk;
    struct rsl_walk_folder *children;      /* of the folder being read */
    size_t nfiles, text_nbytes;            /* of the batch */
    struct rsl_walk_buffer text;           /* of the batch */
    struct rsl_walk_buffer path, real;     /* of the entry at hand, as shown and absolute */
    struct rsl_walk_buffer entries, names; /* of the folder being read; with `sorted` */
    struct rsl_walk_listing *listings;     /* that this worker made */
    struct rsl_walk_file files[RSL_WALK_BATCH];
    _Alignas(8) char dents[RSL_WALK_DENTS];
};

struct rsl_walk {
    struct rsl_walk_options options;
    const struct rsl_allocator *allocator;
    size_t suffix_nbytes;
    struct rsl_overrides overrides;
    struct rsl_ignore_context ignore;
    struct rsl_walk_root *roots;
    size_t nroots;
    struct rsl_walk_worker **workers;
    size_t nworkers;
    struct rsl_scope scope; /* of the jobs */
    bool scope_is_open;     /* written while there are none */
    /* 0, or why the walk ends early: an enum rsl_status, or RSL_WALK_ENDED. Written by any worker,
     * the first one stays. Relaxed: it says nothing of other memory, and being late is harmless. */
    struct rsl_atomic_u32 status;
};

#define RSL_WALK_ENDED UINT32_MAX /* emit wanted it */

/* ---- walk.c */

/* Ends the walk early. */
void rsl_walk_stop(struct rsl_walk *walk, uint32_t status);

static inline bool rsl_walk_stopped(const struct rsl_walk *walk)
{
    /* relaxed, the user's too: being late is harmless */
    return rsl_u32_load_relaxed(&walk->status) != 0 ||
           (walk->options.stop != NULL && rsl_u32_load_relaxed(walk->options.stop) != 0);
}

/* Room for nbytes. What is in the buffer is kept. False, and the walk is stopped, without memory.
 */
bool rsl_walk_reserve(struct rsl_walk *walk, struct rsl_walk_buffer *buffer, size_t nbytes);

/* Adds a file to the worker's batch; file->path is copied. */
void rsl_walk_emit(struct rsl_walk_worker *worker, const struct rsl_walk_file *file);

/* Hands the worker's batch over. */
void rsl_walk_flush(struct rsl_walk_worker *worker);

void rsl_walk_lineage_drop(struct rsl_walk_lineage *lineage, const struct rsl_allocator *allocator);

/* ---- walk_folder.c */

/* Reads the folder and frees it; what is below it is then in worker->children, or was emitted. */
void rsl_walk_read_folder(struct rsl_walk_worker *worker, struct rsl_walk_folder *folder);

/* Puts a folder to be read, at `path`, first in worker->children. With `above`, it inherits from
 * that; what else is in it is for the caller to fill in. NULL, and the walk is stopped, without
 * memory. */
struct rsl_walk_folder *rsl_walk_add_folder(struct rsl_walk_worker *worker,
                                            const struct rsl_walk_folder *above, const char *path,
                                            size_t path_nbytes);

void rsl_walk_free_folder(struct rsl_walk *walk, struct rsl_walk_folder *folder);

/* ---- walk_order.c */

/* An empty listing. NULL, and the walk is stopped, without memory. */
struct rsl_walk_listing *rsl_walk_add_listing(struct rsl_walk_worker *worker);

/* Adds an entry, whose name is copied, to those of the folder that the worker reads. */
void rsl_walk_list_entry(struct rsl_walk_worker *worker, const struct rsl_walk_entry *entry);

/* Puts those entries into the listing, in order. */
void rsl_walk_fill_listing(struct rsl_walk_worker *worker, struct rsl_walk_listing *listing);

/* Emits what the roots hold, in order. The order of the roots is changed. */
void rsl_walk_emit_sorted(struct rsl_walk_worker *worker);

#endif
