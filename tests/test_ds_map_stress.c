/* The map under contention: every insertion, update and removal is accounted for, by more threads
 * than there are cores, on tables that are replaced all the time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pthread.h>

#include <cmocka.h>

#include "tests/map_testing.h"

enum { NTHREADS = 5, NSHARED = 48, NOWN = 24, NSTABLE = 200 };

struct contest {
    struct rsl_qsbr *domain;
    struct rsl_map *map;
    uint32_t noperations;
    struct rsl_atomic_u32 nready, nstopped, nwrong;
    /* Of each shared key: insertions, removals, successful increments, and the sum of the values
     * that removals took away. */
    struct rsl_atomic_u64 ninserted[NSHARED], nremoved[NSHARED];
    struct rsl_atomic_u64 nincrements[NSHARED], taken[NSHARED];
};

struct player {
    struct contest *contest;
    struct rsl_qsbr_participant *participant;
    struct rsl_map_writer *writer;
    uint32_t number, random;
};

static void check(struct player *player, bool right)
{
    if (!right)
        (void)rsl_u32_fetch_add_relaxed(&player->contest->nwrong, 1); /* read after the join */
}

static uint32_t draw(struct player *player)
{
    player->random = player->random * 1664525 + 1013904223;
    return player->random >> 10;
}

static void join(struct player *player)
{
    if (rsl_qsbr_register(player->contest->domain, &player->participant) != RSL_OK ||
        rsl_map_writer_create(player->contest->map, player->participant, &player->writer) != RSL_OK)
        abort();
}

static void leave(struct player *player)
{
    rsl_map_writer_destroy(player->writer);
    rsl_qsbr_unregister(player->participant);
}

/* All begin at the same time. */
static void line_up(struct player *player)
{
    (void)rsl_u32_fetch_add_acq_rel(&player->contest->nready, 1);
    while (rsl_u32_load_acquire(&player->contest->nready) < NTHREADS)
        rsl_pause();
}

static void rest(struct player *player)
{
    const uint32_t what = draw(player) % 512;
    if (what < 100) {
        rsl_qsbr_quiescent(player->participant);
    } else if (what == 100) {
        rsl_qsbr_offline(player->participant);
        rsl_qsbr_online(player->participant);
    } else if (what == 101) {
        leave(player);
        join(player);
    }
}

static void open_contest(struct contest *contest, const struct rsl_map_tuning *tuning,
                         size_t expected, uint32_t noperations)
{
    memset(contest, 0, sizeof *contest);
    contest->noperations = noperations;
    assert_int_equal(rsl_qsbr_create(&rsl_allocator_default, &contest->domain), RSL_OK);
    rsl_u64_init(&contest->domain->epoch, UINT64_MAX - 100); /* wraps soon */
    assert_int_equal(rsl_map_create_tuned(contest->domain, &rsl_allocator_default, 99, expected,
                                          tuning, &contest->map),
                     RSL_OK);
}

static void close_contest(struct contest *contest)
{
    rsl_map_destroy(contest->map);
    rsl_qsbr_destroy(contest->domain);
}

