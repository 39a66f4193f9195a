/* scan.h - crossing one lexical element at a time, as rustc_lexer does.
 *
 * For use inside the lexer (tokens) and the parser (structure): both must agree on where a comment
 * or a literal ends, so both call these. Everywhere `end` is one past the last source byte and
 * RSL_PAD zero bytes follow it; p <= end, and the result never exceeds end. A NUL may also be part
 * of the source. Nothing here allocates or fails; all are O(bytes crossed). Any thread.
 *
 * RSL_SCAN_SCALAR, see find.h, selects byte loops. */
#ifndef RSL_LEXER_SCAN_H
#define RSL_LEXER_SCAN_H

#include "lexer/char_class.h"
#include "lexer/doc_comment.h"
#include "lexer/find.h"
#include "lexer/utf8.h"

/* To the '\n' that ends a line comment, or end. p: anywhere in the comment. */
static inline const uint8_t *rsl_scan_line_comment(const uint8_t *p, const uint8_t *end)
{
    return rsl_find_byte(p, end, '\n');
}

/* Behind the end of a block comment; comments nest. p: behind the opening slash and star. */
static inline const uint8_t *rsl_scan_block_comment(const uint8_t *p, const uint8_t *end,
                                                    bool *terminated_out)
{
    size_t depth = 1;
    *terminated_out = false;
    while ((p = rsl_find_byte2(p, end, '*', '/')) < end) {
        if (p[0] == '*' && p[1] == '/') {
            p += 2;
            if (--depth == 0) {
                *terminated_out = true;
                return p;
            }
        } else if (p[0] == '/' && p[1] == '*') {
            p += 2;
            depth++;
        } else {
            p++;
        }
    }
    return end;
}

/* Behind the closing quote of a string in which a backslash escapes. p: behind the opening quote.
 */
static inline const uint8_t *rsl_scan_string(const uint8_t *p, const uint8_t *end,
                                             bool *terminated_out)
{
    while ((p = rsl_find_byte2(p, end, '"', '\\')) < end) {
        if (*p == '"') {
            *terminated_out = true;
            return p + 1;
        }
        /* Whatever is escaped is passed over; of a longer code point its first byte, which is
         * enough, because none of the others is a quote or a backslash. */
        p += p + 1 < end ? 2 : 1;
    }
    *terminated_out = false;
    return end;
}

/* Behind a raw string. p: behind the `r`, at the first `#` or at the quote.
 * *nhashes_out: how many `#` open it. *valid_out is false, and the place returned that at which
 * rustc_lexer goes on, if another character stands between `#` and quote (that one is taken in), if
 * no quote with as many `#` closes it (all the rest is taken in), or if there are more than 255. */
static inline const uint8_t *rsl_scan_raw_string(const uint8_t *p, const uint8_t *end,
                                                 unsigned *nhashes_out, bool *valid_out)
{
    const uint8_t *open = p;
    while (*p == '#') {
        p++;
    }
    size_t nhashes = (size_t)(p - open);
    *nhashes_out = (unsigned)nhashes;
    *valid_out = false;
    if (*p != '"') {
        uint32_t code_point;
        return p < end ? p + rsl_utf8_decode(p, &code_point) : end;
    }
    p++;
    while ((p = rsl_find_byte(p, end, '"')) < end) {
        p++;
        size_t n = 0;
        while (n < nhashes && p[n] == '#') {
            n++;
        }
        p += n;
        if (n == nhashes) {
            *valid_out = nhashes <= 255;
            return p;
        }
    }
    return end;
}

/* One past the identifier (XID, or `_`) that begins at p, or p if none does. */
static inline const uint8_t *rsl_scan_ident(const uint8_t *p, const uint8_t *end)
{
    (void)end; /* the NUL there is no identifier character */
    if (!rsl_is(*p, RSL_CC_IDENT_START)) {
        if (*p < 0x80) {
            return p;
        }
        unsigned length = rsl_ident_start(p);
        return length ? rsl_ident_rest(p + length) : p;
    }
#ifdef RSL_FIND_VECTOR
    /* Names have any length: a loop over their bytes would be mispredicted at nearly every one. */
    const rsl_hits misses = rsl_block16_misses(rsl_block16_ident(rsl_block16_load(p)));
    if (__builtin_expect(misses != 0, 1)) {
        p += rsl_first_hit(misses);
        return *p < 0x80 ? p : rsl_ident_rest(p);
    }
    for (;;) {
        p += 16;
        const rsl_hits more = rsl_block16_misses(rsl_block16_ident(rsl_block16_load(p)));
        if (more != 0) {
            p += rsl_first_hit(more);
            return *p < 0x80 ? p : rsl_ident_rest(p);
        }
    }
#else
    do {
        p++;
    } while (rsl_is(*p, RSL_CC_IDENT_CONTINUE));
    return *p < 0x80 ? p : rsl_ident_rest(p);
#endif
}

/* Behind the rest of a quoted character. p: behind the opening quote, of b'…' too. It stops, not
 * terminated, before a slash (a comment probably), before a newline that no quote follows, and at
 * end. */
static inline const uint8_t *rsl_scan_single_quoted(const uint8_t *p, const uint8_t *end,
                                                    bool *terminated_out)
{
    *terminated_out = true;
    if (p < end && *p != '\\') {
        uint32_t code_point;
        unsigned length = rsl_utf8_decode(p, &code_point);
        if (p[length] == '\'') {
            return p + length + 1;
        }
    }
    while (p < end) {
        switch (*p) {
        case '\'': return p + 1;
        case '/': *terminated_out = false; return p;
        case '\n':
            if (p[1] != '\'') {
                *terminated_out = false;
                return p;
            }
            p++;
            break;
        case '\\': p += 2; break;
        default: p++;
        }
    }
    *terminated_out = false;
    return end;
}

