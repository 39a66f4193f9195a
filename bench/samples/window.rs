//! Reading a stream through a window of bytes that stays in place.
//!
//! A [`Window`] sits between a reader and a parser. The parser looks at the bytes that have come so
//! far, says how many of them it has used up, and asks for more when what it sees is not enough.
//! Nothing is copied as long as the window is large enough for the longest thing that the parser
//! has to see as a whole; if it is not, the window grows.
//!
//! # Examples
//!
//! Counting the words of a text without holding more of it than one word:
//!
//! ```
//! use window::Window;
//!
//! # fn main() -> std::io::Result<()> {
//! let text: &[u8] = b"the quick brown fox jumps over the lazy dog";
//! let mut window = Window::new(text);
//! let mut words = 0;
//! while let Some(at) = window.find(b' ')? {
//!     words += 1;
//!     window.consume(at + 1);
//! }
//! // The last word ends with the text and not with a space.
//! words += usize::from(!window.bytes().is_empty());
//! assert_eq!(words, 9);
//! # Ok(())
//! # }
//! ```
//!
//! # Why not `BufRead`?
//!
//! [`BufRead::fill_buf`](std::io::BufRead::fill_buf) gives more bytes only after all that it gave
//! before are consumed, so that whatever lies across the end of a buffer has to be put together
//! from two halves by the caller. That is where most of the errors in hand-written readers come
//! from, and the reason for this module.

use std::io::{self, ErrorKind, Read};
use std::ops::Range;

/// The size that a window starts with, in bytes.
///
/// Eight pages: with less, the system calls show up in profiles; with more, nothing gets better on
/// any machine that was tried.
pub const INITIAL_CAPACITY: usize = 32 * 1024;

/// A window never grows beyond this, whatever is asked for.
///
/// It protects against input that never comes to an end of what it began, such as a line without
/// a newline. See [`Window::fill`] for what happens then.
pub const MAX_CAPACITY: usize = 1 << 30;

/// A buffered view into a reader. See the [module's documentation](self).
#[derive(Debug)]
pub struct Window<R> {
    reader: R,
    buffer: Box<[u8]>,
    /// What has been read and not yet been consumed.
    live: Range<usize>,
    /// Whether the reader has said that there is no more.
    at_end: bool,
    /// Bytes consumed since the start of the stream: where in it `live.start` is.
    position: u64,
}

impl<R: Read> Window<R> {
    /// Makes a window at the start of `reader`, with [`INITIAL_CAPACITY`] bytes of room.
    ///
    /// Nothing is read before it is asked for.
    pub fn new(reader: R) -> Self {
        Self::with_capacity(INITIAL_CAPACITY, reader)
    }

    /// Makes a window with room for at least `capacity` bytes.
    ///
    /// # Panics
    ///
    /// Panics if `capacity` is zero or more than [`MAX_CAPACITY`]: both are mistakes in the
    /// program rather than properties of its input, so that there is nobody to report them to.
    pub fn with_capacity(capacity: usize, reader: R) -> Self {
        assert!((1..=MAX_CAPACITY).contains(&capacity), "a window cannot have {capacity} bytes");
        Window {
            reader,
            buffer: vec![0; capacity].into_boxed_slice(),
            live: 0..0,
            at_end: false,
            position: 0,
        }
    }

    /// The bytes that are there now; maybe none, which does not mean that the stream has ended.
    #[inline]
    pub fn bytes(&self) -> &[u8] {
        &self.buffer[self.live.clone()]
    }

    /// How many bytes of the stream lie before the window.
    ///
    /// Adding an index into [`bytes`](Self::bytes) gives the place of that byte in the stream, as
    /// one wants it in an error message.
    #[inline]
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Moves the start of the window `n` bytes on.
    ///
    /// This is cheap: nothing is moved in memory before there is a need for room.
    ///
    /// # Panics
    ///
    /// Panics if the window holds fewer than `n` bytes.
    #[inline]
    pub fn consume(&mut self, n: usize) {
        assert!(n <= self.live.len(), "{n} bytes consumed of {}", self.live.len());
        self.live.start += n;
        self.position += n as u64;
        if self.live.is_empty() {
            self.live = 0..0; // the whole buffer is free again, and nothing need be moved
        }
    }

