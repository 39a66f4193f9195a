/* Newer syntax that rustc 1.95 parses, stable or not. */
#include "tests/parser_testing.h"

static void gen_functions_and_blocks(void **state)
{
    (void)state;
    check_outline("gen fn a() {}\nasync gen fn b() {}\npub gen unsafe fn c() {}\n"
                  "const async gen unsafe extern \"C\" fn d() {}\n"
                  "fn e() { gen { fn f() {} }; gen move { fn g() {} }; async gen { fn h() {} };\n"
                  "         gen fn i() {} async gen fn j() {} }\n",
                  "fn a(0) [body gen]\n"
                  "fn b(0) [async body gen]\n"
                  "fn c(0) pub [body gen unsafe]\n"
                  "fn d(0) extern \"C\" [async body const gen unsafe]\n"
                  "fn e(0) [body]\n"
                  "  fn f(0) [body]\n"
                  "  fn g(0) [body]\n"
                  "  fn h(0) [body]\n"
                  "  fn i(0) [body gen]\n"
                  "  fn j(0) [async body gen]\n");
}

static void unsafe_extern_and_safe_items(void **state)
{
    (void)state;
    check_outline("unsafe extern \"C\" {\n"
                  "    safe fn a(); unsafe fn b(); fn c(); pub safe static D: u8;\n"
                  "    unsafe static mut E: u8; pub(crate) safe fn f(...);\n"
                  "}\n"
                  "unsafe extern {}\n"
                  "unsafe extern \"C\" fn g() {}\n"
                  "unsafe extern r\"C\" {}\n"
                  "fn h() { unsafe extern \"C\" { safe fn i(); } safe.j(); }\n",
                  "foreign_mod{6} \"C\" [unsafe]\n"
                  "  fn a(0) [safe]\n"
                  "  fn b(0) [unsafe]\n"
                  "  fn c(0)\n"
                  "  static D: u8 pub [safe]\n"
                  "  static E: u8 [mut unsafe]\n"
                  "  fn f(0) pub(crate) [safe variadic]\n"
                  "foreign_mod{0}  [unsafe]\n"
                  "fn g(0) extern \"C\" [body unsafe]\n"
                  "foreign_mod{0} r\"C\" [unsafe]\n"
                  "fn h(0) [body]\n"
                  "  foreign_mod{1} \"C\" [unsafe]\n"
                  "    fn i(0) [safe]\n");
}

static void const_traits_and_impls(void **state)
{
    (void)state;
    check_outline(
        "const trait A {}\npub const unsafe trait B {}\nimpl const A for C {}\n"
        "impl<T> const A for D<T> {}\nconst impl A for E {}\nunsafe impl const A for F {}\n"
        "const unsafe auto trait G {}\nconst trait H = I;\nimpl const J {}\n"
        "impl<T: const A> K<T> {}\n"
        "impl !A for M {}\nimpl<const N: u8> const A for [u8; N] {}\n",
        "trait A{0} [const]\n"
        "trait B{0} pub [const unsafe]\n"
        "impl{0} A for C [const]\n"
        "impl<1>{0} A for D<T> [const]\n"
        "impl{0} A for E [const]\n"
        "impl{0} A for F [const unsafe]\n"
        "trait G{0} [auto const unsafe]\n"
        "trait_alias H = I [const]\n"
        "impl{0} for J [const]\n"
        "impl<1>{0} for K<T>\n"
        "impl{0} A for M [neg]\n"
        "impl<1>{0} A for [u8; N] [const]\n");
}

static void const_and_async_bounds(void **state)
{
    (void)state;
    check_outline("fn a<T: const B>() {}\nfn c<T: [const] B + Copy>() {}\n"
                  "fn d<T: ?Sized + [const] B>(e: &T) -> impl const B {}\n"
                  "trait F: const G + [const] H {}\ntrait I { type J: [const] K; }\n"
                  "fn l(m: impl [const] N, o: &dyn const P) where u8: const Q, u16: [const] R {}\n"
                  "fn s(t: impl async Fn(u8) -> u8, u: impl for<'a> async Fn(&'a u8)) {}\n"
                  "fn v<T: async FnOnce()>() {}\nimpl<T: [const] W> const X for Y<T> {}\n"
                  "fn z() { fn a<T: [const] B>() {} }\n",
                  "fn a<1>(0) [body]\n"
                  "fn c<1>(0) [body]\n"
                  "fn d<1>(1) -> impl const B [body]\n"
                  "trait F{0}\n"
                  "trait I{1}\n"
                  "  type J\n"
                  "fn l(2) [body where]\n"
                  "fn s(2) [body]\n"
                  "fn v<1>(0) [body]\n"
                  "impl<1>{0} X for Y<T> [const]\n"
                  "fn z(0) [body]\n"
                  "  fn a<1>(0) [body]\n");
}

