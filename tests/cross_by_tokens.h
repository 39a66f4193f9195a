/* cross_by_tokens.h - the crossing of lexer/cross.h done over again, slowly, with the tokens of the
 * lexer: what cross.h says it finds, by another way. For the tests and the fuzzer of the crossing.
 *
 * The two agree where the source is made of sound tokens (is_sound()). Where it is not, they may
 * see different literals. */
#ifndef RSL_TESTS_CROSS_BY_TOKENS_H
#define RSL_TESTS_CROSS_BY_TOKENS_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lexer/cross.h"
#include "lexer/item_start.h"
#include "lexer/keywords.h"
#include "lexer/lexer.h"
#include "lexer/scan.h"

struct token_crossing {
    const uint8_t *src, *end;
    struct rsl_tokens tokens;
    size_t at; /* the next token */
    uint32_t nbraces, nbrackets;
    int64_t parens, squares;
    bool value, at_boundary;
};

/* Editions from 2021 on are those whose prefixes the crossing knows. */
static const struct rsl_lex_options crossing_options = {.edition = 2021};

static inline bool is_comment(const struct rsl_token *token)
{
    return token->kind >= RSL_TOKEN_LINE_COMMENT && token->kind < RSL_TOKEN_WHITESPACE;
}

static inline bool is_plain_comment(const struct rsl_token *token)
{
    return token->kind == RSL_TOKEN_LINE_COMMENT || token->kind == RSL_TOKEN_BLOCK_COMMENT;
}

static inline bool is_open(const struct rsl_token *token)
{
    return (token->flags & RSL_TOKEN_UNTERMINATED) != 0 && token->kind != RSL_TOKEN_CHAR &&
           token->kind != RSL_TOKEN_BYTE;
}

static inline bool is_inner_doc(const struct rsl_token *token)
{
    return token->kind == RSL_TOKEN_INNER_LINE_DOC || token->kind == RSL_TOKEN_INNER_BLOCK_DOC;
}

/* Whether all tokens of src are such that bytes and tokens tell the same: none is unknown, has a
 * prefix that is none, or a suffix, or is a byte as long as a string. (Strings and comments that do
 * not end are told alike by both.) */
static inline bool is_sound(const struct rsl_tokens *tokens, const uint8_t *src, size_t nbytes)
{
    for (size_t i = 0; i < tokens->ntokens; i++) {
        const struct rsl_token *token = &tokens->list[i];
        switch (token->kind) {
        case RSL_TOKEN_INVALID_IDENT:
        case RSL_TOKEN_UNKNOWN_PREFIX:
        case RSL_TOKEN_UNKNOWN_PREFIX_LIFETIME:
        case RSL_TOKEN_GUARDED_STR_PREFIX:
        case RSL_TOKEN_UNKNOWN: return false;
        case RSL_TOKEN_BYTE:
        case RSL_TOKEN_CHAR:
        case RSL_TOKEN_STR:
        case RSL_TOKEN_BYTE_STR:
        case RSL_TOKEN_C_STR:
            if (token->kind == RSL_TOKEN_BYTE &&
                rsl_scan_quote(src + token->start + 2, src + nbytes) !=
                    src + token->start + token->nbytes) {
                return false;
            }
            if (token->suffix_start < token->nbytes ||
                (token->kind < RSL_TOKEN_STR && (token->flags & RSL_TOKEN_UNTERMINATED))) {
                return false;
            }
            break;
        case RSL_TOKEN_RAW_STR:
        case RSL_TOKEN_RAW_BYTE_STR:
        case RSL_TOKEN_RAW_C_STR:
            if (token->suffix_start < token->nbytes || (token->flags & RSL_TOKEN_UNTERMINATED)) {
                return false;
            }
            break;
        default: break;
        }
    }
    return true;
}

/* Begins behind the first byte of the source, as at the `{` of a block or the `=` of a value. */
static inline void token_crossing_init(struct token_crossing *crossing, const uint8_t *src,
                                       size_t nbytes, bool value)
{
    *crossing = (struct token_crossing){
        .src = src, .end = src + nbytes, .at = 1, .value = value, .at_boundary = !value};
    rsl_tokens_init(&crossing->tokens, NULL);
    if (rsl_lex(&crossing->tokens, src, nbytes, &crossing_options) != RSL_OK) {
        abort();
    }
}

