/* nbytes.h - how many bytes the user means. */
#ifndef RSL_TOOLS_NBYTES_H
#define RSL_TOOLS_NBYTES_H

#include <stdbool.h>
#include <stdint.h>

/* Reads a number of bytes, perhaps with one of the suffixes K, M, G: powers of 1,024. */
bool rsl_parse_nbytes(const char *text, uint64_t *nbytes_out);

#endif
