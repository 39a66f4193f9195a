/* The disk as a file tree. */
#include "index/file_tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *on_disk(const char *path)
{
    return *path == '\0' ? "." : path;
}

static enum rsl_file_kind disk_kind(void *state, const char *path)
{
    (void)state;
    struct stat status;
    if (stat(on_disk(path), &status) != 0)
        return RSL_FILE_NONE;
    return S_ISREG(status.st_mode)   ? RSL_FILE_REGULAR
           : S_ISDIR(status.st_mode) ? RSL_FILE_FOLDER
                                     : RSL_FILE_OTHER;
}

static bool is_folder(int folder, const struct dirent *entry)
{
    struct stat status;
    if (entry->d_type != DT_UNKNOWN)
        return entry->d_type == DT_DIR;
    return fstatat(folder, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
           S_ISDIR(status.st_mode);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct rsl_file_entry *)a)->name,
                  ((const struct rsl_file_entry *)b)->name);
}

/* Adds an entry; the list doubles within the arena. */
static bool add_entry(struct rsl_arena *arena, struct rsl_file_entry **list, size_t *n,
                      size_t *capacity, const struct dirent *entry, int folder)
{
    if (*n == *capacity) {
        const size_t more = *capacity == 0 ? 16 : *capacity * 2;
        struct rsl_file_entry *grown =
            rsl_arena_alloc(arena, more * sizeof *grown, _Alignof(struct rsl_file_entry));
        if (grown == NULL)
            return false;
        if (*n > 0)
            memcpy(grown, *list, *n * sizeof *grown);
        *list = grown;
        *capacity = more;
    }
    const size_t nbytes = strlen(entry->d_name) + 1;
    char *name = rsl_arena_alloc(arena, nbytes, 1);
    if (name == NULL)
        return false;
    memcpy(name, entry->d_name, nbytes);
    (*list)[(*n)++] = (struct rsl_file_entry){name, is_folder(folder, entry)};
    return true;
}

static enum rsl_status disk_list(void *state, const char *path, struct rsl_arena *arena,
                                 const struct rsl_file_entry **entries_out, size_t *nentries_out)
{
    (void)state;
    DIR *folder = opendir(on_disk(path));
    if (folder == NULL)
        return RSL_EIO;
    enum rsl_status status = RSL_OK;
    struct rsl_file_entry *list = NULL;
    size_t n = 0, capacity = 0;
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(folder); // NOLINT(concurrency-mt-unsafe): own stream
        if (entry == NULL) {
            if (errno != 0)
                status = RSL_EIO;
            break;
        }
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (!add_entry(arena, &list, &n, &capacity, entry, dirfd(folder))) {
            status = RSL_ENOMEM;
            break;
        }
    }
    closedir(folder);
    if (status != RSL_OK)
        return status;
    if (n > 0)
        qsort(list, n, sizeof *list, by_name);
    *entries_out = list;
    *nentries_out = n;
    return RSL_OK;
}

/* Reads all of an open file. Its size is only a hint: it may be growing. */
static enum rsl_status read_all(int file, struct rsl_arena *arena, struct rsl_file_bytes *out)
{
    struct stat status;
    if (fstat(file, &status) != 0 || S_ISDIR(status.st_mode))
        return RSL_EIO;
    size_t room = status.st_size > 0 ? (size_t)status.st_size + 1 : 4096;
    size_t n = 0;
    uint8_t *bytes = NULL;
    for (;;) {
        if (room > (size_t)RSL_MAX_SOURCE + 1)
            return RSL_ETOOBIG;
        uint8_t *more = rsl_arena_alloc(arena, room + RSL_PAD, 1);
        if (more == NULL)
            return RSL_ENOMEM;
        if (n > 0)
            memcpy(more, bytes, n);
        bytes = more;
        while (n < room) {
            const ssize_t got = read(file, bytes + n, room - n);
            if (got < 0 && errno == EINTR)
                continue;
            if (got < 0)
                return RSL_EIO;
            if (got == 0) {
                memset(bytes + n, 0, RSL_PAD);
                *out = (struct rsl_file_bytes){bytes, n};
                return RSL_OK;
            }
            n += (size_t)got;
        }
        room *= 2;
    }
}

static enum rsl_status disk_read(void *state, const char *path, struct rsl_arena *arena,
                                 struct rsl_file_bytes *bytes_out)
{
    (void)state;
    const int file = open(on_disk(path), O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return RSL_EIO;
    const enum rsl_status status = read_all(file, arena, bytes_out);
    close(file);
    return status;
}

const struct rsl_file_tree rsl_file_tree_disk = {disk_kind, disk_list, disk_read, NULL};
