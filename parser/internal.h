/* internal.h - what the files of parser/ share; private to the folder.
 *
 * How a parse runs: a stack of frames, one for each open place that holds items. parse.c drives
 * the top frame; item.c parses one item's header and, if it opens a place of its own, pushes its
 * frame instead of calling itself. Only a block inside a header ([u8; { .. }]) runs the driver
 * again, to a depth of MAX_RECURSION.
 */
#ifndef RSL_PARSER_INTERNAL_H
#define RSL_PARSER_INTERNAL_H

#include "lexer/cross.h"
#include "lexer/doc_comment.h"
#include "lexer/item_start.h"
#include "lexer/keywords.h"
#include "lexer/scan.h"
#include "parser/parser.h"

#include <string.h>

/* Blocks within headers within blocks: a frame of the C stack each. */
#define MAX_RECURSION 64
/* Macro arguments are read again as items; each level reads its bytes once more. */
#define MAX_MACRO_NESTING 16
/* Scans that run to the end of the source, before parsing is no longer taken up behind the line on
 * which such a one began: each costs a look at all the rest. */
#define MAX_RUNS 64
/* Token trees that do not end, before only the next NEAR_NBYTES are searched for an end. */
#define MAX_UNCLOSED 16
#define NEAR_NBYTES  128
/* How many lines, each indented less than the last, are passed in search of one that begins an item
 * and is not indented deeper than the rejected one before. */
#define MAX_DEDENTS 64

enum frame_kind {
    FRAME_FILE,
    FRAME_MOD,
    FRAME_IMPL,
    FRAME_TRAIT,
    FRAME_FOREIGN,
    FRAME_MACRO, /* the arguments of a macro call, read as items; ends at `limit` */
    FRAME_BLOCK, /* crossed: items may begin at its statement boundaries */
    FRAME_VALUE, /* crossed: up to a `;`, or a closer that it did not open */
};

struct frame {
    uint8_t kind;
    bool ends_owner;      /* the owner ends with this frame */
    uint32_t owner;       /* the item it belongs to, RSL_NONE for the file */
    uint32_t nitems;      /* how many items there were when it was opened */
    const uint8_t *open;  /* its opening delimiter, or the value's first byte */
    const uint8_t *limit; /* where it ends at the latest: the end of the source, the macro's closer,
                             or, when recovering, the line that shows it was left unclosed */
    struct rsl_crossing crossing; /* BLOCK and VALUE */
};

/* A line that begins with an item keyword, for recovery. */
struct item_line {
    uint32_t off;             /* of the keyword */
    uint32_t column;          /* bytes of indentation */
    uint32_t next_not_deeper; /* index of the next such line that is not indented deeper */
    uint32_t next_shallower;  /* ... that is indented less */
};

struct open_delimiter {
    uint32_t off;
    uint8_t opener;
};

struct rsl_scratch {
    struct frame *frames;
    uint32_t nframes, frames_capacity;
    uint8_t *nest; /* open `(`, `[` and `<` of headers */
    uint32_t nnest, nest_capacity;
    struct item_line *item_lines; /* of the file, once it has been found to be broken */
    uint32_t nitem_lines, item_lines_capacity;
    struct open_delimiter *open; /* of the token-level check */
    uint32_t nopen, open_capacity;
    uint32_t nopen_of[3];         /* of them `(`, `[`, `{` */
    struct rsl_line_block *lines; /* the map of the file's lines */
    size_t lines_capacity;
};

struct parser {
    struct rsl_file *file;
    struct rsl_scratch *scratch;
    const uint8_t *src, *end;
    const uint8_t *p;        /* the next token, trivia skipped, between two steps */
    const uint8_t *last;     /* one past the last token consumed by a header function */
    const uint8_t *bound;    /* no frame reaches beyond: the end of the source, or the `]` of the
                                attribute whose value is being crossed */
    const uint8_t *rejected; /* the head of the item that was rejected last */
    const uint8_t *indented; /* a byte of the line whose indentation was asked for last, or NULL */
    uint32_t indentation;    /* ... and that, in bytes */
    const struct rsl_cross_ops *cross;
    struct rsl_header_window window; /* of the header that was looked at last */
    enum rsl_status status;          /* RSL_ENOMEM sticks */
    unsigned recursion;
    unsigned macro_nesting;
    unsigned nruns; /* scans that ran to the end, for a literal or comment that does not end */
    unsigned nunclosed;
    bool speculative; /* reading macro arguments: an error means "not items" and is not kept */
    bool failed;      /* ... and that happened */
    bool has_lines;   /* item_lines are those of this file */
    bool recovering;  /* the second parse of a file whose braces do not balance */
    bool suspect;     /* delimiters or literals want a look token by token */
    bool unbalanced;  /* a place was left open, or closed twice */
};

