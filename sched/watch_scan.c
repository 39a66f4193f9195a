/* Reading folders: watched first, then read, so that whatever comes later has an event. */
#include "sched/watch_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sched/open_path.h"

/* IN_MODIFY too: whoever writes may never close. */
#define MASK                                                                            \
    (IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_MODIFY | IN_CLOSE_WRITE | \
     IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)

enum { DENTS_NBYTES = 1 << 15 };

void rsl_watch_queue_scan(struct rsl_watch *watch, struct rsl_watch_node *folder, bool deep)
{
    if (deep)
        folder->flags |= RSL_WATCH_DEEP;
    if (folder->flags & RSL_WATCH_SCANNING)
        return;
    folder->flags |= RSL_WATCH_SCANNING;
    rsl_watch_list_append(&watch->scans, &folder->as.folder.scan);
}

void rsl_watch_set_polled(struct rsl_watch *watch, struct rsl_watch_node *folder, bool polled)
{
    if (((folder->flags & RSL_WATCH_POLLED) != 0) == polled)
        return;
    folder->flags ^= RSL_WATCH_POLLED;
    if (polled) {
        if (rsl_watch_list_is_empty(&watch->polled) && !watch->is_polling)
            watch->next_poll_ns = watch->now_ns + watch->options.poll_ns;
        rsl_watch_list_append(&watch->polled, &folder->as.folder.poll);
        watch->stats.npolled++;
    } else {
        rsl_watch_list_remove(&folder->as.folder.poll);
        watch->stats.npolled--;
    }
}

static void unwatch(struct rsl_watch *watch, struct rsl_watch_node *folder)
{
    const int wd = folder->as.folder.wd;
    if (wd < 0)
        return;
    rsl_watch_clear_wd(watch, folder);
    watch->calls.remove(watch->calls.state, watch->fd, wd); /* it may be gone already */
}

/* Gives up what a folder holds. */
static void bury(struct rsl_watch *watch, struct rsl_watch_node *folder)
{
    unwatch(watch, folder);
    rsl_watch_set_polled(watch, folder, false);
    if (folder->flags & RSL_WATCH_GIT)
        rsl_watch_list_remove(&folder->as.folder.git);
    if (folder->flags & RSL_WATCH_SCANNING)
        rsl_watch_list_remove(&folder->as.folder.scan);
    rsl_ignore_level_drop(folder->as.folder.level, watch->allocator);
    folder->as.folder.level = NULL;
    rsl_watch_free_text(watch, folder->as.folder.from);
    folder->as.folder.from = NULL;
    folder->as.folder.device = folder->inode = 0;
    folder->flags &= RSL_WATCH_FOLDER | RSL_WATCH_ROOT;
    folder->flags |= RSL_WATCH_DEAD;
    if ((folder->flags & RSL_WATCH_ROOT) &&
        watch->next_check_ns > watch->now_ns + RSL_WATCH_MISSING_NS)
        watch->next_check_ns = watch->now_ns + RSL_WATCH_MISSING_NS;
}

void rsl_watch_folder_gone(struct rsl_watch *watch, struct rsl_watch_node *folder)
{
    struct rsl_watch_link dead; /* by the links of scans, in which they are no more */
    rsl_watch_list_init(&dead);
    for (struct rsl_watch_node *node = folder; node != NULL;
         node = rsl_watch_next_below(folder, node)) {
        if (node->flags & RSL_WATCH_FOLDER) {
            bury(watch, node);
            rsl_watch_list_append(&dead, &node->as.folder.scan);
        } else {
            rsl_watch_mark(watch, node, 0);
        }
    }
    /* Those that hold files go when the last of these has been told to be gone. The list has a
     * folder before what is in it. */
    while (!rsl_watch_list_is_empty(&dead)) {
        struct rsl_watch_node *last = RSL_WATCH_OF(dead.previous, as.folder.scan);
        rsl_watch_list_remove(dead.previous);
        if (last->as.folder.first_child == NULL && !(last->flags & RSL_WATCH_ROOT))
            rsl_watch_free_node(watch, last);
    }
}

/* ---- what counts */

bool rsl_watch_enter(struct rsl_watch *watch, struct rsl_watch_node *folder,
                     struct rsl_watch_place *place_out)
{
    *place_out = (struct rsl_watch_place){.folder = folder};
    return rsl_watch_put_path(watch, folder, false, &watch->path, &place_out->path_nbytes) &&
           (watch->options.no_ignore ||
            rsl_watch_put_path(watch, folder, true, &watch->real, &place_out->real_nbytes));
}

