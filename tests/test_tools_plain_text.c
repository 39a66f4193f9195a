/* tools/plain_text.h: what is replaced, and what is not. */
#include "tools/plain_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define CHECK(from, kept, to) check(from, sizeof(from) - 1, kept, to)

static void check(const char *from, size_t nbytes, const char *kept, const char *expected)
{
    char *source = malloc(nbytes + 1), *to = malloc(nbytes + 1);
    assert_non_null(source);
    assert_non_null(to);
    memcpy(source, from, nbytes); /* with nothing behind it that may be read */
    source = realloc(source, nbytes > 0 ? nbytes : 1);
    assert_non_null(source);
    const size_t n = rsl_plain_text(to, source, nbytes, kept);
    assert_int_equal(n, strlen(expected));
    assert_memory_equal(to, expected, n);
    assert_int_equal(rsl_plain_text(source, source, nbytes, kept), n); /* in place */
    assert_memory_equal(source, expected, n);
    free(source);
    free(to);
}

static void test_text_stays_what_it_is(void **state)
{
    (void)state;
    CHECK("", "", "");
    CHECK("src/lib.rs: fn f<'a>() -> \"~\"", "", "src/lib.rs: fn f<'a>() -> \"~\"");
    /* NBSP, the first behind C1; a curly quote, whose last byte looks like a C1; an emoji. */
    CHECK("\u00A0 \u00FF \u2019 \U0001F600 \u202F \u2027 \u206A \u2065", "",
          "\u00A0 \u00FF \u2019 \U0001F600 \u202F \u2027 \u206A \u2065");
}

static void test_control_characters(void **state)
{
    (void)state;
    for (unsigned c = 0; c < 0x100; c++) {
        const char byte[1] = {(char)c};
        const char *as = c < ' ' || (c >= 0x7F && c < 0xA0) ? "?" : NULL;
        const char itself[2] = {(char)c, 0};
        check(byte, 1, "", as != NULL ? as : itself);
    }
    for (unsigned c = 0x80; c < 0xA0; c++) {
        const char utf8[] = {(char)0xC2, (char)c};
        check(utf8, 2, "", "?");
    }
    CHECK("a\033[31mb\r\nc\0d", "", "a?[31mb??c?d");
}

static void test_what_turns_or_breaks_the_text(void **state)
{
    (void)state;
    // NOLINTNEXTLINE(misc-misleading-bidirectional): that is what is tested
    CHECK("a\u2028b\u2029c\u202Ad\u202Ee\u2066f\u2069g", "", "a?b?c?d?e?f?g");
}

static void test_cut_off_characters(void **state)
{
    (void)state;
    CHECK("\xC2", "", "\xC2");
    CHECK("\xE2\x80", "", "\xE2?");
    // NOLINTNEXTLINE(misc-misleading-bidirectional): that is what is tested
    CHECK("\xE2\x80\xAE", "", "?");
    CHECK("\xF0\x9F\x98", "", "\xF0??");
    CHECK("\xC2\033[m", "", "\xC2?[m");
    CHECK("\xE2\x80\033[m", "", "\xE2??[m");
}

static void test_what_is_kept(void **state)
{
    (void)state;
    CHECK("a\tb\nc\rd\0e", "\t\n", "a\tb\nc?d?e");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_stays_what_it_is),
        cmocka_unit_test(test_control_characters),
        cmocka_unit_test(test_what_turns_or_breaks_the_text),
        cmocka_unit_test(test_cut_off_characters),
        cmocka_unit_test(test_what_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
