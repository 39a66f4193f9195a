/* The threads of a watch, and what goes between them, all of it bounded:
 *
 *     feeder ──events──► this thread ──jobs──► pool
 *     (watcher)              ▲  │                │
 *                            └──┼────results─────┘
 *                               └──texts──► writer
 *
 * and with a database
 *
 *                               └──batches──► keeper ──texts──► writer
 *                                   ▲            │
 *                                   └─dependents─┘
 *
 * If who reads the output stands still, the writer does, then the keeper, then no results are
 * taken, no jobs handed out, no events taken, and changes wait in the watcher, each file once.
 * Signals are taken all the same.
 *
 * What came of the results of one turn of the loop is a batch; while the keeper is busy, it grows.
 */
#include "tools/watch.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sched/event_loop.h"
#include "tools/commands.h"
#include "tools/index_tree.h"
#include "tools/output.h"
#include "tools/report.h"
#include "tools/watch_feeder.h"
#include "tools/watch_keeper.h"
#include "tools/watch_version.h"

enum { TEXTS = 64, BATCHES = 1, BATCH_CHANGES = 256 };

/* A file of so many bytes is read and parsed in the time that it takes to wake a thread. */
#define SMALL_NBYTES UINT64_C(65536)

/* How long who reads the output is waited for at the end. */
#define PATIENCE_NS UINT64_C(1000000000)

/* What is kept of a file, in `user` of its state. */
struct watched {
    struct rsl_watch_version *version; /* the last that was told */
    char *from;                        /* where it was moved from, until that is told */
    uint64_t manifest;                 /* of a Cargo.toml: what it adds to the sum of all */
};

struct run {
    const struct rsl_watch_run_options *options;
    const char *const *roots;
    size_t nroots;
    struct rsl_qsbr *domain;
    struct rsl_qsbr_participant *participant;
    struct rsl_pool *pool;
    struct rsl_event_loop *loop;
    struct rsl_event_signals signals;
    struct rsl_event_timer patience;
    struct rsl_event_channel room; /* in the output, or for batches; paused unless one waits */
    struct rsl_output *output;
    struct rsl_output_text waiting;
    bool has_waiting;
    struct rsl_coordinator *coordinator;
    struct rsl_version_reader reader; /* of small files that change alone */
    bool has_reader;
    struct rsl_watch_feeder *feeder;
    /* With a database. */
    struct rsl_index_options index;
    struct rsl_watch_keeper *keeper;  /* NULL: there is none */
    uint32_t keeper_sends;            /* of rsl_watch_keeper_still_waits() */
    struct rsl_watch_batch *batch;    /* what has not been sent */
    struct rsl_event_timer batch_end; /* at the end of the turn */
    struct rsl_dependents *dependents;
    struct rsl_index_manifests manifests;

    bool is_held_up; /* take had no room */
    bool is_ready;   /* what there was has been read: from now on changes are told */
    bool gave_up;    /* on the output */
    int status;      /* 128 + a signal, a negative errno, or 2: it failed, which was told */
    uint64_t nfiles, nitems;
};

/* ---- on the workers */

static int init_worker(struct rsl_worker *worker, void *arg)
{
    const struct run *run = arg;
    struct rsl_version_reader *reader = malloc(sizeof *reader);
    if (reader == NULL)
        return RSL_ENOMEM;
    if (!rsl_version_reader_init(reader, run->index.root)) {
        free(reader);
        return RSL_ENOMEM;
    }
    rsl_worker_set_slot(worker, 0, reader);
    return RSL_OK;
}

static int fini_worker(struct rsl_worker *worker, void *arg)
{
    (void)arg;
    struct rsl_version_reader *reader = rsl_worker_slot(worker, 0);
    rsl_version_reader_fini(reader);
    free(reader);
    return RSL_OK;
}

static void work(void *context, struct rsl_worker *worker, const char *path,
                 const struct rsl_file_version *known, struct rsl_file_result *result)
{
    struct run *run = context;
    rsl_version_read(worker == NULL ? &run->reader : rsl_worker_slot(worker, 0), path, known,
                     result);
}

/* ---- on the loop's thread: output */

static void free_text(struct rsl_output_text *text)
{
    rsl_text_buffer_fini(&text->out);
    rsl_text_buffer_fini(&text->diagnostics);
}

