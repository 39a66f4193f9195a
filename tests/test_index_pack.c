/* pack.h and pack_names.h: what goes in comes out, and no bytes do harm. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "index/pack.h"
#include "index/pack_names.h"
#include "parser/text.h"
#include "tests/counting_allocator.h"
#include "tests/rust_soup.h"

static void assert_same_span(struct rsl_span a, struct rsl_span b)
{
    assert_int_equal(a.start, b.start);
    assert_int_equal(a.end, b.end);
}

static void assert_same_text(const uint8_t *a, const uint8_t *b, struct rsl_span span)
{
    assert_memory_equal(a + span.start, b + span.start, span.end - span.start);
}

static void assert_same_item(const struct rsl_item *a, const struct rsl_item *b)
{
    assert_int_equal(a->kind, b->kind);
    assert_int_equal(a->vis, b->vis);
    assert_int_equal(a->context, b->context);
    assert_int_equal(a->shape, b->shape);
    assert_int_equal(a->flags, b->flags);
    assert_int_equal(a->parent, b->parent);
    assert_int_equal(a->start, b->start);
    assert_int_equal(a->head, b->head);
    assert_int_equal(a->sig_end, b->sig_end);
    assert_int_equal(a->body, b->body);
    assert_int_equal(a->end, b->end);
    assert_int_equal(a->line, b->line);
    assert_int_equal(a->column, b->column);
    assert_int_equal(a->nattrs, b->nattrs);
    if (a->nattrs > 0)
        assert_int_equal(a->first_attr, b->first_attr);
    assert_int_equal(a->ngenerics, b->ngenerics);
    assert_int_equal(a->nparams, b->nparams);
    assert_int_equal(a->nmembers, b->nmembers);
    assert_int_equal(a->use_prefix, b->use_prefix);
    assert_same_span(a->name, b->name);
    assert_same_span(a->generics, b->generics);
    assert_same_span(a->type, b->type);
    assert_same_span(a->path, b->path);
    assert_same_span(a->vis_path, b->vis_path);
}

static void assert_same_texts(const struct rsl_file *file, const uint8_t *src,
                              const struct rsl_unpacked *unpacked)
{
    for (uint32_t i = 0; i < file->nitems; i++) {
        const struct rsl_item *item = &file->items[i];
        assert_same_text(src, unpacked->src, item->name);
        assert_same_text(src, unpacked->src, item->path);
        assert_same_text(src, unpacked->src, item->vis_path);
        if (item->kind == RSL_ITEM_IMPL)
            assert_same_text(src, unpacked->src, item->type);
        if (item->kind == RSL_ITEM_USE_LEAF) {
            char a[4096], b[4096];
            const size_t n = rsl_text_use_path(file, src, item, a, sizeof a);
            assert_int_equal(n, rsl_text_use_path(&unpacked->file, unpacked->src,
                                                  &unpacked->file.items[i], b, sizeof b));
            assert_memory_equal(a, b, n < sizeof a ? n : sizeof a);
        }
    }
}

static void assert_same_file(const struct rsl_file *file, const uint8_t *src,
                             const struct rsl_unpacked *unpacked)
{
    const struct rsl_file *other = &unpacked->file;
    assert_int_equal(file->nitems, other->nitems);
    assert_int_equal(file->nattrs, other->nattrs);
    assert_int_equal(file->nuse_prefixes, other->nuse_prefixes);
    assert_int_equal(file->prefix_nbytes, other->prefix_nbytes);
    for (uint32_t i = 0; i < file->nitems; i++)
        assert_same_item(&file->items[i], &other->items[i]);
    for (uint32_t i = 0; i < file->nattrs; i++) {
        const struct rsl_attr *a = &file->attrs[i], *b = &other->attrs[i];
        assert_int_equal(a->kind, b->kind);
        assert_same_span(a->span, b->span);
        assert_same_span(a->value, b->value);
        if (a->kind == RSL_ATTR_CFG)
            assert_same_text(src, unpacked->src, a->value);
    }
    for (uint32_t i = 0; i < file->nuse_prefixes; i++) {
        const struct rsl_use_prefix *a = &file->use_prefixes[i], *b = &other->use_prefixes[i];
        assert_int_equal(a->parent, b->parent);
        assert_int_equal(a->global, b->global);
        assert_int_equal(a->line, b->line);
        assert_int_equal(a->column, b->column);
        assert_same_span(a->segments, b->segments);
        assert_same_span(a->last, b->last);
    }
    assert_same_texts(file, src, unpacked);
}

static const char everything[] =
    "#!/usr/bin/env run\n"
    "/// Doc.\n#[cfg(all(unix, feature = \"x\"))]\n#[derive(Debug)]\n"
    "pub(in crate::a) struct S<T: Clone, const N: usize> { #[cfg(a)] pub a: T, b: [u8; N] }\n"
    "pub use a::b::{self, c as d, e::{f, ::g, *}};\nuse ::z;\n"
    "impl<T> Trait<T> for &'a mut dyn a::B<T> where T: X { const C: u8 = 1; fn f(&self) {} }\n"
    "extern \"C\" { fn g(a: u8, ...) -> u8; static mut X: u8; }\n"
    "#[path = \"x/y.rs\"] mod m;\nmod n { pub(super) fn r#fn() { struct Inner; } }\n"
    "macro_rules! mm [ () => {} ];\ncfg_if! { if #[cfg(a)] { fn in_macro() {} } }\n"
    "enum E { A = 1, B(u8), C { x: u8 } }\nextern crate core as k;\nunion U { a: u8 }\n";

/* Packs and unpacks what parsing gives for a text. */
static void check(struct rsl_file *file, struct rsl_unpacked *unpacked,
                  struct rsl_pack_buffer *block, const char *text, size_t nbytes)
{
    uint8_t *src = calloc(1, nbytes + RSL_PAD);
    assert_non_null(src);
    memcpy(src, text, nbytes);
    assert_int_equal(rsl_parse(file, src, nbytes, NULL), RSL_OK);
    block->nbytes = 0;
    assert_int_equal(rsl_pack_file(file, src, nbytes, block), RSL_OK);
    assert_int_equal(rsl_unpack_file(unpacked, block->bytes, block->nbytes), RSL_OK);
    assert_int_equal(unpacked->src_nbytes, nbytes);
    assert_same_file(file, src, unpacked);
    free(src);
}

