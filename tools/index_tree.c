#include "tools/index_tree.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "index/archive.h"
#include "index/path.h"

void rsl_index_plan_fini(struct rsl_index_plan *plan)
{
    rsl_path_list_fini(&plan->paths);
    free(plan->entries);
    free(plan->gone);
    *plan = (struct rsl_index_plan){0};
}

size_t rsl_index_root_nbytes(const char *root)
{
    const size_t n = strlen(root);
    return n > 0 && root[n - 1] == '/' ? n : n + 1;
}

bool rsl_index_is_refused(const char *shown)
{
    /* Few are worth a closer look. */
    return strstr(shown, "!/") != NULL && rsl_path_archive_nbytes(shown) > 0;
}

/* ---- manifests */

bool rsl_index_is_manifest(const char *path, size_t nbytes)
{
    const size_t n = sizeof RSL_INDEX_MANIFEST - 1;
    return nbytes > n && path[nbytes - n - 1] == '/' &&
           memcmp(path + nbytes - n, RSL_INDEX_MANIFEST, n) == 0;
}

void rsl_index_choose_names(struct rsl_walk_options *walk, const struct rsl_index_tree *tree)
{
    static const char *const archives[] = {".crate", ".tar.gz", NULL};
    walk->suffix = tree->crates_only ? archives[0] : ".rs";
    walk->name = tree->crates_only ? NULL : RSL_INDEX_MANIFEST;
    walk->more_suffixes = archives;
}

uint64_t rsl_index_manifest_number(const char *shown, int64_t nbytes, int64_t mtime_ns)
{
    const int64_t numbers[] = {nbytes, mtime_ns};
    return XXH3_64bits_withSeed(shown, strlen(shown), XXH3_64bits(numbers, sizeof numbers));
}

void rsl_index_manifests_add(struct rsl_index_manifests *to, const char *shown, int64_t nbytes,
                             int64_t mtime_ns)
{
    to->sum += rsl_index_manifest_number(shown, nbytes, mtime_ns);
    if (mtime_ns > to->newest_ns)
        to->newest_ns = mtime_ns;
}

int64_t rsl_index_manifests_number(const struct rsl_index_manifests *manifests)
{
    if (rsl_index_is_fresh(manifests->newest_ns))
        return 0;
    return (int64_t)(manifests->sum | 1);
}

/* ---- all */

struct listing {
    const struct rsl_index_tree *tree;
    struct rsl_path_list *paths;
    size_t skip; /* bytes of a path before its part below the root */
    struct rsl_index_manifests manifests;
    bool failed;
};

/* A name may be met twice while its folder changes. */
static bool is_last(const struct rsl_path_list *paths, const char *path)
{
    return paths->npaths > 0 && strcmp(rsl_path_list_get(paths, paths->npaths - 1), path) == 0;
}

static bool list_files(void *context, unsigned worker, const struct rsl_walk_file *files, size_t n)
{
    (void)worker;
    struct listing *listing = context;
    const struct rsl_index_tree *tree = listing->tree;
    for (size_t i = 0; i < n && !listing->failed; i++) {
        struct stat st;
        const bool is_manifest = rsl_index_is_manifest(files[i].path, files[i].path_nbytes);
        if (!is_manifest && rsl_index_is_refused(files[i].path + listing->skip))
            tree->refuse(tree->walk.context, files[i].path);
        else if (rsl_is_archive(files[i].path, files[i].path_nbytes))
            rsl_index_archives_found(tree->archives, files[i].path, listing->skip, -1, 0);
        else if (!is_manifest)
            listing->failed = !is_last(listing->paths, files[i].path) &&
                              rsl_path_list_add(listing->paths, files[i].path) != 0;
        else if (stat(files[i].path, &st) == 0)
            rsl_index_manifests_add(&listing->manifests, files[i].path + listing->skip, st.st_size,
                                    st.st_mtim.tv_sec * INT64_C(1000000000) + st.st_mtim.tv_nsec);
    }
    return !listing->failed;
}

