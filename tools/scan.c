/* How the parts work together. Workers of a pool walk the folders and parse the files, both as
 * jobs; the thread that called prints. A chunk is some files that one job parses; what comes of it
 * goes as one message through a channel to the printing thread, which alone writes.
 *
 * Unsorted, the walk spawns a job for each batch of files that it finds, in front of what is left
 * to walk, so that few paths wait at a time. The channel is bounded: workers wait in it for a slow
 * output, and the walk with them, since it runs on the same workers. The walk itself is called from
 * a thread of its own, because the printing thread must never wait for anything but the channel.
 *
 * Sorted, nothing can be printed before all paths are known, so the walk comes first. Then only
 * WINDOW chunks beyond the one to be printed next are ever under way.
 *
 * An archive is a chunk of its own (archive_scan.h). In the list of sorted paths it stands with
 * "!/" behind its path, as its sources are shown, so that they are printed where they belong.
 */
#include "tools/scan.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ds/mpsc.h"
#include "index/archive.h"
#include "sched/sched.h"
#include "tools/path_list.h"
#include "tools/report.h"

/* Files a job parses: few enough to balance, many enough that a job and a message cost nothing
 * beside them. */
enum { CHUNK_FILES = 32 };

/* Chunks under way at a time, and messages that wait to be printed. */
enum { WINDOW = 64 };

/* What stands between an archive and its source in paths. */
#define ARCHIVE_MARK "!/"

struct scan;

/* Some files to be parsed by one job. Made by whoever finds them, freed by the job. */
struct chunk {
    struct scan *scan;
    size_t index; /* sorted: its place in the output */
    size_t nfiles;
    bool is_archive;
    const char *paths[CHUNK_FILES]; /* in the paths of the scan, or behind this struct */
};

/* What came of a chunk. The texts are the receiver's to free. */
struct message {
    size_t index;
    struct rsl_text_buffer out, diagnostics;
};

struct scan {
    const struct rsl_scan_options *options;
    const char **roots; /* without "-" */
    size_t nroots;
    bool has_stdin;
    struct rsl_pool *pool;
    struct rsl_mpsc *messages;
    struct rsl_archive_scan *archives;
    struct rsl_path_list paths;     /* sorted: all that there are, */
    size_t next_path;               /*     and the first that is in no chunk yet */
    struct rsl_atomic_u64 nmissing; /* relaxed: a count, read when all threads have ended */
    struct rsl_atomic_u32 error; /* an errno, the first that was set. relaxed: read by whoever asks
                                    whether to go on, and at the end, when all threads have ended */
    pthread_mutex_t totals_lock;
    struct rsl_scan_totals totals; /* of the workers that have ended */
};

/* From here on jobs do nothing, and nothing is printed. */
static void fail(struct scan *scan, int error)
{
    uint32_t none = 0;
    rsl_u32_cas_relaxed(&scan->error, &none, (uint32_t)error);
}

static bool has_failed(const struct scan *scan)
{
    return rsl_u32_load_relaxed(&scan->error) != 0;
}

/* ---- on the workers */

static int init_worker(struct rsl_worker *worker, void *arg)
{
    const struct rsl_scan_options *options = ((const struct scan *)arg)->options;
    struct rsl_file_scanner *scanner = malloc(sizeof *scanner);
    if (scanner == NULL)
        return RSL_ENOMEM;
    rsl_file_scanner_init(scanner, options->format, options->stdin_path);
    rsl_worker_set_slot(worker, 0, scanner);
    return RSL_OK;
}

static int fini_worker(struct rsl_worker *worker, void *arg)
{
    struct scan *scan = arg;
    struct rsl_file_scanner *scanner = rsl_worker_slot(worker, 0);
    pthread_mutex_lock(&scan->totals_lock);
    rsl_scan_totals_add(&scan->totals, &scanner->totals);
    pthread_mutex_unlock(&scan->totals_lock);
    rsl_file_scanner_fini(scanner);
    free(scanner);
    return RSL_OK;
}

static struct rsl_file_scanner *scanner_of(struct rsl_worker *worker)
{
    return rsl_worker_slot(worker, 0);
}

