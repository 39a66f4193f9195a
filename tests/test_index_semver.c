#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "index/semver.h"

static bool reads(const char *text)
{
    /* Without a NUL behind it, so that a read too far is seen. */
    const size_t n = strlen(text);
    char *copy = malloc(n > 0 ? n : 1);
    assert_non_null(copy);
    memcpy(copy, text, n);
    struct rsl_semver version;
    const bool result = rsl_semver_read(copy, n, &version);
    free(copy);
    return result;
}

static void test_versions_are_read(void **state)
{
    (void)state;
    static const char *const good[] = {
        "0.0.0",     "1.2.3",       "18446744073709551615.0.0",
        "1.2.3-a",   "1.2.3-0",     "1.2.3-a.b.1",
        "1.2.3--",   "1.2.3-0a",    "1.2.3-01a",
        "1.2.3+01",  "1.2.3-a+b.c", "1.2.3-x-y.--",
        "1.0.0+a-b",
    };
    static const char *const bad[] = {
        "",
        "1",
        "1.2",
        "1.2.",
        "1.2.3.4",
        "01.2.3",
        "1.02.3",
        "1.2.03",
        "1.2.3-",
        "1.2.3+",
        "1.2.3-.",
        "1.2.3-a..b",
        "1.2.3-01",
        "1.2.3-a_b",
        "1.2.3 ",
        " 1.2.3",
        "v1.2.3",
        "-1.2.3",
        "1.2.3-a+",
        "1.2.3+a+b",
        "1..3",
        "a.b.c",
        "18446744073709551616.0.0",
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(reads(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(reads(bad[i]));
}

static int compare(const char *a, const char *b)
{
    struct rsl_semver x, y;
    assert_true(rsl_semver_read(a, strlen(a), &x));
    assert_true(rsl_semver_read(b, strlen(b), &y));
    const int order = rsl_semver_compare(&x, &y);
    return (order > 0) - (order < 0);
}

/* The example of the specification's section 11, and more between. */
static void test_versions_are_in_order(void **state)
{
    (void)state;
    static const char *const order[] = {
        "0.0.1",       "0.1.0",         "1.0.0-2",         "1.0.0-10",
        "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.1.0", "1.0.0-alpha.beta",
        "1.0.0-beta",  "1.0.0-beta.2",  "1.0.0-beta.11",   "1.0.0-rc.1",
        "1.0.0",       "1.0.1",         "1.9.0",           "1.10.0",
        "2.0.0-0",     "2.0.0",         "2.1.0",           "2.1.1",
        "10.0.0",
    };
    const size_t n = sizeof order / sizeof *order;
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < n; k++)
            assert_int_equal(compare(order[i], order[k]), (i > k) - (i < k));
    }
    /* A - alone is no number, and comes behind them all. */
    assert_int_equal(compare("1.0.0--", "1.0.0-10"), 1);
    assert_int_equal(compare("1.0.0--", "1.0.0-alpha"), -1);
    assert_int_equal(compare("1.0.0+a", "1.0.0+b"), 0);
    assert_int_equal(compare("1.0.0-a+a", "1.0.0-a"), 0);
}

static void test_names_are_cut_off(void **state)
{
    (void)state;
    static const struct {
        const char *text, *name;
    } cases[] = {
        {"p-1.0.0", "p"},
        {"md-5-0.10.0", "md-5"},
        {"a-b-1.0.0-rc.1", "a-b"},
        {"p-1.0.0-2.0.0", "p"},
        {"x-1-1.0.0+b-1.0.0", "x-1"},
        {"p-1.0", ""},
        {"p", ""},
        {"-1.0.0", ""},
        {"p.q-1.0.0", ""},
        {"p-", ""},
        {"", ""},
        {"serde_derive-1.0.217", "serde_derive"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(rsl_semver_cut(cases[i].text, strlen(cases[i].text)),
                         strlen(cases[i].name));
}

static bool matches(const char *version, const char *wanted)
{
    return rsl_semver_matches(version, strlen(version), wanted);
}

static void test_a_part_of_a_version_names_it(void **state)
{
    (void)state;
    assert_true(matches("1.2.3", "1.2.3"));
    assert_true(matches("1.2.3", "1.2"));
    assert_true(matches("1.2.3", "1"));
    assert_true(matches("1.2.3-rc.1", "1.2"));
    assert_true(matches("1.2.3-rc.1", "1.2.3-rc.1"));
    assert_false(matches("1.2.3-rc.1", "1.2.3"));
    assert_false(matches("1.20.3", "1.2"));
    assert_false(matches("12.0.0", "1"));
    assert_false(matches("1.2.3", "1."));
    assert_false(matches("1.2.3", ""));
    assert_false(matches("1.2.3", "1.2.3.4"));
    assert_false(matches("1.2.3-a.b", "1.2.3-a"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_versions_are_read),
        cmocka_unit_test(test_versions_are_in_order),
        cmocka_unit_test(test_names_are_cut_off),
        cmocka_unit_test(test_a_part_of_a_version_names_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
