/* ds/spsc.h under contention, with its windows widened. */
#include "ds/spsc.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "channel_testing.h"

#define CHANNEL        rsl_spsc
#define CALL(name)     rsl_spsc_##name
#define FIRST_WRAPPING (UINT64_MAX - 2)
#define NSENDERS       1
#define NCHANNELS      4
#define NITEMS         20000
#include "channel_stress.h"

int main(void)
{
    const struct CMUnitTest tests[] = {STRESS_TESTS};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
