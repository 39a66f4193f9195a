/* registry.h - the index of a registry of packages, as cargo has it (The Cargo Book, "Registry
 * Index"): a folder with a file for each package, ab/cd/name, a line of JSON for each version. */
#ifndef RSL_TOOLS_REGISTRY_H
#define RSL_TOOLS_REGISTRY_H

#include <stdbool.h>
#include <stddef.h>

struct rsl_registry;

/* Opens the index in a folder, which must have the file config.json. NULL after an error, which was
 * told on standard error. */
struct rsl_registry *rsl_registry_open(const char *folder);
/* NULL is allowed. */
void rsl_registry_close(struct rsl_registry *registry);

/* What the index says of a version. */
struct rsl_registry_version {
    bool yanked;
    char checksum[65]; /* SHA-256 of its archive, in small hexadecimal digits; "" if none is told */
};

enum rsl_registry_answer {
    RSL_REGISTRY_FOUND,
    RSL_REGISTRY_UNKNOWN, /* the index does not know it */
    RSL_REGISTRY_FAILED,  /* the package's file cannot be read, or memory ran out; this was told */
};

/* Looks a version up. Files are read once if those of a package are asked for in a row; lines that
 * are no JSON are passed over. Build metadata does not count. One thread at a time. O(lines). */
enum rsl_registry_answer rsl_registry_find(struct rsl_registry *registry, const char *name,
                                           size_t name_nbytes, const char *version,
                                           size_t version_nbytes,
                                           struct rsl_registry_version *version_out);

#endif
