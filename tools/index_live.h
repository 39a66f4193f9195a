/* index_live.h - a database that is kept true while files change, for whoever watches a tree.
 *
 *     struct rsl_live_index *live = rsl_live_index_open(&options, lock, &totals); // up to date now
 *     ... what files hold now, read and packed by workers (index_file.h) ...
 *     rsl_live_index_write(live, &batch);                                         // and again
 *     rsl_live_index_close(live);
 *
 * Each write is one transaction: readers, of any process, see all of it or nothing, and a kill at
 * any moment loses it at most. No other process can write meanwhile; `rustle index` waits, and says
 * for whom.
 *
 * The database follows what it is told, and never looks at a file by itself but for the graph. A
 * change of bodies, comments or places costs the one file: microseconds to milliseconds, whatever
 * the size of the tree. If a file says something new to others (names, uses, modules), the graph is
 * brought up to date too, which is kept in memory from the first time on: the files that look at it
 * are resolved anew, and the rows compared. If files come or go, or a Cargo.toml changes, all files
 * are read once more for the graph, since the crates may be others. What it reads of a file that is
 * just changing does not matter: whoever tells of the change sets it right.
 *
 * One thread at a time; the calls block until it is done, and use threads of their own meanwhile.
 */
#ifndef RSL_TOOLS_INDEX_LIVE_H
#define RSL_TOOLS_INDEX_LIVE_H

#include "tools/index_file.h"
#include "tools/index_run.h"

struct rsl_live_index;

/* What a file holds now. */
struct rsl_live_change {
    struct rsl_live_change *next;
    /* With the facts and names, if the file could be read. Its path, from the root of the tree,
     * belongs to the change. file_id and old_links need not be set. */
    struct rsl_index_row row;
    struct rsl_pack_buffer bytes;
    char path[]; /* what row.file.path points to */
};

/* A change of the file that is shown as `shown`, which is gone if nothing else is set. NULL without
 * memory. */
struct rsl_live_change *rsl_live_change_create(const char *shown);
/* NULL is allowed. */
void rsl_live_change_destroy(struct rsl_live_change *change);

/* What belongs into one transaction. */
struct rsl_live_batch {
    struct rsl_live_change *changes; /* in the order in which they are to be written; borrowed;
                                        of what rsl_index_is_refused() nothing is written */
    bool resolves;          /* what a file says to others is another: the graph has to follow */
    bool in_doubt;          /* changes may have come and gone untold: the graph is made anew */
    bool manifests_changed; /* Cargo.toml files have come, gone or changed, */
    int64_t manifests;      /* and this is the number for all of them (index_tree.h) */
};

/* Brings the database up to date, as rsl_index_run, and stays its only writer by the lock, which it
 * takes over. options: borrowed until the end. NULL after an error, which was told on standard
 * error. */
struct rsl_live_index *rsl_live_index_open(const struct rsl_index_options *options, int lock,
                                           struct rsl_index_totals *totals_out);

/* Writes the batch. Twice the same does no harm. If the database was taken away or is damaged, it
 * is first made anew from the whole tree. Returns 0; or -1, which was told: nothing was written,
 * and the call may be made again. */
int rsl_live_index_write(struct rsl_live_index *live, const struct rsl_live_batch *batch);

/* By now all files that there are have been written once since the opening: what the database has
 * besides is removed. `manifests`: as in a batch. Returns as write. */
int rsl_live_index_settle(struct rsl_live_index *live, int64_t manifests);

/* Whether the dependencies may have changed since this was asked last; true the first time. */
bool rsl_live_index_has_new_graph(struct rsl_live_index *live);

/* The database; NULL after a failure that closed it. */
struct rsl_store *rsl_live_index_store(struct rsl_live_index *live);

/* Lets others write. NULL is allowed. */
void rsl_live_index_close(struct rsl_live_index *live);

#endif
