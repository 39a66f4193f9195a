/* What stands before the first token: byte order mark, shebang, frontmatter. */
#include "tests/lexer_testing.h"

/* The prefix of `text` must be `prefix` bytes long. */
static void check_prefix(const char *text, size_t prefix)
{
    struct rsl_tokens tokens;
    rsl_tokens_init(&tokens, NULL);
    lex_every_way(&tokens, text, strlen(text), NULL);
    assert_int_equal(tokens.prefix.nbytes, prefix);
    assert_int_equal(tokens.prefix.frontmatter_nbytes, 0);
    rsl_tokens_fini(&tokens);
}

/* With frontmatter asked for, it must be text[off..off + nbytes), and the file's errors, by name
 * and with spaces between, `errors`. */
static void check_frontmatter(const char *text, size_t off, size_t nbytes, const char *errors)
{
    struct rsl_lex_options options = {.frontmatter = true};
    struct rsl_tokens tokens;
    char actual[400] = "";
    rsl_tokens_init(&tokens, NULL);
    lex_every_way(&tokens, text, strlen(text), &options);
    assert_int_equal(tokens.prefix.frontmatter_nbytes, nbytes);
    if (nbytes > 0) {
        assert_int_equal(tokens.prefix.frontmatter_off, off);
        assert_int_equal(tokens.prefix.nbytes, off + nbytes);
    }
    for (size_t i = 0; i < tokens.nerrors; i++) {
        size_t n = strlen(actual);
        snprintf(actual + n, sizeof(actual) - n, "%s%s", i ? " " : "",
                 rsl_source_error_name(tokens.errors[i].code));
    }
    assert_string_equal(actual, errors);
    rsl_tokens_fini(&tokens);
}

static void a_byte_order_mark_is_a_prefix(void **state)
{
    (void)state;
    check_prefix("\xEF\xBB\xBF"
                 "fn",
                 3);
    check_prefix("\xEF\xBB\xBF", 3);
    check_prefix("\xEF\xBB", 0);
    check_prefix(" \xEF\xBB\xBF", 0);
    check("\xEF\xBB\xBF"
          "fn f",
          "Ident:fn ws Ident:f");
}

static void a_shebang_goes_up_to_its_line_end(void **state)
{
    (void)state;
    check_prefix("#!/bin/sh\nfn", 9);
    check_prefix("#!/bin/sh\r\nfn", 9);
    check_prefix("#!/bin/sh\r", 10);
    check_prefix("#!/bin/sh", 9);
    check_prefix("#!", 2);
    check_prefix("#!\n", 2);
    check_prefix("#!\r\n", 2);
    check_prefix("\xEF\xBB\xBF#!/bin/sh\nfn", 12);
    check("#!/bin/sh\nfn", "ws Ident:fn");
    check_prefix("\n#!/bin/sh", 0);
    check_prefix("# !/bin/sh", 0);
}

static void an_inner_attribute_is_no_shebang(void **state)
{
    (void)state;
    check_prefix("#![a]", 0);
    check_prefix("#!   [a]", 0);
    check_prefix("#!\n\n[a]", 0);
    check_prefix("#! // b\n[a]", 0);
    check_prefix("#! /* b\n*/ [a]", 0);
    check_prefix("#!//// b\n[a]", 0);
    check_prefix("#!\xE2\x80\xA8[a]", 0);
}

static void what_is_not_followed_by_a_bracket_is_a_shebang(void **state)
{
    (void)state;
    check_prefix("#! // b\na", 7);
    check_prefix("#! /* b\n*/ a", 7);
    check_prefix("#!///b\n[a]", 6); /* a doc comment is a token */
    check_prefix("#!//!b\n[a]", 6);
    check_prefix("#!/**b*/[a]", 11);
    check_prefix("#! /* [a]", 9); /* the comment never ends */
    check_prefix("#!(a)[b]", 8);
}

static void frontmatter_is_left_alone_unless_asked_for(void **state)
{
    (void)state;
    check_prefix("---\na\n---\n", 0);
    check("---\n", "- - - ws");
}

static void frontmatter_goes_to_the_end_of_its_closing_line(void **state)
{
    (void)state;
    check_frontmatter("---\na: b\n---\nfn", 0, 12, "");
    check_frontmatter("---cargo\na\n---\nfn", 0, 14, "");
    check_frontmatter("--- Cargo.toml-x \na\n--- \t\nfn", 0, 25, "");
    check_frontmatter("-----\n---\n-----\nfn", 0, 15, "");
    check_frontmatter("---\n---", 0, 7, "");
    check_frontmatter("---\r\na\r\n---\r\nfn", 0, 12, "");
}

