/* index/graph.h: edges, circles, and what a change costs. */
#include "index/fingerprint.h"
#include "tests/counting_allocator.h"
#include "tests/graph_testing.h"

#include "sched/sched.h"

static void check_graph(const struct graph_source *sources, const char *expected)
{
    struct graph_under_test test;
    graph_init(&test, sources, NULL);
    graph_add_crate(&test, "main", sources[0].path, 2021);
    graph_update(&test);
    assert_string_equal(graph_text(&test), expected);
    graph_fini(&test);
}

static void edges_have_kinds_and_counts(void **state)
{
    (void)state;
    check_graph(SOURCES({"lib.rs", "mod a; mod b; include!(\"i.rs\"); use a::{F, G}; pub use a::H;"
                                   "pub(crate) use b::m; fn f() { use a::H; }"},
                        {"a.rs", "pub struct F; pub struct G; pub struct H; use super::F as T;"},
                        {"b.rs", "macro_rules! m { () => {} } pub(crate) use m;"},
                        {"i.rs", "use crate::a::F as I;"}),
                "a.rs -> lib.rs use 1\n"
                "i.rs -> a.rs use 1\n"
                "lib.rs -> a.rs mod 1\nlib.rs -> a.rs re-export 1\nlib.rs -> a.rs use 3\n"
                "lib.rs -> b.rs macro 1\nlib.rs -> b.rs mod 1\nlib.rs -> b.rs re-export 1\n"
                "lib.rs -> i.rs include 1\n");
}

static void files_that_pass_a_name_on_are_depended_on(void **state)
{
    (void)state;
    check_graph(SOURCES({"lib.rs", "mod a; mod b; mod c; use a::X;"},
                        {"a.rs", "pub use crate::b::*;"}, {"b.rs", "pub use crate::c::X;"},
                        {"c.rs", "pub struct X;"}),
                "a.rs -> b.rs re-export 1\n"
                "b.rs -> c.rs re-export 1\n"
                "lib.rs -> a.rs mod 1\nlib.rs -> a.rs use 1\n"
                "lib.rs -> b.rs mod 1\nlib.rs -> b.rs use 1\n"
                "lib.rs -> c.rs mod 1\nlib.rs -> c.rs use 1\n");
}

static void calls_of_macros_lead_to_their_definitions(void **state)
{
    (void)state;
    check_graph(SOURCES({"lib.rs", "#[macro_use] mod m; mod u; mod p;"},
                        {"m.rs", "macro_rules! make { () => {} }"}, {"u.rs", "make! {}"},
                        {"p.rs", "crate::exported!(); fn f() {}"}, {"m/none.rs", ""}),
                "lib.rs -> m.rs mod 1\nlib.rs -> p.rs mod 1\nlib.rs -> u.rs mod 1\n"
                "u.rs -> m.rs macro 1\n");
}

static void crates_depend_on_crates(void **state)
{
    (void)state;
    struct graph_under_test test;
    graph_init(&test,
               SOURCES({"a/lib.rs", "#[macro_use] extern crate b; use b::x::X; use c::Y;"},
                       {"b/lib.rs", "pub mod x;"}, {"b/x.rs", "pub struct X;"}),
               NULL);
    const uint32_t a = graph_add_crate(&test, "a", "a/lib.rs", 2021);
    graph_depend(&test, a, "b", graph_add_crate(&test, "b-pkg", "b/lib.rs", 2021));
    graph_update(&test);
    assert_string_equal(graph_text(&test), "a/lib.rs -> b/lib.rs macro 1\n"
                                           "a/lib.rs -> b/x.rs use 1\nb/lib.rs -> b/x.rs mod 1\n");
    graph_fini(&test);
}

static uint32_t component_of(struct graph_under_test *test, const uint32_t *components,
                             const char *path)
{
    return components[graph_number(test, path)];
}

