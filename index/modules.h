/* modules.h - which file is which module: rustc's rules for `mod x;`, #[path] and include!
 * (rustc_expand::module, The Rust Reference, "Modules"), for all conditions at once.
 *
 * What a declaration leads to depends on the file in which it stands, on whether that file is a
 * module `x.rs` whose own modules lie in the folder `x`, and on which files exist; not on the
 * crate, nor on the way to the file. So the graph consists of units, a file in one of those two
 * roles, and edges, one for each file that a declaration can mean. A crate is a unit and all that
 * can be reached from it; a file that belongs to several crates or modules is kept once.
 *
 * The graph is kept incrementally: when a file's facts change its own units are resolved anew, when
 * a file appears or vanishes those that had asked for it.
 */
#ifndef RSL_INDEX_MODULES_H
#define RSL_INDEX_MODULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ds/ds.h"
#include "index/facts.h"
#include "index/file_tree.h"
#include "index/strings.h"

#ifdef __cplusplus
extern "C" {
#endif

enum rsl_module_error {
    RSL_MODULE_ERROR_NONE = 0,
#define X(suffix, rustc_code, message) RSL_MODULE_ERROR_##suffix,
#include "index/module_errors.def"
#undef X
    RSL_MODULE_ERROR_COUNT /* one past the last code */
};

/* Where the graph learns of files, which it knows by number: dense, from 0, in `paths` of the
 * graph. A number is for good, whether the file exists or not. */
struct rsl_module_files {
    /* What is at the path. */
    enum rsl_file_kind (*kind)(void *state, uint32_t file, const char *path);
    /* The file's facts, to remain until the graph is told that they changed; NULL if it cannot be
     * read. */
    const struct rsl_file_facts *(*facts)(void *state, uint32_t file, const char *path);
    void *state;
};

/* One file that a declaration can mean, or one error. */
struct rsl_module_edge {
    uint32_t declaration; /* in the facts of the file: in mods, or in includes */
    uint32_t to;    /* unit; RSL_NONE if there is none. AMBIGUOUS: x.rs, though rustc takes none */
    uint32_t path;  /* number of the file; of where it was looked for; RSL_NONE */
    uint32_t other; /* the second place (`x/mod.rs`) where it was looked for, or RSL_NONE */
    uint32_t predicate; /* text of the facts: when its #[path] holds; RSL_NONE if always */
    uint8_t error;      /* enum rsl_module_error */
    bool is_include;
    bool conditional; /* there are conditions, or a macro, under which rustc does not come here */
};

/* A file in one of its roles. */
struct rsl_module_unit {
    uint32_t file;
    bool named;    /* x.rs, found as the module x: its own modules lie in the folder x */
    bool readable; /* its facts were there */
    bool resolved;
    uint32_t nedges;
    struct rsl_module_edge *edges;     /* the mods' in order, then the includes' */
    struct module_question *questions; /* the graph's own: which units ask for which path */
};

/* The graph. The fields are its own, but units and paths may be read. */
struct rsl_modules {
    struct rsl_strings paths; /* numbers of files; normal paths */
    struct rsl_module_unit *units;
    uint32_t nunits;

    const struct rsl_module_files *files;
    const struct rsl_allocator *allocator;
    uint32_t units_capacity;
    struct module_file *by_file; /* units and questions, by number of the file */
    uint32_t by_file_capacity;
    struct rsl_arena scratch;
    uint32_t *todo; /* units to be resolved */
    uint32_t ntodo, todo_capacity;
};

/* rustc's message in short, and rustc's own code ("E0583", or ""). Static, never NULL. Any thread.
 */
const char *rsl_module_error_message(uint8_t error);
const char *rsl_module_error_rustc_code(uint8_t error);

/* An empty graph that holds no memory. `files` and `allocator` are borrowed; NULL is
 * rsl_allocator_default. */
void rsl_modules_init(struct rsl_modules *modules, const struct rsl_module_files *files,
                      const struct rsl_allocator *allocator);

/* Releases the memory; the graph is as after init. */
void rsl_modules_fini(struct rsl_modules *modules);

/* The number of the file at a normal path, which need not exist. RSL_OK or RSL_ENOMEM. */
enum rsl_status rsl_modules_file(struct rsl_modules *modules, const char *path, uint32_t *file_out);

/* The unit of a crate's root file, with everything that can be reached from it. RSL_OK; or
 * RSL_ENOMEM: what was added is there, and the same call may be made again.
 * One thread at a time. O(declarations reached). */
enum rsl_status rsl_modules_add(struct rsl_modules *modules, uint32_t file, uint32_t *unit_out);

/* The facts of the file have changed: resolves its units anew, and what can be reached only now.
 * What can no longer be reached stays, and stays true. Returns as above. O(declarations of the
 * file, and of what is new). */
enum rsl_status rsl_modules_facts_changed(struct rsl_modules *modules, uint32_t file);

/* Something has appeared at the file's path, or vanished: resolves anew whoever asked for it, and
 * its own units. Returns as above. */
enum rsl_status rsl_modules_kind_changed(struct rsl_modules *modules, uint32_t file);

/* What a walk comes to. */
struct rsl_module_visit {
    uint32_t from; /* unit in which the declaration stands */
    const struct rsl_module_edge *edge;
    uint32_t depth; /* of `from`: 0 is the root */
    bool first;     /* the first time that this walk comes to edge->to */
    uint8_t error;  /* the edge's, or CIRCULAR, or UNREADABLE */
};

/* Walks from `root` depth first, through all edges of each unit once; a circle is cut, and is an
 * error, at the edge to a file that the walk is within. `visit` is called for every edge. RSL_OK or
 * RSL_ENOMEM. O(units + edges reached). */
enum rsl_status rsl_modules_walk(const struct rsl_modules *modules, uint32_t root,
                                 void (*visit)(void *state, const struct rsl_module_visit *visit),
                                 void *state);

/* Which of the given files are roots of crates, in a tree that has no Cargo.toml to say so: those
 * named lib.rs or main.rs, and those that no file declares. All become units. The numbers of the
 * roots are written to roots_out, which has room for nfiles. RSL_OK or RSL_ENOMEM.
 * O(declarations of the files). */
enum rsl_status rsl_modules_guess_roots(struct rsl_modules *modules, const uint32_t *files,
                                        uint32_t nfiles, uint32_t *roots_out, uint32_t *nroots_out);

#ifdef __cplusplus
}
#endif

#endif
