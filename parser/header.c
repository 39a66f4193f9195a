/* The parts of an item's header: types, bounds, patterns, generics, parameters.
 *
 * None of them is parsed to a tree; they are crossed token by token with a stack of what is open,
 * because `<` and `>` nest here. Expressions stand only in braces, behind the `;` of an array type
 * and as literals, so that no `<` is ever a comparison.
 */
#include "parser/internal.h"

enum byte_class {
    B_OTHER,
    B_IDENT,
    B_DIGIT,
    B_OPEN,
    B_CLOSE,
    B_LESS,
    B_GREATER,
    B_BRACE,
    B_COMMA,
    B_SEMI,
    B_EQ,
    B_COLON,
    B_BANG,
    B_QUOTE,
    B_STRING,
    B_HASH,
    B_NUL,
    B_HIGH,
};

static const uint8_t byte_class[256] = {
    ['A' ... 'Z'] = B_IDENT, ['a' ... 'z'] = B_IDENT,  ['_'] = B_IDENT,   ['0' ... '9'] = B_DIGIT,
    ['('] = B_OPEN,          ['['] = B_OPEN,           [')'] = B_CLOSE,   [']'] = B_CLOSE,
    ['}'] = B_CLOSE,         ['<'] = B_LESS,           ['>'] = B_GREATER, ['{'] = B_BRACE,
    [','] = B_COMMA,         [';'] = B_SEMI,           ['='] = B_EQ,      [':'] = B_COLON,
    ['!'] = B_BANG,          ['\''] = B_QUOTE,         ['"'] = B_STRING,  ['#'] = B_HASH,
    ['\0'] = B_NUL,          [0x80 ... 0xFF] = B_HIGH,
};

const uint8_t *rsl_skip_trivia(struct parser *ps, const uint8_t *p)
{
    p = rsl_scan_trivia(p, ps->end);
    while (*p == '/' && (p[1] == '/' || p[1] == '*')) { /* a doc comment */
        bool terminated;
        p = p[1] == '/' ? rsl_scan_line_comment(p + 2, ps->end)
                        : rsl_scan_block_comment(p + 2, ps->end, &terminated);
        p = rsl_scan_trivia(p, ps->end);
    }
    ps->nruns += p >= ps->end; /* perhaps a comment that does not end */
    return p;
}

const uint8_t *rsl_cross_tree(struct parser *ps, const uint8_t *p)
{
    struct rsl_crossing crossing;
    /* Each unclosed tree costs a look at all the rest; after a few, only a near end is looked for,
     * which keeps a file of nothing but openers linear. */
    const bool near_only = ps->nunclosed > MAX_UNCLOSED && ps->end - p > NEAR_NBYTES;
    rsl_crossing_begin(&crossing, p, ps->end, false);
    if (near_only)
        crossing.limit = p + NEAR_NBYTES;
    const uint8_t *after = ps->cross->tree(&crossing, p);
    if (crossing.suspect || after == NULL)
        ps->suspect = true;
    if (after == NULL) {
        ps->nunclosed++;
        ps->nruns += crossing.error_code != 0;
        ps->unbalanced = true;
        if (ps->speculative)
            ps->failed = true;
    }
    return after;
}

static bool push_nest(struct parser *ps, uint8_t opener)
{
    struct rsl_scratch *scratch = ps->scratch;
    if (scratch->nnest == scratch->nest_capacity) {
        void *grown = rsl_grow(ps, scratch->nest, &scratch->nest_capacity, 1);
        if (grown == NULL)
            return false;
        scratch->nest = grown;
    }
    scratch->nest[scratch->nnest++] = opener;
    return true;
}

/* Behind the string at p, which may begin with the identifier p..quote as its prefix. */
static const uint8_t *cross_literal(struct parser *ps, const uint8_t *p, const uint8_t *quote)
{
    bool ok;
    unsigned nhashes;
    const uint8_t *after = quote > p && quote[-1] == 'r'
                               ? rsl_scan_raw_string(quote, ps->end, &nhashes, &ok)
                               : rsl_scan_string(quote + 1, ps->end, &ok);
    if (!ok) {
        ps->suspect = ps->unbalanced = ps->failed = true;
        ps->nruns++;
    }
    return rsl_scan_ident(after, ps->end); /* a suffix */
}

