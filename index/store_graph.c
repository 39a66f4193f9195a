/* A table is brought to what a list says by going through both in the order of its key; rows that
 * are those of archives (store_archives.h) are passed over. What is to be done is noted on the way
 * and done afterwards: a table that is being read stays as it is. Rows are put by one statement
 * that reads them from a virtual table, which takes half the time of one statement a row. */
#include "index/store_graph.h"

#include <stdlib.h>
#include <string.h>

#include "index/store_internal.h"

struct table {
    const char *select, *remove, *put;
    int nkey; /* so many of the first columns */
    /* Gives a column of row i of the list. */
    void (*show)(sqlite3_context *context, const void *list, size_t i, int column);
    /* Compares the columns of row i with the row that `select` is at: the sign of the first that
     * differs, i's being smaller as negative; *column_out is that column. */
    int (*compare)(const void *list, size_t i, sqlite3_stmt *select, int *column_out);
};

static int compare_numbers(int64_t a, int64_t b)
{
    return a < b ? -1 : a > b;
}

static int compare_texts(const char *a, sqlite3_stmt *select, int column)
{
    const char *b = (const char *)sqlite3_column_text(select, column);
    return strcmp(a, b == NULL ? "" : b);
}

/* NULL comes first. */
static int compare_optional(const char *a, sqlite3_stmt *select, int column)
{
    const bool there = sqlite3_column_type(select, column) != SQLITE_NULL;
    if (a == NULL || !there)
        return (a != NULL) - there;
    return compare_texts(a, select, column);
}

void rsl_store_bind_crate(sqlite3_stmt *statement, const void *list, size_t i)
{
    const struct rsl_store_crate *crate = (const struct rsl_store_crate *)list + i;
    sqlite3_bind_int64(statement, 1, crate->crate_id);
    sqlite3_bind_text(statement, 2, crate->name, -1, SQLITE_STATIC);
    sqlite3_bind_int64(statement, 3, crate->root_file);
    sqlite3_bind_text(statement, 4, crate->package, -1, SQLITE_STATIC);
    sqlite3_bind_text(statement, 5, crate->version, -1, SQLITE_STATIC);
}

/* NULL too. */
static void show_text(sqlite3_context *context, const char *text)
{
    sqlite3_result_text(context, text, -1, SQLITE_STATIC);
}

static void show_crate(sqlite3_context *context, const void *list, size_t i, int column)
{
    const struct rsl_store_crate *crate = (const struct rsl_store_crate *)list + i;
    switch (column) {
    case 0: sqlite3_result_int64(context, crate->crate_id); break;
    case 1: show_text(context, crate->name); break;
    case 2: sqlite3_result_int64(context, crate->root_file); break;
    case 3: show_text(context, crate->package); break;
    default: show_text(context, crate->version); break;
    }
}

static int compare_crate(const void *list, size_t i, sqlite3_stmt *select, int *column_out)
{
    const struct rsl_store_crate *crate = (const struct rsl_store_crate *)list + i;
    int order = compare_numbers(crate->crate_id, sqlite3_column_int64(select, *column_out = 0));
    if (order == 0)
        order = compare_texts(crate->name, select, *column_out = 1);
    if (order == 0)
        order = compare_numbers(crate->root_file, sqlite3_column_int64(select, *column_out = 2));
    if (order == 0)
        order = compare_optional(crate->package, select, *column_out = 3);
    if (order == 0)
        order = compare_optional(crate->version, select, *column_out = 4);
    return order;
}

void rsl_store_bind_module(sqlite3_stmt *statement, const void *list, size_t i)
{
    const struct rsl_store_module *module = (const struct rsl_store_module *)list + i;
    sqlite3_bind_int64(statement, 1, module->file_id);
    sqlite3_bind_int64(statement, 2, module->crate_id);
    sqlite3_bind_text(statement, 3, module->path, -1, SQLITE_STATIC);
    sqlite3_bind_text(statement, 4, module->kind, -1, SQLITE_STATIC);
    if (module->declared_in != 0)
        sqlite3_bind_int64(statement, 5, module->declared_in);
    else
        sqlite3_bind_null(statement, 5);
}

