/* store_folders.h: the stamps of folders, alone and in a database, and the files of one folder. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "index/store_folders.h"

static char folder[] = "/tmp/rustle-folders-XXXXXX";
static char db_path[64];

static uint64_t hash_of(const char *path)
{
    return rsl_folder_hash(path, strlen(path));
}

static struct rsl_store *open_store(enum rsl_store_mode mode)
{
    enum rsl_store_state state;
    struct rsl_store *store = rsl_store_open(db_path, mode, NULL, &state);
    assert_non_null(store);
    assert_int_equal(state, RSL_STORE_READY);
    return store;
}

static void put_file(struct rsl_store *store, const char *path)
{
    struct rsl_store_file file = {
        .path = path, .path_nbytes = strlen(path), .nbytes = 7, .mtime_ns = 11, .status = "ok"};
    assert_int_equal(rsl_store_put_file(store, &file, NULL, 0, NULL), RSL_OK);
}

static void add(struct rsl_folder_stamps *stamps, const char *path, int64_t nbytes,
                int64_t mtime_ns)
{
    assert_true(rsl_folder_stamps_add(stamps, path, strlen(path), nbytes, mtime_ns));
}

static uint64_t sum_of(const struct rsl_folder_stamps *stamps, const char *path)
{
    const struct rsl_folder_stamp *stamp = rsl_folder_stamps_find(stamps, hash_of(path));
    assert_non_null(stamp);
    return stamp->sum;
}

static void stamp_is_of_names_sizes_and_times_in_any_order(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        int64_t nbytes, mtime_ns;
    } others[] = {{"a/x.rs", 1, 2}, {"a/y.rs", 4, 4}, {"a/y.rs", 3, 5}, {"a/Y.rs", 3, 4}};
    struct rsl_folder_stamps stamps = {0}, same = {0};
    add(&stamps, "a/x.rs", 1, 2);
    add(&stamps, "a/y.rs", 3, 4);
    add(&stamps, "a/b/z.rs", 5, 6);
    add(&stamps, "top.rs", 5, 6);
    add(&same, "a/y.rs", 3, 4);
    add(&same, "a/x.rs", 1, 2);
    assert_int_equal(stamps.n, 3);
    assert_int_equal(sum_of(&stamps, "a/"), sum_of(&same, "a/"));
    assert_int_not_equal(sum_of(&stamps, "a/b/"), sum_of(&stamps, ""));
    assert_null(rsl_folder_stamps_find(&same, hash_of("a/b/")));
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        struct rsl_folder_stamps other = {0};
        add(&other, "a/x.rs", 1, 2);
        add(&other, others[i].path, others[i].nbytes, others[i].mtime_ns);
        assert_int_not_equal(sum_of(&stamps, "a/"), sum_of(&other, "a/"));
        rsl_folder_stamps_fini(&other);
    }
    rsl_folder_stamps_fini(&stamps);
    rsl_folder_stamps_fini(&same);
}

static void table_grows(void **state)
{
    (void)state;
    struct rsl_folder_stamps stamps = {0};
    char path[32];
    for (int64_t i = 0; i < 5000; i++) {
        snprintf(path, sizeof path, "f%d/x.rs", (int)i);
        add(&stamps, path, i, i);
    }
    assert_int_equal(stamps.n, 5000);
    for (int64_t i = 0; i < 5000; i++) {
        snprintf(path, sizeof path, "f%d/", (int)i);
        assert_int_equal(sum_of(&stamps, path), rsl_folder_term("x.rs", 4, i, i));
    }
    rsl_folder_stamps_fini(&stamps);
}

/* A database with the stamps of a/, b/ and c/, of which that of b/ is not to be trusted. */
static void make_database(void)
{
    unlink(db_path);
    struct rsl_store *store = open_store(RSL_STORE_CREATE);
    struct rsl_folder_stamps stamps = {0};
    add(&stamps, "a/x.rs", 7, 11);
    add(&stamps, "b/x.rs", 7, -1);
    add(&stamps, "c/x.rs", 7, 11);
    assert_int_equal(rsl_store_begin(store), RSL_OK);
    put_file(store, "a/x.rs");
    put_file(store, "b/x.rs");
    put_file(store, "c/x.rs");
    assert_int_equal(rsl_store_put_folders(store, &stamps), RSL_OK);
    assert_int_equal(rsl_store_finish(store), RSL_OK);
    rsl_store_close(store);
    rsl_folder_stamps_fini(&stamps);
}

static struct rsl_folder_stamps read_stamps(struct rsl_store *store)
{
    struct rsl_folder_stamps stamps = {0};
    assert_int_equal(rsl_store_get_folders(store, &stamps), RSL_OK);
    return stamps;
}

/* Of the folder: absent, known, or known without trust. */
static int look(const struct rsl_folder_stamps *stamps, const char *path)
{
    const struct rsl_folder_stamp *stamp = rsl_folder_stamps_find(stamps, hash_of(path));
    if (stamp == NULL)
        return 'a';
    assert_true(stamp->is_known);
    assert_false(stamp->is_there);
    return stamp->no_trust ? 'n' : 'k';
}

