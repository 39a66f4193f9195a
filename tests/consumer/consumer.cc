// Lexes and parses a snippet with the installed library; fails loudly on a wrong answer.
#include <cstdio>
#include <cstdlib>
#include <string>

#include <lexer/lexer.h>
#include <parser/parser.h>

static void check(bool ok, const char *what)
{
    if (!ok) {
        std::fprintf(stderr, "consumer.cc: wrong: %s\n", what);
        std::exit(1);
    }
}

int main()
{
    std::string source = "mod m { struct S { x: u8 } }";
    const std::size_t nbytes = source.size();
    source.append(RSL_PAD, '\0'); // as the library asks
    const auto *bytes = reinterpret_cast<const std::uint8_t *>(source.data());

    rsl_lexer lexer;
    check(rsl_lexer_init(&lexer, bytes, nbytes, nullptr) == RSL_OK, "status of rsl_lexer_init");
    std::string lexed;
    rsl_token token;
    while (rsl_lexer_next(&lexer, &token)) {
        lexed += source.substr(token.start, token.nbytes);
    }
    check(lexed == source.substr(0, nbytes), "the tokens put together");

    rsl_file file;
    rsl_file_init(&file, nullptr);
    check(rsl_parse(&file, bytes, nbytes, nullptr) == RSL_OK, "status of rsl_parse");
    check(file.nerrors == 0, "errors of rsl_parse");
    std::string found;
    for (std::uint32_t i = 0; i < file.nitems; i++) {
        const rsl_item &item = file.items[i];
        found += rsl_item_kind_name(static_cast<rsl_item_kind>(item.kind));
        found += ' ' + source.substr(item.name.start, item.name.end - item.name.start) + '\n';
    }
    rsl_file_fini(&file);
    check(found == "mod m\nstruct S\nfield x\n", "kinds and names of the items");
    return 0;
}
