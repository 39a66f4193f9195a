#include "lexer/cross_internal.h"

#include "lexer/keywords.h"
#include "lexer/scan.h"

/* clang-format off */
const uint8_t rsl_cross_third_letters[32][32] = {
#define AT(letter) [(letter) & 31]
    AT('a') = {AT('s') = 'y', AT('u') = 't'},
    AT('c') = {AT('o') = 'n'},
    AT('d') = {AT('e') = 'f'},
    AT('e') = {AT('n') = 'u', AT('x') = 't'},
    AT('f') = {AT('i') = 'n', AT('n') = 1},
    AT('g') = {AT('e') = 'n'},
    AT('i') = {AT('m') = 'p'},
    AT('m') = {AT('a') = 'c', AT('o') = 'd'},
    AT('p') = {AT('u') = 'b'},
    AT('r') = {AT('e') = 'u'},
    AT('s') = {AT('a') = 'f', AT('t') = 1},
    AT('t') = {AT('r') = 'a', AT('y') = 'p'},
    AT('u') = {AT('n') = 1, AT('s') = 'e'},
#undef AT
};
/* clang-format on */

/* Bytes beyond ASCII count: nearly all of them continue identifiers. */
static bool continues_ident(uint8_t c)
{
    return (uint8_t)((c | 0x20) - 'a') < 26 || (uint8_t)(c - '0') < 10 || c == '_' || c >= 0x80;
}

bool rsl_cross_is_raw_string(const uint8_t *p, const uint8_t *taken, const uint8_t **hashes_out)
{
    while (p > taken && p[-1] == '#')
        p--;
    if (p <= taken || p[-1] != 'r')
        return false;
    *hashes_out = p;
    p--;
    if (p > taken && (p[-1] == 'b' || p[-1] == 'c'))
        p--;
    if (p <= taken)
        return false;
    if (p - 1 == taken) /* the first byte of all, or right behind a literal */
        return !continues_ident(p[-1]);
    return !continues_ident(p[-1]) && !(p[-1] == '#' && p[-2] == 'r'); /* r#r"" */
}

/* Behind which rare white space, beyond ASCII, p stands; p if behind none. */
static const uint8_t *back_over_rare_space(const uint8_t *lowest, const uint8_t *p)
{
    for (ptrdiff_t n = 2; n <= 3 && p - lowest >= n; n++) {
        if (rsl_whitespace_length(p - n) == (unsigned)n)
            return p - n;
    }
    return p;
}

/* How far to look back: nothing before a statement boundary belongs to the statement, and comments
 * there have not been noted. */
static const uint8_t *lowest_of(const struct rsl_crossing *crossing)
{
    return crossing->boundary > crossing->p ? crossing->boundary : crossing->p;
}

/* The end of the last significant token before p. */
static const uint8_t *back_over_trivia(const struct rsl_crossing *crossing, const uint8_t *p)
{
    const uint8_t *const lowest = lowest_of(crossing);
    while (p > lowest) {
        const uint8_t *before = p;
        if (p == crossing->comment_to && p != crossing->comment_from)
            before = crossing->comment_from;
        else if (p == crossing->earlier_to && p != crossing->earlier_from)
            before = crossing->earlier_from;
        else if (p[-1] == ' ' || (p[-1] >= 9 && p[-1] <= 13))
            before = p - 1;
        else if (p[-1] >= 0x80)
            before = back_over_rare_space(lowest, p);
        if (before == p)
            break;
        p = before;
    }
    return p;
}

/* The first byte of the identifier that ends at p; p if none does. A lifetime is none. */
static const uint8_t *back_over_ident(const struct rsl_crossing *crossing, const uint8_t *p)
{
    const uint8_t *const lowest = lowest_of(crossing);
    const uint8_t *from = p;
    while (from > lowest && rsl_is(from[-1], RSL_CC_IDENT_CONTINUE))
        from--;
    while (from > lowest && continues_ident(from[-1])) {
        const uint8_t *lead = from - 1;
        while (lead > lowest && (*lead & 0xC0) == 0x80)
            lead--;
        if (*lead >= 0x80 && rsl_ident_continue(lead) != (unsigned)(from - lead))
            break; /* rare white space */
        from = lead;
    }
    if (from < p && from > lowest && from[-1] == '\'')
        return p;
    if (from < p && *from >= '0' && *from <= '9')
        return p;
    return from;
}

