/* Workspaces: the way up to a root, and from there down to all members. */
#include <stdlib.h>
#include <string.h>

#include "index/manifest_internal.h"
#include "index/member_glob.h"

/* ---- the way up ---- */

bool rsl_manifest_excludes(const struct manifest_entry *root, const char *path)
{
    const char *folder = root->manifest.folder;
    bool excluded = false, listed = false;
    for (uint32_t i = 0; i < root->nexclude && !excluded; i++)
        excluded = rsl_path_starts_with(path, folder, root->exclude[i]);
    /* A glob is taken at its letters here. */
    for (uint32_t i = 0; excluded && i < root->nmembers && !listed; i++)
        listed = rsl_path_starts_with(path, folder, root->members[i]);
    return excluded && !listed;
}

/* What `entry` says of the root of whoever is below it: itself, if it is a workspace that does not
 * exclude `path`, or whatever its package.workspace names. *root_out is NULL if it says nothing. */
static enum rsl_status root_by(struct rsl_cargo *cargo, struct manifest_entry *entry,
                               const char *path, struct manifest_entry **root_out)
{
    *root_out = NULL;
    if (entry->manifest.is_workspace) {
        if (!rsl_manifest_excludes(entry, path))
            *root_out = entry;
    } else if (entry->pointer != NULL) {
        const char *folder = rsl_path_join(&cargo->arena, entry->manifest.folder, entry->pointer);
        const char *manifest = folder ? rsl_path_join(&cargo->arena, folder, "Cargo.toml") : NULL;
        *root_out = manifest ? rsl_manifest_open(cargo, manifest) : NULL;
        if (*root_out == NULL)
            return RSL_ENOMEM;
    }
    return RSL_OK;
}

/* No workspace is looked for above a folder in which cargo packs and checks packages. */
static bool ends_the_way(const char *folder)
{
    const size_t n = strlen(folder);
    static const char packed[] = "target/package";
    const size_t npacked = sizeof packed - 1;
    return n >= npacked && strcmp(folder + n - npacked, packed) == 0 &&
           (n == npacked || folder[n - npacked - 1] == '/');
}

enum rsl_status rsl_manifest_find_root(struct rsl_cargo *cargo, struct manifest_entry *entry,
                                       struct manifest_entry **root_out)
{
    const char *path = entry->manifest.path;
    enum rsl_status status = RSL_OK;
    if (entry->root_known) {
        *root_out = entry->root;
        return RSL_OK;
    }
    status = root_by(cargo, entry, path, &entry->root);
    const char *folder = entry->manifest.folder;
    while (status == RSL_OK && entry->root == NULL) {
        if (rsl_path_is_top(folder))
            break;
        folder = rsl_path_parent(&cargo->arena, folder);
        if (folder == NULL)
            return RSL_ENOMEM;
        if (ends_the_way(folder))
            break;
        const char *above = rsl_path_join(&cargo->arena, folder, "Cargo.toml");
        if (above == NULL)
            return RSL_ENOMEM;
        if (cargo->tree->kind(cargo->tree->state, above) == RSL_FILE_NONE)
            continue;
        struct manifest_entry *candidate = rsl_manifest_open(cargo, above);
        if (candidate == NULL)
            return RSL_ENOMEM;
        status = root_by(cargo, candidate, path, &entry->root);
    }
    entry->root_known = status == RSL_OK;
    *root_out = entry->root;
    return status;
}

/* ---- the way down ---- */

/* A manifest that may be a member. */
struct candidate {
    const char *path;
    bool is_dependency;
};

struct member_search {
    struct rsl_cargo *cargo;
    struct manifest_entry *root;
    struct rsl_workspace *workspace;
    struct rsl_strings seen; /* the members' paths */
    struct candidate *todo;  /* a stack */
    uint32_t ntodo, todo_capacity, members_capacity;
    enum rsl_status status;
};

