/* ignore_level.h - which ignore files count in a folder, and in what order.
 *
 * A level is a folder that adds something: rules of its own, or a repository's boundary. Levels are
 * linked upwards; a folder that adds nothing shares the level of the folder above, and where there
 * is none at all (NULL), nothing has to be asked.
 *
 * Order, as ripgrep has it: .ignore of the folder, of the one above, and so on to the root of the
 * file system; then, in a git repository only, .gitignore upwards to the folder that holds .git;
 * then the repository's info/exclude; then the excludes of all repositories. The first that has a
 * rule for the path decides.
 *
 * Paths are absolute here: without . and .., and the files' names appended to them as the walk
 * goes, so that a level's part of a path is what follows its first base_nbytes.
 */
#ifndef RSL_SCHED_IGNORE_LEVEL_H
#define RSL_SCHED_IGNORE_LEVEL_H

#include "ds/atomic.h"
#include "sched/ignore.h"

/* Names that may make a folder a level. */
enum {
    RSL_IGNORE_HAS_DOT_GIT = 1,
    RSL_IGNORE_HAS_GITIGNORE = 2,
    RSL_IGNORE_HAS_DOT_IGNORE = 4,
};

/* The RSL_IGNORE_HAS_* of a name that begins with '.', or 0. */
unsigned rsl_ignore_special_name(const char *name);

/* Those of all names in what getdents64 wrote. */
unsigned rsl_ignore_special_names(const char *dents, size_t nbytes);

struct rsl_ignore_level {
    /* One for each holder: levels below, folders still to be read. Added to relaxed, by whoever
     * holds one already; taken from acq_rel, so that the last one frees what all have read. */
    struct rsl_atomic_size nholders;
    struct rsl_ignore_level *up;
    /* The nearest level with such rules, this one included; NULL if none counts here. */
    const struct rsl_ignore_level *dot_ignore, *gitignore, *repository;
    size_t base_nbytes; /* of the absolute path of its folder, slash included */
    struct rsl_ignore_rules dot_ignore_rules, gitignore_rules;
    struct rsl_ignore_rules exclude_rules; /* of a repository */
};

/* What all levels of a walk share. */
struct rsl_ignore_context {
    const struct rsl_allocator *allocator;
    struct rsl_ignore_rules global_rules; /* for every repository */
    void (*report)(void *state, const char *path, int error);
    void *report_state;
};

/* A folder that is open as fd. dir[0..dir_nbytes) is its absolute path, with a slash at its end;
 * shown[0..shown_nbytes) the same for reports. */
struct rsl_ignore_folder {
    int fd;
    const char *dir, *shown;
    size_t dir_nbytes, shown_nbytes;
    unsigned has; /* RSL_IGNORE_HAS_*: what is there */
};

/* The level of the folder, below `up` (NULL for none), whose holder the caller becomes; it may be
 * `up` itself, or NULL. What cannot be read is reported and counts as empty. Returns RSL_OK or
 * RSL_ENOMEM. */
enum rsl_status rsl_ignore_level_enter(const struct rsl_ignore_context *context,
                                       const struct rsl_ignore_folder *folder,
                                       struct rsl_ignore_level *up,
                                       struct rsl_ignore_level **level_out);

/* The same for all folders above the one whose absolute path is given, from the root of the file
 * system down. */
enum rsl_status rsl_ignore_level_enter_above(const struct rsl_ignore_context *context,
                                             const char *path, size_t nbytes,
                                             struct rsl_ignore_level **level_out);

/* One more holder; NULL is passed through. */
struct rsl_ignore_level *rsl_ignore_level_hold(struct rsl_ignore_level *level);

/* One holder less. */
void rsl_ignore_level_drop(struct rsl_ignore_level *level, const struct rsl_allocator *allocator);

/* What the levels say of an absolute path whose folder's level is `level`, not NULL. */
enum rsl_ignore_verdict rsl_ignore_level_match(const struct rsl_ignore_context *context,
                                               const struct rsl_ignore_level *level,
                                               const char *path, size_t nbytes, size_t name_off,
                                               bool is_dir);

/* Rules of the file that `path` names, relative to dirfd. 0, -ENOMEM, or why it cannot be had; then
 * *rules_out is empty. Anything but a regular file is as good as not there (-ENOENT). */
int rsl_ignore_rules_read(struct rsl_ignore_rules *rules_out, int dirfd, const char *path,
                          int open_flags, const struct rsl_allocator *allocator);

#endif
