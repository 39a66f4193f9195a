#include "sched/ignore_level.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sched/open_path.h"
#include "sched/text_file.h"

/* More than the path in a .git file can be. */
#define MAX_GIT_LINK 65536

unsigned rsl_ignore_special_name(const char *name)
{
    if (strcmp(name, ".git") == 0)
        return RSL_IGNORE_HAS_DOT_GIT;
    if (strcmp(name, ".gitignore") == 0)
        return RSL_IGNORE_HAS_GITIGNORE;
    if (strcmp(name, ".ignore") == 0)
        return RSL_IGNORE_HAS_DOT_IGNORE;
    return 0;
}

unsigned rsl_ignore_special_names(const char *dents, size_t nbytes)
{
    unsigned has = 0;
    for (size_t at = 0; at < nbytes;) {
        const struct dirent64 *entry = (const struct dirent64 *)(const void *)(dents + at);
        if (entry->d_name[0] == '.')
            has |= rsl_ignore_special_name(entry->d_name);
        at += entry->d_reclen;
    }
    return has;
}

int rsl_ignore_rules_read(struct rsl_ignore_rules *rules_out, int dirfd, const char *path,
                          int open_flags, const struct rsl_allocator *allocator)
{
    *rules_out = (struct rsl_ignore_rules){0};
    struct rsl_text_file file;
    const int error =
        rsl_text_file_read(&file, dirfd, path, open_flags, RSL_IGNORE_MAX_TEXT, allocator);
    if (error != 0)
        return error;
    const enum rsl_status status =
        rsl_ignore_rules_init(rules_out, file.text, file.nbytes, allocator);
    rsl_text_file_fini(&file, allocator);
    return status == RSL_OK ? 0 : -ENOMEM;
}

/* Reads rules of the folder. Reports what went wrong, unless the file is just not there. */
static enum rsl_status read_rules(const struct rsl_ignore_context *context,
                                  const struct rsl_ignore_folder *folder, int dirfd,
                                  const char *path, int open_flags,
                                  struct rsl_ignore_rules *rules_out)
{
    const struct rsl_allocator *allocator = context->allocator;
    const int error = rsl_ignore_rules_read(rules_out, dirfd, path, open_flags, allocator);
    if (error == -ENOMEM)
        return RSL_ENOMEM;
    if (error == 0 || error == -ENOENT || error == -ENOTDIR || error == -ELOOP)
        return RSL_OK;
    const size_t path_nbytes = strlen(path) + 1;
    const size_t nbytes = folder->shown_nbytes + path_nbytes;
    char *shown = allocator->allocate(allocator->state, nbytes);
    if (shown == NULL)
        return RSL_ENOMEM;
    memcpy(shown, folder->shown, folder->shown_nbytes);
    memcpy(shown + folder->shown_nbytes, path, path_nbytes);
    context->report(context->report_state, shown, -error);
    allocator->release(allocator->state, shown, nbytes);
    return RSL_OK;
}

/* Opens the folder whose path is the text of the file `name` in dirfd, behind `mark`. Returns the
 * descriptor, or a negative errno. */
static int open_linked(int dirfd, const char *name, const char *mark,
                       const struct rsl_allocator *allocator)
{
    struct rsl_text_file file;
    int result = rsl_text_file_read(&file, dirfd, name, 0, MAX_GIT_LINK, allocator);
    if (result != 0)
        return result;
    size_t end = file.nbytes;
    while (end > 0 && (file.text[end - 1] == '\n' || file.text[end - 1] == '\r'))
        end--;
    file.text[end] = 0;
    const size_t nmark = strlen(mark);
    if (end <= nmark || memcmp(file.text, mark, nmark) != 0) {
        result = -ENOENT;
    } else {
        result =
            rsl_open_patiently(dirfd, file.text + nmark, O_PATH | O_DIRECTORY | O_CLOEXEC, NULL);
    }
    rsl_text_file_fini(&file, allocator);
    return result;
}

