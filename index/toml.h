/* toml.h - TOML documents as trees (https://toml.io/en/v1.0.0, https://toml.io/en/v1.1.0).
 *
 * Everything in the specification is read and checked, nothing beyond it is accepted, but for a
 * byte order mark at the start, which cargo takes too. What the specification leaves open: integers
 * have 64 bits, floats are doubles rounded to nearest, fractions of seconds are cut to nanoseconds,
 * line ends in strings become LF, a leap second (60) is a second.
 */
#ifndef RSL_INDEX_TOML_H
#define RSL_INDEX_TOML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ds/arena.h"
#include "ds/ds.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Arrays and inline tables within each other; deeper is an error in the document. */
#define RSL_TOML_MAX_NESTING 128

/* 1.1 adds the escapes \e and \xHH, times without seconds, and line ends, comments and a last comma
 * in inline tables. cargo reads it since 1.94. */
enum rsl_toml_version { RSL_TOML_1_0, RSL_TOML_1_1 };

enum rsl_toml_kind {
    RSL_TOML_STRING,
    RSL_TOML_INTEGER,
    RSL_TOML_FLOAT,
    RSL_TOML_BOOLEAN,
    RSL_TOML_DATETIME,
    RSL_TOML_ARRAY,
    RSL_TOML_TABLE,
};

enum rsl_toml_error_code {
    RSL_TOML_ERROR_NONE = 0,
#define X(suffix, message) RSL_TOML_ERROR_##suffix,
#include "index/toml_errors.def"
#undef X
    RSL_TOML_ERROR_COUNT /* one past the last code */
};

/* Bytes of the document's own memory; UTF-8, may hold NUL, a NUL follows. */
struct rsl_toml_text {
    const char *bytes;
    size_t nbytes;
};

/* A date, a time, or both, with or without an offset from UTC. What is not there is 0. */
struct rsl_toml_datetime {
    bool has_date, has_time, has_offset;
    uint8_t month, day; /* from 1 */
    uint8_t hour, minute, second;
    uint16_t year;
    int16_t offset_minutes;
    uint32_t nanosecond;
};

/* A value, and if it stands in a table, its key. The members of a table or an array are a list in
 * the order of the document. */
struct rsl_toml_value {
    uint8_t kind;     /* enum rsl_toml_kind */
    uint8_t origin;   /* the reader's own */
    uint32_t section; /* the reader's own */
    uint32_t key_off; /* offset of the key, or where there is none of the value */
    uint32_t off;  /* offset of the value; of a table made by a header or a dotted key, of that */
    uint32_t hash; /* the reader's own */
    uint32_t nmembers;             /* of a table or an array */
    struct rsl_toml_text key;      /* "" for the root and the members of arrays */
    struct rsl_toml_value *parent; /* NULL for the root */
    struct rsl_toml_value *next;   /* the next member of the parent, or NULL */
    union {
        struct rsl_toml_text string;
        int64_t integer;
        double number;
        bool boolean;
        struct rsl_toml_datetime datetime;
        struct {
            struct rsl_toml_value *first, *last; /* NULL if there is none */
            uint32_t id;                         /* the reader's own */
        } members;
    } as;
};

/* What is wrong with the document, and where: bytes [off, off + 1) at a line and a column that
 * count from 1, columns in code points. */
struct rsl_toml_error {
    uint32_t off;
    uint32_t line, column;
    uint8_t code; /* enum rsl_toml_error_code */
};

/* A document. */
struct rsl_toml {
    struct rsl_toml_value *root; /* a table, or NULL before the first document */
    struct rsl_toml_error error; /* the first, at which reading ended; code is 0 if there is none */
    struct rsl_arena arena;      /* the rest is the object's own business */
    struct rsl_toml_value **keys; /* open addressing, by parent and key */
    uint32_t keys_capacity, nkeys, ntables;
    const struct rsl_allocator *allocator;
};

/* One sentence for `code`, static, never NULL. Any thread. O(1). */
const char *rsl_toml_error_message(uint8_t code);

/* An empty object that holds no memory. `allocator` is borrowed; NULL is rsl_allocator_default. */
void rsl_toml_init(struct rsl_toml *toml, const struct rsl_allocator *allocator);

/* Releases the memory; the object is as after init. */
void rsl_toml_fini(struct rsl_toml *toml);

/* Reads src[0..nbytes) into `toml`, replacing what it held.
 * src: any bytes; RSL_PAD zero bytes must follow; not needed afterwards.
 * Never fails on a bad document: toml->error tells, and the tree holds what came before.
 * Returns RSL_OK, RSL_ENOMEM or RSL_ETOOBIG; if not RSL_OK, root is NULL and `toml` is reusable.
 * One object per thread. O(nbytes). */
enum rsl_status rsl_toml_read(struct rsl_toml *toml, const uint8_t *src, size_t nbytes,
                              enum rsl_toml_version version);

/* The member of `table` with that key, or NULL if there is none, `table` is NULL or no table.
 * Any thread as long as nobody writes. O(key). */
const struct rsl_toml_value *rsl_toml_find(const struct rsl_toml *toml,
                                           const struct rsl_toml_value *table, const char *key);

/* The same for a member that must be of one kind. */
const struct rsl_toml_value *rsl_toml_find_kind(const struct rsl_toml *toml,
                                                const struct rsl_toml_value *table, const char *key,
                                                enum rsl_toml_kind kind);

#ifdef __cplusplus
}
#endif

#endif
