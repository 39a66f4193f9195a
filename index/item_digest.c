#include "index/item_digest.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "index/squeeze.h"
#include "parser/text.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

/* What is shown of the path of a use leaf: prefixes may be shared by very many. */
enum { MAX_PREFIXES = 16, MAX_PREFIX_NBYTES = 256 };

struct buffer {
    void *bytes;
    size_t capacity;
};

struct rsl_digest_builder {
    const struct rsl_allocator *allocator;
    struct buffer items;    /* struct rsl_digest_item */
    struct buffer by_key;   /* struct numbered_key */
    struct buffer text;     /* of names */
    size_t ntext;           /* its length */
    struct buffer scratch;  /* the tokens of one span */
    struct buffer prefixes; /* uint64_t, the hash of each use prefix and those before it */
    struct buffer counts;   /* struct count, a hash table: how many items have had a key */
};

struct numbered_key {
    uint64_t key;
    uint32_t item;
};

struct count {
    uint64_t key;
    uint32_t n; /* 0: free */
};

static bool reserve(struct rsl_digest_builder *builder, struct buffer *buffer, size_t nbytes)
{
    if (nbytes <= buffer->capacity)
        return true;
    const size_t capacity = nbytes + nbytes / 2 + 1024;
    void *bytes = builder->allocator->resize(builder->allocator->state, buffer->bytes,
                                             buffer->capacity, capacity);
    if (bytes == NULL)
        return false;
    buffer->bytes = bytes;
    buffer->capacity = capacity;
    return true;
}

struct rsl_digest_builder *rsl_digest_builder_create(const struct rsl_allocator *allocator)
{
    if (allocator == NULL)
        allocator = &rsl_allocator_default;
    struct rsl_digest_builder *builder = allocator->allocate(allocator->state, sizeof *builder);
    if (builder != NULL)
        *builder = (struct rsl_digest_builder){.allocator = allocator};
    return builder;
}

void rsl_digest_builder_destroy(struct rsl_digest_builder *builder)
{
    if (builder == NULL)
        return;
    const struct rsl_allocator *allocator = builder->allocator;
    struct buffer *const buffers[] = {&builder->items,   &builder->by_key,   &builder->text,
                                      &builder->scratch, &builder->prefixes, &builder->counts};
    for (size_t i = 0; i < sizeof buffers / sizeof buffers[0]; i++)
        allocator->release(allocator->state, buffers[i]->bytes, buffers[i]->capacity);
    allocator->release(allocator->state, builder, sizeof *builder);
}

void rsl_item_digest_destroy(struct rsl_item_digest *digest, const struct rsl_allocator *allocator)
{
    if (allocator == NULL)
        allocator = &rsl_allocator_default;
    if (digest != NULL)
        allocator->release(allocator->state, digest, digest->nbytes);
}

/* ---- texts */

struct making {
    struct rsl_digest_builder *builder;
    const struct rsl_file *file;
    const uint8_t *src;
};

/* Appends text to that of the name being made. */
static bool put(struct making *making, const void *text, size_t nbytes)
{
    struct rsl_digest_builder *builder = making->builder;
    if (!reserve(builder, &builder->text, builder->ntext + nbytes + 1))
        return false;
    memcpy((char *)builder->text.bytes + builder->ntext, text, nbytes);
    builder->ntext += nbytes;
    return true;
}

static bool put_normalized(struct making *making, struct rsl_span span)
{
    struct rsl_digest_builder *builder = making->builder;
    const size_t most = span.end - span.start;
    if (!reserve(builder, &builder->text, builder->ntext + most + 1))
        return false;
    builder->ntext +=
        rsl_text_normalized(making->src, span, (char *)builder->text.bytes + builder->ntext, most);
    return true;
}

/* Mixes in the tokens of the span. */
static bool mix_tokens(struct making *making, struct rsl_span span, uint64_t *hash)
{
    struct rsl_digest_builder *builder = making->builder;
    const size_t most = span.end - span.start;
    if (!reserve(builder, &builder->scratch, most + RSL_SQUEEZE_ROOM))
        return false;
    char *text = builder->scratch.bytes;
    const char *end = rsl_squeeze(text, making->src + span.start, making->src + span.end);
    *hash = XXH3_64bits_withSeed(text, (size_t)(end - text), *hash);
    return true;
}

