/* The driver: runs the frame on top of the stack until the stack is empty. */
#define _GNU_SOURCE /* memmem */
#include "parser/internal.h"

#include "lexer/lexer.h"

#include <string.h>

/* The context of what stands in a frame. */
static enum rsl_context context_of(enum frame_kind kind)
{
    switch (kind) {
    case FRAME_FILE: return RSL_CTX_FILE;
    case FRAME_MOD: return RSL_CTX_MOD;
    case FRAME_IMPL: return RSL_CTX_IMPL;
    case FRAME_TRAIT: return RSL_CTX_TRAIT;
    case FRAME_FOREIGN: return RSL_CTX_FOREIGN;
    case FRAME_MACRO: return RSL_CTX_MACRO;
    case FRAME_BLOCK:
    case FRAME_VALUE: break;
    }
    return RSL_CTX_BODY;
}

static struct frame *top_frame(struct parser *ps)
{
    return &ps->scratch->frames[ps->scratch->nframes - 1];
}

/* An item that began before the limit of what it stands in and ran across it moves the limit. */
static void move_limit(struct frame *frame, const uint8_t *end)
{
    if (frame->limit < end)
        frame->limit = end;
}

/* Ends the top frame, and with it its owner; `end` is one past the owner's last byte, where parsing
 * goes on. */
static void pop_frame(struct parser *ps, const uint8_t *end)
{
    struct frame *frame = top_frame(ps);
    if (frame->kind >= FRAME_BLOCK) {
        const struct rsl_crossing *crossing = &frame->crossing;
        if (crossing->suspect || (crossing->parens | crossing->squares) != 0)
            ps->suspect = true;
    }
    if (frame->ends_owner && frame->owner != RSL_NONE) {
        struct rsl_item *item = item_at(ps, frame->owner);
        item->end = offset_of(ps, end);
    }
    ps->p = ps->last = end;
    ps->scratch->nframes--;
    if (ps->scratch->nframes == 0)
        return;
    frame = top_frame(ps);
    move_limit(frame, end);
    if (frame->kind >= FRAME_BLOCK) {
        frame->crossing.p = end;
        frame->crossing.at_boundary = true;
    }
}

/* One past the last significant byte before `p`, as far as white space tells. */
static const uint8_t *before_space(const struct parser *ps, const uint8_t *p)
{
    while (p > ps->src && rsl_is(p[-1], RSL_CC_WHITESPACE))
        p--;
    return p;
}

/* The top frame has run to its limit without its closer. */
static void close_unclosed(struct parser *ps)
{
    const struct frame *frame = top_frame(ps);
    const uint8_t *limit = frame->limit;
    ps->suspect = ps->unbalanced = true;
    if (frame->kind == FRAME_VALUE)
        rsl_add_error(ps, before_space(ps, limit), 0, RSL_SOURCE_ERROR_EXPECTED_SEMI);
    else
        rsl_add_error(ps, frame->open, 1, RSL_SOURCE_ERROR_UNCLOSED_DELIMITER);
    const uint8_t *end = before_space(ps, limit);
    const bool at_end = limit == ps->end;
    pop_frame(ps, end > frame->open ? end : limit);
    ps->p = at_end ? ps->end : limit;
    if (ps->scratch->nframes > 0 && top_frame(ps)->kind >= FRAME_BLOCK)
        top_frame(ps)->crossing.p = ps->p;
}

