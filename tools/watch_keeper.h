/* watch_keeper.h - the thread of a watch that keeps a database, so that nobody else waits for the
 * disk or for the graph. What it has written it hands to the output: who reads of a change finds it
 * in the database. */
#ifndef RSL_TOOLS_WATCH_KEEPER_H
#define RSL_TOOLS_WATCH_KEEPER_H

#include "sched/event_loop.h"
#include "tools/dependents.h"
#include "tools/index_live.h"
#include "tools/output.h"

/* What settled together: one transaction. */
struct rsl_watch_batch {
    struct rsl_live_batch live; /* its changes belong to the batch */
    struct rsl_live_change **end;
    size_t nchanges;
    bool settles; /* all files that there were have been told, this batch included; with
                     live.manifests, but not manifests_changed */
    struct rsl_output_text text;
};

/* NULL without memory. */
struct rsl_watch_batch *rsl_watch_batch_create(void);
/* NULL is allowed. */
void rsl_watch_batch_destroy(struct rsl_watch_batch *batch);
/* Takes the change over. */
void rsl_watch_batch_add(struct rsl_watch_batch *batch, struct rsl_live_change *change);

/* Whether it would change nothing and tell nothing. */
bool rsl_watch_batch_is_empty(const struct rsl_watch_batch *batch);

struct rsl_watch_keeper;

enum rsl_watch_keeper_state {
    RSL_KEEPER_OPENING, /* waits for another writer, or makes the database */
    RSL_KEEPER_READY,   /* it is up to date as of the beginning */
    RSL_KEEPER_UNHEARD, /* nobody reads the output any more */
    RSL_KEEPER_FAILED,  /* which was told */
};

/* Starts the thread, with room for `capacity` batches. It wakes the loop when its state changes.
 * All is borrowed until the end. Returns 0 or a negative errno. */
int rsl_watch_keeper_start(const struct rsl_index_options *options, size_t capacity,
                           struct rsl_output *output, struct rsl_event_loop *loop,
                           struct rsl_watch_keeper **keeper_out);

/* Writes `last` (taken over; NULL: nothing) and all batches before it, hands them to the output,
 * and frees all. However long that takes: if it waits for who reads the output, for as long as
 * `timeout_ns`, the output is given up (at twice that, at the latest). False if it failed, then or
 * before, which was told. `keeper` NULL: nothing. */
bool rsl_watch_keeper_stop(struct rsl_watch_keeper *keeper, struct rsl_watch_batch *last,
                           uint64_t timeout_ns);

/* Whether it waits for who reads the output, and has done so for one and the same text since this
 * was asked last with the same `*seen`, which is 0 at first. Any thread. */
bool rsl_watch_keeper_still_waits(const struct rsl_watch_keeper *keeper, uint32_t *seen);

/* Any thread. */
enum rsl_watch_keeper_state rsl_watch_keeper_state(const struct rsl_watch_keeper *keeper);

/* Hands the batch over. By one thread. RSL_OK; or RSL_EAGAIN: there is no room. */
enum rsl_status rsl_watch_keeper_try_send(struct rsl_watch_keeper *keeper,
                                          struct rsl_watch_batch *batch);
/* For an event loop that waits for room: the channel, in which nothing is to be sent directly. */
struct rsl_spsc *rsl_watch_keeper_channel(struct rsl_watch_keeper *keeper);

/* What depends on what, if that is another than when this was asked last; the caller's to destroy.
 * NULL: it is the same. By one thread. */
struct rsl_dependents *rsl_watch_keeper_take_dependents(struct rsl_watch_keeper *keeper);

#endif