static void unpacks_what_was_packed(void **state)
{
    (void)state;
    struct rsl_file file;
    struct rsl_unpacked unpacked;
    struct rsl_pack_buffer block = {0};
    uint64_t random = 20260101, nitems = 0;
    rsl_file_init(&file, NULL);
    rsl_unpacked_init(&unpacked, NULL);
    check(&file, &unpacked, &block, "", 0);
    check(&file, &unpacked, &block, everything, sizeof everything - 1);
    assert_true(file.nitems > 30 && file.nerrors == 0);
    for (int i = 0; i < 20000; i++) {
        char text[2048];
        check(&file, &unpacked, &block, text, make_soup(text, sizeof text, &random));
        nitems += file.nitems;
    }
    assert_true(nitems > 20000);
    rsl_pack_buffer_fini(&block);
    rsl_unpacked_fini(&unpacked);
    rsl_file_fini(&file);
}

/* Goes over all text that a record may show, so that a sanitizer sees every access. */
static size_t read_all(const struct rsl_unpacked *unpacked)
{
    size_t n = 0;
    const struct rsl_file *file = &unpacked->file;
    for (uint32_t i = 0; i < file->nitems; i++) {
        const struct rsl_item *item = &file->items[i];
        n += rsl_text_path(unpacked->src, item->path, NULL, 0);
        n += rsl_text_normalized(unpacked->src, item->type, NULL, 0);
        if (item->kind == RSL_ITEM_USE_LEAF)
            n += rsl_text_use_path(file, unpacked->src, item, NULL, 0);
        for (uint32_t k = 0; k < item->nattrs; k++)
            n += rsl_text_normalized(unpacked->src, file->attrs[item->first_attr + k].value, NULL,
                                     0);
        assert_true(item->parent == RSL_NONE || item->parent < i);
    }
    return n;
}

