/* cross.h - bytes to structure: crossing blocks, values and token trees without making tokens.
 *
 * An item parser needs from a function's body only where it ends and which items stand in it.
 * Items begin only behind a `{`, `}` or `;` (white space, comments and attributes between), so a
 * crossing looks at the bytes that open and close nesting, at those that open literals and
 * comments, and at statement boundaries; it never looks at the rest. 64 bytes are classified at a
 * time into bit masks by the best instruction set of the machine; the scalar classifier is the
 * oracle of the others.
 *
 * Crossing a valid block gives the right end and every item candidate. It does not check the
 * expressions. Whether parentheses and brackets balance is checked by counting only: `suspect`
 * says that rsl_delimiters_check() (parser/) should look token by token.
 *
 * One crossing per thread. O(bytes crossed).
 */
#ifndef RSL_LEXER_CROSS_H
#define RSL_LEXER_CROSS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lexer/header_sight.h"
#include "lexer/isa.h"
#include "lexer/line_map.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Why a crossing came back. `p` is then ... */
enum rsl_cross_event {
    RSL_CROSS_CLOSE, /* ... at the `}` that closes the block, or at the closer behind a value */
    RSL_CROSS_STOP,  /* ... at the `;` that ends the value */
    RSL_CROSS_ITEM,  /* ... at the first byte of an item, or of an attribute or outer doc comment
                        behind a statement boundary; call again when it has been dealt with */
    RSL_CROSS_ERROR, /* ... behind a literal or comment that does not end; see `error_*` */
    RSL_CROSS_END,   /* ... at `limit`, or behind what ran across it */
};

/* A crossing on its way. Set up by rsl_crossing_begin; `p` and `at_boundary` may be changed
 * between calls by whoever parses the items in between. */
struct rsl_crossing {
    const uint8_t *p;
    const uint8_t *end;      /* one past the last byte of the source; RSL_PAD zero bytes follow */
    const uint8_t *limit;    /* nothing from here on is looked at, but for the rest of a literal,
                                comment or token tree; at most end */
    const uint8_t *boundary; /* first significant byte behind the last statement boundary */
    const uint8_t *comment_from; /* the significant byte's end before the last comment ... */
    const uint8_t *comment_to;   /* ... and where that comment ended */
    const uint8_t *earlier_from, *earlier_to; /* the same of the comment before that one */
    const uint8_t *path, *path_end; /* the boundary that was last asked for a path, and the token
                                       behind that path */
    uint32_t nbraces;               /* `{` open inside what is crossed */
    uint32_t nbrackets;             /* `(` and `[` open at the level of a value */
    int64_t parens;                 /* `(` less `)`, `[` less `]`: not zero at the end is suspect */
    int64_t squares;
    bool value;            /* ends at a `;` or an unmatched closer instead of at a `}` */
    bool at_boundary;      /* an item may begin at `p` */
    bool suspect;          /* the counts did not come out even somewhere */
    uint16_t error_code;   /* enum rsl_source_error_code, for RSL_CROSS_ERROR */
    uint32_t error_nbytes; /* the literal or comment is p[-error_nbytes..0) */
};

/* Begins at p. Block: p is behind the `{`. Value: p is behind the `=`. */
static inline void rsl_crossing_begin(struct rsl_crossing *crossing, const uint8_t *p,
                                      const uint8_t *end, bool value)
{
    crossing->p = p;
    crossing->end = end;
    crossing->limit = end;
    crossing->boundary = value ? NULL : p;
    crossing->comment_from = crossing->comment_to = NULL;
    crossing->earlier_from = crossing->earlier_to = NULL;
    crossing->path = crossing->path_end = NULL;
    crossing->nbraces = crossing->nbrackets = 0;
    crossing->parens = crossing->squares = 0;
    crossing->value = value;
    crossing->at_boundary = !value;
    crossing->suspect = false;
    crossing->error_code = 0;
    crossing->error_nbytes = 0;
}

/* The two crossings of one instruction set, and its map of lines.
 * cross: goes on from crossing->p until the next event.
 * tree: crosses the token tree whose opening delimiter is at p, without looking for items in it;
 *   returns one past the closing delimiter, or NULL if `limit` comes before (then an unterminated
 *   literal in it is told by crossing->error_*, if error_code is not 0). Sets crossing->suspect
 *   when a closer inside is of the wrong kind.
 * short_tree: one past the closer that matches the `(` or `[` at p, if it is within 64 bytes and
 *   what is between them is plain, without braces but in strings (*any_brace_out: there are such);
 *   NULL if not.
 * short_value: the `;` that ends the value at p, if it is within 64 bytes and on the same line, and
 *   what is before it is plain, without braces, literals with quotes and macro calls; NULL if not.
 * short_block: one past the `}` that closes the block whose `{` is at p, if it is within 64 bytes
 *   and the block is plain and sound and holds no items; NULL if not.
 * line_end: to the newline at or behind p, or to end.
 * sight: see header_sight.h.
 * short_block and sight are NULL where it would not pay. */
struct rsl_cross_ops {
    enum rsl_cross_event (*cross)(struct rsl_crossing *crossing);
    const uint8_t *(*tree)(struct rsl_crossing *crossing, const uint8_t *p);
    const uint8_t *(*short_tree)(const uint8_t *p, bool *any_brace_out);
    const uint8_t *(*short_value)(const uint8_t *p);
    const uint8_t *(*short_block)(const uint8_t *p, const uint8_t *end);
    const uint8_t *(*line_end)(const uint8_t *p, const uint8_t *end);
    rsl_line_map_fill *map_lines;
    const struct rsl_header_sight *sight;
};

/* The best crossing for `isa` on this machine. Cheap: call it once a buffer. Any thread. */
const struct rsl_cross_ops *rsl_cross_ops_for(enum rsl_isa isa);

#ifdef __cplusplus
}
#endif

#endif
