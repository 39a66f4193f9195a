#include "index/semver.h"

#include <string.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_identifier_byte(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
}

/* A number at *at, which is moved behind it. */
static bool read_number(const char **at, const char *end, uint64_t *number_out)
{
    const char *const from = *at;
    const char *p = from;
    uint64_t number = 0;
    for (; p < end && is_digit(*p); p++) {
        const uint64_t digit = (uint64_t)(*p - '0');
        if (number > (UINT64_MAX - digit) / 10)
            return false;
        number = number * 10 + digit;
    }
    *at = p;
    *number_out = number;
    return p > from && (*from != '0' || p == from + 1);
}

static bool is_number(const char *text, size_t nbytes)
{
    for (size_t i = 0; i < nbytes; i++) {
        if (!is_digit(text[i]))
            return false;
    }
    return nbytes > 0;
}

/* The bytes of the identifier that text[0..nbytes) begins with. */
static size_t identifier_nbytes(const char *text, size_t nbytes)
{
    const char *const dot = nbytes == 0 ? NULL : memchr(text, '.', nbytes);
    return dot == NULL ? nbytes : (size_t)(dot - text);
}

/* Whether text[0..nbytes) is identifiers with dots between them. */
static bool are_identifiers(const char *text, size_t nbytes, bool leading_zeros)
{
    for (size_t at = 0;; at++) {
        const size_t n = identifier_nbytes(text + at, nbytes - at);
        for (size_t i = 0; i < n; i++) {
            if (!is_identifier_byte(text[at + i]))
                return false;
        }
        if (n == 0 || (!leading_zeros && n > 1 && text[at] == '0' && is_number(text + at, n)))
            return false;
        at += n;
        if (at == nbytes)
            return true;
    }
}

bool rsl_semver_read(const char *text, size_t nbytes, struct rsl_semver *out)
{
    const char *p = text, *end = text + nbytes;
    *out = (struct rsl_semver){.pre = ""};
    const char *const plus = nbytes == 0 ? NULL : memchr(text, '+', nbytes);
    if (plus != NULL) {
        if (!are_identifiers(plus + 1, (size_t)(end - plus - 1), true))
            return false;
        end = plus;
    }
    if (!read_number(&p, end, &out->major) || p == end || *p++ != '.' ||
        !read_number(&p, end, &out->minor) || p == end || *p++ != '.' ||
        !read_number(&p, end, &out->patch))
        return false;
    if (p == end)
        return true;
    if (*p++ != '-')
        return false;
    out->pre = p;
    out->pre_nbytes = (size_t)(end - p);
    return are_identifiers(out->pre, out->pre_nbytes, false);
}

static int compare_numbers(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static int compare_bytes(const char *a, size_t a_nbytes, const char *b, size_t b_nbytes)
{
    const int order = memcmp(a, b, a_nbytes < b_nbytes ? a_nbytes : b_nbytes);
    return order != 0 ? order : compare_numbers(a_nbytes, b_nbytes);
}

static int compare_identifiers(const char *a, size_t a_nbytes, const char *b, size_t b_nbytes)
{
    const bool a_is_number = is_number(a, a_nbytes), b_is_number = is_number(b, b_nbytes);
    if (a_is_number != b_is_number)
        return a_is_number ? -1 : 1;
    if (a_is_number && a_nbytes != b_nbytes) /* without leading zeros */
        return compare_numbers(a_nbytes, b_nbytes);
    return compare_bytes(a, a_nbytes, b, b_nbytes);
}

/* Both have something behind the `-`. */
static int compare_pre(const struct rsl_semver *a, const struct rsl_semver *b)
{
    size_t i = 0, k = 0;
    for (;;) {
        const size_t n = identifier_nbytes(a->pre + i, a->pre_nbytes - i);
        const size_t m = identifier_nbytes(b->pre + k, b->pre_nbytes - k);
        const int order = compare_identifiers(a->pre + i, n, b->pre + k, m);
        if (order != 0)
            return order;
        i += n;
        k += m;
        if (i == a->pre_nbytes || k == b->pre_nbytes)
            return (i < a->pre_nbytes) - (k < b->pre_nbytes);
        i++;
        k++;
    }
}

int rsl_semver_compare(const struct rsl_semver *a, const struct rsl_semver *b)
{
    int order = compare_numbers(a->major, b->major);
    if (order == 0)
        order = compare_numbers(a->minor, b->minor);
    if (order == 0)
        order = compare_numbers(a->patch, b->patch);
    if (order != 0)
        return order;
    if (a->pre_nbytes == 0 || b->pre_nbytes == 0)
        return (a->pre_nbytes == 0) - (b->pre_nbytes == 0);
    return compare_pre(a, b);
}

size_t rsl_semver_cut(const char *text, size_t nbytes)
{
    struct rsl_semver version;
    for (size_t i = 1; i + 1 < nbytes && text[i] != '.'; i++) {
        if (text[i] == '-' && rsl_semver_read(text + i + 1, nbytes - i - 1, &version))
            return i;
    }
    return 0;
}

bool rsl_semver_matches(const char *version, size_t nbytes, const char *wanted)
{
    const size_t n = strlen(wanted);
    if (n > nbytes || memcmp(version, wanted, n) != 0)
        return false;
    if (n == nbytes)
        return true;
    /* Numbers alone, one or two of them. */
    unsigned ndots = 0;
    for (size_t i = 0; i < n; i++) {
        if (wanted[i] == '.')
            ndots++;
        else if (!is_digit(wanted[i]))
            return false;
    }
    return n > 0 && ndots < 2 && is_digit(wanted[n - 1]) && version[n] == '.';
}