/* Ends the watch at once. */
static void fail(struct run *run, int error)
{
    if (run->status >= 0)
        run->status = -error;
    rsl_event_loop_stop(run->loop);
}

/* Sends the text, or keeps it until there is room. None but this one may be waiting. */
static void send_text(struct run *run, struct rsl_output_text *text)
{
    if (text->out.failed || text->diagnostics.failed)
        fail(run, ENOMEM);
    const enum rsl_status status =
        run->gave_up ? RSL_ECLOSED : rsl_output_try_send(run->output, text);
    run->has_waiting = status == RSL_EAGAIN;
    if (run->has_waiting) {
        run->waiting = *text;
        rsl_event_loop_resume_channel(run->loop, &run->room);
        return;
    }
    if (status == RSL_ECLOSED) {
        free_text(text);
        if (!run->gave_up)
            rsl_event_loop_stop(run->loop); /* the writer knows why */
    }
}

/* Hands the batch to the keeper, or keeps it until there is room. */
static void send_batch(struct run *run)
{
    struct rsl_watch_batch *batch = run->batch;
    if (batch == NULL || rsl_watch_batch_is_empty(batch))
        return;
    if (batch->text.out.failed || batch->text.diagnostics.failed)
        fail(run, ENOMEM);
    if (rsl_watch_keeper_try_send(run->keeper, batch) == RSL_EAGAIN) {
        rsl_event_loop_resume_channel(run->loop, &run->room);
        return;
    }
    run->batch = rsl_watch_batch_create();
    if (run->batch == NULL)
        fail(run, ENOMEM);
}

static bool has_room(const struct run *run)
{
    return run->keeper == NULL ? !run->has_waiting
                               : run->batch != NULL && run->batch->nchanges < BATCH_CHANGES;
}

/* Has the results taken for which there was no room. */
static void resume(struct run *run)
{
    if (run->is_held_up && has_room(run)) {
        run->is_held_up = false;
        rsl_coordinator_resume(run->coordinator);
    }
}

static void on_batch_end(struct rsl_event_loop *loop, struct rsl_event_timer *timer)
{
    (void)loop;
    send_batch(timer->context);
    resume(timer->context);
}

/* The batch, to be sent at the end of this turn. */
static struct rsl_watch_batch *batch_of(struct run *run)
{
    rsl_event_loop_set_timer(run->loop, &run->batch_end, 0);
    return run->batch;
}

static bool on_room(struct rsl_event_loop *loop, struct rsl_event_channel *channel)
{
    struct run *run = channel->context;
    rsl_event_loop_pause_channel(loop, channel);
    if (run->has_waiting) {
        struct rsl_output_text text = run->waiting;
        send_text(run, &text);
    }
    if (run->keeper != NULL)
        send_batch(run);
    resume(run);
    return false;
}

static void give_up(struct run *run)
{
    run->gave_up = true;
    rsl_output_give_up(run->output);
    if (run->has_waiting)
        free_text(&run->waiting);
    run->has_waiting = false;
    rsl_coordinator_resume(run->coordinator);
}

static void on_patience_over(struct rsl_event_loop *loop, struct rsl_event_timer *timer)
{
    struct run *run = timer->context;
    /* While the keeper is at work, nobody knows whether anybody reads. */
    if (run->keeper != NULL && !rsl_watch_keeper_still_waits(run->keeper, &run->keeper_sends))
        rsl_event_loop_set_timer(loop, timer, rsl_event_loop_now_ns() + PATIENCE_NS);
    else
        give_up(run);
}

/* ---- on the loop's thread: results */

static struct watched *watched_of(struct rsl_file_state *file)
{
    if (file->user == NULL)
        file->user = calloc(1, sizeof(struct watched));
    return file->user;
}

static void forget(struct rsl_file_state *file)
{
    struct watched *watched = file->user;
    if (watched == NULL)
        return;
    rsl_watch_version_destroy(watched->version);
    free(watched->from);
    free(watched);
    file->user = NULL;
}

static void on_event(void *context, struct rsl_file_state *file, const struct rsl_file_event *event)
{
    (void)context;
    struct watched *watched = event->from == NULL ? NULL : watched_of(file);
    if (watched == NULL)
        return;
    free(watched->from);
    watched->from = strdup(event->from);
}

static void count(struct run *run, const struct rsl_watch_version *version, uint64_t sign)
{
    if (version != NULL) {
        run->nfiles += sign;
        run->nitems += sign * version->nitems;
    }
}

