/* interrupt.h - SIGINT and SIGTERM: the first is noted, so that what is in flight can be finished;
 * the second does what it does otherwise. */
#ifndef RSL_TOOLS_INTERRUPT_H
#define RSL_TOOLS_INTERRUPT_H

#include "ds/atomic.h"
#include "sched/event_loop.h"

/* From now on a signal is noted, and wakes `loop`; system calls that it comes upon are interrupted.
 * A signal that is ignored stays so. Once a process, by the main thread; other threads should block
 * signals, so that it is this one's calls that are interrupted. */
void rsl_interrupt_watch(struct rsl_event_loop *loop);
/* `loop` is not woken any more. To be called before it is destroyed. */
void rsl_interrupt_forget_loop(void);

/* The signal that came, or 0. Any thread. */
int rsl_interrupt_signal(void);
/* Where that stands. */
const struct rsl_atomic_u32 *rsl_interrupt_word(void);

#endif
