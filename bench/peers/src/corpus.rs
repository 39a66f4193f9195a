//! The same files as rustle-bench has (../../corpus.h), in the same order.

use std::path::PathBuf;
use std::{env, fs, io};

pub struct Corpus {
    pub files: Vec<String>,
    /// Of `files`.
    pub nbytes: usize,
    /// Files that are left out because no `str` can hold them.
    pub not_utf8: usize,
}

fn paths(folder: PathBuf) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut todo = vec![folder];
    while let Some(folder) = todo.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let kind = entry.file_type()?; // of a link itself, which is not followed
            let path = entry.path();
            if kind.is_dir() {
                todo.push(path);
            } else if kind.is_file() && path.extension().map_or(false, |name| name == "rs") {
                found.push(path);
            }
        }
    }
    found.sort_by(|a, b| a.as_os_str().cmp(b.as_os_str()));
    Ok(found)
}

impl Corpus {
    pub fn load() -> io::Result<Corpus> {
        let folder = env::var_os("RUSTLE_CORPUS").unwrap_or_default();
        if folder.is_empty() {
            let why = "RUSTLE_CORPUS must name a folder of .rs files";
            return Err(io::Error::new(io::ErrorKind::NotFound, why));
        }
        let mut corpus = Corpus { files: Vec::new(), nbytes: 0, not_utf8: 0 };
        for path in paths(folder.into())? {
            match String::from_utf8(fs::read(path)?) {
                Ok(text) => {
                    corpus.nbytes += text.len();
                    corpus.files.push(text);
                }
                Err(_) => corpus.not_utf8 += 1,
            }
        }
        Ok(corpus)
    }
}
