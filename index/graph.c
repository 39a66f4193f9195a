#include "index/graph.h"

#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "index/graph_internal.h"
#include "index/modules_internal.h"

const char *rsl_edge_kind_name(enum rsl_edge_kind kind)
{
    static const char *const names[RSL_EDGE_KIND_COUNT] = {"mod", "use", "re-export", "include",
                                                           "macro"};
    return names[kind];
}

/* ---- memory ---- */

/* The list with room for n + 1 elements, or NULL, and it is as it was. */
void *rsl_graph_grow(const struct rsl_graph *graph, void *list, uint32_t n, uint32_t *capacity,
                     size_t element_nbytes)
{
    if (n < *capacity)
        return list;
    const uint32_t more = *capacity == 0 ? 4 : *capacity * 2;
    void *grown = graph->allocator->resize(graph->allocator->state, list,
                                           *capacity * element_nbytes, more * element_nbytes);
    if (grown != NULL)
        *capacity = more;
    return grown;
}

bool rsl_number_list_add(const struct rsl_graph *graph, struct number_list *list, uint32_t number)
{
    uint32_t *grown = rsl_graph_grow(graph, list->list, list->n, &list->capacity, sizeof *grown);
    if (grown == NULL)
        return false;
    list->list = grown;
    grown[list->n++] = number;
    return true;
}

void rsl_number_list_fini(const struct rsl_graph *graph, struct number_list *list)
{
    graph->allocator->release(graph->allocator->state, list->list,
                              list->capacity * sizeof *list->list);
    *list = (struct number_list){.n = 0};
}

void rsl_graph_free(const struct rsl_graph *graph, void *block, size_t nbytes)
{
    graph->allocator->release(graph->allocator->state, block, nbytes);
}

void rsl_graph_release(const struct rsl_graph *graph, uint32_t *list, uint32_t n)
{
    rsl_graph_free(graph, list, n * sizeof *list);
}

/* A list of at least `n` elements, those behind `had` filled with bytes. */
static void *widen(struct rsl_graph *graph, void *list, uint32_t had, uint32_t n,
                   size_t element_nbytes, int fill)
{
    uint8_t *grown = graph->allocator->resize(graph->allocator->state, list, had * element_nbytes,
                                              n * element_nbytes);
    if (grown != NULL)
        memset(grown + had * element_nbytes, fill, (n - had) * element_nbytes);
    return grown;
}

enum rsl_status rsl_graph_make_room(struct rsl_graph *graph)
{
    const uint32_t nfiles = rsl_strings_count(&graph->modules.paths);
    if (nfiles > graph->nfiles) {
        const uint32_t more = nfiles + nfiles / 2 + 64;
        struct graph_file *files =
            widen(graph, graph->by_file, graph->nfiles, more, sizeof *files, 0);
        if (files == NULL)
            return RSL_ENOMEM;
        graph->by_file = files;
        graph->nfiles = more;
    }
    if (graph->modules.nunits > graph->nunits) {
        const uint32_t had = graph->nunits;
        const uint32_t more = graph->modules.nunits + graph->modules.nunits / 2 + 64;
        /* New blocks, since of two lists with one capacity the second may fail to grow. */
        uint32_t *nodes = widen(graph, NULL, 0, more, sizeof *nodes, 0xFF);
        uint64_t *prints = widen(graph, NULL, 0, more, sizeof *prints, 0);
        if (nodes == NULL || prints == NULL) {
            rsl_graph_free(graph, nodes, more * sizeof *nodes);
            rsl_graph_free(graph, prints, more * sizeof *prints);
            return RSL_ENOMEM;
        }
        if (had > 0) {
            memcpy(nodes, graph->unit_nodes, had * sizeof *nodes);
            memcpy(prints, graph->unit_prints, had * sizeof *prints);
        }
        rsl_graph_free(graph, graph->unit_nodes, had * sizeof *nodes);
        rsl_graph_free(graph, graph->unit_prints, had * sizeof *prints);
        graph->unit_nodes = nodes;
        graph->unit_prints = prints;
        graph->nunits = more;
    }
    return RSL_OK;
}

void rsl_graph_init(struct rsl_graph *graph, const struct rsl_graph_files *files,
                    const struct rsl_allocator *allocator)
{
    *graph = (struct rsl_graph){.files = files,
                                .allocator = allocator ? allocator : &rsl_allocator_default,
                                .free_node = RSL_NONE,
                                .free_parent = RSL_NONE};
    rsl_modules_init(&graph->modules, &files->modules, graph->allocator);
}

