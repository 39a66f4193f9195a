/* run.h - what the parts of the checker know of the execution that is being run. */
#ifndef RSL_TESTS_MODEL_RUN_H
#define RSL_TESTS_MODEL_RUN_H

#include "tests/model/coroutine.h"
#include "tests/model/explore.h"

/* What a thread waits for before its next event. */
enum want {
    WANT_TURN,
    WANT_TO_FINISH, /* the rest of an operation of several events */
    WANT_END,       /* of another thread */
    WANT_QUEUE,     /* not to be in the queue of a futex */
    WANT_NOTHING,   /* it has stopped in a pause */
    WANT_NEVER,     /* it has returned */
};

struct thread {
    struct coroutine coroutine;
    void (*function)(void *argument);
    void *argument;
    enum want want;
    unsigned target; /* of WANT_END */
    uintptr_t queue; /* of WANT_QUEUE */
    bool timed;      /* of WANT_QUEUE: it has an end, which another execution shows */
    bool joined;
    int spawned; /* position of the SPAWN */
    uint32_t npauses;
    uint64_t now_ns; /* the thread's time, which passes when a timed wait runs out */
};

enum ending { ENDED, BLOCKED, DEAD_END, VIOLATED };

/* The one that is being run. */
struct run {
    const struct model_client *client;
    struct model_result *result;
    struct explorer explorer;
    struct thread threads[MODEL_MAX_THREADS];
    unsigned nthreads;
    unsigned current;
    unsigned njoined;
    bool alone;        /* thread 0 is */
    uint32_t nstepped; /* operations since it is */
    int cursor;        /* events replayed */
    int checked;       /* events of the replay that have been run before; the last are new */
    enum ending ending;
    struct coroutine explorer_coroutine;
};
extern struct run model_run;

/* Replays the graph, goes on to the end, and says in run.ending what that was. */
void model_run_once(void);

/* Of the client's memory. */
struct block {
    uintptr_t at;
    size_t nbytes;
    int allocated; /* position of the event; NOTHING if thread 0 was alone */
    int released;  /* the same, if is_released */
    bool is_released;
};

enum { MAX_BLOCKS = 256, MAX_NAMES = 64 };

struct name {
    uintptr_t at;
    size_t nbytes;
    const char *name;
};

struct memory {
    int nblocks, nnames;
    struct block blocks[MAX_BLOCKS];
    struct name names[MAX_NAMES];
    size_t used[MODEL_MAX_THREADS]; /* of each thread's arena */
};

extern struct memory model_memory;

/* The execution that has just ended, for on_execution(). */
const struct graph *model_graph(void);

/* Ends the execution, and the search, with this verdict. */
_Noreturn void model_violation(enum model_verdict verdict, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Whether the event at `position`, just added, may touch the memory that it touches, and is ordered
 * with all others that do. Does not return if not. */
void model_check_access(const struct graph *graph, int position);
/* The same for what is no event, as thread 0 is alone. */
void model_check_block(const struct graph *graph, unsigned thread, uintptr_t at, size_t nbytes);

/* Memory of the running thread, never at an address used before in the execution. */
void *model_memory_take(unsigned thread, size_t nbytes);
void model_memory_reset(void);
bool model_memory_contains(uintptr_t at);
/* The block that begins at `at`, or NULL. */
struct block *model_block_at(uintptr_t at);

/* Writes how memory is called in traces. */
void model_describe(char *buffer, size_t capacity, uintptr_t at);
/* Prints the events in the order in which they ran. */
void model_print_trace(const struct graph *graph, const char *client, const char *message);

#endif
