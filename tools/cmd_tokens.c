/* rustle tokens - the tokens of one file as a list, or a hash of the tokens of many.
 *
 * A line of the list: offset, length and kind, then what applies, all separated by tabs:
 *   unterminated         a comment or a quoted literal without its end
 *   invalid              a raw string that does not end, or with a bad beginning
 *   empty_int            a base without a digit
 *   empty_exponent       an exponent without a digit
 *   starts_with_number   a lifetime that begins with a digit
 *   base=N               a number in base 2, 8 or 16
 *   hashes=N             a raw string with N `#` on each side
 *   suffix=N             the offset in the token at which a literal's suffix begins
 *
 * A line of hashes: path, bytes, tokens, hash, fullhash and prefix, or path, bytes, `not-utf8` and
 * the offset of the first bad byte. The hash is FNV-1a, 64 bits, over 5 bytes for each token (kind,
 * length), the full hash over 11 (kind, length, flags, hashes, suffix start), numbers in
 * little-endian order. */
#include "tools/commands.h"

#include "lexer/lexer.h"
#include "lexer/utf8.h"
#include "tools/path_list.h"
#include "tools/read_file.h"
#include "tools/report.h"
#include "tools/text_buffer.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a run works with; one file after the other goes through it. */
struct job {
    struct rsl_source_buffer source;
    struct rsl_tokens tokens;
    struct rsl_text_buffer out;
    struct rsl_text_buffer diagnostics;
    bool failed; /* something could not be read, or was no Rust */
    bool found;  /* something was printed */
};

static void print_help(void)
{
    fputs("usage: rustle tokens FILE\n"
          "       rustle tokens --hash [PATH...]\n"
          "\n"
          "Prints the tokens of a file, one a line: offset, length, kind, and what else is known,\n"
          "separated by tabs. FILE may be - for standard input.\n"
          "\n"
          "options:\n"
          "  --hash      a line a file instead: path, bytes, tokens, hash, full hash, and the\n"
          "              bytes before the first token; PATH may be a folder, and - reads paths\n"
          "              from standard input, one a line (default: .)\n"
          "  -h, --help  print this\n"
          "\n"
          "Exit status: 0 tokens found, 1 none found, 2 an error (with --hash: a file that cannot\n"
          "be read).\n",
          stdout);
}

/* What cannot be read. */
static void report_unreadable(void *context, const char *path, int error)
{
    struct job *job = context;
    rsl_report_put_io_error(&job->diagnostics, path, error);
    job->failed = true;
}

/* Prints what there is to print. */
static void flush(struct job *job)
{
    if (job->out.failed || job->diagnostics.failed) {
        rsl_report("%s", rsl_status_message(RSL_ENOMEM));
        job->failed = true;
    } else {
        rsl_text_buffer_write(&job->out, stdout); /* main looks at ferror(stdout) */
        rsl_text_buffer_write(&job->diagnostics, stderr);
        job->found |= job->out.nbytes != 0;
    }
    job->out.nbytes = 0;
    job->diagnostics.nbytes = 0;
}

static bool read_source(struct job *job, const char *path, const char *shown)
{
    int error = rsl_read_file(&job->source, path);
    if (error != 0) {
        report_unreadable(job, shown, -error);
    }
    return error == 0;
}

/* Lexes what was read. */
static bool lex(struct job *job)
{
    enum rsl_status status = rsl_lex(&job->tokens, job->source.bytes, job->source.nbytes, NULL);
    if (status != RSL_OK) {
        rsl_report("%s", rsl_status_message(status));
        job->failed = true;
    }
    return status == RSL_OK;
}

static void put_field(struct rsl_text_buffer *out, const char *name)
{
    rsl_text_buffer_put(out, "\t", 1);
    rsl_text_buffer_puts(out, name);
}

static void put_number_field(struct rsl_text_buffer *out, const char *name, uint32_t number)
{
    put_field(out, name);
    rsl_text_buffer_put_number(out, number);
}

static bool is_raw_string(uint8_t kind)
{
    return kind == RSL_TOKEN_RAW_STR || kind == RSL_TOKEN_RAW_BYTE_STR ||
           kind == RSL_TOKEN_RAW_C_STR;
}

