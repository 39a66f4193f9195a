/* The statements that are run again and again. */
#include "index/store_internal.h"

#include <string.h>

#include "index/pack_names.h"
#include "index/store_folders.h"
#include "lexer/source_error.h"
#include "lexer/utf8.h"

#define OF_ARCHIVE " IN (SELECT file_id FROM files WHERE archive_id=?)"

static const char *const sql[STORE_NSTATEMENTS] = {
    [STORE_ADD_FILE] = "INSERT INTO files VALUES(?,?,?,?,?,?,?,?,?,?,?,?)",
    [STORE_PUT_FILE] = "INSERT OR REPLACE INTO files VALUES(?,?,?,?,?,?,?,?,?,?,?,?)",
    [STORE_REMOVE_FILE] = "DELETE FROM files WHERE file_id=?",
    [STORE_TOUCH_FILE] = "UPDATE files SET mtime=?2 WHERE file_id=?1",
    [STORE_PUT_BLOCK] = "INSERT OR REPLACE INTO packed_items VALUES(?,?)",
    [STORE_REMOVE_BLOCK] = "DELETE FROM packed_items WHERE file_id=?",
    [STORE_PUT_ERROR] = "INSERT INTO errors VALUES(?,?,?,?,?,?,?,?)",
    [STORE_REMOVE_ERRORS] = "DELETE FROM errors WHERE file_id=?",
    [STORE_PUT_SEGMENT] = "INSERT INTO name_segments VALUES(?,?)",
    [STORE_PUT_NAMES] = "INSERT OR REPLACE INTO name_changes VALUES(?,?)",
    [STORE_REMOVE_NAMES] = "DELETE FROM name_changes WHERE file_id=?",
    [STORE_PUT_STALE] = "INSERT OR IGNORE INTO name_stale VALUES(?)",
    [STORE_PUT_STALE_FOLDER] = "INSERT OR IGNORE INTO folder_stale VALUES(?)",
    [STORE_GET_PATH] = "SELECT path FROM files WHERE file_id=?",
    [STORE_GET_STAMPS_FROM] =
        "SELECT file_id, path, size, mtime, hash, links FROM files WHERE path>=?"
        " AND archive_id IS NULL ORDER BY path",
    [STORE_GET_BLOCK] = "SELECT block FROM packed_items WHERE file_id=?",
    [STORE_GET_MODULES] = "SELECT path FROM modules WHERE file_id=?",
    [STORE_FIND_FILE] = "SELECT file_id, path, size, mtime, hash, links FROM files WHERE path=?"
                        " AND archive_id IS NULL",
    [STORE_GET_ARCHIVE] = "SELECT version, yanked, newest FROM archives"
                          " WHERE archive_id=(SELECT archive_id FROM files WHERE file_id=?)",
    [STORE_GET_VERSIONS] = "SELECT version FROM modules JOIN crates USING(crate_id)"
                           " WHERE file_id=? AND version NOT NULL",
    [STORE_PUT_CRATE] = "INSERT INTO crates VALUES(?,?,?,?,?)",
    [STORE_PUT_MODULE] = "INSERT INTO modules VALUES(?,?,?,?,?)",
    [STORE_PUT_DEP] = "INSERT INTO deps VALUES(?,?,?,?)",
    [STORE_PUT_ARCHIVE] = "INSERT OR REPLACE INTO archives VALUES(?,?,?,?,?,?,?,?,?,?,?,?)",
    [STORE_TOUCH_ARCHIVE] = "UPDATE archives SET mtime=?2, yanked=?3, newest=?4"
                            " WHERE archive_id=?1",
    [STORE_REMOVE_ARCHIVE] = "DELETE FROM archives WHERE archive_id=?",
    [STORE_REMOVE_ARCHIVE_FILES] = "DELETE FROM files WHERE archive_id=?",
    [STORE_REMOVE_ARCHIVE_BLOCKS] = "DELETE FROM packed_items WHERE file_id" OF_ARCHIVE,
    [STORE_REMOVE_ARCHIVE_ERRORS] = "DELETE FROM errors WHERE file_id" OF_ARCHIVE,
    [STORE_REMOVE_ARCHIVE_NAMES] = "DELETE FROM name_changes WHERE file_id" OF_ARCHIVE,
    [STORE_PUT_ARCHIVE_STALE] = "INSERT OR IGNORE INTO name_stale"
                                " SELECT file_id FROM files WHERE archive_id=?",
    [STORE_REMOVE_ARCHIVE_DEPS] = "DELETE FROM deps WHERE from_file" OF_ARCHIVE,
    [STORE_REMOVE_ARCHIVE_MODULES] = "DELETE FROM modules WHERE file_id" OF_ARCHIVE,
    /* RSL_STORE_ARCHIVE_CRATES */
    [STORE_REMOVE_ARCHIVE_CRATES] = "DELETE FROM crates WHERE crate_id >= ?1 * 16777216"
                                    " AND crate_id < (?1 + 1) * 16777216",
};

