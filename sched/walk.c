/* The walk as a whole: its roots, its jobs, its end. walk_internal.h says who may do what when. */
#include "sched/walk_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sched/open_path.h"

void rsl_walk_stop(struct rsl_walk *walk, uint32_t status)
{
    uint32_t none = 0;
    /* Relaxed: nothing is published; the scope's end orders it before the caller reads it. */
    if (rsl_u32_cas_relaxed(&walk->status, &none, status) && walk->scope_is_open)
        rsl_scope_cancel(&walk->scope);
}

bool rsl_walk_reserve(struct rsl_walk *walk, struct rsl_walk_buffer *buffer, size_t nbytes)
{
    if (nbytes <= buffer->capacity)
        return true;
    const size_t capacity = nbytes + nbytes / 2 + 256;
    char *bytes =
        walk->allocator->resize(walk->allocator->state, buffer->bytes, buffer->capacity, capacity);
    if (bytes == NULL) {
        rsl_walk_stop(walk, RSL_ENOMEM);
        return false;
    }
    buffer->bytes = bytes;
    buffer->capacity = capacity;
    return true;
}

void rsl_walk_flush(struct rsl_walk_worker *worker)
{
    struct rsl_walk *walk = worker->walk;
    const size_t n = worker->nfiles;
    worker->nfiles = 0;
    worker->text.nbytes = 0;
    if (n > 0 && !rsl_walk_stopped(walk) &&
        !walk->options.emit(walk->options.context, worker->index, worker->files, n))
        rsl_walk_stop(walk, RSL_WALK_ENDED);
}

void rsl_walk_emit(struct rsl_walk_worker *worker, const struct rsl_walk_file *file)
{
    struct rsl_walk_buffer *text = &worker->text;
    const size_t nbytes = file->path_nbytes + 1;
    if (worker->nfiles == RSL_WALK_BATCH || text->capacity - text->nbytes < nbytes)
        rsl_walk_flush(worker);
    /* What is in the batch points into the text, which may move only while that is empty. */
    if (!rsl_walk_reserve(worker->walk, text,
                          nbytes > RSL_WALK_BATCH_NBYTES ? nbytes : RSL_WALK_BATCH_NBYTES))
        return;
    char *path = text->bytes + text->nbytes;
    memcpy(path, file->path, file->path_nbytes);
    path[file->path_nbytes] = 0;
    text->nbytes += nbytes;
    worker->files[worker->nfiles] = *file;
    worker->files[worker->nfiles++].path = path;
}

void rsl_walk_lineage_drop(struct rsl_walk_lineage *lineage, const struct rsl_allocator *allocator)
{
    /* acq_rel: pairs with itself, as in rsl_ignore_level_drop. */
    while (lineage != NULL && rsl_size_fetch_add_acq_rel(&lineage->nholders, (size_t)-1) == 1) {
        struct rsl_walk_lineage *up = lineage->up;
        allocator->release(allocator->state, lineage, sizeof *lineage);
        lineage = up;
    }
}

/* ---- jobs */

static struct rsl_walk_folder *take_found(struct rsl_walk_worker *worker)
{
    pthread_mutex_lock(&worker->lock);
    struct rsl_walk_folder *folder = worker->found;
    if (folder != NULL)
        worker->found = folder->next;
    pthread_mutex_unlock(&worker->lock);
    return folder;
}

/* Moves the worker's children to what it has found. Returns how many. */
static size_t publish_children(struct rsl_walk_worker *worker)
{
    struct rsl_walk_folder *const first = worker->children;
    struct rsl_walk_folder *last = first;
    size_t n = 1;
    if (first == NULL)
        return 0;
    worker->children = NULL;
    for (; last->next != NULL; last = last->next)
        n++;
    pthread_mutex_lock(&worker->lock);
    last->next = worker->found;
    worker->found = first;
    pthread_mutex_unlock(&worker->lock);
    return n;
}

/* Reads a folder that the worker `arg` has found, and as long as there are folders below, the first
 * of these; a job for each of the others. */
