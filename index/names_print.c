/* Hashes of what the uses of other files, and of the file itself, rest on. */
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "index/names_internal.h"

struct name_print {
    uint64_t a, b;
    uint32_t scope, hash;
    uint8_t kind, vis, spaces, flags;
    uint32_t zero;
};

static void mix(uint64_t *hash, const struct name_print *print)
{
    *hash = XXH3_64bits_withSeed(print, sizeof *print, *hash);
}

static bool is_hidden(const struct rsl_names_builder *b, uint32_t scope)
{
    return scope >= b->nvisible;
}

void rsl_names_print(const struct rsl_names_builder *b, struct rsl_file_names *names)
{
    uint64_t shared = 0, all = 1, places = 2;
    for (uint32_t i = 0; i < b->nscopes; i++) {
        const struct rsl_names_scope *scope = &b->scopes[i];
        const struct name_print print = {
            .a = i, .scope = scope->parent, .kind = scope->kind, .flags = scope->expands};
        if (!is_hidden(b, i))
            mix(&shared, &print);
        mix(&all, &print);
    }
    for (uint32_t i = 0; i < b->nnames; i++) {
        const struct rsl_name *name = &b->names[i];
        struct name_print print = {.scope = name->scope,
                                   .hash = name->hash,
                                   .kind = name->kind,
                                   .vis = name->vis,
                                   .spaces = name->spaces,
                                   .flags = name->flags};
        /* Half of the hash tells names apart in tables; here all of it must. */
        print.a = XXH3_64bits(b->text + name->text, strlen(b->text + name->text));
        if (name->kind == RSL_ITEM_EXTERN_CRATE)
            print.b = XXH3_64bits(b->text + name->ref, strlen(b->text + name->ref));
        else if (name->kind != RSL_ITEM_USE_LEAF) /* those follow */
            print.b = name->ref;
        if (!is_hidden(b, name->scope))
            mix(&shared, &print);
        mix(&all, &print);
    }
    for (uint32_t i = 0; i < b->nuses; i++) {
        const struct rsl_use *use = &b->uses[i];
        const struct name_print print = {
            .a = use->path == RSL_NONE ? 0 : b->node_hashes[use->path],
            .b = use->name == RSL_NONE
                     ? 0
                     : XXH3_64bits(b->text + use->name, strlen(b->text + use->name)),
            .scope = use->scope,
            .vis = use->vis,
            .spaces = use->self,
            .flags = (uint8_t)(use->glob * 2 + use->conditional)};
        if (!is_hidden(b, use->scope))
            mix(&shared, &print);
        mix(&all, &print);
    }
    for (uint32_t i = 0; i < b->ncalls; i++) {
        const struct name_print print = {.a = b->node_hashes[b->calls[i].path],
                                         .scope = b->calls[i].scope};
        mix(&all, &print);
        if (rsl_names_node_is(b, b->calls[i].path, "include"))
            mix(&places, &print);
    }
    for (uint32_t i = 0; i < b->nmods; i++) {
        const struct name_print print = {
            .a = i, .scope = b->mods[i].inside, .hash = b->mods[i].scope};
        mix(&all, &print);
        if (is_hidden(b, b->mods[i].scope)) /* then it is an inline one */
            continue;
        mix(&shared, &print);
        mix(&places, &print);
    }
    names->shared_hash = shared;
    names->hash = all;
    names->places_hash = places;
}
