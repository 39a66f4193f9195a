/* scan_work.c - what a scan's workers do, and how they get it. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "index/archive.h"
#include "tools/interrupt.h"
#include "tools/report.h"
#include "tools/scan_internal.h"

void rsl_scan_fail(struct rsl_scan *scan, int error)
{
    uint32_t none = 0;
    if (rsl_u32_cas_relaxed(&scan->error, &none, (uint32_t)error))
        rsl_event_loop_wake(scan->loop); /* it may be waiting for a list that nobody wants now */
}

bool rsl_scan_has_failed(const struct rsl_scan *scan)
{
    return rsl_u32_load_relaxed(&scan->error) != 0;
}

bool rsl_scan_is_over(const struct rsl_scan *scan)
{
    return rsl_scan_has_failed(scan) || rsl_interrupt_signal() != 0;
}

/* ---- on the workers */

int rsl_scan_init_worker(struct rsl_worker *worker, void *arg)
{
    struct rsl_scan *scan = arg;
    const struct rsl_scan_options *options = scan->options;
    struct rsl_file_scanner *scanner = malloc(sizeof *scanner);
    if (scanner == NULL)
        return RSL_ENOMEM;
    rsl_file_scanner_init(scanner, options->format, options->stdin_path);
    const struct rsl_file_reader_options reader_options = {.io = options->io};
    const enum rsl_status status = rsl_file_reader_create(&reader_options, &scanner->reader);
    if (status != RSL_OK) {
        rsl_scan_fail(scan, status == RSL_ENOMEM ? ENOMEM : errno);
        rsl_file_scanner_fini(scanner);
        free(scanner);
        return (int)status;
    }
    rsl_worker_set_slot(worker, 0, scanner);
    return RSL_OK;
}

int rsl_scan_fini_worker(struct rsl_worker *worker, void *arg)
{
    struct rsl_scan *scan = arg;
    struct rsl_file_scanner *scanner = rsl_worker_slot(worker, 0);
    pthread_mutex_lock(&scan->totals_lock);
    rsl_scan_totals_add(&scan->totals, &scanner->totals);
    pthread_mutex_unlock(&scan->totals_lock);
    rsl_file_scanner_fini(scanner);
    free(scanner);
    return RSL_OK;
}

static bool is_stream(const struct rsl_scan *scan, const char *path)
{
    for (size_t i = 0; i < scan->nstreams; i++) {
        if (strcmp(scan->streams[i], path) == 0)
            return true;
    }
    return false;
}

static void parse_files(struct rsl_scan *scan, struct rsl_file_scanner *scanner,
                        const char *const *paths, size_t npaths)
{
    struct rsl_file_contents file;
    rsl_file_reader_start(scanner->reader, AT_FDCWD, paths, npaths);
    while (!rsl_scan_is_over(scan) && rsl_file_reader_next(scanner->reader, &file))
        rsl_file_scanner_scan(scanner, paths[file.index], &file);
}

/* A job. */
static int parse_chunk(struct rsl_worker *worker, void *arg)
{
    struct rsl_scan_chunk *chunk = arg;
    struct rsl_scan *scan = chunk->scan;
    if (chunk->is_archive) {
        size_t nbytes = strlen(chunk->paths[0]);
        if (scan->options->sorted)
            nbytes -= strlen(RSL_SCAN_ARCHIVE_MARK);
        rsl_archive_scan_begin(scan->archives, worker, chunk->paths[0], nbytes, chunk);
        return RSL_OK;
    }
    struct rsl_file_scanner *scanner = rsl_worker_slot(worker, 0);
    size_t first = 0;
    for (size_t i = 0; i < chunk->nfiles && scan->nstreams > 0; i++) {
        if (!is_stream(scan, chunk->paths[i]))
            continue;
        parse_files(scan, scanner, chunk->paths + first, i - first);
        if (!rsl_scan_is_over(scan))
            rsl_file_scanner_scan_stream(scanner, chunk->paths[i]);
        first = i + 1;
    }
    parse_files(scan, scanner, chunk->paths + first, chunk->nfiles - first);
    if (rsl_scan_is_over(scan)) /* files that are on their way have their paths in the chunk */
        rsl_file_reader_start(scanner->reader, AT_FDCWD, NULL, 0);
    if (scanner->out.failed || scanner->diagnostics.failed)
        rsl_scan_fail(scan, ENOMEM);
    const struct rsl_scan_message message = {chunk->index, chunk->listed, scanner->out,
                                             scanner->diagnostics};
    const bool wanted = scan->options->sorted || chunk->listed;
    free(chunk);
    if (!wanted && message.out.nbytes + message.diagnostics.nbytes == 0)
        return RSL_OK;
    /* The texts go with the message; the next file gets new ones. */
    scanner->out = scanner->diagnostics = (struct rsl_text_buffer){0};
    return (int)rsl_mpsc_send(scan->messages, &message, RSL_FOREVER);
}