bool rsl_watch_is_wanted(const struct rsl_watch *watch, const char *name, size_t name_nbytes)
{
    const size_t n = watch->suffix_nbytes;
    return (n <= name_nbytes && memcmp(name + name_nbytes - n, watch->options.suffix, n) == 0) ||
           (watch->options.name != NULL && strcmp(name, watch->options.name) == 0);
}

bool rsl_watch_accepts(struct rsl_watch *watch, const struct rsl_watch_place *place,
                       const char *name, size_t name_nbytes, bool is_dir)
{
    const struct rsl_watch_root *root = rsl_watch_root_of(place->folder);
    memcpy(watch->path.bytes + place->path_nbytes, name, name_nbytes);
    watch->path.bytes[place->path_nbytes + name_nbytes] = 0;
    if (root->only)
        return !is_dir && strcmp(watch->path.bytes, root->given) == 0;
    if (!is_dir && !rsl_watch_is_wanted(watch, name, name_nbytes))
        return false;
    const struct rsl_ignore_level *level = place->folder->as.folder.level;
    enum rsl_ignore_verdict verdict = RSL_IGNORE_NONE;
    if (watch->overrides.nlist > 0)
        verdict = rsl_overrides_match(&watch->overrides, watch->path.bytes + root->glob_off,
                                      place->path_nbytes + name_nbytes - root->glob_off,
                                      place->path_nbytes - root->glob_off, is_dir);
    if (verdict == RSL_IGNORE_NONE && level != NULL) {
        memcpy(watch->real.bytes + place->real_nbytes, name, name_nbytes);
        watch->real.bytes[place->real_nbytes + name_nbytes] = 0;
        verdict =
            rsl_ignore_level_match(&watch->ignore, level, watch->real.bytes,
                                   place->real_nbytes + name_nbytes, place->real_nbytes, is_dir);
    }
    return verdict == RSL_IGNORE_NONE ? name[0] != '.' || watch->options.hidden
                                      : verdict == RSL_IGNORE_INCLUDED;
}

/* ---- reading */

struct scan {
    struct rsl_watch *watch;
    struct rsl_watch_node *folder;
    struct rsl_watch_place place;
    int fd;
    bool deep;
};

/* Opens the folder and learns which it is. False if it was not there, or cannot be read. */
static bool open_folder(struct scan *scan, struct stat *st)
{
    struct rsl_watch *watch = scan->watch;
    struct rsl_watch_node *folder = scan->folder;
    const struct rsl_watch_root *root =
        folder->flags & RSL_WATCH_ROOT ? folder->as.folder.root : NULL;
    const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
    int error = 0;
    if (root != NULL) {
        scan->fd = rsl_open_path(root->path, root->path_nbytes, flags);
    } else {
        char *end = watch->path.bytes + scan->place.path_nbytes - 1;
        *end = 0; /* behind a slash a link would be followed */
        scan->fd =
            rsl_open_path(watch->path.bytes, scan->place.path_nbytes - 1, flags | O_NOFOLLOW);
        *end = '/';
    }
    if (scan->fd < 0)
        error = -scan->fd;
    else if (fstat(scan->fd, st) != 0)
        error = errno;
    if (error == 0)
        return true;
    if (error != ENOENT && error != ENOTDIR && error != ELOOP)
        rsl_watch_report(watch, watch->path.bytes, error);
    if (error == EMFILE || error == ENFILE || error == ENOMEM || error == EIO) {
        /* It may well be there: later. */
        folder->flags &= ~(uint32_t)RSL_WATCH_DEAD;
        rsl_watch_set_polled(watch, folder, true);
    } else {
        rsl_watch_folder_gone(watch, folder);
    }
    return false;
}

