//! oracle tokens FILE            one line a token
//! oracle tokens --hash PATH...  one line a file
//! oracle items PATH...          JSON Lines, as `rustle scan --format jsonl`
//! oracle items --hash PATH...   one line a file
//! oracle count PATH...          totals
//! oracle modules PATH...        one line a crate's root: the files of that crate
//!
//! A path `-` stands for the lines of standard input. `--no-macro-items` after `items` leaves out
//! what stands in macro arguments. See README.md.

mod collect;
mod count;
mod hash;
mod hidden;
mod items;
mod modules;
mod record;
mod run;
mod source;
mod tokens;
mod uses;
mod verbatim;

use std::io::{self, Write};
use std::process::ExitCode;

const USAGE: &str = "usage: oracle tokens FILE | tokens --hash PATH... | items [--hash] [--no-macro-items] PATH... | count PATH... | modules PATH...";

fn run() -> io::Result<()> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut option = |name: &str| {
        let before = arguments.len();
        arguments.retain(|argument| argument != name);
        arguments.len() != before
    };
    let hash = option("--hash");
    let macro_items = !option("--no-macro-items");
    let (command, paths) = match arguments.split_first() {
        Some((command, rest)) if !rest.is_empty() => (command.as_str(), run::paths(rest)?),
        _ => return Err(io::Error::new(io::ErrorKind::InvalidInput, USAGE)),
    };
    let mut out = io::BufWriter::new(io::stdout());
    let mut written = Ok(());
    let mut print = |text: String| {
        if written.is_ok() {
            written = out.write_all(text.as_bytes());
        }
    };
    match (command, hash) {
        ("tokens", true) => run::each(paths, tokens::hash_line, &mut print)?,
        ("tokens", false) => run::each(paths, tokens::listing, &mut print)?,
        ("items", true) => run::each(
            paths,
            move |path, bytes| items::hash_line(path, bytes, macro_items),
            &mut print,
        )?,
        ("items", false) => {
            run::each(paths, move |path, bytes| items::jsonl(path, bytes, macro_items), &mut print)?
        }
        ("count", false) => {
            let mut total = count::Count::default();
            run::each(paths, |_, bytes| count::Count::file(bytes), |count| total.merge(count))?;
            total.print();
        }
        ("modules", false) => run::each(paths, modules::line, &mut print)?,
        _ => return Err(io::Error::new(io::ErrorKind::InvalidInput, USAGE)),
    }
    written?;
    out.flush()
}

fn main() -> ExitCode {
    // A panic in the parser is reported as a rejected file, by the code that catches it.
    std::panic::set_hook(Box::new(|_| {}));
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("oracle: {error}");
            ExitCode::from(2)
        }
    }
}
