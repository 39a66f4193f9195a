/* check_file.h - what must hold of the result of rsl_parse, whatever the source was.
 *
 * For unit tests, fuzzers and the runs over the corpus alike: it depends on no test framework.
 * check_file() and compare_files() return NULL, or text that says what is wrong, good until the
 * next call on the same thread. */
#ifndef RSL_TESTS_CHECK_FILE_H
#define RSL_TESTS_CHECK_FILE_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parser/parser.h"

static inline const char *check_failure(const char *condition, const char *what, uint32_t index)
{
    static _Thread_local char message[300];
    snprintf(message, sizeof(message), "%s %u: not (%s)", what, (unsigned)index, condition);
    return message;
}

#define CHECK_FILE(condition, what, index)                     \
    do {                                                       \
        if (!(condition)) {                                    \
            return check_failure(#condition, (what), (index)); \
        }                                                      \
    } while (0)

static inline bool check_is_member(const struct rsl_item *item)
{
    return item->kind == RSL_ITEM_VARIANT || item->kind == RSL_ITEM_FIELD ||
           item->kind == RSL_ITEM_USE_LEAF;
}

static inline bool check_is_macro(const struct rsl_item *item)
{
    return item->kind == RSL_ITEM_MACRO_RULES || item->kind == RSL_ITEM_MACRO ||
           item->kind == RSL_ITEM_MACRO_CALL;
}

/* Present spans lie in [from, to) and are not empty. */
static inline bool check_span(struct rsl_span span, uint32_t from, uint32_t to)
{
    return (span.start == 0 && span.end == 0) ||
           (span.start >= from && span.start < span.end && span.end <= to);
}

/* Whether an item of this kind and shape has a body. */
static inline bool check_has_body(const struct rsl_item *item)
{
    switch (item->kind) {
    case RSL_ITEM_FN:
    case RSL_ITEM_DELEGATION: return (item->flags & RSL_FLAG_BODY) != 0;
    case RSL_ITEM_MOD: return (item->flags & RSL_FLAG_INLINE) != 0;
    case RSL_ITEM_STRUCT:
    case RSL_ITEM_VARIANT: return item->shape == RSL_SHAPE_NAMED;
    case RSL_ITEM_CONST:
    case RSL_ITEM_STATIC:
    case RSL_ITEM_TYPE:
    case RSL_ITEM_TRAIT_ALIAS:
    case RSL_ITEM_USE:
    case RSL_ITEM_EXTERN_CRATE:
    case RSL_ITEM_FIELD:
    case RSL_ITEM_USE_LEAF: return false;
    default: return true;
    }
}

/* The flags that mean nothing but on these kinds. */
static inline uint32_t check_allowed_flags(enum rsl_item_kind kind)
{
    const uint32_t special = RSL_FLAG_BODY | RSL_FLAG_DISCRIMINANT | RSL_FLAG_GLOB |
                             RSL_FLAG_INLINE | RSL_FLAG_MUT | RSL_FLAG_NEG | RSL_FLAG_RENAME |
                             RSL_FLAG_SELF | RSL_FLAG_VARIADIC;
    const uint32_t rest = (UINT32_C(1) << RSL_FLAG_COUNT) - 1 - special;
    switch (kind) {
    case RSL_ITEM_FN: return rest | RSL_FLAG_BODY | RSL_FLAG_SELF | RSL_FLAG_VARIADIC;
    case RSL_ITEM_CONST:
    case RSL_ITEM_TYPE: return rest | RSL_FLAG_BODY;
    case RSL_ITEM_STATIC: return rest | RSL_FLAG_BODY | RSL_FLAG_MUT;
    case RSL_ITEM_MOD: return rest | RSL_FLAG_INLINE;
    case RSL_ITEM_IMPL: return rest | RSL_FLAG_NEG;
    case RSL_ITEM_EXTERN_CRATE: return rest | RSL_FLAG_RENAME;
    case RSL_ITEM_DELEGATION: return rest | RSL_FLAG_BODY | RSL_FLAG_GLOB | RSL_FLAG_RENAME;
    case RSL_ITEM_VARIANT: return RSL_FLAG_DISCRIMINANT;
    case RSL_ITEM_FIELD: return RSL_FLAG_DEFAULT | RSL_FLAG_UNSAFE;
    case RSL_ITEM_USE_LEAF: return RSL_FLAG_GLOB | RSL_FLAG_RENAME | RSL_FLAG_SELF;
    default: return rest;
    }
}

static inline const char *check_attrs(const struct rsl_file *file, const struct rsl_item *item,
                                      uint32_t i)
{
    CHECK_FILE(item->nattrs <= file->nattrs, "item", i);
    CHECK_FILE(item->first_attr <= file->nattrs - item->nattrs, "item", i);
    CHECK_FILE((item->nattrs == 0) == (item->start == item->head), "item", i);
    uint32_t at = item->start;
    for (uint32_t k = 0; k < item->nattrs; k++) {
        const struct rsl_attr *attr = &file->attrs[item->first_attr + k];
        CHECK_FILE(k > 0 || attr->span.start == item->start, "item", i);
        CHECK_FILE(attr->span.start >= at && attr->span.start < attr->span.end, "item", i);
        CHECK_FILE(attr->span.end <= item->head, "item", i);
        CHECK_FILE(attr->kind <= RSL_ATTR_PATH, "item", i);
        bool has_value = attr->kind >= RSL_ATTR_CFG;
        CHECK_FILE(has_value || attr->kind == RSL_ATTR_OTHER ||
                       (attr->value.start == 0 && attr->value.end == 0),
                   "item", i);
        CHECK_FILE(!has_value || attr->value.start > attr->span.start, "item", i);
        CHECK_FILE(attr->value.start <= attr->value.end, "item", i);
        CHECK_FILE(attr->value.end < attr->span.end, "item", i);
        at = attr->span.end;
    }
    return NULL;
}

static inline const char *check_parent(const struct rsl_file *file, const struct rsl_item *item,
                                       uint32_t i)
{
    CHECK_FILE(item->parent == RSL_NONE
                   ? item->context == RSL_CTX_FILE || item->context == RSL_CTX_BODY
                   : item->context != RSL_CTX_FILE,
               "item", i);
    CHECK_FILE(check_is_member(item) == (item->context == RSL_CTX_NONE), "item", i);
    if (item->parent == RSL_NONE) {
        return NULL;
    }
    const struct rsl_item *parent = &file->items[item->parent];
    CHECK_FILE(item->start > parent->head || item->context == RSL_CTX_BODY ||
                   item->kind == RSL_ITEM_MACRO_CALL,
               "item", i);
    switch (item->context) {
    case RSL_CTX_MOD: CHECK_FILE(parent->kind == RSL_ITEM_MOD, "item", i); break;
    case RSL_CTX_IMPL: CHECK_FILE(parent->kind == RSL_ITEM_IMPL, "item", i); break;
    case RSL_CTX_TRAIT: CHECK_FILE(parent->kind == RSL_ITEM_TRAIT, "item", i); break;
    case RSL_CTX_FOREIGN: CHECK_FILE(parent->kind == RSL_ITEM_FOREIGN_MOD, "item", i); break;
    case RSL_CTX_MACRO: CHECK_FILE(parent->kind == RSL_ITEM_MACRO_CALL, "item", i); break;
    case RSL_CTX_NONE:
        CHECK_FILE(item->kind != RSL_ITEM_VARIANT || parent->kind == RSL_ITEM_ENUM, "item", i);
        CHECK_FILE(item->kind != RSL_ITEM_USE_LEAF || parent->kind == RSL_ITEM_USE, "item", i);
        CHECK_FILE(item->kind != RSL_ITEM_FIELD || parent->shape == RSL_SHAPE_NAMED, "item", i);
        break;
    default: break;
    }
    return NULL;
}

static inline const char *check_fields(const struct rsl_file *file, const struct rsl_item *item,
                                       uint32_t i, const uint8_t *src, size_t nbytes)
{
    const uint32_t head = item->head;
    const uint32_t end = item->end;
    CHECK_FILE(item->kind < RSL_ITEM_KIND_COUNT && item->vis <= RSL_VIS_IN, "item", i);
    CHECK_FILE(item->context <= RSL_CTX_MACRO && item->shape <= RSL_SHAPE_UNIT, "item", i);
    CHECK_FILE((item->flags & ~check_allowed_flags(item->kind)) == 0, "item", i);
    CHECK_FILE(item->start <= head && head < item->sig_end && item->sig_end <= end, "item", i);
    CHECK_FILE(end <= nbytes && item->start >= file->prefix_nbytes, "item", i);

    bool is_self = item->kind == RSL_ITEM_USE_LEAF && item->name.end <= head;
    CHECK_FILE(is_self || check_span(item->name, head, end), "item", i);
    bool no_name = item->kind == RSL_ITEM_IMPL || item->kind == RSL_ITEM_USE ||
                   item->kind == RSL_ITEM_FOREIGN_MOD || (item->flags & RSL_FLAG_GLOB) != 0;
    bool may_have_none = item->kind == RSL_ITEM_MACRO_CALL || item->kind == RSL_ITEM_DELEGATION;
    CHECK_FILE(no_name ? item->name.end == 0 : may_have_none || item->name.end != 0, "item", i);

    CHECK_FILE((item->body != RSL_NONE) == check_has_body(item), "item", i);
    if (item->body != RSL_NONE) {
        uint8_t c = src[item->body];
        CHECK_FILE(item->body >= item->sig_end && item->body < end, "item", i);
        CHECK_FILE(c == '{' || ((c == '(' || c == '[') && check_is_macro(item)), "item", i);
    }

    bool has_shape = item->kind == RSL_ITEM_STRUCT || item->kind == RSL_ITEM_UNION ||
                     item->kind == RSL_ITEM_VARIANT;
    CHECK_FILE(has_shape == (item->shape != RSL_SHAPE_NONE), "item", i);
    bool no_vis = item->kind == RSL_ITEM_MACRO_RULES || item->kind == RSL_ITEM_MACRO_CALL ||
                  item->kind == RSL_ITEM_FOREIGN_MOD || item->kind == RSL_ITEM_VARIANT ||
                  item->kind == RSL_ITEM_USE_LEAF;
    CHECK_FILE(no_vis == (item->vis == RSL_VIS_NONE), "item", i);
    CHECK_FILE(check_span(item->vis_path, head, end), "item", i);
    CHECK_FILE(no_vis || (item->vis == RSL_VIS_IN) == (item->vis_path.end != 0), "item", i);

    CHECK_FILE(check_span(item->generics, head, item->sig_end), "item", i);
    CHECK_FILE(item->ngenerics == 0 || item->generics.end != 0, "item", i);
    if (item->generics.end != 0) {
        CHECK_FILE(src[item->generics.start] == '<' && src[item->generics.end - 1] == '>', "item",
                   i);
    }
    CHECK_FILE(item->nparams == 0 || item->kind == RSL_ITEM_FN, "item", i);
    CHECK_FILE(check_span(item->type, head, end), "item", i);
    bool is_abi = item->kind == RSL_ITEM_FN || item->kind == RSL_ITEM_FOREIGN_MOD;
    if (item->kind == RSL_ITEM_MOD || (is_abi && item->path.start == item->path.end)) {
        CHECK_FILE(item->path.start <= item->path.end && item->path.end < end, "item", i);
    } else {
        CHECK_FILE(check_span(item->path, head, end), "item", i);
    }
    CHECK_FILE(item->use_prefix == RSL_NONE ||
                   (item->kind == RSL_ITEM_USE_LEAF && item->use_prefix < file->nuse_prefixes),
               "item", i);
    return NULL;
}

/* In a source without errors an item ends with its own closing token. */
static inline const char *check_end(const struct rsl_item *item, uint32_t i, const uint8_t *src)
{
    const uint8_t last = src[item->end - 1];
    switch (item->kind) {
    case RSL_ITEM_CONST:
    case RSL_ITEM_STATIC:
    case RSL_ITEM_TYPE:
    case RSL_ITEM_TRAIT_ALIAS:
    case RSL_ITEM_USE:
    case RSL_ITEM_EXTERN_CRATE: CHECK_FILE(last == ';', "item", i); break;
    case RSL_ITEM_FN:
    case RSL_ITEM_MOD:
    case RSL_ITEM_STRUCT:
    case RSL_ITEM_DELEGATION:
        CHECK_FILE(last == (item->body != RSL_NONE ? '}' : ';'), "item", i);
        break;
    case RSL_ITEM_MACRO_RULES:
    case RSL_ITEM_MACRO:
    case RSL_ITEM_MACRO_CALL:
        CHECK_FILE(last == (src[item->body] == '{' ? '}' : ';'), "item", i);
        break;
    case RSL_ITEM_VARIANT:
    case RSL_ITEM_FIELD:
    case RSL_ITEM_USE_LEAF: break;
    default: CHECK_FILE(last == '}', "item", i); break;
    }
    return NULL;
}

/* Items nest: each stands inside its parent, which is the innermost item that it stands in. */
static inline const char *check_nesting(const struct rsl_file *file)
{
    uint32_t open = RSL_NONE; /* the last item; its parents are the ones still open */
    for (uint32_t i = 0; i < file->nitems; i++) {
        const struct rsl_item *item = &file->items[i];
        CHECK_FILE(item->parent == RSL_NONE || item->parent < i, "item", i);
        CHECK_FILE(i == 0 || item->start >= file->items[i - 1].start, "item", i);
        while (open != RSL_NONE && file->items[open].end <= item->start) {
            open = file->items[open].parent;
        }
        CHECK_FILE(item->parent == open, "item", i);
        CHECK_FILE(open == RSL_NONE || item->end <= file->items[open].end, "item", i);
        open = i;
    }
    return NULL;
}

static inline bool check_counts_as_member(const struct rsl_item *item)
{
    return check_is_member(item) || item->context == RSL_CTX_MOD || item->context == RSL_CTX_IMPL ||
           item->context == RSL_CTX_TRAIT || item->context == RSL_CTX_FOREIGN;
}

static inline const char *check_members(const struct rsl_file *file)
{
    uint32_t *counts = calloc((size_t)file->nitems + 1, sizeof(*counts));
    const char *failure = NULL;
    for (uint32_t i = 0; i < file->nitems; i++) {
        if (file->items[i].parent != RSL_NONE && check_counts_as_member(&file->items[i])) {
            counts[file->items[i].parent]++;
        }
    }
    for (uint32_t i = 0; i < file->nitems && failure == NULL; i++) {
        const struct rsl_item *item = &file->items[i];
        /* The fields of tuples are counted, but have no records. */
        if (item->shape != RSL_SHAPE_TUPLE && counts[i] != item->nmembers) {
            failure = check_failure("nmembers is the number of members", "item", i);
        }
    }
    free(counts);
    return failure;
}

/* Lines and columns, by a list of where all lines begin. */
static inline const char *check_lines(const struct rsl_file *file, const uint8_t *src,
                                      size_t nbytes)
{
    size_t nlines = 1;
    for (size_t i = 0; i < nbytes; i++) {
        nlines += src[i] == '\n';
    }
    uint32_t *starts = malloc(nlines * sizeof(*starts));
    starts[0] = 0;
    nlines = 1;
    for (size_t i = 0; i < nbytes; i++) {
        if (src[i] == '\n') {
            starts[nlines++] = (uint32_t)i + 1;
        }
    }
    const char *failure = NULL;
    for (uint32_t i = 0; i < file->nitems && failure == NULL; i++) {
        const struct rsl_item *item = &file->items[i];
        const uint32_t place = item->name.end != 0 ? item->name.start : item->head;
        if (item->line == 0 || item->line > nlines || starts[item->line - 1] > place ||
            (item->line < nlines && starts[item->line] <= place)) {
            failure = check_failure("line is the line of the name", "item", i);
        } else if (item->column != place - starts[item->line - 1] + 1) {
            failure = check_failure("column is the column of the name", "item", i);
        }
    }
    free(starts);
    return failure;
}

static inline const char *check_errors(const struct rsl_file *file, size_t nbytes)
{
    for (uint32_t i = 0; i < file->nerrors; i++) {
        const struct rsl_source_error *error = &file->errors[i];
        CHECK_FILE(error->code > 0 && error->code < RSL_SOURCE_ERROR_COUNT, "error", i);
        CHECK_FILE((size_t)error->off + error->nbytes <= nbytes, "error", i);
        CHECK_FILE(i == 0 || error->off > file->errors[i - 1].off, "error", i);
    }
    return NULL;
}

static inline const char *check_prefixes(const struct rsl_file *file, size_t nbytes)
{
    for (uint32_t i = 0; i < file->nuse_prefixes; i++) {
        const struct rsl_use_prefix *prefix = &file->use_prefixes[i];
        CHECK_FILE(prefix->parent == RSL_NONE || prefix->parent < i, "use prefix", i);
        CHECK_FILE(check_span(prefix->segments, 0, (uint32_t)nbytes), "use prefix", i);
    }
    return NULL;
}

/* Whether `file` can be what rsl_parse made of src[0..nbytes). O(nbytes + what the items name). */
static inline const char *check_file(const struct rsl_file *file, const uint8_t *src, size_t nbytes)
{
    const char *failure;
    CHECK_FILE(file->prefix_nbytes <= nbytes, "prefix", 0);
    CHECK_FILE(file->nitems <= file->items_capacity, "items", 0);
    CHECK_FILE(file->nattrs <= file->attrs_capacity, "attrs", 0);
    CHECK_FILE(file->nuse_prefixes <= file->use_prefixes_capacity, "use prefixes", 0);
    CHECK_FILE(file->nerrors <= file->errors_capacity, "errors", 0);
    if ((failure = check_errors(file, nbytes)) != NULL ||
        (failure = check_prefixes(file, nbytes)) != NULL) {
        return failure;
    }
    for (uint32_t i = 0; i < file->nitems; i++) {
        const struct rsl_item *item = &file->items[i];
        if ((failure = check_fields(file, item, i, src, nbytes)) != NULL ||
            (failure = check_attrs(file, item, i)) != NULL ||
            (failure = check_parent(file, item, i)) != NULL ||
            (file->nerrors == 0 && (failure = check_end(item, i, src)) != NULL)) {
            return failure;
        }
    }
    if ((failure = check_nesting(file)) != NULL || (failure = check_members(file)) != NULL) {
        return failure;
    }
    return check_lines(file, src, nbytes);
}

static inline bool check_same_span(struct rsl_span a, struct rsl_span b)
{
    return a.start == b.start && a.end == b.end;
}

/* Whether two results are the same, apart from the memory that they hold. */
static inline const char *compare_files(const struct rsl_file *a, const struct rsl_file *b)
{
    /* No byte of an item is padding, so that they can be compared as memory. */
    _Static_assert(sizeof(struct rsl_item) == 4 + 25 * sizeof(uint32_t), "padding in rsl_item");
    CHECK_FILE(a->prefix_nbytes == b->prefix_nbytes, "prefix", 0);
    for (uint32_t i = 0; i < a->nitems && i < b->nitems; i++) {
        CHECK_FILE(memcmp(&a->items[i], &b->items[i], sizeof(*a->items)) == 0, "item", i);
    }
    CHECK_FILE(a->nitems == b->nitems, "items", 0);
    CHECK_FILE(a->nattrs == b->nattrs, "attrs", 0);
    for (uint32_t i = 0; i < a->nattrs; i++) {
        CHECK_FILE(a->attrs[i].kind == b->attrs[i].kind &&
                       check_same_span(a->attrs[i].span, b->attrs[i].span) &&
                       check_same_span(a->attrs[i].value, b->attrs[i].value),
                   "attr", i);
    }
    CHECK_FILE(a->nuse_prefixes == b->nuse_prefixes, "use prefixes", 0);
    for (uint32_t i = 0; i < a->nuse_prefixes; i++) {
        CHECK_FILE(a->use_prefixes[i].parent == b->use_prefixes[i].parent &&
                       a->use_prefixes[i].global == b->use_prefixes[i].global &&
                       check_same_span(a->use_prefixes[i].segments, b->use_prefixes[i].segments),
                   "use prefix", i);
    }
    CHECK_FILE(a->nerrors == b->nerrors, "errors", 0);
    for (uint32_t i = 0; i < a->nerrors; i++) {
        CHECK_FILE(a->errors[i].off == b->errors[i].off &&
                       a->errors[i].nbytes == b->errors[i].nbytes &&
                       a->errors[i].code == b->errors[i].code,
                   "error", i);
    }
    return NULL;
}

#undef CHECK_FILE

#endif
