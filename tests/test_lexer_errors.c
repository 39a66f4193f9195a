/* What is wrong with a file: codes, offsets and lengths. The places are those that rustc 1.95 names
 * for the same bytes. */
#include "tests/lexer_testing.h"

/* The errors of text[0..nbytes) must read as `expected`: NAME@off+nbytes, with spaces between. */
static void check_errors_of(const void *text, size_t nbytes, const char *expected,
                            const struct rsl_lex_options *options)
{
    struct rsl_tokens tokens;
    char actual[2048] = "";
    size_t n = 0;
    rsl_tokens_init(&tokens, NULL);
    lex_every_way(&tokens, text, nbytes, options);
    for (size_t i = 0; i < tokens.nerrors && n < sizeof(actual) - 100; i++) {
        const struct rsl_source_error *error = &tokens.errors[i];
        n += (size_t)snprintf(actual + n, sizeof(actual) - n, "%s%s@%u+%u", i ? " " : "",
                              rsl_source_error_name(error->code), error->off, error->nbytes);
    }
    assert_string_equal(actual, expected);
    rsl_tokens_fini(&tokens);
}

static void check_errors(const char *text, const char *expected)
{
    check_errors_of(text, strlen(text), expected, NULL);
}

static void check_errors_in(unsigned edition, const char *text, const char *expected)
{
    struct rsl_lex_options options = {.edition = (uint16_t)edition};
    check_errors_of(text, strlen(text), expected, &options);
}

static void every_code_has_a_name_and_a_message(void **state)
{
    (void)state;
    for (int i = 1; i < RSL_SOURCE_ERROR_COUNT; i++) {
        uint16_t code = (uint16_t)i;
        const char *rustc_code = rsl_source_error_rustc_code(code);
        assert_true(strlen(rsl_source_error_name(code)) > 0);
        assert_true(strlen(rsl_source_error_message(code)) > 0);
        assert_true(rustc_code[0] == '\0' || (rustc_code[0] == 'E' && strlen(rustc_code) == 5));
        for (uint16_t other = 1; other < code; other++) {
            assert_string_not_equal(rsl_source_error_name(code), rsl_source_error_name(other));
        }
    }
    assert_string_equal(rsl_source_error_name(RSL_SOURCE_ERROR_UNTERMINATED_STRING),
                        "UNTERMINATED_STRING");
    assert_string_equal(rsl_source_error_rustc_code(RSL_SOURCE_ERROR_UNTERMINATED_STRING), "E0765");
    assert_string_equal(rsl_source_error_message(RSL_SOURCE_ERROR_UNTERMINATED_STRING),
                        "unterminated double quote string");
    assert_string_equal(rsl_source_error_name(RSL_SOURCE_ERROR_COUNT), "NONE");
    assert_string_equal(rsl_source_error_rustc_code(UINT16_MAX), "");
    assert_string_equal(rsl_source_error_message(0), "unknown error");
}

static void sound_source_has_no_errors(void **state)
{
    (void)state;
    check_errors("", "");
    check_errors(
        "//! a\r\nfn r#fn<'a>(x: &'a str) -> u8 { b'\\'' + 0xFFu8 + 1e5 as u8 } /* \r */\r\n", "");
    check_errors("// \xC3\xA9 \xF0\x9F\x98\x80\n\"\xE2\x84\x96\"", "");
    check_errors("0b101_u8 0o777 0xeu8 1_f32 0b1_u1", "");
}

static void unterminated_comments(void **state)
{
    (void)state;
    check_errors("a /* b", "UNTERMINATED_BLOCK_COMMENT@2+4");
    check_errors("/* /* */", "UNTERMINATED_BLOCK_COMMENT@0+8");
    check_errors("/** b", "UNTERMINATED_BLOCK_DOC_COMMENT@0+5");
    check_errors("/*! b", "UNTERMINATED_BLOCK_DOC_COMMENT@0+5");
}

static void unterminated_literals(void **state)
{
    (void)state;
    check_errors("x \"a", "UNTERMINATED_STRING@2+2");
    check_errors("x b\"a", "UNTERMINATED_BYTE_STRING@3+2");
    check_errors("x c\"a", "UNTERMINATED_C_STRING@3+2");
    check_errors("x '(;", "UNTERMINATED_CHAR@2+3");
    check_errors("x b'a;", "UNTERMINATED_BYTE@3+3");
    check_errors("'(\n '(/", "UNTERMINATED_CHAR@0+2 UNTERMINATED_CHAR@4+2");
}

