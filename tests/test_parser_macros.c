/* Items in the arguments of macro calls: they are there if the arguments are nothing but items. */
#include "tests/parser_testing.h"

static void arguments_that_are_items(void **state)
{
    (void)state;
    check_outline(
        "m! { fn a() {} struct B; }\n"
        "m!(fn c() {});\n"
        "m![const D: u8 = 1;];\n"
        "m! { #[e] /// f\n pub static G: u8 = 1; use h::{i, j}; }\n"
        "m! { fn k() {} // end\n /* end */ }\n"
        "m! { //! inner\n #![inner] fn l() {} }\n"
        "m! { mod n { fn o() {} } impl P { fn q() {} } fn r() { fn s() {} } }\n"
        "m! { macro_rules! t { () => {} } u!(); }\n"
        "m! { pub reuse a::b; extern crate c; extern \"C\" { fn d(); } union E { f: u8 }\n"
        "     trait G = H; macro i() {} enum J { K = 1 } type L = u8; trait M { fn n(); } }\n",
        "macro_call m! {\n"
        "  fn a(0) [body]\n"
        "  struct B\n"
        "macro_call m! (\n"
        "  fn c(0) [body]\n"
        "macro_call m! [\n"
        "  const D: u8 [body]\n"
        "macro_call m! {\n"
        "  static G: u8 pub [body]\n"
        "  use\n"
        "    use_leaf h::i = i\n"
        "    use_leaf h::j = j\n"
        "macro_call m! {\n"
        "  fn k(0) [body]\n"
        "macro_call m! {\n"
        "  fn l(0) [body]\n"
        "macro_call m! {\n"
        "  mod n{1} [inline]\n"
        "    fn o(0) [body]\n"
        "  impl{1} for P\n"
        "    fn q(0) [body]\n"
        "  fn r(0) [body]\n"
        "    fn s(0) [body]\n"
        "macro_call m! {\n"
        "  macro_rules t {\n"
        "  macro_call u! (\n"
        "macro_call m! {\n"
        "  delegation b of a::b pub\n"
        "  extern_crate c of c\n"
        "  foreign_mod{1} \"C\"\n"
        "    fn d(0)\n"
        "  union E{1}\n"
        "    field f: u8\n"
        "  trait_alias G = H\n"
        "  macro i {\n"
        "  enum J{1}\n"
        "    variant K = 1 [discriminant]\n"
        "  type L = u8 [body]\n"
        "  trait M{1}\n"
        "    fn n(0)\n");
}

/* Whatever was read before it showed that the arguments are no items is taken back: items,
 * attributes, use prefixes, errors. */
static void arguments_that_are_not(void **state)
{
    (void)state;
    static const char *const arguments[] = {
        "",
        "1",
        "fn a() {} +",
        "fn a() {}; fn b() {}",
        "fn a() {} b",
        "#[a] #[b] use c::{d, e}; + f",
        "$a",
        "fn $a() {}",
        "fn a() -> $b {}",
        "struct A { $b: u8 }",
        "static ref A: u8 = 1;",
        "const A = 1;",
        "fn a(b) {}",
        "struct A { b: u8 = 1 }",
        "#[a]",
        "fn a() {} #[a]",
        "fn a() {} /// b\n",
        "use a::{b c};",
        "fn a() -> #[b] u8 {}",
        "enum A { B C }",
        "fn a",
        "let a = 1;",
        "a => b",
        "fn a() {}, fn b() {}",
        "pub",
        "impl A for",
    };
    for (size_t i = 0; i < sizeof(arguments) / sizeof(arguments[0]); i++) {
        char source[200];
        struct parsed parsed;
        struct rendering actual;
        snprintf(source, sizeof(source), "m! { %s }\nfn after() {}\n", arguments[i]);
        parse_text(&parsed, source);
        render_outline(&actual, &parsed);
        assert_same_text(source, actual.text, "macro_call m! {\nfn after(0) [body]\n");
        assert_int_equal(parsed.file.nattrs, 0);
        assert_int_equal(parsed.file.nuse_prefixes, 0);
        parsed_fini(&parsed);
    }
}

