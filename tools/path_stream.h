/* path_stream.h - a list of paths, as it arrives in pieces. */
#ifndef RSL_TOOLS_PATH_STREAM_H
#define RSL_TOOLS_PATH_STREAM_H

#include <stdbool.h>
#include <stddef.h>

/* All zero but for `delimiter` is empty. */
struct rsl_path_stream {
    char delimiter; /* '\n' or NUL; behind each path, but the last may lack it */
    char *bytes;    /* what has come, from `at` on not yet taken */
    size_t at, nbytes, capacity;
    size_t nsearched; /* there is no delimiter before this */
};

void rsl_path_stream_fini(struct rsl_path_stream *stream);

/* Room for the next piece: nbytes bytes, to be followed by rsl_path_stream_add(). NULL without
 * memory. Paths taken before are gone. */
char *rsl_path_stream_reserve(struct rsl_path_stream *stream, size_t nbytes);
void rsl_path_stream_add(struct rsl_path_stream *stream, size_t nbytes);

/* The next path, ending with a NUL, or NULL if it has not come whole; empty ones are passed over.
 * `ended`: no more will come. */
const char *rsl_path_stream_take(struct rsl_path_stream *stream, bool ended);

#endif