static void report_listing(void *context, const char *path, int error)
{
    const struct rsl_walk_options *walk = &((struct listing *)context)->tree->walk;
    walk->report(walk->context, path, error);
}

enum rsl_status rsl_index_plan_all(struct rsl_index_plan *plan, const struct rsl_index_tree *tree)
{
    struct listing listing = {
        .tree = tree, .paths = &plan->paths, .skip = rsl_index_root_nbytes(tree->root)};
    struct rsl_walk_options walk = tree->walk;
    rsl_index_choose_names(&walk, tree);
    walk.sorted = true;
    walk.emit = list_files;
    walk.report = report_listing;
    walk.context = &listing;
    const enum rsl_status status = rsl_walk_run(&tree->root, 1, &walk);
    if (status != RSL_OK)
        return status;
    const size_t n = plan->paths.npaths;
    plan->entries = calloc(n + 1, sizeof *plan->entries);
    if (listing.failed || plan->entries == NULL)
        return RSL_ENOMEM;
    for (size_t i = 0; i < n; i++) {
        const char *path = rsl_path_list_get(&plan->paths, i);
        plan->entries[i] = (struct rsl_index_entry){
            .path = path, .shown = path + listing.skip, .file_id = (int64_t)i + 1};
    }
    plan->nfiles = plan->nentries = n;
    plan->manifests = rsl_index_manifests_number(&listing.manifests);
    return RSL_OK;
}

/* ---- those that are known */

void rsl_index_plan_set_paths(struct rsl_index_plan *plan, size_t skip)
{
    for (size_t i = 0; i < plan->nentries; i++) {
        plan->entries[i].path = rsl_path_list_get(&plan->paths, i);
        plan->entries[i].shown = plan->entries[i].path + skip;
    }
}

struct known_listing {
    struct rsl_index_plan *plan;
    const char *root;
    size_t skip, capacity;
    char *path; /* the root and a slash, and then a path */
    size_t path_capacity;
    bool failed;
};

static bool make_known(struct known_listing *listing, const struct rsl_store_stamp *file)
{
    struct rsl_index_plan *plan = listing->plan;
    if (plan->nentries == listing->capacity) {
        const size_t capacity = listing->capacity * 2 + 4096;
        struct rsl_index_entry *grown = realloc(plan->entries, capacity * sizeof *grown);
        if (grown == NULL)
            return false;
        plan->entries = grown;
        listing->capacity = capacity;
    }
    if (listing->path_capacity < listing->skip + file->path_nbytes + 1) {
        const size_t capacity = 2 * (listing->skip + file->path_nbytes + 1);
        char *grown = realloc(listing->path, capacity);
        if (grown == NULL)
            return false;
        listing->path = grown;
        listing->path_capacity = capacity;
        memcpy(grown, listing->root, strlen(listing->root));
        grown[listing->skip - 1] = '/';
    }
    memcpy(listing->path + listing->skip, file->path, file->path_nbytes + 1);
    if (rsl_path_list_add(&plan->paths, listing->path) != 0)
        return false;
    plan->entries[plan->nentries++] = (struct rsl_index_entry){.file_id = file->file_id};
    return true;
}

static bool list_known(void *context, const struct rsl_store_stamp *file)
{
    struct known_listing *listing = context;
    listing->failed = !make_known(listing, file);
    return !listing->failed;
}

enum rsl_status rsl_index_plan_known(struct rsl_index_plan *plan, const char *root,
                                     struct rsl_store *store)
{
    struct known_listing listing = {
        .plan = plan, .root = root, .skip = rsl_index_root_nbytes(root)};
    enum rsl_status status = rsl_store_each_file(store, list_known, &listing);
    free(listing.path);
    if (listing.failed)
        status = RSL_ENOMEM;
    if (status == RSL_OK)
        rsl_index_plan_set_paths(plan, listing.skip);
    return status;
}
