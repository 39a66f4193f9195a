/* An archive is opened by a job, which makes of each source what a file would give, and of all of
 * them a graph that knows nothing else. Numbers of files are not known before it is written, since
 * nobody knows how many sources the archives before it have. So a job counts its own from 1, and
 * the writing thread gives the numbers. Only the names for a new database, which the workers
 * collect, need numbers at once: they get provisional ones, in the order in which jobs come to
 * them, and are renumbered at the end.
 *
 * What has been made and not been written yet is bounded too: by the number of archives, and by
 * their bytes. */
#include "tools/index_archives.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ds/atomic.h"
#include "ds/mpsc.h"
#include "index/pack_names.h"
#include "tools/archive_job.h"
#include "tools/index_pass.h"
#include "tools/report.h"

enum { WINDOW = 64 };

/* What came of an archive. The receiver's to free. */
struct outcome {
    size_t index; /* in the plan's `open` */
    bool failed;  /* memory ran out, or it was stopped */
    bool is_gone, is_unchanged;
    struct rsl_store_archive archive;
    char *message;
    uint32_t provisional; /* the number that its first file has in the names */
    struct rsl_index_row *rows;
    size_t nrows;
    struct rsl_pack_buffer bytes, paths; /* paths: what the rows' paths point into */
    struct rsl_index_rows graph;
};

struct run {
    struct rsl_index_pass *pass;
    struct rsl_archive_jobs *jobs;
    struct rsl_mpsc *messages;
    struct rsl_atomic_u32 stopped;     /* relaxed: whoever looks too early does work for nothing */
    struct rsl_atomic_u64 provisional; /* relaxed: the next one; a number is all that it gives */
    int64_t next_archive, next_file;   /* of a new database */
    int64_t *ids;                      /* by provisional number: file_id */
    size_t ids_capacity;
};

/* NULL: it could not be made. */
struct message {
    struct outcome *outcome;
};

/* The ticket of an archive's job. */
struct ticket {
    struct run *run;
    size_t index;
};

static void destroy_outcome(struct outcome *outcome)
{
    for (size_t i = 0; i < outcome->nrows; i++)
        rsl_index_row_fini(&outcome->rows[i]);
    free(outcome->rows);
    free(outcome->message);
    rsl_pack_buffer_fini(&outcome->bytes);
    rsl_pack_buffer_fini(&outcome->paths);
    rsl_index_rows_fini(&outcome->graph);
    free(outcome);
}

/* ---- on the workers */

/* All shown paths, one behind the other, each with its NUL. */
static bool make_paths(struct outcome *outcome, const struct rsl_archive_job *job,
                       const char *shown)
{
    const size_t n = strlen(shown);
    for (size_t i = 0; i < job->nsources; i++) {
        const struct rsl_archive_member *member = &job->archive->members[job->sources[i]];
        struct rsl_pack_buffer *paths = &outcome->paths;
        if (!rsl_pack_buffer_reserve(paths, n + 2 + member->path_nbytes + 1))
            return false;
        char *to = (char *)paths->bytes + paths->nbytes;
        memcpy(to, shown, n);
        memcpy(to + n, "!/", 2);
        memcpy(to + n + 2, member->path, member->path_nbytes + 1);
        paths->nbytes += n + 2 + member->path_nbytes + 1;
    }
    const char *at = (const char *)outcome->paths.bytes; /* moves no more */
    for (size_t i = 0; i < job->nsources; i++) {
        struct rsl_store_file *file = &outcome->rows[i].file;
        file->path = at;
        file->path_nbytes = strlen(at);
        at += file->path_nbytes + 1;
    }
    return true;
}

/* The graph of the sources, which the rows' facts and names go into. */
static enum rsl_status make_graph(struct outcome *outcome, const struct rsl_archive_job *job)
{
    const struct rsl_file_tree tree = rsl_archive_tree(job->archive);
    struct rsl_index_graph graph;
    enum rsl_status status = rsl_index_graph_begin(&graph, "", &tree);
    if (status != RSL_OK)
        return status;
    for (size_t i = 0; i < outcome->nrows && status == RSL_OK; i++) {
        struct rsl_index_row *row = &outcome->rows[i];
        if (row->facts == NULL || row->names == NULL)
            continue;
        status = rsl_index_graph_set(&graph, (uint32_t)i + 1,
                                     job->archive->members[job->sources[i]].path, row->file.links,
                                     row->facts, row->names);
        row->facts = NULL;
        row->names = NULL;
    }
    if (status == RSL_OK)
        status = rsl_index_graph_build(&graph, NULL);
    if (status == RSL_OK)
        status = rsl_index_rows_make(&outcome->graph, &graph);
    rsl_index_graph_fini(&graph);
    return status;
}

