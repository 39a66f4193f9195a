#include "tools/index_pass.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/report.h"

enum { CHUNK_FILES = 32, WINDOW = 64 };

/* Some files for one job. Made by the calling thread, freed by the job. */
struct chunk {
    struct rsl_index_pass *pass;
    size_t index;
};

/* What came of a chunk; the receiver's to free. */
struct message {
    size_t index, nrows;
    struct rsl_index_row *rows; /* NULL if memory ran out */
    struct rsl_pack_buffer bytes;
};

/* ---- on the workers */

static int init_worker(struct rsl_worker *worker, void *arg)
{
    struct rsl_index_pass *pass = arg;
    struct rsl_file_indexer *indexer = malloc(sizeof *indexer);
    if (indexer == NULL || rsl_file_indexer_init(indexer) != RSL_OK) {
        free(indexer);
        return RSL_ENOMEM;
    }
    rsl_worker_set_slot(worker, 0, indexer);
    pass->names[rsl_worker_index(worker)] = indexer->names;
    return RSL_OK;
}

static int fini_worker(struct rsl_worker *worker, void *arg)
{
    (void)arg;
    struct rsl_file_indexer *indexer = rsl_worker_slot(worker, 0);
    rsl_file_indexer_fini(indexer);
    free(indexer);
    return RSL_OK;
}

static size_t chunk_nfiles(const struct rsl_index_pass *pass, size_t index)
{
    const size_t nleft = pass->plan.nentries - index * CHUNK_FILES;
    return nleft < CHUNK_FILES ? nleft : CHUNK_FILES;
}

/* A job. */
static int index_chunk(struct rsl_worker *worker, void *arg)
{
    struct chunk *chunk = arg;
    struct rsl_index_pass *pass = chunk->pass;
    struct rsl_file_indexer *indexer = rsl_worker_slot(worker, 0);
    struct message message = {.index = chunk->index, .nrows = chunk_nfiles(pass, chunk->index)};
    const struct rsl_index_entry *entries = &pass->plan.entries[chunk->index * CHUNK_FILES];
    free(chunk);
    indexer->work = pass->work;
    indexer->keeps_facts = pass->takes_facts;
    message.rows = malloc(message.nrows * sizeof *message.rows);
    enum rsl_status status = message.rows == NULL ? RSL_ENOMEM : RSL_OK;
    size_t n = 0;
    while (n < message.nrows && status == RSL_OK) {
        status = rsl_file_indexer_index(indexer, &entries[n], &message.rows[n]);
        n += status == RSL_OK;
    }
    if (status != RSL_OK) {
        while (n > 0)
            rsl_index_row_fini(&message.rows[--n]);
        free(message.rows);
        message.rows = NULL;
    }
    message.bytes = indexer->bytes; /* goes with the message; the next file gets a new one */
    indexer->bytes = (struct rsl_pack_buffer){0};
    return (int)rsl_mpsc_send(pass->messages, &message, RSL_FOREVER);
}

/* A job: brings the names of its worker into order. */
static int sort_names(struct rsl_worker *worker, void *arg)
{
    (void)arg;
    struct rsl_file_indexer *indexer = rsl_worker_slot(worker, 0);
    return (int)rsl_names_sort(indexer->names);
}

static void report_walk(void *context, const char *path, int error)
{
    struct rsl_index_pass *pass = context;
    struct rsl_text_buffer text = {0};
    rsl_report_put_io_error(&text, path, error);
    rsl_text_buffer_write(&text, stderr);
    rsl_text_buffer_fini(&text);
    rsl_u64_fetch_add_relaxed(&pass->nunreadable, 1);
}

static void refuse(void *context, const char *path)
{
    struct rsl_index_pass *pass = context;
    struct rsl_text_buffer text = {0};
    rsl_report_put_about(&text, path, RSL_INDEX_REFUSED);
    rsl_text_buffer_write(&text, stderr);
    rsl_text_buffer_fini(&text);
    rsl_u64_fetch_add_relaxed(&pass->nunreadable, 1);
}

