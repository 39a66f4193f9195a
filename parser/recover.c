/* Going on behind errors. When braces do not balance, the file is parsed once more, and a body ends
 * at the latest where a line that is not indented deeper than its owner begins with an item: such
 * a line shows that a closing brace is missing. */
#include "parser/internal.h"

#include "lexer/count.h"
#include "lexer/lexer.h"

/* Whether an item, or the attribute or doc comment of one, seems to begin at p, the first on its
 * line. Only the first word is looked at, because what follows may run to the end of the file. */
static bool begins_item(const struct parser *ps, const uint8_t *p)
{
    const uint8_t *after;
    if (*p == '#')
        return p[1] == '[';
    if (*p == '/')
        return (p[1] == '/' || p[1] == '*') && rsl_is_outer_doc(p);
    if (!rsl_is(*p, RSL_CC_IDENT_START))
        return false;
    switch (keyword_at(ps, p, &after)) {
    case RSL_KEYWORD_ASYNC:
    case RSL_KEYWORD_CONST:
    case RSL_KEYWORD_ENUM:
    case RSL_KEYWORD_EXTERN:
    case RSL_KEYWORD_FN:
    case RSL_KEYWORD_IMPL:
    case RSL_KEYWORD_MACRO:
    case RSL_KEYWORD_MACRO_RULES:
    case RSL_KEYWORD_MOD:
    case RSL_KEYWORD_PUB:
    case RSL_KEYWORD_STATIC:
    case RSL_KEYWORD_STRUCT:
    case RSL_KEYWORD_TRAIT:
    case RSL_KEYWORD_TYPE:
    case RSL_KEYWORD_UNSAFE:
    case RSL_KEYWORD_USE: return true;
    default: return false;
    }
}

void rsl_find_item_lines(struct parser *ps)
{
    struct rsl_scratch *scratch = ps->scratch;
    if (ps->has_lines)
        return;
    ps->has_lines = true;
    scratch->nitem_lines = 0;
    const uint8_t *line = ps->src + ps->file->prefix_nbytes;
    while (line < ps->end) {
        const uint8_t *p = line;
        while (*p == ' ' || *p == '\t')
            p++;
        if (begins_item(ps, p)) {
            if (scratch->nitem_lines == scratch->item_lines_capacity) {
                void *grown = rsl_grow(ps, scratch->item_lines, &scratch->item_lines_capacity,
                                       sizeof *scratch->item_lines);
                if (grown == NULL)
                    return;
                scratch->item_lines = grown;
            }
            scratch->item_lines[scratch->nitem_lines++] =
                (struct item_line){.off = offset_of(ps, p), .column = (uint32_t)(p - line)};
        }
        line = rsl_scan_line_comment(p, ps->end) + 1;
    }
    /* From the back, each jump over deeper lines is made once: linear. */
    for (uint32_t i = scratch->nitem_lines; i-- > 0;) {
        uint32_t next = i + 1;
        while (next < scratch->nitem_lines &&
               scratch->item_lines[next].column > scratch->item_lines[i].column)
            next = scratch->item_lines[next].next_not_deeper;
        scratch->item_lines[i].next_not_deeper = next;
        while (next < scratch->nitem_lines &&
               scratch->item_lines[next].column == scratch->item_lines[i].column)
            next = scratch->item_lines[next].next_shallower;
        scratch->item_lines[i].next_shallower = next;
    }
}

