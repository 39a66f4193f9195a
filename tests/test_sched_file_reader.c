/* sched/file_reader.h, each test on io_uring and with plain calls; those on io_uring are skipped
 * where it is refused. */
#include "sched/file_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "ds/atomic.h"
#include "tests/counting_allocator.h"
#include "tests/refused_calls.h"

static char folder[] = "/tmp/rustle-reader-XXXXXX";

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL || chdir(folder) != 0;
}

static int remove_folder(void **state)
{
    (void)state;
    char command[sizeof folder + 16];
    (void)snprintf(command, sizeof command, "rm -rf %s", folder);
    return chdir("/") != 0 || system(command) != 0; // NOLINT(cert-env33-c): our own folder
}

static struct rsl_file_reader *new_reader_with(void **state, const struct rsl_allocator *allocator,
                                               unsigned depth)
{
    const struct rsl_file_reader_options options = {
        .io = *(const enum rsl_io *)*state, .allocator = allocator, .depth = depth};
    struct rsl_file_reader *reader = NULL;
    const enum rsl_status status = rsl_file_reader_create(&options, &reader);
    if (options.io == RSL_IO_URING && status == RSL_EIO && (errno == EPERM || errno == ENOSYS))
        skip();
    assert_int_equal(status, RSL_OK);
    assert_int_equal(rsl_file_reader_io(reader), options.io);
    return reader;
}

static struct rsl_file_reader *new_reader(void **state)
{
    return new_reader_with(state, NULL, 0);
}

/* What stands at `at` in every file that write_file() writes. */
static uint8_t byte_at(size_t at)
{
    return (uint8_t)(at * 7 + at / 251 + 1);
}

static void write_file(const char *path, size_t nbytes)
{
    uint8_t *bytes = malloc(nbytes + 1);
    assert_non_null(bytes);
    for (size_t i = 0; i < nbytes; i++)
        bytes[i] = byte_at(i);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, nbytes, file), nbytes);
    assert_int_equal(fclose(file), 0);
    free(bytes);
}

/* The beginning of what write_file() writes, with its padding. */
static void check_bytes(const struct rsl_file_contents *file)
{
    assert_int_equal(file->error, 0);
    for (size_t i = 0; i < file->nbytes; i++)
        if (file->bytes[i] != byte_at(i))
            fail_msg("byte %zu of file %zu is wrong", i, file->index);
    for (size_t i = 0; i < RSL_PAD; i++)
        assert_int_equal(file->bytes[file->nbytes + i], 0);
}

static int error_of(struct rsl_file_reader *reader, const char *path)
{
    struct rsl_file_contents file;
    rsl_file_reader_start(reader, AT_FDCWD, &path, 1);
    assert_true(rsl_file_reader_next(reader, &file));
    const int error = file.error;
    assert_int_equal(error == 0, file.bytes != NULL);
    assert_false(rsl_file_reader_next(reader, &file));
    return error;
}

static void files_of_all_sizes_are_read_whole(void **state)
{
    static const size_t sizes[] = {0,     1,     63,    64,    65,     4095,   4096,   4097,
                                   65471, 65472, 65535, 65536, 65537,  65599,  65600,  65601,
                                   65664, 70000, 99999, 8,     131072, 131073, 262144, 5000000};
    enum { N = sizeof sizes / sizeof *sizes };
    struct rsl_file_reader *reader = new_reader(state);
    char names[N][16];
    const char *paths[N];
    for (size_t i = 0; i < N; i++) {
        (void)snprintf(names[i], sizeof names[i], "size%zu", i);
        paths[i] = names[i];
        write_file(paths[i], sizes[i]);
    }
    for (int round = 0; round < 3; round++) {
        struct rsl_file_contents file;
        rsl_file_reader_start(reader, AT_FDCWD, paths, N);
        for (size_t i = 0; i < N; i++) {
            assert_true(rsl_file_reader_next(reader, &file));
            assert_int_equal(file.index, i);
            assert_int_equal(file.nbytes, sizes[i]);
            check_bytes(&file);
        }
        assert_false(rsl_file_reader_next(reader, &file));
        assert_false(rsl_file_reader_next(reader, &file));
    }
    rsl_file_reader_destroy(reader);
}

