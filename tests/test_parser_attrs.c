/* Outer attributes and doc comments: which belong to an item, where they begin and end, and what
 * `cfg`, `cfg_attr` and `path` say. */
#include "tests/parser_testing.h"

/* The attributes of the first item of `source` must read as `expected`, a line each. */
static void check_attrs_of_first(const char *source, const char *expected)
{
    struct parsed parsed;
    struct rendering actual = {.nbytes = 0};
    parse_text(&parsed, source);
    render_errors(&actual, &parsed);
    assert_true(parsed.file.nitems > 0);
    const struct rsl_item *item = &parsed.file.items[0];
    for (uint32_t i = 0; i < item->nattrs; i++) {
        render_attr(&actual, &parsed, &parsed.file.attrs[item->first_attr + i]);
    }
    assert_same_text(source, actual.text, expected);
    parsed_fini(&parsed);
}

static void each_doc_line_is_one(void **state)
{
    (void)state;
    check_attrs_of_first("/// a\n"
                         "///b \n"
                         "/** c\n * d */ /** e */\n"
                         "fn f() {}",
                         "doc: /// a\n"
                         "doc: ///b \n"
                         "doc: /** c\\n * d */\n"
                         "doc: /** e */\n");
}

static void a_doc_line_ends_before_its_newline(void **state)
{
    (void)state;
    check_attrs_of_first("/// a\r\n///\r\nfn f() {}", "doc: /// a\ndoc: ///\n");
}

static void plain_comments_are_none(void **state)
{
    (void)state;
    check_attrs_of_first("// a\n/* b */ /**/ /***/ /*** c */ //// d\n/// e\n// f\nfn f() {}",
                         "doc: /// e\n");
    check_item("// a\n/// b\n/* c */ #[d] // e\nfn f() {}", RSL_ITEM_FN, "f",
               "fn f 4:4 @file [body]\n"
               "whole: /// b\\n/* c */ #[d] // e\\nfn f() {}\n"
               "signature: fn f()\n"
               "body: {}\n"
               "doc: /// b\n"
               "attr: #[d]\n"
               "params: 0\n");
}

static void inner_ones_belong_to_no_item(void **state)
{
    (void)state;
    check_item("//! a\n/*! b */\n#![c]\n#! /* d */ [e]\n/// f\nmod m {\n    //! g\n    #![h]\n"
               "    #[i] fn f() {}\n}",
               RSL_ITEM_MOD, "m",
               "mod m 6:5 @file [inline]\n"
               "whole: /// f\\nmod m {\\n    //! g\\n    #![h]\\n    #[i] fn f() {}\\n}\n"
               "signature: mod m\n"
               "body: {\\n    //! g\\n    #![h]\\n    #[i] fn f() {}\\n}\n"
               "doc: /// f\n"
               "members: 1\n");
    check_attrs_of_first("#![a]\n#[b]\nfn f() {}", "attr: #[b]\n");
}

static void any_tokens_may_stand_in_the_brackets(void **state)
{
    (void)state;
    check_attrs_of_first("#[a = \"]\"] #[b(']', r#\"]\"#)] #[c /* ] */ [[]]]\n"
                         "#[d{}] #[e = '\\''] #[f(\"\\\"]\")] fn f() {}",
                         "attr: #[a = \"]\"]\n"
                         "attr: #[b(']', r#\"]\"#)]\n"
                         "attr: #[c /* ] */ [[]]]\n"
                         "attr: #[d{}]\n"
                         "attr: #[e = '\\'']\n"
                         "attr: #[f(\"\\\"]\")]\n");
}

static void hash_and_bracket_may_stand_apart(void **state)
{
    (void)state;
    check_attrs_of_first("# [a] #\n[b] # /* c */ [d] fn f() {}", "attr: # [a]\n"
                                                                 "attr: #\\n[b]\n"
                                                                 "attr: # /* c */ [d]\n");
}

