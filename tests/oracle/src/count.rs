//! Totals over many files, to compare with the figures that are known of the corpus.

use std::collections::BTreeMap;

use crate::items::{items, Outcome};
use crate::record::Record;

#[derive(Default)]
pub struct Count(BTreeMap<String, u64>);

impl Count {
    fn add(&mut self, key: &str, n: u64) {
        *self.0.entry(key.to_owned()).or_default() += n;
    }

    pub fn file(bytes: &[u8]) -> Count {
        let mut count = Count::default();
        count.add("files", 1);
        match items(bytes, true) {
            Outcome::Ok(records) => {
                count.add("files accepted", 1);
                count.records(&records);
            }
            Outcome::Rejected(_) => count.add("files rejected", 1),
            Outcome::NotUtf8 => count.add("files not UTF-8", 1),
        }
        count
    }

    fn records(&mut self, records: &[Record]) {
        // Whether a record is below a macro call, and below a body.
        let mut in_macro = vec![false; records.len()];
        let mut in_body = vec![false; records.len()];
        // How many items stand directly in a macro call.
        let mut hidden = vec![0; records.len()];
        for (i, record) in records.iter().enumerate() {
            in_macro[i] =
                record.ctx == Some("macro") || record.parent.map_or(false, |p| in_macro[p]);
            in_body[i] = record.ctx == Some("body") || record.parent.map_or(false, |p| in_body[p]);
            if let (Some("macro"), Some(parent)) = (record.ctx, record.parent) {
                hidden[parent] += 1;
            }
            if in_macro[i] {
                self.add("macro: records", 1);
                continue;
            }
            self.add("records", 1);
            self.add(&format!("kind {}", record.kind), 1);
            if record.ctx == Some("file") {
                self.add("records at file level", 1);
            }
            if !matches!(record.kind, "variant" | "field" | "use_leaf") {
                self.add("records without members", 1);
            }
            if in_body[i] {
                self.add("records in bodies", 1);
            }
        }
        for (i, record) in records.iter().enumerate().filter(|&(i, _)| hidden[i] > 0) {
            let name = record.path.as_deref().and_then(|path| path.rsplit("::").next());
            let what = match (in_macro[i], name) {
                (true, _) => "nested calls",
                (false, Some("cfg_if")) => "calls of cfg_if",
                (false, Some("cfg_match" | "cfg_select")) => "calls of cfg_match",
                (false, _) => "other calls",
            };
            self.add(&format!("macro: {what} that hold items"), 1);
            self.add(&format!("macro: items directly in {what}"), hidden[i]);
        }
    }

    pub fn merge(&mut self, other: Count) {
        for (key, n) in other.0 {
            self.add(&key, n);
        }
    }

    pub fn print(&self) {
        for (key, n) in &self.0 {
            println!("{n:>10}  {key}");
        }
    }
}
