/* The threads of a watch, and what goes between them, all of it bounded:
 *
 *     feeder ──events──► this thread ──jobs──► pool
 *     (watcher)              ▲  │                │
 *                            └──┼────results─────┘
 *                               └──texts──► writer
 *
 * If who reads the output stands still, the writer does, then no results are taken, no jobs handed
 * out, no events taken, and changes wait in the watcher, each file once. Signals are taken all the
 * same.
 */
#include "tools/watch.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sched/event_loop.h"
#include "tools/output.h"
#include "tools/report.h"
#include "tools/watch_feeder.h"
#include "tools/watch_version.h"

enum { TEXTS = 64 };

/* How long who reads the output is waited for at the end. */
#define PATIENCE_NS UINT64_C(1000000000)

/* What is kept of a file, in `user` of its state. */
struct watched {
    struct rsl_watch_version *version; /* the last that was told */
    char *from;                        /* where it was moved from, until that is told */
};

struct run {
    const struct rsl_watch_run_options *options;
    struct rsl_qsbr *domain;
    struct rsl_qsbr_participant *participant;
    struct rsl_pool *pool;
    struct rsl_event_loop *loop;
    struct rsl_event_signals signals;
    struct rsl_event_timer patience;
    struct rsl_event_channel room; /* in the output; paused unless a text waits */
    struct rsl_output *output;
    struct rsl_output_text waiting;
    bool has_waiting;
    struct rsl_coordinator *coordinator;
    struct rsl_watch_feeder *feeder;
    bool is_ready; /* what there was has been read: from now on changes are told */
    bool gave_up;  /* on the output */
    int status;    /* 128 + a signal, or a negative errno */
    uint64_t nfiles, nitems;
};

/* ---- on the workers */

