/* Use trees, flattened to their leaves. Groups are followed by the chain of prefixes instead of by
 * recursion, so that no nesting is too deep. */
#include "parser/internal.h"

/* Behind the path segment at p (`r#x` too), or p. */
static const uint8_t *cross_segment(struct parser *ps, const uint8_t *p)
{
    const uint8_t *after = scan_name(ps, p);
    if (after == p && *p == '$') { /* $crate, as macro expansions are printed */
        const uint8_t *name = rsl_scan_ident(p + 1, ps->end);
        return name > p + 1 ? name : p;
    }
    return rsl_is_path_segment(p, after) ? after : p;
}

/* One leaf whose last segment is at ps->p and runs to `after`. */
static bool parse_leaf(struct parser *ps, uint32_t use, uint32_t prefix, const uint8_t *after,
                       bool braced_self)
{
    struct head head = {
        .owner = use,
        .context = RSL_CTX_NONE,
        .start = offset_of(ps, ps->p),
        .head = offset_of(ps, ps->p),
        .first_attr = ps->file->nattrs,
    };
    uint32_t leaf = rsl_add_item(ps, RSL_ITEM_USE_LEAF, &head);
    if (leaf == RSL_NONE)
        return false;
    item_at(ps, use)->nmembers++;
    struct rsl_item *item = item_at(ps, leaf);
    item->use_prefix = prefix;
    item->path = span_of(ps, ps->p, after);
    if (*ps->p == '*') {
        item->flags |= RSL_FLAG_GLOB;
    } else {
        const uint8_t *word;
        item->flags |= braced_self ? RSL_FLAG_SELF : 0;
        if (at_word(ps, ps->p, "self", &word)) /* named by the path before it */
            item->name = prefix == RSL_NONE ? item->name : ps->file->use_prefixes[prefix].last;
        if (item->name.end == 0)
            item->name = item->path;
    }
    ps->last = after;
    ps->p = skip(ps, after);
    if (at_word(ps, ps->p, "as", &after) && !(item->flags & RSL_FLAG_GLOB)) {
        ps->p = skip(ps, after);
        const uint8_t *behind;
        if (!at_word(ps, ps->p, "_", &behind) && (behind = cross_segment(ps, ps->p)) == ps->p) {
            rsl_expected(ps, RSL_SOURCE_ERROR_EXPECTED_NAME);
            return false;
        }
        item->flags |= RSL_FLAG_RENAME;
        item->name = span_of(ps, ps->p, behind);
        ps->last = behind;
        ps->p = skip(ps, behind);
    }
    item->end = item->sig_end = offset_of(ps, ps->last);
    return true;
}

bool rsl_parse_use_tree(struct parser *ps, uint32_t use)
{
    uint32_t group = RSL_NONE; /* the prefix of the innermost open group */
    uint32_t depth = 0;
    for (;;) {
        /* One tree: [::] segment (:: segment)* [:: (* | {)] */
        struct rsl_use_prefix prefix = {.parent = group};
        const uint8_t *segments = NULL, *segments_end = NULL;
        struct rsl_span last = {0, 0};
        bool only = true; /* no segment before the one at ps->p */
        if (ps->p[0] == ':' && ps->p[1] == ':') {
            prefix.global = true;
            only = false;
            ps->p = skip(ps, ps->p + 2);
        }
        for (;;) {
            const uint8_t *after = *ps->p == '*' ? ps->p + 1 : cross_segment(ps, ps->p);
            if (*ps->p == '{') {
                after = ps->p;
            } else if (after == ps->p) {
                rsl_expected(ps, rsl_scan_ident(ps->p, ps->end) > ps->p
                                     ? RSL_SOURCE_ERROR_EXPECTED_NAME
                                     : RSL_SOURCE_ERROR_EXPECTED_USE_TREE);
                return false;
            } else if (*ps->p != '*') {
                const uint8_t *next = skip(ps, after);
                if (next[0] == ':' && next[1] == ':') {
                    if (segments == NULL)
                        segments = ps->p;
                    segments_end = after;
                    last = span_of(ps, ps->p, after);
                    only = false;
                    ps->p = skip(ps, next + 2);
                    continue;
                }
            }
            /* A leaf or a group. */
            uint32_t node = group;
            if (segments != NULL || prefix.global || *ps->p == '{') {
                if (segments != NULL)
                    prefix.segments = span_of(ps, segments, segments_end);
                if (segments == NULL && group != RSL_NONE)
                    last = ps->file->use_prefixes[group].last;
                prefix.last = last;
                node = rsl_add_use_prefix(ps, prefix);
                if (node == RSL_NONE)
                    return false;
            }
            if (*ps->p == '{') {
                group = node;
                depth++;
                ps->p = skip(ps, ps->p + 1);
                break;
            }
            const uint8_t *word;
            bool braced_self = depth > 0 && only && at_word(ps, ps->p, "self", &word);
            if (!parse_leaf(ps, use, node, after, braced_self))
                return false;
            if (depth == 0)
                return true;
            if (*ps->p == ',') {
                ps->p = skip(ps, ps->p + 1);
            } else if (*ps->p != '}') {
                rsl_expected(ps, RSL_SOURCE_ERROR_EXPECTED_COMMA_BRACE);
                return false;
            }
            break;
        }
        while (depth > 0 && *ps->p == '}') {
            group = ps->file->use_prefixes[group].parent;
            depth--;
            ps->last = ps->p + 1;
            ps->p = skip(ps, ps->last);
            if (depth == 0)
                return true;
            if (*ps->p == ',') {
                ps->p = skip(ps, ps->p + 1);
            } else if (*ps->p != '}') {
                rsl_expected(ps, RSL_SOURCE_ERROR_EXPECTED_COMMA_BRACE);
                return false;
            }
        }
    }
}
