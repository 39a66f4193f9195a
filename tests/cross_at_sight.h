/* cross_at_sight.h - what the crossing tells at sight (lexer/cross.h) against what it finds out on
 * the way. For the tests and the fuzzer of the crossing. */
#ifndef RSL_TESTS_CROSS_AT_SIGHT_H
#define RSL_TESTS_CROSS_AT_SIGHT_H

#include <string.h>

#include "lexer/cross.h"

/* Compares what begins with the first byte of src[0..nbytes), any bytes with RSL_PAD zero bytes
 * behind. What is wrong, or NULL. *nseen_out: how many answers there were. */
static inline const char *compare_at_sight(const struct rsl_cross_ops *ops, const uint8_t *src,
                                           size_t nbytes, size_t *nseen_out)
{
    struct rsl_crossing crossing;
    bool any_brace;
    *nseen_out = 0;
    if (src[0] == '{' && ops->short_block != NULL) {
        const uint8_t *const behind = ops->short_block(src, src + nbytes);
        if (behind == NULL)
            return NULL;
        ++*nseen_out;
        rsl_crossing_begin(&crossing, src + 1, src + nbytes, false);
        if (ops->cross(&crossing) != RSL_CROSS_CLOSE)
            return "a block at sight is none";
        if (crossing.p + 1 != behind)
            return "a block at sight has another end";
        if (crossing.suspect || crossing.parens != 0 || crossing.squares != 0)
            return "a block at sight is suspect";
    }
    if (src[0] == '(' || src[0] == '[') {
        const uint8_t *const behind = ops->short_tree(src, &any_brace);
        if (behind == NULL)
            return NULL;
        ++*nseen_out;
        rsl_crossing_begin(&crossing, src, src + nbytes, false);
        if (ops->tree(&crossing, src) != behind)
            return "a tree at sight has another end";
        if (crossing.suspect)
            return "a tree at sight is suspect";
        if (!any_brace && memchr(src, '{', (size_t)(behind - src)) != NULL)
            return "a tree at sight has a brace";
    }
    return NULL;
}

#endif
