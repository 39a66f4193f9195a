/* sched/watch.h, each behaviour by itself; test_sched_watch_storm.c has them all at once. */
#include "tests/counting_allocator.h"
#include "tests/watch_testing.h"

static void test_what_is_there_is_told_first(void **state)
{
    (void)state;
    struct fixture fixture = {0};
    begin(&fixture);
    make_folder(&fixture, "d");
    write_file(&fixture, "a.rs", "a");
    write_file(&fixture, "d/b.rs", "b");
    write_file(&fixture, "d/c.txt", "c");
    write_file(&fixture, ".h.rs", "h");
    start(&fixture);
    assert_false(rsl_watch_is_quiet(fixture.watch));
    settle(&fixture);
    assert_told(&fixture, "+a.rs +d/b.rs");
    end(&fixture);
}

static void test_files_are_created_modified_and_removed(void **state)
{
    (void)state;
    struct fixture fixture = {0};
    begin(&fixture);
    start(&fixture);
    settle(&fixture);
    write_file(&fixture, "a.rs", "1");
    write_file(&fixture, "b.txt", "1");
    settle(&fixture);
    assert_told(&fixture, "+a.rs");
    write_file(&fixture, "a.rs", "2");
    settle(&fixture);
    assert_told(&fixture, "~a.rs");
    remove_file(&fixture, "a.rs");
    settle(&fixture);
    assert_told(&fixture, "-a.rs");
    end(&fixture);
}

static void test_files_of_one_more_name_may_count(void **state)
{
    (void)state;
    struct fixture fixture = {.options.name = "Cargo.toml"};
    begin(&fixture);
    make_folder(&fixture, "d");
    write_file(&fixture, "d/Cargo.toml", "1");
    write_file(&fixture, "d/a.rs", "1");
    write_file(&fixture, "d/not-Cargo.toml", "1");
    start(&fixture);
    settle(&fixture);
    assert_told(&fixture, "+d/Cargo.toml +d/a.rs");
    write_file(&fixture, "Cargo.toml", "2");
    write_file(&fixture, "Cargo.lock", "2");
    write_file(&fixture, "d/Cargo.toml", "2");
    settle(&fixture);
    assert_told(&fixture, "+Cargo.toml ~d/Cargo.toml");
    write_file(&fixture, ".ignore", "Cargo.toml\n");
    settle(&fixture);
    assert_told(&fixture, "-Cargo.toml -d/Cargo.toml");
    end(&fixture);
}

static void test_a_file_that_comes_and_goes_is_not_told(void **state)
{
    (void)state;
    struct fixture fixture = {0};
    begin(&fixture);
    start(&fixture);
    settle(&fixture);
    write_file(&fixture, "a.rs", "1");
    remove_file(&fixture, "a.rs");
    settle(&fixture);
    assert_told(&fixture, "");
    end(&fixture);
}

static void test_an_atomic_save_is_one_change(void **state)
{
    (void)state;
    struct fixture fixture = {0};
    begin(&fixture);
    write_file(&fixture, "a.rs", "1");
    start(&fixture);
    settle(&fixture);
    fixture.told[0] = 0;
    write_file(&fixture, "a.rs.tmp", "2"); /* written beside and renamed over */
    move(&fixture, "a.rs.tmp", "a.rs");
    settle(&fixture);
    assert_told(&fixture, "~a.rs");
    move(&fixture, "a.rs", "a.rs~"); /* moved away, written anew, the old one removed */
    write_file(&fixture, "a.rs", "3");
    remove_file(&fixture, "a.rs~");
    settle(&fixture);
    assert_told(&fixture, "~a.rs");
    end(&fixture);
}

static void test_a_rename_tells_where_the_file_came_from(void **state)
{
    (void)state;
    struct fixture fixture = {0};
    begin(&fixture);
    make_folder(&fixture, "d");
    write_file(&fixture, "a.rs", "1");
    start(&fixture);
    settle(&fixture);
    fixture.told[0] = 0;
    move(&fixture, "a.rs", "d/b.rs");
    settle(&fixture);
    assert_told(&fixture, "+d/b.rs<a.rs -a.rs");
    /* Over another: that one has changed. */
    write_file(&fixture, "c.rs", "2");
    settle(&fixture);
    fixture.told[0] = 0;
    move(&fixture, "d/b.rs", "c.rs");
    settle(&fixture);
    assert_told(&fixture, "-d/b.rs ~c.rs");
    end(&fixture);
}

