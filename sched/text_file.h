/* text_file.h - small files, read whole. */
#ifndef RSL_SCHED_TEXT_FILE_H
#define RSL_SCHED_TEXT_FILE_H

#include "ds/ds.h"

struct rsl_text_file {
    char *text; /* text[nbytes] is a NUL */
    size_t nbytes;
};

/* Reads the regular file that `path`, relative to the folder dirfd, names. open_flags: O_NOFOLLOW
 * or 0. Returns 0 or a negative errno: -ENOENT for anything but a regular file, -EFBIG above
 * max_nbytes, -ENOMEM, or what the system said; then *file_out is empty. */
int rsl_text_file_read(struct rsl_text_file *file_out, int dirfd, const char *path, int open_flags,
                       size_t max_nbytes, const struct rsl_allocator *allocator);

void rsl_text_file_fini(struct rsl_text_file *file, const struct rsl_allocator *allocator);

#endif
