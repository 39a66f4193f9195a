/* trace.c - the failing execution, for the eye. */
#include <stdio.h>

#include "tests/model/run.h"
#include "tests/model/sites.h"

static void print_event(const struct graph *graph, int position)
{
    static const char *const kinds[] = {
        "start", "end",   "spawn",    "join",    "load",   "store", "fence",
        "read",  "write", "allocate", "release", "choice", "pause",
    };
    const struct event *event = &graph->events[position];
    char what[64] = "";
    if (event->at)
        model_describe(what, sizeof(what), event->at & ~((uintptr_t)1 << 62));
    fprintf(stderr, "%5d  thread %u  %-8s", position, event->thread, kinds[event->kind]);
    switch ((enum event_kind)event->kind) {
    case EVENT_LOAD:
        fprintf(stderr, " %s %s = %#llx", order_name(event->order), what,
                (unsigned long long)event->value);
        if (event->source == NOTHING)
            fprintf(stderr, " (initial)");
        else
            fprintf(stderr, " (from %d)", event->source);
        if (graph_rank_read(graph, event) != graph->locations[event->place].nstores)
            fprintf(stderr, " OLD");
        break;
    case EVENT_STORE:
        fprintf(stderr, " %s %s := %#llx", order_name(event->order), what,
                (unsigned long long)event->value);
        if (event->rank != graph->locations[event->place].nstores)
            fprintf(stderr, " (%u of %u)", event->rank, graph->locations[event->place].nstores);
        break;
    case EVENT_FENCE: fprintf(stderr, " %s", order_name(event->order)); break;
    case EVENT_PLAIN_READ:
    case EVENT_PLAIN_WRITE:
    case EVENT_ALLOCATE:
    case EVENT_RELEASE: fprintf(stderr, " %s, %zu bytes", what, (size_t)event->nbytes); break;
    case EVENT_SPAWN:
    case EVENT_CHOICE: fprintf(stderr, " %llu", (unsigned long long)event->value); break;
    case EVENT_START:
    case EVENT_END:
    case EVENT_JOIN:
    case EVENT_PAUSE: break;
    }
    fprintf(stderr, "   %s\n", site_describe(event->site));
}

void model_print_trace(const struct graph *graph, const char *client, const char *message)
{
    fprintf(stderr, "%s: %s\n", client, message);
    (void)sites_name();
    for (int i = 0; i < graph->nevents; i++)
        print_event(graph, i);
}
