/* archive.h - a `.crate` or `.tar.gz` file in memory: its members, without unpacking it.
 *
 * An archive is taken whole or not at all. Its members are regular files and folders, each there
 * once, with paths that stay inside; whatever else there is (links, devices, `..`, absolute paths)
 * makes it bad, and nothing of it is given out. In a `.crate` everything lies in one folder, called
 * like the file if that is called `{name}-{version}.crate`; paths begin below it. These are cargo's
 * rules (The Cargo Book, "cargo package"), applied to other archives too, but for that folder. */
#ifndef RSL_INDEX_ARCHIVE_H
#define RSL_INDEX_ARCHIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ds/arena.h"
#include "ds/ds.h"
#include "index/file_tree.h"
#include "index/tar.h"

#ifdef __cplusplus
extern "C" {
#endif

struct libdeflate_decompressor;

/* A regular file. */
struct rsl_archive_member {
    const char *path; /* a normal path (path.h); ends with a NUL */
    size_t path_nbytes;
    const uint8_t *bytes; /* RSL_PAD zero bytes follow */
    size_t nbytes;
};

/* Reused from archive to archive, so that in the long run nothing is allocated. `members`,
 * `nmembers`, `inflated_nbytes` and `folder` may be read, the fields are its own otherwise. */
struct rsl_archive {
    struct rsl_archive_member *members; /* by the bytes of their paths */
    size_t nmembers;
    size_t inflated_nbytes;
    const char *folder; /* of a .crate: `{name}-{version}`; "" if it is none */

    const struct rsl_allocator *allocator;
    struct libdeflate_decompressor *decompressor;
    uint8_t *bytes;
    size_t capacity;
    size_t members_capacity;
    struct rsl_arena texts;
};

/* What is wrong with an archive, `code` NONE if nothing is; `member` is the path of the one that it
 * is about, as it stands there, or "". Good until the archive is used again. */
struct rsl_archive_error {
    uint8_t code; /* enum rsl_archive_error_code */
    const char *member;
};

/* Whether a path's name is that of an archive: it ends in .crate or .tar.gz, with something before
 * that. O(bytes). */
bool rsl_is_archive(const char *path, size_t nbytes);

/* Makes an archive without members. `allocator` is borrowed; NULL is rsl_allocator_default. The
 * decompressor, some 10 kB, is libdeflate's and comes from malloc. RSL_OK or RSL_ENOMEM. */
enum rsl_status rsl_archive_init(struct rsl_archive *archive,
                                 const struct rsl_allocator *allocator);
void rsl_archive_fini(struct rsl_archive *archive);

/* Gives back the memory for members and texts, if it is more than `keep_nbytes`. */
void rsl_archive_shrink(struct rsl_archive *archive, size_t keep_nbytes);

/* Bytes that a call of rsl_archive_read() with this `room` holds, when it has returned: of what it
 * inflates to, padding included. */
size_t rsl_archive_held(const struct rsl_archive *archive);

/* Replaces what the archive held by what the file in[0..nbytes) holds; `name` is the file's name or
 * path, which tells whether it is a .crate. `room`: how many bytes it may inflate to, to be got
 * from rsl_gzip_hint(), and at most rsl_gzip_limit(), which is also at most what it may be at all.
 * RSL_OK, and what is wrong with the file in *error_out; RSL_EAGAIN: it needs more room than that,
 * and is below the limit; RSL_ENOMEM. After anything but RSL_OK with NONE there are no members.
 * `in` is needed only during the call. One thread at a time. */
enum rsl_status rsl_archive_read(struct rsl_archive *archive, const char *name, const uint8_t *in,
                                 size_t nbytes, uint64_t room, struct rsl_archive_error *error_out);

/* The same with as much room as it takes, below the limit. RSL_OK or RSL_ENOMEM. */
enum rsl_status rsl_archive_read_all(struct rsl_archive *archive, const char *name,
                                     const uint8_t *in, size_t nbytes,
                                     struct rsl_archive_error *error_out);

/* The member of that path, or NULL. O(log members). */
const struct rsl_archive_member *rsl_archive_find(const struct rsl_archive *archive,
                                                  const char *path);

/* The archive as a file tree, to be used as long as the archive holds what it holds: the package's
 * folder is the root. Bytes that are read are not copied. Folders are those that hold files. Any
 * number of threads at once. */
struct rsl_file_tree rsl_archive_tree(struct rsl_archive *archive);

#ifdef __cplusplus
}
#endif

#endif
