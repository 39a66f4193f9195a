/* One item: attributes, visibility and modifiers, up to the keyword that tells its kind. What
 * follows is in kinds.c and macro.c; what it opens is left to the frame stack. Grammar:
 * rustc_parse::parser::item, rustc 1.95. */
#include "parser/internal.h"

#include <string.h>

void rsl_expected(struct parser *ps, enum rsl_source_error_code code)
{
    const uint8_t *after = rsl_scan_ident(ps->p, ps->end);
    if (after == ps->p && after < ps->end) {
        after++;
        while ((*after & 0xC0) == 0x80) /* the whole of a code point */
            after++;
    }
    rsl_add_error(ps, ps->p, (size_t)(after - ps->p), (uint16_t)code);
}

static bool is_strict_keyword(const uint8_t *p, size_t nbytes)
{
    return rsl_may_be_keyword(p, nbytes) &&
           rsl_keyword_class(rsl_keyword_find(p, nbytes)) == RSL_KEYWORD_CLASS_STRICT;
}

bool rsl_parse_name(struct parser *ps, struct rsl_span *name_out)
{
    const uint8_t *p = ps->p;
    const uint8_t *after = scan_name(ps, p);
    if (after == p || is_strict_keyword(p, (size_t)(after - p))) {
        rsl_expected(ps, RSL_SOURCE_ERROR_EXPECTED_NAME);
        return false;
    }
    *name_out = span_of(ps, p, after);
    ps->last = after;
    ps->p = skip(ps, after);
    return true;
}

/* Behind the string literal at p, which goes to *abi_out, and a suffix (an error elsewhere); or p.
 */
static const uint8_t *cross_abi(struct parser *ps, const uint8_t *p, struct rsl_span *abi_out)
{
    bool ok;
    unsigned nhashes;
    const uint8_t *after;
    if (*p == '"')
        after = rsl_scan_string(p + 1, ps->end, &ok);
    else if (*p == 'r' && (p[1] == '"' || (p[1] == '#' && (p[2] == '"' || p[2] == '#'))))
        after = rsl_scan_raw_string(p + 1, ps->end, &nhashes, &ok);
    else
        return p;
    if (!ok) {
        ps->suspect = ps->unbalanced = ps->failed = true;
        ps->nruns++;
    }
    *abi_out = span_of(ps, p, after);
    return rsl_scan_ident(after, ps->end);
}

/* What a modifier needs behind it to be one, beyond what rsl_item_starts() says. */
static bool modifies(struct parser *ps, enum rsl_keyword keyword, const uint8_t *next)
{
    const uint8_t *after;
    enum rsl_keyword second = keyword_at(ps, next, &after);
    switch (keyword) {
    case RSL_KEYWORD_CONST:
        switch (second) {
        case RSL_KEYWORD_EXTERN:
        case RSL_KEYWORD_FN:
        case RSL_KEYWORD_IMPL:
        case RSL_KEYWORD_TRAIT:
        case RSL_KEYWORD_UNSAFE: return true;
        case RSL_KEYWORD_ASYNC:
        case RSL_KEYWORD_AUTO:
        case RSL_KEYWORD_GEN:
        case RSL_KEYWORD_SAFE: return rsl_item_starts(next, ps->end);
        default: return false;
        }
    case RSL_KEYWORD_DEFAULT:
    case RSL_KEYWORD_FINAL: return rsl_item_starts(next, ps->end);
    default: return after > next;
    }
}

