/* ds/spsc.h: what each call does. */
#include "ds/spsc.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "channel_testing.h"

#define CHANNEL        rsl_spsc
#define CALL(name)     rsl_spsc_##name
#define FIRST_WRAPPING (UINT64_MAX - 2)
#include "channel_tests.h"

int main(void)
{
    const struct CMUnitTest tests[] = {CHANNEL_TESTS};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