void rsl_scan_spawn(struct rsl_scan *scan, struct rsl_scan_chunk *chunk)
{
    if (rsl_pool_spawn(scan->pool, RSL_PRIORITY_HIGH, parse_chunk, chunk) != RSL_OK) {
        free(chunk);
        rsl_scan_fail(scan, ENOMEM);
    }
}

static bool is_archive(const char *path)
{
    return rsl_is_archive(path, strlen(path));
}

/* A chunk with copies of the paths. NULL, and the scan has failed, without memory. */
static struct rsl_scan_chunk *new_chunk(struct rsl_scan *scan, const char *const *paths,
                                        size_t npaths)
{
    size_t nbytes = sizeof(struct rsl_scan_chunk);
    for (size_t i = 0; i < npaths; i++)
        nbytes += strlen(paths[i]) + 1;
    struct rsl_scan_chunk *chunk = malloc(nbytes);
    if (chunk == NULL) {
        rsl_scan_fail(scan, ENOMEM);
        return NULL;
    }
    *chunk = (struct rsl_scan_chunk){.scan = scan, .nfiles = npaths};
    char *text = (char *)(chunk + 1);
    for (size_t i = 0; i < npaths; i++) {
        const size_t n = strlen(paths[i]) + 1;
        chunk->paths[i] = memcpy(text, paths[i], n);
        text += n;
    }
    return chunk;
}

size_t rsl_scan_spawn_files(struct rsl_scan *scan, const char *const *paths, size_t npaths,
                            bool listed)
{
    size_t nchunks = 0;
    for (size_t first = 0, n; first < npaths; first += n) {
        const bool alone = is_archive(paths[first]);
        n = 1;
        while (!alone && n < RSL_SCAN_CHUNK_FILES && first + n < npaths &&
               !is_archive(paths[first + n]))
            n++;
        struct rsl_scan_chunk *chunk = new_chunk(scan, paths + first, n);
        if (chunk == NULL)
            break;
        chunk->is_archive = alone;
        chunk->listed = listed;
        rsl_scan_spawn(scan, chunk);
        nchunks++;
    }
    return nchunks;
}

/* ---- sorted */

bool rsl_scan_is_marked(const char *path)
{
    const size_t nbytes = strlen(path), nmark = strlen(RSL_SCAN_ARCHIVE_MARK);
    return nbytes > nmark && strcmp(path + nbytes - nmark, RSL_SCAN_ARCHIVE_MARK) == 0 &&
           rsl_is_archive(path, nbytes - nmark);
}

void rsl_scan_keep(struct rsl_scan *scan, const char *path)
{
    const char *end = NULL;
    if (is_archive(path))
        end = RSL_SCAN_ARCHIVE_MARK;
    else if (rsl_scan_is_marked(path)) /* that is no file; with one more slash neither */
        end = "/";
    if (end == NULL) {
        if (rsl_path_list_add(&scan->paths, path) != 0)
            rsl_scan_fail(scan, ENOMEM);
        return;
    }
    char *longer;
    if (asprintf(&longer, "%s%s", path, end) < 0) {
        rsl_scan_fail(scan, ENOMEM);
        return;
    }
    if (rsl_path_list_add(&scan->paths, longer) != 0)
        rsl_scan_fail(scan, ENOMEM);
    free(longer);
}

/* ---- archives; what is called from their jobs */

