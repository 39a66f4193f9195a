/* sched/walk.h: what is found, what is passed over, what is reported, in which order; by the
 * calling thread and by pools. diff_ignore.py compares ignore rules with git. */
#include "sched/walk.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "ds/atomic.h"
#include "sched/pool.h"
#include "tests/counting_allocator.h"

/* ---- a tree to walk, which is the working folder of each test */

static char top[] = "/tmp/test_sched_walk.XXXXXX";

static int begin_tree(void **state)
{
    (void)state;
    memcpy(strrchr(top, '.'), ".XXXXXX", 7);
    return mkdtemp(top) == NULL || chdir(top) != 0;
}

static int end_tree(void **state)
{
    (void)state;
    if (chdir("/") != 0)
        return 1;
    /* rm goes as deep as these trees do. */
    const pid_t child = fork();
    if (child == 0) {
        execlp("rm", "rm", "-rf", "--", top, (char *)NULL);
        _exit(127);
    }
    int status = 1;
    return child < 0 || waitpid(child, &status, 0) != child || status != 0;
}

/* Makes the file, and the folders that it needs. */
static void put(const char *path, const char *text)
{
    char folder[PATH_MAX];
    for (const char *slash = strchr(path, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        memcpy(folder, path, (size_t)(slash - path));
        folder[slash - path] = 0;
        if (folder[0] != 0)
            mkdir(folder, 0755);
    }
    if (path[strlen(path) - 1] == '/')
        return;
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

#define PUT(...)                                                       \
    do {                                                               \
        static const char *const paths[] = {__VA_ARGS__};              \
        for (size_t i_ = 0; i_ < sizeof paths / sizeof paths[0]; i_++) \
            put(paths[i_], "");                                        \
    } while (0)

/* ---- walking, and what came of it */

struct result {
    pthread_mutex_t lock;
    char *files; /* each with a newline behind it */
    size_t nbytes, nfiles;
    char reports[4096];
    bool bad_batch;
    size_t nworkers;  /* that emit may name */
    size_t end_after; /* files, if not 0 */
    uint64_t size_sum, nwith_size, nwith_inode;
};

static bool emit(void *context, unsigned worker, const struct rsl_walk_file *files, size_t nfiles)
{
    struct result *result = context;
    pthread_mutex_lock(&result->lock);
    result->bad_batch |= nfiles == 0 || worker >= result->nworkers;
    for (size_t i = 0; i < nfiles; i++) {
        const size_t n = files[i].path_nbytes;
        result->bad_batch |= strlen(files[i].path) != n;
        result->files = realloc(result->files, result->nbytes + n + 2);
        if (result->files == NULL)
            abort();
        memcpy(result->files + result->nbytes, files[i].path, n);
        memcpy(result->files + result->nbytes + n, "\n", 2);
        result->nbytes += n + 1;
        result->nfiles++;
        result->nwith_inode += files[i].inode != 0;
        if (files[i].nbytes >= 0) {
            result->nwith_size++;
            result->size_sum += (uint64_t)files[i].nbytes;
        }
    }
    const bool go_on = result->end_after == 0 || result->nfiles < result->end_after;
    pthread_mutex_unlock(&result->lock);
    return go_on;
}

static void report(void *context, const char *path, int error)
{
    struct result *result = context;
    pthread_mutex_lock(&result->lock);
    const size_t n = strlen(result->reports);
    snprintf(result->reports + n, sizeof result->reports - n, "%.200s: %s\n", path,
             strerrorname_np(error));
    pthread_mutex_unlock(&result->lock);
}

static void fini_result(struct result *result)
{
    free(result->files);
    *result = (struct result){0};
}

static enum rsl_status walk(struct result *result, const char *const *roots, size_t nroots,
                            const struct rsl_walk_options *options)
{
    const size_t end_after = result->end_after;
    struct rsl_walk_options own = *options;
    own.emit = emit;
    own.report = report;
    own.context = result;
    *result = (struct result){
        .lock = PTHREAD_MUTEX_INITIALIZER,
        .end_after = end_after,
        .nworkers = own.pool != NULL ? rsl_pool_nworkers(own.pool) : 1,
    };
    const enum rsl_status status = rsl_walk_run(roots, nroots, &own);
    assert_false(result->bad_batch);
    return status;
}

static int compare_lines(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The lines of the text, sorted, in a new block. */
static char *sorted_lines(const char *text)
{
    char *own = strdup(text);
    char *sorted = calloc(1, strlen(text) + 1);
    const char **lines = calloc(strlen(text) + 1, sizeof *lines);
    assert_non_null(own);
    assert_non_null(sorted);
    assert_non_null(lines);
    size_t n = 0;
    char *save = NULL;
    for (char *line = strtok_r(own, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save))
        lines[n++] = line;
    qsort(lines, n, sizeof *lines, compare_lines);
    for (size_t i = 0; i < n; i++)
        strcat(strcat(sorted, lines[i]), "\n");
    free(lines);
    free(own);
    return sorted;
}

/* Walks in every way: the calling thread and pools, sorted and not. Files and reports are lines,
 * files in the order of their bytes. */
static void expect(const char *const *roots, size_t nroots, const struct rsl_walk_options *options,
                   const char *files, const char *reports)
{
    static const size_t nthreads[] = {0, 1, 3};
    for (size_t i = 0; i < 6; i++) {
        struct rsl_walk_options own = *options;
        const struct rsl_pool_options pool = {.nworkers = nthreads[i / 2]};
        own.sorted = i % 2;
        if (pool.nworkers > 0)
            assert_int_equal(rsl_pool_create(&pool, &own.pool), RSL_OK);
        struct result result = {0};
        assert_int_equal(walk(&result, roots, nroots, &own), RSL_OK);
        char *found = own.sorted ? strdup(result.files != NULL ? result.files : "")
                                 : sorted_lines(result.files != NULL ? result.files : "");
        char *reported = sorted_lines(result.reports);
        assert_non_null(found);
        assert_string_equal(found, files);
        assert_string_equal(reported, reports);
        free(found);
        free(reported);
        fini_result(&result);
        rsl_pool_destroy(own.pool);
    }
}

#define ROOTS(...) ((const char *const[]){__VA_ARGS__})
#define EXPECT(roots, options, files, reports) \
    expect(roots, sizeof(roots) / sizeof((roots)[0]), options, files, reports)
#define OPTIONS(...) (&(struct rsl_walk_options){__VA_ARGS__})

/* ---- tests */

static void files_with_the_suffix_are_found(void **state)
{
    (void)state;
    PUT("a.rs", "b/c.rs", "b/d/e.rs", "b/d/f.c", "b/rs", "b/.rs.d/", "g.rs/h", "g.rs/i.rs", "x/");
    EXPECT(ROOTS("."), OPTIONS(.suffix = ".rs"), "./a.rs\n./b/c.rs\n./b/d/e.rs\n./g.rs/i.rs\n", "");
    EXPECT(ROOTS("b"), OPTIONS(.suffix = ".rs"), "b/c.rs\nb/d/e.rs\n", "");
    EXPECT(ROOTS("b/"), OPTIONS(.suffix = ".rs"), "b/c.rs\nb/d/e.rs\n", "");
    EXPECT(ROOTS("b"), OPTIONS(0), "b/c.rs\nb/d/e.rs\nb/d/f.c\nb/rs\n", "");
    EXPECT(ROOTS("x"), OPTIONS(0), "", "");
    static const char *const more[] = {"s.d", ".c", "a-rather-long-suffix", NULL};
    EXPECT(ROOTS("b"), OPTIONS(.suffix = ".rs", .more_suffixes = more),
           "b/c.rs\nb/d/e.rs\nb/d/f.c\n", "");
    EXPECT(ROOTS("b"), OPTIONS(.suffix = ".none", .more_suffixes = more), "b/d/f.c\n", "");
    struct result result = {0};
    assert_int_equal(walk(&result, NULL, 0, OPTIONS(.sorted = true)), RSL_OK);
    assert_int_equal(result.nfiles, 0);
}

static void order_is_that_of_bytes_with_slashes(void **state)
{
    (void)state;
    PUT("a/b.rs", "a-b.rs", "a.rs", "a0.rs", "a/b/c.rs", "a/b-c.rs", "B.rs", "a/\xC3\xA9", "a/z");
    EXPECT(ROOTS("."), OPTIONS(0),
           "./B.rs\n./a-b.rs\n./a.rs\n./a/b-c.rs\n./a/b.rs\n./a/b/c.rs\n./a/z\n./a/\xC3\xA9\n"
           "./a0.rs\n",
           "");
}

static void roots_are_merged_and_each_path_comes_once_when_sorted(void **state)
{
    (void)state;
    PUT("a/b.rs", "a/c/d.rs", "e.rs", "f/g.rs", "a0");
    const char *const roots[] = {"f", "a", "e.rs", "a/c", "a0", "a/b.rs", "f/", "missing", "a"};
    struct result result = {0};
    assert_int_equal(walk(&result, roots, 9, OPTIONS(.sorted = true)), RSL_OK);
    assert_string_equal(result.files, "a/b.rs\na/c/d.rs\na0\ne.rs\nf/g.rs\n");
    assert_string_equal(result.reports, "missing: ENOENT\n");
    fini_result(&result);
    assert_int_equal(walk(&result, roots, 9, OPTIONS(0)), RSL_OK);
    assert_int_equal(result.nfiles, 2 + 4 + 1 + 1 + 1 + 1);
    fini_result(&result);
}

static void a_root_is_never_excluded(void **state)
{
    (void)state;
    put(".ignore", "*\n");
    PUT("x.txt", ".hid/.y.rs", ".hid/z.rs");
    assert_int_equal(symlink("x.txt", "link"), 0);
    assert_int_equal(symlink(".hid", "folder"), 0);
    EXPECT(ROOTS("x.txt"), OPTIONS(.suffix = ".rs", .limit_nbytes = true), "x.txt\n", "");
    EXPECT(ROOTS("link"), OPTIONS(.suffix = ".rs"), "link\n", "");
    EXPECT(ROOTS(".hid"), OPTIONS(.no_ignore = true), ".hid/z.rs\n", "");
    EXPECT(ROOTS("folder"), OPTIONS(.no_ignore = true), "folder/z.rs\n", "");
    EXPECT(ROOTS(".hid"), OPTIONS(0), "", ""); /* what is in it is excluded */
}

static void hidden_files_and_links_are_passed_over(void **state)
{
    (void)state;
    PUT("a.rs", ".b.rs", ".c/d.rs", "e/.f.rs", "..g.rs");
    assert_int_equal(symlink("a.rs", "h.rs"), 0);
    assert_int_equal(symlink("e", "i"), 0);
    assert_int_equal(mkfifo("j.rs", 0600), 0);
    EXPECT(ROOTS("."), OPTIONS(0), "./a.rs\n", "");
    EXPECT(ROOTS("."), OPTIONS(.hidden = true), "./..g.rs\n./.b.rs\n./.c/d.rs\n./a.rs\n./e/.f.rs\n",
           "");
}

static void a_name_is_wanted_besides_the_suffix(void **state)
{
    (void)state;
    PUT("a.rs", "Cargo.toml", "b/Cargo.toml", "b/xCargo.toml", "b/Cargo.tom", "c/Cargo.toml.rs",
        "d/e.txt");
    EXPECT(ROOTS("."), OPTIONS(.suffix = ".rs", .name = "Cargo.toml"),
           "./Cargo.toml\n./a.rs\n./b/Cargo.toml\n./c/Cargo.toml.rs\n", "");
    EXPECT(ROOTS("."), OPTIONS(.name = "Cargo.toml", .limit_nbytes = true, .max_nbytes = 100),
           "./Cargo.toml\n./a.rs\n./b/Cargo.tom\n./b/Cargo.toml\n./b/xCargo.toml\n"
           "./c/Cargo.toml.rs\n./d/e.txt\n",
           "");
}

static void links_are_followed_but_not_in_circles(void **state)
{
    (void)state;
    PUT("a/b/c.rs", "d.rs");
    assert_int_equal(symlink("..", "a/b/up"), 0);
    assert_int_equal(symlink(".", "a/b/self"), 0);
    assert_int_equal(symlink("../a/b", "a/side"), 0); /* no circle: b is met on two ways */
    assert_int_equal(symlink("d.rs", "e.rs"), 0);
    assert_int_equal(symlink("nowhere", "f.rs"), 0);
    assert_int_equal(symlink("g", "g"), 0);
    EXPECT(ROOTS("."), OPTIONS(.follow = true), "./a/b/c.rs\n./a/side/c.rs\n./d.rs\n./e.rs\n",
           "./a/b/self: ELOOP\n./a/b/up: ELOOP\n./a/side/self: ELOOP\n./a/side/up: ELOOP\n"
           "./f.rs: ENOENT\n./g: ELOOP\n");
}

static void a_size_limit_is_inclusive(void **state)
{
    (void)state;
    put("a.rs", "12345");
    put("b.rs", "123456");
    put("c.rs", "");
    EXPECT(ROOTS("."), OPTIONS(.limit_nbytes = true, .max_nbytes = 5), "./a.rs\n./c.rs\n", "");
    EXPECT(ROOTS("."), OPTIONS(.limit_nbytes = true), "./c.rs\n", "");
    EXPECT(ROOTS("b.rs"), OPTIONS(.limit_nbytes = true), "b.rs\n", "");
    struct result result = {0};
    assert_int_equal(walk(&result, ROOTS("."), 1, OPTIONS(.limit_nbytes = true, .max_nbytes = 100)),
                     RSL_OK);
    assert_int_equal(result.nwith_size, 3);
    assert_int_equal(result.size_sum, 11);
    assert_int_equal(result.nwith_inode, 3);
    fini_result(&result);
}

static void what_cannot_be_read_is_reported_once(void **state)
{
    (void)state;
    PUT("a/b.rs", "c/d.rs", "e.rs");
    put(".ignore", "x\n");
    assert_int_equal(chmod("a", 0), 0);
    assert_int_equal(chmod(".ignore", 0), 0);
    if (geteuid() == 0) { /* to whom nothing is closed */
        EXPECT(ROOTS(".", "none"), OPTIONS(0), "./a/b.rs\n./c/d.rs\n./e.rs\n", "none: ENOENT\n");
    } else {
        EXPECT(ROOTS(".", "none"), OPTIONS(0), "./c/d.rs\n./e.rs\n",
               "./.ignore: EACCES\n./a: EACCES\nnone: ENOENT\n");
    }
    chmod("a", 0755);
    EXPECT(ROOTS("e.rs/x", ""), OPTIONS(0), "", ": ENOENT\ne.rs/x: ENOTDIR\n");
}

static void gitignore_counts_in_a_repository_only(void **state)
{
    (void)state;
    put("out/.gitignore", "*.o\n");
    put("out/in/.gitignore", "/a.c\n");
    put("out/in/.git/info/exclude", "b.c\n/top\n");
    put("out/in/sub/.gitignore", "!a.o\nc.c\n");
    put("out/in/sub/nested/.gitignore", "!nothing\n");
    PUT("out/a.o", "out/in/a.o", "out/in/a.c", "out/in/b.c", "out/in/top", "out/in/sub/a.o",
        "out/in/sub/top", "out/in/sub/c.c", "out/in/sub/nested/.git/", "out/in/sub/nested/c.c",
        "out/in/sub/nested/b.c", "out/in/sub/nested/g");
    put("excludes", "g\n");
    /* The .gitignore of `out` is in no repository, and that of `in` ends at `nested`. */
    EXPECT(ROOTS("out"), OPTIONS(.excludes_path = "excludes"),
           "out/a.o\nout/in/a.o\nout/in/sub/a.o\nout/in/sub/nested/b.c\nout/in/sub/nested/c.c\n"
           "out/in/sub/top\n",
           "");
    EXPECT(ROOTS("out/in/sub/"), OPTIONS(0),
           "out/in/sub/a.o\nout/in/sub/nested/b.c\nout/in/sub/nested/c.c\n"
           "out/in/sub/nested/g\nout/in/sub/top\n",
           "");
    EXPECT(ROOTS("out/in"), OPTIONS(.no_ignore = true, .excludes_path = "excludes"),
           "out/in/a.c\nout/in/a.o\nout/in/b.c\nout/in/sub/a.o\nout/in/sub/c.c\n"
           "out/in/sub/nested/b.c\nout/in/sub/nested/c.c\nout/in/sub/nested/g\nout/in/sub/top\n"
           "out/in/top\n",
           "");
}

static void linked_work_trees_share_the_excludes_of_the_repository(void **state)
{
    (void)state;
    put("main/.git/info/exclude", "x.rs\n");
    put("main/.git/worktrees/tree/commondir", "../..\n");
    put("tree/.git", "gitdir: ../main/.git/worktrees/tree\n");
    put("module/.git", "gitdir: ../main/.git\r\n");
    put("broken/.git", "gitdir: nowhere\n");
    put("broken/.gitignore", "y.rs\n");
    PUT("tree/x.rs", "tree/y.rs", "module/x.rs", "module/y.rs", "broken/x.rs", "broken/y.rs");
    EXPECT(ROOTS("."), OPTIONS(.suffix = ".rs"), "./broken/x.rs\n./module/y.rs\n./tree/y.rs\n", "");
}

static void dot_ignore_counts_everywhere_and_before_gitignore(void **state)
{
    (void)state;
    put(".ignore", "*.a\n!in.b\n");
    put("r/.git/info/exclude", "*.d\n");
    put("r/.gitignore", "*.b\n*.c\n");
    put("r/s/.gitignore", "!x.a\n");
    put("r/s/.ignore", "!keep.a\n");
    PUT("x.a", "x.b", "r/x.a", "r/x.b", "r/in.b", "r/s/keep.a", "r/s/x.a", "r/s/x.c", "r/s/x.d");
    EXPECT(ROOTS("."), OPTIONS(0), "./r/in.b\n./r/s/keep.a\n./x.b\n", "");
    EXPECT(ROOTS("r/s"), OPTIONS(0), "r/s/keep.a\n", "");
}

static void rules_above_a_root_count_for_what_is_below(void **state)
{
    (void)state;
    put("r/.git/HEAD", "");
    put("r/.gitignore", "/a/b/*.rs\n!/a/b/keep.rs\n/a/b/c/\n");
    PUT("r/a/b/x.rs", "r/a/b/keep.rs", "r/a/b/c/y.rs", "r/a/b/d/x.rs");
    EXPECT(ROOTS("r/a/b"), OPTIONS(0), "r/a/b/d/x.rs\nr/a/b/keep.rs\n", "");
    EXPECT(ROOTS("r/a/b/c"), OPTIONS(0), "r/a/b/c/y.rs\n", "");
    assert_int_equal(chdir("r/a/b"), 0);
    EXPECT(ROOTS("."), OPTIONS(0), "./d/x.rs\n./keep.rs\n", "");
    EXPECT(ROOTS(".."), OPTIONS(0), "../b/d/x.rs\n../b/keep.rs\n", "");
    assert_int_equal(chdir(top), 0);
    assert_int_equal(symlink("r/a/b", "link"), 0);
    EXPECT(ROOTS("link"), OPTIONS(0), "link/d/x.rs\nlink/keep.rs\n", "");
}

static void ignore_files_that_are_no_files_do_not_count(void **state)
{
    (void)state;
    PUT("a/.git/", "a/x", "b/.gitignore/", "b/.ignore/y", "b/.git/", "b/x", "c/.git/", "c/x");
    put("rules", "x\n");
    assert_int_equal(symlink("../rules", "a/.gitignore"), 0); /* git does not follow */
    assert_int_equal(mkfifo("c/.ignore", 0600), 0);
    assert_int_equal(mkdir("d", 0755), 0);
    put("d/x", "");
    assert_int_equal(symlink("../rules", "d/.ignore"), 0);
    EXPECT(ROOTS("a", "b", "c", "d"), OPTIONS(0), "a/x\nb/x\nc/x\n", "");
}

static void hidden_files_that_a_rule_includes_are_found(void **state)
{
    (void)state;
    put(".ignore", "!.keep\n");
    PUT(".keep/a.rs", ".keep/.b.rs", ".drop/a.rs", "x/.keep");
    EXPECT(ROOTS("."), OPTIONS(0), "./.keep/a.rs\n./x/.keep\n", "");
}

static void globs_come_before_rules(void **state)
{
    (void)state;
    put(".ignore", "b.rs\n/skip/\n");
    PUT("a.rs", "b.rs", "c.c", "s/a.rs", "s/t/a.rs", "skip/a.rs", ".h.rs", ".h/a.rs");
    EXPECT(ROOTS("."), OPTIONS(.globs = ROOTS("*.rs"), .nglobs = 1),
           "./.h.rs\n./a.rs\n./b.rs\n./s/a.rs\n./s/t/a.rs\n", "");
    EXPECT(ROOTS("."), OPTIONS(.globs = ROOTS("!a.rs"), .nglobs = 1), "./c.c\n", "");
    EXPECT(ROOTS("."), OPTIONS(.globs = ROOTS("s/*.rs"), .nglobs = 1), "./s/a.rs\n", "");
    EXPECT(ROOTS("s"), OPTIONS(.globs = ROOTS("s/*.rs"), .nglobs = 1), "s/a.rs\n", "");
    EXPECT(ROOTS(".//s/"), OPTIONS(.globs = ROOTS("/s/*.rs"), .nglobs = 1), ".//s/a.rs\n", "");
    EXPECT(ROOTS("."), OPTIONS(.globs = ROOTS("!s/"), .nglobs = 1), "./a.rs\n./c.c\n", "");
    EXPECT(ROOTS("."), OPTIONS(.globs = ROOTS("*.{c,h}", "skip/**", "skip/"), .nglobs = 3),
           "./c.c\n./skip/a.rs\n", "");
    char absolute[100], found[200];
    snprintf(absolute, sizeof absolute, "%s/s", top);
    snprintf(found, sizeof found, "%s/a.rs\n", absolute);
    const char *const roots[] = {absolute};
    EXPECT(roots, OPTIONS(.globs = ROOTS("s/*.rs"), .nglobs = 1), found, "");
}

static void malformed_globs_are_refused(void **state)
{
    (void)state;
    struct result result = {0};
    put("a", "");
    assert_int_equal(walk(&result, ROOTS("."), 1, OPTIONS(.globs = ROOTS("[a"), .nglobs = 1)),
                     RSL_EINVAL);
    assert_int_equal(result.nfiles, 0);
    assert_int_equal(rsl_walk_check_glob("{a", NULL), RSL_EINVAL);
    assert_int_equal(rsl_walk_check_glob("{a,b}", NULL), RSL_OK);
}

/* Two hundred names of two hundred bytes, one in the other: ten times PATH_MAX. */
static void paths_may_be_longer_than_the_system_allows(void **state)
{
    (void)state;
    enum { DEPTH = 200, NAME = 200 };
    char name[NAME + 1];
    memset(name, 'n', NAME);
    name[NAME] = 0;
    for (int i = 0; i < DEPTH; i++) {
        assert_int_equal(mkdir(name, 0755), 0);
        assert_int_equal(chdir(name), 0);
        if (i == DEPTH / 2)
            put(".ignore", "no*\n");
    }
    put("a.rs", "12");
    put("no.rs", "12");
    assert_int_equal(chdir(top), 0);
    for (int sorted = 0; sorted < 2; sorted++) {
        struct result result = {0};
        assert_int_equal(walk(&result, ROOTS("."), 1,
                              OPTIONS(.sorted = sorted, .limit_nbytes = true, .max_nbytes = 2)),
                         RSL_OK);
        assert_string_equal(result.reports, "");
        assert_int_equal(result.nfiles, 1);
        assert_int_equal(result.size_sum, 2);
        assert_int_equal(result.nbytes, 1 + DEPTH * (NAME + 1) + strlen("/a.rs\n"));
        /* And such a path as a root. */
        char *root = strdup(result.files);
        assert_non_null(root);
        *strrchr(root, '/') = 0;
        fini_result(&result);
        assert_int_equal(walk(&result, ROOTS(root), 1, OPTIONS(.sorted = sorted)), RSL_OK);
        assert_string_equal(result.reports, "");
        assert_int_equal(result.nfiles, 2);
        free(root);
        fini_result(&result);
    }
}

/* More than the buffer for a folder's entries holds; the ignore file may come last. */
static void large_folders_are_read_in_parts(void **state)
{
    (void)state;
    enum { N = 6000 };
    char path[100];
    mkdir("large", 0755);
    for (int i = 0; i < N; i++) {
        snprintf(path, sizeof path, "large/a_rather_long_name_for_a_file_%d.%s", i,
                 i % 3 == 0 ? "no" : "rs");
        put(path, "");
    }
    put("large/.ignore", "*.no\n");
    struct result result = {0};
    for (int sorted = 0; sorted < 2; sorted++) {
        assert_int_equal(walk(&result, ROOTS("large"), 1, OPTIONS(.sorted = sorted)), RSL_OK);
        assert_int_equal(result.nfiles, N - N / 3);
        char *lines = sorted_lines(result.files);
        if (sorted)
            assert_string_equal(result.files, lines);
        free(lines);
        fini_result(&result);
    }
}

static void put_many(int nfolders, int nfiles)
{
    char path[100];
    for (int i = 0; i < nfolders; i++) {
        for (int k = 0; k < nfiles; k++) {
            snprintf(path, sizeof path, "f%d/g%d/h%d/%d.rs", i % 7, i % 5, i, k);
            put(path, "");
        }
    }
}

static void emit_can_end_the_walk(void **state)
{
    (void)state;
    put_many(60, 20);
    struct rsl_pool *pool = NULL;
    assert_int_equal(rsl_pool_create(&(struct rsl_pool_options){.nworkers = 3}, &pool), RSL_OK);
    for (int i = 0; i < 4; i++) {
        struct result result = {.end_after = 100};
        assert_int_equal(
            walk(&result, ROOTS("."), 1, OPTIONS(.sorted = i % 2, .pool = i < 2 ? pool : NULL)),
            RSL_OK);
        assert_true(result.nfiles >= 100);
        assert_true(result.nfiles <= 100 + 4 * 64); /* a batch of each worker may be on its way */
        fini_result(&result);
    }
    /* The pool is as good as before. */
    struct result result = {0};
    assert_int_equal(walk(&result, ROOTS("."), 1, OPTIONS(.pool = pool)), RSL_OK);
    assert_int_equal(result.nfiles, 60 * 20);
    fini_result(&result);
    rsl_pool_shutdown(pool);
    assert_int_equal(walk(&result, ROOTS("."), 1, OPTIONS(.pool = pool)), RSL_ECLOSED);
    assert_int_equal(result.nfiles, 0);
    rsl_pool_destroy(pool);
}

static bool cancel_pool(void *context, unsigned worker, const struct rsl_walk_file *files,
                        size_t nfiles)
{
    (void)worker;
    (void)files;
    (void)nfiles;
    rsl_pool_cancel(*(struct rsl_pool **)context);
    return true;
}

static void a_cancelled_pool_ends_the_walk(void **state)
{
    (void)state;
    put_many(60, 20);
    struct rsl_pool *pool = NULL;
    struct counting_allocator counting;
    assert_int_equal(rsl_pool_create(&(struct rsl_pool_options){.nworkers = 1}, &pool), RSL_OK);
    counting_init(&counting, SIZE_MAX);
    const struct rsl_walk_options options = {.pool = pool,
                                             .allocator = &counting.allocator,
                                             .emit = cancel_pool,
                                             .report = report,
                                             .context = &pool};
    assert_int_equal(rsl_walk_run(ROOTS("."), 1, &options), RSL_ECANCELED);
    assert_int_equal(counting.nbytes, 0);
    rsl_pool_destroy(pool);
}

static void a_walk_survives_running_out_of_memory(void **state)
{
    (void)state;
    put(".git/info/exclude", "y\n");
    put(".gitignore", "x\n");
    put("a/.ignore", "z\n");
    put("excludes", "w\n");
    PUT("a/b/c.rs", "a/b/d.rs", "e.rs", "x");
    assert_int_equal(symlink("a", "link"), 0);
    for (int way = 0; way < 2; way++) {
        for (size_t k = 0;; k++) {
            struct counting_allocator counting;
            counting_init(&counting, k);
            struct result result = {0};
            const enum rsl_status status =
                walk(&result, ROOTS(".", "a", "e.rs"), 3,
                     OPTIONS(.sorted = way, .follow = true, .allocator = &counting.allocator,
                             .excludes_path = "excludes", .globs = ROOTS("!{q,r}"), .nglobs = 1));
            const size_t nfiles = result.nfiles;
            fini_result(&result);
            assert_int_equal(counting.nbytes, 0);
            assert_false(counting.wrong);
            if (status == RSL_OK) {
                assert_true(k > 30);
                assert_int_equal(nfiles, 9);
                break;
            }
            assert_int_equal(status, RSL_ENOMEM);
            assert_true(nfiles <= 9);
        }
    }
}

static void *walk_often(void *pool)
{
    for (int i = 0; i < 20; i++) {
        struct result result = {0};
        struct rsl_walk_options options = {.pool = pool, .sorted = i % 2};
        const enum rsl_status status = walk(&result, ROOTS(".", "f1"), 2, &options);
        const bool right = status == RSL_OK && result.nfiles == 40 * 5 + 6 * 5;
        fini_result(&result);
        if (!right)
            return pool;
    }
    return NULL;
}

static void walks_may_share_a_pool(void **state)
{
    (void)state;
    put_many(40, 5);
    struct rsl_pool *pool = NULL;
    pthread_t threads[3];
    assert_int_equal(rsl_pool_create(&(struct rsl_pool_options){.nworkers = 2}, &pool), RSL_OK);
    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, walk_often, pool), 0);
    for (int i = 0; i < 3; i++) {
        void *failed = NULL;
        assert_int_equal(pthread_join(threads[i], &failed), 0);
        assert_null(failed);
    }
    rsl_pool_destroy(pool);
}

/* Folders come and go while workers read. Whatever happens, files that stay are found once. */
static void folders_that_vanish_meanwhile_do_no_harm(void **state)
{
    (void)state;
    put_many(40, 5);
    struct rsl_pool *pool = NULL;
    assert_int_equal(rsl_pool_create(&(struct rsl_pool_options){.nworkers = 3}, &pool), RSL_OK);
    const pid_t child = fork();
    if (child == 0) {
        for (unsigned i = 0;; i++) {
            char path[40];
            snprintf(path, sizeof path, "f%u/gone%u", i % 7, i % 11);
            mkdir(path, 0755);
            snprintf(path, sizeof path, "f%u/gone%u", (i + 3) % 7, (i + 5) % 11);
            rmdir(path);
        }
    }
    assert_true(child > 0);
    for (int i = 0; i < 60; i++) {
        struct result result = {0};
        assert_int_equal(walk(&result, ROOTS("."), 1, OPTIONS(.pool = pool)), RSL_OK);
        assert_int_equal(result.nfiles, 40 * 5);
        for (char *line = result.reports; *line != 0; line = strchr(line, '\n') + 1)
            assert_true(strstr(line, "gone") != NULL && strstr(line, ": ENOENT\n") != NULL);
        fini_result(&result);
    }
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, NULL, 0), child);
    rsl_pool_destroy(pool);
}

