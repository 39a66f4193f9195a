//! crossbeam-deque, in the loops of ../../../primitives_deque.h.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Mutex;

use crossbeam_deque::{Steal, Worker};

use crate::bench::{add as add_row, check, run_threads, Contestants, Run, Spin};

/// On lines of its own.
#[repr(align(128))]
struct Apart(AtomicU64);

fn push_pop(run: &Run, batch: u64) {
    let n = run.scaled(50_000_000) / batch * batch + batch;
    let worker = Mutex::new(Worker::new_lifo());
    let ns = run_threads(1, |_| {
        let worker = worker.lock().unwrap();
        let mut sum = 0;
        for _ in 0..n / batch {
            for k in 0..batch {
                worker.push(k as usize + 1);
            }
            for _ in 0..batch {
                sum += worker.pop().unwrap_or(0) as u64;
            }
        }
        check(sum == n / batch * (batch * (batch + 1) / 2), "every item is popped once");
    });
    run.report_ns_per(ns, n);
}

/// `take` gives the number and the sum of the items that it took.
fn steal<T>(
    run: &Run,
    prepare: impl Fn() -> T + Sync,
    take: impl Fn(&crossbeam_deque::Stealer<usize>, &T) -> (u64, u64) + Sync,
) {
    const WINDOW: u64 = 4096;
    let n = run.scaled(20_000_000);
    let worker = Worker::new_lifo();
    let stealer = worker.stealer();
    let worker = Mutex::new(worker);
    let ntaken = Apart(AtomicU64::new(0));
    let ns = run_threads(2, |i| {
        if i == 0 {
            let worker = worker.lock().unwrap();
            let mut spin = Spin::default();
            for k in 0..n {
                if k % 256 == 0 {
                    while k - ntaken.0.load(Ordering::Relaxed) > WINDOW {
                        spin.wait();
                    }
                    spin.reset();
                }
                worker.push(k as usize + 1);
            }
        } else {
            let prepared = prepare();
            let (mut count, mut sum, mut told) = (0, 0, 0);
            let mut spin = Spin::default();
            while count < n {
                let (more, of_them) = take(&stealer, &prepared);
                count += more;
                sum += of_them;
                if more == 0 || count - told >= 256 {
                    ntaken.0.store(count, Ordering::Relaxed);
                    told = count;
                }
                if more == 0 {
                    spin.wait();
                } else {
                    spin.reset();
                }
            }
            check(sum == n * (n + 1) / 2, "every item is taken once");
        }
    });
    run.report_rate(ns, n, "");
}

fn take_one(stealer: &crossbeam_deque::Stealer<usize>, _: &()) -> (u64, u64) {
    match stealer.steal() {
        Steal::Success(item) => (1, item as u64),
        _ => (0, 0),
    }
}

fn take_batch(stealer: &crossbeam_deque::Stealer<usize>, own: &Worker<usize>) -> (u64, u64) {
    let Steal::Success(item) = stealer.steal_batch_and_pop(own) else { return (0, 0) };
    let (mut count, mut sum) = (1, item as u64);
    while let Some(item) = own.pop() {
        count += 1;
        sum += item as u64;
    }
    (count, sum)
}

pub fn add(all: &mut Contestants) {
    add_row(all, "deque/push_pop", "crossbeam", |run| push_pop(run, 1));
    add_row(all, "deque/push_pop_1024", "crossbeam", |run| push_pop(run, 1024));
    add_row(all, "deque/steal", "crossbeam", |run| steal(run, || (), take_one));
    add_row(all, "deque/steal", "crossbeam-batch", |run| steal(run, Worker::new_lifo, take_batch));
}
