/* index/tar.h: each format of headers, and each thing that can be wrong with one. */
#include "index/tar.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/tar_building.h"

static struct tar_builder built;

static int end(void **state)
{
    (void)state;
    tar_fini(&built);
    return 0;
}

/* A walk over what has been built, in a block of its exact size. */
struct walked {
    struct rsl_tar tar;
    uint8_t *bytes;
};

static void walk(struct walked *walked, size_t nbytes)
{
    walked->bytes = built_memory(NULL, nbytes);
    if (nbytes > 0)
        memcpy(walked->bytes, built.bytes, nbytes);
    rsl_tar_init(&walked->tar, walked->bytes, nbytes);
    // NOLINTNEXTLINE(clang-analyzer-unix.Malloc): expect_end() releases it
}

static void expect_member(struct walked *walked, const char *path, enum rsl_tar_kind kind,
                          const char *text)
{
    struct rsl_tar_member member;
    assert_true(rsl_tar_next(&walked->tar, &member));
    assert_int_equal(member.path_nbytes, strlen(path));
    assert_memory_equal(member.path, path, strlen(path));
    assert_int_equal(member.kind, kind);
    assert_int_equal(member.nbytes, strlen(text));
    assert_memory_equal(member.bytes, text, strlen(text));
}

static void expect_end(struct walked *walked, enum rsl_archive_error_code error)
{
    struct rsl_tar_member member;
    assert_false(rsl_tar_next(&walked->tar, &member));
    assert_int_equal(walked->tar.error, error);
    assert_false(rsl_tar_next(&walked->tar, &member)); /* and it stays so */
    assert_int_equal(walked->tar.error, error);
    free(walked->bytes);
}

/* All that was built, up to an error. */
static void expect_error(enum rsl_archive_error_code error)
{
    struct walked walked;
    struct rsl_tar_member member;
    walk(&walked, built.nbytes);
    while (rsl_tar_next(&walked.tar, &member)) {
    }
    expect_end(&walked, error);
}

static void members_come_with_their_data(void **state)
{
    (void)state;
    char block[RSL_TAR_BLOCK + 1];
    memset(block, 'x', RSL_TAR_BLOCK);
    block[RSL_TAR_BLOCK] = '\0';
    tar_put(&built, "p/", '5', "");
    tar_put(&built, "p/a.rs", '0', "fn a() {}");
    tar_put(&built, "p/empty", '\0', "");
    tar_put(&built, "p/old/", '\0', "");
    tar_put(&built, "p/block", '0', block);
    tar_put(&built, "p/link", '2', "");
    tar_put(&built, "p/hard", '1', "");
    tar_put(&built, "p/device", '3', "");
    tar_put(&built, "p/pipe", '6', "");
    tar_put(&built, "p/sparse", 'S', "");
    tar_put_end(&built);
    tar_put_raw(&built, "anything", 8); /* behind the end */
    struct walked walked;
    walk(&walked, built.nbytes);
    expect_member(&walked, "p/", RSL_TAR_FOLDER, "");
    expect_member(&walked, "p/a.rs", RSL_TAR_FILE, "fn a() {}");
    expect_member(&walked, "p/empty", RSL_TAR_FILE, "");
    expect_member(&walked, "p/old/", RSL_TAR_FOLDER, "");
    expect_member(&walked, "p/block", RSL_TAR_FILE, block);
    expect_member(&walked, "p/link", RSL_TAR_LINK, "");
    expect_member(&walked, "p/hard", RSL_TAR_LINK, "");
    expect_member(&walked, "p/device", RSL_TAR_SPECIAL, "");
    expect_member(&walked, "p/pipe", RSL_TAR_SPECIAL, "");
    expect_member(&walked, "p/sparse", RSL_TAR_SPECIAL, "");
    expect_end(&walked, RSL_ARCHIVE_ERROR_NONE);
}

static void the_end_may_lack_its_zeros(void **state)
{
    (void)state;
    struct walked walked;
    walk(&walked, 0);
    expect_end(&walked, RSL_ARCHIVE_ERROR_NONE);
    tar_put(&built, "a", '0', "1");
    walk(&walked, built.nbytes);
    expect_member(&walked, "a", RSL_TAR_FILE, "1");
    expect_end(&walked, RSL_ARCHIVE_ERROR_NONE);
}