static void test_a_folder_moved_within_takes_its_files_and_its_watch_along(void **state)
{
    (void)state;
    struct fixture fixture = {0};
    begin(&fixture);
    make_folder(&fixture, "d");
    make_folder(&fixture, "d/e");
    write_file(&fixture, "d/e/a.rs", "1");
    start(&fixture);
    settle(&fixture);
    fixture.told[0] = 0;
    nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL); /* the move is later than the file */
    move(&fixture, "d", "f");
    settle(&fixture);
    assert_told(&fixture, "+f/e/a.rs<d/e/a.rs -d/e/a.rs");
    write_file(&fixture, "f/e/a.rs", "2");
    settle(&fixture);
    assert_told(&fixture, "~f/e/a.rs");
    struct rsl_watch_stats stats;
    rsl_watch_get_stats(fixture.watch, &stats);
    assert_int_equal(stats.nwatches, 3);
    end(&fixture);
}

static void test_folders_moved_out_and_in(void **state)
{
    (void)state;
    struct fixture fixture = {0};
    begin(&fixture);
    make_folder(&fixture, "d");
    make_folder(&fixture, "d/e");
    write_file(&fixture, "d/e/a.rs", "1");
    start(&fixture);
    settle(&fixture);
    fixture.told[0] = 0;
    move(&fixture, "d", "../out");
    settle(&fixture);
    assert_told(&fixture, "-d/e/a.rs");
    struct rsl_watch_stats stats;
    rsl_watch_get_stats(fixture.watch, &stats);
    assert_int_equal(stats.nwatches, 1);
    write_file(&fixture, "../out/e/a.rs", "2"); /* nobody's business now */
    settle(&fixture);
    assert_told(&fixture, "");
    move(&fixture, "../out", "g");
    settle(&fixture);
    assert_told(&fixture, "+g/e/a.rs");
    write_file(&fixture, "g/e/b.rs", "1");
    settle(&fixture);
    assert_told(&fixture, "+g/e/b.rs");
    end(&fixture);
}

static void test_a_folder_full_of_files_is_seen_whole(void **state)
{
    (void)state;
    struct fixture fixture = {0};
    begin(&fixture);
    start(&fixture);
    settle(&fixture);
    for (int i = 0; i < 20; i++) { /* made before the watcher can know of the folder above */
        char name[64];
        snprintf(name, sizeof name, "d%d", i);
        make_folder(&fixture, name);
        strcat(name, "/e");
        make_folder(&fixture, name);
        strcat(name, "/a.rs");
        write_file(&fixture, name, "1");
        if (i % 3 == 0)
            turn(&fixture, 0);
    }
    settle(&fixture);
    assert_int_equal(fixture.mirror.ncreated, 20);
    assert_int_equal(fixture.mirror.nmodified + fixture.mirror.nremoved, 0);
    end(&fixture);
}

static void test_a_folder_in_the_place_of_a_file_and_back(void **state)
{
    (void)state;
    struct fixture fixture = {0};
    begin(&fixture);
    write_file(&fixture, "a.rs", "1");
    start(&fixture);
    settle(&fixture);
    fixture.told[0] = 0;
    remove_file(&fixture, "a.rs");
    make_folder(&fixture, "a.rs");
    write_file(&fixture, "a.rs/b.rs", "1");
    settle(&fixture);
    assert_told(&fixture, "+a.rs/b.rs -a.rs");
    remove_folder(&fixture, "a.rs");
    write_file(&fixture, "a.rs", "2");
    settle(&fixture);
    assert_told(&fixture, "+a.rs -a.rs/b.rs");
    end(&fixture);
}

