/* The coordinator's turn: results first, since they make room; then events, as far as the queue has
 * room; then jobs. coordinator.h says who may do what.
 *
 * Roles: the coordinator's thread; the workers, which each have a job while they run it; senders.
 * What is handed over, is through the channels and the pool: whoever has a job owns it. All else is
 * the coordinator's own. */
#include "sched/coordinator.h"

#include <string.h>
#include <sys/stat.h>

#include "ds/mpsc.h"
#include "sched/event_loop.h"
#include "sched/file_queue.h"
#include "sched/scope.h"

enum { MAX_EVENTS = 256, MAX_RESULTS = 64 }; /* of one turn */

/* An event on its way: one block, the path and, if `from_nbytes` is not 0, where it came from. */
struct message {
    char *text;                        /* NULL: a marker */
    uint32_t path_nbytes, from_nbytes; /* with their NULs */
    bool is_gone;
};

/* Files that one worker works on, and what it found. */
struct job {
    struct job *next; /* free */
    struct rsl_coordinator *coordinator;
    size_t nfiles;
    size_t ntaken; /* results that the user has taken */
    struct rsl_file_result *results;
};

struct rsl_coordinator {
    struct rsl_coordinator_options options;
    const struct rsl_allocator *allocator;
    struct rsl_file_states *files;
    struct rsl_file_queue queue;
    struct rsl_mpsc *events;  /* of struct message */
    struct rsl_mpsc *results; /* of struct job *; as many as there are jobs */
    struct job *jobs, *free_jobs;
    struct rsl_file_result *all_results;
    size_t nworkers;
    struct job *stalled; /* its next result the user could not take */
    size_t nunder_way;   /* files of jobs that are not free */
    bool closed;
    bool marked; /* on_marker is due when all is done */
    struct rsl_coordinator_stats stats;

    struct rsl_scope scope; /* of the jobs */
    bool scope_is_open;
    struct rsl_event_loop *loop; /* or NULL */
    struct rsl_event_channel events_source, results_source;
};

/* ---- begin and end */

static enum rsl_status create_jobs(struct rsl_coordinator *coordinator)
{
    const struct rsl_allocator *allocator = coordinator->allocator;
    const struct rsl_coordinator_options *options = &coordinator->options;
    const size_t nresults = options->njobs * options->job_files;
    coordinator->jobs =
        allocator->allocate(allocator->state, options->njobs * sizeof *coordinator->jobs);
    coordinator->all_results =
        allocator->allocate(allocator->state, nresults * sizeof *coordinator->all_results);
    if (coordinator->jobs == NULL || coordinator->all_results == NULL)
        return RSL_ENOMEM;
    for (size_t i = 0; i < options->njobs; i++) {
        coordinator->jobs[i] = (struct job){
            .next = coordinator->free_jobs,
            .coordinator = coordinator,
            .results = coordinator->all_results + i * options->job_files,
        };
        coordinator->free_jobs = &coordinator->jobs[i];
    }
    return RSL_OK;
}

enum rsl_status rsl_coordinator_create(const struct rsl_coordinator_options *options,
                                       struct rsl_coordinator **coordinator_out)
{
    const struct rsl_allocator *allocator =
        options->allocator != NULL ? options->allocator : &rsl_allocator_default;
    *coordinator_out = NULL;
    if (options->pool == NULL || options->work == NULL || options->take == NULL ||
        options->domain == NULL || options->participant == NULL)
        return RSL_EINVAL;
    struct rsl_coordinator *coordinator =
        allocator->allocate(allocator->state, sizeof *coordinator);
    if (coordinator == NULL)
        return RSL_ENOMEM;
    *coordinator = (struct rsl_coordinator){.options = *options, .allocator = allocator};
    coordinator->nworkers = rsl_pool_nworkers(options->pool);
    struct rsl_coordinator_options *own = &coordinator->options;
    if (own->event_capacity == 0)
        own->event_capacity = 1024;
    if (own->queue_capacity == 0)
        own->queue_capacity = 4096;
    if (own->job_files == 0)
        own->job_files = 16;
    if (own->njobs == 0)
        own->njobs = 2 * coordinator->nworkers + 2;
    enum rsl_status status = create_jobs(coordinator);
    /* What is under way may have to be queued again, besides. */
    if (status == RSL_OK)
        status = rsl_file_queue_init(&coordinator->queue,
                                     own->queue_capacity + own->njobs * own->job_files, allocator);
    if (status == RSL_OK)
        status = rsl_file_states_create(own->domain, own->participant, allocator, own->seed,
                                        &coordinator->files);
    if (status == RSL_OK)
        status = rsl_mpsc_create(own->event_capacity, sizeof(struct message), allocator,
                                 &coordinator->events);
    if (status == RSL_OK)
        status =
            rsl_mpsc_create(own->njobs, sizeof(struct job *), allocator, &coordinator->results);
    if (status == RSL_OK)
        status = rsl_scope_begin_outside(&coordinator->scope, own->pool);
    coordinator->scope_is_open = status == RSL_OK;
    if (status != RSL_OK) {
        rsl_coordinator_destroy(coordinator);
        return status;
    }
    *coordinator_out = coordinator;
    return RSL_OK;
}

