//! One function for each place an item can stand in, one arm for each kind that syn knows there.

use syn::visit::{self, Visit};
use syn::{Fields, ForeignItem, ImplItem, Item, TraitItem, Visibility};

use super::{path_attribute, Collector, Start};
use crate::uses::Tree;

impl Collector<'_> {
    pub(super) fn item(&mut self, item: &Item, ctx: &'static str) {
        let at = |kind, attrs, from, name, end| Start {
            kind,
            ctx: Some(ctx),
            attrs,
            from,
            name: Some(name),
            end,
        };
        match item {
            Item::Const(it) => {
                let from = self.first(Some(&it.vis), &[Some(it.const_token.span)]);
                let end = self.hi(it.semi_token.span);
                let mut record =
                    self.record(at("const", &it.attrs, from, &it.ident, end), Some(&it.vis));
                record.flag(true, "body");
                self.push(record, |this| visit::visit_item_const(this, it));
            }
            Item::Static(it) => {
                let from = self.first(Some(&it.vis), &[Some(it.static_token.span)]);
                let end = self.hi(it.semi_token.span);
                let mut record =
                    self.record(at("static", &it.attrs, from, &it.ident, end), Some(&it.vis));
                record.flag(true, "body");
                record.flag(matches!(it.mutability, syn::StaticMutability::Mut(_)), "mut");
                self.push(record, |this| visit::visit_item_static(this, it));
            }
            Item::Type(it) => {
                let from = self.first(Some(&it.vis), &[Some(it.type_token.span)]);
                let end = self.hi(it.semi_token.span);
                let mut record =
                    self.record(at("type", &it.attrs, from, &it.ident, end), Some(&it.vis));
                record.flag(true, "body");
                record.flag(it.generics.where_clause.is_some(), "where");
                record.generics = it.generics.params.len();
                self.push(record, |this| visit::visit_item_type(this, it));
            }
            Item::Fn(it) => {
                let from = self.signature_first(&it.vis, None, &it.sig);
                let end = self.hi(it.block.brace_token.span.close());
                let start = at("fn", &it.attrs, from, &it.sig.ident, end);
                self.function(start, &it.vis, false, false, &it.sig, Some(&it.block));
            }
            Item::Struct(it) => {
                let from = self.first(Some(&it.vis), &[Some(it.struct_token.span)]);
                let end = match (&it.semi_token, &it.fields) {
                    (Some(semi), _) => self.hi(semi.span),
                    (None, Fields::Named(named)) => self.hi(named.brace_token.span.close()),
                    (None, _) => unreachable!("a struct without fields in braces ends in `;`"),
                };
                let mut record =
                    self.data(at("struct", &it.attrs, from, &it.ident, end), &it.vis, &it.generics);
                self.shape(&mut record, &it.fields);
                self.push(record, |this| {
                    this.attributes(&it.attrs);
                    this.visit_generics(&it.generics);
                    this.fields(&it.fields);
                });
            }
            Item::Union(it) => {
                let from = self.first(Some(&it.vis), &[Some(it.union_token.span)]);
                let end = self.hi(it.fields.brace_token.span.close());
                let mut record =
                    self.data(at("union", &it.attrs, from, &it.ident, end), &it.vis, &it.generics);
                let fields = Fields::Named(it.fields.clone());
                self.shape(&mut record, &fields);
                self.push(record, |this| {
                    this.attributes(&it.attrs);
                    this.visit_generics(&it.generics);
                    this.fields(&fields);
                });
            }
            Item::Enum(it) => {
                let from = self.first(Some(&it.vis), &[Some(it.enum_token.span)]);
                let end = self.hi(it.brace_token.span.close());
                let mut record =
                    self.data(at("enum", &it.attrs, from, &it.ident, end), &it.vis, &it.generics);
                record.body = Some(self.lo(it.brace_token.span.open()));
                record.n = Some(it.variants.len());
                self.push(record, |this| {
                    this.attributes(&it.attrs);
                    this.visit_generics(&it.generics);
                    this.variants(it.brace_token, &it.variants);
                });
            }
            Item::Trait(it) => {
                let from = self.first(
                    Some(&it.vis),
                    &[
                        it.unsafety.map(|t| t.span),
                        it.auto_token.map(|t| t.span),
                        Some(it.trait_token.span),
                    ],
                );
                let end = self.hi(it.brace_token.span.close());
                let mut record =
                    self.record(at("trait", &it.attrs, from, &it.ident, end), Some(&it.vis));
                record.flag(it.auto_token.is_some(), "auto");
                record.flag(it.unsafety.is_some(), "unsafe");
                record.flag(it.generics.where_clause.is_some(), "where");
                record.body = Some(self.lo(it.brace_token.span.open()));
                record.generics = it.generics.params.len();
                record.n = Some(it.items.len());
                self.push(record, |this| {
                    this.attributes(&it.attrs);
                    this.visit_generics(&it.generics);
                    it.supertraits.iter().for_each(|bound| this.visit_type_param_bound(bound));
                    it.items.iter().for_each(|inner| this.trait_item(inner));
                });
            }
            Item::TraitAlias(it) => {
                let from = self.first(Some(&it.vis), &[Some(it.trait_token.span)]);
                let end = self.hi(it.semi_token.span);
                let mut record =
                    self.record(at("trait_alias", &it.attrs, from, &it.ident, end), Some(&it.vis));
                record.flag(it.generics.where_clause.is_some(), "where");
                record.generics = it.generics.params.len();
                self.push(record, |this| visit::visit_item_trait_alias(this, it));
            }
            Item::Impl(it) => self.impl_(it, ctx),
            Item::Mod(it) => {
                let from = self
                    .first(Some(&it.vis), &[it.unsafety.map(|t| t.span), Some(it.mod_token.span)]);
                let end = match (&it.content, &it.semi) {
                    (Some((brace, _)), _) => self.hi(brace.span.close()),
                    (None, semi) => self.hi(semi.expect("a mod without a body ends in `;`").span),
                };
                let mut record =
                    self.record(at("mod", &it.attrs, from, &it.ident, end), Some(&it.vis));
                record.flag(it.content.is_some(), "inline");
                record.flag(it.unsafety.is_some(), "unsafe");
                record.body = it.content.as_ref().map(|(brace, _)| self.lo(brace.span.open()));
                record.n = it.content.as_ref().map(|(_, items)| items.len());
                record.path = path_attribute(&it.attrs);
                self.push(record, |this| {
                    this.attributes(&it.attrs);
                    for inner in it.content.iter().flat_map(|(_, items)| items) {
                        this.item(inner, "mod");
                    }
                });
            }
            Item::Use(it) => {
                let from = self.first(Some(&it.vis), &[Some(it.use_token.span)]);
                let end = self.hi(it.semi_token.span);
                let start =
                    Start { kind: "use", ctx: Some(ctx), attrs: &it.attrs, from, name: None, end };
                self.use_(start, &it.vis, &Tree::from(&it.tree), it.leading_colon.is_some());
            }
            Item::ExternCrate(it) => {
                let from = self.first(Some(&it.vis), &[Some(it.extern_token.span)]);
                let end = self.hi(it.semi_token.span);
                let name = it.rename.as_ref().map_or(&it.ident, |(_, rename)| rename);
                let mut record =
                    self.record(at("extern_crate", &it.attrs, from, name, end), Some(&it.vis));
                record.flag(it.rename.is_some(), "rename");
                record.path = Some(it.ident.to_string());
                self.push(record, |this| this.attributes(&it.attrs));
            }
            Item::ForeignMod(it) => {
                let from = self
                    .first(None, &[it.unsafety.map(|t| t.span), Some(it.abi.extern_token.span)]);
                let end = self.hi(it.brace_token.span.close());
                let start = Start {
                    kind: "foreign_mod",
                    ctx: Some(ctx),
                    attrs: &it.attrs,
                    from,
                    name: None,
                    end,
                };
                let mut record = self.record(start, None);
                record.flag(it.unsafety.is_some(), "unsafe");
                record.body = Some(self.lo(it.brace_token.span.open()));
                record.abi =
                    Some(it.abi.name.as_ref().map_or_else(String::new, |name| name.value()));
                record.n = Some(it.items.len());
                self.push(record, |this| {
                    this.attributes(&it.attrs);
                    it.items.iter().for_each(|inner| this.foreign_item(inner));
                });
            }
            Item::Macro(it) => {
                self.macro_(ctx, &it.attrs, it.ident.as_ref(), &it.mac, it.semi_token)
            }
            Item::Verbatim(tokens) => self.verbatim_item(tokens, ctx),
            _ => unreachable!("syn has no other items"),
        }
    }

    pub(super) fn impl_item(&mut self, item: &ImplItem) {
        let at = |kind, attrs, from, name, end| Start {
            kind,
            ctx: Some("impl"),
            attrs,
            from,
            name: Some(name),
            end,
        };
        match item {
            ImplItem::Const(it) => {
                let from = self.first(
                    Some(&it.vis),
                    &[it.defaultness.map(|t| t.span), Some(it.const_token.span)],
                );
                let end = self.hi(it.semi_token.span);
                let mut record =
                    self.record(at("const", &it.attrs, from, &it.ident, end), Some(&it.vis));
                record.flag(true, "body");
                record.flag(it.defaultness.is_some(), "default");
                self.push(record, |this| visit::visit_impl_item_const(this, it));
            }
            ImplItem::Fn(it) => {
                let from = self.signature_first(&it.vis, it.defaultness.map(|t| t.span), &it.sig);
                let end = self.hi(it.block.brace_token.span.close());
                let start = at("fn", &it.attrs, from, &it.sig.ident, end);
                self.function(
                    start,
                    &it.vis,
                    it.defaultness.is_some(),
                    false,
                    &it.sig,
                    Some(&it.block),
                );
            }
            ImplItem::Type(it) => {
                let from = self.first(
                    Some(&it.vis),
                    &[it.defaultness.map(|t| t.span), Some(it.type_token.span)],
                );
                let end = self.hi(it.semi_token.span);
                let mut record =
                    self.record(at("type", &it.attrs, from, &it.ident, end), Some(&it.vis));
                record.flag(true, "body");
                record.flag(it.defaultness.is_some(), "default");
                record.flag(it.generics.where_clause.is_some(), "where");
                record.generics = it.generics.params.len();
                self.push(record, |this| visit::visit_impl_item_type(this, it));
            }
            ImplItem::Macro(it) => self.macro_("impl", &it.attrs, None, &it.mac, it.semi_token),
            ImplItem::Verbatim(tokens) => self.verbatim_item(tokens, "impl"),
            _ => unreachable!("syn has no other items in an impl"),
        }
    }

    pub(super) fn trait_item(&mut self, item: &TraitItem) {
        let inherited = Visibility::Inherited;
        let at = |kind, attrs, from, name, end| Start {
            kind,
            ctx: Some("trait"),
            attrs,
            from,
            name: Some(name),
            end,
        };
        match item {
            TraitItem::Const(it) => {
                let from = self.lo(it.const_token.span);
                let end = self.hi(it.semi_token.span);
                let mut record =
                    self.record(at("const", &it.attrs, from, &it.ident, end), Some(&inherited));
                record.flag(it.default.is_some(), "body");
                self.push(record, |this| visit::visit_trait_item_const(this, it));
            }
            TraitItem::Fn(it) => {
                let from = self.signature_first(&inherited, None, &it.sig);
                let end = match (&it.default, &it.semi_token) {
                    (Some(block), _) => self.hi(block.brace_token.span.close()),
                    (None, semi) => self.hi(semi.expect("a fn without a body ends in `;`").span),
                };
                let start = at("fn", &it.attrs, from, &it.sig.ident, end);
                self.function(start, &inherited, false, false, &it.sig, it.default.as_ref());
            }
            TraitItem::Type(it) => {
                let from = self.lo(it.type_token.span);
                let end = self.hi(it.semi_token.span);
                let mut record =
                    self.record(at("type", &it.attrs, from, &it.ident, end), Some(&inherited));
                record.flag(it.default.is_some(), "body");
                record.flag(it.generics.where_clause.is_some(), "where");
                record.generics = it.generics.params.len();
                self.push(record, |this| visit::visit_trait_item_type(this, it));
            }
            TraitItem::Macro(it) => self.macro_("trait", &it.attrs, None, &it.mac, it.semi_token),
            TraitItem::Verbatim(tokens) => self.verbatim_item(tokens, "trait"),
            _ => unreachable!("syn has no other items in a trait"),
        }
    }

    pub(super) fn foreign_item(&mut self, item: &ForeignItem) {
        let at = |kind, attrs, from, name, end| Start {
            kind,
            ctx: Some("foreign"),
            attrs,
            from,
            name: Some(name),
            end,
        };
        match item {
            ForeignItem::Fn(it) => {
                let from = self.signature_first(&it.vis, None, &it.sig);
                let end = self.hi(it.semi_token.span);
                let start = at("fn", &it.attrs, from, &it.sig.ident, end);
                self.function(start, &it.vis, false, false, &it.sig, None);
            }
            ForeignItem::Static(it) => {
                let from = self.first(Some(&it.vis), &[Some(it.static_token.span)]);
                let end = self.hi(it.semi_token.span);
                let mut record =
                    self.record(at("static", &it.attrs, from, &it.ident, end), Some(&it.vis));
                record.flag(matches!(it.mutability, syn::StaticMutability::Mut(_)), "mut");
                self.push(record, |this| visit::visit_foreign_item_static(this, it));
            }
            ForeignItem::Type(it) => {
                let from = self.first(Some(&it.vis), &[Some(it.type_token.span)]);
                let end = self.hi(it.semi_token.span);
                let mut record =
                    self.record(at("type", &it.attrs, from, &it.ident, end), Some(&it.vis));
                record.flag(it.generics.where_clause.is_some(), "where");
                record.generics = it.generics.params.len();
                self.push(record, |this| visit::visit_foreign_item_type(this, it));
            }
            ForeignItem::Macro(it) => {
                self.macro_("foreign", &it.attrs, None, &it.mac, it.semi_token)
            }
            ForeignItem::Verbatim(tokens) => self.verbatim_item(tokens, "foreign"),
            _ => unreachable!("syn has no other foreign items"),
        }
    }
}