/* A file has another version, or none (`version` NULL), which is told. */
static void publish(struct run *run, const char *path, const struct watched *watched,
                    const struct rsl_watch_version *version)
{
    count(run, watched->version, UINT64_MAX);
    count(run, version, 1);
    if (!run->is_ready)
        return;
    struct rsl_output_text own = {0};
    struct rsl_output_text *text = run->keeper == NULL ? &own : &batch_of(run)->text;
    rsl_watch_put_change(&text->out, run->options->json,
                         version == NULL            ? "removed"
                         : watched->version == NULL ? "created"
                                                    : "modified",
                         path, watched->from, watched->version, version);
    if (version != NULL)
        rsl_text_buffer_put(&text->diagnostics, version->diagnostics.bytes,
                            version->diagnostics.nbytes);
    if (run->keeper == NULL)
        send_text(run, &own);
}

/* The part of a path below the root of the database's tree. */
static const char *shown(const struct run *run, const char *path)
{
    return path + rsl_index_root_nbytes(run->index.root);
}

/* A Cargo.toml is another, or none (`version` NULL); or the same, touched. */
static void keep_manifest(struct run *run, const char *path, struct watched *watched,
                          const struct rsl_watch_version *version)
{
    struct rsl_index_manifests *all = &run->manifests;
    all->sum -= watched->manifest;
    watched->manifest = 0;
    if (version != NULL && version->error == 0) {
        watched->manifest = rsl_index_manifest_number(shown(run, path), (int64_t)version->nbytes,
                                                      version->mtime_ns);
        all->sum += watched->manifest;
        if (version->mtime_ns > all->newest_ns)
            all->newest_ns = version->mtime_ns;
    }
    if (run->is_ready) { /* what there was at the beginning is compared as a whole */
        struct rsl_live_batch *batch = &batch_of(run)->live;
        batch->manifests_changed = true;
        batch->manifests = rsl_index_manifests_number(all);
    }
}

/* Keeps the database true to a result, before that is told. False without memory. */
static bool keep(struct run *run, const struct rsl_file_result *result, const char *path)
{
    struct rsl_watch_version *version = result->payload;
    if (rsl_version_is_manifest(path)) {
        struct watched *watched = watched_of(result->file);
        if (watched != NULL)
            keep_manifest(run, path, watched, version);
        return watched != NULL;
    }
    struct rsl_live_change *change = NULL;
    if (result->outcome == RSL_FILE_MISSING) {
        change = rsl_live_change_create(shown(run, path));
    } else if (version != NULL) {
        change = version->change;
        version->change = NULL;
    }
    if (change != NULL)
        rsl_watch_batch_add(batch_of(run), change);
    return change != NULL;
}

/* There is room for it. */
static void take_version(struct run *run, const struct rsl_file_result *result, const char *path)
{
    struct watched *watched = result->file->user;
    if (result->outcome == RSL_FILE_MISSING) {
        if (watched != NULL && watched->version != NULL)
            publish(run, path, watched, NULL);
        forget(result->file);
        return;
    }
    watched = watched_of(result->file);
    if (watched == NULL) {
        rsl_watch_version_destroy(result->payload);
        fail(run, ENOMEM);
        return;
    }
    publish(run, path, watched, result->payload);
    rsl_watch_version_destroy(watched->version);
    watched->version = result->payload;
    /* The text has been told. */
    rsl_text_buffer_fini(&watched->version->diagnostics);
    free(watched->from);
    watched->from = NULL;
}

/* Whatever is to be kept true to the tree is brought up to date here, where the results of all
 * files come by in order. */
static bool take(void *context, const struct rsl_file_result *result)
{
    struct run *run = context;
    size_t path_nbytes;
    const char *path = rsl_file_path(result->file, &path_nbytes);
    run->is_held_up = !has_room(run);
    if (run->is_held_up)
        return false;
    const bool has_version =
        result->outcome == RSL_FILE_PARSED || result->outcome == RSL_FILE_BROKEN;
    if ((run->keeper != NULL && !keep(run, result, path)) ||
        (has_version && result->payload == NULL)) {
        rsl_watch_version_destroy(result->payload);
        fail(run, ENOMEM);
    } else if (run->keeper != NULL && rsl_version_is_manifest(path)) {
        rsl_watch_version_destroy(result->payload);
        if (result->outcome == RSL_FILE_MISSING)
            forget(result->file);
    } else if (result->outcome == RSL_FILE_SAME) {
        rsl_watch_version_destroy(result->payload);
    } else {
        take_version(run, result, path);
    }
    return true;
}

