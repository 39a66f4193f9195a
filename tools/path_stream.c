#include "tools/path_stream.h"

#include <stdlib.h>
#include <string.h>

void rsl_path_stream_fini(struct rsl_path_stream *stream)
{
    free(stream->bytes);
    *stream = (struct rsl_path_stream){.delimiter = stream->delimiter};
}

char *rsl_path_stream_reserve(struct rsl_path_stream *stream, size_t nbytes)
{
    if (stream->at > 0) {
        memmove(stream->bytes, stream->bytes + stream->at, stream->nbytes - stream->at);
        stream->nbytes -= stream->at;
        stream->nsearched -= stream->at;
        stream->at = 0;
    }
    /* One more, for the NUL of a last path that has no delimiter. */
    if (stream->capacity - stream->nbytes < nbytes + 1) {
        const size_t capacity = stream->capacity * 2 + nbytes + 1;
        char *bytes = realloc(stream->bytes, capacity);
        if (bytes == NULL)
            return NULL;
        stream->bytes = bytes;
        stream->capacity = capacity;
    }
    return stream->bytes + stream->nbytes;
}

void rsl_path_stream_add(struct rsl_path_stream *stream, size_t nbytes)
{
    stream->nbytes += nbytes;
}

const char *rsl_path_stream_take(struct rsl_path_stream *stream, bool ended)
{
    while (stream->at < stream->nbytes) {
        char *const path = stream->bytes + stream->at;
        char *end = memchr(stream->bytes + stream->nsearched, stream->delimiter,
                           stream->nbytes - stream->nsearched);
        if (end == NULL && !ended) {
            stream->nsearched = stream->nbytes;
            return NULL;
        }
        if (end == NULL) {
            end = stream->bytes + stream->nbytes;
            stream->at = stream->nsearched = stream->nbytes;
        } else {
            stream->at = stream->nsearched = (size_t)(end - stream->bytes) + 1;
        }
        *end = '\0';
        if (end != path)
            return path;
    }
    return NULL;
}