static void calls_in_calls(void **state)
{
    (void)state;
    check_outline("m! { n! { fn a() {} } o! { 1 } p! {} }\n"
                  "m! { mod q { r! { s! { fn t() {} } } } }\n"
                  "m! { fn u() { v!{ fn no() {} } w! x { fn y() {} } } }\n",
                  "macro_call m! {\n"
                  "  macro_call n! {\n"
                  "    fn a(0) [body]\n"
                  "  macro_call o! {\n"
                  "  macro_call p! {\n"
                  "macro_call m! {\n"
                  "  mod q{1} [inline]\n"
                  "    macro_call r! {\n"
                  "      macro_call s! {\n"
                  "        fn t(0) [body]\n"
                  "macro_call m! {\n"
                  "  fn u(0) [body]\n"
                  "    macro_call x w! {\n"
                  "      fn y(0) [body]\n");
}

static void calls_in_every_place_of_items(void **state)
{
    (void)state;
    check_outline("impl S { m! { fn a(&self) {} } n!(); }\n"
                  "trait T { m! { fn b(); } }\n"
                  "extern \"C\" { m! { fn c(); } }\n"
                  "mod u { m! { fn d() {} } }\n"
                  "fn e() { m! { fn no() {} } }\n"
                  "const F: u8 = { m! { fn no() {} } 1 };\n",
                  "impl{2} for S\n"
                  "  macro_call m! {\n"
                  "    fn a(1) [body self]\n"
                  "  macro_call n! (\n"
                  "trait T{1}\n"
                  "  macro_call m! {\n"
                  "    fn b(0)\n"
                  "foreign_mod{1} \"C\"\n"
                  "  macro_call m! {\n"
                  "    fn c(0)\n"
                  "mod u{1} [inline]\n"
                  "  macro_call m! {\n"
                  "    fn d(0) [body]\n"
                  "fn e(0) [body]\n"
                  "const F: u8 [body]\n");
}

static void definitions_are_never_looked_into(void **state)
{
    (void)state;
    check_outline("macro_rules! a { () => { fn b() {} } }\nmacro_rules! c { fn d() {} }\n"
                  "macro e() { fn f() {} }\nmacro g { () => { fn h() {} } }\n",
                  "macro_rules a {\n"
                  "macro_rules c {\n"
                  "macro e {\n"
                  "macro g {\n");
}

static void cfg_match_and_cfg_select(void **state)
{
    (void)state;
    check_outline(
        "cfg_match! {\n"
        "    cfg(any(a, b = \"}\")) => { fn c() {} }\n"
        "    cfg(d) => { mod e; use e as f; }\n"
        "    _ => { mod g; }\n"
        "}\n"
        "std::cfg_select! { all(a, b) => { fn h() {} }, c = \"=>\" => {} d => { struct I; }\n"
        "    _ => { fn j() {} }, }\n"
        "cfg_select! { true => { cfg_match! { cfg(a) => { fn k() {} } } } }\n",
        "macro_call cfg_match! {\n"
        "  fn c(0) [body]\n"
        "  mod e\n"
        "  use\n"
        "    use_leaf e = f [rename]\n"
        "  mod g\n"
        "macro_call std::cfg_select! {\n"
        "  fn h(0) [body]\n"
        "  struct I\n"
        "  fn j(0) [body]\n"
        "macro_call cfg_select! {\n"
        "  macro_call cfg_match! {\n"
        "    fn k(0) [body]\n");
    check_outline("cfg_match! { cfg(a) => { fn b() {} } _ => 1 }\n"
                  "cfg_match! { cfg(a) { fn b() {} } }\n"
                  "cfg_match! { cfg(a) => { fn b() {} } => {} }\n"
                  "cfg_select! { a = b => { fn b() {} } }\n"
                  "cfg_select! { a => { fn b() {} }\n _ }\n",
                  "macro_call cfg_match! {\n"
                  "macro_call cfg_match! {\n"
                  "macro_call cfg_match! {\n"
                  "macro_call cfg_select! {\n"
                  "macro_call cfg_select! {\n");
}

