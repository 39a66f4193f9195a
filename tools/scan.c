#include "tools/scan.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/jsonl.h"
#include "tools/outline.h"
#include "tools/read_file.h"
#include "tools/report.h"

/* Files taken at a time: few enough to balance, many enough that the counter and the lock below
 * are not felt. */
enum { CHUNK_FILES = 32 };

/* What the threads share. next_chunk: fetch-add by every worker, relaxed, because it hands out
 * numbers and nothing else; the paths were written before the threads were made. Everything else
 * that changes is under `lock`. */
struct scan {
    const struct rsl_path_list *paths;
    const char *stdin_path;
    enum rsl_scan_format format;
    bool ordered;
    atomic_size_t next_chunk;

    pthread_mutex_t lock;
    pthread_cond_t printed; /* signalled when next_to_print moves */
    size_t next_to_print;
    struct rsl_scan_totals totals;
    int error;
};

/* What one thread keeps from file to file. */
struct worker {
    struct scan *scan;
    struct rsl_file file;
    struct rsl_source_buffer source;
    struct rsl_text_buffer out, diagnostics;
    struct rsl_scan_totals totals;
};

static bool is_utf8(const struct rsl_file *file)
{
    for (uint32_t i = 0; i < file->nerrors; i++) {
        if (file->errors[i].code == RSL_SOURCE_ERROR_NOT_UTF8)
            return false;
    }
    return true;
}

static void count_file(struct rsl_scan_totals *totals, const struct rsl_file *file, bool utf8)
{
    totals->nsource_errors += file->nerrors;
    if (!utf8)
        totals->nnot_utf8++;
    else if (file->nerrors > 0)
        totals->nwith_errors++;
    else
        totals->nok++;
    totals->nitems += file->nitems;
    for (uint32_t i = 0; i < file->nitems; i++)
        totals->nitems_by_kind[file->items[i].kind]++;
}

static void put_results(struct worker *worker, const char *shown, const char *status)
{
    struct rsl_file *file = &worker->file;
    struct rsl_text_buffer *out = &worker->out;
    const uint8_t *src = worker->source.bytes;
    switch (worker->scan->format) {
    case RSL_SCAN_SUMMARY: break;
    case RSL_SCAN_JSONL:
        rsl_jsonl_put_file(out, shown, worker->source.nbytes, status, file->nitems, file->nerrors);
        rsl_jsonl_put_items(out, file, src);
        rsl_jsonl_put_errors(out, shown, file, src);
        break;
    case RSL_SCAN_TEXT:
        rsl_report_put_path(out, shown);
        rsl_text_buffer_puts(out, "\n");
        rsl_outline_put(out, file, src);
        break;
    }
}

static void scan_file(struct worker *worker, const char *path)
{
    struct rsl_scan_totals *totals = &worker->totals;
    const char *shown = strcmp(path, "-") == 0 ? worker->scan->stdin_path : path;
    totals->nfiles++;
    const int error = rsl_read_file(&worker->source, path);
    if (error != 0) {
        totals->nunreadable++;
        rsl_report_put_io_error(&worker->diagnostics, shown, -error);
        if (worker->scan->format == RSL_SCAN_JSONL) {
            rsl_jsonl_put_file(&worker->out, shown, 0, "io-error", 0, 1);
            rsl_jsonl_put_io_error(&worker->out, shown, strerror(-error));
        }
        return;
    }
    totals->nbytes += worker->source.nbytes;
    const enum rsl_status parsed =
        rsl_parse(&worker->file, worker->source.bytes, worker->source.nbytes, NULL);
    if (parsed != RSL_OK) {
        totals->ninternal_errors++;
        rsl_text_buffer_puts(&worker->diagnostics, "rustle: ");
        rsl_report_put_path(&worker->diagnostics, shown);
        rsl_text_buffer_puts(&worker->diagnostics, ": ");
        rsl_text_buffer_puts(&worker->diagnostics, rsl_status_message(parsed));
        rsl_text_buffer_puts(&worker->diagnostics, "\n");
        return;
    }
    const bool utf8 = is_utf8(&worker->file);
    if (!utf8)
        worker->file.nitems = 0; /* names and texts of such a file are no text */
    count_file(totals, &worker->file, utf8);
    put_results(worker, shown, !utf8 ? "not-utf8" : worker->file.nerrors > 0 ? "error" : "ok");
    rsl_report_put_errors(&worker->diagnostics, shown, &worker->file, worker->source.bytes);
}

