/* rustle scan: every item of every file below the paths given. */
#include "tools/commands.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sched/git_excludes.h"
#include "tools/interrupt.h"
#include "tools/nbytes.h"
#include "tools/report.h"
#include "tools/scan.h"
#include "tools/threads.h"

struct options {
    struct rsl_scan_options scan;
    bool quiet;
    struct rsl_archive_stats archives;
    const char **globs; /* room for as many as there are arguments */
};

static void print_help(void)
{
    fputs(
        "usage: rustle scan [OPTION...] [PATH...]\n"
        "\n"
        "Parses every .rs file below the paths (default: the current folder), also in .crate and\n"
        ".tar.gz archives there, and prints a summary. Hidden files, symbolic links and what\n"
        "ignore files exclude are passed over. A path that is a file is parsed whatever its name;\n"
        "- is standard input. Nothing is unpacked; a source in an archive is ARCHIVE!/PATH.\n"
        "\n"
        "options:\n"
        "      --format FORMAT    summary (default), jsonl (a record a line) or text (an outline)\n"
        "      --sort ORDER       path: results in the order of the paths' bytes; none (default)\n"
        "      --files-from LIST  also the files that LIST names, a line each, as they arrive; - "
        "is\n"
        "                         standard input; without PATH only these\n"
        "  -0, --null             LIST has a NUL behind each path, not a newline\n"
        "      --io KIND          uring: read by io_uring; epoll: by plain calls (default: uring\n"
        "                         where it is to be had)\n"
        "  -j, --threads N        use N threads (default: one for each core)\n"
        "      --stdin-path PATH  what to call standard input in results\n"
        "  -g, --glob GLOB        only files that match; with a leading !, only those that do not\n"
        "      --hidden           hidden files and folders too\n"
        "      --no-ignore        do not pass over what .gitignore and .ignore files exclude\n"
        "  -L, --follow           follow symbolic links\n"
        "      --max-filesize N   pass over larger files; N in bytes, or with a suffix K, M or G\n"
        "      --max-memory N     inflate only so many archives at a time that about N bytes are\n"
        "                         enough (default: a quarter of the machine's memory)\n"
        "      --stats            with the summary, how archives went\n"
        "  -q, --quiet            print no summary\n"
        "  -h, --help             print this help\n"
        "\n"
        "Errors in the sources go to standard error as file:line:col: error: message.\n"
        "Exit status: 0 files found, 1 none found, 2 an error, 130 or 143 ended by a signal.\n",
        stdout);
}

