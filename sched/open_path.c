#include "sched/open_path.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

static int open_at(int folder, const char *path, int flags)
{
    int fd;
    do {
        fd = openat(folder, path, flags);
    } while (fd < 0 && errno == EINTR);
    return fd < 0 ? -errno : fd;
}

int rsl_open_path(const char *path, size_t nbytes, int flags)
{
    int folder = AT_FDCWD;
    while (nbytes >= PATH_MAX) {
        /* The longest piece that ends before a slash. */
        size_t n = PATH_MAX - 1;
        while (n > 0 && path[n] != '/')
            n--;
        if (n == 0) {
            if (folder != AT_FDCWD)
                close(folder);
            return -ENAMETOOLONG;
        }
        char piece[PATH_MAX];
        memcpy(piece, path, n);
        piece[n] = 0;
        const int next = open_at(folder, piece, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (folder != AT_FDCWD)
            close(folder);
        if (next < 0)
            return next;
        folder = next;
        /* Without its slashes, what is left is relative. */
        while (n < nbytes && path[n] == '/')
            n++;
        path += n;
        nbytes -= n;
    }
    const int fd = open_at(folder, nbytes > 0 ? path : ".", flags);
    if (folder != AT_FDCWD)
        close(folder);
    return fd;
}
