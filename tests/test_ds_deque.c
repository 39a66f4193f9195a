/* ds/deque.h, in one thread: order, growth at every size, wrap-around, want of memory. */
#include "ds/deque.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "tests/counting_allocator.h"

/* Item i, which is never NULL. */
static char items[5000];

static void *item(size_t i)
{
    return &items[i];
}

/* An empty deque whose indices begin at `first`. */
static void init_at(struct rsl_deque *deque, const struct rsl_allocator *allocator, size_t capacity,
                    size_t first)
{
    assert_int_equal(rsl_deque_init(deque, allocator, capacity), RSL_OK);
    rsl_size_init(&deque->top, first);
    rsl_size_init(&deque->bottom, first);
    deque->seen_top = first;
}

static void *steal(struct rsl_deque *deque)
{
    void *stolen = NULL;
    const enum rsl_steal answer = rsl_deque_steal(deque, &stolen);
    assert_int_not_equal(answer, RSL_STEAL_ABORT); /* there is nobody else */
    assert_true((answer == RSL_STEAL_ITEM) == (stolen != NULL));
    return stolen;
}

static void pops_return_the_newest_and_steals_the_oldest(void **state)
{
    (void)state;
    struct rsl_deque deque;
    init_at(&deque, NULL, 8, 0);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(rsl_deque_push(&deque, item(i)), RSL_OK);
    assert_int_equal(rsl_deque_length(&deque), 5);
    assert_ptr_equal(rsl_deque_pop(&deque), item(4));
    assert_ptr_equal(steal(&deque), item(0));
    assert_ptr_equal(steal(&deque), item(1));
    assert_ptr_equal(rsl_deque_pop(&deque), item(3));
    assert_int_equal(rsl_deque_length(&deque), 1);
    assert_ptr_equal(rsl_deque_pop(&deque), item(2));
    assert_int_equal(rsl_deque_length(&deque), 0);
    rsl_deque_fini(&deque);
}

static void an_empty_deque_stays_usable_however_it_became_empty(void **state)
{
    (void)state;
    struct rsl_deque deque;
    init_at(&deque, NULL, 2, 0);
    for (size_t i = 0; i < 20; i++) {
        assert_null(rsl_deque_pop(&deque));
        assert_null(steal(&deque));
        assert_int_equal(rsl_deque_push(&deque, item(i)), RSL_OK);
        assert_ptr_equal(i % 2 ? rsl_deque_pop(&deque) : steal(&deque), item(i));
        assert_int_equal(rsl_deque_length(&deque), 0);
    }
    rsl_deque_fini(&deque);
}

static void capacities_that_are_no_powers_of_two_are_refused(void **state)
{
    (void)state;
    static const size_t bad[] = {0, 1, 3, 6, 100, SIZE_MAX};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct rsl_deque deque;
        assert_int_equal(rsl_deque_init(&deque, NULL, bad[i]), RSL_EINVAL);
        rsl_deque_fini(&deque);
    }
}

static void a_capacity_too_large_for_memory_is_an_error(void **state)
{
    (void)state;
    struct rsl_deque deque;
    assert_int_equal(rsl_deque_init(&deque, NULL, SIZE_MAX / 2 + 1), RSL_ENOMEM);
    rsl_deque_fini(&deque);
    init_at(&deque, NULL, 2, 0);
    assert_int_equal(rsl_deque_reserve(&deque, SIZE_MAX), RSL_ENOMEM);
    assert_int_equal(rsl_deque_reserve(&deque, SIZE_MAX / 4), RSL_ENOMEM);
    assert_int_equal(rsl_deque_push(&deque, item(1)), RSL_OK);
    assert_ptr_equal(rsl_deque_pop(&deque), item(1));
    rsl_deque_fini(&deque);
}

/* Grows when it holds `nheld` items, of which the oldest has index `first`. */
static void grow_holding(size_t nheld, size_t capacity, size_t first)
{
    struct counting_allocator counting;
    counting_init(&counting, SIZE_MAX);
    struct rsl_deque deque;
    init_at(&deque, &counting.allocator, capacity, first);
    for (size_t i = 0; i < nheld; i++)
        assert_int_equal(rsl_deque_push(&deque, item(i)), RSL_OK);
    const size_t ncalls = counting.ncalls;
    assert_int_equal(rsl_deque_reserve(&deque, capacity + 1), RSL_OK);
    assert_int_equal(counting.ncalls, ncalls + 1);
    assert_int_equal(rsl_deque_length(&deque), nheld);
    for (size_t i = 0; i < nheld; i += 2)
        assert_ptr_equal(steal(&deque), item(i / 2));
    for (size_t i = nheld; i-- > (nheld + 1) / 2;)
        assert_ptr_equal(rsl_deque_pop(&deque), item(i));
    assert_null(rsl_deque_pop(&deque));
    rsl_deque_fini(&deque);
    assert_int_equal(counting.nbytes, 0);
    assert_false(counting.wrong);
}

