/* sched/glob.h: what matches, what never does, and that no pattern takes long. */
#include "sched/glob.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct sample {
    const char *pattern, *text;
    bool matches;
};

/* Both sides in blocks of their exact size, so that AddressSanitizer sees a byte too far. */
static bool matches(const char *pattern, const char *text, unsigned flags)
{
    const size_t pattern_nbytes = strlen(pattern);
    const size_t text_nbytes = strlen(text);
    char *p = malloc(pattern_nbytes + !pattern_nbytes);
    char *t = malloc(text_nbytes + !text_nbytes);
    assert_non_null(p);
    assert_non_null(t);
    memcpy(p, pattern, pattern_nbytes);
    memcpy(t, text, text_nbytes);
    const bool result = rsl_glob_match(p, pattern_nbytes, t, text_nbytes, flags);
    free(p);
    free(t);
    return result;
}

static void check(const struct sample *samples, size_t n, unsigned flags)
{
    for (size_t i = 0; i < n; i++) {
        if (matches(samples[i].pattern, samples[i].text, flags) != samples[i].matches)
            fail_msg("%s %s %s", samples[i].pattern,
                     samples[i].matches ? "does not match" : "matches", samples[i].text);
    }
}

#define CHECK(samples, flags) check(samples, sizeof(samples) / sizeof((samples)[0]), flags)

static void names_match_as_a_whole(void **state)
{
    (void)state;
    static const struct sample samples[] = {
        {"", "", true},
        {"", "a", false},
        {"a", "", false},
        {"abc", "abc", true},
        {"abc", "abcd", false},
        {"abc", "ab", false},
        {"a?c", "abc", true},
        {"a?c", "ac", false},
        {"*", "", true},
        {"*", "abc", true},
        {"a*", "a", true},
        {"*.rs", "lib.rs", true},
        {"*.rs", ".rs", true},
        {"*.rs", "lib.rsx", false},
        {"a*b*c", "aXbXbXc", true},
        {"a*b*c", "aXcXb", false},
        {"a***b", "axyb", true},
        {"*a*a*a", "aa", false},
        {"*ab", "aab", true},
    };
    CHECK(samples, 0);
    CHECK(samples, RSL_GLOB_PATH);
    CHECK(samples, RSL_GLOB_UTF8);
}

static void a_backslash_takes_the_next_character_as_it_is(void **state)
{
    (void)state;
    static const struct sample samples[] = {
        {"\\*", "*", true},     {"\\*", "a", false},  {"\\a", "a", true},
        {"a\\?b", "a?b", true}, {"\\\\", "\\", true}, {"\\[a]", "[a]", true},
        {"\\[a]", "a", false},  {"[\\]]", "]", true}, {"[\\a-\\c]", "b", true},
        {"*\\ ", "x ", true},   {"a\\", "a", false},  {"a\\", "a\\", false},
        {"*\\", "x\\", false},  {"[a\\", "a", false},
    };
    CHECK(samples, 0);
}

static void classes_have_members_ranges_and_names(void **state)
{
    (void)state;
    static const struct sample samples[] = {
        {"[abc]", "b", true},         {"[abc]", "d", false},
        {"[!abc]", "d", true},        {"[^abc]", "a", false},
        {"[a-c]", "b", true},         {"[c-a]", "b", false},
        {"[a-]", "-", true},          {"[-a]", "-", true},
        {"[]]", "]", true},           {"[]-a]", "^", true},
        {"[!]]", "]", false},         {"[!]]", "x", true},
        {"[a-c-e]", "-", true},       {"[a-c-e]", "d", false},
        {"[--9]", ".", true},         {"[[a]", "[", true},
        {"[[:alpha:]]", "Q", true},   {"[[:alpha:]]", "1", false},
        {"[[:digit:]x]", "x", true},  {"[![:digit:]]", "5", false},
        {"[[:upper:]]", "a", false},  {"[[:lower:]]", "a", true},
        {"[[:xdigit:]]", "F", true},  {"[[:xdigit:]]", "g", false},
        {"[[:punct:]]", "_", true},   {"[[:space:]]", "\t", true},
        {"[[:space:]]", "\v", false}, {"[[:cntrl:]]", "\x7f", true},
        {"[[:blank:]]", "\n", false}, {"[[:print:]]", " ", true},
        {"[[:graph:]]", " ", false},  {"[[:alnum:]]", "_", false},
        {"[[:alpha:]-z]", "-", true}, {"[a-[:digit:]]", "a:]", false},
        {"[[:]", ":", true},          {"[[:]", "[", true},
    };
    CHECK(samples, 0);
}

