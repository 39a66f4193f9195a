/* tools/index_live.h, and the counts of dependents.h. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "tests/live_testing.h"
#include "tools/dependents.h"
#include "tools/index_tree.h"

struct fixture {
    char base[64], root[80], database[80];
    struct rsl_index_options options;
    struct rsl_file_indexer indexer;
    struct rsl_live_index *live;
};

static void path_of(const struct fixture *fixture, const char *name, char *to)
{
    sprintf(to, "%s/%s", fixture->root, name);
}

static void write_file(const struct fixture *fixture, const char *name, const char *text)
{
    char path[128];
    path_of(fixture, name, path);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void remove_file(const struct fixture *fixture, const char *name)
{
    char path[128];
    path_of(fixture, name, path);
    assert_int_equal(unlink(path), 0);
}

static void begin(struct fixture *fixture)
{
    *fixture = (struct fixture){0};
    strcpy(fixture->base, "/tmp/rustle-live-XXXXXX");
    assert_non_null(mkdtemp(fixture->base));
    sprintf(fixture->root, "%s/tree", fixture->base);
    sprintf(fixture->database, "%s/x.db", fixture->base);
    assert_int_equal(mkdir(fixture->root, 0755), 0);
    assert_int_equal(live_indexer_init(&fixture->indexer), RSL_OK);
    fixture->options = (struct rsl_index_options){
        .root = fixture->root, .db_path = fixture->database, .nthreads = 2, .quiet = true};
}

static void open_index(struct fixture *fixture)
{
    bool told = false;
    struct rsl_index_totals totals;
    const int lock = rsl_index_try_lock(&fixture->options, &told);
    assert_true(lock >= 0);
    fixture->live = rsl_live_index_open(&fixture->options, lock, &totals);
    assert_non_null(fixture->live);
    assert_true(rsl_live_index_has_new_graph(fixture->live));
    assert_false(rsl_live_index_has_new_graph(fixture->live));
}

static void end(struct fixture *fixture)
{
    char command[128];
    rsl_live_index_close(fixture->live);
    rsl_file_indexer_fini(&fixture->indexer);
    sprintf(command, "rm -r %s", fixture->base);
    assert_int_equal(system(command), 0); // NOLINT(cert-env33-c): a fixed program, on our own path
}

/* Tells what the files hold now; `names` ends with NULL. */
static void tell(struct fixture *fixture, const char *const *names, bool resolves)
{
    struct rsl_live_batch batch = {.resolves = resolves};
    struct rsl_live_change **at = &batch.changes;
    for (; *names != NULL; names++) {
        char path[128];
        path_of(fixture, *names, path);
        *at = live_look(&fixture->indexer, path, rsl_index_root_nbytes(fixture->root));
        assert_non_null(*at);
        at = &(*at)->next;
    }
    assert_int_equal(rsl_live_index_write(fixture->live, &batch), 0);
    live_forget_changes(&batch);
}

static void tell_one(struct fixture *fixture, const char *name, bool resolves)
{
    tell(fixture, (const char *const[]){name, NULL}, resolves);
}

/* What a query gives, one value. */
static int64_t ask(struct fixture *fixture, const char *sql)
{
    sqlite3_stmt *select;
    struct sqlite3 *db = rsl_store_connection(rsl_live_index_store(fixture->live));
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &select, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(select), SQLITE_ROW);
    const int64_t value = sqlite3_column_int64(select, 0);
    sqlite3_finalize(select);
    return value;
}

#define USES_OF_B                                                                      \
    "SELECT count(*) FROM deps JOIN files a ON a.file_id = from_file JOIN files b ON " \
    "b.file_id = to_file WHERE kind = 'use' AND b.path = 'b.rs'"

static void bodies_leave_the_graph_alone_and_interfaces_do_not(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    write_file(&fixture, "lib.rs", "mod a;\nmod b;\n");
    write_file(&fixture, "a.rs", "use crate::b::f;\n");
    write_file(&fixture, "b.rs", "pub fn f() {}\n");
    open_index(&fixture);
    assert_int_equal(ask(&fixture, USES_OF_B), 1);
    write_file(&fixture, "b.rs", "pub fn f() { 1; }\n// longer\n");
    tell_one(&fixture, "b.rs", false);
    assert_false(rsl_live_index_has_new_graph(fixture.live));
    assert_int_equal(ask(&fixture, "SELECT size FROM files WHERE path = 'b.rs'"), 28);
    write_file(&fixture, "b.rs", "pub fn g() {}\n");
    tell_one(&fixture, "b.rs", true);
    assert_true(rsl_live_index_has_new_graph(fixture.live));
    write_file(&fixture, "a.rs", "fn none() {}\n");
    tell_one(&fixture, "a.rs", true);
    assert_true(rsl_live_index_has_new_graph(fixture.live));
    assert_int_equal(ask(&fixture, USES_OF_B), 0);
    tell_one(&fixture, "a.rs", false); /* the same once more */
    assert_false(rsl_live_index_has_new_graph(fixture.live));
    end(&fixture);
}

static bool is_counted(struct fixture *fixture, const char *path, uint32_t n)
{
    struct rsl_dependents *dependents = rsl_dependents_of(rsl_live_index_store(fixture->live));
    assert_non_null(dependents);
    const bool is = rsl_dependents_count(dependents, path, strlen(path)) == n;
    rsl_dependents_destroy(dependents);
    return is;
}

