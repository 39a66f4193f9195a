/* What the graph says: edges, closures, circles. */
#include <string.h>

#include "index/graph_internal.h"
#include "index/modules_internal.h"

uint32_t rsl_graph_nfiles(const struct rsl_graph *graph)
{
    return rsl_strings_count(&graph->modules.paths);
}

const struct rsl_file_names *rsl_graph_names(const struct rsl_graph *graph, uint32_t file)
{
    return graph->by_file[file].names;
}

uint32_t rsl_graph_edges(const struct rsl_graph *graph, uint32_t file,
                         const struct rsl_graph_edge **edges_out)
{
    *edges_out = graph->by_file[file].edges;
    return graph->by_file[file].nedges;
}

uint32_t rsl_graph_dependents(const struct rsl_graph *graph, uint32_t file,
                              const uint32_t **files_out)
{
    *files_out = graph->by_file[file].dependents.list;
    return graph->by_file[file].dependents.n;
}

uint32_t rsl_graph_crates_of(const struct rsl_graph *graph, uint32_t file, uint32_t *crates,
                             uint32_t capacity)
{
    uint32_t n = 0;
    for (int named = 0; named < 2; named++) {
        const uint32_t unit = graph->modules.by_file[file].units[named];
        if (unit == RSL_NONE || unit >= graph->nunits)
            continue;
        for (uint32_t node = graph->unit_nodes[unit]; node != RSL_NONE;
             node = graph->nodes[node].next) {
            const uint32_t crate = graph->nodes[node].crate;
            uint32_t i = 0;
            while (i < n && i < capacity && crates[i] != crate)
                i++;
            if (i < n && i < capacity)
                continue; /* in both roles */
            if (n < capacity)
                crates[n] = crate;
            n++;
        }
    }
    return n;
}

uint32_t rsl_graph_nlimited(const struct rsl_graph *graph)
{
    return graph->nlimited;
}

bool rsl_graph_is_reached(const struct rsl_graph *graph, uint32_t file)
{
    return rsl_graph_crates_of(graph, file, NULL, 0) > 0;
}

const char *rsl_graph_crate_name(const struct rsl_graph *graph, uint32_t crate)
{
    return graph->crates[crate].name;
}

uint32_t rsl_graph_crate_root(const struct rsl_graph *graph, uint32_t crate)
{
    return graph->crates[crate].root_file;
}

/* ---- closures ---- */

static bool reach(const struct rsl_graph *graph, uint8_t *seen, struct number_list *list,
                  uint32_t file)
{
    if (seen[file])
        return true;
    seen[file] = 1;
    return rsl_number_list_add(graph, list, file);
}

static bool reach_next(const struct rsl_graph *graph, uint8_t *seen, struct number_list *list,
                       uint32_t file, bool dependents)
{
    const struct graph_file *entry = &graph->by_file[file];
    bool good = true;
    for (uint32_t i = 0; dependents && i < entry->dependents.n && good; i++)
        good = reach(graph, seen, list, entry->dependents.list[i]);
    for (uint32_t i = 0; !dependents && i < entry->nedges && good; i++)
        good = reach(graph, seen, list, entry->edges[i].to);
    return good;
}

enum rsl_status rsl_graph_closure(const struct rsl_graph *graph, uint32_t file, bool dependents,
                                  uint32_t **files_out, uint32_t *nfiles_out)
{
    const struct rsl_allocator *allocator = graph->allocator;
    const uint32_t nfiles = rsl_graph_nfiles(graph);
    struct number_list list = {.n = 0};
    uint8_t *seen = allocator->allocate(allocator->state, nfiles);
    bool good = seen != NULL;
    if (good) {
        memset(seen, 0, nfiles);
        good = reach_next(graph, seen, &list, file, dependents);
    }
    for (uint32_t i = 0; i < list.n && good; i++)
        good = reach_next(graph, seen, &list, list.list[i], dependents);
    allocator->release(allocator->state, seen, nfiles);
    uint32_t *exact = NULL;
    if (good && list.n > 0) { /* a block whose size its owner knows */
        exact = allocator->allocate(allocator->state, list.n * sizeof *exact);
        if (exact != NULL)
            memcpy(exact, list.list, list.n * sizeof *exact);
        good = exact != NULL;
    }
    *files_out = exact;
    *nfiles_out = good ? list.n : 0;
    rsl_number_list_fini(graph, &list);
    return good ? RSL_OK : RSL_ENOMEM;
}

