/* The watcher while a second process changes a tree as fast as it can: after some quiet, whoever
 * only listened to it knows every file that a walk finds, with its contents. Likewise if the
 * kernel's queue overflows all the time, and if watches run out.
 *
 *     test_sched_watch_storm [SECONDS]     how long each storm is; the default is 4 */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "sched/watch_internal.h"
#include "tests/storm.h"
#include "tests/watch_mirror.h"

enum { NFILES = 5000, WATCH_LIMIT = 60, MAX_WDS = 1 << 20 };

#define MS UINT64_C(1000000)

static unsigned storm_ms = 4000;

/* System calls that fail as those of a small machine do. */
struct faulty {
    unsigned drop_one_in; /* reads find that the queue overflowed, and all was lost; 0: none */
    unsigned limit;       /* watches that there are; 0: no limit */
    uint32_t state;
    unsigned nwatches, nrefused, ndropped;
    uint8_t is_used[MAX_WDS / 8];
};

static int faulty_init(void *state, int flags)
{
    (void)state;
    return inotify_init1(flags);
}

static int faulty_add(void *state, int fd, const char *path, uint32_t mask)
{
    struct faulty *faulty = state;
    const int wd = inotify_add_watch(fd, path, mask);
    if (wd < 0 || faulty->limit == 0 || wd >= MAX_WDS)
        return wd;
    if (faulty->is_used[wd / 8] >> wd % 8 & 1)
        return wd;
    if (faulty->nwatches == faulty->limit) {
        inotify_rm_watch(fd, wd);
        faulty->nrefused++;
        errno = ENOSPC;
        return -1;
    }
    faulty->is_used[wd / 8] |= (uint8_t)(1 << wd % 8);
    faulty->nwatches++;
    return wd;
}

/* Called for each watch that is gone, by removal or by IN_IGNORED. */
static void gone(struct faulty *faulty, int wd)
{
    if (faulty->limit != 0 && wd >= 0 && wd < MAX_WDS && faulty->is_used[wd / 8] >> wd % 8 & 1) {
        faulty->is_used[wd / 8] &= (uint8_t) ~(1 << wd % 8);
        faulty->nwatches--;
    }
}

static int faulty_remove(void *state, int fd, int wd)
{
    gone(state, wd);
    return inotify_rm_watch(fd, wd);
}

static ssize_t faulty_read(void *state, int fd, void *to, size_t nbytes)
{
    struct faulty *faulty = state;
    const ssize_t n = read(fd, to, nbytes);
    if (n <= 0)
        return n;
    for (size_t at = 0; at < (size_t)n;) {
        const struct inotify_event *event = (const void *)((const char *)to + at);
        if (event->mask & IN_IGNORED)
            gone(faulty, event->wd);
        at += sizeof *event + event->len;
    }
    faulty->state = faulty->state * 1664525 + 1013904223;
    if (faulty->drop_one_in == 0 || (faulty->state >> 16) % faulty->drop_one_in != 0)
        return n;
    const struct inotify_event overflow = {.wd = -1, .mask = IN_Q_OVERFLOW};
    memcpy(to, &overflow, sizeof overflow);
    faulty->ndropped++;
    return sizeof overflow;
}

static int faulty_has_events(void *state, int fd)
{
    (void)state;
    (void)fd;
    return 1;
}

static void ignore_report(void *context, const char *path, int error)
{
    (void)context;
    (void)path;
    (void)error;
}

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 * MS + (uint64_t)now.tv_nsec;
}

/* Waits until there is something to do, and does it. */
static void turn(struct rsl_watch *watch, struct mirror *mirror, uint64_t until_ns)
{
    const uint64_t now = now_ns();
    uint64_t deadline = rsl_watch_deadline_ns(watch);
    if (deadline > until_ns)
        deadline = until_ns;
    const uint64_t wait_ns = deadline > now ? deadline - now : 0;
    poll(&(struct pollfd){.fd = rsl_watch_fd(watch), .events = POLLIN}, 1,
         (int)((wait_ns + MS - 1) / MS));
    assert_int_equal(rsl_watch_run(watch), RSL_OK);
    struct rsl_watch_change change;
    for (int i = 0; i < 256 && rsl_watch_next(watch, &change); i++)
        mirror_take(mirror, &change);
}

/* Shows the first line that differs. */
static void assert_same_text(const char *watched, const char *fresh)
{
    if (strcmp(watched, fresh) == 0)
        return;
    size_t at = 0;
    while (watched[at] == fresh[at])
        at++;
    while (at > 0 && watched[at - 1] != '\n')
        at--;
    print_error("watched: %.*s\nfresh:   %.*s\n", (int)strcspn(watched + at, "\n"), watched + at,
                (int)strcspn(fresh + at, "\n"), fresh + at);
    fail();
}