static int read_found(struct rsl_worker *pool_worker, void *arg)
{
    struct rsl_walk_worker *from = arg;
    struct rsl_walk *walk = from->walk;
    struct rsl_walk_worker *worker = walk->workers[rsl_worker_index(pool_worker)];
    struct rsl_walk_folder *folder = take_found(from);
    while (folder != NULL) {
        if (rsl_walk_stopped(walk)) {
            rsl_walk_free_folder(walk, folder);
            break;
        }
        rsl_walk_read_folder(worker, folder);
        folder = worker->children;
        if (folder != NULL) {
            worker->children = folder->next;
            folder->next = NULL;
        }
        for (size_t n = publish_children(worker); n > 0; n--) {
            if (rsl_scope_spawn(&walk->scope, pool_worker, read_found, worker) != RSL_OK)
                rsl_walk_stop(walk, RSL_ENOMEM);
        }
    }
    return 0;
}

/* Reads all folders that the only worker has found. */
static void read_all(struct rsl_walk *walk)
{
    struct rsl_walk_worker *worker = walk->workers[0];
    publish_children(worker);
    while (!rsl_walk_stopped(walk)) {
        struct rsl_walk_folder *folder = take_found(worker);
        if (folder == NULL)
            break;
        rsl_walk_read_folder(worker, folder);
        publish_children(worker);
    }
}

/* The same by all workers of the pool. Returns what the scope ended with. */
static int read_all_by_pool(struct rsl_walk *walk)
{
    enum rsl_status status = rsl_scope_begin_outside(&walk->scope, walk->options.pool);
    if (status != RSL_OK) {
        rsl_walk_stop(walk, status);
        return 0;
    }
    walk->scope_is_open = true;
    for (size_t n = publish_children(walk->workers[0]); n > 0 && status == RSL_OK; n--)
        status = rsl_scope_spawn(&walk->scope, NULL, read_found, walk->workers[0]);
    if (status != RSL_OK)
        rsl_walk_stop(walk, status);
    const int ended = rsl_scope_wait(&walk->scope);
    walk->scope_is_open = false;
    return ended;
}

/* ---- roots */

static char *copy(const struct rsl_walk *walk, const char *text, size_t nbytes)
{
    char *to = walk->allocator->allocate(walk->allocator->state, nbytes + 2);
    if (to != NULL)
        memcpy(to, text, nbytes + 1);
    return to;
}

/* Finds the root's absolute path. Where that is too long for the system, the root is taken for the
 * root of everything. */
static enum rsl_status set_real(const struct rsl_walk *walk, struct rsl_walk_root *root)
{
    char resolved[PATH_MAX];
    const char *real = realpath(root->path, resolved) != NULL ? resolved : "/";
    root->real_nbytes = strlen(real);
    root->real_capacity = root->real_nbytes + 2;
    root->real = copy(walk, real, root->real_nbytes);
    if (root->real == NULL)
        return RSL_ENOMEM;
    if (root->real[root->real_nbytes - 1] != '/')
        root->real[root->real_nbytes++] = '/';
    return RSL_OK;
}

