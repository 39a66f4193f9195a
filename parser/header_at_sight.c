/* Crossing simple types and patterns by masks of 64 bytes: words, spaces and brackets on one line,
 * as nearly all are. Whatever is not plainly right is left to header.c, which goes token by token
 * and is the judge of this file.
 */
#include "parser/internal.h"

/* Openers that may be open at once: as many as bytes fit into a word. */
enum { MAX_NESTING = 8 };

static inline uint64_t bit(unsigned at)
{
    return UINT64_C(1) << at;
}

/* Whether a type goes on, or only begins, behind the word that ends before the space at `space`:
 * one of a few keywords, or the lifetime of a reference. The region crossed begins at `from`. */
static bool is_before_type(const struct rsl_header_window *window, unsigned from, unsigned space)
{
    const uint64_t gaps = ~window->word & (bit(space) - 1) & ~(bit(from) - 1);
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

bool rsl_cross_header_at_sight(struct parser *ps, unsigned stops)
{
    struct rsl_header_window *const window = &ps->window;
    if (ps->cross->fill_window == NULL || (stops & (STOP_PIPE | STOP_TYPE_END)) != 0 ||
        ((stops & STOP_WHERE) != 0 && *ps->p == 'w'))
        return false;
    /* A window that ends soon would only be found too short. */
    if (window->base == NULL || ps->p < window->base || ps->p - window->base >= 32)
        ps->cross->fill_window(window, ps->p);
    const uint8_t *const base = window->base;
    const unsigned from = (unsigned)(ps->p - base);
    uint64_t ahead = (window->brackets | window->odd) & ~(bit(from) - 1);
    uint64_t nest = 0, closers = 0, squares = 0;
    unsigned nnest = 0, at;
    for (;;) {
        if (ahead == 0)
            return false;
        at = (unsigned)__builtin_ctzll(ahead);
        ahead &= ahead - 1;
        const uint8_t c = base[at];
        switch (c) {
        case ',':
            if (nnest > 0)
                continue;
            if ((stops & STOP_COMMA) == 0)
                return false;
            break;
        case ':':
            if (base[at + 1] == ':') {
                ahead &= ahead - 1;
                continue;
            }
            if (nnest > 0)
                continue;
            if ((stops & STOP_COLON) == 0)
                return false;
            break;
        case '=':
            if (base[at + 1] == '>' || base[at + 1] == '=')
                return false;
            if (nnest > 0)
                continue;
            if ((stops & STOP_EQ) == 0)
                return false;
            break;
        case '[': squares |= bit(at); goto open;
        case '(':
            if (nnest == 0 && (stops & STOP_PAREN) != 0)
                break;
            goto open;
        case '<':
        open:
            if (nnest == MAX_NESTING)
                return false;
            nest = nest << 8 | c;
            nnest++;
            continue;
        case '>':
        case ')':
        case ']':
            /* An arrow is not simple. The byte before is there: no header begins a source. */
            if (c == '>' && ((base + at)[-1] == '=' || (base + at)[-1] == '-'))
                return false;
            if (nnest == 0)
                break;
            if ((nest & 0xFF) != (c == '>' ? '<' : c == ')' ? '(' : '['))
                return false;
            nest >>= 8;
            nnest--;
            closers |= bit(at);
            continue;
        case ';':
            if (nnest == 0)
                break;
            if ((nest & 0xFF) == '[') { /* the length: one word */
                const unsigned length = at + 1 + (base[at + 1] == ' ');
                const uint64_t rest = length < 64 ? ~window->word >> length : 1;
                if (rest != 0 && (rest & 1) == 0 && base[length + __builtin_ctzll(rest)] == ']')
                    continue;
            }
            return false;
        case '{':
            if (nnest > 0 || (stops & STOP_BRACE) == 0)
                return false;
            break;
        case '}':
            if (nnest > 0)
                return false;
            break;
        default: return false; /* odd */
        }
        break;
    }

    const uint64_t region = (bit(at) - 1) & ~(bit(from) - 1);
    const uint64_t word = window->word, space = window->space, quote = window->quote;
    /* Words and array types may not stand behind what already is a type. Those right behind it, or
     * behind one space, are looked at; more space is not simple. */
    const uint64_t starts = ((word & ~(word << 1)) | squares) & region & ~bit(from);
    const uint64_t ends = (word | closers) & region;
    if ((starts & (closers << 1)) != 0 || (squares & (word << 1) & region) != 0 ||
        (space & (space << 1) & region) != 0)
        return false;
    for (uint64_t behind = starts & (space << 1) & (ends << 2); behind != 0; behind &= behind - 1) {
        const unsigned start = (unsigned)__builtin_ctzll(behind);
        if ((word & bit(start - 2)) == 0 || !is_before_type(window, from, start - 1))
            return false;
    }
    /* Quotes begin lifetimes, and nothing else. */
    if ((quote & region & ((word << 1) | (quote >> 2) | ~(word >> 1))) != 0)
        return false;

    ps->p = base + at;
    if (at > from)
        ps->last = ps->p - (base[at - 1] == ' ');
    return true;
}
