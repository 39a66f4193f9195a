/* resolve.h - what resolve.c (the order in which things are worked out), resolve_scopes.c (what
 * there is in a scope), resolve_paths.c (what a path means) and file_edges.c and uses.c (what is
 * asked) share.
 *
 * What is asked for more than once is a query: what a use means, what the beginning of a path of
 * uses means, which macro a call calls. The code that works a query out never calls itself. Where
 * it needs another it asks for it; if that is not known yet it is noted, and the query is worked
 * out again when it is known. */
#ifndef RSL_INDEX_RESOLVE_H
#define RSL_INDEX_RESOLVE_H

#include "ds/arena.h"
#include "index/arena_list.h"
#include "index/graph_internal.h"

/* Uses that lead through one another. Each file of such a chain depends on all behind it, so
 * without an end a chain would cost the square of its length. */
#define RESOLVE_MAX_DEPTH 128

/* Why there may be nothing to find. */
#define WHY_EXTERNAL  1u
#define WHY_EXPANSION 2u
#define WHY_INCLUDE   4u
#define WHY_LIMIT     8u
#define WHY_NO_FILE   16u

/* What of a module can be seen from somewhere. */
enum sight {
    SEES_PUBLIC,  /* pub, from another crate */
    SEES_CRATE,   /* pub(crate) too; pub(super) and pub(in) count as that */
    SEES_PRIVATE, /* everything, from within the module */
    SEES_UNASKED, /* where a path begins: whatever is written is thought to be right */
};

/* What a path means. If names stand in it, `scope` is theirs, else RSL_NONE. */
struct target {
    uint32_t node, scope;
    uint32_t name;  /* RSL_NONE: the node's file */
    uint32_t sight; /* of a glob's: enum sight of who globs into the scope */
};

/* A scope in which a name is looked for. */
struct stop {
    uint32_t node, scope;
    uint32_t via;  /* the stop whose glob led here, RSL_NONE */
    uint8_t mask;  /* the namespaces that are still wanted */
    uint8_t sight; /* enum sight */
    bool included; /* a file that the last one includes; its own module is not looked at again */
    uint32_t same; /* the stop before it in the same scope, RSL_NONE */
};

/* What is looked for, and from where. */
struct sought {
    const char *text;
    uint32_t hash;
    uint32_t from_node, from_scope;
};

struct place {
    uint32_t node, scope;
};

enum query_kind {
    QUERY_USE,    /* number: of the use */
    QUERY_PREFIX, /* number: of the path node up to which the path goes; place: its scope */
    QUERY_CALL,   /* number: of the call's path node; place: its scope */
};

struct query_key {
    uint32_t node, number;
    uint8_t kind, mask; /* mask: namespaces in which the last segment is wanted */
};

struct query {
    struct query_key key;
    uint32_t scope;
    uint8_t state;  /* enum query_state */
    uint8_t why;    /* WHY_* */
    bool leading;   /* of a prefix: nothing but self and super */
    uint32_t depth; /* uses that led here, when it was opened */
    uint32_t place; /* in `open` */
    uint32_t low;   /* the lowest place in `open` that it needs, directly or not */
    uint32_t ntargets, nhops;
    struct target *targets;
    uint32_t *hops; /* files whose uses pass the targets on */
};

enum query_state { QUERY_UNKNOWN, QUERY_OPEN, QUERY_KNOWN };

/* A query that is being worked out. */
struct frame {
    uint32_t query;
    uint32_t nwanted; /* the height of `wanted` below its own */
    uint32_t at;      /* in `open`: what is worked out for it, itself or one of its circle */
    uint32_t nrounds;
    bool changed;
};

struct graph_resolver {
    const struct rsl_graph *graph;
    struct rsl_arena lasting; /* lists */
    struct rsl_arena arena;   /* what queries come to; reset for each file */
    bool out_of_memory;
    bool exhausted; /* the budget is */
    uint64_t nsteps, budget;

    struct query *queries;
    uint32_t *query_slots; /* open addressing: number + 1 */
    uint32_t *open;        /* queries that circles may go through, those of `frames` among them */
    uint32_t *wanted;      /* queries that were asked for and are not known */
    struct frame *frames;
    uint32_t *given_up; /* queries to be forgotten, as they went too deep only from where they were
                           asked */
    uint32_t nqueries, nquery_slots, nopen, nwanted, nframes, ngiven_up;
    uint32_t queries_capacity, query_slots_capacity, open_capacity, wanted_capacity,
        frames_capacity, given_up_capacity;

    /* Of the query that is being worked out. */
    uint32_t current, low;
    uint32_t nwanted_before;
    uint8_t why;
    bool leading, in_circle;
    struct target *targets;
    struct stop *stops;
    uint32_t *slots; /* open addressing: number + 1; for lists of which each element counts once */
    uint32_t *hops;
    struct place *places;
    uint32_t *segments; /* path nodes, the last first */
    uint32_t ntargets, nstops, nslots, nhops, nplaces, nsegments;
    uint32_t targets_capacity, stops_capacity, slots_capacity, hops_capacity, places_capacity,
        segments_capacity;

    /* Of the file. */
    uint64_t *found; /* what edges will be made of: file, kind */
    uint32_t *reads;
    uint32_t nfound, nreads, found_capacity, reads_capacity;
    uint32_t nlimited; /* uses and calls that were given up */

    uint32_t *read_stamps;  /* by file: the number of the run that read it last */
    uint32_t *climb_stamps; /* by node: the number of the climb that came to it last */
    uint32_t *climbed;      /* nodes, of the climb that goes on */
    uint32_t nread_stamps, nclimb_stamps, nclimbed, climbed_capacity, run, climb;
};

