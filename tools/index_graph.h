/* index_graph.h - what the files of a tree mean together, for its database: crates, modules,
 * dependencies. The graph (index/project.h) with the database's numbers of files. */
#ifndef RSL_TOOLS_INDEX_GRAPH_H
#define RSL_TOOLS_INDEX_GRAPH_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "index/project.h"
#include "index/store_graph.h"

struct rsl_index_plan;

struct rsl_index_graph {
    struct rsl_project project;
    bool is_there; /* there is a project, which says of all files what they say now */
    bool is_stale; /* some file said something else before; to be brought up to date */
    bool is_short; /* a file was gone when its turn came: the crates may be others */
    char *folder;  /* the root of the tree as a normal path */
    /* By number of the graph: file_id, 0 if the database has no such file; what the file said. */
    uint32_t *ids;
    int64_t *links;
    uint32_t nids; /* room */
    /* The search for Cargo.toml files that goes on beside. */
    pthread_t search;
    bool is_searching;
    const struct rsl_index_plan *plan;
    enum rsl_status search_status;
};

/* A number for all that a file says to others; equal numbers, equal modules and dependencies. */
int64_t rsl_index_links(const struct rsl_file_facts *facts, const struct rsl_file_names *names);

/* An empty graph of the files of `tree`, which is borrowed, below `root`. RSL_OK or RSL_ENOMEM. */
enum rsl_status rsl_index_graph_begin(struct rsl_index_graph *graph, const char *root,
                                      const struct rsl_file_tree *tree);
/* All zero is allowed. */
void rsl_index_graph_fini(struct rsl_index_graph *graph);

/* Adds a file, or replaces what it says. `shown`: its path from the root. `links`: the number of
 * facts and names, which it takes over, also if it fails. RSL_OK or RSL_ENOMEM. */
enum rsl_status rsl_index_graph_set(struct rsl_index_graph *graph, uint32_t file_id,
                                    const char *shown, int64_t links, struct rsl_file_facts *facts,
                                    struct rsl_file_names *names);

/* Begins to look for the Cargo.toml files of all files of the plan, which is borrowed until the
 * crates have been found, on a thread of its own. If that cannot be started it is done later. */
void rsl_index_graph_search(struct rsl_index_graph *graph, const struct rsl_index_plan *plan);

/* When all files have been added: finds the crates and their modules. RSL_OK or RSL_ENOMEM. */
enum rsl_status rsl_index_graph_find_crates(struct rsl_index_graph *graph);

/* The same, and resolves all. RSL_OK or RSL_ENOMEM. */
enum rsl_status rsl_index_graph_build(struct rsl_index_graph *graph, struct rsl_pool *pool);

/* The rows of the database, to be released with rsl_index_links_fini. */
struct rsl_index_rows {
    struct rsl_store_graph rows;
    struct rsl_store_crate *crates;
    struct rsl_store_module *modules;
    struct rsl_store_dep *deps;
    size_t modules_capacity, deps_capacity;
    struct rsl_arena text;
};

/* Makes them from a graph that is up to date. RSL_OK or RSL_ENOMEM. */
enum rsl_status rsl_index_rows_make(struct rsl_index_rows *rows, struct rsl_index_graph *graph);
/* Its two halves, for rows that are all zero at first. The crates and modules are true once the
 * crates have been found, and may be made before all is resolved. */
enum rsl_status rsl_index_rows_make_crates(struct rsl_index_rows *rows,
                                           struct rsl_index_graph *graph);
enum rsl_status rsl_index_rows_make_deps(struct rsl_index_rows *rows,
                                         struct rsl_index_graph *graph);
void rsl_index_rows_fini(struct rsl_index_rows *rows);

#endif
