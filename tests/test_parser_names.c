/* Words that are keywords in some places, or in some edition, and names elsewhere. */
#include "tests/parser_testing.h"

/* Every word that can be a name somewhere. */
static const char *const words[] = {
    "union",
    "auto",
    "default",
    "safe",
    "gen",
    "raw",
    "try",
    "dyn",
    "async",
    "macro_rules",
    "await",
    "reuse",
    "pin",
    "catch",
    "yeet",
    "builtin",
    "contract_requires",
    "contract_ensures",
    /* Only raw. */
    "r#fn",
    "r#impl",
    "r#use",
    "r#struct",
    "r#macro",
    "r#abstract",
    "r#type",
    "r#const",
    /* Not keywords at all. */
    "fnord",
    "implement",
    "useful",
    "enums",
    "modern",
    "r",
    "b",
    "br",
    "c",
    "rb",
    "\xC3\xA9t\xC3\xA9",
    "_x",
    "__",
    "whereas",
    "format",
};

/* One line for each word: `source` with the word for each `@`. */
static void check_with_every_word(const char *source, const char *expected)
{
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        char text[2][2000];
        const char *const patterns[2] = {source, expected};
        for (int k = 0; k < 2; k++) {
            size_t n = 0;
            for (const char *p = patterns[k]; *p; p++) {
                int length =
                    snprintf(text[k] + n, sizeof(text[k]) - n, "%.*s",
                             *p == '@' ? (int)strlen(words[i]) : 1, *p == '@' ? words[i] : p);
                n += (size_t)length;
                assert_true(n < sizeof(text[k]));
            }
        }
        check_outline(text[0], text[1]);
    }
}

static void as_functions(void **state)
{
    (void)state;
    check_with_every_word("fn @() {}\npub const unsafe fn @<T>(a: T) -> T {}\nasync fn @() {}\n",
                          "fn @(0) [body]\n"
                          "fn @<1>(1) -> T pub [body const unsafe]\n"
                          "fn @(0) [async body]\n");
}

static void as_modules_and_types(void **state)
{
    (void)state;
    check_with_every_word("mod @ { fn f() {} }\nmod @;\nstruct @;\nstruct @ { @: u8, b: u8 }\n"
                          "enum @ { @, B { @: u8 }, C }\ntrait @ {}\nunion @ { @: u8 }\n"
                          "type @ = u8;\ntrait @ = A;\n",
                          "mod @{1} [inline]\n"
                          "  fn f(0) [body]\n"
                          "mod @\n"
                          "struct @\n"
                          "struct @{2}\n"
                          "  field @: u8\n"
                          "  field b: u8\n"
                          "enum @{3}\n"
                          "  variant @\n"
                          "  variant B{1}\n"
                          "    field @: u8\n"
                          "  variant C\n"
                          "trait @{0}\n"
                          "union @{1}\n"
                          "  field @: u8\n"
                          "type @ = u8 [body]\n"
                          "trait_alias @ = A\n");
}

static void as_values(void **state)
{
    (void)state;
    check_with_every_word("static @: u8 = 1;\nconst A: u8 = @;\nstatic mut @: u8 = 1;\n"
                          "extern crate @;\nextern crate a as @;\n",
                          "static @: u8 [body]\n"
                          "const A: u8 [body]\n"
                          "static @: u8 [body mut]\n"
                          "extern_crate @ of @\n"
                          "extern_crate @ of a [rename]\n");
}

static void as_parameters_and_generics(void **state)
{
    (void)state;
    check_with_every_word("fn f<@>(@: @, b: @) -> @ {}\nstruct S<@: A, B = @>(@, B);\n"
                          "impl<@> A<@> for B<@> {}\n",
                          "fn f<1>(2) -> @ [body]\n"
                          "struct S<2>(2)\n"
                          "impl<1>{0} A<@> for B<@>\n");
}

static void as_paths(void **state)
{
    (void)state;
    check_with_every_word("use @;\nuse @::a;\nuse a::@::{self, @, b as @};\n"
                          "impl a::@ for @::b {}\nfn f(a: a::@, b: &@::c, c: @::<u8>) {}\n",
                          "use\n  use_leaf @ = @\n"
                          "use\n  use_leaf @::a = a\n"
                          "use\n"
                          "  use_leaf a::@::self = @ [self]\n"
                          "  use_leaf a::@::@ = @\n"
                          "  use_leaf a::@::b = @ [rename]\n"
                          "impl{0} a::@ for @::b\n"
                          "fn f(3) [body]\n");
}

static void as_macros(void **state)
{
    (void)state;
    check_with_every_word("macro_rules! @ { () => {} }\na::@! {}\n@::b!();\nmacro @() {}\n"
                          "fn f() { a!(b); }\n",
                          "macro_rules @ {\n"
                          "macro_call a::@! {\n"
                          "macro_call @::b! (\n"
                          "macro @ {\n"
                          "fn f(0) [body]\n");
}

static void as_variables_in_bodies(void **state)
{
    (void)state;
    check_with_every_word("fn f() {\n"
                          "    @ = 1;\n"
                          "    @();\n"
                          "    @.a;\n"
                          "    @[0];\n"
                          "    @ += 1;\n"
                          "    @::b();\n"
                          "    let @ = @;\n"
                          "    { @ }\n"
                          "    if @ { fn g() {} }\n"
                          "    @\n"
                          "}\n",
                          "fn f(0) [body]\n"
                          "  fn g(0) [body]\n");
}

