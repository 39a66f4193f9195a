/* gate.h - how much of something may be in use at once: a budget that jobs take from.
 *
 * Who finds too little left is set down in a queue, and its thread goes on with other jobs: nobody
 * waits in the gate. What is given back lets those in who now fit, in the order in which they came;
 * one that fits does not overtake one that does not, so that none starves. A weight above the whole
 * budget enters when nobody else is in.
 *
 * Why there is no deadlock: who is in the gate is a job that runs or is queued, and needs nothing
 * more of the gate, provided that it never enters a second time before it has left. So somebody
 * always leaves.
 *
 * A mutex around a few words: it is taken twice for each weight, held for some nanoseconds. */
#ifndef RSL_SCHED_GATE_H
#define RSL_SCHED_GATE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Somebody who waits, in the caller's memory. The fields are the gate's, but `next` is the list
 * that rsl_gate_leave() returns. */
struct rsl_gate_ticket {
    struct rsl_gate_ticket *next;
    uint64_t weight;
};

/* The fields are its own, but for the figures, which may be read when nobody uses the gate. */
struct rsl_gate {
    pthread_mutex_t lock;
    uint64_t budget, used;
    struct rsl_gate_ticket *first, **last; /* who waits */
    uint64_t most_used, nwaited;           /* the highest `used`; how many tickets were queued */
};

/* Cannot fail. `budget`: the weight of all who are in. */
void rsl_gate_init(struct rsl_gate *gate, uint64_t budget);
/* Nobody is in or waits. */
void rsl_gate_fini(struct rsl_gate *gate);

/* Enters with `weight`, or else queues the ticket, which must stay where it is until it comes out
 * of rsl_gate_leave(). True if it is in. Any thread. O(1). */
bool rsl_gate_enter(struct rsl_gate *gate, struct rsl_gate_ticket *ticket, uint64_t weight);

/* Gives back a part of what was entered with, or the rest of it. Returns those who have got in with
 * that, linked by `next`: the caller must see to it that they go on. Any thread. O(their number).
 */
struct rsl_gate_ticket *rsl_gate_leave(struct rsl_gate *gate, uint64_t weight);

#ifdef __cplusplus
}
#endif

#endif
