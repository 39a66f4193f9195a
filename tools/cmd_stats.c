/* rustle stats: what a database holds, in numbers. */
#include "tools/commands.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <sqlite3.h>

#include "index/store_sql.h"
#include "tools/report.h"
#include "tools/tree_store.h"

static void print_help(void)
{
    fputs("usage: rustle stats [OPTION...]\n"
          "\n"
          "Prints what the database holds, in numbers.\n"
          "\n"
          "options:\n"
          "      --db FILE  ask this database (default: the nearest, as in rustle find)\n"
          "  -h, --help     print this help\n"
          "\n"
          "Exit status: 0 there are files, 1 there are none, 2 an error.\n",
          stdout);
}

/* Returns -1 to go on, or an exit status. */
static int parse_options(int argc, char **argv, const char **db_path)
{
    enum { DB = 256 };
    static const struct option long_options[] = {
        {"db", required_argument, NULL, DB},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    for (int option; (option = getopt_long(argc, argv, ":h", long_options, NULL)) != -1;) {
        switch (option) {
        case DB: *db_path = optarg; break;
        case 'h': print_help(); return RSL_EXIT_FOUND;
        default: rsl_report_option("stats", option, argv); return RSL_EXIT_ERROR;
        }
    }
    if (optind < argc) {
        rsl_report("unknown argument '%s'; see rustle stats --help", argv[optind]);
        return RSL_EXIT_ERROR;
    }
    return -1;
}

/* Prints a line for each row, a label and a number. False after a failure, which is told. */
static bool print_rows(sqlite3 *db, const char *sql, int64_t *last_out)
{
    sqlite3_stmt *select;
    int code = sqlite3_prepare_v2(db, sql, -1, &select, NULL);
    if (code == SQLITE_OK) {
        while ((code = sqlite3_step(select)) == SQLITE_ROW) {
            *last_out = sqlite3_column_int64(select, 1);
            printf("%-16s %" PRId64 "\n", (const char *)sqlite3_column_text(select, 0), *last_out);
        }
    }
    if (code != SQLITE_DONE)
        rsl_report("%s", sqlite3_errmsg(db));
    sqlite3_finalize(select);
    return code == SQLITE_DONE;
}

static int run(struct rsl_store *store)
{
    static const char *const questions[] = {
        "SELECT '  '||status, count(*) FROM files GROUP BY 1 ORDER BY 1",
        "SELECT 'bytes of source', coalesce(sum(size), 0) FROM files",
        "SELECT 'errors', coalesce(sum(errors), 0) FROM files",
        "SELECT 'items', coalesce(sum(items), 0) FROM files",
        "SELECT '  '||kind, count(*) FROM items GROUP BY 1 ORDER BY 2 DESC, 1",
        "SELECT 'archives', count(*) FROM archives",
        "SELECT 'crates', count(*) FROM crates",
        "SELECT 'modules', count(*) FROM modules",
        "SELECT 'dependencies', count(*) FROM deps",
        "SELECT 'bytes of items', coalesce(sum(length(block)), 0) FROM packed_items",
        "SELECT 'bytes of names', coalesce(sum(length(segment)), 0) FROM name_segments",
        "SELECT 'bytes in all', page_count * page_size FROM pragma_page_count, pragma_page_size",
    };
    sqlite3 *db = rsl_store_connection(store);
    int64_t nfiles = 0, ignored;
    if (rsl_store_add_tables(store) != RSL_OK) {
        rsl_report("%s", rsl_store_message(store));
        return RSL_EXIT_ERROR;
    }
    if (!print_rows(db, "SELECT 'files', count(*) FROM files", &nfiles))
        return RSL_EXIT_ERROR;
    for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) {
        if (!print_rows(db, questions[i], &ignored))
            return RSL_EXIT_ERROR;
    }
    return nfiles > 0 ? RSL_EXIT_FOUND : RSL_EXIT_NOTHING;
}

int rsl_cmd_stats(int argc, char **argv)
{
    const char *db_path = NULL;
    const int status = parse_options(argc, argv, &db_path);
    if (status >= 0)
        return status;
    struct rsl_tree_store tree;
    if (rsl_tree_store_open(&tree, db_path, true) != 0)
        return RSL_EXIT_ERROR;
    const int result = run(tree.store);
    rsl_tree_store_close(&tree);
    return result;
}