static void free_message(struct rsl_coordinator *coordinator, const struct message *message)
{
    if (message->text != NULL)
        coordinator->allocator->release(coordinator->allocator->state, message->text,
                                        (size_t)message->path_nbytes + message->from_nbytes);
}

static void drop(struct rsl_coordinator *coordinator, const struct rsl_file_result *result)
{
    if (coordinator->options.drop != NULL)
        coordinator->options.drop(coordinator->options.context, result);
}

static void free_job(struct rsl_coordinator *coordinator, struct job *job)
{
    coordinator->nunder_way -= job->nfiles;
    job->nfiles = job->ntaken = 0;
    job->next = coordinator->free_jobs;
    coordinator->free_jobs = job;
}

void rsl_coordinator_destroy(struct rsl_coordinator *coordinator)
{
    if (coordinator == NULL)
        return;
    const struct rsl_allocator *allocator = coordinator->allocator;
    const struct rsl_coordinator_options *options = &coordinator->options;
    rsl_coordinator_detach(coordinator);
    /* A result may have come while its sender is not yet done with the channel. */
    if (coordinator->scope_is_open)
        (void)rsl_scope_wait(&coordinator->scope);
    while (coordinator->nunder_way > 0) {
        struct job *job = coordinator->stalled;
        coordinator->stalled = NULL;
        if (job == NULL &&
            (rsl_mpsc_try_receive(coordinator->results, &job) != RSL_OK || job == NULL))
            break; /* the others were cancelled, with the pool */
        for (; job->ntaken < job->nfiles; job->ntaken++)
            drop(coordinator, &job->results[job->ntaken]);
        free_job(coordinator, job);
    }
    struct message message = {0};
    while (coordinator->events != NULL &&
           rsl_mpsc_try_receive(coordinator->events, &message) == RSL_OK)
        free_message(coordinator, &message);
    rsl_mpsc_destroy(coordinator->events);
    rsl_mpsc_destroy(coordinator->results);
    rsl_file_states_destroy(coordinator->files);
    rsl_file_queue_fini(&coordinator->queue, allocator);
    if (coordinator->jobs != NULL)
        allocator->release(allocator->state, coordinator->jobs,
                           options->njobs * sizeof *coordinator->jobs);
    if (coordinator->all_results != NULL)
        allocator->release(allocator->state, coordinator->all_results,
                           options->njobs * options->job_files * sizeof *coordinator->all_results);
    allocator->release(allocator->state, coordinator, sizeof *coordinator);
}

static void report_error(struct rsl_coordinator *coordinator, enum rsl_status status)
{
    if (coordinator->options.on_error != NULL)
        coordinator->options.on_error(coordinator->options.context, status);
}

/* ---- jobs */

static void work_on(struct rsl_coordinator *coordinator, struct rsl_worker *worker,
                    struct rsl_file_result *result)
{
    struct rsl_file_state *file = result->file;
    struct rsl_file_version known;
    size_t path_nbytes;
    *result = (struct rsl_file_result){.file = file, .parse = rsl_file_begin(file)};
    result->is_gone = rsl_u32_load_relaxed(&file->is_gone) != 0; /* see file_state.h */
    const bool is_known = rsl_file_known(file, &known);
    const char *path = rsl_file_path(file, &path_nbytes);
    if (result->is_gone)
        result->outcome = RSL_FILE_MISSING;
    else
        coordinator->options.work(coordinator->options.context, worker, path,
                                  is_known ? &known : NULL, result);
    const bool ok = result->outcome == RSL_FILE_PARSED || result->outcome == RSL_FILE_SAME;
    if (result->outcome == RSL_FILE_SAME)
        result->version.fingerprint = known.fingerprint;
    result->interface_changed =
        ok ? !is_known || known.fingerprint != result->version.fingerprint : is_known;
    result->again = rsl_file_finish(file, ok, ok ? &result->version : NULL);
}

