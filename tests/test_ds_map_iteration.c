/* A key that one thread has found must come in its iterations, even while the thread that inserted
 * it stands between the slot and the publication. This program's yield point is where that one
 * waits. */
#include "ds/map.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct rsl_qsbr *domain;
static struct rsl_map *map;
static _Thread_local bool is_inserter;
static struct rsl_atomic_u32 may_go_on; /* acquire and release, so that TSan sees the end */

void rsl_yield_point(void)
{
    /* The key is in its slot; all yield points before that are passed at once. */
    if (is_inserter && rsl_map_find(map, "key", 3) != NULL) {
        while (rsl_u32_load_acquire(&may_go_on) == 0)
            sched_yield();
    }
}

static void *insert(void *unused)
{
    struct rsl_qsbr_participant *participant;
    struct rsl_map_writer *writer;
    assert_int_equal(rsl_qsbr_register(domain, &participant), RSL_OK);
    assert_int_equal(rsl_map_writer_create(map, participant, &writer), RSL_OK);
    is_inserter = true;
    assert_int_equal(rsl_map_get_or_insert(writer, "key", 3, 7, NULL, NULL), RSL_OK);
    is_inserter = false;
    rsl_map_writer_destroy(writer);
    rsl_qsbr_unregister(participant);
    return unused;
}

static void a_key_that_was_found_was_missing_from_an_iteration(void **state)
{
    (void)state;
    struct rsl_qsbr_participant *participant;
    pthread_t inserter;
    assert_int_equal(rsl_qsbr_create(&rsl_allocator_default, &domain), RSL_OK);
    assert_int_equal(rsl_map_create(domain, &rsl_allocator_default, 1, 0, &map), RSL_OK);
    assert_int_equal(rsl_qsbr_register(domain, &participant), RSL_OK);
    assert_int_equal(pthread_create(&inserter, NULL, insert, NULL), 0);
    while (rsl_map_find(map, "key", 3) == NULL)
        sched_yield();
    struct rsl_map_cursor cursor;
    size_t n = 0;
    rsl_map_iterate(map, &cursor);
    while (rsl_map_next(&cursor) != NULL)
        n++;
    rsl_u32_store_release(&may_go_on, 1);
    pthread_join(inserter, NULL);
    rsl_qsbr_unregister(participant);
    rsl_map_destroy(map);
    rsl_qsbr_destroy(domain);
    assert_int_equal(n, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_that_was_found_was_missing_from_an_iteration),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
