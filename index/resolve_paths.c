/* What a path means: its first segment is looked for where it stands, each further one in what the
 * one before means. Beginnings that several paths of a file share are queries of their own, so a
 * tree of uses costs what its source has bytes, however deep it is. */
#include <string.h>

#include "index/resolve.h"

RESOLVE_LIST(segments, uint32_t)

/* Where a path stands, whose meaning is looked for. */
struct path {
    const struct rsl_file_names *names;
    uint32_t node, scope;
    uint8_t mask; /* namespaces in which its last segment is wanted */
};

static bool is(const char *text, const char *word)
{
    return strcmp(text, word) == 0;
}

static const char *text_of(const struct path *path, uint32_t segment)
{
    return rsl_names_text(path->names, path->names->nodes[segment].text);
}

static void push_root(struct graph_resolver *r, uint32_t node)
{
    push_targets(r, (struct target){.node = crate_of(r, node)->root_node, .name = RSL_NONE});
}

/* ---- macros by the order of the text ---- */

/* Looks for a macro of that name among the macro_rules of a place, of the modules in it with
 * #[macro_use], and of the crates in it with that. */
static void push_textual(struct graph_resolver *r, struct place place, const struct sought *sought)
{
    const uint32_t base = r->nplaces;
    rsl_resolve_push_place(r, base, place);
    for (uint32_t at = base; at < r->nplaces && goes_on(r); at++) {
        const struct place in = r->places[at];
        const struct rsl_file_names *names = names_of(r, in.node);
        if (!has_scope(names, in.scope))
            continue;
        for (uint32_t i = rsl_names_find(names, in.scope, sought->hash, sought->text);
             i != RSL_NONE; i = names->names[i].next) {
            if (names->names[i].kind == RSL_ITEM_MACRO_RULES)
                push_targets(r, (struct target){.node = in.node, .scope = RSL_NONE, .name = i});
        }
        for (uint32_t i = 0; i < names->nmacro_uses && goes_on(r); i++) {
            const struct rsl_name *name = &names->names[names->macro_uses[i]];
            const uint32_t before = r->ntargets;
            if (name->scope != in.scope)
                continue;
            if (name->kind == RSL_ITEM_EXTERN_CRATE) {
                const char *crate = rsl_names_text(names, name->ref);
                rsl_resolve_crate(r, in.node, rsl_name_hash(crate, strlen(crate)), crate);
                const uint32_t middle = r->ntargets;
                for (uint32_t k = before; k < middle; k++)
                    rsl_resolve_name(r, (struct place){r->targets[k].node, 0}, sought,
                                     RSL_SPACE_MACRO);
                rsl_resolve_replace(r, before, middle);
            } else if (names->mods[name->ref].inside != RSL_NONE) {
                rsl_resolve_push_place(r, base,
                                       (struct place){in.node, names->mods[name->ref].inside});
            } else {
                rsl_resolve_declared(r, in.node, name->ref);
                for (uint32_t k = before; k < r->ntargets; k++)
                    rsl_resolve_push_place(r, base, (struct place){r->targets[k].node, 0});
                r->ntargets = before;
            }
        }
    }
    r->nplaces = base;
}

/* The same in the scopes around a call, from the inside outwards, as rustc does. */
static void push_textual_around(struct graph_resolver *r, struct place place,
                                const struct sought *sought)
{
    const uint32_t before = r->ntargets;
    uint32_t mark = place.node, nmoves = 0, limit = 1; /* R. Brent's way to notice a circle */
    while (goes_on(r)) {
        const struct rsl_file_names *names = names_of(r, place.node);
        push_textual(r, place, sought);
        if (r->ntargets > before || is_waiting(r))
            return;
        if (has_scope(names, place.scope) && names->scopes[place.scope].parent != RSL_NONE) {
            place.scope = names->scopes[place.scope].parent;
            continue;
        }
        const uint32_t parent = node_of(r, place.node)->first_parent;
        if (parent == RSL_NONE)
            return;
        place = (struct place){r->graph->parents[parent].node, r->graph->parents[parent].scope};
        if (place.node == mark)
            return;
        if (++nmoves == limit) {
            mark = place.node;
            nmoves = 0;
            limit *= 2;
        }
    }
}