static void any_cut_elsewhere_is_an_error(void **state)
{
    (void)state;
    tar_put(&built, "a", '0', "1");
    for (size_t nbytes = 1; nbytes < built.nbytes; nbytes++) {
        struct walked walked;
        walk(&walked, nbytes);
        expect_end(&walked, RSL_ARCHIVE_ERROR_TAR_CUT_OFF);
    }
}

static void names_may_fill_their_fields(void **state)
{
    (void)state;
    char name[101], prefix[156], whole[260];
    memset(name, 'n', 100);
    memset(prefix, 'p', 155);
    name[100] = prefix[155] = '\0';
    tar_put(&built, name, '0', "1");
    uint8_t *header = tar_put_header(&built, name, '0', 0, "ustar");
    memcpy(header + 345, prefix, 155);
    tar_sum(header);
    header = tar_put_header(&built, name, '0', 0, "ustar  "); /* GNU has times there, no prefix */
    memcpy(header + 345, prefix, 155);
    tar_sum(header);
    struct walked walked;
    walk(&walked, built.nbytes);
    expect_member(&walked, name, RSL_TAR_FILE, "1");
    snprintf(whole, sizeof whole, "%s/%s", prefix, name);
    expect_member(&walked, whole, RSL_TAR_FILE, "");
    expect_member(&walked, name, RSL_TAR_FILE, "");
    expect_end(&walked, RSL_ARCHIVE_ERROR_NONE);
}

static void long_names_of_gnu_count_once(void **state)
{
    (void)state;
    char name[301];
    memset(name, 'a', 300);
    name[300] = '\0';
    tar_put_header(&built, "././@LongLink", 'L', 301, "ustar  ");
    tar_put_data(&built, name, 301);
    tar_put(&built, "././@LongLink", 'K', "target");
    tar_put(&built, "short", '0', "1");
    tar_put(&built, "short", '0', "2");
    struct walked walked;
    walk(&walked, built.nbytes);
    expect_member(&walked, name, RSL_TAR_FILE, "1");
    expect_member(&walked, "short", RSL_TAR_FILE, "2");
    expect_end(&walked, RSL_ARCHIVE_ERROR_NONE);
}

static void pax_headers_give_path_and_size(void **state)
{
    (void)state;
    tar_put(&built, "all", 'g', "20 comment=a commit\n");
    tar_put(&built, "x", 'x', "12 path=a/b\n22 mtime=1700000000.5\n9 size=2\n");
    tar_put_header(&built, "short", '0', 0, "ustar"); /* the extended header's size counts */
    tar_put_data(&built, "hi", 2);
    tar_put(&built, "plain", '0', "1");
    tar_put(&built, "all", 'g', "12 path=all\n");
    tar_put(&built, "plain", '0', "2");
    tar_put(&built, "all", 'g', "8 path=\n"); /* taken back */
    tar_put(&built, "plain", '0', "3");
    struct walked walked;
    walk(&walked, built.nbytes);
    expect_member(&walked, "a/b", RSL_TAR_FILE, "hi");
    expect_member(&walked, "plain", RSL_TAR_FILE, "1");
    expect_member(&walked, "all", RSL_TAR_FILE, "2");
    expect_member(&walked, "plain", RSL_TAR_FILE, "3");
    expect_end(&walked, RSL_ARCHIVE_ERROR_NONE);
}

static void a_pax_path_comes_before_a_long_name(void **state)
{
    (void)state;
    tar_put(&built, "x", 'x', "12 path=pax\n");
    tar_put(&built, "L", 'L', "gnu");
    tar_put(&built, "a", '0', "");
    tar_put(&built, "L", 'L', "gnu");
    tar_put(&built, "x", 'x', "12 path=pax\n");
    tar_put(&built, "a", '0', "");
    struct walked walked;
    walk(&walked, built.nbytes);
    expect_member(&walked, "pax", RSL_TAR_FILE, "");
    expect_member(&walked, "pax", RSL_TAR_FILE, "");
    expect_end(&walked, RSL_ARCHIVE_ERROR_NONE);
}

