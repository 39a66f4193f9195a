/* prefix.h - inside the lexer: what stands before the first token. */
#ifndef RSL_LEXER_PREFIX_H
#define RSL_LEXER_PREFIX_H

#include "lexer/lexer.h"

/* Behind the byte order mark at p, if there is one. */
static inline const uint8_t *rsl_skip_bom(const uint8_t *p)
{
    return p[0] == 0xEF && p[1] == 0xBB && p[2] == 0xBF ? p + 3 : p;
}

/* Finds the prefix of src[0..nbytes): a byte order mark, a shebang, and frontmatter if asked for.
 * RSL_PAD zero bytes must follow. Any thread. O(prefix and the trivia behind a `#!`). */
struct rsl_prefix rsl_scan_prefix(const uint8_t *src, size_t nbytes, bool frontmatter);

#endif
