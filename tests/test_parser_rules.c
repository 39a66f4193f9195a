/* Where items hide, and where braces, brackets and words mislead. */
#include "tests/parser_testing.h"

static void items_in_array_lengths(void **state)
{
    (void)state;
    check_outline("fn a() -> [u8; { fn b() -> usize { 1 } b() }] { c }\n"
                  "fn d(e: [u8; { struct F; 1 }], g: &[u8; { const H: usize = 2; H }]) {}\n"
                  "static I: [[u8; { fn j() {} 1 }]; { fn k() {} 2 }] = [];\n"
                  "struct L { m: [u8; { enum N {} 3 }], o: u8 }\n"
                  "struct P([u8; { fn q() {} 4 }]);\n"
                  "enum R { S([u8; { fn t() {} 5 }]), U { v: [u8; { fn w() {} 6 }] } }\n"
                  "type X = [u8; if true { fn y() {} 7 } else { 8 }];\n"
                  "fn z() -> [u8; N + 1] where [u8; { fn a() {} 1 }]: Sized {}\n",
                  "fn a(0) -> [u8; { fn b() -> usize { 1 } b() }] [body]\n"
                  "  fn b(0) -> usize [body]\n"
                  "fn d(2) [body]\n"
                  "  struct F\n"
                  "  const H: usize [body]\n"
                  "static I: [[u8; { fn j() {} 1 }]; { fn k() {} 2 }] [body]\n"
                  "  fn j(0) [body]\n"
                  "  fn k(0) [body]\n"
                  "struct L{2}\n"
                  "  field m: [u8; { enum N {} 3 }]\n"
                  "    enum N{0}\n"
                  "  field o: u8\n"
                  "struct P(1)\n"
                  "  fn q(0) [body]\n"
                  "enum R{2}\n"
                  "  variant S(1)\n"
                  "    fn t(0) [body]\n"
                  "  variant U{1}\n"
                  "    field v: [u8; { fn w() {} 6 }]\n"
                  "      fn w(0) [body]\n"
                  "type X = [u8; if true { fn y() {} 7 } else { 8 }] [body]\n"
                  "  fn y(0) [body]\n"
                  "fn z(0) -> [u8; N + 1] [body where]\n"
                  "  fn a(0) [body]\n");
}

static void items_in_an_impls_header(void **state)
{
    (void)state;
    check_outline("impl Tr for [(); { fn a() {} 0 }] { fn b() {} }\n"
                  "impl Tr<{ fn c() {} 0 }> for S<{ fn d() {} 1 }> { fn e() {} }\n"
                  "impl<const N: usize = { fn f() {} 2 }> S<N> where [(); { fn g() {} 3 }]: T {}\n",
                  "impl{1} Tr for [(); { fn a() {} 0 }]\n"
                  "  fn a(0) @body [body]\n"
                  "  fn b(0) [body]\n"
                  "impl{1} Tr<{ fn c() {} 0 }> for S<{ fn d() {} 1 }>\n"
                  "  fn c(0) @body [body]\n"
                  "  fn d(0) @body [body]\n"
                  "  fn e(0) [body]\n"
                  "impl<1>{0} for S<N> [where]\n"
                  "  fn f(0) @body [body]\n"
                  "  fn g(0) @body [body]\n");
}

static void items_in_bounds(void **state)
{
    (void)state;
    check_outline("trait A: B<{ fn c() {} 1 }> { fn d(); }\n"
                  "struct E<T: F<{ fn g() {} 2 }>>(T);\n"
                  "type H<T> = I where T: J<{ struct K; 3 }>;\n"
                  "fn l<T>() where T: M<{ enum N {} 4 }>, T: O<{ fn p() {} 5 }> {}\n"
                  "trait Q { type R: S<{ fn t() {} 6 }>; }\n"
                  "trait U = V<{ fn w() {} 7 }>;\n",
                  "trait A{1}\n"
                  "  fn c(0) @body [body]\n"
                  "  fn d(0)\n"
                  "struct E<1>(1)\n"
                  "  fn g(0) [body]\n"
                  "type H<1> = I [body where]\n"
                  "  struct K\n"
                  "fn l<1>(0) [body where]\n"
                  "  enum N{0}\n"
                  "  fn p(0) [body]\n"
                  "trait Q{1}\n"
                  "  type R\n"
                  "    fn t(0) [body]\n"
                  "trait_alias U = V<{ fn w() {} 7 }>\n"
                  "  fn w(0) [body]\n");
}

