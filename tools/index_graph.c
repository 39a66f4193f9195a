#include "tools/index_graph.h"

#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "index/path.h"
#include "tools/index_tree.h"

static uint64_t add_numbers(const uint32_t *numbers, size_t nbytes, uint64_t hash)
{
    return XXH3_64bits_withSeed(numbers, nbytes, hash);
}

int64_t rsl_index_links(const struct rsl_file_facts *facts, const struct rsl_file_names *names)
{
    if (facts == NULL || names == NULL)
        return 0;
    const uint64_t both[] = {names->hash, names->places_hash, facts->nmods, facts->nincludes};
    uint64_t hash = XXH3_64bits(both, sizeof both);
    hash = XXH3_64bits_withSeed(facts->text, facts->ntext, hash);
    for (uint32_t i = 0; i < facts->nscopes; i++) {
        const struct rsl_facts_scope *scope = &facts->scopes[i];
        const uint32_t numbers[] = {scope->parent, scope->mod,   scope->first_cfg, scope->ncfgs,
                                    scope->kind,   scope->block, scope->macro};
        hash = add_numbers(numbers, sizeof numbers, hash);
    }
    for (uint32_t i = 0; i < facts->nmods; i++) {
        const struct rsl_facts_mod *mod = &facts->mods[i];
        const uint32_t numbers[] = {mod->scope,     mod->inside,     mod->name,
                                    mod->first_cfg, mod->ncfgs,      mod->first_path,
                                    mod->npaths,    mod->visibility, mod->flags};
        hash = add_numbers(numbers, sizeof numbers, hash);
    }
    for (uint32_t i = 0; i < facts->nincludes; i++) {
        const struct rsl_facts_include *include = &facts->includes[i];
        const uint32_t numbers[] = {include->scope, include->path, include->first_cfg,
                                    include->ncfgs, include->base};
        hash = add_numbers(numbers, sizeof numbers, hash);
    }
    for (uint32_t i = 0; i < facts->npaths; i++) {
        const uint32_t numbers[] = {facts->paths[i].predicate, facts->paths[i].path};
        hash = add_numbers(numbers, sizeof numbers, hash);
    }
    for (uint32_t i = 0; i < facts->ncfgs; i++) {
        const uint32_t numbers[] = {facts->cfgs[i].predicate, facts->cfgs[i].negated};
        hash = add_numbers(numbers, sizeof numbers, hash);
    }
    return (int64_t)hash;
}

/* ---- the graph */

enum rsl_status rsl_index_graph_begin(struct rsl_index_graph *graph, const char *root,
                                      const struct rsl_file_tree *tree)
{
    struct rsl_arena arena;
    *graph = (struct rsl_index_graph){0};
    rsl_arena_init(&arena, &rsl_allocator_default, 512);
    const char *normal = rsl_path_join(&arena, "", root);
    graph->folder = normal == NULL ? NULL : strdup(normal);
    rsl_arena_fini(&arena);
    if (graph->folder == NULL)
        return RSL_ENOMEM;
    if (rsl_project_init(&graph->project, tree, NULL) != RSL_OK) {
        free(graph->folder);
        graph->folder = NULL;
        return RSL_ENOMEM;
    }
    return RSL_OK;
}

/* ---- Cargo.toml files, beside all else */

/* The bytes of a path that are its folder. */
static size_t folder_nbytes(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? 0 : (size_t)(slash - path);
}

static void *search_folders(void *arg)
{
    struct rsl_index_graph *graph = arg;
    struct rsl_arena arena;
    const char *last = NULL; /* whose folder was looked at last */
    enum rsl_status status = RSL_OK;
    rsl_arena_init(&arena, &rsl_allocator_default, 512);
    for (size_t i = 0; i < graph->plan->nentries && status == RSL_OK; i++) {
        const char *shown = graph->plan->entries[i].shown;
        const size_t nbytes = folder_nbytes(shown);
        if (last != NULL && folder_nbytes(last) == nbytes && memcmp(last, shown, nbytes) == 0)
            continue;
        last = shown;
        const char *path = rsl_path_join(&arena, graph->folder, shown);
        const char *folder = path == NULL ? NULL : rsl_path_parent(&arena, path);
        status = folder == NULL ? RSL_ENOMEM : rsl_project_look_at_folder(&graph->project, folder);
        rsl_arena_reset(&arena);
    }
    rsl_arena_fini(&arena);
    graph->search_status = status;
    return NULL;
}

