/* The map as one thread sees it: a dictionary, at every size, on the worst hashes, without memory.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ds/map_key.h"
#include "ds/poison.h"
#include "tests/counting_allocator.h"
#include "tests/map_testing.h"

/* A map with one writer. */
struct world {
    struct counting_allocator counting;
    struct rsl_qsbr *domain;
    struct rsl_qsbr_participant *participant;
    struct rsl_map *map;
    struct rsl_map_writer *writer;
};

static void open_world(struct world *world, const struct rsl_map_tuning *tuning, size_t expected)
{
    counting_init(&world->counting, SIZE_MAX);
    const struct rsl_allocator *allocator = &world->counting.allocator;
    assert_int_equal(rsl_qsbr_create(allocator, &world->domain), RSL_OK);
    assert_int_equal(rsl_qsbr_register(world->domain, &world->participant), RSL_OK);
    assert_int_equal(
        rsl_map_create_tuned(world->domain, allocator, 42, expected, tuning, &world->map), RSL_OK);
    assert_int_equal(rsl_map_writer_create(world->map, world->participant, &world->writer), RSL_OK);
}

static void close_world(struct world *world)
{
    rsl_map_writer_destroy(world->writer);
    rsl_map_destroy(world->map);
    rsl_qsbr_unregister(world->participant);
    rsl_qsbr_destroy(world->domain);
    assert_int_equal(world->counting.nbytes, 0);
    assert_false(world->counting.wrong);
}

static bool put(struct world *world, const char *key, uint64_t value)
{
    bool inserted;
    assert_int_equal(rsl_map_get_or_insert(world->writer, key, strlen(key), value, NULL, &inserted),
                     RSL_OK);
    return inserted;
}

/* RSL_MAP_GONE for a key that is not there. */
static uint64_t get(struct world *world, const char *key)
{
    struct rsl_map_entry *entry = rsl_map_find(world->map, key, strlen(key));
    return entry == NULL ? RSL_MAP_GONE : rsl_map_value(entry);
}

static void a_key_is_found_until_it_is_removed(void **state)
{
    (void)state;
    struct world world;
    open_world(&world, &rsl_map_tuning_default, 0);
    assert_int_equal(get(&world, "src/lib.rs"), RSL_MAP_GONE);
    assert_true(put(&world, "src/lib.rs", 7));
    assert_true(put(&world, "src/main.rs", 8));
    assert_int_equal(get(&world, "src/lib.rs"), 7);
    assert_int_equal(get(&world, "src/lib.r"), RSL_MAP_GONE);
    assert_int_equal(get(&world, "src/lib.rs "), RSL_MAP_GONE);
    assert_int_equal(rsl_map_length(world.map), 2);
    uint64_t last = 0;
    assert_true(rsl_map_remove(world.writer, "src/lib.rs", 10, &last));
    assert_int_equal(last, 7);
    assert_int_equal(get(&world, "src/lib.rs"), RSL_MAP_GONE);
    assert_false(rsl_map_remove(world.writer, "src/lib.rs", 10, &last));
    assert_int_equal(get(&world, "src/main.rs"), 8);
    assert_int_equal(rsl_map_length(world.map), 1);
    close_world(&world);
}

static void the_first_insert_wins(void **state)
{
    (void)state;
    struct world world;
    open_world(&world, &rsl_map_tuning_default, 0);
    struct rsl_map_entry *first, *second;
    bool inserted = false;
    assert_int_equal(rsl_map_get_or_insert(world.writer, "a", 1, 1, &first, &inserted), RSL_OK);
    assert_true(inserted);
    assert_int_equal(rsl_map_get_or_insert(world.writer, "a", 1, 2, &second, &inserted), RSL_OK);
    assert_false(inserted);
    assert_ptr_equal(first, second);
    assert_int_equal(rsl_map_value(first), 1);
    size_t nbytes;
    assert_memory_equal(rsl_map_key(first, &nbytes), "a", 1);
    assert_int_equal(nbytes, 1);
    close_world(&world);
}

