/* Fuzzes the module graph with a tree of any files (fuzz_tree.h), all *.rs of which are roots. What
 * must hold:
 *   - every edge is sound, and says what is in the tree;
 *   - where no condition plays a part it leads where a second, plain way to find files leads;
 *   - a walk comes to every edge of what it reaches once, and says once that it was the first;
 *   - guessed roots reach all files;
 *   - after files went, came back and were exchanged, the graph is that made from nothing. */
#include "index/modules.h"
#include "index/tree_facts.h"
#include "tests/fuzz_tree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t nbytes);

struct graph {
    struct rsl_tree_facts facts;
    struct rsl_modules modules;
    FILE *text; /* for put_visit */
    uint8_t *edges_seen, *units_seen;
    uint32_t *first_edge; /* by unit: its edges' place in edges_seen */
};

static void graph_init(struct graph *graph, const struct memory_tree *memory)
{
    demand(rsl_tree_facts_init(&graph->facts, &memory->tree, NULL) == RSL_OK, "init");
    rsl_modules_init(&graph->modules, &graph->facts.files, NULL);
}

static void graph_fini(struct graph *graph)
{
    rsl_modules_fini(&graph->modules);
    rsl_tree_facts_fini(&graph->facts);
}

static uint32_t number_of(struct graph *graph, const char *path)
{
    uint32_t file;
    demand(rsl_modules_file(&graph->modules, path, &file) == RSL_OK, "a number");
    return file;
}

static const char *path_of(const struct graph *graph, uint32_t file)
{
    demand(file < rsl_strings_count(&graph->modules.paths), "a file has a number");
    return rsl_strings_text(&graph->modules.paths, file);
}

static const struct rsl_file_facts *facts_of(struct graph *graph, uint32_t unit)
{
    const uint32_t file = graph->modules.units[unit].file;
    return graph->facts.files.facts(graph->facts.files.state, file, path_of(graph, file));
}

static bool exists(const struct graph *graph, uint32_t file)
{
    return file != RSL_NONE &&
           graph->facts.tree->kind(graph->facts.tree->state, path_of(graph, file)) != RSL_FILE_NONE;
}

/* ---- edges */

static void check_edge(const struct graph *graph, const struct rsl_file_facts *facts,
                       const struct rsl_module_edge *edge)
{
    const struct rsl_modules *modules = &graph->modules;
    demand(edge->declaration < (edge->is_include ? facts->nincludes : facts->nmods),
           "an edge is that of a declaration");
    demand(edge->error < RSL_MODULE_ERROR_COUNT, "an error is one");
    demand(edge->predicate == RSL_NONE || edge->predicate < facts->ntext, "a predicate is text");
    demand(edge->predicate == RSL_NONE || edge->conditional, "a predicate is a condition");
    if (edge->to == RSL_NONE) {
        demand(edge->error != RSL_MODULE_ERROR_NONE, "nowhere is an error");
        demand(!exists(graph, edge->path) && !exists(graph, edge->other),
               "what is not found is not there");
        return;
    }
    const bool ambiguous = edge->error == RSL_MODULE_ERROR_AMBIGUOUS;
    demand(ambiguous || edge->error == RSL_MODULE_ERROR_NONE, "an error leads nowhere");
    demand(edge->to < modules->nunits, "a unit has a number");
    const struct rsl_module_unit *unit = &modules->units[edge->to];
    demand(unit->resolved && unit->file == edge->path, "a unit is that of the path");
    demand(exists(graph, edge->path), "what is found is there");
    demand(exists(graph, edge->other) == ambiguous, "two files are ambiguous");
}

/* The folder in which the scope's modules are looked for, another way than the graph's; NULL where
 * that is not for this to say. *stem_inout is what is to be put between it and a name. */
