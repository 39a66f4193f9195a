/* lex_window.h - inside the lexer: the common tokens by bit masks, 64 bytes at a time.
 *
 * Words, white space and punctuation make nine tokens out of ten. In a window of 64 bytes their
 * starts are known from masks alone: a word or a space whose neighbour before it is none, and every
 * other byte. A token ends where the next begins, so each is made without a branch. Whatever needs
 * to be looked at - literals, comments, prefixes, bytes beyond ASCII - is `special`: the tokens up
 * to it are made, lex_one makes it, and the window goes on behind it if it ends inside.
 *
 * Included once per instruction set, which defines before:
 *   WINDOW_OPS      the name of the rsl_lex_ops to define,
 *   WINDOW_TARGET   a function attribute that turns the instruction set on, or nothing,
 *   WINDOW_COUNT    how many bits of a uint64_t are set,
 *   CLASSIFY        static inline void CLASSIFY(struct window *, const uint8_t *base). */
#include "lexer/lex_masks.h"
#include "lexer/lex_one.h"

/* The bits below `bit`, which is at most 64. */
static inline uint64_t below(unsigned bit)
{
    return bit < 64 ? (UINT64_C(1) << bit) - 1 : ~UINT64_C(0);
}

/* What the second half of a token is that begins with a certain byte and needs no look at others.
 * `reserved` marks the bytes that begin no token, to be seen in a sum over many. */
struct tail {
    uint32_t suffix_start;
    uint8_t kind;
    uint8_t flags;
    uint8_t nhashes;
    uint8_t reserved;
};

#define UNKNOWN_MARK 0x80
/* clang-format off */
#define I {.kind = RSL_TOKEN_IDENT}
#define S {.kind = RSL_TOKEN_WHITESPACE}
#define U {.kind = RSL_TOKEN_UNKNOWN, .reserved = UNKNOWN_MARK}
#define P(c) {.kind = (c)}
#define L {.kind = 0} /* special: made by lex_one, as what is beyond ASCII */
static const struct tail tails[256] = {
    /*0*/ U, U, U, U, U, U, U, U, U, S, S, S, S, S, U, U,
    /*1*/ U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U,
    /*2*/ S, P('!'), L, P('#'), P('$'), P('%'), P('&'), L,
          P('('), P(')'), P('*'), P('+'), P(','), P('-'), P('.'), P('/'),
    /*3*/ L, L, L, L, L, L, L, L, L, L, P(':'), P(';'), P('<'), P('='), P('>'), P('?'),
    /*4*/ P('@'), I, I, I, I, I, I, I, I, I, I, I, I, I, I, I,
    /*5*/ I, I, I, I, I, I, I, I, I, I, I, P('['), U, P(']'), P('^'), I,
    /*6*/ U, I, I, I, I, I, I, I, I, I, I, I, I, I, I, I,
    /*7*/ I, I, I, I, I, I, I, I, I, I, I, P('{'), P('|'), P('}'), P('~'), U,
};
#undef I
#undef S
#undef U
#undef P
#undef L
/* clang-format on */

#define TAIL_OFFSET offsetof(struct rsl_token, suffix_start)
_Static_assert(sizeof(struct tail) == sizeof(struct rsl_token) - TAIL_OFFSET, "the second half");

/* Writes the tokens that begin at the bits of `starts` from bit `at` to before bit `to`, which is
 * one of them. Returns one past the last token; writes up to three more. */
