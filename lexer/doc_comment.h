/* doc_comment.h - which comments are documentation, after rustc_lexer's doc_style.
 *
 * Four slashes, a slash with three stars, and the empty block comment are plain. p is at the
 * comment's first slash; at most four bytes are read, which RSL_PAD makes safe. */
#ifndef RSL_LEXER_DOC_COMMENT_H
#define RSL_LEXER_DOC_COMMENT_H

#include <stdbool.h>
#include <stdint.h>

/* `///` or the block form with two stars: an outer attribute. */
static inline bool rsl_is_outer_doc(const uint8_t *p)
{
    if (p[1] == '/') {
        return p[2] == '/' && p[3] != '/';
    }
    return p[1] == '*' && p[2] == '*' && p[3] != '*' && p[3] != '/';
}

/* `//!` or the block form with a bang: an inner attribute. */
static inline bool rsl_is_inner_doc(const uint8_t *p)
{
    return (p[1] == '/' || p[1] == '*') && p[2] == '!';
}

#endif
