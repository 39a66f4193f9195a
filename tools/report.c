#include "tools/report.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/plain_text.h"

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

void rsl_report_put_about(struct rsl_text_buffer *out, const char *path, const char *message)
{
    rsl_text_buffer_puts(out, "rustle: ");
    rsl_report_put_path(out, path);
    rsl_text_buffer_puts(out, ": ");
    rsl_text_buffer_puts(out, message);
    rsl_text_buffer_puts(out, "\n");
}

void rsl_report_put_io_error(struct rsl_text_buffer *out, const char *path, int error)
{
    rsl_report_put_about(out, path, strerror(error));
}

void rsl_report(const char *format, ...)
{
    /* There may be no memory, and this may be to say so: then what is long is cut off. */
    char some[1024], *text = some;
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    // NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): it is; clang 14 does not see va_start
    const int n = vsnprintf(some, sizeof some, format, arguments);
    size_t nbytes = n < 0 ? 0 : (size_t)n;
    if (nbytes >= sizeof some && (text = malloc(nbytes + 1)) != NULL) {
        vsnprintf(text, nbytes + 1, format, again);
    } else if (nbytes >= sizeof some) {
        text = some;
        nbytes = sizeof some - 1;
    }
    va_end(again);
    va_end(arguments);
    nbytes = rsl_plain_text(text, text, nbytes, "");
    fprintf(stderr, "rustle: %.*s\n", (int)nbytes, text);
    if (text != some)
        free(text);
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
