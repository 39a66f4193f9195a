/* Fuzzes a project with a tree of any files (fuzz_tree.h): its Cargo.toml files, its crates and the
 * graph of dependencies. What must hold:
 *   - a manifest has a package with sound targets and dependencies, or errors that say why not; the
 *     workspace of each is one; nothing leads out of an archive;
 *   - edges are sound, in order, and those of the dependents reversed; what depends on what at any
 *     distance, and in circles, agrees with them;
 *   - after sources were exchanged the graph is that made from nothing. */
#include "index/project.h"
#include "index/uses.h"
#include "tests/fuzz_tree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t nbytes);

/* ---- Cargo.toml */

static void check_error(const struct rsl_manifest_error *error)
{
    demand(error->code < RSL_MANIFEST_ERROR_COUNT, "an error is one");
    demand(strlen(error->what) < 1 << 20, "it is about a text");
    demand((error->line == 0) == (error->column == 0), "a place has a line and a column");
}

static void check_package(const struct rsl_package *package)
{
    demand(package->edition >= 2015 && package->edition <= 2024, "an edition is one");
    demand(strlen(package->name) + strlen(package->version) > 0, "a package has a version");
    for (uint32_t i = 0; i < package->ntargets; i++) {
        const struct rsl_target *target = &package->targets[i];
        demand(target->kind <= RSL_TARGET_BUILD, "a kind is one");
        demand(i == 0 || target[-1].kind <= target->kind, "targets are in order");
        demand(*target->path != '\0' && strlen(target->name) < 1 << 20, "a target has texts");
        demand(target->edition >= 2015 && target->edition <= 2024, "an edition is one");
        for (uint32_t k = 0; k < target->ncrate_types; k++)
            demand(strlen(target->crate_types[k]) < 1 << 20, "a crate type is a text");
    }
    for (uint32_t i = 0; i < package->ndependencies; i++) {
        const struct rsl_dependency *dependency = &package->dependencies[i];
        demand(dependency->kind <= RSL_DEPENDENCY_BUILD, "a kind is one");
        demand(strlen(dependency->name) + strlen(dependency->package) < 1 << 20, "names are texts");
    }
}

static void check_manifest(struct rsl_cargo *cargo, const char *path)
{
    const struct rsl_manifest *manifest, *again;
    const struct rsl_workspace *workspace;
    demand(rsl_cargo_manifest(cargo, path, &manifest) == RSL_OK, "a manifest");
    demand(rsl_cargo_manifest(cargo, path, &again) == RSL_OK && again == manifest,
           "a manifest is read once");
    demand(manifest->package != NULL || manifest->is_workspace || manifest->nerrors > 0,
           "what is no package and no workspace is an error");
    for (uint32_t i = 0; i < manifest->nerrors; i++)
        check_error(&manifest->errors[i]);
    if (manifest->package != NULL)
        check_package(manifest->package);
    demand(rsl_cargo_workspace(cargo, path, &workspace) == RSL_OK, "a workspace");
    if (workspace->error.code != RSL_MANIFEST_ERROR_NONE)
        check_error(&workspace->error);
    for (uint32_t i = 1; i < workspace->nmembers; i++)
        demand(strcmp(workspace->members[i - 1]->path, workspace->members[i]->path) < 0,
               "members are in order, each once");
}

static void check_manifests(const struct fuzz_tree *tree)
{
    struct rsl_cargo cargo;
    rsl_cargo_init(&cargo, &tree->memory.tree, NULL);
    for (size_t i = 0; i < tree->nfiles; i++) {
        if (fuzz_ends_with(tree->files[i].path, "argo.toml"))
            check_manifest(&cargo, tree->files[i].path);
    }
    check_manifest(&cargo, "nowhere/Cargo.toml");
    rsl_cargo_fini(&cargo);
}

/* ---- the project */

