/* index/project.h: crates from Cargo.toml or guessed, and files as they come and go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "index/project.h"
#include "tests/counting_allocator.h"
#include "tests/memory_tree.h"

/* A project over files in memory, of which those named *.rs are handed over. */
struct test {
    struct memory_tree memory;
    struct rsl_project project;
    const struct rsl_allocator *allocator;
    char text[8192];
};

static bool is_source(const char *path)
{
    const size_t n = strlen(path);
    return n > 3 && strcmp(path + n - 3, ".rs") == 0;
}

/* Facts and names of a content, from the allocator. RSL_ENOMEM: neither. */
static enum rsl_status parse(const struct rsl_allocator *allocator, const char *content,
                             struct rsl_file_facts **facts_out, struct rsl_file_names **names_out)
{
    const size_t nbytes = strlen(content);
    uint8_t *padded = calloc(1, nbytes + RSL_PAD);
    struct rsl_file file;
    assert_non_null(padded);
    memcpy(padded, content, nbytes);
    rsl_file_init(&file, NULL);
    assert_int_equal(rsl_parse(&file, padded, nbytes, NULL), RSL_OK);
    struct rsl_facts_builder *facts = rsl_facts_builder_create(allocator);
    struct rsl_names_builder *names = rsl_names_builder_create(allocator);
    *facts_out = NULL;
    *names_out = NULL;
    enum rsl_status status = facts == NULL || names == NULL ? RSL_ENOMEM : RSL_OK;
    if (status == RSL_OK)
        status = rsl_file_facts_create(facts, &file, padded, nbytes, facts_out);
    if (status == RSL_OK)
        status = rsl_file_names_create(names, &file, padded, names_out);
    if (status != RSL_OK)
        rsl_file_facts_destroy(*facts_out, allocator);
    rsl_facts_builder_destroy(facts);
    rsl_names_builder_destroy(names);
    rsl_file_fini(&file);
    free(padded);
    return status;
}

static enum rsl_status set(struct test *test, const char *path, const char *content)
{
    struct rsl_file_facts *facts;
    struct rsl_file_names *names;
    enum rsl_status status = parse(test->allocator, content, &facts, &names);
    if (status != RSL_OK)
        return status;
    status = rsl_project_set(&test->project, path, facts, names);
    if (status != RSL_OK) { /* they are still ours */
        rsl_file_facts_destroy(facts, test->allocator);
        rsl_file_names_destroy(names, test->allocator);
    }
    return status;
}

