/* What one file depends on: its declarations, and what its uses and macro calls mean. */
#include <stdlib.h>
#include <string.h>

#include "index/modules_internal.h"
#include "index/resolve.h"

#define FEW 24 /* numbers, that are sorted faster by inserting */

RESOLVE_LIST(found, uint64_t)

static void add_found(struct graph_resolver *r, uint32_t file, enum rsl_edge_kind kind)
{
    push_found(r, (uint64_t)file << 8 | kind);
}

static int by_number(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static void sort_numbers(uint64_t *list, uint32_t n)
{
    if (n > FEW) {
        qsort(list, n, sizeof *list, by_number);
        return;
    }
    for (uint32_t i = 1; i < n; i++) {
        const uint64_t number = list[i];
        uint32_t at = i;
        for (; at > 0 && list[at - 1] > number; at--)
            list[at] = list[at - 1];
        list[at] = number;
    }
}

/* Sorts found[from..), each once, without the file itself. */
static void settle_found(struct graph_resolver *r, uint32_t from, uint32_t file)
{
    uint32_t n = from;
    if (r->nfound > from)
        sort_numbers(r->found + from, r->nfound - from);
    for (uint32_t i = from; i < r->nfound; i++) {
        if (r->found[i] >> 8 != file && (n == from || r->found[n - 1] != r->found[i]))
            r->found[n++] = r->found[i];
    }
    r->nfound = n;
}

/* Every file in which something is that is meant, or through which the way went. */
static void add_meaning(struct graph_resolver *r, const struct query *query,
                        enum rsl_edge_kind kind)
{
    for (uint32_t i = 0; i < query->ntargets; i++) {
        const struct target *target = &query->targets[i];
        add_found(r, node_of(r, target->node)->file,
                  spaces_of(r, target) == RSL_SPACE_MACRO ? RSL_EDGE_MACRO : kind);
    }
    for (uint32_t i = 0; i < query->nhops; i++)
        add_found(r, query->hops[i], kind);
    r->nlimited += query->ntargets == 0 && (query->why & WHY_LIMIT) != 0;
}

/* A use counts once for each file to which it leads, in however many crates. */
static void add_use(struct graph_resolver *r, uint32_t file, const uint32_t *nodes, uint32_t nnodes,
                    const struct rsl_file_names *names, uint32_t number)
{
    const struct rsl_use *use = &names->uses[number];
    const bool is_private = use->vis == RSL_VIS_INHERITED || use->vis == RSL_VIS_SELF;
    const uint32_t from = r->nfound;
    for (uint32_t i = 0; i < nnodes; i++) {
        const struct query *query =
            rsl_resolve(r, QUERY_USE, nodes[i], number, 0, rsl_use_spaces(use));
        if (query == NULL)
            return;
        for (uint32_t k = 0; use->glob && k < query->ntargets; k++)
            names_of(r, query->targets[k].node); /* it brings whatever that shows */
        add_meaning(r, query, is_private ? RSL_EDGE_USE : RSL_EDGE_REEXPORT);
    }
    settle_found(r, from, file);
}

static void add_call(struct graph_resolver *r, uint32_t file, const uint32_t *nodes,
                     uint32_t nnodes, const struct rsl_names_call *call)
{
    const uint32_t from = r->nfound;
    for (uint32_t i = 0; i < nnodes; i++) {
        const struct query *query =
            rsl_resolve(r, QUERY_CALL, nodes[i], call->path, call->scope, RSL_SPACE_MACRO);
        if (query == NULL)
            return;
        add_meaning(r, query, RSL_EDGE_MACRO);
    }
    settle_found(r, from, file);
}

/* #[macro_use] extern crate x; */
static void add_macro_uses(struct graph_resolver *r, uint32_t file, const uint32_t *nodes,
                           uint32_t nnodes, const struct rsl_file_names *names)
{
    for (uint32_t i = 0; i < names->nmacro_uses; i++) {
        const struct rsl_name *name = &names->names[names->macro_uses[i]];
        if (name->kind != RSL_ITEM_EXTERN_CRATE)
            continue;
        const char *crate = rsl_names_text(names, name->ref);
        const uint32_t from = r->nfound;
        r->ntargets = 0;
        for (uint32_t k = 0; k < nnodes; k++)
            rsl_resolve_crate(r, nodes[k], rsl_name_hash(crate, strlen(crate)), crate);
        for (uint32_t k = 0; k < r->ntargets; k++)
            add_found(r, node_of(r, r->targets[k].node)->file, RSL_EDGE_MACRO);
        settle_found(r, from, file);
    }
}

/* Adds the files that the declarations of one kind lead to, each once for each declaration, though
 * the file may be a module in more than one role. */
static void add_declared(struct graph_resolver *r, uint32_t file, bool includes)
{
    const uint32_t *units = r->graph->modules.by_file[file].units;
    const uint32_t from = r->nfound;
    for (int named = 0; named < 2; named++) {
        if (units[named] == RSL_NONE || units[named] >= r->graph->nunits ||
            r->graph->unit_nodes[units[named]] == RSL_NONE)
            continue;
        const struct rsl_module_unit *unit = &r->graph->modules.units[units[named]];
        for (uint32_t i = 0; i < unit->nedges; i++) {
            const struct rsl_module_edge *edge = &unit->edges[i];
            if (edge->to != RSL_NONE && edge->is_include == includes)
                push_found(r, (uint64_t)edge->declaration << 32 |
                                  r->graph->modules.units[edge->to].file);
        }
    }
    if (r->nfound > from)
        sort_numbers(r->found + from, r->nfound - from);
    uint32_t n = from;
    uint64_t last = UINT64_MAX;
    for (uint32_t i = from; i < r->nfound; i++) {
        const uint64_t found = r->found[i];
        if (found != last && (uint32_t)found != file)
            r->found[n++] =
                (found & UINT32_MAX) << 8 | (includes ? RSL_EDGE_INCLUDE : RSL_EDGE_MOD);
        last = found;
    }
    r->nfound = n;
}

static void resolve_file(struct graph_resolver *r, uint32_t file)
{
    const struct rsl_file_names *names = r->graph->by_file[file].names;
    uint32_t nnodes;
    const uint32_t *nodes = rsl_resolve_nodes(r, file, &nnodes);
    if (nnodes == 0 || names == NULL)
        return;
    names_of(r, nodes[0]);
    add_declared(r, file, false);
    add_declared(r, file, true);
    for (uint32_t i = 0; i < names->nuses && !r->out_of_memory; i++)
        add_use(r, file, nodes, nnodes, names, i);
    for (uint32_t i = 0; i < names->ncalls && !r->out_of_memory; i++)
        add_call(r, file, nodes, nnodes, &names->calls[i]);
    add_macro_uses(r, file, nodes, nnodes, names);
}

/* ---- the result ---- */

/* Counts equal edges. */
static enum rsl_status give_edges(struct graph_resolver *r, struct graph_result *result)
{
    const struct rsl_allocator *allocator = r->graph->allocator;
    uint32_t n = 0;
    if (r->nfound == 0)
        return RSL_OK;
    sort_numbers(r->found, r->nfound);
    for (uint32_t i = 0; i < r->nfound; i++)
        n += i == 0 || r->found[i] != r->found[i - 1];
    struct rsl_graph_edge *edges = allocator->allocate(allocator->state, n * sizeof *edges);
    if (edges == NULL)
        return RSL_ENOMEM;
    n = 0;
    for (uint32_t i = 0; i < r->nfound; i++) {
        if (i > 0 && r->found[i] == r->found[i - 1])
            edges[n - 1].count++;
        else
            edges[n++] = (struct rsl_graph_edge){(uint32_t)(r->found[i] >> 8),
                                                 (uint32_t)(r->found[i] & 0xFF), 1};
    }
    result->edges = edges;
    result->nedges = n;
    return RSL_OK;
}

static int by_file_number(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static void sort_files(uint32_t *list, uint32_t n)
{
    if (n > FEW) {
        qsort(list, n, sizeof *list, by_file_number);
        return;
    }
    for (uint32_t i = 1; i < n; i++) {
        const uint32_t file = list[i];
        uint32_t at = i;
        for (; at > 0 && list[at - 1] > file; at--)
            list[at] = list[at - 1];
        list[at] = file;
    }
}

static enum rsl_status give_reads(struct graph_resolver *r, struct graph_result *result)
{
    const struct rsl_allocator *allocator = r->graph->allocator;
    if (r->nreads == 0)
        return RSL_OK;
    sort_files(r->reads, r->nreads);
    result->reads = allocator->allocate(allocator->state, r->nreads * sizeof *r->reads);
    if (result->reads == NULL)
        return RSL_ENOMEM;
    memcpy(result->reads, r->reads, r->nreads * sizeof *r->reads);
    result->nreads = r->nreads;
    return RSL_OK;
}

enum rsl_status rsl_resolver_run(struct graph_resolver *r, uint32_t file,
                                 struct graph_result *result_out)
{
    const struct rsl_allocator *allocator = r->graph->allocator;
    struct graph_result result = {.edges = NULL};
    rsl_resolve_begin(r, file);
    resolve_file(r, file);
    enum rsl_status status = r->out_of_memory ? RSL_ENOMEM : give_edges(r, &result);
    if (status == RSL_OK)
        status = give_reads(r, &result);
    result.nlimited = r->nlimited;
    if (status == RSL_OK)
        *result_out = result;
    else
        allocator->release(allocator->state, result.edges, result.nedges * sizeof *result.edges);
    return status;
}
