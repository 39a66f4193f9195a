/* index/path.h, index/strings.h, and the disk of index/file_tree.h. */
#include "index/path.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "index/file_tree.h"
#include "index/strings.h"
#include "tests/counting_allocator.h"

static struct rsl_arena arena;

static int arena_begin(void **state)
{
    (void)state;
    rsl_arena_init(&arena, &rsl_allocator_default, 4096);
    return 0;
}

static int arena_end(void **state)
{
    (void)state;
    rsl_arena_fini(&arena);
    return 0;
}

static void paths_are_joined_as_text(void **state)
{
    (void)state;
    static const char *const cases[][3] = {
        {"", "", ""},
        {"", "a", "a"},
        {"a", "", "a"},
        {"a", "b", "a/b"},
        {"a", "./b//c/.", "a/b/c"},
        {"a/b", "../c", "a/c"},
        {"a", "../..", ".."},
        {"a", "../../..", "../.."},
        {"..", "../a", "../../a"},
        {"/", "..", "/"},
        {"/a", "../../b", "/b"},
        {"a", "/b/./c/", "/b/c"},
        {"/", "", "/"},
        {"", "..a/...", "..a/..."},
        {"a", "..b/..", "a"},
        {"a/..", "", ""},
        {"../a", "..", ".."},
        {"", "../..", "../.."},
        /* No way leads out of an archive. */
        {"d/p.crate!/src", "..", "d/p.crate!"},
        {"d/p.crate!/src", "../..", "d/p.crate!/.."},
        {"d/p.crate!/src", "../../x", "d/p.crate!/../x"},
        {"d/p.crate!", "../../x", "d/p.crate!/../../x"},
        {"p.tar.gz!", "..", "p.tar.gz!/.."},
        {"/d/p.crate!/src", "/x/../y", "/d/p.crate!/../y"},
        {"p.crate!/src", "/", "p.crate!/.."},
        {"p.crate/src", "../../x", "x"},
        {"p!/src", "../../x", "x"},
        {".crate!", "../x", "x"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(rsl_path_join(&arena, cases[i][0], cases[i][1]), cases[i][2]);
}

static void a_path_has_a_parent_a_name_and_a_stem(void **state)
{
    (void)state;
    assert_string_equal(rsl_path_parent(&arena, "a/b/c"), "a/b");
    assert_string_equal(rsl_path_parent(&arena, "a"), "");
    assert_string_equal(rsl_path_parent(&arena, "/a"), "/");
    assert_string_equal(rsl_path_parent(&arena, "/"), "/");
    assert_string_equal(rsl_path_name("a/b.rs"), "b.rs");
    assert_string_equal(rsl_path_name("b"), "b");
    assert_int_equal(rsl_path_stem("b.x.rs"), 3);
    assert_int_equal(rsl_path_stem(".rs"), 3);
    assert_int_equal(rsl_path_stem("b"), 1);
}

static void nothing_is_above_a_top(void **state)
{
    (void)state;
    static const char *const tops[] = {"", "/", "p.crate!", "a/p.tar.gz!", "/p-1.0.0.crate!"};
    static const char *const others[] = {"a", "/a", "p.crate", "p.crate!/a", "a!", ".crate!"};
    for (size_t i = 0; i < sizeof tops / sizeof *tops; i++)
        assert_true(rsl_path_is_top(tops[i]));
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_false(rsl_path_is_top(others[i]));
    assert_int_equal(rsl_path_archive_nbytes("a/p.crate!/src/q.crate!/x"), strlen("a/p.crate!"));
    assert_int_equal(rsl_path_archive_nbytes("p.tar.gz!"), strlen("p.tar.gz!"));
    assert_int_equal(rsl_path_archive_nbytes("a/p.crate/src"), 0);
    assert_int_equal(rsl_path_archive_nbytes(""), 0);
}

static void a_path_starts_with_whole_components(void **state)
{
    (void)state;
    assert_true(rsl_path_starts_with("a/b/c", "a", "b"));
    assert_true(rsl_path_starts_with("a/b/c", "a", "./b//c/"));
    assert_true(rsl_path_starts_with("a/b", "a", ""));
    assert_true(rsl_path_starts_with("a/b", "", "a"));
    assert_true(rsl_path_starts_with("/a/b", "/x", "/a"));
    assert_true(rsl_path_starts_with("/a", "/", ""));
    assert_false(rsl_path_starts_with("a/bc", "a", "b"));
    assert_false(rsl_path_starts_with("a/b", "a", "b/c"));
    assert_false(rsl_path_starts_with("a/b", "a", "../a"));
    assert_false(rsl_path_starts_with("a/b", "/", "a"));
    assert_false(rsl_path_starts_with("a/b", "", "/a"));
}

static void equal_strings_have_one_number(void **state)
{
    (void)state;
    struct rsl_strings strings;
    char text[16];
    uint32_t id;
    rsl_strings_init(&strings, NULL);
    assert_int_equal(rsl_strings_find(&strings, "a", 1), RSL_NO_STRING);
    for (int round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < 5000; i++) {
            const int n = snprintf(text, sizeof text, "%u", i);
            assert_int_equal(rsl_strings_add(&strings, text, (size_t)n, &id), RSL_OK);
            assert_int_equal(id, i);
            assert_int_equal(rsl_strings_find(&strings, text, (size_t)n), i);
        }
    }
    assert_int_equal(rsl_strings_count(&strings), 5000);
    assert_string_equal(rsl_strings_text(&strings, 4321), "4321");
    assert_int_equal(rsl_strings_nbytes(&strings, 99), 2);
    assert_int_equal(rsl_strings_add(&strings, "a\0b", 3, &id), RSL_OK);
    assert_int_equal(rsl_strings_find(&strings, "a", 1), RSL_NO_STRING);
    assert_int_equal(rsl_strings_find(&strings, "a\0b", 3), id);
    assert_int_equal(rsl_strings_add(&strings, NULL, 0, &id), RSL_OK);
    assert_string_equal(rsl_strings_text(&strings, id), "");
    rsl_strings_fini(&strings);
}

static void a_failed_allocation_leaves_the_strings_as_they_were(void **state)
{
    (void)state;
    for (size_t fail_at = 0; fail_at < 12; fail_at++) {
        struct counting_allocator counting;
        struct rsl_strings strings;
        counting_init(&counting, fail_at);
        rsl_strings_init(&strings, &counting.allocator);
        char text[16];
        for (uint32_t i = 0; i < 2000; i++) {
            const int n = snprintf(text, sizeof text, "string %u", i);
            uint32_t id;
            if (rsl_strings_add(&strings, text, (size_t)n, &id) != RSL_OK) {
                assert_int_equal(rsl_strings_count(&strings), i);
                assert_int_equal(rsl_strings_find(&strings, text, (size_t)n), RSL_NO_STRING);
                assert_int_equal(rsl_strings_add(&strings, text, (size_t)n, &id), RSL_OK);
            }
            assert_int_equal(id, i);
        }
        rsl_strings_fini(&strings);
        assert_int_equal(counting.nbytes, 0);
        assert_false(counting.wrong);
    }
}

static void the_disk_is_a_file_tree(void **state)
{
    (void)state;
    char folder[] = "/tmp/rustle-test-XXXXXX";
    char path[64];
    assert_non_null(mkdtemp(folder));
    const struct rsl_file_tree *tree = &rsl_file_tree_disk;
    const struct rsl_file_entry *entries;
    struct rsl_file_bytes bytes;
    size_t n;
    assert_int_equal(tree->list(tree->state, folder, &arena, &entries, &n), RSL_OK);
    assert_int_equal(n, 0);

    snprintf(path, sizeof path, "%s/b", folder);
    assert_int_equal(mkdir(path, 0700), 0);
    snprintf(path, sizeof path, "%s/c", folder);
    assert_int_equal(symlink("b", path), 0);
    snprintf(path, sizeof path, "%s/a", folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (int i = 0; i < 10000; i++)
        fputc(i % 251, file);
    assert_int_equal(fclose(file), 0);

    assert_int_equal(tree->kind(tree->state, path), RSL_FILE_REGULAR);
    assert_int_equal(tree->read(tree->state, path, &arena, &bytes), RSL_OK);
    assert_int_equal(bytes.nbytes, 10000);
    for (size_t i = 0; i < bytes.nbytes + RSL_PAD; i++)
        assert_int_equal(bytes.bytes[i], i < bytes.nbytes ? i % 251 : 0);
    assert_int_equal(tree->list(tree->state, folder, &arena, &entries, &n), RSL_OK);
    assert_int_equal(n, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(entries[i].name[0], 'a' + (int)i);
        assert_int_equal(entries[i].is_folder, i == 1);
    }
    snprintf(path, sizeof path, "%s/c", folder);
    assert_int_equal(tree->kind(tree->state, path), RSL_FILE_FOLDER);
    assert_int_equal(tree->read(tree->state, path, &arena, &bytes), RSL_EIO);
    unlink(path);
    snprintf(path, sizeof path, "%s/a", folder);
    unlink(path);
    snprintf(path, sizeof path, "%s/b", folder);
    rmdir(path);
    rmdir(folder);
    assert_int_equal(tree->kind(tree->state, folder), RSL_FILE_NONE);
    assert_int_equal(tree->list(tree->state, folder, &arena, &entries, &n), RSL_EIO);
    assert_int_equal(tree->read(tree->state, folder, &arena, &bytes), RSL_EIO);
    assert_int_equal(tree->kind(tree->state, ""), RSL_FILE_FOLDER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(paths_are_joined_as_text, arena_begin, arena_end),
        cmocka_unit_test_setup_teardown(a_path_has_a_parent_a_name_and_a_stem, arena_begin,
                                        arena_end),
        cmocka_unit_test(nothing_is_above_a_top),
        cmocka_unit_test(a_path_starts_with_whole_components),
        cmocka_unit_test(equal_strings_have_one_number),
        cmocka_unit_test(a_failed_allocation_leaves_the_strings_as_they_were),
        cmocka_unit_test_setup_teardown(the_disk_is_a_file_tree, arena_begin, arena_end),
    };
    return cmocka_run_group_tests_name("index_paths", tests, NULL, NULL);
}
