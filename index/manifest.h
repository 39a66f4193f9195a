/* manifest.h - Cargo.toml files: packages, their targets and dependencies, workspaces.
 *
 * The rules are cargo's (1.95; src/cargo/util/toml and core/workspace.rs in its sources, The Cargo
 * Book), followed without cargo, network or configuration files. Where cargo would stop, an error
 * is recorded and whatever else can be known is there all the same.
 */
#ifndef RSL_INDEX_MANIFEST_H
#define RSL_INDEX_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ds/arena.h"
#include "ds/ds.h"
#include "index/file_tree.h"
#include "index/strings.h"

#ifdef __cplusplus
extern "C" {
#endif

enum rsl_manifest_error_code {
    RSL_MANIFEST_ERROR_NONE = 0,
#define X(suffix, message) RSL_MANIFEST_ERROR_##suffix,
#include "index/manifest_errors.def"
#undef X
    RSL_MANIFEST_ERROR_COUNT, /* one past the last code */
    RSL_MANIFEST_CARGO_GOES_ON = RSL_MANIFEST_ERROR_NO_TARGET_FILE,
};

/* What is wrong with a manifest, and where. line and column count from 1, columns in code points;
 * 0 where it is the whole manifest. */
struct rsl_manifest_error {
    uint8_t code;      /* enum rsl_manifest_error_code */
    uint8_t toml_code; /* SYNTAX: enum rsl_toml_error_code */
    uint32_t line, column;
    const char *what; /* the key, name or path that it is about, or "" */
};

enum rsl_target_kind {
    RSL_TARGET_LIB,
    RSL_TARGET_BIN,
    RSL_TARGET_EXAMPLE,
    RSL_TARGET_TEST,
    RSL_TARGET_BENCH,
    RSL_TARGET_BUILD, /* a build script */
};

/* One crate that cargo would compile. */
struct rsl_target {
    const char *name; /* of a library as rustc knows it; of others as cargo does, `-` and all */
    const char *path; /* of the crate's root file; need not exist if the manifest names it */
    uint8_t kind;     /* enum rsl_target_kind */
    bool proc_macro;
    uint16_t edition;
    uint32_t ncrate_types; /* 0: the default of its kind */
    const char *const *crate_types;
};

enum rsl_dependency_kind { RSL_DEPENDENCY_NORMAL, RSL_DEPENDENCY_DEV, RSL_DEPENDENCY_BUILD };

/* One line of a dependencies table, what is inherited filled in. */
struct rsl_dependency {
    const char *name;     /* the key: with `_` for `-` the name in paths of the source */
    const char *package;  /* the package's own name; equal to `name` unless it is renamed */
    const char *path;     /* the package's folder, or NULL if it is not a path dependency */
    const char *version;  /* the requirement as written, or NULL */
    const char *platform; /* what stands behind `target.`, or NULL */
    uint8_t kind;         /* enum rsl_dependency_kind */
    bool optional;
    bool git;
};

struct rsl_package {
    const char *name;
    const char *version; /* "0.0.0" if there is none */
    const char *folder;
    uint16_t edition;
    uint32_t ntargets; /* lib, bins, examples, tests, benches, build scripts; then by name */
    uint32_t ndependencies;
    struct rsl_target *targets;
    struct rsl_dependency *dependencies;
};

/* One Cargo.toml. Strings and lists belong to the rsl_cargo that it came from. */
struct rsl_manifest {
    const char *path;
    const char *folder;
    struct rsl_package *package; /* NULL if it has none */
    bool is_workspace;           /* has a [workspace] */
    uint32_t nerrors;
    struct rsl_manifest_error *errors;
};

/* A package alone, or a workspace. */
struct rsl_workspace {
    const struct rsl_manifest *root;     /* the package itself if it is in no workspace */
    const struct rsl_manifest **members; /* by path */
    uint32_t nmembers;
    /* What is wrong with the workspace as a whole, code NONE if nothing is; each member's own
     * errors are with the member. */
    struct rsl_manifest_error error;
};

/* Everything that has been read. The fields are its own. */
struct rsl_cargo {
    const struct rsl_file_tree *tree;
    const struct rsl_allocator *allocator;
    struct rsl_arena arena;
    struct rsl_strings paths;        /* of manifests */
    struct manifest_entry **entries; /* by the number of their path */
    uint32_t entries_capacity;
};

/* One sentence for `code`, static, never NULL. Any thread. O(1). */
const char *rsl_manifest_error_message(uint8_t code);

/* The word that cargo uses ("lib", "custom-build"), static. Any thread. O(1). */
const char *rsl_target_kind_name(enum rsl_target_kind kind);

/* Makes an object that holds no memory and has read nothing. `tree` and `allocator` are borrowed;
 * NULL is rsl_allocator_default. */
void rsl_cargo_init(struct rsl_cargo *cargo, const struct rsl_file_tree *tree,
                    const struct rsl_allocator *allocator);

/* Releases all memory, that of every manifest and workspace that came from here too. */
void rsl_cargo_fini(struct rsl_cargo *cargo);

/* The path of the manifest in a folder (both normal paths) in *path_out: `Cargo.toml`, or, if there
 * is none, `cargo.toml`, which was published too; NULL if there is neither. RSL_OK or RSL_ENOMEM.
 */
enum rsl_status rsl_cargo_find_manifest(struct rsl_cargo *cargo, const char *folder,
                                        const char **path_out);

/* The manifest at that normal path, read unless it was before, with its package. Its files are
 * looked for in the tree, and what it inherits in manifests above it or where it says.
 * RSL_OK, also for a bad or missing manifest, whose errors say so; or RSL_ENOMEM, after which
 * `cargo` is good for nothing but fini. One thread at a time. */
enum rsl_status rsl_cargo_manifest(struct rsl_cargo *cargo, const char *path,
                                   const struct rsl_manifest **manifest_out);

/* The workspace of the manifest at that normal path, with all its members, as `cargo metadata`
 * would find it. Returns as above. */
enum rsl_status rsl_cargo_workspace(struct rsl_cargo *cargo, const char *path,
                                    const struct rsl_workspace **workspace_out);

#ifdef __cplusplus
}
#endif

#endif
