/* The package of a manifest: its keys, what it inherits, its dependencies. */
#include <string.h>

#include "index/manifest_internal.h"

/* ---- inheritance ---- */

/* The manifest that is inherited from, or NULL, and an error on `at`, the first time it is asked
 * for by a key that needs it. */
static const struct manifest_entry *root_to_inherit(struct manifest_reader *r,
                                                    const struct rsl_toml_value *at)
{
    struct manifest_entry *root = NULL;
    if (r->entry->manifest.is_workspace)
        return r->entry;
    if (rsl_manifest_find_root(r->cargo, r->entry, &root) != RSL_OK)
        r->status = RSL_ENOMEM;
    else if (root == NULL)
        rsl_manifest_fail(r, at, RSL_MANIFEST_ERROR_NO_ROOT_TO_INHERIT, at->key.bytes);
    return root;
}

/* [workspace.<section>] of the manifest that is inherited from. */
static const struct rsl_toml_value *inherited_table(const struct manifest_entry *root,
                                                    const char *section)
{
    const struct rsl_toml *toml = &root->toml;
    const struct rsl_toml_value *workspace = rsl_toml_find(toml, toml->root, "workspace");
    return rsl_toml_find_kind(toml, workspace, section, RSL_TOML_TABLE);
}

/* Whether the value is `{ workspace = true }`, alone or with more. */
static bool inherits(struct manifest_reader *r, const struct rsl_toml_value *value)
{
    const struct rsl_toml_value *workspace = rsl_toml_find(&r->entry->toml, value, "workspace");
    if (workspace == NULL)
        return false;
    if (workspace->kind == RSL_TOML_BOOLEAN && workspace->as.boolean)
        return true;
    rsl_manifest_fail(r, workspace, RSL_MANIFEST_ERROR_WRONG_TYPE, "workspace");
    return false;
}

/* The value of package.<key>, inherited if it says so; NULL if there is none. */
static const struct rsl_toml_value *package_value(struct manifest_reader *r, const char *key)
{
    const struct rsl_toml_value *value =
        rsl_toml_find(&r->entry->toml, r->entry->package_table, key);
    if (value == NULL || value->kind != RSL_TOML_TABLE)
        return value;
    if (!inherits(r, value)) {
        if (rsl_toml_find(&r->entry->toml, value, "workspace") == NULL)
            rsl_manifest_fail(r, value, RSL_MANIFEST_ERROR_WRONG_TYPE, key);
        return NULL;
    }
    const struct manifest_entry *root = root_to_inherit(r, value);
    if (root == NULL)
        return NULL;
    const struct rsl_toml_value *inherited =
        rsl_toml_find(&root->toml, inherited_table(root, "package"), key);
    if (inherited == NULL)
        rsl_manifest_fail(r, value, RSL_MANIFEST_ERROR_NOT_INHERITABLE, key);
    return inherited;
}

/* ---- dependencies ---- */

/* Where a list of dependencies stands. */
struct dependency_table {
    const char *platform; /* or NULL */
    enum rsl_dependency_kind kind;
};

struct dependency_list {
    struct rsl_dependency *list;
    uint32_t n, capacity;
};

/* What a dependency's table says of where it comes from. `folder` is that of the manifest in which
 * the table stands. */
static void read_source(struct manifest_reader *r, const struct rsl_toml *toml,
                        const struct rsl_toml_value *table, const char *folder,
                        struct rsl_dependency *dependency)
{
    const struct rsl_toml_value *path = rsl_toml_find(toml, table, "path");
    const struct rsl_toml_value *package = rsl_toml_find(toml, table, "package");
    dependency->version = rsl_manifest_text(r, rsl_toml_find(toml, table, "version"));
    dependency->git = rsl_manifest_text(r, rsl_toml_find(toml, table, "git")) != NULL;
    if (package != NULL) {
        const char *name = rsl_manifest_text(r, package);
        if (name != NULL)
            dependency->package = name;
    }
    const char *written = rsl_manifest_text(r, path);
    if (written != NULL) {
        dependency->path = rsl_path_join(&r->cargo->arena, folder, written);
        if (dependency->path == NULL)
            r->status = RSL_ENOMEM;
    }
}

