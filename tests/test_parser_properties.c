/* What holds for any source: the invariants of check_file.h, the same result from every instruction
 * set, at every alignment, from every parse; and that the items of sources put together are the
 * items of each. The sources come from generators with a fixed seed. */
#include "tests/parser_testing.h"
#include "tests/rust_soup.h"

/* Parses in every way (parse_bytes does) and forgets the result. */
static void parse_any(const void *bytes, size_t nbytes)
{
    struct parsed parsed;
    parse_bytes(&parsed, bytes, nbytes);
    parsed_fini(&parsed);
}

static void soup(void **state)
{
    (void)state;
    uint64_t random = 20240229;
    char text[2048];
    for (unsigned n = 0; n < 30000; n++) {
        parse_any(text, make_soup(text, sizeof(text), &random));
    }
}

static void random_bytes(void **state)
{
    (void)state;
    static const char common[] =
        "{}{}()[]<>;;,::=!#'\"/*-> \n\nfn use mod impl a b r#|&.\\\xC3\xA9";
    uint64_t random = 42;
    char text[512];
    for (unsigned n = 0; n < 20000; n++) {
        size_t nbytes = next_random(&random) % sizeof(text);
        for (size_t i = 0; i < nbytes; i++) {
            uint64_t value = next_random(&random);
            text[i] = n % 4 == 0   ? (char)value
                      : n % 4 == 1 ? (char)(value & 0x7F)
                                   : common[value % (sizeof(common) - 1)];
        }
        parse_any(text, nbytes);
    }
}

/* A sample in which everything occurs once. */
static const char sample[] =
    "\xEF\xBB\xBF#!/bin/x\n//! inner\n#![a]\n/// doc \xC3\xA9\n/** d */ #[cfg(b)] #[path = \"]\"]\n"
    "pub(in a::b) mod c {\n    use d::{self, e as _, f::*, ::g};\n    extern crate h as i;\n}\n"
    "const unsafe extern \"C\" fn j<'a, T: K<L<u8>>>(&'a self, m: [u8; { fn n() {} 1 }], ...) -> "
    "!\n"
    "where T: for<'b> O<'b> { if !p { q!{ \"}\" } fn r() {} } '{'; 'a: loop { r#\"}\"# } }\n"
    "struct S<T = u8> { pub t: T, unsafe u: u8 = 1 + { fn v() {} 2 } }\nstruct W(pub(crate) u8, "
    "X);\n"
    "enum Y { Z, A { b: u8 } = 1 << 2, C(D), }\nunion E { f: u8 }\nstatic mut G: u8 = match h { _ "
    "=> 1 };\n"
    "unsafe impl<T> !I for J<T> { type K = L where T: M; default const N: u8 = 1; o! { fn p() {} } "
    "}\n"
    "trait Q: R + 'static { fn s(self: Box<Self>); type T<'a>: U = V; }\ntrait W = X + Y;\n"
    "unsafe extern \"C\" { safe fn z(...); static A: u8; }\nmacro_rules! b { ($c:ty) => { fn d() "
    "{} } }\n"
    "macro e($f:expr) { $f }\nreuse g::h as i { self }\ncfg_if! { if #[j] { fn k() {} } else {} }\n"
    "/* /* */ */ const _: () = (); // end\r\n";

static void every_truncation_of_a_sample(void **state)
{
    (void)state;
    const size_t length = sizeof(sample) - 1;
    check_outline(sample, "mod c{2} ] pub(in a::b) [inline]\n"
                          "  use\n"
                          "    use_leaf d::self = d [self]\n"
                          "    use_leaf d::e = _ [rename]\n"
                          "    use_leaf d::f::* [glob]\n"
                          "    use_leaf d::::g = g\n"
                          "  extern_crate i of h [rename]\n"
                          "fn j<2>(2) -> ! extern \"C\" [body const self unsafe variadic where]\n"
                          "  fn n(0) [body]\n"
                          "  fn r(0) [body]\n"
                          "struct S<1>{2}\n"
                          "  field t: T pub\n"
                          "  field u: u8 [default unsafe]\n"
                          "    fn v(0) [body]\n"
                          "struct W(2)\n"
                          "enum Y{3}\n"
                          "  variant Z\n"
                          "  variant A{1} = 1 << 2 [discriminant]\n"
                          "    field b: u8\n"
                          "  variant C(1)\n"
                          "union E{1}\n"
                          "  field f: u8\n"
                          "static G: u8 [body mut]\n"
                          "impl<1>{3} I for J<T> [neg unsafe]\n"
                          "  type K = L [body where]\n"
                          "  const N: u8 [body default]\n"
                          "  macro_call o! {\n"
                          "    fn p(0) [body]\n"
                          "trait Q{2}\n"
                          "  fn s(1) [self]\n"
                          "  type T<1> = V [body]\n"
                          "trait_alias W = X + Y\n"
                          "foreign_mod{2} \"C\" [unsafe]\n"
                          "  fn z(0) [safe variadic]\n"
                          "  static A: u8\n"
                          "macro_rules b {\n"
                          "macro e {\n"
                          "delegation i of g::h [body rename]\n"
                          "macro_call cfg_if! {\n"
                          "  fn k(0) [body]\n"
                          "const _: () [body]\n");
    for (size_t cut = 0; cut <= length; cut++) {
        parse_any(sample, cut);
        parse_any(sample + cut, length - cut);
    }
}

