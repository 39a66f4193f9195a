/* run.c - runs a client once: replays the graph that is given, then goes on.
 *
 * While thread 0 is alone its operations act on memory at once. In between, values are in the graph
 * only, and memory keeps what it held when the first thread was started.
 *
 * The threads are coroutines. Each stops before its next event until it is its turn: in the replay
 * when the graph says so, afterwards when it is the first thread that can go on. What a thread does
 * between two events it does right after the first.
 *
 * The futex. Each word has a queue, a location of its own whose value is the list of who sleeps,
 * the first in the lowest four bits. A call takes and gives back the queue as a read-modify-write,
 * so all calls on a word have an order, which stands for the kernel's lock. Between the two halves
 * a wait loads the word: not older than what those knew who had the queue before, which is all that
 * these locations synchronise (ORDER_FUTEX).
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "ds/atomic.h"
#include "ds/futex.h"
#include "tests/model/coroutine.h"
#include "tests/model/run.h"
#include "tests/model/sites.h"

#define FILL_NEW   0xA5
#define FILL_FREED 0xDD

enum { MAX_STEPS_ALONE = 1000000 };

struct run model_run;
#define run model_run

static struct graph *const graph = &run.explorer.graph;

/* --- turns --- */

static bool replaying(void)
{
    return run.cursor < graph->nevents;
}

static uint64_t last_value(int location)
{
    const struct location *l = &graph->locations[location];
    return l->nstores ? graph->events[l->stores[l->nstores - 1]].value : l->initial;
}

static bool can_go_on(const struct thread *thread)
{
    switch (thread->want) {
    case WANT_TURN:
    case WANT_TO_FINISH: return true;
    case WANT_END: return graph->ended[thread->target] != NOTHING;
    case WANT_QUEUE:
        return !queue_has(last_value(graph_location(graph, thread->queue, sizeof(uint64_t))),
                          (unsigned)(thread - run.threads));
    case WANT_NOTHING:
    case WANT_NEVER: break;
    }
    return false;
}

static int whose_turn(void)
{
    if (replaying())
        return graph->events[run.cursor].thread;
    for (unsigned i = 0; i < run.nthreads; i++) {
        if (run.threads[i].want == WANT_TO_FINISH)
            return (int)i;
    }
    for (unsigned i = 0; i < run.nthreads; i++) {
        if (can_go_on(&run.threads[i]))
            return (int)i;
    }
    return NOTHING;
}

static void end_run(enum ending ending)
{
    run.ending = ending;
    coroutine_switch(&run.threads[run.current].coroutine, &run.explorer_coroutine);
}

/* Returns when the current thread is to add its next event. */
static void take_turn(enum want want)
{
    const unsigned self = run.current;
    run.threads[self].want = want;
    for (;;) {
        const int next = whose_turn();
        if (next == (int)self)
            break;
        if (next == NOTHING)
            end_run(BLOCKED);
        run.current = (unsigned)next;
        coroutine_switch(&run.threads[self].coroutine, &run.threads[next].coroutine);
    }
    run.threads[self].want = WANT_TURN;
}

void model_violation(enum model_verdict verdict, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(run.result->message, sizeof(run.result->message), format, arguments);
    va_end(arguments);
    run.result->verdict = verdict;
    end_run(VIOLATED);
    abort();
}

/* --- events --- */

/* If the graph holds the next event, passes it and returns its position, else NOTHING. */
static int replay(const struct event *event)
{
    if (!replaying()) {
        if (graph->nevents >= MAX_EVENTS - 2)
            model_violation(MODEL_TOO_LONG, "more than %d events", MAX_EVENTS - 2);
        return NOTHING;
    }
    const struct event *old = &graph->events[run.cursor];
    if (old->thread != event->thread || old->kind != event->kind || old->at != event->at ||
        old->nbytes != event->nbytes)
        model_violation(MODEL_MISUSE, "thread %u does another thing than before (event %d)",
                        event->thread, run.cursor);
    return run.cursor++;
}

