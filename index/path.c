#include "index/path.h"

#include <string.h>

#include "index/archive.h"

/* The next component at *p that is neither empty nor `.`, and its length; 0 at the end. */
static size_t next_component(const char **p)
{
    for (;;) {
        while (**p == '/')
            ++*p;
        const size_t n = strcspn(*p, "/");
        if (n != 1 || **p != '.')
            return n;
        ++*p;
    }
}

/* Whether name[0..nbytes) is what the folder of an archive is called. */
static bool is_archive_folder(const char *name, size_t nbytes)
{
    return nbytes > 1 && name[nbytes - 1] == '!' && rsl_is_archive(name, nbytes - 1);
}

/* Whether the last component of [from, to) stays when `..` follows. */
static bool stays(const char *from, const char *to)
{
    const char *name = to;
    while (name > from && name[-1] != '/')
        name--;
    const size_t n = (size_t)(to - name);
    return (n == 2 && name[0] == '.' && name[1] == '.') || is_archive_folder(name, n);
}

/* Appends the components of `path` to the normal path [base, to); where it ends now. */
static char *append(char *base, char *to, const char *path)
{
    const bool absolute = *base == '/' && to > base;
    char *root = absolute ? base + 1 : base;
    size_t n;
    for (; (n = next_component(&path)) > 0; path += n) {
        if (n == 2 && path[0] == '.' && path[1] == '.') {
            if (to == root && absolute)
                continue; /* the root is its own parent */
            if (to > root && !stays(root, to)) {
                while (to > root && to[-1] != '/')
                    to--;
                if (to > root)
                    to--;
                continue;
            }
        }
        if (to > root)
            *to++ = '/';
        memcpy(to, path, n);
        to += n;
    }
    return to;
}

char *rsl_path_join(struct rsl_arena *arena, const char *folder, const char *path)
{
    char *joined = rsl_arena_alloc(arena, strlen(folder) + strlen(path) + 6, 1);
    if (joined == NULL)
        return NULL;
    char *to = joined;
    const size_t ninside = *path == '/' ? rsl_path_archive_nbytes(folder) : 0;
    if (*path == '/' && ninside == 0)
        folder = "/";
    if (*folder == '/')
        *to++ = '/';
    if (ninside > 0) {
        memcpy(joined, folder, ninside);
        memcpy(joined + ninside, "/..", 3);
        to = joined + ninside + 3;
    } else {
        to = append(joined, to, folder);
    }
    to = append(joined, to, path);
    *to = '\0';
    return joined;
}

char *rsl_path_parent(struct rsl_arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');
    const size_t n = slash == NULL ? 0 : slash == path ? 1 : (size_t)(slash - path);
    char *parent = rsl_arena_alloc(arena, n + 1, 1);
    if (parent == NULL)
        return NULL;
    memcpy(parent, path, n);
    parent[n] = '\0';
    return parent;
}

bool rsl_path_is_top(const char *path)
{
    const char *const name = rsl_path_name(path);
    return *path == '\0' || strcmp(path, "/") == 0 || is_archive_folder(name, strlen(name));
}

size_t rsl_path_archive_nbytes(const char *path)
{
    for (const char *at = path; *at != '\0';) {
        const size_t n = strcspn(at, "/");
        if (is_archive_folder(at, n))
            return (size_t)(at - path) + n;
        at += n;
        at += *at == '/';
    }
    return 0;
}

const char *rsl_path_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

/* Moves *path behind the components of `prefix`; false if it does not begin with them. */
static bool cross_prefix(const char **path, const char *prefix)
{
    if (*prefix == '\0')
        return true;
    for (;;) {
        const size_t n = next_component(&prefix);
        if (n == 0)
            return true;
        if (next_component(path) != n || memcmp(*path, prefix, n) != 0)
            return false;
        *path += n;
        prefix += n;
    }
}

bool rsl_path_starts_with(const char *path, const char *folder, const char *prefix)
{
    if (*prefix == '/')
        folder = "/";
    if ((*path == '/') != (*folder == '/'))
        return false;
    return cross_prefix(&path, folder) && cross_prefix(&path, prefix);
}

size_t rsl_path_stem(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot == NULL || dot == name ? strlen(name) : (size_t)(dot - name);
}