/* info/exclude of the repository whose .git is in the folder. In a linked work tree or a submodule
 * .git is a file that names the folder; what all work trees share is then where that one's file
 * commondir says. See gitrepository-layout(5). */
static enum rsl_status read_exclude(const struct rsl_ignore_context *context,
                                    const struct rsl_ignore_folder *folder,
                                    struct rsl_ignore_rules *rules_out)
{
    struct stat st;
    *rules_out = (struct rsl_ignore_rules){0};
    if (fstatat(folder->fd, ".git", &st, 0) != 0)
        return RSL_OK;
    if (S_ISDIR(st.st_mode))
        return read_rules(context, folder, folder->fd, ".git/info/exclude", 0, rules_out);
    int git = open_linked(folder->fd, ".git", "gitdir: ", context->allocator);
    if (git < 0)
        return git == -ENOMEM ? RSL_ENOMEM : RSL_OK;
    const int common = open_linked(git, "commondir", "", context->allocator);
    if (common >= 0) {
        close(git);
        git = common;
    }
    enum rsl_status status = RSL_ENOMEM;
    if (common != -ENOMEM)
        status = read_rules(context, folder, git, "info/exclude", 0, rules_out);
    close(git);
    return status;
}

struct rsl_ignore_level *rsl_ignore_level_hold(struct rsl_ignore_level *level)
{
    /* Relaxed: who holds the level has seen it whole. */
    if (level != NULL)
        rsl_size_fetch_add_relaxed(&level->nholders, 1);
    return level;
}

static void free_rules(struct rsl_ignore_level *level, const struct rsl_allocator *allocator)
{
    rsl_ignore_rules_fini(&level->dot_ignore_rules, allocator);
    rsl_ignore_rules_fini(&level->gitignore_rules, allocator);
    rsl_ignore_rules_fini(&level->exclude_rules, allocator);
}

void rsl_ignore_level_drop(struct rsl_ignore_level *level, const struct rsl_allocator *allocator)
{
    /* acq_rel: pairs with itself in the other holders, whose reads must not come after the free. */
    while (level != NULL && rsl_size_fetch_add_acq_rel(&level->nholders, (size_t)-1) == 1) {
        struct rsl_ignore_level *up = level->up;
        free_rules(level, allocator);
        allocator->release(allocator->state, level, sizeof *level);
        level = up;
    }
}

enum rsl_status rsl_ignore_level_enter(const struct rsl_ignore_context *context,
                                       const struct rsl_ignore_folder *folder,
                                       struct rsl_ignore_level *up,
                                       struct rsl_ignore_level **level_out)
{
    const struct rsl_allocator *allocator = context->allocator;
    struct rsl_ignore_level new = {.up = up, .base_nbytes = folder->dir_nbytes};
    const bool is_repository = folder->has & RSL_IGNORE_HAS_DOT_GIT;
    const bool in_repository = is_repository || (up != NULL && up->repository != NULL);
    enum rsl_status status = RSL_OK;
    *level_out = NULL;
    if (folder->has & RSL_IGNORE_HAS_DOT_IGNORE)
        status = read_rules(context, folder, folder->fd, ".ignore", 0, &new.dot_ignore_rules);
    /* Links are not followed to a .gitignore, as in git. */
    if (status == RSL_OK && in_repository && (folder->has & RSL_IGNORE_HAS_GITIGNORE))
        status =
            read_rules(context, folder, folder->fd, ".gitignore", O_NOFOLLOW, &new.gitignore_rules);
    if (status == RSL_OK && is_repository)
        status = read_exclude(context, folder, &new.exclude_rules);
    if (status != RSL_OK)
        goto failed;
    if (!is_repository && new.dot_ignore_rules.nrules == 0 && new.gitignore_rules.nrules == 0) {
        free_rules(&new, allocator);
        *level_out = rsl_ignore_level_hold(up);
        return RSL_OK;
    }

