/* The names of a file as one block, and finding a name in it. */
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "index/names_internal.h"

uint32_t rsl_name_hash(const char *text, size_t nbytes)
{
    return (uint32_t)XXH3_64bits(text, nbytes);
}

static uint32_t slot_at(uint32_t scope, uint32_t hash, uint32_t nslots)
{
    return ((hash ^ scope * UINT32_C(0x9E3779B1)) * UINT32_C(0x85EBCA6B) >> 7) & (nslots - 1);
}

/* The slot of a name, or the free one where it belongs. */
static uint32_t find_slot(const uint32_t *slots, uint32_t nslots, const struct rsl_name *names,
                          const char *texts, uint32_t scope, uint32_t hash, const char *text)
{
    for (uint32_t at = slot_at(scope, hash, nslots);; at = (at + 1) & (nslots - 1)) {
        if (slots[at] == 0)
            return at;
        const struct rsl_name *name = &names[slots[at] - 1];
        if (name->hash == hash && name->scope == scope && strcmp(texts + name->text, text) == 0)
            return at;
    }
}

uint32_t rsl_names_find(const struct rsl_file_names *names, uint32_t scope, uint32_t hash,
                        const char *text)
{
    if (names->nslots == 0)
        return RSL_NONE;
    return names->slots[find_slot(names->slots, names->nslots, names->names, names->text, scope,
                                  hash, text)] -
           1; /* 0 - 1 is RSL_NONE */
}

/* Fills the table. From the last to the first, so that names of one text stand in the order of the
 * file. */
static void fill_slots(uint32_t *slots, uint32_t nslots, struct rsl_name *names, uint32_t nnames,
                       const char *texts)
{
    memset(slots, 0, nslots * sizeof *slots);
    for (uint32_t i = nnames; i-- > 0;) {
        uint32_t *slot = &slots[find_slot(slots, nslots, names, texts, names[i].scope,
                                          names[i].hash, texts + names[i].text)];
        names[i].next = *slot - 1;
        *slot = i + 1;
    }
}

/* Copies a list behind the block's last one; where it lies. */
static void *pack(uint8_t **to, const void *list, uint32_t n, size_t element_nbytes)
{
    uint8_t *at = *to;
    if (n > 0)
        memcpy(at, list, n * element_nbytes);
    *to = at + n * element_nbytes;
    return at;
}

/* ---- scopes that others can see ---- */

static void show(struct rsl_names_builder *b, uint32_t scope)
{
    for (; !b->visible[scope]; scope = b->scopes[scope].parent)
        b->visible[scope] = true;
}

/* Finds the scopes whose names are not hidden in a body: all but blocks and what stands in them,
 * unless a module or an included file is there, to which they are visible. */
static void find_visible(struct rsl_names_builder *b)
{
    b->visible = rsl_arena_alloc(&b->arena, b->nscopes * sizeof *b->visible, 1);
    if (b->visible == NULL) {
        b->status = RSL_ENOMEM;
        return;
    }
    b->visible[0] = true;
    for (uint32_t i = 1; i < b->nscopes; i++)
        b->visible[i] = b->scopes[i].kind != RSL_NAMES_BLOCK && b->visible[b->scopes[i].parent];
    for (uint32_t i = 0; i < b->nmods; i++) {
        if (b->mods[i].inside == RSL_NONE)
            show(b, b->mods[i].scope);
    }
    for (uint32_t i = 0; i < b->ncalls; i++) {
        if (rsl_names_node_is(b, b->calls[i].path, "include"))
            show(b, b->calls[i].scope);
    }
}

/* Numbers the scopes anew, the visible ones first: so a change of a body leaves the numbers of
 * those that others know as they are. */
