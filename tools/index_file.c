#include "tools/index_file.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "index/pack.h"
#include "tools/index_graph.h"

/* File systems stamp a file with the time of their last tick, some with whole seconds. What was
 * modified later than this before it was read may be modified again without a new time. */
static const int64_t FRESH_NS = INT64_C(3000000000);

enum rsl_status rsl_file_indexer_init(struct rsl_file_indexer *indexer)
{
    *indexer = (struct rsl_file_indexer){0};
    rsl_file_init(&indexer->file, NULL);
    indexer->names = rsl_names_create(NULL);
    indexer->facts_builder = rsl_facts_builder_create(NULL);
    indexer->names_builder = rsl_names_builder_create(NULL);
    if (indexer->names != NULL && indexer->facts_builder != NULL && indexer->names_builder != NULL)
        return RSL_OK;
    rsl_file_indexer_fini(indexer);
    return RSL_ENOMEM;
}

void rsl_file_indexer_fini(struct rsl_file_indexer *indexer)
{
    rsl_names_destroy(indexer->names);
    rsl_facts_builder_destroy(indexer->facts_builder);
    rsl_names_builder_destroy(indexer->names_builder);
    rsl_pack_buffer_fini(&indexer->bytes);
    rsl_source_buffer_fini(&indexer->source);
    rsl_file_fini(&indexer->file);
}

void rsl_index_row_fini(struct rsl_index_row *row)
{
    rsl_file_facts_destroy(row->facts, NULL);
    rsl_file_names_destroy(row->names, NULL);
    row->facts = NULL;
    row->names = NULL;
}

bool rsl_index_is_vendored(const char *path)
{
    static const char *const folders[] = {"vendor", "third_party", "third-party"};
    for (const char *at = path, *slash; (slash = strchr(at, '/')) != NULL; at = slash + 1) {
        const size_t n = (size_t)(slash - at);
        for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
            if (n == strlen(folders[i]) && memcmp(at, folders[i], n) == 0)
                return true;
        }
    }
    return false;
}

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

bool rsl_index_is_fresh(int64_t mtime_ns)
{
    return mtime_ns >= now_ns() - FRESH_NS;
}

int64_t rsl_index_trusted_time(int64_t mtime_ns, int64_t read_ns)
{
    return mtime_ns < read_ns - FRESH_NS ? mtime_ns : -1;
}

static enum rsl_status put_errors(struct rsl_file_indexer *indexer, struct rsl_index_row *row)
{
    struct rsl_pack_buffer *bytes = &indexer->bytes;
    const struct rsl_file *file = &indexer->file;
    const size_t gap = -bytes->nbytes % _Alignof(struct rsl_store_error);
    const size_t nbytes = file->nerrors * sizeof(struct rsl_store_error);
    if (!rsl_pack_buffer_reserve(bytes, gap + nbytes))
        return RSL_ENOMEM;
    row->errors_off = bytes->nbytes + gap;
    struct rsl_store_error *errors =
        (struct rsl_store_error *)(void *)(bytes->bytes + row->errors_off);
    struct rsl_locator locator;
    rsl_locator_init(&locator, indexer->src);
    for (uint32_t i = 0; i < file->nerrors; i++) {
        const struct rsl_source_error *error = &file->errors[i];
        errors[i] = (struct rsl_store_error){
            .off = error->off, .nbytes = error->nbytes, .code = error->code};
        rsl_locator_find(&locator, error->off, &errors[i].line, &errors[i].column);
    }
    bytes->nbytes += gap + nbytes;
    return RSL_OK;
}

static bool put_names(void *context, const uint8_t *first, size_t first_nbytes,
                      const uint8_t *segment, size_t nbytes)
{
    (void)first;
    (void)first_nbytes;
    struct rsl_pack_buffer *bytes = context;
    if (!rsl_pack_buffer_reserve(bytes, nbytes))
        return false;
    memcpy(bytes->bytes + bytes->nbytes, segment, nbytes);
    bytes->nbytes += nbytes;
    return true;
}

static enum rsl_status index_names(struct rsl_file_indexer *indexer, struct rsl_index_row *row)
{
    const uint8_t *src = indexer->src;
    if (indexer->work == RSL_INDEX_ALL)
        return rsl_names_add_file(indexer->names, &indexer->file, src, row->file.path,
                                  (uint32_t)row->file.file_id, row->file.vendored);
    rsl_names_reset(indexer->names);
    row->names_off = indexer->bytes.nbytes;
    enum rsl_status status = rsl_names_add_file(indexer->names, &indexer->file, src, row->file.path,
                                                0, row->file.vendored);
    if (status == RSL_OK)
        status = rsl_names_sort(indexer->names);
    if (status == RSL_OK) /* all in one segment */
        status = rsl_names_write(&indexer->names, 1, SIZE_MAX, put_names, &indexer->bytes);
    row->names_nbytes = indexer->bytes.nbytes - row->names_off;
    return status == RSL_OK ? RSL_OK : RSL_ENOMEM;
}

static bool is_utf8(const struct rsl_file *file)
{
    for (uint32_t i = 0; i < file->nerrors; i++) {
        if (file->errors[i].code == RSL_SOURCE_ERROR_NOT_UTF8)
            return false;
    }
    return true;
}

