/* file_tree.h - where files come from: the disk, an archive, memory.
 *
 * What reads a project asks these four questions and no others. Paths are normal paths (path.h) in
 * the tree's own naming: relative ones begin in its root, "" is the root itself. */
#ifndef RSL_INDEX_FILE_TREE_H
#define RSL_INDEX_FILE_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ds/arena.h"
#include "ds/ds.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What a path names, symbolic links followed. */
enum rsl_file_kind {
    RSL_FILE_NONE, /* nothing, or nothing that can be seen */
    RSL_FILE_REGULAR,
    RSL_FILE_FOLDER,
    RSL_FILE_OTHER,
};

/* What a folder holds; `is_folder` is false for a symbolic link to one. */
struct rsl_file_entry {
    const char *name;
    bool is_folder;
};

struct rsl_file_bytes {
    const uint8_t *bytes; /* RSL_PAD zero bytes follow */
    size_t nbytes;
};

/* `state` is passed back to each function. Results lie in the arena given. RSL_ENOMEM: no memory;
 * RSL_EIO: there is no such folder or file, or it cannot be read; RSL_ETOOBIG: a file of more than
 * RSL_MAX_SOURCE bytes. An object may be used by one thread at a time unless it says otherwise. */
struct rsl_file_tree {
    enum rsl_file_kind (*kind)(void *state, const char *path);
    /* Without `.` and `..`, by name in byte order. */
    enum rsl_status (*list)(void *state, const char *path, struct rsl_arena *arena,
                            const struct rsl_file_entry **entries_out, size_t *nentries_out);
    enum rsl_status (*read)(void *state, const char *path, struct rsl_arena *arena,
                            struct rsl_file_bytes *bytes_out);
    void *state;
};

/* The disk: relative paths begin in the current folder. Any thread. */
extern const struct rsl_file_tree rsl_file_tree_disk;

#ifdef __cplusplus
}
#endif

#endif
