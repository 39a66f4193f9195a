/* What the kernel tells: where to look. */
#include "sched/watch_internal.h"

#include <errno.h>
#include <string.h>
#include <sys/inotify.h>
#include <time.h>

/* Reads at most so many buffers in a turn. */
enum { MAX_READS = 16 };

/* Remembers a path from which something was moved, for the other half of the pair. */
static void remember_move(struct rsl_watch *watch, const struct inotify_event *event,
                          size_t path_nbytes, size_t name_nbytes, bool was_known)
{
    watch->cookie = event->cookie;
    watch->moved_was_known = false;
    if (!rsl_watch_reserve(watch, &watch->moved_from, path_nbytes + name_nbytes + 1))
        return; /* it only says where something came from */
    memcpy(watch->moved_from.bytes, watch->path.bytes, path_nbytes);
    memcpy(watch->moved_from.bytes + path_nbytes, event->name, name_nbytes + 1);
    watch->moved_was_known = was_known;
}

/* Where what the event is about was moved from; NULL if it was not, or is not known. */
static char *moved_from(struct rsl_watch *watch, const struct inotify_event *event)
{
    if (!(event->mask & IN_MOVED_TO) || event->cookie != watch->cookie || !watch->moved_was_known)
        return NULL;
    watch->moved_was_known = false;
    return rsl_watch_copy_text(watch, watch->moved_from.bytes, strlen(watch->moved_from.bytes));
}

static void take_folder_event(struct rsl_watch *watch, struct rsl_watch_place *place,
                              const struct inotify_event *event, size_t name_nbytes)
{
    const bool comes = event->mask & (IN_CREATE | IN_MOVED_TO);
    struct rsl_watch_node *node =
        rsl_watch_find(watch, place->folder, event->name, name_nbytes, RSL_WATCH_FOLDER);
    if (event->mask & IN_MOVED_FROM)
        remember_move(watch, event, place->path_nbytes, name_nbytes,
                      node != NULL && !(node->flags & RSL_WATCH_DEAD));
    if (comes && !rsl_watch_accepts(watch, place, event->name, name_nbytes, true)) {
        if (node != NULL)
            rsl_watch_folder_gone(watch, node);
        place->folder = NULL; /* memory of a node may be a new one's in the next event */
        return;
    }
    if (node == NULL && comes) {
        node = rsl_watch_get(watch, place->folder, event->name, name_nbytes, RSL_WATCH_FOLDER);
        watch->lost |= node == NULL;
    }
    if (node == NULL)
        return;
    char *from = moved_from(watch, event);
    if (from != NULL) {
        struct timespec now;
        clock_gettime(CLOCK_REALTIME, &now);
        rsl_watch_free_text(watch, node->as.folder.from);
        node->as.folder.from = from;
        node->as.folder.from_ns = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
    }
    rsl_watch_queue_scan(watch, node, (event->mask & IN_MOVED_TO) != 0);
}

static void take_file_event(struct rsl_watch *watch, const struct rsl_watch_place *place,
                            const struct inotify_event *event, size_t name_nbytes)
{
    struct rsl_watch_node *node = rsl_watch_find(watch, place->folder, event->name, name_nbytes, 0);
    if (event->mask & IN_MOVED_FROM)
        remember_move(watch, event, place->path_nbytes, name_nbytes,
                      node != NULL && (node->flags & RSL_WATCH_KNOWN));
    if (node == NULL) {
        if ((event->mask & (IN_DELETE | IN_MOVED_FROM)) ||
            !rsl_watch_accepts(watch, place, event->name, name_nbytes, false))
            return;
        node = rsl_watch_get(watch, place->folder, event->name, name_nbytes, 0);
        if (node == NULL) {
            watch->lost = true;
            return;
        }
    }
    char *from = moved_from(watch, event);
    if (from != NULL) {
        rsl_watch_free_text(watch, node->as.file.from);
        node->as.file.from = from;
    }
    const uint32_t written = IN_CREATE | IN_MODIFY | IN_CLOSE_WRITE | IN_MOVED_TO;
    rsl_watch_mark(watch, node, event->mask & written ? RSL_WATCH_WRITTEN : 0);
}

/* `place`: of the folder that the event before concerned. */
static void take_event(struct rsl_watch *watch, struct rsl_watch_place *place,
                       const struct inotify_event *event)
{
    watch->stats.nevents++;
    if (event->mask & IN_Q_OVERFLOW) {
        watch->stats.noverflows++;
        watch->lost = true;
        return;
    }
    struct rsl_watch_node *folder = rsl_watch_find_wd(watch, event->wd);
    if (folder == NULL)
        return; /* it was given up meanwhile */
    if (event->mask & IN_IGNORED)
        rsl_watch_clear_wd(watch, folder);
    if (event->len == 0) {
        if (folder->flags & RSL_WATCH_ROOT)
            watch->next_check_ns = 0;
        rsl_watch_queue_scan(watch, folder, false);
        return;
    }
    const size_t name_nbytes = strlen(event->name);
    const struct rsl_watch_root *root = rsl_watch_root_of(folder);
    if (name_nbytes > RSL_WATCH_MAX_NAME)
        return;
    if (event->name[0] == '.' && !watch->options.no_ignore && !root->only &&
        rsl_ignore_special_name(event->name) != 0 &&
        (event->mask & ~(uint32_t)IN_ISDIR) != IN_ATTRIB)
        rsl_watch_queue_scan(watch, folder, true);
    /* Most events are of files that are of no interest. */
    if (!(event->mask & IN_ISDIR) && !root->only &&
        !rsl_watch_is_wanted(watch, event->name, name_nbytes))
        return;
    if (place->folder != folder && !rsl_watch_enter(watch, folder, place)) {
        place->folder = NULL;
        watch->lost = true;
        return;
    }
    if (event->mask & IN_ISDIR)
        take_folder_event(watch, place, event, name_nbytes);
    else
        take_file_event(watch, place, event, name_nbytes);
}

void rsl_watch_read_events(struct rsl_watch *watch)
{
    for (int i = 0; i < MAX_READS && watch->fd >= 0; i++) {
        const ssize_t n =
            watch->calls.read(watch->calls.state, watch->fd, watch->events, sizeof watch->events);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        /* Events of one folder mostly follow each other. */
        struct rsl_watch_place place = {0};
        for (size_t at = 0; at < (size_t)n;) {
            const struct inotify_event *event =
                (const struct inotify_event *)(const void *)(watch->events + at);
            take_event(watch, &place, event);
            at += sizeof *event + event->len;
        }
        if ((size_t)n < sizeof watch->events / 2)
            break;
    }
}
