#include "bench/hard_inputs.h"

static constexpr size_t text_nbytes = size_t{256} << 10;

static std::string repeat(const std::string &head, const std::string &unit)
{
    std::string text = head;
    text.reserve(text_nbytes + unit.size());
    while (text.size() < text_nbytes)
        text += unit;
    text.resize(text_nbytes);
    return text;
}

std::vector<hard_input> hard_inputs()
{
    return {
        {"open_braces", repeat("fn f() ", "{")},
        {"open_modules", repeat("", "mod a{")},
        {"open_functions", repeat("", "fn f(){")},
        {"open_groups", repeat("use ", "a::{")},
        {"open_angles", repeat("type A = ", "B<")},
        {"open_brackets", repeat("static A: ", "[")},
        {"open_attributes", repeat("", "#[a(")},
        {"open_comments", repeat("", "/*")},
        {"open_macros", repeat("", "m!{")},
        {"closing_braces", repeat("", "}")},
        {"quotes", repeat("", "'")},
        {"hashes", repeat("", "#")},
        {"raw_string_starts", repeat("", "r#")},
        {"almost_raw_string_ends", repeat("r##\"", "\"#")},
        {"backslashes", repeat("\"", "\\")},
        {"stray_carriage_returns", repeat("", "a\r")},
        {"not_utf8", repeat("", "\xFF\x80 ")},
        {"combining_identifiers", repeat("", "\xC3\xA9\xCC\x81")},
        {"empty_items", repeat("", ";")},
        {"one_line_of_items", repeat("", "const A:u8=1;")},
    };
}
