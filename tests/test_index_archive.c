/* index/archive.h and index/gzip.h: what is in an archive, what is wrong with a bad one, memory. */
#include "index/archive.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "index/gzip.h"
#include "index/manifest.h"
#include "index/modules.h"
#include "index/tree_facts.h"
#include "tests/counting_allocator.h"
#include "tests/tar_building.h"

#define NAME "dir/p-1.0.0.crate"

static struct tar_builder built;
static struct rsl_archive archive;

static int begin(void **state)
{
    (void)state;
    return rsl_archive_init(&archive, NULL) == RSL_OK ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    rsl_archive_fini(&archive);
    tar_fini(&built);
    return 0;
}

/* Reads the file as rustle's own reader does, with room as it turns out to be needed. */
static struct rsl_archive_error read_gzip(const char *name, const uint8_t *file, size_t nbytes)
{
    struct rsl_archive_error error;
    uint64_t room = rsl_gzip_hint(file, nbytes);
    enum rsl_status status;
    while ((status = rsl_archive_read(&archive, name, file, nbytes, room, &error)) == RSL_EAGAIN) {
        assert_int_equal(archive.nmembers, 0);
        assert_true(room < rsl_gzip_limit(nbytes));
        room = room * 2 + 4 * nbytes;
    }
    assert_int_equal(status, RSL_OK);
    if (error.code != RSL_ARCHIVE_ERROR_NONE)
        assert_int_equal(archive.nmembers, 0);
    return error;
}

/* What was built, as the file of that name. */
static struct rsl_archive_error read_built(const char *name)
{
    size_t nbytes;
    uint8_t *file = gzip_of(built.bytes, built.nbytes, &nbytes);
    const struct rsl_archive_error error = read_gzip(name, file, nbytes);
    free(file);
    return error;
}

static void expect_good(const char *name)
{
    const struct rsl_archive_error error = read_built(name);
    assert_string_equal(rsl_archive_error_message(error.code), "no error");
    assert_string_equal(error.member, "");
}

static void expect_bad(const char *name, enum rsl_archive_error_code code, const char *member)
{
    const struct rsl_archive_error error = read_built(name);
    assert_string_equal(rsl_archive_error_message(error.code), rsl_archive_error_message(code));
    assert_string_equal(error.member, member);
    tar_fini(&built);
}