/* Returns -1 to go on, or an exit status. */
static int parse_options(int argc, char **argv, struct options *options)
{
    enum {
        FORMAT = 256,
        SORT,
        FILES_FROM,
        IO,
        STDIN_PATH,
        HIDDEN,
        NO_IGNORE,
        MAX_FILESIZE,
        MAX_MEMORY,
        STATS
    };
    struct rsl_scan_options *scan = &options->scan;
    static const struct option long_options[] = {
        {"format", required_argument, NULL, FORMAT},
        {"sort", required_argument, NULL, SORT},
        {"files-from", required_argument, NULL, FILES_FROM},
        {"null", no_argument, NULL, '0'},
        {"io", required_argument, NULL, IO},
        {"threads", required_argument, NULL, 'j'},
        {"stdin-path", required_argument, NULL, STDIN_PATH},
        {"glob", required_argument, NULL, 'g'},
        {"hidden", no_argument, NULL, HIDDEN},
        {"no-ignore", no_argument, NULL, NO_IGNORE},
        {"follow", no_argument, NULL, 'L'},
        {"max-filesize", required_argument, NULL, MAX_FILESIZE},
        {"max-memory", required_argument, NULL, MAX_MEMORY},
        {"stats", no_argument, NULL, STATS},
        {"quiet", no_argument, NULL, 'q'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    for (int option; (option = getopt_long(argc, argv, ":0j:g:Lqh", long_options, NULL)) != -1;) {
        switch (option) {
        case FORMAT:
            if (strcmp(optarg, "summary") == 0)
                scan->format = RSL_SCAN_SUMMARY;
            else if (strcmp(optarg, "jsonl") == 0)
                scan->format = RSL_SCAN_JSONL;
            else if (strcmp(optarg, "text") == 0)
                scan->format = RSL_SCAN_TEXT;
            else {
                rsl_report("unknown format '%s'; one of summary, jsonl, text", optarg);
                return RSL_EXIT_ERROR;
            }
            break;
        case SORT:
            scan->sorted = strcmp(optarg, "path") == 0;
            if (!scan->sorted && strcmp(optarg, "none") != 0) {
                rsl_report("unknown order '%s'; one of path, none", optarg);
                return RSL_EXIT_ERROR;
            }
            break;
        case FILES_FROM: scan->files_from = optarg; break;
        case '0': scan->null_delimited = true; break;
        case IO:
            scan->io = strcmp(optarg, "uring") == 0 ? RSL_IO_URING : RSL_IO_EPOLL;
            if (scan->io == RSL_IO_EPOLL && strcmp(optarg, "epoll") != 0) {
                rsl_report("unknown io '%s'; one of uring, epoll", optarg);
                return RSL_EXIT_ERROR;
            }
            break;
        case 'j':
            if (!rsl_parse_threads(optarg, &scan->nthreads)) {
                rsl_report("bad number of threads '%s'", optarg);
                return RSL_EXIT_ERROR;
            }
            break;
        case STDIN_PATH: scan->stdin_path = optarg; break;
        case 'g':
            if (rsl_walk_check_glob(optarg, &rsl_allocator_default) != RSL_OK) {
                rsl_report("bad glob '%s'", optarg);
                return RSL_EXIT_ERROR;
            }
            options->globs[scan->walk.nglobs++] = optarg;
            break;
        case HIDDEN: scan->walk.hidden = true; break;
        case NO_IGNORE: scan->walk.no_ignore = true; break;
        case 'L': scan->walk.follow = true; break;
        case MAX_FILESIZE:
            scan->walk.limit_nbytes = true;
            if (!rsl_parse_nbytes(optarg, &scan->walk.max_nbytes)) {
                rsl_report("bad number of bytes '%s'", optarg);
                return RSL_EXIT_ERROR;
            }
            break;
        case MAX_MEMORY:
            if (!rsl_parse_nbytes(optarg, &scan->max_memory) || scan->max_memory == 0) {
                rsl_report("bad number of bytes '%s'", optarg);
                return RSL_EXIT_ERROR;
            }
            break;
        case STATS: scan->timed = true; break;
        case 'q': options->quiet = true; break;
        case 'h': print_help(); return RSL_EXIT_FOUND;
        default: rsl_report_option("scan", option, argv); return RSL_EXIT_ERROR;
        }
    }
    return -1;
}

static double seconds_since(const struct timespec *from)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - from->tv_sec) + (double)(now.tv_nsec - from->tv_nsec) * 1e-9;
}

static double ms(uint64_t ns)
{
    return (double)ns * 1e-6;
}

static void print_archives(const struct rsl_archive_stats *stats, bool details)
{
    printf("archives         %" PRIu64 " (%" PRIu64 " bad)\n", stats->narchives, stats->nbad);
    if (!details)
        return;
    printf("  compressed     %" PRIu64 "\n", stats->compressed_nbytes);
    printf("  inflated       %" PRIu64 "\n", stats->inflated_nbytes);
    printf("  sources        %" PRIu64 ", %" PRIu64 " bytes\n", stats->nsources,
           stats->source_nbytes);
    printf("  parsed         %" PRIu64 ", %" PRIu64 " bytes\n", stats->nsources - stats->nshared,
           stats->source_nbytes - stats->shared_nbytes);
    printf("  shared         %" PRIu64 ", %" PRIu64 " bytes\n", stats->nshared,
           stats->shared_nbytes);
    printf("  split          %" PRIu64 "\n", stats->nsplit);
    printf("  put off        %" PRIu64 "\n", stats->nput_off);
    printf("  most reserved  %" PRIu64 "\n", stats->most_nbytes);
    printf("  processor ms   read %.1f, inflate %.1f, hash %.1f, parse %.1f\n", ms(stats->read_ns),
           ms(stats->inflate_ns), ms(stats->hash_ns), ms(stats->parse_ns));
}

