//! rustc_lexer's tokens in the encoding of `rustle tokens --hash`.

use crate::hash::Fnv;
use crate::source::prefix_len;
use ra_ap_rustc_lexer::{tokenize, Base, DocStyle, LiteralKind, TokenKind};

struct Coded {
    kind: u8,
    flags: u8,
    hashes: u8,
    suffix_start: u32,
}

impl Coded {
    fn plain(kind: u8) -> Coded {
        Coded { kind, flags: 0, hashes: 0, suffix_start: 0 }
    }
}

fn base_bits(base: Base) -> u8 {
    match base {
        Base::Decimal => 0,
        Base::Binary => 1 << 4,
        Base::Octal => 2 << 4,
        Base::Hexadecimal => 3 << 4,
    }
}

fn encode_literal(kind: LiteralKind, suffix_start: u32) -> Coded {
    let quoted = |kind: u8, terminated: bool| (kind, u8::from(!terminated), 0);
    let raw = |kind: u8, n_hashes: Option<u8>| {
        (kind, u8::from(n_hashes.is_none()), n_hashes.unwrap_or(0))
    };
    let (kind, flags, hashes) = match kind {
        LiteralKind::Int { base, empty_int } => (16, base_bits(base) | u8::from(empty_int) << 1, 0),
        LiteralKind::Float { base, empty_exponent } => {
            (17, base_bits(base) | u8::from(empty_exponent) << 2, 0)
        }
        LiteralKind::Char { terminated } => quoted(18, terminated),
        LiteralKind::Byte { terminated } => quoted(19, terminated),
        LiteralKind::Str { terminated } => quoted(20, terminated),
        LiteralKind::ByteStr { terminated } => quoted(21, terminated),
        LiteralKind::CStr { terminated } => quoted(22, terminated),
        LiteralKind::RawStr { n_hashes } => raw(23, n_hashes),
        LiteralKind::RawByteStr { n_hashes } => raw(24, n_hashes),
        LiteralKind::RawCStr { n_hashes } => raw(25, n_hashes),
    };
    Coded { kind, flags, hashes, suffix_start }
}

fn encode(kind: TokenKind) -> Coded {
    match kind {
        TokenKind::LineComment { doc_style } => Coded::plain(match doc_style {
            None => 1,
            Some(DocStyle::Outer) => 2,
            Some(DocStyle::Inner) => 3,
        }),
        TokenKind::BlockComment { doc_style, terminated } => Coded {
            flags: u8::from(!terminated),
            ..Coded::plain(match doc_style {
                None => 4,
                Some(DocStyle::Outer) => 5,
                Some(DocStyle::Inner) => 6,
            })
        },
        TokenKind::Whitespace => Coded::plain(7),
        TokenKind::Ident => Coded::plain(8),
        TokenKind::InvalidIdent => Coded::plain(9),
        TokenKind::RawIdent => Coded::plain(10),
        TokenKind::UnknownPrefix => Coded::plain(11),
        TokenKind::UnknownPrefixLifetime => Coded::plain(12),
        TokenKind::RawLifetime => Coded::plain(13),
        TokenKind::GuardedStrPrefix => Coded::plain(14),
        TokenKind::Lifetime { starts_with_number } => {
            Coded { flags: u8::from(starts_with_number) << 3, ..Coded::plain(15) }
        }
        TokenKind::Literal { kind, suffix_start } => encode_literal(kind, suffix_start),
        TokenKind::Unknown => Coded::plain(26),
        TokenKind::Eof => unreachable!("tokenize ends before Eof"),
        TokenKind::Semi => Coded::plain(b';'),
        TokenKind::Comma => Coded::plain(b','),
        TokenKind::Dot => Coded::plain(b'.'),
        TokenKind::OpenParen => Coded::plain(b'('),
        TokenKind::CloseParen => Coded::plain(b')'),
        TokenKind::OpenBrace => Coded::plain(b'{'),
        TokenKind::CloseBrace => Coded::plain(b'}'),
        TokenKind::OpenBracket => Coded::plain(b'['),
        TokenKind::CloseBracket => Coded::plain(b']'),
        TokenKind::At => Coded::plain(b'@'),
        TokenKind::Pound => Coded::plain(b'#'),
        TokenKind::Tilde => Coded::plain(b'~'),
        TokenKind::Question => Coded::plain(b'?'),
        TokenKind::Colon => Coded::plain(b':'),
        TokenKind::Dollar => Coded::plain(b'$'),
        TokenKind::Eq => Coded::plain(b'='),
        TokenKind::Bang => Coded::plain(b'!'),
        TokenKind::Lt => Coded::plain(b'<'),
        TokenKind::Gt => Coded::plain(b'>'),
        TokenKind::Minus => Coded::plain(b'-'),
        TokenKind::And => Coded::plain(b'&'),
        TokenKind::Or => Coded::plain(b'|'),
        TokenKind::Plus => Coded::plain(b'+'),
        TokenKind::Star => Coded::plain(b'*'),
        TokenKind::Slash => Coded::plain(b'/'),
        TokenKind::Caret => Coded::plain(b'^'),
        TokenKind::Percent => Coded::plain(b'%'),
    }
}

/// `path⇥bytes⇥tokens⇥hash⇥fullhash⇥prefix`, or `path⇥bytes⇥not-utf8⇥offset`.
pub fn hash_line(path: &str, bytes: &[u8]) -> String {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(e) => return format!("{path}\t{}\tnot-utf8\t{}\n", bytes.len(), e.valid_up_to()),
    };
    let prefix = prefix_len(text);
    let (mut hash, mut full) = (Fnv::new(), Fnv::new());
    let mut ntokens = 0u64;
    for token in tokenize(&text[prefix..]) {
        let coded = encode(token.kind);
        let mut record = [0u8; 11];
        record[0] = coded.kind;
        record[1..5].copy_from_slice(&token.len.to_le_bytes());
        record[5] = coded.flags;
        record[6] = coded.hashes;
        record[7..11].copy_from_slice(&coded.suffix_start.to_le_bytes());
        hash.write(&record[..5]);
        full.write(&record);
        ntokens += 1;
    }
    format!("{path}\t{}\t{ntokens}\t{}\t{}\t{prefix}\n", bytes.len(), hash.hex(), full.hex())
}

/// One line a token: offset, length, kind, flags, hashes, suffix_start.
pub fn listing(path: &str, bytes: &[u8]) -> String {
    use std::fmt::Write;
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(_) => return hash_line(path, bytes),
    };
    let mut off = prefix_len(text);
    let mut out = String::new();
    for token in tokenize(&text[off..]) {
        let c = encode(token.kind);
        writeln!(
            out,
            "{off}\t{}\t{}\t{}\t{}\t{}",
            token.len, c.kind, c.flags, c.hashes, c.suffix_start
        )
        .expect("writing to a string cannot fail");
        off += token.len as usize;
    }
    out
}
