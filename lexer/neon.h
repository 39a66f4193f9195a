/* neon.h - inside the lexer: what NEON, which every aarch64 has, takes several instructions for. */
#ifndef RSL_LEXER_NEON_H
#define RSL_LEXER_NEON_H

#include <stdint.h>

#include <arm_neon.h>

/* The bits of 64 lanes, each all ones or zero, the first lowest. There is no movemask: each lane
 * keeps one bit of a byte, and three rounds of adding neighbours gather eight of them. */
static inline uint64_t rsl_neon_bits(const uint8x16_t lanes[4])
{
    const uint8x16_t weights = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
    const uint8x16_t low = vpaddq_u8(vandq_u8(lanes[0], weights), vandq_u8(lanes[1], weights));
    const uint8x16_t high = vpaddq_u8(vandq_u8(lanes[2], weights), vandq_u8(lanes[3], weights));
    const uint8x16_t sum = vpaddq_u8(low, high);
    return vgetq_lane_u64(vreinterpretq_u64_u8(vpaddq_u8(sum, sum)), 0);
}

#endif
