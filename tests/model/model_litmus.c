/* Tests of the checker itself: litmus tests with the exact set of outcomes that RC11 allows. A
 * checker that is too strong misses outcomes here, one that is too weak shows more. */
#include "tests/model/litmus.h"

/* --- store buffering: x = 1; r0 = y || y = 1; r1 = x --- */

#define STORE_BUFFERING(name, store, load, between) \
    static void sb_##name##_a(void *unused)         \
    {                                               \
        (void)unused;                               \
        rsl_u32_store_##store(&x, 1);               \
        between;                                    \
        r[0] = rsl_u32_load_##load(&y);             \
    }                                               \
    static void sb_##name##_b(void *unused)         \
    {                                               \
        (void)unused;                               \
        rsl_u32_store_##store(&y, 1);               \
        between;                                    \
        r[1] = rsl_u32_load_##load(&x);             \
    }

STORE_BUFFERING(relaxed, relaxed, relaxed, (void)0)
STORE_BUFFERING(acq_rel, release, acquire, (void)0)
STORE_BUFFERING(seq_cst, seq_cst, seq_cst, (void)0)
STORE_BUFFERING(fence, relaxed, relaxed, rsl_fence_seq_cst())
STORE_BUFFERING(weak_fence, relaxed, relaxed, rsl_model_fence(__ATOMIC_ACQ_REL))
STORE_BUFFERING(seq_cst_store, seq_cst, relaxed, (void)0)
STORE_BUFFERING(light, relaxed, relaxed, rsl_model_fence(RSL_MODEL_LIGHT_FENCE))
STORE_BUFFERING(heavy, relaxed, relaxed, rsl_model_fence(RSL_MODEL_HEAVY_FENCE))

static void relaxed_store_buffering_allows_both_to_read_0(void **state)
{
    (void)state;
    const struct model_result result = explore_two(sb_relaxed_a, sb_relaxed_b);
    assert_int_equal(result.verdict, MODEL_CLEAN);
    assert_int_equal(result.nexecutions, 4); /* graphs, of which none is visited twice */
    expect_outcomes(0, 100, 1000, 1100);
}

static void acquire_and_release_do_not_forbid_store_buffering(void **state)
{
    (void)state;
    assert_int_equal(explore_two(sb_acq_rel_a, sb_acq_rel_b).nexecutions, 4);
    expect_outcomes(0, 100, 1000, 1100);
}

static void seq_cst_accesses_forbid_store_buffering(void **state)
{
    (void)state;
    assert_int_equal(explore_two(sb_seq_cst_a, sb_seq_cst_b).nexecutions, 3);
    expect_outcomes(100, 1000, 1100);
}

static void seq_cst_fences_forbid_store_buffering(void **state)
{
    (void)state;
    assert_int_equal(explore_two(sb_fence_a, sb_fence_b).nexecutions, 3);
    expect_outcomes(100, 1000, 1100);
}

static void one_fence_or_a_weaker_one_does_not(void **state)
{
    (void)state;
    explore_two(sb_fence_a, sb_relaxed_b);
    expect_outcomes(0, 100, 1000, 1100);
    explore_two(sb_weak_fence_a, sb_weak_fence_b);
    expect_outcomes(0, 100, 1000, 1100);
}

static void seq_cst_stores_with_relaxed_loads_do_not(void **state)
{
    (void)state;
    explore_two(sb_seq_cst_store_a, sb_seq_cst_store_b);
    expect_outcomes(0, 100, 1000, 1100);
}

static void a_fence_on_one_side_pairs_with_seq_cst_accesses_on_the_other(void **state)
{
    (void)state;
    explore_two(sb_fence_a, sb_seq_cst_b);
    /* RC11: psc orders a fence and an seq_cst access in both directions, through fr here. */
    expect_outcomes(100, 1000, 1100);
}

