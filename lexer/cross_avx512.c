/* The crossing with AVX-512: 64 bytes at a time, and a comparison gives its bits at once. Needs
 * VBMI (Ice Lake, Zen 4), whose lookup in a table of 128 classifies all of ASCII in one
 * instruction.
 */
#include "lexer/cross_internal.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define TARGET_AVX512 \
    __attribute__((target("avx512f,avx512bw,avx512vbmi,avx2,bmi,bmi2,popcnt,lzcnt")))

TARGET_AVX512 static inline __m512i load64(const uint8_t *base)
{
    return _mm512_loadu_si512((const void *)base);
}

TARGET_AVX512 static inline uint64_t equal_to(__m512i bytes, char c)
{
    return _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(c));
}

/* Where a byte is in the set, which holds it at its low nibble, as in cross_avx2.c. */
TARGET_AVX512 static inline uint64_t in_set(__m512i bytes, __m128i set)
{
    return _mm512_cmpeq_epi8_mask(bytes, _mm512_shuffle_epi8(_mm512_broadcast_i32x4(set), bytes));
}

TARGET_AVX512 static inline void classify(struct cross_block *block, const uint8_t *base)
{
    const __m128i special = _mm_setr_epi8(1, '!', '"', 0, 0, 0, 0, '\'', 0, 0, 0, 0, 0, 0, 0, '/');
    const __m128i space =
        _mm_setr_epi8(' ', 0, 0, 0, 0, 0, 0, 0, 0, '\t', '\n', '\v', '\f', '\r', 0, 0);
    const __m512i bytes = load64(base);
    block->base = base;
    block->brace_open = equal_to(bytes, '{');
    block->brace_close = equal_to(bytes, '}');
    block->semi = equal_to(bytes, ';');
    block->special = in_set(bytes, special);
    block->space = in_set(bytes, space);
    block->paren_open = equal_to(bytes, '(');
    block->paren_close = equal_to(bytes, ')');
    block->square_open = equal_to(bytes, '[');
    block->square_close = equal_to(bytes, ']');
}

TARGET_AVX512 static inline uint64_t newlines_of(const uint8_t *base)
{
    return equal_to(load64(base), '\n');
}

TARGET_AVX512 static inline uint64_t any_high(const uint8_t *base)
{
    return _mm512_movepi8_mask(load64(base));
}

/* What a byte of a header is. Each class is one bit, so that one test finds it. */
enum { WORD = 1, OPEN = 2, CLOSE = 4, BRACE = 8, PLAIN = 16 };

static const uint8_t header_classes[128] = {
    ['0' ... '9'] = WORD, ['A' ... 'Z'] = WORD, ['a' ... 'z'] = WORD, ['_'] = WORD,   ['<'] = OPEN,
    ['('] = OPEN,         ['['] = OPEN,         ['>'] = CLOSE,        [')'] = CLOSE,  [']'] = CLOSE,
    ['{'] = BRACE,        ['}'] = BRACE,        [','] = PLAIN,        [':'] = PLAIN,  [';'] = PLAIN,
    ['='] = PLAIN,        [' '] = PLAIN,        ['&'] = PLAIN,        ['\''] = PLAIN, ['*'] = PLAIN,
    ['+'] = PLAIN,
};

TARGET_AVX512 static inline void fill_window(struct rsl_header_window *window, const uint8_t *p)
{
    const __m512i bytes = load64(p);
    const __mmask64 ascii = ~_mm512_movepi8_mask(bytes);
    const __m512i classes = _mm512_maskz_permutex2var_epi8(ascii, load64(header_classes), bytes,
                                                           load64(header_classes + 64));
    window->base = p;
    window->word = _mm512_test_epi8_mask(classes, _mm512_set1_epi8(WORD));
    window->open = _mm512_test_epi8_mask(classes, _mm512_set1_epi8(OPEN));
    window->close = _mm512_test_epi8_mask(classes, _mm512_set1_epi8(CLOSE));
    window->brace = _mm512_test_epi8_mask(classes, _mm512_set1_epi8(BRACE));
    window->odd = _mm512_testn_epi8_mask(classes, classes);
    window->space = equal_to(bytes, ' ');
    window->quote = equal_to(bytes, '\'');
    window->comma = equal_to(bytes, ',');
    window->colon = equal_to(bytes, ':');
    window->semi = equal_to(bytes, ';');
    window->equal = equal_to(bytes, '=');
    window->letter_w = equal_to(bytes, 'w');
}

TARGET_AVX512 static inline void short_masks(struct short_masks *masks, const uint8_t *base)
{
    const __m128i odd = _mm_setr_epi8(1, 0, 0, 0, 0, 0, 0, '\'', 0, 0, 0, 0, 0, 0, 0, '/');
    const __m128i brace = _mm_setr_epi8(1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '{', 0, '}', 0, 0);
    const __m512i bytes = load64(base);
    masks->square_open = equal_to(bytes, '[');
    masks->square_close = equal_to(bytes, ']');
    masks->paren_open = equal_to(bytes, '(');
    masks->paren_close = equal_to(bytes, ')');
    masks->brace = in_set(bytes, brace);
    masks->semi = equal_to(bytes, ';');
    masks->quote = equal_to(bytes, '"');
    masks->hash = equal_to(bytes, '#');
    masks->backslash = equal_to(bytes, '\\');
    masks->bang = equal_to(bytes, '!');
    masks->newline = equal_to(bytes, '\n');
    masks->odd = in_set(bytes, odd);
}

