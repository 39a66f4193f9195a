/* How the parts work together. The plan says which files to look at, in the order of their paths.
 * Workers of a pool read, parse and pack them, some at a time, as jobs; what comes of a job goes as
 * one message through a channel to the calling thread, which alone writes to the database, in the
 * order of the plan, so that the same tree gives the same database. Only so many jobs beyond the
 * one to be written next are ever under way.
 *
 * A database that is not there, or that cannot be used, is made anew beside its place and moved
 * there when it is complete and on the disk. Any other is changed in one transaction. */
#include "tools/index_run.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/index_pass.h"
#include "tools/report.h"
#include "tools/write_behind.h"

/* Tells SQLite's reason, or what else it was. What is invalid has been told, with its place; want
 * of memory may have been, and is told again rather than never. */
int rsl_index_give_up(const struct rsl_index_pass *pass, enum rsl_status status)
{
    if (pass->store != NULL && *rsl_store_message(pass->store) != '\0')
        rsl_report("%s: %s", pass->options->db_path, rsl_store_message(pass->store));
    else if (status != RSL_EINVAL)
        rsl_report("%s", rsl_status_message(status));
    return -1;
}

/* path followed by suffix; NULL if there is no memory. */
static char *with_suffix(const char *path, const char *suffix)
{
    char *text = NULL;
    return asprintf(&text, "%s%s", path, suffix) < 0 ? NULL : text;
}

/* Removes the log and its shared memory beside a database, of which they must not be taken for a
 * part of the next. */
static int remove_log(const char *db_path)
{
    static const char *const suffixes[] = {"-wal", "-shm", "-journal"};
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        char *path = with_suffix(db_path, suffixes[i]);
        if (path == NULL)
            return -ENOMEM;
        const int error = unlink(path) != 0 && errno != ENOENT ? -errno : 0;
        free(path);
        if (error != 0)
            return error;
    }
    return 0;
}