static struct event event_of(enum event_kind kind)
{
    return (struct event){.kind = (uint8_t)kind, .thread = (uint8_t)run.current, .source = NOTHING};
}

/* Adds or replays an event of which there is but one way; it is the thread's turn. */
static int add(const struct event *event)
{
    int position = replay(event);
    if (position == NOTHING) {
        position = explorer_add(&run.explorer, event);
        run.cursor = graph->nevents;
    }
    return position;
}

/* --- memory while thread 0 is alone --- */

static uint64_t read_memory(uintptr_t at, size_t nbytes)
{
    const void *memory = (const void *)at; /* NOLINT(performance-no-int-to-ptr) */
    switch (nbytes) {
    case 1: return *(const uint8_t *)memory;
    case 4: return *(const uint32_t *)memory;
    default: return *(const uint64_t *)memory;
    }
}

static void write_memory(uintptr_t at, size_t nbytes, uint64_t value)
{
    void *memory = (void *)at; /* NOLINT(performance-no-int-to-ptr) */
    switch (nbytes) {
    case 1: *(uint8_t *)memory = (uint8_t)value; break;
    case 4: *(uint32_t *)memory = (uint32_t)value; break;
    default: *(uint64_t *)memory = value; break;
    }
}

/* Moves values between the graph's locations and memory: their last when thread 0 is alone again,
 * their first when the execution is over, for the next one. */
static void write_locations(bool last)
{
    for (int i = 0; i < graph->nlocations; i++) {
        const struct location *location = &graph->locations[i];
        if (!location->kernel && location->initial_known)
            write_memory(location->at, location->nbytes, last ? last_value(i) : location->initial);
    }
}

/* An operation of thread 0, alone: whether its memory is good, and it has not done too many. */
static void check_alone(const void *at, size_t nbytes)
{
    model_check_block(graph, 0, (uintptr_t)at, nbytes);
    if (++run.nstepped > MAX_STEPS_ALONE)
        model_violation(MODEL_TOO_LONG, "more than %d operations of one thread", MAX_STEPS_ALONE);
}

static bool is_fresh(uintptr_t at, size_t nbytes, uint64_t value)
{
    uint64_t fresh;
    memset(&fresh, FILL_NEW, sizeof(fresh));
    return nbytes >= sizeof(uint32_t) && model_memory_contains(at) &&
           value == fresh >> (64 - 8 * nbytes);
}

static void complain_if_fresh(unsigned thread, uintptr_t at, size_t nbytes, uint64_t value)
{
    char what[64];
    if (!is_fresh(at, nbytes, value))
        return;
    model_describe(what, sizeof(what), at);
    model_violation(MODEL_UNINITIALISED, "thread %u loads %s, which nobody has set", thread, what);
}

static uint64_t load_alone(const void *at, size_t nbytes)
{
    check_alone(at, nbytes);
    const uint64_t value = read_memory((uintptr_t)at, nbytes);
    complain_if_fresh(0, (uintptr_t)at, nbytes, value);
    return value;
}

static void store_alone(void *at, size_t nbytes, uint64_t value)
{
    check_alone(at, nbytes);
    write_memory((uintptr_t)at, nbytes, value);
}

/* --- loads and stores --- */

static bool in_kernel(const struct event *event)
{
    return event->order == ORDER_FUTEX && event->nbytes == sizeof(uint64_t);
}

/* Checks an event's memory, unless that has been done in another run. */
static void check(int position)
{
    if (position < run.checked)
        return;
    model_check_access(graph, position);
    const struct event *event = &graph->events[position];
    if (event->kind == EVENT_LOAD && event->source == NOTHING)
        complain_if_fresh(event->thread, event->at, event->nbytes, event->value);
}

/* Finds the location of a load or store, and learns its initial value when it is first touched. */
static void locate(struct event *event)
{
    const int place = graph_location(graph, event->at, event->nbytes);
    if (place == NOTHING)
        model_violation(MODEL_BAD_MEMORY, "atomic memory at %#zx used with different sizes",
                        (size_t)event->at);
    event->place = (uint16_t)place;
    struct location *location = &graph->locations[place];
    if (location->nstores >= MAX_STORES - 1)
        model_violation(MODEL_TOO_LONG, "more than %d stores of one location", MAX_STORES - 2);
    if (location->initial_known)
        return;
    location->initial_known = true;
    location->initial = in_kernel(event) ? 0 : read_memory(event->at, event->nbytes);
}

