#include "sched/text_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sched/open_path.h"

void rsl_text_file_fini(struct rsl_text_file *file, const struct rsl_allocator *allocator)
{
    if (file->text != NULL)
        allocator->release(allocator->state, file->text, file->nbytes + 1);
    *file = (struct rsl_text_file){0};
}

/* A file that shrinks meanwhile ends where it ends; one that grows is cut. */
static int read_all(int fd, char *to, size_t nbytes, size_t *nread_out)
{
    size_t n = 0;
    while (n < nbytes) {
        const ssize_t got = read(fd, to + n, nbytes - n);
        if (got < 0 && errno != EINTR)
            return -errno;
        if (got == 0)
            break;
        n += got > 0 ? (size_t)got : 0;
    }
    *nread_out = n;
    return 0;
}

int rsl_text_file_read(struct rsl_text_file *file_out, int dirfd, const char *path, int open_flags,
                       size_t max_nbytes, const struct rsl_allocator *allocator)
{
    *file_out = (struct rsl_text_file){0};
    /* Non-blocking, so that a named pipe cannot hold the walk up. */
    const int fd = rsl_open_patiently(
        dirfd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | open_flags, NULL);
    if (fd < 0)
        return fd == -ENXIO ? -ENOENT : fd; /* a socket, a device without a driver */

    struct stat st;
    struct rsl_text_file file = {0};
    size_t nread = 0;
    int error = 0;
    if (fstat(fd, &st) != 0)
        error = -errno;
    else if (!S_ISREG(st.st_mode))
        error = -ENOENT;
    else if ((uint64_t)st.st_size > max_nbytes)
        error = -EFBIG;
    if (error != 0)
        goto done;
    file.nbytes = (size_t)st.st_size;
    file.text = allocator->allocate(allocator->state, file.nbytes + 1);
    if (file.text == NULL) {
        error = -ENOMEM;
        goto done;
    }
    error = read_all(fd, file.text, file.nbytes, &nread);
    if (error == 0 && nread < file.nbytes) {
        char *text = allocator->resize(allocator->state, file.text, file.nbytes + 1, nread + 1);
        if (text == NULL) {
            error = -ENOMEM;
        } else {
            file.text = text;
            file.nbytes = nread;
        }
    }
    if (error != 0) {
        rsl_text_file_fini(&file, allocator);
        goto done;
    }
    file.text[file.nbytes] = 0;
    *file_out = file;
done:
    close(fd);
    return error;
}
