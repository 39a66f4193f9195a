#include "index/pack.h"
#include "index/pack_item.h"

void rsl_unpacked_init(struct rsl_unpacked *unpacked, const struct rsl_allocator *allocator)
{
    *unpacked = (struct rsl_unpacked){0};
    unpacked->items.allocator = unpacked->attrs.allocator = allocator;
    unpacked->use_prefixes.allocator = unpacked->text.allocator = allocator;
}

void rsl_unpacked_fini(struct rsl_unpacked *unpacked)
{
    rsl_pack_buffer_fini(&unpacked->items);
    rsl_pack_buffer_fini(&unpacked->attrs);
    rsl_pack_buffer_fini(&unpacked->use_prefixes);
    rsl_pack_buffer_fini(&unpacked->text);
    unpacked->file = (struct rsl_file){0};
    unpacked->src = NULL;
    unpacked->src_nbytes = 0;
}

struct unpacking {
    struct rsl_pack_reader in;
    uint8_t *src;
    uint32_t src_nbytes;
};

/* A place in the source. */
static uint32_t checked(struct unpacking *u, uint32_t off)
{
    if (off <= u->src_nbytes)
        return off;
    rsl_pack_reader_fail(&u->in);
    return 0;
}

static struct rsl_span read_span(struct unpacking *u, uint32_t from)
{
    struct rsl_span span;
    span.start = checked(u, rsl_pack_read_delta(&u->in, from));
    const uint32_t nbytes = rsl_pack_read_u32(&u->in);
    if (nbytes > u->src_nbytes - span.start)
        rsl_pack_reader_fail(&u->in);
    span.end = u->in.failed ? span.start : span.start + nbytes;
    return span;
}

static void read_text(struct unpacking *u, struct rsl_span span)
{
    const uint8_t *text = rsl_pack_read_bytes(&u->in, span.end - span.start);
    if (text != NULL)
        memcpy(u->src + span.start, text, span.end - span.start);
}

static void read_prefixes(struct unpacking *u, struct rsl_file *file)
{
    struct rsl_use_prefix last = {0};
    for (uint32_t i = 0; i < file->nuse_prefixes && !u->in.failed; i++) {
        struct rsl_use_prefix *prefix = &file->use_prefixes[i];
        *prefix = (struct rsl_use_prefix){0};
        prefix->parent = rsl_pack_read_u32(&u->in) - 1;
        if (prefix->parent != RSL_NONE && prefix->parent >= i) /* chains must end */
            rsl_pack_reader_fail(&u->in);
        prefix->segments = read_span(u, last.segments.start);
        prefix->last = read_span(u, prefix->segments.start);
        prefix->line = rsl_pack_read_delta(&u->in, last.line);
        prefix->column = rsl_pack_read_delta(&u->in, last.column);
        prefix->global = rsl_pack_read_byte(&u->in) != 0;
        read_text(u, prefix->segments);
        last = *prefix;
    }
}

static void read_attrs(struct unpacking *u, struct rsl_file *file)
{
    uint32_t before = 0;
    for (uint32_t i = 0; i < file->nattrs && !u->in.failed; i++) {
        struct rsl_attr *attr = &file->attrs[i];
        const uint8_t kind = rsl_pack_read_byte(&u->in);
        *attr = (struct rsl_attr){.kind = kind & 7};
        attr->span = read_span(u, before);
        if (kind & 8)
            attr->value = read_span(u, attr->span.start);
        if (attr->kind == RSL_ATTR_CFG)
            read_text(u, attr->value);
        before = attr->span.end;
    }
}

static uint32_t read_parent(struct unpacking *u, const struct rsl_file *file, uint32_t i,
                            unsigned mode)
{
    if (mode == PARENT_NONE)
        return RSL_NONE;
    const uint32_t back = mode == PARENT_WRITTEN ? rsl_pack_read_u32(&u->in) : 1;
    if (back == 0 || back > i) {
        rsl_pack_reader_fail(&u->in);
        return RSL_NONE;
    }
    return mode == PARENT_SAME ? file->items[i - 1].parent : i - back;
}

static void read_attr_range(struct unpacking *u, const struct rsl_file *file, struct rsl_item *item,
                            uint32_t nattrs)
{
    item->nattrs = rsl_pack_read_u32(&u->in);
    item->first_attr = rsl_pack_read_delta(&u->in, nattrs);
    if (item->nattrs > file->nattrs || item->first_attr > file->nattrs - item->nattrs)
        rsl_pack_reader_fail(&u->in);
}

/* Everything behind the line's numbers. */
static void read_parts(struct unpacking *u, const struct rsl_file *file, struct rsl_item *item,
                       uint32_t parts, uint32_t nattrs)
{
    const uint32_t head = item->head;
    if (parts & PART_NAME) {
        item->name = read_span(u, head);
        read_text(u, item->name);
    }
    if (parts & PART_NAME_IS_PATH)
        item->path = item->name;
    if (parts & PART_PATH) {
        item->path = read_span(u, head);
        read_text(u, item->path);
    }
    if (parts & PART_USE_PREFIX) {
        item->use_prefix = rsl_pack_read_u32(&u->in);
        if (item->use_prefix >= file->nuse_prefixes)
            rsl_pack_reader_fail(&u->in);
    }
    if (parts & PART_TYPE) {
        item->type = read_span(u, head);
        if (rsl_pack_shows_type(item->kind))
            read_text(u, item->type);
    }
    if ((parts & PART_BODY) && rsl_pack_shows_delimiter(item->kind))
        u->src[item->body] = rsl_pack_read_byte(&u->in);
    if (parts & PART_FLAGS)
        item->flags = rsl_pack_read_u32(&u->in);
    if (parts & PART_ATTRS)
        read_attr_range(u, file, item, nattrs);
    if (parts & PART_MEMBERS)
        item->nmembers = rsl_pack_read_u32(&u->in);
    if (parts & PART_PARAMS)
        item->nparams = rsl_pack_read_u32(&u->in);
    if (parts & PART_GENERICS)
        item->ngenerics = rsl_pack_read_u32(&u->in);
    if (parts & PART_GENERICS_SPAN)
        item->generics = read_span(u, head);
    if (parts & PART_VIS_PATH) {
        item->vis_path = read_span(u, head);
        read_text(u, item->vis_path);
    }
}

