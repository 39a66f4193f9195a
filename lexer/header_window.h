/* header_window.h - 64 bytes of an item's header as bit masks, for crossing simple types at sight.
 *
 * Most types and patterns are words, spaces and a few brackets on one line. Of such a stretch the
 * masks tell everything that a crossing token by token would find out, without a branch for each
 * token. What they do not tell is in `odd`, and there the masks are given up.
 */
#ifndef RSL_LEXER_HEADER_WINDOW_H
#define RSL_LEXER_HEADER_WINDOW_H

#include <stdint.h>

/* A bit a byte, the lowest for the first. `word`, `plain`, `brackets` and `odd` share no byte. */
struct rsl_header_window {
    const uint8_t *base; /* NULL: empty */
    uint64_t word;       /* A-Z a-z 0-9 _ */
    uint64_t space;      /* ' '; one of the plain */
    uint64_t quote;      /* '\''; one of the plain */
    uint64_t brackets;   /* < > ( ) [ ] { } and , : ; = */
    uint64_t odd;        /* whatever is not a word, a bracket, or plain: space ' & * + */
};

/* Fills the window from p on; 64 bytes must be readable there. */
typedef void rsl_header_window_fill(struct rsl_header_window *window, const uint8_t *p);

#endif
