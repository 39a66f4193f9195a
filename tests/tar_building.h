/* tar_building.h - tar archives and gzip files made in memory, good ones and bad ones. */
#ifndef RSL_TESTS_TAR_BUILDING_H
#define RSL_TESTS_TAR_BUILDING_H

#include <libdeflate.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "index/tar.h"

struct tar_builder {
    uint8_t *bytes;
    size_t nbytes;
};

static inline void *built_memory(void *old, size_t nbytes)
{
    void *bytes = realloc(old, nbytes > 0 ? nbytes : 1);
    if (bytes == NULL) {
        fputs("out of memory\n", stderr);
        exit(1);
    }
    if (old == NULL)
        memset(bytes, 0, nbytes > 0 ? nbytes : 1);
    return bytes;
}

static inline uint8_t *tar_put_raw(struct tar_builder *tar, const void *bytes, size_t nbytes)
{
    tar->bytes = built_memory(tar->bytes, tar->nbytes + nbytes);
    uint8_t *to = tar->bytes + tar->nbytes;
    memset(to, 0, nbytes);
    if (nbytes > 0 && bytes != NULL)
        memcpy(to, bytes, nbytes);
    tar->nbytes += nbytes;
    return to;
}

/* Makes the header's checksum true. */
static inline void tar_sum(uint8_t *header)
{
    unsigned sum = 0;
    memset(header + 148, ' ', 8);
    for (size_t i = 0; i < RSL_TAR_BLOCK; i++)
        sum += header[i];
    snprintf((char *)header + 148, 8, "%06o", sum);
}

/* A header that says `size`; no data. magic: "ustar" (POSIX), "ustar  " (GNU) or "" (older).
 * Returns where it is, until the next call. */
static inline uint8_t *tar_put_header(struct tar_builder *tar, const char *name, char flag,
                                      uint64_t size, const char *magic)
{
    uint8_t *header = tar_put_raw(tar, NULL, RSL_TAR_BLOCK);
    memcpy(header, name, strlen(name) < 100 ? strlen(name) : 100);
    memcpy(header + 100, "0000644", 7);
    for (size_t i = 0; i < 11; i++)
        header[124 + i] = (uint8_t)('0' + (size >> 3 * (10 - i) & 7));
    header[156] = (uint8_t)flag;
    memcpy(header + 257, magic, strlen(magic));
    if (strcmp(magic, "ustar") == 0)
        memcpy(header + 263, "00", 2);
    tar_sum(header);
    return header;
}

static inline void tar_put_data(struct tar_builder *tar, const void *bytes, size_t nbytes)
{
    tar_put_raw(tar, bytes, nbytes);
    tar_put_raw(tar, NULL, (RSL_TAR_BLOCK - nbytes % RSL_TAR_BLOCK) % RSL_TAR_BLOCK);
}

static inline void tar_put(struct tar_builder *tar, const char *name, char flag, const char *text)
{
    tar_put_header(tar, name, flag, strlen(text), "ustar  ");
    tar_put_data(tar, text, strlen(text));
}

static inline void tar_put_end(struct tar_builder *tar)
{
    tar_put_raw(tar, NULL, (size_t)2 * RSL_TAR_BLOCK);
}

static inline void tar_fini(struct tar_builder *tar)
{
    free(tar->bytes);
    *tar = (struct tar_builder){NULL, 0};
}

/* The bytes as one gzip member, to be freed by the caller. */
static inline uint8_t *gzip_of(const void *bytes, size_t nbytes, size_t *nbytes_out)
{
    struct libdeflate_compressor *compressor = libdeflate_alloc_compressor(6);
    if (compressor == NULL) {
        fputs("out of memory\n", stderr);
        exit(1);
    }
    const size_t bound = libdeflate_gzip_compress_bound(compressor, nbytes);
    uint8_t *out = built_memory(NULL, bound);
    *nbytes_out = libdeflate_gzip_compress(compressor, bytes, nbytes, out, bound);
    libdeflate_free_compressor(compressor);
    return out;
}

#endif