static void an_update_needs_the_value_it_expects(void **state)
{
    (void)state;
    struct world world;
    open_world(&world, &rsl_map_tuning_default, 0);
    assert_true(put(&world, "a", 1));
    struct rsl_map_entry *entry = rsl_map_find(world.map, "a", 1);
    uint64_t expected = 5;
    assert_false(rsl_map_update(entry, &expected, 6));
    assert_int_equal(expected, 1);
    assert_true(rsl_map_update(entry, &expected, 6));
    assert_int_equal(get(&world, "a"), 6);
    uint64_t last = 0;
    assert_true(rsl_map_remove(world.writer, "a", 1, &last));
    assert_int_equal(last, 6);
    expected = 6;
    assert_false(rsl_map_update(entry, &expected, 7));
    assert_true(expected == RSL_MAP_GONE);
    assert_true(rsl_map_value(entry) == RSL_MAP_GONE);
    /* The key again is another entry. */
    assert_true(put(&world, "a", 9));
    assert_true(rsl_map_value(entry) == RSL_MAP_GONE);
    assert_int_equal(get(&world, "a"), 9);
    close_world(&world);
}

static void keys_are_any_bytes_of_any_length(void **state)
{
    (void)state;
    static uint8_t bytes[100000];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * i >> 8 ^ i);
    static const size_t lengths[] = {1023, 1024, 1025, 1004, 1005, 2028, 2029, 4096, 65536, 100000};
    struct world world;
    open_world(&world, &rsl_map_tuning_default, 0);
    for (int round = 0; round < 3; round++) {
        for (size_t n = 0; n < 700; n++)
            assert_int_equal(
                rsl_map_get_or_insert(world.writer, n == 0 ? NULL : bytes, n, n, NULL, NULL),
                RSL_OK);
        for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++)
            assert_int_equal(
                rsl_map_get_or_insert(world.writer, bytes, lengths[i], lengths[i], NULL, NULL),
                RSL_OK);
        const size_t nkeys = 700 + sizeof lengths / sizeof lengths[0];
        assert_int_equal(rsl_map_length(world.map), nkeys);
        struct rsl_map_cursor cursor;
        rsl_map_iterate(world.map, &cursor);
        size_t seen = 0;
        for (struct rsl_map_entry *entry; (entry = rsl_map_next(&cursor)) != NULL; seen++) {
            size_t nbytes;
            const uint8_t *key = rsl_map_key(entry, &nbytes);
            assert_int_equal(nbytes, rsl_map_value(entry));
            assert_memory_equal(key, bytes, nbytes);
        }
        assert_int_equal(seen, nkeys);
        for (size_t n = 0; n < 700; n++)
            assert_true(rsl_map_remove(world.writer, bytes, n, NULL));
        for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++)
            assert_true(rsl_map_remove(world.writer, bytes, lengths[i], NULL));
        assert_null(rsl_map_find(world.map, NULL, 0));
        for (int i = 0; i < 4; i++)
            rsl_qsbr_quiescent(world.participant);
    }
    close_world(&world);
}

static void hashes_are_xxh3_with_the_seed(void **state)
{
    (void)state;
    struct world world;
    open_world(&world, &rsl_map_tuning_default, 0);
    uint8_t bytes[600];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * i >> 8 ^ i);
    for (size_t n = 0; n < sizeof bytes; n++)
        assert_true(hash_of(world.map, bytes, n) == XXH3_64bits_withSeed(bytes, n, 42));
    close_world(&world);
}

/* Where all hashes are equal only the keys themselves can tell. */
static void keys_that_differ_in_one_byte_are_told_apart(void **state)
{
    (void)state;
    static const struct rsl_map_tuning equal_hashes = {0, 1, 0, 1, 64, 4096};
    struct world world;
    open_world(&world, &equal_hashes, 0);
    for (size_t n = 1; n < 150; n++) {
        /* From the heap: what is read behind a key is found. */
        uint8_t *key = malloc(n);
        assert_non_null(key);
        memset(key, 'k', n);
        assert_int_equal(rsl_map_get_or_insert(world.writer, key, n, n, NULL, NULL), RSL_OK);
        for (size_t i = 0; i < n; i++) {
            key[i] ^= 1;
            assert_null(rsl_map_find(world.map, key, n));
            assert_false(rsl_map_remove(world.writer, key, n, NULL));
            key[i] ^= 1;
        }
        assert_non_null(rsl_map_find(world.map, key, n));
        assert_null(rsl_map_find(world.map, key, n - 1));
        assert_true(rsl_map_remove(world.writer, key, n, NULL));
        rsl_qsbr_quiescent(world.participant);
        free(key);
    }
    close_world(&world);
}

