/* graph_testing.h - a dependency graph over files in memory, and what it says as text. */
#ifndef RSL_TESTS_GRAPH_TESTING_H
#define RSL_TESTS_GRAPH_TESTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "index/graph.h"
#include "index/uses.h"

/* A file whose content is NULL does not exist. */
struct graph_source {
    const char *path; /* NULL ends a list */
    const char *content;
};

struct graph_under_test {
    struct rsl_graph graph;
    struct rsl_graph_files files;
    const struct graph_source *sources;
    struct rsl_facts_builder *facts_builder;
    struct rsl_names_builder *names_builder;
    struct rsl_file file;
    struct made_file {
        struct rsl_file_facts *facts;
        struct rsl_file_names *names;
        bool made;
    } * made; /* by number */
    uint32_t nmade;
    char *text;
    size_t ntext, text_capacity;
};

static inline const char *graph_content(const struct graph_under_test *test, const char *path)
{
    for (const struct graph_source *source = test->sources; source->path != NULL; source++) {
        if (strcmp(source->path, path) == 0)
            return source->content;
    }
    return NULL;
}

static inline enum rsl_file_kind graph_kind(void *state, uint32_t file, const char *path)
{
    (void)file;
    return graph_content(state, path) != NULL ? RSL_FILE_REGULAR : RSL_FILE_NONE;
}

static inline struct made_file *graph_make(struct graph_under_test *test, uint32_t number,
                                           const char *path)
{
    if (number >= test->nmade) {
        const uint32_t more = number * 2 + 16;
        test->made = realloc(test->made, more * sizeof *test->made);
        assert_non_null(test->made);
        memset(test->made + test->nmade, 0, (more - test->nmade) * sizeof *test->made);
        test->nmade = more;
    }
    struct made_file *made = &test->made[number];
    const char *content = graph_content(test, path);
    if (made->made || content == NULL)
        return made;
    const size_t nbytes = strlen(content);
    uint8_t *padded = calloc(1, nbytes + RSL_PAD);
    assert_non_null(padded);
    memcpy(padded, content, nbytes);
    assert_int_equal(rsl_parse(&test->file, padded, nbytes, NULL), RSL_OK);
    assert_int_equal(
        rsl_file_facts_create(test->facts_builder, &test->file, padded, nbytes, &made->facts),
        RSL_OK);
    assert_int_equal(rsl_file_names_create(test->names_builder, &test->file, padded, &made->names),
                     RSL_OK);
    made->made = true;
    free(padded);
    return made;
}

static inline const struct rsl_file_facts *graph_facts_of(void *state, uint32_t file,
                                                          const char *path)
{
    return graph_make(state, file, path)->facts;
}

static inline const struct rsl_file_names *graph_names_of(void *state, uint32_t file,
                                                          const char *path)
{
    return graph_make(state, file, path)->names;
}

static inline void graph_forget(struct graph_under_test *test, uint32_t file)
{
    if (file >= test->nmade)
        return;
    rsl_file_facts_destroy(test->made[file].facts, NULL);
    rsl_file_names_destroy(test->made[file].names, NULL);
    test->made[file] = (struct made_file){NULL, NULL, false};
}

static inline void graph_init(struct graph_under_test *test, const struct graph_source *sources,
                              const struct rsl_allocator *allocator)
{
    memset(test, 0, sizeof *test);
    test->sources = sources;
    test->facts_builder = rsl_facts_builder_create(NULL);
    test->names_builder = rsl_names_builder_create(NULL);
    assert_non_null(test->facts_builder);
    assert_non_null(test->names_builder);
    rsl_file_init(&test->file, NULL);
    test->files = (struct rsl_graph_files){{graph_kind, graph_facts_of, test}, graph_names_of};
    rsl_graph_init(&test->graph, &test->files, allocator);
}

static inline void graph_fini(struct graph_under_test *test)
{
    rsl_graph_fini(&test->graph);
    for (uint32_t i = 0; i < test->nmade; i++)
        graph_forget(test, i);
    free(test->made);
    free(test->text);
    rsl_file_fini(&test->file);
    rsl_facts_builder_destroy(test->facts_builder);
    rsl_names_builder_destroy(test->names_builder);
}

static inline uint32_t graph_number(struct graph_under_test *test, const char *path)
{
    uint32_t file;
    assert_int_equal(rsl_graph_file(&test->graph, path, &file), RSL_OK);
    return file;
}

static inline uint32_t graph_add_crate(struct graph_under_test *test, const char *name,
                                       const char *root, uint16_t edition)
{
    uint32_t crate;
    const struct rsl_graph_crate what = {name, graph_number(test, root), edition, false};
    assert_int_equal(rsl_graph_add_crate(&test->graph, &what, &crate), RSL_OK);
    return crate;
}

