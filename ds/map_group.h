/* map_group.h - slots of the map, and the search in a group of them: one cache line.
 *
 * A slot is a word: a tag in the upper 16 bits, the entry's address in the lower 48. One
 * compare-and-swap publishes both. What a slot can be:
 *
 *     tag      address
 *     0        0          empty: no probe has gone past it
 *     1        0          a tombstone
 *     1        1          frozen: was empty, and nothing will be put into it
 *     2..      an entry   15 bits of the hash, so that few entries are looked at in vain
 */
#ifndef RSL_DS_MAP_GROUP_H
#define RSL_DS_MAP_GROUP_H

#include "ds/map.h"

#if defined(__SSE2__) && !defined(RSL_TSAN) && !defined(RSL_MODEL)
#define RSL_MAP_SSE2 1
#include <emmintrin.h>
#endif

#ifdef RSL_MODEL
enum { GROUP_SLOTS = 2 };
#else
enum { GROUP_SLOTS = RSL_CACHE_LINE / 8 };
#endif

enum { TAG_SHIFT = 48, TAG_TOMBSTONE = 1, TAG_FIRST = 2 };
#define SLOT_TOMBSTONE ((uint64_t)TAG_TOMBSTONE << TAG_SHIFT)
#define SLOT_FROZEN    (SLOT_TOMBSTONE | 1)
#define SLOT_ADDRESS   ((UINT64_C(1) << TAG_SHIFT) - 1)

static inline uint64_t tag_of_hash(uint64_t hash)
{
    return (hash & 0xFFFF) | TAG_FIRST;
}

static inline uint64_t slot_make(const struct rsl_map_entry *entry, uint64_t hash)
{
    return tag_of_hash(hash) << TAG_SHIFT | (uint64_t)(uintptr_t)entry;
}

static inline bool slot_has_entry(uint64_t slot)
{
    return slot >> TAG_SHIFT >= TAG_FIRST;
}

static inline struct rsl_map_entry *slot_entry(uint64_t slot)
{
    // NOLINTNEXTLINE(performance-no-int-to-ptr): here the word becomes a pointer again
    return (struct rsl_map_entry *)(uintptr_t)(slot & SLOT_ADDRESS);
}

/* Bit i: slot i has the tag; bit 8 + i: slot i is empty. All slots were so at some moments during
 * the call, each at its own. An empty slot may be taken by now; one that is not empty never becomes
 * empty again. */
static inline uint32_t group_match(const struct rsl_atomic_u64 *group, uint64_t tag)
{
#ifdef RSL_MAP_SSE2
    /* Plain vector loads of words that others write atomically: formally a race, on x86 a load of
     * each 8-byte lane at once, after all earlier loads. 12 instructions for 8 slots. */
    const __m128i *at = (const __m128i *)(const void *)group;
    const __m128 w01 = _mm_castsi128_ps(_mm_load_si128(at));
    const __m128 w23 = _mm_castsi128_ps(_mm_load_si128(at + 1));
    const __m128 w45 = _mm_castsi128_ps(_mm_load_si128(at + 2));
    const __m128 w67 = _mm_castsi128_ps(_mm_load_si128(at + 3));
    /* The upper halves of the words, then the upper halves of those. */
    const __m128i low =
        _mm_srai_epi32(_mm_castps_si128(_mm_shuffle_ps(w01, w23, _MM_SHUFFLE(3, 1, 3, 1))), 16);
    const __m128i high =
        _mm_srai_epi32(_mm_castps_si128(_mm_shuffle_ps(w45, w67, _MM_SHUFFLE(3, 1, 3, 1))), 16);
    const __m128i tags = _mm_packs_epi32(low, high);
    const __m128i hits = _mm_cmpeq_epi16(tags, _mm_set1_epi16((short)tag));
    const __m128i empty = _mm_cmpeq_epi16(tags, _mm_setzero_si128());
    return (uint32_t)_mm_movemask_epi8(_mm_packs_epi16(hits, empty));
#else
    uint32_t match = 0;
    for (int i = 0; i < GROUP_SLOTS; i++) {
        const uint64_t seen = rsl_u64_load_acquire(&group[i]) >> TAG_SHIFT;
        match |= (uint32_t)(seen == tag) << i | (uint32_t)(seen == 0) << (8 + i);
    }
    return match;
#endif
}

#endif
