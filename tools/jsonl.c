#include "tools/jsonl.h"

#include <stdio.h>
#include <string.h>

#include "lexer/source_error.h"
#include "lexer/utf8.h"
#include "parser/text.h"
#include "tools/plain_text.h"

/* The code point of text[0..nbytes), or the byte that is none; four digits hold it. */
static unsigned code_of(const char *text, size_t nbytes)
{
    uint8_t character[4] = {0};
    uint32_t code_point;
    memcpy(character, text, nbytes);
    rsl_utf8_decode(character, &code_point);
    return code_point == RSL_UTF8_BAD ? character[0] : code_point;
}

static void put_string_bytes(struct rsl_text_buffer *out, const char *text, size_t nbytes)
{
    size_t from = 0;
    for (size_t i = 0, n; i < nbytes; i += n) {
        const unsigned char c = (unsigned char)text[i];
        bool obeyed = c < ' ' || c == 0x7F;
        n = c < 0x80 ? 1 : rsl_plain_text_character(text + i, nbytes - i, &obeyed);
        if (!obeyed && c != '"' && c != '\\')
            continue;
        rsl_text_buffer_put(out, text + from, i - from);
        from = i + n;
        char escape[8] = {'\\', (char)c, 0};
        if (c == '\n')
            escape[1] = 'n';
        else if (c == '\r')
            escape[1] = 'r';
        else if (c == '\t')
            escape[1] = 't';
        else if (obeyed)
            snprintf(escape, sizeof escape, "\\u%04x", code_of(text + i, n) & 0xFFFF);
        rsl_text_buffer_puts(out, escape);
    }
    rsl_text_buffer_put(out, text + from, nbytes - from);
}

static void put_string(struct rsl_text_buffer *out, const char *text, size_t nbytes)
{
    rsl_text_buffer_put(out, "\"", 1);
    put_string_bytes(out, text, nbytes);
    rsl_text_buffer_put(out, "\"", 1);
}

static bool is_utf8(const char *text)
{
    const uint8_t *p = (const uint8_t *)text;
    uint32_t code_point = 0;
    while (*p != '\0' && code_point != RSL_UTF8_BAD)
        p += rsl_utf8_decode(p, &code_point);
    return code_point != RSL_UTF8_BAD;
}

static void put_path_bytes(struct rsl_text_buffer *out, const char *path, size_t n)
{
    rsl_text_buffer_put(out, "\"", 1);
    for (size_t i = 0; i < n; i++) {
        const unsigned char c = (unsigned char)path[i];
        if (c < 0x80 && c != '\\') {
            put_string_bytes(out, path + i, 1);
        } else {
            char escape[8];
            snprintf(escape, sizeof escape, "\\\\x%02X", c);
            rsl_text_buffer_puts(out, escape);
        }
    }
    rsl_text_buffer_put(out, "\"", 1);
}

/* {"file": ... with its mark; the caller goes on behind it. */
static void put_path(struct rsl_text_buffer *out, const char *path)
{
    rsl_text_buffer_put(out, "{", 1);
    rsl_jsonl_put_path(out, "file", path);
}

static void put_key(struct rsl_text_buffer *out, const char *key)
{
    rsl_text_buffer_put(out, ",\"", 2);
    rsl_text_buffer_puts(out, key);
    rsl_text_buffer_put(out, "\":", 2);
}

static void put_number(struct rsl_text_buffer *out, const char *key, uint64_t number)
{
    put_key(out, key);
    rsl_text_buffer_put_number(out, number);
}

static void put_word(struct rsl_text_buffer *out, const char *key, const char *word)
{
    put_key(out, key);
    put_string(out, word, strlen(word));
}

void rsl_jsonl_put_path(struct rsl_text_buffer *out, const char *key, const char *path)
{
    const size_t n = strlen(path);
    put_string(out, key, strlen(key));
    rsl_text_buffer_put(out, ":", 1);
    if (is_utf8(path)) {
        put_string(out, path, n);
    } else {
        put_path_bytes(out, path, n);
        rsl_text_buffer_puts(out, ",\"escaped\":true");
    }
}

void rsl_jsonl_put_string(struct rsl_text_buffer *out, const char *text, size_t nbytes)
{
    put_string(out, text, nbytes);
}

void rsl_jsonl_put_file_keys(struct rsl_text_buffer *out, const char *path, size_t nbytes,
                             const char *status, uint32_t nitems, uint32_t nerrors)
{
    rsl_jsonl_put_path(out, "file", path);
    put_number(out, "bytes", nbytes);
    put_word(out, "status", status);
    put_number(out, "items", nitems);
    put_number(out, "errors", nerrors);
}

void rsl_jsonl_put_file(struct rsl_text_buffer *out, const char *path, size_t nbytes,
                        const char *status, uint32_t nitems, uint32_t nerrors)
{
    rsl_text_buffer_put(out, "{", 1);
    rsl_jsonl_put_file_keys(out, path, nbytes, status, nitems, nerrors);
    rsl_text_buffer_put(out, "}\n", 2);
}

