#include "index/store_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static const char schema[] =
    "CREATE TABLE files("
    " file_id INTEGER PRIMARY KEY, path NOT NULL UNIQUE, size INTEGER NOT NULL,"
    " mtime INTEGER NOT NULL, hash BLOB NOT NULL, status TEXT NOT NULL, items INTEGER NOT NULL,"
    " errors INTEGER NOT NULL, vendored INTEGER NOT NULL, links INTEGER NOT NULL, message TEXT,"
    " archive_id INTEGER);"
    "CREATE INDEX files_of_archives ON files(archive_id) WHERE archive_id IS NOT NULL;"
    "CREATE TABLE archives("
    " archive_id INTEGER PRIMARY KEY, path NOT NULL UNIQUE, size INTEGER NOT NULL,"
    " mtime INTEGER NOT NULL, hash BLOB NOT NULL, status TEXT NOT NULL, name TEXT, version TEXT,"
    " yanked INTEGER, newest INTEGER NOT NULL, files INTEGER NOT NULL, message TEXT);"
    "CREATE TABLE errors("
    " file_id INTEGER NOT NULL, error_id INTEGER NOT NULL, code TEXT NOT NULL,"
    " message TEXT NOT NULL, start INTEGER NOT NULL, length INTEGER NOT NULL,"
    " line INTEGER NOT NULL, \"column\" INTEGER NOT NULL,"
    " PRIMARY KEY(file_id, error_id)) WITHOUT ROWID;"
    "CREATE TABLE packed_items(file_id INTEGER PRIMARY KEY, block BLOB NOT NULL);"
    "CREATE TABLE name_segments(first BLOB PRIMARY KEY, segment BLOB NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE name_changes(file_id INTEGER PRIMARY KEY, segment BLOB NOT NULL);"
    "CREATE TABLE name_stale(file_id INTEGER PRIMARY KEY);"
    "CREATE TABLE crates("
    " crate_id INTEGER PRIMARY KEY, name TEXT NOT NULL, root_file INTEGER NOT NULL,"
    " package TEXT, version TEXT);"
    "CREATE TABLE modules("
    " file_id INTEGER NOT NULL, crate_id INTEGER NOT NULL, path TEXT NOT NULL, kind TEXT NOT NULL,"
    " declared_in INTEGER, PRIMARY KEY(file_id, crate_id, path, kind)) WITHOUT ROWID;"
    "CREATE TABLE deps("
    " from_file INTEGER NOT NULL, to_file INTEGER NOT NULL, kind TEXT NOT NULL,"
    " count INTEGER NOT NULL, PRIMARY KEY(from_file, to_file, kind)) WITHOUT ROWID;"
    "CREATE TABLE manifests(id INTEGER PRIMARY KEY, stamp INTEGER NOT NULL);"
    "CREATE TABLE folder_stamps(id INTEGER PRIMARY KEY, stamps BLOB NOT NULL);"
    "CREATE TABLE folder_stale(folder INTEGER PRIMARY KEY);";

enum rsl_status rsl_store_fail(struct rsl_store *store, int code)
{
    store->error = code;
    const char *text = store->db != NULL ? sqlite3_errmsg(store->db) : sqlite3_errstr(code);
    const int error = store->db != NULL ? sqlite3_system_errno(store->db) : 0;
    const bool is_system = (code & 0xFF) == SQLITE_IOERR || (code & 0xFF) == SQLITE_CANTOPEN;
    if (is_system && error != 0)
        snprintf(store->message, sizeof store->message, "%s: %s", text, strerror(error));
    else
        snprintf(store->message, sizeof store->message, "%s", text);
    return (code & 0xFF) == SQLITE_NOMEM ? RSL_ENOMEM : RSL_EIO;
}

enum rsl_status rsl_store_run(struct rsl_store *store, const char *sql)
{
    const int code = sqlite3_exec(store->db, sql, NULL, NULL, NULL);
    return code == SQLITE_OK ? RSL_OK : rsl_store_fail(store, code);
}

/* The number that a pragma gives; false, noted, if it gives none. */
static bool get_number(struct rsl_store *store, const char *sql, int64_t *number_out)
{
    sqlite3_stmt *statement;
    int code = sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL);
    if (code == SQLITE_OK) {
        code = sqlite3_step(statement);
        *number_out = code == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
    }
    if (code != SQLITE_ROW)
        rsl_store_fail(store, code);
    sqlite3_finalize(statement);
    return code == SQLITE_ROW;
}