static void malformed_extensions_are_errors(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "path=a\n",          "11 path=ab",       "12 path=a\n",   "0 path=a\n",
        "99999999999 p=a\n", "7 path\n",         "6 =a\n\n",      "-1 path=a\n",
        "12 pathaaaa\n",     "11 path=ab\n12 x", "12\tpath=aa\n", "22 GNU.sparse.major=1\n",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        tar_put(&built, "x", 'x', bad[i]);
        tar_put(&built, "a", '0', "");
        expect_error(RSL_ARCHIVE_ERROR_TAR_EXTENSION);
        tar_fini(&built);
    }
    tar_put_header(&built, "x", 'x', 11, "ustar"); /* a NUL in a path */
    tar_put_data(&built, "11 path=a\0\n", 11);
    expect_error(RSL_ARCHIVE_ERROR_TAR_EXTENSION);
    tar_fini(&built);
    tar_put(&built, "L", 'L', "");
    expect_error(RSL_ARCHIVE_ERROR_TAR_EXTENSION);
    tar_fini(&built);
    tar_put(&built, "x", 'x', "9 size=a\n");
    expect_error(RSL_ARCHIVE_ERROR_TAR_NUMBER);
    tar_fini(&built);
    tar_put(&built, "x", 'x', "31 size=99999999999999999999999\n");
    expect_error(RSL_ARCHIVE_ERROR_TAR_EXTENSION); /* one byte longer than it says */
    tar_fini(&built);
    tar_put(&built, "x", 'x', "32 size=99999999999999999999999\n");
    expect_error(RSL_ARCHIVE_ERROR_TAR_NUMBER);
}

static void an_extension_needs_a_member_and_none_of_its_kind(void **state)
{
    (void)state;
    static const char flags[] = "xLK";
    for (size_t i = 0; flags[i] != '\0'; i++) {
        const char *const text = flags[i] == 'x' ? "9 path=a\n" : "a";
        tar_put(&built, "e", flags[i], text);
        expect_error(RSL_ARCHIVE_ERROR_TAR_CUT_OFF);
        tar_put_end(&built);
        expect_error(RSL_ARCHIVE_ERROR_TAR_CUT_OFF);
        tar_fini(&built);
        tar_put(&built, "e", flags[i], text);
        tar_put(&built, "e", flags[i], text);
        tar_put(&built, "a", '0', "");
        expect_error(RSL_ARCHIVE_ERROR_TAR_EXTENSION);
        tar_fini(&built);
    }
}

static void too_long_extensions_are_refused(void **state)
{
    (void)state;
    const size_t nbytes = RSL_TAR_MAX_EXTENDED + 1;
    char *text = built_memory(NULL, nbytes);
    memset(text, 'a', nbytes);
    tar_put_header(&built, "L", 'L', nbytes, "ustar  ");
    tar_put_data(&built, text, nbytes);
    tar_put(&built, "a", '0', "");
    expect_error(RSL_ARCHIVE_ERROR_TAR_EXTENSION);
    tar_fini(&built);
    tar_put_header(&built, "L", 'L', RSL_TAR_MAX_PATH + 1, "ustar  ");
    tar_put_data(&built, text, RSL_TAR_MAX_PATH + 1);
    tar_put(&built, "a", '0', "");
    expect_error(RSL_ARCHIVE_ERROR_TAR_EXTENSION);
    tar_fini(&built);
    tar_put_header(&built, "L", 'L', RSL_TAR_MAX_PATH, "ustar  ");
    tar_put_data(&built, text, RSL_TAR_MAX_PATH);
    tar_put(&built, "a", '0', "");
    expect_error(RSL_ARCHIVE_ERROR_NONE);
    free(text);
}

static void sizes_may_be_in_base_256(void **state)
{
    (void)state;
    uint8_t *header = tar_put_header(&built, "a", '0', 0, "ustar  ");
    memcpy(header + 124, "\x80\0\0\0\0\0\0\0\0\0\0\x02", 12);
    tar_sum(header);
    tar_put_data(&built, "hi", 2);
    struct walked walked;
    walk(&walked, built.nbytes);
    expect_member(&walked, "a", RSL_TAR_FILE, "hi");
    expect_end(&walked, RSL_ARCHIVE_ERROR_NONE);
}

