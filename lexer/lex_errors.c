#include "lexer/lex_errors.h"

#include "lexer/frontmatter.h"
#include "lexer/prefix.h"
#include "lexer/scan.h"

/* The walk over the tokens of one file. */
struct walk {
    struct rsl_tokens *tokens;
    const uint8_t *src;
    const uint8_t *end;
    const uint8_t *bad; /* the first bad sequence that is not reported yet, or end */
    uint16_t edition;
    bool failed; /* out of memory */
};

static bool grow(struct rsl_tokens *tokens)
{
    size_t capacity = tokens->errors_capacity ? tokens->errors_capacity * 2 : 16;
    const struct rsl_allocator *allocator = tokens->allocator;
    struct rsl_source_error *errors =
        allocator->resize(allocator->state, tokens->errors,
                          tokens->errors_capacity * sizeof(*errors), capacity * sizeof(*errors));
    if (!errors) {
        return false;
    }
    tokens->errors = errors;
    tokens->errors_capacity = capacity;
    return true;
}

/* Adds an error about [from, to). Errors come in ascending order but for a few of one token, which
 * are moved to their place here. */
static bool report(void *state, const uint8_t *from, const uint8_t *to, uint16_t code)
{
    struct walk *walk = state;
    struct rsl_tokens *tokens = walk->tokens;
    if (tokens->nerrors == tokens->errors_capacity && !grow(tokens)) {
        walk->failed = true;
        return false;
    }
    uint32_t off = (uint32_t)(from - walk->src);
    size_t at = tokens->nerrors++;
    while (at > 0 && tokens->errors[at - 1].off > off) {
        tokens->errors[at] = tokens->errors[at - 1];
        at--;
    }
    tokens->errors[at] =
        (struct rsl_source_error){.off = off, .nbytes = (uint32_t)(to - from), .code = code};
    return true;
}

/* The next CR without LF in [p, end), or end. */
static const uint8_t *find_bare_cr(const uint8_t *p, const uint8_t *end)
{
    while ((p = rsl_find_byte(p, end, '\r')) < end && p[1] == '\n') {
        p++;
    }
    return p;
}

/* Reports the bad sequences in [from, to), and with a code also the bare CRs. */
static void check_bytes(struct walk *walk, const uint8_t *from, const uint8_t *to, uint16_t cr_code)
{
    const uint8_t *cr = cr_code ? find_bare_cr(from, to) : to;
    while (!walk->failed && (cr < to || walk->bad < to)) {
        if (cr < walk->bad) {
            report(walk, cr, cr + 1, cr_code);
            cr = find_bare_cr(cr + 1, to);
        } else {
            uint32_t code_point;
            const uint8_t *behind = walk->bad + rsl_utf8_decode(walk->bad, &code_point);
            report(walk, walk->bad, behind, RSL_SOURCE_ERROR_NOT_UTF8);
            walk->bad = behind + rsl_utf8_validate(behind, (size_t)(walk->end - behind));
        }
    }
}

/* What to say about a bare CR in a token, 0 if it is allowed there. */
static uint16_t bare_cr_code(uint8_t kind)
{
    switch (kind) {
    case RSL_TOKEN_OUTER_LINE_DOC:
    case RSL_TOKEN_INNER_LINE_DOC: return RSL_SOURCE_ERROR_BARE_CR_DOC_COMMENT;
    case RSL_TOKEN_OUTER_BLOCK_DOC:
    case RSL_TOKEN_INNER_BLOCK_DOC: return RSL_SOURCE_ERROR_BARE_CR_BLOCK_DOC_COMMENT;
    case RSL_TOKEN_CHAR:
    case RSL_TOKEN_BYTE: return RSL_SOURCE_ERROR_BARE_CR_CHAR;
    case RSL_TOKEN_STR:
    case RSL_TOKEN_BYTE_STR:
    case RSL_TOKEN_C_STR: return RSL_SOURCE_ERROR_BARE_CR_STRING;
    case RSL_TOKEN_RAW_STR:
    case RSL_TOKEN_RAW_BYTE_STR:
    case RSL_TOKEN_RAW_C_STR: return RSL_SOURCE_ERROR_BARE_CR_RAW_STRING;
    default: return RSL_SOURCE_ERROR_NONE;
    }
}

static bool is(const uint8_t *p, const uint8_t *end, const char *text)
{
    size_t nbytes = strlen(text);
    return (size_t)(end - p) == nbytes && memcmp(p, text, nbytes) == 0;
}

/* rustc's Symbol::can_be_raw: path keywords and `_` have no raw form. */
static bool can_be_raw(const uint8_t *p, const uint8_t *end)
{
    return !is(p, end, "self") && !is(p, end, "Self") && !is(p, end, "super") &&
           !is(p, end, "crate") && !is(p, end, "_");
}