/* On a worker. There is room for the result: the channel holds all jobs that there are. */
static int run_job(struct rsl_worker *worker, void *arg)
{
    struct job *job = arg;
    struct rsl_coordinator *coordinator = job->coordinator;
    for (size_t i = 0; i < job->nfiles; i++)
        work_on(coordinator, worker, &job->results[i]);
    return rsl_mpsc_try_send(coordinator->results, &job) == RSL_OK ? RSL_OK : RSL_ECLOSED;
}

/* Few files to a job as long as there are few, so that all workers have some. */
static size_t job_length(const struct rsl_coordinator *coordinator)
{
    const size_t n = coordinator->queue.n / (2 * coordinator->nworkers);
    const size_t most = coordinator->options.job_files;
    return n < 1 ? 1 : n < most ? n : most;
}

static bool hand_out(struct rsl_coordinator *coordinator)
{
    bool any = false;
    while (!coordinator->closed && coordinator->free_jobs != NULL && coordinator->queue.n > 0) {
        struct job *job = coordinator->free_jobs;
        const size_t n = job_length(coordinator);
        for (job->nfiles = 0; job->nfiles < n; job->nfiles++) {
            struct rsl_file_state *file = rsl_file_queue_pop(&coordinator->queue);
            file->nunder_way++;
            job->results[job->nfiles].file = file;
        }
        coordinator->free_jobs = job->next;
        coordinator->nunder_way += n;
        if (rsl_scope_spawn_at(&coordinator->scope, RSL_PRIORITY_NORMAL, run_job, job) != RSL_OK) {
            /* No memory for it now: with the next result, or the next event. */
            for (size_t i = 0; i < n; i++) {
                job->results[i].file->nunder_way--;
                rsl_file_queue_push(&coordinator->queue, job->results[i].file, UINT64_MAX);
            }
            free_job(coordinator, job);
            report_error(coordinator, RSL_ENOMEM);
            break;
        }
        coordinator->stats.njobs++;
        any = true;
    }
    return any;
}

/* ---- events */

static void enqueue(struct rsl_coordinator *coordinator, struct rsl_file_state *file)
{
    const struct rsl_coordinator_options *options = &coordinator->options;
    const uint32_t ndependents =
        options->count_dependents == NULL ? 0 : options->count_dependents(options->context, file);
    rsl_file_queue_push(&coordinator->queue, file,
                        rsl_calculate_priority(ndependents, file->has_result));
}

static void take_event(struct rsl_coordinator *coordinator, const struct message *message)
{
    const struct rsl_coordinator_options *options = &coordinator->options;
    if (message->text == NULL) {
        coordinator->marked = true;
        return;
    }
    const struct rsl_file_event event = {
        .path = message->text,
        .path_nbytes = message->path_nbytes - 1,
        .from = message->from_nbytes == 0 ? NULL : message->text + message->path_nbytes,
        .is_gone = message->is_gone,
    };
    struct rsl_file_state *file;
    const enum rsl_status status =
        rsl_file_states_get(coordinator->files, event.path, event.path_nbytes, &file);
    coordinator->stats.nevents++;
    if (status != RSL_OK) {
        report_error(coordinator, status);
        return;
    }
    rsl_u32_store_relaxed(&file->is_gone, event.is_gone); /* see file_state.h */
    if (options->on_event != NULL)
        options->on_event(options->context, file, &event);
    if (rsl_file_changed(file))
        enqueue(coordinator, file);
    else
        coordinator->stats.nmerged++;
}

/* Whether there may be more, and room for them. */
static bool take_events(struct rsl_coordinator *coordinator)
{
    for (int i = 0; i < MAX_EVENTS; i++) {
        struct message message = {0};
        if (!coordinator->closed && coordinator->queue.n >= coordinator->options.queue_capacity)
            return false;
        const enum rsl_status status = rsl_mpsc_try_receive(coordinator->events, &message);
        if (status == RSL_ECLOSED && !coordinator->closed) { /* by a sender, who cannot go on */
            rsl_coordinator_close(coordinator);
            report_error(coordinator, status);
        }
        if (status != RSL_OK)
            return false;
        if (!coordinator->closed)
            take_event(coordinator, &message);
        free_message(coordinator, &message);
    }
    return true;
}

/* ---- results */

