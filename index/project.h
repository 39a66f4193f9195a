/* project.h - a source tree as a whole: its files with their facts and names, the crates that its
 * Cargo.toml files tell or that are guessed, and the graph of dependencies over them.
 *
 * Whoever scans the tree hands over what it parsed. What the graph comes to beyond that (a file
 * outside the folders scanned, an include! of something that is not named .rs) is read from the
 * file tree when it is asked for.
 */
#ifndef RSL_INDEX_PROJECT_H
#define RSL_INDEX_PROJECT_H

#include <stdbool.h>
#include <stdint.h>

#include "ds/arena.h"
#include "index/facts.h"
#include "index/file_tree.h"
#include "index/graph.h"
#include "index/manifest.h"
#include "index/names.h"

#ifdef __cplusplus
extern "C" {
#endif

struct project_file;
struct project_folder;

/* The fields are its own, but `graph` may be read. It must stay where it is. */
struct rsl_project {
    struct rsl_graph graph;
    struct rsl_cargo cargo;
    const struct rsl_file_tree *tree;
    const struct rsl_allocator *allocator;
    struct rsl_graph_files files;
    struct project_file *by_file;
    uint32_t nfiles; /* room */
    struct rsl_strings folders;
    struct project_folder *by_folder;
    uint32_t nfolders; /* room */
    struct rsl_file file;
    struct rsl_facts_builder *facts_builder;
    struct rsl_names_builder *names_builder;
    struct rsl_arena source, scratch;
    const struct rsl_package **packages; /* by crate; NULL for one that was guessed */
    uint32_t npackages;                  /* room */
    uint32_t *loose, nloose; /* files that belong to no package, and room for as many roots */
    uint32_t nguessed;       /* roots of theirs, behind them */
    bool out_of_memory;
};

/* An empty project. `tree` and `allocator` are borrowed; NULL is rsl_allocator_default. RSL_OK or
 * RSL_ENOMEM. */
enum rsl_status rsl_project_init(struct rsl_project *project, const struct rsl_file_tree *tree,
                                 const struct rsl_allocator *allocator);

/* Releases the memory, also of facts and names. */
void rsl_project_fini(struct rsl_project *project);

/* Adds a file that was scanned, or puts new facts and names in the place of its old ones. They were
 * made with builders of the project's allocator, and become the project's if this succeeds. `path`
 * is a normal path. RSL_OK or RSL_ENOMEM. */
enum rsl_status rsl_project_set(struct rsl_project *project, const char *path,
                                struct rsl_file_facts *facts, struct rsl_file_names *names);

/* The file is gone. RSL_OK or RSL_ENOMEM. */
enum rsl_status rsl_project_remove(struct rsl_project *project, const char *path);

/* Looks for the Cargo.toml files of the folder `path` and of those above it, which find_crates then
 * need not do. One thread may do that while another calls rsl_project_set. RSL_OK or RSL_ENOMEM. */
enum rsl_status rsl_project_look_at_folder(struct rsl_project *project, const char *path);

/* Finds the crates of the files there are: those of the Cargo.toml in each folder that holds files,
 * or holds such a folder; and where none of these is a package's, those that are guessed
 * (rsl_modules_guess_roots). Once, after the files. RSL_OK or RSL_ENOMEM. */
enum rsl_status rsl_project_find_crates(struct rsl_project *project);

/* The Cargo.toml files that find_crates looked at: as many as there are folders, NULL for a folder
 * without one. In no order that means anything. O(1). */
uint32_t rsl_project_nfolders(const struct rsl_project *project);
const struct rsl_manifest *rsl_project_manifest(const struct rsl_project *project, uint32_t folder);

/* The package that a crate belongs to, NULL if it was guessed. O(1). */
const struct rsl_package *rsl_project_package(const struct rsl_project *project, uint32_t crate);

/* Adds a crate of that root file, of whose dependencies nothing is known. RSL_OK or RSL_ENOMEM. */
enum rsl_status rsl_project_add_root(struct rsl_project *project, const char *path);

/* Brings the graph up to date. As rsl_graph_update. */
enum rsl_status rsl_project_update(struct rsl_project *project, struct rsl_pool *pool);

/* Its first part. As rsl_graph_follow_modules. */
enum rsl_status rsl_project_follow_modules(struct rsl_project *project);

/* Whether the crates that were guessed would be others now that files say something else, after an
 * update. What is to be done then is to begin anew. RSL_OK or RSL_ENOMEM. O(declarations of the
 * files of no package). */
enum rsl_status rsl_project_guess_again(struct rsl_project *project, bool *differs_out);

/* Whether the file was handed over, and has not gone. */
bool rsl_project_holds(const struct rsl_project *project, uint32_t file);

#ifdef __cplusplus
}
#endif

#endif
