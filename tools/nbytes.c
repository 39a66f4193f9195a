#include "tools/nbytes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool rsl_parse_nbytes(const char *text, uint64_t *nbytes_out)
{
    char *end;
    errno = 0;
    const unsigned long long n = strtoull(text, &end, 10);
    if (*text < '0' || *text > '9' || errno != 0)
        return false;
    const char *const suffixes = "KMG", *suffix = *end == '\0' ? NULL : strchr(suffixes, *end);
    const unsigned shift = suffix == NULL ? 0 : 10 * (unsigned)(suffix - suffixes + 1);
    if ((*end != '\0' && (suffix == NULL || end[1] != '\0')) || n > UINT64_MAX >> shift)
        return false;
    *nbytes_out = (uint64_t)n << shift;
    return true;
}
