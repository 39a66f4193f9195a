/* check.c - the search: runs one execution after the other until one is wrong or all are done. */
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "tests/model/run.h"

#define run model_run

static struct graph *const graph = &run.explorer.graph;

const struct graph *model_graph(void)
{
    return graph;
}

/* Whether the thread, which has stopped in a pause, had seen the last of everything it looks at: it
 * would then spin for ever. */
static bool spins_for_ever(unsigned thread)
{
    bool seen[MAX_LOCATIONS] = {false};
    for (int i = graph->nevents - 1; i >= 0; i--) {
        const struct event *event = &graph->events[i];
        if (event->thread != thread)
            continue;
        if (event->kind == EVENT_PAUSE)
            break;
        if (event->kind != EVENT_LOAD || seen[event->place])
            continue;
        seen[event->place] = true;
        if (graph_rank_read(graph, event) != graph->locations[event->place].nstores)
            return false;
    }
    return true;
}

/* When nobody can go on: whether that is for good. */
static bool is_deadlock(void)
{
    for (unsigned i = 0; i < run.nthreads; i++) {
        const struct thread *thread = &run.threads[i];
        if (thread->want == WANT_QUEUE && thread->timed)
            return false;
        if (thread->want == WANT_NOTHING && !spins_for_ever(i))
            return false;
    }
    size_t length = 0;
    char *message = run.result->message;
    const size_t capacity = sizeof(run.result->message);
    for (unsigned i = 0; i < run.nthreads && length < capacity; i++) {
        static const char *const states[] = {
            "", "", "waits for a thread", "sleeps on a futex", "spins", "",
        };
        if (run.threads[i].want == WANT_NEVER)
            continue;
        length += (size_t)snprintf(message + length, capacity - length, "%sthread %u %s",
                                   length ? ", " : "", i, states[run.threads[i].want]);
    }
    run.result->verdict = MODEL_DEADLOCK;
    return true;
}

static bool is_leak(void)
{
    if (run.client->leaks_allowed)
        return false;
    for (int i = 0; i < model_memory.nblocks; i++) {
        const struct block *block = &model_memory.blocks[i];
        if (block->is_released)
            continue;
        snprintf(run.result->message, sizeof(run.result->message),
                 "block%d of %zu bytes, allocated by thread %u, is never freed", i, block->nbytes,
                 block->allocated == NOTHING ? 0 : graph->events[block->allocated].thread);
        run.result->verdict = MODEL_LEAK;
        return true;
    }
    return false;
}

/* Runs the graph and what follows. Returns whether to go on with the search. */
static bool run_once(void)
{
    struct model_result *result = run.result;
    result->nreplays++;
    model_run_once();
    if (result->most_events < (size_t)graph->nevents)
        result->most_events = (size_t)graph->nevents;
    switch (run.ending) {
    case ENDED:
        result->nexecutions++;
        if (run.client->on_execution)
            run.client->on_execution();
        return !is_leak();
    case BLOCKED: result->nblocked++; return !is_deadlock();
    case DEAD_END: return true;
    case VIOLATED: break;
    }
    return false;
}

#ifndef MODEL_ASAN
static sigjmp_buf crashed;

static void on_signal(int number)
{
    siglongjmp(crashed, number);
}

/* What a client does that follows a bad pointer is a finding, not the end of the checker. */
static void catch_signals(bool catch)
{
    static const int numbers[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE};
    static char stack[1 << 16];
    const stack_t alternative = {.ss_sp = stack, .ss_size = sizeof(stack)};
    (void)sigaltstack(&alternative, NULL);
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        struct sigaction action = {.sa_flags = SA_ONSTACK};
        action.sa_handler = catch ? on_signal : SIG_DFL;
        (void)sigaction(numbers[i], &action, NULL);
    }
}
#endif

void model_check(const struct model_client *client, struct model_result *result_out)
{
    memset(result_out, 0, sizeof(*result_out));
    run.client = client;
    run.result = result_out;
    explorer_reset(&run.explorer);
#ifndef MODEL_ASAN
    const int number = sigsetjmp(crashed, 1);
    if (number != 0) {
        result_out->verdict = MODEL_CRASH;
        snprintf(result_out->message, sizeof(result_out->message), "thread %u: %s", run.current,
                 strsignal(number));
    } else {
        catch_signals(true);
#endif
        while (run_once()) {
            if (client->max_executions && result_out->nreplays >= client->max_executions) {
                result_out->verdict = MODEL_TOO_MANY;
                snprintf(result_out->message, sizeof(result_out->message),
                         "stopped, not everything was visited");
                break;
            }
            if (!explorer_next(&run.explorer))
                break;
        }
#ifndef MODEL_ASAN
    }
    catch_signals(false);
#endif
    if (result_out->verdict != MODEL_CLEAN && result_out->verdict != MODEL_TOO_MANY &&
        !client->quiet)
        model_print_trace(graph, client->name, result_out->message);
    explorer_reset(&run.explorer);
    run.client = NULL;
}

const char *model_verdict_name(enum model_verdict verdict)
{
    static const char *const names[] = {
        "clean",         "assertion", "race",     "bad memory", "leak",   "deadlock",
        "uninitialised", "crash",     "too long", "too many",   "misuse",
    };
    return names[verdict];
}
