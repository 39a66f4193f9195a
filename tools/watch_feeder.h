/* watch_feeder.h - the thread that watches, and sends what it sees to the coordinator. */
#ifndef RSL_TOOLS_WATCH_FEEDER_H
#define RSL_TOOLS_WATCH_FEEDER_H

#include "sched/coordinator.h"
#include "sched/io.h"
#include "sched/watch.h"

struct rsl_watch_feeder;

/* Begins to watch and starts the thread. After all files that are there it sends a marker,
 * and another each time that events were lost, when what came of that has been sent.
 * `options` need neither `known` nor a context; report is called with a context of NULL. The
 * coordinator must outlive the feeder. Returns 0 or a negative errno. */
int rsl_watch_feeder_start(const char *const *roots, size_t nroots,
                           const struct rsl_watch_options *options, enum rsl_io io,
                           struct rsl_coordinator *coordinator, struct rsl_qsbr *domain,
                           struct rsl_watch_feeder **feeder_out);

/* Ends the thread, and frees all. NULL: nothing. */
void rsl_watch_feeder_stop(struct rsl_watch_feeder *feeder);

#endif
