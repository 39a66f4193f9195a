/* Tests of the checker itself: for each kind of finding small programs that are wrong in that way,
 * beside such as are not. */
#include "ds/futex.h"
#include "tests/model/litmus.h"

/* --- memory --- */

static void *take(size_t nbytes)
{
    return model_allocator.allocate(model_allocator.state, nbytes);
}

static void give(void *block, size_t nbytes)
{
    model_allocator.release(model_allocator.state, block, nbytes);
}

static void publish_block(void *unused)
{
    (void)unused;
    struct rsl_atomic_u32 *block = take(sizeof(*block));
    rsl_u32_init(block, 7);
    rsl_ptr_store_release(&shared, block);
}

static void use_block(void *unused)
{
    (void)unused;
    struct rsl_atomic_u32 *block = rsl_ptr_load_acquire(&shared);
    if (block)
        model_assert(rsl_u32_load_relaxed(block) == 7);
}

static void use_block_unacquired(void *unused)
{
    (void)unused;
    struct rsl_atomic_u32 *block = rsl_ptr_load_relaxed(&shared);
    if (block)
        (void)rsl_u32_load_relaxed(block);
}

static void free_block(void *unused)
{
    (void)unused;
    struct rsl_atomic_u32 *block = rsl_ptr_exchange_acq_rel(&shared, NULL);
    if (block)
        give(block, sizeof(*block));
}

static void free_block_afterwards(void)
{
    free_block(NULL);
}

static void memory_must_be_published(void **state)
{
    (void)state;
    afterwards = free_block_afterwards;
    assert_int_equal(explore_two(publish_block, use_block).verdict, MODEL_CLEAN);
    assert_int_equal(explore_two(publish_block, use_block_unacquired).verdict, MODEL_RACE);
}

static void publish_block_then_release_into_it(void *unused)
{
    (void)unused;
    struct rsl_atomic_u32 *block = take(sizeof(*block));
    rsl_u32_init(block, 7);
    rsl_ptr_store_relaxed(&shared, block);
    rsl_u32_store_release(block, 8);
}

static void acquire_from_block(void *unused)
{
    (void)unused;
    struct rsl_atomic_u32 *block = rsl_ptr_load_relaxed(&shared);
    if (block)
        (void)rsl_u32_load_acquire(block);
}

/* Who reads the last value has acquired the block through it. */
static void a_race_that_only_an_old_value_shows_is_found(void **state)
{
    (void)state;
    afterwards = free_block_afterwards;
    assert_int_equal(explore_two(publish_block_then_release_into_it, acquire_from_block).verdict,
                     MODEL_RACE);
}

static void memory_must_not_be_freed_under_a_reader(void **state)
{
    (void)state;
    afterwards = free_block_afterwards;
    assert_int_equal(explore(publish_block, use_block, free_block, NULL).verdict, MODEL_BAD_MEMORY);
}

static void memory_must_be_freed(void **state)
{
    (void)state;
    assert_int_equal(explore_two(publish_block, use_block).verdict, MODEL_LEAK);
}

static void free_twice(void)
{
    void *block = take(8);
    give(block, 8);
    give(block, 8);
}

static void free_with_wrong_size(void)
{
    give(take(8), 9);
}

static void touch_behind(void)
{
    uint8_t *block = take(8);
    rsl_plain_read(block + 1, 8);
    give(block, 8);
}

static void touch_freed(void)
{
    uint8_t *block = take(8);
    give(block, 8);
    rsl_plain_read(block, 8);
}

static void load_fresh(void)
{
    struct rsl_atomic_u64 *block = take(sizeof(*block));
    (void)rsl_u64_load_relaxed(block);
    give(block, sizeof(*block));
}

static void follow_fresh_pointer(void)
{
    volatile uint32_t **block = take(sizeof(*block));
    **block = 1;
}

