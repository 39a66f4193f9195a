/* Use trees: the leaves, the paths they stand for and the names they bind. */
#include "tests/parser_testing.h"

static void single_names(void **state)
{
    (void)state;
    check_outline("use a;\nuse ::a;\nuse a::b;\nuse ::a::b::c;\nuse crate::a;\nuse self::a;\n"
                  "use super::super::a;\nuse r#fn::r#struct;\nuse a as b;\nuse a::b as _;\n",
                  "use\n  use_leaf a = a\n"
                  "use\n  use_leaf ::a = a\n"
                  "use\n  use_leaf a::b = b\n"
                  "use\n  use_leaf ::a::b::c = c\n"
                  "use\n  use_leaf crate::a = a\n"
                  "use\n  use_leaf self::a = a\n"
                  "use\n  use_leaf super::super::a = a\n"
                  "use\n  use_leaf r#fn::r#struct = r#struct\n"
                  "use\n  use_leaf a = b [rename]\n"
                  "use\n  use_leaf a::b = _ [rename]\n");
}

static void globs(void **state)
{
    (void)state;
    check_outline("use *;\nuse ::*;\nuse a::*;\nuse {*};\nuse {a::*, ::*};\n",
                  "use\n  use_leaf * [glob]\n"
                  "use\n  use_leaf ::* [glob]\n"
                  "use\n  use_leaf a::* [glob]\n"
                  "use\n  use_leaf * [glob]\n"
                  "use\n  use_leaf a::* [glob]\n  use_leaf ::* [glob]\n");
}

static void groups(void **state)
{
    (void)state;
    check_outline("use a::{b, c::{d, e::f}, g::{h as i, *}, j};\n"
                  "use {k, ::l, m::{n}};\n"
                  "use ::{o, p};\n"
                  "use q::{};\n"
                  "use {};\n"
                  "use r::{s,};\n"
                  "use t::{{u}, {{v, w::x}}, {}, y};\n"
                  "use z::{::a, b};\n",
                  "use\n"
                  "  use_leaf a::b = b\n"
                  "  use_leaf a::c::d = d\n"
                  "  use_leaf a::c::e::f = f\n"
                  "  use_leaf a::g::h = i [rename]\n"
                  "  use_leaf a::g::* [glob]\n"
                  "  use_leaf a::j = j\n"
                  "use\n  use_leaf k = k\n  use_leaf ::l = l\n  use_leaf m::n = n\n"
                  "use\n  use_leaf ::o = o\n  use_leaf ::p = p\n"
                  "use\n"
                  "use\n"
                  "use\n  use_leaf r::s = s\n"
                  "use\n"
                  "  use_leaf t::u = u\n"
                  "  use_leaf t::v = v\n"
                  "  use_leaf t::w::x = x\n"
                  "  use_leaf t::y = y\n"
                  "use\n  use_leaf z::::a = a\n  use_leaf z::b = b\n");
}

static void self_leaves(void **state)
{
    (void)state;
    check_outline("use a::{self};\nuse a::b::{self, c};\nuse a::{b::{self as d}};\n"
                  "use a::self;\nuse self;\nuse {self};\nuse a::{{self}};\nuse a::b :: { self };\n"
                  "use a::r#b::{self};\nuse ::{self};\nuse a::{b::self};\n",
                  "use\n  use_leaf a::self = a [self]\n"
                  "use\n  use_leaf a::b::self = b [self]\n  use_leaf a::b::c = c\n"
                  "use\n  use_leaf a::b::self = d [rename self]\n"
                  "use\n  use_leaf a::self = a\n"
                  "use\n  use_leaf self = self\n"
                  "use\n  use_leaf self = self [self]\n"
                  "use\n  use_leaf a::self = a [self]\n"
                  "use\n  use_leaf a::b::self = b [self]\n"
                  "use\n  use_leaf a::r#b::self = r#b [self]\n"
                  "use\n  use_leaf ::self = self [self]\n"
                  "use\n  use_leaf a::b::self = b\n");
}

static void other_keywords_as_segments(void **state)
{
    (void)state;
    check_outline("use super::{self as up};\nuse crate as root;\nuse crate::{self};\n"
                  "use self::super::*;\nuse $crate::a::{b};\n"
                  "use union::auto::{default, safe, dyn, async, try, macro_rules, raw};\n",
                  "use\n  use_leaf super::self = up [rename self]\n"
                  "use\n  use_leaf crate = root [rename]\n"
                  "use\n  use_leaf crate::self = crate [self]\n"
                  "use\n  use_leaf self::super::* [glob]\n"
                  "use\n  use_leaf $crate::a::b = b\n"
                  "use\n"
                  "  use_leaf union::auto::default = default\n"
                  "  use_leaf union::auto::safe = safe\n"
                  "  use_leaf union::auto::dyn = dyn\n"
                  "  use_leaf union::auto::async = async\n"
                  "  use_leaf union::auto::try = try\n"
                  "  use_leaf union::auto::macro_rules = macro_rules\n"
                  "  use_leaf union::auto::raw = raw\n");
}

static void trivia_between_segments(void **state)
{
    (void)state;
    check_outline(
        "use a /* 1 */ :: // 2\n b\n::/*3*/{ c // 4\n, /* 5 */ d :: e /*6*/ as /*7*/ f };",
        "use\n"
        "  use_leaf a::b::c = c\n"
        "  use_leaf a::b::d::e = f [rename]\n");
}

static void a_leaf_reaches_from_its_last_segment_to_its_name(void **state)
{
    (void)state;
    check_item("use a::{b::c /* d */ as e , f};", RSL_ITEM_USE_LEAF, "e",
               "use_leaf e 1:25 [rename]\n"
               "in: use\n"
               "whole: c /* d */ as e\n"
               "signature: c /* d */ as e\n"
               "path: c\n"
               "full path: a::b::c\n");
    /* `self` is named by a segment before it. */
    check_item("use a::\n  bc::{\n    self,\n};", RSL_ITEM_USE_LEAF, "bc",
               "use_leaf bc 2:3 [self]\n"
               "in: use\n"
               "whole: self\n"
               "signature: self\n"
               "path: self\n"
               "full path: a::bc::self\n");
}

static void prefixes_are_shared(void **state)
{
    (void)state;
    struct parsed parsed;
    parse_text(&parsed, "use a::b::{c, d, e::{f, g}};");
    assert_int_equal(parsed.file.nuse_prefixes, 2);
    assert_int_equal(parsed.file.use_prefixes[0].parent, RSL_NONE);
    assert_int_equal(parsed.file.use_prefixes[1].parent, 0);
    assert_int_equal(parsed.file.use_prefixes[0].segments.start, 4);
    assert_int_equal(parsed.file.use_prefixes[0].segments.end, 8);
    static const uint32_t prefixes[] = {0, 0, 1, 1};
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(parsed.file.items[1 + i].use_prefix, prefixes[i]);
    }
    parsed_fini(&parsed);
    parse_text(&parsed, "use a;");
    assert_int_equal(parsed.file.nuse_prefixes, 0);
    assert_int_equal(parsed.file.items[1].use_prefix, RSL_NONE);
    parsed_fini(&parsed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(single_names),
        cmocka_unit_test(globs),
        cmocka_unit_test(groups),
        cmocka_unit_test(self_leaves),
        cmocka_unit_test(other_keywords_as_segments),
        cmocka_unit_test(trivia_between_segments),
        cmocka_unit_test(a_leaf_reaches_from_its_last_segment_to_its_name),
        cmocka_unit_test(prefixes_are_shared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