static void read_item(struct unpacking *u, struct rsl_file *file, uint32_t i,
                      const struct rsl_item *last, uint32_t nattrs)
{
    struct rsl_item *item = &file->items[i];
    const uint8_t kind = rsl_pack_read_byte(&u->in), other = rsl_pack_read_byte(&u->in);
    const uint32_t parts = rsl_pack_read_u32(&u->in);
    *item = (struct rsl_item){
        .kind = kind & 31,
        .vis = other & 7,
        .context = other >> 3 & 7,
        .shape = other >> 6,
        .use_prefix = RSL_NONE,
        .body = RSL_NONE,
    };
    if (item->kind >= RSL_ITEM_KIND_COUNT || item->vis > RSL_VIS_IN)
        rsl_pack_reader_fail(&u->in);
    item->parent = read_parent(u, file, i, kind >> 5 & 3);
    if (item->context == RSL_CTX_MACRO && item->parent == RSL_NONE)
        rsl_pack_reader_fail(&u->in);
    item->start = checked(u, rsl_pack_read_delta(&u->in, last->start));
    item->head = checked(u, rsl_pack_read_delta(&u->in, item->start));
    item->sig_end = checked(u, rsl_pack_read_delta(&u->in, item->head));
    uint32_t from = item->sig_end;
    if (parts & PART_BODY)
        from = item->body = checked(u, rsl_pack_read_delta(&u->in, from));
    item->end = checked(u, rsl_pack_read_delta(&u->in, from));
    item->line = rsl_pack_read_delta(&u->in, last->line);
    item->column = rsl_pack_read_u32(&u->in);
    read_parts(u, file, item, parts, nattrs);
}

/* Room for n elements; they are still to be written. */
static void *room_for(struct rsl_pack_buffer *buffer, size_t n, size_t element_nbytes)
{
    buffer->nbytes = 0;
    return rsl_pack_buffer_reserve(buffer, n * element_nbytes + 1) ? buffer->bytes : NULL;
}

enum rsl_status rsl_unpack_file(struct rsl_unpacked *unpacked, const void *block, size_t nbytes)
{
    const uint8_t *bytes = nbytes > 0 ? block : (const uint8_t *)""; /* SQLite's is NULL then */
    struct unpacking u = {.in = {bytes, bytes + nbytes, false}};
    struct rsl_file *file = &unpacked->file;
    *file = (struct rsl_file){0};
    unpacked->src_nbytes = 0;
    if (rsl_pack_read_byte(&u.in) != PACK_FORMAT)
        return RSL_EINVAL;
    u.src_nbytes = rsl_pack_read_u32(&u.in);
    const uint32_t prefix_nbytes = rsl_pack_read_u32(&u.in);
    const uint32_t nitems = rsl_pack_read_u32(&u.in), nattrs = rsl_pack_read_u32(&u.in),
                   nuse_prefixes = rsl_pack_read_u32(&u.in);
    /* Nothing takes fewer than three bytes, so what is written says how much memory to take. */
    if (u.in.failed || u.src_nbytes > RSL_MAX_SOURCE ||
        ((uint64_t)nitems + nattrs + nuse_prefixes) * 3 > nbytes)
        return RSL_EINVAL;
    unpacked->text.nbytes = 0;
    if (!rsl_pack_buffer_reserve(&unpacked->text, (size_t)u.src_nbytes + RSL_PAD))
        return RSL_ENOMEM;
    unpacked->src = u.src = unpacked->text.bytes;
    memset(u.src, 0, (size_t)u.src_nbytes + RSL_PAD);
    file->items = room_for(&unpacked->items, nitems, sizeof *file->items);
    file->attrs = room_for(&unpacked->attrs, nattrs, sizeof *file->attrs);
    file->use_prefixes =
        room_for(&unpacked->use_prefixes, nuse_prefixes, sizeof *file->use_prefixes);
    if (file->items == NULL || file->attrs == NULL || file->use_prefixes == NULL)
        return RSL_ENOMEM;
    file->nattrs = nattrs;
    file->nuse_prefixes = nuse_prefixes;
    read_prefixes(&u, file);
    read_attrs(&u, file);
    static const struct rsl_item none;
    uint32_t nattrs_before = 0;
    for (uint32_t i = 0; i < nitems && !u.in.failed; i++) {
        read_item(&u, file, i, i > 0 ? &file->items[i - 1] : &none, nattrs_before);
        nattrs_before += file->items[i].nattrs;
    }
    if (u.in.failed || u.in.at != u.in.end) {
        *file = (struct rsl_file){0};
        return RSL_EINVAL;
    }
    file->nitems = nitems;
    file->prefix_nbytes = prefix_nbytes;
    unpacked->src_nbytes = u.src_nbytes;
    return RSL_OK;
}
