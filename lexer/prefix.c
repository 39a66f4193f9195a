#include "lexer/prefix.h"

#include "lexer/frontmatter.h"
#include "lexer/scan.h"

/* One past the shebang at p without its line end, or p if there is none: `#!` is one unless the
 * next token makes it an inner attribute (rustc_lexer, strip_shebang). */
static const uint8_t *scan_shebang(const uint8_t *p, const uint8_t *end)
{
    if (p[0] != '#' || p[1] != '!' || *rsl_scan_trivia(p + 2, end) == '[') {
        return p;
    }
    const uint8_t *line_end = rsl_scan_line_comment(p + 2, end);
    /* A CR belongs to the line end only if there is an LF. */
    return line_end < end && line_end > p + 2 && line_end[-1] == '\r' ? line_end - 1 : line_end;
}

struct rsl_prefix rsl_scan_prefix(const uint8_t *src, size_t nbytes, bool frontmatter)
{
    const uint8_t *end = src + nbytes;
    const uint8_t *p = scan_shebang(rsl_skip_bom(src), end);
    struct rsl_prefix prefix = {0};
    if (frontmatter) {
        const uint8_t *from;
        const uint8_t *to = rsl_scan_frontmatter(p, end, &from);
        if (to) {
            prefix.frontmatter_off = (uint32_t)(from - src);
            prefix.frontmatter_nbytes = (uint32_t)(to - from);
            p = to;
        }
    }
    prefix.nbytes = (uint32_t)(p - src);
    return prefix;
}
