/* sched/ignore.h, sched/overrides.h, sched/git_excludes.h: how lines become rules, and what those
 * say. diff_ignore.py compares the whole with git. */
#include "sched/ignore.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "sched/git_excludes.h"
#include "sched/overrides.h"
#include "tests/counting_allocator.h"

/* A path that ends with a slash is a folder. */
struct sample {
    const char *path;
    enum rsl_ignore_verdict verdict;
};

#define NONE RSL_IGNORE_NONE
#define OUT  RSL_IGNORE_EXCLUDED
#define IN   RSL_IGNORE_INCLUDED

static size_t name_offset(const char *path, size_t nbytes)
{
    while (nbytes > 0 && path[nbytes - 1] != '/')
        nbytes--;
    return nbytes;
}

static void check_text(const char *text, size_t text_nbytes, const struct sample *samples, size_t n)
{
    struct rsl_ignore_rules rules;
    assert_int_equal(rsl_ignore_rules_init(&rules, text, text_nbytes, &rsl_allocator_default),
                     RSL_OK);
    for (size_t i = 0; i < n; i++) {
        size_t nbytes = strlen(samples[i].path);
        const bool is_dir = samples[i].path[nbytes - 1] == '/';
        nbytes -= is_dir;
        const enum rsl_ignore_verdict verdict = rsl_ignore_rules_match(
            &rules, samples[i].path, nbytes, name_offset(samples[i].path, nbytes), is_dir);
        if (verdict != samples[i].verdict)
            fail_msg("%s: %d, not %d", samples[i].path, (int)verdict, (int)samples[i].verdict);
    }
    rsl_ignore_rules_fini(&rules, &rsl_allocator_default);
}

#define CHECK(text, ...)                                                                 \
    do {                                                                                 \
        static const struct sample samples[] = {__VA_ARGS__};                            \
        check_text(text, sizeof(text) - 1, samples, sizeof samples / sizeof samples[0]); \
    } while (0)

static void a_pattern_without_slash_matches_names_at_any_depth(void **state)
{
    (void)state;
    CHECK("foo\n*.o\nlib?\n", {"foo", OUT}, {"a/foo", OUT}, {"a/foo/b", NONE}, {"foo/", OUT},
          {"x.o", OUT}, {"a/b/x.o", OUT}, {"x.oo", NONE}, {"lib1", OUT}, {"a/lib", NONE},
          {"foobar", NONE}, {".o", OUT});
}

static void a_slash_anchors_a_pattern_to_its_folder(void **state)
{
    (void)state;
    CHECK("/foo\na/b\n/c/*\n", {"foo", OUT}, {"x/foo", NONE}, {"a/b", OUT}, {"x/a/b", NONE},
          {"c/d", OUT}, {"c/d/e", NONE}, {"c", NONE});
}

static void a_slash_at_the_end_matches_folders_only(void **state)
{
    (void)state;
    CHECK("foo/\n/a/b/\n", {"foo", NONE}, {"foo/", OUT}, {"x/foo/", OUT}, {"a/b", NONE},
          {"a/b/", OUT}, {"x/a/b/", NONE});
}

static void double_stars_match_any_number_of_folders(void **state)
{
    (void)state;
    CHECK("**/foo\nbar/**\na/**/b\n**/x/y\n", {"foo", OUT}, {"a/c/foo", OUT}, {"bar", NONE},
          {"bar/x", OUT}, {"bar/x/y", OUT}, {"a/b", OUT}, {"a/x/y/b", OUT}, {"z/a/b", NONE},
          {"x/y", OUT}, {"q/x/y", OUT});
    /* As git does it: behind a literal beginning they count as if at the beginning. */
    CHECK("/foo**/bar\n", {"foobar", OUT}, {"foox/bar", OUT}, {"foox/y/bar", OUT}, {"fobar", NONE});
}

static void the_last_rule_that_matches_decides(void **state)
{
    (void)state;
    CHECK("*.rs\n!lib.rs\n/x/lib.rs\n", {"a.rs", OUT}, {"lib.rs", IN}, {"x/lib.rs", OUT},
          {"y/lib.rs", IN}, {"a.c", NONE});
    CHECK("!a\na\n", {"a", OUT});
}

static void lines_end_as_git_ends_them(void **state)
{
    (void)state;
    CHECK("a\r\nb\r\n\r\nc\r", {"a", OUT}, {"b", OUT}, {"c", OUT}, {"a\r", NONE});
    CHECK("a\r\r\n", {"a", NONE}, {"a\r", OUT});
    CHECK("a\0b\nc\n", {"a", OUT}, {"a\0b", OUT}, {"b", NONE}, {"c", OUT});
    CHECK("last", {"last", OUT});
    CHECK("\n\n\n", {"a", NONE});
    CHECK("", {"a", NONE});
}

