/* The crossing without vectors: a table lookup a byte. Always built; the oracle of the others. */
#define RSL_SCAN_SCALAR
#include "lexer/cross_internal.h"

/* A byte of flags a class, so that eight lookups gather into one word by shifts. */
enum { STOP = 1, PAREN_OPEN = 2, PAREN_CLOSE = 4, SQUARE_OPEN = 8, SQUARE_CLOSE = 16 };

static const uint8_t class_of[256] = {
    ['{'] = STOP,        ['}'] = STOP,        [';'] = STOP,         ['"'] = STOP,
    ['\''] = STOP,       ['/'] = STOP,        ['!'] = STOP,         ['('] = PAREN_OPEN,
    [')'] = PAREN_CLOSE, ['['] = SQUARE_OPEN, [']'] = SQUARE_CLOSE,
};

static inline void classify(struct cross_block *block, const uint8_t *base)
{
    *block = (struct cross_block){.base = base};
    for (unsigned i = 0; i < 64; i++) {
        uint8_t class = class_of[base[i]];
        if (class == 0)
            continue;
        uint64_t bit = UINT64_C(1) << i;
        switch (class) {
        case STOP: block->stops |= bit; break;
        case PAREN_OPEN: block->paren_open |= bit; break;
        case PAREN_CLOSE: block->paren_close |= bit; break;
        case SQUARE_OPEN: block->square_open |= bit; break;
        default: block->square_close |= bit; break;
        }
    }
}

#define CROSS_OPS   rsl_cross_scalar
#define NEWLINES    rsl_newlines
#define ANY_HIGH    rsl_any_high
#define COUNT_BITS  rsl_count_few_bits
#define FILL_WINDOW NULL
#define CROSS_TARGET
#define CLASSIFY classify
#include "lexer/cross_template.h"
