//! Which files belong to a crate: rustc's rules for `mod x;`, `#[path]` and `include!`, as the
//! Reference ("Modules") and `rustc_expand::module` have them, for all conditions at once.
//!
//! Descends through the items as syn sees them; an item macro's arguments are items if `hidden` says
//! so. Files are read and parsed again for every crate.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::visit::{self, Visit};
use syn::{AttrStyle, Attribute, Expr, Item, ItemMacro, ItemMod, Lit, LitStr, Meta, Token};

use crate::hidden;
use crate::source::Source;

/// Where the files of declared modules lie.
#[derive(Clone)]
enum Ownership {
    /// In the folder; in its folder of that name, if there is one.
    Owned(Option<String>),
    /// Nowhere: inside a block.
    Block,
}

#[derive(Clone)]
struct Place {
    folder: PathBuf,
    ownership: Ownership,
}

struct Crate {
    files: BTreeSet<PathBuf>,
    /// Files that syn does not parse, so that what they declare is not known.
    rejected: BTreeSet<PathBuf>,
    /// The modules' files from the root down to the current one.
    stack: Vec<PathBuf>,
    /// The file in which the current items stand, which `include!` looks beside.
    file: PathBuf,
    place: Place,
}

/// `a/../b` as `b`; only text, as every tool has it.
fn normal(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir if matches!(out.components().last(), Some(Component::Normal(_))) => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}

fn folder_of(file: &Path) -> PathBuf {
    file.parent().unwrap_or(Path::new("")).to_path_buf()
}

/// The paths in a `cfg_attr`, however deep, behind its predicate.
fn conditional_paths(tokens: TokenStream, paths: &mut Vec<(bool, String)>) {
    let parser = |input: ParseStream| {
        while !input.is_empty() && !input.peek(Token![,]) {
            input.parse::<TokenTree>()?;
        }
        input.parse::<Option<Token![,]>>()?;
        Punctuated::<Meta, Token![,]>::parse_terminated(input)
    };
    for meta in parser.parse2(tokens).into_iter().flatten() {
        match meta {
            Meta::NameValue(value) if value.path.is_ident("path") => {
                if let Expr::Lit(literal) = &value.value {
                    if let Lit::Str(path) = &literal.lit {
                        paths.push((false, path.value()));
                    }
                }
            }
            Meta::List(list) if list.path.is_ident("cfg_attr") => {
                conditional_paths(list.tokens, paths)
            }
            _ => {}
        }
    }
}

/// Every path that the attributes may give, the last one with `true` if it always holds. `None` if
/// rustc rejects the first.
fn paths_of(attrs: &[Attribute]) -> Option<Vec<(bool, String)>> {
    let mut paths = Vec::new();
    for attr in attrs.iter().filter(|attr| matches!(attr.style, AttrStyle::Outer)) {
        if attr.path().is_ident("cfg_attr") {
            if let Meta::List(list) = &attr.meta {
                conditional_paths(list.tokens.clone(), &mut paths);
            }
        } else if attr.path().is_ident("path") {
            match &attr.meta {
                Meta::NameValue(value) => match &value.value {
                    Expr::Lit(literal) => match &literal.lit {
                        Lit::Str(path) => paths.push((true, path.value())),
                        _ => return None,
                    },
                    _ => return None,
                },
                _ => return None,
            }
            break;
        }
    }
    Some(paths)
}

/// What the arguments of an `include!` come to, if that can be known.
fn included(tokens: TokenStream, folder: &Path) -> Option<PathBuf> {
    if let Ok(path) = syn::parse2::<LitStr>(tokens.clone()) {
        return Some(folder.join(path.value()));
    }
    let parser = Punctuated::<LitStr, Token![,]>::parse_terminated;
    if let Ok(path) = parser.parse2(tokens.clone()) {
        let mut parts = path.iter();
        return match (parts.next(), parts.next()) {
            (Some(path), None) => Some(folder.join(path.value())),
            _ => None,
        };
    }
    let concat: syn::Macro = syn::parse2(tokens).ok()?;
    if !concat.path.is_ident("concat") {
        return None;
    }
    let parts = Punctuated::<Expr, Token![,]>::parse_terminated.parse2(concat.tokens).ok()?;
    let mut text = String::new();
    let mut base = folder;
    for (i, part) in parts.iter().enumerate() {
        match part {
            Expr::Lit(literal) => match &literal.lit {
                Lit::Str(part) => text.push_str(&part.value()),
                _ => return None,
            },
            Expr::Macro(call) if i == 0 && call.mac.path.is_ident("env") => {
                let name: LitStr = syn::parse2(call.mac.tokens.clone()).ok()?;
                if name.value() != "CARGO_MANIFEST_DIR" {
                    return None;
                }
                let mut above = folder;
                while !above.join("Cargo.toml").is_file() {
                    above = above.parent()?;
                }
                text.push_str(above.to_str()?);
                base = Path::new("");
            }
            _ => return None,
        }
    }
    Some(base.join(text))
}

