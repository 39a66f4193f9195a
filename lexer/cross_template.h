/* cross_template.h - the crossing, written once and included once per instruction set.
 *
 * Before including it define
 *   CROSS_OPS       the name of the rsl_cross_ops to define,
 *   CROSS_TARGET    a function attribute that turns the instruction set on (or nothing),
 *   CLASSIFY        static inline void CLASSIFY(struct cross_block *, const uint8_t *base),
 *   NEWLINES, ANY_HIGH, COUNT_BITS: see line_map_template.h,
 *   FILL_WINDOW     a rsl_header_window_fill, or NULL.
 *
 * Loop: `live` holds the stops of the block that are still ahead. `code` holds the bytes of the
 * block that were neither in a literal nor in a comment nor in a macro's arguments; when the block
 * is left, its parentheses and brackets are counted under it.
 */
#include <string.h>

#include "lexer/cross_internal.h"
#include "lexer/doc_comment.h"
#include "lexer/item_start.h"
#include "lexer/scan.h"
#include "lexer/source_error.h"

static inline uint64_t below(unsigned bit)
{
    return bit < 64 ? (UINT64_C(1) << bit) - 1 : ~UINT64_C(0);
}

/* `code` less the bytes p..q of the block at base. */
static inline uint64_t without(uint64_t code, const uint8_t *base, const uint8_t *p,
                               const uint8_t *q)
{
    if (p - base >= 64)
        return code;
    const uint64_t ahead = q - base >= 64 ? 0 : ~below((unsigned)(q - base));
    return code & (below((unsigned)(p - base)) | ahead);
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
    if (from != crossing->comment_to)
        crossing->comment_from = from;
    crossing->comment_to = q;
}

CROSS_TARGET static const uint8_t *tree(struct rsl_crossing *crossing, const uint8_t *p)
{
    const uint8_t *const end = crossing->end;
    const uint8_t *const limit = crossing->limit;
    const uint8_t *taken = p;
    const uint8_t closer = *p == '(' ? ')' : *p == '[' ? ']' : '}';
    int64_t parens = 0, squares = 0, braces = 0;
    struct cross_block block;
    crossing->error_code = 0;
    for (;;) {
        CLASSIFY(&block, p);
        uint64_t live = block.stops | block.paren_open | block.paren_close | block.square_open |
                        block.square_close;
        live &= within(&block, limit);
        for (;;) {
            if (live == 0) {
                p = block.base + 64;
                if (p >= limit)
                    return NULL;
                break;
            }
            p = block.base + __builtin_ctzll(live);
            live &= live - 1;
            const uint8_t *q;
            switch (*p) {
            case '(': parens++; continue;
            case '[': squares++; continue;
            case '{': braces++; continue;
            case ')': parens--; break;
            case ']': squares--; break;
            case '}': braces--; break;
            case '"': q = cross_string(crossing, p, taken); goto jump;
            case '\'': q = rsl_scan_quote(p + 1, end); goto jump;
            case '/': q = cross_slash(crossing, p); goto jump;
            default:
                continue;
            jump:
                if (q == NULL)
                    return NULL;
                p = taken = q;
                if (p - block.base >= 64)
                    goto reload;
                live &= ~below((unsigned)(p - block.base));
                continue;
            }
            /* Behind a closer: is it the tree's own? */
            if (parens + squares + braces == 0) {
                if (*p != closer || (parens | squares | braces) != 0)
                    crossing->suspect = true;
                return p + 1;
            }
        }
    reload:
        if (p >= limit)
            return NULL;
    }
}

