/* item_start.h - does an item begin here? The one test for it, used by the crossing at statement
 * boundaries and by the parser behind attributes.
 *
 * Follows rustc's Parser::parse_item_kind and is_crate_vis/is_*_front_matter look-aheads: a
 * keyword that also begins expressions (const, unsafe, async, static, gen, ...) counts only when
 * the next token says item.
 */
#ifndef RSL_LEXER_ITEM_START_H
#define RSL_LEXER_ITEM_START_H

#include <stdbool.h>
#include <stdint.h>

/* Whether an item begins at p, the first byte of an identifier in p..end. Says no for macro calls
 * (`path! name {}`), which are found by their `!`. Any thread. */
bool rsl_item_starts(const uint8_t *p, const uint8_t *end);

#endif
