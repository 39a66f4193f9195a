/* The crossing with AVX2. A set of bytes whose low nibbles differ takes one table lookup: the table
 * holds at each nibble the byte that is in the set. A byte of 0x80 and more finds 0, and so never
 * itself; where no byte is in the set, the table holds one that has another nibble.
 */
#include "lexer/cross_internal.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define TARGET_AVX2 __attribute__((target("avx2,bmi,bmi2,popcnt,lzcnt")))

/* 64 bytes. */
struct bytes64 {
    __m256i low, high;
};

TARGET_AVX2 static inline struct bytes64 load64(const uint8_t *base)
{
    return (struct bytes64){_mm256_loadu_si256((const __m256i *)(const void *)base),
                            _mm256_loadu_si256((const __m256i *)(const void *)(base + 32))};
}

TARGET_AVX2 static inline uint64_t equal_to(struct bytes64 bytes, char c)
{
    const __m256i byte = _mm256_set1_epi8(c);
    const unsigned low = (unsigned)_mm256_movemask_epi8(_mm256_cmpeq_epi8(bytes.low, byte));
    const unsigned high = (unsigned)_mm256_movemask_epi8(_mm256_cmpeq_epi8(bytes.high, byte));
    return (uint64_t)high << 32 | low;
}

TARGET_AVX2 static inline uint64_t in_set(struct bytes64 bytes, __m256i set)
{
    const __m256i low = _mm256_cmpeq_epi8(bytes.low, _mm256_shuffle_epi8(set, bytes.low));
    const __m256i high = _mm256_cmpeq_epi8(bytes.high, _mm256_shuffle_epi8(set, bytes.high));
    return (uint64_t)(unsigned)_mm256_movemask_epi8(high) << 32 |
           (unsigned)_mm256_movemask_epi8(low);
}

TARGET_AVX2 static inline void classify(struct cross_block *block, const uint8_t *base)
{
    const __m256i special = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(1, '!', '"', 0, 0, 0, 0, '\'', 0, 0, 0, 0, 0, 0, 0, '/'));
    const __m256i space = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(' ', 0, 0, 0, 0, 0, 0, 0, 0, '\t', '\n', '\v', '\f', '\r', 0, 0));
    const struct bytes64 bytes = load64(base);
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

/* A-Z a-z 0-9 _. */
TARGET_AVX2 static inline __m256i is_word(__m256i bytes)
{
    const __m256i letter =
        _mm256_sub_epi8(_mm256_or_si256(bytes, _mm256_set1_epi8(0x20)), _mm256_set1_epi8('a'));
    const __m256i digit = _mm256_sub_epi8(bytes, _mm256_set1_epi8('0'));
    const __m256i letters =
        _mm256_cmpeq_epi8(_mm256_min_epu8(letter, _mm256_set1_epi8(25)), letter);
    const __m256i digits = _mm256_cmpeq_epi8(_mm256_min_epu8(digit, _mm256_set1_epi8(9)), digit);
    return _mm256_or_si256(_mm256_or_si256(letters, digits),
                           _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('_')));
}

TARGET_AVX2 static inline uint64_t newlines_of(const uint8_t *base)
{
    return equal_to(load64(base), '\n');
}

TARGET_AVX2 static inline uint64_t any_high(const uint8_t *base)
{
    const struct bytes64 bytes = load64(base);
    return (unsigned)_mm256_movemask_epi8(_mm256_or_si256(bytes.low, bytes.high));
}

TARGET_AVX2 static inline void fill_window(struct rsl_header_window *window, const uint8_t *p)
{
    const __m256i open = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(1, 0, 0, 0, 0, 0, 0, 0, '(', 0, 0, '[', '<', 0, 0, 0));
    const __m256i close = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(1, 0, 0, 0, 0, 0, 0, 0, 0, ')', 0, 0, 0, ']', '>', 0));
    const __m256i brace = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '{', 0, '}', 0, 0));
    const __m256i others = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(1, 0, 0, 0, 0, 0, '&', 0, 0, 0, '*', '+', 0, 0, 0, 0));
    const struct bytes64 bytes = load64(p);
    window->base = p;
    window->word = (uint64_t)(unsigned)_mm256_movemask_epi8(is_word(bytes.high)) << 32 |
                   (unsigned)_mm256_movemask_epi8(is_word(bytes.low));
    window->open = in_set(bytes, open);
    window->close = in_set(bytes, close);
    window->brace = in_set(bytes, brace);
    window->space = equal_to(bytes, ' ');
    window->quote = equal_to(bytes, '\'');
    window->comma = equal_to(bytes, ',');
    window->colon = equal_to(bytes, ':');
    window->semi = equal_to(bytes, ';');
    window->equal = equal_to(bytes, '=');
    window->letter_w = equal_to(bytes, 'w');
    window->odd = ~(window->word | window->open | window->close | window->brace | window->space |
                    window->quote | window->comma | window->colon | window->semi | window->equal |
                    in_set(bytes, others));
}

TARGET_AVX2 static inline void short_masks(struct short_masks *masks, const uint8_t *base)
{
    const __m256i odd = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(1, 0, 0, 0, 0, 0, 0, '\'', 0, 0, 0, 0, 0, 0, 0, '/'));
    const __m256i brace = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '{', 0, '}', 0, 0));
    const struct bytes64 bytes = load64(base);
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
TARGET_AVX2 static inline void attr_masks(struct attr_masks *masks, const uint8_t *base)
{
    const __m256i odd = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(1, 0, '"', 0, 0, 0, 0, '\'', 0, 0, 0, '{', 0, 0, 0, '/'));
    const struct bytes64 bytes = load64(base);
    const struct bytes64 folded = {_mm256_or_si256(bytes.low, _mm256_set1_epi8(0x20)),
                                   _mm256_or_si256(bytes.high, _mm256_set1_epi8(0x20))};
    masks->close = equal_to(folded, '}');
    masks->odd = in_set(folded, odd);
    masks->paren_open = equal_to(bytes, '(');
    masks->paren_close = equal_to(bytes, ')');
}

/* Quotes, and what before one may make it another than the next of a pair. */
TARGET_AVX2 static inline void quote_masks(const uint8_t *base, uint64_t *quotes_out,
                                           uint64_t *tricky_out)
{
    const struct bytes64 bytes = load64(base);
    *quotes_out = equal_to(bytes, '"');
    *tricky_out = equal_to(bytes, '#') | equal_to(bytes, '\\') | equal_to(bytes, '\'');
}

#define QUOTE_MASKS   quote_masks
#define ATTR_MASKS    attr_masks
#define SHORT_MASKS   short_masks
#define BEHIND_SPACE  behind_space
#define FILL_WINDOW   fill_window
#define CROSS_OPS     rsl_cross_avx2
#define NEWLINES      newlines_of
#define ANY_HIGH      any_high
#define COUNT_BITS(x) ((uint32_t)__builtin_popcountll(x))
#define CROSS_TARGET  TARGET_AVX2
#define CLASSIFY      classify
#include "lexer/cross_template.h"

#else
typedef int rsl_cross_avx2_is_for_x86_64;
#endif
