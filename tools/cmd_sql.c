/* rustle sql: questions to the database in SQL. */
#include "tools/commands.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <sqlite3.h>

#include "index/store_sql.h"
#include "tools/jsonl.h"
#include "tools/plain_text.h"
#include "tools/report.h"
#include "tools/tree_store.h"

static void print_help(void)
{
    fputs(
        "usage: rustle sql [OPTION...] STATEMENT\n"
        "\n"
        "Prints the rows that a statement gives, with tabs between the columns; a tab, a newline\n"
        "or a backslash in a value is \\t, \\n or \\\\, and the bytes of other control characters "
        "are\n"
        "like \\x1b. Nothing can be written. Tables:\n"
        "  files(file_id, path, size, mtime, hash, status, items, errors, vendored, links,\n"
        "        message, archive_id)\n"
        "  items(file_id, item_id, parent_id, kind, name, vis, start, end, line, ...)\n"
        "  errors(file_id, error_id, code, message, start, length, line, column)\n"
        "  archives(archive_id, path, size, mtime, hash, status, name, version, yanked, newest,\n"
        "           files, message)\n"
        "  crates(crate_id, name, root_file, package, version)\n"
        "  modules(file_id, crate_id, path, kind, declared_in)\n"
        "  deps(from_file, to_file, kind, count)\n"
        "\n"
        "options:\n"
        "      --json     an object for each row, one a line\n"
        "      --db FILE  ask this database (default: the nearest, as in rustle find)\n"
        "  -h, --help     print this help\n"
        "\n"
        "Exit status: 0 there were rows, 1 there were none, 2 an error.\n",
        stdout);
}

struct options {
    const char *db_path, *sql;
    bool json;
};