static void play(struct contest *contest, void *(*run)(void *))
{
    pthread_t threads[NTHREADS];
    static struct player players[NTHREADS];
    for (uint32_t i = 0; i < NTHREADS; i++) {
        players[i] = (struct player){.contest = contest, .number = i, .random = 1000 * i + 1};
        assert_int_equal(pthread_create(&threads[i], NULL, run, &players[i]), 0);
    }
    for (int i = 0; i < NTHREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(rsl_u32_load_relaxed(&contest->nwrong), 0);
}

/* ---- the same keys for all ---- */

static struct rsl_map_entry *insert_shared(struct player *player, uint32_t i)
{
    char key[32];
    const int nbytes = snprintf(key, sizeof key, "shared/%u.rs", i);
    struct rsl_map_entry *entry;
    bool inserted;
    if (rsl_map_get_or_insert(player->writer, key, (size_t)nbytes, 0, &entry, &inserted) != RSL_OK)
        abort();
    if (inserted)
        (void)rsl_u64_fetch_add_relaxed(&player->contest->ninserted[i], 1);
    size_t found_nbytes;
    const uint8_t *found = rsl_map_key(entry, &found_nbytes);
    check(player, found_nbytes == (size_t)nbytes && memcmp(found, key, found_nbytes) == 0);
    return entry;
}

static void increment_shared(struct player *player, uint32_t i)
{
    for (;;) {
        struct rsl_map_entry *entry = insert_shared(player, i);
        uint64_t value = rsl_map_value(entry);
        while (value != RSL_MAP_GONE) {
            RSL_YIELD_POINT();
            if (rsl_map_update(entry, &value, value + 1)) {
                (void)rsl_u64_fetch_add_relaxed(&player->contest->nincrements[i], 1);
                return;
            }
        }
    }
}

static void remove_shared(struct player *player, uint32_t i)
{
    char key[32];
    const int nbytes = snprintf(key, sizeof key, "shared/%u.rs", i);
    uint64_t last;
    if (rsl_map_remove(player->writer, key, (size_t)nbytes, &last)) {
        (void)rsl_u64_fetch_add_relaxed(&player->contest->nremoved[i], 1);
        (void)rsl_u64_fetch_add_relaxed(&player->contest->taken[i], last);
    }
}

static void *play_for_shared(void *argument)
{
    struct player *player = argument;
    join(player);
    line_up(player);
    for (uint32_t n = 0; n < player->contest->noperations; n++) {
        const uint32_t i = draw(player) % NSHARED;
        if (draw(player) % 3 != 0)
            increment_shared(player, i);
        else
            remove_shared(player, i);
        rest(player);
    }
    leave(player);
    return NULL;
}

static void no_update_is_lost_and_no_key_is_there_twice(void **state)
{
    (void)state;
    static struct contest contest;
    for (size_t t = 0; t < NTUNINGS; t++) {
        open_contest(&contest, &map_tunings[t].tuning, 0, 8000);
        play(&contest, play_for_shared);
        struct player clerk = {.contest = &contest};
        join(&clerk);
        size_t npresent = 0;
        for (uint32_t i = 0; i < NSHARED; i++) {
            char key[32];
            const int nbytes = snprintf(key, sizeof key, "shared/%u.rs", i);
            const struct rsl_map_entry *entry = rsl_map_find(contest.map, key, (size_t)nbytes);
            npresent += entry != NULL;
            assert_int_equal(rsl_u64_load_relaxed(&contest.ninserted[i]),
                             rsl_u64_load_relaxed(&contest.nremoved[i]) + (entry != NULL));
            assert_int_equal(rsl_u64_load_relaxed(&contest.nincrements[i]),
                             rsl_u64_load_relaxed(&contest.taken[i]) +
                                 (entry != NULL ? rsl_map_value(entry) : 0));
        }
        assert_int_equal(rsl_map_length(contest.map), npresent);
        leave(&clerk);
        close_contest(&contest);
    }
}

/* ---- each its own keys, in the same segments ---- */

static void *play_for_own(void *argument)
{
    struct player *player = argument;
    bool present[NOWN] = {false};
    uint64_t value[NOWN] = {0};
    join(player);
    line_up(player);
    for (uint32_t n = 0; n < player->contest->noperations; n++) {
        const uint32_t i = draw(player) % NOWN;
        char key[32];
        const size_t nbytes = (size_t)snprintf(key, sizeof key, "%u of %u", i, player->number);
        const struct rsl_map_entry *seen = rsl_map_find(player->contest->map, key, nbytes);
        check(player, (seen != NULL) == present[i]);
        check(player, seen == NULL || rsl_map_value(seen) == value[i]);
        if (draw(player) % 2 != 0) {
            struct rsl_map_entry *entry;
            bool inserted;
            if (rsl_map_get_or_insert(player->writer, key, nbytes, n, &entry, &inserted) != RSL_OK)
                abort();
            check(player, inserted == !present[i]);
            if (!inserted)
                check(player, entry == seen && rsl_map_update(entry, &value[i], n));
            present[i] = true;
            value[i] = n;
        } else {
            uint64_t last;
            const bool removed = rsl_map_remove(player->writer, key, nbytes, &last);
            check(player, removed == present[i] && (!removed || last == value[i]));
            present[i] = false;
        }
        rest(player);
    }
    leave(player);
    return NULL;
}

static void threads_with_their_own_keys_do_not_notice_each_other(void **state)
{
    (void)state;
    static struct contest contest;
    for (size_t t = 0; t < NTUNINGS; t++) {
        open_contest(&contest, &map_tunings[t].tuning, t % 2 == 0 ? 0 : 100, 8000);
        play(&contest, play_for_own);
        close_contest(&contest);
    }
}

/* ---- growth while others look ---- */

static size_t stable_key(char *out, uint32_t i)
{
    return (size_t)snprintf(out, 32, "stable/%u.rs", i);
}

static void look(struct player *player)
{
    char key[32];
    for (uint32_t i = 0; i < NSTABLE; i++) {
        const struct rsl_map_entry *entry =
            rsl_map_find(player->contest->map, key, stable_key(key, i));
        check(player, entry != NULL && rsl_map_value(entry) == i);
    }
    uint8_t times_seen[NSTABLE] = {0};
    struct rsl_map_cursor cursor;
    rsl_map_iterate(player->contest->map, &cursor);
    for (const struct rsl_map_entry *entry; (entry = rsl_map_next(&cursor)) != NULL;) {
        RSL_YIELD_POINT();
        size_t nbytes;
        const uint8_t *found = rsl_map_key(entry, &nbytes);
        if (found[0] != 's')
            continue;
        const uint64_t value = rsl_map_value(entry);
        check(player, value < NSTABLE && nbytes == stable_key(key, (uint32_t)value) &&
                          memcmp(found, key, nbytes) == 0);
        if (value < NSTABLE)
            times_seen[value]++;
    }
    for (uint32_t i = 0; i < NSTABLE; i++)
        check(player, times_seen[i] == 1);
}

static void *play_while_others_look(void *argument)
{
    struct player *player = argument;
    join(player);
    line_up(player);
    if (player->number < 2) {
        while (rsl_u32_load_acquire(&player->contest->nstopped) < NTHREADS - 2) {
            look(player);
            rsl_qsbr_quiescent(player->participant);
        }
    } else {
        for (uint32_t n = 0; n < player->contest->noperations; n++) {
            char key[32];
            /* Up to 600 keys more, then down again. */
            const uint32_t i = n % 1200;
            const size_t nbytes =
                (size_t)snprintf(key, sizeof key, "%u: %u", player->number, i < 600 ? i : i - 600);
            if (i < 600
                    ? rsl_map_get_or_insert(player->writer, key, nbytes, n, NULL, NULL) != RSL_OK
                    : !rsl_map_remove(player->writer, key, nbytes, NULL))
                check(player, false);
            rest(player);
        }
        (void)rsl_u32_fetch_add_acq_rel(&player->contest->nstopped, 1);
    }
    leave(player);
    return NULL;
}

static void keys_that_stay_are_found_once_while_the_table_grows(void **state)
{
    (void)state;
    static struct contest contest;
    for (size_t t = 0; t < NTUNINGS; t++) {
        if (map_tunings[t].tuning.hash_mask == 0)
            continue; /* quadratic */
        open_contest(&contest, &map_tunings[t].tuning, 0, 3600);
        struct player clerk = {.contest = &contest};
        join(&clerk);
        char key[32];
        for (uint32_t i = 0; i < NSTABLE; i++)
            assert_int_equal(
                rsl_map_get_or_insert(clerk.writer, key, stable_key(key, i), i, NULL, NULL),
                RSL_OK);
        leave(&clerk);
        play(&contest, play_while_others_look);
        assert_int_equal(rsl_map_length(contest.map), NSTABLE);
        close_contest(&contest);
    }
}

/* ---- iteration shows what was inserted, and nothing else ---- */

enum { NATTEMPTS = 1200, NHOT = 3 };

static struct rsl_atomic_u8 attempt_inserted[NTHREADS * NATTEMPTS];
static struct rsl_atomic_u8 attempt_seen[NTHREADS * NATTEMPTS];

static void *insert_the_same_or_iterate(void *argument)
{
    struct player *player = argument;
    join(player);
    line_up(player);
    if (player->number == 0) {
        while (rsl_u32_load_acquire(&player->contest->nstopped) < NTHREADS - 1) {
            struct rsl_map_cursor cursor;
            rsl_map_iterate(player->contest->map, &cursor);
            for (const struct rsl_map_entry *entry; (entry = rsl_map_next(&cursor)) != NULL;) {
                const uint64_t value = rsl_map_value(entry);
                if (value != RSL_MAP_GONE)
                    rsl_u8_store_relaxed(&attempt_seen[value], 1); /* read after the join */
            }
            rsl_qsbr_quiescent(player->participant);
        }
    } else {
        for (uint32_t n = 0; n < NATTEMPTS; n++) {
            const uint64_t attempt = (uint64_t)player->number * NATTEMPTS + n;
            char key[32];
            const size_t nbytes = (size_t)snprintf(key, sizeof key, "hot %u", draw(player) % NHOT);
            bool inserted;
            if (rsl_map_get_or_insert(player->writer, key, nbytes, attempt, NULL, &inserted) !=
                RSL_OK)
                abort();
            if (inserted)
                rsl_u8_store_relaxed(&attempt_inserted[attempt], 1);
            (void)rsl_map_remove(player->writer, key, nbytes, NULL);
            rest(player);
        }
        (void)rsl_u32_fetch_add_acq_rel(&player->contest->nstopped, 1);
    }
    leave(player);
    return NULL;
}

static void an_insertion_that_lost_is_never_shown(void **state)
{
    (void)state;
    static struct contest contest;
    for (size_t t = 0; t < NTUNINGS; t += 4) {
        memset(attempt_inserted, 0, sizeof attempt_inserted);
        memset(attempt_seen, 0, sizeof attempt_seen);
        open_contest(&contest, &map_tunings[t].tuning, 0, 0);
        play(&contest, insert_the_same_or_iterate);
        size_t nseen = 0;
        for (size_t i = 0; i < sizeof attempt_seen / sizeof attempt_seen[0]; i++) {
            nseen += rsl_u8_load_relaxed(&attempt_seen[i]);
            if (rsl_u8_load_relaxed(&attempt_seen[i]) != 0)
                assert_int_equal(rsl_u8_load_relaxed(&attempt_inserted[i]), 1);
        }
        assert_true(nseen > 0);
        close_contest(&contest);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_update_is_lost_and_no_key_is_there_twice),
        cmocka_unit_test(threads_with_their_own_keys_do_not_notice_each_other),
        cmocka_unit_test(keys_that_stay_are_found_once_while_the_table_grows),
        cmocka_unit_test(an_insertion_that_lost_is_never_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
