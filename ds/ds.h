/* ds.h - the face of ds/: what every other folder builds on.
 *
 * Status codes, the allocator that all memory comes from, and the padding contract for source
 * buffers. Nothing here knows Rust. No global state; every function says its thread rule.
 */
#ifndef RSL_DS_DS_H
#define RSL_DS_DS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes that must be readable, and zero, behind every source buffer given to the lexer or the
 * parser. A NUL stops every scan loop, so that none needs a bounds check per byte; the width lets
 * a vector load start at the last byte of the source. */
#define RSL_PAD 64

/* Source buffers larger than this are refused with RSL_ETOOBIG: offsets are 32 bits wide. */
#define RSL_MAX_SOURCE UINT32_C(0xFFFFFFF0)

/* What a library call can come back with. What is wrong with the *source* is never in here: it is
 * data, in an errors array. */
enum rsl_status {
    RSL_OK = 0,
    RSL_ENOMEM,    /* the allocator returned NULL; the object is as it was, or empty and reusable */
    RSL_ETOOBIG,   /* the input is larger than RSL_MAX_SOURCE */
    RSL_EIO,       /* a system call failed; errno tells which way */
    RSL_EINVAL,    /* an argument is outside what the function's comment allows */
    RSL_EAGAIN,    /* not now: the channel is full, or empty */
    RSL_ECLOSED,   /* the channel is closed */
    RSL_ETIMEDOUT, /* the time that the caller gave was over first */
    RSL_ECANCELED, /* the job was not begun, because its scope or its pool was cancelled */
};

/* One sentence for `status`, static, never NULL. Any thread. */
const char *rsl_status_message(enum rsl_status status);

/* Where memory comes from. `state` is passed back to each function, so that a test can count or
 * fail calls and an embedder can use arenas. Sizes are bytes. `resize` behaves as realloc and may
 * be given ptr == NULL; both return NULL on failure and leave the old block alone. `release`
 * accepts NULL. Blocks are aligned for any object. The functions are called from whatever thread
 * uses the object that holds the allocator. */
struct rsl_allocator {
    void *(*allocate)(void *state, size_t nbytes);
    void *(*resize)(void *state, void *ptr, size_t old_nbytes, size_t new_nbytes);
    void (*release)(void *state, void *ptr, size_t nbytes);
    void *state;
};

/* malloc, realloc and free. Any thread. */
extern const struct rsl_allocator rsl_allocator_default;

/* A number that nobody can foretell: the seed of hashes of what others have chosen, who could
 * choose what collides. One system call. Any thread. */
uint64_t rsl_unpredictable(void);

#ifdef __cplusplus
}
#endif

#endif
