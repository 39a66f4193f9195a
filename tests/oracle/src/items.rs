//! One file's item records, in order, in the forms that the program prints.

use crate::collect::Collector;
use crate::hash::Fnv;
use crate::record::{push_line, push_string, Record};
use crate::source::Source;

pub enum Outcome {
    Ok(Vec<Record>),
    Rejected(String),
    NotUtf8,
}

/// Records in final order: by start, a parent before its children, parents as final indices.
pub fn items(bytes: &[u8], macro_items: bool) -> Outcome {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(_) => return Outcome::NotUtf8,
    };
    let result = std::panic::catch_unwind(|| collect(text, macro_items));
    proc_macro2::extra::invalidate_current_thread_spans();
    match result {
        Ok(Ok(records)) => Outcome::Ok(in_order(records)),
        Ok(Err(why)) => Outcome::Rejected(why),
        Err(_) => Outcome::Rejected("the oracle panicked".to_owned()),
    }
}

fn collect(text: &str, macro_items: bool) -> Result<Vec<Record>, String> {
    let source = Source::new(text);
    let file: syn::File =
        syn::parse_str(&text[source.prefix..]).map_err(|error| error.to_string())?;
    let mut collector = Collector::new(&source, macro_items);
    collector.file(&file);
    match collector.lost.first() {
        Some(off) => Err(format!("the oracle cannot parse the item at {off} again")),
        None => Ok(collector.records),
    }
}

fn in_order(records: Vec<Record>) -> Vec<Record> {
    let mut order: Vec<usize> = (0..records.len()).collect();
    // Collected parent first; a stable sort keeps that where a child starts with its parent.
    order.sort_by_key(|&i| records[i].start);
    let mut rank = vec![0; records.len()];
    for (index, &i) in order.iter().enumerate() {
        rank[i] = index;
    }
    let mut records: Vec<Option<Record>> = records.into_iter().map(Some).collect();
    order
        .into_iter()
        .map(|i| {
            let mut record = records[i].take().expect("each index comes once");
            record.parent = record.parent.map(|parent| rank[parent]);
            record
        })
        .collect()
}

fn lines(records: &[Record]) -> String {
    let mut out = String::new();
    for (i, record) in records.iter().enumerate() {
        push_line(&mut out, i, record);
    }
    out
}

pub fn jsonl(path: &str, bytes: &[u8], macro_items: bool) -> String {
    let mut out = "{\"file\":".to_owned();
    push_string(&mut out, path);
    out.push_str(&format!(",\"bytes\":{},\"status\":", bytes.len()));
    match items(bytes, macro_items) {
        Outcome::Ok(records) => {
            out.push_str(&format!("\"ok\",\"items\":{},\"errors\":0}}\n", records.len()));
            out.push_str(&lines(&records));
        }
        Outcome::Rejected(why) => {
            out.push_str("\"error\"}\n");
            eprintln!("{path}: {why}");
        }
        Outcome::NotUtf8 => out.push_str("\"not-utf8\"}\n"),
    }
    out
}

/// `path⇥bytes⇥nitems⇥hash`, or `path⇥bytes⇥rejected` or `path⇥bytes⇥not-utf8`.
pub fn hash_line(path: &str, bytes: &[u8], macro_items: bool) -> String {
    match items(bytes, macro_items) {
        Outcome::Ok(records) => {
            let mut hash = Fnv::new();
            hash.write(lines(&records).as_bytes());
            format!("{path}\t{}\t{}\t{}\n", bytes.len(), records.len(), hash.hex())
        }
        Outcome::Rejected(why) => {
            if why.starts_with("the oracle") {
                eprintln!("{path}: {why}");
            }
            format!("{path}\t{}\trejected\n", bytes.len())
        }
        Outcome::NotUtf8 => format!("{path}\t{}\tnot-utf8\n", bytes.len()),
    }
}
