/* The token rules of rustc_lexer, one test for each; every token kind is named here. The expected
 * tokens were taken from rustc_lexer 0.87. */
#include "tests/lexer_testing.h"

#define HASHES_16 "################"
#define HASHES_255                                                                            \
    HASHES_16 HASHES_16 HASHES_16 HASHES_16 HASHES_16 HASHES_16 HASHES_16 HASHES_16 HASHES_16 \
        HASHES_16 HASHES_16 HASHES_16 HASHES_16 HASHES_16 HASHES_16 "###############"

static void empty_source_has_no_tokens(void **state)
{
    (void)state;
    check("", "");
}

static void kind_names_and_ids_are_distinct(void **state)
{
    (void)state;
    static const int ids[] = {
#define X(name, id, text) id,
#include "lexer/token_kinds.def"
#undef X
    };
    const size_t nids = sizeof(ids) / sizeof(ids[0]);
    assert_int_equal(nids, 26 + 27);
    for (size_t i = 0; i < nids; i++) {
        assert_true(strlen(rsl_token_kind_name((uint8_t)ids[i])) > 0);
        for (size_t k = 0; k < i; k++) {
            assert_int_not_equal(ids[i], ids[k]);
            assert_string_not_equal(rsl_token_kind_name((uint8_t)ids[i]),
                                    rsl_token_kind_name((uint8_t)ids[k]));
        }
    }
    assert_string_equal(rsl_token_kind_name(0), "");
    assert_string_equal(rsl_token_kind_name(255), "");
}

/* The ids are part of a published hash. */
static void kind_ids_are_the_published_ones(void **state)
{
    (void)state;
    assert_int_equal(RSL_TOKEN_LINE_COMMENT, 1);
    assert_int_equal(RSL_TOKEN_OUTER_LINE_DOC, 2);
    assert_int_equal(RSL_TOKEN_INNER_LINE_DOC, 3);
    assert_int_equal(RSL_TOKEN_BLOCK_COMMENT, 4);
    assert_int_equal(RSL_TOKEN_OUTER_BLOCK_DOC, 5);
    assert_int_equal(RSL_TOKEN_INNER_BLOCK_DOC, 6);
    assert_int_equal(RSL_TOKEN_WHITESPACE, 7);
    assert_int_equal(RSL_TOKEN_IDENT, 8);
    assert_int_equal(RSL_TOKEN_INVALID_IDENT, 9);
    assert_int_equal(RSL_TOKEN_RAW_IDENT, 10);
    assert_int_equal(RSL_TOKEN_UNKNOWN_PREFIX, 11);
    assert_int_equal(RSL_TOKEN_UNKNOWN_PREFIX_LIFETIME, 12);
    assert_int_equal(RSL_TOKEN_RAW_LIFETIME, 13);
    assert_int_equal(RSL_TOKEN_GUARDED_STR_PREFIX, 14);
    assert_int_equal(RSL_TOKEN_LIFETIME, 15);
    assert_int_equal(RSL_TOKEN_INT, 16);
    assert_int_equal(RSL_TOKEN_FLOAT, 17);
    assert_int_equal(RSL_TOKEN_CHAR, 18);
    assert_int_equal(RSL_TOKEN_BYTE, 19);
    assert_int_equal(RSL_TOKEN_STR, 20);
    assert_int_equal(RSL_TOKEN_BYTE_STR, 21);
    assert_int_equal(RSL_TOKEN_C_STR, 22);
    assert_int_equal(RSL_TOKEN_RAW_STR, 23);
    assert_int_equal(RSL_TOKEN_RAW_BYTE_STR, 24);
    assert_int_equal(RSL_TOKEN_RAW_C_STR, 25);
    assert_int_equal(RSL_TOKEN_UNKNOWN, 26);
    assert_int_equal(RSL_TOKEN_SEMI, ';');
    assert_int_equal(RSL_TOKEN_TILDE, '~');
}