static void a_light_fence_pairs_with_heavy_ones_only(void **state)
{
    (void)state;
    explore_two(sb_light_a, sb_heavy_b);
    expect_outcomes(100, 1000, 1100);
    explore_two(sb_heavy_a, sb_heavy_b);
    expect_outcomes(100, 1000, 1100);
    explore_two(sb_heavy_a, sb_fence_b);
    expect_outcomes(100, 1000, 1100);
    explore_two(sb_light_a, sb_light_b);
    expect_outcomes(0, 100, 1000, 1100);
    explore_two(sb_light_a, sb_fence_b);
    expect_outcomes(0, 100, 1000, 1100);
}

/* --- message passing --- */

static void mp_send_relaxed(void *unused)
{
    (void)unused;
    rsl_u32_store_relaxed(&x, 1);
    rsl_u32_store_relaxed(&y, 1);
}

static void mp_send_release(void *unused)
{
    (void)unused;
    rsl_u32_store_relaxed(&x, 1);
    rsl_u32_store_release(&y, 1);
}

static void mp_send_fence(void *unused)
{
    (void)unused;
    rsl_u32_store_relaxed(&x, 1);
    rsl_model_fence(__ATOMIC_RELEASE);
    rsl_u32_store_relaxed(&y, 1);
}

static void mp_receive_relaxed(void *unused)
{
    (void)unused;
    r[0] = rsl_u32_load_relaxed(&y);
    r[1] = rsl_u32_load_relaxed(&x);
}

static void mp_receive_acquire(void *unused)
{
    (void)unused;
    r[0] = rsl_u32_load_acquire(&y);
    r[1] = rsl_u32_load_relaxed(&x);
}

static void mp_receive_fence(void *unused)
{
    (void)unused;
    r[0] = rsl_u32_load_relaxed(&y);
    rsl_model_fence(__ATOMIC_ACQUIRE);
    r[1] = rsl_u32_load_relaxed(&x);
}

static void message_passing_needs_release_and_acquire(void **state)
{
    (void)state;
    explore_two(mp_send_release, mp_receive_acquire);
    expect_outcomes(0, 100, 1100);
    explore_two(mp_send_fence, mp_receive_fence);
    expect_outcomes(0, 100, 1100);
    explore_two(mp_send_fence, mp_receive_acquire);
    expect_outcomes(0, 100, 1100);
    explore_two(mp_send_release, mp_receive_fence);
    expect_outcomes(0, 100, 1100);
}

static void mp_send_light(void *unused)
{
    (void)unused;
    rsl_u32_store_relaxed(&x, 1);
    rsl_model_fence(RSL_MODEL_LIGHT_FENCE);
    rsl_u32_store_relaxed(&y, 1);
}

static void half_a_message_passing_is_none(void **state)
{
    (void)state;
    explore_two(mp_send_relaxed, mp_receive_acquire);
    expect_outcomes(0, 100, 1000, 1100);
    explore_two(mp_send_release, mp_receive_relaxed);
    expect_outcomes(0, 100, 1000, 1100);
    explore_two(mp_send_relaxed, mp_receive_fence);
    expect_outcomes(0, 100, 1000, 1100);
    explore_two(mp_send_fence, mp_receive_relaxed);
    expect_outcomes(0, 100, 1000, 1100);
    explore_two(mp_send_light, mp_receive_acquire);
    expect_outcomes(0, 100, 1000, 1100);
}

static void publish_relaxed(void *unused)
{
    (void)unused;
    data = 0;
    write_data();
    rsl_u32_store_relaxed(&x, 1);
}

static void consume_acquire(void *unused)
{
    (void)unused;
    if (rsl_u32_load_acquire(&x) == 1)
        read_data();
}

static void relaxed_publication_is_a_race(void **state)
{
    (void)state;
    assert_int_equal(explore_two(publish_relaxed, consume_acquire).verdict, MODEL_RACE);
}