static void test_a_link_in_the_place_of_a_folder_is_not_followed(void **state)
{
    (void)state;
    struct fixture fixture = {0};
    char path[PATH_MAX];
    begin(&fixture);
    make_folder(&fixture, "d");
    write_file(&fixture, "d/a.rs", "1");
    start(&fixture);
    settle(&fixture);
    fixture.told[0] = 0;
    move(&fixture, "d", "e");
    path_of(&fixture, "d", path);
    assert_int_equal(symlink("e", path), 0);
    settle(&fixture);
    fixture.mirror.nfrom = 0;
    assert_null(mirror_find(&fixture.mirror, "d/a.rs"));
    assert_non_null(strstr(fixture.told, "-d/a.rs"));
    assert_non_null(strstr(fixture.told, "+e/a.rs"));
    assert_null(strstr(fixture.told, "+d/a.rs"));
    end(&fixture);
}

static void test_a_change_waits_for_the_settle_time_but_not_beyond_the_maximum(void **state)
{
    (void)state;
    struct fixture fixture = {.options.settle_ns = 300 * MS, .options.max_settle_ns = 900 * MS};
    begin(&fixture);
    start(&fixture);
    settle(&fixture);
    const uint64_t first = now_ns();
    unsigned n = 0;
    while (fixture.told[0] == 0 && now_ns() < first + 20000 * MS) {
        write_file(&fixture, "a.rs", n++ % 2 == 0 ? "1" : "22");
        turn(&fixture, 20 * MS);
    }
    /* Never quiet for as long as 300 ms, unless this machine stood still. */
    assert_true(now_ns() >= first + 300 * MS);
    assert_true(n > 3);
    settle(&fixture);
    const char *last = strrchr(fixture.told, '~') != NULL ? "~a.rs " : "+a.rs ";
    assert_string_equal(fixture.told + strlen(fixture.told) - strlen(last), last);
    assert_non_null(strstr(fixture.told, "+a.rs"));
    end(&fixture);
}

static void test_without_settle_time_a_change_is_told_at_once(void **state)
{
    (void)state;
    struct fixture fixture = {.options.settle_ns = RSL_WATCH_NO_SETTLE};
    begin(&fixture);
    start(&fixture);
    settle(&fixture);
    write_file(&fixture, "a.rs", "1");
    turn(&fixture, 1000 * MS);
    assert_told(&fixture, "+a.rs");
    end(&fixture);
}

static void test_a_mere_touch_changes_nothing(void **state)
{
    (void)state;
    struct fixture fixture = {0};
    char path[PATH_MAX];
    begin(&fixture);
    write_file(&fixture, "a.rs", "1");
    start(&fixture);
    settle(&fixture);
    fixture.told[0] = 0;
    path_of(&fixture, "a.rs", path);
    assert_int_equal(utimensat(AT_FDCWD, path, NULL, 0), 0);
    settle(&fixture);
    assert_told(&fixture, "");
    struct rsl_watch_stats stats;
    rsl_watch_get_stats(fixture.watch, &stats);
    assert_true(stats.nhashed > 0);
    assert_int_equal(chmod(path, 0600), 0); /* perhaps it can be read now */
    settle(&fixture);
    assert_told(&fixture, "~a.rs");
    end(&fixture);
}

static void test_after_an_overflow_only_what_differs_is_told(void **state)
{
    (void)state;
    struct fixture fixture = {0};
    char path[PATH_MAX];
    begin(&fixture);
    make_folder(&fixture, "d");
    write_file(&fixture, "a.rs", "1");
    write_file(&fixture, "b.rs", "1");
    write_file(&fixture, "c.rs", "1");
    write_file(&fixture, "d/e.rs", "1");
    start(&fixture);
    settle(&fixture);
    fixture.told[0] = 0;
    /* All of it behind the watcher's back. */
    write_file(&fixture, "a.rs", "2");
    path_of(&fixture, "b.rs", path);
    assert_int_equal(utimensat(AT_FDCWD, path, NULL, 0), 0);
    remove_folder(&fixture, "d");
    make_folder(&fixture, "f");
    write_file(&fixture, "f/g.rs", "1");
    char events[1 << 16];
    assert_true(read(rsl_watch_fd(fixture.watch), events, sizeof events) > 0);
    fixture.watch->lost = true;
    settle(&fixture);
    assert_told(&fixture, "+f/g.rs -d/e.rs ~a.rs");
    write_file(&fixture, "f/g.rs", "2"); /* and the new folder is watched */
    settle(&fixture);
    assert_told(&fixture, "~f/g.rs");
    end(&fixture);
}

