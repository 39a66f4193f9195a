/* Visibility, and the members that are no items: fields and variants. */
#include "parser/internal.h"

const uint8_t *rsl_parse_restriction(struct parser *ps, const uint8_t *p, uint8_t *vis_out,
                                     struct rsl_span *path_out)
{
    if (*p != '(')
        return p;
    const uint8_t *q = skip(ps, p + 1);
    const uint8_t *after;
    uint8_t vis;
    switch (keyword_at(ps, q, &after)) {
    case RSL_KEYWORD_CRATE: vis = RSL_VIS_CRATE; break;
    case RSL_KEYWORD_SELF_LOWER: vis = RSL_VIS_SELF; break;
    case RSL_KEYWORD_SUPER: vis = RSL_VIS_SUPER; break;
    case RSL_KEYWORD_IN: {
        const uint8_t *path = skip(ps, after);
        const uint8_t *last = path;
        for (q = path; *q != ')'; q = skip(ps, q)) {
            after = rsl_scan_ident(q, ps->end);
            if (after == q && !(q[0] == ':' && q[1] == ':'))
                return p;
            q = last = after > q ? after : q + 2;
            if (*q == '#') /* r#name */
                q++;
        }
        *vis_out = RSL_VIS_IN;
        *path_out = span_of(ps, path, last);
        return q + 1;
    }
    default: return p;
    }
    q = skip(ps, after);
    if (*q != ')') /* a tuple field's type: pub (crate::A, B) */
        return p;
    *vis_out = vis;
    return q + 1;
}

const uint8_t *rsl_parse_visibility(struct parser *ps, const uint8_t *p, struct head *head)
{
    const uint8_t *after;
    if (!at_word(ps, p, "pub", &after))
        return p;
    head->vis = RSL_VIS_PUB;
    ps->last = after;
    p = skip(ps, after);
    if (*p != '(')
        return p;
    after = rsl_parse_restriction(ps, p, &head->vis, &head->vis_path);
    if (after == p)
        return p;
    ps->last = after;
    return skip(ps, after);
}

/* What stands before a field: attributes and visibility, and the nightly restriction mut(path). */
static void parse_field_head(struct parser *ps, struct head *head, uint32_t owner)
{
    const uint8_t *after;
    *head = (struct head){.owner = owner, .context = RSL_CTX_NONE};
    ps->p = parse_visibility(ps, parse_attrs(ps, ps->p, head), head);
    if (*ps->p == 'm' && at_word(ps, ps->p, "mut", &after)) {
        uint8_t vis;
        struct rsl_span path;
        const uint8_t *open = skip(ps, after);
        const uint8_t *behind = rsl_parse_restriction(ps, open, &vis, &path);
        if (behind > open)
            ps->p = skip(ps, behind);
    }
}

/* `= value` behind a field's type. */
static void parse_field_default(struct parser *ps, uint32_t field)
{
    if (*ps->p != '=')
        return;
    if (ps->speculative) /* more likely a syntax of the macro's own */
        ps->failed = true;
    item_at(ps, field)->flags |= RSL_FLAG_DEFAULT;
    ps->p = skip(ps, ps->p + 1);
    rsl_cross_expression(ps, field);
}

static void finish_member(struct parser *ps, uint32_t index)
{
    struct rsl_item *item = item_at(ps, index);
    item->end = offset_of(ps, ps->last);
    if (item->sig_end == 0)
        item->sig_end = item->end;
    if (item->parent != RSL_NONE)
        item_at(ps, item->parent)->nmembers++;
}

/* Behind the comma of a list, at its next member or closer. False, and reported, at neither. */
static bool next_member(struct parser *ps, uint8_t closer)
{
    if (*ps->p == ',') {
        ps->p = rsl_scan_trivia(ps->p + 1, ps->end);
        return true;
    }
    if (*ps->p == closer)
        return true;
    rsl_expected(ps, closer == ')' ? RSL_SOURCE_ERROR_EXPECTED_COMMA_PAREN
                                   : RSL_SOURCE_ERROR_EXPECTED_COMMA_BRACE);
    return false;
}

/* Whether attributes stand before the closer, with nothing to belong to: reported, as rustc does,
 * and passed over. */
static bool dangles(struct parser *ps, const struct head *head, uint8_t closer)
{
    if (head->nattrs == 0 || *ps->p != closer)
        return false;
    const struct rsl_span span = ps->file->attrs[head->first_attr + head->nattrs - 1].span;
    rsl_add_error(ps, ps->src + span.start, span.end - span.start, RSL_SOURCE_ERROR_DANGLING_ATTR);
    return true;
}

static bool at_closer(struct parser *ps, uint8_t closer)
{
    ps->p = rsl_scan_trivia(ps->p, ps->end);
    return *ps->p == closer;
}