/* What came before an item's keyword. */
struct head {
    uint32_t start, head;
    uint32_t first_attr, nattrs;
    struct rsl_span vis_path;
    uint8_t vis;
    uint8_t context;
    bool attr_blocks; /* an attribute's value holds a block */
    uint32_t owner;
};

static inline uint32_t offset_of(const struct parser *ps, const uint8_t *p)
{
    return (uint32_t)(p - ps->src);
}

static inline struct rsl_span span_of(const struct parser *ps, const uint8_t *from,
                                      const uint8_t *to)
{
    return (struct rsl_span){offset_of(ps, from), offset_of(ps, to)};
}

/* header.c: what skip() leaves: white space and comments of any length. */
const uint8_t *rsl_skip_trivia(struct parser *ps, const uint8_t *p);

/* To the next token; doc comments are passed over too. A token behind no space or one, the usual
 * case, is found at once. */
static inline const uint8_t *skip(struct parser *ps, const uint8_t *p)
{
    p = rsl_behind_space(p);
    if (__builtin_expect(!rsl_is(*p, RSL_CC_WHITESPACE | RSL_CC_HIGH) && *p != '/', 1))
        return p;
    return rsl_skip_trivia(ps, p);
}

/* The keyword at p; *after_out is behind the identifier there, or p if there is none. */
static inline enum rsl_keyword keyword_at(const struct parser *ps, const uint8_t *p,
                                          const uint8_t **after_out)
{
    const uint8_t *after = rsl_scan_ident(p, ps->end);
    *after_out = after;
    return after == p ? RSL_KEYWORD_NONE : rsl_keyword_find(p, (size_t)(after - p));
}

/* Behind the identifier, raw or not, at p; p if there is none. */
static inline const uint8_t *scan_name(const struct parser *ps, const uint8_t *p)
{
    const uint8_t *after = rsl_scan_ident(p, ps->end);
    if (*after != '#' || after != p + 1 || *p != 'r')
        return after;
    const uint8_t *raw = rsl_scan_ident(after + 1, ps->end);
    return raw > after + 1 ? raw : after;
}

/* Whether the identifier at p is `word`, which is lower-case ASCII; *after_out is then behind it.
 * `word` is a literal, so that this becomes a comparison or two. */
static inline bool at_word(const struct parser *ps, const uint8_t *p, const char *word,
                           const uint8_t **after_out)
{
    const size_t n = __builtin_strlen(word);
    if (memcmp(p, word, n) != 0 || rsl_is(p[n], RSL_CC_IDENT_CONTINUE))
        return false;
    *after_out = p + n;
    return p[n] < 0x80 || rsl_scan_ident(p, ps->end) == p + n;
}

/* store.c: growing the file's arrays. Each sets ps->status and says false, or RSL_NONE, when
 * memory ran out. Indices stay valid, pointers into the arrays do not. */
/* A larger copy of `array`, which is released; NULL, and `array` as it was, if memory ran out. */
void *rsl_grow(struct parser *ps, void *array, uint32_t *capacity, size_t element_nbytes);
uint32_t rsl_add_item(struct parser *ps, enum rsl_item_kind kind, const struct head *head);
struct rsl_attr *rsl_next_attr_grown(struct parser *ps);
/* The place behind the last attribute, to be filled and then counted; NULL without memory. */
static inline struct rsl_attr *next_attr(struct parser *ps)
{
    struct rsl_file *file = ps->file;
    return __builtin_expect(file->nattrs == file->attrs_capacity, 0) ? rsl_next_attr_grown(ps)
                                                                     : &file->attrs[file->nattrs];
}
uint32_t rsl_add_use_prefix(struct parser *ps, struct rsl_use_prefix prefix);
void rsl_add_error(struct parser *ps, const uint8_t *at, size_t nbytes, uint16_t code);
struct frame *rsl_push_frame(struct parser *ps, enum frame_kind kind, uint32_t owner,
                             const uint8_t *open, const uint8_t *behind);

