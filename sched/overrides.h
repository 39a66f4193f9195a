/* overrides.h - globs from the command line, which come before every ignore file. */
#ifndef RSL_SCHED_OVERRIDES_H
#define RSL_SCHED_OVERRIDES_H

#include "sched/ignore.h"

struct rsl_override; /* opaque */

/* All zero is empty. Only read once made. */
struct rsl_overrides {
    struct rsl_override *list;
    size_t nlist, capacity;
    bool has_includes; /* files that no glob matches are excluded then */
};

/* Globs as in an ignore file, but plain ones include and those with '!' exclude, a character is a
 * code point, and {a,b} is either a or b, at any depth. Returns RSL_OK, RSL_ENOMEM, or RSL_EINVAL
 * if one is malformed or has too many alternatives (thousands); on error *overrides_out is empty.
 */
enum rsl_status rsl_overrides_init(struct rsl_overrides *overrides_out, const char *const *globs,
                                   size_t nglobs, const struct rsl_allocator *allocator);

void rsl_overrides_fini(struct rsl_overrides *overrides, const struct rsl_allocator *allocator);

/* The last glob that matches decides; if none does, files are excluded where there are globs that
 * include. Arguments as those of rsl_ignore_rules_match. */
enum rsl_ignore_verdict rsl_overrides_match(const struct rsl_overrides *overrides, const char *path,
                                            size_t nbytes, size_t name_off, bool is_dir);

/* Where the part of the path of a root begins, with a slash at its end, that globs are matched
 * against: that which is relative to the working folder, as far as can be told from the look of it.
 */
size_t rsl_overrides_relative_part(const char *path, size_t nbytes);

#endif
