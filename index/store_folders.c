#include "index/store_folders.h"

#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "index/store_internal.h"

enum { STAMP_NBYTES = 16 };

void rsl_folder_stamps_fini(struct rsl_folder_stamps *stamps)
{
    free(stamps->slots);
    *stamps = (struct rsl_folder_stamps){0};
}

uint64_t rsl_folder_hash(const char *path, size_t nbytes)
{
    const uint64_t hash = XXH3_64bits(path, nbytes);
    return hash == 0 ? 1 : hash;
}

size_t rsl_folder_nbytes(const char *path, size_t nbytes)
{
    const char *slash = memrchr(path, '/', nbytes);
    return slash == NULL ? 0 : (size_t)(slash - path) + 1;
}

uint64_t rsl_folder_term(const char *name, size_t name_nbytes, int64_t nbytes, int64_t mtime_ns)
{
    const int64_t numbers[] = {nbytes, mtime_ns};
    return XXH3_64bits_withSeed(numbers, sizeof numbers, XXH3_64bits(name, name_nbytes));
}

/* ---- the table */

/* The slot of the folder, or the free one where it belongs. */
static struct rsl_folder_stamp *slot_of(const struct rsl_folder_stamps *stamps, uint64_t folder)
{
    size_t at = folder & (stamps->nslots - 1);
    while (stamps->slots[at].folder != 0 && stamps->slots[at].folder != folder)
        at = (at + 1) & (stamps->nslots - 1);
    return &stamps->slots[at];
}

static bool resize(struct rsl_folder_stamps *stamps, size_t nslots)
{
    struct rsl_folder_stamps wider = {.n = stamps->n, .nslots = nslots};
    wider.slots = calloc(nslots, sizeof *wider.slots);
    if (wider.slots == NULL)
        return false;
    for (size_t i = 0; i < stamps->nslots; i++) {
        if (stamps->slots[i].folder != 0)
            *slot_of(&wider, stamps->slots[i].folder) = stamps->slots[i];
    }
    free(stamps->slots);
    *stamps = wider;
    return true;
}

struct rsl_folder_stamp *rsl_folder_stamps_find(const struct rsl_folder_stamps *stamps,
                                                uint64_t folder)
{
    if (stamps->nslots == 0)
        return NULL;
    struct rsl_folder_stamp *stamp = slot_of(stamps, folder);
    return stamp->folder == 0 ? NULL : stamp;
}

struct rsl_folder_stamp *rsl_folder_stamps_at(struct rsl_folder_stamps *stamps, uint64_t folder)
{
    enum { LEAST = 64 };
    if (2 * (stamps->n + 1) > stamps->nslots &&
        !resize(stamps, stamps->nslots == 0 ? LEAST : 2 * stamps->nslots))
        return NULL;
    struct rsl_folder_stamp *stamp = slot_of(stamps, folder);
    stamps->n += stamp->folder == 0;
    stamp->folder = folder;
    return stamp;
}

bool rsl_folder_stamps_add(struct rsl_folder_stamps *stamps, const char *path, size_t path_nbytes,
                           int64_t nbytes, int64_t mtime_ns)
{
    const size_t skip = rsl_folder_nbytes(path, path_nbytes);
    struct rsl_folder_stamp *stamp = rsl_folder_stamps_at(stamps, rsl_folder_hash(path, skip));
    if (stamp == NULL)
        return false;
    stamp->is_there = true;
    stamp->no_trust |= mtime_ns < 0;
    stamp->sum += rsl_folder_term(path + skip, path_nbytes - skip, nbytes, mtime_ns);
    return true;
}

/* ---- in the database */

static uint64_t get64(const uint8_t *bytes)
{
    uint64_t number = 0;
    for (unsigned i = 0; i < 8; i++)
        number |= (uint64_t)bytes[i] << 8 * i;
    return number;
}

static void put64(uint8_t *bytes, uint64_t number)
{
    for (unsigned i = 0; i < 8; i++)
        bytes[i] = (uint8_t)(number >> 8 * i);
}

static int prepare(struct rsl_store *store, const char *sql, sqlite3_stmt **statement)
{
    return sqlite3_prepare_v2(store->db, sql, -1, statement, NULL);
}

