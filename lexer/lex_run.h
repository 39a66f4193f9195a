/* lex_run.h - inside the lexer: the making of tokens, built in several versions.
 *
 * All versions give the same tokens. The scalar one is always built and is the judge of the others;
 * `baseline` uses the vectors that every machine of the target has, `avx2` is for x86-64. */
#ifndef RSL_LEXER_LEX_RUN_H
#define RSL_LEXER_LEX_RUN_H

#include "lexer/lexer.h"

/* A run may write this many tokens more than it gives. */
#define RSL_LEX_SLACK 68

struct rsl_lex_ops {
    /* Writes the token at lexer->p, which is before lexer->end, and moves lexer->p behind it. */
    void (*one)(struct rsl_lexer *lexer, struct rsl_token *token_out);

    /* Writes the tokens from lexer->p on to `out` until one ends at or behind `stop`, moves
     * lexer->p there and returns one past the last token. There must be room for stop - p +
     * RSL_LEX_SLACK tokens. */
    struct rsl_token *(*run)(struct rsl_lexer *lexer, struct rsl_token *out, const uint8_t *stop);
};

extern const struct rsl_lex_ops rsl_lex_scalar;
extern const struct rsl_lex_ops rsl_lex_baseline;
extern const struct rsl_lex_ops rsl_lex_avx2;

/* The best version for `isa` on this machine. Any thread. O(1). */
const struct rsl_lex_ops *rsl_lex_ops_for(enum rsl_isa isa);

#endif
