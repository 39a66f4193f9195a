/* The picture of the tree: nodes, found by folder and name, or by watch. */
#include "sched/watch_internal.h"

#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

bool rsl_watch_reserve(struct rsl_watch *watch, struct rsl_watch_buffer *buffer, size_t nbytes)
{
    if (nbytes <= buffer->capacity)
        return true;
    const size_t capacity = nbytes + nbytes / 2 + 256;
    char *bytes = watch->allocator->resize(watch->allocator->state, buffer->bytes, buffer->capacity,
                                           capacity);
    if (bytes == NULL)
        return false;
    buffer->bytes = bytes;
    buffer->capacity = capacity;
    return true;
}

char *rsl_watch_copy_text(const struct rsl_watch *watch, const char *text, size_t nbytes)
{
    char *to = watch->allocator->allocate(watch->allocator->state, nbytes + 1);
    if (to != NULL) {
        memcpy(to, text, nbytes);
        to[nbytes] = 0;
    }
    return to;
}

void rsl_watch_free_text(const struct rsl_watch *watch, char *text)
{
    if (text != NULL)
        watch->allocator->release(watch->allocator->state, text, strlen(text) + 1);
}

/* ---- by name */

static uint32_t hash_of(const struct rsl_watch_node *folder, const char *name, size_t nbytes,
                        uint32_t kind)
{
    return (uint32_t)XXH3_64bits_withSeed(name, nbytes, (uint64_t)(uintptr_t)folder + kind);
}

static struct rsl_watch_node *find(const struct rsl_watch *watch,
                                   const struct rsl_watch_node *folder, const char *name,
                                   size_t nbytes, uint32_t kind, uint32_t hash)
{
    if (watch->nbuckets == 0)
        return NULL;
    struct rsl_watch_node *node = watch->by_name[hash & (watch->nbuckets - 1)];
    while (node != NULL && (node->hash != hash || node->parent != folder ||
                            (node->flags & RSL_WATCH_FOLDER) != kind ||
                            node->name_nbytes != nbytes || memcmp(node->name, name, nbytes) != 0))
        node = node->hash_next;
    return node;
}

struct rsl_watch_node *rsl_watch_find(const struct rsl_watch *watch,
                                      const struct rsl_watch_node *folder, const char *name,
                                      size_t name_nbytes, uint32_t kind)
{
    return find(watch, folder, name, name_nbytes, kind, hash_of(folder, name, name_nbytes, kind));
}

static uint32_t wd_hash(int wd)
{
    return (uint32_t)wd * UINT32_C(0x9E3779B1) >> 7;
}

/* Twice as many buckets, in both tables. */
static bool grow(struct rsl_watch *watch)
{
    const struct rsl_allocator *allocator = watch->allocator;
    const size_t n = watch->nbuckets == 0 ? 256 : watch->nbuckets * 2;
    const size_t nbytes = n * sizeof(struct rsl_watch_node *);
    struct rsl_watch_node **by_name = allocator->allocate(allocator->state, nbytes);
    struct rsl_watch_node **by_wd = allocator->allocate(allocator->state, nbytes);
    if (by_name == NULL || by_wd == NULL) {
        allocator->release(allocator->state, by_name, nbytes);
        allocator->release(allocator->state, by_wd, nbytes);
        return false;
    }
    memset(by_name, 0, nbytes);
    memset(by_wd, 0, nbytes);
    for (size_t i = 0; i < watch->nbuckets; i++) {
        for (struct rsl_watch_node *node = watch->by_name[i], *next; node != NULL; node = next) {
            next = node->hash_next;
            node->hash_next = by_name[node->hash & (n - 1)];
            by_name[node->hash & (n - 1)] = node;
        }
        for (struct rsl_watch_node *node = watch->by_wd[i], *next; node != NULL; node = next) {
            next = node->as.folder.wd_next;
            const size_t to = wd_hash(node->as.folder.wd) & (n - 1);
            node->as.folder.wd_next = by_wd[to];
            by_wd[to] = node;
        }
    }
    const size_t old_nbytes = watch->nbuckets * sizeof(struct rsl_watch_node *);
    allocator->release(allocator->state, watch->by_name, old_nbytes);
    allocator->release(allocator->state, watch->by_wd, old_nbytes);
    watch->by_name = by_name;
    watch->by_wd = by_wd;
    watch->nbuckets = n;
    return true;
}

