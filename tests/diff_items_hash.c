/* diff_items_hash.c - the item records of many files, one hash a file, for diff_items.py.
 *
 * Paths come on standard input, one a line. For each: path, bytes, items, and FNV-1a (64 bits) over
 * the lines that `rustle scan --format jsonl` prints for its items, separated by tabs; or path,
 * bytes and `not-utf8`. The hash spares the comparison half a gigabyte of text. */
#include "parser/parser.h"
#include "tools/jsonl.h"
#include "tools/read_file.h"
#include "tools/text_buffer.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t fnv1a(const char *bytes, size_t nbytes)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < nbytes; i++)
        hash = (hash ^ (uint8_t)bytes[i]) * UINT64_C(0x100000001b3);
    return hash;
}

static bool is_utf8(const struct rsl_file *file)
{
    for (uint32_t i = 0; i < file->nerrors; i++) {
        if (file->errors[i].code == RSL_SOURCE_ERROR_NOT_UTF8)
            return false;
    }
    return true;
}

static bool print_file(struct rsl_file *file, struct rsl_source_buffer *source,
                       struct rsl_text_buffer *text, const char *path)
{
    if (rsl_read_file(source, path) != 0) {
        fprintf(stderr, "diff_items_hash: cannot read %s\n", path);
        return false;
    }
    if (rsl_parse(file, source->bytes, source->nbytes, NULL) != RSL_OK) {
        fprintf(stderr, "diff_items_hash: cannot parse %s\n", path);
        return false;
    }
    if (!is_utf8(file)) {
        printf("%s\t%zu\tnot-utf8\n", path, source->nbytes);
        return true;
    }
    text->nbytes = 0;
    rsl_jsonl_put_items(text, file, source->bytes);
    printf("%s\t%zu\t%" PRIu32 "\t%016" PRIx64 "\n", path, source->nbytes, file->nitems,
           fnv1a(text->bytes, text->nbytes));
    return !text->failed;
}

int main(void)
{
    struct rsl_source_buffer source = {0};
    struct rsl_text_buffer text = {0};
    struct rsl_file file;
    rsl_file_init(&file, NULL);
    char *path = NULL;
    size_t capacity = 0;
    ssize_t length;
    bool good = true;
    /* A line at a time: when a file hangs or crashes the parser, the next one in the list is it. */
    setvbuf(stdout, NULL, _IOLBF, 0);
    while (good && (length = getline(&path, &capacity, stdin)) > 0) {
        if (path[length - 1] == '\n')
            path[length - 1] = '\0';
        good = print_file(&file, &source, &text, path);
    }
    free(path);
    rsl_file_fini(&file);
    rsl_text_buffer_fini(&text);
    rsl_source_buffer_fini(&source);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