/* What a single quote begins. */
enum rsl_quote {
    RSL_QUOTE_CHAR,              /* 'a': a suffix may follow */
    RSL_QUOTE_CHAR_LONG,         /* 'abc': closed, and no suffix is taken */
    RSL_QUOTE_CHAR_UNTERMINATED, /* '\n or '( with no quote to close it */
    RSL_QUOTE_LIFETIME,          /* 'a */
    RSL_QUOTE_LIFETIME_NUMBER,   /* '0a */
    RSL_QUOTE_RAW_LIFETIME,      /* 'r#a */
    RSL_QUOTE_UNKNOWN_PREFIX,    /* 'a with a # behind, which is not taken in */
};

/* Behind the character literal (without suffix) or lifetime. p: behind the single quote. */
static inline const uint8_t *rsl_scan_quote_kind(const uint8_t *p, const uint8_t *end,
                                                 enum rsl_quote *kind_out)
{
    bool digit = rsl_is(*p, RSL_CC_DIGIT);
    unsigned length = digit ? 1 : rsl_ident_start(p);
    if (length == 0 || p[length] == '\'') {
        bool terminated;
        p = rsl_scan_single_quoted(p, end, &terminated);
        *kind_out = terminated ? RSL_QUOTE_CHAR : RSL_QUOTE_CHAR_UNTERMINATED;
        return p;
    }
    if (p[0] == 'r' && p[1] == '#') {
        unsigned start = rsl_ident_start(p + 2);
        if (start) {
            *kind_out = RSL_QUOTE_RAW_LIFETIME;
            return rsl_ident_rest(p + 2 + start);
        }
    }
    p = rsl_ident_rest(p + length);
    if (*p == '\'') {
        *kind_out = RSL_QUOTE_CHAR_LONG;
        return p + 1;
    }
    *kind_out = digit       ? RSL_QUOTE_LIFETIME_NUMBER
                : *p == '#' ? RSL_QUOTE_UNKNOWN_PREFIX
                            : RSL_QUOTE_LIFETIME;
    return p;
}

/* The same for who does not ask which it is. */
static inline const uint8_t *rsl_scan_quote(const uint8_t *p, const uint8_t *end)
{
    enum rsl_quote kind;
    return rsl_scan_quote_kind(p, end, &kind);
}

/* p, which a branch tells. Keeps the compiler from computing it from what the branch asks, for
 * which all that follows would have to wait. */
static inline const uint8_t *rsl_foreseen(const uint8_t *p)
{
#if defined(__GNUC__)
    __asm__("" : "+r"(p));
#endif
    return p;
}

/* Behind the space at p, if there is one. By a branch, not by an addition of what the comparison
 * gives: whether there is one is nearly always foreseen, and then what follows need not wait for
 * the byte to be loaded. */
static inline const uint8_t *rsl_behind_space(const uint8_t *p)
{
    return *p == ' ' ? rsl_foreseen(p + 1) : p;
}

/* Behind the end of a line at p, an empty line and the indentation by fours that follow it, as far
 * as these are there. By branches, for the same reason. */
static inline const uint8_t *rsl_behind_line_end(const uint8_t *p)
{
    if (*p == '\n') {
        p = rsl_foreseen(p + 1);
        if (*p == '\n') {
            p = rsl_foreseen(p + 1);
        }
        while (memcmp(p, "    ", 4) == 0) {
            p = rsl_foreseen(p + 4);
        }
    }
    return p;
}

/* Behind the white space (Pattern_White_Space) at p, if any. */
static inline const uint8_t *rsl_scan_whitespace(const uint8_t *p, const uint8_t *end)
{
    (void)end; /* the NUL there is no white space */
    for (;;) {
        p = rsl_skip_white(p);
        const unsigned length = *p < 0x80 ? 0 : rsl_whitespace_length(p);
        if (length == 0) {
            return p;
        }
        p += length;
    }
}

/* To the next byte that is neither white space nor in a comment without documentation: a token, a
 * doc comment, or end. *terminated_out is false if an unterminated block comment was crossed. */
static inline const uint8_t *rsl_scan_trivia_checked(const uint8_t *p, const uint8_t *end,
                                                     bool *terminated_out)
{
    *terminated_out = true;
    for (;;) {
        p = rsl_behind_line_end(p);
        if (rsl_is(*p, RSL_CC_WHITESPACE | RSL_CC_HIGH)) {
            p = rsl_scan_whitespace(p, end);
        }
        if (p >= end || p[0] != '/' || (p[1] != '/' && p[1] != '*') || rsl_is_inner_doc(p) ||
            rsl_is_outer_doc(p)) {
            return p;
        }
        if (p[1] == '/') {
            p = rsl_scan_line_comment(p + 2, end);
        } else {
            p = rsl_scan_block_comment(p + 2, end, terminated_out);
        }
    }
}

/* The same for who does not ask. A token behind no space or one, the usual case, is found at once.
 */
static inline const uint8_t *rsl_scan_trivia(const uint8_t *p, const uint8_t *end)
{
    p = rsl_behind_space(p);
    if (!rsl_is(*p, RSL_CC_WHITESPACE | RSL_CC_HIGH) && *p != '/') {
        return p;
    }
    bool terminated;
    return rsl_scan_trivia_checked(p, end, &terminated);
}

#endif
