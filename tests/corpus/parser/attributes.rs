#!/shebang
//! inner
#![a = "]"] # ! [b] # [c] /// doc
/** doc */ #[cfg(all(unix, not(d = "e"),))] #[cfg_attr(f, path = "g")] #[path = r#"h"#] mod i;
fn j(#[k] l: u8) { #![m] //! n
 #[o] let p = 1; #[q] { } #[r] fn s() {} /// t
}
struct U { #[v] w: X, /// y
}