/* Sends what came of an archive, or a part of it; with the last the chunk is over. */
static void emit_archive(void *context, void *ticket, const struct rsl_text_buffer *out,
                         const struct rsl_text_buffer *diagnostics, bool last)
{
    struct scan *scan = context;
    struct chunk *chunk = ticket;
    struct message message = {chunk->index, *out, *diagnostics};
    if (last)
        free(chunk);
    if ((!scan->options->sorted && out->nbytes + diagnostics->nbytes == 0) ||
        rsl_mpsc_send(scan->messages, &message, RSL_FOREVER) != RSL_OK) {
        rsl_text_buffer_fini(&message.out);
        rsl_text_buffer_fini(&message.diagnostics);
    }
}

static bool archives_stopped(void *context)
{
    return has_failed(context);
}

static void archives_fail(void *context)
{
    fail(context, ENOMEM);
}

/* A job. */
static int parse_chunk(struct rsl_worker *worker, void *arg)
{
    struct chunk *chunk = arg;
    struct scan *scan = chunk->scan;
    if (chunk->is_archive) {
        size_t nbytes = strlen(chunk->paths[0]);
        if (scan->options->sorted)
            nbytes -= strlen(ARCHIVE_MARK);
        rsl_archive_scan_begin(scan->archives, worker, chunk->paths[0], nbytes, chunk);
        return RSL_OK;
    }
    struct rsl_file_scanner *scanner = rsl_worker_slot(worker, 0);
    for (size_t i = 0; i < chunk->nfiles && !has_failed(scan); i++)
        rsl_file_scanner_scan(scanner, chunk->paths[i]);
    if (scanner->out.failed || scanner->diagnostics.failed)
        fail(scan, ENOMEM);
    const struct message message = {chunk->index, scanner->out, scanner->diagnostics};
    free(chunk);
    if (!scan->options->sorted && message.out.nbytes + message.diagnostics.nbytes == 0)
        return RSL_OK;
    /* The texts go with the message; the next file gets new ones. */
    scanner->out = scanner->diagnostics = (struct rsl_text_buffer){0};
    return (int)rsl_mpsc_send(scan->messages, &message, RSL_FOREVER);
}

static void spawn(struct scan *scan, struct chunk *chunk)
{
    if (rsl_pool_spawn(scan->pool, RSL_PRIORITY_HIGH, parse_chunk, chunk) != RSL_OK) {
        free(chunk);
        fail(scan, ENOMEM);
    }
}

/* ---- the walk */

static void report(void *context, const char *path, int error)
{
    struct scan *scan = context;
    struct rsl_text_buffer text = {0};
    rsl_report_put_io_error(&text, path, error);
    rsl_text_buffer_write(&text, stderr);
    rsl_text_buffer_fini(&text);
    rsl_u64_fetch_add_relaxed(&scan->nmissing, 1);
}

/* How many of the first files make a chunk: an archive alone, or files that are none. */
static size_t chunk_nfiles(const struct rsl_walk_file *files, size_t nfiles, bool *is_archive_out)
{
    *is_archive_out = rsl_is_archive(files[0].path, files[0].path_nbytes);
    size_t n = 1;
    while (!*is_archive_out && n < nfiles && n < CHUNK_FILES &&
           !rsl_is_archive(files[n].path, files[n].path_nbytes))
        n++;
    return n;
}

/* Spawns a job for files that the walk has found. */
static bool spawn_found(void *context, unsigned worker, const struct rsl_walk_file *files,
                        size_t nfiles)
{
    (void)worker;
    struct scan *scan = context;
    while (nfiles > 0) {
        bool is_archive;
        const size_t n = chunk_nfiles(files, nfiles, &is_archive);
        size_t nbytes = sizeof(struct chunk);
        for (size_t i = 0; i < n; i++)
            nbytes += files[i].path_nbytes + 1;
        struct chunk *chunk = malloc(nbytes);
        if (chunk == NULL) {
            fail(scan, ENOMEM);
            return false;
        }
        *chunk = (struct chunk){.scan = scan, .nfiles = n, .is_archive = is_archive};
        char *text = (char *)(chunk + 1);
        for (size_t i = 0; i < n; i++) {
            chunk->paths[i] = memcpy(text, files[i].path, files[i].path_nbytes + 1);
            text += files[i].path_nbytes + 1;
        }
        spawn(scan, chunk);
        files += n;
        nfiles -= n;
    }
    return !has_failed(scan);
}