void rsl_index_graph_search(struct rsl_index_graph *graph, const struct rsl_index_plan *plan)
{
    graph->plan = plan;
    graph->search_status = RSL_OK;
    graph->is_searching = pthread_create(&graph->search, NULL, search_folders, graph) == 0;
}

static enum rsl_status end_search(struct rsl_index_graph *graph)
{
    if (graph->is_searching)
        pthread_join(graph->search, NULL);
    graph->is_searching = false;
    return graph->search_status;
}

void rsl_index_graph_fini(struct rsl_index_graph *graph)
{
    (void)end_search(graph);
    if (graph->folder != NULL)
        rsl_project_fini(&graph->project);
    free(graph->folder);
    free(graph->ids);
    free(graph->links);
    *graph = (struct rsl_index_graph){0};
}

static bool set_id(struct rsl_index_graph *graph, uint32_t file, uint32_t file_id, int64_t links)
{
    if (file >= graph->nids) {
        const uint32_t n = file + file / 2 + 1024;
        uint32_t *ids = realloc(graph->ids, n * sizeof *ids);
        if (ids == NULL)
            return false;
        graph->ids = ids;
        int64_t *all = realloc(graph->links, n * sizeof *all);
        if (all == NULL)
            return false;
        graph->links = all;
        memset(ids + graph->nids, 0, (n - graph->nids) * sizeof *ids);
        graph->nids = n;
    }
    graph->is_stale |= graph->ids[file] == 0 || graph->links[file] != links;
    graph->ids[file] = file_id;
    graph->links[file] = links;
    return true;
}

enum rsl_status rsl_index_graph_set(struct rsl_index_graph *graph, uint32_t file_id,
                                    const char *shown, int64_t links, struct rsl_file_facts *facts,
                                    struct rsl_file_names *names)
{
    struct rsl_arena arena;
    uint32_t file;
    rsl_arena_init(&arena, &rsl_allocator_default, 512);
    const char *path = rsl_path_join(&arena, graph->folder, shown);
    enum rsl_status status =
        path == NULL ? RSL_ENOMEM : rsl_project_set(&graph->project, path, facts, names);
    if (status != RSL_OK) {
        rsl_file_facts_destroy(facts, NULL);
        rsl_file_names_destroy(names, NULL);
    } else {
        status = rsl_graph_file(&graph->project.graph, path, &file);
        if (status == RSL_OK && !set_id(graph, file, file_id, links))
            status = RSL_ENOMEM;
    }
    rsl_arena_fini(&arena);
    return status;
}

enum rsl_status rsl_index_graph_find_crates(struct rsl_index_graph *graph)
{
    enum rsl_status status = end_search(graph);
    if (status == RSL_OK)
        status = rsl_project_find_crates(&graph->project);
    return status == RSL_OK ? rsl_project_follow_modules(&graph->project) : status;
}

enum rsl_status rsl_index_graph_build(struct rsl_index_graph *graph, struct rsl_pool *pool)
{
    const enum rsl_status status = rsl_index_graph_find_crates(graph);
    return status == RSL_OK ? rsl_project_update(&graph->project, pool) : status;
}

/* ---- rows */

static uint32_t id_of(const struct rsl_index_graph *graph, uint32_t file)
{
    return file < graph->nids ? graph->ids[file] : 0;
}

/* Makes room for one more element of a list. */
static void *grow(void *list, size_t n, size_t *capacity, size_t element_nbytes)
{
    if (n < *capacity)
        return list;
    const size_t more = *capacity * 2 + 1024;
    void *grown = realloc(list, more * element_nbytes);
    if (grown != NULL)
        *capacity = more;
    return grown;
}

static int compare_deps(const void *a, const void *b)
{
    const struct rsl_store_dep *x = a, *y = b;
    if (x->from_file != y->from_file)
        return x->from_file < y->from_file ? -1 : 1;
    if (x->to_file != y->to_file)
        return x->to_file < y->to_file ? -1 : 1;
    return strcmp(x->kind, y->kind);
}

/* Brings deps[from..n) into order, which they nearly are, since a file's edges come by the number
 * of the other one, and most files got their numbers by path, as they got their file_ids. */
static void sort_deps(struct rsl_store_dep *deps, size_t from, size_t n)
{
    bool sorted = true;
    for (size_t i = from + 1; i < n && sorted; i++)
        sorted = compare_deps(&deps[i - 1], &deps[i]) < 0;
    if (!sorted)
        qsort(deps + from, n - from, sizeof *deps, compare_deps);
}

