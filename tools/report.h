/* report.h - what is wrong, for people: standard error, one line each. */
#ifndef RSL_TOOLS_REPORT_H
#define RSL_TOOLS_REPORT_H

#include "parser/parser.h"
#include "tools/text_buffer.h"

/* "path:line:col: error: message" for each error of the file; rustc's code, where there is one,
 * stands in brackets behind the message. */
void rsl_report_put_errors(struct rsl_text_buffer *out, const char *path,
                           const struct rsl_file *file, const uint8_t *src);

/* Appends "rustle: path: message" and a newline. */
void rsl_report_put_about(struct rsl_text_buffer *out, const char *path, const char *message);

/* "rustle: path: message" for errno `error`. */
void rsl_report_put_io_error(struct rsl_text_buffer *out, const char *path, int error);

/* The path, as plain_text.h says. */
void rsl_report_put_path(struct rsl_text_buffer *out, const char *path);

/* Tells what getopt_long, which returned `result`, did not like; `command` is for the hint. */
void rsl_report_option(const char *command, int result, char **argv);

/* "rustle: message" at once, as plain_text.h says, whatever was put into the message. */
void rsl_report(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
