#include "tools/read_file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/interrupt.h"

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

/* Waits until there is something to read, or the other end is closed. Returns 0, or -EINTR when a
 * signal says that nobody wants it any more. */
static int wait_for_input(int fd)
{
    enum { LOOK_UP_MS = 100 }; /* workers block signals, and learn of them so */
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    while (rsl_interrupt_signal() == 0) {
        if (poll(&ready, 1, LOOK_UP_MS) > 0)
            return 0;
    }
    return -EINTR;
}

/* Reads to the end of the file. The size is a hint: files shrink, some and pipes have none. */
static int read_all(struct rsl_source_buffer *buffer, int fd, size_t size_hint, bool is_stream)
{
    int error = reserve(buffer, size_hint < 4096 ? 4096 : size_hint + 1);
    while (error == 0) {
        if (is_stream && (error = wait_for_input(fd)) != 0)
            break;
        size_t room = buffer->capacity - RSL_PAD - buffer->nbytes;
        ssize_t n = read(fd, buffer->bytes + buffer->nbytes, room);
        if (n < 0) {
            if (errno == EINTR || (errno == EAGAIN && is_stream))
                continue;
            return -errno;
        }
        if (n == 0)
            return 0;
        buffer->nbytes += (size_t)n;
        if (buffer->nbytes == size_hint && !is_stream) /* what may have come since comes later */
            return 0;
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
    return S_ISREG(st.st_mode) ? read_all(buffer, fd, (size_t)st.st_size, false)
                               : read_all(buffer, fd, 0, true);
}

int rsl_read_file(struct rsl_source_buffer *buffer, const char *path)
{
    buffer->nbytes = 0;
    int error;
    if (strcmp(path, "-") == 0) {
        error = read_descriptor(buffer, STDIN_FILENO);
    } else {
        /* Not to wait there for whoever writes to a pipe. */
        int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
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