/* A step of a frame that is parsed item by item. */
static void step_items(struct parser *ps)
{
    const struct frame *frame = top_frame(ps);
    const enum frame_kind kind = frame->kind;
    const uint32_t owner = frame->owner;
    const uint8_t *limit = frame->limit;
    bool terminated;
    ps->p = rsl_scan_trivia_checked(ps->p, ps->end, &terminated);
    if (!terminated) {
        ps->suspect = true; /* the token-level check reports it */
        ps->nruns++;
        if (ps->speculative)
            ps->failed = true;
    }
    if (ps->p >= limit) {
        if (kind == FRAME_FILE || kind == FRAME_MACRO)
            pop_frame(ps, ps->p);
        else
            close_unclosed(ps);
        return;
    }
    if (*ps->p == '}') {
        if (kind == FRAME_FILE) {
            ps->unbalanced = ps->suspect = true;
            rsl_add_error(ps, ps->p, 1, RSL_SOURCE_ERROR_UNEXPECTED_CLOSE);
            ps->p++;
        } else if (kind == FRAME_MACRO) {
            ps->failed = true;
        } else {
            pop_frame(ps, ps->p + 1);
        }
        return;
    }
    if (*ps->p >= 0x80 && rsl_scan_ident(ps->p, ps->end) == ps->p) {
        /* White space that is none to Rust, an emoji, a byte that is no text. */
        uint32_t code_point;
        const unsigned length = rsl_utf8_decode(ps->p, &code_point);
        rsl_add_error(ps, ps->p, length, RSL_SOURCE_ERROR_UNKNOWN_TOKEN);
        ps->p += length;
        return;
    }
    const uint8_t *const from = ps->p;
    const uint32_t attrs_before = ps->file->nattrs;
    switch (rsl_parse_item(ps, context_of(kind), owner)) {
    case ITEM_PARSED: move_limit(top_frame(ps), ps->p); break;
    case ITEM_OPENED: break;
    case ITEM_NONE:
        if (ps->file->nattrs > attrs_before) {
            const struct rsl_attr *attr = &ps->file->attrs[ps->file->nattrs - 1];
            rsl_add_error(ps, ps->src + attr->span.start, attr->span.end - attr->span.start,
                          RSL_SOURCE_ERROR_EXPECTED_ITEM_BEHIND_ATTR);
        }
        break;
    case ITEM_REJECTED: {
        if (ps->speculative || ps->status != RSL_OK)
            break;
        const uint8_t *next = rsl_skip_rejected(ps, ps->rejected, limit);
        if (next == from && *next != '}')
            next++;
        ps->p = next;
        break;
    }
    }
}

/* Whether a where clause begins in p..end, a part of a const's value that begins inside `depth`
 * delimiters: const A<T>: u8 = 0 where T: B; */
static bool has_late_where(const struct parser *ps, const uint8_t *p, const uint8_t *end,
                           uint32_t depth)
{
    struct rsl_lexer lexer;
    struct rsl_token token;
    if (p >= end || memmem(p, (size_t)(end - p), "where", 5) == NULL) /* nearly always */
        return false;
    if (rsl_lexer_init(&lexer, p, (size_t)(ps->end - p), NULL) != RSL_OK)
        return false;
    while (rsl_lexer_next(&lexer, &token) && p + token.start < end) {
        switch (token.kind) {
        case '(':
        case '[':
        case '{': depth++; break;
        case ')':
        case ']':
        case '}': depth -= depth > 0; break;
        case RSL_TOKEN_IDENT:
            if (depth == 0 && token.nbytes == 5 && memcmp(p + token.start, "where", 5) == 0)
                return true;
            break;
        default: break;
        }
    }
    return false;
}

/* Ends the value of a const or static at `end`, where its `;` is missing, and goes on at `next`. */
static void end_without_semi(struct parser *ps, const uint8_t *end, const uint8_t *next)
{
    rsl_add_error(ps, end, 0, RSL_SOURCE_ERROR_EXPECTED_SEMI);
    pop_frame(ps, end);
    ps->p = next;
    if (ps->scratch->nframes > 0 && top_frame(ps)->kind >= FRAME_BLOCK)
        top_frame(ps)->crossing.p = next;
}

/* The top frame, which is crossed, has come to its end at p: a closer or a `;`. */
static void end_crossing(struct parser *ps, const uint8_t *p)
{
    const struct frame *frame = top_frame(ps);
    if (frame->kind == FRAME_BLOCK) {
        pop_frame(ps, p + 1);
        return;
    }
    if (!frame->ends_owner) { /* an array's length: at its `]` */
        ps->p = p;
        if (*p != ']')
            rsl_expected(ps, RSL_SOURCE_ERROR_EXPECTED_LENGTH_END);
        pop_frame(ps, p);
        return;
    }
    /* Values with items in them are not looked at again: nested, that would cost too much. */
    const uint8_t *overrun = frame->nitems == ps->file->nitems
                                 ? rsl_value_overrun(ps, frame->owner, frame->open + 1, p)
                                 : NULL;
    if (overrun != NULL) {
        end_without_semi(ps, before_space(ps, overrun), overrun);
    } else if (*p == ';') {
        pop_frame(ps, p + 1);
    } else {
        if (*p != '}')
            ps->suspect = true;
        end_without_semi(ps, before_space(ps, p), *p == '}' ? p : p + 1);
    }
}