static void growth_keeps_the_items_at_every_fill_and_every_index(void **state)
{
    (void)state;
    for (size_t capacity = 2; capacity <= 32; capacity *= 2)
        for (size_t nheld = 0; nheld <= capacity; nheld++)
            for (size_t first = 0; first <= 2 * capacity; first++)
                grow_holding(nheld, capacity, first - capacity); /* across the wrap-around */
}

static void push_grows_only_when_the_array_is_full(void **state)
{
    (void)state;
    struct counting_allocator counting;
    counting_init(&counting, SIZE_MAX);
    struct rsl_deque deque;
    init_at(&deque, &counting.allocator, 4, SIZE_MAX - 500);
    /* Three items at a time travel through the array and past the wrap-around. */
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(rsl_deque_push(&deque, item(i)), RSL_OK);
    for (size_t i = 3; i < 1000; i++) {
        assert_int_equal(rsl_deque_push(&deque, item(i)), RSL_OK);
        assert_ptr_equal(steal(&deque), item(i - 3));
    }
    assert_int_equal(counting.ncalls, 1);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(rsl_deque_push(&deque, item(i)), RSL_OK);
    assert_int_equal(counting.ncalls, 2);
    rsl_deque_fini(&deque);
    assert_int_equal(counting.nbytes, 0);
}

static void old_arrays_take_no_more_than_the_current_one(void **state)
{
    (void)state;
    struct counting_allocator counting;
    counting_init(&counting, SIZE_MAX);
    struct rsl_deque deque;
    init_at(&deque, &counting.allocator, 2, 0);
    const size_t nitems = 4096;
    for (size_t i = 0; i < nitems; i++)
        assert_int_equal(rsl_deque_push(&deque, item(i)), RSL_OK);
    assert_true(counting.nbytes < nitems * 2 * sizeof(void *) + 1024);
    for (size_t i = nitems; i-- > 0;)
        assert_ptr_equal(rsl_deque_pop(&deque), item(i));
    rsl_deque_fini(&deque);
    assert_int_equal(counting.nbytes, 0);
    assert_false(counting.wrong);
}

static void want_of_memory_leaves_the_deque_as_it_was(void **state)
{
    (void)state;
    for (size_t fail_at = 0;; fail_at++) {
        struct counting_allocator counting;
        counting_init(&counting, fail_at);
        struct rsl_deque deque;
        const enum rsl_status begun = rsl_deque_init(&deque, &counting.allocator, 2);
        if (fail_at == 0) {
            assert_int_equal(begun, RSL_ENOMEM);
            rsl_deque_fini(&deque);
            continue;
        }
        assert_int_equal(begun, RSL_OK);
        size_t nfailed = 0;
        for (size_t i = 0; i < 100; i++) {
            enum rsl_status status = rsl_deque_push(&deque, item(i));
            if (status != RSL_OK) {
                assert_int_equal(status, RSL_ENOMEM);
                assert_int_equal(rsl_deque_length(&deque), i);
                nfailed++;
                status = rsl_deque_push(&deque, item(i)); /* only the k-th call fails */
            }
            assert_int_equal(status, RSL_OK);
        }
        for (size_t i = 100; i-- > 0;)
            assert_ptr_equal(rsl_deque_pop(&deque), item(i));
        rsl_deque_fini(&deque);
        assert_int_equal(counting.nbytes, 0);
        assert_int_equal(nfailed, counting.ncalls > fail_at ? 1 : 0);
        if (nfailed == 0)
            break;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pops_return_the_newest_and_steals_the_oldest),
        cmocka_unit_test(an_empty_deque_stays_usable_however_it_became_empty),
        cmocka_unit_test(capacities_that_are_no_powers_of_two_are_refused),
        cmocka_unit_test(a_capacity_too_large_for_memory_is_an_error),
        cmocka_unit_test(growth_keeps_the_items_at_every_fill_and_every_index),
        cmocka_unit_test(push_grows_only_when_the_array_is_full),
        cmocka_unit_test(old_arrays_take_no_more_than_the_current_one),
        cmocka_unit_test(want_of_memory_leaves_the_deque_as_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