static int add_load(struct event *event)
{
    locate(event);
    int position = replay(event);
    if (position == NOTHING) {
        position = explorer_add_load(&run.explorer, event);
        run.cursor = graph->nevents;
    }
    if (!in_kernel(event))
        check(position);
    return position;
}

static void add_store(struct event *event)
{
    locate(event);
    int position = replay(event);
    if (position == NOTHING) {
        position = explorer_add_store(&run.explorer, event);
        if (position == NOTHING)
            end_run(DEAD_END);
        run.cursor = graph->nevents;
    }
    if (!in_kernel(event))
        check(position);
}

/* --- what ds/atomic.h calls --- */

uint64_t rsl_model_load(const void *at, size_t nbytes, int order)
{
    const void *site = MODEL_SITE();
    if (run.alone)
        return load_alone(at, nbytes);
    take_turn(WANT_TURN);
    struct event load = event_of(EVENT_LOAD);
    load.at = (uintptr_t)at;
    load.nbytes = nbytes;
    load.site = site;
    load.order = (uint8_t)site_order(site, OPERATION_LOAD, (unsigned)order);
    return graph->events[add_load(&load)].value;
}

static uint64_t truncated(uint64_t value, size_t nbytes)
{
    return value & UINT64_MAX >> (64 - 8 * nbytes);
}

void rsl_model_store(void *at, size_t nbytes, uint64_t value, int order)
{
    const void *site = MODEL_SITE();
    if (run.alone) {
        store_alone(at, nbytes, value);
        return;
    }
    take_turn(WANT_TURN);
    struct event store = event_of(EVENT_STORE);
    store.at = (uintptr_t)at;
    store.nbytes = nbytes;
    store.site = site;
    store.value = truncated(value, nbytes);
    store.order = (uint8_t)site_order(site, OPERATION_STORE, (unsigned)order);
    add_store(&store);
}

/* The store of a read-modify-write, right after its load. */
static void add_store_after(int load_position, uint64_t value, unsigned order)
{
    take_turn(WANT_TO_FINISH);
    const struct event *load = &graph->events[load_position];
    struct event store = event_of(EVENT_STORE);
    store.at = load->at;
    store.nbytes = load->nbytes;
    store.site = load->site;
    store.value = truncated(value, load->nbytes);
    store.order = (uint8_t)order;
    store.source = (int16_t)load_position;
    add_store(&store);
}

static uint64_t changed(uint64_t seen, enum rsl_model_op op, uint64_t value)
{
    switch (op) {
    case RSL_MODEL_EXCHANGE: break;
    case RSL_MODEL_ADD: return seen + value;
    case RSL_MODEL_AND: return seen & value;
    case RSL_MODEL_OR: return seen | value;
    }
    return value;
}

uint64_t rsl_model_rmw(void *at, size_t nbytes, enum rsl_model_op op, uint64_t value, int order)
{
    const void *site = MODEL_SITE();
    if (run.alone) {
        const uint64_t seen = load_alone(at, nbytes);
        store_alone(at, nbytes, changed(seen, op, value));
        return seen;
    }
    take_turn(WANT_TURN);
    struct event load = event_of(EVENT_LOAD);
    load.at = (uintptr_t)at;
    load.nbytes = nbytes;
    load.site = site;
    load.rmw = RMW_ALWAYS;
    load.order = (uint8_t)site_order(site, OPERATION_RMW, (unsigned)order);
    const int position = add_load(&load);
    const uint64_t seen = graph->events[position].value;
    if (load.order != ORDER_NONE)
        add_store_after(position, changed(seen, op, value), load.order);
    return seen;
}