static enum rsl_status index_sources(struct run *run, struct rsl_worker *worker,
                                     struct outcome *outcome, const struct rsl_archive_job *job,
                                     const char *shown)
{
    struct rsl_file_indexer *indexer = rsl_worker_slot(worker, 0);
    indexer->work = run->pass->work;
    indexer->keeps_facts = run->pass->takes_facts || run->pass->work != RSL_INDEX_ALL;
    outcome->rows = calloc(job->nsources + 1, sizeof *outcome->rows);
    if (outcome->rows == NULL || !make_paths(outcome, job, shown))
        return RSL_ENOMEM;
    /* Relaxed: see the field. */
    outcome->provisional = (uint32_t)rsl_u64_fetch_add_relaxed(&run->provisional, job->nsources);
    enum rsl_status status = RSL_OK;
    for (size_t i = 0; i < job->nsources && status == RSL_OK; i++) {
        const struct rsl_archive_member *member = &job->archive->members[job->sources[i]];
        outcome->rows[i].file.file_id = outcome->provisional + (int64_t)i;
        status = rsl_file_indexer_index_member(indexer, member->bytes, member->nbytes,
                                               &outcome->rows[i]);
        outcome->nrows = i + 1;
    }
    outcome->bytes = indexer->bytes;
    indexer->bytes = (struct rsl_pack_buffer){0};
    return status == RSL_OK && indexer->keeps_facts ? make_graph(outcome, job) : status;
}

static struct outcome *new_outcome(const struct run *run, const struct rsl_archive_job *job)
{
    const struct ticket *ticket = job->ticket;
    const struct rsl_index_archives *archives = &run->pass->archives;
    const struct rsl_index_archive *found = &archives->list[archives->open[ticket->index]];
    struct outcome *outcome = calloc(1, sizeof *outcome);
    if (outcome == NULL)
        return NULL;
    outcome->index = ticket->index;
    outcome->archive = (struct rsl_store_archive){
        .archive_id = found->old.archive_id,
        .path = found->shown,
        .path_nbytes = strlen(found->shown),
        .nbytes = (int64_t)job->file_nbytes,
        .mtime_ns = rsl_index_trusted_time(job->mtime_ns, job->opened_ns),
        .status = "ok",
        .name = found->name,
        .version = found->version,
        .name_nbytes = found->name_nbytes,
        .version_nbytes = found->version_nbytes,
        .yanked = found->yanked,
        .newest = found->newest,
    };
    if (job->file != NULL)
        rsl_index_hash(job->file, job->file_nbytes, outcome->archive.hash);
    outcome->is_unchanged =
        job->file != NULL && found->old.archive_id != 0 &&
        found->old.nbytes == outcome->archive.nbytes &&
        memcmp(found->old.hash, outcome->archive.hash, sizeof found->old.hash) == 0;
    return outcome;
}

/* Sends it, or the news that there is none. */
static void send(struct run *run, struct outcome *outcome, struct ticket *ticket)
{
    const struct message message = {outcome};
    free(ticket);
    if (rsl_mpsc_send(run->messages, &message, RSL_FOREVER) != RSL_OK && outcome != NULL)
        destroy_outcome(outcome); /* never: it is not closed */
}

static void opened(void *context, struct rsl_worker *worker, struct rsl_archive_job *job)
{
    struct run *run = context;
    struct ticket *ticket = job->ticket;
    struct outcome *outcome = new_outcome(run, job);
    if (outcome != NULL) {
        const struct rsl_index_archives *archives = &run->pass->archives;
        const struct rsl_index_archive *found = &archives->list[archives->open[ticket->index]];
        outcome->is_unchanged = outcome->is_unchanged && !found->old_is_bad;
        outcome->archive.nfiles = (int64_t)job->nsources;
        if (!outcome->is_unchanged)
            outcome->failed = index_sources(run, worker, outcome, job, found->shown) != RSL_OK;
    }
    rsl_archive_job_end(job, worker);
    send(run, outcome, ticket);
}

