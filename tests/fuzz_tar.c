/* Fuzzes archives with any bytes: as a tar archive, as a gzip file, and as a tar archive with true
 * checksums that is well compressed. What must hold: nothing is read outside; members lie in the
 * archive, one behind the other; what an archive gives out has paths that stay inside, in order,
 * each once; the same archive is judged alike by both names but for its folder; limits are kept. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "index/archive.h"
#include "index/gzip.h"
#include "tests/tar_building.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t nbytes);

static void demand(bool holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "%s\n", what);
        abort();
    }
}

static void check_walk(const uint8_t *data, size_t nbytes)
{
    struct rsl_tar tar;
    struct rsl_tar_member member;
    const uint8_t *last = data;
    rsl_tar_init(&tar, data, nbytes);
    while (rsl_tar_next(&tar, &member)) {
        demand(member.bytes >= last + RSL_TAR_BLOCK, "data before their header");
        demand(member.bytes <= data + nbytes &&
                   member.nbytes <= (size_t)(data + nbytes - member.bytes),
               "data outside of the archive");
        demand(member.path_nbytes <= RSL_TAR_MAX_PATH, "a path that is too long");
        last = member.bytes + member.nbytes;
        unsigned sum = 0; /* every byte can be read */
        for (size_t i = 0; i < member.path_nbytes; i++)
            sum += (unsigned char)member.path[i];
        demand(member.path_nbytes == 0 || sum < 256 * member.path_nbytes, "cannot be");
    }
}

/* A normal path that stays inside. */
static void check_path(const struct rsl_archive_member *member)
{
    demand(strlen(member->path) == member->path_nbytes && member->path_nbytes > 0, "no text");
    for (const char *at = member->path;;) {
        const size_t n = strcspn(at, "/");
        demand(n > 0 && !(n == 1 && *at == '.') && !(n == 2 && at[0] == '.' && at[1] == '.'),
               "a path that is not normal");
        if (at[n] == '\0')
            return;
        at += n + 1;
    }
}

static void check_members(const struct rsl_archive *archive)
{
    for (size_t i = 0; i < archive->nmembers; i++) {
        static const uint8_t zeros[RSL_PAD];
        const struct rsl_archive_member *member = &archive->members[i];
        check_path(member);
        demand(memcmp(member->bytes + member->nbytes, zeros, RSL_PAD) == 0, "no padding");
        demand(i == 0 || strcmp(archive->members[i - 1].path, member->path) < 0, "not in order");
        demand(rsl_archive_find(archive, member->path) == member, "a member that is not found");
    }
}

/* Returns what is wrong with it. */
static uint8_t check_archive(const char *name, const uint8_t *file, size_t nbytes)
{
    struct rsl_archive archive;
    struct rsl_archive_error error;
    demand(rsl_archive_init(&archive, NULL) == RSL_OK, "out of memory");
    uint64_t room = rsl_gzip_hint(file, nbytes);
    demand(room <= rsl_gzip_limit(nbytes) && room <= 1032 * (uint64_t)nbytes, "too large a hint");
    room = room < 1 << 20 ? room : 1 << 20;
    enum rsl_status status = rsl_archive_read(&archive, name, file, nbytes, room, &error);
    while (status == RSL_EAGAIN && room < 1 << 24) {
        room = room * 2 + 4 * nbytes;
        status = rsl_archive_read(&archive, name, file, nbytes, room, &error);
    }
    demand(status == RSL_OK || status == RSL_EAGAIN, "out of memory");
    demand(archive.inflated_nbytes <= room, "more than there is room for");
    demand((archive.nmembers > 0) == (status == RSL_OK && error.code == RSL_ARCHIVE_ERROR_NONE),
           "members of a bad archive, or none of a good one");
    check_members(&archive);
    const uint8_t code = error.code;
    rsl_archive_fini(&archive);
    return code;
}

/* The same with true checksums in all blocks that hold anything: else changed headers come to
 * nothing. Returns the archive, gzipped, to be freed. */
static uint8_t *repair(const uint8_t *data, size_t nbytes, size_t *packed_nbytes)
{
    static const uint8_t zeros[RSL_TAR_BLOCK];
    uint8_t *copy = built_memory(NULL, nbytes);
    if (nbytes > 0)
        memcpy(copy, data, nbytes);
    for (size_t off = 0; off + RSL_TAR_BLOCK <= nbytes; off += RSL_TAR_BLOCK) {
        if (memcmp(copy + off, zeros, RSL_TAR_BLOCK) != 0)
            tar_sum(copy + off);
    }
    check_walk(copy, nbytes);
    uint8_t *packed = gzip_of(copy, nbytes, packed_nbytes);
    free(copy);
    return packed;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t nbytes)
{
    check_walk(data, nbytes);
    check_archive("p-1.0.0.crate", data, nbytes);
    size_t packed_nbytes;
    uint8_t *packed = repair(data, nbytes, &packed_nbytes);
    const uint8_t as_crate = check_archive("download.crate", packed, packed_nbytes);
    const uint8_t as_tar = check_archive("p.tar.gz", packed, packed_nbytes);
    demand(as_crate != RSL_ARCHIVE_ERROR_NONE || as_tar == RSL_ARCHIVE_ERROR_NONE,
           "a crate that is no archive");
    free(packed);
    return 0;
}