/* ---- on the calling thread */

enum rsl_status rsl_index_fail_memory(void)
{
    rsl_report("%s", strerror(ENOMEM));
    return RSL_ENOMEM;
}

static void name_file(char sign, const struct rsl_store_file *file)
{
    struct rsl_text_buffer text = {0};
    rsl_text_buffer_put(&text, &sign, 1);
    rsl_text_buffer_put(&text, " ", 1);
    rsl_text_buffer_put_plain(&text, file->path, file->path_nbytes);
    rsl_text_buffer_puts(&text, "\n");
    rsl_text_buffer_write(&text, stderr);
    rsl_text_buffer_fini(&text);
}

/* Into the graph. */
static enum rsl_status take_facts(struct rsl_index_pass *pass, struct rsl_index_row *row)
{
    if (!pass->takes_facts || row->facts == NULL || row->names == NULL)
        return RSL_OK;
    const enum rsl_status status =
        rsl_index_graph_set(&pass->graph, (uint32_t)row->file.file_id, row->file.path,
                            row->file.links, row->facts, row->names);
    row->facts = NULL;
    row->names = NULL;
    return status == RSL_OK ? RSL_OK : rsl_index_fail_memory();
}

void rsl_index_pass_tell(struct rsl_index_pass *pass, const struct rsl_store_file *file)
{
    if (file->message != NULL) {
        pass->totals.nunreadable++;
        rsl_progress_clear(&pass->progress);
        rsl_report("%.*s: %s", (int)file->path_nbytes, file->path, file->message);
    }
}

/* What is at `off`, which may be nothing in a buffer that never had anything: NULL then. */
static const uint8_t *part_at(const struct rsl_pack_buffer *bytes, size_t off)
{
    return bytes->bytes == NULL ? NULL : bytes->bytes + off;
}

enum rsl_status rsl_index_pass_write_file(struct rsl_index_pass *pass, struct rsl_index_row *row,
                                          const struct rsl_pack_buffer *bytes)
{
    struct rsl_store_file *file = &row->file;
    const bool is_new = pass->work == RSL_INDEX_ALL || file->file_id == 0;
    pass->totals.nwritten++;
    pass->totals.nitems_written += file->nitems;
    if (pass->options->verbose) {
        rsl_progress_clear(&pass->progress);
        name_file(is_new ? '+' : '~', file);
    }
    const struct rsl_store_error *errors = NULL;
    if (file->nerrors > 0 && file->message == NULL)
        errors = (const struct rsl_store_error *)(const void *)part_at(bytes, row->errors_off);
    enum rsl_status status = rsl_store_put_file(pass->store, file, part_at(bytes, row->block_off),
                                                row->block_nbytes, errors);
    if (status == RSL_OK && pass->work != RSL_INDEX_ALL)
        status = rsl_store_put_names(pass->store, file->file_id, part_at(bytes, row->names_off),
                                     row->names_nbytes);
    return status;
}

/* Of a file as it is in the database now. */
static enum rsl_status stamp_folder(struct rsl_index_pass *pass, const struct rsl_store_file *file)
{
    if (!pass->keeps_folders || rsl_folder_stamps_add(&pass->folders, file->path, file->path_nbytes,
                                                      file->nbytes, file->mtime_ns))
        return RSL_OK;
    return rsl_index_fail_memory();
}