static void check_raw_string(struct walk *walk, const uint8_t *start, const uint8_t *end)
{
    const uint8_t *hashes = start + (*start == 'r' ? 1 : 2);
    const uint8_t *quote = hashes;
    while (*quote == '#') {
        quote++;
    }
    if (*quote != '"') {
        report(walk, start, end, RSL_SOURCE_ERROR_RAW_STRING_STARTER);
        return;
    }
    /* It is closed if its end has a quote, not the first, and as many `#` as open it. */
    const uint8_t *close = end;
    while (close > quote + 1 && close[-1] == '#') {
        close--;
    }
    if (end - close == quote - hashes && close > quote + 1 && close[-1] == '"') {
        report(walk, start, end, RSL_SOURCE_ERROR_RAW_STRING_HASHES);
    } else {
        report(walk, start, quote + 1, RSL_SOURCE_ERROR_UNTERMINATED_RAW_STRING);
    }
}

static void check_int(struct walk *walk, const struct rsl_token *token, const uint8_t *start)
{
    const uint8_t *end = start + token->suffix_start;
    if (token->flags & RSL_TOKEN_EMPTY_INT) {
        report(walk, start, end, RSL_SOURCE_ERROR_NO_DIGITS);
        return;
    }
    unsigned base = token->flags & RSL_TOKEN_BASE;
    if (base != RSL_TOKEN_BASE_BINARY && base != RSL_TOKEN_BASE_OCTAL) {
        return;
    }
    uint8_t highest = base == RSL_TOKEN_BASE_BINARY ? '1' : '7';
    uint16_t code = base == RSL_TOKEN_BASE_BINARY ? RSL_SOURCE_ERROR_BINARY_DIGIT
                                                  : RSL_SOURCE_ERROR_OCTAL_DIGIT;
    for (const uint8_t *p = start + 2; p < end; p++) {
        if (*p != '_' && *p > highest) {
            report(walk, p, p + 1, code);
        }
    }
}

static void check_float(struct walk *walk, const struct rsl_token *token, const uint8_t *start)
{
    if (token->flags & RSL_TOKEN_EMPTY_EXPONENT) {
        report(walk, start, start + token->nbytes, RSL_SOURCE_ERROR_EMPTY_EXPONENT);
    }
    uint16_t code = RSL_SOURCE_ERROR_NONE;
    switch (token->flags & RSL_TOKEN_BASE) {
    case RSL_TOKEN_BASE_BINARY: code = RSL_SOURCE_ERROR_BINARY_FLOAT; break;
    case RSL_TOKEN_BASE_OCTAL: code = RSL_SOURCE_ERROR_OCTAL_FLOAT; break;
    case RSL_TOKEN_BASE_HEXADECIMAL: code = RSL_SOURCE_ERROR_HEXADECIMAL_FLOAT; break;
    default: return;
    }
    report(walk, start, start + token->suffix_start, code);
}

/* A character or byte literal; `quote` is its opening quote. */
static void check_char(struct walk *walk, const struct rsl_token *token, const uint8_t *start,
                       const uint8_t *quote, uint16_t unterminated)
{
    const uint8_t *end = start + token->suffix_start;
    if (token->flags & RSL_TOKEN_UNTERMINATED) {
        report(walk, quote, end, unterminated);
    } else if (end - quote == 2) {
        report(walk, quote + 1, quote + 1, RSL_SOURCE_ERROR_EMPTY_CHAR);
    } else if (token->kind == RSL_TOKEN_CHAR) {
        /* More than one character only if it looks like a lifetime: others are not counted. */
        enum rsl_quote kind;
        rsl_scan_quote_kind(quote + 1, walk->end, &kind);
        if (kind == RSL_QUOTE_CHAR_LONG) {
            report(walk, start, end, RSL_SOURCE_ERROR_LONG_CHAR);
        }
    }
}

static void check_guard(struct walk *walk, const struct rsl_token *token, const uint8_t *start)
{
    const uint8_t *end = start + token->nbytes;
    const uint8_t *quote = start;
    while (quote < end && *quote == '#') {
        quote++;
    }
    if (token->flags & RSL_TOKEN_UNTERMINATED) {
        report(walk, quote, end, RSL_SOURCE_ERROR_UNTERMINATED_STRING);
    } else if (quote < end) {
        report(walk, start, end, RSL_SOURCE_ERROR_GUARDED_STRING);
    } else {
        report(walk, start, end, RSL_SOURCE_ERROR_MULTI_HASH);
    }
}