/* Whether the identifier p..after is a prefix of the literal that touches it. */
static bool is_literal_prefix(const uint8_t *p, const uint8_t *after)
{
    size_t n = (size_t)(after - p);
    if (*after == '"')
        return n == 1 ? *p == 'r' || *p == 'b' || *p == 'c'
                      : n == 2 && (*p == 'b' || *p == 'c') && p[1] == 'r';
    return *after == '#' && (after[1] == '#' || after[1] == '"') &&
           (n == 1 ? *p == 'r' : n == 2 && (*p == 'b' || *p == 'c') && p[1] == 'r');
}

/* The length of an array type, when it is one name or number: the usual case needs no crossing. */
static const uint8_t *simple_length(struct parser *ps, const uint8_t *p)
{
    const uint8_t *q = p;
    while (rsl_is(*q, RSL_CC_IDENT_CONTINUE))
        q++;
    return q > p && *skip(ps, q) == ']' ? q : NULL;
}

/* Whether the token at p goes on with a type that could end before it, as in `x as A::B<C> + 1`. */
static bool continues_type(const uint8_t *p)
{
    return *p == '<' || *p == '(' || *p == '!' || (p[0] == ':' && p[1] == ':') ||
           (p[0] == '-' && p[1] == '>') || (p[0] == '>' && p[-1] == '-');
}

/* Marks in the nest a `<` behind `for` or `unsafe`: behind its `>` a type only begins. */
enum { BINDER = 'b' };

/* Whether the weak keyword `pin` or `safe` that ends at p is one: &pin mut T, safe fn(). */
static bool is_modifier(struct parser *ps, const uint8_t *p)
{
    const uint8_t *after;
    p = skip(ps, p);
    return at_word(ps, p, "mut", &after) || at_word(ps, p, "const", &after) ||
           at_word(ps, p, "fn", &after) || at_word(ps, p, "unsafe", &after) ||
           at_word(ps, p, "extern", &after);
}

/* Whether the literal behind the token that ends at `last` is an ABI, and so no operand. */
static bool is_behind_extern(const struct parser *ps, const uint8_t *last)
{
    return last - ps->src >= 6 && memcmp(last - 6, "extern", 6) == 0;
}

static bool is_round_or_square(uint8_t opener)
{
    return opener == '(' || opener == '[';
}

/* Whether the bracket at p is that of `[const] Trait`. */
static bool is_conditional_const(struct parser *ps, const uint8_t *p)
{
    const uint8_t *after;
    return at_word(ps, skip(ps, p + 1), "const", &after) && *skip(ps, after) == ']';
}

/* Crosses the part of a header at ps->p, if it is simple enough to be seen at once. */
static bool cross_at_sight(struct parser *ps, unsigned stops)
{
    if (ps->cross->sight == NULL || (stops & (STOP_PIPE | STOP_TYPE_END)) != 0 ||
        ((stops & STOP_WHERE) != 0 && *ps->p == 'w'))
        return false;
    const uint8_t *const at = ps->cross->sight->part(&ps->window, ps->p, stops);
    if (at == NULL)
        return false;
    if (at > ps->p)
        ps->last = at - (at[-1] == ' ');
    ps->p = at;
    return true;
}

/* Crosses the part of a header at ps->p, if it is one name: half of all types are. */
static bool cross_name(struct parser *ps, unsigned stops)
{
    const uint8_t *const p = ps->p;
    if (!rsl_is(*p, RSL_CC_IDENT_START) || ((stops & STOP_WHERE) != 0 && *p == 'w'))
        return false;
    const uint8_t *const after = rsl_scan_ident(p, ps->end);
    const uint8_t *const q = rsl_behind_space(after);
    bool stopped;
    switch (*q) {
    case ',': stopped = (stops & STOP_COMMA) != 0; break;
    case '{': stopped = (stops & STOP_BRACE) != 0; break;
    case '=': stopped = (stops & STOP_EQ) != 0 && q[1] != '>'; break;
    case ';':
    case ')':
    case '>': stopped = true; break;
    default: stopped = false; break;
    }
    if (!stopped)
        return false;
    ps->last = after;
    ps->p = q;
    return true;
}