static bool make_deps(struct rsl_index_rows *rows, const struct rsl_index_graph *graph)
{
    size_t n = 0;
    for (uint32_t file = 0; file < rsl_graph_nfiles(&graph->project.graph); file++) {
        const struct rsl_graph_edge *edges;
        const uint32_t nedges =
            id_of(graph, file) != 0 ? rsl_graph_edges(&graph->project.graph, file, &edges) : 0;
        const size_t first = n;
        for (uint32_t i = 0; i < nedges; i++) {
            if (id_of(graph, edges[i].to) == 0)
                continue;
            struct rsl_store_dep *grown =
                grow(rows->deps, n, &rows->deps_capacity, sizeof *rows->deps);
            if (grown == NULL)
                return false;
            rows->deps = grown;
            rows->deps[n++] = (struct rsl_store_dep){
                .from_file = id_of(graph, file),
                .to_file = id_of(graph, edges[i].to),
                .kind = rsl_edge_kind_name(edges[i].kind),
                .count = edges[i].count,
            };
        }
        sort_deps(rows->deps, first, n);
    }
    sort_deps(rows->deps, 0, n);
    rows->rows.deps = rows->deps;
    rows->rows.ndeps = n;
    return true;
}

/* A unit whose edges are gone through. */
struct step {
    uint32_t unit, next; /* next: edge */
    size_t length;       /* of its module's path */
};

/* The way through a crate, depth first, each unit once; `seen` is for all crates, so that a small
 * one costs little in a large tree. `path` is that of the last step, and begins with those of the
 * steps before. */
struct way {
    struct rsl_index_rows *rows;
    struct rsl_index_graph *graph;
    int64_t crate_id;
    uint32_t *seen; /* by unit: the last crate_id that came there */
    size_t nseen;
    uint8_t *within; /* by file: whether a unit of it is a step */
    struct step *steps;
    size_t nsteps, steps_capacity;
    char *path;
    size_t path_capacity;
    uint32_t *around; /* declarations of the modules around another, from the inside */
    size_t around_capacity;
};

static bool step_into(struct way *way, uint32_t unit, size_t length)
{
    const struct rsl_modules *modules = &way->graph->project.graph.modules;
    if (unit >= way->nseen) {
        const size_t n = modules->nunits;
        uint32_t *seen = realloc(way->seen, n * sizeof *seen);
        if (seen == NULL)
            return false;
        memset(seen + way->nseen, 0, (n - way->nseen) * sizeof *seen);
        way->seen = seen;
        way->nseen = n;
    }
    if (way->seen[unit] == (uint32_t)way->crate_id)
        return true;
    way->seen[unit] = (uint32_t)way->crate_id;
    struct step *grown = grow(way->steps, way->nsteps, &way->steps_capacity, sizeof *way->steps);
    if (grown == NULL)
        return false;
    way->steps = grown;
    way->steps[way->nsteps++] = (struct step){unit, 0, length};
    way->within[modules->units[unit].file] = 1;
    return true;
}

/* Writes name[0..nbytes) behind path[0..length) and, if there is something, ::. Returns the length;
 * 0 without memory. */
static size_t put_segment(struct way *way, size_t length, const char *name)
{
    const size_t nbytes = strlen(name);
    if (way->path_capacity < length + nbytes + 3) {
        const size_t capacity = way->path_capacity * 2 + nbytes + 256;
        char *grown = realloc(way->path, capacity);
        if (grown == NULL)
            return 0;
        way->path = grown;
        way->path_capacity = capacity;
    }
    if (length > 0) {
        memcpy(way->path + length, "::", 2);
        length += 2;
    }
    memcpy(way->path + length, name, nbytes + 1);
    return length + nbytes;
}

/* Appends the modules of the file that are around a scope. */
static size_t put_scopes(struct way *way, size_t length, const struct rsl_file_facts *facts,
                         uint32_t scope)
{
    size_t n = 0;
    for (uint32_t s = scope; s != RSL_NONE; s = facts->scopes[s].parent) {
        if (facts->scopes[s].kind != RSL_SCOPE_MODULE)
            continue;
        uint32_t *grown = grow(way->around, n, &way->around_capacity, sizeof *way->around);
        if (grown == NULL)
            return 0;
        way->around = grown;
        way->around[n++] = facts->scopes[s].mod;
    }
    while (n > 0 && length > 0)
        length =
            put_segment(way, length, rsl_facts_text(facts, facts->mods[way->around[--n]].name));
    return length;
}

