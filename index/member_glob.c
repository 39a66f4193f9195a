#include "index/member_glob.h"

#include <stdbool.h>
#include <string.h>

#include "index/arena_list.h"
#include "index/path.h"
#include "lexer/utf8.h"

/* A path that the components of the pattern up to `rest` have matched. */
struct place {
    const char *path;
    const char *rest;
};

struct glob {
    const struct rsl_file_tree *tree;
    struct rsl_arena *arena;
    struct place *todo; /* a stack, so that what is found comes in order */
    uint32_t n, capacity;
    enum rsl_status status;
};

static void push(struct glob *glob, const char *path, const char *rest)
{
    struct place *grown =
        arena_list_grow(glob->arena, glob->todo, glob->n, &glob->capacity, sizeof *grown);
    if (grown == NULL || path == NULL) {
        glob->status = RSL_ENOMEM;
        return;
    }
    glob->todo = grown;
    grown[glob->n++] = (struct place){path, rest};
}

static size_t component_length(const char *p)
{
    return strcspn(p, "/");
}

static const char *after_component(const char *p)
{
    p += component_length(p);
    return *p == '/' ? p + 1 : p;
}

static bool is_recursive(const char *p)
{
    return component_length(p) == 2 && p[0] == '*' && p[1] == '*';
}

/* Behind the `]` of the class at p, or NULL if it has none: `[]` and `[!]` need one more. */
static const char *class_end(const char *p, const char *end)
{
    p += p + 1 < end && p[1] == '!' ? 2 : 1;
    for (p += p < end ? 1 : 0; p < end; p++) {
        if (*p == ']')
            return p + 1;
    }
    return NULL;
}

/* Whether the pattern can be understood: each class is closed, and `**` is a whole component. */
static bool is_valid(const char *pattern)
{
    for (const char *p = pattern; *p != '\0'; p = after_component(p)) {
        const char *end = p + component_length(p);
        for (const char *q = p; q < end; q++) {
            if (*q == '*' && q + 1 < end && q[1] == '*' && !is_recursive(p))
                return false;
            if (*q != '[')
                continue;
            q = class_end(q, end);
            if (q == NULL)
                return false;
            q--;
        }
    }
    return true;
}

static uint32_t next_code_point(const char **p)
{
    uint32_t code_point;
    *p += rsl_utf8_decode((const uint8_t *)*p, &code_point);
    return code_point;
}

/* Whether the class at *p, up to `close`, holds c. */
static bool class_holds(const char *p, const char *close, uint32_t c)
{
    const bool negated = p[1] == '!';
    bool holds = false;
    for (p += negated ? 2 : 1; p < close;) {
        const uint32_t first = next_code_point(&p);
        uint32_t last = first;
        if (*p == '-' && p + 1 < close) {
            p++;
            last = next_code_point(&p);
        }
        holds |= first <= c && c <= last;
    }
    return holds != negated;
}

/* Whether the component [p, end) matches `name`. Only the last `*` is ever gone back to: whatever
 * an earlier one could take, the last can too. */
static bool matches(const char *p, const char *end, const char *name)
{
    const char *star = NULL, *star_name = NULL;
    while (*name != '\0' || p < end) {
        const char *next = name;
        if (p < end && *p == '*') {
            star = ++p;
            star_name = name;
            continue;
        }
        if (p < end && *name != '\0') {
            const uint32_t c = next_code_point(&next);
            const char *after = *p == '[' ? class_end(p, end) : p;
            bool same = *p == '?' || *p == '[';
            if (*p == '[')
                same = class_holds(p, after - 1, c);
            else if (next_code_point(&after) == c)
                same = true;
            if (same) {
                p = after;
                name = next;
                continue;
            }
        }
        if (star == NULL || *star_name == '\0')
            return false;
        next_code_point(&star_name);
        p = star;
        name = star_name;
    }
    return true;
}

/* Pushes what the folder holds and `matches` the component, or with NULL all folders in it, the
 * first on top. */
static void push_entries(struct glob *glob, const struct place *place, const char *rest,
                         bool all_folders)
{
    const struct rsl_file_entry *entries;
    size_t n;
    const enum rsl_status status =
        glob->tree->list(glob->tree->state, place->path, glob->arena, &entries, &n);
    if (status == RSL_ENOMEM)
        glob->status = status;
    if (status != RSL_OK)
        return;
    const char *end = place->rest + component_length(place->rest);
    while (n-- > 0) {
        if (all_folders ? entries[n].is_folder : matches(place->rest, end, entries[n].name))
            push(glob, rsl_path_join(glob->arena, place->path, entries[n].name), rest);
    }
}

static void expand(struct glob *glob, struct place place, struct member_paths *paths)
{
    if (*place.rest == '\0') {
        const char **grown =
            arena_list_grow(glob->arena, paths->list, paths->n, &paths->capacity, sizeof(char *));
        if (grown == NULL) {
            glob->status = RSL_ENOMEM;
            return;
        }
        paths->list = grown;
        grown[paths->n++] = place.path;
        return;
    }
    const char *rest = after_component(place.rest);
    const size_t n = component_length(place.rest);
    if (is_recursive(place.rest)) {
        while (is_recursive(rest))
            rest = after_component(rest);
        push_entries(glob, &place, place.rest, true);
        push(glob, place.path, *rest == '\0' ? "*" : rest);
    } else if (strcspn(place.rest, "?*[") >= n) {
        char *name = rsl_arena_alloc(glob->arena, n + 1, 1);
        if (name == NULL) {
            glob->status = RSL_ENOMEM;
            return;
        }
        memcpy(name, place.rest, n);
        name[n] = '\0';
        const char *path = rsl_path_join(glob->arena, place.path, name);
        if (path == NULL)
            glob->status = RSL_ENOMEM;
        else if (glob->tree->kind(glob->tree->state, path) != RSL_FILE_NONE)
            push(glob, path, rest);
    } else {
        push_entries(glob, &place, rest, false);
    }
}

enum rsl_status rsl_member_glob(const struct rsl_file_tree *tree, struct rsl_arena *arena,
                                const char *folder, const char *pattern, struct member_paths *paths)
{
    struct glob glob = {.tree = tree, .arena = arena};
    if (!is_valid(pattern))
        return RSL_EINVAL;
    push(&glob, *pattern == '/' ? "/" : folder, pattern + (*pattern == '/'));
    while (glob.n > 0 && glob.status == RSL_OK)
        expand(&glob, glob.todo[--glob.n], paths);
    return glob.status;
}
