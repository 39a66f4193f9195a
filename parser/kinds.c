/* What follows the keyword of each kind of item, macros apart. */
#include "parser/internal.h"

bool rsl_parse_item_name(struct parser *ps, uint32_t index)
{
    struct rsl_span name;
    if (!rsl_parse_name(ps, &name))
        return false;
    item_at(ps, index)->name = name;
    return true;
}

static bool parse_name_and_generics(struct parser *ps, uint32_t index)
{
    if (!rsl_parse_item_name(ps, index))
        return false;
    return parse_generics(ps, index);
}

enum item_outcome rsl_finish_item(struct parser *ps, uint32_t index)
{
    struct rsl_item *item = item_at(ps, index);
    item->end = offset_of(ps, ps->last);
    if (item->sig_end == 0)
        item->sig_end = item->end;
    ps->p = ps->last; /* not behind doc comments: those are the next item's */
    return ITEM_PARSED;
}

enum item_outcome rsl_finish_item_at_semi(struct parser *ps, uint32_t index)
{
    if (*ps->p != ';') {
        rsl_add_error(ps, ps->last, 0, RSL_SOURCE_ERROR_EXPECTED_SEMI);
        return ITEM_REJECTED;
    }
    if (item_at(ps, index)->sig_end == 0)
        item_at(ps, index)->sig_end = offset_of(ps, ps->last);
    ps->last = ps->p + 1;
    return rsl_finish_item(ps, index);
}

/* Behind the block whose `{` is at ps->p, if it is seen at once that nothing stands in it; else
 * NULL. */
static const uint8_t *block_at_sight(const struct parser *ps, enum frame_kind kind)
{
    const uint8_t *behind = NULL;
    if (ps->p[1] == '}')
        behind = ps->p + 2;
    else if (kind == FRAME_BLOCK && ps->cross->short_block != NULL)
        behind = ps->cross->short_block(ps->p, ps->end);
    return behind == NULL || ps->recovering || behind > ps->bound ||
                   behind > ps->scratch->frames[ps->scratch->nframes - 1].limit
               ? NULL
               : behind;
}

/* Pushes the frame of the block whose `{` is at ps->p. */
static enum item_outcome open_block(struct parser *ps, uint32_t index, enum frame_kind kind)
{
    struct rsl_item *item = item_at(ps, index);
    item->body = offset_of(ps, ps->p);
    item->sig_end = offset_of(ps, ps->last);
    const uint8_t *const behind = block_at_sight(ps, kind);
    if (behind != NULL) {
        item->end = offset_of(ps, behind);
        ps->p = ps->last = behind;
        return ITEM_PARSED;
    }
    if (rsl_push_frame(ps, kind, index, ps->p, ps->p + 1) == NULL)
        return ITEM_REJECTED;
    ps->p++;
    return ITEM_OPENED;
}

/* Whether "where" stands anywhere in p..end. */
static bool holds_where(const uint8_t *p, const uint8_t *end)
{
    for (; end - p >= 5; p++) {
        if (*p == 'w' && memcmp(p, "where", 5) == 0)
            return true;
    }
    return false;
}

/* Pushes the frame of the value behind the `=` at ps->p; it ends the item at its `;`. */
static enum item_outcome open_value(struct parser *ps, uint32_t index)
{
    struct rsl_item *item = item_at(ps, index);
    item->sig_end = offset_of(ps, ps->last);
    item->flags |= RSL_FLAG_BODY;
    if (!ps->recovering) {
        const uint8_t *semi = ps->cross->short_value(ps->p + 1);
        if (semi != NULL && semi < ps->bound &&
            (item->kind != RSL_ITEM_CONST || !holds_where(ps->p + 1, semi))) {
            ps->last = semi + 1;
            return rsl_finish_item(ps, index);
        }
    }
    if (rsl_push_frame(ps, FRAME_VALUE, index, ps->p, ps->p + 1) == NULL)
        return ITEM_REJECTED;
    ps->p++;
    return ITEM_OPENED;
}

