#include "index/facts.h"

#include <string.h>

#include "index/arena_list.h"
#include "index/facts_internal.h"
#include "parser/text.h"

#define FIRST_BLOCK 16384

struct rsl_facts_builder *rsl_facts_builder_create(const struct rsl_allocator *allocator)
{
    if (allocator == NULL)
        allocator = &rsl_allocator_default;
    struct rsl_facts_builder *b = allocator->allocate(allocator->state, sizeof *b);
    if (b == NULL)
        return NULL;
    *b = (struct rsl_facts_builder){.allocator = allocator};
    rsl_arena_init(&b->arena, allocator, FIRST_BLOCK);
    return b;
}

void rsl_facts_builder_destroy(struct rsl_facts_builder *builder)
{
    if (builder == NULL)
        return;
    rsl_arena_fini(&builder->arena);
    builder->allocator->release(builder->allocator->state, builder, sizeof *builder);
}

/* ---- lists ---- */

void *rsl_facts_grow(struct rsl_facts_builder *b, void *list, uint32_t n, uint32_t *capacity,
                     size_t element_nbytes)
{
    void *grown = arena_list_grow(&b->arena, list, n, capacity, element_nbytes);
    if (grown == NULL)
        b->status = RSL_ENOMEM;
    return grown;
}

char *rsl_facts_room(struct rsl_facts_builder *b, size_t nbytes)
{
    if (b->text_capacity - b->ntext > nbytes)
        return b->text + b->ntext;
    const size_t more = ((size_t)b->text_capacity + nbytes) * 2 + 256;
    char *grown = more > UINT32_MAX ? NULL : rsl_arena_alloc(&b->arena, more, 1);
    if (grown == NULL) {
        b->status = RSL_ENOMEM;
        return NULL;
    }
    if (b->ntext > 0)
        memcpy(grown, b->text, b->ntext);
    b->text = grown;
    b->text_capacity = (uint32_t)more;
    return grown + b->ntext;
}

/* Ends the text that was begun where the text ended until now; its number. */
static uint32_t end_text(struct rsl_facts_builder *b, size_t nbytes)
{
    const uint32_t text = b->ntext;
    b->text[text + nbytes] = '\0';
    b->ntext += (uint32_t)nbytes + 1;
    return text;
}

uint32_t rsl_facts_add_text(struct rsl_facts_builder *b, struct rsl_span span)
{
    const size_t room = span.end - span.start; /* no text is longer than its source */
    char *to = rsl_facts_room(b, room);
    return to == NULL ? 0 : end_text(b, rsl_text_normalized(b->src, span, to, room));
}

uint32_t rsl_facts_add_string(struct rsl_facts_builder *b, struct rsl_span inside, bool raw)
{
    const size_t room = (size_t)(inside.end - inside.start) * 3; /* \0 may become U+FFFD */
    char *to = rsl_facts_room(b, room);
    if (to == NULL)
        return 0;
    if (!raw)
        return end_text(b, rsl_text_unescaped(b->src, inside, to, room));
    memcpy(to, b->src + inside.start, inside.end - inside.start);
    return end_text(b, inside.end - inside.start);
}

void rsl_facts_add_cfg(struct rsl_facts_builder *b, uint32_t predicate, bool negated)
{
    struct rsl_facts_cfg *grown =
        rsl_facts_grow(b, b->cfgs, b->ncfgs, &b->cfgs_capacity, sizeof *grown);
    if (grown == NULL)
        return;
    b->cfgs = grown;
    grown[b->ncfgs++] = (struct rsl_facts_cfg){predicate, negated};
}

void rsl_facts_add_path(struct rsl_facts_builder *b, uint32_t predicate, uint32_t path)
{
    struct rsl_facts_path *grown =
        rsl_facts_grow(b, b->paths, b->npaths, &b->paths_capacity, sizeof *grown);
    if (grown == NULL)
        return;
    b->paths = grown;
    grown[b->npaths++] = (struct rsl_facts_path){predicate, path};
}

