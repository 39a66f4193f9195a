/* Resolving what is to be resolved anew, on all workers, and taking the results into the graph. */
#include <string.h>

#include "index/graph_internal.h"
#include "sched/sched.h"

/* A file's new result, from whichever worker, on its way into the graph. */
struct update {
    struct rsl_graph *graph;
    struct graph_resolver **resolvers; /* by worker */
    struct graph_result *results;      /* by place in the queue; edges NULL and nedges RSL_NONE if
                                          there is none yet */
};

static enum rsl_status resolve(struct update *update, uint32_t worker, size_t begin, size_t end)
{
    enum rsl_status status = RSL_OK;
    if (update->resolvers[worker] == NULL)
        update->resolvers[worker] = rsl_resolver_create(update->graph);
    if (update->resolvers[worker] == NULL)
        return RSL_ENOMEM;
    for (size_t i = begin; i < end && status == RSL_OK; i++)
        status = rsl_resolver_run(update->resolvers[worker], update->graph->queue.list[i],
                                  &update->results[i]);
    return status;
}

static int resolve_range(struct rsl_worker *worker, size_t begin, size_t end, void *arg)
{
    return (int)resolve(arg, (uint32_t)rsl_worker_index(worker), begin, end);
}

static int resolve_all(struct rsl_worker *worker, void *arg)
{
    const struct update *update = arg;
    return rsl_parallel_for(worker, 0, update->graph->queue.n, 64, resolve_range, arg);
}

static void remove_number(struct number_list *list, uint32_t number)
{
    for (uint32_t i = 0; i < list->n; i++) {
        if (list->list[i] == number) {
            list->list[i] = list->list[--list->n];
            return;
        }
    }
}

/* Numbers of files, sorted. */
struct numbers {
    const uint32_t *list;
    uint32_t n;
};

/* Finds the next number that only `in` has, not `others`; false at the end. Both places are moved
 * on. */
static bool next_alone(struct numbers in, uint32_t *place, struct numbers others, uint32_t *other)
{
    for (; *place < in.n; ++*place) {
        while (*other < others.n && others.list[*other] < in.list[*place])
            ++*other;
        if (*other == others.n || others.list[*other] != in.list[*place])
            return true;
    }
    return false;
}

/* One of the lists that are kept about a file. */
static struct number_list *list_of(const struct rsl_graph *graph, uint32_t file, size_t list_offset)
{
    return (struct number_list *)(void *)((uint8_t *)&graph->by_file[file] + list_offset);
}

/* Takes `file` out of the lists of those that only `from` has, and puts it into those that only
 * `to` has. Without memory nothing changes; there is enough to go back. */
static bool exchange(struct rsl_graph *graph, uint32_t file, struct numbers from, struct numbers to,
                     size_t list_offset)
{
    for (uint32_t i = 0, k = 0; next_alone(to, &i, from, &k); i++) {
        if (rsl_number_list_add(graph, list_of(graph, to.list[i], list_offset), file))
            continue;
        const struct numbers added = {to.list, i};
        for (uint32_t m = 0, l = 0; next_alone(added, &m, from, &l); m++)
            remove_number(list_of(graph, to.list[m], list_offset), file);
        return false;
    }
    for (uint32_t i = 0, k = 0; next_alone(from, &i, to, &k); i++)
        remove_number(list_of(graph, from.list[i], list_offset), file);
    return true;
}

/* The files that edges lead to, each once; edges are by file. */
static uint32_t *targets_of(struct rsl_graph *graph, const struct rsl_graph_edge *edges,
                            uint32_t nedges, uint32_t *n_out)
{
    uint32_t *files =
        graph->allocator->allocate(graph->allocator->state, (nedges + 1) * sizeof *files);
    uint32_t n = 0;
    for (uint32_t i = 0; files != NULL && i < nedges; i++) {
        if (n == 0 || files[n - 1] != edges[i].to)
            files[n++] = edges[i].to;
    }
    *n_out = n;
    return files;
}