static enum item_outcome parse_fn(struct parser *ps, uint32_t index)
{
    if (!parse_name_and_generics(ps, index))
        return ITEM_REJECTED;
    if (!rsl_parse_params(ps, index))
        return ITEM_REJECTED;
    if (ps->p[0] == '-' && ps->p[1] == '>') {
        ps->p = skip(ps, ps->p + 2);
        const uint8_t *type = ps->p;
        if (*type == '#' && ps->speculative)
            ps->failed = true;
        rsl_cross_header(ps, STOP_SEMI | STOP_BRACE | STOP_WHERE | STOP_EQ, index);
        if (ps->p == type) {
            rsl_expected(ps, RSL_SOURCE_ERROR_EXPECTED_TYPE);
            return ITEM_REJECTED;
        }
        item_at(ps, index)->type = span_of(ps, type, ps->last);
    }
    const uint8_t *after;
    while (at_word(ps, ps->p, "contract_requires", &after) ||
           at_word(ps, ps->p, "contract_ensures", &after)) {
        ps->p = skip(ps, after);
        if (*ps->p != '{' || !rsl_run_block(ps, index))
            break;
        ps->last = ps->p;
        ps->p = skip(ps, ps->p);
    }
    parse_where(ps, STOP_SEMI | STOP_BRACE, index);
    if (*ps->p == '{') {
        item_at(ps, index)->flags |= RSL_FLAG_BODY;
        return open_block(ps, index, FRAME_BLOCK);
    }
    if (*ps->p != ';') {
        rsl_expected(ps, RSL_SOURCE_ERROR_EXPECTED_FN_BODY);
        return ITEM_REJECTED;
    }
    return rsl_finish_item_at_semi(ps, index);
}

/* const NAME: type = value;  static mut NAME: type = value;  type const NAME: type = value; */
static enum item_outcome parse_value_item(struct parser *ps, uint32_t index)
{
    const uint8_t *after;
    if (item_at(ps, index)->kind == RSL_ITEM_STATIC && at_word(ps, ps->p, "mut", &after)) {
        item_at(ps, index)->flags |= RSL_FLAG_MUT;
        ps->p = skip(ps, after);
    }
    struct rsl_span name;
    if (at_word(ps, ps->p, "_", &after)) {
        name = span_of(ps, ps->p, after);
        ps->last = after;
        ps->p = skip(ps, after);
    } else if (!rsl_parse_name(ps, &name)) {
        return ITEM_REJECTED;
    }
    item_at(ps, index)->name = name;
    if (!parse_generics(ps, index))
        return ITEM_REJECTED;
    if (*ps->p == ':' && ps->p[1] != ':') {
        ps->p = skip(ps, ps->p + 1);
        const uint8_t *type = ps->p;
        rsl_cross_header(ps, STOP_SEMI | STOP_EQ | STOP_WHERE, index);
        if (ps->p > type)
            item_at(ps, index)->type = span_of(ps, type, ps->last);
    }
    if (item_at(ps, index)->type.end == 0) { /* reported, and kept: rustc goes on too */
        const bool is_const = item_at(ps, index)->kind == RSL_ITEM_CONST;
        if (!ps->speculative)
            rsl_add_error(ps, ps->last, 0,
                          is_const ? RSL_SOURCE_ERROR_MISSING_CONST_TYPE
                                   : RSL_SOURCE_ERROR_MISSING_STATIC_TYPE);
        else if (is_const || *ps->p != '=') /* statics of macros do without */
            ps->failed = true;
    }
    parse_where(ps, STOP_SEMI | STOP_EQ, index);
    if (*ps->p == '=')
        return open_value(ps, index);
    return rsl_finish_item_at_semi(ps, index);
}

static enum item_outcome parse_type(struct parser *ps, uint32_t index)
{
    if (!parse_name_and_generics(ps, index))
        return ITEM_REJECTED;
    if (*ps->p == ':') {
        ps->p = skip(ps, ps->p + 1);
        rsl_cross_header(ps, STOP_SEMI | STOP_EQ | STOP_WHERE, index);
    }
    parse_where(ps, STOP_SEMI | STOP_EQ, index);
    if (*ps->p == '=') {
        item_at(ps, index)->flags |= RSL_FLAG_BODY;
        item_at(ps, index)->sig_end = offset_of(ps, ps->last);
        ps->p = skip(ps, ps->p + 1);
        const uint8_t *type = ps->p;
        rsl_cross_header(ps, STOP_SEMI | STOP_WHERE, index);
        if (ps->p == type) {
            rsl_expected(ps, RSL_SOURCE_ERROR_EXPECTED_TYPE);
            return ITEM_REJECTED;
        }
        item_at(ps, index)->type = span_of(ps, type, ps->last);
        parse_where(ps, STOP_SEMI, index);
    }
    return rsl_finish_item_at_semi(ps, index);
}