static void items_in_discriminants_and_field_defaults(void **state)
{
    (void)state;
    check_outline("enum A {\n"
                  "    B = { fn c() -> u8 { 1 } c() },\n"
                  "    D = if true { const E: u8 = 2; E } else { 3 },\n"
                  "    F = (|| { fn g() {} 4 })() + match 5 { _ => { fn h() {} 6 } },\n"
                  "    I,\n"
                  "}\n"
                  "struct J { k: u8 = { fn l() {} 7 }, m: u8 }\n",
                  "enum A{4}\n"
                  "  variant B = { fn c() -> u8 { 1 } c() } [discriminant]\n"
                  "    fn c(0) -> u8 [body]\n"
                  "  variant D = if true { const E: u8 = 2; E } else { 3 } [discriminant]\n"
                  "    const E: u8 [body]\n"
                  "  variant F = (|| { fn g() {} 4 })() + match 5 { _ => { fn h() {} 6 } }"
                  " [discriminant]\n"
                  "    fn g(0) [body]\n"
                  "    fn h(0) [body]\n"
                  "  variant I\n"
                  "struct J{2}\n"
                  "  field k: u8 [default]\n"
                  "    fn l(0) [body]\n"
                  "  field m: u8\n");
}

static void discriminants_hold_any_expression(void **state)
{
    (void)state;
    check_outline("enum A {\n"
                  "    B = a < b as u8, C = x::<d, e>::F as isize, D = -1,\n"
                  "    E = f(g, h)[i], F = { (j, k) }.0, G = |l: M<n, o>, p| q,\n"
                  "    H = r as S<t, u>::V, I = 'w' as u8, J = b',' as isize, K = \"x,\".len(),\n"
                  "    L = m!(a, b), M = 1 << 2, N = !0, O = a > b as u8, P = <a as b<c, d>>::E,\n"
                  "    Q = if a < b { 1 } else { 2 }, R = S { t: 1, u }.t, S = r#\"},\"#.len(),\n"
                  "    T = unsafe { a }, U = [1, 2][0], V = a == b as u8, W = 1..=2, X = || (),\n"
                  "}\n",
                  "enum A{23}\n"
                  "  variant B = a < b as u8 [discriminant]\n"
                  "  variant C = x::<d, e>::F as isize [discriminant]\n"
                  "  variant D = -1 [discriminant]\n"
                  "  variant E = f(g, h)[i] [discriminant]\n"
                  "  variant F = { (j, k) }.0 [discriminant]\n"
                  "  variant G = |l: M<n, o>, p| q [discriminant]\n"
                  "  variant H = r as S<t, u>::V [discriminant]\n"
                  "  variant I = 'w' as u8 [discriminant]\n"
                  "  variant J = b',' as isize [discriminant]\n"
                  "  variant K = \"x,\".len() [discriminant]\n"
                  "  variant L = m!(a, b) [discriminant]\n"
                  "  variant M = 1 << 2 [discriminant]\n"
                  "  variant N = !0 [discriminant]\n"
                  "  variant O = a > b as u8 [discriminant]\n"
                  "  variant P = <a as b<c, d>>::E [discriminant]\n"
                  "  variant Q = if a < b { 1 } else { 2 } [discriminant]\n"
                  "  variant R = S { t: 1, u }.t [discriminant]\n"
                  "  variant S = r#\"},\"#.len() [discriminant]\n"
                  "  variant T = unsafe { a } [discriminant]\n"
                  "  variant U = [1, 2][0] [discriminant]\n"
                  "  variant V = a == b as u8 [discriminant]\n"
                  "  variant W = 1..=2 [discriminant]\n"
                  "  variant X = || () [discriminant]\n");
}

