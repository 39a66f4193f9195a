#include "lexer/keywords.h"

#include "lexer/keyword_hash.inc"

#include <string.h>

static const struct {
    const char *text;
    uint8_t nbytes;
    uint8_t keyword_class;
} keywords[RSL_KEYWORD_COUNT] = {
    [RSL_KEYWORD_NONE] = {"", 0, RSL_KEYWORD_CLASS_NONE},
#define X(name, text, keyword_class) \
    [RSL_KEYWORD_##name] = {text, sizeof(text) - 1, RSL_KEYWORD_CLASS_##keyword_class},
#include "lexer/keywords.def"
#undef X
};

_Static_assert(RSL_KEYWORD_COUNT == KEYWORD_HASH_COUNT + 1, "run tools/gen_keywords.py");

enum rsl_keyword rsl_keyword_find(const uint8_t *p, size_t nbytes)
{
    if (nbytes - 1 >= KEYWORD_HASH_LONGEST) {
        return RSL_KEYWORD_NONE;
    }
    uint64_t word;
    memcpy(&word, p, sizeof(word));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    /* By the length, the bits of the word that are not of the first eight bytes: names have any
     * length, and a branch on it would be mispredicted. */
    static const uint8_t surplus[KEYWORD_HASH_LONGEST + 1] = {64, 56, 48, 40, 32, 24, 16, 8};
    word = word << surplus[nbytes] >> surplus[nbytes];
    uint64_t hash = (word + nbytes) * KEYWORD_HASH_FACTOR;
    unsigned slot = (unsigned)(hash >> (64 - KEYWORD_HASH_BITS));
    /* No branch on whether it is one: nobody could predict it. */
    unsigned is_one = keyword_hash_words[slot] == word;
    is_one &= keywords[keyword_hash_ids[slot]].nbytes == nbytes;
    unsigned keyword = keyword_hash_ids[slot] & -is_one;
    if ((is_one & (nbytes > 8)) != 0 &&
        memcmp(p + 8, keywords[keyword].text + 8, nbytes - 8) != 0) {
        return RSL_KEYWORD_NONE;
    }
    return (enum rsl_keyword)keyword;
}

enum rsl_keyword_class rsl_keyword_class(enum rsl_keyword keyword)
{
    return (enum rsl_keyword_class)keywords[keyword].keyword_class;
}

const char *rsl_keyword_text(enum rsl_keyword keyword)
{
    return keywords[keyword].text;
}
