/* coroutine.h - the client's threads: stacks that run one at a time, in one thread. */
#ifndef RSL_TESTS_MODEL_COROUTINE_H
#define RSL_TESTS_MODEL_COROUTINE_H

#include <stddef.h>

#if defined(__SANITIZE_ADDRESS__)
#define MODEL_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MODEL_ASAN 1
#endif
#endif

#ifndef __x86_64__
#include <ucontext.h>
#endif

#define COROUTINE_STACK_NBYTES ((size_t)256 << 10)

struct coroutine {
    void *stack; /* NULL for the one that the program came with */
#ifdef __x86_64__
    void *stack_pointer;
#else
    ucontext_t context;
#endif
    void (*entry)(void);
    /* Of AddressSanitizer, which wants to know of each change of stacks. */
    void *fake_stack;
    const void *asan_bottom;
    size_t asan_nbytes;
};

/* Makes it start with entry(), which must not return, when first switched to. The stack is made by
 * the first call and used again by further ones, whatever was on it. */
void coroutine_prepare(struct coroutine *coroutine, void (*entry)(void));
/* Goes on with `to`, until somebody switches back. */
void coroutine_switch(struct coroutine *from, struct coroutine *to);

#endif