static inline struct rsl_item *item_at(struct parser *ps, uint32_t index)
{
    return &ps->file->items[index];
}

/* attr.c */
const uint8_t *rsl_parse_attrs(struct parser *ps, const uint8_t *p, struct head *head);
/* Reads outer attributes and doc comments from p, a token or the end, adding them; returns the
 * first token that is none. Inner ones are passed over. */
static inline const uint8_t *parse_attrs(struct parser *ps, const uint8_t *p, struct head *head)
{
    head->first_attr = ps->file->nattrs;
    head->nattrs = 0;
    if (*p == '#' || *p == '/')
        return rsl_parse_attrs(ps, p, head);
    ps->nruns += p >= ps->end;
    head->head = head->start = offset_of(ps, p);
    return p;
}
void rsl_cross_attr_values(struct parser *ps, const struct head *head, uint32_t owner);
/* Finds the items in the blocks of the attributes of `head`, #[a = { fn f() {} }]: `owner`'s. */
static inline void parse_attr_values(struct parser *ps, const struct head *head, uint32_t owner)
{
    if (__builtin_expect(head->attr_blocks, 0))
        rsl_cross_attr_values(ps, head, owner);
}
/* Passes over the `#` attribute at p; p if there is none. */
const uint8_t *rsl_cross_attr(struct parser *ps, const uint8_t *p);

/* header.c: crossing the parts of an item's header. */
/* Crosses types, bounds and patterns from ps->p to the first of `stops` outside all brackets, or
 * to a closer that was not opened, or to the end; leaves ps->p there and ps->last behind the last
 * token. Blocks inside belong to `owner`. */
void rsl_cross_header(struct parser *ps, unsigned stops, uint32_t owner);
/* Crosses an expression up to `,` or a closer; for discriminants and field defaults. */
void rsl_cross_expression(struct parser *ps, uint32_t owner);
bool rsl_parse_generics(struct parser *ps, uint32_t owner);
/* `<...>` at ps->p, if there: fills generics and ngenerics of `owner`. False if it is broken. */
static inline bool parse_generics(struct parser *ps, uint32_t owner)
{
    return *ps->p != '<' || rsl_parse_generics(ps, owner);
}
/* `(...)` at ps->p: the parameters of fn `owner`. */
bool rsl_parse_params(struct parser *ps, uint32_t owner);
void rsl_parse_where(struct parser *ps, unsigned stops, uint32_t owner);
/* `where ...` at ps->p, if there, up to one of `stops`. */
static inline void parse_where(struct parser *ps, unsigned stops, uint32_t owner)
{
    if (*ps->p == 'w')
        rsl_parse_where(ps, stops, owner);
}
/* Crosses the token tree at p; NULL after reporting it unclosed. */
const uint8_t *rsl_cross_tree(struct parser *ps, const uint8_t *p);

/* members.c: at ps->p, the opener, to behind the closer. */
bool rsl_parse_named_fields(struct parser *ps, uint32_t owner);
bool rsl_parse_tuple_fields(struct parser *ps, uint32_t owner);
bool rsl_parse_variants(struct parser *ps, uint32_t owner);
const uint8_t *rsl_parse_visibility(struct parser *ps, const uint8_t *p, struct head *head);
/* `pub`, `pub(..)` at p, if there. Returns the next token. */
static inline const uint8_t *parse_visibility(struct parser *ps, const uint8_t *p,
                                              struct head *head)
{
    head->vis = RSL_VIS_INHERITED;
    head->vis_path = (struct rsl_span){0, 0};
    return *p == 'p' ? rsl_parse_visibility(ps, p, head) : p;
}
/* Behind `(crate)`, `(self)`, `(super)` or `(in path)` at p, or p; tells which. */
const uint8_t *rsl_parse_restriction(struct parser *ps, const uint8_t *p, uint8_t *vis_out,
                                     struct rsl_span *path_out);

