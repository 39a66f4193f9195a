/* line_map_template.h - the map of lines, included once per instruction set behind
 *   CROSS_TARGET    a function attribute that turns the instruction set on (or nothing),
 *   NEWLINES        static inline uint64_t NEWLINES(const uint8_t *base), of 64 bytes,
 *   ANY_HIGH        static inline uint64_t ANY_HIGH(const uint8_t *base): not 0 if one of 64 bytes
 *                   is not ASCII,
 *   COUNT_BITS      static inline uint32_t COUNT_BITS(uint64_t), of few bits.
 */
#include "lexer/count.h"
#include "lexer/line_map.h"

CROSS_TARGET static const uint8_t *line_end(const uint8_t *p, const uint8_t *end)
{
    for (;; p += 64) {
        const uint64_t newlines = NEWLINES(p);
        if (newlines != 0 && __builtin_ctzll(newlines) < end - p)
            return p + __builtin_ctzll(newlines);
        if (end - p <= 64)
            return end;
    }
}

CROSS_TARGET static bool map_lines(struct rsl_line_block *blocks, const uint8_t *src, size_t nbytes)
{
    const size_t nblocks = rsl_line_map_nblocks(nbytes);
    uint32_t line = 1, line_start = 0;
    uint64_t high = 0;
    for (size_t i = 0; i < nblocks; i++) {
        const uint64_t newlines = NEWLINES(src + i * 64);
        high |= ANY_HIGH(src + i * 64);
        blocks[i] =
            (struct rsl_line_block){.newlines = newlines, .line = line, .line_start = line_start};
        line += COUNT_BITS(newlines);
        const uint32_t last = (uint32_t)(i * 64 + 64) - (uint32_t)__builtin_clzll(newlines | 1);
        line_start = rsl_choose(newlines != 0, last, line_start);
    }
    return high != 0;
}
