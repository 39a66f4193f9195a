/* Names longer than NAME_MAX, which Linux hands out on some file systems: this program answers for
 * the kernel. */
#include "sched/walk.h"

#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/types.h>

#include <cmocka.h>

static size_t name_nbytes; /* of the only file that there is */
static bool has_come;
static size_t found_nbytes;
static int reported;

ssize_t answer_for_the_kernel(int fd, void *buffer, size_t nbytes) __asm__("getdents64");

ssize_t answer_for_the_kernel(int fd, void *buffer, size_t nbytes)
{
    (void)fd;
    if (has_come)
        return 0;
    has_come = true;
    struct dirent64 *entry = buffer;
    const size_t length = (offsetof(struct dirent64, d_name) + name_nbytes + 8) & ~(size_t)7;
    assert_true(length <= nbytes);
    entry->d_ino = 1;
    entry->d_off = 1;
    entry->d_type = DT_REG;
    entry->d_reclen = (unsigned short)length;
    char *name = (char *)buffer + offsetof(struct dirent64, d_name);
    memset(name, 'x', name_nbytes);
    memcpy(name + name_nbytes - 3, ".rs", 4);
    return (ssize_t)length;
}

static bool emit(void *context, unsigned worker, const struct rsl_walk_file *files, size_t nfiles)
{
    (void)context;
    (void)worker;
    assert_int_equal(nfiles, 1);
    found_nbytes = files[0].path_nbytes;
    return true;
}

static void report(void *context, const char *path, int error)
{
    (void)context;
    (void)path;
    reported = error;
}

static void walk(size_t nbytes)
{
    static const char *const roots[] = {"/"};
    const struct rsl_walk_options options = {
        .suffix = ".rs", .no_ignore = true, .emit = emit, .report = report};
    name_nbytes = nbytes;
    has_come = false;
    found_nbytes = 0;
    reported = 0;
    assert_int_equal(rsl_walk_run(roots, 1, &options), RSL_OK);
    assert_true(has_come);
}

static void a_name_longer_than_name_max_overflowed_the_path(void **state)
{
    (void)state;
    static const size_t sizes[] = {255, 256, 765, 1024, 4095};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        walk(sizes[i]);
        assert_int_equal(found_nbytes, 1 + sizes[i]);
        assert_int_equal(reported, 0);
    }
}

static void a_name_that_no_path_can_hold_is_reported(void **state)
{
    (void)state;
    walk(4096);
    assert_int_equal(found_nbytes, 0);
    assert_int_equal(reported, ENAMETOOLONG);
    walk(60000);
    assert_int_equal(reported, ENAMETOOLONG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_longer_than_name_max_overflowed_the_path),
        cmocka_unit_test(a_name_that_no_path_can_hold_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
