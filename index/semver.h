/* semver.h - versions and their order, as Semantic Versioning 2.0.0 has them and cargo takes them.
 */
#ifndef RSL_INDEX_SEMVER_H
#define RSL_INDEX_SEMVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* major.minor.patch[-pre][+build]. What points, points into the text that it was read from. */
struct rsl_semver {
    uint64_t major, minor, patch;
    const char *pre; /* behind the `-` */
    size_t pre_nbytes;
};

/* Reads text[0..nbytes), all of it. False if that is no version: a number with a leading zero or of
 * more than 64 bits, an empty identifier, another character. O(nbytes). */
bool rsl_semver_read(const char *text, size_t nbytes, struct rsl_semver *out);

/* Negative, 0 or positive, as `a` comes before `b`, is equal, or comes after it. What stands behind
 * a `+` does not count. O(bytes). */
int rsl_semver_compare(const struct rsl_semver *a, const struct rsl_semver *b);

/* Cuts `name-1.2.3` into the name and the version, which is all behind the first `-` that a version
 * can stand behind: names of packages have no dots, so there is one way at most. Returns the bytes
 * of the name, 0 if there is no such place. The version begins one behind that. O(nbytes). */
size_t rsl_semver_cut(const char *text, size_t nbytes);

/* Whether a version is one that `wanted` means: that version, or one with the numbers that it
 * names, as 1 and 1.2 name 1.2.3. As cargo has it in name@version. O(bytes). */
bool rsl_semver_matches(const char *version, size_t nbytes, const char *wanted);

#ifdef __cplusplus
}
#endif

#endif
