/* scan_file.h - one source file after the other to text and counts; what a thread of a scan does.
 */
#ifndef RSL_TOOLS_SCAN_FILE_H
#define RSL_TOOLS_SCAN_FILE_H

#include <stdint.h>

#include "parser/parser.h"
#include "sched/file_reader.h"
#include "tools/read_file.h"
#include "tools/text_buffer.h"

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

void rsl_scan_totals_add(struct rsl_scan_totals *to, const struct rsl_scan_totals *from);

/* Reused from file to file. One thread at a time. */
struct rsl_file_scanner {
    enum rsl_scan_format format;
    const char *stdin_path; /* what "-" is called in results */
    struct rsl_file file;
    struct rsl_file_reader *reader;  /* the scanner's, or NULL */
    struct rsl_source_buffer stream; /* what came from standard input, or the like */
    struct rsl_text_buffer out,
        diagnostics; /* what the files have given; to be emptied by the user */
    struct rsl_scan_totals totals;
};

/* `stdin_path` is borrowed. */
void rsl_file_scanner_init(struct rsl_file_scanner *scanner, enum rsl_scan_format format,
                           const char *stdin_path);
void rsl_file_scanner_fini(struct rsl_file_scanner *scanner);

/* Parses what was read of the file at `path`, and adds its results to `out`, its errors to
 * `diagnostics` and its numbers to `totals`. */
void rsl_file_scanner_scan(struct rsl_file_scanner *scanner, const char *path,
                           const struct rsl_file_contents *contents);
/* The same, after reading what may have to be waited for: "-", which is standard input, or a pipe.
 */
void rsl_file_scanner_scan_stream(struct rsl_file_scanner *scanner, const char *path);

/* The same with a source in memory, as rsl_parse() takes it; `shown` is its path in results. */
void rsl_file_scanner_scan_bytes(struct rsl_file_scanner *scanner, const char *shown,
                                 const uint8_t *src, size_t nbytes);

#endif
