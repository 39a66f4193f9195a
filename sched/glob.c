#include "sched/glob.h"

#include <stdint.h>
#include <string.h>

/* The character at at[0..nbytes), nbytes > 0, and its length. A byte that begins no well-formed
 * character is one of its own, above all code points. */
static size_t decode(const char *at, size_t nbytes, unsigned flags, uint32_t *c_out)
{
    const uint8_t *s = (const uint8_t *)at;
    *c_out = s[0];
    if (s[0] < 0x80 || !(flags & RSL_GLOB_UTF8))
        return 1;
    /* Overlong forms and surrogates need no care: they only have to be taken in one piece on both
     * sides. */
    const size_t length = s[0] >= 0xF0 && s[0] < 0xF8 ? 4 : s[0] >= 0xE0 ? 3 : s[0] >= 0xC0 ? 2 : 1;
    uint32_t c = s[0] & (0x7FU >> length);
    size_t i = 1;
    while (i < length && i < nbytes && (s[i] & 0xC0) == 0x80)
        c = c << 6 | (s[i++] & 0x3FU);
    if (length == 1 || i < length || s[0] >= 0xF8) {
        *c_out = 0x80000000U | s[0];
        return 1;
    }
    *c_out = c;
    return length;
}

static bool is_alpha(uint32_t c)
{
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static bool is_digit(uint32_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_graph(uint32_t c)
{
    return c > ' ' && c < 0x7F;
}

/* The white space of git, which has neither \v nor \f. */
static bool is_space(uint32_t c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Whether c is in the POSIX class called name[0..nbytes); false in *known_out if there is none. */
static bool in_posix_class(const char *name, size_t nbytes, uint32_t c, bool *known_out)
{
    static const char names[12][8] = {"alnum", "alpha", "blank", "cntrl", "digit", "graph",
                                      "lower", "print", "punct", "space", "upper", "xdigit"};
    unsigned i = 0;
    while (i < 12 && (strlen(names[i]) != nbytes || memcmp(names[i], name, nbytes) != 0))
        i++;
    *known_out = i < 12;
    switch (i) {
    case 0: return is_alpha(c) || is_digit(c);
    case 1: return is_alpha(c);
    case 2: return c == ' ' || c == '\t';
    case 3: return c < ' ' || c == 0x7F;
    case 4: return is_digit(c);
    case 5: return is_graph(c);
    case 6: return c >= 'a' && c <= 'z';
    case 7: return is_graph(c) || c == ' ';
    case 8: return is_graph(c) && !is_alpha(c) && !is_digit(c);
    case 9: return is_space(c);
    case 10: return c >= 'A' && c <= 'Z';
    case 11: return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
    default: return false;
    }
}

/* Reads the class whose '[' is p[0] and says whether c is in it. Returns the length of the class,
 * or 0 if it is malformed. */
static size_t match_class(const char *p, size_t nbytes, uint32_t c, unsigned flags,
                          bool *matched_out)
{
    size_t at = 1;
    const bool negated = at < nbytes && (p[at] == '!' || p[at] == '^');
    at += negated;
    bool matched = false;
    bool has_low = false; /* `low` may begin a range */
    uint32_t low = 0;
    /* A ']' that comes first is a member. */
    for (bool first = true;; first = false) {
        if (at >= nbytes)
            return 0;
        if (p[at] == ']' && !first)
            break;
        if (p[at] == '-' && has_low && at + 1 < nbytes && p[at + 1] != ']') {
            at++;
            if (p[at] == '\\' && ++at >= nbytes)
                return 0;
            uint32_t high = 0;
            at += decode(p + at, nbytes - at, flags, &high);
            matched |= c >= low && c <= high;
            has_low = false;
            continue;
        }
        if (p[at] == '[' && at + 1 < nbytes && p[at + 1] == ':') {
            const char *name = p + at + 2;
            const char *end = memchr(name, ']', nbytes - at - 2);
            if (end == NULL)
                return 0;
            if (end > name && end[-1] == ':') {
                bool known = false;
                matched |= in_posix_class(name, (size_t)(end - 1 - name), c, &known);
                if (!known)
                    return 0;
                at = (size_t)(end + 1 - p);
                has_low = false;
                continue;
            }
        } else if (p[at] == '\\' && ++at >= nbytes) {
            return 0;
        }
        at += decode(p + at, nbytes - at, flags, &low);
        matched |= c == low;
        has_low = true;
    }
    *matched_out = matched != negated;
    return at + 1;
}

/* Where to go on when what was tried does not match: at p[pattern] with one character, or one path
 * component, more of the text taken by the stars before. */
struct retry {
    size_t pattern, text;
    bool set;
};

/* Only the last star, and the last "**", ever need to be tried again: whatever an earlier one could
 * take instead, the later one can take as well. A '/' pins the single stars before it, since they
 * cannot take it. */
bool rsl_glob_match(const char *pattern, size_t pattern_nbytes, const char *text,
                    size_t text_nbytes, unsigned flags)
{
    const bool path = flags & RSL_GLOB_PATH;
    struct retry star = {0}, deep = {0};
    bool deep_by_component = false;
    size_t p = 0, t = 0;
    for (;;) {
        if (p < pattern_nbytes && pattern[p] == '*') {
            const size_t first = p;
            while (p < pattern_nbytes && pattern[p] == '*')
                p++;
            const bool ends = p == pattern_nbytes;
            const bool slash = !ends && pattern[p] == '/';
            const bool escaped_slash =
                p + 1 < pattern_nbytes && pattern[p] == '\\' && pattern[p + 1] == '/';
            const bool crosses =
                !path || (p - first > 1 && (first == 0 || pattern[first - 1] == '/') &&
                          (ends || slash || escaped_slash));
            if (ends && (crosses || memchr(text + t, '/', text_nbytes - t) == NULL))
                return true;
            if (crosses) {
                deep_by_component = path && slash;
                p += deep_by_component;
                deep = (struct retry){p, t, true};
                star.set = false;
                continue;
            }
            if (!ends) {
                star = (struct retry){p, t, true};
                continue;
            }
        } else if (p == pattern_nbytes) {
            if (t == text_nbytes)
                return true;
        } else if (t < text_nbytes) {
            uint32_t c = (uint8_t)text[t];
            if (pattern[p] == '?' || pattern[p] == '[') {
                const size_t length = decode(text + t, text_nbytes - t, flags, &c);
                bool matched = pattern[p] == '?';
                const size_t taken =
                    matched ? 1 : match_class(pattern + p, pattern_nbytes - p, c, flags, &matched);
                if (taken == 0)
                    return false;
                if (matched && !(path && c == '/')) {
                    p += taken;
                    t += length;
                    continue;
                }
            } else {
                const size_t escape = pattern[p] == '\\';
                if (p + escape == pattern_nbytes)
                    return false;
                if (pattern[p + escape] == text[t]) {
                    p += escape + 1;
                    t++;
                    continue;
                }
            }
        }
        /* No match this way. */
        uint32_t c = 0;
        if (star.set && star.text < text_nbytes && !(path && text[star.text] == '/')) {
            star.text += decode(text + star.text, text_nbytes - star.text, flags, &c);
            p = star.pattern;
            t = star.text;
            continue;
        }
        star.set = false;
        if (!deep.set || deep.text >= text_nbytes)
            return false;
        if (deep_by_component) {
            const char *slash = memchr(text + deep.text, '/', text_nbytes - deep.text);
            if (slash == NULL)
                return false;
            deep.text = (size_t)(slash + 1 - text);
        } else {
            deep.text += decode(text + deep.text, text_nbytes - deep.text, flags, &c);
        }
        p = deep.pattern;
        t = deep.text;
    }
}

size_t rsl_glob_class_length(const char *pattern, size_t nbytes, unsigned flags)
{
    bool matched = false;
    return match_class(pattern, nbytes, 0, flags, &matched);
}

bool rsl_glob_is_valid(const char *pattern, size_t nbytes, unsigned flags)
{
    for (size_t at = 0; at < nbytes; at++) {
        if (pattern[at] == '[') {
            const size_t length = rsl_glob_class_length(pattern + at, nbytes - at, flags);
            if (length == 0)
                return false;
            at += length - 1;
        } else if (pattern[at] == '\\' && ++at == nbytes) {
            return false;
        }
    }
    return true;
}

size_t rsl_glob_literal_prefix(const char *pattern, size_t nbytes)
{
    size_t n = 0;
    while (n < nbytes && pattern[n] != '*' && pattern[n] != '?' && pattern[n] != '[' &&
           pattern[n] != '\\')
        n++;
    return n;
}
