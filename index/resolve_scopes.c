/* What there is in a scope: modules and crates, what of them can be seen, and what a name means. A
 * name is looked for among the items and named uses of a scope; in the namespaces in which none of
 * those gives it without condition, also behind the scope's globs, and the globs behind those, each
 * scope once. */
#include <string.h>

#include "index/modules_internal.h"
#include "index/resolve.h"

#define FEW 16 /* stops, among which a table would not find one faster */

RESOLVE_LIST(stops, struct stop)
RESOLVE_LIST(places, struct place)
RESOLVE_LIST(climbed, uint32_t)

void rsl_resolve_replace(struct graph_resolver *r, uint32_t base, uint32_t middle)
{
    const uint32_t n = r->ntargets - middle;
    if (n > 0)
        memmove(&r->targets[base], &r->targets[middle], n * sizeof *r->targets);
    r->ntargets = base + n;
}

/* ---- modules ---- */

void rsl_resolve_push_place(struct graph_resolver *r, uint32_t base, struct place place)
{
    for (uint32_t i = base; i < r->nplaces; i++) {
        if (r->places[i].node == place.node && r->places[i].scope == place.scope)
            return;
    }
    r->nsteps += (r->nplaces - base) / 8;
    push_places(r, place);
}

/* Pushes the module in which a place is, if its file says so; else adds the places in which the
 * file is included. */
static void push_module(struct graph_resolver *r, uint32_t base, struct place place)
{
    const struct rsl_file_names *names = names_of(r, place.node);
    uint32_t scope = place.scope;
    if (!has_scope(names, scope)) {
        push_targets(r, (struct target){.node = place.node, .name = RSL_NONE});
        return;
    }
    while (!is_module_scope(&names->scopes[scope]))
        scope = names->scopes[scope].parent;
    if (names->scopes[scope].kind == RSL_NAMES_MODULE) {
        push_targets(r, (struct target){.node = place.node, .scope = scope, .name = RSL_NONE});
        return;
    }
    bool is_included = false, is_module = crate_of(r, place.node)->root_node == place.node;
    for (uint32_t parent = node_of(r, place.node)->first_parent; parent != RSL_NONE;
         parent = r->graph->parents[parent].next) {
        const struct graph_parent *p = &r->graph->parents[parent];
        is_module |= !p->is_include;
        is_included |= p->is_include;
        if (p->is_include)
            rsl_resolve_push_place(r, base, (struct place){p->node, p->scope});
    }
    if (is_module || !is_included)
        push_targets(r, (struct target){.node = place.node, .name = RSL_NONE});
}

void rsl_resolve_modules(struct graph_resolver *r, uint32_t node, uint32_t scope)
{
    const uint32_t base = r->nplaces;
    rsl_resolve_push_place(r, base, (struct place){node, scope});
    for (uint32_t i = base; i < r->nplaces && goes_on(r); i++)
        push_module(r, base, r->places[i]);
    r->nplaces = base;
}

void rsl_resolve_parents(struct graph_resolver *r, struct target module)
{
    const struct rsl_file_names *names = names_of(r, module.node);
    if (has_scope(names, module.scope) && names->scopes[module.scope].kind == RSL_NAMES_MODULE) {
        rsl_resolve_modules(r, module.node, names->scopes[module.scope].parent);
        return;
    }
    for (uint32_t parent = node_of(r, module.node)->first_parent; parent != RSL_NONE;
         parent = r->graph->parents[parent].next) {
        const struct graph_parent *p = &r->graph->parents[parent];
        if (!p->is_include)
            rsl_resolve_modules(r, p->node, p->scope);
    }
}

