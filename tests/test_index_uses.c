/* index/uses.h: what each use means. */
#include "tests/counting_allocator.h"
#include "tests/graph_testing.h"

/* Checks the uses of the first file, the root of a crate `main`; if the second is dep.rs, that is
 * the root of a crate `dep` of which the first can speak. */
static void check_uses_in(const struct graph_source *sources, uint16_t edition, const char *of,
                          const char *expected)
{
    struct graph_under_test test;
    graph_init(&test, sources, NULL);
    const uint32_t crate = graph_add_crate(&test, "main", sources[0].path, edition);
    if (sources[1].path != NULL && strcmp(sources[1].path, "dep.rs") == 0)
        graph_depend(&test, crate, "dep", graph_add_crate(&test, "dep", "dep.rs", 2021));
    graph_depend(&test, crate, "outside", RSL_NONE);
    graph_update(&test);
    assert_string_equal(graph_uses_text(&test, of), expected);
    graph_fini(&test);
}

static void check_uses(const struct graph_source *sources, const char *expected)
{
    check_uses_in(sources, 2021, sources[0].path, expected);
}

static void paths_begin_with_keywords_items_or_crates(void **state)
{
    (void)state;
    check_uses(
        SOURCES({"lib.rs", "mod a; use crate::a::F; use self::a::F as G; use a::F as H;"
                           "use dep::D; use ::dep::D as E; use std::fmt; use outside::x;"
                           "use nothing::x; mod m { use super::a::F; use super::super::x; }"},
                {"dep.rs", "pub struct D;"}, {"a.rs", "pub struct F;"}),
        "0: a.rs#F\n1: a.rs#F\n2: a.rs#F\n3: dep.rs#D\n4: dep.rs#D\n5: external\n"
        "6: external\n7: not-found\n8: a.rs#F\n9: not-found\n");
}

static void paths_of_2015_begin_in_the_root(void **state)
{
    (void)state;
    check_uses_in(SOURCES({"lib.rs", "mod a; mod b; extern crate dep as d;"},
                          {"dep.rs", "pub struct D;"}, {"a.rs", "pub struct F;"},
                          {"b.rs", "mod a {} use a::F; use ::a::F as G; use self::a::F as H;"
                                   "use d::D; use dep::D as E;"}),
                  2015, "b.rs", "0: a.rs#F\n1: a.rs#F\n2: not-found\n3: dep.rs#D\n4: dep.rs#D\n");
}

static void trees_share_prefixes_and_self_binds_types_only(void **state)
{
    (void)state;
    check_uses(
        SOURCES({"lib.rs", "mod a; use a::{self, b::{c, d as e}, *}; use a::f::{self as g};"},
                {"a.rs", "pub mod b { pub fn c() {} pub const d: u8 = 0; } pub fn f() {}"
                         "pub mod f {}"}),
        "0: a.rs\n1: a.rs#c\n2: a.rs#d\n3: a.rs\n4: a.rs#f\n");
}

static void names_pass_through_named_and_glob_reexports(void **state)
{
    (void)state;
    check_uses(SOURCES({"lib.rs", "mod a; mod b; mod c; use a::X; use a::Y; use a::Z; use a::W;"},
                       {"a.rs", "pub use crate::b::X0 as X; pub use super::b::*;"},
                       {"b.rs", "pub struct X0; pub use crate::c::*; struct W;"},
                       {"c.rs", "pub fn Y() {} pub enum Z { V }"}),
               "0: b.rs#X0\n1: c.rs#Y\n2: c.rs#Z\n3: not-found\n");
}

static void variants_and_members_of_traits_have_paths(void **state)
{
    (void)state;
    check_uses(SOURCES({"lib.rs", "mod e; use e::E::A; use e::E::*; use e::T::f; use e::E::N;"
                                  "use e::S::new; mod m { use super::B; }"},
                       {"e.rs", "pub enum E { A, B(u8) } pub trait T { fn f(); }"
                                "pub struct S; impl S { pub fn new() {} }"}),
               "0: e.rs#A\n1: e.rs#E\n2: e.rs#f\n3: not-found\n4: not-found\n5: e.rs#B\n");
}

