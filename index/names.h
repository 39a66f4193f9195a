/* names.h - the names that one file gives and the names that it uses: its items by scope, its uses
 * as paths, its macro calls.
 *
 * Like the facts (facts.h) they are taken once from a parse result and its source, by whichever
 * worker parsed the file; neither is needed afterwards. They lie in one block and hold no pointer
 * into any other. What the names of all files mean together is worked out from these blocks alone
 * (graph.h), so the block has a table for looking a name up.
 */
#ifndef RSL_INDEX_NAMES_H
#define RSL_INDEX_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ds/ds.h"
#include "parser/parser.h"

#ifdef __cplusplus
extern "C" {
#endif

enum rsl_names_scope_kind {
    RSL_NAMES_FILE,   /* the file itself, always scope 0 */
    RSL_NAMES_MODULE, /* mod x { } */
    RSL_NAMES_BLOCK,  /* the body of a function or the like: its names hide those around it */
    RSL_NAMES_ENUM,   /* variants */
    RSL_NAMES_TRAIT,  /* associated items */
};

/* Where names stand. What stands in the arguments of a macro call, in an impl, or in an extern
 * block counts as standing around it; members of impls have no paths and are left out. */
struct rsl_names_scope {
    uint32_t parent;     /* RSL_NONE for the file */
    uint32_t first_glob; /* use; the next is its next_glob */
    uint8_t kind;        /* enum rsl_names_scope_kind */
    bool expands;        /* holds macro calls that may make more names than the source shows */
};

/* In which of rustc's namespaces a name stands, or-ed. */
enum rsl_namespace {
    RSL_SPACE_TYPE = 1, /* modules and crates too */
    RSL_SPACE_VALUE = 2,
    RSL_SPACE_MACRO = 4,
    RSL_SPACE_ALL = 7,
};

#define RSL_NAME_CONDITIONAL 1u /* it has a cfg, or stands in a macro's arguments */
#define RSL_NAME_EXPORTED    2u /* a macro_rules with #[macro_export]: a name of the crate's root */
#define RSL_NAME_MACRO_USE   4u /* a mod or an extern crate with #[macro_use] */

/* A name that a scope gives: an item, or what a use binds. */
struct rsl_name {
    uint32_t scope;
    uint32_t text; /* without `r#` */
    uint32_t hash; /* of the text */
    /* mod: its number among the file's, that is in facts.mods. enum, trait: its scope, or RSL_NONE
     * if nothing stands in it. use leaf: its number in `uses`. extern crate: the text of the crate
     * that it names. Others: RSL_NONE. */
    uint32_t ref;
    uint32_t item; /* its number in the rsl_file */
    uint32_t next; /* the next of the same name in the same scope, RSL_NONE */
    uint8_t kind;  /* enum rsl_item_kind */
    uint8_t vis;   /* enum rsl_visibility, none meaning that it is as visible as its scope */
    uint8_t spaces;
    uint8_t flags; /* RSL_NAME_* */
};

/* One more segment behind `parent`. Leaves share nodes: a tree of uses takes the space of its
 * source. A node without parent and with an empty text is the `::` at the start of a path. */
struct rsl_path_node {
    uint32_t parent; /* smaller; or RSL_NONE */
    uint32_t text, hash;
    bool shared; /* more than one path goes through it */
};

/* A leaf of a use tree. */
struct rsl_use {
    uint32_t scope;
    uint32_t path; /* node; of a glob what stands before the `*`, RSL_NONE if nothing does; of a
                      `self` in braces what stands before the braces */
    uint32_t name; /* text that it binds, RSL_NONE for a glob */
    uint32_t item; /* its number in the rsl_file */
    uint32_t off, line, column;
    uint32_t next_glob;
    uint8_t vis; /* enum rsl_visibility */
    bool glob;
    bool self; /* binds in the namespace of types only */
    bool conditional;
};

/* A declaration of a module. */
struct rsl_names_mod {
    uint32_t scope;  /* in which it stands */
    uint32_t inside; /* RSL_NONE for `mod x;` */
};

/* A macro call in item position. */
struct rsl_names_call {
    uint32_t scope;
    uint32_t path; /* node; calls of one path in one scope may share it */
    uint32_t off;
};

/* Numbers called text are offsets into `text`, at which a string begins that a NUL ends. */
struct rsl_file_names {
    size_t nbytes; /* of the whole block */
    /* XXH3 of the names and uses that other files can see, and of all: on these the dependencies of
     * files rest. Neither changes with bodies, signatures, comments, or places. */
    uint64_t shared_hash, hash;
    uint64_t places_hash; /* of the scopes in which modules are declared and files included */
    uint32_t nscopes, nnames, nuses, nnodes, ncalls, nmods, nmacro_uses, nslots, ntext;
    uint32_t nexports; /* macros with #[macro_export] */
    const struct rsl_names_scope *scopes;
    const struct rsl_name *names;
    const struct rsl_use *uses;
    const struct rsl_path_node *nodes;
    const struct rsl_names_call *calls; /* by offset */
    const struct rsl_names_mod *mods;   /* as many as in facts.mods, in the same order */
    const uint32_t *macro_uses;         /* names with RSL_NAME_MACRO_USE */
    const uint32_t *slots;
    const char *text;
};

/* Memory for the making of names, used again for each file. One per thread. */
struct rsl_names_builder;

/* NULL if there is no memory. `allocator` is borrowed; NULL is rsl_allocator_default. */
struct rsl_names_builder *rsl_names_builder_create(const struct rsl_allocator *allocator);

/* Releases the builder, not the names that it made. NULL is allowed. */
void rsl_names_builder_destroy(struct rsl_names_builder *builder);

/* The names of `file`, which was parsed from `src`; to be given to rsl_file_names_destroy. RSL_OK
 * or RSL_ENOMEM, and then *names_out is NULL. O(items + bytes of names and paths). */
enum rsl_status rsl_file_names_create(struct rsl_names_builder *builder,
                                      const struct rsl_file *file, const uint8_t *src,
                                      struct rsl_file_names **names_out);

/* Releases names made with a builder of that allocator. NULL is allowed. */
void rsl_file_names_destroy(struct rsl_file_names *names, const struct rsl_allocator *allocator);

/* The hash under which a name is looked up. */
uint32_t rsl_name_hash(const char *text, size_t nbytes);

/* The first of the names in that scope with that text, RSL_NONE if there is none. O(1). */
uint32_t rsl_names_find(const struct rsl_file_names *names, uint32_t scope, uint32_t hash,
                        const char *text);

/* The string with that number. */
static inline const char *rsl_names_text(const struct rsl_file_names *names, uint32_t text)
{
    return names->text + text;
}

#ifdef __cplusplus
}
#endif

#endif