static enum rsl_status add_root(struct rsl_walk *walk, struct rsl_walk_root *root)
{
    const struct rsl_walk_options *options = &walk->options;
    struct rsl_walk_worker *worker = walk->workers[0];
    const size_t given_nbytes = strlen(root->path);
    enum rsl_status status = RSL_OK;
    struct stat st;
    int error = 0;
    if (stat(root->path, &st) != 0) {
        error = errno;
        const int fd = error == ENAMETOOLONG
                           ? rsl_open_path(root->path, given_nbytes, O_PATH | O_CLOEXEC)
                           : -error;
        error = fd < 0 ? -fd : fstat(fd, &st) != 0 ? errno : 0;
        if (fd >= 0)
            close(fd);
    }
    if (error != 0) {
        options->report(options->context, root->path, error);
        return RSL_OK;
    }
    root->entry.name = root->path;
    if (!S_ISDIR(st.st_mode)) {
        const struct rsl_walk_file file = {
            .path = root->path,
            .path_nbytes = given_nbytes,
            .inode = st.st_ino,
            .nbytes = S_ISREG(st.st_mode) ? st.st_size : -1,
            .mtime_ns = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec,
        };
        root->entry.file = file;
        root->is_there = true;
        if (!options->sorted)
            rsl_walk_emit(worker, &file);
        return RSL_OK;
    }
    const bool has_slash = root->path[given_nbytes - 1] == '/';
    root->path_nbytes = given_nbytes + !has_slash;
    root->entry.name_nbytes = given_nbytes - has_slash;
    if (walk->overrides.nlist > 0)
        root->glob_off = rsl_overrides_relative_part(root->path, root->path_nbytes);
    struct rsl_ignore_level *level = NULL;
    if (!options->no_ignore) {
        status = set_real(walk, root);
        if (status == RSL_OK)
            status = rsl_ignore_level_enter_above(&walk->ignore, root->real, root->real_nbytes - 1,
                                                  &level);
        if (status != RSL_OK)
            return status;
    }
    if (options->sorted) {
        root->entry.folder = rsl_walk_add_listing(worker);
        root->is_there = root->entry.folder != NULL;
    }
    struct rsl_walk_folder *folder = rsl_walk_add_folder(worker, NULL, root->path, given_nbytes);
    if (folder == NULL) {
        rsl_ignore_level_drop(level, walk->allocator);
        return RSL_ENOMEM;
    }
    folder->root = root;
    folder->level = level;
    folder->listing = root->entry.folder;
    folder->through_link = true;
    return RSL_OK;
}

static enum rsl_status add_roots(struct rsl_walk *walk, const char *const *roots, size_t nroots)
{
    if (nroots == 0)
        return RSL_OK;
    walk->roots = walk->allocator->allocate(walk->allocator->state, nroots * sizeof *walk->roots);
    if (walk->roots == NULL)
        return RSL_ENOMEM;
    walk->nroots = nroots;
    for (size_t i = 0; i < nroots; i++)
        walk->roots[i] = (struct rsl_walk_root){.path = roots[i]};
    enum rsl_status status = RSL_OK;
    for (size_t i = 0; i < nroots && status == RSL_OK; i++)
        status = add_root(walk, &walk->roots[i]);
    return status;
}

/* ---- begin and end */

static enum rsl_status add_workers(struct rsl_walk *walk)
{
    const struct rsl_allocator *allocator = walk->allocator;
    const size_t n = walk->options.pool != NULL ? rsl_pool_nworkers(walk->options.pool) : 1;
    walk->workers = allocator->allocate(allocator->state, n * sizeof(struct rsl_walk_worker *));
    if (walk->workers == NULL)
        return RSL_ENOMEM;
    for (size_t i = 0; i < n; i++)
        walk->workers[i] = NULL;
    walk->nworkers = n;
    for (size_t i = 0; i < n; i++) {
        struct rsl_walk_worker *worker = allocator->allocate(allocator->state, sizeof *worker);
        if (worker == NULL)
            return RSL_ENOMEM;
        /* Field by field: the big buffers need not be touched. */
        memset(worker, 0, offsetof(struct rsl_walk_worker, files));
        if (pthread_mutex_init(&worker->lock, NULL) != 0) {
            allocator->release(allocator->state, worker, sizeof *worker);
            return RSL_ENOMEM;
        }
        worker->index = (unsigned)i;
        worker->walk = walk;
        walk->workers[i] = worker;
    }
    return RSL_OK;
}

static void free_folders(struct rsl_walk *walk, struct rsl_walk_folder *folder)
{
    while (folder != NULL) {
        struct rsl_walk_folder *next = folder->next;
        rsl_walk_free_folder(walk, folder);
        folder = next;
    }
}