static void a_name_hides_globs_in_its_own_namespaces_only(void **state)
{
    (void)state;
    check_uses(SOURCES({"lib.rs", "mod a; mod b; mod c; use c::x;"}, {"a.rs", "pub fn x() {}"},
                       {"b.rs", "pub mod x {}"},
                       {"c.rs", "pub use crate::a::x; pub use crate::b::*; pub use crate::a::*;"}),
               "0: a.rs#x b.rs#x\n");
    check_uses(SOURCES({"lib.rs", "mod a; mod b; mod c; use c::x;"}, {"a.rs", "pub fn x() {}"},
                       {"b.rs", "pub fn x() {}"},
                       {"c.rs", "pub use crate::a::x; pub use crate::b::*;"}),
               "0: a.rs#x\n");
}

static void what_has_a_condition_hides_nothing(void **state)
{
    (void)state;
    check_uses(SOURCES({"lib.rs", "mod a; mod b; mod c; use c::x;"}, {"a.rs", "pub fn x() {}"},
                       {"b.rs", "pub fn x() {}"},
                       {"c.rs", "#[cfg(unix)] pub use crate::a::x; pub use crate::b::*;"}),
               "0: a.rs#x b.rs#x\n");
    check_uses(SOURCES({"lib.rs", "#[cfg(unix)] #[path = \"u.rs\"] mod sys;"
                                  "#[cfg(windows)] #[path = \"w.rs\"] mod sys; use sys::f;"},
                       {"u.rs", "pub fn f() {}"}, {"w.rs", "pub fn f() {}"}),
               "0: u.rs#f w.rs#f\n");
}

static void globs_show_only_what_is_visible(void **state)
{
    (void)state;
    check_uses(SOURCES({"lib.rs", "mod a; use a::f; use a::g; use a::h; mod t { use super::p; }"
                                  "fn p() {}"},
                       {"a.rs", "mod i; pub use self::i::*;"},
                       {"a/i.rs", "fn f() {} pub(crate) fn g() {} pub fn h() {}"}),
               "0: not-found\n1: a/i.rs#g\n2: a/i.rs#h\n3: lib.rs#p\n");
    check_uses(SOURCES({"lib.rs", "mod t { use super::*; mod u { use super::p; } } fn p() {}"}),
               "0: lib.rs\n1: lib.rs#p\n");
    check_uses(SOURCES({"lib.rs", "use dep::all::f; use dep::all::g;"},
                       {"dep.rs", "mod i { pub fn f() {} pub(crate) fn g() {} }"
                                  "pub mod all { pub use crate::i::*; }"}),
               "0: dep.rs#f\n1: dep.rs#g\n");
}

static void circles_of_globs_end(void **state)
{
    (void)state;
    check_uses(SOURCES({"lib.rs", "mod a; mod b; use a::X; use a::Y; use b::X as X2; use a::no;"},
                       {"a.rs", "pub use crate::b::*; pub struct X;"},
                       {"b.rs", "pub use crate::a::*; pub struct Y;"}),
               "0: a.rs#X\n1: b.rs#Y\n2: a.rs#X\n3: not-found\n");
    check_uses(SOURCES({"lib.rs", "mod a; mod b; use a::x;"}, {"a.rs", "pub use crate::b::x;"},
                       {"b.rs", "pub use crate::a::x;"}),
               "0: not-found\n");
}

static void globs_may_lead_through_what_other_globs_bring(void **state)
{
    (void)state;
    check_uses(
        SOURCES({"lib.rs", "use inner::*; use m::*; mod m { pub mod inner { pub fn f() {} } }"
                           "mod t { use super::f; }"}),
        "0: lib.rs#inner\n1: lib.rs#m\n2: lib.rs#f\n");
}

