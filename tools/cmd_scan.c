/* rustle scan: every item of every file below the paths given. */
#include "tools/commands.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tools/report.h"
#include "tools/scan.h"

struct options {
    enum rsl_scan_format format;
    bool sorted;
    bool quiet;
    unsigned nthreads;
    const char *stdin_path;
};

static void print_help(void)
{
    fputs(
        "usage: rustle scan [OPTION...] [PATH...]\n"
        "\n"
        "Parses every .rs file below the paths (default: the current folder) and prints a\n"
        "summary. A path that is a file is parsed whatever its name; - is standard input.\n"
        "\n"
        "options:\n"
        "      --format FORMAT    summary (default), jsonl (a record a line) or text (an outline)\n"
        "      --sort ORDER       path: results in the order of the paths' bytes; none (default)\n"
        "  -j, --threads N        use N threads (default: one for each core)\n"
        "      --stdin-path PATH  what to call standard input in results\n"
        "  -q, --quiet            print no summary\n"
        "  -h, --help             print this help\n"
        "\n"
        "Errors in the sources go to standard error as file:line:col: error: message.\n"
        "Exit status: 0 files found, 1 none found, 2 an error.\n",
        stdout);
}

static unsigned default_threads(void)
{
    cpu_set_t cpus;
    return sched_getaffinity(0, sizeof cpus, &cpus) == 0 ? (unsigned)CPU_COUNT(&cpus) : 1;
}

static bool parse_threads(const char *text, unsigned *nthreads_out)
{
    char *end;
    errno = 0;
    const unsigned long n = strtoul(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != '\0' || errno != 0 || n > 1024)
        return false;
    *nthreads_out = n == 0 ? default_threads() : (unsigned)n;
    return true;
}

/* Returns -1 to go on, or an exit status. */
static int parse_options(int argc, char **argv, struct options *options)
{
    enum { FORMAT = 256, SORT, STDIN_PATH };
    static const struct option long_options[] = {
        {"format", required_argument, NULL, FORMAT},
        {"sort", required_argument, NULL, SORT},
        {"threads", required_argument, NULL, 'j'},
        {"stdin-path", required_argument, NULL, STDIN_PATH},
        {"quiet", no_argument, NULL, 'q'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    for (int option; (option = getopt_long(argc, argv, ":j:qh", long_options, NULL)) != -1;) {
        switch (option) {
        case FORMAT:
            if (strcmp(optarg, "summary") == 0)
                options->format = RSL_SCAN_SUMMARY;
            else if (strcmp(optarg, "jsonl") == 0)
                options->format = RSL_SCAN_JSONL;
            else if (strcmp(optarg, "text") == 0)
                options->format = RSL_SCAN_TEXT;
            else {
                rsl_report("unknown format '%s'; one of summary, jsonl, text", optarg);
                return RSL_EXIT_ERROR;
            }
            break;
        case SORT:
            options->sorted = strcmp(optarg, "path") == 0;
            if (!options->sorted && strcmp(optarg, "none") != 0) {
                rsl_report("unknown order '%s'; one of path, none", optarg);
                return RSL_EXIT_ERROR;
            }
            break;
        case 'j':
            if (!parse_threads(optarg, &options->nthreads)) {
                rsl_report("bad number of threads '%s'", optarg);
                return RSL_EXIT_ERROR;
            }
            break;
        case STDIN_PATH: options->stdin_path = optarg; break;
        case 'q': options->quiet = true; break;
        case 'h': print_help(); return RSL_EXIT_FOUND;
        default: rsl_report_option("scan", option, argv); return RSL_EXIT_ERROR;
        }
    }
    return -1;
}

static void report_walk(void *context, const char *path, int error)
{
    struct rsl_text_buffer text = {0};
    rsl_report_put_io_error(&text, path, error);
    rsl_text_buffer_write(&text, stderr);
    rsl_text_buffer_fini(&text);
    ++*(uint64_t *)context;
}

static double seconds_since(const struct timespec *from)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - from->tv_sec) + (double)(now.tv_nsec - from->tv_nsec) * 1e-9;
}

static void print_summary(const struct rsl_scan_totals *totals, double seconds, unsigned nthreads)
{
    printf("files            %" PRIu64 " (%" PRIu64 " ok, %" PRIu64 " with errors, %" PRIu64
           " not UTF-8, %" PRIu64 " unreadable)\n",
           totals->nfiles, totals->nok, totals->nwith_errors, totals->nnot_utf8,
           totals->nunreadable);
    printf("bytes            %" PRIu64 "\n", totals->nbytes);
    printf("items            %" PRIu64 "\n", totals->nitems);
    for (unsigned kind = 0; kind < RSL_ITEM_KIND_COUNT; kind++) {
        if (totals->nitems_by_kind[kind] > 0)
            printf("  %-14s %" PRIu64 "\n", rsl_item_kind_name((enum rsl_item_kind)kind),
                   totals->nitems_by_kind[kind]);
    }
    printf("errors           %" PRIu64 "\n", totals->nsource_errors);
    printf("internal errors  %" PRIu64 "\n", totals->ninternal_errors);
    printf("time             %.3f s, %.0f MB/s, %u thread%s\n", seconds,
           seconds > 0 ? (double)totals->nbytes / seconds / 1e6 : 0, nthreads,
           nthreads == 1 ? "" : "s");
}

int rsl_cmd_scan(int argc, char **argv)
{
    struct options options = {.nthreads = default_threads(), .stdin_path = "<stdin>"};
    const int status = parse_options(argc, argv, &options);
    if (status >= 0)
        return status;

    struct timespec start;
    clock_gettime(CLOCK_MONOTONIC, &start);
    struct rsl_path_list paths = {0};
    uint64_t nmissing = 0;
    int error = 0;
    if (optind == argc)
        error = rsl_walk(&paths, ".", report_walk, &nmissing);
    for (int i = optind; i < argc && error == 0; i++) {
        error = strcmp(argv[i], "-") == 0 ? rsl_path_list_add(&paths, "-")
                                          : rsl_walk(&paths, argv[i], report_walk, &nmissing);
    }
    if (options.sorted)
        rsl_path_list_sort(&paths);
    struct rsl_scan_totals totals = {0};
    if (error == 0)
        error = rsl_scan(&paths, options.format, options.nthreads, options.sorted,
                         options.stdin_path, &totals);
    rsl_path_list_fini(&paths);
    if (error != 0) {
        rsl_report("%s", strerror(-error));
        return RSL_EXIT_ERROR;
    }
    if (options.format == RSL_SCAN_SUMMARY && !options.quiet)
        print_summary(&totals, seconds_since(&start), options.nthreads);
    if (nmissing + totals.nsource_errors + totals.nunreadable + totals.ninternal_errors > 0)
        return RSL_EXIT_ERROR;
    if (totals.nfiles == 0) {
        rsl_report("no .rs files found");
        return RSL_EXIT_NOTHING;
    }
    return RSL_EXIT_FOUND;
}
