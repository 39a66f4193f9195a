/* The roots, and the ignore files outside of what is watched. */
#include "sched/watch_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sched/open_path.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

/* What tells one state of a file from another, with the signature so far mixed in. */
static uint64_t mix_stat(int folder, const char *path, uint64_t signature)
{
    struct stat st;
    uint64_t seen[6] = {0};
    if (fstatat(folder, path, &st, 0) == 0) {
        seen[0] = st.st_ino;
        seen[1] = (uint64_t)st.st_size;
        seen[2] = (uint64_t)st.st_mtim.tv_sec;
        seen[3] = (uint64_t)st.st_mtim.tv_nsec;
        seen[4] = (uint64_t)st.st_ctim.tv_sec;
        seen[5] = (uint64_t)st.st_ctim.tv_nsec;
    }
    return XXH3_64bits_withSeed(seen, sizeof seen, signature);
}

uint64_t rsl_watch_exclude_signature(int fd)
{
    return mix_stat(fd, ".git/info/exclude", 0);
}

/* Of the ignore files in the folders above the root. */
static uint64_t above_signature(const struct rsl_watch *watch, const struct rsl_watch_root *root)
{
    static const char *const names[] = {".gitignore", ".ignore", ".git/info/exclude"};
    uint64_t signature = 0;
    char path[PATH_MAX];
    if (watch->options.no_ignore || root->real_nbytes >= sizeof path)
        return 0;
    /* The root's own are in what is watched. */
    for (size_t i = 0; i + 1 < root->real_nbytes; i++) {
        if (root->real[i] != '/')
            continue;
        memcpy(path, root->real, i + 1);
        path[i + 1] = 0;
        const int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
            continue;
        for (size_t n = 0; n < sizeof names / sizeof names[0]; n++)
            signature = mix_stat(fd, names[n], signature);
        struct stat st; /* whether there is a repository; what is in it changes all the time */
        signature += fstatat(fd, ".git", &st, 0) == 0;
        close(fd);
    }
    return signature;
}

/* Finds the root's absolute path, and the rules above it. Where the path is too long for the
 * system, the root is taken for the root of everything. */
static enum rsl_status resolve(struct rsl_watch *watch, struct rsl_watch_root *root)
{
    char resolved[PATH_MAX];
    const char *real = realpath(root->path, resolved) != NULL ? resolved : "/";
    size_t nbytes = strlen(real);
    char *copy = rsl_watch_copy_text(watch, real, nbytes + 1);
    if (copy == NULL)
        return RSL_ENOMEM;
    if (copy[nbytes - 1] != '/')
        copy[nbytes++] = '/';
    /* The block is as long as the text then is, which freeing it relies on. */
    char *fitting = rsl_watch_copy_text(watch, copy, nbytes);
    watch->allocator->release(watch->allocator->state, copy, strlen(real) + 2);
    if (fitting == NULL)
        return RSL_ENOMEM;
    rsl_watch_free_text(watch, root->real);
    root->real = fitting;
    root->real_nbytes = nbytes;
    root->signature = above_signature(watch, root);
    if (watch->options.no_ignore)
        return RSL_OK;
    struct rsl_ignore_level *above = NULL;
    const enum rsl_status status =
        rsl_ignore_level_enter_above(&watch->ignore, root->real, nbytes - 1, &above);
    if (status != RSL_OK)
        return status;
    rsl_ignore_level_drop(root->above, watch->allocator);
    root->above = above;
    return RSL_OK;
}

/* Sets what is opened, and what stands before names. */
static bool set_paths(struct rsl_watch *watch, struct rsl_watch_root *root, const char *given)
{
    const size_t nbytes = strlen(given);
    root->given = rsl_watch_copy_text(watch, given, nbytes);
    if (root->only) {
        const char *slash = strrchr(given, '/');
        root->prefix_nbytes = slash == NULL ? 0 : (size_t)(slash - given) + 1;
        root->prefix = rsl_watch_copy_text(watch, given, root->prefix_nbytes);
        root->path = slash == NULL ? rsl_watch_copy_text(watch, ".", 1)
                                   : rsl_watch_copy_text(watch, given, root->prefix_nbytes);
        root->path_nbytes = slash == NULL ? 1 : root->prefix_nbytes;
    } else {
        const bool has_slash = nbytes > 0 && given[nbytes - 1] == '/';
        root->path = rsl_watch_copy_text(watch, given, nbytes);
        root->path_nbytes = nbytes;
        root->prefix_nbytes = nbytes + !has_slash;
        root->prefix = watch->allocator->allocate(watch->allocator->state, root->prefix_nbytes + 1);
        if (root->prefix != NULL) {
            memcpy(root->prefix, given, nbytes);
            root->prefix[root->prefix_nbytes - 1] = '/';
            root->prefix[root->prefix_nbytes] = 0;
        }
    }
    return root->given != NULL && root->prefix != NULL && root->path != NULL;
}

