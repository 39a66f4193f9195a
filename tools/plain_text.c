#include "tools/plain_text.h"

#include <stdbool.h>
#include <string.h>

#include "lexer/utf8.h"

/* Of those that are not control characters. */
static bool steers(uint32_t code_point)
{
    return (code_point >= 0x2028 && code_point <= 0x202E) ||
           (code_point >= 0x2066 && code_point <= 0x2069);
}

size_t rsl_plain_text_character(const char *text, size_t nbytes, bool *obeyed_out)
{
    const unsigned char first = (unsigned char)*text;
    *obeyed_out = first < ' ' || first == 0x7F;
    if (first < 0x80)
        return 1;
    uint8_t character[4] = {0}; /* a NUL ends what is cut off */
    uint32_t code_point;
    memcpy(character, text, nbytes < sizeof character ? nbytes : sizeof character);
    const size_t n = rsl_utf8_decode(character, &code_point);
    if (code_point == RSL_UTF8_BAD) {
        *obeyed_out = first < 0xA0;
        return 1;
    }
    *obeyed_out = code_point < 0xA0 || steers(code_point);
    return n;
}

size_t rsl_plain_text(char *to, const char *text, size_t nbytes, const char *kept)
{
    char *end = to;
    for (size_t i = 0; i < nbytes;) {
        bool obeyed;
        const size_t n = rsl_plain_text_character(text + i, nbytes - i, &obeyed);
        if (obeyed && (text[i] == 0 || strchr(kept, text[i]) == NULL)) {
            *end++ = '?';
        } else {
            memmove(end, text + i, n);
            end += n;
        }
        i += n;
    }
    return (size_t)(end - to);
}
