/* rustle deps, rustle rdeps: what one file depends on, and what depends on it. */
#include "tools/commands.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/project.h"
#include "tools/report.h"

struct options {
    const char *command;
    bool reverse, transitive, help;
    const char *file;
};

static void print_help(const struct options *options)
{
    printf("usage: rustle %s [OPTION...] FILE [PATH...]\n"
           "\n"
           "Prints %s, in the project below the paths\n"
           "(default: the current folder): a path a line, with the kind of the dependency and\n"
           "how many uses or declarations make it, between tabs.\n"
           "\n"
           "options:\n"
           "      --transitive  also over several steps; paths alone\n"
           "  -h, --help        print this help\n"
           "\n"
           "Exit status: 0 some found, 1 none, 2 an error.\n",
           options->command,
           options->reverse ? "the files that depend on FILE" : "the files that FILE depends on");
}

/* Returns -1 to go on, or an exit status. */
static int parse_options(int argc, char **argv, struct options *options)
{
    enum { TRANSITIVE = 256 };
    static const struct option long_options[] = {
        {"transitive", no_argument, NULL, TRANSITIVE},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    for (int option; (option = getopt_long(argc, argv, ":h", long_options, NULL)) != -1;) {
        switch (option) {
        case TRANSITIVE: options->transitive = true; break;
        case 'h': print_help(options); return RSL_EXIT_FOUND;
        default: rsl_report_option(options->command, option, argv); return RSL_EXIT_ERROR;
        }
    }
    if (optind == argc) {
        rsl_report("no file given; see rustle %s --help", options->command);
        return RSL_EXIT_ERROR;
    }
    options->file = argv[optind++];
    return -1;
}

struct line {
    const char *path;
    struct rsl_graph_edge edge;
};

static int by_path_and_kind(const void *a, const void *b)
{
    const struct line *x = a, *y = b;
    const int order = strcmp(x->path, y->path);
    return order != 0 ? order : (int)x->edge.kind - (int)y->edge.kind;
}

struct lines {
    struct line *list;
    size_t n, capacity;
    bool failed;
};

static void add_line(struct lines *lines, const char *path, struct rsl_graph_edge edge)
{
    if (lines->n == lines->capacity) {
        const size_t more = lines->capacity * 2 + 64;
        struct line *grown = realloc(lines->list, more * sizeof *grown);
        if (grown == NULL) {
            lines->failed = true;
            return;
        }
        lines->list = grown;
        lines->capacity = more;
    }
    lines->list[lines->n++] = (struct line){path, edge};
}

static void list_direct(const struct rsl_graph *graph, uint32_t file, bool reverse,
                        struct lines *lines)
{
    const struct rsl_graph_edge *edges;
    if (!reverse) {
        const uint32_t nedges = rsl_graph_edges(graph, file, &edges);
        for (uint32_t i = 0; i < nedges; i++)
            add_line(lines, rsl_graph_path(graph, edges[i].to), edges[i]);
        return;
    }
    const uint32_t *dependents;
    const uint32_t n = rsl_graph_dependents(graph, file, &dependents);
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t nedges = rsl_graph_edges(graph, dependents[i], &edges);
        for (uint32_t k = 0; k < nedges; k++) {
            if (edges[k].to == file)
                add_line(lines, rsl_graph_path(graph, dependents[i]), edges[k]);
        }
    }
}

static void list_transitive(const struct rsl_graph *graph, uint32_t file, bool reverse,
                            struct lines *lines)
{
    uint32_t *files, n;
    if (rsl_graph_closure(graph, file, reverse, &files, &n) != RSL_OK) {
        lines->failed = true;
        return;
    }
    for (uint32_t i = 0; i < n; i++) {
        if (files[i] != file)
            add_line(lines, rsl_graph_path(graph, files[i]), (struct rsl_graph_edge){0, 0, 0});
    }
    rsl_graph_release(graph, files, n);
}

static int print_lines(const struct options *options, struct lines *lines)
{
    struct rsl_text_buffer out = {0};
    if (lines->n > 1)
        qsort(lines->list, lines->n, sizeof *lines->list, by_path_and_kind);
    for (size_t i = 0; i < lines->n; i++) {
        rsl_report_put_path(&out, lines->list[i].path);
        if (!options->transitive) {
            rsl_text_buffer_puts(&out, "\t");
            rsl_text_buffer_puts(&out, rsl_edge_kind_name(lines->list[i].edge.kind));
            rsl_text_buffer_puts(&out, "\t");
            rsl_text_buffer_put_number(&out, lines->list[i].edge.count);
        }
        rsl_text_buffer_puts(&out, "\n");
    }
    rsl_text_buffer_write(&out, stdout);
    const bool failed = out.failed || lines->failed;
    rsl_text_buffer_fini(&out);
    if (failed)
        rsl_report("%s", strerror(ENOMEM));
    return failed ? RSL_EXIT_ERROR : lines->n > 0 ? RSL_EXIT_FOUND : RSL_EXIT_NOTHING;
}

static int run(int argc, char **argv, struct options *options)
{
    const int parsed = parse_options(argc, argv, options);
    if (parsed >= 0)
        return parsed;
    const char *here = ".";
    const char *const *roots = optind == argc ? &here : (const char *const *)&argv[optind];
    const size_t nroots = optind == argc ? 1 : (size_t)(argc - optind);
    struct rsl_loaded_project loaded;
    const int error = rsl_project_load(roots, nroots, NULL, 0, &loaded);
    if (error != 0) {
        rsl_report("%s", strerror(-error));
        return RSL_EXIT_ERROR;
    }
    uint32_t file;
    int status = RSL_EXIT_ERROR;
    if (rsl_project_find(&loaded, options->file, &file)) {
        struct lines lines = {0};
        if (options->transitive)
            list_transitive(&loaded.project.graph, file, options->reverse, &lines);
        else
            list_direct(&loaded.project.graph, file, options->reverse, &lines);
        status = print_lines(options, &lines);
        free(lines.list);
    }
    if (loaded.nmissing + loaded.nbad > 0)
        status = RSL_EXIT_ERROR;
    rsl_project_unload(&loaded);
    return status;
}

int rsl_cmd_deps(int argc, char **argv)
{
    return run(argc, argv, &(struct options){.command = "deps"});
}

int rsl_cmd_rdeps(int argc, char **argv)
{
    return run(argc, argv, &(struct options){.command = "rdeps", .reverse = true});
}
