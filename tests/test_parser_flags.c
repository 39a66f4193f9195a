/* Flags, visibilities and contexts: each of them by name. */
#include "tests/parser_testing.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* The flags of the item called `x`, or of the only item that has no name. */
static const struct flag_case {
    uint32_t flags;
    enum rsl_item_kind kind;
    const char *source;
} flag_cases[] = {
    {RSL_FLAG_ASYNC | RSL_FLAG_BODY, RSL_ITEM_FN, "async fn x() {}"},
    {RSL_FLAG_AUTO, RSL_ITEM_TRAIT, "auto trait x {}"},
    {RSL_FLAG_BODY, RSL_ITEM_FN, "fn x() {}"},
    {RSL_FLAG_BODY, RSL_ITEM_CONST, "const x: u8 = 0;"},
    {RSL_FLAG_BODY, RSL_ITEM_STATIC, "static x: u8 = 0;"},
    {RSL_FLAG_BODY, RSL_ITEM_TYPE, "type x = u8;"},
    {RSL_FLAG_BODY, RSL_ITEM_DELEGATION, "reuse a::x { b }"},
    {RSL_FLAG_CONST | RSL_FLAG_BODY, RSL_ITEM_FN, "const fn x() {}"},
    {RSL_FLAG_CONST, RSL_ITEM_TRAIT, "const trait x {}"},
    {RSL_FLAG_CONST, RSL_ITEM_IMPL, "const impl x {}"},
    {RSL_FLAG_CONST, RSL_ITEM_IMPL, "impl const A for x {}"},
    {RSL_FLAG_CONST | RSL_FLAG_UNSAFE | RSL_FLAG_AUTO, RSL_ITEM_TRAIT,
     "const unsafe auto trait x {}"},
    {RSL_FLAG_DEFAULT | RSL_FLAG_BODY, RSL_ITEM_FN, "impl A for B { default fn x() {} }"},
    {RSL_FLAG_DEFAULT, RSL_ITEM_IMPL, "default impl x {}"},
    {RSL_FLAG_DEFAULT, RSL_ITEM_FIELD, "struct A { x: u8 = 1 }"},
    {RSL_FLAG_DISCRIMINANT, RSL_ITEM_VARIANT, "enum A { x = 1 }"},
    {RSL_FLAG_DISCRIMINANT, RSL_ITEM_VARIANT, "enum A { x() = 1 }"},
    {RSL_FLAG_DISCRIMINANT, RSL_ITEM_VARIANT, "enum A { x {} = 1 }"},
    {RSL_FLAG_GEN | RSL_FLAG_BODY, RSL_ITEM_FN, "gen fn x() {}"},
    {RSL_FLAG_ASYNC | RSL_FLAG_GEN | RSL_FLAG_BODY, RSL_ITEM_FN, "async gen fn x() {}"},
    {RSL_FLAG_GLOB, RSL_ITEM_USE_LEAF, "use a::*;"},
    {RSL_FLAG_GLOB, RSL_ITEM_USE_LEAF, "use *;"},
    {RSL_FLAG_GLOB, RSL_ITEM_DELEGATION, "reuse a::*;"},
    {RSL_FLAG_INLINE, RSL_ITEM_MOD, "mod x {}"},
    {RSL_FLAG_MUT, RSL_ITEM_STATIC, "extern { static mut x: u8; }"},
    {RSL_FLAG_MUT | RSL_FLAG_BODY, RSL_ITEM_STATIC, "static mut x: u8 = 0;"},
    {RSL_FLAG_NEG, RSL_ITEM_IMPL, "impl !A for x {}"},
    {RSL_FLAG_NEG | RSL_FLAG_UNSAFE, RSL_ITEM_IMPL, "unsafe impl<T> !A for x<T> {}"},
    {RSL_FLAG_RENAME, RSL_ITEM_USE_LEAF, "use a as x;"},
    {RSL_FLAG_RENAME, RSL_ITEM_USE_LEAF, "use a as _;"},
    {RSL_FLAG_RENAME, RSL_ITEM_EXTERN_CRATE, "extern crate a as x;"},
    {RSL_FLAG_RENAME, RSL_ITEM_DELEGATION, "reuse a::b as x;"},
    {RSL_FLAG_SAFE, RSL_ITEM_FN, "unsafe extern { safe fn x(); }"},
    {RSL_FLAG_SAFE, RSL_ITEM_STATIC, "unsafe extern { safe static x: u8; }"},
    {RSL_FLAG_SELF, RSL_ITEM_FN, "trait A { fn x(self); }"},
    {RSL_FLAG_SELF, RSL_ITEM_FN, "trait A { fn x(mut self); }"},
    {RSL_FLAG_SELF, RSL_ITEM_FN, "trait A { fn x(&self); }"},
    {RSL_FLAG_SELF, RSL_ITEM_FN, "trait A { fn x(& /* c */ mut self,); }"},
    {RSL_FLAG_SELF, RSL_ITEM_FN, "trait A { fn x(&'a self, b: u8); }"},
    {RSL_FLAG_SELF, RSL_ITEM_FN, "trait A { fn x(&'a mut self); }"},
    {RSL_FLAG_SELF, RSL_ITEM_FN, "trait A { fn x(self: Box<Self>); }"},
    {RSL_FLAG_SELF, RSL_ITEM_FN, "trait A { fn x(mut self: A); }"},
    {RSL_FLAG_SELF, RSL_ITEM_FN, "trait A { fn x(#[a] /** b */ &self); }"},
    {RSL_FLAG_SELF, RSL_ITEM_FN, "trait A { fn x(&pin mut self); }"},
    {RSL_FLAG_SELF, RSL_ITEM_FN, "trait A { fn x(&'a pin const self); }"},
    {0, RSL_ITEM_FN, "trait A { fn x(a: &Self); }"},
    {0, RSL_ITEM_FN, "trait A { fn x(self::B: self::B); }"},
    {0, RSL_ITEM_FN, "trait A { fn x(a: u8, b: fn(&self::B)); }"},
    {RSL_FLAG_SELF, RSL_ITEM_USE_LEAF, "use a::x::{self};"},
    {0, RSL_ITEM_USE_LEAF, "use a::x::self;"},
    {RSL_FLAG_SELF | RSL_FLAG_RENAME, RSL_ITEM_USE_LEAF, "use a::{self as x};"},
    {RSL_FLAG_UNSAFE | RSL_FLAG_BODY, RSL_ITEM_FN, "unsafe fn x() {}"},
    {RSL_FLAG_UNSAFE, RSL_ITEM_TRAIT, "unsafe trait x {}"},
    {RSL_FLAG_UNSAFE, RSL_ITEM_IMPL, "unsafe impl A for x {}"},
    {RSL_FLAG_UNSAFE, RSL_ITEM_FOREIGN_MOD, "unsafe extern {}"},
    {RSL_FLAG_UNSAFE | RSL_FLAG_INLINE, RSL_ITEM_MOD, "unsafe mod x {}"},
    {RSL_FLAG_UNSAFE, RSL_ITEM_STATIC, "unsafe extern { unsafe static x: u8; }"},
    {RSL_FLAG_UNSAFE, RSL_ITEM_FIELD, "struct A { unsafe x: u8 }"},
    {RSL_FLAG_VARIADIC, RSL_ITEM_FN, "extern { fn x(a: u8, ...); }"},
    {RSL_FLAG_VARIADIC, RSL_ITEM_FN, "extern { fn x(...,); }"},
    {RSL_FLAG_VARIADIC | RSL_FLAG_UNSAFE | RSL_FLAG_BODY, RSL_ITEM_FN,
     "unsafe extern fn x(a: u8, mut b: ...) {}"},
    {0, RSL_ITEM_FN, "extern { fn x(a: unsafe extern fn(u8, ...)); }"},
    {RSL_FLAG_WHERE | RSL_FLAG_BODY, RSL_ITEM_FN, "fn x() where u8: Copy {}"},
    {RSL_FLAG_WHERE | RSL_FLAG_BODY, RSL_ITEM_FN, "fn x() where {}"},
    {RSL_FLAG_WHERE, RSL_ITEM_FN, "trait A { fn x() where Self: Copy; }"},
    {RSL_FLAG_WHERE, RSL_ITEM_STRUCT, "struct x where u8: Copy {}"},
    {RSL_FLAG_WHERE, RSL_ITEM_STRUCT, "struct x(u8) where u8: Copy;"},
    {RSL_FLAG_WHERE, RSL_ITEM_ENUM, "enum x where u8: Copy {}"},
    {RSL_FLAG_WHERE, RSL_ITEM_UNION, "union x where u8: Copy { a: u8 }"},
    {RSL_FLAG_WHERE, RSL_ITEM_TRAIT, "trait x where u8: Copy {}"},
    {RSL_FLAG_WHERE, RSL_ITEM_TRAIT_ALIAS, "trait x = where u8: Copy;"},
    {RSL_FLAG_WHERE, RSL_ITEM_IMPL, "impl x where u8: Copy {}"},
    {RSL_FLAG_WHERE, RSL_ITEM_IMPL, "impl A for x where {}"},
    {RSL_FLAG_WHERE | RSL_FLAG_BODY, RSL_ITEM_TYPE, "type x where u8: Copy = u8;"},
    {RSL_FLAG_WHERE | RSL_FLAG_BODY, RSL_ITEM_TYPE, "type x = u8 where u8: Copy;"},
    {RSL_FLAG_WHERE, RSL_ITEM_TYPE, "trait A { type x where Self: Copy; }"},
    {RSL_FLAG_WHERE | RSL_FLAG_BODY, RSL_ITEM_CONST, "const x: u8 = 1 where u8: Copy;"},
    {RSL_FLAG_BODY, RSL_ITEM_CONST, "const x: u8 = wherever + r#where;"},
    {RSL_FLAG_BODY, RSL_ITEM_CONST, "const x: u8 = { fn f() where u8: Copy {} 1 };"},
};

