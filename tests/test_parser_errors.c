/* What is wrong with a source: each code that the parser gives, the bytes it stands at, and the
 * items before and behind it, which must all be there. The places are those of rustc 1.95. */
#include "tests/parser_testing.h"

/* An error on line 2, between `before` on line 1 and `after` on the line behind. */
static const struct error_case {
    uint16_t code;
    const char *source;
    uint32_t line, column;
    const char *text;  /* the bytes of the error */
    const char *items; /* what is kept between before and after */
} error_cases[] = {
#define E(suffix) RSL_SOURCE_ERROR_##suffix
    {E(UNCLOSED_DELIMITER), "fn a() {", 2, 8, "{", "fn a(0) [body]\n"},
    {E(UNCLOSED_DELIMITER), "mod a {", 2, 7, "{", "mod a{0} [inline]\n"},
    {E(UNCLOSED_DELIMITER), "impl A {", 2, 8, "{", "impl{0} for A\n"},
    {E(UNCLOSED_DELIMITER), "trait A {", 2, 9, "{", "trait A{0}\n"},
    {E(UNCLOSED_DELIMITER), "extern {", 2, 8, "{", "foreign_mod{0} \n"},
    {E(UNCLOSED_DELIMITER), "m!(", 2, 3, "(", ""},
    {E(UNCLOSED_DELIMITER), "macro_rules! a [", 2, 16, "[", ""},
    {E(MISMATCHED_DELIMITER), "fn a() { (] }", 2, 11, "]", "fn a(0) [body]\n"},
    {E(MISMATCHED_DELIMITER), "fn a() { [(]; }", 2, 12, "]", "fn a(0) [body]\n"},
    {E(MISMATCHED_DELIMITER), "const A: u8 = { [) };", 2, 18, ")", "const A: u8 [body]\n"},
    {E(MISMATCHED_DELIMITER), "m! { (] }", 2, 7, "]", "macro_call m! {\n"},
    {E(UNEXPECTED_CLOSE), "}", 2, 1, "}", ""},
    {E(UNEXPECTED_CLOSE), "fn a() {} } fn b() {}", 2, 11, "}", "fn a(0) [body]\nfn b(0) [body]\n"},
    {E(UNEXPECTED_CLOSE), "fn a() {} )", 2, 11, ")", "fn a(0) [body]\n"},
    {E(EXPECTED_ITEM), "+ 1;", 2, 1, "+", ""},
    {E(EXPECTED_ITEM), "let a = 1;", 2, 1, "let", ""},
    {E(EXPECTED_ITEM), "impl A { let b = 1; }", 2, 10, "let", "impl{0} for A\n"},
    {E(EXPECTED_ITEM), "mod a { 1; fn b() {} }", 2, 9, "1",
     "mod a{1} [inline]\n  fn b(0) [body]\n"},
    {E(EXPECTED_ITEM), "struct A;;", 2, 10, ";", "struct A\n"},
    {E(EXPECTED_ITEM_BEHIND_ATTR), "mod a { #[b] }", 2, 9, "#[b]", "mod a{0} [inline]\n"},
    {E(EXPECTED_ITEM_BEHIND_ATTR), "impl A { fn b() {} /// c\n}", 2, 20, "/// c",
     "impl{1} for A\n  fn b(0) [body]\n"},
    {E(EXPECTED_NAME), "fn 1() {}", 2, 4, "1", ""},
    {E(EXPECTED_NAME), "struct fn;", 2, 8, "fn", ""},
    {E(EXPECTED_NAME), "struct", 3, 1, "fn", ""},
    {E(EXPECTED_NAME), "enum A { fn }", 2, 10, "fn", ""},
    {E(EXPECTED_NAME), "struct A { +: u8 }", 2, 12, "+", ""},
    {E(EXPECTED_NAME), "use", 3, 1, "fn", ""},
    {E(EXPECTED_TYPE), "type A = ;", 2, 10, ";", ""},
    {E(EXPECTED_TYPE), "fn a() -> {}", 2, 11, "{", ""},
    {E(EXPECTED_TYPE), "struct A { b: }", 2, 15, "}", ""},
    {E(EXPECTED_TYPE), "impl {}", 2, 6, "{", ""},
    {E(EXPECTED_TYPE), "impl A for {}", 2, 12, "{", ""},
    {E(EXPECTED_TYPE), "struct A(u8, ,);", 2, 14, ",", ""},
    {E(EXPECTED_EXPRESSION), "enum A { B = , C }", 2, 14, ",", ""},
    {E(EXPECTED_SEMI), "use a", 2, 6, "", ""},
    {E(EXPECTED_SEMI), "reuse A::* as b;", 2, 11, "", ""},
    {E(EXPECTED_SEMI), "const A: u8 = 1", 2, 16, "", "const A: u8 [body]\n"},
    {E(EXPECTED_SEMI), "struct A(u8)", 2, 13, "", ""},
    {E(EXPECTED_SEMI), "mod a { const B: u8 = 1 }", 2, 24, "",
     "mod a{1} [inline]\n  const B: u8 [body]\n"},
    {E(EXPECTED_COLON), "struct A { b u8 }", 2, 14, "u8", ""},
    {E(EXPECTED_BRACE), "trait A;", 2, 8, ";", ""},
    {E(EXPECTED_BRACE), "impl A;", 2, 7, ";", ""},
    {E(EXPECTED_GENERICS_END), "fn a<T; U>(b: u8) {}", 2, 7, ";", ""},
    {E(EXPECTED_GENERICS_END), "struct A<T {}", 2, 12, "{", ""},
    {E(EXPECTED_PARAMS), "fn a {}", 2, 6, "{", ""},
    {E(EXPECTED_PARAMETER), "fn a(,) {}", 2, 6, ",", ""},
    {E(EXPECTED_PARAMETER), "fn a(b: u8,,) {}", 2, 12, ",", ""},
    {E(EXPECTED_PARAMS_END), "fn a(b: u8; c: u8) {}", 2, 11, ";", ""},
    {E(EXPECTED_COMMA_PAREN), "struct A(u8 u8);", 2, 13, "u8", ""},
    {E(EXPECTED_COMMA_BRACE), "enum A { B C }", 2, 12, "C", ""},
    {E(EXPECTED_COMMA_BRACE), "struct A { b: u8; c: u8 }", 2, 17, ";", ""},
    {E(EXPECTED_COMMA_BRACE), "use a::{b c};", 2, 11, "c", ""},
    {E(EXPECTED_FN_BODY), "fn a() = 1;", 2, 8, "=", ""},
    {E(EXPECTED_FN_BODY), "fn a() -> u8", 3, 1, "fn", ""},
    {E(EXPECTED_STRUCT_BODY), "struct A = 1;", 2, 10, "=", ""},
    {E(EXPECTED_STRUCT_BODY), "union A;", 2, 8, ";", ""},
    {E(EXPECTED_ENUM_BODY), "enum A;", 2, 7, ";", ""},
    {E(EXPECTED_MOD_BODY), "mod a = 1;", 2, 7, "=", ""},
    {E(EXPECTED_DELIMITER), "macro_rules! a;", 2, 15, ";", ""},
    {E(EXPECTED_DELIMITER), "m!;", 2, 3, ";", ""},
    {E(EXPECTED_USE_TREE), "use a::;", 2, 8, ";", ""},
    {E(EXPECTED_LENGTH_END), "static A: [u8; 1 + 2; 3] = b;", 2, 21, ";",
     "static A: [u8; 1 + 2; 3] [body]\n"},
    {E(MISSING_CONST_TYPE), "const A = 1;", 2, 8, "", "const A [body]\n"},
    {E(MISSING_CONST_TYPE), "impl A { const B = 1; }", 2, 17, "",
     "impl{1} for A\n  const B [body]\n"},
    {E(MISSING_STATIC_TYPE), "static mut A = 1;", 2, 13, "", "static A [body mut]\n"},
    {E(MISSING_TRAIT), "impl for A {}", 2, 5, " ", "impl{0} for A\n"},
    {E(MISSING_TRAIT), "impl<T>for A<T> where T: B {}", 2, 8, "", "impl<1>{0} for A<T> [where]\n"},
    {E(MISSING_TRAIT), "unsafe impl const for A { fn b() {} }", 2, 18, " ",
     "impl{1} for A [const unsafe]\n  fn b(0) [body]\n"},
    {E(MISSING_TRAIT), "impl ! for A {}", 2, 7, " ", "impl{0} for A [neg]\n"},
    {E(DANGLING_ATTR), "struct A { b: u8, /// c\n}", 2, 19, "/// c",
     "struct A{1}\n  field b: u8\n"},
    {E(CRATE_NAME_DASH), "extern crate a-b;", 2, 14, "a-b", "extern_crate a-b of a\n"},
    /* From the lexer. */
    {E(UNKNOWN_TOKEN), "`", 2, 1, "`", ""},
    {E(UNKNOWN_TOKEN), "\xC2\xA4", 2, 1, "\xC2\xA4", ""},
    {E(UNTERMINATED_CHAR), "'\n", 2, 1, "'", ""},
#undef E
};

