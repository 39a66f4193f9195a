//! One item record and its JSON form: rustle(1), ITEM RECORDS, keys in its order.

use std::fmt::Write;
use std::ops::Range;

/// A name and the place of its first byte.
pub struct Name {
    pub text: String,
    pub at: usize,
}

/// Source text of a part of an impl's header, and its place.
pub struct Part {
    pub text: String,
    pub span: Range<usize>,
}

#[derive(Default)]
pub struct Record {
    pub parent: Option<usize>,
    pub kind: &'static str,
    pub name: Option<Name>,
    pub vis: Option<String>,
    pub ctx: Option<&'static str>,
    pub start: usize,
    pub head: usize,
    pub body: Option<usize>,
    pub end: usize,
    pub line: usize,
    pub attrs: usize,
    pub flags: Vec<&'static str>,
    pub abi: Option<String>,
    pub generics: usize,
    pub params: Option<usize>,
    pub shape: Option<&'static str>,
    pub n: Option<usize>,
    pub path: Option<String>,
    pub cfg: Vec<String>,
    pub delim: Option<char>,
    pub trait_: Option<Part>,
    pub self_ty: Option<Part>,
    pub via: Option<String>,
}

impl Record {
    pub fn flag(&mut self, on: bool, name: &'static str) {
        if on {
            self.flags.push(name);
        }
    }
}

pub fn push_string(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c < ' ' => write!(out, "\\u{:04x}", c as u32).expect("a string takes everything"),
            c => out.push(c),
        }
    }
    out.push('"');
}

struct Line<'a>(&'a mut String);

impl Line<'_> {
    fn key(&mut self, key: &str) {
        if !self.0.ends_with('{') {
            self.0.push(',');
        }
        write!(self.0, "\"{key}\":").expect("a string takes everything");
    }

    fn number(&mut self, key: &str, value: impl std::fmt::Display) {
        self.key(key);
        write!(self.0, "{value}").expect("a string takes everything");
    }

    fn string(&mut self, key: &str, value: &str) {
        self.key(key);
        push_string(self.0, value);
    }

    fn strings<S: AsRef<str>>(&mut self, key: &str, values: &[S]) {
        self.key(key);
        for (i, value) in values.iter().enumerate() {
            self.0.push(if i == 0 { '[' } else { ',' });
            push_string(self.0, value.as_ref());
        }
        self.0.push(']');
    }

    fn part(&mut self, key: &str, span_key: &str, part: &Option<Part>) {
        if let Some(part) = part {
            self.string(key, &part.text);
            self.key(span_key);
            write!(self.0, "[{},{}]", part.span.start, part.span.end)
                .expect("a string takes everything");
        }
    }
}

/// Appends the line of a record that has its final index and parent.
pub fn push_line(out: &mut String, index: usize, r: &Record) {
    out.push('{');
    let mut line = Line(out);
    line.number("i", index);
    match r.parent {
        Some(parent) => line.number("parent", parent),
        None => line.number("parent", -1),
    }
    line.string("kind", r.kind);
    if let Some(name) = &r.name {
        line.string("name", &name.text);
    }
    if let Some(vis) = &r.vis {
        line.string("vis", vis);
    }
    if let Some(ctx) = r.ctx {
        line.string("ctx", ctx);
    }
    line.number("start", r.start);
    line.number("head", r.head);
    if let Some(name) = &r.name {
        line.number("name_at", name.at);
    }
    if let Some(body) = r.body {
        line.number("body", body);
    }
    line.number("end", r.end);
    line.number("line", r.line);
    if r.attrs > 0 {
        line.number("attrs", r.attrs);
    }
    if !r.flags.is_empty() {
        line.strings("flags", &r.flags);
    }
    if let Some(abi) = &r.abi {
        line.string("abi", abi);
    }
    if r.generics > 0 {
        line.number("generics", r.generics);
    }
    if let Some(params) = r.params {
        line.number("params", params);
    }
    if let Some(shape) = r.shape {
        line.string("shape", shape);
    }
    if let Some(n) = r.n {
        line.number("n", n);
    }
    if let Some(path) = &r.path {
        line.string("path", path);
    }
    if !r.cfg.is_empty() {
        line.strings("cfg", &r.cfg);
    }
    if let Some(delim) = r.delim {
        line.string("delim", delim.encode_utf8(&mut [0; 4]));
    }
    line.part("trait", "trait_span", &r.trait_);
    line.part("self_ty", "self_ty_span", &r.self_ty);
    if let Some(via) = &r.via {
        line.string("via", via);
    }
    out.push_str("}\n");
}
