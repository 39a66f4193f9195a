/* Emission in the order of paths. Each folder's entries are sorted by the worker that reads it,
 * with a folder's name as if a slash stood behind it; then a walk through the listings, each folder
 * in its place, meets the paths in the order of their bytes, and nothing large is ever sorted. */
#include "sched/walk_internal.h"

#include <stdlib.h>
#include <string.h>

struct rsl_walk_listing *rsl_walk_add_listing(struct rsl_walk_worker *worker)
{
    struct rsl_walk *walk = worker->walk;
    struct rsl_walk_listing *listing =
        walk->allocator->allocate(walk->allocator->state, sizeof *listing);
    if (listing == NULL) {
        rsl_walk_stop(walk, RSL_ENOMEM);
        return NULL;
    }
    *listing = (struct rsl_walk_listing){.next = worker->listings};
    worker->listings = listing;
    return listing;
}

void rsl_walk_list_entry(struct rsl_walk_worker *worker, const struct rsl_walk_entry *entry)
{
    struct rsl_walk *walk = worker->walk;
    struct rsl_walk_buffer *entries = &worker->entries;
    struct rsl_walk_buffer *names = &worker->names;
    if (!rsl_walk_reserve(walk, entries, entries->nbytes + sizeof *entry) ||
        !rsl_walk_reserve(walk, names, names->nbytes + entry->name_nbytes))
        return;
    memcpy(entries->bytes + entries->nbytes, entry, sizeof *entry);
    entries->nbytes += sizeof *entry;
    memcpy(names->bytes + names->nbytes, entry->name, entry->name_nbytes);
    names->nbytes += entry->name_nbytes;
}

/* As strings that end with '/' for a folder and with a NUL for a file. */
static int compare_entries(const void *a, const void *b)
{
    const struct rsl_walk_entry *x = a;
    const struct rsl_walk_entry *y = b;
    const size_t n = x->name_nbytes < y->name_nbytes ? x->name_nbytes : y->name_nbytes;
    const int order = memcmp(x->name, y->name, n);
    if (order != 0)
        return order;
    const unsigned char last_x = x->name_nbytes > n  ? (unsigned char)x->name[n]
                                 : x->folder != NULL ? '/'
                                                     : 0;
    const unsigned char last_y = y->name_nbytes > n  ? (unsigned char)y->name[n]
                                 : y->folder != NULL ? '/'
                                                     : 0;
    return (last_x > last_y) - (last_x < last_y);
}

/* A name that is renamed away and back while the folder is read may be met twice. */
static void drop_repeated(struct rsl_walk_listing *listing)
{
    size_t n = listing->nentries > 0;
    for (size_t i = 1; i < listing->nentries; i++) {
        if (compare_entries(&listing->entries[n - 1], &listing->entries[i]) != 0)
            listing->entries[n++] = listing->entries[i];
    }
    listing->nentries = n;
}

void rsl_walk_fill_listing(struct rsl_walk_worker *worker, struct rsl_walk_listing *listing)
{
    struct rsl_walk *walk = worker->walk;
    const size_t nbytes = worker->entries.nbytes + worker->names.nbytes;
    if (nbytes > 0) {
        char *block = walk->allocator->allocate(walk->allocator->state, nbytes);
        if (block == NULL) {
            rsl_walk_stop(walk, RSL_ENOMEM);
        } else {
            listing->entries = (struct rsl_walk_entry *)(void *)block;
            listing->nentries = worker->entries.nbytes / sizeof *listing->entries;
            listing->nbytes = nbytes;
            memcpy(block, worker->entries.bytes, worker->entries.nbytes);
            const char *name = block + worker->entries.nbytes;
            if (worker->names.nbytes > 0)
                memcpy(block + worker->entries.nbytes, worker->names.bytes, worker->names.nbytes);
            for (size_t i = 0; i < listing->nentries; i++) {
                listing->entries[i].name = name;
                name += listing->entries[i].name_nbytes;
            }
            qsort(listing->entries, listing->nentries, sizeof *listing->entries, compare_entries);
            drop_repeated(listing);
        }
    }
    worker->entries.nbytes = 0;
    worker->names.nbytes = 0;
}

/* The place in what one root holds. */
struct cursor {
    struct rsl_walk_listing *listing; /* NULL: nothing comes after `file` */
    struct rsl_walk_buffer path;
    struct rsl_walk_file file; /* the next; its path is NULL if there is none */
};

static bool append(struct rsl_walk *walk, struct rsl_walk_buffer *path, const char *name,
                   size_t nbytes)
{
    if (!rsl_walk_reserve(walk, path, path->nbytes + nbytes + 2))
        return false;
    memcpy(path->bytes + path->nbytes, name, nbytes);
    path->nbytes += nbytes;
    path->bytes[path->nbytes] = 0;
    return true;
}