/* The hashes of all use prefixes; those of the parents come before. */
static bool hash_prefixes(struct making *making)
{
    const struct rsl_file *file = making->file;
    struct rsl_digest_builder *builder = making->builder;
    if (!reserve(builder, &builder->prefixes, file->nuse_prefixes * sizeof(uint64_t)))
        return false;
    uint64_t *hashes = builder->prefixes.bytes;
    for (uint32_t i = 0; i < file->nuse_prefixes; i++) {
        const struct rsl_use_prefix *prefix = &file->use_prefixes[i];
        hashes[i] = (prefix->parent == RSL_NONE ? 0 : hashes[prefix->parent]) + prefix->global;
        if (!mix_tokens(making, prefix->segments, &hashes[i]))
            return false;
    }
    return true;
}

/* "a::b::" of a leaf, or its end behind "..::". */
static bool put_prefixes(struct making *making, uint32_t prefix)
{
    const struct rsl_file *file = making->file;
    uint32_t chain[MAX_PREFIXES];
    unsigned n = 0;
    size_t nbytes = 0;
    while (prefix != RSL_NONE && n < MAX_PREFIXES && nbytes < MAX_PREFIX_NBYTES) {
        const struct rsl_span segments = file->use_prefixes[prefix].segments;
        nbytes += segments.end - segments.start;
        chain[n++] = prefix;
        prefix = file->use_prefixes[prefix].parent;
    }
    if (nbytes > MAX_PREFIX_NBYTES) /* the last one alone may be too long */
        prefix = chain[--n];
    bool ok = prefix == RSL_NONE || put(making, "..::", 4);
    while (ok && n-- > 0) {
        const struct rsl_use_prefix *at = &file->use_prefixes[chain[n]];
        ok = !at->global || put(making, "::", 2);
        if (ok && at->segments.end > at->segments.start)
            ok = put_normalized(making, at->segments) && put(making, "::", 2);
    }
    return ok;
}

/* What an item is called that has no name, or more than that. */
static bool put_name(struct making *making, const struct rsl_item *item)
{
    switch (item->kind) {
    case RSL_ITEM_IMPL:
        return (item->path.end == 0 ||
                (put_normalized(making, item->path) && put(making, " for ", 5))) &&
               put_normalized(making, item->type);
    case RSL_ITEM_USE_LEAF: {
        const bool renamed =
            item->name.end != 0 && item->path.end != 0 &&
            (item->name.end - item->name.start != item->path.end - item->path.start ||
             memcmp(making->src + item->name.start, making->src + item->path.start,
                    item->name.end - item->name.start) != 0);
        return put_prefixes(making, item->use_prefix) &&
               (item->flags & RSL_FLAG_GLOB ? put(making, "*", 1)
                                            : put_normalized(making, item->path)) &&
               (!renamed || (put(making, " as ", 4) && put_normalized(making, item->name)));
    }
    case RSL_ITEM_MACRO_CALL:
        return put_normalized(making, item->path) && put(making, "!", 1) &&
               (item->name.end == 0 || (put(making, " ", 1) && put_normalized(making, item->name)));
    case RSL_ITEM_FOREIGN_MOD:
    case RSL_ITEM_DELEGATION: return put_normalized(making, item->path);
    default:
        return item->name.end == 0 ||
               put(making, making->src + item->name.start, item->name.end - item->name.start);
    }
}

/* ---- hashes */

