/* The interner: equal strings, equal ids; ids without holes, whoever races; and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pthread.h>

#include <cmocka.h>

#include "ds/interner_internal.h"
#include "tests/counting_allocator.h"

struct world {
    struct counting_allocator counting;
    struct rsl_qsbr *domain;
    struct rsl_qsbr_participant *participant;
    struct rsl_interner *interner;
    struct rsl_interner_writer *writer;
};

static enum rsl_status open_world(struct world *world, size_t fail_at)
{
    counting_init(&world->counting, fail_at);
    assert_int_equal(rsl_qsbr_create(&rsl_allocator_default, &world->domain), RSL_OK);
    assert_int_equal(rsl_qsbr_register(world->domain, &world->participant), RSL_OK);
    world->interner = NULL;
    world->writer = NULL;
    enum rsl_status status =
        rsl_interner_create(world->domain, &world->counting.allocator, 3, 0, &world->interner);
    if (status == RSL_OK)
        status = rsl_interner_writer_create(world->interner, world->participant, &world->writer);
    return status;
}

static void close_world(struct world *world)
{
    rsl_interner_writer_destroy(world->writer);
    rsl_interner_destroy(world->interner);
    rsl_qsbr_unregister(world->participant);
    rsl_qsbr_destroy(world->domain);
    assert_int_equal(world->counting.nbytes, 0);
    assert_false(world->counting.wrong);
}

static uint32_t intern(struct world *world, const char *string)
{
    uint32_t id;
    assert_int_equal(rsl_intern(world->writer, string, strlen(string), &id), RSL_OK);
    return id;
}

static void assert_string(struct world *world, uint32_t id, const char *string)
{
    size_t nbytes;
    const uint8_t *bytes = rsl_interner_string(world->interner, id, &nbytes);
    assert_non_null(bytes);
    assert_int_equal(nbytes, strlen(string));
    assert_memory_equal(bytes, string, nbytes);
}

static void ids_are_dense_and_lead_back(void **state)
{
    (void)state;
    struct world world;
    assert_int_equal(open_world(&world, SIZE_MAX), RSL_OK);
    size_t nbytes;
    assert_null(rsl_interner_string(world.interner, 0, &nbytes));
    assert_int_equal(rsl_interner_find(world.interner, "a", 1), RSL_NO_STRING);
    char string[32];
    /* More than a page of them. */
    for (uint32_t i = 0; i < 3 * RSL_INTERNER_PAGE / 2; i++) {
        (void)snprintf(string, sizeof string, "string %u", i);
        assert_int_equal(intern(&world, string), i);
        assert_int_equal(rsl_interner_count(world.interner), i + 1);
    }
    for (uint32_t i = 0; i < 3 * RSL_INTERNER_PAGE / 2; i++) {
        (void)snprintf(string, sizeof string, "string %u", i);
        assert_int_equal(intern(&world, string), i);
        assert_int_equal(rsl_interner_find(world.interner, string, strlen(string)), i);
        assert_string(&world, i, string);
    }
    assert_null(rsl_interner_string(world.interner, 3 * RSL_INTERNER_PAGE / 2, &nbytes));
    assert_null(rsl_interner_string(world.interner, RSL_NO_STRING, &nbytes));
    assert_int_equal(nbytes, 0);
    close_world(&world);
}

static void the_empty_string_is_a_string(void **state)
{
    (void)state;
    struct world world;
    assert_int_equal(open_world(&world, SIZE_MAX), RSL_OK);
    assert_int_equal(intern(&world, "a"), 0);
    assert_int_equal(intern(&world, ""), 1);
    assert_int_equal(intern(&world, ""), 1);
    assert_string(&world, 1, "");
    close_world(&world);
}

static void strings_beyond_the_last_id_are_refused(void **state)
{
    (void)state;
    struct world world;
    assert_int_equal(open_world(&world, SIZE_MAX), RSL_OK);
    assert_true(world.interner->max_count == RSL_MAX_STRINGS);
    world.interner->max_count = 2;
    assert_int_equal(intern(&world, "a"), 0);
    assert_int_equal(intern(&world, "b"), 1);
    uint32_t id = 77;
    assert_int_equal(rsl_intern(world.writer, "c", 1, &id), RSL_ETOOBIG);
    assert_int_equal(id, RSL_NO_STRING);
    assert_int_equal(rsl_interner_find(world.interner, "c", 1), RSL_NO_STRING);
    assert_int_equal(intern(&world, "b"), 1);
    assert_int_equal(rsl_interner_count(world.interner), 2);
    world.interner->max_count = RSL_MAX_STRINGS;
    assert_int_equal(intern(&world, "c"), 2);
    assert_int_equal(rsl_intern(world.writer, "d", (size_t)RSL_MAP_MAX_KEY + 1, &id), RSL_EINVAL);
    assert_int_equal(id, RSL_NO_STRING);
    close_world(&world);
}

static void ids_reach_to_the_last_page(void **state)
{
    (void)state;
    struct world world;
    assert_int_equal(open_world(&world, SIZE_MAX), RSL_OK);
    rsl_u64_init(&world.interner->count, RSL_MAX_STRINGS - 2); /* as if so many were given */
    assert_true(intern(&world, "a") == RSL_MAX_STRINGS - 2);
    assert_true(intern(&world, "b") == RSL_MAX_STRINGS - 1);
    assert_string(&world, RSL_MAX_STRINGS - 2, "a");
    assert_string(&world, RSL_MAX_STRINGS - 1, "b");
    uint32_t id;
    assert_int_equal(rsl_intern(world.writer, "c", 1, &id), RSL_ETOOBIG);
    assert_true(rsl_interner_count(world.interner) == RSL_MAX_STRINGS);
    close_world(&world);
}

