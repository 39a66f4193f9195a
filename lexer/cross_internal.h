/* cross_internal.h - what the crossings of all instruction sets share; private to lexer/. */
#ifndef RSL_LEXER_CROSS_INTERNAL_H
#define RSL_LEXER_CROSS_INTERNAL_H

#include "lexer/cross.h"

/* 64 bytes from `base`, a bit a byte, the lowest for the first. */
struct cross_block {
    const uint8_t *base;
    uint64_t brace_open, brace_close, semi;
    uint64_t special; /* " ' / ! */
    uint64_t space;   /* \t \n \v \f \r and space; see BEHIND_SPACE in cross_template.h */
    uint64_t paren_open, paren_close, square_open, square_close;
};

/* 64 bytes of what may be short. */
struct short_masks {
    uint64_t square_open, square_close, paren_open, paren_close;
    uint64_t brace; /* { } */
    uint64_t semi, quote, hash, backslash, bang, newline;
    uint64_t odd; /* ' / */
};

/* The same of an attribute, for those that are plain. */
struct attr_masks {
    uint64_t close; /* ] } */
    uint64_t odd;   /* [ { " ' / */
    uint64_t paren_open, paren_close;
};

/* The third letters of the keywords in rsl_item_starts(), by the low five bits of the first and the
 * second. 1: any. */
extern const uint8_t rsl_cross_third_letters[32][32];

/* Whether an item, an attribute or white space beyond ASCII may begin at p. Says no to nearly all
 * statements; what it says yes to is for others to judge. */
static inline bool rsl_cross_may_begin_item(const uint8_t *p)
{
    const uint8_t third = rsl_cross_third_letters[p[0] & 31][p[1] & 31];
    return (third != 0 && (third == p[2] || third == 1)) || p[0] >= 0x80 || p[0] == '#';
}

/* What a `!` turns out to be. */
enum cross_bang {
    CROSS_BANG_OPERATOR,
    CROSS_BANG_TREE, /* a macro call: *at_out is its opening delimiter */
    CROSS_BANG_ITEM, /* `path! name` at a statement boundary: *at_out is the path's first byte */
};

/* Whether the quote at p opens a raw string; if so *hashes_out is its first `#` or quote. `taken`:
 * the end of the last literal or lifetime, or a byte before all that is crossed: an `r` that ends a
 * lifetime, or touches a literal as its suffix, is no prefix. */
bool rsl_cross_is_raw_string(const uint8_t *p, const uint8_t *taken, const uint8_t **hashes_out);

/* Judges the `!` at p by what stands before and behind it. */
enum cross_bang rsl_cross_judge_bang(struct rsl_crossing *crossing, const uint8_t *p,
                                     const uint8_t **at_out);

extern const struct rsl_cross_ops rsl_cross_scalar;
extern const struct rsl_cross_ops rsl_cross_neon;
extern const struct rsl_cross_ops rsl_cross_sse2;
extern const struct rsl_cross_ops rsl_cross_avx2;
extern const struct rsl_cross_ops rsl_cross_avx512;

#endif
