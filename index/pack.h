/* pack.h - all that the parser knows of a file, in one block of bytes, and back.
 *
 * The block holds every field of every item, attribute and use prefix, and of the source just the
 * text that item records show: names, paths, the types of impls, cfg predicates. Unpacking gives
 * the same rsl_file again, and a source in which only that text stands, at its place, among NULs.
 * So whatever makes records of a parsed file (parser/text.h, JSON Lines) makes the same of an
 * unpacked one.
 *
 * Format 1. Numbers are varints (pack_bytes.h); "delta x from y" is the zigzag of x - y.
 *     block  = 1, bytes of the source, bytes of its prefix, items, attributes, use prefixes;
 *              then the use prefixes, the attributes, the items
 *     prefix = parent + 1, or 0; delta segments.start from the last prefix's, bytes of segments;
 *              delta last.start from segments.start, bytes of last; delta line and delta column
 *              from the last prefix's; global; the text of segments
 *     attr   = kind + 8 if it has a value; delta span.start from the last attribute's span.end,
 *              bytes of span; with a value: delta value.start from span.start, bytes of value;
 *              if kind is cfg, the value's text
 *     item   = byte: kind, in bits 5-6 the parent: 0 none, 1 that of the item before, 2 the item
 *              before, 3 written: index - parent;
 *              byte: vis, in bits 3-5 context, in bits 6-7 shape;
 *              which of what follows is there (enum part, pack_item.h), the written parent, delta
 *              start from the last item's start, delta head from start, delta sig_end from head,
 *              body from sig_end, end from body or else sig_end, delta line from the last item's,
 *              column; then the parts in the order of enum part, spans as delta start from head and
 *              bytes, followed by the text if records show it
 * Errors are not in the block. */
#ifndef RSL_INDEX_PACK_H
#define RSL_INDEX_PACK_H

#include "index/pack_bytes.h"
#include "parser/parser.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Appends the block of `file`, which was parsed from `src`, to `out`. RSL_OK or RSL_ENOMEM, and
 * then `out` is as it was. Depends on nothing but its arguments. O(items + attributes + text). */
enum rsl_status rsl_pack_file(const struct rsl_file *file, const uint8_t *src, size_t src_nbytes,
                              struct rsl_pack_buffer *out);

/* What a block holds. `file` and `src` point into the buffers, which are used again for the next
 * block: both are good until then. `file` has no errors, and is not for rsl_file_fini(). An item
 * without attributes has first_attr 0. */
struct rsl_unpacked {
    struct rsl_file file;
    const uint8_t *src; /* src_nbytes, and RSL_PAD zeros behind */
    size_t src_nbytes;
    struct rsl_pack_buffer items, attrs, use_prefixes, text;
};

/* All is empty; nothing is allocated yet. allocator: borrowed, NULL for the default. */
void rsl_unpacked_init(struct rsl_unpacked *unpacked, const struct rsl_allocator *allocator);
void rsl_unpacked_fini(struct rsl_unpacked *unpacked);

/* Unpacks block[0..nbytes), replacing what was held. RSL_OK; RSL_EINVAL if that is no block, also
 * where a span leaves the source: any bytes are safe; or RSL_ENOMEM. After a failure there are no
 * items. One thread at a time. O(nbytes + bytes of the source). */
enum rsl_status rsl_unpack_file(struct rsl_unpacked *unpacked, const void *block, size_t nbytes);

#ifdef __cplusplus
}
#endif

#endif
