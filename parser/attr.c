/* Outer attributes and doc comments. */
#include "parser/internal.h"

#include <string.h>

/* Behind `#` at p: the `[`, with *inner_out for `#!`; NULL if it is no attribute. */
static const uint8_t *attr_bracket(struct parser *ps, const uint8_t *p, bool *inner_out)
{
    const uint8_t *q = skip(ps, p + 1);
    *inner_out = *q == '!';
    if (*inner_out)
        q = skip(ps, q + 1);
    return *q == '[' ? q : NULL;
}

const uint8_t *rsl_cross_attr(struct parser *ps, const uint8_t *p)
{
    bool inner;
    const uint8_t *bracket = attr_bracket(ps, p, &inner);
    if (bracket == NULL)
        return p;
    const uint8_t *after = rsl_cross_tree(ps, bracket);
    return after == NULL ? ps->end : after;
}

/* Without trivia at either side. */
static struct rsl_span trimmed(struct parser *ps, const uint8_t *from, const uint8_t *to)
{
    from = rsl_scan_trivia(from, to);
    while (to > from && rsl_is(to[-1], RSL_CC_WHITESPACE))
        to--;
    return span_of(ps, from, to);
}

/* Fills in what the attribute whose text is p..close (inside the brackets) says, if it is one that
 * matters to the module tree: cfg, cfg_attr, path. */
static void read_attr(struct parser *ps, const uint8_t *p, const uint8_t *close,
                      struct rsl_attr *attr)
{
    p = skip(ps, p);
    const uint8_t *after = rsl_scan_ident(p, ps->end);
    size_t n = (size_t)(after - p);
    const uint8_t *behind_name = skip(ps, after);
    if (*behind_name == '=') {
        const uint8_t *value = skip(ps, behind_name + 1);
        if (*value != '"' && value < close && memchr(value, '{', (size_t)(close - value)) != NULL)
            attr->value = span_of(ps, value, close);
    }
    if (*p != 'c' && *p != 'p')
        return;
    if ((n == 3 && memcmp(p, "cfg", 3) == 0) || (n == 8 && memcmp(p, "cfg_attr", 8) == 0)) {
        const uint8_t *open = skip(ps, after);
        if (*open != '(')
            return;
        const uint8_t *behind = rsl_cross_tree(ps, open);
        if (behind == NULL || behind > close)
            return;
        attr->kind = n == 3 ? RSL_ATTR_CFG : RSL_ATTR_CFG_ATTR;
        const uint8_t *last = behind - 1;
        attr->value = trimmed(ps, open + 1, last);
        if (n == 3 && attr->value.end > attr->value.start &&
            ps->src[attr->value.end - 1] == ',') /* a trailing comma is no part of it */
            attr->value = trimmed(ps, open + 1, ps->src + attr->value.end - 1);
        return;
    }
    if (n != 4 || memcmp(p, "path", 4) != 0)
        return;
    p = skip(ps, after);
    if (*p != '=')
        return;
    p = skip(ps, p + 1);
    bool ok;
    if (*p == '"') {
        const uint8_t *behind = rsl_scan_string(p + 1, ps->end, &ok);
        if (ok && behind <= close) {
            attr->kind = RSL_ATTR_PATH;
            attr->value = span_of(ps, p + 1, behind - 1);
        }
    } else if (*p == 'r') {
        unsigned nhashes;
        const uint8_t *behind = rsl_scan_raw_string(p + 1, ps->end, &nhashes, &ok);
        if (ok && behind <= close) {
            attr->kind = RSL_ATTR_PATH;
            attr->value = span_of(ps, p + 2 + nhashes, behind - 1 - nhashes);
        }
    }
}

/* Crosses an attribute's value that holds a block, for the items in it. If its brackets do not
 * match it may not end where the attribute does; then nothing of it is kept. */