static void put_byte(uint8_t *bytes, size_t nbytes, size_t at, uint8_t byte)
{
    if (at < nbytes)
        bytes[at] = byte;
}

static void malformed_blocks_do_no_harm(void **state)
{
    (void)state;
    struct rsl_file file;
    struct rsl_unpacked unpacked;
    struct rsl_pack_buffer block = {0};
    uint64_t random = 7, naccepted = 0;
    rsl_file_init(&file, NULL);
    rsl_unpacked_init(&unpacked, NULL);
    check(&file, &unpacked, &block, everything, sizeof everything - 1);
    for (size_t n = 0; n < block.nbytes; n++) { /* a shorter block is none */
        uint8_t *part = malloc(n + 1);
        memcpy(part, block.bytes, n);
        assert_int_equal(rsl_unpack_file(&unpacked, part, n), RSL_EINVAL);
        assert_int_equal(unpacked.file.nitems, 0);
        free(part);
    }
    uint8_t bytes[1024];
    assert_in_range(block.nbytes, sizeof bytes / 2, sizeof bytes);
    for (int i = 0; i < 30000; i++) {
        memcpy(bytes, block.bytes, block.nbytes);
        /* Not those that say how large the source is, and so how much memory is taken. */
        for (uint64_t k = next_random(&random) % 3 + 1; k > 0; k--)
            put_byte(bytes, block.nbytes, 3 + next_random(&random) % sizeof bytes,
                     (uint8_t)next_random(&random));
        if (rsl_unpack_file(&unpacked, bytes, block.nbytes) == RSL_OK) {
            naccepted++;
            (void)read_all(&unpacked);
        }
    }
    assert_true(naccepted > 1000);
    rsl_pack_buffer_fini(&block);
    rsl_unpacked_fini(&unpacked);
    rsl_file_fini(&file);
}

static void packing_survives_any_failed_allocation(void **state)
{
    (void)state;
    struct rsl_file file;
    uint8_t src[sizeof everything + RSL_PAD] = {0};
    memcpy(src, everything, sizeof everything - 1);
    rsl_file_init(&file, NULL);
    assert_int_equal(rsl_parse(&file, src, sizeof everything - 1, NULL), RSL_OK);
    enum rsl_status status = RSL_ENOMEM;
    for (size_t k = 0; status != RSL_OK; k++) {
        struct counting_allocator counting;
        counting_init(&counting, k);
        struct rsl_pack_buffer block = {.allocator = &counting.allocator};
        struct rsl_unpacked unpacked;
        struct rsl_names *names = rsl_names_create(&counting.allocator);
        rsl_unpacked_init(&unpacked, &counting.allocator);
        status =
            names == NULL ? RSL_ENOMEM : rsl_pack_file(&file, src, sizeof everything - 1, &block);
        if (status == RSL_OK)
            status = rsl_unpack_file(&unpacked, block.bytes, block.nbytes);
        if (status == RSL_OK)
            status = rsl_names_add_file(names, &file, src, "a/src/b.rs", 1, false);
        if (status == RSL_OK)
            status = rsl_names_sort(names);
        if (status != RSL_OK)
            assert_int_equal(status, RSL_ENOMEM);
        rsl_names_destroy(names);
        rsl_unpacked_fini(&unpacked);
        rsl_pack_buffer_fini(&block);
        assert_int_equal(counting.nbytes, 0);
        assert_false(counting.wrong);
        assert_true(k < 100);
    }
    rsl_file_fini(&file);
}

/* ---- names */

struct reference {
    char name[12];
    struct rsl_posting posting;
};

static int compare_references(const void *a, const void *b)
{
    const struct reference *x = a, *y = b;
    const int order = rsl_names_compare((const uint8_t *)x->name, strlen(x->name),
                                        (const uint8_t *)y->name, strlen(y->name));
    if (order != 0)
        return order;
    if (x->posting.file_id != y->posting.file_id)
        return x->posting.file_id < y->posting.file_id ? -1 : 1;
    return x->posting.item_id < y->posting.item_id ? -1 : x->posting.item_id > y->posting.item_id;
}

