/* interrupt.c - a handler has nothing but what is global.
 *
 * `woken` is written by the main thread, in rsl_interrupt_watch() and rsl_interrupt_forget_loop(),
 * and read by the handler; `noted` is written by the handler. All other threads block signals, so
 * the handler runs on the main thread, and sees there what came before it in the program: a loop
 * that was forgotten is not woken. Other threads only read `noted`, to know whether to go on, and
 * nothing else on the strength of it. So relaxed suffices for all of it.
 */
#include "tools/interrupt.h"

#include <signal.h>
#include <stddef.h>

static struct rsl_atomic_u32 noted;
static struct rsl_atomic_ptr woken;

static void note(int signo)
{
    rsl_u32_store_relaxed(&noted, (uint32_t)signo);
    struct rsl_event_loop *loop = rsl_ptr_load_relaxed(&woken);
    if (loop != NULL)
        rsl_event_loop_wake(loop);
}

static void catch_signal(int signo)
{
    struct sigaction before;
    const struct sigaction action = {.sa_handler = note, .sa_flags = (int)SA_RESETHAND};
    if (sigaction(signo, NULL, &before) == 0 && before.sa_handler != SIG_IGN)
        (void)sigaction(signo, &action, NULL);
}

void rsl_interrupt_watch(struct rsl_event_loop *loop)
{
    rsl_ptr_store_relaxed(&woken, loop);
    catch_signal(SIGINT);
    catch_signal(SIGTERM);
}

void rsl_interrupt_forget_loop(void)
{
    rsl_ptr_store_relaxed(&woken, NULL);
}

int rsl_interrupt_signal(void)
{
    return (int)rsl_u32_load_relaxed(&noted);
}

const struct rsl_atomic_u32 *rsl_interrupt_word(void)
{
    return &noted;
}
