/* line_map.h - where the lines of a source begin, for finding line and column of any place at once.
 *
 * One pass over the source keeps the newlines of each 64 bytes as a mask, and what came before
 * them; a place then costs a few instructions, wherever it is. The same pass tells whether the
 * source is all ASCII, which saves looking at its bytes once more.
 */
#ifndef RSL_LEXER_LINE_MAP_H
#define RSL_LEXER_LINE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* 64 bytes, of which the first is at a multiple of 64 from the source's. */
struct rsl_line_block {
    uint64_t newlines;   /* a bit a byte, the lowest for the first */
    uint32_t line;       /* of the first byte, from 1 */
    uint32_t line_start; /* the offset at which that line begins */
};

/* `yes` or `no`, without a branch, which compilers make of a conditional operator as they like:
 * whether a line begins somewhere cannot be foreseen. */
static inline uint32_t rsl_choose(bool condition, uint32_t yes, uint32_t no)
{
    return no ^ ((yes ^ no) & -(uint32_t)condition);
}

/* How many blocks the map of nbytes has: the end of the source is in the last. */
static inline size_t rsl_line_map_nblocks(size_t nbytes)
{
    return nbytes / 64 + 1;
}

/* Fills the blocks of src[0..nbytes), behind which RSL_PAD zero bytes follow. Returns whether a
 * byte of 0x80 or above is among them. O(nbytes). */
typedef bool rsl_line_map_fill(struct rsl_line_block *blocks, const uint8_t *src, size_t nbytes);

#endif
