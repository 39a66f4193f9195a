/* project.h - the project below some folders: walked, parsed on all cores, and made a graph. */
#ifndef RSL_TOOLS_PROJECT_H
#define RSL_TOOLS_PROJECT_H

#include <stdint.h>

#include "index/archive_mounts.h"
#include "index/project.h"
#include "sched/pool.h"

/* How long the parts took, in nanoseconds. */
struct rsl_project_times {
    uint64_t scan_ns;   /* walking, reading, parsing, facts and names */
    uint64_t crates_ns; /* Cargo.toml files, crates, guesses */
    uint64_t graph_ns;  /* modules, uses, edges */
};

struct rsl_loaded_project {
    struct rsl_project project;
    struct rsl_archive_mounts archives; /* on which its file tree rests */
    struct rsl_file_tree tree;
    struct rsl_pool *pool;
    uint64_t nfiles;   /* that were found and could be read */
    uint64_t nmissing; /* folders, files and archives that could not be read, which was told */
    uint64_t nbad;     /* Cargo.toml files at which cargo would stop, which was told */
    struct rsl_project_times times;
};

/* It must stay where it is: the project looks at it. Loads the files below roots[0..nroots), in
 * archives too, as archive!/member. `crate_root`: if it is not NULL, that file is the root of
 * the only crate, and nothing is walked. `nthreads` 0: one for each core. What cannot be read is
 * told on standard error and passed over; so are the errors of Cargo.toml files. Returns 0 or a
 * negative errno, and then there is nothing to release. */
int rsl_project_load(const char *const *roots, size_t nroots, const char *crate_root,
                     size_t nthreads, struct rsl_loaded_project *loaded_out);

void rsl_project_unload(struct rsl_loaded_project *loaded);

/* The file that a path on the command line means, if the project has it, in *file_out; false, told
 * on standard error, if it has not. */
bool rsl_project_find(struct rsl_loaded_project *loaded, const char *path, uint32_t *file_out);

/* For qsort: numbers of files in the order of their paths' bytes. */
int rsl_project_compare(const struct rsl_project *project, uint32_t a, uint32_t b);

/* The numbers of all files of the graph that were handed over or belong to a crate, by path; to be
 * freed with free(). NULL without memory. */
uint32_t *rsl_project_files(const struct rsl_project *project, uint32_t *n_out);

#endif
