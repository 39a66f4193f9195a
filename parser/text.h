/* text.h - the parts of an item that are not one span of the source, as text.
 *
 * All functions write at most `capacity` bytes to `buffer`, return how many the whole text has, as
 * snprintf does, and write no NUL. buffer may be NULL if capacity is 0. Any thread.
 */
#ifndef RSL_PARSER_TEXT_H
#define RSL_PARSER_TEXT_H

#include <stddef.h>

#include "parser/parser.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The source of `span` with each run of white space and plain comments made one space, none at the
 * ends. O(span). */
size_t rsl_text_normalized(const uint8_t *src, struct rsl_span span, char *buffer, size_t capacity);

/* The same with none left between the tokens of a path: `a::b`. */
size_t rsl_text_path(const uint8_t *src, struct rsl_span span, char *buffer, size_t capacity);

/* The full path of a use leaf: `a::b::c`, `::a::*`, `a::self`. O(path). */
size_t rsl_text_use_path(const struct rsl_file *file, const uint8_t *src,
                         const struct rsl_item *leaf, char *buffer, size_t capacity);

/* What a string literal between its quotes stands for, escapes resolved; for `#[path = "..."]` and
 * ABIs. */
size_t rsl_text_unescaped(const uint8_t *src, struct rsl_span span, char *buffer, size_t capacity);

/* The same of a whole string literal, raw ones too, with its prefix, quotes and suffix. Nothing for
 * an empty span. */
size_t rsl_text_literal(const uint8_t *src, struct rsl_span span, char *buffer, size_t capacity);

#ifdef __cplusplus
}
#endif

#endif