bool rsl_parse_named_fields(struct parser *ps, uint32_t owner)
{
    item_at(ps, owner)->body = offset_of(ps, ps->p);
    item_at(ps, owner)->shape = RSL_SHAPE_NAMED;
    ps->p = ps->p + 1;
    while (!at_closer(ps, '}')) {
        struct head head;
        const uint8_t *after;
        parse_field_head(ps, &head, owner);
        if (dangles(ps, &head, '}'))
            break;
        bool is_unsafe = at_word(ps, ps->p, "unsafe", &after);
        if (is_unsafe)
            ps->p = skip(ps, after);
        struct rsl_span name;
        if (!rsl_parse_name(ps, &name))
            return false;
        uint32_t field = rsl_add_item(ps, RSL_ITEM_FIELD, &head);
        if (field == RSL_NONE)
            return false;
        parse_attr_values(ps, &head, field);
        item_at(ps, field)->name = name;
        if (is_unsafe)
            item_at(ps, field)->flags |= RSL_FLAG_UNSAFE;
        if (*ps->p != ':') {
            rsl_expected(ps, RSL_SOURCE_ERROR_EXPECTED_COLON);
            return false;
        }
        ps->p = skip(ps, ps->p + 1);
        const uint8_t *type = ps->p;
        rsl_cross_header(ps, STOP_COMMA | STOP_EQ, field);
        if (ps->p == type) {
            rsl_expected(ps, RSL_SOURCE_ERROR_EXPECTED_TYPE);
            return false;
        }
        item_at(ps, field)->type = span_of(ps, type, ps->last);
        item_at(ps, field)->sig_end = offset_of(ps, ps->last);
        parse_field_default(ps, field);
        finish_member(ps, field);
        if (!next_member(ps, '}'))
            return false;
    }
    ps->last = ps->p + 1;
    ps->p = skip(ps, ps->last);
    return true;
}

/* Tuple fields have no names and so no records; they are counted, and what stands in their types
 * belongs to the owner. */
bool rsl_parse_tuple_fields(struct parser *ps, uint32_t owner)
{
    item_at(ps, owner)->shape = RSL_SHAPE_TUPLE;
    ps->p = ps->p + 1;
    while (!at_closer(ps, ')')) {
        struct head head;
        const uint32_t nattrs = ps->file->nattrs;
        parse_field_head(ps, &head, owner);
        if (dangles(ps, &head, ')'))
            break;
        ps->file->nattrs = nattrs;
        const uint8_t *type = ps->p;
        rsl_cross_header(ps, STOP_COMMA | STOP_EQ, owner);
        if (ps->p == type) {
            rsl_expected(ps, RSL_SOURCE_ERROR_EXPECTED_TYPE);
            return false;
        }
        if (*ps->p == '=') {
            ps->p = skip(ps, ps->p + 1);
            rsl_cross_expression(ps, owner);
        }
        item_at(ps, owner)->nmembers++;
        if (!next_member(ps, ')'))
            return false;
    }
    ps->last = ps->p + 1;
    ps->p = skip(ps, ps->last);
    return true;
}

bool rsl_parse_variants(struct parser *ps, uint32_t owner)
{
    item_at(ps, owner)->body = offset_of(ps, ps->p);
    ps->p = ps->p + 1;
    while (!at_closer(ps, '}')) {
        struct head head = {.owner = owner, .context = RSL_CTX_NONE};
        struct rsl_span name;
        ps->p = parse_visibility(ps, parse_attrs(ps, ps->p, &head), &head);
        if (dangles(ps, &head, '}'))
            break;
        head.vis = RSL_VIS_NONE;
        if (!rsl_parse_name(ps, &name))
            return false;
        uint32_t variant = rsl_add_item(ps, RSL_ITEM_VARIANT, &head);
        if (variant == RSL_NONE)
            return false;
        parse_attr_values(ps, &head, variant);
        item_at(ps, variant)->name = name;
        item_at(ps, variant)->shape = RSL_SHAPE_UNIT;
        if (*ps->p == '{')
            item_at(ps, variant)->sig_end = name.end;
        if (*ps->p == '{' ? !rsl_parse_named_fields(ps, variant)
                          : *ps->p == '(' && !rsl_parse_tuple_fields(ps, variant))
            return false;
        if (*ps->p == '=' && ps->p[1] != '>') {
            item_at(ps, variant)->flags |= RSL_FLAG_DISCRIMINANT;
            if (item_at(ps, variant)->sig_end == 0)
                item_at(ps, variant)->sig_end = offset_of(ps, ps->last);
            ps->p = skip(ps, ps->p + 1);
            const uint8_t *value = ps->p;
            rsl_cross_expression(ps, variant);
            if (ps->p == value) {
                rsl_expected(ps, RSL_SOURCE_ERROR_EXPECTED_EXPRESSION);
                return false;
            }
            item_at(ps, variant)->type = span_of(ps, value, ps->last);
        }
        finish_member(ps, variant);
        if (!next_member(ps, '}'))
            return false;
    }
    ps->last = ps->p + 1;
    ps->p = skip(ps, ps->last);
    return true;
}