static void circles_are_components_of_several_files(void **state)
{
    (void)state;
    struct graph_under_test test;
    graph_init(&test,
               SOURCES({"lib.rs", "mod a; mod b; mod c; mod d;"}, {"a.rs", "use crate::b::X;"},
                       {"b.rs", "use crate::c::Y; pub struct X;"},
                       {"c.rs", "use crate::a; pub struct Y;"}, {"d.rs", "use crate::a;"}),
               NULL);
    graph_add_crate(&test, "l", "lib.rs", 2021);
    graph_update(&test);
    uint32_t components[64], ncomponents;
    assert_true(rsl_graph_nfiles(&test.graph) <= 64);
    assert_int_equal(rsl_graph_cycles(&test.graph, 1u << RSL_EDGE_USE, components, &ncomponents),
                     RSL_OK);
    assert_int_equal(ncomponents, 1);
    assert_int_equal(component_of(&test, components, "a.rs"), 0);
    assert_int_equal(component_of(&test, components, "b.rs"), 0);
    assert_int_equal(component_of(&test, components, "c.rs"), 0);
    assert_int_equal(component_of(&test, components, "d.rs"), RSL_NONE);
    assert_int_equal(component_of(&test, components, "lib.rs"), RSL_NONE);
    assert_int_equal(rsl_graph_cycles(&test.graph, 1u << RSL_EDGE_MOD, components, &ncomponents),
                     RSL_OK);
    assert_int_equal(ncomponents, 0);

    uint32_t *files, nfiles;
    assert_int_equal(
        rsl_graph_closure(&test.graph, graph_number(&test, "a.rs"), true, &files, &nfiles), RSL_OK);
    assert_int_equal(nfiles, 5); /* the circle with itself, d.rs, lib.rs */
    rsl_graph_release(&test.graph, files, nfiles);
    assert_int_equal(
        rsl_graph_closure(&test.graph, graph_number(&test, "d.rs"), false, &files, &nfiles),
        RSL_OK);
    assert_int_equal(nfiles, 3);
    assert_string_equal(rsl_graph_path(&test.graph, files[0]), "a.rs");
    rsl_graph_release(&test.graph, files, nfiles);
    graph_fini(&test);
}

static void modules_in_circles_are_gone_through_once(void **state)
{
    (void)state;
    check_graph(SOURCES({"lib.rs", "mod a; use a::b::X;"},
                        {"a.rs", "#[path = \"b.rs\"] pub mod b; pub struct X;"},
                        {"b.rs", "#[path = \"a.rs\"] pub mod a; #[path = \"b.rs\"] mod b;"
                                 "pub use a::X; use super::super::a as up;"}),
                "a.rs -> b.rs mod 1\n"
                "b.rs -> a.rs mod 1\nb.rs -> a.rs re-export 1\nb.rs -> a.rs use 1\n"
                "lib.rs -> a.rs mod 1\nlib.rs -> a.rs use 1\nlib.rs -> b.rs use 1\n");
}

/* ---- what a change costs ---- */

static struct graph_source hub[] = {
    {"lib.rs", "mod hub; mod one; mod two; mod other;"},
    {"hub.rs", "pub fn f() { body(); }"},
    {"one.rs", "use crate::hub::f;"},
    {"two.rs", "use crate::hub::*;"},
    {"other.rs", "use crate::one;"},
    {"new.rs", NULL},
    {NULL, NULL},
};

/* How many files an edit makes the graph resolve. */
static uint64_t cost_of(struct graph_under_test *test, size_t i, const char *content)
{
    const uint64_t before = test->graph.stats.nresolved;
    const bool kind = (hub[i].content == NULL) != (content == NULL);
    hub[i].content = content;
    graph_tell(test, hub[i].path, kind);
    graph_update(test);
    return test->graph.stats.nresolved - before;
}

