/* sched.h - the face of sched/: jobs on all cores. It knows jobs, and nothing of what they do.
 *
 *     pool.h    threads, jobs of their own, priorities, shutdown, figures
 *     scope.h   jobs that somebody waits for together
 *     fork.h    two halves of a job at once; loops in parallel
 *
 * and, each to be included by itself,
 *
 *     event_loop.h    one thread that waits for descriptors, channels, timers, signals
 *     file_reader.h   whole files, many at a time
 *     walk.h          the files below some folders, found by all workers
 *     watch.h         what changes below some folders
 *     file_state.h    what is known of each file, and what is being done with it
 *     coordinator.h   which file is worked on when, and what becomes of the results
 *     ignore.h        the rules of one ignore file; glob.h: one pattern
 *     git_excludes.h  where git keeps the rules that a user has for all repositories
 */
#ifndef RSL_SCHED_SCHED_H
#define RSL_SCHED_SCHED_H

#include "sched/fork.h"
#include "sched/pool.h"
#include "sched/scope.h"

#endif
