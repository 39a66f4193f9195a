/* Fuzzes the file that a registry's index has for a package: lines of JSON. What must hold: each
 * version asked for is found, with a checksum that ends, or not; what is asked twice is answered
 * alike; a line added in front for another version changes nothing, and one for that version is
 * what counts. */
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/fuzz_tree.h"
#include "tools/registry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t nbytes);

static char folder[] = "/tmp/rustle-fuzz-registry-XXXXXX";

static void path_in_folder(char path[64], const char *name)
{
    snprintf(path, 64, "%s/%s", folder, name);
}

static void remove_folder(void)
{
    static const char *const names[] = {"1/a", "2/ab", "config.json", "1", "2", ""};
    char path[64];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        path_in_folder(path, names[i]);
        (void)remove(path);
    }
}

static void write_file(const char *name, const char *head, const uint8_t *data, size_t nbytes)
{
    char path[64];
    path_in_folder(path, name);
    FILE *file = fopen(path, "wb");
    demand(file != NULL, "a file can be written");
    fputs(head, file);
    fwrite(data, 1, nbytes, file);
    demand(fclose(file) == 0, "a file is written");
}

static void make_folder(void)
{
    char path[64];
    demand(mkdtemp(folder) != NULL, "a folder can be made");
    atexit(remove_folder);
    for (const char *name = "1\0002\0"; *name != '\0'; name += 2) {
        path_in_folder(path, name);
        demand(mkdir(path, 0700) == 0, "a folder can be made");
    }
    write_file("config.json", "", (const uint8_t *)"{}", 2);
}

static enum rsl_registry_answer ask(struct rsl_registry *registry, const char *name,
                                    const char *version, struct rsl_registry_version *out)
{
    memset(out, 0x55, sizeof *out);
    const enum rsl_registry_answer answer =
        rsl_registry_find(registry, name, strlen(name), version, strlen(version), out);
    demand(answer == RSL_REGISTRY_FOUND || answer == RSL_REGISTRY_UNKNOWN, "an index can be read");
    demand(answer != RSL_REGISTRY_FOUND || memchr(out->checksum, 0, sizeof out->checksum) != NULL,
           "a checksum ends");
    return answer;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t nbytes)
{
    static const char *const versions[] = {"1.0.0", "0.1.2+build", "1.0.0-rc.1", "", "{}"};
    static bool is_made;
    if (!is_made)
        make_folder();
    is_made = true;
    write_file("1/a", "", data, nbytes);
    write_file("2/ab", "{\"vers\":\"9.9.9\",\"yanked\":true,\"cksum\":\"ab\"}\n", data, nbytes);
    struct rsl_registry *registry = rsl_registry_open(folder);
    demand(registry != NULL, "an index can be opened");
    struct rsl_registry_version first, again;
    for (size_t i = 0; i < sizeof versions / sizeof *versions; i++) {
        const enum rsl_registry_answer answer = ask(registry, "a", versions[i], &first);
        demand(ask(registry, "aB", versions[i], &again) == answer, "lines stand for themselves");
        demand(answer == RSL_REGISTRY_UNKNOWN ||
                   (first.yanked == again.yanked && strcmp(first.checksum, again.checksum) == 0),
               "lines stand for themselves");
    }
    demand(ask(registry, "ab", "9.9.9", &first) == RSL_REGISTRY_FOUND && first.yanked &&
               strcmp(first.checksum, "ab") == 0,
           "the first line counts");
    rsl_registry_close(registry);
    return 0;
}
