#include "tools/index_live.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/db_path.h"
#include "tools/index_pass.h"
#include "tools/report.h"

struct rsl_live_index {
    struct rsl_index_pass pass; /* its store is NULL after a failure that closed it */
    int lock;
    bool has_new_graph;
    bool has_settled; /* no more is noted of which files have been written */
    uint8_t *written; /* by file_id, a bit for each that was */
    size_t nwritten;  /* bytes */
};

struct rsl_live_change *rsl_live_change_create(const char *shown)
{
    const size_t nbytes = strlen(shown) + 1;
    struct rsl_live_change *change = malloc(sizeof *change + nbytes);
    if (change == NULL)
        return NULL;
    *change = (struct rsl_live_change){0};
    memcpy(change->path, shown, nbytes);
    rsl_index_row_init(&change->row, change->path);
    change->row.is_gone = true;
    return change;
}

void rsl_live_change_destroy(struct rsl_live_change *change)
{
    if (change == NULL)
        return;
    rsl_index_row_fini(&change->row);
    rsl_pack_buffer_fini(&change->bytes);
    free(change);
}

/* Opens the database, which is there and sound. */
static int open_store(struct rsl_live_index *live)
{
    const struct rsl_index_options *options = live->pass.options;
    enum rsl_store_state state;
    live->has_new_graph = true;
    live->pass.store = rsl_store_open(options->db_path, RSL_STORE_WRITE, options->vfs, &state);
    if (live->pass.store == NULL) {
        rsl_index_fail_memory();
        return -1;
    }
    if (state == RSL_STORE_READY)
        return 0;
    rsl_report("%s: %s", options->db_path, rsl_store_message(live->pass.store));
    rsl_store_close(live->pass.store);
    live->pass.store = NULL;
    return -1;
}

struct rsl_live_index *rsl_live_index_open(const struct rsl_index_options *options, int lock,
                                           struct rsl_index_totals *totals_out)
{
    *totals_out = (struct rsl_index_totals){0};
    struct rsl_live_index *live = calloc(1, sizeof *live);
    if (live == NULL) {
        rsl_index_fail_memory();
        close(lock);
        return NULL;
    }
    live->pass.options = options;
    live->lock = lock;
    if (rsl_index_run_locked(options, totals_out) == 0 && open_store(live) == 0 &&
        rsl_index_pass_start(&live->pass) == 0)
        return live;
    rsl_live_index_close(live);
    return NULL;
}

void rsl_live_index_close(struct rsl_live_index *live)
{
    if (live == NULL)
        return;
    rsl_index_pass_stop(&live->pass);
    rsl_store_close(live->pass.store);
    close(live->lock);
    free(live->written);
    free(live);
}

/* Takes the lock again if its file was taken away too: whoever comes now locks another one. */
static int lock_again(struct rsl_live_index *live)
{
    const struct rsl_index_options *options = live->pass.options;
    int64_t holder;
    if (rsl_store_is_lock(options->db_path, live->lock))
        return 0;
    const int lock = rsl_store_lock(options->db_path, false, &holder);
    if (lock < 0) {
        rsl_report("%s.lock: %s", options->db_path, strerror(-lock));
        return -1;
    }
    close(live->lock);
    live->lock = lock;
    return 0;
}

/* Makes the database anew from the whole tree if it was taken away, or turned out to be damaged. */
static int find_again(struct rsl_live_index *live)
{
    struct rsl_index_totals totals;
    if (live->pass.store != NULL && !rsl_store_has_moved(live->pass.store) &&
        !rsl_store_is_corrupt(live->pass.store))
        return 0;
    rsl_store_close(live->pass.store);
    live->pass.store = NULL;
    rsl_index_graph_fini(&live->pass.graph);
    live->has_settled = true; /* it has the files that there are */
    const struct rsl_index_options *options = live->pass.options;
    const int error = rsl_db_make_folder_of(options->root, options->db_path);
    if (error != 0)
        rsl_report("%s: %s", options->db_path, strerror(-error));
    if (error != 0 || lock_again(live) != 0 || rsl_index_run_locked(options, &totals) != 0)
        return -1;
    return open_store(live);
}

/* Notes that the file was written. False without memory. */
static bool note_written(struct rsl_live_index *live, int64_t file_id)
{
    const size_t at = (size_t)file_id / 8;
    if (live->has_settled)
        return true;
    if (at >= live->nwritten) {
        const size_t n = 2 * at + 256;
        uint8_t *grown = realloc(live->written, n);
        if (grown == NULL)
            return false;
        memset(grown + live->nwritten, 0, n - live->nwritten);
        live->written = grown;
        live->nwritten = n;
    }
    live->written[at] |= (uint8_t)(1U << file_id % 8);
    return true;
}

