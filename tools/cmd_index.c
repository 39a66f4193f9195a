/* rustle index: the database of a tree, made or brought up to date. */
#include "tools/commands.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "sched/git_excludes.h"
#include "tools/db_path.h"
#include "tools/index_run.h"
#include "tools/nbytes.h"
#include "tools/report.h"
#include "tools/threads.h"

static void print_help(void)
{
    fputs(
        "usage: rustle index [OPTION...] [PATH]\n"
        "\n"
        "Writes all that is known of the .rs files below the folder PATH (default: the current\n"
        "one) to the database PATH/.rustle/index.db, or brings that up to date. Sources in .crate\n"
        "and .tar.gz archives count too, as ARCHIVE!/PATH; an archive whose size and time are\n"
        "those in the database is not opened again.\n"
        "\n"
        "options:\n"
        "      --crates              only archives: PATH is a registry's cache, or a mirror\n"
        "      --registry-index DIR  which versions are yanked, from a registry's index\n"
        "      --no-yanked           leave those out\n"
        "      --newest              leave out all but the newest version of each package\n"
        "      --max-memory N        inflate only so many archives at a time that about N bytes\n"
        "                            are enough (default: a quarter of the machine's memory)\n"
        "      --db FILE             use this database\n"
        "  -j, --threads N           use N threads (default: one for each core)\n"
        "  -q, --quiet               say nothing but errors\n"
        "  -v, --verbose             name each file that is new (+), changed (~) or unreadable\n"
        "  -h, --help                print this help\n"
        "\n"
        "The newest is the highest version that is neither yanked nor a pre-release, if there is\n"
        "one.\n"
        "Exit status: 0 files found, 1 none found, 2 an error, also where a file could not be\n"
        "read. Errors in the sources are in the database.\n",
        stdout);
}

/* Returns -1 to go on, or an exit status. */
static int parse_options(int argc, char **argv, struct rsl_index_options *options)
{
    enum { DB = 256, CRATES, REGISTRY_INDEX, NO_YANKED, NEWEST, MAX_MEMORY };
    static const struct option long_options[] = {
        {"db", required_argument, NULL, DB},
        {"crates", no_argument, NULL, CRATES},
        {"registry-index", required_argument, NULL, REGISTRY_INDEX},
        {"no-yanked", no_argument, NULL, NO_YANKED},
        {"newest", no_argument, NULL, NEWEST},
        {"max-memory", required_argument, NULL, MAX_MEMORY},
        {"threads", required_argument, NULL, 'j'},
        {"quiet", no_argument, NULL, 'q'},
        {"verbose", no_argument, NULL, 'v'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    for (int option; (option = getopt_long(argc, argv, ":j:qvh", long_options, NULL)) != -1;) {
        switch (option) {
        case DB: options->db_path = optarg; break;
        case CRATES: options->crates_only = true; break;
        case REGISTRY_INDEX: options->registry_index = optarg; break;
        case NO_YANKED: options->no_yanked = true; break;
        case NEWEST: options->newest = true; break;
        case MAX_MEMORY:
            if (!rsl_parse_nbytes(optarg, &options->max_memory) || options->max_memory == 0) {
                rsl_report("bad number of bytes '%s'", optarg);
                return RSL_EXIT_ERROR;
            }
            break;
        case 'j':
            if (!rsl_parse_threads(optarg, &options->nthreads)) {
                rsl_report("bad number of threads '%s'", optarg);
                return RSL_EXIT_ERROR;
            }
            break;
        case 'q': options->quiet = true; break;
        case 'v': options->verbose = true; break;
        case 'h': print_help(); return RSL_EXIT_FOUND;
        default: rsl_report_option("index", option, argv); return RSL_EXIT_ERROR;
        }
    }
    if (argc - optind > 1) {
        rsl_report("one folder at a time; see rustle index --help");
        return RSL_EXIT_ERROR;
    }
    if (options->no_yanked && options->registry_index == NULL) {
        rsl_report("--no-yanked needs --registry-index");
        return RSL_EXIT_ERROR;
    }
    if (optind < argc)
        options->root = argv[optind];
    return -1;
}

static double seconds_since(const struct timespec *from)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - from->tv_sec) + (double)(now.tv_nsec - from->tv_nsec) * 1e-9;
}

static void print_summary(const struct rsl_index_options *options,
                          const struct rsl_index_totals *totals, double seconds)
{
    struct stat st;
    const double mb = stat(options->db_path, &st) == 0 ? (double)st.st_size / 1e6 : 0;
    printf("files     %" PRIu64 " (%" PRIu64 " read, %" PRIu64 " written, %" PRIu64 " removed)\n",
           totals->nfiles, totals->nread, totals->nwritten, totals->nremoved);
    if (totals->narchives + totals->narchives_removed > 0)
        printf("archives  %" PRIu64 " (%" PRIu64 " read, %" PRIu64 " written, %" PRIu64
               " removed)\n",
               totals->narchives, totals->narchives_read, totals->narchives_written,
               totals->narchives_removed);
    printf("items     %" PRIu64 " written\n", totals->nitems_written);
    struct rsl_text_buffer path = {0};
    rsl_report_put_path(&path, options->db_path);
    printf("database  %.*s%s, %.1f MB\n", (int)path.nbytes, path.bytes,
           totals->is_new ? " (new)" : "", mb);
    rsl_text_buffer_fini(&path);
    printf("time      %.3f s, %zu thread%s\n", seconds, options->nthreads,
           options->nthreads == 1 ? "" : "s");
}

/* options->db_path is set. */
static int run(const struct rsl_index_options *options)
{
    struct timespec start;
    clock_gettime(CLOCK_MONOTONIC, &start);
    struct rsl_index_totals totals;
    if (rsl_index_run(options, &totals) != 0)
        return RSL_EXIT_ERROR;
    if (!options->quiet)
        print_summary(options, &totals, seconds_since(&start));
    if (totals.nunreadable > 0)
        return RSL_EXIT_ERROR;
    if (totals.nfiles == 0) {
        rsl_report(options->crates_only ? "no sources in archives found" : "no .rs files found");
        return RSL_EXIT_NOTHING;
    }
    return RSL_EXIT_FOUND;
}

static int check_root(const char *root)
{
    struct stat st;
    if (stat(root, &st) != 0)
        return -errno;
    return S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
}

int rsl_cmd_index(int argc, char **argv)
{
    struct rsl_index_options options = {.root = ".", .nthreads = rsl_default_threads()};
    const int status = parse_options(argc, argv, &options);
    if (status >= 0)
        return status;
    int error = check_root(options.root);
    if (error != 0) {
        rsl_report("%s: %s", options.root, strerror(-error));
        return RSL_EXIT_ERROR;
    }
    char *excludes_path = NULL, *db_path = NULL;
    if (rsl_git_excludes_path(getenv("HOME"), getenv("XDG_CONFIG_HOME"), &rsl_allocator_default,
                              &excludes_path) != RSL_OK)
        error = -ENOMEM;
    if (error == 0 && options.db_path == NULL) {
        options.db_path = db_path = rsl_db_path_of_tree(options.root);
        error = db_path == NULL ? -ENOMEM : 0;
    }
    if (error == 0)
        error = rsl_db_make_folder_of(options.root, options.db_path);
    options.excludes_path = excludes_path;
    int result = RSL_EXIT_ERROR;
    if (error == 0)
        result = run(&options);
    else
        rsl_report("%s: %s", options.db_path != NULL ? options.db_path : "rustle",
                   strerror(-error));
    free(excludes_path);
    free(db_path);
    return result;
}
