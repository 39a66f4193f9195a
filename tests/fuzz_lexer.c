/* Fuzzes the lexer with any bytes. What must hold:
 *   - every byte behind the prefix is in exactly one token, and nothing is read behind the padding;
 *   - all instruction sets, and the lexer that gives one token at a time, agree;
 *   - the errors ascend and lie inside the source, and none is missed because nothing looked
 *     suspect;
 *   - a source with bad UTF-8 has the tokens of the one with U+FFFD in the place of each bad
 *     sequence. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lexer/lex_errors.h"
#include "lexer/lexer.h"
#include "lexer/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t nbytes);

#define CHECK(condition)                                                    \
    do {                                                                    \
        if (!(condition)) {                                                 \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
            abort();                                                        \
        }                                                                   \
    } while (0)

/* A padded copy, to be freed: the block ends with the padding. */
static uint8_t *padded(const uint8_t *data, size_t nbytes)
{
    uint8_t *src = malloc(nbytes + RSL_PAD);
    CHECK(src);
    if (nbytes > 0) {
        memcpy(src, data, nbytes);
    }
    memset(src + nbytes, 0, RSL_PAD);
    return src;
}

static void check_sound(const struct rsl_tokens *tokens, size_t nbytes)
{
    uint32_t at = tokens->prefix.nbytes;
    for (size_t i = 0; i < tokens->ntokens; i++) {
        const struct rsl_token *token = &tokens->list[i];
        CHECK(token->start == at && token->nbytes > 0);
        CHECK(token->suffix_start <= token->nbytes && token->reserved == 0);
        CHECK(rsl_token_kind_name(token->kind)[0] != '\0');
        at += token->nbytes;
    }
    CHECK(at == nbytes);
    for (size_t i = 0; i < tokens->nerrors; i++) {
        const struct rsl_source_error *error = &tokens->errors[i];
        CHECK(error->code > 0 && error->code < RSL_SOURCE_ERROR_COUNT);
        CHECK((size_t)error->off + error->nbytes <= nbytes);
        CHECK(i == 0 || error->off >= tokens->errors[i - 1].off);
    }
}

static void check_same(const struct rsl_tokens *a, const struct rsl_tokens *b)
{
    CHECK(a->ntokens == b->ntokens && a->nerrors == b->nerrors);
    CHECK(memcmp(&a->prefix, &b->prefix, sizeof(a->prefix)) == 0);
    CHECK(a->ntokens == 0 || memcmp(a->list, b->list, a->ntokens * sizeof(*a->list)) == 0);
    for (size_t i = 0; i < a->nerrors; i++) {
        CHECK(a->errors[i].off == b->errors[i].off && a->errors[i].nbytes == b->errors[i].nbytes &&
              a->errors[i].code == b->errors[i].code);
    }
}

static void check_one_by_one(const struct rsl_tokens *tokens, const uint8_t *src, size_t nbytes,
                             const struct rsl_lex_options *options)
{
    struct rsl_lexer lexer;
    struct rsl_token token;
    size_t n = 0;
    CHECK(rsl_lexer_init(&lexer, src, nbytes, options) == RSL_OK);
    for (; rsl_lexer_next(&lexer, &token); n++) {
        CHECK(n < tokens->ntokens && memcmp(&token, &tokens->list[n], sizeof(token)) == 0);
    }
    CHECK(n == tokens->ntokens);
}

/* src with U+FFFD for each bad sequence, to be freed; where each byte went is in *moved_out. */
static uint8_t *replace_bad(const uint8_t *src, size_t nbytes, size_t **moved_out,
                            size_t *nbytes_out)
{
    uint8_t *good = malloc(nbytes * 3 + RSL_PAD);
    size_t *moved = malloc((nbytes + 1) * sizeof(*moved));
    CHECK(good && moved);
    size_t n = 0;
    for (size_t at = 0; at < nbytes;) {
        uint32_t code_point;
        unsigned length = rsl_utf8_decode(src + at, &code_point);
        for (unsigned i = 0; i < length; i++) {
            moved[at + i] = n; /* only a sequence's first byte is asked for */
        }
        if (code_point == RSL_UTF8_BAD) {
            static const uint8_t replacement[3] = {0xEF, 0xBF, 0xBD};
            memcpy(good + n, replacement, sizeof(replacement));
            n += sizeof(replacement);
        } else {
            memcpy(good + n, src + at, length);
            n += length;
        }
        at += length;
    }
    moved[nbytes] = n;
    memset(good + n, 0, RSL_PAD);
    *moved_out = moved;
    *nbytes_out = n;
    return good;
}

static void check_against_replaced(const struct rsl_tokens *tokens, const uint8_t *src,
                                   size_t nbytes, const struct rsl_lex_options *options)
{
    size_t *moved;
    size_t good_nbytes;
    uint8_t *good = replace_bad(src, nbytes, &moved, &good_nbytes);
    struct rsl_tokens other;
    rsl_tokens_init(&other, NULL);
    CHECK(rsl_utf8_validate(good, good_nbytes) == good_nbytes);
    CHECK(rsl_lex(&other, good, good_nbytes, options) == RSL_OK);
    CHECK(other.ntokens == tokens->ntokens);
    CHECK(other.prefix.nbytes == moved[tokens->prefix.nbytes]);
    for (size_t i = 0; i < tokens->ntokens; i++) {
        const struct rsl_token *a = &tokens->list[i];
        const struct rsl_token *b = &other.list[i];
        CHECK(b->start == moved[a->start] && b->start + b->nbytes == moved[a->start + a->nbytes]);
        CHECK(a->kind == b->kind && a->flags == b->flags && a->nhashes == b->nhashes);
        CHECK((a->suffix_start == 0) == (b->suffix_start == 0));
        CHECK(a->suffix_start == 0 ||
              b->start + b->suffix_start == moved[a->start + a->suffix_start]);
    }
    rsl_tokens_fini(&other);
    free(moved);
    free(good);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t nbytes)
{
    static const uint16_t editions[] = {0, 2015, 2018, 2021, 2024};
    uint8_t *src = padded(data, nbytes);
    struct rsl_tokens expected, actual;
    rsl_tokens_init(&expected, NULL);
    rsl_tokens_init(&actual, NULL);
    for (size_t i = 0; i < sizeof(editions) / sizeof(editions[0]); i++) {
        struct rsl_lex_options options = {
            .edition = editions[i],
            .frontmatter = i % 2 == 1,
            .isa = RSL_ISA_SCALAR,
        };
        CHECK(rsl_lex(&expected, src, nbytes, &options) == RSL_OK);
        check_sound(&expected, nbytes);
        check_against_replaced(&expected, src, nbytes, &options);
        if (expected.nerrors == 0) {
            CHECK(rsl_lex_errors(&expected, src, nbytes, options.edition) == RSL_OK);
            CHECK(expected.nerrors == 0);
        }
        for (int isa = 0; isa < RSL_ISA_COUNT_; isa++) {
            options.isa = (enum rsl_isa)isa;
            CHECK(rsl_lex(&actual, src, nbytes, &options) == RSL_OK);
            check_same(&expected, &actual);
            check_one_by_one(&expected, src, nbytes, &options);
        }
    }
    rsl_tokens_fini(&expected);
    rsl_tokens_fini(&actual);
    free(src);
    return 0;
}