static void show_module(sqlite3_context *context, const void *list, size_t i, int column)
{
    const struct rsl_store_module *module = (const struct rsl_store_module *)list + i;
    switch (column) {
    case 0: sqlite3_result_int64(context, module->file_id); break;
    case 1: sqlite3_result_int64(context, module->crate_id); break;
    case 2: show_text(context, module->path); break;
    case 3: show_text(context, module->kind); break;
    default:
        if (module->declared_in != 0)
            sqlite3_result_int64(context, module->declared_in);
        break;
    }
}

static int compare_module(const void *list, size_t i, sqlite3_stmt *select, int *column_out)
{
    const struct rsl_store_module *module = (const struct rsl_store_module *)list + i;
    int order = compare_numbers(module->file_id, sqlite3_column_int64(select, *column_out = 0));
    if (order == 0)
        order = compare_numbers(module->crate_id, sqlite3_column_int64(select, *column_out = 1));
    if (order == 0)
        order = compare_texts(module->path, select, *column_out = 2);
    if (order == 0)
        order = compare_texts(module->kind, select, *column_out = 3);
    if (order == 0)
        order = compare_numbers(module->declared_in, sqlite3_column_int64(select, *column_out = 4));
    return order;
}

void rsl_store_bind_dep(sqlite3_stmt *statement, const void *list, size_t i)
{
    const struct rsl_store_dep *dep = (const struct rsl_store_dep *)list + i;
    sqlite3_bind_int64(statement, 1, dep->from_file);
    sqlite3_bind_int64(statement, 2, dep->to_file);
    sqlite3_bind_text(statement, 3, dep->kind, -1, SQLITE_STATIC);
    sqlite3_bind_int64(statement, 4, dep->count);
}

static void show_dep(sqlite3_context *context, const void *list, size_t i, int column)
{
    const struct rsl_store_dep *dep = (const struct rsl_store_dep *)list + i;
    switch (column) {
    case 0: sqlite3_result_int64(context, dep->from_file); break;
    case 1: sqlite3_result_int64(context, dep->to_file); break;
    case 2: show_text(context, dep->kind); break;
    default: sqlite3_result_int64(context, dep->count); break;
    }
}

static int compare_dep(const void *list, size_t i, sqlite3_stmt *select, int *column_out)
{
    const struct rsl_store_dep *dep = (const struct rsl_store_dep *)list + i;
    int order = compare_numbers(dep->from_file, sqlite3_column_int64(select, *column_out = 0));
    if (order == 0)
        order = compare_numbers(dep->to_file, sqlite3_column_int64(select, *column_out = 1));
    if (order == 0)
        order = compare_texts(dep->kind, select, *column_out = 2);
    if (order == 0)
        order = compare_numbers(dep->count, sqlite3_column_int64(select, *column_out = 3));
    return order;
}

static const struct table crates = {
    .select = "SELECT crate_id, name, root_file, package, version FROM crates"
              " WHERE crate_id < 16777216 ORDER BY crate_id", /* RSL_STORE_ARCHIVE_CRATES */
    .remove = "DELETE FROM crates WHERE crate_id=?",
    .put = "INSERT OR REPLACE INTO crates SELECT a, b, c, d, e FROM rows_to_put",
    .nkey = 1,
    .show = show_crate,
    .compare = compare_crate,
};

static const struct table modules = {
    .select = "SELECT file_id, crate_id, path, kind, declared_in FROM modules"
              " WHERE crate_id < 16777216"
              " ORDER BY file_id, crate_id, path, kind",
    .remove = "DELETE FROM modules WHERE file_id=? AND crate_id=? AND path=? AND kind=?",
    .put = "INSERT OR REPLACE INTO modules SELECT a, b, c, d, e FROM rows_to_put",
    .nkey = 4,
    .show = show_module,
    .compare = compare_module,
};

static const struct table deps = {
    .select = "SELECT from_file, to_file, kind, count FROM deps WHERE from_file NOT IN"
              " (SELECT file_id FROM files WHERE archive_id NOT NULL)"
              " ORDER BY from_file, to_file, kind",
    .remove = "DELETE FROM deps WHERE from_file=? AND to_file=? AND kind=?",
    .put = "INSERT OR REPLACE INTO deps SELECT a, b, c, d FROM rows_to_put",
    .nkey = 3,
    .show = show_dep,
    .compare = compare_dep,
};

