/* scan_list.c - the paths of a list, from a file or from standard input, as they arrive.
 *
 * What a read gives is spawned at once, however little it is, so that a slow list is scanned as it
 * grows; of a fast one the chunks are full. While WINDOW chunks are under way the list is not read.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "tools/report.h"
#include "tools/scan_internal.h"

enum { PIECE = 1 << 16 };

/* Takes what there is of the list, a chunk at a time; or with archives a few more. */
static void spawn_listed(struct rsl_scan *scan)
{
    const char *paths[RSL_SCAN_CHUNK_FILES];
    while (scan->nlisted < RSL_SCAN_WINDOW) {
        size_t n = 0;
        while (n < RSL_SCAN_CHUNK_FILES &&
               (paths[n] = rsl_path_stream_take(&scan->list, scan->list_ended)) != NULL)
            n++;
        if (n == 0)
            return;
        scan->nlisted += rsl_scan_spawn_files(scan, paths, n, true);
    }
    rsl_event_loop_remove_input(scan->loop, &scan->list_input);
}

static void report(struct rsl_scan *scan, int error)
{
    const char *path = scan->options->files_from;
    rsl_report("%s: %s", strcmp(path, "-") == 0 ? scan->options->stdin_path : path,
               strerror(error));
    rsl_u64_fetch_add_relaxed(&scan->nmissing, 1);
}

static void keep_listed(struct rsl_scan *scan)
{
    for (const char *path; (path = rsl_path_stream_take(&scan->list, scan->list_ended)) != NULL;)
        rsl_scan_keep(scan, path);
}

bool rsl_scan_all_is_listed(const struct rsl_scan *scan)
{
    return scan->list_ended && scan->list.at == scan->list.nbytes;
}

void rsl_scan_end_list(struct rsl_scan *scan)
{
    if (scan->list_ended)
        return;
    rsl_event_loop_remove_input(scan->loop, &scan->list_input);
    if (scan->list_input.fd > STDIN_FILENO)
        close(scan->list_input.fd);
    scan->list_input.fd = -1;
    scan->list_ended = true;
}

static void read_list(struct rsl_event_loop *loop, struct rsl_event_input *input)
{
    (void)loop;
    struct rsl_scan *scan = input->context;
    char *piece = rsl_path_stream_reserve(&scan->list, PIECE);
    const ssize_t n = piece == NULL ? -1 : read(input->fd, piece, PIECE);
    if (n < 0 && piece != NULL && (errno == EINTR || errno == EAGAIN))
        return;
    if (piece == NULL)
        rsl_scan_fail(scan, ENOMEM);
    else if (n < 0)
        report(scan, errno);
    else
        rsl_path_stream_add(&scan->list, (size_t)n);
    if (n <= 0)
        rsl_scan_end_list(scan);
    if (scan->options->sorted)
        keep_listed(scan);
    else
        spawn_listed(scan);
}

void rsl_scan_count_listed(struct rsl_scan *scan)
{
    scan->nlisted--;
    if (rsl_scan_is_over(scan))
        return;
    spawn_listed(scan); /* what has been read */
    if (!scan->list_ended && !scan->list_input.added && scan->nlisted < RSL_SCAN_WINDOW &&
        rsl_event_loop_add_input(scan->loop, &scan->list_input) != RSL_OK)
        rsl_scan_fail(scan, errno);
}

void rsl_scan_begin_list(struct rsl_scan *scan)
{
    const struct rsl_scan_options *options = scan->options;
    scan->list_ended = options->files_from == NULL;
    if (scan->list_ended)
        return;
    scan->list.delimiter = options->null_delimited ? '\0' : '\n';
    scan->list_input = (struct rsl_event_input){.on_ready = read_list, .context = scan};
    if (strcmp(options->files_from, "-") != 0)
        scan->list_input.fd = open(options->files_from, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (scan->list_input.fd < 0 ||
        rsl_event_loop_add_input(scan->loop, &scan->list_input) != RSL_OK) {
        report(scan, errno);
        rsl_scan_end_list(scan);
    }
}