impl Crate {
    /// Reads a file and goes through its items, which are modules of `place`.
    fn enter(&mut self, file: PathBuf, ownership: Ownership, is_module: bool) {
        let bytes = match std::fs::read(&file) {
            Ok(bytes) => bytes,
            Err(_) => return,
        };
        self.files.insert(file.clone());
        let parsed = std::str::from_utf8(&bytes).ok().and_then(|text| {
            let source = Source::new(text);
            syn::parse_str::<syn::File>(&text[source.prefix..]).ok()
        });
        let Some(parsed) = parsed else {
            self.rejected.insert(file);
            return;
        };
        let outer_file = std::mem::replace(&mut self.file, file.clone());
        let place = Place { folder: folder_of(&file), ownership };
        let outer_place = std::mem::replace(&mut self.place, place);
        if is_module {
            self.stack.push(file);
        }
        for item in &parsed.items {
            self.visit_item(item);
        }
        if is_module {
            self.stack.pop();
        }
        self.place = outer_place;
        self.file = outer_file;
    }

    fn enter_module(&mut self, file: &Path, ownership: Ownership) {
        let file = normal(file);
        if !self.stack.contains(&file) {
            self.enter(file, ownership, true);
        }
    }

    fn file_module(&mut self, name: &str, paths: &[(bool, String)]) {
        for (_, path) in paths {
            let file = self.place.folder.join(path);
            self.enter_module(&file, Ownership::Owned(None));
        }
        if paths.last().is_some_and(|(always, _)| *always) {
            return;
        }
        let Ownership::Owned(relative) = &self.place.ownership else {
            return;
        };
        let mut folder = self.place.folder.clone();
        folder.extend(relative);
        let file = folder.join(format!("{name}.rs"));
        let mod_rs = folder.join(name).join("mod.rs");
        match (file.exists(), mod_rs.exists()) {
            // Both is an error, after which the first is as good as the other.
            (true, _) => self.enter_module(&file, Ownership::Owned(Some(name.to_owned()))),
            (false, true) => self.enter_module(&mod_rs, Ownership::Owned(None)),
            (false, false) => {}
        }
    }

    fn inline_module(&mut self, name: &str, paths: &[(bool, String)], items: &[Item]) {
        let outer = self.place.clone();
        let mut places: Vec<Place> = paths
            .iter()
            .map(|(_, path)| Place {
                folder: outer.folder.join(path),
                ownership: Ownership::Owned(None),
            })
            .collect();
        if !paths.last().is_some_and(|(always, _)| *always) {
            let mut place = outer.clone();
            if let Ownership::Owned(relative) = &mut place.ownership {
                place.folder.extend(relative.take());
            }
            place.folder.push(name);
            places.push(place);
        }
        for place in places {
            self.place = place;
            for item in items {
                self.visit_item(item);
            }
        }
        self.place = outer;
    }
}

impl<'ast> Visit<'ast> for Crate {
    fn visit_item_mod(&mut self, module: &'ast ItemMod) {
        let name = module.ident.to_string();
        let name = name.strip_prefix("r#").unwrap_or(&name);
        match (&module.content, paths_of(&module.attrs)) {
            (Some((_, items)), paths) => {
                self.inline_module(name, &paths.unwrap_or_default(), items)
            }
            (None, Some(paths)) => self.file_module(name, &paths),
            (None, None) => {}
        }
    }

    fn visit_item_macro(&mut self, call: &'ast ItemMacro) {
        let segments: Vec<String> =
            call.mac.path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        if call.ident.is_none()
            && (segments == ["include"] && call.mac.path.leading_colon.is_none()
                || segments == ["std", "include"]
                || segments == ["core", "include"])
        {
            let found = included(call.mac.tokens.clone(), &folder_of(&self.file));
            if let Some(file) = found.map(|file| normal(&file)) {
                // Including oneself never ends.
                if file != self.file && !self.stack.contains(&file) {
                    self.enter(file, Ownership::Owned(None), false);
                }
            }
            return;
        }
        if !call.mac.path.is_ident("macro_rules") {
            for item in hidden::items(&call.mac.path, call.mac.tokens.clone()) {
                self.visit_item(&item);
            }
        }
    }

    fn visit_block(&mut self, block: &'ast syn::Block) {
        let outer = std::mem::replace(&mut self.place.ownership, Ownership::Block);
        visit::visit_block(self, block);
        self.place.ownership = outer;
    }
}

/// `root⇥rejected⇥file⇥file…`: how many of the files syn rejects, and all files, sorted.
pub fn line(root: &str, _bytes: &[u8]) -> String {
    let mut found = Crate {
        files: BTreeSet::new(),
        rejected: BTreeSet::new(),
        stack: Vec::new(),
        file: PathBuf::new(),
        place: Place { folder: PathBuf::new(), ownership: Ownership::Owned(None) },
    };
    found.enter_module(Path::new(root), Ownership::Owned(None));
    proc_macro2::extra::invalidate_current_thread_spans();
    let mut line = format!("{root}\t{}", found.rejected.len());
    for file in &found.files {
        line.push('\t');
        line.push_str(&file.to_string_lossy());
    }
    line.push('\n');
    line
}
