/* The virtual table `items`. It reads whatever database the connection has open as main, through a
 * store that borrows the connection. */
#include "index/store_sql.h"

#include <stdlib.h>
#include <string.h>

#include "index/query.h"
#include "index/store_internal.h"
#include "index/store_table.h"
#include "parser/text.h"

struct item_table {
    sqlite3_vtab base;
    struct rsl_store store; /* its connection is the caller's */
};

enum plan { PLAN_ALL, PLAN_FILE, PLAN_NAME };

struct item_cursor {
    sqlite3_vtab_cursor base;
    sqlite3_stmt *files; /* file_id, block; NULL for PLAN_NAME and at the end */
    struct rsl_hits *hits;
    size_t hit;
    int64_t file_id; /* whose items are unpacked */
    uint32_t item_id;
    bool is_at_end;
    struct rsl_unpacked unpacked;
    struct rsl_pack_buffer text;
};

static const char declaration[] = "CREATE TABLE items("
#define X(suffix, name, type) name " " type ","
#include "index/store_columns.def"
#undef X
                                  "PRIMARY KEY(file_id, item_id)) WITHOUT ROWID";

static int connect_table(sqlite3 *db, void *aux, int argc, const char *const *argv,
                         sqlite3_vtab **table_out, char **error_out)
{
    (void)aux;
    (void)argc;
    (void)argv;
    (void)error_out;
    const int code = sqlite3_declare_vtab(db, declaration);
    if (code != SQLITE_OK)
        return code;
    struct item_table *table = calloc(1, sizeof *table);
    if (table == NULL)
        return SQLITE_NOMEM;
    table->store.db = db;
    *table_out = &table->base;
    return SQLITE_OK;
}

static int disconnect_table(sqlite3_vtab *base)
{
    struct item_table *table = (struct item_table *)base;
    rsl_store_forget_statements(&table->store);
    free(table);
    return SQLITE_OK;
}

/* Names are looked up byte by byte; another collation may find more. */
static bool is_binary(sqlite3_index_info *info, int constraint)
{
    const char *collation = sqlite3_vtab_collation(info, constraint);
    return collation == NULL || sqlite3_stricmp(collation, "BINARY") == 0;
}

static int choose_plan(sqlite3_vtab *base, sqlite3_index_info *info)
{
    (void)base;
    enum plan plan = PLAN_ALL;
    int chosen = -1;
    for (int i = 0; i < info->nConstraint; i++) {
        const struct sqlite3_index_constraint *constraint = &info->aConstraint[i];
        if (!constraint->usable || constraint->op != SQLITE_INDEX_CONSTRAINT_EQ)
            continue;
        if (constraint->iColumn == RSL_COLUMN_FILE_ID) {
            plan = PLAN_FILE;
            chosen = i;
        } else if (constraint->iColumn == RSL_COLUMN_NAME && plan == PLAN_ALL &&
                   is_binary(info, i)) {
            plan = PLAN_NAME;
            chosen = i;
        }
    }
    if (chosen >= 0)
        info->aConstraintUsage[chosen].argvIndex = 1; /* and SQLite looks again at each row */
    info->idxNum = (int)plan;
    info->estimatedRows = plan == PLAN_ALL ? 1000000 : 100;
    info->estimatedCost = plan == PLAN_ALL ? 1e7 : plan == PLAN_FILE ? 100 : 1000;
    return SQLITE_OK;
}

static int open_cursor(sqlite3_vtab *base, sqlite3_vtab_cursor **cursor_out)
{
    (void)base;
    struct item_cursor *cursor = calloc(1, sizeof *cursor);
    if (cursor == NULL)
        return SQLITE_NOMEM;
    rsl_unpacked_init(&cursor->unpacked, NULL);
    cursor->is_at_end = true;
    *cursor_out = &cursor->base;
    return SQLITE_OK;
}

static void rewind_cursor(struct item_cursor *cursor)
{
    sqlite3_finalize(cursor->files);
    cursor->files = NULL;
    rsl_query_close(cursor->hits);
    cursor->hits = NULL;
    cursor->hit = 0;
    cursor->file_id = 0;
    cursor->is_at_end = false;
}

static int close_cursor(sqlite3_vtab_cursor *base)
{
    struct item_cursor *cursor = (struct item_cursor *)base;
    rewind_cursor(cursor);
    rsl_unpacked_fini(&cursor->unpacked);
    rsl_pack_buffer_fini(&cursor->text);
    free(cursor);
    return SQLITE_OK;
}

static int code_of(const struct rsl_store *store, enum rsl_status status)
{
    return status == RSL_OK       ? SQLITE_OK
           : status == RSL_ENOMEM ? SQLITE_NOMEM
           : store->error != 0    ? store->error
                                  : SQLITE_CORRUPT;
}

