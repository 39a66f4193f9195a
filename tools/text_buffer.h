/* text_buffer.h - text that grows while it is written. */
#ifndef RSL_TOOLS_TEXT_BUFFER_H
#define RSL_TOOLS_TEXT_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* All zero is empty. When memory runs out `failed` is set and what follows is dropped. */
struct rsl_text_buffer {
    char *bytes;
    size_t nbytes, capacity;
    bool failed;
};

void rsl_text_buffer_fini(struct rsl_text_buffer *buffer);

/* Room for nbytes more behind bytes + nbytes; NULL, and `failed`, if there is none. */
char *rsl_text_buffer_reserve(struct rsl_text_buffer *buffer, size_t nbytes);

void rsl_text_buffer_put(struct rsl_text_buffer *buffer, const void *bytes, size_t nbytes);
/* The same with what a terminal would obey as `?`: see plain_text.h. */
void rsl_text_buffer_put_plain(struct rsl_text_buffer *buffer, const char *text, size_t nbytes);

void rsl_text_buffer_puts(struct rsl_text_buffer *buffer, const char *string);
/* Writes what there is to `stream`; whether it arrived is for ferror(stream) to tell. */
void rsl_text_buffer_write(const struct rsl_text_buffer *buffer, FILE *stream);

void rsl_text_buffer_put_number(struct rsl_text_buffer *buffer, uint64_t number);

#endif
