/* rustle-inflate THREADS FOLDER: reads every .crate file of the folder and inflates it with
 * libdeflate, into one buffer a thread, and does nothing with the bytes. No program that reads the
 * archives through libdeflate is faster, so `rustle scan` is measured against it (bench/archives).
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libdeflate.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* All fields under `lock`, but for the names when they are all there. */
struct work {
    pthread_mutex_t lock;
    int folder;
    struct dirent **entries;
    size_t nentries, next;
    uint64_t narchives, compressed_nbytes, inflated_nbytes;
};

struct buffer {
    uint8_t *bytes;
    size_t capacity;
};

static void fail(const char *what, const char *why)
{
    fprintf(stderr, "rustle-inflate: %s: %s\n", what, why);
    exit(EXIT_FAILURE);
}

/* Room for so many bytes; what was there is gone. */
static void reserve(struct buffer *buffer, size_t nbytes)
{
    if (buffer->capacity >= nbytes)
        return;
    free(buffer->bytes);
    buffer->bytes = malloc(nbytes);
    if (buffer->bytes == NULL)
        fail("memory", strerror(errno));
    buffer->capacity = nbytes;
}

/* Returns the file's size. */
static size_t read_file(int folder, const char *name, struct buffer *buffer)
{
    const int fd = openat(folder, name, O_RDONLY | O_CLOEXEC);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) != 0)
        fail(name, strerror(errno));
    reserve(buffer, (size_t)st.st_size);
    size_t nbytes = 0;
    while (nbytes < (size_t)st.st_size) {
        const ssize_t n = read(fd, buffer->bytes + nbytes, (size_t)st.st_size - nbytes);
        if (n <= 0)
            fail(name, strerror(errno));
        nbytes += (size_t)n;
    }
    close(fd);
    return nbytes;
}

static size_t inflate(struct libdeflate_decompressor *decompressor, const char *name,
                      const uint8_t *in, size_t nbytes, struct buffer *out)
{
    uint32_t length = 0; /* little-endian, as this machine's are */
    size_t made = 0;
    if (nbytes >= sizeof length)
        memcpy(&length, in + nbytes - sizeof length, sizeof length);
    reserve(out, (size_t)length + 1);
    if (libdeflate_gzip_decompress(decompressor, in, nbytes, out->bytes, length, &made) !=
        LIBDEFLATE_SUCCESS)
        fail(name, "cannot be inflated");
    return made;
}

static void *run(void *argument)
{
    struct work *work = argument;
    struct buffer in = {0}, out = {0};
    uint64_t narchives = 0, compressed_nbytes = 0, inflated_nbytes = 0;
    struct libdeflate_decompressor *decompressor = libdeflate_alloc_decompressor();
    if (decompressor == NULL)
        fail("memory", strerror(errno));
    for (;;) {
        pthread_mutex_lock(&work->lock);
        const size_t i = work->next < work->nentries ? work->next++ : work->nentries;
        pthread_mutex_unlock(&work->lock);
        if (i == work->nentries)
            break;
        const char *name = work->entries[i]->d_name;
        const size_t nbytes = read_file(work->folder, name, &in);
        inflated_nbytes += inflate(decompressor, name, in.bytes, nbytes, &out);
        compressed_nbytes += nbytes;
        narchives++;
    }
    libdeflate_free_decompressor(decompressor);
    free(in.bytes);
    free(out.bytes);
    pthread_mutex_lock(&work->lock);
    work->narchives += narchives;
    work->compressed_nbytes += compressed_nbytes;
    work->inflated_nbytes += inflated_nbytes;
    pthread_mutex_unlock(&work->lock);
    return NULL;
}

static int is_crate(const struct dirent *entry)
{
    const char *dot = strrchr(entry->d_name, '.');
    return dot != NULL && strcmp(dot, ".crate") == 0;
}

int main(int argc, char **argv)
{
    enum { MAX_THREADS = 64 };
    char *end = NULL;
    const unsigned long nthreads = argc == 3 ? strtoul(argv[1], &end, 10) : 0;
    if (nthreads == 0 || nthreads > MAX_THREADS || *end != '\0') {
        fputs("usage: rustle-inflate THREADS FOLDER\n", stderr);
        return EXIT_FAILURE;
    }
    struct work work = {.lock = PTHREAD_MUTEX_INITIALIZER};
    work.folder = open(argv[2], O_RDONLY | O_CLOEXEC | O_DIRECTORY);
    const int nentries =
        work.folder < 0 ? -1 : scandir(argv[2], &work.entries, is_crate, alphasort);
    if (nentries < 0)
        fail(argv[2], strerror(errno));
    work.nentries = (size_t)nentries;
    pthread_t threads[MAX_THREADS];
    for (unsigned long i = 1; i < nthreads; i++) {
        errno = pthread_create(&threads[i], NULL, run, &work);
        if (errno != 0)
            fail("thread", strerror(errno));
    }
    run(&work);
    for (unsigned long i = 1; i < nthreads; i++)
        pthread_join(threads[i], NULL);
    for (size_t i = 0; i < work.nentries; i++)
        free(work.entries[i]);
    free(work.entries);
    close(work.folder);
    printf("archives %" PRIu64 "\ncompressed %" PRIu64 "\ninflated %" PRIu64 "\n", work.narchives,
           work.compressed_nbytes, work.inflated_nbytes);
    return EXIT_SUCCESS;
}
