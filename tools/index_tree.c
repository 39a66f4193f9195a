#include "tools/index_tree.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "sched/pool.h"

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

/* ---- manifests */

static const char manifest[] = "Cargo.toml";

static bool is_manifest(const char *path, size_t nbytes)
{
    const size_t n = sizeof manifest - 1;
    return nbytes > n && path[nbytes - n - 1] == '/' && memcmp(path + nbytes - n, manifest, n) == 0;
}

uint64_t rsl_index_manifest_number(const char *shown, int64_t nbytes, int64_t mtime_ns)
{
    const int64_t numbers[] = {nbytes, mtime_ns};
    return XXH3_64bits_withSeed(shown, strlen(shown), XXH3_64bits(numbers, sizeof numbers));
}

static void add_manifest(struct rsl_index_manifests *to, const char *shown, int64_t nbytes,
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

static bool list_files(void *context, unsigned worker, const struct rsl_walk_file *files, size_t n)
{
    (void)worker;
    struct listing *listing = context;
    for (size_t i = 0; i < n && !listing->failed; i++) {
        struct stat st;
        if (!is_manifest(files[i].path, files[i].path_nbytes))
            listing->failed = rsl_path_list_add(listing->paths, files[i].path) != 0;
        else if (stat(files[i].path, &st) == 0)
            add_manifest(&listing->manifests, files[i].path + listing->skip, st.st_size,
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
    walk.suffix = ".rs";
    walk.name = manifest;
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

/* ---- changes */

/* A file that the walk found. */
struct found {
    uint64_t hash; /* of its path from the root */
    size_t path;   /* number in the worker's paths */
    int64_t nbytes, mtime_ns;
};

/* Each worker writes its own; read when the walk is over. */
struct finder {
    struct rsl_path_list paths;
    struct found *found;
    size_t nfound, capacity;
    struct rsl_index_manifests manifests;
    bool failed;
};

/* A row of the database. */
struct known {
    uint64_t hash;
    size_t path; /* number in the paths */
    int64_t file_id, nbytes, mtime_ns, links;
    uint8_t content[16];
    bool seen;
};

struct comparison {
    const struct rsl_index_tree *tree;
    size_t skip; /* bytes of a path before its part below the root */
    struct finder *finders;
    size_t nfinders;
    enum rsl_status walk_status;
    struct rsl_path_list known_paths;
    struct known *known;
    size_t nknown, capacity;
    uint32_t *table; /* number of a known one + 1, by hash; 0 is free */
    size_t mask;
    bool failed;
};

static bool find_files(void *context, unsigned worker, const struct rsl_walk_file *files, size_t n)
{
    struct comparison *c = context;
    struct finder *finder = &c->finders[worker];
    for (size_t i = 0; i < n && !finder->failed; i++) {
        if (is_manifest(files[i].path, files[i].path_nbytes)) {
            add_manifest(&finder->manifests, files[i].path + c->skip, files[i].nbytes,
                         files[i].mtime_ns);
            continue;
        }
        if (finder->nfound == finder->capacity) {
            const size_t capacity = finder->capacity * 2 + 1024;
            struct found *grown = realloc(finder->found, capacity * sizeof *grown);
            finder->failed = grown == NULL;
            if (grown == NULL)
                break;
            finder->found = grown;
            finder->capacity = capacity;
        }
        finder->found[finder->nfound++] = (struct found){
            .hash = XXH3_64bits(files[i].path + c->skip, files[i].path_nbytes - c->skip),
            .path = finder->paths.npaths,
            .nbytes = files[i].nbytes,
            .mtime_ns = files[i].mtime_ns,
        };
        finder->failed = rsl_path_list_add(&finder->paths, files[i].path) != 0;
    }
    return !finder->failed;
}

/* What has vanished since its folder was read is no error, but one file less. */
static void report_finding(void *context, const char *path, int error)
{
    const struct rsl_index_tree *tree = ((struct comparison *)context)->tree;
    if (error != ENOENT || strcmp(path, tree->root) == 0)
        tree->walk.report(tree->walk.context, path, error);
}

static void *run_walk(void *arg)
{
    struct comparison *c = arg;
    struct rsl_walk_options walk = c->tree->walk;
    walk.suffix = ".rs";
    walk.name = manifest;
    walk.limit_nbytes = true; /* for sizes and times, which it learns from the open folder */
    walk.max_nbytes = UINT64_MAX;
    walk.emit = find_files;
    walk.report = report_finding;
    walk.context = c;
    c->walk_status = rsl_walk_run(&c->tree->root, 1, &walk);
    return NULL;
}

static bool add_known(void *context, const struct rsl_store_stamp *file)
{
    struct comparison *c = context;
    if (c->nknown == c->capacity) {
        const size_t capacity = c->capacity * 2 + 4096;
        struct known *grown = realloc(c->known, capacity * sizeof *grown);
        c->failed = grown == NULL;
        if (grown == NULL)
            return false;
        c->known = grown;
        c->capacity = capacity;
    }
    struct known *known = &c->known[c->nknown++];
    *known = (struct known){
        .path = c->known_paths.npaths,
        .file_id = file->file_id,
        .nbytes = file->nbytes,
        .mtime_ns = file->mtime_ns,
        .links = file->links,
    };
    memcpy(known->content, file->hash, sizeof known->content);
    known->hash = XXH3_64bits(file->path, file->path_nbytes);
    c->failed = rsl_path_list_add(&c->known_paths, file->path) != 0;
    return !c->failed;
}

static bool make_table(struct comparison *c)
{
    c->mask = 1;
    while (c->mask < 2 * c->nknown)
        c->mask *= 2;
    c->table = calloc(c->mask--, sizeof *c->table);
    if (c->table == NULL)
        return false;
    for (size_t i = 0; i < c->nknown; i++) {
        size_t at = c->known[i].hash & c->mask;
        while (c->table[at] != 0)
            at = (at + 1) & c->mask;
        c->table[at] = (uint32_t)i + 1;
    }
    return true;
}

static struct known *look_up(const struct comparison *c, uint64_t hash, const char *shown)
{
    for (size_t at = hash & c->mask; c->table[at] != 0; at = (at + 1) & c->mask) {
        struct known *known = &c->known[c->table[at] - 1];
        if (known->hash == hash &&
            strcmp(rsl_path_list_get(&c->known_paths, known->path), shown) == 0)
            return known;
    }
    return NULL;
}

/* Points the entries to the plan's paths, which move no more. */
static void set_paths(struct rsl_index_plan *plan, size_t skip)
{
    for (size_t i = 0; i < plan->nentries; i++) {
        plan->entries[i].path = rsl_path_list_get(&plan->paths, i);
        plan->entries[i].shown = plan->entries[i].path + skip;
    }
}

static int compare_entries(const void *a, const void *b)
{
    const struct rsl_index_entry *x = a, *y = b;
    return strcmp(x->shown, y->shown);
}

static enum rsl_status compare(struct comparison *c, struct rsl_index_plan *plan)
{
    size_t capacity = 0;
    struct rsl_index_manifests manifests = {0};
    for (size_t i = 0; i < c->nfinders; i++) {
        const struct finder *finder = &c->finders[i];
        if (finder->failed)
            return RSL_ENOMEM;
        capacity += finder->nfound;
        manifests.sum += finder->manifests.sum;
        if (finder->manifests.newest_ns > manifests.newest_ns)
            manifests.newest_ns = finder->manifests.newest_ns;
    }
    plan->manifests = rsl_index_manifests_number(&manifests);
    if (!make_table(c))
        return RSL_ENOMEM;
    plan->nfiles = capacity;
    plan->entries = malloc((capacity + 1) * sizeof *plan->entries);
    plan->gone = malloc((c->nknown + 1) * sizeof *plan->gone);
    if (plan->entries == NULL || plan->gone == NULL)
        return RSL_ENOMEM;
    for (size_t i = 0; i < c->nfinders; i++) {
        const struct finder *finder = &c->finders[i];
        for (size_t k = 0; k < finder->nfound; k++) {
            const struct found *found = &finder->found[k];
            const char *path = rsl_path_list_get(&finder->paths, found->path);
            struct known *known = look_up(c, found->hash, path + c->skip);
            if (known != NULL)
                known->seen = true;
            if (known != NULL && known->nbytes == found->nbytes && known->mtime_ns >= 0 &&
                known->mtime_ns == found->mtime_ns)
                continue;
            struct rsl_index_entry *entry = &plan->entries[plan->nentries];
            *entry = (struct rsl_index_entry){.file_id = known != NULL ? known->file_id : 0};
            if (known != NULL) {
                entry->old_nbytes = known->nbytes;
                entry->old_links = known->links;
                memcpy(entry->old_hash, known->content, sizeof entry->old_hash);
            }
            if (rsl_path_list_add(&plan->paths, path) != 0)
                return RSL_ENOMEM;
            plan->nentries++;
        }
    }
    set_paths(plan, c->skip);
    qsort(plan->entries, plan->nentries, sizeof *plan->entries, compare_entries);
    for (size_t i = 0; i < c->nknown; i++) {
        if (!c->known[i].seen)
            plan->gone[plan->ngone++] = c->known[i].file_id;
    }
    return RSL_OK;
}

enum rsl_status rsl_index_plan_changes(struct rsl_index_plan *plan,
                                       const struct rsl_index_tree *tree, struct rsl_store *store)
{
    struct comparison c = {.tree = tree, .skip = rsl_index_root_nbytes(tree->root)};
    c.nfinders = rsl_pool_nworkers(tree->walk.pool);
    c.finders = calloc(c.nfinders, sizeof *c.finders);
    pthread_t walker;
    if (c.finders == NULL || pthread_create(&walker, NULL, run_walk, &c) != 0) {
        free(c.finders);
        return RSL_ENOMEM;
    }
    enum rsl_status status = rsl_store_each_file(store, add_known, &c);
    pthread_join(walker, NULL);
    if (status == RSL_OK && c.failed)
        status = RSL_ENOMEM;
    if (status == RSL_OK)
        status = c.walk_status;
    if (status == RSL_OK)
        status = compare(&c, plan);
    for (size_t i = 0; i < c.nfinders; i++) {
        rsl_path_list_fini(&c.finders[i].paths);
        free(c.finders[i].found);
    }
    free(c.finders);
    rsl_path_list_fini(&c.known_paths);
    free(c.known);
    free(c.table);
    return status;
}

/* ---- those that are known */

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
        set_paths(plan, listing.skip);
    return status;
}
