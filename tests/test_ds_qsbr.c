/* Quiescent-state-based reclamation: not before everybody has passed, once, and in the end all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <pthread.h>

#include <cmocka.h>

#include "ds/poison.h"
#include "ds/qsbr.h"
#include "tests/counting_allocator.h"

struct object {
    struct rsl_qsbr_node node; /* first: the node is the object */
    int *nreclaimed;
};

static void reclaim_object(struct rsl_qsbr_node *node)
{
    ++*((struct object *)(void *)node)->nreclaimed;
}

static struct rsl_qsbr *make_domain(uint64_t epoch)
{
    struct rsl_qsbr *domain;
    assert_int_equal(rsl_qsbr_create(&rsl_allocator_default, &domain), RSL_OK);
    rsl_u64_init(&domain->epoch, epoch);
    return domain;
}

static struct rsl_qsbr_participant *join(struct rsl_qsbr *domain)
{
    struct rsl_qsbr_participant *participant;
    assert_int_equal(rsl_qsbr_register(domain, &participant), RSL_OK);
    return participant;
}

/* Epochs to start from: the first, and some from which the counter wraps during the test. */
static const uint64_t starts[] = {1, UINT64_MAX - 6, UINT64_MAX - 4, UINT64_MAX - 2, UINT64_MAX};
#define NSTARTS (sizeof starts / sizeof starts[0])

static void nothing_is_reclaimed_before_everybody_has_passed(void **state)
{
    (void)state;
    for (size_t start = 0; start < NSTARTS; start++) {
        struct rsl_qsbr *domain = make_domain(starts[start]);
        struct rsl_qsbr_participant *writer = join(domain), *reader = join(domain);
        int nreclaimed = 0;
        struct object object = {.nreclaimed = &nreclaimed};
        rsl_qsbr_retire(writer, &object.node, reclaim_object);
        for (int i = 0; i < 10; i++)
            rsl_qsbr_quiescent(writer);
        assert_int_equal(nreclaimed, 0);
        int rounds = 0;
        while (nreclaimed == 0 && rounds < 4) {
            rsl_qsbr_quiescent(reader);
            rsl_qsbr_quiescent(writer);
            rounds++;
        }
        assert_int_equal(nreclaimed, 1);
        assert_in_range(rounds, 1, 4);
        rsl_qsbr_unregister(reader);
        rsl_qsbr_unregister(writer);
        rsl_qsbr_destroy(domain);
        assert_int_equal(nreclaimed, 1);
    }
}

static void a_stream_of_garbage_stays_bounded(void **state)
{
    (void)state;
    struct rsl_qsbr *domain = make_domain(UINT64_MAX - 20);
    struct rsl_qsbr_participant *writer = join(domain), *reader = join(domain);
    int nreclaimed = 0;
    static struct object objects[1000];
    for (int i = 0; i < 1000; i++) {
        objects[i].nreclaimed = &nreclaimed;
        rsl_qsbr_retire(writer, &objects[i].node, reclaim_object);
        rsl_qsbr_quiescent(writer);
        rsl_qsbr_quiescent(reader);
        assert_in_range(i + 1 - nreclaimed, 0, 6);
    }
    rsl_qsbr_unregister(reader);
    rsl_qsbr_unregister(writer);
    assert_int_equal(nreclaimed, 1000);
    rsl_qsbr_destroy(domain);
}

static void who_is_offline_holds_nobody_back(void **state)
{
    (void)state;
    struct rsl_qsbr *domain = make_domain(1);
    struct rsl_qsbr_participant *writer = join(domain), *sleeper = join(domain);
    int nreclaimed = 0;
    struct object first = {.nreclaimed = &nreclaimed}, second = first;
    rsl_qsbr_offline(sleeper);
    rsl_qsbr_retire(writer, &first.node, reclaim_object);
    for (int i = 0; i < 4; i++)
        rsl_qsbr_quiescent(writer);
    assert_int_equal(nreclaimed, 1);
    rsl_qsbr_online(sleeper);
    rsl_qsbr_retire(writer, &second.node, reclaim_object);
    for (int i = 0; i < 4; i++)
        rsl_qsbr_quiescent(writer);
    assert_int_equal(nreclaimed, 1);
    rsl_qsbr_unregister(sleeper);
    for (int i = 0; i < 4; i++)
        rsl_qsbr_quiescent(writer);
    assert_int_equal(nreclaimed, 2);
    rsl_qsbr_unregister(writer);
    rsl_qsbr_destroy(domain);
}

static void the_last_one_to_leave_reclaims(void **state)
{
    (void)state;
    struct rsl_qsbr *domain = make_domain(1);
    struct rsl_qsbr_participant *only = join(domain);
    int nreclaimed = 0;
    struct object object = {.nreclaimed = &nreclaimed};
    rsl_qsbr_retire(only, &object.node, reclaim_object);
    rsl_qsbr_offline(only);
    assert_int_equal(nreclaimed, 1);
    rsl_qsbr_unregister(only);
    rsl_qsbr_destroy(domain);
}