/* With any byte of it missing, or replaced by one that opens, closes or quotes. */
static void every_change_of_one_byte(void **state)
{
    (void)state;
    static const char others[] = "{}([)]<>\"'/;!# \n\\";
    const size_t length = sizeof(sample) - 1;
    char text[sizeof(sample)];
    for (size_t at = 0; at < length; at++) {
        memcpy(text, sample, at);
        memcpy(text + at, sample + at + 1, length - at - 1);
        parse_any(text, length - 1);
        memcpy(text, sample, length);
        text[at] = others[at % (sizeof(others) - 1)];
        parse_any(text, length);
    }
}

/* The same bytes at each distance from the begin of a block of 64: the items are the same, moved.
 * parse_bytes puts them each time at another alignment, since its buffer's end is fixed. */
static void every_alignment(void **state)
{
    (void)state;
    const size_t length = sizeof(sample) - 1;
    static const size_t bom = 3; /* only the first bytes of a file are one */
    struct parsed expected;
    parse_bytes(&expected, sample + bom, length - bom);
    for (uint32_t shift = 1; shift < 130; shift++) {
        char text[sizeof(sample) + 130];
        struct parsed moved;
        memset(text, ' ', shift);
        memcpy(text + shift, sample + bom + 8, length - bom - 8); /* without the shebang */
        text[shift + length - bom - 8] = ' '; /* as far from the end as before */
        parse_bytes(&moved, text, shift + length - bom - 8 + shift % 2);
        assert_int_equal(moved.file.nitems, expected.file.nitems);
        assert_int_equal(moved.file.nerrors, 0);
        for (uint32_t i = 0; i < expected.file.nitems; i++) {
            const struct rsl_item *a = &expected.file.items[i];
            const struct rsl_item *b = &moved.file.items[i];
            assert_int_equal(a->kind, b->kind);
            assert_int_equal(a->flags, b->flags);
            assert_int_equal(a->start - 8 + shift, b->start);
            assert_int_equal(a->end - 8 + shift, b->end);
            assert_int_equal(a->line, b->line);
        }
        parsed_fini(&moved);
    }
    parsed_fini(&expected);
}

