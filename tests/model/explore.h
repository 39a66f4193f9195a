/* explore.h - which executions are still to be visited, and how to come to the next.
 *
 * While an execution runs for the first time, each event is added to the graph in the way that is
 * always consistent: a load reads the last store, a store comes last. The other ways are kept, with
 * the graph as it was before, on a stack:
 *
 *  - a load reads from another store that coherence allows;
 *  - a store takes another place in mo;
 *  - a store is read by a load that is already there. Then everything is taken away that was added
 *    after the load and that the store does not depend on, but only if each of those events was
 *    added in the way that is always consistent: that is what makes one of the many ways to reach a
 *    graph the one that is taken (TruSt, section 3);
 *  - a choice has another outcome.
 */
#ifndef RSL_TESTS_MODEL_EXPLORE_H
#define RSL_TESTS_MODEL_EXPLORE_H

#include "tests/model/graph.h"

struct branch;

struct explorer {
    struct graph graph;
    struct branch *branches; /* a stack */
    size_t nbranches, capacity;
};

/* Forgets everything. */
void explorer_reset(struct explorer *explorer);

/* Add the event next in its thread, keep the other ways, and return its position. */
int explorer_add(struct explorer *explorer, const struct event *event); /* if there is one way */
int explorer_add_load(struct explorer *explorer, const struct event *event);
int explorer_add_choice(struct explorer *explorer, const struct event *event, unsigned n);
/* NOTHING if there is no way here: another read-modify-write has taken the value. */
int explorer_add_store(struct explorer *explorer, const struct event *event);

/* Makes the graph that of the next branch; false if everything has been visited. */
bool explorer_next(struct explorer *explorer);

/* Whether the value of a futex's queue holds the thread. */
bool queue_has(uint64_t queue, unsigned thread);

#endif