static void flags_are_exactly_these(void **state)
{
    (void)state;
    uint32_t seen = 0;
    for (size_t i = 0; i < LENGTH(flag_cases); i++) {
        struct parsed parsed;
        struct rendering errors = {.nbytes = 0};
        parse_text(&parsed, flag_cases[i].source);
        render_errors(&errors, &parsed);
        assert_same_text(flag_cases[i].source, errors.text, "");
        const struct rsl_item *item = find_item(&parsed, flag_cases[i].kind, "x");
        if (!item) {
            item = find_item(&parsed, flag_cases[i].kind, NULL);
        }
        if (!item || item->flags != flag_cases[i].flags) {
            fail_msg("flags are %#x, expected %#x, in: %s", item ? item->flags : 0,
                     flag_cases[i].flags, flag_cases[i].source);
        }
        seen |= item->flags;
        parsed_fini(&parsed);
    }
    assert_int_equal(seen, (1 << RSL_FLAG_COUNT) - 1); /* a case for each */
}

static void flag_names_are_sorted_as_records_print_them(void **state)
{
    (void)state;
    static const char *const names[] = {
        "async", "auto", "body",   "const",    "default", "discriminant",
        "gen",   "glob", "inline", "mut",      "neg",     "rename",
        "safe",  "self", "unsafe", "variadic", "where",
    };
    _Static_assert(LENGTH(names) == RSL_FLAG_COUNT, "a flag has no name");
    for (int bit = 0; bit < RSL_FLAG_COUNT; bit++) {
        assert_string_equal(rsl_item_flag_name((enum rsl_item_flag_bit)bit), names[bit]);
        if (bit > 0) {
            assert_true(strcmp(names[bit - 1], names[bit]) < 0);
        }
    }
    assert_string_equal(rsl_item_flag_name(RSL_FLAG_COUNT), "");
}