uint32_t rsl_facts_add_scope(struct rsl_facts_builder *b, enum rsl_scope_kind kind, uint32_t parent)
{
    struct rsl_facts_scope *grown =
        rsl_facts_grow(b, b->scopes, b->nscopes, &b->scopes_capacity, sizeof *grown);
    if (grown == NULL)
        return 0;
    b->scopes = grown;
    const bool holds_modules = kind == RSL_SCOPE_FILE || kind == RSL_SCOPE_MODULE;
    struct rsl_facts_scope *scope = &grown[b->nscopes];
    *scope = (struct rsl_facts_scope){.parent = parent,
                                      .mod = RSL_NONE,
                                      .first_cfg = b->ncfgs,
                                      .around = b->nscopes,
                                      .kind = (uint8_t)kind};
    if (kind != RSL_SCOPE_FILE) {
        scope->macro = grown[parent].macro || kind == RSL_SCOPE_MACRO;
        scope->conditional = grown[parent].conditional || scope->macro;
        if (!holds_modules) {
            scope->around = grown[parent].around;
            scope->block = grown[parent].block || kind == RSL_SCOPE_BLOCK;
        }
    }
    return b->nscopes++;
}

void rsl_facts_set_cfgs(struct rsl_facts_builder *b, uint32_t scope, uint32_t first, uint32_t n)
{
    b->scopes[scope].first_cfg = first;
    b->scopes[scope].ncfgs = n;
    b->scopes[scope].conditional |= n > 0;
}

/* ---- conditions and paths of an item ---- */

/* Attributes that leave the item as it is. Any other may be a macro. */
static bool is_inert(const char *name, size_t nbytes)
{
    static const char *const inert[] = {
        "allow",        "automatically_derived",
        "cfg",          "cfg_attr",
        "deny",         "deprecated",
        "doc",          "expect",
        "forbid",       "inline",
        "macro_escape", "macro_use",
        "must_use",     "no_implicit_prelude",
        "path",         "repr",
        "stable",       "unstable",
        "warn",
    };
    static const char *const tools[] = {"clippy::",  "diagnostic::", "miri::", "rust_analyzer::",
                                        "rustfmt::", "rustdoc::",    "rustc_"};
    for (size_t i = 0; i < sizeof inert / sizeof *inert; i++) {
        if (strlen(inert[i]) == nbytes && memcmp(inert[i], name, nbytes) == 0)
            return true;
    }
    for (size_t i = 0; i < sizeof tools / sizeof *tools; i++) {
        if (strlen(tools[i]) <= nbytes && memcmp(tools[i], name, strlen(tools[i])) == 0)
            return true;
    }
    return false;
}

/* The conditions of an item; for a module its paths and flags too, else `mod` is NULL. */
static void read_attrs(struct rsl_facts_builder *b, const struct rsl_item *item,
                       struct rsl_facts_mod *mod)
{
    const uint32_t npaths = b->npaths;
    uint8_t flags = 0;
    bool has_path = false; /* one that always holds; those behind it never count */
    for (uint32_t i = item->first_attr; i < item->first_attr + item->nattrs; i++) {
        const struct rsl_attr *attr = &b->file->attrs[i];
        const char *name;
        size_t n;
        switch (attr->kind) {
        case RSL_ATTR_CFG: rsl_facts_add_cfg(b, rsl_facts_add_text(b, attr->value), false); break;
        case RSL_ATTR_CFG_ATTR: {
            const uint32_t before = b->npaths;
            rsl_facts_read_cfg_attr(b, attr->value, &flags);
            if (has_path)
                b->npaths = before;
            break;
        }
        case RSL_ATTR_PATH:
            if (!has_path && mod != NULL) {
                const uint8_t before = b->src[attr->value.start - 2];
                const bool raw = before == 'r' || before == '#';
                rsl_facts_add_path(b, RSL_NONE, rsl_facts_add_string(b, attr->value, raw));
            }
            has_path = true;
            break;
        case RSL_ATTR_OTHER:
            n = rsl_facts_attr_name(b, attr, &name);
            if (n == 4 && memcmp(name, "path", 4) == 0 && !has_path) {
                flags |= RSL_FACTS_MOD_BAD_PATH;
                has_path = true;
            } else if (!is_inert(name, n)) {
                flags |= RSL_FACTS_MOD_ATTRIBUTE;
            }
            break;
        default: break;
        }
    }
    if (mod == NULL) {
        b->npaths = npaths;
        return;
    }
    mod->first_path = npaths;
    mod->npaths = b->npaths - npaths;
    mod->flags = flags;
}