static void print_summary(const struct rsl_scan_totals *totals, double seconds, size_t nthreads)
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
    printf("time             %.3f s, %.0f MB/s, %zu thread%s\n", seconds,
           seconds > 0 ? (double)totals->nbytes / seconds / 1e6 : 0, nthreads,
           nthreads == 1 ? "" : "s");
}

static bool wants_standard_input_twice(const struct rsl_scan_options *scan,
                                       const char *const *roots, size_t nroots)
{
    for (size_t i = 0; i < nroots; i++) {
        if (strcmp(roots[i], "-") == 0 && scan->files_from != NULL &&
            strcmp(scan->files_from, "-") == 0)
            return true;
    }
    return false;
}

static int run(int argc, char **argv, struct options *options)
{
    const int status = parse_options(argc, argv, options);
    if (status >= 0)
        return status;

    static const char *const here = ".";
    const char *const *roots = optind < argc ? (const char *const *)argv + optind : &here;
    const size_t nroots =
        optind < argc ? (size_t)(argc - optind) : options->scan.files_from == NULL;
    if (wants_standard_input_twice(&options->scan, roots, nroots)) {
        rsl_report("standard input cannot be both the list and a file");
        return RSL_EXIT_ERROR;
    }

    struct timespec start;
    clock_gettime(CLOCK_MONOTONIC, &start);
    char *excludes_path = NULL;
    if (rsl_git_excludes_path(getenv("HOME"), getenv("XDG_CONFIG_HOME"), &rsl_allocator_default,
                              &excludes_path) != RSL_OK) {
        rsl_report("%s", strerror(ENOMEM));
        return RSL_EXIT_ERROR;
    }
    options->scan.walk.excludes_path = excludes_path;
    options->scan.walk.globs = options->globs;
    struct rsl_scan_totals totals;
    uint64_t nmissing;
    options->scan.archive_stats_out = &options->archives;
    const int error = rsl_scan(roots, nroots, &options->scan, &totals, &nmissing);
    free(excludes_path);
    if (error != 0) {
        rsl_report("%s", strerror(-error));
        return RSL_EXIT_ERROR;
    }
    if (rsl_interrupt_signal() != 0)
        return RSL_EXIT_SIGNAL + rsl_interrupt_signal();
    if (options->scan.format == RSL_SCAN_SUMMARY && !options->quiet) {
        if (options->archives.narchives > 0 || options->scan.timed)
            print_archives(&options->archives, options->scan.timed);
        print_summary(&totals, seconds_since(&start), options->scan.nthreads);
    }
    if (nmissing + totals.nsource_errors + totals.nunreadable + totals.ninternal_errors > 0)
        return RSL_EXIT_ERROR;
    if (totals.nfiles == 0) {
        rsl_report("no .rs files found");
        return RSL_EXIT_NOTHING;
    }
    return RSL_EXIT_FOUND;
}

int rsl_cmd_scan(int argc, char **argv)
{
    struct options options = {.scan = {.nthreads = rsl_default_threads(), .stdin_path = "<stdin>"}};
    options.globs = calloc((size_t)argc, sizeof *options.globs);
    if (options.globs == NULL) {
        rsl_report("%s", strerror(ENOMEM));
        return RSL_EXIT_ERROR;
    }
    const int status = run(argc, argv, &options);
    free(options.globs);
    return status;
}