enum { NMANY = 700 };

/* Small files and what is none, some not in the page cache. */
static void make_many(char names[NMANY][16], const char *paths[NMANY])
{
    for (size_t i = 0; i < NMANY; i++) {
        (void)snprintf(names[i], 16, "many%zu", i);
        paths[i] = names[i];
        if (i % 50 == 7)
            continue; /* missing */
        write_file(paths[i], i * 37 % 9000);
        if (i % 3 == 0 || (i > 300 && i < 500)) {
            const int fd = open(paths[i], O_RDONLY | O_CLOEXEC);
            assert_true(fd >= 0);
            (void)fdatasync(fd);
            (void)posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
            close(fd);
        }
    }
}

static void many_files_come_in_order_cached_or_not(void **state)
{
    static char names[NMANY][16];
    static const char *paths[NMANY];
    for (unsigned depth = 0; depth <= 100; depth = depth == 0 ? 1 : depth == 1 ? 5 : depth * 20) {
        struct rsl_file_reader *reader = new_reader_with(state, NULL, depth);
        make_many(names, paths);
        const int fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        assert_true(fd >= 0);
        assert_int_equal(chdir("/"), 0);
        struct rsl_file_contents file;
        rsl_file_reader_start(reader, fd, paths, NMANY);
        for (size_t i = 0; i < NMANY; i++) {
            assert_true(rsl_file_reader_next(reader, &file));
            assert_int_equal(file.index, i);
            if (i % 50 == 7) {
                assert_int_equal(file.error, ENOENT);
                continue;
            }
            assert_int_equal(file.nbytes, i * 37 % 9000);
            check_bytes(&file);
        }
        assert_false(rsl_file_reader_next(reader, &file));
        assert_int_equal(fchdir(fd), 0);
        close(fd);
        rsl_file_reader_destroy(reader);
    }
}

static void a_start_forgets_what_is_left(void **state)
{
    static char names[NMANY][16];
    static const char *paths[NMANY];
    struct rsl_file_reader *reader = new_reader(state);
    make_many(names, paths);
    for (size_t n = 0; n < 40; n++) {
        struct rsl_file_contents file;
        rsl_file_reader_start(reader, AT_FDCWD, paths + n * 10, NMANY - n * 10);
        for (size_t i = 0; i < n; i++) {
            assert_true(rsl_file_reader_next(reader, &file));
            assert_int_equal(file.index, i);
            if (file.error == 0) {
                assert_int_equal(file.nbytes, (n * 10 + i) * 37 % 9000);
                check_bytes(&file);
            }
        }
    }
    rsl_file_reader_destroy(reader); /* with files on their way */
}

static void what_is_no_file_is_refused_without_a_wait(void **state)
{
    struct rsl_file_reader *reader = new_reader(state);
    (void)unlink("pipe.rs");
    (void)unlink("zero.rs");
    (void)unlink("null.rs");
    (void)unlink("loop.rs");
    (void)mkdir("folder.rs", 0777);
    assert_int_equal(mkfifo("pipe.rs", 0666), 0);
    assert_int_equal(symlink("/dev/zero", "zero.rs"), 0);
    assert_int_equal(symlink("/dev/null", "null.rs"), 0);
    assert_int_equal(symlink("loop.rs", "loop.rs"), 0);
    assert_int_equal(error_of(reader, "folder.rs"), EISDIR);
    assert_int_equal(error_of(reader, "pipe.rs"), EINVAL);
    assert_int_equal(error_of(reader, "zero.rs"), EINVAL);
    assert_int_equal(error_of(reader, "null.rs"), EINVAL);
    assert_int_equal(error_of(reader, "loop.rs"), ELOOP);
    assert_int_equal(error_of(reader, "missing.rs"), ENOENT);
    assert_int_equal(error_of(reader, "pipe.rs/x"), ENOTDIR);
    assert_int_equal(error_of(reader, ""), ENOENT);
    const int writer = open("pipe.rs", O_RDWR | O_CLOEXEC); /* somebody may write yet */
    assert_true(writer >= 0);
    assert_int_equal(error_of(reader, "pipe.rs"), EINVAL);
    close(writer);
    rsl_file_reader_destroy(reader);
}

