/* rustle-floor THREADS FOLDER: walks the folder and opens, reads and closes every .rs file in it,
 * into one buffer a thread, and does nothing with the bytes. No program that reads a tree through
 * these system calls is faster, so `rustle scan` is measured against it (bench/whole_tree).
 *
 * It takes the files that `rustle scan` takes: regular ones, nothing hidden. Folders wait on a
 * stack; a thread that takes one reads its files and puts its subfolders there. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* All fields under `lock`, but for those of a taken folder. */
struct work {
    pthread_mutex_t lock;
    pthread_cond_t changed; /* signalled when a folder comes, or the last busy thread is done */
    char **folders;
    size_t nfolders, capacity;
    unsigned nbusy; /* threads that may still add folders */
    uint64_t nfiles, nbytes;
};

struct buffer {
    char *bytes;
    size_t capacity;
};

static void fail(const char *what)
{
    fprintf(stderr, "rustle-floor: %s: %s\n", what, strerror(errno));
    exit(EXIT_FAILURE);
}

static void *allocated(void *ptr)
{
    if (ptr == NULL)
        fail("memory");
    return ptr;
}

/* Takes `folder` over. */
static void push(struct work *work, char *folder)
{
    pthread_mutex_lock(&work->lock);
    if (work->nfolders == work->capacity) {
        work->capacity = work->capacity * 2 + 64;
        work->folders = allocated(realloc(work->folders, work->capacity * sizeof *work->folders));
    }
    work->folders[work->nfolders++] = folder;
    pthread_cond_signal(&work->changed);
    pthread_mutex_unlock(&work->lock);
}

/* The next folder, the caller's to free, or NULL when all is read. */
static char *take(struct work *work)
{
    pthread_mutex_lock(&work->lock);
    work->nbusy--;
    while (work->nfolders == 0 && work->nbusy > 0)
        pthread_cond_wait(&work->changed, &work->lock);
    char *folder = NULL;
    if (work->nfolders > 0) {
        folder = work->folders[--work->nfolders];
        work->nbusy++;
    } else {
        pthread_cond_broadcast(&work->changed);
    }
    pthread_mutex_unlock(&work->lock);
    return folder;
}

/* Returns the file's size. */
static size_t read_file(int folder, const char *name, struct buffer *buffer)
{
    const int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        fail(name);
    size_t nbytes = 0;
    for (;;) {
        const ssize_t n = read(fd, buffer->bytes + nbytes, buffer->capacity - nbytes);
        if (n < 0)
            fail(name);
        nbytes += (size_t)n;
        if (nbytes < buffer->capacity) /* a regular file gives less only at its end */
            break;
        buffer->capacity *= 2;
        buffer->bytes = allocated(realloc(buffer->bytes, buffer->capacity));
    }
    close(fd);
    return nbytes;
}

static bool is_source(const char *name)
{
    const size_t n = strlen(name);
    return n > 3 && strcmp(name + n - 3, ".rs") == 0;
}

static void *run(void *argument)
{
    struct work *work = argument;
    struct buffer buffer = {.capacity = (size_t)1 << 20};
    buffer.bytes = allocated(malloc(buffer.capacity));
    uint64_t nfiles = 0, nbytes = 0;
    for (char *folder; (folder = take(work)) != NULL; free(folder)) {
        DIR *dir = opendir(folder);
        if (dir == NULL)
            fail(folder);
        for (const struct dirent *entry; (entry = readdir(dir)) != NULL;) {
            if (entry->d_name[0] == '.')
                continue;
            if (entry->d_type == DT_DIR) {
                char *path;
                if (asprintf(&path, "%s/%s", folder, entry->d_name) < 0)
                    fail("memory");
                push(work, path);
            } else if (entry->d_type == DT_REG && is_source(entry->d_name)) {
                nbytes += read_file(dirfd(dir), entry->d_name, &buffer);
                nfiles++;
            }
        }
        closedir(dir);
    }
    free(buffer.bytes);
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
        fputs("usage: rustle-floor THREADS FOLDER\n", stderr);
        return EXIT_FAILURE;
    }
    struct work work = {
        .lock = PTHREAD_MUTEX_INITIALIZER,
        .changed = PTHREAD_COND_INITIALIZER,
        .nbusy = (unsigned)nthreads,
    };
    push(&work, allocated(strdup(argv[2])));
    pthread_t threads[MAX_THREADS];
    for (unsigned long i = 1; i < nthreads; i++) {
        errno = pthread_create(&threads[i], NULL, run, &work);
        if (errno != 0)
            fail("thread");
    }
    run(&work);
    for (unsigned long i = 1; i < nthreads; i++)
        pthread_join(threads[i], NULL);
    free(work.folders);
    printf("files %" PRIu64 "\nbytes %" PRIu64 "\n", work.nfiles, work.nbytes);
    return EXIT_SUCCESS;
}
