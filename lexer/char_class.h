/* char_class.h - what one byte can be, as bits in a table of 256.
 *
 * Only for ASCII do the bits tell the whole truth; bytes of 0x80 and above have RSL_CC_HIGH and
 * need decoding (rsl_ident_start, rsl_ident_continue, rsl_whitespace_length below). */
#ifndef RSL_LEXER_CHAR_CLASS_H
#define RSL_LEXER_CHAR_CLASS_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define RSL_CC_IDENT_START    1u   /* A-Z a-z _ */
#define RSL_CC_IDENT_CONTINUE 2u   /* A-Z a-z _ 0-9 */
#define RSL_CC_DIGIT          4u   /* 0-9 */
#define RSL_CC_HEX_DIGIT      8u   /* 0-9 A-F a-f */
#define RSL_CC_WHITESPACE     16u  /* \t \n \v \f \r and space */
#define RSL_CC_PUNCTUATION    32u  /* a token of its own: ;,.(){}[]@#~?:$=!<>-&|+*^%/ */
#define RSL_CC_HIGH           64u  /* 0x80 and above */
#define RSL_CC_AFTER_PREFIX   128u /* " ' and #: they make a prefix of the word before them */

extern const uint8_t rsl_char_class[256];

static inline bool rsl_is(uint8_t byte, unsigned classes)
{
    return (rsl_char_class[byte] & classes) != 0;
}

/* The length in bytes of the code point at p if it starts (goes on in) an identifier as Rust has
 * it, XID and `_`, else 0. A NUL must lie behind the source. Any thread. O(1). */
unsigned rsl_ident_start(const uint8_t *p);
unsigned rsl_ident_continue(const uint8_t *p);

/* The same for a code point with the Unicode property Pattern_White_Space. */
unsigned rsl_whitespace_length(const uint8_t *p);

/* The same for an emoji beyond ASCII. */
unsigned rsl_emoji_length(const uint8_t *p);

/* One past the last identifier character at or behind p. For identifiers that leave ASCII. */
const uint8_t *rsl_ident_rest(const uint8_t *p);

#ifdef __cplusplus
}
#endif

#endif
