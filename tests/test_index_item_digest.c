/* index/item_digest.h */
#include "index/item_digest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/counting_allocator.h"

/* The digest of a source. */
static struct rsl_item_digest *digest_of(const char *source)
{
    const size_t nbytes = strlen(source);
    uint8_t *src = calloc(1, nbytes + RSL_PAD);
    struct rsl_file file;
    struct rsl_item_digest *digest = NULL;
    struct rsl_digest_builder *builder = rsl_digest_builder_create(NULL);
    assert_non_null(src);
    assert_non_null(builder);
    memcpy(src, source, nbytes);
    rsl_file_init(&file, NULL);
    assert_int_equal(rsl_parse(&file, src, nbytes, NULL), RSL_OK);
    assert_int_equal(rsl_item_digest_create(builder, &file, src, &digest), RSL_OK);
    rsl_digest_builder_destroy(builder);
    rsl_file_fini(&file);
    free(src);
    return digest;
}

struct told {
    char words[64][128];
    size_t n;
};

static void tell(void *context, enum rsl_item_change change, const struct rsl_item_digest *digest,
                 uint32_t item)
{
    struct told *told = context;
    char path[100];
    const size_t n = rsl_item_digest_path(digest, item, path, sizeof path);
    assert_true(n == strlen(path));
    assert_true(told->n < 64);
    snprintf(told->words[told->n++], sizeof told->words[0], "%c%s %s", "+-~"[change],
             rsl_item_kind_name((enum rsl_item_kind)digest->items[item].kind), path);
}

static int compare_words(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* Compares two sources: "+fn a,-fn b", sorted. */
static void assert_changes(const char *before, const char *after, const char *expected)
{
    struct rsl_item_digest *old_digest = digest_of(before), *new_digest = digest_of(after);
    struct told told = {0};
    char text[4096] = "";
    rsl_item_digest_compare(old_digest, new_digest, tell, &told);
    qsort(told.words, told.n, sizeof told.words[0], compare_words);
    for (size_t i = 0; i < told.n; i++) {
        if (i > 0)
            strcat(text, ",");
        strcat(text, told.words[i]);
    }
    assert_string_equal(text, expected);
    rsl_item_digest_destroy(old_digest, NULL);
    rsl_item_digest_destroy(new_digest, NULL);
}

static void test_bodies_comments_and_places_change_nothing(void **state)
{
    (void)state;
    assert_changes("fn a(x: u8) -> u8 { 1 }\nconst C: u8 = 1;\nstruct S { x: u8 }",
                   "// first\nstruct S {\n    /// doc\n    x : u8,\n}\n\nconst C:u8 = 2;\n"
                   "/// doc\nfn a( x: u8 ) -> /* what */ u8 { let y = 2; y }\n",
                   "");
}

static void test_signatures_visibility_and_attributes_change_an_item(void **state)
{
    (void)state;
    assert_changes("fn a() {}", "pub fn a() {}", "~fn a");
    assert_changes("fn a() {}", "fn a(x: u8) {}", "~fn a");
    assert_changes("fn a() {}", "const fn a() {}", "~fn a");
    assert_changes("fn a() {}", "#[cfg(unix)] fn a() {}", "~fn a");
    assert_changes("fn a<T>() {}", "fn a<T>() where T: Copy {}", "~fn a");
    assert_changes("const C: u8 = 1;", "const C: u16 = 1;", "~const C");
    assert_changes("struct S { a: u8 }", "struct S { a: u16 }", "~field S::a");
    assert_changes("enum E { A = 1 }", "enum E { A = 2 }", "~variant E::A");
    assert_changes("trait T { fn a(); }", "trait T { fn a() -> u8; }", "~fn T::a");
    assert_changes("macro_rules! m { () => { 1 } }", "macro_rules! m { () => { 2 } }",
                   "~macro_rules m");
    assert_changes("use a::b;", "pub use a::b;", "~use_leaf a::b");
}

/* What looked like the beginning of a string, and was none, hid the white space of all that
 * followed from one who counted quotes, and showed it to him in strings. */
static void test_a_change_behind_a_quote_in_quotes_is_not_missed(void **state)
{
    (void)state;
    assert_changes("#[a('\"', \"x y\")] fn f() {}", "#[a('\"', \"xy\")] fn f() {}", "~fn f");
    assert_changes("#[a('\"', \"- -\")] fn f() {}", "#[a('\"', \"--\")] fn f() {}", "~fn f");
    assert_changes("#[a(\"\\\"- -\")] fn f() {}", "#[a(\"\\\"--\")] fn f() {}", "~fn f");
    assert_changes("#[a(r#\"\"- -\"#)] fn f() {}", "#[a(r#\"\"--\"#)] fn f() {}", "~fn f");
    assert_changes("macro_rules! m { ('\"') => { \"( )\" } }",
                   "macro_rules! m { ('\"') => { \"()\" } }", "~macro_rules m");
    /* And what is no string is not taken for one. */
    assert_changes("#[a('\"', - -)] fn f() {}", "#[a( '\"' ,  - - )] fn f() {}", "");
    assert_changes("fn f<'a>(x: &'a u8) {}", "fn f < 'a > ( x : & 'a u8 ) { }", "");
}

static void test_spaces_that_keep_tokens_apart_count(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"= =", "=="}, {"< -", "<-"},     {": :", "::"},         {"- >", "->"},
        {"& &", "&&"}, {". .", ".."},     {"1 .0", "1.0"},       {"b 'x'", "b'x'"},
        {"/ /", "//"}, {"'a 'b", "'a'b"}, {"r \"x\"", "r\"x\""}, {"r #a", "r#a"},
        {"a b", "ab"}, {"| |", "||"},     {"> >=", ">>="},       {"\"a\" b", "\"a\"b"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        char with[64], without[64];
        snprintf(with, sizeof with, "macro_rules! m { (%s\n) => {} }", pairs[i][0]);
        snprintf(without, sizeof without, "macro_rules! m { (%s\n) => {} }", pairs[i][1]);
        assert_changes(with, without, "~macro_rules m");
    }
}

