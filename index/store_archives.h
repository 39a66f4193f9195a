/* store_archives.h - archives in the database: which there are, and what is in them.
 *
 *     archives(archive_id, path, size, mtime, hash, status, name, version, yanked, newest, files,
 *              message)
 *         path, size, mtime, hash: as of files. status: ok, or io-error for one that cannot be read
 *         or is bad, and then message tells why. name, version: of the package, as the archive is
 *         called; NULL if it is called otherwise. yanked: 0 or 1 as a registry's index says, NULL
 *         without one. newest: 1 if it is the newest version of its package here: those that are
 *         not yanked come first, then those that are no pre-releases. files: how many sources
 * A source in an archive is a row of files like any other, its path being archive!/path, its
 * archive_id that of the archive. So is an archive that is not ok, under its own path. Crates,
 * modules and deps of an archive are those of it alone; its crates are numbered from archive_id *
 * RSL_STORE_ARCHIVE_CRATES on. */
#ifndef RSL_INDEX_STORE_ARCHIVES_H
#define RSL_INDEX_STORE_ARCHIVES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "index/store.h"
#include "index/store_graph.h"

#ifdef __cplusplus
extern "C" {
#endif

#define RSL_STORE_ARCHIVE_CRATES (INT64_C(1) << 24)

struct rsl_store_archive {
    int64_t archive_id; /* put: 0 for a new one, and then its number is written here */
    const char *path;
    size_t path_nbytes;
    int64_t nbytes, mtime_ns;
    uint8_t hash[16];
    const char *status;
    const char *name, *version; /* both or none; not 0-terminated */
    size_t name_nbytes, version_nbytes;
    int yanked; /* negative: not known */
    bool newest;
    int64_t nfiles;
    const char *message; /* NULL if there is none */
};

/* Writes an archive's row. All of this: RSL_OK, RSL_ENOMEM, or RSL_EIO: see the message. */
enum rsl_status rsl_store_put_archive(struct rsl_store *store, struct rsl_store_archive *archive);

/* Only what has nothing to do with the content. */
enum rsl_status rsl_store_touch_archive(struct rsl_store *store, int64_t archive_id,
                                        int64_t mtime_ns, int yanked, bool newest);

/* Removes an archive and all that came of it. */
enum rsl_status rsl_store_remove_archive(struct rsl_store *store, int64_t archive_id);

/* Writes the crates, modules and dependencies of an archive that has none in the database. Files in
 * `graph` are numbered from 1: file_ids[n - 1] is the database's number of n; crates likewise. */
enum rsl_status rsl_store_put_archive_graph(struct rsl_store *store, int64_t archive_id,
                                            const struct rsl_store_graph *graph,
                                            const int64_t *file_ids);

/* Calls `each` for every archive, by archive_id, with what a run must know of it: all but name and
 * version and message; false ends it. The path has a NUL behind it and is good during the call. */
enum rsl_status rsl_store_each_archive(struct rsl_store *store,
                                       bool (*each)(void *context,
                                                    const struct rsl_store_archive *archive),
                                       void *context);

#ifdef __cplusplus
}
#endif

#endif
