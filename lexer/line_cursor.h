/* line_cursor.h - the lines of ascending places of a source, each in the time of the bytes since
 * the last.
 *
 * The source is looked at in blocks of 64 bytes, as a mask of its newlines: where items stand close
 * together, most places are in the block of the last one and cost a few instructions.
 */
#ifndef RSL_LEXER_LINE_CURSOR_H
#define RSL_LEXER_LINE_CURSOR_H

#include <stdbool.h>
#include <stdint.h>

struct rsl_line_cursor {
    const uint8_t *src;
    const uint8_t *block;      /* the 64 bytes in view; a multiple of 64 from src */
    const uint8_t *line_start; /* of the line that the block begins in */
    uint64_t newlines;         /* those of the block, a bit a byte */
    uint32_t line;             /* of the block's first byte, from 1 */
    bool in_view;              /* false: `newlines` has not been computed yet */
};

static inline void rsl_line_cursor_init(struct rsl_line_cursor *cursor, const uint8_t *src)
{
    *cursor = (struct rsl_line_cursor){.src = src, .block = src, .line_start = src, .line = 1};
}

#endif
