#include "tools/read_source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "index/archive.h"

/* The bytes of the path that name an archive, before a `!/`; 0 if there is none. */
static size_t archive_nbytes(const char *path)
{
    for (const char *at = path; (at = strstr(at, "!/")) != NULL; at++) {
        if (rsl_is_archive(path, (size_t)(at - path)))
            return (size_t)(at - path);
    }
    return 0;
}

/* Puts the member into the place of the file `in`. */
static int take_member(struct rsl_source_buffer *buffer, const struct rsl_archive *archive,
                       const char *path)
{
    const struct rsl_archive_member *member = rsl_archive_find(archive, path);
    if (member == NULL)
        return -ENOENT;
    if (member->nbytes > RSL_MAX_SOURCE)
        return -EFBIG;
    uint8_t *bytes = malloc(member->nbytes + RSL_PAD);
    if (bytes == NULL)
        return -ENOMEM;
    memcpy(bytes, member->bytes, member->nbytes + RSL_PAD);
    free(buffer->bytes);
    buffer->bytes = bytes;
    buffer->nbytes = member->nbytes;
    buffer->capacity = member->nbytes + RSL_PAD;
    return 0;
}

static int read_member(struct rsl_source_buffer *buffer, const char *name, const char *path)
{
    struct rsl_archive archive;
    struct rsl_archive_error bad;
    if (rsl_archive_init(&archive, NULL) != RSL_OK) {
        rsl_archive_fini(&archive);
        return -ENOMEM;
    }
    const enum rsl_status status =
        rsl_archive_read_all(&archive, name, buffer->bytes, buffer->nbytes, &bad);
    const int error = status != RSL_OK                     ? -ENOMEM
                      : bad.code != RSL_ARCHIVE_ERROR_NONE ? -EBADMSG
                                                           : take_member(buffer, &archive, path);
    rsl_archive_fini(&archive);
    return error;
}

static int read_from_archive(struct rsl_source_buffer *buffer, const char *path, size_t nbytes)
{
    char *name = strndup(path, nbytes);
    int error = name == NULL ? -ENOMEM : rsl_read_file(buffer, name);
    if (error == 0)
        error = read_member(buffer, name, path + nbytes + 2);
    free(name);
    if (error != 0)
        buffer->nbytes = 0;
    return error;
}

int rsl_read_source(struct rsl_source_buffer *buffer, const char *path)
{
    const size_t nbytes = archive_nbytes(path);
    if (nbytes == 0)
        return rsl_read_file(buffer, path);
    const int error = read_from_archive(buffer, path, nbytes);
    return error == -ENOENT || error == -ENOTDIR || error == -EISDIR ? rsl_read_file(buffer, path)
                                                                     : error;
}