/* False: the user has no room for it. */
static bool take_result(struct rsl_coordinator *coordinator, const struct rsl_file_result *result)
{
    const struct rsl_coordinator_options *options = &coordinator->options;
    struct rsl_file_state *file = result->file;
    /* The numbers wrap at 28 bits. */
    const bool is_overtaken =
        file->has_result && (int32_t)((result->parse - file->applied) << 4) < 0;
    if (is_overtaken) {
        coordinator->stats.ndropped++;
        drop(coordinator, result);
    } else if (!options->take(options->context, result)) {
        return false;
    }
    coordinator->stats.nresults++;
    if (!is_overtaken) {
        file->applied = result->parse;
        file->has_result = true;
        file->is_missing = result->outcome == RSL_FILE_MISSING;
    }
    /* Also of one that was overtaken: who overtook it compared with what it had found. */
    if (result->interface_changed && options->dependencies_changed != NULL)
        options->dependencies_changed(options->context, file);
    if (result->again) {
        coordinator->stats.nagain++;
        enqueue(coordinator, file);
    }
    /* Not while results of it are on their way. */
    if (--file->nunder_way == 0 && file->is_missing && rsl_file_phase(file) == RSL_FILE_FAILED)
        rsl_file_states_remove(coordinator->files, file);
    return true;
}

/* Whether there may be more, and the user has room. */
static bool process_results(struct rsl_coordinator *coordinator)
{
    for (int i = 0; i < MAX_RESULTS; i++) {
        struct job *job = coordinator->stalled;
        if (job == NULL &&
            (rsl_mpsc_try_receive(coordinator->results, &job) != RSL_OK || job == NULL))
            return false;
        coordinator->stalled = job;
        while (job->ntaken < job->nfiles) {
            if (!take_result(coordinator, &job->results[job->ntaken]))
                return false;
            job->ntaken++;
        }
        coordinator->stalled = NULL;
        free_job(coordinator, job);
    }
    return true;
}

/* ---- alone */

/* Whether what is there now is soon read: small, and nobody is waited for; or nothing is there. */
static bool is_small_now(const char *path, uint64_t small_nbytes)
{
    struct stat st;
    return stat(path, &st) != 0 || (S_ISREG(st.st_mode) && (uint64_t)st.st_size <= small_nbytes);
}

/* Whether the only thing to do is a file that was small and is. */
static bool is_small_and_alone(const struct rsl_coordinator *coordinator)
{
    struct rsl_file_version known;
    const uint64_t small_nbytes = coordinator->options.small_nbytes;
    size_t path_nbytes;
    return !coordinator->closed && coordinator->queue.n == 1 && coordinator->nunder_way == 0 &&
           rsl_file_known(coordinator->queue.heap[0].file, &known) &&
           known.nbytes <= small_nbytes &&
           is_small_now(rsl_file_path(coordinator->queue.heap[0].file, &path_nbytes), small_nbytes);
}

/* Works on it as a worker would. Its result is the next to be taken: there is no other. */
static void work_here(struct rsl_coordinator *coordinator)
{
    struct job *job = coordinator->free_jobs;
    coordinator->free_jobs = job->next;
    job->nfiles = 1;
    job->results[0].file = rsl_file_queue_pop(&coordinator->queue);
    job->results[0].file->nunder_way++;
    coordinator->nunder_way++;
    coordinator->stats.njobs++;
    work_on(coordinator, NULL, &job->results[0]);
    coordinator->stalled = job;
}

/* ---- turns */

bool rsl_coordinator_is_idle(const struct rsl_coordinator *coordinator)
{
    return coordinator->nunder_way == 0 && (coordinator->closed || coordinator->queue.n == 0);
}

static bool turn(struct rsl_coordinator *coordinator)
{
    bool more = process_results(coordinator);
    more |= take_events(coordinator);
    if (coordinator->options.small_nbytes > 0 && is_small_and_alone(coordinator)) {
        work_here(coordinator);
        more |= process_results(coordinator);
    }
    more |= hand_out(coordinator);
    if (coordinator->marked && rsl_coordinator_is_idle(coordinator)) {
        coordinator->marked = false;
        if (coordinator->options.on_marker != NULL)
            coordinator->options.on_marker(coordinator->options.context);
    }
    rsl_qsbr_quiescent(coordinator->options.participant);
    return more;
}

