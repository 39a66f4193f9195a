/* names_internal.h - what names.c (reading the items), names_print.c (fingerprints) and
 * names_block.c (the result) share. */
#ifndef RSL_INDEX_NAMES_INTERNAL_H
#define RSL_INDEX_NAMES_INTERNAL_H

#include <string.h>

#include "ds/arena.h"
#include "index/names.h"

/* Lists that grow in the builder's arena, which is reset for each file. */
struct rsl_names_builder {
    const struct rsl_allocator *allocator;
    struct rsl_arena arena;
    const struct rsl_file *file;
    const uint8_t *src;
    enum rsl_status status;

    struct rsl_names_scope *scopes;
    struct rsl_name *names;
    struct rsl_use *uses;
    struct rsl_path_node *nodes;
    struct rsl_names_call *calls;
    struct rsl_names_mod *mods;
    uint32_t *macro_uses;
    char *text;
    uint32_t nscopes, nnames, nuses, nnodes, ncalls, nmods, nmacro_uses, nexports, ntext;
    uint32_t scopes_capacity, names_capacity, uses_capacity, nodes_capacity, calls_capacity,
        mods_capacity, macro_uses_capacity, text_capacity;

    uint64_t *node_hashes; /* of the whole paths that nodes stand for */
    uint32_t node_hashes_capacity;
    uint32_t *prefix_nodes; /* by prefix of the file; RSL_NONE for an empty one */
    uint32_t *last_globs;   /* by scope: the last use in its list of globs */
    uint32_t last_globs_capacity;
    uint32_t *inside; /* by item: the scope of what stands in it, RSL_NONE until that is needed */

    bool *visible;     /* by scope, as first numbered: others can see its names */
    uint32_t nvisible; /* they are numbered below, in the end */
};

static inline const char *source_at(const struct rsl_names_builder *b, uint32_t off)
{
    return (const char *)b->src + off;
}

/* Whether the last segment of a path is that word. */
static inline bool rsl_names_node_is(const struct rsl_names_builder *b, uint32_t node,
                                     const char *word)
{
    return strcmp(b->text + b->nodes[node].text, word) == 0;
}

/* Whether the attribute's name is, or begins with, `name`: what is asked for are attributes that
 * nobody writes with spaces. */
bool rsl_names_attr_is(const struct rsl_names_builder *b, const struct rsl_attr *attr,
                       const char *name);

/* Works out the hashes of `names`, all else of which is there. */
void rsl_names_print(const struct rsl_names_builder *b, struct rsl_file_names *names);

/* All in one block. NULL, and the builder's status says so, without memory. */
struct rsl_file_names *rsl_names_pack(struct rsl_names_builder *b);

#endif