/* `key = { workspace = true, ... }`: everything but `optional` comes from the workspace. */
static void read_inherited(struct manifest_reader *r, const struct rsl_toml_value *value,
                           struct rsl_dependency *dependency)
{
    const struct manifest_entry *root = root_to_inherit(r, value);
    if (root == NULL)
        return;
    const struct rsl_toml_value *inherited =
        rsl_toml_find(&root->toml, inherited_table(root, "dependencies"), dependency->name);
    if (inherited == NULL)
        rsl_manifest_fail(r, value, RSL_MANIFEST_ERROR_NOT_INHERITABLE, dependency->name);
    else if (inherited->kind == RSL_TOML_STRING)
        dependency->version = rsl_manifest_text(r, inherited);
    else
        read_source(r, &root->toml, inherited, root->manifest.folder, dependency);
}

static void check_source(struct manifest_reader *r, const struct rsl_toml_value *value,
                         const struct rsl_dependency *dependency)
{
    if (dependency->path != NULL && dependency->git)
        rsl_manifest_fail(r, value, RSL_MANIFEST_ERROR_TWO_SOURCES, dependency->name);
    else if (dependency->path == NULL && !dependency->git && dependency->version == NULL)
        rsl_manifest_fail(r, value, RSL_MANIFEST_ERROR_NO_SOURCE, dependency->name);
}

static void read_dependency(struct manifest_reader *r, const struct rsl_toml_value *value,
                            struct dependency_table where, struct dependency_list *list)
{
    const char *name = rsl_manifest_copy(r, value->key.bytes, value->key.nbytes);
    if (strlen(name) != value->key.nbytes ||
        (value->kind != RSL_TOML_STRING && value->kind != RSL_TOML_TABLE)) {
        rsl_manifest_fail(r, value, RSL_MANIFEST_ERROR_WRONG_TYPE, name);
        return;
    }
    struct rsl_dependency dependency = {
        .name = name, .package = name, .platform = where.platform, .kind = (uint8_t)where.kind};
    if (value->kind == RSL_TOML_STRING) {
        dependency.version = rsl_manifest_text(r, value);
    } else {
        const struct rsl_toml *toml = &r->entry->toml;
        dependency.optional = rsl_manifest_boolean(r, rsl_toml_find(toml, value, "optional")) == 1;
        const uint32_t nerrors = r->entry->manifest.nerrors;
        if (inherits(r, value))
            read_inherited(r, value, &dependency);
        else
            read_source(r, toml, value, r->entry->manifest.folder, &dependency);
        if (nerrors == r->entry->manifest.nerrors)
            check_source(r, value, &dependency);
    }
    struct rsl_dependency *grown =
        arena_list_grow(&r->cargo->arena, list->list, list->n, &list->capacity, sizeof *grown);
    if (grown == NULL) {
        r->status = RSL_ENOMEM;
        return;
    }
    list->list = grown;
    grown[list->n++] = dependency;
}

/* The three tables of dependencies in `table`, which is the root or that of a platform. */
static void read_dependency_tables(struct manifest_reader *r, const struct rsl_toml_value *table,
                                   const char *platform, uint16_t edition,
                                   struct dependency_list *list)
{
    const struct rsl_toml_value *const tables[] = {
        [RSL_DEPENDENCY_NORMAL] = rsl_toml_find(&r->entry->toml, table, "dependencies"),
        [RSL_DEPENDENCY_DEV] =
            rsl_manifest_find_old(r, table, "dev-dependencies", "dev_dependencies", edition),
        [RSL_DEPENDENCY_BUILD] =
            rsl_manifest_find_old(r, table, "build-dependencies", "build_dependencies", edition),
    };
    for (int kind = RSL_DEPENDENCY_NORMAL; kind <= RSL_DEPENDENCY_BUILD; kind++) {
        if (tables[kind] == NULL)
            continue;
        if (tables[kind]->kind != RSL_TOML_TABLE) {
            rsl_manifest_fail(r, tables[kind], RSL_MANIFEST_ERROR_WRONG_TYPE,
                              tables[kind]->key.bytes);
            continue;
        }
        const struct dependency_table where = {platform, (enum rsl_dependency_kind)kind};
        for (const struct rsl_toml_value *m = tables[kind]->as.members.first; m; m = m->next)
            read_dependency(r, m, where, list);
    }
}

