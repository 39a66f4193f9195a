#include "tests/storm.h"

#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Folders have numbers, and each is in one of TOP folders, or in one of those. */
enum { TOP = 16, MIDDLE = 8, NAMES = 40 };

struct storm {
    const struct storm_options *options;
    uint64_t state;
    uint64_t nchanges;
};

/* splitmix64: Steele, Lea and Flood, "Fast splittable pseudorandom number generators" (2014) */
static uint64_t next(struct storm *storm)
{
    uint64_t z = (storm->state += UINT64_C(0x9E3779B97F4A7C15));
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

static unsigned below(struct storm *storm, unsigned n)
{
    return (unsigned)(next(storm) >> 33) % n;
}

static void folder_path(char *to, const char *base, unsigned top, unsigned middle)
{
    if (middle == 0)
        snprintf(to, PATH_MAX, "%s/d%u", base, top);
    else
        snprintf(to, PATH_MAX, "%s/d%u/e%u", base, top, middle - 1);
}

static void any_folder(struct storm *storm, char *to)
{
    folder_path(to, storm->options->root, below(storm, TOP), below(storm, MIDDLE + 1));
}

/* One file in eight has a name that does not count, or is excluded. */
static void any_file(struct storm *storm, char *to)
{
    char folder[PATH_MAX];
    any_folder(storm, folder);
    const unsigned n = below(storm, NAMES);
    const char *const forms[] = {"%.4000s/f%u.rs",    "%.4000s/f%u.rs", "%.4000s/f%u.rs",
                                 "%.4000s/f%u.rs",    "%.4000s/f%u.rs", "%.4000s/f%u.rs",
                                 "%.4000s/skip%u.rs", "%.4000s/f%u.txt"};
    snprintf(to, PATH_MAX, forms[below(storm, 8)], folder, n);
}

static bool write_file(struct storm *storm, const char *path, int flags)
{
    char text[160];
    const uint64_t value = next(storm);
    const int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0644);
    if (fd < 0)
        return false;
    /* Often of the same size. */
    int n = snprintf(text, sizeof text, "pub fn f%02u(a: u%u) -> u64 { %016llx }\n",
                     (unsigned)(value % 50), 8U << (value >> 8 & 3), (unsigned long long)value);
    if (value >> 20 & 1)
        n += snprintf(text + n, sizeof text - (size_t)n, "struct S%u;\n",
                      (unsigned)(value >> 32 & 63));
    const bool ok = write(fd, text, (size_t)n) == n;
    return close(fd) == 0 && ok;
}

static void remove_tree(struct storm *storm, const char *path)
{
    (void)storm;
    storm_remove(path);
}

static void make_folder(struct storm *storm, const char *path)
{
    if (mkdir(path, 0755) != 0)
        return;
    char file[PATH_MAX];
    const unsigned n = below(storm, 4);
    for (unsigned i = 0; i < n; i++) {
        snprintf(file, sizeof file, "%.4000s/f%u.rs", path, below(storm, NAMES));
        write_file(storm, file, O_TRUNC);
    }
}

static void move_folder_out(struct storm *storm)
{
    char from[PATH_MAX], to[PATH_MAX];
    any_folder(storm, from);
    snprintf(to, sizeof to, "%.4000s/o%u", storm->options->outside, below(storm, 8));
    if (rename(from, to) != 0) {
        /* Something is there: it goes back in. */
        char back[PATH_MAX];
        any_folder(storm, back);
        (void)!rename(to, back);
    }
}

static void change_rules(struct storm *storm)
{
    char path[PATH_MAX];
    const char *const texts[] = {"skip*.rs\n", "skip*.rs\nf1?.rs\n", "e3/\n", "skip*\n!skip1.rs\n"};
    if (below(storm, 8) == 0) {
        snprintf(path, sizeof path, "%.4000s/.git/info/exclude", storm->options->root);
    } else if (below(storm, 2) == 0) {
        snprintf(path, sizeof path, "%.4000s/.gitignore", storm->options->root);
    } else {
        any_folder(storm, path);
        strcat(path, below(storm, 2) == 0 ? "/.gitignore" : "/.ignore");
    }
    if (below(storm, 4) == 0) {
        unlink(path);
        return;
    }
    const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0)
        return;
    const char *text = texts[below(storm, 4)];
    (void)!write(fd, text, strlen(text));
    close(fd);
}