static void only_what_depends_on_a_change_is_resolved_anew(void **state)
{
    (void)state;
    struct graph_under_test test;
    graph_init(&test, hub, NULL);
    graph_add_crate(&test, "l", "lib.rs", 2021);
    graph_update(&test);
    assert_int_equal(test.graph.stats.nresolved, 5);
    /* A body, comments, white space. */
    assert_int_equal(cost_of(&test, 1, "// x\n\npub  fn f() { other(); }"), 0);
    assert_int_equal(test.graph.stats.nunchanged, 1);
    /* A signature, an attribute: no use means anything else. */
    assert_int_equal(cost_of(&test, 1, "#[inline] pub fn f(a: u8) {}"), 0);
    assert_int_equal(test.graph.stats.nunchanged, 2);
    /* A name that others can see: the file, and those that read it. */
    assert_int_equal(cost_of(&test, 1, "pub fn f() {} pub fn g() {}"), 3);
    /* A visibility. */
    assert_int_equal(cost_of(&test, 1, "pub fn f() {} pub(crate) fn g() {}"), 3);
    /* A use inside a body concerns the file alone. */
    assert_int_equal(cost_of(&test, 1, "pub fn f() { use crate::one; } pub(crate) fn g() {}"), 1);
    /* One with items in it, too. */
    assert_int_equal(
        cost_of(&test, 1, "pub fn f() { enum E { A } use E::*; } pub(crate) fn g() {}"), 1);
    /* Nobody reads other.rs. */
    assert_int_equal(cost_of(&test, 4, "use crate::two;"), 1);
    /* A module that is missing concerns who reads the declaring file, and one that appears. */
    const uint64_t walked = test.graph.stats.nwalked;
    assert_int_equal(cost_of(&test, 4, "use crate::two; pub mod x { }"), 1);
    assert_int_equal(test.graph.stats.nwalked, walked + 1);
    cost_of(&test, 0, "mod hub; mod one; mod two; mod other; mod new;");
    assert_int_equal(cost_of(&test, 5, "use crate::hub::f;"), 5 + 1);
    assert_non_null(strstr(graph_text(&test), "new.rs -> hub.rs use 1\n"));
    graph_fini(&test);
    hub[5].content = NULL;
}

/* ---- incremental equals fresh ---- */

static uint64_t random_state;

static uint32_t random_below(uint32_t n)
{
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((random_state >> 33) % n);
}

enum { NPATHS = 12, CONTENT = 2048 };

static const char *const paths[NPATHS] = {"lib.rs",   "main.rs",  "a.rs",   "b.rs",
                                          "c.rs",     "a/b.rs",   "a/c.rs", "b/mod.rs",
                                          "dep/l.rs", "dep/d.rs", "inc.rs", "a/mod.rs"};

static const char *const pieces[] = {
    "mod a;",
    "pub mod b;",
    "mod c;",
    "#[cfg(x)] mod b;",
    "#[path = \"c.rs\"] pub mod z;",
    "#[path = \"../a.rs\"] mod up;",
    "pub mod inl { pub mod a {} pub use super::*; pub struct I; fn private() {} }",
    "#[macro_use] mod d;",
    "include!(\"inc.rs\");",
    "mod i2 { include!(\"inc.rs\"); }",
    "fn f() { use super::b::*; mod c {} }",
    "pub struct X;",
    "pub(crate) fn x() {}",
    "enum E { A, B }",
    "pub enum E { A, X }",
    "pub use self::E::*;",
    "use crate::a::X;",
    "pub use crate::b::*;",
    "pub use super::*;",
    "use super::super::x;",
    "pub use self::a::*;",
    "pub use b::X as a;",
    "use c::inl::I;",
    "pub use inl::*;",
    "use dep::X;",
    "pub use dep::*;",
    "pub extern crate dep as renamed;",
    "#[macro_use] extern crate dep;",
    "use dep::d::m;",
    "pub use crate::X as b;",
    "pub use crate::z::{self, X, E::{self, *}};",
    "#[macro_export] macro_rules! m { () => {} }",
    "macro_rules! local { () => {} }",
    "m! {}",
    "crate::m!();",
    "local!();",
    "use crate::m;",
    "#[cfg(y)] pub use a::x;",
    "use std::fmt;",
    "use a::b::c::X as deep;",
    "pub use crate::a::up::*;",
    "fn g() { macro_rules! local { () => {} } mod a; }",
    "fn h() { use super::X; enum X { X } use X::*; }",
    "fn i() { include!(\"inc.rs\"); }",
    "pub use self::b::{self as bb, c::{X as Y, *}, *};",
    "use bb::c::*;",
    "use X::X;",
    "pub use E::{A, X as x};",
    "pub use m;",
    "#[macro_use] mod inl { macro_rules! local { () => {} } pub use crate::*; }",
    "use ::dep::*;",
    "use ::a::X as root_x;",
    "extern crate self as me; use me::a::*;",
    "pub use a::X;",
    "use a::*; use b::*;",
    "pub use c::X; pub use inl::*;",
    "pub fn f(x: u8) { body() } // comment",
};
enum { NPIECES = sizeof pieces / sizeof *pieces };

