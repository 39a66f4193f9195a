/* fingerprint.h - whether a change of a file can concern any other. */
#ifndef RSL_INDEX_FINGERPRINT_H
#define RSL_INDEX_FINGERPRINT_H

#include <stdint.h>

#include "ds/arena.h"
#include "ds/ds.h"
#include "parser/parser.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A hash (XXH3) of the items of a file that others can see, but for their bodies: kinds, nesting,
 * names, signatures, visibility, generics, fields and variants, uses, modules; attributes and
 * macros as they are written. Bodies, values of constants, comments, documentation, white space and
 * places do not count, nor what stands in bodies, unless a file is declared there. While it is the
 * same, nobody else has to look at the file again; what files of the dependency graph have to be
 * looked at when it is not is told more finely by the graph.
 *
 * file: parsed from src, with RSL_PAD bytes behind it. scratch: memory for the time of the call,
 * not reset. RSL_OK or RSL_ENOMEM. One thread at a time for each scratch. O(items + bytes of
 * signatures). */
enum rsl_status rsl_fingerprint(const struct rsl_file *file, const uint8_t *src,
                                struct rsl_arena *scratch, uint64_t *fingerprint_out);

#ifdef __cplusplus
}
#endif

#endif
