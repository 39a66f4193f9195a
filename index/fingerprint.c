/* The text of an item that matters to others is put together in one buffer, and hashed. */
#include "index/fingerprint.h"

#include <stdbool.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "lexer/scan.h"

struct signer {
    const struct rsl_file *file;
    const uint8_t *src;
    struct rsl_arena *arena;
    char *text;
    size_t ntext, capacity;
    bool out_of_memory;
};

/* ---- source without white space and comments ---- */

static bool is_word_byte(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c >= 0x80;
}

static bool is_space_byte(uint8_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

#define BYTES(c) ((c)*UINT64_C(0x0101010101010101))

/* The top bit of each byte of `word` that is zero, and maybe of bytes above the lowest of those. */
static uint64_t zero_bytes(uint64_t word)
{
    return (word - BYTES(1)) & ~word & BYTES(0x80);
}

/* How many of the eight bytes at p can be copied as they are: up to white space or a control
 * character, a slash, or a quote. */
static unsigned plain_bytes(const uint8_t *p)
{
    uint64_t word;
    memcpy(&word, p, sizeof word);
    const uint64_t below_21 = (word - BYTES(0x21)) & ~word & BYTES(0x80);
    const uint64_t stops = below_21 | zero_bytes(word ^ BYTES('/')) |
                           zero_bytes(word ^ BYTES('"')) | zero_bytes(word ^ BYTES('\''));
    return stops == 0 ? 8 : (unsigned)__builtin_ctzll(stops) / 8;
}

/* Behind the string whose quote is at p; it is a raw one if `start` is before an r in front of it.
 */
static const uint8_t *cross_string(const uint8_t *start, const uint8_t *p, const uint8_t *end)
{
    bool ok;
    unsigned nhashes;
    const uint8_t *r = p;
    while (r > start && r[-1] == '#')
        r--;
    if (r > start && r[-1] == 'r' &&
        (r - 1 == start || !is_word_byte(r[-2]) || r[-2] == 'b' || r[-2] == 'c'))
        return rsl_scan_raw_string(r, end, &nhashes, &ok);
    return rsl_scan_string(p + 1, end, &ok);
}

/* Behind the literal at p, or the one byte that is none. */
static const uint8_t *cross_literal(const uint8_t *start, const uint8_t *p, const uint8_t *end)
{
    return *p == '"'    ? cross_string(start, p, end)
           : *p == '\'' ? rsl_scan_quote(p + 1, end)
                        : p + 1;
}

/* Behind the white space and comments at p. */
static const uint8_t *cross_blank(const uint8_t *p, const uint8_t *end)
{
    bool ok;
    while (p < end) {
        if (is_space_byte(*p))
            p++;
        else if (*p == '/' && p[1] == '/')
            p = rsl_scan_line_comment(p, end);
        else if (*p == '/' && p[1] == '*')
            p = rsl_scan_block_comment(p + 2, end, &ok);
        else
            break;
    }
    return p;
}

/* Copies source without its comments and white space; where words would join, a space stays. `to`
 * has room for all of it and eight bytes. Returns the end of what was written. */
static char *squeeze(char *to, const uint8_t *start, const uint8_t *end)
{
    const char *first = to;
    const uint8_t *p = start;
    while (p < end) {
        const unsigned n = plain_bytes(p);
        memcpy(to, p, 8);
        to += n;
        p += n;
        if (n == 8)
            continue;
        if (p >= end)
            break;
        const uint8_t *after = cross_blank(p, end);
        if (after > p) {
            const bool after_word = to > first && is_word_byte((uint8_t)to[-1]);
            if (after_word && after < end && is_word_byte(*after))
                *to++ = ' ';
        } else {
            after = cross_literal(start, p, end);
            memcpy(to, p, (size_t)(after - p));
            to += after - p;
        }
        p = after;
    }
    return to - (p - end); /* the last copy may have gone further */
}

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
    char *to = end <= start ? NULL : room(s, end - start + (size_t)9);
    if (to == NULL)
        return;
    to = squeeze(to, s->src + start, s->src + end);
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
    while (p < end && (*p == '#' || *p == '[' || is_space_byte(*p)))
        p++;
    return end - p > 3 && memcmp(p, "doc", 3) == 0 && !is_word_byte(p[3]);
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
