fn a() { if x {
}
fn b() {}
impl C {
    fn d(
}
struct E { a b }
use f
fn g() { (] }
}
const H: u8 = 1
pub fn i() {}
fn j() { "unterminated
}
fn k() {}
/* never