/* index_archives.h - the archives of a tree in its database: which are to be opened, and what comes
 * of them.
 *
 * The walk tells which there are, by rsl_index_archives_found(). A plan compares that with the
 * database; archives that have the size and time that they had are not opened. The others are jobs
 * (archive_job.h) of the pass's pool: each makes rows of its sources, and a graph of itself alone,
 * which the calling thread writes in the order of the plan. */
#ifndef RSL_TOOLS_INDEX_ARCHIVES_H
#define RSL_TOOLS_INDEX_ARCHIVES_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "index/store_archives.h"
#include "tools/path_list.h"

struct rsl_index_options;
struct rsl_index_pass;
struct rsl_index_totals;

/* An archive that was found. */
struct rsl_index_archive {
    size_t path_index;
    const char *path;           /* to open */
    const char *shown;          /* in the database: a part of `path` */
    const char *name, *version; /* parts of `shown`, NULL if it is not called so */
    size_t name_nbytes, version_nbytes;
    int64_t nbytes, mtime_ns;
    int yanked; /* negative: not known */
    bool newest;
    struct rsl_store_archive old; /* in the database, archive_id 0 if it is not there; its texts are
                                     not kept */
    bool old_is_bad;
};

/* All zero but the lock is empty. */
struct rsl_index_archives {
    pthread_mutex_t lock; /* of what the walk adds */
    struct rsl_path_list paths;
    struct rsl_index_archive *list; /* found; later those that are wanted, by path */
    size_t n, capacity;
    bool failed; /* memory ran out */

    size_t *open; /* numbers in the list: new, or perhaps changed */
    size_t nopen;
    size_t *touch; /* the same but for what has nothing to do with the content */
    size_t ntouch;
    int64_t *gone; /* archive_ids */
    size_t ngone;
    uint64_t nknown_files; /* sources in those that are not opened */
};

void rsl_index_archives_init(struct rsl_index_archives *archives);
void rsl_index_archives_fini(struct rsl_index_archives *archives);

/* Adds the archive at `path`, whose part from `skip` on is shown. nbytes negative: size and time
 * are not known. Any thread. */
void rsl_index_archives_found(struct rsl_index_archives *archives, const char *path, size_t skip,
                              int64_t nbytes, int64_t mtime_ns);

/* When all have been found: leaves out those that the options do not want, and finds out what is to
 * be done. store: NULL for a new database. RSL_OK; RSL_ENOMEM; RSL_EIO, what SQLite said; or
 * RSL_EINVAL: the registry's index cannot be read, which was told. */
enum rsl_status rsl_index_archives_plan(struct rsl_index_archives *archives,
                                        const struct rsl_index_options *options,
                                        struct rsl_store *store);

/* Whether the plan has anything to do. */
bool rsl_index_archives_have_work(const struct rsl_index_archives *archives);

/* Adds what is there and is not looked at: the archives, and sources in those that are not opened.
 */
void rsl_index_archives_count(const struct rsl_index_archives *archives,
                              struct rsl_index_totals *totals);

/* Does what the plan of pass->archives says, in a transaction. With RSL_INDEX_ALL it follows the
 * run over the other files and comes before the names are written. Returns as rsl_index_pass_run.
 */
enum rsl_status rsl_index_archives_run(struct rsl_index_pass *pass);

#endif
