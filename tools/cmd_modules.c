/* rustle modules: the modules of each crate and their files. */
#include "tools/commands.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/project.h"
#include "tools/report.h"

struct options {
    bool files;
    const char *crate_root;
};

static void print_help(void)
{
    fputs("usage: rustle modules [OPTION...] [PATH...]\n"
          "\n"
          "Prints the modules of every crate below the paths (default: the current folder) as\n"
          "a tree, each with its file. Modules in a file of their own alone are listed.\n"
          "A source in a .crate or .tar.gz archive is ARCHIVE!/PATH.\n"
          "\n"
          "options:\n"
          "      --files            print the files alone, one path a line, each once\n"
          "      --crate-root FILE  only the crate of that root file, Cargo.toml or not\n"
          "  -h, --help             print this help\n"
          "\n"
          "A module without a file is told on standard error, as rustc does, unless conditions\n"
          "may leave it out.\n"
          "Exit status: 0 some found, 1 none, 2 an error.\n",
          stdout);
}

/* Returns -1 to go on, or an exit status. */
static int parse_options(int argc, char **argv, struct options *options)
{
    enum { FILES = 256, CRATE_ROOT };
    static const struct option long_options[] = {
        {"files", no_argument, NULL, FILES},
        {"crate-root", required_argument, NULL, CRATE_ROOT},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    for (int option; (option = getopt_long(argc, argv, ":h", long_options, NULL)) != -1;) {
        switch (option) {
        case FILES: options->files = true; break;
        case CRATE_ROOT: options->crate_root = optarg; break;
        case 'h': print_help(); return RSL_EXIT_FOUND;
        default: rsl_report_option("modules", option, argv); return RSL_EXIT_ERROR;
        }
    }
    if (options->crate_root != NULL && optind < argc) {
        rsl_report("--crate-root takes the place of paths");
        return RSL_EXIT_ERROR;
    }
    return -1;
}

struct tree {
    const struct rsl_graph *graph;
    struct rsl_text_buffer out, diagnostics;
    bool errors;
};

static void put_place(struct rsl_text_buffer *out, const char *path, uint32_t line, uint32_t column)
{
    rsl_report_put_path(out, path);
    rsl_text_buffer_puts(out, ":");
    rsl_text_buffer_put_number(out, line);
    rsl_text_buffer_puts(out, ":");
    rsl_text_buffer_put_number(out, column);
}

static void put_error(struct tree *tree, const struct rsl_module_visit *visit,
                      const struct rsl_file_facts *facts, const char *path)
{
    const struct rsl_module_edge *edge = visit->edge;
    const char *code = rsl_module_error_rustc_code(visit->error);
    struct rsl_text_buffer *out = &tree->diagnostics;
    if (edge->is_include)
        put_place(out, path, facts->includes[edge->declaration].line,
                  facts->includes[edge->declaration].column);
    else
        put_place(out, path, facts->mods[edge->declaration].line,
                  facts->mods[edge->declaration].column);
    rsl_text_buffer_puts(out, ": error: ");
    rsl_text_buffer_puts(out, rsl_module_error_message(visit->error));
    if (!edge->is_include) {
        const char *name = rsl_facts_text(facts, facts->mods[edge->declaration].name);
        rsl_text_buffer_puts(out, ": ");
        rsl_text_buffer_put_plain(out, name, strlen(name));
    }
    if (*code != '\0') {
        rsl_text_buffer_puts(out, " [");
        rsl_text_buffer_puts(out, code);
        rsl_text_buffer_puts(out, "]");
    }
    rsl_text_buffer_puts(out, "\n");
    tree->errors = true;
}

static void put_module(void *state, const struct rsl_module_visit *visit)
{
    struct tree *tree = state;
    const struct rsl_modules *modules = &tree->graph->modules;
    const struct rsl_module_edge *edge = visit->edge;
    const uint32_t from = modules->units[visit->from].file;
    const char *path = rsl_graph_path(tree->graph, from);
    const struct rsl_file_facts *facts = modules->files->facts(modules->files->state, from, path);
    if (visit->error != RSL_MODULE_ERROR_NONE && !edge->conditional &&
        visit->error != RSL_MODULE_ERROR_INCLUDE_UNKNOWN)
        put_error(tree, visit, facts, path);
    if (edge->to == RSL_NONE)
        return;
    for (uint32_t i = 0; i <= visit->depth; i++)
        rsl_text_buffer_puts(&tree->out, "  ");
    if (edge->is_include) {
        rsl_text_buffer_puts(&tree->out, "include!");
    } else {
        const char *name = rsl_facts_text(facts, facts->mods[edge->declaration].name);
        rsl_text_buffer_put_plain(&tree->out, name, strlen(name));
    }
    rsl_text_buffer_puts(&tree->out, " ");
    rsl_report_put_path(&tree->out, rsl_graph_path(tree->graph, modules->units[edge->to].file));
    if (!visit->first)
        rsl_text_buffer_puts(&tree->out, " (again)");
    rsl_text_buffer_puts(&tree->out, "\n");
}

static int by_root(const void *a, const void *b, void *graph)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    const int order = strcmp(rsl_graph_path(graph, rsl_graph_crate_root(graph, x)),
                             rsl_graph_path(graph, rsl_graph_crate_root(graph, y)));
    return order != 0 ? order
                      : strcmp(rsl_graph_crate_name(graph, x), rsl_graph_crate_name(graph, y));
}

