/* In which order things are worked out.
 *
 * Queries are worked out depth first, on a stack of frames in the heap. A query that needs one
 * which is being worked out itself has come round in a circle: it stays open, with what it has come
 * to so far, until the first of the circle is reached again. That one then has all of its circle
 * worked out again and again until nothing changes. (R. Tarjan's strongly connected components,
 * found while solving; the smallest solution, from nothing upwards.) What is in no circle is worked
 * out as often as it has to wait, and then known for the rest of the file. */
#include "index/resolve.h"

#include <stdlib.h>
#include <string.h>

#include "index/modules_internal.h"

#define FIRST_BLOCK 65536
#define FIRST_SLOTS 64
#define MAX_ROUNDS  8  /* of a circle, until only additions count */
#define FEW         16 /* elements, that a table would not make faster */

/* Steps that a file may take, and for each of its uses. The whole rustc tree stays below a
 * thousandth of that; it bounds what is written to take long. */
#define BUDGET         (UINT64_C(1) << 24)
#define BUDGET_PER_USE UINT64_C(256)

RESOLVE_LIST(queries, struct query)
RESOLVE_LIST(open, uint32_t)
RESOLVE_LIST(wanted, uint32_t)
RESOLVE_LIST(frames, struct frame)
RESOLVE_LIST(given_up, uint32_t)

static uint32_t *make_stamps(const struct rsl_graph *graph, uint32_t n)
{
    uint32_t *stamps = graph->allocator->allocate(graph->allocator->state, (size_t)n * 4 + 4);
    if (stamps != NULL)
        memset(stamps, 0, (size_t)n * 4 + 4);
    return stamps;
}

static void release_stamps(const struct rsl_graph *graph, uint32_t *stamps, uint32_t n)
{
    if (stamps != NULL)
        graph->allocator->release(graph->allocator->state, stamps, (size_t)n * 4 + 4);
}

struct graph_resolver *rsl_resolver_create(const struct rsl_graph *graph)
{
    struct graph_resolver *r = graph->allocator->allocate(graph->allocator->state, sizeof *r);
    if (r == NULL)
        return NULL;
    *r = (struct graph_resolver){.graph = graph};
    rsl_arena_init(&r->arena, graph->allocator, FIRST_BLOCK);
    rsl_arena_init(&r->lasting, graph->allocator, FIRST_BLOCK);
    r->nread_stamps = graph->nfiles;
    r->nclimb_stamps = graph->nodes_capacity;
    r->read_stamps = make_stamps(graph, r->nread_stamps);
    r->climb_stamps = make_stamps(graph, r->nclimb_stamps);
    if (r->read_stamps == NULL || r->climb_stamps == NULL) {
        rsl_resolver_destroy(r);
        return NULL;
    }
    return r;
}

void rsl_resolver_destroy(struct graph_resolver *r)
{
    if (r == NULL)
        return;
    const struct rsl_graph *graph = r->graph;
    rsl_arena_fini(&r->arena);
    rsl_arena_fini(&r->lasting);
    release_stamps(graph, r->read_stamps, r->nread_stamps);
    release_stamps(graph, r->climb_stamps, r->nclimb_stamps);
    graph->allocator->release(graph->allocator->state, r, sizeof *r);
}

bool rsl_resolver_fits(const struct graph_resolver *r)
{
    return r->nread_stamps >= r->graph->nfiles && r->nclimb_stamps >= r->graph->nnodes;
}

void rsl_resolve_begin(struct graph_resolver *r, uint32_t file)
{
    const struct rsl_file_names *names = r->graph->by_file[file].names;
    rsl_arena_reset(&r->arena);
    r->out_of_memory = r->exhausted = false;
    r->nsteps = 0;
    r->budget = BUDGET + (names == NULL ? 0 : names->nuses * BUDGET_PER_USE);
    r->nqueries = r->nquery_slots = r->nopen = r->nwanted = r->nframes = r->ngiven_up = 0;
    r->nwanted_before = r->ntargets = r->nstops = r->nhops = r->nplaces = r->nsegments = 0;
    r->nfound = r->nreads = r->nlimited = 0;
    if (++r->run == 0) { /* all numbers have been used */
        memset(r->read_stamps, 0, r->nread_stamps * sizeof *r->read_stamps);
        r->run = 1;
    }
}

/* ---- the table of queries ---- */

static bool is_same_key(const struct query_key *a, const struct query_key *b)
{
    return a->node == b->node && a->number == b->number && a->kind == b->kind && a->mask == b->mask;
}