bool rsl_model_cas(void *at, size_t nbytes, uint64_t *expected, uint64_t desired, int success,
                   int failure)
{
    const void *site = MODEL_SITE();
    if (run.alone) {
        const uint64_t seen = load_alone(at, nbytes);
        const bool same = seen == truncated(*expected, nbytes);
        *expected = seen;
        if (same)
            store_alone(at, nbytes, desired);
        return same;
    }
    take_turn(WANT_TURN);
    struct event load = event_of(EVENT_LOAD);
    load.at = (uintptr_t)at;
    load.nbytes = nbytes;
    load.site = site;
    load.rmw = RMW_CAS;
    load.expected = truncated(*expected, nbytes);
    load.success_order = (uint8_t)site_order(site, OPERATION_RMW, (unsigned)success);
    load.failure_order = (uint8_t)site_failure_order(site, (unsigned)failure);
    load.order = load.success_order;
    const int position = add_load(&load);
    *expected = graph->events[position].value;
    if (*expected != load.expected)
        return false;
    if (load.success_order != ORDER_NONE)
        add_store_after(position, desired, load.success_order);
    return true;
}

void rsl_model_fence(int order)
{
    const void *site = MODEL_SITE();
    if (run.alone)
        return;
    take_turn(WANT_TURN);
    struct event fence = event_of(EVENT_FENCE);
    fence.site = site;
    fence.order = (uint8_t)site_order(site, OPERATION_FENCE, (unsigned)order);
    (void)add(&fence);
}

void rsl_model_plain(const void *at, size_t nbytes, bool is_write)
{
    const void *site = MODEL_SITE();
    if (run.alone) {
        check_alone(at, nbytes);
        return;
    }
    take_turn(WANT_TURN);
    struct event access = event_of(is_write ? EVENT_PLAIN_WRITE : EVENT_PLAIN_READ);
    access.at = (uintptr_t)at;
    access.nbytes = nbytes;
    access.site = site;
    check(add(&access));
}

void rsl_model_pause(void)
{
    struct thread *self = &run.threads[run.current];
    if (run.alone) {
        check_alone(NULL, 0);
        return;
    }
    if (self->npauses++ == run.client->npauses)
        take_turn(WANT_NOTHING);
    take_turn(WANT_TURN);
    const struct event pause = event_of(EVENT_PAUSE);
    (void)add(&pause);
}

/* --- ds/futex.h --- */

static int take_queue(const struct rsl_atomic_u32 *word, const void *site, bool may_not_wait)
{
    struct event load = event_of(EVENT_LOAD);
    load.at = (uintptr_t)word | (uintptr_t)1 << 62; /* an address that nothing has */
    load.nbytes = sizeof(uint64_t);
    load.site = site;
    load.order = ORDER_FUTEX;
    load.may_not_wait = may_not_wait;
    return add_load(&load);
}

static uint64_t without(uint64_t queue, unsigned thread)
{
    uint64_t rest = 0;
    for (unsigned shift = 0; queue; queue >>= 4) {
        if ((queue & 15) == thread + 1)
            continue;
        rest |= (queue & 15) << shift;
        shift += 4;
    }
    return rest;
}

static uint64_t with(uint64_t queue, unsigned thread)
{
    unsigned shift = 0;
    while (queue >> shift & 15)
        shift += 4;
    return queue | (uint64_t)(thread + 1) << shift;
}

/* The word as the kernel sees it that has taken the queue. */
static uint32_t load_word(const struct rsl_atomic_u32 *word, const void *site, int taken)
{
    take_turn(WANT_TO_FINISH);
    struct event load = event_of(EVENT_LOAD);
    load.at = (uintptr_t)word;
    load.nbytes = sizeof(uint32_t);
    load.site = site;
    load.order = ORDER_FUTEX;
    locate(&load);
    const int source = graph->events[taken].source;
    if (source != NOTHING)
        load.rank = (uint16_t)graph_least_rank(graph, load.place, &graph->events[source].message);
    return (uint32_t)graph->events[add_load(&load)].value;
}