static void test_items_are_added_and_removed_by_kind_and_path(void **state)
{
    (void)state;
    assert_changes("mod m { fn a() {} }", "mod m { fn b() {} } fn a() {}",
                   "+fn a,+fn m::b,-fn m::a");
    assert_changes("fn a() {}", "struct a;", "+struct a,-fn a");
    assert_changes("impl A { fn f() {} }", "impl B for A { fn f() {} }",
                   "+fn B for A::f,+impl B for A,-fn A::f,-impl A");
    assert_changes("fn a() { fn b() {} }", "fn a() {}", "-fn a::b");
    assert_changes("", "use a::{b, c as d, e::*}; extern \"C\" { fn f(); }",
                   "+fn \"C\"::f,+foreign_mod \"C\",+use_leaf a::b,+use_leaf a::c as d,+use_leaf "
                   "a::e::*");
    assert_changes("use a::b; use c::d;", "use c::{d}; use a::b;", "");
}

static void test_several_with_one_path_are_compared_in_turn(void **state)
{
    (void)state;
    assert_changes("#[cfg(a)] fn f() {} #[cfg(b)] fn f() {}", "#[cfg(a)] fn f() {}", "-fn f");
    assert_changes("impl S { fn a() {} } impl S { fn b() {} }",
                   "impl S { fn a() {} } impl S { fn c() {} }", "+fn S::c,-fn S::b");
}

static void test_an_empty_file_and_none_are_alike(void **state)
{
    (void)state;
    struct told told = {0};
    struct rsl_item_digest *digest = digest_of("fn a() {}");
    rsl_item_digest_compare(NULL, digest, tell, &told);
    rsl_item_digest_compare(digest, NULL, tell, &told);
    rsl_item_digest_compare(NULL, NULL, tell, &told);
    assert_int_equal(told.n, 2);
    assert_string_equal(told.words[0], "+fn a");
    assert_string_equal(told.words[1], "-fn a");
    rsl_item_digest_destroy(digest, NULL);
}