static enum rsl_store_state state_of_failure(const struct rsl_store *store)
{
    switch (store->error & 0xFF) {
    case SQLITE_NOTADB: return RSL_STORE_FOREIGN;
    case SQLITE_CORRUPT: return RSL_STORE_CORRUPT;
    default: return RSL_STORE_UNREADABLE;
    }
}

/* The pages that all of a table begins at are looked at before anything is believed. */
static const char *const tables[] = {
    "files", "packed_items", "name_segments", "name_changes", "name_stale", "crates",   "modules",
    "deps",  "manifests",    "folder_stamps", "folder_stale", "errors",     "archives",
};

/* Looks at what an opened file is. */
static enum rsl_store_state look(struct rsl_store *store)
{
    int64_t application_id = 0, version = 0, ntables = 0;
    if (!get_number(store, "PRAGMA application_id", &application_id) ||
        !get_number(store, "PRAGMA user_version", &version) ||
        !get_number(store, "SELECT count(*) FROM sqlite_schema", &ntables))
        return state_of_failure(store);
    if (application_id != RSL_STORE_APPLICATION_ID)
        return application_id == 0 && version == 0 && ntables == 0 ? RSL_STORE_MISSING
                                                                   : RSL_STORE_FOREIGN;
    if (version != RSL_STORE_VERSION)
        return RSL_STORE_OTHER_VERSION;
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        char sql[64];
        int64_t n;
        snprintf(sql, sizeof sql, "SELECT count(*) FROM (SELECT 1 FROM %s LIMIT 1)", tables[i]);
        if (!get_number(store, sql, &n))
            return (store->error & 0xFF) == SQLITE_ERROR ? RSL_STORE_CORRUPT /* it is missing */
                                                         : state_of_failure(store);
    }
    return RSL_STORE_READY;
}

static enum rsl_status prepare_new(struct rsl_store *store)
{
    char identity[128];
    snprintf(identity, sizeof identity, "PRAGMA application_id=%d; PRAGMA user_version=%d",
             RSL_STORE_APPLICATION_ID, RSL_STORE_VERSION);
    enum rsl_status status =
        rsl_store_run(store, "PRAGMA page_size=16384; PRAGMA journal_mode=OFF;"
                             "PRAGMA synchronous=OFF; PRAGMA locking_mode=EXCLUSIVE");
    if (status == RSL_OK)
        status = rsl_store_run(store, identity);
    return status == RSL_OK ? rsl_store_run(store, schema) : status;
}

/* A database in a folder that cannot be written to has nowhere to put the shared memory of its log.
 * If there is no log either, nobody is writing, and it can be read as a file that does not change.
 */
static int open_immutable(struct rsl_store *store, const char *path, const char *vfs)
{
    struct stat st;
    char *log = sqlite3_mprintf("%s-wal", path);
    if (log == NULL)
        return SQLITE_NOMEM;
    const bool has_log = stat(log, &st) == 0 && st.st_size > 0;
    sqlite3_free(log);
    if (has_log)
        return SQLITE_CANTOPEN;
    char *uri = malloc(3 * strlen(path) + sizeof "file:?immutable=1");
    if (uri == NULL)
        return SQLITE_NOMEM;
    char *at = uri + sprintf(uri, "file:");
    for (const char *p = path; *p != '\0'; p++) {
        if (*p == '%' || *p == '?' || *p == '#')
            at += sprintf(at, "%%%02X", (unsigned)*p);
        else
            *at++ = *p;
    }
    sprintf(at, "?immutable=1");
    sqlite3_close(store->db);
    store->db = NULL;
    const int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI;
    const int code = sqlite3_open_v2(uri, &store->db, flags, vfs);
    free(uri);
    return code;
}

static enum rsl_store_state open_existing(struct rsl_store *store, const char *path,
                                          const char *vfs)
{
    struct stat st;
    if (stat(path, &st) != 0) {
        snprintf(store->message, sizeof store->message, "%s", strerror(errno));
        return errno == ENOENT ? RSL_STORE_MISSING : RSL_STORE_UNREADABLE;
    }
    const bool reads = store->mode == RSL_STORE_READ;
    const int flags = (reads ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE) | SQLITE_OPEN_NOMUTEX;
    int code = sqlite3_open_v2(path, &store->db, flags, vfs);
    if (code != SQLITE_OK) {
        rsl_store_fail(store, code);
        return state_of_failure(store);
    }
    sqlite3_busy_timeout(store->db, 60000);
    enum rsl_store_state state = look(store);
    const int why = store->error & 0xFF;
    if (state == RSL_STORE_UNREADABLE && reads &&
        (why == SQLITE_CANTOPEN || why == SQLITE_READONLY)) {
        code = open_immutable(store, path, vfs);
        if (code == SQLITE_OK)
            state = look(store);
        else
            rsl_store_fail(store, code);
    }
    if (state == RSL_STORE_READY && !reads &&
        rsl_store_run(store, "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL") != RSL_OK)
        return state_of_failure(store);
    return state;
}