static void each_error_stands_where_rustc_says(void **state)
{
    (void)state;
    unsigned nwrong = 0;
    for (size_t i = 0; i < sizeof(error_cases) / sizeof(error_cases[0]); i++) {
        const struct error_case *c = &error_cases[i];
        char source[500], expected[500];
        struct parsed parsed;
        struct rendering actual;
        snprintf(source, sizeof(source), "fn before() {}\n%s\nfn after() {}\n", c->source);
        snprintf(expected, sizeof(expected),
                 "fn before(0) [body]\n%sfn after(0) [body]\n! %s %u:%u%s%s\n", c->items,
                 rsl_source_error_name(c->code), (unsigned)c->line, (unsigned)c->column,
                 c->text[0] ? " " : "", c->text);
        parse_text(&parsed, source);
        render_outline(&actual, &parsed);
        if (strcmp(actual.text, expected) != 0) {
            fprintf(stderr, "source:\n%sexpected:\n%sactual:\n%s\n", source, expected, actual.text);
            nwrong++;
        }
        parsed_fini(&parsed);
    }
    assert_int_equal(nwrong, 0);
}

/* A type with a block in a length in a block ..., deeper than the parser follows. */
static void too_deeply_nested_blocks_are_reported(void **state)
{
    (void)state;
    char source[8000] = "fn before() {}\nfn a() -> ";
    for (int i = 0; i < 200; i++) {
        strcat(source, "[u8; { const A: ");
    }
    strcat(source, "u8 = 1;");
    for (int i = 0; i < 200; i++) {
        strcat(source, i < 199 ? "1 }] = 1;" : "1 }]");
    }
    strcat(source, " {}\nfn after() {}\n");
    struct parsed parsed;
    parse_text(&parsed, source);
    bool reported = false;
    for (uint32_t i = 0; i < parsed.file.nerrors; i++) {
        const struct rsl_source_error *error = &parsed.file.errors[i];
        if (error->code == RSL_SOURCE_ERROR_NESTED_TOO_DEEPLY) {
            assert_int_equal(source[error->off], '{');
            reported = true;
        }
    }
    assert_true(reported);
    assert_non_null(find_item(&parsed, RSL_ITEM_FN, "before"));
    assert_non_null(find_item(&parsed, RSL_ITEM_FN, "after"));
    parsed_fini(&parsed);
}

