/* header_sight.h - crossing simple types, patterns and parameters at sight.
 *
 * Most of them are words, spaces and a few brackets on one line. Of such a stretch the masks of 64
 * bytes tell everything that a crossing token by token (parser/header.c, which is the judge of
 * this) would find out, without a branch for each token. What they do not tell is `odd`, and there
 * the masks are given up.
 */
#ifndef RSL_LEXER_HEADER_SIGHT_H
#define RSL_LEXER_HEADER_SIGHT_H

#include <stdint.h>

/* What ends the crossing of a part of a header, outside all brackets that it opens. */
enum header_stop {
    STOP_COMMA = 1,
    STOP_SEMI = 2,
    STOP_BRACE = 4,
    STOP_EQ = 8,
    STOP_WHERE = 16,
    STOP_FOR = 32,
    STOP_COLON = 64,
    STOP_PIPE = 128,
    STOP_PAREN = 256,    /* a `(` */
    STOP_TYPE_END = 512, /* whatever does not go on with one type, without `+` */
};

/* A bit a byte, the lowest for the first. */
struct rsl_header_window {
    const uint8_t *base; /* NULL: empty */
    uint64_t word;       /* A-Z a-z 0-9 _ */
    uint64_t space;      /* ' ' */
    uint64_t quote;      /* '\'' */
    uint64_t open;       /* < ( [ */
    uint64_t close;      /* > ) ] */
    uint64_t brace;      /* { } */
    uint64_t comma, colon, semi, equal;
    uint64_t letter_w; /* w, which `where` begins with */
    uint64_t odd;      /* none of these, and no & * + */
};

struct rsl_header_sight {
    /* From p to the first of `stops` outside all brackets, or to a closer that was not opened;
     * NULL if that is not to be seen. Takes no STOP_PIPE and no STOP_TYPE_END; if a `where` may
     * stop, none may stand at p. 64 bytes must be readable from p on. */
    const uint8_t *(*part)(struct rsl_header_window *window, const uint8_t *p, unsigned stops);
    /* Behind the `)` that matches the `(` at p, and how many parameters are between them; NULL if
     * that is not to be seen. */
    const uint8_t *(*params)(struct rsl_header_window *window, const uint8_t *p,
                             uint32_t *nparams_out);
};

#endif