void rsl_resolve_declared(struct graph_resolver *r, uint32_t node, uint32_t declaration)
{
    const struct rsl_module_unit *unit = &r->graph->modules.units[node_of(r, node)->unit];
    uint32_t low = 0, high = unit->nedges; /* of the edges of mods, which are in order */
    while (high > 0 && unit->edges[high - 1].is_include)
        high--;
    const uint32_t nmods = high;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (unit->edges[middle].declaration < declaration)
            low = middle + 1;
        else
            high = middle;
    }
    bool any = false;
    for (; low < nmods && unit->edges[low].declaration == declaration; low++) {
        if (unit->edges[low].to == RSL_NONE)
            continue;
        const uint32_t child =
            rsl_graph_node(r->graph, node_of(r, node)->crate, unit->edges[low].to);
        if (child == RSL_NONE)
            continue;
        push_targets(r, (struct target){.node = child, .name = RSL_NONE});
        any = true;
    }
    if (!any)
        r->why |= WHY_NO_FILE;
}

/* ---- what can be seen ---- */

static bool is_scope_within(const struct rsl_file_names *names, uint32_t scope, uint32_t module)
{
    for (; has_scope(names, scope); scope = names->scopes[scope].parent) {
        if (scope == module)
            return true;
    }
    return false;
}

/* Whether a place is a module, or stands somewhere in it. Goes up to all parents, each once: those
 * of one node are conditional declarations of one file, of which any may hold. */
static bool is_within(struct graph_resolver *r, struct place place, struct place module)
{
    if (place.node == module.node &&
        is_scope_within(names_of(r, place.node), place.scope, module.scope))
        return true;
    if (++r->climb == 0) { /* all numbers have been used */
        memset(r->climb_stamps, 0, r->nclimb_stamps * sizeof *r->climb_stamps);
        r->climb = 1;
    }
    r->nclimbed = 0;
    push_climbed(r, place.node);
    for (uint32_t i = 0; i < r->nclimbed && goes_on(r); i++) {
        names_of(r, r->climbed[i]); /* a module elsewhere would change it */
        for (uint32_t parent = node_of(r, r->climbed[i])->first_parent; parent != RSL_NONE;
             parent = r->graph->parents[parent].next) {
            const struct graph_parent *p = &r->graph->parents[parent];
            if (p->node == module.node &&
                is_scope_within(names_of(r, p->node), p->scope, module.scope))
                return true;
            if (r->climb_stamps[p->node] != r->climb) {
                r->climb_stamps[p->node] = r->climb;
                push_climbed(r, p->node);
            }
        }
    }
    return false;
}

enum sight rsl_resolve_sight(struct graph_resolver *r, struct place of, struct place from)
{
    if (node_of(r, of.node)->crate != node_of(r, from.node)->crate)
        return SEES_PUBLIC;
    return is_within(r, from, of) ? SEES_PRIVATE : SEES_CRATE;
}

static bool is_visible(uint8_t vis, enum sight sight)
{
    switch (vis) {
    case RSL_VIS_NONE:
    case RSL_VIS_PUB: return true;
    case RSL_VIS_INHERITED:
    case RSL_VIS_SELF: return sight >= SEES_PRIVATE;
    default: return sight >= SEES_CRATE;
    }
}

/* ---- crates ---- */

bool rsl_resolve_crate(struct graph_resolver *r, uint32_t node, uint32_t hash, const char *text)
{
    static const char *const ours[] = {"std", "core", "alloc", "proc_macro", "test"};
    const struct graph_crate *crate = crate_of(r, node);
    bool is_crate = false;
    for (uint32_t i = 0; i < crate->ndependencies; i++) {
        const struct graph_dependency *dependency = &crate->dependencies[i];
        if (dependency->hash != hash || strcmp(dependency->name, text) != 0)
            continue;
        const uint32_t root = dependency->crate == RSL_NONE
                                  ? RSL_NONE
                                  : r->graph->crates[dependency->crate].root_node;
        if (root == RSL_NONE) {
            r->why |= WHY_EXTERNAL;
        } else {
            names_of(r, root);
            push_targets(r, (struct target){.node = root, .name = RSL_NONE});
        }
        is_crate = true;
    }
    for (size_t i = 0; i < sizeof ours / sizeof *ours && !is_crate; i++) {
        if (strcmp(ours[i], text) == 0) {
            r->why |= WHY_EXTERNAL;
            is_crate = true;
        }
    }
    return is_crate;
}

