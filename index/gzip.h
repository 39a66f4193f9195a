/* gzip.h - gzip files (RFC 1952) in memory to what they hold, by libdeflate. */
#ifndef RSL_INDEX_GZIP_H
#define RSL_INDEX_GZIP_H

#include <stddef.h>
#include <stdint.h>

#include "ds/ds.h"

#ifdef __cplusplus
extern "C" {
#endif

struct libdeflate_decompressor;

/* What a file of `nbytes` may inflate to at most, as cargo has it: 512 MiB, or 20 times its size
 * if that is more. O(1). */
uint64_t rsl_gzip_limit(uint64_t nbytes);

/* How many bytes the file bytes[0..nbytes) probably inflates to: what its end says, as far as that
 * can be true of so many bytes of DEFLATE, and below the limit. Exact for an honest file with one
 * gzip member and less than 4 GiB, and only a hint. O(1). */
uint64_t rsl_gzip_hint(const uint8_t *bytes, size_t nbytes);

/* The same where the file is not read yet: from its size and from `last`, its last 4 bytes. */
uint64_t rsl_gzip_hint_of(uint64_t nbytes, const uint8_t last[4]);

/* Inflates the file in[0..nbytes), all of its gzip members, to out[0..room), and checks lengths
 * and checksums; zeros may follow, as on a tape. *out_nbytes is how many bytes they are, and *error
 * is enum rsl_archive_error_code: what is wrong with the file, or NONE. RSL_OK; or RSL_EAGAIN:
 * there is not room for it. Allocates nothing. One thread at a time uses a decompressor. O(nbytes).
 */
enum rsl_status rsl_gzip_inflate(struct libdeflate_decompressor *decompressor, const uint8_t *in,
                                 size_t nbytes, uint8_t *out, size_t room, size_t *out_nbytes,
                                 uint8_t *error);

#ifdef __cplusplus
}
#endif

#endif
