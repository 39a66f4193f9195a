/* index/archive_mounts.h: archives as folders of a file tree. */
#include "index/archive_mounts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/counting_allocator.h"
#include "tests/tar_building.h"

/* A tree with one file, the archive d/p-1.0.0.crate, which may change. */
static uint8_t *file;
static size_t file_nbytes, nreads;

static enum rsl_file_kind base_kind(void *state, const char *path)
{
    (void)state;
    return strcmp(path, "d/p-1.0.0.crate") == 0 ? RSL_FILE_REGULAR : RSL_FILE_NONE;
}

static enum rsl_status base_list(void *state, const char *path, struct rsl_arena *arena,
                                 const struct rsl_file_entry **entries_out, size_t *nentries_out)
{
    (void)state;
    (void)arena;
    static const struct rsl_file_entry entry = {"p-1.0.0.crate", false};
    if (strcmp(path, "d") != 0)
        return RSL_EIO;
    *entries_out = &entry;
    *nentries_out = 1;
    return RSL_OK;
}

static enum rsl_status base_read(void *state, const char *path, struct rsl_arena *arena,
                                 struct rsl_file_bytes *bytes_out)
{
    (void)arena;
    if (base_kind(state, path) == RSL_FILE_NONE || file == NULL)
        return RSL_EIO;
    nreads++;
    *bytes_out = (struct rsl_file_bytes){file, file_nbytes};
    return RSL_OK;
}

static const struct rsl_file_tree base = {base_kind, base_list, base_read, NULL};

static void build(const char *text)
{
    struct tar_builder built = {0};
    tar_put(&built, "p-1.0.0/Cargo.toml", '0', "[package]\nname = 'p'\n");
    tar_put(&built, "p-1.0.0/src/lib.rs", '0', text);
    tar_put(&built, "p-1.0.0/src/a/b.rs", '0', "b");
    free(file);
    file = gzip_of(built.bytes, built.nbytes, &file_nbytes);
    tar_fini(&built);
}

static enum rsl_status mount(struct rsl_archive_mounts *mounts)
{
    struct rsl_archive archive;
    struct rsl_archive_error error;
    assert_int_equal(rsl_archive_init(&archive, NULL), RSL_OK);
    assert_int_equal(rsl_archive_read_all(&archive, "p-1.0.0.crate", file, file_nbytes, &error),
                     RSL_OK);
    assert_int_equal(error.code, RSL_ARCHIVE_ERROR_NONE);
    const enum rsl_status status = rsl_archive_mounts_add(mounts, "d/p-1.0.0.crate", &archive);
    rsl_archive_fini(&archive);
    return status;
}

static void members_lie_below_the_archive(void **state)
{
    (void)state;
    struct rsl_archive_mounts mounts;
    struct rsl_arena arena;
    const struct rsl_file_entry *entries;
    struct rsl_file_bytes bytes;
    size_t n;
    build("lib");
    rsl_arena_init(&arena, &rsl_allocator_default, 4096);
    rsl_archive_mounts_init(&mounts, &base, NULL);
    const struct rsl_file_tree tree = rsl_archive_mounts_tree(&mounts);
    assert_int_equal(tree.kind(tree.state, "d/p-1.0.0.crate!"), RSL_FILE_NONE);
    assert_int_equal(mount(&mounts), RSL_OK);
    assert_int_equal(mount(&mounts), RSL_OK); /* once more is no more */
    assert_int_equal(tree.kind(tree.state, "d/p-1.0.0.crate"), RSL_FILE_REGULAR);
    assert_int_equal(tree.kind(tree.state, "d/p-1.0.0.crate!"), RSL_FILE_FOLDER);
    assert_int_equal(tree.kind(tree.state, "d/p-1.0.0.crate!/src"), RSL_FILE_FOLDER);
    assert_int_equal(tree.kind(tree.state, "d/p-1.0.0.crate!/src/lib.rs"), RSL_FILE_REGULAR);
    assert_int_equal(tree.kind(tree.state, "d/p-1.0.0.crate!/lib.rs"), RSL_FILE_NONE);
    assert_int_equal(tree.kind(tree.state, "d/p-1.0.0.crate!/../p-1.0.0.crate"), RSL_FILE_NONE);
    assert_int_equal(tree.kind(tree.state, "d/q-1.0.0.crate!/src/lib.rs"), RSL_FILE_NONE);
    assert_int_equal(tree.list(tree.state, "d/p-1.0.0.crate!/src", &arena, &entries, &n), RSL_OK);
    assert_int_equal(n, 2);
    assert_string_equal(entries[0].name, "a");
    assert_true(entries[0].is_folder);
    assert_string_equal(entries[1].name, "lib.rs");
    assert_int_equal(tree.list(tree.state, "d", &arena, &entries, &n), RSL_OK);
    assert_string_equal(entries[0].name, "p-1.0.0.crate");
    nreads = 0;
    assert_int_equal(tree.read(tree.state, "d/p-1.0.0.crate!/Cargo.toml", &arena, &bytes), RSL_OK);
    assert_int_equal(nreads, 0); /* it was kept */
    assert_memory_equal(bytes.bytes, "[package]\nname = 'p'\n\0", bytes.nbytes + 1);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(tree.read(tree.state, "d/p-1.0.0.crate!/src/lib.rs", &arena, &bytes),
                         RSL_OK);
        assert_memory_equal(bytes.bytes, "lib\0\0", 5);
        assert_int_equal(bytes.nbytes, 3);
    }
    assert_int_equal(nreads, 1);
    assert_int_equal(tree.read(tree.state, "d/p-1.0.0.crate!/src", &arena, &bytes), RSL_EIO);
    assert_int_equal(tree.read(tree.state, "d/p-1.0.0.crate", &arena, &bytes), RSL_OK);
    assert_int_equal(bytes.nbytes, file_nbytes);
    rsl_archive_mounts_fini(&mounts);
    rsl_arena_fini(&arena);
}

