#include "tools/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void rsl_progress_init(struct rsl_progress *progress, bool wanted)
{
    *progress = (struct rsl_progress){.shows = wanted && isatty(STDERR_FILENO)};
    if (progress->shows)
        progress->start_ns = now_ns();
}

void rsl_progress_show(struct rsl_progress *progress, size_t ndone, size_t n, uint64_t nbytes)
{
    if (!progress->shows)
        return;
    const uint64_t now = now_ns();
    if (now - progress->start_ns < 1000000000u || now - progress->last_ns < 100000000u)
        return;
    progress->last_ns = now;
    progress->is_shown = true;
    const double seconds = (double)(now - progress->start_ns) * 1e-9;
    const double left = ndone > 0 ? seconds * (double)(n - ndone) / (double)ndone : 0;
    fprintf(stderr, "\r%zu of %zu files, %.0f MB/s, %.1f s left\033[K", ndone, n,
            (double)nbytes / seconds / 1e6, left);
    fflush(stderr);
}

void rsl_progress_clear(struct rsl_progress *progress)
{
    if (progress->is_shown)
        fputs("\r\033[K", stderr);
    progress->is_shown = false;
}
