/* cross_tree_template.h - the crossing of a token tree; part of cross_template.h. */
#include "lexer/cross_carve.h"

CROSS_TARGET static const uint8_t *tree(struct rsl_crossing *crossing, const uint8_t *p)
{
    const uint8_t *const end = crossing->end;
    const uint8_t *const limit = crossing->limit;
    const uint8_t *taken = p;
    const uint8_t closer = *p == '(' ? ')' : *p == '[' ? ']' : '}';
    int64_t parens = 0, squares = 0, depth = 0; /* open; depth: of all kinds */
    struct cross_block block;
    crossing->error_code = 0;
    while (p < limit) {
        CLASSIFY(&block, p);
        uint64_t live = within(&block, limit);
        p = block.base + 64;
        const uint64_t all_opens = block.paren_open | block.square_open | block.brace_open;
        const uint64_t all_closes = block.paren_close | block.square_close | block.brace_close;
        for (;;) {
            /* All up to the next literal or comment. */
            const uint64_t special = block.special & live;
            const uint64_t stretch = live & (special - 1) & ~special;
            const uint64_t opens = all_opens & stretch;
            uint64_t closes = all_closes & stretch;
            const int64_t nopens = COUNT_BITS(opens), ncloses = COUNT_BITS(closes);
            uint64_t counted = stretch;
            bool ended = false;
            if (ncloses >= depth) { /* perhaps the tree's own closer is among them */
                for (int64_t n = depth - 1; closes != 0; closes &= closes - 1, n--) {
                    const uint64_t before = (closes & -closes) - 1;
                    if ((int64_t)COUNT_BITS(opens & before) + n == 0) {
                        counted &= before | (before + 1);
                        ended = true;
                        break;
                    }
                }
            }
            parens += (int64_t)COUNT_BITS(block.paren_open & counted) -
                      (int64_t)COUNT_BITS(block.paren_close & counted);
            squares += (int64_t)COUNT_BITS(block.square_open & counted) -
                       (int64_t)COUNT_BITS(block.square_close & counted);
            if (ended) {
                p = block.base + __builtin_ctzll(closes);
                if (*p != closer || (parens | squares) != 0)
                    crossing->suspect = true;
                return p + 1;
            }
            depth += nopens - ncloses;
            if (special == 0)
                break;
            const uint8_t *const from = block.base + __builtin_ctzll(special);
            const uint8_t *q = from + 1;
            switch (*from) {
            case '"': q = taken = cross_string(crossing, from, taken); break;
            case '\'': q = taken = rsl_scan_quote(from + 1, end); break;
            case '/': q = cross_slash(crossing, from); break;
            default: break; /* a bang means nothing here */
            }
            if (q == NULL)
                return NULL;
            if (q - block.base >= 64) {
                p = q;
                break;
            }
            live = within(&block, limit) & ~below((unsigned)(q - block.base));
        }
    }
    return NULL;
}
