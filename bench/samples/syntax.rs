#![allow(dead_code, non_camel_case_types)]
#![doc = "What is rare in most files and common in some."]

/* A block comment, /* with another in it, */ and "a quote that opens nothing. */

use core::{
    cell::{Cell, RefCell, UnsafeCell},
    convert::{TryFrom as _, TryInto},
    fmt::*,
};
pub use self::shapes::{Circle, Shape, Square as Box2};
extern crate alloc as heap;

macro_rules! bits {
    ($(#[$attribute:meta])* $vis:vis struct $name:ident: $repr:ty {
        $($(#[$inner:meta])* const $flag:ident = $value:expr;)*
    }) => {
        $(#[$attribute])*
        #[derive(Clone, Copy, PartialEq, Eq)]
        $vis struct $name($repr);

        impl $name {
            $($(#[$inner])* pub const $flag: $name = $name($value);)*

            pub const fn union(self, other: $name) -> $name {
                $name(self.0 | other.0)
            }

            pub const fn contains(self, other: $name) -> bool {
                self.0 & other.0 == other.0
            }
        }
    };
    (@count) => { 0 };
    (@count $head:tt $($tail:tt)*) => { 1 + bits!(@count $($tail)*) };
}

bits! {
    /// How a file is opened.
    pub struct Mode: u32 {
        const READ = 1 << 0;
        const WRITE = 1 << 1;
        /// Only together with `WRITE`.
        const APPEND = 0b100;
        const ALL = 0x7;
    }
}

cfg_if::cfg_if! {
    if #[cfg(unix)] {
        pub fn separator() -> char { '/' }
    } else if #[cfg(windows)] {
        pub fn separator() -> char { '\\' }
    } else {
        compile_error!("which system is this?");
    }
}

thread_local! {
    static DEPTH: Cell<usize> = const { Cell::new(0) };
    static STACK: RefCell<Vec<&'static str>> = RefCell::new(Vec::new());
}

pub mod shapes {
    pub trait Shape: Send + 'static {
        const SIDES: usize;
        type Unit: Copy + Into<f64>;
        fn area(&self) -> f64;
        fn name(&self) -> String {
            String::from("shape")
        }
    }

    #[derive(Debug)]
    pub struct Circle(pub f64);
    pub struct Square {
        pub side: f64,
        pub(super) label: Option<&'static str>,
    }
    pub struct Nothing;

    impl Shape for Circle {
        const SIDES: usize = 0;
        type Unit = f32;
        fn area(&self) -> f64 {
            core::f64::consts::PI * self.0 * self.0
        }
    }

    impl Shape for Square {
        const SIDES: usize = 4;
        type Unit = f64;
        fn area(&self) -> f64 {
            self.side.powi(2)
        }
        fn name(&self) -> String {
            match self.label {
                Some(label @ ("big" | "small")) => format!("{label} square"),
                Some(other) => other.into(),
                None => "square".to_string(),
            }
        }
    }
}

/// A lexer's worst words, in one function.
pub fn literals<'a, 'b: 'a>(text: &'a str, other: &'b [u8]) -> (char, &'a str, u128) {
    let raw = r#"a "quoted" word, // no comment, and { no block"#;
    let deeper = r##"ends neither here "# nor there"##;
    let bytes = br"\x00 is four characters";
    let escaped = "tab\t, quote \", newline \n, \u{1F600}, and a line \
                   that goes on";
    let c = c"for C";
    let chars = ['a', '\'', '"', '\\', '\u{e9}', 'é', '}', '/'];
    let byte = b'\'';
    let numbers = (0xFFu8, 0o17, 0b1010_0101, 1_000_000i64, 1e10, 2.5e-3f32, 1., 0..=9, 7.max(3));
    let nested = ((1, 2), (3, (4, 5)));
    let five = (nested.1).1 .1 + nested.1.0;
    'outer: for (i, x) in other.iter().enumerate() {
        'inner: while let Some(y) = text.bytes().nth(i) {
            if *x == y && i != 0 || !text.is_empty() {
                continue 'outer;
            } else if i << 1 >= 8 {
                break 'inner;
            }
        }
    }
    debug_assert!(raw.len() < deeper.len() && bytes.len() > 3, "{} {:?}", escaped, c);
    let _ = (numbers, five, byte);
    (chars[0], text, 0xDEAD_BEEF_u128)
}

pub unsafe fn items_in_a_body(n: usize) -> impl Fn(usize) -> usize {
    const LIMIT: usize = { const fn half(x: usize) -> usize { x / 2 } half(128) };
    struct Local<const N: usize>([u8; N]);
    impl<const N: usize> Local<N> {
        fn len(&self) -> usize {
            N
        }
    }
    enum State { Idle, Busy { since: u64 }, Done(Result<(), ()>) }
    use State::*;
    let state = if n > LIMIT { Busy { since: n as u64 } } else { Idle };
    let local = Local([0u8; 16]);
    #[cfg(debug_assertions)]
    fn trace(depth: usize) {
        eprintln!("depth {depth}");
    }
    move |x| match state {
        Idle => x,
        Busy { since } if since > 3 => x + local.len(),
        Busy { .. } | Done(Ok(())) => x.wrapping_mul(31),
        Done(Err(())) => unsafe { core::hint::unreachable_unchecked() },
    }
}

#[repr(u8)]
pub enum Opcode {
    Nop = 0x00,
    Load { register: u8, address: u16 } = 0x10,
    Store { register: u8, address: u16 } = 0x11,
    Jump(i16) = b'J',
    Halt = !0,
}

pub trait Visitor<'ast>: Sized {
    type Output = ();
    fn visit_expr(&mut self, expr: &'ast Expr) -> Self::Output;
    fn visit_all<I>(&mut self, exprs: I) -> heap::vec::Vec<Self::Output>
    where
        I: IntoIterator<Item = &'ast Expr>,
        for<'x> &'x I: Debug,
    {
        exprs.into_iter().map(|expr| self.visit_expr(expr)).collect()
    }
}

pub enum Expr {
    Number(f64),
    Binary(Box<Expr>, char, Box<Expr>),
    Call { callee: String, arguments: Vec<Expr> },
}

unsafe impl<T: ?Sized + Send> Sync for Shared<T> {}
pub struct Shared<T: ?Sized>(UnsafeCell<T>);
pub union Bits { pub float: f32, pub int: u32 }
pub type Callback<'a> = dyn FnMut(&mut Expr, <Expr as ToOwned>::Owned) -> bool + Send + 'a;
