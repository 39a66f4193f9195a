#include "index/pack.h"

#include "index/pack_item.h"

static bool is_there(struct rsl_span span)
{
    return (span.start | span.end) != 0;
}

static uint32_t length(struct rsl_span span)
{
    return span.end - span.start;
}

static uint8_t *put_span(uint8_t *at, uint32_t from, struct rsl_span span)
{
    at = rsl_varint_put_delta(at, from, span.start);
    return rsl_varint_put(at, length(span));
}

static uint8_t *put_text(uint8_t *at, const uint8_t *src, struct rsl_span span)
{
    memcpy(at, src + span.start, length(span));
    return at + length(span);
}

/* More than the numbers of a prefix, an attribute or an item take. */
enum { MOST_NUMBERS = 160 };

static bool pack_prefixes(const struct rsl_file *file, const uint8_t *src,
                          struct rsl_pack_buffer *out)
{
    struct rsl_use_prefix last = {0};
    for (uint32_t i = 0; i < file->nuse_prefixes; i++) {
        const struct rsl_use_prefix *prefix = &file->use_prefixes[i];
        if (!rsl_pack_buffer_reserve(out, MOST_NUMBERS + (size_t)length(prefix->segments) +
                                              length(prefix->last)))
            return false;
        uint8_t *at = out->bytes + out->nbytes;
        at = rsl_varint_put(at, (uint32_t)(prefix->parent + 1));
        at = put_span(at, last.segments.start, prefix->segments);
        at = put_span(at, prefix->segments.start, prefix->last);
        at = rsl_varint_put_delta(at, last.line, prefix->line);
        at = rsl_varint_put_delta(at, last.column, prefix->column);
        *at++ = prefix->global;
        at = put_text(at, src, prefix->segments);
        out->nbytes = (size_t)(at - out->bytes);
        last = *prefix;
    }
    return true;
}

static bool pack_attrs(const struct rsl_file *file, const uint8_t *src, struct rsl_pack_buffer *out)
{
    uint32_t before = 0;
    for (uint32_t i = 0; i < file->nattrs; i++) {
        const struct rsl_attr *attr = &file->attrs[i];
        const bool text = attr->kind == RSL_ATTR_CFG;
        if (!rsl_pack_buffer_reserve(out, MOST_NUMBERS + (text ? (size_t)length(attr->value) : 0)))
            return false;
        uint8_t *at = out->bytes + out->nbytes;
        *at++ = (uint8_t)(attr->kind | (is_there(attr->value) ? 8 : 0));
        at = put_span(at, before, attr->span);
        if (is_there(attr->value))
            at = put_span(at, attr->span.start, attr->value);
        if (text)
            at = put_text(at, src, attr->value);
        out->nbytes = (size_t)(at - out->bytes);
        before = attr->span.end;
    }
    return true;
}

static uint32_t parts_of(const struct rsl_item *item)
{
    uint32_t parts = 0;
    if (is_there(item->name))
        parts |= PART_NAME;
    if (is_there(item->path)) {
        const bool same = item->path.start == item->name.start && item->path.end == item->name.end;
        parts |= same ? PART_NAME_IS_PATH : PART_PATH;
    }
    if (item->use_prefix != RSL_NONE)
        parts |= PART_USE_PREFIX;
    if (is_there(item->type))
        parts |= PART_TYPE;
    if (item->body != RSL_NONE)
        parts |= PART_BODY;
    if (item->flags != 0)
        parts |= PART_FLAGS;
    if (item->nattrs != 0)
        parts |= PART_ATTRS;
    if (item->nmembers != 0)
        parts |= PART_MEMBERS;
    if (item->nparams != 0)
        parts |= PART_PARAMS;
    if (item->ngenerics != 0)
        parts |= PART_GENERICS;
    if (is_there(item->generics))
        parts |= PART_GENERICS_SPAN;
    if (is_there(item->vis_path))
        parts |= PART_VIS_PATH;
    return parts;
}

static uint8_t parent_mode(const struct rsl_file *file, uint32_t i)
{
    const uint32_t parent = file->items[i].parent;
    if (parent == RSL_NONE)
        return PARENT_NONE;
    if (i > 0 && parent == i - 1)
        return PARENT_PREVIOUS;
    return i > 0 && parent == file->items[i - 1].parent ? PARENT_SAME : PARENT_WRITTEN;
}

