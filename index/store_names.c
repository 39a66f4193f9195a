/* Writing the segments of names anew, when too much has changed since. */
#include "index/store_internal.h"

#include <stdlib.h>

#include "index/pack_names.h"

/* Files changed or gone, beyond a share of all, from which on the segments are written anew. What
 * has changed is looked through by every search; a thousand files take it about a millisecond. */
enum { CHANGES_LEAST = 1024, CHANGES_SHARE = 16 };

static int64_t count(struct rsl_store *store, const char *sql)
{
    sqlite3_stmt *select;
    int64_t n = -1;
    int code = sqlite3_prepare_v2(store->db, sql, -1, &select, NULL);
    if (code == SQLITE_OK && (code = sqlite3_step(select)) == SQLITE_ROW)
        n = sqlite3_column_int64(select, 0);
    else
        rsl_store_fail(store, code);
    sqlite3_finalize(select);
    return n;
}

/* The file_ids that a query gives, ascending. */
struct ids {
    uint32_t *ids;
    size_t n;
};

static enum rsl_status read_stale(struct rsl_store *store, struct ids *stale_out)
{
    const int64_t n = count(store, "SELECT count(*) FROM name_stale");
    if (n < 0)
        return RSL_EIO;
    *stale_out = (struct ids){.ids = malloc(((size_t)n + 1) * sizeof *stale_out->ids)};
    sqlite3_stmt *select;
    if (stale_out->ids == NULL)
        return rsl_store_fail(store, SQLITE_NOMEM);
    int code = sqlite3_prepare_v2(store->db, "SELECT file_id FROM name_stale ORDER BY 1", -1,
                                  &select, NULL);
    if (code == SQLITE_OK) {
        while ((code = sqlite3_step(select)) == SQLITE_ROW && stale_out->n < (size_t)n)
            stale_out->ids[stale_out->n++] = (uint32_t)sqlite3_column_int64(select, 0);
    }
    sqlite3_finalize(select);
    return code == SQLITE_DONE ? RSL_OK : rsl_store_fail(store, code);
}

static bool contains(const struct ids *ids, uint32_t id)
{
    size_t low = 0, high = ids->n;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (ids->ids[middle] < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < ids->n && ids->ids[low] == id;
}

/* Adds what a segment holds; file_id 0: that in it, without the stale ones. */
static enum rsl_status add_segment(struct rsl_names *names, struct rsl_segment_reader *reader,
                                   const void *segment, size_t nbytes, uint32_t file_id,
                                   const struct ids *stale)
{
    enum rsl_status status = RSL_OK;
    rsl_segment_begin(reader, segment, nbytes);
    while (status == RSL_OK && rsl_segment_next(reader)) {
        struct rsl_posting_reader postings;
        rsl_postings_begin(&postings, reader->its_postings, reader->its_postings_nbytes);
        while (status == RSL_OK && rsl_postings_next(&postings)) {
            struct rsl_posting posting = postings.posting;
            if (file_id == 0 && contains(stale, posting.file_id))
                continue;
            if (file_id != 0)
                posting.file_id = file_id;
            status = rsl_names_add(names, reader->name.bytes, reader->name.nbytes, &posting);
        }
        if (postings.in.failed)
            return RSL_EINVAL;
    }
    return reader->failed ? RSL_EINVAL : status;
}

static enum rsl_status add_all(struct rsl_store *store, struct rsl_names *names, const char *sql,
                               const struct ids *stale)
{
    sqlite3_stmt *select;
    struct rsl_segment_reader reader = {0};
    enum rsl_status status = RSL_OK;
    int code = sqlite3_prepare_v2(store->db, sql, -1, &select, NULL);
    if (code == SQLITE_OK) {
        while (status == RSL_OK && (code = sqlite3_step(select)) == SQLITE_ROW)
            status = add_segment(names, &reader, sqlite3_column_blob(select, 1),
                                 (size_t)sqlite3_column_bytes(select, 1),
                                 (uint32_t)sqlite3_column_int64(select, 0), stale);
    }
    if (status == RSL_EINVAL)
        code = SQLITE_CORRUPT;
    else if (status == RSL_ENOMEM)
        code = SQLITE_NOMEM;
    status = code == SQLITE_DONE ? RSL_OK : rsl_store_fail(store, code);
    sqlite3_finalize(select);
    rsl_pack_buffer_fini(&reader.name);
    return status;
}

struct target {
    struct rsl_store *store;
    enum rsl_status status;
};

static bool put_segment(void *context, const uint8_t *first, size_t first_nbytes,
                        const uint8_t *segment, size_t nbytes)
{
    struct target *target = context;
    target->status = rsl_store_put_segment(target->store, first, first_nbytes, segment, nbytes);
    return target->status == RSL_OK;
}

static enum rsl_status rewrite(struct rsl_store *store)
{
    struct ids stale = {0};
    struct rsl_names *names = rsl_names_create(NULL);
    enum rsl_status status = names == NULL ? rsl_store_fail(store, SQLITE_NOMEM) : RSL_OK;
    if (status == RSL_OK)
        status = read_stale(store, &stale);
    if (status == RSL_OK)
        status = add_all(store, names, "SELECT 0, segment FROM name_segments", &stale);
    if (status == RSL_OK)
        status = add_all(store, names, "SELECT file_id, segment FROM name_changes", &stale);
    if (status == RSL_OK)
        status = rsl_store_run(store, "DELETE FROM name_segments; DELETE FROM name_changes;"
                                      "DELETE FROM name_stale");
    if (status == RSL_OK && rsl_names_sort(names) != RSL_OK)
        status = rsl_store_fail(store, SQLITE_NOMEM);
    if (status == RSL_OK) {
        struct target target = {store, RSL_OK};
        status = rsl_names_write(&names, 1, RSL_STORE_SEGMENT_NBYTES, put_segment, &target);
        if (status == RSL_ECANCELED)
            status = target.status;
        else if (status == RSL_ENOMEM)
            rsl_store_fail(store, SQLITE_NOMEM);
    }
    rsl_names_destroy(names);
    free(stale.ids);
    return status;
}

enum rsl_status rsl_store_tidy_names(struct rsl_store *store)
{
    const int64_t nchanged = count(store, "SELECT (SELECT count(*) FROM name_changes)"
                                          " + (SELECT count(*) FROM name_stale)");
    if (nchanged < 0)
        return RSL_EIO;
    if (nchanged <= CHANGES_LEAST)
        return RSL_OK;
    const int64_t nfiles = count(store, "SELECT count(*) FROM files");
    if (nfiles < 0)
        return RSL_EIO;
    return nchanged > CHANGES_LEAST + nfiles / CHANGES_SHARE ? rewrite(store) : RSL_OK;
}
