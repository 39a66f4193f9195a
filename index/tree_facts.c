#include "index/tree_facts.h"

#include <string.h>

#define FIRST_BLOCK 65536

static enum rsl_file_kind kind(void *state, uint32_t file, const char *path)
{
    const struct rsl_tree_facts *facts = state;
    (void)file;
    return facts->tree->kind(facts->tree->state, path);
}

/* A place for the facts of the file, or NULL if there is no memory. */
static struct rsl_file_facts **place_of(struct rsl_tree_facts *facts, uint32_t file)
{
    if (file >= facts->capacity) {
        const uint32_t more = file * 2 + 64;
        struct rsl_file_facts **grown =
            facts->allocator->resize(facts->allocator->state, facts->facts,
                                     facts->capacity * sizeof(void *), more * sizeof(void *));
        if (grown == NULL)
            return NULL;
        memset(grown + facts->capacity, 0, (more - facts->capacity) * sizeof(void *));
        facts->facts = grown;
        facts->capacity = more;
    }
    return &facts->facts[file];
}

static const struct rsl_file_facts *facts_of(void *state, uint32_t file, const char *path)
{
    struct rsl_tree_facts *facts = state;
    struct rsl_file_facts **place = place_of(facts, file);
    struct rsl_file_bytes source;
    enum rsl_status status = RSL_ENOMEM;
    if (place != NULL && *place != NULL)
        return *place;
    if (place != NULL) {
        rsl_arena_reset(&facts->source);
        status = facts->tree->read(facts->tree->state, path, &facts->source, &source);
    }
    if (status == RSL_OK)
        status = rsl_parse(&facts->file, source.bytes, source.nbytes, NULL);
    if (status == RSL_OK)
        status =
            rsl_file_facts_create(facts->builder, &facts->file, source.bytes, source.nbytes, place);
    facts->out_of_memory |= status == RSL_ENOMEM;
    return status == RSL_OK ? *place : NULL;
}

enum rsl_status rsl_tree_facts_init(struct rsl_tree_facts *facts, const struct rsl_file_tree *tree,
                                    const struct rsl_allocator *allocator)
{
    *facts = (struct rsl_tree_facts){.files = {kind, facts_of, facts},
                                     .tree = tree,
                                     .allocator = allocator ? allocator : &rsl_allocator_default};
    rsl_file_init(&facts->file, facts->allocator);
    rsl_arena_init(&facts->source, facts->allocator, FIRST_BLOCK);
    facts->builder = rsl_facts_builder_create(facts->allocator);
    return facts->builder != NULL ? RSL_OK : RSL_ENOMEM;
}

void rsl_tree_facts_fini(struct rsl_tree_facts *facts)
{
    for (uint32_t i = 0; i < facts->capacity; i++)
        rsl_file_facts_destroy(facts->facts[i], facts->allocator);
    facts->allocator->release(facts->allocator->state, facts->facts,
                              facts->capacity * sizeof(void *));
    rsl_facts_builder_destroy(facts->builder);
    rsl_arena_fini(&facts->source);
    rsl_file_fini(&facts->file);
    *facts = (struct rsl_tree_facts){.allocator = facts->allocator};
}

void rsl_tree_facts_forget(struct rsl_tree_facts *facts, uint32_t file)
{
    if (file < facts->capacity) {
        rsl_file_facts_destroy(facts->facts[file], facts->allocator);
        facts->facts[file] = NULL;
    }
}