static void put_token(struct rsl_text_buffer *out, const struct rsl_token *token)
{
    rsl_text_buffer_put_number(out, token->start);
    put_number_field(out, "", token->nbytes);
    put_field(out, rsl_token_kind_name(token->kind));
    if (token->flags & RSL_TOKEN_UNTERMINATED) {
        put_field(out, is_raw_string(token->kind) ? "invalid" : "unterminated");
    }
    if (token->flags & RSL_TOKEN_EMPTY_INT) {
        put_field(out, "empty_int");
    }
    if (token->flags & RSL_TOKEN_EMPTY_EXPONENT) {
        put_field(out, "empty_exponent");
    }
    if (token->flags & RSL_TOKEN_STARTS_WITH_NUMBER) {
        put_field(out, "starts_with_number");
    }
    switch (token->flags & RSL_TOKEN_BASE) {
    case RSL_TOKEN_BASE_BINARY: put_field(out, "base=2"); break;
    case RSL_TOKEN_BASE_OCTAL: put_field(out, "base=8"); break;
    case RSL_TOKEN_BASE_HEXADECIMAL: put_field(out, "base=16"); break;
    default: break;
    }
    if (token->nhashes != 0) {
        put_number_field(out, "hashes=", token->nhashes);
    }
    if (token->suffix_start != 0 && token->suffix_start < token->nbytes) {
        put_number_field(out, "suffix=", token->suffix_start);
    }
    rsl_text_buffer_put(out, "\n", 1);
}

static void put_error(struct rsl_text_buffer *out, const char *shown, uint32_t line,
                      uint32_t column, uint16_t code)
{
    const char *rustc_code = rsl_source_error_rustc_code(code);
    rsl_report_put_path(out, shown);
    rsl_text_buffer_puts(out, ":");
    rsl_text_buffer_put_number(out, line);
    rsl_text_buffer_puts(out, ":");
    rsl_text_buffer_put_number(out, column);
    rsl_text_buffer_puts(out, ": error: ");
    rsl_text_buffer_puts(out, rsl_source_error_message(code));
    if (*rustc_code != '\0') {
        rsl_text_buffer_puts(out, " [");
        rsl_text_buffer_puts(out, rustc_code);
        rsl_text_buffer_puts(out, "]");
    }
    rsl_text_buffer_puts(out, "\n");
}

/* Writes down the errors with lines and columns; columns count code points, both count from 1. The
 * errors ascend, so that one walk over the source serves them all. */
static void put_errors(struct job *job, const char *shown)
{
    uint32_t off = 0;
    uint32_t line = 1;
    uint32_t column = 1;
    for (size_t i = 0; i < job->tokens.nerrors; i++) {
        const struct rsl_source_error *error = &job->tokens.errors[i];
        for (; off < error->off; off++) {
            uint8_t byte = job->source.bytes[off];
            if (byte == '\n') {
                line++;
                column = 1;
            } else if ((byte & 0xC0) != 0x80) {
                column++;
            }
        }
        put_error(&job->diagnostics, shown, line, column, error->code);
        job->failed = true;
    }
}

static void list_tokens(struct job *job, const char *path)
{
    const char *shown = strcmp(path, "-") == 0 ? "<stdin>" : path;
    if (!read_source(job, path, shown) || !lex(job)) {
        return;
    }
    for (size_t i = 0; i < job->tokens.ntokens; i++) {
        put_token(&job->out, &job->tokens.list[i]);
    }
    put_errors(job, shown);
}

static uint64_t fnv1a(uint64_t hash, const uint8_t *bytes, size_t nbytes)
{
    for (size_t i = 0; i < nbytes; i++) {
        hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
    }
    return hash;
}

static void put_u32(uint8_t *to, uint32_t number)
{
    for (unsigned i = 0; i < 4; i++) {
        to[i] = (uint8_t)(number >> (8 * i));
    }
}

static void put_hex(struct rsl_text_buffer *out, uint64_t number)
{
    char digits[17];
    snprintf(digits, sizeof(digits), "%016" PRIx64, number);
    put_field(out, digits);
}

/* The hash and the full hash of the tokens. */
static void put_hashes(struct rsl_text_buffer *out, const struct rsl_tokens *tokens)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    uint64_t full = hash;
    for (size_t i = 0; i < tokens->ntokens; i++) {
        const struct rsl_token *token = &tokens->list[i];
        uint8_t record[11] = {token->kind, 0, 0, 0, 0, token->flags, token->nhashes};
        put_u32(record + 1, token->nbytes);
        put_u32(record + 7, token->suffix_start);
        hash = fnv1a(hash, record, 5);
        full = fnv1a(full, record, 11);
    }
    put_hex(out, hash);
    put_hex(out, full);
}

