#include "ds/ds.h"

#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

const char *rsl_status_message(enum rsl_status status)
{
    switch (status) {
    case RSL_OK: return "no error";
    case RSL_ENOMEM: return "out of memory";
    case RSL_ETOOBIG: return "the input is larger than 4 GiB";
    case RSL_EIO: return "a system call failed";
    case RSL_EINVAL: return "an argument is invalid";
    case RSL_EAGAIN: return "not possible at the moment";
    case RSL_ECLOSED: return "the channel is closed";
    case RSL_ETIMEDOUT: return "the time is over";
    case RSL_ECANCELED: return "cancelled";
    }
    return "an unknown status";
}

static void *default_allocate(void *state, size_t nbytes)
{
    (void)state;
    return malloc(nbytes);
}

static void *default_resize(void *state, void *ptr, size_t old_nbytes, size_t new_nbytes)
{
    (void)state;
    (void)old_nbytes;
    return realloc(ptr, new_nbytes);
}

static void default_release(void *state, void *ptr, size_t nbytes)
{
    (void)state;
    (void)nbytes;
    free(ptr);
}

const struct rsl_allocator rsl_allocator_default = {
    .allocate = default_allocate,
    .resize = default_resize,
    .release = default_release,
};

uint64_t rsl_unpredictable(void)
{
    uint64_t number;
    if (getrandom(&number, sizeof number, GRND_NONBLOCK) == (ssize_t)sizeof number)
        return number;
    struct timespec now = {0, 0}; /* at boot, before there is anything better */
    (void)timespec_get(&now, TIME_UTC);
    return (uint64_t)now.tv_sec * 1000000007u + (uint64_t)now.tv_nsec;
}
