/* live_testing.h - what a worker of a watch makes for the database, for tests of index_live.h. */
#ifndef RSL_TESTS_LIVE_TESTING_H
#define RSL_TESTS_LIVE_TESTING_H

#include "tools/index_live.h"

/* What the file at root/shown holds now, root_nbytes being those of "root/". NULL if that fails. */
static inline struct rsl_live_change *live_look(struct rsl_file_indexer *indexer, const char *path,
                                                size_t root_nbytes)
{
    const char *shown = path + root_nbytes;
    struct rsl_live_change *change = rsl_live_change_create(shown);
    const struct rsl_index_entry entry = {.path = path, .shown = shown};
    struct rsl_index_row row;
    if (change == NULL || rsl_file_indexer_index(indexer, &entry, &row) != RSL_OK) {
        rsl_live_change_destroy(change);
        return NULL;
    }
    row.file.path = change->path;
    change->row = row;
    change->bytes = indexer->bytes;
    indexer->bytes = (struct rsl_pack_buffer){0};
    return change;
}

/* Returns RSL_OK or RSL_ENOMEM. */
static inline enum rsl_status live_indexer_init(struct rsl_file_indexer *indexer)
{
    const enum rsl_status status = rsl_file_indexer_init(indexer);
    indexer->work = RSL_INDEX_CHANGED;
    indexer->keeps_facts = true;
    return status;
}

static inline void live_forget_changes(struct rsl_live_batch *batch)
{
    while (batch->changes != NULL) {
        struct rsl_live_change *change = batch->changes;
        batch->changes = change->next;
        rsl_live_change_destroy(change);
    }
}

#endif
