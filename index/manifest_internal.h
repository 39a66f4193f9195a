/* manifest_internal.h - what the readers of manifests share: manifest.c (opening, errors),
 * package.c (keys, inheritance, dependencies), targets.c, workspace.c. */
#ifndef RSL_INDEX_MANIFEST_INTERNAL_H
#define RSL_INDEX_MANIFEST_INTERNAL_H

#include "index/arena_list.h"
#include "index/manifest.h"
#include "index/path.h"
#include "index/toml.h"

enum manifest_state { MANIFEST_UNSEEN, MANIFEST_OPEN, MANIFEST_COMPLETE };

/* A manifest as it is being read. Opening it reads the TOML and what it says of workspaces, and
 * needs no other manifest; its package needs those that it inherits from to be open. */
struct manifest_entry {
    struct rsl_manifest manifest;
    enum manifest_state state;
    uint32_t errors_capacity;
    struct rsl_file_bytes source;
    /* Held until the package is known, and for good by a workspace, from which others inherit. */
    struct rsl_toml toml;
    const struct rsl_toml_value *package_table; /* [package] or [project], or NULL */
    const char *pointer;                        /* package.workspace, or NULL */
    bool has_members_key;
    uint32_t nmembers, nexclude;
    const char *const *members; /* globs */
    const char *const *exclude;
    bool root_known;
    struct manifest_entry *root;     /* of its workspace, NULL if it is in none */
    struct rsl_workspace *workspace; /* once asked for */
};

/* The reader of one manifest. After a failed allocation `status` is RSL_ENOMEM, pointers are NULL
 * and everything goes on to its end. */
struct manifest_reader {
    struct rsl_cargo *cargo;
    struct manifest_entry *entry;
    enum rsl_status status;
};

/* The entry of a path, opened. NULL if there is no memory. */
struct manifest_entry *rsl_manifest_open(struct rsl_cargo *cargo, const char *path);

/* The same with its package. */
struct manifest_entry *rsl_manifest_complete(struct rsl_cargo *cargo, const char *path);

/* The manifest at the root of the workspace that `entry` says it is in, or NULL; opened.
 * RSL_ENOMEM or RSL_OK. */
enum rsl_status rsl_manifest_find_root(struct rsl_cargo *cargo, struct manifest_entry *entry,
                                       struct manifest_entry **root_out);

/* Whether the workspace keeps out the file or folder at `path`. */
bool rsl_manifest_excludes(const struct manifest_entry *root, const char *path);

/* Reads the package of an open manifest that has one. */
void rsl_manifest_read_package(struct manifest_reader *r);

/* Reads the targets into `package`. */
void rsl_manifest_read_targets(struct manifest_reader *r, struct rsl_package *package);

/* Records an error at `at`, which may be NULL: the manifest as a whole. `what` is copied. */
void rsl_manifest_fail(struct manifest_reader *r, const struct rsl_toml_value *at,
                       enum rsl_manifest_error_code code, const char *what);

/* ---- values ---- */

const char *rsl_manifest_copy(struct manifest_reader *r, const char *text, size_t nbytes);

/* A path normal and seen from the manifest's folder. */
const char *rsl_manifest_join(struct manifest_reader *r, const char *path);

/* The text of a string, copied; NULL, and an error, if the value is anything else or holds a NUL;
 * NULL without a value. */
const char *rsl_manifest_text(struct manifest_reader *r, const struct rsl_toml_value *value);

/* The strings of an array, copied; errors likewise. NULL without a value. */
const char *const *rsl_manifest_texts(struct manifest_reader *r, const struct rsl_toml_value *value,
                                      uint32_t *n_out);

/* 0 or 1, or -1 without a value; an error if it is no boolean. */
int rsl_manifest_boolean(struct manifest_reader *r, const struct rsl_toml_value *value);

/* The member `key` of a table, or under its old spelling with `_`, which edition 2024 forbids. */
const struct rsl_toml_value *rsl_manifest_find_old(struct manifest_reader *r,
                                                   const struct rsl_toml_value *table,
                                                   const char *key, const char *old_key,
                                                   uint16_t edition);

/* The year of an edition, or `otherwise`, also for one that does not exist, which is an error. */
uint16_t rsl_manifest_edition(struct manifest_reader *r, const struct rsl_toml_value *value,
                              uint16_t otherwise);

#endif
