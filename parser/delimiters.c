/* The token-level look at a file in which counting found something odd: which delimiters do not
 * match, which literals do not end. */
#include "parser/internal.h"

#include "lexer/lexer.h"

#include <string.h>

static uint8_t opener_of(uint8_t closer)
{
    return closer == ')' ? '(' : closer == ']' ? '[' : '{';
}

static unsigned kind_index(uint8_t opener)
{
    return opener == '(' ? 0 : opener == '[' ? 1 : 2;
}

static void pop_delimiter(struct rsl_scratch *scratch)
{
    scratch->nopen--;
    scratch->nopen_of[kind_index(scratch->open[scratch->nopen].opener)]--;
}

static bool push_delimiter(struct parser *ps, const struct rsl_token *token)
{
    struct rsl_scratch *scratch = ps->scratch;
    if (scratch->nopen == scratch->open_capacity) {
        void *grown = rsl_grow(ps, scratch->open, &scratch->open_capacity, sizeof *scratch->open);
        if (grown == NULL)
            return false;
        scratch->open = grown;
    }
    scratch->open[scratch->nopen++] =
        (struct open_delimiter){.off = token->start, .opener = token->kind};
    scratch->nopen_of[kind_index(token->kind)]++;
    return true;
}

/* A closer that does not match ends the innermost opener, with an error, as in rustc's lexer; if it
 * matches one further out it ends all up to that. */
static void mismatch(struct parser *ps, const struct rsl_token *token)
{
    struct rsl_scratch *scratch = ps->scratch;
    const uint8_t opener = opener_of(token->kind);
    if (scratch->nopen == 0) {
        if (token->kind != '}') /* a stray `}` is reported where items are read */
            rsl_add_error(ps, ps->src + token->start, 1, RSL_SOURCE_ERROR_UNEXPECTED_CLOSE);
        return;
    }
    rsl_add_error(ps, ps->src + token->start, 1, RSL_SOURCE_ERROR_MISMATCHED_DELIMITER);
    pop_delimiter(scratch);
    if (scratch->nopen_of[kind_index(opener)] == 0)
        return;
    while (scratch->open[scratch->nopen - 1].opener != opener)
        pop_delimiter(scratch);
    pop_delimiter(scratch);
}

/* Whether the token is a string or comment that runs to the end of the source. */
static bool runs_to_the_end(const struct rsl_token *token)
{
    return (token->flags & RSL_TOKEN_UNTERMINATED) && token->kind != RSL_TOKEN_CHAR &&
           token->kind != RSL_TOKEN_BYTE;
}

/* Forgets the errors that are only echoes of what begins at `off` and does not end: those behind
 * it, in its inside, and the delimiters that are open because of it. rustc stops there. */
static void drop_echoes(struct rsl_file *file, uint32_t off)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < file->nerrors; i++) {
        const struct rsl_source_error error = file->errors[i];
        if (error.off < off && error.code != RSL_SOURCE_ERROR_UNCLOSED_DELIMITER)
            file->errors[n++] = error;
    }
    file->nerrors = n;
}

void rsl_check_delimiters(struct parser *ps)
{
    struct rsl_scratch *scratch = ps->scratch;
    struct rsl_tokens tokens;
    rsl_tokens_init(&tokens, &ps->file->allocator);
    /* Which edition the file is of is not known here: literals are those of 2021, and that a prefix
     * is reserved from then on is not held against it. Emoji are no error of the grammar. */
    ps->status = rsl_lex(&tokens, ps->src, (size_t)(ps->end - ps->src),
                         &(struct rsl_lex_options){.edition = 2021, .frontmatter = true});
    if (tokens.ntokens > 0 && runs_to_the_end(&tokens.list[tokens.ntokens - 1]))
        drop_echoes(ps->file, tokens.list[tokens.ntokens - 1].start);
    scratch->nopen = 0;
    memset(scratch->nopen_of, 0, sizeof scratch->nopen_of);
    for (size_t i = 0; i < tokens.nerrors && ps->status == RSL_OK; i++) {
        const struct rsl_source_error *error = &tokens.errors[i];
        if (error->code != RSL_SOURCE_ERROR_UNKNOWN_PREFIX &&
            error->code != RSL_SOURCE_ERROR_INVALID_IDENT)
            rsl_add_error(ps, ps->src + error->off, error->nbytes, error->code);
    }
    for (size_t i = 0; i < tokens.ntokens && ps->status == RSL_OK; i++) {
        const struct rsl_token *token = &tokens.list[i];
        switch (token->kind) {
        case '(':
        case '[':
        case '{': push_delimiter(ps, token); break;
        case ')':
        case ']':
        case '}':
            if (scratch->nopen > 0 &&
                scratch->open[scratch->nopen - 1].opener == opener_of(token->kind))
                pop_delimiter(scratch);
            else
                mismatch(ps, token);
            break;
        default: break;
        }
    }
    if (scratch->nopen > 0 && ps->file->nerrors == 0)
        rsl_add_error(ps, ps->src + scratch->open[scratch->nopen - 1].off, 1,
                      RSL_SOURCE_ERROR_UNCLOSED_DELIMITER);
    rsl_tokens_fini(&tokens);
}
