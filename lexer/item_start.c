#include "lexer/item_start.h"

#include "lexer/keywords.h"
#include "lexer/scan.h"

/* The keyword at p, RSL_KEYWORD_NONE if another identifier or none is there; *after_out is behind
 * it. */
static enum rsl_keyword keyword_at(const uint8_t *p, const uint8_t *end, const uint8_t **after_out)
{
    *after_out = rsl_scan_ident(p, end);
    return rsl_keyword_find(p, (size_t)(*after_out - p));
}

/* Whether a name begins at p: any word that is none but a keyword in every edition. */
static bool name_at(const uint8_t *p, const uint8_t *end)
{
    const uint8_t *after = rsl_scan_ident(p, end);
    if (after == p)
        return false;
    switch (rsl_keyword_class(rsl_keyword_find(p, (size_t)(after - p)))) {
    case RSL_KEYWORD_CLASS_STRICT:
    case RSL_KEYWORD_CLASS_RESERVED: return false;
    default: return true;
    }
}

/* No item has more modifiers: default const async unsafe extern fn. */
enum { MOST_MODIFIERS = 5 };

// NOLINTNEXTLINE(misc-no-recursion): as deep as there are modifiers
static bool item_starts(const uint8_t *p, const uint8_t *end, unsigned nmodifiers)
{
    if (nmodifiers > MOST_MODIFIERS)
        return false;
    const uint8_t *after;
    enum rsl_keyword keyword = keyword_at(p, end, &after);
    switch (keyword) {
    case RSL_KEYWORD_ENUM:
    case RSL_KEYWORD_EXTERN:
    case RSL_KEYWORD_FN:
    case RSL_KEYWORD_IMPL:
    case RSL_KEYWORD_MOD:
    case RSL_KEYWORD_PUB:
    case RSL_KEYWORD_STRUCT:
    case RSL_KEYWORD_TRAIT:
    case RSL_KEYWORD_TYPE: return true;
    case RSL_KEYWORD_ASYNC:
    case RSL_KEYWORD_AUTO:
    case RSL_KEYWORD_CONST:
    case RSL_KEYWORD_DEFAULT:
    case RSL_KEYWORD_FINAL:
    case RSL_KEYWORD_GEN:
    case RSL_KEYWORD_MACRO:
    case RSL_KEYWORD_REUSE:
    case RSL_KEYWORD_SAFE:
    case RSL_KEYWORD_STATIC:
    case RSL_KEYWORD_UNION:
    case RSL_KEYWORD_UNSAFE:
    case RSL_KEYWORD_USE: break;
    default: return false;
    }

    const uint8_t *next = rsl_scan_trivia(after, end);
    const uint8_t *after_next;
    enum rsl_keyword second = keyword_at(next, end, &after_next);
    bool word = after_next > next;
    switch (keyword) {
    case RSL_KEYWORD_CONST:
        /* Else an inline const, or a closure: const || , const move || , const async || . */
        if (second == RSL_KEYWORD_ASYNC || second == RSL_KEYWORD_GEN)
            return item_starts(next, end, nmodifiers + 1) ||
                   *rsl_scan_trivia(after_next, end) == ':';
        return word && second != RSL_KEYWORD_MOVE && second != RSL_KEYWORD_FOR &&
               second != RSL_KEYWORD_STATIC;
    case RSL_KEYWORD_STATIC:
        if (second == RSL_KEYWORD_ASYNC || second == RSL_KEYWORD_GEN)
            return *rsl_scan_trivia(after_next, end) == ':';
        return word && second != RSL_KEYWORD_MOVE && second != RSL_KEYWORD_FOR;
    case RSL_KEYWORD_USE: return *next != '|'; /* else a closure: use || x */
    case RSL_KEYWORD_UNSAFE:
        switch (second) {
        case RSL_KEYWORD_ASYNC:
        case RSL_KEYWORD_AUTO:
        case RSL_KEYWORD_CONST:
        case RSL_KEYWORD_EXTERN:
        case RSL_KEYWORD_FN:
        case RSL_KEYWORD_GEN:
        case RSL_KEYWORD_IMPL:
        case RSL_KEYWORD_MOD:
        case RSL_KEYWORD_STATIC:
        case RSL_KEYWORD_TRAIT: return true;
        default: return false;
        }
    case RSL_KEYWORD_ASYNC:
    case RSL_KEYWORD_GEN:
        switch (second) {
        case RSL_KEYWORD_EXTERN:
        case RSL_KEYWORD_FN:
        case RSL_KEYWORD_SAFE: return true;
        case RSL_KEYWORD_GEN:
        case RSL_KEYWORD_UNSAFE: return item_starts(next, end, nmodifiers + 1);
        default: return false;
        }
    case RSL_KEYWORD_AUTO: return second == RSL_KEYWORD_TRAIT;
    case RSL_KEYWORD_DEFAULT:
    case RSL_KEYWORD_FINAL:
    case RSL_KEYWORD_SAFE:
        return item_starts(next, end, nmodifiers + 1) && second != RSL_KEYWORD_UNION;
    case RSL_KEYWORD_MACRO:
    case RSL_KEYWORD_UNION: return name_at(next, end);
    default: /* reuse */
        return *next == '<' || name_at(next, end) || second == RSL_KEYWORD_CRATE ||
               second == RSL_KEYWORD_SELF_LOWER || second == RSL_KEYWORD_SELF_UPPER ||
               second == RSL_KEYWORD_SUPER;
    }
}

bool rsl_item_starts(const uint8_t *p, const uint8_t *end)
{
    return item_starts(p, end, 0);
}