/* A value ends at its semicolon, not at a brace, a bracket, or a semicolon within. */
static void a_value_ends_at_its_semicolon(void **state)
{
    (void)state;
    check_outline("const A: u8 = { 1 } + { 2 };\n"
                  "const B: [u8; 2] = [0; 2];\n"
                  "const C: [[u8; 1]; 2] = [[0; 1]; { fn d() {} 2 }];\n"
                  "static E: fn() = || { ; };\n"
                  "const F: u8 = match x { _ => { 1 } };\n"
                  "const G: S = S { a: 1 };\n"
                  "const H: &str = \";\";\n"
                  "const I: char = ';';\n"
                  "const J: u8 = if true { fn k() {} 1 } else { fn l() {} 2 };\n"
                  "const M: u8 = m! { ; };\n"
                  "const N: u8 = m!(;) + m![;];\n"
                  "const O: fn() = { fn p() {} p };\n"
                  "const Q: u8 = (|| { struct R; 1 })();\n"
                  "fn last() {}\n",
                  "const A: u8 [body]\n"
                  "const B: [u8; 2] [body]\n"
                  "const C: [[u8; 1]; 2] [body]\n"
                  "  fn d(0) [body]\n"
                  "static E: fn() [body]\n"
                  "const F: u8 [body]\n"
                  "const G: S [body]\n"
                  "const H: &str [body]\n"
                  "const I: char [body]\n"
                  "const J: u8 [body]\n"
                  "  fn k(0) [body]\n"
                  "  fn l(0) [body]\n"
                  "const M: u8 [body]\n"
                  "const N: u8 [body]\n"
                  "const O: fn() [body]\n"
                  "  fn p(0) [body]\n"
                  "const Q: u8 [body]\n"
                  "  struct R\n"
                  "fn last(0) [body]\n");
}

static void a_where_clause_may_be_empty(void **state)
{
    (void)state;
    check_outline(
        "fn a() where {}\nstruct B where {}\nstruct C(u8) where;\nimpl D where {}\n"
        "enum E where {}\ntrait F where {}\ntype G = u8 where;\nunion H where { i: u8 }\n",
        "fn a(0) [body where]\n"
        "struct B{0} [where]\n"
        "struct C(1) [where]\n"
        "impl{0} for D [where]\n"
        "enum E{0} [where]\n"
        "trait F{0} [where]\n"
        "type G = u8 [body where]\n"
        "union H{1} [where]\n"
        "  field i: u8\n");
}

/* The keyword in a type begins no item. */
static void fn_within_a_type(void **state)
{
    (void)state;
    check_outline("type A = fn(fn(u8) -> u8) -> fn();\n"
                  "static B: for<'a> unsafe extern \"C\" fn(&'a u8, ...) = c;\n"
                  "struct D(fn() -> [fn(); 2], dyn Fn(u8) -> fn());\n"
                  "fn e(f: fn(g: u8, _: fn())) -> impl Fn(fn()) -> fn() + 'static {}\n"
                  "fn h() { let i: fn() = j; k as fn(); l::<fn()>(); }\n"
                  "impl Tr for fn() { fn m() {} }\n"
                  "impl<F: Fn(u8) -> fn()> Tr for F where fn(): Copy {}\n",
                  "type A = fn(fn(u8) -> u8) -> fn() [body]\n"
                  "static B: for<'a> unsafe extern \"C\" fn(&'a u8, ...) [body]\n"
                  "struct D(2)\n"
                  "fn e(1) -> impl Fn(fn()) -> fn() + 'static [body]\n"
                  "fn h(0) [body]\n"
                  "impl{1} Tr for fn()\n"
                  "  fn m(0) [body]\n"
                  "impl<1>{0} Tr for F [where]\n");
}

static void items_behind_statements(void **state)
{
    (void)state;
    check_outline("fn a() {\n"
                  "    let b = 1;\n"
                  "    fn c() {}\n"
                  "    d();\n"
                  "    struct E;\n"
                  "    if f {} else {}\n"
                  "    const G: u8 = 1;\n"
                  "    match h { _ => {} }\n"
                  "    static I: u8 = 1;\n"
                  "    loop { break; }\n"
                  "    use j::k;\n"
                  "    'l: while m {}\n"
                  "    enum N {}\n"
                  "    unsafe {}\n"
                  "    trait O {}\n"
                  "    { type P = u8; }\n"
                  "    impl Q {}\n"
                  "    r! {}\n"
                  "    mod s {}\n"
                  "    t!();\n"
                  "    extern crate u;\n"
                  "    ;\n"
                  "    extern \"C\" {}\n"
                  "    // comment\n"
                  "    /* comment */ union V { w: u8 }\n"
                  "    macro_rules! x { () => {} }\n"
                  "    pub fn y() {}\n"
                  "    macro z() {}\n"
                  "    b\n"
                  "}\n",
                  "fn a(0) [body]\n"
                  "  fn c(0) [body]\n"
                  "  struct E\n"
                  "  const G: u8 [body]\n"
                  "  static I: u8 [body]\n"
                  "  use\n"
                  "    use_leaf j::k = k\n"
                  "  enum N{0}\n"
                  "  trait O{0}\n"
                  "  type P = u8 [body]\n"
                  "  impl{0} for Q\n"
                  "  mod s{0} [inline]\n"
                  "  extern_crate u of u\n"
                  "  foreign_mod{0} \"C\"\n"
                  "  union V{1}\n"
                  "    field w: u8\n"
                  "  macro_rules x {\n"
                  "  fn y(0) pub [body]\n"
                  "  macro z {\n");
}

