/* What the edition changes, as rustc's parser does it; every edition is tried on every rule. */
#include <stdlib.h>

#include "tests/lexer_testing.h"

/* `before` is expected in the editions before `from`, `after` from it on. */
static void check_from(unsigned from, const char *text, const char *before, const char *after)
{
    static const unsigned editions[] = {2015, 2018, 2021, 2024};
    for (unsigned i = 0; i < 4; i++) {
        check_edition(editions[i], text, editions[i] < from ? before : after);
    }
}

static void unknown_prefixes_are_identifiers_before_2021(void **state)
{
    (void)state;
    check_from(2021, "foo\"a\" foo#a foo'a'",
               "Ident:foo Str:\"a\" ws Ident:foo # Ident:a ws Ident:foo Char:'a'",
               "UnknownPrefix:foo Str:\"a\" ws UnknownPrefix:foo # Ident:a ws UnknownPrefix:foo "
               "Char:'a'");
}

static void unknown_prefix_lifetimes_are_lifetimes_before_2021(void **state)
{
    (void)state;
    check_from(2021, "'foo#a", "Lifetime:'foo # Ident:a", "UnknownPrefixLifetime:'foo # Ident:a");
}

static void raw_lifetimes_are_split_before_2021(void **state)
{
    (void)state;
    check_from(2021, "'r#a b", "Lifetime:'r # Ident:a ws Ident:b", "RawLifetime:'r#a ws Ident:b");
    /* What is split off is lexed anew, by the rules of the edition. */
    check_edition(2018, "'r#a\"b\"", "Lifetime:'r # Ident:a Str:\"b\"");
}

static void c_strings_are_split_before_2021(void **state)
{
    (void)state;
    check_from(2021, "c\"a\"", "Ident:c Str:\"a\"", "CStr:c\"a\"");
    check_from(2021, "cr\"a\\\"", "Ident:cr Str:\"a\\\"{unterminated}", "RawCStr:cr\"a\\\"");
    check_from(2021, "cr#\"a\"#b", "Ident:cr # Str:\"a\" # Ident:b",
               "RawCStr:cr#\"a\"#b{hashes=1,suffix=7}");
    check_from(2021, "c\"a", "Ident:c Str:\"a{unterminated}", "CStr:c\"a{unterminated}");
}

static void guarded_strings_are_split_before_2024(void **state)
{
    (void)state;
    check_from(2024, "#\"a\"#", "# Str:\"a\" #", "GuardedStrPrefix:#\"a\"#");
    check_from(2024, "##", "# #", "GuardedStrPrefix:##");
    check_from(2024, "####", "# # # #", "GuardedStrPrefix:## GuardedStrPrefix:##");
    check_from(2024, "##\"a\"#b c", "# # Str:\"a\" # Ident:b ws Ident:c",
               "GuardedStrPrefix:##\"a\"#b ws Ident:c");
    check_from(2024, "#\"a\"##", "# Str:\"a\" # #", "GuardedStrPrefix:#\"a\"# #");
    check_from(2024, "#\"a", "# Str:\"a{unterminated}", "GuardedStrPrefix:#\"a{unterminated}");
}

/* Quadratic work would take hours here. */
static void a_long_run_of_hashes_takes_linear_time(void **state)
{
    (void)state;
    const size_t nbytes = 8000000;
    uint8_t *src = calloc(nbytes + RSL_PAD, 1);
    assert_non_null(src);
    memset(src, '#', nbytes);
    struct rsl_lex_options options = {.edition = 2024};
    struct rsl_tokens tokens;
    rsl_tokens_init(&tokens, NULL);
    assert_int_equal(rsl_lex(&tokens, src, nbytes, &options), RSL_OK);
    assert_int_equal(tokens.ntokens, nbytes / 2);
    assert_int_equal(tokens.nerrors, nbytes / 2);
    rsl_tokens_fini(&tokens);
    free(src);
}

static void the_rest_is_the_same_in_all_editions(void **state)
{
    (void)state;
    check_from(
        0, "r#a b\"\" br#\"a\"# 'a # r\"\"", "",
        "RawIdent:r#a ws ByteStr:b\"\" ws RawByteStr:br#\"a\"#{hashes=1} ws Lifetime:'a ws # "
        "ws RawStr:r\"\"");
}

static void an_unknown_edition_is_refused(void **state)
{
    (void)state;
    const uint8_t *src = guarded_buffer_put(test_buffer(), "fn", 2);
    struct rsl_lex_options options = {.edition = 2020};
    struct rsl_tokens tokens;
    struct rsl_lexer lexer;
    struct rsl_token token;
    rsl_tokens_init(&tokens, NULL);
    assert_int_equal(rsl_lex(&tokens, src, 2, NULL), RSL_OK);
    assert_int_equal(rsl_lex(&tokens, src, 2, &options), RSL_EINVAL);
    assert_int_equal(tokens.ntokens, 0);
    assert_int_equal(rsl_lexer_init(&lexer, src, 2, &options), RSL_EINVAL);
    assert_false(rsl_lexer_next(&lexer, &token));
    rsl_tokens_fini(&tokens);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unknown_prefixes_are_identifiers_before_2021),
        cmocka_unit_test(unknown_prefix_lifetimes_are_lifetimes_before_2021),
        cmocka_unit_test(raw_lifetimes_are_split_before_2021),
        cmocka_unit_test(c_strings_are_split_before_2021),
        cmocka_unit_test(guarded_strings_are_split_before_2024),
        cmocka_unit_test(a_long_run_of_hashes_takes_linear_time),
        cmocka_unit_test(the_rest_is_the_same_in_all_editions),
        cmocka_unit_test(an_unknown_edition_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