/* A bad one has a row as a file that cannot be read has. */
static bool make_bad(struct outcome *outcome, const char *member, const char *message)
{
    struct rsl_text_buffer text = {0};
    rsl_archive_put_error(&text, member, message);
    outcome->message = text.bytes; /* from malloc; now ours */
    outcome->rows = calloc(1, sizeof *outcome->rows);
    if (text.failed || outcome->rows == NULL)
        return false;
    outcome->archive.status = "io-error";
    outcome->archive.message = outcome->message;
    outcome->archive.mtime_ns = -1; /* tried again each time, and told */
    outcome->rows[0].file = (struct rsl_store_file){
        .path = outcome->archive.path,
        .path_nbytes = outcome->archive.path_nbytes,
        .mtime_ns = -1,
        .status = "io-error",
        .nerrors = 1,
        .vendored = rsl_index_is_vendored(outcome->archive.path),
        .message = outcome->message,
    };
    outcome->nrows = 1;
    return true;
}

static void refused(void *context, struct rsl_worker *worker, const struct rsl_archive_job *job,
                    const char *member, const char *message)
{
    (void)worker;
    struct run *run = context;
    struct ticket *ticket = job->ticket;
    struct outcome *outcome = new_outcome(run, job);
    if (outcome != NULL && message == NULL) {
        outcome->failed = true;
    } else if (outcome != NULL) {
        const struct rsl_index_archives *archives = &run->pass->archives;
        const struct rsl_index_archive *found = &archives->list[archives->open[ticket->index]];
        outcome->is_unchanged = outcome->is_unchanged && found->old_is_bad;
        outcome->is_gone = job->error == ENOENT || job->error == ENOTDIR;
        outcome->failed = !make_bad(outcome, member, message);
        /* Relaxed: see the field. */
        outcome->provisional = (uint32_t)rsl_u64_fetch_add_relaxed(&run->provisional, 1);
    }
    send(run, outcome, ticket);
}

static bool stopped(void *context)
{
    struct run *run = context;
    return rsl_u32_load_relaxed(&run->stopped) != 0;
}

static void fail(void *context)
{
    struct run *run = context;
    rsl_u32_store_relaxed(&run->stopped, 1);
}

/* A job. */
static int begin(struct rsl_worker *worker, void *arg)
{
    struct ticket *ticket = arg;
    struct run *run = ticket->run;
    const struct rsl_index_archives *archives = &run->pass->archives;
    const char *path = archives->list[archives->open[ticket->index]].path;
    if (!rsl_archive_jobs_begin(run->jobs, worker, path, strlen(path), ticket))
        send(run, NULL, ticket);
    return RSL_OK;
}

/* ---- on the calling thread */

/* Notes which file_id a provisional number has become. */
static bool note_id(struct run *run, uint32_t provisional, int64_t file_id)
{
    const size_t at = provisional - run->pass->plan.nentries - 1;
    if (at >= run->ids_capacity) {
        const size_t capacity = at + at / 2 + 1024;
        int64_t *grown = realloc(run->ids, capacity * sizeof *grown);
        if (grown == NULL)
            return false;
        memset(grown + run->ids_capacity, 0, (capacity - run->ids_capacity) * sizeof *grown);
        run->ids = grown;
        run->ids_capacity = capacity;
    }
    run->ids[at] = file_id;
    return true;
}

static enum rsl_status write_files(struct run *run, struct outcome *outcome, int64_t *file_ids)
{
    struct rsl_index_pass *pass = run->pass;
    const bool is_new = pass->work == RSL_INDEX_ALL;
    enum rsl_status status = RSL_OK;
    for (size_t i = 0; i < outcome->nrows && status == RSL_OK; i++) {
        struct rsl_index_row *row = &outcome->rows[i];
        row->file.archive_id = outcome->archive.archive_id;
        row->file.mtime_ns = outcome->archive.mtime_ns;
        row->file.file_id = is_new ? run->next_file++ : 0;
        if (is_new && !note_id(run, outcome->provisional + (uint32_t)i, row->file.file_id))
            return rsl_index_fail_memory();
        status = rsl_index_pass_write_file(pass, row, &outcome->bytes);
        file_ids[i] = row->file.file_id;
    }
    return status;
}

