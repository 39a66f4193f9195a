/* graph.h - one execution, as a graph: events, reads-from, modification order, clocks.
 *
 * Events stand in `events` in an order in which they can be run: behind what precedes them in their
 * thread and behind what they read from. `stamp` is another order, that of exploration: a load that
 * is made to read from a later store moves behind it in `events` and keeps its stamp.
 */
#ifndef RSL_TESTS_MODEL_GRAPH_H
#define RSL_TESTS_MODEL_GRAPH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ds/atomic.h"
#include "tests/model/model.h"

enum {
    MAX_EVENTS = 1500,
    MAX_LOCATIONS = 512,
    MAX_STORES = 256, /* of one location in one execution */
    LOCATION_TABLE = 2 * MAX_LOCATIONS,
    NOTHING = -1, /* as a position: the initial value, or no event */
};

/* For each thread, how many of its first events are known. */
struct clock {
    uint16_t of[MODEL_MAX_THREADS];
};

enum event_kind {
    EVENT_START, /* `source` is the SPAWN */
    EVENT_END,
    EVENT_SPAWN, /* `value` is the new thread */
    EVENT_JOIN,  /* `source` is the END */
    EVENT_LOAD,  /* `source` is the store it reads, or NOTHING */
    EVENT_STORE, /* `source` is the load part of a read-modify-write, or NOTHING */
    EVENT_FENCE,
    EVENT_PLAIN_READ,
    EVENT_PLAIN_WRITE,
    EVENT_ALLOCATE,
    EVENT_RELEASE,
    EVENT_CHOICE, /* `value` is what was chosen */
    EVENT_PAUSE,
};

/* Orders that C11 does not have, beside __ATOMIC_*. */
enum {
    ORDER_LIGHT = RSL_MODEL_LIGHT_FENCE,
    ORDER_HEAVY = RSL_MODEL_HEAVY_FENCE,
    ORDER_FUTEX, /* in the kernel: synchronises nothing but the word, see run.c */
    ORDER_NONE,  /* a fence, or the change of a read-modify-write, that is to be left out */
};

/* What a load is part of. */
enum rmw { RMW_NONE, RMW_ALWAYS, RMW_CAS };

struct event {
    uintptr_t at;
    uint64_t nbytes;
    uint64_t value; /* loaded or stored */
    const void *site;
    uint32_t stamp;
    int16_t source; /* position */
    int16_t before; /* position of the previous event on the same location in `events` */
    uint16_t index; /* in its thread */
    uint16_t rank;  /* of a store, in mo, from 1; 0 is the initial value */
    uint16_t place; /* number of its location */
    uint8_t thread;
    uint8_t kind;
    uint8_t order;                        /* __ATOMIC_* or ORDER_* */
    uint8_t success_order, failure_order; /* of a compare-and-swap */
    uint8_t rmw;
    bool may_not_wait; /* a load that only sees values without its thread's bit, see run.c */
    uint64_t expected; /* of a compare-and-swap */
    /* What happens before it, itself included; what it depends on through rf and program order;
     * what a load that reads from it and acquires learns; what an acquire fence would learn; what
     * the last release fence knew. */
    struct clock known, past, message, acquirable, released;
};

struct location {
    uintptr_t at;
    uint64_t initial;
    uint8_t nbytes;
    bool initial_known; /* read from memory when first touched in a run */
    bool kernel;        /* a futex's queue: no memory of the program */
    int16_t last;       /* position of its last event in `events` */
    uint16_t nstores;
    int16_t stores[MAX_STORES]; /* in mo; stores[0] has rank 1 */
};

struct graph {
    int nevents;
    int nlocations;
    uint32_t next_stamp;
    struct event events[MAX_EVENTS];
    uint16_t nof[MODEL_MAX_THREADS];  /* events of each thread */
    int16_t last[MODEL_MAX_THREADS];  /* position of its last event */
    int16_t ended[MODEL_MAX_THREADS]; /* of its END */
    struct location locations[MAX_LOCATIONS];
    uint16_t table[LOCATION_TABLE]; /* number of a location + 1, by hash of its address */
};

bool clock_knows(const struct clock *clock, const struct event *event);
void clock_join(struct clock *clock, const struct clock *other);

void graph_clear(struct graph *graph);
/* Replaces the graph by the given events, which are those of a graph. */
void graph_restore(struct graph *graph, const struct event *events, int nevents);
/* Removes what `keep` does not hold true for; what remains must stand alone. */
void graph_restrict(struct graph *graph, const bool *keep);

/* The number of the location, made if need be; NOTHING if the memory was used with another size or
 * there are too many. */
int graph_location(struct graph *graph, uintptr_t at, size_t nbytes);

/* Adds a copy behind all others and returns its position. Thread, kind, order, at, source, value
 * are given; a store with its rank; the rest is worked out. `stamp` is kept if not 0. */
int graph_append(struct graph *graph, const struct event *added);

/* Of the stores to the location, the least rank that a load or, less one, a new store of the thread
 * may have, who knows `known`. */
int graph_least_rank(const struct graph *graph, int location, const struct clock *known);
/* The store at a rank, or NOTHING for rank 0. */
int graph_store_at(const struct graph *graph, int location, int rank);
int graph_rank_read(const struct graph *graph, const struct event *load);
/* Whether a read-modify-write has already taken the value at this rank. */
bool graph_is_taken(const struct graph *graph, int location, int rank);
/* The clocks of the thread's last event. */
struct clock graph_known(const struct graph *graph, unsigned thread);
struct clock graph_past(const struct graph *graph, unsigned thread);

/* Whether there can be a total order of the seq_cst operations, in the sense of RC11. */
bool graph_has_sc_order(const struct graph *graph);

#endif