static void change(struct storm *storm)
{
    char path[PATH_MAX], other[PATH_MAX + 8];
    any_file(storm, path);
    switch (below(storm, 400)) {
    case 0:
    case 1:
    case 2: /* a folder is moved about in the tree */
        any_folder(storm, path);
        any_folder(storm, other);
        (void)!rename(path, other);
        return;
    case 3:
    case 4:
    case 5: move_folder_out(storm); return;
    case 6:
        any_folder(storm, path);
        remove_tree(storm, path);
        make_folder(storm, path);
        return;
    case 7: change_rules(storm); return;
    case 8: /* where a file was there is a link, or a folder */
        unlink(path);
        if (below(storm, 2) == 0) {
            any_file(storm, other);
            (void)!symlink(other, path);
        } else {
            make_folder(storm, path);
        }
        return;
    case 9: /* a folder is replaced by a link to another */
        any_folder(storm, path);
        snprintf(other, sizeof other, "%.4000s.was", path);
        if (rename(path, other) == 0) {
            char to[PATH_MAX];
            any_folder(storm, to);
            (void)!symlink(to, path);
            if (below(storm, 2) == 0) {
                unlink(path);
                (void)!rename(other, path);
            } else {
                remove_tree(storm, other);
            }
        } else {
            unlink(path); /* if it is a link itself */
        }
        return;
    default: break;
    }
    const unsigned kind = below(storm, 100);
    if (kind < 40) {
        write_file(storm, path, O_TRUNC);
    } else if (kind < 50) {
        write_file(storm, path, O_APPEND);
    } else if (kind < 70) { /* an atomic save */
        snprintf(other, sizeof other, "%s.tmp", path);
        if (write_file(storm, other, O_TRUNC) && rename(other, path) != 0)
            unlink(other);
    } else if (kind < 80) {
        char to[PATH_MAX];
        any_file(storm, to);
        (void)!rename(path, to);
    } else if (kind < 95) {
        unlink(path);
    } else if (kind < 97) {
        any_folder(storm, other);
        make_folder(storm, other);
    } else if (kind < 98) { /* touched, no more */
        utimensat(AT_FDCWD, path, NULL, 0);
    } else { /* saved as some editors do */
        snprintf(other, sizeof other, "%s~", path);
        if (rename(path, other) == 0) {
            write_file(storm, path, O_TRUNC | O_EXCL);
            unlink(other);
        }
    }
}

bool storm_make_tree(const struct storm_options *options)
{
    struct storm storm = {.options = options, .state = options->seed};
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%.4000s/.git", options->root);
    mkdir(path, 0755);
    snprintf(path, sizeof path, "%.4000s/.git/info", options->root);
    mkdir(path, 0755);
    for (unsigned top = 0; top < TOP; top++) {
        for (unsigned middle = 0; middle <= MIDDLE; middle++) {
            folder_path(path, options->root, top, middle);
            if (mkdir(path, 0755) != 0)
                return false;
        }
    }
    for (unsigned i = 0; i < options->nfiles; i++) {
        any_folder(&storm, path);
        snprintf(path + strlen(path), sizeof path - strlen(path), "/g%u.rs", i);
        if (!write_file(&storm, path, O_TRUNC))
            return false;
    }
    return true;
}

static uint64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

uint64_t storm_run(const struct storm_options *options)
{
    struct storm storm = {.options = options, .state = ~options->seed};
    const uint64_t end = now_ms() + options->duration_ms;
    while (now_ms() < end) {
        for (int i = 0; i < 16; i++)
            change(&storm);
        storm.nchanges += 16;
    }
    return storm.nchanges;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)ftw;
    return (type == FTW_DP ? rmdir(path) : unlink(path)) != 0 && false;
}

void storm_remove(const char *path)
{
    nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}
