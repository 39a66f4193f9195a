/* cross_carve.h - what the crossings take out of the code: literals and comments. Private to
 * lexer/, included by cross_template.h behind the choice of RSL_SCAN_SCALAR. */
#ifndef RSL_LEXER_CROSS_CARVE_H
#define RSL_LEXER_CROSS_CARVE_H

#include <string.h>

#include "lexer/cross_internal.h"
#include "lexer/doc_comment.h"
#include "lexer/scan.h"
#include "lexer/source_error.h"

/* The bits below this one of 0 to 64. */
static inline uint64_t below(unsigned bit)
{
    return ((UINT64_C(1) << (bit & 63)) - 1) | -(uint64_t)(bit >> 6);
}

/* `code` less the bytes p..q of the block at base. */
static inline uint64_t without(uint64_t code, const uint8_t *base, const uint8_t *p,
                               const uint8_t *q)
{
    if (p - base >= 64)
        return code;
    const unsigned behind = q - base < 64 ? (unsigned)(q - base) : 64;
    return code & (below((unsigned)(p - base)) | ~below(behind));
}

/* What of the block is before `limit`. */
static inline uint64_t within(const struct cross_block *block, const uint8_t *limit)
{
    return limit - block->base < 64 ? below((unsigned)(limit - block->base)) : ~UINT64_C(0);
}

/* Records that what began at `from` runs to `p`, the end of the source, without its end. */
static inline void unterminated(struct rsl_crossing *crossing, const uint8_t *from,
                                const uint8_t *p, uint16_t code)
{
    crossing->p = p;
    crossing->error_code = code;
    crossing->error_nbytes = (uint32_t)(p - from);
}

/* Crosses the string at the quote p. Returns one past it, or NULL after unterminated(). An `r` that
 * makes it raw begins behind `taken`, which is the end of the last literal or lifetime. */
static inline const uint8_t *cross_string(struct rsl_crossing *crossing, const uint8_t *p,
                                          const uint8_t *taken)
{
    const uint8_t *end = crossing->end;
    const uint8_t *hashes;
    if ((p[-1] == '#' || p[-1] == 'r') && rsl_cross_is_raw_string(p, taken, &hashes)) {
        unsigned nhashes;
        bool valid;
        const uint8_t *q = rsl_scan_raw_string(hashes, end, &nhashes, &valid);
        if (valid || q < end)
            return q;
        unterminated(crossing, hashes, q, RSL_SOURCE_ERROR_UNTERMINATED_RAW_STRING);
        return NULL;
    }
    bool terminated;
    const uint8_t *q = rsl_scan_string(p + 1, end, &terminated);
    if (terminated)
        return q;
    unterminated(crossing, p, q, RSL_SOURCE_ERROR_UNTERMINATED_STRING);
    return NULL;
}

/* Crosses the comment at p, or only the slash if there is none. NULL after unterminated(). */
static inline const uint8_t *cross_slash(struct rsl_crossing *crossing, const uint8_t *p)
{
    if (p[1] == '/')
        return rsl_scan_line_comment(p + 2, crossing->end);
    if (p[1] != '*')
        return p + 1;
    bool terminated;
    const uint8_t *q = rsl_scan_block_comment(p + 2, crossing->end, &terminated);
    if (terminated)
        return q;
    unterminated(crossing, p, q, RSL_SOURCE_ERROR_UNTERMINATED_BLOCK_COMMENT);
    return NULL;
}

/* Remembers the comment p..q for whoever must look back over it. */
static inline void note_comment(struct rsl_crossing *crossing, const uint8_t *p, const uint8_t *q)
{
    const uint8_t *from = p;
    while (from > crossing->comment_to && (from[-1] == ' ' || (from[-1] >= 9 && from[-1] <= 13)))
        from--;
    if (from != crossing->comment_to) {
        crossing->earlier_from = crossing->comment_from;
        crossing->earlier_to = crossing->comment_to;
        crossing->comment_from = from;
    }
    crossing->comment_to = q;
}

/* The bytes at which statements begin: what follows each of the places `behind`, white space
 * passed over. A place's own bit, added to the run of ones that is the white space from it on,
 * carries to the first bit behind that. *runs_on_out: the last run goes on behind the block. */
static inline uint64_t behind_space(const struct cross_block *block, uint64_t behind,
                                    bool *runs_on_out)
{
    unsigned long long sum;
    *runs_on_out = __builtin_uaddll_overflow(behind, block->space, &sum);
    return sum & ~block->space;
}

/* What matters outside the braces of a value: all stops, and the other brackets. */
static inline uint64_t stops_of_value(const struct cross_block *block)
{
    return block->brace_open | block->brace_close | block->semi | block->special |
           block->paren_open | block->paren_close | block->square_open | block->square_close;
}

#endif