static void punctuation_is_never_joined(void **state)
{
    (void)state;
    check("!$%&()*+,-./:;<=>?@[]^{|}~ #",
          "! $ % & ( ) * + , - . / : ; < = > ? @ [ ] ^ { | } ~ ws #");
    check("->", "- >");
    check("..=", ". . =");
    check("<<=", "< < =");
    check("S<S<usize>>=x", "Ident:S < Ident:S < Ident:usize > > = Ident:x");
    check("Item<'a>=&'a", "Ident:Item < Lifetime:'a > = & Lifetime:'a");
}

static void line_comment_ends_before_the_newline(void **state)
{
    (void)state;
    check("// a\nb", "LineComment:// a ws Ident:b");
    check("//", "LineComment://");
    check("// a\r\nb", "LineComment:// a\r ws Ident:b");
    check("// \"'/* a", "LineComment:// \"'/* a");
}

static void three_slashes_are_an_outer_doc_and_four_are_none(void **state)
{
    (void)state;
    check("///", "OuterLineDoc:///");
    check("/// a", "OuterLineDoc:/// a");
    check("////", "LineComment:////");
    check("////// a", "LineComment:////// a");
    check("//!", "InnerLineDoc://!");
    check("//!/ a", "InnerLineDoc://!/ a");
    check("// !", "LineComment:// !");
}

static void block_comments_nest(void **state)
{
    (void)state;
    check("/* /* */ */ a", "BlockComment:/* /* */ */ ws Ident:a");
    check("/*/**/*/a", "BlockComment:/*/**/*/ Ident:a");
    check("/*/*/a*/*/b", "BlockComment:/*/*/a*/*/ Ident:b");
    check("/* */ */", "BlockComment:/* */ ws * /");
    check("/*/ a", "BlockComment:/*/ a{unterminated}");
    check("/* // */a", "BlockComment:/* // */ Ident:a");
}

static void block_docs_have_exactly_two_stars_or_a_bang(void **state)
{
    (void)state;
    check("/** a */", "OuterBlockDoc:/** a */");
    check("/*! a */", "InnerBlockDoc:/*! a */");
    check("/**/", "BlockComment:/**/");
    check("/***/", "BlockComment:/***/");
    check("/*** a */", "BlockComment:/*** a */");
    check("/*!*/", "InnerBlockDoc:/*!*/");
    check("/*! /** */ */", "InnerBlockDoc:/*! /** */ */");
}

static void comments_may_lack_their_end(void **state)
{
    (void)state;
    check("/* a", "BlockComment:/* a{unterminated}");
    check("/* /* a */", "BlockComment:/* /* a */{unterminated}");
    check("/** a", "OuterBlockDoc:/** a{unterminated}");
    check("/**", "OuterBlockDoc:/**{unterminated}");
    check("/*!", "InnerBlockDoc:/*!{unterminated}");
    check("/*", "BlockComment:/*{unterminated}");
}

static void white_space_is_pattern_white_space(void **state)
{
    (void)state;
    check(" \t\n\v\f\r", "ws");
    check("a\xC2\x85\xE2\x80\x8E\xE2\x80\x8F\xE2\x80\xA8\xE2\x80\xA9 b", "Ident:a ws Ident:b");
    check(" \xC2\x85", "ws");
    check("\xE2\x80\x8E ", "ws");
    /* No-break space and zero width joiner are none. */
    check("\xC2\xA0", "Unknown:\xC2\xA0");
    check(" \xE2\x80\x8D", "ws Unknown:\xE2\x80\x8D");
}

static void keywords_and_underscore_are_identifiers(void **state)
{
    (void)state;
    check(
        "fn _ __ r b br c cr union default",
        "Ident:fn ws Ident:_ ws Ident:__ ws Ident:r ws Ident:b ws Ident:br ws Ident:c ws Ident:cr "
        "ws Ident:union ws Ident:default");
}

