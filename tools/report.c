#include "tools/report.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void rsl_report_put_path(struct rsl_text_buffer *out, const char *path)
{
    rsl_text_buffer_put_plain(out, path, strlen(path));
}

void rsl_report_put_errors(struct rsl_text_buffer *out, const char *path,
                           const struct rsl_file *file, const uint8_t *src)
{
    struct rsl_locator locator;
    rsl_locator_init(&locator, src);
    for (uint32_t i = 0; i < file->nerrors; i++) {
        const struct rsl_source_error *error = &file->errors[i];
        const char *code = rsl_source_error_rustc_code(error->code);
        uint32_t line, column;
        rsl_locator_find(&locator, error->off, &line, &column);
        rsl_report_put_path(out, path);
        rsl_text_buffer_put(out, ":", 1);
        rsl_text_buffer_put_number(out, line);
        rsl_text_buffer_put(out, ":", 1);
        rsl_text_buffer_put_number(out, column);
        rsl_text_buffer_puts(out, ": error: ");
        rsl_text_buffer_puts(out, rsl_source_error_message(error->code));
        if (*code != '\0') {
            rsl_text_buffer_puts(out, " [");
            rsl_text_buffer_puts(out, code);
            rsl_text_buffer_puts(out, "]");
        }
        rsl_text_buffer_puts(out, "\n");
    }
}

void rsl_report_put_io_error(struct rsl_text_buffer *out, const char *path, int error)
{
    rsl_text_buffer_puts(out, "rustle: ");
    rsl_report_put_path(out, path);
    rsl_text_buffer_puts(out, ": ");
    rsl_text_buffer_puts(out, strerror(error));
    rsl_text_buffer_puts(out, "\n");
}

void rsl_report(const char *format, ...)
{
    va_list arguments;
    fputs("rustle: ", stderr);
    va_start(arguments, format);
    // NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): it is; clang 14 does not see va_start
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
}

void rsl_report_option(const char *command, int result, char **argv)
{
    const char *format = result == ':' ? "option '%s' needs a value; see rustle %s --help"
                                       : "unknown option '%s'; see rustle %s --help";
    /* optopt is the letter, which may stand in the middle of a word, or no letter at all. */
    const char letter[] = {'-', (char)optopt, '\0'};
    const bool is_letter = optopt > ' ' && optopt < 0x7F;
    rsl_report(format, is_letter ? letter : argv[optind - 1], command);
}