static void visibilities(void **state)
{
    (void)state;
    check_outline("fn a() {}\n"
                  "pub fn b() {}\n"
                  "pub(crate) fn c() {}\n"
                  "pub(self) fn d() {}\n"
                  "pub(super) fn e() {}\n"
                  "pub(in crate::g::r#h) fn f() {}\n"
                  "pub ( in self :: super ) fn g() {}\n"
                  "pub(in ::i) fn h() {}\n",
                  "fn a(0) [body]\n"
                  "fn b(0) pub [body]\n"
                  "fn c(0) pub(crate) [body]\n"
                  "fn d(0) pub(self) [body]\n"
                  "fn e(0) pub(super) [body]\n"
                  "fn f(0) pub(in crate::g::r#h) [body]\n"
                  "fn g(0) pub(in self :: super) [body]\n"
                  "fn h(0) pub(in ::i) [body]\n");
}

/* In a tuple field the parenthesis behind `pub` may be the field's type. */
static void visibility_or_tuple_type(void **state)
{
    (void)state;
    check_outline(
        "struct A(pub (crate::B, C), pub(crate) D, pub (E), pub(in f) G, pub (self::H));\n"
        "struct I { pub j: (crate::B,), pub(crate) k: u8, crate_: u8 }\n",
        "struct A(5)\n"
        "struct I{3}\n"
        "  field j: (crate::B,) pub\n"
        "  field k: u8 pub(crate)\n"
        "  field crate_: u8\n");
}