static void files_that_say_no_size_are_read_to_their_end(void **state)
{
    struct rsl_file_reader *reader = new_reader(state);
    assert_int_equal(error_of(reader, "/proc/self/status"), 0);
    assert_int_equal(error_of(reader, "/proc/kallsyms"), 0); /* some megabytes */
    rsl_file_reader_destroy(reader);
}

static void a_file_that_is_too_large_is_refused(void **state)
{
    struct rsl_file_reader *reader = new_reader(state);
    const int fd = open("large", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    assert_true(fd >= 0);
    if (ftruncate(fd, (off_t)RSL_MAX_SOURCE + 1) != 0)
        skip();
    close(fd);
    assert_int_equal(error_of(reader, "large"), EFBIG);
    (void)unlink("large");
    rsl_file_reader_destroy(reader);
}

static void paths_may_be_longer_than_the_system_takes(void **state)
{
    struct rsl_file_reader *reader = new_reader(state);
    const size_t nparts = PATH_MAX / 200 + 2;
    char *path = malloc(nparts * 201 + 8);
    assert_non_null(path);
    const int home = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    size_t n = 0;
    char part[201];
    memset(part, 'd', 200);
    part[200] = 0;
    for (size_t i = 0; i < nparts; i++) {
        (void)mkdir(part, 0777);
        assert_int_equal(chdir(part), 0);
        memcpy(path + n, part, 200);
        path[n + 200] = '/';
        n += 201;
    }
    write_file("f.rs", 1234);
    assert_int_equal(fchdir(home), 0);
    close(home);
    memcpy(path + n, "f.rs", 5);
    struct rsl_file_contents file;
    const char *const paths[] = {path};
    rsl_file_reader_start(reader, AT_FDCWD, paths, 1);
    assert_true(rsl_file_reader_next(reader, &file));
    assert_int_equal(file.nbytes, 1234);
    check_bytes(&file);
    free(path);
    rsl_file_reader_destroy(reader);
}

/* ---- files that change */

struct changer {
    struct rsl_atomic_u32 end; /* relaxed: only asked for */
    unsigned nrounds;
};

enum { LEAST = 3000, MOST = 90000 };

/* Grows a file, cuts it off, takes it away and puts another in its place; never less than LEAST
 * bytes, which are always the same. */
static void *change(void *arg)
{
    struct changer *changer = arg;
    while (rsl_u32_load_relaxed(&changer->end) == 0) {
        FILE *file = fopen("new", "we");
        assert_non_null(file);
        for (size_t i = 0; i < MOST; i++) {
            (void)putc(byte_at(i), file);
            if (i == LEAST) {
                (void)fflush(file);
                assert_int_equal(rename("new", "changing"), 0);
            }
        }
        (void)fclose(file);
        assert_int_equal(truncate("changing", LEAST + changer->nrounds % 70000), 0);
        if (changer->nrounds++ % 4 == 0)
            assert_int_equal(unlink("changing"), 0);
    }
    return NULL;
}

static void a_file_that_changes_is_read_as_it_was_at_some_time(void **state)
{
    struct rsl_file_reader *reader = new_reader(state);
    struct changer changer = {.nrounds = 0};
    rsl_u32_init(&changer.end, 0);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, change, &changer), 0);
    enum { N = 20 };
    const char *paths[N];
    for (size_t i = 0; i < N; i++)
        paths[i] = "changing";
    size_t nread = 0;
    for (int round = 0; round < 200 || nread == 0; round++) {
        struct rsl_file_contents file;
        rsl_file_reader_start(reader, AT_FDCWD, paths, N);
        while (rsl_file_reader_next(reader, &file)) {
            if (file.error != 0) {
                assert_int_equal(file.error, ENOENT);
                continue;
            }
            nread++;
            assert_in_range(file.nbytes, LEAST, MOST);
            check_bytes(&file);
        }
    }
    rsl_u32_store_relaxed(&changer.end, 1);
    pthread_join(thread, NULL);
    rsl_file_reader_destroy(reader);
}

