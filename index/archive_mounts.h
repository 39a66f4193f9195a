/* archive_mounts.h - a file tree with archives in it: what is in `a/p.crate` lies below the folder
 * `a/p.crate!`.
 *
 * Of each archive the list of its members is kept, and the Cargo.toml files. Whatever else is read
 * has the archive inflated again, and the last one that was is kept: those who scan archives parse
 * the sources on the way, and little is left to be read through the tree. */
#ifndef RSL_INDEX_ARCHIVE_MOUNTS_H
#define RSL_INDEX_ARCHIVE_MOUNTS_H

#include "index/archive.h"
#include "index/file_tree.h"
#include "index/strings.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The fields are its own. It must stay where it is. */
struct rsl_archive_mounts {
    const struct rsl_file_tree *base;
    const struct rsl_allocator *allocator;
    struct rsl_strings paths;     /* of the folders, with the `!` */
    struct rsl_archive **by_path; /* members without bytes, but manifests */
    uint32_t nmounts;             /* room */
    struct rsl_arena arena;
    struct rsl_archive last; /* inflated again */
    uint32_t last_mount;     /* whose content it holds, or RSL_NO_STRING */
    bool has_last;
};

/* Without archives it is the tree `base`. base, allocator: borrowed; NULL is rsl_allocator_default.
 */
void rsl_archive_mounts_init(struct rsl_archive_mounts *mounts, const struct rsl_file_tree *base,
                             const struct rsl_allocator *allocator);
void rsl_archive_mounts_fini(struct rsl_archive_mounts *mounts);

/* Adds the archive that was read from the normal path `path`, which stays the caller's. Twice the
 * same path: the first one stays. RSL_OK; or RSL_ENOMEM, and it is not there. One thread at a time.
 * O(members). */
enum rsl_status rsl_archive_mounts_add(struct rsl_archive_mounts *mounts, const char *path,
                                       const struct rsl_archive *archive);

/* The tree, good as long as the mounts. One thread at a time. */
struct rsl_file_tree rsl_archive_mounts_tree(struct rsl_archive_mounts *mounts);

#ifdef __cplusplus
}
#endif

#endif
