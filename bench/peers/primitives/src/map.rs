//! DashMap, and hashbrown as the bar for one thread, in the loops of ../../../primitives_map.h.

use std::cell::UnsafeCell;
use std::ffi::c_int;
use std::hash::{BuildHasher, Hash, Hasher};
use std::{fs, mem};

use dashmap::DashMap;
use hashbrown::HashMap;
use xxhash_rust::xxh3::xxh3_64;

use crate::bench::{add as add_row, check, now_ns_for, run_threads, Contestants, Random, Run};

extern "C" {
    fn malloc_trim(pad: usize) -> c_int; // glibc's
}

/// A view of a path, whose hash is XXH3-64 of its bytes and nothing else.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Key(&'static [u8]);

impl Hash for Key {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        hasher.write(self.0);
    }
}

#[derive(Clone, Copy, Default)]
struct Xxh3(u64);

impl Hasher for Xxh3 {
    fn write(&mut self, bytes: &[u8]) {
        self.0 = xxh3_64(bytes);
    }
    fn finish(&self) -> u64 {
        self.0
    }
}

impl BuildHasher for Xxh3 {
    type Hasher = Xxh3;
    fn build_hasher(&self) -> Xxh3 {
        Xxh3(0)
    }
}

struct Keys {
    stored: Vec<Key>,
    present: Vec<Key>,
    value_of: Vec<u32>,
    absent: Vec<Key>,
}

fn copy_of(keys: impl Iterator<Item = Key> + Clone) -> Vec<Key> {
    let nbytes = keys.clone().map(|key| key.0.len()).sum();
    let mut bytes = Vec::with_capacity(nbytes);
    for key in keys.clone() {
        bytes.extend_from_slice(key.0);
    }
    let bytes: &'static [u8] = bytes.leak();
    let mut off = 0;
    keys.map(|key| {
        off += key.0.len();
        Key(&bytes[off - key.0.len()..off])
    })
    .collect()
}

impl Keys {
    fn load(path: &str) -> Keys {
        let text = fs::read(path).unwrap_or_default().leak();
        check(text.last() == Some(&b'\n'), "the file of keys ends with a line");
        let mut stored: Vec<Key> =
            text[..text.len() - 1].split(|&byte| byte == b'\n').map(Key).collect();
        let n = stored.len() / 2;
        check(n > 0 && stored.len() % 2 == 0, "the file holds keys of two kinds");
        let mut absent = stored.split_off(n);
        let mut value_of: Vec<u32> = (0..n as u32).collect();
        let mut random = Random::new(1);
        for i in (1..n).rev() {
            value_of.swap(i, random.below(i as u64 + 1) as usize);
            absent.swap(i, random.below(i as u64 + 1) as usize);
        }
        let present = copy_of(value_of.iter().map(|&i| stored[i as usize]));
        let absent = copy_of(absent.iter().copied());
        Keys { stored, present, value_of, absent }
    }

    fn len(&self) -> usize {
        self.stored.len()
    }
}

