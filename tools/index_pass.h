/* index_pass.h - passes over files of a tree: workers of a pool read, parse and pack them, the
 * calling thread writes what comes of them to the database. */
#ifndef RSL_TOOLS_INDEX_PASS_H
#define RSL_TOOLS_INDEX_PASS_H

#include "ds/mpsc.h"
#include "sched/sched.h"
#include "tools/index_archives.h"
#include "tools/index_graph.h"
#include "tools/index_run.h"
#include "tools/index_tree.h"
#include "tools/progress.h"

/* All zero but `options` before the start. The fields up to `progress` may be read and set between
 * passes. */
struct rsl_index_pass {
    const struct rsl_index_options *options;
    struct rsl_store *store;
    struct rsl_index_totals totals;
    struct rsl_index_plan plan;
    struct rsl_index_archives archives; /* of the same walk as the plan */
    struct rsl_index_graph graph;
    struct rsl_folder_stamps folders; /* of what is written, if keeps_folders */
    bool keeps_folders;
    enum rsl_index_work work;
    bool takes_facts;   /* those of the files go into the graph */
    bool links_changed; /* since this was set to false, a file says something new */
    bool files_changed; /* likewise, a file came or went */
    bool graph_changed; /* likewise, that of the database was written */
    struct rsl_progress progress;

    struct rsl_pool *pool;
    struct rsl_mpsc *messages;
    struct rsl_names **names;          /* of the workers, for RSL_INDEX_ALL */
    struct rsl_atomic_u64 nunreadable; /* relaxed: a count, read when a walk has ended */
};

/* Starts the workers. Returns 0, or -1, which was told; to be stopped even then. */
int rsl_index_pass_start(struct rsl_index_pass *pass);
/* Frees all but the store. */
void rsl_index_pass_stop(struct rsl_index_pass *pass);

/* The tree, to be walked by the workers. */
struct rsl_index_tree rsl_index_pass_tree(struct rsl_index_pass *pass);

/* Goes over the files of the plan and writes. RSL_OK; RSL_ENOMEM, which was told; or what the store
 * said. */
enum rsl_status rsl_index_pass_run(struct rsl_index_pass *pass);

/* Writes what became of a file, and hands what it says to others to the graph. The row remains the
 * caller's. Returns as rsl_index_pass_run. */
enum rsl_status rsl_index_pass_write(struct rsl_index_pass *pass, struct rsl_index_row *row,
                                     const struct rsl_pack_buffer *bytes);
/* Writes the row of a file that is new or has changed, and its block, errors and names. */
enum rsl_status rsl_index_pass_write_file(struct rsl_index_pass *pass, struct rsl_index_row *row,
                                          const struct rsl_pack_buffer *bytes);

/* Tells of a file that could not be read, if it is one. */
void rsl_index_pass_tell(struct rsl_index_pass *pass, const struct rsl_store_file *file);

/* Removes the files of the plan that are gone. */
enum rsl_status rsl_index_pass_remove(struct rsl_index_pass *pass);

/* After a run with RSL_INDEX_ALL: writes the segments of all names. Meanwhile, if the graph has
 * taken the facts, it is made, and written too. */
enum rsl_status rsl_index_pass_finish(struct rsl_index_pass *pass);

/* Makes the graph from all files of the database and writes it. */
enum rsl_status rsl_index_pass_rebuild_graph(struct rsl_index_pass *pass);

/* Brings the graph up to date with what was taken into it, and writes it. */
enum rsl_status rsl_index_pass_update_graph(struct rsl_index_pass *pass);

/* ---- in index_run.c, on a started pass with the store of a database that is there */

/* Brings the database up to date with the tree, in a transaction. What failed is rolled back. */
enum rsl_status rsl_index_change(struct rsl_index_pass *pass);

/* The transaction, for who writes the rows himself in between; the end also with a status that is
 * not RSL_OK, which undoes it all. manifests_changed: the crates may be others; `manifests`: the
 * number to be kept for them. The folders are written if they are kept. */
enum rsl_status rsl_index_begin_changes(struct rsl_index_pass *pass);
enum rsl_status rsl_index_end_changes(struct rsl_index_pass *pass, enum rsl_status status,
                                      bool manifests_changed, int64_t manifests);

/* Tells what failed; RSL_ENOMEM and RSL_EINVAL have been told. Returns -1. */
int rsl_index_give_up(const struct rsl_index_pass *pass, enum rsl_status status);

/* Tells that there is no memory. */
enum rsl_status rsl_index_fail_memory(void);

#endif
