/* lexer_testing.h - what the lexer's tests share: tokens as text, all instruction sets at once. */
#ifndef RSL_TESTS_LEXER_TESTING_H
#define RSL_TESTS_LEXER_TESTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lexer/lex_errors.h"
#include "lexer/lexer.h"
#include "tests/guarded_buffer.h"

/* Where all checks put their sources; small, so that a failure stays near its cause. */
#define TEST_CAPACITY ((size_t)1 << 16)

static inline struct guarded_buffer *test_buffer(void)
{
    static struct guarded_buffer buffer;
    if (!buffer.map) {
        guarded_buffer_init(&buffer, TEST_CAPACITY);
    }
    return &buffer;
}

/* A token as text: punctuation as it is, white space as `ws`, anything else as Kind:text, with what
 * its flags and numbers say in braces. Returns how much was written to out[0..room). */
static inline size_t render_token(char *out, size_t room, const uint8_t *src,
                                  const struct rsl_token *token)
{
    const char *text = (const char *)src + token->start;
    if (token->kind > 32) {
        return (size_t)snprintf(out, room, "%c", token->kind);
    }
    if (token->kind == RSL_TOKEN_WHITESPACE) {
        return (size_t)snprintf(out, room, "ws");
    }
    size_t n = (size_t)snprintf(out, room, "%s:%.*s", rsl_token_kind_name(token->kind),
                                (int)token->nbytes, text);
    char details[120] = "";
    size_t m = 0;
    static const char *const flags[] = {"unterminated", "empty_int", "empty_exponent", "number"};
    for (unsigned i = 0; i < 4; i++) {
        if (token->flags >> i & 1) {
            m += (size_t)snprintf(details + m, sizeof(details) - m, "%s,", flags[i]);
        }
    }
    static const char *const bases[] = {"", "base=2,", "base=8,", "base=16,"};
    m += (size_t)snprintf(details + m, sizeof(details) - m, "%s",
                          bases[(token->flags & RSL_TOKEN_BASE) >> RSL_TOKEN_BASE_SHIFT]);
    if (token->nhashes) {
        m += (size_t)snprintf(details + m, sizeof(details) - m, "hashes=%u,", token->nhashes);
    }
    if (token->suffix_start && token->suffix_start < token->nbytes) {
        m += (size_t)snprintf(details + m, sizeof(details) - m, "suffix=%u,", token->suffix_start);
    }
    if (m > 0) {
        n += (size_t)snprintf(out + n, room - n, "{%.*s}", (int)(m - 1), details);
    }
    return n;
}

static inline void render_tokens(char *out, size_t room, const uint8_t *src,
                                 const struct rsl_tokens *tokens)
{
    out[0] = '\0';
    for (size_t i = 0, n = 0; i < tokens->ntokens && n + 200 < room; i++) {
        if (i > 0) {
            out[n++] = ' ';
        }
        n += render_token(out + n, room - n, src, &tokens->list[i]);
    }
}

/* Every byte behind the prefix is in exactly one token, and the fields are what they may be. */
static inline void assert_tokens_sound(const struct rsl_tokens *tokens, size_t nbytes)
{
    uint32_t at = tokens->prefix.nbytes;
    for (size_t i = 0; i < tokens->ntokens; i++) {
        const struct rsl_token *token = &tokens->list[i];
        bool literal = token->kind >= RSL_TOKEN_INT && token->kind <= RSL_TOKEN_RAW_C_STR;
        assert_int_equal(token->start, at);
        assert_true(token->nbytes > 0);
        assert_int_equal(token->reserved, 0);
        assert_true(token->suffix_start <= token->nbytes);
        assert_int_equal(token->suffix_start != 0, literal);
        assert_true(rsl_token_kind_name(token->kind)[0] != '\0');
        at += token->nbytes;
    }
    assert_int_equal(at, nbytes);
    uint32_t last = 0;
    for (size_t i = 0; i < tokens->nerrors; i++) {
        const struct rsl_source_error *error = &tokens->errors[i];
        assert_true(error->off >= last);
        assert_true((size_t)error->off + error->nbytes <= nbytes);
        assert_in_range(error->code, 1, RSL_SOURCE_ERROR_COUNT - 1);
        last = error->off;
    }
}

