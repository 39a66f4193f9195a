/* watch_mirror.h - what somebody knows of a tree who only listens to a watcher. */
#ifndef RSL_TESTS_WATCH_MIRROR_H
#define RSL_TESTS_WATCH_MIRROR_H

#include <stdbool.h>
#include <stdint.h>

#include "sched/watch.h"

struct mirror_entry {
    struct mirror_entry *next;
    struct rsl_watch_known known;
    bool is_there; /* it could be read; else it had gone by then */
    char path[];
};

enum { MIRROR_BUCKETS = 1 << 14 };

struct mirror {
    struct mirror_entry *buckets[MIRROR_BUCKETS];
    uint64_t ncreated, nmodified, nremoved;
    uint64_t nwrong; /* what cannot be: modified or removed without having been created, ... */
    uint64_t nsame;  /* modified, with the same contents */
    uint64_t nfrom;
    char wrong[256]; /* the first of those */
};

void mirror_fini(struct mirror *mirror);
void mirror_take(struct mirror *mirror, const struct rsl_watch_change *change);
struct mirror_entry *mirror_find(const struct mirror *mirror, const char *path);
/* As rsl_watch_options has it. */
bool mirror_known(void *mirror, const char *path, struct rsl_watch_known *known_out);

/* All that the mirror holds, a line a file, sorted; to be freed. */
char *mirror_text(const struct mirror *mirror);
/* The same of the files that a walk finds now. */
char *fresh_text(const char *const *roots, size_t nroots, const struct rsl_watch_options *options);

/* What is in a file; false if it cannot be read. */
bool read_known(const char *path, struct rsl_watch_known *known_out);

#endif
