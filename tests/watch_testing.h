/* watch_testing.h - a tree and a watcher whose system calls may fail, and what it told. */
#ifndef RSL_TESTS_WATCH_TESTING_H
#define RSL_TESTS_WATCH_TESTING_H

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "sched/watch_internal.h"
#include "tests/storm.h"
#include "tests/watch_mirror.h"

#define MS UINT64_C(1000000)

static inline uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 * MS + (uint64_t)now.tv_nsec;
}

/* A tree, a watcher, and what it told, as text: "+a.rs ~b.rs -c.rs +d.rs<a.rs " */
struct fixture {
    char base[32], root[48];
    struct rsl_watch *watch;
    struct rsl_watch_options options;
    struct mirror mirror;
    char told[4096];
    char reports[4096];
    /* Faults. */
    unsigned nadds, max_adds; /* watches that there are; 0: enough */
    bool is_mute;             /* the file system tells no events */
    bool no_inotify;
};

static inline int fault_init(void *state, int flags)
{
    if (((struct fixture *)state)->no_inotify) {
        errno = EMFILE;
        return -1;
    }
    return inotify_init1(flags);
}

static inline int fault_add(void *state, int fd, const char *path, uint32_t mask)
{
    struct fixture *fixture = state;
    if (fixture->max_adds != 0 && fixture->nadds >= fixture->max_adds) {
        errno = ENOSPC;
        return -1;
    }
    fixture->nadds++;
    return inotify_add_watch(fd, path, mask);
}

static inline int fault_remove(void *state, int fd, int wd)
{
    (void)state;
    return inotify_rm_watch(fd, wd);
}

static inline ssize_t fault_read(void *state, int fd, void *to, size_t nbytes)
{
    (void)state;
    return read(fd, to, nbytes);
}

static inline int fault_has_events(void *state, int fd)
{
    (void)fd;
    return !((struct fixture *)state)->is_mute;
}

static inline void report(void *context, const char *path, int error)
{
    /* The mirror is in the fixture. */
    struct fixture *fixture =
        (struct fixture *)(void *)((char *)context - offsetof(struct fixture, mirror));
    const size_t n = strlen(fixture->reports);
    const char *name = strrchr(path, '/');
    snprintf(fixture->reports + n, sizeof fixture->reports - n, "%s:%s ",
             name != NULL ? name + 1 : path, strerrorname_np(error));
}

static inline void begin(struct fixture *fixture)
{
    strcpy(fixture->base, "/tmp/rustle-watch-XXXXXX");
    assert_non_null(mkdtemp(fixture->base));
    snprintf(fixture->root, sizeof fixture->root, "%s/r", fixture->base);
    assert_int_equal(mkdir(fixture->root, 0755), 0);
}

static inline void start(struct fixture *fixture)
{
    const struct rsl_watch_calls calls = {fault_init, fault_add,        fault_remove,
                                          fault_read, fault_has_events, fixture};
    const char *const roots[] = {fixture->root};
    fixture->options.known = mirror_known;
    fixture->options.report = report;
    fixture->options.context = &fixture->mirror;
    fixture->options.suffix = ".rs";
    fixture->options.poll_ns = 200 * MS;
    assert_int_equal(rsl_watch_create_with(roots, 1, &fixture->options, &calls, &fixture->watch),
                     RSL_OK);
}

static inline void end(struct fixture *fixture)
{
    rsl_watch_destroy(fixture->watch);
    mirror_fini(&fixture->mirror);
    storm_remove(fixture->base);
}

static inline void path_of(const struct fixture *fixture, const char *name, char *to)
{
    snprintf(to, PATH_MAX, "%s/%s", fixture->root, name);
}

