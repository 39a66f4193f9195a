/* Items in the arguments of item-position macro calls: cfg_if!, cfg_match!, thread_local!,
 * pin_project! and all others whose arguments are nothing but items. They are read speculatively;
 * at the first error everything is taken back. */
#include "parser/internal.h"

#include <string.h>

/* Reads p..close as items of `call`. */
static bool read_items(struct parser *ps, uint32_t call, const uint8_t *p, const uint8_t *close)
{
    struct frame *frame = rsl_push_frame(ps, FRAME_MACRO, call, p, p);
    if (frame == NULL)
        return false;
    frame->ends_owner = false;
    frame->limit = close;
    ps->p = p;
    return rsl_run_frames(ps) && !ps->failed && ps->p == close;
}

/* cfg_if! { if #[cfg(a)] { items } else if #[cfg(b)] { items } else { items } }, and any number of
 * such chains, which some crates' own cfg_if! takes. */
static bool read_cfg_if(struct parser *ps, uint32_t call, const uint8_t *p, const uint8_t *close)
{
    const uint8_t *after;
    for (;;) {
        const bool has_if = at_word(ps, p, "if", &after);
        if (has_if) {
            p = skip(ps, after);
            after = *p == '#' ? rsl_cross_attr(ps, p) : p;
            if (after == p)
                return false;
            p = skip(ps, after);
        }
        if (*p != '{')
            return false;
        after = rsl_cross_tree(ps, p);
        if (after == NULL || !read_items(ps, call, p + 1, after - 1))
            return false;
        p = skip(ps, after);
        if (p == close)
            return true;
        if (has_if && at_word(ps, p, "else", &after))
            p = skip(ps, after);
        else if (!at_word(ps, p, "if", &after))
            return false;
    }
}

/* Crosses the predicate of an arm: cfg(a), a(b), a = "b", a or _. NULL if it is none. */
static const uint8_t *cross_predicate(struct parser *ps, const uint8_t *p)
{
    const uint8_t *after = scan_name(ps, p);
    if (after == p)
        return NULL;
    p = skip(ps, after);
    if (*p == '(')
        return rsl_cross_tree(ps, p);
    if (p[0] != '=' || p[1] == '>')
        return after;
    p = skip(ps, p + 1);
    bool terminated = false;
    after = *p == '"' ? rsl_scan_string(p + 1, ps->end, &terminated) : NULL;
    return terminated ? after : NULL;
}

/* Behind the arrow of the arm at p; NULL if there is none. */
static const uint8_t *cross_arm(struct parser *ps, const uint8_t *p)
{
    p = cross_predicate(ps, p);
    if (p == NULL)
        return NULL;
    p = skip(ps, p);
    return p[0] == '=' && p[1] == '>' ? skip(ps, p + 2) : NULL;
}

/* cfg_match! { cfg(a) => { items } _ => { items } }, and cfg_select!, which it became, where the
 * predicates stand without cfg() and a comma may follow the braces. */
static bool read_cfg_match(struct parser *ps, uint32_t call, const uint8_t *p, const uint8_t *close)
{
    do {
        p = cross_arm(ps, p);
        const uint8_t *after = p != NULL && *p == '{' ? rsl_cross_tree(ps, p) : NULL;
        if (after == NULL || !read_items(ps, call, p + 1, after - 1))
            return false;
        p = skip(ps, after);
        if (*p == ',')
            p = skip(ps, p + 1);
    } while (p != close);
    return true;
}

/* Whether the last segment of the call's path is `name`. */
static bool is_call_of(const struct parser *ps, const struct rsl_item *call, const char *name)
{
    const struct rsl_span path = call->path;
    const size_t n = strlen(name);
    return path.end - path.start >= n && memcmp(ps->src + path.end - n, name, n) == 0 &&
           (path.end - path.start == n ||
            !rsl_is(ps->src[path.end - n - 1], RSL_CC_IDENT_CONTINUE | RSL_CC_HIGH));
}

/* Reads p..close in the way that the macro called wants. */
static bool read_arguments(struct parser *ps, uint32_t call, const uint8_t *p, const uint8_t *close)
{
    const struct rsl_item *item = item_at(ps, call);
    if (is_call_of(ps, item, "cfg_if") && at_word(ps, p, "if", &(const uint8_t *){NULL}))
        return read_cfg_if(ps, call, p, close);
    if ((is_call_of(ps, item, "cfg_match") || is_call_of(ps, item, "cfg_select")) &&
        cross_arm(ps, p) != NULL)
        return read_cfg_match(ps, call, p, close);
    return read_items(ps, call, p, close);
}

void rsl_parse_macro_items(struct parser *ps, uint32_t call, const uint8_t *open,
                           const uint8_t *close)
{
    const uint8_t *p = rsl_scan_trivia(open + 1, ps->end);
    if (p >= close || ps->macro_nesting == MAX_MACRO_NESTING)
        return;
    const struct parser before = *ps;
    const struct rsl_file file = *ps->file;
    const uint32_t nnest = ps->scratch->nnest;
    const uint32_t nframes = ps->scratch->nframes;
    ps->speculative = true;
    ps->failed = false;
    ps->macro_nesting++;
    const bool whole = read_arguments(ps, call, p, close) && !ps->failed;
    if (!whole) {
        ps->file->nitems = file.nitems;
        ps->file->nattrs = file.nattrs;
        ps->file->nuse_prefixes = file.nuse_prefixes;
    }
    ps->scratch->nnest = nnest;
    ps->scratch->nframes = nframes;
    const struct parser after = *ps;
    *ps = before;
    ps->status = after.status;
    ps->nruns = after.nruns;
    ps->nunclosed = after.nunclosed;
}