static bool keep_archive(struct scan *scan, const char *path, size_t nbytes)
{
    char *marked = malloc(nbytes + sizeof ARCHIVE_MARK);
    if (marked == NULL)
        return false;
    memcpy(marked, path, nbytes);
    memcpy(marked + nbytes, ARCHIVE_MARK, sizeof ARCHIVE_MARK);
    const bool kept = rsl_path_list_add(&scan->paths, marked) == 0;
    free(marked);
    return kept;
}

static bool keep_found(void *context, unsigned worker, const struct rsl_walk_file *files,
                       size_t nfiles)
{
    (void)worker;
    struct scan *scan = context;
    for (size_t i = 0; i < nfiles; i++) {
        if (rsl_is_archive(files[i].path, files[i].path_nbytes)
                ? !keep_archive(scan, files[i].path, files[i].path_nbytes)
                : rsl_path_list_add(&scan->paths, files[i].path) != 0)
            fail(scan, ENOMEM);
    }
    return !has_failed(scan);
}

static void walk(struct scan *scan, bool sorted)
{
    static const char *const archive_suffixes[] = {".crate", ".tar.gz", NULL};
    struct rsl_walk_options options = scan->options->walk;
    options.pool = scan->pool;
    options.suffix = ".rs";
    options.more_suffixes = archive_suffixes;
    options.sorted = sorted;
    options.emit = sorted ? keep_found : spawn_found;
    options.report = report;
    options.context = scan;
    const enum rsl_status status =
        scan->nroots == 0 ? RSL_OK : rsl_walk_run(scan->roots, scan->nroots, &options);
    if (status != RSL_OK)
        fail(scan, status == RSL_EINVAL ? EINVAL : ENOMEM);
}

/* ---- printing */

static int write_all(int fd, const struct rsl_text_buffer *text)
{
    size_t at = 0;
    while (at < text->nbytes) {
        const ssize_t n = write(fd, text->bytes + at, text->nbytes - at);
        if (n < 0 && errno == EAGAIN) /* whoever shares the output has made it non-blocking */
            poll(&(struct pollfd){.fd = fd, .events = POLLOUT}, 1, -1);
        else if (n < 0 && errno != EINTR)
            return errno;
        at += n > 0 ? (size_t)n : 0;
    }
    return 0;
}

static void print(struct scan *scan, struct message *message)
{
    if (!has_failed(scan)) {
        const int error = write_all(STDOUT_FILENO, &message->out);
        if (error != 0)
            fail(scan, error);
        else
            write_all(STDERR_FILENO, &message->diagnostics); /* nobody may be listening there */
    }
    rsl_text_buffer_fini(&message->out);
    rsl_text_buffer_fini(&message->diagnostics);
}

static void *run_walk(void *arg)
{
    struct scan *scan = arg;
    if (scan->has_stdin) {
        struct chunk *chunk = malloc(sizeof *chunk);
        if (chunk == NULL) {
            fail(scan, ENOMEM);
        } else {
            *chunk = (struct chunk){.scan = scan, .nfiles = 1, .paths = {"-"}};
            spawn(scan, chunk);
        }
    }
    walk(scan, false);
    rsl_pool_wait(scan->pool);
    rsl_mpsc_close(scan->messages);
    return NULL;
}

static void scan_unsorted(struct scan *scan)
{
    pthread_t walker;
    const int error = pthread_create(&walker, NULL, run_walk, scan);
    if (error != 0) {
        fail(scan, error);
        return;
    }
    struct message message = {0};
    while (rsl_mpsc_receive(scan->messages, &message, RSL_FOREVER) == RSL_OK)
        print(scan, &message);
    pthread_join(walker, NULL);
}

/* Whether the path, of the sorted list, is that of an archive: no other ends with a slash. */
static bool is_marked(const char *path)
{
    return path[strlen(path) - 1] == '/';
}

/* Spawns the job of chunk `index`, of the next paths, of which there are some. */
static void spawn_chunk(struct scan *scan, size_t index)
{
    struct chunk *chunk = malloc(sizeof *chunk);
    if (chunk == NULL) {
        fail(scan, ENOMEM);
        return;
    }
    *chunk = (struct chunk){.scan = scan, .index = index};
    do {
        const char *path = rsl_path_list_get(&scan->paths, scan->next_path);
        if (is_marked(path) && chunk->nfiles > 0)
            break;
        chunk->is_archive = is_marked(path);
        chunk->paths[chunk->nfiles++] = path;
        scan->next_path++;
    } while (!chunk->is_archive && chunk->nfiles < CHUNK_FILES &&
             scan->next_path < scan->paths.npaths);
    spawn(scan, chunk);
}

