/* futex.c - the two calls. Needs _GNU_SOURCE for syscall(2). */
#include "ds/futex.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S UINT64_C(1000000000)

bool rsl_futex_wait(struct rsl_atomic_u32 *word, uint32_t expected, uint64_t timeout_ns)
{
    struct timespec timeout = {.tv_sec = (time_t)(timeout_ns / NS_PER_S),
                               .tv_nsec = (long)(timeout_ns % NS_PER_S)};
    const long result = syscall(SYS_futex, &word->value, FUTEX_WAIT_PRIVATE, expected,
                                timeout_ns == RSL_FOREVER ? NULL : &timeout, NULL, 0);
    return result == 0 || errno != ETIMEDOUT;
}

void rsl_futex_wake(struct rsl_atomic_u32 *word, uint32_t count)
{
    (void)syscall(SYS_futex, &word->value, FUTEX_WAKE_PRIVATE,
                  count > INT_MAX ? INT_MAX : (int)count, NULL, NULL, 0);
}
