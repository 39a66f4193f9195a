/* archive_scan.h - the sources in archives as a part of a scan.
 *
 * An archive is a job: its file is read in one go, inflated into memory that is used again, and its
 * sources are parsed where they lie there. One that inflates to much is cut into jobs of some of
 * its sources. How much is in memory at a time is bounded: an archive for which there is no room
 * yet is put off, and the worker does something else (sched/gate.h). Sources whose content has been
 * parsed before are not parsed again (result_cache.h). */
#ifndef RSL_TOOLS_ARCHIVE_SCAN_H
#define RSL_TOOLS_ARCHIVE_SCAN_H

#include <stdbool.h>
#include <stdint.h>

#include "sched/pool.h"
#include "tools/scan_file.h"

/* What a scan's archives came to. Times are processor time, and only kept if asked for. */
struct rsl_archive_stats {
    uint64_t narchives, nbad;
    uint64_t compressed_nbytes, inflated_nbytes;
    uint64_t nsources, source_nbytes; /* all that were looked at */
    uint64_t nshared, shared_nbytes;  /* of these, known from others of the same content */
    uint64_t nsplit;                  /* archives that were cut into several jobs */
    uint64_t nput_off;                /* times that one had to wait for memory */
    uint64_t most_nbytes;             /* the most that was reserved at a time */
    uint64_t read_ns, inflate_ns, hash_ns, parse_ns;
};

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