/* Text that a function of parser/text.h makes from a span, as a JSON string. */
typedef size_t text_function(const uint8_t *src, struct rsl_span span, char *buffer,
                             size_t capacity);

static void put_made(struct rsl_text_buffer *out, const uint8_t *src, struct rsl_span span,
                     text_function *make)
{
    const size_t most = (size_t)(span.end - span.start) * 2 + 1;
    /* Made behind where the escaped form will grow to, which is at most six times as long. */
    char *room = rsl_text_buffer_reserve(out, most * 7 + 2);
    if (room == NULL)
        return;
    char *made = room + most * 6 + 2;
    const size_t n = make(src, span, made, most);
    put_string(out, made, n);
}

static void put_text(struct rsl_text_buffer *out, const char *key, const uint8_t *src,
                     struct rsl_span span, text_function *make)
{
    put_key(out, key);
    put_made(out, src, span, make);
}

static void put_span(struct rsl_text_buffer *out, const char *key, struct rsl_span span)
{
    put_key(out, key);
    rsl_text_buffer_put(out, "[", 1);
    rsl_text_buffer_put_number(out, span.start);
    rsl_text_buffer_put(out, ",", 1);
    rsl_text_buffer_put_number(out, span.end);
    rsl_text_buffer_put(out, "]", 1);
}

static void put_visibility(struct rsl_text_buffer *out, const uint8_t *src,
                           const struct rsl_item *item)
{
    static const char *const names[] = {
        [RSL_VIS_INHERITED] = "inherited", [RSL_VIS_PUB] = "pub",     [RSL_VIS_CRATE] = "crate",
        [RSL_VIS_SELF] = "self",           [RSL_VIS_SUPER] = "super",
    };
    if (item->vis == RSL_VIS_NONE)
        return;
    if (item->vis != RSL_VIS_IN) {
        put_word(out, "vis", names[item->vis]);
        return;
    }
    put_key(out, "vis");
    rsl_text_buffer_puts(out, "\"in ");
    char *path = rsl_text_buffer_reserve(out, item->vis_path.end - item->vis_path.start);
    if (path != NULL) /* a path has nothing to escape */
        out->nbytes +=
            rsl_text_path(src, item->vis_path, path, item->vis_path.end - item->vis_path.start);
    rsl_text_buffer_put(out, "\"", 1);
}

static void put_flags(struct rsl_text_buffer *out, uint32_t flags)
{
    if (flags == 0)
        return;
    put_key(out, "flags");
    char before = '[';
    for (unsigned bit = 0; bit < RSL_FLAG_COUNT; bit++) {
        if (!(flags >> bit & 1))
            continue;
        rsl_text_buffer_put(out, &before, 1);
        const char *name = rsl_item_flag_name((enum rsl_item_flag_bit)bit);
        put_string(out, name, strlen(name));
        before = ',';
    }
    rsl_text_buffer_put(out, "]", 1);
}

static void put_paths(struct rsl_text_buffer *out, const struct rsl_file *file, const uint8_t *src,
                      const struct rsl_item *item)
{
    switch (item->kind) {
    case RSL_ITEM_MOD:
        if (item->path.end != 0)
            put_text(out, "path", src, item->path, rsl_text_unescaped);
        break;
    case RSL_ITEM_MACRO_CALL:
    case RSL_ITEM_EXTERN_CRATE: put_text(out, "path", src, item->path, rsl_text_path); break;
    case RSL_ITEM_DELEGATION: put_text(out, "path", src, item->path, rsl_text_normalized); break;
    case RSL_ITEM_USE_LEAF: {
        put_key(out, "path");
        rsl_text_buffer_put(out, "\"", 1);
        const size_t n = rsl_text_use_path(file, src, item, NULL, 0);
        char *path = rsl_text_buffer_reserve(out, n);
        if (path != NULL) /* a path has nothing to escape */
            out->nbytes += rsl_text_use_path(file, src, item, path, n);
        rsl_text_buffer_put(out, "\"", 1);
        break;
    }
    default: break;
    }
}

static void put_cfg(struct rsl_text_buffer *out, const struct rsl_file *file, const uint8_t *src,
                    const struct rsl_item *item)
{
    bool any = false;
    for (uint32_t i = 0; i < item->nattrs; i++) {
        const struct rsl_attr *attr = &file->attrs[item->first_attr + i];
        if (attr->kind != RSL_ATTR_CFG)
            continue;
        if (any)
            rsl_text_buffer_put(out, ",", 1);
        else
            put_key(out, "cfg");
        if (!any)
            rsl_text_buffer_put(out, "[", 1);
        any = true;
        put_made(out, src, attr->value, rsl_text_normalized);
    }
    if (any)
        rsl_text_buffer_put(out, "]", 1);
}

