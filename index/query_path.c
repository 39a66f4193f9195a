/* What an item stands in. */
#include "index/query.h"

#include <string.h>

#include "index/pack_names.h"
#include "index/query_internal.h"
#include "index/store_internal.h"

static enum rsl_status failed(struct rsl_store *store, int code)
{
    return rsl_store_fail(store, code);
}

enum rsl_status rsl_store_get_path(struct rsl_store *store, int64_t file_id,
                                   struct rsl_pack_buffer *out)
{
    sqlite3_stmt *select = rsl_store_statement(store, STORE_GET_PATH);
    if (select == NULL)
        return RSL_EIO;
    out->nbytes = 0;
    sqlite3_bind_int64(select, 1, file_id);
    const int code = sqlite3_step(select);
    enum rsl_status status = code == SQLITE_ROW    ? RSL_OK
                             : code == SQLITE_DONE ? RSL_EINVAL
                                                   : failed(store, code);
    if (status == RSL_OK) {
        const void *path = sqlite3_column_blob(select, 0);
        const size_t nbytes = (size_t)sqlite3_column_bytes(select, 0);
        if (!rsl_pack_buffer_reserve(out, nbytes + 1)) {
            status = RSL_ENOMEM;
        } else {
            if (nbytes > 0)
                memcpy(out->bytes, path, nbytes);
            out->bytes[nbytes] = '\0';
            out->nbytes = nbytes;
        }
    }
    sqlite3_reset(select);
    return status;
}

/* The block of a file, good until the statement is reset. RSL_EINVAL if there is none. */
static enum rsl_status find_block(struct rsl_store *store, int64_t file_id, sqlite3_stmt **out)
{
    *out = rsl_store_statement(store, STORE_GET_BLOCK);
    if (*out == NULL)
        return RSL_EIO;
    sqlite3_bind_int64(*out, 1, file_id);
    const int code = sqlite3_step(*out);
    return code == SQLITE_ROW ? RSL_OK : code == SQLITE_DONE ? RSL_EINVAL : failed(store, code);
}

enum rsl_status rsl_store_get_items(struct rsl_store *store, int64_t file_id,
                                    struct rsl_unpacked *out)
{
    sqlite3_stmt *select;
    enum rsl_status status = find_block(store, file_id, &select);
    out->file = (struct rsl_file){0};
    out->src_nbytes = 0;
    if (status == RSL_OK) {
        const void *block = sqlite3_column_blob(select, 0);
        const size_t nbytes = (size_t)sqlite3_column_bytes(select, 0);
        if (nbytes > 0) /* a file that could not be read has an empty one */
            status = rsl_unpack_file(out, block, nbytes);
        if (status == RSL_EINVAL)
            status = failed(store, SQLITE_CORRUPT);
    }
    sqlite3_reset(select);
    return status;
}

/* The name that others stand in; empty for an unnamed use, foreign mod, macro call. */
static struct rsl_span name_of(const struct rsl_unpacked *unpacked, const struct rsl_item *item)
{
    return item->kind == RSL_ITEM_IMPL ? rsl_names_of_impl(unpacked->src, item) : item->name;
}

bool rsl_query_put_name(const struct rsl_unpacked *unpacked, uint32_t i,
                        struct rsl_pack_buffer *out)
{
    /* From the inside out: measured, then filled from the back. */
    size_t nbytes = 0;
    for (uint32_t at = i; at != RSL_NONE; at = unpacked->file.items[at].parent) {
        const struct rsl_span span = name_of(unpacked, &unpacked->file.items[at]);
        if (span.end != 0)
            nbytes += span.end - span.start + (nbytes > 0 ? 2 : 0);
    }
    if (!rsl_pack_buffer_reserve(out, nbytes))
        return false;
    out->nbytes += nbytes;
    uint8_t *to = out->bytes + out->nbytes, *const end = to;
    for (uint32_t at = i; at != RSL_NONE; at = unpacked->file.items[at].parent) {
        const struct rsl_span span = name_of(unpacked, &unpacked->file.items[at]);
        if (span.end == 0)
            continue;
        if (to != end) {
            to -= 2;
            memcpy(to, "::", 2);
        }
        to -= span.end - span.start;
        memcpy(to, unpacked->src + span.start, span.end - span.start);
    }
    return true;
}

/* ---- the part of a query before the last :: */