static void a_byte_order_mark_is_passed_over(void **state)
{
    (void)state;
    CHECK("\xEF\xBB\xBF"
          "a\n\xEF\xBB\xBF"
          "b\n",
          {"a", OUT}, {"b", NONE},
          {"\xEF\xBB\xBF"
           "b",
           OUT});
    CHECK("\xEF\xBB\xBF#a\n", {"#a", NONE});
    CHECK("\xEF\xBB\xBF", {"\xEF\xBB\xBF", NONE});
}

static void comments_and_marks_can_be_escaped(void **state)
{
    (void)state;
    CHECK("#a\n\\#b\n\\!c\n!\n!!d\n #e\n", {"#a", NONE}, {"a", NONE}, {"#b", OUT}, {"!c", OUT},
          {"!d", IN}, {" #e", OUT}, {"#e", NONE});
}

static void blanks_at_the_end_go_unless_escaped(void **state)
{
    (void)state;
    CHECK("a  \nb\\ \nc\\  \nd \\ \ne\t\nf/ \ng\\\n  \n", {"a", OUT}, {"a  ", NONE}, {"b ", OUT},
          {"b", NONE}, {"c ", OUT}, {"c  ", NONE}, {"d  ", OUT}, {"e", NONE}, {"e\t", OUT},
          {"f/", OUT}, {"f", NONE}, {"g\\", NONE}, {"g", NONE}, {"  ", NONE});
}

static void patterns_that_match_nothing_leave_no_rule(void **state)
{
    (void)state;
    static const char text[] = "\n# x\n!\n/\n!/\n//\n[\na[\na\\\n[[:bad:]]\n   \n\r\n";
    struct rsl_ignore_rules rules;
    assert_int_equal(rsl_ignore_rules_init(&rules, text, sizeof text - 1, &rsl_allocator_default),
                     RSL_OK);
    assert_int_equal(rules.nrules, 0);
    assert_null(rules.rules);
    assert_null(rules.text);
}

static void an_escaped_star_at_the_beginning_is_no_star(void **state)
{
    (void)state;
    CHECK("\\* p\n\\*\\*\n", {"s p", NONE}, {"* p", OUT}, {"**", OUT}, {"xx", NONE});
}

static void too_large_a_text_is_refused(void **state)
{
    (void)state;
    struct rsl_ignore_rules rules;
    assert_int_equal(
        rsl_ignore_rules_init(&rules, "a", RSL_IGNORE_MAX_TEXT + 1, &rsl_allocator_default),
        RSL_ETOOBIG);
    assert_null(rules.rules);
}

static void rules_survive_running_out_of_memory(void **state)
{
    (void)state;
    static const char text[] = "a\n*.b\n!c/d\n";
    for (size_t k = 0;; k++) {
        struct counting_allocator counting;
        counting_init(&counting, k);
        struct rsl_ignore_rules rules;
        const enum rsl_status status =
            rsl_ignore_rules_init(&rules, text, sizeof text - 1, &counting.allocator);
        if (status == RSL_OK) {
            assert_int_equal(rules.nrules, 3);
            assert_int_equal(k, 2);
        } else {
            assert_int_equal(status, RSL_ENOMEM);
            assert_null(rules.rules);
        }
        rsl_ignore_rules_fini(&rules, &counting.allocator);
        assert_int_equal(counting.nbytes, 0);
        assert_false(counting.wrong);
        if (status == RSL_OK)
            break;
    }
}

/* ---- overrides */

static enum rsl_ignore_verdict override(const struct rsl_overrides *overrides, const char *path)
{
    size_t nbytes = strlen(path);
    const bool is_dir = path[nbytes - 1] == '/';
    nbytes -= is_dir;
    return rsl_overrides_match(overrides, path, nbytes, name_offset(path, nbytes), is_dir);
}

static void check_globs(const char *const *globs, size_t nglobs, const struct sample *samples,
                        size_t n)
{
    struct rsl_overrides overrides;
    assert_int_equal(rsl_overrides_init(&overrides, globs, nglobs, &rsl_allocator_default), RSL_OK);
    for (size_t i = 0; i < n; i++) {
        if (override(&overrides, samples[i].path) != samples[i].verdict)
            fail_msg("%s: not %d", samples[i].path, (int)samples[i].verdict);
    }
    rsl_overrides_fini(&overrides, &rsl_allocator_default);
}

#define GLOBS(...) ((const char *const[]){__VA_ARGS__})
#define CHECK_GLOBS(globs, ...)                                         \
    do {                                                                \
        static const struct sample samples[] = {__VA_ARGS__};           \
        check_globs(globs, sizeof(globs) / sizeof((globs)[0]), samples, \
                    sizeof samples / sizeof samples[0]);                \
    } while (0)

