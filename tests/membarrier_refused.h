/* membarrier_refused.h - a sandbox in which membarrier(2) fails, as it does on old kernels and
 * under some containers' filters. */
#ifndef RSL_TESTS_MEMBARRIER_REFUSED_H
#define RSL_TESTS_MEMBARRIER_REFUSED_H

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* With `flags`, see refuse_membarrier(). */
static inline bool refuse_membarrier_to(unsigned flags)
{
    struct sock_filter program[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_membarrier, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog filter = {.len = sizeof(program) / sizeof(program[0]),
                                      .filter = program};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &filter) == 0;
}

/* For the calling thread and those that it starts. Returns false if there are no such filters here.
 */
static inline bool refuse_membarrier(void)
{
    return refuse_membarrier_to(0);
}

/* For all threads of the process, those that run already among them. */
static inline bool refuse_membarrier_to_all(void)
{
    return refuse_membarrier_to(SECCOMP_FILTER_FLAG_TSYNC);
}

#endif
