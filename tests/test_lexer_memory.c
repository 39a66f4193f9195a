/* rsl_tokens: reuse, growth, memory bounds, and what happens when memory runs out. */
#include <stdlib.h>

#include "tests/lexer_testing.h"

/* Counts what it gives out and fails the call number `fail_at`, counted from 0. */
struct counting_allocator {
    struct rsl_allocator allocator;
    size_t ncalls, fail_at;
    size_t nbytes, most_nbytes;
};

static void *count_resize(void *state, void *ptr, size_t old_nbytes, size_t new_nbytes)
{
    struct counting_allocator *counting = state;
    if (counting->ncalls++ == counting->fail_at) {
        return NULL;
    }
    counting->nbytes += new_nbytes - old_nbytes;
    if (counting->nbytes > counting->most_nbytes) {
        counting->most_nbytes = counting->nbytes;
    }
    return realloc(ptr, new_nbytes);
}

static void *count_allocate(void *state, size_t nbytes)
{
    return count_resize(state, NULL, 0, nbytes);
}

static void count_release(void *state, void *ptr, size_t nbytes)
{
    struct counting_allocator *counting = state;
    counting->nbytes -= nbytes;
    free(ptr);
}

static void counting_init(struct counting_allocator *counting, size_t fail_at)
{
    *counting = (struct counting_allocator){
        .allocator = {count_allocate, count_resize, count_release, counting},
        .fail_at = fail_at,
    };
}

/* A padded source of `nbytes` that repeats `piece`; to be freed. */
static uint8_t *make_source(const char *piece, size_t nbytes)
{
    uint8_t *src = calloc(nbytes + RSL_PAD, 1);
    assert_non_null(src);
    for (size_t i = 0; i < nbytes; i++) {
        src[i] = (uint8_t)piece[i % strlen(piece)];
    }
    return src;
}

static void every_failing_allocation_gives_enomem_and_leaks_nothing(void **state)
{
    (void)state;
    const size_t nbytes = 300000;
    uint8_t *src = make_source("a+`b\xFF ", nbytes); /* many tokens and many errors */
    struct counting_allocator counting;
    size_t nfailed = 0;
    for (size_t k = 0;; k++) {
        struct rsl_tokens tokens;
        counting_init(&counting, k);
        rsl_tokens_init(&tokens, &counting.allocator);
        enum rsl_status status = rsl_lex(&tokens, src, nbytes, NULL);
        if (status == RSL_OK) {
            assert_true(counting.ncalls <= k); /* none failed */
            rsl_tokens_fini(&tokens);
            assert_int_equal(counting.nbytes, 0);
            break;
        }
        nfailed++;
        assert_int_equal(status, RSL_ENOMEM);
        assert_int_equal(tokens.ntokens, 0);
        assert_int_equal(tokens.nerrors, 0);
        assert_int_equal(tokens.prefix.nbytes, 0);
        /* The object is usable as if nothing had happened. */
        assert_int_equal(rsl_lex(&tokens, src, nbytes, NULL), RSL_OK);
        assert_tokens_sound(&tokens, nbytes);
        rsl_tokens_fini(&tokens);
        assert_int_equal(counting.nbytes, 0);
    }
    assert_true(nfailed > 10); /* both arrays grew several times */
    free(src);
}

static void memory_is_bounded_by_tokens_not_by_bytes(void **state)
{
    (void)state;
    const size_t nbytes = 4000000;
    uint8_t *src = make_source("                                       a", nbytes);
    struct counting_allocator counting;
    struct rsl_tokens tokens;
    counting_init(&counting, SIZE_MAX);
    rsl_tokens_init(&tokens, &counting.allocator);
    assert_int_equal(rsl_lex(&tokens, src, nbytes, NULL), RSL_OK);
    assert_int_equal(tokens.ntokens, nbytes / 20);
    /* Twice what the tokens take, and a stretch; far from 16 bytes for each byte. */
    assert_true(counting.most_nbytes <= tokens.ntokens * 32 + ((size_t)1 << 19));
    rsl_tokens_fini(&tokens);
    free(src);
}

