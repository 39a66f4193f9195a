/* rustle outline: the items of one file, for people. */
#include "tools/commands.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "tools/outline.h"
#include "tools/read_file.h"
#include "tools/report.h"

static void print_help(void)
{
    fputs("usage: rustle outline [OPTION...] FILE\n"
          "\n"
          "Prints the items of FILE (- is standard input) as an indented list: line, signature.\n"
          "\n"
          "options:\n"
          "      --stdin-path PATH  what to call standard input in errors\n"
          "  -h, --help             print this help\n"
          "\n"
          "Exit status: 0 items found, 1 none, 2 an error.\n",
          stdout);
}

static int outline(const char *path, const char *shown)
{
    struct rsl_source_buffer source = {0};
    struct rsl_text_buffer out = {0}, diagnostics = {0};
    struct rsl_file file;
    int exit_status = RSL_EXIT_ERROR;
    rsl_file_init(&file, NULL);
    const int error = rsl_read_file(&source, path);
    if (error != 0) {
        rsl_report_put_io_error(&diagnostics, shown, -error);
    } else {
        const enum rsl_status parsed = rsl_parse(&file, source.bytes, source.nbytes, NULL);
        if (parsed != RSL_OK) {
            rsl_report("%s", rsl_status_message(parsed));
        } else {
            rsl_outline_put(&out, &file, source.bytes);
            rsl_report_put_errors(&diagnostics, shown, &file, source.bytes);
            exit_status = file.nerrors > 0  ? RSL_EXIT_ERROR
                          : file.nitems > 0 ? RSL_EXIT_FOUND
                                            : RSL_EXIT_NOTHING;
        }
    }
    rsl_text_buffer_write(&out, stdout);
    rsl_text_buffer_write(&diagnostics, stderr);
    if (out.failed) {
        rsl_report("%s", rsl_status_message(RSL_ENOMEM));
        exit_status = RSL_EXIT_ERROR;
    }
    rsl_text_buffer_fini(&out);
    rsl_text_buffer_fini(&diagnostics);
    rsl_source_buffer_fini(&source);
    rsl_file_fini(&file);
    return exit_status;
}

int rsl_cmd_outline(int argc, char **argv)
{
    enum { STDIN_PATH = 256 };
    static const struct option long_options[] = {
        {"stdin-path", required_argument, NULL, STDIN_PATH},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    const char *stdin_path = "<stdin>";
    for (int option; (option = getopt_long(argc, argv, ":h", long_options, NULL)) != -1;) {
        switch (option) {
        case STDIN_PATH: stdin_path = optarg; break;
        case 'h': print_help(); return RSL_EXIT_FOUND;
        default: rsl_report_option("outline", option, argv); return RSL_EXIT_ERROR;
        }
    }
    if (argc - optind != 1) {
        rsl_report("outline takes one file; see rustle outline --help");
        return RSL_EXIT_ERROR;
    }
    const char *path = argv[optind];
    return outline(path, strcmp(path, "-") == 0 ? stdin_path : path);
}
