/* cross_template.h - the crossing, written once and included once per instruction set.
 *
 * Before including it define
 *   CROSS_OPS       the name of the rsl_cross_ops to define,
 *   CROSS_TARGET    a function attribute that turns the instruction set on (or nothing),
 *   CLASSIFY        static inline void CLASSIFY(struct cross_block *, const uint8_t *base),
 *   BEHIND_SPACE    behind_space, or a function that does not need block->space,
 *   SHORT_MASKS     static inline void SHORT_MASKS(struct short_masks *, const uint8_t *base), or
 *                   instead SHORT_TREE and SHORT_VALUE, see cross.h,
 *   ATTR_MASKS      static inline void ATTR_MASKS(struct attr_masks *, const uint8_t *base), or
 *                   nothing,
 *   QUOTE_MASKS     static inline void QUOTE_MASKS(const uint8_t *base, uint64_t *quotes_out,
 *                   uint64_t *tricky_out): the quotes, and what before one may make it another than
 *                   the next of a pair; or nothing, where blocks at sight would not pay,
 *   MAY_BEGIN_ITEM  static inline uint64_t MAY_BEGIN_ITEM(const uint8_t *base): at which of 64
 *                   bytes rsl_cross_may_begin_item() says yes, and perhaps at more; or nothing,
 *   NEWLINES, ANY_HIGH, COUNT_BITS  see line_map_template.h,
 *   FILL_WINDOW     see header_sight_template.h, or nothing where that would not pay.
 *
 * A block of 64 bytes is crossed in stretches that end where a literal, a comment or a macro call
 * may begin. Within a stretch nothing is looked at one by one: the braces are counted, and where
 * statements begin comes from one addition. `code` holds the bytes of the block that were neither
 * in a literal nor in a comment nor in a macro's arguments; when the block is left, its parentheses
 * and brackets are counted under it.
 */
#include <string.h>

#include "lexer/count.h"
#include "lexer/cross_carve.h"
#include "lexer/cross_internal.h"
#include "lexer/item_start.h"

#include "lexer/cross_tree_template.h"
#ifdef SHORT_MASKS
#include "lexer/cross_short_template.h"
#define SHORT_TREE  short_tree
#define SHORT_VALUE short_value
#endif
#ifndef MAY_BEGIN_ITEM
#define MAY_BEGIN_ITEM(base) (~UINT64_C(0))
#endif
#ifdef QUOTE_MASKS
#include "lexer/cross_block_template.h"
#define SHORT_BLOCK short_block
#else
#define SHORT_BLOCK NULL
#endif

/* Counts the parentheses and brackets of the block that `counted` holds. */
CROSS_TARGET static inline void count_brackets(struct rsl_crossing *crossing,
                                               const struct cross_block *block, uint64_t counted)
{
    crossing->parens += (int64_t)COUNT_BITS(block->paren_open & counted) -
                        (int64_t)COUNT_BITS(block->paren_close & counted);
    crossing->squares += (int64_t)COUNT_BITS(block->square_open & counted) -
                         (int64_t)COUNT_BITS(block->square_close & counted);
}

/* Of the braces in `marks`, the closing one behind which no more than `floor` of those open before
 * and in it are open; 0 if there is none. */
CROSS_TARGET static inline uint64_t last_brace(const struct cross_block *block, uint64_t marks,
                                               uint32_t nbraces, int64_t floor)
{
    int64_t nclosed = 0;
    for (uint64_t closes = block->brace_close & marks; closes != 0; closes &= closes - 1) {
        const uint64_t brace = closes & -closes;
        nclosed++;
        if (nbraces + (int64_t)COUNT_BITS(block->brace_open & marks & (brace - 1)) - nclosed <=
            floor)
            return brace;
    }
    return 0;
}