/* `extern crate x as y;` in the root makes y such a name too. */
static bool push_renamed_crate(struct graph_resolver *r, uint32_t node, uint32_t hash,
                               const char *text)
{
    const uint32_t root = crate_of(r, node)->root_node;
    const struct rsl_file_names *names = names_of(r, root);
    bool is_crate = false;
    if (names == NULL)
        return false;
    for (uint32_t i = rsl_names_find(names, 0, hash, text); i != RSL_NONE;
         i = names->names[i].next) {
        if (names->names[i].kind != RSL_ITEM_EXTERN_CRATE)
            continue;
        const char *crate = rsl_names_text(names, names->names[i].ref);
        if (strcmp(crate, "self") == 0) {
            push_targets(r, (struct target){.node = root, .name = RSL_NONE});
            is_crate = true;
        } else {
            is_crate |= rsl_resolve_crate(r, root, rsl_name_hash(crate, strlen(crate)), crate);
        }
    }
    return is_crate;
}

void rsl_resolve_any_crate(struct graph_resolver *r, uint32_t node, uint32_t hash, const char *text)
{
    if (!rsl_resolve_crate(r, node, hash, text) && !push_renamed_crate(r, node, hash, text) &&
        crate_of(r, node)->guessed)
        r->why |= WHY_EXTERNAL;
}

/* ---- stops ---- */

static uint32_t *stop_slot(struct graph_resolver *r, const struct stop *stop)
{
    uint32_t i = (stop->node * UINT32_C(0x9E3779B1) ^ stop->scope * UINT32_C(0x85EBCA6B)) >> 5;
    for (;; i++) {
        uint32_t *slot = &r->slots[i & (r->nslots - 1)];
        if (*slot == 0 ||
            (r->stops[*slot - 1].node == stop->node && r->stops[*slot - 1].scope == stop->scope))
            return slot;
    }
}

/* Puts all stops into the table. */
static bool table_stops(struct graph_resolver *r)
{
    if (!rsl_resolve_clear_slots(r, r->nstops * 2))
        return false;
    for (uint32_t i = 0; i < r->nstops; i++) {
        uint32_t *slot = stop_slot(r, &r->stops[i]);
        r->stops[i].same = *slot - 1; /* 0 - 1 is RSL_NONE */
        *slot = i + 1;
    }
    return true;
}

/* Whether nothing is found at a stop that is not at one seen before. */
static bool is_covered(const struct stop *seen, const struct stop *stop)
{
    return seen->node == stop->node && seen->scope == stop->scope &&
           seen->included == stop->included && (stop->mask & ~seen->mask) == 0 &&
           seen->sight >= stop->sight;
}

static void push_stop(struct graph_resolver *r, struct stop stop)
{
    stop.same = RSL_NONE;
    if (r->nstops < FEW) {
        for (uint32_t i = 0; i < r->nstops; i++) {
            if (is_covered(&r->stops[i], &stop))
                return;
        }
        push_stops(r, stop);
        return;
    }
    if ((r->nslots == 0 || r->nstops * 2 >= r->nslots) && !table_stops(r))
        return;
    uint32_t *slot = stop_slot(r, &stop);
    for (uint32_t i = *slot - 1; i != RSL_NONE; i = r->stops[i].same) {
        if (is_covered(&r->stops[i], &stop))
            return;
    }
    stop.same = *slot - 1;
    push_stops(r, stop);
    *slot = r->nstops;
}

/* Goes on to what the scope includes. */
static void push_included(struct graph_resolver *r, const struct stop *stop)
{
    const struct rsl_module_unit *unit = &r->graph->modules.units[node_of(r, stop->node)->unit];
    for (uint32_t i = unit->nedges; i > 0 && unit->edges[i - 1].is_include; i--) {
        const struct rsl_module_edge *edge = &unit->edges[i - 1];
        if (edge->to == RSL_NONE) {
            r->why |= WHY_INCLUDE;
            continue;
        }
        const uint32_t child = rsl_graph_node(r->graph, node_of(r, stop->node)->crate, edge->to);
        if (child == RSL_NONE)
            continue;
        for (uint32_t parent = node_of(r, child)->first_parent; parent != RSL_NONE;
             parent = r->graph->parents[parent].next) {
            const struct graph_parent *p = &r->graph->parents[parent];
            if (p->is_include && p->node == stop->node && p->scope == stop->scope) {
                struct stop next = *stop;
                next.node = child;
                next.scope = 0;
                next.included = true;
                push_stop(r, next);
            }
        }
    }
}

