/* Strings, numbers, booleans, dates and times. */
#include "index/toml_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lexer/utf8.h"

/* Control characters other than tab; a line end in a multi-line string is looked at before. */
static bool is_control(uint8_t c)
{
    return (c < 0x20 && c != '\t') || c == 0x7F;
}

static bool is_digit(uint8_t c)
{
    return (unsigned)c - '0' < 10;
}

/* The value of a digit in any base up to 16; 16 for what is none. */
static unsigned digit_value(uint8_t c)
{
    if (is_digit(c))
        return c - (unsigned)'0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - (unsigned)'a' + 10 : 16;
}

/* ---- strings ---- */

static char *put_code_point(char *to, uint32_t c)
{
    if (c < 0x80) {
        *to++ = (char)c;
    } else if (c < 0x800) {
        *to++ = (char)(0xC0 | c >> 6);
        *to++ = (char)(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
        *to++ = (char)(0xE0 | c >> 12);
        *to++ = (char)(0x80 | (c >> 6 & 0x3F));
        *to++ = (char)(0x80 | (c & 0x3F));
    } else {
        *to++ = (char)(0xF0 | c >> 18);
        *to++ = (char)(0x80 | (c >> 12 & 0x3F));
        *to++ = (char)(0x80 | (c >> 6 & 0x3F));
        *to++ = (char)(0x80 | (c & 0x3F));
    }
    return to;
}

/* The escape whose backslash is at p; what it stands for goes to *to. Never longer than what was
 * written. */
static bool read_escape(struct toml_reader *r, bool multi_line, char **to)
{
    const uint8_t *backslash = r->p++;
    unsigned ndigits = 0;
    switch (*r->p++) {
    case 'b': *(*to)++ = '\b'; return true;
    case 't': *(*to)++ = '\t'; return true;
    case 'n': *(*to)++ = '\n'; return true;
    case 'f': *(*to)++ = '\f'; return true;
    case 'r': *(*to)++ = '\r'; return true;
    case 'e':
        if (!r->version_1_1)
            return rsl_toml_fail(r, backslash, RSL_TOML_ERROR_BAD_ESCAPE);
        *(*to)++ = '\x1B';
        return true;
    case 'x':
        if (!r->version_1_1)
            return rsl_toml_fail(r, backslash, RSL_TOML_ERROR_BAD_ESCAPE);
        ndigits = 2;
        break;
    case '"': *(*to)++ = '"'; return true;
    case '\\': *(*to)++ = '\\'; return true;
    case 'u': ndigits = 4; break;
    case 'U': ndigits = 8; break;
    default: /* a line end that is no part of the string, with all white space behind it */
        r->p--;
        toml_skip_blanks(r);
        if (!multi_line || toml_newline(r->p) == 0)
            return rsl_toml_fail(r, backslash, RSL_TOML_ERROR_BAD_ESCAPE);
        do {
            r->p += toml_newline(r->p);
            toml_skip_blanks(r);
        } while (toml_newline(r->p) > 0);
        return true;
    }
    uint32_t c = 0;
    for (; ndigits > 0; ndigits--) {
        const unsigned digit = digit_value(*r->p);
        if (digit == 16)
            return rsl_toml_fail(r, backslash, RSL_TOML_ERROR_BAD_ESCAPE);
        c = c << 4 | digit;
        r->p++;
    }
    if (c > 0x10FFFF || (c >= 0xD800 && c < 0xE000))
        return rsl_toml_fail(r, backslash, RSL_TOML_ERROR_BAD_CODE_POINT);
    *to = put_code_point(*to, c);
    return true;
}

/* Behind the string's last byte, which is before the closing quotes, as far as that can be told
 * without looking at escapes: an upper bound for its length. */
static const uint8_t *find_close(const uint8_t *p, const uint8_t *end, uint8_t quote, bool multi)
{
    for (; p < end; p++) {
        if (*p == '\\' && quote == '"')
            p++;
        else if (multi ? *p == quote && p[1] == quote && p[2] == quote : *p == quote || *p == '\n')
            break;
    }
    return p < end ? p : end;
}

/* How many of the quotes at p belong to a multi-line string that ends there: up to two before the
 * three that close it. */
static unsigned quotes_inside(const uint8_t *p, uint8_t quote)
{
    return p[3] != quote ? 0 : p[4] != quote ? 1 : 2;
}

bool rsl_toml_read_string(struct toml_reader *r, bool multi_line, struct rsl_toml_text *text_out)
{
    const uint8_t *open = r->p;
    const uint8_t quote = *open;
    const bool multi = multi_line && open[1] == quote && open[2] == quote;
    r->p += multi ? 3 : 1;
    if (multi)
        r->p += toml_newline(r->p); /* a line end right behind the quotes is no part of it */
    const uint8_t *close = find_close(r->p, r->end, quote, multi);
    char *bytes = rsl_toml_allocate(r, (size_t)(close - r->p) + 3, 1);
    if (bytes == NULL)
        return false;
    char *to = bytes;
    for (;;) {
        const uint8_t c = *r->p;
        if (c == quote && !multi) {
            r->p++;
            break;
        }
        if (c == quote && r->p[1] == quote && r->p[2] == quote) {
            for (unsigned n = quotes_inside(r->p, quote); n > 0; n--) {
                *to++ = (char)quote;
                r->p++;
            }
            r->p += 3;
            break;
        }
        if (c == '\\' && quote == '"') {
            if (!read_escape(r, multi, &to))
                return false;
        } else if (multi && toml_newline(r->p) > 0) {
            *to++ = '\n';
            r->p += toml_newline(r->p);
        } else if (is_control(c)) {
            if (r->p >= r->end || toml_newline(r->p) > 0)
                return rsl_toml_fail(r, open, RSL_TOML_ERROR_UNTERMINATED_STRING);
            return rsl_toml_fail(r, r->p, RSL_TOML_ERROR_CONTROL_CHARACTER);
        } else {
            *to++ = (char)c;
            r->p++;
        }
    }
    *to = '\0';
    *text_out = (struct rsl_toml_text){.bytes = bytes, .nbytes = (size_t)(to - bytes)};
    return true;
}

bool rsl_toml_copy(struct toml_reader *r, const uint8_t *from, const uint8_t *to,
                   struct rsl_toml_text *text_out)
{
    const size_t nbytes = (size_t)(to - from);
    char *bytes = rsl_toml_allocate(r, nbytes + 1, 1);
    if (bytes == NULL)
        return false;
    memcpy(bytes, from, nbytes);
    bytes[nbytes] = '\0';
    *text_out = (struct rsl_toml_text){.bytes = bytes, .nbytes = nbytes};
    return true;
}

/* ---- dates and times ---- */

/* `n` digits at p, as a number between least and most. */
static bool digits(const uint8_t *p, unsigned n, unsigned least, unsigned most, unsigned *out)
{
    unsigned value = 0;
    for (unsigned i = 0; i < n; i++) {
        if (!is_digit(p[i]))
            return false;
        value = value * 10 + (p[i] - (unsigned)'0');
    }
    *out = value;
    return value >= least && value <= most;
}

static unsigned days_in_month(unsigned year, unsigned month)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap ? 1u : 0u);
}

