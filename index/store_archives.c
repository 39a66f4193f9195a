#include "index/store_archives.h"

#include <string.h>

#include "index/store_internal.h"

static enum rsl_status run_for_archive(struct rsl_store *store, enum store_statement which,
                                       int64_t archive_id)
{
    sqlite3_stmt *statement = rsl_store_statement(store, which);
    if (statement == NULL)
        return RSL_EIO;
    sqlite3_bind_int64(statement, 1, archive_id);
    return rsl_store_step(store, statement);
}

static void bind_optional(sqlite3_stmt *statement, int parameter, const char *text, size_t nbytes)
{
    if (text != NULL)
        sqlite3_bind_text(statement, parameter, text, (int)nbytes, SQLITE_STATIC);
    else
        sqlite3_bind_null(statement, parameter);
}

static void bind_yanked(sqlite3_stmt *statement, int parameter, int yanked)
{
    if (yanked < 0)
        sqlite3_bind_null(statement, parameter);
    else
        sqlite3_bind_int(statement, parameter, yanked);
}

enum rsl_status rsl_store_put_archive(struct rsl_store *store, struct rsl_store_archive *archive)
{
    sqlite3_stmt *put = rsl_store_statement(store, STORE_PUT_ARCHIVE);
    if (put == NULL)
        return RSL_EIO;
    if (archive->archive_id == 0)
        sqlite3_bind_null(put, 1);
    else
        sqlite3_bind_int64(put, 1, archive->archive_id);
    rsl_store_bind_path(put, 2, archive->path, archive->path_nbytes);
    sqlite3_bind_int64(put, 3, archive->nbytes);
    sqlite3_bind_int64(put, 4, archive->mtime_ns);
    sqlite3_bind_blob(put, 5, archive->hash, sizeof archive->hash, SQLITE_STATIC);
    sqlite3_bind_text(put, 6, archive->status, -1, SQLITE_STATIC);
    bind_optional(put, 7, archive->name, archive->name_nbytes);
    bind_optional(put, 8, archive->version, archive->version_nbytes);
    bind_yanked(put, 9, archive->yanked);
    sqlite3_bind_int64(put, 10, archive->newest);
    sqlite3_bind_int64(put, 11, archive->nfiles);
    bind_optional(put, 12, archive->message,
                  archive->message != NULL ? strlen(archive->message) : 0);
    const enum rsl_status status = rsl_store_step(store, put);
    if (status == RSL_OK && archive->archive_id == 0)
        archive->archive_id = sqlite3_last_insert_rowid(store->db);
    return status;
}

enum rsl_status rsl_store_touch_archive(struct rsl_store *store, int64_t archive_id,
                                        int64_t mtime_ns, int yanked, bool newest)
{
    sqlite3_stmt *touch = rsl_store_statement(store, STORE_TOUCH_ARCHIVE);
    if (touch == NULL)
        return RSL_EIO;
    sqlite3_bind_int64(touch, 1, archive_id);
    sqlite3_bind_int64(touch, 2, mtime_ns);
    bind_yanked(touch, 3, yanked);
    sqlite3_bind_int64(touch, 4, newest);
    return rsl_store_step(store, touch);
}

enum rsl_status rsl_store_remove_archive(struct rsl_store *store, int64_t archive_id)
{
    /* What hangs on the files first, since it is found by them. */
    static const enum store_statement statements[] = {
        STORE_REMOVE_ARCHIVE_DEPS,   STORE_REMOVE_ARCHIVE_MODULES, STORE_REMOVE_ARCHIVE_CRATES,
        STORE_REMOVE_ARCHIVE_BLOCKS, STORE_REMOVE_ARCHIVE_ERRORS,  STORE_REMOVE_ARCHIVE_NAMES,
        STORE_PUT_ARCHIVE_STALE,     STORE_REMOVE_ARCHIVE_FILES,   STORE_REMOVE_ARCHIVE,
    };
    enum rsl_status status = RSL_OK;
    for (size_t i = 0; i < sizeof statements / sizeof *statements && status == RSL_OK; i++)
        status = run_for_archive(store, statements[i], archive_id);
    return status;
}