static const char *folder_of_scope(struct rsl_arena *arena, const struct rsl_file_facts *facts,
                                   uint32_t scope, const char *folder, const char **stem_inout)
{
    uint32_t inside[64], n = 0;
    for (uint32_t s = scope; s != 0; s = facts->scopes[s].parent) {
        const struct rsl_facts_scope *around = &facts->scopes[s];
        if (around->kind == RSL_SCOPE_BLOCK || n == 64)
            return NULL;
        if (around->kind == RSL_SCOPE_MODULE)
            inside[n++] = around->mod;
    }
    while (n > 0 && folder != NULL) {
        const struct rsl_facts_mod *mod = &facts->mods[inside[--n]];
        if (mod->npaths > 0 && facts->paths[mod->first_path].predicate != RSL_NONE)
            return NULL;
        if (mod->npaths > 0) {
            folder = rsl_path_join(arena, folder,
                                   rsl_facts_text(facts, facts->paths[mod->first_path].path));
        } else {
            folder = rsl_path_join(arena, folder, *stem_inout);
            if (folder != NULL)
                folder = rsl_path_join(arena, folder, rsl_facts_text(facts, mod->name));
        }
        *stem_inout = "";
    }
    return folder;
}

/* Demands that the edge leads, or would lead, where it should. */
static void judge_edge(struct graph *graph, const struct rsl_module_unit *unit,
                       const struct rsl_file_facts *facts, const struct rsl_module_edge *edge,
                       struct rsl_arena *arena)
{
    const struct rsl_facts_mod *mod = &facts->mods[edge->declaration];
    const char *path = path_of(graph, unit->file), *name = rsl_path_name(path);
    const char *stem = "";
    if (unit->named) {
        const size_t n = rsl_path_stem(name);
        char *copy = rsl_arena_alloc(arena, n + 1, 1);
        demand(copy != NULL, "there is memory");
        memcpy(copy, name, n);
        copy[n] = '\0';
        stem = copy;
    }
    const char *folder =
        folder_of_scope(arena, facts, mod->scope, rsl_path_parent(arena, path), &stem);
    if (edge->error == RSL_MODULE_ERROR_TOO_DEEP || edge->error == RSL_MODULE_ERROR_BAD_PATH ||
        folder == NULL || facts->scopes[mod->scope].block)
        return;
    if (mod->npaths > 0) {
        if (facts->paths[mod->first_path].predicate != RSL_NONE)
            return;
        const char *written = rsl_facts_text(facts, facts->paths[mod->first_path].path);
        const char *expected = rsl_path_join(arena, folder, written);
        demand(edge->path == RSL_NONE || strcmp(expected, path_of(graph, edge->path)) == 0,
               "a path is seen from its folder");
        return;
    }
    folder = rsl_path_join(arena, folder, stem);
    const char *both[2];
    for (int k = 0; k < 2; k++) {
        char last[256];
        const int n = snprintf(last, sizeof last, "%s%s", rsl_facts_text(facts, mod->name),
                               k == 0 ? ".rs" : "/mod.rs");
        if (n >= (int)sizeof last)
            return;
        both[k] = rsl_path_join(arena, folder, last);
    }
    const bool found[2] = {exists(graph, number_of(graph, both[0])),
                           exists(graph, number_of(graph, both[1]))};
    demand((edge->to != RSL_NONE) == (found[0] || found[1]), "a file is found if it is there");
    demand(strcmp(path_of(graph, edge->path), both[!found[0] && found[1]]) == 0,
           "a module is the file of its name");
    demand(edge->to == RSL_NONE || graph->modules.units[edge->to].named == found[0],
           "x.rs is named, x/mod.rs is not");
}

static void check_edges(struct graph *graph)
{
    struct rsl_arena arena;
    rsl_arena_init(&arena, &rsl_allocator_default, 4096);
    /* Those that judge_edge adds are of no file: no unit comes to be. */
    for (uint32_t i = 0; i < graph->modules.nunits; i++) {
        const struct rsl_module_unit *unit = &graph->modules.units[i];
        const struct rsl_file_facts *facts = facts_of(graph, i);
        demand(unit->readable == (facts != NULL), "readable is what has facts");
        demand(facts != NULL || unit->nedges == 0, "what has no facts has no edges");
        if (facts == NULL)
            continue;
        for (uint32_t k = 0; k < unit->nedges; k++) {
            const struct rsl_module_edge *edge = &unit->edges[k], *last = edge - 1;
            demand(k == 0 || last->is_include < edge->is_include ||
                       (last->is_include == edge->is_include &&
                        last->declaration <= edge->declaration),
                   "edges are in order");
            check_edge(graph, facts, edge);
            if (!edge->is_include)
                judge_edge(graph, unit, facts, edge, &arena);
        }
    }
    for (uint32_t file = 0; file < rsl_strings_count(&graph->modules.paths); file++) {
        const char *path = path_of(graph, file), *normal = rsl_path_join(&arena, "", path);
        demand(strcmp(path, normal) == 0, "a path is normal");
    }
    rsl_arena_fini(&arena);
}