/* Has the folder watched, or polled. */
static void watch_folder(struct scan *scan, const struct stat *st)
{
    struct rsl_watch *watch = scan->watch;
    struct rsl_watch_node *folder = scan->folder;
    const bool is_same = folder->inode == st->st_ino && folder->as.folder.device == st->st_dev;
    if (folder->as.folder.device != st->st_dev) {
        folder->flags &= ~(uint32_t)RSL_WATCH_MUTE;
        if (watch->fd < 0 || !watch->calls.has_events(watch->calls.state, scan->fd))
            folder->flags |= RSL_WATCH_MUTE;
    }
    if (!is_same)
        folder->flags &= ~(uint32_t)RSL_WATCH_ROBBED;
    folder->inode = st->st_ino;
    folder->as.folder.device = st->st_dev;
    if (is_same && folder->as.folder.wd >= 0 && !scan->deep) {
        rsl_watch_set_polled(watch, folder, false);
        return;
    }
    /* Two places with one inode: the watch tells of one of them only. */
    if ((folder->flags & (RSL_WATCH_MUTE | RSL_WATCH_ROBBED)) ||
        (watch->no_watch && folder->as.folder.wd < 0)) {
        unwatch(watch, folder);
        rsl_watch_set_polled(watch, folder, true);
        return;
    }
    char path[32];
    snprintf(path, sizeof path, "/proc/self/fd/%d", scan->fd);
    int wd = watch->calls.add(watch->calls.state, watch->fd, path, MASK);
    if (wd < 0 && errno == ENOENT) { /* no /proc */
        const struct rsl_watch_root *root =
            folder->flags & RSL_WATCH_ROOT ? folder->as.folder.root : NULL;
        wd = watch->calls.add(watch->calls.state, watch->fd,
                              root != NULL ? root->path : watch->path.bytes, MASK);
    }
    if (wd < 0) {
        const int error = errno;
        unwatch(watch, folder);
        rsl_watch_set_polled(watch, folder, true);
        watch->no_watch = error == ENOSPC || error == ENOMEM;
        if (error != ENOSPC || !watch->told_enospc)
            rsl_watch_report(watch, watch->path.bytes, error);
        watch->told_enospc |= error == ENOSPC;
        return;
    }
    rsl_watch_set_polled(watch, folder, false);
    if (wd == folder->as.folder.wd)
        return;
    struct rsl_watch_node *other = rsl_watch_find_wd(watch, wd);
    if (other != NULL) { /* it was moved here, most likely */
        rsl_watch_clear_wd(watch, other);
        other->flags |= RSL_WATCH_ROBBED;
        rsl_watch_queue_scan(watch, other, false);
    }
    unwatch(watch, folder);
    rsl_watch_set_wd(watch, folder, wd);
}

/* Reads all entries into watch->dents. Returns their length, or a negative errno. */
static ssize_t read_entries(struct scan *scan)
{
    struct rsl_watch *watch = scan->watch;
    size_t nbytes = 0;
    for (;;) {
        if (!rsl_watch_reserve(watch, &watch->dents, nbytes + DENTS_NBYTES))
            return -ENOMEM;
        const ssize_t n =
            getdents64(scan->fd, watch->dents.bytes + nbytes, watch->dents.capacity - nbytes);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        if (n == 0)
            return (ssize_t)nbytes;
        nbytes += (size_t)n;
    }
}

/* Reads the folder's rules. False without memory. */
static bool enter_level(struct scan *scan, unsigned has)
{
    struct rsl_watch *watch = scan->watch;
    struct rsl_watch_node *folder = scan->folder;
    if (watch->options.no_ignore)
        return true;
    struct rsl_ignore_level *up =
        folder->parent != NULL ? folder->parent->as.folder.level : folder->as.folder.root->above;
    struct rsl_ignore_level *level = NULL;
    const struct rsl_ignore_folder entered = {
        .fd = scan->fd,
        .dir = watch->real.bytes,
        .dir_nbytes = scan->place.real_nbytes,
        .shown = watch->path.bytes,
        .shown_nbytes = scan->place.path_nbytes,
        .has = has,
    };
    /* So that a change while it is read is seen. */
    if (((folder->flags & RSL_WATCH_GIT) != 0) != ((has & RSL_IGNORE_HAS_DOT_GIT) != 0)) {
        folder->flags ^= RSL_WATCH_GIT;
        if (folder->flags & RSL_WATCH_GIT)
            rsl_watch_list_append(&watch->gits, &folder->as.folder.git);
        else
            rsl_watch_list_remove(&folder->as.folder.git);
    }
    if (folder->flags & RSL_WATCH_GIT)
        folder->as.folder.signature = rsl_watch_exclude_signature(scan->fd);
    if (rsl_ignore_level_enter(&watch->ignore, &entered, up, &level) != RSL_OK)
        return false;
    rsl_ignore_level_drop(folder->as.folder.level, watch->allocator);
    folder->as.folder.level = level;
    return true;
}

