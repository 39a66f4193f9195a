//! archive_peers THREADS FOLDER
//!
//! Reads every .crate file of the folder with flate2 and tar, and parses its .rs files with syn.
//! Prints how many there were, as `rustle scan` does.

use std::fs::{self, File};
use std::hint::black_box;
use std::io::{self, BufReader, Read};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{env, panic, thread};

/// syn descends by recursion; the stack is only reserved, and touched as far as a file needs it.
const STACK: usize = 2 << 30;

#[derive(Default)]
struct Tally {
    files: u64,
    bytes: u64,
    rejected: u64,
    items: u64,
}

fn read_archive(path: &PathBuf, text: &mut String, tally: &mut Tally) -> io::Result<()> {
    let file = BufReader::new(File::open(path)?);
    let mut archive = tar::Archive::new(flate2::bufread::GzDecoder::new(file));
    for entry in archive.entries()? {
        let mut entry = entry?;
        if entry.path()?.extension().map_or(true, |extension| extension != "rs") {
            continue;
        }
        tally.files += 1;
        tally.bytes += entry.size();
        text.clear();
        if entry.read_to_string(text).is_err() {
            tally.rejected += 1; // not UTF-8
            continue;
        }
        // A panic in syn is a file that it does not accept.
        match panic::catch_unwind(|| syn::parse_file(text)) {
            Ok(Ok(file)) => tally.items += black_box(file).items.len() as u64,
            Ok(Err(_)) | Err(_) => tally.rejected += 1,
        }
    }
    Ok(())
}

fn work(paths: &[PathBuf], next: &AtomicUsize) -> io::Result<Tally> {
    let (mut tally, mut text) = (Tally::default(), String::new());
    while let Some(path) = paths.get(next.fetch_add(1, Ordering::Relaxed)) {
        read_archive(path, &mut text, &mut tally)?;
    }
    Ok(tally)
}

fn run(arguments: &[String]) -> io::Result<()> {
    let usage =
        || io::Error::new(io::ErrorKind::InvalidInput, "usage: archive_peers THREADS FOLDER");
    let [threads, folder] = arguments else { return Err(usage()) };
    let threads: usize = threads.parse().map_err(|_| usage())?;
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().map_or(false, |extension| extension == "crate") {
            paths.push(path);
        }
    }
    paths.sort();
    let next = AtomicUsize::new(0);
    let mut all = Tally::default();
    thread::scope(|scope| -> io::Result<()> {
        let mut workers = Vec::new();
        for _ in 0..threads {
            let builder = thread::Builder::new().stack_size(STACK);
            workers.push(builder.spawn_scoped(scope, || work(&paths, &next))?);
        }
        for worker in workers {
            let tally = worker.join().map_err(|_| io::Error::other("a worker panicked"))??;
            all.files += tally.files;
            all.bytes += tally.bytes;
            all.rejected += tally.rejected;
            all.items += tally.items;
        }
        Ok(())
    })?;
    println!(
        "files {}\nbytes {}\nrejected {}\nitems {}",
        all.files, all.bytes, all.rejected, all.items
    );
    Ok(())
}

fn main() -> ExitCode {
    panic::set_hook(Box::new(|_| {}));
    let arguments: Vec<String> = env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("archive_peers: {error}");
            ExitCode::from(2)
        }
    }
}
