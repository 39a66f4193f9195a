/* memory_tree.h - a file tree (index/file_tree.h) that is a list of paths and contents. */
#ifndef RSL_TESTS_MEMORY_TREE_H
#define RSL_TESTS_MEMORY_TREE_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "index/file_tree.h"

struct memory_file {
    const char *path; /* NULL ends the list */
    const char *content;
};

struct memory_tree {
    struct rsl_file_tree tree; /* its state is this object */
    const struct memory_file *files;
};

/* Whether the file lies below the folder; *name_out is what follows. */
static inline bool memory_below(const char *folder, const char *path, const char **name_out)
{
    const size_t n = strlen(folder);
    if (n == 0) {
        *name_out = path;
        return true;
    }
    *name_out = path + n + 1;
    return strncmp(folder, path, n) == 0 && path[n] == '/';
}

static inline enum rsl_file_kind memory_kind(void *state, const char *path)
{
    const struct memory_tree *memory = state;
    const char *name;
    for (const struct memory_file *file = memory->files; file->path; file++) {
        if (strcmp(file->path, path) == 0)
            return RSL_FILE_REGULAR;
        if (memory_below(path, file->path, &name))
            return RSL_FILE_FOLDER;
    }
    return RSL_FILE_NONE;
}

static inline int memory_by_name(const void *a, const void *b)
{
    return strcmp(((const struct rsl_file_entry *)a)->name,
                  ((const struct rsl_file_entry *)b)->name);
}

static inline enum rsl_status memory_list(void *state, const char *path, struct rsl_arena *arena,
                                          const struct rsl_file_entry **entries_out,
                                          size_t *nentries_out)
{
    const struct memory_tree *memory = state;
    size_t nfiles = 0, n = 0;
    while (memory->files[nfiles].path)
        nfiles++;
    struct rsl_file_entry *entries = rsl_arena_alloc(arena, (nfiles + 1) * sizeof *entries, 16);
    if (!entries)
        return RSL_ENOMEM;
    for (const struct memory_file *file = memory->files; file->path; file++) {
        const char *below;
        if (!memory_below(path, file->path, &below))
            continue;
        const size_t nbytes = strcspn(below, "/");
        char *name = rsl_arena_alloc(arena, nbytes + 1, 1);
        if (!name)
            return RSL_ENOMEM;
        memcpy(name, below, nbytes);
        name[nbytes] = '\0';
        entries[n++] = (struct rsl_file_entry){name, below[nbytes] == '/'};
    }
    if (n == 0)
        return RSL_EIO;
    qsort(entries, n, sizeof *entries, memory_by_name);
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        if (kept == 0 || strcmp(entries[kept - 1].name, entries[i].name) != 0)
            entries[kept++] = entries[i];
    }
    *entries_out = entries;
    *nentries_out = kept;
    return RSL_OK;
}

static inline enum rsl_status memory_read(void *state, const char *path, struct rsl_arena *arena,
                                          struct rsl_file_bytes *bytes_out)
{
    const struct memory_tree *memory = state;
    for (const struct memory_file *file = memory->files; file->path; file++) {
        if (strcmp(file->path, path) != 0)
            continue;
        const size_t nbytes = strlen(file->content);
        uint8_t *bytes = rsl_arena_alloc(arena, nbytes + RSL_PAD, 1);
        if (!bytes)
            return RSL_ENOMEM;
        memcpy(bytes, file->content, nbytes);
        memset(bytes + nbytes, 0, RSL_PAD);
        *bytes_out = (struct rsl_file_bytes){bytes, nbytes};
        return RSL_OK;
    }
    return RSL_EIO;
}

static inline void memory_tree_init(struct memory_tree *memory, const struct memory_file *files)
{
    *memory = (struct memory_tree){{memory_kind, memory_list, memory_read, memory}, files};
}

#endif
