/* map_key.h - the hash of a key, and its comparison: what a lookup does besides waiting for memory.
 *
 * Lookups wait for lines of tables that no cache holds, several lookups at once as long as the
 * processor can look far enough ahead: so many instructions. Keys of the lengths that most have are
 * hashed and compared open-coded, with few branches that depend on the length.
 */
#ifndef RSL_DS_MAP_KEY_H
#define RSL_DS_MAP_KEY_H

#define XXH_INLINE_ALL
#include <string.h>
#include <xxhash.h>

#include "ds/map_internal.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#ifdef RSL_MODEL /* for which keys have one byte, and which should see these paths */
enum { MEDIUM_LEAST = 1, MEDIUM_MOST = 64 };
#else
enum { MEDIUM_LEAST = 17, MEDIUM_MOST = 128 };
#endif

/* Of a function: with all that it calls inline, and inline in all that call it. Not for the model
 * checker, which knows operations by the functions that they are in. */
#ifdef RSL_MODEL
#define FLAT
#define INLINED
#else
#define FLAT    __attribute__((flatten))
#define INLINED __attribute__((always_inline))
#endif

static inline bool is_medium(size_t nbytes)
{
    return nbytes - MEDIUM_LEAST <= MEDIUM_MOST - MEDIUM_LEAST;
}

/* The hash is XXH3_64bits_withSeed(), whatever the length. */
__attribute__((noinline)) static uint64_t hash_any(const struct rsl_map *map, const void *key,
                                                   size_t nbytes)
{
    return XXH3_64bits_withSeed(key, nbytes, map->seed) & map->tuning.hash_mask;
}

/* The same for a key of medium length, for which the seed is only ever added to words of the
 * secret, or subtracted: the map has that secret ready. */
__attribute__((always_inline, flatten)) static inline uint64_t
hash_medium(const struct rsl_map *map, const void *key, size_t nbytes)
{
#ifdef RSL_MODEL
    return hash_any(map, key, nbytes);
#else
    if (!is_medium(nbytes))
        __builtin_unreachable();
    return XXH3_64bits_withSecret(key, nbytes, map->secret, sizeof map->secret) &
           map->tuning.hash_mask;
#endif
}

static inline uint64_t hash_of(const struct rsl_map *map, const void *key, size_t nbytes)
{
    return is_medium(nbytes) ? hash_medium(map, key, nbytes) : hash_any(map, key, nbytes);
}

/* Whether 16 bytes and 16 others are the same, all bits set if so; `and` of such. */
#ifdef __SSE2__
typedef __m128i sameness;
static inline sameness same_16(const uint8_t *a, const uint8_t *b)
{
    return _mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)(const void *)a),
                          _mm_loadu_si128((const __m128i *)(const void *)b));
}
static inline sameness both(sameness a, sameness b)
{
    return _mm_and_si128(a, b);
}
static inline bool is_same(sameness a)
{
    return _mm_movemask_epi8(a) == 0xFFFF;
}
#else
typedef uint64_t sameness;
static inline sameness same_16(const uint8_t *a, const uint8_t *b)
{
    uint64_t a0, a1, b0, b1;
    memcpy(&a0, a, 8);
    memcpy(&a1, a + 8, 8);
    memcpy(&b0, b, 8);
    memcpy(&b1, b + 8, 8);
    return ~((a0 ^ b0) | (a1 ^ b1));
}
static inline sameness both(sameness a, sameness b)
{
    return a & b;
}
static inline bool is_same(sameness a)
{
    return ~a == 0;
}
#endif

/* Whether two keys of this medium length are the same. Steps overlap, so that there are only four
 * ways, of which most keys take the second: a branch that is foreseen wrongly costs more. */
static inline bool same_medium(const void *p, const void *q, size_t nbytes)
{
#ifdef RSL_MODEL
    return memcmp(p, q, nbytes) == 0;
#else
    const uint8_t *a = p, *b = q;
    const uint8_t *a_end = a + nbytes, *b_end = b + nbytes;
    sameness same = both(same_16(a, b), same_16(a_end - 16, b_end - 16));
    if (nbytes > 32)
        same = both(same, both(same_16(a + 16, b + 16), same_16(a_end - 32, b_end - 32)));
    if (nbytes > 64)
        same = both(same, both(same_16(a + 32, b + 32), same_16(a_end - 48, b_end - 48)));
    if (nbytes > 96)
        same = both(same, both(same_16(a + 48, b + 48), same_16(a_end - 64, b_end - 64)));
    return is_same(same);
#endif
}

#endif
