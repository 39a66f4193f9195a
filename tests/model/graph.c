#include "tests/model/graph.h"

#include <stdlib.h>
#include <string.h>

bool clock_knows(const struct clock *clock, const struct event *event)
{
    return clock->of[event->thread] > event->index;
}

void clock_join(struct clock *clock, const struct clock *other)
{
    for (unsigned i = 0; i < MODEL_MAX_THREADS; i++) {
        if (clock->of[i] < other->of[i])
            clock->of[i] = other->of[i];
    }
}

static bool acquires(unsigned order)
{
    return order == __ATOMIC_ACQUIRE || order == __ATOMIC_ACQ_REL || order == __ATOMIC_SEQ_CST ||
           order == ORDER_HEAVY;
}

static bool releases(unsigned order)
{
    return order == __ATOMIC_RELEASE || order == __ATOMIC_ACQ_REL || order == __ATOMIC_SEQ_CST ||
           order == ORDER_HEAVY;
}

static bool is_access(const struct event *event)
{
    return event->kind == EVENT_LOAD || event->kind == EVENT_STORE;
}

void graph_clear(struct graph *graph)
{
    graph->nevents = 0;
    graph->nlocations = 0;
    memset(graph->table, 0, sizeof(graph->table));
    graph->next_stamp = 1;
    for (unsigned i = 0; i < MODEL_MAX_THREADS; i++) {
        graph->nof[i] = 0;
        graph->last[i] = graph->ended[i] = NOTHING;
    }
}

static unsigned table_slot(const struct graph *graph, uintptr_t at)
{
    unsigned slot = (unsigned)(at * UINT64_C(0x9E3779B97F4A7C15) >> 32) % LOCATION_TABLE;
    while (graph->table[slot] && graph->locations[graph->table[slot] - 1].at != at)
        slot = (slot + 1) % LOCATION_TABLE;
    return slot;
}

int graph_location(struct graph *graph, uintptr_t at, size_t nbytes)
{
    const unsigned slot = table_slot(graph, at);
    if (graph->table[slot]) {
        const int found = graph->table[slot] - 1;
        return graph->locations[found].nbytes == nbytes ? found : NOTHING;
    }
    for (int i = 0; i < graph->nlocations; i++) {
        const struct location *location = &graph->locations[i];
        if (at < location->at + location->nbytes && location->at < at + nbytes)
            return NOTHING;
    }
    if (graph->nlocations == MAX_LOCATIONS)
        return NOTHING;
    struct location *location = &graph->locations[graph->nlocations];
    location->at = at;
    location->nbytes = (uint8_t)nbytes;
    location->initial_known = location->kernel = false;
    location->initial = 0;
    location->last = NOTHING;
    location->nstores = 0;
    graph->table[slot] = (uint16_t)(graph->nlocations + 1);
    return graph->nlocations++;
}

/* Counts the event at `position` in: all that graph_restore() has to do for it too. */
static void index_event(struct graph *graph, int position)
{
    struct event *event = &graph->events[position];
    graph->nof[event->thread]++;
    graph->last[event->thread] = (int16_t)position;
    if (event->kind == EVENT_END)
        graph->ended[event->thread] = (int16_t)position;
    if (graph->next_stamp <= event->stamp)
        graph->next_stamp = event->stamp + 1;
    if (is_access(event)) {
        event->place = (uint16_t)graph_location(graph, event->at, event->nbytes);
        struct location *location = &graph->locations[event->place];
        location->kernel |= event->order == ORDER_FUTEX && event->nbytes == sizeof(uint64_t);
        event->before = location->last;
        location->last = (int16_t)position;
    }
}

/* Makes ranks follow from the order in stores[]. */
static void number_stores(struct graph *graph, struct location *location)
{
    for (int i = 0; i < location->nstores; i++)
        graph->events[location->stores[i]].rank = (uint16_t)(i + 1);
}

static void insert_store(const struct graph *graph, struct location *location, int position)
{
    const unsigned rank = graph->events[position].rank;
    int i = location->nstores++;
    while (i > 0 && graph->events[location->stores[i - 1]].rank >= rank) {
        location->stores[i] = location->stores[i - 1];
        i--;
    }
    location->stores[i] = (int16_t)position;
}

