/* model.h - an exhaustive checker for small concurrent clients of ds/, under the C11 memory model.
 *
 * A client is a function that makes some objects, starts a few threads, joins them and asserts what
 * must hold. The code of ds/, and of the pool in sched/, is compiled with RSL_MODEL, so that each
 * atomic operation, fence, futex call and annotated plain access calls the checker (ds/atomic.h),
 * which runs the client again and again until it has shown it every execution that C11 allows:
 * every interleaving that makes a difference, and for every load every store that it may see.
 *
 * Why an own one: none of the public stateless checkers (GenMC, Nidhugg, CDSChecker, Relacy) is in
 * Debian 12, and the first two would have to be built with the compiler of their choice.
 *
 * How (the algorithm is TruSt; the files are graph, explore, run, check):
 *  - An execution is a graph of events with reads-from (rf) and modification order (mo) in it, not
 *    a sequence of steps. A load explores each store it may read from; a store explores each place
 *    in mo that it may take and each earlier load that could have read it. Each consistent graph is
 *    visited exactly once, which model_enumeration.c checks against plain enumeration.
 *  - Consistency is RC11: coherence, atomicity of read-modify-writes, the partial SC order of
 *    accesses and fences, and no cycle of program order and rf. Release sequences are those of
 *    C++20, which drop the later plain stores of the same thread: weaker than C17's, so safe.
 *  - Client threads are coroutines in one thread of the system; an execution is replayed from the
 *    start for every branch.
 *
 * What it finds: failed model_assert()s, data races (a plain access and another that do not happen
 * one before the other), accesses to memory that has been freed, not been allocated, or whose
 * allocation the thread cannot know of, leaks, deadlocks and lost wake-ups (nobody can go on, or
 * all that is left spins for ever), loads of uninitialised atomics, crashes.
 *
 * How far it can be trusted: model_litmus.c has the outcomes of known programs, model_enumeration.c
 * compares it with the axioms, model_verdicts.c has a program for each kind of finding. The clients
 * of the deque, the eventcount, reclamation and the map make each operation of the real code weaker
 * in turn and assert that this is found, or say why it is not; those of the channels and of the
 * pool do so with the publications and the fences. The pool's have one worker: with two, the
 * executions are too many.
 *
 * What it does not do:
 *  - Executions in which a load reads from a store that depends on it or comes after it in a cycle
 *    of program order (load buffering): C11 allows some, no compiler makes them from code that
 *    depends on what it loads, and RC11 excludes them.
 *  - A weak compare-and-swap never fails for no reason.
 *  - rsl_model_pause() stops the thread for good once it has been called more often than the client
 *    allows (`npauses`). The execution in which the awaited store is seen earlier is explored, so
 *    nothing is lost if the loop only looks. Stopped executions are counted as blocked.
 *  - Freed memory is never given out again within an execution, so ABA through the allocator does
 *    not show.
 *  - A futex call makes no happens-before between threads. It only guarantees what a futex does:
 *    who comes to the kernel after a wake sees what the waker saw of the word.
 *
 * References: Lahav, Vafeiadis, Kang, Hur, Dreyer, "Repairing Sequential Consistency in C/C++11"
 * (PLDI 2017); Kokologiannakis, Marmanis, Gladstein, Vafeiadis, "Truly Stateless, Optimal Dynamic
 * Partial Order Reduction" (POPL 2022).
 */
#ifndef RSL_TESTS_MODEL_MODEL_H
#define RSL_TESTS_MODEL_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ds/ds.h"

/* Including thread 0, which runs the client's body. */
#define MODEL_MAX_THREADS 8

enum model_verdict {
    MODEL_CLEAN,         /* every execution was visited, and nothing is wrong with any */
    MODEL_ASSERTION,     /* a model_assert() failed */
    MODEL_RACE,          /* two unordered accesses, one of them plain and one a write */
    MODEL_BAD_MEMORY,    /* freed, never allocated, out of bounds, freed twice */
    MODEL_LEAK,          /* the body has returned and a block is still there */
    MODEL_DEADLOCK,      /* nobody can go on */
    MODEL_UNINITIALISED, /* an atomic load saw memory that nobody has set */
    MODEL_CRASH,         /* SIGSEGV, SIGBUS, SIGABRT or SIGFPE */
    MODEL_TOO_LONG,      /* an execution has too many events: an endless loop without a pause? */
    MODEL_TOO_MANY,      /* `max_executions` is used up: not exhaustive */
    MODEL_MISUSE,        /* the client breaks a rule of this file */
};

struct model_client {
    const char *name;
    void (*body)(void);
    void (*on_execution)(void); /* after each execution that ran to its end; may be NULL */
    uint64_t max_executions;    /* 0: no limit */
    uint32_t npauses;           /* how many rsl_model_pause() of a thread return */
    bool leaks_allowed;
    bool quiet; /* no trace on standard error when something is wrong */
};

struct model_result {
    enum model_verdict verdict;
    uint64_t nexecutions; /* that ran to their end: distinct graphs */
    uint64_t nblocked;    /* that stopped in a pause or at a timed wait */
    uint64_t nreplays;    /* runs of the client, including those that turned out inconsistent */
    size_t most_events;
    char message[256]; /* what was wrong; empty if MODEL_CLEAN */
};

/* Explores the client. One call at a time in a process. */
void model_check(const struct model_client *client, struct model_result *result_out);
const char *model_verdict_name(enum model_verdict verdict);

/* For clients, from here on: to be called in body or what it started.
 *
 * A client does the same each time that it is run, as long as it loads the same values: it sets
 * whatever it uses, and depends on nothing else. Before it starts the first thread, and after it
 * has joined the last, it is alone; then it is simply run, and what it does is no part of the
 * search. */

/* Starts a thread; what the caller did before happens before it. Returns its number, from 1. By
 * thread 0, before it has joined all others. */
unsigned model_spawn(void (*function)(void *argument), void *argument);
/* Waits until the thread has returned. */
void model_join(unsigned thread);

/* Every number below n, one after the other, each with all that follows. */
unsigned model_choose(unsigned n);

/* Memory that the checker watches. */
extern const struct rsl_allocator model_allocator;

/* Gives memory a name for the traces; `name` must stay. */
void model_name(const void *at, size_t nbytes, const char *name);

#define model_assert(condition) ((condition) ? (void)0 : model_fail(#condition, __FILE__, __LINE__))
_Noreturn void model_fail(const char *what, const char *file, int line);

#endif
