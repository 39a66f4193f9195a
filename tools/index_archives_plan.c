#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "index/semver.h"
#include "tools/index_archives.h"
#include "tools/index_run.h"
#include "tools/registry.h"

void rsl_index_archives_init(struct rsl_index_archives *archives)
{
    *archives = (struct rsl_index_archives){.failed = false};
    pthread_mutex_init(&archives->lock, NULL);
}

void rsl_index_archives_fini(struct rsl_index_archives *archives)
{
    rsl_path_list_fini(&archives->paths);
    free(archives->list);
    free(archives->open);
    free(archives->touch);
    free(archives->gone);
    pthread_mutex_destroy(&archives->lock);
    *archives = (struct rsl_index_archives){.failed = false};
}

/* ---- what was found */

static bool add(struct rsl_index_archives *archives, const char *path, size_t skip, int64_t nbytes,
                int64_t mtime_ns)
{
    if (archives->n == archives->capacity) {
        const size_t capacity = archives->capacity * 2 + 64;
        struct rsl_index_archive *grown = realloc(archives->list, capacity * sizeof *grown);
        if (grown == NULL)
            return false;
        archives->list = grown;
        archives->capacity = capacity;
    }
    archives->list[archives->n++] = (struct rsl_index_archive){
        .path_index = archives->paths.npaths,
        .name_nbytes = skip, /* for a while */
        .nbytes = nbytes,
        .mtime_ns = mtime_ns,
        .yanked = -1,
    };
    return rsl_path_list_add(&archives->paths, path) == 0;
}

void rsl_index_archives_found(struct rsl_index_archives *archives, const char *path, size_t skip,
                              int64_t nbytes, int64_t mtime_ns)
{
    struct stat st;
    if (nbytes < 0 && stat(path, &st) == 0) {
        nbytes = st.st_size;
        mtime_ns = st.st_mtim.tv_sec * INT64_C(1000000000) + st.st_mtim.tv_nsec;
    }
    pthread_mutex_lock(&archives->lock);
    archives->failed |= !add(archives, path, skip, nbytes, mtime_ns);
    pthread_mutex_unlock(&archives->lock);
}

/* `p-1.0.0` of `a/p-1.0.0.crate`, cut in two. */
static void find_name(struct rsl_index_archive *archive)
{
    static const char suffix[] = ".crate";
    const char *const slash = strrchr(archive->shown, '/');
    const char *const base = slash != NULL ? slash + 1 : archive->shown;
    size_t nbytes = strlen(base);
    archive->name_nbytes = 0;
    if (nbytes < sizeof suffix || strcmp(base + nbytes - (sizeof suffix - 1), suffix) != 0)
        return;
    nbytes -= sizeof suffix - 1;
    const size_t n = rsl_semver_cut(base, nbytes);
    if (n == 0)
        return;
    archive->name = base;
    archive->name_nbytes = n;
    archive->version = base + n + 1;
    archive->version_nbytes = nbytes - n - 1;
}

static int by_path(const void *a, const void *b)
{
    const struct rsl_index_archive *x = a, *y = b;
    return strcmp(x->shown, y->shown);
}

/* A name may be met twice while its folder changes. */
static void leave_out_doubles(struct rsl_index_archives *archives)
{
    size_t n = 0;
    for (size_t i = 0; i < archives->n; i++) {
        if (n == 0 || by_path(&archives->list[n - 1], &archives->list[i]) != 0)
            archives->list[n++] = archives->list[i];
    }
    archives->n = n;
}

/* ---- which are wanted */

static int compare_names(const struct rsl_index_archive *a, const struct rsl_index_archive *b)
{
    const size_t n = a->name_nbytes < b->name_nbytes ? a->name_nbytes : b->name_nbytes;
    const int order = memcmp(a->name, b->name, n);
    return order != 0 ? order
                      : (a->name_nbytes > b->name_nbytes) - (a->name_nbytes < b->name_nbytes);
}

/* By package, the newest version first: one that is yanked comes behind all that are not, and then
 * a pre-release behind all others. */
static int compare_age(const struct rsl_index_archive *a, const struct rsl_index_archive *b)
{
    struct rsl_semver x, y;
    (void)rsl_semver_read(a->version, a->version_nbytes, &x);
    (void)rsl_semver_read(b->version, b->version_nbytes, &y);
    const bool a_is_yanked = a->yanked > 0, b_is_yanked = b->yanked > 0;
    if (a_is_yanked != b_is_yanked)
        return a_is_yanked ? 1 : -1;
    if ((x.pre_nbytes > 0) != (y.pre_nbytes > 0))
        return x.pre_nbytes > 0 ? 1 : -1;
    return rsl_semver_compare(&y, &x);
}

static int by_package(const void *a, const void *b)
{
    const struct rsl_index_archive *x = *(struct rsl_index_archive *const *)a;
    const struct rsl_index_archive *y = *(struct rsl_index_archive *const *)b;
    int order = compare_names(x, y);
    if (order == 0)
        order = compare_age(x, y);
    return order != 0 ? order : strcmp(x->shown, y->shown);
}

