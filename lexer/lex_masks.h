/* lex_masks.h - inside the lexer: what a window of 64 bytes is seen as. */
#ifndef RSL_LEXER_LEX_MASKS_H
#define RSL_LEXER_LEX_MASKS_H

#include <stdint.h>

/* A bit for each byte, the first lowest. */
struct window {
    uint64_t word;  /* A-Z a-z 0-9 _ */
    uint64_t digit; /* 0-9 */
    uint64_t space; /* \t \n \v \f \r and space */
    uint64_t quote; /* " and ' */
    uint64_t hash;  /* # */
    uint64_t slash; /* / */
    uint64_t high;  /* 0x80 and above */
};

#endif
