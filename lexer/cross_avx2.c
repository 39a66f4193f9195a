/* The crossing with AVX2: two table lookups by nibble classify 32 bytes.
 *
 * Truth table (high nibble by low nibble; a class is set where both rows have its bit):
 *   hi 2: ! 1, " 2, ' 7, / F -> QUOTE   ( 8 -> POPEN   ) 9 -> PCLOSE
 *   hi 3: ; B -> SEMI
 *   hi 5: [ B -> SOPEN   ] D -> SCLOSE
 *   hi 7: { B, } D -> BRACE
 * A byte of 0x80 and more has a high nibble of 8..F, whose row is empty.
 */
#include "lexer/cross_internal.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define TARGET_AVX2 __attribute__((target("avx2,bmi,bmi2,popcnt,lzcnt")))

enum { QUOTE = 1, POPEN = 2, PCLOSE = 4, SEMI = 8, SOPEN = 16, SCLOSE = 32, BRACE = 64 };

TARGET_AVX2 static inline uint64_t bits_of(__m256i class0, __m256i class1, int shift)
{
    unsigned low = (unsigned)_mm256_movemask_epi8(_mm256_slli_epi16(class0, shift));
    unsigned high = (unsigned)_mm256_movemask_epi8(_mm256_slli_epi16(class1, shift));
    return (uint64_t)high << 32 | low;
}

TARGET_AVX2 static inline __m256i classes_of(__m256i bytes)
{
    const __m256i low_table = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(0, QUOTE, QUOTE, 0, 0, 0, 0, QUOTE, POPEN, PCLOSE, 0, SEMI | SOPEN | BRACE, 0,
                      SCLOSE | BRACE, 0, QUOTE));
    const __m256i high_table = _mm256_broadcastsi128_si256(_mm_setr_epi8(
        0, 0, QUOTE | POPEN | PCLOSE, SEMI, 0, SOPEN | SCLOSE, 0, BRACE, 0, 0, 0, 0, 0, 0, 0, 0));
    const __m256i nibble = _mm256_set1_epi8(0x0F);
    __m256i low = _mm256_shuffle_epi8(low_table, _mm256_and_si256(bytes, nibble));
    __m256i high =
        _mm256_shuffle_epi8(high_table, _mm256_and_si256(_mm256_srli_epi16(bytes, 4), nibble));
    return _mm256_and_si256(low, high);
}

TARGET_AVX2 static inline uint64_t stops_of(__m256i class0, __m256i class1)
{
    const __m256i any = _mm256_set1_epi8(QUOTE | SEMI | BRACE);
    const __m256i zero = _mm256_setzero_si256();
    unsigned low =
        (unsigned)_mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_and_si256(class0, any), zero));
    unsigned high =
        (unsigned)_mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_and_si256(class1, any), zero));
    return ~((uint64_t)high << 32 | low);
}

TARGET_AVX2 static inline void classify(struct cross_block *block, const uint8_t *base)
{
    __m256i class0 = classes_of(_mm256_loadu_si256((const __m256i *)(const void *)base));
    __m256i class1 = classes_of(_mm256_loadu_si256((const __m256i *)(const void *)(base + 32)));
    block->base = base;
    block->stops = stops_of(class0, class1);
    block->paren_open = bits_of(class0, class1, 6);
    block->paren_close = bits_of(class0, class1, 5);
    block->square_open = bits_of(class0, class1, 3);
    block->square_close = bits_of(class0, class1, 2);
}

/* Truth table of the window, again by nibbles; a byte that no class holds is odd:
 *   hi 3: 0-9 -> DIGIT               : ; < = > (A-E) -> LOW
 *   hi 4, 6: 1-F -> LETTER           hi 5, 7: 0-A -> LETTER_HIGH
 *   hi 5: _ F -> UNDERSCORE          hi 5, 7: [ { B, ] } D -> SQUARE
 *   hi 2: ( ) , 8 9 C -> ROUND       space & ' * + 0 6 7 A B -> PLAIN
 */
enum {
    DIGIT = 1,
    LETTER = 2,
    LETTER_HIGH = 4,
    UNDERSCORE = 8,
    LOW = 16,
    ROUND = 32,
    SQUARE = 64,
    PLAIN = 128
};

