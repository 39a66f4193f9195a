#include "tools/threads.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>

#include "sched/pool.h"

size_t rsl_default_threads(void)
{
    cpu_set_t cpus;
    const size_t n = sched_getaffinity(0, sizeof cpus, &cpus) == 0 ? (size_t)CPU_COUNT(&cpus) : 1;
    return n < RSL_POOL_MAX_WORKERS ? n : RSL_POOL_MAX_WORKERS;
}

bool rsl_parse_threads(const char *text, size_t *nthreads_out)
{
    char *end;
    errno = 0;
    const unsigned long n = strtoul(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != '\0' || errno != 0 || n > RSL_POOL_MAX_WORKERS)
        return false;
    *nthreads_out = n == 0 ? rsl_default_threads() : (size_t)n;
    return true;
}