static void globs_include_and_those_with_a_mark_exclude(void **state)
{
    (void)state;
    CHECK_GLOBS(GLOBS("*.rs"), {"a.rs", IN}, {"x/a.rs", IN}, {"a.c", OUT}, {"a.c/", NONE});
    CHECK_GLOBS(GLOBS("!*.rs"), {"a.rs", OUT}, {"a.c", NONE}, {"x/", NONE});
    CHECK_GLOBS(GLOBS("*.rs", "!b.rs"), {"a.rs", IN}, {"b.rs", OUT}, {"c", OUT});
    CHECK_GLOBS(GLOBS("!b.rs", "*.rs"), {"b.rs", IN});
    CHECK_GLOBS(GLOBS("!target/"), {"target/", OUT}, {"target", NONE});
    CHECK_GLOBS(GLOBS("src/*.rs"), {"src/a.rs", IN}, {"x/src/a.rs", OUT}, {"src/y/a.rs", OUT});
    CHECK_GLOBS(GLOBS("?.rs"), {"\xC3\xA9.rs", IN});
}

static void braces_hold_alternatives(void **state)
{
    (void)state;
    CHECK_GLOBS(GLOBS("*.{rs,c}"), {"a.rs", IN}, {"a.c", IN}, {"a.h", OUT}, {"a.{rs,c}", OUT});
    CHECK_GLOBS(GLOBS("{a,b{1,2{x,}},}c"), {"ac", IN}, {"b1c", IN}, {"b2xc", IN}, {"b2c", IN},
                {"c", IN}, {"bc", OUT});
    CHECK_GLOBS(GLOBS("{a,b}{c,d}"), {"ac", IN}, {"bd", IN}, {"ab", OUT});
    CHECK_GLOBS(GLOBS("a\\{b,c\\}"), {"a{b,c}", IN}, {"ab", OUT});
    CHECK_GLOBS(GLOBS("[{,}]"), {"{", IN}, {",", IN}, {"a", OUT});
    CHECK_GLOBS(GLOBS("a,b"), {"a,b", IN}, {"a", OUT});
    /* One glob, one sign, one place in the order. */
    CHECK_GLOBS(GLOBS("{a,b}", "!a"), {"a", OUT}, {"b", IN});
    CHECK_GLOBS(GLOBS("!{a,b}/"), {"a/", OUT}, {"b/", OUT}, {"a", NONE});
    /* Anchored by the slash in another alternative, since it is one glob. */
    CHECK_GLOBS(GLOBS("{x/a,b}"), {"x/a", IN}, {"b", IN}, {"y/b", OUT});
}

static void malformed_globs_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",       "!",
        "[a",     "a\\",
        "{a",     "a}",
        "{a,{b}", "[[:bad:]]",
        "x\\/",   "{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const char *const globs[] = {"good", bad[i]};
        struct rsl_overrides overrides;
        if (rsl_overrides_init(&overrides, globs, 2, &rsl_allocator_default) != RSL_EINVAL)
            fail_msg("'%s' was taken", bad[i]);
        assert_null(overrides.list);
    }
}

static void globs_survive_running_out_of_memory(void **state)
{
    (void)state;
    const char *const globs[] = {"{a,b{c,d}}.rs", "!x/{y,z}", "*"};
    for (size_t k = 0;; k++) {
        struct counting_allocator counting;
        counting_init(&counting, k);
        struct rsl_overrides overrides;
        const enum rsl_status status =
            rsl_overrides_init(&overrides, globs, 3, &counting.allocator);
        assert_true(status == RSL_OK || status == RSL_ENOMEM);
        if (status == RSL_OK) {
            assert_true(k > 8);
            assert_int_equal(override(&overrides, "bd.rs"), IN);
            rsl_overrides_fini(&overrides, &counting.allocator);
        }
        assert_int_equal(counting.nbytes, 0);
        assert_false(counting.wrong);
        if (status == RSL_OK)
            break;
    }
}

/* ---- the user's excludes */

static const char *setting(const char *config, char *to, size_t capacity)
{
    const size_t n = strlen(config);
    assert_true(n < capacity);
    memcpy(to, config, n);
    return rsl_git_excludes_setting(to, n);
}