/* ---- scopes ---- */

/* The scope of what stands at a byte of `item`, whose own scope is known; or of the file. */
static uint32_t scope_at(struct rsl_facts_builder *b, uint32_t item, uint32_t off)
{
    if (item == RSL_NONE)
        return 0;
    struct facts_inside *inside = &b->inside[item];
    if (inside->branch == RSL_NONE)
        return inside->scope;
    while (inside->branch + 1 < b->nbranches && b->branches[inside->branch + 1].call == item &&
           b->branches[inside->branch].close <= off)
        inside->branch++;
    const struct facts_branch *branch = &b->branches[inside->branch];
    return branch->open < off && off < branch->close ? branch->scope : inside->scope;
}

/* Makes the scope of what stands in an item that is no inline module. */
static void open_scope(struct rsl_facts_builder *b, uint32_t item)
{
    const struct rsl_item *container = &b->file->items[item];
    const bool is_call = container->kind == RSL_ITEM_MACRO_CALL;
    const uint32_t scope = rsl_facts_add_scope(b, is_call ? RSL_SCOPE_MACRO : RSL_SCOPE_BLOCK,
                                               scope_at(b, container->parent, container->start));
    const uint32_t first_cfg = b->ncfgs;
    read_attrs(b, container, NULL);
    if (b->status != RSL_OK)
        return;
    rsl_facts_set_cfgs(b, scope, first_cfg, b->ncfgs - first_cfg);
    const uint32_t first_branch = b->nbranches;
    if (is_call)
        rsl_facts_read_branches(b, item, scope);
    b->inside[item] = (struct facts_inside){
        .scope = scope, .branch = b->nbranches > first_branch ? first_branch : RSL_NONE};
}

/* The scope in which an item stands, made with all around it if need be. */
static uint32_t scope_around(struct rsl_facts_builder *b, const struct rsl_item *item)
{
    uint32_t n = 0;
    for (uint32_t up = item->parent; up != RSL_NONE && b->inside[up].scope == RSL_NONE;
         up = b->file->items[up].parent) {
        uint32_t *grown = rsl_facts_grow(b, b->climb, n, &b->climb_capacity, sizeof *grown);
        if (grown == NULL)
            return 0;
        b->climb = grown;
        grown[n++] = up;
    }
    while (n > 0 && b->status == RSL_OK)
        open_scope(b, b->climb[--n]);
    return b->status == RSL_OK ? scope_at(b, item->parent, item->start) : 0;
}

/* ---- declarations ---- */

/* rustc takes the inner attributes of an inline module for outer ones behind the last of those. */
static void read_inner_attrs(struct rsl_facts_builder *b, const struct rsl_item *item,
                             struct rsl_facts_mod *mod)
{
    const bool has_path = (mod->flags & RSL_FACTS_MOD_BAD_PATH) != 0 ||
                          (mod->npaths > 0 && b->paths[b->npaths - 1].predicate == RSL_NONE);
    uint8_t flags = 0;
    rsl_facts_read_inner(b, item->body + 1, item->end, &flags);
    if (has_path)
        b->npaths = mod->first_path + mod->npaths;
    else
        mod->flags |= flags;
    mod->npaths = b->npaths - mod->first_path;
}