static void test_where_watches_run_out_folders_are_polled(void **state)
{
    (void)state;
    struct fixture fixture = {.max_adds = 2};
    begin(&fixture);
    for (int i = 0; i < 4; i++) {
        char name[32];
        snprintf(name, sizeof name, "d%d", i);
        make_folder(&fixture, name);
        strcat(name, "/a.rs");
        write_file(&fixture, name, "1");
    }
    start(&fixture);
    settle_long(&fixture);
    assert_int_equal(fixture.mirror.ncreated, 4);
    struct rsl_watch_stats stats;
    rsl_watch_get_stats(fixture.watch, &stats);
    assert_int_equal(stats.nwatches, 2);
    assert_int_equal(stats.npolled, 3);
    /* Told once. */
    assert_non_null(strstr(fixture.reports, ":ENOSPC"));
    assert_null(strstr(strstr(fixture.reports, ":ENOSPC") + 1, ":ENOSPC"));
    fixture.told[0] = 0;
    for (int i = 0; i < 4; i++) {
        char name[32];
        snprintf(name, sizeof name, "d%d/a.rs", i);
        write_file(&fixture, name, i % 2 == 0 ? "2" : "long");
    }
    settle_long(&fixture);
    assert_told(&fixture, "~d0/a.rs ~d1/a.rs ~d2/a.rs ~d3/a.rs");
    /* There are more again: they are taken. */
    fixture.max_adds = 0;
    settle_long(&fixture);
    rsl_watch_get_stats(fixture.watch, &stats);
    assert_int_equal(stats.nwatches, 5);
    assert_int_equal(stats.npolled, 0);
    end(&fixture);
}

static void check_all_polled(struct fixture *fixture)
{
    begin(fixture);
    make_folder(fixture, "d");
    write_file(fixture, "d/a.rs", "1");
    start(fixture);
    settle_long(fixture);
    assert_told(fixture, "+d/a.rs");
    write_file(fixture, "d/a.rs", "2");
    make_folder(fixture, "e");
    write_file(fixture, "e/b.rs", "1");
    settle_long(fixture);
    assert_told(fixture, "+e/b.rs ~d/a.rs");
    remove_folder(fixture, "d");
    settle_long(fixture);
    assert_told(fixture, "-d/a.rs");
    struct rsl_watch_stats stats;
    rsl_watch_get_stats(fixture->watch, &stats);
    assert_int_equal(stats.nwatches, 0);
    end(fixture);
}

static void test_a_file_system_that_tells_nothing_is_polled(void **state)
{
    (void)state;
    struct fixture fixture = {.is_mute = true};
    check_all_polled(&fixture);
    assert_string_equal(fixture.reports, "");
}

static void test_without_inotify_everything_is_polled(void **state)
{
    (void)state;
    struct fixture fixture = {.no_inotify = true};
    check_all_polled(&fixture);
    assert_string_equal(fixture.reports, ":EMFILE ");
}

static void test_changes_of_ignore_files_change_what_is_watched(void **state)
{
    (void)state;
    struct fixture fixture = {0};
    begin(&fixture);
    make_folder(&fixture, ".git");
    make_folder(&fixture, ".git/info");
    make_folder(&fixture, "d");
    make_folder(&fixture, "target");
    write_file(&fixture, "a.rs", "1");
    write_file(&fixture, "d/b.rs", "1");
    write_file(&fixture, "target/c.rs", "1");
    write_file(&fixture, ".gitignore", "target/\n");
    start(&fixture);
    settle(&fixture);
    assert_told(&fixture, "+a.rs +d/b.rs");
    write_file(&fixture, "target/c.rs", "2");
    settle(&fixture);
    assert_told(&fixture, "");
    write_file(&fixture, ".gitignore", "b.rs\n");
    settle(&fixture);
    assert_told(&fixture, "+target/c.rs -d/b.rs");
    write_file(&fixture, "d/.ignore", "!b.rs\n");
    settle(&fixture);
    assert_told(&fixture, "+d/b.rs");
    remove_file(&fixture, ".gitignore");
    remove_file(&fixture, "d/.ignore");
    settle(&fixture);
    assert_told(&fixture, "");
    write_file(&fixture, ".git/info/exclude", "a.rs\n");
    settle_long(&fixture);
    assert_told(&fixture, "-a.rs");
    write_file(&fixture, "../.ignore", "!a.rs\nd\n"); /* above the root */
    settle_long(&fixture);
    assert_told(&fixture, "+a.rs -d/b.rs");
    end(&fixture);
}