static void items_in_blocks_of_every_sort(void **state)
{
    (void)state;
    check_outline("fn a() {\n"
                  "    let b = || { fn c() {} };\n"
                  "    let d = async move { fn e() {} };\n"
                  "    let f = unsafe { fn g() {} };\n"
                  "    let h = const { fn i() {} };\n"
                  "    j(|k| match k { l if m => { fn n() {} } _ => { fn o() {} } });\n"
                  "    [1; { fn p() {} 2 }];\n"
                  "    q { r: { fn s() {} 1 } };\n"
                  "    let Some(t) = u else { fn v() {} return };\n"
                  "    for w in { fn x() {} y } {}\n"
                  "    let z: [u8; { fn b() {} 1 }] = c::<{ fn d() {} 1 }>();\n"
                  "    return { fn e() {} };\n"
                  "    try { fn f() {} };\n"
                  "    if { fn g() {} true } {}\n"
                  "    f(1, { fn h() {} }, 2)\n"
                  "}\n",
                  "fn a(0) [body]\n"
                  "  fn c(0) [body]\n"
                  "  fn e(0) [body]\n"
                  "  fn g(0) [body]\n"
                  "  fn i(0) [body]\n"
                  "  fn n(0) [body]\n"
                  "  fn o(0) [body]\n"
                  "  fn p(0) [body]\n"
                  "  fn s(0) [body]\n"
                  "  fn v(0) [body]\n"
                  "  fn x(0) [body]\n"
                  "  fn b(0) [body]\n"
                  "  fn d(0) [body]\n"
                  "  fn e(0) [body]\n"
                  "  fn f(0) [body]\n"
                  "  fn g(0) [body]\n"
                  "  fn h(0) [body]\n");
}

/* What begins like an item at the begin of a statement. */
static void statements_that_look_like_items(void **state)
{
    (void)state;
    check_outline("fn a() {\n"
                  "    const { 1 };\n"
                  "    const || {};\n"
                  "    const move |b| {};\n"
                  "    static || {};\n"
                  "    static move || {};\n"
                  "    async {};\n"
                  "    async move {};\n"
                  "    async || {};\n"
                  "    unsafe { c };\n"
                  "    for<'d> |e: &'d u8| {};\n"
                  "    union = 1;\n"
                  "    union.f();\n"
                  "    union();\n"
                  "    union { g: 1 };\n"
                  "    auto(h);\n"
                  "    default();\n"
                  "    default = 1;\n"
                  "    safe += 1;\n"
                  "    reuse.i;\n"
                  "    reuse(j);\n"
                  "    macro_rules!(k);\n"
                  "    macro_rules::l();\n"
                  "    gen();\n"
                  "    gen.m();\n"
                  "    r#fn();\n"
                  "    r#struct { o };\n"
                  "    r#const = 1;\n"
                  "    function();\n"
                  "    user();\n"
                  "    types::p();\n"
                  "    external!();\n"
                  "    super let q = 1;\n"
                  "    super::r();\n"
                  "    crate::s();\n"
                  "    self.t();\n"
                  "    try { u };\n"
                  "    try!(v);\n"
                  "    builtin # offset_of(w, x);\n"
                  "    impls {}\n"
                  "}\n",
                  "fn a(0) [body]\n");
    check_outline("fn a() {\n"
                  "    gen {};\n"
                  "    gen move {};\n"
                  "    async gen {};\n"
                  "    async gen move {};\n"
                  "    use || {};\n"
                  "    use |b| {};\n"
                  "}\n",
                  "fn a(0) [body]\n");
}