static void fail(struct member_search *search, enum rsl_manifest_error_code code, const char *what)
{
    if (search->workspace->error.code == RSL_MANIFEST_ERROR_NONE)
        search->workspace->error = (struct rsl_manifest_error){.code = (uint8_t)code, .what = what};
}

static void push(struct member_search *search, const char *folder, bool is_dependency)
{
    struct candidate *grown = arena_list_grow(&search->cargo->arena, search->todo, search->ntodo,
                                              &search->todo_capacity, sizeof *grown);
    const char *path = rsl_path_join(&search->cargo->arena, folder, "Cargo.toml");
    if (grown == NULL || path == NULL) {
        search->status = RSL_ENOMEM;
        return;
    }
    search->todo = grown;
    grown[search->ntodo++] = (struct candidate){path, is_dependency};
}

/* Pushes what workspace.members names. */
static void push_listed(struct member_search *search)
{
    const struct manifest_entry *root = search->root;
    struct rsl_cargo *cargo = search->cargo;
    for (uint32_t i = 0; i < root->nmembers; i++) {
        struct member_paths found = {.n = 0};
        const enum rsl_status status = rsl_member_glob(
            cargo->tree, &cargo->arena, root->manifest.folder, root->members[i], &found);
        if (status == RSL_ENOMEM)
            search->status = status;
        if (status == RSL_EINVAL)
            fail(search, RSL_MANIFEST_ERROR_BAD_GLOB, root->members[i]);
        for (uint32_t k = 0; status == RSL_OK && k < found.n; k++) {
            if (cargo->tree->kind(cargo->tree->state, found.list[k]) == RSL_FILE_FOLDER)
                push(search, found.list[k], false);
        }
        if (status == RSL_OK && found.n == 0) { /* then the path as it is, which will be missed */
            const char *path =
                rsl_path_join(&cargo->arena, root->manifest.folder, root->members[i]);
            if (path == NULL)
                search->status = RSL_ENOMEM;
            else
                push(search, path, false);
        }
    }
}

/* Whether a path dependency outside the root's folder belongs to its workspace all the same. */
static bool points_here(struct member_search *search, const char *path)
{
    struct manifest_entry *entry = rsl_manifest_open(search->cargo, path);
    struct manifest_entry *root = NULL;
    if (entry == NULL || rsl_manifest_find_root(search->cargo, entry, &root) != RSL_OK)
        search->status = RSL_ENOMEM;
    return root == search->root;
}

static void add_member(struct member_search *search, const struct manifest_entry *entry)
{
    struct rsl_workspace *workspace = search->workspace;
    const struct rsl_manifest **grown =
        arena_list_grow(&search->cargo->arena, workspace->members, workspace->nmembers,
                        &search->members_capacity, sizeof(void *));
    if (grown == NULL) {
        search->status = RSL_ENOMEM;
        return;
    }
    workspace->members = grown;
    grown[workspace->nmembers++] = &entry->manifest;
}

/* Looks at one candidate: if it is a member, its path dependencies are the next. */
static void visit(struct member_search *search, struct candidate candidate)
{
    const char *path = candidate.path;
    const size_t nbytes = strlen(path);
    if (rsl_strings_find(&search->seen, path, nbytes) != RSL_NO_STRING)
        return;
    if (candidate.is_dependency && !rsl_path_starts_with(path, search->root->manifest.folder, "") &&
        !points_here(search, path))
        return;
    if (rsl_manifest_excludes(search->root, path))
        return;
    uint32_t id;
    const struct manifest_entry *entry = rsl_manifest_complete(search->cargo, path);
    if (entry == NULL || rsl_strings_add(&search->seen, path, nbytes, &id) != RSL_OK) {
        search->status = RSL_ENOMEM;
        return;
    }
    add_member(search, entry);
    const struct rsl_package *package = entry->manifest.package;
    if (package == NULL)
        return;
    for (uint32_t i = package->ndependencies; i-- > 0;) {
        if (package->dependencies[i].path != NULL)
            push(search, package->dependencies[i].path, true);
    }
}

