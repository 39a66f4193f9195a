/* diff_ignore_walk [OPTION]... FOLDER... - prints the files that the walker finds, each with a NUL
 * behind it, and what it reports to standard error. For diff_ignore.py, and for trying the walker.
 *
 *   --hidden --no-ignore --follow --sorted    as in struct rsl_walk_options
 *   --suffix=S --glob=G --excludes=FILE --max-filesize=N
 *   --threads=N                               a pool of N workers; without it, the main thread
 *   --repeat=N                                walks N times, prints the times it took, and no files
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ds/atomic.h"
#include "sched/pool.h"
#include "sched/walk.h"

struct output {
    bool quiet;
    struct rsl_atomic_size nfiles;
};

static bool print(void *context, unsigned worker, const struct rsl_walk_file *files, size_t nfiles)
{
    struct output *output = context;
    (void)worker;
    rsl_size_fetch_add_relaxed(&output->nfiles, nfiles); /* read when the walk is over */
    if (output->quiet)
        return true;
    flockfile(stdout);
    for (size_t i = 0; i < nfiles; i++)
        fwrite(files[i].path, 1, files[i].path_nbytes + 1, stdout);
    funlockfile(stdout);
    return true;
}

static void report(void *context, const char *path, int error)
{
    (void)context;
    fprintf(stderr, "%s: %s\n", path, strerror(error));
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

int main(int argc, char **argv)
{
    static const struct option long_options[] = {
        {"hidden", no_argument, NULL, 'h'},
        {"no-ignore", no_argument, NULL, 'n'},
        {"follow", no_argument, NULL, 'L'},
        {"sorted", no_argument, NULL, 'o'},
        {"suffix", required_argument, NULL, 's'},
        {"glob", required_argument, NULL, 'g'},
        {"excludes", required_argument, NULL, 'e'},
        {"max-filesize", required_argument, NULL, 'm'},
        {"threads", required_argument, NULL, 't'},
        {"repeat", required_argument, NULL, 'r'},
        {0},
    };
    const char *globs[16];
    struct output output = {0};
    size_t nthreads = 0;
    size_t nrepeats = 1;
    struct rsl_walk_options options = {
        .globs = globs, .emit = print, .report = report, .context = &output};
    for (int c; (c = getopt_long(argc, argv, "", long_options, NULL)) != -1;) {
        switch (c) {
        case 'h': options.hidden = true; break;
        case 'n': options.no_ignore = true; break;
        case 'L': options.follow = true; break;
        case 'o': options.sorted = true; break;
        case 's': options.suffix = optarg; break;
        case 'e': options.excludes_path = optarg; break;
        case 't': nthreads = strtoul(optarg, NULL, 10); break;
        case 'm':
            options.limit_nbytes = true;
            options.max_nbytes = strtoull(optarg, NULL, 10);
            break;
        case 'r':
            nrepeats = strtoul(optarg, NULL, 10);
            output.quiet = true;
            break;
        case 'g':
            if (options.nglobs == sizeof globs / sizeof globs[0])
                return 2;
            globs[options.nglobs++] = optarg;
            break;
        default: return 2;
        }
    }
    const struct rsl_pool_options pool_options = {.nworkers = nthreads};
    if (nthreads > 0 && rsl_pool_create(&pool_options, &options.pool) != RSL_OK)
        return 2;
    enum rsl_status status = RSL_OK;
    for (size_t i = 0; i < nrepeats && status == RSL_OK; i++) {
        const double begin = now();
        rsl_size_init(&output.nfiles, 0);
        status =
            rsl_walk_run((const char *const *)argv + optind, (size_t)(argc - optind), &options);
        if (output.quiet)
            printf("%.1f ms, %zu files\n", (now() - begin) * 1e3,
                   rsl_size_load_relaxed(&output.nfiles));
    }
    rsl_pool_destroy(options.pool);
    if (status != RSL_OK)
        fprintf(stderr, "%s\n", rsl_status_message(status));
    return status == RSL_OK ? 0 : 2;
}
