/* cross_attr_template.h - short attributes at sight; part of cross_template.h.
 *
 * Most attributes are #[test], #[derive(A, B)], #[stable(feature = "a", since = "1.0.0")]: one pair
 * of square brackets within 64 bytes. Where it closes comes from masks; whatever is not plainly
 * right is left to tree().
 */

/* Where a bit is at or behind an odd number of those in `bits`. */
static inline uint64_t behind_odd(uint64_t bits)
{
    for (unsigned n = 1; n < 64; n *= 2)
        bits ^= bits << n;
    return bits;
}

CROSS_TARGET static const uint8_t *short_attr(const uint8_t *p)
{
    struct attr_masks masks;
    ATTR_MASKS(&masks, p);
    uint64_t code = ~UINT64_C(0);
    if ((masks.quote & ((masks.square_close & -masks.square_close) - 1)) != 0) {
        /* A backslash is odd, and no `#` may stand before a quote: all strings end at the next. */
        if ((masks.quote & masks.hash << 1) != 0)
            return NULL;
        code = ~behind_odd(masks.quote);
    }
    const uint64_t closes = masks.square_close & code;
    const uint64_t inside = ((closes & -closes) - 1) & ~UINT64_C(1); /* between the brackets */
    const uint64_t opens = masks.paren_open & code & inside;
    const uint64_t parens = masks.paren_close & code & inside;
    if (closes == 0 || (masks.square_open & code & inside) != 0 || (masks.odd & inside) != 0)
        return NULL;
    /* Either no parentheses, or all open before any closes. */
    if ((opens | parens) != 0 &&
        (opens >= (parens & -parens) || COUNT_BITS(opens) != COUNT_BITS(parens)))
        return NULL;
    return p + __builtin_ctzll(closes) + 1;
}
