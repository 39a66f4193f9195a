/* lexer.h - bytes to tokens; the public face of lexer/.
 *
 * The tokens are those of rustc_lexer, kind, length and details: every byte of a file behind its
 * prefix is in exactly one token, white space and comments are tokens, keywords are identifiers
 * (lexer/keywords.h inside the library tells them), operators are single characters.
 *
 * Any bytes are lexed. A sequence that is not UTF-8 counts as one character that fits nowhere:
 * within comments and literals it is part of them, elsewhere it is a token of kind Unknown. The
 * tokens are thus those of the file in which each bad sequence (see utf8.h) is replaced by U+FFFD.
 *
 * Wherever a source buffer is asked for, RSL_PAD readable bytes, all zero, must follow it. */
#ifndef RSL_LEXER_LEXER_H
#define RSL_LEXER_LEXER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ds/ds.h"
#include "lexer/isa.h"
#include "lexer/source_error.h"

#ifdef __cplusplus
extern "C" {
#endif

enum rsl_token_kind {
#define X(name, id, text) RSL_TOKEN_##name = (id),
#include "lexer/token_kinds.def"
#undef X
};

/* The name of a kind ("Ident"), static; "" for what is no kind. Any thread. O(1). */
const char *rsl_token_kind_name(uint8_t kind);

/* Bits of rsl_token.flags. */
#define RSL_TOKEN_UNTERMINATED       1u /* comments, quoted literals; raw strings: not valid */
#define RSL_TOKEN_EMPTY_INT          2u /* Int: a base and no digit, `0x` */
#define RSL_TOKEN_EMPTY_EXPONENT     4u /* Float: an exponent and no digit, `1e` */
#define RSL_TOKEN_STARTS_WITH_NUMBER 8u /* Lifetime: `'0a` */
#define RSL_TOKEN_BASE_SHIFT         4  /* Int, Float: the base, one of the four below */
#define RSL_TOKEN_BASE_DECIMAL       0u
#define RSL_TOKEN_BASE_BINARY        (1u << RSL_TOKEN_BASE_SHIFT)
#define RSL_TOKEN_BASE_OCTAL         (2u << RSL_TOKEN_BASE_SHIFT)
#define RSL_TOKEN_BASE_HEXADECIMAL   (3u << RSL_TOKEN_BASE_SHIFT)
#define RSL_TOKEN_BASE               (3u << RSL_TOKEN_BASE_SHIFT) /* mask */

/* One token: the bytes [start, start + nbytes) of the source. */
struct rsl_token {
    uint32_t start;
    uint32_t nbytes;
    uint32_t suffix_start; /* literals: offset in the token of the suffix, nbytes if none; else 0 */
    uint8_t kind;          /* enum rsl_token_kind */
    uint8_t flags;         /* RSL_TOKEN_* bits */
    uint8_t nhashes;       /* valid raw strings: how many `#` open them; else 0 */
    uint8_t reserved;      /* 0 */
};

/* What stands before the first token. */
struct rsl_prefix {
    uint32_t nbytes;          /* a byte order mark, a shebang without its newline, and, if asked
                                 for, frontmatter and the white space before it */
    uint32_t frontmatter_off; /* the frontmatter, from its first `-` to the end of the line that
                                 closes it, newline excluded; 0 bytes if there is none */
    uint32_t frontmatter_nbytes;
};

/* How to lex. All zero, or NULL for a pointer to it, is what rustc_lexer 0.87 does.
 *
 * edition: 0 leaves what depends on the edition as rustc_lexer has it. 2015, 2018, 2021 and 2024 do
 * with it what rustc's parser does:
 *   UnknownPrefix, UnknownPrefixLifetime  before 2021 Ident, Lifetime; else an error
 *   RawLifetime                           before 2021 `'r`, `#` and the rest
 *   CStr, RawCStr                         before 2021 `c` or `cr` and the rest
 *   GuardedStrPrefix                      before 2024 `#` and the rest; else the whole string, and
 *                                         an error
 * frontmatter: whether a `---` block at the start is taken into the prefix (RFC 3503, by rustc
 * 1.95's rules). */
struct rsl_lex_options {
    uint16_t edition;
    bool frontmatter;
    enum rsl_isa isa;
};

struct rsl_lex_ops; /* the making of tokens in one instruction set */

/* One token at a time. The fields are the lexer's own, but for `prefix`. */
struct rsl_lexer {
    const uint8_t *src;
    const uint8_t *p; /* the next token */
    const uint8_t *end;
    const uint8_t *no_guard_before; /* `#` up to here are known not to open a guarded string */
    struct rsl_prefix prefix;
    uint16_t edition; /* 0 or a year */
    bool suspect;     /* a token so far may be wrong in some way */
    const struct rsl_lex_ops *ops;
};

/* Makes `lexer` stand behind the prefix of src[0..nbytes), which it borrows. options may be NULL.
 * Returns RSL_OK; RSL_ETOOBIG above RSL_MAX_SOURCE bytes or RSL_EINVAL for an unknown edition, and
 * then there are no tokens. Nothing is to be released. One lexer per thread. O(prefix). */
enum rsl_status rsl_lexer_init(struct rsl_lexer *lexer, const uint8_t *src, size_t nbytes,
                               const struct rsl_lex_options *options);

/* Gives the next token, or false at the end of the source. What is wrong with a token shows in its
 * kind and flags. O(length of the token). */
bool rsl_lexer_next(struct rsl_lexer *lexer, struct rsl_token *token_out);

/* All tokens of a file, in the object's own memory. One object per thread; reuse it. */
struct rsl_tokens {
    struct rsl_token *list;
    size_t ntokens;
    struct rsl_source_error *errors; /* what is wrong with the file, by ascending offset */
    size_t nerrors;
    struct rsl_prefix prefix;
    size_t capacity; /* the rest is the object's own business */
    size_t errors_capacity;
    const struct rsl_allocator *allocator;
};

/* Empty, holding no memory. `allocator` is borrowed; NULL is rsl_allocator_default. */
void rsl_tokens_init(struct rsl_tokens *tokens, const struct rsl_allocator *allocator);

/* Releases the memory; the object is as after init. */
void rsl_tokens_fini(struct rsl_tokens *tokens);

/* Forgets the tokens and errors and keeps the memory. */
void rsl_tokens_reset(struct rsl_tokens *tokens);

/* Lexes src[0..nbytes) into `tokens`, replacing what it held. src is not needed afterwards.
 * options may be NULL. Never fails on bad source: what is wrong is in tokens->errors. With the
 * exception of empty and overlong characters, the inside of literals (escapes, non-ASCII bytes in
 * byte strings) is not checked, and nothing is reported about what depends on an edition if
 * options->edition is 0.
 * Returns RSL_OK, RSL_ENOMEM, RSL_ETOOBIG or RSL_EINVAL (an unknown edition); if not RSL_OK,
 * `tokens` is empty and reusable. Memory: at most 16 bytes for each token, doubled by growth, and
 * a constant; 12 for each error likewise. O(nbytes). */
enum rsl_status rsl_lex(struct rsl_tokens *tokens, const uint8_t *src, size_t nbytes,
                        const struct rsl_lex_options *options);

#ifdef __cplusplus
}
#endif

#endif
