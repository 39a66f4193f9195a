#![a(b = "]")]
pub(crate) unsafe fn f<'a, const N: usize>(x: &'a [u8; 0x1F]) -> S<S<usize>> where T: Fn() {
    //! inner
    let y = x.0.1 as f32 * 1.5e-3_f64; m!{ r#"{"# '{' }
}
