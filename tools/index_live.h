/* index_live.h - a database that is kept true while files change, for whoever watches a tree.
 *
 *     struct rsl_live_index *live = rsl_live_index_open(&options, &totals);   // up to date now
 *     ... a batch of events, settled ...
 *     rsl_live_index_update(live, paths, npaths, &totals);                    // up to date again
 *     ... events were lost, or something else than a file changed ...
 *     rsl_live_index_rescan(live, &totals);
 *     rsl_live_index_close(live);
 *
 * Each call is one transaction: readers, of any process, see all of it or nothing, and a kill at
 * any moment loses it at most. No other process can write meanwhile; `rustle index` waits, and says
 * for whom.
 *
 * A change of bodies, comments or places costs the one file: microseconds to milliseconds, whatever
 * the size of the tree. If a file says something new to others (names, uses, modules), the graph is
 * brought up to date too, which is kept in memory from the first time on: the files that look at it
 * are resolved anew, and the rows compared. If files come or go, or a Cargo.toml changes, all files
 * are read once more for the graph, since the crates may be others.
 *
 * One thread at a time; the calls block until it is done, and use threads of their own meanwhile.
 */
#ifndef RSL_TOOLS_INDEX_LIVE_H
#define RSL_TOOLS_INDEX_LIVE_H

#include "tools/index_run.h"

struct rsl_live_index;

/* Brings the database up to date, as rsl_index_run, and stays its only writer. options: borrowed
 * until the end. NULL after an error, which was told on standard error. */
struct rsl_live_index *rsl_live_index_open(const struct rsl_index_options *options,
                                           struct rsl_index_totals *totals_out);

/* Brings the database up to date with what is now at these paths: options->root, a slash, and the
 * path below it, as the walk gives them; of .rs files that the walk of the tree finds, or has found
 * before, whatever happened to them, and of Cargo.toml files. Twice the same path does no harm, nor
 * a file that did not change. Anything else (a folder that came, went or was moved, an ignore file,
 * a link) takes a rescan. *totals_out: of this call; nfiles stays 0.
 * Returns 0; or -1, which was told: nothing was changed, and the call may be made again. */
int rsl_live_index_update(struct rsl_live_index *live, const char *const *paths, size_t npaths,
                          struct rsl_index_totals *totals_out);

/* Walks the tree for what has changed. Returns as above. */
int rsl_live_index_rescan(struct rsl_live_index *live, struct rsl_index_totals *totals_out);

/* Lets others write. NULL is allowed. */
void rsl_live_index_close(struct rsl_live_index *live);

#endif
