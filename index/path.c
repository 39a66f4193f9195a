#include "index/path.h"

#include <string.h>

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

/* Appends the components of `path` to the normal path [base, to); where it ends now. */
static char *append(char *base, char *to, const char *path)
{
    const bool absolute = *base == '/' && to > base;
    char *root = absolute ? base + 1 : base;
    size_t n;
    for (; (n = next_component(&path)) > 0; path += n) {
        if (n == 2 && path[0] == '.' && path[1] == '.') {
            const bool only_parents = to - root >= 2 && to[-1] == '.' && to[-2] == '.' &&
                                      (to - root == 2 || to[-3] == '/');
            if (to == root && absolute)
                continue; /* the root is its own parent */
            if (to > root && !only_parents) {
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
    char *joined = rsl_arena_alloc(arena, strlen(folder) + strlen(path) + 3, 1);
    if (joined == NULL)
        return NULL;
    char *to = joined;
    if (*path == '/')
        folder = "/";
    if (*folder == '/')
        *to++ = '/';
    to = append(joined, to, folder);
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