/* Returns -1 to go on, or an exit status. */
static int parse_options(int argc, char **argv, struct options *options)
{
    enum { JSON = 256, DB };
    static const struct option long_options[] = {
        {"json", no_argument, NULL, JSON},
        {"db", required_argument, NULL, DB},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    for (int option; (option = getopt_long(argc, argv, ":h", long_options, NULL)) != -1;) {
        switch (option) {
        case JSON: options->json = true; break;
        case DB: options->db_path = optarg; break;
        case 'h': print_help(); return RSL_EXIT_FOUND;
        default: rsl_report_option("sql", option, argv); return RSL_EXIT_ERROR;
        }
    }
    if (argc - optind != 1) {
        rsl_report("one statement, please; see rustle sql --help");
        return RSL_EXIT_ERROR;
    }
    options->sql = argv[optind];
    return -1;
}

/* Reading only, and nothing but this database. */
static int authorize(void *context, int action, const char *a, const char *b, const char *database,
                     const char *trigger)
{
    (void)context;
    (void)a;
    (void)b;
    (void)database;
    (void)trigger;
    return action == SQLITE_ATTACH || action == SQLITE_DETACH ? SQLITE_DENY : SQLITE_OK;
}

static void put_escaped(struct rsl_text_buffer *out, const char *text, size_t nbytes)
{
    char code[8];
    for (size_t i = 0, n; i < nbytes; i += n) {
        bool obeyed;
        n = rsl_plain_text_character(text + i, nbytes - i, &obeyed);
        if (text[i] == '\t' || text[i] == '\n' || text[i] == '\\') {
            rsl_text_buffer_puts(out, text[i] == '\t' ? "\\t" : text[i] == '\n' ? "\\n" : "\\\\");
        } else if (obeyed) {
            for (size_t k = i; k < i + n; k++) {
                snprintf(code, sizeof code, "\\x%02x", (unsigned char)text[k]);
                rsl_text_buffer_puts(out, code);
            }
        } else {
            rsl_text_buffer_put(out, text + i, n);
        }
    }
}

static void put_hex(struct rsl_text_buffer *out, const unsigned char *bytes, size_t nbytes)
{
    static const char digits[] = "0123456789abcdef";
    char *to = nbytes == 0 ? NULL : rsl_text_buffer_reserve(out, nbytes * 2);
    if (to == NULL)
        return;
    for (size_t i = 0; i < nbytes; i++) {
        to[2 * i] = digits[bytes[i] >> 4];
        to[2 * i + 1] = digits[bytes[i] & 15];
    }
    out->nbytes += nbytes * 2;
}

static void put_value(struct rsl_text_buffer *out, sqlite3_stmt *statement, int column, bool json)
{
    const int type = sqlite3_column_type(statement, column);
    const char *text =
        type == SQLITE_BLOB ? NULL : (const char *)sqlite3_column_text(statement, column);
    const size_t nbytes = (size_t)sqlite3_column_bytes(statement, column);
    switch (type) {
    case SQLITE_NULL:
        if (json)
            rsl_text_buffer_puts(out, "null");
        break;
    case SQLITE_BLOB:
        if (json)
            rsl_text_buffer_puts(out, "\"");
        put_hex(out, sqlite3_column_blob(statement, column), nbytes);
        if (json)
            rsl_text_buffer_puts(out, "\"");
        break;
    case SQLITE_TEXT:
        if (json)
            rsl_jsonl_put_string(out, text, nbytes);
        else
            put_escaped(out, text, nbytes);
        break;
    default: /* a number; JSON has none that is not finite */
        if (json && !isfinite(sqlite3_column_double(statement, column)))
            rsl_text_buffer_puts(out, "null");
        else
            rsl_text_buffer_put(out, text, nbytes);
    }
}

static void put_row(struct rsl_text_buffer *out, sqlite3_stmt *statement, bool json)
{
    const int n = sqlite3_column_count(statement);
    if (json)
        rsl_text_buffer_puts(out, "{");
    for (int i = 0; i < n; i++) {
        if (i > 0)
            rsl_text_buffer_puts(out, json ? "," : "\t");
        if (json) {
            const char *name = sqlite3_column_name(statement, i);
            rsl_jsonl_put_string(out, name, strlen(name));
            rsl_text_buffer_puts(out, ":");
        }
        put_value(out, statement, i, json);
    }
    rsl_text_buffer_puts(out, json ? "}\n" : "\n");
}

static int run(struct rsl_store *store, const struct options *options)
{
    sqlite3 *db = rsl_store_connection(store);
    sqlite3_stmt *statement = NULL;
    const char *rest = "";
    struct rsl_text_buffer row = {0};
    bool any = false;
    int code = rsl_store_add_tables(store) == RSL_OK ? SQLITE_OK : SQLITE_ERROR;
    if (code == SQLITE_OK)
        code = sqlite3_exec(db, "PRAGMA query_only=ON", NULL, NULL, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_set_authorizer(db, authorize, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_prepare_v2(db, options->sql, -1, &statement, &rest);
    if (code == SQLITE_OK && (statement == NULL || rest[strspn(rest, " \t\n;")] != '\0')) {
        sqlite3_finalize(statement);
        rsl_report("one statement, please; see rustle sql --help");
        return RSL_EXIT_ERROR;
    }
    if (code == SQLITE_OK && !sqlite3_stmt_readonly(statement)) {
        sqlite3_finalize(statement);
        rsl_report("nothing can be written here");
        return RSL_EXIT_ERROR;
    }
    while (code == SQLITE_OK && !ferror(stdout)) {
        const int step = sqlite3_step(statement);
        if (step != SQLITE_ROW) {
            code = step == SQLITE_DONE ? SQLITE_DONE : step;
            break;
        }
        any = true;
        row.nbytes = 0;
        put_row(&row, statement, options->json);
        if (row.failed)
            code = SQLITE_NOMEM;
        else
            rsl_text_buffer_write(&row, stdout);
    }
    rsl_text_buffer_fini(&row);
    if (code != SQLITE_OK && code != SQLITE_DONE)
        rsl_report("%s", row.failed ? strerror(ENOMEM) : sqlite3_errmsg(db));
    sqlite3_finalize(statement);
    if (code != SQLITE_OK && code != SQLITE_DONE)
        return RSL_EXIT_ERROR;
    return any ? RSL_EXIT_FOUND : RSL_EXIT_NOTHING;
}

int rsl_cmd_sql(int argc, char **argv)
{
    struct options options = {0};
    const int status = parse_options(argc, argv, &options);
    if (status >= 0)
        return status;
    struct rsl_tree_store tree;
    if (rsl_tree_store_open(&tree, options.db_path, true) != 0)
        return RSL_EXIT_ERROR;
    const int result = run(tree.store, &options);
    rsl_tree_store_close(&tree);
    return result;
}