static void bangs_in_bodies(void **state)
{
    (void)state;
    check_outline("fn a() {\n"
                  "    if !b { fn c() {} }\n"
                  "    return !(d); fn e() {}\n"
                  "    m! { } fn f() {}\n"
                  "    m!{ fn not_an_item() {} }\n"
                  "    m!( { fn not_an_item() {} } );\n"
                  "    g != { fn h() {} 1 };\n"
                  "    while !{ fn i() {} j } {}\n"
                  "    match !k { l => !{ fn m() {} n }, }\n"
                  "    let o = !{ fn p() {} q };\n"
                  "    r(!{ fn s() {} t });\n"
                  "    u! [ fn not_an_item() {} ];\n"
                  "    v /* c */ ! /* d */ { fn not_an_item() {} } fn w() {}\n"
                  "    x::y! { fn not_an_item() {} }\n"
                  "    r#if!{ fn not_an_item() {} }\n"
                  "    let _: ! = { fn z() {} };\n"
                  "    else_if!{ fn not_an_item() {} }\n"
                  "    break !{ fn b() {} c };\n"
                  "    d as ! ; { fn e() {} }\n"
                  "    crate::f! { fn not_an_item() {} }\n"
                  "    yield !{ fn g() {} h };\n"
                  "    move || !{ fn i() {} j };\n"
                  "    k && !{ fn l() {} m };\n"
                  "    for n in !{ fn o() {} p } {}\n"
                  "}\n",
                  "fn a(0) [body]\n"
                  "  fn c(0) [body]\n"
                  "  fn e(0) [body]\n"
                  "  fn f(0) [body]\n"
                  "  fn h(0) [body]\n"
                  "  fn i(0) [body]\n"
                  "  fn m(0) [body]\n"
                  "  fn p(0) [body]\n"
                  "  fn s(0) [body]\n"
                  "  fn w(0) [body]\n"
                  "  fn z(0) [body]\n"
                  "  fn b(0) [body]\n"
                  "  fn e(0) [body]\n"
                  "  fn g(0) [body]\n"
                  "  fn i(0) [body]\n"
                  "  fn l(0) [body]\n"
                  "  fn o(0) [body]\n");
}

static void named_macro_calls_in_bodies(void **state)
{
    (void)state;
    check_outline("fn a() {\n"
                  "    b! c { d }\n"
                  "    e::f! g { fn h() {} }\n"
                  "    i! j (k);\n"
                  "    macro_rules! l { () => { fn m() {} } }\n"
                  "    n! {}\n"
                  "    let o = p!(q);\n"
                  "    ::r::s! t {}\n"
                  "}\n",
                  "fn a(0) [body]\n"
                  "  macro_call c b! {\n"
                  "  macro_call g e::f! {\n"
                  "    fn h(0) [body]\n"
                  "  macro_call j i! (\n"
                  "  macro_rules l {\n"
                  "  macro_call t ::r::s! {\n");
}

static void quotes_in_bodies(void **state)
{
    (void)state;
    check_outline("fn a() {\n"
                  "    \"}\"; \"{\"; \"\\\"}\"; \"\\\\\"; \"a\n}\n\";\n"
                  "    r\"}\"; r#\"}\"}\"#; r##\"\"#}\"##; br\"\\\"; cr#\"}\"#; b\"}\"; c\"}\";\n"
                  "    '{'; '}'; '\\''; '\"'; b'{'; b'\\''; b'\"'; '\\\\'; '\\u{7d}';\n"
                  "    r#\"// \"#; \"/*\"; '/'; '(';\n"
                  "    fn b() {}\n"
                  "}\n"
                  "fn c() {}\n",
                  "fn a(0) [body]\n"
                  "  fn b(0) [body]\n"
                  "fn c(0) [body]\n");
}

static void comments_in_bodies(void **state)
{
    (void)state;
    check_outline("fn a() {\n"
                  "    // } \" ' {\n"
                  "    /* } */ /* { \" ' */ /* /* } */ } */ /**/ /***/\n"
                  "    //! }\n"
                  "    /*! } */\n"
                  "    /// }\n"
                  "    fn b() {}\n"
                  "    /** } */ fn c() {}\n"
                  "    1 / 2; 3 /* } */ / 4; 5 // }\n"
                  "    / 6;\n"
                  "    fn d() {} // fn e() {}\n"
                  "    /* fn f() {} */\n"
                  "}\n"
                  "fn g() {}\n",
                  "fn a(0) [body]\n"
                  "  fn b(0) [body]\n"
                  "  fn c(0) [body]\n"
                  "  fn d(0) [body]\n"
                  "fn g(0) [body]\n");
}

static void lifetimes_and_labels_in_bodies(void **state)
{
    (void)state;
    check_outline("fn a<'b>() {\n"
                  "    'c: { fn d() {} }\n"
                  "    'e: loop { break 'e; continue 'f; }\n"
                  "    let g: &'h str; let i: &'static [u8]; j::<'k>(); 'l';'m'; {'n'} n; 'o: {}\n"
                  "    fn p<'q>(r: &'q u8) {}\n"
                  "    'r#s: loop {}\n"
                  "    let t: Box<dyn u + 'v> = w; x as &'y u8; ['z', '}', '{'];\n"
                  "    fn b() {}\n"
                  "}\n",
                  "fn a<1>(0) [body]\n"
                  "  fn d(0) [body]\n"
                  "  fn p<1>(1) [body]\n"
                  "  fn b(0) [body]\n");
}