static void what_cannot_be_stored_is_refused(void **state)
{
    (void)state;
    struct world world;
    open_world(&world, &rsl_map_tuning_default, 0);
    assert_int_equal(rsl_map_get_or_insert(world.writer, "a", 1, RSL_MAP_GONE, NULL, NULL),
                     RSL_EINVAL);
    assert_int_equal(rsl_map_get_or_insert(world.writer, "a", 1, RSL_MAP_MAX_VALUE + 1, NULL, NULL),
                     RSL_EINVAL);
    assert_int_equal(
        rsl_map_get_or_insert(world.writer, "a", (size_t)RSL_MAP_MAX_KEY + 1, 1, NULL, NULL),
        RSL_EINVAL);
    assert_int_equal(rsl_map_length(world.map), 0);
    assert_true(put(&world, "a", RSL_MAP_MAX_VALUE));
    assert_true(get(&world, "a") == RSL_MAP_MAX_VALUE);
    close_world(&world);
    struct rsl_map *map;
    assert_int_equal(rsl_map_create(world.domain, &rsl_allocator_default, 1, SIZE_MAX, &map),
                     RSL_ENOMEM);
    rsl_map_destroy(NULL);
    rsl_map_writer_destroy(NULL);
}

/* Random operations beside an array that says what must come of them. */
enum { NMODEL = 300 };

struct model {
    bool present[NMODEL];
    uint64_t value[NMODEL];
    size_t n;
};

static size_t model_key(char *out, uint32_t i)
{
    /* Of different lengths, with the same start. */
    return (size_t)snprintf(out, 64, "%.*s%u", (int)(i % 40),
                            "compiler/rustc_middle/src/ty/context/some_file", i);
}

static void assert_like_model(struct world *world, const struct model *model)
{
    assert_int_equal(rsl_map_length(world->map), model->n);
    char key[64];
    for (uint32_t i = 0; i < NMODEL; i++) {
        struct rsl_map_entry *entry = rsl_map_find(world->map, key, model_key(key, i));
        assert_int_equal(entry != NULL, model->present[i]);
        if (entry != NULL)
            assert_int_equal(rsl_map_value(entry), model->value[i]);
    }
    static uint32_t times_seen[NMODEL];
    memset(times_seen, 0, sizeof times_seen);
    struct rsl_map_cursor cursor;
    rsl_map_iterate(world->map, &cursor);
    for (struct rsl_map_entry *entry; (entry = rsl_map_next(&cursor)) != NULL;)
        times_seen[rsl_map_value(entry) % NMODEL]++;
    assert_null(rsl_map_next(&cursor));
    for (uint32_t i = 0; i < NMODEL; i++)
        assert_int_equal(times_seen[i], model->present[i]);
}

static void random_operation(struct world *world, struct model *model, uint32_t *random)
{
    *random = *random * 1664525 + 1013904223;
    const uint32_t i = (*random >> 8) % NMODEL;
    const uint64_t fresh = i + (uint64_t)NMODEL * (*random >> 20);
    char key[64];
    const size_t nbytes = model_key(key, i);
    /* Long stretches of mostly growing, and of mostly shrinking. */
    const uint32_t ninserts = (world->counting.ncalls >> 4 & 1) != 0 ? 3 : 5;
    if (*random >> 29 < ninserts) {
        bool inserted;
        struct rsl_map_entry *entry;
        const enum rsl_status status =
            rsl_map_get_or_insert(world->writer, key, nbytes, fresh, &entry, &inserted);
        if (status == RSL_ENOMEM)
            return;
        assert_int_equal(status, RSL_OK);
        assert_int_equal(inserted, !model->present[i]);
        if (inserted) {
            model->present[i] = true;
            model->value[i] = fresh;
            model->n++;
        }
        assert_int_equal(rsl_map_value(entry), model->value[i]);
    } else if (*random >> 29 < 7) {
        uint64_t last = 0;
        assert_int_equal(rsl_map_remove(world->writer, key, nbytes, &last), model->present[i]);
        if (model->present[i]) {
            assert_int_equal(last, model->value[i]);
            model->present[i] = false;
            model->n--;
        }
    } else {
        struct rsl_map_entry *entry = rsl_map_find(world->map, key, nbytes);
        assert_int_equal(entry != NULL, model->present[i]);
        if (entry != NULL) {
            uint64_t expected = model->value[i];
            assert_true(rsl_map_update(entry, &expected, fresh));
            model->value[i] = fresh;
        }
    }
}