static bool hash_signature(struct making *making, const struct rsl_item *item, uint64_t *hash_out)
{
    const struct rsl_file *file = making->file;
    uint64_t hash = item->kind;
    bool ok = true;
    for (uint32_t i = 0; i < item->nattrs && ok; i++) {
        const struct rsl_attr *attr = &file->attrs[item->first_attr + i];
        if (attr->kind != RSL_ATTR_DOC)
            ok = mix_tokens(making, attr->span, &hash);
    }
    const bool is_whole = item->kind == RSL_ITEM_MACRO_RULES || item->kind == RSL_ITEM_MACRO ||
                          item->kind == RSL_ITEM_MACRO_CALL;
    if (item->kind == RSL_ITEM_USE_LEAF) {
        /* Each leaf has what stands before the `use` too. */
        const struct rsl_item *use = item;
        while (use->parent != RSL_NONE && use->kind == RSL_ITEM_USE_LEAF)
            use = &file->items[use->parent];
        hash = hash * 16 + use->vis;
        ok = ok && (use->vis != RSL_VIS_IN || mix_tokens(making, use->vis_path, &hash));
    } else {
        const struct rsl_span signature = {item->head, is_whole ? item->end : item->sig_end};
        ok = ok && mix_tokens(making, signature, &hash);
        if (item->kind == RSL_ITEM_VARIANT && item->type.end != 0)
            ok = ok && mix_tokens(making, item->type, &hash);
    }
    *hash_out = hash;
    return ok;
}

/* How many items had the key before. The table has room. */
static uint32_t count_key(struct count *table, size_t mask, uint64_t key)
{
    size_t at = key & mask;
    while (table[at].n != 0 && table[at].key != key)
        at = (at + 1) & mask;
    table[at].key = key;
    return table[at].n++;
}

static bool make_items(struct making *making)
{
    struct rsl_digest_builder *builder = making->builder;
    const struct rsl_file *file = making->file;
    size_t ncounts = 16;
    while (ncounts < 2 * (size_t)file->nitems)
        ncounts *= 2;
    if (!reserve(builder, &builder->items, file->nitems * sizeof(struct rsl_digest_item)) ||
        !reserve(builder, &builder->by_key, file->nitems * sizeof(struct numbered_key)) ||
        !reserve(builder, &builder->counts, ncounts * sizeof(struct count)) ||
        !hash_prefixes(making))
        return false;
    struct rsl_digest_item *items = builder->items.bytes;
    memset(builder->counts.bytes, 0, ncounts * sizeof(struct count));
    builder->ntext = 0;
    for (uint32_t i = 0; i < file->nitems; i++) {
        const struct rsl_item *item = &file->items[i];
        const size_t name = builder->ntext;
        uint64_t key = item->parent == RSL_NONE ? 0 : items[item->parent].key;
        if (item->kind == RSL_ITEM_USE) { /* what it brings in is its leaves, wherever it stands */
            items[i] = (struct rsl_digest_item){
                .key = key, .parent = item->parent, .name = (uint32_t)name, .kind = item->kind};
            if (!put(making, "", 1))
                return false;
            continue;
        }
        if (item->kind == RSL_ITEM_USE_LEAF && item->use_prefix != RSL_NONE)
            key += ((const uint64_t *)builder->prefixes.bytes)[item->use_prefix];
        if (!put_name(making, item) || !put(making, "", 1))
            return false;
        key = XXH3_64bits_withSeed((char *)builder->text.bytes + name, builder->ntext - name,
                                   key * 32 + item->kind);
        key += UINT64_C(0x9E3779B97F4A7C15) * count_key(builder->counts.bytes, ncounts - 1, key);
        items[i] = (struct rsl_digest_item){
            .key = key,
            .parent = item->parent,
            .name = (uint32_t)name,
            .line = item->line,
            .kind = item->kind,
        };
        if (!hash_signature(making, item, &items[i].signature))
            return false;
    }
    return true;
}

static int compare_keys(const void *a, const void *b)
{
    const struct numbered_key *x = a, *y = b;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return x->item < y->item ? -1 : x->item > y->item;
}

