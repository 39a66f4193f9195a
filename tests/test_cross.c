/* The structural crossing: where blocks, values and token trees end, which items may begin in them,
 * with every instruction set, and the same as the tokens tell. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/cross_at_sight.h"
#include "tests/cross_by_tokens.h"
#include "tests/guarded_buffer.h"
#include "tests/rust_soup.h"

static const uint8_t *put(const void *bytes, size_t nbytes)
{
    static struct guarded_buffer buffer;
    if (!buffer.map) {
        guarded_buffer_init(&buffer, (size_t)1 << 16);
    }
    return guarded_buffer_put(&buffer, bytes, nbytes);
}

/* ---- events by hand ---- */

/* Crosses `source` from behind its first byte and compares what was found with the line of marks
 * below it: `i` at item candidates, `}` where the crossing ended with CLOSE, `;` with STOP, `!`
 * with ERROR, `.` with END. */
static void check_events(bool value, const char *source, const char *expected)
{
    const size_t nbytes = strlen(source);
    const uint8_t *src = put(source, nbytes);
    assert_true(nbytes < 400);
    for (int isa = 0; isa < RSL_ISA_COUNT_; isa++) {
        const struct rsl_cross_ops *ops = rsl_cross_ops_for((enum rsl_isa)isa);
        char marks[402];
        memset(marks, ' ', sizeof(marks));
        struct rsl_crossing crossing;
        rsl_crossing_begin(&crossing, src + 1, src + nbytes, value);
        enum rsl_cross_event event;
        while ((event = ops->cross(&crossing)) == RSL_CROSS_ITEM) {
            marks[crossing.p - src] = 'i';
            crossing.p++;
            crossing.boundary = NULL;
        }
        static const char ends[] = {[RSL_CROSS_CLOSE] = '}',
                                    [RSL_CROSS_STOP] = ';',
                                    [RSL_CROSS_ERROR] = '!',
                                    [RSL_CROSS_END] = '.'};
        assert_true(crossing.p >= src && crossing.p <= src + nbytes);
        marks[crossing.p - src] = ends[event];
        size_t n = nbytes + 1;
        while (n > 0 && marks[n - 1] == ' ') {
            n--;
        }
        marks[n] = '\0';
        if (strcmp(marks, expected) != 0) {
            fail_msg("instruction set %d:\n%s\n%s\nexpected\n%s", isa, source, marks, expected);
        }
    }
}

static void a_block_ends_at_its_brace(void **state)
{
    (void)state;
    check_events(false, "{}", " }");
    check_events(false, "{ a } b }", "    }");
    check_events(false, "{ { a } b } }", "          }");
    check_events(false, "{ '}' \"}\" r#\"}\"# // }\n /* } */ }",
                 "                               }");
    check_events(false, "{ m!{ } } }", "        }");
    check_events(false, "{ ( } )", "    }"); /* brackets are counted only */
    check_events(false, "{ a", "   .");
    check_events(false, "{ \"a }", "      !");
    check_events(false, "{ /* a }", "        !");
    check_events(false, "{ r#\"a\" }", "         !");
    check_events(false, "{ m!{ a", "       !");
    check_events(false, "{ #![ a", "       !");
}

static void a_value_ends_at_its_semicolon_or_a_closer(void **state)
{
    (void)state;
    check_events(true, "= a;", "   ;");
    check_events(true, "= [a; b];", "        ;");
    check_events(true, "= (a; [b; c]);", "             ;");
    check_events(true, "= { a; b };", "          ;");
    check_events(true, "= { a } + { b };", "               ;");
    check_events(true, "= m!{ a; };", "          ;");
    check_events(true, "= \";\" ';';", "         ;");
    check_events(true, "= a ]", "    }");
    check_events(true, "= a )", "    }");
    check_events(true, "= a }", "    }");
    check_events(true, "= [a] }", "      }");
    check_events(true, "= { fn f() {} a } ; }", "    i             ;");
    check_events(true, "= fn f() ;", "         ;"); /* no statement begins a value */
    check_events(true, "= m!{} fn ;", "          ;");
    check_events(true, "= || { m!{} fn f() {} } ;", "            i           ;");
    check_events(true, "= a", "   .");
}

/* The comment's last word was taken for the name of a macro. */
static void a_negation_behind_a_comment_is_no_macro_call(void **state)
{
    (void)state;
    check_events(false, "{ // c\n !{ fn f() {} a } }", "           i             }");
    check_events(false, "{ ; /* c */ !{ fn f() {} a } }", "               i             }");
    check_events(false, "{ a; // do\n yeet!{ fn f() {} } }", "                               }");
}