struct project {
    struct graph_source sources[NPATHS + 1];
    char contents[NPATHS][CONTENT];
};

static void write_at_random(char content[CONTENT], uint32_t file)
{
    content[0] = '\0';
    if (file < 4 && random_below(8) != 0)
        strcat(content, file < 2 ? "mod a; pub mod b; mod c;\n" : "pub mod b; pub mod c;\n");
    if (strcmp(paths[file], "dep/l.rs") == 0 && random_below(8) != 0)
        strcat(content, "#[macro_use] pub mod d; pub struct X;\n");
    for (uint32_t n = random_below(12); n > 0; n--)
        strcat(strcat(content, pieces[random_below(NPIECES)]), "\n");
}

/* What is found must not depend on the order in which files and crates got their numbers. */
static void add_crates(struct graph_under_test *test, bool backwards)
{
    uint32_t lib = 0, bin, dep;
    if (!backwards)
        lib = graph_add_crate(test, "lib", "lib.rs", 2021);
    for (int i = NPATHS; i-- > 0 && backwards;)
        graph_number(test, paths[i]);
    dep = graph_add_crate(test, "dep", "dep/l.rs", 2018);
    bin = graph_add_crate(test, "bin", "main.rs", 2015);
    if (backwards)
        lib = graph_add_crate(test, "lib", "lib.rs", 2021);
    graph_depend(test, lib, "dep", dep);
    graph_depend(test, bin, "dep", dep);
    graph_depend(test, bin, "lib", lib);
}

/* Returns how many edges there are. */
static size_t compare_with_fresh(struct graph_under_test *kept, const struct project *project,
                                 int step)
{
    struct graph_under_test fresh;
    size_t nlines = 0;
    graph_init(&fresh, project->sources, NULL);
    add_crates(&fresh, step % 2 == 1);
    graph_update(&fresh);
    const char *expected = graph_text(&fresh), *text = graph_text(kept);
    if (strcmp(text, expected) != 0) {
        for (int i = 0; i < NPATHS; i++)
            print_error("%s: %s\n", paths[i],
                        project->sources[i].content ? project->contents[i] : "(none)");
        fail_msg("after step %d:\n%s\nfrom nothing:\n%s", step, text, expected);
    }
    for (const char *p = text; *p != '\0'; p++)
        nlines += *p == '\n';
    graph_fini(&fresh);
    return nlines;
}

static uint64_t fingerprint_of(struct graph_under_test *test, const char *content)
{
    uint8_t padded[CONTENT + RSL_PAD] = {0};
    struct rsl_arena arena;
    uint64_t fingerprint = 0;
    if (content == NULL)
        return 0;
    const size_t nbytes = strlen(content);
    memcpy(padded, content, nbytes);
    rsl_arena_init(&arena, &rsl_allocator_default, 4096);
    assert_int_equal(rsl_parse(&test->file, padded, nbytes, NULL), RSL_OK);
    assert_int_equal(rsl_fingerprint(&test->file, padded, &arena, &fingerprint), RSL_OK);
    rsl_arena_fini(&arena);
    return fingerprint;
}

/* Puts something into the first body or takes it out, or adds a comment. */
static void edit_a_body(char content[CONTENT])
{
    static const char inside[] = "enum In { X } use In::X as in_x; ";
    const size_t n = strlen(content);
    char *body = strstr(content, "fn f() { ");
    char *there = strstr(content, inside);
    if (there != NULL)
        memmove(there, there + sizeof inside - 1, strlen(there + sizeof inside - 1) + 1);
    else if (body != NULL && n + sizeof inside < CONTENT) {
        memmove(body + 9 + sizeof inside - 1, body + 9, strlen(body + 9) + 1);
        memcpy(body + 9, inside, sizeof inside - 1);
    } else if (n + 8 < CONTENT)
        strcat(content, " // c\n");
}

static uint64_t nsame; /* edits that left the fingerprint as it was */

