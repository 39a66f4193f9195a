/* lex_errors.h - inside the lexer: from tokens to what is wrong with them. */
#ifndef RSL_LEXER_LEX_ERRORS_H
#define RSL_LEXER_LEX_ERRORS_H

#include "lexer/lexer.h"

/* Fills tokens->errors for tokens lexed from src[0..nbytes) in `edition`. Errors are rare and so
 * are not thought of while lexing: this goes over all tokens once more, and is called only for
 * files in which the lexer saw something suspect, or which rsl_needs_byte_check finds so.
 * Returns RSL_OK or RSL_ENOMEM. O(nbytes). */
enum rsl_status rsl_lex_errors(struct rsl_tokens *tokens, const uint8_t *src, size_t nbytes,
                               uint16_t edition);

/* Whether src[0..nbytes) has a sequence that is not UTF-8 or a CR without LF. O(nbytes), at the
 * speed of memory if it has neither CR nor anything beyond ASCII. */
bool rsl_needs_byte_check(const uint8_t *src, size_t nbytes);

#endif