static uint32_t *slot_of(struct graph_resolver *r, const struct query_key *key)
{
    uint32_t i = (key->node * UINT32_C(0x9E3779B1) ^ key->number * UINT32_C(0x85EBCA6B) ^
                  (uint32_t)(key->kind << 3 | key->mask) * UINT32_C(0xC2B2AE35)) >>
                 5;
    for (;; i++) {
        uint32_t *slot = &r->query_slots[i & (r->nquery_slots - 1)];
        if (*slot == 0 || is_same_key(&r->queries[*slot - 1].key, key))
            return slot;
    }
}

static bool grow_slots(struct graph_resolver *r)
{
    const uint32_t nslots = r->nquery_slots == 0 ? FIRST_SLOTS : r->nquery_slots * 2;
    if (nslots > r->query_slots_capacity) {
        uint32_t *slots = rsl_arena_alloc(&r->lasting, nslots * sizeof *slots, 16);
        if (slots == NULL) {
            r->out_of_memory = true;
            return false;
        }
        r->query_slots = slots;
        r->query_slots_capacity = nslots;
    }
    memset(r->query_slots, 0, nslots * sizeof *r->query_slots);
    r->nquery_slots = nslots;
    for (uint32_t i = 0; i < r->nqueries; i++)
        *slot_of(r, &r->queries[i].key) = i + 1;
    return true;
}

/* The number of a query; RSL_NONE without memory. */
static uint32_t query_of(struct graph_resolver *r, const struct query_key *key, uint32_t scope)
{
    if (r->nqueries * 2 >= r->nquery_slots && !grow_slots(r))
        return RSL_NONE;
    uint32_t *slot = slot_of(r, key);
    if (*slot == 0) {
        const uint32_t before = r->nqueries;
        push_queries(r, (struct query){.key = *key, .scope = scope});
        if (r->nqueries == before)
            return RSL_NONE;
        *slot = r->nqueries;
    }
    return *slot - 1;
}

const struct query *rsl_resolve_ask(struct graph_resolver *r, enum query_kind kind, uint32_t node,
                                    uint32_t number, uint32_t scope, uint8_t mask)
{
    const struct query_key key = {node, number, (uint8_t)kind, mask};
    const uint32_t query = query_of(r, &key, scope);
    if (query == RSL_NONE)
        return NULL;
    const struct query *known = &r->queries[query];
    if (known->state == QUERY_UNKNOWN) {
        push_wanted(r, query);
        return NULL;
    }
    if (known->state == QUERY_OPEN && known->low < r->low)
        r->low = known->low;
    r->in_circle |= known->state == QUERY_OPEN;
    return known;
}

/* ---- working out ---- */

static void give_up(struct graph_resolver *r, uint32_t number)
{
    struct query *query = &r->queries[number];
    query->state = QUERY_KNOWN;
    query->why = WHY_LIMIT;
    query->ntargets = query->nhops = 0;
    push_given_up(r, number);
}

static void open_query(struct graph_resolver *r, uint32_t number, uint32_t depth)
{
    struct query *query = &r->queries[number];
    depth += query->key.kind == QUERY_USE;
    if (depth > RESOLVE_MAX_DEPTH) {
        give_up(r, number);
        return;
    }
    query->state = QUERY_OPEN;
    query->depth = depth;
    query->place = query->low = r->nopen;
    query->why = 0;
    query->leading = false;
    query->ntargets = query->nhops = 0;
    push_frames(r, (struct frame){number, r->nwanted, r->nopen, 0, false});
    push_open(r, number);
}

