#include "tests/model/explore.h"

#include <stdlib.h>
#include <string.h>

/* As an option of a store: it is read by no earlier load. */
#define NO_LOAD NOTHING

struct branch {
    struct event event; /* to be added to... */
    struct event *events;
    int nevents;
    uint64_t initial; /* the first value of its location */
    /* Of a load: ranks. Of a store: positions of loads that read it, or NO_LOAD. Of a choice:
     * outcomes. */
    int *options;
    int noptions, next;
    int nplaces; /* of the current option of a store: places in mo already tried */
};

static void *checked(void *memory)
{
    if (!memory)
        abort();
    return memory;
}

static void drop_branch(struct explorer *explorer)
{
    struct branch *branch = &explorer->branches[--explorer->nbranches];
    free(branch->events);
    free(branch->options);
}

void explorer_reset(struct explorer *explorer)
{
    while (explorer->nbranches)
        drop_branch(explorer);
    free(explorer->branches);
    explorer->branches = NULL;
    explorer->capacity = 0;
    graph_clear(&explorer->graph);
}

/* Keeps the graph as it is now, before `event`, with what else may become of that. */
static void keep_branch(struct explorer *explorer, const struct event *event, const int *options,
                        int noptions, int nplaces)
{
    if (noptions == 0)
        return;
    if (explorer->nbranches == explorer->capacity) {
        explorer->capacity = explorer->capacity ? 2 * explorer->capacity : 64;
        explorer->branches =
            checked(realloc(explorer->branches, explorer->capacity * sizeof(*explorer->branches)));
    }
    struct branch *branch = &explorer->branches[explorer->nbranches++];
    const struct graph *graph = &explorer->graph;
    *branch = (struct branch){
        .event = *event, .nevents = graph->nevents, .noptions = noptions, .nplaces = nplaces};
    if (event->kind == EVENT_LOAD)
        branch->initial = graph->locations[event->place].initial;
    const size_t nbytes = (size_t)graph->nevents * sizeof(struct event);
    branch->events = checked(malloc(nbytes + 1));
    memcpy(branch->events, graph->events, nbytes);
    branch->options = checked(malloc((size_t)noptions * sizeof(int)));
    memcpy(branch->options, options, (size_t)noptions * sizeof(int));
}

bool queue_has(uint64_t queue, unsigned thread)
{
    for (; queue; queue >>= 4) {
        if ((queue & 15) == thread + 1)
            return true;
    }
    return false;
}

/* Whether the load can have this value at all. */
static bool accepts(const struct event *load, uint64_t value)
{
    return !(load->may_not_wait && queue_has(value, load->thread));
}

/* What follows from the value for the load itself. */
static void settle(struct event *load, int source, uint64_t value)
{
    load->source = (int16_t)source;
    load->value = value;
    if (load->rmw == RMW_CAS)
        load->order = value == load->expected ? load->success_order : load->failure_order;
}

static bool will_store(const struct event *load, uint64_t value)
{
    return load->rmw != RMW_NONE && (load->rmw != RMW_CAS || value == load->expected);
}

static uint64_t value_at(const struct graph *graph, int location, int rank)
{
    return rank == 0 ? graph->locations[location].initial
                     : graph->events[graph_store_at(graph, location, rank)].value;
}

int explorer_add(struct explorer *explorer, const struct event *event)
{
    return graph_append(&explorer->graph, event);
}

