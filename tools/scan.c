/* scan.c - how a scan begins, is printed, and ends.
 *
 * Unsorted, the walk spawns a job for each batch of files that it finds, in front of what is left
 * to walk, so that few paths wait at a time. The channel is bounded: workers wait in it for a slow
 * output, and the walk with them, since it runs on the same workers. The walk itself is called from
 * a thread of its own, because the printing thread must never wait for anything but its event loop.
 *
 * Sorted, nothing can be printed before all paths are known, so the list and the walk come first.
 * Then only RSL_SCAN_WINDOW chunks beyond the one to be printed next are ever under way.
 *
 * After a signal no file is begun, those in flight are finished, and what has come of them is
 * printed.
 */
#include "tools/scan.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/interrupt.h"
#include "tools/scan_internal.h"

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

static void print(struct rsl_scan *scan, struct rsl_scan_message *message)
{
    if (!rsl_scan_has_failed(scan)) {
        const int error = write_all(STDOUT_FILENO, &message->out);
        if (error != 0)
            rsl_scan_fail(scan, error);
        else
            write_all(STDERR_FILENO, &message->diagnostics); /* nobody may be listening there */
    }
    rsl_text_buffer_fini(&message->out);
    rsl_text_buffer_fini(&message->diagnostics);
}

/* Messages; the event loop's callback. */
static bool receive(struct rsl_event_loop *loop, struct rsl_event_channel *source)
{
    struct rsl_scan *scan = source->context;
    struct rsl_scan_message message = {0};
    for (;;) {
        const enum rsl_status status = rsl_mpsc_try_receive(scan->messages, &message);
        if (status == RSL_ECLOSED) {
            scan->closed = true;
            rsl_event_loop_remove_channel(loop, source);
        }
        if (status != RSL_OK)
            return false;
        if (scan->options->sorted) {
            scan->waiting[message.index % RSL_SCAN_WINDOW] = message;
            scan->has_come[message.index % RSL_SCAN_WINDOW] = true;
        } else {
            print(scan, &message);
            if (message.last_listed)
                rsl_scan_count_listed(scan);
        }
    }
}

static void turn(struct rsl_scan *scan)
{
    if (rsl_event_loop_turn(scan->loop, RSL_FOREVER) != RSL_OK)
        rsl_scan_fail(scan, errno);
}

/* ---- unsorted */

static void *run_walk(void *arg)
{
    struct rsl_scan *scan = arg;
    if (scan->has_stdin)
        (void)rsl_scan_spawn_files(scan, &(const char *){"-"}, 1, false);
    rsl_scan_walk(scan);
    while (sem_wait(&scan->all_listed) != 0)
        continue;
    rsl_pool_wait(scan->pool);
    rsl_mpsc_close(scan->messages);
    return NULL;
}

/* Without signals, which are to interrupt this thread. */
static int start_walk(struct rsl_scan *scan, pthread_t *walker_out)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const int error = pthread_create(walker_out, NULL, run_walk, scan);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

static void scan_unsorted(struct rsl_scan *scan)
{
    pthread_t walker;
    const int error = start_walk(scan, &walker);
    if (error != 0) {
        rsl_scan_fail(scan, error);
        return;
    }
    bool told = false;
    while (!scan->closed) {
        if (rsl_scan_is_over(scan))
            rsl_scan_end_list(scan);
        if (!told && (rsl_scan_is_over(scan) || rsl_scan_all_is_listed(scan))) {
            sem_post(&scan->all_listed);
            told = true;
        }
        turn(scan);
    }
    pthread_join(walker, NULL);
}

/* ---- sorted */

/* Spawns the job of chunk `index`, of the next paths, of which there are some. */
static void spawn_chunk(struct rsl_scan *scan, size_t index)
{
    struct rsl_scan_chunk *chunk = malloc(sizeof *chunk);
    if (chunk == NULL) {
        rsl_scan_fail(scan, ENOMEM);
        return;
    }
    *chunk = (struct rsl_scan_chunk){.scan = scan, .index = index};
    do {
        const char *path = rsl_path_list_get(&scan->paths, scan->next_path);
        const bool is_archive = rsl_scan_is_marked(path);
        if (is_archive && chunk->nfiles > 0)
            break;
        chunk->is_archive = is_archive;
        chunk->paths[chunk->nfiles++] = path;
        scan->next_path++;
    } while (!chunk->is_archive && chunk->nfiles < RSL_SCAN_CHUNK_FILES &&
             scan->next_path < scan->paths.npaths);
    rsl_scan_spawn(scan, chunk);
}

/* Prints the chunks in their order. Returns the first that was not printed. */
static size_t print_sorted(struct rsl_scan *scan)
{
    const size_t npaths = scan->paths.npaths;
    size_t next = 0, nspawned = 0;
    for (; next < nspawned || scan->next_path < npaths; next++) {
        while (scan->next_path < npaths && nspawned < next + RSL_SCAN_WINDOW &&
               !rsl_scan_is_over(scan))
            spawn_chunk(scan, nspawned++);
        const size_t place = next % RSL_SCAN_WINDOW;
        while (!scan->has_come[place] && !rsl_scan_is_over(scan))
            turn(scan);
        if (rsl_scan_is_over(scan))
            break;
        print(scan, &scan->waiting[place]);
        scan->has_come[place] = false;
    }
    return next;
}