static void wrong_uses_of_memory_are_told_apart(void **state)
{
    (void)state;
    assert_int_equal(explore_body(free_twice).verdict, MODEL_BAD_MEMORY);
    assert_int_equal(explore_body(free_with_wrong_size).verdict, MODEL_BAD_MEMORY);
    assert_int_equal(explore_body(touch_behind).verdict, MODEL_BAD_MEMORY);
    assert_int_equal(explore_body(touch_freed).verdict, MODEL_BAD_MEMORY);
    assert_int_equal(explore_body(load_fresh).verdict, MODEL_UNINITIALISED);
#ifndef __SANITIZE_ADDRESS__
    assert_int_equal(explore_body(follow_fresh_pointer).verdict, MODEL_CRASH);
#else
    (void)follow_fresh_pointer;
#endif
}

/* --- waiting --- */

static void sleep_until_set(void *unused)
{
    (void)unused;
    while (rsl_u32_load_acquire(&word) == 0)
        (void)rsl_futex_wait(&word, 0, RSL_FOREVER);
    read_data();
}

static void set_and_wake(void *unused)
{
    (void)unused;
    data = 0;
    write_data();
    rsl_u32_store_release(&word, 1);
    rsl_futex_wake(&word, 1);
}

static void set_without_wake(void *unused)
{
    (void)unused;
    rsl_u32_store_release(&word, 1);
}

static void wake_before_set(void *unused)
{
    (void)unused;
    rsl_futex_wake(&word, 1);
    rsl_u32_store_release(&word, 1);
}

static void sleep_without_looking(void *unused)
{
    (void)unused;
    /* The word is not what changes: nothing keeps the thread from sleeping after the wake. */
    if (rsl_u32_load_acquire(&condition) == 0)
        (void)rsl_futex_wait(&word, 0, RSL_FOREVER);
}

static void set_condition_and_wake(void *unused)
{
    (void)unused;
    rsl_u32_store_release(&condition, 1);
    rsl_futex_wake(&word, 1);
}

static void a_futex_loses_no_wake_up(void **state)
{
    (void)state;
    const struct model_result result = explore_two(sleep_until_set, set_and_wake);
    assert_int_equal(result.verdict, MODEL_CLEAN);
    /* Set seen at once; seen by the kernel; asleep, then woken. */
    assert_true(result.nexecutions >= 3);
    assert_int_equal(explore(sleep_until_set, set_and_wake, NULL, NULL).nblocked, 0);
}

static void a_wake_up_that_is_lost_is_a_deadlock(void **state)
{
    (void)state;
    assert_int_equal(explore_two(sleep_until_set, set_without_wake).verdict, MODEL_DEADLOCK);
    assert_int_equal(explore_two(sleep_until_set, wake_before_set).verdict, MODEL_DEADLOCK);
    assert_int_equal(explore_two(sleep_without_looking, set_condition_and_wake).verdict,
                     MODEL_DEADLOCK);
}

static void a_wake_of_one_leaves_the_second_asleep(void **state)
{
    (void)state;
    assert_int_equal(explore(sleep_until_set, sleep_until_set, set_and_wake, NULL).verdict,
                     MODEL_DEADLOCK);
}

static void sleep_for_a_while(void *unused)
{
    (void)unused;
    r[0] = rsl_futex_wait(&word, 0, 1000);
}

static void a_timed_wait_may_end_in_time_or_not(void **state)
{
    (void)state;
    const struct model_result result = explore_two(sleep_for_a_while, set_and_wake);
    assert_int_equal(result.verdict, MODEL_CLEAN);
    expect_outcomes(0, 1000);
}

static void sleep_once_then_read(void *unused)
{
    (void)unused;
    (void)rsl_futex_wait(&word, 0, RSL_FOREVER);
    read_data();
}

static void a_wake_up_publishes_nothing(void **state)
{
    (void)state;
    assert_int_equal(explore_two(sleep_once_then_read, set_and_wake).verdict, MODEL_RACE);
}

