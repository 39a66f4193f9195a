/* read_file.h - whole files into a reused buffer that is padded as the lexer asks for. */
#ifndef RSL_TOOLS_READ_FILE_H
#define RSL_TOOLS_READ_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "ds/ds.h"

/* All zero is empty. RSL_PAD zero bytes follow bytes[0..nbytes). */
struct rsl_source_buffer {
    uint8_t *bytes;
    size_t nbytes, capacity;
    int64_t mtime_ns; /* of a file, since 1970: when it was opened */
};

void rsl_source_buffer_fini(struct rsl_source_buffer *buffer);

/* Reads the file at `path`, replacing what was held; "-" is standard input. Anything but a regular
 * file, a pipe or a terminal is refused. Returns 0 or a negative errno: -EISDIR, -EFBIG above
 * RSL_MAX_SOURCE, -ENOMEM, -EINTR after a signal that interrupt.h tells of, or what open or read
 * said; then the buffer is empty. */
int rsl_read_file(struct rsl_source_buffer *buffer, const char *path);

#endif
