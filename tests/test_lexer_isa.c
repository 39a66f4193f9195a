/* All instruction sets give the scalar lexer's tokens and errors: on texts made of what is awkward
 * side by side, on random bytes, on runs of every length at every place of a window, and on texts
 * cut off at every byte. The texts come from a generator with a fixed seed. */
#include "tests/lexer_testing.h"

static uint64_t next_random(uint64_t *random)
{
    /* xorshift64* (Marsaglia 2003, Vigna 2016). */
    *random ^= *random >> 12;
    *random ^= *random << 25;
    *random ^= *random >> 27;
    return *random * UINT64_C(0x2545F4914F6CDD1D) >> 16;
}

static const char *const pieces[] = {
    "'",
    "\"",
    "#",
    "r",
    "b",
    "c",
    "br",
    "cr",
    "r#",
    "r##",
    "br#",
    "cr#",
    "/",
    "*",
    "/*",
    "*/",
    "//",
    "///",
    "//!",
    "/**",
    "/*!",
    "\n",
    "\r\n",
    "\r",
    " ",
    "  ",
    "    ",
    "            ",
    "\t",
    "\v",
    "\f",
    "\xC2\x85",
    "\xE2\x80\x8E",
    "\xE2\x80\xA8",
    "\xE2\x80\x8D",
    "\xEF\xBB\xBF",
    "a",
    "_",
    "foo",
    "static",
    "self",
    "a_name_of_some_length_1",
    "0",
    "1",
    "12",
    "0x",
    "0b",
    "0o",
    "0b12",
    "0xfF_",
    "e",
    "E",
    "e5",
    "e+",
    "e-",
    ".",
    "..",
    "1.",
    "1.0",
    "1e",
    "_1",
    "u8",
    "f32",
    "\\",
    "\\\\",
    "\\\"",
    "\\'",
    "\x01",
    "\x7F",
    "`",
    "@",
    "$",
    ";",
    ",",
    "(",
    ")",
    "{",
    "}",
    "[",
    "]",
    "!",
    "#!",
    "=",
    "<",
    ">",
    "-",
    "---",
    "&",
    "|",
    "+",
    "^",
    "%",
    "~",
    "?",
    ":",
    "\xC3\xA9",
    "\xCC\x81",
    "\xE6\x97\xA5",
    "\xF0\x9D\x92\xB3",
    "\xF0\x9F\x98\x80",
    "\xC2\xA9",
    "\xE2\x84\x96",
    "'a",
    "'a'",
    "'\\''",
    "'r#a",
    "'0",
    "b'a'",
    "b'",
    "\"abc\"",
    "r\"a\"",
    "r#\"a\"#",
    "r##\"a\"#",
    "\"#",
    "\"##",
    "##",
    "foo#",
    "\xFF",
    "\x80",
    "\xE2\x82",
    "\xF0\x9F",
    "\xC0",
    "\xED\xA0\x80",
};

/* Appends pieces, half of the time from a choice of a few, so that they meet often. */
static size_t make_soup(char *text, size_t room, uint64_t *random)
{
    const size_t npieces = sizeof(pieces) / sizeof(pieces[0]);
    size_t choice[6];
    size_t nchoice = next_random(random) % 7;
    for (size_t i = 0; i < nchoice; i++) {
        choice[i] = next_random(random) % npieces;
    }
    size_t nbytes = 0;
    for (size_t n = next_random(random) % 60 + 1; n > 0; n--) {
        size_t k = nchoice > 0 && next_random(random) % 8 != 0
                       ? choice[next_random(random) % nchoice]
                       : next_random(random) % npieces;
        size_t length = strlen(pieces[k]);
        if (nbytes + length > room) {
            break;
        }
        memcpy(text + nbytes, pieces[k], length);
        nbytes += length;
    }
    return nbytes;
}

static void lex_all_editions(const char *text, size_t nbytes)
{
    static const uint16_t editions[] = {0, 2015, 2021, 2024};
    struct rsl_tokens tokens;
    rsl_tokens_init(&tokens, NULL);
    for (size_t i = 0; i < 4; i++) {
        struct rsl_lex_options options = {.edition = editions[i], .frontmatter = i % 2 == 1};
        lex_every_way(&tokens, text, nbytes, &options);
    }
    rsl_tokens_fini(&tokens);
}

static void token_soup(void **state)
{
    (void)state;
    uint64_t random = 20240229;
    char text[2048];
    for (unsigned n = 0; n < 20000; n++) {
        lex_all_editions(text, make_soup(text, sizeof(text), &random));
    }
}

