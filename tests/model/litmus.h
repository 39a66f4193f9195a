/* litmus.h - small programs of up to four threads, and the outcomes that they can have. */
#ifndef RSL_TESTS_MODEL_LITMUS_H
#define RSL_TESTS_MODEL_LITMUS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ds/atomic.h"
#include "tests/model/model.h"

static struct rsl_atomic_u32 x, y;
static uint32_t r[4]; /* what a client loaded */
static uint32_t data; /* plain */

/* The distinct values of r, as decimal digits, that executions end with. */
static uint32_t outcomes[64];
static size_t noutcomes;

static inline void note_outcome(void)
{
    const uint32_t outcome = r[0] * 1000 + r[1] * 100 + r[2] * 10 + r[3];
    for (size_t i = 0; i < noutcomes; i++) {
        if (outcomes[i] == outcome)
            return;
    }
    assert_true(noutcomes < sizeof(outcomes) / sizeof(outcomes[0]));
    outcomes[noutcomes++] = outcome;
}

typedef void thread_function(void *);

static thread_function *threads[4];
static void (*afterwards)(void);

static struct rsl_atomic_u32 flags[2], turn;
static struct rsl_atomic_u32 word, condition;
static struct rsl_atomic_ptr shared;

static inline void run_threads(void)
{
    struct rsl_atomic_u32 *const all[] = {&x, &y, &flags[0], &flags[1], &turn, &word, &condition};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        rsl_u32_init(all[i], 0);
    rsl_ptr_init(&shared, NULL);
    unsigned started[4];
    for (unsigned i = 0; i < 4; i++)
        r[i] = 0;
    for (unsigned i = 0; i < 4; i++) {
        if (threads[i])
            started[i] = model_spawn(threads[i], NULL);
    }
    for (unsigned i = 0; i < 4; i++) {
        if (threads[i])
            model_join(started[i]);
    }
    if (afterwards)
        afterwards();
}

static inline struct model_result explore(thread_function *a, thread_function *b,
                                          thread_function *c, thread_function *d)
{
    const struct model_client client = {
        .name = "litmus", .body = run_threads, .on_execution = note_outcome, .quiet = true};
    struct model_result result;
    threads[0] = a;
    threads[1] = b;
    threads[2] = c;
    threads[3] = d;
    noutcomes = 0;
    model_check(&client, &result);
    return result;
}

static inline struct model_result explore_two(thread_function *a, thread_function *b)
{
    return explore(a, b, NULL, NULL);
}

static inline struct model_result explore_body(void (*body)(void))
{
    const struct model_client client = {.name = "body", .body = body, .quiet = true};
    struct model_result result;
    model_check(&client, &result);
    return result;
}

static inline void expect_outcomes_of(const uint32_t *expected, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        bool found = false;
        for (size_t j = 0; j < noutcomes; j++)
            found |= outcomes[j] == expected[i];
        if (!found)
            print_error("outcome %04u was not explored\n", (unsigned)expected[i]);
        assert_true(found);
    }
    assert_int_equal(noutcomes, n);
}

#define expect_outcomes(...)                            \
    expect_outcomes_of((const uint32_t[]){__VA_ARGS__}, \
                       sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))

static inline int setup(void **state)
{
    (void)state;
    afterwards = NULL;
    return 0;
}

static inline void write_data(void)
{
    rsl_plain_write(&data, sizeof(data));
    data = 1;
}

static inline void read_data(void)
{
    rsl_plain_read(&data, sizeof(data));
    model_assert(data == 1);
}

static inline void publish_release(void *unused)
{
    (void)unused;
    data = 0;
    write_data();
    rsl_u32_store_release(&x, 1);
}

#endif