struct rsl_watch_node *rsl_watch_get(struct rsl_watch *watch, struct rsl_watch_node *folder,
                                     const char *name, size_t name_nbytes, uint32_t kind)
{
    const uint32_t hash = hash_of(folder, name, name_nbytes, kind);
    struct rsl_watch_node *node = find(watch, folder, name, name_nbytes, kind, hash);
    if (node != NULL)
        return node;
    if (watch->nnodes >= watch->nbuckets && !grow(watch))
        return NULL;
    node = watch->allocator->allocate(watch->allocator->state, sizeof *node + name_nbytes + 1);
    if (node == NULL)
        return NULL;
    *node = (struct rsl_watch_node){
        .parent = folder, .hash = hash, .flags = kind, .name_nbytes = (uint32_t)name_nbytes};
    memcpy(node->name, name, name_nbytes);
    node->name[name_nbytes] = 0;
    if (kind == RSL_WATCH_FOLDER) {
        node->as.folder.wd = -1;
        node->flags |= RSL_WATCH_DEAD; /* until it has been read */
    }
    if (folder != NULL) {
        node->next = folder->as.folder.first_child;
        if (node->next != NULL)
            node->next->previous = node;
        folder->as.folder.first_child = node;
    }
    struct rsl_watch_node **bucket = &watch->by_name[hash & (watch->nbuckets - 1)];
    node->hash_next = *bucket;
    *bucket = node;
    watch->nnodes++;
    return node;
}

void rsl_watch_free_node(struct rsl_watch *watch, struct rsl_watch_node *node)
{
    struct rsl_watch_node **at = &watch->by_name[node->hash & (watch->nbuckets - 1)];
    while (*at != node)
        at = &(*at)->hash_next;
    *at = node->hash_next;
    if (node->next != NULL)
        node->next->previous = node->previous;
    if (node->previous != NULL)
        node->previous->next = node->next;
    else if (node->parent != NULL)
        node->parent->as.folder.first_child = node->next;
    if (node->flags & RSL_WATCH_FOLDER) {
        if (node->flags & RSL_WATCH_SCANNING)
            rsl_watch_list_remove(&node->as.folder.scan);
        if (node->flags & RSL_WATCH_POLLED)
            rsl_watch_list_remove(&node->as.folder.poll);
        if (node->flags & RSL_WATCH_GIT)
            rsl_watch_list_remove(&node->as.folder.git);
        rsl_watch_clear_wd(watch, node);
        rsl_ignore_level_drop(node->as.folder.level, watch->allocator);
        rsl_watch_free_text(watch, node->as.folder.from);
    } else {
        if (node->flags & RSL_WATCH_DIRTY) {
            rsl_watch_list_remove(&node->as.file.by_last);
            rsl_watch_list_remove(&node->as.file.by_first);
        }
        rsl_watch_free_text(watch, node->as.file.from);
    }
    watch->nnodes--;
    watch->allocator->release(watch->allocator->state, node, sizeof *node + node->name_nbytes + 1);
}

void rsl_watch_forget_file(struct rsl_watch *watch, struct rsl_watch_node *file)
{
    struct rsl_watch_node *folder = file->parent;
    rsl_watch_free_node(watch, file);
    while (folder != NULL && folder->as.folder.first_child == NULL &&
           (folder->flags & RSL_WATCH_DEAD) &&
           !(folder->flags & (RSL_WATCH_ROOT | RSL_WATCH_SCANNING))) {
        struct rsl_watch_node *up = folder->parent;
        rsl_watch_free_node(watch, folder);
        folder = up;
    }
}