/* ---- on the loop's thread: dependencies */

static uint32_t count_dependents(void *context, const struct rsl_file_state *file)
{
    struct run *run = context;
    size_t path_nbytes;
    const char *path = rsl_file_path(file, &path_nbytes);
    struct rsl_dependents *fresh = rsl_watch_keeper_take_dependents(run->keeper);
    if (fresh != NULL) {
        rsl_dependents_destroy(run->dependents);
        run->dependents = fresh;
    }
    const char *below = shown(run, path);
    return rsl_dependents_count(run->dependents, below, path_nbytes - (size_t)(below - path));
}

/* The file has just been taken: what it says to others is another thing than before. Of what was
 * there at the beginning the database knows by itself whether it is. */
static void dependencies_changed(void *context, struct rsl_file_state *file)
{
    (void)file;
    struct run *run = context;
    if (run->is_ready && run->batch != NULL)
        batch_of(run)->live.resolves = true;
}

static void drop(void *context, const struct rsl_file_result *result)
{
    (void)context;
    rsl_watch_version_destroy(result->payload);
}

/* All has been read that was there, or, later, once events were lost; or, after a signal, what was
 * under way. */
static void on_marker(void *context)
{
    struct run *run = context;
    if (run->status != 0) {
        rsl_event_loop_stop(run->loop);
        return;
    }
    if (run->keeper != NULL && run->batch == NULL)
        return; /* it has failed */
    if (run->is_ready) {
        if (run->keeper != NULL)
            batch_of(run)->live.in_doubt = true;
        return;
    }
    struct rsl_output_text own = {0};
    struct rsl_output_text *text = &own;
    if (run->keeper != NULL) {
        struct rsl_watch_batch *batch = batch_of(run);
        batch->settles = true;
        batch->live.manifests = rsl_index_manifests_number(&run->manifests);
        text = &batch->text;
    }
    rsl_text_buffer_puts(&text->out,
                         run->options->json ? "{\"event\":\"ready\",\"files\":" : "ready: ");
    rsl_text_buffer_put_number(&text->out, run->nfiles);
    rsl_text_buffer_puts(&text->out, run->options->json ? ",\"items\":" : " files, ");
    rsl_text_buffer_put_number(&text->out, run->nitems);
    rsl_text_buffer_puts(&text->out, run->options->json ? "}\n" : " items\n");
    run->is_ready = true;
    if (run->keeper == NULL)
        send_text(run, &own);
}

static void on_error(void *context, enum rsl_status status)
{
    /* Closed: by the feeder, whose loop failed. */
    fail(context, status == RSL_ECLOSED ? EIO : ENOMEM);
}

/* ---- signals, and what is told of the watcher */

static void on_signal(struct rsl_event_loop *loop, struct rsl_event_signals *signals, int signo)
{
    struct run *run = signals->context;
    if (run->status != 0) { /* the second */
        give_up(run);
        return;
    }
    run->status = 128 + signo;
    rsl_coordinator_close(run->coordinator);
    if (run->keeper != NULL)
        (void)rsl_watch_keeper_still_waits(run->keeper, &run->keeper_sends);
    rsl_event_loop_set_timer(loop, &run->patience, rsl_event_loop_now_ns() + PATIENCE_NS);
    rsl_coordinator_step(run->coordinator);
}

/* From any thread of the watcher. */
static void report(void *context, const char *path, int error)
{
    (void)context;
    if (error == ENOSPC) {
        rsl_report("%s: no more inotify watches, so this and further folders are polled; "
                   "raise the sysctl fs.inotify.max_user_watches",
                   path);
        return;
    }
    if (path[0] == 0) {
        rsl_report("inotify cannot be had (%s), so all folders are polled; "
                   "raise the sysctl fs.inotify.max_user_instances",
                   strerror(error));
        return;
    }
    struct rsl_text_buffer text = {0};
    rsl_report_put_io_error(&text, path, error);
    rsl_text_buffer_write(&text, stderr);
    rsl_text_buffer_fini(&text);
}

/* ---- beginning and end */