static void bad_raw_strings(void **state)
{
    (void)state;
    char many[600] = "r";
    memset(many + 1, '#', 256);
    memcpy(many + 257, "\"a\"", 3);
    memset(many + 260, '#', 256);
    many[516] = '\0';
    check_errors("x r#\"a\"", "UNTERMINATED_RAW_STRING@2+3");
    check_errors("x r\"a", "UNTERMINATED_RAW_STRING@2+2");
    check_errors("x r\"", "UNTERMINATED_RAW_STRING@2+2");
    check_errors("x br##\"a\"#", "UNTERMINATED_RAW_STRING@2+5");
    check_errors("x br#~a", "RAW_STRING_STARTER@2+4");
    check_errors("r##\xC3\xA9", "RAW_STRING_STARTER@0+5");
    check_errors("r#", "RAW_STRING_STARTER@0+2");
    check_errors(many, "RAW_STRING_HASHES@0+516");
    /* One `#` too few at the end: it is not closed. */
    many[515] = '\0';
    check_errors(many, "UNTERMINATED_RAW_STRING@0+258");
    /* As many as open it, but no second quote. */
    many[257] = '"';
    memset(many + 258, '#', 256);
    many[514] = '\0';
    check_errors(many, "UNTERMINATED_RAW_STRING@0+258");
}

static void empty_and_long_chars(void **state)
{
    (void)state;
    check_errors("x ''", "EMPTY_CHAR@3+0");
    check_errors("x b''", "EMPTY_CHAR@4+0");
    check_errors("'ab'", "LONG_CHAR@0+4");
    check_errors("'''", "");
    check_errors("'\\u{1F600}'", "");
}

static void numbers(void **state)
{
    (void)state;
    check_errors("x 0xu8", "NO_DIGITS@2+2");
    check_errors("0b_", "NO_DIGITS@0+3");
    check_errors("0b12_3u8", "BINARY_DIGIT@3+1 BINARY_DIGIT@5+1");
    check_errors("0o8_9", "OCTAL_DIGIT@2+1 OCTAL_DIGIT@4+1");
    check_errors("1e+", "EMPTY_EXPONENT@0+3");
    check_errors("1em", "EMPTY_EXPONENT@0+3");
    check_errors("0x1.0f32", "HEXADECIMAL_FLOAT@0+5");
    check_errors("0b1e3 0o7.", "BINARY_FLOAT@0+5 OCTAL_FLOAT@6+4");
    check_errors("0b1e", "EMPTY_EXPONENT@0+4 BINARY_FLOAT@0+4");
}

static void underscore_suffixes(void **state)
{
    (void)state;
    check_errors("\"a\"_ 'a'_ b\"a\"_ r\"a\"_",
                 "UNDERSCORE_SUFFIX@3+1 UNDERSCORE_SUFFIX@8+1 UNDERSCORE_SUFFIX@14+1 "
                 "UNDERSCORE_SUFFIX@20+1");
    check_errors("1_ 1.0_ 0x1_ \"a\"_a", "");
}

static void names_that_cannot_be_raw(void **state)
{
    (void)state;
    check_errors("r#self r#Self r#super r#crate r#_",
                 "RAW_IDENT@0+6 RAW_IDENT@7+6 RAW_IDENT@14+7 RAW_IDENT@22+7 RAW_IDENT@30+3");
    check_errors("r#_", "RAW_IDENT@0+3"); /* each alone: none is found by another's help */
    check_errors("r#self", "RAW_IDENT@0+6");
    check_errors("r#Self", "RAW_IDENT@0+6");
    check_errors("r#super", "RAW_IDENT@0+7");
    check_errors("r#crate", "RAW_IDENT@0+7");
    check_errors("r#selfish r#static r#struct r#s r#__", "");
    check_errors_in(2021, "'r#_ 'r#self 'r#a 'r#static", "RAW_LIFETIME@0+4 RAW_LIFETIME@5+7");
    check_errors("'r#_ 'r#self", "");
    check_errors_in(2018, "'r#_ 'r#self", ""); /* `'r`, `#`, `_` */
}

static void invalid_identifiers_and_lifetimes(void **state)
{
    (void)state;
    check_errors("a\xF0\x9F\x98\x80 b", "INVALID_IDENT@0+5");
    check_errors("x '0a", "LIFETIME_NUMBER@2+3");
}

static void prefixes_are_errors_from_2021_on(void **state)
{
    (void)state;
    const char *text = "foo\"a\" 'foo#a";
    check_errors(text, "");
    check_errors_in(2015, text, "");
    check_errors_in(2018, text, "");
    check_errors_in(2021, text, "UNKNOWN_PREFIX@0+3 UNKNOWN_PREFIX@7+4");
    check_errors_in(2024, text, "UNKNOWN_PREFIX@0+3 UNKNOWN_PREFIX@7+4");
}

static void guarded_strings_are_errors_from_2024_on(void **state)
{
    (void)state;
    const char *text = "#\"a\"# ## ##\"a\"#b";
    check_errors_in(2021, text, "");
    check_errors_in(2024, text, "GUARDED_STRING@0+5 MULTI_HASH@6+2 GUARDED_STRING@9+7");
    check_errors_in(2024, "x ##\"a", "UNTERMINATED_STRING@4+2");
}

