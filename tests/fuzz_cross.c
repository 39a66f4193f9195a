/* Fuzzes the crossing with any bytes. What must hold:
 *   - all instruction sets find the same ends and item candidates, in the same places;
 *   - each crossing goes forward, ends, and reads nothing behind the padding;
 *   - what is seen at sight is what the crossing finds;
 *   - where the source is made of sound tokens, they are what the tokens tell (cross_by_tokens.h).
 * The bytes are crossed as a block, as a value and as a token tree of each sort. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/cross_at_sight.h"
#include "tests/cross_by_tokens.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t nbytes);

static void demand(bool condition, const char *what)
{
    if (!condition) {
        fprintf(stderr, "%s\n", what);
        abort();
    }
}

static bool same_crossing(const struct rsl_crossing *a, const struct rsl_crossing *b)
{
    return a->p == b->p && a->nbraces == b->nbraces && a->nbrackets == b->nbrackets &&
           a->parens == b->parens && a->squares == b->squares && a->suspect == b->suspect &&
           a->error_code == b->error_code &&
           (a->error_code == 0 || a->error_nbytes == b->error_nbytes);
}

/* Crosses src[1..nbytes) with both, event by event. */
static void cross_with_both(const struct rsl_cross_ops *judge, const struct rsl_cross_ops *other,
                            const uint8_t *src, size_t nbytes, bool value)
{
    struct rsl_crossing a, b;
    rsl_crossing_begin(&a, src + 1, src + nbytes, value);
    rsl_crossing_begin(&b, src + 1, src + nbytes, value);
    enum rsl_cross_event event;
    do {
        const uint8_t *from = a.p;
        event = judge->cross(&a);
        demand(other->cross(&b) == event, "another event");
        demand(same_crossing(&a, &b), "another crossing");
        demand(a.p >= from && a.p <= src + nbytes, "not forward");
        if (event == RSL_CROSS_ITEM) {
            a.p++;
            b.p++;
            a.boundary = b.boundary = NULL;
        }
    } while (event == RSL_CROSS_ITEM);
}

static void tree_with_both(const struct rsl_cross_ops *judge, const struct rsl_cross_ops *other,
                           const uint8_t *src, size_t nbytes)
{
    struct rsl_crossing a, b;
    rsl_crossing_begin(&a, src, src + nbytes, false);
    rsl_crossing_begin(&b, src, src + nbytes, false);
    const uint8_t *behind = judge->tree(&a, src);
    demand(other->tree(&b, src) == behind, "another end of a tree");
    demand(a.suspect == b.suspect && a.error_code == b.error_code, "another opinion on a tree");
    demand(behind == NULL || (behind > src && behind <= src + nbytes), "a tree out of bounds");
}

static void compare_with_tokens(const uint8_t *src, size_t nbytes)
{
    struct rsl_tokens tokens;
    rsl_tokens_init(&tokens, NULL);
    demand(rsl_lex(&tokens, src, nbytes, &crossing_options) == RSL_OK, "rsl_lex");
    const bool sound = is_sound(&tokens, src, nbytes);
    rsl_tokens_fini(&tokens);
    if (!sound) {
        return;
    }
    const struct rsl_cross_ops *scalar = rsl_cross_ops_for(RSL_ISA_SCALAR);
    const bool value = src[0] == '=';
    const char *failure = NULL;
    size_t nitems;
    if (value || src[0] == '{') {
        failure = compare_crossings(scalar, src, nbytes, value, &nitems);
    }
    if (failure == NULL && !value) {
        failure = compare_trees(scalar, src, nbytes);
    }
    demand(failure == NULL, failure);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t nbytes)
{
    /* The opening byte, and a space, since what touches a `=` could be a part of it. */
    const size_t total = nbytes + 2;
    uint8_t *src = malloc(total + RSL_PAD);
    if (src == NULL) {
        return 0;
    }
    src[1] = ' ';
    if (nbytes > 0) {
        memcpy(src + 2, data, nbytes);
    }
    memset(src + total, 0, RSL_PAD);
    static const char begins[] = "{=([";
    const struct rsl_cross_ops *scalar = rsl_cross_ops_for(RSL_ISA_SCALAR);
    for (const char *begin = begins; *begin; begin++) {
        src[0] = (uint8_t)*begin;
        for (int isa = RSL_ISA_SCALAR + 1; isa < RSL_ISA_COUNT_; isa++) {
            const struct rsl_cross_ops *other = rsl_cross_ops_for((enum rsl_isa)isa);
            if (*begin == '{' || *begin == '=') {
                cross_with_both(scalar, other, src, total, *begin == '=');
            }
            size_t nseen;
            const char *failure = compare_at_sight(other, src, total, &nseen);
            demand(failure == NULL, failure);
            if (*begin != '=') {
                tree_with_both(scalar, other, src, total);
            }
        }
        compare_with_tokens(src, total);
    }
    free(src);
    return 0;
}
