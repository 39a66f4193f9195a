/* Bytes and code points: UTF-8, identifier and white space classes, keywords. */
#include <stdlib.h>

#include "lexer/char_class.h"
#include "lexer/keywords.h"
#include "lexer/utf8.h"
#include "lexer/xid.h"
#include "tests/lexer_testing.h"

/* Writes the code point by the definition of UTF-8; returns its length. */
static unsigned encode(uint8_t *out, uint32_t code_point)
{
    if (code_point < 0x80) {
        out[0] = (uint8_t)code_point;
        return 1;
    }
    unsigned length = code_point < 0x800 ? 2 : code_point < 0x10000 ? 3 : 4;
    for (unsigned i = length - 1; i > 0; i--) {
        out[i] = (uint8_t)(0x80 | (code_point & 0x3F));
        code_point >>= 6;
    }
    out[0] = (uint8_t)(0xF00 >> length | code_point);
    return length;
}

static bool is_scalar_value(uint32_t code_point)
{
    return code_point <= 0x10FFFF && (code_point < 0xD800 || code_point > 0xDFFF);
}

static void every_code_point_is_decoded(void **state)
{
    (void)state;
    for (uint32_t code_point = 0; code_point <= 0x10FFFF; code_point++) {
        uint8_t bytes[RSL_PAD + 4] = {0};
        uint32_t decoded;
        unsigned length = encode(bytes, code_point);
        if (is_scalar_value(code_point)) {
            assert_int_equal(rsl_utf8_decode(bytes, &decoded), length);
            assert_int_equal(decoded, code_point);
            assert_int_equal(rsl_utf8_validate(bytes, length), length);
        } else {
            assert_int_equal(rsl_utf8_decode(bytes, &decoded), 1);
            assert_int_equal(decoded, RSL_UTF8_BAD);
            assert_int_equal(rsl_utf8_validate(bytes, length), 0);
        }
    }
}

/* All sequences of up to three bytes: well-formed is exactly what encode() makes, and the length of
 * a bad one is that of its longest beginning that could go on. */
static void every_short_sequence_is_judged_by_the_encoder(void **state)
{
    (void)state;
    /* could_begin[first][second]: some code point's encoding starts so. */
    static bool pair_begins[256][256];
    static uint8_t length_of[256];
    static bool triple_begins[16][64][64]; /* of F0..FF, 80..BF, 80..BF */
    for (uint32_t code_point = 0; code_point <= 0x10FFFF; code_point++) {
        uint8_t bytes[4];
        if (is_scalar_value(code_point)) {
            unsigned length = encode(bytes, code_point);
            length_of[bytes[0]] = (uint8_t)length;
            if (length > 1) {
                pair_begins[bytes[0]][bytes[1]] = true;
            }
            if (length == 4) {
                triple_begins[bytes[0] - 0xF0][bytes[1] - 0x80][bytes[2] - 0x80] = true;
            }
        }
    }
    for (uint32_t three = 0; three <= 0xFFFFFF; three++) {
        uint8_t bytes[RSL_PAD] = {(uint8_t)(three >> 16), (uint8_t)(three >> 8), (uint8_t)three};
        uint8_t a = bytes[0], b = bytes[1], c = bytes[2];
        unsigned expected = 1;
        bool good = length_of[a] == 1;
        if (pair_begins[a][b]) {
            expected = 2;
            good = length_of[a] == 2;
            if (!good && c >= 0x80 && c <= 0xBF) {
                expected = 3;
                good = length_of[a] == 3;
                if (length_of[a] == 4) {
                    assert_true(triple_begins[a - 0xF0][b - 0x80][c - 0x80]);
                }
            }
        }
        uint32_t code_point;
        if (rsl_utf8_decode(bytes, &code_point) != expected ||
            (code_point != RSL_UTF8_BAD) != good) {
            fail_msg("%02X %02X %02X", a, b, c);
        }
    }
}

static void validation_finds_the_first_bad_byte_wherever_it_is(void **state)
{
    (void)state;
    uint8_t text[300];
    for (size_t nbytes = 0; nbytes < 200; nbytes += 13) {
        for (size_t at = 0; at < nbytes; at++) {
            memset(text, 'a', nbytes);
            const uint8_t *src = guarded_buffer_put(test_buffer(), text, nbytes);
            assert_int_equal(rsl_utf8_validate(src, nbytes), nbytes);
            text[at] = 0xFF;
            src = guarded_buffer_put(test_buffer(), text, nbytes);
            assert_int_equal(rsl_utf8_validate(src, nbytes), at);
            text[at] = 0xE2; /* cut off by what follows, or by the end */
            src = guarded_buffer_put(test_buffer(), text, nbytes);
            assert_int_equal(rsl_utf8_validate(src, nbytes), at);
        }
    }
}

