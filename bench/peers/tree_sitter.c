/* tree_sitter PASSES - reads every .rs file below the folder RUSTLE_CORPUS into memory, then parses
 * all of them with tree-sitter's grammar of Rust, PASSES times on one thread. A line of JSON for
 * each pass, in the form of the peers in Rust (src/main.rs). A file whose tree holds an error
 * counts as rejected; its nodes count all the same.
 */
#define _XOPEN_SOURCE 700
#include <errno.h>
#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <tree_sitter/api.h>

extern const TSLanguage *tree_sitter_rust(void);

struct text {
    char *bytes;
    uint32_t nbytes;
};

static struct {
    struct text *texts;
    size_t n, capacity;
    uint64_t nbytes;
} corpus;

static void fail(const char *what)
{
    fprintf(stderr, "tree_sitter: %s: %s\n", what, strerror(errno));
    exit(EXIT_FAILURE);
}

static int add_file(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)ftw;
    const char *suffix = strrchr(path, '.');
    if (type != FTW_F || !S_ISREG(st->st_mode) || suffix == NULL || strcmp(suffix, ".rs") != 0)
        return 0;
    if (corpus.n == corpus.capacity) {
        corpus.capacity = corpus.capacity * 2 + 1024;
        corpus.texts = realloc(corpus.texts, corpus.capacity * sizeof *corpus.texts);
        if (corpus.texts == NULL)
            fail("memory");
    }
    struct text *text = &corpus.texts[corpus.n++];
    text->nbytes = (uint32_t)st->st_size;
    text->bytes = malloc((size_t)st->st_size + 1);
    FILE *file = fopen(path, "rb");
    if (text->bytes == NULL || file == NULL ||
        fread(text->bytes, 1, text->nbytes, file) != text->nbytes)
        fail(path);
    fclose(file);
    corpus.nbytes += text->nbytes;
    return 0;
}

static double thread_seconds(void)
{
    struct timespec time;
    if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time) != 0)
        fail("the clock");
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

int main(int argc, char **argv)
{
    const char *folder = getenv("RUSTLE_CORPUS");
    char *end = NULL;
    const unsigned long npasses = argc == 2 ? strtoul(argv[1], &end, 10) : 0;
    if (folder == NULL || npasses == 0 || *end != '\0') {
        fprintf(stderr, "usage: RUSTLE_CORPUS=FOLDER tree_sitter PASSES\n");
        return 2;
    }
    if (nftw(folder, add_file, 64, FTW_PHYS) != 0)
        fail(folder);
    TSParser *parser = ts_parser_new();
    if (parser == NULL || !ts_parser_set_language(parser, tree_sitter_rust())) {
        fprintf(stderr, "tree_sitter: this library does not take the grammar\n");
        return EXIT_FAILURE;
    }
    for (unsigned long pass = 0; pass < npasses; pass++) {
        uint64_t nnodes = 0, nrejected = 0;
        const double start = thread_seconds();
        for (size_t i = 0; i < corpus.n; i++) {
            TSTree *tree =
                ts_parser_parse_string(parser, NULL, corpus.texts[i].bytes, corpus.texts[i].nbytes);
            const TSNode root = ts_tree_root_node(tree);
            nnodes += ts_node_named_child_count(root);
            nrejected += ts_node_has_error(root);
            ts_tree_delete(tree);
        }
        const double seconds = thread_seconds() - start;
        printf("{\"row\":\"tree-sitter\",\"files\":%zu,\"bytes\":%" PRIu64
               ",\"not_utf8\":0,\"rejected\":%" PRIu64 ",\"top_level_nodes\":%" PRIu64
               ",\"cpu_s\":%.6f,\"bytes_per_second\":%.0f}\n",
               corpus.n, corpus.nbytes, nrejected, nnodes, seconds,
               (double)corpus.nbytes / seconds);
    }
    ts_parser_delete(parser);
    return EXIT_SUCCESS;
}