sqlite3_stmt *rsl_store_statement(struct rsl_store *store, enum store_statement which)
{
    if (store->statements[which] == NULL) {
        const int code = sqlite3_prepare_v3(store->db, sql[which], -1, SQLITE_PREPARE_PERSISTENT,
                                            &store->statements[which], NULL);
        if (code != SQLITE_OK)
            rsl_store_fail(store, code);
    }
    return store->statements[which];
}

void rsl_store_forget_statements(struct rsl_store *store)
{
    for (unsigned i = 0; i < STORE_NSTATEMENTS; i++) {
        sqlite3_finalize(store->statements[i]);
        store->statements[i] = NULL;
    }
}

enum rsl_status rsl_store_step(struct rsl_store *store, sqlite3_stmt *statement)
{
    const int code = sqlite3_step(statement);
    const enum rsl_status status = code == SQLITE_DONE ? RSL_OK : rsl_store_fail(store, code);
    sqlite3_reset(statement);
    return status;
}

/* Runs a statement whose only parameter is a file. */
static enum rsl_status run_for_file(struct rsl_store *store, enum store_statement which,
                                    int64_t file_id)
{
    sqlite3_stmt *statement = rsl_store_statement(store, which);
    if (statement == NULL)
        return RSL_EIO;
    sqlite3_bind_int64(statement, 1, file_id);
    return rsl_store_step(store, statement);
}

static bool is_utf8(const char *text, size_t nbytes)
{
    const uint8_t *p = (const uint8_t *)text, *end = p + nbytes;
    uint32_t code_point = 0;
    while (p < end && code_point != RSL_UTF8_BAD)
        p += *p < 0x80 ? 1 : rsl_utf8_decode(p, &code_point);
    return code_point != RSL_UTF8_BAD;
}

void rsl_store_bind_path(sqlite3_stmt *statement, int parameter, const char *path, size_t nbytes)
{
    if (is_utf8(path, nbytes))
        sqlite3_bind_text(statement, parameter, path, (int)nbytes, SQLITE_STATIC);
    else
        sqlite3_bind_blob(statement, parameter, path, (int)nbytes, SQLITE_STATIC);
}

static enum rsl_status put_errors(struct rsl_store *store, const struct rsl_store_file *file,
                                  const struct rsl_store_error *errors)
{
    sqlite3_stmt *put = rsl_store_statement(store, STORE_PUT_ERROR);
    enum rsl_status status = put == NULL ? RSL_EIO : RSL_OK;
    for (uint32_t i = 0; i < file->nerrors && status == RSL_OK; i++) {
        const struct rsl_store_error *error = &errors[i];
        const char *code = rsl_source_error_rustc_code(error->code);
        if (*code == '\0')
            code = rsl_source_error_name(error->code);
        sqlite3_bind_int64(put, 1, file->file_id);
        sqlite3_bind_int64(put, 2, i);
        sqlite3_bind_text(put, 3, code, -1, SQLITE_STATIC);
        sqlite3_bind_text(put, 4, rsl_source_error_message(error->code), -1, SQLITE_STATIC);
        sqlite3_bind_int64(put, 5, error->off);
        sqlite3_bind_int64(put, 6, error->nbytes);
        sqlite3_bind_int64(put, 7, error->line);
        sqlite3_bind_int64(put, 8, error->column);
        status = rsl_store_step(store, put);
    }
    return status;
}

/* The row of the file at that path is no longer what the stamp of its folder came from. */
static enum rsl_status put_stale(struct rsl_store *store, const char *path, size_t nbytes)
{
    if (store->mode == RSL_STORE_CREATE)
        return RSL_OK;
    const uint64_t folder = rsl_folder_hash(path, rsl_folder_nbytes(path, nbytes));
    return run_for_file(store, STORE_PUT_STALE_FOLDER, (int64_t)folder);
}

