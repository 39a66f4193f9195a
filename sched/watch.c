/* The watcher as a whole: when what is looked at. */
#include "sched/watch_internal.h"

#include <errno.h>
#include <string.h>
#include <sys/inotify.h>
#include <time.h>
#include <unistd.h>

#define SECOND_NS UINT64_C(1000000000)

/* A poll takes at most this part of the time. */
#define POLL_PART 10

/* Folders that one call reads, and files that one call finds unchanged, at most. */
enum { MAX_SCANS = 128, SCANS_BETWEEN_READS = 16, MAX_CHECKS = 1024 };

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * SECOND_NS + (uint64_t)now.tv_nsec;
}

void rsl_watch_report(const struct rsl_watch *watch, const char *path, int error)
{
    if (watch->options.report != NULL)
        watch->options.report(watch->options.context, path, error);
}

static void report_ignore_file(void *state, const char *path, int error)
{
    rsl_watch_report(state, path, error);
}

void rsl_watch_mark(struct rsl_watch *watch, struct rsl_watch_node *file, uint32_t why)
{
    const bool is_dirty = file->flags & RSL_WATCH_DIRTY;
    file->flags |= why | RSL_WATCH_DIRTY;
    if (is_dirty && why == 0)
        return;
    /* What was there from the start need not settle. */
    const uint64_t now = watch->started ? watch->now_ns : 0;
    file->as.file.last_ns = now;
    if (is_dirty) {
        rsl_watch_list_remove(&file->as.file.by_last);
    } else {
        file->as.file.first_ns = now;
        rsl_watch_list_append(&watch->by_first, &file->as.file.by_first);
    }
    rsl_watch_list_append(&watch->by_last, &file->as.file.by_last);
}

/* ---- begin and end */

static enum rsl_status init(struct rsl_watch *watch, const char *const *roots, size_t nroots)
{
    const struct rsl_allocator *allocator = watch->allocator;
    const struct rsl_watch_options *options = &watch->options;
    enum rsl_status status =
        rsl_overrides_init(&watch->overrides, options->globs, options->nglobs, allocator);
    if (status != RSL_OK)
        return status;
    watch->fd = watch->calls.init(watch->calls.state, IN_NONBLOCK | IN_CLOEXEC);
    if (watch->fd < 0) {
        if (errno != EMFILE && errno != ENFILE && errno != ENOSYS)
            return errno == ENOMEM ? RSL_ENOMEM : RSL_EIO;
        rsl_watch_report(watch, "", errno); /* and all is polled */
    }
    watch->roots = allocator->allocate(allocator->state, (nroots + 1) * sizeof *watch->roots);
    if (watch->roots == NULL)
        return RSL_ENOMEM;
    watch->nroots = nroots;
    memset(watch->roots, 0, (nroots + 1) * sizeof *watch->roots);
    rsl_watch_check_excludes(watch);
    if (watch->lost)
        return RSL_ENOMEM;
    for (size_t i = 0; i < nroots && status == RSL_OK; i++)
        status = rsl_watch_add_root(watch, &watch->roots[i], roots[i]);
    return status;
}