static void scan_sorted(struct scan *scan)
{
    walk(scan, true);
    if (scan->has_stdin) {
        if (rsl_path_list_add(&scan->paths, "-") != 0)
            fail(scan, ENOMEM);
        rsl_path_list_sort(&scan->paths);
    }
    struct message waiting[WINDOW] = {0}; /* those that have come too early, by index mod WINDOW */
    bool has_come[WINDOW] = {false};
    size_t nspawned = 0;
    const size_t npaths = scan->paths.npaths;
    for (size_t next = 0; (next < nspawned || scan->next_path < npaths) && !has_failed(scan);
         next++) {
        while (scan->next_path < npaths && nspawned < next + WINDOW && !has_failed(scan))
            spawn_chunk(scan, nspawned++);
        struct message message = {0};
        while (!has_come[next % WINDOW] && !has_failed(scan) &&
               rsl_mpsc_receive(scan->messages, &message, RSL_FOREVER) == RSL_OK) {
            waiting[message.index % WINDOW] = message;
            has_come[message.index % WINDOW] = true;
        }
        print(scan, &waiting[next % WINDOW]);
        has_come[next % WINDOW] = false;
    }
    /* After a failure some messages may still come. The channel has room for all. */
    rsl_pool_wait(scan->pool);
    rsl_mpsc_close(scan->messages);
    struct message message = {0};
    while (rsl_mpsc_receive(scan->messages, &message, RSL_FOREVER) == RSL_OK)
        print(scan, &message);
    for (size_t i = 0; i < WINDOW; i++) {
        if (has_come[i])
            print(scan, &waiting[i]);
    }
    rsl_path_list_fini(&scan->paths);
}

/* Sets the roots apart from "-". Returns 0 or -ENOMEM. */
static int take_roots(struct scan *scan, const char *const *roots, size_t nroots)
{
    scan->roots = malloc((nroots + 1) * sizeof *scan->roots);
    if (scan->roots == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < nroots; i++) {
        if (strcmp(roots[i], "-") == 0)
            scan->has_stdin = true;
        else
            scan->roots[scan->nroots++] = roots[i];
    }
    return 0;
}

static bool create_archives(struct scan *scan)
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

int rsl_scan(const char *const *roots, size_t nroots, const struct rsl_scan_options *options,
             struct rsl_scan_totals *totals_out, uint64_t *nmissing_out)
{
    struct scan scan = {.options = options, .totals_lock = PTHREAD_MUTEX_INITIALIZER};
    const struct rsl_pool_options pool_options = {
        .nworkers = options->nthreads,
        .init_worker = init_worker,
        .fini_worker = fini_worker,
        .hook_arg = &scan,
    };
    int error = take_roots(&scan, roots, nroots);
    if (error == 0 &&
        rsl_mpsc_create(WINDOW, sizeof(struct message), NULL, &scan.messages) != RSL_OK)
        error = -ENOMEM;
    if (error == 0 && !create_archives(&scan))
        error = -ENOMEM;
    if (error == 0) {
        const int status = rsl_pool_create(&pool_options, &scan.pool);
        if (status != RSL_OK)
            error = status == RSL_EIO ? -EAGAIN : -ENOMEM;
    }
    if (error == 0) {
        if (options->sorted)
            scan_sorted(&scan);
        else
            scan_unsorted(&scan);
        rsl_pool_destroy(scan.pool);
        error = -(int)rsl_u32_load_relaxed(&scan.error);
    }
    if (scan.archives != NULL && options->archive_stats_out != NULL)
        rsl_archive_scan_get_stats(scan.archives, options->archive_stats_out);
    rsl_archive_scan_destroy(scan.archives);
    rsl_mpsc_destroy(scan.messages);
    free(scan.roots);
    *totals_out = scan.totals;
    *nmissing_out = rsl_u64_load_relaxed(&scan.nmissing);
    return error;
}
