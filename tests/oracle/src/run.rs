//! Does one thing to many files, on two threads with deep stacks, and hands the results back in
//! the order of the paths.

use std::io::{self, BufRead, Read};
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::thread;

const THREADS: usize = 2;
/// syn descends by recursion; the stack is only reserved, and touched as far as a file needs it.
const STACK: usize = 2 << 30;

/// The arguments, with `-` replaced by the lines of standard input.
pub fn paths(arguments: &[String]) -> io::Result<Vec<String>> {
    let mut paths = Vec::new();
    for argument in arguments {
        if argument == "-" {
            for line in io::stdin().lock().lines() {
                paths.push(line?);
            }
        } else {
            paths.push(argument.clone());
        }
    }
    Ok(paths)
}

fn read(path: &str) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

pub fn each<T: Send + 'static>(
    paths: Vec<String>,
    work: impl Fn(&str, &[u8]) -> T + Send + Sync + 'static,
    mut take: impl FnMut(T),
) -> io::Result<()> {
    let next = Arc::new(Mutex::new(0));
    let paths = Arc::new(paths);
    let work = Arc::new(work);
    // Bounded, so that a slow file cannot pile up the results of all that follow it.
    let (send, receive) = mpsc::sync_channel::<(usize, io::Result<T>)>(64);
    for _ in 0..THREADS {
        let (next, paths, work, send) = (next.clone(), paths.clone(), work.clone(), send.clone());
        thread::Builder::new().stack_size(STACK).spawn(move || loop {
            let index = {
                let mut next = next.lock().expect("no panic while locked");
                *next += 1;
                *next - 1
            };
            let path = match paths.get(index) {
                Some(path) => path,
                None => return,
            };
            let result = read(path).map(|bytes| work(path, &bytes));
            if send.send((index, result)).is_err() {
                return;
            }
        })?;
    }
    drop(send);
    let mut waiting = std::collections::BTreeMap::new();
    let mut wanted = 0;
    for (index, result) in receive {
        waiting.insert(index, result);
        while let Some(result) = waiting.remove(&wanted) {
            take(result.map_err(|e| io::Error::new(e.kind(), format!("{}: {e}", paths[wanted])))?);
            wanted += 1;
        }
    }
    Ok(())
}