/* What the file says to others. */
static enum rsl_status index_links(struct rsl_file_indexer *indexer, struct rsl_index_row *row)
{
    const uint8_t *src = indexer->src;
    enum rsl_status status = rsl_file_facts_create(indexer->facts_builder, &indexer->file, src,
                                                   indexer->src_nbytes, &row->facts);
    if (status == RSL_OK)
        status = rsl_file_names_create(indexer->names_builder, &indexer->file, src, &row->names);
    if (status == RSL_OK)
        row->file.links = rsl_index_links(row->facts, row->names);
    if (status != RSL_OK || !indexer->keeps_facts)
        rsl_index_row_fini(row);
    return status;
}

/* All of a row but what the file itself tells. */
static enum rsl_status index_parsed(struct rsl_file_indexer *indexer, struct rsl_index_row *row)
{
    struct rsl_file *file = &indexer->file;
    const uint8_t *src = indexer->src;
    enum rsl_status status = index_links(indexer, row);
    if (status != RSL_OK || indexer->work == RSL_INDEX_LINKS)
        return status;
    const bool utf8 = is_utf8(file);
    if (!utf8) /* as in `rustle scan` */
        file->nitems = 0;
    row->file.status = !utf8 ? "not-utf8" : file->nerrors > 0 ? "error" : "ok";
    row->file.nitems = file->nitems;
    row->file.nerrors = file->nerrors;
    row->block_off = indexer->bytes.nbytes;
    status = rsl_pack_file(file, src, indexer->src_nbytes, &indexer->bytes);
    row->block_nbytes = indexer->bytes.nbytes - row->block_off;
    if (status == RSL_OK)
        status = index_names(indexer, row);
    if (status == RSL_OK && file->nerrors > 0)
        status = put_errors(indexer, row);
    if (status != RSL_OK)
        rsl_index_row_fini(row);
    return status;
}

void rsl_index_hash(const uint8_t *bytes, size_t nbytes, uint8_t hash_out[16])
{
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, XXH3_128bits(bytes, nbytes));
    memcpy(hash_out, canonical.digest, sizeof canonical.digest);
}

/* What the file itself tells. */
static void set_source(struct rsl_file_indexer *indexer, int64_t read_ns, struct rsl_index_row *row)
{
    const struct rsl_source_buffer *source = &indexer->source;
    indexer->src = source->bytes;
    indexer->src_nbytes = source->nbytes;
    rsl_index_hash(source->bytes, source->nbytes, row->file.hash);
    row->file.nbytes = (int64_t)source->nbytes;
    row->file.mtime_ns = rsl_index_trusted_time(source->mtime_ns, read_ns);
}

void rsl_index_row_init(struct rsl_index_row *row, const char *shown)
{
    *row = (struct rsl_index_row){
        .file = {.path = shown,
                 .path_nbytes = strlen(shown),
                 .vendored = rsl_index_is_vendored(shown)},
    };
}

void rsl_index_row_set_unreadable(struct rsl_index_row *row, int error)
{
    row->file.status = "io-error";
    row->file.nerrors = 1;
    row->file.message = strerrordesc_np(error);
    row->file.mtime_ns = -1; /* tried again each time: it may become readable without a new one */
}

enum rsl_status rsl_file_indexer_finish(struct rsl_file_indexer *indexer, int64_t read_ns,
                                        struct rsl_index_row *row)
{
    set_source(indexer, read_ns, row);
    return index_parsed(indexer, row);
}

enum rsl_status rsl_file_indexer_index_member(struct rsl_file_indexer *indexer, const uint8_t *src,
                                              size_t nbytes, struct rsl_index_row *row)
{
    row->file.nbytes = (int64_t)nbytes;
    rsl_index_hash(src, nbytes, row->file.hash);
    indexer->src = src;
    indexer->src_nbytes = nbytes;
    const enum rsl_status status = rsl_parse(&indexer->file, src, nbytes, NULL);
    return status == RSL_OK ? index_parsed(indexer, row) : status;
}

enum rsl_status rsl_file_indexer_index(struct rsl_file_indexer *indexer,
                                       const struct rsl_index_entry *entry,
                                       struct rsl_index_row *row_out)
{
    rsl_index_row_init(row_out, entry->shown);
    row_out->file.file_id = entry->file_id;
    row_out->old_links = entry->old_links;
    /* The time before the content: if it changes in between, the next run sees another time. */
    const int64_t read_ns = now_ns();
    const int error = rsl_read_file(&indexer->source, entry->path);
    if (error == -ENOMEM)
        return RSL_ENOMEM;
    if (error == -ENOENT || error == -ENOTDIR) {
        row_out->is_gone = true;
        return RSL_OK;
    }
    if (error != 0) {
        rsl_index_row_set_unreadable(row_out, -error);
        return RSL_OK;
    }
    const struct rsl_source_buffer *source = &indexer->source;
    set_source(indexer, read_ns, row_out);
    if (entry->file_id != 0 && indexer->work == RSL_INDEX_CHANGED &&
        entry->old_nbytes == row_out->file.nbytes &&
        memcmp(entry->old_hash, row_out->file.hash, sizeof row_out->file.hash) == 0) {
        row_out->is_unchanged = true;
        row_out->file.links = entry->old_links;
        return RSL_OK;
    }
    const enum rsl_status status = rsl_parse(&indexer->file, source->bytes, source->nbytes, NULL);
    return status == RSL_OK ? index_parsed(indexer, row_out) : status;
}
