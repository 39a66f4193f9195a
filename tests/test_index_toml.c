/* index/toml.h: TOML documents, rule by rule. Values and validity of many more documents are
 * compared with another reader's by diff_toml.py. */
#include "index/toml.h"

#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/counting_allocator.h"
#include "tests/guarded_buffer.h"

/* ---- trees as text: {key:value} for tables, [..] for arrays, strings in quotes ---- */

struct text {
    char bytes[4096];
    size_t nbytes;
};

__attribute__((format(printf, 2, 3))) static void put(struct text *out, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const size_t room = sizeof out->bytes - out->nbytes;
    const int n = vsnprintf(out->bytes + out->nbytes, room, format, arguments);
    va_end(arguments);
    assert_true(n >= 0 && (size_t)n < room);
    out->nbytes += (size_t)n;
}

static void put_scalar(struct text *out, const struct rsl_toml_value *value)
{
    const struct rsl_toml_datetime *at = &value->as.datetime;
    switch (value->kind) {
    case RSL_TOML_STRING: put(out, "\"%s\"", value->as.string.bytes); break;
    case RSL_TOML_INTEGER: put(out, "%" PRId64, value->as.integer); break;
    case RSL_TOML_FLOAT: put(out, "%.17gf", value->as.number); break;
    case RSL_TOML_BOOLEAN: put(out, value->as.boolean ? "true" : "false"); break;
    default:
        assert_int_equal(value->kind, RSL_TOML_DATETIME);
        if (at->has_date)
            put(out, "%04d-%02d-%02d", at->year, at->month, at->day);
        if (at->has_time)
            put(out, "T%02d:%02d:%02d.%09u", at->hour, at->minute, at->second, at->nanosecond);
        if (at->has_offset)
            put(out, "%+d", at->offset_minutes);
    }
}

static void put_tree(struct text *out, const struct rsl_toml_value *value)
{
    for (;;) {
        if (value->parent && value->parent->kind == RSL_TOML_TABLE)
            put(out, "%s:", value->key.bytes);
        const bool table = value->kind == RSL_TOML_TABLE;
        if (table || value->kind == RSL_TOML_ARRAY) {
            put(out, table ? "{" : "[");
            if (value->as.members.first) {
                value = value->as.members.first;
                continue;
            }
            put(out, table ? "}" : "]");
        } else {
            put_scalar(out, value);
        }
        while (!value->next && value->parent) {
            value = value->parent;
            put(out, value->kind == RSL_TOML_TABLE ? "}" : "]");
        }
        if (!value->next)
            return;
        put(out, ",");
        value = value->next;
    }
}

static void read_bytes(struct rsl_toml *toml, const void *bytes, size_t nbytes,
                       enum rsl_toml_version version)
{
    static struct guarded_buffer buffer;
    if (!buffer.map)
        guarded_buffer_init(&buffer, (size_t)1 << 20);
    const uint8_t *src = guarded_buffer_put(&buffer, bytes, nbytes);
    assert_int_equal(rsl_toml_read(toml, src, nbytes, version), RSL_OK);
    assert_non_null(toml->root);
}

static void check_bytes(const void *bytes, size_t nbytes, const char *expected,
                        enum rsl_toml_version version)
{
    struct rsl_toml toml;
    struct text text = {.nbytes = 0};
    rsl_toml_init(&toml, NULL);
    read_bytes(&toml, bytes, nbytes, version);
    if (toml.error.code == RSL_TOML_ERROR_NONE)
        put_tree(&text, toml.root);
    else
        put(&text, "%u:%u: %s", toml.error.line, toml.error.column,
            rsl_toml_error_message(toml.error.code));
    assert_string_equal(text.bytes, expected);
    rsl_toml_fini(&toml);
}

static void check(const char *document, const char *expected)
{
    check_bytes(document, strlen(document), expected, RSL_TOML_1_0);
}

static void check_1_1(const char *document, const char *expected)
{
    check_bytes(document, strlen(document), expected, RSL_TOML_1_1);
}

/* ---- the rules ---- */

