/* `rustle index` on a full disk and with I/O errors, at every call that may fail: it says so, and
 * what is there is a sound database, of before or of after, or none. */
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "index/store.h"
#include "tests/faulty_vfs.h"
#include "tools/index_run.h"

enum { NFILES = 40 };

static char folder[] = "/tmp/rustle-faults-XXXXXX";
static char root[64], db_path[64];

/* Writes all sources; `version` shows in every third. */
static void write_tree(int version)
{
    for (int i = 0; i < NFILES; i++) {
        char path[96];
        snprintf(path, sizeof path, "%s/f%d.rs", root, i);
        FILE *file = fopen(path, "w");
        assert_non_null(file);
        fprintf(file, "pub fn name_%d_%d() {}\nstruct S { a: u8 }\n", i, i % 3 ? 0 : version);
        for (int k = 0; k < 200; k++)
            fprintf(file, "mod m%d { fn f%d_%d() {} }\n", k, i, k);
        fclose(file);
    }
}

static void remove_database(void)
{
    static const char *const suffixes[] = {"",     "-wal",     "-shm",    "-journal",
                                           ".new", ".new-wal", ".new-shm"};
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        char path[96];
        snprintf(path, sizeof path, "%s%s", db_path, suffixes[i]);
        unlink(path);
    }
}

static int run(const char *vfs)
{
    const struct rsl_index_options options = {
        .root = root, .db_path = db_path, .vfs = vfs, .nthreads = 2, .quiet = true};
    struct rsl_index_totals totals;
    return rsl_index_run(&options, &totals);
}

/* A number for all that a database says, 0 if there is none. It must be sound. */
static uint64_t state_of_database(void)
{
    enum rsl_store_state state;
    struct rsl_store *store = rsl_store_open(db_path, RSL_STORE_READ, NULL, &state);
    uint64_t sum = 0;
    assert_non_null(store);
    if (state == RSL_STORE_MISSING) {
        rsl_store_close(store);
        return 0;
    }
    assert_int_equal(state, RSL_STORE_READY);
    static const char *const questions[] = {
        "PRAGMA quick_check", "SELECT path, hash, items FROM files ORDER BY path",
        "SELECT path, block FROM packed_items JOIN files USING(file_id) ORDER BY path",
        "SELECT path, segment FROM name_changes JOIN files USING(file_id) ORDER BY path",
        "SELECT segment FROM name_segments ORDER BY first"};
    for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) {
        sqlite3_stmt *select;
        assert_int_equal(
            sqlite3_prepare_v2(rsl_store_connection(store), questions[i], -1, &select, NULL),
            SQLITE_OK);
        int code;
        while ((code = sqlite3_step(select)) == SQLITE_ROW) {
            for (int column = 0; column < sqlite3_column_count(select); column++) {
                const uint8_t *bytes = sqlite3_column_blob(select, column);
                const int n = sqlite3_column_bytes(select, column);
                if (i == 0)
                    assert_string_equal((const char *)bytes, "ok");
                for (int k = 0; k < n; k++)
                    sum = (sum ^ bytes[k]) * UINT64_C(0x100000001b3) + 1;
            }
        }
        assert_int_equal(code, SQLITE_DONE);
        sqlite3_finalize(select);
    }
    rsl_store_close(store);
    return sum;
}

static void prepare_faults(int fail_at, int nfailing, int code)
{
    faults = (struct faults){.fail_at = fail_at, .nfailing = nfailing, .code = code};
}

static void no_faults(void)
{
    prepare_faults(INT_MAX, 0, SQLITE_OK);
}

/* Runs with the k-th call failing, for every k, from what `before` makes. Returns how many failed.
 */
static int fail_everywhere(void (*before)(void), uint64_t old, uint64_t new, int nfailing, int code)
{
    int nfailures = 0;
    for (int k = 0;; k++) {
        no_faults();
        before();
        prepare_faults(k, nfailing, code);
        const int result = run("faulty");
        const bool came = faults.nfailed > 0;
        no_faults();
        const uint64_t state = state_of_database();
        assert_true(state == old || state == new);
        if (result == 0)
            assert_true(state == new);
        nfailures += result != 0;
        assert_int_equal(run(NULL), 0);
        assert_true(state_of_database() == new);
        if (!came)
            return nfailures;
    }
}

static void start_from_nothing(void)
{
    remove_database();
}

static void start_from_old(void)
{
    remove_database();
    write_tree(1);
    assert_int_equal(run(NULL), 0);
    write_tree(2);
}