/* `07:32:00` with an optional fraction; in 1.1 also `07:32`. */
static bool read_time(struct toml_reader *r, struct rsl_toml_datetime *out)
{
    unsigned hour, minute, second = 0;
    const uint8_t *p = r->p;
    if (!digits(p, 2, 0, 23, &hour) || p[2] != ':' || !digits(p + 3, 2, 0, 59, &minute))
        return rsl_toml_fail(r, p, RSL_TOML_ERROR_BAD_DATE);
    p += 5;
    const bool has_second = *p == ':';
    if (has_second ? !digits(p + 1, 2, 0, 60, &second) : !r->version_1_1)
        return rsl_toml_fail(r, r->p, RSL_TOML_ERROR_BAD_DATE);
    p += has_second ? 3 : 0;
    if (has_second && *p == '.') {
        if (!is_digit(p[1]))
            return rsl_toml_fail(r, p, RSL_TOML_ERROR_BAD_DATE);
        uint32_t unit = 100000000;
        for (p++; is_digit(*p); p++) {
            out->nanosecond += unit * (*p - (uint32_t)'0');
            unit /= 10;
        }
    }
    out->has_time = true;
    out->hour = (uint8_t)hour;
    out->minute = (uint8_t)minute;
    out->second = (uint8_t)second;
    r->p = p;
    return true;
}