static void whoever_passes_adopts_what_was_left_behind(void **state)
{
    (void)state;
    struct rsl_qsbr *domain = make_domain(1);
    struct rsl_qsbr_participant *leaver = join(domain), *other = join(domain);
    int nreclaimed = 0;
    struct object objects[3] = {
        {.nreclaimed = &nreclaimed}, {.nreclaimed = &nreclaimed}, {.nreclaimed = &nreclaimed}};
    for (int i = 0; i < 3; i++)
        rsl_qsbr_retire(leaver, &objects[i].node, reclaim_object);
    rsl_qsbr_unregister(leaver);
    assert_int_equal(nreclaimed, 0);
    for (int i = 0; i < 4; i++)
        rsl_qsbr_quiescent(other);
    assert_int_equal(nreclaimed, 3);
    rsl_qsbr_unregister(other);
    rsl_qsbr_destroy(domain);
}

static void destroy_reclaims_what_is_left(void **state)
{
    (void)state;
    struct rsl_qsbr *domain = make_domain(1);
    struct rsl_qsbr_participant *first = join(domain), *second = join(domain);
    int nreclaimed = 0;
    struct object object = {.nreclaimed = &nreclaimed};
    rsl_qsbr_retire(first, &object.node, reclaim_object);
    rsl_qsbr_unregister(first); /* the object becomes an orphan: second has not passed */
    rsl_qsbr_unregister(second);
    assert_int_equal(nreclaimed, 0);
    rsl_qsbr_destroy(domain);
    assert_int_equal(nreclaimed, 1);
    rsl_qsbr_destroy(NULL);
    rsl_qsbr_unregister(NULL);
}

static struct rsl_qsbr_participant *retirer;

static void reclaim_and_retire(struct rsl_qsbr_node *node)
{
    struct object *object = (struct object *)(void *)node;
    if (++*object->nreclaimed < 3)
        rsl_qsbr_retire(retirer, node, reclaim_and_retire);
}

static void a_reclaim_function_may_retire(void **state)
{
    (void)state;
    struct rsl_qsbr *domain = make_domain(1);
    retirer = join(domain);
    int nreclaimed = 0;
    struct object object = {.nreclaimed = &nreclaimed};
    rsl_qsbr_retire(retirer, &object.node, reclaim_and_retire);
    for (int i = 0; i < 16; i++)
        rsl_qsbr_quiescent(retirer);
    assert_int_equal(nreclaimed, 3);
    rsl_qsbr_unregister(retirer);
    rsl_qsbr_destroy(domain);
}

static void a_stamp_passes_when_all_have(void **state)
{
    (void)state;
    for (size_t start = 0; start < NSTARTS; start++) {
        struct rsl_qsbr *domain = make_domain(starts[start]);
        struct rsl_qsbr_participant *writer = join(domain), *reader = join(domain);
        const uint64_t stamp = rsl_qsbr_stamp(writer);
        for (int i = 0; i < 10; i++) {
            rsl_qsbr_quiescent(writer);
            assert_false(rsl_qsbr_passed(writer, stamp));
        }
        int rounds = 0;
        while (!rsl_qsbr_passed(writer, stamp)) {
            rsl_qsbr_quiescent(reader);
            rsl_qsbr_quiescent(writer);
            assert_in_range(++rounds, 1, 3);
        }
        assert_in_range(rounds, 1, 3);
        assert_true(rsl_qsbr_passed(writer, stamp));
        rsl_qsbr_unregister(reader);
        rsl_qsbr_unregister(writer);
        rsl_qsbr_destroy(domain);
    }
}

static void records_are_used_again(void **state)
{
    (void)state;
    struct counting_allocator counting;
    counting_init(&counting, SIZE_MAX);
    struct rsl_qsbr *domain;
    assert_int_equal(rsl_qsbr_create(&counting.allocator, &domain), RSL_OK);
    for (int i = 0; i < 100; i++) {
        struct rsl_qsbr_participant *one = join(domain), *two = join(domain);
        assert_ptr_not_equal(one, two);
        rsl_qsbr_unregister(one);
        rsl_qsbr_unregister(two);
    }
    assert_int_equal(counting.ncalls, 3);
    rsl_qsbr_destroy(domain);
    assert_int_equal(counting.nbytes, 0);
    assert_false(counting.wrong);
}

static void failed_allocations_are_reported(void **state)
{
    (void)state;
    struct counting_allocator counting;
    counting_init(&counting, 0);
    struct rsl_qsbr *domain;
    assert_int_equal(rsl_qsbr_create(&counting.allocator, &domain), RSL_ENOMEM);
    counting_init(&counting, 1);
    assert_int_equal(rsl_qsbr_create(&counting.allocator, &domain), RSL_OK);
    struct rsl_qsbr_participant *participant;
    assert_int_equal(rsl_qsbr_register(domain, &participant), RSL_ENOMEM);
    assert_int_equal(rsl_qsbr_register(domain, &participant), RSL_OK);
    rsl_qsbr_unregister(participant);
    rsl_qsbr_destroy(domain);
    assert_int_equal(counting.nbytes, 0);
}

