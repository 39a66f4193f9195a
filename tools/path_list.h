/* path_list.h - many paths in one block of memory. */
#ifndef RSL_TOOLS_PATH_LIST_H
#define RSL_TOOLS_PATH_LIST_H

#include <stdbool.h>
#include <stddef.h>

/* Each path with its NUL. All zero is empty. */
struct rsl_path_list {
    char *text;
    size_t text_nbytes, text_capacity;
    size_t *offsets; /* of each path in text */
    size_t npaths, capacity;
};

static inline const char *rsl_path_list_get(const struct rsl_path_list *list, size_t index)
{
    return list->text + list->offsets[index];
}

void rsl_path_list_fini(struct rsl_path_list *list);

/* Appends a path. Returns 0 or -ENOMEM. */
int rsl_path_list_add(struct rsl_path_list *list, const char *path);

/* Forgets all but the first npaths of a list that was not sorted. */
static inline void rsl_path_list_cut(struct rsl_path_list *list, size_t npaths)
{
    if (npaths < list->npaths) {
        list->text_nbytes = list->offsets[npaths];
        list->npaths = npaths;
    }
}

/* Sorts by bytes and drops what is there twice. */
void rsl_path_list_sort(struct rsl_path_list *list);

/* Appends `root` itself if it is no folder, else the .rs files below it that a walk finds by
 * default (sched/walk.h). What cannot be read is told by report(context, path, errno) and passed
 * over. Returns 0, or -ENOMEM. */
int rsl_path_list_walk(struct rsl_path_list *list, const char *root,
                       void (*report)(void *context, const char *path, int error), void *context);

#endif