static inline void assert_same_tokens(const struct rsl_tokens *a, const struct rsl_tokens *b)
{
    assert_int_equal(a->ntokens, b->ntokens);
    assert_int_equal(a->nerrors, b->nerrors);
    assert_int_equal(a->prefix.nbytes, b->prefix.nbytes);
    assert_int_equal(a->prefix.frontmatter_off, b->prefix.frontmatter_off);
    assert_int_equal(a->prefix.frontmatter_nbytes, b->prefix.frontmatter_nbytes);
    if (a->ntokens > 0) {
        assert_memory_equal(a->list, b->list, a->ntokens * sizeof(*a->list));
    }
    for (size_t i = 0; i < a->nerrors; i++) {
        assert_int_equal(a->errors[i].off, b->errors[i].off);
        assert_int_equal(a->errors[i].nbytes, b->errors[i].nbytes);
        assert_int_equal(a->errors[i].code, b->errors[i].code);
    }
}

/* Lexes text[0..nbytes) from a guarded buffer with every instruction set, all of which must agree
 * with each other and with the lexer that gives one token at a time. `tokens` holds the result; the
 * source is returned and good until the next call. */
static inline const uint8_t *lex_every_way(struct rsl_tokens *tokens, const void *text,
                                           size_t nbytes, const struct rsl_lex_options *options)
{
    const uint8_t *src = guarded_buffer_put(test_buffer(), text, nbytes);
    struct rsl_lex_options own = options ? *options : (struct rsl_lex_options){0};
    own.isa = RSL_ISA_SCALAR;
    assert_int_equal(rsl_lex(tokens, src, nbytes, &own), RSL_OK);
    assert_tokens_sound(tokens, nbytes);
    if (tokens->nerrors == 0) {
        /* The tokens were not gone over for errors; nothing may have been missed. */
        assert_int_equal(rsl_lex_errors(tokens, src, nbytes, own.edition), RSL_OK);
        assert_int_equal(tokens->nerrors, 0);
    }
    struct rsl_tokens other;
    rsl_tokens_init(&other, NULL);
    for (int isa = 0; isa < RSL_ISA_COUNT_; isa++) {
        own.isa = (enum rsl_isa)isa;
        assert_int_equal(rsl_lex(&other, src, nbytes, &own), RSL_OK);
        assert_same_tokens(tokens, &other);

        struct rsl_lexer lexer;
        struct rsl_token token;
        size_t n = 0;
        assert_int_equal(rsl_lexer_init(&lexer, src, nbytes, &own), RSL_OK);
        while (rsl_lexer_next(&lexer, &token)) {
            assert_true(n < tokens->ntokens);
            assert_memory_equal(&token, &tokens->list[n], sizeof(token));
            n++;
        }
        assert_int_equal(n, tokens->ntokens);
    }
    rsl_tokens_fini(&other);
    return src;
}

/* The tokens of text[0..nbytes) must read as `expected` (see render_token). */
static inline void check_bytes_as(const void *text, size_t nbytes, const char *expected,
                                  const struct rsl_lex_options *options)
{
    struct rsl_tokens tokens;
    char actual[4096];
    rsl_tokens_init(&tokens, NULL);
    const uint8_t *src = lex_every_way(&tokens, text, nbytes, options);
    render_tokens(actual, sizeof(actual), src, &tokens);
    assert_string_equal(actual, expected);
    rsl_tokens_fini(&tokens);
}

static inline void check(const char *text, const char *expected)
{
    check_bytes_as(text, strlen(text), expected, NULL);
}

static inline void check_edition(unsigned edition, const char *text, const char *expected)
{
    struct rsl_lex_options options = {.edition = (uint16_t)edition};
    check_bytes_as(text, strlen(text), expected, &options);
}

#endif