static inline void graph_depend(struct graph_under_test *test, uint32_t crate, const char *name,
                                uint32_t on)
{
    assert_int_equal(rsl_graph_add_dependency(&test->graph, crate, name, on), RSL_OK);
}

static inline void graph_update(struct graph_under_test *test)
{
    assert_int_equal(rsl_graph_update(&test->graph, NULL), RSL_OK);
}

/* Tells the graph that a file has new content, or has appeared or vanished. */
static inline void graph_tell(struct graph_under_test *test, const char *path, bool kind)
{
    const uint32_t file = graph_number(test, path);
    graph_forget(test, file);
    assert_int_equal(kind ? rsl_graph_kind_changed(&test->graph, file)
                          : rsl_graph_file_changed(&test->graph, file),
                     RSL_OK);
}

__attribute__((format(printf, 2, 3))) static inline void graph_put(struct graph_under_test *test,
                                                                   const char *format, ...)
{
    char line[512];
    va_list arguments;
    va_start(arguments, format);
    const int n = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    assert_true(n >= 0 && (size_t)n < sizeof line);
    if (test->ntext + (size_t)n + 1 > test->text_capacity) {
        test->text_capacity = test->text_capacity * 2 + 4096;
        test->text = realloc(test->text, test->text_capacity);
        assert_non_null(test->text);
    }
    memcpy(test->text + test->ntext, line, (size_t)n + 1);
    test->ntext += (size_t)n;
}

struct graph_line {
    const char *from, *to, *kind;
    uint32_t count;
};

static inline int graph_by_text(const void *a, const void *b)
{
    const struct graph_line *x = a, *y = b;
    int order = strcmp(x->from, y->from);
    if (order == 0)
        order = strcmp(x->to, y->to);
    return order != 0 ? order : strcmp(x->kind, y->kind);
}

/* `from -> to kind count` a line, sorted; and checks that the dependents are the edges reversed. */
static inline const char *graph_text(struct graph_under_test *test)
{
    const uint32_t nfiles = rsl_graph_nfiles(&test->graph);
    struct graph_line *lines = NULL;
    size_t n = 0, nreverse = 0, nforward = 0;
    for (uint32_t file = 0; file < nfiles; file++) {
        const struct rsl_graph_edge *edges;
        const uint32_t *dependents;
        const uint32_t nedges = rsl_graph_edges(&test->graph, file, &edges);
        nreverse += rsl_graph_dependents(&test->graph, file, &dependents);
        lines = realloc(lines, (n + nedges + 1) * sizeof *lines);
        assert_non_null(lines);
        for (uint32_t i = 0; i < nedges; i++) {
            lines[n++] = (struct graph_line){rsl_graph_path(&test->graph, file),
                                             rsl_graph_path(&test->graph, edges[i].to),
                                             rsl_edge_kind_name(edges[i].kind), edges[i].count};
            const bool first = i == 0 || edges[i - 1].to != edges[i].to;
            nforward += first;
            const uint32_t *of;
            const uint32_t nof = rsl_graph_dependents(&test->graph, edges[i].to, &of);
            uint32_t found = 0;
            for (uint32_t k = 0; k < nof; k++)
                found += of[k] == file;
            assert_int_equal(found, 1);
        }
    }
    assert_int_equal(nreverse, nforward);
    if (n > 1)
        qsort(lines, n, sizeof *lines, graph_by_text);
    test->ntext = 0;
    graph_put(test, "%s", "");
    for (size_t i = 0; i < n; i++)
        graph_put(test, "%s -> %s %s %u\n", lines[i].from, lines[i].to, lines[i].kind,
                  lines[i].count);
    free(lines);
    return test->text;
}

/* `use: file#name file#name` or `use: status` a line; uses are numbered in the order of the file.
 */
static inline void graph_put_use(void *state, const struct rsl_use_result *result)
{
    struct graph_under_test *test = state;
    graph_put(test, "%u:", result->use);
    for (uint32_t i = 0; i < result->ntargets; i++) {
        const struct rsl_use_target *target = &result->targets[i];
        const struct rsl_file_names *of = rsl_graph_names(&test->graph, target->file);
        graph_put(test, " %s", rsl_graph_path(&test->graph, target->file));
        if (target->name != RSL_NONE)
            graph_put(test, "#%s", rsl_names_text(of, of->names[target->name].text));
    }
    if (result->ntargets == 0)
        graph_put(test, " %s", rsl_use_status_name(result->status));
    graph_put(test, "\n");
}

static inline const char *graph_uses_text(struct graph_under_test *test, const char *path)
{
    test->ntext = 0;
    graph_put(test, "%s", "");
    assert_int_equal(rsl_graph_uses(&test->graph, graph_number(test, path), graph_put_use, test),
                     RSL_OK);
    return test->text;
}

#define SOURCES(...)              \
    (const struct graph_source[]) \
    {                             \
        __VA_ARGS__,              \
        {                         \
            NULL, NULL            \
        }                         \
    }

#endif
