/* Lexes and parses a snippet with the installed library; fails loudly on a wrong answer. */
#include <index/query.h>
#include <index/store.h>
#include <lexer/lexer.h>
#include <parser/parser.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The array's zeroes are the padding that the library asks for. */
#define SOURCE "pub fn answer() -> u32 { 42 }\n"
static const uint8_t source[sizeof(SOURCE) + RSL_PAD] = SOURCE;
static const size_t nbytes = sizeof(SOURCE) - 1;

static void check(int ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "consumer.c: wrong: %s\n", what);
        exit(1);
    }
}

static void lex(void)
{
    struct rsl_tokens tokens;
    rsl_tokens_init(&tokens, NULL);
    check(rsl_lex(&tokens, source, nbytes, NULL) == RSL_OK, "status of rsl_lex");
    check(tokens.nerrors == 0, "errors of rsl_lex");
    check(tokens.ntokens == 19, "number of tokens");
    const struct rsl_token *number = &tokens.list[15];
    check(number->kind == RSL_TOKEN_INT && number->start == 25 && number->nbytes == 2, "the 42");
    check(strcmp(rsl_token_kind_name(number->kind), "Int") == 0, "the name of its kind");
    rsl_tokens_fini(&tokens);
}

static void parse(void)
{
    struct rsl_file file;
    rsl_file_init(&file, NULL);
    check(rsl_parse(&file, source, nbytes, NULL) == RSL_OK, "status of rsl_parse");
    check(file.nerrors == 0, "errors of rsl_parse");
    check(file.nitems == 1, "number of items");
    const struct rsl_item *item = &file.items[0];
    check(item->kind == RSL_ITEM_FN && item->vis == RSL_VIS_PUB, "kind and visibility");
    check(item->end - item->start == nbytes - 1, "range of the item");
    check(item->name.end - item->name.start == strlen("answer") &&
              memcmp(source + item->name.start, "answer", strlen("answer")) == 0,
          "name of the item");
    rsl_file_fini(&file);
}

static void ask(void)
{
    enum rsl_store_state state;
    struct rsl_store *store = rsl_store_open(":memory:", RSL_STORE_CREATE, NULL, &state);
    check(store != NULL && state == RSL_STORE_READY, "a new database");
    check(rsl_store_begin(store) == RSL_OK, "its transaction");
    const struct rsl_query query = {.text = "answer", .limit = 10};
    struct rsl_hits *hits;
    check(rsl_query_open(store, &query, &hits) == RSL_OK, "a query");
    check(rsl_query_nhits(hits) == 0 && !rsl_query_has_more(hits), "hits in an empty database");
    rsl_query_close(hits);
    check(rsl_store_commit(store) == RSL_OK, "the end of the transaction");
    rsl_store_close(store);
}

int main(void)
{
    lex();
    parse();
    ask();
    return 0;
}
