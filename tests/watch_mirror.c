#include "tests/watch_mirror.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "sched/walk.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

bool read_known(const char *path, struct rsl_watch_known *known_out)
{
    char bytes[1 << 14];
    struct stat st;
    XXH3_state_t state;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return false;
    bool ok = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
    ssize_t n = 0;
    *known_out = (struct rsl_watch_known){0};
    if (ok)
        known_out->mtime_ns = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
    XXH3_64bits_reset(&state);
    while (ok && (n = read(fd, bytes, sizeof bytes)) > 0) {
        XXH3_64bits_update(&state, bytes, (size_t)n);
        known_out->nbytes += (uint64_t)n;
    }
    close(fd);
    known_out->content_hash = XXH3_64bits_digest(&state);
    known_out->mtime_ns =
        rsl_watch_known_time(known_out->mtime_ns, (int64_t)now.tv_sec * 1000000000 + now.tv_nsec);
    return ok && n == 0;
}

static size_t bucket_of(const char *path)
{
    return XXH3_64bits(path, strlen(path)) % MIRROR_BUCKETS;
}

struct mirror_entry *mirror_find(const struct mirror *mirror, const char *path)
{
    struct mirror_entry *entry = mirror->buckets[bucket_of(path)];
    while (entry != NULL && strcmp(entry->path, path) != 0)
        entry = entry->next;
    return entry;
}

bool mirror_known(void *context, const char *path, struct rsl_watch_known *known_out)
{
    const struct mirror *mirror = context;
    const struct mirror_entry *entry = mirror_find(mirror, path);
    if (entry == NULL || !entry->is_there)
        return false;
    *known_out = entry->known;
    return true;
}

static void wrong(struct mirror *mirror, const char *what, const char *path)
{
    if (mirror->nwrong++ == 0)
        snprintf(mirror->wrong, sizeof mirror->wrong, "%s %s", what, path);
}

void mirror_take(struct mirror *mirror, const struct rsl_watch_change *change)
{
    const size_t bucket = bucket_of(change->path);
    struct mirror_entry *entry = mirror_find(mirror, change->path);
    if (strlen(change->path) != change->path_nbytes)
        wrong(mirror, "length of", change->path);
    switch (change->kind) {
    case RSL_WATCH_REMOVED:
        mirror->nremoved++;
        if (entry == NULL) {
            wrong(mirror, "removed", change->path);
            return;
        }
        struct mirror_entry **at = &mirror->buckets[bucket];
        while (*at != entry)
            at = &(*at)->next;
        *at = entry->next;
        free(entry);
        return;
    case RSL_WATCH_CREATED:
        mirror->ncreated++;
        mirror->nfrom += change->from != NULL;
        if (entry != NULL) {
            wrong(mirror, "created", change->path);
        } else {
            entry = calloc(1, sizeof *entry + change->path_nbytes + 1);
            if (entry == NULL)
                abort();
            memcpy(entry->path, change->path, change->path_nbytes);
            entry->next = mirror->buckets[bucket];
            mirror->buckets[bucket] = entry;
        }
        break;
    case RSL_WATCH_MODIFIED:
        mirror->nmodified++;
        if (entry == NULL) {
            wrong(mirror, "modified", change->path);
            return;
        }
        break;
    }
    const uint64_t old_hash = entry->known.content_hash;
    const bool was_there = entry->is_there;
    entry->is_there = read_known(entry->path, &entry->known);
    if (change->kind == RSL_WATCH_MODIFIED && was_there && entry->is_there &&
        entry->known.content_hash == old_hash)
        mirror->nsame++;
}

void mirror_fini(struct mirror *mirror)
{
    for (size_t i = 0; i < MIRROR_BUCKETS; i++) {
        for (struct mirror_entry *entry = mirror->buckets[i], *next; entry != NULL; entry = next) {
            next = entry->next;
            free(entry);
        }
    }
}

/* ---- as text */

struct lines {
    char **list;
    size_t n, capacity;
};

static void add_line(struct lines *lines, const char *path, uint64_t hash, uint64_t nbytes,
                     bool is_there)
{
    if (lines->n == lines->capacity) {
        lines->capacity = lines->capacity * 2 + 64;
        lines->list = realloc(lines->list, lines->capacity * sizeof *lines->list);
        if (lines->list == NULL)
            abort();
    }
    char numbers[64] = " unreadable";
    if (is_there)
        snprintf(numbers, sizeof numbers, " %llu %016llx", (unsigned long long)nbytes,
                 (unsigned long long)hash);
    const size_t npath = strlen(path);
    char *line = malloc(npath + strlen(numbers) + 1);
    if (line == NULL)
        abort();
    memcpy(line, path, npath);
    strcpy(line + npath, numbers);
    lines->list[lines->n++] = line;
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static char *to_text(struct lines *lines)
{
    size_t nbytes = 1;
    if (lines->n > 0)
        qsort(lines->list, lines->n, sizeof *lines->list, compare);
    for (size_t i = 0; i < lines->n; i++)
        nbytes += strlen(lines->list[i]) + 1;
    char *text = malloc(nbytes), *at = text;
    if (text == NULL)
        abort();
    for (size_t i = 0; i < lines->n; i++) {
        const size_t n = strlen(lines->list[i]);
        memcpy(at, lines->list[i], n);
        at[n] = '\n';
        at += n + 1;
        free(lines->list[i]);
    }
    *at = 0;
    free(lines->list);
    return text;
}

char *mirror_text(const struct mirror *mirror)
{
    struct lines lines = {0};
    for (size_t i = 0; i < MIRROR_BUCKETS; i++) {
        const struct mirror_entry *entry = mirror->buckets[i];
        for (; entry != NULL; entry = entry->next)
            add_line(&lines, entry->path, entry->known.content_hash, entry->known.nbytes,
                     entry->is_there);
    }
    return to_text(&lines);
}

static bool take_file(void *context, unsigned worker, const struct rsl_walk_file *files, size_t n)
{
    (void)worker;
    for (size_t i = 0; i < n; i++) {
        struct rsl_watch_known known = {0};
        const bool is_there = read_known(files[i].path, &known);
        add_line(context, files[i].path, known.content_hash, known.nbytes, is_there);
    }
    return true;
}

static void ignore_report(void *context, const char *path, int error)
{
    (void)context;
    (void)path;
    (void)error;
}

char *fresh_text(const char *const *roots, size_t nroots, const struct rsl_watch_options *options)
{
    struct lines lines = {0};
    const struct rsl_walk_options walk = {
        .suffix = options->suffix,
        .hidden = options->hidden,
        .no_ignore = options->no_ignore,
        .globs = options->globs,
        .nglobs = options->nglobs,
        .excludes_path = options->excludes_path,
        .emit = take_file,
        .report = ignore_report,
        .context = &lines,
    };
    if (rsl_walk_run(roots, nroots, &walk) != RSL_OK)
        abort();
    return to_text(&lines);
}