static void keys_are_bare_quoted_or_dotted(void **state)
{
    (void)state;
    check("a = 1\nb-c_D9 = 2\n10 = 3", "{a:1,b-c_D9:2,10:3}");
    check("\"a.b\" = 1\n'c d' = 2\n\"\" = 3\n\"\\u00e9\" = 4", "{a.b:1,c d:2,:3,\xC3\xA9:4}");
    check("a.b . \"c\" = 1\n1.5 = 2", "{a:{b:{c:1}},1:{5:2}}");
    check("a = 1\na = 2", "2:1: the key is there already");
    check("a = 1\n\"a\" = 2", "2:1: the key is there already");
    check("a.b = 1\na = 2", "2:1: the key is there already");
    check("a = 1\na.b = 2", "2:1: the key's value is no table");
    check("= 1", "1:1: expected a key");
    check("a b = 1", "1:3: expected `=` behind the key");
    check("a\n= 1", "1:2: expected `=` behind the key");
    check("a. = 1", "1:4: expected a key");
    check("\"\"\"a\"\"\" = 1", "1:3: expected `=` behind the key");
}

static void a_line_holds_one_pair(void **state)
{
    (void)state;
    check("a = 1 # one\n\n\t# two\nb = 2", "{a:1,b:2}");
    check("a = 1\r\nb = 2\r\n", "{a:1,b:2}");
    check("a = 1 b = 2", "1:7: expected the end of the line");
    check("a = 1\rb = 2", "1:6: expected the end of the line");
    check("a =\n", "1:4: expected a value");
    check("# \x01", "1:3: a control character that must be escaped");
    check("", "{}");
}

static void basic_strings_have_escapes(void **state)
{
    (void)state;
    check("a = \"\\b\\t\\n\\f\\r\\\"\\\\\\u0041\\U0001F600\"",
          "{a:\"\b\t\n\f\r\"\\A\xF0\x9F\x98\x80\"}");
    check("a = \"\\x41\"", "1:6: an escape sequence that does not exist");
    check("a = \"\\u12\"", "1:6: an escape sequence that does not exist");
    check("a = \"\\uD800\"", "1:6: an escape that is no Unicode scalar value");
    check("a = \"\\U00110000\"", "1:6: an escape that is no Unicode scalar value");
    check("a = \"x\n\"", "1:5: the string is not closed");
    check("a = \"x", "1:5: the string is not closed");
    check("a = \"\x7F\"", "1:6: a control character that must be escaped");
    check("a = 'C:\\x \"'", "{a:\"C:\\x \"\"}");
}

static void a_string_may_hold_nul(void **state)
{
    (void)state;
    static const char document[] = "a = \"x\\u0000y\"";
    struct rsl_toml toml;
    rsl_toml_init(&toml, NULL);
    read_bytes(&toml, document, sizeof document - 1, RSL_TOML_1_0);
    const struct rsl_toml_value *a = rsl_toml_find(&toml, toml.root, "a");
    assert_int_equal(a->as.string.nbytes, 3);
    assert_memory_equal(a->as.string.bytes, "x\0y", 4);
    rsl_toml_fini(&toml);
    check_bytes("a = \"\0\"", 7, "1:6: a control character that must be escaped", RSL_TOML_1_0);
}

static void multi_line_strings(void **state)
{
    (void)state;
    check("a = \"\"\"\nx\r\ny\"\"\"", "{a:\"x\ny\"}");
    check("a = \"\"\"x \\\n\n  y \\  \n z\"\"\"", "{a:\"x y z\"}");
    check("a = \"\"\"\"x\"\"\"\"\"", "{a:\"\"x\"\"\"}");
    check("a = \"\"\"x\"\"\"\"\"\"", "1:14: expected the end of the line");
    check("a = \"\"\"x \\ y\"\"\"", "1:10: an escape sequence that does not exist");
    check("a = '''\nx\\\n'y'''''", "{a:\"x\\\n'y''\"}");
    check("a = \"\"\"x\"\"", "1:5: the string is not closed");
    check("a = \"\"\"\\\"\"\"x\"\"\"", "{a:\"\"\"\"x\"}");
}