static inline void token_crossing_fini(struct token_crossing *crossing)
{
    rsl_tokens_fini(&crossing->tokens);
}

static inline const struct rsl_token *token_at(const struct token_crossing *crossing, size_t i)
{
    static const struct rsl_token none = {.kind = 0};
    return i < crossing->tokens.ntokens ? &crossing->tokens.list[i] : &none;
}

/* The first token from `i` on that is neither white space nor a plain comment. One that does not
 * end is no trivia. */
static inline size_t over_trivia(const struct token_crossing *crossing, size_t i)
{
    while (token_at(crossing, i)->kind == RSL_TOKEN_WHITESPACE ||
           (is_plain_comment(token_at(crossing, i)) && !is_open(token_at(crossing, i)))) {
        i++;
    }
    return i;
}

/* The same over doc comments too. */
static inline size_t over_comments(const struct token_crossing *crossing, size_t i)
{
    while (token_at(crossing, i)->kind == RSL_TOKEN_WHITESPACE ||
           (is_comment(token_at(crossing, i)) && !is_open(token_at(crossing, i)))) {
        i++;
    }
    return i;
}

/* The last token before `i`, and not before `from`, that is neither white space nor a comment; i if
 * there is none. */
static inline size_t back_over(const struct token_crossing *crossing, size_t from, size_t i)
{
    for (size_t k = i; k > from; k--) {
        const struct rsl_token *token = token_at(crossing, k - 1);
        if (token->kind != RSL_TOKEN_WHITESPACE && !is_comment(token)) {
            return k - 1;
        }
    }
    return i;
}

static inline enum rsl_keyword keyword_of(const struct token_crossing *crossing, size_t i)
{
    const struct rsl_token *token = token_at(crossing, i);
    return token->kind == RSL_TOKEN_IDENT
               ? rsl_keyword_find(crossing->src + token->start, token->nbytes)
               : RSL_KEYWORD_NONE;
}

static inline bool is_name(const struct token_crossing *crossing, size_t i)
{
    const uint8_t kind = token_at(crossing, i)->kind;
    return kind == RSL_TOKEN_IDENT || kind == RSL_TOKEN_RAW_IDENT;
}

/* Whether the name at `i` can be a macro's. */
static inline bool can_be_macro(const struct token_crossing *crossing, size_t from, size_t i)
{
    if (!is_name(crossing, i)) {
        return false;
    }
    const enum rsl_keyword keyword = keyword_of(crossing, i);
    switch (keyword) {
    case RSL_KEYWORD_CRATE:
    case RSL_KEYWORD_SELF_LOWER:
    case RSL_KEYWORD_SELF_UPPER:
    case RSL_KEYWORD_SUPER: return true;
    case RSL_KEYWORD_YEET: {
        const size_t before = back_over(crossing, from, i);
        return before == i || keyword_of(crossing, before) != RSL_KEYWORD_DO;
    }
    default:
        return rsl_keyword_class(keyword) != RSL_KEYWORD_CLASS_STRICT &&
               rsl_keyword_class(keyword) != RSL_KEYWORD_CLASS_RESERVED;
    }
}

/* Behind the token tree that `i` opens; SIZE_MAX if it does not end. As in cross.h openers and
 * closers are only counted; *even_out says whether they also match in sum. */
static inline size_t over_tree(const struct token_crossing *crossing, size_t i, bool *even_out)
{
    const uint8_t opener = token_at(crossing, i)->kind;
    const uint8_t closer = opener == '(' ? ')' : opener == '[' ? ']' : '}';
    int64_t parens = 0, squares = 0, braces = 0;
    for (; i < crossing->tokens.ntokens; i++) {
        const uint8_t kind = token_at(crossing, i)->kind;
        switch (kind) {
        case '(': parens++; continue;
        case '[': squares++; continue;
        case '{': braces++; continue;
        case ')': parens--; break;
        case ']': squares--; break;
        case '}': braces--; break;
        default: continue;
        }
        if (parens + squares + braces == 0) {
            *even_out = kind == closer && parens == 0 && squares == 0 && braces == 0;
            return i + 1;
        }
    }
    return SIZE_MAX;
}

