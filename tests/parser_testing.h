/* parser_testing.h - what the parser's tests share: parsing in every way, items as text.
 *
 * check_outline() compares all items of a snippet in a line each, and its errors; check_item()
 * compares everything that one item says. */
#ifndef RSL_TESTS_PARSER_TESTING_H
#define RSL_TESTS_PARSER_TESTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "parser/parser.h"
#include "parser/text.h"
#include "tests/check_file.h"
#include "tests/guarded_buffer.h"

/* A snippet and what it was parsed to. */
struct parsed {
    struct rsl_file file;
    const uint8_t *src; /* good until the next snippet is parsed */
    size_t nbytes;
};

/* Parses bytes[0..nbytes) from a buffer that ends against an unmapped page, with every instruction
 * set; all must give the same sound result. To be released with parsed_fini(). */
static inline void parse_bytes(struct parsed *parsed, const void *bytes, size_t nbytes)
{
    static struct guarded_buffer buffer;
    if (!buffer.map) {
        guarded_buffer_init(&buffer, (size_t)1 << 20);
    }
    const uint8_t *src = guarded_buffer_put(&buffer, bytes, nbytes);
    *parsed = (struct parsed){.src = src, .nbytes = nbytes};
    rsl_file_init(&parsed->file, NULL);
    struct rsl_parse_options options = {.isa = RSL_ISA_SCALAR};
    assert_int_equal(rsl_parse(&parsed->file, src, nbytes, &options), RSL_OK);
    const char *failure = check_file(&parsed->file, src, nbytes);
    if (failure) {
        fail_msg("%s\nin: %.*s", failure, (int)(nbytes < 2000 ? nbytes : 2000), (const char *)src);
    }
    struct rsl_file other;
    rsl_file_init(&other, NULL);
    for (int isa = 0; isa < RSL_ISA_COUNT_; isa++) {
        options.isa = (enum rsl_isa)isa;
        assert_int_equal(rsl_parse(&other, src, nbytes, &options), RSL_OK);
        failure = compare_files(&parsed->file, &other);
        if (failure) {
            fail_msg("instruction set %d differs from scalar: %s\nin: %.*s", isa, failure,
                     (int)(nbytes < 2000 ? nbytes : 2000), (const char *)src);
        }
    }
    rsl_file_fini(&other);
}

static inline void parse_text(struct parsed *parsed, const char *text)
{
    parse_bytes(parsed, text, strlen(text));
}

static inline void parsed_fini(struct parsed *parsed)
{
    rsl_file_fini(&parsed->file);
}

/* ---- text ---- */

struct rendering {
    char text[32768];
    size_t nbytes;
};

__attribute__((format(printf, 2, 3))) static inline void render(struct rendering *out,
                                                                const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    size_t room = sizeof(out->text) - out->nbytes;
    int n = vsnprintf(out->text + out->nbytes, room, format, arguments);
    va_end(arguments);
    assert_true(n >= 0 && (size_t)n < room); /* else the test's source is too long */
    out->nbytes += (size_t)n;
}

/* Source as it is, but in one line: newlines as `\n`, carriage returns as `\r`. */
static inline void render_source(struct rendering *out, const struct parsed *parsed, uint32_t start,
                                 uint32_t end)
{
    for (uint32_t i = start; i < end; i++) {
        switch (parsed->src[i]) {
        case '\n': render(out, "\\n"); break;
        case '\r': render(out, "\\r"); break;
        default: render(out, "%c", parsed->src[i]);
        }
    }
}

static inline void render_span(struct rendering *out, const struct parsed *parsed,
                               const char *before, struct rsl_span span)
{
    if (span.end != 0) {
        render(out, "%s", before);
        render_source(out, parsed, span.start, span.end);
    }
}

static inline void render_vis(struct rendering *out, const struct parsed *parsed,
                              const struct rsl_item *item)
{
    static const char *const names[] = {"", "", "pub", "pub(crate)", "pub(self)", "pub(super)"};
    if (item->vis == RSL_VIS_IN) {
        render_span(out, parsed, " pub(in ", item->vis_path);
        render(out, ")");
    } else if (item->vis > RSL_VIS_INHERITED) {
        render(out, " %s", names[item->vis]);
    }
}

static inline void render_flags(struct rendering *out, const struct rsl_item *item)
{
    const char *before = " [";
    for (int bit = 0; bit < RSL_FLAG_COUNT; bit++) {
        if (item->flags >> bit & 1) {
            render(out, "%s%s", before, rsl_item_flag_name((enum rsl_item_flag_bit)bit));
            before = " ";
        }
    }
    if (item->flags) {
        render(out, "]");
    }
}

static inline void render_use_path(struct rendering *out, const struct parsed *parsed,
                                   const struct rsl_item *leaf)
{
    size_t room = sizeof(out->text) - out->nbytes;
    size_t n = rsl_text_use_path(&parsed->file, parsed->src, leaf, out->text + out->nbytes, room);
    assert_true(n < room);
    out->nbytes += n;
    out->text[out->nbytes] = '\0';
}