static void identifiers_are_xid(void **state)
{
    (void)state;
    check("\xC3\xA9t\xC3\xA9", "Ident:\xC3\xA9t\xC3\xA9");  /* été */
    check("a\xCC\x81", "Ident:a\xCC\x81");                  /* combining acute */
    check("\xCC\x81", "Unknown:\xCC\x81");                  /* does not start one */
    check("\xF0\x9D\x92\xB3", "Ident:\xF0\x9D\x92\xB3");    /* math script X */
    check("a\xE2\x84\x96", "Ident:a Unknown:\xE2\x84\x96"); /* numero sign */
    check("a\xC2\xB7"
          "b",
          "Ident:a\xC2\xB7"
          "b"); /* middle dot */
    check("\xE6\x97\xA5\xE6\x9C\xAC(", "Ident:\xE6\x97\xA5\xE6\x9C\xAC (");
}

static void emoji_make_an_identifier_invalid(void **state)
{
    (void)state;
    check("a\xF0\x9F\x98\x80"
          "b",
          "InvalidIdent:a\xF0\x9F\x98\x80"
          "b");
    check("\xF0\x9F\x98\x80", "InvalidIdent:\xF0\x9F\x98\x80");
    check("\xC2\xA9", "InvalidIdent:\xC2\xA9");
    /* Joined by U+200D: one token. */
    check("\xF0\x9F\x91\xA8\xE2\x80\x8D\xF0\x9F\x91\xA9",
          "InvalidIdent:\xF0\x9F\x91\xA8\xE2\x80\x8D\xF0\x9F\x91\xA9");
    check("\xF0\x9F\x98\x80#", "InvalidIdent:\xF0\x9F\x98\x80 #");
    check("a#\xF0\x9F\x98\x80", "UnknownPrefix:a # InvalidIdent:\xF0\x9F\x98\x80");
}

static void raw_identifiers(void **state)
{
    (void)state;
    check("r#fn", "RawIdent:r#fn");
    check("r#_", "RawIdent:r#_");
    check("r#a#", "RawIdent:r#a #");
    check("r#\xC3\xA9", "RawIdent:r#\xC3\xA9");
    check("br#a", "RawByteStr:br#a{unterminated}");
    check("ar#a", "UnknownPrefix:ar # Ident:a");
}

static void unknown_prefixes_end_before_quote_or_hash(void **state)
{
    (void)state;
    check("foo#a", "UnknownPrefix:foo # Ident:a");
    check("foo\"a\"", "UnknownPrefix:foo Str:\"a\"");
    check("foo'a'", "UnknownPrefix:foo Char:'a'");
    check("c'a'", "UnknownPrefix:c Char:'a'");
    check("r'a'", "UnknownPrefix:r Char:'a'");
    check("br'a'", "UnknownPrefix:br Char:'a'");
    check("cr'a'", "UnknownPrefix:cr Char:'a'");
    check("rb\"a\"", "UnknownPrefix:rb Str:\"a\"");
    check("b#", "UnknownPrefix:b #");
    check("_#", "UnknownPrefix:_ #");
    check("foo #", "Ident:foo ws #");
}

static void guarded_strings_are_a_prefix_token(void **state)
{
    (void)state;
    check("#\"a\"#", "GuardedStrPrefix:#\" UnknownPrefix:a Str:\"#{unterminated}");
    check("##", "GuardedStrPrefix:##");
    check("###", "GuardedStrPrefix:## #");
    check("#a", "# Ident:a");
    check("#", "#");
    check("#[a]", "# [ Ident:a ]");
    check("# [a]", "# ws [ Ident:a ]");
}

static void lifetimes(void **state)
{
    (void)state;
    check("'a", "Lifetime:'a");
    check("'_", "Lifetime:'_");
    check("'static,", "Lifetime:'static ,");
    check("&'a str", "& Lifetime:'a ws Ident:str");
    check("'\xC3\xA9", "Lifetime:'\xC3\xA9");
    check("'a\xC3\xA9'", "Char:'a\xC3\xA9'");
}