static void inner_attributes_and_docs_in_bodies(void **state)
{
    (void)state;
    check_outline("fn a() {\n"
                  "    //! fn b() {}\n"
                  "    #![c = \"}\"]\n"
                  "    # ! [f({})]\n"
                  "    #![d] fn e() {}\n"
                  "    # [g] fn h() {}\n"
                  "    #[i(\"]}\")] struct J;\n"
                  "}\n"
                  "impl K {\n"
                  "    //! l\n"
                  "    #![m]\n"
                  "    fn n() {}\n"
                  "}\n",
                  "fn a(0) [body]\n"
                  "  fn e(0) [body]\n"
                  "  fn h(0) [body]\n"
                  "  struct J\n"
                  "impl{1} for K\n"
                  "  fn n(0) [body]\n");
}

/* Tokens that rustc takes apart, or together. */
static void angle_brackets_beside_other_operators(void **state)
{
    (void)state;
    check_outline("type A = S<S<usize>>;\n"
                  "struct B<T=S<S<usize>>>(T);\n"
                  "struct C<T: S<S<usize>>=D>(T);\n"
                  "type E<'a>=&'a u8;\n"
                  "impl F for G { type Item<'a>=&'a u8; type H<T>=S<S<T>>; }\n"
                  "const I: S<S<usize>>=J;\n"
                  "const K: Vec<u8>=L;\n"
                  "fn m<T=u8>()->S<S<T>>{}\n"
                  "fn n<T>(o: impl Fn(u8)->S<T>) {}\n"
                  "fn p() -> <S<u8> as Q<R>>::T {}\n"
                  "fn q(r: &&'a u8, s: <<A as B>::C as D>::E) {}\n"
                  "trait U<const V: u8 = { 1 }> {}\n"
                  "type W = X<{ 1 > 2 }, -1, 'a', \"b\", true>;\n"
                  "struct Y<T>(S<S<T>>) where S<S<T>>: Z<S<T>>;\n"
                  "static A: S<{ b<<1 }>=c;\n"
                  "fn d<T: E<F=G>>() {}\n"
                  "fn k() -> impl Iterator<Item=u8>+'a {}\n",
                  "type A = S<S<usize>> [body]\n"
                  "struct B<1>(1)\n"
                  "struct C<1>(1)\n"
                  "type E<1> = &'a u8 [body]\n"
                  "impl{2} F for G\n"
                  "  type Item<1> = &'a u8 [body]\n"
                  "  type H<1> = S<S<T>> [body]\n"
                  "const I: S<S<usize>> [body]\n"
                  "const K: Vec<u8> [body]\n"
                  "fn m<1>(0) -> S<S<T>> [body]\n"
                  "fn n<1>(1) [body]\n"
                  "fn p(0) -> <S<u8> as Q<R>>::T [body]\n"
                  "fn q(2) [body]\n"
                  "trait U<1>{0}\n"
                  "type W = X<{ 1 > 2 }, -1, 'a', \"b\", true> [body]\n"
                  "struct Y<1>(1) [where]\n"
                  "static A: S<{ b<<1 }> [body]\n"
                  "fn d<1>(0) [body]\n"
                  "fn k(0) -> impl Iterator<Item=u8>+'a [body]\n");
}

static void impl_generics_or_qualified_path(void **state)
{
    (void)state;
    check_outline("impl <A as B>::C {}\n"
                  "impl <A>::B {}\n"
                  "impl<A> B {}\n"
                  "impl<> C {}\n"
                  "impl <[u8] as D>::E {}\n"
                  "impl<'a> F {}\n"
                  "impl<'a: 'b> F {}\n"
                  "impl<#[g] H> I {}\n"
                  "impl<const J: u8> K {}\n"
                  "impl<L: M> N {}\n"
                  "impl<O = P> Q {}\n"
                  "impl<r#S, T> U {}\n"
                  "impl <V::W as X>::Y {}\n",
                  "impl{0} for <A as B>::C\n"
                  "impl<1>{0} for ::B\n"
                  "impl<1>{0} for B\n"
                  "impl<0>{0} for C\n"
                  "impl{0} for <[u8] as D>::E\n"
                  "impl<1>{0} for F\n"
                  "impl<1>{0} for F\n"
                  "impl<1>{0} for I\n"
                  "impl<1>{0} for K\n"
                  "impl<1>{0} for N\n"
                  "impl<1>{0} for Q\n"
                  "impl<2>{0} for U\n"
                  "impl{0} for <V::W as X>::Y\n");
}

