/* member_glob.h - the patterns in workspace.members, as the crate `glob` 0.3 reads them: `?`, `*`,
 * `[a-z]` and `[!a-z]` within a component, `**` for any number of folders. */
#ifndef RSL_INDEX_MEMBER_GLOB_H
#define RSL_INDEX_MEMBER_GLOB_H

#include <stdint.h>

#include "ds/arena.h"
#include "index/file_tree.h"

struct member_paths {
    const char **list; /* normal paths, in byte order within each folder */
    uint32_t n, capacity;
};

/* Appends everything in the tree that matches `pattern`, seen from the normal path `folder`.
 * RSL_OK; RSL_EINVAL for a pattern that means nothing; RSL_ENOMEM. */
enum rsl_status rsl_member_glob(const struct rsl_file_tree *tree, struct rsl_arena *arena,
                                const char *folder, const char *pattern,
                                struct member_paths *paths);

#endif