static void lifetimes_may_wrongly_start_with_a_number(void **state)
{
    (void)state;
    check("'0a", "Lifetime:'0a{number}");
    check("'1#", "Lifetime:'1{number} #");
    check("'12'", "Char:'12'");
}

static void raw_lifetimes(void **state)
{
    (void)state;
    check("'r#a", "RawLifetime:'r#a");
    check("'r#a'", "RawLifetime:'r#a Char:'{unterminated}");
    check("'r#1", "UnknownPrefixLifetime:'r # Int:1");
    check("'r", "Lifetime:'r");
}

static void unknown_prefix_lifetimes(void **state)
{
    (void)state;
    check("'foo#a", "UnknownPrefixLifetime:'foo # Ident:a");
    check("'foo #", "Lifetime:'foo ws #");
}

static void a_quote_after_one_code_point_makes_a_char(void **state)
{
    (void)state;
    check("'a'", "Char:'a'");
    check("'\xC3\xA9'", "Char:'\xC3\xA9'");
    check("'1'", "Char:'1'");
    check("'('", "Char:'('");
    check("'\"'", "Char:'\"'");
    check("'/'", "Char:'/'");
    check("'\n'", "Char:'\n'");
    check("'''", "Char:'''");
    check("''", "Char:''");
    check("'a'b", "Char:'a'b{suffix=3}");
    check("'{' }", "Char:'{' ws }");
}

static void a_backslash_makes_a_char(void **state)
{
    (void)state;
    check("'\\n'", "Char:'\\n'");
    check("'\\''", "Char:'\\''");
    check("'\\\\'", "Char:'\\\\'");
    check("'\\u{1F600}'", "Char:'\\u{1F600}'");
    check("'\\x41'u8", "Char:'\\x41'u8{suffix=6}");
}

static void a_quote_behind_a_lifetime_makes_a_long_char(void **state)
{
    (void)state;
    check("'abc'", "Char:'abc'");
    check("'abc'd", "Char:'abc' Ident:d"); /* and no suffix */
    check("'a x'", "Lifetime:'a ws UnknownPrefix:x Char:'{unterminated}");
}

static void chars_may_lack_their_end(void **state)
{
    (void)state;
    check("'", "Char:'{unterminated}");
    check("'(a\nb", "Char:'(a{unterminated} ws Ident:b");
    check("'(\n'", "Char:'(\n'"); /* a newline is passed over if the quote follows */
    check("'(a // b", "Char:'(a {unterminated} LineComment:// b");
    check("'\\", "Char:'\\{unterminated}");
    check("'\\'", "Char:'\\'{unterminated}");
}

static void byte_literals(void **state)
{
    (void)state;
    check("b'a'", "Byte:b'a'");
    check("b'\\''", "Byte:b'\\''");
    check("b'''", "Byte:b'''");
    check("b''", "Byte:b''");
    check("b'ab'", "Byte:b'ab'");
    check("b'a'u8", "Byte:b'a'u8{suffix=4}");
    check("b'a", "Byte:b'a{unterminated}");
    check("b'", "Byte:b'{unterminated}");
}

static void strings(void **state)
{
    (void)state;
    check("\"a\"", "Str:\"a\"");
    check("\"\"", "Str:\"\"");
    check("\"\\\"\"", "Str:\"\\\"\"");
    check("\"\\\\\"a", "Str:\"\\\\\"a{suffix=4}");
    check("\"//\" /*", "Str:\"//\" ws BlockComment:/*{unterminated}");
    check("\"a\nb\"", "Str:\"a\nb\"");
    check("\"a\"_", "Str:\"a\"_{suffix=3}");
    check("\"a", "Str:\"a{unterminated}");
    check("\"\\", "Str:\"\\{unterminated}");
    check("\"\\\"", "Str:\"\\\"{unterminated}");
}

