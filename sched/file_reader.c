/* file_reader.c - the reader, and files by plain calls. */
#include "sched/file_reader_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "sched/open_path.h"

enum {
    DEFAULT_DEPTH = 64,
    FIRST_CAPACITY = 1 << 16,
    KEPT_CAPACITY = 1 << 22, /* what a larger file took is given back */
};

/* In place of an errno: nothing of the file is there yet. */
enum { COLD = -1 };

/* Neither a terminal that becomes ours, nor a wait for the other end of a pipe. */
#define OPEN_FLAGS (O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)

enum rsl_status rsl_file_reader_create(const struct rsl_file_reader_options *options,
                                       struct rsl_file_reader **reader_out)
{
    static const struct rsl_file_reader_options defaults = {.io = RSL_IO_ANY};
    if (options == NULL)
        options = &defaults;
    if (options->depth > RSL_FILE_READER_MAX_DEPTH ||
        (options->io != RSL_IO_ANY && options->io != RSL_IO_URING && options->io != RSL_IO_EPOLL))
        return RSL_EINVAL;
    const struct rsl_allocator *allocator =
        options->allocator == NULL ? &rsl_allocator_default : options->allocator;
    struct rsl_file_reader *reader = allocator->allocate(allocator->state, sizeof *reader);
    if (reader == NULL)
        return RSL_ENOMEM;
    *reader = (struct rsl_file_reader){.allocator = allocator, .folder = AT_FDCWD};
    if (options->io != RSL_IO_EPOLL) {
        const unsigned depth = options->depth == 0 ? DEFAULT_DEPTH : options->depth;
        const int error = rsl_file_ring_create(allocator, depth, &reader->ring);
        if (error != 0 && options->io == RSL_IO_URING) {
            rsl_file_reader_destroy(reader);
            errno = -error;
            return error == -ENOMEM ? RSL_ENOMEM : RSL_EIO;
        }
    }
    *reader_out = reader;
    return RSL_OK;
}

static void release_buffer(struct rsl_file_reader *reader)
{
    const struct rsl_allocator *allocator = reader->allocator;
    if (reader->bytes != NULL)
        allocator->release(allocator->state, reader->bytes, reader->capacity + RSL_PAD);
    reader->bytes = NULL;
    reader->capacity = 0;
}

void rsl_file_reader_destroy(struct rsl_file_reader *reader)
{
    if (reader == NULL)
        return;
    rsl_file_ring_destroy(reader->ring);
    release_buffer(reader);
    reader->allocator->release(reader->allocator->state, reader, sizeof *reader);
}

enum rsl_io rsl_file_reader_io(const struct rsl_file_reader *reader)
{
    return reader->ring != NULL ? RSL_IO_URING : RSL_IO_EPOLL;
}

/* ---- plain calls */

/* Room for nbytes, exactly. What was read is kept. Returns 0 or ENOMEM. */
static int reserve(struct rsl_file_reader *reader, size_t nbytes)
{
    if (nbytes <= reader->capacity)
        return 0;
    const struct rsl_allocator *allocator = reader->allocator;
    uint8_t *bytes =
        allocator->resize(allocator->state, reader->bytes,
                          reader->bytes == NULL ? 0 : reader->capacity + RSL_PAD, nbytes + RSL_PAD);
    if (bytes == NULL)
        return ENOMEM;
    reader->bytes = bytes;
    reader->capacity = nbytes;
    return 0;
}

/* Why the descriptor is not to be read further, or 0. Makes room for what the file seems to have.
 */
static int look_at(struct rsl_file_reader *reader, int fd, size_t nread)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return errno;
    if (S_ISDIR(st.st_mode))
        return EISDIR;
    if (!S_ISREG(st.st_mode))
        return EINVAL;
    if (st.st_size > (off_t)RSL_MAX_SOURCE || nread > RSL_MAX_SOURCE)
        return EFBIG;
    if (nread < reader->capacity)
        return 0;
    /* One more, to see the end; it may lie in files of /proc and growing ones where it will. */
    const size_t size = (size_t)st.st_size;
    return reserve(reader, size > nread ? size + 1 : nread * 2);
}

