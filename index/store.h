/* store.h - the database of a tree: its files, and all that the parser knows of them, in SQLite.
 *
 * The schema, version RSL_STORE_VERSION. Any SQL reader sees the plain tables; the packed ones are
 * read through the tables of store_sql.h.
 *     files(file_id, path, size, mtime, hash, status, items, errors, vendored, links, message,
 *           archive_id)
 *         path: from the root of the tree; text, or a blob if it is not UTF-8. size: bytes. mtime:
 *         nanoseconds since 1970, negative if it was too fresh to be trusted. hash: XXH3-128 of
 *         the content, in canonical order. status: as in item records. items, errors: how many.
 *         links: a hash of what the file says to others. message: of an io-error.
 *         archive_id: the archive that it is in, or NULL
 *     errors(file_id, error_id, code, message, start, length, line, "column")
 *         what is wrong in the sources; column in code points
 *     packed_items(file_id, block)        pack.h
 *     name_segments(first, segment)       pack_names.h; by `first`, the first name, folded, a NUL,
 *                                         and as it is written
 *     name_changes(file_id, segment)      the names of files that have come or changed since the
 *                                         segments were written; file_id in it is 0
 *     name_stale(file_id)                 the files whose items in the segments do not count
 *
 *     crates, modules, deps               store_graph.h
 *     archives                            store_archives.h
 *     manifests(stamp)                    a number for the Cargo.toml files that these came from
 *     folder_stamps, folder_stale         store_folders.h
 *
 * One process writes at a time (rsl_store_lock), any number read beside it: they see the last
 * commit. The journal is a write-ahead log with synchronous=NORMAL: after a crash of the process or
 * of the machine the database is that of some commit.
 *
 * A store is for one thread at a time; a process may have several. */
#ifndef RSL_INDEX_STORE_H
#define RSL_INDEX_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ds/ds.h"