static struct rsl_file_scanner *scanner_of(struct rsl_worker *worker)
{
    return rsl_worker_slot(worker, 0);
}

static bool archives_stopped(void *context)
{
    return rsl_scan_is_over(context);
}

static void archives_fail(void *context)
{
    rsl_scan_fail(context, ENOMEM);
}

/* Sends what came of an archive, or a part of it; with the last the chunk is over. */
static void emit_archive(void *context, void *ticket, const struct rsl_text_buffer *out,
                         const struct rsl_text_buffer *diagnostics, bool last)
{
    struct rsl_scan *scan = context;
    struct rsl_scan_chunk *chunk = ticket;
    struct rsl_scan_message message = {chunk->index, chunk->listed && last, *out, *diagnostics};
    if (last)
        free(chunk);
    const bool wanted =
        scan->options->sorted || message.last_listed || out->nbytes + diagnostics->nbytes > 0;
    if (!wanted || rsl_mpsc_send(scan->messages, &message, RSL_FOREVER) != RSL_OK) {
        rsl_text_buffer_fini(&message.out);
        rsl_text_buffer_fini(&message.diagnostics);
    }
}

bool rsl_scan_create_archives(struct rsl_scan *scan)
{
    const struct rsl_scan_options *options = scan->options;
    const struct rsl_archive_scan_options archive_options = {
        .format = options->format,
        .nworkers = options->nthreads,
        .max_memory = options->max_memory,
        .timed = options->timed,
        .whole = options->sorted,
        .hidden = options->walk.hidden,
        .limit_nbytes = options->walk.limit_nbytes,
        .max_nbytes = options->walk.max_nbytes,
        .scanner = scanner_of,
        .stopped = archives_stopped,
        .emit = emit_archive,
        .fail = archives_fail,
        .context = scan,
    };
    scan->archives = rsl_archive_scan_create(&archive_options);
    return scan->archives != NULL;
}

/* ---- the walk */

static void report(void *context, const char *path, int error)
{
    struct rsl_scan *scan = context;
    struct rsl_text_buffer text = {0};
    rsl_report_put_io_error(&text, path, error);
    rsl_text_buffer_write(&text, stderr);
    rsl_text_buffer_fini(&text);
    rsl_u64_fetch_add_relaxed(&scan->nmissing, 1);
}

/* Spawns jobs for files that the walk has found. */
static bool spawn_found(void *context, unsigned worker, const struct rsl_walk_file *files,
                        size_t nfiles)
{
    (void)worker;
    struct rsl_scan *scan = context;
    while (nfiles > 0) {
        const char *paths[RSL_SCAN_CHUNK_FILES];
        const size_t n = nfiles < RSL_SCAN_CHUNK_FILES ? nfiles : RSL_SCAN_CHUNK_FILES;
        for (size_t i = 0; i < n; i++)
            paths[i] = files[i].path;
        (void)rsl_scan_spawn_files(scan, paths, n, false);
        files += n;
        nfiles -= n;
    }
    return !rsl_scan_is_over(scan);
}

static bool keep_found(void *context, unsigned worker, const struct rsl_walk_file *files,
                       size_t nfiles)
{
    (void)worker;
    struct rsl_scan *scan = context;
    for (size_t i = 0; i < nfiles; i++)
        rsl_scan_keep(scan, files[i].path);
    return !rsl_scan_is_over(scan);
}

void rsl_scan_walk(struct rsl_scan *scan)
{
    static const char *const archive_suffixes[] = {".crate", ".tar.gz", NULL};
    struct rsl_walk_options options = scan->options->walk;
    options.pool = scan->pool;
    options.suffix = ".rs";
    options.more_suffixes = archive_suffixes;
    options.sorted = scan->options->sorted;
    options.emit = options.sorted ? keep_found : spawn_found;
    options.report = report;
    options.stop = rsl_interrupt_word();
    options.context = scan;
    const enum rsl_status status =
        scan->nroots == 0 ? RSL_OK : rsl_walk_run(scan->roots, scan->nroots, &options);
    if (status != RSL_OK)
        rsl_scan_fail(scan, status == RSL_EINVAL ? EINVAL : ENOMEM);
}
