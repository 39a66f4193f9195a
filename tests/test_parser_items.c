/* Every kind of item, with everything that its record says. */
#include "tests/parser_testing.h"

static void fn(void **state)
{
    (void)state;
    check_item("/// Says.\n"
               "#[inline]\n"
               "pub(crate) async unsafe fn say<'a, T: Into<Vec<u8>>, const N: usize>(\n"
               "    what: &'a T,\n"
               "    (a, b): (u8, [u8; N]),\n"
               ") -> Result<T, [u8; 2]>\n"
               "where\n"
               "    T: Clone,\n"
               "{\n"
               "    what;\n"
               "}\n",
               RSL_ITEM_FN, "say",
               "fn say 3:28 pub(crate) @file [async body unsafe where]\n"
               "whole: /// Says.\\n#[inline]\\n"
               "pub(crate) async unsafe fn say<'a, T: Into<Vec<u8>>, const N: usize>(\\n"
               "    what: &'a T,\\n    (a, b): (u8, [u8; N]),\\n) -> Result<T, [u8; 2]>\\n"
               "where\\n    T: Clone,\\n{\\n    what;\\n}\n"
               "signature: pub(crate) async unsafe fn say<'a, T: Into<Vec<u8>>, const N: usize>(\\n"
               "    what: &'a T,\\n    (a, b): (u8, [u8; N]),\\n) -> Result<T, [u8; 2]>\\n"
               "where\\n    T: Clone,\n"
               "body: {\\n    what;\\n}\n"
               "doc: /// Says.\n"
               "attr: #[inline]\n"
               "generics: 3 <'a, T: Into<Vec<u8>>, const N: usize>\n"
               "params: 2\n"
               "type: Result<T, [u8; 2]>\n");
}

static void fn_without_body_in_a_trait(void **state)
{
    (void)state;
    check_item("trait T { fn f(self: Box<Self>, _: u8) -> u16; }", RSL_ITEM_FN, "f",
               "fn f 1:14 @trait [self]\n"
               "in: trait T\n"
               "whole: fn f(self: Box<Self>, _: u8) -> u16;\n"
               "signature: fn f(self: Box<Self>, _: u8) -> u16\n"
               "params: 2\n"
               "type: u16\n");
}

static void fn_with_an_abi(void **state)
{
    (void)state;
    check_item("pub extern \"system\" fn f() {}", RSL_ITEM_FN, "f",
               "fn f 1:24 pub @file [body]\n"
               "whole: pub extern \"system\" fn f() {}\n"
               "signature: pub extern \"system\" fn f()\n"
               "body: {}\n"
               "params: 0\n"
               "path: \"system\"\n");
    check_item("extern fn f() {}", RSL_ITEM_FN, "f",
               "fn f 1:11 @file [body]\n"
               "whole: extern fn f() {}\n"
               "signature: extern fn f()\n"
               "body: {}\n"
               "params: 0\n"
               "path: \n");
    check_item("extern r#\"C\"# fn f() {}", RSL_ITEM_FN, "f",
               "fn f 1:18 @file [body]\n"
               "whole: extern r#\"C\"# fn f() {}\n"
               "signature: extern r#\"C\"# fn f()\n"
               "body: {}\n"
               "params: 0\n"
               "path: r#\"C\"#\n");
}

static void constant(void **state)
{
    (void)state;
    check_item("#[doc(hidden)] pub const MAX: [u8; 3] = { [1, 2, 3] };", RSL_ITEM_CONST, "MAX",
               "const MAX 1:26 pub @file [body]\n"
               "whole: #[doc(hidden)] pub const MAX: [u8; 3] = { [1, 2, 3] };\n"
               "signature: pub const MAX: [u8; 3]\n"
               "attr: #[doc(hidden)]\n"
               "type: [u8; 3]\n");
    check_item("const _: () = ();", RSL_ITEM_CONST, "_",
               "const _ 1:7 @file [body]\n"
               "whole: const _: () = ();\n"
               "signature: const _: ()\n"
               "type: ()\n");
    check_item("trait T {\n    const N: usize;\n}", RSL_ITEM_CONST, "N",
               "const N 2:11 @trait\n"
               "in: trait T\n"
               "whole: const N: usize;\n"
               "signature: const N: usize\n"
               "type: usize\n");
}