enum rsl_status rsl_watch_create_with(const char *const *roots, size_t nroots,
                                      const struct rsl_watch_options *options,
                                      const struct rsl_watch_calls *calls,
                                      struct rsl_watch **watch_out)
{
    const struct rsl_allocator *allocator =
        options->allocator != NULL ? options->allocator : &rsl_allocator_default;
    struct rsl_watch *watch = allocator->allocate(allocator->state, sizeof *watch);
    *watch_out = NULL;
    if (watch == NULL)
        return RSL_ENOMEM;
    memset(watch, 0, offsetof(struct rsl_watch, events));
    watch->options = *options;
    watch->calls = *calls;
    watch->allocator = allocator;
    watch->fd = -1;
    if (options->suffix == NULL)
        watch->options.suffix = "";
    watch->suffix_nbytes = strlen(watch->options.suffix);
    if (options->settle_ns == 0)
        watch->options.settle_ns = RSL_WATCH_SETTLE_NS;
    else if (options->settle_ns == RSL_WATCH_NO_SETTLE)
        watch->options.settle_ns = 0;
    if (options->max_settle_ns == 0)
        watch->options.max_settle_ns = RSL_WATCH_MAX_SETTLE_NS;
    if (watch->options.max_settle_ns < watch->options.settle_ns)
        watch->options.max_settle_ns = watch->options.settle_ns;
    if (options->poll_ns == 0)
        watch->options.poll_ns = SECOND_NS;
    watch->ignore.allocator = allocator;
    watch->ignore.report = report_ignore_file;
    watch->ignore.report_state = watch;
    rsl_watch_list_init(&watch->by_last);
    rsl_watch_list_init(&watch->by_first);
    rsl_watch_list_init(&watch->scans);
    rsl_watch_list_init(&watch->polled);
    rsl_watch_list_init(&watch->gits);
    watch->now_ns = now_ns();
    watch->next_check_ns = watch->now_ns + watch->options.poll_ns;
    const enum rsl_status status = init(watch, roots, nroots);
    if (status == RSL_OK) {
        *watch_out = watch;
    } else {
        const int error = errno;
        rsl_watch_destroy(watch);
        errno = error;
    }
    return status;
}

enum rsl_status rsl_watch_create(const char *const *roots, size_t nroots,
                                 const struct rsl_watch_options *options,
                                 struct rsl_watch **watch_out)
{
    return rsl_watch_create_with(roots, nroots, options, &rsl_watch_real_calls, watch_out);
}

void rsl_watch_destroy(struct rsl_watch *watch)
{
    if (watch == NULL)
        return;
    const struct rsl_allocator *allocator = watch->allocator;
    rsl_watch_free_tree(watch);
    for (size_t i = 0; i < watch->nroots; i++)
        rsl_watch_root_fini(watch, &watch->roots[i]);
    if (watch->roots != NULL)
        allocator->release(allocator->state, watch->roots,
                           (watch->nroots + 1) * sizeof *watch->roots);
    if (watch->fd >= 0)
        close(watch->fd);
    struct rsl_watch_buffer *const buffers[] = {&watch->path, &watch->real, &watch->dents,
                                                &watch->contents, &watch->moved_from};
    for (size_t i = 0; i < sizeof buffers / sizeof buffers[0]; i++)
        allocator->release(allocator->state, buffers[i]->bytes, buffers[i]->capacity);
    rsl_watch_free_text(watch, watch->from_told);
    rsl_overrides_fini(&watch->overrides, allocator);
    rsl_ignore_rules_fini(&watch->ignore.global_rules, allocator);
    allocator->release(allocator->state, watch, sizeof *watch);
}

/* ---- what there is to do */

