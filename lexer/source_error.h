/* source_error.h - what is wrong with a source file, as data.
 *
 * The lexer and the parser append struct rsl_source_error to arrays and go on; neither ever fails
 * because of its input. The codes are listed in error_codes.def. */
#ifndef RSL_LEXER_SOURCE_ERROR_H
#define RSL_LEXER_SOURCE_ERROR_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum rsl_source_error_code {
    RSL_SOURCE_ERROR_NONE = 0,
#define X(suffix, rustc_code, message) RSL_SOURCE_ERROR_##suffix,
#include "lexer/error_codes.def"
#undef X
    RSL_SOURCE_ERROR_COUNT /* one past the last code */
};

/* The bytes [off, off + nbytes) of the source are the ones that rustc would underline; nbytes is 0
 * where something is missing. code is an enum rsl_source_error_code. */
struct rsl_source_error {
    uint32_t off;
    uint32_t nbytes;
    uint16_t code;
};

/* For `code`: rustc's message in one line, rustc's own code ("E0758", or "" where it has none), and
 * the name in error_codes.def ("NOT_UTF8"). Static strings, never NULL; "unknown error", "" and
 * "NONE" for what is no code. Any thread. O(1). */
const char *rsl_source_error_message(uint16_t code);
const char *rsl_source_error_rustc_code(uint16_t code);
const char *rsl_source_error_name(uint16_t code);

#ifdef __cplusplus
}
#endif

#endif
