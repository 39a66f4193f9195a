//! pipeline channels|direct THREADS FOLDER
//!
//! Parses every .rs file below FOLDER. With channels: a tokio coordinator finds the files, decides
//! which are to be parsed and reads them; a bounded flume channel takes them to a rayon pool of
//! THREADS, where syn parses; another brings back what they hold, and a task of tokio's keeps it in a
//! DashMap. Directly: the pool reads and parses a list of the files, and only counts. Prints one line
//! of JSON.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::{env, fs, io, panic, thread};

use dashmap::DashMap;
use rayon::prelude::*;
use syn::visit::Visit;

/// Of each channel.
const CAPACITY: usize = 100;

/// syn descends by recursion; the stack is only reserved, and touched as far as a file needs it.
const STACK: usize = 1 << 30;

struct Job {
    path: PathBuf,
    text: String,
}

struct Parsed {
    path: PathBuf,
    nbytes: usize,
    /// Items at any depth; None if syn does not accept the file.
    nitems: Option<usize>,
    /// The names that its `use` declarations and modules begin with.
    dependencies: Vec<String>,
}

enum FileState {
    Queued,
    Unreadable,
    Done { nbytes: usize, nitems: Option<usize> },
}

impl FileState {
    fn is_done(&self) -> bool {
        matches!(self, FileState::Done { .. })
    }
}

#[derive(Default)]
struct Items {
    nitems: usize,
    dependencies: Vec<String>,
}

impl<'ast> Visit<'ast> for Items {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        self.nitems += 1;
        match item {
            syn::Item::Mod(module) if module.content.is_none() => {
                self.dependencies.push(module.ident.to_string());
            }
            syn::Item::Use(import) => {
                if let syn::UseTree::Path(path) = &import.tree {
                    self.dependencies.push(path.ident.to_string());
                }
            }
            _ => {}
        }
        syn::visit::visit_item(self, item);
    }
}

fn parse(job: Job) -> Parsed {
    let Job { path, text } = job;
    let items = panic::catch_unwind(|| {
        let file = syn::parse_file(&text).ok()?;
        let mut items = Items::default();
        items.visit_file(&file);
        Some(items)
    });
    let items = items.unwrap_or(None);
    Parsed {
        path,
        nbytes: text.len(),
        nitems: items.as_ref().map(|items| items.nitems),
        dependencies: items.map(|items| items.dependencies).unwrap_or_default(),
    }
}

fn build_pool(nthreads: usize) -> rayon::ThreadPool {
    rayon::ThreadPoolBuilder::new().num_threads(nthreads).stack_size(STACK).build().expect("a pool")
}

/// Jobs to the pool's workers, until there are no more.
fn run_pool(nthreads: usize, jobs: flume::Receiver<Job>, results: flume::Sender<Parsed>) {
    build_pool(nthreads).scope(|scope| {
        for job in jobs {
            let results = results.clone();
            scope.spawn(move |_| results.send(parse(job)).expect("a receiver"));
        }
    });
}

/// Gives the files below `folder` to `found`, hidden ones left out.
fn walk(folder: PathBuf, mut found: impl FnMut(PathBuf)) -> io::Result<()> {
    let mut todo = vec![folder];
    while let Some(folder) = todo.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let kind = entry.file_type()?;
            if entry.file_name().as_encoded_bytes().starts_with(b".") {
                continue;
            }
            let path = entry.path();
            if kind.is_dir() {
                todo.push(path);
            } else if kind.is_file() && path.extension().is_some_and(|suffix| suffix == "rs") {
                found(path);
            }
        }
    }
    Ok(())
}

async fn coordinate(
    folder: PathBuf,
    states: Arc<DashMap<PathBuf, FileState>>,
    jobs: flume::Sender<Job>,
) {
    let (found, paths) = flume::bounded(CAPACITY);
    let walk = tokio::task::spawn_blocking(move || {
        walk(folder, |path| found.send(path).expect("a receiver"))
    });
    while let Ok(path) = paths.recv_async().await {
        if states.contains_key(&path) {
            continue;
        }
        match tokio::fs::read_to_string(&path).await {
            Ok(text) => {
                states.insert(path.clone(), FileState::Queued);
                jobs.send_async(Job { path, text }).await.expect("a receiver");
            }
            Err(_) => {
                states.insert(path, FileState::Unreadable);
            }
        }
    }
    walk.await.expect("a walk").expect("folders that can be read");
}

