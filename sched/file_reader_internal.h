/* file_reader_internal.h - what the files of the file reader share. */
#ifndef RSL_SCHED_FILE_READER_INTERNAL_H
#define RSL_SCHED_FILE_READER_INTERNAL_H

#include "sched/file_reader.h"

struct rsl_file_ring;

struct rsl_file_reader {
    const struct rsl_allocator *allocator;
    struct rsl_file_ring *ring; /* NULL: plain calls */
    int folder;
    const char *const *paths;
    size_t npaths;
    size_t next; /* the path to be returned next */
    /* Of plain calls: capacity is without the padding. */
    uint8_t *bytes;
    size_t capacity;
    bool impatient; /* descriptors have run out, and nobody closed any */
    bool cold;      /* something was not in the page cache: the ring is to read */
};

/* Returns 0 or a negative errno. `depth` > 0. */
int rsl_file_ring_create(const struct rsl_allocator *allocator, unsigned depth,
                         struct rsl_file_ring **ring_out);
/* Waits for what is on its way. NULL: nothing. */
void rsl_file_ring_destroy(struct rsl_file_ring *ring);

/* Forgets all files, after waiting for those on their way. */
void rsl_file_ring_start(struct rsl_file_ring *ring);

/* Whether the ring has the reader's next file on its way. */
bool rsl_file_ring_has(const struct rsl_file_ring *ring, const struct rsl_file_reader *reader);

/* Waits for the reader's next file, and has those after it on their way if the reader is cold,
 * which it changes. False: the file is for plain calls to read. */
bool rsl_file_ring_next(struct rsl_file_ring *ring, struct rsl_file_reader *reader,
                        struct rsl_file_contents *file);

#endif