static void frontmatter_may_follow_mark_shebang_and_newlines(void **state)
{
    (void)state;
    check_frontmatter("\n \n---\na\n---\nfn", 3, 9, "");
    check_frontmatter("#!/bin/x\n---\na\n---\nfn", 9, 9, "");
    check_frontmatter("\xEF\xBB\xBF---\na\n---\nfn", 3, 9, "");
    check_frontmatter("\xEF\xBB\xBF#!x\n---\na\n---\nfn", 7, 9, "");
}

static void what_is_no_frontmatter(void **state)
{
    (void)state;
    check_frontmatter("--\na\n--\n", 0, 0, "");
    check_frontmatter("// a\n---\na\n---\n", 0, 0, "");
    check_frontmatter("fn\n---\na\n---\n", 0, 0, "");
    check_frontmatter("", 0, 0, "");
}

static void mistakes_in_the_opening_line(void **state)
{
    (void)state;
    check_frontmatter(" ---\na\n---\n", 1, 9, "FRONTMATTER_LEADING_SPACE");
    check_frontmatter("\n\t---\na\n---\n", 2, 9, "FRONTMATTER_LEADING_SPACE");
    check_frontmatter("--- a b\n---\n", 0, 11, "FRONTMATTER_INFOSTRING");
    check_frontmatter("---.a\n---\n", 0, 9, "FRONTMATTER_INFOSTRING");
    check_frontmatter("---1\n---\n", 0, 8, "FRONTMATTER_INFOSTRING");
}

static void mistakes_in_the_closing_line(void **state)
{
    (void)state;
    check_frontmatter("---\na\n--- x\nfn", 0, 11, "FRONTMATTER_CLOSE_EXTRA");
    check_frontmatter("---\na\n----\nfn", 0, 10, "FRONTMATTER_MISMATCH");
    check_frontmatter("----\na\n---\nfn", 0, 10, "FRONTMATTER_MISMATCH");
    check_frontmatter("---\na\n ---\nfn", 0, 10, "FRONTMATTER_CLOSE_SPACE");
    check_frontmatter("---\na\n\t---- x\nfn", 0, 13,
                      "FRONTMATTER_MISMATCH FRONTMATTER_CLOSE_SPACE FRONTMATTER_CLOSE_EXTRA");
}

/* Where rustc goes on when no line closes it. */
static void unclosed_frontmatter_ends_before_what_looks_like_code(void **state)
{
    (void)state;
    check_frontmatter("---\na\nfn f() {}\n", 0, 16, "FRONTMATTER_UNCLOSED");
    check_frontmatter("---\na\nuse b;\n", 0, 5, "FRONTMATTER_UNCLOSED");
    check_frontmatter("---\na\n//! b\n", 0, 5, "FRONTMATTER_UNCLOSED");
    check_frontmatter("---\na\n#![b]\n", 0, 5, "FRONTMATTER_UNCLOSED");
    check_frontmatter("---\nuse b;\n ---\n", 0, 3, "FRONTMATTER_UNCLOSED");
    check_frontmatter("----\nuse b;\n---\n", 0, 15, "FRONTMATTER_MISMATCH");
    check_frontmatter("---\na ---\n", 0, 10, "FRONTMATTER_UNCLOSED");
    check_frontmatter("---", 0, 3, "FRONTMATTER_UNCLOSED FRONTMATTER_INFOSTRING");
}

static void bytes_in_frontmatter_are_checked(void **state)
{
    (void)state;
    check_frontmatter("---\na\rb\n---\n", 0, 11, "BARE_CR_FRONTMATTER");
    check_frontmatter("---\n\xFF\n--- x\n", 0, 11, "NOT_UTF8 FRONTMATTER_CLOSE_EXTRA");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_byte_order_mark_is_a_prefix),
        cmocka_unit_test(a_shebang_goes_up_to_its_line_end),
        cmocka_unit_test(an_inner_attribute_is_no_shebang),
        cmocka_unit_test(what_is_not_followed_by_a_bracket_is_a_shebang),
        cmocka_unit_test(frontmatter_is_left_alone_unless_asked_for),
        cmocka_unit_test(frontmatter_goes_to_the_end_of_its_closing_line),
        cmocka_unit_test(frontmatter_may_follow_mark_shebang_and_newlines),
        cmocka_unit_test(what_is_no_frontmatter),
        cmocka_unit_test(mistakes_in_the_opening_line),
        cmocka_unit_test(mistakes_in_the_closing_line),
        cmocka_unit_test(unclosed_frontmatter_ends_before_what_looks_like_code),
        cmocka_unit_test(bytes_in_frontmatter_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