static int by_number(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

/* Each of the hops once. */
static void settle_hops(struct graph_resolver *r)
{
    uint32_t n = 0;
    if (r->nhops < 2)
        return;
    qsort(r->hops, r->nhops, sizeof *r->hops, by_number);
    for (uint32_t i = 0; i < r->nhops; i++) {
        if (n == 0 || r->hops[n - 1] != r->hops[i])
            r->hops[n++] = r->hops[i];
    }
    r->nhops = n;
}

static bool is_same(const struct target *a, const struct target *b)
{
    return a->node == b->node && a->scope == b->scope && a->name == b->name;
}

/* The slot of a target, or the free one where it belongs. */
static uint32_t *target_slot(struct graph_resolver *r, const struct target *target)
{
    uint32_t i = (target->node * UINT32_C(0x9E3779B1) ^ target->scope * UINT32_C(0x85EBCA6B) ^
                  target->name * UINT32_C(0xC2B2AE35)) >>
                 5;
    for (;; i++) {
        uint32_t *slot = &r->slots[i & (r->nslots - 1)];
        if (*slot == 0 || is_same(&r->targets[*slot - 1], target))
            return slot;
    }
}

/* Whether a target is among the first n. With many, they are in the table. */
static bool is_listed(struct graph_resolver *r, uint32_t n, const struct target *target)
{
    if (r->nslots > 0)
        return *target_slot(r, target) != 0;
    for (uint32_t i = 0; i < n; i++) {
        if (is_same(&r->targets[i], target))
            return true;
    }
    return false;
}

/* Each of the targets once, in the order in which they came: that of the sources. */
static void settle_targets(struct graph_resolver *r)
{
    uint32_t n = 0;
    r->nslots = 0;
    if (r->ntargets > FEW && !rsl_resolve_clear_slots(r, r->ntargets))
        return;
    for (uint32_t i = 0; i < r->ntargets; i++) {
        if (is_listed(r, n, &r->targets[i]))
            continue;
        r->targets[n++] = r->targets[i];
        if (r->nslots > 0)
            *target_slot(r, &r->targets[n - 1]) = n;
    }
    r->ntargets = n;
}

/* What someone who globs into a target sees of it. */
static void add_sights(struct graph_resolver *r, const struct query *query)
{
    const struct rsl_file_names *names = r->graph->by_file[node_of(r, query->key.node)->file].names;
    if (query->key.kind != QUERY_USE || !names->uses[query->key.number].glob)
        return;
    const struct place from = {query->key.node, names->uses[query->key.number].scope};
    for (uint32_t i = 0; i < r->ntargets; i++) {
        struct target *target = &r->targets[i];
        if (target->scope != RSL_NONE)
            target->sight = rsl_resolve_sight(r, (struct place){target->node, target->scope}, from);
    }
}

/* Keeps what was found as what the query has come to. True if that is not what it was. */
static bool keep(struct graph_resolver *r, struct query *query, bool only_additions)
{
    for (uint32_t i = 0; i < query->ntargets && only_additions; i++)
        push_targets(r, query->targets[i]);
    for (uint32_t i = 0; i < query->nhops && only_additions; i++)
        push_hops(r, query->hops[i]);
    if (r->ntargets == 0)
        r->nhops = 0;
    settle_targets(r);
    settle_hops(r);
    const size_t targets_nbytes = r->ntargets * sizeof *r->targets;
    const size_t hops_nbytes = r->nhops * sizeof *r->hops;
    bool same = r->ntargets == query->ntargets && r->nhops == query->nhops &&
                query->why == r->why && query->leading == r->leading;
    for (uint32_t i = 0; i < r->ntargets && same; i++)
        same = is_listed(r, r->ntargets, &query->targets[i]);
    if (same && (r->nhops == 0 || memcmp(r->hops, query->hops, hops_nbytes) == 0))
        return false;
    add_sights(r, query);
    query->why = r->why;
    query->leading = r->leading;
    query->ntargets = query->nhops = 0;
    struct target *targets = rsl_arena_alloc(&r->arena, targets_nbytes, 8);
    uint32_t *hops = rsl_arena_alloc(&r->arena, hops_nbytes, 8);
    if (targets == NULL || hops == NULL) {
        r->out_of_memory = true;
        return false;
    }
    if (r->ntargets > 0)
        memcpy(targets, r->targets, targets_nbytes);
    if (r->nhops > 0)
        memcpy(hops, r->hops, hops_nbytes);
    query->targets = targets;
    query->hops = hops;
    query->ntargets = r->ntargets;
    query->nhops = r->nhops;
    return true;
}

/* All that are open from a place on are known. */
static void close_from(struct graph_resolver *r, uint32_t place)
{
    for (uint32_t i = place; i < r->nopen; i++) {
        struct query *query = &r->queries[r->open[i]];
        query->state = QUERY_KNOWN;
        if (query->why & WHY_LIMIT)
            push_given_up(r, r->open[i]);
    }
    r->nopen = place;
}

/* Works out what the frame on top is at, and leaves it when it is done. */
static void step(struct graph_resolver *r)
{
    struct frame *frame = &r->frames[r->nframes - 1];
    if (r->nwanted > frame->nwanted) {
        const uint32_t wanted = r->wanted[--r->nwanted];
        if (r->queries[wanted].state == QUERY_UNKNOWN)
            open_query(r, wanted, r->queries[r->open[frame->at]].depth);
        return;
    }
    r->current = r->open[frame->at];
    r->low = UINT32_MAX;
    r->in_circle = r->leading = false;
    r->why = 0;
    r->nwanted_before = frame->nwanted;
    r->ntargets = r->nstops = r->nhops = r->nplaces = 0;
    rsl_resolve_query(r);
    if (is_waiting(r) || r->out_of_memory || r->exhausted)
        return;
    struct query *head = &r->queries[frame->query], *query = &r->queries[r->current];
    frame->changed |= keep(r, query, frame->nrounds > MAX_ROUNDS);
    if (r->low < query->low)
        query->low = r->low;
    if (query->low < head->low)
        head->low = query->low;
    if (frame->at + 1 < r->nopen && frame->nrounds > 0) {
        frame->at++;
        return;
    }
    const bool alone = head->place + 1 == r->nopen && !r->in_circle;
    if (head->low < head->place) { /* its circle is a larger one */
        r->nframes--;
    } else if (alone || (frame->nrounds > 0 && !frame->changed)) {
        close_from(r, head->place);
        r->nframes--;
    } else {
        frame->at = head->place;
        frame->nrounds++;
        frame->changed = false;
    }
}

const struct query *rsl_resolve(struct graph_resolver *r, enum query_kind kind, uint32_t node,
                                uint32_t number, uint32_t scope, uint8_t mask)
{
    const struct query_key key = {node, number, (uint8_t)kind, mask};
    const uint32_t query = query_of(r, &key, scope);
    if (query == RSL_NONE)
        return NULL;
    if (r->queries[query].state == QUERY_UNKNOWN && !r->exhausted) {
        open_query(r, query, 0);
        while (r->nframes > 0 && !r->out_of_memory && !r->exhausted)
            step(r);
    }
    if (r->out_of_memory)
        return NULL;
    if (r->exhausted && r->queries[query].state != QUERY_KNOWN)
        give_up(r, query); /* nothing more will be worked out for the file */
    /* What went too deep from here may not from elsewhere. */
    for (uint32_t i = 0; i < r->ngiven_up; i++)
        r->queries[r->given_up[i]].state = QUERY_UNKNOWN;
    r->ngiven_up = 0;
    return &r->queries[query];
}

bool rsl_resolve_clear_slots(struct graph_resolver *r, uint32_t n)
{
    uint32_t nslots = FIRST_SLOTS;
    while (nslots < n * 2)
        nslots *= 2;
    if (nslots > r->slots_capacity) {
        uint32_t *slots = rsl_arena_alloc(&r->lasting, nslots * sizeof *slots, 16);
        if (slots == NULL) {
            r->out_of_memory = true;
            return false;
        }
        r->slots = slots;
        r->slots_capacity = nslots;
    }
    memset(r->slots, 0, nslots * sizeof *r->slots);
    r->nslots = nslots;
    return true;
}

/* ---- the nodes of a file ---- */

static int by_crate(const struct rsl_graph *graph, uint32_t a, uint32_t b)
{
    const struct graph_node *x = &graph->nodes[a], *y = &graph->nodes[b];
    if (x->crate != y->crate) {
        const struct graph_crate *of_x = &graph->crates[x->crate], *of_y = &graph->crates[y->crate];
        int order =
            strcmp(rsl_graph_path(graph, of_x->root_file), rsl_graph_path(graph, of_y->root_file));
        if (order == 0)
            order = strcmp(of_x->name, of_y->name);
        return order != 0 ? order : (x->crate < y->crate ? -1 : 1);
    }
    return (int)graph->modules.units[x->unit].named - (int)graph->modules.units[y->unit].named;
}

const uint32_t *rsl_resolve_nodes(struct graph_resolver *r, uint32_t file, uint32_t *n_out)
{
    const struct rsl_graph *graph = r->graph;
    const uint32_t *units = graph->modules.by_file[file].units;
    uint32_t *nodes = NULL;
    uint32_t n = 0, capacity = 0;
    *n_out = 0;
    for (int named = 0; named < 2; named++) {
        if (units[named] == RSL_NONE || units[named] >= graph->nunits)
            continue;
        for (uint32_t node = graph->unit_nodes[units[named]]; node != RSL_NONE;
             node = graph->nodes[node].next) {
            uint32_t *grown = arena_list_grow(&r->arena, nodes, n, &capacity, sizeof *nodes);
            if (grown == NULL) {
                r->out_of_memory = true;
                return NULL;
            }
            nodes = grown;
            uint32_t at = n++;
            for (; at > 0 && by_crate(graph, node, nodes[at - 1]) < 0; at--)
                nodes[at] = nodes[at - 1];
            nodes[at] = node;
        }
    }
    *n_out = n;
    return nodes;
}