static void an_archive_that_has_gone_bad_cannot_be_read(void **state)
{
    (void)state;
    struct rsl_archive_mounts mounts;
    struct rsl_arena arena;
    struct rsl_file_bytes bytes;
    build("lib");
    rsl_arena_init(&arena, &rsl_allocator_default, 4096);
    rsl_archive_mounts_init(&mounts, &base, NULL);
    const struct rsl_file_tree tree = rsl_archive_mounts_tree(&mounts);
    assert_int_equal(mount(&mounts), RSL_OK);
    file[file_nbytes - 6] ^= 1; /* the checksum */
    assert_int_equal(tree.read(tree.state, "d/p-1.0.0.crate!/src/lib.rs", &arena, &bytes), RSL_EIO);
    free(file);
    file = NULL;
    assert_int_equal(tree.read(tree.state, "d/p-1.0.0.crate!/src/lib.rs", &arena, &bytes), RSL_EIO);
    build("another");
    assert_int_equal(tree.read(tree.state, "d/p-1.0.0.crate!/src/lib.rs", &arena, &bytes), RSL_OK);
    assert_int_equal(bytes.nbytes, 7);
    rsl_archive_mounts_fini(&mounts);
    rsl_arena_fini(&arena);
}

static void memory_may_run_out_at_any_call(void **state)
{
    (void)state;
    build("lib");
    bool done = false;
    for (size_t fail_at = 0; !done; fail_at++) {
        struct counting_allocator counting;
        counting_init(&counting, fail_at);
        struct rsl_archive_mounts mounts;
        struct rsl_arena arena;
        struct rsl_file_bytes bytes;
        rsl_arena_init(&arena, &rsl_allocator_default, 4096);
        rsl_archive_mounts_init(&mounts, &base, &counting.allocator);
        const struct rsl_file_tree tree = rsl_archive_mounts_tree(&mounts);
        enum rsl_status status = mount(&mounts);
        if (status == RSL_OK)
            status = tree.read(tree.state, "d/p-1.0.0.crate!/src/lib.rs", &arena, &bytes);
        done = status == RSL_OK && counting.ncalls <= fail_at;
        assert_true(status == RSL_OK || status == RSL_ENOMEM);
        rsl_archive_mounts_fini(&mounts);
        rsl_arena_fini(&arena);
        assert_false(counting.wrong);
        assert_int_equal(counting.nbytes, 0);
    }
}

static int end(void **state)
{
    (void)state;
    free(file);
    file = NULL;
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_lie_below_the_archive),
        cmocka_unit_test(an_archive_that_has_gone_bad_cannot_be_read),
        cmocka_unit_test(memory_may_run_out_at_any_call),
    };
    return cmocka_run_group_tests(tests, NULL, end);
}