    struct rsl_ignore_level *level = allocator->allocate(allocator->state, sizeof *level);
    if (level == NULL) {
        status = RSL_ENOMEM;
        goto failed;
    }
    *level = new;
    rsl_size_init(&level->nholders, 1);
    rsl_ignore_level_hold(up);
    level->dot_ignore = level->dot_ignore_rules.nrules > 0 ? level
                        : up != NULL                       ? up->dot_ignore
                                                           : NULL;
    level->gitignore = level->gitignore_rules.nrules > 0 ? level
                       : up != NULL && !is_repository    ? up->gitignore
                                                         : NULL;
    level->repository = is_repository ? level : up != NULL ? up->repository : NULL;
    *level_out = level;
    return RSL_OK;

failed:
    free_rules(&new, allocator);
    return status;
}

enum rsl_status rsl_ignore_level_enter_above(const struct rsl_ignore_context *context,
                                             const char *path, size_t nbytes,
                                             struct rsl_ignore_level **level_out)
{
    const struct rsl_allocator *allocator = context->allocator;
    enum rsl_status status = RSL_OK;
    *level_out = NULL;
    char *above = allocator->allocate(allocator->state, nbytes + 1);
    if (above == NULL)
        return RSL_ENOMEM;
    int fd = -1;
    for (size_t i = 0; i < nbytes && status == RSL_OK; i++) {
        if (path[i] != '/')
            continue;
        memcpy(above, path, i + 1);
        above[i + 1] = 0;
        fd = rsl_open_patiently(AT_FDCWD, above, O_PATH | O_DIRECTORY | O_CLOEXEC, NULL);
        if (fd < 0)
            continue; /* it may be closed to us, and those below open */
        struct stat st;
        const struct rsl_ignore_folder folder = {
            .fd = fd,
            .dir = above,
            .dir_nbytes = i + 1,
            .shown = above,
            .shown_nbytes = i + 1,
            .has = RSL_IGNORE_HAS_GITIGNORE | RSL_IGNORE_HAS_DOT_IGNORE |
                   (fstatat(fd, ".git", &st, 0) == 0 ? RSL_IGNORE_HAS_DOT_GIT : 0U),
        };
        struct rsl_ignore_level *up = *level_out;
        status = rsl_ignore_level_enter(context, &folder, up, level_out);
        rsl_ignore_level_drop(up, allocator);
        close(fd);
    }
    allocator->release(allocator->state, above, nbytes + 1);
    return status;
}

enum rsl_ignore_verdict rsl_ignore_level_match(const struct rsl_ignore_context *context,
                                               const struct rsl_ignore_level *level,
                                               const char *path, size_t nbytes, size_t name_off,
                                               bool is_dir)
{
    enum rsl_ignore_verdict verdict = RSL_IGNORE_NONE;
    const struct rsl_ignore_level *at = level->dot_ignore;
    while (at != NULL && verdict == RSL_IGNORE_NONE) {
        const size_t base = at->base_nbytes;
        verdict = rsl_ignore_rules_match(&at->dot_ignore_rules, path + base, nbytes - base,
                                         name_off - base, is_dir);
        at = at->up != NULL ? at->up->dot_ignore : NULL;
    }
    if (verdict != RSL_IGNORE_NONE || level->repository == NULL)
        return verdict;
    at = level->gitignore;
    while (at != NULL && verdict == RSL_IGNORE_NONE) {
        const size_t base = at->base_nbytes;
        verdict = rsl_ignore_rules_match(&at->gitignore_rules, path + base, nbytes - base,
                                         name_off - base, is_dir);
        at = at != level->repository && at->up != NULL ? at->up->gitignore : NULL;
    }
    const struct rsl_ignore_level *repository = level->repository;
    const size_t base = repository->base_nbytes;
    if (verdict == RSL_IGNORE_NONE)
        verdict = rsl_ignore_rules_match(&repository->exclude_rules, path + base, nbytes - base,
                                         name_off - base, is_dir);
    if (verdict == RSL_IGNORE_NONE)
        verdict = rsl_ignore_rules_match(&context->global_rules, path + base, nbytes - base,
                                         name_off - base, is_dir);
    return verdict;
}
