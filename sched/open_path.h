/* open_path.h - open(2) for paths of any length. */
#ifndef RSL_SCHED_OPEN_PATH_H
#define RSL_SCHED_OPEN_PATH_H

#include <stddef.h>

/* Opens path[0..nbytes), which ends with a NUL. `flags` as for open(2); O_CREAT is not for this.
 * Returns the descriptor, or a negative errno. A path too long for the system is opened piece by
 * piece. */
int rsl_open_path(const char *path, size_t nbytes, int flags);

#endif