static void add_mod(struct rsl_facts_builder *b, uint32_t index)
{
    const struct rsl_item *item = &b->file->items[index];
    struct rsl_span name = item->name;
    if (name.end - name.start > 2 && b->src[name.start] == 'r' && b->src[name.start + 1] == '#')
        name.start += 2;
    struct rsl_facts_mod mod = {
        .scope = scope_around(b, item),
        .inside = RSL_NONE,
        .name = rsl_facts_add_text(b, name),
        .off = item->name.start,
        .line = item->line,
        .column = item->column,
        .first_cfg = b->ncfgs,
        .visibility = item->vis,
    };
    read_attrs(b, item, &mod);
    if (item->flags & RSL_FLAG_INLINE)
        read_inner_attrs(b, item, &mod);
    mod.ncfgs = b->ncfgs - mod.first_cfg;
    struct rsl_facts_mod *grown =
        rsl_facts_grow(b, b->mods, b->nmods, &b->mods_capacity, sizeof *grown);
    if (grown == NULL)
        return;
    b->mods = grown;
    if (item->flags & RSL_FLAG_INLINE) {
        mod.inside = rsl_facts_add_scope(b, RSL_SCOPE_MODULE, mod.scope);
        if (b->status != RSL_OK)
            return;
        b->scopes[mod.inside].mod = b->nmods;
        rsl_facts_set_cfgs(b, mod.inside, mod.first_cfg, mod.ncfgs);
        b->inside[index] = (struct facts_inside){.scope = mod.inside, .branch = RSL_NONE};
    }
    grown[b->nmods++] = mod;
}

static void add_include(struct rsl_facts_builder *b, const struct rsl_item *item)
{
    struct rsl_facts_include include = {
        .scope = scope_around(b, item),
        .off = item->head,
        .line = item->line,
        .column = item->column,
        .first_cfg = b->ncfgs,
    };
    read_attrs(b, item, NULL);
    include.ncfgs = b->ncfgs - include.first_cfg;
    rsl_facts_read_include(b, item, &include);
    struct rsl_facts_include *grown =
        rsl_facts_grow(b, b->includes, b->nincludes, &b->includes_capacity, sizeof *grown);
    if (grown == NULL)
        return;
    b->includes = grown;
    grown[b->nincludes++] = include;
}

static bool is_include(const struct rsl_facts_builder *b, const struct rsl_item *item)
{
    static const char name[] = "include";
    const size_t n = sizeof name - 1;
    const struct rsl_span path = item->path;
    if (item->kind != RSL_ITEM_MACRO_CALL || path.end - path.start < n ||
        memcmp(b->src + path.end - n, name, n) != 0)
        return false;
    /* include!, std::include!, core::include!; a macro of the same name elsewhere is another. */
    char text[32];
    const size_t nbytes = rsl_text_path(b->src, path, text, sizeof text);
    const char *rest = text;
    size_t nrest = nbytes;
    if (nbytes > sizeof text)
        return false;
    if (nrest > 2 && memcmp(rest, "::", 2) == 0) {
        rest += 2;
        nrest -= 2;
    }
    if (nrest == n + 5 && memcmp(rest, "std::", 5) == 0)
        return true;
    if (nrest == n + 6 && memcmp(rest, "core::", 6) == 0)
        return true;
    return nrest == n && rest == text;
}

static bool matters(const struct rsl_facts_builder *b, const struct rsl_item *item)
{
    return item->kind == RSL_ITEM_MOD || is_include(b, item);
}

/* The file's own conditions. A path in the file itself comes too late. */
static void read_file_attrs(struct rsl_facts_builder *b)
{
    uint8_t flags = 0;
    rsl_facts_read_inner(b, b->file->prefix_nbytes, (uint32_t)b->nbytes, &flags);
    b->npaths = 0;
    if (b->status == RSL_OK)
        rsl_facts_set_cfgs(b, 0, 0, b->ncfgs);
}

