//! primitive_peers - lists its rows, or measures one row with one contestant, as ../../primitives.h
//! describes it.

mod bench;
mod channel;
mod deque;
mod map;
mod pool;

use std::env;
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut all = bench::Contestants::new();
    deque::add(&mut all);
    pool::add(&mut all);
    channel::add(&mut all);
    map::add(&mut all);

    let arguments: Vec<String> = env::args().skip(1).collect();
    if arguments.is_empty() {
        for one in &all {
            println!("{} {}", one.row, one.peer);
        }
        return ExitCode::SUCCESS;
    }
    if let [row, peer, size @ ..] = &arguments[..] {
        let found = all.iter().find(|one| one.row == *row && one.peer == peer);
        if let (Some(one), true) = (found, size.len() <= 1) {
            let size = size.first().map_or("", String::as_str);
            (one.measure)(&bench::Run { row, size });
            return ExitCode::SUCCESS;
        }
    }
    eprintln!("usage: primitive_peers [ROW PEER [SIZE]]; without arguments, the rows are listed");
    ExitCode::from(2)
}