/* Takes what a row of folder_stamps holds. */
static bool take_stamps(struct rsl_folder_stamps *stamps, const uint8_t *bytes, size_t nbytes)
{
    size_t nslots = 64;
    while (nslots < nbytes / STAMP_NBYTES * 2 + 2)
        nslots *= 2;
    if (!resize(stamps, nslots))
        return false;
    for (size_t at = 0; at + STAMP_NBYTES <= nbytes; at += STAMP_NBYTES) {
        struct rsl_folder_stamp *stamp = rsl_folder_stamps_at(stamps, get64(bytes + at));
        if (stamp == NULL)
            return false;
        stamp->sum = get64(bytes + at + 8);
        stamp->no_trust = stamp->sum == 0;
        stamp->is_known = true;
    }
    return true;
}

enum rsl_status rsl_store_get_folders(struct rsl_store *store, struct rsl_folder_stamps *stamps)
{
    sqlite3_stmt *select = NULL;
    int code = prepare(store, "SELECT stamps FROM folder_stamps", &select);
    if (code == SQLITE_OK && (code = sqlite3_step(select)) == SQLITE_ROW) {
        const void *bytes = sqlite3_column_blob(select, 0);
        const size_t nbytes = (size_t)sqlite3_column_bytes(select, 0);
        code = take_stamps(stamps, bytes, nbytes) ? SQLITE_DONE : SQLITE_NOMEM;
    }
    sqlite3_finalize(select);
    select = NULL;
    if (code == SQLITE_DONE)
        code = prepare(store, "SELECT folder FROM folder_stale", &select);
    while (code == SQLITE_OK && (code = sqlite3_step(select)) == SQLITE_ROW) {
        struct rsl_folder_stamp *stale =
            rsl_folder_stamps_at(stamps, (uint64_t)sqlite3_column_int64(select, 0));
        code = stale == NULL ? SQLITE_NOMEM : SQLITE_OK;
        if (stale != NULL)
            stale->is_known = stale->no_trust = true;
    }
    const enum rsl_status status = code == SQLITE_DONE ? RSL_OK : rsl_store_fail(store, code);
    sqlite3_finalize(select);
    return status;
}

static int compare_stamps(const void *a, const void *b)
{
    const struct rsl_folder_stamp *x = a, *y = b;
    return x->folder < y->folder ? -1 : x->folder > y->folder;
}

/* The row for the stamps; NULL if there is no memory. */
static uint8_t *pack_stamps(const struct rsl_folder_stamps *stamps, size_t *nbytes_out)
{
    struct rsl_folder_stamp *sorted = malloc((stamps->n + 1) * sizeof *sorted);
    uint8_t *bytes = malloc((stamps->n + 1) * STAMP_NBYTES);
    size_t n = 0;
    if (sorted == NULL || bytes == NULL) {
        free(sorted);
        free(bytes);
        return NULL;
    }
    for (size_t i = 0; i < stamps->nslots; i++) {
        const struct rsl_folder_stamp *stamp = &stamps->slots[i];
        if (stamp->folder != 0 && stamp->is_there)
            sorted[n++] = *stamp;
    }
    qsort(sorted, n, sizeof *sorted, compare_stamps);
    for (size_t i = 0; i < n; i++) {
        put64(bytes + i * STAMP_NBYTES, sorted[i].folder);
        put64(bytes + i * STAMP_NBYTES + 8, sorted[i].no_trust ? 0 : sorted[i].sum);
    }
    free(sorted);
    *nbytes_out = n * STAMP_NBYTES;
    return bytes;
}