CROSS_TARGET static enum rsl_cross_event cross(struct rsl_crossing *crossing)
{
    const uint8_t *const end = crossing->end;
    const uint8_t *const limit = crossing->limit;
    const int64_t floor = crossing->value ? 0 : -1;
    const uint8_t *taken = crossing->p - 1;
    const uint8_t *p = crossing->p;
    bool boundary = crossing->at_boundary; /* a statement begins at p, or behind space there */
    uint32_t nbraces = crossing->nbraces;
    struct cross_block block;
    enum rsl_cross_event event;
    uint64_t code, live, behind;
    crossing->at_boundary = false;
    crossing->error_code = 0;
    crossing->comment_from = crossing->comment_to = p;
    crossing->earlier_from = crossing->earlier_to = p;

next_block:
    if (p >= limit) {
        crossing->nbraces = nbraces;
        crossing->p = boundary ? rsl_scan_whitespace(p, end) : p;
        return RSL_CROSS_END;
    }
    CLASSIFY(&block, p);
    live = code = within(&block, limit);
    behind = boundary;
    if (crossing->value && nbraces == 0 && !boundary)
        goto value;

stretch : {
    /* live: the bytes ahead. behind: where a statement may begin, space passed over. */
    const uint64_t special = block.special & live;
    uint64_t upto = (special - 1) & ~special; /* the bytes before the first of them */
    uint64_t marks = (block.brace_open | block.brace_close | block.semi) & live & upto;
    const bool outside = crossing->value && nbraces == 0; /* with a boundary: behind an error */
    if (outside)
        marks = 0;
    uint64_t last = 0;
    const uint32_t ncloses = COUNT_BITS(block.brace_close & marks);
    if (((ncloses + floor >= nbraces) & (ncloses > 0)) != 0)
        last = last_brace(&block, marks, nbraces, floor);
    if (last != 0) {
        upto = last - 1;
        marks &= upto;
    }
    bool runs_on;
    const uint64_t starts = BEHIND_SPACE(&block, behind | marks << 1, &runs_on);
    boundary = (runs_on | (marks >> 63)) != 0;
    uint64_t candidates = starts & upto & live & ~marks & MAY_BEGIN_ITEM(block.base);
    for (; candidates != 0; candidates &= candidates - 1) {
        const uint8_t *const q = block.base + __builtin_ctzll(candidates);
        if (!rsl_cross_may_begin_item(q))
            continue;
        const uint8_t *next = NULL; /* where a statement may begin instead */
        if (*q == '#') {
            const uint8_t *bracket = rsl_scan_trivia(q + 1, end);
            if (*bracket != '[') {
                if (*bracket != '!')
                    continue;
                bracket = rsl_scan_trivia(bracket + 1, end);
                if (*bracket != '[')
                    continue;
                next = bracket;
            }
        } else if (*q >= 0x80) { /* rare white space, or a rare identifier, which begins no item */
            next = rsl_scan_whitespace(q, end);
            if (next == q)
                continue;
        } else if (!rsl_item_starts(q, end)) {
            continue;
        }
        const uint64_t before = marks & ((candidates & -candidates) - 1);
        nbraces += COUNT_BITS(block.brace_open & before);
        nbraces -= COUNT_BITS(block.brace_close & before);
        p = q;
        if (next == NULL) {
            event = RSL_CROSS_ITEM;
            goto stopped;
        }
        if (*q == '#') { /* an inner attribute */
            next = tree(crossing, next);
            if (next == NULL) {
                if (crossing->error_code == 0)
                    unterminated(crossing, q, end, RSL_SOURCE_ERROR_UNCLOSED_DELIMITER);
                crossing->nbraces = nbraces;
                return RSL_CROSS_ERROR;
            }
            code = without(code, block.base, q, next);
        }
        p = next;
        boundary = true;
        goto resume;
    }
    if (starts != 0)
        crossing->boundary = block.base + 63 - __builtin_clzll(starts);
    nbraces += COUNT_BITS(block.brace_open & marks);
    nbraces -= COUNT_BITS(block.brace_close & marks);
    if (last != 0) {
        p = block.base + __builtin_ctzll(last);
        event = RSL_CROSS_CLOSE;
        if (!crossing->value)
            goto stopped;
        nbraces--;
        live &= ~(last | (last - 1));
        goto value;
    }
    if (outside && !boundary && (starts & special & -special) == 0)
        goto value;
    if (special == 0 || (outside && boundary)) {
        p = limit - block.base < 64 ? limit : block.base + 64;
        goto leave_block;
    }
    p = block.base + __builtin_ctzll(special);
    live &= ~(upto | (special & -special));
    boundary = (starts & special & -special) != 0;
    goto special;
}

value : {
    /* Outside all braces of a value: bracket by bracket. */
    const uint64_t stops = stops_of_value(&block) & live;
    boundary = false;
    if (stops == 0) {
        p = limit - block.base < 64 ? limit : block.base + 64;
        goto leave_block;
    }
    p = block.base + __builtin_ctzll(stops);
    live &= ~((stops & -stops) | ((stops & -stops) - 1));
    switch (*p) {
    case '{':
        nbraces++;
        p++;
        boundary = true;
        goto resume;
    case '(':
    case '[': crossing->nbrackets++; goto value;
    case ')':
    case ']':
        event = RSL_CROSS_CLOSE;
        if (crossing->nbrackets == 0)
            goto stopped;
        crossing->nbrackets--;
        goto value;
    case '}': event = RSL_CROSS_CLOSE; goto stopped;
    case ';':
        event = RSL_CROSS_STOP;
        if (crossing->nbrackets == 0)
            goto stopped;
        goto value;
    default: goto special;
    }
}

special : {
    /* A literal, comment or bang at p; boundary: it is what follows a statement boundary. */
    const uint8_t *q;
    const bool in_block = !crossing->value || nbraces > 0;
    switch (*p) {
    case '"':
        q = cross_string(crossing, p, taken);
        boundary = false;
        break;
    case '\'':
        q = rsl_scan_quote(p + 1, end);
        boundary = false;
        break;
    case '/':
        if (p[1] != '/' && p[1] != '*')
            goto go_on;
        if (boundary && rsl_is_outer_doc(p)) {
            event = RSL_CROSS_ITEM;
            goto stopped;
        }
        q = cross_slash(crossing, p);
        if (q != NULL && !boundary)
            note_comment(crossing, p, q);
        break;
    default: { /* '!' */
        const uint8_t *at;
        /* A macro call has a name before it, perhaps behind white space or a comment. */
        if (p[1] == '=' ||
            (!rsl_is(p[-1], RSL_CC_IDENT_CONTINUE | RSL_CC_WHITESPACE | RSL_CC_HIGH) &&
             p[-1] != '/'))
            goto go_on;
        switch (rsl_cross_judge_bang(crossing, p, &at)) {
        case CROSS_BANG_OPERATOR: goto go_on;
        case CROSS_BANG_ITEM:
            p = at;
            event = RSL_CROSS_ITEM;
            goto stopped;
        case CROSS_BANG_TREE: break;
        }
        bool any_brace;
        q = *at != '{' && limit - at >= 64 ? SHORT_TREE(at, &any_brace) : NULL;
        if (q == NULL)
            q = tree(crossing, at);
        if (q == NULL && crossing->error_code == 0)
            unterminated(crossing, at, end, RSL_SOURCE_ERROR_UNCLOSED_DELIMITER);
        boundary = q != NULL && q[-1] == '}' && in_block; /* `m! { } fn f() {}` */
        break;
    }
    }
    if (q == NULL) {
        crossing->nbraces = nbraces;
        return RSL_CROSS_ERROR;
    }
    /* p..q was no code. */
    if (*p == '"' || *p == '\'')
        taken = q;
    code = without(code, block.base, p, q);
    p = q;
}

resume: /* at p, in this block or behind it; boundary: whether a statement begins there */
    if (p - block.base >= 64 || p >= limit) /* perhaps behind what ran across the limit */
        goto leave_block;
    live = code & ~below((unsigned)(p - block.base));
    behind = (uint64_t)boundary << (p - block.base);
    if (crossing->value && nbraces == 0 && !boundary)
        goto value;
    goto stretch;

go_on: /* what was at p is a token like others */
    behind = 0;
    if (crossing->value && nbraces == 0)
        goto value;
    goto stretch;

leave_block:
    count_brackets(crossing, &block, code);
    goto next_block;

stopped : {
    /* p is before the block when a macro's path began in the block before it. */
    const ptrdiff_t ahead = p - block.base;
    count_brackets(crossing, &block, code & below(ahead < 0 ? 0 : (unsigned)ahead));
    crossing->nbraces = nbraces;
    crossing->p = p;
    return event;
}
}

#ifdef FILL_WINDOW
#include "lexer/header_sight_template.h"
#define HEADER_SIGHT &header_sight
#else
#define HEADER_SIGHT NULL
#endif
#include "lexer/line_map_template.h"

const struct rsl_cross_ops CROSS_OPS = {
    .cross = cross,
    .tree = tree,
    .short_tree = SHORT_TREE,
    .short_value = SHORT_VALUE,
    .short_block = SHORT_BLOCK,
    .line_end = line_end,
    .map_lines = map_lines,
    .sight = HEADER_SIGHT,
};
