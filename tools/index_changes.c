/* What has changed in a tree. The workers that walk it add up the stamp of each folder
 * (store_folders.h) and forget its files if the database has the same; so the rows of files are
 * looked at only in the folders of which it has another stamp, or none. */
#include "tools/index_tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "index/archive.h"
#include "sched/pool.h"

/* A file that the walk found, in a folder that may have changed. */
struct found {
    size_t path; /* number in the worker's paths */
    int64_t nbytes, mtime_ns;
};

/* A folder that may have changed. */
struct suspect {
    uint64_t folder;
    size_t path;          /* of a file in it, likewise */
    size_t folder_nbytes; /* of that path below the root, with the slash */
};

/* A list that grows. */
struct list {
    void *elements;
    size_t n, capacity;
};

/* Each worker writes its own; read when the walk is over. */
struct finder {
    struct rsl_path_list paths;
    struct list found, suspects;
    struct list same; /* struct rsl_folder_stamp *: folders that did not change */
    size_t nfiles;
    /* The folder that the files come from, those from found[first] on; the walk goes through one
     * after the other. */
    bool is_open;
    size_t first, folder_nbytes;
    uint64_t sum;
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
    size_t skip;                       /* bytes of a path before its part below the root */
    struct rsl_folder_stamps *folders; /* nobody changes it during the walk */
    struct finder *finders;
    size_t nfinders;
    struct rsl_path_list known_paths;
    struct list known;
    uint32_t *table; /* number of a known one + 1, by hash; 0 is free */
    size_t mask;
    bool failed;
};

/* Room for one more element, which is then there; NULL if there is no memory. */
static void *add(struct list *list, size_t element_nbytes)
{
    if (list->n == list->capacity) {
        const size_t capacity = list->capacity * 2 + 256;
        void *grown = realloc(list->elements, capacity * element_nbytes);
        if (grown == NULL)
            return NULL;
        list->elements = grown;
        list->capacity = capacity;
    }
    return (char *)list->elements + list->n++ * element_nbytes;
}

/* ---- the walk */

/* All files of the folder have come. */
static void close_folder(const struct comparison *c, struct finder *finder)
{
    if (!finder->is_open)
        return;
    finder->is_open = false;
    const char *path = rsl_path_list_get(&finder->paths, finder->first) + c->skip;
    const uint64_t folder = rsl_folder_hash(path, finder->folder_nbytes);
    struct rsl_folder_stamp *stamp = rsl_folder_stamps_find(c->folders, folder);
    finder->nfiles += finder->found.n - finder->first;
    if (stamp != NULL && !stamp->no_trust && stamp->sum == finder->sum) {
        struct rsl_folder_stamp **same = add(&finder->same, sizeof(struct rsl_folder_stamp *));
        finder->failed |= same == NULL;
        if (same != NULL)
            *same = stamp;
        finder->found.n = finder->first;
        rsl_path_list_cut(&finder->paths, finder->first);
        return;
    }
    struct suspect *suspect = add(&finder->suspects, sizeof *suspect);
    finder->failed |= suspect == NULL;
    if (suspect != NULL)
        *suspect = (struct suspect){folder, finder->first, finder->folder_nbytes};
}

static bool is_in_open_folder(const struct comparison *c, const struct finder *finder,
                              const char *shown, size_t folder_nbytes)
{
    return finder->is_open && folder_nbytes == finder->folder_nbytes &&
           memcmp(rsl_path_list_get(&finder->paths, finder->first) + c->skip, shown,
                  folder_nbytes) == 0;
}