/* The trees of all crates, by the paths of their roots. False without memory. */
static bool put_trees(struct tree *tree, struct rsl_graph *graph)
{
    uint32_t *crates = calloc(graph->ncrates + (size_t)1, sizeof *crates);
    bool good = crates != NULL;
    for (uint32_t i = 0; good && i < graph->ncrates; i++)
        crates[i] = i;
    if (good && graph->ncrates > 1)
        qsort_r(crates, graph->ncrates, sizeof *crates, by_root, graph);
    for (uint32_t i = 0; good && i < graph->ncrates; i++) {
        const char *name = rsl_graph_crate_name(graph, crates[i]);
        const uint32_t root = rsl_graph_crate_root(graph, crates[i]);
        uint32_t unit;
        rsl_text_buffer_put_plain(&tree->out, name, strlen(name));
        rsl_text_buffer_puts(&tree->out, " ");
        rsl_report_put_path(&tree->out, rsl_graph_path(graph, root));
        rsl_text_buffer_puts(&tree->out, "\n");
        good = rsl_modules_add(&graph->modules, root, &unit) == RSL_OK &&
               rsl_modules_walk(&graph->modules, unit, put_module, tree) == RSL_OK;
        if (good && !graph->modules.units[unit].readable) {
            rsl_report_put_io_error(&tree->diagnostics, rsl_graph_path(graph, root), ENOENT);
            tree->errors = true;
        }
    }
    free(crates);
    return good;
}

static bool put_files(struct tree *tree, const struct rsl_project *project)
{
    uint32_t n;
    uint32_t *files = rsl_project_files(project, &n);
    for (uint32_t i = 0; files != NULL && i < n; i++) {
        if (!rsl_graph_is_reached(&project->graph, files[i]) ||
            rsl_graph_names(&project->graph, files[i]) == NULL)
            continue;
        rsl_report_put_path(&tree->out, rsl_graph_path(&project->graph, files[i]));
        rsl_text_buffer_puts(&tree->out, "\n");
    }
    free(files);
    return files != NULL;
}

int rsl_cmd_modules(int argc, char **argv)
{
    struct options options = {0};
    const int parsed = parse_options(argc, argv, &options);
    if (parsed >= 0)
        return parsed;
    const char *here = ".";
    const char *const *roots = optind == argc ? &here : (const char *const *)&argv[optind];
    const size_t nroots = optind == argc ? 1 : (size_t)(argc - optind);
    struct rsl_loaded_project loaded;
    const int error = rsl_project_load(roots, nroots, options.crate_root, 0, &loaded);
    if (error != 0) {
        rsl_report("%s", strerror(-error));
        return RSL_EXIT_ERROR;
    }
    struct tree tree = {.graph = &loaded.project.graph};
    struct rsl_text_buffer tree_text = {0};
    bool good = put_trees(&tree, &loaded.project.graph);
    if (options.files) {
        tree_text = tree.out;
        tree.out = (struct rsl_text_buffer){0};
        good = good && put_files(&tree, &loaded.project);
    }
    good = good && !tree.out.failed && !tree.diagnostics.failed;
    if (!good)
        rsl_report("%s", strerror(ENOMEM));
    rsl_text_buffer_write(&tree.out, stdout);
    rsl_text_buffer_write(&tree.diagnostics, stderr);
    const bool found = tree.out.nbytes > 0;
    rsl_text_buffer_fini(&tree_text);
    rsl_text_buffer_fini(&tree.out);
    rsl_text_buffer_fini(&tree.diagnostics);
    const bool errors = !good || tree.errors || loaded.nmissing + loaded.nbad > 0;
    rsl_project_unload(&loaded);
    return errors ? RSL_EXIT_ERROR : found ? RSL_EXIT_FOUND : RSL_EXIT_NOTHING;
}
