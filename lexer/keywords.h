/* keywords.h - telling keywords from names. The tokens themselves are all Ident, as in rustc_lexer.
 *
 * One 8-byte load, a multiplicative hash without collisions and one compare; the words are in
 * keywords.def, the hash table is made by tools/gen_keywords.py. */
#ifndef RSL_LEXER_KEYWORDS_H
#define RSL_LEXER_KEYWORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum rsl_keyword {
    RSL_KEYWORD_NONE = 0,
#define X(name, text, keyword_class) RSL_KEYWORD_##name,
#include "lexer/keywords.def"
#undef X
    RSL_KEYWORD_COUNT /* one past the last keyword */
};

enum rsl_keyword_class {
    RSL_KEYWORD_CLASS_NONE = 0,
    RSL_KEYWORD_CLASS_STRICT,
    RSL_KEYWORD_CLASS_RESERVED,
    RSL_KEYWORD_CLASS_E2018,
    RSL_KEYWORD_CLASS_E2024,
    RSL_KEYWORD_CLASS_WEAK,
};

/* The keyword that p[0..nbytes) is, or RSL_KEYWORD_NONE; `r#fn` is none. At least 8 bytes must be
 * readable at p, as in every source buffer. Any thread. O(1). */
enum rsl_keyword rsl_keyword_find(const uint8_t *p, size_t nbytes);

extern const uint32_t rsl_keyword_lengths[32];

/* Whether p[0..nbytes), nbytes > 0, has the first letter and the length of a keyword: most names
 * have not, and need no look at the table. */
static inline bool rsl_may_be_keyword(const uint8_t *p, size_t nbytes)
{
    return (rsl_keyword_lengths[*p & 31] >> (nbytes & 31) & (nbytes < 32)) != 0;
}

/* Of an enum rsl_keyword: when it is a keyword, and its text (static; "" for NONE). */
enum rsl_keyword_class rsl_keyword_class(enum rsl_keyword keyword);
const char *rsl_keyword_text(enum rsl_keyword keyword);

#ifdef __cplusplus
}
#endif

#endif