/* All of an item's line but the brace that opens it. */
static void put_item(struct rsl_text_buffer *out, const struct rsl_file *file, const uint8_t *src,
                     uint32_t index)
{
    static const char *const shapes[] = {
        [RSL_SHAPE_NAMED] = "named", [RSL_SHAPE_TUPLE] = "tuple", [RSL_SHAPE_UNIT] = "unit"};
    const struct rsl_item *item = &file->items[index];
    rsl_text_buffer_puts(out, "\"i\":");
    rsl_text_buffer_put_number(out, index);
    if (item->parent == RSL_NONE)
        rsl_text_buffer_puts(out, ",\"parent\":-1");
    else
        put_number(out, "parent", item->parent);
    put_word(out, "kind", rsl_item_kind_name(item->kind));
    const bool named = item->name.end != 0;
    if (named) {
        put_key(out, "name");
        put_string(out, (const char *)src + item->name.start, item->name.end - item->name.start);
    }
    put_visibility(out, src, item);
    if (item->context != RSL_CTX_NONE)
        put_word(out, "ctx", rsl_context_name(item->context));
    put_number(out, "start", item->start);
    put_number(out, "head", item->head);
    if (named)
        put_number(out, "name_at", item->name.start);
    if (item->body != RSL_NONE)
        put_number(out, "body", item->body);
    put_number(out, "end", item->end);
    put_number(out, "line", item->line);
    if (item->nattrs > 0)
        put_number(out, "attrs", item->nattrs);
    put_flags(out, item->flags);
    if ((item->kind == RSL_ITEM_FN || item->kind == RSL_ITEM_FOREIGN_MOD) && item->path.end != 0)
        put_text(out, "abi", src, item->path, rsl_text_literal);
    if (item->ngenerics > 0)
        put_number(out, "generics", item->ngenerics);
    if (item->kind == RSL_ITEM_FN)
        put_number(out, "params", item->nparams);
    if (item->shape != RSL_SHAPE_NONE)
        put_word(out, "shape", shapes[item->shape]);
    if (rsl_item_has_members(item))
        put_number(out, "n", item->nmembers);
    put_paths(out, file, src, item);
    put_cfg(out, file, src, item);
    if (item->kind == RSL_ITEM_MACRO_RULES || item->kind == RSL_ITEM_MACRO ||
        item->kind == RSL_ITEM_MACRO_CALL) {
        put_key(out, "delim");
        put_string(out, (const char *)src + item->body, 1);
    }
    if (item->kind == RSL_ITEM_IMPL) {
        if (item->path.end != 0) {
            put_text(out, "trait", src, item->path, rsl_text_normalized);
            put_span(out, "trait_span", item->path);
        }
        put_text(out, "self_ty", src, item->type, rsl_text_normalized);
        put_span(out, "self_ty_span", item->type);
    }
    if (item->context == RSL_CTX_MACRO)
        put_text(out, "via", src, file->items[item->parent].path, rsl_text_path);
    rsl_text_buffer_put(out, "}\n", 2);
}

void rsl_jsonl_put_items(struct rsl_text_buffer *out, const struct rsl_file *file,
                         const uint8_t *src)
{
    for (uint32_t i = 0; i < file->nitems; i++) {
        rsl_text_buffer_put(out, "{", 1);
        put_item(out, file, src, i);
    }
}

void rsl_jsonl_put_item_of(struct rsl_text_buffer *out, const char *path,
                           const struct rsl_file *file, const uint8_t *src, uint32_t i)
{
    put_path(out, path);
    rsl_text_buffer_put(out, ",", 1);
    put_item(out, file, src, i);
}

void rsl_jsonl_put_error(struct rsl_text_buffer *out, const char *path,
                         const struct rsl_jsonl_error *error)
{
    put_path(out, path);
    rsl_text_buffer_puts(out, ",\"error\":{\"code\":");
    put_string(out, error->code, strlen(error->code));
    put_word(out, "msg", error->message);
    put_number(out, "off", error->off);
    put_number(out, "len", error->nbytes);
    put_number(out, "line", error->line);
    put_number(out, "col", error->column);
    rsl_text_buffer_put(out, "}}\n", 3);
}

void rsl_jsonl_put_errors(struct rsl_text_buffer *out, const char *path,
                          const struct rsl_file *file, const uint8_t *src)
{
    struct rsl_locator locator;
    rsl_locator_init(&locator, src);
    for (uint32_t i = 0; i < file->nerrors; i++) {
        const struct rsl_source_error *error = &file->errors[i];
        struct rsl_jsonl_error record = {
            .code = rsl_source_error_rustc_code(error->code),
            .message = rsl_source_error_message(error->code),
            .off = error->off,
            .nbytes = error->nbytes,
        };
        if (*record.code == '\0')
            record.code = rsl_source_error_name(error->code);
        rsl_locator_find(&locator, error->off, &record.line, &record.column);
        rsl_jsonl_put_error(out, path, &record);
    }
}

void rsl_jsonl_put_io_error(struct rsl_text_buffer *out, const char *path, const char *message)
{
    put_path(out, path);
    rsl_text_buffer_puts(out, ",\"error\":{\"code\":\"IO\",\"msg\":");
    put_string(out, message, strlen(message));
    rsl_text_buffer_puts(out, "}}\n");
}
