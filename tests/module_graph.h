/* module_graph.h - a module graph over a list of files in memory, and its crates as text. */
#ifndef RSL_TESTS_MODULE_GRAPH_H
#define RSL_TESTS_MODULE_GRAPH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "index/modules.h"
#include "index/tree_facts.h"
#include "tests/memory_tree.h"

struct module_graph {
    struct memory_tree tree;
    struct rsl_tree_facts facts;
    struct rsl_modules modules;
    char text[16384];
    size_t nbytes;
};

static inline void module_graph_init(struct module_graph *graph, const struct memory_file *files)
{
    memory_tree_init(&graph->tree, files);
    assert_int_equal(rsl_tree_facts_init(&graph->facts, &graph->tree.tree, NULL), RSL_OK);
    rsl_modules_init(&graph->modules, &graph->facts.files, NULL);
}

static inline void module_graph_fini(struct module_graph *graph)
{
    rsl_modules_fini(&graph->modules);
    rsl_tree_facts_fini(&graph->facts);
}

static inline uint32_t module_graph_add(struct module_graph *graph, const char *root)
{
    uint32_t file, unit;
    assert_int_equal(rsl_modules_file(&graph->modules, root, &file), RSL_OK);
    assert_int_equal(rsl_modules_add(&graph->modules, file, &unit), RSL_OK);
    return unit;
}

__attribute__((format(printf, 2, 3))) static inline void graph_put(struct module_graph *graph,
                                                                   const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const size_t room = sizeof graph->text - graph->nbytes;
    const int n = vsnprintf(graph->text + graph->nbytes, room, format, arguments);
    va_end(arguments);
    assert_true(n >= 0 && (size_t)n < room);
    graph->nbytes += (size_t)n;
}

static inline const struct rsl_file_facts *graph_facts(struct module_graph *graph, uint32_t unit)
{
    const uint32_t file = graph->modules.units[unit].file;
    return graph->facts.files.facts(graph->facts.files.state, file,
                                    rsl_strings_text(&graph->modules.paths, file));
}

/* `name=path`, ` (again)` for a unit that was there before, ` ?` where there are conditions, ` if
 * predicate`, ` !code: message`, each declaration in a line, indented by depth. */
static inline void graph_print(void *state, const struct rsl_module_visit *visit)
{
    struct module_graph *graph = state;
    const struct rsl_file_facts *facts = graph_facts(graph, visit->from);
    const struct rsl_module_edge *edge = visit->edge;
    graph_put(graph, "%*s%s=", (int)visit->depth * 2, "",
              edge->is_include ? "include!"
                               : rsl_facts_text(facts, facts->mods[edge->declaration].name));
    if (edge->path != RSL_NONE)
        graph_put(graph, "%s", rsl_strings_text(&graph->modules.paths, edge->path));
    if (edge->to != RSL_NONE && !visit->first && visit->error != RSL_MODULE_ERROR_CIRCULAR)
        graph_put(graph, " (again)");
    if (edge->conditional)
        graph_put(graph, " ?");
    if (edge->predicate != RSL_NONE)
        graph_put(graph, " if %s", rsl_facts_text(facts, edge->predicate));
    if (visit->error != RSL_MODULE_ERROR_NONE)
        graph_put(graph, " !%s: %s", rsl_module_error_rustc_code(visit->error),
                  rsl_module_error_message(visit->error));
    graph_put(graph, "\n");
}

static inline const char *module_graph_text(struct module_graph *graph, const char *root)
{
    const uint32_t unit = module_graph_add(graph, root);
    graph->nbytes = 0;
    graph->text[0] = '\0';
    assert_int_equal(rsl_modules_walk(&graph->modules, unit, graph_print, graph), RSL_OK);
    return graph->text;
}

/* Compares the crate whose root is the first file. */
static inline void check_modules(const struct memory_file *files, const char *expected)
{
    struct module_graph graph;
    module_graph_init(&graph, files);
    assert_string_equal(module_graph_text(&graph, files[0].path), expected);
    module_graph_fini(&graph);
}

#define FILES(...)               \
    (const struct memory_file[]) \
    {                            \
        __VA_ARGS__,             \
        {                        \
            NULL, NULL           \
        }                        \
    }

#endif
