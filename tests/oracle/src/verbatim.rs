//! What syn parses but keeps only as tokens (its `Verbatim` variants), parsed again.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::{
    braced, parenthesized, token, Attribute, Block, Expr, Generics, ImplItem, Lifetime, Result,
    Signature, Stmt, Token, Type, TypeParamBound, Visibility, WhereClause,
};

use crate::uses::Tree;

/// `const NAME`, `static NAME` and `type NAME` with every part optional that syn may have met.
pub struct Plain {
    pub kind: &'static str,
    pub name: Ident,
    pub unsafety: bool,
    pub safe: bool,
    pub mutability: bool,
    pub generics: Generics,
    pub bounds: Vec<TypeParamBound>,
    pub ty: Option<Type>,
    pub value: Option<Expr>,
    /// The second of two where clauses.
    pub late_where: Option<WhereClause>,
    pub semi: Span,
}

pub struct Function {
    pub safe: bool,
    pub sig: Signature,
    pub block: Option<Block>,
    pub end: Span,
}

pub struct Implementation {
    pub unsafety: bool,
    pub generics: Generics,
    pub constness: bool,
    pub negative: bool,
    pub first_ty: Type,
    pub for_: Option<(Token![for], Type)>,
    /// The token before the trait, or before the self type if there is no trait.
    pub before: Span,
    pub where_: Option<WhereClause>,
    pub inner: Vec<Attribute>,
    pub brace: token::Brace,
    pub items: Vec<ImplItem>,
}

pub enum Form {
    Plain(Plain),
    Function(Function),
    Use { tree: Tree, semi: Span },
    Impl(Implementation),
    Macro2 { name: Ident, brace: token::Brace },
}

pub struct Item {
    pub attrs: Vec<Attribute>,
    pub vis: Visibility,
    pub default: bool,
    /// The first token after the attributes.
    pub head: Span,
    pub form: Form,
}

fn word(input: ParseStream, word: &str) -> bool {
    input.fork().call(Ident::parse_any).map_or(false, |ident| ident == word)
}

fn eat_word(input: ParseStream, text: &str) -> Result<bool> {
    let eat = word(input, text);
    if eat {
        input.call(Ident::parse_any)?;
    }
    Ok(eat)
}

fn bounds(input: ParseStream) -> Result<Vec<TypeParamBound>> {
    let mut bounds = Vec::new();
    while !(input.peek(Token![where]) || input.peek(Token![=]) || input.peek(Token![;])) {
        bounds.push(input.parse()?);
        if input.parse::<Option<Token![+]>>()?.is_none() {
            break;
        }
    }
    Ok(bounds)
}

fn plain(kind: &'static str, input: ParseStream) -> Result<Plain> {
    let unsafety = eat_word(input, "unsafe")?;
    let safe = eat_word(input, "safe")?;
    input.call(Ident::parse_any)?;
    let mutability = kind == "static" && input.parse::<Option<Token![mut]>>()?.is_some();
    let name = input.call(Ident::parse_any)?;
    let mut generics: Generics = input.parse()?;
    let (mut found_bounds, mut ty, mut value) = (Vec::new(), None, None);
    if input.parse::<Option<Token![:]>>()?.is_some() {
        if kind == "type" {
            found_bounds = bounds(input)?;
        } else {
            ty = Some(input.parse()?);
        }
    }
    generics.where_clause = input.parse()?;
    if input.parse::<Option<Token![=]>>()?.is_some() {
        if kind == "type" {
            ty = Some(input.parse()?);
        } else {
            value = Some(input.parse()?);
        }
    }
    let late_where = input.parse()?;
    let semi: Token![;] = input.parse()?;
    let bounds = found_bounds;
    Ok(Plain {
        kind,
        name,
        unsafety,
        safe,
        mutability,
        generics,
        bounds,
        ty,
        value,
        late_where,
        semi: semi.span,
    })
}

/// Takes the `safe` out of a function's qualifiers, which syn's `Signature` does not know.
fn without_safe(input: ParseStream) -> Result<(bool, TokenStream)> {
    let (mut safe, mut in_qualifiers) = (false, true);
    let mut rest = TokenStream::new();
    for token in input.parse::<TokenStream>()? {
        if let TokenTree::Ident(ident) = &token {
            if in_qualifiers && ident == "safe" {
                safe = true;
                continue;
            }
            in_qualifiers = in_qualifiers && ident != "fn";
        }
        rest.extend(std::iter::once(token));
    }
    Ok((safe, rest))
}

fn function(input: ParseStream) -> Result<Function> {
    let (safe, tokens) = without_safe(input)?;
    let parser = |input: ParseStream| {
        let sig = input.parse()?;
        if let Some(semi) = input.parse::<Option<Token![;]>>()? {
            return Ok(Function { safe, sig, block: None, end: semi.span });
        }
        let content;
        let brace_token = braced!(content in input);
        content.call(Attribute::parse_inner)?;
        let stmts = content.call(Block::parse_within)?;
        let end = brace_token.span.close();
        Ok(Function { safe, sig, block: Some(Block { brace_token, stmts }), end })
    };
    parser.parse2(tokens)
}