/* ---- circles ---- */

/* By file; order and low are Tarjan's numbers, from 1. */
struct visit {
    uint32_t order, low;
    uint32_t edge;   /* the next to look at */
    uint32_t parent; /* from which it was come to */
    bool on_stack;
};

struct search {
    const struct rsl_graph *graph;
    unsigned kinds;
    struct visit *visits;
    uint32_t *stack;
    uint32_t nstack, norder;
    uint32_t *components;
    uint32_t ncomponents;
};

static void enter(struct search *search, uint32_t file, uint32_t parent)
{
    search->norder++;
    search->visits[file] = (struct visit){search->norder, search->norder, 0, parent, true};
    search->stack[search->nstack++] = file;
}

/* Takes a component off the stack, whose first file is `file`. */
static void close_component(struct search *search, uint32_t file)
{
    const bool is_circle = search->stack[search->nstack - 1] != file;
    uint32_t other;
    do {
        other = search->stack[--search->nstack];
        search->visits[other].on_stack = false;
        search->components[other] = is_circle ? search->ncomponents : RSL_NONE;
    } while (other != file);
    search->ncomponents += is_circle;
}

static void search_from(struct search *search, uint32_t root)
{
    enter(search, root, RSL_NONE);
    for (uint32_t file = root; file != RSL_NONE;) {
        struct visit *visit = &search->visits[file];
        const struct graph_file *entry = &search->graph->by_file[file];
        if (visit->edge == entry->nedges) {
            if (visit->low == visit->order)
                close_component(search, file);
            const uint32_t parent = visit->parent;
            if (parent != RSL_NONE && visit->low < search->visits[parent].low)
                search->visits[parent].low = visit->low;
            file = parent;
            continue;
        }
        const struct rsl_graph_edge *edge = &entry->edges[visit->edge++];
        if ((search->kinds >> edge->kind & 1) == 0)
            continue;
        const struct visit *to = &search->visits[edge->to];
        if (to->order == 0) {
            enter(search, edge->to, file);
            file = edge->to;
        } else if (to->on_stack && to->order < visit->low) {
            visit->low = to->order;
        }
    }
}

enum rsl_status rsl_graph_cycles(const struct rsl_graph *graph, unsigned kinds,
                                 uint32_t *components_out, uint32_t *ncomponents_out)
{
    const struct rsl_allocator *allocator = graph->allocator;
    const uint32_t nfiles = rsl_graph_nfiles(graph);
    struct search search = {.graph = graph, .kinds = kinds};
    search.components = components_out;
    search.visits = allocator->allocate(allocator->state, nfiles * sizeof *search.visits + 1);
    search.stack = allocator->allocate(allocator->state, nfiles * sizeof *search.stack + 1);
    const bool good = search.visits != NULL && search.stack != NULL;
    if (good) {
        memset(search.visits, 0, nfiles * sizeof *search.visits);
        for (uint32_t file = 0; file < nfiles; file++) {
            if (search.visits[file].order == 0)
                search_from(&search, file);
        }
    }
    if (search.visits != NULL)
        allocator->release(allocator->state, search.visits, nfiles * sizeof *search.visits + 1);
    if (search.stack != NULL)
        allocator->release(allocator->state, search.stack, nfiles * sizeof *search.stack + 1);
    *ncomponents_out = search.ncomponents;
    return good ? RSL_OK : RSL_ENOMEM;
}
