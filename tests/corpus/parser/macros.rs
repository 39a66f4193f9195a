cfg_if::cfg_if! { if #[cfg(a)] { fn b() {} } else if #[cfg(not(c))] { mod d { use e::{self, f as _, g::*}; } } else { m!(); } }
thread_local! { pub static A: u8 = 1; } m!(fn b() {} fn c() { n! d { fn e() {} } }); m![1 + 2]; m! { m! { m! { struct F; } } }
macro_rules! g { ($($h:expr),*) => { fn i() {} } } macro j($k:ty) { $k } pub(crate) macro l { () => {} } m! { fn $n() {} }