static void negative_bounds(void **state)
{
    (void)state;
    check_outline(
        "fn a<T: !Copy>() {}\nfn b<T: ?Sized + !Copy>() where T: !Send {}\n"
        "fn c(d: impl !Sync) -> impl !Send + Copy {}\ntrait E: !F {}\nstruct G<T: !H>(T);\n"
        "fn i() -> ! {}\n",
        "fn a<1>(0) [body]\n"
        "fn b<1>(0) [body where]\n"
        "fn c(1) -> impl !Send + Copy [body]\n"
        "trait E{0}\n"
        "struct G<1>(1)\n"
        "fn i(0) -> ! [body]\n");
}

static void restrictions(void **state)
{
    (void)state;
    check_outline(
        "pub impl(crate) trait A {}\npub impl(in b::c) unsafe trait D {}\n"
        "impl(self) trait E {}\npub(crate) impl(super) const auto trait F {}\n"
        "pub struct G { pub mut(crate) h: u8, mut(in i::j) k: u8, pub(crate) mut(self) l: u8 }\n"
        "pub struct M(pub mut(crate) u8, mut(super) N);\n"
        "enum O { P { mut(crate) q: u8 }, R(mut(self) S) }\n"
        "fn t() { pub impl(crate) trait U {} }\n",
        "trait A{0} pub\n"
        "trait D{0} pub [unsafe]\n"
        "trait E{0}\n"
        "trait F{0} pub(crate) [auto const]\n"
        "struct G{3} pub\n"
        "  field h: u8 pub\n"
        "  field k: u8\n"
        "  field l: u8 pub(crate)\n"
        "struct M(2) pub\n"
        "enum O{2}\n"
        "  variant P{1}\n"
        "    field q: u8\n"
        "  variant R(1)\n"
        "fn t(0) [body]\n"
        "  trait U{0} pub\n");
}

static void type_const(void **state)
{
    (void)state;
    check_outline("type const A: u8 = 1;\npub type const B<T>: u8 = { fn c() {} 1 };\n"
                  "trait D { type const E: u8; type const F: u8 = 2; type G; }\n"
                  "impl D for H { type const E: u8 = 3; }\n"
                  "fn i() -> J<K = { 1 }, L = 2> {}\nfn m(n: impl D<E = 4>) {}\n",
                  "const A: u8 [body]\n"
                  "const B<1>: u8 pub [body]\n"
                  "  fn c(0) [body]\n"
                  "trait D{3}\n"
                  "  const E: u8\n"
                  "  const F: u8 [body]\n"
                  "  type G\n"
                  "impl{1} D for H\n"
                  "  const E: u8 [body]\n"
                  "fn i(0) -> J<K = { 1 }, L = 2> [body]\n"
                  "fn m(1) [body]\n");
}

static void default_field_values(void **state)
{
    (void)state;
    check_outline("struct A {\n"
                  "    a: u8 = 1, b: B<C, D> = B { e, f: 2 }, c: fn() = || {}, d: u8 = a < b,\n"
                  "    e: u8 = c::<d, e>(), f: bool = a as b<c, d> == e, g: [u8; 2] = [1, 2],\n"
                  "    pub h: u8 = 1\n"
                  "}\n"
                  "enum I { J { k: u8 = 1 } }\n",
                  "struct A{8}\n"
                  "  field a: u8 [default]\n"
                  "  field b: B<C, D> [default]\n"
                  "  field c: fn() [default]\n"
                  "  field d: u8 [default]\n"
                  "  field e: u8 [default]\n"
                  "  field f: bool [default]\n"
                  "  field g: [u8; 2] [default]\n"
                  "  field h: u8 pub [default]\n"
                  "enum I{1}\n"
                  "  variant J{1}\n"
                  "    field k: u8 [default]\n");
}