/* ---- walks */

static void count_visit(void *state, const struct rsl_module_visit *visit)
{
    struct graph *graph = state;
    const struct rsl_module_unit *from = &graph->modules.units[visit->from];
    const ptrdiff_t k = visit->edge - from->edges;
    demand(k >= 0 && k < from->nedges, "an edge is the unit's");
    demand(graph->units_seen[visit->from], "a walk comes from where it has been");
    uint8_t *seen = &graph->edges_seen[graph->first_edge[visit->from] + k];
    demand(!*seen, "an edge is visited once");
    *seen = 1;
    if (visit->first) {
        demand(visit->edge->to != RSL_NONE && !graph->units_seen[visit->edge->to],
               "the first visit is the first");
        graph->units_seen[visit->edge->to] = 1;
    }
}

static void check_walk(struct graph *graph, uint32_t root)
{
    const struct rsl_modules *modules = &graph->modules;
    uint32_t nedges = 0;
    graph->first_edge = calloc(modules->nunits, sizeof *graph->first_edge);
    graph->units_seen = calloc(modules->nunits, 1);
    demand(graph->first_edge != NULL && graph->units_seen != NULL, "there is memory");
    for (uint32_t i = 0; i < modules->nunits; i++) {
        graph->first_edge[i] = nedges;
        nedges += modules->units[i].nedges;
    }
    graph->edges_seen = calloc(nedges + 1, 1);
    demand(graph->edges_seen != NULL, "there is memory");
    graph->units_seen[root] = 1;
    demand(rsl_modules_walk(modules, root, count_visit, graph) == RSL_OK, "a walk");
    for (uint32_t i = 0; i < modules->nunits; i++) {
        for (uint32_t k = 0; k < modules->units[i].nedges; k++)
            demand(graph->edges_seen[graph->first_edge[i] + k] == graph->units_seen[i],
                   "all edges of what is reached are visited, and no others");
    }
    free(graph->first_edge);
    free(graph->units_seen);
    free(graph->edges_seen);
}

/* All *.rs as roots; their units. */
static void add_roots(struct graph *graph, const struct fuzz_tree *tree, uint32_t *units_out)
{
    for (size_t i = 0; i < tree->nfiles; i++) {
        units_out[i] = RSL_NONE;
        if (fuzz_ends_with(tree->files[i].path, ".rs"))
            demand(rsl_modules_add(&graph->modules, number_of(graph, tree->files[i].path),
                                   &units_out[i]) == RSL_OK,
                   "a root");
    }
}

static void check_guess(const struct fuzz_tree *tree)
{
    struct graph graph;
    uint32_t files[MAX_FUZZ_FILES + 1], roots[MAX_FUZZ_FILES + 1], n = 0, nroots;
    graph_init(&graph, &tree->memory);
    for (size_t i = 0; i < tree->nfiles; i++) {
        if (fuzz_ends_with(tree->files[i].path, ".rs"))
            files[n++] = number_of(&graph, tree->files[i].path);
    }
    demand(rsl_modules_guess_roots(&graph.modules, files, n, roots, &nroots) == RSL_OK, "a guess");
    demand(nroots <= n, "a file is a root once");
    struct rsl_modules *modules = &graph.modules;
    uint8_t *reached = calloc(rsl_strings_count(&modules->paths) + 1, 1);
    uint32_t *todo = calloc(modules->nunits + 1, sizeof *todo), ntodo = 0;
    uint8_t *seen = calloc(modules->nunits + 1, 1);
    demand(reached != NULL && todo != NULL && seen != NULL, "there is memory");
    for (uint32_t i = 0; i < nroots; i++) {
        uint32_t unit;
        demand(rsl_modules_add(modules, roots[i], &unit) == RSL_OK, "a root");
        if (!seen[unit])
            todo[ntodo++] = unit;
        seen[unit] = 1;
    }
    while (ntodo > 0) {
        const struct rsl_module_unit *unit = &modules->units[todo[--ntodo]];
        reached[unit->file] = 1;
        for (uint32_t k = 0; k < unit->nedges; k++) {
            const uint32_t to = unit->edges[k].to;
            if (to != RSL_NONE && !seen[to]) {
                seen[to] = 1;
                todo[ntodo++] = to;
            }
        }
    }
    for (uint32_t i = 0; i < n; i++)
        demand(reached[files[i]], "guessed roots reach all files");
    free(reached);
    free(todo);
    free(seen);
    check_edges(&graph);
    graph_fini(&graph);
}