enum rsl_status rsl_index_pass_write(struct rsl_index_pass *pass, struct rsl_index_row *row,
                                     const struct rsl_pack_buffer *bytes)
{
    struct rsl_store_file *file = &row->file;
    struct rsl_index_totals *totals = &pass->totals;
    if (pass->work == RSL_INDEX_LINKS) {
        pass->graph.is_short |= row->is_gone;
        return take_facts(pass, row);
    }
    if (row->is_gone) {
        if (file->file_id == 0 || pass->work == RSL_INDEX_ALL)
            return RSL_OK;
        totals->nremoved++;
        pass->files_changed = true;
        return rsl_store_remove_file(pass->store, file->file_id);
    }
    totals->nread++;
    totals->nbytes_read += (uint64_t)file->nbytes;
    enum rsl_status status = stamp_folder(pass, file);
    if (status != RSL_OK)
        return status;
    if (row->is_unchanged) {
        status = rsl_store_touch_file(pass->store, file->file_id, file->mtime_ns);
        return status == RSL_OK ? take_facts(pass, row) : status;
    }
    /* One that cannot be read is none for the graph, and has no links. */
    pass->files_changed |= pass->work == RSL_INDEX_ALL || file->file_id == 0 ||
                           (file->links == 0) != (row->old_links == 0);
    pass->links_changed |= file->links != row->old_links;
    status = rsl_index_pass_write_file(pass, row, bytes);
    return status == RSL_OK ? take_facts(pass, row) : status;
}

/* Takes a message over. */
static enum rsl_status write_rows(struct rsl_index_pass *pass, struct message *message,
                                  enum rsl_status status)
{
    if (status == RSL_OK && message->rows == NULL)
        status = rsl_index_fail_memory();
    for (size_t i = 0; i < message->nrows && status == RSL_OK; i++) {
        if (pass->work != RSL_INDEX_LINKS)
            rsl_index_pass_tell(pass, &message->rows[i].file);
        status = rsl_index_pass_write(pass, &message->rows[i], &message->bytes);
    }
    for (size_t i = 0; message->rows != NULL && i < message->nrows; i++)
        rsl_index_row_fini(&message->rows[i]);
    free(message->rows);
    rsl_pack_buffer_fini(&message->bytes);
    return status;
}

static enum rsl_status spawn_chunk(struct rsl_index_pass *pass, size_t index)
{
    struct chunk *chunk = malloc(sizeof *chunk);
    if (chunk == NULL)
        return rsl_index_fail_memory();
    *chunk = (struct chunk){pass, index};
    if (rsl_pool_spawn(pass->pool, RSL_PRIORITY_NORMAL, index_chunk, chunk) == RSL_OK)
        return RSL_OK;
    free(chunk);
    return rsl_index_fail_memory();
}

enum rsl_status rsl_index_pass_run(struct rsl_index_pass *pass)
{
    const size_t nchunks = (pass->plan.nentries + CHUNK_FILES - 1) / CHUNK_FILES;
    struct message waiting[WINDOW] = {{0}}; /* by index modulo WINDOW */
    bool has_come[WINDOW] = {false};
    enum rsl_status status = RSL_OK;
    size_t nspawned = 0, nreceived = 0;
    for (size_t next = 0; next < nchunks && status == RSL_OK; next++) {
        while (nspawned < nchunks && nspawned < next + WINDOW && status == RSL_OK) {
            status = spawn_chunk(pass, nspawned);
            nspawned += status == RSL_OK;
        }
        while (nreceived < nspawned && !has_come[next % WINDOW]) {
            struct message message = {0};
            if (rsl_mpsc_receive(pass->messages, &message, RSL_FOREVER) != RSL_OK)
                break;
            nreceived++;
            waiting[message.index % WINDOW] = message;
            has_come[message.index % WINDOW] = true;
        }
        if (!has_come[next % WINDOW])
            break; /* it could not be spawned */
        status = write_rows(pass, &waiting[next % WINDOW], status);
        has_come[next % WINDOW] = false;
        rsl_progress_show(&pass->progress, next * CHUNK_FILES, pass->plan.nentries,
                          pass->totals.nbytes_read);
    }
    rsl_progress_clear(&pass->progress);
    while (nreceived < nspawned) { /* after a failure; the channel has room for all */
        struct message message = {0};
        if (rsl_mpsc_receive(pass->messages, &message, RSL_FOREVER) != RSL_OK)
            break;
        nreceived++;
        (void)write_rows(pass, &message, RSL_ECANCELED);
    }
    for (size_t i = 0; i < WINDOW; i++) {
        if (has_come[i])
            (void)write_rows(pass, &waiting[i], RSL_ECANCELED);
    }
    rsl_pool_wait(pass->pool);
    return status;
}

