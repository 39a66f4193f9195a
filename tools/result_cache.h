/* result_cache.h - what came of sources, by their content: those that come again need not be
 * parsed.
 *
 * Its memory is bounded. What is in it may be gone at any time, to make room for something else.
 * Only what is true of the content alone is kept: no paths. Any thread may call anything. */
#ifndef RSL_TOOLS_RESULT_CACHE_H
#define RSL_TOOLS_RESULT_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "parser/parser.h"
#include "tools/text_buffer.h"

struct rsl_result_cache;

/* The content: 128 bits of a hash with a seed that nobody can know beforehand, so that no two
 * contents can be made that are taken for each other; and the length. */
struct rsl_content_key {
    uint64_t low, high, nbytes;
};

/* Of a file without errors. */
struct rsl_content_result {
    uint32_t nitems;
    uint32_t nitems_by_kind[RSL_ITEM_KIND_COUNT];
};

/* Makes an empty cache that will hold at most max_nbytes, texts included. NULL: no memory. */
struct rsl_result_cache *rsl_result_cache_create(size_t max_nbytes, bool with_texts);
void rsl_result_cache_destroy(struct rsl_result_cache *cache);

struct rsl_content_key rsl_content_key(const struct rsl_result_cache *cache, const uint8_t *bytes,
                                       size_t nbytes);

/* Whether the content is known: then its result is in *result_out and its text is added to `out`.
 */
bool rsl_result_cache_find(struct rsl_result_cache *cache, const struct rsl_content_key *key,
                           struct rsl_content_result *result_out, struct rsl_text_buffer *out);

/* Keeps a result, with a copy of its text; or does not. */
void rsl_result_cache_add(struct rsl_result_cache *cache, const struct rsl_content_key *key,
                          const struct rsl_content_result *result, const char *text,
                          size_t text_nbytes);

#endif