enum item_outcome rsl_parse_item(struct parser *ps, enum rsl_context context, uint32_t owner)
{
    struct head head = {.owner = owner, .context = (uint8_t)context};
    const uint32_t items_before = ps->file->nitems;
    ps->p = parse_attrs(ps, ps->p, &head);
    const uint8_t *limit = ps->scratch->frames[ps->scratch->nframes - 1].limit;
    if (ps->recovering && ps->p >= limit) { /* the attributes stand behind what was left open */
        ps->p = limit;
        return ITEM_NONE;
    }
    if (context == RSL_CTX_BODY) {
        const uint8_t *path_end;
        /* Attributes stand before statements and expressions too. */
        if (!rsl_item_starts(ps->p, ps->end) &&
            !((path_end = rsl_cross_path(ps, ps->p)) > ps->p && *skip(ps, path_end) == '!' &&
              rsl_scan_ident(skip(ps, skip(ps, path_end) + 1), ps->end) >
                  skip(ps, skip(ps, path_end) + 1))) {
            parse_attr_values(ps, &head, owner);
            if (ps->file->nitems == items_before) /* those of items in the values stand behind */
                ps->file->nattrs = head.first_attr;
            return ITEM_NONE;
        }
    } else if (ps->p >= ps->end || *ps->p == '}') {
        return ITEM_NONE;
    }
    ps->last = ps->p;
    ps->p = parse_visibility(ps, ps->p, &head);

