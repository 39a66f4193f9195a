/* frontmatter.h - inside the lexer: the `---` block that may open a cargo script.
 *
 * RFC 3503; where it ends, and what counts as a mistake, is as rustc 1.95 has it. */
#ifndef RSL_LEXER_FRONTMATTER_H
#define RSL_LEXER_FRONTMATTER_H

#include <stdbool.h>
#include <stdint.h>

/* If frontmatter begins at p, white space aside: returns the end of its last line (before the line
 * end), or of what rustc skips when it is not closed, and its first `-` in *from_out. Else NULL.
 * O(bytes crossed). */
const uint8_t *rsl_scan_frontmatter(const uint8_t *p, const uint8_t *end, const uint8_t **from_out);

/* Tells `report` what is wrong with the frontmatter [from, to), bare carriage returns excepted.
 * p: behind the byte order mark, before a shebang. `report` returns whether to go on, and so does
 * this function. */
bool rsl_check_frontmatter(const uint8_t *p, const uint8_t *from, const uint8_t *to,
                           bool (*report)(void *state, const uint8_t *from, const uint8_t *to,
                                          uint16_t code),
                           void *state);

#endif
