/* tools/result_cache.h: what is kept, what is driven out, and how much memory that takes. */
#include "tools/result_cache.h"

#include <malloc.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct rsl_content_key key_of(const struct rsl_result_cache *cache, unsigned number)
{
    return rsl_content_key(cache, (const uint8_t *)&number, sizeof number);
}

static struct rsl_content_result result_of(unsigned number)
{
    struct rsl_content_result result = {.nitems = number};
    for (unsigned i = 0; i < RSL_ITEM_KIND_COUNT; i++)
        result.nitems_by_kind[i] = number * 31 + i;
    return result;
}

static void add(struct rsl_result_cache *cache, unsigned number, const char *text)
{
    const struct rsl_content_key key = key_of(cache, number);
    const struct rsl_content_result result = result_of(number);
    rsl_result_cache_add(cache, &key, &result, text, text != NULL ? strlen(text) : 0);
}

/* Whether it is there; then it must be right. */
static bool find(struct rsl_result_cache *cache, unsigned number, struct rsl_text_buffer *text)
{
    const struct rsl_content_key key = key_of(cache, number);
    const struct rsl_content_result wanted = result_of(number);
    struct rsl_content_result result;
    text->nbytes = 0;
    if (!rsl_result_cache_find(cache, &key, &result, text))
        return false;
    assert_memory_equal(&result, &wanted, sizeof result);
    return true;
}

static void what_was_added_is_found(void **state)
{
    (void)state;
    struct rsl_result_cache *cache = rsl_result_cache_create(64 << 20, true);
    struct rsl_text_buffer text = {0};
    assert_non_null(cache);
    assert_false(find(cache, 1, &text));
    add(cache, 1, "one");
    add(cache, 1, "once more"); /* it is there already */
    add(cache, 2, NULL);
    assert_true(find(cache, 1, &text));
    assert_int_equal(text.nbytes, 3);
    assert_memory_equal(text.bytes, "one", 3);
    assert_true(find(cache, 2, &text));
    assert_int_equal(text.nbytes, 0);
    assert_false(find(cache, 3, &text));
    for (unsigned i = 10; i < 10000; i++)
        add(cache, i, "text");
    for (unsigned i = 10; i < 10000; i++)
        assert_true(find(cache, i, &text)); /* it has room for all of them */
    rsl_text_buffer_fini(&text);
    rsl_result_cache_destroy(cache);
}

static void contents_of_other_lengths_are_others(void **state)
{
    (void)state;
    struct rsl_result_cache *cache = rsl_result_cache_create(1 << 20, false);
    struct rsl_text_buffer text = {0};
    const struct rsl_content_key key = key_of(cache, 1);
    struct rsl_content_key other = key;
    struct rsl_content_result result = result_of(1);
    other.nbytes++;
    rsl_result_cache_add(cache, &key, &result, NULL, 0);
    assert_true(rsl_result_cache_find(cache, &key, &result, &text));
    assert_false(rsl_result_cache_find(cache, &other, &result, &text));
    other = key;
    other.high ^= UINT64_C(1) << 63;
    assert_false(rsl_result_cache_find(cache, &other, &result, &text));
    rsl_result_cache_destroy(cache);
}

static void memory_stays_within_its_bounds(void **state)
{
    (void)state;
    enum { MAX = 2 << 20 };
    char *large = malloc(20001);
    memset(large, 'x', 20000);
    large[20000] = '\0';
    const size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
    struct rsl_result_cache *cache = rsl_result_cache_create(MAX, true);
    struct rsl_text_buffer text = {0};
    size_t most = 0;
    for (unsigned i = 0; i < 30000; i++) {
        add(cache, i, i % 3 == 0 ? large : i % 3 == 1 ? "small" : NULL);
        const size_t now = mallinfo2().uordblks + mallinfo2().hblkhd;
        most = now > most ? now : most;
    }
    /* The allocator's own words, and the cache's struct; sanitizers count otherwise. */
    if (most > 0)
        assert_true(most - before < MAX + MAX / 4);
    unsigned nfound = 0;
    for (unsigned i = 0; i < 30000; i++)
        nfound += find(cache, i, &text);
    assert_in_range(nfound, 100, 29000);
    add(cache, 40000, "the last");
    assert_true(find(cache, 40000, &text));
    rsl_text_buffer_fini(&text);
    rsl_result_cache_destroy(cache);
    free(large);
}

static void a_cache_without_room_keeps_nothing(void **state)
{
    (void)state;
    for (size_t max = 0; max < 100000; max += 9999) {
        struct rsl_result_cache *cache = rsl_result_cache_create(max, max % 2 == 0);
        struct rsl_text_buffer text = {0};
        assert_non_null(cache);
        for (unsigned i = 0; i < 1000; i++)
            add(cache, i, "a text");
        unsigned nfound = 0;
        for (unsigned i = 0; i < 1000; i++)
            nfound += find(cache, i, &text);
        if (max < 10000)
            assert_int_equal(nfound, 0);
        rsl_text_buffer_fini(&text);
        rsl_result_cache_destroy(cache);
    }
    rsl_result_cache_destroy(NULL);
}

static void *add_and_find(void *arg)
{
    struct rsl_result_cache *cache = arg;
    struct rsl_text_buffer text = {0};
    for (unsigned i = 0; i < 20000; i++) {
        if (find(cache, i % 3000, &text)) {
            if (text.nbytes != 10 || memcmp(text.bytes, "0123456789", 10) != 0)
                abort();
        } else {
            add(cache, i % 3000, "0123456789");
        }
    }
    rsl_text_buffer_fini(&text);
    return NULL;
}

static void threads_find_what_others_add(void **state)
{
    (void)state;
    struct rsl_result_cache *cache = rsl_result_cache_create(1 << 20, true);
    pthread_t threads[4];
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, add_and_find, cache), 0);
    for (size_t i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    rsl_result_cache_destroy(cache);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_added_is_found),
        cmocka_unit_test(contents_of_other_lengths_are_others),
        cmocka_unit_test(memory_stays_within_its_bounds),
        cmocka_unit_test(a_cache_without_room_keeps_nothing),
        cmocka_unit_test(threads_find_what_others_add),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