static void it_is_a_dictionary_whatever_the_hashes(void **state)
{
    (void)state;
    for (size_t t = 0; t < NTUNINGS; t++) {
        print_message("%s\n", map_tunings[t].name);
        struct world world;
        struct model model = {.n = 0};
        open_world(&world, &map_tunings[t].tuning, t % 2 == 0 ? 0 : 50);
        uint32_t random = (uint32_t)t + 1;
        for (int i = 0; i < 20000; i++) {
            random_operation(&world, &model, &random);
            if (i % 3 == 0)
                rsl_qsbr_quiescent(world.participant);
            if (i % 500 == 0)
                assert_like_model(&world, &model);
        }
        assert_like_model(&world, &model);
        close_world(&world);
    }
}

static void every_size_is_grown_to(void **state)
{
    (void)state;
    static const size_t expectations[] = {0, 1, 8, 9, 100, 700, 5000};
    for (size_t t = 0; t < NTUNINGS; t++) {
        for (size_t e = 0; e < sizeof expectations / sizeof expectations[0]; e++) {
            struct world world;
            open_world(&world, &map_tunings[t].tuning, expectations[e]);
            char key[64];
            for (uint32_t n = 0; n < 260; n++) {
                (void)snprintf(key, sizeof key, "key %u", n);
                assert_int_equal(get(&world, key), RSL_MAP_GONE);
                assert_true(put(&world, key, n));
                for (uint32_t i = n < 40 ? 0 : n - 2; i <= n; i++) {
                    (void)snprintf(key, sizeof key, "key %u", i);
                    assert_int_equal(get(&world, key), i);
                }
                rsl_qsbr_quiescent(world.participant);
            }
            for (uint32_t i = 0; i < 260; i++) {
                (void)snprintf(key, sizeof key, "key %u", i);
                assert_int_equal(get(&world, key), i);
            }
            close_world(&world);
        }
    }
}

static void many_keys_stay_where_they_are(void **state)
{
    (void)state;
    enum { N = 100000 };
    struct world world;
    open_world(&world, &rsl_map_tuning_default, 0);
    char key[64];
    for (uint32_t i = 0; i < N; i++) {
        (void)snprintf(key, sizeof key, "library/core/src/%u.rs", i);
        assert_true(put(&world, key, i));
        rsl_qsbr_quiescent(world.participant);
    }
    for (uint32_t i = 0; i < N; i++) {
        (void)snprintf(key, sizeof key, "library/core/src/%u.rs", i);
        assert_int_equal(get(&world, key), i);
        (void)snprintf(key, sizeof key, "library/alloc/src/%u.rs", i);
        assert_int_equal(get(&world, key), RSL_MAP_GONE);
    }
    assert_int_equal(rsl_map_length(world.map), N);
    close_world(&world);
}

static void churn_on_the_same_keys_needs_no_more_memory(void **state)
{
    (void)state;
    for (size_t t = 0; t < NTUNINGS; t++) {
        struct world world;
        open_world(&world, &map_tunings[t].tuning, 0);
        char key[64];
        size_t most = 0;
        for (uint32_t round = 0; round < 60; round++) {
            for (uint32_t i = 0; i < 200; i++) {
                (void)snprintf(key, sizeof key, "crate/src/%u.rs", i);
                assert_true(put(&world, key, round));
                rsl_qsbr_quiescent(world.participant);
            }
            for (uint32_t i = 0; i < 200; i++) {
                (void)snprintf(key, sizeof key, "crate/src/%u.rs", i);
                assert_true(rsl_map_remove(world.writer, key, strlen(key), NULL));
                rsl_qsbr_quiescent(world.participant);
            }
            if (round == 20)
                most = world.counting.most_nbytes;
        }
        assert_int_equal(rsl_map_length(world.map), 0);
        /* Not one block of entries more; segments come and go. */
        assert_in_range(world.counting.most_nbytes, most, most + most / 4);
        close_world(&world);
    }
}

