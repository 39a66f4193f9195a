/* lex_one.h - inside the lexer: one token, after rustc_lexer's rules.
 *
 * Included by each version of the lexer, which may define RSL_SCAN_SCALAR before. lex_one looks up
 * what a token's first byte means; what is not made on the spot has a function that fills in the
 * token, whose start is set, and returns its end. */
#ifndef RSL_LEXER_LEX_ONE_H
#define RSL_LEXER_LEX_ONE_H

#include "lexer/lex_run.h"
#include "lexer/scan.h"

/* What a token's first byte decides. */
enum action { UNKNOWN, WORD, SPACE, PUNCTUATION, SLASH, HASH, DIGIT, QUOTE, DOUBLE_QUOTE, HIGH };

#define W   WORD
#define D   DIGIT
#define H8  HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH
#define H32 H8, H8, H8, H8
/* clang-format off */
static const uint8_t actions[256] = {
    ['\t'] = SPACE, SPACE, SPACE, SPACE, SPACE, [' '] = SPACE,
    ['0'] = D, D, D, D, D, D, D, D, D, D,
    ['A'] = W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W,
    ['a'] = W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W,
    ['_'] = W, ['/'] = SLASH, ['#'] = HASH, ['\''] = QUOTE, ['"'] = DOUBLE_QUOTE,
    [';'] = PUNCTUATION, [','] = PUNCTUATION, ['.'] = PUNCTUATION, ['('] = PUNCTUATION,
    [')'] = PUNCTUATION, ['{'] = PUNCTUATION, ['}'] = PUNCTUATION, ['['] = PUNCTUATION,
    [']'] = PUNCTUATION, ['@'] = PUNCTUATION, ['~'] = PUNCTUATION, ['?'] = PUNCTUATION,
    [':'] = PUNCTUATION, ['$'] = PUNCTUATION, ['='] = PUNCTUATION, ['!'] = PUNCTUATION,
    ['<'] = PUNCTUATION, ['>'] = PUNCTUATION, ['-'] = PUNCTUATION, ['&'] = PUNCTUATION,
    ['|'] = PUNCTUATION, ['+'] = PUNCTUATION, ['*'] = PUNCTUATION, ['^'] = PUNCTUATION,
    ['%'] = PUNCTUATION,
    [0x80] = H32, H32, H32, H32,
};
/* clang-format on */
#undef W
#undef D
#undef H8
#undef H32

/* Takes the suffix at p, behind a literal that began at `start`, into it. Returns its end. */
static const uint8_t *suffix(struct rsl_lexer *lexer, struct rsl_token *token, const uint8_t *start,
                             const uint8_t *p)
{
    token->suffix_start = (uint32_t)(p - start);
    const uint8_t *q = rsl_scan_ident(p, lexer->end);
    lexer->suspect |= q == p + 1 && *p == '_';
    return q;
}

/* What a literal ends with whose closing quote is before p, or missing. */
static const uint8_t *close_quoted(struct rsl_lexer *lexer, struct rsl_token *token,
                                   const uint8_t *start, const uint8_t *p, bool terminated)
{
    if (terminated) {
        return suffix(lexer, token, start, p);
    }
    token->flags = RSL_TOKEN_UNTERMINATED;
    token->suffix_start = (uint32_t)(p - start);
    lexer->suspect = true;
    return p;
}

static const uint8_t *lex_string(struct rsl_lexer *lexer, struct rsl_token *token,
                                 const uint8_t *start, const uint8_t *quote, uint8_t kind)
{
    token->kind = kind;
    bool terminated;
    const uint8_t *p = rsl_scan_string(quote + 1, lexer->end, &terminated);
    return close_quoted(lexer, token, start, p, terminated);
}

static const uint8_t *lex_raw_string(struct rsl_lexer *lexer, struct rsl_token *token,
                                     const uint8_t *start, const uint8_t *hashes, uint8_t kind)
{
    token->kind = kind;
    unsigned nhashes;
    bool valid;
    const uint8_t *p = rsl_scan_raw_string(hashes, lexer->end, &nhashes, &valid);
    if (valid) {
        token->nhashes = (uint8_t)nhashes;
    }
    return close_quoted(lexer, token, start, p, valid);
}

static const uint8_t *lex_byte(struct rsl_lexer *lexer, struct rsl_token *token,
                               const uint8_t *start)
{
    token->kind = RSL_TOKEN_BYTE;
    bool terminated;
    const uint8_t *p = rsl_scan_single_quoted(start + 2, lexer->end, &terminated);
    lexer->suspect |= p == start + 3; /* b'' */
    return close_quoted(lexer, token, start, p, terminated);
}