static int init_worker(struct rsl_worker *worker, void *arg)
{
    (void)arg;
    struct rsl_version_reader *reader = malloc(sizeof *reader);
    if (reader == NULL)
        return RSL_ENOMEM;
    if (!rsl_version_reader_init(reader)) {
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
    (void)context;
    rsl_version_read(rsl_worker_slot(worker, 0), path, known, result);
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

static bool on_room(struct rsl_event_loop *loop, struct rsl_event_channel *channel)
{
    struct run *run = channel->context;
    rsl_event_loop_pause_channel(loop, channel);
    if (run->has_waiting) {
        struct rsl_output_text text = run->waiting;
        send_text(run, &text);
    }
    if (!run->has_waiting)
        rsl_coordinator_resume(run->coordinator);
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
    (void)loop;
    give_up(timer->context);
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

/* A file has another version, or none (`version` NULL), which is told. Whatever is to be kept true
 * to the tree is brought up to date here, where all changes of all files come by in order. */
static void publish(struct run *run, const char *path, const struct watched *watched,
                    const struct rsl_watch_version *version)
{
    count(run, watched->version, UINT64_MAX);
    count(run, version, 1);
    if (!run->is_ready)
        return;
    struct rsl_output_text text = {0};
    rsl_watch_put_change(&text.out, run->options->json,
                         version == NULL            ? "removed"
                         : watched->version == NULL ? "created"
                                                    : "modified",
                         path, watched->from, watched->version, version);
    if (version != NULL)
        rsl_text_buffer_put(&text.diagnostics, version->diagnostics.bytes,
                            version->diagnostics.nbytes);
    send_text(run, &text);
}

static bool take(void *context, const struct rsl_file_result *result)
{
    struct run *run = context;
    size_t path_nbytes;
    const char *path = rsl_file_path(result->file, &path_nbytes);
    struct watched *watched = result->file->user;
    if (run->has_waiting)
        return false;
    if (result->outcome == RSL_FILE_SAME)
        return true;
    if (result->outcome == RSL_FILE_MISSING) {
        if (watched != NULL && watched->version != NULL)
            publish(run, path, watched, NULL);
        forget(result->file);
        return true;
    }
    watched = watched_of(result->file);
    if (watched == NULL || result->payload == NULL) {
        rsl_watch_version_destroy(result->payload);
        fail(run, ENOMEM);
        return true;
    }
    publish(run, path, watched, result->payload);
    rsl_watch_version_destroy(watched->version);
    watched->version = result->payload;
    /* The text has been told. */
    rsl_text_buffer_fini(&watched->version->diagnostics);
    free(watched->from);
    watched->from = NULL;
    return true;
}

static void drop(void *context, const struct rsl_file_result *result)
{
    (void)context;
    rsl_watch_version_destroy(result->payload);
}

/* All has been read that was there; or, after a signal, what was under way. */
static void on_marker(void *context)
{
    struct run *run = context;
    if (run->status != 0) {
        rsl_event_loop_stop(run->loop);
        return;
    }
    struct rsl_output_text text = {0};
    rsl_text_buffer_puts(&text.out,
                         run->options->json ? "{\"event\":\"ready\",\"files\":" : "ready: ");
    rsl_text_buffer_put_number(&text.out, run->nfiles);
    rsl_text_buffer_puts(&text.out, run->options->json ? ",\"items\":" : " files, ");
    rsl_text_buffer_put_number(&text.out, run->nitems);
    rsl_text_buffer_puts(&text.out, run->options->json ? "}\n" : " items\n");
    run->is_ready = true;
    send_text(run, &text);
}

static void on_error(void *context, enum rsl_status status)
{
    /* Closed: by the feeder, whose loop failed. */
    fail(context, status == RSL_ECLOSED ? EIO : ENOMEM);
}

/* ---- ending */

static void on_signal(struct rsl_event_loop *loop, struct rsl_event_signals *signals, int signo)
{
    struct run *run = signals->context;
    if (run->status != 0) { /* the second */
        give_up(run);
        return;
    }
    run->status = 128 + signo;
    rsl_coordinator_close(run->coordinator);
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

static int start(struct run *run, const char *const *roots, size_t nroots)
{
    static const int signos[] = {SIGINT, SIGTERM};
    const struct rsl_watch_run_options *options = run->options;
    struct timespec now;
    errno = ENOMEM;
    if (rsl_event_loop_create(&(struct rsl_event_loop_options){.io = options->io}, &run->loop) !=
        RSL_OK)
        return -errno;
    run->signals = (struct rsl_event_signals){.on_signal = on_signal, .context = run};
    run->patience = (struct rsl_event_timer){.on_time = on_patience_over, .context = run};
    run->room = (struct rsl_event_channel){.on_ready = on_room, .context = run};
    if (rsl_event_loop_add_signals(run->loop, &run->signals, signos, 2) != RSL_OK)
        return -errno;
    int error = rsl_output_start(TEXTS, &run->output);
    if (error != 0)
        return error;
    if (rsl_event_loop_add_spsc_sender(run->loop, &run->room, rsl_output_channel(run->output)) !=
        RSL_OK)
        return -errno;
    rsl_event_loop_pause_channel(run->loop, &run->room);
    const struct rsl_pool_options pool_options = {
        .nworkers = options->nthreads, .init_worker = init_worker, .fini_worker = fini_worker};
    const int status = rsl_pool_create(&pool_options, &run->pool);
    if (status != RSL_OK)
        return status == RSL_EIO ? -EAGAIN : -ENOMEM;
    if (rsl_qsbr_create(&rsl_allocator_default, &run->domain) != RSL_OK ||
        rsl_qsbr_register(run->domain, &run->participant) != RSL_OK)
        return -ENOMEM;
    clock_gettime(CLOCK_REALTIME, &now);
    const struct rsl_coordinator_options coordinator_options = {
        .pool = run->pool,
        .seed = (uint64_t)now.tv_sec * 1000000007 + (uint64_t)now.tv_nsec,
        .domain = run->domain,
        .participant = run->participant,
        .work = work,
        .take = take,
        .drop = drop,
        .on_event = on_event,
        .on_marker = on_marker,
        .on_error = on_error,
        .context = run,
    };
    if (rsl_coordinator_create(&coordinator_options, &run->coordinator) != RSL_OK ||
        rsl_coordinator_attach(run->coordinator, run->loop) != RSL_OK)
        return -ENOMEM;
    const struct rsl_watch_options watch_options = {
        .suffix = ".rs",
        .excludes_path = options->excludes_path,
        .settle_ns = options->settle_ns,
        .report = report,
    };
    return rsl_watch_feeder_start(roots, nroots, &watch_options, options->io, run->coordinator,
                                  run->domain, &run->feeder);
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
    rsl_pool_destroy(run->pool);
    rsl_qsbr_unregister(run->participant);
    rsl_qsbr_destroy(run->domain);
    if (run->output != NULL) {
        rsl_event_loop_remove_channel(run->loop, &run->room);
        const int error = rsl_output_stop(run->output, PATIENCE_NS);
        if (error != 0)
            run->status = -error;
    }
    if (run->has_waiting)
        free_text(&run->waiting);
    if (run->loop != NULL)
        rsl_event_loop_remove_signals(run->loop, &run->signals);
    rsl_event_loop_destroy(run->loop);
}

int rsl_watch_and_tell(const char *const *roots, size_t nroots,
                       const struct rsl_watch_run_options *options)
{
    struct run run = {.options = options};
    const int error = start(&run, roots, nroots);
    if (error != 0)
        run.status = error;
    else if (rsl_event_loop_run(run.loop) != RSL_OK && run.status == 0)
        run.status = -errno;
    end(&run);
    return run.status;
}
