#include "sched/open_path.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int rsl_open_patiently(int folder, const char *path, int flags, bool *impatient)
{
    enum { MOST_TRIES = 40 };
    bool none = false;
    if (impatient == NULL)
        impatient = &none;
    for (long ntries = 1;;) {
        const int fd = openat(folder, path, flags);
        if (fd >= 0) {
            *impatient = false;
            return fd;
        }
        const int error = errno;
        if (error == EINTR)
            continue;
        if (error != EMFILE && error != ENFILE && error != EAGAIN)
            return -error;
        if (*impatient || ntries == MOST_TRIES) {
            *impatient = true;
            return -error;
        }
        const struct timespec pause = {.tv_nsec = ntries++ * 500000};
        (void)nanosleep(&pause, NULL);
    }
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
        const int next = rsl_open_patiently(folder, piece, O_PATH | O_DIRECTORY | O_CLOEXEC, NULL);
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
    const int fd = rsl_open_patiently(folder, nbytes > 0 ? path : ".", flags, NULL);
    if (folder != AT_FDCWD)
        close(folder);
    return fd;
}