static void every_code_of_the_parser_has_a_case(void **state)
{
    (void)state;
    bool seen[RSL_SOURCE_ERROR_COUNT] = {false};
    seen[RSL_SOURCE_ERROR_NESTED_TOO_DEEPLY] = true; /* above */
    for (size_t i = 0; i < sizeof(error_cases) / sizeof(error_cases[0]); i++) {
        seen[error_cases[i].code] = true;
    }
    for (unsigned code = RSL_SOURCE_ERROR_UNCLOSED_DELIMITER; code < RSL_SOURCE_ERROR_COUNT;
         code++) {
        if (!seen[code]) {
            fail_msg("no case for %s", rsl_source_error_name((uint16_t)code));
        }
    }
}

/* ---- what an error leaves of the rest ---- */

static void an_unclosed_brace_costs_one_function(void **state)
{
    (void)state;
    check_outline("fn a() {\n"
                  "    if b {\n"
                  "        c();\n"
                  "}\n"
                  "\n"
                  "/// doc\n"
                  "#[d]\n"
                  "pub fn e() { fn f() {} }\n"
                  "impl G {\n"
                  "    fn h() {}\n"
                  "}\n",
                  "fn a(0) [body]\n"
                  "fn e(0) pub [body]\n"
                  "  fn f(0) [body]\n"
                  "impl{1} for G\n"
                  "  fn h(0) [body]\n"
                  "! UNCLOSED_DELIMITER 1:8 {\n");
}