static void unknown_characters(void **state)
{
    (void)state;
    check_errors("a ` \\", "UNKNOWN_TOKEN@2+1 UNKNOWN_TOKEN@4+1");
    check_errors("a \xE2\x84\x96", "UNKNOWN_TOKEN@2+3");
    check_errors("a\xEF\xBB\xBF", "UNKNOWN_TOKEN@1+3");
    check_errors_of("a\0b", 3, "UNKNOWN_TOKEN@1+1", NULL);
    check_errors_of("\"\0\" //\0", 7, "", NULL);
}

/* They are found at every place of a window of 64 bytes, and behind each other. */
static void unknown_characters_anywhere(void **state)
{
    (void)state;
    for (size_t at = 0; at < 200; at++) {
        char text[201], expected[40];
        memset(text, 'a', 200);
        for (size_t i = 3; i < 200; i += 4) {
            text[i] = ' ';
        }
        text[at] = '`';
        text[200] = '\0';
        snprintf(expected, sizeof(expected), "UNKNOWN_TOKEN@%zu+1", at);
        check_errors(text, expected);
    }
}

static void bytes_that_are_not_utf8(void **state)
{
    (void)state;
    check_errors("a\xFF"
                 "b",
                 "NOT_UTF8@1+1");
    check_errors("\xFF\xFE", "NOT_UTF8@0+1 NOT_UTF8@1+1");
    check_errors("// \xE2\x82\n\"\xC0\" '\xFF' \xF0\x9F\x98",
                 "NOT_UTF8@3+2 NOT_UTF8@7+1 NOT_UTF8@11+1 NOT_UTF8@14+3");
    check_errors("#! \xFF\nfn", "NOT_UTF8@3+1"); /* in the shebang */
    check_errors("/* \xFF", "UNTERMINATED_BLOCK_COMMENT@0+4 NOT_UTF8@3+1");
}

static void a_bare_cr_is_wrong_in_docs_and_literals(void **state)
{
    (void)state;
    check_errors("/// a\rb", "BARE_CR_DOC_COMMENT@5+1");
    check_errors("//! a\r", "BARE_CR_DOC_COMMENT@5+1");
    check_errors("/** a\rb\r\n\r */",
                 "BARE_CR_BLOCK_DOC_COMMENT@5+1 BARE_CR_BLOCK_DOC_COMMENT@9+1");
    check_errors("/*! \r */", "BARE_CR_BLOCK_DOC_COMMENT@4+1");
    check_errors("\"a\rb\"", "BARE_CR_STRING@2+1");
    check_errors("b\"\r\"", "BARE_CR_STRING@2+1");
    check_errors("c\"\r\"", "BARE_CR_STRING@2+1");
    check_errors("r\"\r\" br#\"\r\"# cr\"\r\"",
                 "BARE_CR_RAW_STRING@2+1 BARE_CR_RAW_STRING@9+1 BARE_CR_RAW_STRING@16+1");
    check_errors("'\r' b'\r'", "BARE_CR_CHAR@1+1 BARE_CR_CHAR@6+1");
}

static void a_cr_is_fine_elsewhere_and_before_a_newline(void **state)
{
    (void)state;
    check_errors("// a\rb\n/* \r */ a\r\rb", "");
    check_errors("/// a\r\n\"\r\n\" r\"\r\n\"\r\n", "");
}

static void errors_ascend_within_one_token(void **state)
{
    (void)state;
    check_errors("\"\r\xFF\r\xFE", "UNTERMINATED_STRING@0+5 BARE_CR_STRING@1+1 NOT_UTF8@2+1 "
                                   "BARE_CR_STRING@3+1 NOT_UTF8@4+1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_has_a_name_and_a_message),
        cmocka_unit_test(sound_source_has_no_errors),
        cmocka_unit_test(unterminated_comments),
        cmocka_unit_test(unterminated_literals),
        cmocka_unit_test(bad_raw_strings),
        cmocka_unit_test(empty_and_long_chars),
        cmocka_unit_test(numbers),
        cmocka_unit_test(underscore_suffixes),
        cmocka_unit_test(names_that_cannot_be_raw),
        cmocka_unit_test(invalid_identifiers_and_lifetimes),
        cmocka_unit_test(prefixes_are_errors_from_2021_on),
        cmocka_unit_test(guarded_strings_are_errors_from_2024_on),
        cmocka_unit_test(unknown_characters),
        cmocka_unit_test(unknown_characters_anywhere),
        cmocka_unit_test(bytes_that_are_not_utf8),
        cmocka_unit_test(a_bare_cr_is_wrong_in_docs_and_literals),
        cmocka_unit_test(a_cr_is_fine_elsewhere_and_before_a_newline),
        cmocka_unit_test(errors_ascend_within_one_token),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