/* Puts a result in the place of the file's last one. */
static enum rsl_status take_result(struct rsl_graph *graph, uint32_t number,
                                   struct graph_result *result)
{
    const size_t dependents = offsetof(struct graph_file, dependents);
    struct graph_file *file = &graph->by_file[number];
    uint32_t nold, nnew;
    uint32_t *old = targets_of(graph, file->edges, file->nedges, &nold);
    uint32_t *new = targets_of(graph, result->edges, result->nedges, &nnew);
    const struct numbers before = {old, nold}, after = {new, nnew};
    const struct numbers read_before = {file->reads, file->nreads};
    const struct numbers read_after = {result->reads, result->nreads};
    bool good = old != NULL && new != NULL &&exchange(graph, number, before, after, dependents);
    if (good &&
        !exchange(graph, number, read_before, read_after, offsetof(struct graph_file, readers))) {
        /* Back: taking out cannot fail, and putting back has the room that was there. */
        exchange(graph, number, after, before, dependents);
        good = false;
    }
    rsl_graph_free(graph, old, (file->nedges + 1) * sizeof *old);
    rsl_graph_free(graph, new, (result->nedges + 1) * sizeof *new);
    if (!good)
        return RSL_ENOMEM;
    rsl_graph_free(graph, file->edges, file->nedges * sizeof *file->edges);
    rsl_graph_free(graph, file->reads, file->nreads * sizeof *file->reads);
    file->edges = result->edges;
    file->nedges = result->nedges;
    file->reads = result->reads;
    file->nreads = result->nreads;
    graph->nlimited += result->nlimited - file->nlimited;
    file->nlimited = result->nlimited;
    *result = (struct graph_result){.nedges = RSL_NONE};
    return RSL_OK;
}

/* Takes what there are results for out of the queue and into the graph. */
static enum rsl_status take_results(struct rsl_graph *graph, struct graph_result *results)
{
    const uint32_t n = graph->queue.n;
    enum rsl_status status = RSL_OK;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < n; i++) {
        struct graph_result *result = &results[i];
        const uint32_t file = graph->queue.list[i];
        const bool is_there = result->nedges != RSL_NONE;
        if (is_there && take_result(graph, file, result) == RSL_OK) {
            graph->by_file[file].queued = false;
            graph->stats.nresolved++;
            continue;
        }
        if (is_there) {
            rsl_graph_free(graph, result->edges, result->nedges * sizeof *result->edges);
            rsl_graph_free(graph, result->reads, result->nreads * sizeof *result->reads);
        }
        status = RSL_ENOMEM;
        graph->queue.list[kept++] = file;
    }
    graph->queue.n = kept;
    return status;
}

enum rsl_status rsl_graph_resolve_queue(struct rsl_graph *graph, struct rsl_pool *pool)
{
    const struct rsl_allocator *allocator = graph->allocator;
    const uint32_t n = graph->queue.n;
    const bool alone = pool == NULL || n < 128;
    const uint32_t nresolvers = alone ? 1 : (uint32_t)rsl_pool_nworkers(pool);
    const size_t resolvers_nbytes = nresolvers * sizeof(void *);
    const size_t results_nbytes = n * sizeof(struct graph_result);
    if (n == 0)
        return RSL_OK;
    struct update update = {.graph = graph,
                            .resolvers = allocator->allocate(allocator->state, resolvers_nbytes),
                            .results = allocator->allocate(allocator->state, results_nbytes)};
    enum rsl_status status = RSL_ENOMEM;
    if (update.resolvers != NULL && update.results != NULL) {
        memset(update.resolvers, 0, resolvers_nbytes);
        for (uint32_t i = 0; i < n; i++)
            update.results[i] = (struct graph_result){.nedges = RSL_NONE};
        if (graph->resolver != NULL && rsl_resolver_fits(graph->resolver))
            update.resolvers[0] = graph->resolver;
        else
            rsl_resolver_destroy(graph->resolver);
        if (alone)
            resolve(&update, 0, 0, n);
        else
            rsl_pool_run(pool, resolve_all, &update);
        status = take_results(graph, update.results); /* what failed is not there */
        graph->resolver = update.resolvers[0];
        for (uint32_t i = 1; i < nresolvers; i++)
            rsl_resolver_destroy(update.resolvers[i]);
    }
    rsl_graph_free(graph, update.results, results_nbytes);
    rsl_graph_free(graph, update.resolvers, resolvers_nbytes);
    return status;
}
