/* rustle-store-walk THREADS FOLDER: walks the folder and asks for the size and time of every .rs
 * file in it. No program that finds out what has changed in a tree in this way is faster, so
 * `rustle index` with nothing changed is measured against it. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

/* All fields under `lock`. */
struct work {
    pthread_mutex_t lock;
    pthread_cond_t changed; /* a folder has come, or the last busy thread is done */
    char **folders;
    size_t nfolders, capacity;
    unsigned nbusy; /* threads that may still add folders */
    uint64_t nfiles, nbytes;
};

static void fail(const char *what)
{
    fprintf(stderr, "rustle-store-walk: %s: %s\n", what, strerror(errno));
    exit(EXIT_FAILURE);
}

static void push(struct work *work, char *folder)
{
    pthread_mutex_lock(&work->lock);
    if (work->nfolders == work->capacity) {
        work->capacity = work->capacity * 2 + 64;
        work->folders = realloc(work->folders, work->capacity * sizeof *work->folders);
        if (work->folders == NULL)
            fail("memory");
    }
    work->folders[work->nfolders++] = folder;
    pthread_cond_signal(&work->changed);
    pthread_mutex_unlock(&work->lock);
}

/* The next folder, the caller's to free, or NULL when all is done. */
static char *take(struct work *work)
{
    char *folder = NULL;
    pthread_mutex_lock(&work->lock);
    work->nbusy--;
    while (work->nfolders == 0 && work->nbusy > 0)
        pthread_cond_wait(&work->changed, &work->lock);
    if (work->nfolders > 0) {
        folder = work->folders[--work->nfolders];
        work->nbusy++;
    } else {
        pthread_cond_broadcast(&work->changed);
    }
    pthread_mutex_unlock(&work->lock);
    return folder;
}

static void *run(void *argument)
{
    struct work *work = argument;
    uint64_t nfiles = 0, nbytes = 0;
    for (char *folder; (folder = take(work)) != NULL; free(folder)) {
        DIR *dir = opendir(folder);
        if (dir == NULL)
            fail(folder);
        for (const struct dirent *entry; (entry = readdir(dir)) != NULL;) {
            const size_t n = strlen(entry->d_name);
            struct stat st;
            if (entry->d_name[0] == '.')
                continue;
            if (entry->d_type == DT_DIR) {
                char *path;
                if (asprintf(&path, "%s/%s", folder, entry->d_name) < 0)
                    fail("memory");
                push(work, path);
            } else if (entry->d_type == DT_REG && n > 3 &&
                       strcmp(entry->d_name + n - 3, ".rs") == 0) {
                if (fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
                    fail(entry->d_name);
                nfiles++;
                nbytes += (uint64_t)st.st_size;
            }
        }
        closedir(dir);
    }
    pthread_mutex_lock(&work->lock);
    work->nfiles += nfiles;
    work->nbytes += nbytes;
    pthread_mutex_unlock(&work->lock);
    return NULL;
}

int main(int argc, char **argv)
{
    enum { MAX_THREADS = 64 };
    char *end = NULL;
    const unsigned long nthreads = argc == 3 ? strtoul(argv[1], &end, 10) : 0;
    if (nthreads == 0 || nthreads > MAX_THREADS || *end != '\0') {
        fputs("usage: rustle-store-walk THREADS FOLDER\n", stderr);
        return EXIT_FAILURE;
    }
    struct timespec from, to;
    clock_gettime(CLOCK_MONOTONIC, &from);
    struct work work = {
        .lock = PTHREAD_MUTEX_INITIALIZER,
        .changed = PTHREAD_COND_INITIALIZER,
        .nbusy = (unsigned)nthreads,
    };
    pthread_t threads[MAX_THREADS];
    char *root = strdup(argv[2]);
    if (root == NULL)
        fail("memory");
    push(&work, root);
    for (unsigned long i = 0; i < nthreads; i++) {
        errno = pthread_create(&threads[i], NULL, run, &work);
        if (errno != 0)
            fail("thread");
    }
    for (unsigned long i = 0; i < nthreads; i++)
        pthread_join(threads[i], NULL);
    free(work.folders);
    clock_gettime(CLOCK_MONOTONIC, &to);
    printf("%" PRIu64 " files, %" PRIu64 " bytes, %.3f s\n", work.nfiles, work.nbytes,
           (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) * 1e-9);
    return EXIT_SUCCESS;
}