static inline void write_file(const struct fixture *fixture, const char *name, const char *text)
{
    char path[PATH_MAX];
    path_of(fixture, name, path);
    const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

static inline void move_path(const char *from, const char *to)
{
    assert_int_equal(rename(from, to), 0);
}

static inline void move(const struct fixture *fixture, const char *from, const char *to)
{
    char a[PATH_MAX], b[PATH_MAX];
    path_of(fixture, from, a);
    path_of(fixture, to, b);
    move_path(a, b);
}

static inline void make_folder(const struct fixture *fixture, const char *name)
{
    char path[PATH_MAX];
    path_of(fixture, name, path);
    assert_int_equal(mkdir(path, 0755), 0);
}

static inline void remove_file(const struct fixture *fixture, const char *name)
{
    char path[PATH_MAX];
    path_of(fixture, name, path);
    assert_int_equal(unlink(path), 0);
}

static inline void remove_folder(const struct fixture *fixture, const char *name)
{
    char path[PATH_MAX];
    path_of(fixture, name, path);
    storm_remove(path);
}

static inline const char *relative(const struct fixture *fixture, const char *path)
{
    const size_t n = strlen(fixture->root);
    assert_memory_equal(path, fixture->root, n);
    return path[n] == '/' ? path + n + 1 : path + n;
}

static inline void take_changes(struct fixture *fixture)
{
    struct rsl_watch_change change;
    while (rsl_watch_next(fixture->watch, &change)) {
        const size_t n = strlen(fixture->told);
        mirror_take(&fixture->mirror, &change);
        snprintf(fixture->told + n, sizeof fixture->told - n, "%c%s%s%s ", "+~-"[change.kind],
                 relative(fixture, change.path), change.from != NULL ? "<" : "",
                 change.from != NULL ? relative(fixture, change.from) : "");
    }
    assert_int_equal(fixture->mirror.nwrong, 0);
}

static inline void turn(struct fixture *fixture, uint64_t most_ns)
{
    const uint64_t now = now_ns();
    const uint64_t deadline = rsl_watch_deadline_ns(fixture->watch);
    uint64_t wait_ns = deadline > now ? deadline - now : 0;
    if (wait_ns > most_ns)
        wait_ns = most_ns;
    poll(&(struct pollfd){.fd = rsl_watch_fd(fixture->watch), .events = POLLIN}, 1,
         (int)((wait_ns + MS - 1) / MS));
    assert_int_equal(rsl_watch_run(fixture->watch), RSL_OK);
    take_changes(fixture);
}

/* Runs until there is nothing left to do, and that for longer than anything takes that is not
 * looked at once a second. */
static inline void settle(struct fixture *fixture)
{
    const uint64_t give_up = now_ns() + 60000 * MS;
    uint64_t quiet_since = now_ns();
    while (now_ns() < quiet_since + 60 * MS) {
        turn(fixture, 10 * MS);
        if (!rsl_watch_is_quiet(fixture->watch))
            quiet_since = now_ns();
        assert_true(now_ns() < give_up);
    }
}

/* Runs until what cannot be watched has been looked at twice more. */
static inline void settle_long(struct fixture *fixture)
{
    struct rsl_watch_stats before, stats;
    rsl_watch_get_stats(fixture->watch, &before);
    do {
        settle(fixture);
        rsl_watch_get_stats(fixture->watch, &stats);
    } while (stats.nchecks < before.nchecks + 2 ||
             (stats.npolled > 0 && stats.npolls < before.npolls + 2));
    settle(fixture);
}

static inline int compare_words(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* What was told since the last time, in the order of the words: files are independent of each
 * other.
 */
static inline void assert_told(struct fixture *fixture, const char *expected)
{
    char *words[256], sorted[sizeof fixture->told] = "";
    size_t n = 0;
    for (char *word = strtok(fixture->told, " "); word != NULL; word = strtok(NULL, " ")) {
        assert_true(n < 256);
        words[n++] = word;
    }
    if (n > 0)
        qsort(words, n, sizeof words[0], compare_words);
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            strcat(sorted, " ");
        strcat(sorted, words[i]);
    }
    assert_string_equal(sorted, expected);
    fixture->told[0] = 0;
}

#endif
