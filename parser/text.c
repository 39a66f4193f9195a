#include "parser/text.h"

#include "lexer/scan.h"

#include <string.h>

struct sink {
    char *buffer;
    size_t capacity, nbytes;
};

static void begin(struct sink *sink, char *buffer, size_t capacity)
{
    sink->buffer = buffer;
    sink->capacity = capacity;
    sink->nbytes = 0;
}

static void put(struct sink *sink, const void *bytes, size_t nbytes)
{
    if (sink->nbytes < sink->capacity) {
        size_t room = sink->capacity - sink->nbytes;
        memcpy(sink->buffer + sink->nbytes, bytes, nbytes < room ? nbytes : room);
    }
    sink->nbytes += nbytes;
}

/* Behind the token at p, as far as white space and comments inside it are concerned: literals in
 * one piece, anything else byte by byte. */
static const uint8_t *cross_token(const uint8_t *p, const uint8_t *end)
{
    bool ok;
    unsigned nhashes;
    const uint8_t *after = rsl_scan_ident(p, end);
    if (after > p) {
        if ((*after == '"' || *after == '#') && after[-1] == 'r' && after - p <= 2 &&
            (*after == '"' || after[1] == '"' || after[1] == '#'))
            return rsl_scan_raw_string(after, end, &nhashes, &ok);
        return after;
    }
    if (*p == '"')
        return rsl_scan_string(p + 1, end, &ok);
    if (*p == '\'')
        return rsl_scan_quote(p + 1, end);
    if (*p == '/' && (p[1] == '/' || p[1] == '*')) /* a doc comment: a token like others */
        return p[1] == '/' ? rsl_scan_line_comment(p, end)
                           : rsl_scan_block_comment(p + 2, end, &ok);
    return p + 1;
}

static void put_spaced(struct sink *sink, const uint8_t *p, const uint8_t *end,
                       const char *separator)
{
    if (p < end)
        p = rsl_scan_trivia(p, end);
    while (p < end) {
        const uint8_t *after = cross_token(p, end);
        if (after >= end) { /* what stands behind the span may be a comment; it is not looked at */
            put(sink, p, (size_t)(end - p));
            return;
        }
        put(sink, p, (size_t)(after - p));
        p = rsl_scan_trivia(after, end);
        if (p > after && p < end)
            put(sink, separator, strlen(separator));
    }
}

size_t rsl_text_normalized(const uint8_t *src, struct rsl_span span, char *buffer, size_t capacity)
{
    struct sink sink;
    begin(&sink, buffer, capacity);
    put_spaced(&sink, src + span.start, src + span.end, " ");
    return sink.nbytes;
}

size_t rsl_text_path(const uint8_t *src, struct rsl_span span, char *buffer, size_t capacity)
{
    struct sink sink;
    begin(&sink, buffer, capacity);
    put_spaced(&sink, src + span.start, src + span.end, "");
    return sink.nbytes;
}

size_t rsl_text_use_path(const struct rsl_file *file, const uint8_t *src,
                         const struct rsl_item *leaf, char *buffer, size_t capacity)
{
    /* The chain leads from the leaf to the root, the text the other way: measure, then fill from
     * the back. */
    struct sink sink;
    begin(&sink, buffer, capacity);
    size_t total = 0;
    const struct rsl_use_prefix *node;
    for (uint32_t i = leaf->use_prefix; i != RSL_NONE; i = node->parent) {
        node = &file->use_prefixes[i];
        size_t n = rsl_text_path(src, node->segments, NULL, 0);
        total += (node->global ? 2 : 0) + n + (n > 0 ? 2 : 0);
    }
    size_t at = total;
    for (uint32_t i = leaf->use_prefix; i != RSL_NONE; i = node->parent) {
        node = &file->use_prefixes[i];
        size_t n = rsl_text_path(src, node->segments, NULL, 0);
        at -= (node->global ? 2 : 0) + n + (n > 0 ? 2 : 0);
        sink.nbytes = at;
        if (node->global)
            put(&sink, "::", 2);
        if (n > 0) {
            put_spaced(&sink, src + node->segments.start, src + node->segments.end, "");
            put(&sink, "::", 2);
        }
    }
    sink.nbytes = total;
    put_spaced(&sink, src + leaf->path.start, src + leaf->path.end, "");
    return sink.nbytes;
}