/* ---- the first segment ---- */

/* Whether an item or a named use of that name stands in one of the targets. */
static bool is_named(struct graph_resolver *r, uint32_t base, const struct sought *sought)
{
    bool named = false;
    for (uint32_t i = base; i < r->ntargets; i++) {
        const struct rsl_file_names *names = names_of(r, r->targets[i].node);
        named |= names != NULL &&
                 rsl_names_find(names, r->targets[i].scope, sought->hash, sought->text) != RSL_NONE;
    }
    return named;
}

/* Where the first segment of a path has no keyword: in the blocks around it, in its module, among
 * the crates. */
static void push_first_2018(struct graph_resolver *r, const struct path *path,
                            const struct sought *sought, uint8_t mask, bool is_last)
{
    const uint32_t before = r->ntargets, node = path->node;
    uint32_t scope = path->scope;
    if (is_last && (mask & RSL_SPACE_MACRO) != 0) /* use m; with a macro_rules of that name */
        push_textual_around(r, (struct place){node, scope}, sought);
    for (; has_scope(path->names, scope) && !is_module_scope(&path->names->scopes[scope]);
         scope = path->names->scopes[scope].parent) {
        if (r->ntargets > before || is_waiting(r))
            return;
        if (path->names->scopes[scope].kind == RSL_NAMES_BLOCK)
            rsl_resolve_name(r, (struct place){node, scope}, sought, mask);
    }
    if (r->ntargets > before || is_waiting(r))
        return;
    rsl_resolve_modules(r, node, scope);
    const uint32_t middle = r->ntargets;
    /* A glob must not hide a crate (E0659), so crates can come first unless an item is there. */
    if (!is_last && !is_named(r, before, sought) &&
        rsl_resolve_crate(r, node, sought->hash, sought->text)) {
        rsl_resolve_replace(r, before, middle);
        return;
    }
    for (uint32_t i = before; i < middle; i++)
        rsl_resolve_name(r, (struct place){r->targets[i].node, r->targets[i].scope}, sought, mask);
    rsl_resolve_replace(r, before, middle);
    if (r->ntargets == before && !is_waiting(r) && crate_of(r, node)->guessed) /* may be of 2015 */
        rsl_resolve_name(r, (struct place){crate_of(r, node)->root_node, 0}, sought, mask);
    if (r->ntargets == before && !is_waiting(r))
        rsl_resolve_any_crate(r, node, sought->hash, sought->text);
}

static void push_first(struct graph_resolver *r, const struct path *path,
                       const struct sought *sought, uint8_t mask, bool is_last)
{
    const uint32_t before = r->ntargets;
    if (crate_of(r, path->node)->edition >= 2018) {
        push_first_2018(r, path, sought, mask, is_last);
        return;
    }
    rsl_resolve_name(r, (struct place){crate_of(r, path->node)->root_node, 0}, sought, mask);
    if (r->ntargets == before && !is_waiting(r))
        rsl_resolve_any_crate(r, path->node, sought->hash, sought->text);
}

/* ---- paths ---- */

static struct sought sought_of(const struct path *path, uint32_t segment)
{
    return (struct sought){text_of(path, segment), path->names->nodes[segment].hash, path->node,
                           path->scope};
}

/* Puts the modules around the targets into their place. */
static void push_parents(struct graph_resolver *r)
{
    const uint32_t middle = r->ntargets;
    for (uint32_t i = 0; i < middle; i++)
        rsl_resolve_parents(r, r->targets[i]);
    rsl_resolve_replace(r, 0, middle);
}

