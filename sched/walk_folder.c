/* Reading one folder. */
#include "sched/walk_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sched/open_path.h"

/* No path leads to a longer name. Names may well exceed NAME_MAX: those of vfat, exfat and ntfs are
 * up to 255 UTF-16 units, and FUSE allows 1,024 bytes. */
#define MAX_NAME_NBYTES (PATH_MAX - 1)

/* With less room than this in the buffer a folder is not read on: what an entry takes at most. */
#define MIN_ROOM (MAX_NAME_NBYTES + 64)

struct reading {
    struct rsl_walk_worker *worker;
    struct rsl_walk *walk;
    const struct rsl_walk_folder *folder;
    int fd;
    struct rsl_ignore_level *level;   /* of this folder; held */
    struct rsl_walk_lineage *lineage; /* likewise */
    size_t path_nbytes, real_nbytes;  /* of the folder with its slash, in the worker's buffers */
};

/* Reports the entry whose path is in the buffer. */
static void report_entry(const struct reading *reading, int error)
{
    const struct rsl_walk_options *options = &reading->walk->options;
    options->report(options->context, reading->worker->path.bytes, error);
}

static void report_folder(const struct reading *reading, int error)
{
    const struct rsl_walk_options *options = &reading->walk->options;
    options->report(options->context, reading->folder->path, error);
}

void rsl_walk_free_folder(struct rsl_walk *walk, struct rsl_walk_folder *folder)
{
    rsl_ignore_level_drop(folder->level, walk->allocator);
    rsl_walk_lineage_drop(folder->lineage, walk->allocator);
    walk->allocator->release(walk->allocator->state, folder,
                             sizeof *folder + folder->path_nbytes + 1);
}

struct rsl_walk_folder *rsl_walk_add_folder(struct rsl_walk_worker *worker,
                                            const struct rsl_walk_folder *above, const char *path,
                                            size_t path_nbytes)
{
    struct rsl_walk *walk = worker->walk;
    struct rsl_walk_folder *folder =
        walk->allocator->allocate(walk->allocator->state, sizeof *folder + path_nbytes + 1);
    if (folder == NULL) {
        rsl_walk_stop(walk, RSL_ENOMEM);
        return NULL;
    }
    *folder = (struct rsl_walk_folder){.next = worker->children, .path_nbytes = path_nbytes};
    if (above != NULL)
        folder->root = above->root;
    memcpy(folder->path, path, path_nbytes);
    folder->path[path_nbytes] = 0;
    worker->children = folder;
    return folder;
}