static void dependents_are_counted_each_once(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    write_file(&fixture, "lib.rs", "mod a;\nmod b;\nmod c;\nuse b::f;\n"); /* of b in two ways */
    write_file(&fixture, "a.rs", "use crate::b::f;\nuse crate::c::h;\n");
    write_file(&fixture, "b.rs", "pub fn f() {}\n");
    write_file(&fixture, "c.rs", "use crate::b::f;\npub fn h() {}\n");
    open_index(&fixture);
    assert_true(is_counted(&fixture, "b.rs", 3));
    assert_true(is_counted(&fixture, "c.rs", 2));
    assert_true(is_counted(&fixture, "a.rs", 1));
    assert_true(is_counted(&fixture, "lib.rs", 0));
    assert_true(is_counted(&fixture, "none.rs", 0));
    assert_int_equal(rsl_dependents_count(NULL, "b.rs", 4), 0);
    write_file(&fixture, "c.rs", "pub fn h() {}\n");
    tell_one(&fixture, "c.rs", true);
    assert_true(is_counted(&fixture, "b.rs", 2));
    end(&fixture);
}

/* Many files, so that the table grows. */
static void many_dependents_are_counted(void **state)
{
    (void)state;
    enum { N = 400 };
    struct fixture fixture;
    char name[32], text[64], all[N * 16] = "";
    begin(&fixture);
    for (int i = 0; i < N; i++) {
        sprintf(name, "m%d.rs", i);
        sprintf(text, "use crate::m%d::f as g;\npub fn f() {}\n", (i + 1) % N);
        write_file(&fixture, name, text);
        sprintf(all + strlen(all), "mod m%d;\n", i);
    }
    write_file(&fixture, "lib.rs", all);
    open_index(&fixture);
    for (int i = 0; i < N; i += 7) {
        sprintf(name, "m%d.rs", i);
        assert_true(is_counted(&fixture, name, 2)); /* the one before, and lib.rs */
    }
    end(&fixture);
}

static void settling_removes_what_nobody_told_of(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    write_file(&fixture, "lib.rs", "mod a;\n");
    write_file(&fixture, "a.rs", "");
    open_index(&fixture);
    tell_one(&fixture, "lib.rs", false);
    remove_file(&fixture, "a.rs");
    assert_int_equal(rsl_live_index_settle(fixture.live, 1), 0);
    assert_int_equal(ask(&fixture, "SELECT count(*) FROM files"), 1);
    assert_int_equal(ask(&fixture, "SELECT count(*) FROM deps"), 0);
    assert_int_equal(ask(&fixture, "SELECT stamp FROM manifests"), 1);
    write_file(&fixture, "a.rs", "");
    tell_one(&fixture, "a.rs", true);
    assert_int_equal(rsl_live_index_settle(fixture.live, 1), 0); /* and no more */
    assert_int_equal(ask(&fixture, "SELECT count(*) FROM files"), 2);
    assert_int_equal(ask(&fixture, "SELECT count(*) FROM deps"), 1);
    end(&fixture);
}

/* The graph is made by reading all files; one of them is just another than it was, and than it will
 * be when somebody tells of it. */
static void a_graph_made_while_files_change_is_set_right(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    write_file(&fixture, "lib.rs", "mod a;\nmod b;\nmod c;\n");
    write_file(&fixture, "a.rs", "use crate::b::f;\n");
    write_file(&fixture, "b.rs", "pub fn f() {}\n");
    open_index(&fixture);
    assert_int_equal(ask(&fixture, USES_OF_B), 1);
    write_file(&fixture, "a.rs", "");
    write_file(&fixture, "c.rs", "");
    tell_one(&fixture, "c.rs", true); /* comes: all are read */
    assert_int_equal(ask(&fixture, USES_OF_B), 0);
    write_file(&fixture, "a.rs", "use crate::b::f;\n");
    tell_one(&fixture, "a.rs", false); /* what the database has */
    assert_int_equal(ask(&fixture, USES_OF_B), 1);
    remove_file(&fixture, "a.rs"); /* the same with a file that is gone meanwhile */
    remove_file(&fixture, "c.rs");
    tell_one(&fixture, "c.rs", true);
    assert_int_equal(ask(&fixture, USES_OF_B), 0);
    write_file(&fixture, "a.rs", "use crate::b::f;\n");
    tell_one(&fixture, "a.rs", false);
    assert_int_equal(ask(&fixture, USES_OF_B), 1);
    end(&fixture);
}

static void a_file_that_becomes_unreadable_and_readable_again(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    write_file(&fixture, "lib.rs", "mod a;\nmod b;\n");
    write_file(&fixture, "a.rs", "use crate::b::f;\n");
    write_file(&fixture, "b.rs", "pub fn f() {}\n");
    open_index(&fixture);
    struct rsl_live_batch batch = {.changes = rsl_live_change_create("a.rs")};
    assert_non_null(batch.changes);
    batch.changes->row.is_gone = false;
    rsl_index_row_set_unreadable(&batch.changes->row, EACCES);
    assert_int_equal(rsl_live_index_write(fixture.live, &batch), 0);
    live_forget_changes(&batch);
    assert_int_equal(ask(&fixture, "SELECT count(*) FROM files WHERE status = 'io-error'"), 1);
    assert_int_equal(ask(&fixture, "SELECT count(*) FROM packed_items WHERE length(block) > 0"), 2);
    tell_one(&fixture, "a.rs", true);
    assert_int_equal(ask(&fixture, "SELECT count(*) FROM files WHERE status = 'io-error'"), 0);
    assert_int_equal(ask(&fixture, USES_OF_B), 1);
    end(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bodies_leave_the_graph_alone_and_interfaces_do_not),
        cmocka_unit_test(dependents_are_counted_each_once),
        cmocka_unit_test(many_dependents_are_counted),
        cmocka_unit_test(settling_removes_what_nobody_told_of),
        cmocka_unit_test(a_graph_made_while_files_change_is_set_right),
        cmocka_unit_test(a_file_that_becomes_unreadable_and_readable_again),
    };
    return cmocka_run_group_tests_name("tools_index_live", tests, NULL, NULL);
}
