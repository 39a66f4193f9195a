/* index_run.h - bringing the database of a tree up to date. */
#ifndef RSL_TOOLS_INDEX_RUN_H
#define RSL_TOOLS_INDEX_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rsl_store;

/* All is borrowed. */
struct rsl_index_options {
    const char *root; /* a folder */
    const char *db_path;
    const char *vfs;           /* of SQLite, NULL for the default */
    const char *excludes_path; /* see rsl_git_excludes_path; may be NULL */
    size_t nthreads;           /* that parse; at least 1 */
    bool quiet;                /* says nothing but errors */
    bool verbose;              /* names each file that was written or removed */
    /* Archives. */
    bool crates_only;           /* nothing but these */
    uint64_t max_memory;        /* for them; see archive_job.h */
    const char *registry_index; /* tells which are yanked (registry.h); may be NULL */
    bool no_yanked;             /* leaves those out */
    bool newest;                /* leaves out all but the newest version of each package */
};

struct rsl_index_totals {
    uint64_t nfiles;   /* in the tree */
    uint64_t nwritten; /* new or changed, and therefore parsed */
    uint64_t nremoved;
    uint64_t nread; /* looked into, those included that turned out to be the same */
    uint64_t nbytes_read, nitems_written;
    uint64_t nunreadable; /* files and folders, which were told */
    uint64_t narchives, narchives_read, narchives_written, narchives_removed;
    bool is_new; /* the database was made from nothing */
};

/* Waits for other writers of the same database, which is told. Errors are told on standard error.
 * Returns 0 or -1. */
int rsl_index_run(const struct rsl_index_options *options, struct rsl_index_totals *totals_out);

/* Its parts: the lock, a descriptor to be closed; -EWOULDBLOCK: there is another writer, which is
 * told unless *told, which is set; or another negative errno, which was told. And what is done
 * under the lock. */
int rsl_index_try_lock(const struct rsl_index_options *options, bool *told);
int rsl_index_run_locked(const struct rsl_index_options *options,
                         struct rsl_index_totals *totals_out);

/* The same in memory, for a tree that has no database; db_path is not looked at. with_graph: also
 * crates, modules and dependencies. NULL after an error. To be closed. */
struct rsl_store *rsl_index_in_memory(const struct rsl_index_options *options, bool with_graph);

#endif