/* The place of what the database had of it is empty. */
static enum rsl_status write_archive(struct run *run, struct outcome *outcome)
{
    struct rsl_index_pass *pass = run->pass;
    int64_t *file_ids = malloc((outcome->nrows + 1) * sizeof *file_ids);
    if (file_ids == NULL)
        return rsl_index_fail_memory();
    if (pass->work == RSL_INDEX_ALL)
        outcome->archive.archive_id = run->next_archive++;
    enum rsl_status status = rsl_store_put_archive(pass->store, &outcome->archive);
    if (status == RSL_OK)
        status = write_files(run, outcome, file_ids);
    if (status == RSL_OK)
        status = rsl_store_put_archive_graph(pass->store, outcome->archive.archive_id,
                                             &outcome->graph.rows, file_ids);
    free(file_ids);
    return status;
}

static enum rsl_status write_outcome(struct run *run, struct outcome *outcome)
{
    struct rsl_index_pass *pass = run->pass;
    struct rsl_index_totals *totals = &pass->totals;
    const bool was_there = pass->work != RSL_INDEX_ALL && outcome->archive.archive_id != 0;
    enum rsl_status status = RSL_OK;
    if (outcome->is_gone && !was_there)
        return RSL_OK;
    if (outcome->is_gone) {
        totals->narchives_removed++;
        return rsl_store_remove_archive(pass->store, outcome->archive.archive_id);
    }
    totals->narchives_read++;
    totals->nread += outcome->is_unchanged ? 0 : outcome->nrows;
    totals->nfiles += outcome->is_unchanged ? (uint64_t)outcome->archive.nfiles : outcome->nrows;
    totals->nbytes_read += (uint64_t)outcome->archive.nbytes;
    if (outcome->archive.message != NULL)
        rsl_index_pass_tell(pass, &outcome->rows[0].file);
    if (outcome->is_unchanged)
        return rsl_store_touch_archive(pass->store, outcome->archive.archive_id,
                                       outcome->archive.mtime_ns, outcome->archive.yanked,
                                       outcome->archive.newest);
    totals->narchives_written++;
    if (was_there)
        status = rsl_store_remove_archive(pass->store, outcome->archive.archive_id);
    return status == RSL_OK ? write_archive(run, outcome) : status;
}

/* Takes one over. */
static enum rsl_status take(struct run *run, struct outcome *outcome, enum rsl_status status)
{
    if (status == RSL_OK && outcome != NULL && !outcome->failed)
        status = write_outcome(run, outcome);
    else if (status == RSL_OK)
        status = rsl_index_fail_memory();
    if (status != RSL_OK)
        rsl_u32_store_relaxed(&run->stopped, 1);
    if (outcome != NULL)
        destroy_outcome(outcome);
    return status;
}

static bool spawn(struct run *run, size_t index)
{
    struct ticket *ticket = malloc(sizeof *ticket);
    if (ticket == NULL)
        return false;
    *ticket = (struct ticket){run, index};
    if (rsl_pool_spawn(run->pass->pool, RSL_PRIORITY_NORMAL, begin, ticket) == RSL_OK)
        return true;
    free(ticket);
    return false;
}

