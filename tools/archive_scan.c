/* An archive whose bytes are in memory (archive_job.h) becomes a task. If there is much to parse,
 * it is cut into parts, and jobs are spawned that help with them; the job itself takes one part
 * after the other until none is left, so that archives are finished before others are begun:
 * helpers come when nothing else is to be done. Whoever ends the last part ends the archive's job.
 *
 * Of the memory that is allowed, an eighth is for the cache, and a quarter for what is parsed and
 * printed. */
#include "tools/archive_scan.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ds/atomic.h"
#include "tools/jsonl.h"
#include "tools/outline.h"
#include "tools/report.h"
#include "tools/result_cache.h"

/* Bytes of sources that make a job, when an archive has at least twice as many. */
enum { PART_NBYTES = 512 * 1024 };

struct rsl_archive_scan {
    struct rsl_archive_scan_options options;
    struct rsl_archive_jobs *jobs;
    struct rsl_result_cache *cache;
};

/* Some of an archive's sources. */
struct part {
    struct task *task;
    size_t first, end; /* in job->sources */
    struct rsl_text_buffer out, diagnostics;
};

/* An archive that is being parsed. */
struct task {
    struct rsl_archive_scan *scan;
    struct rsl_archive_job *job; /* until the last part has ended */
    struct part *parts;
    size_t nparts;
    struct rsl_atomic_size next_part; /* relaxed: the parts were there before the helpers */
    struct rsl_atomic_size nleft;     /* parts; who takes the last one away ends the job */
    struct rsl_atomic_size nholders;  /* of this struct: jobs, and one until the last part ends */
};