enum rsl_status rsl_item_digest_create(struct rsl_digest_builder *builder,
                                       const struct rsl_file *file, const uint8_t *src,
                                       struct rsl_item_digest **digest_out)
{
    struct making making = {builder, file, src};
    const uint32_t n = file->nitems;
    *digest_out = NULL;
    if (!make_items(&making))
        return RSL_ENOMEM;
    const size_t nitems_nbytes = n * sizeof(struct rsl_digest_item);
    const size_t nbytes =
        sizeof(struct rsl_item_digest) + nitems_nbytes + n * sizeof(uint32_t) + builder->ntext;
    struct rsl_item_digest *digest =
        builder->allocator->allocate(builder->allocator->state, nbytes);
    if (digest == NULL)
        return RSL_ENOMEM;
    char *at = (char *)(digest + 1);
    if (n > 0)
        memcpy(at, builder->items.bytes, nitems_nbytes);
    *digest = (struct rsl_item_digest){
        .nbytes = nbytes, .nitems = n, .items = (const struct rsl_digest_item *)(const void *)at};
    at += nitems_nbytes;
    uint32_t *by_key = (uint32_t *)(void *)at;
    struct numbered_key *keys = builder->by_key.bytes;
    uint32_t nkeys = 0;
    for (uint32_t i = 0; i < n; i++)
        if (digest->items[i].kind != RSL_ITEM_USE)
            keys[nkeys++] = (struct numbered_key){digest->items[i].key, i};
    if (nkeys > 1)
        qsort(keys, nkeys, sizeof *keys, compare_keys);
    for (uint32_t i = 0; i < nkeys; i++)
        by_key[i] = keys[i].item;
    digest->by_key = by_key;
    digest->nkeys = nkeys;
    at += n * sizeof(uint32_t);
    if (builder->ntext > 0)
        memcpy(at, builder->text.bytes, builder->ntext);
    digest->text = at;
    *digest_out = digest;
    return RSL_OK;
}

/* ---- use */

static const char *name_of(const struct rsl_item_digest *digest, uint32_t item)
{
    const char *name = digest->text + digest->items[item].name;
    return name[0] != 0 ? name : rsl_item_kind_name((enum rsl_item_kind)digest->items[item].kind);
}

size_t rsl_item_digest_path(const struct rsl_item_digest *digest, uint32_t item, char *buffer,
                            size_t capacity)
{
    uint32_t chain[RSL_DIGEST_PATH_COMPONENTS];
    unsigned n = 0;
    size_t nbytes = 0;
    for (; item != RSL_NONE && n < RSL_DIGEST_PATH_COMPONENTS; item = digest->items[item].parent) {
        /* A use is not named in the paths of what it brings in. */
        if (n == 0 || digest->items[item].kind != RSL_ITEM_USE)
            chain[n++] = item;
    }
    while (n-- > 0) {
        const char *name = name_of(digest, chain[n]);
        for (; *name != 0; name++, nbytes++)
            if (nbytes < capacity)
                buffer[nbytes] = *name;
        for (int i = 0; i < 2 && n > 0; i++, nbytes++)
            if (nbytes < capacity)
                buffer[nbytes] = ':';
    }
    if (capacity > 0)
        buffer[nbytes < capacity ? nbytes : capacity - 1] = 0;
    return nbytes;
}

void rsl_item_digest_compare(const struct rsl_item_digest *old_digest,
                             const struct rsl_item_digest *new_digest,
                             void (*tell)(void *context, enum rsl_item_change change,
                                          const struct rsl_item_digest *digest, uint32_t item),
                             void *context)
{
    const uint32_t nold = old_digest == NULL ? 0 : old_digest->nkeys;
    const uint32_t nnew = new_digest == NULL ? 0 : new_digest->nkeys;
    uint32_t i = 0, j = 0;
    while (i < nold || j < nnew) {
        const struct rsl_digest_item *before =
            i < nold ? &old_digest->items[old_digest->by_key[i]] : NULL;
        const struct rsl_digest_item *after =
            j < nnew ? &new_digest->items[new_digest->by_key[j]] : NULL;
        if (before != NULL && (after == NULL || before->key < after->key)) {
            tell(context, RSL_ITEM_REMOVED, old_digest, old_digest->by_key[i++]);
        } else if (after != NULL && (before == NULL || after->key < before->key)) {
            tell(context, RSL_ITEM_ADDED, new_digest, new_digest->by_key[j++]);
        } else if (before != NULL && after != NULL) {
            if (before->signature != after->signature)
                tell(context, RSL_ITEM_CHANGED, new_digest, new_digest->by_key[j]);
            i++;
            j++;
        }
    }
}
