#include "index/archive.h"

#include <libdeflate.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "index/gzip.h"

/* Behind what is inflated: the padding of the last member, and what lets libdeflate write its last
 * bytes as fast as the others. */
enum { BEHIND = RSL_PAD + 512 };

/* Room is asked for in steps of so many bytes, so that it seldom is again. */
enum { ROOM_STEP = 256 * 1024 };

/* Below this, pages of 2 MiB are not worth their rounding. */
enum { HUGE_FROM = 4 * 1024 * 1024 };

enum { FIRST_TEXTS = 16384 };

bool rsl_is_archive(const char *path, size_t nbytes)
{
    static const char *const suffixes[] = {".crate", ".tar.gz"};
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        const size_t n = strlen(suffixes[i]);
        if (nbytes > n && path[nbytes - n - 1] != '/' &&
            memcmp(path + nbytes - n, suffixes[i], n) == 0)
            return true;
    }
    return false;
}

enum rsl_status rsl_archive_init(struct rsl_archive *archive, const struct rsl_allocator *allocator)
{
    *archive = (struct rsl_archive){
        .folder = "",
        .allocator = allocator != NULL ? allocator : &rsl_allocator_default,
        .decompressor = libdeflate_alloc_decompressor(),
    };
    rsl_arena_init(&archive->texts, archive->allocator, FIRST_TEXTS);
    return archive->decompressor != NULL ? RSL_OK : RSL_ENOMEM;
}

static void release_bytes(struct rsl_archive *archive)
{
    archive->allocator->release(archive->allocator->state, archive->bytes, archive->capacity);
    archive->bytes = NULL;
    archive->capacity = 0;
}

static void release_members(struct rsl_archive *archive)
{
    archive->allocator->release(archive->allocator->state, archive->members,
                                archive->members_capacity * sizeof *archive->members);
    archive->members = NULL;
    archive->members_capacity = 0;
}

static void clear(struct rsl_archive *archive)
{
    archive->nmembers = 0;
    archive->inflated_nbytes = 0;
    archive->folder = "";
}

void rsl_archive_fini(struct rsl_archive *archive)
{
    release_bytes(archive);
    release_members(archive);
    rsl_arena_fini(&archive->texts);
    libdeflate_free_decompressor(archive->decompressor);
    *archive = (struct rsl_archive){.folder = ""};
}

void rsl_archive_shrink(struct rsl_archive *archive, size_t keep_nbytes)
{
    const size_t nmembers_nbytes = archive->members_capacity * sizeof *archive->members;
    const size_t held = archive->capacity + nmembers_nbytes + rsl_arena_held(&archive->texts);
    if (held <= keep_nbytes)
        return;
    clear(archive);
    release_bytes(archive);
    release_members(archive);
    rsl_arena_fini(&archive->texts);
    rsl_arena_init(&archive->texts, archive->allocator, FIRST_TEXTS);
}

size_t rsl_archive_held(const struct rsl_archive *archive)
{
    return archive->capacity;
}

/* ---- inflating */

/* Makes room for so many bytes; what was there is gone. */
static bool reserve(struct rsl_archive *archive, size_t room)
{
    if (room > SIZE_MAX - ROOM_STEP - BEHIND)
        return false;
    if (archive->capacity >= room + BEHIND)
        return true;
    const size_t capacity = (room + BEHIND + ROOM_STEP - 1) / ROOM_STEP * ROOM_STEP;
    release_bytes(archive);
    archive->bytes = archive->allocator->allocate(archive->allocator->state, capacity);
    if (archive->bytes == NULL)
        return false;
    archive->capacity = capacity;
    if (capacity >= HUGE_FROM) { /* a hint: where it is refused, pages are small */
        const uintptr_t page = 4096, from = ((uintptr_t)archive->bytes + page - 1) / page * page;
        const uintptr_t to = ((uintptr_t)archive->bytes + capacity) / page * page;
        (void)madvise(archive->bytes + (from - (uintptr_t)archive->bytes), to - from,
                      MADV_HUGEPAGE);
    }
    return true;
}

/* ---- members */

