/* sched/file_state.h and sched/file_queue.h. */
#include "sched/file_state.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "sched/file_queue.h"
#include "tests/counting_allocator.h"

struct fixture {
    struct rsl_qsbr *domain;
    struct rsl_qsbr_participant *participant;
    struct rsl_file_states *states;
};

static void begin(struct fixture *fixture)
{
    assert_int_equal(rsl_qsbr_create(&rsl_allocator_default, &fixture->domain), RSL_OK);
    assert_int_equal(rsl_qsbr_register(fixture->domain, &fixture->participant), RSL_OK);
    assert_int_equal(
        rsl_file_states_create(fixture->domain, fixture->participant, NULL, 7, &fixture->states),
        RSL_OK);
}

static void end(struct fixture *fixture)
{
    rsl_file_states_destroy(fixture->states);
    rsl_qsbr_unregister(fixture->participant);
    rsl_qsbr_destroy(fixture->domain);
}

static struct rsl_file_state *get(struct fixture *fixture, const char *path)
{
    struct rsl_file_state *file = NULL;
    assert_int_equal(rsl_file_states_get(fixture->states, path, strlen(path), &file), RSL_OK);
    return file;
}

static void test_a_file_goes_through_its_phases(void **state)
{
    (void)state;
    struct fixture fixture;
    const struct rsl_file_version version = {10, 20, 30, 40};
    struct rsl_file_version found;
    size_t nbytes;
    begin(&fixture);
    struct rsl_file_state *file = get(&fixture, "a.rs");
    assert_ptr_equal(get(&fixture, "a.rs"), file);
    assert_string_equal(rsl_file_path(file, &nbytes), "a.rs");
    assert_int_equal(nbytes, 4);
    assert_int_equal(rsl_file_phase(file), RSL_FILE_UNSEEN);
    assert_true(rsl_file_changed(file));
    assert_int_equal(rsl_file_phase(file), RSL_FILE_QUEUED);
    assert_false(rsl_file_changed(file)); /* it is queued already */
    const uint32_t first = rsl_file_begin(file);
    assert_int_equal(rsl_file_phase(file), RSL_FILE_PARSING);
    assert_false(rsl_file_known(file, &found));
    assert_false(rsl_file_finish(file, true, &version));
    assert_int_equal(rsl_file_phase(file), RSL_FILE_DONE);
    assert_true(rsl_file_states_find(fixture.states, "a.rs", 4, &found));
    assert_memory_equal(&found, &version, sizeof found);
    assert_true(rsl_file_changed(file));
    assert_int_equal(rsl_file_begin(file), first + 1);
    assert_true(rsl_file_known(file, &found));
    assert_false(rsl_file_states_find(fixture.states, "a.rs", 4, &found)); /* just being parsed */
    assert_false(rsl_file_finish(file, true, &version));
    end(&fixture);
}

static void test_a_change_during_a_parse_makes_it_run_again(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    struct rsl_file_state *file = get(&fixture, "a.rs");
    assert_true(rsl_file_changed(file));
    rsl_file_begin(file);
    assert_false(rsl_file_changed(file)); /* not to be queued a second time, */
    assert_false(rsl_file_changed(file));
    assert_true(rsl_file_finish(file, true, NULL)); /* but then */
    assert_int_equal(rsl_file_phase(file), RSL_FILE_QUEUED);
    assert_false(rsl_file_changed(file));
    rsl_file_begin(file);
    assert_false(rsl_file_finish(file, true, NULL)); /* once */
    assert_int_equal(rsl_file_phase(file), RSL_FILE_DONE);
    end(&fixture);
}

static void test_a_file_that_failed_is_tried_again_when_it_changes(void **state)
{
    (void)state;
    struct fixture fixture;
    struct rsl_file_version found;
    begin(&fixture);
    struct rsl_file_state *file = get(&fixture, "a.rs");
    assert_true(rsl_file_changed(file));
    rsl_file_begin(file);
    assert_false(rsl_file_finish(file, false, NULL));
    assert_int_equal(rsl_file_phase(file), RSL_FILE_FAILED);
    assert_false(rsl_file_states_find(fixture.states, "a.rs", 4, &found));
    assert_true(rsl_file_changed(file));
    rsl_file_begin(file);
    assert_false(rsl_file_known(file, &found)); /* so whatever it holds is parsed */
    assert_false(rsl_file_finish(file, true, &(struct rsl_file_version){1, 2, 3, 4}));
    assert_int_equal(rsl_file_phase(file), RSL_FILE_DONE);
    end(&fixture);
}