static void xid_is_that_of_unicode_16(void **state)
{
    (void)state;
    unsigned nstart = 0, ncontinue = 0, nemoji = 0;
    for (uint32_t code_point = 0; code_point <= 0x10FFFF; code_point++) {
        unsigned xid = rsl_xid_class(code_point);
        nstart += (xid & RSL_XID_START) != 0;
        ncontinue += (xid & RSL_XID_CONTINUE) != 0;
        nemoji += (xid & RSL_XID_EMOJI) != 0;
        /* What may start an identifier may continue one. */
        assert_true(!(xid & RSL_XID_START) || xid & RSL_XID_CONTINUE);
        assert_true(!(xid & RSL_XID_EMOJI) || code_point >= 0x80);
    }
    /* The totals of DerivedCoreProperties.txt; emoji-data.txt has 1431, 12 of them in ASCII. */
    assert_int_equal(nstart, 141246);
    assert_int_equal(ncontinue, 144522);
    assert_int_equal(nemoji, 1431 - 12);
    assert_string_equal(rsl_xid_unicode_version(), "16.0.0");
}

static void xid_of_certain_code_points(void **state)
{
    (void)state;
    const unsigned both = RSL_XID_START | RSL_XID_CONTINUE;
    assert_int_equal(rsl_xid_class('a'), both);
    assert_int_equal(rsl_xid_class('_'), RSL_XID_CONTINUE);
    assert_int_equal(rsl_xid_class('7'), RSL_XID_CONTINUE);
    assert_int_equal(rsl_xid_class('#'), 0);
    assert_int_equal(rsl_xid_class(0xB7), RSL_XID_CONTINUE);   /* middle dot */
    assert_int_equal(rsl_xid_class(0x301), RSL_XID_CONTINUE);  /* combining acute accent */
    assert_int_equal(rsl_xid_class(0x200D), RSL_XID_CONTINUE); /* joins emoji */
    assert_int_equal(rsl_xid_class(0x4E00), both);             /* a CJK ideograph */
    assert_int_equal(rsl_xid_class(0x105C0), both);            /* Todhri, new in 16.0 */
    assert_int_equal(rsl_xid_class(0x1F600), RSL_XID_EMOJI);
    assert_int_equal(rsl_xid_class(0xA9), RSL_XID_EMOJI);
    assert_int_equal(rsl_xid_class(0x2139), both | RSL_XID_EMOJI); /* information source */
    assert_int_equal(rsl_xid_class(0xE0100), RSL_XID_CONTINUE);    /* variation selector */
    assert_int_equal(rsl_xid_class(0xE01EF), RSL_XID_CONTINUE);
    assert_int_equal(rsl_xid_class(0xE01F0), 0);
    assert_int_equal(rsl_xid_class(0x10FFFF), 0);
    assert_int_equal(rsl_xid_class(0x110000), 0);
    assert_int_equal(rsl_xid_class(RSL_UTF8_BAD), 0);
}

static void byte_classes_agree_with_code_points(void **state)
{
    (void)state;
    for (unsigned byte = 0; byte < 256; byte++) {
        uint8_t bytes[RSL_PAD] = {(uint8_t)byte};
        unsigned xid = byte < 0x80 ? rsl_xid_class(byte) : 0;
        bool letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_';
        bool digit = byte >= '0' && byte <= '9';
        bool space = byte == ' ' || (byte >= 9 && byte <= 13);
        bool hex = digit || (byte >= 'a' && byte <= 'f') || (byte >= 'A' && byte <= 'F');
        assert_int_equal(rsl_is(bytes[0], RSL_CC_IDENT_START), letter);
        assert_int_equal(rsl_is(bytes[0], RSL_CC_IDENT_CONTINUE), letter || digit);
        assert_int_equal(rsl_is(bytes[0], RSL_CC_IDENT_CONTINUE), (xid & RSL_XID_CONTINUE) != 0);
        assert_int_equal(rsl_is(bytes[0], RSL_CC_DIGIT), digit);
        assert_int_equal(rsl_is(bytes[0], RSL_CC_HEX_DIGIT), hex);
        assert_int_equal(rsl_is(bytes[0], RSL_CC_WHITESPACE), space);
        assert_int_equal(rsl_is(bytes[0], RSL_CC_HIGH), byte >= 0x80);
        assert_int_equal(rsl_is(bytes[0], RSL_CC_PUNCTUATION),
                         byte != 0 && strchr("!#$%&()*+,-./:;<=>?@[]^{|}~", (int)byte) != NULL);
        assert_int_equal(rsl_is(bytes[0], RSL_CC_AFTER_PREFIX),
                         byte == '"' || byte == '\'' || byte == '#');
        assert_int_equal(rsl_ident_start(bytes), letter);
        assert_int_equal(rsl_ident_continue(bytes), letter || digit);
        assert_int_equal(rsl_whitespace_length(bytes), space);
        assert_int_equal(rsl_emoji_length(bytes), 0);
    }
}