static void test_the_path_of_a_deep_item_is_cut_at_its_beginning(void **state)
{
    (void)state;
    enum { DEPTH = 3000 };
    char *source = malloc((size_t)DEPTH * 9 + 1), *at = source;
    assert_non_null(source);
    for (int i = 0; i < DEPTH; i++)
        at += sprintf(at, "mod m { ");
    for (int i = 0; i < DEPTH; i++)
        at += sprintf(at, "}");
    struct rsl_item_digest *digest = digest_of(source);
    char path[16];
    assert_int_equal(digest->nitems, DEPTH);
    assert_int_equal(rsl_item_digest_path(digest, DEPTH - 1, NULL, 0),
                     RSL_DIGEST_PATH_COMPONENTS * 3 - 2);
    assert_int_equal(rsl_item_digest_path(digest, 1, path, sizeof path), 4);
    assert_string_equal(path, "m::m");
    rsl_item_digest_path(digest, DEPTH - 1, path, 6);
    assert_string_equal(path, "m::m:");
    rsl_item_digest_destroy(digest, NULL);
    free(source);
}

/* A group in a group, and so on, each with a leaf: full paths would be quadratic. */
static void test_nested_use_groups_take_linear_memory(void **state)
{
    (void)state;
    enum { DEPTH = 20000 };
    char *source = malloc((size_t)DEPTH * 16), *at = source;
    assert_non_null(source);
    at += sprintf(at, "use ");
    for (int i = 0; i < DEPTH; i++)
        at += sprintf(at, "a::{b, ");
    for (int i = 0; i < DEPTH; i++)
        at += sprintf(at, "}");
    sprintf(at, ";");
    struct rsl_item_digest *digest = digest_of(source);
    assert_int_equal(digest->nkeys, DEPTH);
    assert_true(digest->nbytes < (size_t)DEPTH * 200);
    for (uint32_t i = 1; i < digest->nkeys; i++) /* all are different */
        assert_true(digest->items[digest->by_key[i - 1]].key <
                    digest->items[digest->by_key[i]].key);
    rsl_item_digest_destroy(digest, NULL);
    free(source);
}

static void test_without_memory_there_is_no_digest(void **state)
{
    (void)state;
    static const uint8_t source[sizeof "use a::{b}; fn f(x: u8) {}" + RSL_PAD] =
        "use a::{b}; fn f(x: u8) {}";
    struct rsl_file file;
    rsl_file_init(&file, NULL);
    assert_int_equal(rsl_parse(&file, source, sizeof source - RSL_PAD - 1, NULL), RSL_OK);
    bool done = false;
    for (size_t fail_at = 0; !done; fail_at++) {
        struct counting_allocator counting;
        struct rsl_item_digest *digest = NULL;
        counting_init(&counting, fail_at);
        struct rsl_digest_builder *builder = rsl_digest_builder_create(&counting.allocator);
        if (builder != NULL) {
            const enum rsl_status status = rsl_item_digest_create(builder, &file, source, &digest);
            assert_true(status == RSL_OK ? digest != NULL : status == RSL_ENOMEM && digest == NULL);
            done = status == RSL_OK;
        }
        rsl_item_digest_destroy(digest, &counting.allocator);
        rsl_digest_builder_destroy(builder);
        assert_int_equal(counting.nbytes, 0);
        assert_false(counting.wrong);
        assert_true(fail_at < 100);
    }
    rsl_file_fini(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bodies_comments_and_places_change_nothing),
        cmocka_unit_test(test_signatures_visibility_and_attributes_change_an_item),
        cmocka_unit_test(test_a_change_behind_a_quote_in_quotes_is_not_missed),
        cmocka_unit_test(test_spaces_that_keep_tokens_apart_count),
        cmocka_unit_test(test_items_are_added_and_removed_by_kind_and_path),
        cmocka_unit_test(test_several_with_one_path_are_compared_in_turn),
        cmocka_unit_test(test_an_empty_file_and_none_are_alike),
        cmocka_unit_test(test_the_path_of_a_deep_item_is_cut_at_its_beginning),
        cmocka_unit_test(test_nested_use_groups_take_linear_memory),
        cmocka_unit_test(test_without_memory_there_is_no_digest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