static void read_dependencies(struct manifest_reader *r, struct rsl_package *package)
{
    const struct rsl_toml *toml = &r->entry->toml;
    struct dependency_list list = {.n = 0};
    read_dependency_tables(r, toml->root, NULL, package->edition, &list);
    const struct rsl_toml_value *platforms = rsl_toml_find(toml, toml->root, "target");
    if (platforms != NULL && platforms->kind != RSL_TOML_TABLE) {
        rsl_manifest_fail(r, platforms, RSL_MANIFEST_ERROR_WRONG_TYPE, "target");
    } else if (platforms != NULL) {
        for (const struct rsl_toml_value *m = platforms->as.members.first; m; m = m->next)
            read_dependency_tables(r, m, rsl_manifest_copy(r, m->key.bytes, m->key.nbytes),
                                   package->edition, &list);
    }
    package->dependencies = list.list;
    package->ndependencies = list.n;
}

/* ---- the package ---- */

/* Lints are not kept, but cargo stops if they are to be inherited from nowhere. */
static void check_lints(struct manifest_reader *r)
{
    const struct rsl_toml_value *lints =
        rsl_toml_find(&r->entry->toml, r->entry->toml.root, "lints");
    if (lints == NULL || !inherits(r, lints))
        return;
    const struct manifest_entry *root = root_to_inherit(r, lints);
    if (root != NULL && inherited_table(root, "lints") == NULL)
        rsl_manifest_fail(r, lints, RSL_MANIFEST_ERROR_NOT_INHERITABLE, "lints");
}

static bool is_blank(const char *text)
{
    return text[strspn(text, " \t\r\n\v\f")] == '\0';
}

void rsl_manifest_read_package(struct manifest_reader *r)
{
    struct manifest_entry *entry = r->entry;
    const struct rsl_toml *toml = &entry->toml;
    struct rsl_package *package =
        rsl_arena_alloc(&r->cargo->arena, sizeof *package, _Alignof(struct rsl_package));
    if (package == NULL) {
        r->status = RSL_ENOMEM;
        return;
    }
    *package = (struct rsl_package){.folder = entry->manifest.folder};
    const struct rsl_toml_value *name = rsl_toml_find(toml, entry->package_table, "name");
    package->name = rsl_manifest_text(r, name);
    if (name == NULL)
        rsl_manifest_fail(r, entry->package_table, RSL_MANIFEST_ERROR_NO_NAME, "");
    if (package->name == NULL)
        package->name = "";
    else if (is_blank(package->name))
        rsl_manifest_fail(r, name, RSL_MANIFEST_ERROR_BAD_NAME, package->name);
    package->version = rsl_manifest_text(r, package_value(r, "version"));
    if (package->version == NULL)
        package->version = "0.0.0";
    package->edition = rsl_manifest_edition(r, package_value(r, "edition"), 2015);
    if (strcmp(entry->package_table->key.bytes, "project") == 0 && package->edition >= 2024)
        rsl_manifest_fail(r, entry->package_table, RSL_MANIFEST_ERROR_PROJECT_SINCE_2024,
                          "project");
    rsl_manifest_read_targets(r, package);
    read_dependencies(r, package);
    check_lints(r);
    entry->manifest.package = package;
}
