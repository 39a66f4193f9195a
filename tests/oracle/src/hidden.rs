//! Items in the arguments of a macro call in item position: arguments that read wholly as items
//! (inner attributes may come first), and the branches of `cfg_if!`.

use proc_macro2::TokenStream;
use syn::parse::{ParseStream, Parser};
use syn::{braced, Attribute, Error, File, Item, Path, Result, Token};

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

/// The items that `path!(arguments)` holds; none if the arguments are anything else.
pub fn items(path: &Path, arguments: TokenStream) -> Vec<Item> {
    if let Ok(file) = syn::parse2::<File>(arguments.clone()) {
        return file.items;
    }
    match path.segments.last() {
        Some(segment) if segment.ident == "cfg_if" => cfg_if.parse2(arguments).unwrap_or_default(),
        _ => Vec::new(),
    }
}