/* ---- what runs out */

static void *give_back(void *arg)
{
    const struct timespec pause = {.tv_nsec = 30000000};
    (void)nanosleep(&pause, NULL);
    const struct rlimit *before = arg;
    (void)setrlimit(RLIMIT_NOFILE, before);
    return NULL;
}

static void descriptors_that_run_out_are_waited_for(void **state)
{
    struct rsl_file_reader *reader = new_reader(state);
    write_file("small", 100);
    write_file("larger", 100000); /* which takes plain calls, in any case */
    struct rlimit before, none;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = before;
    none.rlim_cur = 3;
    pthread_t thread;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    assert_int_equal(pthread_create(&thread, NULL, give_back, &before), 0);
    assert_int_equal(error_of(reader, "larger"), 0);
    pthread_join(thread, NULL);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    assert_int_equal(error_of(reader, "larger"), EMFILE);
    for (int i = 0; i < 1000; i++) /* of which each would wait for some tenths of a second */
        assert_int_equal(error_of(reader, "larger"), EMFILE);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(error_of(reader, "larger"), 0);
    assert_int_equal(error_of(reader, "small"), 0);
    rsl_file_reader_destroy(reader);
}

static void a_ring_is_made_smaller_where_few_descriptors_are_allowed(void **state)
{
    struct rsl_file_reader *reader = new_reader(state); /* skips where it must */
    rsl_file_reader_destroy(reader);
    write_file("small", 100);
    struct rlimit before, few;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    few = before;
    few.rlim_cur = 20;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
    reader = new_reader(state);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(error_of(reader, "small"), 0);
    rsl_file_reader_destroy(reader);
}

static void want_of_memory_is_an_error_of_the_file(void **state)
{
    rsl_file_reader_destroy(new_reader(state));
    const char *const paths[] = {"small", "larger", "small"};
    write_file("small", 100);
    write_file("larger", 100000);
    bool done = false;
    for (size_t k = 0; !done; k++) {
        struct counting_allocator counting;
        counting_init(&counting, k);
        const struct rsl_file_reader_options options = {.io = *(const enum rsl_io *)*state,
                                                        .allocator = &counting.allocator};
        struct rsl_file_reader *reader = NULL;
        const enum rsl_status status = rsl_file_reader_create(&options, &reader);
        if (status == RSL_OK) {
            struct rsl_file_contents file;
            size_t nfailed = 0;
            rsl_file_reader_start(reader, AT_FDCWD, paths, 3);
            while (rsl_file_reader_next(reader, &file)) {
                if (file.error != 0) {
                    assert_int_equal(file.error, ENOMEM);
                    nfailed++;
                } else {
                    assert_int_equal(file.nbytes, file.index == 1 ? 100000 : 100);
                    check_bytes(&file);
                }
            }
            assert_in_range(nfailed, 0, 1);
            done = nfailed == 0;
            rsl_file_reader_destroy(reader);
        } else {
            assert_int_equal(status, RSL_ENOMEM);
        }
        assert_int_equal(counting.nbytes, 0);
        assert_false(counting.wrong);
    }
}

static void the_steady_state_allocates_nothing(void **state)
{
    static char names[NMANY][16];
    static const char *paths[NMANY];
    make_many(names, paths);
    struct counting_allocator counting;
    counting_init(&counting, SIZE_MAX);
    struct rsl_file_reader *reader = new_reader_with(state, &counting.allocator, 0);
    size_t ncalls = 0;
    for (int round = 0; round < 3; round++) {
        struct rsl_file_contents file;
        rsl_file_reader_start(reader, AT_FDCWD, paths, NMANY);
        while (rsl_file_reader_next(reader, &file))
            assert_true(file.error == 0 || file.error == ENOENT);
        if (round > 0)
            assert_int_equal(counting.ncalls, ncalls);
        ncalls = counting.ncalls;
    }
    rsl_file_reader_destroy(reader);
    assert_int_equal(counting.nbytes, 0);
}