/* Threads swap what shared cells hold, read what the others put there, and come and go. */
enum { NTHREADS = 6, NCELLS = 8, LIVE = 0x600D, DEAD = 0xDEAD };

struct cell_object {
    struct rsl_qsbr_node node;
    struct rsl_atomic_u32 *nreclaimed;
    uint32_t mark;
};

struct churn {
    struct rsl_qsbr *domain;
    struct rsl_atomic_ptr cells[NCELLS];
    struct rsl_atomic_u32 nmade, nreclaimed, nwrong;
    uint32_t noperations;
};

static void reclaim_cell_object(struct rsl_qsbr_node *node)
{
    struct cell_object *object = (struct cell_object *)(void *)node;
    (void)rsl_u32_fetch_add_relaxed(object->nreclaimed, 1); /* read when all threads are joined */
    object->mark = DEAD;
    free(object);
}

static void *churn(void *argument)
{
    struct churn *shared = argument;
    struct rsl_qsbr_participant *participant;
    if (rsl_qsbr_register(shared->domain, &participant) != RSL_OK)
        abort();
    static struct rsl_atomic_u32 seeds;
    uint32_t random = 12345 + 77 * rsl_u32_fetch_add_relaxed(&seeds, 1);
    for (uint32_t i = 0; i < shared->noperations; i++) {
        random = random * 1664525 + 1013904223;
        const uint32_t draw = random >> 16;
        struct rsl_atomic_ptr *cell = &shared->cells[draw % NCELLS];
        if (draw % 5 < 2) {
            struct cell_object *fresh = malloc(sizeof *fresh);
            if (fresh == NULL)
                abort();
            fresh->nreclaimed = &shared->nreclaimed;
            fresh->mark = LIVE;
            (void)rsl_u32_fetch_add_relaxed(&shared->nmade, 1);
            struct cell_object *old = rsl_ptr_exchange_acq_rel(cell, fresh);
            if (old != NULL)
                rsl_qsbr_retire(participant, &old->node, reclaim_cell_object);
        } else {
            const struct cell_object *object = rsl_ptr_load_acquire(cell);
            RSL_YIELD_POINT();
            if (object != NULL && object->mark != LIVE)
                (void)rsl_u32_fetch_add_relaxed(&shared->nwrong, 1);
        }
        if (draw % 64 == 1) {
            rsl_qsbr_offline(participant);
            RSL_YIELD_POINT();
            rsl_qsbr_online(participant);
        } else if (draw % 256 == 2) {
            rsl_qsbr_unregister(participant);
            if (rsl_qsbr_register(shared->domain, &participant) != RSL_OK)
                abort();
        } else if (draw % 3 == 0) {
            rsl_qsbr_quiescent(participant);
        }
    }
    rsl_qsbr_unregister(participant);
    return NULL;
}

static void nothing_that_somebody_reads_is_reclaimed(void **state)
{
    (void)state;
    static struct churn shared;
    shared.noperations = 40000;
    shared.domain = make_domain(UINT64_MAX - 200);
    pthread_t threads[NTHREADS];
    for (int i = 0; i < NTHREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, churn, &shared), 0);
    for (int i = 0; i < NTHREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(rsl_u32_load_relaxed(&shared.nwrong), 0);
    /* The domain got on while it was in use. */
    assert_true(rsl_u32_load_relaxed(&shared.nreclaimed) > 0);
    rsl_qsbr_destroy(shared.domain);
    uint32_t nleft = 0;
    for (int i = 0; i < NCELLS; i++) {
        void *object = rsl_ptr_load_relaxed(&shared.cells[i]);
        nleft += object != NULL;
        free(object);
    }
    assert_int_equal(rsl_u32_load_relaxed(&shared.nreclaimed) + nleft,
                     rsl_u32_load_relaxed(&shared.nmade));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_reclaimed_before_everybody_has_passed),
        cmocka_unit_test(a_stream_of_garbage_stays_bounded),
        cmocka_unit_test(who_is_offline_holds_nobody_back),
        cmocka_unit_test(the_last_one_to_leave_reclaims),
        cmocka_unit_test(whoever_passes_adopts_what_was_left_behind),
        cmocka_unit_test(destroy_reclaims_what_is_left),
        cmocka_unit_test(a_reclaim_function_may_retire),
        cmocka_unit_test(a_stamp_passes_when_all_have),
        cmocka_unit_test(records_are_used_again),
        cmocka_unit_test(failed_allocations_are_reported),
        cmocka_unit_test(nothing_that_somebody_reads_is_reclaimed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