static void constant_with_generics(void **state)
{
    (void)state;
    check_item("const A<T: B>: Option<T> = None where T: C;", RSL_ITEM_CONST, "A",
               "const A 1:7 @file [body where]\n"
               "whole: const A<T: B>: Option<T> = None where T: C;\n"
               "signature: const A<T: B>: Option<T>\n"
               "generics: 1 <T: B>\n"
               "type: Option<T>\n");
    check_item("const A<T>: Option<T> where T: C = None;", RSL_ITEM_CONST, "A",
               "const A 1:7 @file [body where]\n"
               "whole: const A<T>: Option<T> where T: C = None;\n"
               "signature: const A<T>: Option<T> where T: C\n"
               "generics: 1 <T>\n"
               "type: Option<T>\n");
}

static void static_item(void **state)
{
    (void)state;
    check_item("pub(super) static mut COUNT: u32 = 7;", RSL_ITEM_STATIC, "COUNT",
               "static COUNT 1:23 pub(super) @file [body mut]\n"
               "whole: pub(super) static mut COUNT: u32 = 7;\n"
               "signature: pub(super) static mut COUNT: u32\n"
               "type: u32\n");
    check_item("extern \"C\" { pub static environ: *const *const u8; }", RSL_ITEM_STATIC, "environ",
               "static environ 1:25 pub @foreign\n"
               "in: foreign_mod\n"
               "whole: pub static environ: *const *const u8;\n"
               "signature: pub static environ: *const *const u8\n"
               "type: *const *const u8\n");
}

static void type_alias(void **state)
{
    (void)state;
    check_item("type Map<K, V = u8> = HashMap<K, V> where K: Hash;", RSL_ITEM_TYPE, "Map",
               "type Map 1:6 @file [body where]\n"
               "whole: type Map<K, V = u8> = HashMap<K, V> where K: Hash;\n"
               "signature: type Map<K, V = u8>\n"
               "generics: 2 <K, V = u8>\n"
               "type: HashMap<K, V>\n");
    check_item("trait T { type Item<'a>: 'a + Iterator<Item = &'a Self> where Self: 'a; }",
               RSL_ITEM_TYPE, "Item",
               "type Item 1:16 @trait [where]\n"
               "in: trait T\n"
               "whole: type Item<'a>: 'a + Iterator<Item = &'a Self> where Self: 'a;\n"
               "signature: type Item<'a>: 'a + Iterator<Item = &'a Self> where Self: 'a\n"
               "generics: 1 <'a>\n");
    check_item("trait T { type A: B = C; }", RSL_ITEM_TYPE, "A",
               "type A 1:16 @trait [body]\n"
               "in: trait T\n"
               "whole: type A: B = C;\n"
               "signature: type A: B\n"
               "type: C\n");
}

static void struct_with_named_fields(void **state)
{
    (void)state;
    check_item("#[derive(Debug)]\n"
               "pub struct Point<T = u8> where T: Copy {\n"
               "    pub x: T,\n"
               "    y: T,\n"
               "}\n",
               RSL_ITEM_STRUCT, "Point",
               "struct Point 2:12 pub @file [where]\n"
               "whole: #[derive(Debug)]\\npub struct Point<T = u8> where T: Copy {\\n"
               "    pub x: T,\\n    y: T,\\n}\n"
               "signature: pub struct Point<T = u8> where T: Copy\n"
               "body: {\\n    pub x: T,\\n    y: T,\\n}\n"
               "attr: #[derive(Debug)]\n"
               "generics: 1 <T = u8>\n"
               "shape: named\n"
               "members: 2\n");
}