static void release_crate(struct rsl_graph *graph, struct graph_crate *crate)
{
    for (uint32_t i = 0; i < crate->ndependencies; i++)
        rsl_graph_free(graph, crate->dependencies[i].name, strlen(crate->dependencies[i].name) + 1);
    rsl_graph_free(graph, crate->dependencies,
                   crate->dependencies_capacity * sizeof *crate->dependencies);
    rsl_graph_free(graph, crate->exports, crate->exports_capacity * sizeof *crate->exports);
    rsl_graph_free(graph, crate->name, strlen(crate->name) + 1);
    rsl_number_list_fini(graph, &crate->nodes);
}

static void release_file(struct rsl_graph *graph, struct graph_file *file)
{
    rsl_graph_free(graph, file->edges, file->nedges * sizeof *file->edges);
    rsl_graph_free(graph, file->reads, file->nreads * sizeof *file->reads);
    rsl_number_list_fini(graph, &file->readers);
    rsl_number_list_fini(graph, &file->dependents);
}

void rsl_graph_fini(struct rsl_graph *graph)
{
    for (uint32_t i = 0; i < graph->ncrates; i++)
        release_crate(graph, &graph->crates[i]);
    for (uint32_t i = 0; i < graph->nfiles; i++)
        release_file(graph, &graph->by_file[i]);
    rsl_graph_free(graph, graph->crates, graph->crates_capacity * sizeof *graph->crates);
    rsl_graph_free(graph, graph->by_file, graph->nfiles * sizeof *graph->by_file);
    rsl_graph_free(graph, graph->nodes, graph->nodes_capacity * sizeof *graph->nodes);
    rsl_graph_free(graph, graph->parents, graph->parents_capacity * sizeof *graph->parents);
    rsl_graph_free(graph, graph->unit_nodes, graph->nunits * sizeof *graph->unit_nodes);
    rsl_graph_free(graph, graph->unit_prints, graph->nunits * sizeof *graph->unit_prints);
    rsl_resolver_destroy(graph->resolver);
    rsl_number_list_fini(graph, &graph->queue);
    rsl_number_list_fini(graph, &graph->walks);
    rsl_modules_fini(&graph->modules);
    rsl_graph_init(graph, graph->files, graph->allocator);
}

/* ---- files and crates ---- */

enum rsl_status rsl_graph_file(struct rsl_graph *graph, const char *path, uint32_t *file_out)
{
    const enum rsl_status status = rsl_modules_file(&graph->modules, path, file_out);
    return status == RSL_OK ? rsl_graph_make_room(graph) : status;
}

static char *copy_text(struct rsl_graph *graph, const char *text)
{
    const size_t nbytes = strlen(text) + 1;
    char *copy = graph->allocator->allocate(graph->allocator->state, nbytes);
    return copy == NULL ? NULL : memcpy(copy, text, nbytes);
}

static enum rsl_status queue_walk(struct rsl_graph *graph, uint32_t crate)
{
    if (graph->crates[crate].to_be_walked)
        return RSL_OK;
    if (!rsl_number_list_add(graph, &graph->walks, crate))
        return RSL_ENOMEM;
    graph->crates[crate].to_be_walked = true;
    return RSL_OK;
}

enum rsl_status rsl_graph_add_crate(struct rsl_graph *graph, const struct rsl_graph_crate *crate,
                                    uint32_t *crate_out)
{
    struct graph_crate *grown = rsl_graph_grow(graph, graph->crates, graph->ncrates,
                                               &graph->crates_capacity, sizeof *grown);
    if (grown == NULL)
        return RSL_ENOMEM;
    graph->crates = grown;
    char *name = copy_text(graph, crate->name);
    if (name == NULL)
        return RSL_ENOMEM;
    grown[graph->ncrates] = (struct graph_crate){.name = name,
                                                 .root_file = crate->root,
                                                 .root_node = RSL_NONE,
                                                 .edition = crate->edition,
                                                 .guessed = crate->guessed};
    const enum rsl_status status = queue_walk(graph, graph->ncrates);
    if (status != RSL_OK) {
        rsl_graph_free(graph, name, strlen(name) + 1);
        return status;
    }
    *crate_out = graph->ncrates++;
    return RSL_OK;
}

enum rsl_status rsl_graph_add_dependency(struct rsl_graph *graph, uint32_t crate, const char *name,
                                         uint32_t dependency)
{
    struct graph_crate *of = &graph->crates[crate];
    struct graph_dependency *grown = rsl_graph_grow(graph, of->dependencies, of->ndependencies,
                                                    &of->dependencies_capacity, sizeof *grown);
    if (grown == NULL)
        return RSL_ENOMEM;
    of->dependencies = grown;
    char *copy = copy_text(graph, name);
    if (copy == NULL)
        return RSL_ENOMEM;
    grown[of->ndependencies++] =
        (struct graph_dependency){copy, rsl_name_hash(name, strlen(name)), dependency};
    return RSL_OK;
}