CROSS_TARGET static enum rsl_cross_event cross(struct rsl_crossing *crossing)
{
    const uint8_t *const end = crossing->end;
    const uint8_t *const limit = crossing->limit;
    const uint8_t *taken = crossing->p - 1;
    const uint8_t *p = crossing->p;
    struct cross_block block;
    uint64_t live, code;
    crossing->error_code = 0;
    crossing->comment_from = crossing->comment_to = p;

    block.base = p;
    block.stops = block.paren_open = block.paren_close = 0;
    block.square_open = block.square_close = 0;
    code = 0;
    if (crossing->at_boundary) {
        crossing->at_boundary = false;
        live = 0;
        block.base = p - 64; /* nothing classified yet */
        goto boundary;
    }

reload:
    if (p >= limit) {
        crossing->p = p;
        return RSL_CROSS_END;
    }
    CLASSIFY(&block, p);
    code = within(&block, limit);
    live = block.stops;
    if (crossing->value && crossing->nbraces == 0)
        live |= block.paren_open | block.paren_close | block.square_open | block.square_close;
    live &= code;

next:
    if (live == 0) {
        p = limit - block.base < 64 ? limit : block.base + 64;
        goto leave_block;
    }
    p = block.base + __builtin_ctzll(live);
    live &= live - 1;
    const uint8_t *q;
    switch (*p) {
    case '{':
        crossing->nbraces++;
        p++;
        if (crossing->value && crossing->nbraces == 1) /* now only the stops of a block matter */
            live &= block.stops;
        goto boundary;
    case '}':
        if (crossing->nbraces == 0)
            goto stopped;
        crossing->nbraces--;
        p++;
        if (crossing->value && crossing->nbraces == 0) {
            uint64_t ahead = ~below((unsigned)(p - block.base));
            live = within(&block, limit) &
                   (block.stops | block.paren_open | block.paren_close | block.square_open |
                    block.square_close) &
                   ahead;
            goto next;
        }
        goto boundary;
    case ';':
        if (crossing->value && crossing->nbraces == 0) {
            if (crossing->nbrackets == 0)
                goto stopped;
            goto next;
        }
        p++;
        goto boundary;
    case '(':
    case '[': crossing->nbrackets++; goto next;
    case ')':
    case ']':
        if (crossing->nbrackets == 0)
            goto stopped;
        crossing->nbrackets--;
        goto next;
    case '"': q = cross_string(crossing, p, taken); break;
    case '\'': q = rsl_scan_quote(p + 1, end); break;
    case '/':
        q = cross_slash(crossing, p);
        if (q != NULL && q > p + 1)
            note_comment(crossing, p, q);
        break;
    default: { /* '!' */
        const uint8_t *at;
        if (p[1] == '=')
            goto next;
        switch (rsl_cross_judge_bang(crossing, p, &at)) {
        case CROSS_BANG_OPERATOR: goto next;
        case CROSS_BANG_ITEM: p = at; goto item;
        case CROSS_BANG_TREE: break;
        }
        q = tree(crossing, at);
        if (q == NULL && crossing->error_code == 0)
            unterminated(crossing, at, end, RSL_SOURCE_ERROR_UNCLOSED_DELIMITER);
        break;
    }
    }
    if (q == NULL)
        return RSL_CROSS_ERROR;

    /* p..q was a literal, a comment or macro arguments: no code. */
    {
        bool braced = *p == '!' && q[-1] == '}';
        taken = q;
        code = without(code, block.base, p, q);
        live &= q - block.base >= 64 ? 0 : ~below((unsigned)(q - block.base));
        p = q;
        if (braced && !(crossing->value && crossing->nbraces == 0))
            goto boundary; /* `m! { } fn f() {}` */
        if (q - block.base < 64)
            goto next;
        goto leave_block;
    }

boundary:
    /* p is behind `{`, `}` or `;`. Only white space and comments may stand before an item. */
    for (;;) {
        while (rsl_is(*p, RSL_CC_WHITESPACE)) { /* mostly a newline and its indentation */
            p++;
            if (*p == ' ')
                p = rsl_skip_spaces(p);
        }
        if (p >= limit)
            break;
        if (rsl_cross_may_begin_item[*p]) {
            if (*p == '/') {
                if (p[1] != '/' && p[1] != '*')
                    break;
                if (rsl_is_outer_doc(p))
                    goto item;
                q = cross_slash(crossing, p);
                if (q == NULL)
                    return RSL_CROSS_ERROR;
                code = without(code, block.base, p, q);
                p = q;
                continue;
            }
            if (*p == '#') {
                q = rsl_scan_trivia(p + 1, end);
                if (*q == '[')
                    goto item;
                if (*q != '!')
                    break;
                q = rsl_scan_trivia(q + 1, end);
                if (*q != '[')
                    break;
                q = tree(crossing, q);
                if (q == NULL) {
                    if (crossing->error_code == 0)
                        unterminated(crossing, p, end, RSL_SOURCE_ERROR_UNCLOSED_DELIMITER);
                    return RSL_CROSS_ERROR;
                }
                code = without(code, block.base, p, q);
                p = q;
                continue;
            }
            if (*p >= 0x80) { /* rare white space, or a rare identifier: neither begins an item */
                q = rsl_scan_whitespace(p, end);
                if (q == p)
                    break;
                p = q;
                continue;
            }
            if (rsl_item_starts(p, end))
                goto item;
        }
        break;
    }
    crossing->boundary = p;
    if (p - block.base < 64) {
        live &= ~below((unsigned)(p - block.base));
        goto next;
    }

leave_block : {
    uint64_t counted = code;
    crossing->parens += __builtin_popcountll(block.paren_open & counted) -
                        __builtin_popcountll(block.paren_close & counted);
    crossing->squares += __builtin_popcountll(block.square_open & counted) -
                         __builtin_popcountll(block.square_close & counted);
}
    goto reload;

item:
stopped : {
    /* p is before the block when a macro's path began in the block before it. */
    ptrdiff_t ahead = p - block.base;
    unsigned off = ahead < 0 ? 0 : ahead < 64 ? (unsigned)ahead : 64;
    uint64_t counted = code & below(off);
    crossing->parens += __builtin_popcountll(block.paren_open & counted) -
                        __builtin_popcountll(block.paren_close & counted);
    crossing->squares += __builtin_popcountll(block.square_open & counted) -
                         __builtin_popcountll(block.square_close & counted);
}
    crossing->p = p;
    if (*p == '}' || *p == ')' || *p == ']')
        return RSL_CROSS_CLOSE;
    return *p == ';' ? RSL_CROSS_STOP : RSL_CROSS_ITEM;
}

#include "lexer/line_map_template.h"

const struct rsl_cross_ops CROSS_OPS = {
    .cross = cross, .tree = tree, .map_lines = map_lines, .fill_window = FILL_WINDOW};