static void test_the_users_excludes_are_looked_at_again(void **state)
{
    (void)state;
    struct fixture fixture = {0};
    char path[PATH_MAX];
    begin(&fixture);
    make_folder(&fixture, ".git");
    write_file(&fixture, "a.rs", "1");
    path_of(&fixture, "../excludes", path);
    fixture.options.excludes_path = path;
    start(&fixture);
    settle(&fixture);
    assert_told(&fixture, "+a.rs");
    write_file(&fixture, "../excludes", "*.rs\n");
    settle_long(&fixture);
    assert_told(&fixture, "-a.rs");
    remove_file(&fixture, "../excludes");
    settle_long(&fixture);
    assert_told(&fixture, "+a.rs");
    end(&fixture);
}

static void test_a_root_may_go_and_come_back(void **state)
{
    (void)state;
    struct fixture fixture = {0};
    char other[64], third[64];
    begin(&fixture);
    snprintf(other, sizeof other, "%s/other", fixture.base);
    snprintf(third, sizeof third, "%s/third", fixture.base);
    write_file(&fixture, "a.rs", "1");
    start(&fixture);
    settle(&fixture);
    assert_told(&fixture, "+a.rs");
    move_path(fixture.root, other);
    settle_long(&fixture);
    assert_told(&fixture, "-a.rs");
    move_path(other, fixture.root);
    settle_long(&fixture);
    assert_told(&fixture, "+a.rs");
    storm_remove(fixture.root);
    settle_long(&fixture);
    assert_told(&fixture, "-a.rs");
    assert_int_equal(mkdir(fixture.root, 0755), 0);
    write_file(&fixture, "b.rs", "1");
    settle_long(&fixture);
    assert_told(&fixture, "+b.rs");
    write_file(&fixture, "b.rs", "2");
    settle(&fixture);
    assert_told(&fixture, "~b.rs");
    /* Replaced at once by another. */
    make_folder(&fixture, "../other");
    write_file(&fixture, "../other/c.rs", "1");
    move_path(fixture.root, third);
    move_path(other, fixture.root);
    settle_long(&fixture);
    assert_told(&fixture, "+c.rs -b.rs");
    end(&fixture);
}

static void test_a_root_that_is_a_file(void **state)
{
    (void)state;
    struct fixture fixture = {0};
    begin(&fixture);
    write_file(&fixture, "a.txt", "1");
    write_file(&fixture, "b.rs", "1");
    strcat(fixture.root, "/a.txt");
    start(&fixture);
    settle(&fixture);
    assert_told(&fixture, "+");
    strrchr(fixture.root, '/')[0] = 0;
    write_file(&fixture, "a.txt", "2");
    write_file(&fixture, "b.rs", "2");
    settle(&fixture);
    assert_told(&fixture, "~a.txt");
    remove_file(&fixture, "a.txt");
    settle(&fixture);
    assert_told(&fixture, "-a.txt");
    end(&fixture);
}