static void weather(uint64_t seed, unsigned drop_one_in, unsigned limit)
{
    char root[] = "/tmp/rustle-storm-XXXXXX", outside[sizeof root + 8], tree[sizeof root + 8];
    assert_non_null(mkdtemp(root));
    snprintf(outside, sizeof outside, "%s/out", root);
    snprintf(tree, sizeof tree, "%s/tree", root);
    assert_int_equal(mkdir(outside, 0755), 0);
    assert_int_equal(mkdir(tree, 0755), 0);
    const struct storm_options storm = {
        .root = tree,
        .outside = outside,
        .seed = seed,
        .nfiles = NFILES,
        .duration_ms = storm_ms,
    };
    assert_true(storm_make_tree(&storm));

    struct faulty *faulty = calloc(1, sizeof *faulty);
    struct mirror *mirror = calloc(1, sizeof *mirror);
    assert_non_null(faulty);
    assert_non_null(mirror);
    faulty->drop_one_in = drop_one_in;
    faulty->limit = limit;
    faulty->state = (uint32_t)seed;
    const struct rsl_watch_calls calls = {faulty_init, faulty_add,        faulty_remove,
                                          faulty_read, faulty_has_events, faulty};
    const struct rsl_watch_options options = {
        .suffix = ".rs",
        .poll_ns = 100 * MS,
        .known = mirror_known,
        .report = ignore_report,
        .context = mirror,
    };
    const char *const roots[] = {tree};
    struct rsl_watch *watch = NULL;
    assert_int_equal(rsl_watch_create_with(roots, 1, &options, &calls, &watch), RSL_OK);

    int pipe_fds[2];
    assert_int_equal(pipe(pipe_fds), 0);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        const uint64_t nchanges = storm_run(&storm);
        _exit(write(pipe_fds[1], &nchanges, sizeof nchanges) == sizeof nchanges ? 0 : 1);
    }
    int status = -1;
    while (waitpid(child, &status, WNOHANG) == 0)
        turn(watch, mirror, now_ns() + 50 * MS);
    assert_int_equal(status, 0);
    uint64_t nchanges = 0;
    assert_int_equal(read(pipe_fds[0], &nchanges, sizeof nchanges), sizeof nchanges);

    /* Quiet: until the roots, and all that is polled, have been looked at twice more, and nothing
     * is left to do. */
    struct rsl_watch_stats before, stats = {0};
    rsl_watch_get_stats(watch, &before);
    const uint64_t give_up_ns = now_ns() + 120000 * MS;
    bool is_over = false;
    while (!is_over && now_ns() < give_up_ns) {
        turn(watch, mirror, now_ns() + 50 * MS);
        rsl_watch_get_stats(watch, &stats);
        is_over = stats.nchecks >= before.nchecks + 2 &&
                  (stats.npolled == 0 || stats.npolls >= before.npolls + 2) &&
                  rsl_watch_is_quiet(watch);
    }
    assert_true(is_over);
    print_message("%llu changes; told: %llu created (%llu from elsewhere), %llu modified (%llu "
                  "with the same contents), %llu removed; %llu events, %llu overflows, %llu "
                  "folders read, %llu hashed, %llu watches, %llu polled\n",
                  (unsigned long long)nchanges, (unsigned long long)mirror->ncreated,
                  (unsigned long long)mirror->nfrom, (unsigned long long)mirror->nmodified,
                  (unsigned long long)mirror->nsame, (unsigned long long)mirror->nremoved,
                  (unsigned long long)stats.nevents, (unsigned long long)stats.noverflows,
                  (unsigned long long)stats.nscans, (unsigned long long)stats.nhashed,
                  (unsigned long long)stats.nwatches, (unsigned long long)stats.npolled);
    if (mirror->nwrong > 0)
        print_error("told what cannot be: %s\n", mirror->wrong);
    assert_int_equal(mirror->nwrong, 0);
    assert_true(nchanges > 0 && mirror->ncreated > NFILES / 2 && mirror->nremoved > 0);
    if (drop_one_in != 0)
        assert_true(stats.noverflows > 0 && stats.nhashed > 0);
    if (limit != 0)
        assert_true(faulty->nrefused > 0 && stats.npolled > 0 && stats.nwatches <= limit);
    char *watched = mirror_text(mirror), *fresh = fresh_text(roots, 1, &options);
    assert_same_text(watched, fresh);
    free(watched);
    free(fresh);

    /* Nobody changes anything, the kernel says that it lost events: nothing has changed. */
    const uint64_t ntold = mirror->ncreated + mirror->nmodified + mirror->nremoved;
    watch->lost = true;
    do
        turn(watch, mirror, now_ns() + 50 * MS);
    while (!rsl_watch_is_quiet(watch));
    assert_int_equal(mirror->ncreated + mirror->nmodified + mirror->nremoved, ntold);

    rsl_watch_destroy(watch);
    mirror_fini(mirror);
    free(mirror);
    free(faulty);
    close(pipe_fds[0]);
    close(pipe_fds[1]);
    storm_remove(root);
}

static void test_state_equals_a_fresh_walk_after_a_storm(void **state)
{
    (void)state;
    weather(1, 0, 0);
}

static void test_state_equals_a_fresh_walk_when_the_queue_overflows(void **state)
{
    (void)state;
    weather(2, 3, 0);
}

static void test_state_equals_a_fresh_walk_when_watches_run_out(void **state)
{
    (void)state;
    weather(3, 0, WATCH_LIMIT);
}

static void test_state_equals_a_fresh_walk_when_both_happen(void **state)
{
    (void)state;
    weather(4, 5, WATCH_LIMIT);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        storm_ms = (unsigned)strtoul(argv[1], NULL, 10) * 1000;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_state_equals_a_fresh_walk_after_a_storm),
        cmocka_unit_test(test_state_equals_a_fresh_walk_when_the_queue_overflows),
        cmocka_unit_test(test_state_equals_a_fresh_walk_when_watches_run_out),
        cmocka_unit_test(test_state_equals_a_fresh_walk_when_both_happen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
