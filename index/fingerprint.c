/* The text of an item that matters to others is put together in one buffer, and hashed. */
#include "index/fingerprint.h"

#include <stdbool.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "index/squeeze.h"

struct signer {
    const struct rsl_file *file;
    const uint8_t *src;
    struct rsl_arena *arena;
    char *text;
    size_t ntext, capacity;
    bool out_of_memory;
};

/* ---- items ---- */

/* Room for so many bytes more. NULL without memory. */
static char *room(struct signer *s, size_t nbytes)
{
    if (s->capacity - s->ntext < nbytes) {
        const size_t more = (s->ntext + nbytes) * 2 + 4096;
        char *grown = rsl_arena_alloc(s->arena, more, 1);
        if (grown == NULL) {
            s->out_of_memory = true;
            return NULL;
        }
        if (s->ntext > 0)
            memcpy(grown, s->text, s->ntext);
        s->text = grown;
        s->capacity = more;
    }
    return s->text + s->ntext;
}

static void add_source(struct signer *s, uint32_t start, uint32_t end)
{
    char *to = end <= start ? NULL : room(s, end - start + (size_t)RSL_SQUEEZE_ROOM + 1);
    if (to == NULL)
        return;
    to = rsl_squeeze(to, s->src + start, s->src + end);
    *to++ = '\0';
    s->ntext = (size_t)(to - s->text);
}

static void add_bytes(struct signer *s, const void *bytes, size_t nbytes)
{
    char *to = room(s, nbytes);
    if (to == NULL)
        return;
    memcpy(to, bytes, nbytes);
    s->ntext += nbytes;
}

/* #[doc = "..."] is documentation like `///`. */
static bool is_doc(const struct signer *s, const struct rsl_attr *attr)
{
    if (attr->kind != RSL_ATTR_OTHER)
        return attr->kind == RSL_ATTR_DOC;
    const uint8_t *p = s->src + attr->span.start, *end = s->src + attr->span.end;
    while (p < end && (*p == '#' || *p == '[' || rsl_squeeze_is_space(*p)))
        p++;
    return end - p > 3 && memcmp(p, "doc", 3) == 0 && !rsl_squeeze_is_word(p[3]);
}

static void add_item(struct signer *s, const struct rsl_item *item, bool holds_items)
{
    const uint8_t kind = item->kind;
    add_bytes(s, &kind, 1);
    for (uint32_t i = item->first_attr; i < item->first_attr + item->nattrs; i++) {
        const struct rsl_attr *attr = &s->file->attrs[i];
        if (!is_doc(s, attr))
            add_bytes(s, s->src + attr->span.start, attr->span.end - attr->span.start);
    }
    switch (item->kind) {
    case RSL_ITEM_FN:
    case RSL_ITEM_CONST:
    case RSL_ITEM_STATIC:
    case RSL_ITEM_TRAIT:
    case RSL_ITEM_IMPL:
    case RSL_ITEM_MOD:
    case RSL_ITEM_FOREIGN_MOD: add_source(s, item->head, item->sig_end); break;
    case RSL_ITEM_MACRO_CALL:
    case RSL_ITEM_MACRO_RULES:
    case RSL_ITEM_MACRO:
        add_source(s, item->head, item->body == RSL_NONE ? item->end : item->body);
        if (item->body != RSL_NONE && !holds_items) { /* which may be long */
            const uint64_t hash = XXH3_64bits(s->src + item->body, item->end - item->body);
            add_bytes(s, &hash, sizeof hash);
        }
        break;
    default: add_source(s, item->head, item->end); break; /* with fields, variants, leaves */
    }
}

/* What is known of an item while those behind it are looked at. */
struct progress {
    bool hidden;    /* in a body, or told with the item that it is a member of */
    bool shown;     /* a module's file, or an included one, is declared in it and can see it */
    uint32_t place; /* macro call: behind the last of the items in it, RSL_NONE if none are */
    uint32_t depth; /* of modules and the like around it */
};

static bool is_member(const struct rsl_item *item)
{
    return item->kind == RSL_ITEM_FIELD || item->kind == RSL_ITEM_VARIANT ||
           item->kind == RSL_ITEM_USE_LEAF;
}

static bool declares_file(const struct signer *s, const struct rsl_item *item)
{
    const uint32_t end = item->path.end;
    if (item->kind == RSL_ITEM_MOD)
        return (item->flags & RSL_FLAG_INLINE) == 0;
    return item->kind == RSL_ITEM_MACRO_CALL && end - item->path.start >= 7 &&
           memcmp(s->src + end - 7, "include", 7) == 0;
}

static void find_shown(const struct signer *s, struct progress *all)
{
    for (uint32_t i = 0; i < s->file->nitems; i++) {
        uint32_t item = declares_file(s, &s->file->items[i]) ? i : RSL_NONE;
        for (; item != RSL_NONE && !all[item].shown; item = s->file->items[item].parent)
            all[item].shown = true;
    }
}

/* What stands in a body is hidden, but for what shows a file that is declared there. */
static bool is_hidden(const struct rsl_item *item, const struct progress *own,
                      const struct progress *around)
{
    if (is_member(item))
        return true;
    if (own->shown || around == NULL)
        return false;
    return item->context == RSL_CTX_BODY ? !around->shown : around->hidden;
}

enum rsl_status rsl_fingerprint(const struct rsl_file *file, const uint8_t *src,
                                struct rsl_arena *scratch, uint64_t *fingerprint_out)
{
    struct signer s = {.file = file, .src = src, .arena = scratch};
    struct progress *all = rsl_arena_alloc(scratch, file->nitems * sizeof *all, 8);
    if (all == NULL)
        return RSL_ENOMEM;
    if (file->nitems > 0)
        memset(all, 0, file->nitems * sizeof *all);
    find_shown(&s, all);
    for (uint32_t i = 0; i < file->nitems && !s.out_of_memory; i++) {
        const struct rsl_item *item = &file->items[i];
        struct progress *around = item->parent == RSL_NONE ? NULL : &all[item->parent];
        all[i].hidden = is_hidden(item, &all[i], around);
        all[i].place = RSL_NONE;
        if (all[i].hidden)
            continue;
        all[i].depth = around == NULL ? 0 : around->depth + 1;
        add_bytes(&s, &all[i].depth, sizeof all[i].depth);
        /* Of a macro call whose arguments are items, what stands between these counts too. */
        if (around != NULL && around->place != RSL_NONE) {
            add_source(&s, around->place, item->start);
            around->place = item->end;
        }
        const bool holds_items = i + 1 < file->nitems && file->items[i + 1].parent == i;
        if (item->kind == RSL_ITEM_MACRO_CALL && holds_items && item->body != RSL_NONE)
            all[i].place = item->body;
        add_item(&s, item, holds_items);
    }
    for (uint32_t i = 0; i < file->nitems && !s.out_of_memory; i++) {
        if (all[i].place != RSL_NONE)
            add_source(&s, all[i].place, file->items[i].end);
    }
    if (s.out_of_memory)
        return RSL_ENOMEM;
    *fingerprint_out = XXH3_64bits(s.text, s.ntext);
    return RSL_OK;
}