static char *copy_text(struct rsl_archive *archive, const char *text, size_t nbytes)
{
    char *copy = rsl_arena_alloc(&archive->texts, nbytes + 1, 1);
    if (copy != NULL) {
        memcpy(copy, text, nbytes);
        copy[nbytes] = '\0';
    }
    return copy;
}

/* What the folder of a crate must be called, if its file says so: `name-1.2.3` of
 * `name-1.2.3.crate`, or nothing. */
static struct rsl_tar_text package_of(const char *name)
{
    const char *const slash = strrchr(name, '/');
    const char *const base = slash != NULL ? slash + 1 : name;
    const size_t nbytes = strlen(base) - strlen(".crate");
    for (size_t i = 1; i + 1 < nbytes; i++) {
        if (base[i] == '-' && base[i + 1] >= '0' && base[i + 1] <= '9' &&
            memchr(base + i, '.', nbytes - i) != NULL)
            return (struct rsl_tar_text){base, nbytes};
    }
    return (struct rsl_tar_text){NULL, 0};
}

/* Writes the path as a normal path to `to`, which has room for as many bytes. Returns what is wrong
 * with it. "" is the root. */
static enum rsl_archive_error_code normalise(struct rsl_tar_text path, char *to, size_t *nbytes_out)
{
    size_t n = 0;
    *nbytes_out = 0;
    if (path.nbytes == 0 || memchr(path.bytes, '\0', path.nbytes) != NULL)
        return RSL_ARCHIVE_ERROR_NAME;
    if (path.bytes[0] == '/')
        return RSL_ARCHIVE_ERROR_ABSOLUTE;
    for (size_t at = 0; at < path.nbytes;) {
        const char *const name = path.bytes + at;
        const char *const slash = memchr(name, '/', path.nbytes - at);
        const size_t length = slash != NULL ? (size_t)(slash - name) : path.nbytes - at;
        at += length + 1;
        if (length == 0 || (length == 1 && name[0] == '.'))
            continue;
        if (length == 2 && name[0] == '.' && name[1] == '.')
            return RSL_ARCHIVE_ERROR_PARENT;
        if (n > 0)
            to[n++] = '/';
        memmove(to + n, name, length);
        n += length;
    }
    *nbytes_out = n;
    return RSL_ARCHIVE_ERROR_NONE;
}

/* An archive as it is read. */
struct reading {
    struct rsl_archive *archive;
    bool is_crate;
    struct rsl_tar_text folder; /* what all must lie in; NULL: not known yet, or none */
    struct rsl_archive_error error;
    bool out_of_memory;
};

static bool reject(struct reading *reading, enum rsl_archive_error_code code, const char *path,
                   size_t nbytes)
{
    const char *const member = copy_text(reading->archive, path, nbytes);
    reading->out_of_memory = member == NULL;
    reading->error = (struct rsl_archive_error){(uint8_t)code, member};
    return false;
}

/* Takes a crate's folder from a normal path. False if it does not begin with it. */
static bool leave_folder(struct reading *reading, char **path, size_t *nbytes)
{
    const char *const slash = memchr(*path, '/', *nbytes);
    const size_t first = slash != NULL ? (size_t)(slash - *path) : *nbytes;
    if (reading->folder.bytes == NULL)
        reading->folder = (struct rsl_tar_text){*path, first}; /* in the arena: it stays */
    if (first != reading->folder.nbytes || memcmp(*path, reading->folder.bytes, first) != 0)
        return false;
    *path += slash != NULL ? first + 1 : first;
    *nbytes -= slash != NULL ? first + 1 : first;
    return true;
}

static bool add_member(struct reading *reading, const struct rsl_archive_member *member)
{
    struct rsl_archive *archive = reading->archive;
    if (archive->nmembers == archive->members_capacity) {
        const size_t capacity = archive->members_capacity * 2 + 64, size = sizeof *member;
        struct rsl_archive_member *grown =
            archive->allocator->resize(archive->allocator->state, archive->members,
                                       archive->members_capacity * size, capacity * size);
        if (grown == NULL) {
            reading->out_of_memory = true;
            return false;
        }
        archive->members = grown;
        archive->members_capacity = capacity;
    }
    archive->members[archive->nmembers++] = *member;
    return true;
}