TARGET_AVX2 static inline __m256i window_classes(__m256i bytes)
{
    enum { WORD_0 = DIGIT | LETTER_HIGH, WORD = DIGIT | LETTER | LETTER_HIGH };
    const __m256i low_table = _mm256_broadcastsi128_si256(_mm_setr_epi8(
        WORD_0 | (char)PLAIN, WORD, WORD, WORD, WORD, WORD, WORD | (char)PLAIN, WORD | (char)PLAIN,
        WORD | ROUND, WORD | ROUND, LETTER | LETTER_HIGH | LOW | (char)PLAIN,
        LETTER | LOW | SQUARE | (char)PLAIN, LETTER | LOW | ROUND, LETTER | LOW | SQUARE,
        LETTER | LOW, LETTER | UNDERSCORE));
    const __m256i high_table = _mm256_broadcastsi128_si256(_mm_setr_epi8(
        0, 0, ROUND | (char)PLAIN, DIGIT | LOW, LETTER, LETTER_HIGH | UNDERSCORE | SQUARE, LETTER,
        LETTER_HIGH | SQUARE, 0, 0, 0, 0, 0, 0, 0, 0));
    const __m256i nibble = _mm256_set1_epi8(0x0F);
    const __m256i low = _mm256_shuffle_epi8(low_table, _mm256_and_si256(bytes, nibble));
    const __m256i high =
        _mm256_shuffle_epi8(high_table, _mm256_and_si256(_mm256_srli_epi16(bytes, 4), nibble));
    return _mm256_and_si256(low, high);
}

/* Where a class has none of the bits in `set`. */
TARGET_AVX2 static inline uint64_t none_of(__m256i class0, __m256i class1, int set)
{
    const __m256i bits = _mm256_set1_epi8((char)set), zero = _mm256_setzero_si256();
    const unsigned low =
        (unsigned)_mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_and_si256(class0, bits), zero));
    const unsigned high =
        (unsigned)_mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_and_si256(class1, bits), zero));
    return (uint64_t)high << 32 | low;
}

TARGET_AVX2 static inline uint64_t equal_to(__m256i bytes0, __m256i bytes1, char c)
{
    const __m256i byte = _mm256_set1_epi8(c);
    const unsigned low = (unsigned)_mm256_movemask_epi8(_mm256_cmpeq_epi8(bytes0, byte));
    const unsigned high = (unsigned)_mm256_movemask_epi8(_mm256_cmpeq_epi8(bytes1, byte));
    return (uint64_t)high << 32 | low;
}

TARGET_AVX2 static inline uint64_t newlines_of(const uint8_t *base)
{
    return equal_to(_mm256_loadu_si256((const __m256i *)(const void *)base),
                    _mm256_loadu_si256((const __m256i *)(const void *)(base + 32)), '\n');
}

TARGET_AVX2 static inline uint64_t any_high(const uint8_t *base)
{
    const __m256i bytes0 = _mm256_loadu_si256((const __m256i *)(const void *)base);
    const __m256i bytes1 = _mm256_loadu_si256((const __m256i *)(const void *)(base + 32));
    return (unsigned)_mm256_movemask_epi8(_mm256_or_si256(bytes0, bytes1));
}

TARGET_AVX2 static void fill_window(struct rsl_header_window *window, const uint8_t *p)
{
    const __m256i bytes0 = _mm256_loadu_si256((const __m256i *)(const void *)p);
    const __m256i bytes1 = _mm256_loadu_si256((const __m256i *)(const void *)(p + 32));
    const __m256i class0 = window_classes(bytes0), class1 = window_classes(bytes1);
    window->base = p;
    window->word = ~none_of(class0, class1, DIGIT | LETTER | LETTER_HIGH | UNDERSCORE);
    window->brackets = ~none_of(class0, class1, LOW | ROUND | SQUARE);
    window->odd = none_of(class0, class1, 0xFF);
    window->space = equal_to(bytes0, bytes1, ' ');
    window->quote = equal_to(bytes0, bytes1, '\'');
}

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
