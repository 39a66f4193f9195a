/* io.h - which of the kernel's interfaces waits and reads. */
#ifndef RSL_SCHED_IO_H
#define RSL_SCHED_IO_H

#ifdef __cplusplus
extern "C" {
#endif

/* Both give the same results. */
enum rsl_io {
    RSL_IO_ANY,   /* io_uring, or epoll and plain calls where the kernel or a filter refuses it */
    RSL_IO_URING, /* or else an error */
    RSL_IO_EPOLL, /* no io_uring */
};

#ifdef __cplusplus
}
#endif

#endif
