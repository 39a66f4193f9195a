/* Headers spoilt at random: what is crossed at sight must be what the scalar version, which goes
 * token by token, makes of it, errors included. Anything that a mask does not show ends up here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/check_file.h"
#include "tests/rust_soup.h"

static const char *const headers[] = {
    "fn f(&self, a: u8, b: &'a mut [Foo<B, C>; 32]) -> Result<(), Box<dyn E + 'a>> { g() }",
    "pub fn m<'a, T: A + 'a, const N: usize>(mut x: impl Into<T>, (y, z): (u8, i8)) where T: B {}",
    "fn f(self: Box<Self>, p: *const u8, q: *mut T, _: fn(u8) -> u8, r: &dyn Fn(A, B) -> C);",
    "struct S<T = u8, U: Iterator<Item = T>> { a: [u8; N], b: Option<&'static str>, c: T::U }",
    "struct T(pub u8, pub(crate) Vec<u8>, &'a T, [u8; 4]);",
    "enum E<'a> { A, B(u8, &'a str), C { x: Vec<Vec<u8>>, y: [T; 2] }, D = 3 }",
    "impl<T: A> B<T> for C<'_, T> where T: ?Sized { type X = Y<Item = u8>; const Z: &[u8] = &[]; }",
    "type A<T> = Result<T, for<'a> fn(&'a u8)>; static B: &str = \"\"; const C: [u8; 2] = [1, 2];",
    "trait T<A: B = C>: D<E> + F { fn g(&mut self) -> <A as B>::H; type I: J<K>; }",
    "use a::{b, c::{d as e, self}, f::*}; extern \"C\" fn g(h: i32, ...) -> !;",
};

static const char marks[] = " \n\t,<>()[]{}:;=&*+'\"?!#/|.-$_@rmaut\xC3\xA9";

static void check_all_isas(const uint8_t *src, size_t nbytes, struct rsl_file *judge,
                           struct rsl_file *other)
{
    struct rsl_parse_options options = {.isa = RSL_ISA_SCALAR};
    assert_int_equal(rsl_parse(judge, src, nbytes, &options), RSL_OK);
    for (int isa = RSL_ISA_SCALAR + 1; isa < RSL_ISA_COUNT_; isa++) {
        options.isa = (enum rsl_isa)isa;
        assert_int_equal(rsl_parse(other, src, nbytes, &options), RSL_OK);
        const char *difference = compare_files(judge, other);
        if (difference != NULL)
            fail_msg("%s in: %s", difference, (const char *)src);
    }
}

static void spoilt_headers_read_the_same_on_every_instruction_set(void **state)
{
    (void)state;
    uint64_t random = 20;
    struct rsl_file judge, other;
    rsl_file_init(&judge, NULL);
    rsl_file_init(&other, NULL);
    for (unsigned round = 0; round < 20000; round++) {
        uint8_t src[512 + RSL_PAD] = {0};
        const char *header = headers[round % (sizeof headers / sizeof *headers)];
        /* Shifted, so that every byte comes to stand at the edge of a window. */
        const size_t shift = next_random(&random) % 80;
        const size_t nbytes = shift + strlen(header);
        memset(src, ' ', shift);
        memcpy(src + shift, header, strlen(header));
        for (uint64_t n = next_random(&random) % 4; n > 0; n--) {
            const size_t at = shift + next_random(&random) % (nbytes - shift);
            const uint8_t mark = (uint8_t)marks[next_random(&random) % (sizeof marks - 1)];
            if (next_random(&random) % 2 == 0) { /* in the place of a byte, or between two */
                src[at] = mark;
            } else {
                memmove(src + at + 1, src + at, nbytes - at - 1);
                src[at] = mark;
            }
        }
        check_all_isas(src, nbytes, &judge, &other);
    }
    rsl_file_fini(&judge);
    rsl_file_fini(&other);
}

static void a_lifetime_named_like_a_keyword_is_none(void **state)
{
    (void)state;
    struct rsl_file judge, other;
    rsl_file_init(&judge, NULL);
    rsl_file_init(&other, NULL);
    static const char *const sources[] = {
        "fn f('mut self, a: &'mut T, b: &'dyn [u8]) {}",
        "fn f(a:: impl B, c: d::dyn E) {}",
        "type A =>impl B; fn f() ->> u8 {}",
    };
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        uint8_t src[128 + RSL_PAD] = {0};
        memcpy(src, sources[i], strlen(sources[i]));
        check_all_isas(src, strlen(sources[i]), &judge, &other);
    }
    rsl_file_fini(&judge);
    rsl_file_fini(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spoilt_headers_read_the_same_on_every_instruction_set),
        cmocka_unit_test(a_lifetime_named_like_a_keyword_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