static void items_in_blocks_are_seen_from_there(void **state)
{
    (void)state;
    check_uses(SOURCES({"lib.rs", "mod a; fn f() { enum E { A } use E::*; use a::F; use self::a; }"
                                  "impl S { fn g() { mod n { pub fn k() {} } use n::k; } }"
                                  "use E::A;"},
                       {"a.rs", "pub fn F() {}"}),
               "0: lib.rs#E\n1: a.rs#F\n2: a.rs\n3: lib.rs#k\n4: not-found\n");
}

static void included_files_join_the_module(void **state)
{
    (void)state;
    check_uses(
        SOURCES({"lib.rs", "mod m { include!(\"i.rs\"); } use m::f; mod s { pub fn g() {} }"},
                {"i.rs", "pub fn f() {} use super::s::g; use self::f as h;"}),
        "0: i.rs#f\n");
    check_uses_in(SOURCES({"lib.rs", "mod m { include!(\"i.rs\"); } mod s { pub fn g() {} }"},
                          {"i.rs", "pub fn f() {} use super::s::g; use self::f as h;"}),
                  2021, "i.rs", "0: lib.rs#g\n1: i.rs#f\n");
}

static void what_only_expansion_shows_is_said(void **state)
{
    (void)state;
    check_uses(SOURCES({"lib.rs", "mod a; mod b; mod c; use a::x; use b::x; use c::x; use d::x;"
                                  "mod d;"},
                       {"a.rs", "make_items! { x }"},
                       {"b.rs", "include!(concat!(env!(\"OUT_DIR\"), \"/b.rs\"));"},
                       {"c.rs", "pub use outside::*;"}),
               "0: expansion\n1: include\n2: external\n3: no-file\n");
}

static void macros_are_found_where_they_are_exported(void **state)
{
    (void)state;
    check_uses(
        SOURCES({"lib.rs", "use dep::m; use dep::n; use dep::Derive; use dep::old;"},
                {"dep.rs", "mod inner; pub macro n() {}"
                           "#[proc_macro_derive(Derive, attributes(x))] pub fn d() {}"
                           "pub mod o { macro_rules! old { () => {} } pub(crate) use old; }"},
                {"inner.rs", "#[macro_export] macro_rules! m { () => {} }"}),
        "0: inner.rs#m\n1: dep.rs#n\n2: dep.rs#Derive\n3: not-found\n");
}

static void a_file_in_two_crates_is_seen_by_both(void **state)
{
    (void)state;
    struct graph_under_test test;
    graph_init(&test,
               SOURCES({"lib.rs", "mod m; pub fn only_lib() {}"},
                       {"main.rs", "mod m; fn both() {}"},
                       {"m.rs", "use crate::only_lib; use crate::both;"}),
               NULL);
    graph_add_crate(&test, "l", "lib.rs", 2021);
    graph_add_crate(&test, "b", "main.rs", 2021);
    graph_update(&test);
    char expected[2][160] = {"0: lib.rs#only_lib\n0: not-found\n1: not-found\n1: main.rs#both\n",
                             "0: not-found\n0: lib.rs#only_lib\n1: main.rs#both\n1: not-found\n"};
    const char *text = graph_uses_text(&test, "m.rs");
    assert_true(strcmp(text, expected[0]) == 0 || strcmp(text, expected[1]) == 0);
    graph_fini(&test);
}

static void paths_may_have_any_number_of_segments(void **state)
{
    (void)state;
    enum { DEPTH = 10000 };
    char *content = malloc((size_t)DEPTH * 32);
    size_t n = (size_t)sprintf(content, "use ");
    for (int i = 0; i < DEPTH; i++)
        n += (size_t)sprintf(content + n, "m::");
    n += (size_t)sprintf(content + n, "f; use m::m::no;");
    for (int i = 0; i < DEPTH; i++)
        n += (size_t)sprintf(content + n, "pub mod m{");
    n += (size_t)sprintf(content + n, "pub fn f() {}");
    memset(content + n, '}', DEPTH);
    content[n + DEPTH] = '\0';
    check_uses(SOURCES({"lib.rs", content}), "0: lib.rs#f\n1: not-found\n");
    free(content);
}

