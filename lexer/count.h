/* count.h - counting lines, and finding where one begins. */
#ifndef RSL_LEXER_COUNT_H
#define RSL_LEXER_COUNT_H

#include <stddef.h>
#include <stdint.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

/* How many '\n' are in [p, end). 16 bytes behind end must be readable. O(end - p), near the speed
 * of memory where there are vectors. */
static inline size_t rsl_count_newlines(const uint8_t *p, const uint8_t *end)
{
    size_t n = 0;
#if defined(__SSE2__)
    /* At 16 - k begins a mask of the first k bytes. */
    static const int8_t first[32] = {-1, -1, -1, -1, -1, -1, -1, -1,
                                     -1, -1, -1, -1, -1, -1, -1, -1};
    const __m128i newline = _mm_set1_epi8('\n');
    while (p < end) {
        /* A lane counts to 255 before its sum is taken. */
        __m128i lanes = _mm_setzero_si128();
        for (unsigned i = 0; i < 255 && end - p >= 16; i++, p += 16) {
            const __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)p);
            lanes = _mm_sub_epi8(lanes, _mm_cmpeq_epi8(bytes, newline));
        }
        if (end - p < 16) {
            const __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)p);
            const __m128i inside =
                _mm_loadu_si128((const __m128i *)(const void *)(first + 16 - (end - p)));
            const __m128i hits = _mm_and_si128(_mm_cmpeq_epi8(bytes, newline), inside);
            const __m128i sums = _mm_sad_epu8(_mm_sub_epi8(lanes, hits), _mm_setzero_si128());
            return n + (size_t)_mm_cvtsi128_si32(sums) +
                   (size_t)_mm_cvtsi128_si32(_mm_srli_si128(sums, 8));
        }
        const __m128i sums = _mm_sad_epu8(lanes, _mm_setzero_si128());
        n += (size_t)_mm_cvtsi128_si32(sums) + (size_t)_mm_cvtsi128_si32(_mm_srli_si128(sums, 8));
    }
#else
    for (; p < end; p++)
        n += *p == '\n';
#endif
    return n;
}

/* The newlines of the 64 bytes from p on, a bit a byte, the lowest for the first. */
static inline uint64_t rsl_newlines(const uint8_t *p)
{
    uint64_t newlines = 0;
#if defined(__SSE2__)
    const __m128i newline = _mm_set1_epi8('\n');
    for (unsigned i = 0; i < 64; i += 16) {
        const __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(p + i));
        const unsigned hits = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, newline));
        newlines |= (uint64_t)hits << i;
    }
#else
    for (unsigned i = 0; i < 64; i++)
        newlines |= (uint64_t)(p[i] == '\n') << i;
#endif
    return newlines;
}

/* Not 0 if one of the 64 bytes from p on is not ASCII. */
static inline uint64_t rsl_any_high(const uint8_t *p)
{
#if defined(__SSE2__)
    __m128i any = _mm_setzero_si128();
    for (unsigned i = 0; i < 64; i += 16)
        any = _mm_or_si128(any, _mm_loadu_si128((const __m128i *)(const void *)(p + i)));
    return (unsigned)_mm_movemask_epi8(any);
#else
    uint64_t any = 0;
    for (unsigned i = 0; i < 64; i++)
        any |= p[i];
    return any & 0x80;
#endif
}

/* How many bits are set. For few of them: without an instruction for it, a step each is cheaper
 * than counting them all at once. */
static inline uint32_t rsl_count_few_bits(uint64_t bits)
{
    uint32_t n = 0;
    for (; bits != 0; bits &= bits - 1)
        n++;
    return n;
}

/* The same for any number of them, without a branch: sums of 2, 4 and 8 bits side by side, then all
 * in the top byte. The baseline of x86-64 has no instruction for it. */
static inline uint32_t rsl_count_bits(uint64_t bits)
{
    bits -= bits >> 1 & UINT64_C(0x5555555555555555);
    bits = (bits & UINT64_C(0x3333333333333333)) + (bits >> 2 & UINT64_C(0x3333333333333333));
    bits = (bits + (bits >> 4)) & UINT64_C(0x0F0F0F0F0F0F0F0F);
    return (uint32_t)(bits * UINT64_C(0x0101010101010101) >> 56);
}

/* Behind the last '\n' of [from, p); `from` if there is none. O(length of the line). */
static inline const uint8_t *rsl_line_start(const uint8_t *from, const uint8_t *p)
{
#if defined(__SSE2__)
    const __m128i newline = _mm_set1_epi8('\n');
    while (p - from >= 16) {
        const __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(p - 16));
        const unsigned hits = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, newline));
        if (hits != 0)
            return p - 16 + (32 - __builtin_clz(hits));
        p -= 16;
    }
#endif
    while (p > from && p[-1] != '\n')
        p--;
    return p;
}

#endif