/* Whether the word p..after is a keyword that names no macro, so that a `!` behind it negates. */
static bool names_no_macro(const struct rsl_crossing *crossing, const uint8_t *p,
                           const uint8_t *after)
{
    if (!rsl_may_be_keyword(p, (size_t)(after - p)))
        return false;
    const enum rsl_keyword keyword = rsl_keyword_find(p, (size_t)(after - p));
    switch (keyword) {
    case RSL_KEYWORD_CRATE:
    case RSL_KEYWORD_SELF_LOWER:
    case RSL_KEYWORD_SELF_UPPER:
    case RSL_KEYWORD_SUPER: return false;
    case RSL_KEYWORD_YEET: { /* only in `do yeet !x` */
        const uint8_t *before_end = back_over_trivia(crossing, p);
        const uint8_t *before = back_over_ident(crossing, before_end);
        return rsl_keyword_find(before, (size_t)(before_end - before)) == RSL_KEYWORD_DO;
    }
    default:
        return rsl_keyword_class(keyword) == RSL_KEYWORD_CLASS_STRICT ||
               rsl_keyword_class(keyword) == RSL_KEYWORD_CLASS_RESERVED;
    }
}

/* To the next byte that is neither white space nor in a comment. */
static const uint8_t *over_comments(const uint8_t *p, const uint8_t *end)
{
    p = rsl_scan_trivia(p, end);
    while (*p == '/' && (p[1] == '/' || p[1] == '*')) { /* a doc comment */
        bool terminated;
        p = p[1] == '/' ? rsl_scan_line_comment(p + 2, end)
                        : rsl_scan_block_comment(p + 2, end, &terminated);
        p = rsl_scan_trivia(p, end);
    }
    return p;
}

/* The token behind the path at p, p if there is none. Comments may stand everywhere in it, so that
 * it cannot be read from its end. */
static const uint8_t *behind_path(const uint8_t *p, const uint8_t *end)
{
    const uint8_t *q = p;
    for (;;) {
        if (q[0] == ':' && q[1] == ':')
            q = over_comments(q + 2, end);
        else if (q != p)
            return q;
        const uint8_t *after = rsl_scan_ident(q, end);
        if (after == q + 1 && *q == 'r' && *after == '#')
            after = rsl_scan_ident(after + 1, end);
        if (after == q)
            return p;
        q = over_comments(after, end);
    }
}

enum cross_bang rsl_cross_judge_bang(struct rsl_crossing *crossing, const uint8_t *p,
                                     const uint8_t **at_out)
{
    const uint8_t *name_end = back_over_trivia(crossing, p);
    const uint8_t *name = back_over_ident(crossing, name_end);
    if (name == name_end)
        return CROSS_BANG_OPERATOR;
    bool raw = name - crossing->p >= 2 && name[-1] == '#' && name[-2] == 'r' &&
               (name - crossing->p == 2 || !continues_ident(name[-3])); /* 0r#fn: a literal's r */
    if (!raw && names_no_macro(crossing, name, name_end))
        return CROSS_BANG_OPERATOR;
    const uint8_t *next = rsl_scan_trivia(p + 1, crossing->end);
    if (*next == '(' || *next == '[' || *next == '{') {
        *at_out = next;
        return CROSS_BANG_TREE;
    }
    if (rsl_scan_ident(next, crossing->end) == next)
        return CROSS_BANG_OPERATOR;
    /* `path! name`: an item, if the path is what the statement begins with. */
    if (crossing->boundary < crossing->p)
        return CROSS_BANG_OPERATOR;
    if (crossing->path != crossing->boundary) {
        crossing->path = crossing->boundary;
        crossing->path_end = behind_path(crossing->path, crossing->end);
    }
    if (crossing->path_end != p)
        return CROSS_BANG_OPERATOR;
    *at_out = crossing->path;
    return CROSS_BANG_ITEM;
}

static enum rsl_isa best_isa(void)
{
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("bmi2"))
        return RSL_ISA_SSE2;
    return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vbmi")
               ? RSL_ISA_AVX512
               : RSL_ISA_AVX2;
#elif defined(__aarch64__) && defined(__ARM_NEON)
    return RSL_ISA_NEON;
#else
    return RSL_ISA_SCALAR;
#endif
}

const struct rsl_cross_ops *rsl_cross_ops_for(enum rsl_isa isa)
{
    enum rsl_isa best = best_isa();
    switch (isa == RSL_ISA_AUTO || isa > best ? best : isa) {
#if defined(__x86_64__)
    case RSL_ISA_AVX512: return &rsl_cross_avx512;
    case RSL_ISA_AVX2: return &rsl_cross_avx2;
    case RSL_ISA_SSE2: return &rsl_cross_sse2;
#elif defined(__aarch64__) && defined(__ARM_NEON)
    case RSL_ISA_NEON: return &rsl_cross_neon;
#endif
    default: return &rsl_cross_scalar;
    }
}
