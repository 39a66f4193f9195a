/* watch.h - telling what changes in source trees, as it becomes true. */
#ifndef RSL_TOOLS_WATCH_H
#define RSL_TOOLS_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sched/io.h"

/* All is borrowed. */
struct rsl_watch_run_options {
    bool json;
    uint64_t settle_ns; /* as in sched/watch.h */
    enum rsl_io io;
    size_t nthreads; /* that parse; at least 1 */
    const char *excludes_path;
    const char *db_path; /* of the database to be kept, for one root, which is a folder; or NULL */
};

/* Reads what is below roots[0..nroots), says that it is ready, and tells each change until SIGINT
 * or SIGTERM comes; with a database, when it is in that. Returns 128 + the signal; RSL_EXIT_ERROR
 * after a failure of the database, which was told; or a negative errno, which was not told. */
int rsl_watch_and_tell(const char *const *roots, size_t nroots,
                       const struct rsl_watch_run_options *options);

#endif
