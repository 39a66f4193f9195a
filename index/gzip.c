/* The frame of gzip is read here, and not left to libdeflate, which would call a wrong checksum and
 * a broken stream the same. */
#include "index/gzip.h"

#include <libdeflate.h>
#include <string.h>

#include "index/tar.h"

/* Bits of the byte FLG (RFC 1952, 2.3.1). */
enum { FLAG_HCRC = 2, FLAG_EXTRA = 4, FLAG_NAME = 8, FLAG_COMMENT = 16, FLAGS_RESERVED = 0xE0 };

enum { FIXED_HEADER = 10, TRAILER = 8 };

/* Bytes that one byte of DEFLATE can stand for: a match of 258 in two bits. */
enum { MOST_FOR_A_BYTE = 1032 };

static uint32_t load_32(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
           (uint32_t)bytes[3] << 24;
}

uint64_t rsl_gzip_limit(uint64_t nbytes)
{
    const uint64_t least = UINT64_C(512) << 20;
    return nbytes > least / 20 ? nbytes > UINT64_MAX / 20 ? UINT64_MAX : nbytes * 20 : least;
}

uint64_t rsl_gzip_hint_of(uint64_t nbytes, const uint8_t last[4])
{
    const uint64_t said = load_32(last), limit = rsl_gzip_limit(nbytes);
    const uint64_t most = nbytes < limit / MOST_FOR_A_BYTE ? nbytes * MOST_FOR_A_BYTE : limit;
    return said < most ? said : most;
}

uint64_t rsl_gzip_hint(const uint8_t *bytes, size_t nbytes)
{
    return nbytes < 4 ? 0 : rsl_gzip_hint_of(nbytes, bytes + nbytes - 4);
}

/* Skips a text that ends with a NUL. Returns where it ends, or 0. */
static size_t skip_text(const uint8_t *in, size_t nbytes, size_t at)
{
    const uint8_t *const nul = at < nbytes ? memchr(in + at, '\0', nbytes - at) : NULL;
    return nul != NULL ? (size_t)(nul - in) + 1 : 0;
}

/* The bytes of the header at the start of in[0..nbytes), or 0 if it is malformed or cut off. */
static size_t header_nbytes(const uint8_t *in, size_t nbytes)
{
    if (nbytes < FIXED_HEADER || in[2] != 8 || (in[3] & FLAGS_RESERVED) != 0)
        return 0;
    const uint8_t flags = in[3];
    size_t at = FIXED_HEADER;
    if ((flags & FLAG_EXTRA) != 0) {
        if (nbytes - at < 2)
            return 0;
        const size_t extra = (size_t)in[at] | (size_t)in[at + 1] << 8;
        at += 2;
        if (nbytes - at < extra)
            return 0;
        at += extra;
    }
    if ((flags & FLAG_NAME) != 0 && (at = skip_text(in, nbytes, at)) == 0)
        return 0;
    if ((flags & FLAG_COMMENT) != 0 && (at = skip_text(in, nbytes, at)) == 0)
        return 0;
    if ((flags & FLAG_HCRC) != 0) {
        if (nbytes - at < 2)
            return 0;
        const uint32_t said = (uint32_t)in[at] | (uint32_t)in[at + 1] << 8;
        if ((libdeflate_crc32(0, in, at) & 0xFFFF) != said)
            return 0;
        at += 2;
    }
    return at;
}

static bool is_gzip(const uint8_t *in, size_t nbytes)
{
    return nbytes >= 2 && in[0] == 0x1F && in[1] == 0x8B;
}

static bool is_zero(const uint8_t *in, size_t nbytes)
{
    return nbytes == 0 || (in[0] == 0 && memcmp(in, in + 1, nbytes - 1) == 0);
}

/* One gzip member, at the start of in[0..nbytes); *in_nbytes is its length. */
static enum rsl_status inflate_member(struct libdeflate_decompressor *decompressor,
                                      const uint8_t *in, size_t nbytes, uint8_t *out, size_t room,
                                      size_t *in_nbytes, size_t *out_nbytes, uint8_t *error)
{
    const size_t head = header_nbytes(in, nbytes);
    if (head == 0) {
        *error = RSL_ARCHIVE_ERROR_HEADER;
        return RSL_OK;
    }
    size_t body;
    switch (libdeflate_deflate_decompress_ex(decompressor, in + head, nbytes - head, out, room,
                                             &body, out_nbytes)) {
    case LIBDEFLATE_SUCCESS: break;
    case LIBDEFLATE_INSUFFICIENT_SPACE: return RSL_EAGAIN;
    default: *error = RSL_ARCHIVE_ERROR_CORRUPT; return RSL_OK;
    }
    if (nbytes - head - body < TRAILER) {
        *error = RSL_ARCHIVE_ERROR_CORRUPT;
        return RSL_OK;
    }
    const uint8_t *const trailer = in + head + body;
    if (libdeflate_crc32(0, out, *out_nbytes) != load_32(trailer))
        *error = RSL_ARCHIVE_ERROR_CHECKSUM;
    else if ((uint32_t)*out_nbytes != load_32(trailer + 4))
        *error = RSL_ARCHIVE_ERROR_LENGTH;
    *in_nbytes = head + body + TRAILER;
    return RSL_OK;
}

enum rsl_status rsl_gzip_inflate(struct libdeflate_decompressor *decompressor, const uint8_t *in,
                                 size_t nbytes, uint8_t *out, size_t room, size_t *out_nbytes,
                                 uint8_t *error)
{
    *out_nbytes = 0;
    *error = nbytes == 0            ? RSL_ARCHIVE_ERROR_EMPTY
             : !is_gzip(in, nbytes) ? RSL_ARCHIVE_ERROR_NOT_GZIP
                                    : RSL_ARCHIVE_ERROR_NONE;
    while (*error == RSL_ARCHIVE_ERROR_NONE && is_gzip(in, nbytes)) {
        size_t used = 0, made = 0;
        const enum rsl_status status = inflate_member(decompressor, in, nbytes, out + *out_nbytes,
                                                      room - *out_nbytes, &used, &made, error);
        if (status != RSL_OK)
            return status;
        *out_nbytes += made;
        in += used;
        nbytes -= used;
    }
    if (*error == RSL_ARCHIVE_ERROR_NONE && !is_zero(in, nbytes))
        *error = RSL_ARCHIVE_ERROR_TRAILING;
    return RSL_OK;
}