/* A tree that is as deep as it is long costs what its source has bytes, not its square. */
static void trees_may_nest_to_any_depth(void **state)
{
    (void)state;
    enum { DEPTH = 50000 };
    char *content = malloc((size_t)DEPTH * 40);
    size_t n = (size_t)sprintf(content, "pub fn f() {} use ");
    for (int i = 0; i < DEPTH; i++)
        n += (size_t)sprintf(content + n, "self::{f as f%d,", i);
    n += (size_t)sprintf(content + n, "self::f as g");
    memset(content + n, '}', DEPTH);
    strcpy(content + n + DEPTH, ";");
    struct graph_under_test test;
    graph_init(&test, SOURCES({"lib.rs", content}), NULL);
    graph_add_crate(&test, "l", "lib.rs", 2021);
    graph_update(&test);
    const char *text = graph_uses_text(&test, "lib.rs");
    assert_non_null(strstr(text, "\n49999: lib.rs#f\n50000: lib.rs#f\n"));
    graph_fini(&test);
    free(content);
}

static void what_a_use_binds_is_not_where_its_own_path_begins(void **state)
{
    (void)state;
    check_uses(SOURCES({"lib.rs", "mod m { pub enum Same { Same, Other } } use m::*;"
                                  "use Same::Same;"}),
               "0: lib.rs#m\n1: lib.rs#Same\n");
    check_uses(SOURCES({"lib.rs", "mod m { pub enum Same { Same, Other } } use m::*;"
                                  "use Same::{Same, Other};"}),
               "0: lib.rs#m\n1: lib.rs#Same\n2: lib.rs#Other\n");
}

/* Each file of a chain depends on all behind it, so chains have an end. */
static void chains_of_uses_are_given_up_at_128(void **state)
{
    (void)state;
    enum { N = 130 };
    char content[N * 64];
    size_t n = 0;
    for (int i = 0; i < N; i++)
        n += (size_t)sprintf(content + n, "mod m%d { pub use super::m%d::f; }", i, i + 1);
    sprintf(content + n, "mod m%d { pub fn f() {} }", N);
    struct graph_under_test test;
    graph_init(&test, SOURCES({"lib.rs", content}), NULL);
    graph_add_crate(&test, "l", "lib.rs", 2021);
    graph_update(&test);
    const char *text = graph_uses_text(&test, "lib.rs");
    assert_non_null(strstr(text, "0: limit\n1: limit\n2: lib.rs#f\n"));
    assert_non_null(strstr(text, "129: lib.rs#f\n"));
    assert_int_equal(rsl_graph_nlimited(&test.graph), 2);
    graph_fini(&test);
}

static void exported_macros_hide_those_that_globs_bring(void **state)
{
    (void)state;
    check_uses(SOURCES({"lib.rs", "mod a; use a::*; #[macro_export] macro_rules! m { () => {} }"
                                  "mod t { use crate::m; }"},
                       {"a.rs", "pub use crate::m;"}),
               "0: a.rs\n1: lib.rs#m\n");
}

static void modules_that_glob_each_other_cost_no_more_than_their_number(void **state)
{
    (void)state;
    enum { N = 60 };
    char *content = malloc(N * (N * 24 + 64) + 256);
    size_t n = 0;
    for (int i = 0; i < N; i++) {
        n += (size_t)sprintf(content + n, "pub mod m%d { pub fn f%d() {}", i, i);
        for (int k = 0; k < N; k++)
            n += (size_t)sprintf(content + n, " pub use super::m%d::*;", k);
        n += (size_t)sprintf(content + n, "}\n");
    }
    sprintf(content + n, "use m0::nothing; use m0::f%d;", N - 1);
    struct graph_under_test test;
    graph_init(&test, SOURCES({"lib.rs", content}), NULL);
    graph_add_crate(&test, "l", "lib.rs", 2021);
    graph_update(&test);
    const char *text = graph_uses_text(&test, "lib.rs");
    assert_non_null(strstr(text, "3600: not-found\n3601: lib.rs#f59\n"));
    graph_fini(&test);
    free(content);
}

