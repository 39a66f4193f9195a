fn a<T(b: u8) {}
enum A { B C }
trait T { fn a( }
#[
mod m {
///
fn f() }