static const uint8_t *lex_quote(struct rsl_lexer *lexer, struct rsl_token *token,
                                const uint8_t *start)
{
    enum rsl_quote quote;
    const uint8_t *p = rsl_scan_quote_kind(start + 1, lexer->end, &quote);
    switch (quote) {
    case RSL_QUOTE_CHAR:
    case RSL_QUOTE_CHAR_UNTERMINATED:
        token->kind = RSL_TOKEN_CHAR;
        lexer->suspect |= p == start + 2; /* '' */
        return close_quoted(lexer, token, start, p, quote == RSL_QUOTE_CHAR);
    case RSL_QUOTE_CHAR_LONG:
        token->kind = RSL_TOKEN_CHAR;
        token->suffix_start = (uint32_t)(p - start);
        lexer->suspect = true;
        return p;
    case RSL_QUOTE_LIFETIME_NUMBER:
        token->flags = RSL_TOKEN_STARTS_WITH_NUMBER;
        lexer->suspect = true;
        break;
    case RSL_QUOTE_LIFETIME: break;
    case RSL_QUOTE_RAW_LIFETIME:
        if (lexer->edition != 0 && lexer->edition < 2021) {
            p = start + 2; /* `'r`, and the rest is lexed anew */
            break;
        }
        token->kind = RSL_TOKEN_RAW_LIFETIME;
        lexer->suspect = true;
        return p;
    case RSL_QUOTE_UNKNOWN_PREFIX:
        if (lexer->edition != 0 && lexer->edition < 2021) {
            break;
        }
        token->kind = RSL_TOKEN_UNKNOWN_PREFIX_LIFETIME;
        lexer->suspect = true;
        return p;
    }
    token->kind = RSL_TOKEN_LIFETIME;
    return p;
}

static const uint8_t *decimal_digits(const uint8_t *p, bool *any_out)
{
    bool any = false;
    for (; rsl_is(*p, RSL_CC_DIGIT) || *p == '_'; p++) {
        any |= *p != '_';
    }
    *any_out = any;
    return p;
}

static const uint8_t *hex_digits(const uint8_t *p, bool *any_out)
{
    bool any = false;
    for (; rsl_is(*p, RSL_CC_HEX_DIGIT) || *p == '_'; p++) {
        any |= *p != '_';
    }
    *any_out = any;
    return p;
}

/* Behind the digits of an exponent. p: behind the `e`. */
static const uint8_t *exponent(struct rsl_token *token, const uint8_t *p)
{
    bool any;
    p = decimal_digits(p + (*p == '-' || *p == '+'), &any);
    token->flags |= any ? 0 : RSL_TOKEN_EMPTY_EXPONENT;
    return p;
}

/* Behind a number without its suffix. */
static const uint8_t *number(struct rsl_token *token, const uint8_t *p)
{
    token->kind = RSL_TOKEN_INT;
    bool any = true;
    if (*p != '0') {
        p = decimal_digits(p, &any);
    } else {
        p++;
        switch (*p) {
        case 'b':
            token->flags = RSL_TOKEN_BASE_BINARY;
            p = decimal_digits(p + 1, &any);
            break;
        case 'o':
            token->flags = RSL_TOKEN_BASE_OCTAL;
            p = decimal_digits(p + 1, &any);
            break;
        case 'x':
            token->flags = RSL_TOKEN_BASE_HEXADECIMAL;
            p = hex_digits(p + 1, &any);
            break;
        default: {
            bool more;
            p = decimal_digits(p, &more);
        }
        }
        if (!any) {
            token->flags |= RSL_TOKEN_EMPTY_INT;
            return p;
        }
    }
    /* A dot joins unless a range, a field or a method follows: 0..2, 1.foo(), 1.e5. */
    if (*p == '.' && p[1] != '.' && !rsl_ident_start(p + 1)) {
        token->kind = RSL_TOKEN_FLOAT;
        p++;
        if (rsl_is(*p, RSL_CC_DIGIT)) {
            p = decimal_digits(p, &any);
            if (*p == 'e' || *p == 'E') {
                p = exponent(token, p + 1);
            }
        }
    } else if (*p == 'e' || *p == 'E') {
        token->kind = RSL_TOKEN_FLOAT;
        p = exponent(token, p + 1);
    }
    return p;
}