static int write_all(int fd, const struct rsl_text_buffer *text)
{
    size_t at = 0;
    while (at < text->nbytes) {
        const ssize_t n = write(fd, text->bytes + at, text->nbytes - at);
        if (n < 0 && errno != EINTR)
            return -errno;
        at += n > 0 ? (size_t)n : 0;
    }
    return text->failed ? -ENOMEM : 0;
}

/* Writes what the chunk has given, when it is its turn. False when the scan is to stop. */
static bool print_chunk(struct worker *worker, size_t chunk)
{
    struct scan *scan = worker->scan;
    pthread_mutex_lock(&scan->lock);
    while (scan->ordered && scan->next_to_print != chunk && scan->error == 0)
        pthread_cond_wait(&scan->printed, &scan->lock);
    if (scan->error == 0)
        scan->error = write_all(STDOUT_FILENO, &worker->out);
    if (scan->error == 0)
        write_all(STDERR_FILENO, &worker->diagnostics); /* nobody may be listening there */
    scan->next_to_print++;
    const bool go_on = scan->error == 0;
    pthread_cond_broadcast(&scan->printed);
    pthread_mutex_unlock(&scan->lock);
    worker->out.nbytes = worker->diagnostics.nbytes = 0;
    return go_on;
}

static void add_totals(struct rsl_scan_totals *to, const struct rsl_scan_totals *from)
{
    to->nfiles += from->nfiles;
    to->nok += from->nok;
    to->nwith_errors += from->nwith_errors;
    to->nnot_utf8 += from->nnot_utf8;
    to->nunreadable += from->nunreadable;
    to->nbytes += from->nbytes;
    to->nitems += from->nitems;
    to->nsource_errors += from->nsource_errors;
    to->ninternal_errors += from->ninternal_errors;
    for (unsigned i = 0; i < RSL_ITEM_KIND_COUNT; i++)
        to->nitems_by_kind[i] += from->nitems_by_kind[i];
}

static void *run_worker(void *argument)
{
    struct scan *scan = argument;
    struct worker worker = {.scan = scan};
    rsl_file_init(&worker.file, NULL);
    for (;;) {
        const size_t chunk = atomic_fetch_add_explicit(&scan->next_chunk, 1, memory_order_relaxed);
        const size_t first = chunk * CHUNK_FILES;
        if (first >= scan->paths->npaths)
            break;
        for (size_t i = first; i < first + CHUNK_FILES && i < scan->paths->npaths; i++)
            scan_file(&worker, rsl_path_list_get(scan->paths, i));
        if (!print_chunk(&worker, chunk))
            break;
    }
    pthread_mutex_lock(&scan->lock);
    add_totals(&scan->totals, &worker.totals);
    pthread_mutex_unlock(&scan->lock);
    rsl_text_buffer_fini(&worker.out);
    rsl_text_buffer_fini(&worker.diagnostics);
    rsl_source_buffer_fini(&worker.source);
    rsl_file_fini(&worker.file);
    return NULL;
}

int rsl_scan(const struct rsl_path_list *paths, enum rsl_scan_format format, unsigned nthreads,
             bool ordered, const char *stdin_path, struct rsl_scan_totals *totals_out)
{
    struct scan scan = {
        .paths = paths,
        .stdin_path = stdin_path,
        .format = format,
        .ordered = ordered,
        .lock = PTHREAD_MUTEX_INITIALIZER,
        .printed = PTHREAD_COND_INITIALIZER,
    };
    const size_t nchunks = (paths->npaths + CHUNK_FILES - 1) / CHUNK_FILES;
    if (nthreads > nchunks)
        nthreads = (unsigned)nchunks;
    pthread_t *threads = nthreads > 1 ? calloc(nthreads - 1, sizeof *threads) : NULL;
    unsigned nstarted = 0;
    /* A thread that cannot be had is done without: the others take its chunks. */
    while (threads != NULL && nstarted + 1 < nthreads &&
           pthread_create(&threads[nstarted], NULL, run_worker, &scan) == 0)
        nstarted++;
    run_worker(&scan);
    for (unsigned i = 0; i < nstarted; i++)
        pthread_join(threads[i], NULL);
    free(threads);
    *totals_out = scan.totals;
    return scan.error;
}