static void integers(void **state)
{
    (void)state;
    check("a = +99\nb = -0\nc = 1_000", "{a:99,b:0,c:1000}");
    check("a = 0xDEAD_beef\nb = 0o17\nc = 0b101", "{a:3735928559,b:15,c:5}");
    check("a = 9223372036854775807\nb = -9223372036854775808",
          "{a:9223372036854775807,b:-9223372036854775808}");
    check("a = 9223372036854775808", "1:5: the integer needs more than 64 bits");
    check("a = -9223372036854775809", "1:5: the integer needs more than 64 bits");
    check("a = 0xFFFFFFFFFFFFFFFF", "1:5: the integer needs more than 64 bits");
    check("a = 01", "1:6: expected the end of the line");
    check("a = 1__0", "1:6: expected the end of the line");
    check("a = +0x1", "1:7: expected the end of the line");
    check("a = 0x", "1:5: expected a value");
}

static void floats_are_rounded_to_nearest_in_any_locale(void **state)
{
    (void)state;
    check("a = 1.5\nb = -2E-2\nc = 1_0.0_1", "{a:1.5f,b:-0.02f,c:10.01f}");
    check("a = 9007199254740993.0", "{a:9007199254740992f}");
    check("a = 5e-324\nb = 1e400\nc = -0.0", "{a:4.9406564584124654e-324f,b:inff,c:-0f}");
    check("a = 0e99999999999999999999\nb = 1e-99999999999999999999", "{a:0f,b:0f}");
    check("a = 1.", "1:6: expected the end of the line");
    check("a = .5", "1:5: expected a value");
    check("a = 1e", "1:6: expected the end of the line");
    check("a = inf\nb = -inf\nc = Inf", "3:5: expected a value");

    struct rsl_toml toml;
    rsl_toml_init(&toml, NULL);
    read_bytes(&toml, "a = -nan\n", 9, RSL_TOML_1_0);
    const struct rsl_toml_value *a = rsl_toml_find_kind(&toml, toml.root, "a", RSL_TOML_FLOAT);
    assert_true(isnan(a->as.number) && signbit(a->as.number));
    rsl_toml_fini(&toml);
}

static void dates_and_times_exist(void **state)
{
    (void)state;
    check("a = 1979-05-27T07:32:00Z", "{a:1979-05-27T07:32:00.000000000+0}");
    check("a = 1979-05-27 00:32:00.5-07:30", "{a:1979-05-27T00:32:00.500000000-450}");
    check("a = 1979-05-27\nb = 07:32:00.1234567899", "{a:1979-05-27,b:T07:32:00.123456789}");
    check("a = 2000-02-29\nb = 1990-12-31T23:59:60Z",
          "{a:2000-02-29,b:1990-12-31T23:59:60.000000000+0}");
    check("a = 1900-02-29", "1:5: a date or time that does not exist");
    check("a = 2000-13-01", "1:5: a date or time that does not exist");
    check("a = 24:00:00", "1:5: a date or time that does not exist");
    check("a = 07:32", "1:5: a date or time that does not exist");
    check("a = 2000-01-01T00:00:00+24:00", "1:24: a date or time that does not exist");
}

static void arrays_and_inline_tables(void **state)
{
    (void)state;
    check("a = [1, [2, []], {b.c = 3}, # x\n\n]", "{a:[1,[2,[]],{b:{c:3}}]}");
    check("a = {b = 1, c.d = 2, c.e = {}}", "{a:{b:1,c:{d:2,e:{}}}}");
    check("a = [1,,2]", "1:8: expected a value");
    check("a = [1 2]", "1:8: expected a comma or the bracket that closes the array");
    check("a = {b = 1,}", "1:12: expected a key");
    check("a = {b = 1\n}", "1:11: expected a comma or the brace that closes the inline table");
    check("a = {b = 1, b = 2}", "1:13: the key is there already");
    check("a = {b = {}, b.c = 1}", "1:14: an inline table or array cannot be added to");
    check("a = {}\na.b = 1", "2:1: an inline table or array cannot be added to");
    check("a = {}\n[a.b]", "2:2: an inline table or array cannot be added to");
    check("a = [{}]\n[a.b]", "2:2: an inline table or array cannot be added to");
    check("a = []\n[[a]]", "2:1: the key's value is no array of tables");
}

