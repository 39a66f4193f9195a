/* ds/deque.h under contention: an owner and several thieves, with random yields in the windows of
 * races. Every item is accounted for. */
#include "ds/deque.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define NTHIEVES 3
#define NITEMS   40000

struct contest {
    struct rsl_deque deque;
    /* How often each item was returned; an item is a pointer to its counter. */
    struct rsl_atomic_u32 *taken;
    struct rsl_atomic_u32 over; /* all have been pushed, and the owner is done */
    /* NULL, or what thieves enter and leave again after some steals. */
    struct rsl_deque_thieves *thieves;
};

struct thief {
    struct contest *contest;
    pthread_t thread;
    size_t nstolen;
    size_t norder; /* items older than one stolen before: there must be none */
    size_t nstale; /* items whose content, written before the push, was not seen */
};

static uint32_t next_random(uint32_t *sequence)
{
    *sequence ^= *sequence << 13;
    *sequence ^= *sequence >> 17;
    *sequence ^= *sequence << 5;
    return *sequence;
}

/* Item i carries i + 1 in a plain variable, so that TSan sees whether the push published it. */
static size_t plain[NITEMS];

static void take(struct contest *contest, void *item)
{
    const size_t i = (size_t)((struct rsl_atomic_u32 *)item - contest->taken);
    rsl_u32_fetch_add_relaxed(&contest->taken[i], 1);
}

static void *run_thief(void *arg)
{
    struct thief *thief = arg;
    struct contest *contest = thief->contest;
    size_t last = 0;
    for (size_t nattempts = 0;; nattempts++) {
        if (contest->thieves != NULL && nattempts % 8 == 0) {
            if (nattempts > 0)
                rsl_deque_thieves_leave(contest->thieves);
            rsl_deque_thieves_enter(contest->thieves);
        }
        const bool over = rsl_u32_load_acquire(&contest->over) != 0;
        void *item;
        switch (rsl_deque_steal(&contest->deque, &item)) {
        case RSL_STEAL_ITEM: {
            const size_t i = (size_t)((struct rsl_atomic_u32 *)item - contest->taken);
            thief->nstale += plain[i] != i + 1;
            thief->norder += i + 1 <= last;
            last = i + 1;
            take(contest, item);
            thief->nstolen++;
            break;
        }
        case RSL_STEAL_ABORT: break;
        case RSL_STEAL_EMPTY:
            if (over) {
                if (contest->thieves != NULL)
                    rsl_deque_thieves_leave(contest->thieves);
                return NULL;
            }
            break;
        }
    }
}

/* The owner pushes all items in bursts of 1 to `burst`, and pops after each as many as chance says,
 * at most `pops` times as many as it pushed. */
static void contend_among(struct rsl_deque_thieves *entered, size_t capacity, size_t first,
                          uint32_t burst, uint32_t pops, uint32_t seed)
{
    struct contest contest = {.taken = calloc(NITEMS, sizeof(contest.taken[0])),
                              .thieves = entered};
    assert_non_null(contest.taken);
    assert_int_equal(rsl_deque_init(&contest.deque, NULL, capacity), RSL_OK);
    rsl_size_init(&contest.deque.top, first);
    rsl_size_init(&contest.deque.bottom, first);
    contest.deque.seen_top = first;
    rsl_u32_init(&contest.over, 0);

    struct thief thieves[NTHIEVES];
    for (size_t t = 0; t < NTHIEVES; t++) {
        thieves[t] = (struct thief){.contest = &contest};
        assert_int_equal(pthread_create(&thieves[t].thread, NULL, run_thief, &thieves[t]), 0);
    }
    size_t npushed = 0, npopped = 0, nfailed = 0;
    while (npushed < NITEMS) {
        const uint32_t n = next_random(&seed) % burst + 1;
        for (uint32_t i = 0; i < n && npushed < NITEMS; i++, npushed++) {
            plain[npushed] = npushed + 1;
            nfailed += rsl_deque_push(&contest.deque, &contest.taken[npushed]) != RSL_OK;
        }
        for (uint32_t i = next_random(&seed) % (n * pops + 1); i > 0; i--) {
            void *item = rsl_deque_pop_among(&contest.deque, contest.thieves);
            if (item == NULL)
                break;
            take(&contest, item);
            npopped++;
        }
    }
    for (void *item; (item = rsl_deque_pop_among(&contest.deque, contest.thieves)) != NULL;
         npopped++)
        take(&contest, item);
    rsl_u32_store_release(&contest.over, 1);
    size_t nstolen = 0;
    for (size_t t = 0; t < NTHIEVES; t++) {
        assert_int_equal(pthread_join(thieves[t].thread, NULL), 0);
        assert_int_equal(thieves[t].norder, 0);
        assert_int_equal(thieves[t].nstale, 0);
        nstolen += thieves[t].nstolen;
    }
    assert_int_equal(nfailed, 0);
    assert_int_equal(npopped + nstolen, NITEMS);
    for (size_t i = 0; i < NITEMS; i++)
        assert_int_equal(rsl_u32_load_relaxed(&contest.taken[i]), 1);
    assert_int_equal(rsl_deque_length(&contest.deque), 0);
    rsl_deque_fini(&contest.deque);
    free(contest.taken);
}

/* With a fence in each pop, and without while nobody steals. */
static void contend(size_t capacity, size_t first, uint32_t burst, uint32_t pops, uint32_t seed)
{
    struct rsl_deque_thieves thieves;
    rsl_deque_thieves_init(&thieves);
    const uint32_t before = rsl_u32_load_relaxed(&thieves.count);
    contend_among(NULL, capacity, first, burst, pops, seed);
    contend_among(&thieves, capacity, first, burst, pops, seed);
    assert_int_equal(rsl_u32_load_relaxed(&thieves.count), before);
}

static void every_item_is_taken_once_from_a_deque_of_about_one_item(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= 4; seed++)
        contend(2, 0, 1, 1, seed);
}

static void every_item_is_taken_once_while_the_indices_wrap_around(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= 4; seed++)
        contend(2, SIZE_MAX - NITEMS / 2, 4, 1, seed);
}

static void every_item_is_taken_once_while_the_array_grows(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= 4; seed++)
        contend(2, seed, 1000, 1, seed);
}

static void every_item_is_taken_once_when_the_owner_pops_more_than_there_is(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= 4; seed++)
        contend(64, SIZE_MAX - seed, 3, 3, seed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_item_is_taken_once_from_a_deque_of_about_one_item),
        cmocka_unit_test(every_item_is_taken_once_while_the_indices_wrap_around),
        cmocka_unit_test(every_item_is_taken_once_while_the_array_grows),
        cmocka_unit_test(every_item_is_taken_once_when_the_owner_pops_more_than_there_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
