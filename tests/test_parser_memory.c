/* struct rsl_file: what happens when memory runs out, reuse, and sources that are too large. */
#include "tests/counting_allocator.h"
#include "tests/parser_testing.h"

/* Appends `text` n times. */
static void append(char *source, const char *text, size_t n)
{
    char *p = source + strlen(source);
    while (n-- > 0) {
        p = stpcpy(p, text);
    }
}

/* A source that makes each array grow beyond its first piece: items, attributes, use prefixes,
 * errors, frames, what is open in a header, the lines of items, open delimiters. */
static char *make_sample(void)
{
    char *source = calloc(1, 100000);
    assert_non_null(source);
    append(source, "#[a] /// b\n fn c() {}\n", 100);
    append(source, "use d::{e::{f}, g};\n", 100);
    append(source, "type h = i<", 1);
    append(source, "j<(", 100);
    append(source, "k", 1);
    append(source, ")>", 100);
    append(source, ">;\n", 1);
    append(source, "fn l() { ", 100);
    append(source, "}", 100);
    append(source, "\nfn m() { ", 1);
    append(source, "([", 100);
    append(source, ")", 30);
    append(source, "}\n", 1);
    append(source, "+ n;\n} `\n", 100);
    append(source, "o! { p! { fn q() {} #[r] struct s { t: u8 } use u::v; } }\n", 3);
    append(source, "enum w { x = { fn y() {} 1 }, z([u8; { fn a() {} 2 }]) }\n", 3);
    append(source, "mod b {\nfn c() {\n", 100); /* never closed */
    return source;
}

static void assert_empty(const struct rsl_file *file)
{
    assert_int_equal(file->nitems, 0);
    assert_int_equal(file->nattrs, 0);
    assert_int_equal(file->nuse_prefixes, 0);
    assert_int_equal(file->nerrors, 0);
}

static void every_failing_allocation_gives_enomem_and_leaks_nothing(void **state)
{
    (void)state;
    char *source = make_sample();
    struct parsed expected;
    parse_text(&expected, source);
    assert_true(expected.file.nitems > 500);
    assert_true(expected.file.nattrs > 200);
    assert_true(expected.file.nuse_prefixes > 100);
    assert_true(expected.file.nerrors > 200);
    size_t nfailed = 0;
    for (size_t k = 0;; k++) {
        struct counting_allocator counting;
        struct rsl_file file;
        counting_init(&counting, k);
        rsl_file_init(&file, &counting.allocator);
        enum rsl_status status = rsl_parse(&file, expected.src, expected.nbytes, NULL);
        if (status == RSL_OK) {
            assert_true(counting.ncalls <= k); /* none failed */
            assert_null(compare_files(&expected.file, &file));
            rsl_file_fini(&file);
            assert_int_equal(counting.nbytes, 0);
            break;
        }
        nfailed++;
        assert_int_equal(status, RSL_ENOMEM);
        assert_empty(&file);
        /* The object is usable as if nothing had happened. */
        counting.fail_at = SIZE_MAX;
        assert_int_equal(rsl_parse(&file, expected.src, expected.nbytes, NULL), RSL_OK);
        assert_null(compare_files(&expected.file, &file));
        rsl_file_fini(&file);
        assert_int_equal(counting.nbytes, 0);
        assert_false(counting.wrong);
    }
    assert_true(nfailed > 20); /* each of the arrays grew, most of them more than once */
    parsed_fini(&expected);
    free(source);
}

/* Memory that ran out once in a file that already holds a result. */
static void running_out_later_leaves_an_empty_file(void **state)
{
    (void)state;
    char *source = make_sample();
    struct parsed expected;
    parse_text(&expected, source);
    for (size_t k = 0; k < 8; k++) {
        struct counting_allocator counting;
        struct rsl_file file;
        counting_init(&counting, SIZE_MAX);
        rsl_file_init(&file, &counting.allocator);
        static const uint8_t small[7 + RSL_PAD] = "use a;\n";
        assert_int_equal(rsl_parse(&file, small, 7, NULL), RSL_OK);
        assert_int_equal(file.nitems, 2);
        counting.fail_at = counting.ncalls + k;
        assert_int_equal(rsl_parse(&file, expected.src, expected.nbytes, NULL), RSL_ENOMEM);
        assert_empty(&file);
        assert_int_equal(rsl_parse(&file, small, 7, NULL), RSL_OK);
        assert_int_equal(file.nitems, 2);
        rsl_file_fini(&file);
        assert_int_equal(counting.nbytes, 0);
        assert_false(counting.wrong);
    }
    parsed_fini(&expected);
    free(source);
}