void rsl_watch_free_tree(struct rsl_watch *watch)
{
    for (size_t i = 0; i < watch->nroots; i++) {
        struct rsl_watch_node *node = watch->roots[i].node;
        while (node != NULL) {
            if ((node->flags & RSL_WATCH_FOLDER) && node->as.folder.first_child != NULL) {
                node = node->as.folder.first_child;
                continue;
            }
            struct rsl_watch_node *up = node->parent;
            rsl_watch_free_node(watch, node);
            node = up;
        }
    }
    const size_t nbytes = watch->nbuckets * sizeof(struct rsl_watch_node *);
    watch->allocator->release(watch->allocator->state, watch->by_name, nbytes);
    watch->allocator->release(watch->allocator->state, watch->by_wd, nbytes);
}

struct rsl_watch_node *rsl_watch_next_below(const struct rsl_watch_node *top,
                                            struct rsl_watch_node *node)
{
    if ((node->flags & RSL_WATCH_FOLDER) && node->as.folder.first_child != NULL)
        return node->as.folder.first_child;
    while (node != top && node->next == NULL)
        node = node->parent;
    return node == top ? NULL : node->next;
}

/* ---- paths */

struct rsl_watch_root *rsl_watch_root_of(const struct rsl_watch_node *node)
{
    while (node->parent != NULL)
        node = node->parent;
    return node->as.folder.root;
}

bool rsl_watch_put_path(struct rsl_watch *watch, const struct rsl_watch_node *node, bool real,
                        struct rsl_watch_buffer *buffer, size_t *nbytes_out)
{
    const struct rsl_watch_root *root = rsl_watch_root_of(node);
    const char *const first = real ? root->real : root->prefix;
    const size_t nfirst = real ? root->real_nbytes : root->prefix_nbytes;
    size_t nbytes = nfirst;
    for (const struct rsl_watch_node *at = node; at->parent != NULL; at = at->parent)
        nbytes += at->name_nbytes + ((at->flags & RSL_WATCH_FOLDER) != 0);
    if (!rsl_watch_reserve(watch, buffer, nbytes + RSL_WATCH_MAX_NAME + 2))
        return false;
    memcpy(buffer->bytes, first, nfirst);
    buffer->bytes[nbytes] = 0;
    size_t end = nbytes;
    for (const struct rsl_watch_node *at = node; at->parent != NULL; at = at->parent) {
        if (at->flags & RSL_WATCH_FOLDER)
            buffer->bytes[--end] = '/';
        end -= at->name_nbytes;
        memcpy(buffer->bytes + end, at->name, at->name_nbytes);
    }
    *nbytes_out = nbytes;
    return true;
}

/* ---- by watch */

struct rsl_watch_node *rsl_watch_find_wd(const struct rsl_watch *watch, int wd)
{
    if (watch->nbuckets == 0)
        return NULL;
    struct rsl_watch_node *node = watch->by_wd[wd_hash(wd) & (watch->nbuckets - 1)];
    while (node != NULL && node->as.folder.wd != wd)
        node = node->as.folder.wd_next;
    return node;
}

void rsl_watch_clear_wd(struct rsl_watch *watch, struct rsl_watch_node *folder)
{
    if (folder->as.folder.wd < 0)
        return;
    struct rsl_watch_node **at =
        &watch->by_wd[wd_hash(folder->as.folder.wd) & (watch->nbuckets - 1)];
    while (*at != folder)
        at = &(*at)->as.folder.wd_next;
    *at = folder->as.folder.wd_next;
    folder->as.folder.wd = -1;
    watch->stats.nwatches--;
}

void rsl_watch_set_wd(struct rsl_watch *watch, struct rsl_watch_node *folder, int wd)
{
    rsl_watch_clear_wd(watch, folder);
    folder->as.folder.wd = wd;
    struct rsl_watch_node **bucket = &watch->by_wd[wd_hash(wd) & (watch->nbuckets - 1)];
    folder->as.folder.wd_next = *bucket;
    *bucket = folder;
    watch->stats.nwatches++;
}