static int start_feeder(struct run *run)
{
    const struct rsl_watch_run_options *options = run->options;
    const struct rsl_watch_options watch_options = {
        .suffix = ".rs",
        .name = run->keeper == NULL ? NULL : "Cargo.toml",
        .excludes_path = options->excludes_path,
        .settle_ns = options->settle_ns,
        .report = report,
    };
    return rsl_watch_feeder_start(run->roots, run->nroots, &watch_options, options->io,
                                  run->coordinator, run->domain, &run->feeder);
}

/* The keeper's state has changed, or the loop is stopped. */
static void on_wake(struct rsl_event_loop *loop, void *context)
{
    struct run *run = context;
    if (run->keeper == NULL)
        return;
    switch (rsl_watch_keeper_state(run->keeper)) {
    case RSL_KEEPER_OPENING: break;
    case RSL_KEEPER_READY:
        if (run->feeder == NULL && run->status == 0) {
            const int error = start_feeder(run);
            if (error != 0)
                fail(run, -error);
        }
        break;
    case RSL_KEEPER_UNHEARD:
        if (!run->gave_up)
            rsl_event_loop_stop(loop); /* the writer knows why */
        break;
    case RSL_KEEPER_FAILED: rsl_event_loop_stop(loop); break;
    }
}

static int start_coordinator(struct run *run)
{
    if (rsl_qsbr_create(&rsl_allocator_default, &run->domain) != RSL_OK ||
        rsl_qsbr_register(run->domain, &run->participant) != RSL_OK)
        return -ENOMEM;
    run->has_reader = rsl_version_reader_init(&run->reader, run->index.root);
    if (!run->has_reader)
        return -ENOMEM;
    const bool has_database = run->options->db_path != NULL;
    const struct rsl_coordinator_options options = {
        .pool = run->pool,
        .seed = rsl_unpredictable(),
        .small_nbytes = SMALL_NBYTES,
        .domain = run->domain,
        .participant = run->participant,
        .work = work,
        .take = take,
        .drop = drop,
        .on_event = on_event,
        .count_dependents = has_database ? count_dependents : NULL,
        .dependencies_changed = has_database ? dependencies_changed : NULL,
        .on_marker = on_marker,
        .on_error = on_error,
        .context = run,
    };
    if (rsl_coordinator_create(&options, &run->coordinator) != RSL_OK ||
        rsl_coordinator_attach(run->coordinator, run->loop) != RSL_OK)
        return -ENOMEM;
    return 0;
}

/* The database, and then, when that is open, the watcher. */
static int start_keeper(struct run *run)
{
    run->batch = rsl_watch_batch_create();
    run->batch_end = (struct rsl_event_timer){.on_time = on_batch_end, .context = run};
    if (run->batch == NULL)
        return -ENOMEM;
    const int error =
        rsl_watch_keeper_start(&run->index, BATCHES, run->output, run->loop, &run->keeper);
    if (error != 0)
        return error;
    errno = ENOMEM;
    return rsl_event_loop_add_spsc_sender(run->loop, &run->room,
                                          rsl_watch_keeper_channel(run->keeper)) == RSL_OK
               ? 0
               : -errno;
}

/* What waits here waits for an event and is then soon done. Asks for that of the scheduler: timers
 * that are not put off, and short slices, with which EEVDF (Linux 6.12; others do not look at it)
 * has a thread run sooner after it is woken, and no more in sum. For this thread and those that it
 * starts. It is no matter if it is refused. */
static void ask_for_short_waits(void)
{
    const struct {
        uint32_t nbytes, policy;
        uint64_t flags;
        int32_t nice;
        uint32_t priority;
        uint64_t runtime_ns, deadline_ns, period_ns;
    } attributes = {
        .nbytes = sizeof attributes,
        .policy = SCHED_OTHER,
        .nice = getpriority(PRIO_PROCESS, 0),
        .runtime_ns = 100000, /* the shortest */
    };
    (void)prctl(PR_SET_TIMERSLACK, 1UL);
    if (sched_getscheduler(0) == SCHED_OTHER)
        (void)syscall(SYS_sched_setattr, 0, &attributes, 0U);
}