/* Takes what the walk has come to. Folders become members without bytes, for a while. */
static bool take(struct reading *reading, const struct rsl_tar_member *found)
{
    const char *const said = found->path;
    if (found->kind == RSL_TAR_LINK || found->kind == RSL_TAR_SPECIAL)
        return reject(reading,
                      found->kind == RSL_TAR_LINK ? RSL_ARCHIVE_ERROR_LINK
                                                  : RSL_ARCHIVE_ERROR_SPECIAL,
                      said, found->path_nbytes);
    if (found->kind == RSL_TAR_FOLDER && found->nbytes > 0)
        return reject(reading, RSL_ARCHIVE_ERROR_FOLDER_SIZE, said, found->path_nbytes);
    char *path = copy_text(reading->archive, said, found->path_nbytes);
    if (path == NULL) {
        reading->out_of_memory = true;
        return false;
    }
    size_t nbytes;
    const enum rsl_archive_error_code wrong =
        normalise((struct rsl_tar_text){said, found->path_nbytes}, path, &nbytes);
    if (wrong != RSL_ARCHIVE_ERROR_NONE)
        return reject(reading, wrong, said, found->path_nbytes);
    path[nbytes] = '\0';
    const bool is_root = nbytes == 0;
    if (reading->is_crate && (is_root || !leave_folder(reading, &path, &nbytes)))
        return reject(reading, RSL_ARCHIVE_ERROR_OUTSIDE, said, found->path_nbytes);
    if (nbytes == 0 && found->kind == RSL_TAR_FILE) /* in the place of the folder of all */
        return reject(reading,
                      reading->is_crate ? RSL_ARCHIVE_ERROR_OUTSIDE : RSL_ARCHIVE_ERROR_NAME, said,
                      found->path_nbytes);
    const struct rsl_archive_member member = {
        .path = path,
        .path_nbytes = nbytes,
        .bytes = found->kind == RSL_TAR_FILE ? found->bytes : NULL,
        .nbytes = found->nbytes,
    };
    return add_member(reading, &member);
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct rsl_archive_member *)a)->path,
                  ((const struct rsl_archive_member *)b)->path);
}

/* Archives are nearly always packed in order. */
static void sort(struct rsl_archive *archive)
{
    for (size_t i = 1; i < archive->nmembers; i++) {
        if (by_path(&archive->members[i - 1], &archive->members[i]) > 0) {
            qsort(archive->members, archive->nmembers, sizeof *archive->members, by_path);
            return;
        }
    }
}