static void scan_sorted(struct rsl_scan *scan)
{
    while (!scan->list_ended && !rsl_scan_is_over(scan))
        turn(scan);
    rsl_scan_end_list(scan);
    rsl_scan_walk(scan);
    if (scan->has_stdin && rsl_path_list_add(&scan->paths, "-") != 0)
        rsl_scan_fail(scan, ENOMEM);
    if (scan->has_stdin || scan->options->files_from != NULL)
        rsl_path_list_sort(&scan->paths);
    const size_t next = print_sorted(scan);
    /* After a failure or a signal some messages may still come. The channel has room for all. */
    rsl_pool_wait(scan->pool);
    rsl_mpsc_close(scan->messages);
    while (!scan->closed)
        turn(scan);
    for (size_t i = next; i < next + RSL_SCAN_WINDOW; i++) {
        if (scan->has_come[i % RSL_SCAN_WINDOW])
            print(scan, &scan->waiting[i % RSL_SCAN_WINDOW]);
    }
    rsl_path_list_fini(&scan->paths);
}

/* ---- beginning and end */

/* Sets "-" and other streams apart. Returns 0 or -ENOMEM. */
static int take_roots(struct rsl_scan *scan, const char *const *roots, size_t nroots)
{
    scan->roots = malloc((nroots + 1) * sizeof *scan->roots);
    scan->streams = malloc((nroots + 1) * sizeof *scan->streams);
    if (scan->roots == NULL || scan->streams == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < nroots; i++) {
        struct stat st;
        const bool is_stdin = strcmp(roots[i], "-") == 0;
        if (is_stdin)
            scan->has_stdin = true;
        else
            scan->roots[scan->nroots++] = roots[i];
        if (is_stdin || (stat(roots[i], &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)))
            scan->streams[scan->nstreams++] = roots[i];
    }
    return 0;
}

static int start_pool(struct rsl_scan *scan)
{
    const struct rsl_pool_options options = {
        .nworkers = scan->options->nthreads,
        .init_worker = rsl_scan_init_worker,
        .fini_worker = rsl_scan_fini_worker,
        .hook_arg = scan,
    };
    const int status = rsl_pool_create(&options, &scan->pool);
    if (status != 0 && !rsl_scan_has_failed(scan))
        rsl_scan_fail(scan, status == RSL_EIO ? EAGAIN : ENOMEM);
    return status;
}

/* All but the pool. Returns 0 or a negative errno. */
static int begin(struct rsl_scan *scan, const char *const *roots, size_t nroots)
{
    int error = take_roots(scan, roots, nroots);
    if (error != 0)
        return error;
    if (rsl_mpsc_create(RSL_SCAN_WINDOW, sizeof(struct rsl_scan_message), NULL, &scan->messages) !=
            RSL_OK ||
        !rsl_scan_create_archives(scan))
        return -ENOMEM;
    const struct rsl_event_loop_options options = {.io = scan->options->io};
    if (rsl_event_loop_create(&options, &scan->loop) != RSL_OK)
        return -errno;
    scan->source = (struct rsl_event_channel){.on_ready = receive, .context = scan};
    return rsl_event_loop_add_mpsc(scan->loop, &scan->source, scan->messages) == RSL_OK ? 0
                                                                                        : -errno;
}

int rsl_scan(const char *const *roots, size_t nroots, const struct rsl_scan_options *options,
             struct rsl_scan_totals *totals_out, uint64_t *nmissing_out)
{
    struct rsl_scan scan = {.options = options, .totals_lock = PTHREAD_MUTEX_INITIALIZER};
    sem_init(&scan.all_listed, 0, 0);
    int error = begin(&scan, roots, nroots);
    if (error == 0) {
        rsl_interrupt_watch(scan.loop);
        if (start_pool(&scan) == 0) {
            rsl_scan_begin_list(&scan);
            if (options->sorted)
                scan_sorted(&scan);
            else
                scan_unsorted(&scan);
            rsl_pool_destroy(scan.pool);
        }
        error = -(int)rsl_u32_load_relaxed(&scan.error);
        rsl_interrupt_forget_loop();
    }
    if (scan.archives != NULL && options->archive_stats_out != NULL)
        rsl_archive_scan_get_stats(scan.archives, options->archive_stats_out);
    rsl_archive_scan_destroy(scan.archives);
    rsl_event_loop_destroy(scan.loop);
    rsl_mpsc_destroy(scan.messages);
    rsl_path_stream_fini(&scan.list);
    free(scan.roots);
    free(scan.streams);
    sem_destroy(&scan.all_listed);
    *totals_out = scan.totals;
    *nmissing_out = rsl_u64_load_relaxed(&scan.nmissing);
    return error;
}
