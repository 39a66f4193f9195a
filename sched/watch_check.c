/* Looking at a file: whether it is what the user was told. */
#include "sched/watch_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "sched/open_path.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

/* How long a file may still be written without its time telling: more than a tick of the clock that
 * file systems use; and for others than the machine's own, what the coarsest of them keep. */
#define TICK_NS   INT64_C(20000000)
#define COARSE_NS INT64_C(2100000000)

enum { READ_NBYTES = 1 << 16 };

/* The hash of the file's contents. False if it cannot be read. */
static bool hash_contents(struct rsl_watch *watch, const char *path, size_t path_nbytes,
                          uint64_t *hash_out)
{
    if (!rsl_watch_reserve(watch, &watch->contents, READ_NBYTES))
        return false;
    const int fd = rsl_open_path(path, path_nbytes, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0)
        return false;
    XXH3_state_t state;
    XXH3_64bits_reset(&state);
    ssize_t n;
    while ((n = read(fd, watch->contents.bytes, READ_NBYTES)) > 0 || (n < 0 && errno == EINTR))
        if (n > 0)
            XXH3_64bits_update(&state, watch->contents.bytes, (size_t)n);
    close(fd);
    *hash_out = XXH3_64bits_digest(&state);
    watch->stats.nhashed++;
    return n == 0;
}

/* Returns 0, or why the file, whose path is in the buffer, cannot be looked at. */
static int look(struct rsl_watch *watch, size_t path_nbytes, bool follow, struct stat *st)
{
    const char *path = watch->path.bytes;
    if (fstatat(AT_FDCWD, path, st, follow ? 0 : AT_SYMLINK_NOFOLLOW) == 0)
        return 0;
    if (errno != ENAMETOOLONG)
        return errno;
    const int fd = rsl_open_path(path, path_nbytes, O_PATH | O_CLOEXEC | (follow ? 0 : O_NOFOLLOW));
    const int error = fd < 0 ? -fd : fstat(fd, st) != 0 ? errno : 0;
    if (fd >= 0)
        close(fd);
    return error;
}

/* Where the file was moved from with a folder above it: one that was in it before the move. */
static char *from_with_folder(const struct rsl_watch *watch, const struct rsl_watch_node *file,
                              const char *path, size_t path_nbytes, const struct stat *st)
{
    const uint64_t ctime_ns =
        (uint64_t)st->st_ctim.tv_sec * 1000000000 + (uint64_t)st->st_ctim.tv_nsec;
    size_t below = file->name_nbytes; /* of the path, behind the folder's */
    for (const struct rsl_watch_node *at = file->parent; at->parent != NULL; at = at->parent) {
        below++;
        if (at->as.folder.from != NULL) {
            const size_t nfrom = strlen(at->as.folder.from);
            if (ctime_ns >= at->as.folder.from_ns)
                return NULL;
            char *from = watch->allocator->allocate(watch->allocator->state, nfrom + below + 1);
            if (from == NULL)
                return NULL;
            memcpy(from, at->as.folder.from, nfrom);
            memcpy(from + nfrom, path + path_nbytes - below, below + 1);
            return from;
        }
        below += at->name_nbytes;
    }
    return NULL;
}

/* Whether the file, which the user was told of, and which nobody was seen to write, is what the
 * user knows. */
static bool is_unchanged(struct rsl_watch *watch, const struct rsl_watch_node *file,
                         size_t path_nbytes, const struct stat *st, int64_t mtime_ns)
{
    const struct rsl_watch_options *options = &watch->options;
    struct rsl_watch_known known;
    uint64_t hash;
    if (file->as.file.mode != st->st_mode)
        return false;
    if (options->known == NULL)
        return file->inode == st->st_ino && file->as.file.nbytes == st->st_size &&
               file->as.file.mtime_ns == mtime_ns && !(file->flags & RSL_WATCH_RACY);
    if (!options->known(options->context, watch->path.bytes, &known) ||
        known.nbytes != (uint64_t)st->st_size)
        return false;
    /* Of others than the machine's own, times may be coarse. */
    if (known.mtime_ns == mtime_ns && mtime_ns != -1 && !(file->flags & RSL_WATCH_RACY))
        return true;
    return hash_contents(watch, watch->path.bytes, path_nbytes, &hash) &&
           known.content_hash == hash;
}