static void unknown_names_before_globs_take_polynomial_time(void **state)
{
    (void)state;
    enum { N = 40 };
    char content[N * 24 + 64];
    size_t n = 0;
    for (int i = 0; i < N; i++)
        n += (size_t)sprintf(content + n, "use u%d::*;", i);
    sprintf(content + n, "use u0::x; mod m { pub fn y() {} } use m::*; use self::y as z;");
    struct graph_under_test test;
    graph_init(&test, SOURCES({"lib.rs", content}), NULL);
    graph_add_crate(&test, "l", "lib.rs", 2021);
    graph_update(&test);
    const char *text = graph_uses_text(&test, "lib.rs");
    assert_non_null(strstr(text, "40: not-found\n41: lib.rs#m\n42: lib.rs#y\n"));
    graph_fini(&test);
}

/* The most bytes that the graph holds while it resolves a tree of so many leaves. */
static size_t bytes_for_leaves(size_t nleaves)
{
    char *uses = malloc(nleaves * 8 + 64), *items = malloc(nleaves * 24 + 64), expected[128];
    size_t n = (size_t)sprintf(uses, "mod a; use a::{"), m = 0;
    for (size_t i = 0; i < nleaves; i++) {
        n += (size_t)sprintf(uses + n, "f%zu,", i);
        m += (size_t)sprintf(items + m, "pub fn f%zu() {}\n", i);
    }
    sprintf(uses + n, "};");
    sprintf(expected, "lib.rs -> a.rs mod 1\nlib.rs -> a.rs use %zu\n", nleaves);
    struct counting_allocator counting;
    struct graph_under_test test;
    counting_init(&counting, SIZE_MAX);
    graph_init(&test, SOURCES({"lib.rs", uses}, {"a.rs", items}), &counting.allocator);
    graph_add_crate(&test, "l", "lib.rs", 2021);
    graph_update(&test);
    assert_string_equal(graph_text(&test), expected);
    graph_fini(&test);
    free(uses);
    free(items);
    return counting.most_nbytes;
}

static void a_tree_of_100000_leaves_takes_memory_in_proportion(void **state)
{
    (void)state;
    const size_t few = bytes_for_leaves(12500), many = bytes_for_leaves(100000);
    assert_true(many < few * 10); /* blocks double */
    assert_true(many < (size_t)100000 * 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_begin_with_keywords_items_or_crates),
        cmocka_unit_test(paths_of_2015_begin_in_the_root),
        cmocka_unit_test(trees_share_prefixes_and_self_binds_types_only),
        cmocka_unit_test(names_pass_through_named_and_glob_reexports),
        cmocka_unit_test(variants_and_members_of_traits_have_paths),
        cmocka_unit_test(a_name_hides_globs_in_its_own_namespaces_only),
        cmocka_unit_test(what_has_a_condition_hides_nothing),
        cmocka_unit_test(globs_show_only_what_is_visible),
        cmocka_unit_test(circles_of_globs_end),
        cmocka_unit_test(globs_may_lead_through_what_other_globs_bring),
        cmocka_unit_test(items_in_blocks_are_seen_from_there),
        cmocka_unit_test(included_files_join_the_module),
        cmocka_unit_test(what_only_expansion_shows_is_said),
        cmocka_unit_test(macros_are_found_where_they_are_exported),
        cmocka_unit_test(a_file_in_two_crates_is_seen_by_both),
        cmocka_unit_test(paths_may_have_any_number_of_segments),
        cmocka_unit_test(trees_may_nest_to_any_depth),
        cmocka_unit_test(what_a_use_binds_is_not_where_its_own_path_begins),
        cmocka_unit_test(chains_of_uses_are_given_up_at_128),
        cmocka_unit_test(exported_macros_hide_those_that_globs_bring),
        cmocka_unit_test(modules_that_glob_each_other_cost_no_more_than_their_number),
        cmocka_unit_test(unknown_names_before_globs_take_polynomial_time),
        cmocka_unit_test(a_tree_of_100000_leaves_takes_memory_in_proportion),
    };
    return cmocka_run_group_tests_name("index_uses", tests, NULL, NULL);
}
