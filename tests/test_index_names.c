/* index/names.h: what is taken from one file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "index/names.h"
#include "tests/counting_allocator.h"

/* Parses a copy that is thrown away before the names are looked at. */
static struct rsl_file_names *names_of(const char *source, const struct rsl_allocator *allocator)
{
    const size_t nbytes = strlen(source);
    uint8_t *padded = calloc(1, nbytes + RSL_PAD);
    struct rsl_file file;
    struct rsl_file_names *names = NULL;
    assert_non_null(padded);
    memcpy(padded, source, nbytes);
    rsl_file_init(&file, NULL);
    assert_int_equal(rsl_parse(&file, padded, nbytes, NULL), RSL_OK);
    struct rsl_names_builder *builder = rsl_names_builder_create(allocator);
    if (builder != NULL) {
        const enum rsl_status status = rsl_file_names_create(builder, &file, padded, &names);
        assert_int_equal(status, names == NULL ? RSL_ENOMEM : RSL_OK);
    }
    rsl_names_builder_destroy(builder);
    rsl_file_fini(&file);
    memset(padded, 'x', nbytes);
    free(padded);
    return names;
}

static uint32_t find(const struct rsl_file_names *names, uint32_t scope, const char *text)
{
    return rsl_names_find(names, scope, rsl_name_hash(text, strlen(text)), text);
}

static void names_are_found_in_their_scope_only(void **state)
{
    (void)state;
    struct rsl_file_names *names = names_of(
        "fn a() { fn b() {} } mod m { pub struct a; } enum E { a } impl S { fn c() {} }"
        "extern \"C\" { fn d(); } trait T { fn e(); } r#use!{} const _: u8 = 0; fn r#f() {}",
        NULL);
    assert_int_not_equal(find(names, 0, "a"), RSL_NONE);
    assert_int_equal(find(names, 0, "b"), RSL_NONE);
    assert_int_equal(find(names, 0, "c"), RSL_NONE);
    assert_int_not_equal(find(names, 0, "d"), RSL_NONE);
    assert_int_equal(find(names, 0, "e"), RSL_NONE);
    assert_int_equal(find(names, 0, "_"), RSL_NONE);
    assert_int_not_equal(find(names, 0, "f"), RSL_NONE);
    assert_int_equal(names->names[find(names, 0, "a")].spaces, RSL_SPACE_VALUE);

    assert_int_equal(names->nmods, 1);
    const struct rsl_name *inner = &names->names[find(names, names->mods[0].inside, "a")];
    assert_int_equal(inner->kind, RSL_ITEM_STRUCT);
    assert_int_equal(inner->vis, RSL_VIS_PUB);
    assert_int_equal(inner->spaces, RSL_SPACE_TYPE | RSL_SPACE_VALUE);
    const struct rsl_name *e = &names->names[find(names, 0, "E")];
    assert_int_equal(names->scopes[e->ref].kind, RSL_NAMES_ENUM);
    assert_int_equal(names->names[find(names, e->ref, "a")].kind, RSL_ITEM_VARIANT);
    const struct rsl_name *t = &names->names[find(names, 0, "T")];
    assert_int_not_equal(find(names, t->ref, "e"), RSL_NONE);
    rsl_file_names_destroy(names, NULL);
}

static void names_of_one_text_are_in_the_order_of_the_file(void **state)
{
    (void)state;
    struct rsl_file_names *names = names_of("#[cfg(a)] fn f() {} struct f; mod f {}", NULL);
    const struct rsl_name *name = &names->names[find(names, 0, "f")];
    assert_int_equal(name->kind, RSL_ITEM_FN);
    assert_int_equal(name->flags, RSL_NAME_CONDITIONAL);
    name = &names->names[name->next];
    assert_int_equal(name->kind, RSL_ITEM_STRUCT);
    name = &names->names[name->next];
    assert_int_equal(name->kind, RSL_ITEM_MOD);
    assert_int_equal(name->next, RSL_NONE);
    rsl_file_names_destroy(names, NULL);
}

/* The path of a use, segments joined by `::`. */
static void check_path(const struct rsl_file_names *names, uint32_t use, const char *expected)
{
    const char *segments[16];
    char text[256] = "";
    int n = 0;
    for (uint32_t node = names->uses[use].path; node != RSL_NONE; node = names->nodes[node].parent)
        segments[n++] = rsl_names_text(names, names->nodes[node].text);
    while (n > 0) {
        strcat(text, segments[--n]);
        strcat(text, n > 0 ? "::" : "");
    }
    assert_string_equal(text, expected);
}