/* Whether the database says just this already. Returns a code of SQLite. */
static int look_for(struct rsl_store *store, const uint8_t *bytes, size_t nbytes, bool *found_out)
{
    sqlite3_stmt *select = NULL;
    *found_out = false;
    int code = prepare(store,
                       "SELECT stamps FROM folder_stamps"
                       " WHERE NOT EXISTS (SELECT 1 FROM folder_stale)",
                       &select);
    if (code == SQLITE_OK && (code = sqlite3_step(select)) == SQLITE_ROW) {
        *found_out = (size_t)sqlite3_column_bytes(select, 0) == nbytes &&
                     (nbytes == 0 || memcmp(sqlite3_column_blob(select, 0), bytes, nbytes) == 0);
        code = SQLITE_DONE;
    }
    sqlite3_finalize(select);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

enum rsl_status rsl_store_put_folders(struct rsl_store *store,
                                      const struct rsl_folder_stamps *stamps)
{
    size_t nbytes = 0;
    bool found;
    uint8_t *bytes = pack_stamps(stamps, &nbytes);
    if (bytes == NULL)
        return rsl_store_fail(store, SQLITE_NOMEM);
    sqlite3_stmt *put = NULL;
    int code = look_for(store, bytes, nbytes, &found);
    enum rsl_status status = RSL_OK;
    if (code == SQLITE_OK && !found) {
        code = prepare(store, "INSERT OR REPLACE INTO folder_stamps VALUES(1,?)", &put);
        if (code == SQLITE_OK) {
            sqlite3_bind_blob64(put, 1, bytes, nbytes, SQLITE_STATIC);
            status = rsl_store_step(store, put);
        }
        if (code == SQLITE_OK && status == RSL_OK)
            status = rsl_store_run(store, "DELETE FROM folder_stale");
    }
    if (code != SQLITE_OK)
        status = rsl_store_fail(store, code);
    sqlite3_finalize(put);
    free(bytes);
    return status;
}

/* ---- the files of a folder */

/* A way through the paths that begin with path[0..nbytes), a folder's with its slash. What lies in
 * a folder below is leapt over. Paths that are text come apart from those that are blobs. */
struct way {
    sqlite3_stmt *select;
    const char *path;
    size_t nbytes;
    bool is_blob;
    char *from; /* the least path that may come next */
    bool ended;
};

/* Goes on at path[0..nbytes), with the last byte being one more. Returns a code of SQLite. */
static int leap(struct way *way, const char *path, size_t nbytes, unsigned more)
{
    char *from = realloc(way->from, nbytes + 1);
    if (from == NULL)
        return SQLITE_NOMEM;
    if (nbytes > 0) {
        memcpy(from, path, nbytes);
        from[nbytes - 1] = (char)(from[nbytes - 1] + (int)more);
    }
    way->from = from;
    sqlite3_reset(way->select);
    return way->is_blob ? sqlite3_bind_blob(way->select, 1, from, (int)nbytes, SQLITE_STATIC)
                        : sqlite3_bind_text(way->select, 1, from, (int)nbytes, SQLITE_STATIC);
}

/* Returns SQLITE_DONE at the end, or another code of SQLite. */
static int go_through(struct way *way,
                      bool (*each)(void *context, const struct rsl_store_stamp *file),
                      void *context)
{
    int code = leap(way, way->path, way->nbytes, 0);
    while (code == SQLITE_OK) {
        struct rsl_store_stamp stamp;
        code = sqlite3_step(way->select);
        if (code != SQLITE_ROW)
            return code;
        if ((sqlite3_column_type(way->select, 1) == SQLITE_BLOB) != way->is_blob)
            return SQLITE_DONE;
        if (!rsl_store_get_stamp(way->select, &stamp))
            return SQLITE_CORRUPT;
        if (stamp.path_nbytes < way->nbytes || memcmp(stamp.path, way->path, way->nbytes) != 0)
            return SQLITE_DONE;
        const char *slash = memchr(stamp.path + way->nbytes, '/', stamp.path_nbytes - way->nbytes);
        code = SQLITE_OK;
        if (slash != NULL)
            code = leap(way, stamp.path, (size_t)(slash - stamp.path) + 1, 1);
        else if (!each(context, &stamp))
            way->ended = true;
        if (way->ended)
            code = SQLITE_DONE;
    }
    return code;
}

enum rsl_status
rsl_store_each_file_in(struct rsl_store *store, const char *path, size_t path_nbytes,
                       bool (*each)(void *context, const struct rsl_store_stamp *file),
                       void *context)
{
    struct way way = {.select = rsl_store_statement(store, STORE_GET_STAMPS_FROM),
                      .path = path,
                      .nbytes = path_nbytes};
    int code = way.select == NULL ? store->error : SQLITE_DONE;
    for (int is_blob = 0; is_blob < 2 && code == SQLITE_DONE && !way.ended; is_blob++) {
        way.is_blob = is_blob;
        code = go_through(&way, each, context);
    }
    const enum rsl_status status = code == SQLITE_DONE ? RSL_OK : rsl_store_fail(store, code);
    if (way.select != NULL) {
        sqlite3_reset(way.select);
        sqlite3_clear_bindings(way.select);
    }
    free(way.from);
    return status;
}