static void set(struct rsl_project *project, const struct memory_file *file)
{
    struct rsl_file_facts *facts;
    struct rsl_file_names *names;
    struct rsl_file parsed;
    const size_t nbytes = strlen(file->content);
    uint8_t *src = calloc(1, nbytes + RSL_PAD);
    demand(src != NULL, "there is memory");
    memcpy(src, file->content, nbytes);
    rsl_file_init(&parsed, NULL);
    demand(rsl_parse(&parsed, src, nbytes, NULL) == RSL_OK, "a parsed file");
    demand(rsl_file_facts_create(project->facts_builder, &parsed, src, nbytes, &facts) == RSL_OK,
           "facts");
    demand(rsl_file_names_create(project->names_builder, &parsed, src, &names) == RSL_OK, "names");
    demand(rsl_project_set(project, file->path, facts, names) == RSL_OK, "a file");
    rsl_file_fini(&parsed);
    free(src);
}

static void load(struct rsl_project *project, const struct fuzz_tree *tree)
{
    demand(rsl_project_init(project, &tree->memory.tree, NULL) == RSL_OK, "a project");
    for (size_t i = 0; i < tree->nfiles; i++) {
        if (fuzz_ends_with(tree->files[i].path, ".rs"))
            set(project, &tree->files[i]);
    }
    demand(rsl_project_find_crates(project) == RSL_OK, "crates");
    demand(rsl_project_update(project, NULL) == RSL_OK, "an update");
}

/* ---- what the graph says */

static void check_use(void *state, const struct rsl_use_result *result)
{
    const struct rsl_graph *graph = *(const struct rsl_graph **)state;
    demand(result->crate < graph->ncrates && result->status <= RSL_USE_NOT_FOUND, "a use is one");
    demand((result->ntargets > 0) == (result->status == RSL_USE_RESOLVED),
           "what is resolved has targets");
    for (uint32_t i = 0; i < result->ntargets; i++) {
        const struct rsl_use_target *target = &result->targets[i];
        demand(target->file < rsl_graph_nfiles(graph), "a target is in a file");
        const struct rsl_file_names *names = rsl_graph_names(graph, target->file);
        demand(target->name == RSL_NONE || (names != NULL && target->name < names->nnames),
               "a target is a name of its file");
    }
}

/* Whether `file` has an edge to `to`. */
static bool has_edge(const struct rsl_graph *graph, uint32_t file, uint32_t to)
{
    const struct rsl_graph_edge *edges;
    const uint32_t n = rsl_graph_edges(graph, file, &edges);
    for (uint32_t i = 0; i < n; i++) {
        if (edges[i].to == to)
            return true;
    }
    return false;
}

/* All that can be reached from the file, found in rounds. */
static void check_closure(const struct rsl_graph *graph, uint32_t file, bool dependents)
{
    const uint32_t nfiles = rsl_graph_nfiles(graph);
    uint8_t *reached = calloc(nfiles, 1);
    uint32_t *files, n, nreached = 0;
    demand(reached != NULL, "there is memory");
    for (bool goes_on = true; goes_on;) {
        goes_on = false;
        for (uint32_t a = 0; a < nfiles; a++) {
            for (uint32_t b = 0; b < nfiles && (a == file || reached[a]); b++) {
                if (!reached[b] && (dependents ? has_edge(graph, b, a) : has_edge(graph, a, b))) {
                    reached[b] = goes_on = true;
                    nreached++;
                }
            }
        }
    }
    demand(rsl_graph_closure(graph, file, dependents, &files, &n) == RSL_OK, "a closure");
    demand(n == nreached, "a closure is all that can be reached");
    for (uint32_t i = 0; i < n; i++)
        demand(reached[files[i]], "what is in a closure can be reached");
    rsl_graph_release(graph, files, n);
    free(reached);
}