enum rsl_status rsl_index_pass_remove(struct rsl_index_pass *pass)
{
    enum rsl_status status = RSL_OK;
    for (size_t i = 0; i < pass->plan.ngone && status == RSL_OK; i++)
        status = rsl_store_remove_file(pass->store, pass->plan.gone[i]);
    pass->totals.nremoved += pass->plan.ngone;
    pass->files_changed |= pass->plan.ngone > 0;
    return status;
}

/* ---- names and graph */

struct segments {
    struct rsl_store *store;
    enum rsl_status status;
};

static bool put_segment(void *context, const uint8_t *first, size_t first_nbytes,
                        const uint8_t *segment, size_t nbytes)
{
    struct segments *segments = context;
    segments->status = rsl_store_put_segment(segments->store, first, first_nbytes, segment, nbytes);
    return segments->status == RSL_OK;
}

/* The names that the workers have collected. */
static enum rsl_status write_names(struct rsl_index_pass *pass)
{
    if (rsl_pool_broadcast(pass->pool, NULL, sort_names, NULL) != 0)
        return rsl_index_fail_memory();
    struct segments segments = {pass->store, RSL_OK};
    const enum rsl_status status =
        rsl_names_write(pass->names, rsl_pool_nworkers(pass->pool), RSL_STORE_SEGMENT_NBYTES,
                        put_segment, &segments);
    return status == RSL_ECANCELED ? segments.status
           : status != RSL_OK      ? rsl_index_fail_memory()
                                   : RSL_OK;
}

/* What the making of a graph in a thread of its own is about. */
struct making {
    struct rsl_index_pass *pass;
    struct rsl_index_rows rows;
    sem_t has_crates; /* and their modules, or failed, as crates_status says */
    enum rsl_status crates_status;
    enum rsl_status status;
};

static void *make_graph(void *arg)
{
    struct making *making = arg;
    struct rsl_index_graph *graph = &making->pass->graph;
    enum rsl_status status = rsl_index_graph_find_crates(graph);
    if (status == RSL_OK)
        status = rsl_index_rows_make_crates(&making->rows, graph);
    making->crates_status = status;
    sem_post(&making->has_crates);
    if (status == RSL_OK)
        status = rsl_project_update(&graph->project, making->pass->pool);
    if (status == RSL_OK)
        status = rsl_index_rows_make_deps(&making->rows, graph);
    making->status = status;
    return NULL;
}

/* Writes what make_graph makes, as it comes. */
static enum rsl_status write_crates(struct rsl_index_pass *pass, struct making *making)
{
    while (sem_wait(&making->has_crates) != 0) {
    }
    return making->crates_status == RSL_OK ? rsl_store_put_crates(pass->store, &making->rows.rows)
                                           : rsl_index_fail_memory();
}

static enum rsl_status write_deps(struct rsl_index_pass *pass, const struct making *making)
{
    return making->status == RSL_OK ? rsl_store_put_deps(pass->store, &making->rows.rows)
                                    : rsl_index_fail_memory();
}

static void end_making(struct rsl_index_pass *pass, struct making *making)
{
    pass->graph.is_there = making->status == RSL_OK;
    pass->graph.is_stale = false;
    pass->graph_changed = true;
    rsl_index_rows_fini(&making->rows);
    sem_destroy(&making->has_crates);
}

enum rsl_status rsl_index_pass_finish(struct rsl_index_pass *pass)
{
    struct making making = {.pass = pass};
    pthread_t thread;
    if (!pass->takes_facts)
        return write_names(pass);
    sem_init(&making.has_crates, 0, 0);
    if (pthread_create(&thread, NULL, make_graph, &making) != 0) {
        sem_destroy(&making.has_crates);
        return rsl_index_fail_memory();
    }
    enum rsl_status status = write_names(pass);
    if (status == RSL_OK)
        status = write_crates(pass, &making);
    pthread_join(thread, NULL);
    if (status == RSL_OK)
        status = write_deps(pass, &making);
    end_making(pass, &making);
    return status;
}