static void as_lifetimes(void **state)
{
    (void)state;
    check_outline("fn a<'r#b, 'union, 'async>(c: &'union u8, d: &'r#b u8, e: &'async u8) {}\n"
                  "fn f() { 'r#g: loop {} 'default: {} 'auto: loop {} fn h() {} }\n",
                  "fn a<3>(3) [body]\n"
                  "fn f(0) [body]\n"
                  "  fn h(0) [body]\n");
}

static void union_is_a_keyword_before_a_name_only(void **state)
{
    (void)state;
    check_outline("union union { union: union }\n"
                  "fn a() { union b { c: u8 } union! {} union::d! {} union { e: 1 }; }\n"
                  "union! { f }\n"
                  "union::g!();\n",
                  "union union{1}\n"
                  "  field union: union\n"
                  "fn a(0) [body]\n"
                  "  union b{1}\n"
                  "    field c: u8\n"
                  "macro_call union! {\n"
                  "macro_call union::g! (\n");
}

static void modifiers_are_names_when_no_item_follows(void **state)
{
    (void)state;
    check_outline(
        "auto!();\ndefault! {}\nsafe! [];\nreuse!();\nmacro_rules!();\ngen!();\nasync!();\n"
        "auto::a!();\ndefault::b! {}\nmacro_rules::c! {}\n"
        "impl d { default! {} default fn default() {} default const C: u8 = 1;\n"
        "         default type T = u8; default unsafe fn e() {} default async fn f() {} }\n",
        "macro_call auto! (\n"
        "macro_call default! {\n"
        "macro_call safe! [\n"
        "macro_call reuse! (\n"
        "macro_call macro_rules! (\n"
        "macro_call gen! (\n"
        "macro_call async! (\n"
        "macro_call auto::a! (\n"
        "macro_call default::b! {\n"
        "macro_call macro_rules::c! {\n"
        "impl{6} for d\n"
        "  macro_call default! {\n"
        "  fn default(0) [body default]\n"
        "  const C: u8 [body default]\n"
        "  type T = u8 [body default]\n"
        "  fn e(0) [body default unsafe]\n"
        "  fn f(0) [async body default]\n");
}

static void macro_rules_may_be_a_macros_name(void **state)
{
    (void)state;
    check_outline("macro_rules! macro_rules { () => {} }\n"
                  "macro_rules! { a }\n"
                  "macro_rules ! b { () => {} }\n"
                  "macro_rules /* c */ ! // d\n e /* f */ { () => {} }\n",
                  "macro_rules macro_rules {\n"
                  "macro_call macro_rules! {\n"
                  "macro_rules b {\n"
                  "macro_rules e {\n");
}

static void dyn_async_and_try_in_edition_2015(void **state)
{
    (void)state;
    check_outline("fn a(dyn: dyn, b: dyn::C, c: Box<dyn>) -> dyn {}\n"
                  "fn d() { dyn; async; try!(e); let f = dyn + 1; async(g); }\n"
                  "mod async { mod dyn {} }\n"
                  "struct H { async: async, await: await::I }\n"
                  "fn j<T: K>(l: dyn (K) + Send) where T: (K) {}\n",
                  "fn a(3) -> dyn [body]\n"
                  "fn d(0) [body]\n"
                  "mod async{1} [inline]\n"
                  "  mod dyn{0} [inline]\n"
                  "struct H{2}\n"
                  "  field async: async\n"
                  "  field await: await::I\n"
                  "fn j<1>(1) [body where]\n");
}

static void raw_names_in_a_delegation_were_an_error(void **state)
{
    (void)state;
    check_outline("reuse r#a;\n"
                  "reuse b::r#c;\n"
                  "reuse r#d::<u8> as r#e { self }\n"
                  "reuse <r#f as g>::r#h;\n"
                  "reuse i::{r#j, k as r#l};\n"
                  "fn m() { reuse r#n::o; }\n",
                  "delegation r#a of r#a\n"
                  "delegation r#c of b::r#c\n"
                  "delegation r#e of r#d::<u8> [body rename]\n"
                  "delegation r#h of <r#f as g>::r#h\n"
                  "delegation of i::{r#j, k as r#l}\n"
                  "fn m(0) [body]\n"
                  "  delegation o of r#n::o\n");
}

/* `gen` is a name before edition 2024, the others before 2018. */
static void items_in_bodies_named_by_later_keywords_were_lost(void **state)
{
    (void)state;
    check_outline("fn a() {\n"
                  "    union gen { b: u8 }\n"
                  "    union async { c: u8 }\n"
                  "    macro dyn() {}\n"
                  "    macro try { () => {} }\n"
                  "    reuse await::d;\n"
                  "}\n",
                  "fn a(0) [body]\n"
                  "  union gen{1}\n"
                  "    field b: u8\n"
                  "  union async{1}\n"
                  "    field c: u8\n"
                  "  macro dyn {\n"
                  "  macro try {\n"
                  "  delegation d of await::d\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_functions),
        cmocka_unit_test(as_modules_and_types),
        cmocka_unit_test(as_values),
        cmocka_unit_test(as_parameters_and_generics),
        cmocka_unit_test(as_paths),
        cmocka_unit_test(as_macros),
        cmocka_unit_test(as_variables_in_bodies),
        cmocka_unit_test(as_lifetimes),
        cmocka_unit_test(union_is_a_keyword_before_a_name_only),
        cmocka_unit_test(modifiers_are_names_when_no_item_follows),
        cmocka_unit_test(macro_rules_may_be_a_macros_name),
        cmocka_unit_test(dyn_async_and_try_in_edition_2015),
        cmocka_unit_test(raw_names_in_a_delegation_were_an_error),
        cmocka_unit_test(items_in_bodies_named_by_later_keywords_were_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
