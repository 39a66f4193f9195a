/* graph_internal.h - what graph.c (changes), graph_crates.c (which files a crate has), uses.c (what
 * names mean) and graph_queries.c share.
 *
 * A node is a unit of the module graph in one crate. It has parents, the places where it is
 * declared or included; more than one if there are several declarations, as conditions make them.
 * The scopes of a node are those of its file's names. */
#ifndef RSL_INDEX_GRAPH_INTERNAL_H
#define RSL_INDEX_GRAPH_INTERNAL_H

#include "index/graph.h"
#include "index/uses.h"

/* What a crate calls another. */
struct graph_dependency {
    char *name;
    uint32_t hash, crate;
};

/* A macro with #[macro_export], which is a name of the crate's root. */
struct graph_export {
    uint32_t hash, node, name;
};

struct graph_crate {
    char *name;
    uint32_t root_file, root_node; /* node: RSL_NONE before the first walk */
    uint16_t edition;
    bool guessed, to_be_walked;
    struct number_list nodes; /* the root first */
    struct graph_dependency *dependencies;
    uint32_t ndependencies, dependencies_capacity;
    struct graph_export *exports; /* by hash */
    uint32_t nexports, exports_capacity;
    uint64_t exports_print; /* hash of them, in any order */
};

struct graph_node {
    uint32_t crate, unit, file;
    uint32_t next;          /* of the same unit, in another crate */
    uint32_t first_parent;  /* in parents */
    uint32_t epoch;         /* of the last walk that came here */
    uint64_t parents_print; /* hash of the parents, in any order */
};

struct graph_parent {
    uint32_t node, scope; /* scope: where it is declared, in the names of the node's file */
    uint32_t next;
    bool is_include;
};

struct graph_file {
    const struct rsl_file_names *names;
    bool known; /* names have been asked for */
    bool queued;
    uint32_t nexports;
    uint64_t shared_hash, hash, places_hash, facts_hash;
    struct rsl_graph_edge *edges;
    uint32_t *reads; /* files, sorted */
    uint32_t nedges, nreads, nlimited;
    struct number_list readers;    /* files that read it */
    struct number_list dependents; /* files with an edge to it */
};

/* What resolving the names of one file gives. */
struct graph_result {
    struct rsl_graph_edge *edges;
    uint32_t *reads;
    uint32_t nedges, nreads;
    uint32_t nlimited; /* uses and calls that were given up */
};

/* ---- graph.c */

void *rsl_graph_grow(const struct rsl_graph *graph, void *list, uint32_t n, uint32_t *capacity,
                     size_t element_nbytes);
bool rsl_number_list_add(const struct rsl_graph *graph, struct number_list *list, uint32_t number);
void rsl_number_list_fini(const struct rsl_graph *graph, struct number_list *list);

/* Whoever read the file, and the file itself, are to be resolved anew. */
enum rsl_status rsl_graph_touch(struct rsl_graph *graph, uint32_t file);

/* The names of a file, asked for if they were not before. */
const struct rsl_file_names *rsl_graph_learn(struct rsl_graph *graph, uint32_t file);

/* A hash of where the declarations of a unit lead. */
uint64_t rsl_graph_print_unit(const struct rsl_graph *graph, uint32_t number);

void rsl_graph_free(const struct rsl_graph *graph, void *block, size_t nbytes);

/* Room for everything that is known by the number of a file or unit. */
enum rsl_status rsl_graph_make_room(struct rsl_graph *graph);

/* ---- graph_update.c */

/* Resolves all files of the queue. */
enum rsl_status rsl_graph_resolve_queue(struct rsl_graph *graph, struct rsl_pool *pool);

/* ---- graph_crates.c */

/* Finds the nodes of the crate anew, and touches the files of those that changed. */
enum rsl_status rsl_graph_walk_crate(struct rsl_graph *graph, uint32_t number);

/* The node of a unit in a crate, or RSL_NONE. */
uint32_t rsl_graph_node(const struct rsl_graph *graph, uint32_t crate, uint32_t unit);

/* ---- resolve.c */

/* Memory for resolving, used again for each file. One per thread. */
struct graph_resolver;
struct graph_resolver *rsl_resolver_create(const struct rsl_graph *graph);
void rsl_resolver_destroy(struct graph_resolver *resolver);

/* Whether it has room for all files and nodes of its graph. */
bool rsl_resolver_fits(const struct graph_resolver *resolver);

/* ---- file_edges.c */

/* Resolves the names of a file. The lists are the caller's, from the graph's allocator. RSL_OK or
 * RSL_ENOMEM. */
enum rsl_status rsl_resolver_run(struct graph_resolver *resolver, uint32_t file,
                                 struct graph_result *result_out);

#endif
