/* ignore_rule.h - one compiled pattern; for the rules of ignore files and for overrides. */
#ifndef RSL_SCHED_IGNORE_RULE_H
#define RSL_SCHED_IGNORE_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sched/ignore.h"

/* A text matches if it has `literal` at its beginning (at its end, if at_end) and `glob` matches
 * what is left. Most patterns are all literal, and those that are not are mostly decided by their
 * literal part or by the last byte, so that the glob is seldom run. */
struct rsl_ignore_rule {
    const char *literal, *glob;
    uint32_t nliteral, nglob;
    bool negated, dir_only;
    bool whole_path; /* what is matched: the path, or its last component only */
    bool at_end;     /* no glob; the text may be longer than the literal */
    char last;       /* what the text must end with, 0 if that is not fixed */
};

/* What the marks of a pattern say: '!' at its beginning, one '/' at its end. */
struct rsl_ignore_form {
    size_t begin, end; /* the pattern without them */
    bool negated, dir_only, whole_path;
};

struct rsl_ignore_form rsl_ignore_form_of(const char *pattern, size_t nbytes);

/* Compiles pattern[0..nbytes), which is without marks. The rule points into it from then on, and it
 * may be changed. False if the pattern matches nothing. */
bool rsl_ignore_rule_compile(struct rsl_ignore_rule *rule_out, char *pattern, size_t nbytes,
                             struct rsl_ignore_form form, unsigned glob_flags);

bool rsl_ignore_rule_match(const struct rsl_ignore_rule *rule, const char *path, size_t nbytes,
                           size_t name_off, bool is_dir, unsigned glob_flags);

#endif