/* ---- names ---- */

/* Pushes what a named use means. Returns the namespaces in which it is something, all if that is
 * not known yet. */
static uint8_t push_use(struct graph_resolver *r, const struct stop *stop, uint32_t use,
                        uint8_t spaces)
{
    const struct query_key *current = &r->queries[r->current].key;
    if (current->kind == QUERY_USE && current->node == stop->node && current->number == use)
        return 0; /* `use a::*; use x::x;`: what a use binds is not what its own path begins with */
    const struct query *query = rsl_resolve_ask(r, QUERY_USE, stop->node, use, 0, spaces);
    if (query == NULL)
        return RSL_SPACE_ALL;
    uint8_t found = 0;
    for (uint32_t i = 0; i < query->ntargets; i++) {
        found |= spaces_of(r, &query->targets[i]);
        push_targets(r, query->targets[i]);
    }
    if (query->ntargets > 0)
        push_hops(r, node_of(r, stop->node)->file);
    for (uint32_t i = 0; i < query->nhops; i++)
        push_hops(r, query->hops[i]);
    r->nsteps += query->ntargets + query->nhops;
    r->why |= query->why;
    return query->why & WHY_EXTERNAL ? spaces : found;
}

/* Pushes what a name of a scope means. Returns the namespaces in which it surely is something. */
static uint8_t push_named(struct graph_resolver *r, const struct stop *stop,
                          const struct rsl_file_names *names, uint32_t number)
{
    const struct rsl_name *name = &names->names[number];
    struct target target = {.node = stop->node, .scope = RSL_NONE, .name = number};
    uint8_t spaces = name->spaces & stop->mask;
    switch (name->kind) {
    case RSL_ITEM_USE_LEAF:
        spaces = push_use(r, stop, name->ref, spaces);
        if (is_waiting(r))
            return RSL_SPACE_ALL;
        break;
    case RSL_ITEM_EXTERN_CRATE: {
        const char *crate = rsl_names_text(names, name->ref);
        if (strcmp(crate, "self") == 0)
            push_targets(
                r, (struct target){.node = crate_of(r, stop->node)->root_node, .name = RSL_NONE});
        else if (!rsl_resolve_crate(r, stop->node, rsl_name_hash(crate, strlen(crate)), crate))
            r->why |= WHY_EXTERNAL;
        break;
    }
    case RSL_ITEM_MOD:
        if (names->mods[name->ref].inside == RSL_NONE) {
            rsl_resolve_declared(r, stop->node, name->ref);
            break;
        }
        target.scope = names->mods[name->ref].inside;
        push_targets(r, target);
        break;
    case RSL_ITEM_ENUM:
    case RSL_ITEM_TRAIT:
        target.scope = name->ref;
        push_targets(r, target);
        break;
    default: push_targets(r, target); break;
    }
    /* What has a condition hides nothing, but for modules, which nobody also brings by a glob. */
    const bool may_be_absent =
        (name->flags & RSL_NAME_CONDITIONAL) != 0 && name->kind != RSL_ITEM_MOD;
    return may_be_absent ? 0 : spaces & stop->mask;
}

/* #[macro_export] puts macros into the crate's root. True if one is there without condition, and
 * hides those of globs. */
static bool push_exported(struct graph_resolver *r, uint32_t root, const struct sought *sought)
{
    const struct graph_crate *crate = crate_of(r, root);
    uint32_t low = 0, high = crate->nexports;
    bool surely = false;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (crate->exports[middle].hash < sought->hash)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < crate->nexports && crate->exports[low].hash == sought->hash; low++) {
        const struct graph_export *export = &crate->exports[low];
        const struct rsl_file_names *names = names_of(r, export->node);
        if (names == NULL || export->name >= names->nnames ||
            strcmp(rsl_names_text(names, names->names[export->name].text), sought->text) != 0)
            continue;
        push_targets(
            r, (struct target){.node = export->node, .scope = RSL_NONE, .name = export->name});
        surely |= (names->names[export->name].flags & RSL_NAME_CONDITIONAL) == 0;
    }
    return surely;
}