static void a_table_is_defined_once(void **state)
{
    (void)state;
    check("[a.b]\nc = 1\n[a]\nd = 2", "{a:{b:{c:1},d:2}}");
    check("[a]\nb.c = 1\n[a.b.d]", "{a:{b:{c:1,d:{}}}}");
    check("[ a . 'b c' ]", "{a:{b c:{}}}");
    check("[a]\n[a]", "2:1: the table is defined already");
    check("[a]\nb.c = 1\n[a.b]", "3:1: the table is defined already");
    check("a = 1\n[a]", "2:1: the key is there already");
    check("a = 1\n[a.b]", "2:2: the key's value is no table");
    check("[a.b.c]\n[a]\nb.c.d = 1", "3:3: the table is defined already");
    check("[a.b.c]\n[a]\nb.d = 1", "{a:{b:{c:{},d:1}}}");
    check("[a.b.c]\n[a]\nb.d = 1\n[a.b]", "4:1: the table is defined already");
    check("[a", "1:3: expected the bracket that closes the header");
    check("[]", "1:2: expected a key");
    check("[a] b = 1", "1:5: expected the end of the line");
}

static void arrays_of_tables(void **state)
{
    (void)state;
    check("[[a]]\nb = 1\n[a.c]\nd = 2\n[[a]]\n[[a.e]]\n[[a.e]]", "{a:[{b:1,c:{d:2}},{e:[{},{}]}]}");
    check("[[a]]\n[a]", "2:1: the key is there already");
    check("[a]\n[[a]]", "2:1: the key's value is no array of tables");
    check("[a.b]\n[[a]]", "2:1: the key's value is no array of tables");
    check("[[a] ]", "1:4: expected the bracket that closes the header");
}

static void a_byte_order_mark_may_begin_the_document(void **state)
{
    (void)state;
    check("\xEF\xBB\xBF"
          "a = 1",
          "{a:1}");
    check("a = \xEF\xBB\xBF", "1:5: expected a value");
}

static void bytes_that_are_no_utf8_are_an_error(void **state)
{
    (void)state;
    check("a = '\xC3\xA9'\nb = '\xFF'", "2:6: the document is not UTF-8");
    check("# \xED\xA0\x80", "1:3: the document is not UTF-8");
}

static void columns_count_code_points(void **state)
{
    (void)state;
    check("'\xC3\xA9\xF0\x9F\x98\x80' = x", "1:8: expected a value");
}

static void version_1_1_has_its_additions(void **state)
{
    (void)state;
    static const char *const documents[][3] = {
        {"a = {b = 1, # x\n\n c = 2,\n}", "{a:{b:1,c:2}}", "1:13: expected a key"},
        {"a = \"\\e\\x41\\xE9\"",
         "{a:\"\x1B"
         "A\xC3\xA9\"}",
         "1:6: an escape sequence that does not exist"},
        {"a = 07:32", "{a:T07:32:00.000000000}", "1:5: a date or time that does not exist"},
        {"a = 2000-01-01 07:32Z", "{a:2000-01-01T07:32:00.000000000+0}",
         "1:16: a date or time that does not exist"},
    };
    for (size_t i = 0; i < sizeof documents / sizeof *documents; i++) {
        check_1_1(documents[i][0], documents[i][1]);
        check(documents[i][0], documents[i][2]);
    }
    check_1_1("a = {,}", "1:6: expected a key");
    check_1_1("a = \"\\x4\"", "1:6: an escape sequence that does not exist");
    check_1_1("a = 07:32.5", "1:10: expected the end of the line");
}

static void what_stands_before_an_error_is_kept(void **state)
{
    (void)state;
    static const char document[] = "[a]\nb = 1\nc = ?\nd = 2\n";
    struct rsl_toml toml;
    rsl_toml_init(&toml, NULL);
    read_bytes(&toml, document, sizeof document - 1, RSL_TOML_1_0);
    assert_int_equal(toml.error.code, RSL_TOML_ERROR_EXPECTED_VALUE);
    assert_int_equal(toml.error.off, 14);
    const struct rsl_toml_value *a = rsl_toml_find(&toml, toml.root, "a");
    assert_int_equal(rsl_toml_find(&toml, a, "b")->as.integer, 1);
    assert_null(rsl_toml_find(&toml, a, "d"));
    rsl_toml_fini(&toml);
}

