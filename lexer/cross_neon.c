/* The crossing with NEON, which every aarch64 has. As with AVX2, a set of bytes whose low nibbles
 * differ takes one table lookup: the table holds at each nibble the byte that is in the set, or one
 * that has another nibble where none is; a byte of 0x80 and more is not what it finds. Sets are
 * worth more here: gathering the bits of 64 lanes takes longer than finding them.
 */
#include "lexer/cross_internal.h"

#if defined(__aarch64__) && defined(__ARM_NEON)

#include "lexer/neon.h"

static inline uint8x16x4_t load64(const uint8_t *base)
{
    return (uint8x16x4_t){
        {vld1q_u8(base), vld1q_u8(base + 16), vld1q_u8(base + 32), vld1q_u8(base + 48)}};
}

static inline uint64_t equal_to(uint8x16x4_t bytes, char c)
{
    const uint8x16_t byte = vdupq_n_u8((uint8_t)c);
    uint8x16_t lanes[4];
    for (unsigned i = 0; i < 4; i++)
        lanes[i] = vceqq_u8(bytes.val[i], byte);
    return rsl_neon_bits(lanes);
}

static inline uint64_t in_set(uint8x16x4_t bytes, uint8x16_t set)
{
    const uint8x16_t nibble = vdupq_n_u8(0x0F);
    uint8x16_t lanes[4];
    for (unsigned i = 0; i < 4; i++)
        lanes[i] = vceqq_u8(bytes.val[i], vqtbl1q_u8(set, vandq_u8(bytes.val[i], nibble)));
    return rsl_neon_bits(lanes);
}

static inline void classify(struct cross_block *block, const uint8_t *base)
{
    const uint8x16_t special = {1, '!', '"', 0, 0, 0, 0, '\'', 0, 0, 0, 0, 0, 0, 0, '/'};
    const uint8x16_t space = {' ', 0, 0, 0, 0, 0, 0, 0, 0, '\t', '\n', '\v', '\f', '\r', 0, 0};
    const uint8x16x4_t bytes = load64(base);
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

static inline uint64_t newlines_of(const uint8_t *base)
{
    return equal_to(load64(base), '\n');
}

static inline uint64_t any_high(const uint8_t *base)
{
    const uint8x16x4_t bytes = load64(base);
    return vmaxvq_u8(vorrq_u8(vorrq_u8(bytes.val[0], bytes.val[1]),
                              vorrq_u8(bytes.val[2], bytes.val[3]))) &
           0x80;
}

static inline void short_masks(struct short_masks *masks, const uint8_t *base)
{
    const uint8x16_t odd = {1, 0, 0, 0, 0, 0, 0, '\'', 0, 0, 0, 0, 0, 0, 0, '/'};
    const uint8x16_t brace = {1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '{', 0, '}', 0, 0};
    const uint8x16x4_t bytes = load64(base);
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

#define SHORT_MASKS   short_masks
#define BEHIND_SPACE  behind_space
#define CROSS_OPS     rsl_cross_neon
#define NEWLINES      newlines_of
#define ANY_HIGH      any_high
#define COUNT_BITS(x) ((uint32_t)__builtin_popcountll(x))
#define CROSS_TARGET
#define CLASSIFY classify
#include "lexer/cross_template.h"

#else
typedef int rsl_cross_neon_is_for_aarch64;
#endif