static void struct_with_tuple_fields(void **state)
{
    (void)state;
    check_item("struct Pair<A, B>(pub A, #[a] pub(crate) Vec<(A, B)>,) where A: Copy;",
               RSL_ITEM_STRUCT, "Pair",
               "struct Pair 1:8 @file [where]\n"
               "whole: struct Pair<A, B>(pub A, #[a] pub(crate) Vec<(A, B)>,) where A: Copy;\n"
               "signature: struct Pair<A, B>(pub A, #[a] pub(crate) Vec<(A, B)>,) where A: Copy\n"
               "generics: 2 <A, B>\n"
               "shape: tuple\n"
               "members: 2\n");
    check_item("struct Empty();", RSL_ITEM_STRUCT, "Empty",
               "struct Empty 1:8 @file\n"
               "whole: struct Empty();\n"
               "signature: struct Empty()\n"
               "shape: tuple\n");
}

static void struct_without_fields(void **state)
{
    (void)state;
    check_item("struct Unit;", RSL_ITEM_STRUCT, "Unit",
               "struct Unit 1:8 @file\n"
               "whole: struct Unit;\n"
               "signature: struct Unit\n"
               "shape: unit\n");
    check_item("struct Unit<T> where T: Copy;", RSL_ITEM_STRUCT, "Unit",
               "struct Unit 1:8 @file [where]\n"
               "whole: struct Unit<T> where T: Copy;\n"
               "signature: struct Unit<T> where T: Copy\n"
               "generics: 1 <T>\n"
               "shape: unit\n");
    check_item("struct Braces {}", RSL_ITEM_STRUCT, "Braces",
               "struct Braces 1:8 @file\n"
               "whole: struct Braces {}\n"
               "signature: struct Braces\n"
               "body: {}\n"
               "shape: named\n");
}

static void union_item(void **state)
{
    (void)state;
    check_item("pub union Bits { float: f32, int: u32 }", RSL_ITEM_UNION, "Bits",
               "union Bits 1:11 pub @file\n"
               "whole: pub union Bits { float: f32, int: u32 }\n"
               "signature: pub union Bits\n"
               "body: { float: f32, int: u32 }\n"
               "shape: named\n"
               "members: 2\n");
}

static void enum_item(void **state)
{
    (void)state;
    check_item("#[repr(u8)] enum E<T> where T: Copy { A, B(T), C { c: T }, D = 9 }", RSL_ITEM_ENUM,
               "E",
               "enum E 1:18 @file [where]\n"
               "whole: #[repr(u8)] enum E<T> where T: Copy { A, B(T), C { c: T }, D = 9 }\n"
               "signature: enum E<T> where T: Copy\n"
               "body: { A, B(T), C { c: T }, D = 9 }\n"
               "attr: #[repr(u8)]\n"
               "generics: 1 <T>\n"
               "members: 4\n");
    check_item("enum Void {}", RSL_ITEM_ENUM, "Void",
               "enum Void 1:6 @file\n"
               "whole: enum Void {}\n"
               "signature: enum Void\n"
               "body: {}\n");
}

static void variant(void **state)
{
    (void)state;
    static const char source[] = "enum E {\n"
                                 "    /// first\n"
                                 "    A,\n"
                                 "    #[default] B(u8, u16),\n"
                                 "    C { c: u8 } = 3,\n"
                                 "    D = { const X: u8 = 1; X } << 2,\n"
                                 "}\n";
    check_item(source, RSL_ITEM_VARIANT, "A",
               "variant A 3:5\n"
               "in: enum E\n"
               "whole: /// first\\n    A\n"
               "signature: A\n"
               "doc: /// first\n"
               "shape: unit\n");
    check_item(source, RSL_ITEM_VARIANT, "B",
               "variant B 4:16\n"
               "in: enum E\n"
               "whole: #[default] B(u8, u16)\n"
               "signature: B(u8, u16)\n"
               "attr: #[default]\n"
               "shape: tuple\n"
               "members: 2\n");
    check_item(source, RSL_ITEM_VARIANT, "C",
               "variant C 5:5 [discriminant]\n"
               "in: enum E\n"
               "whole: C { c: u8 } = 3\n"
               "signature: C\n"
               "body: { c: u8 } = 3\n"
               "shape: named\n"
               "members: 1\n"
               "type: 3\n");
    check_item(source, RSL_ITEM_VARIANT, "D",
               "variant D 6:5 [discriminant]\n"
               "in: enum E\n"
               "whole: D = { const X: u8 = 1; X } << 2\n"
               "signature: D\n"
               "shape: unit\n"
               "type: { const X: u8 = 1; X } << 2\n");
}

