/* Reading the items of a file as names. */
#include "index/names.h"

#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "index/arena_list.h"
#include "index/names_internal.h"
#include "parser/text.h"

#define FIRST_BLOCK 65536

struct rsl_names_builder *rsl_names_builder_create(const struct rsl_allocator *allocator)
{
    if (allocator == NULL)
        allocator = &rsl_allocator_default;
    struct rsl_names_builder *b = allocator->allocate(allocator->state, sizeof *b);
    if (b == NULL)
        return NULL;
    *b = (struct rsl_names_builder){.allocator = allocator};
    rsl_arena_init(&b->arena, allocator, FIRST_BLOCK);
    return b;
}

void rsl_names_builder_destroy(struct rsl_names_builder *builder)
{
    if (builder == NULL)
        return;
    rsl_arena_fini(&builder->arena);
    builder->allocator->release(builder->allocator->state, builder, sizeof *builder);
}

/* ---- lists ---- */

/* The list with room for one more; NULL, and status says so, without memory. */
static void *grow(struct rsl_names_builder *b, void *list, uint32_t n, uint32_t *capacity,
                  size_t element_nbytes)
{
    void *grown = arena_list_grow(&b->arena, list, n, capacity, element_nbytes);
    if (grown == NULL)
        b->status = RSL_ENOMEM;
    return grown;
}

