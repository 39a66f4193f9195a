/* outline.h - items as an indented list for people. */
#ifndef RSL_TOOLS_OUTLINE_H
#define RSL_TOOLS_OUTLINE_H

#include "parser/parser.h"
#include "tools/text_buffer.h"

/* A line an item: its line number, indentation by nesting, and its signature with white space
 * folded. src: what was parsed into `file`. Control characters are written as `?`. */
void rsl_outline_put(struct rsl_text_buffer *out, const struct rsl_file *file, const uint8_t *src);

#endif
