/* line_cursor_template.h - the cursor's step, included once per instruction set behind
 *   CROSS_TARGET    a function attribute that turns the instruction set on (or nothing),
 *   NEWLINES        static inline uint64_t NEWLINES(const uint8_t *base), of 64 bytes,
 *   COUNT_BITS      static inline uint32_t COUNT_BITS(uint64_t), of few bits.
 */
#include "lexer/count.h"
#include "lexer/line_cursor.h"

/* Behind the last newline of the block in view, which has one. */
static inline const uint8_t *behind_last_newline(const uint8_t *block, uint64_t newlines)
{
    return block + 64 - __builtin_clzll(newlines);
}

/* The line of `place`, a byte of the source or its end; *line_start_out is where that line begins.
 * Going back is allowed and costs as much as going forward. */
CROSS_TARGET static uint32_t line_of(struct rsl_line_cursor *cursor, const uint8_t *place,
                                     const uint8_t **line_start_out)
{
    const uint8_t *block = cursor->block;
    if (place < block) {
        block = cursor->src + ((place - cursor->src) & ~(ptrdiff_t)63);
        cursor->line -= (uint32_t)rsl_count_newlines(block, cursor->block);
        cursor->line_start = rsl_line_start(cursor->src, block);
        cursor->in_view = false;
    }
    uint64_t newlines = cursor->in_view ? cursor->newlines : NEWLINES(block);
    while (place - block >= 64) {
        if (newlines != 0) {
            cursor->line += COUNT_BITS(newlines);
            cursor->line_start = behind_last_newline(block, newlines);
        }
        block += 64;
        newlines = NEWLINES(block);
    }
    cursor->block = block;
    cursor->newlines = newlines;
    cursor->in_view = true;
    const uint64_t before = newlines & ((UINT64_C(1) << (place - block)) - 1);
    *line_start_out = before != 0 ? behind_last_newline(block, before) : cursor->line_start;
    return cursor->line + COUNT_BITS(before);
}
