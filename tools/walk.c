#include "tools/walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void rsl_path_list_fini(struct rsl_path_list *list)
{
    free(list->text);
    free(list->offsets);
    *list = (struct rsl_path_list){0};
}

static int add(struct rsl_path_list *list, const char *folder, size_t folder_nbytes,
               const char *name)
{
    const size_t name_nbytes = strlen(name);
    const size_t need = folder_nbytes + 1 + name_nbytes + 1;
    if (list->text_capacity - list->text_nbytes < need) {
        const size_t capacity = list->text_capacity * 2 + need + 4096;
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
    char *to = list->text + list->text_nbytes;
    if (folder_nbytes > 0) {
        memcpy(to, folder, folder_nbytes);
        to += folder_nbytes;
        if (to[-1] != '/')
            *to++ = '/';
    }
    memcpy(to, name, name_nbytes + 1);
    list->text_nbytes = (size_t)(to + name_nbytes + 1 - list->text);
    return 0;
}

int rsl_path_list_add(struct rsl_path_list *list, const char *path)
{
    return add(list, NULL, 0, path);
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

static bool is_source_name(const char *name)
{
    const size_t n = strlen(name);
    return n > 3 && memcmp(name + n - 3, ".rs", 3) == 0;
}

/* The type of a folder's entry, DT_UNKNOWN if it has vanished. */
static unsigned char type_of(int folder, const struct dirent *entry)
{
    struct stat st;
    if (entry->d_type != DT_UNKNOWN)
        return entry->d_type;
    if (fstatat(folder, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return DT_UNKNOWN;
    return S_ISDIR(st.st_mode) ? DT_DIR : S_ISREG(st.st_mode) ? DT_REG : DT_LNK;
}

int rsl_walk(struct rsl_path_list *list, const char *path,
             void (*report)(void *context, const char *path, int error), void *context)
{
    struct stat st;
    if (stat(path, &st) != 0) {
        report(context, path, errno);
        return 0;
    }
    if (!S_ISDIR(st.st_mode))
        return rsl_path_list_add(list, path);

    /* Folders still to be read; a stack instead of recursion, so that no tree is too deep. */
    struct rsl_path_list folders = {0};
    int error = rsl_path_list_add(&folders, path);
    while (error == 0 && folders.npaths > 0) {
        char *folder = strdup(rsl_path_list_get(&folders, folders.npaths - 1));
        if (folder == NULL) {
            error = -ENOMEM;
            break;
        }
        folders.text_nbytes = folders.offsets[--folders.npaths];
        const size_t folder_nbytes = strlen(folder);
        DIR *dir = opendir(folder);
        if (dir == NULL)
            report(context, folder, errno);
        while (dir != NULL && error == 0) {
            errno = 0;
            const struct dirent *entry = readdir(dir);
            if (entry == NULL) {
                if (errno != 0)
                    report(context, folder, errno);
                break;
            }
            if (entry->d_name[0] == '.')
                continue;
            const unsigned char type = type_of(dirfd(dir), entry);
            if (type == DT_DIR)
                error = add(&folders, folder, folder_nbytes, entry->d_name);
            else if (type == DT_REG && is_source_name(entry->d_name))
                error = add(list, folder, folder_nbytes, entry->d_name);
        }
        if (dir != NULL)
            closedir(dir);
        free(folder);
    }
    rsl_path_list_fini(&folders);
    return error;
}