static void byte_and_c_strings(void **state)
{
    (void)state;
    check("b\"a\"", "ByteStr:b\"a\"");
    check("b\"\\\"\"x", "ByteStr:b\"\\\"\"x{suffix=5}");
    check("b\"a", "ByteStr:b\"a{unterminated}");
    check("c\"a\"", "CStr:c\"a\"");
    check("c\"a\"x", "CStr:c\"a\"x{suffix=4}");
    check("c\"", "CStr:c\"{unterminated}");
}

static void raw_strings_end_at_as_many_hashes(void **state)
{
    (void)state;
    check("r\"a\\\"", "RawStr:r\"a\\\"");
    check("r#\"a\"#", "RawStr:r#\"a\"#{hashes=1}");
    check("r##\"a\"#b\"##", "RawStr:r##\"a\"#b\"##{hashes=2}");
    check("r#\"a\"##", "RawStr:r#\"a\"#{hashes=1} #");
    check("r#\"a\"#b", "RawStr:r#\"a\"#b{hashes=1,suffix=6}");
    check("r#\"//\"#", "RawStr:r#\"//\"#{hashes=1}");
    check("br#\"a\"#", "RawByteStr:br#\"a\"#{hashes=1}");
    check("br\"a\"x", "RawByteStr:br\"a\"x{suffix=5}");
    check("cr##\"a\"##", "RawCStr:cr##\"a\"##{hashes=2}");
    check("cr\"\\\"", "RawCStr:cr\"\\\"");
}

static void raw_strings_that_do_not_end_take_the_rest(void **state)
{
    (void)state;
    check("r\"a", "RawStr:r\"a{unterminated}");
    check("r##\"a\"# b", "RawStr:r##\"a\"# b{unterminated}");
    check("br#\"a", "RawByteStr:br#\"a{unterminated}");
    check("cr#\"a\"", "RawCStr:cr#\"a\"{unterminated}");
}

static void raw_strings_with_a_bad_start_take_one_character(void **state)
{
    (void)state;
    check("r##a", "RawStr:r##a{unterminated}");
    check("r##ab", "RawStr:r##a{unterminated} Ident:b");
    check("r##a1", "RawStr:r##a{unterminated} Int:1");
    check("r##\xC3\xA9"
          "b",
          "RawStr:r##\xC3\xA9{unterminated} Ident:b");
    check("r#~\"a\"", "RawStr:r#~{unterminated} Str:\"a\"");
    check("br# a", "RawByteStr:br# {unterminated} Ident:a");
    check("r#", "RawStr:r#{unterminated}");
    check("cr##", "RawCStr:cr##{unterminated}");
}

static void raw_strings_have_at_most_255_hashes(void **state)
{
    (void)state;
    check("r" HASHES_255 "\"a\"" HASHES_255 "b",
          "RawStr:r" HASHES_255 "\"a\"" HASHES_255 "b{hashes=255,suffix=514}");
    check("r#" HASHES_255 "\"a\"" HASHES_255 "#b",
          "RawStr:r#" HASHES_255 "\"a\"" HASHES_255 "#{unterminated} Ident:b");
}

static void integers(void **state)
{
    (void)state;
    check("0", "Int:0");
    check("1_000_", "Int:1_000_");
    check("007", "Int:007");
    check("0_", "Int:0_");
    check("1u8", "Int:1u8{suffix=1}");
    check("1f32", "Int:1f32{suffix=1}");
    check("0b10", "Int:0b10{base=2}");
    check("0o17_i8", "Int:0o17_i8{base=8,suffix=5}");
    check("0xFFu8", "Int:0xFFu8{base=16,suffix=4}");
    check("0xfe", "Int:0xfe{base=16}");
    check("0B1", "Int:0B1{suffix=1}");
    check("0b12", "Int:0b12{base=2}");
    check("0o9", "Int:0o9{base=8}");
    check("1\xC3\xA9", "Int:1\xC3\xA9{suffix=1}");
}

