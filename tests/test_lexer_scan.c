/* scan.h, which the item parser uses beside the tokens. Built twice: as it is, and with byte loops
 * by test_lexer_scan_scalar.c. */
#include "lexer/scan.h"
#include "tests/lexer_testing.h"

static const uint8_t *source_end;

static const uint8_t *put(const char *text)
{
    size_t nbytes = strlen(text);
    const uint8_t *src = guarded_buffer_put(test_buffer(), text, nbytes);
    source_end = src + nbytes;
    return src;
}

static void line_comments_stop_at_the_newline(void **state)
{
    (void)state;
    const uint8_t *p = put("// a\nb");
    assert_ptr_equal(rsl_scan_line_comment(p, source_end), p + 4);
    p = put("// a");
    assert_ptr_equal(rsl_scan_line_comment(p, source_end), p + 4);
    assert_ptr_equal(rsl_scan_line_comment(source_end, source_end), source_end);
}

static void check_block_comment(const char *text, size_t end, bool terminated)
{
    bool actual;
    const uint8_t *p = put(text);
    assert_ptr_equal(rsl_scan_block_comment(p, source_end, &actual), p + end);
    assert_int_equal(actual, terminated);
}

static void block_comments(void **state)
{
    (void)state;
    check_block_comment("*/", 2, true);
    check_block_comment(" a */ b", 5, true);
    check_block_comment("/**/*/*/", 6, true);
    check_block_comment("/*/*/", 5, false); /* two opened, one closed, a slash left */
    check_block_comment("/", 1, false);
    check_block_comment("*", 1, false);
    check_block_comment("", 0, false);
}

static void check_string(const char *text, size_t end, bool terminated)
{
    bool actual;
    const uint8_t *p = put(text);
    assert_ptr_equal(rsl_scan_string(p, source_end, &actual), p + end);
    assert_int_equal(actual, terminated);
}

static void strings(void **state)
{
    (void)state;
    check_string("\"", 1, true);
    check_string("a\\\"b\" c", 5, true);
    check_string("\\\\\"\"", 3, true);
    check_string("a", 1, false);
    check_string("\\", 1, false);
    check_string("", 0, false);
    check_string("\\\xC3\xA9\"", 4, true);
}

static void check_raw_string(const char *text, size_t end, unsigned nhashes, bool valid)
{
    bool actual;
    unsigned actual_nhashes;
    const uint8_t *p = put(text);
    assert_ptr_equal(rsl_scan_raw_string(p, source_end, &actual_nhashes, &actual), p + end);
    assert_int_equal(actual_nhashes, nhashes);
    assert_int_equal(actual, valid);
}

static void raw_strings(void **state)
{
    (void)state;
    check_raw_string("\"a\\\"b", 4, 0, true);
    check_raw_string("#\"a\"b\"#c", 7, 1, true);
    check_raw_string("##\"a\"#", 6, 2, false);
    check_raw_string("##a", 3, 2, false);
    check_raw_string("#\xC3\xA9\"", 3, 1, false);
    check_raw_string("#", 1, 1, false);
    check_raw_string("#\"\"#\"#", 4, 1, true);
}

static void check_quote(const char *text, size_t end, enum rsl_quote kind)
{
    enum rsl_quote actual;
    const uint8_t *p = put(text);
    assert_ptr_equal(rsl_scan_quote_kind(p, source_end, &actual), p + end);
    assert_int_equal(actual, kind);
    assert_ptr_equal(rsl_scan_quote(p, source_end), p + end);
}

static void quotes(void **state)
{
    (void)state;
    check_quote("a'", 2, RSL_QUOTE_CHAR);
    check_quote("\\''", 3, RSL_QUOTE_CHAR);
    check_quote("''", 2, RSL_QUOTE_CHAR);
    check_quote("'", 1, RSL_QUOTE_CHAR);
    check_quote("{' }", 2, RSL_QUOTE_CHAR);
    check_quote("ab'", 3, RSL_QUOTE_CHAR_LONG);
    check_quote("{\n", 1, RSL_QUOTE_CHAR_UNTERMINATED);
    check_quote("", 0, RSL_QUOTE_CHAR_UNTERMINATED);
    check_quote("a", 1, RSL_QUOTE_LIFETIME);
    check_quote("a>", 1, RSL_QUOTE_LIFETIME);
    check_quote("0a,", 2, RSL_QUOTE_LIFETIME_NUMBER);
    check_quote("r#a b", 3, RSL_QUOTE_RAW_LIFETIME);
    check_quote("r#1", 1, RSL_QUOTE_UNKNOWN_PREFIX);
    check_quote("a#", 1, RSL_QUOTE_UNKNOWN_PREFIX);
}

