#include "tools/db_path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* root/name, without a slash too many. */
static char *join(const char *root, const char *name)
{
    char *path = NULL;
    const size_t n = strlen(root);
    const char *slash = n > 0 && root[n - 1] == '/' ? "" : "/";
    return asprintf(&path, "%s%s%s", root, slash, name) < 0 ? NULL : path;
}

char *rsl_db_path_of_tree(const char *root)
{
    return strcmp(root, ".") == 0 ? strdup(".rustle/index.db") : join(root, ".rustle/index.db");
}

int rsl_db_make_folder(const char *root)
{
    char *folder = join(root, ".rustle"), *ignore = join(root, ".rustle/.gitignore");
    char *database = rsl_db_path_of_tree(root);
    struct stat st;
    int error = 0;
    if (folder == NULL || ignore == NULL || database == NULL) {
        error = -ENOMEM;
    } else if (mkdir(folder, 0777) == 0) {
        const int fd = open(ignore, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd < 0 || write(fd, "*\n", 2) != 2)
            error = -errno;
        if (fd >= 0)
            close(fd);
    } else if (errno != EEXIST || lstat(folder, &st) != 0) {
        error = -errno;
    } else if (!S_ISDIR(st.st_mode)) {
        error = S_ISLNK(st.st_mode) ? -ELOOP : -ENOTDIR;
    } else if (lstat(database, &st) == 0 && S_ISLNK(st.st_mode)) {
        error = -ELOOP;
    }
    free(folder);
    free(ignore);
    free(database);
    return error;
}

static bool is_same_folder(const char *a, const char *b)
{
    struct stat x, y;
    return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

int rsl_db_make_folder_of(const char *root, const char *db_path)
{
    static const char usual[] = ".rustle/index.db";
    const size_t n = strlen(db_path), nusual = sizeof usual - 1;
    if (n < nusual || strcmp(db_path + n - nusual, usual) != 0 ||
        (n > nusual && db_path[n - nusual - 1] != '/'))
        return 0;
    char *above = n == nusual ? strdup(".") : strndup(db_path, n - nusual);
    if (above == NULL)
        return -ENOMEM;
    const int error = is_same_folder(root, above) ? rsl_db_make_folder(root) : 0;
    free(above);
    return error;
}

char *rsl_db_path_nearest(char **root_out)
{
    *root_out = NULL;
    char *root = strdup(".");
    while (root != NULL) {
        char *path = rsl_db_path_of_tree(root);
        if (path == NULL)
            break;
        if (access(path, F_OK) == 0) {
            *root_out = root;
            return path;
        }
        free(path);
        char *above = strcmp(root, ".") == 0 ? strdup("..") : join(root, "..");
        const bool is_top = above == NULL || is_same_folder(root, above);
        free(root);
        root = above;
        if (is_top)
            break;
    }
    free(root);
    return NULL;
}
