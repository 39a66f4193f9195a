#include "tools/watch_feeder.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "ds/mpsc.h"
#include "sched/event_loop.h"

/* Changes that are sent in one go. */
enum { BATCH = 256 };

/* Made by who starts it, then its thread's. */
struct rsl_watch_feeder {
    struct rsl_watch *watch;
    struct rsl_event_loop *loop;
    struct rsl_event_input input;
    struct rsl_event_timer timer;
    struct rsl_event_channel room; /* in the coordinator's events; paused unless there is none */
    struct rsl_coordinator *coordinator;
    struct rsl_qsbr *domain;
    struct rsl_qsbr_participant *participant; /* online while it works */
    struct rsl_watch_change pending;          /* not sent yet; its strings are the next two */
    char *pending_path, *pending_from;
    bool has_pending, has_marked;
    uint64_t noverflows; /* after which a marker was sent */
    pthread_t thread;
};

static bool known(void *context, const char *path, struct rsl_watch_known *known_out)
{
    const struct rsl_watch_feeder *feeder = context;
    struct rsl_file_version version;
    if (!rsl_file_states_find(rsl_coordinator_files(feeder->coordinator), path, strlen(path),
                              &version))
        return false;
    *known_out = (struct rsl_watch_known){
        .nbytes = version.nbytes,
        .mtime_ns = version.mtime_ns,
        .content_hash = version.content_hash,
    };
    return true;
}

static enum rsl_status send_change(struct rsl_watch_feeder *feeder,
                                   const struct rsl_watch_change *change)
{
    const struct rsl_file_event event = {
        .path = change->path,
        .path_nbytes = change->path_nbytes,
        .from = change->from,
        .is_gone = change->kind == RSL_WATCH_REMOVED,
    };
    return rsl_coordinator_send(feeder->coordinator, &event, 0);
}

static void forget_pending(struct rsl_watch_feeder *feeder)
{
    free(feeder->pending_path);
    free(feeder->pending_from);
    feeder->has_pending = false;
    rsl_event_loop_pause_channel(feeder->loop, &feeder->room);
}

/* Keeps a change for when there is room, or memory. */
static void keep(struct rsl_watch_feeder *feeder, const struct rsl_watch_change *change)
{
    feeder->pending = *change;
    feeder->pending.path = feeder->pending_path = strdup(change->path);
    feeder->pending.from = feeder->pending_from =
        change->from == NULL ? NULL : strdup(change->from);
    feeder->has_pending = feeder->pending.path != NULL;
    rsl_event_loop_resume_channel(feeder->loop, &feeder->room);
}

/* Sends what there is. Returns false if there may be more, but no room for it. */
static bool send_changes(struct rsl_watch_feeder *feeder)
{
    enum rsl_status status = RSL_OK;
    if (feeder->has_pending) {
        status = send_change(feeder, &feeder->pending);
        if (status == RSL_OK)
            forget_pending(feeder);
    }
    struct rsl_watch_change change;
    for (int i = 0; i < BATCH && status == RSL_OK && rsl_watch_next(feeder->watch, &change); i++) {
        status = send_change(feeder, &change);
        if (status != RSL_OK)
            keep(feeder, &change);
    }
    if (status == RSL_OK && !feeder->has_marked && rsl_watch_is_quiet(feeder->watch)) {
        status = rsl_coordinator_send(feeder->coordinator, &(struct rsl_file_event){0}, 0);
        feeder->has_marked = status == RSL_OK;
        if (status != RSL_OK)
            rsl_event_loop_resume_channel(feeder->loop, &feeder->room);
        else
            rsl_event_loop_pause_channel(feeder->loop, &feeder->room);
    }
    if (status == RSL_ECLOSED)
        rsl_event_loop_stop(feeder->loop);
    return status == RSL_OK;
}

static void feed(struct rsl_watch_feeder *feeder)
{
    rsl_qsbr_online(feeder->participant);
    /* Without memory, all is looked at again with the next call. */
    (void)rsl_watch_run(feeder->watch);
    struct rsl_watch_stats stats;
    rsl_watch_get_stats(feeder->watch, &stats);
    if (feeder->noverflows != stats.noverflows)
        feeder->has_marked = false;
    feeder->noverflows = stats.noverflows;
    const bool has_room = send_changes(feeder);
    rsl_qsbr_offline(feeder->participant);
    /* While there is no room, changes wait where they are; events are still taken in. */
    const uint64_t deadline = rsl_watch_deadline_ns(feeder->watch);
    const uint64_t now = rsl_event_loop_now_ns();
    const uint64_t least = has_room ? 0 : now + 10000000;
    rsl_event_loop_set_timer(feeder->loop, &feeder->timer, deadline < least ? least : deadline);
}

