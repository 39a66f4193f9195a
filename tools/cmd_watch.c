/* rustle watch: what changes in source trees, as it becomes true. */
#include "tools/commands.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "sched/git_excludes.h"
#include "sched/watch.h"
#include "tools/db_path.h"
#include "tools/report.h"
#include "tools/threads.h"
#include "tools/watch.h"

/* A day. */
#define MAX_SETTLE_MS 86400000UL

static void print_help(void)
{
    fputs(
        "usage: rustle watch [OPTION...] [PATH...]\n"
        "\n"
        "Reads every .rs file below the paths (default: the current folder), then prints each\n"
        "change of one as it becomes true, with the items that it adds (+), removes (-) and\n"
        "changes (~). Which files there are is as in rustle scan. Ends with SIGINT or SIGTERM.\n"
        "\n"
        "options:\n"
        "      --db FILE      keep this database of the one folder PATH true to it, as rustle "
        "index\n"
        "                     would; each change is printed when it is there. Archives are as\n"
        "                     they were at the start\n"
        "      --json         a JSON object a line\n"
        "      --settle MS    tell of a file when it has been quiet for MS milliseconds (default:\n"
        "                     20; 0: at once), and after 200 in any case\n"
        "      --io WHICH     uring or epoll; default: uring, or epoll where that is refused\n"
        "  -j, --threads N    use N threads (default: one for each core)\n"
        "  -h, --help         print this help\n"
        "\n"
        "Exit status: 130 after SIGINT, 143 after SIGTERM, 2 an error.\n",
        stdout);
}

static bool parse_settle(const char *text, uint64_t *settle_ns_out)
{
    char *end;
    errno = 0;
    const unsigned long ms = strtoul(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != '\0' || errno != 0 || ms > MAX_SETTLE_MS)
        return false;
    *settle_ns_out = ms == 0 ? RSL_WATCH_NO_SETTLE : (uint64_t)ms * 1000000;
    return true;
}

/* Returns -1 to go on, or an exit status. */
static int parse_options(int argc, char **argv, struct rsl_watch_run_options *options)
{
    enum { DB = 256, JSON, SETTLE, IO };
    static const struct option long_options[] = {
        {"db", required_argument, NULL, DB},
        {"json", no_argument, NULL, JSON},
        {"settle", required_argument, NULL, SETTLE},
        {"io", required_argument, NULL, IO},
        {"threads", required_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    for (int option; (option = getopt_long(argc, argv, ":j:h", long_options, NULL)) != -1;) {
        switch (option) {
        case DB: options->db_path = optarg; break;
        case JSON: options->json = true; break;
        case SETTLE:
            if (!parse_settle(optarg, &options->settle_ns)) {
                rsl_report("bad number of milliseconds '%s'", optarg);
                return RSL_EXIT_ERROR;
            }
            break;
        case IO:
            if (strcmp(optarg, "uring") == 0) {
                options->io = RSL_IO_URING;
            } else if (strcmp(optarg, "epoll") == 0) {
                options->io = RSL_IO_EPOLL;
            } else {
                rsl_report("unknown interface '%s'; one of uring, epoll", optarg);
                return RSL_EXIT_ERROR;
            }
            break;
        case 'j':
            if (!rsl_parse_threads(optarg, &options->nthreads)) {
                rsl_report("bad number of threads '%s'", optarg);
                return RSL_EXIT_ERROR;
            }
            break;
        case 'h': print_help(); return RSL_EXIT_FOUND;
        default: rsl_report_option("watch", option, argv); return RSL_EXIT_ERROR;
        }
    }
    return -1;
}

/* A path that is not there is most likely not meant. */
static bool are_there(const char *const *roots, size_t nroots)
{
    bool all = true;
    for (size_t i = 0; i < nroots; i++) {
        struct stat st;
        if (stat(roots[i], &st) != 0) {
            rsl_report("%s: %s", roots[i], strerror(errno));
            all = false;
        }
    }
    return all;
}

/* Whether there can be a database of what is to be watched. Makes its folder if it is where
 * `rustle index` puts it. */
static bool can_be_kept(const char *const *roots, size_t nroots, const char *db_path)
{
    struct stat st;
    if (nroots > 1) {
        rsl_report("one folder at a time with --db; see rustle watch --help");
        return false;
    }
    if (stat(roots[0], &st) != 0 || !S_ISDIR(st.st_mode)) {
        rsl_report("%s: %s", roots[0], strerror(ENOTDIR));
        return false;
    }
    const int error = rsl_db_make_folder_of(roots[0], db_path);
    if (error != 0)
        rsl_report("%s: %s", db_path, strerror(-error));
    return error == 0;
}

int rsl_cmd_watch(int argc, char **argv)
{
    struct rsl_watch_run_options options = {.nthreads = rsl_default_threads()};
    int status = parse_options(argc, argv, &options);
    if (status >= 0)
        return status;
    static const char *const here = ".";
    const char *const *roots = optind < argc ? (const char *const *)argv + optind : &here;
    const size_t nroots = optind < argc ? (size_t)(argc - optind) : 1;
    if (!are_there(roots, nroots) ||
        (options.db_path != NULL && !can_be_kept(roots, nroots, options.db_path)))
        return RSL_EXIT_ERROR;
    char *excludes_path = NULL;
    if (rsl_git_excludes_path(getenv("HOME"), getenv("XDG_CONFIG_HOME"), &rsl_allocator_default,
                              &excludes_path) != RSL_OK) {
        rsl_report("%s", strerror(ENOMEM));
        return RSL_EXIT_ERROR;
    }
    options.excludes_path = excludes_path;
    status = rsl_watch_and_tell(roots, nroots, &options);
    free(excludes_path);
    if (status < 0) {
        rsl_report("%s", strerror(-status));
        return RSL_EXIT_ERROR;
    }
    return status;
}
