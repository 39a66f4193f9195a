/* The tokens with the vectors that every machine of the target has: SSE2, NEON. */
#include "lexer/count.h"
#include "lexer/find.h"
#include "lexer/lex_masks.h"

#ifdef RSL_FIND_VECTOR

#ifndef __SSE2__
#include "lexer/neon.h"
#endif

/* The bits of 64 lanes. */
static inline uint64_t bits_of(const rsl_block16 lanes[4])
{
#ifdef __SSE2__
    uint64_t bits = 0;
    for (unsigned i = 0; i < 4; i++) {
        bits |= (uint64_t)rsl_block16_hits(lanes[i]) << (16 * i);
    }
    return bits;
#else
    return rsl_neon_bits(lanes);
#endif
}

static inline void classify(struct window *window, const uint8_t *base)
{
    rsl_block16 word[4], digit[4], space[4], quote[4], hash[4], slash[4], high[4];
    for (unsigned i = 0; i < 4; i++) {
        rsl_block16 v = rsl_block16_load(base + (size_t)16 * i);
        rsl_block16 letter = rsl_block16_in(rsl_block16_or(v, rsl_block16_of(0x20)), 'a', 'z');
        digit[i] = rsl_block16_in(v, '0', '9');
        word[i] = rsl_block16_or(rsl_block16_or(letter, digit[i]), rsl_block16_eq(v, '_'));
        space[i] = rsl_block16_or(rsl_block16_in(v, '\t', '\r'), rsl_block16_eq(v, ' '));
        quote[i] = rsl_block16_or(rsl_block16_eq(v, '"'), rsl_block16_eq(v, '\''));
        hash[i] = rsl_block16_eq(v, '#');
        slash[i] = rsl_block16_eq(v, '/');
        high[i] = rsl_block16_in(v, 0x80, 0xFF);
    }
    window->word = bits_of(word);
    window->digit = bits_of(digit);
    window->space = bits_of(space);
    window->quote = bits_of(quote);
    window->hash = bits_of(hash);
    window->slash = bits_of(slash);
    window->high = bits_of(high);
}

#define WINDOW_OPS rsl_lex_baseline
#define WINDOW_TARGET
#define WINDOW_COUNT rsl_count_bits
#define CLASSIFY     classify
#include "lexer/lex_window.h"

#else
typedef int rsl_lex_baseline_has_no_vectors;
#endif