static bool add_module(struct way *way, size_t length, uint32_t file, const char *kind,
                       uint32_t declared_in)
{
    struct rsl_index_rows *rows = way->rows;
    const uint32_t file_id = id_of(way->graph, file);
    if (file_id == 0)
        return true;
    struct rsl_store_module *grown =
        grow(rows->modules, rows->rows.nmodules, &rows->modules_capacity, sizeof *rows->modules);
    if (grown == NULL)
        return false;
    rows->modules = grown;
    char *path = rsl_arena_alloc(&rows->text, length + 1, 1);
    if (path == NULL)
        return false;
    memcpy(path, way->path, length);
    path[length] = '\0';
    rows->modules[rows->rows.nmodules++] = (struct rsl_store_module){
        .file_id = file_id,
        .crate_id = way->crate_id,
        .path = path,
        .kind = kind,
        .declared_in = declared_in == RSL_NONE ? 0 : id_of(way->graph, declared_in),
    };
    return true;
}

/* Follows an edge of the unit `from`, whose path is that of the last step; not in a circle. */
static bool follow_edge(struct way *way, const struct rsl_module_edge *edge, uint32_t from)
{
    const struct rsl_modules *modules = &way->graph->project.graph.modules;
    if (edge->to == RSL_NONE)
        return true;
    const uint32_t file = modules->units[from].file, to = modules->units[edge->to].file;
    if (way->within[to])
        return true;
    const struct rsl_file_facts *facts =
        modules->files->facts(modules->files->state, file, rsl_strings_text(&modules->paths, file));
    if (facts == NULL)
        return true;
    const uint32_t scope = edge->is_include ? facts->includes[edge->declaration].scope
                                            : facts->mods[edge->declaration].scope;
    size_t length = put_scopes(way, way->steps[way->nsteps - 1].length, facts, scope);
    if (length > 0 && !edge->is_include)
        length =
            put_segment(way, length, rsl_facts_text(facts, facts->mods[edge->declaration].name));
    if (length > RSL_STORE_MODULE_PATH) /* and so on below: nobody calls a module so */
        return true;
    return length > 0 && add_module(way, length, to, edge->is_include ? "include" : "mod", file) &&
           step_into(way, edge->to, length);
}

static bool walk_crate(struct way *way, uint32_t crate)
{
    struct rsl_graph *graph = &way->graph->project.graph;
    const uint32_t root = rsl_graph_crate_root(graph, crate);
    uint32_t unit;
    const size_t length = put_segment(way, 0, rsl_graph_crate_name(graph, crate));
    for (size_t i = 0; i < length; i++) {
        if (way->path[i] == '-')
            way->path[i] = '_';
    }
    bool good = length > 0 && add_module(way, length, root, "root", RSL_NONE) &&
                rsl_modules_add(&graph->modules, root, &unit) == RSL_OK &&
                step_into(way, unit, length);
    while (good && way->nsteps > 0) {
        struct step *step = &way->steps[way->nsteps - 1];
        const struct rsl_module_unit *at = &graph->modules.units[step->unit];
        if (step->next < at->nedges) {
            good = follow_edge(way, &at->edges[step->next++], step->unit);
        } else {
            way->within[at->file] = 0;
            way->nsteps--;
        }
    }
    return good;
}

static int compare_modules(const void *a, const void *b)
{
    const struct rsl_store_module *x = a, *y = b;
    if (x->file_id != y->file_id)
        return x->file_id < y->file_id ? -1 : 1;
    if (x->crate_id != y->crate_id)
        return x->crate_id < y->crate_id ? -1 : 1;
    int order = strcmp(x->path, y->path);
    if (order == 0)
        order = strcmp(x->kind, y->kind);
    if (order == 0 && x->declared_in != y->declared_in)
        return x->declared_in < y->declared_in ? -1 : 1;
    return order;
}

static bool has_same_key(const struct rsl_store_module *a, const struct rsl_store_module *b)
{
    return a->crate_id == b->crate_id && a->file_id == b->file_id &&
           strcmp(a->path, b->path) == 0 && strcmp(a->kind, b->kind) == 0;
}

/* Brings the modules into the order of the key. Alternatives of a declaration that lead to the same
 * file are one. */
