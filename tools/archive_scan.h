/* archive_scan.h - the sources in archives as a part of a scan.
 *
 * An archive is a job (archive_job.h), and its sources are parsed where they lie in its memory. One
 * that inflates to much is cut into jobs of some of its sources. Sources whose content has been
 * parsed before are not parsed again (result_cache.h). */
#ifndef RSL_TOOLS_ARCHIVE_SCAN_H
#define RSL_TOOLS_ARCHIVE_SCAN_H

#include <stdbool.h>
#include <stdint.h>

#include "tools/archive_job.h"
#include "tools/scan_file.h"

/* All is borrowed. */
struct rsl_archive_scan_options {
    enum rsl_scan_format format;
    size_t nworkers;
    uint64_t max_memory; /* what the scan should need at most; 0: a quarter of the machine's */
    bool timed;
    bool whole;  /* results of an archive come at once, in the order of its paths */
    bool hidden; /* sources with a hidden name, or below one, too */
    bool limit_nbytes;
    uint64_t max_nbytes; /* of a source */
    /* The scanner of a worker, whose texts are empty. */
    struct rsl_file_scanner *(*scanner)(struct rsl_worker *worker);
    /* Whether to stop early. */
    bool (*stopped)(void *context);
    /* Gets results of the archive that was begun with `ticket`; the texts are the receiver's to
     * free. `last`: nothing more will come of it. Called by workers. */
    void (*emit)(void *context, void *ticket, const struct rsl_text_buffer *out,
                 const struct rsl_text_buffer *diagnostics, bool last);
    /* Memory has run out. Called by workers. */
    void (*fail)(void *context);
    void *context;
};

struct rsl_archive_scan;

/* NULL: no memory. */
struct rsl_archive_scan *rsl_archive_scan_create(const struct rsl_archive_scan_options *options);
/* When all that was begun has ended. NULL is accepted. */
void rsl_archive_scan_destroy(struct rsl_archive_scan *scan);

/* Begins the archive at path[0..nbytes), in a job. It ends with a call of emit with `last`, perhaps
 * before this returns, perhaps from another job; waiting for the pool waits for that. */
void rsl_archive_scan_begin(struct rsl_archive_scan *scan, struct rsl_worker *worker,
                            const char *path, size_t nbytes, void *ticket);

/* What all that has ended came to. */
void rsl_archive_scan_get_stats(struct rsl_archive_scan *scan, struct rsl_archive_stats *stats_out);

#endif
