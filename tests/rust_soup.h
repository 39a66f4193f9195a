/* rust_soup.h - source text from a generator with a seed: pieces of Rust that open, close, name,
 * quote and end things, in any order. */
#ifndef RSL_TESTS_RUST_SOUP_H
#define RSL_TESTS_RUST_SOUP_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint64_t next_random(uint64_t *random)
{
    /* xorshift64* (Marsaglia 2003, Vigna 2016). */
    *random ^= *random >> 12;
    *random ^= *random << 25;
    *random ^= *random >> 27;
    return *random * UINT64_C(0x2545F4914F6CDD1D) >> 16;
}

static const char *const soup_words[] = {
    "fn ",    "struct ",  "enum ",  "union ",  "trait ",  "impl ",         "mod ",     "use ",
    "const ", "static ",  "type ",  "extern ", "crate ",  "pub ",          "unsafe ",  "async ",
    "gen ",   "default ", "auto ",  "safe ",   "macro ",  "macro_rules! ", "reuse ",   "where ",
    "for ",   "as ",      "mut ",   "self",    "Self",    "super",         "dyn ",     "in ",
    "if ",    "else ",    "match ", "let ",    "return ", "move ",         "loop ",    "cfg_if! ",
    "_",      "a",        "b",      "Foo",     "x1",      "r#fn",          "m!",       "m! ",
    "a::b",   "::c",      "$x",     "u8",      "'a",      "'a ",           "'static ",
};

static const char *const soup_marks[] = {
    "{",  "}",  "{", "}",  "(",  ")",  "[",  "]",  "<",  ">",  ";",  ";",   ",",  ":",  "::",  "=",
    "=>", "->", "&", "*",  "!",  "?",  "+",  "-",  "|",  "||", "..", "...", "#",  "#[", "#![", "@",
    "$",  "/",  "~", "()", "{}", "[]", "<>", ">>", "==", ">=", "<<", "&&",  "\\", "`",
};

static const char *const soup_literals[] = {
    "\"",       "\"s\"",        "\"}\"",   "\"\\\"\"", "r\"",     "r#\"",     "\"#",
    "r#\"}\"#", "b\"",          "br\"x\"", "c\"",      "'",       "'x'",      "'{'",
    "'\\''",    "b'x'",         "b'",      "1",        "0x1F",    "1.5",      "1e",
    "0..2",     "'\\u{7d}'",    "//",      "// c\n",   "/* c */", "/*",       "*/",
    "/** d */", "/// d\n",      "//! d\n", "/*! d */", "/**/",    "\xC3\xA9", "\xF0\x9F\x98\x80",
    "\xFF",     "\xE2\x80\xA8", "\r",      "\r\n",     "\t",
};

static const char *const soup_phrases[] = {
    "fn f() {",
    "fn f();",
    "fn f<T>(a: u8) -> u8 {",
    "struct S { a: u8 }",
    "struct S(u8);",
    "enum E { A, B(u8), C { d: u8 } = 1 }",
    "impl T for S {",
    "mod m {",
    "mod m;",
    "trait T {",
    "use a::{b, c::*, d as e};",
    "use a::{self};",
    "const A: u8 = 1;",
    "const A: u8 = {",
    "static A: [u8; { 1 }] = b;",
    "#[cfg(a)] ",
    "#[path = \"x\"] ",
    "extern \"C\" {",
    "m! { fn g() {} }",
    "m!(a);",
    "macro_rules! m { () => {} }",
    "type A = B<C>;",
    "where T: U {",
    "[u8; {",
    "}]",
    "impl<T> A<T> {",
    "unsafe extern \"C\" { safe fn f(); }",
    "if x {",
    "} else {",
    "=> {",
    "|a| {",
    "cfg_if! { if #[cfg(a)] { fn f() {} } else { fn g() {} } }",
    "union U { a: u8 }",
    "reuse a::b;",
    "trait A = B;",
    "async move {",
    "const {",
    "let a = 1;",
    "x => y,",
    "return !(a);",
    "if !a {",
};

/* Appends pieces; a soup is mostly newlines and spaces, words, marks, or whole phrases, as its
 * first random number has it, so that they meet in many ways. Returns its bytes, at most room. */
static inline size_t make_soup(char *text, size_t room, uint64_t *random)
{
    const uint64_t mood = next_random(random) % 4;
    size_t nbytes = 0;
    for (uint64_t n = next_random(random) % 80 + 1; n > 0; n--) {
        const uint64_t r = next_random(random);
        const uint64_t kind = r % 16;
        const uint64_t which = r >> 8;
        const char *piece;
        if (kind < 2) {
            piece = which % 4 ? " " : which % 8 ? "\n" : "\n    ";
        } else if (kind < 4) {
            piece = soup_literals[which % (sizeof(soup_literals) / sizeof(*soup_literals))];
        } else if (mood == 1 ? kind < 12 : kind < 8) {
            piece = soup_words[which % (sizeof(soup_words) / sizeof(*soup_words))];
        } else if (mood == 2 ? kind < 14 : kind < 11) {
            piece = soup_marks[which % (sizeof(soup_marks) / sizeof(*soup_marks))];
        } else {
            piece = soup_phrases[which % (sizeof(soup_phrases) / sizeof(*soup_phrases))];
        }
        const size_t length = strlen(piece);
        if (nbytes + length > room) {
            break;
        }
        memcpy(text + nbytes, piece, length);
        nbytes += length;
    }
    return nbytes;
}

#endif
