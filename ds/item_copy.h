/* item_copy.h - copies items whose size is known to a channel only when it is made, with the sizes
 * that most messages have open-coded: a call of memcpy costs as much as the rest of a send.
 */
#ifndef RSL_DS_ITEM_COPY_H
#define RSL_DS_ITEM_COPY_H

#include "ds/atomic.h"

#include <string.h>

/* The compiler sees the copies of all sizes, and warns of those that would not fit. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Warray-bounds"
#pragma GCC diagnostic ignored "-Wstringop-overflow"
#pragma GCC diagnostic ignored "-Wstringop-overread"
#endif

/* Word by word: an item that its sender has just put together by words is taken from registers, or
 * forwarded from the store buffer, which a wider load would have to wait for: 3 ns an item. The
 * compiler, which joins words to vectors, is kept from seeing what is copied. */
__attribute__((always_inline)) static inline void rsl_item_copy_words(void *to, const void *from,
                                                                      size_t nwords, bool into_slot)
{
    for (size_t i = 0; i < nwords; i++) {
        uint64_t word;
        uint8_t *at = (uint8_t *)to + i * sizeof(word);
        memcpy(&word, (const uint8_t *)from + i * sizeof(word), sizeof(word));
#ifdef RSL_X86_OPERANDS
        /* Constants need no register then, and variables no copy of theirs. Not for what is taken
         * out, which need not come to memory at all. */
        if (into_slot) {
            __asm__ __volatile__("movq %1, %0" : "=m"(*(uint8_t(*)[sizeof(word)])at) : "re"(word));
            continue;
        }
#else
        (void)into_slot;
#endif
        if (!__builtin_constant_p(word))
            __asm__("" : "+r"(word));
        memcpy(at, &word, sizeof(word));
    }
}

__attribute__((always_inline)) static inline void rsl_item_copy(void *to, const void *from,
                                                                size_t nbytes, bool into_slot)
{
    /* Found out first, because it is the commonest of sizes that are not known here. */
    if (__builtin_expect(nbytes == 16, 1)) {
        rsl_item_copy_words(to, from, 2, into_slot);
        return;
    }
    switch (nbytes) {
    case 8: rsl_item_copy_words(to, from, 1, into_slot); break;
    case 32: rsl_item_copy_words(to, from, 4, into_slot); break;
    case 64: rsl_item_copy_words(to, from, 8, into_slot); break;
    default: memcpy(to, from, nbytes);
    }
}

/* Into a channel. */
__attribute__((always_inline)) static inline void rsl_item_store(void *slot, const void *item,
                                                                 size_t nbytes)
{
    rsl_item_copy(slot, item, nbytes, true);
}

/* Out of one. */
__attribute__((always_inline)) static inline void rsl_item_load(void *item_out, const void *slot,
                                                                size_t nbytes)
{
    rsl_item_copy(item_out, slot, nbytes, false);
}

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

/* Copies `nitems` items between the ring `slots`, of mask + 1 slots, from the free-running
 * `position` on, and an array: one stretch, or two where the ring ends. */
static inline void rsl_ring_write(uint8_t *slots, size_t mask, uint64_t position, const void *items,
                                  size_t nitems, size_t item_nbytes)
{
    const size_t first = (size_t)position & mask;
    const size_t nstraight = nitems < mask + 1 - first ? nitems : mask + 1 - first;
    const uint8_t *from = (const uint8_t *)items;
    rsl_plain_write(slots + first * item_nbytes, nstraight * item_nbytes);
    memcpy(slots + first * item_nbytes, from, nstraight * item_nbytes);
    if (nstraight < nitems) {
        rsl_plain_write(slots, (nitems - nstraight) * item_nbytes);
        memcpy(slots, from + nstraight * item_nbytes, (nitems - nstraight) * item_nbytes);
    }
}

static inline void rsl_ring_read(const uint8_t *slots, size_t mask, uint64_t position,
                                 void *items_out, size_t nitems, size_t item_nbytes)
{
    const size_t first = (size_t)position & mask;
    const size_t nstraight = nitems < mask + 1 - first ? nitems : mask + 1 - first;
    uint8_t *to = (uint8_t *)items_out;
    rsl_plain_read(slots + first * item_nbytes, nstraight * item_nbytes);
    memcpy(to, slots + first * item_nbytes, nstraight * item_nbytes);
    if (nstraight < nitems) {
        rsl_plain_read(slots, (nitems - nstraight) * item_nbytes);
        memcpy(to + nstraight * item_nbytes, slots, (nitems - nstraight) * item_nbytes);
    }
}

#endif