/* A bit makes braces of brackets, and none of the others of another character of the code. */
TARGET_AVX512 static inline void attr_masks(struct attr_masks *masks, const uint8_t *base)
{
    const __m128i odd = _mm_setr_epi8(1, 0, '"', 0, 0, 0, 0, '\'', 0, 0, 0, '{', 0, 0, 0, '/');
    const __m512i bytes = load64(base);
    const __m512i folded = _mm512_or_si512(bytes, _mm512_set1_epi8(0x20));
    masks->close = equal_to(folded, '}');
    masks->odd = in_set(folded, odd);
    masks->paren_open = equal_to(bytes, '(');
    masks->paren_close = equal_to(bytes, ')');
}

/* Quotes, and what before one may make it another than the next of a pair. */
TARGET_AVX512 static inline void quote_masks(const uint8_t *base, uint64_t *quotes_out,
                                             uint64_t *tricky_out)
{
    const __m512i bytes = load64(base);
    *quotes_out = equal_to(bytes, '"');
    *tricky_out = equal_to(bytes, '#') | equal_to(bytes, '\\') | equal_to(bytes, '\'');
}

/* Of each letter, the groups of keywords that have it as their first, second and third:
 *   1 asy aut   2 con mac mod   4 def gen reu   8 enu ext   16 fin fn   32 imp pub
 *   64 saf sta str   128 tra typ uni uns use
 * What mixes two of a group passes too; of the third of a group with `fn` nothing is asked. */
static const uint8_t first_letters[128] = {
    ['a'] = 1,  ['c'] = 2,  ['m'] = 2,  ['d'] = 4,  ['g'] = 4,   ['r'] = 4,   ['e'] = 8,
    ['f'] = 16, ['i'] = 32, ['p'] = 32, ['s'] = 64, ['t'] = 128, ['u'] = 128,
};
static const uint8_t second_letters[128] = {
    ['s'] = 1 | 128,      ['u'] = 1 | 32, ['o'] = 2,  ['a'] = 2 | 64, ['e'] = 4,   ['x'] = 8,
    ['n'] = 8 | 16 | 128, ['i'] = 16,     ['m'] = 32, ['t'] = 64,     ['r'] = 128, ['y'] = 128,
};
static const uint8_t third_letters[128] = {
    ['y'] = 1,      ['t'] = 1 | 8, ['n'] = 2 | 4,    ['d'] = 2,   ['c'] = 2,
    ['f'] = 4 | 64, ['u'] = 4 | 8, ['p'] = 32 | 128, ['b'] = 32,  ['a'] = 64 | 128,
    ['r'] = 64,     ['i'] = 128,   ['s'] = 128,      ['e'] = 128,
};

/* What the table says of the bytes from `base` on, 64 less `nmissing`, and 0 of those missing. */
TARGET_AVX512 static inline __m512i letters_of(const uint8_t *base, unsigned nmissing,
                                               const uint8_t table[128])
{
    const __mmask64 there = ~UINT64_C(0) >> nmissing;
    return _mm512_maskz_permutex2var_epi8(there, load64(table),
                                          _mm512_maskz_loadu_epi8(there, base), load64(table + 64));
}

/* Of bytes beyond ASCII the tables know only the low seven bits. At the last two bytes nothing is
 * known: what is behind the block need not be readable. */
TARGET_AVX512 static inline uint64_t may_begin_item(const uint8_t *base)
{
    const __m512i bytes = load64(base);
    const __m512i groups = _mm512_and_si512(letters_of(base, 0, first_letters),
                                            letters_of(base + 1, 1, second_letters));
    const __m512i third =
        _mm512_or_si512(letters_of(base + 2, 2, third_letters), _mm512_set1_epi8(16));
    return _mm512_test_epi8_mask(groups, third) | equal_to(bytes, '#') |
           _mm512_movepi8_mask(bytes) | UINT64_C(3) << 62;
}

#define QUOTE_MASKS    quote_masks
#define ATTR_MASKS     attr_masks
#define MAY_BEGIN_ITEM may_begin_item
#define SHORT_MASKS    short_masks
#define BEHIND_SPACE   behind_space
#define FILL_WINDOW    fill_window
#define CROSS_OPS      rsl_cross_avx512
#define NEWLINES       newlines_of
#define ANY_HIGH       any_high
#define COUNT_BITS(x)  ((uint32_t)__builtin_popcountll(x))
#define CROSS_TARGET   TARGET_AVX512
#define CLASSIFY       classify
#include "lexer/cross_template.h"

#else
typedef int rsl_cross_avx512_is_for_x86_64;
#endif
