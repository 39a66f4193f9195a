/* linger.h - how long a receiver that has just emptied its channel looks away before it says so. A
 * sender that has filled it does the same.
 *
 * A receiver that is quicker than its sender takes every item as soon as it is there, and so
 * fetches the cache line in which the sender is writing the next, which the sender then has to
 * fetch back: some hundred nanoseconds an item, on both sides. If the receiver stays away for as
 * long as one such exchange takes, the sender writes dozens of items meanwhile, and they come over
 * together. For items of 16 bytes through a channel of 100 that was worth a factor of three and
 * more.
 *
 * Nobody who waits for an answer waits longer for that: an answer takes two exchanges, and the
 * first pauses, LINGER_LEAST of them, take less than one. More are tried only while items keep
 * coming in the meantime, several at once, until a few dozen do.
 */
#ifndef RSL_DS_LINGER_H
#define RSL_DS_LINGER_H

#include "ds/atomic.h"

enum {
    RSL_LINGER_LEAST = 8, /* pauses */
    RSL_LINGER_MOST = 64,
    RSL_LINGER_ENOUGH = 32, /* items that come over together */
};

/* The receiver's own. */
struct rsl_linger {
    uint64_t position; /* where the channel was empty last */
    uint64_t npauses;  /* how long to linger next */
};

static inline void rsl_linger_init(struct rsl_linger *linger, uint64_t position)
{
    linger->position = position;
    linger->npauses = RSL_LINGER_LEAST;
}

/* The channel is empty at `position`, `step` of which make an item. Lingers and returns true, so
 * that the receiver looks again; or returns false if it has lingered here already. */
static inline bool rsl_linger_at(struct rsl_linger *linger, uint64_t position, uint64_t step,
                                 uint64_t capacity)
{
    const uint64_t nreceived = (position - linger->position) / step;
    if (nreceived == 0)
        return false;
    linger->position = position;
#ifndef RSL_MODEL /* for which time is nothing */
    if (nreceived == 1)
        linger->npauses = RSL_LINGER_LEAST;
    else if (nreceived >= RSL_LINGER_ENOUGH || nreceived >= capacity / 2) {
        if (linger->npauses > RSL_LINGER_LEAST)
            linger->npauses /= 2;
    } else if (linger->npauses < RSL_LINGER_MOST)
        linger->npauses *= 2;
    for (uint64_t i = 0; i < linger->npauses; i++)
        rsl_pause();
    return true;
#else
    (void)capacity;
    return false;
#endif
}

#endif