struct rsl_store *rsl_store_open(const char *path, enum rsl_store_mode mode, const char *vfs,
                                 enum rsl_store_state *state_out)
{
    *state_out = RSL_STORE_UNREADABLE;
    struct rsl_store *store = calloc(1, sizeof *store);
    if (store == NULL)
        return NULL;
    store->mode = mode;
    if (mode != RSL_STORE_CREATE) {
        *state_out = open_existing(store, path, vfs);
        return store;
    }
    const int code = sqlite3_open_v2(
        path, &store->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, vfs);
    if (code != SQLITE_OK)
        rsl_store_fail(store, code);
    else if (prepare_new(store) == RSL_OK)
        *state_out = RSL_STORE_READY;
    return store;
}

void rsl_store_close(struct rsl_store *store)
{
    if (store == NULL)
        return;
    rsl_store_forget_statements(store);
    sqlite3_close(store->db);
    free(store);
}

const char *rsl_store_message(const struct rsl_store *store)
{
    return store->message;
}

bool rsl_store_is_corrupt(const struct rsl_store *store)
{
    return (store->error & 0xFF) == SQLITE_CORRUPT || (store->error & 0xFF) == SQLITE_NOTADB;
}

struct sqlite3 *rsl_store_connection(const struct rsl_store *store)
{
    return store->db;
}

enum rsl_status rsl_store_begin(struct rsl_store *store)
{
    return rsl_store_run(store, "BEGIN IMMEDIATE");
}

enum rsl_status rsl_store_begin_reading(struct rsl_store *store)
{
    return rsl_store_run(store, "BEGIN");
}

enum rsl_status rsl_store_commit(struct rsl_store *store)
{
    return rsl_store_run(store, "COMMIT");
}

void rsl_store_roll_back(struct rsl_store *store)
{
    if (!sqlite3_get_autocommit(store->db))
        sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
}

bool rsl_store_has_moved(const struct rsl_store *store)
{
    int moved = 0;
    return sqlite3_file_control(store->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK &&
           moved != 0;
}

enum rsl_status rsl_store_finish(struct rsl_store *store)
{
    enum rsl_status status = rsl_store_commit(store);
    if (status == RSL_OK)
        status = rsl_store_run(store, "PRAGMA locking_mode=NORMAL; PRAGMA journal_mode=WAL");
    return status;
}

static char *lock_path(const char *db_path)
{
    char *path;
    return asprintf(&path, "%s.lock", db_path) < 0 ? NULL : path;
}

bool rsl_store_is_lock(const char *db_path, int lock)
{
    struct stat at_path, locked;
    char *path = lock_path(db_path);
    const bool is_lock = path != NULL && lstat(path, &at_path) == 0 && fstat(lock, &locked) == 0 &&
                         at_path.st_dev == locked.st_dev && at_path.st_ino == locked.st_ino;
    free(path);
    return is_lock;
}

int rsl_store_lock(const char *db_path, bool wait, int64_t *holder_out)
{
    char text[32];
    *holder_out = 0;
    char *path = lock_path(db_path);
    if (path == NULL)
        return -ENOMEM;
    /* A tree from elsewhere may bring a link of this name, to what is not to be written. */
    const int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666);
    int error = fd < 0 ? errno : 0;
    free(path);
    while (error == 0 && flock(fd, LOCK_EX | (wait ? 0 : LOCK_NB)) != 0) {
        if (errno == EINTR)
            continue;
        error = errno;
    }
    if (error == EWOULDBLOCK) {
        const ssize_t n = pread(fd, text, sizeof text - 1, 0);
        text[n > 0 ? n : 0] = '\0';
        *holder_out = strtoll(text, NULL, 10);
    }
    if (error != 0) {
        if (fd >= 0)
            close(fd);
        return -error;
    }
    /* For others to tell; the lock does not depend on it. */
    const int n = snprintf(text, sizeof text, "%lld\n", (long long)getpid());
    if (ftruncate(fd, 0) != 0 || pwrite(fd, text, (size_t)n, 0) != n)
        return fd;
    return fd;
}