void rsl_cross_header(struct parser *ps, unsigned stops, uint32_t owner)
{
    if (cross_name(ps, stops) || cross_at_sight(ps, stops))
        return;
    struct rsl_scratch *scratch = ps->scratch;
    const uint32_t base = scratch->nnest;
    const uint8_t *const from = ps->p;
    const uint8_t *p = from;
    const uint8_t *last = ps->last;
    bool operand = false; /* a type or an expression could end at `last` */
    bool binder = false;  /* a `<` here opens the lifetimes of a `for` */
    for (;; p = skip(ps, p)) {
        const bool outside = scratch->nnest == base;
        if ((stops & STOP_TYPE_END) && outside && operand && !continues_type(p))
            goto stop;
        switch (byte_class[*p]) {
        case B_HIGH:
        case B_IDENT: {
            const uint8_t *after = rsl_scan_ident(p, ps->end);
            if (after == p) { /* no identifier: an unknown character */
                last = ++p;
                continue;
            }
            if (*after == '"' || *after == '#') {
                if (is_literal_prefix(p, after)) {
                    operand = !is_behind_extern(ps, last);
                    last = p = cross_literal(ps, p, after);
                    continue;
                }
                if (*after == '#' && *p == 'r' && after == p + 1) {
                    const uint8_t *raw = rsl_scan_ident(p + 2, ps->end);
                    last = p = raw > p + 2 ? raw : after;
                    operand = true;
                    continue;
                }
            }
            const bool before = operand;
            const size_t nbytes = (size_t)(after - p);
            /* None of those below is in capitals; behind `::` there are only names. */
            const enum rsl_keyword keyword =
                !rsl_may_be_keyword(p, nbytes) || *p < 'a' ||
                        (p > from && last[-1] == ':' && last[-2] == ':')
                    ? RSL_KEYWORD_NONE
                    : rsl_keyword_find(p, nbytes);
            binder = false;
            switch (keyword) {
            case RSL_KEYWORD_WHERE:
                if (outside && (stops & STOP_WHERE))
                    goto stop;
                operand = false;
                break;
            case RSL_KEYWORD_FOR:
                if (outside && operand && (stops & STOP_FOR))
                    goto stop;
                operand = false;
                binder = true;
                break;
            case RSL_KEYWORD_AS:
            case RSL_KEYWORD_BOX:
            case RSL_KEYWORD_DYN: /* a name in edition 2015: `dyn` alone, `dyn::x` */
            case RSL_KEYWORD_REF: operand = false; break;
            case RSL_KEYWORD_PIN:
            case RSL_KEYWORD_SAFE: operand = !is_modifier(ps, after); break;
            case RSL_KEYWORD_ASYNC:
            case RSL_KEYWORD_CONST:
            case RSL_KEYWORD_EXTERN:
            case RSL_KEYWORD_FN:
            case RSL_KEYWORD_IMPL:
            case RSL_KEYWORD_MUT:
            case RSL_KEYWORD_UNSAFE: /* also an unsafe binder: unsafe<'a> &'a T */
                if (before)          /* a type begins where one has just ended */
                    goto stop;
                operand = keyword == RSL_KEYWORD_FN;
                binder = keyword == RSL_KEYWORD_UNSAFE;
                break;
            default:
                if (before) /* two names in a row: something is missing between them */
                    goto stop;
                operand = true;
                break;
            }
            last = p = after;
            continue;
        }
        case B_DIGIT:
            do
                p++;
            while (rsl_is(*p, RSL_CC_IDENT_CONTINUE));
            operand = true;
            break;
        case B_OPEN:
            if ((*p == '[' && operand) || (*p == '(' && outside && (stops & STOP_PAREN)))
                goto stop;
            if (*p == '[' && is_conditional_const(ps, p)) { /* T: [const] Trait */
                p = skip(ps, skip(ps, p + 1) + 5) + 1;
                operand = false;
                break;
            }
            if (!push_nest(ps, *p))
                goto stop;
            p++;
            operand = false;
            break;
        case B_CLOSE: {
            uint8_t opener = *p == ')' ? '(' : *p == ']' ? '[' : '{';
            if (outside)
                goto stop;
            if (scratch->nest[scratch->nnest - 1] != opener) {
                rsl_expected(ps, RSL_SOURCE_ERROR_MISMATCHED_DELIMITER);
                goto stop;
            }
            scratch->nnest--;
            p++;
            operand = true;
            break;
        }
        case B_LESS:
            if (!push_nest(ps, binder ? BINDER : '<'))
                goto stop;
            p++;
            operand = binder = false;
            break;
        case B_GREATER:
            if (p[-1] == '-' || p[-1] == '=') { /* `->`, `=>` */
                if (p[-1] == '-' || outside ||
                    is_round_or_square(scratch->nest[scratch->nnest - 1])) {
                    p++;
                    operand = false;
                    break;
                }
            }
            if (outside)
                goto stop;
            const uint8_t opener = scratch->nest[scratch->nnest - 1];
            operand = opener != BINDER;
            if (!is_round_or_square(opener)) /* else a comparison in an array's length */
                scratch->nnest--;
            p++;
            break;
        case B_BRACE:
            if (outside && (stops & STOP_BRACE))
                goto stop;
            ps->p = p;
            if (!rsl_run_block(ps, owner)) {
                p = ps->p;
                goto stop;
            }
            p = ps->p;
            operand = true;
            break;
        case B_COMMA:
            if (outside && (stops & STOP_COMMA))
                goto stop;
            p++;
            operand = false;
            break;
        case B_SEMI:
            if (outside || scratch->nest[scratch->nnest - 1] != '[')
                goto stop;
            p = skip(ps, p + 1);
            {
                const uint8_t *simple = simple_length(ps, p);
                if (simple != NULL) {
                    p = simple;
                } else {
                    ps->p = p;
                    if (!rsl_run_value(ps, owner)) {
                        p = ps->p;
                        goto stop;
                    }
                    p = ps->p;
                }
            }
            operand = true;
            break;
        case B_EQ:
            if (outside && (stops & STOP_EQ) && p[1] != '>')
                goto stop;
            p++;
            operand = false;
            break;
        case B_COLON:
            if (p[1] == ':') {
                p += 2;
                operand = false;
                break;
            }
            if (outside && (stops & STOP_COLON))
                goto stop;
            p++;
            operand = false;
            break;
        case B_BANG: {
            p++;
            const uint8_t *next = skip(ps, p);
            if (operand && (*next == '(' || *next == '[' || *next == '{')) {
                const uint8_t *after = rsl_cross_tree(ps, next);
                if (after == NULL) {
                    last = p = ps->end;
                    goto stop;
                }
                p = after;
            }
            /* The never type, unless a bound is negated. */
            operand = !rsl_is(*next, RSL_CC_IDENT_START | RSL_CC_HIGH) ||
                      at_word(ps, next, "where", &next) || at_word(ps, next, "for", &next);
            break;
        }
        case B_QUOTE: {
            enum rsl_quote quote;
            const bool reference = last[-1] == '&'; /* the lifetime of &'a T; else a bound */
            p = rsl_scan_quote_kind(p + 1, ps->end, &quote);
            operand = quote <= RSL_QUOTE_CHAR_UNTERMINATED || !reference;
            break;
        }
        case B_STRING:
            operand = !is_behind_extern(ps, last);
            p = cross_literal(ps, p, p);
            break;
        case B_HASH: {
            const uint8_t *after = rsl_cross_attr(ps, p);
            if (ps->speculative && p != ps->p)
                ps->failed = true; /* attributes stand before a parameter, not within its type */
            p = after > p ? after : p + 1;
            break;
        }
        case B_NUL:
            if (p >= ps->end)
                goto stop;
            p++;
            break;
        default:
            if (*p == '|' && outside && (stops & STOP_PIPE))
                goto stop;
            if (*p == '$' && ps->speculative)
                ps->failed = true; /* a macro's variable */
            p++;
            operand = false;
            break;
        }
        last = p;
    }
stop:
    scratch->nnest = base;
    ps->p = p;
    ps->last = last;
}