static void for_in_an_impls_header(void **state)
{
    (void)state;
    check_outline("impl A for for<'a> fn(&'a u8) {}\n"
                  "impl for<'a> Fn(&'a u8) {}\n"
                  "impl Tr<for<'a> fn(&'a u8)> for dyn for<'b> B<'b> {}\n"
                  "impl<T> Tr for T where for<'a> T: C<'a> {}\n"
                  "impl<T: for<'a> D<'a>> E<T> {}\n"
                  "impl dyn F + Send {}\n"
                  "impl (dyn G + 'static) {}\n"
                  "impl dyn for<'a> H<'a> {}\n"
                  "impl ! {}\n"
                  "impl Tr for ! {}\n"
                  "impl Tr for &mut [u8] {}\n"
                  "impl Tr for *const () {}\n"
                  "impl Fn(u8) -> u8 for I {}\n",
                  "impl{0} A for for<'a> fn(&'a u8)\n"
                  "impl{0} for for<'a> Fn(&'a u8)\n"
                  "impl{0} Tr<for<'a> fn(&'a u8)> for dyn for<'b> B<'b>\n"
                  "impl<1>{0} Tr for T [where]\n"
                  "impl<1>{0} for E<T>\n"
                  "impl{0} for dyn F + Send\n"
                  "impl{0} for (dyn G + 'static)\n"
                  "impl{0} for dyn for<'a> H<'a>\n"
                  "impl{0} for !\n"
                  "impl{0} Tr for !\n"
                  "impl{0} Tr for &mut [u8]\n"
                  "impl{0} Tr for *const ()\n"
                  "impl{0} Fn(u8) -> u8 for I\n");
}

static void patterns_as_parameters(void **state)
{
    (void)state;
    check_outline("fn a((b, c): (u8, u8), [d, .., e]: [u8; 3], F { g, h: i, .. }: F, &j: &u8,\n"
                  "     ref mut k: u8, l @ _: u8, _: u8, m::N(o, p): m::N, mut q: u8,\n"
                  "     (r | s): u8, box t: u8, 1..=2: u8, -1: i8, u!(v, w): u8, r#x: u8) {}\n",
                  "fn a(15) [body]\n");
}

static void anonymous_parameters(void **state)
{
    (void)state;
    check_outline("trait A { fn b(u8, &mut C<D, E>, fn(u8) -> u8, [u8; 2], ::f::G, (u8, u8)); }\n"
                  "trait H { fn i(&self, J::K); fn l(dyn M); fn n(_: u8); }\n",
                  "trait A{1}\n"
                  "  fn b(6)\n"
                  "trait H{3}\n"
                  "  fn i(2) [self]\n"
                  "  fn l(1)\n"
                  "  fn n(1)\n");
}

static void what_stands_before_the_first_token(void **state)
{
    (void)state;
    static const struct {
        const char *source;
        uint32_t prefix_nbytes;
        uint32_t start;
    } sources[] = {
        {"fn f() {}", 0, 0},
        {"\xEF\xBB\xBF"
         "fn f() {}",
         3, 3},
        {"#!/bin/rustx\nfn f() {}", 12, 13},
        {"\xEF\xBB\xBF#!/bin/rustx\r\nfn f() {}", 15, 17},
        {"#![a]\nfn f() {}", 0, 6},
        {"#! // c\n[a]\nfn f() {}", 0, 12},
        {"#!//c\n[a]\nfn f() {}", 0, 10},
        {"#! /* c */ x [a]\nfn f() {}", 16, 17},
        {"---\na = {\n---\nfn f() {}", 13, 14},
        {"#!x\n---cargo\n\"}\"\n---\nfn f() {}", 20, 21},
    };
    for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
        struct parsed parsed;
        struct rendering errors = {.nbytes = 0};
        parse_text(&parsed, sources[i].source);
        render_errors(&errors, &parsed);
        assert_same_text(sources[i].source, errors.text, "");
        assert_int_equal(parsed.file.prefix_nbytes, sources[i].prefix_nbytes);
        assert_int_equal(parsed.file.nitems, 1);
        assert_int_equal(parsed.file.items[0].start, sources[i].start);
        parsed_fini(&parsed);
    }
}

