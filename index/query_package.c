/* What is known of the package that a file belongs to. */
#include "index/query.h"

#include "index/query_internal.h"
#include "index/semver.h"
#include "index/store_internal.h"

static bool has_version(sqlite3_stmt *select, int column, const char *wanted)
{
    const char *version = (const char *)sqlite3_column_text(select, column);
    return version != NULL &&
           rsl_semver_matches(version, (size_t)sqlite3_column_bytes(select, column), wanted);
}

/* Whether one of the crates that the file is a module of has the version. */
static enum rsl_status find_in_crates(struct rsl_store *store, int64_t file_id, const char *wanted,
                                      bool *result_out)
{
    sqlite3_stmt *select = rsl_store_statement(store, STORE_GET_VERSIONS);
    if (select == NULL)
        return RSL_EIO;
    sqlite3_bind_int64(select, 1, file_id);
    int code = SQLITE_DONE;
    while (!*result_out && (code = sqlite3_step(select)) == SQLITE_ROW)
        *result_out = has_version(select, 0, wanted);
    const enum rsl_status status =
        *result_out || code == SQLITE_DONE ? RSL_OK : rsl_store_fail(store, code);
    sqlite3_reset(select);
    return status;
}

enum rsl_status rsl_query_is_of_version(struct rsl_store *store, const struct rsl_query *query,
                                        int64_t file_id, bool *result_out)
{
    *result_out = false;
    sqlite3_stmt *select = rsl_store_statement(store, STORE_GET_ARCHIVE);
    if (select == NULL)
        return RSL_EIO;
    sqlite3_bind_int64(select, 1, file_id);
    const int code = sqlite3_step(select);
    const bool is_in_archive = code == SQLITE_ROW;
    bool has_it = query->version == NULL;
    if (is_in_archive) {
        has_it = has_it || has_version(select, 0, query->version);
        *result_out = has_it && !(query->no_yanked && sqlite3_column_int(select, 1) != 0) &&
                      !(query->newest && sqlite3_column_int(select, 2) == 0);
    }
    const enum rsl_status status =
        is_in_archive || code == SQLITE_DONE ? RSL_OK : rsl_store_fail(store, code);
    sqlite3_reset(select);
    if (status != RSL_OK || is_in_archive)
        return status;
    *result_out = has_it;
    return has_it ? RSL_OK : find_in_crates(store, file_id, query->version, result_out);
}