/// Copies of keys, one behind the other, which live until the program ends.
#[derive(Default)]
struct Arena(&'static mut [u8]);

impl Arena {
    fn keep(&mut self, key: Key) -> Key {
        const CHUNK: usize = 64 << 10;
        let nbytes = key.0.len();
        if nbytes > self.0.len() {
            self.0 = Vec::leak(vec![0; CHUNK.max(nbytes)]);
        }
        let (kept, free) = mem::take(&mut self.0).split_at_mut(nbytes);
        self.0 = free;
        kept.copy_from_slice(key.0);
        Key(kept)
    }
}

trait Map: Sync {
    fn make(nentries: usize) -> Self;
    /// The key's bytes are gone after the call.
    fn insert(&self, arena: &mut Arena, key: Key, value: u64) -> bool;
    fn find(&self, key: Key) -> Option<u64>;
    fn remove(&self, key: Key) -> bool;
    fn sum(&self) -> u64;
}

type Dash = DashMap<Key, u64, Xxh3>;

impl Map for Dash {
    fn make(nentries: usize) -> Dash {
        DashMap::with_capacity_and_hasher(nentries, Xxh3(0))
    }
    fn insert(&self, arena: &mut Arena, key: Key, value: u64) -> bool {
        DashMap::insert(self, arena.keep(key), value).is_none()
    }
    fn find(&self, key: Key) -> Option<u64> {
        self.get(&key).map(|value| *value)
    }
    fn remove(&self, key: Key) -> bool {
        DashMap::remove(self, &key).is_some()
    }
    fn sum(&self) -> u64 {
        self.iter().map(|entry| *entry.value()).sum()
    }
}

/// Only ever used by one thread: it is given no rows of two.
struct Bar(UnsafeCell<HashMap<Key, u64, Xxh3>>);

// SAFETY: see Bar; run_threads(1, ..) joins its thread before the next one starts.
unsafe impl Sync for Bar {}

impl Bar {
    #[allow(clippy::mut_from_ref)]
    fn table(&self) -> &mut HashMap<Key, u64, Xxh3> {
        // SAFETY: no two threads, and no reference outlives the call below that made it.
        unsafe { &mut *self.0.get() }
    }
}

impl Map for Bar {
    fn make(nentries: usize) -> Bar {
        Bar(UnsafeCell::new(HashMap::with_capacity_and_hasher(nentries, Xxh3(0))))
    }
    fn insert(&self, arena: &mut Arena, key: Key, value: u64) -> bool {
        self.table().insert(arena.keep(key), value).is_none()
    }
    fn find(&self, key: Key) -> Option<u64> {
        self.table().get(&key).copied()
    }
    fn remove(&self, key: Key) -> bool {
        self.table().remove(&key).is_some()
    }
    fn sum(&self) -> u64 {
        self.table().values().sum()
    }
}

fn share(n: usize, i: usize, nthreads: usize) -> std::ops::Range<usize> {
    n * i / nthreads..n * (i + 1) / nthreads
}

fn insert_all<M: Map>(map: &M, keys: &Keys, nthreads: usize) -> f64 {
    run_threads(nthreads, |thread| {
        let mut arena = Arena::default();
        let mut all = true;
        for i in share(keys.len(), thread, nthreads) {
            all &= map.insert(&mut arena, keys.stored[i], i as u64);
        }
        check(all, "every key is new");
    })
}

fn presized<M: Map>(run: &Run, nthreads: usize) {
    let keys = Keys::load(run.size);
    let map = M::make(keys.len());
    run.report_rate(insert_all(&map, &keys, nthreads), keys.len() as u64, "");
}

fn worst<M: Map>(run: &Run, nthreads: usize) {
    let keys = Keys::load(run.size);
    let map = M::make(0);
    let worst = std::sync::Mutex::new(0.0f64);
    run_threads(nthreads, |thread| {
        let mut arena = Arena::default();
        let mut own_worst = 0.0f64;
        let mut last = now_ns_for(nthreads);
        for i in share(keys.len(), thread, nthreads) {
            check(map.insert(&mut arena, keys.stored[i], i as u64), "every key is new");
            let now = now_ns_for(nthreads);
            own_worst = own_worst.max(now - last);
            last = now;
        }
        let mut worst = worst.lock().unwrap();
        *worst = worst.max(own_worst);
    });
    run.report(worst.into_inner().unwrap() / 1e3, "us", "");
}

fn resident_bytes() -> f64 {
    // SAFETY: gives back what is free; nobody else is running.
    unsafe { malloc_trim(0) };
    let text = fs::read_to_string("/proc/self/statm").unwrap();
    let pages: f64 = text.split(' ').nth(1).unwrap().parse().unwrap();
    pages * 4096.0 // x86-64
}

fn life<M: Map>(run: &Run, nthreads: usize) {
    let keys = Keys::load(run.size);
    let n = keys.len() as u64;
    let before = resident_bytes();
    let map = M::make(0);
    run.report_rate(insert_all(&map, &keys, nthreads), n, "/insert_growing");
    if nthreads == 1 {
        run.report((resident_bytes() - before) / n as f64, "bytes", "/bytes_an_entry");
    }

    let ns = run_threads(nthreads, |thread| {
        let mut nwrong = 0;
        for i in share(keys.len(), thread, nthreads) {
            nwrong += (map.find(keys.present[i]) != Some(keys.value_of[i].into())) as u64;
        }
        check(nwrong == 0, "every key is found");
    });
    run.report_rate(ns, n, "/hit");

    let ns = run_threads(nthreads, |thread| {
        let mut nfound = 0;
        for i in share(keys.len(), thread, nthreads) {
            nfound += map.find(keys.absent[i]).is_some() as u64;
        }
        check(nfound == 0, "no other key is found");
    });
    run.report_rate(ns, n, "/miss");

    let ns = run_threads(nthreads, |thread| {
        let mut arena = Arena::default();
        let mut nwrong = 0;
        let share = share(keys.len(), thread, nthreads);
        for i in share.clone() {
            nwrong += match (i - share.start) % 20 {
                9 => !map.insert(&mut arena, keys.absent[i], i as u64),
                19 => !map.remove(keys.absent[i - 10]),
                _ => map.find(keys.present[i]) != Some(keys.value_of[i].into()),
            } as u64;
        }
        let last = share.len();
        if last % 20 > 9 {
            map.remove(keys.absent[share.end - last % 20 + 9]);
        }
        check(nwrong == 0, "every change and every hit succeeds");
    });
    run.report_rate(ns, n, "/mix_90_10");

    const PASSES: u64 = 5;
    let ns = run_threads(nthreads, |_| {
        for _ in 0..PASSES {
            check(map.sum() == n * (n - 1) / 2, "every entry is visited once");
        }
    });
    run.report_rate(ns, n * PASSES * nthreads as u64, "/iterate");

    let ns = run_threads(nthreads, |thread| {
        let share = share(keys.len(), thread, nthreads);
        let nremoved = share.clone().filter(|&i| map.remove(keys.present[i])).count();
        check(nremoved == share.len(), "every key is removed");
    });
    run.report_rate(ns, n, "/remove");
    check(map.sum() == 0, "the map is empty at last");
}

fn add_map<M: Map + 'static>(all: &mut Contestants, peer: &'static str, max_nthreads: usize) {
    for n in 1..=max_nthreads {
        let row = format!("map_{n}");
        add_row(all, format!("{row}/insert_presized"), peer, move |run| presized::<M>(run, n));
        add_row(all, format!("{row}/worst_insert"), peer, move |run| worst::<M>(run, n));
        add_row(all, row, peer, move |run| life::<M>(run, n));
    }
}

pub fn add(all: &mut Contestants) {
    add_map::<Dash>(all, "dashmap", 2);
    add_map::<Bar>(all, "hashbrown", 1);
}
