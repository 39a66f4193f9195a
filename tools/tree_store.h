/* tree_store.h - the database that a question is put to. */
#ifndef RSL_TOOLS_TREE_STORE_H
#define RSL_TOOLS_TREE_STORE_H

#include "index/store.h"

struct rsl_tree_store {
    struct rsl_store *store;
    char *root;   /* of the tree, as seen from the working folder; NULL if that is not known */
    char *inside; /* the working folder, as seen from the root: "" or "a/b/" */
};

/* Opens db_path, or if that is NULL the nearest database, or if there is none makes one of the
 * working folder in memory; with_graph: that with crates, modules and dependencies. What is wrong
 * is told. Returns 0 or -1. */
int rsl_tree_store_open(struct rsl_tree_store *tree, const char *db_path, bool with_graph);
void rsl_tree_store_close(struct rsl_tree_store *tree);

/* Why a question to the database failed. Good until the next one. */
const char *rsl_tree_store_reason(const struct rsl_tree_store *tree, enum rsl_status status);

/* A path of the database as seen from the working folder, to be freed; NULL if there is no memory.
 */
char *rsl_tree_store_show(const struct rsl_tree_store *tree, const char *path);

/* A path as seen from the working folder as one of the database, to be freed; NULL if it is outside
 * of the tree, or for want of memory. */
char *rsl_tree_store_find(const struct rsl_tree_store *tree, const char *path);

#endif