/* use_tree.c: at ps->p, behind `use`; to before the `;`. */
bool rsl_parse_use_tree(struct parser *ps, uint32_t use);

/* item.c */
enum item_outcome {
    ITEM_PARSED,   /* whole; ps->p is behind it */
    ITEM_OPENED,   /* its frame is on the stack */
    ITEM_NONE,     /* only attributes stood there; ps->p is behind them */
    ITEM_REJECTED, /* reported; nothing of it is kept; ps->p is where it went wrong */
};
enum item_outcome rsl_parse_item(struct parser *ps, enum rsl_context context, uint32_t owner);
/* A name at ps->p: any identifier but a strict keyword. Reports and says false if there is none. */
bool rsl_parse_name(struct parser *ps, struct rsl_span *name_out);
/* Reports `code` at ps->p's token. */
void rsl_expected(struct parser *ps, enum rsl_source_error_code code);

/* kinds.c */
/* Parses item `index` from behind its keyword, after its kind. */
enum item_outcome rsl_parse_kind(struct parser *ps, uint32_t index);
/* rsl_parse_name for item `index`. */
bool rsl_parse_item_name(struct parser *ps, uint32_t index);
/* Ends item `index` behind ps->last, or behind the `;` that must be at ps->p. */
enum item_outcome rsl_finish_item(struct parser *ps, uint32_t index);
enum item_outcome rsl_finish_item_at_semi(struct parser *ps, uint32_t index);

/* macro.c */
enum item_outcome rsl_parse_macro_rules(struct parser *ps, uint32_t index);
enum item_outcome rsl_parse_macro(struct parser *ps, uint32_t index);
/* The call whose path is ps->p..path_end. */
enum item_outcome rsl_parse_macro_call(struct parser *ps, struct head *head,
                                       const uint8_t *path_end);
/* Behind the simple path at p (`a::b`, `::a`, `$crate::a`), or p. */
const uint8_t *rsl_cross_path(struct parser *ps, const uint8_t *p);
/* Whether the identifier p..after can be a segment of a path: no strict keyword but crate, self,
 * super and Self. `if !x {}` is no call of a macro named `if`. */
bool rsl_is_path_segment(const uint8_t *p, const uint8_t *after);

/* parse.c */
/* Runs the top frame and what it pushes until it is popped. False: memory ran out, or speculation
 * failed. */
bool rsl_run_frames(struct parser *ps);
/* A block or an array length inside a header: crosses it with its items. ps->p: the `{`, or the
 * length's first byte; then behind the `}`, or at the `]`. */
bool rsl_run_block(struct parser *ps, uint32_t owner);
bool rsl_run_value(struct parser *ps, uint32_t owner);

/* macro_items.c: reads the arguments open..close of a macro call as items, if they are nothing
 * else. */
void rsl_parse_macro_items(struct parser *ps, uint32_t call, const uint8_t *open,
                           const uint8_t *close);

/* recover.c */
void rsl_find_item_lines(struct parser *ps);
/* The line at which whatever `owner` opened must have ended, not beyond `limit`. */
const uint8_t *rsl_recovery_limit(struct parser *ps, uint32_t owner, const uint8_t *open,
                                  const uint8_t *limit);
/* The next line behind the one of `head` that begins an item and is not indented deeper than that,
 * if before limit; else limit. Such a line is taken for an item's whatever was left open before. */
const uint8_t *rsl_next_item_line(struct parser *ps, const uint8_t *head, const uint8_t *limit);
/* From the head of an item that was rejected to where the next may begin, or to a closer. */
const uint8_t *rsl_skip_rejected(struct parser *ps, const uint8_t *head, const uint8_t *limit);

/* The line of the value from..to of `owner` at which another item begins, because a `;` is missing
 * before it; NULL, nearly always. */
const uint8_t *rsl_value_overrun(struct parser *ps, uint32_t owner, const uint8_t *from,
                                 const uint8_t *to);

/* delimiters.c: reports mismatched and unclosed delimiters and literals, token by token. */
void rsl_check_delimiters(struct parser *ps);

#endif
