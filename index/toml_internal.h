/* toml_internal.h - what toml.c and toml_scalar.c share. */
#ifndef RSL_INDEX_TOML_INTERNAL_H
#define RSL_INDEX_TOML_INTERNAL_H

#include "index/toml.h"

/* The reader. Every function that reads leaves `p` behind what it read; at an error the error is
 * recorded and false is returned, all the way up. */
struct toml_reader {
    struct rsl_toml *toml;
    const uint8_t *src, *p, *end; /* NUL bytes follow the end: they stop every scan */
    enum rsl_status status;
    uint32_t section, nsections;
    bool version_1_1;
};

/* Records what is wrong at `at`; false. */
bool rsl_toml_fail(struct toml_reader *r, const uint8_t *at, enum rsl_toml_error_code code);

/* Memory of the document; at failure NULL, and the reader's status says so. */
void *rsl_toml_allocate(struct toml_reader *r, size_t nbytes, size_t alignment);

/* The string whose quotes begin at p. multi_line: whether three quotes make one. */
bool rsl_toml_read_string(struct toml_reader *r, bool multi_line, struct rsl_toml_text *text_out);

/* The bytes [from, to), copied. */
bool rsl_toml_copy(struct toml_reader *r, const uint8_t *from, const uint8_t *to,
                   struct rsl_toml_text *text_out);

/* Any value but an array or a table. */
bool rsl_toml_read_scalar(struct toml_reader *r, struct rsl_toml_value *value);

/* Crosses spaces and tabs. */
static inline void toml_skip_blanks(struct toml_reader *r)
{
    while (*r->p == ' ' || *r->p == '\t')
        r->p++;
}

/* Whether p stands at the end of a line, and how many bytes that has. */
static inline unsigned toml_newline(const uint8_t *p)
{
    return *p == '\n' ? 1 : *p == '\r' && p[1] == '\n' ? 2 : 0;
}

#endif