static bool read_offset(struct toml_reader *r, struct rsl_toml_datetime *out)
{
    const uint8_t *p = r->p;
    if (*p == 'Z' || *p == 'z') {
        out->has_offset = true;
        r->p++;
    } else if (*p == '+' || *p == '-') {
        unsigned hours, minutes;
        if (!digits(p + 1, 2, 0, 23, &hours) || p[3] != ':' || !digits(p + 4, 2, 0, 59, &minutes))
            return rsl_toml_fail(r, p, RSL_TOML_ERROR_BAD_DATE);
        out->has_offset = true;
        out->offset_minutes = (int16_t)((*p == '-' ? -1 : 1) * (int)(hours * 60 + minutes));
        r->p += 6;
    }
    return true;
}

static bool read_datetime(struct toml_reader *r, struct rsl_toml_value *value)
{
    struct rsl_toml_datetime *out = &value->as.datetime;
    const uint8_t *p = r->p;
    value->kind = RSL_TOML_DATETIME;
    *out = (struct rsl_toml_datetime){.has_date = false};
    if (p[2] == ':')
        return read_time(r, out);
    unsigned year, month, day;
    if (!digits(p, 4, 0, 9999, &year) || !digits(p + 5, 2, 1, 12, &month) || p[7] != '-' ||
        !digits(p + 8, 2, 1, days_in_month(year, month), &day))
        return rsl_toml_fail(r, p, RSL_TOML_ERROR_BAD_DATE);
    out->has_date = true;
    out->year = (uint16_t)year;
    out->month = (uint8_t)month;
    out->day = (uint8_t)day;
    r->p += 10;
    const bool spaced = *r->p == ' ' && is_digit(r->p[1]);
    if (!spaced && *r->p != 'T' && *r->p != 't')
        return true;
    r->p++;
    return read_time(r, out) && read_offset(r, out);
}

/* ---- numbers ---- */

/* Crosses digits of the base with single underscores between them; *after_out is p if there is no
 * digit. */
static const uint8_t *cross_digits(const uint8_t *p, unsigned base)
{
    if (digit_value(*p) >= base)
        return p;
    for (p++;; p++) {
        if (digit_value(*p) < base)
            continue;
        if (*p != '_' || digit_value(p[1]) >= base)
            return p;
    }
}

/* The digits [p, end), with underscores, of which `negative` tells the sign. */
static bool to_integer(const uint8_t *p, const uint8_t *end, unsigned base, bool negative,
                       int64_t *out)
{
    const uint64_t most = (uint64_t)INT64_MAX + (negative ? 1 : 0);
    uint64_t value = 0;
    for (; p < end; p++) {
        if (*p == '_')
            continue;
        const unsigned digit = digit_value(*p);
        if (value > (most - digit) / base)
            return false;
        value = value * base + digit;
    }
    *out = negative ? (int64_t)(0 - value) : (int64_t)value;
    return true;
}

/* The float [p, end), which is well formed. strtod wants the decimal point of the current locale,
 * so it is given none: 12.5e3 as 125e2. */
static bool to_float(struct toml_reader *r, const uint8_t *p, const uint8_t *end, double *out)
{
    char *text = rsl_toml_allocate(r, (size_t)(end - p) + 32, 1);
    if (text == NULL)
        return false;
    char *to = text;
    int64_t exponent = 0;
    bool fraction = false;
    for (; p < end && *p != 'e' && *p != 'E'; p++) {
        if (*p == '.')
            fraction = true;
        if (*p == '.' || *p == '_')
            continue;
        *to++ = (char)*p;
        exponent -= fraction;
    }
    if (p < end) {
        const bool negative = p[1] == '-';
        p += p[1] == '-' || p[1] == '+' ? 2 : 1;
        int64_t written;
        const int64_t huge = INT64_C(1) << 48; /* beyond any digits that a document can hold */
        if (!to_integer(p, end, 10, false, &written) || written > huge)
            written = huge;
        exponent += negative ? -written : written;
    }
    *to++ = 'e';
    *to++ = exponent < 0 ? '-' : '+';
    char reversed[24];
    int n = 0;
    for (uint64_t rest = exponent < 0 ? 0 - (uint64_t)exponent : (uint64_t)exponent;; rest /= 10) {
        reversed[n++] = (char)('0' + rest % 10);
        if (rest < 10)
            break;
    }
    while (n > 0)
        *to++ = reversed[--n];
    *to = '\0';
    *out = strtod(text, NULL);
    return true;
}