#define TREE_TEST(name) cmocka_unit_test_setup_teardown(name, begin_tree, end_tree)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TREE_TEST(files_with_the_suffix_are_found),
        TREE_TEST(order_is_that_of_bytes_with_slashes),
        TREE_TEST(roots_are_merged_and_each_path_comes_once_when_sorted),
        TREE_TEST(a_root_is_never_excluded),
        TREE_TEST(hidden_files_and_links_are_passed_over),
        TREE_TEST(a_name_is_wanted_besides_the_suffix),
        TREE_TEST(links_are_followed_but_not_in_circles),
        TREE_TEST(a_size_limit_is_inclusive),
        TREE_TEST(what_cannot_be_read_is_reported_once),
        TREE_TEST(gitignore_counts_in_a_repository_only),
        TREE_TEST(linked_work_trees_share_the_excludes_of_the_repository),
        TREE_TEST(dot_ignore_counts_everywhere_and_before_gitignore),
        TREE_TEST(rules_above_a_root_count_for_what_is_below),
        TREE_TEST(ignore_files_that_are_no_files_do_not_count),
        TREE_TEST(hidden_files_that_a_rule_includes_are_found),
        TREE_TEST(globs_come_before_rules),
        TREE_TEST(malformed_globs_are_refused),
        TREE_TEST(paths_may_be_longer_than_the_system_allows),
        TREE_TEST(large_folders_are_read_in_parts),
        TREE_TEST(emit_can_end_the_walk),
        TREE_TEST(a_cancelled_pool_ends_the_walk),
        TREE_TEST(a_walk_survives_running_out_of_memory),
        TREE_TEST(walks_may_share_a_pool),
        TREE_TEST(folders_that_vanish_meanwhile_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