static void field(void **state)
{
    (void)state;
    static const char source[] = "struct S {\n"
                                 "    /** first */ #[a] pub(in a::b) x: Vec<u8>,\n"
                                 "    unsafe y: u8,\n"
                                 "    z: u16 = 1 + 2,\n"
                                 "}\n";
    check_item(source, RSL_ITEM_FIELD, "x",
               "field x 2:36 pub(in a::b)\n"
               "in: struct S\n"
               "whole: /** first */ #[a] pub(in a::b) x: Vec<u8>\n"
               "signature: pub(in a::b) x: Vec<u8>\n"
               "doc: /** first */\n"
               "attr: #[a]\n"
               "type: Vec<u8>\n");
    check_item(source, RSL_ITEM_FIELD, "y",
               "field y 3:12 [unsafe]\n"
               "in: struct S\n"
               "whole: unsafe y: u8\n"
               "signature: unsafe y: u8\n"
               "type: u8\n");
    check_item(source, RSL_ITEM_FIELD, "z",
               "field z 4:5 [default]\n"
               "in: struct S\n"
               "whole: z: u16 = 1 + 2\n"
               "signature: z: u16\n"
               "type: u16\n");
    check_item("enum E { V { f: (u8,) } }", RSL_ITEM_FIELD, "f",
               "field f 1:14\n"
               "in: variant V\n"
               "whole: f: (u8,)\n"
               "signature: f: (u8,)\n"
               "type: (u8,)\n");
    check_item("union U { f: u8 }", RSL_ITEM_FIELD, "f",
               "field f 1:11\n"
               "in: union U\n"
               "whole: f: u8\n"
               "signature: f: u8\n"
               "type: u8\n");
}

static void trait_item(void **state)
{
    (void)state;
    check_item("pub unsafe auto trait T<A>: B + for<'a> C<'a> where A: D {\n"
               "    type X;\n"
               "    const Y: u8 = 1;\n"
               "    fn z();\n"
               "    m!();\n"
               "}",
               RSL_ITEM_TRAIT, "T",
               "trait T 1:23 pub @file [auto unsafe where]\n"
               "whole: pub unsafe auto trait T<A>: B + for<'a> C<'a> where A: D {\\n"
               "    type X;\\n    const Y: u8 = 1;\\n    fn z();\\n    m!();\\n}\n"
               "signature: pub unsafe auto trait T<A>: B + for<'a> C<'a> where A: D\n"
               "body: {\\n    type X;\\n    const Y: u8 = 1;\\n    fn z();\\n    m!();\\n}\n"
               "generics: 1 <A>\n"
               "members: 4\n");
}

static void trait_alias(void **state)
{
    (void)state;
    check_item("pub trait A<T> = B<T> + 'static where T: C;", RSL_ITEM_TRAIT_ALIAS, "A",
               "trait_alias A 1:11 pub @file [where]\n"
               "whole: pub trait A<T> = B<T> + 'static where T: C;\n"
               "signature: pub trait A<T> = B<T> + 'static where T: C\n"
               "generics: 1 <T>\n"
               "type: B<T> + 'static\n");
}

static void inherent_impl(void **state)
{
    (void)state;
    check_item("impl<'a, T> S<'a, T> where T: Copy { fn f(); const C: u8 = 0; }", RSL_ITEM_IMPL,
               NULL,
               "impl 1:1 @file [where]\n"
               "whole: impl<'a, T> S<'a, T> where T: Copy { fn f(); const C: u8 = 0; }\n"
               "signature: impl<'a, T> S<'a, T> where T: Copy\n"
               "body: { fn f(); const C: u8 = 0; }\n"
               "generics: 2 <'a, T>\n"
               "members: 2\n"
               "type: S<'a, T>\n");
}

