//! Items that syn keeps as tokens, once they have been parsed again.

use proc_macro2::TokenStream;
use syn::visit::Visit;

use super::{Collector, Start};
use crate::verbatim::{self, Form};

impl Collector<'_> {
    pub(super) fn verbatim_item(&mut self, tokens: &TokenStream, ctx: &'static str) {
        match syn::parse2::<verbatim::Item>(tokens.clone()) {
            Ok(item) => self.reparsed(&item, ctx),
            Err(error) => self.lost.push(self.lo(error.span())),
        }
    }

    pub(super) fn reparsed(&mut self, item: &verbatim::Item, ctx: &'static str) {
        let from = self.lo(item.head);
        let at =
            |kind, name, end| Start { kind, ctx: Some(ctx), attrs: &item.attrs, from, name, end };
        match &item.form {
            Form::Function(it) => {
                let start = at("fn", Some(&it.sig.ident), self.hi(it.end));
                self.function(start, &item.vis, item.default, it.safe, &it.sig, it.block.as_ref());
            }
            Form::Plain(it) => {
                let start = at(it.kind, Some(&it.name), self.hi(it.semi));
                let mut record = self.record(start, Some(&item.vis));
                let has_value = it.value.is_some() || it.kind == "type" && it.ty.is_some();
                record.flag(has_value, "body");
                record.flag(item.default, "default");
                record.flag(it.mutability, "mut");
                record.flag(it.safe, "safe");
                record.flag(it.unsafety, "unsafe");
                record.flag(it.generics.where_clause.is_some() || it.late_where.is_some(), "where");
                record.generics = it.generics.params.len();
                self.push(record, |this| {
                    this.attributes(&item.attrs);
                    this.visit_generics(&it.generics);
                    it.bounds.iter().for_each(|bound| this.visit_type_param_bound(bound));
                    it.ty.iter().for_each(|ty| this.visit_type(ty));
                    it.value.iter().for_each(|value| this.visit_expr(value));
                    it.late_where.iter().for_each(|clause| this.visit_where_clause(clause));
                });
            }
            Form::Use { tree, semi } => {
                let start = at("use", None, self.hi(*semi));
                self.use_(start, &item.vis, tree, false);
            }
            Form::Impl(it) => {
                let start = at("impl", None, self.hi(it.brace.span.close()));
                let mut record = self.record(start, Some(&item.vis));
                record.flag(it.constness, "const");
                record.flag(item.default, "default");
                record.flag(it.negative, "neg");
                record.flag(it.unsafety, "unsafe");
                record.flag(it.where_.is_some(), "where");
                record.body = Some(self.lo(it.brace.span.open()));
                record.generics = it.generics.params.len();
                record.n = Some(it.items.len());
                let for_token = it.for_.as_ref().map(|(for_token, _)| for_token.span);
                self.impl_parts(&mut record, self.hi(it.before), for_token, it.where_.as_ref());
                self.push(record, |this| {
                    this.attributes(&item.attrs);
                    this.attributes(&it.inner);
                    this.visit_generics(&it.generics);
                    this.visit_type(&it.first_ty);
                    it.for_.iter().for_each(|(_, ty)| this.visit_type(ty));
                    it.where_.iter().for_each(|clause| this.visit_where_clause(clause));
                    it.items.iter().for_each(|inner| this.impl_item(inner));
                });
            }
            Form::Macro2 { name, brace } => {
                let start = at("macro", Some(name), self.hi(brace.span.close()));
                let mut record = self.record(start, Some(&item.vis));
                record.body = Some(self.lo(brace.span.open()));
                record.delim = Some('{');
                self.push(record, |this| this.attributes(&item.attrs));
            }
        }
    }
}
