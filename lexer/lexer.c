#include "lexer/lexer.h"

#include "lexer/lex_errors.h"
#include "lexer/lex_run.h"
#include "lexer/prefix.h"

#include <string.h>

_Static_assert(sizeof(struct rsl_token) == 16, "the public layout");

/* Room for a token is reserved for each byte of a stretch of this many, so that the loop inside
 * needs no check: large enough to be rare, small enough not to cost 16 bytes for each byte of a
 * large file. */
#define STRETCH ((size_t)1 << 14)

const char *rsl_token_kind_name(uint8_t kind)
{
    switch (kind) {
#define X(name, id, text) \
    case id:              \
        return text;
#include "lexer/token_kinds.def"
#undef X
    default: return "";
    }
}

static bool is_edition(unsigned edition)
{
    return edition == 0 || edition == 2015 || edition == 2018 || edition == 2021 || edition == 2024;
}

enum rsl_status rsl_lexer_init(struct rsl_lexer *lexer, const uint8_t *src, size_t nbytes,
                               const struct rsl_lex_options *options)
{
    static const struct rsl_lex_options defaults = {0};
    if (!options) {
        options = &defaults;
    }
    *lexer = (struct rsl_lexer){
        .src = src,
        .p = src,
        .end = src,
        .no_guard_before = src,
        .edition = options->edition,
        .ops = rsl_lex_ops_for(options->isa),
    };
    if (nbytes > RSL_MAX_SOURCE) {
        return RSL_ETOOBIG;
    }
    if (!is_edition(options->edition)) {
        return RSL_EINVAL;
    }
    lexer->prefix = rsl_scan_prefix(src, nbytes, options->frontmatter);
    lexer->p = src + lexer->prefix.nbytes;
    lexer->end = src + nbytes;
    return RSL_OK;
}

bool rsl_lexer_next(struct rsl_lexer *lexer, struct rsl_token *token_out)
{
    if (lexer->p == lexer->end) {
        return false;
    }
    lexer->ops->one(lexer, token_out);
    return true;
}

void rsl_tokens_init(struct rsl_tokens *tokens, const struct rsl_allocator *allocator)
{
    *tokens = (struct rsl_tokens){.allocator = allocator ? allocator : &rsl_allocator_default};
}

void rsl_tokens_fini(struct rsl_tokens *tokens)
{
    const struct rsl_allocator *allocator = tokens->allocator;
    allocator->release(allocator->state, tokens->list, tokens->capacity * sizeof(*tokens->list));
    allocator->release(allocator->state, tokens->errors,
                       tokens->errors_capacity * sizeof(*tokens->errors));
    rsl_tokens_init(tokens, allocator);
}

void rsl_tokens_reset(struct rsl_tokens *tokens)
{
    tokens->ntokens = 0;
    tokens->nerrors = 0;
    tokens->prefix = (struct rsl_prefix){0};
}

static enum rsl_status reserve(struct rsl_tokens *tokens, size_t nmore)
{
    size_t capacity = tokens->ntokens + nmore;
    if (capacity <= tokens->capacity) {
        return RSL_OK;
    }
    if (capacity < tokens->capacity * 2) {
        capacity = tokens->capacity * 2;
    }
    const struct rsl_allocator *allocator = tokens->allocator;
    struct rsl_token *list = allocator->resize(
        allocator->state, tokens->list, tokens->capacity * sizeof(*list), capacity * sizeof(*list));
    if (!list) {
        return RSL_ENOMEM;
    }
    tokens->list = list;
    tokens->capacity = capacity;
    return RSL_OK;
}

static enum rsl_status lex_all(struct rsl_tokens *tokens, struct rsl_lexer *lexer)
{
    while (lexer->p < lexer->end) {
        size_t left = (size_t)(lexer->end - lexer->p);
        size_t stretch = left < STRETCH ? left : STRETCH;
        enum rsl_status status = reserve(tokens, stretch + RSL_LEX_SLACK);
        if (status != RSL_OK) {
            return status;
        }
        struct rsl_token *out =
            lexer->ops->run(lexer, tokens->list + tokens->ntokens, lexer->p + stretch);
        tokens->ntokens = (size_t)(out - tokens->list);
    }
    return RSL_OK;
}

enum rsl_status rsl_lex(struct rsl_tokens *tokens, const uint8_t *src, size_t nbytes,
                        const struct rsl_lex_options *options)
{
    rsl_tokens_reset(tokens);
    struct rsl_lexer lexer;
    enum rsl_status status = rsl_lexer_init(&lexer, src, nbytes, options);
    if (status == RSL_OK) {
        tokens->prefix = lexer.prefix;
        status = lex_all(tokens, &lexer);
    }
    bool suspect = lexer.suspect || lexer.prefix.frontmatter_nbytes != 0;
    if (status == RSL_OK && (suspect || rsl_needs_byte_check(src, nbytes))) {
        status = rsl_lex_errors(tokens, src, nbytes, lexer.edition);
    }
    if (status != RSL_OK) {
        rsl_tokens_reset(tokens);
    }
    return status;
}