/* Whether something is wrong with the number [start, p), which is not simply decimal. */
static bool is_suspect_number(const struct rsl_token *token, const uint8_t *start, const uint8_t *p)
{
    if (token->kind == RSL_TOKEN_FLOAT) {
        return true;
    }
    uint8_t highest;
    switch (token->flags) {
    case RSL_TOKEN_BASE_BINARY: highest = '1'; break;
    case RSL_TOKEN_BASE_OCTAL: highest = '7'; break;
    case RSL_TOKEN_BASE_HEXADECIMAL: return false;
    default: return true; /* no digits */
    }
    for (const uint8_t *digit = start + 2; digit < p; digit++) {
        if (*digit > highest && *digit != '_') {
            return true;
        }
    }
    return false;
}

static const uint8_t *lex_number(struct rsl_lexer *lexer, struct rsl_token *token,
                                 const uint8_t *start)
{
    const uint8_t *p = number(token, start);
    if (token->flags != 0) {
        lexer->suspect |= is_suspect_number(token, start, p);
    }
    return suffix(lexer, token, start, p);
}

static const uint8_t *lex_comment(struct rsl_lexer *lexer, struct rsl_token *token,
                                  const uint8_t *start)
{
    unsigned style = rsl_is_inner_doc(start) ? 2 : rsl_is_outer_doc(start) ? 1 : 0;
    if (start[1] == '/') {
        token->kind = (uint8_t)(RSL_TOKEN_LINE_COMMENT + style);
        return rsl_scan_line_comment(start + 2, lexer->end);
    }
    token->kind = (uint8_t)(RSL_TOKEN_BLOCK_COMMENT + style);
    bool terminated;
    const uint8_t *p = rsl_scan_block_comment(start + 2, lexer->end, &terminated);
    if (!terminated) {
        token->flags = RSL_TOKEN_UNTERMINATED;
        lexer->suspect = true;
    }
    return p;
}

/* An identifier with emoji in it, from p on. U+200D, which joins emoji, is XID_Continue. */
static const uint8_t *invalid_ident(struct rsl_lexer *lexer, struct rsl_token *token,
                                    const uint8_t *p)
{
    token->kind = RSL_TOKEN_INVALID_IDENT;
    lexer->suspect = true;
    for (;;) {
        unsigned length = rsl_ident_continue(p);
        if (length == 0 && *p >= 0x80) {
            length = rsl_emoji_length(p);
        }
        if (length == 0) {
            return p;
        }
        p += length;
    }
}

/* What a word is that does not just end: p is behind its ASCII beginning start[0..), at a byte
 * beyond ASCII, a quote or a `#`. */
static const uint8_t *lex_word(struct rsl_lexer *lexer, struct rsl_token *token,
                               const uint8_t *start, const uint8_t *p)
{
    if (*p >= 0x80) {
        p = rsl_ident_rest(p);
        if (*p >= 0x80 && rsl_emoji_length(p)) {
            return invalid_ident(lexer, token, p);
        }
    }
    token->kind = RSL_TOKEN_IDENT;
    if (*p != '"' && *p != '\'' && *p != '#') {
        return p;
    }
    /* The prefixes that mean something: b' b" c" r" br" cr", the last three with `#` too. */
    bool splits = lexer->edition != 0 && lexer->edition < 2021;
    size_t nbytes = (size_t)(p - start);
    uint8_t first = start[0];
    if (nbytes == 1 && first == 'r' && *p != '\'') {
        unsigned length = *p == '#' ? rsl_ident_start(p + 1) : 0;
        if (length == 0) {
            return lex_raw_string(lexer, token, start, p, RSL_TOKEN_RAW_STR);
        }
        token->kind = RSL_TOKEN_RAW_IDENT;
        /* self, super, Self, crate and _ must not be raw. */
        lexer->suspect |= p[1] == 's' || p[1] == 'S' || p[1] == 'c' || p[1] == '_';
        return rsl_ident_rest(p + 1 + length);
    }
    if (nbytes == 1 && first == 'b' && *p == '"') {
        return lex_string(lexer, token, start, p, RSL_TOKEN_BYTE_STR);
    }
    if (nbytes == 1 && first == 'b' && *p == '\'') {
        return lex_byte(lexer, token, start);
    }
    if (nbytes == 1 && first == 'c' && *p == '"' && !splits) {
        return lex_string(lexer, token, start, p, RSL_TOKEN_C_STR);
    }
    if (nbytes == 2 && first == 'b' && start[1] == 'r' && *p != '\'') {
        return lex_raw_string(lexer, token, start, p, RSL_TOKEN_RAW_BYTE_STR);
    }
    if (nbytes == 2 && first == 'c' && start[1] == 'r' && *p != '\'' && !splits) {
        return lex_raw_string(lexer, token, start, p, RSL_TOKEN_RAW_C_STR);
    }
    if (!splits) {
        token->kind = RSL_TOKEN_UNKNOWN_PREFIX;
        lexer->suspect = true;
    }
    return p;
}

