/* The crossing without vectors: a table lookup a byte. Always built; the oracle of the others. */
#define RSL_SCAN_SCALAR
#include "lexer/cross_internal.h"

#include "lexer/char_class.h"

/* Indices of the masks below; 0: a byte of no interest. */
enum {
    BRACE_OPEN = 1,
    BRACE_CLOSE,
    SEMI,
    SPECIAL,
    PAREN_OPEN,
    PAREN_CLOSE,
    SQUARE_OPEN,
    SQUARE_CLOSE,
    NMASKS
};

static const uint8_t mask_of[256] = {
    ['{'] = BRACE_OPEN,  ['}'] = BRACE_CLOSE, [';'] = SEMI,         ['"'] = SPECIAL,
    ['\''] = SPECIAL,    ['/'] = SPECIAL,     ['!'] = SPECIAL,      ['('] = PAREN_OPEN,
    [')'] = PAREN_CLOSE, ['['] = SQUARE_OPEN, [']'] = SQUARE_CLOSE,
};

static inline void classify(struct cross_block *block, const uint8_t *base)
{
    uint64_t masks[NMASKS] = {0};
    for (unsigned i = 0; i < 64; i++) {
        const uint8_t mask = mask_of[base[i]];
        if (mask != 0)
            masks[mask] |= UINT64_C(1) << i;
    }
    *block = (struct cross_block){
        .base = base,
        .brace_open = masks[BRACE_OPEN],
        .brace_close = masks[BRACE_CLOSE],
        .semi = masks[SEMI],
        .special = masks[SPECIAL],
        .paren_open = masks[PAREN_OPEN],
        .paren_close = masks[PAREN_CLOSE],
        .square_open = masks[SQUARE_OPEN],
        .square_close = masks[SQUARE_CLOSE],
    };
}

/* behind_space() byte by byte: of few places, and without a mask of all white space. */
static inline uint64_t behind_space_bytes(const struct cross_block *block, uint64_t behind,
                                          bool *runs_on_out)
{
    uint64_t starts = 0;
    *runs_on_out = false;
    for (; behind != 0; behind &= behind - 1) {
        unsigned at = (unsigned)__builtin_ctzll(behind);
        while (at < 64 && rsl_is(block->base[at], RSL_CC_WHITESPACE))
            at++;
        if (at == 64)
            *runs_on_out = true;
        else
            starts |= UINT64_C(1) << at;
    }
    return starts;
}

#define BEHIND_SPACE behind_space_bytes
#define CROSS_OPS    rsl_cross_scalar
#define NEWLINES     rsl_newlines
#define ANY_HIGH     rsl_any_high
#define COUNT_BITS   rsl_count_few_bits
#define CROSS_TARGET
#define CLASSIFY classify
#include "lexer/cross_template.h"
