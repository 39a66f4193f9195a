#include "tools/watch_version.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "index/fingerprint.h"
#include "sched/watch.h"
#include "tools/index_tree.h"
#include "tools/jsonl.h"
#include "tools/report.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

enum { FIRST_SCRATCH = 16384 };

void rsl_watch_version_destroy(struct rsl_watch_version *version)
{
    if (version == NULL)
        return;
    rsl_item_digest_destroy(version->digest, NULL);
    rsl_text_buffer_fini(&version->diagnostics);
    rsl_live_change_destroy(version->change);
    free(version);
}

bool rsl_version_reader_init(struct rsl_version_reader *reader, const char *root)
{
    *reader = (struct rsl_version_reader){.builder = rsl_digest_builder_create(NULL)};
    rsl_arena_init(&reader->scratch, &rsl_allocator_default, FIRST_SCRATCH);
    if (reader->builder == NULL || rsl_file_indexer_init(&reader->indexer) != RSL_OK) {
        rsl_digest_builder_destroy(reader->builder);
        return false;
    }
    reader->indexer.work = RSL_INDEX_CHANGED;
    reader->indexer.keeps_facts = true;
    reader->has_database = root != NULL;
    reader->root_nbytes = root == NULL ? 0 : rsl_index_root_nbytes(root);
    return true;
}

void rsl_version_reader_fini(struct rsl_version_reader *reader)
{
    rsl_digest_builder_destroy(reader->builder);
    rsl_arena_fini(&reader->scratch);
    rsl_file_indexer_fini(&reader->indexer);
}

/* ---- on a worker */

bool rsl_version_is_manifest(const char *path)
{
    const char *slash = strrchr(path, '/');
    return strcmp(slash == NULL ? path : slash + 1, "Cargo.toml") == 0;
}

static bool is_utf8(const struct rsl_file *file)
{
    for (uint32_t i = 0; i < file->nerrors; i++)
        if (file->errors[i].code == RSL_SOURCE_ERROR_NOT_UTF8)
            return false;
    return true;
}

/* A change for the database of the file, which is there. NULL without memory. */
static struct rsl_live_change *change_of(const struct rsl_version_reader *reader, const char *path)
{
    struct rsl_live_change *change = rsl_live_change_create(path + reader->root_nbytes);
    if (change != NULL)
        change->row.is_gone = false;
    return change;
}

/* What the parse says, for the database. False without memory. */
static bool make_row(struct rsl_version_reader *reader, const char *path, int64_t read_ns,
                     struct rsl_watch_version *version)
{
    version->change = change_of(reader, path);
    if (version->change == NULL ||
        rsl_file_indexer_finish(&reader->indexer, read_ns, &version->change->row) != RSL_OK)
        return false;
    version->change->bytes = reader->indexer.bytes;
    reader->indexer.bytes = (struct rsl_pack_buffer){0};
    return true;
}

/* What the parse says, for the lines. False without memory. */
static bool describe(struct rsl_version_reader *reader, const char *path,
                     struct rsl_watch_version *version)
{
    struct rsl_file *file = &reader->indexer.file;
    const uint8_t *src = reader->indexer.source.bytes;
    const bool utf8 = is_utf8(file);
    if (!utf8)
        file->nitems = 0; /* names and texts of such a file are no text */
    version->status = !utf8 ? "not-utf8" : file->nerrors > 0 ? "error" : "ok";
    version->nbytes = reader->indexer.source.nbytes;
    version->nitems = file->nitems;
    version->nerrors = file->nerrors;
    rsl_report_put_errors(&version->diagnostics, path, file, src);
    return rsl_item_digest_create(reader->builder, file, src, &version->digest) == RSL_OK &&
           !version->diagnostics.failed;
}

/* `read_ns`: as of rsl_file_indexer_finish. is_same: for the database alone. NULL without memory.
 */
