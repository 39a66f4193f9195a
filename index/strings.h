/* strings.h - strings as dense numbers: equal bytes, equal number, counted from 0 in the order in
 * which they came. */
#ifndef RSL_INDEX_STRINGS_H
#define RSL_INDEX_STRINGS_H

#include <stddef.h>
#include <stdint.h>

#include "ds/arena.h"
#include "ds/ds.h"

#ifdef __cplusplus
extern "C" {
#endif

/* No string. */
#define RSL_NO_STRING UINT32_MAX

struct rsl_strings_slot {
    uint32_t hash, id; /* id: number + 1, 0 for free */
};

/* A set of strings. The fields are its own. */
struct rsl_strings {
    const char **texts;
    uint32_t *lengths;
    struct rsl_strings_slot *slots; /* open addressing */
    uint32_t n, capacity, nslots;
    uint64_t seed; /* of the hash: who names files, say, is not to choose the slots */
    struct rsl_arena arena;
    const struct rsl_allocator *allocator;
};

/* An empty set that holds no memory. `allocator` is borrowed; NULL is rsl_allocator_default. */
void rsl_strings_init(struct rsl_strings *strings, const struct rsl_allocator *allocator);

/* Releases the memory; the set is as after init. */
void rsl_strings_fini(struct rsl_strings *strings);

/* The number of text[0..nbytes), which is copied if it is new, into *id_out. RSL_OK, or RSL_ENOMEM:
 * the set is as it was. One thread at a time. O(nbytes), amortised. */
enum rsl_status rsl_strings_add(struct rsl_strings *strings, const char *text, size_t nbytes,
                                uint32_t *id_out);

/* The number of text[0..nbytes), or RSL_NO_STRING if it is not there. Any thread while nobody adds.
 * O(nbytes). */
uint32_t rsl_strings_find(const struct rsl_strings *strings, const char *text, size_t nbytes);

/* How many there are. */
static inline uint32_t rsl_strings_count(const struct rsl_strings *strings)
{
    return strings->n;
}

/* The string with that number, which must exist; a NUL follows it. Valid until fini. */
static inline const char *rsl_strings_text(const struct rsl_strings *strings, uint32_t id)
{
    return strings->texts[id];
}

/* Its length in bytes. */
static inline uint32_t rsl_strings_nbytes(const struct rsl_strings *strings, uint32_t id)
{
    return strings->lengths[id];
}

#ifdef __cplusplus
}
#endif

#endif