static void delegations(void **state)
{
    (void)state;
    check_outline(
        "reuse a::b;\nreuse a::b as c;\nreuse a::{d, e as f};\nreuse A::*;\n"
        "pub reuse <B as C>::g { self.0 }\nreuse D::<E>::h::<F> as i { fn j() {} self }\n"
        "impl G for H { reuse G::k { self.l } #[m] pub(crate) reuse G::{n, o} { self.p() } }\n"
        "trait I { reuse J::q; }\nreuse self::r;\nreuse super::s::{t};\nreuse crate::u;\n"
        "fn v() { reuse w::x; reuse y::{z} { self } reuse(1); reuse = 2; }\n",
        "delegation b of a::b\n"
        "delegation c of a::b [rename]\n"
        "delegation of a::{d, e as f}\n"
        "delegation of A::* [glob]\n"
        "delegation g of <B as C>::g pub [body]\n"
        "delegation i of D::<E>::h::<F> [body rename]\n"
        "  fn j(0) [body]\n"
        "impl{2} G for H\n"
        "  delegation k of G::k [body]\n"
        "  delegation of G::{n, o} pub(crate) [body]\n"
        "trait I{1}\n"
        "  delegation q of J::q\n"
        "delegation r of self::r\n"
        "delegation of super::s::{t}\n"
        "delegation u of crate::u\n"
        "fn v(0) [body]\n"
        "  delegation x of w::x\n"
        "  delegation of y::{z} [body]\n");
}

static void precise_capturing(void **state)
{
    (void)state;
    check_outline("fn a<'b, T>() -> impl C + use<'b, T> {}\nfn d() -> impl use<> + E {}\n"
                  "fn f() -> impl G + use<Self> where u8: Copy {}\nfn h(i: impl J + use<'_>) {}\n"
                  "trait K { fn l<'m>() -> impl N + use<'m, Self>; }\n",
                  "fn a<2>(0) -> impl C + use<'b, T> [body]\n"
                  "fn d(0) -> impl use<> + E [body]\n"
                  "fn f(0) -> impl G + use<Self> [body where]\n"
                  "fn h(1) [body]\n"
                  "trait K{1}\n"
                  "  fn l<1>(0) -> impl N + use<'m, Self>\n");
}

static void unsafe_binders(void **state)
{
    (void)state;
    check_outline("fn a(b: unsafe<'c> &'c u8) -> unsafe<'d, 'e> fn(&'d u8, &'e u8) {}\n"
                  "type F = unsafe<> u8;\nstruct G(unsafe<'h> I<'h>, u8);\n"
                  "impl J for unsafe<'k> &'k u8 {}\nstatic L: unsafe<'m> &'m str = n;\n",
                  "fn a(1) -> unsafe<'d, 'e> fn(&'d u8, &'e u8) [body]\n"
                  "type F = unsafe<> u8 [body]\n"
                  "struct G(2)\n"
                  "impl{0} J for unsafe<'k> &'k u8\n"
                  "static L: unsafe<'m> &'m str [body]\n");
}

static void binders_with_bounds(void **state)
{
    (void)state;
    check_outline(
        "fn a() where for<T> T: B, for<'c, T: D> E<T>: F {}\nfn g(h: for<'i> fn(&'i u8)) {}\n"
        "fn j() { for<'k> |l: &'k u8| -> u8 { fn m() {} 1 }; for<T> || -> u8 { 1 }; }\n",
        "fn a(0) [body where]\n"
        "fn g(1) [body]\n"
        "fn j(0) [body]\n"
        "  fn m(0) [body]\n");
}

static void super_let_and_inline_const(void **state)
{
    (void)state;
    check_outline("fn a() {\n"
                  "    super let b = { fn c() {} 1 };\n"
                  "    const { fn d() {} 1 };\n"
                  "    let e = const { fn f() {} 2 } + g;\n"
                  "    match const { fn h() {} 1 } { _ => const { 3 } }\n"
                  "    i([const { fn j() {} 3 }; 4]);\n"
                  "    const fn k() {}\n"
                  "}\n"
                  "static L: [u8; 2] = [const { fn m() {} 1 }; 2];\n",
                  "fn a(0) [body]\n"
                  "  fn c(0) [body]\n"
                  "  fn d(0) [body]\n"
                  "  fn f(0) [body]\n"
                  "  fn h(0) [body]\n"
                  "  fn j(0) [body]\n"
                  "  fn k(0) [body const]\n"
                  "static L: [u8; 2] [body]\n"
                  "  fn m(0) [body]\n");
}

