#include "tools/read_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void rsl_source_buffer_fini(struct rsl_source_buffer *buffer)
{
    free(buffer->bytes);
    *buffer = (struct rsl_source_buffer){0};
}

static int reserve(struct rsl_source_buffer *buffer, size_t nbytes)
{
    if (buffer->capacity >= nbytes + RSL_PAD)
        return 0;
    size_t capacity =
        buffer->capacity * 2 > nbytes + RSL_PAD ? buffer->capacity * 2 : nbytes + RSL_PAD;
    uint8_t *bytes = realloc(buffer->bytes, capacity);
    if (bytes == NULL)
        return -ENOMEM;
    buffer->bytes = bytes;
    buffer->capacity = capacity;
    return 0;
}

/* Reads to the end of the file. The size is a hint: files grow and shrink, pipes have none. */
static int read_all(struct rsl_source_buffer *buffer, int fd, size_t size_hint)
{
    int error = reserve(buffer, size_hint < 4096 ? 4096 : size_hint + 1);
    while (error == 0) {
        size_t room = buffer->capacity - RSL_PAD - buffer->nbytes;
        ssize_t n = read(fd, buffer->bytes + buffer->nbytes, room);
        if (n < 0) {
            if (errno == EINTR)
                continue;
            return -errno;
        }
        if (n == 0)
            return 0;
        buffer->nbytes += (size_t)n;
        if (buffer->nbytes > RSL_MAX_SOURCE)
            return -EFBIG;
        if (buffer->nbytes == buffer->capacity - RSL_PAD)
            error = reserve(buffer, buffer->nbytes + 1);
    }
    return error;
}

static int read_descriptor(struct rsl_source_buffer *buffer, int fd)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return -errno;
    if (S_ISDIR(st.st_mode))
        return -EISDIR;
    if (!S_ISREG(st.st_mode) && !S_ISFIFO(st.st_mode) && !S_ISSOCK(st.st_mode) &&
        !(S_ISCHR(st.st_mode) && fd == STDIN_FILENO))
        return -EINVAL;
    if (S_ISREG(st.st_mode) && (uint64_t)st.st_size > RSL_MAX_SOURCE)
        return -EFBIG;
    buffer->mtime_ns = st.st_mtim.tv_sec * INT64_C(1000000000) + st.st_mtim.tv_nsec;
    return read_all(buffer, fd, S_ISREG(st.st_mode) ? (size_t)st.st_size : 0);
}

int rsl_read_file(struct rsl_source_buffer *buffer, const char *path)
{
    buffer->nbytes = 0;
    int error;
    if (strcmp(path, "-") == 0) {
        error = read_descriptor(buffer, STDIN_FILENO);
    } else {
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
            return -errno;
        error = read_descriptor(buffer, fd);
        close(fd);
    }
    if (error != 0 || (error = reserve(buffer, 0)) != 0) {
        buffer->nbytes = 0;
        return error;
    }
    memset(buffer->bytes + buffer->nbytes, 0, RSL_PAD);
    return 0;
}
