/* text.h: the parts of an item that are not one span of the source. */
#include "tests/parser_testing.h"

typedef size_t text_function(const uint8_t *src, struct rsl_span span, char *buffer,
                             size_t capacity);

/* `text` as the whole span, and as a span in the middle of other text, from a guarded buffer. */
static void check_text(text_function *function, const char *text, const char *expected)
{
    struct guarded_buffer buffer;
    guarded_buffer_init(&buffer, 4096);
    const size_t length = strlen(text);
    for (uint32_t before = 0; before < 2; before++) {
        char source[1000];
        /* What stands behind the span, a comment say, is none of its business. */
        int n = snprintf(source, sizeof(source), before ? "x%s/*\"'" : "%s", text);
        const uint8_t *src = guarded_buffer_put(&buffer, source, (size_t)n);
        const struct rsl_span span = {before, before + (uint32_t)length};
        char out[1000];
        memset(out, '#', sizeof(out));
        size_t nbytes = function(src, span, out, sizeof(out));
        if (nbytes != strlen(expected) || memcmp(out, expected, nbytes) != 0) {
            fail_msg("%s: is '%.*s', expected '%s'", text, (int)nbytes, out, expected);
        }
        assert_int_equal(out[nbytes], '#'); /* no NUL */
        /* As much as there is room for, and the length of the whole. */
        for (size_t room = 0; room <= nbytes; room++) {
            memset(out, '#', sizeof(out));
            assert_int_equal(function(src, span, out, room), nbytes);
            assert_memory_equal(out, expected, room);
            assert_int_equal(out[room], '#');
        }
        assert_int_equal(function(src, span, NULL, 0), nbytes);
    }
    guarded_buffer_fini(&buffer);
}

static void normalized(void **state)
{
    (void)state;
    check_text(rsl_text_normalized, "", "");
    check_text(rsl_text_normalized, "a", "a");
    check_text(rsl_text_normalized, "Vec<u8>", "Vec<u8>");
    check_text(rsl_text_normalized, "  a\n\t b  ", "a b");
    check_text(rsl_text_normalized, "a /* c */ b", "a b");
    check_text(rsl_text_normalized, "a/* c */b", "a b");
    check_text(rsl_text_normalized, "a // c\n b // d\n", "a b");
    check_text(rsl_text_normalized, "a\r\n\xC2\x85 b", "a b");
    check_text(rsl_text_normalized, "/* a */ b /* c /* d */ */", "b");
    check_text(rsl_text_normalized, "a  ::  b < c ,d >", "a :: b < c ,d >");
    check_text(rsl_text_normalized, "[u8; { \"a  b\".len() }]", "[u8; { \"a  b\".len() }]");
    check_text(rsl_text_normalized, "r#\"a  /* b\"  \"#   c", "r#\"a  /* b\"  \"# c");
    check_text(rsl_text_normalized, "br\"a  b\\\"  c", "br\"a  b\\\" c");
    check_text(rsl_text_normalized, "b\"a  \\\" b\"  c", "b\"a  \\\" b\" c");
    check_text(rsl_text_normalized, "' '   '\"'  'a  b", "' ' '\"' 'a b");
    check_text(rsl_text_normalized, "r#fn   c", "r#fn c");
    check_text(rsl_text_normalized, "a / b", "a / b");
    check_text(rsl_text_normalized, "a /** d  d */ b", "a /** d  d */ b");
    check_text(rsl_text_normalized, "\xC3\xA9  \xF0\x9D\x92\xB3", "\xC3\xA9 \xF0\x9D\x92\xB3");
}

static void path(void **state)
{
    (void)state;
    check_text(rsl_text_path, "", "");
    check_text(rsl_text_path, "a", "a");
    check_text(rsl_text_path, "a::b::c", "a::b::c");
    check_text(rsl_text_path, ":: a :: r#b", "::a::r#b");
    check_text(rsl_text_path, "a /* 1 */ :: // 2\n b", "a::b");
    check_text(rsl_text_path, "$crate\n::m", "$crate::m");
}

