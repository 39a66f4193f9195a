/* fault_layer.c - a library to be preloaded, which makes system calls of a program fail.
 *
 * Calls through the functions below are counted, from 0, over all threads. The environment says
 *
 *     RUSTLE_FAULT_AT      which of them is to fail; "all": all of them; unset: none
 *     RUSTLE_FAULT_CALL    count the calls of this function only
 *     RUSTLE_FAULT_ERROR   the errno, a number; 0: do less than asked for (read, write, getdents64)
 *     RUSTLE_FAULT_COLD    set: nothing seems to be in the page cache
 *     RUSTLE_FAULT_LOG     a file to which go, at the end, the number of calls counted and the
 *                          number of descriptors that were opened and not closed
 *
 * liburing makes its system calls itself, so its functions stand for them. A request that is
 * submitted is a call named "request"; it fails with EINVAL, or is one for half the bytes.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "ds/atomic.h"

#define EXPORTED __attribute__((visibility("default")))

/* All but the counters is set before main. */
static struct rsl_atomic_u64 ncalls; /* relaxed: a count */
static struct rsl_atomic_u64 nopen;
static uint64_t fault_at = UINT64_MAX;
static bool fault_all;
static int fault_error;
static const char *fault_call;
static bool cold;
static bool has_begun; /* a sanitizer makes calls before */

__attribute__((constructor)) static void begin(void)
{
    const char *at = getenv("RUSTLE_FAULT_AT"), *error = getenv("RUSTLE_FAULT_ERROR");
    fault_all = at != NULL && strcmp(at, "all") == 0;
    if (at != NULL && !fault_all)
        fault_at = strtoull(at, NULL, 10);
    fault_error = error == NULL ? EIO : (int)strtol(error, NULL, 10);
    fault_call = getenv("RUSTLE_FAULT_CALL");
    cold = getenv("RUSTLE_FAULT_COLD") != NULL;
    has_begun = true;
}

__attribute__((destructor)) static void end(void)
{
    const char *path = getenv("RUSTLE_FAULT_LOG");
    if (path == NULL)
        return;
    fault_at = UINT64_MAX;
    fault_all = false;
    FILE *file = fopen(path, "we");
    if (file == NULL)
        return;
    (void)fprintf(file, "%llu %lld\n", (unsigned long long)rsl_u64_load_relaxed(&ncalls),
                  (long long)rsl_u64_load_relaxed(&nopen));
    (void)fclose(file);
}

/* Whether this call is to fail. */
static bool fails(const char *call)
{
    if (!has_begun || (fault_call != NULL && strcmp(call, fault_call) != 0))
        return false;
    const uint64_t n = rsl_u64_fetch_add_relaxed(&ncalls, 1);
    return fault_all || n == fault_at;
}

/* For calls that cannot do less than asked for. */
static bool fails_with_errno(const char *call)
{
    if (!fails(call) || fault_error == 0)
        return false;
    errno = fault_error;
    return true;
}

static size_t less(size_t nbytes)
{
    return nbytes > 1 ? nbytes / 2 : nbytes;
}

static int opened(int fd)
{
    if (fd >= 0)
        rsl_u64_fetch_add_relaxed(&nopen, 1);
    return fd;
}

/* The system's headers give the parameters reserved names; what dlsym() finds are functions; and
 * the analyser does not know va_start here. */
// NOLINTBEGIN(readability-inconsistent-declaration-parameter-name,performance-no-int-to-ptr)
// NOLINTBEGIN(clang-analyzer-valist.Uninitialized)

/* The next definition of the function that this stands in. */
#define NEXT(name) ((__typeof__(&(name)))(uintptr_t)dlsym(RTLD_NEXT, #name))

EXPORTED int openat(int folder, const char *path, int flags, ...)
{
    va_list rest;
    va_start(rest, flags);
    const mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    return fails_with_errno("openat") ? -1 : opened(NEXT(openat)(folder, path, flags, mode));
}