/* ---- resolve.c: lists, and the order of things */

/* Appends to a list of the resolver, which lasts from file to file. Without memory nothing is
 * appended, and the resolver remembers. */
#define RESOLVE_LIST(list, type)                                                             \
    static inline void push_##list(struct graph_resolver *r, type element)                   \
    {                                                                                        \
        void *grown = arena_list_grow(&r->lasting, r->list, r->n##list, &r->list##_capacity, \
                                      sizeof element);                                       \
        r->out_of_memory |= grown == NULL;                                                   \
        if (grown == NULL)                                                                   \
            return;                                                                          \
        r->list = grown;                                                                     \
        r->list[r->n##list++] = element;                                                     \
    }

/* Makes ready for the file. */
void rsl_resolve_begin(struct graph_resolver *r, uint32_t file);

/* What a query comes to; valid until the next call. NULL without memory. */
const struct query *rsl_resolve(struct graph_resolver *r, enum query_kind kind, uint32_t node,
                                uint32_t number, uint32_t scope, uint8_t mask);

/* What is known of a query while another is worked out, which then depends on it. NULL if it is to
 * be worked out first, or without memory. */
const struct query *rsl_resolve_ask(struct graph_resolver *r, enum query_kind kind, uint32_t node,
                                    uint32_t number, uint32_t scope, uint8_t mask);

/* Whether to go on: no memory and no budget end everything. */
static inline bool goes_on(struct graph_resolver *r)
{
    if (r->out_of_memory || ++r->nsteps > r->budget) {
        r->exhausted |= !r->out_of_memory;
        return false;
    }
    return true;
}

/* Whether something was asked for that is not known. What is found then does not count. */
static inline bool is_waiting(const struct graph_resolver *r)
{
    return r->nwanted > r->nwanted_before;
}

/* Makes `slots` a table for n elements, all free. False without memory. */
bool rsl_resolve_clear_slots(struct graph_resolver *r, uint32_t n);

/* The nodes of a file, by crate, so that all is worked out in the order of the sources, whatever
 * numbers things have. In the resolver's arena. */
const uint32_t *rsl_resolve_nodes(struct graph_resolver *r, uint32_t file, uint32_t *n_out);

/* ---- resolve_scopes.c */

RESOLVE_LIST(targets, struct target)
RESOLVE_LIST(hops, uint32_t)
RESOLVE_LIST(reads, uint32_t)

static inline const struct graph_node *node_of(const struct graph_resolver *r, uint32_t node)
{
    return &r->graph->nodes[node];
}

static inline const struct graph_crate *crate_of(const struct graph_resolver *r, uint32_t node)
{
    return &r->graph->crates[node_of(r, node)->crate];
}

/* The names of a node's file, which is read herewith. NULL if it cannot be. */
static inline const struct rsl_file_names *names_of(struct graph_resolver *r, uint32_t node)
{
    const uint32_t file = node_of(r, node)->file;
    if (r->read_stamps[file] != r->run) {
        r->read_stamps[file] = r->run;
        push_reads(r, file);
    }
    return r->graph->by_file[file].names;
}

/* Whether there is such a scope: a file may have changed under a node that is still to be gone
 * through. */
static inline bool has_scope(const struct rsl_file_names *names, uint32_t scope)
{
    return names != NULL && scope < names->nscopes;
}

static inline bool is_module_scope(const struct rsl_names_scope *scope)
{
    return scope->kind == RSL_NAMES_FILE || scope->kind == RSL_NAMES_MODULE;
}

static inline uint8_t spaces_of(const struct graph_resolver *r, const struct target *target)
{
    if (target->name == RSL_NONE)
        return RSL_SPACE_TYPE;
    return r->graph->by_file[node_of(r, target->node)->file].names->names[target->name].spaces;
}

/* The namespaces in which a use looks for what it names. */
static inline uint8_t rsl_use_spaces(const struct rsl_use *use)
{
    return use->glob || use->self ? RSL_SPACE_TYPE : RSL_SPACE_ALL;
}

/* Puts the targets from `middle` on in the place of those from `base` on. */
void rsl_resolve_replace(struct graph_resolver *r, uint32_t base, uint32_t middle);

/* Adds a place unless it is among those from `base` on. */
void rsl_resolve_push_place(struct graph_resolver *r, uint32_t base, struct place place);

/* Pushes the modules in which a scope stands, or which it is: several if a file is included in
 * several. */
void rsl_resolve_modules(struct graph_resolver *r, uint32_t node, uint32_t scope);

/* Pushes the modules around a module. */
void rsl_resolve_parents(struct graph_resolver *r, struct target module);

/* Pushes what a crate calls that name from outside itself; false if that is no crate. */
bool rsl_resolve_crate(struct graph_resolver *r, uint32_t node, uint32_t hash, const char *text);

/* The same, and names that an `extern crate` gives; and where nothing is known of crates, any name
 * may be one. */
void rsl_resolve_any_crate(struct graph_resolver *r, uint32_t node, uint32_t hash,
                           const char *text);

/* Pushes the modules that a declaration leads to. */
void rsl_resolve_declared(struct graph_resolver *r, uint32_t node, uint32_t declaration);

/* What someone in one scope sees of another. */
enum sight rsl_resolve_sight(struct graph_resolver *r, struct place of, struct place from);

/* Pushes what a name means in a scope, and in what it globs. */
void rsl_resolve_name(struct graph_resolver *r, struct place in, const struct sought *sought,
                      uint8_t mask);

/* ---- resolve_paths.c */

/* Works out the current query once: its targets and hops are on their stacks. */
void rsl_resolve_query(struct graph_resolver *r);

#endif