/* Channels that cannot be taken from are not to be waited for. */
static void set_sources(struct rsl_coordinator *coordinator)
{
    if (coordinator->loop == NULL)
        return;
    if (!coordinator->closed && coordinator->queue.n >= coordinator->options.queue_capacity)
        rsl_event_loop_pause_channel(coordinator->loop, &coordinator->events_source);
    else
        rsl_event_loop_resume_channel(coordinator->loop, &coordinator->events_source);
    if (coordinator->stalled != NULL)
        rsl_event_loop_pause_channel(coordinator->loop, &coordinator->results_source);
    else
        rsl_event_loop_resume_channel(coordinator->loop, &coordinator->results_source);
}

bool rsl_coordinator_step(struct rsl_coordinator *coordinator)
{
    const bool more = turn(coordinator);
    set_sources(coordinator);
    return more;
}

static bool on_ready(struct rsl_event_loop *loop, struct rsl_event_channel *channel)
{
    (void)loop;
    return rsl_coordinator_step(channel->context);
}

enum rsl_status rsl_coordinator_attach(struct rsl_coordinator *coordinator,
                                       struct rsl_event_loop *loop)
{
    coordinator->events_source =
        (struct rsl_event_channel){.on_ready = on_ready, .context = coordinator};
    coordinator->results_source = coordinator->events_source;
    enum rsl_status status =
        rsl_event_loop_add_mpsc(loop, &coordinator->events_source, coordinator->events);
    if (status != RSL_OK)
        return status;
    status = rsl_event_loop_add_mpsc(loop, &coordinator->results_source, coordinator->results);
    if (status != RSL_OK) {
        rsl_event_loop_remove_channel(loop, &coordinator->events_source);
        return status;
    }
    coordinator->loop = loop;
    set_sources(coordinator);
    return RSL_OK;
}

void rsl_coordinator_detach(struct rsl_coordinator *coordinator)
{
    if (coordinator->loop == NULL)
        return;
    rsl_event_loop_remove_channel(coordinator->loop, &coordinator->events_source);
    rsl_event_loop_remove_channel(coordinator->loop, &coordinator->results_source);
    coordinator->loop = NULL;
}

void rsl_coordinator_resume(struct rsl_coordinator *coordinator)
{
    rsl_coordinator_step(coordinator);
}

void rsl_coordinator_close(struct rsl_coordinator *coordinator)
{
    coordinator->closed = coordinator->marked = true;
    rsl_mpsc_close(coordinator->events);
    struct message message = {0};
    while (rsl_mpsc_try_receive(coordinator->events, &message) == RSL_OK)
        free_message(coordinator, &message);
    if (coordinator->loop != NULL)
        rsl_event_loop_remove_channel(coordinator->loop, &coordinator->events_source);
}

struct rsl_file_states *rsl_coordinator_files(const struct rsl_coordinator *coordinator)
{
    return coordinator->files;
}

void rsl_coordinator_get_stats(const struct rsl_coordinator *coordinator,
                               struct rsl_coordinator_stats *stats_out)
{
    *stats_out = coordinator->stats;
    stats_out->nqueued = coordinator->queue.n;
    stats_out->nunder_way = coordinator->nunder_way;
}

struct rsl_mpsc *rsl_coordinator_events(const struct rsl_coordinator *coordinator)
{
    return coordinator->events;
}

/* ---- senders */

enum rsl_status rsl_coordinator_send(struct rsl_coordinator *coordinator,
                                     const struct rsl_file_event *event, uint64_t timeout_ns)
{
    struct message message = {.is_gone = event->is_gone};
    if (event->path != NULL) {
        const size_t from_nbytes = event->from == NULL ? 0 : strlen(event->from) + 1;
        if (event->path_nbytes >= RSL_MAP_MAX_KEY || from_nbytes > RSL_MAP_MAX_KEY)
            return RSL_EINVAL;
        message.path_nbytes = (uint32_t)event->path_nbytes + 1;
        message.from_nbytes = (uint32_t)from_nbytes;
        message.text = coordinator->allocator->allocate(
            coordinator->allocator->state, (size_t)message.path_nbytes + message.from_nbytes);
        if (message.text == NULL)
            return RSL_ENOMEM;
        memcpy(message.text, event->path, event->path_nbytes);
        message.text[event->path_nbytes] = 0;
        if (from_nbytes > 0)
            memcpy(message.text + message.path_nbytes, event->from, from_nbytes);
    }
    const enum rsl_status status = timeout_ns == 0
                                       ? rsl_mpsc_try_send(coordinator->events, &message)
                                       : rsl_mpsc_send(coordinator->events, &message, timeout_ns);
    if (status != RSL_OK)
        free_message(coordinator, &message);
    return status;
}
