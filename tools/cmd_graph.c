/* rustle graph: which files, or crates, depend on which. */
#include "tools/commands.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/graph_output.h"
#include "tools/project.h"
#include "tools/report.h"

struct options {
    enum rsl_graph_format format;
    bool crates, cycles, orphans;
    const char *module; /* NULL: everything */
    uint32_t depth;     /* steps from there; UINT32_MAX: any number */
};

static void print_help(void)
{
    fputs("usage: rustle graph [OPTION...] [PATH...]\n"
          "\n"
          "Prints which files depend on which, in the project below the paths (default: the\n"
          "current folder): an edge a line, with its kind (mod, use, re-export, include, macro)\n"
          "and how many declarations, uses or calls make it. Paths in bodies make none.\n"
          "A source in a .crate or .tar.gz archive is ARCHIVE!/PATH.\n"
          "\n"
          "options:\n"
          "      --format FORMAT  text (default), dot, json or graphml\n"
          "      --crate          crates instead of files\n"
          "      --module PATH    only what can be reached from a file, or from a module named\n"
          "                       from its crate on, as in serde::de::value\n"
          "      --depth N        with --module: in at most N steps\n"
          "      --cycles         only files that depend on each other in circles\n"
          "      --orphans        instead, the files that belong to no crate, one path a line\n"
          "  -h, --help           print this help\n"
          "\n"
          "Exit status: 0 something found, 1 nothing, 2 an error.\n",
          stdout);
}

static bool parse_format(const char *text, enum rsl_graph_format *format_out)
{
    static const char *const names[] = {"text", "dot", "json", "graphml"};
    for (int i = 0; i < 4; i++) {
        if (strcmp(text, names[i]) == 0) {
            *format_out = (enum rsl_graph_format)i;
            return true;
        }
    }
    rsl_report("unknown format '%s'; one of text, dot, json, graphml", text);
    return false;
}

static bool parse_depth(const char *text, uint32_t *depth_out)
{
    char *end;
    errno = 0;
    const unsigned long n = strtoul(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != '\0' || errno != 0 || n >= UINT32_MAX) {
        rsl_report("bad depth '%s'", text);
        return false;
    }
    *depth_out = (uint32_t)n;
    return true;
}

