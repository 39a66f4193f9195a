/* refused_calls.h - a sandbox in which one system call fails, as under containers' filters. */
#ifndef RSL_TESTS_REFUSED_CALLS_H
#define RSL_TESTS_REFUSED_CALLS_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* See refuse_call(); `flags` are seccomp's. */
static inline bool refuse_call_with(unsigned flags, long number, int error)
{
    struct sock_filter program[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)number, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog filter = {.len = sizeof(program) / sizeof(program[0]),
                                      .filter = program};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &filter) == 0;
}

/* From now on the call fails with `error`, for the calling thread and those that it starts. Returns
 * false if there are no such filters here. */
static inline bool refuse_call(long number, int error)
{
    return refuse_call_with(0, number, error);
}

/* For all threads of the process, those that run already among them. */
static inline bool refuse_call_to_all(long number, int error)
{
    return refuse_call_with(SECCOMP_FILTER_FLAG_TSYNC, number, error);
}

#endif