int explorer_add_load(struct explorer *explorer, const struct event *event)
{
    struct graph *graph = &explorer->graph;
    const struct location *location = &graph->locations[event->place];
    const struct clock known = graph_known(graph, event->thread);
    const struct clock past = graph_past(graph, event->thread);
    int least = graph_least_rank(graph, event->place, &known);
    if (least < event->rank)
        least = event->rank; /* what a futex call knows beyond that */
    int options[MAX_STORES + 1];
    int noptions = 0;
    for (int rank = location->nstores - 1; rank >= least; rank--) {
        const uint64_t value = value_at(graph, event->place, rank);
        if (!accepts(event, value))
            continue;
        /* The value was taken by a read-modify-write, which this one cannot come before. */
        if (will_store(event, value) && graph_is_taken(graph, event->place, rank) &&
            clock_knows(&past, &graph->events[graph_store_at(graph, event->place, rank + 1)]))
            continue;
        options[noptions++] = rank;
    }
    keep_branch(explorer, event, options, noptions, 0);
    struct event added = *event;
    settle(&added, graph_store_at(graph, event->place, location->nstores),
           value_at(graph, event->place, location->nstores));
    return graph_append(graph, &added);
}

int explorer_add_choice(struct explorer *explorer, const struct event *event, unsigned n)
{
    int options[64];
    int noptions = 0;
    for (unsigned i = 1; i < n && i < 64; i++)
        options[noptions++] = (int)i;
    keep_branch(explorer, event, options, noptions, 0);
    struct event added = *event;
    added.value = 0;
    return graph_append(&explorer->graph, &added);
}

/* Whether `other` was there when `event` was added, or is in `past`. */
static bool is_before(const struct event *event, const struct event *other,
                      const struct clock *past)
{
    return other->stamp <= event->stamp || clock_knows(past, other);
}

/* Whether the event stands in the graph in the way that is always consistent, seen from what was
 * there then and what is in `past`. */
static bool is_first_way(const struct graph *graph, const struct event *event,
                         const struct clock *past)
{
    if (event->kind == EVENT_CHOICE)
        return event->value == 0;
    if (event->kind != EVENT_LOAD && event->kind != EVENT_STORE)
        return true;
    const struct location *location = &graph->locations[event->place];
    int rank;
    if (event->kind == EVENT_STORE) {
        for (int i = location->last; i != NOTHING; i = graph->events[i].before) {
            const struct event *load = &graph->events[i];
            if (load->kind == EVENT_LOAD && load->source != NOTHING &&
                &graph->events[load->source] == event && is_before(event, load, past))
                return false;
        }
        rank = event->rank;
    } else {
        if (event->source != NOTHING && !is_before(event, &graph->events[event->source], past))
            return false;
        rank = graph_rank_read(graph, event);
    }
    for (int i = rank; i < location->nstores; i++) {
        if (is_before(event, &graph->events[location->stores[i]], past))
            return false;
    }
    return true;
}

static bool stays(const struct event *event, const struct event *load, const struct clock *past)
{
    return event->stamp < load->stamp || clock_knows(past, event);
}

/* Whether the load may be made to read from a new store whose thread's past is `past`. */
static bool may_reread(const struct graph *graph, const struct event *load,
                       const struct clock *past)
{
    for (int i = 0; i < graph->nevents; i++) {
        const struct event *event = &graph->events[i];
        if ((event == load || !stays(event, load, past)) && !is_first_way(graph, event, past))
            return false;
    }
    return true;
}

/* The place in mo that is the n-th way to add the store, from the last place down; 0 if there is
 * none. */
static int nth_rank(const struct graph *graph, const struct event *store, int n)
{
    const struct location *location = &graph->locations[store->place];
    if (store->source != NOTHING) {
        const int rank = graph_rank_read(graph, &graph->events[store->source]);
        return n == 0 && !graph_is_taken(graph, store->place, rank) ? rank + 1 : 0;
    }
    const struct clock known = graph_known(graph, store->thread);
    const int least = graph_least_rank(graph, store->place, &known) + 1;
    for (int rank = location->nstores + 1; rank >= least; rank--) {
        if (!graph_is_taken(graph, store->place, rank - 1) && n-- == 0)
            return rank;
    }
    return 0;
}