static void check_ident(const char *text, size_t end)
{
    const uint8_t *p = put(text);
    assert_ptr_equal(rsl_scan_ident(p, source_end), p + end);
}

static void identifiers(void **state)
{
    (void)state;
    check_ident("", 0);
    check_ident("a", 1);
    check_ident("_1a(", 3);
    check_ident("1a", 0);
    check_ident(" a", 0);
    check_ident("\xC3\xA9t\xC3\xA9.", 5);
    check_ident("a\xCC\x81", 3);
    check_ident("\xCC\x81", 0);
    check_ident("a\xE2\x84\x96", 1);
    check_ident("\xFF", 0);
    check_ident("a_rather_long_identifier_with_more_than_sixteen_characters;", 58);
}

static void check_trivia(const char *text, size_t end)
{
    bool terminated;
    const uint8_t *p = put(text);
    assert_ptr_equal(rsl_scan_trivia(p, source_end), p + end);
    assert_ptr_equal(rsl_scan_trivia_checked(p, source_end, &terminated), p + end);
}

static void trivia_is_white_space_and_comments_but_no_docs(void **state)
{
    (void)state;
    check_trivia("a", 0);
    check_trivia(" a", 1);
    check_trivia("  a", 2);
    check_trivia("", 0);
    check_trivia(" ", 1);
    check_trivia("\n                                    a", 37);
    check_trivia("\r\n\t\v\f a", 6);
    check_trivia("\xE2\x80\xA8 \xC2\x85"
                 "a",
                 6);
    check_trivia("\xC3\xA9", 0);
    check_trivia(" \xC3\xA9", 1);
    check_trivia("// b\n  a", 7);
    check_trivia(" /* b */ /**/ /*** c */ //// d\n a", 32);
    check_trivia(" // b", 5);
    check_trivia(" /// b", 1);
    check_trivia(" //! b", 1);
    check_trivia(" /** b */", 1);
    check_trivia(" /*! b */", 1);
    check_trivia("/ b", 0);
    check_trivia("/", 0);
    check_trivia(" /", 1);
}

static void trivia_tells_of_a_comment_without_end(void **state)
{
    (void)state;
    bool terminated;
    const uint8_t *p = put(" /* a */ b");
    assert_ptr_equal(rsl_scan_trivia_checked(p, source_end, &terminated), p + 9);
    assert_true(terminated);
    p = put(" /* a /* */ b");
    assert_ptr_equal(rsl_scan_trivia_checked(p, source_end, &terminated), source_end);
    assert_false(terminated);
}

/* The finders see each place of blocks of 16 and 64 bytes, and nothing behind the end. */
static void finders_find_the_first_and_nothing_behind_the_end(void **state)
{
    (void)state;
    uint8_t text[160];
    for (size_t nbytes = 0; nbytes < sizeof(text); nbytes += 7) {
        for (size_t at = 0; at <= nbytes; at++) {
            memset(text, ' ', nbytes);
            if (at < nbytes) {
                text[at] = 'x';
            }
            if (at + 1 < nbytes) {
                text[at + 1] = 'x';
            }
            const uint8_t *p = guarded_buffer_put(test_buffer(), text, nbytes);
            const uint8_t *end = p + nbytes;
            assert_ptr_equal(rsl_find_byte(p, end, 'x'), p + at);
            assert_ptr_equal(rsl_find_byte2(p, end, 'y', 'x'), p + at);
            assert_ptr_equal(rsl_find_byte2(p, end, 'x', 'y'), p + at);
            assert_ptr_equal(rsl_find_byte(p, end, 'y'), end);
            assert_ptr_equal(rsl_skip_spaces(p), p + at);
            if (at < nbytes) {
                text[at] = 0x80;
                p = guarded_buffer_put(test_buffer(), text, nbytes);
            }
            assert_ptr_equal(rsl_find_non_ascii(p, p + nbytes), p + at);
        }
    }
    /* What is looked for may lie behind the end, in the same block. */
    const uint8_t *p = put("aaaax\x80");
    assert_ptr_equal(rsl_find_byte(p, p + 3, 'x'), p + 3);
    assert_ptr_equal(rsl_find_byte2(p, p + 4, 'x', 'y'), p + 4);
    assert_ptr_equal(rsl_find_non_ascii(p, p + 5), p + 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(line_comments_stop_at_the_newline),
        cmocka_unit_test(block_comments),
        cmocka_unit_test(strings),
        cmocka_unit_test(raw_strings),
        cmocka_unit_test(quotes),
        cmocka_unit_test(identifiers),
        cmocka_unit_test(trivia_is_white_space_and_comments_but_no_docs),
        cmocka_unit_test(trivia_tells_of_a_comment_without_end),
        cmocka_unit_test(finders_find_the_first_and_nothing_behind_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
