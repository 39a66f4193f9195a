//! crossbeam-channel and flume, in the loops of ../../../primitives_channel.h. Neither sends batches.

use std::sync::Mutex;

use crate::bench::{add as add_row, check, median, now_ns, run_threads, Contestants, Run, Spin};

struct Message {
    #[allow(dead_code)] // read by nobody, carried by all
    sender: u64,
    number: u64,
}

trait Channel: 'static {
    type Sender: Send + Sync + Clone;
    type Receiver: Send;
    fn make(capacity: usize) -> (Self::Sender, Self::Receiver);
    fn try_send(sender: &Self::Sender, message: Message) -> Result<(), Message>;
    fn try_receive(receiver: &Self::Receiver) -> Option<Message>;
    fn send(sender: &Self::Sender, message: Message);
    fn receive(receiver: &Self::Receiver) -> Message;
}

struct Crossbeam;

impl Channel for Crossbeam {
    type Sender = crossbeam_channel::Sender<Message>;
    type Receiver = crossbeam_channel::Receiver<Message>;
    fn make(capacity: usize) -> (Self::Sender, Self::Receiver) {
        crossbeam_channel::bounded(capacity)
    }
    fn try_send(sender: &Self::Sender, message: Message) -> Result<(), Message> {
        sender.try_send(message).map_err(|error| error.into_inner())
    }
    fn try_receive(receiver: &Self::Receiver) -> Option<Message> {
        receiver.try_recv().ok()
    }
    fn send(sender: &Self::Sender, message: Message) {
        sender.send(message).unwrap();
    }
    fn receive(receiver: &Self::Receiver) -> Message {
        receiver.recv().unwrap()
    }
}

struct Flume;

impl Channel for Flume {
    type Sender = flume::Sender<Message>;
    type Receiver = flume::Receiver<Message>;
    fn make(capacity: usize) -> (Self::Sender, Self::Receiver) {
        flume::bounded(capacity)
    }
    fn try_send(sender: &Self::Sender, message: Message) -> Result<(), Message> {
        sender.try_send(message).map_err(|error| error.into_inner())
    }
    fn try_receive(receiver: &Self::Receiver) -> Option<Message> {
        receiver.try_recv().ok()
    }
    fn send(sender: &Self::Sender, message: Message) {
        sender.send(message).unwrap_or_else(|_| unreachable!("the receiver lives"));
    }
    fn receive(receiver: &Self::Receiver) -> Message {
        receiver.recv().unwrap()
    }
}

/// How messages numbered from 0 to n - 1 are handed over.
trait Way: 'static {
    fn send<C: Channel>(end: &C::Sender, sender: u64, n: u64);
    fn receive<C: Channel>(end: &C::Receiver, n: u64) -> u64;
}

struct OneByOne;

impl Way for OneByOne {
    fn send<C: Channel>(end: &C::Sender, sender: u64, n: u64) {
        let mut spin = Spin::default();
        for number in 0..n {
            let mut message = Message { sender, number };
            while let Err(refused) = C::try_send(end, message) {
                message = refused;
                spin.wait();
            }
            spin.reset();
        }
    }
    fn receive<C: Channel>(end: &C::Receiver, n: u64) -> u64 {
        let mut spin = Spin::default();
        let mut sum = 0;
        for _ in 0..n {
            sum += loop {
                match C::try_receive(end) {
                    Some(message) => break message.number,
                    None => spin.wait(),
                }
            };
            spin.reset();
        }
        sum
    }
}

struct Blocking;

impl Way for Blocking {
    fn send<C: Channel>(end: &C::Sender, sender: u64, n: u64) {
        for number in 0..n {
            C::send(end, Message { sender, number });
        }
    }
    fn receive<C: Channel>(end: &C::Receiver, n: u64) -> u64 {
        (0..n).map(|_| C::receive(end).number).sum()
    }
}

fn alone<C: Channel, W: Way>(run: &Run, capacity: usize) {
    let n = run.scaled(8_000_000);
    let ends = Mutex::new(C::make(capacity));
    let ns = run_threads(1, |_| {
        let ends = ends.lock().unwrap();
        let mut sum = 0;
        for _ in 0..n {
            W::send::<C>(&ends.0, 0, 1);
            sum += W::receive::<C>(&ends.1, 1);
        }
        check(sum == 0, "every message arrives once");
    });
    run.report_ns_per(ns, n);
}

fn flow<C: Channel, W: Way>(run: &Run, capacity: usize, nsenders: usize, nmessages: u64) {
    let n = run.scaled(nmessages) / nsenders as u64; // of each sender
    let (sender, receiver) = C::make(capacity);
    let receiver = Mutex::new(receiver);
    let ns = run_threads(nsenders + 1, |i| {
        if i < nsenders {
            W::send::<C>(&sender.clone(), i as u64, n);
        } else {
            let sum = W::receive::<C>(&receiver.lock().unwrap(), n * nsenders as u64);
            check(sum == nsenders as u64 * (n * (n - 1) / 2), "every message arrives once");
        }
    });
    run.report_rate(ns, n * nsenders as u64, "");
}

fn round_trip<C: Channel, W: Way>(run: &Run) {
    let n = run.scaled(20_000) + 1000;
    let (there, there_end) = C::make(100);
    let (back, back_end) = C::make(100);
    let ends = [Mutex::new((there, back_end)), Mutex::new((back, there_end))];
    let times = Mutex::new(Vec::new());
    run_threads(2, |i| {
        let ends = ends[i].lock().unwrap();
        let mut own_times = Vec::with_capacity(n as usize);
        let mut last = now_ns();
        for _ in 0..n {
            if i == 0 {
                W::send::<C>(&ends.0, 0, 1);
            }
            W::receive::<C>(&ends.1, 1);
            if i == 1 {
                W::send::<C>(&ends.0, 0, 1);
            } else {
                let now = now_ns();
                own_times.push(now - last);
                last = now;
            }
        }
        if i == 0 {
            *times.lock().unwrap() = own_times;
        }
    });
    run.report(median(times.into_inner().unwrap()), "ns", "");
}

fn add_channel<C: Channel>(all: &mut Contestants, peer: &'static str) {
    for capacity in [100, 1024] {
        add_row(all, format!("channel/alone_{capacity}_single"), peer, move |run| {
            alone::<C, OneByOne>(run, capacity)
        });
        for (kind, nsenders) in [("spsc", 1), ("mpsc", 2)] {
            add_row(all, format!("channel/{kind}_{capacity}_single"), peer, move |run| {
                flow::<C, OneByOne>(run, capacity, nsenders, 3_000_000)
            });
            add_row(all, format!("channel/{kind}_{capacity}_blocking"), peer, move |run| {
                flow::<C, Blocking>(run, capacity, nsenders, 1_000_000)
            });
        }
    }
    add_row(all, "channel/round_trip_spinning", peer, round_trip::<C, OneByOne>);
    add_row(all, "channel/round_trip_blocking", peer, round_trip::<C, Blocking>);
}

pub fn add(all: &mut Contestants) {
    add_channel::<Crossbeam>(all, "crossbeam");
    add_channel::<Flume>(all, "flume");
}