static bool enter(struct rsl_walk *walk, struct cursor *cursor, const struct rsl_walk_entry *entry)
{
    if (!append(walk, &cursor->path, entry->name, entry->name_nbytes))
        return false;
    cursor->path.bytes[cursor->path.nbytes++] = '/';
    entry->folder->up = cursor->listing;
    entry->folder->ndone = 0;
    entry->folder->path_nbytes = cursor->path.nbytes;
    cursor->listing = entry->folder;
    return true;
}

/* Goes on to the next file. */
static void advance(struct rsl_walk *walk, struct cursor *cursor)
{
    cursor->file.path = NULL;
    while (cursor->listing != NULL) {
        struct rsl_walk_listing *listing = cursor->listing;
        cursor->path.nbytes = listing->path_nbytes;
        if (listing->ndone == listing->nentries) {
            cursor->listing = listing->up;
            continue;
        }
        const struct rsl_walk_entry *entry = &listing->entries[listing->ndone++];
        if (entry->folder != NULL) {
            if (!enter(walk, cursor, entry))
                return;
        } else {
            if (!append(walk, &cursor->path, entry->name, entry->name_nbytes))
                return;
            cursor->file = entry->file;
            cursor->file.path = cursor->path.bytes;
            cursor->file.path_nbytes = cursor->path.nbytes;
            return;
        }
    }
}

static void begin(struct rsl_walk *walk, struct cursor *cursor, const struct rsl_walk_root *root)
{
    *cursor = (struct cursor){0};
    if (root->entry.folder == NULL)
        cursor->file = root->entry.file;
    else if (enter(walk, cursor, &root->entry))
        advance(walk, cursor);
}

static int compare_roots(const void *a, const void *b)
{
    return strcmp(((const struct rsl_walk_root *)a)->path, ((const struct rsl_walk_root *)b)->path);
}

/* The cursor with the least path, of those that have one. */
static struct cursor *least(struct cursor *cursors, size_t ncursors)
{
    struct cursor *found = NULL;
    for (size_t i = 0; i < ncursors; i++) {
        if (found == NULL || strcmp(cursors[i].file.path, found->file.path) < 0)
            found = &cursors[i];
    }
    return found;
}

/* Takes out the cursors that have no more. Returns how many are left. */
static size_t drop_finished(const struct rsl_walk *walk, struct cursor *cursors, size_t ncursors)
{
    size_t n = 0;
    for (size_t i = 0; i < ncursors; i++) {
        if (cursors[i].file.path != NULL)
            cursors[n++] = cursors[i];
        else
            walk->allocator->release(walk->allocator->state, cursors[i].path.bytes,
                                     cursors[i].path.capacity);
    }
    return n;
}

/* Merges the roots' files. A root's path begins all its files' paths, so it need not be begun
 * before it is its turn: mostly there is one cursor at a time. */
void rsl_walk_emit_sorted(struct rsl_walk_worker *worker)
{
    struct rsl_walk *walk = worker->walk;
    const struct rsl_allocator *allocator = walk->allocator;
    if (walk->nroots == 0)
        return;
    struct cursor *cursors = allocator->allocate(allocator->state, walk->nroots * sizeof *cursors);
    if (cursors == NULL) {
        rsl_walk_stop(walk, RSL_ENOMEM);
        return;
    }
    qsort(walk->roots, walk->nroots, sizeof *walk->roots, compare_roots);
    size_t nbegun = 0;
    size_t n = 0;
    while (!rsl_walk_stopped(walk)) {
        struct cursor *first = least(cursors, n);
        if (nbegun < walk->nroots &&
            (first == NULL || strcmp(walk->roots[nbegun].path, first->file.path) <= 0)) {
            const struct rsl_walk_root *root = &walk->roots[nbegun++];
            if (root->is_there)
                begin(walk, &cursors[n++], root);
            n = drop_finished(walk, cursors, n);
            continue;
        }
        if (first == NULL)
            break;
        rsl_walk_emit(worker, &first->file);
        for (size_t i = 0; i < n; i++) {
            if (&cursors[i] != first && strcmp(cursors[i].file.path, first->file.path) == 0)
                advance(walk, &cursors[i]);
        }
        advance(walk, first);
        n = drop_finished(walk, cursors, n);
    }
    for (size_t i = 0; i < n; i++)
        cursors[i].file.path = NULL;
    drop_finished(walk, cursors, n);
    allocator->release(allocator->state, cursors, walk->nroots * sizeof *cursors);
}