EXPORTED int open(const char *path, int flags, ...)
{
    va_list rest;
    va_start(rest, flags);
    const mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    return fails_with_errno("open") ? -1 : opened(NEXT(open)(path, flags, mode));
}

/* SQLite's open. */
EXPORTED int open64(const char *path, int flags, ...)
{
    va_list rest;
    va_start(rest, flags);
    const mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    return open(path, flags, mode);
}

/* What _FORTIFY_SOURCE makes of the two. The names are glibc's. */
// NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)
EXPORTED int __openat_2(int folder, const char *path, int flags);
EXPORTED int __openat_2(int folder, const char *path, int flags)
{
    return openat(folder, path, flags);
}

EXPORTED int __open_2(const char *path, int flags);
EXPORTED int __open_2(const char *path, int flags)
{
    return open(path, flags);
}
// NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)

EXPORTED int close(int fd)
{
    const bool failed = fails_with_errno("close");
    const int error = errno;
    const int result = NEXT(close)(fd); /* in any case, as the kernel does */
    if (result == 0)
        rsl_u64_fetch_add_relaxed(&nopen, UINT64_MAX);
    if (failed)
        errno = error;
    return failed ? -1 : result;
}

EXPORTED ssize_t read(int fd, void *bytes, size_t nbytes)
{
    if (nbytes == sizeof(uint64_t) || !fails("read"))
        return NEXT(read)(fd, bytes, nbytes);
    if (fault_error == 0)
        return NEXT(read)(fd, bytes, less(nbytes));
    errno = fault_error;
    return -1;
}

EXPORTED ssize_t pread(int fd, void *bytes, size_t nbytes, off_t offset)
{
    return fails_with_errno("pread") ? -1 : NEXT(pread)(fd, bytes, nbytes, offset);
}

EXPORTED ssize_t preadv2(int fd, const struct iovec *pieces, int npieces, off_t offset, int flags)
{
    if (cold && flags & RWF_NOWAIT) {
        errno = EAGAIN;
        return -1;
    }
    if (!fails("preadv2"))
        return NEXT(preadv2)(fd, pieces, npieces, offset, flags);
    if (fault_error == 0) {
        const struct iovec piece = {pieces[0].iov_base, less(pieces[0].iov_len) % 1000 + 1};
        return NEXT(preadv2)(fd, &piece, 1, offset, flags);
    }
    errno = fault_error;
    return -1;
}

EXPORTED ssize_t write(int fd, const void *bytes, size_t nbytes)
{
    /* What goes to an eventfd has this size, and cannot fail. */
    if (nbytes == sizeof(uint64_t) || !fails("write"))
        return NEXT(write)(fd, bytes, nbytes);
    if (fault_error == 0)
        return NEXT(write)(fd, bytes, less(nbytes));
    errno = fault_error;
    return -1;
}

EXPORTED int fstat(int fd, struct stat *st)
{
    return fails_with_errno("fstat") ? -1 : NEXT(fstat)(fd, st);
}

EXPORTED int stat(const char *path, struct stat *st)
{
    return fails_with_errno("stat") ? -1 : NEXT(stat)(path, st);
}

EXPORTED int fstatat(int folder, const char *path, struct stat *st, int flags)
{
    return fails_with_errno("fstatat") ? -1 : NEXT(fstatat)(folder, path, st, flags);
}

EXPORTED ssize_t getdents64(int fd, void *bytes, size_t nbytes)
{
    return fails_with_errno("getdents64") ? -1 : NEXT(getdents64)(fd, bytes, nbytes);
}

/* ---- what databases and watches need besides. SQLite calls those with 64 in their names, which
 * count as the others do. */

/* A function whose only failure is -1 and errno. */
// NOLINTBEGIN(bugprone-macro-parentheses): these are lists
#define FAILING(type, name, as, parameters, arguments)           \
    EXPORTED type name parameters                                \
    {                                                            \
        return fails_with_errno(as) ? -1 : NEXT(name) arguments; \
    }

FAILING(ssize_t, pread64, "pread", (int fd, void *bytes, size_t n, off64_t at), (fd, bytes, n, at))
FAILING(ssize_t, pwrite, "pwrite", (int fd, const void *bytes, size_t n, off_t at),
        (fd, bytes, n, at))