enum rsl_status rsl_index_pass_rebuild_graph(struct rsl_index_pass *pass)
{
    const enum rsl_index_work work = pass->work;
    const bool took_facts = pass->takes_facts;
    rsl_index_graph_fini(&pass->graph);
    rsl_index_plan_fini(&pass->plan);
    if (rsl_index_graph_begin(&pass->graph, pass->options->root, &rsl_file_tree_disk) != RSL_OK)
        return rsl_index_fail_memory();
    enum rsl_status status = rsl_index_plan_known(&pass->plan, pass->options->root, pass->store);
    if (status == RSL_ENOMEM)
        return rsl_index_fail_memory();
    pass->work = RSL_INDEX_LINKS;
    pass->takes_facts = true;
    if (status == RSL_OK)
        status = rsl_index_pass_run(pass);
    pass->work = work;
    pass->takes_facts = took_facts;
    if (status != RSL_OK)
        return status;
    struct making making = {.pass = pass};
    sem_init(&making.has_crates, 0, 0);
    make_graph(&making);
    status = write_crates(pass, &making);
    if (status == RSL_OK)
        status = write_deps(pass, &making);
    end_making(pass, &making);
    return status;
}

enum rsl_status rsl_index_pass_update_graph(struct rsl_index_pass *pass)
{
    struct rsl_index_rows rows = {0};
    bool differs = false;
    enum rsl_status status = rsl_project_update(&pass->graph.project, pass->pool);
    if (status == RSL_OK)
        status = rsl_project_guess_again(&pass->graph.project, &differs);
    if (differs) /* a file is a root now, or no more */
        return rsl_index_pass_rebuild_graph(pass);
    if (status == RSL_OK)
        status = rsl_index_rows_make(&rows, &pass->graph);
    pass->graph.is_there = status == RSL_OK;
    pass->graph.is_stale = false;
    pass->graph_changed = true;
    status =
        status == RSL_OK ? rsl_store_put_graph(pass->store, &rows.rows) : rsl_index_fail_memory();
    rsl_index_rows_fini(&rows);
    return status;
}

/* ---- start and stop */

int rsl_index_pass_start(struct rsl_index_pass *pass)
{
    const struct rsl_pool_options options = {
        .nworkers = pass->options->nthreads,
        .init_worker = init_worker,
        .fini_worker = fini_worker,
        .hook_arg = pass,
    };
    rsl_index_archives_init(&pass->archives);
    pass->names = calloc(pass->options->nthreads, sizeof(struct rsl_names *));
    if (pass->names == NULL ||
        rsl_mpsc_create(WINDOW, sizeof(struct message), NULL, &pass->messages) != RSL_OK) {
        rsl_index_fail_memory();
        return -1;
    }
    const int status = rsl_pool_create(&options, &pass->pool);
    if (status == RSL_OK)
        return 0;
    pass->pool = NULL;
    rsl_report("%s", status == RSL_EIO ? "no more threads" : strerror(ENOMEM));
    return -1;
}

void rsl_index_pass_stop(struct rsl_index_pass *pass)
{
    rsl_pool_destroy(pass->pool);
    rsl_mpsc_destroy(pass->messages);
    free(pass->names);
    pass->pool = NULL;
    pass->messages = NULL;
    pass->names = NULL;
    rsl_index_graph_fini(&pass->graph); /* ends its search, which reads the plan */
    rsl_index_plan_fini(&pass->plan);
    rsl_index_archives_fini(&pass->archives);
    rsl_folder_stamps_fini(&pass->folders);
}

struct rsl_index_tree rsl_index_pass_tree(struct rsl_index_pass *pass)
{
    return (struct rsl_index_tree){
        .root = pass->options->root,
        .archives = &pass->archives,
        .crates_only = pass->options->crates_only,
        .walk = {.pool = pass->pool,
                 .excludes_path = pass->options->excludes_path,
                 .report = report_walk,
                 .context = pass},
        .refuse = refuse,
    };
}