/* Crosses the parameters of a closure, from its first `|`, and the return type if there is one. */
static void cross_closure_head(struct parser *ps, uint32_t owner)
{
    if (ps->p[1] == '|') {
        ps->p += 2;
    } else {
        do {
            ps->p = skip(ps, ps->p + 1);
            rsl_cross_header(ps, STOP_COMMA | STOP_COLON | STOP_PIPE, owner);
        } while (*ps->p == ',' || *ps->p == ':');
        if (*ps->p == '|')
            ps->p++;
    }
    const uint8_t *arrow = skip(ps, ps->p);
    if (arrow[0] == '-' && arrow[1] == '>') {
        ps->p = skip(ps, arrow + 2);
        rsl_cross_header(ps, STOP_TYPE_END, owner);
    }
}

/* Whether an operand ends with this word of an expression: all but the keywords behind which one
 * begins. */
static bool is_operand_word(const uint8_t *p, size_t nbytes)
{
    const enum rsl_keyword keyword = rsl_keyword_find(p, nbytes);
    switch (keyword) {
    case RSL_KEYWORD_ASYNC: /* a name in edition 2015, where closures are not async */ return false;
    case RSL_KEYWORD_CRATE:
    case RSL_KEYWORD_FALSE:
    case RSL_KEYWORD_SELF_LOWER:
    case RSL_KEYWORD_SELF_UPPER:
    case RSL_KEYWORD_SUPER:
    case RSL_KEYWORD_TRUE:
    case RSL_KEYWORD_UNDERSCORE: return true;
    default:
        return rsl_keyword_class(keyword) != RSL_KEYWORD_CLASS_STRICT &&
               rsl_keyword_class(keyword) != RSL_KEYWORD_CLASS_RESERVED;
    }
}