FAILING(ssize_t, pwrite64, "pwrite", (int fd, const void *bytes, size_t n, off64_t at),
        (fd, bytes, n, at))
FAILING(ssize_t, pwritev2, "pwrite",
        (int fd, const struct iovec *pieces, int n, off_t at, int flags),
        (fd, pieces, n, at, flags))
FAILING(int, fsync, "fsync", (int fd), (fd))
FAILING(int, fdatasync, "fsync", (int fd), (fd))
FAILING(int, ftruncate, "ftruncate", (int fd, off_t nbytes), (fd, nbytes))
FAILING(int, ftruncate64, "ftruncate", (int fd, off64_t nbytes), (fd, nbytes))
FAILING(int, fstat64, "fstat", (int fd, struct stat64 *st), (fd, st))
FAILING(int, stat64, "stat", (const char *path, struct stat64 *st), (path, st))
FAILING(int, lstat, "lstat", (const char *path, struct stat *st), (path, st))
FAILING(int, lstat64, "lstat", (const char *path, struct stat64 *st), (path, st))
FAILING(int, access, "access", (const char *path, int mode), (path, mode))
FAILING(int, rename, "rename", (const char *from, const char *to), (from, to))
FAILING(int, unlink, "unlink", (const char *path), (path))
FAILING(int, mkdir, "mkdir", (const char *path, mode_t mode), (path, mode))
FAILING(int, flock, "flock", (int fd, int operation), (fd, operation))
FAILING(int, fstatfs, "fstatfs", (int fd, struct statfs *st), (fd, st))
FAILING(ssize_t, readlink, "readlink", (const char *path, char *to, size_t n), (path, to, n))
FAILING(ssize_t, getrandom, "getrandom", (void *bytes, size_t n, unsigned flags), (bytes, n, flags))
FAILING(int, inotify_add_watch, "inotify_add_watch", (int fd, const char *path, uint32_t mask),
        (fd, path, mask))
FAILING(int, inotify_rm_watch, "inotify_rm_watch", (int fd, int watch), (fd, watch))

// NOLINTEND(bugprone-macro-parentheses)

/* Locks; the rest cannot fail. */
EXPORTED int fcntl64(int fd, int command, ...)
{
    va_list rest;
    va_start(rest, command);
    void *const argument = va_arg(rest, void *);
    va_end(rest);
    if (command == F_SETLK && fails_with_errno("fcntl"))
        return -1;
    return NEXT(fcntl64)(fd, command, argument);
}

EXPORTED char *getcwd(char *path, size_t nbytes)
{
    return fails_with_errno("getcwd") ? NULL : NEXT(getcwd)(path, nbytes);
}

EXPORTED DIR *opendir(const char *path)
{
    return fails_with_errno("opendir") ? NULL : NEXT(opendir)(path);
}

EXPORTED int inotify_init1(int flags)
{
    return fails_with_errno("inotify_init1") ? -1 : opened(NEXT(inotify_init1)(flags));
}

EXPORTED int signalfd(int fd, const sigset_t *mask, int flags)
{
    return fails_with_errno("signalfd") ? -1 : opened(NEXT(signalfd)(fd, mask, flags));
}

EXPORTED int eventfd(unsigned count, int flags)
{
    return fails_with_errno("eventfd") ? -1 : opened(NEXT(eventfd)(count, flags));
}

EXPORTED int epoll_create1(int flags)
{
    return fails_with_errno("epoll_create1") ? -1 : opened(NEXT(epoll_create1)(flags));
}

EXPORTED int epoll_ctl(int epfd, int op, int fd, struct epoll_event *event)
{
    return fails_with_errno("epoll_ctl") ? -1 : NEXT(epoll_ctl)(epfd, op, fd, event);
}

EXPORTED int epoll_pwait2(int epfd, struct epoll_event *events, int nevents,
                          const struct timespec *timeout, const sigset_t *mask)
{
    return fails_with_errno("epoll_pwait2")
               ? -1
               : NEXT(epoll_pwait2)(epfd, events, nevents, timeout, mask);
}

