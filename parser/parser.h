/* parser.h - the face of parser/: source bytes to items.
 *
 * A recursive-descent parser for the items of a Rust file, after the grammar that rustc 1.95
 * parses (rustc_parse::parser::item), stable or not. Bodies, values and macro arguments are
 * crossed by structure (lexer/cross.h), and the items in them are found at any depth; expressions
 * are not checked. Knows no files and no threads.
 */
#ifndef RSL_PARSER_PARSER_H
#define RSL_PARSER_PARSER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ds/ds.h"
#include "lexer/isa.h"
#include "lexer/source_error.h"

#ifdef __cplusplus
extern "C" {
#endif

/* No item, no byte. */
#define RSL_NONE UINT32_MAX

enum rsl_item_kind {
#define X(suffix, name) RSL_ITEM_##suffix,
#include "parser/item_kinds.def"
#undef X
    RSL_ITEM_KIND_COUNT
};

/* Bit numbers are those of the list; RSL_FLAG_X is the mask. */
enum rsl_item_flag_bit {
#define X(suffix, name) RSL_FLAG_BIT_##suffix,
#include "parser/item_flags.def"
#undef X
    RSL_FLAG_COUNT
};
enum rsl_item_flag {
#define X(suffix, name) RSL_FLAG_##suffix = 1 << RSL_FLAG_BIT_##suffix,
#include "parser/item_flags.def"
#undef X
};

enum rsl_visibility {
    RSL_VIS_NONE, /* the kind has none */
    RSL_VIS_INHERITED,
    RSL_VIS_PUB,
    RSL_VIS_CRATE,
    RSL_VIS_SELF,
    RSL_VIS_SUPER,
    RSL_VIS_IN, /* the path is item.vis_path */
};

/* What an item stands in directly. */
enum rsl_context {
    RSL_CTX_NONE, /* a member: variant, field, use leaf */
    RSL_CTX_FILE,
    RSL_CTX_MOD,
    RSL_CTX_IMPL,
    RSL_CTX_TRAIT,
    RSL_CTX_FOREIGN,
    RSL_CTX_BODY,  /* a block of any kind */
    RSL_CTX_MACRO, /* the arguments of the macro call that is the parent, or of one further out */
};

enum rsl_shape { RSL_SHAPE_NONE, RSL_SHAPE_NAMED, RSL_SHAPE_TUPLE, RSL_SHAPE_UNIT };

/* Source bytes [start, end). Absent: start == end == 0. */
struct rsl_span {
    uint32_t start, end;
};

enum rsl_attr_kind {
    RSL_ATTR_OTHER,    /* value: what stands behind a `=`, if it holds a block; else empty */
    RSL_ATTR_DOC,      /* outer doc comment, line or block */
    RSL_ATTR_CFG,      /* value: the predicate */
    RSL_ATTR_CFG_ATTR, /* value: all between the parentheses */
    RSL_ATTR_PATH,     /* #[path = "value"]: what stands between the quotes */
};

/* An outer attribute or outer doc comment. A line doc comment ends before its newline. */
struct rsl_attr {
    struct rsl_span span;
    struct rsl_span value;
    uint8_t kind; /* enum rsl_attr_kind */
};

/* One item or member. Offsets are bytes from the start of the source; RSL_NONE where there is no
 * such place. Strings are spans of the source, as written. */
struct rsl_item {
    uint8_t kind;    /* enum rsl_item_kind */
    uint8_t vis;     /* enum rsl_visibility */
    uint8_t context; /* enum rsl_context */
    uint8_t shape;   /* enum rsl_shape */
    uint32_t flags;  /* enum rsl_item_flag, or-ed */
    uint32_t parent; /* index of the enclosing item, RSL_NONE at file level */

    uint32_t start;       /* first outer attribute or doc comment, else head */
    uint32_t head;        /* first token behind the outer attributes */
    uint32_t sig_end;     /* [head, sig_end) is the signature: all but attributes, body and value */
    uint32_t body;        /* opening delimiter of the body, RSL_NONE if there is none */
    uint32_t end;         /* one past the last byte */
    struct rsl_span name; /* `r#` included */
    uint32_t line;        /* of the name, or of head if there is none; from 1 */
    uint32_t column;      /* in bytes from the line's start; from 1 */

    uint32_t first_attr, nattrs; /* in rsl_file.attrs */
    uint32_t ngenerics;          /* generic parameters */
    uint32_t nparams;            /* fn: parameters, receiver included, `...` not */
    uint32_t nmembers;   /* direct members: fields (tuple fields too), variants, items, leaves */
    uint32_t use_prefix; /* use leaf: in rsl_file.use_prefixes, RSL_NONE if it has none */
    struct rsl_span generics; /* with the angle brackets */

    /* fn: return type. const, static, field: type. type: the aliased type. impl: self type.
     * variant: discriminant. trait alias: its bounds. enum: none. */
    struct rsl_span type;
    /* impl: trait path. fn, foreign mod: the ABI string with its quotes (empty but present if
     * only `extern` is written: start == end != 0). mod: the value of #[path]. macro call: path.
     * extern crate: the crate. use leaf: last segment. delegation: the path delegated to. */
    struct rsl_span path;
    struct rsl_span vis_path; /* the path of pub(in path) */
};

/* A part of a use tree before `::{` or before a leaf's last segment: `a::b` of use a::b::{c}.
 * Chained, because full paths would cost quadratic space in nested groups. */
struct rsl_use_prefix {
    uint32_t parent;          /* RSL_NONE at the root */
    struct rsl_span segments; /* as written; empty for a root that is only `::` or nothing */
    struct rsl_span last;     /* the last segment, of the parents' if it has none of its own */
    uint32_t line, column;    /* of `last` */
    bool global;              /* `::` stands before the first segment */
};

/* The result for one file. Filled by rsl_parse, reused by the next call; all arrays belong to it.
 */
struct rsl_file {
    struct rsl_item *items; /* by start, a parent before its children */
    uint32_t nitems;
    struct rsl_attr *attrs;
    uint32_t nattrs;
    struct rsl_use_prefix *use_prefixes;
    uint32_t nuse_prefixes;
    struct rsl_source_error *errors; /* by offset */
    uint32_t nerrors;
    uint32_t prefix_nbytes; /* BOM, shebang and frontmatter before the first token */

    struct rsl_allocator allocator;
    uint32_t items_capacity, attrs_capacity, use_prefixes_capacity, errors_capacity;
    struct rsl_scratch *scratch; /* the parser's stacks, kept for reuse */
};

struct rsl_parse_options {
    enum rsl_isa isa; /* AUTO unless a test or a benchmark compares them */
};

/* Makes an empty file. allocator: NULL for malloc. Allocates nothing yet. */
void rsl_file_init(struct rsl_file *file, const struct rsl_allocator *allocator);

/* Frees all that the file holds; it may be initialised again. */
void rsl_file_fini(struct rsl_file *file);

/* Parses src[0..nbytes) into items, replacing what `file` held.
 * src: any bytes; RSL_PAD zero bytes must follow; not kept. options: NULL for the defaults.
 * Never fails on bad source: what was wrong is in file->errors, and the items that are whole are
 * there. Returns RSL_OK, RSL_ENOMEM or RSL_ETOOBIG; on error `file` is empty and reusable.
 * Any nesting depth: no recursion but for blocks inside types, up to a limit that is reported; 128
 * KiB of stack suffice.
 * One rsl_file per thread. O(nbytes) time; memory at most 200 bytes a byte of source and 64 KiB, in
 * practice less than one. */
enum rsl_status rsl_parse(struct rsl_file *file, const uint8_t *src, size_t nbytes,
                          const struct rsl_parse_options *options);

/* The record name of a kind ("fn"), flag bit ("async"), context ("file"), or "" for none. Any
 * thread. */
const char *rsl_item_kind_name(enum rsl_item_kind kind);
const char *rsl_item_flag_name(enum rsl_item_flag_bit bit);
const char *rsl_context_name(enum rsl_context context);

/* Whether an item can have members that `nmembers` counts, even if it has none. Any thread. */
bool rsl_item_has_members(const struct rsl_item *item);

/* Finds lines and columns of ascending offsets, each in the time of the bytes since the last. */
struct rsl_locator {
    const uint8_t *src, *at;
    uint32_t line, column;
};

/* Begins at the first byte of src, a source as rsl_parse takes it, which is borrowed. */
void rsl_locator_init(struct rsl_locator *locator, const uint8_t *src);

/* Line and column, both from 1, of the byte at `off`; the column counts code points, as rustc's
 * does. An offset before the last one begins again at the first byte. One locator per thread. */
void rsl_locator_find(struct rsl_locator *locator, uint32_t off, uint32_t *line_out,
                      uint32_t *column_out);

#ifdef __cplusplus
}
#endif

#endif
