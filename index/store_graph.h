/* store_graph.h - what files mean together, in the database: crates, modules, dependencies.
 *
 * Plain tables, each in the order of its first columns:
 *     crates(crate_id, name, root_file, package, version)
 *         package, version: of the package that it belongs to, NULL for a crate that was guessed
 *     modules(file_id, crate_id, path, kind, declared_in)
 *         path: crate::a::b, a - of the crate's name being _, at most RSL_STORE_MODULE_PATH bytes:
 *         what is nested deeper is left out. kind: root, mod, or include for a file that is
 *         included into the module. declared_in: the file, NULL for a root
 *     deps(from_file, to_file, kind, count)
 *         as rsl_graph_edge has them
 * Only files of the table files are in them. What store_archives.h writes into them besides stays
 * as it is. */
#ifndef RSL_INDEX_STORE_GRAPH_H
#define RSL_INDEX_STORE_GRAPH_H

#include <stddef.h>
#include <stdint.h>

#include "index/store.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Modules may nest without end, and all their paths together take the square of that. */
#define RSL_STORE_MODULE_PATH 4096

struct rsl_store_crate {
    int64_t crate_id;
    const char *name;
    int64_t root_file;
    const char *package, *version; /* NULL: not known */
};

struct rsl_store_module {
    int64_t file_id, crate_id;
    const char *path;
    const char *kind;
    int64_t declared_in; /* 0: nowhere */
};

struct rsl_store_dep {
    int64_t from_file, to_file;
    const char *kind;
    int64_t count;
};

/* All rows; each list in the order of its table's key (text by its bytes), no key twice. */
struct rsl_store_graph {
    const struct rsl_store_crate *crates;
    const struct rsl_store_module *modules;
    const struct rsl_store_dep *deps;
    size_t ncrates, nmodules, ndeps;
};

/* Makes these the rows of the three tables; only those that differ are written. In a transaction.
 * RSL_OK, RSL_ENOMEM, or RSL_EIO: see the message. O(rows). */
enum rsl_status rsl_store_put_graph(struct rsl_store *store, const struct rsl_store_graph *graph);

/* Its two halves, which may come one after the other: the tables crates and modules, and deps. */
enum rsl_status rsl_store_put_crates(struct rsl_store *store, const struct rsl_store_graph *graph);
enum rsl_status rsl_store_put_deps(struct rsl_store *store, const struct rsl_store_graph *graph);

/* Calls `each` for every file that others depend on, with its path, which is good during the call,
 * and how many these are; false ends it. RSL_OK, RSL_ENOMEM or RSL_EIO. O(files + deps). */
enum rsl_status rsl_store_each_dependents(struct rsl_store *store,
                                          bool (*each)(void *context, const char *path,
                                                       size_t path_nbytes, uint32_t ndependents),
                                          void *context);

/* A number for the Cargo.toml files that the graph was made from, as the file system shows them; 0
 * if it is not known, or there is no graph yet. RSL_OK, RSL_ENOMEM or RSL_EIO. */
enum rsl_status rsl_store_get_manifests(struct rsl_store *store, int64_t *stamp_out);
enum rsl_status rsl_store_put_manifests(struct rsl_store *store, int64_t stamp);

#ifdef __cplusplus
}
#endif

#endif
