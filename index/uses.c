#include "index/uses.h"

#include <stdlib.h>

#include "index/resolve.h"

const char *rsl_use_status_name(enum rsl_use_status status)
{
    static const char *const names[] = {"resolved", "limit",   "expansion", "include",
                                        "external", "no-file", "not-found"};
    return names[status];
}

static int by_target(const void *a, const void *b)
{
    const struct rsl_use_target *x = a, *y = b;
    if (x->file != y->file)
        return x->file < y->file ? -1 : 1;
    return x->name < y->name ? -1 : x->name > y->name;
}

/* What came of a use, as whoever asked is told. False without memory. */
static bool tell_result(struct graph_resolver *r, const struct query *query,
                        struct rsl_use_result *result)
{
    struct rsl_use_target *targets =
        rsl_arena_alloc(&r->arena, query->ntargets * sizeof *targets, 8);
    uint32_t n = 0;
    if (targets == NULL)
        return false;
    for (uint32_t i = 0; i < query->ntargets; i++)
        targets[i] = (struct rsl_use_target){node_of(r, query->targets[i].node)->file,
                                             query->targets[i].name};
    if (query->ntargets > 1)
        qsort(targets, query->ntargets, sizeof *targets, by_target);
    for (uint32_t i = 0; i < query->ntargets; i++) {
        if (n == 0 || by_target(&targets[n - 1], &targets[i]) != 0)
            targets[n++] = targets[i];
    }
    result->targets = targets;
    result->ntargets = n;
    result->status = n > 0                        ? RSL_USE_RESOLVED
                     : query->why & WHY_LIMIT     ? RSL_USE_LIMIT
                     : query->why & WHY_EXPANSION ? RSL_USE_EXPANSION
                     : query->why & WHY_INCLUDE   ? RSL_USE_INCLUDE
                     : query->why & WHY_EXTERNAL  ? RSL_USE_EXTERNAL
                     : query->why & WHY_NO_FILE   ? RSL_USE_NO_FILE
                                                  : RSL_USE_NOT_FOUND;
    return true;
}

enum rsl_status rsl_graph_uses(const struct rsl_graph *graph, uint32_t file,
                               void (*tell)(void *state, const struct rsl_use_result *result),
                               void *state)
{
    struct graph_resolver *r = rsl_resolver_create(graph);
    if (r == NULL)
        return RSL_ENOMEM;
    const struct rsl_file_names *names = graph->by_file[file].names;
    uint32_t nnodes;
    rsl_resolve_begin(r, file);
    const uint32_t *nodes = rsl_resolve_nodes(r, file, &nnodes);
    bool good = !r->out_of_memory;
    for (uint32_t i = 0; names != NULL && i < names->nuses && good; i++) {
        for (uint32_t k = 0; k < nnodes && good; k++) {
            struct rsl_use_result result = {.crate = graph->nodes[nodes[k]].crate, .use = i};
            const struct query *query =
                rsl_resolve(r, QUERY_USE, nodes[k], i, 0, rsl_use_spaces(&names->uses[i]));
            good = query != NULL && tell_result(r, query, &result);
            if (good)
                tell(state, &result);
        }
    }
    rsl_resolver_destroy(r);
    return good ? RSL_OK : RSL_ENOMEM;
}