/* One read; with `nowait` only of what is there, EAGAIN if nothing is. */
static ssize_t read_some(int fd, void *bytes, size_t nbytes, bool nowait)
{
    if (!nowait)
        return read(fd, bytes, nbytes);
    const struct iovec piece = {bytes, nbytes};
    return preadv2(fd, &piece, 1, -1, RWF_NOWAIT);
}

/* Reads to the end. A look at what kind of file it is comes only when something is unusual: nothing
 * to be read, more than fits, or a refusal. With `nowait` nothing is waited for, and the result is
 * COLD, as long as nothing has been read; what is left of a file of which something is there is. */
static int read_to_end(struct rsl_file_reader *reader, int fd, bool nowait, size_t *nbytes_out)
{
    size_t nbytes = 0;
    for (;;) {
        const ssize_t n = read_some(fd, reader->bytes + nbytes, reader->capacity - nbytes, nowait);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && nowait) {
            /* Also where the file system does not say what it has (EOPNOTSUPP). */
            if (nbytes == 0 && (errno == EAGAIN || errno == EOPNOTSUPP))
                return COLD;
            nowait = false;
            continue;
        }
        if (n < 0) {
            const int error = errno;
            const int kind = error == EAGAIN ? look_at(reader, fd, nbytes) : 0;
            return kind != 0 ? kind : error;
        }
        nbytes += (size_t)n;
        *nbytes_out = nbytes;
        if (n == 0 && nbytes > 0)
            return 0;
        if (n == 0 || nbytes == reader->capacity) {
            const int error = look_at(reader, fd, nbytes);
            if (n == 0 || error != 0)
                return error;
        }
    }
}

static int open_file(struct rsl_file_reader *reader, const char *path)
{
    const int fd = rsl_open_patiently(reader->folder, path, OPEN_FLAGS, &reader->impatient);
    return fd == -ENAMETOOLONG && reader->folder == AT_FDCWD
               ? rsl_open_path(path, strlen(path), OPEN_FLAGS)
               : fd;
}

/* Reads by plain calls. */
static void read_plainly(struct rsl_file_reader *reader, bool nowait,
                         struct rsl_file_contents *file)
{
    if (reader->capacity > KEPT_CAPACITY)
        release_buffer(reader);
    file->error = reserve(reader, FIRST_CAPACITY);
    if (file->error != 0)
        return;
    const int fd = open_file(reader, reader->paths[file->index]);
    if (fd < 0) {
        file->error = -fd;
        return;
    }
    size_t nbytes = 0;
    file->error = read_to_end(reader, fd, nowait, &nbytes);
    close(fd);
    if (file->error != 0)
        return;
    memset(reader->bytes + nbytes, 0, RSL_PAD);
    file->bytes = reader->bytes;
    file->nbytes = nbytes;
}

/* ---- the reader */

static void read_next(struct rsl_file_reader *reader, struct rsl_file_contents *file)
{
    if (reader->ring == NULL) {
        read_plainly(reader, false, file);
        return;
    }
    if (!reader->cold && !rsl_file_ring_has(reader->ring, reader)) {
        read_plainly(reader, true, file);
        if (file->error != COLD)
            return;
        reader->cold = true;
        file->error = 0;
    }
    if (!rsl_file_ring_next(reader->ring, reader, file))
        read_plainly(reader, false, file);
}

void rsl_file_reader_start(struct rsl_file_reader *reader, int folder, const char *const *paths,
                           size_t npaths)
{
    if (reader->ring != NULL)
        rsl_file_ring_start(reader->ring);
    reader->folder = folder;
    reader->paths = paths;
    reader->npaths = npaths;
    reader->next = 0;
}

bool rsl_file_reader_next(struct rsl_file_reader *reader, struct rsl_file_contents *file_out)
{
    if (reader->next == reader->npaths)
        return false;
    *file_out = (struct rsl_file_contents){.index = reader->next};
    read_next(reader, file_out);
    reader->next++;
    return true;
}
