/* rustle-floor THREADS FOLDER [uring|stat]: walks the folder and opens, reads and closes every .rs
 * file in it, into one buffer a thread, and does nothing with the bytes. No program that reads a
 * tree through these system calls is faster, so `rustle scan` is measured against it
 * (bench/whole_tree).
 *
 * With `uring` the files of a folder are opened and read by an io_uring of the thread, all at once,
 * on descriptors of the ring, which nobody closes; without, by plain calls. With `stat` they are
 * not read, but asked for their size and time: what `rustle index` with nothing changed is measured
 * against (bench/store).
 *
 * It takes the files that `rustle scan` takes: regular ones, nothing hidden. Folders wait on a
 * stack; a thread that takes one reads its files and puts its subfolders there. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <liburing.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* All fields under `lock`, but for those of a taken folder. */
struct work {
    pthread_mutex_t lock;
    pthread_cond_t changed; /* signalled when a folder comes, or the last busy thread is done */
    char **folders;
    size_t nfolders, capacity;
    unsigned nbusy; /* threads that may still add folders */
    uint64_t nfiles, nbytes;
    enum { BY_READ, BY_URING, BY_STAT } how; /* constant */
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

/* Returns the file's size. */
static size_t stat_file(int folder, const char *name)
{
    struct stat st;
    if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        fail(name);
    return (size_t)st.st_size;
}

/* ---- by io_uring: open and read, linked, for some files of a folder at once */

enum { BATCH = 16, SLOT = 1 << 16 };

struct ring {
    struct io_uring ring;
    char names[BATCH][256];
    unsigned n;
    char *slots;
};

static struct ring *new_ring(void)
{
    struct ring *ring = allocated(malloc(sizeof *ring));
    ring->n = 0;
    ring->slots = allocated(malloc((size_t)BATCH * SLOT));
    const unsigned flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN;
    errno = -io_uring_queue_init(2 * BATCH, &ring->ring, flags);
    if (errno == 0)
        errno = -io_uring_register_files_sparse(&ring->ring, BATCH);
    if (errno != 0)
        fail("io_uring");
    return ring;
}

static void free_ring(struct ring *ring)
{
    io_uring_queue_exit(&ring->ring);
    free(ring->slots);
    free(ring);
}

/* Returns the files' size. */
static size_t read_batch(struct ring *ring, int folder, struct buffer *buffer)
{
    for (unsigned i = 0; i < ring->n; i++) {
        struct io_uring_sqe *request = io_uring_get_sqe(&ring->ring);
        io_uring_prep_openat_direct(request, folder, ring->names[i], O_RDONLY | O_NOFOLLOW, 0, i);
        request->flags |= IOSQE_IO_LINK | IOSQE_CQE_SKIP_SUCCESS;
        request->user_data = i;
        request = io_uring_get_sqe(&ring->ring);
        io_uring_prep_read(request, (int)i, ring->slots + (size_t)i * SLOT, SLOT, 0);
        request->flags |= IOSQE_FIXED_FILE;
        request->user_data = i;
    }
    const int result = io_uring_submit_and_wait(&ring->ring, ring->n);
    struct io_uring_cqe *answer;
    unsigned head, nanswers = 0;
    size_t nbytes = 0;
    io_uring_for_each_cqe(&ring->ring, head, answer)
    {
        errno = result < 0 ? -result : answer->res < 0 ? -answer->res : 0;
        if (errno != 0)
            fail(ring->names[answer->user_data]);
        nbytes += answer->res < SLOT ? (size_t)answer->res
                                     : read_file(folder, ring->names[answer->user_data], buffer);
        nanswers++;
    }
    io_uring_cq_advance(&ring->ring, nanswers);
    if (nanswers != ring->n)
        fail("io_uring");
    ring->n = 0;
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
    struct ring *ring = work->how == BY_URING ? new_ring() : NULL;
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
                nfiles++;
                if (work->how == BY_STAT) {
                    nbytes += stat_file(dirfd(dir), entry->d_name);
                } else if (ring == NULL) {
                    nbytes += read_file(dirfd(dir), entry->d_name, &buffer);
                } else {
                    strcpy(ring->names[ring->n++], entry->d_name);
                    if (ring->n == BATCH)
                        nbytes += read_batch(ring, dirfd(dir), &buffer);
                }
            }
        }
        if (ring != NULL && ring->n > 0)
            nbytes += read_batch(ring, dirfd(dir), &buffer);
        closedir(dir);
    }
    if (ring != NULL)
        free_ring(ring);
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
    struct work work = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    if (argc == 4)
        work.how = strcmp(argv[3], "uring") == 0  ? BY_URING
                   : strcmp(argv[3], "stat") == 0 ? BY_STAT
                                                  : BY_READ;
    const bool is_good = argc == 3 || (argc == 4 && work.how != BY_READ);
    const unsigned long nthreads = is_good ? strtoul(argv[1], &end, 10) : 0;
    if (nthreads == 0 || nthreads > MAX_THREADS || *end != '\0') {
        fputs("usage: rustle-floor THREADS FOLDER [uring|stat]\n", stderr);
        return EXIT_FAILURE;
    }
    work.nbusy = (unsigned)nthreads;
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
