/* asymmetric_fence.h - a store-before-load fence whose whole cost is on one of the two sides.
 *
 * Two threads that each store and then look at what the other stored need a full fence on both
 * sides (Dekker). When one side does so a hundred million times a second and the other only before
 * it goes to sleep, the frequent side does with a light fence, which only stops the compiler, and
 * the rare side uses a heavy one, which makes every running thread of the process pass a full fence
 * (membarrier(2), some microseconds). Wherever the system call is refused, both sides need
 * rsl_fence_seq_cst(), so whoever uses these fences asks rsl_fence_asymmetric_prepare() first.
 *
 * Guarantee: of a light fence and a heavy one in two threads, one comes wholly before the other, as
 * of two seq_cst fences.
 *
 * ThreadSanitizer sees neither: like rsl_fence_seq_cst(), they must not be what publishes data.
 * Under RSL_MODEL the checker knows both: a light fence orders nothing but with a heavy one.
 *
 * Reference: membarrier(2), MEMBARRIER_CMD_PRIVATE_EXPEDITED; Goldblat, "Asymmetric Fences", P1202.
 */
#ifndef RSL_DS_ASYMMETRIC_FENCE_H
#define RSL_DS_ASYMMETRIC_FENCE_H

#include "ds/atomic.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Announces the process to the kernel, which the first time takes a while and later is cheap.
 * Returns whether heavy fences can be had. Any thread. */
bool rsl_fence_asymmetric_prepare(void);

/* The heavy side. Returns false, having fenced nothing, if the kernel refuses. Any thread. */
bool rsl_fence_heavy(void);

/* A sandbox that is entered later may refuse what was granted at first. What protocols keep for
 * that, each for itself, written by the heavy side. Whoever is refused first sets REFUSED_NOW,
 * which makes the light side use full fences from then on, and waits out; then sets REFUSED. */
enum { RSL_FENCES_GRANTED, RSL_FENCES_REFUSED_NOW, RSL_FENCES_REFUSED };

/* Waits until what others had stored when this was called is visible to all, light fences or not: a
 * millisecond, in which every store leaves its processor. */
void rsl_fence_wait_out(void);

/* The light side. */
static inline void rsl_fence_light(void)
{
#ifdef RSL_MODEL
    rsl_model_fence(RSL_MODEL_LIGHT_FENCE);
#else
    rsl_fence_compiler();
#endif
}

#ifdef __cplusplus
}
#endif

#endif