/* A step of a frame that is crossed: to the next item in it, or to its end. */
static void step_crossing(struct parser *ps)
{
    struct frame *frame = top_frame(ps);
    struct rsl_crossing *crossing = &frame->crossing;
    crossing->limit = frame->limit;
    const uint8_t *const from = crossing->p;
    const uint32_t depth = crossing->nbraces + crossing->nbrackets;
    const enum rsl_cross_event event = ps->cross->cross(crossing);
    const uint8_t *p = crossing->p;
    if (frame->kind == FRAME_VALUE && frame->ends_owner &&
        item_at(ps, frame->owner)->kind == RSL_ITEM_CONST && has_late_where(ps, from, p, depth))
        item_at(ps, frame->owner)->flags |= RSL_FLAG_WHERE;
    if (p >= frame->limit && event != RSL_CROSS_ERROR) {
        if (p > frame->limit && event == RSL_CROSS_END && p < ps->bound)
            frame->limit = ps->bound; /* a literal runs across it, which disproves it */
        else
            close_unclosed(ps);
        return;
    }
    switch (event) {
    case RSL_CROSS_CLOSE:
    case RSL_CROSS_STOP: end_crossing(ps, p); return;
    case RSL_CROSS_ERROR:
        ps->suspect = ps->unbalanced = true;
        rsl_add_error(ps, p - crossing->error_nbytes, 1, crossing->error_code);
        if (ps->recovering) {
            /* Go on behind the line on which it began; the rest is worth reading. */
            crossing->p = rsl_scan_line_comment(p - crossing->error_nbytes, ps->end);
            if (++ps->nruns <= MAX_RUNS && crossing->p < ps->end) {
                crossing->at_boundary = true;
                return;
            }
        }
        crossing->p = ps->end;
        close_unclosed(ps);
        return;
    case RSL_CROSS_END: close_unclosed(ps); return;
    case RSL_CROSS_ITEM: break;
    }

    const uint32_t index = ps->scratch->nframes - 1;
    ps->p = p;
    const enum item_outcome outcome = rsl_parse_item(ps, RSL_CTX_BODY, frame->owner);
    crossing = &ps->scratch->frames[index].crossing; /* the stack may have moved */
    switch (outcome) {
    case ITEM_OPENED: break;
    case ITEM_PARSED:
        move_limit(&ps->scratch->frames[index], ps->p);
        crossing->p = ps->p;
        crossing->at_boundary = true;
        break;
    case ITEM_NONE:
        crossing->p = ps->p;
        crossing->boundary = NULL;
        break;
    case ITEM_REJECTED:
        if (ps->status != RSL_OK)
            break;
        crossing->p = rsl_skip_rejected(ps, ps->rejected, ps->scratch->frames[index].limit);
        if (crossing->p <= p)
            crossing->p = p + 1;
        crossing->boundary = NULL;
        break;
    }
}

/* Lets everything that is open run to the end of the source. */
static void give_up(struct parser *ps)
{
    for (uint32_t i = 0; i < ps->scratch->nframes; i++)
        ps->scratch->frames[i].limit = ps->end;
    if (ps->scratch->nframes > 0)
        top_frame(ps)->crossing.p = ps->end;
    ps->p = ps->end;
    ps->nruns = 0; /* there is nothing left to scan */
    ps->failed |= ps->speculative;
}

bool rsl_run_frames(struct parser *ps)
{
    struct rsl_scratch *scratch = ps->scratch;
    const uint32_t base = scratch->nframes - 1;
    while (scratch->nframes > base) {
        if (top_frame(ps)->kind >= FRAME_BLOCK)
            step_crossing(ps);
        else
            step_items(ps);
        if (ps->nruns > MAX_RUNS)
            give_up(ps);
        if (ps->status != RSL_OK || (ps->speculative && ps->failed)) {
            scratch->nframes = base;
            return false;
        }
    }
    return true;
}

static bool run_inner(struct parser *ps, enum frame_kind kind, uint32_t owner,
                      const uint8_t *behind)
{
    if (ps->recursion == MAX_RECURSION) {
        rsl_expected(ps, RSL_SOURCE_ERROR_NESTED_TOO_DEEPLY);
        if (kind == FRAME_BLOCK) {
            const uint8_t *after = rsl_cross_tree(ps, ps->p);
            if (after != NULL) {
                ps->p = after;
                return true;
            }
        }
        ps->p = ps->end;
        return false;
    }
    struct frame *frame = rsl_push_frame(ps, kind, owner, ps->p, behind);
    if (frame == NULL)
        return false;
    frame->ends_owner = false;
    ps->recursion++;
    const bool ran = rsl_run_frames(ps);
    ps->recursion--;
    return ran;
}

bool rsl_run_block(struct parser *ps, uint32_t owner)
{
    return run_inner(ps, FRAME_BLOCK, owner, ps->p + 1);
}

bool rsl_run_value(struct parser *ps, uint32_t owner)
{
    return run_inner(ps, FRAME_VALUE, owner, ps->p);
}
