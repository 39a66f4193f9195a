/* header_sight_template.h - headers at sight, included once per instruction set behind
 *   CROSS_TARGET    a function attribute that turns the instruction set on,
 *   COUNT_BITS      static inline uint32_t COUNT_BITS(uint64_t),
 *   FILL_WINDOW     static inline void FILL_WINDOW(struct rsl_header_window *, const uint8_t *p).
 */
#include <string.h>

#include "lexer/header_sight.h"

/* Brackets that may be open at once: as many as bytes fit into a word. */
enum { MAX_SIGHT_NESTING = 8 };

/* Which stops a byte is; what ends every part is STOP_SEMI, which no caller does without. */
static const uint8_t stops_of_byte[128] = {
    [','] = STOP_COMMA, [':'] = STOP_COLON, ['='] = STOP_EQ,
    ['{'] = STOP_BRACE, [';'] = STOP_SEMI,  [')'] = STOP_SEMI,
    [']'] = STOP_SEMI,  ['}'] = STOP_SEMI,  ['>'] = STOP_SEMI,
};

/* Brackets on the way through a header. */
struct sight_nest {
    uint64_t openers; /* the bytes of those open, the innermost lowest */
    unsigned depth;
    uint64_t squares; /* where a `[` was met */
    uint64_t closers; /* where a bracket was closed */
};

/* Takes the bracket c at `bit`, which opens or closes. False: too deep, or it does not match. */
CROSS_TARGET static inline bool take_bracket(struct sight_nest *nest, uint64_t bit, uint8_t c,
                                             bool opens)
{
    if (opens) {
        if (nest->depth == MAX_SIGHT_NESTING)
            return false;
        nest->openers = nest->openers << 8 | c;
        nest->depth++;
        nest->squares |= c == '[' ? bit : 0;
        return true;
    }
    /* The openers and closers of a kind are one or two apart: ( ) [ ] < >. */
    const unsigned apart = c - (unsigned)(nest->openers & 0xFF);
    if (apart != (c == ')' ? 1 : 2))
        return false;
    nest->openers >>= 8;
    nest->depth--;
    nest->closers |= bit;
    return true;
}

/* Whether a type goes on, or only begins, behind the word that ends before the space at `space`:
 * one of a few keywords, or the lifetime of a reference. What is crossed begins at `from`. */
CROSS_TARGET static inline bool is_before_type(const struct rsl_header_window *window,
                                               unsigned from, unsigned space)
{
    const uint64_t gaps = ~window->word & ((UINT64_C(1) << space) - 1) & -(UINT64_C(1) << from);
    const unsigned start = gaps == 0 ? from : 64 - (unsigned)__builtin_clzll(gaps);
    const uint8_t *const word = window->base + start;
    if (start > from && word[-1] == '\'')
        return start > from + 1 && word[-2] == '&';
    const uint8_t *const before = word - (start > from && word[-1] == ' ');
    if (start > from && before[-1] == ':' && before[-2] == ':')
        return false; /* a name */
    switch (space - start) {
    case 3: return memcmp(word, "mut", 3) == 0 || memcmp(word, "dyn", 3) == 0;
    case 4: return memcmp(word, "impl", 4) == 0;
    case 5: return memcmp(word, "const", 5) == 0;
    default: return false;
    }
}

/* Whether the bytes of `region`, which begins at `from`, are plain. Words and array types may not
 * stand behind what already is a type: those right behind it, or behind one space, are looked at;
 * more space is not plain. Quotes begin lifetimes, and nothing else. */
CROSS_TARGET static inline bool is_plain(const struct rsl_header_window *window, uint64_t region,
                                         unsigned from, const struct sight_nest *nest)
{
    const uint64_t word = window->word, space = window->space, quote = window->quote;
    const uint64_t starts =
        ((word & ~(word << 1)) | nest->squares) & region & ~(UINT64_C(1) << from);
    const uint64_t ends = (word | nest->closers) & region;
    if (((starts & nest->closers << 1) | (nest->squares & word << 1 & region) |
         (space & space << 1 & region) |
         (quote & region & (word << 1 | quote >> 2 | ~(word >> 1)))) != 0)
        return false;
    for (uint64_t behind = starts & space << 1 & ends << 2; behind != 0; behind &= behind - 1) {
        const unsigned start = (unsigned)__builtin_ctzll(behind);
        if ((word >> (start - 2) & 1) == 0 || !is_before_type(window, from, start - 1))
            return false;
    }
    return true;
}

/* Whether the length behind the `;` at `at` is one word, which a `]` follows. */
CROSS_TARGET static inline bool is_simple_length(const struct rsl_header_window *window,
                                                 unsigned at)
{
    const unsigned length = at + 1 + (window->base[at + 1] == ' ');
    const uint64_t rest = length < 64 ? ~window->word >> length : 1;
    return rest != 0 && (rest & 1) == 0 &&
           window->base[length + (unsigned)__builtin_ctzll(rest)] == ']';
}