static void what_one_writer_removes_another_can_use(void **state)
{
    (void)state;
    struct world world;
    open_world(&world, &map_tunings[0].tuning, 0);
    struct rsl_map_writer *remover;
    assert_int_equal(rsl_map_writer_create(world.map, world.participant, &remover), RSL_OK);
    char key[64];
    size_t most = 0;
    for (uint32_t round = 0; round < 60; round++) {
        for (uint32_t i = 0; i < 400; i++) {
            (void)snprintf(key, sizeof key, "%03u", i);
            assert_true(put(&world, key, round));
            rsl_qsbr_quiescent(world.participant);
        }
        assert_int_equal(rsl_map_length(world.map), 400);
        for (uint32_t i = 0; i < 400; i++) {
            (void)snprintf(key, sizeof key, "%03u", i);
            assert_true(rsl_map_remove(remover, key, 3, NULL));
            rsl_qsbr_quiescent(world.participant);
        }
        if (round == 20)
            most = world.counting.most_nbytes;
    }
    assert_in_range(world.counting.most_nbytes, most, most + most / 4);
    rsl_map_writer_destroy(remover);
    close_world(&world);
}

static void writers_are_used_again_and_keep_their_count(void **state)
{
    (void)state;
    struct world world;
    open_world(&world, &rsl_map_tuning_default, 0);
    assert_true(put(&world, "a", 1));
    rsl_map_writer_destroy(world.writer);
    assert_int_equal(rsl_map_length(world.map), 1);
    const size_t ncalls = world.counting.ncalls;
    for (int i = 0; i < 10; i++) {
        assert_int_equal(rsl_map_writer_create(world.map, world.participant, &world.writer),
                         RSL_OK);
        if (i < 9)
            rsl_map_writer_destroy(world.writer);
    }
    assert_int_equal(world.counting.ncalls, ncalls);
    assert_true(rsl_map_remove(world.writer, "a", 1, NULL));
    assert_int_equal(rsl_map_length(world.map), 0);
    close_world(&world);
}

static void an_entry_outlives_its_removal_until_the_next_quiescent_state(void **state)
{
    (void)state;
    struct world world;
    open_world(&world, &rsl_map_tuning_default, 0);
    struct rsl_map_entry *entry;
    assert_int_equal(
        rsl_map_get_or_insert(world.writer, "a long enough key to show", 25, 1, &entry, NULL),
        RSL_OK);
    assert_true(rsl_map_remove(world.writer, "a long enough key to show", 25, NULL));
    /* More removals than one batch: it would be reused now if it were allowed. */
    char key[64];
    for (uint32_t i = 0; i < 200; i++) {
        (void)snprintf(key, sizeof key, "some other long key: %04u", i);
        assert_true(put(&world, key, i));
        assert_true(rsl_map_remove(world.writer, key, 25, NULL));
    }
    size_t nbytes;
    assert_memory_equal(rsl_map_key(entry, &nbytes), "a long enough key to show", 25);
    assert_true(rsl_map_value(entry) == RSL_MAP_GONE);
#ifdef RSL_ASAN
    for (uint32_t i = 0; i < 200; i++) {
        rsl_qsbr_quiescent(world.participant);
        assert_true(put(&world, "b", i));
        assert_true(rsl_map_remove(world.writer, "b", 1, NULL));
    }
    assert_true(__asan_address_is_poisoned(rsl_map_key(entry, &nbytes) + 8));
#endif
    close_world(&world);
}

static void every_allocation_may_fail_once(void **state)
{
    (void)state;
    for (size_t t = 0; t < NTUNINGS; t++) {
        for (size_t fail_at = 0;; fail_at++) {
            struct world world;
            open_world(&world, &map_tunings[t].tuning, 0);
            world.counting.fail_at = world.counting.ncalls + fail_at;
            struct model model = {.n = 0};
            uint32_t random = 77;
            for (int i = 0; i < 700; i++) {
                const size_t nbefore = world.counting.ncalls;
                random_operation(&world, &model, &random);
                if (nbefore <= world.counting.fail_at &&
                    world.counting.ncalls > world.counting.fail_at)
                    assert_like_model(&world, &model);
                rsl_qsbr_quiescent(world.participant);
            }
            assert_like_model(&world, &model);
            const bool over = world.counting.ncalls <= world.counting.fail_at;
            close_world(&world);
            if (over)
                break;
        }
    }
}