/* The index of the first line whose keyword is at `off` or behind, or nitem_lines. */
static uint32_t first_line_from(const struct rsl_scratch *scratch, uint32_t off)
{
    uint32_t low = 0, high = scratch->nitem_lines;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (scratch->item_lines[middle].off < off)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The index of the line that begins with the byte at `off`, or nitem_lines. */
static uint32_t line_at(const struct rsl_scratch *scratch, uint32_t off)
{
    const uint32_t line = first_line_from(scratch, off);
    return line < scratch->nitem_lines && scratch->item_lines[line].off == off
               ? line
               : scratch->nitem_lines;
}

const uint8_t *rsl_recovery_limit(struct parser *ps, uint32_t owner, const uint8_t *open,
                                  const uint8_t *limit)
{
    const struct rsl_scratch *scratch = ps->scratch;
    const struct rsl_item *item = item_at(ps, owner);
    uint32_t line = line_at(scratch, item->head);
    if (line == scratch->nitem_lines)
        line = line_at(scratch, item->start);
    if (line == scratch->nitem_lines)
        return limit;
    do
        line = scratch->item_lines[line].next_not_deeper;
    while (line < scratch->nitem_lines && scratch->item_lines[line].off <= offset_of(ps, open));
    if (line == scratch->nitem_lines)
        return limit;
    const uint8_t *at = ps->src + scratch->item_lines[line].off;
    return at < limit ? at : limit;
}

/* How far the line of `p` is indented. Asked for places of one line again and again, it looks only
 * at the bytes between them. */
static uint32_t indentation_of(struct parser *ps, const uint8_t *p)
{
    const uint8_t *const seen = ps->indented;
    if (seen == NULL || rsl_count_newlines(p < seen ? p : seen, p < seen ? seen : p) > 0) {
        const uint8_t *const line = rsl_line_start(ps->src, p);
        const uint8_t *text = line;
        while (*text == ' ' || *text == '\t')
            text++;
        ps->indentation = (uint32_t)(text - line);
    }
    ps->indented = p;
    return ps->indentation;
}

const uint8_t *rsl_next_item_line(struct parser *ps, const uint8_t *head, const uint8_t *limit)
{
    const struct rsl_scratch *scratch = ps->scratch;
    rsl_find_item_lines(ps);
    const uint32_t column = indentation_of(ps, head);
    uint32_t line = first_line_from(scratch, offset_of(ps, head) + 1);
    for (unsigned n = 0; line < scratch->nitem_lines; n++) {
        const struct item_line *at = &scratch->item_lines[line];
        if (n > MAX_DEDENTS || ps->src + at->off >= limit)
            break;
        if (at->column <= column)
            return ps->src + at->off;
        line = at->next_shallower;
    }
    return limit;
}

/* Whether an expression can end with the byte c. */
static bool ends_operand(uint8_t c)
{
    return rsl_is(c, RSL_CC_IDENT_CONTINUE) || c == ')' || c == ']' || c == '}' || c == '"' ||
           c == '\'';
}

/* Whether an item, and no expression or type, begins at p. */
static bool begins_item_for_sure(struct parser *ps, const uint8_t *p)
{
    const uint8_t *after;
    switch (keyword_at(ps, p, &after)) {
    case RSL_KEYWORD_ENUM:
    case RSL_KEYWORD_MOD:
    case RSL_KEYWORD_PUB:
    case RSL_KEYWORD_STRUCT:
    case RSL_KEYWORD_TRAIT:
    case RSL_KEYWORD_TYPE: return true;
    case RSL_KEYWORD_CONST:
    case RSL_KEYWORD_STATIC:
    case RSL_KEYWORD_USE: return rsl_item_starts(p, ps->end);
    case RSL_KEYWORD_FN: /* else a type: fn() */
        after = skip(ps, after);
        return rsl_scan_ident(after, ps->end) > after;
    default: return false;
    }
}

const uint8_t *rsl_value_overrun(struct parser *ps, uint32_t owner, const uint8_t *from,
                                 const uint8_t *to)
{
    const uint8_t *const head = ps->src + item_at(ps, owner)->head;
    const uint8_t *line = from;
    while ((line = rsl_scan_line_comment(line, to) + 1) < to) {
        const uint8_t *p = line;
        while (*p == ' ' || *p == '\t')
            p++;
        if (rsl_is(*p, RSL_CC_IDENT_START) && begins_item_for_sure(ps, p) &&
            p - line <= head - rsl_line_start(ps->src, head))
            break;
    }
    if (line >= to)
        return NULL;
    /* Such lines stand in strings too; what matters is a token outside all delimiters, behind one
     * that can end an expression. */
    struct rsl_lexer lexer;
    struct rsl_token token;
    uint32_t depth = 0;
    const uint8_t *last = from;
    if (rsl_lexer_init(&lexer, from, (size_t)(ps->end - from), NULL) != RSL_OK)
        return NULL;
    while (rsl_lexer_next(&lexer, &token) && from + token.start < to) {
        const uint8_t *const p = from + token.start;
        switch (token.kind) {
        case RSL_TOKEN_LINE_COMMENT:
        case RSL_TOKEN_BLOCK_COMMENT:
        case RSL_TOKEN_WHITESPACE: continue;
        case '(':
        case '[':
        case '{': depth++; break;
        case ')':
        case ']':
        case '}': depth -= depth > 0; break;
        case RSL_TOKEN_IDENT:
            if (depth == 0 && p >= line && ends_operand(last[-1]) &&
                rsl_count_newlines(last, p) > 0 && begins_item_for_sure(ps, p))
                return p;
            break;
        default: break;
        }
        last = p + token.nbytes;
    }
    return NULL;
}

/* Whether an item, attribute, doc comment or macro call seems to begin at p. */
static bool may_go_on(struct parser *ps, const uint8_t *p)
{
    const uint8_t *after = rsl_scan_ident(p, ps->end);
    return *p == '#' || *p == '/' || begins_item(ps, p) ||
           (after > p && (rsl_item_starts(p, ps->end) || *skip(ps, after) == '!'));
}

const uint8_t *rsl_skip_rejected(struct parser *ps, const uint8_t *head, const uint8_t *limit)
{
    const uint8_t *const stop = rsl_next_item_line(ps, head, limit);
    const uint8_t *p = head;
    while ((p = skip(ps, p)) < stop) {
        const uint8_t *after;
        bool ok;
        switch (*p) {
        case ';':
            after = rsl_scan_trivia(p + 1, ps->end);
            if (after >= stop || *after == '}' || may_go_on(ps, after))
                return p + 1;
            p++; /* a `;` amid the garbage */
            continue;
        case '}': return p;
        case '{':
            after = rsl_cross_tree(ps, p);
            if (after == NULL || after > stop) /* not closed before the next item */
                return stop;
            p = skip(ps, after);
            return *p == ';' ? p + 1 : after;
        case '(':
        case '[':
            after = rsl_cross_tree(ps, p);
            if (after == NULL || after > stop)
                return stop;
            p = after;
            continue;
        case '"': p = rsl_scan_string(p + 1, ps->end, &ok); continue;
        case '\'': p = rsl_scan_quote(p + 1, ps->end); continue;
        default:
            after = rsl_scan_ident(p, ps->end);
            if (after > p) {
                p = after;
                continue;
            }
            break;
        }
        p++;
    }
    ps->nruns += p >= ps->end;
    return stop;
}