static void an_unclosed_method_costs_one_method(void **state)
{
    (void)state;
    check_outline("impl A {\n"
                  "    fn b() {\n"
                  "        match c {\n"
                  "            d => {\n"
                  "        }\n"
                  "    }\n"
                  "\n"
                  "    fn e() {}\n"
                  "    const F: u8 = 1;\n"
                  "}\n"
                  "mod g {\n"
                  "    struct H {\n"
                  "        i: u8,\n"
                  "    fn j() {}\n"
                  "}\n"
                  "fn k() {}\n",
                  "impl{3} for A\n"
                  "  fn b(0) [body]\n"
                  "  fn e(0) [body]\n"
                  "  const F: u8 [body]\n"
                  "mod g{1} [inline]\n"
                  "  fn j(0) [body]\n"
                  "fn k(0) [body]\n"
                  "! UNCLOSED_DELIMITER 2:12 {\n"
                  "! EXPECTED_NAME 14:5 fn\n");
}

static void an_unclosed_module_costs_nothing(void **state)
{
    (void)state;
    check_outline("mod a {\n"
                  "    fn b() {}\n"
                  "    mod c {\n"
                  "        fn d() {}\n"
                  "\n"
                  "    fn e() {}\n"
                  "}\n"
                  "fn f() {}\n",
                  "mod a{3} [inline]\n"
                  "  fn b(0) [body]\n"
                  "  mod c{1} [inline]\n"
                  "    fn d(0) [body]\n"
                  "  fn e(0) [body]\n"
                  "fn f(0) [body]\n"
                  "! UNCLOSED_DELIMITER 3:11 {\n");
}

static void a_brace_too_many_costs_nothing(void **state)
{
    (void)state;
    check_outline("impl A {\n"
                  "    fn b() {\n"
                  "    }\n"
                  "    }\n"
                  "    fn c(&self) {}\n"
                  "}\n"
                  "fn d() {}\n"
                  "}\n"
                  "struct E;\n",
                  "impl{1} for A\n"
                  "  fn b(0) [body]\n"
                  "fn c(1) [body self]\n"
                  "fn d(0) [body]\n"
                  "struct E\n"
                  "! UNEXPECTED_CLOSE 6:1 }\n"
                  "! UNEXPECTED_CLOSE 8:1 }\n");
}

static void unclosed_parentheses_cost_one_function(void **state)
{
    (void)state;
    check_outline("fn a() {\n"
                  "    b(c, [d;\n"
                  "}\n"
                  "fn e() {}\n"
                  "fn f(\n"
                  "fn g() {}\n"
                  "m!(\n"
                  "fn h() {}\n",
                  "fn a(0) [body]\n"
                  "fn e(0) [body]\n"
                  "fn g(0) [body]\n"
                  "fn h(0) [body]\n"
                  "! MISMATCHED_DELIMITER 3:1 }\n"
                  "! EXPECTED_PARAMS_END 6:4 g\n"
                  "! UNCLOSED_DELIMITER 7:3 (\n");
}