static void random_bytes(void **state)
{
    (void)state;
    uint64_t random = 42;
    char text[512];
    for (unsigned n = 0; n < 5000; n++) {
        size_t nbytes = next_random(&random) % sizeof(text);
        /* All byte values, or ASCII only, or what is common in source. */
        static const char common[] = "aZ_09 \n\t\"'#/*.;(){}r\\e-";
        for (size_t i = 0; i < nbytes; i++) {
            uint64_t value = next_random(&random);
            text[i] = n % 3 == 0   ? (char)value
                      : n % 3 == 1 ? (char)(value & 0x7F)
                                   : common[value % (sizeof(common) - 1)];
        }
        lex_all_editions(text, nbytes);
    }
}

/* A run of `length` times `piece` behind `offset` spaces, then `tail`. */
static void check_runs(const char *piece, const char *tail)
{
    struct rsl_tokens tokens;
    char text[400];
    rsl_tokens_init(&tokens, NULL);
    for (size_t offset = 0; offset < 66; offset++) {
        for (size_t length = 1; length < 140; length += length < 60 || length > 70 ? 7 : 1) {
            memset(text, '(', offset);
            size_t n = offset;
            for (size_t i = 0; i < length; i++) {
                n += (size_t)snprintf(text + n, sizeof(text) - n, "%s", piece);
            }
            n += (size_t)snprintf(text + n, sizeof(text) - n, "%s", tail);
            lex_every_way(&tokens, text, n, NULL);
        }
    }
    rsl_tokens_fini(&tokens);
}

static void runs_across_windows(void **state)
{
    (void)state;
    check_runs("a", "");
    check_runs("a", " ");
    check_runs("a", "\"b\"");
    check_runs("a", "#b");
    check_runs("a", "\xC3\xA9");
    check_runs(" ", "a");
    check_runs(" ", "\xE2\x80\xA8 a");
    check_runs("\n", "1.0");
    check_runs("1", "..2");
    check_runs("#", "\"");
    check_runs(";", "'a'");
    check_runs("\xC3\xA9", "(");
    check_runs("`", "");
}

/* Literals and comments of every length at every place, so that each of their bytes is once the
 * first and once the last of a block. */
static void long_tokens_across_blocks(void **state)
{
    (void)state;
    static const char *const frames[][2] = {
        {"\"", "\"x"},    {"\"\\\"", "\\\\\"x"}, {"//", "\nx"}, {"/*", "*/x"},   {"/*/**/", "*/x"},
        {"r#\"", "\"#x"}, {"b'", "'x"},          {"'", "'x"},   {"/**", "**/x"}, {"#!", "\nx"},
    };
    struct rsl_tokens tokens;
    char text[300];
    rsl_tokens_init(&tokens, NULL);
    for (size_t f = 0; f < sizeof(frames) / sizeof(frames[0]); f++) {
        for (size_t offset = 0; offset < 18; offset++) {
            for (size_t length = 0; length < 70; length++) {
                memset(text, ' ', offset);
                size_t n = offset;
                n += (size_t)snprintf(text + n, sizeof(text) - n, "%s", frames[f][0]);
                memset(text + n, '.', length);
                n += length;
                n += (size_t)snprintf(text + n, sizeof(text) - n, "%s", frames[f][1]);
                lex_every_way(&tokens, text, n, NULL);
            }
        }
    }
    rsl_tokens_fini(&tokens);
}

static void every_truncation_of_a_tricky_text(void **state)
{
    (void)state;
    static const char text[] =
        "\xEF\xBB\xBF#!/bin/x /* \" */\n---cargo\na = 1\n---\n"
        "//! inner\r\n/// outer \xC3\xA9\n//// none\n/* a /* b */ '\"' */ /** doc */ /*! doc */\n"
        "#![a(b = \"]\")] pub(crate) fn r#fn<'a, 'static, 'r#b, const N: usize>(x: &'a [u8; 0x1F]) "
        "{\n"
        "    let s = \"\\\"\\\\\xF0\x9F\x98\x80\"; let r = br##\"\"#\"##suffix; let c = cr\"\\\";\n"
        "    let c = '\\u{1F600}'; let q = '''; let b = b'\\''; let n = 1..2 + 1.5e-3_f64 + 1.e0;\n"
        "    x.0.1; foo#bar; foo\"x\"; 'foo#; #\"g\"#; 0b102; 1e; r#\"\"; "
        "\xE2\x80\xA8\xF0\x9F\x98\x80\xFF\n"
        "}";
    const size_t length = sizeof(text) - 1;
    for (size_t cut = 0; cut <= length; cut++) {
        lex_all_editions(text, cut);
        lex_all_editions(text + cut, length - cut);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(token_soup),
        cmocka_unit_test(random_bytes),
        cmocka_unit_test(runs_across_windows),
        cmocka_unit_test(long_tokens_across_blocks),
        cmocka_unit_test(every_truncation_of_a_tricky_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
