#include "tools/text_buffer.h"

#include <stdlib.h>
#include <string.h>

#include "tools/plain_text.h"

void rsl_text_buffer_fini(struct rsl_text_buffer *buffer)
{
    free(buffer->bytes);
    *buffer = (struct rsl_text_buffer){0};
}

char *rsl_text_buffer_reserve(struct rsl_text_buffer *buffer, size_t nbytes)
{
    if (buffer->capacity - buffer->nbytes < nbytes) {
        size_t capacity = buffer->capacity < 4096 ? 4096 : buffer->capacity * 2;
        if (capacity < buffer->nbytes + nbytes)
            capacity = buffer->nbytes + nbytes;
        char *bytes = realloc(buffer->bytes, capacity);
        if (bytes == NULL) {
            buffer->failed = true;
            return NULL;
        }
        buffer->bytes = bytes;
        buffer->capacity = capacity;
    }
    return buffer->bytes + buffer->nbytes;
}

void rsl_text_buffer_put(struct rsl_text_buffer *buffer, const void *bytes, size_t nbytes)
{
    char *to = nbytes == 0 ? NULL : rsl_text_buffer_reserve(buffer, nbytes);
    if (to == NULL)
        return;
    memcpy(to, bytes, nbytes);
    buffer->nbytes += nbytes;
}

void rsl_text_buffer_put_plain(struct rsl_text_buffer *buffer, const char *text, size_t nbytes)
{
    char *to = nbytes == 0 ? NULL : rsl_text_buffer_reserve(buffer, nbytes);
    if (to != NULL)
        buffer->nbytes += rsl_plain_text(to, text, nbytes, "");
}

void rsl_text_buffer_puts(struct rsl_text_buffer *buffer, const char *string)
{
    rsl_text_buffer_put(buffer, string, strlen(string));
}

void rsl_text_buffer_put_number(struct rsl_text_buffer *buffer, uint64_t number)
{
    char digits[20];
    size_t n = sizeof digits;
    do
        digits[--n] = (char)('0' + number % 10);
    while ((number /= 10) != 0);
    rsl_text_buffer_put(buffer, digits + n, sizeof digits - n);
}

void rsl_text_buffer_write(const struct rsl_text_buffer *buffer, FILE *stream)
{
    if (buffer->nbytes > 0)
        fwrite(buffer->bytes, 1, buffer->nbytes, stream);
}