static void trait_impl(void **state)
{
    (void)state;
    check_item("unsafe impl<T> a::Tr<T> for (T, dyn for<'x> F<'x>) {}", RSL_ITEM_IMPL, NULL,
               "impl 1:1 @file [unsafe]\n"
               "whole: unsafe impl<T> a::Tr<T> for (T, dyn for<'x> F<'x>) {}\n"
               "signature: unsafe impl<T> a::Tr<T> for (T, dyn for<'x> F<'x>)\n"
               "body: {}\n"
               "generics: 1 <T>\n"
               "type: (T, dyn for<'x> F<'x>)\n"
               "path: a::Tr<T>\n");
}

static void negative_impl(void **state)
{
    (void)state;
    check_item("impl !Send for S {}", RSL_ITEM_IMPL, NULL,
               "impl 1:1 @file [neg]\n"
               "whole: impl !Send for S {}\n"
               "signature: impl !Send for S\n"
               "body: {}\n"
               "type: S\n"
               "path: Send\n");
}

static void const_impl(void **state)
{
    (void)state;
    check_item("default impl<T> const Tr for S<T> {}", RSL_ITEM_IMPL, NULL,
               "impl 1:1 @file [const default]\n"
               "whole: default impl<T> const Tr for S<T> {}\n"
               "signature: default impl<T> const Tr for S<T>\n"
               "body: {}\n"
               "generics: 1 <T>\n"
               "type: S<T>\n"
               "path: Tr\n");
    check_item("const impl Tr for S {}", RSL_ITEM_IMPL, NULL,
               "impl 1:1 @file [const]\n"
               "whole: const impl Tr for S {}\n"
               "signature: const impl Tr for S\n"
               "body: {}\n"
               "type: S\n"
               "path: Tr\n");
}

static void module(void **state)
{
    (void)state;
    check_item("pub mod a { fn f() {} mod b; }", RSL_ITEM_MOD, "a",
               "mod a 1:9 pub @file [inline]\n"
               "whole: pub mod a { fn f() {} mod b; }\n"
               "signature: pub mod a\n"
               "body: { fn f() {} mod b; }\n"
               "members: 2\n");
    check_item("#[cfg(unix)]\n#[path = \"x/y.rs\"]\n#[path = \"z.rs\"] mod b;", RSL_ITEM_MOD, "b",
               "mod b 3:22 @file\n"
               "whole: #[cfg(unix)]\\n#[path = \"x/y.rs\"]\\n#[path = \"z.rs\"] mod b;\n"
               "signature: mod b\n"
               "cfg: #[cfg(unix)] = unix\n"
               "path: #[path = \"x/y.rs\"] = x/y.rs\n"
               "path: #[path = \"z.rs\"] = z.rs\n"
               "path: x/y.rs\n");
    check_item("unsafe mod c;", RSL_ITEM_MOD, "c",
               "mod c 1:12 @file [unsafe]\n"
               "whole: unsafe mod c;\n"
               "signature: unsafe mod c\n");
}

static void use(void **state)
{
    (void)state;
    check_item("pub use a::{b, c::*, d as e};", RSL_ITEM_USE, NULL,
               "use 1:1 pub @file\n"
               "whole: pub use a::{b, c::*, d as e};\n"
               "signature: pub use a::{b, c::*, d as e}\n"
               "members: 3\n");
}

static void use_leaf(void **state)
{
    (void)state;
    static const char source[] = "use a::{\n    b::c as d,\n    self,\n    e::*,\n    r#f,\n};";
    check_item(source, RSL_ITEM_USE_LEAF, "d",
               "use_leaf d 2:13 [rename]\n"
               "in: use\n"
               "whole: c as d\n"
               "signature: c as d\n"
               "path: c\n"
               "full path: a::b::c\n");
    check_item(source, RSL_ITEM_USE_LEAF, "a",
               "use_leaf a 1:5 [self]\n"
               "in: use\n"
               "whole: self\n"
               "signature: self\n"
               "path: self\n"
               "full path: a::self\n");
    check_item(source, RSL_ITEM_USE_LEAF, "",
               "use_leaf 4:8 [glob]\n"
               "in: use\n"
               "whole: *\n"
               "signature: *\n"
               "path: *\n"
               "full path: a::e::*\n");
    check_item(source, RSL_ITEM_USE_LEAF, "r#f",
               "use_leaf r#f 5:5\n"
               "in: use\n"
               "whole: r#f\n"
               "signature: r#f\n"
               "path: r#f\n"
               "full path: a::r#f\n");
}