/* Behind the number at p; `1.` is one, the dots of `1..2` and `1.max()` are none of it. */
static const uint8_t *cross_number(const uint8_t *p)
{
    do
        p++;
    while (rsl_is(*p, RSL_CC_IDENT_CONTINUE));
    return *p == '.' && p[1] != '.' && !rsl_is(p[1], RSL_CC_IDENT_START | RSL_CC_HIGH) ? p + 1 : p;
}

/* Behind the word of an expression at ps->p, or the literal it is the prefix of, or, behind `as`,
 * the type. */
static const uint8_t *cross_word(struct parser *ps, uint32_t owner, bool *operand_out)
{
    const uint8_t *p = ps->p;
    const uint8_t *after = rsl_scan_ident(p, ps->end);
    *operand_out = true;
    if (after == p)
        return p + 1;
    if (is_literal_prefix(p, after))
        return cross_literal(ps, p, after);
    if (after == p + 1 && *p == 'r' && *after == '#') {
        const uint8_t *raw = rsl_scan_ident(p + 2, ps->end);
        return raw > p + 2 ? raw : after;
    }
    const uint8_t *word;
    if (at_word(ps, p, "as", &word)) {
        ps->p = skip(ps, word);
        rsl_cross_header(ps, STOP_TYPE_END | STOP_COMMA, owner);
        return ps->last > word ? ps->last : word; /* behind `as` there may be no type */
    }
    *operand_out = is_operand_word(p, (size_t)(after - p));
    return after;
}

/* Expressions in discriminants and field defaults. Unlike types they may hold comparisons; a `<`
 * opens generic arguments behind `::` and where an operand must begin, and there `|` begins a
 * closure. */