static void malformed_patterns_match_nothing(void **state)
{
    (void)state;
    static const char *const malformed[] = {
        "[",   "[a",  "[]",        "[!]",    "[!",   "a[",   "[[:alpha:]",
        "[\\", "a\\", "[[:bad:]]", "[[::]]", "[[:a", "x[a-", "[[:ALPHA:]]",
    };
    static const char *const texts[] = {"", "[", "a", "[a", "[]", "x", "\\", "a\\", ":", "[!"};
    for (size_t i = 0; i < sizeof malformed / sizeof malformed[0]; i++) {
        assert_false(rsl_glob_is_valid(malformed[i], strlen(malformed[i]), 0));
        for (size_t k = 0; k < sizeof texts / sizeof texts[0]; k++)
            assert_false(matches(malformed[i], texts[k], 0));
    }
    static const char *const good[] = {"", "a", "[a]", "[]]", "\\\\", "[\\]]", "]", "[[:]", "*"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_true(rsl_glob_is_valid(good[i], strlen(good[i]), 0));
}

static void in_paths_only_slashes_and_double_stars_match_slashes(void **state)
{
    (void)state;
    static const struct sample samples[] = {
        {"*", "a/b", false},
        {"a/*", "a/b", true},
        {"a/*", "a/b/c", false},
        {"a?b", "a/b", false},
        {"a[/]b", "a/b", false},
        {"a[!x]b", "a/b", false},
        {"a\\/b", "a/b", true},
        {"*/b", "a/b", true},
        {"*/b", "a/x/b", false},
        {"**", "a/b/c", true},
        {"**/c", "c", true},
        {"**/c", "a/b/c", true},
        {"**/c", "a/bc", false},
        {"a/**", "a/b/c", true},
        {"a/**", "a", false},
        {"a/**/c", "a/c", true},
        {"a/**/c", "a/b/b/c", true},
        {"a/**/c", "ac", false},
        {"**/a/**/b", "x/a/y/z/b", true},
        {"**/a/*/b", "a/x/a/y/b", true},
        {"**/a/*/b", "a/x/y/a/b", false},
        {"**\\/c", "a/b/c", true},
        {"**\\/c", "c", false},
        /* Not a component of its own: one star. */
        {"a**/c", "ab/c", true},
        {"a**/c", "a/b/c", false},
        {"**a/c", "xa/c", true},
        {"**a/c", "x/a/c", false},
        {"a/**b", "a/x/b", false},
        {"*/**/*.rs", "a/b/c.rs", true},
        {"**/*a*/b", "x/yaz/b", true},
    };
    CHECK(samples, RSL_GLOB_PATH);
}

static void a_character_is_a_byte_or_a_code_point(void **state)
{
    (void)state;
    static const struct sample bytes[] = {
        {"?", "\xC3\xA9", false}, {"??", "\xC3\xA9", true}, {"[\xC3\xA9]?", "\xC3\xA9", true}};
    static const struct sample characters[] = {
        {"?", "\xC3\xA9", true},
        {"*?", "\xE2\x82\xAC", true},
        {"*??", "\xE2\x82\xAC", false},
        {"[\xC3\xA9\xC3\xA8]", "\xC3\xA8", true},
        {"[!\xC3\xA9]", "\xC3\xA9", false},
        {"[\xCE\xB1-\xCF\x89]", "\xCE\xB2", true},
        {"?", "\xF0\x9F\xA6\x80", true},
        /* What is no UTF-8 goes byte by byte. */
        {"?", "\xFF", true},
        {"??", "\xE2\x82", true},
        {"?", "\xE2\x82", false},
        {"??", "\x80\x80", true},
        {"[\xFF]", "\xFF", true},
        {"[\x80-\xFE]", "\xFF", false},
    };
    CHECK(bytes, 0);
    CHECK(characters, RSL_GLOB_UTF8);
}

/* The definition, for patterns of literals, ?, and stars. */
// NOLINTNEXTLINE(misc-no-recursion): as deep as the pattern is long
static bool matches_by_definition(const char *p, const char *t, bool path, bool at_component)
{
    if (*p == 0)
        return *t == 0;
    if (*p == '*') {
        size_t n = strspn(p, "*");
        const bool deep = !path || (n > 1 && at_component && (p[n] == 0 || p[n] == '/'));
        if (path && deep && p[n] == '/') {
            for (const char *s = t; s != NULL; s = strchr(s, '/') ? strchr(s, '/') + 1 : NULL) {
                if (matches_by_definition(p + n + 1, s, path, true))
                    return true;
            }
            return false;
        }
        for (;; t++) {
            if (matches_by_definition(p + n, t, path, false))
                return true;
            if (*t == 0 || (*t == '/' && !deep))
                return false;
        }
    }
    return *t != 0 && (*p == *t || (*p == '?' && !(path && *t == '/'))) &&
           matches_by_definition(p + 1, t + 1, path, *p == '/');
}

static void random_patterns_match_what_the_definition_says(void **state)
{
    (void)state;
    static const char pattern_letters[] = "ab/**?*/";
    static const char text_letters[] = "ab/ab";
    uint32_t random = 7;
    size_t nmatching = 0;
    for (int i = 0; i < 300000; i++) {
        char pattern[10] = "", text[10] = "";
        char *const strings[] = {pattern, text};
        for (int k = 0; k < 2; k++) {
            random = random * 1664525 + 1013904223;
            const size_t n = random >> 29;
            for (size_t c = 0; c < n; c++) {
                random = random * 1664525 + 1013904223;
                strings[k][c] =
                    k == 0 ? pattern_letters[random >> 29] : text_letters[(random >> 24) % 5];
            }
        }
        for (unsigned flags = 0; flags <= RSL_GLOB_PATH; flags++) {
            const bool right = matches_by_definition(pattern, text, flags, true);
            nmatching += right;
            if (rsl_glob_match(pattern, strlen(pattern), text, strlen(text), flags) != right)
                fail_msg("'%s' and '%s' (%u)", pattern, text, flags);
        }
    }
    assert_true(nmatching > 10000);
}

/* Exponential matchers do not come back from these. */
static void many_stars_take_no_time(void **state)
{
    (void)state;
    const size_t N = 2000;
    char *pattern = malloc(2 * N + 2);
    char *text = malloc(2 * N);
    assert_non_null(pattern);
    assert_non_null(text);
    memset(text, 'a', 2 * N);
    for (size_t i = 0; i < N; i++)
        memcpy(pattern + 2 * i, "*a", 2);
    pattern[2 * N] = 'b';
    assert_false(rsl_glob_match(pattern, 2 * N + 1, text, 2 * N, 0));
    assert_false(rsl_glob_match(pattern, 2 * N + 1, text, 2 * N, RSL_GLOB_PATH));
    for (size_t i = 0; i < 2 * N; i += 2)
        text[i] = '/';
    for (size_t i = 0; i + 3 <= 2 * N; i += 3)
        memcpy(pattern + i, "**/", 3);
    pattern[2 * N - 1] = 'b';
    assert_false(rsl_glob_match(pattern, 2 * N, text, 2 * N, RSL_GLOB_PATH));
    free(pattern);
    free(text);
}

static void the_literal_prefix_ends_before_what_is_special(void **state)
{
    (void)state;
    assert_int_equal(rsl_glob_literal_prefix("", 0), 0);
    assert_int_equal(rsl_glob_literal_prefix("a/b", 3), 3);
    assert_int_equal(rsl_glob_literal_prefix("ab*", 3), 2);
    assert_int_equal(rsl_glob_literal_prefix("a?b", 3), 1);
    assert_int_equal(rsl_glob_literal_prefix("[a]", 3), 0);
    assert_int_equal(rsl_glob_literal_prefix("a\\b", 3), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_match_as_a_whole),
        cmocka_unit_test(a_backslash_takes_the_next_character_as_it_is),
        cmocka_unit_test(classes_have_members_ranges_and_names),
        cmocka_unit_test(malformed_patterns_match_nothing),
        cmocka_unit_test(in_paths_only_slashes_and_double_stars_match_slashes),
        cmocka_unit_test(a_character_is_a_byte_or_a_code_point),
        cmocka_unit_test(random_patterns_match_what_the_definition_says),
        cmocka_unit_test(many_stars_take_no_time),
        cmocka_unit_test(the_literal_prefix_ends_before_what_is_special),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
