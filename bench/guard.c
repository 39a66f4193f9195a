/* guard_pass lex|parse scalar|sse2|avx2 FILE...: reads the files twice with that instruction set,
 * the first time so that the memory is there, the second time in measured_pass(), which callgrind
 * is told to count (bench/guard). Prints the number of bytes in a pass. Exit status 77: this
 * machine lacks the instruction set. */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lexer/lexer.h"
#include "parser/parser.h"

enum { EXIT_SKIPPED = 77 };

struct source {
    uint8_t *bytes;
    size_t nbytes;
};

struct pass {
    const struct source *sources;
    size_t nsources;
    bool parse;
    enum rsl_isa isa;
    struct rsl_tokens tokens;
    struct rsl_file file;
};

static void fail(const char *what, const char *why)
{
    fprintf(stderr, "guard_pass: %s: %s\n", what, why);
    exit(EXIT_FAILURE);
}

static void run(struct pass *pass)
{
    const struct rsl_lex_options lex_options = {.isa = pass->isa};
    const struct rsl_parse_options parse_options = {.isa = pass->isa};
    for (size_t i = 0; i < pass->nsources; i++) {
        const struct source *source = &pass->sources[i];
        const enum rsl_status status =
            pass->parse ? rsl_parse(&pass->file, source->bytes, source->nbytes, &parse_options)
                        : rsl_lex(&pass->tokens, source->bytes, source->nbytes, &lex_options);
        if (status != RSL_OK)
            fail("a source", rsl_status_message(status));
        /* The samples are good Rust; what reads them wrongly must not be taken for fast. */
        const bool good = pass->parse ? pass->file.nerrors == 0 && pass->file.nitems > 0
                                      : pass->tokens.nerrors == 0 && pass->tokens.ntokens > 0;
        if (!good)
            fail("a source", "has errors, or holds nothing");
    }
}

/* A function of its own, for callgrind to find. */
__attribute__((noinline)) static void measured_pass(struct pass *pass)
{
    run(pass);
}

static struct source read_source(const char *path)
{
    FILE *file = fopen(path, "rb");
    long nbytes = -1;
    if (file == NULL || fseek(file, 0, SEEK_END) != 0 || (nbytes = ftell(file)) < 0 ||
        fseek(file, 0, SEEK_SET) != 0)
        fail(path, strerror(errno));
    struct source source = {calloc((size_t)nbytes + RSL_PAD, 1), (size_t)nbytes};
    if (source.bytes == NULL || fread(source.bytes, 1, source.nbytes, file) != source.nbytes)
        fail(path, "cannot be read");
    fclose(file);
    return source;
}

/* RSL_ISA_AUTO for what is none. */
static enum rsl_isa isa_by_name(const char *name)
{
    return strcmp(name, "scalar") == 0 ? RSL_ISA_SCALAR
           : strcmp(name, "sse2") == 0 ? RSL_ISA_SSE2
           : strcmp(name, "avx2") == 0 ? RSL_ISA_AVX2
                                       : RSL_ISA_AUTO;
}

static bool is_supported(enum rsl_isa isa)
{
#if defined(__x86_64__)
    return isa != RSL_ISA_AVX2 ||
           (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
            __builtin_cpu_supports("popcnt"));
#else
    return isa == RSL_ISA_SCALAR;
#endif
}

int main(int argc, char **argv)
{
    struct pass pass = {.isa = argc > 3 ? isa_by_name(argv[2]) : RSL_ISA_AUTO};
    if (pass.isa == RSL_ISA_AUTO ||
        (strcmp(argv[1], "lex") != 0 && strcmp(argv[1], "parse") != 0)) {
        fputs("usage: guard_pass lex|parse scalar|sse2|avx2 FILE...\n", stderr);
        return EXIT_FAILURE;
    }
    if (!is_supported(pass.isa))
        return EXIT_SKIPPED;
    pass.parse = strcmp(argv[1], "parse") == 0;
    pass.nsources = (size_t)argc - 3;
    struct source *sources = calloc(pass.nsources, sizeof *sources);
    if (sources == NULL)
        fail("memory", strerror(errno));
    size_t nbytes = 0;
    for (size_t i = 0; i < pass.nsources; i++) {
        sources[i] = read_source(argv[3 + i]);
        nbytes += sources[i].nbytes;
    }
    pass.sources = sources;
    rsl_tokens_init(&pass.tokens, NULL);
    rsl_file_init(&pass.file, NULL);
    run(&pass);
    measured_pass(&pass);
    printf("%zu\n", nbytes);
    rsl_file_fini(&pass.file);
    rsl_tokens_fini(&pass.tokens);
    for (size_t i = 0; i < pass.nsources; i++)
        free(sources[i].bytes);
    free(sources);
    return EXIT_SUCCESS;
}