#ifdef __cplusplus
extern "C" {
#endif

#define RSL_STORE_APPLICATION_ID 0x52736c65 /* "Rsle" */
#define RSL_STORE_VERSION        2

/* From which size on a segment of names closes. A page of 16 KiB keeps some of them. */
#define RSL_STORE_SEGMENT_NBYTES 3300

struct rsl_store;
struct sqlite3;

enum rsl_store_mode {
    RSL_STORE_READ,
    RSL_STORE_WRITE,
    /* A new database that nobody else looks at, without any journal: after a crash it is worth
     * nothing. rsl_store_finish() makes it durable. */
    RSL_STORE_CREATE,
};

/* What was found. */
enum rsl_store_state {
    RSL_STORE_READY,
    RSL_STORE_MISSING,       /* there is no such file, or an empty one */
    RSL_STORE_FOREIGN,       /* something else than a database of this program */
    RSL_STORE_OTHER_VERSION, /* of an older or newer version of it */
    RSL_STORE_CORRUPT,
    RSL_STORE_UNREADABLE, /* a system call failed; see the message */
};

/* Opens the database file at `path`. vfs: a name known to SQLite, NULL for the default. The state
 * is RSL_STORE_READY, or else only rsl_store_message() and rsl_store_close() may be called.
 * Returns NULL if there is no memory. */
struct rsl_store *rsl_store_open(const char *path, enum rsl_store_mode mode, const char *vfs,
                                 enum rsl_store_state *state_out);

/* Rolls back what was not committed. NULL is allowed. */
void rsl_store_close(struct rsl_store *store);

/* What went wrong last, in SQLite's words; owned by the store. */
const char *rsl_store_message(const struct rsl_store *store);

/* Whether what went wrong last was that the file is no sound database. */
bool rsl_store_is_corrupt(const struct rsl_store *store);

/* The connection, which stays the store's. */
struct sqlite3 *rsl_store_connection(const struct rsl_store *store);

/* Whether the file at the store's path is no longer the one that it has open. */
bool rsl_store_has_moved(const struct rsl_store *store);

/* ---- one writer */

/* Becomes the only writer of the database at db_path, by a lock on the file db_path.lock, which
 * is made if need be. wait: if somebody else is, until it ends. Returns a file descriptor, to be
 * closed to end it (the end of the process does it too); -EWOULDBLOCK, and *holder_out is the
 * process that has the lock, 0 if that is not known; or another negative errno. */
int rsl_store_lock(const char *db_path, bool wait, int64_t *holder_out);

/* Whether `lock`, which rsl_store_lock gave for db_path, still keeps others out: its file may have
 * been taken away. */
bool rsl_store_is_lock(const char *db_path, int lock);

/* ---- rows. Functions that return a status give RSL_OK, RSL_ENOMEM, or RSL_EIO for all that SQLite
 * says: see the message. */

struct rsl_store_file {
    int64_t file_id; /* put: 0 for a new file, and then the new one is written here */
    const char *path;
    size_t path_nbytes;
    int64_t nbytes;
    int64_t mtime_ns;
    uint8_t hash[16];
    const char *status;
    uint32_t nitems, nerrors;
    bool vendored;
    int64_t links;       /* a hash of what the file says to others: names, uses, modules */
    const char *message; /* NULL if there is none */
    int64_t archive_id;  /* that it is in, 0: none */
};

struct rsl_store_error {
    uint32_t off, nbytes, line, column;
    uint16_t code; /* enum rsl_source_error_code */
};

enum rsl_status rsl_store_begin(struct rsl_store *store);
/* From here on to rsl_store_roll_back() all that is read is of one commit, whoever writes. */
enum rsl_status rsl_store_begin_reading(struct rsl_store *store);
enum rsl_status rsl_store_commit(struct rsl_store *store);
/* Undoes what was done since the beginning, if there is one. The message remains. */
void rsl_store_roll_back(struct rsl_store *store);

/* Writes all about a file but its names, in the place of what there was. file_id: see there; a new
 * database may be given any that is free. RSL_EIO if another file has the path. */
enum rsl_status rsl_store_put_file(struct rsl_store *store, struct rsl_store_file *file,
                                   const void *block, size_t block_nbytes,
                                   const struct rsl_store_error *errors);

/* Only the time of a file whose content is as it was. */
enum rsl_status rsl_store_touch_file(struct rsl_store *store, int64_t file_id, int64_t mtime_ns);

enum rsl_status rsl_store_remove_file(struct rsl_store *store, int64_t file_id);

/* The names of a file that came or changed: a segment, or nothing. Those in the segments no longer
 * count. */
enum rsl_status rsl_store_put_names(struct rsl_store *store, int64_t file_id, const void *segment,
                                    size_t nbytes);

/* The next of the segments that hold the names of all files. */
enum rsl_status rsl_store_put_segment(struct rsl_store *store, const uint8_t *first,
                                      size_t first_nbytes, const void *segment, size_t nbytes);

/* The key of a segment, or of a place to seek: folded, a NUL, as written. key_out: 2 * nbytes + 1.
 */
void rsl_store_name_key(const uint8_t *name, size_t nbytes, uint8_t *key_out);

/* Writes the segments anew if so many files have changed that searches would feel it. */
enum rsl_status rsl_store_tidy_names(struct rsl_store *store);

/* Commits a database made with RSL_STORE_CREATE and makes it one that others may open. */
enum rsl_status rsl_store_finish(struct rsl_store *store);

/* What tells whether a file is still the one that was read. */
struct rsl_store_stamp {
    int64_t file_id;
    const char *path; /* a NUL behind it; good during the call */
    size_t path_nbytes;
    int64_t nbytes, mtime_ns;
    uint8_t hash[16];
    int64_t links;
};

/* Calls `each` for every file that is in no archive, by file_id; false ends it. */
enum rsl_status rsl_store_each_file(struct rsl_store *store,
                                    bool (*each)(void *context, const struct rsl_store_stamp *file),
                                    void *context);

/* The stamp of one file that is in no archive; RSL_EINVAL if there is none at the path, and then it
 * is all zero. Its path is the caller's. */
enum rsl_status rsl_store_find_file(struct rsl_store *store, const char *path,
                                    struct rsl_store_stamp *stamp_out);

#ifdef __cplusplus
}
#endif

#endif