/* Goes to the first item of the next file that has any. */
static int next_file(struct item_cursor *cursor)
{
    for (;;) {
        const int code = sqlite3_step(cursor->files);
        cursor->is_at_end = true;
        if (code != SQLITE_ROW)
            return code == SQLITE_DONE ? SQLITE_OK : code;
        cursor->file_id = sqlite3_column_int64(cursor->files, 0);
        cursor->item_id = 0;
        const void *block = sqlite3_column_blob(cursor->files, 1);
        const size_t nbytes = (size_t)sqlite3_column_bytes(cursor->files, 1);
        if (nbytes == 0)
            continue;
        const enum rsl_status status = rsl_unpack_file(&cursor->unpacked, block, nbytes);
        if (status != RSL_OK)
            return status == RSL_ENOMEM ? SQLITE_NOMEM : SQLITE_CORRUPT_VTAB;
        if (cursor->unpacked.file.nitems > 0) {
            cursor->is_at_end = false;
            return SQLITE_OK;
        }
    }
}

/* Goes to the hit that is next. */
static int load_hit(struct item_cursor *cursor)
{
    struct item_table *table = (struct item_table *)cursor->base.pVtab;
    cursor->is_at_end = cursor->hit >= rsl_query_nhits(cursor->hits);
    if (cursor->is_at_end)
        return SQLITE_OK;
    const struct rsl_hit *hit = rsl_query_hit(cursor->hits, cursor->hit);
    if (hit->file_id != cursor->file_id) {
        const enum rsl_status status =
            rsl_store_get_items(&table->store, hit->file_id, &cursor->unpacked);
        cursor->file_id = hit->file_id;
        if (status != RSL_OK)
            return code_of(&table->store, status);
    }
    cursor->item_id = hit->item_id;
    return hit->item_id < cursor->unpacked.file.nitems ? SQLITE_OK : SQLITE_CORRUPT_VTAB;
}

static int find_name(struct item_cursor *cursor, const char *name)
{
    struct item_table *table = (struct item_table *)cursor->base.pVtab;
    /* No name has :: in it, which a query would take for more than a name. */
    if (name == NULL || *name == '\0' || strstr(name, "::") != NULL) {
        cursor->is_at_end = true;
        return SQLITE_OK;
    }
    const struct rsl_query query = {
        .text = name,
        .mode = RSL_QUERY_EXACT,
        .case_sensitive = true,
        .kinds = RSL_QUERY_KINDS | 1u << RSL_ITEM_USE_LEAF,
    };
    const enum rsl_status status = rsl_query_open(&table->store, &query, &cursor->hits);
    return status == RSL_OK ? load_hit(cursor) : code_of(&table->store, status);
}

static int filter(sqlite3_vtab_cursor *base, int plan, const char *unused, int argc,
                  sqlite3_value **argv)
{
    (void)unused;
    struct item_cursor *cursor = (struct item_cursor *)base;
    struct item_table *table = (struct item_table *)base->pVtab;
    rewind_cursor(cursor);
    if (plan == PLAN_NAME && argc == 1)
        return find_name(cursor, (const char *)sqlite3_value_text(argv[0]));
    const bool one = plan == PLAN_FILE && argc == 1;
    const int code =
        sqlite3_prepare_v2(table->store.db,
                           one ? "SELECT file_id, block FROM main.packed_items WHERE file_id=?"
                               : "SELECT file_id, block FROM main.packed_items ORDER BY file_id",
                           -1, &cursor->files, NULL);
    if (code != SQLITE_OK)
        return code;
    if (one)
        sqlite3_bind_value(cursor->files, 1, argv[0]);
    return next_file(cursor);
}

static int next_item(sqlite3_vtab_cursor *base)
{
    struct item_cursor *cursor = (struct item_cursor *)base;
    if (cursor->files == NULL) {
        cursor->hit++;
        return load_hit(cursor);
    }
    if (++cursor->item_id < cursor->unpacked.file.nitems)
        return SQLITE_OK;
    return next_file(cursor);
}

static int is_at_end(sqlite3_vtab_cursor *base)
{
    return ((struct item_cursor *)base)->is_at_end;
}

static int give_column(sqlite3_vtab_cursor *base, sqlite3_context *context, int column)
{
    struct item_cursor *cursor = (struct item_cursor *)base;
    return rsl_store_give_column(context, column, &cursor->unpacked, cursor->file_id,
                                 cursor->item_id, &cursor->text);
}

static int give_rowid(sqlite3_vtab_cursor *base, sqlite3_int64 *rowid_out)
{
    const struct item_cursor *cursor = (const struct item_cursor *)base;
    *rowid_out = (sqlite3_int64)((uint64_t)cursor->file_id << 32 | cursor->item_id);
    return SQLITE_OK;
}

/* No xCreate: the table is there without being made. */
static const sqlite3_module module = {
    .xConnect = connect_table,
    .xBestIndex = choose_plan,
    .xDisconnect = disconnect_table,
    .xOpen = open_cursor,
    .xClose = close_cursor,
    .xFilter = filter,
    .xNext = next_item,
    .xEof = is_at_end,
    .xColumn = give_column,
    .xRowid = give_rowid,
};

int rsl_store_add_modules(sqlite3 *db)
{
    return sqlite3_create_module_v2(db, "items", &module, NULL, NULL);
}

enum rsl_status rsl_store_add_tables(struct rsl_store *store)
{
    const int code = rsl_store_add_modules(store->db);
    return code == SQLITE_OK ? RSL_OK : rsl_store_fail(store, code);
}
