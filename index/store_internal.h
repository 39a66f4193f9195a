/* store_internal.h - what the parts of the store share. */
#ifndef RSL_INDEX_STORE_INTERNAL_H
#define RSL_INDEX_STORE_INTERNAL_H

#include "index/store_sqlite.h"

#include "index/store.h"

enum store_statement {
    STORE_ADD_FILE,
    STORE_PUT_FILE,
    STORE_REMOVE_FILE,
    STORE_TOUCH_FILE,
    STORE_PUT_BLOCK,
    STORE_REMOVE_BLOCK,
    STORE_PUT_ERROR,
    STORE_REMOVE_ERRORS,
    STORE_PUT_SEGMENT,
    STORE_PUT_NAMES,
    STORE_REMOVE_NAMES,
    STORE_PUT_STALE,
    STORE_PUT_STALE_FOLDER,
    STORE_GET_PATH,
    STORE_GET_STAMPS_FROM,
    STORE_GET_BLOCK,
    STORE_GET_MODULES,
    STORE_FIND_FILE,
    STORE_GET_ARCHIVE,
    STORE_GET_VERSIONS,
    STORE_PUT_CRATE,
    STORE_PUT_MODULE,
    STORE_PUT_DEP,
    STORE_PUT_ARCHIVE,
    STORE_TOUCH_ARCHIVE,
    STORE_REMOVE_ARCHIVE,
    STORE_REMOVE_ARCHIVE_FILES,
    STORE_REMOVE_ARCHIVE_BLOCKS,
    STORE_REMOVE_ARCHIVE_ERRORS,
    STORE_REMOVE_ARCHIVE_NAMES,
    STORE_PUT_ARCHIVE_STALE,
    STORE_REMOVE_ARCHIVE_DEPS,
    STORE_REMOVE_ARCHIVE_MODULES,
    STORE_REMOVE_ARCHIVE_CRATES,
    STORE_NSTATEMENTS
};

struct rsl_store {
    sqlite3 *db;
    enum rsl_store_mode mode;
    int error; /* SQLite's code of what went wrong last */
    char message[256];
    sqlite3_stmt *statements[STORE_NSTATEMENTS]; /* NULL until they are used */
};

/* Notes what went wrong: SQLite's `code`. Returns the status for it. */
enum rsl_status rsl_store_fail(struct rsl_store *store, int code);

/* Prepares the statement if need be; NULL after a failure, which is noted. */
sqlite3_stmt *rsl_store_statement(struct rsl_store *store, enum store_statement which);

/* Runs a statement that gives no rows, and makes it ready for the next time. */
enum rsl_status rsl_store_step(struct rsl_store *store, sqlite3_stmt *statement);

/* The row at which a statement is that gives file_id, path, size, mtime, hash, links. False for
 * want of memory. */
bool rsl_store_get_stamp(sqlite3_stmt *select, struct rsl_store_stamp *stamp_out);

/* A path is text, or a blob if it is not UTF-8. Borrowed. */
void rsl_store_bind_path(sqlite3_stmt *statement, int parameter, const char *path, size_t nbytes);

/* Bind the columns of row i of a list of struct rsl_store_crate, _module, _dep. */
void rsl_store_bind_crate(sqlite3_stmt *statement, const void *list, size_t i);
void rsl_store_bind_module(sqlite3_stmt *statement, const void *list, size_t i);
void rsl_store_bind_dep(sqlite3_stmt *statement, const void *list, size_t i);

/* Finalizes all statements. */
void rsl_store_forget_statements(struct rsl_store *store);

/* Runs SQL that gives no rows. */
enum rsl_status rsl_store_run(struct rsl_store *store, const char *sql);

#endif