/* The same for a file by its number, if there is one. */
static enum rsl_status put_stale_of(struct rsl_store *store, int64_t file_id)
{
    sqlite3_stmt *get = rsl_store_statement(store, STORE_GET_PATH);
    if (get == NULL)
        return RSL_EIO;
    sqlite3_bind_int64(get, 1, file_id);
    const int code = sqlite3_step(get);
    enum rsl_status status = RSL_OK;
    if (code == SQLITE_ROW) {
        const char *path = sqlite3_column_blob(get, 0);
        status = put_stale(store, path == NULL ? "" : path, (size_t)sqlite3_column_bytes(get, 0));
    } else if (code != SQLITE_DONE) {
        status = rsl_store_fail(store, code);
    }
    sqlite3_reset(get);
    return status;
}

enum rsl_status rsl_store_put_file(struct rsl_store *store, struct rsl_store_file *file,
                                   const void *block, size_t block_nbytes,
                                   const struct rsl_store_error *errors)
{
    const bool is_new = file->file_id == 0, replaces = !is_new && store->mode != RSL_STORE_CREATE;
    /* What would take the path of another file must not take its row, and leave the rest of it. */
    sqlite3_stmt *put = rsl_store_statement(store, replaces ? STORE_PUT_FILE : STORE_ADD_FILE);
    sqlite3_stmt *put_block = rsl_store_statement(store, STORE_PUT_BLOCK);
    if (put == NULL || put_block == NULL)
        return RSL_EIO;
    enum rsl_status status = RSL_OK;
    if (file->archive_id == 0) /* folders in archives have no stamps */
        status = put_stale(store, file->path, file->path_nbytes);
    if (replaces && status == RSL_OK)
        status = run_for_file(store, STORE_REMOVE_ERRORS, file->file_id);
    if (status != RSL_OK)
        return status;
    if (is_new)
        sqlite3_bind_null(put, 1);
    else
        sqlite3_bind_int64(put, 1, file->file_id);
    rsl_store_bind_path(put, 2, file->path, file->path_nbytes);
    sqlite3_bind_int64(put, 3, file->nbytes);
    sqlite3_bind_int64(put, 4, file->mtime_ns);
    sqlite3_bind_blob(put, 5, file->hash, sizeof file->hash, SQLITE_STATIC);
    sqlite3_bind_text(put, 6, file->status, -1, SQLITE_STATIC);
    sqlite3_bind_int64(put, 7, file->nitems);
    sqlite3_bind_int64(put, 8, file->nerrors);
    sqlite3_bind_int64(put, 9, file->vendored);
    sqlite3_bind_int64(put, 10, file->links);
    if (file->message != NULL)
        sqlite3_bind_text(put, 11, file->message, -1, SQLITE_STATIC);
    else
        sqlite3_bind_null(put, 11);
    if (file->archive_id != 0)
        sqlite3_bind_int64(put, 12, file->archive_id);
    else
        sqlite3_bind_null(put, 12);
    status = rsl_store_step(store, put);
    if (status != RSL_OK)
        return status;
    if (is_new)
        file->file_id = sqlite3_last_insert_rowid(store->db);
    sqlite3_bind_int64(put_block, 1, file->file_id);
    sqlite3_bind_blob64(put_block, 2, block_nbytes > 0 ? block : "", block_nbytes, SQLITE_STATIC);
    status = rsl_store_step(store, put_block);
    if (status == RSL_OK && file->nerrors > 0 && errors != NULL)
        status = put_errors(store, file, errors);
    return status;
}

enum rsl_status rsl_store_touch_file(struct rsl_store *store, int64_t file_id, int64_t mtime_ns)
{
    const enum rsl_status status = put_stale_of(store, file_id);
    if (status != RSL_OK)
        return status;
    sqlite3_stmt *touch = rsl_store_statement(store, STORE_TOUCH_FILE);
    if (touch == NULL)
        return RSL_EIO;
    sqlite3_bind_int64(touch, 2, mtime_ns);
    return run_for_file(store, STORE_TOUCH_FILE, file_id);
}

enum rsl_status rsl_store_remove_file(struct rsl_store *store, int64_t file_id)
{
    static const enum store_statement statements[] = {STORE_REMOVE_FILE, STORE_REMOVE_BLOCK,
                                                      STORE_REMOVE_ERRORS, STORE_REMOVE_NAMES,
                                                      STORE_PUT_STALE};
    enum rsl_status status = put_stale_of(store, file_id);
    for (size_t i = 0; i < sizeof statements / sizeof *statements && status == RSL_OK; i++)
        status = run_for_file(store, statements[i], file_id);
    return status;
}