static inline bool is_opener(uint8_t kind)
{
    return kind == '(' || kind == '[' || kind == '{';
}

/* Whether a statement `path! name` begins at `i`. */
static inline bool begins_named_call(const struct token_crossing *crossing, size_t i)
{
    const size_t from = i;
    for (;;) {
        if (token_at(crossing, i)->kind == ':' && token_at(crossing, i + 1)->kind == ':') {
            i = over_comments(crossing, i + 2);
        } else if (i != from) {
            return false;
        }
        if (!is_name(crossing, i)) {
            return false;
        }
        const size_t name = i;
        i = over_comments(crossing, i + 1);
        if (token_at(crossing, i)->kind == '!') {
            const struct rsl_token *next = token_at(crossing, over_trivia(crossing, i + 1));
            const uint8_t *p = crossing->src + next->start;
            return next->kind != 0 && can_be_macro(crossing, from, name) &&
                   rsl_scan_ident(p, crossing->end) > p;
        }
    }
}

/* What stands at a statement boundary. */
enum boundary { BOUNDARY_ITEM, BOUNDARY_OTHER, BOUNDARY_ERROR };

/* Passes over trivia, inner attributes and inner doc comments, and tells what is behind them. */
static inline enum boundary at_boundary(struct token_crossing *crossing)
{
    bool even;
    for (;;) {
        crossing->at = over_trivia(crossing, crossing->at);
        const struct rsl_token *token = token_at(crossing, crossing->at);
        if (is_comment(token)) {
            if (!is_inner_doc(token)) {
                return is_open(token) && is_plain_comment(token) ? BOUNDARY_ERROR : BOUNDARY_ITEM;
            }
            if (is_open(token)) {
                return BOUNDARY_ERROR;
            }
            crossing->at++;
            continue;
        }
        if (token->kind != '#') {
            return rsl_item_starts(crossing->src + token->start, crossing->end) ||
                           begins_named_call(crossing, crossing->at)
                       ? BOUNDARY_ITEM
                       : BOUNDARY_OTHER;
        }
        size_t next = over_trivia(crossing, crossing->at + 1);
        if (token_at(crossing, next)->kind == '[') {
            return BOUNDARY_ITEM;
        }
        if (token_at(crossing, next)->kind != '!') {
            return BOUNDARY_OTHER;
        }
        next = over_trivia(crossing, next + 1);
        if (token_at(crossing, next)->kind != '[') {
            return BOUNDARY_OTHER;
        }
        next = over_tree(crossing, next, &even);
        if (next == SIZE_MAX) {
            return BOUNDARY_ERROR;
        }
        crossing->at = next;
    }
}

/* The next event; crossing->at is the token it stands at. */
static inline enum rsl_cross_event token_cross(struct token_crossing *crossing)
{
    const size_t from = crossing->at;
    for (bool boundary = crossing->at_boundary;;) {
        crossing->at_boundary = false;
        if (boundary) {
            switch (at_boundary(crossing)) {
            case BOUNDARY_ITEM: return RSL_CROSS_ITEM;
            case BOUNDARY_ERROR: return RSL_CROSS_ERROR;
            case BOUNDARY_OTHER: break;
            }
        }
        boundary = false;
        if (crossing->at >= crossing->tokens.ntokens) {
            return RSL_CROSS_END;
        }
        const struct rsl_token *token = token_at(crossing, crossing->at);
        const bool outside = crossing->nbraces == 0; /* of the braces that were opened here */
        switch (token->kind) {
        case '{':
            crossing->nbraces++;
            boundary = true;
            break;
        case '}':
            if (outside) {
                return RSL_CROSS_CLOSE;
            }
            crossing->nbraces--;
            boundary = !(crossing->value && crossing->nbraces == 0);
            break;
        case ';':
            if (crossing->value && outside) {
                if (crossing->nbrackets == 0) {
                    return RSL_CROSS_STOP;
                }
            } else {
                boundary = true;
            }
            break;
        case '(':
        case '[':
            crossing->nbrackets += crossing->value && outside;
            (token->kind == '(' ? &crossing->parens : &crossing->squares)[0]++;
            break;
        case ')':
        case ']':
            if (crossing->value && outside) {
                if (crossing->nbrackets == 0) {
                    return RSL_CROSS_CLOSE;
                }
                crossing->nbrackets--;
            }
            (token->kind == ')' ? &crossing->parens : &crossing->squares)[0]--;
            break;
        case '!': {
            const size_t name = back_over(crossing, from, crossing->at);
            const size_t next = over_trivia(crossing, crossing->at + 1);
            if (name < crossing->at && can_be_macro(crossing, from, name) &&
                is_opener(token_at(crossing, next)->kind)) {
                bool even;
                const size_t behind = over_tree(crossing, next, &even);
                if (behind == SIZE_MAX) {
                    return RSL_CROSS_ERROR;
                }
                crossing->at = behind;
                boundary =
                    token_at(crossing, behind - 1)->kind == '}' && !(crossing->value && outside);
                continue;
            }
            break;
        }
        default:
            if (is_open(token)) {
                return RSL_CROSS_ERROR;
            }
            break;
        }
        crossing->at++;
    }
}