bool rsl_futex_wait(struct rsl_atomic_u32 *word, uint32_t expected, uint64_t timeout_ns)
{
    const void *site = __builtin_return_address(0);
    const unsigned self = run.current;
    if (run.alone) {
        if (load_alone(word, sizeof(*word)) == expected && timeout_ns == RSL_FOREVER)
            model_violation(MODEL_DEADLOCK, "thread 0 sleeps on a futex, alone");
        run.threads[0].now_ns += timeout_ns == RSL_FOREVER ? 0 : timeout_ns;
        return timeout_ns == RSL_FOREVER;
    }
    take_turn(WANT_TURN);
    int taken = take_queue(word, site, false);
    uint64_t queue = graph->events[taken].value;
    if (load_word(word, site, taken) != expected)
        return true;
    add_store_after(taken, with(queue, self), ORDER_FUTEX);
    const bool timed = timeout_ns != RSL_FOREVER;
    if (timed && model_choose(2) == 1) {
        run.threads[self].now_ns += timeout_ns;
        take_turn(WANT_TURN);
        taken = take_queue(word, site, false);
        queue = graph->events[taken].value;
        if (!queue_has(queue, self))
            return true;
        add_store_after(taken, without(queue, self), ORDER_FUTEX);
        return false;
    }
    run.threads[self].queue = (uintptr_t)word | (uintptr_t)1 << 62;
    run.threads[self].timed = timed;
    take_turn(WANT_QUEUE);
    (void)take_queue(word, site, true);
    return true;
}

void rsl_futex_wake(struct rsl_atomic_u32 *word, uint32_t count)
{
    const void *site = __builtin_return_address(0);
    if (run.alone)
        return;
    take_turn(WANT_TURN);
    const int taken = take_queue(word, site, false);
    uint64_t queue = graph->events[taken].value;
    for (uint32_t i = 0; i < count && queue; i++)
        queue >>= 4;
    add_store_after(taken, queue, ORDER_FUTEX);
}

/* In the place of the C library's: the code that is run computes with the thread's own time. */
int clock_gettime(clockid_t clock, /* NOLINT(readability-inconsistent-declaration-parameter-name) */
                  struct timespec *now)
{
    if (!run.client)
        return (int)syscall(SYS_clock_gettime, clock, now);
    const uint64_t now_ns = run.threads[run.current].now_ns;
    now->tv_sec = (time_t)(now_ns / 1000000000);
    now->tv_nsec = (long)(now_ns % 1000000000);
    return 0;
}

/* --- what clients call --- */

static void thread_main(void)
{
    struct thread *self = &run.threads[run.current];
    take_turn(WANT_TURN);
    struct event start = event_of(EVENT_START);
    start.source = (int16_t)self->spawned;
    (void)add(&start);
    self->function(self->argument);
    take_turn(WANT_TURN);
    const struct event end = event_of(EVENT_END);
    (void)add(&end);
    bool all = true;
    self->want = WANT_NEVER;
    for (unsigned i = 0; i < run.nthreads; i++)
        all &= run.threads[i].want == WANT_NEVER;
    if (all)
        end_run(ENDED);
    take_turn(WANT_NEVER);
}

static void prepare_thread(void (*function)(void *), void *argument, int spawned)
{
    struct thread *thread = &run.threads[run.nthreads++];
    coroutine_prepare(&thread->coroutine, thread_main);
    thread->function = function;
    thread->argument = argument;
    thread->want = WANT_TURN;
    thread->spawned = spawned;
    thread->npauses = 0;
    thread->now_ns = 0;
    thread->joined = false;
}

unsigned model_spawn(void (*function)(void *argument), void *argument)
{
    run.alone &= run.nthreads > 1;
    if (run.nthreads == MODEL_MAX_THREADS || run.current != 0 || run.alone)
        model_violation(MODEL_MISUSE, "too many threads, or not started by thread 0 in time");
    take_turn(WANT_TURN);
    struct event spawn = event_of(EVENT_SPAWN);
    spawn.value = run.nthreads;
    const int position = add(&spawn);
    prepare_thread(function, argument, position);
    return run.nthreads - 1;
}

