/* sched/injector.h: order, batches, wrap-around, want of memory, contention. */
#include "sched/injector.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/counting_allocator.h"

static int no_job(struct rsl_worker *worker, void *arg)
{
    (void)worker;
    (void)arg;
    return 0;
}

static char numbers[1000];

static enum rsl_status put(struct rsl_injector *injector, size_t i)
{
    struct rsl_scope *scope = NULL;
    const struct rsl_job_call call = {no_job, &numbers[i], scope};
    return rsl_injector_put(injector, &call);
}

static void claims_follow_the_order_of_puts_whatever_their_size(void **state)
{
    (void)state;
    /* The last of these wraps around within the test. */
    const uint64_t lap = RSL_INJECTOR_LAP;
    const uint64_t firsts[] = {0, 5 * lap, UINT64_MAX - 3 * lap + 1};
    for (size_t f = 0; f < sizeof(firsts) / sizeof(firsts[0]); f++)
        for (size_t max = 1; max <= 200; max += 13) {
            struct rsl_injector injector;
            assert_int_equal(rsl_injector_init(&injector, &rsl_allocator_default, firsts[f]),
                             RSL_OK);
            size_t nput = 0, nclaimed = 0;
            while (nclaimed < 1000) {
                for (size_t i = 0; i < 2 * max && nput < 1000; i++)
                    assert_int_equal(put(&injector, nput++), RSL_OK);
                assert_true(rsl_injector_length(&injector) > 0);
                struct rsl_job_call calls[200];
                const size_t n = rsl_injector_claim(&injector, calls, max);
                assert_in_range(n, 1, max);
                for (size_t i = 0; i < n; i++, nclaimed++) {
                    assert_ptr_equal(calls[i].arg, &numbers[nclaimed]);
                    assert_true(calls[i].fn == no_job);
                }
            }
            struct rsl_job_call call;
            assert_int_equal(rsl_injector_length(&injector), 0);
            assert_int_equal(rsl_injector_claim(&injector, &call, 1), 0);
            rsl_injector_fini(&injector);
        }
}

static void an_injector_with_jobs_left_can_be_finished(void **state)
{
    (void)state;
    for (size_t njobs = 0; njobs < 600; njobs += 60) {
        struct counting_allocator counting;
        counting_init(&counting, SIZE_MAX);
        struct rsl_injector injector;
        assert_int_equal(rsl_injector_init(&injector, &counting.allocator, 0), RSL_OK);
        for (size_t i = 0; i < njobs; i++)
            assert_int_equal(put(&injector, i), RSL_OK);
        rsl_injector_fini(&injector);
        assert_int_equal(counting.nbytes, 0);
        assert_false(counting.wrong);
    }
}

static void a_queue_that_is_kept_short_allocates_no_more(void **state)
{
    (void)state;
    struct counting_allocator counting;
    counting_init(&counting, SIZE_MAX);
    struct rsl_injector injector;
    assert_int_equal(rsl_injector_init(&injector, &counting.allocator, 0), RSL_OK);
    for (size_t i = 0; i < 100000; i++) {
        struct rsl_job_call call;
        assert_int_equal(put(&injector, i % 1000), RSL_OK);
        assert_int_equal(rsl_injector_claim(&injector, &call, 1), 1);
    }
    assert_true(counting.ncalls <= 3);
    rsl_injector_fini(&injector);
    assert_int_equal(counting.nbytes, 0);
}

static void want_of_memory_leaves_the_queue_as_it_was(void **state)
{
    (void)state;
    for (size_t fail_at = 0; fail_at < 10; fail_at++) {
        struct counting_allocator counting;
        counting_init(&counting, fail_at);
        struct rsl_injector injector;
        const enum rsl_status begun = rsl_injector_init(&injector, &counting.allocator, 0);
        assert_int_equal(begun, fail_at == 0 ? RSL_ENOMEM : RSL_OK);
        size_t nfailed = 0;
        for (size_t i = 0; begun == RSL_OK && i < 1000; i++) {
            if (put(&injector, i) != RSL_OK) {
                nfailed++;
                assert_int_equal(put(&injector, i), RSL_OK); /* only the k-th call fails */
            }
        }
        assert_int_equal(nfailed, fail_at > 0 && fail_at < counting.ncalls);
        for (size_t i = 0; begun == RSL_OK && i < 1000; i++) {
            struct rsl_job_call call;
            assert_int_equal(rsl_injector_claim(&injector, &call, 1), 1);
            assert_ptr_equal(call.arg, &numbers[i]);
        }
        rsl_injector_fini(&injector);
        assert_int_equal(counting.nbytes, 0);
    }
}