/* Returns what the child found wrong. */
static int try_refused(long call, int error)
{
    const char *const path = "small";
    if (!refuse_call(call, error))
        return 77;
    struct rsl_file_reader *reader = NULL;
    if (call == SYS_io_uring_setup) {
        const struct rsl_file_reader_options options = {.io = RSL_IO_URING};
        if (rsl_file_reader_create(&options, &reader) != (error == ENOMEM ? RSL_ENOMEM : RSL_EIO))
            return 1;
    }
    if (rsl_file_reader_create(NULL, &reader) != RSL_OK)
        return 2;
    struct rsl_file_contents file;
    for (int i = 0; i < 3; i++) {
        rsl_file_reader_start(reader, AT_FDCWD, &path, 1);
        if (!rsl_file_reader_next(reader, &file) || file.error != 0 || file.nbytes != 100)
            return 3;
    }
    if (call != SYS_io_uring_enter && rsl_file_reader_io(reader) != RSL_IO_EPOLL)
        return 4;
    rsl_file_reader_destroy(reader);
    return 0;
}

static void plain_calls_serve_where_io_uring_is_refused(void **state)
{
    (void)state;
    write_file("small", 100);
    static const long calls[] = {SYS_io_uring_setup, SYS_io_uring_register, SYS_io_uring_enter};
    static const int errors[] = {EPERM, ENOSYS, ENOMEM};
    for (size_t i = 0; i < 9; i++) {
        if (calls[i / 3] == SYS_io_uring_enter && errors[i % 3] == ENOMEM)
            continue; /* may pass, so it is tried again and again */
        const pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0)
            _exit(try_refused(calls[i / 3], errors[i % 3]));
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFEXITED(status));
        if (WEXITSTATUS(status) == 77)
            skip();
        assert_int_equal(WEXITSTATUS(status), 0);
    }
}

static void options_out_of_bounds_are_refused(void **state)
{
    (void)state;
    struct rsl_file_reader *reader;
    struct rsl_file_reader_options options = {.io = (enum rsl_io)3};
    assert_int_equal(rsl_file_reader_create(&options, &reader), RSL_EINVAL);
    options = (struct rsl_file_reader_options){.depth = RSL_FILE_READER_MAX_DEPTH + 1};
    assert_int_equal(rsl_file_reader_create(&options, &reader), RSL_EINVAL);
    rsl_file_reader_destroy(NULL);
}

static enum rsl_io uring = RSL_IO_URING, plain = RSL_IO_EPOLL;

#define ON_BOTH(test)                                \
    {#test " (io_uring)", test, NULL, NULL, &uring}, \
    {                                                \
#test " (plain)", test, NULL, NULL, &plain   \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(files_of_all_sizes_are_read_whole),
        ON_BOTH(many_files_come_in_order_cached_or_not),
        ON_BOTH(a_start_forgets_what_is_left),
        ON_BOTH(what_is_no_file_is_refused_without_a_wait),
        ON_BOTH(files_that_say_no_size_are_read_to_their_end),
        ON_BOTH(a_file_that_is_too_large_is_refused),
        ON_BOTH(paths_may_be_longer_than_the_system_takes),
        ON_BOTH(a_file_that_changes_is_read_as_it_was_at_some_time),
        ON_BOTH(descriptors_that_run_out_are_waited_for),
        ON_BOTH(a_ring_is_made_smaller_where_few_descriptors_are_allowed),
        ON_BOTH(want_of_memory_is_an_error_of_the_file),
        ON_BOTH(the_steady_state_allocates_nothing),
        cmocka_unit_test(plain_calls_serve_where_io_uring_is_refused),
        cmocka_unit_test(options_out_of_bounds_are_refused),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
