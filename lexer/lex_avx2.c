/* The tokens with AVX2: two table lookups, one by each nibble, give eight classes for 32 bytes.
 *
 * Truth table (a byte is of a class if both its nibbles are):
 *   class       high nibble  low nibble  bytes
 *   LETTER_A    4 6          1..F        A-O a-o
 *   LETTER_P    5 7          0..A        P-Z p-z
 *   UNDERSCORE  5            F           _
 *   DIGIT       3            0..9        0-9
 *   CONTROL     0            9..D        \t \n \v \f \r
 *   BLANK       2            0           space
 *   QUOTE       2            2 7         " '
 *   HASH        2            3           #
 * Bytes of 0x80 and above have a high nibble of 8..F, which is of no class. */
#if defined(__x86_64__)

#include "lexer/lex_masks.h"

#include <immintrin.h>

#define TARGET_AVX2 __attribute__((target("avx2,bmi,popcnt")))

enum {
    LETTER_A = 1,
    LETTER_P = 2,
    UNDERSCORE = 4,
    DIGIT_CLASS = 8,
    CONTROL = 16,
    BLANK = 32,
    QUOTE_CLASS = 64,
    HASH_CLASS = 128
};

/* 64 lanes as bits. */
TARGET_AVX2 static inline uint64_t bits_of(__m256i first, __m256i second)
{
    uint64_t low = (uint32_t)_mm256_movemask_epi8(first);
    uint64_t high = (uint32_t)_mm256_movemask_epi8(second);
    return low | high << 32;
}

/* The lanes that have the bit 7 - shift. */
#define CLASS_BITS(a, b, shift) bits_of(_mm256_slli_epi16(a, shift), _mm256_slli_epi16(b, shift))

/* The lanes that have any bit of `mask`. */
TARGET_AVX2 static inline uint64_t any_of(__m256i a, __m256i b, int mask)
{
    const __m256i wanted = _mm256_set1_epi8((char)mask);
    const __m256i zero = _mm256_setzero_si256();
    return ~bits_of(_mm256_cmpeq_epi8(_mm256_and_si256(a, wanted), zero),
                    _mm256_cmpeq_epi8(_mm256_and_si256(b, wanted), zero));
}

TARGET_AVX2 static inline __m256i classes_of(__m256i bytes)
{
    const char b = LETTER_A | LETTER_P | DIGIT_CLASS;
    const __m256i by_low = _mm256_broadcastsi128_si256(_mm_setr_epi8(
        LETTER_P | DIGIT_CLASS | BLANK, b, b | QUOTE_CLASS, (char)(b | HASH_CLASS), b, b, b,
        b | QUOTE_CLASS, b, b | CONTROL, LETTER_A | LETTER_P | CONTROL, LETTER_A | CONTROL,
        LETTER_A | CONTROL, LETTER_A | CONTROL, LETTER_A, LETTER_A | UNDERSCORE));
    const __m256i by_high = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(CONTROL, 0, (char)(BLANK | QUOTE_CLASS | HASH_CLASS), DIGIT_CLASS, LETTER_A,
                      LETTER_P | UNDERSCORE, LETTER_A, LETTER_P, 0, 0, 0, 0, 0, 0, 0, 0));
    const __m256i nibble = _mm256_set1_epi8(0x0F);
    __m256i low = _mm256_shuffle_epi8(by_low, _mm256_and_si256(bytes, nibble));
    __m256i high =
        _mm256_shuffle_epi8(by_high, _mm256_and_si256(_mm256_srli_epi16(bytes, 4), nibble));
    return _mm256_and_si256(low, high);
}

TARGET_AVX2 static inline void classify(struct window *window, const uint8_t *base)
{
    __m256i first = _mm256_loadu_si256((const __m256i *)(const void *)base);
    __m256i second = _mm256_loadu_si256((const __m256i *)(const void *)(base + 32));
    __m256i a = classes_of(first);
    __m256i b = classes_of(second);
    const __m256i slash = _mm256_set1_epi8('/');
    window->word = any_of(a, b, LETTER_A | LETTER_P | UNDERSCORE | DIGIT_CLASS);
    window->space = any_of(a, b, CONTROL | BLANK);
    window->digit = CLASS_BITS(a, b, 4);
    window->quote = CLASS_BITS(a, b, 1);
    window->hash = bits_of(a, b);
    window->slash = bits_of(_mm256_cmpeq_epi8(first, slash), _mm256_cmpeq_epi8(second, slash));
    window->high = bits_of(first, second);
    /* What follows may be compiled for SSE; with the upper halves in use it would crawl. */
    _mm256_zeroupper();
}

#define WINDOW_OPS         rsl_lex_avx2
#define WINDOW_TARGET      TARGET_AVX2
#define WINDOW_COUNT(bits) _mm_popcnt_u64(bits)
#define CLASSIFY           classify
#include "lexer/lex_window.h"

#else
typedef int rsl_lex_avx2_is_for_x86_64;
#endif