static void check_graph(const struct rsl_graph *graph)
{
    const uint32_t nfiles = rsl_graph_nfiles(graph);
    uint32_t nforward = 0, nreverse = 0, ncomponents;
    for (uint32_t file = 0; file < nfiles; file++) {
        const struct rsl_graph_edge *edges;
        const uint32_t *dependents, n = rsl_graph_edges(graph, file, &edges);
        for (uint32_t i = 0; i < n; i++) {
            demand(edges[i].to < nfiles && edges[i].kind < RSL_EDGE_KIND_COUNT &&
                       edges[i].count > 0,
                   "an edge is sound");
            demand(i == 0 || edges[i - 1].to < edges[i].to ||
                       (edges[i - 1].to == edges[i].to && edges[i - 1].kind < edges[i].kind),
                   "edges are in order, each once");
            nforward += i == 0 || edges[i - 1].to != edges[i].to;
        }
        const uint32_t ndependents = rsl_graph_dependents(graph, file, &dependents);
        for (uint32_t i = 0; i < ndependents; i++)
            demand(has_edge(graph, dependents[i], file), "who depends on it has an edge");
        nreverse += ndependents;
        demand(rsl_graph_uses(graph, file, check_use, &graph) == RSL_OK, "uses");
        if (n > 0 || ndependents > 0) {
            check_closure(graph, file, false);
            check_closure(graph, file, true);
        }
    }
    demand(nforward == nreverse, "the dependents are the edges reversed");
    uint32_t *components = calloc(nfiles + 1, sizeof *components);
    demand(components != NULL, "there is memory");
    demand(rsl_graph_cycles(graph, (1u << RSL_EDGE_KIND_COUNT) - 1, components, &ncomponents) ==
               RSL_OK,
           "circles");
    for (uint32_t file = 0; file < nfiles; file++)
        demand(components[file] == RSL_NONE || components[file] < ncomponents, "a circle is one");
    free(components);
}

/* Crates and edges by path, sorted; to be freed. */
static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static char *text_of(const struct rsl_graph *graph)
{
    char **lines = NULL;
    size_t n = 0, nbytes;
    for (uint32_t file = 0; file < rsl_graph_nfiles(graph); file++) {
        const struct rsl_graph_edge *edges;
        const uint32_t nedges = rsl_graph_edges(graph, file, &edges);
        lines = realloc(lines, (n + nedges + 1) * sizeof *lines);
        demand(lines != NULL, "there is memory");
        for (uint32_t i = 0; i < nedges; i++)
            demand(asprintf(&lines[n++], "%s -> %s %u %u\n", rsl_graph_path(graph, file),
                            rsl_graph_path(graph, edges[i].to), edges[i].kind, edges[i].count) > 0,
                   "there is memory");
    }
    if (n > 1)
        qsort(lines, n, sizeof *lines, by_text);
    char *text;
    FILE *to = open_memstream(&text, &nbytes);
    demand(to != NULL, "there is memory");
    for (size_t i = 0; i < n; i++) {
        fputs(lines[i], to);
        free(lines[i]);
    }
    free(lines);
    fprintf(to, "%u crates, %u limited\n", graph->ncrates, rsl_graph_nlimited(graph));
    demand(fclose(to) == 0, "there is memory");
    return text;
}

/* Two sources change places. */
static void exchange(struct rsl_project *project, struct fuzz_tree *tree, size_t i, size_t k)
{
    struct rsl_project fresh;
    const char *content = tree->files[i].content;
    bool differs;
    tree->files[i].content = tree->files[k].content;
    tree->files[k].content = content;
    set(project, &tree->files[i]);
    set(project, &tree->files[k]);
    demand(rsl_project_update(project, NULL) == RSL_OK, "an update");
    demand(rsl_project_guess_again(project, &differs) == RSL_OK, "a guess");
    if (differs) {
        rsl_project_fini(project);
        load(project, tree);
        return;
    }
    load(&fresh, tree);
    fuzz_same(text_of(&project->graph), text_of(&fresh.graph), "a kept graph is a fresh one");
    rsl_project_fini(&fresh);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t nbytes)
{
    struct fuzz_tree tree;
    struct rsl_project project;
    size_t sources[MAX_FUZZ_FILES], n = 0;
    fuzz_tree_init(&tree, data, nbytes);
    check_manifests(&tree);
    load(&project, &tree);
    check_graph(&project.graph);
    for (size_t i = 0; i < tree.nfiles; i++) {
        if (fuzz_ends_with(tree.files[i].path, ".rs"))
            sources[n++] = i;
    }
    for (size_t i = 1; i < n && i < 4; i++)
        exchange(&project, &tree, sources[i - 1], sources[i]);
    check_graph(&project.graph);
    rsl_project_fini(&project);
    fuzz_tree_fini(&tree);
    return 0;
}
