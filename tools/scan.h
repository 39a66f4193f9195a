/* scan.h - parsing the files below some folders on all cores, and printing what they hold. */
#ifndef RSL_TOOLS_SCAN_H
#define RSL_TOOLS_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sched/walk.h"
#include "tools/archive_scan.h"
#include "tools/scan_file.h"

/* All is borrowed. */
struct rsl_scan_options {
    enum rsl_scan_format format;
    size_t nthreads; /* that parse; at least 1 */
    bool sorted;     /* output in the order of the paths' bytes, whatever the number of threads */
    const char *stdin_path;
    enum rsl_io io;
    const char *files_from; /* a file with paths of files, a line each; "-": standard input; or NULL
                             */
    bool null_delimited;    /* not lines: a NUL behind each path */
    uint64_t max_memory;    /* for archives; see archive_scan.h */
    bool timed;             /* archive_stats_out wants times */
    struct rsl_archive_stats *archive_stats_out; /* or NULL */
    /* Which files; the walk's pool, suffixes, sorted, emit, report, stop and context are not looked
     * at. */
    struct rsl_walk_options walk;
};

/* Once a process, on the main thread. Parses the files of the list and those below
 * roots[0..nroots), "-" being standard input; writes results to standard output and errors to
 * standard error. *nmissing_out: how many roots and folders could not be read, which was told.
 * After a signal (interrupt.h) no more files are begun. Returns 0, or a negative errno of a failed
 * write, or for want of memory or threads; some results may have been written then. */
int rsl_scan(const char *const *roots, size_t nroots, const struct rsl_scan_options *options,
             struct rsl_scan_totals *totals_out, uint64_t *nmissing_out);

#endif
