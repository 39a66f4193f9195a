/* item_digest.h - what a file declares, short: enough to tell what another version of it adds,
 * removes and changes.
 *
 * An item is known by its kind and its path in the file: its name behind those of the items that it
 * stands in. Of several with one path (alternatives of a cfg, impls) the first is compared with the
 * first, and so on. An item has changed if its signature has: all between its attributes and its
 * body or value, comments and white space aside, and its attributes but for doc comments; of macros
 * all that they are made of; of what a use brings in also the visibility of the use.
 */
#ifndef RSL_INDEX_ITEM_DIGEST_H
#define RSL_INDEX_ITEM_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#include "ds/ds.h"
#include "parser/parser.h"

#ifdef __cplusplus
extern "C" {
#endif

struct rsl_digest_item {
    uint64_t key;       /* hash of kind and path, and of which it is of several */
    uint64_t signature; /* hash */
    uint32_t parent;    /* item; RSL_NONE at file level */
    uint32_t name;      /* in text, with a NUL; empty if it has none */
    uint32_t line;      /* of the name, from 1 */
    uint8_t kind;       /* enum rsl_item_kind */
};

/* One block. */
struct rsl_item_digest {
    size_t nbytes; /* of the block */
    uint32_t nitems;
    const struct rsl_digest_item *items; /* in the order of the file */
    uint32_t nkeys;
    const uint32_t
        *by_key; /* their numbers, by ascending key; uses are left out for their leaves */
    const char *text;
};

/* Memory for the making of digests, used again for each file. One per thread. */
struct rsl_digest_builder;

/* NULL if there is no memory. `allocator` is borrowed; NULL is rsl_allocator_default. */
struct rsl_digest_builder *rsl_digest_builder_create(const struct rsl_allocator *allocator);
/* Not the digests that it made. NULL is allowed. */
void rsl_digest_builder_destroy(struct rsl_digest_builder *builder);

/* The digest of `file`, which was parsed from `src`. RSL_OK or RSL_ENOMEM, and then *digest_out is
 * NULL. O(items log items + bytes). */
enum rsl_status rsl_item_digest_create(struct rsl_digest_builder *builder,
                                       const struct rsl_file *file, const uint8_t *src,
                                       struct rsl_item_digest **digest_out);

/* Of a builder of that allocator. NULL is allowed. */
void rsl_item_digest_destroy(struct rsl_item_digest *digest, const struct rsl_allocator *allocator);

/* The path of an item, "a::S::f", as snprintf would write it. Of more components than
 * RSL_DIGEST_PATH_COMPONENTS the first are left out. Those without a name are their kind. */
#define RSL_DIGEST_PATH_COMPONENTS 64
size_t rsl_item_digest_path(const struct rsl_item_digest *digest, uint32_t item, char *buffer,
                            size_t capacity);

enum rsl_item_change { RSL_ITEM_ADDED, RSL_ITEM_REMOVED, RSL_ITEM_CHANGED };

/* Calls `tell` for what is different, in the order of the keys; `digest` is the one that `item` is
 * of: the old one for what was removed. Either may be NULL: a file without items. O(items). */
void rsl_item_digest_compare(const struct rsl_item_digest *old_digest,
                             const struct rsl_item_digest *new_digest,
                             void (*tell)(void *context, enum rsl_item_change change,
                                          const struct rsl_item_digest *digest, uint32_t item),
                             void *context);

#ifdef __cplusplus
}
#endif

#endif
