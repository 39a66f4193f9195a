/* graph.h - which file depends on which, through modules, uses, re-exports, includes and macros.
 *
 * The graph is made of crates, each a root file with what it calls other crates. The module graph
 * (modules.h) tells which files belong to a crate; names (names.h) tell what their uses mean. A
 * file that belongs to several crates or modules has the edges of all.
 *
 * The graph is kept incrementally. Each file remembers which others were looked into when its names
 * were resolved, found there or not: those are what it reads. When what a file shows to others
 * changes, those that read it are resolved anew, and nobody else; a change of bodies, comments,
 * signatures or places leaves everything as it is. What is there then is what a graph made from
 * nothing would hold.
 *
 * One thread at a time changes a graph; any number may read it meanwhile nobody does.
 */
#ifndef RSL_INDEX_GRAPH_H
#define RSL_INDEX_GRAPH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ds/ds.h"
#include "index/modules.h"
#include "index/names.h"

#ifdef __cplusplus
extern "C" {
#endif

struct rsl_pool;

enum rsl_edge_kind {
    RSL_EDGE_MOD,      /* mod x; */
    RSL_EDGE_USE,      /* a use that binds for the module alone */
    RSL_EDGE_REEXPORT, /* one that others can see: pub use, pub(crate) use, ... */
    RSL_EDGE_INCLUDE,  /* include!() */
    RSL_EDGE_MACRO,    /* a macro is called, or brought in by a use or #[macro_use] */
    RSL_EDGE_KIND_COUNT
};

/* From a file to one on which it depends: where what it names is written, and each file on the way
 * there whose uses pass it on. */
struct rsl_graph_edge {
    uint32_t to;    /* file */
    uint32_t kind;  /* enum rsl_edge_kind */
    uint32_t count; /* declarations, uses, or calls that lead there */
};

/* A crate to be. Strings are copied. */
struct rsl_graph_crate {
    const char *name; /* as messages call it */
    uint32_t root;    /* file */
    uint16_t edition; /* 2015, 2018, ... */
    bool guessed;     /* nothing is known of the crates that it depends on */
};

/* Where the graph learns of files, by the numbers of `modules.paths`. */
struct rsl_graph_files {
    struct rsl_module_files modules;
    /* The names of a file, to remain until the graph is told that they changed; NULL if it cannot
     * be read. With `modules.state`. */
    const struct rsl_file_names *(*names)(void *state, uint32_t file, const char *path);
};

/* How much was done, since the start. */
struct rsl_graph_stats {
    uint64_t nresolved;  /* files whose names were resolved */
    uint64_t nunchanged; /* changes that concerned no dependency, not even the file's own */
    uint64_t nwalked;    /* crates whose modules were gone through */
};

struct graph_crate;
struct graph_file;
struct graph_node;
struct graph_parent;
struct graph_resolver;

struct number_list {
    uint32_t *list;
    uint32_t n, capacity;
};

/* The graph. The fields are its own, but `modules` and `stats` may be read. */
struct rsl_graph {
    struct rsl_modules modules;
    struct rsl_graph_stats stats;

    const struct rsl_graph_files *files;
    const struct rsl_allocator *allocator;
    struct graph_crate *crates;
    uint32_t ncrates, crates_capacity;
    struct graph_file *by_file;
    uint32_t nfiles; /* room in by_file */
    struct graph_node *nodes;
    uint32_t nnodes, nodes_capacity, free_node;
    struct graph_parent *parents;
    uint32_t nparents, parents_capacity, free_parent;
    uint32_t *unit_nodes;     /* by unit: its first node */
    uint64_t *unit_prints;    /* by unit: hash of where its declarations lead */
    uint32_t nunits;          /* room in those two */
    struct number_list queue; /* files to be resolved anew */
    struct number_list walks; /* crates to be gone through anew */
    uint32_t epoch;
    uint32_t nlimited;               /* rsl_graph_nlimited */
    struct graph_resolver *resolver; /* kept, as to make one takes O(files) */
};

/* The word for a kind ("re-export"), static. Any thread. */
const char *rsl_edge_kind_name(enum rsl_edge_kind kind);

/* An empty graph that holds no memory. `files` and `allocator` are borrowed; NULL is
 * rsl_allocator_default. It must stay where it is. */
void rsl_graph_init(struct rsl_graph *graph, const struct rsl_graph_files *files,
                    const struct rsl_allocator *allocator);

/* Releases the memory. */
void rsl_graph_fini(struct rsl_graph *graph);

/* The number of the file at a normal path, which need not exist. RSL_OK or RSL_ENOMEM. */
enum rsl_status rsl_graph_file(struct rsl_graph *graph, const char *path, uint32_t *file_out);

/* Adds a crate, for good. Counts from the next update. RSL_OK or RSL_ENOMEM. */
enum rsl_status rsl_graph_add_crate(struct rsl_graph *graph, const struct rsl_graph_crate *crate,
                                    uint32_t *crate_out);

/* Tells what `crate` calls another; RSL_NONE for one without sources here. To be told before the
 * first update with the crate. RSL_OK or RSL_ENOMEM. */
enum rsl_status rsl_graph_add_dependency(struct rsl_graph *graph, uint32_t crate, const char *name,
                                         uint32_t dependency);

/* The file's facts and names have been replaced. O(declarations), if no more came of it; what did
 * is done by the next update. RSL_OK; or RSL_ENOMEM: before anything else, the same call is made
 * again, or the old facts and names are put back. */
enum rsl_status rsl_graph_file_changed(struct rsl_graph *graph, uint32_t file);

/* The file has appeared or vanished. Otherwise the same. */
enum rsl_status rsl_graph_kind_changed(struct rsl_graph *graph, uint32_t file);

/* Brings the graph up to date. `pool`: its workers share the work, and allocate; NULL: the caller
 * does it. Not from a job. RSL_OK; or RSL_ENOMEM: the same call may be made again. O(what the files
 * hold that are resolved anew, and the modules of crates whose modules changed). */
enum rsl_status rsl_graph_update(struct rsl_graph *graph, struct rsl_pool *pool);

/* The first part of that: only the crates and their modules are true then. While an update of such
 * a graph goes on they may be read by another thread. RSL_OK or RSL_ENOMEM. */
enum rsl_status rsl_graph_follow_modules(struct rsl_graph *graph);

/* ---- what it says, after an update */

uint32_t rsl_graph_nfiles(const struct rsl_graph *graph); /* numbers of files are below */
static inline const char *rsl_graph_path(const struct rsl_graph *graph, uint32_t file)
{
    return rsl_strings_text(&graph->modules.paths, file);
}

/* The names of a file, NULL if it is in no crate or cannot be read. */
const struct rsl_file_names *rsl_graph_names(const struct rsl_graph *graph, uint32_t file);

/* What the file depends on, by file and kind. Returns how many. */
uint32_t rsl_graph_edges(const struct rsl_graph *graph, uint32_t file,
                         const struct rsl_graph_edge **edges_out);

/* The files that depend on it, in no order, each once. Returns how many: the file's priority. */
uint32_t rsl_graph_dependents(const struct rsl_graph *graph, uint32_t file,
                              const uint32_t **files_out);

/* How many uses and macro calls were given up, since they lead through more than 128 other uses, or
 * since what their file globs is too involved (some 10^7 steps). None in sources that were not
 * written for that. What they mean is missing from the edges. */
uint32_t rsl_graph_nlimited(const struct rsl_graph *graph);

/* Whether the file belongs to a crate. */
bool rsl_graph_is_reached(const struct rsl_graph *graph, uint32_t file);

/* The name and root of a crate. */
const char *rsl_graph_crate_name(const struct rsl_graph *graph, uint32_t crate);
uint32_t rsl_graph_crate_root(const struct rsl_graph *graph, uint32_t crate);

/* The crates that the file belongs to, at most `capacity` of them written. Returns how many. */
uint32_t rsl_graph_crates_of(const struct rsl_graph *graph, uint32_t file, uint32_t *crates,
                             uint32_t capacity);

/* All files that can be reached from `file` along edges (dependents: against them), itself not
 * unless it lies on a circle; in the order of their distance. *files_out is to be released with
 * rsl_graph_release. RSL_OK or RSL_ENOMEM. O(files + edges reached). */
enum rsl_status rsl_graph_closure(const struct rsl_graph *graph, uint32_t file, bool dependents,
                                  uint32_t **files_out, uint32_t *nfiles_out);

/* The circles: strongly connected components of more than one file. components_out[i] is the number
 * of file i's component, RSL_NONE if it is in none; there is room for rsl_graph_nfiles. Edges of
 * the kinds in the mask (1 << kind) count. RSL_OK or RSL_ENOMEM. O(files + edges), without
 * recursion. (R. Tarjan, Depth-first search and linear graph algorithms, 1972.) */
enum rsl_status rsl_graph_cycles(const struct rsl_graph *graph, unsigned kinds,
                                 uint32_t *components_out, uint32_t *ncomponents_out);

/* Releases a list of n numbers that the graph gave. */
void rsl_graph_release(const struct rsl_graph *graph, uint32_t *list, uint32_t n);

#ifdef __cplusplus
}
#endif

#endif
