/* path.h - paths as text: components separated by `/`, nothing looked up on a disk.
 *
 * A normal path has no `.`, no empty component, no trailing slash, and `..` only at its start. The
 * folder in which relative paths begin is the empty text. These are the rules of cargo and rustc,
 * which resolve `a/../b` as text too, symbolic links or not.
 *
 * An archive's content lies below a folder that is called like the archive, with a `!` behind that.
 * From there no way leads out: `..` stays in the path, which names nothing then, and so does an
 * absolute path that is seen from there. */
#ifndef RSL_INDEX_PATH_H
#define RSL_INDEX_PATH_H

#include <stdbool.h>
#include <stddef.h>

#include "ds/arena.h"

#ifdef __cplusplus
extern "C" {
#endif

/* `path`, seen from `folder`, as a normal path: both joined, or `path` alone if it is absolute. In
 * the arena; NULL if there is no memory. O(bytes). */
char *rsl_path_join(struct rsl_arena *arena, const char *folder, const char *path);

/* The folder that holds the normal path: all before its last slash; "" if it has none, "/" in the
 * root. In the arena; NULL if there is no memory. */
char *rsl_path_parent(struct rsl_arena *arena, const char *path);

/* Whether nothing is above the folder at a normal path: it is the root, the folder in which
 * relative paths begin, or that of an archive. */
bool rsl_path_is_top(const char *path);

/* The bytes of the part of a normal path that names the folder of an archive, `!` included; 0 if
 * there is none. */
size_t rsl_path_archive_nbytes(const char *path);

/* The last component of a normal path. */
const char *rsl_path_name(const char *path);

/* Whether the components of `folder` and then those of `prefix` begin those of `path`; an absolute
 * prefix stands for itself. `.` and empty components count for nothing, `..` is a name like any
 * other. O(bytes). */
bool rsl_path_starts_with(const char *path, const char *folder, const char *prefix);

/* How many bytes of the file name are its stem: all before the last dot, unless that is its first
 * character. */
size_t rsl_path_stem(const char *name);

#ifdef __cplusplus
}
#endif

#endif