/* Goes on to where the globs of a stop lead. */
static void push_globs(struct graph_resolver *r, uint32_t number, uint8_t mask,
                       const struct rsl_file_names *names, const struct sought *sought)
{
    const struct stop stop = r->stops[number];
    enum sight sight = stop.sight;
    for (uint32_t use = names->scopes[stop.scope].first_glob; use != RSL_NONE && goes_on(r);
         use = names->uses[use].next_glob) {
        const uint8_t vis = names->uses[use].vis;
        if (vis != RSL_VIS_PUB && sight == SEES_UNASKED)
            sight = rsl_resolve_sight(r, (struct place){stop.node, stop.scope},
                                      (struct place){sought->from_node, sought->from_scope});
        if (!is_visible(vis, sight))
            continue;
        const struct query *glob = rsl_resolve_ask(r, QUERY_USE, stop.node, use, 0, RSL_SPACE_TYPE);
        if (glob == NULL)
            continue;        /* others can be asked for at the same time */
        r->why |= glob->why; /* a glob that leads outside may be what gives the name */
        r->nsteps += glob->ntargets;
        for (uint32_t i = 0; i < glob->ntargets; i++) {
            const struct target *target = &glob->targets[i];
            if (target->scope != RSL_NONE)
                push_stop(r, (struct stop){.node = target->node,
                                           .scope = target->scope,
                                           .via = number,
                                           .mask = mask,
                                           .sight = (uint8_t)target->sight});
        }
    }
}

/* Looks at one stop, and goes on from there. */
static void look(struct graph_resolver *r, uint32_t number, const struct sought *sought)
{
    const struct stop stop = r->stops[number];
    const struct rsl_file_names *names = names_of(r, stop.node);
    if (!has_scope(names, stop.scope)) {
        r->why |= names == NULL ? WHY_NO_FILE : 0;
        return;
    }
    const uint32_t before = r->ntargets;
    uint8_t surely = 0;
    for (uint32_t i = rsl_names_find(names, stop.scope, sought->hash, sought->text);
         i != RSL_NONE && goes_on(r); i = names->names[i].next) {
        const struct rsl_name *name = &names->names[i];
        /* A macro_rules has no path, unless it is exported. */
        if ((name->spaces & stop.mask) != 0 && name->kind != RSL_ITEM_MACRO_RULES &&
            is_visible(name->vis, stop.sight))
            surely |= push_named(r, &stop, names, i);
    }
    const struct graph_crate *crate = crate_of(r, stop.node);
    if (crate->root_node == stop.node && stop.scope == 0 && (stop.mask & RSL_SPACE_MACRO) != 0 &&
        crate->nexports > 0 && push_exported(r, stop.node, sought))
        surely |= RSL_SPACE_MACRO;
    if (r->ntargets > before) { /* the files whose globs led here pass it on */
        for (uint32_t via = stop.via; via != RSL_NONE && goes_on(r); via = r->stops[via].via)
            push_hops(r, node_of(r, r->stops[via].node)->file);
    }
    if (names->ncalls > 0)
        push_included(r, &stop);
    const uint8_t mask = stop.mask & (uint8_t)~surely;
    if (mask == 0)
        return;
    if (names->scopes[stop.scope].expands)
        r->why |= WHY_EXPANSION;
    push_globs(r, number, mask, names, sought);
}

void rsl_resolve_name(struct graph_resolver *r, struct place in, const struct sought *sought,
                      uint8_t mask)
{
    r->nstops = r->nslots = 0;
    push_stops(r, (struct stop){.node = in.node,
                                .scope = in.scope,
                                .via = RSL_NONE,
                                .mask = mask,
                                .sight = SEES_UNASKED,
                                .same = RSL_NONE});
    for (uint32_t i = 0; i < r->nstops && goes_on(r); i++)
        look(r, i, sought);
}