static void spin_until_1(void *unused)
{
    (void)unused;
    while (rsl_u32_load_acquire(&x) != 1)
        rsl_pause();
    read_data();
}

static void spin_until_3(void *unused)
{
    (void)unused;
    while (rsl_u32_load_acquire(&x) != 3)
        rsl_pause();
}

static void spinning_ends_when_the_awaited_store_comes(void **state)
{
    (void)state;
    const struct model_result result = explore_two(spin_until_1, publish_release);
    assert_int_equal(result.verdict, MODEL_CLEAN);
    assert_int_equal(result.nexecutions, 1);
}

static void spinning_for_what_never_comes_is_a_deadlock(void **state)
{
    (void)state;
    assert_int_equal(explore_two(spin_until_3, publish_release).verdict, MODEL_DEADLOCK);
}

static void loop_without_pause(void)
{
    for (;;)
        (void)rsl_u32_load_relaxed(&x);
}

static void an_endless_loop_is_found(void **state)
{
    (void)state;
    assert_int_equal(explore_body(loop_without_pause).verdict, MODEL_TOO_LONG);
}

/* --- choices, and the search's own bounds --- */

static void choose_two(void)
{
    r[0] = model_choose(3);
    r[1] = model_choose(2);
    r[2] = r[3] = 0;
}

static void every_combination_of_choices_is_explored(void **state)
{
    (void)state;
    const struct model_client client = {
        .name = "choices", .body = choose_two, .on_execution = note_outcome};
    struct model_result result;
    noutcomes = 0;
    model_check(&client, &result);
    assert_int_equal(result.nexecutions, 6);
    expect_outcomes(0, 100, 1000, 1100, 2000, 2100);
}

static unsigned nbodies;

static void unrepeatable(void *unused)
{
    (void)unused;
    const unsigned one_of_two = nbodies++ % 2;
    rsl_u32_store_relaxed(one_of_two ? &x : &y, 1);
    (void)model_choose(2);
}

static void a_client_that_changes_is_refused(void **state)
{
    (void)state;
    assert_int_equal(explore_two(unrepeatable, NULL).verdict, MODEL_MISUSE);
}

static void a_stopped_search_is_not_called_clean(void **state)
{
    (void)state;
    const struct model_client client = {
        .name = "limited", .body = choose_two, .max_executions = 3, .quiet = true};
    struct model_result result;
    model_check(&client, &result);
    assert_int_equal(result.verdict, MODEL_TOO_MANY);
}

int main(void)
{
#ifdef __SANITIZE_THREAD__
    return 77; /* one thread of the system only, on stacks that ThreadSanitizer does not know */
#endif
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(memory_must_be_published, setup),
        cmocka_unit_test_setup(a_race_that_only_an_old_value_shows_is_found, setup),
        cmocka_unit_test_setup(memory_must_not_be_freed_under_a_reader, setup),
        cmocka_unit_test_setup(memory_must_be_freed, setup),
        cmocka_unit_test_setup(wrong_uses_of_memory_are_told_apart, setup),
        cmocka_unit_test_setup(a_futex_loses_no_wake_up, setup),
        cmocka_unit_test_setup(a_wake_up_that_is_lost_is_a_deadlock, setup),
        cmocka_unit_test_setup(a_wake_of_one_leaves_the_second_asleep, setup),
        cmocka_unit_test_setup(a_timed_wait_may_end_in_time_or_not, setup),
        cmocka_unit_test_setup(a_wake_up_publishes_nothing, setup),
        cmocka_unit_test_setup(spinning_ends_when_the_awaited_store_comes, setup),
        cmocka_unit_test_setup(spinning_for_what_never_comes_is_a_deadlock, setup),
        cmocka_unit_test_setup(an_endless_loop_is_found, setup),
        cmocka_unit_test_setup(every_combination_of_choices_is_explored, setup),
        cmocka_unit_test_setup(a_client_that_changes_is_refused, setup),
        cmocka_unit_test_setup(a_stopped_search_is_not_called_clean, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
