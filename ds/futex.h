/* futex.h - sleep until a 32-bit word changes, and wake who sleeps: futex(2), private to the
 * process. Under RSL_MODEL the model checker supplies both functions.
 */
#ifndef RSL_DS_FUTEX_H
#define RSL_DS_FUTEX_H

#include "ds/atomic.h"

#ifdef __cplusplus
extern "C" {
#endif

/* For `timeout_ns`: no limit. */
#define RSL_FOREVER UINT64_MAX

/* Sleeps while *word == expected, until woken, for at most `timeout_ns` from now. May return for no
 * reason: look at the word again. Returns false only if the time is over. Any thread. */
bool rsl_futex_wait(struct rsl_atomic_u32 *word, uint32_t expected, uint64_t timeout_ns);

/* Wakes at most `count` of those who sleep on `word`. A system call, also when nobody does. */
void rsl_futex_wake(struct rsl_atomic_u32 *word, uint32_t count);

#ifdef __cplusplus
}
#endif

#endif