static void creation_may_fail_anywhere(void **state)
{
    (void)state;
    for (size_t expected = 0; expected < 2000; expected += 1999) {
        for (size_t fail_at = 0; fail_at < 8; fail_at++) {
            struct counting_allocator counting;
            counting_init(&counting, SIZE_MAX);
            struct rsl_qsbr *domain;
            struct rsl_qsbr_participant *participant;
            assert_int_equal(rsl_qsbr_create(&rsl_allocator_default, &domain), RSL_OK);
            assert_int_equal(rsl_qsbr_register(domain, &participant), RSL_OK);
            counting.fail_at = fail_at;
            struct rsl_map *map = NULL;
            struct rsl_map_writer *writer = NULL;
            enum rsl_status status = rsl_map_create(domain, &counting.allocator, 1, expected, &map);
            if (status == RSL_OK)
                status = rsl_map_writer_create(map, participant, &writer);
            if (status == RSL_OK)
                status = rsl_map_get_or_insert(writer, "a", 1, 1, NULL, NULL);
            assert_int_equal(status, counting.ncalls > fail_at ? RSL_ENOMEM : RSL_OK);
            rsl_map_writer_destroy(writer);
            rsl_map_destroy(map);
            rsl_qsbr_unregister(participant);
            rsl_qsbr_destroy(domain);
            assert_int_equal(counting.nbytes, 0);
        }
    }
}

static void removing_needs_no_memory(void **state)
{
    (void)state;
    for (size_t t = 0; t < NTUNINGS; t++) {
        struct world world;
        open_world(&world, &map_tunings[t].tuning, 0);
        char key[64];
        uint32_t n = 0;
        /* Until growth fails, which leaves a frozen segment behind. */
        for (enum rsl_status status = RSL_OK; status == RSL_OK; n++) {
            const bool full = n >= 150;
            (void)snprintf(key, sizeof key, "key %u", n);
            world.counting.fail_at = full ? world.counting.ncalls : SIZE_MAX;
            status = rsl_map_get_or_insert(world.writer, key, strlen(key), n, NULL, NULL);
        }
        n--;
        for (uint32_t i = 0; i < n; i += 2) {
            world.counting.fail_at = world.counting.ncalls;
            (void)snprintf(key, sizeof key, "key %u", i);
            uint64_t last;
            assert_true(rsl_map_remove(world.writer, key, strlen(key), &last));
            assert_int_equal(last, i);
            assert_int_equal(get(&world, key), RSL_MAP_GONE);
            rsl_qsbr_quiescent(world.participant);
        }
        assert_int_equal(rsl_map_length(world.map), n / 2);
        /* With memory everything goes on, and what was stuck is used again. */
        world.counting.fail_at = SIZE_MAX;
        for (uint32_t i = 0; i < n; i += 2) {
            (void)snprintf(key, sizeof key, "key %u", i);
            assert_true(put(&world, key, i + 1));
            rsl_qsbr_quiescent(world.participant);
        }
        assert_null(world.writer->stuck);
        for (uint32_t i = 0; i < n; i++) {
            (void)snprintf(key, sizeof key, "key %u", i);
            assert_int_equal(get(&world, key), i % 2 == 0 ? i + 1 : i);
        }
        close_world(&world);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_is_found_until_it_is_removed),
        cmocka_unit_test(the_first_insert_wins),
        cmocka_unit_test(an_update_needs_the_value_it_expects),
        cmocka_unit_test(keys_are_any_bytes_of_any_length),
        cmocka_unit_test(hashes_are_xxh3_with_the_seed),
        cmocka_unit_test(keys_that_differ_in_one_byte_are_told_apart),
        cmocka_unit_test(what_cannot_be_stored_is_refused),
        cmocka_unit_test(it_is_a_dictionary_whatever_the_hashes),
        cmocka_unit_test(every_size_is_grown_to),
        cmocka_unit_test(many_keys_stay_where_they_are),
        cmocka_unit_test(churn_on_the_same_keys_needs_no_more_memory),
        cmocka_unit_test(what_one_writer_removes_another_can_use),
        cmocka_unit_test(writers_are_used_again_and_keep_their_count),
        cmocka_unit_test(an_entry_outlives_its_removal_until_the_next_quiescent_state),
        cmocka_unit_test(every_allocation_may_fail_once),
        cmocka_unit_test(creation_may_fail_anywhere),
        cmocka_unit_test(removing_needs_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