static void white_space_is_the_eleven_pattern_white_spaces(void **state)
{
    (void)state;
    unsigned count = 0;
    for (uint32_t code_point = 0; code_point <= 0x10FFFF; code_point++) {
        uint8_t bytes[RSL_PAD] = {0};
        if (!is_scalar_value(code_point)) {
            continue;
        }
        unsigned length = encode(bytes, code_point);
        if (rsl_whitespace_length(bytes) != 0) {
            assert_int_equal(rsl_whitespace_length(bytes), length);
            count++;
        }
    }
    assert_int_equal(count, 11);
}

/* Finds a word with other identifier characters behind it, which must not matter. */
static enum rsl_keyword find(const char *text, size_t nbytes)
{
    uint8_t bytes[RSL_PAD * 2];
    memset(bytes, 'x', sizeof(bytes));
    memcpy(bytes, text, nbytes);
    return rsl_keyword_find(bytes, nbytes);
}

static void every_keyword_is_found_and_nothing_like_it(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum rsl_keyword_class keyword_class;
    } list[] = {
        {"", RSL_KEYWORD_CLASS_NONE},
#define X(name, text, keyword_class) {text, RSL_KEYWORD_CLASS_##keyword_class},
#include "lexer/keywords.def"
#undef X
    };
    assert_int_equal(sizeof(list) / sizeof(list[0]), RSL_KEYWORD_COUNT);
    for (int k = 1; k < RSL_KEYWORD_COUNT; k++) {
        enum rsl_keyword keyword = (enum rsl_keyword)k;
        const char *text = list[k].text;
        size_t nbytes = strlen(text);
        assert_string_equal(rsl_keyword_text(keyword), text);
        assert_int_equal(rsl_keyword_class(keyword), list[k].keyword_class);
        assert_int_equal(find(text, nbytes), keyword);
        assert_int_equal(find(text, nbytes + 1), RSL_KEYWORD_NONE); /* an x more */
        for (size_t i = 0; i < nbytes; i++) {
            char other[32];
            memcpy(other, text, nbytes);
            other[i] = 'Q';
            assert_int_equal(find(other, nbytes), RSL_KEYWORD_NONE);
            other[i] = '\0';
            assert_int_equal(find(other, nbytes), RSL_KEYWORD_NONE);
        }
    }
    assert_string_equal(rsl_keyword_text(RSL_KEYWORD_NONE), "");
    assert_int_equal(rsl_keyword_class(RSL_KEYWORD_NONE), RSL_KEYWORD_CLASS_NONE);
}

static void what_is_no_keyword(void **state)
{
    (void)state;
    static const char *const names[] = {"",
                                        "f",
                                        "Fn",
                                        "FN",
                                        "SELF",
                                        "fnx",
                                        "ifs",
                                        "contract",
                                        "contract_",
                                        "macro_rule",
                                        "macro_ruleS",
                                        "r#fn",
                                        "a_very_long_identifier_indeed"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        assert_int_equal(find(names[i], strlen(names[i])), RSL_KEYWORD_NONE);
    }
    /* All names of one and two letters. */
    for (int a = 0; a < 128; a++) {
        for (int b = 0; b < 128; b++) {
            char name[3] = {(char)a, (char)b, 0};
            bool keyword = !strcmp(name, "as") || !strcmp(name, "do") || !strcmp(name, "fn") ||
                           !strcmp(name, "if") || !strcmp(name, "in");
            assert_int_equal(find(name, 2) != RSL_KEYWORD_NONE, keyword);
            assert_int_equal(find(name, 1) != RSL_KEYWORD_NONE, a == '_');
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_point_is_decoded),
        cmocka_unit_test(every_short_sequence_is_judged_by_the_encoder),
        cmocka_unit_test(validation_finds_the_first_bad_byte_wherever_it_is),
        cmocka_unit_test(xid_is_that_of_unicode_16),
        cmocka_unit_test(xid_of_certain_code_points),
        cmocka_unit_test(byte_classes_agree_with_code_points),
        cmocka_unit_test(white_space_is_the_eleven_pattern_white_spaces),
        cmocka_unit_test(every_keyword_is_found_and_nothing_like_it),
        cmocka_unit_test(what_is_no_keyword),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