static void read_items(struct rsl_facts_builder *b)
{
    const struct rsl_file *file = b->file;
    uint32_t i = 0;
    while (i < file->nitems && !matters(b, &file->items[i]))
        i++;
    if (i == file->nitems) /* as in most files: not even the table of scopes is needed */
        return;
    b->inside = rsl_arena_alloc(&b->arena, file->nitems * sizeof *b->inside, 16);
    if (b->inside == NULL) {
        b->status = RSL_ENOMEM;
        return;
    }
    memset(b->inside, 0xFF, file->nitems * sizeof *b->inside); /* RSL_NONE */
    for (; i < file->nitems && b->status == RSL_OK; i++) {
        if (file->items[i].kind == RSL_ITEM_MOD)
            add_mod(b, i);
        else if (is_include(b, &file->items[i]))
            add_include(b, &file->items[i]);
    }
}

/* ---- one block ---- */

/* Copies a list behind the block's last one; where it lies. */
static void *pack(uint8_t **to, const void *list, uint32_t n, size_t element_nbytes)
{
    uint8_t *at = *to;
    if (n > 0)
        memcpy(at, list, n * element_nbytes);
    *to = at + n * element_nbytes;
    return at;
}

static struct rsl_file_facts *pack_all(struct rsl_facts_builder *b)
{
    /* All but the text are made of 32-bit numbers, so each is aligned behind the last. */
    const size_t nbytes = sizeof(struct rsl_file_facts) + b->nscopes * sizeof *b->scopes +
                          b->nmods * sizeof *b->mods + b->nincludes * sizeof *b->includes +
                          b->npaths * sizeof *b->paths + b->ncfgs * sizeof *b->cfgs + b->ntext;
    struct rsl_file_facts *facts = b->allocator->allocate(b->allocator->state, nbytes);
    if (facts == NULL) {
        b->status = RSL_ENOMEM;
        return NULL;
    }
    uint8_t *to = (uint8_t *)(facts + 1);
    facts->nbytes = nbytes;
    facts->nscopes = b->nscopes;
    facts->nmods = b->nmods;
    facts->nincludes = b->nincludes;
    facts->npaths = b->npaths;
    facts->ncfgs = b->ncfgs;
    facts->ntext = b->ntext;
    facts->scopes = pack(&to, b->scopes, b->nscopes, sizeof *b->scopes);
    facts->mods = pack(&to, b->mods, b->nmods, sizeof *b->mods);
    facts->includes = pack(&to, b->includes, b->nincludes, sizeof *b->includes);
    facts->paths = pack(&to, b->paths, b->npaths, sizeof *b->paths);
    facts->cfgs = pack(&to, b->cfgs, b->ncfgs, sizeof *b->cfgs);
    facts->text = pack(&to, b->text, b->ntext, 1);
    return facts;
}

enum rsl_status rsl_file_facts_create(struct rsl_facts_builder *builder,
                                      const struct rsl_file *file, const uint8_t *src,
                                      size_t nbytes, struct rsl_file_facts **facts_out)
{
    struct rsl_facts_builder *b = builder;
    const struct rsl_allocator *allocator = b->allocator;
    struct rsl_arena arena = b->arena;
    rsl_arena_reset(&arena);
    *b = (struct rsl_facts_builder){.allocator = allocator, .arena = arena};
    b->file = file;
    b->src = src;
    b->nbytes = nbytes;
    rsl_facts_add_scope(b, RSL_SCOPE_FILE, RSL_NONE);
    if (b->status == RSL_OK)
        read_file_attrs(b);
    if (b->status == RSL_OK)
        read_items(b);
    *facts_out = b->status == RSL_OK ? pack_all(b) : NULL;
    return b->status;
}

void rsl_file_facts_destroy(struct rsl_file_facts *facts, const struct rsl_allocator *allocator)
{
    if (allocator == NULL)
        allocator = &rsl_allocator_default;
    if (facts != NULL)
        allocator->release(allocator->state, facts, facts->nbytes);
}