static int by_path(const void *a, const void *b)
{
    const struct rsl_manifest *const *one = a, *const *other = b;
    return strcmp((*one)->path, (*other)->path);
}

/* What cargo checks of a workspace as a whole. */
static void validate(struct member_search *search, const struct manifest_entry *current)
{
    struct rsl_strings names;
    rsl_strings_init(&names, search->cargo->allocator);
    bool holds_current = false;
    if (!search->root->manifest.is_workspace)
        fail(search, RSL_MANIFEST_ERROR_NOT_A_ROOT, search->root->manifest.path);
    for (uint32_t i = 0; i < search->workspace->nmembers && search->status == RSL_OK; i++) {
        const struct rsl_manifest *member = search->workspace->members[i];
        struct manifest_entry *entry = rsl_manifest_open(search->cargo, member->path);
        struct manifest_entry *root = NULL;
        if (entry == NULL || rsl_manifest_find_root(search->cargo, entry, &root) != RSL_OK) {
            search->status = RSL_ENOMEM;
            break;
        }
        holds_current |= entry == current;
        if (member->is_workspace && entry != search->root)
            fail(search, RSL_MANIFEST_ERROR_NESTED_ROOT, member->path);
        else if (root != search->root)
            fail(search, RSL_MANIFEST_ERROR_WRONG_WORKSPACE, member->path);
        if (member->package == NULL)
            continue;
        const uint32_t n = rsl_strings_count(&names);
        const char *name = member->package->name;
        uint32_t id;
        if (rsl_strings_add(&names, name, strlen(name), &id) != RSL_OK)
            search->status = RSL_ENOMEM;
        else if (id < n)
            fail(search, RSL_MANIFEST_ERROR_DUPLICATE_PACKAGE, name);
    }
    if (!holds_current)
        fail(search, RSL_MANIFEST_ERROR_NOT_A_MEMBER, current->manifest.path);
    rsl_strings_fini(&names);
}

static enum rsl_status read_workspace(struct rsl_cargo *cargo, struct manifest_entry *current,
                                      struct manifest_entry *root, struct rsl_workspace *workspace)
{
    struct member_search search = {.cargo = cargo, .root = root, .workspace = workspace};
    rsl_strings_init(&search.seen, cargo->allocator);
    push(&search, root->manifest.folder, false);
    push_listed(&search);
    while (search.ntodo > 0 && search.status == RSL_OK)
        visit(&search, search.todo[--search.ntodo]);
    if (workspace->nmembers > 1)
        qsort(workspace->members, workspace->nmembers, sizeof(void *), by_path);
    if (search.status == RSL_OK)
        validate(&search, current);
    rsl_strings_fini(&search.seen);
    return search.status;
}

enum rsl_status rsl_cargo_workspace(struct rsl_cargo *cargo, const char *path,
                                    const struct rsl_workspace **workspace_out)
{
    *workspace_out = NULL;
    struct manifest_entry *current = rsl_manifest_complete(cargo, path);
    if (current == NULL)
        return RSL_ENOMEM;
    if (current->workspace == NULL) {
        struct manifest_entry *root = NULL;
        struct rsl_workspace *workspace =
            rsl_arena_alloc(&cargo->arena, sizeof *workspace, _Alignof(struct rsl_workspace));
        if (workspace == NULL || rsl_manifest_find_root(cargo, current, &root) != RSL_OK)
            return RSL_ENOMEM;
        *workspace = (struct rsl_workspace){.root = &current->manifest};
        if (root == NULL) {
            const struct rsl_manifest **alone =
                rsl_arena_alloc(&cargo->arena, sizeof(void *), _Alignof(void *));
            if (alone == NULL)
                return RSL_ENOMEM;
            *alone = &current->manifest;
            workspace->members = alone;
            workspace->nmembers = 1;
        } else {
            workspace->root = &root->manifest;
            const enum rsl_status status = read_workspace(cargo, current, root, workspace);
            if (status != RSL_OK)
                return status;
        }
        current->workspace = workspace;
    }
    *workspace_out = current->workspace;
    return RSL_OK;
}