void graph_restore(struct graph *graph, const struct event *events, int nevents)
{
    graph_clear(graph);
    if (events != graph->events)
        memcpy(graph->events, events, (size_t)nevents * sizeof(*events));
    graph->nevents = nevents;
    for (int i = 0; i < nevents; i++) {
        index_event(graph, i);
        if (graph->events[i].kind == EVENT_STORE)
            insert_store(graph, &graph->locations[graph->events[i].place], i);
    }
    for (int i = 0; i < graph->nlocations; i++)
        number_stores(graph, &graph->locations[i]);
}

void graph_restrict(struct graph *graph, const bool *keep)
{
    int16_t moved_to[MAX_EVENTS];
    int nkept = 0;
    for (int i = 0; i < graph->nevents; i++) {
        if (!keep[i])
            continue;
        moved_to[i] = (int16_t)nkept;
        struct event *event = &graph->events[nkept++];
        *event = graph->events[i];
        if (event->source != NOTHING)
            event->source = moved_to[event->source];
    }
    graph_restore(graph, graph->events, nkept);
}

int graph_append(struct graph *graph, const struct event *added)
{
    const int position = graph->nevents++;
    struct event *event = &graph->events[position];
    *event = *added;
    event->index = graph->nof[event->thread];
    if (event->stamp == 0)
        event->stamp = graph->next_stamp;

    const struct event *previous = event->index ? &graph->events[graph->last[event->thread]] : NULL;
    const struct event *source = event->source == NOTHING ? NULL : &graph->events[event->source];
    static const struct clock nothing;
    event->known = previous ? previous->known : nothing;
    event->past = previous ? previous->past : nothing;
    event->acquirable = previous ? previous->acquirable : nothing;
    event->released = previous ? previous->released : nothing;
    event->message = nothing;
    event->known.of[event->thread] = event->past.of[event->thread] = event->index + 1;
    if (source)
        clock_join(&event->past, &source->past);

    switch ((enum event_kind)event->kind) {
    case EVENT_START:
    case EVENT_JOIN:
        if (source)
            clock_join(&event->known, &source->known);
        break;
    case EVENT_LOAD:
        if (source && event->order != ORDER_FUTEX)
            clock_join(acquires(event->order) ? &event->known : &event->acquirable,
                       &source->message);
        break;
    case EVENT_STORE:
        event->message =
            releases(event->order) || event->order == ORDER_FUTEX ? event->known : event->released;
        /* A read-modify-write continues the release sequences that it reads from. */
        if (source && source->source != NOTHING)
            clock_join(&event->message, &graph->events[source->source].message);
        break;
    case EVENT_FENCE:
        if (acquires(event->order))
            clock_join(&event->known, &event->acquirable);
        if (releases(event->order))
            event->released = event->known;
        break;
    default: break;
    }
    index_event(graph, position);
    if (event->kind == EVENT_STORE) {
        struct location *location = &graph->locations[event->place];
        insert_store(graph, location, position);
        /* The newcomer goes before the store whose rank it was given. */
        number_stores(graph, location);
    }
    return position;
}

int graph_store_at(const struct graph *graph, int location, int rank)
{
    return rank == 0 ? NOTHING : graph->locations[location].stores[rank - 1];
}

int graph_rank_read(const struct graph *graph, const struct event *load)
{
    return load->source == NOTHING ? 0 : graph->events[load->source].rank;
}

bool graph_is_taken(const struct graph *graph, int location, int rank)
{
    if (rank == graph->locations[location].nstores)
        return false;
    const struct event *next = &graph->events[graph_store_at(graph, location, rank + 1)];
    return next->source != NOTHING && graph_rank_read(graph, &graph->events[next->source]) == rank;
}

int graph_least_rank(const struct graph *graph, int location, const struct clock *known)
{
    int least = 0;
    for (int i = graph->locations[location].last; i != NOTHING; i = graph->events[i].before) {
        const struct event *event = &graph->events[i];
        if (!clock_knows(known, event))
            continue;
        const int rank = event->kind == EVENT_STORE ? event->rank : graph_rank_read(graph, event);
        if (least < rank)
            least = rank;
    }
    return least;
}

struct clock graph_known(const struct graph *graph, unsigned thread)
{
    static const struct clock nothing;
    return graph->last[thread] == NOTHING ? nothing : graph->events[graph->last[thread]].known;
}

struct clock graph_past(const struct graph *graph, unsigned thread)
{
    static const struct clock nothing;
    return graph->last[thread] == NOTHING ? nothing : graph->events[graph->last[thread]].past;
}