static void literals_and_comments_that_do_not_end(void **state)
{
    (void)state;
    static const struct {
        const char *literal;
        const char *code;
    } cases[] = {
        {"\"", "UNTERMINATED_STRING"},
        {"b\"", "UNTERMINATED_BYTE_STRING"},
        {"c\"", "UNTERMINATED_C_STRING"},
        {"r#\"", "UNTERMINATED_RAW_STRING"},
        {"br##\"#", "UNTERMINATED_RAW_STRING"},
        {"/*", "UNTERMINATED_BLOCK_COMMENT"},
        {"/* /* */", "UNTERMINATED_BLOCK_COMMENT"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        static const char *const places[] = {
            "fn before() {}\nfn a() {\n    %s x\n}\nfn after() {}\n",
            "fn before() {}\nconst A: u8 = %s x;\nfn after() {}\n",
            "fn before() {}\nmod m {\n    fn a() { %s x }\n}\nfn after() {}\n",
            "fn before() {}\n#[a = %s x]\nfn after() {}\n",
            "fn before() {}\nm! { %s x }\nfn after() {}\n",
            "fn before() {}\n%s x\nfn after() {}\n",
        };
        for (size_t k = 0; k < sizeof(places) / sizeof(places[0]); k++) {
            char source[200];
            snprintf(source, sizeof(source), places[k], cases[i].literal);
            struct parsed parsed;
            parse_text(&parsed, source);
            uint32_t off = (uint32_t)(strstr(source, cases[i].literal) - source);
            off += cases[i].literal[1] == '"'; /* the prefix is not underlined, but for raw ones */
            bool reported = false;
            for (uint32_t e = 0; e < parsed.file.nerrors; e++) {
                const struct rsl_source_error *error = &parsed.file.errors[e];
                reported |= error->off == off &&
                            strcmp(rsl_source_error_name(error->code), cases[i].code) == 0;
            }
            if (!reported) {
                fail_msg("no %s at %u in:\n%s", cases[i].code, (unsigned)off, source);
            }
            assert_non_null(find_item(&parsed, RSL_ITEM_FN, "before"));
            /* What the literal swallows cannot be told from its inside; where it stands in a body,
             * the lines that begin with an item show that it must have ended. */
            if (k == 0 || k == 2) {
                if (!find_item(&parsed, RSL_ITEM_FN, "after")) {
                    fail_msg("after is lost in:\n%s", source);
                }
            }
            parsed_fini(&parsed);
        }
    }
}

static void unterminated_strings_cost_their_functions_only(void **state)
{
    (void)state;
    check_outline("fn a() { b(\"c); }\n"
                  "fn d() {}\n"
                  "impl E {\n"
                  "    fn f() {\n"
                  "        g(h);\n"
                  "    }\n"
                  "    fn i() { 'j'; }\n"
                  "}\n",
                  "fn a(0) [body]\n"
                  "fn d(0) [body]\n"
                  "impl{2} for E\n"
                  "  fn f(0) [body]\n"
                  "  fn i(0) [body]\n"
                  "! UNTERMINATED_STRING 1:12 \"c); }\\nfn d() {}\\nimpl E {\\n"
                  "    fn f() {\\n        g(h);\\n    }\\n    fn i() { 'j'; }\\n}\\n\n");
}

/* Bytes that are no text: reported once, at the first; everything else is read. */
static void bytes_that_are_not_utf8(void **state)
{
    (void)state;
    check_outline("fn a() { \"\xFF\"; }\nfn b() {} // \xC3\nfn c() { fn d() {} }\n",
                  "fn a(0) [body]\n"
                  "fn b(0) [body]\n"
                  "fn c(0) [body]\n"
                  "  fn d(0) [body]\n"
                  "! NOT_UTF8 1:11 \xFF\n");
    check_outline("fn a() {}\n\xFF\nfn b() {}\n", "fn a(0) [body]\n"
                                                  "fn b(0) [body]\n"
                                                  "! NOT_UTF8 2:1 \xFF\n");
    check_outline("fn a\xFF() {}\nfn b() {}\n", "fn b(0) [body]\n! NOT_UTF8 1:5 \xFF\n");
    check_outline("/// \xED\xA0\x80\nfn a() {}\n", "fn a(0) [body]\n! NOT_UTF8 1:5 \xED\n");
}

static void nul_bytes(void **state)
{
    (void)state;
    static const char source[] = "fn a() { \"\0\"; }\n"
                                 "fn b() {} // \0\n"
                                 "/// \0\n"
                                 "fn c(d: /* \0 */ u8) {}\n"
                                 "\0\n"
                                 "fn e() { \0 fn f() {} ; fn g() {} }\n"
                                 "struct H { i: u8, \0 }\n"
                                 "fn j() {}\0";
    struct parsed parsed;
    struct rendering actual;
    parse_bytes(&parsed, source, sizeof(source) - 1);
    render_outline(&actual, &parsed);
    static const char *const names[] = {"a", "b", "c", "e", "g", "j"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (!find_item(&parsed, RSL_ITEM_FN, names[i])) {
            fail_msg("%s is lost:\n%s", names[i], actual.text);
        }
    }
    /* Reported outside of literals and comments only, as rustc does. */
    static const char *const around[] = {"\n\0\n", "{ \0 ", ", \0 ", "}\0"};
    assert_true(parsed.file.nerrors >= 4);
    for (size_t i = 0; i < 4; i++) {
        const size_t length = i == 0 ? 3 : i == 3 ? 2 : 4;
        const uint8_t *found = NULL;
        for (size_t at = 0; at + length <= parsed.nbytes; at++) {
            if (memcmp(parsed.src + at, around[i], length) == 0) {
                found = parsed.src + at + strlen(around[i]);
            }
        }
        assert_non_null(found);
        bool reported = false;
        for (uint32_t e = 0; e < parsed.file.nerrors; e++) {
            reported |= parsed.file.errors[e].off == (uint32_t)(found - parsed.src);
        }
        if (!reported) {
            fail_msg("NUL %zu is not reported:\n%s", i, actual.text);
        }
    }
    parsed_fini(&parsed);
}

static void carriage_returns(void **state)
{
    (void)state;
    /* White space to Rust where it is not in a literal or a doc comment. */
    check_outline("fn a() {}\rfn b() {}\r\nfn\rc() {\r}\r", "fn a(0) [body]\n"
                                                            "fn b(0) [body]\n"
                                                            "fn c(0) [body]\n");
    check_outline("// a\rfn b() {}\nfn c() {}\n", "fn c(0) [body]\n");
}

static void messages_are_rustcs(void **state)
{
    (void)state;
    assert_string_equal(rsl_source_error_message(RSL_SOURCE_ERROR_UNCLOSED_DELIMITER),
                        "this file contains an unclosed delimiter");
    assert_string_equal(rsl_source_error_message(RSL_SOURCE_ERROR_EXPECTED_NAME),
                        "expected identifier");
    assert_string_equal(rsl_source_error_rustc_code(RSL_SOURCE_ERROR_UNTERMINATED_STRING), "E0765");
}

/* The code and the place are the lexer's, and the open braces before it are no news. */
static void a_byte_string_that_does_not_end_is_the_only_error(void **state)
{
    (void)state;
    check_outline("mod a {\n    fn b() { c(b\"d); }\n}\nfn e() {}\n",
                  "mod a{1} [inline]\n"
                  "  fn b(0) [body]\n"
                  "fn e(0) [body]\n"
                  "! UNTERMINATED_BYTE_STRING 2:17 \"d); }\\n}\\nfn e() {}\\n\n");
    check_outline("impl a {\n    fn b() { m!(c\"d); }\n}\nfn e() {}\n",
                  "impl{1} for a\n"
                  "  fn b(0) [body]\n"
                  "fn e(0) [body]\n"
                  "! UNTERMINATED_C_STRING 2:18 \"d); }\\n}\\nfn e() {}\\n\n");
    check_outline("fn a() { /* b }\nfn e(f: u8) {}\n",
                  "fn a(0) [body]\n"
                  "fn e(1) [body]\n"
                  "! UNTERMINATED_BLOCK_COMMENT 1:10 /* b }\\nfn e(f: u8) {}\\n\n");
}

static void attributes_and_calls_left_open_swallowed_the_next_items(void **state)
{
    (void)state;
    check_outline("/// doc\n"
                  "#[derive(A, B\n"
                  "struct C { d: u8 }\n"
                  "impl E {\n"
                  "    #[f(\n"
                  "    fn g() {}\n"
                  "}\n"
                  "m! { n! (\n"
                  "fn k() {}\n",
                  "struct C{1}\n"
                  "  field d: u8\n"
                  "impl{1} for E\n"
                  "  fn g(0) [body]\n"
                  "fn k(0) [body]\n"
                  "! MISMATCHED_DELIMITER 7:1 }\n"
                  "! UNCLOSED_DELIMITER 8:4 {\n");
}

static void broken_items_of_every_kind_keep_their_neighbours(void **state)
{
    (void)state;
    static const char *const broken[] = {
        "struct",
        "fn",
        "static",
        "extern crate",
        "use",
        "macro m",
        "impl",
        "trait",
        "enum",
        "union a",
        "type",
        "const A",
        "mod",
        "macro_rules! a",
        "reuse a",
        "m!",
        "struct A {",
        "enum A {",
        "enum A { B(",
        "use a::{b",
        "trait A { fn b(",
        "struct A<T",
        "fn a<T",
        "fn a(",
        "fn a(b: u8",
        "fn a() where",
        "fn a() -> Vec<",
        "impl A for",
        "impl<T> A<T",
        "static A: [u8; ",
        "static A: [u8; { ",
        "const A: u8 = (",
        "const A: u8 = {",
        "type A = ",
        "type A",
        "extern crate a as",
        "use a as",
        "mod a",
        "fn a() { if b {",
        "fn a() { (",
        "fn a() { m!(",
        "fn a() { m! { {",
        "enum A { B = {",
        "enum A { B { c: ",
        "struct A { b: [u8; ",
        "struct A { b: u8 = ",
        "#[a",
        "#[a(",
        "macro a(",
        "macro a {",
        "reuse a::{",
        "reuse a::b {",
        "extern \"C\" { fn a(",
        "impl A { fn b() {",
        "mod a { mod b { fn c() {",
        "fn a() -> [u8; { fn b() {",
        "@",
        "a b c",
        "-> u8 {}",
        "fn fn fn",
        "} } }",
        ") ] }",
        "{",
        "(",
        "[",
        "<",
        "a! (]",
    };
    unsigned nwrong = 0;
    for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        char source[300];
        struct parsed parsed;
        struct rendering actual;
        snprintf(source, sizeof(source),
                 "struct Before;\nfn before() { one(); }\n%s\n\nfn after() { two(); }\n"
                 "impl After { fn inner() {} }\n",
                 broken[i]);
        parse_text(&parsed, source);
        render_outline(&actual, &parsed);
        if (parsed.file.nerrors == 0 || !find_item(&parsed, RSL_ITEM_STRUCT, "Before") ||
            !find_item(&parsed, RSL_ITEM_FN, "before") ||
            !find_item(&parsed, RSL_ITEM_FN, "after") ||
            !find_item(&parsed, RSL_ITEM_FN, "inner")) {
            fprintf(stderr, "source:\n%sactual:\n%s\n", source, actual.text);
            nwrong++;
        }
        parsed_fini(&parsed);
    }
    assert_int_equal(nwrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_error_stands_where_rustc_says),
        cmocka_unit_test(too_deeply_nested_blocks_are_reported),
        cmocka_unit_test(every_code_of_the_parser_has_a_case),
        cmocka_unit_test(an_unclosed_brace_costs_one_function),
        cmocka_unit_test(an_unclosed_method_costs_one_method),
        cmocka_unit_test(an_unclosed_module_costs_nothing),
        cmocka_unit_test(a_brace_too_many_costs_nothing),
        cmocka_unit_test(unclosed_parentheses_cost_one_function),
        cmocka_unit_test(literals_and_comments_that_do_not_end),
        cmocka_unit_test(unterminated_strings_cost_their_functions_only),
        cmocka_unit_test(bytes_that_are_not_utf8),
        cmocka_unit_test(nul_bytes),
        cmocka_unit_test(carriage_returns),
        cmocka_unit_test(messages_are_rustcs),
        cmocka_unit_test(a_byte_string_that_does_not_end_is_the_only_error),
        cmocka_unit_test(attributes_and_calls_left_open_swallowed_the_next_items),
        cmocka_unit_test(broken_items_of_every_kind_keep_their_neighbours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
