/* open_path.h - open(2) for paths of any length. */
#ifndef RSL_SCHED_OPEN_PATH_H
#define RSL_SCHED_OPEN_PATH_H

#include <stdbool.h>
#include <stddef.h>

/* Opens path[0..nbytes), which ends with a NUL. `flags` as for open(2); O_CREAT is not for this.
 * Returns the descriptor, or a negative errno. A path too long for the system is opened piece by
 * piece. */
int rsl_open_path(const char *path, size_t nbytes, int flags);

/* openat(2), which waits for others to close what they have open: where descriptors run out,
 * or somebody has a lease on the file, it is tried again for 0.4 s. Not, with `impatient`, if that
 * is set; it is set when waiting was for nothing, and cleared by a success. NULL: patient.
 * Returns the descriptor, or a negative errno. */
int rsl_open_patiently(int folder, const char *path, int flags, bool *impatient);

#endif