int rsl_watch_fd(const struct rsl_watch *watch)
{
    return watch->fd;
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* When the next dirty file may be looked at, in time. */
static uint64_t next_due_ns(const struct rsl_watch *watch)
{
    if (rsl_watch_list_is_empty(&watch->by_last))
        return UINT64_MAX;
    const struct rsl_watch_node *quiet = RSL_WATCH_OF(watch->by_last.next, as.file.by_last);
    const struct rsl_watch_node *old = RSL_WATCH_OF(watch->by_first.next, as.file.by_first);
    return least(quiet->as.file.last_ns + watch->options.settle_ns,
                 old->as.file.first_ns + watch->options.max_settle_ns);
}

uint64_t rsl_watch_deadline_ns(const struct rsl_watch *watch)
{
    if (watch->lost || !watch->started || !rsl_watch_list_is_empty(&watch->scans))
        return 0;
    uint64_t deadline = least(watch->next_check_ns, next_due_ns(watch));
    if (!rsl_watch_list_is_empty(&watch->polled))
        deadline = least(deadline, watch->next_poll_ns);
    return deadline;
}

bool rsl_watch_is_quiet(const struct rsl_watch *watch)
{
    return watch->started && !watch->lost && rsl_watch_list_is_empty(&watch->scans) &&
           rsl_watch_list_is_empty(&watch->by_last);
}

void rsl_watch_get_stats(const struct rsl_watch *watch, struct rsl_watch_stats *stats_out)
{
    *stats_out = watch->stats;
}

/* ---- doing it */

static void check_roots(struct rsl_watch *watch)
{
    bool is_missing = false;
    for (size_t i = 0; i < watch->nroots; i++) {
        rsl_watch_check_root(watch, &watch->roots[i]);
        is_missing |=
            watch->roots[i].node != NULL && (watch->roots[i].node->flags & RSL_WATCH_DEAD);
    }
    rsl_watch_check_excludes(watch);
    watch->stats.nchecks++;
    watch->next_check_ns =
        watch->now_ns + (is_missing ? RSL_WATCH_MISSING_NS : watch->options.poll_ns);
}

static void begin_poll(struct rsl_watch *watch)
{
    for (struct rsl_watch_link *at = watch->polled.next; at != &watch->polled; at = at->next)
        rsl_watch_queue_scan(watch, RSL_WATCH_OF(at, as.folder.poll), false);
    watch->no_watch = false; /* there may be some again */
    watch->is_polling = true;
    watch->poll_began_ns = watch->now_ns;
    watch->next_poll_ns = UINT64_MAX; /* until this one is through */
}

static void end_poll(struct rsl_watch *watch)
{
    const uint64_t now = now_ns();
    const uint64_t rest_ns = (now - watch->poll_began_ns) * POLL_PART;
    watch->is_polling = false;
    watch->stats.npolls++;
    watch->next_poll_ns =
        now + (rest_ns > watch->options.poll_ns ? rest_ns : watch->options.poll_ns);
}

enum rsl_status rsl_watch_run(struct rsl_watch *watch)
{
    watch->now_ns = now_ns();
    rsl_watch_read_events(watch);
    if (watch->now_ns >= watch->next_check_ns)
        check_roots(watch);
    if (!rsl_watch_list_is_empty(&watch->polled) && watch->now_ns >= watch->next_poll_ns)
        begin_poll(watch);
    if (watch->lost && rsl_watch_list_is_empty(&watch->scans)) {
        watch->lost = false;
        for (size_t i = 0; i < watch->nroots; i++)
            if (watch->roots[i].node != NULL)
                rsl_watch_queue_scan(watch, watch->roots[i].node, true);
    }
    const bool was_lost = watch->lost;
    const uint64_t noverflows = watch->stats.noverflows;
    for (int n = 1; n <= MAX_SCANS && !rsl_watch_list_is_empty(&watch->scans); n++) {
        rsl_watch_scan_one(watch);
        if (n % SCANS_BETWEEN_READS == 0) {
            watch->now_ns = now_ns();
            rsl_watch_read_events(watch);
        }
    }
    /* Lost without an overflow: no memory. */
    const bool failed = watch->lost && !was_lost && noverflows == watch->stats.noverflows;
    if (rsl_watch_list_is_empty(&watch->scans)) {
        watch->started = true;
        if (watch->is_polling)
            end_poll(watch);
    }
    return failed ? RSL_ENOMEM : RSL_OK;
}

/* The file that is to be looked at now, or NULL. */
static struct rsl_watch_node *due_file(const struct rsl_watch *watch, uint64_t now)
{
    if (rsl_watch_list_is_empty(&watch->by_last))
        return NULL;
    struct rsl_watch_node *quiet = RSL_WATCH_OF(watch->by_last.next, as.file.by_last);
    if (now >= quiet->as.file.last_ns + watch->options.settle_ns)
        return quiet;
    struct rsl_watch_node *old = RSL_WATCH_OF(watch->by_first.next, as.file.by_first);
    return now >= old->as.file.first_ns + watch->options.max_settle_ns ? old : NULL;
}

bool rsl_watch_next(struct rsl_watch *watch, struct rsl_watch_change *change_out)
{
    const uint64_t now = now_ns();
    rsl_watch_free_text(watch, watch->from_told);
    watch->from_told = NULL;
    for (int i = 0; i < MAX_CHECKS; i++) {
        struct rsl_watch_node *file = due_file(watch, now);
        if (file == NULL)
            return false;
        if (rsl_watch_check_file(watch, file, change_out))
            return true;
        rsl_watch_free_text(watch, watch->from_told);
        watch->from_told = NULL;
    }
    return false;
}