    /// Reads until the window holds at least `n` bytes or the stream ends, and tells which of the
    /// two it was: `true` if the bytes are there.
    ///
    /// # Errors
    ///
    /// Whatever the reader returns, with the exception of [`ErrorKind::Interrupted`], after which
    /// the reading is tried again. Bytes that came before the error stay in the window, so that
    /// the call can be repeated if the error is one that goes away. If `n` is more than
    /// [`MAX_CAPACITY`], the error is of the kind [`ErrorKind::OutOfMemory`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use window::Window;
    /// let mut window = Window::new(&b"\x7fELF\x02\x01"[..]);
    /// assert!(window.fill(4).unwrap());
    /// assert_eq!(&window.bytes()[..4], b"\x7fELF", "this is no executable");
    /// assert!(!window.fill(64).unwrap(), "the header is cut off");
    /// ```
    pub fn fill(&mut self, n: usize) -> io::Result<bool> {
        while self.live.len() < n {
            if self.at_end {
                return Ok(false);
            }
            self.make_room(n)?;
            match self.reader.read(&mut self.buffer[self.live.end..]) {
                Ok(0) => self.at_end = true,
                Ok(count) => self.live.end += count,
                // A signal came in between. It is none of the caller's business.
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }

    /// The index in the window of the first byte that equals `wanted`, reading on as long as there
    /// is none; `None` if the stream ends without it.
    ///
    /// The bytes that were searched stay in the window, and are not searched again when more of
    /// them have come: the time is linear in what is read.
    pub fn find(&mut self, wanted: u8) -> io::Result<Option<usize>> {
        let mut searched = 0;
        loop {
            let found = self.bytes()[searched..].iter().position(|&byte| byte == wanted);
            if let Some(at) = found {
                return Ok(Some(searched + at));
            }
            searched = self.live.len();
            if !self.fill(searched + 1)? {
                return Ok(None);
            }
        }
    }

    /// Sees to it that `n` bytes fit behind the start of the window and that there is room for at
    /// least one byte more than there are.
    fn make_room(&mut self, n: usize) -> io::Result<()> {
        if self.live.start + n <= self.buffer.len() && self.live.end < self.buffer.len() {
            return Ok(());
        }
        if n > MAX_CAPACITY {
            let message = "something in the input is longer than the window may become";
            return Err(io::Error::new(ErrorKind::OutOfMemory, message));
        }
        // Moving what is there to the front is enough, unless the window is too small for it; and
        // then doubling keeps the total of what is copied proportional to what is read.
        if n > self.buffer.len() {
            let capacity = n.next_power_of_two().min(MAX_CAPACITY);
            let mut larger = vec![0; capacity].into_boxed_slice();
            larger[..self.live.len()].copy_from_slice(&self.buffer[self.live.clone()]);
            self.buffer = larger;
        } else {
            self.buffer.copy_within(self.live.clone(), 0);
        }
        self.live = 0..self.live.len();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives its text in pieces of one byte, and an interruption before each.
    struct Slow<'a> {
        text: &'a [u8],
        interrupt: bool,
    }

    impl Read for Slow<'_> {
        fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
            self.interrupt = !self.interrupt;
            if self.interrupt {
                return Err(io::Error::from(ErrorKind::Interrupted));
            }
            let n = self.text.len().min(to.len()).min(1);
            to[..n].copy_from_slice(&self.text[..n]);
            self.text = &self.text[n..];
            Ok(n)
        }
    }

    #[test]
    fn interruptions_are_not_seen() {
        let mut window = Window::with_capacity(2, Slow { text: b"key=value", interrupt: false });
        assert_eq!(window.find(b'=').unwrap(), Some(3), "in {:?}", window.bytes());
        window.consume(4);
        assert_eq!(window.find(b'=').unwrap(), None);
        assert_eq!(window.bytes(), b"value", "what was searched is still there");
        assert_eq!(window.position(), 4);
    }

    #[test]
    #[should_panic(expected = "5 bytes consumed of 4")]
    fn nothing_is_consumed_that_has_not_come() {
        let mut window = Window::new(&b"four"[..]);
        assert!(window.fill(4).unwrap(), "four bytes should have been there, and were not");
        window.consume(5);
    }
}
