/* robust_corpus [EVERY [NTRUNCATED]] - nothing that the parser is given breaks it.
 *
 * Over the files of the corpus (folder in RUSTLE_CORPUS; exits 77 without it), every EVERY-th of
 * them in the order of their paths: the invariants of check_file.h hold, the scalar and the vector
 * crossing agree, and memory stays within what rsl_parse promises. NTRUNCATED files of at most
 * 6 KB, spread evenly over the rest, are parsed cut off at every byte besides. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/check_file.h"
#include "tools/path_list.h"
#include "tools/read_file.h"

enum { MOST_TRUNCATED_NBYTES = 6000 };

/* Counts what the parser holds. */
struct meter {
    size_t held, peak;
};

static void *meter_resize(void *state, void *ptr, size_t old_nbytes, size_t new_nbytes)
{
    struct meter *meter = state;
    void *moved = realloc(ptr, new_nbytes);
    if (moved == NULL)
        return NULL;
    meter->held += new_nbytes - old_nbytes;
    if (meter->held > meter->peak)
        meter->peak = meter->held;
    return moved;
}

static void *meter_allocate(void *state, size_t nbytes)
{
    return meter_resize(state, NULL, 0, nbytes);
}

static void meter_release(void *state, void *ptr, size_t nbytes)
{
    struct meter *meter = state;
    if (ptr != NULL)
        meter->held -= nbytes;
    free(ptr);
}

static unsigned nfailures;

static void fail(const char *path, size_t nbytes, const char *what)
{
    fprintf(stderr, "%s, first %zu bytes: %s\n", path, nbytes, what);
    nfailures++;
}

/* Parses with fresh memory, so that what is held is this source's. */
static void parse_one(const char *path, const uint8_t *src, size_t nbytes)
{
    struct meter meter = {0};
    const struct rsl_allocator allocator = {meter_allocate, meter_resize, meter_release, &meter};
    struct rsl_file judge, other;
    rsl_file_init(&judge, &allocator);
    rsl_file_init(&other, NULL);
    const struct rsl_parse_options scalar = {.isa = RSL_ISA_SCALAR};
    const char *failure = NULL;
    if (rsl_parse(&judge, src, nbytes, &scalar) != RSL_OK ||
        rsl_parse(&other, src, nbytes, NULL) != RSL_OK)
        failure = "rsl_parse failed";
    if (failure == NULL)
        failure = check_file(&judge, src, nbytes);
    if (failure == NULL)
        failure = compare_files(&judge, &other);
    if (failure == NULL && meter.peak > 200 * nbytes + 65536)
        failure = "more memory than rsl_parse promises";
    if (failure != NULL)
        fail(path, nbytes, failure);
    rsl_file_fini(&judge);
    rsl_file_fini(&other);
}

/* A copy for each length, so that the padding is where the source ends. */
static void parse_truncated(const char *path, const struct rsl_source_buffer *source)
{
    uint8_t *cut = malloc(source->nbytes + RSL_PAD);
    if (cut == NULL)
        abort();
    for (size_t nbytes = 0; nbytes < source->nbytes; nbytes++) {
        memcpy(cut, source->bytes, nbytes);
        memset(cut + nbytes, 0, RSL_PAD);
        parse_one(path, cut, nbytes);
    }
    free(cut);
}

static void report(void *context, const char *path, int error)
{
    (void)context;
    fprintf(stderr, "%s: %s\n", path, strerror(error));
    nfailures++;
}

int main(int argc, char **argv)
{
    const char *corpus = getenv("RUSTLE_CORPUS");
    if (corpus == NULL) {
        fputs("RUSTLE_CORPUS is not set: nothing to do\n", stderr);
        return 77;
    }
    const size_t every = argc > 1 ? strtoul(argv[1], NULL, 10) : 1;
    const size_t ntruncated = argc > 2 ? strtoul(argv[2], NULL, 10) : 200;
    struct rsl_path_list paths = {0};
    struct rsl_source_buffer source = {0};
    if (every == 0 || rsl_path_list_walk(&paths, corpus, report, NULL) != 0)
        return 1;
    rsl_path_list_sort(&paths);
    size_t nparsed = 0, ncut = 0, ncuts = 0;
    for (size_t i = 0; i < paths.npaths; i++) {
        /* The small files that are due by now: ncut / ntruncated of the way. */
        const bool due = ncut < ntruncated && i * ntruncated >= ncut * paths.npaths;
        if (i % every != 0 && !due)
            continue;
        const char *path = rsl_path_list_get(&paths, i);
        const int error = rsl_read_file(&source, path);
        if (error != 0) {
            report(NULL, path, -error);
            continue;
        }
        parse_one(path, source.bytes, source.nbytes);
        nparsed++;
        if (due && source.nbytes <= MOST_TRUNCATED_NBYTES) {
            parse_truncated(path, &source);
            ncut++;
            ncuts += source.nbytes;
        }
    }
    printf("%zu files parsed, %zu of them cut off at every byte (%zu sources), %u failures\n",
           nparsed, ncut, ncuts, nfailures);
    rsl_source_buffer_fini(&source);
    rsl_path_list_fini(&paths);
    return nfailures > 0 || ncut < ntruncated;
}
