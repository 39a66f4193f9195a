/* progress.h - how far a long work has come, on standard error, if that is a terminal. */
#ifndef RSL_TOOLS_PROGRESS_H
#define RSL_TOOLS_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rsl_progress {
    bool shows; /* there is a terminal, and it is wanted */
    bool is_shown;
    uint64_t start_ns, last_ns;
};

void rsl_progress_init(struct rsl_progress *progress, bool wanted);

/* Says that ndone of n files are done, with nbytes in them: from the first second on, ten times a
 * second. */
void rsl_progress_show(struct rsl_progress *progress, size_t ndone, size_t n, uint64_t nbytes);

/* Takes the line away, for others to write. */
void rsl_progress_clear(struct rsl_progress *progress);

#endif
