/* find.h - finding bytes in long runs: 16 at a time where the baseline of the target has vectors.
 *
 * For use inside the lexer and the parser. All functions look at [p, end), p <= end, and return end
 * if there is nothing to find. They may read RSL_PAD bytes from end on, whatever these are.
 *
 * A file that defines RSL_SCAN_SCALAR before its first include of this header gets byte loops: the
 * versions that the vector ones are checked against. Everything is static, so that both can be in
 * one library. */
#ifndef RSL_LEXER_FIND_H
#define RSL_LEXER_FIND_H

#include "ds/ds.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#if !defined(RSL_SCAN_SCALAR) && defined(__SSE2__)
#include <emmintrin.h>

#define RSL_FIND_VECTOR 1
typedef __m128i rsl_block16;
typedef uint32_t rsl_hits; /* a bit a byte */
#define RSL_HIT_SHIFT 0

static inline rsl_block16 rsl_block16_load(const uint8_t *p)
{
    return _mm_loadu_si128((const __m128i *)(const void *)p);
}

static inline rsl_block16 rsl_block16_of(uint8_t byte)
{
    return _mm_set1_epi8((char)byte);
}

static inline rsl_block16 rsl_block16_eq(rsl_block16 v, uint8_t byte)
{
    return _mm_cmpeq_epi8(v, _mm_set1_epi8((char)byte));
}

static inline rsl_block16 rsl_block16_or(rsl_block16 a, rsl_block16 b)
{
    return _mm_or_si128(a, b);
}

/* Lanes of first <= byte <= last. */
static inline rsl_block16 rsl_block16_in(rsl_block16 v, uint8_t first, uint8_t last)
{
    __m128i offset = _mm_sub_epi8(v, _mm_set1_epi8((char)first));
    return _mm_cmpeq_epi8(_mm_min_epu8(offset, _mm_set1_epi8((char)(last - first))), offset);
}

static inline rsl_hits rsl_block16_hits(rsl_block16 lanes)
{
    return (uint32_t)_mm_movemask_epi8(lanes);
}

static inline rsl_hits rsl_block16_misses(rsl_block16 lanes)
{
    return rsl_block16_hits(lanes) ^ 0xFFFFu;
}

static inline rsl_hits rsl_block16_non_ascii(rsl_block16 v)
{
    return (uint32_t)_mm_movemask_epi8(v);
}

#elif !defined(RSL_SCAN_SCALAR) && defined(__aarch64__) && defined(__ARM_NEON)
#include <arm_neon.h>

#define RSL_FIND_VECTOR 1
typedef uint8x16_t rsl_block16;
typedef uint64_t rsl_hits; /* four bits a byte: NEON has no movemask, but narrows by a shift */
#define RSL_HIT_SHIFT   2

static inline rsl_block16 rsl_block16_load(const uint8_t *p)
{
    return vld1q_u8(p);
}

static inline rsl_block16 rsl_block16_of(uint8_t byte)
{
    return vdupq_n_u8(byte);
}

static inline rsl_block16 rsl_block16_eq(rsl_block16 v, uint8_t byte)
{
    return vceqq_u8(v, vdupq_n_u8(byte));
}

static inline rsl_block16 rsl_block16_or(rsl_block16 a, rsl_block16 b)
{
    return vorrq_u8(a, b);
}

static inline rsl_block16 rsl_block16_in(rsl_block16 v, uint8_t first, uint8_t last)
{
    return vcleq_u8(vsubq_u8(v, vdupq_n_u8(first)), vdupq_n_u8((uint8_t)(last - first)));
}

static inline rsl_hits rsl_block16_hits(rsl_block16 lanes)
{
    return vget_lane_u64(vreinterpret_u64_u8(vshrn_n_u16(vreinterpretq_u16_u8(lanes), 4)), 0);
}

static inline rsl_hits rsl_block16_misses(rsl_block16 lanes)
{
    return ~rsl_block16_hits(lanes);
}

static inline rsl_hits rsl_block16_non_ascii(rsl_block16 v)
{
    return rsl_block16_hits(vcgeq_u8(v, vdupq_n_u8(0x80)));
}
#endif