/* Returns -1 to go on, or an exit status. */
static int parse_options(int argc, char **argv, struct options *options)
{
    enum { FORMAT = 256, CRATE, MODULE, DEPTH, CYCLES, ORPHANS };
    static const struct option long_options[] = {
        {"format", required_argument, NULL, FORMAT},
        {"crate", no_argument, NULL, CRATE},
        {"module", required_argument, NULL, MODULE},
        {"depth", required_argument, NULL, DEPTH},
        {"cycles", no_argument, NULL, CYCLES},
        {"orphans", no_argument, NULL, ORPHANS},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    for (int option; (option = getopt_long(argc, argv, ":h", long_options, NULL)) != -1;) {
        switch (option) {
        case FORMAT:
            if (!parse_format(optarg, &options->format))
                return RSL_EXIT_ERROR;
            break;
        case CRATE: options->crates = true; break;
        case MODULE: options->module = optarg; break;
        case DEPTH:
            if (!parse_depth(optarg, &options->depth))
                return RSL_EXIT_ERROR;
            break;
        case CYCLES: options->cycles = true; break;
        case ORPHANS: options->orphans = true; break;
        case 'h': print_help(); return RSL_EXIT_FOUND;
        default: rsl_report_option("graph", option, argv); return RSL_EXIT_ERROR;
        }
    }
    if (options->depth != UINT32_MAX && options->module == NULL) {
        rsl_report("--depth needs --module");
        return RSL_EXIT_ERROR;
    }
    return -1;
}

/* The graph on its way to the output. */
struct picture {
    struct rsl_project *project;
    uint32_t *files; /* by path */
    uint32_t nfiles;
    uint32_t *places; /* by number of a file or crate: its place among the nodes, RSL_NONE */
    struct rsl_output_node *nodes;
    struct rsl_output_edge *edges;
    size_t edges_capacity;
    uint32_t nnodes, nedges;
    bool failed;
};

static void add_edge(struct picture *picture, struct rsl_output_edge edge)
{
    if (picture->nedges == picture->edges_capacity) {
        const size_t more = picture->edges_capacity * 2 + 256;
        struct rsl_output_edge *grown = realloc(picture->edges, more * sizeof *grown);
        if (grown == NULL) {
            picture->failed = true;
            return;
        }
        picture->edges = grown;
        picture->edges_capacity = more;
    }
    picture->edges[picture->nedges++] = edge;
}

static int by_ends(const void *a, const void *b)
{
    const struct rsl_output_edge *x = a, *y = b;
    if (x->from != y->from)
        return x->from < y->from ? -1 : 1;
    if (x->to != y->to)
        return x->to < y->to ? -1 : 1;
    return (int)x->kind - (int)y->kind;
}

/* Sorts the edges, makes equal ones one, and counts dependents. */
static void settle_edges(struct picture *picture)
{
    uint32_t n = 0;
    if (picture->nedges > 1)
        qsort(picture->edges, picture->nedges, sizeof *picture->edges, by_ends);
    for (uint32_t i = 0; i < picture->nedges; i++) {
        const struct rsl_output_edge *edge = &picture->edges[i];
        struct rsl_output_edge *last = n == 0 ? NULL : &picture->edges[n - 1];
        if (last != NULL && by_ends(last, edge) == 0) {
            last->count += edge->count;
            continue;
        }
        if (last == NULL || last->from != edge->from || last->to != edge->to)
            picture->nodes[edge->to].dependents++;
        picture->edges[n++] = *edge;
    }
    picture->nedges = n;
}

/* ---- files ---- */

/* Marks what can be reached from `start` in so many steps. */
static bool mark_reached(const struct rsl_graph *graph, uint32_t start, uint32_t depth,
                         bool *wanted)
{
    const uint32_t nfiles = rsl_graph_nfiles(graph);
    uint32_t *queue = malloc(((size_t)nfiles + 1) * sizeof *queue);
    uint32_t n = 0, end_of_step = 1;
    if (queue == NULL)
        return false;
    memset(wanted, 0, nfiles * sizeof *wanted);
    wanted[start] = true;
    queue[n++] = start;
    for (uint32_t i = 0; i < n; i++) {
        if (i == end_of_step) {
            depth--;
            end_of_step = n;
        }
        const struct rsl_graph_edge *edges;
        const uint32_t nedges = depth == 0 ? 0 : rsl_graph_edges(graph, queue[i], &edges);
        for (uint32_t k = 0; k < nedges; k++) {
            if (!wanted[edges[k].to]) {
                wanted[edges[k].to] = true;
                queue[n++] = edges[k].to;
            }
        }
    }
    free(queue);
    return true;
}

/* The child `name` of the module that the unit is. RSL_NONE if there is none. */
static uint32_t child_of(const struct rsl_graph *graph, uint32_t unit, const char *name, size_t n)
{
    const struct rsl_modules *modules = &graph->modules;
    const uint32_t file = modules->units[unit].file;
    const struct rsl_file_facts *facts =
        modules->files->facts(modules->files->state, file, rsl_graph_path(graph, file));
    for (uint32_t i = 0; facts != NULL && i < modules->units[unit].nedges; i++) {
        const struct rsl_module_edge *edge = &modules->units[unit].edges[i];
        if (edge->is_include || edge->to == RSL_NONE)
            continue;
        const char *text = rsl_facts_text(facts, facts->mods[edge->declaration].name);
        if (strlen(text) == n && memcmp(text, name, n) == 0)
            return edge->to;
    }
    return RSL_NONE;
}

/* The file of the module with that path: the crate's name, then names of modules. */
static bool find_module(struct rsl_graph *graph, const char *path, uint32_t *file_out)
{
    const size_t ncrate = strcspn(path, ":");
    for (uint32_t crate = 0; crate < graph->ncrates; crate++) {
        const char *name = rsl_graph_crate_name(graph, crate);
        uint32_t unit;
        if (strlen(name) != ncrate || memcmp(name, path, ncrate) != 0 ||
            rsl_modules_add(&graph->modules, rsl_graph_crate_root(graph, crate), &unit) != RSL_OK)
            continue;
        const char *p = path + ncrate;
        while (unit != RSL_NONE && strncmp(p, "::", 2) == 0) {
            const size_t n = strcspn(p + 2, ":");
            unit = child_of(graph, unit, p + 2, n);
            p += 2 + n;
        }
        if (unit != RSL_NONE && *p == '\0') {
            *file_out = graph->modules.units[unit].file;
            return true;
        }
    }
    return false;
}

/* Leaves only files in circles; and their edges only within one, for which `components` is kept. */
static uint32_t *find_components(const struct rsl_graph *graph, bool *wanted)
{
    const uint32_t nfiles = rsl_graph_nfiles(graph);
    uint32_t *components = malloc(((size_t)nfiles + 1) * sizeof *components);
    uint32_t ncomponents;
    if (components == NULL || rsl_graph_cycles(graph, (1u << RSL_EDGE_KIND_COUNT) - 1, components,
                                               &ncomponents) != RSL_OK) {
        free(components);
        return NULL;
    }
    for (uint32_t file = 0; file < nfiles; file++)
        wanted[file] = wanted[file] && components[file] != RSL_NONE;
    return components;
}

static void draw_files(struct picture *picture, const bool *wanted, const uint32_t *components)
{
    const struct rsl_graph *graph = &picture->project->graph;
    for (uint32_t i = 0; i < picture->nfiles; i++) {
        const uint32_t file = picture->files[i];
        if (!wanted[file])
            continue;
        picture->places[file] = picture->nnodes;
        picture->nodes[picture->nnodes++].name = rsl_graph_path(graph, file);
    }
    for (uint32_t i = 0; i < picture->nfiles; i++) {
        const uint32_t file = picture->files[i];
        const struct rsl_graph_edge *edges;
        const uint32_t nedges = rsl_graph_edges(graph, file, &edges);
        for (uint32_t k = 0; k < nedges && wanted[file]; k++) {
            const uint32_t to = edges[k].to;
            if (picture->places[to] != RSL_NONE &&
                (components == NULL || components[file] == components[to]))
                add_edge(picture,
                         (struct rsl_output_edge){picture->places[file], picture->places[to],
                                                  edges[k].kind, edges[k].count});
        }
    }
}

/* ---- crates ---- */

static bool is_in(const uint32_t *list, uint32_t n, uint32_t number)
{
    for (uint32_t i = 0; i < n; i++) {
        if (list[i] == number)
            return true;
    }
    return false;
}

/* By name, and crates of one name by their roots. */
static int by_crate_name(const void *a, const void *b, void *context)
{
    const struct rsl_graph *graph = context;
    const uint32_t first = *(const uint32_t *)a, second = *(const uint32_t *)b;
    const int order =
        strcmp(rsl_graph_crate_name(graph, first), rsl_graph_crate_name(graph, second));
    return order != 0 ? order
                      : strcmp(rsl_graph_path(graph, rsl_graph_crate_root(graph, first)),
                               rsl_graph_path(graph, rsl_graph_crate_root(graph, second)));
}

/* The crates whose root is wanted become nodes, in an order that the tree alone decides. */
static void place_crates(struct picture *picture, const bool *wanted)
{
    struct rsl_graph *graph = &picture->project->graph;
    uint32_t *crates = malloc(((size_t)graph->ncrates + 1) * sizeof *crates);
    if (crates == NULL) {
        picture->failed = true;
        return;
    }
    uint32_t n = 0;
    for (uint32_t crate = 0; crate < graph->ncrates; crate++) {
        if (wanted[rsl_graph_crate_root(graph, crate)])
            crates[n++] = crate;
    }
    qsort_r(crates, n, sizeof *crates, by_crate_name, graph);
    for (; picture->nnodes < n; picture->nnodes++) {
        picture->places[crates[picture->nnodes]] = picture->nnodes;
        picture->nodes[picture->nnodes].name = rsl_graph_crate_name(graph, crates[picture->nnodes]);
    }
    free(crates);
}

/* An edge between files is one between the crates of the first and those of the second, unless they
 * share one. */
static void draw_crates(struct picture *picture, const bool *wanted)
{
    enum { MAX_CRATES = 64 }; /* of one file; further ones add nothing new to look at */
    const struct rsl_graph *graph = &picture->project->graph;
    place_crates(picture, wanted);
    for (uint32_t i = 0; i < picture->nfiles; i++) {
        const uint32_t file = picture->files[i];
        const struct rsl_graph_edge *edges;
        uint32_t from[MAX_CRATES], to[MAX_CRATES];
        const uint32_t nedges = wanted[file] ? rsl_graph_edges(graph, file, &edges) : 0;
        uint32_t nfrom = rsl_graph_crates_of(graph, file, from, MAX_CRATES);
        nfrom = nfrom < MAX_CRATES ? nfrom : MAX_CRATES;
        for (uint32_t k = 0; k < nedges; k++) {
            uint32_t nto = rsl_graph_crates_of(graph, edges[k].to, to, MAX_CRATES);
            nto = nto < MAX_CRATES ? nto : MAX_CRATES;
            bool shared = false;
            for (uint32_t a = 0; a < nfrom; a++)
                shared |= is_in(to, nto, from[a]);
            for (uint32_t a = 0; a < nfrom && !shared; a++) {
                for (uint32_t b = 0; b < nto; b++) {
                    if (picture->places[from[a]] != RSL_NONE && picture->places[to[b]] != RSL_NONE)
                        add_edge(picture, (struct rsl_output_edge){picture->places[from[a]],
                                                                   picture->places[to[b]],
                                                                   edges[k].kind, edges[k].count});
                }
            }
        }
    }
}

/* ---- all of it ---- */

static int put_orphans(struct picture *picture, struct rsl_text_buffer *out)
{
    const struct rsl_graph *graph = &picture->project->graph;
    for (uint32_t i = 0; i < picture->nfiles; i++) {
        if (rsl_graph_is_reached(graph, picture->files[i]))
            continue;
        rsl_report_put_path(out, rsl_graph_path(graph, picture->files[i]));
        rsl_text_buffer_puts(out, "\n");
    }
    return out->nbytes > 0 ? RSL_EXIT_FOUND : RSL_EXIT_NOTHING;
}

/* Makes the list of what is wanted. Returns -1 to go on, or an exit status. */
static int choose(struct picture *picture, struct rsl_loaded_project *loaded,
                  const struct options *options, bool *wanted, uint32_t **components_out)
{
    struct rsl_graph *graph = &picture->project->graph;
    uint32_t start;
    for (uint32_t i = 0; i < picture->nfiles; i++)
        wanted[picture->files[i]] = true;
    if (options->module != NULL) {
        if (!find_module(graph, options->module, &start) &&
            !rsl_project_find(loaded, options->module, &start))
            return RSL_EXIT_ERROR;
        picture->failed |= !mark_reached(graph, start, options->depth, wanted);
    }
    if (options->cycles) {
        *components_out = find_components(graph, wanted);
        picture->failed |= *components_out == NULL;
    }
    return -1;
}

static int draw(struct picture *picture, struct rsl_loaded_project *loaded,
                const struct options *options, struct rsl_text_buffer *out)
{
    const struct rsl_graph *graph = &picture->project->graph;
    const size_t n = (size_t)rsl_graph_nfiles(graph) + graph->ncrates + 1;
    bool *wanted = calloc(n, sizeof *wanted);
    uint32_t *components = NULL;
    picture->places = malloc(n * sizeof *picture->places);
    picture->nodes = calloc(n, sizeof *picture->nodes);
    picture->failed = wanted == NULL || picture->places == NULL || picture->nodes == NULL;
    int status = -1;
    if (!picture->failed) {
        memset(picture->places, 0xFF, n * sizeof *picture->places); /* RSL_NONE */
        status = choose(picture, loaded, options, wanted, &components);
    }
    if (!picture->failed && status < 0) {
        if (options->crates)
            draw_crates(picture, wanted);
        else
            draw_files(picture, wanted, components);
        settle_edges(picture);
        const struct rsl_output_graph output = {picture->nodes, picture->edges, picture->nnodes,
                                                picture->nedges};
        rsl_graph_output_put(out, options->format, &output);
        status = picture->nnodes > 0 ? RSL_EXIT_FOUND : RSL_EXIT_NOTHING;
    }
    free(components);
    free(wanted);
    free(picture->places);
    free(picture->nodes);
    free(picture->edges);
    return status;
}

int rsl_cmd_graph(int argc, char **argv)
{
    struct options options = {.depth = UINT32_MAX};
    int status = parse_options(argc, argv, &options);
    if (status >= 0)
        return status;
    const char *here = ".";
    const char *const *roots = optind == argc ? &here : (const char *const *)&argv[optind];
    const size_t nroots = optind == argc ? 1 : (size_t)(argc - optind);
    struct rsl_loaded_project loaded;
    const int error = rsl_project_load(roots, nroots, NULL, 0, &loaded);
    if (error != 0) {
        rsl_report("%s", strerror(-error));
        return RSL_EXIT_ERROR;
    }
    struct rsl_text_buffer out = {0};
    struct picture picture = {.project = &loaded.project};
    picture.files = rsl_project_files(&loaded.project, &picture.nfiles);
    picture.failed = picture.files == NULL;
    if (!picture.failed)
        status =
            options.orphans ? put_orphans(&picture, &out) : draw(&picture, &loaded, &options, &out);
    if (picture.failed || out.failed) {
        rsl_report("%s", strerror(ENOMEM));
        status = RSL_EXIT_ERROR;
    }
    rsl_text_buffer_write(&out, stdout);
    rsl_text_buffer_fini(&out);
    free(picture.files);
    if (loaded.nmissing + loaded.nbad > 0)
        status = RSL_EXIT_ERROR;
    rsl_project_unload(&loaded);
    return status;
}