static void hash_tokens(struct job *job, const char *path)
{
    if (!read_source(job, path, path)) {
        return;
    }
    size_t nbytes = job->source.nbytes;
    size_t valid_nbytes = rsl_utf8_validate(job->source.bytes, nbytes);
    bool valid = valid_nbytes == nbytes;
    if (valid && !lex(job)) {
        return;
    }
    struct rsl_text_buffer *out = &job->out;
    rsl_report_put_path(out, path);
    put_number_field(out, "", (uint32_t)nbytes);
    if (valid) {
        put_number_field(out, "", (uint32_t)job->tokens.ntokens);
        put_hashes(out, &job->tokens);
        put_number_field(out, "", job->tokens.prefix.nbytes);
    } else {
        put_field(out, "not-utf8");
        put_number_field(out, "", (uint32_t)valid_nbytes);
    }
    rsl_text_buffer_puts(out, "\n");
}

/* Adds the lines of standard input to the list. Returns 0 or a negative errno. */
static int add_from_stdin(struct job *job, struct rsl_path_list *list)
{
    char *line = NULL;
    size_t capacity = 0;
    int error = 0;
    for (ssize_t n; error == 0 && (n = getline(&line, &capacity, stdin)) >= 0;) {
        if (n > 0 && line[n - 1] == '\n') {
            line[n - 1] = '\0';
        }
        if (line[0] != '\0') {
            error = rsl_path_list_walk(list, line, report_unreadable, job);
        }
    }
    if (error == 0 && ferror(stdin)) {
        error = -errno;
    }
    free(line);
    return error;
}

/* The files that the arguments stand for, by path. Returns 0 or a negative errno. */
static int collect(struct job *job, struct rsl_path_list *list, int npaths, char **paths)
{
    int error = npaths == 0 ? rsl_path_list_walk(list, ".", report_unreadable, job) : 0;
    for (int i = 0; i < npaths && error == 0; i++) {
        error = strcmp(paths[i], "-") == 0
                    ? add_from_stdin(job, list)
                    : rsl_path_list_walk(list, paths[i], report_unreadable, job);
    }
    if (error == 0) {
        rsl_path_list_sort(list);
    }
    return error;
}

static void hash_paths(struct job *job, int npaths, char **paths)
{
    struct rsl_path_list list = {0};
    int error = collect(job, &list, npaths, paths);
    if (error != 0) {
        rsl_report("%s", strerror(-error));
        job->failed = true;
    }
    flush(job);
    for (size_t i = 0; i < list.npaths && error == 0; i++) {
        hash_tokens(job, rsl_path_list_get(&list, i));
        flush(job);
    }
    rsl_path_list_fini(&list);
}

int rsl_cmd_tokens(int argc, char **argv)
{
    enum { HASH = 256 };
    static const struct option long_options[] = {
        {"hash", no_argument, NULL, HASH},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    bool hash = false;
    for (int option; (option = getopt_long(argc, argv, ":h", long_options, NULL)) != -1;) {
        switch (option) {
        case HASH: hash = true; break;
        case 'h': print_help(); return RSL_EXIT_FOUND;
        default: rsl_report_option("tokens", option, argv); return RSL_EXIT_ERROR;
        }
    }
    if (!hash && argc - optind != 1) {
        rsl_report("tokens takes one file, or --hash; see rustle tokens --help");
        return RSL_EXIT_ERROR;
    }

    struct job job = {0};
    rsl_tokens_init(&job.tokens, NULL);
    if (hash) {
        hash_paths(&job, argc - optind, argv + optind);
    } else {
        list_tokens(&job, argv[optind]);
        flush(&job);
    }
    rsl_text_buffer_fini(&job.out);
    rsl_text_buffer_fini(&job.diagnostics);
    rsl_tokens_fini(&job.tokens);
    rsl_source_buffer_fini(&job.source);
    return job.failed ? RSL_EXIT_ERROR : job.found ? RSL_EXIT_FOUND : RSL_EXIT_NOTHING;
}