static void values_know_where_they_stand(void **state)
{
    (void)state;
    static const char document[] = "[a.b]\n'c'.d = 1\n[[e]]\n[e.f]\n";
    struct rsl_toml toml;
    rsl_toml_init(&toml, NULL);
    read_bytes(&toml, document, sizeof document - 1, RSL_TOML_1_0);
    const struct rsl_toml_value *a = rsl_toml_find(&toml, toml.root, "a");
    const struct rsl_toml_value *b = rsl_toml_find(&toml, a, "b");
    const struct rsl_toml_value *c = rsl_toml_find(&toml, b, "c");
    const struct rsl_toml_value *d = rsl_toml_find(&toml, c, "d");
    const struct rsl_toml_value *e = rsl_toml_find(&toml, toml.root, "e");
    assert_int_equal(a->key_off, 1);
    assert_int_equal(b->off, 0);
    assert_int_equal(b->key_off, 3);
    assert_int_equal(c->key_off, 6);
    assert_int_equal(d->key_off, 10);
    assert_int_equal(d->off, 14);
    assert_int_equal(e->nmembers, 1);
    assert_int_equal(e->as.members.first->off, 16);
    assert_ptr_equal(d->parent, c);
    assert_null(rsl_toml_find(&toml, d, "x"));
    assert_null(rsl_toml_find(&toml, NULL, "x"));
    assert_null(rsl_toml_find_kind(&toml, c, "d", RSL_TOML_STRING));
    assert_ptr_equal(rsl_toml_find_kind(&toml, c, "d", RSL_TOML_INTEGER), d);
    rsl_toml_fini(&toml);
}

static void nesting_has_a_limit(void **state)
{
    (void)state;
    char document[2 * RSL_TOML_MAX_NESTING + 16];
    for (size_t depth = RSL_TOML_MAX_NESTING; depth <= RSL_TOML_MAX_NESTING + 1; depth++) {
        struct rsl_toml toml;
        rsl_toml_init(&toml, NULL);
        memcpy(document, "a = ", 4);
        memset(document + 4, '[', depth);
        memset(document + 4 + depth, ']', depth);
        read_bytes(&toml, document, 4 + 2 * depth, RSL_TOML_1_0);
        assert_int_equal(toml.error.code, depth > RSL_TOML_MAX_NESTING ? RSL_TOML_ERROR_TOO_DEEP
                                                                       : RSL_TOML_ERROR_NONE);
        rsl_toml_fini(&toml);
    }
}

static void many_keys_and_deep_keys(void **state)
{
    (void)state;
    enum { MANY = 100000 };
    char *document = malloc((size_t)MANY * 16 + RSL_PAD);
    size_t n = 0;
    for (int i = 0; i < MANY; i++)
        n += (size_t)sprintf(document + n, "k%d = %d\n", i, i);
    memset(document + n, 0, RSL_PAD);
    struct rsl_toml toml;
    rsl_toml_init(&toml, NULL);
    assert_int_equal(rsl_toml_read(&toml, (const uint8_t *)document, n, RSL_TOML_1_0), RSL_OK);
    assert_int_equal(toml.root->nmembers, MANY);
    assert_int_equal(rsl_toml_find(&toml, toml.root, "k99999")->as.integer, 99999);

    for (n = 0; n < (size_t)2 * MANY; n += 2)
        memcpy(document + n, "a.", 2);
    memcpy(document + n, "a = 1", 5);
    memset(document + n + 5, 0, RSL_PAD);
    assert_int_equal(rsl_toml_read(&toml, (const uint8_t *)document, n + 5, RSL_TOML_1_0), RSL_OK);
    assert_int_equal(toml.error.code, RSL_TOML_ERROR_NONE);
    const struct rsl_toml_value *value = toml.root;
    for (size_t depth = 0; depth <= MANY; depth++)
        value = rsl_toml_find(&toml, value, "a");
    assert_int_equal(value->as.integer, 1);
    rsl_toml_fini(&toml);
    free(document);
}

static const char all_kinds[] =
    "a.b = \"x\"\nc = [1.5, {d = 'y'}]\n[[e]]\nf = 2000-01-01\n[e.g.h]\n\"i\\n\" = \"\"\"j\"\"\"\n";

