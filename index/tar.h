/* tar.h - a tar archive in memory, member by member, nothing copied.
 *
 * POSIX.1-1988 (ustar, with its prefix) and the older form without it; POSIX.1-2001 extended
 * headers ("pax", x for one member and g for all), of which `path` and `size` count; GNU's long
 * names (L, K) and sizes in base 256. Numbers and checksums are checked, and nothing that an
 * archive says is believed before. What a path or a kind means is for the caller to judge. */
#ifndef RSL_INDEX_TAR_H
#define RSL_INDEX_TAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum rsl_archive_error_code {
    RSL_ARCHIVE_ERROR_NONE = 0,
#define X(suffix, message) RSL_ARCHIVE_ERROR_##suffix,
#include "index/archive_errors.def"
#undef X
    RSL_ARCHIVE_ERROR_COUNT /* one past the last code */
};

/* One sentence for `code`, static, never NULL. Any thread. O(1). */
const char *rsl_archive_error_message(uint8_t code);

/* Headers and the room of data are multiples of so many bytes. */
#define RSL_TAR_BLOCK 512

/* Longer paths, and extended headers that are longer, are refused. */
#define RSL_TAR_MAX_PATH     65535
#define RSL_TAR_MAX_EXTENDED (1u << 20)

enum rsl_tar_kind {
    RSL_TAR_FILE,
    RSL_TAR_FOLDER,
    RSL_TAR_LINK,    /* hard or symbolic */
    RSL_TAR_SPECIAL, /* a device, a pipe, a file with holes, or of a kind that nobody knows */
};

/* `path` is as it stands in the archive, not 0-terminated, and good until the next step. */
struct rsl_tar_member {
    const char *path;
    size_t path_nbytes;
    const uint8_t *bytes; /* in the archive; another header, or its end, follows the last block */
    size_t nbytes;
    uint8_t kind; /* enum rsl_tar_kind */
};

struct rsl_tar_text {
    const char *bytes; /* NULL: none */
    size_t nbytes;
};

/* What an extended header says of the members to come. */
struct rsl_tar_extension {
    struct rsl_tar_text path;
    uint64_t size;
    bool has_size;
};

/* A walk over an archive. But for `error` the fields are its own. */
struct rsl_tar {
    const uint8_t *bytes;
    size_t nbytes, off;
    struct rsl_tar_extension all, next; /* of g, and of x and L */
    bool has_extended, has_long_name, has_long_link;
    uint8_t error;    /* enum rsl_archive_error_code: why the walk has ended; NONE: at the end */
    char joined[256]; /* prefix, slash and name */
};

/* Begins a walk over bytes[0..nbytes), which are borrowed. Any object may be used so, each by one
 * thread at a time. O(1). */
void rsl_tar_init(struct rsl_tar *tar, const uint8_t *bytes, size_t nbytes);

/* The next member. False at the end (a block of zeros, or no more bytes where a header would
 * begin), or where something is wrong, which is in tar->error then. O(bytes of headers). */
bool rsl_tar_next(struct rsl_tar *tar, struct rsl_tar_member *member_out);

#ifdef __cplusplus
}
#endif

#endif
