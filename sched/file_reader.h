/* file_reader.h - whole files into memory, many at a time.
 *
 *     rsl_file_reader_start(reader, AT_FDCWD, paths, npaths);
 *     struct rsl_file_contents file;
 *     while (rsl_file_reader_next(reader, &file))
 *         ...
 *
 * What is in the page cache is read at once, by plain calls. When something is not, and io_uring is
 * to be had, the reader has `depth` files on their way from the disk at once, until all are there
 * at once again: opening, reading and the look for the end are requests linked together, on
 * descriptors of the ring, and closing is none. That takes Linux 5.19. Otherwise, and where
 * io_uring is refused, a reader waits for one file after the other. Both give the same results:
 * whatever does not go as it mostly does, io_uring leaves to the plain calls.
 *
 * What is read is what was there at some time between start and next. A file that grows or shrinks
 * meanwhile is read to the end that it then has. Opening never waits for anybody: what is no
 * regular file, a pipe for instance, is refused. Where descriptors run out a reader waits for some
 * tenths of a second for others to close theirs.
 */
#ifndef RSL_SCHED_FILE_READER_H
#define RSL_SCHED_FILE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ds/ds.h"
#include "sched/io.h"

#ifdef __cplusplus
extern "C" {
#endif

struct rsl_file_reader;

/* All zero: the defaults. Copied; the allocator is borrowed. */
struct rsl_file_reader_options {
    enum rsl_io io;
    const struct rsl_allocator *allocator; /* NULL: rsl_allocator_default */
    unsigned depth;                        /* files on their way at once, at most; 0: 64 */
};

#define RSL_FILE_READER_MAX_DEPTH 1024

/* One file. */
struct rsl_file_contents {
    size_t index;         /* of its path, as given to start */
    const uint8_t *bytes; /* RSL_PAD zero bytes follow; the reader's, until the next call */
    size_t nbytes;
    /* 0, or an errno; then there are no bytes. What open(2) and read(2) say, and EINVAL for what is
     * neither file nor folder, EFBIG above RSL_MAX_SOURCE bytes, ENOMEM. */
    int error;
};

/* Makes a reader, to be used by the calling thread alone. `options` NULL: the defaults. Returns
 * RSL_OK, RSL_EINVAL, RSL_ENOMEM, or, with RSL_IO_URING only, RSL_EIO with errno set if io_uring is
 * refused or too old. Memory: up to 64 KiB a file on its way, and what the largest file takes. */
enum rsl_status rsl_file_reader_create(const struct rsl_file_reader_options *options,
                                       struct rsl_file_reader **reader_out);
/* NULL: nothing. */
void rsl_file_reader_destroy(struct rsl_file_reader *reader);

/* What the reader stands on: RSL_IO_URING, or RSL_IO_EPOLL for plain calls. */
enum rsl_io rsl_file_reader_io(const struct rsl_file_reader *reader);

/* Has paths[0..npaths) read, relative to the open folder `folder` (AT_FDCWD: the working one). All
 * are borrowed until next has returned false, or start is called again, which forgets what is left.
 */
void rsl_file_reader_start(struct rsl_file_reader *reader, int folder, const char *const *paths,
                           size_t npaths);
/* Waits for the next file, in the order of the paths. Returns false when there are no more. */
bool rsl_file_reader_next(struct rsl_file_reader *reader, struct rsl_file_contents *file_out);

#ifdef __cplusplus
}
#endif

#endif