int64_t rsl_watch_known_time(int64_t mtime_ns, int64_t opened_ns)
{
    return opened_ns - mtime_ns < TICK_NS ? -1 : mtime_ns;
}

static int64_t realtime_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

bool rsl_watch_check_file(struct rsl_watch *watch, struct rsl_watch_node *file,
                          struct rsl_watch_change *change_out)
{
    const bool is_written = file->flags & RSL_WATCH_WRITTEN;
    const bool is_known = file->flags & RSL_WATCH_KNOWN;
    const struct rsl_watch_root *root = rsl_watch_root_of(file);
    struct stat st;
    size_t path_nbytes;
    if (!rsl_watch_put_path(watch, file, false, &watch->path, &path_nbytes)) {
        watch->lost = true; /* it will be marked again */
        rsl_watch_list_remove(&file->as.file.by_last);
        rsl_watch_list_remove(&file->as.file.by_first);
        file->flags &= ~(uint32_t)RSL_WATCH_DIRTY;
        return false;
    }
    rsl_watch_list_remove(&file->as.file.by_last);
    rsl_watch_list_remove(&file->as.file.by_first);
    file->flags &= ~(uint32_t)(RSL_WATCH_DIRTY | RSL_WATCH_WRITTEN);
    *change_out = (struct rsl_watch_change){.path = watch->path.bytes, .path_nbytes = path_nbytes};

    const int64_t looked_ns = realtime_ns();
    /* What is below a folder that is gone is gone, even if a link leads there. */
    int error = ENOENT;
    if (!(file->flags & RSL_WATCH_EXCLUDED) && !(file->parent->flags & RSL_WATCH_DEAD))
        error = look(watch, path_nbytes, root->only, &st);
    if (error == 0 && !S_ISREG(st.st_mode) && !(root->only && !S_ISDIR(st.st_mode)))
        error = ENOENT;
    if (error == ENOENT || error == ENOTDIR || error == ELOOP || error == EACCES) {
        rsl_watch_forget_file(watch, file);
        change_out->kind = RSL_WATCH_REMOVED;
        return is_known;
    }
    if (error != 0) /* whoever reads it will see */
        memset(&st, 0, sizeof st);

    const int64_t mtime_ns = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
    const bool is_same = is_known && !is_written && error == 0 &&
                         is_unchanged(watch, file, path_nbytes, &st, mtime_ns);
    const int64_t slack_ns = file->parent->flags & RSL_WATCH_MUTE ? COARSE_NS : TICK_NS;
    file->flags &= ~(uint32_t)RSL_WATCH_RACY;
    if (looked_ns - mtime_ns < slack_ns)
        file->flags |= RSL_WATCH_RACY;
    file->flags |= RSL_WATCH_KNOWN;
    file->inode = st.st_ino;
    file->as.file.nbytes = st.st_size;
    file->as.file.mtime_ns = mtime_ns;
    file->as.file.mode = st.st_mode;
    change_out->kind = is_known ? RSL_WATCH_MODIFIED : RSL_WATCH_CREATED;
    if (!is_known) {
        watch->from_told = file->as.file.from;
        file->as.file.from = NULL;
        if (watch->from_told == NULL)
            watch->from_told = from_with_folder(watch, file, watch->path.bytes, path_nbytes, &st);
        change_out->from = watch->from_told;
    }
    rsl_watch_free_text(watch, file->as.file.from);
    file->as.file.from = NULL;
    return !is_same;
}