/* `last`: the item before, all zero for the first; `nattrs`: the attributes of all before. */
static uint8_t *put_item(uint8_t *at, const struct rsl_file *file, const uint8_t *src, uint32_t i,
                         const struct rsl_item *last, uint32_t nattrs)
{
    const struct rsl_item *item = &file->items[i];
    const uint32_t parts = parts_of(item), head = item->head;
    const uint8_t mode = parent_mode(file, i);
    *at++ = (uint8_t)(item->kind | mode << 5);
    *at++ = (uint8_t)(item->vis | item->context << 3 | item->shape << 6);
    at = rsl_varint_put(at, parts);
    if (mode == PARENT_WRITTEN)
        at = rsl_varint_put(at, i - item->parent);
    at = rsl_varint_put_delta(at, last->start, item->start);
    at = rsl_varint_put_delta(at, item->start, head);
    at = rsl_varint_put_delta(at, head, item->sig_end);
    uint32_t from = item->sig_end;
    if (parts & PART_BODY) {
        at = rsl_varint_put_delta(at, from, item->body);
        from = item->body;
    }
    at = rsl_varint_put_delta(at, from, item->end);
    at = rsl_varint_put_delta(at, last->line, item->line);
    at = rsl_varint_put(at, item->column);
    if (parts & PART_NAME) {
        at = put_span(at, head, item->name);
        at = put_text(at, src, item->name);
    }
    if (parts & PART_PATH) {
        at = put_span(at, head, item->path);
        at = put_text(at, src, item->path);
    }
    if (parts & PART_USE_PREFIX)
        at = rsl_varint_put(at, item->use_prefix);
    if (parts & PART_TYPE) {
        at = put_span(at, head, item->type);
        if (rsl_pack_shows_type(item->kind))
            at = put_text(at, src, item->type);
    }
    if ((parts & PART_BODY) && rsl_pack_shows_delimiter(item->kind))
        *at++ = src[item->body];
    if (parts & PART_FLAGS)
        at = rsl_varint_put(at, item->flags);
    if (parts & PART_ATTRS) {
        at = rsl_varint_put(at, item->nattrs);
        at = rsl_varint_put_delta(at, nattrs, item->first_attr);
    }
    if (parts & PART_MEMBERS)
        at = rsl_varint_put(at, item->nmembers);
    if (parts & PART_PARAMS)
        at = rsl_varint_put(at, item->nparams);
    if (parts & PART_GENERICS)
        at = rsl_varint_put(at, item->ngenerics);
    if (parts & PART_GENERICS_SPAN)
        at = put_span(at, head, item->generics);
    if (parts & PART_VIS_PATH) {
        at = put_span(at, head, item->vis_path);
        at = put_text(at, src, item->vis_path);
    }
    return at;
}

static bool pack_items(const struct rsl_file *file, const uint8_t *src, struct rsl_pack_buffer *out)
{
    static const struct rsl_item none;
    const struct rsl_item *last = &none;
    uint32_t nattrs = 0;
    for (uint32_t i = 0; i < file->nitems; i++) {
        const struct rsl_item *item = &file->items[i];
        if (!rsl_pack_buffer_reserve(out, MOST_NUMBERS + (size_t)length(item->name) +
                                              length(item->path) + length(item->type) +
                                              length(item->vis_path)))
            return false;
        uint8_t *at = put_item(out->bytes + out->nbytes, file, src, i, last, nattrs);
        out->nbytes = (size_t)(at - out->bytes);
        nattrs += item->nattrs;
        last = item;
    }
    return true;
}

enum rsl_status rsl_pack_file(const struct rsl_file *file, const uint8_t *src, size_t src_nbytes,
                              struct rsl_pack_buffer *out)
{
    const size_t before = out->nbytes;
    if (!rsl_pack_buffer_reserve(out, MOST_NUMBERS))
        return RSL_ENOMEM;
    uint8_t *at = out->bytes + out->nbytes;
    *at++ = PACK_FORMAT;
    at = rsl_varint_put(at, src_nbytes);
    at = rsl_varint_put(at, file->prefix_nbytes);
    at = rsl_varint_put(at, file->nitems);
    at = rsl_varint_put(at, file->nattrs);
    at = rsl_varint_put(at, file->nuse_prefixes);
    out->nbytes = (size_t)(at - out->bytes);
    if (pack_prefixes(file, src, out) && pack_attrs(file, src, out) && pack_items(file, src, out))
        return RSL_OK;
    out->nbytes = before;
    return RSL_ENOMEM;
}