int explorer_add_store(struct explorer *explorer, const struct event *event)
{
    struct graph *graph = &explorer->graph;
    const struct clock past = graph_past(graph, event->thread);
    int options[MAX_EVENTS + 1];
    int noptions = 0;
    struct event added = *event;
    added.rank = (uint16_t)nth_rank(graph, event, 0);
    if (added.rank && nth_rank(graph, event, 1))
        options[noptions++] = NO_LOAD; /* first, as one place has been taken already */
    const struct location *location = &graph->locations[event->place];
    for (int i = location->last; i != NOTHING; i = graph->events[i].before) {
        const struct event *load = &graph->events[i];
        if (load->kind == EVENT_LOAD && !clock_knows(&past, load) && accepts(load, event->value) &&
            may_reread(graph, load, &past))
            options[noptions++] = i;
    }
    keep_branch(explorer, event, options, noptions, noptions && options[0] == NO_LOAD);
    return added.rank ? graph_append(graph, &added) : NOTHING;
}

/* Takes away all that goes when the load is to read from the store, the load itself included. */
static void make_room(struct graph *graph, const struct event *load, struct event *store)
{
    const struct clock past = graph_past(graph, store->thread);
    bool keep[MAX_EVENTS];
    int nkept = 0, source = NOTHING;
    for (int i = 0; i < graph->nevents; i++) {
        keep[i] = stays(&graph->events[i], load, &past);
        if (i == store->source)
            source = nkept;
        nkept += keep[i];
    }
    graph_restrict(graph, keep);
    store->source = (int16_t)source;
    store->place = (uint16_t)graph_location(graph, store->at, store->nbytes);
}

enum outcome { FOUND, INCONSISTENT, NO_MORE };

static enum outcome take_store(struct graph *graph, const struct branch *branch, int option)
{
    struct event store = branch->event;
    struct event load;
    if (option != NO_LOAD) {
        load = graph->events[option];
        make_room(graph, &load, &store);
    }
    store.rank = (uint16_t)nth_rank(graph, &store, branch->nplaces);
    if (store.rank == 0)
        return NO_MORE;
    const int position = graph_append(graph, &store);
    const struct location *location = &graph->locations[store.place];
    const bool is_last = graph->events[position].rank == location->nstores;
    if (option != NO_LOAD) {
        const struct clock known = graph_known(graph, load.thread);
        if (graph_least_rank(graph, store.place, &known) > graph->events[position].rank)
            return INCONSISTENT;
        settle(&load, position, store.value);
        graph_append(graph, &load);
    }
    return is_last || graph_has_sc_order(graph) ? FOUND : INCONSISTENT;
}

static enum outcome take_load(struct graph *graph, const struct branch *branch, int rank)
{
    struct event load = branch->event;
    load.place = (uint16_t)graph_location(graph, load.at, load.nbytes);
    graph->locations[load.place].initial = branch->initial;
    settle(&load, graph_store_at(graph, load.place, rank), value_at(graph, load.place, rank));
    graph_append(graph, &load);
    return graph_has_sc_order(graph) ? FOUND : INCONSISTENT;
}

static enum outcome take_choice(struct graph *graph, const struct branch *branch, int chosen)
{
    struct event choice = branch->event;
    choice.value = (uint64_t)chosen;
    graph_append(graph, &choice);
    return FOUND;
}

bool explorer_next(struct explorer *explorer)
{
    struct graph *graph = &explorer->graph;
    while (explorer->nbranches) {
        struct branch *branch = &explorer->branches[explorer->nbranches - 1];
        if (branch->next == branch->noptions) {
            drop_branch(explorer);
            continue;
        }
        const int option = branch->options[branch->next];
        graph_restore(graph, branch->events, branch->nevents);
        enum outcome outcome;
        if (branch->event.kind == EVENT_STORE) {
            outcome = take_store(graph, branch, option);
            branch->nplaces++;
            if (outcome == NO_MORE) {
                branch->next++;
                branch->nplaces = 0;
            }
        } else {
            branch->next++;
            outcome = branch->event.kind == EVENT_LOAD ? take_load(graph, branch, option)
                                                       : take_choice(graph, branch, option);
        }
        if (outcome == FOUND)
            return true;
    }
    return false;
}
