/* ignore.h - the rules of one ignore file (.gitignore, .ignore, info/exclude) and what they say of
 * a path. Which files count for which path, and in what order, is known by the walker (walk.h).
 *
 * After gitignore(5) as git 2.39 does it, quirks included: a UTF-8 byte order mark and one CR
 * before LF are passed over; `#` begins a comment only at the start of a line; trailing blanks
 * (not tabs) go unless escaped; a line ends at its first NUL; a slash anywhere but at the end
 * anchors the pattern to the file's folder; after a pattern's literal beginning "**" counts as if
 * it began the pattern: "foo**" before "/bar" matches foobar.
 */
#ifndef RSL_SCHED_IGNORE_H
#define RSL_SCHED_IGNORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ds/ds.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Texts larger than this are refused, as git does. */
#define RSL_IGNORE_MAX_TEXT (100U << 20)

enum rsl_ignore_verdict {
    RSL_IGNORE_NONE,     /* no rule matches */
    RSL_IGNORE_EXCLUDED, /* the last rule that matches excludes the path */
    RSL_IGNORE_INCLUDED, /* the last rule that matches begins with '!' */
};

struct rsl_ignore_rule; /* opaque */

/* Rules in the order of their lines. All zero is empty. Once made it only is read: any number of
 * threads may match against it. */
struct rsl_ignore_rules {
    struct rsl_ignore_rule *rules;
    size_t nrules;
    char *text; /* what the rules point into */
    size_t nbytes, capacity;
};

/* Makes *rules_out from the text of an ignore file, which may be any bytes and is not kept. Lines
 * that can match nothing leave no rule. Returns RSL_OK, RSL_ETOOBIG or RSL_ENOMEM; on error
 * *rules_out is empty. O(nbytes). */
enum rsl_status rsl_ignore_rules_init(struct rsl_ignore_rules *rules_out, const char *text,
                                      size_t nbytes, const struct rsl_allocator *allocator);

/* `allocator` is that of init. Harmless on an empty list. */
void rsl_ignore_rules_fini(struct rsl_ignore_rules *rules, const struct rsl_allocator *allocator);

/* What the rules say of path[0..nbytes), which is relative to the folder that they belong to and
 * has no slash at its end; its last component begins at name_off; an empty
 * component matches nothing. The folders above it are assumed
 * not to be excluded: git never looks into those. Any thread; O(nrules) besides the globs. */
enum rsl_ignore_verdict rsl_ignore_rules_match(const struct rsl_ignore_rules *rules,
                                               const char *path, size_t nbytes, size_t name_off,
                                               bool is_dir);

#ifdef __cplusplus
}
#endif

#endif