/* What is to be done. */
struct changes {
    size_t *put; /* rows of the list */
    size_t nput;
    sqlite3_value **remove; /* keys, nkey values each */
    size_t nremove, remove_capacity;
};

static void forget_changes(struct changes *changes, int nkey)
{
    for (size_t i = 0; i < changes->nremove * (size_t)nkey; i++)
        sqlite3_value_free(changes->remove[i]);
    free(changes->remove);
    free(changes->put);
}

static bool note_removal(struct changes *changes, sqlite3_stmt *select, int nkey)
{
    if (changes->nremove == changes->remove_capacity) {
        const size_t capacity = changes->remove_capacity * 2 + 64;
        sqlite3_value **grown =
            realloc(changes->remove, capacity * (size_t)nkey * sizeof(sqlite3_value *));
        if (grown == NULL)
            return false;
        changes->remove = grown;
        changes->remove_capacity = capacity;
    }
    sqlite3_value **key = changes->remove + changes->nremove * (size_t)nkey;
    bool good = true;
    for (int i = 0; i < nkey; i++) {
        key[i] = sqlite3_value_dup(sqlite3_column_value(select, i));
        good &= key[i] != NULL;
    }
    changes->nremove++;
    return good;
}

/* Compares the table with the list. Returns a code of SQLite. */
static int find_changes(struct rsl_store *store, const struct table *table, const void *list,
                        size_t n, struct changes *changes)
{
    sqlite3_stmt *select;
    changes->put = malloc((n + 1) * sizeof *changes->put);
    if (changes->put == NULL)
        return SQLITE_NOMEM;
    int code = sqlite3_prepare_v2(store->db, table->select, -1, &select, NULL);
    if (code != SQLITE_OK)
        return code;
    size_t i = 0;
    while ((code = sqlite3_step(select)) == SQLITE_ROW) {
        int column = 0, order = 1; /* of the list's next row to the table's */
        while (i < n && (order = table->compare(list, i, select, &column)) < 0 &&
               column < table->nkey)
            changes->put[changes->nput++] = i++;
        const bool same_key = i < n && (order == 0 || column >= table->nkey);
        if (same_key && order != 0)
            changes->put[changes->nput++] = i;
        i += same_key;
        if (!same_key && !note_removal(changes, select, table->nkey)) {
            code = SQLITE_NOMEM;
            break;
        }
    }
    sqlite3_finalize(select);
    while (i < n)
        changes->put[changes->nput++] = i++;
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

/* ---- the virtual table rows_to_put */

/* What it shows, as long as the statement runs. */
struct rows {
    const struct table *table;
    const void *list;
    const size_t *put;
    size_t nput;
};

struct row_table {
    sqlite3_vtab base;
    const struct rows *rows;
};

struct row_cursor {
    sqlite3_vtab_cursor base;
    size_t at;
};

static int connect_rows(sqlite3 *db, void *rows, int argc, const char *const *argv,
                        sqlite3_vtab **table_out, char **error_out)
{
    (void)argc;
    (void)argv;
    (void)error_out;
    const int code = sqlite3_declare_vtab(db, "CREATE TABLE rows_to_put(a, b, c, d, e)");
    if (code != SQLITE_OK)
        return code;
    struct row_table *table = calloc(1, sizeof *table);
    if (table == NULL)
        return SQLITE_NOMEM;
    table->rows = rows;
    *table_out = &table->base;
    return SQLITE_OK;
}

static int disconnect_rows(sqlite3_vtab *base)
{
    free(base);
    return SQLITE_OK;
}

static int plan_rows(sqlite3_vtab *base, sqlite3_index_info *info)
{
    (void)base;
    info->estimatedCost = 1;
    return SQLITE_OK;
}

static int open_rows(sqlite3_vtab *base, sqlite3_vtab_cursor **cursor_out)
{
    (void)base;
    struct row_cursor *cursor = calloc(1, sizeof *cursor);
    if (cursor == NULL)
        return SQLITE_NOMEM;
    *cursor_out = &cursor->base;
    return SQLITE_OK;
}

static int close_rows(sqlite3_vtab_cursor *base)
{
    free(base);
    return SQLITE_OK;
}

static int rewind_rows(sqlite3_vtab_cursor *base, int plan, const char *text, int argc,
                       sqlite3_value **argv)
{
    (void)plan;
    (void)text;
    (void)argc;
    (void)argv;
    ((struct row_cursor *)base)->at = 0;
    return SQLITE_OK;
}

static int next_row(sqlite3_vtab_cursor *base)
{
    ((struct row_cursor *)base)->at++;
    return SQLITE_OK;
}

static int is_behind_rows(sqlite3_vtab_cursor *base)
{
    return ((struct row_cursor *)base)->at >= ((struct row_table *)base->pVtab)->rows->nput;
}

static int show_column(sqlite3_vtab_cursor *base, sqlite3_context *context, int column)
{
    const struct rows *rows = ((struct row_table *)base->pVtab)->rows;
    rows->table->show(context, rows->list, rows->put[((struct row_cursor *)base)->at], column);
    return SQLITE_OK;
}

static int show_rowid(sqlite3_vtab_cursor *base, sqlite3_int64 *rowid_out)
{
    *rowid_out = (sqlite3_int64)((struct row_cursor *)base)->at;
    return SQLITE_OK;
}

static const sqlite3_module row_module = {
    .xConnect = connect_rows,
    .xDisconnect = disconnect_rows,
    .xBestIndex = plan_rows,
    .xOpen = open_rows,
    .xClose = close_rows,
    .xFilter = rewind_rows,
    .xNext = next_row,
    .xEof = is_behind_rows,
    .xColumn = show_column,
    .xRowid = show_rowid,
};

/* ---- writing */

static int prepare(struct rsl_store *store, const char *sql, sqlite3_stmt **statement)
{
    return sqlite3_prepare_v3(store->db, sql, -1, SQLITE_PREPARE_PERSISTENT, statement, NULL);
}

static int step_and_reset(sqlite3_stmt *statement)
{
    const int code = sqlite3_step(statement);
    sqlite3_reset(statement);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

static int put_rows(struct rsl_store *store, const struct table *table, const void *list,
                    const struct changes *changes)
{
    struct rows rows = {table, list, changes->put, changes->nput};
    int code = sqlite3_create_module(store->db, "rows_to_put", &row_module, &rows);
    if (code == SQLITE_OK)
        code = sqlite3_exec(store->db, table->put, NULL, NULL, NULL);
    /* The rows are gone when this returns. */
    const int removed = sqlite3_create_module(store->db, "rows_to_put", NULL, NULL);
    return code == SQLITE_OK ? removed : code;
}

static int apply_changes(struct rsl_store *store, const struct table *table, const void *list,
                         const struct changes *changes)
{
    sqlite3_stmt *statement = NULL;
    int code = prepare(store, table->remove, &statement);
    for (size_t i = 0; i < changes->nremove && code == SQLITE_OK; i++) {
        for (int k = 0; k < table->nkey; k++)
            sqlite3_bind_value(statement, k + 1, changes->remove[i * (size_t)table->nkey + k]);
        code = step_and_reset(statement);
    }
    sqlite3_finalize(statement);
    return code == SQLITE_OK && changes->nput > 0 ? put_rows(store, table, list, changes) : code;
}

static enum rsl_status write_table(struct rsl_store *store, const struct table *table,
                                   const void *list, size_t n)
{
    struct changes changes = {0};
    int code = find_changes(store, table, list, n, &changes);
    if (code == SQLITE_OK)
        code = apply_changes(store, table, list, &changes);
    const enum rsl_status status = code == SQLITE_OK ? RSL_OK : rsl_store_fail(store, code);
    forget_changes(&changes, table->nkey);
    return status;
}

enum rsl_status rsl_store_put_crates(struct rsl_store *store, const struct rsl_store_graph *graph)
{
    const enum rsl_status status = write_table(store, &crates, graph->crates, graph->ncrates);
    return status == RSL_OK ? write_table(store, &modules, graph->modules, graph->nmodules)
                            : status;
}

enum rsl_status rsl_store_put_deps(struct rsl_store *store, const struct rsl_store_graph *graph)
{
    return write_table(store, &deps, graph->deps, graph->ndeps);
}

enum rsl_status rsl_store_put_graph(struct rsl_store *store, const struct rsl_store_graph *graph)
{
    const enum rsl_status status = rsl_store_put_crates(store, graph);
    return status == RSL_OK ? rsl_store_put_deps(store, graph) : status;
}

/* By file_id, how many depend on the file. */
struct counts {
    uint32_t *n;
    size_t capacity;
};

static bool count_one(struct counts *counts, int64_t file_id)
{
    if (file_id < 0)
        return true;
    const size_t at = (size_t)file_id;
    if (at >= counts->capacity) {
        const size_t capacity = 2 * at + 1024;
        uint32_t *grown = realloc(counts->n, capacity * sizeof *grown);
        if (grown == NULL)
            return false;
        memset(grown + counts->capacity, 0, (capacity - counts->capacity) * sizeof *grown);
        counts->n = grown;
        counts->capacity = capacity;
    }
    counts->n[at]++;
    return true;
}

/* Returns a code of SQLite. */
static int count_dependents(struct rsl_store *store, struct counts *counts)
{
    sqlite3_stmt *select;
    int code = sqlite3_prepare_v2(store->db,
                                  "SELECT from_file, to_file FROM deps ORDER BY from_file, to_file",
                                  -1, &select, NULL);
    if (code != SQLITE_OK)
        return code;
    int64_t last_from = -1, last_to = -1; /* edges of several kinds count once */
    while ((code = sqlite3_step(select)) == SQLITE_ROW) {
        const int64_t from = sqlite3_column_int64(select, 0);
        const int64_t to = sqlite3_column_int64(select, 1);
        if ((from != last_from || to != last_to) && !count_one(counts, to)) {
            code = SQLITE_NOMEM;
            break;
        }
        last_from = from;
        last_to = to;
    }
    sqlite3_finalize(select);
    return code;
}

struct dependents {
    const struct counts *counts;
    bool (*each)(void *context, const char *path, size_t path_nbytes, uint32_t ndependents);
    void *context;
};

static bool tell_dependents(void *context, const struct rsl_store_stamp *file)
{
    const struct dependents *dependents = context;
    const size_t at = (size_t)file->file_id;
    const uint32_t n = at < dependents->counts->capacity ? dependents->counts->n[at] : 0;
    return n == 0 || dependents->each(dependents->context, file->path, file->path_nbytes, n);
}

enum rsl_status rsl_store_each_dependents(struct rsl_store *store,
                                          bool (*each)(void *context, const char *path,
                                                       size_t path_nbytes, uint32_t ndependents),
                                          void *context)
{
    struct counts counts = {0};
    struct dependents dependents = {&counts, each, context};
    const int code = count_dependents(store, &counts);
    const enum rsl_status status = code == SQLITE_DONE
                                       ? rsl_store_each_file(store, tell_dependents, &dependents)
                                       : rsl_store_fail(store, code);
    free(counts.n);
    return status;
}

enum rsl_status rsl_store_get_manifests(struct rsl_store *store, int64_t *stamp_out)
{
    sqlite3_stmt *select;
    *stamp_out = 0;
    int code = sqlite3_prepare_v2(store->db, "SELECT stamp FROM manifests", -1, &select, NULL);
    if (code == SQLITE_OK && (code = sqlite3_step(select)) == SQLITE_ROW) {
        *stamp_out = sqlite3_column_int64(select, 0);
        code = SQLITE_DONE;
    }
    const enum rsl_status status = code == SQLITE_DONE ? RSL_OK : rsl_store_fail(store, code);
    sqlite3_finalize(select);
    return status;
}

enum rsl_status rsl_store_put_manifests(struct rsl_store *store, int64_t stamp)
{
    sqlite3_stmt *put;
    const int code = prepare(store, "INSERT OR REPLACE INTO manifests VALUES(1,?)", &put);
    if (code != SQLITE_OK)
        return rsl_store_fail(store, code);
    sqlite3_bind_int64(put, 1, stamp);
    const enum rsl_status status = rsl_store_step(store, put);
    sqlite3_finalize(put);
    return status;
}