static size_t edit_at_random(uint64_t seed, int nsteps)
{
    static struct project project;
    struct graph_under_test kept;
    size_t nlines = 0;
    random_state = seed;
    memset(&project, 0, sizeof project);
    for (int i = 0; i < NPATHS; i++) {
        write_at_random(project.contents[i], (uint32_t)i);
        project.sources[i] = (struct graph_source){
            paths[i], i > 0 && random_below(4) == 0 ? NULL : project.contents[i]};
    }
    graph_init(&kept, project.sources, NULL);
    add_crates(&kept, false);
    graph_update(&kept);
    for (int step = 0; step < nsteps; step++) {
        for (uint32_t n = 1 + random_below(2); n > 0; n--) { /* several edits before an update */
            const uint32_t i = random_below(NPATHS);
            struct graph_source *source = &project.sources[i];
            const bool toggles = random_below(4) == 0;
            const uint64_t before = fingerprint_of(&kept, source->content);
            if (toggles)
                source->content = source->content == NULL ? project.contents[i] : NULL;
            else if (random_below(3) == 0)
                edit_a_body(project.contents[i]);
            else
                write_at_random(project.contents[i], i);
            /* What leaves the fingerprint as it was concerns no other file. */
            const uint32_t nqueued = kept.graph.queue.n;
            graph_tell(&kept, paths[i], toggles);
            if (fingerprint_of(&kept, source->content) == before) {
                assert_true(kept.graph.queue.n <= nqueued + 1);
                nsame++;
            }
        }
        graph_update(&kept);
        nlines += compare_with_fresh(&kept, &project, step);
    }
    graph_fini(&kept);
    return nlines;
}

static void after_random_edits_the_graph_is_what_a_fresh_one_is(void **state)
{
    (void)state;
    size_t nlines = 0;
    for (uint64_t seed = 1; seed <= 100; seed++)
        nlines += edit_at_random(seed, 50);
    assert_true(nlines > 15000); /* else the edits lead nowhere */
    assert_true(nsame > 500);
}

/* ---- size ---- */

static void chains_of_10000_modules_are_followed(void **state)
{
    (void)state;
    enum { N = 10000 };
    /* m0 declares m1 beside itself, and so on. */
    struct graph_source *sources = calloc(N + 1, sizeof *sources);
    char(*texts)[2][96] = calloc(N, sizeof *texts);
    for (int i = 0; i < N; i++) {
        sprintf(texts[i][0], "m%d.rs", i);
        sprintf(texts[i][1], "#[path = \"m%d.rs\"] pub mod m; pub use self::m::X as Y; %s", i + 1,
                i == N - 1 ? "pub struct X;" : "pub use self::m::X;");
        sources[i] = (struct graph_source){texts[i][0], texts[i][1]};
    }
    struct graph_under_test test;
    graph_init(&test, sources, NULL);
    graph_add_crate(&test, "l", "m0.rs", 2021);
    graph_update(&test);
    const struct rsl_graph_edge *edges;
    assert_int_equal(rsl_graph_edges(&test.graph, graph_number(&test, "m9990.rs"), &edges) > 2, 1);
    uint32_t *files, nfiles;
    assert_int_equal(
        rsl_graph_closure(&test.graph, graph_number(&test, "m9999.rs"), true, &files, &nfiles),
        RSL_OK);
    assert_int_equal(nfiles, N - 1);
    rsl_graph_release(&test.graph, files, nfiles);
    graph_fini(&test);
    free(texts);
    free(sources);
}

/* ---- threads, memory ---- */

static void threads_find_the_same(void **state)
{
    (void)state;
    enum { N = 400 };
    struct graph_source *sources = calloc(N + 2, sizeof *sources);
    char(*texts)[2][64] = calloc(N, sizeof *texts);
    char *root = calloc(N, 16);
    for (int i = 0; i < N; i++) {
        sprintf(root + strlen(root), "pub mod m%d;", i);
        sprintf(texts[i][0], "m%d.rs", i);
        sprintf(texts[i][1], "use crate::m%d::X as Y; pub struct X;", i * 7 % N);
        sources[i + 1] = (struct graph_source){texts[i][0], texts[i][1]};
    }
    sources[0] = (struct graph_source){"lib.rs", root};
    struct graph_under_test one, several;
    graph_init(&one, sources, NULL);
    graph_init(&several, sources, NULL);
    graph_add_crate(&one, "l", "lib.rs", 2021);
    graph_add_crate(&several, "l", "lib.rs", 2021);
    struct rsl_pool *pool;
    assert_int_equal(rsl_pool_create(&(struct rsl_pool_options){.nworkers = 4}, &pool), RSL_OK);
    assert_int_equal(rsl_graph_update(&several.graph, pool), RSL_OK);
    graph_update(&one);
    assert_string_equal(graph_text(&several), graph_text(&one));
    assert_int_equal(several.graph.stats.nresolved, N + 1);
    rsl_pool_destroy(pool);
    graph_fini(&one);
    graph_fini(&several);
    free(root);
    free(texts);
    free(sources);
}

