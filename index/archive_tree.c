/* An archive as a file tree. Its members are sorted by their paths, so those below a folder stand
 * together; only what lies below `a/` is looked at, which is not where `a` itself would stand. */
#include <stdlib.h>
#include <string.h>

#include "index/archive.h"

/* The first member whose path does not come before text[0..nbytes). */
static size_t lower_bound(const struct rsl_archive *archive, const char *text, size_t nbytes)
{
    size_t low = 0, high = archive->nmembers;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (strncmp(archive->members[middle].path, text, nbytes) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The range of members below a folder, and the bytes of their paths that name it. */
struct below {
    size_t first, end, nbytes;
};

static bool find_below(const struct rsl_archive *archive, const char *folder,
                       struct rsl_arena *arena, struct below *below_out)
{
    const size_t nbytes = strlen(folder);
    *below_out = (struct below){0, archive->nmembers, 0};
    if (nbytes == 0)
        return true;
    char *prefix = rsl_arena_alloc(arena, nbytes + 2, 1);
    if (prefix == NULL)
        return false;
    memcpy(prefix, folder, nbytes);
    prefix[nbytes] = '/';
    below_out->nbytes = nbytes + 1;
    below_out->first = lower_bound(archive, prefix, nbytes + 1);
    prefix[nbytes] = '/' + 1; /* what comes right after all that begin with the prefix */
    below_out->end = lower_bound(archive, prefix, nbytes + 1);
    return true;
}

/* Whether anything lies below the folder: without memory, the text is compared in two parts. */
static bool is_folder(const struct rsl_archive *archive, const char *folder)
{
    const size_t nbytes = strlen(folder);
    if (nbytes == 0)
        return true;
    size_t low = 0, high = archive->nmembers;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const char *const path = archive->members[middle].path;
        const int order = strncmp(path, folder, nbytes);
        if (order == 0 && path[nbytes] == '/')
            return true;
        if (order < 0 || (order == 0 && (unsigned char)path[nbytes] < '/'))
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

static enum rsl_file_kind tree_kind(void *state, const char *path)
{
    return rsl_archive_find(state, path) != NULL ? RSL_FILE_REGULAR
           : is_folder(state, path)              ? RSL_FILE_FOLDER
                                                 : RSL_FILE_NONE;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct rsl_file_entry *)a)->name,
                  ((const struct rsl_file_entry *)b)->name);
}

static enum rsl_status tree_list(void *state, const char *path, struct rsl_arena *arena,
                                 const struct rsl_file_entry **entries_out, size_t *nentries_out)
{
    const struct rsl_archive *archive = state;
    struct below below;
    if (!find_below(archive, path, arena, &below))
        return RSL_ENOMEM;
    if (below.first == below.end)
        return RSL_EIO;
    struct rsl_file_entry *entries =
        rsl_arena_alloc(arena, (below.end - below.first) * sizeof *entries, sizeof(void *));
    if (entries == NULL)
        return RSL_ENOMEM;
    size_t n = 0, last_nbytes = 0;
    for (size_t i = below.first; i < below.end; i++) {
        const char *const rest = archive->members[i].path + below.nbytes;
        const size_t nbytes = strcspn(rest, "/");
        /* The members of one folder need not stand together: `a-b` comes between `a` and `a/`. But
         * those of a folder do among themselves. */
        if (n > 0 && last_nbytes == nbytes && rest[nbytes] == '/' &&
            memcmp(entries[n - 1].name, rest, nbytes) == 0)
            continue;
        char *name = rsl_arena_alloc(arena, nbytes + 1, 1);
        if (name == NULL)
            return RSL_ENOMEM;
        memcpy(name, rest, nbytes);
        name[nbytes] = '\0';
        entries[n++] = (struct rsl_file_entry){name, rest[nbytes] == '/'};
        last_nbytes = nbytes;
    }
    /* A folder stands where `name/` would: behind `name-x`, before which its bare name comes. */
    for (size_t i = 1; i < n; i++) {
        if (by_name(&entries[i - 1], &entries[i]) > 0) {
            qsort(entries, n, sizeof *entries, by_name);
            break;
        }
    }
    *entries_out = entries;
    *nentries_out = n;
    return RSL_OK;
}

static enum rsl_status tree_read(void *state, const char *path, struct rsl_arena *arena,
                                 struct rsl_file_bytes *bytes_out)
{
    (void)arena;
    const struct rsl_archive_member *member = rsl_archive_find(state, path);
    if (member == NULL)
        return RSL_EIO;
    if (member->nbytes > RSL_MAX_SOURCE)
        return RSL_ETOOBIG;
    *bytes_out = (struct rsl_file_bytes){member->bytes, member->nbytes};
    return RSL_OK;
}

struct rsl_file_tree rsl_archive_tree(struct rsl_archive *archive)
{
    return (struct rsl_file_tree){tree_kind, tree_list, tree_read, archive};
}
