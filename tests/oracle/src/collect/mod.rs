//! From a syntax tree to item records: every item at any depth, with the keys of rustle(1), ITEM
//! RECORDS.
//! Here: positions, records, and the way from one item to those inside it.

mod items;
mod parts;
mod reparsed;

use proc_macro2::{Ident, Span, TokenStream};
use std::ops::Range;
use syn::visit::{self, Visit};
use syn::{
    AttrStyle, Attribute, Expr, Lit, Meta, Pat, Path, Stmt, Type, TypeParamBound, Visibility,
};

use crate::record::{Name, Record};
use crate::source::Source;
use crate::verbatim;

pub struct Collector<'s> {
    source: &'s Source<'s>,
    macro_items: bool,
    parent: Option<usize>,
    pub records: Vec<Record>,
    /// Verbatim items that could not be parsed again; the oracle is wrong if there are any.
    pub lost: Vec<usize>,
}

/// What every record needs to begin with.
struct Start<'a> {
    kind: &'static str,
    ctx: Option<&'static str>,
    attrs: &'a [Attribute],
    /// Any place after the token before the record and not after its first token.
    from: usize,
    name: Option<&'a Ident>,
    end: usize,
}

impl<'s> Collector<'s> {
    pub fn new(source: &'s Source<'s>, macro_items: bool) -> Collector<'s> {
        Collector { source, macro_items, parent: None, records: Vec::new(), lost: Vec::new() }
    }

    fn range(&self, span: Span) -> Range<usize> {
        let range = span.byte_range();
        range.start + self.source.prefix..range.end + self.source.prefix
    }

    fn lo(&self, span: Span) -> usize {
        self.range(span).start
    }

    fn hi(&self, span: Span) -> usize {
        self.range(span).end
    }

    /// The first token of an item that has no attributes.
    fn first(&self, vis: Option<&Visibility>, rest: &[Option<Span>]) -> usize {
        let vis = vis.and_then(|vis| match vis {
            Visibility::Public(public) => Some(public.span),
            Visibility::Restricted(restricted) => Some(restricted.pub_token.span),
            Visibility::Inherited => None,
        });
        let span = vis.or_else(|| rest.iter().copied().flatten().next());
        self.lo(span.expect("an item has a keyword"))
    }

    fn record(&self, start: Start, vis: Option<&Visibility>) -> Record {
        let outer: Vec<&Attribute> =
            start.attrs.iter().filter(|attr| matches!(attr.style, AttrStyle::Outer)).collect();
        let head = match outer.last() {
            Some(attr) => self.hi(attr.bracket_token.span.close()),
            None => start.from,
        };
        let mut record = Record {
            parent: self.parent,
            kind: start.kind,
            ctx: start.ctx,
            head: self.source.next(head),
            end: start.end,
            attrs: outer.len(),
            vis: vis.map(visibility),
            name: start
                .name
                .map(|ident| Name { text: ident.to_string(), at: self.lo(ident.span()) }),
            ..Record::default()
        };
        record.start = outer.first().map_or(record.head, |attr| self.lo(attr.pound_token.span));
        record.line = self.source.line(record.name.as_ref().map_or(record.head, |name| name.at));
        record.cfg = outer.iter().filter_map(|attr| self.cfg(attr)).collect();
        record
    }

    /// The predicate of `#[cfg(predicate)]`.
    fn cfg(&self, attr: &Attribute) -> Option<String> {
        match &attr.meta {
            Meta::List(list) if list.path.is_ident("cfg") => {
                let delim = list.delimiter.span();
                Some(self.source.normalized(self.hi(delim.open())..self.lo(delim.close())))
            }
            _ => None,
        }
    }

    /// Adds the record and visits what is inside it as its children.
    fn push(&mut self, record: Record, children: impl FnOnce(&mut Self)) {
        self.records.push(record);
        let outer = self.parent.replace(self.records.len() - 1);
        children(self);
        self.parent = outer;
    }

    fn attributes(&mut self, attrs: &[Attribute]) {
        for attr in attrs {
            self.visit_attribute(attr);
        }
    }

    fn unknown(&mut self, tokens: &TokenStream) {
        for stmts in verbatim::blocks(tokens.clone()) {
            stmts.iter().for_each(|stmt| self.visit_stmt(stmt));
        }
    }

    pub fn file(&mut self, file: &syn::File) {
        self.attributes(&file.attrs);
        for item in &file.items {
            self.item(item, "file");
        }
    }
}

/// The way into everything that is no item: blocks, expressions, types, patterns, bounds.
impl<'ast> Visit<'ast> for Collector<'_> {
    fn visit_stmt(&mut self, stmt: &'ast Stmt) {
        match stmt {
            Stmt::Item(item) => self.item(item, "body"),
            stmt => visit::visit_stmt(self, stmt),
        }
    }

    fn visit_expr(&mut self, expr: &'ast Expr) {
        match expr {
            Expr::Verbatim(tokens) => self.unknown(tokens),
            expr => visit::visit_expr(self, expr),
        }
    }

    fn visit_type(&mut self, ty: &'ast Type) {
        match ty {
            Type::Verbatim(tokens) => self.unknown(tokens),
            ty => visit::visit_type(self, ty),
        }
    }

    fn visit_pat(&mut self, pat: &'ast Pat) {
        match pat {
            Pat::Verbatim(tokens) => self.unknown(tokens),
            pat => visit::visit_pat(self, pat),
        }
    }

    fn visit_type_param_bound(&mut self, bound: &'ast TypeParamBound) {
        match bound {
            TypeParamBound::Verbatim(tokens) => self.unknown(tokens),
            bound => visit::visit_type_param_bound(self, bound),
        }
    }
}

fn path_text(path: &Path) -> String {
    let mut out = String::new();
    for (i, segment) in path.segments.iter().enumerate() {
        if i > 0 || path.leading_colon.is_some() {
            out.push_str("::");
        }
        out.push_str(&segment.ident.to_string());
    }
    out
}

fn visibility(vis: &Visibility) -> String {
    match vis {
        Visibility::Inherited => "inherited".to_owned(),
        Visibility::Public(_) => "pub".to_owned(),
        Visibility::Restricted(restricted) => {
            let prefix = if restricted.in_token.is_some() { "in " } else { "" };
            format!("{prefix}{}", path_text(&restricted.path))
        }
    }
}

/// The value of the first outer `#[path = "…"]`, if that is a plain string.
fn path_attribute(attrs: &[Attribute]) -> Option<String> {
    let is_path =
        |attr: &&Attribute| matches!(attr.style, AttrStyle::Outer) && attr.path().is_ident("path");
    match &attrs.iter().find(is_path)?.meta {
        Meta::NameValue(pair) => match &pair.value {
            Expr::Lit(syn::ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
            _ => None,
        },
        _ => None,
    }
}
