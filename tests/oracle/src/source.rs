//! One file's text: its prefix, its significant tokens, and the questions about positions that a
//! syntax tree leaves open (what comes next, what came before, on which line).

use ra_ap_rustc_lexer::{strip_shebang, tokenize, TokenKind};
use std::ops::Range;

const BOM: &str = "\u{feff}";

/// Bytes before the first token: one BOM, and the shebang without its newline.
pub fn prefix_len(text: &str) -> usize {
    let bom = if text.starts_with(BOM) { BOM.len() } else { 0 };
    bom + strip_shebang(&text[bom..]).unwrap_or(0)
}

pub struct Source<'a> {
    pub text: &'a str,
    pub prefix: usize,
    /// Everything but white space and plain comments, in order.
    tokens: Vec<Range<usize>>,
    newlines: Vec<usize>,
}

impl<'a> Source<'a> {
    pub fn new(text: &'a str) -> Source<'a> {
        let prefix = prefix_len(text);
        let mut tokens = Vec::new();
        let mut at = prefix;
        for token in tokenize(&text[prefix..]) {
            let end = at + token.len as usize;
            match token.kind {
                TokenKind::Whitespace
                | TokenKind::LineComment { doc_style: None }
                | TokenKind::BlockComment { doc_style: None, .. } => {}
                _ => tokens.push(at..end),
            }
            at = end;
        }
        let newlines =
            text.bytes().enumerate().filter(|&(_, b)| b == b'\n').map(|(i, _)| i).collect();
        Source { text, prefix, tokens, newlines }
    }

    /// Start of the first token at or after `off`.
    pub fn next(&self, off: usize) -> usize {
        let i = self.tokens.partition_point(|t| t.start < off);
        self.tokens.get(i).map_or(self.text.len(), |t| t.start)
    }

    /// End of the last token that ends at or before `off`.
    pub fn previous_end(&self, off: usize) -> usize {
        let i = self.tokens.partition_point(|t| t.end <= off);
        if i == 0 {
            self.prefix
        } else {
            self.tokens[i - 1].end
        }
    }

    /// Counts from 1.
    pub fn line(&self, off: usize) -> usize {
        1 + self.newlines.partition_point(|&n| n < off)
    }

    /// The source text of a range, every run of white space and comments made one space, none at
    /// the ends.
    pub fn normalized(&self, range: Range<usize>) -> String {
        let first = self.tokens.partition_point(|t| t.start < range.start);
        let mut out = String::new();
        let mut last_end = None;
        for token in self.tokens[first..].iter().take_while(|t| t.end <= range.end) {
            if last_end.map_or(false, |end| end != token.start) {
                out.push(' ');
            }
            out.push_str(&self.text[token.clone()]);
            last_end = Some(token.end);
        }
        out
    }
}