static void test_should_parse_looks_at_contents_and_should_read_at_size_and_time(void **state)
{
    (void)state;
    const struct rsl_file_version known = {.nbytes = 5, .mtime_ns = 1000, .content_hash = 77};
    assert_false(rsl_should_read(&known, 5, 1000));
    assert_true(rsl_should_read(&known, 6, 1000));
    assert_true(rsl_should_read(&known, 5, 1001));
    const struct rsl_file_version young = {.nbytes = 5, .mtime_ns = -1, .content_hash = 77};
    assert_true(rsl_should_read(&young, 5, -1)); /* its time says nothing */
    assert_false(rsl_should_parse(&known, 5, 77));
    assert_true(rsl_should_parse(&known, 5, 78));
    assert_true(rsl_should_parse(&known, 6, 77));
}

static void test_calculate_priority_puts_changes_first_and_then_dependents(void **state)
{
    (void)state;
    struct rsl_file_queue queue;
    struct rsl_file_state files[5];
    assert_int_equal(rsl_file_queue_init(&queue, 5, &rsl_allocator_default), RSL_OK);
    rsl_file_queue_push(&queue, &files[3], rsl_calculate_priority(0, false));
    rsl_file_queue_push(&queue, &files[4], rsl_calculate_priority(0, false));
    rsl_file_queue_push(&queue, &files[2], rsl_calculate_priority(UINT32_MAX, false));
    rsl_file_queue_push(&queue, &files[1], rsl_calculate_priority(0, true));
    rsl_file_queue_push(&queue, &files[0], rsl_calculate_priority(9, true));
    for (int i = 0; i < 5; i++)
        assert_ptr_equal(rsl_file_queue_pop(&queue), &files[i]);
    rsl_file_queue_fini(&queue, &rsl_allocator_default);
}

static void test_the_queue_is_in_order_whatever_the_order_of_pushes(void **state)
{
    (void)state;
    enum { N = 500 };
    struct rsl_file_queue queue;
    static struct rsl_file_state files[N];
    uint32_t draw = 1;
    assert_int_equal(rsl_file_queue_init(&queue, N, &rsl_allocator_default), RSL_OK);
    for (uint32_t i = 0; i < N; i++) {
        draw = draw * 1664525 + 1013904223;
        files[i].number = i;
        files[i].applied = draw >> 16 & 31;
        rsl_file_queue_push(&queue, &files[i], files[i].applied);
    }
    const struct rsl_file_state *last = rsl_file_queue_pop(&queue);
    for (uint32_t i = 1; i < N; i++) {
        const struct rsl_file_state *file = rsl_file_queue_pop(&queue);
        assert_true(file->applied < last->applied ||
                    (file->applied == last->applied && file->number > last->number));
        last = file;
    }
    assert_int_equal(queue.n, 0);
    rsl_file_queue_fini(&queue, &rsl_allocator_default);
}

static void test_numbers_of_removed_files_are_used_again(void **state)
{
    (void)state;
    struct fixture fixture;
    char path[32];
    begin(&fixture);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 3000; i++) {
            snprintf(path, sizeof path, "%d/%d.rs", round, i);
            struct rsl_file_state *file = get(&fixture, path);
            assert_true(file->number < 3000);
            assert_int_equal(rsl_file_phase(file), RSL_FILE_UNSEEN);
            assert_ptr_equal(rsl_file_states_at(fixture.states, file->number), file);
        }
        assert_int_equal(rsl_file_states_length(fixture.states), 3000);
        uint32_t at = 0;
        int n = 0;
        for (struct rsl_file_state *file; (file = rsl_file_states_next(fixture.states, &at)); n++)
            rsl_file_states_remove(fixture.states, file);
        assert_int_equal(n, 3000);
        rsl_qsbr_quiescent(fixture.participant);
    }
    assert_int_equal(rsl_file_states_length(fixture.states), 0);
    end(&fixture);
}

/* ---- many threads */

enum { ROUNDS = 20000 };

struct race {
    struct fixture fixture;
    struct rsl_file_state *file;
    struct rsl_atomic_u64 written;  /* the file's contents: a number that grows */
    struct rsl_atomic_u64 parsed;   /* what the last parse found */
    struct rsl_atomic_u32 nqueued;  /* times that somebody had to parse it */
    struct rsl_atomic_u32 nrunning; /* now; more than one would be wrong */
    struct rsl_atomic_u32 nwrong;
    struct rsl_atomic_u32 over;
};