/* What shows in the token itself, whatever its bytes are. */
static void check_token(struct walk *walk, const struct rsl_token *token)
{
    const uint8_t *start = walk->src + token->start;
    const uint8_t *end = start + token->nbytes;
    bool unterminated = token->flags & RSL_TOKEN_UNTERMINATED;
    switch (token->kind) {
    case RSL_TOKEN_BLOCK_COMMENT:
        if (unterminated) {
            report(walk, start, end, RSL_SOURCE_ERROR_UNTERMINATED_BLOCK_COMMENT);
        }
        break;
    case RSL_TOKEN_OUTER_BLOCK_DOC:
    case RSL_TOKEN_INNER_BLOCK_DOC:
        if (unterminated) {
            report(walk, start, end, RSL_SOURCE_ERROR_UNTERMINATED_BLOCK_DOC_COMMENT);
        }
        break;
    case RSL_TOKEN_INVALID_IDENT: report(walk, start, end, RSL_SOURCE_ERROR_INVALID_IDENT); break;
    case RSL_TOKEN_RAW_IDENT:
        if (!can_be_raw(start + 2, end)) {
            report(walk, start, end, RSL_SOURCE_ERROR_RAW_IDENT);
        }
        break;
    case RSL_TOKEN_RAW_LIFETIME:
        if (walk->edition != 0 && !can_be_raw(start + 3, end)) {
            report(walk, start, end, RSL_SOURCE_ERROR_RAW_LIFETIME);
        }
        break;
    case RSL_TOKEN_UNKNOWN_PREFIX:
    case RSL_TOKEN_UNKNOWN_PREFIX_LIFETIME:
        if (walk->edition != 0) {
            report(walk, start, end, RSL_SOURCE_ERROR_UNKNOWN_PREFIX);
        }
        break;
    case RSL_TOKEN_GUARDED_STR_PREFIX:
        if (walk->edition != 0) {
            check_guard(walk, token, start);
        }
        break;
    case RSL_TOKEN_LIFETIME:
        if (token->flags & RSL_TOKEN_STARTS_WITH_NUMBER) {
            report(walk, start, end, RSL_SOURCE_ERROR_LIFETIME_NUMBER);
        }
        break;
    case RSL_TOKEN_INT: check_int(walk, token, start); break;
    case RSL_TOKEN_FLOAT: check_float(walk, token, start); break;
    case RSL_TOKEN_CHAR:
        check_char(walk, token, start, start, RSL_SOURCE_ERROR_UNTERMINATED_CHAR);
        break;
    case RSL_TOKEN_BYTE:
        check_char(walk, token, start, start + 1, RSL_SOURCE_ERROR_UNTERMINATED_BYTE);
        break;
    case RSL_TOKEN_STR:
        if (unterminated) {
            report(walk, start, end, RSL_SOURCE_ERROR_UNTERMINATED_STRING);
        }
        break;
    case RSL_TOKEN_BYTE_STR:
        if (unterminated) {
            report(walk, start + 1, end, RSL_SOURCE_ERROR_UNTERMINATED_BYTE_STRING);
        }
        break;
    case RSL_TOKEN_C_STR:
        if (unterminated) {
            report(walk, start + 1, end, RSL_SOURCE_ERROR_UNTERMINATED_C_STRING);
        }
        break;
    case RSL_TOKEN_RAW_STR:
    case RSL_TOKEN_RAW_BYTE_STR:
    case RSL_TOKEN_RAW_C_STR:
        if (unterminated) {
            check_raw_string(walk, start, end);
        }
        break;
    case RSL_TOKEN_UNKNOWN:
        if (start != walk->bad) {
            report(walk, start, end, RSL_SOURCE_ERROR_UNKNOWN_TOKEN);
        }
        break;
    default: break;
    }
    if (token->suffix_start != 0 && token->nbytes - token->suffix_start == 1 && end[-1] == '_') {
        report(walk, end - 1, end, RSL_SOURCE_ERROR_UNDERSCORE_SUFFIX);
    }
}

enum rsl_status rsl_lex_errors(struct rsl_tokens *tokens, const uint8_t *src, size_t nbytes,
                               uint16_t edition)
{
    struct walk walk = {
        .tokens = tokens,
        .src = src,
        .end = src + nbytes,
        .bad = src + rsl_utf8_validate(src, nbytes),
        .edition = edition,
    };
    const struct rsl_prefix *prefix = &tokens->prefix;
    if (prefix->frontmatter_nbytes != 0) {
        const uint8_t *from = src + prefix->frontmatter_off;
        const uint8_t *to = from + prefix->frontmatter_nbytes;
        check_bytes(&walk, src, from, RSL_SOURCE_ERROR_NONE);
        check_bytes(&walk, from, to, RSL_SOURCE_ERROR_BARE_CR_FRONTMATTER);
        rsl_check_frontmatter(rsl_skip_bom(src), from, to, report, &walk);
    } else {
        check_bytes(&walk, src, src + prefix->nbytes, RSL_SOURCE_ERROR_NONE);
    }
    for (size_t i = 0; i < tokens->ntokens && !walk.failed; i++) {
        const struct rsl_token *token = &tokens->list[i];
        check_token(&walk, token);
        const uint8_t *start = src + token->start;
        check_bytes(&walk, start, start + token->nbytes, bare_cr_code(token->kind));
    }
    return walk.failed ? RSL_ENOMEM : RSL_OK;
}

bool rsl_needs_byte_check(const uint8_t *src, size_t nbytes)
{
    const uint8_t *end = src + nbytes;
    return find_bare_cr(src, end) < end || rsl_utf8_validate(src, nbytes) < nbytes;
}