/* ---- changes */

static void put_visit(void *state, const struct rsl_module_visit *visit)
{
    struct graph *graph = state;
    const struct rsl_module_edge *edge = visit->edge;
    const struct rsl_file_facts *facts = facts_of(graph, visit->from);
    fprintf(graph->text, "%u %u %d %d %d %d %s %s %s\n", visit->depth, edge->declaration,
            visit->first, visit->error, edge->is_include, edge->conditional,
            edge->path == RSL_NONE ? "-" : path_of(graph, edge->path),
            edge->other == RSL_NONE ? "-" : path_of(graph, edge->other),
            edge->predicate == RSL_NONE ? "" : rsl_facts_text(facts, edge->predicate));
}

/* What the crates of all roots look like; to be freed. */
static char *text_of(struct graph *graph, const struct fuzz_tree *tree)
{
    char *text = NULL;
    size_t nbytes;
    uint32_t roots[MAX_FUZZ_FILES];
    add_roots(graph, tree, roots);
    graph->text = open_memstream(&text, &nbytes);
    demand(graph->text != NULL, "there is memory");
    for (size_t i = 0; i < tree->nfiles; i++) {
        fprintf(graph->text, "%s:\n", tree->files[i].path);
        if (roots[i] != RSL_NONE)
            demand(rsl_modules_walk(&graph->modules, roots[i], put_visit, graph) == RSL_OK,
                   "a walk");
    }
    demand(fclose(graph->text) == 0, "there is memory");
    return text;
}

static void compare(struct graph *kept, const struct fuzz_tree *tree)
{
    struct graph fresh;
    graph_init(&fresh, &tree->memory);
    fuzz_same(text_of(kept, tree), text_of(&fresh, tree), "a kept graph is a fresh one");
    graph_fini(&fresh);
}

static void tell(struct graph *graph, const char *path, bool kind)
{
    const uint32_t file = number_of(graph, path);
    rsl_tree_facts_forget(&graph->facts, file);
    demand((kind ? rsl_modules_kind_changed : rsl_modules_facts_changed)(&graph->modules, file) ==
               RSL_OK,
           "a change");
}

/* The file went, or came, and with it perhaps folders: a declaration can lead to these, too. */
static void tell_way(struct graph *graph, const char *path)
{
    struct rsl_arena arena;
    rsl_arena_init(&arena, &rsl_allocator_default, 4096);
    tell(graph, path, true);
    while (!rsl_path_is_top(path)) {
        path = rsl_path_parent(&arena, path);
        tell(graph, path, true);
    }
    rsl_arena_fini(&arena);
}

/* The file goes, and comes back with the content of another one. */
static void change(struct graph *graph, struct fuzz_tree *tree, size_t i)
{
    const struct memory_file file = tree->files[i];
    const size_t last = tree->nfiles - 1;
    tree->files[i] = tree->files[last];
    tree->files[last] = (struct memory_file){NULL, NULL};
    tree->nfiles = last;
    tell_way(graph, file.path);
    compare(graph, tree);
    tree->files[last] = tree->files[i];
    tree->files[i] = file;
    tree->nfiles = last + 1;
    tell_way(graph, file.path);
    tree->files[i].content = tree->files[(i + 1) % tree->nfiles].content;
    tell(graph, file.path, false);
    compare(graph, tree);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t nbytes)
{
    struct fuzz_tree tree;
    struct graph graph;
    uint32_t roots[MAX_FUZZ_FILES];
    fuzz_tree_init(&tree, data, nbytes);
    check_guess(&tree);
    graph_init(&graph, &tree.memory);
    add_roots(&graph, &tree, roots);
    check_edges(&graph);
    for (size_t i = 0; i < tree.nfiles; i++) {
        if (roots[i] != RSL_NONE)
            check_walk(&graph, roots[i]);
    }
    for (size_t i = 0; i < tree.nfiles && i < 3; i++)
        change(&graph, &tree, i);
    check_edges(&graph);
    graph_fini(&graph);
    fuzz_tree_fini(&tree);
    return 0;
}