static void extern_crate(void **state)
{
    (void)state;
    check_item("pub extern crate alloc;", RSL_ITEM_EXTERN_CRATE, "alloc",
               "extern_crate alloc 1:18 pub @file\n"
               "whole: pub extern crate alloc;\n"
               "signature: pub extern crate alloc\n"
               "path: alloc\n");
    check_item("#[macro_use] extern crate core as _;", RSL_ITEM_EXTERN_CRATE, "_",
               "extern_crate _ 1:35 @file [rename]\n"
               "whole: #[macro_use] extern crate core as _;\n"
               "signature: extern crate core as _\n"
               "attr: #[macro_use]\n"
               "path: core\n");
    check_item("extern crate self as me;", RSL_ITEM_EXTERN_CRATE, "me",
               "extern_crate me 1:22 @file [rename]\n"
               "whole: extern crate self as me;\n"
               "signature: extern crate self as me\n"
               "path: self\n");
}

static void foreign_mod(void **state)
{
    (void)state;
    check_item("#[link(name = \"m\")]\n"
               "unsafe extern \"C\" {\n"
               "    safe fn sqrt(x: f64) -> f64;\n"
               "    fn printf(format: *const u8, ...);\n"
               "    static X: u8;\n"
               "    type Opaque;\n"
               "    m!();\n"
               "}",
               RSL_ITEM_FOREIGN_MOD, NULL,
               "foreign_mod 2:1 @file [unsafe]\n"
               "whole: #[link(name = \"m\")]\\nunsafe extern \"C\" {\\n"
               "    safe fn sqrt(x: f64) -> f64;\\n    fn printf(format: *const u8, ...);\\n"
               "    static X: u8;\\n    type Opaque;\\n    m!();\\n}\n"
               "signature: unsafe extern \"C\"\n"
               "body: {\\n    safe fn sqrt(x: f64) -> f64;\\n"
               "    fn printf(format: *const u8, ...);\\n    static X: u8;\\n    type Opaque;\\n"
               "    m!();\\n}\n"
               "attr: #[link(name = \"m\")]\n"
               "members: 5\n"
               "path: \"C\"\n");
    check_item("extern {}", RSL_ITEM_FOREIGN_MOD, NULL,
               "foreign_mod 1:1 @file\n"
               "whole: extern {}\n"
               "signature: extern\n"
               "body: {}\n"
               "path: \n");
}

static void macro_rules(void **state)
{
    (void)state;
    check_item("#[macro_export] macro_rules! m { ($x:expr) => { fn no() {} }; }",
               RSL_ITEM_MACRO_RULES, "m",
               "macro_rules m 1:30 @file\n"
               "whole: #[macro_export] macro_rules! m { ($x:expr) => { fn no() {} }; }\n"
               "signature: macro_rules! m\n"
               "body: { ($x:expr) => { fn no() {} }; }\n"
               "attr: #[macro_export]\n");
    check_item("macro_rules! m ( () => () );", RSL_ITEM_MACRO_RULES, "m",
               "macro_rules m 1:14 @file\n"
               "whole: macro_rules! m ( () => () );\n"
               "signature: macro_rules! m\n"
               "body: ( () => () );\n");
    check_item("macro_rules! m [ () => () ];", RSL_ITEM_MACRO_RULES, "m",
               "macro_rules m 1:14 @file\n"
               "whole: macro_rules! m [ () => () ];\n"
               "signature: macro_rules! m\n"
               "body: [ () => () ];\n");
}

static void macro_2(void **state)
{
    (void)state;
    check_item("pub macro m($x:expr) { $x }", RSL_ITEM_MACRO, "m",
               "macro m 1:11 pub @file\n"
               "whole: pub macro m($x:expr) { $x }\n"
               "signature: pub macro m($x:expr)\n"
               "body: { $x }\n");
    check_item("macro m { ($x:expr) => { $x }, }", RSL_ITEM_MACRO, "m",
               "macro m 1:7 @file\n"
               "whole: macro m { ($x:expr) => { $x }, }\n"
               "signature: macro m\n"
               "body: { ($x:expr) => { $x }, }\n");
}