static void uses_are_paths_whose_beginnings_are_shared(void **state)
{
    (void)state;
    struct rsl_file_names *names = names_of(
        "pub use a /* x */ :: b::{c, d as e, self, f::*, r#g::h as _}; use ::k::l; use *;", NULL);
    assert_int_equal(names->nuses, 7);
    check_path(names, 0, "a::b::c");
    check_path(names, 1, "a::b::d");
    check_path(names, 2, "a::b");
    check_path(names, 3, "a::b::f");
    check_path(names, 4, "a::b::g::h");
    check_path(names, 5, "::k::l");
    check_path(names, 6, "");
    assert_true(names->uses[2].self);
    assert_true(names->uses[3].glob);
    assert_int_equal(names->uses[3].next_glob, 6);
    assert_int_equal(names->scopes[0].first_glob, 3);
    assert_int_equal(names->uses[4].name, RSL_NONE);
    assert_int_equal(names->uses[0].vis, RSL_VIS_PUB);
    assert_int_equal(names->nnodes, 10); /* a b c d f g h, and `` k l */
    assert_int_not_equal(find(names, 0, "e"), RSL_NONE);
    assert_int_equal(names->names[find(names, 0, "b")].spaces, RSL_SPACE_TYPE);
    rsl_file_names_destroy(names, NULL);
}

static void check_same(const char *a, const char *b, bool shared, bool all)
{
    struct rsl_file_names *x = names_of(a, NULL), *y = names_of(b, NULL);
    assert_int_equal(x->shared_hash == y->shared_hash, shared);
    assert_int_equal(x->hash == y->hash, all);
    rsl_file_names_destroy(x, NULL);
    rsl_file_names_destroy(y, NULL);
}

static void hashes_change_with_names_and_nothing_else(void **state)
{
    (void)state;
    const char *before = "use a::b; pub fn f() { g() } enum E { A } mod m { fn h() {} }";
    check_same(before,
               "\n// c\nuse a :: b;\n#[inline] pub fn f(x: u8) -> u8 { 1 }\n"
               "enum E { A(u8) } mod m { fn h() { loop {} } }",
               true, true);
    check_same(before, "use a::b; fn f() { g() } enum E { A } mod m { fn h() {} }", false, false);
    check_same(before, "use a::b; pub fn f2() {} enum E { A } mod m { fn h() {} }", false, false);
    check_same(before, "use a::c as b; pub fn f() {} enum E { A } mod m { fn h() {} }", false,
               false);
    check_same(before, "use a::b; pub fn f() {} enum E { B } mod m { fn h() {} }", false, false);
    check_same(before, "use a::b; pub fn f() {} enum E { A } mod m { pub fn h() {} }", false,
               false);
    check_same(before, "use a::b; pub fn f() {} enum E { A } mod m { fn h() { use x::y; } }", true,
               false);
    /* A body with items in it, and scopes behind it. */
    check_same("fn f() {} mod m { fn h() {} pub enum F { B } mod x; } trait T { fn g(); }",
               "fn f() { struct S; enum Q { Z } } mod m { fn h() { enum X { Y } use X::*; }"
               "pub enum F { B } mod x; } trait T { fn g(); }",
               true, false);
    /* A body that a module's file can see. */
    check_same("fn f() { mod x; }", "fn f() { macro_rules! m { () => {} } mod x; }", false, false);
    check_same(before, "use a::b; use a::*; pub fn f() {} enum E { A } mod m { fn h() {} }", false,
               false);
}

static void modules_may_nest_to_any_depth(void **state)
{
    (void)state;
    enum { DEPTH = 20000 };
    char *source = malloc(DEPTH * 8 + 64);
    size_t n = 0;
    for (int i = 0; i < DEPTH; i++)
        n += (size_t)sprintf(source + n, "mod m{");
    n += (size_t)sprintf(source + n, "struct S;");
    memset(source + n, '}', DEPTH);
    source[n + DEPTH] = '\0';
    struct rsl_file_names *names = names_of(source, NULL);
    assert_int_equal(names->nscopes, DEPTH + 1);
    assert_int_not_equal(find(names, DEPTH, "S"), RSL_NONE);
    rsl_file_names_destroy(names, NULL);
    free(source);
}

static void memory_may_fail_at_any_call(void **state)
{
    (void)state;
    char source[4096] = "#[proc_macro_derive(D)] pub fn d() {} m! {} extern crate x as y;";
    for (int i = 0; i < 50; i++)
        strcat(source, "use a::{b, c::*}; mod m { fn f() { struct S; } }");
    struct rsl_file_names *names = NULL;
    for (size_t k = 0; names == NULL; k++) {
        struct counting_allocator counting;
        counting_init(&counting, k);
        names = names_of(source, &counting.allocator);
        if (names != NULL)
            assert_int_equal(counting.nbytes, names->nbytes);
        else
            assert_int_equal(counting.nbytes, 0);
        rsl_file_names_destroy(names, &counting.allocator);
        assert_int_equal(counting.nbytes, 0);
        assert_false(counting.wrong);
        assert_true(k < 1000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_found_in_their_scope_only),
        cmocka_unit_test(names_of_one_text_are_in_the_order_of_the_file),
        cmocka_unit_test(uses_are_paths_whose_beginnings_are_shared),
        cmocka_unit_test(hashes_change_with_names_and_nothing_else),
        cmocka_unit_test(modules_may_nest_to_any_depth),
        cmocka_unit_test(memory_may_fail_at_any_call),
    };
    return cmocka_run_group_tests_name("index_names", tests, NULL, NULL);
}