/* The SC order. RC11 asks that the relation psc between seq_cst operations have no cycle:
 *
 *   psc = from ; scb ; to  over all seq_cst operations, and, between fences,
 *         hb or hb ; eco ; hb
 *   scb = po, or po to another location ; hb ; po from another location,
 *         or hb on the same location, or mo, or fr
 *
 * where `from` is the operation itself or, for a fence, also what it happens before, and `to` the
 * mirror image. eco, the order that a location's stores and loads are in, is a comparison of
 * numbers: twice the rank, one more for a load.
 *
 * A light fence (asymmetric_fence.h) takes part, but through eco only in pairs with heavy ones,
 * which are seq_cst fences besides. It neither acquires nor releases.
 *
 * Sets of events are bits, of those events only that take part: accesses and fences. */

#define MAX_SC    512
#define SC_WORDS  (MAX_SC / 64)
#define SET_WORDS ((MAX_EVENTS + 63) / 64)

struct set {
    uint64_t words[SET_WORDS];
};

struct sc_search {
    const struct graph *graph;
    int n; /* events that take part */
    int nwords;
    int16_t positions[MAX_EVENTS];
    struct set after[MAX_EVENTS];  /* what each happens before */
    struct set bounds[MAX_EVENTS]; /* scb */
    bool bounds_known[MAX_EVENTS];
    int nsc;
    int16_t sc[MAX_SC]; /* numbers among those that take part */
    uint64_t edges[MAX_SC][SC_WORDS];
};

static void set_add(struct set *set, int i)
{
    set->words[i / 64] |= UINT64_C(1) << (i % 64);
}

static bool set_has(const struct set *set, int i)
{
    return set->words[i / 64] >> (i % 64) & 1;
}

static void add_edge(struct sc_search *search, int from, int to)
{
    search->edges[from][to / 64] |= UINT64_C(1) << (to % 64);
}

static const struct event *at(const struct sc_search *search, int i)
{
    return &search->graph->events[search->positions[i]];
}

static int eco_key(const struct graph *graph, const struct event *event)
{
    return event->kind == EVENT_STORE ? 2 * event->rank : 2 * graph_rank_read(graph, event) + 1;
}

static bool same_place(const struct event *a, const struct event *b)
{
    return is_access(a) && is_access(b) && a->place == b->place;
}

/* Adds what follows, in program order and elsewhere than where they are, the events of `from`. */
static void add_later_elsewhere(const struct sc_search *search, const struct set *from,
                                struct set *out)
{
    /* `from` is closed under program order, so a thread's first event in it tells all. */
    int first[MODEL_MAX_THREADS];
    bool elsewhere[MODEL_MAX_THREADS];
    for (unsigned t = 0; t < MODEL_MAX_THREADS; t++)
        first[t] = NOTHING;
    for (int i = 0; i < search->n; i++) {
        if (!set_has(from, i))
            continue;
        const struct event *event = at(search, i);
        const unsigned t = event->thread;
        if (first[t] == NOTHING) {
            first[t] = i;
            elsewhere[t] = false;
            continue;
        }
        /* Some event between lies elsewhere: the first does, or another than it does. */
        if (elsewhere[t] || !same_place(at(search, first[t]), event)) {
            set_add(out, i);
            elsewhere[t] = true;
        }
    }
}

static const struct set *scb_of(struct sc_search *search, int a)
{
    struct set *bounds = &search->bounds[a];
    if (search->bounds_known[a])
        return bounds;
    search->bounds_known[a] = true;
    memset(bounds->words, 0, (size_t)search->nwords * sizeof(uint64_t));
    struct set beyond; /* what happens after something later in a's thread and elsewhere */
    memset(beyond.words, 0, (size_t)search->nwords * sizeof(uint64_t));
    const struct event *from = at(search, a);
    for (int b = 0; b < search->n; b++) {
        const struct event *to = at(search, b);
        if (a == b)
            continue;
        if (from->thread == to->thread) {
            if (from->index < to->index) {
                set_add(bounds, b);
                if (!same_place(from, to)) {
                    for (int w = 0; w < search->nwords; w++)
                        beyond.words[w] |= search->after[b].words[w];
                }
            }
        } else if (same_place(from, to)) {
            const bool eco = eco_key(search->graph, from) < eco_key(search->graph, to);
            if (set_has(&search->after[a], b) || (eco && to->kind == EVENT_STORE))
                set_add(bounds, b);
        }
    }
    /* mo and fr within a thread are program order, or else coherence would not hold. */
    add_later_elsewhere(search, &beyond, bounds);
    return bounds;
}

