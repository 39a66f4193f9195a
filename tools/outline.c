#include "tools/outline.h"

#include <stdio.h>
#include <string.h>

#include "parser/text.h"

enum { MOST_SIGNATURE_BYTES = 160 };

/* The end of what a reader wants to see of an item: up to its body or value. */
static uint32_t shown_end(const struct rsl_item *item)
{
    switch (item->kind) {
    case RSL_ITEM_STRUCT:
    case RSL_ITEM_UNION: return item->body == RSL_NONE ? item->end : item->sig_end;
    case RSL_ITEM_VARIANT: return item->body == RSL_NONE ? item->end : item->name.end;
    case RSL_ITEM_USE:
    case RSL_ITEM_TRAIT_ALIAS: return item->end;
    default: return item->sig_end;
    }
}

static void put_line(struct rsl_text_buffer *out, const uint8_t *src, const struct rsl_item *item,
                     uint32_t depth)
{
    char text[MOST_SIGNATURE_BYTES + 1];
    snprintf(text, sizeof text, "%7u  ", item->line);
    rsl_text_buffer_puts(out, text);
    for (uint32_t i = 0; i < depth && i < 40; i++)
        rsl_text_buffer_puts(out, "  ");
    const struct rsl_span span = {item->head, shown_end(item)};
    size_t n = rsl_text_normalized(src, span, text, MOST_SIGNATURE_BYTES);
    const bool cut = n > MOST_SIGNATURE_BYTES;
    if (cut) {
        n = MOST_SIGNATURE_BYTES;
        while (n > 0 && ((unsigned char)text[n] & 0xC0) == 0x80)
            n--; /* not in the middle of a code point */
    }
    while (n > 0 && (text[n - 1] == ';' || text[n - 1] == ' '))
        n--;
    rsl_text_buffer_put_plain(out, text, n);
    rsl_text_buffer_puts(out, cut ? "...\n" : "\n");
}

void rsl_outline_put(struct rsl_text_buffer *out, const struct rsl_file *file, const uint8_t *src)
{
    for (uint32_t i = 0; i < file->nitems; i++) {
        const struct rsl_item *item = &file->items[i];
        if (item->kind == RSL_ITEM_USE_LEAF)
            continue; /* the use above shows it */
        uint32_t depth = 0;
        for (uint32_t parent = item->parent; parent != RSL_NONE && depth < 40;
             parent = file->items[parent].parent)
            depth++;
        put_line(out, src, item, depth);
    }
}