static void integers_with_a_base_may_lack_digits(void **state)
{
    (void)state;
    check("0x", "Int:0x{empty_int,base=16}");
    check("0b_", "Int:0b_{empty_int,base=2}");
    check("0ou8", "Int:0ou8{empty_int,base=8,suffix=2}");
    check("0b.0", "Int:0b{empty_int,base=2} . Int:0");
    check("0xg", "Int:0xg{empty_int,base=16,suffix=2}");
}

static void a_dot_joins_a_number_unless_a_dot_or_a_name_follows(void **state)
{
    (void)state;
    check("1.0", "Float:1.0");
    check("1.", "Float:1.");
    check("1. ", "Float:1. ws");
    check("0..2", "Int:0 . . Int:2");
    check("1.foo()", "Int:1 . Ident:foo ( )");
    check("1.e5", "Int:1 . Ident:e5");
    check("1._0", "Int:1 . Ident:_0");
    check("1.\xC3\xA9", "Int:1 . Ident:\xC3\xA9");
    check("1.\"", "Float:1. Str:\"{unterminated}");
    check("1.)", "Float:1. )");
    check("1.0.2", "Float:1.0 . Int:2");
    check("1.0..2", "Float:1.0 . . Int:2");
    check("1.0f64", "Float:1.0f64{suffix=3}");
    check("0x1.0", "Float:0x1.0{base=16}");
    check("0x1.f", "Int:0x1{base=16} . Ident:f");
}

static void a_tuple_field_of_a_tuple_field_is_a_float(void **state)
{
    (void)state;
    check("x.0.1", "Ident:x . Float:0.1");
    check("x.0 .1", "Ident:x . Int:0 ws . Int:1");
}

static void exponents_join_only_decimal_numbers(void **state)
{
    (void)state;
    check("1e5", "Float:1e5");
    check("1E+5", "Float:1E+5");
    check("1e-5f32", "Float:1e-5f32{suffix=4}");
    check("1.0e_5", "Float:1.0e_5");
    check("0xe+5", "Int:0xe{base=16} + Int:5");
    check("0b1e3", "Float:0b1e3{base=2}");
    check("0e0", "Float:0e0");
}

static void exponents_may_lack_digits(void **state)
{
    (void)state;
    check("1e", "Float:1e{empty_exponent}");
    check("1e+", "Float:1e+{empty_exponent}");
    check("1e_", "Float:1e_{empty_exponent}");
    check("1.0e-", "Float:1.0e-{empty_exponent}");
    check("1em", "Float:1em{empty_exponent,suffix=2}");
    check("1.0E", "Float:1.0E{empty_exponent}");
}

static void other_characters_are_unknown(void **state)
{
    (void)state;
    check("`", "Unknown:`");
    check("\\", "Unknown:\\");
    check("a\x01"
          "b",
          "Ident:a Unknown:\x01 Ident:b");
    check("\x7F", "Unknown:\x7F");
    check("\xE2\x84\x96", "Unknown:\xE2\x84\x96");             /* numero sign */
    check("\xEF\xBB\xBF\xEF\xBB\xBF", "Unknown:\xEF\xBB\xBF"); /* the second mark is none */
}

static void a_nul_is_a_character_like_any_other(void **state)
{
    (void)state;
    check_bytes_as("a\0b", 3, "Ident:a Unknown: Ident:b", NULL);
    check_bytes_as("\0", 1, "Unknown:", NULL);
    check_bytes_as("'\0'", 3, "Char:'", NULL); /* the text is cut at the NUL when it is printed */
    check_bytes_as("\"\0\" a", 5, "Str:\" ws Ident:a", NULL);
    check_bytes_as("//\0\na", 5, "LineComment:// ws Ident:a", NULL);
}