static enum item_outcome parse_struct(struct parser *ps, uint32_t index)
{
    if (!parse_name_and_generics(ps, index))
        return ITEM_REJECTED;
    parse_where(ps, STOP_SEMI | STOP_BRACE, index);
    const bool is_union = item_at(ps, index)->kind == RSL_ITEM_UNION;
    if (*ps->p == '{') {
        item_at(ps, index)->sig_end = offset_of(ps, ps->last);
        return rsl_parse_named_fields(ps, index) ? rsl_finish_item(ps, index) : ITEM_REJECTED;
    }
    if (*ps->p == '(' && !is_union) {
        if (!rsl_parse_tuple_fields(ps, index))
            return ITEM_REJECTED;
        parse_where(ps, STOP_SEMI | STOP_BRACE, index);
        return rsl_finish_item_at_semi(ps, index);
    }
    if (*ps->p == ';' && !is_union) {
        item_at(ps, index)->shape = RSL_SHAPE_UNIT;
        return rsl_finish_item_at_semi(ps, index);
    }
    rsl_expected(ps, RSL_SOURCE_ERROR_EXPECTED_STRUCT_BODY);
    return ITEM_REJECTED;
}

static enum item_outcome parse_enum(struct parser *ps, uint32_t index)
{
    if (!parse_name_and_generics(ps, index))
        return ITEM_REJECTED;
    parse_where(ps, STOP_SEMI | STOP_BRACE, index);
    if (*ps->p != '{') {
        rsl_expected(ps, RSL_SOURCE_ERROR_EXPECTED_ENUM_BODY);
        return ITEM_REJECTED;
    }
    item_at(ps, index)->sig_end = offset_of(ps, ps->last);
    return rsl_parse_variants(ps, index) ? rsl_finish_item(ps, index) : ITEM_REJECTED;
}

static enum item_outcome parse_trait(struct parser *ps, uint32_t index)
{
    if (!parse_name_and_generics(ps, index))
        return ITEM_REJECTED;
    if (*ps->p == ':') {
        ps->p = skip(ps, ps->p + 1);
        rsl_cross_header(ps, STOP_BRACE | STOP_EQ | STOP_SEMI | STOP_WHERE, index);
    }
    if (*ps->p == '=') {
        item_at(ps, index)->kind = RSL_ITEM_TRAIT_ALIAS;
        ps->p = skip(ps, ps->p + 1);
        const uint8_t *bounds = ps->p;
        rsl_cross_header(ps, STOP_SEMI | STOP_WHERE, index);
        if (ps->p > bounds)
            item_at(ps, index)->type = span_of(ps, bounds, ps->last);
        parse_where(ps, STOP_SEMI, index);
        return rsl_finish_item_at_semi(ps, index);
    }
    parse_where(ps, STOP_BRACE | STOP_SEMI, index);
    if (*ps->p != '{') {
        rsl_expected(ps, RSL_SOURCE_ERROR_EXPECTED_BRACE);
        return ITEM_REJECTED;
    }
    return open_block(ps, index, FRAME_TRAIT);
}

/* Whether the `<` at p opens generics rather than `<T as Trait>::Type`: rustc's
 * choose_generics_over_qpath. */
static bool are_impl_generics(struct parser *ps, const uint8_t *p)
{
    p = skip(ps, p + 1);
    if (*p == '>' || *p == '#')
        return true;
    if (*p == '\'') {
        p = rsl_scan_quote(p + 1, ps->end);
    } else {
        const uint8_t *after = rsl_scan_ident(p, ps->end);
        if (after == p)
            return false;
        if (rsl_keyword_find(p, (size_t)(after - p)) == RSL_KEYWORD_CONST) {
            const uint8_t *name = skip(ps, after);
            return rsl_scan_ident(name, ps->end) > name;
        }
        if (after == p + 1 && *p == 'r' && *after == '#') {
            p = after + 1;
            after = rsl_scan_ident(p, ps->end);
        }
        p = after;
    }
    p = skip(ps, p);
    return *p == '>' || *p == ',' || *p == '=' || (*p == ':' && p[1] != ':');
}