/* Loads all files. Any status but RSL_OK leaves nothing to release. */
static enum rsl_status load(struct test *test, const struct memory_file *files,
                            const struct rsl_allocator *allocator)
{
    memory_tree_init(&test->memory, files);
    test->allocator = allocator;
    enum rsl_status status = rsl_project_init(&test->project, &test->memory.tree, allocator);
    if (status != RSL_OK)
        return status;
    for (const struct memory_file *file = files; file->path != NULL && status == RSL_OK; file++) {
        if (is_source(file->path))
            status = set(test, file->path, file->content);
    }
    if (status == RSL_OK)
        status = rsl_project_find_crates(&test->project);
    if (status == RSL_OK)
        status = rsl_project_update(&test->project, NULL);
    if (status != RSL_OK)
        rsl_project_fini(&test->project);
    return status;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The lines sorted, in test->text. */
static const char *sorted(struct test *test, char (*lines)[160], size_t n)
{
    const char *order[128];
    assert_true(n <= 128);
    for (size_t i = 0; i < n; i++)
        order[i] = lines[i];
    if (n > 1)
        qsort(order, n, sizeof *order, by_text);
    test->text[0] = '\0';
    for (size_t i = 0; i < n; i++) {
        assert_true(strlen(test->text) + strlen(order[i]) < sizeof test->text);
        strcat(test->text, order[i]);
    }
    return test->text;
}

static const char *edges(struct test *test)
{
    const struct rsl_graph *graph = &test->project.graph;
    char lines[128][160];
    size_t n = 0;
    for (uint32_t file = 0; file < rsl_graph_nfiles(graph); file++) {
        const struct rsl_graph_edge *list;
        const uint32_t nedges = rsl_graph_edges(graph, file, &list);
        for (uint32_t i = 0; i < nedges; i++) {
            assert_true(n < 128);
            snprintf(lines[n++], sizeof lines[0], "%s -> %s %s %u\n", rsl_graph_path(graph, file),
                     rsl_graph_path(graph, list[i].to), rsl_edge_kind_name(list[i].kind),
                     list[i].count);
        }
    }
    return sorted(test, lines, n);
}

static const char *crates(struct test *test)
{
    const struct rsl_graph *graph = &test->project.graph;
    char lines[128][160];
    assert_true(graph->ncrates <= 128);
    for (uint32_t i = 0; i < graph->ncrates; i++)
        snprintf(lines[i], sizeof lines[0], "%s %s\n", rsl_graph_crate_name(graph, i),
                 rsl_graph_path(graph, rsl_graph_crate_root(graph, i)));
    return sorted(test, lines, graph->ncrates);
}

#define FILES(...)               \
    (const struct memory_file[]) \
    {                            \
        __VA_ARGS__,             \
        {                        \
            NULL, NULL           \
        }                        \
    }

static void check(const struct memory_file *files, const char *expected_crates,
                  const char *expected_edges)
{
    struct test test;
    assert_int_equal(load(&test, files, NULL), RSL_OK);
    assert_string_equal(crates(&test), expected_crates);
    assert_string_equal(edges(&test), expected_edges);
    rsl_project_fini(&test.project);
}

static void targets_of_packages_are_crates(void **state)
{
    (void)state;
    check(FILES({"Cargo.toml", "[package]\nname = \"a-b\"\nedition = \"2021\"\n"},
                {"src/lib.rs", "pub mod x; pub struct S;"}, {"src/x.rs", ""},
                {"src/main.rs", "use a_b::S;"}, {"src/bin/tool.rs", "use a_b::x;"},
                {"tests/t.rs", "use a_b::S; mod common;"}, {"tests/common/mod.rs", ""},
                {"build.rs", ""}, {"src/nobody.rs", "use crate::S;"}),
          "a-b src/main.rs\na_b src/lib.rs\nbuild-script-build build.rs\nt tests/t.rs\n"
          "tool src/bin/tool.rs\n",
          "src/bin/tool.rs -> src/x.rs use 1\nsrc/lib.rs -> src/x.rs mod 1\n"
          "src/main.rs -> src/lib.rs use 1\ntests/t.rs -> src/lib.rs use 1\n"
          "tests/t.rs -> tests/common/mod.rs mod 1\n");
}

static void path_dependencies_lead_into_other_packages(void **state)
{
    (void)state;
    check(FILES({"Cargo.toml", "[workspace]\nmembers = [\"a\", \"b\"]\n"
                               "[workspace.dependencies]\nc = { path = \"c\" }\n"},
                {"a/Cargo.toml", "[package]\nname = \"a\"\nedition = \"2021\"\n[dependencies]\n"
                                 "renamed = { path = \"../b\", package = \"b-pkg\" }\n"
                                 "c.workspace = true\nserde = \"1\"\n"},
                {"a/src/lib.rs", "use renamed::B; use c::C; use serde::D; use b_lib::B as N;"},
                {"b/Cargo.toml", "[package]\nname = \"b-pkg\"\n[lib]\nname = \"b_lib\"\n"
                                 "path = \"root.rs\"\n[dev-dependencies]\nc = { path = \"../c\" }"},
                {"b/root.rs", "pub struct B; extern crate c; use c::C;"},
                {"c/Cargo.toml", "[package]\nname = \"c\"\n"}, {"c/src/lib.rs", "pub struct C;"}),
          "a a/src/lib.rs\nb_lib b/root.rs\nc c/src/lib.rs\n",
          "a/src/lib.rs -> b/root.rs use 1\na/src/lib.rs -> c/src/lib.rs use 1\n"
          "b/root.rs -> c/src/lib.rs use 1\n");
}

static void roots_are_guessed_where_there_is_no_package(void **state)
{
    (void)state;
    check(FILES({"x/lib.rs", "mod a;"}, {"x/a.rs", ""}, {"y/one.rs", "mod two;"},
                {"y/two.rs", "use super::*;"}, {"y/alone.rs", ""}),
          "alone y/alone.rs\nlib x/lib.rs\none y/one.rs\n",
          "x/lib.rs -> x/a.rs mod 1\ny/one.rs -> y/two.rs mod 1\n"
          "y/two.rs -> y/one.rs use 1\n");
    /* Beside packages too; but not in one, where such a file is an orphan. */
    check(FILES({"p/Cargo.toml", "[package]\nname = \"p\""}, {"p/src/lib.rs", ""},
                {"p/examples/deep/er/no.rs", ""}, {"q/main.rs", ""}),
          "main q/main.rs\np p/src/lib.rs\n", "");
}

static void dirty_manifests_are_read_as_cargo_reads_them(void **state)
{
    (void)state;
    /* [project] and a lower-case cargo.toml, as some crates have them. */
    check(FILES({"p/Cargo.toml", "[project]\nname = \"p\"\nversion = \"1.0.0\"\n"},
                {"p/src/lib.rs", "mod m;"}, {"p/src/m.rs", ""},
                {"q/cargo.toml", "[package]\nname = \"q\"\n"}, {"q/src/lib.rs", "mod m;"},
                {"q/src/m.rs", ""}),
          "p p/src/lib.rs\nq q/src/lib.rs\n",
          "p/src/lib.rs -> p/src/m.rs mod 1\nq/src/lib.rs -> q/src/m.rs mod 1\n");
    /* Broken, empty, of other types: the files are there all the same. */
    static const char *const bad[] = {"",
                                      "[package",
                                      "\x01\x02\xff",
                                      "[package]\nname = 1\n",
                                      "package = 3\n",
                                      "[package]\nname = \"p\"\n[package]\n",
                                      "[package]\nname = \"\"\n",
                                      "\xEF\xBB\xBF"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct test test;
        assert_int_equal(
            load(&test, FILES({"Cargo.toml", bad[i]}, {"src/lib.rs", "mod m;"}, {"src/m.rs", ""}),
                 NULL),
            RSL_OK);
        assert_string_equal(edges(&test), "src/lib.rs -> src/m.rs mod 1\n");
        rsl_project_fini(&test.project);
    }
    /* Paths that lead nowhere, or in a circle. */
    check(FILES({"a/Cargo.toml", "[package]\nname = \"a\"\n[dependencies]\n"
                                 "b = { path = \"../b\" }\nn = { path = \"../none\" }\n"
                                 "s = { path = \".\" }\no = { path = \"../../../out\" }"},
                {"a/src/lib.rs", "extern crate b; use b::B; use n::X; pub struct A;"},
                {"b/Cargo.toml", "[package]\nname = \"b\"\n[dependencies]\n"
                                 "a = { path = \"../a\" }\n"},
                {"b/src/lib.rs", "extern crate a; use a::A; pub struct B;"}),
          "a a/src/lib.rs\nb b/src/lib.rs\n",
          "a/src/lib.rs -> b/src/lib.rs use 1\nb/src/lib.rs -> a/src/lib.rs use 1\n");
}

static void sources_may_begin_with_marks_and_end_lines_with_cr(void **state)
{
    (void)state;
    check(FILES({"lib.rs", "\xEF\xBB\xBFmod a;\r\nuse a::{X,\r\n  Y};\r\n"},
                {"a.rs", "#!/usr/bin/env x\r\n#[cfg(a)]\r\npub struct X;\r\npub fn Y() {}\r\n"}),
          "lib lib.rs\n", "lib.rs -> a.rs mod 1\nlib.rs -> a.rs use 2\n");
}

/* What nobody scanned is read when a declaration leads there. */
static void files_outside_of_the_scan_are_read(void **state)
{
    (void)state;
    check(FILES({"lib.rs", "include!(\"table.in\"); #[path = \"odd.name\"] mod m; use m::X;"},
                {"table.in", "use crate::m::Y;"}, {"odd.name", "pub struct X; pub struct Y;"}),
          "lib lib.rs\n",
          "lib.rs -> odd.name mod 1\nlib.rs -> odd.name use 1\n"
          "lib.rs -> table.in include 1\ntable.in -> odd.name use 1\n");
}

static void an_empty_project_has_nothing(void **state)
{
    (void)state;
    check(FILES({"notes.txt", ""}), "", "");
    check(FILES({"Cargo.toml", "[package]\nname = \"p\""}), "", "");
}

static void files_come_change_and_go(void **state)
{
    (void)state;
    struct test test;
    assert_int_equal(load(&test,
                          FILES({"Cargo.toml", "[package]\nname = \"p\"\nedition = \"2018\""},
                                {"src/lib.rs", "mod a; mod b;"}, {"src/a.rs", "use crate::b::B;"}),
                          NULL),
                     RSL_OK);
    const char *before = "src/lib.rs -> src/a.rs mod 1\n";
    assert_string_equal(edges(&test), before);
    assert_int_equal(set(&test, "src/b.rs", "pub struct B;"), RSL_OK);
    assert_int_equal(rsl_project_update(&test.project, NULL), RSL_OK);
    assert_string_equal(edges(&test), "src/a.rs -> src/b.rs use 1\nsrc/lib.rs -> src/a.rs mod 1\n"
                                      "src/lib.rs -> src/b.rs mod 1\n");
    assert_int_equal(set(&test, "src/b.rs", "pub struct C;"), RSL_OK);
    assert_int_equal(rsl_project_update(&test.project, NULL), RSL_OK);
    assert_string_equal(edges(&test),
                        "src/lib.rs -> src/a.rs mod 1\nsrc/lib.rs -> src/b.rs mod 1\n");
    assert_int_equal(rsl_project_remove(&test.project, "src/b.rs"), RSL_OK);
    assert_int_equal(rsl_project_remove(&test.project, "src/never.rs"), RSL_OK);
    assert_int_equal(rsl_project_update(&test.project, NULL), RSL_OK);
    assert_string_equal(edges(&test), before);
    uint32_t file;
    assert_int_equal(rsl_graph_file(&test.project.graph, "src/b.rs", &file), RSL_OK);
    assert_false(rsl_project_holds(&test.project, file));
    rsl_project_fini(&test.project);
}

static void folders_may_nest_to_any_depth(void **state)
{
    (void)state;
    enum { DEPTH = 5000 };
    char *path = malloc(DEPTH * 2 + 16);
    for (int i = 0; i < DEPTH; i++)
        memcpy(path + (size_t)2 * i, "d/", 2);
    strcpy(path + (size_t)2 * DEPTH, "lib.rs");
    const struct memory_file files[] = {{path, "fn f() {}"}, {NULL, NULL}};
    struct test test;
    assert_int_equal(load(&test, files, NULL), RSL_OK);
    assert_int_equal(test.project.graph.ncrates, 1);
    rsl_project_fini(&test.project);
    free(path);
}

static void memory_may_fail_at_any_call(void **state)
{
    (void)state;
    static const struct memory_file files[] = {
        {"p/Cargo.toml", "[package]\nname = \"p\"\nedition = \"2021\"\n"
                         "[dependencies]\nd-d = { path = \"d\" }\n"},
        {"p/src/lib.rs", "mod a; use a::*; use d_d::D; include!(\"i.in\"); m! {}"},
        {"p/src/a.rs", "#[macro_export] macro_rules! m { () => {} } pub use crate::*;"},
        {"p/src/i.in", "use crate::a::X;"},
        {"p/d/Cargo.toml", "[package]\nname = \"d-d\"\n"},
        {"p/d/src/lib.rs", "pub struct D;"},
        {"loose/x.rs", "mod y;"},
        {"loose/y.rs", "use super::Z;"},
        {NULL, NULL}};
    bool failed = true;
    for (size_t k = 0; failed; k++) {
        struct counting_allocator counting;
        struct test test;
        counting_init(&counting, k);
        const enum rsl_status status = load(&test, files, &counting.allocator);
        failed = status != RSL_OK;
        assert_true(!failed || status == RSL_ENOMEM);
        if (!failed) {
            assert_string_equal(
                edges(&test),
                "loose/x.rs -> loose/y.rs mod 1\n"
                "p/src/a.rs -> p/src/lib.rs re-export 1\n"
                "p/src/lib.rs -> p/d/src/lib.rs use 1\n"
                "p/src/lib.rs -> p/src/a.rs macro 1\np/src/lib.rs -> p/src/a.rs mod 1\n"
                "p/src/lib.rs -> p/src/a.rs use 1\n"
                "p/src/lib.rs -> p/src/i.in include 1\n");
            rsl_project_fini(&test.project);
        }
        assert_false(counting.wrong);
        assert_int_equal(counting.nbytes, 0);
        assert_true(k < 10000);
    }
}

/* A change that memory does not suffice for can be told again. */
static void a_change_may_fail_and_be_told_again(void **state)
{
    (void)state;
    static const struct memory_file files[] = {{"lib.rs", "mod a; mod b; mod c;"},
                                               {"a.rs", "pub struct X;"},
                                               {"b.rs", "use crate::a::X;"},
                                               {"c.rs", "use crate::a::Y; use crate::b::Z;"},
                                               {NULL, NULL}};
    bool failed = true;
    size_t first = 0; /* the calls that loading takes */
    struct counting_allocator counting;
    struct test test;
    counting_init(&counting, SIZE_MAX);
    assert_int_equal(load(&test, files, &counting.allocator), RSL_OK);
    rsl_project_fini(&test.project);
    first = counting.ncalls;
    for (size_t k = first; failed; k++) {
        counting_init(&counting, k);
        assert_int_equal(load(&test, files, &counting.allocator), RSL_OK);
        failed = false;
        while (set(&test, "a.rs", "pub struct Y; pub mod n;") != RSL_OK)
            failed = true;
        while (rsl_project_remove(&test.project, "b.rs") != RSL_OK)
            failed = true;
        while (set(&test, "a/n.rs", "pub use crate::c::*;") != RSL_OK)
            failed = true;
        while (rsl_project_update(&test.project, NULL) != RSL_OK)
            failed = true;
        assert_string_equal(edges(&test), "a.rs -> a/n.rs mod 1\na/n.rs -> c.rs re-export 1\n"
                                          "c.rs -> a.rs use 1\n"
                                          "lib.rs -> a.rs mod 1\nlib.rs -> c.rs mod 1\n");
        rsl_project_fini(&test.project);
        assert_false(counting.wrong);
        assert_int_equal(counting.nbytes, 0);
        assert_true(k < first + 10000);
    }
}

/* A file that is declared no more becomes the root of a crate, and the other way round. */
static void guesses_are_others_when_declarations_are(void **state)
{
    (void)state;
    static const struct memory_file files[] = {{"p/Cargo.toml", "[package]\nname = \"p\"\n"},
                                               {"p/src/lib.rs", "mod a;"},
                                               {"p/src/a.rs", ""},
                                               {"lib.rs", "mod a;"},
                                               {"a.rs", "pub struct X;"},
                                               {"b.rs", "pub struct Y;"},
                                               {NULL, NULL}};
    static const struct {
        const char *path, *content;
        bool differs;
    } changes[] = {{"lib.rs", "mod a; use a::X;", false}, {"lib.rs", "use a::X;", true},
                   {"lib.rs", "mod a;", false},           {"lib.rs", "mod a; mod b;", true},
                   {"lib.rs", "mod a; mod c;", false},    {"p/src/lib.rs", "", false}};
    struct counting_allocator counting;
    struct test test;
    counting_init(&counting, SIZE_MAX);
    assert_int_equal(load(&test, files, &counting.allocator), RSL_OK);
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        bool differs = !changes[i].differs;
        assert_int_equal(set(&test, changes[i].path, changes[i].content), RSL_OK);
        assert_int_equal(rsl_project_update(&test.project, NULL), RSL_OK);
        counting.fail_at = counting.ncalls;
        assert_int_equal(rsl_project_guess_again(&test.project, &differs), RSL_ENOMEM);
        assert_false(differs);
        counting.fail_at = SIZE_MAX;
        assert_int_equal(rsl_project_guess_again(&test.project, &differs), RSL_OK);
        assert_int_equal(differs, changes[i].differs);
    }
    rsl_project_fini(&test.project);
    assert_false(counting.wrong);
    assert_int_equal(counting.nbytes, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(targets_of_packages_are_crates),
        cmocka_unit_test(path_dependencies_lead_into_other_packages),
        cmocka_unit_test(roots_are_guessed_where_there_is_no_package),
        cmocka_unit_test(dirty_manifests_are_read_as_cargo_reads_them),
        cmocka_unit_test(sources_may_begin_with_marks_and_end_lines_with_cr),
        cmocka_unit_test(files_outside_of_the_scan_are_read),
        cmocka_unit_test(an_empty_project_has_nothing),
        cmocka_unit_test(files_come_change_and_go),
        cmocka_unit_test(folders_may_nest_to_any_depth),
        cmocka_unit_test(memory_may_fail_at_any_call),
        cmocka_unit_test(a_change_may_fail_and_be_told_again),
        cmocka_unit_test(guesses_are_others_when_declarations_are),
    };
    return cmocka_run_group_tests_name("index_project", tests, NULL, NULL);
}
