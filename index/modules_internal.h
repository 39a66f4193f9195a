/* modules_internal.h - what modules.c (the graph), module_paths.c (where a declaration leads) and
 * module_roots.c share. */
#ifndef RSL_INDEX_MODULES_INTERNAL_H
#define RSL_INDEX_MODULES_INTERNAL_H

#include "index/modules.h"

/* That a unit has asked what is at a path: an element of the path's list. */
struct module_question {
    struct module_question *prev, *next;
    uint32_t unit, path; /* path: RSL_NONE if it is in no list */
};

/* What is known by the number of a file. */
struct module_file {
    uint32_t units[2]; /* as a plain file, and named; RSL_NONE */
    struct module_question *questions;
};

/* The edges of a unit on their way; in the graph's scratch memory. */
struct edge_list {
    struct rsl_module_edge *list;
    uint32_t n, capacity;
};

/* Appends the edges of all declarations. Their targets are not units yet but `path`, and `to` is 0
 * for a plain one, 1 for a named one, RSL_NONE for none. RSL_OK or RSL_ENOMEM. */
enum rsl_status rsl_module_edges(struct rsl_modules *modules, uint32_t unit,
                                 const struct rsl_file_facts *facts, struct edge_list *edges);

/* The unit of a file, which is queued to be resolved if it is new. */
enum rsl_status rsl_modules_unit(struct rsl_modules *modules, uint32_t file, bool named,
                                 uint32_t *unit_out);

/* Resolves all that is queued. */
enum rsl_status rsl_modules_run(struct rsl_modules *modules);

#endif
