/* watch.h - what changes below some folders, told once it has settled.
 *
 * A watcher keeps a picture of the files that a walk (walk.h) would find, and compares it with the
 * file system wherever that says that something happened. What the kernel tells (inotify) is never
 * believed further than that one has to look there: a change is told when the file system differs
 * from what was told before, so that after some quiet the user knows exactly what is there.
 *
 * - A folder is watched first and read then, so that nothing appears in it unseen.
 * - A change is held back until its file has been quiet for the settle time, but not for longer
 * than the hard maximum. A file that is replaced, or removed and written anew, meanwhile, has
 * changed once; one that came and went has not.
 * - When the kernel's queue overflows, all is looked at again. A file counts as changed if its size
 *   differs from what the user knows of it, or its time and then its contents do.
 * - Where there are no watches to be had any more (report says so, with ENOSPC), and on file
 * systems that do not tell of changes (network and user-space ones), folders are read again from
 * time to time; for as long as watches are short each attempt to get one is repeated then.
 * - A root may vanish and come back, or be replaced; it then is looked at anew. So may .gitignore
 * and .ignore files, which change what is watched, also above the roots; those above, info/exclude
 * and the user's excludes are looked at once a second.
 * - Symbolic links are not followed. A root that is no folder is a file whatever its name.
 *
 * inotify and not fanotify: that needs privileges, and wakes the watcher for the whole file system.
 *
 * One thread at a time uses a watcher. It never waits: the thread waits for the descriptor and the
 * time that the watcher names, then calls run and next.
 *
 *     while (...) {
 *         poll(rsl_watch_fd(watch), until rsl_watch_deadline_ns(watch));
 *         rsl_watch_run(watch);
 *         while (room for a change && rsl_watch_next(watch, &change))
 *             ...
 *     }
 *
 * While the user has no room, changes wait in the watcher, each file once: it holds what the tree
 * holds, and no more, however much happens.
 */
#ifndef RSL_SCHED_WATCH_H
#define RSL_SCHED_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ds/ds.h"

#ifdef __cplusplus
extern "C" {
#endif

struct rsl_watch;

/* The settle time and its hard maximum, in nanoseconds, where the options say nothing. */
#define RSL_WATCH_SETTLE_NS     UINT64_C(20000000)
#define RSL_WATCH_MAX_SETTLE_NS UINT64_C(200000000)

/* What a user wants who wants it at once. */
#define RSL_WATCH_NO_SETTLE UINT64_MAX

/* What somebody found in a file that he opened. */
struct rsl_watch_known {
    uint64_t nbytes;
    int64_t mtime_ns; /* that the open file had before it was read; -1: so near to the time of that
                         that it may have been written later without getting another */
    uint64_t content_hash; /* XXH3-64 */
};

/* That for a file with this time, if `opened_ns` is the time (CLOCK_REALTIME) before it was opened.
 */
int64_t rsl_watch_known_time(int64_t mtime_ns, int64_t opened_ns);

/* All zero: the defaults. Copied; what it points to is borrowed. The file options are those of
 * walk.h. */
struct rsl_watch_options {
    const struct rsl_allocator *allocator; /* NULL: the default one */
    const char *suffix;
    const char *name;
    bool hidden;
    bool no_ignore;
    const char *const *globs;
    size_t nglobs;
    const char *excludes_path;

    uint64_t settle_ns;     /* 0: the default; RSL_WATCH_NO_SETTLE: none */
    uint64_t max_settle_ns; /* 0: the default, and at least settle_ns */
    /* How often what cannot be watched is looked at: folders without a watch, the roots, and ignore
     * files above them; 0: once a second. */
    uint64_t poll_ns;

    /* Tells what the user found when it read the file last; false: nothing, or it is just reading.
     * Asked where the kernel does not say that a file was written: what was told of it is not what
     * counts then, since the user may have read it when another file stood in its place. May be
     * NULL: then a file with another time has changed. */
    bool (*known)(void *context, const char *path, struct rsl_watch_known *known_out);
    /* What could not be read or watched, with an errno. ENOSPC: there is no watch left for this
     * folder (sysctl fs.inotify.max_user_watches), told once; EMFILE with an empty path: inotify
     * cannot be had at all (fs.inotify.max_user_instances). */
    void (*report)(void *context, const char *path, int error);
    void *context;
};

enum rsl_watch_kind { RSL_WATCH_CREATED, RSL_WATCH_MODIFIED, RSL_WATCH_REMOVED };

struct rsl_watch_change {
    const char *path; /* the root as given, then / and names; ends with a NUL */
    size_t path_nbytes;
    enum rsl_watch_kind kind;
    const char *from; /* CREATED: where it was moved from, if that is known; else NULL */
};

struct rsl_watch_stats {
    uint64_t nevents;    /* that the kernel told */
    uint64_t noverflows; /* of its queue */
    uint64_t nscans;     /* folders read */
    uint64_t nhashed;    /* files read to compare their contents */
    uint64_t npolls;     /* readings of all that is polled, begun and ended */
    uint64_t nchecks;    /* of the roots and the ignore files outside */
    uint64_t nwatches;   /* held now */
    uint64_t npolled;    /* folders that are polled now */
};

/* Begins to watch. What is there already is told first, as CREATED. Roots are copied; those that
 * are not there are reported, and awaited. Returns RSL_OK; RSL_EINVAL, if a glob is malformed;
 * RSL_ENOMEM; or RSL_EIO with errno set. */
enum rsl_status rsl_watch_create(const char *const *roots, size_t nroots,
                                 const struct rsl_watch_options *options,
                                 struct rsl_watch **watch_out);
/* NULL: nothing. */
void rsl_watch_destroy(struct rsl_watch *watch);

/* Readable when there is something to do for run; -1 if inotify could not be had. */
int rsl_watch_fd(const struct rsl_watch *watch);

/* When run and next are to be called at the latest, on the monotonic clock; 0: now. */
uint64_t rsl_watch_deadline_ns(const struct rsl_watch *watch);

/* Takes in what happened, and reads a bounded number of folders. Returns RSL_OK or RSL_ENOMEM,
 * after which everything is looked at again. */
enum rsl_status rsl_watch_run(struct rsl_watch *watch);

/* The next change that has settled; good until the next call. False if there is none now. A system
 * call or two, and more to compare contents. */
bool rsl_watch_next(struct rsl_watch *watch, struct rsl_watch_change *change_out);

/* Whether all that was seen so far has been told: for the first time, when all files that there
 * were have come. */
bool rsl_watch_is_quiet(const struct rsl_watch *watch);

void rsl_watch_get_stats(const struct rsl_watch *watch, struct rsl_watch_stats *stats_out);

#ifdef __cplusplus
}
#endif

#endif