/* Fills the worker's buffer from `at` on. Returns how much is in it; *end_out: that was all. */
static size_t read_entries(const struct reading *reading, size_t at, bool *end_out)
{
    char *const dents = reading->worker->dents;
    *end_out = false;
    while (RSL_WALK_DENTS - at >= MIN_ROOM) {
        const ssize_t n = getdents64(reading->fd, dents + at, RSL_WALK_DENTS - at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            report_folder(reading, errno);
        if (n <= 0) {
            *end_out = true;
            break;
        }
        at += (size_t)n;
    }
    return at;
}

/* rsl_ignore_special_names() for a folder that does not fit into the buffer. */
static unsigned probe_special(int fd)
{
    struct stat st;
    unsigned has = RSL_IGNORE_HAS_GITIGNORE | RSL_IGNORE_HAS_DOT_IGNORE;
    if (fstatat(fd, ".git", &st, AT_SYMLINK_NOFOLLOW) == 0)
        has |= RSL_IGNORE_HAS_DOT_GIT;
    return has;
}

/* Puts a path with a slash behind it into the buffer, with room for a name. */
static bool set_folder_path(struct rsl_walk *walk, struct rsl_walk_buffer *buffer,
                            const char *first, size_t nfirst, const char *second, size_t nsecond)
{
    if (!rsl_walk_reserve(walk, buffer, nfirst + nsecond + MAX_NAME_NBYTES + 2))
        return false;
    memcpy(buffer->bytes, first, nfirst);
    memcpy(buffer->bytes + nfirst, second, nsecond);
    size_t n = nfirst + nsecond;
    if (n > 0 && buffer->bytes[n - 1] != '/')
        buffer->bytes[n++] = '/';
    buffer->bytes[n] = 0;
    buffer->nbytes = n;
    return true;
}

/* Finds the folder's level. `has`: what is in the folder. */
static bool enter_level(struct reading *reading, unsigned has)
{
    struct rsl_walk *walk = reading->walk;
    struct rsl_walk_worker *worker = reading->worker;
    const struct rsl_walk_folder *folder = reading->folder;
    const struct rsl_walk_root *root = folder->root;
    if (has == 0 && folder->level == NULL)
        return true;
    const size_t below =
        folder->path_nbytes > root->path_nbytes ? root->path_nbytes : folder->path_nbytes;
    if (!set_folder_path(walk, &worker->real, root->real, root->real_nbytes, folder->path + below,
                         folder->path_nbytes - below))
        return false;
    reading->real_nbytes = worker->real.nbytes;
    if (has == 0) {
        reading->level = rsl_ignore_level_hold(folder->level);
        return true;
    }
    const struct rsl_ignore_folder entered = {
        .fd = reading->fd,
        .dir = worker->real.bytes,
        .dir_nbytes = worker->real.nbytes,
        .shown = worker->path.bytes,
        .shown_nbytes = reading->path_nbytes,
        .has = has,
    };
    const enum rsl_status status =
        rsl_ignore_level_enter(&walk->ignore, &entered, folder->level, &reading->level);
    if (status != RSL_OK)
        rsl_walk_stop(walk, status);
    return status == RSL_OK;
}

static bool enter_lineage(struct reading *reading)
{
    struct rsl_walk *walk = reading->walk;
    struct stat st;
    if (fstat(reading->fd, &st) != 0) {
        report_folder(reading, errno);
        return false;
    }
    struct rsl_walk_lineage *lineage =
        walk->allocator->allocate(walk->allocator->state, sizeof *lineage);
    if (lineage == NULL) {
        rsl_walk_stop(walk, RSL_ENOMEM);
        return false;
    }
    *lineage = (struct rsl_walk_lineage){
        .up = reading->folder->lineage,
        .device = st.st_dev,
        .inode = st.st_ino,
    };
    rsl_size_init(&lineage->nholders, 1);
    if (lineage->up != NULL) /* relaxed: the folder is one of its holders */
        rsl_size_fetch_add_relaxed(&lineage->up->nholders, 1);
    reading->lineage = lineage;
    return true;
}

static bool leads_back(const struct reading *reading, const struct stat *st)
{
    const struct rsl_walk_lineage *at = reading->lineage;
    while (at != NULL && (at->device != st->st_dev || at->inode != st->st_ino))
        at = at->up;
    return at != NULL;
}

/* Whether globs, rules, or the dot at its beginning exclude the entry. Its name is in the buffers,
 * path.nbytes and real.nbytes are the lengths of the whole. */
static bool is_excluded(const struct reading *reading, bool is_hidden, bool is_dir)
{
    const struct rsl_walk *walk = reading->walk;
    const struct rsl_walk_worker *worker = reading->worker;
    enum rsl_ignore_verdict verdict = RSL_IGNORE_NONE;
    if (walk->overrides.nlist > 0) {
        const size_t off = reading->folder->root->glob_off;
        verdict =
            rsl_overrides_match(&walk->overrides, worker->path.bytes + off,
                                worker->path.nbytes - off, reading->path_nbytes - off, is_dir);
    }
    if (verdict == RSL_IGNORE_NONE && reading->level != NULL)
        verdict = rsl_ignore_level_match(&walk->ignore, reading->level, worker->real.bytes,
                                         worker->real.nbytes, reading->real_nbytes, is_dir);
    return verdict == RSL_IGNORE_NONE ? is_hidden && !walk->options.hidden
                                      : verdict == RSL_IGNORE_EXCLUDED;
}

static bool is_wanted(const struct rsl_walk *walk, const char *name, size_t nbytes)
{
    const size_t n = walk->suffix_nbytes;
    if (n <= nbytes && memcmp(name + nbytes - n, walk->options.suffix, n) == 0)
        return true;
    if (walk->options.name != NULL && strcmp(name, walk->options.name) == 0)
        return true;
    const char *const *more = walk->options.more_suffixes;
    for (; more != NULL && *more != NULL; more++) {
        const size_t length = strlen(*more);
        if (length <= nbytes && memcmp(name + nbytes - length, *more, length) == 0)
            return true;
    }
    return false;
}

static void set_stat(struct rsl_walk_file *file, const struct stat *st)
{
    file->inode = st->st_ino;
    file->nbytes = st->st_size;
    file->mtime_ns = (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec;
}

static void take_folder(const struct reading *reading, size_t name_nbytes, bool through_link)
{
    struct rsl_walk_worker *worker = reading->worker;
    struct rsl_walk_listing *listing = NULL;
    if (reading->walk->options.sorted) {
        listing = rsl_walk_add_listing(worker);
        if (listing == NULL)
            return;
        const struct rsl_walk_entry entry = {
            .name = worker->path.bytes + reading->path_nbytes,
            .name_nbytes = name_nbytes,
            .folder = listing,
        };
        rsl_walk_list_entry(worker, &entry);
    }
    struct rsl_walk_folder *folder =
        rsl_walk_add_folder(worker, reading->folder, worker->path.bytes, worker->path.nbytes);
    if (folder == NULL)
        return;
    folder->level = rsl_ignore_level_hold(reading->level);
    folder->lineage = reading->lineage;
    if (folder->lineage != NULL) /* relaxed: this reading is one of its holders */
        rsl_size_fetch_add_relaxed(&folder->lineage->nholders, 1);
    folder->listing = listing;
    folder->through_link = through_link;
}

static void take_file(const struct reading *reading, struct rsl_walk_file *file, size_t name_nbytes)
{
    struct rsl_walk_worker *worker = reading->worker;
    if (reading->walk->options.sorted) {
        const struct rsl_walk_entry entry = {
            .name = worker->path.bytes + reading->path_nbytes,
            .name_nbytes = name_nbytes,
            .file = *file,
        };
        rsl_walk_list_entry(worker, &entry);
        return;
    }
    file->path = worker->path.bytes;
    file->path_nbytes = worker->path.nbytes;
    rsl_walk_emit(worker, file);
}

static void put_name(const struct reading *reading, const char *name, size_t nbytes)
{
    struct rsl_walk_worker *worker = reading->worker;
    memcpy(worker->path.bytes + reading->path_nbytes, name, nbytes + 1);
    worker->path.nbytes = reading->path_nbytes + nbytes;
    if (reading->level != NULL) {
        memcpy(worker->real.bytes + reading->real_nbytes, name, nbytes + 1);
        worker->real.nbytes = reading->real_nbytes + nbytes;
    }
}

/* What the mode says, as d_type does. */
static unsigned char type_of(mode_t mode)
{
    return S_ISDIR(mode) ? DT_DIR : S_ISREG(mode) ? DT_REG : S_ISLNK(mode) ? DT_LNK : DT_UNKNOWN;
}

/* An entry that the cheap look at its name and type did not rule out. */
static void take_entry(const struct reading *reading, const struct dirent64 *entry,
                       size_t name_nbytes)
{
    const struct rsl_walk *walk = reading->walk;
    const struct rsl_walk_options *options = &walk->options;
    unsigned char type = entry->d_type;
    struct stat st;
    struct rsl_walk_file file = {.inode = entry->d_ino, .nbytes = -1, .mtime_ns = -1};
    put_name(reading, entry->d_name, name_nbytes);
    bool through_link = false;
    bool has_stat = false;
    if (type == DT_UNKNOWN) {
        if (fstatat(reading->fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
            report_entry(reading, errno);
            return;
        }
        type = type_of(st.st_mode);
        has_stat = true;
    }
    if (type == DT_LNK) {
        if (!options->follow)
            return;
        through_link = true;
        /* Before it is followed: what is excluded as a file need lead nowhere. */
        if (fstatat(reading->fd, entry->d_name, &st, 0) != 0) {
            if (!is_excluded(reading, entry->d_name[0] == '.', false))
                report_entry(reading, errno);
            return;
        }
        type = type_of(st.st_mode);
        has_stat = true;
    }
    const bool is_dir = type == DT_DIR;
    if (!is_dir && (type != DT_REG || !is_wanted(walk, entry->d_name, name_nbytes)))
        return;
    if (is_excluded(reading, entry->d_name[0] == '.', is_dir))
        return;
    if (is_dir) {
        if (through_link && leads_back(reading, &st))
            report_entry(reading, ELOOP);
        else
            take_folder(reading, name_nbytes, through_link);
        return;
    }
    if (options->limit_nbytes && !has_stat) {
        if (fstatat(reading->fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
            report_entry(reading, errno);
            return;
        }
        has_stat = true;
    }
    if (has_stat)
        set_stat(&file, &st);
    if (!options->limit_nbytes || (uint64_t)file.nbytes <= options->max_nbytes)
        take_file(reading, &file, name_nbytes);
}

static void take_entries(const struct reading *reading, size_t nbytes)
{
    const struct rsl_walk *walk = reading->walk;
    const char *const dents = reading->worker->dents;
    /* Hidden entries can be told from the name, unless something might include them. */
    const bool no_hidden =
        !walk->options.hidden && walk->overrides.nlist == 0 && reading->level == NULL;
    for (size_t at = 0; at < nbytes;) {
        const struct dirent64 *entry = (const struct dirent64 *)(const void *)(dents + at);
        const char *const name = entry->d_name;
        at += entry->d_reclen;
        if (name[0] == '.' && (no_hidden || name[1] == 0 || (name[1] == '.' && name[2] == 0)))
            continue;
        const unsigned char type = entry->d_type;
        const size_t name_nbytes = strlen(name);
        if (name_nbytes > MAX_NAME_NBYTES) {
            report_folder(reading, ENAMETOOLONG);
            continue;
        }
        if (type == DT_DIR || type == DT_UNKNOWN || (type == DT_LNK && walk->options.follow) ||
            (type == DT_REG && is_wanted(walk, name, name_nbytes)))
            take_entry(reading, entry, name_nbytes);
    }
}

void rsl_walk_read_folder(struct rsl_walk_worker *worker, struct rsl_walk_folder *folder)
{
    struct rsl_walk *walk = worker->walk;
    struct reading reading = {.worker = worker, .walk = walk, .folder = folder, .fd = -1};
    bool end = false;
    size_t nbytes = 0;
    if (!set_folder_path(walk, &worker->path, "", 0, folder->path, folder->path_nbytes))
        goto done;
    reading.path_nbytes = worker->path.nbytes;
    reading.fd =
        rsl_open_path(folder->path, folder->path_nbytes,
                      O_RDONLY | O_DIRECTORY | O_CLOEXEC | (folder->through_link ? 0 : O_NOFOLLOW));
    if (reading.fd < 0) {
        report_folder(&reading, -reading.fd);
        goto done;
    }
    nbytes = read_entries(&reading, 0, &end);
    if (!walk->options.no_ignore &&
        !enter_level(&reading, end ? rsl_ignore_special_names(worker->dents, nbytes)
                                   : probe_special(reading.fd)))
        goto done;
    if (walk->options.follow && !enter_lineage(&reading))
        goto done;
    take_entries(&reading, nbytes);
    while (!end && !rsl_walk_stopped(walk)) {
        nbytes = read_entries(&reading, 0, &end);
        take_entries(&reading, nbytes);
    }
    if (folder->listing != NULL)
        rsl_walk_fill_listing(worker, folder->listing);
done:
    if (reading.fd >= 0)
        close(reading.fd);
    rsl_ignore_level_drop(reading.level, walk->allocator);
    rsl_walk_lineage_drop(reading.lineage, walk->allocator);
    rsl_walk_free_folder(walk, folder);
}
