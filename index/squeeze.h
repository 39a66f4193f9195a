/* squeeze.h - what of a piece of source is left when only its tokens count. */
#ifndef RSL_INDEX_SQUEEZE_H
#define RSL_INDEX_SQUEEZE_H

#include <stdbool.h>
#include <stdint.h>

/* What must follow what is squeezed, and be free behind what is written. */
enum { RSL_SQUEEZE_ROOM = 8 };

/* Copies the source in [start, end) without its comments and white space; where tokens would become
 * others, a space stays. Strings, characters and lifetimes are copied as they are. `to` has room
 * for all of it and RSL_SQUEEZE_ROOM bytes; RSL_PAD bytes follow the source that the piece is of.
 * Returns the end of what was written. O(bytes). Any thread. */
char *rsl_squeeze(char *to, const uint8_t *start, const uint8_t *end);

/* Whether the byte may be one of an identifier. */
static inline bool rsl_squeeze_is_word(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c >= 0x80;
}

static inline bool rsl_squeeze_is_space(uint8_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

#endif