static void cfg_gives_its_predicate(void **state)
{
    (void)state;
    check_attrs_of_first("#[cfg(unix)] #[ cfg ( all( a , not(b) , ) ) ] #[cfg(c,)] #[cfg()]\n"
                         "#[cfg(/* d */ e /* f */)] #[cfg(any(g, h = \")\"))] fn f() {}",
                         "cfg: #[cfg(unix)] = unix\n"
                         "cfg: #[ cfg ( all( a , not(b) , ) ) ] = all( a , not(b) , )\n"
                         "cfg: #[cfg(c,)] = c\n"
                         "cfg: #[cfg()] = \n"
                         "cfg: #[cfg(/* d */ e /* f */)] = e /* f */\n"
                         "cfg: #[cfg(any(g, h = \")\"))] = any(g, h = \")\")\n");
}

static void cfg_attr_gives_all_of_its_arguments(void **state)
{
    (void)state;
    check_attrs_of_first("#[cfg_attr(unix, path = \"a.rs\")] #[cfg_attr(all(b), c, d,)] mod m;",
                         "cfg_attr: #[cfg_attr(unix, path = \"a.rs\")] = unix, path = \"a.rs\"\n"
                         "cfg_attr: #[cfg_attr(all(b), c, d,)] = all(b), c, d,\n");
}

static void path_gives_what_is_between_the_quotes(void **state)
{
    (void)state;
    check_attrs_of_first("#[path = \"a\\\"b.rs\"] #[path=r\"c\"] #[ path = r##\"d\"#\"## ] mod m;",
                         "path: #[path = \"a\\\"b.rs\"] = a\\\"b.rs\n"
                         "path: #[path=r\"c\"] = c\n"
                         "path: #[ path = r##\"d\"#\"## ] = d\"#\n");
    check_attrs_of_first("#[path = \"\"] mod m;", "path: #[path = \"\"] = \n");
}

static void what_only_looks_like_cfg_or_path_is_another(void **state)
{
    (void)state;
    check_attrs_of_first("#[cfg] #[cfg = \"a\"] #[cfgs(a)] #[cfg_attr] #[path] #[path(\"a\")]\n"
                         "#[path = b\"a\"] #[path = concat!(\"a\")] #[paths = \"a\"] #[a::cfg(b)]\n"
                         "#[cfg[a]] #[cfg{a}] #[path = 1] #[path = r#a] mod m;",
                         "attr: #[cfg]\n"
                         "attr: #[cfg = \"a\"]\n"
                         "attr: #[cfgs(a)]\n"
                         "attr: #[cfg_attr]\n"
                         "attr: #[path]\n"
                         "attr: #[path(\"a\")]\n"
                         "attr: #[path = b\"a\"]\n"
                         "attr: #[path = concat!(\"a\")]\n"
                         "attr: #[paths = \"a\"]\n"
                         "attr: #[a::cfg(b)]\n"
                         "attr: #[cfg[a]]\n"
                         "attr: #[cfg{a}]\n"
                         "attr: #[path = 1]\n"
                         "attr: #[path = r#a]\n");
}

static void unsafe_attributes(void **state)
{
    (void)state;
    check_attrs_of_first("#[unsafe(no_mangle)] #[unsafe(export_name = \"a\")] fn f() {}",
                         "attr: #[unsafe(no_mangle)]\n"
                         "attr: #[unsafe(export_name = \"a\")]\n");
}

/* Attributes may stand on statements, expressions, parameters, fields, arms, generic parameters;
 * an item's own are those right before it. */
