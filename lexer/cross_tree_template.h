/* cross_tree_template.h - the crossing of a token tree; part of cross_template.h. */
#include "lexer/cross_carve.h"

CROSS_TARGET static const uint8_t *tree(struct rsl_crossing *crossing, const uint8_t *p)
{
    const uint8_t *const end = crossing->end;
    const uint8_t *const limit = crossing->limit;
    const uint8_t *taken = p;
    const uint8_t closer = *p == '(' ? ')' : *p == '[' ? ']' : '}';
    int64_t parens = 0, squares = 0, braces = 0;
    struct cross_block block;
    crossing->error_code = 0;
    for (;;) {
        CLASSIFY(&block, p);
        uint64_t live = stops_of_value(&block) & within(&block, limit);
        for (;;) {
            if (live == 0) {
                p = block.base + 64;
                if (p >= limit)
                    return NULL;
                break;
            }
            p = block.base + __builtin_ctzll(live);
            live &= live - 1;
            const uint8_t *q;
            switch (*p) {
            case '(': parens++; continue;
            case '[': squares++; continue;
            case '{': braces++; continue;
            case ')': parens--; break;
            case ']': squares--; break;
            case '}': braces--; break;
            case '"': q = cross_string(crossing, p, taken); goto jump;
            case '\'': q = rsl_scan_quote(p + 1, end); goto jump;
            case '/': q = cross_slash(crossing, p); goto jump;
            default:
                continue;
            jump:
                if (q == NULL)
                    return NULL;
                p = taken = q;
                if (p - block.base >= 64)
                    goto reload;
                live &= ~below((unsigned)(p - block.base));
                continue;
            }
            /* Behind a closer: is it the tree's own? */
            if (parens + squares + braces == 0) {
                if (*p != closer || (parens | squares | braces) != 0)
                    crossing->suspect = true;
                return p + 1;
            }
        }
    reload:
        if (p >= limit)
            return NULL;
    }
}
