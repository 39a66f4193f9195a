/* The crossing with SSE2, which every x86-64 has: a comparison a delimiter. */
#include "lexer/cross_internal.h"

#if defined(__x86_64__)

#include <emmintrin.h>

static inline uint64_t equal16(__m128i bytes, char c)
{
    return (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(c)));
}

static inline void classify(struct cross_block *block, const uint8_t *base)
{
    *block = (struct cross_block){.base = base};
    for (unsigned i = 0; i < 64; i += 16) {
        const __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(base + i));
        __m128i special = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
        special = _mm_or_si128(special, _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\'')));
        special = _mm_or_si128(special, _mm_cmpeq_epi8(bytes, _mm_set1_epi8('/')));
        special = _mm_or_si128(special, _mm_cmpeq_epi8(bytes, _mm_set1_epi8('!')));
        /* From \t on, there are five control characters. */
        const __m128i control = _mm_sub_epi8(bytes, _mm_set1_epi8('\t'));
        __m128i space = _mm_cmpeq_epi8(_mm_min_epu8(control, _mm_set1_epi8(4)), control);
        space = _mm_or_si128(space, _mm_cmpeq_epi8(bytes, _mm_set1_epi8(' ')));
        block->special |= (uint64_t)(unsigned)_mm_movemask_epi8(special) << i;
        block->space |= (uint64_t)(unsigned)_mm_movemask_epi8(space) << i;
        block->brace_open |= equal16(bytes, '{') << i;
        block->brace_close |= equal16(bytes, '}') << i;
        block->semi |= equal16(bytes, ';') << i;
        block->paren_open |= equal16(bytes, '(') << i;
        block->paren_close |= equal16(bytes, ')') << i;
        block->square_open |= equal16(bytes, '[') << i;
        block->square_close |= equal16(bytes, ']') << i;
    }
}

static inline void short_masks(struct short_masks *masks, const uint8_t *base)
{
    *masks = (struct short_masks){0};
    for (unsigned i = 0; i < 64; i += 16) {
        const __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(base + i));
        masks->square_open |= equal16(bytes, '[') << i;
        masks->square_close |= equal16(bytes, ']') << i;
        masks->paren_open |= equal16(bytes, '(') << i;
        masks->paren_close |= equal16(bytes, ')') << i;
        masks->semi |= equal16(bytes, ';') << i;
        masks->quote |= equal16(bytes, '"') << i;
        masks->hash |= equal16(bytes, '#') << i;
        masks->backslash |= equal16(bytes, '\\') << i;
        masks->bang |= equal16(bytes, '!') << i;
        masks->newline |= equal16(bytes, '\n') << i;
        masks->brace |= (equal16(bytes, '{') | equal16(bytes, '}')) << i;
        masks->odd |= (equal16(bytes, '\'') | equal16(bytes, '/')) << i;
    }
}

#define SHORT_MASKS  short_masks
#define BEHIND_SPACE behind_space
#define CROSS_OPS    rsl_cross_sse2
#define NEWLINES     rsl_newlines
#define ANY_HIGH     rsl_any_high
#define COUNT_BITS   rsl_count_few_bits
#define CROSS_TARGET
#define CLASSIFY classify
#include "lexer/cross_template.h"

#else
typedef int rsl_cross_sse2_is_for_x86_64;
#endif