static struct rsl_watch_version *parse(struct rsl_version_reader *reader, const char *path,
                                       int64_t read_ns, bool is_same, uint64_t *fingerprint_out)
{
    struct rsl_file *file = &reader->indexer.file;
    const struct rsl_source_buffer *source = &reader->indexer.source;
    struct rsl_watch_version *version = calloc(1, sizeof *version);
    bool good = version != NULL && rsl_parse(file, source->bytes, source->nbytes, NULL) == RSL_OK;
    rsl_arena_reset(&reader->scratch);
    if (good && reader->has_database) {
        good = make_row(reader, path, read_ns, version);
        *fingerprint_out = good ? (uint64_t)version->change->row.file.links : 0;
    } else if (good) {
        good = rsl_fingerprint(file, source->bytes, &reader->scratch, fingerprint_out) == RSL_OK;
    }
    if (good && (is_same || describe(reader, path, version)))
        return version;
    rsl_watch_version_destroy(version);
    return NULL;
}

/* Whether the database does not have what is called so. */
static bool is_refused(const struct rsl_version_reader *reader, const char *path)
{
    return reader->has_database && rsl_index_is_refused(path + reader->root_nbytes);
}

static struct rsl_watch_version *unreadable(const struct rsl_version_reader *reader,
                                            const char *path, int error)
{
    struct rsl_watch_version *version = calloc(1, sizeof *version);
    if (version == NULL)
        return NULL;
    version->status = "io-error";
    version->error = error;
    version->nerrors = 1;
    if (is_refused(reader, path))
        rsl_report_put_about(&version->diagnostics, path, RSL_INDEX_REFUSED);
    else
        rsl_report_put_io_error(&version->diagnostics, path, error);
    if (reader->has_database && !rsl_version_is_manifest(path)) {
        version->change = change_of(reader, path);
        if (version->change == NULL) {
            rsl_watch_version_destroy(version);
            return NULL;
        }
        rsl_index_row_set_unreadable(&version->change->row, error);
    }
    return version;
}

/* Of a Cargo.toml that was read. NULL without memory. */
static struct rsl_watch_version *manifest(const struct rsl_source_buffer *source)
{
    struct rsl_watch_version *version = calloc(1, sizeof *version);
    if (version != NULL) {
        version->nbytes = source->nbytes;
        version->mtime_ns = source->mtime_ns;
    }
    return version;
}

void rsl_version_read(struct rsl_version_reader *reader, const char *path,
                      const struct rsl_file_version *known, struct rsl_file_result *result)
{
    struct rsl_source_buffer *source = &reader->indexer.source;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    const int64_t now_ns = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
    int error = rsl_read_file(source, path);
    if (error == -ENOENT || error == -ENOTDIR || error == -EISDIR || error == -ELOOP) {
        result->outcome = RSL_FILE_MISSING;
        return;
    }
    result->outcome = RSL_FILE_BROKEN;
    if (error == 0 && !rsl_version_is_manifest(path) && is_refused(reader, path))
        error = -EINVAL;
    if (error != 0) {
        result->payload = error == -ENOMEM ? NULL : unreadable(reader, path, -error);
        return;
    }
    const uint64_t hash = XXH3_64bits(source->bytes, source->nbytes);
    result->version = (struct rsl_file_version){
        .nbytes = source->nbytes,
        .mtime_ns = rsl_watch_known_time(source->mtime_ns, now_ns),
        .content_hash = hash,
        .fingerprint = hash,
    };
    const bool is_same = known != NULL && !rsl_should_parse(known, source->nbytes, hash);
    /* The database keeps the time of such a file, and may have seen it as it was in between. */
    if (!is_same || reader->has_database)
        result->payload = reader->has_database && rsl_version_is_manifest(path)
                              ? manifest(source)
                              : parse(reader, path, now_ns, is_same, &result->version.fingerprint);
    if (result->payload != NULL || (is_same && !reader->has_database))
        result->outcome = is_same ? RSL_FILE_SAME : RSL_FILE_PARSED;
}

/* ---- lines */

/* The items of one kind of change. */
struct found {
    enum rsl_item_change change;
    const struct rsl_item_digest *digest;
    uint32_t *items;
    size_t n, capacity;
    bool failed;
};

static void take_item(void *context, enum rsl_item_change change,
                      const struct rsl_item_digest *digest, uint32_t item)
{
    struct found *found = context;
    if (change != found->change || found->failed)
        return;
    if (found->n == found->capacity) {
        const size_t capacity = found->capacity * 2 + 64;
        uint32_t *items = realloc(found->items, capacity * sizeof *items);
        if (items == NULL) {
            found->failed = true;
            return;
        }
        found->items = items;
        found->capacity = capacity;
    }
    found->digest = digest;
    found->items[found->n++] = item;
}