/* Only one comment was remembered, and behind two the path was taken for no path. */
static void a_named_call_was_lost_behind_two_comments(void **state)
{
    (void)state;
    check_events(false, "{ ::/**/d/**/!f }", "  i             }");
    check_events(false, "{ a/*b*/::/*c*/r#d // e\n /** f */ ! /*g*/h }",
                 "  i                                        }");
    check_events(false, "{ do /**/ yeet /**/ !{ fn f() {} } }",
                 "                       i           }");
    check_events(false, "{ a::/**/b/**/c! d }", "                   }");
}

static void items_begin_at_statement_boundaries(void **state)
{
    (void)state;
    check_events(false, "{fn a(){fn b(){}}struct c;enum d{} a fn e }",
                 " i      i        i        i               }");
    check_events(false, "{ a; fn b(); c fn d; {} fn }", "     i                  i  }");
    check_events(false, "{ // c\n fn a /* c */ ; /* c */ /**/ fn }",
                 "        i                           i  }");
    check_events(false, "{ /// d\n fn a; //// c\n fn }", "  i                    i  }");
    check_events(false, "{ #[a] fn b; #![c] fn d; # /* e */ [f] ; }",
                 "  i                i     i               }");
    check_events(false, "{ //! c\n fn a; /*! c */ fn }", "         i              i  }");
    check_events(false, "{ m!{} fn a; m!(); fn b; m![] fn }", "       i           i             }");
    check_events(false, "{ m! a {} b::c! d; ::e! f (); r#g! h; i }",
                 "  i       i        i          i         }");
    check_events(false, "{ if !a {} return !(b) ; c != d {} m ! ! {} fn }",
                 "                                            i  }");
    check_events(false, "{ union a; union = 1; auto trait b; auto(); const {}; const c }",
                 "  i                   i                               i       }");
}

/* ---- against the tokens ---- */

/* What is seen of a source at sight. */
static void check_at_sight(const void *bytes, size_t nbytes, size_t *nseen)
{
    const uint8_t *src = put(bytes, nbytes);
    for (int isa = 0; isa < RSL_ISA_COUNT_; isa++) {
        size_t n;
        const char *failure =
            compare_at_sight(rsl_cross_ops_for((enum rsl_isa)isa), src, nbytes, &n);
        if (failure) {
            fprintf(stderr, "in:\n%.*s\n", (int)nbytes, (const char *)src);
            fail_msg("instruction set %d: %s", isa, failure);
        }
        *nseen += n;
    }
}

/* All crossings of a source, if it is sound. */
static void check_against_tokens(const void *bytes, size_t nbytes, size_t *nsound)
{
    const uint8_t *src = put(bytes, nbytes);
    struct rsl_tokens tokens;
    rsl_tokens_init(&tokens, NULL);
    assert_int_equal(rsl_lex(&tokens, src, nbytes, &crossing_options), RSL_OK);
    const bool sound = is_sound(&tokens, src, nbytes);
    rsl_tokens_fini(&tokens);
    if (!sound || nbytes == 0) {
        return;
    }
    ++*nsound;
    for (int isa = 0; isa < RSL_ISA_COUNT_; isa++) {
        const struct rsl_cross_ops *ops = rsl_cross_ops_for((enum rsl_isa)isa);
        const char *failure = NULL;
        size_t nitems;
        if (src[0] == '{') {
            failure = compare_crossings(ops, src, nbytes, false, &nitems);
        } else if (src[0] == '=') {
            failure = compare_crossings(ops, src, nbytes, true, &nitems);
        }
        if (!failure && is_opener(src[0])) {
            failure = compare_trees(ops, src, nbytes);
        }
        if (failure) {
            fprintf(stderr, "in:\n%.*s\n", (int)nbytes, (const char *)src);
            fail_msg("instruction set %d: %s", isa, failure);
        }
    }
}

static void soup(void **state)
{
    (void)state;
    static const char *const begins[] = {"{", "= ", "(", "["};
    uint64_t random = 20240301;
    size_t nsound = 0;
    char text[2100];
    for (unsigned n = 0; n < 60000; n++) {
        const char *begin = begins[n % 4];
        const size_t length = strlen(begin);
        memcpy(text, begin, length);
        size_t nbytes = length + make_soup(text + length, 2048, &random);
        check_against_tokens(text, nbytes, &nsound);
    }
    assert_true(nsound > 5000);
}

