#include "index/archive_mounts.h"

#include <string.h>

#include "index/path.h"

enum { FIRST_BLOCK = 65536 };

void rsl_archive_mounts_init(struct rsl_archive_mounts *mounts, const struct rsl_file_tree *base,
                             const struct rsl_allocator *allocator)
{
    *mounts = (struct rsl_archive_mounts){
        .base = base,
        .allocator = allocator != NULL ? allocator : &rsl_allocator_default,
        .last_mount = RSL_NO_STRING,
    };
    rsl_strings_init(&mounts->paths, mounts->allocator);
    rsl_arena_init(&mounts->arena, mounts->allocator, FIRST_BLOCK);
}

void rsl_archive_mounts_fini(struct rsl_archive_mounts *mounts)
{
    mounts->allocator->release(mounts->allocator->state, mounts->by_path,
                               mounts->nmounts * sizeof(struct rsl_archive *));
    rsl_strings_fini(&mounts->paths);
    rsl_arena_fini(&mounts->arena);
    if (mounts->has_last)
        rsl_archive_fini(&mounts->last);
}

/* ---- adding */

static bool is_manifest(const struct rsl_archive_member *member)
{
    const char *const name = rsl_path_name(member->path);
    return strcmp(name, "Cargo.toml") == 0 || strcmp(name, "cargo.toml") == 0;
}

/* Copies what is kept of a member. */
static bool keep(struct rsl_archive_mounts *mounts, const struct rsl_archive_member *from,
                 struct rsl_archive_member *to)
{
    char *path = rsl_arena_alloc(&mounts->arena, from->path_nbytes + 1, 1);
    if (path == NULL)
        return false;
    *to = (struct rsl_archive_member){memcpy(path, from->path, from->path_nbytes + 1),
                                      from->path_nbytes, NULL, from->nbytes};
    if (!is_manifest(from))
        return true;
    uint8_t *bytes = rsl_arena_alloc(&mounts->arena, from->nbytes + RSL_PAD, 1);
    if (bytes == NULL)
        return false;
    to->bytes = memcpy(bytes, from->bytes, from->nbytes + RSL_PAD);
    return true;
}

/* An archive of which nothing but the members is there. */
static struct rsl_archive *make_mount(struct rsl_archive_mounts *mounts,
                                      const struct rsl_archive *archive)
{
    struct rsl_archive *mount =
        rsl_arena_alloc(&mounts->arena, sizeof *mount, _Alignof(struct rsl_archive));
    struct rsl_archive_member *members =
        rsl_arena_alloc(&mounts->arena, (archive->nmembers + 1) * sizeof *members,
                        _Alignof(struct rsl_archive_member));
    if (mount == NULL || members == NULL)
        return NULL;
    for (size_t i = 0; i < archive->nmembers; i++) {
        if (!keep(mounts, &archive->members[i], &members[i]))
            return NULL;
    }
    *mount = (struct rsl_archive){.members = members, .nmembers = archive->nmembers, .folder = ""};
    return mount;
}

enum rsl_status rsl_archive_mounts_add(struct rsl_archive_mounts *mounts, const char *path,
                                       const struct rsl_archive *archive)
{
    const size_t nbytes = strlen(path);
    const uint32_t n = rsl_strings_count(&mounts->paths);
    char *folder = rsl_arena_alloc(&mounts->arena, nbytes + 2, 1);
    if (folder == NULL)
        return RSL_ENOMEM;
    memcpy(folder, path, nbytes);
    memcpy(folder + nbytes, "!", 2);
    if (rsl_strings_find(&mounts->paths, folder, nbytes + 1) != RSL_NO_STRING)
        return RSL_OK;
    if (n >= mounts->nmounts) {
        const uint32_t more = n + n / 2 + 64;
        struct rsl_archive **grown = mounts->allocator->resize(
            mounts->allocator->state, mounts->by_path,
            mounts->nmounts * sizeof(struct rsl_archive *), more * sizeof(struct rsl_archive *));
        if (grown == NULL)
            return RSL_ENOMEM;
        mounts->by_path = grown;
        mounts->nmounts = more;
    }
    struct rsl_archive *mount = make_mount(mounts, archive);
    uint32_t number;
    if (mount == NULL || rsl_strings_add(&mounts->paths, folder, nbytes + 1, &number) != RSL_OK)
        return RSL_ENOMEM;
    mounts->by_path[number] = mount;
    return RSL_OK;
}

/* ---- the tree */

/* The number of the mount that a path leads into, and in *inside_out what it names there;
 * RSL_NO_STRING if it leads into none. */
