//! The processor time of one thread, which is what google-benchmark measures by default: on a
//! shared machine the wall clock tells about the neighbours.

use std::ffi::{c_int, c_long};
use std::io;

#[repr(C)]
struct Timespec {
    seconds: i64, // time_t, of 64-bit Linux
    nanoseconds: c_long,
}

/// From Linux's <time.h>.
const CLOCK_THREAD_CPUTIME_ID: c_int = 3;

extern "C" {
    fn clock_gettime(clock: c_int, time: *mut Timespec) -> c_int;
}

pub fn thread_seconds() -> io::Result<f64> {
    let mut time = Timespec { seconds: 0, nanoseconds: 0 };
    // SAFETY: the pointer is to a live Timespec, laid out as C has it, and is not kept.
    match unsafe { clock_gettime(CLOCK_THREAD_CPUTIME_ID, &mut time) } {
        0 => Ok(time.seconds as f64 + time.nanoseconds as f64 * 1e-9),
        _ => Err(io::Error::last_os_error()),
    }
}
