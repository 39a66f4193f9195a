/* Needs _GNU_SOURCE for MAP_NORESERVE. */
#include "tests/model/coroutine.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#ifdef MODEL_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

static struct coroutine *switching_from, *switching_to;

/* On the new stack, after each switch. */
static void arrived(void)
{
#ifdef MODEL_ASAN
    const void *bottom;
    size_t nbytes;
    __sanitizer_finish_switch_fiber(switching_to->fake_stack, &bottom, &nbytes);
    switching_from->asan_bottom = bottom;
    switching_from->asan_nbytes = nbytes;
#endif
}

static void first_entry(void)
{
    arrived();
    switching_to->entry();
    abort();
}

#ifdef __x86_64__
/* Keeps what a call has to preserve on the stack that is left; swapcontext() would also make two
 * system calls. */
void model_switch_stacks(void **save, void *load);
__asm__(".text\n"
        ".globl model_switch_stacks\n"
        ".hidden model_switch_stacks\n"
        ".type model_switch_stacks, @function\n"
        "model_switch_stacks:\n"
        "    pushq %rbp\n"
        "    pushq %rbx\n"
        "    pushq %r12\n"
        "    pushq %r13\n"
        "    pushq %r14\n"
        "    pushq %r15\n"
        "    movq %rsp, (%rdi)\n"
        "    movq %rsi, %rsp\n"
        "    popq %r15\n"
        "    popq %r14\n"
        "    popq %r13\n"
        "    popq %r12\n"
        "    popq %rbx\n"
        "    popq %rbp\n"
        "    ret\n"
        ".size model_switch_stacks, . - model_switch_stacks\n");
#endif

void coroutine_prepare(struct coroutine *coroutine, void (*entry)(void))
{
    if (!coroutine->stack) {
        coroutine->stack = mmap(NULL, COROUTINE_STACK_NBYTES, PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (coroutine->stack == MAP_FAILED)
            abort();
        coroutine->asan_bottom = coroutine->stack;
        coroutine->asan_nbytes = COROUTINE_STACK_NBYTES;
    }
#ifdef MODEL_ASAN
    __asan_unpoison_memory_region(coroutine->stack, COROUTINE_STACK_NBYTES);
#endif
    coroutine->fake_stack = NULL;
    coroutine->entry = entry;
#ifdef __x86_64__
    /* Six registers, the address to go to, and none to return to. Aligned as at a function's entry:
     * 8 below a multiple of 16. */
    void **top = (void **)(void *)((char *)coroutine->stack + COROUTINE_STACK_NBYTES);
    *--top = NULL;
    *--top = (void *)(uintptr_t)first_entry; /* NOLINT(performance-no-int-to-ptr) */
    for (int i = 0; i < 6; i++)
        *--top = NULL;
    coroutine->stack_pointer = top;
#else
    if (getcontext(&coroutine->context) != 0)
        abort();
    coroutine->context.uc_stack.ss_sp = coroutine->stack;
    coroutine->context.uc_stack.ss_size = COROUTINE_STACK_NBYTES;
    coroutine->context.uc_link = NULL;
    makecontext(&coroutine->context, first_entry, 0);
#endif
}

void coroutine_switch(struct coroutine *from, struct coroutine *to)
{
    switching_from = from;
    switching_to = to;
#ifdef MODEL_ASAN
    __sanitizer_start_switch_fiber(&from->fake_stack, to->asan_bottom, to->asan_nbytes);
#endif
#ifdef __x86_64__
    model_switch_stacks(&from->stack_pointer, to->stack_pointer);
#else
    if (swapcontext(&from->context, &to->context) != 0)
        abort();
#endif
    arrived();
}