    uint32_t flags = 0;
    struct rsl_span abi = {0, 0};
    enum rsl_item_kind kind;
    enum item_outcome outcome;
    const uint8_t *after;
    for (;;) {
        const uint8_t *next, *behind;
        /* The most frequent by far is told by a comparison, which is done long before a keyword is
         * found in its table. */
        if (memcmp(ps->p, "fn ", 3) == 0) {
            kind = RSL_ITEM_FN;
            after = rsl_foreseen(ps->p + 2);
            break;
        }
        enum rsl_keyword keyword = keyword_at(ps, ps->p, &after);
        switch (keyword) {
        case RSL_KEYWORD_FN:
            kind = RSL_ITEM_FN;
            after = rsl_foreseen(ps->p + 2);
            break;
        case RSL_KEYWORD_STRUCT:
            kind = RSL_ITEM_STRUCT;
            after = rsl_foreseen(ps->p + 6);
            break;
        case RSL_KEYWORD_ENUM:
            kind = RSL_ITEM_ENUM;
            after = rsl_foreseen(ps->p + 4);
            break;
        case RSL_KEYWORD_TRAIT:
            kind = RSL_ITEM_TRAIT;
            after = rsl_foreseen(ps->p + 5);
            break;
        case RSL_KEYWORD_MOD:
            kind = RSL_ITEM_MOD;
            after = rsl_foreseen(ps->p + 3);
            break;
        case RSL_KEYWORD_USE:
            kind = RSL_ITEM_USE;
            after = rsl_foreseen(ps->p + 3);
            break;
        case RSL_KEYWORD_STATIC:
            kind = RSL_ITEM_STATIC;
            after = rsl_foreseen(ps->p + 6);
            break;
        case RSL_KEYWORD_TYPE:
            kind = RSL_ITEM_TYPE;
            after = rsl_foreseen(ps->p + 4);
            next = skip(ps, after);
            if (at_word(ps, next, "const", &behind)) {
                kind = RSL_ITEM_CONST;
                after = behind;
            }
            break;
        case RSL_KEYWORD_IMPL: {
            uint8_t vis;
            struct rsl_span path;
            after = rsl_foreseen(ps->p + 4);
            next = skip(ps, after);
            behind = rsl_parse_restriction(ps, next, &vis, &path);
            if (behind > next) { /* pub impl(crate) trait */
                ps->p = skip(ps, behind);
                continue;
            }
            kind = RSL_ITEM_IMPL;
            break;
        }
        case RSL_KEYWORD_CONST:
            after = rsl_foreseen(ps->p + 5);
            next = skip(ps, after);
            if (*next >= 'a' && modifies(ps, keyword, next)) { /* not before a usual name */
                flags |= RSL_FLAG_CONST;
                ps->p = next;
                continue;
            }
            kind = RSL_ITEM_CONST;
            break;
        case RSL_KEYWORD_ASYNC:
        case RSL_KEYWORD_GEN:
        case RSL_KEYWORD_SAFE:
        case RSL_KEYWORD_UNSAFE:
        case RSL_KEYWORD_AUTO:
        case RSL_KEYWORD_DEFAULT:
        case RSL_KEYWORD_FINAL:
            next = skip(ps, after);
            if (!modifies(ps, keyword, next))
                goto other;
            flags |= keyword == RSL_KEYWORD_ASYNC     ? RSL_FLAG_ASYNC
                     : keyword == RSL_KEYWORD_GEN     ? RSL_FLAG_GEN
                     : keyword == RSL_KEYWORD_SAFE    ? RSL_FLAG_SAFE
                     : keyword == RSL_KEYWORD_UNSAFE  ? RSL_FLAG_UNSAFE
                     : keyword == RSL_KEYWORD_AUTO    ? RSL_FLAG_AUTO
                     : keyword == RSL_KEYWORD_DEFAULT ? RSL_FLAG_DEFAULT
                                                      : 0;
            ps->p = next;
            continue;
        case RSL_KEYWORD_EXTERN:
            next = skip(ps, after);
            if (at_word(ps, next, "crate", &behind)) {
                kind = RSL_ITEM_EXTERN_CRATE;
                after = behind;
                break;
            }
            abi = span_of(ps, after, after);
            behind = cross_abi(ps, next, &abi);
            after = behind > next ? behind : after;
            ps->last = after;
            next = skip(ps, after);
            if (*next != '{') {
                ps->p = next;
                continue;
            }
            kind = RSL_ITEM_FOREIGN_MOD;
            break;
        case RSL_KEYWORD_UNION:
            next = skip(ps, after);
            if (rsl_scan_ident(next, ps->end) == next)
                goto other;
            kind = RSL_ITEM_UNION;
            break;
        case RSL_KEYWORD_MACRO:
            next = skip(ps, after);
            if (rsl_scan_ident(next, ps->end) == next)
                goto other;
            kind = RSL_ITEM_MACRO;
            break;
        case RSL_KEYWORD_REUSE:
            if (!rsl_item_starts(ps->p, ps->end))
                goto other;
            kind = RSL_ITEM_DELEGATION;
            break;
        case RSL_KEYWORD_MACRO_RULES:
            next = skip(ps, after);
            if (*next != '!')
                goto other;
            behind = skip(ps, next + 1);
            if (rsl_scan_ident(behind, ps->end) == behind)
                goto other;
            kind = RSL_ITEM_MACRO_RULES;
            after = next + 1;
            break;
        default:
        other : {
            const uint8_t *path_end = rsl_cross_path(ps, ps->p);
            if (path_end > ps->p && *skip(ps, path_end) == '!') {
                outcome = rsl_parse_macro_call(ps, &head, path_end);
                goto parsed;
            }
            rsl_expected(ps, RSL_SOURCE_ERROR_EXPECTED_ITEM);
            ps->suspect = true; /* the lexer may know better what is wrong */
            ps->file->nattrs = head.first_attr;
            ps->rejected = ps->src + head.head;
            return ITEM_REJECTED;
        }
        }
        break;
    }

    if (kind == RSL_ITEM_FOREIGN_MOD)
        head.vis = RSL_VIS_NONE;
    uint32_t index = rsl_add_item(ps, kind, &head);
    if (index == RSL_NONE)
        return ITEM_REJECTED;
    parse_attr_values(ps, &head, index);
    item_at(ps, index)->flags = flags;
    if (kind == RSL_ITEM_FN || kind == RSL_ITEM_FOREIGN_MOD)
        item_at(ps, index)->path = abi;
    ps->last = after;
    ps->p = skip(ps, after);

    outcome = rsl_parse_kind(ps, index);
parsed:
    if (outcome == ITEM_REJECTED) {
        ps->file->nitems = items_before; /* only whole items are kept */
        ps->rejected = ps->src + head.head;
    } else if (owner != RSL_NONE && context != RSL_CTX_BODY && context != RSL_CTX_MACRO) {
        item_at(ps, owner)->nmembers++;
    }
    return outcome;
}