static bool may_pair(const struct event *a, const struct event *b)
{
    return a->order == ORDER_HEAVY || b->order == ORDER_HEAVY ||
           (a->order != ORDER_LIGHT && b->order != ORDER_LIGHT);
}

static bool is_full_fence(const struct event *event)
{
    return event->kind == EVENT_FENCE && event->order != ORDER_LIGHT;
}

/* The edges between fences that a location makes: hb ; eco ; hb. */
static void add_fence_edges(struct sc_search *search)
{
    const struct graph *graph = search->graph;
    for (int l = 0; l < graph->nlocations; l++) {
        const struct location *location = &graph->locations[l];
        if (location->kernel)
            continue;
        int least_after[MAX_SC], most_before[MAX_SC];
        for (int s = 0; s < search->nsc; s++) {
            least_after[s] = INT32_MAX;
            most_before[s] = -1;
            const struct event *fence = at(search, search->sc[s]);
            if (fence->kind != EVENT_FENCE)
                continue;
            for (int i = location->last; i != NOTHING; i = graph->events[i].before) {
                const struct event *access = &graph->events[i];
                const int key = eco_key(graph, access);
                if (clock_knows(&access->known, fence) && least_after[s] > key)
                    least_after[s] = key;
                if (clock_knows(&fence->known, access) && most_before[s] < key)
                    most_before[s] = key;
            }
        }
        for (int s = 0; s < search->nsc; s++) {
            for (int t = 0; t < search->nsc; t++) {
                if (least_after[s] < most_before[t] &&
                    may_pair(at(search, search->sc[s]), at(search, search->sc[t])))
                    add_edge(search, s, t);
            }
        }
    }
}

static void add_access_edges(struct sc_search *search)
{
    for (int i = 0; i < search->n; i++) {
        search->bounds_known[i] = false;
        memset(search->after[i].words, 0, (size_t)search->nwords * sizeof(uint64_t));
        for (int j = 0; j < search->n; j++) {
            if (i != j && clock_knows(&at(search, j)->known, at(search, i)))
                set_add(&search->after[i], j);
        }
    }
    for (int s = 0; s < search->nsc; s++) {
        const int a = search->sc[s];
        struct set reach = *scb_of(search, a);
        if (at(search, a)->order == ORDER_LIGHT)
            continue;
        if (is_full_fence(at(search, a))) {
            for (int i = 0; i < search->n; i++) {
                if (!set_has(&search->after[a], i))
                    continue;
                const struct set *more = scb_of(search, i);
                for (int w = 0; w < search->nwords; w++)
                    reach.words[w] |= more->words[w];
            }
        }
        for (int t = 0; t < search->nsc; t++) {
            const int b = search->sc[t];
            bool edge = set_has(&reach, b);
            if (at(search, b)->order == ORDER_LIGHT)
                continue;
            if (!edge && is_full_fence(at(search, b))) {
                for (int i = 0; i < search->n && !edge; i++)
                    edge = set_has(&reach, i) && set_has(&search->after[i], b);
            }
            if (edge)
                add_edge(search, s, t);
        }
    }
}

static bool leads_to(const struct sc_search *search, int s, const uint64_t *left)
{
    for (int w = 0; w < SC_WORDS; w++)
        if (search->edges[s][w] & left[w])
            return true;
    return false;
}

static bool has_cycle(const struct sc_search *search)
{
    /* Remove what has no edge to what is left, until nothing is left or nothing goes. */
    uint64_t left[SC_WORDS] = {0};
    int nleft = search->nsc;
    for (int s = 0; s < search->nsc; s++)
        left[s / 64] |= UINT64_C(1) << (s % 64);
    for (bool changed = true; changed && nleft > 0;) {
        changed = false;
        for (int s = 0; s < search->nsc; s++) {
            if (left[s / 64] >> (s % 64) & 1 && !leads_to(search, s, left)) {
                left[s / 64] &= ~(UINT64_C(1) << (s % 64));
                nleft--;
                changed = true;
            }
        }
    }
    return nleft > 0;
}

/* Whether one after the other in some order, each event seeing the last store, explains it all:
 * then there is an SC order too, and most executions are of this kind. */
