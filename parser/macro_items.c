/* Items in the arguments of item-position macro calls: cfg_if!, thread_local!, pin_project! and
 * all others whose arguments are nothing but items. They are read speculatively; at the first
 * error everything is taken back. */
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

/* Whether the last segment of the call's path is cfg_if. */
static bool is_cfg_if(const struct parser *ps, const struct rsl_item *call)
{
    const struct rsl_span path = call->path;
    return path.end - path.start >= 6 && memcmp(ps->src + path.end - 6, "cfg_if", 6) == 0 &&
           (path.end - path.start == 6 ||
            !rsl_is(ps->src[path.end - 7], RSL_CC_IDENT_CONTINUE | RSL_CC_HIGH));
}

void rsl_parse_macro_items(struct parser *ps, uint32_t call, const uint8_t *open,
                           const uint8_t *close)
{
    const uint8_t *p = rsl_scan_trivia(open + 1, ps->end);
    if (p >= close || ps->macro_nesting == MAX_MACRO_NESTING)
        return;
    const bool cfg_if =
        is_cfg_if(ps, item_at(ps, call)) && at_word(ps, p, "if", &(const uint8_t *){NULL});
    const struct parser before = *ps;
    const struct rsl_file file = *ps->file;
    const uint32_t nnest = ps->scratch->nnest;
    const uint32_t nframes = ps->scratch->nframes;
    ps->speculative = true;
    ps->failed = false;
    ps->macro_nesting++;
    bool whole = cfg_if ? read_cfg_if(ps, call, p, close) : read_items(ps, call, p, close);
    whole = whole && !ps->failed;
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