/* A `#` with a quote or another `#` behind it. */
static const uint8_t *lex_guard(struct rsl_lexer *lexer, struct rsl_token *token,
                                const uint8_t *start)
{
    if (lexer->edition != 0 && lexer->edition < 2024) {
        token->kind = RSL_TOKEN_POUND;
        return start + 1;
    }
    token->kind = RSL_TOKEN_GUARDED_STR_PREFIX;
    if (lexer->edition == 0) {
        return start + 2;
    }
    lexer->suspect = true;
    if (start < lexer->no_guard_before) {
        return start + 2;
    }
    const uint8_t *p = start;
    while (*p == '#') {
        p++;
    }
    if (*p != '"') {
        lexer->no_guard_before = p; /* so that a long run is looked at once, not at each `##` */
        return start + 2;
    }
    size_t nhashes = (size_t)(p - start);
    bool terminated;
    p = rsl_scan_string(p + 1, lexer->end, &terminated);
    if (!terminated) {
        token->flags = RSL_TOKEN_UNTERMINATED;
        return p;
    }
    for (size_t n = 0; n < nhashes && *p == '#'; n++) {
        p++;
    }
    return rsl_scan_ident(p, lexer->end);
}

/* A token that begins beyond ASCII. */
static const uint8_t *lex_high(struct rsl_lexer *lexer, struct rsl_token *token,
                               const uint8_t *start)
{
    unsigned length = rsl_whitespace_length(start);
    if (length) {
        token->kind = RSL_TOKEN_WHITESPACE;
        return rsl_scan_whitespace(start + length, lexer->end);
    }
    length = rsl_ident_start(start);
    if (length) {
        return lex_word(lexer, token, start, rsl_ident_rest(start + length));
    }
    length = rsl_emoji_length(start);
    if (length) {
        return invalid_ident(lexer, token, start + length);
    }
    lexer->suspect = true;
    token->kind = RSL_TOKEN_UNKNOWN;
    uint32_t code_point;
    return start + rsl_utf8_decode(start, &code_point);
}

/* Fills in the token that begins at p, before the end of the source. Returns its end. */
static inline const uint8_t *lex_one(struct rsl_lexer *lexer, struct rsl_token *token,
                                     const uint8_t *p)
{
    const uint8_t *start = p;
    *token = (struct rsl_token){.start = (uint32_t)(start - lexer->src)};
    switch ((enum action)actions[*p]) {
    case WORD:
        p++;
        while (rsl_is(*p, RSL_CC_IDENT_CONTINUE)) {
            p++;
        }
        token->kind = RSL_TOKEN_IDENT;
        if (rsl_is(*p, RSL_CC_HIGH | RSL_CC_AFTER_PREFIX)) {
            p = lex_word(lexer, token, start, p);
        }
        break;
    case SPACE:
        token->kind = RSL_TOKEN_WHITESPACE;
        p = rsl_scan_whitespace(p, lexer->end);
        break;
    case PUNCTUATION:
        token->kind = *p;
        p++;
        break;
    case SLASH:
        if (p[1] == '/' || p[1] == '*') {
            p = lex_comment(lexer, token, p);
        } else {
            token->kind = RSL_TOKEN_SLASH;
            p++;
        }
        break;
    case HASH:
        if (p[1] == '"' || p[1] == '#') {
            p = lex_guard(lexer, token, p);
        } else {
            token->kind = RSL_TOKEN_POUND;
            p++;
        }
        break;
    case DIGIT: p = lex_number(lexer, token, p); break;
    case QUOTE: p = lex_quote(lexer, token, p); break;
    case DOUBLE_QUOTE: p = lex_string(lexer, token, p, p, RSL_TOKEN_STR); break;
    case HIGH: p = lex_high(lexer, token, p); break;
    case UNKNOWN:
        token->kind = RSL_TOKEN_UNKNOWN;
        lexer->suspect = true;
        p++;
        break;
    }
    token->nbytes = (uint32_t)(p - start);
    return p;
}

#endif