static enum item_outcome parse_impl(struct parser *ps, uint32_t index)
{
    const uint8_t *after;
    if (*ps->p == '<' && are_impl_generics(ps, ps->p) && !parse_generics(ps, index))
        return ITEM_REJECTED;
    if (at_word(ps, ps->p, "const", &after)) {
        item_at(ps, index)->flags |= RSL_FLAG_CONST;
        ps->last = after;
        ps->p = skip(ps, after);
    }
    if (*ps->p == '!') {
        const uint8_t *next = skip(ps, ps->p + 1);
        if (*next != '{' && !at_word(ps, next, "where", &after)) {
            item_at(ps, index)->flags |= RSL_FLAG_NEG;
            ps->last = ps->p + 1;
            ps->p = next;
        }
    }
    if (at_word(ps, ps->p, "for", &after) && *skip(ps, after) != '<') { /* rustc goes on too */
        rsl_add_error(ps, ps->last, (size_t)(ps->p - ps->last), RSL_SOURCE_ERROR_MISSING_TRAIT);
        ps->p = skip(ps, after);
    }
    const uint8_t *first = ps->p;
    rsl_cross_header(ps, STOP_BRACE | STOP_SEMI | STOP_WHERE | STOP_FOR | STOP_COLON, index);
    if (ps->p == first) {
        rsl_expected(ps, RSL_SOURCE_ERROR_EXPECTED_TYPE);
        return ITEM_REJECTED;
    }
    struct rsl_span type = span_of(ps, first, ps->last);
    if (*ps->p == ':') {
        rsl_expected(ps, RSL_SOURCE_ERROR_EXPECTED_BRACE);
        return ITEM_REJECTED;
    }
    if (at_word(ps, ps->p, "for", &after)) {
        item_at(ps, index)->path = type;
        ps->p = skip(ps, after);
        first = ps->p;
        rsl_cross_header(ps, STOP_BRACE | STOP_SEMI | STOP_WHERE, index);
        if (ps->p == first) {
            rsl_expected(ps, RSL_SOURCE_ERROR_EXPECTED_TYPE);
            return ITEM_REJECTED;
        }
        type = span_of(ps, first, ps->last);
    }
    item_at(ps, index)->type = type;
    parse_where(ps, STOP_BRACE | STOP_SEMI, index);
    if (*ps->p != '{') {
        rsl_expected(ps, RSL_SOURCE_ERROR_EXPECTED_BRACE);
        return ITEM_REJECTED;
    }
    return open_block(ps, index, FRAME_IMPL);
}

static enum item_outcome parse_mod(struct parser *ps, uint32_t index)
{
    if (!rsl_parse_item_name(ps, index))
        return ITEM_REJECTED;
    struct rsl_item *item = item_at(ps, index);
    for (uint32_t i = 0; i < item->nattrs; i++) {
        const struct rsl_attr *attr = &ps->file->attrs[item->first_attr + i];
        if (attr->kind == RSL_ATTR_PATH) { /* the first one wins */
            item->path = attr->value;
            break;
        }
    }
    if (*ps->p == '{') {
        item->flags |= RSL_FLAG_INLINE;
        return open_block(ps, index, FRAME_MOD);
    }
    if (*ps->p != ';') {
        rsl_expected(ps, RSL_SOURCE_ERROR_EXPECTED_MOD_BODY);
        return ITEM_REJECTED;
    }
    return rsl_finish_item_at_semi(ps, index);
}

static enum item_outcome parse_extern_crate(struct parser *ps, uint32_t index)
{
    const uint8_t *after;
    struct rsl_span name;
    if (at_word(ps, ps->p, "self", &after)) {
        name = span_of(ps, ps->p, after);
        ps->last = after;
        ps->p = skip(ps, after);
    } else if (!rsl_parse_name(ps, &name)) {
        return ITEM_REJECTED;
    }
    item_at(ps, index)->path = name;
    if (*ps->p == '-') { /* a-b: rustc reports it and goes on; the whole is the name */
        while (*ps->p == '-') {
            struct rsl_span part;
            ps->p = skip(ps, ps->p + 1);
            if (!rsl_parse_name(ps, &part))
                return ITEM_REJECTED;
            name.end = part.end;
        }
        rsl_add_error(ps, ps->src + name.start, name.end - name.start,
                      RSL_SOURCE_ERROR_CRATE_NAME_DASH);
    }
    if (at_word(ps, ps->p, "as", &after)) {
        item_at(ps, index)->flags |= RSL_FLAG_RENAME;
        ps->p = skip(ps, after);
        if (at_word(ps, ps->p, "_", &after)) {
            name = span_of(ps, ps->p, after);
            ps->last = after;
            ps->p = skip(ps, after);
        } else if (!rsl_parse_name(ps, &name)) {
            return ITEM_REJECTED;
        }
    }
    item_at(ps, index)->name = name;
    return rsl_finish_item_at_semi(ps, index);
}

