//! rayon, in the loops of ../../../primitives_pool.h.

use std::hint::black_box;
use std::sync::atomic::{AtomicU64, AtomicU8, Ordering};
use std::thread;
use std::time::Duration;

use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::bench::{add as add_row, check, median, now_ns, Contestants, Run, Spin};

fn pool(nthreads: usize) -> ThreadPool {
    ThreadPoolBuilder::new().num_threads(nthreads).build().unwrap()
}

fn fib(n: u32) -> u64 {
    if n < 2 {
        return n as u64;
    }
    let (a, b) = rayon::join(|| fib(n - 1), || fib(n - 2));
    a + b
}

fn plain_fib(n: u32) -> u64 {
    if n < 2 {
        n as u64
    } else {
        plain_fib(n - 1) + plain_fib(n - 2)
    }
}

/// The first round warms up.
fn measure_fib(run: &Run, nthreads: usize) {
    const ROUNDS: u32 = 5;
    let n = match run.scaled(1000) {
        1000 => 30,
        100.. => 25,
        _ => 15,
    };
    let nspawns = plain_fib(n + 1) - 1;
    pool(nthreads).install(|| {
        let mut times = Vec::new();
        for _ in 0..=ROUNDS {
            let start = now_ns();
            let result = fib(black_box(n));
            times.push((now_ns() - start) / nspawns as f64);
            check(result == plain_fib(n), "the sum is right");
        }
        run.report(median(times.split_off(1)), "ns", "");
    });
}

/// The jobs' places, and whether each ran once in each round.
fn slots(n: u64) -> Vec<AtomicU8> {
    (0..n).map(|_| AtomicU8::new(0)).collect()
}

fn work(slot: &AtomicU8) {
    slot.store(slot.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
}

fn measure_jobs(run: &Run, round: impl Fn(&[AtomicU8])) {
    const ROUNDS: u8 = 2;
    let n = run.scaled(1_000_000);
    let slots = slots(n);
    let mut times = Vec::new();
    for _ in 0..=ROUNDS {
        let start = now_ns();
        round(&slots);
        times.push((now_ns() - start) / n as f64);
    }
    let once = slots.iter().all(|slot| slot.load(Ordering::Relaxed) == ROUNDS + 1);
    check(once, "every job runs once in a round");
    run.report(times[1..].iter().sum::<f64>() / ROUNDS as f64, "ns", "");
}

fn for_each(run: &Run, nthreads: usize) {
    let pool = pool(nthreads);
    pool.install(|| measure_jobs(run, |slots| slots.par_iter().with_max_len(1).for_each(work)));
}

fn spawn_in_scope(run: &Run, nthreads: usize) {
    let pool = pool(nthreads);
    pool.install(|| {
        measure_jobs(run, |slots| {
            rayon::scope(|scope| {
                for slot in slots {
                    scope.spawn(move |_| work(slot));
                }
            })
        })
    });
}

/// The scope belongs to this thread, which is outside the pool.
fn inject(run: &Run, nthreads: usize) {
    let pool = pool(nthreads);
    measure_jobs(run, |slots| {
        pool.in_place_scope(|scope| {
            for slot in slots {
                scope.spawn(move |_| work(slot));
            }
        })
    });
}

/// From the call that submits a job to the job's first instruction, while nobody has anything to do:
/// who submits sleeps too, which also gives the worker the time to fall asleep again.
fn idle(run: &Run, nthreads: usize) {
    let n = run.scaled(400);
    let pool = pool(nthreads);
    let (mut starts, mut calls) = (Vec::new(), Vec::new());
    static STARTED: AtomicU64 = AtomicU64::new(0);
    for _ in 0..n {
        STARTED.store(0, Ordering::Relaxed);
        thread::sleep(Duration::from_millis(2));
        let before = now_ns();
        pool.spawn(|| STARTED.store(now_ns() as u64, Ordering::Release));
        calls.push(now_ns() - before);
        thread::sleep(Duration::from_millis(1));
        let mut spin = Spin::default();
        while STARTED.load(Ordering::Acquire) == 0 {
            spin.wait();
        }
        starts.push(STARTED.load(Ordering::Relaxed) as f64 - before);
    }
    run.report(median(starts) / 1e3, "us", "/start");
    run.report(median(calls) / 1e3, "us", "/submit");
}

pub fn add(all: &mut Contestants) {
    for n in 1..=2 {
        add_row(all, format!("pool_{n}/fib_spawn"), "rayon", move |run| measure_fib(run, n));
        add_row(all, format!("pool_{n}/for_each"), "rayon", move |run| for_each(run, n));
        add_row(all, format!("pool_{n}/scope_spawn"), "rayon", move |run| spawn_in_scope(run, n));
        add_row(all, format!("pool_{n}/inject"), "rayon", move |run| inject(run, n));
        add_row(all, format!("pool_{n}/idle"), "rayon", move |run| idle(run, n));
    }
}