/* Opens archives and writes what comes of them, in order. */
static enum rsl_status open_and_write(struct run *run)
{
    const struct rsl_index_archives *archives = &run->pass->archives;
    const size_t n = archives->nopen;
    /* What comes of an archive is less than twice its bytes: of an eighth of the memory, it is a
     * quarter at most. */
    const uint64_t most_nbytes = rsl_archive_jobs_max_memory(run->jobs) / 8;
    struct outcome *waiting[WINDOW] = {NULL}; /* by index modulo WINDOW */
    uint64_t nbytes = 0;                      /* of those begun and not written */
    size_t nspawned = 0, nreceived = 0;
    enum rsl_status status = RSL_OK;
    for (size_t next = 0; next < nspawned || (next < n && status == RSL_OK);) {
        while (status == RSL_OK && nspawned < n && nspawned < next + WINDOW &&
               (nspawned == next || nbytes < most_nbytes)) {
            if (!spawn(run, nspawned)) {
                status = take(run, NULL, status);
                break;
            }
            nbytes += (uint64_t)archives->list[archives->open[nspawned++]].nbytes;
        }
        if (next == nspawned)
            break;
        while (waiting[next % WINDOW] == NULL && nreceived < nspawned) {
            struct message message = {NULL};
            if (rsl_mpsc_receive(run->messages, &message, RSL_FOREVER) != RSL_OK)
                break;
            nreceived++;
            if (message.outcome == NULL) /* nobody knows which: nothing more is written */
                status = take(run, NULL, status);
            else
                waiting[message.outcome->index % WINDOW] = message.outcome;
        }
        struct outcome *outcome = waiting[next % WINDOW];
        waiting[next % WINDOW] = NULL;
        if (outcome != NULL)
            status = take(run, outcome, status);
        nbytes -= (uint64_t)archives->list[archives->open[next++]].nbytes;
        rsl_progress_show(&run->pass->progress, next, n, run->pass->totals.nbytes_read);
    }
    rsl_progress_clear(&run->pass->progress);
    rsl_pool_wait(run->pass->pool);
    return status;
}

/* The names that were collected get the numbers that the files have. */
static enum rsl_status renumber(struct run *run)
{
    struct rsl_index_pass *pass = run->pass;
    const size_t n = (size_t)(run->next_file - 1) - pass->plan.nentries;
    uint32_t *ids = malloc((run->ids_capacity + 1) * sizeof *ids);
    if (ids == NULL)
        return rsl_index_fail_memory();
    for (size_t i = 0; i < run->ids_capacity; i++)
        ids[i] = (uint32_t)run->ids[i];
    for (size_t i = 0; n > 0 && i < rsl_pool_nworkers(pass->pool); i++)
        rsl_names_renumber(pass->names[i], (uint32_t)pass->plan.nentries + 1, ids);
    free(ids);
    return RSL_OK;
}

static enum rsl_status run_open(struct run *run)
{
    struct rsl_index_pass *pass = run->pass;
    const struct rsl_archive_jobs_options options = {
        .nworkers = pass->options->nthreads,
        .max_memory = pass->options->max_memory,
        .stopped = stopped,
        .opened = opened,
        .refused = refused,
        .fail = fail,
        .context = run,
    };
    rsl_u64_store_relaxed(&run->provisional,
                          pass->plan.nentries + 1); /* nobody else is there yet */
    run->next_archive = 1;
    run->next_file = (int64_t)pass->plan.nentries + 1;
    run->jobs = rsl_archive_jobs_create(&options);
    enum rsl_status status = RSL_ENOMEM;
    if (run->jobs != NULL)
        status = rsl_mpsc_create(WINDOW, sizeof(struct message), NULL, &run->messages);
    status = status == RSL_OK ? open_and_write(run) : rsl_index_fail_memory();
    if (status == RSL_OK && pass->work == RSL_INDEX_ALL)
        status = renumber(run);
    rsl_mpsc_destroy(run->messages);
    rsl_archive_jobs_destroy(run->jobs);
    free(run->ids);
    return status;
}

enum rsl_status rsl_index_archives_run(struct rsl_index_pass *pass)
{
    struct rsl_index_archives *archives = &pass->archives;
    enum rsl_status status = RSL_OK;
    for (size_t i = 0; i < archives->ngone && status == RSL_OK; i++)
        status = rsl_store_remove_archive(pass->store, archives->gone[i]);
    for (size_t i = 0; i < archives->ntouch && status == RSL_OK; i++) {
        const struct rsl_index_archive *archive = &archives->list[archives->touch[i]];
        status = rsl_store_touch_archive(pass->store, archive->old.archive_id,
                                         archive->old.mtime_ns, archive->yanked, archive->newest);
    }
    rsl_index_archives_count(archives, &pass->totals);
    pass->totals.narchives_removed += archives->ngone;
    struct run run = {.pass = pass};
    if (status == RSL_OK && archives->nopen > 0)
        status = run_open(&run);
    archives->nopen = archives->ntouch = archives->ngone = 0; /* not again by the next pass */
    return status;
}
