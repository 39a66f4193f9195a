//! peers lex|proc_macro2|syn PASSES
//!
//! Reads every .rs file below the folder RUSTLE_CORPUS into memory, then lexes all of them with
//! rustc_lexer or proc-macro2, or parses them with syn, PASSES times on one thread. A line of JSON
//! for each pass.

mod clock;
mod corpus;

use std::hint::black_box;
use std::process::ExitCode;
use std::{env, io, panic, thread};

use corpus::Corpus;

/// syn descends by recursion; the stack is only reserved, and touched as far as a file needs it.
const STACK: usize = 2 << 30;

/// One pass: tokens or items, and files that the peer does not accept.
#[derive(Default)]
struct Tally {
    results: u64,
    rejected: u64,
}

fn lex(corpus: &Corpus) -> Tally {
    let mut tally = Tally::default();
    for text in &corpus.files {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let prefix = ra_ap_rustc_lexer::strip_shebang(text).unwrap_or(0);
        for token in ra_ap_rustc_lexer::tokenize(&text[prefix..]) {
            black_box(token);
            tally.results += 1;
        }
    }
    tally
}

/// Tokens that are no groups, and for each group one.
fn count(stream: proc_macro2::TokenStream) -> u64 {
    let mut todo = vec![stream];
    let mut ntokens = 0;
    while let Some(stream) = todo.pop() {
        for tree in stream {
            ntokens += 1;
            if let proc_macro2::TokenTree::Group(group) = tree {
                todo.push(group.stream());
            }
        }
    }
    ntokens
}

fn lex_trees(corpus: &Corpus) -> Tally {
    let mut tally = Tally::default();
    for text in &corpus.files {
        match panic::catch_unwind(|| text.parse::<proc_macro2::TokenStream>()) {
            Ok(Ok(stream)) => tally.results += count(stream),
            Ok(Err(_)) | Err(_) => tally.rejected += 1,
        }
    }
    tally
}

fn parse(corpus: &Corpus) -> Tally {
    let mut tally = Tally::default();
    for text in &corpus.files {
        // A panic in syn is a file that it does not accept.
        match panic::catch_unwind(|| syn::parse_file(text)) {
            Ok(Ok(file)) => tally.results += black_box(file).items.len() as u64,
            Ok(Err(_)) | Err(_) => tally.rejected += 1,
        }
    }
    tally
}

fn run(arguments: &[String]) -> io::Result<()> {
    let usage =
        || io::Error::new(io::ErrorKind::InvalidInput, "usage: peers lex|proc_macro2|syn PASSES");
    let [command, passes] = arguments else { return Err(usage()) };
    let passes: u32 = passes.parse().map_err(|_| usage())?;
    let (row, what, work): (_, _, fn(&Corpus) -> Tally) = match command.as_str() {
        "lex" => ("rustc_lexer", "tokens", lex),
        "proc_macro2" => ("proc-macro2", "tokens", lex_trees),
        "syn" => ("syn", "top_level_items", parse),
        _ => return Err(usage()),
    };
    let corpus = Corpus::load()?;
    for _ in 0..passes {
        let start = clock::thread_seconds()?;
        let tally = work(&corpus);
        let seconds = clock::thread_seconds()? - start;
        println!(
            "{{\"row\":\"{row}\",\"files\":{},\"bytes\":{},\"not_utf8\":{},\"rejected\":{},\
             \"{what}\":{},\"cpu_s\":{seconds:.6},\"bytes_per_second\":{:.0}}}",
            corpus.files.len(),
            corpus.nbytes,
            corpus.not_utf8,
            tally.rejected,
            tally.results,
            corpus.nbytes as f64 / seconds,
        );
    }
    Ok(())
}

fn main() -> ExitCode {
    panic::set_hook(Box::new(|_| {}));
    let arguments: Vec<String> = env::args().skip(1).collect();
    let worker = thread::Builder::new().stack_size(STACK).spawn(move || run(&arguments));
    let result = match worker.map(|worker| worker.join()) {
        Ok(Ok(result)) => result,
        Ok(Err(_)) => Err(io::Error::new(io::ErrorKind::Other, "the worker panicked")),
        Err(error) => Err(error),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("peers: {error}");
            ExitCode::from(2)
        }
    }
}
