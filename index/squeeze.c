#include "index/squeeze.h"

#include <stdbool.h>
#include <string.h>

#include "lexer/scan.h"

#define BYTES(c) ((c)*UINT64_C(0x0101010101010101))

/* The top bit of each byte of `word` that is zero, and maybe of bytes above the lowest of those. */
static uint64_t zero_bytes(uint64_t word)
{
    return (word - BYTES(1)) & ~word & BYTES(0x80);
}

/* How many of the eight bytes at p can be copied as they are: up to white space or a control
 * character, a slash, or a quote. */
static unsigned plain_bytes(const uint8_t *p)
{
    uint64_t word;
    memcpy(&word, p, sizeof word);
    const uint64_t below_21 = (word - BYTES(0x21)) & ~word & BYTES(0x80);
    const uint64_t stops = below_21 | zero_bytes(word ^ BYTES('/')) |
                           zero_bytes(word ^ BYTES('"')) | zero_bytes(word ^ BYTES('\''));
    return stops == 0 ? 8 : (unsigned)__builtin_ctzll(stops) / 8;
}

/* Behind the string whose quote is at p; it is a raw one if `start` is before an r in front of it.
 */
static const uint8_t *cross_string(const uint8_t *start, const uint8_t *p, const uint8_t *end)
{
    bool ok;
    unsigned nhashes;
    const uint8_t *r = p;
    while (r > start && r[-1] == '#')
        r--;
    if (r > start && r[-1] == 'r' &&
        (r - 1 == start || !rsl_squeeze_is_word(r[-2]) || r[-2] == 'b' || r[-2] == 'c'))
        return rsl_scan_raw_string(r, end, &nhashes, &ok);
    return rsl_scan_string(p + 1, end, &ok);
}

/* Behind the literal at p, or the one byte that is none. */
static const uint8_t *cross_literal(const uint8_t *start, const uint8_t *p, const uint8_t *end)
{
    return *p == '"'    ? cross_string(start, p, end)
           : *p == '\'' ? rsl_scan_quote(p + 1, end)
                        : p + 1;
}

/* Behind the white space and comments at p. */
static const uint8_t *cross_blank(const uint8_t *p, const uint8_t *end)
{
    bool ok;
    while (p < end) {
        if (rsl_squeeze_is_space(*p))
            p++;
        else if (*p == '/' && end - p > 1 && p[1] == '/')
            p = rsl_scan_line_comment(p, end);
        else if (*p == '/' && end - p > 1 && p[1] == '*')
            p = rsl_scan_block_comment(p + 2, end, &ok);
        else
            break;
    }
    return p;
}

/* Whether tokens that end with `a` and begin with `b` would be others without a space between them:
 * words, literals with what stands before them, and operators of which two make one. */
static bool would_join(uint8_t a, uint8_t b)
{
    if (rsl_squeeze_is_word(a))
        return rsl_squeeze_is_word(b) || b == '"' || b == '\'' || b == '#' ||
               (b == '.' && a >= '0' && a <= '9');
    if (a == '"' || a == '\'')
        return rsl_squeeze_is_word(b); /* which would be a suffix */
    switch (b) {
    case '=': return strchr("=!<>+-*/%^&|", a) != NULL;
    case '>': return a == '>' || a == '-' || a == '=';
    case '-': return a == '<';
    case '*': return a == '/';
    case ':':
    case '<':
    case '.':
    case '&':
    case '|':
    case '/': return a == b;
    default: return false;
    }
}

char *rsl_squeeze(char *to, const uint8_t *start, const uint8_t *end)
{
    const char *first = to;
    const uint8_t *p = start;
    while (p < end) {
        const unsigned n = plain_bytes(p);
        memcpy(to, p, 8);
        to += n;
        p += n;
        if (n == 8)
            continue;
        if (p >= end)
            break;
        const uint8_t *after = cross_blank(p, end);
        if (after > p) {
            if (to > first && after < end && would_join((uint8_t)to[-1], *after))
                *to++ = ' ';
        } else {
            after = cross_literal(start, p, end);
            memcpy(to, p, (size_t)(after - p));
            to += after - p;
        }
        p = after;
    }
    return to - (p - end); /* the last copy may have gone further */
}
