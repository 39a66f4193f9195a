/* event_signals.c - signals as a source of an event loop, by signalfd(2). */
#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "sched/event_loop.h"

#define MAX_SIGNAL 64

static void read_signals(struct rsl_event_loop *loop, struct rsl_event_input *input)
{
    struct rsl_event_signals *signals = input->context;
    struct signalfd_siginfo info;
    /* One a turn: the callback may remove the source, and the loop comes back for the others. */
    if (read(input->fd, &info, sizeof info) == (ssize_t)sizeof info)
        signals->on_signal(loop, signals, (int)info.ssi_signo);
}

/* Lets the signals through that `blocked` names. */
static void unblock(uint64_t blocked)
{
    sigset_t set;
    sigemptyset(&set);
    for (int signo = 1; signo <= MAX_SIGNAL; signo++) {
        if (blocked >> (signo - 1) & 1)
            sigaddset(&set, signo);
    }
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

enum rsl_status rsl_event_loop_add_signals(struct rsl_event_loop *loop,
                                           struct rsl_event_signals *signals, const int *signos,
                                           size_t nsignos)
{
    sigset_t set, before;
    sigemptyset(&set);
    for (size_t i = 0; i < nsignos; i++) {
        if (signos[i] < 1 || signos[i] > MAX_SIGNAL || sigaddset(&set, signos[i]) != 0)
            return RSL_EINVAL;
    }
    const int fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    if (fd < 0)
        return RSL_EIO;
    signals->input =
        (struct rsl_event_input){.fd = fd, .on_ready = read_signals, .context = signals};
    const enum rsl_status status = rsl_event_loop_add_input(loop, &signals->input);
    if (status != RSL_OK) {
        const int error = errno;
        close(fd);
        errno = error;
        return status;
    }
    pthread_sigmask(SIG_BLOCK, &set, &before);
    signals->blocked = 0;
    for (size_t i = 0; i < nsignos; i++) {
        if (sigismember(&before, signos[i]) == 0)
            signals->blocked |= UINT64_C(1) << (signos[i] - 1);
    }
    return RSL_OK;
}

void rsl_event_loop_remove_signals(struct rsl_event_loop *loop, struct rsl_event_signals *signals)
{
    if (!signals->input.added)
        return;
    rsl_event_loop_remove_input(loop, &signals->input);
    close(signals->input.fd);
    unblock(signals->blocked);
}