/* ---- what has changed ---- */

static enum rsl_status queue_file(struct rsl_graph *graph, uint32_t file)
{
    if (graph->by_file[file].queued)
        return RSL_OK;
    if (!rsl_number_list_add(graph, &graph->queue, file))
        return RSL_ENOMEM;
    graph->by_file[file].queued = true;
    return RSL_OK;
}

enum rsl_status rsl_graph_touch(struct rsl_graph *graph, uint32_t file)
{
    enum rsl_status status = queue_file(graph, file);
    const struct number_list *readers = &graph->by_file[file].readers;
    for (uint32_t i = 0; i < readers->n && status == RSL_OK; i++)
        status = queue_file(graph, readers->list[i]);
    return status;
}

/* A hash of all that the module graph takes from a file: everything but places. */
static uint64_t print_facts(const struct rsl_file_facts *facts)
{
    if (facts == NULL)
        return 0;
    uint64_t print = XXH3_64bits(facts->text, facts->ntext) + facts->nmods;
    for (uint32_t i = 0; i < facts->nscopes; i++) {
        const struct rsl_facts_scope *scope = &facts->scopes[i];
        const uint32_t what[] = {scope->parent, scope->mod,   scope->first_cfg, scope->ncfgs,
                                 scope->kind,   scope->block, scope->macro,     scope->conditional};
        print = XXH3_64bits_withSeed(what, sizeof what, print);
    }
    for (uint32_t i = 0; i < facts->nmods; i++) {
        const struct rsl_facts_mod *mod = &facts->mods[i];
        const uint32_t what[] = {mod->scope, mod->inside,     mod->name,   mod->first_cfg,
                                 mod->ncfgs, mod->first_path, mod->npaths, mod->flags};
        print = XXH3_64bits_withSeed(what, sizeof what, print);
    }
    for (uint32_t i = 0; i < facts->nincludes; i++) {
        const struct rsl_facts_include *include = &facts->includes[i];
        const uint32_t what[] = {include->scope, include->path, include->first_cfg, include->ncfgs,
                                 include->base};
        print = XXH3_64bits_withSeed(what, sizeof what, print);
    }
    for (uint32_t i = 0; i < facts->npaths; i++) {
        const uint32_t what[] = {facts->paths[i].predicate, facts->paths[i].path};
        print = XXH3_64bits_withSeed(what, sizeof what, print);
    }
    for (uint32_t i = 0; i < facts->ncfgs; i++) {
        const uint32_t what[] = {facts->cfgs[i].predicate, facts->cfgs[i].negated};
        print = XXH3_64bits_withSeed(what, sizeof what, print);
    }
    return print | 1; /* unlike that of no facts */
}

static uint64_t facts_print_of(struct rsl_graph *graph, uint32_t file)
{
    return print_facts(graph->files->modules.facts(graph->files->modules.state, file,
                                                   rsl_graph_path(graph, file)));
}

static void take_names(struct rsl_graph *graph, uint32_t file)
{
    struct graph_file *entry = &graph->by_file[file];
    const struct rsl_file_names *names =
        graph->files->names(graph->files->modules.state, file, rsl_graph_path(graph, file));
    entry->names = names;
    entry->known = true;
    entry->shared_hash = names == NULL ? 0 : names->shared_hash;
    entry->hash = names == NULL ? 0 : names->hash;
    entry->places_hash = names == NULL ? 0 : names->places_hash;
    entry->nexports = names == NULL ? 0 : names->nexports;
}

const struct rsl_file_names *rsl_graph_learn(struct rsl_graph *graph, uint32_t file)
{
    struct graph_file *entry = &graph->by_file[file];
    if (!entry->known) {
        take_names(graph, file);
        entry->facts_hash = facts_print_of(graph, file);
    }
    return entry->names;
}

uint64_t rsl_graph_print_unit(const struct rsl_graph *graph, uint32_t number)
{
    const struct rsl_module_unit *unit = &graph->modules.units[number];
    uint64_t print = unit->readable;
    for (uint32_t i = 0; i < unit->nedges; i++) {
        const struct rsl_module_edge *edge = &unit->edges[i];
        const uint32_t what[] = {edge->declaration, edge->to, edge->error, edge->is_include};
        print = XXH3_64bits_withSeed(what, sizeof what, print);
    }
    return print;
}

/* If the unit's declarations lead elsewhere than before, the crates that it belongs to are to be
 * gone through, and whoever read its file is to be resolved. */