static void a_new_database_is_whole_or_not_there(void **state)
{
    (void)state;
    write_tree(1);
    start_from_nothing();
    assert_int_equal(run(NULL), 0);
    const uint64_t new = state_of_database();
    assert_true(new != 0);
    assert_true(fail_everywhere(start_from_nothing, 0, new, 1, SQLITE_IOERR_WRITE) > 20);
    assert_true(fail_everywhere(start_from_nothing, 0, new, INT_MAX, SQLITE_FULL) > 20);
}

static void a_changed_database_is_that_of_before_or_of_after(void **state)
{
    (void)state;
    start_from_old();
    const uint64_t old = state_of_database();
    assert_int_equal(run(NULL), 0);
    const uint64_t new = state_of_database();
    assert_true(old != new);
    assert_true(fail_everywhere(start_from_old, old, new, 1, SQLITE_IOERR_WRITE) > 10);
    assert_true(fail_everywhere(start_from_old, old, new, INT_MAX, SQLITE_FULL) > 10);
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static bool is_there(const char *suffix)
{
    char path[96];
    snprintf(path, sizeof path, "%s%s", db_path, suffix);
    return access(path, F_OK) == 0;
}

/* How many files have been set aside so far. */
static int count_aside(void)
{
    for (int n = 0;; n++) {
        char suffix[32];
        snprintf(suffix, sizeof suffix, ".aside-%d", n + 1);
        if (!is_there(suffix))
            return n;
    }
}

static void what_is_no_database_is_set_aside(void **state)
{
    (void)state;
    start_from_nothing();
    write_tree(1);
    assert_int_equal(run(NULL), 0);
    const uint64_t new = state_of_database();
    remove_database();
    write_file(db_path, "this is somebody's text, and not a database at all, whatever its name\n");
    assert_int_equal(run(NULL), 0);
    assert_true(is_there(".aside-1"));
    assert_true(state_of_database() == new);
    remove_database();
    sqlite3 *other;
    assert_int_equal(sqlite3_open(db_path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "CREATE TABLE mine(x)", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(other);
    assert_int_equal(run(NULL), 0);
    assert_true(is_there(".aside-2"));
    assert_true(state_of_database() == new);
}

static void an_older_schema_is_made_anew(void **state)
{
    (void)state;
    start_from_nothing();
    write_tree(1);
    assert_int_equal(run(NULL), 0);
    const uint64_t new = state_of_database();
    sqlite3 *db;
    assert_int_equal(sqlite3_open(db_path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "PRAGMA user_version=0", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    assert_int_equal(run(NULL), 0);
    assert_true(state_of_database() == new);
}

static void damage_is_set_aside_or_does_no_harm(void **state)
{
    (void)state;
    uint64_t random = 5;
    write_tree(1);
    start_from_nothing();
    assert_int_equal(run(NULL), 0);
    const uint64_t new = state_of_database();
    const int naside = count_aside();
    for (int i = 0; i < 60; i++) {
        FILE *file = fopen(db_path, "r+b");
        assert_non_null(file);
        fseek(file, 0, SEEK_END);
        const long size = ftell(file);
        random = random * 6364136223846793005u + 1442695040888963407u;
        /* The head of a page, or anything. */
        long at = (long)((random >> 33) % (uint64_t)size);
        if (i % 2 == 0)
            at -= at % 16384;
        fseek(file, at, SEEK_SET);
        for (int k = 0; k < 64; k++)
            fputc((int)(random >> (k % 8 * 8)) & 0xFF, file);
        fclose(file);
        write_tree(i + 2); /* something to write */
        const int result = run(NULL);
        assert_true(result == 0);
        remove_database();
        write_tree(1);
        assert_int_equal(run(NULL), 0);
        assert_true(state_of_database() == new);
    }
    assert_true(count_aside() > naside + 10);
}

static int set_up(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(root, sizeof root, "%s/tree", folder);
    snprintf(db_path, sizeof db_path, "%s/index.db", folder);
    register_faulty_vfs();
    /* What is told is not looked at here. */
    return mkdir(root, 0777) == 0 && freopen("/dev/null", "w", stderr) != NULL ? 0 : -1;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *where)
{
    (void)st;
    (void)type;
    (void)where;
    return remove(path);
}

static int tear_down(void **state)
{
    (void)state;
    return nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_database_is_whole_or_not_there),
        cmocka_unit_test(a_changed_database_is_that_of_before_or_of_after),
        cmocka_unit_test(what_is_no_database_is_set_aside),
        cmocka_unit_test(an_older_schema_is_made_anew),
        cmocka_unit_test(damage_is_set_aside_or_does_no_harm),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
