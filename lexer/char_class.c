#include "lexer/char_class.h"

#include "lexer/utf8.h"
#include "lexer/xid.h"

#define LETTER     (RSL_CC_IDENT_START | RSL_CC_IDENT_CONTINUE)
#define HEX_LETTER (LETTER | RSL_CC_HEX_DIGIT)
#define DIGIT      (RSL_CC_IDENT_CONTINUE | RSL_CC_DIGIT | RSL_CC_HEX_DIGIT)
#define SPACE      RSL_CC_WHITESPACE
#define PUNCT      RSL_CC_PUNCTUATION
#define HIGH       RSL_CC_HIGH

/* clang-format off */
#define HIGH16 HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, \
               HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH

const uint8_t rsl_char_class[256] = {
    ['\t'] = SPACE, ['\n'] = SPACE, ['\v'] = SPACE, ['\f'] = SPACE, ['\r'] = SPACE, [' '] = SPACE,
    ['0'] = DIGIT, DIGIT, DIGIT, DIGIT, DIGIT, DIGIT, DIGIT, DIGIT, DIGIT, DIGIT,
    ['A'] = HEX_LETTER, HEX_LETTER, HEX_LETTER, HEX_LETTER, HEX_LETTER, HEX_LETTER,
    ['G'] = LETTER, LETTER, LETTER, LETTER, LETTER, LETTER, LETTER, LETTER, LETTER, LETTER,
    ['Q'] = LETTER, LETTER, LETTER, LETTER, LETTER, LETTER, LETTER, LETTER, LETTER, LETTER,
    ['a'] = HEX_LETTER, HEX_LETTER, HEX_LETTER, HEX_LETTER, HEX_LETTER, HEX_LETTER,
    ['g'] = LETTER, LETTER, LETTER, LETTER, LETTER, LETTER, LETTER, LETTER, LETTER, LETTER,
    ['q'] = LETTER, LETTER, LETTER, LETTER, LETTER, LETTER, LETTER, LETTER, LETTER, LETTER,
    ['_'] = LETTER,
    [';'] = PUNCT, [','] = PUNCT, ['.'] = PUNCT, ['('] = PUNCT, [')'] = PUNCT, ['{'] = PUNCT,
    ['}'] = PUNCT, ['['] = PUNCT, [']'] = PUNCT, ['@'] = PUNCT, ['#'] = PUNCT | RSL_CC_AFTER_PREFIX, ['~'] = PUNCT,
    ['?'] = PUNCT, [':'] = PUNCT, ['$'] = PUNCT, ['='] = PUNCT, ['!'] = PUNCT, ['<'] = PUNCT,
    ['>'] = PUNCT, ['-'] = PUNCT, ['&'] = PUNCT, ['|'] = PUNCT, ['+'] = PUNCT, ['*'] = PUNCT,
    ['/'] = PUNCT, ['^'] = PUNCT, ['%'] = PUNCT,
    ['"'] = RSL_CC_AFTER_PREFIX, ['\''] = RSL_CC_AFTER_PREFIX,
    [0x80] = HIGH16, HIGH16, HIGH16, HIGH16, HIGH16, HIGH16, HIGH16, HIGH16,
};
/* clang-format on */

/* The length of the code point at p if its XID class has a bit of `classes`, else 0. */
static unsigned length_if(const uint8_t *p, unsigned classes)
{
    uint32_t code_point;
    unsigned length = rsl_utf8_decode(p, &code_point);
    return rsl_xid_class(code_point) & classes ? length : 0;
}

unsigned rsl_ident_start(const uint8_t *p)
{
    return *p < 0x80 ? rsl_is(*p, RSL_CC_IDENT_START) : length_if(p, RSL_XID_START);
}

unsigned rsl_ident_continue(const uint8_t *p)
{
    return *p < 0x80 ? rsl_is(*p, RSL_CC_IDENT_CONTINUE) : length_if(p, RSL_XID_CONTINUE);
}

unsigned rsl_whitespace_length(const uint8_t *p)
{
    if (*p < 0x80) {
        return rsl_is(*p, RSL_CC_WHITESPACE);
    }
    /* The set is closed: Unicode promises that Pattern_White_Space never changes. */
    uint32_t code_point;
    unsigned length = rsl_utf8_decode(p, &code_point);
    switch (code_point) {
    case 0x0085: /* next line */
    case 0x200E: /* left-to-right mark */
    case 0x200F: /* right-to-left mark */
    case 0x2028: /* line separator */
    case 0x2029: /* paragraph separator */ return length;
    default: return 0;
    }
}

unsigned rsl_emoji_length(const uint8_t *p)
{
    return length_if(p, RSL_XID_EMOJI);
}

const uint8_t *rsl_ident_rest(const uint8_t *p)
{
    for (unsigned length; (length = rsl_ident_continue(p)) != 0;) {
        p += length;
    }
    return p;
}
