#include "lexer/utf8.h"

#include "lexer/find.h"

#include <stdbool.h>

static bool is_continuation(uint8_t byte)
{
    return (byte & 0xC0) == 0x80;
}

unsigned rsl_utf8_decode(const uint8_t *p, uint32_t *code_point_out)
{
    uint8_t lead = p[0];
    *code_point_out = RSL_UTF8_BAD;
    if (lead < 0x80) {
        *code_point_out = lead;
        return 1;
    }
    if (lead < 0xC2 || lead > 0xF4) {
        return 1;
    }
    /* The second byte's range depends on the first: no overlong forms, no surrogates, nothing
     * above U+10FFFF. */
    uint8_t low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    uint8_t high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    if (p[1] < low || p[1] > high) {
        return 1;
    }
    if (lead < 0xE0) {
        *code_point_out = (lead & 0x1Fu) << 6 | (p[1] & 0x3Fu);
        return 2;
    }
    if (!is_continuation(p[2])) {
        return 2;
    }
    if (lead < 0xF0) {
        *code_point_out = (lead & 0x0Fu) << 12 | (p[1] & 0x3Fu) << 6 | (p[2] & 0x3Fu);
        return 3;
    }
    if (!is_continuation(p[3])) {
        return 3;
    }
    *code_point_out =
        (lead & 0x07u) << 18 | (p[1] & 0x3Fu) << 12 | (p[2] & 0x3Fu) << 6 | (p[3] & 0x3Fu);
    return 4;
}

size_t rsl_utf8_validate(const uint8_t *src, size_t nbytes)
{
    const uint8_t *p = src;
    const uint8_t *end = src + nbytes;
    for (;;) {
        p = rsl_find_non_ascii(p, end);
        if (p == end) {
            return nbytes;
        }
        /* Text beyond ASCII comes in runs: stay here until the next ASCII byte. */
        while (*p >= 0x80) {
            uint32_t code_point;
            unsigned length = rsl_utf8_decode(p, &code_point);
            if (code_point == RSL_UTF8_BAD) {
                return (size_t)(p - src);
            }
            p += length;
        }
    }
}