/* Pieces of bodies at every place of a block of 64, by twos. */
static void pieces_at_every_place(void **state)
{
    (void)state;
    static const char *const pieces[] = {
        "\"}\"",   "'}'",         "r#\"}\"#", "/*}*/",  "//}\n",    "{}",      ";fn g(){}",
        "m!{}",    "!(a)",        "'a:{}",    "#[b]fn", "m!(})",    "b'\\''",  "}",
        "{",       "(",           ")",        "[",      "]",        "!",       ";a! b{}",
        ";a::b!c", "///}\nfn",    "/**}*/fn", ";",      "'a",       "r#fn!{}", "if!{}",
        "a!=b",    "\xC3\xA9!{}", " ",        "/",      "\"\\\"\"", "'\\''",   "\xE2\x80\xA8",
    };
    enum { NPIECES = sizeof(pieces) / sizeof(pieces[0]) };
    static const char before[] =
        "a+b=c-d+e.f(g)|a+b=c-d+e.f(g)|a+b=c-d+e.f(g)|a+b=c-d+e.f(g)|a+b=c";
    size_t nsound = 0;
    for (unsigned k = 0; k < NPIECES * NPIECES; k++) {
        const bool same = k % NPIECES == k / NPIECES;
        for (int n = 0; n < 66; n += same ? 1 : 13) {
            char text[300];
            int nbytes = snprintf(text, sizeof(text), "%s%.*s%s%s;}fn h(){}}", k % 3 ? "{" : "= ",
                                  n, before, pieces[k % NPIECES], pieces[k / NPIECES]);
            check_against_tokens(text, (size_t)nbytes, &nsound);
        }
    }
    assert_true(nsound > 3000);
}

/* Bodies and trees of up to three pieces, short enough to be seen at once. */
static void what_is_seen_at_sight_is_what_is_crossed(void **state)
{
    (void)state;
    static const char *const pieces[] = {
        "a",         "(b)",
        "{c}",       ";",
        "\"d\"",     "\"}\"",
        "\"\\\"\"",  "r#\"}\"#",
        "'\"'",      "m!(e)",
        "!f",        "m! g",
        "if !h",     "i != j",
        "m!{k}",     "m!(})",
        "m!(\"l\")", "[n]",
        ")",         "(",
        "]",         "[",
        "}",         "{",
        "/*}*/",     "//}\n",
        "fn o()",    "#[p]",
        "unsafe",    "static",
        "str",       "'q",
        "\xC3\xA9",  "\xE2\x80\xA8",
        "m!) (",     "r\"\\\"",
    };
    static const char *const begins[] = {"{", "(", "["};
    enum { NPIECES = sizeof(pieces) / sizeof(pieces[0]) };
    size_t nseen = 0;
    for (unsigned k = 0; k < NPIECES * NPIECES * NPIECES; k++) {
        for (size_t i = 0; i < sizeof(begins) / sizeof(begins[0]); i++) {
            char text[200];
            int nbytes = snprintf(text, sizeof(text), "%s %s %s%s }])}fn h(){}}", begins[i],
                                  pieces[k % NPIECES], pieces[k / NPIECES % NPIECES],
                                  pieces[k / NPIECES / NPIECES]);
            check_at_sight(text, (size_t)nbytes, &nseen);
        }
    }
    assert_true(nseen > 10000);
}

/* Bodies as people write them, at every place of a block of 64. */
static void usual_bodies(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "let mut it = s.chars().filter(|c| !c.is_whitespace() && *c != '\\'' && *c != '{');\n"
        "    while let Some('a'..='z' | '\"') = it.next() {}\n"
        "    assert!(!it.any(|c| c == '}'), \"left: {:?} // {}\", it, r#\"\"}\"#);\n"
        "    'outer: for x in &v[..n as usize] { if x != &0 { continue 'outer; } }\n",
        "match self {\n        Self::A { ref b, .. } if !b.is_empty() => return Err(e!(\"{\")),\n"
        "        Self::C(d @ b'0'..=b'9') => { let _ = br##\"\"#}\"##; f::<'_, { 1 }>(d) }\n"
        "        // never }\n        _ => unreachable!{ \"}\" }\n    }\n",
        "#![allow(unused)]\n    //! inner\n    use std::fmt::{self, Write as _};\n"
        "    /// Doc with `}` and \"quotes\n    #[derive(Clone, Copy)]\n"
        "    struct P<'a, const N: usize>(&'a [u8; N]);\n"
        "    impl<'a> P<'a, { 2 + 2 }> { fn q(&self) -> u8 { self.0[0] } }\n"
        "    const fn r() -> u32 { const S: u32 = { 1 << 3 }; S }\n    static T: &str = \";\";\n",
        "thread_local! { static U: Cell<u8> = const { Cell::new(0) } }\n"
        "    macro_rules! v { ($w:expr) => { $w; }; }\n    unsafe { *x.add(1) = !y };\n"
        "    let z = async move { a.await? }; extern \"C\" { fn aa(_: ...); }\n"
        "    if let Some(x) = y && !z(x) { /* } */ } else { vec![0; 4] }\n",
    };
    size_t nsound = 0, nchecked = 0;
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        for (int n = 0; n < 64; n++) {
            static const char *const begins[] = {"{", "= {", "("};
            for (size_t k = 0; k < sizeof(begins) / sizeof(begins[0]); k++) {
                char text[1200];
                int nbytes = snprintf(text, sizeof(text), "%s%*s\n    %s} ;)\n", begins[k], n, "",
                                      bodies[i]);
                assert_true(nbytes > 0 && (size_t)nbytes < sizeof(text));
                check_against_tokens(text, (size_t)nbytes, &nsound);
                nchecked++;
            }
        }
    }
    assert_int_equal(nsound, nchecked);
}

