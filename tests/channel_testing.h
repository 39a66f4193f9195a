/* channel_testing.h - what the tests of both channels share: items that say where they come from,
 * and the books in which each must appear once and in order. */
#ifndef RSL_TESTS_CHANNEL_TESTING_H
#define RSL_TESTS_CHANNEL_TESTING_H

#include "ds/ds.h"
#include "ds/futex.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define NS_PER_MS UINT64_C(1000000)

#define MAX_SENDERS 8

/* The second half repeats the first: an item that is torn shows it. */
struct item {
    uint32_t sender, number;
    uint64_t check;
};

static inline struct item make_item(uint32_t sender, uint32_t number)
{
    return (struct item){sender, number,
                         ~((uint64_t)sender << 32 | number) * UINT64_C(0x9E3779B97F4A7C15)};
}

/* The receiver's books. */
struct books {
    uint32_t nreceived[MAX_SENDERS]; /* of each sender, whose numbers count from 0 */
    bool wrong;
};

static inline void enter_item(struct books *books, const struct item *item)
{
    const struct item right = make_item(item->sender, item->number);
    if (item->sender >= MAX_SENDERS || memcmp(&right, item, sizeof(right)) != 0 ||
        item->number != books->nreceived[item->sender]) {
        books->wrong = true;
        return;
    }
    books->nreceived[item->sender]++;
}

/* xorshift32: Marsaglia, "Xorshift RNGs". `state` is not 0. */
static inline uint32_t next_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

#endif