static enum rsl_status put_crates(struct rsl_store *store, int64_t archive_id,
                                  const struct rsl_store_graph *graph, const int64_t *file_ids)
{
    sqlite3_stmt *put = rsl_store_statement(store, STORE_PUT_CRATE);
    enum rsl_status status = put == NULL ? RSL_EIO : RSL_OK;
    for (size_t i = 0; i < graph->ncrates && status == RSL_OK; i++) {
        struct rsl_store_crate crate = graph->crates[i];
        crate.crate_id += archive_id * RSL_STORE_ARCHIVE_CRATES;
        crate.root_file = file_ids[crate.root_file - 1];
        rsl_store_bind_crate(put, &crate, 0);
        status = rsl_store_step(store, put);
    }
    return status;
}

static enum rsl_status put_modules(struct rsl_store *store, int64_t archive_id,
                                   const struct rsl_store_graph *graph, const int64_t *file_ids)
{
    sqlite3_stmt *put = rsl_store_statement(store, STORE_PUT_MODULE);
    enum rsl_status status = put == NULL ? RSL_EIO : RSL_OK;
    for (size_t i = 0; i < graph->nmodules && status == RSL_OK; i++) {
        struct rsl_store_module module = graph->modules[i];
        module.crate_id += archive_id * RSL_STORE_ARCHIVE_CRATES;
        module.file_id = file_ids[module.file_id - 1];
        if (module.declared_in != 0)
            module.declared_in = file_ids[module.declared_in - 1];
        rsl_store_bind_module(put, &module, 0);
        status = rsl_store_step(store, put);
    }
    return status;
}

static enum rsl_status put_deps(struct rsl_store *store, const struct rsl_store_graph *graph,
                                const int64_t *file_ids)
{
    sqlite3_stmt *put = rsl_store_statement(store, STORE_PUT_DEP);
    enum rsl_status status = put == NULL ? RSL_EIO : RSL_OK;
    for (size_t i = 0; i < graph->ndeps && status == RSL_OK; i++) {
        struct rsl_store_dep dep = graph->deps[i];
        dep.from_file = file_ids[dep.from_file - 1];
        dep.to_file = file_ids[dep.to_file - 1];
        rsl_store_bind_dep(put, &dep, 0);
        status = rsl_store_step(store, put);
    }
    return status;
}

enum rsl_status rsl_store_put_archive_graph(struct rsl_store *store, int64_t archive_id,
                                            const struct rsl_store_graph *graph,
                                            const int64_t *file_ids)
{
    enum rsl_status status = put_crates(store, archive_id, graph, file_ids);
    if (status == RSL_OK)
        status = put_modules(store, archive_id, graph, file_ids);
    return status == RSL_OK ? put_deps(store, graph, file_ids) : status;
}

enum rsl_status rsl_store_each_archive(struct rsl_store *store,
                                       bool (*each)(void *context,
                                                    const struct rsl_store_archive *archive),
                                       void *context)
{
    sqlite3_stmt *select;
    int code = sqlite3_prepare_v2(store->db,
                                  "SELECT archive_id, path, size, mtime, hash, status, yanked,"
                                  " newest, files FROM archives ORDER BY archive_id",
                                  -1, &select, NULL);
    while (code == SQLITE_OK || code == SQLITE_ROW) {
        code = sqlite3_step(select);
        if (code != SQLITE_ROW)
            break;
        struct rsl_store_archive archive = {
            .archive_id = sqlite3_column_int64(select, 0),
            .nbytes = sqlite3_column_int64(select, 2),
            .mtime_ns = sqlite3_column_int64(select, 3),
            .yanked =
                sqlite3_column_type(select, 6) == SQLITE_NULL ? -1 : sqlite3_column_int(select, 6),
            .newest = sqlite3_column_int(select, 7) != 0,
            .nfiles = sqlite3_column_int64(select, 8),
        };
        const void *hash = sqlite3_column_blob(select, 4);
        if (hash != NULL && sqlite3_column_bytes(select, 4) == sizeof archive.hash)
            memcpy(archive.hash, hash, sizeof archive.hash);
        /* The bytes of a blob too, and a NUL behind them. */
        archive.path = (const char *)sqlite3_column_text(select, 1);
        archive.path_nbytes = (size_t)sqlite3_column_bytes(select, 1);
        archive.status = (const char *)sqlite3_column_text(select, 5);
        if (archive.path == NULL || archive.status == NULL)
            code = SQLITE_CORRUPT;
        else if (!each(context, &archive))
            code = SQLITE_DONE;
    }
    const enum rsl_status status = code == SQLITE_DONE ? RSL_OK : rsl_store_fail(store, code);
    sqlite3_finalize(select);
    return status;
}