/* Whether the folder path[0..nbytes) is a file among the sorted members. */
static bool is_file(const struct rsl_archive *archive, const char *path, size_t nbytes)
{
    size_t low = 0, high = archive->nmembers;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const struct rsl_archive_member *member = &archive->members[middle];
        const size_t shorter = member->path_nbytes < nbytes ? member->path_nbytes : nbytes;
        int order = memcmp(member->path, path, shorter);
        if (order == 0)
            order = member->path_nbytes == nbytes ? 0 : member->path_nbytes < nbytes ? -1 : 1;
        if (order == 0)
            return member->bytes != NULL;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

/* Of the sorted members, each must be there once, and be below no file. */
static bool check_unique(struct reading *reading)
{
    const struct rsl_archive *archive = reading->archive;
    const char *before = "";
    for (size_t i = 0; i < archive->nmembers; i++) {
        const struct rsl_archive_member *member = &archive->members[i];
        if (i > 0 && strcmp(before, member->path) == 0)
            return reject(reading, RSL_ARCHIVE_ERROR_DUPLICATE, member->path, member->path_nbytes);
        /* Folders that it shares with the path before have been looked at there. */
        bool shared = true;
        for (size_t at = 0; at < member->path_nbytes; at++) {
            shared = shared && member->path[at] == before[at]; /* not beyond before's NUL */
            if (!shared && member->path[at] == '/' && is_file(archive, member->path, at))
                return reject(reading, RSL_ARCHIVE_ERROR_FILE_AS_FOLDER, member->path, at);
        }
        before = member->path;
    }
    return true;
}

/* Leaves the files, each with its padding: that overwrites headers and what fills up blocks, which
 * nobody needs any more, and never another file. */
static void keep_files(struct rsl_archive *archive)
{
    size_t n = 0;
    for (size_t i = 0; i < archive->nmembers; i++) {
        const struct rsl_archive_member *member = &archive->members[i];
        if (member->bytes == NULL)
            continue;
        memset(archive->bytes + (member->bytes - archive->bytes) + member->nbytes, 0, RSL_PAD);
        archive->members[n++] = *member;
    }
    archive->nmembers = n;
}

/* The members of the tar archive in archive->bytes. */
static void read_members(struct reading *reading)
{
    struct rsl_archive *archive = reading->archive;
    struct rsl_tar tar;
    struct rsl_tar_member found;
    bool good = true;
    rsl_tar_init(&tar, archive->bytes, archive->inflated_nbytes);
    while (good && rsl_tar_next(&tar, &found))
        good = take(reading, &found);
    if (!good)
        return;
    if (tar.error != RSL_ARCHIVE_ERROR_NONE) {
        reading->error.code = tar.error;
        return;
    }
    sort(archive);
    if (!check_unique(reading))
        return;
    keep_files(archive);
    if (archive->nmembers == 0)
        reading->error.code = RSL_ARCHIVE_ERROR_NO_MEMBERS;
    else if (reading->is_crate && (archive->folder = copy_text(archive, reading->folder.bytes,
                                                               reading->folder.nbytes)) == NULL)
        reading->out_of_memory = true;
}

static bool ends_with(const char *text, const char *suffix)
{
    const size_t n = strlen(text), m = strlen(suffix);
    return n >= m && memcmp(text + n - m, suffix, m) == 0;
}

enum rsl_status rsl_archive_read(struct rsl_archive *archive, const char *name, const uint8_t *in,
                                 size_t nbytes, uint64_t room, struct rsl_archive_error *error_out)
{
    const uint64_t limit = rsl_gzip_limit(nbytes);
    struct reading reading = {
        .archive = archive, .is_crate = ends_with(name, ".crate"), .error = {.member = ""}};
    *error_out = reading.error;
    clear(archive);
    rsl_arena_reset(&archive->texts);
    room = room < limit ? room : limit;
    if (room > SIZE_MAX || !reserve(archive, (size_t)room))
        return RSL_ENOMEM;
    const enum rsl_status status =
        rsl_gzip_inflate(archive->decompressor, in, nbytes, archive->bytes, (size_t)room,
                         &archive->inflated_nbytes, &error_out->code);
    if (status == RSL_EAGAIN && room == limit)
        error_out->code = RSL_ARCHIVE_ERROR_TOO_LARGE;
    else if (status != RSL_OK) {
        archive->inflated_nbytes = 0;
        return status;
    }
    if (error_out->code == RSL_ARCHIVE_ERROR_NONE) {
        if (reading.is_crate)
            reading.folder = package_of(name);
        read_members(&reading);
        *error_out = reading.error;
    }
    if (reading.out_of_memory || error_out->code != RSL_ARCHIVE_ERROR_NONE)
        clear(archive);
    return reading.out_of_memory ? RSL_ENOMEM : RSL_OK;
}

enum rsl_status rsl_archive_read_all(struct rsl_archive *archive, const char *name,
                                     const uint8_t *in, size_t nbytes,
                                     struct rsl_archive_error *error_out)
{
    const uint64_t limit = rsl_gzip_limit(nbytes);
    uint64_t room = rsl_gzip_hint(in, nbytes);
    enum rsl_status status;
    while ((status = rsl_archive_read(archive, name, in, nbytes, room, error_out)) == RSL_EAGAIN)
        room = room * 2 + ROOM_STEP < limit ? room * 2 + ROOM_STEP : limit;
    return status;
}

const struct rsl_archive_member *rsl_archive_find(const struct rsl_archive *archive,
                                                  const char *path)
{
    const struct rsl_archive_member key = {.path = path};
    return archive->nmembers == 0 ? NULL
                                  : bsearch(&key, archive->members, archive->nmembers,
                                            sizeof *archive->members, by_path);
}