/* ---- contention */

#define NPRODUCERS 3
#define NCONSUMERS 3
#define NPER       10000

/* Which producer's job of which number, as it travels. Plain, so that TSan sees whether a put
 * publishes it. */
struct parcel {
    size_t producer, number, ntimes;
};

struct race {
    struct rsl_injector injector;
    struct parcel *parcels;
    struct rsl_atomic_size nclaimed;
    struct rsl_atomic_size nfailed;
};

struct racer {
    struct race *race;
    size_t index;
    pthread_t thread;
    size_t norder; /* jobs of one producer that came out of order */
};

static void *produce(void *arg)
{
    struct racer *racer = arg;
    struct race *race = racer->race;
    for (size_t i = 0; i < NPER; i++) {
        struct parcel *parcel = &race->parcels[racer->index * NPER + i];
        *parcel = (struct parcel){racer->index, i + 1, 0};
        const struct rsl_job_call call = {no_job, parcel, NULL};
        if (rsl_injector_put(&race->injector, &call) != RSL_OK)
            rsl_size_fetch_add_relaxed(&race->nfailed, 1);
    }
    return NULL;
}

static void *consume(void *arg)
{
    struct racer *racer = arg;
    struct race *race = racer->race;
    size_t last[NPRODUCERS] = {0};
    while (rsl_size_load_relaxed(&race->nclaimed) < (size_t)NPRODUCERS * NPER) {
        struct rsl_job_call calls[40];
        const size_t n = rsl_injector_claim(&race->injector, calls, 1 + racer->index * 19);
        for (size_t i = 0; i < n; i++) {
            struct parcel *parcel = calls[i].arg;
            racer->norder += parcel->number <= last[parcel->producer];
            last[parcel->producer] = parcel->number;
            parcel->ntimes++;
        }
        rsl_size_fetch_add_relaxed(&race->nclaimed, n);
        if (n == 0)
            (void)sched_yield();
    }
    return NULL;
}

static void every_job_is_claimed_once_and_in_its_producer_s_order(void **state)
{
    (void)state;
    struct race race = {.parcels = calloc((size_t)NPRODUCERS * NPER, sizeof(struct parcel))};
    assert_non_null(race.parcels);
    const uint64_t first = UINT64_MAX - (uint64_t)100 * RSL_INJECTOR_LAP + 1;
    assert_int_equal(rsl_injector_init(&race.injector, &rsl_allocator_default, first), RSL_OK);
    struct racer racers[NPRODUCERS + NCONSUMERS];
    for (size_t i = 0; i < NPRODUCERS + NCONSUMERS; i++) {
        const bool producer = i < NPRODUCERS;
        racers[i] = (struct racer){.race = &race, .index = producer ? i : i - NPRODUCERS};
        assert_int_equal(
            pthread_create(&racers[i].thread, NULL, producer ? produce : consume, &racers[i]), 0);
    }
    for (size_t i = 0; i < NPRODUCERS + NCONSUMERS; i++) {
        assert_int_equal(pthread_join(racers[i].thread, NULL), 0);
        assert_int_equal(racers[i].norder, 0);
    }
    assert_int_equal(rsl_size_load_relaxed(&race.nfailed), 0);
    for (size_t i = 0; i < (size_t)NPRODUCERS * NPER; i++)
        assert_int_equal(race.parcels[i].ntimes, 1);
    assert_int_equal(rsl_injector_length(&race.injector), 0);
    rsl_injector_fini(&race.injector);
    free(race.parcels);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(claims_follow_the_order_of_puts_whatever_their_size),
        cmocka_unit_test(an_injector_with_jobs_left_can_be_finished),
        cmocka_unit_test(a_queue_that_is_kept_short_allocates_no_more),
        cmocka_unit_test(want_of_memory_leaves_the_queue_as_it_was),
        cmocka_unit_test(every_job_is_claimed_once_and_in_its_producer_s_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
