/* index/fingerprint.h: what changes it, and what does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "index/fingerprint.h"
#include "tests/counting_allocator.h"

static uint64_t fingerprint_of(const char *source)
{
    const size_t nbytes = strlen(source);
    uint8_t *padded = calloc(1, nbytes + RSL_PAD);
    struct rsl_file file;
    struct rsl_arena arena;
    uint64_t fingerprint;
    assert_non_null(padded);
    memcpy(padded, source, nbytes);
    rsl_file_init(&file, NULL);
    rsl_arena_init(&arena, &rsl_allocator_default, 256);
    assert_int_equal(rsl_parse(&file, padded, nbytes, NULL), RSL_OK);
    assert_int_equal(rsl_fingerprint(&file, padded, &arena, &fingerprint), RSL_OK);
    rsl_arena_fini(&arena);
    rsl_file_fini(&file);
    free(padded);
    return fingerprint;
}

static void the_fingerprint_leaves_out_bodies_comments_and_places(void **state)
{
    (void)state;
    static const char *const same[][2] = {
        {"pub fn f(a: u8) -> u8 { a }",
         "\n\n  pub fn  f ( a:u8 )->u8 // c\n{ if a { 1 } else { 2 } }"},
        {"fn f() { use a::b; struct S; }", "fn f() { fn g() {} }"},
        {"const A: u8 = 1; static B: &str = \"b\";", "const A: u8 = 2; static B: &str = \"c\";"},
        {"struct S { a: u8, b: u8 }", "struct S {\n    /// a doc\n    a: u8, /* b */ b: u8 }"},
        {"trait T { fn f() {} }", "trait T { fn f() { loop {} } }"},
        {"impl S { fn f(&self) { 1 } }", "/// x\n#[doc = \"y\"] impl S { fn f(& self) { 2 } }"},
        {"use a::{b, c};", "use a :: { b , /* x */ c };"},
        {"cfg_if! { if #[cfg(a)] { fn f() { 1 } } }", "cfg_if! { if #[cfg(a)] { fn f() { 2 } } }"},
        {"#[a(\"x  // y\")] fn f<'a>(x: &'a u8) {}", "#[a(\"x  // y\")]\nfn f<'a>(x: &'a u8){ }"},
    };
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        if (fingerprint_of(same[i][0]) != fingerprint_of(same[i][1]))
            fail_msg("%s\n%s", same[i][0], same[i][1]);
}

static void the_fingerprint_changes_with_signatures(void **state)
{
    (void)state;
    static const char *const all[] = {
        "pub fn f(a: u8) -> u8 {}",
        "pub fn f(a: u8) {}",
        "pub fn f(b: u8) {}",
        "fn f(a: u8) {}",
        "unsafe fn f(a: u8) {}",
        "#[inline] fn f(a: u8) {}",
        "#[a(\"x  // y\")] fn f() {}",
        "#[a(\"x // y\")] fn f() {}",
        "fn f() where u8: Copy {}",
        "mod m { fn f() {} }",
        "impl S { fn f() {} }",
        "impl S { fn f(&self) {} }",
        "impl T for S { fn f() {} }",
        "struct S { a: u8 }",
        "struct S { a: u16 }",
        "struct S { pub a: u16 }",
        "struct S(u8);",
        "enum E { A }",
        "enum E { A(u8) }",
        "enum E { A = 1 }",
        "const A: u8 = 1;",
        "const A: u16 = 1;",
        "type A = u8;",
        "type A = u16;",
        "trait T { fn f(); }",
        "trait T: U { fn f(); }",
        "trait T { fn f(a: u8); }",
        "macro_rules! m { () => {} }",
        "macro_rules! m { () => { 1 } }",
        "m! { 1 }",
        "m! { 2 }",
        "cfg_if! { if #[cfg(a)] { fn f() {} } }",
        "cfg_if! { if #[cfg(a)] { fn f(a: u8) {} } }",
        "cfg_if! { if #[cfg(b)] { fn f(a: u8) {} } }",
        "cfg_if! { if #[cfg(b)] { fn f(a: u8) {} } else { } }",
        "use a::b;",
        "use a::b as c;",
        "pub use a::b;",
        "fn f() { mod x; }",
        "fn f() { macro_rules! m { () => {} } mod x; }",
        "fn f() { mod y; }",
        "fn f() { mod x { } include!(\"y\"); }",
        "extern \"C\" { fn f(); }",
        "extern \"C\" { fn f(a: u8); }",
        "",
    };
    enum { N = sizeof all / sizeof *all };
    uint64_t fingerprints[N];
    for (size_t i = 0; i < N; i++) {
        fingerprints[i] = fingerprint_of(all[i]);
        for (size_t k = 0; k < i; k++) {
            if (fingerprints[k] == fingerprints[i])
                fail_msg("%s\n%s", all[k], all[i]);
        }
    }
}

static void memory_may_fail_at_any_call(void **state)
{
    (void)state;
    const char source[] =
        "pub fn f(a: u8) {} m! { 1 } mod m { cfg_if! { if #[cfg(a)] { use x; } } }";
    uint8_t padded[sizeof source + RSL_PAD] = {0};
    struct rsl_file file;
    memcpy(padded, source, sizeof source);
    rsl_file_init(&file, NULL);
    assert_int_equal(rsl_parse(&file, padded, sizeof source - 1, NULL), RSL_OK);
    enum rsl_status status = RSL_ENOMEM;
    for (size_t k = 0; status != RSL_OK; k++) {
        struct counting_allocator counting;
        struct rsl_arena arena;
        uint64_t fingerprint = 0;
        counting_init(&counting, k);
        rsl_arena_init(&arena, &counting.allocator, 64);
        status = rsl_fingerprint(&file, padded, &arena, &fingerprint);
        assert_true(status == RSL_ENOMEM ||
                    (status == RSL_OK && fingerprint == fingerprint_of(source)));
        rsl_arena_fini(&arena);
        assert_int_equal(counting.nbytes, 0);
        assert_true(k < 100);
    }
    rsl_file_fini(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_fingerprint_leaves_out_bodies_comments_and_places),
        cmocka_unit_test(the_fingerprint_changes_with_signatures),
        cmocka_unit_test(memory_may_fail_at_any_call),
    };
    return cmocka_run_group_tests_name("index_fingerprint", tests, NULL, NULL);
}
