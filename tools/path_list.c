#include "tools/path_list.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sched/walk.h"

void rsl_path_list_fini(struct rsl_path_list *list)
{
    free(list->text);
    free(list->offsets);
    *list = (struct rsl_path_list){0};
}

int rsl_path_list_add(struct rsl_path_list *list, const char *path)
{
    const size_t nbytes = strlen(path) + 1;
    if (list->text_capacity - list->text_nbytes < nbytes) {
        const size_t capacity = list->text_capacity * 2 + nbytes + 4096;
        char *text = realloc(list->text, capacity);
        if (text == NULL)
            return -ENOMEM;
        list->text = text;
        list->text_capacity = capacity;
    }
    if (list->npaths == list->capacity) {
        const size_t capacity = list->capacity * 2 + 64;
        size_t *offsets = realloc(list->offsets, capacity * sizeof *offsets);
        if (offsets == NULL)
            return -ENOMEM;
        list->offsets = offsets;
        list->capacity = capacity;
    }
    list->offsets[list->npaths++] = list->text_nbytes;
    memcpy(list->text + list->text_nbytes, path, nbytes);
    list->text_nbytes += nbytes;
    return 0;
}

static int compare_paths(const void *a, const void *b, void *text)
{
    return strcmp((const char *)text + *(const size_t *)a, (const char *)text + *(const size_t *)b);
}

void rsl_path_list_sort(struct rsl_path_list *list)
{
    if (list->npaths == 0)
        return;
    qsort_r(list->offsets, list->npaths, sizeof *list->offsets, compare_paths, list->text);
    size_t n = 1;
    for (size_t i = 1; i < list->npaths; i++) {
        if (compare_paths(&list->offsets[i], &list->offsets[n - 1], list->text) != 0)
            list->offsets[n++] = list->offsets[i];
    }
    list->npaths = n;
}

/* What the walk hands to both of its callbacks. */
struct walk_context {
    struct rsl_path_list *list;
    void (*report)(void *context, const char *path, int error);
    void *context;
    int error;
};

static bool add_found(void *context, unsigned worker, const struct rsl_walk_file *files,
                      size_t nfiles)
{
    (void)worker;
    struct walk_context *walk = context;
    for (size_t i = 0; i < nfiles && walk->error == 0; i++)
        walk->error = rsl_path_list_add(walk->list, files[i].path);
    return walk->error == 0;
}

static void report_missing(void *context, const char *path, int error)
{
    const struct walk_context *walk = context;
    walk->report(walk->context, path, error);
}

int rsl_path_list_walk(struct rsl_path_list *list, const char *root,
                       void (*report)(void *context, const char *path, int error), void *context)
{
    struct walk_context walk = {.list = list, .report = report, .context = context};
    const struct rsl_walk_options options = {
        .suffix = ".rs", .emit = add_found, .report = report_missing, .context = &walk};
    return rsl_walk_run(&root, 1, &options) == RSL_OK ? walk.error : -ENOMEM;
}
