/* scan.h - parsing many files with a few threads, and printing what they hold. */
#ifndef RSL_TOOLS_SCAN_H
#define RSL_TOOLS_SCAN_H

#include <stdbool.h>
#include <stdint.h>

#include "parser/parser.h"
#include "tools/walk.h"

enum rsl_scan_format {
    RSL_SCAN_SUMMARY, /* totals only */
    RSL_SCAN_JSONL,
    RSL_SCAN_TEXT, /* an outline of each file under its path */
};

struct rsl_scan_totals {
    uint64_t nfiles, nok, nwith_errors, nnot_utf8, nunreadable;
    uint64_t nbytes, nitems, nsource_errors;
    uint64_t ninternal_errors; /* files that could not be parsed to the end for want of memory */
    uint64_t nitems_by_kind[RSL_ITEM_KIND_COUNT];
};

/* Parses the files of `paths` ("-" is standard input, shown as `stdin_path`), writes results to
 * standard output and errors to standard error. With `ordered`, output is in the order of `paths`;
 * else that of chunks of files as they are done. Returns 0 or a negative errno of a failed write or
 * thread. */
int rsl_scan(const struct rsl_path_list *paths, enum rsl_scan_format format, unsigned nthreads,
             bool ordered, const char *stdin_path, struct rsl_scan_totals *totals_out);

#endif