static unsigned hex_value(uint8_t c)
{
    return c <= '9' ? c - 0u - '0' : (c | 0x20u) - 'a' + 10;
}

static void put_code_point(struct sink *sink, uint32_t c)
{
    uint8_t utf8[4];
    size_t n;
    if (c > 0x10FFFF || (c >= 0xD800 && c < 0xE000))
        c = 0xFFFD; /* no character: rustc rejects it, and what is written must be UTF-8 */
    if (c < 0x80) {
        utf8[0] = (uint8_t)c;
        n = 1;
    } else if (c < 0x800) {
        utf8[0] = (uint8_t)(0xC0 | c >> 6);
        n = 2;
    } else if (c < 0x10000) {
        utf8[0] = (uint8_t)(0xE0 | c >> 12);
        n = 3;
    } else {
        utf8[0] = (uint8_t)(0xF0 | (c >> 18 & 7));
        n = 4;
    }
    for (size_t i = 1; i < n; i++)
        utf8[i] = (uint8_t)(0x80 | (c >> 6 * (n - 1 - i) & 0x3F));
    put(sink, utf8, n);
}

size_t rsl_text_unescaped(const uint8_t *src, struct rsl_span span, char *buffer, size_t capacity)
{
    struct sink sink;
    begin(&sink, buffer, capacity);
    const uint8_t *p = src + span.start, *end = src + span.end;
    while (p < end) {
        if (*p != '\\') {
            const bool crlf = p[0] == '\r' && p + 1 < end && p[1] == '\n';
            put(&sink, p + crlf, 1);
            p += 1 + crlf;
            continue;
        }
        p++;
        switch (*p++) {
        case 'n': put(&sink, "\n", 1); break;
        case 'r': put(&sink, "\r", 1); break;
        case 't': put(&sink, "\t", 1); break;
        case '0': put(&sink, "", 1); break;
        case 'x': {
            uint32_t c = 0;
            for (int i = 0; i < 2 && p < end && rsl_is(*p, RSL_CC_HEX_DIGIT); i++)
                c = c << 4 | hex_value(*p++);
            put_code_point(&sink, c);
            break;
        }
        case 'u': {
            uint32_t c = 0;
            if (p < end && *p == '{')
                p++;
            for (; p < end && (rsl_is(*p, RSL_CC_HEX_DIGIT) || *p == '_'); p++)
                c = *p == '_' ? c : (c << 4 | hex_value(*p)) & 0x1FFFFF;
            if (p < end && *p == '}')
                p++;
            put_code_point(&sink, c);
            break;
        }
        case '\r':
        case '\n': /* the newline and the next line's indentation */
            while (p < end && rsl_is(*p, RSL_CC_WHITESPACE))
                p++;
            break;
        default: put(&sink, p - 1, 1);
        }
    }
    return sink.nbytes;
}

size_t rsl_text_literal(const uint8_t *src, struct rsl_span span, char *buffer, size_t capacity)
{
    const bool is_raw = span.start < span.end && src[span.start] == 'r';
    while (span.start < span.end && src[span.start] != '"')
        span.start++;
    while (span.end > span.start && src[span.end - 1] != '"')
        span.end--;
    if (span.end - span.start >= 2) {
        span.start++;
        span.end--;
    }
    if (!is_raw)
        return rsl_text_unescaped(src, span, buffer, capacity);
    struct sink sink;
    begin(&sink, buffer, capacity);
    put(&sink, src + span.start, span.end - span.start);
    return sink.nbytes;
}