/* Each bad sequence is what U+FFFD would be: one character that fits nowhere. */
static void bytes_that_are_not_utf8_are_unknown(void **state)
{
    (void)state;
    check("a\xFF"
          "b",
          "Ident:a Unknown:\xFF Ident:b");
    check("\xFF\xFE", "Unknown:\xFF Unknown:\xFE");
    check("\xE2\x82", "Unknown:\xE2\x82"); /* cut off */
    check("\xE2\x82"
          "a",
          "Unknown:\xE2\x82 Ident:a");
    check("\xF0\x9F\x98 ", "Unknown:\xF0\x9F\x98 ws");
    check("\xC0\xAF", "Unknown:\xC0 Unknown:\xAF");                  /* overlong */
    check("\xED\xA0\x80", "Unknown:\xED Unknown:\xA0 Unknown:\x80"); /* a surrogate */
    check("'\xFF'", "Char:'\xFF'");
    check("'\xE2\x82'", "Char:'\xE2\x82'");
    check("\"\xFF\"", "Str:\"\xFF\"");
    check("/*\xFF*/", "BlockComment:/*\xFF*/");
    check("//\xFF\n", "LineComment://\xFF ws");
    check("r#\xFF\"", "RawStr:r#\xFF{unterminated} Str:\"{unterminated}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(empty_source_has_no_tokens),
        cmocka_unit_test(kind_names_and_ids_are_distinct),
        cmocka_unit_test(kind_ids_are_the_published_ones),
        cmocka_unit_test(punctuation_is_never_joined),
        cmocka_unit_test(line_comment_ends_before_the_newline),
        cmocka_unit_test(three_slashes_are_an_outer_doc_and_four_are_none),
        cmocka_unit_test(block_comments_nest),
        cmocka_unit_test(block_docs_have_exactly_two_stars_or_a_bang),
        cmocka_unit_test(comments_may_lack_their_end),
        cmocka_unit_test(white_space_is_pattern_white_space),
        cmocka_unit_test(keywords_and_underscore_are_identifiers),
        cmocka_unit_test(identifiers_are_xid),
        cmocka_unit_test(emoji_make_an_identifier_invalid),
        cmocka_unit_test(raw_identifiers),
        cmocka_unit_test(unknown_prefixes_end_before_quote_or_hash),
        cmocka_unit_test(guarded_strings_are_a_prefix_token),
        cmocka_unit_test(lifetimes),
        cmocka_unit_test(lifetimes_may_wrongly_start_with_a_number),
        cmocka_unit_test(raw_lifetimes),
        cmocka_unit_test(unknown_prefix_lifetimes),
        cmocka_unit_test(a_quote_after_one_code_point_makes_a_char),
        cmocka_unit_test(a_backslash_makes_a_char),
        cmocka_unit_test(a_quote_behind_a_lifetime_makes_a_long_char),
        cmocka_unit_test(chars_may_lack_their_end),
        cmocka_unit_test(byte_literals),
        cmocka_unit_test(strings),
        cmocka_unit_test(byte_and_c_strings),
        cmocka_unit_test(raw_strings_end_at_as_many_hashes),
        cmocka_unit_test(raw_strings_that_do_not_end_take_the_rest),
        cmocka_unit_test(raw_strings_with_a_bad_start_take_one_character),
        cmocka_unit_test(raw_strings_have_at_most_255_hashes),
        cmocka_unit_test(integers),
        cmocka_unit_test(integers_with_a_base_may_lack_digits),
        cmocka_unit_test(a_dot_joins_a_number_unless_a_dot_or_a_name_follows),
        cmocka_unit_test(a_tuple_field_of_a_tuple_field_is_a_float),
        cmocka_unit_test(exponents_join_only_decimal_numbers),
        cmocka_unit_test(exponents_may_lack_digits),
        cmocka_unit_test(other_characters_are_unknown),
        cmocka_unit_test(a_nul_is_a_character_like_any_other),
        cmocka_unit_test(bytes_that_are_not_utf8_are_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