static bool is_same(const struct query_container *container, const uint8_t *a, size_t a_nbytes,
                    const char *b, size_t b_nbytes)
{
    if (a_nbytes != b_nbytes)
        return false;
    for (size_t i = 0; i < a_nbytes; i++) {
        const uint8_t y = (uint8_t)b[i];
        if (container->case_sensitive ? a[i] != y : rsl_names_fold(a[i]) != rsl_names_fold(y))
            return false;
    }
    return true;
}

size_t rsl_query_last_name(const char *text, size_t nbytes, size_t *rest_out)
{
    size_t start = nbytes;
    while (start > 0 && !(start >= 2 && text[start - 1] == ':' && text[start - 2] == ':'))
        start--;
    *rest_out = start >= 2 ? start - 2 : 0;
    return start;
}

/* Whether what is left of the container is the last of the modules that the path makes. */
static bool matches_path(const struct query_container *container, size_t nleft, const char *path,
                         size_t path_nbytes)
{
    size_t end = path_nbytes;
    while (nleft > 0) {
        size_t rest, start = 0;
        const size_t n = rsl_names_of_path(path, path_nbytes, &end, &start);
        const size_t at = rsl_query_last_name(container->text, nleft, &rest);
        if (n == 0 ||
            !is_same(container, (const uint8_t *)path + start, n, container->text + at, nleft - at))
            return false;
        nleft = rest;
    }
    return true;
}

/* Whether it ends one of the file's paths in the trees of modules: crate::a::b. */
static enum rsl_status matches_module(struct rsl_store *store,
                                      const struct query_container *container, size_t nleft,
                                      int64_t file_id, bool *result_out)
{
    sqlite3_stmt *select = rsl_store_statement(store, STORE_GET_MODULES);
    if (select == NULL)
        return RSL_EIO;
    sqlite3_bind_int64(select, 1, file_id);
    int code;
    while (!*result_out && (code = sqlite3_step(select)) == SQLITE_ROW) {
        const uint8_t *path = sqlite3_column_blob(select, 0);
        const size_t nbytes = (size_t)sqlite3_column_bytes(select, 0);
        if (nbytes < nleft)
            continue;
        const size_t before = nbytes - nleft;
        *result_out = is_same(container, path + before, nleft, container->text, nleft) &&
                      (before == 0 || path[before - 1] == ':');
    }
    const enum rsl_status status =
        *result_out || code == SQLITE_DONE ? RSL_OK : failed(store, code);
    sqlite3_reset(select);
    return status;
}

/* Takes the names around the item in its file off the container's end. Returns the bytes of the
 * container that are left, or SIZE_MAX if it is something else. */
static size_t match_inside(const struct query_container *container,
                           const struct rsl_unpacked *unpacked, uint32_t item_id)
{
    size_t nleft = container->nbytes;
    for (uint32_t at = unpacked->file.items[item_id].parent; at != RSL_NONE && nleft > 0;
         at = unpacked->file.items[at].parent) {
        const struct rsl_span span = name_of(unpacked, &unpacked->file.items[at]);
        if (span.end == 0)
            continue;
        size_t rest;
        const size_t from = rsl_query_last_name(container->text, nleft, &rest);
        if (!is_same(container, unpacked->src + span.start, span.end - span.start,
                     container->text + from, nleft - from))
            return SIZE_MAX;
        nleft = rest;
    }
    return nleft;
}

enum rsl_status rsl_query_stands_in(struct rsl_store *store, struct query_container *container,
                                    int64_t file_id, uint32_t item_id, bool *result_out)
{
    *result_out = false;
    if (container->file_id != file_id) {
        container->file_id = 0;
        enum rsl_status status = rsl_store_get_path(store, file_id, &container->path);
        if (status == RSL_OK)
            status = rsl_store_get_items(store, file_id, &container->unpacked);
        if (status != RSL_OK)
            return status;
        container->file_id = file_id;
    }
    if (item_id >= container->unpacked.file.nitems)
        return RSL_OK;
    const size_t nleft = match_inside(container, &container->unpacked, item_id);
    if (nleft == SIZE_MAX)
        return RSL_OK;
    *result_out =
        matches_path(container, nleft, (const char *)container->path.bytes, container->path.nbytes);
    return *result_out ? RSL_OK : matches_module(store, container, nleft, file_id, result_out);
}
