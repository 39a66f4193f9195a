/* fuzz_tree.h - a tree of files made of a fuzzer's bytes: path, NUL, content, NUL, path, NUL, ...
 * Paths are made normal; a file that is there already, or that would be a folder too, is left out.
 */
#ifndef RSL_TESTS_FUZZ_TREE_H
#define RSL_TESTS_FUZZ_TREE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "index/path.h"
#include "tests/memory_tree.h"

#define MAX_FUZZ_FILES 16

struct fuzz_tree {
    struct memory_tree memory;
    struct memory_file files[MAX_FUZZ_FILES + 1];
    size_t nfiles;
    struct rsl_arena arena; /* of the paths and contents */
};

static inline void demand(bool holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "not so: %s\n", what);
        abort();
    }
}

static inline bool fuzz_ends_with(const char *path, const char *end)
{
    const size_t n = strlen(path), nend = strlen(end);
    return n >= nend && strcmp(path + n - nend, end) == 0;
}

/* Whether no tree can hold both. */
static inline bool fuzz_excludes(const char *a, const char *b)
{
    const char *name;
    return strcmp(a, b) == 0 || memory_below(a, b, &name) || memory_below(b, a, &name);
}

static inline const char *fuzz_text(struct fuzz_tree *tree, const uint8_t **at, const uint8_t *end)
{
    const size_t n = strnlen((const char *)*at, (size_t)(end - *at));
    char *text = rsl_arena_alloc(&tree->arena, n + 1, 1);
    demand(text != NULL, "there is memory");
    memcpy(text, *at, n);
    text[n] = '\0';
    *at += (size_t)(end - *at) > n ? n + 1 : n;
    return text;
}

static inline void fuzz_tree_init(struct fuzz_tree *tree, const uint8_t *data, size_t nbytes)
{
    tree->nfiles = 0;
    rsl_arena_init(&tree->arena, &rsl_allocator_default, 4096);
    for (const uint8_t *at = data, *end = data + nbytes; at < end;) {
        const char *path = rsl_path_join(&tree->arena, "", fuzz_text(tree, &at, end));
        demand(path != NULL, "there is memory");
        const char *content = at < end ? fuzz_text(tree, &at, end) : "";
        bool is_new = *path != '\0' && strcmp(path, "/") != 0 && tree->nfiles < MAX_FUZZ_FILES;
        for (size_t i = 0; i < tree->nfiles && is_new; i++)
            is_new = !fuzz_excludes(tree->files[i].path, path);
        if (is_new)
            tree->files[tree->nfiles++] = (struct memory_file){path, content};
    }
    tree->files[tree->nfiles] = (struct memory_file){NULL, NULL};
    memory_tree_init(&tree->memory, tree->files);
}

static inline void fuzz_tree_fini(struct fuzz_tree *tree)
{
    rsl_arena_fini(&tree->arena);
}

/* Demands that both texts are the same, and shows them otherwise. Releases them. */
static inline void fuzz_same(char *kept, char *fresh, const char *what)
{
    if (strcmp(kept, fresh) != 0)
        fprintf(stderr, "kept:\n%s\nfrom nothing:\n%s\n", kept, fresh);
    demand(strcmp(kept, fresh) == 0, what);
    free(kept);
    free(fresh);
}

#endif