EXPORTED int epoll_wait(int epfd, struct epoll_event *events, int nevents, int timeout)
{
    return fails_with_errno("epoll_wait") ? -1 : NEXT(epoll_wait)(epfd, events, nevents, timeout);
}

EXPORTED int poll(struct pollfd *fds, nfds_t nfds, int timeout)
{
    return fails_with_errno("poll") ? -1 : NEXT(poll)(fds, nfds, timeout);
}

EXPORTED int pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                            void *(*fn)(void *), void *arg)
{
    if (fails_with_errno("pthread_create"))
        return errno;
    return NEXT(pthread_create)(thread, attributes, fn, arg);
}

#ifdef FAULTY_MALLOC
/* ---- memory: only by its name, "malloc", which stands for all three; the rest of a run would be
 * nothing but that. Not where a sanitizer allocates, nor maps. The names are glibc's. */

// NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)
void *__libc_malloc(size_t nbytes);
void *__libc_calloc(size_t n, size_t nbytes);
void *__libc_realloc(void *bytes, size_t nbytes);

static bool has_no_memory(void)
{
    if (fault_call == NULL || strcmp(fault_call, "malloc") != 0 || !fails("malloc"))
        return false;
    errno = ENOMEM;
    return true;
}

EXPORTED void *mmap(void *place, size_t nbytes, int protection, int flags, int fd, off_t at)
{
    return fails_with_errno("mmap") ? MAP_FAILED
                                    : NEXT(mmap)(place, nbytes, protection, flags, fd, at);
}

EXPORTED void *mmap64(void *place, size_t nbytes, int protection, int flags, int fd, off64_t at)
{
    return fails_with_errno("mmap") ? MAP_FAILED
                                    : NEXT(mmap64)(place, nbytes, protection, flags, fd, at);
}

EXPORTED void *malloc(size_t nbytes)
{
    return has_no_memory() ? NULL : __libc_malloc(nbytes);
}

EXPORTED void *calloc(size_t n, size_t nbytes)
{
    return has_no_memory() ? NULL : __libc_calloc(n, nbytes);
}

EXPORTED void *realloc(void *bytes, size_t nbytes)
{
    return has_no_memory() ? NULL : __libc_realloc(bytes, nbytes);
}
// NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)

#endif

/* ---- liburing */

EXPORTED int io_uring_queue_init(unsigned entries, struct io_uring *ring, unsigned flags)
{
    if (fails_with_errno("io_uring_setup"))
        return -errno;
    return NEXT(io_uring_queue_init)(entries, ring, flags);
}

EXPORTED int io_uring_register_files_sparse(struct io_uring *ring, unsigned nfiles)
{
    if (fails_with_errno("io_uring_register"))
        return -errno;
    return NEXT(io_uring_register_files_sparse)(ring, nfiles);
}

EXPORTED int io_uring_submit_and_wait_timeout(struct io_uring *ring, struct io_uring_cqe **answer,
                                              unsigned nanswers, struct __kernel_timespec *timeout,
                                              sigset_t *mask)
{
    for (unsigned i = ring->sq.sqe_head; i != ring->sq.sqe_tail; i++) {
        struct io_uring_sqe *request = &ring->sq.sqes[i & *ring->sq.kring_mask];
        const bool is_read = request->opcode == IORING_OP_READ;
        if (!fails("request"))
            continue;
        if (fault_error != 0)
            request->opcode = UINT8_MAX;
        else if (is_read)
            request->len = (unsigned)less(request->len) % 1000 + 1;
    }
    if (fails_with_errno("io_uring_enter"))
        return -errno;
    return NEXT(io_uring_submit_and_wait_timeout)(ring, answer, nanswers, timeout, mask);
}

// NOLINTEND(clang-analyzer-valist.Uninitialized)
// NOLINTEND(readability-inconsistent-declaration-parameter-name,performance-no-int-to-ptr)