static void cross_value(struct parser *ps, struct rsl_span value, uint32_t owner)
{
    const uint8_t *p = ps->p, *last = ps->last, *bound = ps->bound;
    const uint8_t *const close = ps->src + value.end;
    struct rsl_file *file = ps->file;
    const uint32_t nitems = file->nitems, nattrs = file->nattrs;
    const uint32_t nuse_prefixes = file->nuse_prefixes, nerrors = file->nerrors;
    ps->p = ps->src + value.start;
    ps->bound = close + 1;
    rsl_run_value(ps, owner);
    if (ps->p != close) {
        ps->suspect = true;
        file->nitems = nitems;
        file->nattrs = nattrs;
        file->nuse_prefixes = nuse_prefixes;
        file->nerrors = nerrors;
    }
    ps->p = p;
    ps->last = last;
    ps->bound = bound;
}

void rsl_cross_attr_values(struct parser *ps, const struct head *head, uint32_t owner)
{
    for (uint32_t i = head->first_attr; i < head->first_attr + head->nattrs; i++) {
        const struct rsl_attr *attr = &ps->file->attrs[i];
        if (attr->kind == RSL_ATTR_OTHER && attr->value.end > 0)
            cross_value(ps, attr->value, owner);
    }
}

const uint8_t *rsl_parse_attrs(struct parser *ps, const uint8_t *p, struct head *head)
{
    const uint8_t *first = NULL;
    for (; *p == '#' || *p == '/'; p = rsl_scan_trivia(p, ps->end)) {
        /* Filled in where it will stay, and field by field: a copy would wait for the fields. */
        struct rsl_attr *attr = next_attr(ps);
        if (attr == NULL)
            break;
        const uint8_t *const from = p;
        const uint8_t *to;
        bool inner = false;
        attr->value.start = attr->value.end = 0;
        if (*p == '#') {
            const uint8_t *bracket = p[1] == '[' ? p + 1 : attr_bracket(ps, p, &inner);
            if (bracket == NULL)
                break;
            attr->kind = RSL_ATTR_OTHER;
            bool any_brace = false;
            to = ps->cross->short_tree(bracket, &any_brace);
            if (to == NULL) {
                to = rsl_cross_tree(ps, bracket);
                if (to == NULL) {
                    p = ps->recovering && ps->nruns <= MAX_RUNS
                            ? rsl_next_item_line(ps, from, ps->end)
                            : ps->end;
                    continue;
                }
                read_attr(ps, bracket + 1, to - 1, attr);
            } else if (any_brace || bracket[1] == 'c' || bracket[1] == 'p' ||
                       !rsl_is(bracket[1], RSL_CC_IDENT_START)) {
                /* Without braces its value holds no block, and few others matter. */
                read_attr(ps, bracket + 1, to - 1, attr);
            }
            p = to;
            if (__builtin_expect(attr->kind == RSL_ATTR_OTHER && attr->value.end > 0, 0)) {
                if (inner)
                    cross_value(ps, attr->value, head->owner);
                else
                    head->attr_blocks = true;
            }
        } else if (p[1] == '/') {
            inner = p[2] == '!';
            attr->kind = RSL_ATTR_DOC;
            p = to = ps->cross->line_end(p + 2, ps->end);
            to -= to[-1] == '\r'; /* the CR belongs to the line's end */
        } else if (p[1] == '*') {
            bool terminated;
            inner = p[2] == '!';
            attr->kind = RSL_ATTR_DOC;
            p = to = rsl_scan_block_comment(p + 2, ps->end, &terminated);
            if (!terminated)
                ps->suspect = true;
        } else {
            break;
        }
        if (inner)
            continue;
        attr->span = span_of(ps, from, to);
        ps->file->nattrs++;
        head->nattrs++;
        if (first == NULL)
            first = from;
    }
    ps->nruns += p >= ps->end;
    head->head = offset_of(ps, p);
    head->start = first == NULL ? head->head : offset_of(ps, first);
    return p;
}
