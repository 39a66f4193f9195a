/* color.h - whether a command colours what it prints. */
#ifndef RSL_TOOLS_COLOR_H
#define RSL_TOOLS_COLOR_H

#include <stdbool.h>

/* `when`: auto, always or never, as given with --color; NULL is auto, which means: if standard
 * output is a terminal that can show them, and the environment has no NO_COLOR that says anything
 * (no-color.org). False if `when` is none of these. */
bool rsl_color_parse(const char *when, bool *wanted_out);

#endif
