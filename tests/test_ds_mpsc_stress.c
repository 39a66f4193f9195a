/* ds/mpsc.h under contention, with its windows widened. */
#include "ds/mpsc.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "channel_testing.h"

#define CHANNEL        rsl_mpsc
#define CALL(name)     rsl_mpsc_##name
#define FIRST_WRAPPING ((UINT64_C(1) << 63) - 3)
#define NSENDERS       5
#define NCHANNELS      1
#define NITEMS         20000
#include "channel_stress.h"

int main(void)
{
    const struct CMUnitTest tests[] = {STRESS_TESTS};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