/* ---- limits of what is looked at ---- */

static void nothing_behind_the_limit_is_found(void **state)
{
    (void)state;
    static const char source[] = "{ a; fn b() {} c; fn d() {} }";
    const size_t nbytes = sizeof(source) - 1;
    const uint8_t *src = put(source, nbytes);
    for (int isa = 0; isa < RSL_ISA_COUNT_; isa++) {
        const struct rsl_cross_ops *ops = rsl_cross_ops_for((enum rsl_isa)isa);
        for (size_t limit = 1; limit <= nbytes; limit++) {
            struct rsl_crossing crossing;
            rsl_crossing_begin(&crossing, src + 1, src + nbytes, false);
            crossing.limit = src + limit;
            size_t nfound = 0;
            enum rsl_cross_event event;
            while ((event = ops->cross(&crossing)) == RSL_CROSS_ITEM &&
                   crossing.p < crossing.limit) {
                nfound++;
                crossing.p++;
                crossing.boundary = NULL;
            }
            assert_int_equal(nfound, (limit > 5) + (limit > 18));
            if (limit == nbytes) {
                assert_int_equal(event, RSL_CROSS_CLOSE);
            } else {
                assert_true(event == RSL_CROSS_END || crossing.p >= crossing.limit);
            }
        }
    }
}

static void an_instruction_set_that_is_missing_falls_back(void **state)
{
    (void)state;
    const struct rsl_cross_ops *scalar = rsl_cross_ops_for(RSL_ISA_SCALAR);
    for (int isa = 0; isa < RSL_ISA_COUNT_; isa++) {
        const struct rsl_cross_ops *ops = rsl_cross_ops_for((enum rsl_isa)isa);
        assert_non_null(ops);
        assert_non_null(ops->cross);
        assert_non_null(ops->tree);
    }
#if defined(__x86_64__)
    assert_ptr_not_equal(rsl_cross_ops_for(RSL_ISA_SSE2), scalar);
    assert_ptr_not_equal(rsl_cross_ops_for(RSL_ISA_AUTO), scalar);
#elif defined(__aarch64__)
    assert_ptr_not_equal(rsl_cross_ops_for(RSL_ISA_NEON), scalar);
    assert_ptr_equal(rsl_cross_ops_for(RSL_ISA_AUTO), rsl_cross_ops_for(RSL_ISA_NEON));
    assert_ptr_equal(rsl_cross_ops_for(RSL_ISA_AVX512), rsl_cross_ops_for(RSL_ISA_NEON));
#else
    assert_ptr_equal(rsl_cross_ops_for(RSL_ISA_AVX2), scalar);
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_block_ends_at_its_brace),
        cmocka_unit_test(a_value_ends_at_its_semicolon_or_a_closer),
        cmocka_unit_test(items_begin_at_statement_boundaries),
        cmocka_unit_test(a_negation_behind_a_comment_is_no_macro_call),
        cmocka_unit_test(a_named_call_was_lost_behind_two_comments),
        cmocka_unit_test(soup),
        cmocka_unit_test(pieces_at_every_place),
        cmocka_unit_test(what_is_seen_at_sight_is_what_is_crossed),
        cmocka_unit_test(usual_bodies),
        cmocka_unit_test(nothing_behind_the_limit_is_found),
        cmocka_unit_test(an_instruction_set_that_is_missing_falls_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