static void sort_modules(struct rsl_index_rows *rows)
{
    const size_t nmodules = rows->rows.nmodules;
    if (nmodules < 2)
        return;
    qsort(rows->modules, nmodules, sizeof *rows->modules, compare_modules);
    size_t n = 1;
    for (size_t i = 1; i < nmodules; i++) {
        if (!has_same_key(&rows->modules[i], &rows->modules[n - 1]))
            rows->modules[n++] = rows->modules[i];
    }
    rows->rows.nmodules = n;
}

struct crate {
    const char *root, *name;
    uint32_t number;
};

static int compare_crates(const void *a, const void *b)
{
    const struct crate *x = a, *y = b;
    const int order = strcmp(x->root, y->root);
    return order != 0 ? order : strcmp(x->name, y->name);
}

/* In the rows' memory, since they outlive the graph. */
static const char *copy_text(struct rsl_index_rows *rows, const char *text)
{
    const size_t nbytes = strlen(text) + 1;
    char *copy = rsl_arena_alloc(&rows->text, nbytes, 1);
    return copy == NULL ? NULL : memcpy(copy, text, nbytes);
}

/* Crates by their roots, whatever the order in which they were found, and their modules. */
static bool make_crates(struct rsl_index_rows *rows, struct rsl_index_graph *index_graph)
{
    const struct rsl_graph *graph = &index_graph->project.graph;
    struct way way = {.rows = rows, .graph = index_graph};
    struct crate *crates = malloc((graph->ncrates + 1) * sizeof *crates);
    rows->crates = malloc((graph->ncrates + 1) * sizeof *rows->crates);
    way.within = calloc((size_t)rsl_graph_nfiles(graph) + 1, 1);
    bool good = crates != NULL && rows->crates != NULL && way.within != NULL;
    for (uint32_t i = 0; good && i < graph->ncrates; i++)
        crates[i] = (struct crate){rsl_graph_path(graph, rsl_graph_crate_root(graph, i)),
                                   rsl_graph_crate_name(graph, i), i};
    if (good && graph->ncrates > 1)
        qsort(crates, graph->ncrates, sizeof *crates, compare_crates);
    for (uint32_t i = 0; good && i < graph->ncrates; i++) {
        const uint32_t root = rsl_graph_crate_root(graph, crates[i].number);
        if (id_of(index_graph, root) == 0)
            continue;
        way.crate_id = (int64_t)rows->rows.ncrates + 1;
        const struct rsl_package *package =
            rsl_project_package(&index_graph->project, crates[i].number);
        struct rsl_store_crate *row = &rows->crates[rows->rows.ncrates++];
        *row = (struct rsl_store_crate){
            .crate_id = way.crate_id,
            .name = copy_text(rows, crates[i].name),
            .root_file = id_of(index_graph, root),
        };
        good = row->name != NULL;
        if (good && package != NULL) {
            row->package = copy_text(rows, package->name);
            row->version = copy_text(rows, package->version);
            good = row->package != NULL && row->version != NULL;
        }
        good = good && walk_crate(&way, crates[i].number);
    }
    free(crates);
    free(way.path);
    free(way.seen);
    free(way.within);
    free(way.steps);
    free(way.around);
    rows->rows.crates = rows->crates;
    sort_modules(rows);
    rows->rows.modules = rows->modules;
    return good;
}

static void begin_rows(struct rsl_index_rows *rows)
{
    *rows = (struct rsl_index_rows){0};
    rsl_arena_init(&rows->text, &rsl_allocator_default, 65536);
}

enum rsl_status rsl_index_rows_make_crates(struct rsl_index_rows *rows,
                                           struct rsl_index_graph *graph)
{
    begin_rows(rows);
    return make_crates(rows, graph) ? RSL_OK : RSL_ENOMEM;
}

enum rsl_status rsl_index_rows_make_deps(struct rsl_index_rows *rows, struct rsl_index_graph *graph)
{
    return make_deps(rows, graph) ? RSL_OK : RSL_ENOMEM;
}

enum rsl_status rsl_index_rows_make(struct rsl_index_rows *rows, struct rsl_index_graph *graph)
{
    const enum rsl_status status = rsl_index_rows_make_crates(rows, graph);
    return status == RSL_OK ? rsl_index_rows_make_deps(rows, graph) : status;
}

void rsl_index_rows_fini(struct rsl_index_rows *rows)
{
    free(rows->crates);
    free(rows->modules);
    free(rows->deps);
    rsl_arena_fini(&rows->text);
}