enum rsl_status rsl_watch_add_root(struct rsl_watch *watch, struct rsl_watch_root *root,
                                   const char *given)
{
    struct stat st;
    *root = (struct rsl_watch_root){0};
    if (stat(given, &st) != 0) {
        if (errno != ENAMETOOLONG)
            rsl_watch_report(watch, given, errno);
    } else {
        root->only = !S_ISDIR(st.st_mode);
    }
    if (!set_paths(watch, root, given))
        return RSL_ENOMEM;
    if (watch->overrides.nlist > 0)
        root->glob_off = rsl_overrides_relative_part(root->prefix, root->prefix_nbytes);
    const enum rsl_status status = resolve(watch, root);
    if (status != RSL_OK)
        return status;
    struct rsl_watch_node *node =
        rsl_watch_get(watch, NULL, given, strlen(given), RSL_WATCH_FOLDER);
    if (node == NULL)
        return RSL_ENOMEM;
    if (node->flags & RSL_WATCH_ROOT)
        return RSL_OK; /* given twice */
    node->flags |= RSL_WATCH_ROOT;
    node->as.folder.root = root;
    root->node = node;
    rsl_watch_queue_scan(watch, node, true);
    return RSL_OK;
}

void rsl_watch_root_fini(struct rsl_watch *watch, struct rsl_watch_root *root)
{
    rsl_watch_free_text(watch, root->given);
    rsl_watch_free_text(watch, root->prefix);
    rsl_watch_free_text(watch, root->path);
    rsl_watch_free_text(watch, root->real);
    rsl_ignore_level_drop(root->above, watch->allocator);
}

void rsl_watch_check_root(struct rsl_watch *watch, struct rsl_watch_root *root)
{
    struct stat st;
    struct rsl_watch_node *node = root->node;
    if (node == NULL)
        return;
    const bool is_dead = node->flags & RSL_WATCH_DEAD;
    int error = 0;
    if (stat(root->path, &st) != 0) {
        error = errno;
        const int fd = error == ENAMETOOLONG
                           ? rsl_open_path(root->path, root->path_nbytes, O_PATH | O_CLOEXEC)
                           : -error;
        error = fd < 0 ? -fd : fstat(fd, &st) != 0 ? errno : 0;
        if (fd >= 0)
            close(fd);
    }
    if (error != 0 || !S_ISDIR(st.st_mode)) {
        if (!is_dead)
            rsl_watch_queue_scan(watch, node, false);
        return;
    }
    const bool is_same =
        !is_dead && node->inode == st.st_ino && node->as.folder.device == st.st_dev;
    if (is_same && root->signature == above_signature(watch, root))
        return;
    if (resolve(watch, root) != RSL_OK)
        watch->lost = true;
    rsl_watch_queue_scan(watch, node, true);
}

static void check_git(struct rsl_watch *watch, struct rsl_watch_node *folder)
{
    struct rsl_watch_place place;
    if (!rsl_watch_enter(watch, folder, &place)) {
        watch->lost = true;
        return;
    }
    /* The root of a tree may be "", which is ".". */
    const int fd =
        rsl_open_path(watch->path.bytes, place.path_nbytes, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    if (rsl_watch_exclude_signature(fd) != folder->as.folder.signature)
        rsl_watch_queue_scan(watch, folder, true);
    close(fd);
}

void rsl_watch_check_excludes(struct rsl_watch *watch)
{
    const struct rsl_watch_options *options = &watch->options;
    if (options->no_ignore)
        return;
    for (struct rsl_watch_link *at = watch->gits.next; at != &watch->gits; at = at->next)
        check_git(watch, RSL_WATCH_OF(at, as.folder.git));
    if (options->excludes_path == NULL)
        return;
    const uint64_t signature = mix_stat(AT_FDCWD, options->excludes_path, 0);
    if (signature == watch->excludes_signature)
        return;
    struct rsl_ignore_rules rules;
    const int error =
        rsl_ignore_rules_read(&rules, AT_FDCWD, options->excludes_path, 0, watch->allocator);
    if (error == -ENOMEM) {
        watch->lost = true;
        return;
    }
    if (error != 0 && error != -ENOENT && error != -ENOTDIR)
        rsl_watch_report(watch, options->excludes_path, -error);
    const bool had_any = watch->ignore.global_rules.nrules > 0;
    rsl_ignore_rules_fini(&watch->ignore.global_rules, watch->allocator);
    watch->ignore.global_rules = rules;
    watch->excludes_signature = signature;
    for (size_t i = 0; i < watch->nroots && (had_any || rules.nrules > 0); i++) {
        if (watch->roots[i].node != NULL)
            rsl_watch_queue_scan(watch, watch->roots[i].node, true);
    }
}