static void configuration_is_read_as_git_reads_it(void **state)
{
    (void)state;
    static const struct {
        const char *config, *value;
    } samples[] = {
        {"", NULL},
        {"[core]\nexcludesFile = /a/b\n", "/a/b"},
        {"[core]\n\texcludesfile=~/x y ; comment\n", "~/x y"},
        {"[CORE]\n  EXCLUDESFILE = \"a b \" # c\n", "a b "},
        {"[core] excludesFile = x", "x"},
        {"[core \"sub\"]\nexcludesFile = x\n", NULL},
        {"[user]\nexcludesFile = x\n", NULL},
        {"[core]\nexcludesFile\n", NULL},
        {"[core]\nexcludesFile =\n", ""},
        {"[core]\nexcludesFiles = x\n", NULL},
        {"[core]\nexcludesFile = a\n[core]\nexcludesFile = b\n", "b"},
        {"[core]\nexcludesFile = a\\\nb\n", "ab"},
        {"[core]\nexcludesFile = a\\\\b\\\"c\n", "a\\b\"c"},
        {"[core]\r\nexcludesFile = a\r\n", "a"},
        {"# [core]\n; x\n[a]\nb = \"unclosed\n[core]\nexcludesFile = y\n", "y"},
        {"\xEF\xBB\xBF[core]\nexcludesFile = z", "z"},
        {"[core]\neditor = [core]\nexcludesFile = \"a\"b\"c\"\n", "abc"},
        {"[core\nexcludesFile = x", NULL},
    };
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        char text[200];
        const char *value = setting(samples[i].config, text, sizeof text);
        if ((value == NULL) != (samples[i].value == NULL) ||
            (value != NULL && strcmp(value, samples[i].value) != 0))
            fail_msg("%s: %s", samples[i].config, value != NULL ? value : "nothing");
    }
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void check_excludes(const char *home, const char *config_home, const char *right)
{
    char *path = NULL;
    assert_int_equal(rsl_git_excludes_path(home, config_home, &rsl_allocator_default, &path),
                     RSL_OK);
    if (right == NULL)
        assert_null(path);
    else
        assert_string_equal(path, right);
    free(path);
}

static void the_excludes_are_where_git_looks(void **state)
{
    (void)state;
    char home[] = "/tmp/test_sched_ignore.XXXXXX";
    char path[100], right[100];
    assert_non_null(mkdtemp(home));
    check_excludes(NULL, NULL, NULL);
    check_excludes("", "", NULL);
    check_excludes(NULL, "/x", "/x/git/ignore");
    snprintf(right, sizeof right, "%s/.config/git/ignore", home);
    check_excludes(home, NULL, right);
    check_excludes(home, "", right);

    snprintf(path, sizeof path, "%s/git", home);
    assert_int_equal(mkdir(path, 0700), 0);
    snprintf(path, sizeof path, "%s/git/config", home);
    write_file(path, "[core]\nexcludesFile = ~/mine\n");
    snprintf(right, sizeof right, "%s/mine", home);
    check_excludes(home, home, right);
    check_excludes(NULL, home, "~/mine");

    snprintf(path, sizeof path, "%s/.gitconfig", home);
    write_file(path, "[core]\nexcludesFile = /theirs\n");
    check_excludes(home, home, "/theirs");
    for (size_t k = 0;; k++) {
        struct counting_allocator counting;
        counting_init(&counting, k);
        char *found = NULL;
        const enum rsl_status status =
            rsl_git_excludes_path(home, home, &counting.allocator, &found);
        if (status == RSL_OK) {
            assert_string_equal(found, "/theirs");
            counting.allocator.release(counting.allocator.state, found, strlen(found) + 1);
        } else {
            assert_int_equal(status, RSL_ENOMEM);
            assert_null(found);
        }
        assert_int_equal(counting.nbytes, 0);
        assert_false(counting.wrong);
        if (status == RSL_OK)
            break;
    }
    write_file(path, "[core]\nexcludesFile =\n");
    check_excludes(home, home, NULL);

    unlink(path);
    snprintf(path, sizeof path, "%s/git/config", home);
    unlink(path);
    snprintf(path, sizeof path, "%s/git", home);
    rmdir(path);
    rmdir(home);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pattern_without_slash_matches_names_at_any_depth),
        cmocka_unit_test(a_slash_anchors_a_pattern_to_its_folder),
        cmocka_unit_test(a_slash_at_the_end_matches_folders_only),
        cmocka_unit_test(double_stars_match_any_number_of_folders),
        cmocka_unit_test(the_last_rule_that_matches_decides),
        cmocka_unit_test(lines_end_as_git_ends_them),
        cmocka_unit_test(a_byte_order_mark_is_passed_over),
        cmocka_unit_test(comments_and_marks_can_be_escaped),
        cmocka_unit_test(blanks_at_the_end_go_unless_escaped),
        cmocka_unit_test(patterns_that_match_nothing_leave_no_rule),
        cmocka_unit_test(an_escaped_star_at_the_beginning_is_no_star),
        cmocka_unit_test(too_large_a_text_is_refused),
        cmocka_unit_test(rules_survive_running_out_of_memory),
        cmocka_unit_test(globs_include_and_those_with_a_mark_exclude),
        cmocka_unit_test(braces_hold_alternatives),
        cmocka_unit_test(malformed_globs_are_refused),
        cmocka_unit_test(globs_survive_running_out_of_memory),
        cmocka_unit_test(configuration_is_read_as_git_reads_it),
        cmocka_unit_test(the_excludes_are_where_git_looks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
