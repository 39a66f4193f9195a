/* poison.h - memory that a structure of ours holds but that nobody may touch for now, told to
 * AddressSanitizer. Nothing in other builds. Multiples of 8 bytes.
 */
#ifndef RSL_DS_POISON_H
#define RSL_DS_POISON_H

#include <stddef.h>

#if defined(__SANITIZE_ADDRESS__)
#define RSL_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define RSL_ASAN 1
#endif
#endif

#ifdef RSL_ASAN
#include <sanitizer/asan_interface.h>
#endif

static inline void rsl_poison(const void *at, size_t nbytes)
{
#ifdef RSL_ASAN
    __asan_poison_memory_region(at, nbytes);
#else
    (void)at;
    (void)nbytes;
#endif
}

static inline void rsl_unpoison(const void *at, size_t nbytes)
{
#ifdef RSL_ASAN
    __asan_unpoison_memory_region(at, nbytes);
#else
    (void)at;
    (void)nbytes;
#endif
}

#endif