/// Whether `<` after `impl` opens generics and not a qualified path: syn's own rule.
fn impl_generics(input: ParseStream) -> bool {
    input.peek(Token![<])
        && (input.peek2(Token![>])
            || input.peek2(Token![#])
            || input.peek2(Token![const])
            || (input.peek2(syn::Ident) || input.peek2(Lifetime))
                && (input.peek3(Token![:])
                    || input.peek3(Token![,])
                    || input.peek3(Token![>])
                    || input.peek3(Token![=])))
}

fn implementation(input: ParseStream) -> Result<Implementation> {
    let unsafety = input.parse::<Option<Token![unsafe]>>()?.is_some();
    let mut before = input.parse::<Token![impl]>()?.span;
    let generics: Generics =
        if impl_generics(input) { input.parse()? } else { Generics::default() };
    if let Some(gt) = &generics.gt_token {
        before = gt.span;
    }
    input.parse::<Option<Token![?]>>()?;
    let const_token = input.parse::<Option<Token![const]>>()?;
    if let Some(const_token) = const_token {
        before = const_token.span;
    }
    let negative = input.peek(Token![!]) && !input.peek2(token::Brace);
    if negative {
        before = input.parse::<Token![!]>()?.span;
    }
    let first_ty = input.parse()?;
    let for_ = match input.parse::<Option<Token![for]>>()? {
        Some(for_token) => Some((for_token, input.parse()?)),
        None => None,
    };
    let where_ = input.parse()?;
    let content;
    let brace = braced!(content in input);
    let inner = content.call(Attribute::parse_inner)?;
    let mut items = Vec::new();
    while !content.is_empty() {
        items.push(content.parse()?);
    }
    let constness = const_token.is_some();
    Ok(Implementation {
        unsafety,
        generics,
        constness,
        negative,
        first_ty,
        for_,
        before,
        where_,
        inner,
        brace,
        items,
    })
}

fn macro2(input: ParseStream) -> Result<Form> {
    input.parse::<Token![macro]>()?;
    let name = input.call(Ident::parse_any)?;
    if input.peek(token::Paren) {
        let content;
        parenthesized!(content in input);
        content.parse::<TokenStream>()?;
    }
    let content;
    let brace = braced!(content in input);
    content.parse::<TokenStream>()?;
    Ok(Form::Macro2 { name, brace })
}

impl Parse for Item {
    fn parse(input: ParseStream) -> Result<Item> {
        let attrs = input.call(Attribute::parse_outer)?;
        let head =
            input.cursor().token_tree().map_or_else(Span::call_site, |(tree, _)| first_span(&tree));
        let vis = input.parse()?;
        let default = eat_word(input, "default")?;
        let form = if word(input, "use") {
            input.parse::<Token![use]>()?;
            let tree = input.parse()?;
            Form::Use { tree, semi: input.parse::<Token![;]>()?.span }
        } else if word(input, "impl") || word(input, "unsafe") && input.peek2(Token![impl]) {
            Form::Impl(implementation(input)?)
        } else if word(input, "macro") {
            macro2(input)?
        } else if word(input, "static")
            || (word(input, "unsafe") || word(input, "safe")) && input.peek2(Token![static])
        {
            Form::Plain(plain("static", input)?)
        } else if word(input, "type") {
            Form::Plain(plain("type", input)?)
        } else if word(input, "const") && (input.peek2(syn::Ident) || input.peek2(Token![_])) {
            Form::Plain(plain("const", input)?)
        } else {
            Form::Function(function(input)?)
        };
        Ok(Item { attrs, vis, default, head, form })
    }
}

/// A group's own span covers all of it; the span of what it opens with is wanted.
fn first_span(tree: &TokenTree) -> Span {
    match tree {
        TokenTree::Group(group) => group.span_open(),
        tree => tree.span(),
    }
}

/// The statements of every block in tokens that nothing is known about (a type, pattern or
/// expression that syn does not model). A brace that does not read as a block is searched for
/// blocks within; a macro's arguments are not.
pub fn blocks(tokens: TokenStream) -> Vec<Vec<Stmt>> {
    let mut found = Vec::new();
    let (mut after_ident, mut after_bang) = (false, false);
    for tree in tokens {
        match &tree {
            TokenTree::Group(group) if !after_bang => match as_block(group) {
                Some(stmts) => found.push(stmts),
                None => found.extend(blocks(group.stream())),
            },
            _ => {}
        }
        after_bang =
            after_ident && matches!(&tree, TokenTree::Punct(punct) if punct.as_char() == '!');
        after_ident = matches!(&tree, TokenTree::Ident(_));
    }
    found
}

fn as_block(group: &Group) -> Option<Vec<Stmt>> {
    if group.delimiter() != Delimiter::Brace {
        return None;
    }
    let parser = |input: ParseStream| {
        input.call(Attribute::parse_inner)?;
        Block::parse_within(input)
    };
    parser.parse2(group.stream()).ok()
}
