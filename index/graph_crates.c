/* Which files a crate consists of: its nodes, found by going through the module graph from the
 * root. A crate is gone through anew whenever a declaration in it leads elsewhere than before. */
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "index/graph_internal.h"

uint32_t rsl_graph_node(const struct rsl_graph *graph, uint32_t crate, uint32_t unit)
{
    if (unit >= graph->nunits)
        return RSL_NONE;
    uint32_t node = graph->unit_nodes[unit];
    while (node != RSL_NONE && graph->nodes[node].crate != crate)
        node = graph->nodes[node].next;
    return node;
}

static uint32_t new_node(struct rsl_graph *graph, uint32_t crate, uint32_t unit)
{
    uint32_t node = graph->free_node;
    if (node != RSL_NONE) {
        graph->free_node = graph->nodes[node].next;
    } else {
        struct graph_node *grown = rsl_graph_grow(graph, graph->nodes, graph->nnodes,
                                                  &graph->nodes_capacity, sizeof *grown);
        if (grown == NULL)
            return RSL_NONE;
        graph->nodes = grown;
        node = graph->nnodes++;
    }
    graph->nodes[node] = (struct graph_node){.crate = crate,
                                             .unit = unit,
                                             .file = graph->modules.units[unit].file,
                                             .next = graph->unit_nodes[unit],
                                             .first_parent = RSL_NONE,
                                             .epoch = graph->epoch - 1};
    graph->unit_nodes[unit] = node;
    return node;
}

static void free_parents(struct rsl_graph *graph, uint32_t node)
{
    uint32_t *first = &graph->nodes[node].first_parent;
    while (*first != RSL_NONE) {
        const uint32_t parent = *first;
        *first = graph->parents[parent].next;
        graph->parents[parent].next = graph->free_parent;
        graph->free_parent = parent;
    }
}

static void free_node(struct rsl_graph *graph, uint32_t node)
{
    const uint32_t unit = graph->nodes[node].unit;
    uint32_t *link = &graph->unit_nodes[unit];
    while (*link != node)
        link = &graph->nodes[*link].next;
    *link = graph->nodes[node].next;
    free_parents(graph, node);
    graph->nodes[node].next = graph->free_node;
    graph->free_node = node;
}

/* Whether parent a comes before b: by path, so that the order does not depend on numbers. */
static bool comes_before(const struct rsl_graph *graph, const struct graph_parent *a,
                         const struct graph_parent *b)
{
    if (a->node == b->node)
        return a->scope < b->scope;
    const struct graph_node *of_a = &graph->nodes[a->node], *of_b = &graph->nodes[b->node];
    const int order = strcmp(rsl_graph_path(graph, of_a->file), rsl_graph_path(graph, of_b->file));
    return order != 0
               ? order < 0
               : graph->modules.units[of_a->unit].named < graph->modules.units[of_b->unit].named;
}

/* Adds a parent unless it is there. */
static bool add_parent(struct rsl_graph *graph, uint32_t node, struct graph_parent parent)
{
    struct graph_parent *grown = rsl_graph_grow(graph, graph->parents, graph->nparents,
                                                &graph->parents_capacity, sizeof *grown);
    if (grown == NULL)
        return false;
    graph->parents = grown;
    uint32_t *link = &graph->nodes[node].first_parent;
    for (; *link != RSL_NONE; link = &grown[*link].next) {
        const struct graph_parent *there = &grown[*link];
        if (there->node == parent.node && there->scope == parent.scope &&
            there->is_include == parent.is_include)
            return true;
        if (comes_before(graph, &parent, there))
            break;
    }
    uint32_t number = graph->free_parent;
    if (number != RSL_NONE)
        graph->free_parent = grown[number].next;
    else
        number = graph->nparents++;
    parent.next = *link;
    grown[number] = parent;
    *link = number;
    return true;
}

static uint64_t print_parents(const struct rsl_graph *graph, uint32_t node)
{
    uint64_t print = 1;
    for (uint32_t parent = graph->nodes[node].first_parent; parent != RSL_NONE;
         parent = graph->parents[parent].next) {
        const struct graph_parent *p = &graph->parents[parent];
        const uint32_t what[3] = {p->node, p->scope, p->is_include};
        print += XXH3_64bits(what, sizeof what);
    }
    return print;
}

/* The scope of an include!, whose macro call is at that offset. */
static uint32_t scope_of_include(const struct rsl_file_names *names, uint32_t off)
{
    uint32_t low = 0, high = names->ncalls;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (names->calls[middle].off < off)
            low = middle + 1;
        else
            high = middle;
    }
    return low < names->ncalls && names->calls[low].off == off ? names->calls[low].scope : 0;
}