void model_join(unsigned thread)
{
    if (run.alone || thread == 0 || thread >= run.nthreads || run.threads[thread].joined)
        model_violation(MODEL_MISUSE, "thread %u cannot be joined", thread);
    run.threads[run.current].target = thread;
    take_turn(WANT_END);
    struct event join = event_of(EVENT_JOIN);
    join.source = graph->ended[thread];
    (void)add(&join);
    run.threads[thread].joined = true;
    if (++run.njoined == run.nthreads - 1 && run.current == 0) {
        run.alone = true;
        run.nstepped = 0;
        write_locations(true);
    }
}

unsigned model_choose(unsigned n)
{
    take_turn(WANT_TURN);
    const struct event choice = event_of(EVENT_CHOICE);
    int position = replay(&choice);
    if (position == NOTHING) {
        position = explorer_add_choice(&run.explorer, &choice, n);
        run.cursor = graph->nevents;
    }
    return (unsigned)graph->events[position].value;
}

void model_fail(const char *what, const char *file, int line)
{
    const char *name = strrchr(file, '/');
    model_violation(MODEL_ASSERTION, "%s:%d: %s", name ? name + 1 : file, line, what);
}

void model_name(const void *at, size_t nbytes, const char *name)
{
    if (model_memory.nnames < MAX_NAMES)
        model_memory.names[model_memory.nnames++] = (struct name){(uintptr_t)at, nbytes, name};
}

static void *allocate(void *state, size_t nbytes)
{
    (void)state;
    if (!run.alone)
        take_turn(WANT_TURN);
    void *memory = model_memory_take(run.current, nbytes);
    if (!memory || model_memory.nblocks == MAX_BLOCKS)
        model_violation(MODEL_TOO_LONG, "too much memory");
    memset(memory, FILL_NEW, nbytes);
    struct event event = event_of(EVENT_ALLOCATE);
    event.at = (uintptr_t)memory;
    event.nbytes = nbytes;
    event.site = __builtin_return_address(0);
    const int position = run.alone ? NOTHING : add(&event);
    model_memory.blocks[model_memory.nblocks++] =
        (struct block){.at = event.at, .nbytes = nbytes, .allocated = position};
    return memory;
}

static void release(void *state, void *ptr, size_t nbytes)
{
    (void)state;
    if (!ptr)
        return;
    if (!run.alone)
        take_turn(WANT_TURN);
    struct event event = event_of(EVENT_RELEASE);
    event.at = (uintptr_t)ptr;
    event.nbytes = nbytes;
    event.site = __builtin_return_address(0);
    struct block *block = model_block_at(event.at);
    if (!block || block->nbytes != nbytes)
        model_violation(MODEL_BAD_MEMORY, "thread %u frees what is not a block of %zu bytes",
                        run.current, nbytes);
    if (block->is_released)
        model_violation(MODEL_BAD_MEMORY, "thread %u frees a block twice", run.current);
    block->is_released = true;
    block->released = NOTHING;
    if (!run.alone) {
        block->released = add(&event);
        check(block->released);
    }
    memset(ptr, FILL_FREED, nbytes);
}

static void *resize(void *state, void *ptr, size_t old_nbytes, size_t new_nbytes)
{
    void *memory = allocate(state, new_nbytes);
    if (ptr) {
        memcpy(memory, ptr, old_nbytes < new_nbytes ? old_nbytes : new_nbytes);
        release(state, ptr, old_nbytes);
    }
    return memory;
}

const struct rsl_allocator model_allocator = {allocate, resize, release, NULL};

static void run_body(void *argument)
{
    (void)argument;
    run.client->body();
}

void model_run_once(void)
{
    model_memory_reset();
    run.cursor = 0;
    /* A branch adds one event, or a store and a load that reads it. */
    run.checked = graph->nevents - 2;
    run.nthreads = 0;
    run.current = 0;
    run.njoined = 0;
    run.alone = true;
    run.nstepped = 0;
    prepare_thread(run_body, NULL, NOTHING);
    coroutine_switch(&run.explorer_coroutine, &run.threads[0].coroutine);
    if (run.alone)
        write_locations(false);
}