static int compare_items(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static void put_item_path(struct rsl_text_buffer *out, const struct rsl_item_digest *digest,
                          uint32_t item, bool json)
{
    const size_t n = rsl_item_digest_path(digest, item, NULL, 0);
    char *path = malloc(n + 1);
    if (path == NULL) {
        out->failed = true;
        return;
    }
    rsl_item_digest_path(digest, item, path, n + 1);
    if (json)
        rsl_jsonl_put_string(out, path, n);
    else
        rsl_text_buffer_put_plain(out, path, n);
    free(path);
}

static void put_item(struct rsl_text_buffer *out, bool json, const struct found *found, size_t i)
{
    static const char *const marks[] = {"  + ", "  - ", "  ~ "};
    const struct rsl_digest_item *item = &found->digest->items[found->items[i]];
    const char *kind = rsl_item_kind_name((enum rsl_item_kind)item->kind);
    if (!json) {
        rsl_text_buffer_puts(out, marks[found->change]);
        rsl_text_buffer_puts(out, kind);
        rsl_text_buffer_puts(out, " ");
        put_item_path(out, found->digest, found->items[i], false);
        rsl_text_buffer_puts(out, "\n");
        return;
    }
    rsl_text_buffer_puts(out, i > 0 ? ",{\"kind\":\"" : "{\"kind\":\"");
    rsl_text_buffer_puts(out, kind);
    rsl_text_buffer_puts(out, "\",\"path\":");
    put_item_path(out, found->digest, found->items[i], true);
    rsl_text_buffer_puts(out, ",\"line\":");
    rsl_text_buffer_put_number(out, item->line);
    rsl_text_buffer_puts(out, "}");
}

/* In the order of their file. */
static void put_items(struct rsl_text_buffer *out, bool json, const struct rsl_item_digest *before,
                      const struct rsl_item_digest *after)
{
    static const char *const keys[] = {",\"added\":[", ",\"removed\":[", ",\"changed\":["};
    static const enum rsl_item_change changes[] = {RSL_ITEM_ADDED, RSL_ITEM_REMOVED,
                                                   RSL_ITEM_CHANGED};
    for (unsigned i = 0; i < 3; i++) {
        struct found found = {.change = changes[i]};
        if (json)
            rsl_text_buffer_puts(out, keys[i]);
        rsl_item_digest_compare(before, after, take_item, &found);
        if (found.n > 1)
            qsort(found.items, found.n, sizeof *found.items, compare_items);
        for (size_t k = 0; k < found.n; k++)
            put_item(out, json, &found, k);
        free(found.items);
        out->failed |= found.failed;
        if (json)
            rsl_text_buffer_puts(out, "]");
    }
}

void rsl_watch_put_change(struct rsl_text_buffer *out, bool json, const char *event,
                          const char *path, const char *from,
                          const struct rsl_watch_version *before,
                          const struct rsl_watch_version *after)
{
    const struct rsl_item_digest *old_digest = before == NULL ? NULL : before->digest;
    const struct rsl_item_digest *new_digest = after == NULL ? NULL : after->digest;
    if (!json) {
        rsl_text_buffer_puts(out, event);
        rsl_text_buffer_puts(out, " ");
        rsl_report_put_path(out, path);
        if (from != NULL) {
            rsl_text_buffer_puts(out, " from ");
            rsl_report_put_path(out, from);
        }
        rsl_text_buffer_puts(out, "\n");
        put_items(out, json, old_digest, new_digest);
        return;
    }
    rsl_text_buffer_puts(out, "{\"event\":\"");
    rsl_text_buffer_puts(out, event);
    rsl_text_buffer_puts(out, "\",");
    if (after != NULL)
        rsl_jsonl_put_file_keys(out, path, after->nbytes, after->status, after->nitems,
                                after->nerrors);
    else
        rsl_jsonl_put_path(out, "file", path);
    if (from != NULL) {
        rsl_text_buffer_puts(out, ",");
        rsl_jsonl_put_path(out, "from", from);
    }
    put_items(out, json, old_digest, new_digest);
    rsl_text_buffer_puts(out, "}\n");
}