static void on_events(struct rsl_event_loop *loop, struct rsl_event_input *input)
{
    (void)loop;
    feed(input->context);
}

static void on_time(struct rsl_event_loop *loop, struct rsl_event_timer *timer)
{
    (void)loop;
    feed(timer->context);
}

static bool on_room(struct rsl_event_loop *loop, struct rsl_event_channel *channel)
{
    (void)loop;
    feed(channel->context);
    return false;
}

static void *run(void *arg)
{
    struct rsl_watch_feeder *feeder = arg;
    if (rsl_event_loop_run(feeder->loop) != RSL_OK) /* nobody would learn of changes any more */
        rsl_mpsc_close(rsl_coordinator_events(feeder->coordinator));
    return NULL;
}

static enum rsl_status add_sources(struct rsl_watch_feeder *feeder)
{
    feeder->timer = (struct rsl_event_timer){.on_time = on_time, .context = feeder};
    feeder->room = (struct rsl_event_channel){.on_ready = on_room, .context = feeder};
    feeder->input = (struct rsl_event_input){
        .fd = rsl_watch_fd(feeder->watch), .on_ready = on_events, .context = feeder};
    enum rsl_status status = RSL_OK;
    if (feeder->input.fd >= 0)
        status = rsl_event_loop_add_input(feeder->loop, &feeder->input);
    if (status == RSL_OK)
        status = rsl_event_loop_add_mpsc_sender(feeder->loop, &feeder->room,
                                                rsl_coordinator_events(feeder->coordinator));
    if (status == RSL_OK) {
        rsl_event_loop_pause_channel(feeder->loop, &feeder->room);
        rsl_event_loop_set_timer(feeder->loop, &feeder->timer, 0);
    }
    return status;
}

int rsl_watch_feeder_start(const char *const *roots, size_t nroots,
                           const struct rsl_watch_options *options, enum rsl_io io,
                           struct rsl_coordinator *coordinator, struct rsl_qsbr *domain,
                           struct rsl_watch_feeder **feeder_out)
{
    struct rsl_watch_feeder *feeder = calloc(1, sizeof *feeder);
    *feeder_out = NULL;
    if (feeder == NULL)
        return -ENOMEM;
    feeder->coordinator = coordinator;
    feeder->domain = domain;
    struct rsl_watch_options own = *options;
    own.known = known;
    own.context = feeder;
    errno = ENOMEM;
    enum rsl_status status = rsl_watch_create(roots, nroots, &own, &feeder->watch);
    if (status == RSL_OK)
        status = rsl_event_loop_create(&(struct rsl_event_loop_options){.io = io}, &feeder->loop);
    if (status == RSL_OK)
        status = rsl_qsbr_register(domain, &feeder->participant);
    if (status == RSL_OK) {
        rsl_qsbr_offline(feeder->participant);
        status = add_sources(feeder);
    }
    int error = status == RSL_OK ? 0 : status == RSL_EIO ? errno : ENOMEM;
    if (error == 0)
        error = pthread_create(&feeder->thread, NULL, run, feeder);
    if (error != 0) {
        rsl_event_loop_destroy(feeder->loop);
        rsl_qsbr_unregister(feeder->participant);
        rsl_watch_destroy(feeder->watch);
        free(feeder);
        return -error;
    }
    *feeder_out = feeder;
    return 0;
}

void rsl_watch_feeder_stop(struct rsl_watch_feeder *feeder)
{
    if (feeder == NULL)
        return;
    rsl_event_loop_stop(feeder->loop);
    pthread_join(feeder->thread, NULL);
    if (feeder->has_pending)
        forget_pending(feeder);
    rsl_event_loop_destroy(feeder->loop);
    rsl_qsbr_unregister(feeder->participant);
    rsl_watch_destroy(feeder->watch);
    free(feeder);
}