static void every_allocation_may_fail_once(void **state)
{
    (void)state;
    for (size_t fail_at = 0;; fail_at++) {
        struct world world;
        const enum rsl_status opened = open_world(&world, fail_at);
        bool failed = opened != RSL_OK;
        for (uint32_t i = 0; opened == RSL_OK && i < 600; i++) {
            char string[32];
            const size_t nbytes = (size_t)snprintf(string, sizeof string, "string %u", i);
            uint32_t id;
            const enum rsl_status status = rsl_intern(world.writer, string, nbytes, &id);
            if (status != RSL_OK) {
                assert_int_equal(status, RSL_ENOMEM);
                assert_int_equal(id, RSL_NO_STRING);
                assert_int_equal(rsl_interner_count(world.interner), i);
                assert_int_equal(rsl_interner_find(world.interner, string, nbytes), RSL_NO_STRING);
                assert_false(failed);
                failed = true;
                i--; /* again */
                continue;
            }
            assert_int_equal(id, i);
            assert_string(&world, i, string);
            rsl_qsbr_quiescent(world.participant);
        }
        assert_int_equal(failed, world.counting.ncalls > fail_at);
        close_world(&world);
        if (!failed)
            break;
    }
}

/* All threads intern the same strings, each in its own order. */
enum { NTHREADS = 5, NSTRINGS = 700, NROUNDS = 6 };

struct player {
    struct rsl_qsbr *domain;
    struct rsl_interner *interner;
    struct rsl_atomic_u32 *nready;
    uint32_t number, nwrong;
    uint32_t ids[NSTRINGS];
};

static void *intern_all(void *argument)
{
    struct player *player = argument;
    struct rsl_qsbr_participant *participant;
    struct rsl_interner_writer *writer;
    if (rsl_qsbr_register(player->domain, &participant) != RSL_OK ||
        rsl_interner_writer_create(player->interner, participant, &writer) != RSL_OK)
        abort();
    (void)rsl_u32_fetch_add_acq_rel(player->nready, 1);
    while (rsl_u32_load_acquire(player->nready) < NTHREADS)
        rsl_pause();
    static const uint32_t strides[NTHREADS] = {1, 1, 3, 9, 11}; /* prime to NSTRINGS */
    for (uint32_t i = 0; i < NSTRINGS; i++) {
        const uint32_t which = i * strides[player->number] % NSTRINGS;
        char string[32];
        const size_t nbytes = (size_t)snprintf(string, sizeof string, "%u", which);
        const uint32_t found = rsl_interner_find(player->interner, string, nbytes);
        uint32_t *id = &player->ids[which];
        if (rsl_intern(writer, string, nbytes, id) != RSL_OK)
            abort();
        size_t back_nbytes;
        const uint8_t *back = rsl_interner_string(player->interner, *id, &back_nbytes);
        const bool right =
            back != NULL && back_nbytes == nbytes && memcmp(back, string, nbytes) == 0 &&
            rsl_interner_count(player->interner) > *id && (found == RSL_NO_STRING || found == *id);
        player->nwrong += !right;
        rsl_qsbr_quiescent(participant);
    }
    rsl_interner_writer_destroy(writer);
    rsl_qsbr_unregister(participant);
    return NULL;
}

static void racing_threads_agree_and_leave_no_holes(void **state)
{
    (void)state;
    static struct player players[NTHREADS];
    for (int round = 0; round < NROUNDS; round++) {
        struct rsl_qsbr *domain;
        struct rsl_interner *interner;
        assert_int_equal(rsl_qsbr_create(&rsl_allocator_default, &domain), RSL_OK);
        assert_int_equal(rsl_interner_create(domain, &rsl_allocator_default, 5, 0, &interner),
                         RSL_OK);
        struct rsl_atomic_u32 nready = {0};
        pthread_t threads[NTHREADS];
        for (uint32_t i = 0; i < NTHREADS; i++) {
            players[i] = (struct player){
                .domain = domain, .interner = interner, .nready = &nready, .number = i};
            assert_int_equal(pthread_create(&threads[i], NULL, intern_all, &players[i]), 0);
        }
        for (int i = 0; i < NTHREADS; i++)
            assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(rsl_interner_count(interner), NSTRINGS);
        static bool taken[NSTRINGS];
        memset(taken, 0, sizeof taken);
        for (uint32_t i = 0; i < NSTRINGS; i++) {
            assert_true(players[0].ids[i] < NSTRINGS);
            assert_false(taken[players[0].ids[i]]);
            taken[players[0].ids[i]] = true;
            for (int k = 1; k < NTHREADS; k++)
                assert_int_equal(players[k].ids[i], players[0].ids[i]);
        }
        for (int i = 0; i < NTHREADS; i++)
            assert_int_equal(players[i].nwrong, 0);
        rsl_interner_destroy(interner);
        rsl_qsbr_destroy(domain);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_are_dense_and_lead_back),
        cmocka_unit_test(the_empty_string_is_a_string),
        cmocka_unit_test(strings_beyond_the_last_id_are_refused),
        cmocka_unit_test(ids_reach_to_the_last_page),
        cmocka_unit_test(every_allocation_may_fail_once),
        cmocka_unit_test(racing_threads_agree_and_leave_no_holes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
