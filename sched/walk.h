/* walk.h - the files below some folders, found by all workers of a pool at once.
 *
 * What is passed over, as ripgrep and git have it: hidden files and folders (a leading dot), files
 * and folders that ignore files exclude, symbolic links, and whatever is neither file nor folder.
 *
 * - .ignore counts everywhere, .gitignore and info/exclude only in a git repository: below a folder
 *   that holds .git, up to the next such folder. Ignore files above a root count too. Each .ignore
 *   comes before all .gitignore; then the deeper comes before the higher, then info/exclude, then
 *   the user's excludes for all repositories. An excluded folder is not looked into.
 * - Globs come before all that. A rule or glob that includes also includes what is hidden.
 * - A root is never excluded itself, whatever it is; a root that is no folder is a file.
 */
#ifndef RSL_SCHED_WALK_H
#define RSL_SCHED_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ds/atomic.h"
#include "ds/ds.h"

#ifdef __cplusplus
extern "C" {
#endif

struct rsl_pool;

/* A file that was found. What the walk did not have to learn is -1, or 0 for the inode. */
struct rsl_walk_file {
    const char *path; /* the root as given, then / and names; ends with a NUL */
    size_t path_nbytes;
    uint64_t inode;
    int64_t nbytes;
    int64_t mtime_ns; /* since 1970 */
};

/* All zero: files of every name, the defaults above, the calling thread. Everything is borrowed
 * until the walk is over. */
struct rsl_walk_options {
    const struct rsl_allocator *allocator; /* NULL: the default one */
    struct rsl_pool *pool;                 /* NULL: the calling thread does all */
    const char *suffix;                    /* names below the roots must end so; NULL: any */
    const char *name;                      /* or be this one; NULL: nothing besides */
    const char *const *more_suffixes;      /* or so; a NULL ends the list; NULL: none */
    bool hidden;                           /* hidden files and folders too, also .git */
    bool no_ignore;                        /* ignore files do not count */
    bool follow;                           /* through symbolic links; see report */
    bool sorted;                           /* by the bytes of paths, each path once; see emit */
    bool limit_nbytes;                     /* no files larger than max_nbytes, roots excepted;
                                              size and time of each file are learned */
    uint64_t max_nbytes;
    /* Which files: relative to the working folder, rules as in an ignore file, besides {a,b} for
     * alternatives. If there are any without '!', files must match one; with '!' they exclude. The
     * last that matches decides. A folder need match none to be looked into. */
    const char *const *globs;
    size_t nglobs;
    const char *excludes_path; /* see rsl_git_excludes_path; NULL or not there: none */

    /* Gets the files in batches of up to 64, in no order; called from several workers at once, each
     * with its own number below the pool's number of workers. Before the first and after the last
     * job the calling thread calls it in a worker's place. Paths that are reached from two roots
     * come twice. With `sorted` only the calling thread calls it, at the end, in order.
     * The files are gone when it returns. It must not wait for jobs of the pool, since it would run
     * them meanwhile, and one may be the walk's. Returns false to end the walk; calls that have
     * begun on other workers go on. */
    bool (*emit)(void *context, unsigned worker, const struct rsl_walk_file *files, size_t nfiles);
    /* Gets what could not be read, once each, with an errno; called from several workers at once.
     * The walk goes on. A link that leads to a folder that it lies in is ELOOP. */
    void (*report)(void *context, const char *path, int error);
    void *context; /* of both */
    /* When this is other than 0 the walk ends early, as if emit wanted it; NULL: it does not. */
    const struct rsl_atomic_u32 *stop;
};

/* Finds the files below roots[0..nroots). Returns when the last call of emit has returned: RSL_OK,
 * also where something was reported or emit ended the walk; RSL_EINVAL, before any file, if a glob
 * is malformed; RSL_ECLOSED or RSL_ECANCELED, if the pool is; or RSL_ENOMEM. Any number of walks
 * may use a pool at once, but none may be called from a job of it. Four system calls a folder and
 * none a file, but for one a file with max_nbytes, one a link with `follow`, and one an entry on
 * file systems that do not tell types. Paths may be longer than PATH_MAX. */
enum rsl_status rsl_walk_run(const char *const *roots, size_t nroots,
                             const struct rsl_walk_options *options);

/* Whether a glob is well-formed, for a message before the walk: RSL_OK, RSL_EINVAL, RSL_ENOMEM. */
enum rsl_status rsl_walk_check_glob(const char *glob, const struct rsl_allocator *allocator);

#ifdef __cplusplus
}
#endif

#endif