static void c_strings(void **state)
{
    (void)state;
    check_outline(
        "const A: &CStr = c\"}\\\";\";\nconst B: &CStr = cr\"\\\";\nconst C: &CStr = cr#\"\";\"#;\n"
        "fn d() { c\"}\"; cr##\"\"#}\"##; fn e() {} }\n",
        "const A: &CStr [body]\n"
        "const B: &CStr [body]\n"
        "const C: &CStr [body]\n"
        "fn d(0) [body]\n"
        "  fn e(0) [body]\n");
}

static void return_type_notation(void **state)
{
    (void)state;
    check_outline("fn a<T: B<c(..): Send>>() where T: D, T::e(..): Send, <T as F>::g(..): H {}\n"
                  "trait I: J<k(..) = L> {}\nimpl M for N where N::o(..): P {}\n",
                  "fn a<1>(0) [body where]\n"
                  "trait I{0}\n"
                  "impl{0} M for N [where]\n");
}

static void where_on_either_side_of_the_equals_sign(void **state)
{
    (void)state;
    check_outline(
        "type A<T> = B where T: C;\ntype A<T> where T: C = B;\n"
        "type A<T> where T: C = B where T: D;\n"
        "impl E for F { type G<'a> = &'a u8 where Self: 'a; type G<'a> where Self: 'a = &'a u8; }\n"
        "const H<T>: u8 where T: C = 1;\nconst I<T>: u8 = { 1 } where T: C;\n"
        "fn last() {}\n",
        "type A<1> = B [body where]\n"
        "type A<1> = B [body where]\n"
        "type A<1> = B [body where]\n"
        "impl{2} E for F\n"
        "  type G<1> = &'a u8 [body where]\n"
        "  type G<1> = &'a u8 [body where]\n"
        "const H<1>: u8 [body where]\n"
        "const I<1>: u8 [body where]\n"
        "fn last(0) [body]\n");
}

static void pinned_references(void **state)
{
    (void)state;
    check_outline("fn a(b: &pin mut u8, c: &'d pin const E, f: &pin, g: &pin::H, i: pin) {}\n"
                  "trait J { fn k(&pin mut self); fn l(&'m pin const self, n: u8); }\n"
                  "fn p() -> &'static pin mut [u8; 2] {}\n",
                  "fn a(5) [body]\n"
                  "trait J{2}\n"
                  "  fn k(1) [self]\n"
                  "  fn l(2) [self]\n"
                  "fn p(0) -> &'static pin mut [u8; 2] [body]\n");
}

static void unsafe_fields_and_attributes(void **state)
{
    (void)state;
    check_outline("struct A { pub unsafe b: u8, unsafe c: u8 = 1, unsafe unsafe_: u8 }\n"
                  "union D { unsafe e: u8 }\n"
                  "#[unsafe(no_mangle)] fn f(#[g] h: u8, #[i] j: u8) -> u8 {}\n"
                  "fn k<#[l] 'm, #[n] O, #[p] const Q: u8>() where #[r] u8: Copy {}\n"
                  "struct S { #[t] u: u8, #[v] /// w\n x: u8, }\n",
                  "struct A{3}\n"
                  "  field b: u8 pub [unsafe]\n"
                  "  field c: u8 [default unsafe]\n"
                  "  field unsafe_: u8 [unsafe]\n"
                  "union D{1}\n"
                  "  field e: u8 [unsafe]\n"
                  "fn f(2) -> u8 [body]\n"
                  "fn k<3>(0) [body where]\n"
                  "struct S{2}\n"
                  "  field u: u8\n"
                  "  field x: u8\n");
}

static void types_of_every_sort(void **state)
{
    (void)state;
    check_outline(
        "fn a(\n"
        "    b: *const [u8], c: *mut dyn D, e: &mut (u8,), f: (u8), g: !, h: _, i: m!{ j, k },\n"
        "    l: impl M + N, o: dyn P + 'static, q: R<'s, T = U, 3, { 4 }, -5>, v: <W as X>::Y,\n"
        "    z: extern \"C\" fn(...), a: unsafe extern fn(), b: for<'c> fn(&'c u8), d: ?Sized,\n"
        "    e: [[u8; 2]; N], f: F(u8) -> u8, g: &(dyn G + Send), h: Self, i: <I>::J, k: (),\n"
        "    l: typeof_, m: M::<N>::O, p: dyn P, q: &raw, r: raw::S, s: S<m!()>,\n"
        ") {}\n",
        "fn a(27) [body]\n");
}