static void unescaped(void **state)
{
    (void)state;
    check_text(rsl_text_unescaped, "", "");
    check_text(rsl_text_unescaped, "a/b.rs", "a/b.rs");
    check_text(rsl_text_unescaped, "a\\\"b\\\\c\\'d", "a\"b\\c'd");
    check_text(rsl_text_unescaped, "\\n\\r\\t", "\n\r\t");
    check_text(rsl_text_unescaped, "\\x41\\x7f", "A\x7F");
    check_text(rsl_text_unescaped, "\\u{41}\\u{e9}\\u{20AC}\\u{1F600}",
               "A\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80");
    check_text(rsl_text_unescaped, "\\u{1_F6_00}", "\xF0\x9F\x98\x80");
    check_text(rsl_text_unescaped, "a\\\n   b", "ab");
    check_text(rsl_text_unescaped, "a\\\r\n\t b", "ab");
    check_text(rsl_text_unescaped, "a\r\nb\rc\n", "a\nb\rc\n");
    check_text(rsl_text_unescaped, "\xC3\xA9", "\xC3\xA9");
    struct guarded_buffer buffer;
    guarded_buffer_init(&buffer, 16);
    const uint8_t *src = guarded_buffer_put(&buffer, "a\\0b", 4);
    char out[8] = "########";
    assert_int_equal(rsl_text_unescaped(src, (struct rsl_span){0, 4}, out, sizeof(out)), 3);
    assert_memory_equal(out, "a\0b#", 4);
    guarded_buffer_fini(&buffer);
}

/* What no literal holds, because it would not have ended there: no harm is done. */
static void broken_escapes_stay_inside(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "\\",    "a\\", "\\x",  "\\x4", "\\u", "\\u{", "\\u{4", "\\u{110000}", "\\u{FFFFFFFFF}",
        "\\u{}", "\\q", "\\x}", "\\u}", "\\\n"};
    struct guarded_buffer buffer;
    guarded_buffer_init(&buffer, 64);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        const uint32_t length = (uint32_t)strlen(texts[i]);
        const uint8_t *src = guarded_buffer_put(&buffer, texts[i], length);
        char out[64];
        size_t nbytes = rsl_text_unescaped(src, (struct rsl_span){0, length}, out, sizeof(out));
        assert_true(nbytes <= length);
    }
    guarded_buffer_fini(&buffer);
}

static void literals(void **state)
{
    (void)state;
    static const struct {
        const char *literal, *text;
    } cases[] = {
        {"\"C\"", "C"},
        {"\"\"", ""},
        {"", ""},
        {"\"a\\x41\\n\"", "aA\n"},
        {"\"C\"suffix", "C"},
        {"r\"a\\x41\"", "a\\x41"},
        {"r##\"a\"#b\"##", "a\"#b"},
        {"r\"\"", ""},
        {"c\"C\"", "C"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        check_text(rsl_text_literal, cases[i].literal, cases[i].text);
}

static void use_paths(void **state)
{
    (void)state;
    static const char source[] = "use ::a /* 1 */ :: b::{ c :: { d , self }, e as f, g::*, };";
    static const char *const expected[] = {"::a::b::c::d", "::a::b::c::self", "::a::b::e",
                                           "::a::b::g::*"};
    struct parsed parsed;
    parse_text(&parsed, source);
    assert_int_equal(parsed.file.nitems, 5);
    for (uint32_t i = 0; i < 4; i++) {
        const struct rsl_item *leaf = &parsed.file.items[1 + i];
        char out[100];
        memset(out, '#', sizeof(out));
        size_t n = rsl_text_use_path(&parsed.file, parsed.src, leaf, out, sizeof(out));
        assert_int_equal(n, strlen(expected[i]));
        assert_memory_equal(out, expected[i], n);
        assert_int_equal(out[n], '#');
        assert_int_equal(rsl_text_use_path(&parsed.file, parsed.src, leaf, NULL, 0), n);
        for (size_t room = 0; room <= n; room++) {
            memset(out, '#', sizeof(out));
            assert_int_equal(rsl_text_use_path(&parsed.file, parsed.src, leaf, out, room), n);
            assert_memory_equal(out, expected[i], room);
            assert_int_equal(out[room], '#');
        }
    }
    parsed_fini(&parsed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(normalized), cmocka_unit_test(path),
        cmocka_unit_test(unescaped),  cmocka_unit_test(broken_escapes_stay_inside),
        cmocka_unit_test(literals),   cmocka_unit_test(use_paths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