/* Reads segments and compares what comes with what is expected next. */
struct expectation {
    const struct reference *next, *end;
    size_t nsegments, limit;
};

static bool expect_segment(void *context, const uint8_t *first, size_t first_nbytes,
                           const uint8_t *segment, size_t nbytes)
{
    struct expectation *expectation = context;
    struct rsl_segment_reader reader = {0};
    rsl_segment_begin(&reader, segment, nbytes);
    for (size_t i = 0; rsl_segment_next(&reader); i++) {
        const struct rsl_pack_buffer *name = &reader.name;
        if (i == 0) {
            assert_int_equal(first_nbytes, name->nbytes);
            assert_memory_equal(first, name->bytes, first_nbytes);
        }
        struct rsl_posting_reader postings;
        rsl_postings_begin(&postings, reader.its_postings, reader.its_postings_nbytes);
        while (rsl_postings_next(&postings)) {
            assert_true(expectation->next < expectation->end);
            const struct reference *expected = expectation->next++;
            assert_int_equal(strlen(expected->name), name->nbytes);
            assert_memory_equal(expected->name, name->bytes, name->nbytes);
            assert_int_equal(expected->posting.file_id, postings.posting.file_id);
            assert_int_equal(expected->posting.item_id, postings.posting.item_id);
            assert_int_equal(expected->posting.kind, postings.posting.kind);
            assert_int_equal(expected->posting.vis, postings.posting.vis);
            assert_int_equal(expected->posting.vendored, postings.posting.vendored);
        }
        assert_false(postings.in.failed);
    }
    assert_false(reader.failed);
    rsl_pack_buffer_fini(&reader.name);
    expectation->nsegments++;
    return true;
}

static void segments_hold_every_item_under_its_name(void **state)
{
    (void)state;
    enum { N = 3000, NSOURCES = 3 };
    static struct reference references[N];
    uint64_t random = 99;
    for (int round = 0; round < 30; round++) {
        struct rsl_names *names[NSOURCES];
        for (size_t i = 0; i < NSOURCES; i++)
            assert_non_null(names[i] = rsl_names_create(NULL));
        const size_t n = next_random(&random) % N;
        for (size_t i = 0; i < n; i++) {
            struct reference *reference = &references[i];
            const size_t length = 1 + next_random(&random) % (round % 10 + 1);
            memset(reference->name, 0, sizeof reference->name);
            for (size_t k = 0; k < length; k++)
                reference->name[k] = "abABc_"[next_random(&random) % 6];
            reference->posting = (struct rsl_posting){
                .file_id = (uint32_t)(i * 7919 % 101),
                .item_id = (uint32_t)i * (round % 2 ? 1 : 1000003),
                .kind = (uint8_t)(next_random(&random) % RSL_ITEM_KIND_COUNT),
                .vis = (uint8_t)(next_random(&random) % (RSL_VIS_IN + 1)),
                .vendored = i * 7919 % 101 % 2,
            };
            assert_int_equal(rsl_names_add(names[next_random(&random) % NSOURCES],
                                           (const uint8_t *)reference->name, length,
                                           &reference->posting),
                             RSL_OK);
        }
        qsort(references, n, sizeof *references, compare_references);
        for (size_t i = 0; i < NSOURCES; i++)
            assert_int_equal(rsl_names_sort(names[i]), RSL_OK);
        struct expectation expectation = {references, references + n, 0, 0};
        assert_int_equal(rsl_names_write(names, NSOURCES, round < 15 ? 200 : 100000, expect_segment,
                                         &expectation),
                         RSL_OK);
        assert_ptr_equal(expectation.next, expectation.end);
        assert_true(n < 1000 || round >= 15 || expectation.nsegments > 5);
        for (size_t i = 0; i < NSOURCES; i++)
            rsl_names_destroy(names[i]);
    }
}

