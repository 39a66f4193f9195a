#include "tools/output.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/uio.h>
#include <unistd.h>

#include "ds/futex.h"

struct rsl_output {
    struct rsl_spsc *texts;
    pthread_t thread;
    int give_up_fd; /* readable: nothing is to be written any more */
    /* Texts sent to the thread, the sender's own; and those that it is done with, which it writes
     * and the sender reads: while they are equal, the sender may write itself. */
    uint64_t nsent;
    struct rsl_atomic_u64 ndone;
    /* Written by the thread; read by it, and by rsl_output_stop() when it has been joined, which
     * orders that: relaxed. */
    struct rsl_atomic_u32 error;
    /* Written once by the thread, at its end; read by rsl_output_stop(). */
    struct rsl_atomic_u32 ended;
};

/* Waits until something can be written, or it is no use. */
static bool may_write(struct rsl_output *output, int fd)
{
    struct pollfd fds[2] = {{.fd = fd, .events = POLLOUT}, {output->give_up_fd, POLLIN, 0}};
    while (poll(fds, 2, -1) < 0 && errno == EINTR)
        continue;
    return fds[1].revents == 0;
}

/* Small pieces: a pipe that poll says can be written takes at least that without waiting. */
enum { PIECE = 4096 };

static void write_all(struct rsl_output *output, int fd, const struct rsl_text_buffer *text)
{
    size_t at = 0;
    while (at < text->nbytes && may_write(output, fd)) {
        const size_t left = text->nbytes - at;
        const ssize_t n = write(fd, text->bytes + at, left < PIECE ? left : PIECE);
        if (n < 0 && errno != EINTR && errno != EAGAIN) {
            if (fd == STDOUT_FILENO) {
                rsl_u32_store_relaxed(&output->error, (uint32_t)errno);
                rsl_spsc_close(output->texts);
            }
            return;
        }
        at += n > 0 ? (size_t)n : 0;
    }
}

static void *run(void *arg)
{
    struct rsl_output *output = arg;
    struct rsl_output_text text = {0};
    while (rsl_spsc_receive(output->texts, &text, RSL_FOREVER) == RSL_OK) {
        if (rsl_u32_load_relaxed(&output->error) == 0)
            write_all(output, STDOUT_FILENO, &text.out);
        write_all(output, STDERR_FILENO, &text.diagnostics); /* nobody may be listening there */
        rsl_text_buffer_fini(&text.out);
        rsl_text_buffer_fini(&text.diagnostics);
        /* relaxed: its own counter; release: pairs with write_here(): what was written is */
        rsl_u64_store_release(&output->ndone, rsl_u64_load_relaxed(&output->ndone) + 1);
    }
    /* release: pairs with rsl_output_stop(): publishes `error`; the thread touches nothing after
     * the wake, which may find nobody, and is joined before the memory goes */
    rsl_u32_store_release(&output->ended, 1);
    rsl_futex_wake(&output->ended, 1);
    return NULL;
}

int rsl_output_start(size_t capacity, struct rsl_output **output_out)
{
    struct rsl_output *output = calloc(1, sizeof *output);
    *output_out = NULL;
    if (output == NULL)
        return -ENOMEM;
    int error = 0;
    output->give_up_fd = eventfd(0, EFD_CLOEXEC);
    if (output->give_up_fd < 0)
        error = errno;
    else if (rsl_spsc_create(capacity, sizeof(struct rsl_output_text), NULL, &output->texts) !=
             RSL_OK)
        error = ENOMEM;
    else
        error = pthread_create(&output->thread, NULL, run, output);
    if (error != 0) {
        rsl_spsc_destroy(output->texts);
        if (output->give_up_fd >= 0)
            close(output->give_up_fd);
        free(output);
        return -error;
    }
    *output_out = output;
    return 0;
}

/* Writes what fits without waiting, if the thread has nothing to do: waking it takes longer than
 * the write, most of all on a busy machine. What is left, or all of it where the system cannot tell
 * whether it would wait, is for the thread. Returns whether nothing is. */
static bool write_here(struct rsl_output *output, struct rsl_output_text *text)
{
    struct rsl_text_buffer *out = &text->out;
    /* acquire: pairs with run() */
    if (rsl_u64_load_acquire(&output->ndone) != output->nsent || out->nbytes == 0 ||
        rsl_spsc_is_closed(output->texts))
        return false;
    const struct iovec piece = {.iov_base = out->bytes, .iov_len = out->nbytes};
    const ssize_t n = pwritev2(STDOUT_FILENO, &piece, 1, -1, RWF_NOWAIT);
    if (n <= 0)
        return false; /* what is wrong, if anything is, the thread finds out */
    out->nbytes -= (size_t)n;
    memmove(out->bytes, out->bytes + n, out->nbytes);
    return out->nbytes + text->diagnostics.nbytes == 0;
}

static enum rsl_status send(struct rsl_output *output, struct rsl_output_text *text,
                            uint64_t timeout_ns)
{
    if (write_here(output, text)) {
        rsl_text_buffer_fini(&text->out);
        rsl_text_buffer_fini(&text->diagnostics);
        return RSL_OK;
    }
    const enum rsl_status status = timeout_ns == 0 ? rsl_spsc_try_send(output->texts, text)
                                                   : rsl_spsc_send(output->texts, text, timeout_ns);
    if (status == RSL_OK) {
        output->nsent++;
        *text = (struct rsl_output_text){0};
    }
    return status;
}

enum rsl_status rsl_output_try_send(struct rsl_output *output, struct rsl_output_text *text)
{
    return send(output, text, 0);
}

enum rsl_status rsl_output_send(struct rsl_output *output, struct rsl_output_text *text)
{
    return send(output, text, RSL_FOREVER);
}

struct rsl_spsc *rsl_output_channel(struct rsl_output *output)
{
    return output->texts;
}

void rsl_output_give_up(struct rsl_output *output)
{
    const uint64_t one = 1;
    (void)!write(output->give_up_fd, &one, sizeof one);
}

int rsl_output_stop(struct rsl_output *output, uint64_t timeout_ns)
{
    rsl_spsc_close(output->texts);
    /* acquire: pairs with run() */
    while (rsl_u32_load_acquire(&output->ended) == 0)
        if (!rsl_futex_wait(&output->ended, 0, timeout_ns))
            rsl_output_give_up(output);
    pthread_join(output->thread, NULL);
    rsl_spsc_destroy(output->texts);
    close(output->give_up_fd);
    const int error = (int)rsl_u32_load_relaxed(&output->error);
    free(output);
    return error;
}
