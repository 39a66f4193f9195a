/* ds/ds.h: status messages and the default allocator. */
#include "ds/ds.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void every_status_has_its_own_sentence(void **state)
{
    (void)state;
    static const enum rsl_status all[] = {RSL_OK,      RSL_ENOMEM,    RSL_ETOOBIG,
                                          RSL_EIO,     RSL_EINVAL,    RSL_EAGAIN,
                                          RSL_ECLOSED, RSL_ETIMEDOUT, RSL_ECANCELED};
    const size_t nall = sizeof(all) / sizeof(all[0]);
    for (size_t i = 0; i < nall; i++) {
        const char *message = rsl_status_message(all[i]);
        assert_non_null(message);
        assert_true(strlen(message) > 0);
        for (size_t k = 0; k < i; k++) {
            assert_string_not_equal(message, rsl_status_message(all[k]));
        }
    }
}

static void a_status_from_a_newer_library_still_has_a_sentence(void **state)
{
    (void)state;
    const char *message = rsl_status_message((enum rsl_status)1000);
    assert_non_null(message);
    assert_string_not_equal(message, rsl_status_message(RSL_OK));
}

static void default_allocator_gives_memory_aligned_for_any_object(void **state)
{
    (void)state;
    const struct rsl_allocator *a = &rsl_allocator_default;
    for (size_t nbytes = 1; nbytes <= 4096; nbytes *= 2) {
        unsigned char *p = a->allocate(a->state, nbytes);
        assert_non_null(p);
        assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
        memset(p, 0xA5, nbytes);
        a->release(a->state, p, nbytes);
    }
}

static void default_resize_keeps_what_was_there(void **state)
{
    (void)state;
    const struct rsl_allocator *a = &rsl_allocator_default;
    unsigned char *p = a->resize(a->state, NULL, 0, 100);
    assert_non_null(p);
    for (size_t i = 0; i < 100; i++) {
        p[i] = (unsigned char)i;
    }
    p = a->resize(a->state, p, 100, 100000);
    assert_non_null(p);
    for (size_t i = 0; i < 100; i++) {
        assert_int_equal(p[i], i);
    }
    a->release(a->state, p, 100000);
}

static void releasing_null_is_allowed(void **state)
{
    (void)state;
    rsl_allocator_default.release(rsl_allocator_default.state, NULL, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_status_has_its_own_sentence),
        cmocka_unit_test(a_status_from_a_newer_library_still_has_a_sentence),
        cmocka_unit_test(default_allocator_gives_memory_aligned_for_any_object),
        cmocka_unit_test(default_resize_keeps_what_was_there),
        cmocka_unit_test(releasing_null_is_allowed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