void rsl_cross_expression(struct parser *ps, uint32_t owner)
{
    const uint8_t *p = ps->p;
    const uint8_t *last = ps->last;
    uint32_t nopen = 0;
    bool operand = false; /* an operand could end at `last` */
    for (;; p = skip(ps, p)) {
        switch (byte_class[*p]) {
        case B_HIGH:
        case B_IDENT:
            ps->p = p;
            p = cross_word(ps, owner, &operand);
            break;
        case B_DIGIT:
            p = cross_number(p);
            operand = true;
            break;
        case B_OPEN:
            nopen++;
            p++;
            operand = false;
            break;
        case B_CLOSE:
            if (nopen == 0)
                goto stop;
            nopen--;
            p++;
            operand = true;
            break;
        case B_LESS:
            if (operand) { /* a comparison or a shift */
                p += p[1] == '<' ? 2 : 1;
                operand = false;
                break;
            }
            ps->p = skip(ps, p + 1);
            rsl_cross_header(ps, 0, owner);
            p = ps->p;
            if (*p == '>')
                p++;
            operand = true;
            break;
        case B_BRACE:
            if (ps->speculative && last[-1] == '"')
                goto stop; /* no expression; what goes on here is a macro's own syntax */
            ps->p = p;
            if (!rsl_run_block(ps, owner)) {
                p = ps->p;
                goto stop;
            }
            p = ps->p;
            operand = true;
            break;
        case B_COMMA:
        case B_SEMI:
            if (nopen == 0)
                goto stop;
            p++;
            operand = false;
            break;
        case B_COLON:
            p += p[1] == ':' ? 2 : 1;
            operand = false;
            break;
        case B_BANG: {
            const uint8_t *next = skip(ps, p + 1);
            if (operand && (*next == '(' || *next == '[' || *next == '{')) {
                const uint8_t *after = rsl_cross_tree(ps, next);
                if (after == NULL) {
                    p = ps->end;
                    goto stop;
                }
                p = after;
                break;
            }
            p++;
            operand = false;
            break;
        }
        case B_QUOTE: {
            enum rsl_quote quote;
            p = rsl_scan_quote_kind(p + 1, ps->end, &quote);
            operand = quote <= RSL_QUOTE_CHAR_UNTERMINATED; /* else a label */
            break;
        }
        case B_STRING:
            p = cross_literal(ps, p, p);
            operand = true;
            break;
        case B_HASH: {
            const uint8_t *after = rsl_cross_attr(ps, p);
            p = after > p ? after : p + 1;
            break;
        }
        case B_NUL:
            if (p >= ps->end)
                goto stop;
            p++;
            break;
        default:
            if (*p == '|' && !operand) {
                ps->p = p;
                cross_closure_head(ps, owner);
                p = ps->p;
                break;
            }
            if (*p != '?') {
                p += p[0] == '|' && p[1] == '|' ? 2 : 1;
                operand = false;
                break;
            }
            p++;
            break;
        }
        last = p;
    }
stop:
    ps->p = p;
    ps->last = last;
}

bool rsl_parse_generics(struct parser *ps, uint32_t owner)
{
    const uint8_t *from = ps->p;
    uint32_t n = 0;
    ps->p = skip(ps, ps->p + 1);
    while (*ps->p != '>') {
        const uint8_t *before = ps->p;
        const unsigned stops = STOP_COMMA | STOP_COLON | STOP_EQ | STOP_BRACE;
        rsl_cross_header(ps, stops | STOP_PAREN, owner);
        if (*ps->p == ':') {
            ps->p = skip(ps, ps->p + 1);
            rsl_cross_header(ps, stops, owner);
        }
        if (*ps->p == '=') { /* a default; of a const parameter perhaps a block */
            ps->p = skip(ps, ps->p + 1);
            rsl_cross_header(ps, STOP_COMMA, owner);
        }
        if (ps->p > before)
            n++;
        if (*ps->p == ',') {
            ps->p = skip(ps, ps->p + 1);
        } else if (*ps->p != '>') {
            rsl_expected(ps, RSL_SOURCE_ERROR_EXPECTED_GENERICS_END);
            return false;
        }
    }
    ps->last = ps->p + 1;
    ps->p = skip(ps, ps->last);
    struct rsl_item *item = item_at(ps, owner);
    item->ngenerics = n;
    item->generics = span_of(ps, from, ps->last);
    return true;
}