static void stamps_come_back_from_the_database(void **state)
{
    (void)state;
    make_database();
    struct rsl_store *store = open_store(RSL_STORE_READ);
    struct rsl_folder_stamps stamps = read_stamps(store);
    assert_int_equal(stamps.n, 3);
    assert_int_equal(look(&stamps, "a/"), 'k');
    assert_int_equal(look(&stamps, "b/"), 'n');
    assert_int_equal(look(&stamps, "c/"), 'k');
    assert_int_equal(sum_of(&stamps, "a/"), rsl_folder_term("x.rs", 4, 7, 11));
    rsl_folder_stamps_fini(&stamps);
    rsl_store_close(store);
}

/* Whoever writes a row makes the stamp of its folder stale, until stamps are written again. */
static void written_rows_make_stamps_stale(void **state)
{
    (void)state;
    make_database();
    struct rsl_store *store = open_store(RSL_STORE_WRITE);
    struct rsl_store_stamp file;
    put_file(store, "d/new.rs");
    assert_int_equal(rsl_store_find_file(store, "c/x.rs", &file), RSL_OK);
    assert_int_equal(rsl_store_touch_file(store, file.file_id, 12), RSL_OK);
    struct rsl_folder_stamps stamps = read_stamps(store);
    assert_int_equal(look(&stamps, "a/"), 'k');
    assert_int_equal(look(&stamps, "c/"), 'n');
    assert_int_equal(look(&stamps, "d/"), 'n');
    rsl_folder_stamps_fini(&stamps);

    assert_int_equal(rsl_store_find_file(store, "a/x.rs", &file), RSL_OK);
    assert_int_equal(rsl_store_remove_file(store, file.file_id), RSL_OK);
    stamps = read_stamps(store);
    assert_int_equal(look(&stamps, "a/"), 'n');
    rsl_folder_stamps_fini(&stamps);

    struct rsl_folder_stamps now = {0};
    add(&now, "b/x.rs", 7, 11);
    add(&now, "c/x.rs", 7, 12);
    add(&now, "d/new.rs", 7, 11);
    assert_int_equal(rsl_store_put_folders(store, &now), RSL_OK);
    rsl_folder_stamps_fini(&now);
    stamps = read_stamps(store);
    assert_int_equal(look(&stamps, "a/"), 'a');
    assert_int_equal(look(&stamps, "b/"), 'k');
    assert_int_equal(look(&stamps, "c/"), 'k');
    assert_int_equal(look(&stamps, "d/"), 'k');
    rsl_folder_stamps_fini(&stamps);
    rsl_store_close(store);
}

struct seen {
    char text[256];
    size_t stop_after;
};

static bool see(void *context, const struct rsl_store_stamp *file)
{
    struct seen *seen = context;
    assert_int_equal(file->nbytes, 7);
    strcat(strcat(seen->text, file->path), " ");
    return --seen->stop_after > 0;
}

static void files_of_a_folder_are_those_that_it_holds_itself(void **state)
{
    (void)state;
    static const char *const paths[] = {"a.rs",        "a/\xFF.rs", "a/b.rs",    "a/b/c.rs",
                                        "a/b/c/d.rs",  "a/b0.rs",   "a/z.rs",    "a0.rs",
                                        "a/\xFE/d.rs", "a-b/x.rs",  "\xFD/e.rs", "a/b/\xFF/f.rs"};
    static const struct {
        const char *folder, *files;
    } cases[] = {{"", "a.rs a0.rs "},
                 {"a/", "a/b.rs a/b0.rs a/z.rs a/\xFF.rs "},
                 {"a/b/", "a/b/c.rs "},
                 {"a/b/c/", "a/b/c/d.rs "},
                 {"a/\xFE/", "a/\xFE/d.rs "},
                 {"a/b/\xFF/", "a/b/\xFF/f.rs "},
                 {"\xFD/", "\xFD/e.rs "},
                 {"a-b/", "a-b/x.rs "},
                 {"a/x/", ""},
                 {"zz/", ""}};
    unlink(db_path);
    struct rsl_store *store = open_store(RSL_STORE_CREATE);
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        put_file(store, paths[i]);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct seen seen = {.stop_after = SIZE_MAX};
        assert_int_equal(
            rsl_store_each_file_in(store, cases[i].folder, strlen(cases[i].folder), see, &seen),
            RSL_OK);
        assert_string_equal(seen.text, cases[i].files);
    }
    struct seen seen = {.stop_after = 2};
    assert_int_equal(rsl_store_each_file_in(store, "a/", 2, see, &seen), RSL_OK);
    assert_string_equal(seen.text, "a/b.rs a/b0.rs ");
    rsl_store_close(store);
}

static int make_folder(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(db_path, sizeof db_path, "%s/index.db", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(db_path);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stamp_is_of_names_sizes_and_times_in_any_order),
        cmocka_unit_test(table_grows),
        cmocka_unit_test(stamps_come_back_from_the_database),
        cmocka_unit_test(written_rows_make_stamps_stale),
        cmocka_unit_test(files_of_a_folder_are_those_that_it_holds_itself),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