static inline void render_errors(struct rendering *out, const struct parsed *parsed)
{
    struct rsl_locator locator;
    rsl_locator_init(&locator, parsed->src);
    for (uint32_t i = 0; i < parsed->file.nerrors; i++) {
        const struct rsl_source_error *error = &parsed->file.errors[i];
        uint32_t line, column;
        rsl_locator_find(&locator, error->off, &line, &column);
        render(out, "! %s %u:%u", rsl_source_error_name(error->code), (unsigned)line,
               (unsigned)column);
        if (error->nbytes) {
            render(out, " ");
            render_source(out, parsed, error->off, error->off + error->nbytes);
        }
        render(out, "\n");
    }
}

/* The context that goes without saying below this parent. */
static inline enum rsl_context usual_context(const struct parsed *parsed,
                                             const struct rsl_item *item)
{
    if (check_is_member(item)) {
        return RSL_CTX_NONE;
    }
    if (item->parent == RSL_NONE) {
        return RSL_CTX_FILE;
    }
    switch (parsed->file.items[item->parent].kind) {
    case RSL_ITEM_MOD: return RSL_CTX_MOD;
    case RSL_ITEM_IMPL: return RSL_CTX_IMPL;
    case RSL_ITEM_TRAIT: return RSL_CTX_TRAIT;
    case RSL_ITEM_FOREIGN_MOD: return RSL_CTX_FOREIGN;
    case RSL_ITEM_MACRO_CALL: return RSL_CTX_MACRO;
    default: return RSL_CTX_BODY;
    }
}

/* An item in a line, below its parent: kind, name, <generic parameters>, (fn parameters) or what
 * else counts for the kind, type, visibility, context if not the usual one, [flags]. */
static inline void render_line(struct rendering *out, const struct parsed *parsed, uint32_t index)
{
    const struct rsl_item *item = &parsed->file.items[index];
    for (uint32_t up = item->parent; up != RSL_NONE; up = parsed->file.items[up].parent) {
        render(out, "  ");
    }
    render(out, "%s", rsl_item_kind_name((enum rsl_item_kind)item->kind));
    if (item->kind == RSL_ITEM_USE_LEAF) {
        render(out, " ");
        render_use_path(out, parsed, item);
        render_span(out, parsed, " = ", item->name);
    } else {
        render_span(out, parsed, " ", item->name);
    }
    if (item->generics.end != 0) {
        render(out, "<%u>", (unsigned)item->ngenerics);
    }
    switch (item->kind) {
    case RSL_ITEM_FN:
        render(out, "(%u)", (unsigned)item->nparams);
        render_span(out, parsed, " -> ", item->type);
        render_span(out, parsed, " extern ", item->path);
        break;
    case RSL_ITEM_IMPL:
        render(out, "{%u}", (unsigned)item->nmembers);
        render_span(out, parsed, " ", item->path);
        render_span(out, parsed, " for ", item->type);
        break;
    case RSL_ITEM_FOREIGN_MOD:
    case RSL_ITEM_MOD:
        if (item->body != RSL_NONE) {
            render(out, "{%u}", (unsigned)item->nmembers);
        }
        render_span(out, parsed, " ", item->path);
        break;
    case RSL_ITEM_ENUM:
    case RSL_ITEM_TRAIT: render(out, "{%u}", (unsigned)item->nmembers); break;
    case RSL_ITEM_STRUCT:
    case RSL_ITEM_UNION:
    case RSL_ITEM_VARIANT:
        if (item->shape != RSL_SHAPE_UNIT) {
            render(out, item->shape == RSL_SHAPE_NAMED ? "{%u}" : "(%u)", (unsigned)item->nmembers);
        }
        render_span(out, parsed, " = ", item->type);
        break;
    case RSL_ITEM_TYPE:
    case RSL_ITEM_TRAIT_ALIAS: render_span(out, parsed, " = ", item->type); break;
    case RSL_ITEM_CONST:
    case RSL_ITEM_STATIC:
    case RSL_ITEM_FIELD: render_span(out, parsed, ": ", item->type); break;
    case RSL_ITEM_MACRO_RULES:
    case RSL_ITEM_MACRO: render(out, " %c", parsed->src[item->body]); break;
    case RSL_ITEM_MACRO_CALL:
        render_span(out, parsed, " ", item->path);
        render(out, "! %c", parsed->src[item->body]);
        break;
    case RSL_ITEM_EXTERN_CRATE:
    case RSL_ITEM_DELEGATION: render_span(out, parsed, " of ", item->path); break;
    default: break;
    }
    render_vis(out, parsed, item);
    if (item->context != usual_context(parsed, item)) {
        render(out, " @%s", rsl_context_name((enum rsl_context)item->context));
    }
    render_flags(out, item);
    render(out, "\n");
}

static inline void render_outline(struct rendering *out, const struct parsed *parsed)
{
    out->nbytes = 0;
    out->text[0] = '\0';
    for (uint32_t i = 0; i < parsed->file.nitems; i++) {
        render_line(out, parsed, i);
    }
    render_errors(out, parsed);
}