static void *parse_when_queued(void *arg)
{
    struct race *race = arg;
    for (;;) {
        uint32_t n = rsl_u32_load_acquire(&race->nqueued);
        if (n == 0) {
            if (rsl_u32_load_acquire(&race->over) != 0 && rsl_u32_load_acquire(&race->nqueued) == 0)
                return NULL;
            rsl_pause();
            continue;
        }
        if (!rsl_u32_cas_acq_rel(&race->nqueued, &n, n - 1))
            continue;
        rsl_file_begin(race->file);
        if (rsl_u32_fetch_add_acq_rel(&race->nrunning, 1) != 0)
            rsl_u32_fetch_add_relaxed(&race->nwrong, 1);
        const uint64_t found = rsl_u64_load_acquire(&race->written);
        const struct rsl_file_version version = {found, (int64_t)found, ~found, found * 3};
        rsl_u64_store_release(&race->parsed, found);
        rsl_u32_fetch_add_acq_rel(&race->nrunning, UINT32_MAX);
        if (rsl_file_finish(race->file, true, &version))
            rsl_u32_fetch_add_acq_rel(&race->nqueued, 1);
    }
}

static void *read_versions(void *arg)
{
    struct race *race = arg;
    struct rsl_qsbr_participant *participant;
    if (rsl_qsbr_register(race->fixture.domain, &participant) != RSL_OK)
        return NULL;
    while (rsl_u32_load_acquire(&race->over) == 0) {
        struct rsl_file_version found;
        if (rsl_file_states_find(race->fixture.states, "a.rs", 4, &found) &&
            (found.mtime_ns != (int64_t)found.nbytes || found.content_hash != ~found.nbytes ||
             found.fingerprint != found.nbytes * 3))
            rsl_u32_fetch_add_relaxed(&race->nwrong, 1);
        rsl_qsbr_quiescent(participant);
    }
    rsl_qsbr_unregister(participant);
    return NULL;
}

static void test_the_last_content_wins_and_no_two_parses_overlap(void **state)
{
    (void)state;
    struct race race = {0};
    pthread_t threads[4];
    begin(&race.fixture);
    race.file = get(&race.fixture, "a.rs");
    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, parse_when_queued, &race), 0);
    assert_int_equal(pthread_create(&threads[3], NULL, read_versions, &race), 0);
    for (uint64_t i = 1; i <= ROUNDS; i++) {
        rsl_u64_store_release(&race.written, i);
        if (rsl_file_changed(race.file))
            rsl_u32_fetch_add_acq_rel(&race.nqueued, 1);
        rsl_qsbr_quiescent(race.fixture.participant);
    }
    while (rsl_file_phase(race.file) != RSL_FILE_DONE)
        rsl_pause();
    rsl_u32_store_release(&race.over, 1);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(rsl_u64_load_acquire(&race.parsed), ROUNDS);
    assert_int_equal(rsl_u32_load_acquire(&race.nwrong), 0);
    end(&race.fixture);
}

static void test_without_memory_nothing_changes(void **state)
{
    (void)state;
    for (size_t fail_at = 0; fail_at < 40; fail_at++) {
        struct counting_allocator counting;
        struct fixture fixture = {0};
        struct rsl_file_state *file;
        counting_init(&counting, fail_at);
        assert_int_equal(rsl_qsbr_create(&rsl_allocator_default, &fixture.domain), RSL_OK);
        assert_int_equal(rsl_qsbr_register(fixture.domain, &fixture.participant), RSL_OK);
        if (rsl_file_states_create(fixture.domain, fixture.participant, &counting.allocator, 7,
                                   &fixture.states) == RSL_OK) {
            const enum rsl_status status = rsl_file_states_get(fixture.states, "a.rs", 4, &file);
            assert_true(status == RSL_OK || (status == RSL_ENOMEM && file == NULL));
            assert_int_equal(rsl_file_states_length(fixture.states), status == RSL_OK);
            assert_int_equal(rsl_file_states_get(fixture.states, "a.rs", 4, &file), RSL_OK);
        } else {
            assert_null(fixture.states);
        }
        rsl_file_states_destroy(fixture.states);
        rsl_qsbr_unregister(fixture.participant);
        rsl_qsbr_destroy(fixture.domain);
        assert_int_equal(counting.nbytes, 0);
        assert_false(counting.wrong);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_file_goes_through_its_phases),
        cmocka_unit_test(test_a_change_during_a_parse_makes_it_run_again),
        cmocka_unit_test(test_a_file_that_failed_is_tried_again_when_it_changes),
        cmocka_unit_test(test_should_parse_looks_at_contents_and_should_read_at_size_and_time),
        cmocka_unit_test(test_calculate_priority_puts_changes_first_and_then_dependents),
        cmocka_unit_test(test_the_queue_is_in_order_whatever_the_order_of_pushes),
        cmocka_unit_test(test_numbers_of_removed_files_are_used_again),
        cmocka_unit_test(test_the_last_content_wins_and_no_two_parses_overlap),
        cmocka_unit_test(test_without_memory_nothing_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