static void order_scopes(struct rsl_names_builder *b)
{
    const uint32_t n = b->nscopes;
    uint32_t *numbers = rsl_arena_alloc(&b->arena, n * sizeof *numbers, 4);
    struct rsl_names_scope *scopes = rsl_arena_alloc(&b->arena, n * sizeof *scopes, 4);
    uint32_t next = 0;
    if (numbers == NULL || scopes == NULL) {
        b->status = RSL_ENOMEM;
        return;
    }
    for (int visible = 1; visible >= 0; visible--) {
        for (uint32_t i = 0; i < n; i++) {
            if (b->visible[i] == (visible == 1))
                numbers[i] = next++;
        }
    }
    for (uint32_t i = 0; i < n; i++) {
        struct rsl_names_scope scope = b->scopes[i];
        if (i > 0)
            scope.parent = numbers[scope.parent];
        scopes[numbers[i]] = scope;
    }
    b->scopes = scopes;
    for (uint32_t i = 0; i < b->nnames; i++) {
        struct rsl_name *name = &b->names[i];
        name->scope = numbers[name->scope];
        if ((name->kind == RSL_ITEM_ENUM || name->kind == RSL_ITEM_TRAIT) && name->ref != RSL_NONE)
            name->ref = numbers[name->ref];
    }
    for (uint32_t i = 0; i < b->nuses; i++)
        b->uses[i].scope = numbers[b->uses[i].scope];
    for (uint32_t i = 0; i < b->ncalls; i++)
        b->calls[i].scope = numbers[b->calls[i].scope];
    for (uint32_t i = 0; i < b->nmods; i++) {
        b->mods[i].scope = numbers[b->mods[i].scope];
        if (b->mods[i].inside != RSL_NONE)
            b->mods[i].inside = numbers[b->mods[i].inside];
    }
    b->nvisible = 0;
    for (uint32_t i = 0; i < n; i++)
        b->nvisible += b->visible[i];
}

/* ---- one block ---- */

/* Finds the beginnings that several paths have. */
static void mark_shared(struct rsl_names_builder *b)
{
    uint8_t *seen = rsl_arena_alloc(&b->arena, b->nnodes + (size_t)1, 1);
    if (seen == NULL) {
        b->status = RSL_ENOMEM;
        return;
    }
    memset(seen, 0, b->nnodes);
    for (uint32_t i = 0; i < b->nnodes + b->nuses; i++) {
        const uint32_t node = i < b->nnodes ? b->nodes[i].parent : b->uses[i - b->nnodes].path;
        if (node == RSL_NONE)
            continue;
        b->nodes[node].shared = seen[node];
        seen[node] = true;
    }
}

struct rsl_file_names *rsl_names_pack(struct rsl_names_builder *b)
{
    mark_shared(b);
    if (b->status == RSL_OK)
        find_visible(b);
    if (b->status == RSL_OK)
        order_scopes(b);
    if (b->status != RSL_OK)
        return NULL;
    uint32_t nslots = 0;
    if (b->nnames > 0) {
        for (nslots = 4; nslots < b->nnames + b->nnames / 2; nslots *= 2)
            ;
    }
    /* All but the text are made of 32-bit numbers, so each is aligned behind the last. */
    const size_t nbytes = sizeof(struct rsl_file_names) + b->nscopes * sizeof *b->scopes +
                          b->nnames * sizeof *b->names + b->nuses * sizeof *b->uses +
                          b->nnodes * sizeof *b->nodes + b->ncalls * sizeof *b->calls +
                          b->nmods * sizeof *b->mods + b->nmacro_uses * sizeof(uint32_t) +
                          nslots * sizeof(uint32_t) + b->ntext;
    struct rsl_file_names *names = b->allocator->allocate(b->allocator->state, nbytes);
    if (names == NULL) {
        b->status = RSL_ENOMEM;
        return NULL;
    }
    uint8_t *to = (uint8_t *)(names + 1);
    *names = (struct rsl_file_names){.nbytes = nbytes,
                                     .nscopes = b->nscopes,
                                     .nnames = b->nnames,
                                     .nuses = b->nuses,
                                     .nnodes = b->nnodes,
                                     .ncalls = b->ncalls,
                                     .nmods = b->nmods,
                                     .nmacro_uses = b->nmacro_uses,
                                     .nslots = nslots,
                                     .ntext = b->ntext,
                                     .nexports = b->nexports};
    names->scopes = pack(&to, b->scopes, b->nscopes, sizeof *b->scopes);
    struct rsl_name *list = pack(&to, b->names, b->nnames, sizeof *b->names);
    names->names = list;
    names->uses = pack(&to, b->uses, b->nuses, sizeof *b->uses);
    names->nodes = pack(&to, b->nodes, b->nnodes, sizeof *b->nodes);
    names->calls = pack(&to, b->calls, b->ncalls, sizeof *b->calls);
    names->mods = pack(&to, b->mods, b->nmods, sizeof *b->mods);
    names->macro_uses = pack(&to, b->macro_uses, b->nmacro_uses, sizeof *b->macro_uses);
    uint32_t *slots = (uint32_t *)(void *)to;
    names->slots = slots;
    to += nslots * sizeof *slots;
    names->text = pack(&to, b->text, b->ntext, 1);
    if (nslots > 0)
        fill_slots(slots, nslots, list, b->nnames, names->text);
    rsl_names_print(b, names);
    return names;
}
