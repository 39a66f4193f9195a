/* pack_item.h - what the packing and the unpacking of an item have in common. */
#ifndef RSL_INDEX_PACK_ITEM_H
#define RSL_INDEX_PACK_ITEM_H

#include "parser/parser.h"

enum { PACK_FORMAT = 1 };

/* In the order in which they follow each other. */
enum part {
    PART_NAME = 1 << 0,
    PART_PATH = 1 << 1,
    PART_USE_PREFIX = 1 << 2,
    PART_TYPE = 1 << 3,
    PART_BODY = 1 << 4,
    PART_FLAGS = 1 << 5,
    PART_ATTRS = 1 << 6,        /* nattrs, delta first_attr from the sum of those before */
    PART_NAME_IS_PATH = 1 << 7, /* the same span: it is written once */
    PART_MEMBERS = 1 << 8,
    PART_PARAMS = 1 << 9,
    PART_GENERICS = 1 << 10, /* how many */
    PART_GENERICS_SPAN = 1 << 11,
    PART_VIS_PATH = 1 << 12,
};

enum { PARENT_NONE, PARENT_SAME, PARENT_PREVIOUS, PARENT_WRITTEN };

/* Whether records show the text of item.type. */
static inline bool rsl_pack_shows_type(unsigned kind)
{
    return kind == RSL_ITEM_IMPL;
}

/* Whether they show the delimiter at item.body. */
static inline bool rsl_pack_shows_delimiter(unsigned kind)
{
    return kind == RSL_ITEM_MACRO_RULES || kind == RSL_ITEM_MACRO || kind == RSL_ITEM_MACRO_CALL;
}

#endif
