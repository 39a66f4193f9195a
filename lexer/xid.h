/* xid.h - which code points make identifiers (Unicode Standard Annex 31, XID) and which are emoji.
 *
 * Unicode 16.0.0, the version that rustc_lexer 0.87 reads. The table is made by tools/gen_xid.py.
 */
#ifndef RSL_LEXER_XID_H
#define RSL_LEXER_XID_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define RSL_XID_START    1u /* XID_Start; `_`, which Rust adds, is not in it */
#define RSL_XID_CONTINUE 2u /* XID_Continue */
#define RSL_XID_EMOJI    4u /* Emoji, beyond ASCII only */

/* The RSL_XID_* bits of a code point; 0 for what is no code point. Any thread. O(1). */
unsigned rsl_xid_class(uint32_t code_point);

/* "16.0.0". */
const char *rsl_xid_unicode_version(void);

#ifdef __cplusplus
}
#endif

#endif
