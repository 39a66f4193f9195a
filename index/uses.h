/* uses.h - what the uses of a file mean, as far as the sources of the workspace tell. */
#ifndef RSL_INDEX_USES_H
#define RSL_INDEX_USES_H

#include <stdbool.h>
#include <stdint.h>

#include "index/names.h"

#ifdef __cplusplus
extern "C" {
#endif

struct rsl_graph;

/* What came of a use. The first that applies. */
enum rsl_use_status {
    RSL_USE_RESOLVED,
    RSL_USE_LIMIT,     /* it was given up (rsl_graph_nlimited) */
    RSL_USE_EXPANSION, /* not there, but a macro on the way may expand to it */
    RSL_USE_INCLUDE,   /* not there, but a file is included whose path only the compiler knows */
    RSL_USE_EXTERNAL,  /* it leads into a crate whose sources are not in the workspace */
    RSL_USE_NO_FILE,   /* it leads into a module whose file is missing */
    RSL_USE_NOT_FOUND,
};

/* One thing that a path means. Conditions are not judged, so there can be several of them, and
 * there are if a name stands in more than one namespace. */
struct rsl_use_target {
    uint32_t file;
    uint32_t name; /* in the names of the file; RSL_NONE: the file itself, a module or a crate */
};

/* A use of one file as one of the crates sees it to which the file belongs. */
struct rsl_use_result {
    uint32_t crate;
    uint32_t use;   /* in the names of the file */
    uint8_t status; /* enum rsl_use_status */
    uint32_t ntargets;
    const struct rsl_use_target *targets; /* gone when the callback returns */
};

/* "resolved", "external", ...; static. Any thread. */
const char *rsl_use_status_name(enum rsl_use_status status);

/* Tells what every use of the file means, in each crate that it belongs to. RSL_OK or RSL_ENOMEM.
 * Any thread while nobody changes the graph. */
enum rsl_status rsl_graph_uses(const struct rsl_graph *graph, uint32_t file,
                               void (*tell)(void *state, const struct rsl_use_result *result),
                               void *state);

#ifdef __cplusplus
}
#endif

#endif
