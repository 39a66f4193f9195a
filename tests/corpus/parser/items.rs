#![allow(dead_code)]
//! docs
/// outer
#[cfg(a = "]")] pub(in a::b) const unsafe extern "C" fn f<'a, T: for<'b> Fn(&'b T) -> [u8; { fn g() {} 3 }], const N: usize = 3>(&'a self, x: T, ...) -> impl X<{ N }> where T: Y<Z = [(); N]> { fn h() {} m!{ fn no() {} } if !x { 'l: loop { break 'l } } let s = r#"}"#; struct In; }
pub enum E { A = if a < b { 1 } else { 2 }, B(pub u8, #[x] T), C { d: u8 = 1, e: fn(u8) -> X<A, B> }, D = |a, b| c, F = x as *const A<B, C> as usize }
union U { a: u8 } struct S<T>(T) where T: ?Sized; struct N;
impl<T> !Tr for S<T> where T: A {} unsafe impl const Tr for <A as B>::C { type X = u8; const Y: u8 = 1; m! { a } }
trait T2: A + B { fn a(); type B: C = D where E: F; const G: u8; } trait Al = A + B where C: D; auto trait Au {}
use ::{a::{self, b as c, d::*}, r#e::f, g as _}; extern crate x as y; extern "C" { fn a(...); static B: u8; type C; }
macro_rules! mr { ($a:tt) => { } } macro m2($a:tt) { } p::q! { fn in_macro() {} }
cfg_if! { if #[cfg(a)] { mod a; } else { #[path = "p\n.rs"] mod b; } }
reuse a::{b, c as d} { e } const W<T>: u8 = 0 where T: V; static mut M: [T; N] = [x; 3];
