/* The end of tools/watch_keeper.h: who is at work is waited for, and who does not read is not. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "tools/watch_keeper.h"

/* A text is more than a pipe takes at once. */
enum { TEXT_NBYTES = 200000 };

static const uint64_t MS = 1000000;

struct fixture {
    char base[64], root[80], database[80];
    struct rsl_index_options options;
    struct rsl_event_loop *loop;
    struct rsl_output *output;
    struct rsl_watch_keeper *keeper;
    int own_stdout, read_fd;
};

static void sleep_ms(long ms)
{
    const struct timespec time = {.tv_nsec = (long)(ms * MS)};
    nanosleep(&time, NULL);
}

/* From here on to end() standard output is a pipe. */
static void begin(struct fixture *fixture)
{
    int fds[2];
    *fixture = (struct fixture){0};
    strcpy(fixture->base, "/tmp/rustle-keeper-XXXXXX");
    assert_non_null(mkdtemp(fixture->base));
    sprintf(fixture->root, "%s/tree", fixture->base);
    sprintf(fixture->database, "%s/x.db", fixture->base);
    assert_int_equal(mkdir(fixture->root, 0755), 0);
    fixture->options = (struct rsl_index_options){
        .root = fixture->root, .db_path = fixture->database, .nthreads = 1, .quiet = true};
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    fflush(stdout);
    fixture->own_stdout = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    assert_true(fixture->own_stdout >= 0);
    assert_int_equal(dup2(fds[1], STDOUT_FILENO), STDOUT_FILENO);
    assert_int_equal(close(fds[1]), 0);
    fixture->read_fd = fds[0];
    assert_int_equal(rsl_event_loop_create(&(struct rsl_event_loop_options){0}, &fixture->loop),
                     RSL_OK);
    assert_int_equal(rsl_output_start(1, &fixture->output), 0);
    assert_int_equal(rsl_watch_keeper_start(&fixture->options, 8, fixture->output, fixture->loop,
                                            &fixture->keeper),
                     0);
    while (rsl_watch_keeper_state(fixture->keeper) == RSL_KEEPER_OPENING)
        sleep_ms(1);
    assert_int_equal(rsl_watch_keeper_state(fixture->keeper), RSL_KEEPER_READY);
}

/* Gives standard output back, so that the pipe comes to its end. */
static void end_output(struct fixture *fixture)
{
    assert_int_equal(dup2(fixture->own_stdout, STDOUT_FILENO), STDOUT_FILENO);
    assert_int_equal(close(fixture->own_stdout), 0);
}

static void end(struct fixture *fixture)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", ".lock"};
    assert_int_equal(close(fixture->read_fd), 0);
    rsl_event_loop_destroy(fixture->loop);
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        char path[96];
        sprintf(path, "%s%s", fixture->database, suffixes[i]);
        assert_true(unlink(path) == 0 || errno == ENOENT);
    }
    assert_int_equal(rmdir(fixture->root), 0);
    assert_int_equal(rmdir(fixture->base), 0);
}

static struct rsl_watch_batch *make_batch(void)
{
    struct rsl_watch_batch *batch = rsl_watch_batch_create();
    assert_non_null(batch);
    for (int i = 0; i < TEXT_NBYTES / 10; i++)
        rsl_text_buffer_puts(&batch->text.out, "123456789\n");
    assert_false(batch->text.out.failed);
    return batch;
}

static void *read_all(void *arg)
{
    const int fd = *(const int *)arg;
    size_t nbytes = 0;
    char bytes[4096];
    for (ssize_t n; (n = read(fd, bytes, sizeof bytes)) > 0;)
        nbytes += (size_t)n;
    // NOLINTNEXTLINE(performance-no-int-to-ptr): the number is all there is to hand over
    return (void *)nbytes;
}

static void *let_write(void *arg)
{
    sleep_ms(300);
    assert_int_equal(sqlite3_exec(arg, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    return NULL;
}

static void test_lines_were_lost_when_the_keeper_was_at_work_for_long(void **state)
{
    (void)state;
    struct fixture fixture;
    pthread_t reader, writer;
    sqlite3 *other;
    begin(&fixture);
    assert_int_equal(pthread_create(&reader, NULL, read_all, &fixture.read_fd), 0);
    /* Another connection writes, so that the keeper cannot for a while. */
    assert_int_equal(sqlite3_open(fixture.database, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    struct rsl_watch_batch *last = make_batch();
    last->live.in_doubt = true;
    assert_int_equal(pthread_create(&writer, NULL, let_write, other), 0);
    const bool good = rsl_watch_keeper_stop(fixture.keeper, last, 10 * MS);
    const int error = rsl_output_stop(fixture.output, RSL_FOREVER);
    end_output(&fixture);
    void *nbytes;
    pthread_join(reader, &nbytes);
    pthread_join(writer, NULL);
    assert_true(good);
    assert_int_equal(error, 0);
    assert_int_equal((uintptr_t)nbytes, TEXT_NBYTES);
    assert_int_equal(sqlite3_close(other), SQLITE_OK);
    end(&fixture);
}

static void test_who_does_not_read_is_not_waited_for(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    for (int i = 0; i < 8; i++)
        assert_int_equal(rsl_watch_keeper_try_send(fixture.keeper, make_batch()), RSL_OK);
    const bool good = rsl_watch_keeper_stop(fixture.keeper, make_batch(), 10 * MS);
    const int error = rsl_output_stop(fixture.output, 10 * MS);
    end_output(&fixture);
    assert_true(good);
    assert_int_equal(error, 0);
    assert_true((uintptr_t)read_all(&fixture.read_fd) < TEXT_NBYTES);
    end(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines_were_lost_when_the_keeper_was_at_work_for_long),
        cmocka_unit_test(test_who_does_not_read_is_not_waited_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
