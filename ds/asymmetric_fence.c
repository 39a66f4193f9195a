/* asymmetric_fence.c - membarrier(2). Needs _GNU_SOURCE for syscall(2). */
#include "ds/asymmetric_fence.h"

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

void rsl_fence_wait_out(void)
{
    const struct timespec millisecond = {.tv_nsec = 1000000};
    (void)nanosleep(&millisecond, NULL);
}

#ifdef RSL_MODEL

bool rsl_fence_asymmetric_prepare(void)
{
    return true;
}

bool rsl_fence_heavy(void)
{
    rsl_model_fence(RSL_MODEL_HEAVY_FENCE);
    return true;
}

#else

static bool membarrier(int command)
{
    return syscall(SYS_membarrier, command, 0, 0) == 0;
}

bool rsl_fence_asymmetric_prepare(void)
{
    return membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED);
}

bool rsl_fence_heavy(void)
{
    return membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED);
}

#endif
