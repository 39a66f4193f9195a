/* jsonl.h - item records as JSON Lines, the project's own format (rustle(1), "RECORDS").
 *
 * A line for the file, a line for each item, a line for each error. Keys stand in a fixed order and
 * are left out when they do not apply. */
#ifndef RSL_TOOLS_JSONL_H
#define RSL_TOOLS_JSONL_H

#include "parser/parser.h"
#include "tools/text_buffer.h"

/* The file's line. status: "ok", "error", "not-utf8" or "io-error". A path that is not UTF-8 has
 * its other bytes, and backslashes, written as \xHH, and is marked with "escaped":true. */
void rsl_jsonl_put_file(struct rsl_text_buffer *out, const char *path, size_t nbytes,
                        const char *status, uint32_t nitems, uint32_t nerrors);

/* The keys of that line, without the braces around them. */
void rsl_jsonl_put_file_keys(struct rsl_text_buffer *out, const char *path, size_t nbytes,
                             const char *status, uint32_t nitems, uint32_t nerrors);

/* "key":"path", as in that line. */
void rsl_jsonl_put_path(struct rsl_text_buffer *out, const char *key, const char *path);

/* text[0..nbytes), which is UTF-8, as a JSON string. */
void rsl_jsonl_put_string(struct rsl_text_buffer *out, const char *text, size_t nbytes);

/* The lines of all items. src: what was parsed into `file`. */
void rsl_jsonl_put_items(struct rsl_text_buffer *out, const struct rsl_file *file,
                         const uint8_t *src);

/* The line of item `i` by itself: {"file":..., and then as in those. */
void rsl_jsonl_put_item_of(struct rsl_text_buffer *out, const char *path,
                           const struct rsl_file *file, const uint8_t *src, uint32_t i);

/* What is wrong with a source. */
struct rsl_jsonl_error {
    const char *code, *message;
    uint32_t off, nbytes, line, column;
};

/* The line of one error. */
void rsl_jsonl_put_error(struct rsl_text_buffer *out, const char *path,
                         const struct rsl_jsonl_error *error);

/* The lines of all errors. */
void rsl_jsonl_put_errors(struct rsl_text_buffer *out, const char *path,
                          const struct rsl_file *file, const uint8_t *src);

/* An error that is not in the source: the file could not be read. */
void rsl_jsonl_put_io_error(struct rsl_text_buffer *out, const char *path, const char *message);

#endif