static void failed_allocations_leave_the_object_reusable(void **state)
{
    (void)state;
    uint8_t src[sizeof all_kinds + RSL_PAD] = {0};
    memcpy(src, all_kinds, sizeof all_kinds);
    size_t fail_at = 0;
    enum rsl_status status;
    do {
        struct counting_allocator counting;
        struct rsl_toml toml;
        counting_init(&counting, fail_at);
        rsl_toml_init(&toml, &counting.allocator);
        status = rsl_toml_read(&toml, src, sizeof all_kinds - 1, RSL_TOML_1_0);
        if (status != RSL_OK) {
            assert_int_equal(status, RSL_ENOMEM);
            assert_null(toml.root);
            assert_null(rsl_toml_find(&toml, toml.root, "a"));
            counting.fail_at = SIZE_MAX;
            assert_int_equal(rsl_toml_read(&toml, src, sizeof all_kinds - 1, RSL_TOML_1_0), RSL_OK);
            assert_int_equal(toml.root->nmembers, 3);
        }
        rsl_toml_fini(&toml);
        assert_int_equal(counting.nbytes, 0);
        assert_false(counting.wrong);
        fail_at++;
    } while (status != RSL_OK);
    assert_true(fail_at > 2);
}

static void an_object_is_read_into_again_and_again(void **state)
{
    (void)state;
    struct counting_allocator counting;
    struct rsl_toml toml;
    counting_init(&counting, SIZE_MAX);
    rsl_toml_init(&toml, &counting.allocator);
    read_bytes(&toml, all_kinds, sizeof all_kinds - 1, RSL_TOML_1_0);
    const size_t ncalls = counting.ncalls;
    for (int i = 0; i < 100; i++) {
        read_bytes(&toml, "a = 1\na = 2", 11, RSL_TOML_1_0);
        assert_int_equal(toml.error.code, RSL_TOML_ERROR_DUPLICATE_KEY);
        read_bytes(&toml, all_kinds, sizeof all_kinds - 1, RSL_TOML_1_0);
        assert_int_equal(toml.error.code, RSL_TOML_ERROR_NONE);
    }
    assert_int_equal(counting.ncalls, ncalls);
    rsl_toml_fini(&toml);
}

static void every_error_has_its_own_sentence(void **state)
{
    (void)state;
    for (int i = 0; i <= RSL_TOML_ERROR_COUNT; i++) {
        assert_true(strlen(rsl_toml_error_message((uint8_t)i)) > 0);
        for (int k = 0; k < i; k++)
            assert_string_not_equal(rsl_toml_error_message((uint8_t)i),
                                    rsl_toml_error_message((uint8_t)k));
    }
}

static void a_document_that_is_too_large_is_refused(void **state)
{
    (void)state;
    static const uint8_t src[RSL_PAD] = {0};
    struct rsl_toml toml;
    rsl_toml_init(&toml, NULL);
    assert_int_equal(rsl_toml_read(&toml, src, (size_t)RSL_MAX_SOURCE + 1, RSL_TOML_1_0),
                     RSL_ETOOBIG);
    assert_null(toml.root);
    rsl_toml_fini(&toml);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_bare_quoted_or_dotted),
        cmocka_unit_test(a_line_holds_one_pair),
        cmocka_unit_test(basic_strings_have_escapes),
        cmocka_unit_test(a_string_may_hold_nul),
        cmocka_unit_test(multi_line_strings),
        cmocka_unit_test(integers),
        cmocka_unit_test(floats_are_rounded_to_nearest_in_any_locale),
        cmocka_unit_test(dates_and_times_exist),
        cmocka_unit_test(arrays_and_inline_tables),
        cmocka_unit_test(a_table_is_defined_once),
        cmocka_unit_test(arrays_of_tables),
        cmocka_unit_test(a_byte_order_mark_may_begin_the_document),
        cmocka_unit_test(bytes_that_are_no_utf8_are_an_error),
        cmocka_unit_test(columns_count_code_points),
        cmocka_unit_test(version_1_1_has_its_additions),
        cmocka_unit_test(what_stands_before_an_error_is_kept),
        cmocka_unit_test(values_know_where_they_stand),
        cmocka_unit_test(nesting_has_a_limit),
        cmocka_unit_test(many_keys_and_deep_keys),
        cmocka_unit_test(failed_allocations_leave_the_object_reusable),
        cmocka_unit_test(an_object_is_read_into_again_and_again),
        cmocka_unit_test(every_error_has_its_own_sentence),
        cmocka_unit_test(a_document_that_is_too_large_is_refused),
    };
    return cmocka_run_group_tests_name("index_toml", tests, NULL, NULL);
}
