/* The values of the table items. They follow tools/jsonl.c, which prints the same of a file. */
#include "index/store_table.h"

#include "parser/text.h"

/* Text that a function of parser/text.h makes of a span. */
typedef size_t text_function(const uint8_t *src, struct rsl_span span, char *buffer,
                             size_t capacity);

static bool append_made(struct rsl_pack_buffer *text, const struct rsl_unpacked *unpacked,
                        struct rsl_span span, text_function *make)
{
    const size_t most = (size_t)(span.end - span.start) * 2 + 1;
    if (!rsl_pack_buffer_reserve(text, most))
        return false;
    text->nbytes += make(unpacked->src, span, (char *)text->bytes + text->nbytes, most);
    return true;
}

static bool append(struct rsl_pack_buffer *text, const char *string)
{
    const size_t n = strlen(string);
    if (!rsl_pack_buffer_reserve(text, n))
        return false;
    memcpy(text->bytes + text->nbytes, string, n);
    text->nbytes += n;
    return true;
}

static void give_text(sqlite3_context *context, const struct rsl_pack_buffer *text, bool made)
{
    if (made)
        sqlite3_result_text64(context, text->nbytes > 0 ? (const char *)text->bytes : "",
                              text->nbytes, SQLITE_TRANSIENT, SQLITE_UTF8);
    else
        sqlite3_result_error_nomem(context);
}

static void give_made(sqlite3_context *context, const struct rsl_unpacked *unpacked,
                      struct rsl_span span, text_function *make, struct rsl_pack_buffer *text)
{
    give_text(context, text, append_made(text, unpacked, span, make));
}

static void give_word(sqlite3_context *context, const char *word)
{
    if (*word != '\0')
        sqlite3_result_text(context, word, -1, SQLITE_STATIC);
}

static void give_offset(sqlite3_context *context, uint32_t off)
{
    if (off != RSL_NONE)
        sqlite3_result_int64(context, off);
}

static void give_count(sqlite3_context *context, uint32_t n)
{
    if (n > 0)
        sqlite3_result_int64(context, n);
}

static void give_visibility(sqlite3_context *context, const struct rsl_unpacked *unpacked,
                            const struct rsl_item *item, struct rsl_pack_buffer *text)
{
    static const char *const names[] = {"", "inherited", "pub", "crate", "self", "super"};
    if (item->vis == RSL_VIS_IN)
        give_text(context, text,
                  append(text, "in ") &&
                      append_made(text, unpacked, item->vis_path, rsl_text_path));
    else
        give_word(context, names[item->vis]);
}

static void give_flags(sqlite3_context *context, uint32_t flags, struct rsl_pack_buffer *text)
{
    bool made = true;
    if (flags == 0)
        return;
    for (unsigned bit = 0; bit < RSL_FLAG_COUNT; bit++) {
        if (flags >> bit & 1)
            made = made && (text->nbytes == 0 || append(text, ", ")) &&
                   append(text, rsl_item_flag_name((enum rsl_item_flag_bit)bit));
    }
    give_text(context, text, made);
}

static void give_path(sqlite3_context *context, const struct rsl_unpacked *unpacked,
                      const struct rsl_item *item, struct rsl_pack_buffer *text)
{
    switch (item->kind) {
    case RSL_ITEM_MOD:
        if (item->path.end != 0)
            give_made(context, unpacked, item->path, rsl_text_unescaped, text);
        break;
    case RSL_ITEM_MACRO_CALL:
    case RSL_ITEM_EXTERN_CRATE:
        give_made(context, unpacked, item->path, rsl_text_path, text);
        break;
    case RSL_ITEM_DELEGATION:
        give_made(context, unpacked, item->path, rsl_text_normalized, text);
        break;
    case RSL_ITEM_USE_LEAF: {
        const size_t n = rsl_text_use_path(&unpacked->file, unpacked->src, item, NULL, 0);
        const bool made = rsl_pack_buffer_reserve(text, n);
        if (made)
            text->nbytes =
                rsl_text_use_path(&unpacked->file, unpacked->src, item, (char *)text->bytes, n);
        give_text(context, text, made);
        break;
    }
    default: break;
    }
}

