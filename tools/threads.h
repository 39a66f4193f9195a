/* threads.h - how many threads the user wants. */
#ifndef RSL_TOOLS_THREADS_H
#define RSL_TOOLS_THREADS_H

#include <stdbool.h>
#include <stddef.h>

/* As many as there are processors that the program may run on. */
size_t rsl_default_threads(void);

/* Reads the value of an option -j; 0 stands for the default. */
bool rsl_parse_threads(const char *text, size_t *nthreads_out);

#endif
