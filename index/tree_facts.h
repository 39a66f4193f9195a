/* tree_facts.h - the facts of files straight from a file tree, read and parsed when the module
 * graph asks for them: for looking at single crates, without a scan. */
#ifndef RSL_INDEX_TREE_FACTS_H
#define RSL_INDEX_TREE_FACTS_H

#include "ds/arena.h"
#include "ds/ds.h"
#include "index/facts.h"
#include "index/file_tree.h"
#include "index/modules.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The fields are its own. `files` is what rsl_modules_init() wants. */
struct rsl_tree_facts {
    struct rsl_module_files files;
    const struct rsl_file_tree *tree;
    const struct rsl_allocator *allocator;
    struct rsl_file file;
    struct rsl_facts_builder *builder;
    struct rsl_arena source;       /* of one file */
    struct rsl_file_facts **facts; /* by number */
    uint32_t capacity;
    bool out_of_memory; /* a NULL from files.facts was for that reason */
};

/* `tree` and `allocator` are borrowed; NULL is rsl_allocator_default. The object must stay where it
 * is. RSL_OK or RSL_ENOMEM. */
enum rsl_status rsl_tree_facts_init(struct rsl_tree_facts *facts, const struct rsl_file_tree *tree,
                                    const struct rsl_allocator *allocator);

/* Releases the memory and the facts. */
void rsl_tree_facts_fini(struct rsl_tree_facts *facts);

/* Forgets the facts of a file, so that it is read again. O(1). */
void rsl_tree_facts_forget(struct rsl_tree_facts *facts, uint32_t file);

#ifdef __cplusplus
}
#endif

#endif
