/* The tokens byte by byte. */
#define RSL_SCAN_SCALAR
#include "lexer/lex_one.h"

static void one(struct rsl_lexer *lexer, struct rsl_token *token_out)
{
    lexer->p = lex_one(lexer, token_out, lexer->p);
}

static struct rsl_token *run(struct rsl_lexer *lexer, struct rsl_token *out, const uint8_t *stop)
{
    const uint8_t *p = lexer->p;
    while (p < stop) {
        p = lex_one(lexer, out++, p);
    }
    lexer->p = p;
    return out;
}

const struct rsl_lex_ops rsl_lex_scalar = {.one = one, .run = run};