static int start(struct run *run)
{
    static const int signos[] = {SIGINT, SIGTERM};
    const struct rsl_watch_run_options *options = run->options;
    const bool has_database = options->db_path != NULL;
    errno = ENOMEM;
    if (rsl_event_loop_create(
            &(struct rsl_event_loop_options){.io = options->io, .on_wake = on_wake, .context = run},
            &run->loop) != RSL_OK)
        return -errno;
    run->signals = (struct rsl_event_signals){.on_signal = on_signal, .context = run};
    run->patience = (struct rsl_event_timer){.on_time = on_patience_over, .context = run};
    run->room = (struct rsl_event_channel){.on_ready = on_room, .context = run};
    if (rsl_event_loop_add_signals(run->loop, &run->signals, signos, 2) != RSL_OK)
        return -errno;
    int error = rsl_output_start(has_database ? BATCHES : TEXTS, &run->output);
    if (error != 0)
        return error;
    const struct rsl_pool_options pool_options = {.nworkers = options->nthreads,
                                                  .init_worker = init_worker,
                                                  .fini_worker = fini_worker,
                                                  .hook_arg = run};
    const int status = rsl_pool_create(&pool_options, &run->pool);
    if (status != RSL_OK)
        return status == RSL_EIO ? -EAGAIN : -ENOMEM;
    ask_for_short_waits(); /* not for the pool, which is for work */
    error = start_coordinator(run);
    if (error != 0)
        return error;
    if (has_database) {
        error = start_keeper(run);
    } else {
        errno = ENOMEM;
        error = rsl_event_loop_add_spsc_sender(run->loop, &run->room,
                                               rsl_output_channel(run->output)) == RSL_OK
                    ? start_feeder(run)
                    : -errno;
    }
    rsl_event_loop_pause_channel(run->loop, &run->room);
    return error;
}

/* What is left goes to the database. */
static void end_keeper(struct run *run)
{
    struct rsl_watch_batch *last = run->batch;
    if (last != NULL && rsl_watch_batch_is_empty(last)) {
        rsl_watch_batch_destroy(last);
        last = NULL;
    }
    rsl_event_loop_remove_channel(run->loop, &run->room);
    if (!rsl_watch_keeper_stop(run->keeper, last, PATIENCE_NS))
        run->status = RSL_EXIT_ERROR;
    rsl_dependents_destroy(run->dependents);
}

/* Everything that start did, as far as it came. */
static void end(struct run *run)
{
    if (run->coordinator != NULL && run->feeder != NULL)
        rsl_coordinator_close(run->coordinator); /* the feeder may be waiting for room */
    rsl_watch_feeder_stop(run->feeder);
    if (run->coordinator != NULL) {
        uint32_t at = 0;
        struct rsl_file_states *files = rsl_coordinator_files(run->coordinator);
        rsl_coordinator_detach(run->coordinator);
        for (struct rsl_file_state *file; (file = rsl_file_states_next(files, &at)) != NULL;)
            forget(file);
    }
    rsl_coordinator_destroy(run->coordinator);
    if (run->has_reader)
        rsl_version_reader_fini(&run->reader);
    rsl_pool_destroy(run->pool);
    rsl_qsbr_unregister(run->participant);
    rsl_qsbr_destroy(run->domain);
    /* From here on another signal ends it at once, which the database bears. */
    if (run->loop != NULL)
        rsl_event_loop_remove_signals(run->loop, &run->signals);
    if (run->keeper != NULL)
        end_keeper(run);
    else
        rsl_watch_batch_destroy(run->batch);
    if (run->output != NULL) {
        rsl_event_loop_remove_channel(run->loop, &run->room);
        const int error = rsl_output_stop(run->output, PATIENCE_NS);
        if (error != 0)
            run->status = -error;
    }
    if (run->has_waiting)
        free_text(&run->waiting);
    rsl_event_loop_destroy(run->loop);
}

int rsl_watch_and_tell(const char *const *roots, size_t nroots,
                       const struct rsl_watch_run_options *options)
{
    struct run run = {.options = options, .roots = roots, .nroots = nroots};
    if (options->db_path != NULL)
        run.index = (struct rsl_index_options){.root = roots[0],
                                               .db_path = options->db_path,
                                               .excludes_path = options->excludes_path,
                                               .nthreads = options->nthreads,
                                               .quiet = false};
    const int error = start(&run);
    if (error != 0)
        run.status = error;
    else if (rsl_event_loop_run(run.loop) != RSL_OK && run.status == 0)
        run.status = -errno;
    end(&run);
    return run.status;
}