/* Something that ends or opens, at each place of two blocks, behind and before plain code. */
static void every_place_in_a_block(void **state)
{
    (void)state;
    static const char *const pieces[] = {
        "\"}\"",
        "'}'",
        "r#\"}\"#",
        "/*}*/",
        "//}\n",
        "{}",
        ";fn g(){}",
        "m!{}",
        "!(a)",
        "'a:{}",
        "#[b]fn g(){}",
        "m!(})",
        "b'\\''",
        "\\",
        "\"",
        "/*",
        "'",
        "}",
        "{",
        "(",
        ")",
        "r\"",
        "!",
        "a! b{}",
        "///}\nfn g(){}",
        "//!}\n",
        "/**}*/fn g(){}",
        "=1;",
        "[u8;{1}]",
        "\xE2\x80\xA8;",
    };
    for (size_t k = 0; k < sizeof(pieces) / sizeof(pieces[0]); k++) {
        for (size_t before = 0; before < 130; before++) {
            char text[400];
            int n = snprintf(
                text, sizeof(text), "fn f(){%.*s%s%.*s}fn h(){}", (int)before,
                "a=1;bbbb+cc(d)[e];    x{y};aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                pieces[k], (int)(k % 7), "; e(1);");
            parse_any(text, (size_t)n);
        }
    }
}

/* ---- sources put together ---- */

static const char *const fragments[] = {
    "fn a() { fn b() {} }\n",
    "#[c]\n/// d\npub struct E<F> { g: F, h: [u8; { struct I; 1 }] }\n",
    "use j::{k, l::{m as n, *}};\n",
    "impl<T> O for P<T> {\n    fn q(&self) {}\n    const R: u8 = 1;\n}\n",
    "enum S { T, U(V) = 3 }\n",
    "m! { fn w() {} mod x { use y; } }\n",
    "mod z { //! a\n #![b] static C: u8 = { fn d() {} 1 }; }\n",
    "extern \"C\" { fn e(f: u8, ...); }\n",
    "macro_rules! g { () => { fn h() {} } }\n",
    "\n\n// comment\n/* comment */\n",
    "trait I: J { type K; fn l() {} } trait M = N;\n",
    "const _: () = { impl O { fn p() {} } };\n",
};
enum { NFRAGMENTS = sizeof(fragments) / sizeof(fragments[0]) };

static uint32_t moved(uint32_t off, uint32_t by)
{
    return off == RSL_NONE ? RSL_NONE : off + by;
}

static struct rsl_span moved_span(struct rsl_span span, uint32_t by)
{
    return span.end == 0 ? span : (struct rsl_span){span.start + by, span.end + by};
}

static void items_of_sources_put_together_are_the_items_of_each(void **state)
{
    (void)state;
    struct parsed alone[NFRAGMENTS];
    uint64_t random = 7;
    for (unsigned round = 0; round < 300; round++) {
        char text[8192];
        unsigned which[20];
        size_t nbytes = 0;
        const unsigned n = (unsigned)(next_random(&random) % 20) + 1;
        for (unsigned i = 0; i < n; i++) {
            which[i] = (unsigned)(next_random(&random) % NFRAGMENTS);
            const size_t length = strlen(fragments[which[i]]);
            memcpy(text + nbytes, fragments[which[i]], length);
            nbytes += length;
        }
        for (unsigned i = 0; i < NFRAGMENTS; i++) {
            parse_text(&alone[i], fragments[i]);
            assert_int_equal(alone[i].file.nerrors, 0);
        }
        struct parsed together;
        parse_bytes(&together, text, nbytes);
        assert_int_equal(together.file.nerrors, 0);
        uint32_t at = 0, off = 0, line = 0, nattrs = 0, nprefixes = 0;
        for (unsigned i = 0; i < n; i++) {
            const struct rsl_file *file = &alone[which[i]].file;
            for (uint32_t k = 0; k < file->nitems; k++) {
                assert_true(at + k < together.file.nitems);
                struct rsl_item item = file->items[k];
                const struct rsl_item *actual = &together.file.items[at + k];
                item.parent = moved(item.parent, at);
                item.start += off;
                item.head += off;
                item.sig_end += off;
                item.body = moved(item.body, off);
                item.end += off;
                item.name = moved_span(item.name, off);
                item.line += line;
                item.first_attr = item.nattrs ? item.first_attr + nattrs : actual->first_attr;
                item.use_prefix = moved(item.use_prefix, nprefixes);
                item.generics = moved_span(item.generics, off);
                item.type = moved_span(item.type, off);
                item.path = moved_span(item.path, off);
                item.vis_path = moved_span(item.vis_path, off);
                assert_memory_equal(&item, actual, sizeof(item));
            }
            at += file->nitems;
            nattrs += file->nattrs;
            nprefixes += file->nuse_prefixes;
            off += (uint32_t)strlen(fragments[which[i]]);
            for (const char *p = fragments[which[i]]; *p; p++) {
                line += *p == '\n';
            }
        }
        assert_int_equal(together.file.nitems, at);
        assert_int_equal(together.file.nattrs, nattrs);
        assert_int_equal(together.file.nuse_prefixes, nprefixes);
        parsed_fini(&together);
        for (unsigned i = 0; i < NFRAGMENTS; i++) {
            parsed_fini(&alone[i]);
        }
    }
}

/* The same file object for one source after the other, good and bad ones. */
static void what_was_parsed_before_does_not_matter(void **state)
{
    (void)state;
    struct rsl_file used;
    rsl_file_init(&used, NULL);
    uint64_t random = 99;
    char text[2048];
    for (unsigned n = 0; n < 3000; n++) {
        struct parsed fresh;
        parse_bytes(&fresh, text, make_soup(text, sizeof(text), &random));
        assert_int_equal(rsl_parse(&used, fresh.src, fresh.nbytes, NULL), RSL_OK);
        const char *failure = compare_files(&fresh.file, &used);
        if (failure) {
            fail_msg("%s\nin: %.*s", failure, (int)fresh.nbytes, (const char *)fresh.src);
        }
        parsed_fini(&fresh);
    }
    rsl_file_fini(&used);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(soup),
        cmocka_unit_test(random_bytes),
        cmocka_unit_test(every_truncation_of_a_sample),
        cmocka_unit_test(every_change_of_one_byte),
        cmocka_unit_test(every_alignment),
        cmocka_unit_test(every_place_in_a_block),
        cmocka_unit_test(items_of_sources_put_together_are_the_items_of_each),
        cmocka_unit_test(what_was_parsed_before_does_not_matter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