static void macro_call(void **state)
{
    (void)state;
    check_item("#[cfg(a)] std::thread_local! { static not + items; }", RSL_ITEM_MACRO_CALL, NULL,
               "macro_call 1:11 @file\n"
               "whole: #[cfg(a)] std::thread_local! { static not + items; }\n"
               "signature: std::thread_local!\n"
               "body: { static not + items; }\n"
               "cfg: #[cfg(a)] = a\n"
               "path: std::thread_local\n");
    check_item("m!(a, b);", RSL_ITEM_MACRO_CALL, NULL,
               "macro_call 1:1 @file\n"
               "whole: m!(a, b);\n"
               "signature: m!\n"
               "body: (a, b);\n"
               "path: m\n");
    check_item("::a::m![a];", RSL_ITEM_MACRO_CALL, NULL,
               "macro_call 1:1 @file\n"
               "whole: ::a::m![a];\n"
               "signature: ::a::m!\n"
               "body: [a];\n"
               "path: ::a::m\n");
}

static void macro_call_with_a_name(void **state)
{
    (void)state;
    check_item("fn f() { a::m! named { b } }", RSL_ITEM_MACRO_CALL, "named",
               "macro_call named 1:16 @body\n"
               "in: fn f\n"
               "whole: a::m! named { b }\n"
               "signature: a::m! named\n"
               "body: { b }\n"
               "path: a::m\n");
}

static void delegation(void **state)
{
    (void)state;
    check_item("impl S { pub reuse <u8 as Tr>::f as g { self.0 } }", RSL_ITEM_DELEGATION, "g",
               "delegation g 1:37 pub @impl [body rename]\n"
               "in: impl\n"
               "whole: pub reuse <u8 as Tr>::f as g { self.0 }\n"
               "signature: pub reuse <u8 as Tr>::f as g\n"
               "body: { self.0 }\n"
               "path: <u8 as Tr>::f\n");
    check_item("reuse a::b::c;", RSL_ITEM_DELEGATION, "c",
               "delegation c 1:13 @file\n"
               "whole: reuse a::b::c;\n"
               "signature: reuse a::b::c\n"
               "path: a::b::c\n");
    check_item("reuse a::{b, c as d} { self.0 }", RSL_ITEM_DELEGATION, NULL,
               "delegation 1:1 @file [body]\n"
               "whole: reuse a::{b, c as d} { self.0 }\n"
               "signature: reuse a::{b, c as d}\n"
               "body: { self.0 }\n"
               "path: a::{b, c as d}\n");
    check_item("reuse Tr::*;", RSL_ITEM_DELEGATION, NULL,
               "delegation 1:1 @file [glob]\n"
               "whole: reuse Tr::*;\n"
               "signature: reuse Tr::*\n"
               "path: Tr::*\n");
}