static void give_cfg(sqlite3_context *context, const struct rsl_unpacked *unpacked,
                     const struct rsl_item *item, struct rsl_pack_buffer *text)
{
    bool any = false, made = true;
    for (uint32_t i = 0; i < item->nattrs; i++) {
        const struct rsl_attr *attr = &unpacked->file.attrs[item->first_attr + i];
        if (attr->kind != RSL_ATTR_CFG)
            continue;
        made = made && (!any || append(text, ", ")) &&
               append_made(text, unpacked, attr->value, rsl_text_normalized);
        any = true;
    }
    if (any)
        give_text(context, text, made);
}

int rsl_store_give_column(sqlite3_context *context, int column, const struct rsl_unpacked *unpacked,
                          int64_t file_id, uint32_t item_id, struct rsl_pack_buffer *text)
{
    static const char *const shapes[] = {"", "named", "tuple", "unit"};
    const struct rsl_item *item = &unpacked->file.items[item_id];
    const char *src = (const char *)unpacked->src;
    const bool is_macro = item->kind == RSL_ITEM_MACRO_RULES || item->kind == RSL_ITEM_MACRO ||
                          item->kind == RSL_ITEM_MACRO_CALL;
    text->nbytes = 0;
    switch ((enum rsl_column)column) {
    case RSL_COLUMN_FILE_ID: sqlite3_result_int64(context, file_id); break;
    case RSL_COLUMN_ITEM_ID: sqlite3_result_int64(context, item_id); break;
    case RSL_COLUMN_PARENT_ID: give_offset(context, item->parent); break;
    case RSL_COLUMN_KIND: give_word(context, rsl_item_kind_name(item->kind)); break;
    case RSL_COLUMN_NAME:
        if (item->name.end != 0)
            sqlite3_result_text(context, src + item->name.start,
                                (int)(item->name.end - item->name.start), SQLITE_TRANSIENT);
        break;
    case RSL_COLUMN_VIS: give_visibility(context, unpacked, item, text); break;
    case RSL_COLUMN_CTX: give_word(context, rsl_context_name(item->context)); break;
    case RSL_COLUMN_START: sqlite3_result_int64(context, item->start); break;
    case RSL_COLUMN_HEAD: sqlite3_result_int64(context, item->head); break;
    case RSL_COLUMN_NAME_AT:
        if (item->name.end != 0)
            sqlite3_result_int64(context, item->name.start);
        break;
    case RSL_COLUMN_BODY: give_offset(context, item->body); break;
    case RSL_COLUMN_END: sqlite3_result_int64(context, item->end); break;
    case RSL_COLUMN_LINE: sqlite3_result_int64(context, item->line); break;
    case RSL_COLUMN_COLUMN: sqlite3_result_int64(context, item->column); break;
    case RSL_COLUMN_ATTRS: give_count(context, item->nattrs); break;
    case RSL_COLUMN_FLAGS: give_flags(context, item->flags, text); break;
    case RSL_COLUMN_ABI:
        if ((item->kind == RSL_ITEM_FN || item->kind == RSL_ITEM_FOREIGN_MOD) &&
            item->path.end != 0)
            give_made(context, unpacked, item->path, rsl_text_literal, text);
        break;
    case RSL_COLUMN_GENERICS: give_count(context, item->ngenerics); break;
    case RSL_COLUMN_PARAMS:
        if (item->kind == RSL_ITEM_FN)
            sqlite3_result_int64(context, item->nparams);
        break;
    case RSL_COLUMN_SHAPE: give_word(context, shapes[item->shape]); break;
    case RSL_COLUMN_MEMBERS:
        if (rsl_item_has_members(item))
            sqlite3_result_int64(context, item->nmembers);
        break;
    case RSL_COLUMN_PATH: give_path(context, unpacked, item, text); break;
    case RSL_COLUMN_CFG: give_cfg(context, unpacked, item, text); break;
    case RSL_COLUMN_DELIM:
        if (is_macro && item->body != RSL_NONE)
            sqlite3_result_text(context, src + item->body, 1, SQLITE_TRANSIENT);
        break;
    case RSL_COLUMN_TRAIT:
        if (item->kind == RSL_ITEM_IMPL && item->path.end != 0)
            give_made(context, unpacked, item->path, rsl_text_normalized, text);
        break;
    case RSL_COLUMN_SELF_TY:
        if (item->kind == RSL_ITEM_IMPL)
            give_made(context, unpacked, item->type, rsl_text_normalized, text);
        break;
    }
    return SQLITE_OK;
}