static void names_tell_archives(void **state)
{
    (void)state;
    static const char *const good[] = {"a.crate", "x/a-1.0.0.crate", "a.tar.gz", "a.b.tar.gz"};
    static const char *const bad[] = {"",     ".crate", "x/.crate",  ".tar.gz", "a.rs",
                                      "a.gz", "crate",  "a.crate.x", "a.tgz",   "a.tar"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(rsl_is_archive(good[i], strlen(good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(rsl_is_archive(bad[i], strlen(bad[i])));
}

static void members_come_by_path_and_padded(void **state)
{
    (void)state;
    char text[520];
    for (size_t n = 0; n < sizeof text; n++) {
        memset(text, 'x', n);
        text[n] = '\0';
        tar_put(&built, "p-1.0.0/src/lib.rs", '0', text);
        tar_put(&built, "./p-1.0.0//src/./a.rs", '0', "a");
        tar_put(&built, "p-1.0.0/", '5', "");
        tar_put(&built, "p-1.0.0/empty", '5', "");
        tar_put(&built, "p-1.0.0/Cargo.toml", '0', "");
        expect_good(NAME);
        static const char *const paths[] = {"Cargo.toml", "src/a.rs", "src/lib.rs"};
        assert_int_equal(archive.nmembers, 3);
        assert_string_equal(archive.folder, "p-1.0.0");
        for (size_t i = 0; i < 3; i++) {
            const struct rsl_archive_member *member = &archive.members[i];
            const char *const wanted = i == 0 ? "" : i == 1 ? "a" : text;
            static const uint8_t zeros[RSL_PAD];
            assert_string_equal(member->path, paths[i]);
            assert_int_equal(member->path_nbytes, strlen(paths[i]));
            assert_int_equal(member->nbytes, strlen(wanted));
            assert_memory_equal(member->bytes, wanted, member->nbytes);
            assert_memory_equal(member->bytes + member->nbytes, zeros, RSL_PAD);
            assert_ptr_equal(rsl_archive_find(&archive, paths[i]), member);
        }
        assert_null(rsl_archive_find(&archive, "src"));
        assert_null(rsl_archive_find(&archive, ""));
        tar_fini(&built);
    }
}

static void other_archives_need_no_folder(void **state)
{
    (void)state;
    tar_put(&built, "b/x.rs", '0', "");
    tar_put(&built, "a.rs", '0', "");
    expect_good("p-1.0.0.tar.gz");
    assert_string_equal(archive.folder, "");
    assert_string_equal(archive.members[0].path, "a.rs");
    assert_string_equal(archive.members[1].path, "b/x.rs");
}

static void a_crate_lies_in_the_folder_of_its_name(void **state)
{
    (void)state;
    static const struct {
        const char *name, *path;
        bool good;
    } cases[] = {
        {"p-1.0.0.crate", "p-1.0.0/a", true},
        {"p-q-1.0.0-rc.1+b.crate", "p-q-1.0.0-rc.1+b/a", true},
        {"p-1.0.0.crate", "p-1.0.1/a", false},
        {"p-1.0.0.crate", "p-1.0.0", false},
        {"p-1.0.0.crate", "a", false},
        {"p-1.0.0.crate", "p-1.0.00/a", false},
        {"download.crate", "p-1.0.0/a", true}, /* its name says nothing */
        {"p-2.crate", "q/a", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        tar_put(&built, cases[i].path, '0', "");
        if (cases[i].good)
            expect_good(cases[i].name);
        else
            expect_bad(cases[i].name, RSL_ARCHIVE_ERROR_OUTSIDE, cases[i].path);
        tar_fini(&built);
    }
    tar_put(&built, "p/a", '0', "");
    tar_put(&built, "q/a", '0', "");
    expect_bad("download.crate", RSL_ARCHIVE_ERROR_OUTSIDE, "q/a");
    tar_put(&built, "p/a", '0', "");
    tar_put(&built, ".", '5', "");
    expect_bad("download.crate", RSL_ARCHIVE_ERROR_OUTSIDE, ".");
    tar_put(&built, "p", '0', "");
    expect_bad("download.crate", RSL_ARCHIVE_ERROR_OUTSIDE, "p");
}

static void evil_members_make_the_archive_bad(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        const char *text;
        enum rsl_archive_error_code code;
        char flag;
    } cases[] = {
        {"/etc/passwd", "", RSL_ARCHIVE_ERROR_ABSOLUTE, '0'},
        {"../a", "", RSL_ARCHIVE_ERROR_PARENT, '0'},
        {"p-1.0.0/../a", "", RSL_ARCHIVE_ERROR_PARENT, '0'},
        {"p-1.0.0/a/..", "", RSL_ARCHIVE_ERROR_PARENT, '5'},
        {"p-1.0.0/a", "", RSL_ARCHIVE_ERROR_LINK, '1'},
        {"p-1.0.0/a", "", RSL_ARCHIVE_ERROR_LINK, '2'},
        {"p-1.0.0/a", "", RSL_ARCHIVE_ERROR_SPECIAL, '3'},
        {"p-1.0.0/a", "", RSL_ARCHIVE_ERROR_SPECIAL, '4'},
        {"p-1.0.0/a", "", RSL_ARCHIVE_ERROR_SPECIAL, '6'},
        {"p-1.0.0/a", "", RSL_ARCHIVE_ERROR_SPECIAL, '7'},
        {"p-1.0.0/a", "", RSL_ARCHIVE_ERROR_SPECIAL, 'S'},
        {"p-1.0.0/a", "data", RSL_ARCHIVE_ERROR_FOLDER_SIZE, '5'},
        {"p-1.0.0/a/", "data", RSL_ARCHIVE_ERROR_FOLDER_SIZE, '0'},
        {"", "", RSL_ARCHIVE_ERROR_NAME, '0'},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (unsigned is_crate = 0; is_crate < 2; is_crate++) {
            tar_put(&built, "p-1.0.0/good.rs", '0', "fn good() {}");
            tar_put(&built, cases[i].path, cases[i].flag, cases[i].text);
            expect_bad(is_crate ? NAME : "x.tar.gz", cases[i].code, cases[i].path);
        }
    }
}

static void each_path_is_there_once(void **state)
{
    (void)state;
    static const char *const twice[][2] = {{"p/a.rs", "p/a.rs"}, {"p/a.rs", "./p//a.rs"}};
    for (size_t i = 0; i < 2; i++) {
        tar_put(&built, twice[i][0], '0', "1");
        tar_put(&built, "p/b.rs", '0', "1");
        tar_put(&built, twice[i][1], '0', "2");
        expect_bad("x.tar.gz", RSL_ARCHIVE_ERROR_DUPLICATE, "p/a.rs");
    }
    tar_put(&built, "p/a", '0', "1");
    tar_put(&built, "p/a", '5', "");
    expect_bad("x.tar.gz", RSL_ARCHIVE_ERROR_DUPLICATE, "p/a");
    /* A file is no folder, whatever stands between the two. */
    tar_put(&built, "p/a", '0', "");
    tar_put(&built, "p/a!", '0', "");
    tar_put(&built, "p/a-b/c", '0', "");
    tar_put(&built, "p/a/b/c", '0', "");
    expect_bad("x.tar.gz", RSL_ARCHIVE_ERROR_FILE_AS_FOLDER, "p/a");
    tar_put(&built, "p/a/b", '0', "");
    tar_put(&built, "p/a/b/c/d", '0', "");
    tar_put(&built, "p/a/b/c/e", '0', "");
    expect_bad("x.tar.gz", RSL_ARCHIVE_ERROR_FILE_AS_FOLDER, "p/a/b");
    tar_put(&built, "p/a/b", '0', "");
    tar_put(&built, "p/a/bc/d", '0', "");
    tar_put(&built, "p/a.b", '0', "");
    expect_good("x.tar.gz");
}

static void an_archive_of_nothing_is_bad(void **state)
{
    (void)state;
    expect_bad(NAME, RSL_ARCHIVE_ERROR_NO_MEMBERS, ""); /* no bytes at all */
    tar_put_end(&built);
    expect_bad(NAME, RSL_ARCHIVE_ERROR_NO_MEMBERS, "");
    tar_put(&built, "p-1.0.0/", '5', "");
    expect_bad(NAME, RSL_ARCHIVE_ERROR_NO_MEMBERS, "");
    tar_put_raw(&built, "x", 1);
    expect_bad(NAME, RSL_ARCHIVE_ERROR_TAR_CUT_OFF, "");
}

/* ---- gzip */

static void expect_gzip(const uint8_t *file, size_t nbytes, enum rsl_archive_error_code code)
{
    uint8_t *own = built_memory(NULL, nbytes); /* of its exact size */
    if (nbytes > 0)
        memcpy(own, file, nbytes);
    const struct rsl_archive_error error = read_gzip(NAME, own, nbytes);
    assert_string_equal(rsl_archive_error_message(error.code), rsl_archive_error_message(code));
    free(own);
}

static void what_is_wrong_with_gzip_is_told(void **state)
{
    (void)state;
    tar_put(&built, "p-1.0.0/a.rs", '0', "fn a() {}");
    size_t nbytes;
    uint8_t *file = gzip_of(built.bytes, built.nbytes, &nbytes);
    file = built_memory(file, nbytes + 64);
    memset(file + nbytes, 0, 64);
    expect_gzip(file, nbytes, RSL_ARCHIVE_ERROR_NONE);
    expect_gzip(file, nbytes + 64, RSL_ARCHIVE_ERROR_NONE); /* zeros, as on a tape */
    file[nbytes] = 1;
    expect_gzip(file, nbytes + 1, RSL_ARCHIVE_ERROR_TRAILING);
    for (size_t n = 0; n < nbytes; n++)
        expect_gzip(file, n,
                    n == 0   ? RSL_ARCHIVE_ERROR_EMPTY
                    : n < 2  ? RSL_ARCHIVE_ERROR_NOT_GZIP
                    : n < 10 ? RSL_ARCHIVE_ERROR_HEADER
                             : RSL_ARCHIVE_ERROR_CORRUPT);
    static const struct {
        size_t at; /* from the start, or with `from_end` from the end */
        bool from_end;
        enum rsl_archive_error_code code;
    } flips[] = {
        {0, false, RSL_ARCHIVE_ERROR_NOT_GZIP}, {1, false, RSL_ARCHIVE_ERROR_NOT_GZIP},
        {2, false, RSL_ARCHIVE_ERROR_HEADER},   {8, true, RSL_ARCHIVE_ERROR_CHECKSUM},
        {5, true, RSL_ARCHIVE_ERROR_CHECKSUM},  {4, true, RSL_ARCHIVE_ERROR_LENGTH},
        {1, true, RSL_ARCHIVE_ERROR_LENGTH},
    };
    for (size_t i = 0; i < sizeof flips / sizeof *flips; i++) {
        const size_t at = flips[i].from_end ? nbytes - flips[i].at : flips[i].at;
        file[at] ^= 0x10;
        expect_gzip(file, nbytes, flips[i].code);
        file[at] ^= 0x10;
    }
    file[3] = 0x80; /* a flag that nobody knows */
    expect_gzip(file, nbytes, RSL_ARCHIVE_ERROR_HEADER);
    file[3] = 0;
    file[10] |= 6; /* a block of a kind that there is not */
    expect_gzip(file, nbytes, RSL_ARCHIVE_ERROR_CORRUPT);
    free(file);
}

static void all_fields_of_a_gzip_header_are_skipped(void **state)
{
    (void)state;
    tar_put(&built, "p-1.0.0/a.rs", '0', "fn a() {}");
    size_t nbytes;
    uint8_t *file = gzip_of(built.bytes, built.nbytes, &nbytes);
    static const char fields[] = "\x1F\x8B\x08\x1E\0\0\0\0\0\x03" /* HCRC EXTRA NAME COMMENT */
                                 "\x05\x00"
                                 "extra"
                                 "name\0"
                                 "comment";
    const size_t head = sizeof fields; /* the comment's NUL too */
    uint8_t *whole = built_memory(NULL, head + 2 + nbytes);
    memcpy(whole, fields, head);
    const uint32_t sum = libdeflate_crc32(0, whole, head);
    whole[head] = (uint8_t)sum;
    whole[head + 1] = (uint8_t)(sum >> 8);
    memcpy(whole + head + 2, file + 10, nbytes - 10);
    const size_t whole_nbytes = head + 2 + nbytes - 10;
    expect_gzip(whole, whole_nbytes, RSL_ARCHIVE_ERROR_NONE);
    whole[head] ^= 1;
    expect_gzip(whole, whole_nbytes, RSL_ARCHIVE_ERROR_HEADER);
    for (size_t n = 10; n < head + 2; n++)
        expect_gzip(whole, n, RSL_ARCHIVE_ERROR_HEADER);
    free(whole);
    free(file);
}

static void many_gzip_members_are_one_file(void **state)
{
    (void)state;
    tar_put(&built, "p-1.0.0/a.rs", '0', "fn a() {}");
    tar_put(&built, "p-1.0.0/b.rs", '0', "fn b() {}");
    for (size_t cut = 0; cut <= built.nbytes; cut += 100) {
        size_t first, second;
        uint8_t *a = gzip_of(built.bytes, cut, &first);
        uint8_t *b = gzip_of(built.bytes + cut, built.nbytes - cut, &second);
        a = built_memory(a, first + second);
        memcpy(a + first, b, second);
        expect_gzip(a, first + second, RSL_ARCHIVE_ERROR_NONE);
        assert_int_equal(archive.nmembers, 2);
        assert_string_equal(archive.members[1].path, "b.rs");
        a[first + second - 8] ^= 1;
        expect_gzip(a, first + second, RSL_ARCHIVE_ERROR_CHECKSUM);
        free(a);
        free(b);
    }
}

static void a_length_that_lies_costs_time_and_no_more(void **state)
{
    (void)state;
    char *text = built_memory(NULL, 300001);
    memset(text, 'x', 300000);
    text[300000] = '\0';
    tar_put(&built, "p-1.0.0/a.rs", '0', text);
    size_t nbytes;
    uint8_t *file = gzip_of(built.bytes, built.nbytes, &nbytes);
    assert_int_equal(rsl_gzip_hint(file, nbytes), built.nbytes);
    memset(file + nbytes - 4, 0, 4);
    assert_int_equal(rsl_gzip_hint(file, nbytes), 0);
    expect_gzip(file, nbytes, RSL_ARCHIVE_ERROR_LENGTH);
    memset(file + nbytes - 4, 0xFF, 4);
    assert_true(rsl_gzip_hint(file, nbytes) <= nbytes * 1032);
    expect_gzip(file, nbytes, RSL_ARCHIVE_ERROR_LENGTH);
    free(file);
    free(text);
}

static void the_limit_is_cargos(void **state)
{
    (void)state;
    const uint64_t mib = 1 << 20;
    assert_int_equal(rsl_gzip_limit(0), 512 * mib);
    assert_int_equal(rsl_gzip_limit(25 * mib), 512 * mib);
    assert_int_equal(rsl_gzip_limit(26 * mib), 520 * mib);
    assert_true(rsl_gzip_limit(UINT64_MAX) == UINT64_MAX);
    const uint8_t last[4] = {0xFF, 0xFF, 0xFF, 0xFF};
    assert_int_equal(rsl_gzip_hint_of(100 * mib, last), 2000 * mib);
    assert_int_equal(rsl_gzip_hint_of(mib, last), 512 * mib);
    assert_int_equal(rsl_gzip_hint_of(1000, last), 1032000);
    assert_int_equal(rsl_gzip_hint_of(UINT64_MAX, last), 0xFFFFFFFF);
    assert_int_equal(rsl_gzip_hint(last, 3), 0);
}

static void a_bomb_is_refused(void **state)
{
    (void)state;
    /* 513 MiB of zeros. Made of stored pieces of the same compressed text, without its end: each
     * member of gzip is 1 MiB, and there are 513 of them. */
    const size_t piece = 1 << 20;
    uint8_t *zeros = built_memory(NULL, piece);
    size_t nbytes;
    uint8_t *member = gzip_of(zeros, piece, &nbytes);
    uint8_t *bomb = built_memory(NULL, nbytes * 513);
    for (size_t i = 0; i < 513; i++)
        memcpy(bomb + i * nbytes, member, nbytes);
    struct rsl_archive_error error;
    const uint64_t limit = rsl_gzip_limit(nbytes * 513);
    assert_int_equal(limit, 512 * piece);
    assert_int_equal(rsl_archive_read(&archive, NAME, bomb, nbytes * 513, 10 * piece, &error),
                     RSL_EAGAIN);
    assert_int_equal(rsl_archive_read(&archive, NAME, bomb, nbytes * 513, UINT64_MAX, &error),
                     RSL_OK);
    assert_int_equal(error.code, RSL_ARCHIVE_ERROR_TOO_LARGE);
    rsl_archive_shrink(&archive, 0);
    assert_int_equal(rsl_archive_held(&archive), 0);
    /* Without one of them it is what it is: zeros, the end of a tar archive. */
    assert_int_equal(rsl_archive_read(&archive, NAME, bomb, nbytes * 512, UINT64_MAX, &error),
                     RSL_OK);
    assert_int_equal(error.code, RSL_ARCHIVE_ERROR_NO_MEMBERS);
    free(bomb);
    free(member);
    free(zeros);
}

/* ---- memory */

static void want_of_memory_is_told_at_every_allocation(void **state)
{
    (void)state;
    char path[64];
    for (unsigned i = 0; i < 200; i++) { /* not in order, and more than fit the first list */
        snprintf(path, sizeof path, "p-1.0.0/a-rather-long-folder/%u/file.rs", i * 7919 % 200);
        tar_put(&built, path, '0', path);
    }
    tar_put(&built, "p-1.0.0/evil", '2', "");
    size_t nbytes;
    uint8_t *evil = gzip_of(built.bytes, built.nbytes, &nbytes);
    size_t good_nbytes;
    uint8_t *good = gzip_of(built.bytes, built.nbytes - RSL_TAR_BLOCK, &good_nbytes);
    for (size_t k = 0;; k++) {
        struct counting_allocator counting;
        struct rsl_archive_error error;
        struct rsl_archive own;
        counting_init(&counting, k);
        assert_int_equal(rsl_archive_init(&own, &counting.allocator), RSL_OK);
        const enum rsl_status first = rsl_archive_read(&own, NAME, evil, nbytes, 1 << 20, &error);
        assert_true(first == RSL_ENOMEM || first == RSL_OK);
        assert_int_equal(own.nmembers, 0);
        if (first == RSL_OK) {
            assert_int_equal(error.code, RSL_ARCHIVE_ERROR_LINK);
            assert_string_equal(error.member, "p-1.0.0/evil");
        }
        const enum rsl_status second =
            rsl_archive_read(&own, NAME, good, good_nbytes, 1 << 20, &error);
        assert_int_equal(own.nmembers, second == RSL_OK ? 200 : 0);
        assert_int_equal(error.code, RSL_ARCHIVE_ERROR_NONE);
        const bool over = first == RSL_OK && second == RSL_OK && counting.ncalls <= k;
        rsl_archive_fini(&own);
        assert_int_equal(counting.nbytes, 0);
        assert_false(counting.wrong);
        if (over) {
            assert_true(k > 3);
            break;
        }
    }
    free(evil);
    free(good);
}

static void reading_the_same_again_allocates_nothing(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 500; i++) {
        char path[64];
        snprintf(path, sizeof path, "p-1.0.0/%u.rs", i);
        tar_put(&built, path, '0', "");
    }
    size_t nbytes;
    uint8_t *file = gzip_of(built.bytes, built.nbytes, &nbytes);
    struct counting_allocator counting;
    struct rsl_archive own;
    struct rsl_archive_error error;
    counting_init(&counting, SIZE_MAX);
    assert_int_equal(rsl_archive_init(&own, &counting.allocator), RSL_OK);
    size_t ncalls = 0;
    for (unsigned round = 0; round < 8; round++) {
        ncalls = counting.ncalls;
        assert_int_equal(rsl_archive_read(&own, NAME, file, nbytes, built.nbytes, &error), RSL_OK);
        assert_int_equal(own.nmembers, 500);
    }
    assert_int_equal(counting.ncalls, ncalls);
    rsl_archive_shrink(&own, counting.nbytes); /* nothing to do */
    assert_int_equal(own.nmembers, 500);
    rsl_archive_shrink(&own, counting.nbytes - 1);
    assert_int_equal(own.nmembers, 0);
    assert_int_equal(counting.nbytes, 0);
    assert_int_equal(rsl_archive_read(&own, NAME, file, nbytes, built.nbytes, &error), RSL_OK);
    assert_int_equal(own.nmembers, 500);
    rsl_archive_fini(&own);
    free(file);
}

/* ---- the tree */

static const char *list(const struct rsl_file_tree *tree, struct rsl_arena *arena, const char *path)
{
    const struct rsl_file_entry *entries;
    size_t n;
    if (tree->list(tree->state, path, arena, &entries, &n) != RSL_OK)
        return "none";
    char *text = rsl_arena_alloc(arena, 1000, 1);
    assert_non_null(text);
    *text = '\0';
    for (size_t i = 0; i < n; i++) {
        strcat(text, i > 0 ? " " : "");
        strcat(text, entries[i].name);
        strcat(text, entries[i].is_folder ? "/" : "");
    }
    return text;
}

static void an_archive_is_a_file_tree(void **state)
{
    (void)state;
    static const char *const paths[] = {"Cargo.toml", "a",     "b-c/d", "b/c",
                                        "b/d/e",      "b.d/e", "b!",    "src/lib.rs"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        tar_put(&built, paths[i], '0', paths[i]);
    expect_good("x.tar.gz");
    const struct rsl_file_tree tree = rsl_archive_tree(&archive);
    struct rsl_arena arena;
    rsl_arena_init(&arena, &rsl_allocator_default, 4096);
    assert_string_equal(list(&tree, &arena, ""), "Cargo.toml a b/ b! b-c/ b.d/ src/");
    assert_string_equal(list(&tree, &arena, "b"), "c d/");
    assert_string_equal(list(&tree, &arena, "b/d"), "e");
    assert_string_equal(list(&tree, &arena, "b.d"), "e");
    assert_string_equal(list(&tree, &arena, "a"), "none");
    assert_string_equal(list(&tree, &arena, "c"), "none");
    assert_string_equal(list(&tree, &arena, ".."), "none");
    static const struct {
        const char *path;
        enum rsl_file_kind kind;
    } kinds[] = {
        {"", RSL_FILE_FOLDER},
        {"a", RSL_FILE_REGULAR},
        {"b", RSL_FILE_FOLDER},
        {"b/d", RSL_FILE_FOLDER},
        {"b/c", RSL_FILE_REGULAR},
        {"b!", RSL_FILE_REGULAR},
        {"b.d", RSL_FILE_FOLDER},
        {"b-c", RSL_FILE_FOLDER},
        {"c", RSL_FILE_NONE},
        {"sr", RSL_FILE_NONE},
        {"src", RSL_FILE_FOLDER},
        {"src/lib.r", RSL_FILE_NONE},
        {"src/lib.rs", RSL_FILE_REGULAR},
        {"..", RSL_FILE_NONE},
        {"/", RSL_FILE_NONE},
        {"a/b", RSL_FILE_NONE},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        assert_int_equal(tree.kind(tree.state, kinds[i].path), kinds[i].kind);
    struct rsl_file_bytes bytes;
    assert_int_equal(tree.read(tree.state, "b/d/e", &arena, &bytes), RSL_OK);
    assert_int_equal(bytes.nbytes, 5);
    assert_memory_equal(bytes.bytes, "b/d/e", 5);
    assert_int_equal(tree.read(tree.state, "b", &arena, &bytes), RSL_EIO);
    assert_int_equal(tree.read(tree.state, "nothing", &arena, &bytes), RSL_EIO);
    rsl_arena_fini(&arena);
}

static unsigned nvisits;

static void visit(void *state, const struct rsl_module_visit *found)
{
    (void)state;
    assert_int_equal(found->error, RSL_MODULE_ERROR_NONE);
    nvisits++;
}

static void package_and_modules_are_read_from_an_archive(void **state)
{
    (void)state;
    tar_put(&built, "p-1.0.0/Cargo.toml", '0',
            "[package]\nname = \"p\"\nversion = \"1.0.0\"\nedition = \"2021\"\n");
    tar_put(&built, "p-1.0.0/src/lib.rs", '0', "mod a;\nmod b { mod c; }\n");
    tar_put(&built, "p-1.0.0/src/a.rs", '0', "");
    tar_put(&built, "p-1.0.0/src/b/c/mod.rs", '0', "");
    tar_put(&built, "p-1.0.0/src/bin/tool.rs", '0', "fn main() {}");
    expect_good(NAME);
    const struct rsl_file_tree tree = rsl_archive_tree(&archive);
    struct rsl_cargo cargo;
    const struct rsl_manifest *manifest;
    rsl_cargo_init(&cargo, &tree, NULL);
    assert_int_equal(rsl_cargo_manifest(&cargo, "Cargo.toml", &manifest), RSL_OK);
    assert_int_equal(manifest->nerrors, 0);
    assert_string_equal(manifest->package->name, "p");
    assert_string_equal(manifest->package->version, "1.0.0");
    assert_int_equal(manifest->package->edition, 2021);
    assert_int_equal(manifest->package->ntargets, 2);
    assert_string_equal(manifest->package->targets[0].path, "src/lib.rs");
    assert_string_equal(manifest->package->targets[1].name, "tool");

    struct rsl_tree_facts facts;
    struct rsl_modules modules;
    uint32_t root, unit;
    assert_int_equal(rsl_tree_facts_init(&facts, &tree, NULL), RSL_OK);
    rsl_modules_init(&modules, &facts.files, NULL);
    assert_int_equal(rsl_modules_file(&modules, "src/lib.rs", &root), RSL_OK);
    assert_int_equal(rsl_modules_add(&modules, root, &unit), RSL_OK);
    nvisits = 0;
    assert_int_equal(rsl_modules_walk(&modules, unit, visit, NULL), RSL_OK);
    assert_int_equal(nvisits, 2);
    rsl_modules_fini(&modules);
    rsl_tree_facts_fini(&facts);
    rsl_cargo_fini(&cargo);
}

int main(void)
{
#define ARCHIVE_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_tell_archives),
        ARCHIVE_TEST(members_come_by_path_and_padded),
        ARCHIVE_TEST(other_archives_need_no_folder),
        ARCHIVE_TEST(a_crate_lies_in_the_folder_of_its_name),
        ARCHIVE_TEST(evil_members_make_the_archive_bad),
        ARCHIVE_TEST(each_path_is_there_once),
        ARCHIVE_TEST(an_archive_of_nothing_is_bad),
        ARCHIVE_TEST(what_is_wrong_with_gzip_is_told),
        ARCHIVE_TEST(all_fields_of_a_gzip_header_are_skipped),
        ARCHIVE_TEST(many_gzip_members_are_one_file),
        ARCHIVE_TEST(a_length_that_lies_costs_time_and_no_more),
        cmocka_unit_test(the_limit_is_cargos),
        ARCHIVE_TEST(a_bomb_is_refused),
        ARCHIVE_TEST(want_of_memory_is_told_at_every_allocation),
        ARCHIVE_TEST(reading_the_same_again_allocates_nothing),
        ARCHIVE_TEST(an_archive_is_a_file_tree),
        ARCHIVE_TEST(package_and_modules_are_read_from_an_archive),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