static bool is_interleaving(const struct graph *graph)
{
    int16_t next_of[MAX_EVENTS]; /* in the thread */
    int16_t nbefore[MAX_EVENTS]; /* edges from what is not yet in the order */
    int16_t last[MODEL_MAX_THREADS];
    int16_t free_events[MAX_EVENTS];
    int nfree = 0, ndone = 0;
    memset(last, 0xFF, sizeof(last));
    for (int i = 0; i < graph->nevents; i++) {
        const struct event *event = &graph->events[i];
        next_of[i] = NOTHING;
        nbefore[i] = last[event->thread] != NOTHING;
        if (nbefore[i])
            next_of[last[event->thread]] = (int16_t)i;
        last[event->thread] = (int16_t)i;
        if (event->source != NOTHING && event->kind != EVENT_STORE)
            nbefore[i]++;
        if (event->kind == EVENT_STORE && event->rank > 1)
            nbefore[i]++;
    }
    for (int l = 0; l < graph->nlocations; l++) {
        const struct location *location = &graph->locations[l];
        for (int i = location->last; i != NOTHING; i = graph->events[i].before) {
            const struct event *event = &graph->events[i];
            const int rank = event->kind == EVENT_LOAD ? graph_rank_read(graph, event) : 0;
            if (event->kind == EVENT_LOAD && rank < location->nstores)
                nbefore[location->stores[rank]]++;
        }
    }
    for (int i = 0; i < graph->nevents; i++) {
        if (nbefore[i] == 0)
            free_events[nfree++] = (int16_t)i;
    }
    while (nfree) {
        const int i = free_events[--nfree];
        const struct event *event = &graph->events[i];
        ndone++;
        if (next_of[i] != NOTHING && --nbefore[next_of[i]] == 0)
            free_events[nfree++] = next_of[i];
        if (event->kind == EVENT_SPAWN || event->kind == EVENT_END) {
            for (int j = 0; j < graph->nevents; j++) {
                const struct event *to = &graph->events[j];
                if ((to->kind == EVENT_START || to->kind == EVENT_JOIN) && to->source == i &&
                    --nbefore[j] == 0)
                    free_events[nfree++] = (int16_t)j;
            }
        }
        if (!is_access(event))
            continue;
        const struct location *location = &graph->locations[event->place];
        const int rank = event->kind == EVENT_STORE ? event->rank : graph_rank_read(graph, event);
        if (rank < location->nstores && --nbefore[location->stores[rank]] == 0)
            free_events[nfree++] = location->stores[rank];
        if (event->kind != EVENT_STORE)
            continue;
        for (int j = location->last; j != NOTHING; j = graph->events[j].before) {
            if (graph->events[j].kind == EVENT_LOAD && graph->events[j].source == i &&
                --nbefore[j] == 0)
                free_events[nfree++] = (int16_t)j;
        }
    }
    return ndone == graph->nevents;
}

static bool takes_part(const struct event *event)
{
    return event->order == __ATOMIC_SEQ_CST || event->order == ORDER_LIGHT ||
           event->order == ORDER_HEAVY;
}

bool graph_has_sc_order(const struct graph *graph)
{
    if (is_interleaving(graph))
        return true;
    static struct sc_search search;
    search.graph = graph;
    search.n = search.nsc = 0;
    bool accesses = false;
    for (int i = 0; i < graph->nevents; i++) {
        const struct event *event = &graph->events[i];
        if (!is_access(event) && event->kind != EVENT_FENCE)
            continue;
        if (is_access(event) && graph->locations[event->place].kernel)
            continue;
        if (takes_part(event)) {
            if (search.nsc == MAX_SC)
                abort(); /* a client that is too large: MODEL_CRASH */
            memset(search.edges[search.nsc], 0, sizeof(search.edges[0]));
            search.sc[search.nsc++] = (int16_t)search.n;
            accesses |= is_access(event);
        }
        search.positions[search.n++] = (int16_t)i;
    }
    if (search.nsc < 2)
        return true;
    search.nwords = (search.n + 63) / 64;
    for (int s = 0; s < search.nsc; s++) {
        for (int t = 0; t < search.nsc; t++) {
            const struct event *from = at(&search, search.sc[s]), *to = at(&search, search.sc[t]);
            if (s != t && from->kind == EVENT_FENCE && to->kind == EVENT_FENCE &&
                clock_knows(&to->known, from))
                add_edge(&search, s, t);
        }
    }
    add_fence_edges(&search);
    if (accesses)
        add_access_edges(&search);
    return !has_cycle(&search);
}
