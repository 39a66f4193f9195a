/* cross_internal.h - what the crossings of all instruction sets share; private to lexer/. */
#ifndef RSL_LEXER_CROSS_INTERNAL_H
#define RSL_LEXER_CROSS_INTERNAL_H

#include "lexer/cross.h"

/* 64 bytes from `base`, a bit a byte, the lowest for the first. */
struct cross_block {
    const uint8_t *base;
    uint64_t stops; /* { } ; " ' / ! */
    uint64_t paren_open, paren_close, square_open, square_close;
};

/* Bytes that can begin an item, an attribute, a comment or white space beyond ASCII. */
extern const uint8_t rsl_cross_may_begin_item[256];

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
enum cross_bang rsl_cross_judge_bang(const struct rsl_crossing *crossing, const uint8_t *p,
                                     const uint8_t **at_out);

extern const struct rsl_cross_ops rsl_cross_scalar;
extern const struct rsl_cross_ops rsl_cross_sse2;
extern const struct rsl_cross_ops rsl_cross_avx2;

#endif