CROSS_TARGET static const uint8_t *sight_part(struct rsl_header_window *window, const uint8_t *p,
                                              unsigned stops)
{
    /* A window that ends soon would only be found too short. */
    if (window->base == NULL || p < window->base || p - window->base >= 32)
        FILL_WINDOW(window, p);
    const uint8_t *const base = window->base;
    const unsigned from = (unsigned)(p - base);
    const uint64_t ahead = -(UINT64_C(1) << from);
    const uint64_t odd = window->odd | UINT64_C(1) << 63; /* of a `::` both must be seen */
    const uint64_t colons = window->colon & ahead, pairs = colons & colons >> 1;
    const uint64_t single = colons & ~(pairs | pairs << 1);
    const uint64_t ends = (window->comma | single | window->equal | window->semi | window->brace |
                           window->close | odd) &
                          ahead;
    const uint64_t open = window->open & ahead;
    uint64_t end = ends & -ends;
    struct sight_nest nest = {0};
    if ((open & (end - 1)) != 0) {
        uint64_t marks =
            (open | window->close | window->semi | window->brace | window->equal | odd) & ahead;
        if ((stops & STOP_PAREN) != 0)
            return NULL;
        for (;; marks &= marks - 1) {
            const uint64_t bit = marks & -marks;
            const unsigned at = (unsigned)__builtin_ctzll(marks);
            const uint8_t c = base[at];
            if ((bit & odd) != 0) /* the last bit at the latest */
                return NULL;
            if ((bit & (open | window->close)) == 0) {
                if (c == '='
                        ? base[at + 1] != '>' && base[at + 1] != '='
                        : c == ';' && (nest.openers & 0xFF) == '[' && is_simple_length(window, at))
                    continue;
                return NULL;
            }
            if (!take_bracket(&nest, bit, c, (open & bit) != 0))
                return NULL;
            if (nest.depth == 0) {
                const uint64_t behind = -bit & ~bit;
                end = ends & behind & -(ends & behind);
                if ((open & behind & (end - 1)) == 0)
                    break;
            }
        }
    }
    const uint8_t *const q = base + __builtin_ctzll(end);
    if ((end & odd) != 0 || (pairs & pairs >> 1 & (end - 1)) != 0 ||
        (stops_of_byte[*q] & (stops | STOP_SEMI)) == 0 ||
        ((stops & STOP_WHERE) != 0 &&
         (window->letter_w & ~(window->word << 1) & (end - 1) & ahead) != 0) ||
        (*q == '=' && (q[1] == '>' || q[1] == '=')) ||
        (*q == '>' && (q[-1] == '=' || q[-1] == '-'))) /* no header begins a source */
        return NULL;
    return is_plain(window, (end - 1) & ahead, from, &nest) ? q : NULL;
}

CROSS_TARGET static const uint8_t *sight_params(struct rsl_header_window *window, const uint8_t *p,
                                                uint32_t *nparams_out)
{
    if (window->base == NULL || p < window->base || p - window->base >= 16)
        FILL_WINDOW(window, p);
    const uint8_t *const base = window->base;
    const unsigned from = (unsigned)(p - base) + 1;
    const uint64_t ahead = -(UINT64_C(1) << from);
    const uint64_t open = window->open & ahead;
    uint64_t marks = (open | window->close) & ahead;
    uint64_t nested = 0, outer = 0; /* the bytes within inner brackets; the outermost of these */
    uint64_t bit;
    struct sight_nest nest = {.openers = '(', .depth = 1};
    for (;; marks &= marks - 1) {
        if (marks == 0)
            return NULL;
        bit = marks & -marks;
        const bool opens = (open & bit) != 0;
        if (opens && nest.depth == 1)
            outer = bit;
        if (!take_bracket(&nest, bit, base[__builtin_ctzll(marks)], opens))
            return NULL;
        if (nest.depth == 0)
            break;
        if (!opens && nest.depth == 1)
            nested |= bit - outer;
    }
    nest.closers &= ~bit;
    const uint64_t region = (bit - 1) & ahead;
    const uint64_t odd = window->odd | window->semi | window->brace | window->equal;
    const uint64_t commas = window->comma & region & ~nested;
    /* A parameter ends with a word or a bracket; the last one perhaps with a comma. */
    if ((odd & region) != 0 || (commas >> 1 & ~((window->word | nest.closers) & region)) != 0 ||
        !is_plain(window, region, from, &nest))
        return NULL;
    const uint8_t *const close = base + __builtin_ctzll(bit);
    if (close[-1] == ' ')
        return NULL;
    *nparams_out = COUNT_BITS(commas) + (close > p + 1 && close[-1] != ',');
    return close + 1;
}

static const struct rsl_header_sight header_sight = {.part = sight_part, .params = sight_params};