static void a_file_keeps_its_memory_for_the_next(void **state)
{
    (void)state;
    char *source = make_sample();
    struct parsed expected;
    parse_text(&expected, source);
    struct counting_allocator counting;
    struct rsl_file file;
    counting_init(&counting, SIZE_MAX);
    rsl_file_init(&file, &counting.allocator);
    assert_int_equal(counting.ncalls, 0); /* nothing is allocated before it is needed */
    assert_int_equal(rsl_parse(&file, expected.src, expected.nbytes, NULL), RSL_OK);
    /* A source whose delimiters want a second look takes memory for its tokens, for as long as the
     * look lasts; any other takes none the second time. */
    static const uint8_t small[23 + RSL_PAD] = "#[a] fn b() {} use c::d";
    uint8_t good[24 + RSL_PAD] = {0};
    memcpy(good, small, 23);
    good[23] = ';';
    const size_t ncalls = counting.ncalls;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(rsl_parse(&file, good, 24, NULL), RSL_OK);
        assert_int_equal(file.nitems, 3);
        assert_int_equal(file.nerrors, 0);
        assert_null(check_file(&file, good, 24));
    }
    assert_int_equal(counting.ncalls, ncalls);
    assert_int_equal(rsl_parse(&file, expected.src, expected.nbytes, NULL), RSL_OK);
    assert_null(compare_files(&expected.file, &file));
    rsl_file_fini(&file);
    assert_int_equal(counting.nbytes, 0);
    assert_false(counting.wrong);
    /* As after init. */
    assert_int_equal(rsl_parse(&file, good, 24, NULL), RSL_OK);
    assert_int_equal(file.nitems, 3);
    rsl_file_fini(&file);
    rsl_file_fini(&file);
    assert_int_equal(counting.nbytes, 0);
    parsed_fini(&expected);
    free(source);
}

static void a_second_parse_gives_the_same(void **state)
{
    (void)state;
    char *source = make_sample();
    struct parsed expected;
    parse_text(&expected, source);
    struct rsl_file file;
    rsl_file_init(&file, NULL);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(rsl_parse(&file, expected.src, expected.nbytes, NULL), RSL_OK);
        assert_null(compare_files(&expected.file, &file));
    }
    rsl_file_fini(&file);
    parsed_fini(&expected);
    free(source);
}

static void an_overlong_source_is_refused_unread(void **state)
{
    (void)state;
    struct counting_allocator counting;
    struct rsl_file file;
    counting_init(&counting, SIZE_MAX);
    rsl_file_init(&file, &counting.allocator);
    struct guarded_buffer buffer;
    guarded_buffer_init(&buffer, 8);
    const uint8_t *src = guarded_buffer_put(&buffer, "use a;", 6);
    assert_int_equal(rsl_parse(&file, src, 6, NULL), RSL_OK);
    assert_int_equal(file.nitems, 2);
    /* The length is judged before a byte is read. */
    const size_t too_many[] = {(size_t)RSL_MAX_SOURCE + 1, (size_t)UINT32_MAX + 1, SIZE_MAX};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(rsl_parse(&file, src, too_many[i], NULL), RSL_ETOOBIG);
        assert_empty(&file);
        assert_int_equal(file.prefix_nbytes, 0);
        assert_int_equal(rsl_parse(&file, buffer.limit, too_many[i], NULL), RSL_ETOOBIG);
    }
    assert_int_equal(rsl_parse(&file, src, 6, NULL), RSL_OK);
    assert_int_equal(file.nitems, 2);
    rsl_file_fini(&file);
    assert_int_equal(counting.nbytes, 0);
    guarded_buffer_fini(&buffer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_failing_allocation_gives_enomem_and_leaks_nothing),
        cmocka_unit_test(running_out_later_leaves_an_empty_file),
        cmocka_unit_test(a_file_keeps_its_memory_for_the_next),
        cmocka_unit_test(a_second_parse_gives_the_same),
        cmocka_unit_test(an_overlong_source_is_refused_unread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
