/* event_timers.h - the timers of an event loop: a pairing heap (Fredman, Sedgewick, Sleator and
 * Tarjan, 1986) through the timers themselves, so that setting one cannot fail. Not for users. */
#ifndef RSL_SCHED_EVENT_TIMERS_H
#define RSL_SCHED_EVENT_TIMERS_H

#include "sched/event_loop.h"

/* All zero is empty. A timer's `previous` is its elder sibling, or its parent if it is the first
 * child, or NULL for the root; `next` its younger sibling. Of timers that are due both link the
 * list. */
struct rsl_event_timers {
    struct rsl_event_timer *root;
    struct rsl_event_timer *due; /* taken from the heap, to be called; in order of time */
};

/* Sets, or moves. */
void rsl_event_timers_set(struct rsl_event_timers *timers, struct rsl_event_timer *timer,
                          uint64_t time_ns);
void rsl_event_timers_stop(struct rsl_event_timers *timers, struct rsl_event_timer *timer);

/* The earliest time of any timer; RSL_FOREVER if there is none. */
uint64_t rsl_event_timers_next_ns(const struct rsl_event_timers *timers);

/* Sets those whose time has come apart. Only when none is set apart. */
void rsl_event_timers_take_due(struct rsl_event_timers *timers, uint64_t now_ns);
/* The first of those set apart, which is then no longer set; NULL when there are none. */
struct rsl_event_timer *rsl_event_timers_pop_due(struct rsl_event_timers *timers);

#endif
