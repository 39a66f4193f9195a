/* glob.h - shell patterns as git's ignore files have them, matched against bytes.
 *
 *   ?        one character            [a-z]  [!a-z]  [^a-z]   one character of a class, or not of
 * it
 *   *        any number of them       [[:alpha:]]             the twelve POSIX classes, ASCII
 *   \x       the character x          anything else           itself
 *
 * With RSL_GLOB_PATH the text is a path: only '/' and "**" match a slash. "**" that begins the
 * pattern or follows a slash, and that ends the pattern or is followed by a slash, matches any
 * number of whole components, none included; every other run of stars is one star.
 *
 * After gitignore(5), and where that is silent after what git does: a pattern with a class that is
 * not closed, with an unknown POSIX class, or with a backslash at its end matches nothing.
 */
#ifndef RSL_SCHED_GLOB_H
#define RSL_SCHED_GLOB_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
    RSL_GLOB_PATH = 1, /* the text is a path */
    RSL_GLOB_UTF8 =
        2, /* a character is a code point; else, and where the text is no UTF-8, a byte */
};

/* Whether the whole of text[0..text_nbytes) matches pattern[0..pattern_nbytes). Neither needs a
 * NUL; NULL is allowed where the size is 0. `flags`: any of RSL_GLOB_*. Any thread.
 * O(pattern_nbytes * text_nbytes), without "**" between slashes; else times the number of '/' in
 * the text. Allocates nothing and does not recurse. */
bool rsl_glob_match(const char *pattern, size_t pattern_nbytes, const char *text,
                    size_t text_nbytes, unsigned flags);

/* False for the patterns that match nothing, as said above. Any thread, O(nbytes). */
bool rsl_glob_is_valid(const char *pattern, size_t nbytes, unsigned flags);

/* Length of the class that begins with the '[' at pattern[0], 0 if it is malformed. Any thread. */
size_t rsl_glob_class_length(const char *pattern, size_t nbytes, unsigned flags);

/* Length of the longest prefix without any of * ? [ and backslash. Any thread. */
size_t rsl_glob_literal_prefix(const char *pattern, size_t nbytes);

#ifdef __cplusplus
}
#endif

#endif