/* An entry that is no folder, or one. False without memory. */
static bool take_entry(struct scan *scan, const struct dirent64 *entry)
{
    struct rsl_watch *watch = scan->watch;
    const char *const name = entry->d_name;
    const size_t nbytes = strlen(name);
    unsigned char type = entry->d_type;
    if (nbytes > RSL_WATCH_MAX_NAME) {
        rsl_watch_report(watch, watch->path.bytes, ENAMETOOLONG);
        return true;
    }
    if (type == DT_UNKNOWN) {
        struct stat st;
        if (fstatat(scan->fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
            return true; /* gone since */
        type = S_ISDIR(st.st_mode) ? DT_DIR : S_ISREG(st.st_mode) ? DT_REG : DT_LNK;
    }
    if (type != DT_DIR && type != DT_REG)
        return true;
    const uint32_t kind = type == DT_DIR ? RSL_WATCH_FOLDER : 0;
    const bool accepted = rsl_watch_accepts(watch, &scan->place, name, nbytes, kind != 0);
    if (!accepted) {
        struct rsl_watch_node *node = rsl_watch_find(watch, scan->folder, name, nbytes, kind);
        if (node != NULL && kind == 0) {
            node->seen = watch->scan_number;
            node->flags |= RSL_WATCH_EXCLUDED;
            rsl_watch_mark(watch, node, 0);
        }
        return true;
    }
    struct rsl_watch_node *node = rsl_watch_get(watch, scan->folder, name, nbytes, kind);
    if (node == NULL)
        return false;
    node->seen = watch->scan_number;
    if (kind == 0) {
        node->flags &= ~(uint32_t)RSL_WATCH_EXCLUDED;
        rsl_watch_mark(watch, node, 0);
    } else if (scan->deep || (node->flags & RSL_WATCH_DEAD) || node->inode != entry->d_ino) {
        rsl_watch_queue_scan(watch, node, scan->deep);
    }
    return true;
}

/* What was there before and is not now. */
static void miss_entries(struct scan *scan)
{
    struct rsl_watch *watch = scan->watch;
    struct rsl_watch_node *next = NULL;
    for (struct rsl_watch_node *node = scan->folder->as.folder.first_child; node != NULL;
         node = next) {
        next = node->next;
        if (node->seen == watch->scan_number)
            continue;
        if (!(node->flags & RSL_WATCH_FOLDER))
            rsl_watch_mark(watch, node, 0);
        else if (!(node->flags & RSL_WATCH_DEAD) || (node->flags & RSL_WATCH_SCANNING))
            rsl_watch_folder_gone(watch, node);
    }
}

void rsl_watch_scan_one(struct rsl_watch *watch)
{
    struct scan scan = {.watch = watch, .fd = -1};
    struct rsl_watch_node *folder = RSL_WATCH_OF(watch->scans.next, as.folder.scan);
    struct stat st = {0};
    rsl_watch_list_remove(&folder->as.folder.scan);
    scan.folder = folder;
    scan.deep = (folder->flags & (RSL_WATCH_DEEP | RSL_WATCH_DEAD)) != 0;
    folder->flags &= ~(uint32_t)(RSL_WATCH_SCANNING | RSL_WATCH_DEEP);
    watch->stats.nscans++;
    watch->scan_number++;
    if (!rsl_watch_enter(watch, folder, &scan.place)) {
        watch->lost = true;
        return;
    }
    if (!open_folder(&scan, &st)) {
        if (scan.fd >= 0)
            close(scan.fd);
        return;
    }
    scan.deep |= folder->inode != st.st_ino || folder->as.folder.device != st.st_dev;
    folder->flags &= ~(uint32_t)RSL_WATCH_DEAD;
    watch_folder(&scan, &st);
    const ssize_t nbytes = read_entries(&scan);
    bool ok = nbytes >= 0;
    if (nbytes < 0 && nbytes != -ENOMEM) {
        rsl_watch_report(watch, watch->path.bytes, (int)-nbytes);
        rsl_watch_set_polled(watch, folder, true);
        close(scan.fd);
        return;
    }
    ok = ok && enter_level(&scan, rsl_ignore_special_names(watch->dents.bytes, (size_t)nbytes));
    for (size_t at = 0; ok && at < (size_t)nbytes;) {
        const struct dirent64 *entry =
            (const struct dirent64 *)(const void *)(watch->dents.bytes + at);
        const char *const name = entry->d_name;
        if (name[0] != '.' || (name[1] != 0 && (name[1] != '.' || name[2] != 0)))
            ok = take_entry(&scan, entry);
        at += entry->d_reclen;
    }
    if (ok)
        miss_entries(&scan);
    watch->lost |= !ok;
    close(scan.fd);
}