static void all_kinds_but_some_have_a_visibility(void **state)
{
    (void)state;
    check_outline("pub const A: u8 = 1; pub static B: u8 = 1; pub type C = u8; pub struct D;\n"
                  "pub enum E { F } pub union G { pub h: u8 } pub trait I {} pub trait J = K;\n"
                  "pub mod l; pub use m; pub extern crate n; pub macro o() {}\n"
                  "pub reuse p::q; pub impl R {}\n",
                  "const A: u8 pub [body]\n"
                  "static B: u8 pub [body]\n"
                  "type C = u8 pub [body]\n"
                  "struct D pub\n"
                  "enum E{1} pub\n"
                  "  variant F\n"
                  "union G{1} pub\n"
                  "  field h: u8 pub\n"
                  "trait I{0} pub\n"
                  "trait_alias J = K pub\n"
                  "mod l pub\n"
                  "use pub\n"
                  "  use_leaf m = m\n"
                  "extern_crate n of n pub\n"
                  "macro o { pub\n"
                  "delegation q of p::q pub\n"
                  "impl{0} for R pub\n");
    /* Where one is not allowed, the parser of rustc takes it all the same. */
    check_outline("pub extern \"C\" {}\nenum A { pub B, pub(crate) C }\npub m!();\n",
                  "foreign_mod{0} \"C\"\n"
                  "enum A{2}\n"
                  "  variant B\n"
                  "  variant C\n"
                  "macro_call m! (\n");
}

static void contexts(void **state)
{
    (void)state;
    static const char source[] = "fn in_file() { fn in_fn() {} }\n"
                                 "mod m { fn in_mod() {} }\n"
                                 "impl S { fn in_impl() {} }\n"
                                 "trait T { fn in_trait(); }\n"
                                 "extern { fn in_foreign(); }\n"
                                 "m! { fn in_macro() {} mod n { fn in_mod_in_macro() {} } }\n"
                                 "const C: u8 = { fn in_const() {} 1 };\n"
                                 "enum E { A = { fn in_discriminant() {} 1 } }\n"
                                 "struct U([u8; { fn in_field() {} 1 }]);\n"
                                 "type A = [u8; { fn in_type() {} 1 }];\n";
    static const struct {
        const char *name;
        enum rsl_context context;
        enum rsl_item_kind parent;
    } expected[] = {
        {"in_file", RSL_CTX_FILE, RSL_ITEM_KIND_COUNT},
        {"in_fn", RSL_CTX_BODY, RSL_ITEM_FN},
        {"in_mod", RSL_CTX_MOD, RSL_ITEM_MOD},
        {"in_impl", RSL_CTX_IMPL, RSL_ITEM_IMPL},
        {"in_trait", RSL_CTX_TRAIT, RSL_ITEM_TRAIT},
        {"in_foreign", RSL_CTX_FOREIGN, RSL_ITEM_FOREIGN_MOD},
        {"in_macro", RSL_CTX_MACRO, RSL_ITEM_MACRO_CALL},
        {"in_mod_in_macro", RSL_CTX_MOD, RSL_ITEM_MOD},
        {"in_const", RSL_CTX_BODY, RSL_ITEM_CONST},
        {"in_discriminant", RSL_CTX_BODY, RSL_ITEM_VARIANT},
        {"in_field", RSL_CTX_BODY, RSL_ITEM_STRUCT},
        {"in_type", RSL_CTX_BODY, RSL_ITEM_TYPE},
    };
    struct parsed parsed;
    parse_text(&parsed, source);
    assert_int_equal(parsed.file.nerrors, 0);
    uint32_t seen = 1 << RSL_CTX_NONE;
    for (size_t i = 0; i < LENGTH(expected); i++) {
        const struct rsl_item *item = find_item(&parsed, RSL_ITEM_FN, expected[i].name);
        if (!item) {
            fail_msg("%s not found", expected[i].name);
        }
        assert_int_equal(item->context, expected[i].context);
        assert_int_equal(item->parent == RSL_NONE ? (uint8_t)RSL_ITEM_KIND_COUNT
                                                  : parsed.file.items[item->parent].kind,
                         expected[i].parent);
        seen |= UINT32_C(1) << item->context;
    }
    assert_int_equal(seen, (1 << (RSL_CTX_MACRO + 1)) - 1); /* all of them */
    const struct rsl_item *member = find_item(&parsed, RSL_ITEM_VARIANT, "A");
    assert_int_equal(member->context, RSL_CTX_NONE);
    parsed_fini(&parsed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flags_are_exactly_these),
        cmocka_unit_test(flag_names_are_sorted_as_records_print_them),
        cmocka_unit_test(visibilities),
        cmocka_unit_test(visibility_or_tuple_type),
        cmocka_unit_test(all_kinds_but_some_have_a_visibility),
        cmocka_unit_test(contexts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