static void cfg_if(void **state)
{
    (void)state;
    check_outline("cfg_if! {\n"
                  "    if #[cfg(a)] { fn b() {} }\n"
                  "    else if #[cfg(all(c, d))] { mod e { fn f() {} } use g::h; }\n"
                  "    else { #[i] struct J; }\n"
                  "}\n"
                  "cfg_if::cfg_if!(if #[cfg(a)] { fn k() {} });\n"
                  "cfg_if! { if #[cfg(a)] {} else {} }\n"
                  "cfg_if! { if #[cfg(a)] { fn l() {} } if #[cfg(b)] { fn m() {} } else {} }\n"
                  "cfg_if! { fn n() {} }\n"
                  "cfg_if! { if #[cfg(a)] { cfg_if! { if #[cfg(b)] { fn o() {} } } } }\n",
                  "macro_call cfg_if! {\n"
                  "  fn b(0) [body]\n"
                  "  mod e{1} [inline]\n"
                  "    fn f(0) [body]\n"
                  "  use\n"
                  "    use_leaf g::h = h\n"
                  "  struct J\n"
                  "macro_call cfg_if::cfg_if! (\n"
                  "  fn k(0) [body]\n"
                  "macro_call cfg_if! {\n"
                  "macro_call cfg_if! {\n"
                  "  fn l(0) [body]\n"
                  "  fn m(0) [body]\n"
                  "macro_call cfg_if! {\n"
                  "  fn n(0) [body]\n"
                  "macro_call cfg_if! {\n"
                  "  macro_call cfg_if! {\n"
                  "    fn o(0) [body]\n");
    check_outline("cfg_if! { if #[cfg(a)] { 1 } else { fn b() {} } }\n"
                  "cfg_if! { if a { fn b() {} } }\n"
                  "cfg_if! { if #[cfg(a)] { fn b() {} } else c }\n"
                  "cfg_if! { if #[cfg(a)] { fn b() {} } fn d() {} }\n"
                  "my_cfg_if! { if #[cfg(a)] { fn b() {} } }\n",
                  "macro_call cfg_if! {\n"
                  "macro_call cfg_if! {\n"
                  "macro_call cfg_if! {\n"
                  "macro_call cfg_if! {\n"
                  "macro_call my_cfg_if! {\n");
}

/* Each level of calls reads its bytes once more, so there is a limit; what is deeper has no
 * records. */
static void calls_nested_without_end(void **state)
{
    (void)state;
    for (size_t depth = 1; depth < 40; depth++) {
        char source[400] = "";
        struct parsed parsed;
        for (size_t i = 0; i < depth; i++) {
            strcat(source, "m!{");
        }
        strcat(source, "fn f(){}");
        for (size_t i = 0; i < depth; i++) {
            strcat(source, "}");
        }
        strcat(source, "fn after(){}");
        parse_text(&parsed, source);
        assert_int_equal(parsed.file.nerrors, 0);
        assert_non_null(find_item(&parsed, RSL_ITEM_FN, "after"));
        bool found = find_item(&parsed, RSL_ITEM_FN, "f") != NULL;
        assert_int_equal(found, depth <= 16);
        assert_int_equal(parsed.file.nitems, depth <= 16 ? depth + 2 : 18);
        parsed_fini(&parsed);
    }
}

static void a_macros_arguments_may_hold_anything(void **state)
{
    (void)state;
    check_outline("m! { \"}\" '}' '\\'' r#\"}\"# /* } */ // }\n ( [ { } ] ) 'a => $($b:ty),* + }\n"
                  "m!( a { b ( ) } [ \")\" ] /* ) */ );\n"
                  "m![ ']' 1..2 'b: \"\\\"]\" ];\n"
                  "fn c() {}\n",
                  "macro_call m! {\n"
                  "macro_call m! (\n"
                  "macro_call m! [\n"
                  "fn c(0) [body]\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arguments_that_are_items),
        cmocka_unit_test(arguments_that_are_not),
        cmocka_unit_test(calls_in_calls),
        cmocka_unit_test(calls_in_every_place_of_items),
        cmocka_unit_test(definitions_are_never_looked_into),
        cmocka_unit_test(cfg_if),
        cmocka_unit_test(cfg_match_and_cfg_select),
        cmocka_unit_test(calls_nested_without_end),
        cmocka_unit_test(a_macros_arguments_may_hold_anything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