static void free_worker(struct rsl_walk *walk, struct rsl_walk_worker *worker)
{
    const struct rsl_allocator *allocator = walk->allocator;
    free_folders(walk, worker->found);
    free_folders(walk, worker->children);
    while (worker->listings != NULL) {
        struct rsl_walk_listing *listing = worker->listings;
        worker->listings = listing->next;
        allocator->release(allocator->state, listing->entries, listing->nbytes);
        allocator->release(allocator->state, listing, sizeof *listing);
    }
    struct rsl_walk_buffer *const buffers[] = {&worker->text, &worker->path, &worker->real,
                                               &worker->entries, &worker->names};
    for (size_t i = 0; i < sizeof buffers / sizeof buffers[0]; i++)
        allocator->release(allocator->state, buffers[i]->bytes, buffers[i]->capacity);
    pthread_mutex_destroy(&worker->lock);
    allocator->release(allocator->state, worker, sizeof *worker);
}

static void fini(struct rsl_walk *walk)
{
    const struct rsl_allocator *allocator = walk->allocator;
    for (size_t i = 0; i < walk->nworkers; i++) {
        if (walk->workers[i] != NULL)
            free_worker(walk, walk->workers[i]);
    }
    allocator->release(allocator->state, walk->workers,
                       walk->nworkers * sizeof(struct rsl_walk_worker *));
    for (size_t i = 0; i < walk->nroots; i++)
        allocator->release(allocator->state, walk->roots[i].real, walk->roots[i].real_capacity);
    allocator->release(allocator->state, walk->roots, walk->nroots * sizeof *walk->roots);
    rsl_overrides_fini(&walk->overrides, allocator);
    rsl_ignore_rules_fini(&walk->ignore.global_rules, allocator);
}

static enum rsl_status read_global_rules(struct rsl_walk *walk)
{
    const struct rsl_walk_options *options = &walk->options;
    if (options->no_ignore || options->excludes_path == NULL)
        return RSL_OK;
    const int error = rsl_ignore_rules_read(&walk->ignore.global_rules, AT_FDCWD,
                                            options->excludes_path, 0, walk->allocator);
    if (error == -ENOMEM)
        return RSL_ENOMEM;
    if (error != 0 && error != -ENOENT && error != -ENOTDIR)
        options->report(options->context, options->excludes_path, -error);
    return RSL_OK;
}

enum rsl_status rsl_walk_run(const char *const *roots, size_t nroots,
                             const struct rsl_walk_options *options)
{
    struct rsl_walk walk = {.options = *options};
    walk.allocator = options->allocator != NULL ? options->allocator : &rsl_allocator_default;
    if (options->suffix == NULL)
        walk.options.suffix = "";
    walk.suffix_nbytes = strlen(walk.options.suffix);
    walk.ignore.allocator = walk.allocator;
    walk.ignore.report = options->report;
    walk.ignore.report_state = options->context;
    rsl_u32_init(&walk.status, 0);
    int ended = 0;
    enum rsl_status status =
        rsl_overrides_init(&walk.overrides, options->globs, options->nglobs, walk.allocator);
    if (status == RSL_OK)
        status = add_workers(&walk);
    if (status == RSL_OK)
        status = read_global_rules(&walk);
    if (status == RSL_OK)
        status = add_roots(&walk, roots, nroots);
    if (status != RSL_OK)
        rsl_walk_stop(&walk, status);
    else if (options->pool == NULL)
        read_all(&walk);
    else
        ended = read_all_by_pool(&walk);
    if (ended != 0)
        rsl_walk_stop(&walk, (uint32_t)ended);
    if (options->sorted && !rsl_walk_stopped(&walk))
        rsl_walk_emit_sorted(walk.workers[0]);
    for (size_t i = 0; i < walk.nworkers && !rsl_walk_stopped(&walk); i++)
        rsl_walk_flush(walk.workers[i]);
    const uint32_t why = rsl_u32_load_relaxed(&walk.status);
    fini(&walk);
    return why == RSL_WALK_ENDED ? RSL_OK : (enum rsl_status)why;
}

enum rsl_status rsl_walk_check_glob(const char *glob, const struct rsl_allocator *allocator)
{
    struct rsl_overrides overrides;
    const enum rsl_status status = rsl_overrides_init(
        &overrides, &glob, 1, allocator != NULL ? allocator : &rsl_allocator_default);
    if (status == RSL_OK)
        rsl_overrides_fini(&overrides, allocator != NULL ? allocator : &rsl_allocator_default);
    return status;
}