/* What an item of each kind begins with; a kind without an entry here has no test of its own. */
static void every_kind_is_found(void **state)
{
    (void)state;
    static const struct {
        enum rsl_item_kind kind;
        const char *source;
    } kinds[] = {
        {RSL_ITEM_FN, "fn a() {}"},
        {RSL_ITEM_CONST, "const a: u8 = 1;"},
        {RSL_ITEM_STATIC, "static a: u8 = 1;"},
        {RSL_ITEM_TYPE, "type a = u8;"},
        {RSL_ITEM_STRUCT, "struct a;"},
        {RSL_ITEM_ENUM, "enum a {}"},
        {RSL_ITEM_UNION, "union a { b: u8 }"},
        {RSL_ITEM_TRAIT, "trait a {}"},
        {RSL_ITEM_TRAIT_ALIAS, "trait a = b;"},
        {RSL_ITEM_IMPL, "impl a {}"},
        {RSL_ITEM_MOD, "mod a;"},
        {RSL_ITEM_USE, "use a;"},
        {RSL_ITEM_EXTERN_CRATE, "extern crate a;"},
        {RSL_ITEM_FOREIGN_MOD, "extern \"C\" {}"},
        {RSL_ITEM_MACRO_RULES, "macro_rules! a { () => {} }"},
        {RSL_ITEM_MACRO, "macro a() {}"},
        {RSL_ITEM_MACRO_CALL, "a! {}"},
        {RSL_ITEM_DELEGATION, "reuse b::a;"},
        {RSL_ITEM_VARIANT, "enum b { a }"},
        {RSL_ITEM_FIELD, "struct b { a: u8 }"},
        {RSL_ITEM_USE_LEAF, "use a;"},
    };
    _Static_assert(sizeof(kinds) / sizeof(kinds[0]) == RSL_ITEM_KIND_COUNT, "a kind has no entry");
    for (size_t i = 0; i < RSL_ITEM_KIND_COUNT; i++) {
        struct parsed parsed;
        assert_int_equal(kinds[i].kind, i);
        parse_text(&parsed, kinds[i].source);
        assert_int_equal(parsed.file.nerrors, 0);
        const struct rsl_item *item = find_item(&parsed, kinds[i].kind, NULL);
        assert_non_null(item);
        if (item->context != RSL_CTX_NONE) {
            assert_int_equal(item->start, 0);
            assert_int_equal(item->end, parsed.nbytes);
        }
        parsed_fini(&parsed);
    }
}

static void kinds_and_contexts_have_the_names_of_the_records(void **state)
{
    (void)state;
    static const char *const names[] = {
        "fn",           "const",       "static",      "type",  "struct",     "enum",
        "union",        "trait",       "trait_alias", "impl",  "mod",        "use",
        "extern_crate", "foreign_mod", "macro_rules", "macro", "macro_call", "delegation",
        "variant",      "field",       "use_leaf",
    };
    _Static_assert(sizeof(names) / sizeof(names[0]) == RSL_ITEM_KIND_COUNT, "a kind has no name");
    for (int kind = 0; kind < RSL_ITEM_KIND_COUNT; kind++) {
        assert_string_equal(rsl_item_kind_name((enum rsl_item_kind)kind), names[kind]);
    }
    assert_string_equal(rsl_item_kind_name(RSL_ITEM_KIND_COUNT), "");
    static const char *const contexts[] = {"",      "file",    "mod",  "impl",
                                           "trait", "foreign", "body", "macro"};
    for (int context = 0; context <= RSL_CTX_MACRO; context++) {
        assert_string_equal(rsl_context_name((enum rsl_context)context), contexts[context]);
    }
    assert_string_equal(rsl_context_name((enum rsl_context)(RSL_CTX_MACRO + 1)), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fn),
        cmocka_unit_test(fn_without_body_in_a_trait),
        cmocka_unit_test(fn_with_an_abi),
        cmocka_unit_test(constant),
        cmocka_unit_test(constant_with_generics),
        cmocka_unit_test(static_item),
        cmocka_unit_test(type_alias),
        cmocka_unit_test(struct_with_named_fields),
        cmocka_unit_test(struct_with_tuple_fields),
        cmocka_unit_test(struct_without_fields),
        cmocka_unit_test(union_item),
        cmocka_unit_test(enum_item),
        cmocka_unit_test(variant),
        cmocka_unit_test(field),
        cmocka_unit_test(trait_item),
        cmocka_unit_test(trait_alias),
        cmocka_unit_test(inherent_impl),
        cmocka_unit_test(trait_impl),
        cmocka_unit_test(negative_impl),
        cmocka_unit_test(const_impl),
        cmocka_unit_test(module),
        cmocka_unit_test(use),
        cmocka_unit_test(use_leaf),
        cmocka_unit_test(extern_crate),
        cmocka_unit_test(foreign_mod),
        cmocka_unit_test(macro_rules),
        cmocka_unit_test(macro_2),
        cmocka_unit_test(macro_call),
        cmocka_unit_test(macro_call_with_a_name),
        cmocka_unit_test(delegation),
        cmocka_unit_test(every_kind_is_found),
        cmocka_unit_test(kinds_and_contexts_have_the_names_of_the_records),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
