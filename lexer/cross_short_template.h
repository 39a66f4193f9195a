/* cross_short_template.h - what is short enough to be crossed at sight; part of cross_template.h.
 *
 * Most attributes, arguments of macros and values are plain and within 64 bytes. Where they end
 * comes from masks; whatever is not plainly right is left to tree() and cross().
 */

/* Where a bit is at or behind an odd number of those in `bits`. */
static inline uint64_t behind_odd(uint64_t bits)
{
    for (unsigned n = 1; n < 64; n *= 2)
        bits ^= bits << n;
    return bits;
}

/* Whether as many brackets of each kind open as close in `inside`. */
CROSS_TARGET static inline bool is_even(const struct short_masks *masks, uint64_t inside)
{
    return COUNT_BITS(masks->paren_open & inside) == COUNT_BITS(masks->paren_close & inside) &&
           COUNT_BITS(masks->square_open & inside) == COUNT_BITS(masks->square_close & inside);
}

#ifdef ATTR_MASKS
/* Behind the `]` of the attribute whose `[` is at p, if it is plainer still, as most are: without
 * quotes and other brackets but parentheses, and these all open before one closes. */
CROSS_TARGET static inline const uint8_t *plain_attr(const uint8_t *p)
{
    struct attr_masks masks;
    ATTR_MASKS(&masks, p);
    const uint64_t inside = (masks.close & -masks.close) - 1;
    const uint64_t opens = masks.paren_open & inside, closes = masks.paren_close & inside;
    const uint8_t *const closer = p + (unsigned)COUNT_BITS(inside);
    const bool uneven = (opens > (closes & -closes)) | (COUNT_BITS(opens) != COUNT_BITS(closes));
    if (((masks.close == 0) | ((masks.odd & inside & ~UINT64_C(1)) != 0) | uneven) != 0 ||
        *closer != ']')
        return NULL;
    return closer + 1;
}
#endif

CROSS_TARGET static const uint8_t *short_tree(const uint8_t *p, bool *any_brace_out)
{
#ifdef ATTR_MASKS
    const uint8_t *const behind = *p == '[' ? plain_attr(p) : NULL;
    if (behind != NULL) {
        *any_brace_out = false;
        return behind;
    }
#endif
    struct short_masks masks;
    SHORT_MASKS(&masks, p);
    uint64_t code = ~UINT64_C(0);
    if (masks.quote != 0) {
        /* Nothing may stand before a quote that could make it another than the next of a pair. */
        if ((masks.quote & (masks.hash | masks.backslash) << 1) != 0)
            return NULL;
        code = ~behind_odd(masks.quote);
    }
    const uint64_t opens = (masks.paren_open | masks.square_open) & code;
    uint64_t closes = (masks.paren_close | masks.square_close) & code;
    int64_t nclosed = 1;
    for (; closes != 0; closes &= closes - 1, nclosed++) {
        const uint64_t before = (closes & -closes) - 1;
        if (COUNT_BITS(opens & before) != nclosed)
            continue;
        const uint64_t inside = before | (before + 1);
        if (((masks.brace | masks.odd) & code & inside) != 0 || !is_even(&masks, code & inside))
            return NULL;
        const uint8_t *const closer = p + __builtin_ctzll(closes);
        *any_brace_out = (masks.brace & inside) != 0;
        return *closer == (*p == '(' ? ')' : ']') ? closer + 1 : NULL;
    }
    return NULL;
}

CROSS_TARGET static const uint8_t *short_value(const uint8_t *p)
{
    struct short_masks masks;
    SHORT_MASKS(&masks, p);
    const uint64_t end = masks.semi & -masks.semi;
    const uint64_t inside = end - 1;
    const uint64_t opens = (masks.paren_open | masks.square_open) & inside;
    const uint64_t closes = (masks.paren_close | masks.square_close) & inside;
    if (end == 0 ||
        ((masks.brace | masks.odd | masks.quote | masks.bang | masks.newline) & inside) != 0)
        return NULL;
    /* All brackets open before any closes. */
    if ((opens | closes) != 0 && (opens >= (closes & -closes) || !is_even(&masks, inside)))
        return NULL;
    return p + __builtin_ctzll(end);
}
