/* facts_internal.h - what the makers of facts share: facts.c (scopes, declarations) and
 * facts_tokens.c (what stands in attributes and macro calls). */
#ifndef RSL_INDEX_FACTS_INTERNAL_H
#define RSL_INDEX_FACTS_INTERNAL_H

#include "ds/arena.h"
#include "index/facts.h"

/* A branch of a cfg_if! or its like, which is the item `call`: its braces, and the scope of what
 * stands between them. */
struct facts_branch {
    uint32_t open, close, scope, call;
};

/* What stands in an item: its scope, RSL_NONE until that is needed; and of what has branches the
 * one that was last looked at, RSL_NONE for all others. Items come in the order of the file, so
 * that one only ever moves on. */
struct facts_inside {
    uint32_t scope, branch;
};

/* Lists that grow in the builder's arena, which is reset for each file. */
struct rsl_facts_builder {
    const struct rsl_allocator *allocator;
    struct rsl_arena arena;
    const struct rsl_file *file;
    const uint8_t *src;
    size_t nbytes;
    enum rsl_status status;

    struct rsl_facts_scope *scopes;
    struct rsl_facts_mod *mods;
    struct rsl_facts_include *includes;
    struct rsl_facts_path *paths;
    struct rsl_facts_cfg *cfgs;
    struct facts_branch *branches; /* of one call after the other, in the order of the file */
    char *text;
    uint32_t nscopes, nmods, nincludes, npaths, ncfgs, nbranches, ntext;
    uint32_t scopes_capacity, mods_capacity, includes_capacity, paths_capacity, cfgs_capacity,
        branches_capacity, text_capacity;

    struct facts_inside *inside; /* by item */
    uint32_t *climb;             /* a stack of items */
    uint32_t climb_capacity;
};

/* The list with room for n + 1 elements; NULL, and status says so, without memory. */
void *rsl_facts_grow(struct rsl_facts_builder *b, void *list, uint32_t n, uint32_t *capacity,
                     size_t element_nbytes);

/* Room for nbytes more of text and a NUL; NULL without memory. */
char *rsl_facts_room(struct rsl_facts_builder *b, size_t nbytes);

/* The source of a span as text, white space made single spaces. */
uint32_t rsl_facts_add_text(struct rsl_facts_builder *b, struct rsl_span span);

/* The value of a string literal, between its quotes. */
uint32_t rsl_facts_add_string(struct rsl_facts_builder *b, struct rsl_span inside, bool raw);

void rsl_facts_add_cfg(struct rsl_facts_builder *b, uint32_t predicate, bool negated);
void rsl_facts_add_path(struct rsl_facts_builder *b, uint32_t predicate, uint32_t path);

/* A new scope in `parent`, without conditions. */
uint32_t rsl_facts_add_scope(struct rsl_facts_builder *b, enum rsl_scope_kind kind,
                             uint32_t parent);

/* Gives the scope the conditions [first, first + n). */
void rsl_facts_set_cfgs(struct rsl_facts_builder *b, uint32_t scope, uint32_t first, uint32_t n);

/* What a cfg_attr says of paths and conditions; `value` is all between its parentheses. Flags of
 * RSL_FACTS_MOD_* are or-ed into *flags. */
void rsl_facts_read_cfg_attr(struct rsl_facts_builder *b, struct rsl_span value, uint8_t *flags);

/* The same for all inner attributes, `#![...]`, that begin at `off`, cfg and path themselves too.
 */
void rsl_facts_read_inner(struct rsl_facts_builder *b, uint32_t off, uint32_t end, uint8_t *flags);

/* Adds the branches of the call, an item's number, if it is one of cfg_if!, cfg_match! or
 * cfg_select!, with their scopes, whose parent is `scope`. */
void rsl_facts_read_branches(struct rsl_facts_builder *b, uint32_t call, uint32_t scope);

/* Fills in base and path of an include!. */
void rsl_facts_read_include(struct rsl_facts_builder *b, const struct rsl_item *call,
                            struct rsl_facts_include *include);

/* The name of an attribute that the parser does not tell, `path` for `#[path(...)]`; its length. */
size_t rsl_facts_attr_name(const struct rsl_facts_builder *b, const struct rsl_attr *attr,
                           const char **name_out);

#endif