static void release_publication_is_clean(void **state)
{
    (void)state;
    const struct model_result result = explore_two(publish_release, consume_acquire);
    assert_int_equal(result.verdict, MODEL_CLEAN);
    assert_int_equal(result.nexecutions, 2);
}

/* --- coherence --- */

static void store_1_2(void *unused)
{
    (void)unused;
    rsl_u32_store_relaxed(&x, 1);
    rsl_u32_store_relaxed(&x, 2);
}

static void load_twice(void *unused)
{
    (void)unused;
    r[0] = rsl_u32_load_relaxed(&x);
    r[1] = rsl_u32_load_relaxed(&x);
}

static void loads_of_one_thread_go_forward(void **state)
{
    (void)state;
    assert_int_equal(explore_two(store_1_2, load_twice).nexecutions, 6);
    expect_outcomes(0, 100, 200, 1100, 1200, 2200);
}

static void store_1(void *unused)
{
    (void)unused;
    rsl_u32_store_relaxed(&x, 1);
}

static void store_2(void *unused)
{
    (void)unused;
    rsl_u32_store_relaxed(&x, 2);
}

static void load_twice_more(void *unused)
{
    (void)unused;
    r[2] = rsl_u32_load_relaxed(&x);
    r[3] = rsl_u32_load_relaxed(&x);
}

static void two_readers_agree_on_the_order_of_stores(void **state)
{
    (void)state;
    explore(store_1, store_2, load_twice, load_twice_more);
    /* Each reader sees one of 0/0 0/1 0/2 1/1 1/2 2/1 2/2, but not 1/2 where the other sees 2/1. */
    assert_int_equal(noutcomes, 7 * 7 - 2);
    for (size_t i = 0; i < noutcomes; i++) {
        assert_int_not_equal(outcomes[i], 1221);
        assert_int_not_equal(outcomes[i], 2112);
    }
}

/* --- independent reads of independent writes --- */

