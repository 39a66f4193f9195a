/* utf8.h - decoding and checking UTF-8 (Unicode Standard, section 3.9, table 3-7).
 *
 * A bad sequence is the longest start of a well-formed sequence that goes no further, or else one
 * byte: the unit that Unicode recommends replacing by one U+FFFD, and that Rust's
 * String::from_utf8_lossy does replace. */
#ifndef RSL_LEXER_UTF8_H
#define RSL_LEXER_UTF8_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define RSL_UTF8_BAD UINT32_C(0xFFFFFFFF)

/* Decodes the code point at p into *code_point_out and returns its length in bytes, 1 to 4; for a
 * bad sequence that is its length and the code point is RSL_UTF8_BAD. Never reads behind a byte
 * that is no continuation byte, so that a NUL behind the source ends it. Any thread. O(1). */
unsigned rsl_utf8_decode(const uint8_t *p, uint32_t *code_point_out);

/* The offset of the first byte of the first bad sequence in src[0..nbytes), or nbytes if there is
 * none. RSL_PAD readable zero bytes must follow. Any thread. O(nbytes). */
size_t rsl_utf8_validate(const uint8_t *src, size_t nbytes);

#ifdef __cplusplus
}
#endif

#endif