/* Written past cmocka, which would cut both off. */
static inline void assert_same_text(const char *source, const char *actual, const char *expected)
{
    if (strcmp(actual, expected) != 0) {
        fprintf(stderr, "source:\n%s\nexpected:\n%s\nactual:\n%s", source, expected, actual);
        fail();
    }
}

/* The items of `source`, a line each, and behind them its errors, `! CODE line:column text`, must
 * read as `expected`. */
static inline void check_outline(const char *source, const char *expected)
{
    struct parsed parsed;
    struct rendering actual;
    parse_text(&parsed, source);
    render_outline(&actual, &parsed);
    assert_same_text(source, actual.text, expected);
    parsed_fini(&parsed);
}

/* ---- one item whole ---- */

static inline void render_attr(struct rendering *out, const struct parsed *parsed,
                               const struct rsl_attr *attr)
{
    static const char *const kinds[] = {"attr", "doc", "cfg", "cfg_attr", "path"};
    render(out, "%s: ", kinds[attr->kind]);
    render_source(out, parsed, attr->span.start, attr->span.end);
    if (attr->kind >= RSL_ATTR_CFG) {
        render(out, " = ");
        render_source(out, parsed, attr->value.start, attr->value.end);
    }
    render(out, "\n");
}

/* All that an item says, a line for each thing that is there. The first has kind, name, line and
 * column, visibility, context and flags; ranges are given as the source in them. */
static inline void render_item(struct rendering *out, const struct parsed *parsed,
                               const struct rsl_item *item)
{
    static const char *const shapes[] = {"", "named", "tuple", "unit"};
    out->nbytes = 0;
    if (item == NULL) {
        fail_msg("no such item");
        return;
    }
    render(out, "%s", rsl_item_kind_name((enum rsl_item_kind)item->kind));
    render_span(out, parsed, " ", item->name);
    render(out, " %u:%u", (unsigned)item->line, (unsigned)item->column);
    render_vis(out, parsed, item);
    if (item->context != RSL_CTX_NONE) {
        render(out, " @%s", rsl_context_name((enum rsl_context)item->context));
    }
    render_flags(out, item);
    render(out, "\n");
    if (item->parent != RSL_NONE) {
        const struct rsl_item *parent = &parsed->file.items[item->parent];
        render(out, "in: %s", rsl_item_kind_name((enum rsl_item_kind)parent->kind));
        render_span(out, parsed, " ", parent->name);
        render(out, "\n");
    }
    render_span(out, parsed, "whole: ", (struct rsl_span){item->start, item->end});
    render_span(out, parsed, "\nsignature: ", (struct rsl_span){item->head, item->sig_end});
    if (item->body != RSL_NONE) {
        render_span(out, parsed, "\nbody: ", (struct rsl_span){item->body, item->end});
    }
    render(out, "\n");
    for (uint32_t i = 0; i < item->nattrs; i++) {
        render_attr(out, parsed, &parsed->file.attrs[item->first_attr + i]);
    }
    if (item->generics.end != 0) {
        render(out, "generics: %u", (unsigned)item->ngenerics);
        render_span(out, parsed, " ", item->generics);
        render(out, "\n");
    }
    if (item->kind == RSL_ITEM_FN) {
        render(out, "params: %u\n", (unsigned)item->nparams);
    }
    if (item->shape != RSL_SHAPE_NONE) {
        render(out, "shape: %s\n", shapes[item->shape]);
    }
    if (item->nmembers > 0) {
        render(out, "members: %u\n", (unsigned)item->nmembers);
    }
    if (item->type.end != 0) {
        render_span(out, parsed, "type: ", item->type);
        render(out, "\n");
    }
    if (item->path.end != 0) {
        render_span(out, parsed, "path: ", item->path);
        render(out, "\n");
    }
    if (item->kind == RSL_ITEM_USE_LEAF) {
        render(out, "full path: ");
        render_use_path(out, parsed, item);
        render(out, "\n");
    }
}

/* The first item of this kind with this name, or of this kind if name is NULL; NULL if none is. */
static inline const struct rsl_item *find_item(const struct parsed *parsed, enum rsl_item_kind kind,
                                               const char *name)
{
    for (uint32_t i = 0; i < parsed->file.nitems; i++) {
        const struct rsl_item *item = &parsed->file.items[i];
        if (item->kind == kind &&
            (!name || (item->name.end - item->name.start == strlen(name) &&
                       memcmp(parsed->src + item->name.start, name, strlen(name)) == 0))) {
            return item;
        }
    }
    return NULL;
}

/* `source` has no errors, and what its item of this kind and name says is `expected`. */
static inline void check_item(const char *source, enum rsl_item_kind kind, const char *name,
                              const char *expected)
{
    struct parsed parsed;
    struct rendering actual = {.nbytes = 0};
    parse_text(&parsed, source);
    render_errors(&actual, &parsed);
    assert_same_text(source, actual.text, "");
    const struct rsl_item *item = find_item(&parsed, kind, name);
    if (!item) {
        fail_msg("no %s %s in:\n%s", rsl_item_kind_name(kind), name ? name : "", source);
    }
    render_item(&actual, &parsed, item);
    assert_same_text(source, actual.text, expected);
    parsed_fini(&parsed);
}

#endif