static uint32_t find_mount(const struct rsl_archive_mounts *mounts, const char *path,
                           const char **inside_out)
{
    const size_t nbytes = rsl_path_archive_nbytes(path);
    if (nbytes == 0)
        return RSL_NO_STRING;
    *inside_out = path[nbytes] == '/' ? path + nbytes + 1 : path + nbytes;
    return rsl_strings_find(&mounts->paths, path, nbytes);
}

static enum rsl_file_kind tree_kind(void *state, const char *path)
{
    const struct rsl_archive_mounts *mounts = state;
    const char *inside;
    const uint32_t mount = find_mount(mounts, path, &inside);
    if (mount == RSL_NO_STRING)
        return mounts->base->kind(mounts->base->state, path);
    const struct rsl_file_tree tree = rsl_archive_tree(mounts->by_path[mount]);
    return tree.kind(tree.state, inside);
}

static enum rsl_status tree_list(void *state, const char *path, struct rsl_arena *arena,
                                 const struct rsl_file_entry **entries_out, size_t *nentries_out)
{
    const struct rsl_archive_mounts *mounts = state;
    const char *inside;
    const uint32_t mount = find_mount(mounts, path, &inside);
    if (mount == RSL_NO_STRING)
        return mounts->base->list(mounts->base->state, path, arena, entries_out, nentries_out);
    const struct rsl_file_tree tree = rsl_archive_tree(mounts->by_path[mount]);
    return tree.list(tree.state, inside, arena, entries_out, nentries_out);
}

/* Has the archive of a mount in mounts->last. RSL_EIO: it is not what it was. */
static enum rsl_status inflate(struct rsl_archive_mounts *mounts, uint32_t mount)
{
    if (mounts->last_mount == mount)
        return RSL_OK;
    mounts->last_mount = RSL_NO_STRING;
    if (!mounts->has_last) {
        const enum rsl_status status = rsl_archive_init(&mounts->last, mounts->allocator);
        mounts->has_last = true;
        if (status != RSL_OK)
            return status;
    }
    struct rsl_arena arena;
    struct rsl_file_bytes file;
    struct rsl_archive_error bad;
    rsl_arena_init(&arena, mounts->allocator, FIRST_BLOCK);
    const size_t nbytes = rsl_strings_nbytes(&mounts->paths, mount) - 1;
    char *path = rsl_arena_alloc(&arena, nbytes + 1, 1);
    enum rsl_status status = path == NULL ? RSL_ENOMEM : RSL_OK;
    if (status == RSL_OK) {
        memcpy(path, rsl_strings_text(&mounts->paths, mount), nbytes);
        path[nbytes] = '\0';
        status = mounts->base->read(mounts->base->state, path, &arena, &file);
    }
    if (status == RSL_OK)
        status = rsl_archive_read_all(&mounts->last, path, file.bytes, file.nbytes, &bad);
    if (status == RSL_OK && bad.code != RSL_ARCHIVE_ERROR_NONE)
        status = RSL_EIO;
    rsl_arena_fini(&arena);
    if (status == RSL_OK)
        mounts->last_mount = mount;
    return status;
}

static enum rsl_status tree_read(void *state, const char *path, struct rsl_arena *arena,
                                 struct rsl_file_bytes *bytes_out)
{
    struct rsl_archive_mounts *mounts = state;
    const char *inside;
    const uint32_t mount = find_mount(mounts, path, &inside);
    if (mount == RSL_NO_STRING)
        return mounts->base->read(mounts->base->state, path, arena, bytes_out);
    const struct rsl_archive_member *member = rsl_archive_find(mounts->by_path[mount], inside);
    if (member == NULL)
        return RSL_EIO;
    if (member->nbytes > RSL_MAX_SOURCE)
        return RSL_ETOOBIG;
    if (member->bytes != NULL) {
        *bytes_out = (struct rsl_file_bytes){member->bytes, member->nbytes};
        return RSL_OK;
    }
    const enum rsl_status status = inflate(mounts, mount);
    if (status != RSL_OK)
        return status;
    const struct rsl_archive_member *found = rsl_archive_find(&mounts->last, inside);
    if (found == NULL)
        return RSL_EIO;
    uint8_t *bytes = rsl_arena_alloc(arena, found->nbytes + RSL_PAD, 1);
    if (bytes == NULL)
        return RSL_ENOMEM;
    *bytes_out = (struct rsl_file_bytes){memcpy(bytes, found->bytes, found->nbytes + RSL_PAD),
                                         found->nbytes};
    return RSL_OK;
}

struct rsl_file_tree rsl_archive_mounts_tree(struct rsl_archive_mounts *mounts)
{
    return (struct rsl_file_tree){tree_kind, tree_list, tree_read, mounts};
}