/* reuse path;  reuse path as name { .. }  reuse path::{a, b as c} { .. }  reuse path::*; */
static enum item_outcome parse_delegation(struct parser *ps, uint32_t index)
{
    const uint8_t *path = ps->p;
    const uint8_t *after;
    struct rsl_span name = {0, 0};
    if (*ps->p == '<') {
        ps->p = skip(ps, ps->p + 1);
        rsl_cross_header(ps, 0, index);
        if (*ps->p != '>') {
            rsl_expected(ps, RSL_SOURCE_ERROR_EXPECTED_GENERICS_END);
            return ITEM_REJECTED;
        }
        ps->last = ps->p + 1;
        ps->p = skip(ps, ps->last);
    }
    bool behind_colons = false; /* where a `{` opens a list instead of the body */
    for (;;) {
        if (ps->p[0] == ':' && ps->p[1] == ':') {
            ps->p = skip(ps, ps->p + 2);
            behind_colons = true;
            continue;
        }
        if (*ps->p == '{' || (!behind_colons && name.end != 0 && *ps->p != '<'))
            break;
        behind_colons = false;
        if (*ps->p == '<') { /* generic arguments */
            ps->p = skip(ps, ps->p + 1);
            rsl_cross_header(ps, 0, index);
            if (*ps->p != '>')
                break;
            ps->last = ps->p + 1;
            ps->p = skip(ps, ps->last);
            continue;
        }
        if (*ps->p == '*') {
            item_at(ps, index)->flags |= RSL_FLAG_GLOB;
            name = (struct rsl_span){0, 0};
            ps->last = ps->p + 1;
            ps->p = skip(ps, ps->last);
            break;
        }
        after = scan_name(ps, ps->p);
        if (after == ps->p)
            break;
        name = span_of(ps, ps->p, after);
        ps->last = after;
        ps->p = skip(ps, after);
    }
    if (behind_colons && *ps->p == '{') {
        after = rsl_cross_tree(ps, ps->p);
        if (after == NULL)
            return ITEM_REJECTED;
        name = (struct rsl_span){0, 0};
        ps->last = after;
        ps->p = skip(ps, after);
    }
    item_at(ps, index)->path = span_of(ps, path, ps->last);
    if (name.end != 0 && at_word(ps, ps->p, "as", &after)) { /* no glob, and no list */
        item_at(ps, index)->flags |= RSL_FLAG_RENAME;
        ps->p = skip(ps, after);
        if (!rsl_parse_name(ps, &name))
            return ITEM_REJECTED;
    }
    item_at(ps, index)->name = name;
    if (*ps->p == '{') {
        item_at(ps, index)->flags |= RSL_FLAG_BODY;
        return open_block(ps, index, FRAME_BLOCK);
    }
    return rsl_finish_item_at_semi(ps, index);
}

enum item_outcome rsl_parse_kind(struct parser *ps, uint32_t index)
{
    switch (item_at(ps, index)->kind) {
    case RSL_ITEM_FN: return parse_fn(ps, index);
    case RSL_ITEM_CONST:
    case RSL_ITEM_STATIC: return parse_value_item(ps, index);
    case RSL_ITEM_TYPE: return parse_type(ps, index);
    case RSL_ITEM_STRUCT:
    case RSL_ITEM_UNION: return parse_struct(ps, index);
    case RSL_ITEM_ENUM: return parse_enum(ps, index);
    case RSL_ITEM_TRAIT: return parse_trait(ps, index);
    case RSL_ITEM_IMPL: return parse_impl(ps, index);
    case RSL_ITEM_MOD: return parse_mod(ps, index);
    case RSL_ITEM_USE:
        return rsl_parse_use_tree(ps, index) ? rsl_finish_item_at_semi(ps, index) : ITEM_REJECTED;
    case RSL_ITEM_EXTERN_CRATE: return parse_extern_crate(ps, index);
    case RSL_ITEM_FOREIGN_MOD: return open_block(ps, index, FRAME_FOREIGN);
    case RSL_ITEM_MACRO_RULES: return rsl_parse_macro_rules(ps, index);
    case RSL_ITEM_MACRO: return rsl_parse_macro(ps, index);
    default: return parse_delegation(ps, index);
    }
}