static void test_changes_wait_while_nobody_takes_them(void **state)
{
    (void)state;
    struct fixture fixture = {0};
    begin(&fixture);
    start(&fixture);
    settle(&fixture);
    for (int i = 0; i < 300; i++) {
        char name[32];
        snprintf(name, sizeof name, "f%d.rs", i % 30);
        write_file(&fixture, name, i % 7 == 0 ? "7" : "1");
        assert_int_equal(rsl_watch_run(fixture.watch), RSL_OK);
    }
    assert_int_equal(fixture.mirror.ncreated, 0);
    settle(&fixture);
    assert_int_equal(fixture.mirror.ncreated, 30);
    assert_int_equal(fixture.mirror.nmodified, 0);
    end(&fixture);
}

/* Whatever allocation fails, when it does not any more, all is known. */
static void test_without_memory_nothing_is_lost(void **state)
{
    (void)state;
    for (size_t fail_at = 0; fail_at < 120; fail_at += 1 + fail_at / 16) {
        struct fixture fixture = {0};
        struct counting_allocator counting;
        const char *const roots[] = {fixture.root};
        counting_init(&counting, fail_at);
        fixture.options = (struct rsl_watch_options){
            .allocator = &counting.allocator,
            .suffix = ".rs",
            .known = mirror_known,
            .report = report,
            .context = &fixture.mirror,
        };
        begin(&fixture);
        make_folder(&fixture, "d");
        write_file(&fixture, "d/a.rs", "1");
        write_file(&fixture, ".ignore", "x\n");
        if (rsl_watch_create(roots, 1, &fixture.options, &fixture.watch) == RSL_OK) {
            (void)rsl_watch_run(fixture.watch);
            write_file(&fixture, "d/b.rs", "1");
            make_folder(&fixture, "e");
            write_file(&fixture, "e/c.rs", "1");
            (void)rsl_watch_run(fixture.watch);
            take_changes(&fixture);
            move(&fixture, "e", "f");
            move(&fixture, "d/a.rs", "d/g.rs");
            for (int i = 0; i < 8; i++) {
                (void)rsl_watch_run(fixture.watch);
                take_changes(&fixture);
            }
            counting.fail_at = SIZE_MAX;
            settle(&fixture);
            char *watched = mirror_text(&fixture.mirror);
            char *fresh = fresh_text(roots, 1, &fixture.options);
            assert_string_equal(watched, fresh);
            free(watched);
            free(fresh);
        } else {
            assert_null(fixture.watch);
        }
        end(&fixture);
        assert_int_equal(counting.nbytes, 0);
        assert_false(counting.wrong);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_there_is_told_first),
        cmocka_unit_test(test_files_are_created_modified_and_removed),
        cmocka_unit_test(test_files_of_one_more_name_may_count),
        cmocka_unit_test(test_a_file_that_comes_and_goes_is_not_told),
        cmocka_unit_test(test_an_atomic_save_is_one_change),
        cmocka_unit_test(test_a_rename_tells_where_the_file_came_from),
        cmocka_unit_test(test_a_folder_moved_within_takes_its_files_and_its_watch_along),
        cmocka_unit_test(test_folders_moved_out_and_in),
        cmocka_unit_test(test_a_folder_full_of_files_is_seen_whole),
        cmocka_unit_test(test_a_folder_in_the_place_of_a_file_and_back),
        cmocka_unit_test(test_a_link_in_the_place_of_a_folder_is_not_followed),
        cmocka_unit_test(test_a_change_waits_for_the_settle_time_but_not_beyond_the_maximum),
        cmocka_unit_test(test_without_settle_time_a_change_is_told_at_once),
        cmocka_unit_test(test_a_mere_touch_changes_nothing),
        cmocka_unit_test(test_after_an_overflow_only_what_differs_is_told),
        cmocka_unit_test(test_where_watches_run_out_folders_are_polled),
        cmocka_unit_test(test_a_file_system_that_tells_nothing_is_polled),
        cmocka_unit_test(test_without_inotify_everything_is_polled),
        cmocka_unit_test(test_changes_of_ignore_files_change_what_is_watched),
        cmocka_unit_test(test_the_users_excludes_are_looked_at_again),
        cmocka_unit_test(test_a_root_may_go_and_come_back),
        cmocka_unit_test(test_a_root_that_is_a_file),
        cmocka_unit_test(test_changes_wait_while_nobody_takes_them),
        cmocka_unit_test(test_without_memory_nothing_is_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