static void lines_and_columns(void **state)
{
    (void)state;
    static const char source[] = "\xEF\xBB\xBF"
                                 "fn a() {}\r\n"
                                 "\tfn b() {}\n"
                                 "\r/* \xC3\xA9 */ fn c() {}\n"
                                 "\n"
                                 "  #[d]\n"
                                 "  impl\n"
                                 "    E {}\n"
                                 "#[f] struct\n"
                                 "  G;";
    static const uint32_t places[][2] = {{1, 7}, {2, 5}, {3, 14}, {6, 3}, {9, 3}};
    struct parsed parsed;
    parse_text(&parsed, source);
    assert_int_equal(parsed.file.nitems, 5);
    for (uint32_t i = 0; i < 5; i++) {
        assert_int_equal(parsed.file.items[i].line, places[i][0]);
        assert_int_equal(parsed.file.items[i].column, places[i][1]);
    }
    parsed_fini(&parsed);
}

static void the_locator_counts_code_points(void **state)
{
    (void)state;
    static const char source[16 + RSL_PAD] = "a\xC3\xA9z\n\n\xF0\x9F\x98\x80x";
    static const uint32_t expected[][3] = {{0, 1, 1}, {1, 1, 2},  {3, 1, 3},  {4, 1, 4}, {5, 2, 1},
                                           {6, 3, 1}, {10, 3, 2}, {11, 3, 3}, {3, 1, 3} /* back */};
    const uint8_t *src = (const uint8_t *)source;
    struct rsl_locator locator;
    rsl_locator_init(&locator, src);
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
        uint32_t line, column;
        rsl_locator_find(&locator, expected[i][0], &line, &column);
        assert_int_equal(line, expected[i][1]);
        assert_int_equal(column, expected[i][2]);
    }
}

static void nothing_to_parse(void **state)
{
    (void)state;
    check_outline("", "");
    check_outline(" \n", "");
    check_outline("// only a comment", "");
    check_outline("//! only inner docs\n/*! and more */", "");
    check_outline("#![only_inner_attributes]", "");
    check_outline("#!/only/a/shebang", "");
    check_outline("\xEF\xBB\xBF", "");
}

/* The crossing of an expression went back to the `as` for ever. */
static void a_cast_without_a_type_hung(void **state)
{
    (void)state;
    check_outline("fn a() {}\nenum E { V = w as ", "fn a(0) [body]\n"
                                                   "! EXPECTED_COMMA_BRACE 2:19\n");
    check_outline("struct S { t: u8 = 1 as, u: u8 }\nfn b() {}\n", "struct S{2}\n"
                                                                   "  field t: u8 [default]\n"
                                                                   "  field u: u8\n"
                                                                   "fn b(0) [body]\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_in_array_lengths),
        cmocka_unit_test(items_in_an_impls_header),
        cmocka_unit_test(items_in_bounds),
        cmocka_unit_test(items_in_discriminants_and_field_defaults),
        cmocka_unit_test(discriminants_hold_any_expression),
        cmocka_unit_test(a_value_ends_at_its_semicolon),
        cmocka_unit_test(a_where_clause_may_be_empty),
        cmocka_unit_test(fn_within_a_type),
        cmocka_unit_test(items_behind_statements),
        cmocka_unit_test(items_in_blocks_of_every_sort),
        cmocka_unit_test(statements_that_look_like_items),
        cmocka_unit_test(bangs_in_bodies),
        cmocka_unit_test(named_macro_calls_in_bodies),
        cmocka_unit_test(quotes_in_bodies),
        cmocka_unit_test(comments_in_bodies),
        cmocka_unit_test(lifetimes_and_labels_in_bodies),
        cmocka_unit_test(inner_attributes_and_docs_in_bodies),
        cmocka_unit_test(angle_brackets_beside_other_operators),
        cmocka_unit_test(impl_generics_or_qualified_path),
        cmocka_unit_test(for_in_an_impls_header),
        cmocka_unit_test(patterns_as_parameters),
        cmocka_unit_test(anonymous_parameters),
        cmocka_unit_test(what_stands_before_the_first_token),
        cmocka_unit_test(lines_and_columns),
        cmocka_unit_test(the_locator_counts_code_points),
        cmocka_unit_test(nothing_to_parse),
        cmocka_unit_test(a_cast_without_a_type_hung),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
