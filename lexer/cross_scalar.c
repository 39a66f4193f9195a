/* The crossing without vectors: a table lookup a byte. Always built; the oracle of the others. */
#define RSL_SCAN_SCALAR
#include "lexer/cross_internal.h"

#include "lexer/char_class.h"

/* Eight classes, each a byte of a word. Shifted by one from byte to byte, the words of eight bytes
 * add up to eight masks of eight bits, without a branch. */
enum {
    BRACE_OPEN,
    BRACE_CLOSE,
    SEMI,
    SPECIAL,
    PAREN_OPEN,
    PAREN_CLOSE,
    SQUARE_OPEN,
    SQUARE_CLOSE,
};

#define CLASS(class) (UINT64_C(1) << 8 * (class))
static const uint64_t class_of[256] = {
    ['{'] = CLASS(BRACE_OPEN),  ['}'] = CLASS(BRACE_CLOSE),  [';'] = CLASS(SEMI),
    ['"'] = CLASS(SPECIAL),     ['\''] = CLASS(SPECIAL),     ['/'] = CLASS(SPECIAL),
    ['!'] = CLASS(SPECIAL),     ['('] = CLASS(PAREN_OPEN),   [')'] = CLASS(PAREN_CLOSE),
    ['['] = CLASS(SQUARE_OPEN), [']'] = CLASS(SQUARE_CLOSE),
};

/* Swaps the bytes of a and b that `mask` shows in b, with those `shift` bits further up in a. */
static inline void swap_bytes(uint64_t *a, uint64_t *b, unsigned shift, uint64_t mask)
{
    const uint64_t changed = ((*a >> shift) ^ *b) & mask;
    *b ^= changed;
    *a ^= changed << shift;
}

static inline void classify(struct cross_block *block, const uint8_t *base)
{
    uint64_t rows[8];
    for (unsigned i = 0; i < 8; i++) {
        uint64_t row = 0;
        for (unsigned k = 8; k-- > 0;)
            row = row << 1 | class_of[base[8 * i + k]];
        rows[i] = row;
    }
    /* Byte k of row i goes to byte i of row k: quarters of the square first, then theirs. */
    for (unsigned i = 0; i < 4; i++)
        swap_bytes(&rows[i], &rows[i + 4], 32, UINT64_C(0x00000000FFFFFFFF));
    for (unsigned i = 0; i < 8; i += i % 2 != 0 ? 3 : 1)
        swap_bytes(&rows[i], &rows[i + 2], 16, UINT64_C(0x0000FFFF0000FFFF));
    for (unsigned i = 0; i < 8; i += 2)
        swap_bytes(&rows[i], &rows[i + 1], 8, UINT64_C(0x00FF00FF00FF00FF));
    block->base = base;
    block->brace_open = rows[BRACE_OPEN];
    block->brace_close = rows[BRACE_CLOSE];
    block->semi = rows[SEMI];
    block->special = rows[SPECIAL];
    block->paren_open = rows[PAREN_OPEN];
    block->paren_close = rows[PAREN_CLOSE];
    block->square_open = rows[SQUARE_OPEN];
    block->square_close = rows[SQUARE_CLOSE];
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

/* short_tree() byte by byte: it ends with the tree instead of looking at 64 bytes. */
static const uint8_t *short_tree_bytes(const uint8_t *p, bool *any_brace_out)
{
    const uint8_t closer = *p == '(' ? ')' : ']';
    unsigned parens = 0, squares = 0;
    *any_brace_out = false;
    for (const uint8_t *const end = p + 64; p < end; p++) {
        const uint64_t class = class_of[*p];
        if (class == 0)
            continue;
        switch (*p) {
        case '(': parens++; continue;
        case '[': squares++; continue;
        case ')':
            if (parens == 0)
                return NULL;
            parens--;
            break;
        case ']':
            if (squares == 0)
                return NULL;
            squares--;
            break;
        case '"':
            if (p[-1] == '#')
                return NULL;
            for (p++; p < end && *p != '"'; p++) {
                if (*p == '\\')
                    return NULL;
                *any_brace_out |= *p == '{';
            }
            continue;
        case ';':
        case '!': continue;
        default: return NULL;
        }
        if (parens + squares == 0)
            return *p == closer ? p + 1 : NULL;
    }
    return NULL;
}

/* short_value() byte by byte. */
static const uint8_t *short_value_bytes(const uint8_t *p)
{
    unsigned nopen = 0, nclosed = 0;
    uint8_t closer = 0;
    for (const uint8_t *const end = p + 64; p < end; p++) {
        if (*p == '\n')
            return NULL;
        if (class_of[*p] == 0)
            continue;
        if (*p == ';')
            return nopen == nclosed ? p : NULL;
        if ((*p == '(' || *p == '[') && nclosed == 0 &&
            (nopen == 0 || *p + (*p == '(' ? 1 : 2) == closer)) {
            closer = *p == '(' ? ')' : ']';
            nopen++;
        } else if (*p == closer) {
            nclosed++;
        } else {
            return NULL;
        }
    }
    return NULL;
}

#define SHORT_TREE   short_tree_bytes
#define SHORT_VALUE  short_value_bytes
#define BEHIND_SPACE behind_space_bytes
#define CROSS_OPS    rsl_cross_scalar
#define NEWLINES     rsl_newlines
#define ANY_HIGH     rsl_any_high
#define COUNT_BITS   rsl_count_few_bits
#define CROSS_TARGET
#define CLASSIFY classify
#include "lexer/cross_template.h"