WINDOW_TARGET static inline struct rsl_token *emit(struct rsl_lexer *lexer, struct rsl_token *out,
                                                   const uint8_t *base, uint64_t starts,
                                                   unsigned at, unsigned to)
{
    uint32_t offset = (uint32_t)(base - lexer->src);
    struct rsl_token *behind = out + WINDOW_COUNT(starts & below(to) & ~below(at));
    uint64_t left = starts & ~below(at);
    uint64_t seen = 0;
    for (struct rsl_token *from = out; from < behind; from += 4) {
        for (unsigned k = 0; k < 4; k++) {
            left &= left - 1;
            /* Behind the last start the token is not wanted, but the count must be defined. */
            unsigned next = (unsigned)__builtin_ctzll(left | UINT64_C(1) << 63);
            uint64_t tail;
            memcpy(&tail, &tails[base[at]], sizeof(tail));
            from[k].start = offset + at;
            from[k].nbytes = next - at;
            memcpy((uint8_t *)&from[k] + TAIL_OFFSET, &tail, sizeof(tail));
            seen |= tail;
            at = next;
        }
    }
    struct tail sum;
    memcpy(&sum, &seen, sizeof(sum));
    if (sum.reserved) {
        for (struct rsl_token *token = out; token < behind; token++) {
            lexer->suspect |= token->reserved != 0;
            token->reserved = 0;
        }
    }
    return behind;
}

/* Makes the tokens of the window at `base`, which begins one. Returns one past the last, and where
 * to go on in lexer->p. */
WINDOW_TARGET static inline struct rsl_token *lex_window(struct rsl_lexer *lexer,
                                                         struct rsl_token *out, const uint8_t *base)
{
    struct window window;
    CLASSIFY(&window, base);
    uint64_t word = window.word;
    uint64_t space = window.space;
    uint64_t starts = ~(word | space) | (word & ~(word << 1)) | (space & ~(space << 1));
    /* A `#` matters behind a word and before a quote or another `#`. */
    uint64_t hash = window.hash & (word << 1 | (window.hash | window.quote) >> 1);
    uint64_t special =
        window.quote | window.slash | window.high | hash | (window.digit & ~(word << 1));
    /* Specials that change the token before them: the word is a prefix or goes on, the white space
     * goes on. */
    uint64_t joins =
        (word << 1 & (window.quote | window.hash | window.high)) | (space << 1 & window.high);

    size_t nleft = (size_t)(lexer->end - base);
    unsigned limit = nleft < 64 ? (unsigned)nleft : 64;
    special &= below(limit);
    if (limit < 64) {
        starts = (starts & below(limit)) | UINT64_C(1) << limit;
    }

    unsigned at = 0;
    for (;;) {
        uint64_t ahead = special & ~below(at);
        if (ahead == 0) {
            /* The token at the last start may go on, or turn special, behind the window: it begins
             * the next one. If it is all there is, it is made alone. */
            unsigned last = 63 - (unsigned)__builtin_clzll(starts);
            if (last > at) {
                lexer->p = base + last;
                return emit(lexer, out, base, starts, at, last);
            }
        } else {
            unsigned to = (unsigned)__builtin_ctzll(ahead);
            if (to > at && joins >> to & 1) {
                to = 63 - (unsigned)__builtin_clzll(starts & below(to));
            }
            out = emit(lexer, out, base, starts, at, to);
            at = to;
        }
        const uint8_t *p = lex_one(lexer, out++, base + at);
        size_t next = (size_t)(p - base);
        /* Two tokens may part a run of word characters (an invalid raw string): then the masks are
         * wrong about what begins there. */
        if (next >= limit || (word >> (next - 1) & word >> next & 1)) {
            lexer->p = p;
            return out;
        }
        at = (unsigned)next;
        starts |= UINT64_C(1) << at;
    }
}

static void one(struct rsl_lexer *lexer, struct rsl_token *token_out)
{
    lexer->p = lex_one(lexer, token_out, lexer->p);
}

WINDOW_TARGET static struct rsl_token *run(struct rsl_lexer *lexer, struct rsl_token *out,
                                           const uint8_t *stop)
{
    while (lexer->p < stop) {
        out = lex_window(lexer, out, lexer->p);
    }
    return out;
}

const struct rsl_lex_ops WINDOW_OPS = {.one = one, .run = run};
