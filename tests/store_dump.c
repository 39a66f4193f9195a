/* store_dump DATABASE ROOT: what the database holds, as `rustle scan --format jsonl --sort path`
 * prints it for the tree at ROOT. The names that its segments and changes hold are compared with
 * those of its items; a difference is an error. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "index/pack.h"
#include "index/pack_names.h"
#include "index/store.h"
#include "tools/jsonl.h"

static void fail(const char *what, const char *why)
{
    fprintf(stderr, "store_dump: %s: %s\n", what, why);
    exit(2);
}

static sqlite3_stmt *prepare(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *statement;
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
        fail(sql, sqlite3_errmsg(db));
    return statement;
}

static bool step(sqlite3 *db, sqlite3_stmt *statement)
{
    const int code = sqlite3_step(statement);
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        fail(sqlite3_sql(statement), sqlite3_errmsg(db));
    return code == SQLITE_ROW;
}

static const char *text(sqlite3_stmt *statement, int column)
{
    const char *value = (const char *)sqlite3_column_text(statement, column);
    return value == NULL ? "" : value;
}

/* A sum over all (name, posting) that does not depend on their order. */
struct name_sum {
    uint64_t n, sum;
};

static void add_name(struct name_sum *sum, const uint8_t *name, size_t nbytes,
                     const struct rsl_posting *posting)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < nbytes; i++)
        hash = (hash ^ name[i]) * UINT64_C(0x100000001b3);
    const uint64_t numbers[] = {posting->file_id, posting->item_id, posting->kind, posting->vis,
                                posting->vendored};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        hash = (hash ^ numbers[i]) * UINT64_C(0x9E3779B97F4A7C15);
    sum->n++;
    sum->sum += hash ^ hash >> 29;
}

static void add_segments(sqlite3 *db, const char *sql, struct name_sum *sum)
{
    sqlite3_stmt *select = prepare(db, sql);
    sqlite3_stmt *stale = prepare(db, "SELECT 1 FROM name_stale WHERE file_id=?");
    struct rsl_segment_reader reader = {0};
    uint8_t *last = NULL;
    size_t last_nbytes = 0;
    while (step(db, select)) {
        const uint32_t file_id = (uint32_t)sqlite3_column_int64(select, 0);
        rsl_segment_begin(&reader, sqlite3_column_blob(select, 1),
                          (size_t)sqlite3_column_bytes(select, 1));
        if (file_id != 0)
            last_nbytes = 0;
        while (rsl_segment_next(&reader)) {
            const struct rsl_pack_buffer *name = &reader.name;
            if (last_nbytes > 0 &&
                rsl_names_compare(last, last_nbytes, name->bytes, name->nbytes) >= 0)
                fail("names", "out of order");
            last = realloc(last, name->nbytes + 1);
            last_nbytes = name->nbytes;
            memcpy(last, name->bytes, last_nbytes);
            struct rsl_posting_reader postings;
            rsl_postings_begin(&postings, reader.its_postings, reader.its_postings_nbytes);
            while (rsl_postings_next(&postings)) {
                if (file_id != 0)
                    postings.posting.file_id = file_id;
                sqlite3_bind_int64(stale, 1, postings.posting.file_id);
                const bool is_stale = file_id == 0 && step(db, stale);
                sqlite3_reset(stale);
                if (!is_stale)
                    add_name(sum, name->bytes, name->nbytes, &postings.posting);
            }
            if (postings.in.failed)
                fail("postings", "malformed");
        }
        if (reader.failed)
            fail("segment", "malformed");
    }
    free(last);
    rsl_pack_buffer_fini(&reader.name);
    sqlite3_finalize(stale);
    sqlite3_finalize(select);
}

static void add_items(const struct rsl_unpacked *unpacked, const char *path, uint32_t file_id,
                      bool vendored, struct name_sum *sum)
{
    for (uint32_t i = 0; i < unpacked->file.nitems; i++) {
        const struct rsl_item *item = &unpacked->file.items[i];
        const struct rsl_span span =
            item->kind == RSL_ITEM_IMPL ? rsl_names_of_impl(unpacked->src, item) : item->name;
        const struct rsl_posting posting = {file_id, i, item->kind, item->vis, vendored};
        if (span.end != 0)
            add_name(sum, unpacked->src + span.start, span.end - span.start, &posting);
    }
    size_t end = strlen(path), start = 0;
    const size_t n = rsl_names_of_path(path, end, &end, &start);
    const struct rsl_posting itself = {file_id, RSL_NONE, RSL_ITEM_MOD, RSL_VIS_NONE, vendored};
    if (n > 0)
        add_name(sum, (const uint8_t *)path + start, n, &itself);
}

