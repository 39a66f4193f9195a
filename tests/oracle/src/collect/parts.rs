//! What several items have in common: signatures, members, use trees, impl headers, macros.

use proc_macro2::{Ident, Span};
use std::ops::Range;
use syn::punctuated::Punctuated;
use syn::visit::{self, Visit};
use syn::{
    Attribute, Block, Fields, Generics, ItemImpl, Macro, MacroDelimiter, Signature, Token, Type,
    Variant, Visibility,
};

use super::{path_text, Collector, Start};
use crate::hidden;
use crate::record::{Part, Record};
use crate::uses::{self, Tree};

impl Collector<'_> {
    pub(super) fn function(
        &mut self,
        start: Start,
        vis: &Visibility,
        default: bool,
        safe: bool,
        sig: &Signature,
        block: Option<&Block>,
    ) {
        let attrs = start.attrs;
        let mut record = self.record(start, Some(vis));
        record.flag(sig.asyncness.is_some(), "async");
        record.flag(block.is_some(), "body");
        record.flag(sig.constness.is_some(), "const");
        record.flag(default, "default");
        record.flag(safe, "safe");
        record.flag(sig.receiver().is_some(), "self");
        record.flag(sig.unsafety.is_some(), "unsafe");
        record.flag(sig.variadic.is_some(), "variadic");
        record.flag(sig.generics.where_clause.is_some(), "where");
        record.body = block.map(|block| self.lo(block.brace_token.span.open()));
        record.abi = sig
            .abi
            .as_ref()
            .map(|abi| abi.name.as_ref().map_or_else(String::new, |name| name.value()));
        record.generics = sig.generics.params.len();
        record.params = Some(sig.inputs.len());
        self.push(record, |this| {
            this.attributes(attrs);
            this.visit_signature(sig);
            if let Some(block) = block {
                this.visit_block(block);
            }
        });
    }

    pub(super) fn signature_first(
        &self,
        vis: &Visibility,
        default: Option<Span>,
        sig: &Signature,
    ) -> usize {
        self.first(
            Some(vis),
            &[
                default,
                sig.constness.map(|t| t.span),
                sig.asyncness.map(|t| t.span),
                sig.unsafety.map(|t| t.span),
                sig.abi.as_ref().map(|abi| abi.extern_token.span),
                Some(sig.fn_token.span),
            ],
        )
    }

    /// Where a list's elements begin: after the opening delimiter, and after each comma.
    pub(super) fn starts<T>(&self, open: usize, list: &Punctuated<T, Token![,]>) -> Vec<usize> {
        let after_commas =
            list.pairs().filter_map(|pair| pair.punct().map(|comma| self.hi(comma.span)));
        std::iter::once(open).chain(after_commas).collect()
    }

    /// Where they end: before each comma, and before the closing delimiter.
    pub(super) fn ends<T>(&self, close: usize, list: &Punctuated<T, Token![,]>) -> Vec<usize> {
        let commas = list.pairs().filter_map(|pair| pair.punct().map(|comma| self.lo(comma.span)));
        commas.chain(std::iter::once(close)).map(|off| self.source.previous_end(off)).collect()
    }

    pub(super) fn fields(&mut self, fields: &Fields) {
        let (delim, list) = match fields {
            Fields::Named(named) => (named.brace_token.span, &named.named),
            Fields::Unnamed(unnamed) => (unnamed.paren_token.span, &unnamed.unnamed),
            Fields::Unit => return,
        };
        let starts = self.starts(self.hi(delim.open()), list);
        let ends = self.ends(self.lo(delim.close()), list);
        for ((field, from), end) in list.iter().zip(starts).zip(ends) {
            if field.ident.is_none() {
                // Counted in `n`, but no record of its own.
                visit::visit_field(self, field);
                continue;
            }
            let name = field.ident.as_ref();
            let start = Start { kind: "field", ctx: None, attrs: &field.attrs, from, name, end };
            let record = self.record(start, Some(&field.vis));
            self.push(record, |this| visit::visit_field(this, field));
        }
    }

    pub(super) fn variants(
        &mut self,
        brace: syn::token::Brace,
        list: &Punctuated<Variant, Token![,]>,
    ) {
        let starts = self.starts(self.hi(brace.span.open()), list);
        let ends = self.ends(self.lo(brace.span.close()), list);
        for ((variant, from), end) in list.iter().zip(starts).zip(ends) {
            let name = Some(&variant.ident);
            let start =
                Start { kind: "variant", ctx: None, attrs: &variant.attrs, from, name, end };
            let mut record = self.record(start, None);
            self.shape(&mut record, &variant.fields);
            record.flag(variant.discriminant.is_some(), "discriminant");
            self.push(record, |this| {
                this.attributes(&variant.attrs);
                this.fields(&variant.fields);
                if let Some((_, value)) = &variant.discriminant {
                    this.visit_expr(value);
                }
            });
        }
    }

    pub(super) fn shape(&self, record: &mut Record, fields: &Fields) {
        record.n = Some(fields.len());
        record.shape = Some(match fields {
            Fields::Named(named) => {
                record.body = Some(self.lo(named.brace_token.span.open()));
                "named"
            }
            Fields::Unnamed(_) => "tuple",
            Fields::Unit => "unit",
        });
    }

    /// The record of a struct, enum or union, its members still to come.
    pub(super) fn data(&self, start: Start, vis: &Visibility, generics: &Generics) -> Record {
        let mut record = self.record(start, Some(vis));
        record.flag(generics.where_clause.is_some(), "where");
        record.generics = generics.params.len();
        record
    }

    pub(super) fn use_(
        &mut self,
        start: Start,
        vis: &Visibility,
        tree: &Tree,
        leading_colon: bool,
    ) {
        let attrs = start.attrs;
        let mut record = self.record(start, Some(vis));
        let leaves = uses::leaves(tree);
        record.n = Some(leaves.len());
        self.push(record, |this| {
            this.attributes(attrs);
            for leaf in leaves {
                let from = this.lo(leaf.last);
                let end = this.hi(leaf.end);
                let name = leaf.name.as_ref();
                let mut record = this.record(
                    Start { kind: "use_leaf", ctx: None, attrs: &[], from, name, end },
                    None,
                );
                record.flag(leaf.glob, "glob");
                record.flag(leaf.rename, "rename");
                record.flag(leaf.braced_self, "self");
                record.path =
                    Some(format!("{}{}", if leading_colon { "::" } else { "" }, leaf.path));
                this.push(record, |_| {});
            }
        });
    }

    pub(super) fn part(&self, range: Range<usize>) -> Option<Part> {
        let span = self.source.next(range.start)..self.source.previous_end(range.end);
        Some(Part { text: self.source.normalized(span.clone()), span })
    }

    /// `before`: end of the token before the trait, or before the self type if there is no trait.
    pub(super) fn impl_parts(
        &self,
        record: &mut Record,
        before: usize,
        for_token: Option<Span>,
        where_: Option<&syn::WhereClause>,
    ) {
        let open = record.body.expect("an impl has a body");
        let end = where_.map_or(open, |clause| self.lo(clause.where_token.span));
        match for_token {
            Some(for_token) => {
                let for_range = self.range(for_token);
                record.trait_ = self.part(before..for_range.start);
                record.self_ty = self.part(for_range.end..end);
            }
            None => record.self_ty = self.part(before..end),
        }
    }

    pub(super) fn impl_(&mut self, item: &ItemImpl, ctx: &'static str) {
        let first = self.first(
            None,
            &[
                item.defaultness.map(|t| t.span),
                item.unsafety.map(|t| t.span),
                Some(item.impl_token.span),
            ],
        );
        let brace = item.brace_token.span;
        let end = self.hi(brace.close());
        let start = Start {
            kind: "impl",
            ctx: Some(ctx),
            attrs: &item.attrs,
            from: first,
            name: None,
            end,
        };
        let mut record = self.record(start, Some(&Visibility::Inherited));
        record.body = Some(self.lo(brace.open()));
        let mut before = item.generics.gt_token.map_or(item.impl_token.span, |gt| gt.span);
        let mut negative = false;
        if let Some((Some(bang), _, _)) = &item.trait_ {
            negative = true;
            before = bang.span;
        }
        let mut before = self.hi(before);
        if let (None, Type::Verbatim(_)) = (&item.trait_, &*item.self_ty) {
            // `impl !T {}`: syn leaves the `!` in the type.
            let bang = self.source.next(before);
            if self.source.text[bang..].starts_with('!') {
                negative = true;
                before = bang + 1;
            }
        }
        record.flag(item.defaultness.is_some(), "default");
        record.flag(negative, "neg");
        record.flag(item.unsafety.is_some(), "unsafe");
        record.flag(item.generics.where_clause.is_some(), "where");
        record.generics = item.generics.params.len();
        record.n = Some(item.items.len());
        let for_token = item.trait_.as_ref().map(|(_, _, for_token)| for_token.span);
        self.impl_parts(&mut record, before, for_token, item.generics.where_clause.as_ref());
        self.push(record, |this| {
            this.attributes(&item.attrs);
            this.visit_generics(&item.generics);
            if let Some((_, path, _)) = &item.trait_ {
                this.visit_path(path);
            }
            this.visit_type(&item.self_ty);
            for inner in &item.items {
                this.impl_item(inner);
            }
        });
    }

    /// A macro call in item position, or a `macro_rules`.
    pub(super) fn macro_(
        &mut self,
        ctx: &'static str,
        attrs: &[Attribute],
        name: Option<&Ident>,
        mac: &Macro,
        semi: Option<Token![;]>,
    ) {
        let delim = mac.delimiter.span();
        let end = semi.map_or_else(|| self.hi(delim.close()), |semi| self.hi(semi.span));
        let is_rules = name.is_some() && mac.path.is_ident("macro_rules");
        let path_first = mac
            .path
            .leading_colon
            .map_or_else(|| mac.path.segments[0].ident.span(), |t| t.spans[0]);
        let kind = if is_rules { "macro_rules" } else { "macro_call" };
        let from = self.lo(path_first);
        let mut record = self.record(Start { kind, ctx: Some(ctx), attrs, from, name, end }, None);
        record.body = Some(self.lo(delim.open()));
        record.delim = Some(match mac.delimiter {
            MacroDelimiter::Paren(_) => '(',
            MacroDelimiter::Bracket(_) => '[',
            MacroDelimiter::Brace(_) => '{',
        });
        let path = path_text(&mac.path);
        if !is_rules {
            record.path = Some(path.clone());
        }
        let hidden = if self.macro_items && !is_rules {
            hidden::items(&mac.path, mac.tokens.clone())
        } else {
            Vec::new()
        };
        self.push(record, |this| {
            this.attributes(attrs);
            for item in &hidden {
                let index = this.records.len();
                this.item(item, "macro");
                // The first record that an item adds is its own; the others are below it.
                if let Some(record) = this.records.get_mut(index) {
                    record.via = Some(path.clone());
                }
            }
        });
    }
}
