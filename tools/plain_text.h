/* plain_text.h - text that comes from outside, for people: nothing in it that a terminal obeys.
 *
 * Names of files, what stands in Cargo.toml files and archives, and source are written by others.
 * Whatever of them is printed for people passes through here, wherever standard output leads: a
 * name is one line, and what is in a file today is on a terminal tomorrow. JSON has its own
 * escapes.
 */
#ifndef RSL_TOOLS_PLAIN_TEXT_H
#define RSL_TOOLS_PLAIN_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* The length of the character that text[0..nbytes), nbytes > 0, begins with; a byte that is no
 * UTF-8 is one by itself. *obeyed_out: a terminal might obey it: a control character (C0, DEL, and
 * C1, in UTF-8 or as a stray byte), a line separator, or one that changes the direction of the text
 * behind it. Other stray bytes move no cursor: names in other encodings stay what they are. O(1).
 */
size_t rsl_plain_text_character(const char *text, size_t nbytes, bool *obeyed_out);

/* Copies the text with each character that a terminal might obey as `?`, but for those of the
 * string `kept`. Returns the length, at most nbytes, for which there must be room at `to`, which
 * may be `text`. */
size_t rsl_plain_text(char *to, const char *text, size_t nbytes, const char *kept);

#endif
