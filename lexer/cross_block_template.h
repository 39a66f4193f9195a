/* cross_block_template.h - short blocks at sight; part of cross_template.h.
 *
 * Most bodies of functions are within 64 bytes, and plain: without comments, characters and items.
 * Where such a one ends comes from the masks that a crossing would make of it, without the
 * crossing. Whatever is not plainly right is left to cross().
 */

/* Whether each `(` in `opens` has a `)` in `closes` behind it. */
CROSS_TARGET static inline bool are_nested(uint64_t opens, uint64_t closes)
{
    uint32_t nclosed = 0;
    if (COUNT_BITS(opens) != COUNT_BITS(closes))
        return false;
    for (; closes != 0; closes &= closes - 1) {
        if (COUNT_BITS(opens & ((closes & -closes) - 1)) <= nclosed++)
            return false;
    }
    return true;
}

/* Whether the `!` at p plainly is an operator; if not, whether it plainly calls a macro with
 * parentheses, which *calls_out then tells. */
static inline bool is_plain_bang(const uint8_t *p, bool *calls_out)
{
    if (p[1] == '=')
        return true;
    const uint8_t before = p[-1] == ' ' ? p[-2] : p[-1];
    if (!rsl_is(before, RSL_CC_IDENT_CONTINUE | RSL_CC_WHITESPACE | RSL_CC_HIGH) && before != '/')
        return true;
    *calls_out = true;
    return p[1] == '(';
}

CROSS_TARGET static const uint8_t *short_block(const uint8_t *p, const uint8_t *end)
{
    struct cross_block block;
    CLASSIFY(&block, p);
    uint64_t code = ~UINT64_C(0);
    uint64_t special = block.special;
    if ((special & ((block.brace_close & -block.brace_close) - 1)) != 0) {
        uint64_t quotes, tricky;
        QUOTE_MASKS(p, &quotes, &tricky);
        if ((quotes & tricky << 1) != 0)
            return NULL;
        code = ~behind_odd(quotes);
        special &= code & ~quotes;
    }
    /* The closer behind which none is open. */
    const uint64_t opens = block.brace_open & code;
    uint64_t closes = block.brace_close & code;
    for (uint32_t nclosed = 1;; nclosed++, closes &= closes - 1) {
        if (closes == 0)
            return NULL;
        if (COUNT_BITS(opens & ((closes & -closes) - 1)) == nclosed)
            break;
    }
    const uint64_t last = closes & -closes, inside = (last - 1) & code;
    const uint64_t parens = block.paren_open & inside, unparens = block.paren_close & inside;
    const uint64_t squares = block.square_open & inside, unsquares = block.square_close & inside;
    if (COUNT_BITS(parens) != COUNT_BITS(unparens) || COUNT_BITS(squares) != COUNT_BITS(unsquares))
        return NULL;
    for (special &= inside; special != 0; special &= special - 1) {
        const uint8_t *const q = p + __builtin_ctzll(special);
        bool calls = false;
        if (*q != '!' || !is_plain_bang(q, &calls))
            return NULL;
        if (calls &&
            ((squares | (opens & inside & ~UINT64_C(1))) != 0 || !are_nested(parens, unparens)))
            return NULL;
    }
    const uint64_t marks = (block.brace_open | block.brace_close | block.semi) & inside;
    bool runs_on;
    const uint64_t starts = behind_space(&block, marks << 1, &runs_on);
    uint64_t candidates = starts & inside & ~marks & MAY_BEGIN_ITEM(p);
    for (; candidates != 0; candidates &= candidates - 1) {
        const uint8_t *const q = p + __builtin_ctzll(candidates);
        if (rsl_cross_may_begin_item(q) && (*q == '#' || *q >= 0x80 || rsl_item_starts(q, end)))
            return NULL;
    }
    return p + __builtin_ctzll(last) + 1;
}