static bool count_and_stop(void *context, const uint8_t *first, size_t first_nbytes,
                           const uint8_t *segment, size_t nbytes)
{
    (void)first;
    (void)first_nbytes;
    struct rsl_pack_buffer *kept = context;
    assert_true(rsl_pack_buffer_reserve(kept, nbytes));
    memcpy(kept->bytes, segment, nbytes);
    kept->nbytes = nbytes;
    return false;
}

static void malformed_segments_do_no_harm(void **state)
{
    (void)state;
    struct rsl_names *names = rsl_names_create(NULL);
    struct rsl_pack_buffer segment = {0};
    uint64_t random = 3, nread = 0;
    for (uint32_t i = 0; i < 200; i++) {
        char name[16];
        const int n = snprintf(name, sizeof name, "name_%u", i % 50);
        const struct rsl_posting posting = {i, i * 3, RSL_ITEM_FN, RSL_VIS_PUB, false};
        assert_int_equal(rsl_names_add(names, (const uint8_t *)name, (size_t)n, &posting), RSL_OK);
    }
    assert_int_equal(rsl_names_sort(names), RSL_OK);
    assert_int_equal(rsl_names_write(&names, 1, SIZE_MAX, count_and_stop, &segment), RSL_ECANCELED);
    struct rsl_segment_reader reader = {0};
    for (int i = 0; i < 20000; i++) {
        const size_t n =
            next_random(&random) % 4 ? segment.nbytes : next_random(&random) % segment.nbytes;
        uint8_t *bytes = malloc(n + 1);
        memcpy(bytes, segment.bytes, n);
        for (uint64_t k = next_random(&random) % 4; k > 0 && n > 0; k--)
            bytes[next_random(&random) % n] = (uint8_t)next_random(&random);
        rsl_segment_begin(&reader, bytes, n);
        while (rsl_segment_next(&reader)) {
            struct rsl_posting_reader postings;
            rsl_postings_begin(&postings, reader.its_postings, reader.its_postings_nbytes);
            while (rsl_postings_next(&postings))
                nread++;
        }
        free(bytes);
    }
    assert_true(nread > 200000);
    rsl_pack_buffer_fini(&reader.name);
    rsl_pack_buffer_fini(&segment);
    rsl_names_destroy(names);
}

static void an_impl_stands_under_its_type(void **state)
{
    (void)state;
    static const struct {
        const char *source, *name;
    } cases[] = {
        {"impl Foo {}", "Foo"},
        {"impl<T> a::b::Foo<T> {}", "Foo"},
        {"impl Tr for &'a mut Foo {}", "Foo"},
        {"impl Tr for dyn a::Foo + Send {}", "Foo"},
        {"impl Tr for *const ::a::Foo {}", "Foo"},
        {"impl Tr for (A, B) {}", ""},
        {"impl Tr for [u8; 4] {}", ""},
        {"impl Tr for r\xC3\xA9sum\xC3\xA9 {}", "r\xC3\xA9sum\xC3\xA9"},
    };
    struct rsl_file file;
    rsl_file_init(&file, NULL);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t src[64 + RSL_PAD] = {0};
        memcpy(src, cases[i].source, strlen(cases[i].source));
        assert_int_equal(rsl_parse(&file, src, strlen(cases[i].source), NULL), RSL_OK);
        assert_int_equal(file.nitems, 1);
        const struct rsl_span span = rsl_names_of_impl(src, &file.items[0]);
        assert_int_equal(span.end - span.start, strlen(cases[i].name));
        assert_memory_equal(src + span.start, cases[i].name, strlen(cases[i].name));
    }
    rsl_file_fini(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unpacks_what_was_packed),
        cmocka_unit_test(malformed_blocks_do_no_harm),
        cmocka_unit_test(packing_survives_any_failed_allocation),
        cmocka_unit_test(segments_hold_every_item_under_its_name),
        cmocka_unit_test(malformed_segments_do_no_harm),
        cmocka_unit_test(an_impl_stands_under_its_type),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