/* Asks the registry's index which are yanked, and finds the newest. */
static enum rsl_status judge(struct rsl_index_archives *archives,
                             const struct rsl_index_options *options)
{
    struct rsl_index_archive **order = malloc((archives->n + 1) * sizeof(void *));
    if (order == NULL)
        return RSL_ENOMEM;
    size_t n = 0;
    for (size_t i = 0; i < archives->n; i++) {
        if (archives->list[i].name != NULL)
            order[n++] = &archives->list[i];
    }
    qsort(order, n, sizeof(void *), by_package); /* the index is read package by package */
    struct rsl_registry *registry = NULL;
    enum rsl_status status = RSL_OK;
    if (options->registry_index != NULL &&
        (registry = rsl_registry_open(options->registry_index)) == NULL)
        status = RSL_EINVAL;
    for (size_t i = 0; i < n && registry != NULL && status == RSL_OK; i++) {
        struct rsl_registry_version version;
        switch (rsl_registry_find(registry, order[i]->name, order[i]->name_nbytes,
                                  order[i]->version, order[i]->version_nbytes, &version)) {
        case RSL_REGISTRY_FOUND: order[i]->yanked = version.yanked; break;
        case RSL_REGISTRY_UNKNOWN: break;
        case RSL_REGISTRY_FAILED: status = RSL_EINVAL; break;
        }
    }
    rsl_registry_close(registry);
    if (registry != NULL)
        qsort(order, n, sizeof(void *), by_package);
    for (size_t i = 0; i < n; i++)
        order[i]->newest = i == 0 || compare_names(order[i - 1], order[i]) != 0 ||
                           (order[i - 1]->newest && compare_age(order[i - 1], order[i]) == 0);
    free(order);
    return status;
}

static void leave_out(struct rsl_index_archives *archives, const struct rsl_index_options *options)
{
    size_t n = 0;
    for (size_t i = 0; i < archives->n; i++) {
        const struct rsl_index_archive *archive = &archives->list[i];
        if ((options->newest && archive->name != NULL && !archive->newest) ||
            (options->no_yanked && archive->yanked > 0))
            continue;
        archives->list[n++] = *archive;
    }
    archives->n = n;
}

/* ---- what the database knows */

struct comparison {
    struct rsl_index_archives *archives;
    size_t ngone_capacity;
};

static bool compare_known(void *context, const struct rsl_store_archive *known)
{
    struct comparison *comparison = context;
    struct rsl_index_archives *archives = comparison->archives;
    const struct rsl_index_archive key = {.shown = known->path};
    struct rsl_index_archive *found = archives->n == 0 ? NULL
                                                       : bsearch(&key, archives->list, archives->n,
                                                                 sizeof *archives->list, by_path);
    if (found != NULL) {
        found->old = *known;
        found->old_is_bad = strcmp(known->status, "ok") != 0;
        return true;
    }
    if (archives->ngone == comparison->ngone_capacity) {
        const size_t capacity = comparison->ngone_capacity * 2 + 64;
        int64_t *grown = realloc(archives->gone, capacity * sizeof *grown);
        archives->failed = grown == NULL;
        if (grown == NULL)
            return false;
        archives->gone = grown;
        comparison->ngone_capacity = capacity;
    }
    archives->gone[archives->ngone++] = known->archive_id;
    return true;
}

static bool is_same(const struct rsl_index_archive *archive)
{
    const struct rsl_store_archive *old = &archive->old;
    return old->archive_id != 0 && old->mtime_ns >= 0 && old->mtime_ns == archive->mtime_ns &&
           old->nbytes == archive->nbytes;
}

enum rsl_status rsl_index_archives_plan(struct rsl_index_archives *archives,
                                        const struct rsl_index_options *options,
                                        struct rsl_store *store)
{
    if (archives->failed)
        return RSL_ENOMEM;
    for (size_t i = 0; i < archives->n; i++) {
        struct rsl_index_archive *archive = &archives->list[i];
        archive->path = rsl_path_list_get(&archives->paths, archive->path_index);
        archive->shown = archive->path + archive->name_nbytes;
        find_name(archive);
    }
    if (archives->n > 1)
        qsort(archives->list, archives->n, sizeof *archives->list, by_path);
    leave_out_doubles(archives);
    enum rsl_status status = judge(archives, options);
    if (status != RSL_OK)
        return status;
    leave_out(archives, options);
    if (store != NULL) {
        struct comparison comparison = {.archives = archives};
        status = rsl_store_each_archive(store, compare_known, &comparison);
    }
    archives->open = malloc((archives->n + 1) * sizeof *archives->open);
    archives->touch = malloc((archives->n + 1) * sizeof *archives->touch);
    if (archives->failed || archives->open == NULL || archives->touch == NULL)
        return RSL_ENOMEM;
    for (size_t i = 0; i < archives->n && status == RSL_OK; i++) {
        const struct rsl_index_archive *archive = &archives->list[i];
        if (!is_same(archive)) {
            archives->open[archives->nopen++] = i;
            continue;
        }
        archives->nknown_files += (uint64_t)archive->old.nfiles;
        if (archive->old.yanked != archive->yanked || archive->old.newest != archive->newest)
            archives->touch[archives->ntouch++] = i;
    }
    return status;
}

void rsl_index_archives_count(const struct rsl_index_archives *archives,
                              struct rsl_index_totals *totals)
{
    totals->narchives = archives->n;
    totals->nfiles += archives->nknown_files;
}

bool rsl_index_archives_have_work(const struct rsl_index_archives *archives)
{
    return archives->nopen + archives->ntouch + archives->ngone > 0;
}
