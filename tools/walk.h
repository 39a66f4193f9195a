/* walk.h - the source files below a folder. */
#ifndef RSL_TOOLS_WALK_H
#define RSL_TOOLS_WALK_H

#include <stdbool.h>
#include <stddef.h>

/* Paths in one block of memory, each with its NUL. All zero is empty. */
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

/* Sorts by bytes and drops what is there twice. */
void rsl_path_list_sort(struct rsl_path_list *list);

/* Appends `path` itself if it is no folder, else every regular file below it whose name ends in
 * .rs. Hidden entries and symbolic links below it are passed over; `path` itself may be either.
 * What cannot be read is told by report(context, path, errno) and passed over. Returns 0, or
 * -ENOMEM. */
int rsl_walk(struct rsl_path_list *list, const char *path,
             void (*report)(void *context, const char *path, int error), void *context);

#endif
