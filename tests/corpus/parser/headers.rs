impl<'a, T: A<B = C> + ?Sized + 'static, const N: usize = { 1 }> const !D for &'a mut dyn for<'b> E<'b, [u8; { fn f() {} 2 }]> where T: ~const G, [(); N]: H {}
pub(in a::b) default const async unsafe extern "C" fn i<const J: bool>(#[k] mut self: Pin<&Self>, (l, M { n, .. }): (u8, M), o: impl Fn(u8) -> !, ...) -> <Vec<u8> as P>::Q<R = S, 1, { 2 }> where T: U<V(..): W>, for<'x> &'x X: Y { z }
type A<B>: C where D: E = F<{ 1 > 2 }> where G: H;
static mut I: [fn(&u8, ...) -> unsafe<'j> &'j u8; 2 << 1] = [k; 2];
trait L<M = N>: O + for<'p> P<'p> where Q: R { const S: T = U; type V<'w>: X = Y; fn z(self); m!(); }
trait A = B + C; struct D<E>(pub(crate) F, pub (G), #[h] I) where J: K;
enum L { M = 1 << 2, N(O), P { q: R = S { t, u: v } } = w as X<Y, Z>::A, B = |c: D<E>, f| g < h, I = if j { k } else { l } }
