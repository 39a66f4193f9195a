#include "lexer/xid.h"

#include "lexer/xid_table.inc"

unsigned rsl_xid_class(uint32_t code_point)
{
    if (code_point >= XID_LIMIT) {
        return 0;
    }
    uint32_t block = xid_index[code_point >> XID_BLOCK_SHIFT];
    uint32_t at = block << XID_BLOCK_SHIFT | (code_point & ((1u << XID_BLOCK_SHIFT) - 1));
    return xid_blocks[at / 2] >> (at % 2 * 4) & 15u;
}

const char *rsl_xid_unicode_version(void)
{
    return XID_UNICODE_VERSION;
}
