/* index_tree.h - what of a tree the database does not know yet. */
#ifndef RSL_TOOLS_INDEX_TREE_H
#define RSL_TOOLS_INDEX_TREE_H

#include "index/store_folders.h"
#include "sched/walk.h"
#include "tools/index_archives.h"
#include "tools/index_file.h"
#include "tools/path_list.h"

/* The files to be indexed, by path, and those to be removed. */
struct rsl_index_plan {
    struct rsl_path_list paths; /* what the entries point into */
    struct rsl_index_entry *entries;
    size_t nentries;
    int64_t *gone; /* file_ids */
    size_t ngone;
    size_t nfiles;     /* that the tree has, unchanged ones included */
    int64_t manifests; /* a number for the Cargo.toml files as they are; 0 if they are too fresh */
};

void rsl_index_plan_fini(struct rsl_index_plan *plan);

/* What to walk; borrowed. What archives there are is added to `archives`; crates_only: nothing else
 * is looked at. Of `walk` count only pool, excludes_path, report and context, which is that of
 * report and of refuse. refuse: tells of a file that is left out, see rsl_index_is_refused(). */
struct rsl_index_tree {
    const char *root;
    struct rsl_index_archives *archives;
    bool crates_only;
    struct rsl_walk_options walk;
    void (*refuse)(void *context, const char *path);
};

/* Sets the names that a walk of the tree looks for. */
void rsl_index_choose_names(struct rsl_walk_options *walk, const struct rsl_index_tree *tree);

/* Every file of the tree, numbered from 1. RSL_OK, RSL_ENOMEM or what the walk said. */
enum rsl_status rsl_index_plan_all(struct rsl_index_plan *plan, const struct rsl_index_tree *tree);

/* The files that are new, or have another size or time than in the database, and those that are
 * there no more. *folders, empty before: the folders with the files that are as the database has
 * them; with those of the plan, when they are done, they are what it is to keep. *same_out: they
 * are what it has already. RSL_EIO: SQLite failed. */
enum rsl_status rsl_index_plan_changes(struct rsl_index_plan *plan,
                                       const struct rsl_index_tree *tree, struct rsl_store *store,
                                       struct rsl_folder_stamps *folders, bool *same_out);

/* Every file that the database has, with its file_id. */
enum rsl_status rsl_index_plan_known(struct rsl_index_plan *plan, const char *root,
                                     struct rsl_store *store);

/* ---- parts */

#define RSL_INDEX_MANIFEST "Cargo.toml"

bool rsl_index_is_manifest(const char *path, size_t nbytes);

/* Whether a file of the disk is called as if it were in an archive (path.h): it could not be told
 * from what is, and the database does not have it. shown: the path from the root. */
bool rsl_index_is_refused(const char *shown);

/* What is to be told of it. */
#define RSL_INDEX_REFUSED "called like what is in an archive, and left out"

/* What is known of the Cargo.toml files of a tree, to be added up: `sum` of what add gives for
 * each, which may be taken away again, and the newest of their times. */
struct rsl_index_manifests {
    uint64_t sum;
    int64_t newest_ns;
};

/* shown: the path from the root. */
uint64_t rsl_index_manifest_number(const char *shown, int64_t nbytes, int64_t mtime_ns);
void rsl_index_manifests_add(struct rsl_index_manifests *to, const char *shown, int64_t nbytes,
                             int64_t mtime_ns);
/* A number for all of them; 0: one is so fresh that it may change without another time. */
int64_t rsl_index_manifests_number(const struct rsl_index_manifests *manifests);

/* The bytes of a path before its part below the root. */
size_t rsl_index_root_nbytes(const char *root);

/* Points the entries to the plan's paths, which move no more. */
void rsl_index_plan_set_paths(struct rsl_index_plan *plan, size_t skip);

#endif