static void sizes_are_not_believed(void **state)
{
    (void)state;
    static const struct {
        const char size[13];
        enum rsl_archive_error_code error;
    } cases[] = {
        {"777777777777", RSL_ARCHIVE_ERROR_TAR_CUT_OFF},  /* 64 GiB */
        {"00000001001\0", RSL_ARCHIVE_ERROR_TAR_CUT_OFF}, /* a byte more than there is */
        {"\x80\0\0\0\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF", RSL_ARCHIVE_ERROR_TAR_CUT_OFF},
        {"\x80\0\0\0\x80\0\0\0\0\0\0\0", RSL_ARCHIVE_ERROR_TAR_NUMBER}, /* 2^63 */
        {"\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", RSL_ARCHIVE_ERROR_TAR_NUMBER}, /* -1 */
        {"           \0", RSL_ARCHIVE_ERROR_TAR_NUMBER},
        {"\0\0\0\0\0\0\0\0\0\0\0\0", RSL_ARCHIVE_ERROR_TAR_NUMBER},
        {"0000000008 \0", RSL_ARCHIVE_ERROR_TAR_NUMBER},
        {"-0000000001\0", RSL_ARCHIVE_ERROR_TAR_NUMBER},
        {"    1000 \0\0\0", RSL_ARCHIVE_ERROR_NONE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t *header = tar_put_header(&built, "a", '0', 0, "ustar  ");
        memcpy(header + 124, cases[i].size, 12);
        tar_sum(header);
        tar_put_raw(&built, NULL, RSL_TAR_BLOCK);
        expect_error(cases[i].error);
        tar_fini(&built);
    }
}

static void a_wrong_checksum_is_an_error(void **state)
{
    (void)state;
    for (size_t i = 0; i < RSL_TAR_BLOCK; i++) {
        tar_put(&built, "a", '0', "");
        built.bytes[i] ^= 0x04;
        struct walked walked;
        walk(&walked, built.nbytes);
        struct rsl_tar_member member;
        /* The last byte of the checksum's field is after its end. */
        assert_int_equal(rsl_tar_next(&walked.tar, &member), i == 155);
        expect_end(&walked, i == 155 ? RSL_ARCHIVE_ERROR_NONE : RSL_ARCHIVE_ERROR_TAR_HEADER);
        tar_fini(&built);
    }
}

static void checksums_of_signed_bytes_are_right_too(void **state)
{
    (void)state;
    uint8_t *header = tar_put_header(&built, "\xC3\xA9", '0', 0, "ustar");
    int sum = 0;
    memset(header + 148, ' ', 8);
    for (size_t i = 0; i < RSL_TAR_BLOCK; i++)
        sum += (int8_t)header[i];
    snprintf((char *)header + 148, 8, "%06o", (unsigned)sum);
    struct walked walked;
    walk(&walked, built.nbytes);
    expect_member(&walked, "\xC3\xA9", RSL_TAR_FILE, "");
    expect_end(&walked, RSL_ARCHIVE_ERROR_NONE);
}

static void every_error_has_a_sentence(void **state)
{
    (void)state;
    for (unsigned code = 0; code < RSL_ARCHIVE_ERROR_COUNT; code++)
        assert_true(strlen(rsl_archive_error_message((uint8_t)code)) > 3);
    assert_string_equal(rsl_archive_error_message(255), "unknown error");
}

int main(void)
{
#define TAR_TEST(name) cmocka_unit_test_setup_teardown(name, NULL, end)
    const struct CMUnitTest tests[] = {
        TAR_TEST(members_come_with_their_data),
        TAR_TEST(the_end_may_lack_its_zeros),
        TAR_TEST(any_cut_elsewhere_is_an_error),
        TAR_TEST(names_may_fill_their_fields),
        TAR_TEST(long_names_of_gnu_count_once),
        TAR_TEST(pax_headers_give_path_and_size),
        TAR_TEST(a_pax_path_comes_before_a_long_name),
        TAR_TEST(malformed_extensions_are_errors),
        TAR_TEST(an_extension_needs_a_member_and_none_of_its_kind),
        TAR_TEST(too_long_extensions_are_refused),
        TAR_TEST(sizes_may_be_in_base_256),
        TAR_TEST(sizes_are_not_believed),
        TAR_TEST(a_wrong_checksum_is_an_error),
        TAR_TEST(checksums_of_signed_bytes_are_right_too),
        cmocka_unit_test(every_error_has_a_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
