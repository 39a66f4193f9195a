/* The arena: alignment, reuse without calls of the allocator, failure, poison. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ds/arena.h"
#include "tests/counting_allocator.h"

static void blocks_are_aligned_and_do_not_overlap(void **state)
{
    (void)state;
    enum { NBLOCKS = 2000 };
    static struct {
        uint8_t *at;
        size_t nbytes;
    } given[NBLOCKS];
    struct counting_allocator counting;
    counting_init(&counting, SIZE_MAX);
    struct rsl_arena arena;
    rsl_arena_init(&arena, &counting.allocator, 1000);
    uint32_t random = 1;
    for (size_t i = 0; i < NBLOCKS; i++) {
        random = random * 1664525 + 1013904223;
        const size_t alignment = (size_t)1 << (random >> 28) % 13;
        given[i].nbytes = (random >> 8) % 300;
        given[i].at = rsl_arena_alloc(&arena, given[i].nbytes, alignment);
        assert_non_null(given[i].at);
        assert_int_equal((uintptr_t)given[i].at % alignment, 0);
        memset(given[i].at, (int)(i & 0xFF), given[i].nbytes);
    }
    for (size_t i = 0; i < NBLOCKS; i++)
        for (size_t k = 0; k < given[i].nbytes; k++)
            assert_int_equal(given[i].at[k], i & 0xFF);
    rsl_arena_fini(&arena);
    assert_int_equal(counting.nbytes, 0);
    assert_false(counting.wrong);
}

static void the_same_work_again_needs_no_allocation(void **state)
{
    (void)state;
    struct counting_allocator counting;
    counting_init(&counting, SIZE_MAX);
    struct rsl_arena arena;
    rsl_arena_init(&arena, &counting.allocator, 0);
    size_t ncalls = 0;
    for (int round = 0; round < 20; round++) {
        for (size_t i = 0; i < 1000; i++)
            assert_non_null(rsl_arena_alloc(&arena, i % 97, 8));
        rsl_arena_reset(&arena);
        if (round == 3)
            ncalls = counting.ncalls;
    }
    assert_int_equal(counting.ncalls, ncalls);
    assert_int_equal(rsl_arena_held(&arena), counting.nbytes);
    rsl_arena_fini(&arena);
    assert_int_equal(counting.nbytes, 0);
}

static void nothing_is_allocated_before_the_first_use(void **state)
{
    (void)state;
    struct counting_allocator counting;
    counting_init(&counting, SIZE_MAX);
    struct rsl_arena arena;
    rsl_arena_init(&arena, &counting.allocator, 4096);
    rsl_arena_reset(&arena);
    assert_int_equal(rsl_arena_held(&arena), 0);
    assert_int_equal(counting.ncalls, 0);
    assert_non_null(rsl_arena_alloc(&arena, 0, 1)); /* nothing is something */
    assert_int_equal(counting.ncalls, 1);
    rsl_arena_fini(&arena);
}

static void a_failed_allocation_leaves_the_arena_usable(void **state)
{
    (void)state;
    for (size_t fail_at = 0; fail_at < 6; fail_at++) {
        struct counting_allocator counting;
        counting_init(&counting, fail_at);
        struct rsl_arena arena;
        rsl_arena_init(&arena, &counting.allocator, 256);
        uint8_t *given[64];
        size_t nfailures = 0;
        for (size_t i = 0; i < 64; i++) {
            given[i] = rsl_arena_alloc(&arena, 200, 16);
            if (given[i] == NULL) {
                nfailures++;
                given[i] = rsl_arena_alloc(&arena, 200, 16);
            }
            assert_non_null(given[i]);
            memset(given[i], (int)i, 200);
        }
        assert_int_equal(nfailures, 1);
        for (size_t i = 0; i < 64; i++)
            assert_true(given[i][0] == i && given[i][199] == i);
        rsl_arena_fini(&arena);
        assert_int_equal(counting.nbytes, 0);
    }
}

static void a_size_that_overflows_is_refused(void **state)
{
    (void)state;
    struct rsl_arena arena;
    rsl_arena_init(&arena, &rsl_allocator_default, 256);
    assert_null(rsl_arena_alloc(&arena, SIZE_MAX, 8));
    assert_null(rsl_arena_alloc(&arena, SIZE_MAX - 64, 4096));
    assert_null(rsl_arena_alloc(&arena, SIZE_MAX / 2, 1));
    assert_non_null(rsl_arena_alloc(&arena, 1, 1));
    rsl_arena_fini(&arena);
}

static void what_is_not_given_out_is_poisoned(void **state)
{
    (void)state;
#ifdef RSL_ASAN
    struct rsl_arena arena;
    rsl_arena_init(&arena, &rsl_allocator_default, 4096);
    uint8_t *given = rsl_arena_alloc(&arena, 100, 16);
    assert_false(__asan_address_is_poisoned(given));
    assert_false(__asan_address_is_poisoned(given + 99));
    assert_true(__asan_address_is_poisoned(given + 100));
    rsl_arena_reset(&arena);
    assert_true(__asan_address_is_poisoned(given));
    rsl_arena_fini(&arena);
#else
    skip();
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_are_aligned_and_do_not_overlap),
        cmocka_unit_test(the_same_work_again_needs_no_allocation),
        cmocka_unit_test(nothing_is_allocated_before_the_first_use),
        cmocka_unit_test(a_failed_allocation_leaves_the_arena_usable),
        cmocka_unit_test(a_size_that_overflows_is_refused),
        cmocka_unit_test(what_is_not_given_out_is_poisoned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