/* The graph again after every failure, until all calls succeed. */
static void memory_may_fail_at_any_call(void **state)
{
    (void)state;
    static const struct graph_source before[] = {
        {"lib.rs", "mod a; mod b; use a::X; pub use b::*; m! {}"},
        {"a.rs", "pub use crate::b::X; #[macro_export] macro_rules! m { () => {} }"},
        {"b.rs", "pub struct X; pub use super::a::*;"},
        {NULL, NULL}};
    static const struct graph_source after[] = {
        {"lib.rs", "mod a; mod b; use a::X; pub use b::*; m! {}"},
        {"a.rs", "pub mod c;"},
        {"b.rs", "pub struct X; pub use super::a::*;"},
        {"a/c.rs", "pub use crate::X;"},
        {NULL, NULL}};
    bool failed = true;
    for (size_t k = 0; failed; k++) {
        struct counting_allocator counting;
        struct graph_under_test test;
        counting_init(&counting, k);
        graph_init(&test, before, &counting.allocator);
        uint32_t lib, a, crate;
        failed = false;
        while (rsl_graph_file(&test.graph, "lib.rs", &lib) != RSL_OK)
            failed = true;
        const struct rsl_graph_crate what = {"l", lib, 2021, false};
        while (rsl_graph_add_crate(&test.graph, &what, &crate) != RSL_OK)
            failed = true;
        while (rsl_graph_add_dependency(&test.graph, crate, "d", RSL_NONE) != RSL_OK)
            failed = true;
        while (rsl_graph_update(&test.graph, NULL) != RSL_OK)
            failed = true;
        assert_string_equal(graph_text(&test),
                            "a.rs -> b.rs re-export 1\n"
                            "b.rs -> a.rs re-export 1\n"
                            "lib.rs -> a.rs macro 1\nlib.rs -> a.rs mod 1\n"
                            "lib.rs -> a.rs use 1\nlib.rs -> b.rs mod 1\n"
                            "lib.rs -> b.rs re-export 1\nlib.rs -> b.rs use 1\n");
        while (rsl_graph_file(&test.graph, "a.rs", &a) != RSL_OK)
            failed = true;
        test.sources = after;
        graph_forget(&test, a);
        while (rsl_graph_file_changed(&test.graph, a) != RSL_OK)
            failed = true;
        while (rsl_graph_update(&test.graph, NULL) != RSL_OK)
            failed = true;
        assert_string_equal(graph_text(&test),
                            "a.rs -> a/c.rs mod 1\na/c.rs -> b.rs re-export 1\n"
                            "a/c.rs -> lib.rs re-export 1\nb.rs -> a.rs re-export 1\n"
                            "lib.rs -> a.rs mod 1\nlib.rs -> b.rs mod 1\n"
                            "lib.rs -> b.rs re-export 1\n");
        graph_fini(&test);
        assert_false(counting.wrong);
        assert_int_equal(counting.nbytes, 0);
        assert_true(k < 10000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(edges_have_kinds_and_counts),
        cmocka_unit_test(files_that_pass_a_name_on_are_depended_on),
        cmocka_unit_test(calls_of_macros_lead_to_their_definitions),
        cmocka_unit_test(crates_depend_on_crates),
        cmocka_unit_test(circles_are_components_of_several_files),
        cmocka_unit_test(modules_in_circles_are_gone_through_once),
        cmocka_unit_test(only_what_depends_on_a_change_is_resolved_anew),
        cmocka_unit_test(after_random_edits_the_graph_is_what_a_fresh_one_is),
        cmocka_unit_test(chains_of_10000_modules_are_followed),
        cmocka_unit_test(threads_find_the_same),
        cmocka_unit_test(memory_may_fail_at_any_call),
    };
    return cmocka_run_group_tests_name("index_graph", tests, NULL, NULL);
}