async fn collect(
    states: Arc<DashMap<PathBuf, FileState>>,
    dependencies: Arc<DashMap<PathBuf, Vec<String>>>,
    results: flume::Receiver<Parsed>,
) {
    while let Ok(parsed) = results.recv_async().await {
        dependencies.insert(parsed.path.clone(), parsed.dependencies);
        states
            .insert(parsed.path, FileState::Done { nbytes: parsed.nbytes, nitems: parsed.nitems });
    }
}

#[derive(Default)]
struct Counts {
    nfiles: usize,
    nbytes: usize,
    nitems: usize,
    nrejected: usize,
    nunreadable: usize,
}

impl Counts {
    fn of(state: &FileState) -> Counts {
        let mut counts = Counts { nfiles: 1, ..Counts::default() };
        match state {
            FileState::Done { nbytes, nitems } => {
                counts.nbytes = *nbytes;
                counts.nitems = nitems.unwrap_or(0);
                counts.nrejected = usize::from(nitems.is_none());
            }
            FileState::Unreadable => counts.nunreadable = 1,
            FileState::Queued => panic!("a file was lost"),
        }
        counts
    }

    fn plus(self, other: Counts) -> Counts {
        Counts {
            nfiles: self.nfiles + other.nfiles,
            nbytes: self.nbytes + other.nbytes,
            nitems: self.nitems + other.nitems,
            nrejected: self.nrejected + other.nrejected,
            nunreadable: self.nunreadable + other.nunreadable,
        }
    }
}

fn run_directly(nthreads: usize, folder: &Path) -> io::Result<Counts> {
    let mut paths = Vec::new();
    walk(folder.to_owned(), |path| paths.push(path))?;
    let one = |path: PathBuf| match fs::read_to_string(&path) {
        Ok(text) => {
            let parsed = parse(Job { path, text });
            FileState::Done { nbytes: parsed.nbytes, nitems: parsed.nitems }
        }
        Err(_) => FileState::Unreadable,
    };
    Ok(build_pool(nthreads).install(|| {
        paths
            .into_par_iter()
            .map(|path| Counts::of(&one(path)))
            .reduce(Counts::default, Counts::plus)
    }))
}

fn run_by_channels(nthreads: usize, folder: &Path) -> io::Result<Counts> {
    let states = Arc::new(DashMap::new());
    let dependencies = Arc::new(DashMap::new());
    let (to_pool, jobs) = flume::bounded(CAPACITY);
    let (to_collector, results) = flume::bounded(CAPACITY);
    let pool = thread::spawn(move || run_pool(nthreads, jobs, to_collector));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build()?;
    let collector = runtime.spawn(collect(states.clone(), dependencies.clone(), results));
    runtime.block_on(coordinate(folder.to_owned(), states.clone(), to_pool));
    pool.join().expect("the pool");
    runtime.block_on(collector).expect("the collector");

    assert_eq!(dependencies.len(), states.iter().filter(|state| state.value().is_done()).count());
    Ok(states.iter().map(|state| Counts::of(state.value())).fold(Counts::default(), Counts::plus))
}

fn run(arguments: &[String]) -> Result<Counts, String> {
    let usage = || "usage: pipeline channels|direct THREADS FOLDER".to_owned();
    let [way, nthreads, folder] = arguments else { return Err(usage()) };
    let nthreads = nthreads.parse().ok().filter(|n| *n > 0).ok_or_else(usage)?;
    panic::set_hook(Box::new(|_| {}));
    match way.as_str() {
        "channels" => run_by_channels(nthreads, Path::new(folder)),
        "direct" => run_directly(nthreads, Path::new(folder)),
        _ => return Err(usage()),
    }
    .map_err(|error| format!("pipeline: {error}"))
}

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match run(&arguments) {
        Ok(counts) => {
            println!(
                "{{\"files\":{},\"bytes\":{},\"items\":{},\"rejected\":{},\"unreadable\":{}}}",
                counts.nfiles, counts.nbytes, counts.nitems, counts.nrejected, counts.nunreadable
            );
            ExitCode::SUCCESS
        }
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}