static void find_file(const struct comparison *c, struct finder *finder,
                      const struct rsl_walk_file *file)
{
    const char *shown = file->path + c->skip;
    const size_t shown_nbytes = file->path_nbytes - c->skip;
    const size_t folder_nbytes = rsl_folder_nbytes(shown, shown_nbytes);
    if (!is_in_open_folder(c, finder, shown, folder_nbytes)) {
        close_folder(c, finder);
        finder->is_open = true;
        finder->first = finder->found.n;
        finder->folder_nbytes = folder_nbytes;
        finder->sum = 0;
    }
    finder->sum += rsl_folder_term(shown + folder_nbytes, shown_nbytes - folder_nbytes,
                                   file->nbytes, file->mtime_ns);
    struct found *found = add(&finder->found, sizeof *found);
    if (found == NULL || rsl_path_list_add(&finder->paths, file->path) != 0) {
        finder->failed = true;
        finder->is_open = false;
        return;
    }
    *found = (struct found){finder->paths.npaths - 1, file->nbytes, file->mtime_ns};
}

static bool find_files(void *context, unsigned worker, const struct rsl_walk_file *files, size_t n)
{
    const struct comparison *c = context;
    struct finder *finder = &c->finders[worker];
    for (size_t i = 0; i < n && !finder->failed; i++) {
        const bool is_manifest = rsl_index_is_manifest(files[i].path, files[i].path_nbytes);
        if (!is_manifest && rsl_index_is_refused(files[i].path + c->skip))
            c->tree->refuse(c->tree->walk.context, files[i].path);
        else if (rsl_is_archive(files[i].path, files[i].path_nbytes))
            rsl_index_archives_found(c->tree->archives, files[i].path, c->skip, files[i].nbytes,
                                     files[i].mtime_ns);
        else if (is_manifest)
            rsl_index_manifests_add(&finder->manifests, files[i].path + c->skip, files[i].nbytes,
                                    files[i].mtime_ns);
        else
            find_file(c, finder, &files[i]);
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

static enum rsl_status walk_tree(struct comparison *c)
{
    struct rsl_walk_options walk = c->tree->walk;
    rsl_index_choose_names(&walk, c->tree);
    walk.limit_nbytes = true; /* for sizes and times, which it learns from the open folder */
    walk.max_nbytes = UINT64_MAX;
    walk.emit = find_files;
    walk.report = report_finding;
    walk.context = c;
    const enum rsl_status status = rsl_walk_run(&c->tree->root, 1, &walk);
    for (size_t i = 0; i < c->nfinders; i++) {
        if (!c->finders[i].failed)
            close_folder(c, &c->finders[i]);
        if (c->finders[i].failed)
            return RSL_ENOMEM;
    }
    return status;
}

/* ---- what the database has in these folders */

/* Notes which folders are as they were. Returns how many are not; of these and those that are no
 * more there is no stamp afterwards. */
static size_t judge_folders(struct comparison *c, bool *any_gone_out)
{
    size_t nsuspects = 0;
    for (size_t i = 0; i < c->nfinders; i++) {
        struct rsl_folder_stamp *const *same = c->finders[i].same.elements;
        for (size_t k = 0; k < c->finders[i].same.n; k++)
            same[k]->is_there = true;
        nsuspects += c->finders[i].suspects.n;
    }
    for (size_t i = 0; i < c->nfinders; i++) {
        const struct suspect *suspects = c->finders[i].suspects.elements;
        for (size_t k = 0; k < c->finders[i].suspects.n; k++) {
            struct rsl_folder_stamp *stamp = rsl_folder_stamps_find(c->folders, suspects[k].folder);
            if (stamp != NULL)
                *stamp = (struct rsl_folder_stamp){.folder = stamp->folder};
        }
    }
    *any_gone_out = false;
    for (size_t i = 0; i < c->folders->nslots; i++)
        *any_gone_out |= c->folders->slots[i].is_known && !c->folders->slots[i].is_there;
    return nsuspects;
}

static bool add_known(void *context, const struct rsl_store_stamp *file)
{
    struct comparison *c = context;
    struct known *known = add(&c->known, sizeof *known);
    c->failed = known == NULL || rsl_path_list_add(&c->known_paths, file->path) != 0;
    if (c->failed)
        return false;
    *known = (struct known){
        .hash = XXH3_64bits(file->path, file->path_nbytes),
        .path = c->known_paths.npaths - 1,
        .file_id = file->file_id,
        .nbytes = file->nbytes,
        .mtime_ns = file->mtime_ns,
        .links = file->links,
    };
    memcpy(known->content, file->hash, sizeof known->content);
    return true;
}

/* Passes over those in folders that are as they were. */
static bool add_if_suspect(void *context, const struct rsl_store_stamp *file)
{
    const struct comparison *c = context;
    const size_t n = rsl_folder_nbytes(file->path, file->path_nbytes);
    const struct rsl_folder_stamp *stamp =
        rsl_folder_stamps_find(c->folders, rsl_folder_hash(file->path, n));
    return (stamp != NULL && stamp->is_there) || add_known(context, file);
}

static enum rsl_status read_suspects(struct comparison *c, struct rsl_store *store)
{
    enum rsl_status status = RSL_OK;
    for (size_t i = 0; i < c->nfinders; i++) {
        const struct finder *finder = &c->finders[i];
        const struct suspect *suspects = finder->suspects.elements;
        for (size_t k = 0; k < finder->suspects.n && status == RSL_OK; k++) {
            const char *path = rsl_path_list_get(&finder->paths, suspects[k].path) + c->skip;
            status = rsl_store_each_file_in(store, path, suspects[k].folder_nbytes, add_known, c);
        }
    }
    return status;
}

/* Reads the rows of all files that may have changed. *same_out: no folder is suspect. */
static enum rsl_status read_known(struct comparison *c, struct rsl_store *store, bool *same_out)
{
    bool any_gone;
    const size_t nsuspects = judge_folders(c, &any_gone);
    *same_out = nsuspects == 0 && !any_gone;
    /* Where a folder was that has gone is not known from its hash. And a row that is looked for
     * costs some twenty times as much as one in a row. */
    const bool all = any_gone || nsuspects > c->folders->n / 20 + 64;
    const enum rsl_status status =
        all ? rsl_store_each_file(store, add_if_suspect, c) : read_suspects(c, store);
    return status == RSL_OK && c->failed ? RSL_ENOMEM : status;
}

/* ---- the comparison */

static bool make_table(struct comparison *c)
{
    const struct known *known = c->known.elements;
    c->mask = 1;
    while (c->mask < 2 * c->known.n)
        c->mask *= 2;
    c->table = calloc(c->mask--, sizeof *c->table);
    if (c->table == NULL)
        return false;
    for (size_t i = 0; i < c->known.n; i++) {
        size_t at = known[i].hash & c->mask;
        while (c->table[at] != 0)
            at = (at + 1) & c->mask;
        c->table[at] = (uint32_t)i + 1;
    }
    return true;
}

static struct known *look_up(const struct comparison *c, const char *shown)
{
    const uint64_t hash = XXH3_64bits(shown, strlen(shown));
    for (size_t at = hash & c->mask; c->table[at] != 0; at = (at + 1) & c->mask) {
        struct known *known = (struct known *)c->known.elements + (c->table[at] - 1);
        if (known->hash == hash &&
            strcmp(rsl_path_list_get(&c->known_paths, known->path), shown) == 0)
            return known;
    }
    return NULL;
}

/* Compares a file with its row, and makes an entry if they differ. */
static bool compare_file(const struct comparison *c, const struct found *found, const char *path,
                         struct rsl_index_plan *plan)
{
    const char *shown = path + c->skip;
    struct known *known = look_up(c, shown);
    if (known != NULL && known->nbytes == found->nbytes && known->mtime_ns >= 0 &&
        known->mtime_ns == found->mtime_ns) {
        /* A name may be met twice while its folder changes. */
        const bool again = known->seen;
        known->seen = true;
        return again || rsl_folder_stamps_add(c->folders, shown, strlen(shown), known->nbytes,
                                              known->mtime_ns);
    }
    struct rsl_index_entry *entry = &plan->entries[plan->nentries++];
    *entry = (struct rsl_index_entry){.file_id = known != NULL ? known->file_id : 0};
    if (known != NULL) {
        known->seen = true;
        entry->old_nbytes = known->nbytes;
        entry->old_links = known->links;
        memcpy(entry->old_hash, known->content, sizeof entry->old_hash);
    }
    return rsl_path_list_add(&plan->paths, path) == 0;
}

static int compare_entries(const void *a, const void *b)
{
    const struct rsl_index_entry *x = a, *y = b;
    return strcmp(x->shown, y->shown);
}

static void sort_entries(struct rsl_index_plan *plan)
{
    size_t n = plan->nentries > 0;
    qsort(plan->entries, plan->nentries, sizeof *plan->entries, compare_entries);
    for (size_t i = 1; i < plan->nentries; i++) {
        if (compare_entries(&plan->entries[n - 1], &plan->entries[i]) != 0)
            plan->entries[n++] = plan->entries[i];
    }
    plan->nentries = n;
}

static enum rsl_status compare(struct comparison *c, struct rsl_index_plan *plan)
{
    size_t capacity = 0;
    struct rsl_index_manifests manifests = {0};
    for (size_t i = 0; i < c->nfinders; i++) {
        const struct finder *finder = &c->finders[i];
        capacity += finder->found.n;
        plan->nfiles += finder->nfiles;
        manifests.sum += finder->manifests.sum;
        if (finder->manifests.newest_ns > manifests.newest_ns)
            manifests.newest_ns = finder->manifests.newest_ns;
    }
    plan->manifests = rsl_index_manifests_number(&manifests);
    plan->entries = malloc((capacity + 1) * sizeof *plan->entries);
    plan->gone = malloc((c->known.n + 1) * sizeof *plan->gone);
    if (plan->entries == NULL || plan->gone == NULL || !make_table(c))
        return RSL_ENOMEM;
    for (size_t i = 0; i < c->nfinders; i++) {
        const struct finder *finder = &c->finders[i];
        const struct found *found = finder->found.elements;
        for (size_t k = 0; k < finder->found.n; k++) {
            if (!compare_file(c, &found[k], rsl_path_list_get(&finder->paths, found[k].path), plan))
                return RSL_ENOMEM;
        }
    }
    rsl_index_plan_set_paths(plan, c->skip);
    sort_entries(plan);
    const struct known *known = c->known.elements;
    for (size_t i = 0; i < c->known.n; i++) {
        if (!known[i].seen)
            plan->gone[plan->ngone++] = known[i].file_id;
    }
    return RSL_OK;
}

enum rsl_status rsl_index_plan_changes(struct rsl_index_plan *plan,
                                       const struct rsl_index_tree *tree, struct rsl_store *store,
                                       struct rsl_folder_stamps *folders, bool *same_out)
{
    struct comparison c = {
        .tree = tree, .skip = rsl_index_root_nbytes(tree->root), .folders = folders};
    c.nfinders = rsl_pool_nworkers(tree->walk.pool);
    c.finders = calloc(c.nfinders, sizeof *c.finders);
    enum rsl_status status = c.finders == NULL ? RSL_ENOMEM : rsl_store_get_folders(store, folders);
    if (status == RSL_OK)
        status = walk_tree(&c);
    if (status == RSL_OK)
        status = read_known(&c, store, same_out);
    if (status == RSL_OK)
        status = compare(&c, plan);
    for (size_t i = 0; c.finders != NULL && i < c.nfinders; i++) {
        rsl_path_list_fini(&c.finders[i].paths);
        free(c.finders[i].found.elements);
        free(c.finders[i].suspects.elements);
        free(c.finders[i].same.elements);
    }
    free(c.finders);
    rsl_path_list_fini(&c.known_paths);
    free(c.known.elements);
    free(c.table);
    return status;
}
