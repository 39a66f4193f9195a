/* fuzz_replay_main.c - runs a fuzz target without libFuzzer: on every file of the folders given,
 * and on every prefix of the small ones, since a cut in a bad place is what finds most bugs.
 *
 * Each input lies in a block of its own of exactly its size, so that AddressSanitizer sees the
 * first byte read too far. */
#include <dirent.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Longest file of which all prefixes are tried; the work is quadratic. */
#define MAX_PREFIXED 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t nbytes);

static void run_one(const char *bytes, size_t nbytes)
{
    uint8_t *data = malloc(nbytes ? nbytes : 1);
    if (!data) {
        fputs("out of memory\n", stderr);
        exit(1);
    }
    memcpy(data, bytes, nbytes);
    LLVMFuzzerTestOneInput(data, nbytes);
    free(data);
}

/* Returns the file's bytes, to be freed by the caller; exits if it cannot be read. */
static char *read_file(const char *path, size_t *nbytes_out)
{
    FILE *file = fopen(path, "rb");
    char *bytes = NULL;
    size_t capacity = 0;
    size_t nbytes = 0;
    if (!file) {
        goto failed;
    }
    do {
        capacity = capacity ? capacity * 2 : 65536;
        char *grown = realloc(bytes, capacity);
        if (!grown) {
            goto failed;
        }
        bytes = grown;
        nbytes += fread(bytes + nbytes, 1, capacity - nbytes, file);
    } while (nbytes == capacity);
    if (ferror(file)) {
        goto failed;
    }
    fclose(file);
    *nbytes_out = nbytes;
    return bytes;

failed:
    perror(path);
    exit(1);
}

static void run_file(const char *path)
{
    size_t nbytes = 0;
    char *bytes = read_file(path, &nbytes);
    /* Said before, not after, so that a crash has its file's name above it. */
    printf("%s\n", path);
    fflush(stdout);
    if (nbytes <= MAX_PREFIXED) {
        for (size_t end = 0; end < nbytes; end++) {
            run_one(bytes, end);
        }
    }
    run_one(bytes, nbytes);
    free(bytes);
}

/* Returns how many files were run. */
static size_t run_folder(const char *folder)
{
    struct dirent **entries = NULL;
    int nentries = scandir(folder, &entries, NULL, alphasort);
    size_t nfiles = 0;
    if (nentries < 0) {
        perror(folder);
        exit(1);
    }
    for (int i = 0; i < nentries; i++) {
        if (entries[i]->d_name[0] != '.') {
            char path[PATH_MAX];
            int length = snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
            if (length < 0 || (size_t)length >= sizeof path) {
                fprintf(stderr, "%s: path too long\n", folder);
                exit(1);
            }
            run_file(path);
            nfiles++;
        }
        free(entries[i]);
    }
    free(entries);
    return nfiles;
}

int main(int argc, char **argv)
{
    size_t nfiles = 0;
    for (int i = 1; i < argc; i++) {
        nfiles += run_folder(argv[i]);
    }
    printf("%zu files replayed\n", nfiles);
    return nfiles > 0 ? 0 : 1; /* an empty corpus tests nothing */
}