/* Pushes what the first segment means. */
static void begin_path(struct graph_resolver *r, const struct path *path, uint32_t segment,
                       uint8_t mask, bool is_last)
{
    const char *text = text_of(path, segment);
    if (*text == '\0' || is(text, "crate") || is(text, "$crate")) {
        push_root(r, path->node); /* `::` alone can only stand for that; `::a` comes below */
    } else if (is(text, "self") || is(text, "super")) {
        rsl_resolve_modules(r, path->node, path->scope);
        r->leading = true;
        if (is(text, "super"))
            push_parents(r);
    } else {
        const struct sought sought = sought_of(path, segment);
        push_first(r, path, &sought, mask, is_last);
    }
}

/* Puts what a further segment means into the place of what the path before it means. */
static void continue_path(struct graph_resolver *r, const struct path *path, uint32_t segment,
                          uint8_t mask, bool is_last)
{
    const uint32_t before = path->names->nodes[segment].parent, middle = r->ntargets;
    const char *text = text_of(path, segment);
    const struct sought sought = sought_of(path, segment);
    const bool leading = r->leading;
    r->leading = false;
    if (path->names->nodes[before].parent == RSL_NONE && *text_of(path, before) == '\0') {
        if (crate_of(r, path->node)->edition >= 2018) /* ::a */
            rsl_resolve_any_crate(r, path->node, sought.hash, sought.text);
        else {
            r->ntargets = 0;
            push_first(r, path, &sought, mask, is_last);
            return;
        }
    } else if (is(text, "self")) {
        return;
    } else if (leading && is(text, "super")) {
        r->leading = true;
        push_parents(r);
        return;
    } else {
        for (uint32_t i = 0; i < middle; i++) {
            const struct target in = r->targets[i];
            if (in.scope != RSL_NONE)
                rsl_resolve_name(r, (struct place){in.node, in.scope}, &sought, mask);
        }
    }
    rsl_resolve_replace(r, 0, middle);
}

/* Takes over what the path up to a node means that others share. False if that is not known yet. */
static bool take_prefix(struct graph_resolver *r, const struct path *path, uint32_t segment)
{
    const struct query *prefix =
        rsl_resolve_ask(r, QUERY_PREFIX, path->node, segment, path->scope, RSL_SPACE_TYPE);
    if (prefix == NULL)
        return false;
    for (uint32_t i = 0; i < prefix->ntargets; i++)
        push_targets(r, prefix->targets[i]);
    for (uint32_t i = 0; i < prefix->nhops; i++)
        push_hops(r, prefix->hops[i]);
    r->nsteps += prefix->ntargets + prefix->nhops;
    r->why |= prefix->why;
    r->leading = prefix->leading;
    return true;
}

static void follow(struct graph_resolver *r, const struct path *path, uint32_t last, bool is_whole)
{
    r->nsegments = 0;
    if (last == RSL_NONE) { /* use *; */
        push_root(r, path->node);
        return;
    }
    uint32_t at = last;
    do {
        push_segments(r, at);
        at = path->names->nodes[at].parent;
    } while (at != RSL_NONE && !path->names->nodes[at].shared && !r->out_of_memory);
    if (at != RSL_NONE && !take_prefix(r, path, at))
        return;
    for (uint32_t i = r->nsegments; i-- > 0 && goes_on(r) && !is_waiting(r);) {
        const uint32_t segment = r->segments[i];
        const bool is_last = i == 0 && is_whole;
        const uint8_t mask = i == 0 ? path->mask : (uint8_t)RSL_SPACE_TYPE;
        if (path->names->nodes[segment].parent == RSL_NONE)
            begin_path(r, path, segment, mask, is_last);
        else
            continue_path(r, path, segment, mask, is_last);
    }
}

void rsl_resolve_query(struct graph_resolver *r)
{
    const struct query *query = &r->queries[r->current];
    const struct query_key key = query->key;
    struct path path = {
        .names = names_of(r, key.node), .node = key.node, .scope = query->scope, .mask = key.mask};
    uint32_t last = key.number;
    if (key.kind == QUERY_USE) {
        path.scope = path.names->uses[key.number].scope;
        last = path.names->uses[key.number].path;
    }
    follow(r, &path, last, key.kind != QUERY_PREFIX);
}