/* ---- both side by side ---- */

static inline const uint8_t *byte_of(const struct token_crossing *crossing, size_t i)
{
    return i < crossing->tokens.ntokens ? crossing->src + crossing->tokens.list[i].start
                                        : crossing->end;
}

/* Where to go on behind the item candidate at crossing->at: behind an attribute or a doc comment,
 * at which an item may still begin, else behind the first token, so that what is in the item is
 * crossed too. SIZE_MAX if an attribute does not end. */
static inline size_t behind_candidate(const struct token_crossing *crossing, bool *at_boundary_out)
{
    bool even;
    const size_t i = crossing->at;
    const bool attr = token_at(crossing, i)->kind == '#';
    *at_boundary_out = attr || is_comment(token_at(crossing, i));
    return attr ? over_tree(crossing, over_trivia(crossing, i + 1), &even) : i + 1;
}

/* Crosses src[1..nbytes) with `ops` as a block whose `{`, or a value whose `=`, src[0] is, and by
 * tokens. Returns NULL if all events and places are the same, or a text that says what is not;
 * *nitems_out is the number of item candidates. The source must be sound. */
static inline const char *compare_crossings(const struct rsl_cross_ops *ops, const uint8_t *src,
                                            size_t nbytes, bool value, size_t *nitems_out)
{
    struct token_crossing expected;
    struct rsl_crossing actual;
    const char *failure = NULL;
    token_crossing_init(&expected, src, nbytes, value);
    rsl_crossing_begin(&actual, src + 1, src + nbytes, value);
    *nitems_out = 0;
    while (failure == NULL) {
        const enum rsl_cross_event event = token_cross(&expected);
        if (ops->cross(&actual) != event) {
            failure = "another event";
            break;
        }
        if (event == RSL_CROSS_END || event == RSL_CROSS_ERROR) {
            break;
        }
        if (actual.p != byte_of(&expected, expected.at)) {
            failure = "another place";
        } else if (actual.parens != expected.parens || actual.squares != expected.squares) {
            failure = "another number of brackets";
        }
        if (event != RSL_CROSS_ITEM) {
            break;
        }
        ++*nitems_out;
        expected.at = behind_candidate(&expected, &expected.at_boundary);
        if (expected.at == SIZE_MAX) {
            break;
        }
        actual.p = byte_of(&expected, expected.at);
        actual.at_boundary = expected.at_boundary;
        actual.boundary = NULL;
    }
    token_crossing_fini(&expected);
    return failure;
}

/* The same for the token tree that begins at src. */
static inline const char *compare_trees(const struct rsl_cross_ops *ops, const uint8_t *src,
                                        size_t nbytes)
{
    struct token_crossing expected;
    struct rsl_crossing actual;
    bool even = true;
    token_crossing_init(&expected, src, nbytes, false);
    rsl_crossing_begin(&actual, src, src + nbytes, false);
    const size_t behind = over_tree(&expected, 0, &even);
    const uint8_t *p = ops->tree(&actual, src);
    const char *failure = NULL;
    if (p != (behind == SIZE_MAX ? NULL : byte_of(&expected, behind))) {
        failure = "another end of the tree";
    } else if (p != NULL && actual.suspect == even) {
        failure = "another opinion on the tree's brackets";
    }
    token_crossing_fini(&expected);
    return failure;
}

#endif
