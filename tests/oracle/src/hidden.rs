//! Items in the arguments of a macro call in item position: arguments that read wholly as items
//! (inner attributes may come first), the branches of `cfg_if!`, and the arms of `cfg_match!` and
//! `cfg_select!`.

use proc_macro2::TokenStream;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::token::Paren;
use syn::{braced, parenthesized, Attribute, Error, File, Ident, Item, LitStr, Path, Result, Token};

fn branch(input: ParseStream) -> Result<Vec<Item>> {
    let content;
    braced!(content in input);
    Ok(content.parse::<File>()?.items)
}

/// `if #[cfg(..)] { items }`, any number of `else if #[cfg(..)] { items }`, `else { items }`; and
/// any number of such chains, which some crates' own `cfg_if!` takes.
fn cfg_if(input: ParseStream) -> Result<Vec<Item>> {
    let mut items = Vec::new();
    while !input.is_empty() {
        input.parse::<Token![if]>()?;
        let attrs = input.call(Attribute::parse_outer)?;
        match attrs.as_slice() {
            [attr] if attr.path().is_ident("cfg") => {}
            _ => return Err(Error::new(input.span(), "expected one #[cfg(..)]")),
        }
        items.extend(branch(input)?);
        if input.parse::<Option<Token![else]>>()?.is_some() && !input.peek(Token![if]) {
            items.extend(branch(input)?);
        }
    }
    Ok(items)
}

/// `predicate => { items }`, any number of times, a comma behind it or none. The predicate is
/// `cfg(..)`, `a(..)`, `a = ".."`, `a` or `_`.
fn cfg_match(input: ParseStream) -> Result<Vec<Item>> {
    let mut items = Vec::new();
    while !input.is_empty() {
        input.call(Ident::parse_any)?;
        if input.peek(Paren) {
            let inside;
            parenthesized!(inside in input);
            inside.parse::<TokenStream>()?;
        } else if !input.peek(Token![=>]) {
            input.parse::<Token![=]>()?;
            input.parse::<LitStr>()?;
        }
        input.parse::<Token![=>]>()?;
        items.extend(branch(input)?);
        input.parse::<Option<Token![,]>>()?;
    }
    Ok(items)
}

/// The items that `path!(arguments)` holds; none if the arguments are anything else.
pub fn items(path: &Path, arguments: TokenStream) -> Vec<Item> {
    if let Ok(file) = syn::parse2::<File>(arguments.clone()) {
        return file.items;
    }
    let name = path.segments.last().map(|segment| segment.ident.to_string());
    match name.as_deref() {
        Some("cfg_if") => cfg_if.parse2(arguments).unwrap_or_default(),
        Some("cfg_match" | "cfg_select") => cfg_match.parse2(arguments).unwrap_or_default(),
        _ => Vec::new(),
    }
}
