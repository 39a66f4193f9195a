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
}

TARGET_AVX512 static inline void attr_masks(struct attr_masks *masks, const uint8_t *base)
{
    const __m128i odd = _mm_setr_epi8(1, 0, 0, 0, 0, 0, 0, '\'', 0, 0, 0, '{', '\\', '}', 0, '/');
    const __m512i bytes = load64(base);
    masks->square_open = equal_to(bytes, '[');
    masks->square_close = equal_to(bytes, ']');
    masks->paren_open = equal_to(bytes, '(');
    masks->paren_close = equal_to(bytes, ')');
    masks->quote = equal_to(bytes, '"');
    masks->hash = equal_to(bytes, '#');
    masks->odd = in_set(bytes, odd);
}

#define ATTR_MASKS    attr_masks
#define BEHIND_SPACE  behind_space
#define FILL_WINDOW   fill_window
#define CROSS_OPS     rsl_cross_avx512
#define NEWLINES      newlines_of
#define ANY_HIGH      any_high
#define COUNT_BITS(x) ((uint32_t)__builtin_popcountll(x))
#define CROSS_TARGET  TARGET_AVX512
#define CLASSIFY      classify
#include "lexer/cross_template.h"

#else
typedef int rsl_cross_avx512_is_for_x86_64;
#endif