static void attributes_on_anything_are_not_the_items(void **state)
{
    (void)state;
    static const char source[] = "fn f<#[a] 'a, #[b] T>(#[c] x: u8, #[d] ...) {\n"
                                 "    #[e] let y = #[f] 1;\n"
                                 "    #[g] h! { i }\n"
                                 "    #[j] x = 2;\n"
                                 "    #[k] { fn l() {} }\n"
                                 "    match x { #[m] A { #[n] o, .. } => #[p] {}, }\n"
                                 "    #[q] /// r\n"
                                 "    fn s() {}\n"
                                 "    #[t] S { #[u] v: 1 };\n"
                                 "    #[w] if x {} else {}\n"
                                 "    #[y] #[z] loop { #[a] break; }\n"
                                 "    /// b\n"
                                 "    let c = 1;\n"
                                 "    [#[d] 1, #[e] 2];\n"
                                 "    #[f] unsafe {}\n"
                                 "    #[g] async move {};\n"
                                 "    #[h] const {}\n"
                                 "    #[i] const fn j() {}\n"
                                 "}\n";
    check_outline(source, "fn f<2>(1) [body variadic]\n"
                          "  fn l(0) [body]\n"
                          "  fn s(0) [body]\n"
                          "  fn j(0) [body const]\n");
    struct parsed parsed;
    parse_text(&parsed, source);
    static const struct {
        const char *name;
        uint32_t nattrs;
    } expected[] = {{"f", 0}, {"l", 0}, {"s", 2}, {"j", 1}};
    uint32_t total = 0;
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
        const struct rsl_item *item = find_item(&parsed, RSL_ITEM_FN, expected[i].name);
        assert_non_null(item);
        assert_int_equal(item->nattrs, expected[i].nattrs);
        total += item->nattrs;
    }
    assert_int_equal(parsed.file.nattrs, total); /* none is kept that belongs to nothing */
    parsed_fini(&parsed);
}

/* The attributes of an expression are dropped; those of the items in their values were, too. */
static void items_in_the_values_of_attributes_keep_theirs(void **state)
{
    (void)state;
    static const char source[] = "fn f() { #[a = { #[cfg(x)] mod i; }] 1; #[b] struct S; }";
    struct parsed parsed;
    parse_bytes(&parsed, source, sizeof source - 1);
    assert_int_equal(parsed.file.nitems, 3);
    const struct rsl_item *mod = &parsed.file.items[1];
    assert_int_equal(mod->kind, RSL_ITEM_MOD);
    assert_int_equal(mod->nattrs, 1);
    assert_int_equal(parsed.file.attrs[mod->first_attr].kind, RSL_ATTR_CFG);
    assert_int_equal(parsed.file.attrs[parsed.file.items[2].first_attr].kind, RSL_ATTR_OTHER);
    parsed_fini(&parsed);
}

static void members_have_their_own(void **state)
{
    (void)state;
    static const char source[] = "enum E {\n"
                                 "    #[a] A { #[b] #[c] x: u8, y: u8 },\n"
                                 "    /// d\n"
                                 "    B(#[e] u8),\n"
                                 "    C,\n"
                                 "}\n";
    struct parsed parsed;
    parse_text(&parsed, source);
    static const uint32_t nattrs[] = {0, 1, 2, 0, 1, 0};
    assert_int_equal(parsed.file.nitems, 6);
    for (uint32_t i = 0; i < 6; i++) {
        assert_int_equal(parsed.file.items[i].nattrs, nattrs[i]);
    }
    parsed_fini(&parsed);
}

/* Doc comments and attributes in places where they document nothing. */
static void dangling_ones_end_no_item(void **state)
{
    (void)state;
    check_outline("struct S {\n    a: u8,\n    // b\n}\n"
                  "enum E {\n    A,\n    /* b */\n}\n"
                  "fn f(a: u8, /* b */) {}\n",
                  "struct S{1}\n"
                  "  field a: u8\n"
                  "enum E{1}\n"
                  "  variant A\n"
                  "fn f(1) [body]\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_doc_line_is_one),
        cmocka_unit_test(a_doc_line_ends_before_its_newline),
        cmocka_unit_test(plain_comments_are_none),
        cmocka_unit_test(inner_ones_belong_to_no_item),
        cmocka_unit_test(any_tokens_may_stand_in_the_brackets),
        cmocka_unit_test(hash_and_bracket_may_stand_apart),
        cmocka_unit_test(cfg_gives_its_predicate),
        cmocka_unit_test(cfg_attr_gives_all_of_its_arguments),
        cmocka_unit_test(path_gives_what_is_between_the_quotes),
        cmocka_unit_test(what_only_looks_like_cfg_or_path_is_another),
        cmocka_unit_test(unsafe_attributes),
        cmocka_unit_test(attributes_on_anything_are_not_the_items),
        cmocka_unit_test(items_in_the_values_of_attributes_keep_theirs),
        cmocka_unit_test(members_have_their_own),
        cmocka_unit_test(dangling_ones_end_no_item),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