static enum rsl_status check_unit(struct rsl_graph *graph, uint32_t unit)
{
    const uint64_t print = rsl_graph_print_unit(graph, unit);
    if (graph->unit_prints[unit] == print)
        return RSL_OK;
    enum rsl_status status = rsl_graph_touch(graph, graph->modules.units[unit].file);
    for (uint32_t node = graph->unit_nodes[unit]; node != RSL_NONE && status == RSL_OK;
         node = graph->nodes[node].next)
        status = queue_walk(graph, graph->nodes[node].crate);
    if (status == RSL_OK)
        graph->unit_prints[unit] = print;
    return status;
}

static enum rsl_status check_units_of(struct rsl_graph *graph, uint32_t file)
{
    enum rsl_status status = RSL_OK;
    for (int named = 0; named < 2 && status == RSL_OK; named++) {
        const uint32_t unit = graph->modules.by_file[file].units[named];
        if (unit != RSL_NONE)
            status = check_unit(graph, unit);
    }
    return status;
}

/* The crates of the file are to be gone through. */
static enum rsl_status walk_crates_of(struct rsl_graph *graph, uint32_t file)
{
    enum rsl_status status = RSL_OK;
    for (int named = 0; named < 2; named++) {
        const uint32_t unit = graph->modules.by_file[file].units[named];
        if (unit == RSL_NONE)
            continue;
        for (uint32_t node = graph->unit_nodes[unit]; node != RSL_NONE && status == RSL_OK;
             node = graph->nodes[node].next)
            status = queue_walk(graph, graph->nodes[node].crate);
    }
    return status;
}

/* Takes the file's names, and queues what they concern. Without memory it has those of before. */
static enum rsl_status change_names(struct rsl_graph *graph, uint32_t file, bool *changed_out)
{
    struct graph_file *entry = &graph->by_file[file];
    const struct graph_file before = *entry;
    take_names(graph, file);
    *changed_out = false;
    if (!before.known || (entry->hash == before.hash && entry->shared_hash == before.shared_hash))
        return RSL_OK;
    *changed_out = true;
    enum rsl_status status = entry->shared_hash == before.shared_hash
                                 ? queue_file(graph, file)
                                 : rsl_graph_touch(graph, file);
    if (status == RSL_OK &&
        (entry->nexports > 0 || before.nexports > 0 || entry->places_hash != before.places_hash))
        status = walk_crates_of(graph, file);
    if (status != RSL_OK) {
        const bool queued = entry->queued;
        *entry = before;
        entry->queued = queued;
    }
    return status;
}

enum rsl_status rsl_graph_file_changed(struct rsl_graph *graph, uint32_t file)
{
    bool changed;
    struct graph_file *entry = &graph->by_file[file];
    if (!entry->known) /* nobody has seen it */
        return rsl_modules_facts_changed(&graph->modules, file);
    enum rsl_status status = change_names(graph, file, &changed);
    if (status != RSL_OK)
        return status;
    const uint64_t facts = facts_print_of(graph, file);
    if (facts != entry->facts_hash) {
        changed = true;
        status = rsl_modules_facts_changed(&graph->modules, file);
        if (status == RSL_OK)
            status = rsl_graph_make_room(graph);
        if (status == RSL_OK)
            status = check_units_of(graph, file);
        if (status == RSL_OK)
            graph->by_file[file].facts_hash = facts;
    }
    graph->stats.nunchanged += status == RSL_OK && !changed;
    return status;
}

enum rsl_status rsl_graph_kind_changed(struct rsl_graph *graph, uint32_t file)
{
    bool changed;
    enum rsl_status status = rsl_modules_kind_changed(&graph->modules, file);
    if (status == RSL_OK)
        status = rsl_graph_make_room(graph);
    if (status == RSL_OK && graph->by_file[file].known) {
        graph->by_file[file].facts_hash = facts_print_of(graph, file);
        status = change_names(graph, file, &changed);
    }
    if (status == RSL_OK)
        status = check_units_of(graph, file);
    for (const struct module_question *question = graph->modules.by_file[file].questions;
         question != NULL && status == RSL_OK; question = question->next)
        status = check_unit(graph, question->unit);
    return status;
}

/* ---- bringing up to date ---- */

enum rsl_status rsl_graph_follow_modules(struct rsl_graph *graph)
{
    enum rsl_status status = rsl_modules_run(&graph->modules);
    while (graph->walks.n > 0 && status == RSL_OK) {
        const uint32_t crate = graph->walks.list[graph->walks.n - 1];
        status = rsl_graph_walk_crate(graph, crate);
        if (status == RSL_OK) {
            graph->walks.n--;
            graph->crates[crate].to_be_walked = false;
        }
    }
    return status == RSL_OK ? rsl_graph_make_room(graph) : status;
}

enum rsl_status rsl_graph_update(struct rsl_graph *graph, struct rsl_pool *pool)
{
    const enum rsl_status status = rsl_graph_follow_modules(graph);
    return status == RSL_OK ? rsl_graph_resolve_queue(graph, pool) : status;
}
