//! What ../../../primitives.h does, in Rust: the clock, threads that start together, rows.

use std::ffi::{c_int, c_long};
use std::sync::Barrier;
use std::{process, thread};

#[repr(C)]
struct Timespec {
    seconds: i64, // time_t, of 64-bit Linux
    nanoseconds: c_long,
}

/// glibc's cpu_set_t.
type CpuSet = [u64; 16];

/// From Linux's <time.h>.
const CLOCK_MONOTONIC: c_int = 1;
const CLOCK_THREAD_CPUTIME_ID: c_int = 3;

extern "C" {
    fn clock_gettime(clock: c_int, time: *mut Timespec) -> c_int;
    fn sched_getaffinity(pid: c_int, nbytes: usize, set: *mut CpuSet) -> c_int;
    fn sched_setaffinity(pid: c_int, nbytes: usize, set: *const CpuSet) -> c_int;
}

fn clock_ns(clock: c_int) -> f64 {
    let mut time = Timespec { seconds: 0, nanoseconds: 0 };
    // SAFETY: the pointer is to a live Timespec, laid out as C has it, and is not kept.
    unsafe { clock_gettime(clock, &mut time) };
    time.seconds as f64 * 1e9 + time.nanoseconds as f64
}

pub fn now_ns() -> f64 {
    clock_ns(CLOCK_MONOTONIC)
}

/// What `nthreads` threads are timed by: one that waits for nobody by its processor time.
pub fn now_ns_for(nthreads: usize) -> f64 {
    clock_ns(if nthreads == 1 { CLOCK_THREAD_CPUTIME_ID } else { CLOCK_MONOTONIC })
}

/// Ends the program: a figure of something that went wrong is none.
pub fn check(holds: bool, what: &str) {
    if !holds {
        eprintln!("failed: {what}");
        process::exit(1);
    }
}

/// How everyone who spins waits: on the processor for some microseconds, then for the others.
#[derive(Default)]
pub struct Spin {
    nspins: u32,
}

impl Spin {
    pub fn wait(&mut self) {
        self.nspins += 1;
        if self.nspins < 256 {
            std::hint::spin_loop();
        } else {
            thread::yield_now();
        }
    }

    pub fn reset(&mut self) {
        self.nspins = 0;
    }
}

/// A 64-bit xorshift*: the same numbers as in C++.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Random {
        Random(seed * 2 + 1)
    }

    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        ((self.0.wrapping_mul(0x2545F4914F6CDD1D) >> 32) * limit) >> 32
    }
}

pub fn median(mut values: Vec<f64>) -> f64 {
    let middle = values.len() / 2;
    *values.select_nth_unstable_by(middle, f64::total_cmp).1
}

/// The processors that the program may use: asked once, by the first thread.
pub fn allowed_cpus() -> Vec<usize> {
    let mut set: CpuSet = [0; 16];
    // SAFETY: the pointer is to a live CpuSet of the size that is given, and is not kept.
    unsafe { sched_getaffinity(0, size_of::<CpuSet>(), &mut set) };
    (0..1024).filter(|cpu| set[cpu / 64] >> (cpu % 64) & 1 == 1).collect()
}

/// Thread `i` of few stays on the i-th processor; of more threads than processors none is bound.
fn bind_thread(i: usize, nthreads: usize, cpus: &[usize]) {
    if nthreads > cpus.len() {
        return;
    }
    let mut set: CpuSet = [0; 16];
    set[cpus[i] / 64] = 1 << (cpus[i] % 64);
    // SAFETY: as above.
    unsafe { sched_setaffinity(0, size_of::<CpuSet>(), &set) };
}

/// Runs work(i) on `nthreads` threads, all of which start together, and returns the nanoseconds
/// from the first start to the last end.
pub fn run_threads(nthreads: usize, work: impl Fn(usize) + Sync) -> f64 {
    let barrier = Barrier::new(nthreads);
    let cpus = allowed_cpus();
    let times: Vec<(f64, f64)> = thread::scope(|scope| {
        let threads: Vec<_> = (0..nthreads)
            .map(|i| {
                let (barrier, cpus, work) = (&barrier, &cpus, &work);
                scope.spawn(move || {
                    bind_thread(i, nthreads, cpus);
                    barrier.wait();
                    let start = now_ns_for(nthreads);
                    work(i);
                    (start, now_ns_for(nthreads))
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let start = times.iter().map(|time| time.0).min_by(f64::total_cmp).unwrap();
    times.iter().map(|time| time.1).max_by(f64::total_cmp).unwrap() - start
}

/// One measurement that was asked for.
pub struct Run<'a> {
    pub row: &'a str,
    pub size: &'a str,
}

impl Run<'_> {
    pub fn scaled(&self, n: u64) -> u64 {
        let divisor = if self.size.is_empty() { 1 } else { self.size.parse().unwrap_or(0) };
        check(divisor > 0, "the size is a number above 0");
        (n / divisor).max(1)
    }

    pub fn report(&self, value: f64, unit: &str, part: &str) {
        println!("{}{part} {value:.6} {unit}", self.row);
    }

    pub fn report_ns_per(&self, ns: f64, n: u64) {
        self.report(ns / n as f64, "ns", "");
    }

    pub fn report_rate(&self, ns: f64, n: u64, part: &str) {
        self.report(n as f64 * 1e3 / ns, "M/s", part);
    }
}

pub struct Contestant {
    pub row: String,
    pub peer: &'static str,
    pub measure: Box<dyn Fn(&Run)>,
}

pub type Contestants = Vec<Contestant>;

pub fn add(
    all: &mut Contestants,
    row: impl Into<String>,
    peer: &'static str,
    measure: impl Fn(&Run) + 'static,
) {
    all.push(Contestant { row: row.into(), peer, measure: Box::new(measure) });
}