static uint64_t now_ns(const struct rsl_archive_scan *scan)
{
    if (!scan->options.timed)
        return 0;
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static bool stopped(const struct rsl_archive_scan *scan)
{
    return scan->options.stopped(scan->options.context);
}

static void out_of_memory(const struct rsl_archive_scan *scan)
{
    scan->options.fail(scan->options.context);
}

static bool is_stopped(void *context)
{
    return stopped(context);
}

static void fail(void *context)
{
    out_of_memory(context);
}

/* ---- bad archives */

/* The archive is bad, or cannot be read: "rustle: path: [member: ]message". */
static void refused(void *context, struct rsl_worker *worker, const struct rsl_archive_job *job,
                    const char *member, const char *message)
{
    struct rsl_archive_scan *scan = context;
    struct rsl_text_buffer out = {0}, diagnostics = {0}, text = {0};
    if (message != NULL) {
        struct rsl_file_scanner *scanner = scan->options.scanner(worker);
        rsl_archive_put_error(&text, member, message);
        const char *const says = text.failed ? message : text.bytes;
        rsl_report_put_about(&diagnostics, job->path, says);
        if (scan->options.format == RSL_SCAN_JSONL) {
            rsl_jsonl_put_file(&out, job->path, 0, "io-error", 0, 1);
            rsl_jsonl_put_io_error(&out, job->path, says);
        }
        scanner->totals.nfiles++;
        scanner->totals.nunreadable++;
    }
    rsl_text_buffer_fini(&text);
    scan->options.emit(scan->options.context, job->ticket, &out, &diagnostics, true);
}

/* ---- sources */

/* Adds what is known of a source's content, as rsl_file_scanner_scan_bytes() would. */
static void put_known(struct rsl_file_scanner *scanner, const char *shown, size_t nbytes,
                      const struct rsl_content_result *result, const struct rsl_text_buffer *text)
{
    struct rsl_scan_totals *totals = &scanner->totals;
    totals->nfiles++;
    totals->nok++;
    totals->nbytes += nbytes;
    totals->nitems += result->nitems;
    for (unsigned i = 0; i < RSL_ITEM_KIND_COUNT; i++)
        totals->nitems_by_kind[i] += result->nitems_by_kind[i];
    if (scanner->format == RSL_SCAN_JSONL)
        rsl_jsonl_put_file(&scanner->out, shown, nbytes, "ok", result->nitems, 0);
    if (scanner->format == RSL_SCAN_TEXT) {
        rsl_report_put_path(&scanner->out, shown);
        rsl_text_buffer_puts(&scanner->out, "\n");
    }
    if (text->nbytes > 0)
        rsl_text_buffer_put(&scanner->out, text->bytes, text->nbytes);
}

/* Keeps what came of a source that has no errors: errors tell lines, which tell the path. The text
 * is what stands behind the first line, which is the path's. */
static void keep_result(struct rsl_archive_scan *scan, const struct rsl_file_scanner *scanner,
                        const struct rsl_content_key *key, size_t out_nbytes)
{
    const struct rsl_file *file = &scanner->file;
    struct rsl_content_result result = {.nitems = file->nitems};
    for (uint32_t i = 0; i < file->nitems; i++)
        result.nitems_by_kind[file->items[i].kind]++;
    const char *text = NULL;
    size_t nbytes = scanner->out.nbytes - out_nbytes;
    if (nbytes > 0) {
        const char *const all = scanner->out.bytes + out_nbytes;
        text = memchr(all, '\n', nbytes);
        if (text == NULL)
            return;
        text++;
        nbytes -= (size_t)(text - all);
    }
    rsl_result_cache_add(scan->cache, key, &result, text, nbytes);
}

static void scan_source(struct part *part, struct rsl_file_scanner *scanner,
                        struct rsl_text_buffer *known, const char *shown,
                        const struct rsl_archive_member *member, struct rsl_archive_stats *stats)
{
    struct rsl_archive_scan *scan = part->task->scan;
    const uint64_t start = now_ns(scan);
    const struct rsl_content_key key = rsl_content_key(scan->cache, member->bytes, member->nbytes);
    struct rsl_content_result result;
    known->nbytes = 0;
    const bool found = rsl_result_cache_find(scan->cache, &key, &result, known);
    stats->nsources++;
    stats->source_nbytes += member->nbytes;
    const uint64_t middle = now_ns(scan);
    stats->hash_ns += middle - start;
    if (found && !known->failed) {
        stats->nshared++;
        stats->shared_nbytes += member->nbytes;
        put_known(scanner, shown, member->nbytes, &result, known);
        return;
    }
    const uint64_t nok = scanner->totals.nok;
    const size_t out_nbytes = scanner->out.nbytes;
    rsl_file_scanner_scan_bytes(scanner, shown, member->bytes, member->nbytes);
    stats->parse_ns += now_ns(scan) - middle;
    if (scanner->totals.nok > nok && !scanner->out.failed)
        keep_result(scan, scanner, &key, out_nbytes);
}

static void scan_part(struct part *part, struct rsl_file_scanner *scanner)
{
    const struct task *task = part->task;
    const struct rsl_archive_job *job = task->job;
    struct rsl_archive_stats stats = {0};
    struct rsl_text_buffer shown = {0}, known = {0};
    for (size_t i = part->first; i < part->end && !stopped(task->scan); i++) {
        const struct rsl_archive_member *member = &job->archive->members[job->sources[i]];
        shown.nbytes = 0;
        rsl_archive_put_shown(&shown, job->path, member);
        if (shown.failed) {
            out_of_memory(task->scan);
            break;
        }
        scan_source(part, scanner, &known, shown.bytes, member, &stats);
    }
    rsl_text_buffer_fini(&shown);
    rsl_text_buffer_fini(&known);
    if (scanner->out.failed || scanner->diagnostics.failed)
        out_of_memory(task->scan);
    part->out = scanner->out;
    part->diagnostics = scanner->diagnostics;
    scanner->out = scanner->diagnostics = (struct rsl_text_buffer){0};
    rsl_archive_jobs_count(task->scan->jobs, &stats);
}

/* Puts all texts of the parts behind those of the first. */
static void join(struct task *task)
{
    struct part *all = &task->parts[0];
    for (size_t i = 1; i < task->nparts; i++) {
        struct part *part = &task->parts[i];
        if (part->out.nbytes > 0)
            rsl_text_buffer_put(&all->out, part->out.bytes, part->out.nbytes);
        if (part->diagnostics.nbytes > 0)
            rsl_text_buffer_put(&all->diagnostics, part->diagnostics.bytes,
                                part->diagnostics.nbytes);
        rsl_text_buffer_fini(&part->out);
        rsl_text_buffer_fini(&part->diagnostics);
    }
    if (all->out.failed || all->diagnostics.failed)
        out_of_memory(task->scan);
}

static void let_go(struct task *task)
{
    /* Acquire and release: the last one frees what the others have used. */
    if (rsl_size_fetch_add_acq_rel(&task->nholders, SIZE_MAX) == 1)
        free(task);
}

static void run_part(struct rsl_worker *worker, struct part *part)
{
    struct task *task = part->task;
    struct rsl_archive_scan *scan = task->scan;
    scan_part(part, scan->options.scanner(worker));
    const struct rsl_text_buffer none = {0};
    if (!scan->options.whole) {
        scan->options.emit(scan->options.context, task->job->ticket, &part->out, &part->diagnostics,
                           false);
        part->out = part->diagnostics = none;
    }
    /* Acquire and release: who takes away the last one sees what the others have left. */
    if (rsl_size_fetch_add_acq_rel(&task->nleft, SIZE_MAX) == 1) {
        join(task);
        void *ticket = task->job->ticket;
        const struct part all = task->parts[0];
        rsl_archive_job_end(task->job, worker);
        scan->options.emit(scan->options.context, ticket, &all.out, &all.diagnostics, true);
        free(task->parts);
        let_go(task);
    }
}

/* A job, or the end of one: takes parts until there is none left, as one of the task's holders. */
static int help(struct rsl_worker *worker, void *arg)
{
    struct task *task = arg;
    const size_t nparts = task->nparts;
    /* Relaxed: gives each part to one job; what is in it was there before the job was spawned. */
    for (size_t i; (i = rsl_size_fetch_add_relaxed(&task->next_part, 1)) < nparts;)
        run_part(worker, &task->parts[i]);
    let_go(task);
    return RSL_OK;
}

/* ---- the beginning of a task */

/* Cuts the sources into parts of about the same number of bytes. */
static bool cut(struct task *task)
{
    const struct rsl_archive_job *job = task->job;
    const uint64_t nbytes = job->sources_nbytes;
    const uint64_t wanted = task->scan->options.nworkers == 1 ? 1 : nbytes / PART_NBYTES;
    const size_t nparts = wanted < 2 ? 1 : wanted > job->nsources ? job->nsources : (size_t)wanted;
    task->parts = calloc(nparts, sizeof *task->parts);
    if (task->parts == NULL)
        return false;
    size_t at = 0;
    uint64_t done = 0;
    while (task->nparts < nparts && (at < job->nsources || task->nparts == 0)) {
        struct part *part = &task->parts[task->nparts++];
        *part = (struct part){.task = task, .first = at};
        const uint64_t until = nbytes / nparts * task->nparts;
        while (at < job->nsources && (done < until || task->nparts == nparts))
            done += job->archive->members[job->sources[at++]].nbytes;
        part->end = at;
    }
    task->parts[task->nparts - 1].end = job->nsources;
    const struct rsl_archive_stats stats = {.nsplit = task->nparts > 1};
    rsl_archive_jobs_count(task->scan->jobs, &stats);
    return true;
}

static void end_without_memory(struct rsl_archive_scan *scan, struct rsl_worker *worker,
                               struct rsl_archive_job *job)
{
    const struct rsl_text_buffer none = {0};
    void *ticket = job->ticket;
    out_of_memory(scan);
    rsl_archive_job_end(job, worker);
    scan->options.emit(scan->options.context, ticket, &none, &none, true);
}

/* Parses what is in the archive. */
static void opened(void *context, struct rsl_worker *worker, struct rsl_archive_job *job)
{
    struct rsl_archive_scan *scan = context;
    struct task *task = malloc(sizeof *task);
    if (task != NULL)
        *task = (struct task){.scan = scan, .job = job};
    if (task == NULL || !cut(task)) {
        free(task);
        end_without_memory(scan, worker, job);
        return;
    }
    const size_t nworkers = scan->options.nworkers;
    const size_t nhelpers = (task->nparts < nworkers ? task->nparts : nworkers) - 1;
    rsl_size_init(&task->next_part, 0);
    rsl_size_init(&task->nleft, task->nparts);
    rsl_size_init(&task->nholders, 2); /* this job, and until the last part has ended */
    for (size_t i = 0; i < nhelpers; i++) {
        /* Relaxed: this job holds it all the while. */
        rsl_size_fetch_add_relaxed(&task->nholders, 1);
        if (rsl_spawn(worker, help, task) != RSL_OK) {
            /* Relaxed: as above; it is not the last. */
            rsl_size_fetch_add_relaxed(&task->nholders, SIZE_MAX);
            break; /* fewer will do */
        }
    }
    (void)help(worker, task);
}

void rsl_archive_scan_begin(struct rsl_archive_scan *scan, struct rsl_worker *worker,
                            const char *path, size_t nbytes, void *ticket)
{
    if (rsl_archive_jobs_begin(scan->jobs, worker, path, nbytes, ticket))
        return;
    const struct rsl_text_buffer none = {0};
    out_of_memory(scan);
    scan->options.emit(scan->options.context, ticket, &none, &none, true);
}

struct rsl_archive_scan *rsl_archive_scan_create(const struct rsl_archive_scan_options *options)
{
    struct rsl_archive_scan *scan = calloc(1, sizeof *scan);
    if (scan == NULL)
        return NULL;
    scan->options = *options;
    const struct rsl_archive_jobs_options jobs_options = {
        .nworkers = options->nworkers,
        .max_memory = options->max_memory,
        .timed = options->timed,
        .hidden = options->hidden,
        .limit_nbytes = options->limit_nbytes,
        .max_nbytes = options->max_nbytes,
        .stopped = is_stopped,
        .opened = opened,
        .refused = refused,
        .fail = fail,
        .context = scan,
    };
    scan->jobs = rsl_archive_jobs_create(&jobs_options);
    if (scan->jobs != NULL)
        scan->cache = rsl_result_cache_create((size_t)(rsl_archive_jobs_max_memory(scan->jobs) / 8),
                                              options->format != RSL_SCAN_SUMMARY);
    if (scan->cache != NULL)
        return scan;
    rsl_archive_scan_destroy(scan);
    return NULL;
}

void rsl_archive_scan_destroy(struct rsl_archive_scan *scan)
{
    if (scan == NULL)
        return;
    rsl_archive_jobs_destroy(scan->jobs);
    rsl_result_cache_destroy(scan->cache);
    free(scan);
}

void rsl_archive_scan_get_stats(struct rsl_archive_scan *scan, struct rsl_archive_stats *stats_out)
{
    rsl_archive_jobs_get_stats(scan->jobs, stats_out);
}
