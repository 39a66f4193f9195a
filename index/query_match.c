/* Whether a name matches. */
#include "index/query.h"

#include <string.h>

#include "index/pack_names.h"

static bool same_byte(const struct rsl_query *query, uint8_t a, uint8_t b)
{
    return query->case_sensitive ? a == b : rsl_names_fold(a) == rsl_names_fold(b);
}

static bool starts_with(const struct rsl_query *query, const uint8_t *name, size_t nbytes,
                        const uint8_t *text, size_t text_nbytes)
{
    if (nbytes < text_nbytes)
        return false;
    for (size_t i = 0; i < text_nbytes; i++) {
        if (!same_byte(query, name[i], text[i]))
            return false;
    }
    return true;
}

static bool is_upper(uint8_t c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

/* Whether a word begins at name[i]: HTTPServer2_x is HTTP Server 2 x. */
static bool begins_word(const uint8_t *name, size_t nbytes, size_t i)
{
    if (name[i] == '_')
        return false;
    if (i == 0 || name[i - 1] == '_')
        return true;
    if (is_digit(name[i]))
        return !is_digit(name[i - 1]);
    if (!is_upper(name[i]))
        return false;
    return !is_upper(name[i - 1]) || (i + 1 < nbytes && name[i + 1] != '_' &&
                                      !is_upper(name[i + 1]) && !is_digit(name[i + 1]));
}

static size_t next_word(const uint8_t *name, size_t nbytes, size_t i)
{
    while (i < nbytes && !begins_word(name, nbytes, i))
        i++;
    return i;
}

/* Whether text is made of beginnings of the words from name[at], where one begins. Tries the
 * longest beginning first; a capital behind a small letter begins a word; the depth is that of the
 * words that text can reach. */
// NOLINTNEXTLINE(misc-no-recursion): at most MOST_INITIALS deep
static bool match_words(const struct rsl_query *query, const uint8_t *name, size_t nbytes,
                        size_t at, const uint8_t *text, size_t text_nbytes)
{
    if (text_nbytes == 0)
        return true;
    if (at >= nbytes)
        return false;
    const size_t next = next_word(name, nbytes, at + 1);
    size_t n = 0;
    while (n < text_nbytes && at + n < next && name[at + n] != '_' &&
           same_byte(query, name[at + n], text[n]) &&
           (n == 0 || !is_upper(text[n]) || is_upper(text[n - 1])))
        n++;
    for (; n > 0; n--) {
        if (match_words(query, name, nbytes, next, text + n, text_nbytes - n))
            return true;
    }
    return false;
}

/* Longer ones are no initials; it also bounds the depth of match_words. */
enum { MOST_INITIALS = 32 };

static bool match_initials(const struct rsl_query *query, const uint8_t *name, size_t nbytes,
                           const uint8_t *text, size_t text_nbytes)
{
    const size_t first = next_word(name, nbytes, 0);
    return text_nbytes <= MOST_INITIALS && first < nbytes && same_byte(query, name[first], *text) &&
           match_words(query, name, nbytes, first, text, text_nbytes);
}

/* Every name of a tree comes here, so it looks for the first byte, in both its cases, at first. */
static bool contains(const struct rsl_query *query, const uint8_t *name, size_t nbytes,
                     const uint8_t *text, size_t text_nbytes)
{
    if (nbytes < text_nbytes)
        return false;
    const uint8_t small = query->case_sensitive ? *text : rsl_names_fold(*text);
    const bool is_letter = !query->case_sensitive && small >= 'a' && small <= 'z';
    const uint8_t other = is_letter ? small - ('a' - 'A') : small;
    for (size_t i = 0; i <= nbytes - text_nbytes; i++) {
        if ((name[i] == small || name[i] == other) &&
            starts_with(query, name + i + 1, nbytes - i - 1, text + 1, text_nbytes - 1))
            return true;
    }
    return false;
}

enum rsl_query_match rsl_query_match_name(const struct rsl_query *query, const uint8_t *name,
                                          size_t nbytes)
{
    const uint8_t *text = (const uint8_t *)(query->text != NULL ? query->text : "");
    const size_t n = strlen((const char *)text);
    if (starts_with(query, name, nbytes, text, n)) {
        if (n == nbytes)
            return RSL_MATCH_EXACT;
        return query->mode == RSL_QUERY_EXACT && n > 0 ? RSL_MATCH_NONE : RSL_MATCH_PREFIX;
    }
    if (query->mode != RSL_QUERY_RANKED)
        return RSL_MATCH_NONE;
    if (match_initials(query, name, nbytes, text, n))
        return RSL_MATCH_INITIALS;
    return contains(query, name, nbytes, text, n) ? RSL_MATCH_SUBSTRING : RSL_MATCH_NONE;
}