#ifdef RSL_FIND_VECTOR
/* Lanes of A-Z a-z 0-9 and _. */
static inline rsl_block16 rsl_block16_ident(rsl_block16 v)
{
    const rsl_block16 letters = rsl_block16_in(rsl_block16_or(v, rsl_block16_of(0x20)), 'a', 'z');
    return rsl_block16_or(rsl_block16_or(letters, rsl_block16_in(v, '0', '9')),
                          rsl_block16_eq(v, '_'));
}

/* The number of the first lane hit; hits is not 0. */
static inline unsigned rsl_first_hit(rsl_hits hits)
{
    return (unsigned)__builtin_ctzll(hits) >> RSL_HIT_SHIFT;
}

/* Where the first lane hit of the block at p is, or end if that is before. */
static inline const uint8_t *rsl_hit_before(const uint8_t *p, rsl_hits hits, const uint8_t *end)
{
    p += rsl_first_hit(hits);
    return p < end ? p : end;
}
#endif

/* The first `a`. */
static inline const uint8_t *rsl_find_byte(const uint8_t *p, const uint8_t *end, uint8_t a)
{
#ifdef RSL_FIND_VECTOR
    for (; p < end; p += 16) {
        rsl_hits hits = rsl_block16_hits(rsl_block16_eq(rsl_block16_load(p), a));
        if (hits) {
            return rsl_hit_before(p, hits, end);
        }
    }
    return end;
#else
    while (p < end && *p != a) {
        p++;
    }
    return p;
#endif
}

/* The first `a` or `b`. */
static inline const uint8_t *rsl_find_byte2(const uint8_t *p, const uint8_t *end, uint8_t a,
                                            uint8_t b)
{
#ifdef RSL_FIND_VECTOR
    for (; p < end; p += 16) {
        rsl_block16 v = rsl_block16_load(p);
        rsl_hits hits =
            rsl_block16_hits(rsl_block16_or(rsl_block16_eq(v, a), rsl_block16_eq(v, b)));
        if (hits) {
            return rsl_hit_before(p, hits, end);
        }
    }
    return end;
#else
    while (p < end && *p != a && *p != b) {
        p++;
    }
    return p;
#endif
}

/* The first byte of 0x80 or above. */
static inline const uint8_t *rsl_find_non_ascii(const uint8_t *p, const uint8_t *end)
{
#ifdef RSL_FIND_VECTOR
    /* Four blocks a turn while they last: whole files go through here. */
    for (; end - p >= 64; p += 64) {
        rsl_block16 v =
            rsl_block16_or(rsl_block16_or(rsl_block16_load(p), rsl_block16_load(p + 16)),
                           rsl_block16_or(rsl_block16_load(p + 32), rsl_block16_load(p + 48)));
        if (rsl_block16_non_ascii(v)) {
            break;
        }
    }
    for (; p < end; p += 16) {
        rsl_hits hits = rsl_block16_non_ascii(rsl_block16_load(p));
        if (hits) {
            return rsl_hit_before(p, hits, end);
        }
    }
    return end;
#else
    while (p < end && *p < 0x80) {
        p++;
    }
    return p;
#endif
}

/* The first byte that is neither \t \n \v \f \r nor space. Needs no end, as the next. */
static inline const uint8_t *rsl_skip_white(const uint8_t *p)
{
#ifdef RSL_FIND_VECTOR
    for (;; p += 16) {
        const rsl_block16 v = rsl_block16_load(p);
        const rsl_block16 white =
            rsl_block16_or(rsl_block16_in(v, '\t', '\r'), rsl_block16_eq(v, ' '));
        const rsl_hits misses = rsl_block16_misses(white);
        if (misses) {
            return p + rsl_first_hit(misses);
        }
    }
#else
    while (*p == ' ' || (*p >= '\t' && *p <= '\r')) {
        p++;
    }
    return p;
#endif
}

/* The first byte that is no space. Needs no end: the NUL behind the source is no space. */
static inline const uint8_t *rsl_skip_spaces(const uint8_t *p)
{
#ifdef RSL_FIND_VECTOR
    for (;; p += 16) {
        rsl_hits misses = rsl_block16_misses(rsl_block16_eq(rsl_block16_load(p), ' '));
        if (misses) {
            return p + rsl_first_hit(misses);
        }
    }
#else
    while (*p == ' ') {
        p++;
    }
    return p;
#endif
}

#endif
