/* Macro definitions and calls in item position. */
#include "parser/internal.h"

/* The delimited body of a macro at ps->p, which ends the item unless a `;` must follow. */
static enum item_outcome parse_macro_body(struct parser *ps, uint32_t index, bool reads_items)
{
    const uint8_t *open = ps->p;
    if (*open != '(' && *open != '[' && *open != '{') {
        rsl_expected(ps, RSL_SOURCE_ERROR_EXPECTED_DELIMITER);
        return ITEM_REJECTED;
    }
    item_at(ps, index)->body = offset_of(ps, open);
    item_at(ps, index)->sig_end = offset_of(ps, ps->last);
    const uint8_t *after = rsl_cross_tree(ps, open);
    if (after == NULL) {
        rsl_add_error(ps, open, 1, RSL_SOURCE_ERROR_UNCLOSED_DELIMITER);
        ps->p = open + 1;
        return ITEM_REJECTED;
    }
    ps->last = after;
    ps->p = skip(ps, after);
    const enum item_outcome outcome =
        *open == '{' ? rsl_finish_item(ps, index) : rsl_finish_item_at_semi(ps, index);
    if (outcome == ITEM_PARSED && reads_items)
        rsl_parse_macro_items(ps, index, open, after - 1);
    return outcome;
}

enum item_outcome rsl_parse_macro_rules(struct parser *ps, uint32_t index)
{
    if (!rsl_parse_item_name(ps, index))
        return ITEM_REJECTED;
    item_at(ps, index)->vis = RSL_VIS_NONE;
    return parse_macro_body(ps, index, false);
}

/* macro name { .. }  macro name(..) { .. } */
enum item_outcome rsl_parse_macro(struct parser *ps, uint32_t index)
{
    if (!rsl_parse_item_name(ps, index))
        return ITEM_REJECTED;
    if (*ps->p == '(') {
        const uint8_t *after = rsl_cross_tree(ps, ps->p);
        if (after == NULL)
            return ITEM_REJECTED;
        ps->last = after;
        ps->p = skip(ps, after);
    }
    if (*ps->p != '{') {
        rsl_expected(ps, RSL_SOURCE_ERROR_EXPECTED_BRACE);
        return ITEM_REJECTED;
    }
    return parse_macro_body(ps, index, false);
}

bool rsl_is_path_segment(const uint8_t *p, const uint8_t *after)
{
    if (after > p && !rsl_may_be_keyword(p, (size_t)(after - p)))
        return true;
    const enum rsl_keyword keyword = rsl_keyword_find(p, (size_t)(after - p));
    switch (keyword) {
    case RSL_KEYWORD_CRATE:
    case RSL_KEYWORD_SELF_LOWER:
    case RSL_KEYWORD_SELF_UPPER:
    case RSL_KEYWORD_SUPER: return true;
    default: return rsl_keyword_class(keyword) != RSL_KEYWORD_CLASS_STRICT;
    }
}

const uint8_t *rsl_cross_path(struct parser *ps, const uint8_t *p)
{
    const uint8_t *q = p;
    if (q[0] == ':' && q[1] == ':')
        q = skip(ps, q + 2);
    for (;;) {
        const uint8_t *segment = *q == '$' ? q + 1 : q;
        const uint8_t *after = scan_name(ps, segment);
        if (after == segment || !rsl_is_path_segment(segment, after))
            return p;
        const uint8_t *next = skip(ps, after);
        if (next[0] != ':' || next[1] != ':')
            return after;
        q = skip(ps, next + 2);
    }
}

/* path! {..}  path! name {..} */
enum item_outcome rsl_parse_macro_call(struct parser *ps, struct head *head,
                                       const uint8_t *path_end)
{
    const uint8_t *path = ps->p;
    ps->last = path_end;
    ps->p = skip(ps, path_end) + 1;
    ps->last = ps->p;
    ps->p = skip(ps, ps->p);
    head->vis = RSL_VIS_NONE;
    uint32_t index = rsl_add_item(ps, RSL_ITEM_MACRO_CALL, head);
    if (index == RSL_NONE)
        return ITEM_REJECTED;
    parse_attr_values(ps, head, index);
    item_at(ps, index)->path = span_of(ps, path, path_end);
    if (rsl_scan_ident(ps->p, ps->end) > ps->p && !rsl_parse_item_name(ps, index))
        return ITEM_REJECTED;
    return parse_macro_body(ps, index, true);
}
