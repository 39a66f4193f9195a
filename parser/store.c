#include "parser/internal.h"

#include <string.h>

void *rsl_grow(struct parser *ps, void *array, uint32_t *capacity, size_t element_nbytes)
{
    const struct rsl_allocator *allocator = &ps->file->allocator;
    const uint32_t more = *capacity == 0               ? 64
                          : *capacity > UINT32_MAX / 2 ? UINT32_MAX
                                                       : *capacity * 2;
    void *grown = more == *capacity
                      ? NULL
                      : allocator->resize(allocator->state, array, *capacity * element_nbytes,
                                          more * element_nbytes);
    if (grown == NULL)
        ps->status = RSL_ENOMEM;
    else
        *capacity = more;
    return grown;
}

static inline uint32_t put_item(struct rsl_file *file, enum rsl_item_kind kind,
                                const struct head *head)
{
    uint32_t index = file->nitems++;
    struct rsl_item *item = &file->items[index];
    /* Copied whole: an initialiser becomes a `rep stos`, which costs more than all the rest of a
     * small item, and field by field it takes twice the stores. */
    static const struct rsl_item empty = {.body = RSL_NONE, .use_prefix = RSL_NONE};
    memcpy(item, &empty, sizeof empty);
    item->kind = (uint8_t)kind;
    item->vis = head->vis;
    item->context = head->context;
    item->parent = head->owner;
    item->start = head->start;
    item->head = head->head;
    item->first_attr = head->first_attr;
    item->nattrs = head->nattrs;
    item->vis_path = head->vis_path;
    return index;
}

static __attribute__((noinline)) uint32_t
grow_and_put_item(struct parser *ps, enum rsl_item_kind kind, const struct head *head)
{
    struct rsl_file *file = ps->file;
    void *grown = rsl_grow(ps, file->items, &file->items_capacity, sizeof *file->items);
    if (grown == NULL)
        return RSL_NONE;
    file->items = grown;
    return put_item(file, kind, head);
}

uint32_t rsl_add_item(struct parser *ps, enum rsl_item_kind kind, const struct head *head)
{
    /* Growing is elsewhere, here and below, so that nothing has to be saved for it. */
    if (__builtin_expect(ps->file->nitems == ps->file->items_capacity, 0))
        return grow_and_put_item(ps, kind, head);
    return put_item(ps->file, kind, head);
}

struct rsl_attr *rsl_next_attr_grown(struct parser *ps)
{
    struct rsl_file *file = ps->file;
    void *grown = rsl_grow(ps, file->attrs, &file->attrs_capacity, sizeof *file->attrs);
    if (grown == NULL)
        return NULL;
    file->attrs = grown;
    return &file->attrs[file->nattrs];
}

uint32_t rsl_add_use_prefix(struct parser *ps, struct rsl_use_prefix prefix)
{
    struct rsl_file *file = ps->file;
    if (file->nuse_prefixes == file->use_prefixes_capacity) {
        void *grown = rsl_grow(ps, file->use_prefixes, &file->use_prefixes_capacity,
                               sizeof *file->use_prefixes);
        if (grown == NULL)
            return RSL_NONE;
        file->use_prefixes = grown;
    }
    file->use_prefixes[file->nuse_prefixes] = prefix;
    return file->nuse_prefixes++;
}

void rsl_add_error(struct parser *ps, const uint8_t *at, size_t nbytes, uint16_t code)
{
    struct rsl_file *file = ps->file;
    if (ps->speculative) {
        ps->failed = true;
        return;
    }
    if (file->nerrors == file->errors_capacity) {
        void *grown = rsl_grow(ps, file->errors, &file->errors_capacity, sizeof *file->errors);
        if (grown == NULL)
            return;
        file->errors = grown;
    }
    file->errors[file->nerrors++] = (struct rsl_source_error){
        .off = offset_of(ps, at), .nbytes = (uint32_t)nbytes, .code = code};
}

static inline struct frame *put_frame(struct parser *ps, enum frame_kind kind, uint32_t owner,
                                      const uint8_t *open, const uint8_t *behind)
{
    struct rsl_scratch *scratch = ps->scratch;
    const uint8_t *limit =
        scratch->nframes == 0 ? ps->end : scratch->frames[scratch->nframes - 1].limit;
    if (__builtin_expect(ps->recovering, 0) && !ps->speculative && owner != RSL_NONE)
        limit = rsl_recovery_limit(ps, owner, open, limit);
    if (limit > ps->bound)
        limit = ps->bound;
    if (limit <= open) /* a header ran across the line that should have ended what it stands in */
        limit = ps->end;
    struct frame *frame = &scratch->frames[scratch->nframes++];
    frame->kind = (uint8_t)kind;
    frame->ends_owner = true;
    frame->owner = owner;
    frame->nitems = ps->file->nitems;
    frame->open = open;
    frame->limit = limit;
    if (kind >= FRAME_BLOCK)
        rsl_crossing_begin(&frame->crossing, behind, ps->end, kind == FRAME_VALUE);
    return frame;
}

static __attribute__((noinline)) struct frame *
grow_and_put_frame(struct parser *ps, enum frame_kind kind, uint32_t owner, const uint8_t *open,
                   const uint8_t *behind)
{
    struct rsl_scratch *scratch = ps->scratch;
    void *grown = rsl_grow(ps, scratch->frames, &scratch->frames_capacity, sizeof *scratch->frames);
    if (grown == NULL)
        return NULL;
    scratch->frames = grown;
    return put_frame(ps, kind, owner, open, behind);
}

struct frame *rsl_push_frame(struct parser *ps, enum frame_kind kind, uint32_t owner,
                             const uint8_t *open, const uint8_t *behind)
{
    if (__builtin_expect(ps->scratch->nframes == ps->scratch->frames_capacity, 0))
        return grow_and_put_frame(ps, kind, owner, open, behind);
    return put_frame(ps, kind, owner, open, behind);
}