static bool was_written(const struct rsl_live_index *live, int64_t file_id)
{
    const size_t at = (size_t)file_id / 8;
    return at < live->nwritten && (live->written[at] >> file_id % 8 & 1) != 0;
}

static enum rsl_status write_change(struct rsl_live_index *live, struct rsl_live_change *change)
{
    struct rsl_index_pass *pass = &live->pass;
    struct rsl_index_row *row = &change->row;
    struct rsl_store_stamp known;
    if (rsl_index_is_refused(row->file.path))
        return RSL_OK;
    enum rsl_status status = rsl_store_find_file(pass->store, row->file.path, &known);
    if (status != RSL_OK && status != RSL_EINVAL)
        return status;
    row->file.file_id = known.file_id;
    row->old_links = known.links;
    row->is_unchanged = known.file_id != 0 && !row->is_gone && row->file.message == NULL &&
                        known.nbytes == row->file.nbytes && known.links == row->file.links &&
                        memcmp(known.hash, row->file.hash, sizeof known.hash) == 0;
    status = rsl_index_pass_write(pass, row, &change->bytes);
    if (status == RSL_OK && row->file.file_id != 0 && !note_written(live, row->file.file_id))
        status = rsl_index_fail_memory();
    return status;
}

/* The end of a transaction. */
static int end(struct rsl_live_index *live, enum rsl_status status, bool manifests_changed,
               int64_t manifests)
{
    struct rsl_index_pass *pass = &live->pass;
    status = rsl_index_end_changes(pass, status, manifests_changed, manifests);
    if (status == RSL_OK) {
        live->has_new_graph |= pass->graph_changed;
        return 0;
    }
    if (rsl_store_is_corrupt(pass->store)) /* what it is made of then is no older */
        return find_again(live);
    return rsl_index_give_up(pass, status);
}

static enum rsl_status begin(struct rsl_live_index *live)
{
    struct rsl_index_pass *pass = &live->pass;
    pass->totals = (struct rsl_index_totals){0};
    pass->graph_changed = false;
    return rsl_index_begin_changes(pass);
}

int rsl_live_index_write(struct rsl_live_index *live, const struct rsl_live_batch *batch)
{
    struct rsl_index_pass *pass = &live->pass;
    if (find_again(live) != 0)
        return -1;
    enum rsl_status status = begin(live);
    for (struct rsl_live_change *change = batch->changes; change != NULL && status == RSL_OK;
         change = change->next)
        status = write_change(live, change);
    pass->links_changed |= batch->resolves;
    pass->graph.is_short |= batch->in_doubt;
    return end(live, status, batch->manifests_changed, batch->manifests);
}

struct leftovers {
    struct rsl_live_index *live;
    int64_t *files;
    size_t n, capacity;
    bool failed;
};

static bool add_leftover(void *context, const struct rsl_store_stamp *file)
{
    struct leftovers *left = context;
    if (was_written(left->live, file->file_id))
        return true;
    if (left->n == left->capacity) {
        const size_t capacity = left->capacity * 2 + 256;
        int64_t *grown = realloc(left->files, capacity * sizeof *grown);
        left->failed = grown == NULL;
        if (grown == NULL)
            return false;
        left->files = grown;
        left->capacity = capacity;
    }
    left->files[left->n++] = file->file_id;
    return true;
}

int rsl_live_index_settle(struct rsl_live_index *live, int64_t manifests)
{
    struct rsl_index_pass *pass = &live->pass;
    struct leftovers left = {.live = live};
    int64_t known = 0;
    if (find_again(live) != 0)
        return -1;
    enum rsl_status status = rsl_store_get_manifests(pass->store, &known);
    if (status == RSL_OK && !live->has_settled)
        status = rsl_store_each_file(pass->store, add_leftover, &left);
    if (left.failed)
        status = rsl_index_fail_memory();
    const bool manifests_changed = manifests != known || known == 0;
    int result = 0;
    if (status == RSL_OK && left.n == 0 && !manifests_changed) {
        live->has_settled = true;
    } else if (status != RSL_OK) {
        result = rsl_index_give_up(pass, status);
    } else {
        status = begin(live);
        for (size_t i = 0; i < left.n && status == RSL_OK; i++)
            status = rsl_store_remove_file(pass->store, left.files[i]);
        pass->files_changed |= left.n > 0;
        result = end(live, status, manifests_changed, manifests);
        live->has_settled = result == 0;
    }
    free(left.files);
    return result;
}

bool rsl_live_index_has_new_graph(struct rsl_live_index *live)
{
    const bool has = live->has_new_graph;
    live->has_new_graph = false;
    return has;
}

struct rsl_store *rsl_live_index_store(struct rsl_live_index *live)
{
    return live->pass.store;
}