enum rsl_status rsl_store_put_names(struct rsl_store *store, int64_t file_id, const void *segment,
                                    size_t nbytes)
{
    const enum rsl_status status = run_for_file(store, STORE_PUT_STALE, file_id);
    if (status != RSL_OK)
        return status;
    if (nbytes == 0)
        return run_for_file(store, STORE_REMOVE_NAMES, file_id);
    sqlite3_stmt *put = rsl_store_statement(store, STORE_PUT_NAMES);
    if (put == NULL)
        return RSL_EIO;
    sqlite3_bind_blob64(put, 2, segment, nbytes, SQLITE_STATIC);
    return run_for_file(store, STORE_PUT_NAMES, file_id);
}

void rsl_store_name_key(const uint8_t *name, size_t nbytes, uint8_t *key_out)
{
    for (size_t i = 0; i < nbytes; i++)
        key_out[i] = rsl_names_fold(name[i]);
    key_out[nbytes] = 0;
    memcpy(key_out + nbytes + 1, name, nbytes);
}

enum rsl_status rsl_store_put_segment(struct rsl_store *store, const uint8_t *first,
                                      size_t first_nbytes, const void *segment, size_t nbytes)
{
    sqlite3_stmt *put = rsl_store_statement(store, STORE_PUT_SEGMENT);
    uint8_t *key = sqlite3_malloc64(2 * first_nbytes + 1);
    if (put == NULL || key == NULL) {
        sqlite3_free(key);
        return put == NULL ? RSL_EIO : rsl_store_fail(store, SQLITE_NOMEM);
    }
    rsl_store_name_key(first, first_nbytes, key);
    sqlite3_bind_blob64(put, 1, key, 2 * first_nbytes + 1, sqlite3_free);
    sqlite3_bind_blob64(put, 2, segment, nbytes, SQLITE_STATIC);
    const enum rsl_status status = rsl_store_step(store, put);
    sqlite3_clear_bindings(put);
    return status;
}

bool rsl_store_get_stamp(sqlite3_stmt *select, struct rsl_store_stamp *stamp_out)
{
    *stamp_out = (struct rsl_store_stamp){
        .file_id = sqlite3_column_int64(select, 0),
        .nbytes = sqlite3_column_int64(select, 2),
        .mtime_ns = sqlite3_column_int64(select, 3),
        .links = sqlite3_column_int64(select, 5),
    };
    /* The bytes of a blob too, and a NUL behind them. */
    stamp_out->path = (const char *)sqlite3_column_text(select, 1);
    stamp_out->path_nbytes = (size_t)sqlite3_column_bytes(select, 1);
    const void *hash = sqlite3_column_blob(select, 4);
    if (hash != NULL && sqlite3_column_bytes(select, 4) == sizeof stamp_out->hash)
        memcpy(stamp_out->hash, hash, sizeof stamp_out->hash);
    return stamp_out->path != NULL;
}

enum rsl_status rsl_store_each_file(struct rsl_store *store,
                                    bool (*each)(void *context, const struct rsl_store_stamp *file),
                                    void *context)
{
    sqlite3_stmt *select;
    int code = sqlite3_prepare_v2(
        store->db,
        "SELECT file_id, path, size, mtime, hash, links FROM files WHERE archive_id IS NULL"
        " ORDER BY file_id",
        -1, &select, NULL);
    while (code == SQLITE_OK || code == SQLITE_ROW) {
        code = sqlite3_step(select);
        struct rsl_store_stamp stamp;
        if (code == SQLITE_ROW && !rsl_store_get_stamp(select, &stamp))
            code = SQLITE_CORRUPT;
        else if (code == SQLITE_ROW && !each(context, &stamp))
            code = SQLITE_DONE;
    }
    const enum rsl_status status = code == SQLITE_DONE ? RSL_OK : rsl_store_fail(store, code);
    sqlite3_finalize(select);
    return status;
}

enum rsl_status rsl_store_find_file(struct rsl_store *store, const char *path,
                                    struct rsl_store_stamp *stamp_out)
{
    sqlite3_stmt *select = rsl_store_statement(store, STORE_FIND_FILE);
    *stamp_out = (struct rsl_store_stamp){0};
    if (select == NULL)
        return RSL_EIO;
    rsl_store_bind_path(select, 1, path, strlen(path));
    const int code = sqlite3_step(select);
    enum rsl_status status = RSL_EINVAL;
    if (code == SQLITE_ROW)
        status =
            rsl_store_get_stamp(select, stamp_out) ? RSL_OK : rsl_store_fail(store, SQLITE_CORRUPT);
    else if (code != SQLITE_DONE)
        status = rsl_store_fail(store, code);
    sqlite3_reset(select);
    stamp_out->path = path;
    return status;
}
