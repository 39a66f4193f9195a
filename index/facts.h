/* facts.h - what one file says that matters to others: the modules it declares, the files it
 * includes, and under which conditions.
 *
 * Facts are taken once from a parse result and its source; neither is needed afterwards. They lie
 * in one block and hold no pointer into any other, so a worker makes them and whoever keeps the
 * project takes them over. Everything about modules is computed from facts and from which files
 * exist.
 */
#ifndef RSL_INDEX_FACTS_H
#define RSL_INDEX_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ds/ds.h"
#include "parser/parser.h"

#ifdef __cplusplus
extern "C" {
#endif

enum rsl_scope_kind {
    RSL_SCOPE_FILE,   /* the file itself, always scope 0 */
    RSL_SCOPE_MODULE, /* mod x { } */
    RSL_SCOPE_BLOCK,  /* the body of anything else: a function, an impl, ... */
    RSL_SCOPE_MACRO,  /* the arguments of a macro call */
    RSL_SCOPE_CFG,    /* a branch of cfg_if!: what stands there has the scope's conditions */
};

/* A condition: the text of a cfg predicate, white space made single spaces. */
struct rsl_facts_cfg {
    uint32_t predicate; /* text */
    bool negated;       /* the branches of cfg_if! behind this one */
};

/* A place in which items stand. Its conditions are its own; those around it hold too. */
struct rsl_facts_scope {
    uint32_t parent; /* RSL_NONE for the file */
    uint32_t mod;    /* MODULE: its declaration */
    uint32_t first_cfg, ncfgs;
    uint32_t around; /* the innermost MODULE or FILE scope, itself if it is one */
    uint8_t kind;    /* enum rsl_scope_kind */
    bool block;      /* between it and `around` there is a BLOCK */
    bool macro;      /* it stands in a macro's arguments, with which the macro does what it likes */
    bool conditional; /* it, or a scope around it, has conditions or is a macro's */
};

/* One #[path], or cfg_attr with a path in it. If several hold, the first counts. */
struct rsl_facts_path {
    uint32_t predicate; /* text; RSL_NONE if it always holds, and then it is the last */
    uint32_t path;      /* text */
};

#define RSL_FACTS_MOD_BAD_PATH 1u /* a #[path] that is no plain string, which rustc rejects */
#define RSL_FACTS_MOD_ATTRIBUTE \
    2u                            /* an attribute that may be a macro, and may replace the module */
#define RSL_FACTS_MOD_TOO_DEEP 4u /* more nested cfg_attr than are read */

/* A declaration of a module. */
struct rsl_facts_mod {
    uint32_t scope;             /* in which it stands */
    uint32_t inside;            /* its own scope, RSL_NONE for `mod x;` */
    uint32_t name;              /* text, without `r#` */
    uint32_t off, line, column; /* of the name, in bytes, from 1 */
    uint32_t first_cfg, ncfgs;
    uint32_t first_path, npaths;
    uint8_t visibility; /* enum rsl_visibility */
    uint8_t flags;      /* RSL_FACTS_MOD_* */
};

enum rsl_include_base {
    RSL_INCLUDE_UNKNOWN,  /* the path is more than string literals */
    RSL_INCLUDE_BESIDE,   /* seen from the file's folder */
    RSL_INCLUDE_MANIFEST, /* behind env!("CARGO_MANIFEST_DIR"): text to append to that folder */
};

/* An include!() in item position. */
struct rsl_facts_include {
    uint32_t scope;
    uint32_t path;              /* text; if the base is unknown, the arguments as written */
    uint32_t off, line, column; /* of the macro's path */
    uint32_t first_cfg, ncfgs;
    uint8_t base; /* enum rsl_include_base */
};

/* Numbers called text are offsets into `text`, at which a string begins that a NUL ends. */
struct rsl_file_facts {
    size_t nbytes; /* of the whole block */
    uint32_t nscopes, nmods, nincludes, npaths, ncfgs, ntext;
    const struct rsl_facts_scope *scopes; /* a scope behind the one that it stands in */
    const struct rsl_facts_mod *mods;     /* in the order of the file */
    const struct rsl_facts_include *includes;
    const struct rsl_facts_path *paths;
    const struct rsl_facts_cfg *cfgs;
    const char *text;
};

/* Memory for the making of facts, used again for each file. One per thread. */
struct rsl_facts_builder;

/* NULL if there is no memory. `allocator` is borrowed; NULL is rsl_allocator_default. */
struct rsl_facts_builder *rsl_facts_builder_create(const struct rsl_allocator *allocator);

/* Releases the builder, not the facts that it made. NULL is allowed. */
void rsl_facts_builder_destroy(struct rsl_facts_builder *builder);

/* The facts of `file`, which was parsed from `src` (nbytes bytes, RSL_PAD behind them); to be given
 * to rsl_file_facts_destroy. RSL_OK or RSL_ENOMEM, and then *facts_out is NULL.
 * O(items + attributes + bytes of the attributes and macro calls that matter). */
enum rsl_status rsl_file_facts_create(struct rsl_facts_builder *builder,
                                      const struct rsl_file *file, const uint8_t *src,
                                      size_t nbytes, struct rsl_file_facts **facts_out);

/* Releases facts made with a builder of that allocator. NULL is allowed. */
void rsl_file_facts_destroy(struct rsl_file_facts *facts, const struct rsl_allocator *allocator);

/* The string with that number. */
static inline const char *rsl_facts_text(const struct rsl_file_facts *facts, uint32_t text)
{
    return facts->text + text;
}

#ifdef __cplusplus
}
#endif

#endif