/* Comes to the children of a node; those that the walk has not seen are put into `nodes`. */
static bool walk_children(struct rsl_graph *graph, uint32_t number, struct number_list *nodes)
{
    const struct graph_node node = graph->nodes[number];
    const struct rsl_module_unit *unit = &graph->modules.units[node.unit];
    const struct rsl_file_names *names = rsl_graph_learn(graph, node.file);
    graph->unit_prints[node.unit] = rsl_graph_print_unit(graph, node.unit);
    if (names == NULL)
        return true;
    const struct rsl_file_facts *facts = NULL;
    for (uint32_t i = 0; i < unit->nedges; i++) {
        const struct rsl_module_edge *edge = &unit->edges[i];
        if (edge->to == RSL_NONE)
            continue;
        struct graph_parent parent = {.node = number, .is_include = edge->is_include};
        if (edge->is_include) {
            if (facts == NULL)
                facts = graph->files->modules.facts(graph->files->modules.state, node.file,
                                                    rsl_graph_path(graph, node.file));
            if (facts == NULL || edge->declaration >= facts->nincludes)
                continue;
            parent.scope = scope_of_include(names, facts->includes[edge->declaration].off);
        } else if (edge->declaration < names->nmods) {
            parent.scope = names->mods[edge->declaration].scope;
        }
        uint32_t child = rsl_graph_node(graph, node.crate, edge->to);
        if (child == RSL_NONE)
            child = new_node(graph, node.crate, edge->to);
        if (child == RSL_NONE)
            return false;
        if (graph->nodes[child].epoch != graph->epoch) {
            graph->nodes[child].epoch = graph->epoch;
            free_parents(graph, child);
            if (!rsl_number_list_add(graph, nodes, child))
                return false;
        }
        if (!add_parent(graph, child, parent))
            return false;
    }
    return true;
}

static int by_hash(const void *a, const void *b)
{
    const struct graph_export *x = a, *y = b;
    return x->hash < y->hash ? -1 : x->hash > y->hash;
}

/* Lists the exported macros of the crate's nodes. */
static bool list_exports(struct rsl_graph *graph, struct graph_crate *crate)
{
    crate->nexports = 0;
    for (uint32_t i = 0; i < crate->nodes.n; i++) {
        const uint32_t node = crate->nodes.list[i];
        const struct rsl_file_names *names = rsl_graph_learn(graph, graph->nodes[node].file);
        if (names == NULL || names->nexports == 0)
            continue;
        for (uint32_t k = 0; k < names->nnames; k++) {
            if ((names->names[k].flags & RSL_NAME_EXPORTED) == 0)
                continue;
            struct graph_export *grown = rsl_graph_grow(graph, crate->exports, crate->nexports,
                                                        &crate->exports_capacity, sizeof *grown);
            if (grown == NULL)
                return false;
            crate->exports = grown;
            grown[crate->nexports++] = (struct graph_export){names->names[k].hash, node, k};
        }
    }
    if (crate->nexports > 1)
        qsort(crate->exports, crate->nexports, sizeof *crate->exports, by_hash);
    return true;
}

/* A hash of the exported macros, in any order. */
static uint64_t print_exports(const struct rsl_graph *graph, const struct graph_crate *crate)
{
    uint64_t print = 0;
    for (uint32_t i = 0; i < crate->nexports; i++) {
        const struct graph_export *export = &crate->exports[i];
        const uint32_t what[3] = {export->hash, graph->nodes[export->node].file, export->name};
        print += XXH3_64bits(what, sizeof what);
    }
    return print;
}

enum rsl_status rsl_graph_walk_crate(struct rsl_graph *graph, uint32_t number)
{
    struct graph_crate *crate = &graph->crates[number];
    struct number_list nodes = {.n = 0};
    uint32_t unit;
    if (rsl_modules_add(&graph->modules, crate->root_file, &unit) != RSL_OK ||
        rsl_graph_make_room(graph) != RSL_OK)
        return RSL_ENOMEM;
    graph->epoch++;
    graph->stats.nwalked++;
    uint32_t root = rsl_graph_node(graph, number, unit);
    if (root == RSL_NONE)
        root = new_node(graph, number, unit);
    if (root == RSL_NONE || !rsl_number_list_add(graph, &nodes, root))
        return RSL_ENOMEM;
    crate->root_node = root;
    graph->nodes[root].epoch = graph->epoch;
    free_parents(graph, root);
    bool good = true;
    for (uint32_t i = 0; i < nodes.n && good; i++)
        good = walk_children(graph, nodes.list[i], &nodes);
    if (!good) { /* the old list stays; new nodes are found again by the next walk */
        rsl_number_list_fini(graph, &nodes);
        return RSL_ENOMEM;
    }
    enum rsl_status status = RSL_OK;
    for (uint32_t i = 0; i < nodes.n && status == RSL_OK; i++) {
        struct graph_node *node = &graph->nodes[nodes.list[i]];
        const uint64_t print = print_parents(graph, nodes.list[i]);
        if (node->parents_print != print) /* 0 if it is new */
            status = rsl_graph_touch(graph, node->file);
        if (status == RSL_OK)
            node->parents_print = print;
    }
    for (uint32_t i = 0; i < crate->nodes.n && status == RSL_OK; i++) {
        const uint32_t node = crate->nodes.list[i];
        if (graph->nodes[node].epoch == graph->epoch)
            continue;
        status = rsl_graph_touch(graph, graph->nodes[node].file);
        if (status == RSL_OK) {
            graph->nodes[node].epoch = graph->epoch; /* not twice, if it fails further on */
            free_node(graph, node);
        }
    }
    rsl_number_list_fini(graph, &crate->nodes);
    crate->nodes = nodes;
    if (status != RSL_OK || !list_exports(graph, crate))
        return RSL_ENOMEM;
    const uint64_t print = print_exports(graph, crate);
    if (print != crate->exports_print) /* names of the root */
        status = rsl_graph_touch(graph, crate->root_file);
    if (status == RSL_OK)
        crate->exports_print = print;
    return status;
}
