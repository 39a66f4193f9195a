//! Use declarations flattened to leaves.

use proc_macro2::{Ident, Span};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{braced, token, Result, Token, UseTree};

/// syn's `UseTree`, and besides what that cannot hold: `::` at the start of a tree in braces.
pub enum Tree {
    Path(Ident, Box<Tree>),
    Rooted(Box<Tree>),
    Name(Ident),
    Rename(Ident, Ident),
    Glob(Span),
    Group(Vec<Tree>),
}

impl From<&UseTree> for Tree {
    fn from(tree: &UseTree) -> Tree {
        match tree {
            UseTree::Path(path) => {
                Tree::Path(path.ident.clone(), Box::new(Tree::from(&*path.tree)))
            }
            UseTree::Name(name) => Tree::Name(name.ident.clone()),
            UseTree::Rename(rename) => Tree::Rename(rename.ident.clone(), rename.rename.clone()),
            UseTree::Glob(glob) => Tree::Glob(glob.star_token.span),
            UseTree::Group(group) => Tree::Group(group.items.iter().map(Tree::from).collect()),
        }
    }
}

impl Parse for Tree {
    fn parse(input: ParseStream) -> Result<Tree> {
        if input.parse::<Option<Token![::]>>()?.is_some() {
            return Ok(Tree::Rooted(input.parse()?));
        }
        if input.peek(token::Brace) {
            let content;
            braced!(content in input);
            let trees = content.parse_terminated(Tree::parse, Token![,])?;
            return Ok(Tree::Group(trees.into_iter().collect()));
        }
        if let Some(star) = input.parse::<Option<Token![*]>>()? {
            return Ok(Tree::Glob(star.span));
        }
        let ident = input.call(Ident::parse_any)?;
        if input.parse::<Option<Token![::]>>()?.is_some() {
            return Ok(Tree::Path(ident, input.parse()?));
        }
        if input.parse::<Option<Token![as]>>()?.is_some() {
            return Ok(Tree::Rename(ident, input.call(Ident::parse_any)?));
        }
        Ok(Tree::Name(ident))
    }
}

pub struct Leaf {
    pub path: String,
    /// The last segment of the path: an identifier, or the `*`.
    pub last: Span,
    /// What the leaf binds; none for a glob.
    pub name: Option<Ident>,
    pub end: Span,
    pub glob: bool,
    pub rename: bool,
    pub braced_self: bool,
}

/// What stands before a tree: the path's text with its final `::`, and its last segment.
#[derive(Clone, Copy)]
struct Before<'a> {
    path: &'a str,
    last: Option<&'a Ident>,
    in_braces: bool,
}

fn push_leaf(ident: &Ident, rename: Option<&Ident>, before: Before, out: &mut Vec<Leaf>) {
    let is_self = ident == "self";
    // `self` stands for what comes before it, if anything does.
    let bound = match before.last {
        Some(last) if is_self => last,
        _ => ident,
    };
    out.push(Leaf {
        path: format!("{}{ident}", before.path),
        last: ident.span(),
        name: Some(rename.unwrap_or(bound).clone()),
        end: rename.unwrap_or(ident).span(),
        glob: false,
        rename: rename.is_some(),
        braced_self: is_self && before.in_braces,
    });
}

fn flatten(tree: &Tree, before: Before, out: &mut Vec<Leaf>) {
    match tree {
        Tree::Path(ident, rest) => {
            let path = format!("{}{ident}::", before.path);
            flatten(rest, Before { path: &path, last: Some(ident), in_braces: false }, out);
        }
        Tree::Rooted(rest) => {
            let path = format!("{}::", before.path);
            flatten(rest, Before { path: &path, ..before }, out);
        }
        Tree::Name(ident) => push_leaf(ident, None, before, out),
        Tree::Rename(ident, rename) => push_leaf(ident, Some(rename), before, out),
        Tree::Glob(star) => out.push(Leaf {
            path: format!("{}*", before.path),
            last: *star,
            name: None,
            end: *star,
            glob: true,
            rename: false,
            braced_self: false,
        }),
        Tree::Group(trees) => {
            for tree in trees {
                flatten(tree, Before { in_braces: true, ..before }, out);
            }
        }
    }
}

pub fn leaves(tree: &Tree) -> Vec<Leaf> {
    let mut out = Vec::new();
    flatten(tree, Before { path: "", last: None, in_braces: false }, &mut out);
    out
}