static void expressions_of_every_sort(void **state)
{
    (void)state;
    check_outline("fn a() {\n"
                  "    do yeet b;\n"
                  "    x.match { _ => { fn c() {} } };\n"
                  "    x.await; x.use; x?.y;\n"
                  "    let A { b, .. } = c else { fn d() {} return };\n"
                  "    if let Some(e) = f && let g = h && i { fn j() {} }\n"
                  "    match k { ! , l | m if n => {} o @ 1.. => {} ..=2 => {} }\n"
                  "    loop { become p(); }\n"
                  "    &raw const q; &raw mut r; &raw;\n"
                  "    s = async move |t| { fn u() {} };\n"
                  "    static move || { fn v() {} };\n"
                  "    yield { fn w() {} };\n"
                  "    x..=y; ..; (a as usize) < b; a << 1 >> 2; a::<b>(c);\n"
                  "    unsafe { fn z() {} }\n"
                  "    move || {};\n"
                  "    _ = 1; (a, _) = b; [c, ..] = d; S { e, .. } = f;\n"
                  "    x.0.1; x.0. 1; 1.e; 1.max(2);\n"
                  "    try { fn t() {} };\n"
                  "    for await i in j { fn k() {} }\n"
                  "}\n",
                  "fn a(0) [body]\n"
                  "  fn c(0) [body]\n"
                  "  fn d(0) [body]\n"
                  "  fn j(0) [body]\n"
                  "  fn u(0) [body]\n"
                  "  fn v(0) [body]\n"
                  "  fn w(0) [body]\n"
                  "  fn z(0) [body]\n"
                  "  fn t(0) [body]\n"
                  "  fn k(0) [body]\n");
}

static void generic_parameters_of_every_sort(void **state)
{
    (void)state;
    check_outline(
        "struct A<>;\nstruct B<'a>(u8);\nstruct C<'a: 'b + 'c, 'd>(u8);\n"
        "struct D<T: E<F = G, H: I> + ?Sized + 'static = J<K, L>, M = (N, O)>(u8);\n"
        "struct P<const Q: u8, const R: [u8; 2] = { [1, 2] }, const S: bool = true>(u8);\n"
        "struct T<const U: u8 = -1, const V: char = ',', W,>(u8);\n"
        "fn x<T, U: Fn(T, u8) -> Vec<(T, U)>, const Y: &'static str>() {}\n"
        "fn z<T: for<'a, 'b> A<'a, 'b>>() {}\nfn a<T:>() {}\nfn b<T: 'static +>() {}\n",
        "struct A<0>\n"
        "struct B<1>(1)\n"
        "struct C<2>(1)\n"
        "struct D<2>(1)\n"
        "struct P<3>(1)\n"
        "struct T<3>(1)\n"
        "fn x<3>(0) [body]\n"
        "fn z<1>(0) [body]\n"
        "fn a<1>(0) [body]\n"
        "fn b<1>(0) [body]\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gen_functions_and_blocks),
        cmocka_unit_test(unsafe_extern_and_safe_items),
        cmocka_unit_test(const_traits_and_impls),
        cmocka_unit_test(const_and_async_bounds),
        cmocka_unit_test(negative_bounds),
        cmocka_unit_test(restrictions),
        cmocka_unit_test(type_const),
        cmocka_unit_test(default_field_values),
        cmocka_unit_test(delegations),
        cmocka_unit_test(precise_capturing),
        cmocka_unit_test(unsafe_binders),
        cmocka_unit_test(binders_with_bounds),
        cmocka_unit_test(super_let_and_inline_const),
        cmocka_unit_test(c_strings),
        cmocka_unit_test(return_type_notation),
        cmocka_unit_test(where_on_either_side_of_the_equals_sign),
        cmocka_unit_test(pinned_references),
        cmocka_unit_test(unsafe_fields_and_attributes),
        cmocka_unit_test(types_of_every_sort),
        cmocka_unit_test(expressions_of_every_sort),
        cmocka_unit_test(generic_parameters_of_every_sort),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