/* Whether a receiver begins at p: self, mut self, &self, &'a mut self, &pin const self. */
static bool is_receiver(struct parser *ps, const uint8_t *p)
{
    const uint8_t *after;
    while (*p == '#') {
        const uint8_t *behind = rsl_cross_attr(ps, p);
        if (behind == p)
            return false;
        p = skip(ps, behind);
    }
    bool reference = *p == '&';
    if (reference) {
        p = skip(ps, p + 1);
        if (*p == '\'') {
            p = skip(ps, rsl_scan_quote(p + 1, ps->end));
        }
        if (at_word(ps, p, "pin", &after)) {
            p = skip(ps, after);
            if (at_word(ps, p, "const", &after))
                p = skip(ps, after);
        }
    }
    if (at_word(ps, p, "mut", &after))
        p = skip(ps, after);
    if (!at_word(ps, p, "self", &after))
        return false;
    p = skip(ps, after);
    return *p == ',' || *p == ')' || (*p == ':' && p[1] != ':');
}

/* Whether the parameter p..end is variadic: `...`, or `name: ...`. */
static bool is_variadic(const uint8_t *p, const uint8_t *end)
{
    return end - p >= 3 && end[-1] == '.' && end[-2] == '.' && end[-3] == '.';
}

bool rsl_parse_params(struct parser *ps, uint32_t owner)
{
    if (*ps->p != '(') {
        rsl_expected(ps, RSL_SOURCE_ERROR_EXPECTED_PARAMS);
        return false;
    }
    uint32_t n = 0;
    const uint8_t *const open = ps->p;
    if (open[1] == ')') {
        ps->last = open + 2;
        ps->p = skip(ps, ps->last);
        return true;
    }
    if (memcmp(open + 1, "&self)", 6) == 0) {
        item_at(ps, owner)->flags |= RSL_FLAG_SELF;
        item_at(ps, owner)->nparams = 1;
        ps->last = open + 7;
        ps->p = skip(ps, ps->last);
        return true;
    }
    ps->p = skip(ps, ps->p + 1);
    if (*ps->p != ')' && is_receiver(ps, ps->p))
        item_at(ps, owner)->flags |= RSL_FLAG_SELF;
    if (ps->cross->sight != NULL && !ps->speculative) {
        const uint8_t *after = ps->cross->sight->params(&ps->window, open, &n);
        if (after != NULL) {
            item_at(ps, owner)->nparams = n;
            ps->last = after;
            ps->p = skip(ps, after);
            return true;
        }
    }
    while (*ps->p != ')') {
        const uint8_t *from = ps->p;
        rsl_cross_header(ps, STOP_COMMA | STOP_COLON, owner);
        const bool typed = *ps->p == ':';
        if (typed) {
            ps->p = skip(ps, ps->p + 1);
            if (*ps->p == '#' && ps->speculative)
                ps->failed = true;
            rsl_cross_header(ps, STOP_COMMA, owner);
        }
        if (ps->p > from && is_variadic(from, ps->last)) {
            item_at(ps, owner)->flags |= RSL_FLAG_VARIADIC;
        } else if (ps->p > from) {
            n++;
            if (ps->speculative && !typed && !is_receiver(ps, from))
                ps->failed = true; /* anonymous parameters of 2015 are not looked for in macros */
        }
        if (*ps->p == ',') {
            if (ps->p == from) {
                rsl_expected(ps, RSL_SOURCE_ERROR_EXPECTED_PARAMETER);
                return false;
            }
            ps->p = skip(ps, ps->p + 1);
        } else if (*ps->p != ')') {
            rsl_expected(ps, RSL_SOURCE_ERROR_EXPECTED_PARAMS_END);
            return false;
        }
    }
    ps->last = ps->p + 1;
    ps->p = skip(ps, ps->last);
    item_at(ps, owner)->nparams = n;
    return true;
}

void rsl_parse_where(struct parser *ps, unsigned stops, uint32_t owner)
{
    const uint8_t *after;
    if (!at_word(ps, ps->p, "where", &after))
        return;
    item_at(ps, owner)->flags |= RSL_FLAG_WHERE;
    ps->last = after;
    ps->p = skip(ps, after);
    for (;;) { /* a predicate: type: bounds */
        rsl_cross_header(ps, stops | STOP_COMMA | STOP_COLON, owner);
        if (*ps->p == ':') {
            ps->p = skip(ps, ps->p + 1);
            rsl_cross_header(ps, stops | STOP_COMMA | STOP_COLON, owner);
        }
        if (*ps->p != ',')
            return;
        ps->last = ps->p + 1;
        ps->p = skip(ps, ps->last);
    }
}