static void a_token_a_byte_fits(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 63, 64, 65, 16383, 16384, 16385, 65536, 1000000};
    struct rsl_tokens tokens;
    rsl_tokens_init(&tokens, NULL);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        uint8_t *src = make_source(";", sizes[i]);
        for (int isa = 0; isa < RSL_ISA_COUNT_; isa++) {
            struct rsl_lex_options options = {.isa = (enum rsl_isa)isa};
            assert_int_equal(rsl_lex(&tokens, src, sizes[i], &options), RSL_OK);
            assert_int_equal(tokens.ntokens, sizes[i]);
            assert_tokens_sound(&tokens, sizes[i]);
        }
        free(src);
    }
    rsl_tokens_fini(&tokens);
}

/* Lexing goes in stretches of the source; a token may lie across their borders. */
static void all_versions_agree_on_long_sources(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "fn f<'a>(x: &'a str) -> u8 { x.len() as u8 + b'\\'' } // c\n",
        "\"a\nb\" ",
        "/* a */",
        "ab ",
        "x",
        "1.0 ",
        "\xC3\xA9 `",
        "/",
    };
    struct rsl_tokens expected, actual;
    rsl_tokens_init(&expected, NULL);
    rsl_tokens_init(&actual, NULL);
    for (size_t t = 0; t < sizeof(texts) / sizeof(texts[0]); t++) {
        const size_t nbytes = 100003;
        uint8_t *src = make_source(texts[t], nbytes);
        struct rsl_lex_options options = {.isa = RSL_ISA_SCALAR};
        assert_int_equal(rsl_lex(&expected, src, nbytes, &options), RSL_OK);
        assert_tokens_sound(&expected, nbytes);
        for (int isa = 0; isa < RSL_ISA_COUNT_; isa++) {
            options.isa = (enum rsl_isa)isa;
            assert_int_equal(rsl_lex(&actual, src, nbytes, &options), RSL_OK);
            assert_same_tokens(&expected, &actual);
        }
        free(src);
    }
    rsl_tokens_fini(&expected);
    rsl_tokens_fini(&actual);
}

static void reuse_keeps_the_memory_and_forgets_the_rest(void **state)
{
    (void)state;
    struct counting_allocator counting;
    struct rsl_tokens tokens;
    counting_init(&counting, SIZE_MAX);
    rsl_tokens_init(&tokens, &counting.allocator);
    const uint8_t *src = guarded_buffer_put(test_buffer(), "#!x\n` `", 7);
    assert_int_equal(rsl_lex(&tokens, src, 7, NULL), RSL_OK);
    assert_int_equal(tokens.ntokens, 4);
    assert_int_equal(tokens.nerrors, 2);
    assert_int_equal(tokens.prefix.nbytes, 3);
    size_t ncalls = counting.ncalls;
    src = guarded_buffer_put(test_buffer(), "a", 1);
    assert_int_equal(rsl_lex(&tokens, src, 1, NULL), RSL_OK);
    assert_int_equal(tokens.ntokens, 1);
    assert_int_equal(tokens.nerrors, 0);
    assert_int_equal(tokens.prefix.nbytes, 0);
    rsl_tokens_reset(&tokens);
    assert_int_equal(tokens.ntokens, 0);
    assert_int_equal(counting.ncalls, ncalls);
    rsl_tokens_fini(&tokens);
    assert_int_equal(counting.nbytes, 0);
    assert_null(tokens.list);
    rsl_tokens_fini(&tokens); /* twice is allowed: it is as after init */
}

static void an_overlong_source_is_refused(void **state)
{
    (void)state;
    const uint8_t *src = guarded_buffer_put(test_buffer(), "fn", 2);
    struct rsl_tokens tokens;
    struct rsl_lexer lexer;
    struct rsl_token token;
    rsl_tokens_init(&tokens, NULL);
    /* The length is judged before a byte is read. */
    size_t nbytes = (size_t)RSL_MAX_SOURCE + 1;
    assert_int_equal(rsl_lex(&tokens, src, nbytes, NULL), RSL_ETOOBIG);
    assert_int_equal(tokens.ntokens, 0);
    assert_int_equal(rsl_lexer_init(&lexer, src, nbytes, NULL), RSL_ETOOBIG);
    assert_false(rsl_lexer_next(&lexer, &token));
    rsl_tokens_fini(&tokens);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_failing_allocation_gives_enomem_and_leaks_nothing),
        cmocka_unit_test(memory_is_bounded_by_tokens_not_by_bytes),
        cmocka_unit_test(a_token_a_byte_fits),
        cmocka_unit_test(all_versions_agree_on_long_sources),
        cmocka_unit_test(reuse_keeps_the_memory_and_forgets_the_rest),
        cmocka_unit_test(an_overlong_source_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