/* Appends `element` to a list of the builder, and is its number; RSL_NONE without memory. */
#define APPEND(b, list, ...) append_##list(b, (__VA_ARGS__))
#define DEFINE_APPEND(list, type)                                                        \
    static uint32_t append_##list(struct rsl_names_builder *b, type element)             \
    {                                                                                    \
        void *grown = grow(b, b->list, b->n##list, &b->list##_capacity, sizeof element); \
        if (grown == NULL)                                                               \
            return RSL_NONE;                                                             \
        b->list = grown;                                                                 \
        b->list[b->n##list] = element;                                                   \
        return b->n##list++;                                                             \
    }
DEFINE_APPEND(scopes, struct rsl_names_scope)
DEFINE_APPEND(names, struct rsl_name)
DEFINE_APPEND(uses, struct rsl_use)
DEFINE_APPEND(nodes, struct rsl_path_node)
DEFINE_APPEND(calls, struct rsl_names_call)
DEFINE_APPEND(mods, struct rsl_names_mod)
DEFINE_APPEND(macro_uses, uint32_t)

static uint32_t add_text(struct rsl_names_builder *b, const char *bytes, size_t nbytes)
{
    if (b->text_capacity - b->ntext <= nbytes) {
        const size_t more = ((size_t)b->text_capacity + nbytes) * 2 + 1024;
        char *grown = more > UINT32_MAX ? NULL : rsl_arena_alloc(&b->arena, more, 1);
        if (grown == NULL) {
            b->status = RSL_ENOMEM;
            return RSL_NONE;
        }
        if (b->ntext > 0)
            memcpy(grown, b->text, b->ntext);
        b->text = grown;
        b->text_capacity = (uint32_t)more;
    }
    const uint32_t text = b->ntext;
    memcpy(b->text + text, bytes, nbytes);
    b->text[text + nbytes] = '\0';
    b->ntext += (uint32_t)nbytes + 1;
    return text;
}

static struct rsl_span without_raw(const struct rsl_names_builder *b, struct rsl_span name)
{
    if (name.end - name.start > 2 && b->src[name.start] == 'r' && b->src[name.start + 1] == '#')
        name.start += 2;
    return name;
}

/* ---- scopes ---- */

static uint32_t add_scope(struct rsl_names_builder *b, enum rsl_names_scope_kind kind,
                          uint32_t parent)
{
    uint32_t *globs =
        grow(b, b->last_globs, b->nscopes, &b->last_globs_capacity, sizeof *b->last_globs);
    if (globs == NULL)
        return 0;
    b->last_globs = globs;
    globs[b->nscopes] = RSL_NONE;
    const uint32_t scope = APPEND(
        b, scopes,
        (struct rsl_names_scope){.parent = parent, .first_glob = RSL_NONE, .kind = (uint8_t)kind});
    return scope == RSL_NONE ? 0 : scope;
}

/* Makes the scope of what stands in an item, the one around it being known. */
static uint32_t make_inside(struct rsl_names_builder *b, uint32_t index)
{
    const struct rsl_item *item = &b->file->items[index];
    const uint32_t around = item->parent == RSL_NONE ? 0 : b->inside[item->parent];
    switch (item->kind) {
    case RSL_ITEM_IMPL:
    case RSL_ITEM_FOREIGN_MOD:
    case RSL_ITEM_MACRO_CALL:
    case RSL_ITEM_USE: return around;
    case RSL_ITEM_MOD: return add_scope(b, RSL_NAMES_MODULE, around);
    case RSL_ITEM_ENUM: return add_scope(b, RSL_NAMES_ENUM, around);
    case RSL_ITEM_TRAIT: return add_scope(b, RSL_NAMES_TRAIT, around);
    default: return add_scope(b, RSL_NAMES_BLOCK, around);
    }
}

/* The scope of what stands in an item. Every item but a field has asked for the scope around it
 * before, so at most those in a field of a variant are new. */
static uint32_t scope_inside(struct rsl_names_builder *b, uint32_t index)
{
    if (index == RSL_NONE)
        return 0;
    while (b->inside[index] == RSL_NONE) {
        uint32_t outermost = index, parent = b->file->items[index].parent;
        while (parent != RSL_NONE && b->inside[parent] == RSL_NONE) {
            outermost = parent;
            parent = b->file->items[parent].parent;
        }
        b->inside[outermost] = make_inside(b, outermost);
    }
    return b->inside[index];
}

/* ---- paths ---- */

static uint32_t add_node(struct rsl_names_builder *b, uint32_t parent, const char *bytes,
                         size_t nbytes)
{
    const uint64_t hash = XXH3_64bits(bytes, nbytes);
    uint64_t *hashes = grow(b, b->node_hashes, b->nnodes, &b->node_hashes_capacity, sizeof *hashes);
    const uint32_t text = add_text(b, bytes, nbytes);
    if (hashes == NULL || text == RSL_NONE)
        return RSL_NONE;
    b->node_hashes = hashes;
    hashes[b->nnodes] =
        XXH3_64bits_withSeed(&hash, sizeof hash, parent == RSL_NONE ? 0 : hashes[parent] + 1);
    return APPEND(b, nodes, (struct rsl_path_node){parent, text, (uint32_t)hash, false});
}

static bool is_segment_byte(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' ||
           c == '$' || c == '#' || c >= 0x80;
}

/* The node behind the segments of [p, end), which stand behind `node`. */
static uint32_t add_segments(struct rsl_names_builder *b, uint32_t node, const char *p,
                             const char *end)
{
    while (p < end && b->status == RSL_OK) {
        const char *segment = p;
        while (p < end && is_segment_byte((uint8_t)*p))
            p++;
        size_t nbytes = (size_t)(p - segment);
        if (nbytes > 2 && segment[0] == 'r' && segment[1] == '#') {
            segment += 2;
            nbytes -= 2;
        }
        if (nbytes > 0)
            node = add_node(b, node, segment, nbytes);
        else
            p++;
    }
    return node;
}

/* The same for a span, which may hold comments. */
static uint32_t add_path(struct rsl_names_builder *b, uint32_t node, struct rsl_span span)
{
    const char *text = source_at(b, span.start);
    size_t nbytes = span.end - span.start;
    if (memchr(text, '/', nbytes) != NULL) {
        char *plain = rsl_arena_alloc(&b->arena, nbytes, 1);
        if (plain == NULL) {
            b->status = RSL_ENOMEM;
            return RSL_NONE;
        }
        nbytes = rsl_text_path(b->src, span, plain, nbytes);
        text = plain;
    }
    return add_segments(b, node, text, text + nbytes);
}

static void read_prefixes(struct rsl_names_builder *b)
{
    const struct rsl_file *file = b->file;
    b->prefix_nodes =
        rsl_arena_alloc(&b->arena, file->nuse_prefixes * sizeof *b->prefix_nodes + 1, 16);
    if (b->prefix_nodes == NULL) {
        b->status = RSL_ENOMEM;
        return;
    }
    for (uint32_t i = 0; i < file->nuse_prefixes && b->status == RSL_OK; i++) {
        const struct rsl_use_prefix *prefix = &file->use_prefixes[i];
        uint32_t node = prefix->parent == RSL_NONE ? RSL_NONE : b->prefix_nodes[prefix->parent];
        if (prefix->global && node == RSL_NONE)
            node = add_node(b, RSL_NONE, "", 0);
        b->prefix_nodes[i] = add_path(b, node, prefix->segments);
    }
}

/* ---- names ---- */

/* Whether the attribute's name is, or begins with, `name`: what is asked for are attributes that
 * nobody writes with spaces. */
bool rsl_names_attr_is(const struct rsl_names_builder *b, const struct rsl_attr *attr,
                       const char *name)
{
    const char *p = source_at(b, attr->span.start);
    const char *end = source_at(b, attr->span.end);
    while (p < end && (*p == '#' || *p == '[' || *p == ' ' || *p == '\n' || *p == '\t'))
        p++;
    const size_t n = strlen(name);
    return (size_t)(end - p) >= n && memcmp(p, name, n) == 0;
}

static bool attr_holds(const struct rsl_names_builder *b, const struct rsl_attr *attr,
                       const char *word)
{
    const size_t n = strlen(word);
    for (uint32_t at = attr->value.start; at + n <= attr->value.end; at++) {
        if (memcmp(b->src + at, word, n) == 0)
            return true;
    }
    return false;
}

static bool is_conditional(const struct rsl_names_builder *b, const struct rsl_item *item)
{
    for (uint32_t i = item->first_attr; i < item->first_attr + item->nattrs; i++) {
        if (b->file->attrs[i].kind == RSL_ATTR_CFG)
            return true;
    }
    return item->context == RSL_CTX_MACRO;
}

/* RSL_NAME_EXPORTED or RSL_NAME_MACRO_USE, for `word`, if the item has that attribute. */
static uint8_t flag_of(const struct rsl_names_builder *b, const struct rsl_item *item,
                       const char *word, uint8_t flag)
{
    for (uint32_t i = item->first_attr; i < item->first_attr + item->nattrs; i++) {
        const struct rsl_attr *attr = &b->file->attrs[i];
        if (attr->kind == RSL_ATTR_CFG_ATTR ? attr_holds(b, attr, word)
                                            : rsl_names_attr_is(b, attr, word))
            return flag;
    }
    return 0;
}

static uint8_t spaces_of(const struct rsl_item *item)
{
    switch (item->kind) {
    case RSL_ITEM_MOD:
    case RSL_ITEM_ENUM:
    case RSL_ITEM_UNION:
    case RSL_ITEM_TRAIT:
    case RSL_ITEM_TRAIT_ALIAS:
    case RSL_ITEM_TYPE:
    case RSL_ITEM_EXTERN_CRATE: return RSL_SPACE_TYPE;
    case RSL_ITEM_STRUCT:
        return item->shape == RSL_SHAPE_NAMED ? RSL_SPACE_TYPE : RSL_SPACE_TYPE | RSL_SPACE_VALUE;
    case RSL_ITEM_VARIANT: return RSL_SPACE_TYPE | RSL_SPACE_VALUE;
    case RSL_ITEM_FN:
    case RSL_ITEM_CONST:
    case RSL_ITEM_STATIC:
    case RSL_ITEM_DELEGATION: return RSL_SPACE_VALUE;
    case RSL_ITEM_MACRO_RULES:
    case RSL_ITEM_MACRO: return RSL_SPACE_MACRO;
    default: return 0;
    }
}

static void add_name(struct rsl_names_builder *b, uint32_t index, uint32_t scope,
                     struct rsl_span span, uint32_t ref, uint8_t spaces, uint8_t flags)
{
    const struct rsl_item *item = &b->file->items[index];
    span = without_raw(b, span);
    const char *text = source_at(b, span.start);
    const size_t nbytes = span.end - span.start;
    if (nbytes == 0 || (nbytes == 1 && *text == '_'))
        return;
    struct rsl_name name = {
        .scope = scope,
        .text = add_text(b, text, nbytes),
        .hash = rsl_name_hash(text, nbytes),
        .ref = ref,
        .item = index,
        .next = RSL_NONE,
        .kind = item->kind,
        .vis = item->kind == RSL_ITEM_USE_LEAF ? b->file->items[item->parent].vis : item->vis,
        .spaces = spaces,
        .flags = flags | (is_conditional(b, item) ? RSL_NAME_CONDITIONAL : 0),
    };
    if (item->kind == RSL_ITEM_VARIANT || item->context == RSL_CTX_TRAIT)
        name.vis = RSL_VIS_NONE;
    else if (item->kind == RSL_ITEM_MACRO_RULES)
        name.vis = RSL_VIS_CRATE; /* as far as a use can reach it; an exported one is found apart */
    if ((flags & RSL_NAME_MACRO_USE) != 0)
        APPEND(b, macro_uses, b->nnames);
    APPEND(b, names, name);
}

/* #[proc_macro] and its like make a function a macro; #[proc_macro_derive(X)] names it. */
static void add_procedural(struct rsl_names_builder *b, uint32_t index, uint32_t scope)
{
    const struct rsl_item *item = &b->file->items[index];
    for (uint32_t i = item->first_attr; i < item->first_attr + item->nattrs; i++) {
        const struct rsl_attr *attr = &b->file->attrs[i];
        if (attr->kind != RSL_ATTR_OTHER || !rsl_names_attr_is(b, attr, "proc_macro"))
            continue;
        struct rsl_span name = item->name;
        if (rsl_names_attr_is(b, attr, "proc_macro_derive")) {
            const char *open =
                memchr(source_at(b, attr->span.start), '(', attr->span.end - attr->span.start);
            if (open == NULL)
                continue;
            name.start = (uint32_t)(open + 1 - source_at(b, 0));
            while (b->src[name.start] == ' ' || b->src[name.start] == '\n')
                name.start++;
            name.end = name.start;
            while (is_segment_byte(b->src[name.end]))
                name.end++;
        }
        add_name(b, index, scope, name, RSL_NONE, RSL_SPACE_MACRO, 0);
    }
}

static void add_use(struct rsl_names_builder *b, uint32_t index, uint32_t scope)
{
    const struct rsl_item *leaf = &b->file->items[index];
    const struct rsl_item *whole = &b->file->items[leaf->parent];
    uint32_t path = leaf->use_prefix == RSL_NONE ? RSL_NONE : b->prefix_nodes[leaf->use_prefix];
    struct rsl_use use = {
        .scope = scope,
        .name = RSL_NONE,
        .item = index,
        .off = leaf->head,
        .line = leaf->line,
        .column = leaf->column,
        .next_glob = RSL_NONE,
        .vis = whole->vis,
        .glob = (leaf->flags & RSL_FLAG_GLOB) != 0,
        .self = (leaf->flags & RSL_FLAG_SELF) != 0 && path != RSL_NONE,
        .conditional = is_conditional(b, whole),
    };
    if (!use.glob && !use.self)
        path = add_path(b, path, leaf->path);
    use.path = path;
    if (b->status != RSL_OK || (path == RSL_NONE && !use.glob))
        return;
    if (use.glob) {
        const uint32_t last = b->last_globs[scope];
        const uint32_t number = APPEND(b, uses, use);
        if (number == RSL_NONE)
            return;
        if (last == RSL_NONE)
            b->scopes[scope].first_glob = number;
        else
            b->uses[last].next_glob = number;
        b->last_globs[scope] = number;
        return;
    }
    struct rsl_span name = leaf->name;
    const bool renamed = (leaf->flags & RSL_FLAG_RENAME) != 0;
    if (name.start == name.end && !renamed)
        name = leaf->path;
    if (use.self && !renamed) { /* the last segment before the braces */
        const struct rsl_use_prefix *prefix = &b->file->use_prefixes[leaf->use_prefix];
        name = prefix->last;
    }
    const uint32_t number = APPEND(b, uses, use);
    const uint32_t before = b->nnames;
    add_name(b, index, scope, name, number, use.self ? RSL_SPACE_TYPE : RSL_SPACE_ALL,
             use.conditional ? RSL_NAME_CONDITIONAL : 0);
    if (b->status == RSL_OK && b->nnames > before)
        b->uses[number].name = b->names[before].text;
}

static void add_call(struct rsl_names_builder *b, uint32_t index, uint32_t scope)
{
    const struct rsl_item *call = &b->file->items[index];
    const uint32_t path = add_path(b, RSL_NONE, call->path);
    if (b->status != RSL_OK || path == RSL_NONE)
        return;
    /* What these make is in the source. */
    if (!rsl_names_node_is(b, path, "cfg_if") && !rsl_names_node_is(b, path, "cfg_match") &&
        !rsl_names_node_is(b, path, "include") && !rsl_names_node_is(b, path, "thread_local"))
        b->scopes[scope].expands = true;
    APPEND(b, calls, (struct rsl_names_call){scope, path, call->head});
}

static void read_item(struct rsl_names_builder *b, uint32_t index)
{
    const struct rsl_item *item = &b->file->items[index];
    if (item->kind == RSL_ITEM_FIELD)
        return;
    const uint32_t scope = scope_inside(b, item->parent);
    uint32_t ref = RSL_NONE;
    uint8_t flags = 0;
    switch (item->kind) {
    case RSL_ITEM_USE:
    case RSL_ITEM_IMPL:
    case RSL_ITEM_FOREIGN_MOD: return;
    case RSL_ITEM_USE_LEAF: add_use(b, index, scope); return;
    case RSL_ITEM_MACRO_CALL:
        if (item->context != RSL_CTX_IMPL && item->context != RSL_CTX_TRAIT)
            add_call(b, index, scope);
        return;
    case RSL_ITEM_MOD:
        ref = b->nmods;
        APPEND(b, mods,
               (struct rsl_names_mod){scope, item->flags & RSL_FLAG_INLINE ? scope_inside(b, index)
                                                                           : RSL_NONE});
        flags = flag_of(b, item, "macro_use", RSL_NAME_MACRO_USE);
        break;
    case RSL_ITEM_ENUM:
    case RSL_ITEM_TRAIT:
        if (item->nmembers > 0)
            ref = scope_inside(b, index);
        break;
    case RSL_ITEM_EXTERN_CRATE: {
        const struct rsl_span crate = without_raw(b, item->path);
        ref = add_text(b, source_at(b, crate.start), crate.end - crate.start);
        flags = flag_of(b, item, "macro_use", RSL_NAME_MACRO_USE);
        break;
    }
    case RSL_ITEM_MACRO_RULES:
        flags = flag_of(b, item, "macro_export", RSL_NAME_EXPORTED);
        b->nexports += flags != 0;
        break;
    case RSL_ITEM_FN:
        if (item->parent == RSL_NONE && item->nattrs > 0)
            add_procedural(b, index, scope);
        break;
    default: break;
    }
    if (item->context == RSL_CTX_IMPL)
        return;
    add_name(b, index, scope, item->name, ref, spaces_of(item), flags);
}

enum rsl_status rsl_file_names_create(struct rsl_names_builder *builder,
                                      const struct rsl_file *file, const uint8_t *src,
                                      struct rsl_file_names **names_out)
{
    const struct rsl_allocator *allocator = builder->allocator;
    struct rsl_arena arena = builder->arena;
    *names_out = NULL;
    rsl_arena_reset(&arena);
    *builder = (struct rsl_names_builder){
        .allocator = allocator, .arena = arena, .file = file, .src = src, .status = RSL_OK};
    builder->inside =
        rsl_arena_alloc(&builder->arena, file->nitems * sizeof *builder->inside + 1, 16);
    if (builder->inside == NULL)
        return RSL_ENOMEM;
    memset(builder->inside, 0xFF, file->nitems * sizeof *builder->inside); /* RSL_NONE */
    add_scope(builder, RSL_NAMES_FILE, RSL_NONE);
    if (builder->status == RSL_OK)
        read_prefixes(builder);
    for (uint32_t i = 0; i < file->nitems && builder->status == RSL_OK; i++)
        read_item(builder, i);
    if (builder->status == RSL_OK)
        *names_out = rsl_names_pack(builder);
    return builder->status;
}

void rsl_file_names_destroy(struct rsl_file_names *names, const struct rsl_allocator *allocator)
{
    if (allocator == NULL)
        allocator = &rsl_allocator_default;
    if (names != NULL)
        allocator->release(allocator->state, names, names->nbytes);
}