static bool read_based(struct toml_reader *r, unsigned base, struct rsl_toml_value *value)
{
    const uint8_t *first = r->p + 2;
    const uint8_t *after = cross_digits(first, base);
    if (after == first)
        return rsl_toml_fail(r, r->p, RSL_TOML_ERROR_EXPECTED_VALUE);
    value->kind = RSL_TOML_INTEGER;
    if (!to_integer(first, after, base, false, &value->as.integer))
        return rsl_toml_fail(r, r->p, RSL_TOML_ERROR_INTEGER_TOO_LARGE);
    r->p = after;
    return true;
}

/* `inf` and `nan` behind the sign, at p. */
static bool read_special(struct toml_reader *r, const uint8_t *p, bool negative,
                         struct rsl_toml_value *value)
{
    const bool inf = p[0] == 'i' && p[1] == 'n' && p[2] == 'f';
    if (!inf && (p[0] != 'n' || p[1] != 'a' || p[2] != 'n'))
        return rsl_toml_fail(r, r->p, RSL_TOML_ERROR_EXPECTED_VALUE);
    value->kind = RSL_TOML_FLOAT;
    const double number = inf ? (double)INFINITY : (double)NAN;
    value->as.number = negative ? -number : number;
    r->p = p + 3;
    return true;
}

static bool read_number(struct toml_reader *r, struct rsl_toml_value *value)
{
    const uint8_t *p = r->p;
    const bool negative = *p == '-';
    if (p[0] == '0' && p[1] == 'x')
        return read_based(r, 16, value);
    if (p[0] == '0' && p[1] == 'o')
        return read_based(r, 8, value);
    if (p[0] == '0' && p[1] == 'b')
        return read_based(r, 2, value);
    if (*p == '+' || *p == '-')
        p++;
    if (!is_digit(*p))
        return read_special(r, p, negative, value);
    const uint8_t *first = p;
    p = *p == '0' ? p + 1 : cross_digits(p, 10);
    bool is_float = false;
    if (*p == '.' && is_digit(p[1])) {
        is_float = true;
        p = cross_digits(p + 1, 10);
    }
    if (*p == 'e' || *p == 'E') {
        const uint8_t *exponent = p + (p[1] == '+' || p[1] == '-' ? 2 : 1);
        const uint8_t *after = cross_digits(exponent, 10);
        if (after > exponent) {
            is_float = true;
            p = after;
        }
    }
    if (is_float) {
        value->kind = RSL_TOML_FLOAT;
        if (!to_float(r, first, p, &value->as.number))
            return false;
        value->as.number = negative ? -value->as.number : value->as.number;
    } else {
        value->kind = RSL_TOML_INTEGER;
        if (!to_integer(first, p, 10, negative, &value->as.integer))
            return rsl_toml_fail(r, r->p, RSL_TOML_ERROR_INTEGER_TOO_LARGE);
    }
    r->p = p; /* what may not follow a number is found by whoever reads on */
    return true;
}

bool rsl_toml_read_scalar(struct toml_reader *r, struct rsl_toml_value *value)
{
    const uint8_t *p = r->p;
    switch (*p) {
    case '"':
    case '\'':
        value->kind = RSL_TOML_STRING;
        return rsl_toml_read_string(r, true, &value->as.string);
    case 't':
    case 'f':
        value->kind = RSL_TOML_BOOLEAN;
        value->as.boolean = *p == 't';
        if (r->end - p < 4 || memcmp(p, *p == 't' ? "true" : "fals", 4) != 0 ||
            (*p == 'f' && p[4] != 'e'))
            return rsl_toml_fail(r, p, RSL_TOML_ERROR_EXPECTED_VALUE);
        r->p += *p == 't' ? 4 : 5;
        return true;
    default: break;
    }
    if (is_digit(p[0]) && is_digit(p[1]) &&
        (p[2] == ':' || (is_digit(p[2]) && is_digit(p[3]) && p[4] == '-')))
        return read_datetime(r, value);
    return read_number(r, value);
}