static int sync_path(const char *path, int flags)
{
    const int fd = open(path, flags | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    const int error = fsync(fd) != 0 ? -errno : 0;
    close(fd);
    return error;
}

/* Puts the finished database in its place. */
static int move_into_place(const char *from, const char *db_path)
{
    int error = sync_path(from, O_RDWR);
    if (error == 0)
        error = remove_log(db_path);
    if (error == 0 && rename(from, db_path) != 0)
        error = -errno;
    if (error != 0)
        return error;
    char *folder = strdup(db_path);
    if (folder == NULL)
        return -ENOMEM;
    char *slash = strrchr(folder, '/');
    if (slash != NULL)
        slash[slash == folder] = '\0';
    error = sync_path(slash != NULL ? folder : ".", O_RDONLY | O_DIRECTORY);
    free(folder);
    return error == -EINVAL ? 0 : error; /* some file systems cannot sync a folder */
}

/* The same on a thread of its own. */
struct moving {
    const char *from, *db_path;
    int error;
};

static void *move_aside(void *arg)
{
    struct moving *moving = arg;
    moving->error = move_into_place(moving->from, moving->db_path);
    return NULL;
}

/* Puts the finished database in its place, and frees all else while the disk is busy. */
static int move_and_stop(struct rsl_index_pass *pass, const char *from)
{
    struct moving moving = {.from = from, .db_path = pass->options->db_path};
    pthread_t mover;
    const bool has_mover = pthread_create(&mover, NULL, move_aside, &moving) == 0;
    rsl_index_pass_stop(pass);
    if (has_mover)
        pthread_join(mover, NULL);
    else
        move_aside(&moving);
    if (moving.error == 0)
        return 0;
    rsl_report("%s: %s", moving.db_path, strerror(-moving.error));
    return -1;
}

/* All of the tree into a new database, without its end. */
static enum rsl_status fill(struct rsl_index_pass *pass, bool with_graph)
{
    const struct rsl_index_tree tree = rsl_index_pass_tree(pass);
    enum rsl_status status = rsl_index_plan_all(&pass->plan, &tree);
    if (status == RSL_OK)
        status = rsl_index_archives_plan(&pass->archives, pass->options, NULL);
    pass->totals.nfiles = pass->plan.nfiles;
    pass->work = RSL_INDEX_ALL;
    pass->takes_facts = with_graph;
    pass->keeps_folders = true;
    if (status == RSL_OK && with_graph)
        status = rsl_index_graph_begin(&pass->graph, tree.root, &rsl_file_tree_disk);
    if (status == RSL_OK && with_graph)
        rsl_index_graph_search(&pass->graph, &pass->plan);
    if (status == RSL_OK)
        status = rsl_store_begin(pass->store);
    if (status == RSL_OK)
        status = rsl_index_pass_run(pass);
    if (status == RSL_OK)
        status = rsl_index_archives_run(pass);
    if (status == RSL_OK)
        status = rsl_index_pass_finish(pass);
    if (status == RSL_OK && with_graph)
        status = rsl_store_put_manifests(pass->store, pass->plan.manifests);
    if (status == RSL_OK)
        status = rsl_store_put_folders(pass->store, &pass->folders);
    return status;
}

/* Makes the database at `path`, which is not there. */
static int make_at(struct rsl_index_pass *pass, const char *path)
{
    enum rsl_store_state state = RSL_STORE_UNREADABLE;
    if (rsl_index_pass_start(pass) != 0)
        return -1;
    pass->store = rsl_store_open(path, RSL_STORE_CREATE, pass->options->vfs, &state);
    struct rsl_write_behind behind = {0};
    rsl_write_behind_start(&behind, path);
    enum rsl_status status = pass->store == NULL        ? rsl_index_fail_memory()
                             : state == RSL_STORE_READY ? fill(pass, true)
                                                        : RSL_EIO;
    if (status == RSL_OK)
        status = rsl_store_finish(pass->store);
    const int result = status == RSL_OK ? 0 : rsl_index_give_up(pass, status);
    rsl_store_close(pass->store);
    pass->store = NULL;
    rsl_write_behind_stop(&behind); /* now: to close a file gives up SQLite's locks on it */
    return result;
}

static int make_new(struct rsl_index_pass *pass)
{
    const char *db_path = pass->options->db_path;
    pass->totals.is_new = true;
    char *path = with_suffix(db_path, ".new");
    if (path == NULL) {
        rsl_index_fail_memory();
        return -1;
    }
    int result = -1;
    if ((unlink(path) != 0 && errno != ENOENT) || remove_log(path) != 0) {
        rsl_report("%s: %s", path, strerror(errno));
    } else {
        result = make_at(pass, path);
        if (result == 0)
            result = move_and_stop(pass, path);
        else
            rsl_index_pass_stop(pass);
    }
    if (result != 0) {
        unlink(path);
        remove_log(path);
    }
    free(path);
    return result;
}

enum rsl_status rsl_index_begin_changes(struct rsl_index_pass *pass)
{
    pass->work = RSL_INDEX_CHANGED;
    pass->takes_facts = pass->graph.is_there;
    pass->links_changed = pass->files_changed = false;
    return rsl_store_begin(pass->store);
}

enum rsl_status rsl_index_end_changes(struct rsl_index_pass *pass, enum rsl_status status,
                                      bool manifests_changed, int64_t manifests)
{
    const struct rsl_index_graph *graph = &pass->graph;
    if (status == RSL_OK)
        status = rsl_store_tidy_names(pass->store);
    /* Which crates there are is found out from all files and manifests at once. */
    if (status == RSL_OK && (pass->files_changed || manifests_changed || graph->is_short ||
                             (pass->links_changed && !graph->is_there)))
        status = rsl_index_pass_rebuild_graph(pass);
    else if (status == RSL_OK && graph->is_there && (pass->links_changed || graph->is_stale))
        status = rsl_index_pass_update_graph(pass);
    if (status == RSL_OK && manifests_changed)
        status = rsl_store_put_manifests(pass->store, manifests);
    if (status == RSL_OK && pass->keeps_folders)
        status = rsl_store_put_folders(pass->store, &pass->folders);
    if (status == RSL_OK)
        status = rsl_store_commit(pass->store);
    if (status != RSL_OK) { /* it says what the database will not */
        rsl_index_graph_fini(&pass->graph);
        rsl_store_roll_back(pass->store);
    }
    return status;
}

enum rsl_status rsl_index_change(struct rsl_index_pass *pass)
{
    const struct rsl_index_tree tree = rsl_index_pass_tree(pass);
    int64_t known = 0;
    bool same = false;
    rsl_index_plan_fini(&pass->plan);
    rsl_index_archives_fini(&pass->archives);
    rsl_index_archives_init(&pass->archives);
    rsl_folder_stamps_fini(&pass->folders);
    enum rsl_status status =
        rsl_index_plan_changes(&pass->plan, &tree, pass->store, &pass->folders, &same);
    if (status == RSL_OK)
        status = rsl_index_archives_plan(&pass->archives, pass->options, pass->store);
    if (status == RSL_OK)
        status = rsl_store_get_manifests(pass->store, &known);
    pass->totals.nfiles = pass->plan.nfiles;
    const int64_t manifests = pass->plan.manifests;
    const bool manifests_changed = manifests != known || known == 0;
    same = same && !rsl_index_archives_have_work(&pass->archives);
    if (status == RSL_OK && same && !manifests_changed)
        rsl_index_archives_count(&pass->archives, &pass->totals);
    if (status == RSL_OK && (!same || manifests_changed)) {
        pass->keeps_folders = true;
        status = rsl_index_begin_changes(pass);
        if (status == RSL_OK)
            status = rsl_index_pass_remove(pass);
        if (status == RSL_OK)
            status = rsl_index_pass_run(pass);
        if (status == RSL_OK)
            status = rsl_index_archives_run(pass);
        status = rsl_index_end_changes(pass, status, manifests_changed, manifests);
        pass->keeps_folders = false;
    }
    rsl_folder_stamps_fini(&pass->folders);
    return status;
}

/* Moves a file that is no database of ours out of the way, to a name that is free. */
static int set_aside(const struct rsl_index_options *options, const char *what)
{
    char *to = NULL;
    for (unsigned i = 1; i < 1000; i++) {
        free(to);
        if (asprintf(&to, "%s.aside-%u", options->db_path, i) < 0) {
            rsl_index_fail_memory();
            return -1;
        }
        /* Nobody else does this at the same time: there is the lock. */
        if (access(to, F_OK) == 0)
            continue;
        if (rename(options->db_path, to) != 0)
            break;
        rsl_report("%s is %s; moved to %s", options->db_path, what, to);
        free(to);
        return 0;
    }
    rsl_report("%s is %s, and cannot be moved away: %s", options->db_path, what, strerror(errno));
    free(to);
    return -1;
}

/* `state`: of the database that is there. */
static int update(struct rsl_index_pass *pass, enum rsl_store_state state)
{
    switch (state) {
    case RSL_STORE_READY: {
        const bool started = rsl_index_pass_start(pass) == 0;
        const enum rsl_status status = started ? rsl_index_change(pass) : RSL_ENOMEM;
        rsl_index_pass_stop(pass);
        if (!started)
            return -1;
        if (status == RSL_OK)
            return 0;
        if (!rsl_store_is_corrupt(pass->store))
            return rsl_index_give_up(pass, status);
        pass->totals = (struct rsl_index_totals){0};
        break;
    }
    case RSL_STORE_MISSING: return make_new(pass);
    case RSL_STORE_OTHER_VERSION:
        rsl_report("%s is of another version of rustle; making it anew", pass->options->db_path);
        return make_new(pass);
    case RSL_STORE_FOREIGN:
    case RSL_STORE_CORRUPT: break;
    case RSL_STORE_UNREADABLE: return rsl_index_give_up(pass, RSL_EIO);
    }
    rsl_store_close(pass->store);
    pass->store = NULL;
    const bool foreign = state == RSL_STORE_FOREIGN;
    if (set_aside(pass->options, foreign ? "no database of rustle" : "damaged") != 0)
        return -1;
    return make_new(pass);
}

int rsl_index_try_lock(const struct rsl_index_options *options, bool *told)
{
    int64_t holder;
    const int lock = rsl_store_lock(options->db_path, false, &holder);
    if (lock == -EWOULDBLOCK) {
        if (!*told && !options->quiet && holder > 0)
            rsl_report("waiting for process %" PRId64 ", which is writing %s", holder,
                       options->db_path);
        *told = true;
    } else if (lock < 0) {
        rsl_report("%s.lock: %s", options->db_path, strerror(-lock));
    }
    return lock;
}

static int get_lock(const struct rsl_index_options *options)
{
    bool told = false;
    int64_t holder;
    int lock = rsl_index_try_lock(options, &told);
    if (lock == -EWOULDBLOCK) {
        lock = rsl_store_lock(options->db_path, true, &holder);
        if (lock < 0)
            rsl_report("%s.lock: %s", options->db_path, strerror(-lock));
    }
    return lock;
}

int rsl_index_run_locked(const struct rsl_index_options *options,
                         struct rsl_index_totals *totals_out)
{
    struct rsl_index_pass pass = {.options = options};
    rsl_progress_init(&pass.progress, !options->quiet);
    enum rsl_store_state state;
    int result = -1;
    pass.store = rsl_store_open(options->db_path, RSL_STORE_WRITE, options->vfs, &state);
    if (pass.store == NULL) {
        rsl_index_fail_memory();
    } else {
        if (state != RSL_STORE_READY && state != RSL_STORE_UNREADABLE) {
            rsl_store_close(pass.store);
            pass.store = NULL;
        }
        result = update(&pass, state);
        rsl_store_close(pass.store);
    }
    *totals_out = pass.totals;
    totals_out->nunreadable += rsl_u64_load_relaxed(&pass.nunreadable);
    return result;
}

int rsl_index_run(const struct rsl_index_options *options, struct rsl_index_totals *totals_out)
{
    *totals_out = (struct rsl_index_totals){0};
    const int lock = get_lock(options);
    if (lock < 0)
        return -1;
    const int result = rsl_index_run_locked(options, totals_out);
    close(lock);
    return result;
}

struct rsl_store *rsl_index_in_memory(const struct rsl_index_options *options, bool with_graph)
{
    struct rsl_index_pass pass = {.options = options};
    enum rsl_store_state state;
    if (rsl_index_pass_start(&pass) != 0) {
        rsl_index_pass_stop(&pass);
        return NULL;
    }
    rsl_progress_init(&pass.progress, !options->quiet);
    pass.store = rsl_store_open(":memory:", RSL_STORE_CREATE, NULL, &state);
    enum rsl_status status = pass.store == NULL         ? rsl_index_fail_memory()
                             : state == RSL_STORE_READY ? fill(&pass, with_graph)
                                                        : RSL_EIO;
    if (status == RSL_OK)
        status = rsl_store_commit(pass.store);
    rsl_index_pass_stop(&pass);
    if (status == RSL_OK)
        return pass.store;
    (void)rsl_index_give_up(&pass, status);
    rsl_store_close(pass.store);
    return NULL;
}