#define IRIW(name, store, load, between)                                                      \
    static void iriw_##name##_x(void *unused)                                                 \
    {                                                                                         \
        (void)unused;                                                                         \
        rsl_u32_store_##store(&x, 1);                                                         \
    }                                                                                         \
    static void iriw_##name##_y(void *unused)                                                 \
    {                                                                                         \
        (void)unused;                                                                         \
        rsl_u32_store_##store(&y, 1);                                                         \
    }                                                                                         \
    static void iriw_##name##_xy(void *unused)                                                \
    {                                                                                         \
        (void)unused;                                                                         \
        r[0] = rsl_u32_load_##load(&x);                                                       \
        between;                                                                              \
        r[1] = rsl_u32_load_##load(&y);                                                       \
    }                                                                                         \
    static void iriw_##name##_yx(void *unused)                                                \
    {                                                                                         \
        (void)unused;                                                                         \
        r[2] = rsl_u32_load_##load(&y);                                                       \
        between;                                                                              \
        r[3] = rsl_u32_load_##load(&x);                                                       \
    }                                                                                         \
    static struct model_result iriw_##name(void)                                              \
    {                                                                                         \
        return explore(iriw_##name##_x, iriw_##name##_y, iriw_##name##_xy, iriw_##name##_yx); \
    }

IRIW(acq_rel, release, acquire, (void)0)
IRIW(seq_cst, seq_cst, seq_cst, (void)0)
IRIW(fence, relaxed, relaxed, rsl_fence_seq_cst())

static bool seen(uint32_t outcome)
{
    for (size_t i = 0; i < noutcomes; i++) {
        if (outcomes[i] == outcome)
            return true;
    }
    return false;
}

static void acquire_readers_may_disagree_on_two_writers(void **state)
{
    (void)state;
    assert_int_equal(iriw_acq_rel().nexecutions, 16);
    assert_int_equal(noutcomes, 16);
    assert_true(seen(1010));
}

static void seq_cst_readers_may_not(void **state)
{
    (void)state;
    assert_int_equal(iriw_seq_cst().nexecutions, 15);
    assert_int_equal(noutcomes, 15);
    assert_false(seen(1010));
    assert_int_equal(iriw_fence().nexecutions, 15);
    assert_int_equal(noutcomes, 15);
    assert_false(seen(1010));
}

/* --- 2+2W --- */

static void load_final(void)
{
    r[0] = rsl_u32_load_relaxed(&x);
    r[1] = rsl_u32_load_relaxed(&y);
}

#define TWO_PLUS_TWO(name, store, between)  \
    static void ww_##name##_a(void *unused) \
    {                                       \
        (void)unused;                       \
        rsl_u32_store_##store(&x, 1);       \
        between;                            \
        rsl_u32_store_##store(&y, 2);       \
    }                                       \
    static void ww_##name##_b(void *unused) \
    {                                       \
        (void)unused;                       \
        rsl_u32_store_##store(&y, 1);       \
        between;                            \
        rsl_u32_store_##store(&x, 2);       \
    }

TWO_PLUS_TWO(release, release, (void)0)
TWO_PLUS_TWO(seq_cst, seq_cst, (void)0)
TWO_PLUS_TWO(fence, relaxed, rsl_fence_seq_cst())

static void release_stores_may_both_be_overwritten_by_the_others_first(void **state)
{
    (void)state;
    afterwards = load_final;
    assert_int_equal(explore_two(ww_release_a, ww_release_b).nexecutions, 4);
    expect_outcomes(1100, 1200, 2100, 2200);
}

static void seq_cst_stores_may_not(void **state)
{
    (void)state;
    afterwards = load_final;
    explore_two(ww_seq_cst_a, ww_seq_cst_b);
    expect_outcomes(1200, 2100, 2200);
    explore_two(ww_fence_a, ww_fence_b);
    expect_outcomes(1200, 2100, 2200);
}

/* --- the limit that model.h states --- */

static void lb_a(void *unused)
{
    (void)unused;
    r[0] = rsl_u32_load_relaxed(&x);
    rsl_u32_store_relaxed(&y, 1);
}

static void lb_b(void *unused)
{
    (void)unused;
    r[1] = rsl_u32_load_relaxed(&y);
    rsl_u32_store_relaxed(&x, 1);
}

static void load_buffering_is_not_explored(void **state)
{
    (void)state;
    assert_int_equal(explore_two(lb_a, lb_b).nexecutions, 3);
    expect_outcomes(0, 100, 1000);
}

/* --- causality and release sequences --- */

static void forward_x_to_y(void *unused)
{
    (void)unused;
    r[0] = rsl_u32_load_relaxed(&x);
    rsl_u32_store_release(&y, 1);
}

static void receive_y_then_x(void *unused)
{
    (void)unused;
    r[1] = rsl_u32_load_acquire(&y);
    r[2] = rsl_u32_load_relaxed(&x);
}

static void a_load_that_happens_before_another_is_not_newer(void **state)
{
    (void)state;
    explore(store_1, forward_x_to_y, receive_y_then_x, NULL);
    assert_int_equal(noutcomes, 7);
    assert_false(seen(1100));
}

static void add_1_relaxed(void *unused)
{
    (void)unused;
    rsl_u32_fetch_add_relaxed(&x, 1);
}

static void consume_2(void *unused)
{
    (void)unused;
    if (rsl_u32_load_acquire(&x) == 2)
        read_data();
}

static void publish_then_store_2_relaxed(void *unused)
{
    (void)unused;
    data = 0;
    write_data();
    rsl_u32_store_release(&x, 1);
    rsl_u32_store_relaxed(&x, 2);
}

static void a_relaxed_rmw_continues_a_release_sequence(void **state)
{
    (void)state;
    assert_int_equal(explore(publish_release, add_1_relaxed, consume_2, NULL).verdict, MODEL_CLEAN);
}

static void a_relaxed_store_does_not(void **state)
{
    (void)state;
    assert_int_equal(explore_two(publish_then_store_2_relaxed, consume_2).verdict, MODEL_RACE);
    assert_int_equal(explore(publish_release, store_2, consume_2, NULL).verdict, MODEL_RACE);
}

/* --- read-modify-writes --- */

static void load_x_after(void)
{
    r[0] = rsl_u32_load_relaxed(&x);
}

static void additions_are_atomic_in_every_order(void **state)
{
    (void)state;
    afterwards = load_x_after;
    assert_int_equal(explore(add_1_relaxed, add_1_relaxed, add_1_relaxed, NULL).nexecutions, 6);
    expect_outcomes(3000);
    assert_int_equal(
        explore(add_1_relaxed, add_1_relaxed, add_1_relaxed, add_1_relaxed).nexecutions, 24);
    expect_outcomes(4000);
}

static void claim(uint32_t *won)
{
    uint32_t expected = 0;
    if (rsl_u32_cas_relaxed(&x, &expected, 1))
        *won = 1;
    else
        model_assert(expected == 1);
}

static void claim_a(void *unused)
{
    (void)unused;
    claim(&r[1]);
}

static void claim_b(void *unused)
{
    (void)unused;
    claim(&r[2]);
}

static void claim_c(void *unused)
{
    (void)unused;
    claim(&r[3]);
}

static void one_compare_and_swap_wins(void **state)
{
    (void)state;
    const struct model_result result = explore(claim_a, claim_b, claim_c, NULL);
    assert_int_equal(result.verdict, MODEL_CLEAN);
    assert_int_equal(result.nexecutions, 3);
    expect_outcomes(1, 10, 100);
}

/* --- mutual exclusion: Dekker's entry, and Peterson's with its wait --- */

static void enter_if_free(struct rsl_atomic_u32 *mine, struct rsl_atomic_u32 *other, bool fenced)
{
    rsl_u32_store_relaxed(mine, 1);
    if (fenced)
        rsl_fence_seq_cst();
    if (rsl_u32_load_acquire(other) == 0) {
        rsl_plain_write(&data, sizeof(data));
        data++;
        rsl_u32_store_release(mine, 0);
    }
}

static void dekker_a(void *unused)
{
    (void)unused;
    enter_if_free(&x, &y, true);
}

static void dekker_b(void *unused)
{
    (void)unused;
    enter_if_free(&y, &x, true);
}

static void unfenced_a(void *unused)
{
    (void)unused;
    enter_if_free(&x, &y, false);
}

static void unfenced_b(void *unused)
{
    (void)unused;
    enter_if_free(&y, &x, false);
}

static void peterson(unsigned self, bool exchanges)
{
    rsl_u32_store_relaxed(&flags[self], 1);
    if (exchanges) {
        (void)rsl_u32_exchange_acq_rel(&turn, 1 - self);
    } else {
        rsl_u32_store_seq_cst(&turn, 1 - self);
        rsl_fence_seq_cst();
    }
    while (rsl_u32_load_acquire(&flags[1 - self]) && rsl_u32_load_acquire(&turn) == 1 - self)
        rsl_pause();
    rsl_plain_write(&data, sizeof(data));
    data++;
    rsl_u32_store_release(&flags[self], 0);
}

static void peterson_exchange_a(void *unused)
{
    (void)unused;
    peterson(0, true);
}

static void peterson_exchange_b(void *unused)
{
    (void)unused;
    peterson(1, true);
}

static void peterson_store_a(void *unused)
{
    (void)unused;
    peterson(0, false);
}

static void peterson_store_b(void *unused)
{
    (void)unused;
    peterson(1, false);
}

static void dekkers_entry_excludes_only_with_both_fences(void **state)
{
    (void)state;
    assert_int_equal(explore_two(dekker_a, dekker_b).verdict, MODEL_CLEAN);
    assert_int_equal(explore_two(dekker_a, unfenced_b).verdict, MODEL_RACE);
    assert_int_equal(explore_two(unfenced_a, dekker_b).verdict, MODEL_RACE);
}

/* Williams, "Peterson's lock with C++0x atomics": the exchange is what makes it a lock. A store of
 * `turn` that comes second does not show the second thread the flag of the first. */
static void petersons_lock_excludes_only_with_an_exchange(void **state)
{
    (void)state;
    const struct model_result result = explore_two(peterson_exchange_a, peterson_exchange_b);
    assert_int_equal(result.verdict, MODEL_CLEAN);
    assert_true(result.nexecutions > 2);
    assert_int_equal(explore_two(peterson_store_a, peterson_store_b).verdict, MODEL_RACE);
}

/* --- assertions --- */

static void fail_if_both_read_0(void)
{
    model_assert(r[0] + r[1] != 0);
}

static void an_assertion_fails_in_the_one_bad_execution(void **state)
{
    (void)state;
    afterwards = fail_if_both_read_0;
    const struct model_result result = explore_two(sb_relaxed_a, sb_relaxed_b);
    assert_int_equal(result.verdict, MODEL_ASSERTION);
    assert_int_equal(explore_two(sb_fence_a, sb_fence_b).verdict, MODEL_CLEAN);
}

int main(void)
{
#ifdef __SANITIZE_THREAD__
    return 77; /* one thread of the system only, on stacks that ThreadSanitizer does not know */
#endif
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(relaxed_store_buffering_allows_both_to_read_0, setup),
        cmocka_unit_test_setup(acquire_and_release_do_not_forbid_store_buffering, setup),
        cmocka_unit_test_setup(seq_cst_accesses_forbid_store_buffering, setup),
        cmocka_unit_test_setup(seq_cst_fences_forbid_store_buffering, setup),
        cmocka_unit_test_setup(one_fence_or_a_weaker_one_does_not, setup),
        cmocka_unit_test_setup(seq_cst_stores_with_relaxed_loads_do_not, setup),
        cmocka_unit_test_setup(a_fence_on_one_side_pairs_with_seq_cst_accesses_on_the_other, setup),
        cmocka_unit_test_setup(a_light_fence_pairs_with_heavy_ones_only, setup),
        cmocka_unit_test_setup(message_passing_needs_release_and_acquire, setup),
        cmocka_unit_test_setup(half_a_message_passing_is_none, setup),
        cmocka_unit_test_setup(relaxed_publication_is_a_race, setup),
        cmocka_unit_test_setup(release_publication_is_clean, setup),
        cmocka_unit_test_setup(loads_of_one_thread_go_forward, setup),
        cmocka_unit_test_setup(two_readers_agree_on_the_order_of_stores, setup),
        cmocka_unit_test_setup(acquire_readers_may_disagree_on_two_writers, setup),
        cmocka_unit_test_setup(seq_cst_readers_may_not, setup),
        cmocka_unit_test_setup(release_stores_may_both_be_overwritten_by_the_others_first, setup),
        cmocka_unit_test_setup(seq_cst_stores_may_not, setup),
        cmocka_unit_test_setup(load_buffering_is_not_explored, setup),
        cmocka_unit_test_setup(a_load_that_happens_before_another_is_not_newer, setup),
        cmocka_unit_test_setup(a_relaxed_rmw_continues_a_release_sequence, setup),
        cmocka_unit_test_setup(a_relaxed_store_does_not, setup),
        cmocka_unit_test_setup(additions_are_atomic_in_every_order, setup),
        cmocka_unit_test_setup(one_compare_and_swap_wins, setup),
        cmocka_unit_test_setup(dekkers_entry_excludes_only_with_both_fences, setup),
        cmocka_unit_test_setup(petersons_lock_excludes_only_with_an_exchange, setup),
        cmocka_unit_test_setup(an_assertion_fails_in_the_one_bad_execution, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
