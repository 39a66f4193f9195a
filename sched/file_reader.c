/* file_reader.c - the reader, and files by plain calls. */
#include "sched/file_reader_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "sched/open_path.h"

enum {
    DEFAULT_DEPTH = 64,
    FIRST_CAPACITY = 1 << 16,
    KEPT_CAPACITY = 1 << 22, /* what a larger file took is given back */
};

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
    if (reader->ring == NULL || !rsl_file_ring_next(reader->ring, reader, file_out))
        rsl_file_reader_read(reader, file_out);
    reader->next++;
    return true;
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

/* Reads to the end. A look at what kind of file it is comes only when something is unusual: nothing
 * to be read, more than fits, or a refusal. */
static int read_to_end(struct rsl_file_reader *reader, int fd, size_t *nbytes_out)
{
    size_t nbytes = 0;
    for (;;) {
        const ssize_t n = read(fd, reader->bytes + nbytes, reader->capacity - nbytes);
        if (n < 0 && errno == EINTR)
            continue;
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

/* Opens, waiting for descriptors if there are none, or for whoever has a lease on the file. Waits
 * no more after it has done so for nothing. */
static int open_patiently(struct rsl_file_reader *reader, const char *path)
{
    enum { MOST_TRIES = 40 };
    for (long ntries = 1;; ntries++) {
        int fd = openat(reader->folder, path, OPEN_FLAGS);
        if (fd >= 0) {
            reader->impatient = false;
            return fd;
        }
        const int error = errno;
        if (error == ENAMETOOLONG && reader->folder == AT_FDCWD)
            return rsl_open_path(path, strlen(path), OPEN_FLAGS);
        if (error == EINTR)
            continue;
        const bool may_pass = error == EMFILE || error == ENFILE || error == EAGAIN;
        if (!may_pass || ntries == MOST_TRIES || reader->impatient) {
            reader->impatient = reader->impatient || may_pass;
            return -error;
        }
        /* 0.4 s in all */
        const struct timespec pause = {.tv_nsec = ntries * 500000};
        (void)nanosleep(&pause, NULL);
    }
}

void rsl_file_reader_read(struct rsl_file_reader *reader, struct rsl_file_contents *file)
{
    if (reader->capacity > KEPT_CAPACITY)
        release_buffer(reader);
    file->error = reserve(reader, FIRST_CAPACITY);
    if (file->error != 0)
        return;
    const int fd = open_patiently(reader, reader->paths[file->index]);
    if (fd < 0) {
        file->error = -fd;
        return;
    }
    size_t nbytes = 0;
    file->error = read_to_end(reader, fd, &nbytes);
    close(fd);
    if (file->error != 0)
        return;
    memset(reader->bytes + nbytes, 0, RSL_PAD);
    file->bytes = reader->bytes;
    file->nbytes = nbytes;
}