static void put_source_errors(sqlite3 *db, sqlite3_stmt *errors, int64_t file_id, const char *path,
                              struct rsl_text_buffer *out)
{
    sqlite3_bind_int64(errors, 1, file_id);
    while (step(db, errors)) {
        const struct rsl_jsonl_error error = {
            .code = text(errors, 0),
            .message = text(errors, 1),
            .off = (uint32_t)sqlite3_column_int64(errors, 2),
            .nbytes = (uint32_t)sqlite3_column_int64(errors, 3),
            .line = (uint32_t)sqlite3_column_int64(errors, 4),
            .column = (uint32_t)sqlite3_column_int64(errors, 5),
        };
        rsl_jsonl_put_error(out, path, &error);
    }
    sqlite3_reset(errors);
}

int main(int argc, char **argv)
{
    if (argc != 3)
        fail("usage", "store_dump DATABASE ROOT");
    enum rsl_store_state state;
    struct rsl_store *store = rsl_store_open(argv[1], RSL_STORE_READ, NULL, &state);
    if (store == NULL || state != RSL_STORE_READY)
        fail(argv[1], store == NULL ? "no memory" : rsl_store_message(store));
    sqlite3 *db = rsl_store_connection(store);
    if (sqlite3_exec(db, "BEGIN", NULL, NULL, NULL) != SQLITE_OK) /* one state all along */
        fail("BEGIN", sqlite3_errmsg(db));
    sqlite3_stmt *check = prepare(db, "PRAGMA quick_check");
    if (!step(db, check) || strcmp(text(check, 0), "ok") != 0)
        fail("quick_check", text(check, 0));
    sqlite3_finalize(check);
    sqlite3_stmt *errors = prepare(db, "SELECT code, message, start, length, line, \"column\""
                                       " FROM errors WHERE file_id=? ORDER BY error_id");
    sqlite3_stmt *files =
        prepare(db, "SELECT file_id, CAST(path AS BLOB), size, status, errors, message, vendored,"
                    " items, block FROM files LEFT JOIN packed_items USING(file_id) ORDER BY 2");
    struct rsl_text_buffer out = {0};
    struct rsl_unpacked unpacked;
    struct name_sum of_items = {0}, of_segments = {0};
    rsl_unpacked_init(&unpacked, NULL);
    while (step(db, files)) {
        const int64_t file_id = sqlite3_column_int64(files, 0);
        const char *status = text(files, 3), *message = text(files, 5);
        char *path;
        if (asprintf(&path, "%s/%.*s", argv[2], sqlite3_column_bytes(files, 1),
                     (const char *)sqlite3_column_blob(files, 1)) < 0)
            fail("memory", "none");
        const uint32_t nerrors = (uint32_t)sqlite3_column_int64(files, 4);
        const bool has_block = sqlite3_column_bytes(files, 8) > 0;
        if (has_block != (strcmp(status, "io-error") != 0) ||
            (has_block && rsl_unpack_file(&unpacked, sqlite3_column_blob(files, 8),
                                          (size_t)sqlite3_column_bytes(files, 8)) != RSL_OK))
            fail(path, "bad block");
        if (!has_block)
            unpacked.file.nitems = 0;
        if (unpacked.file.nitems != sqlite3_column_int64(files, 7))
            fail(path, "another number of items");
        rsl_jsonl_put_file(&out, path, (size_t)sqlite3_column_int64(files, 2), status,
                           unpacked.file.nitems, nerrors);
        if (has_block)
            rsl_jsonl_put_items(&out, &unpacked.file, unpacked.src);
        if (*message != '\0')
            rsl_jsonl_put_io_error(&out, path, message);
        else
            put_source_errors(db, errors, file_id, path, &out);
        if (has_block)
            add_items(&unpacked, path + strlen(argv[2]) + 1, (uint32_t)file_id,
                      sqlite3_column_int(files, 6) != 0, &of_items);
        rsl_text_buffer_write(&out, stdout);
        out.nbytes = 0;
        free(path);
    }
    add_segments(db, "SELECT 0, segment FROM name_segments ORDER BY first", &of_segments);
    add_segments(db, "SELECT file_id, segment FROM name_changes", &of_segments);
    if (of_items.n != of_segments.n || of_items.sum != of_segments.sum) {
        fprintf(stderr, "%" PRIu64 " items have names, %" PRIu64 " are found by name\n", of_items.n,
                of_segments.n);
        fail("names", "not those of the items");
    }
    sqlite3_stmt *orphans =
        prepare(db, "SELECT (SELECT count(*) FROM packed_items WHERE file_id NOT IN"
                    " (SELECT file_id FROM files)) + (SELECT count(*) FROM errors WHERE file_id"
                    " NOT IN (SELECT file_id FROM files)) + (SELECT count(*) FROM name_changes"
                    " WHERE file_id NOT IN (SELECT file_id FROM files))");
    if (!step(db, orphans) || sqlite3_column_int(orphans, 0) != 0)
        fail("rows", "of no file");
    sqlite3_finalize(orphans);
    rsl_text_buffer_fini(&out);
    rsl_unpacked_fini(&unpacked);
    sqlite3_finalize(files);
    sqlite3_finalize(errors);
    rsl_store_close(store);
    if (fflush(stdout) != 0 || ferror(stdout))
        fail("standard output", "not written");
    return 0;
}
