/* sched/event_loop.h, each test on io_uring and on epoll; those on io_uring are skipped where it is
 * refused. */
#include "sched/event_loop.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "ds/atomic.h"
#include "ds/mpsc.h"
#include "ds/spsc.h"
#include "tests/counting_allocator.h"
#include "tests/refused_calls.h"

#define MS UINT64_C(1000000)

static struct rsl_event_loop *new_loop(void **state, const struct rsl_allocator *allocator,
                                       void (*on_wake)(struct rsl_event_loop *, void *),
                                       void *context)
{
    const struct rsl_event_loop_options options = {
        .io = *(const enum rsl_io *)*state,
        .allocator = allocator,
        .on_wake = on_wake,
        .context = context,
    };
    struct rsl_event_loop *loop = NULL;
    const enum rsl_status status = rsl_event_loop_create(&options, &loop);
    if (options.io == RSL_IO_URING && status == RSL_EIO && (errno == EPERM || errno == ENOSYS))
        skip();
    assert_int_equal(status, RSL_OK);
    assert_int_equal(rsl_event_loop_io(loop), options.io);
    return loop;
}

static void turn(struct rsl_event_loop *loop)
{
    assert_int_equal(rsl_event_loop_turn(loop, 0), RSL_OK);
}

/* Some turns that find what is there, also where the kernel needs a moment to say so. */
static void turns(struct rsl_event_loop *loop)
{
    for (int i = 0; i < 4; i++)
        turn(loop);
}

/* ---- descriptors */

struct reader {
    struct rsl_event_input input;
    int write_fd;
    unsigned ncalls;
    size_t nread;
    bool at_end;
    struct reader *remove; /* from the loop, when called */
};

static void read_one_byte(struct rsl_event_loop *loop, struct rsl_event_input *input)
{
    struct reader *reader = input->context;
    char byte;
    reader->ncalls++;
    const ssize_t n = read(input->fd, &byte, 1);
    assert_true(n >= 0);
    reader->nread += (size_t)n;
    if (n == 0) {
        reader->at_end = true;
        rsl_event_loop_remove_input(loop, input);
    }
    if (reader->remove != NULL)
        rsl_event_loop_remove_input(loop, &reader->remove->input);
}

static void open_reader(struct rsl_event_loop *loop, struct reader *reader)
{
    int fds[2];
    assert_int_equal(pipe2(fds, O_NONBLOCK | O_CLOEXEC), 0);
    *reader = (struct reader){
        .input = {.fd = fds[0], .on_ready = read_one_byte, .context = reader},
        .write_fd = fds[1],
    };
    assert_int_equal(rsl_event_loop_add_input(loop, &reader->input), RSL_OK);
}

static void close_reader(struct rsl_event_loop *loop, struct reader *reader)
{
    rsl_event_loop_remove_input(loop, &reader->input);
    close(reader->input.fd);
    if (reader->write_fd >= 0)
        close(reader->write_fd);
}

static void an_input_is_called_until_all_is_read(void **state)
{
    struct rsl_event_loop *loop = new_loop(state, NULL, NULL, NULL);
    struct reader reader;
    open_reader(loop, &reader);
    turns(loop);
    assert_int_equal(reader.ncalls, 0);
    assert_int_equal(write(reader.write_fd, "abc", 3), 3);
    while (reader.nread < 3)
        assert_int_equal(rsl_event_loop_turn(loop, RSL_FOREVER), RSL_OK);
    turns(loop);
    assert_int_equal(reader.ncalls, 3);
    close(reader.write_fd);
    reader.write_fd = -1;
    while (!reader.at_end)
        assert_int_equal(rsl_event_loop_turn(loop, RSL_FOREVER), RSL_OK);
    close_reader(loop, &reader);
    rsl_event_loop_destroy(loop);
}

static void a_regular_file_is_always_ready(void **state)
{
    struct rsl_event_loop *loop = new_loop(state, NULL, NULL, NULL);
    FILE *file = tmpfile();
    assert_non_null(file);
    assert_int_equal(write(fileno(file), "abc", 3), 3);
    assert_int_equal(lseek(fileno(file), 0, SEEK_SET), 0);
    struct reader reader = {
        .input = {.fd = fileno(file), .on_ready = read_one_byte, .context = &reader}};
    assert_int_equal(rsl_event_loop_add_input(loop, &reader.input), RSL_OK);
    while (!reader.at_end)
        assert_int_equal(rsl_event_loop_turn(loop, RSL_FOREVER), RSL_OK);
    assert_int_equal(reader.nread, 3);
    turns(loop);
    assert_int_equal(reader.ncalls, 4);
    fclose(file);
    rsl_event_loop_destroy(loop);
}

static void what_is_removed_in_a_turn_is_not_called_in_it(void **state)
{
    struct rsl_event_loop *loop = new_loop(state, NULL, NULL, NULL);
    struct reader a, b;
    open_reader(loop, &a);
    open_reader(loop, &b);
    turns(loop);
    a.remove = &b;
    b.remove = &a;
    assert_int_equal(write(a.write_fd, "a", 1), 1);
    assert_int_equal(write(b.write_fd, "b", 1), 1);
    turns(loop);
    assert_int_equal(a.ncalls + b.ncalls, 1);
    close_reader(loop, &a);
    close_reader(loop, &b);
    rsl_event_loop_destroy(loop);
}

static void a_new_input_hears_nothing_of_the_one_that_it_replaces(void **state)
{
    struct rsl_event_loop *loop = new_loop(state, NULL, NULL, NULL);
    struct reader old, new;
    for (int i = 0; i < 200; i++) { /* more than the ring holds */
        open_reader(loop, &old);
        turn(loop);
        assert_int_equal(write(old.write_fd, "o", 1), 1);
        close_reader(loop, &old);
        open_reader(loop, &new);
        assert_int_equal(new.input.fd, old.input.fd);
        turn(loop);
        assert_int_equal(new.ncalls, 0);
        assert_int_equal(old.ncalls, 0);
        close_reader(loop, &new);
    }
    rsl_event_loop_destroy(loop);
}

static void more_inputs_than_a_batch_are_all_called(void **state)
{
    enum { NREADERS = 200 };
    struct rsl_event_loop *loop = new_loop(state, NULL, NULL, NULL);
    struct reader *readers = calloc(NREADERS, sizeof *readers);
    assert_non_null(readers);
    for (int i = 0; i < NREADERS; i++)
        open_reader(loop, &readers[i]);
    for (int round = 1; round <= 3; round++) {
        for (int i = 0; i < NREADERS; i++)
            assert_int_equal(write(readers[i].write_fd, "x", 1), 1);
        for (int i = 0; i < NREADERS; i++)
            while (readers[i].ncalls < (unsigned)round)
                assert_int_equal(rsl_event_loop_turn(loop, RSL_FOREVER), RSL_OK);
        turns(loop);
        for (int i = 0; i < NREADERS; i++)
            assert_int_equal(readers[i].ncalls, round);
    }
    for (int i = 0; i < NREADERS; i++)
        close_reader(loop, &readers[i]);
    free(readers);
    rsl_event_loop_destroy(loop);
}

static void a_descriptor_that_is_none_or_there_already_is_refused(void **state)
{
    struct rsl_event_loop *loop = new_loop(state, NULL, NULL, NULL);
    struct rsl_event_input input = {.fd = 1000000, .on_ready = read_one_byte};
    assert_int_equal(rsl_event_loop_add_input(loop, &input), RSL_EIO);
    assert_int_equal(errno, EBADF);
    rsl_event_loop_remove_input(loop, &input);
    struct reader reader;
    open_reader(loop, &reader);
    struct rsl_event_input twin = {.fd = reader.input.fd, .on_ready = read_one_byte};
    assert_int_equal(rsl_event_loop_add_input(loop, &twin), RSL_EIO);
    assert_int_equal(errno, EEXIST);
    close_reader(loop, &reader);
    rsl_event_loop_destroy(loop);
}

/* ---- other threads */

enum { NWAKERS = 3, NWAKES = 2000 };

struct waking {
    struct rsl_event_loop *loop;
    struct rsl_atomic_u32 nposted; /* relaxed: the wake orders */
    uint32_t nseen;
    unsigned ncalls;
};

static void on_wake(struct rsl_event_loop *loop, void *context)
{
    struct waking *waking = context;
    waking->ncalls++;
    waking->nseen = rsl_u32_load_relaxed(&waking->nposted);
    if (waking->nseen == NWAKERS * NWAKES)
        rsl_event_loop_stop(loop);
}

static void *wake_often(void *arg)
{
    struct waking *waking = arg;
    for (int i = 0; i < NWAKES; i++) {
        rsl_u32_fetch_add_relaxed(&waking->nposted, 1);
        rsl_event_loop_wake(waking->loop);
    }
    return NULL;
}

static void no_wake_is_lost(void **state)
{
    struct waking waking = {.loop = NULL};
    waking.loop = new_loop(state, NULL, on_wake, &waking);
    pthread_t threads[NWAKERS];
    for (int i = 0; i < NWAKERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, wake_often, &waking), 0);
    assert_int_equal(rsl_event_loop_run(waking.loop), RSL_OK); /* ends only if none is */
    for (int i = 0; i < NWAKERS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(waking.nseen, NWAKERS * NWAKES);
    assert_in_range(waking.ncalls, 1, NWAKERS * NWAKES);
    rsl_event_loop_destroy(waking.loop);
}

static void a_stop_before_the_run_ends_one_run(void **state)
{
    struct rsl_event_loop *loop = new_loop(state, NULL, NULL, NULL);
    rsl_event_loop_stop(loop);
    assert_int_equal(rsl_event_loop_run(loop), RSL_OK);
    struct reader reader;
    open_reader(loop, &reader);
    reader.remove = &reader;
    assert_int_equal(write(reader.write_fd, "x", 1), 1);
    while (reader.ncalls == 0) /* the wake's descriptor does not keep the loop awake for ever */
        assert_int_equal(rsl_event_loop_turn(loop, RSL_FOREVER), RSL_OK);
    close_reader(loop, &reader);
    rsl_event_loop_destroy(loop);
}

/* ---- timers */

struct alarm {
    struct rsl_event_timer timer;
    uint64_t set_for_ns;
    unsigned ncalls, order, nagain;
    unsigned *norder;
    struct alarm *stop;
};

static void on_time(struct rsl_event_loop *loop, struct rsl_event_timer *timer)
{
    struct alarm *alarm = timer->context;
    assert_false(rsl_event_timer_is_set(timer));
    assert_true(rsl_event_loop_now_ns() >= alarm->set_for_ns);
    alarm->ncalls++;
    if (alarm->norder != NULL)
        alarm->order = (*alarm->norder)++;
    if (alarm->nagain > 0) {
        alarm->nagain--;
        rsl_event_loop_set_timer(loop, timer, 0); /* long ago */
    }
    if (alarm->stop != NULL)
        rsl_event_loop_stop_timer(loop, &alarm->stop->timer);
}

static void set(struct rsl_event_loop *loop, struct alarm *alarm, uint64_t time_ns)
{
    alarm->timer.on_time = on_time;
    alarm->timer.context = alarm;
    alarm->set_for_ns = time_ns;
    rsl_event_loop_set_timer(loop, &alarm->timer, time_ns);
}

static void timers_are_called_in_their_order_and_not_early(void **state)
{
    enum { NALARMS = 500 };
    struct rsl_event_loop *loop = new_loop(state, NULL, NULL, NULL);
    struct alarm *alarms = calloc(NALARMS, sizeof *alarms);
    assert_non_null(alarms);
    unsigned norder = 0;
    uint32_t random = 12345;
    const uint64_t now = rsl_event_loop_now_ns();
    for (int pass = 0; pass < 2; pass++) { /* in the second all are moved, and some stopped */
        for (int i = 0; i < NALARMS; i++) {
            random = random * 1103515245 + 12345;
            alarms[i].norder = &norder;
            set(loop, &alarms[i], now + (random >> 8) % (20 * MS));
            if (pass == 1 && i % 5 == 0)
                rsl_event_loop_stop_timer(loop, &alarms[i].timer);
        }
    }
    while (norder < NALARMS - NALARMS / 5)
        assert_int_equal(rsl_event_loop_turn(loop, RSL_FOREVER), RSL_OK);
    turns(loop);
    for (int i = 0; i < NALARMS; i++) {
        assert_int_equal(alarms[i].ncalls, i % 5 != 0);
        assert_false(rsl_event_timer_is_set(&alarms[i].timer));
        for (int j = 0; j < i && i % 5 != 0; j++)
            if (j % 5 != 0 && alarms[i].set_for_ns != alarms[j].set_for_ns)
                assert_int_equal(alarms[i].order < alarms[j].order,
                                 alarms[i].set_for_ns < alarms[j].set_for_ns);
    }
    free(alarms);
    rsl_event_loop_destroy(loop);
}

static void a_timer_that_sets_itself_does_not_hold_up_others(void **state)
{
    struct rsl_event_loop *loop = new_loop(state, NULL, NULL, NULL);
    struct alarm again = {.nagain = 3}, other = {0};
    set(loop, &again, 0);
    set(loop, &other, 1);
    turn(loop);
    assert_int_equal(again.ncalls, 1);
    assert_int_equal(other.ncalls, 1);
    assert_true(rsl_event_timer_is_set(&again.timer));
    for (int i = 0; i < 3; i++) /* it is due: no turn waits */
        assert_int_equal(rsl_event_loop_turn(loop, RSL_FOREVER), RSL_OK);
    assert_int_equal(again.ncalls, 4);
    assert_int_equal(other.ncalls, 1);
    rsl_event_loop_destroy(loop);
}

static void a_due_timer_can_be_stopped_by_another(void **state)
{
    struct rsl_event_loop *loop = new_loop(state, NULL, NULL, NULL);
    struct alarm first = {0}, second = {0}, third = {0};
    first.stop = &second;
    set(loop, &first, 1);
    set(loop, &second, 2);
    set(loop, &third, 3);
    turn(loop);
    assert_int_equal(first.ncalls, 1);
    assert_int_equal(second.ncalls, 0);
    assert_int_equal(third.ncalls, 1);
    rsl_event_loop_destroy(loop);
}

/* ---- channels */

enum { NSENDERS = 2, NMESSAGES = 20000, BOUND = 7 };

struct message {
    uint32_t sender, number;
};

struct receiver {
    struct rsl_event_channel source;
    struct rsl_mpsc *mpsc;
    struct rsl_spsc *spsc;
    uint32_t nreceived[NSENDERS];
};

static bool receive_some(struct rsl_event_loop *loop, struct rsl_event_channel *source)
{
    struct receiver *receiver = source->context;
    for (int i = 0; i < BOUND; i++) {
        struct message message = {0};
        const enum rsl_status status = receiver->mpsc != NULL
                                           ? rsl_mpsc_try_receive(receiver->mpsc, &message)
                                           : rsl_spsc_try_receive(receiver->spsc, &message);
        if (status == RSL_EAGAIN)
            return false;
        if (status == RSL_ECLOSED) {
            rsl_event_loop_remove_channel(loop, source);
            rsl_event_loop_stop(loop);
            return false;
        }
        assert_int_equal(message.number, receiver->nreceived[message.sender]++);
    }
    return true;
}

struct sender {
    struct rsl_mpsc *mpsc;
    uint32_t index;
};

static void *send_all(void *arg)
{
    const struct sender *sender = arg;
    for (uint32_t i = 0; i < NMESSAGES; i++) {
        const struct message message = {sender->index, i};
        assert_int_equal(rsl_mpsc_send(sender->mpsc, &message, RSL_FOREVER), RSL_OK);
    }
    return NULL;
}

static void *close_after(void *arg)
{
    struct sender senders[NSENDERS];
    pthread_t threads[NSENDERS];
    for (uint32_t i = 0; i < NSENDERS; i++) {
        senders[i] = (struct sender){arg, i};
        assert_int_equal(pthread_create(&threads[i], NULL, send_all, &senders[i]), 0);
    }
    for (int i = 0; i < NSENDERS; i++)
        pthread_join(threads[i], NULL);
    rsl_mpsc_close(arg);
    return NULL;
}

static void all_that_is_sent_to_a_loop_arrives(void **state)
{
    struct rsl_event_loop *loop = new_loop(state, NULL, NULL, NULL);
    struct receiver receiver = {.source = {.on_ready = receive_some, .context = &receiver}};
    assert_int_equal(rsl_mpsc_create(16, sizeof(struct message), NULL, &receiver.mpsc), RSL_OK);
    assert_int_equal(rsl_event_loop_add_mpsc(loop, &receiver.source, receiver.mpsc), RSL_OK);
    pthread_t closer;
    assert_int_equal(pthread_create(&closer, NULL, close_after, receiver.mpsc), 0);
    assert_int_equal(rsl_event_loop_run(loop), RSL_OK);
    pthread_join(closer, NULL);
    for (int i = 0; i < NSENDERS; i++)
        assert_int_equal(receiver.nreceived[i], NMESSAGES);
    rsl_event_loop_destroy(loop);
    rsl_mpsc_destroy(receiver.mpsc);
}

struct sending {
    struct rsl_event_channel source;
    struct rsl_spsc *spsc;
    uint32_t nsent;
};

static bool send_some(struct rsl_event_loop *loop, struct rsl_event_channel *source)
{
    struct sending *sending = source->context;
    for (int i = 0; i < BOUND; i++) {
        if (sending->nsent == NMESSAGES) {
            rsl_spsc_close(sending->spsc);
            rsl_event_loop_remove_channel(loop, source);
            rsl_event_loop_stop(loop);
            return false;
        }
        const struct message message = {0, sending->nsent};
        if (rsl_spsc_try_send(sending->spsc, &message) != RSL_OK)
            return false;
        sending->nsent++;
    }
    return true;
}

static void *run_receiving_loop(void *arg)
{
    assert_int_equal(rsl_event_loop_run(arg), RSL_OK);
    return NULL;
}

static void two_loops_can_hold_the_ends_of_a_channel(void **state)
{
    struct rsl_event_loop *to = new_loop(state, NULL, NULL, NULL);
    struct rsl_event_loop *from = new_loop(state, NULL, NULL, NULL);
    struct receiver receiver = {.source = {.on_ready = receive_some, .context = &receiver}};
    struct sending sending = {.source = {.on_ready = send_some, .context = &sending}};
    assert_int_equal(rsl_spsc_create(16, sizeof(struct message), NULL, &receiver.spsc), RSL_OK);
    sending.spsc = receiver.spsc;
    assert_int_equal(rsl_event_loop_add_spsc(to, &receiver.source, receiver.spsc), RSL_OK);
    assert_int_equal(rsl_event_loop_add_spsc_sender(from, &sending.source, sending.spsc), RSL_OK);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, run_receiving_loop, to), 0);
    assert_int_equal(rsl_event_loop_run(from), RSL_OK);
    pthread_join(thread, NULL);
    assert_int_equal(receiver.nreceived[0], NMESSAGES);
    rsl_event_loop_destroy(from);
    rsl_event_loop_destroy(to);
    rsl_spsc_destroy(receiver.spsc);
}

static void a_paused_channel_is_not_called(void **state)
{
    struct rsl_event_loop *loop = new_loop(state, NULL, NULL, NULL);
    struct receiver receiver = {.source = {.on_ready = receive_some, .context = &receiver}};
    assert_int_equal(rsl_mpsc_create(16, sizeof(struct message), NULL, &receiver.mpsc), RSL_OK);
    assert_int_equal(rsl_event_loop_add_mpsc(loop, &receiver.source, receiver.mpsc), RSL_OK);
    turns(loop); /* armed */
    rsl_event_loop_pause_channel(loop, &receiver.source);
    const struct message message = {0, 0};
    assert_int_equal(rsl_mpsc_send(receiver.mpsc, &message, RSL_FOREVER), RSL_OK);
    turns(loop);
    assert_int_equal(receiver.nreceived[0], 0);
    rsl_event_loop_resume_channel(loop, &receiver.source);
    while (receiver.nreceived[0] == 0)
        assert_int_equal(rsl_event_loop_turn(loop, RSL_FOREVER), RSL_OK);
    rsl_event_loop_remove_channel(loop, &receiver.source);
    rsl_event_loop_destroy(loop);
    rsl_mpsc_destroy(receiver.mpsc);
}

static void note_time(struct rsl_event_loop *loop, struct rsl_event_timer *timer)
{
    (void)loop;
    *(bool *)timer->context = true;
}

/* Its descriptor stayed readable, so that epoll did not sleep any more. */
static void a_paused_channel_lets_the_loop_sleep(void **state)
{
    struct rsl_event_loop *loop = new_loop(state, NULL, NULL, NULL);
    struct receiver receiver = {.source = {.on_ready = receive_some, .context = &receiver}};
    bool is_over = false;
    struct rsl_event_timer timer = {.on_time = note_time, .context = &is_over};
    assert_int_equal(rsl_mpsc_create(16, sizeof(struct message), NULL, &receiver.mpsc), RSL_OK);
    assert_int_equal(rsl_event_loop_add_mpsc(loop, &receiver.source, receiver.mpsc), RSL_OK);
    turns(loop); /* armed */
    const struct message message = {0, 0};
    assert_int_equal(rsl_mpsc_send(receiver.mpsc, &message, RSL_FOREVER), RSL_OK);
    while (receiver.nreceived[0] == 0)
        assert_int_equal(rsl_event_loop_turn(loop, RSL_FOREVER), RSL_OK);
    turns(loop); /* armed again */
    const struct message next = {0, 1};
    assert_int_equal(rsl_mpsc_send(receiver.mpsc, &next, RSL_FOREVER), RSL_OK);
    rsl_event_loop_pause_channel(loop, &receiver.source);
    rsl_event_loop_set_timer(loop, &timer, rsl_event_loop_now_ns() + 50000000);
    unsigned nturns = 0;
    while (!is_over) {
        assert_int_equal(rsl_event_loop_turn(loop, RSL_FOREVER), RSL_OK);
        nturns++;
    }
    assert_true(nturns < 20); /* some for nothing are allowed */
    rsl_event_loop_resume_channel(loop, &receiver.source);
    while (receiver.nreceived[0] == 1)
        assert_int_equal(rsl_event_loop_turn(loop, RSL_FOREVER), RSL_OK);
    rsl_event_loop_remove_channel(loop, &receiver.source);
    rsl_event_loop_destroy(loop);
    rsl_mpsc_destroy(receiver.mpsc);
}

/* ---- signals */

struct signalled {
    struct rsl_event_signals signals;
    unsigned nusr1, nusr2;
};

static void on_signal(struct rsl_event_loop *loop, struct rsl_event_signals *signals, int signo)
{
    (void)loop;
    struct signalled *signalled = signals->context;
    signalled->nusr1 += signo == SIGUSR1;
    signalled->nusr2 += signo == SIGUSR2;
}

static bool is_blocked(int signo)
{
    sigset_t now;
    pthread_sigmask(SIG_SETMASK, NULL, &now);
    return sigismember(&now, signo) == 1;
}

static void signals_are_told_of_and_let_through_again(void **state)
{
    struct rsl_event_loop *loop = new_loop(state, NULL, NULL, NULL);
    struct signalled signalled = {.signals = {.on_signal = on_signal, .context = &signalled}};
    const int none[] = {0}, both[] = {SIGUSR1, SIGUSR2};
    assert_int_equal(rsl_event_loop_add_signals(loop, &signalled.signals, none, 1), RSL_EINVAL);
    assert_int_equal(rsl_event_loop_add_signals(loop, &signalled.signals, both, 2), RSL_OK);
    assert_int_equal(kill(getpid(), SIGUSR1), 0);
    assert_int_equal(kill(getpid(), SIGUSR2), 0);
    while (signalled.nusr1 + signalled.nusr2 < 2)
        assert_int_equal(rsl_event_loop_turn(loop, RSL_FOREVER), RSL_OK);
    turns(loop);
    assert_int_equal(signalled.nusr1, 1);
    assert_int_equal(signalled.nusr2, 1);
    assert_true(is_blocked(SIGUSR1));
    rsl_event_loop_remove_signals(loop, &signalled.signals);
    rsl_event_loop_remove_signals(loop, &signalled.signals);
    assert_false(is_blocked(SIGUSR1));
    assert_false(is_blocked(SIGUSR2));
    rsl_event_loop_destroy(loop);
}

/* ---- memory, and what is refused */

static void the_steady_state_allocates_nothing(void **state)
{
    struct counting_allocator counting;
    counting_init(&counting, SIZE_MAX);
    struct rsl_event_loop *loop = new_loop(state, &counting.allocator, NULL, NULL);
    struct reader reader;
    open_reader(loop, &reader);
    struct alarm alarm = {0};
    const size_t ncalls = counting.ncalls;
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(write(reader.write_fd, "x", 1), 1);
        set(loop, &alarm, rsl_event_loop_now_ns());
        rsl_event_loop_wake(loop);
        while (reader.ncalls + alarm.ncalls < 2 * (unsigned)i + 2)
            assert_int_equal(rsl_event_loop_turn(loop, RSL_FOREVER), RSL_OK);
        rsl_event_loop_remove_input(loop, &reader.input);
        assert_int_equal(rsl_event_loop_add_input(loop, &reader.input), RSL_OK);
    }
    assert_int_equal(counting.ncalls, ncalls);
    close_reader(loop, &reader);
    rsl_event_loop_destroy(loop);
    assert_int_equal(counting.nbytes, 0);
    assert_false(counting.wrong);
}

static void want_of_memory_leaves_the_loop_as_it_was(void **state)
{
    rsl_event_loop_destroy(new_loop(state, NULL, NULL, NULL)); /* skips where it must */
    enum { NPIPES = 40 };
    int fds[NPIPES][2];
    for (int i = 0; i < NPIPES; i++)
        assert_int_equal(pipe2(fds[i], O_CLOEXEC), 0);
    bool done = false;
    for (size_t k = 0; !done; k++) {
        struct counting_allocator counting;
        counting_init(&counting, k);
        const struct rsl_event_loop_options options = {.io = *(const enum rsl_io *)*state,
                                                       .allocator = &counting.allocator};
        struct rsl_event_loop *loop = NULL;
        if (rsl_event_loop_create(&options, &loop) == RSL_OK) {
            struct reader readers[NPIPES] = {0};
            done = true;
            for (int i = 0; i < NPIPES; i++) {
                struct rsl_event_input *input = &readers[i].input;
                *input = (struct rsl_event_input){
                    .fd = fds[i][0], .on_ready = read_one_byte, .context = &readers[i]};
                enum rsl_status status = rsl_event_loop_add_input(loop, input);
                if (status == RSL_ENOMEM) {
                    done = false;
                    status = rsl_event_loop_add_input(loop, input);
                }
                assert_int_equal(status, RSL_OK);
            }
            for (int i = 0; i < NPIPES; i++)
                assert_int_equal(write(fds[i][1], "x", 1), 1);
            for (int i = 0; i < NPIPES; i++)
                while (readers[i].ncalls == 0)
                    assert_int_equal(rsl_event_loop_turn(loop, RSL_FOREVER), RSL_OK);
            rsl_event_loop_destroy(loop);
        } else {
            assert_null(loop);
        }
        assert_int_equal(counting.nbytes, 0);
        assert_false(counting.wrong);
    }
    for (int i = 0; i < NPIPES; i++) {
        close(fds[i][0]);
        close(fds[i][1]);
    }
}

static void without_descriptors_there_is_no_loop_and_none_is_lost(void **state)
{
    rsl_event_loop_destroy(new_loop(state, NULL, NULL, NULL));
    struct rlimit before, few;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    const int lowest = dup(0); /* what can be opened begins here */
    assert_true(lowest >= 0);
    close(lowest);
    const struct rsl_event_loop_options options = {.io = *(const enum rsl_io *)*state};
    for (rlim_t n = 0; n < 2; n++) {
        few = before;
        few.rlim_cur = (rlim_t)lowest + n;
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
        struct rsl_event_loop *loop = NULL;
        const enum rsl_status status = rsl_event_loop_create(&options, &loop);
        const int error = errno;
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
        assert_int_equal(status, RSL_EIO);
        assert_int_equal(error, EMFILE);
        const int again = dup(0);
        assert_int_equal(again, lowest);
        close(again);
    }
}

/* Returns what the child, in which io_uring_setup fails with `error`, found wrong. */
static int try_refused(int error)
{
    if (!refuse_call(SYS_io_uring_setup, error))
        return 77;
    const struct rsl_event_loop_options options = {.io = RSL_IO_URING};
    struct rsl_event_loop *loop = NULL;
    if (rsl_event_loop_create(&options, &loop) != (error == ENOMEM ? RSL_ENOMEM : RSL_EIO))
        return 1;
    if (errno != error)
        return 2;
    if (rsl_event_loop_create(NULL, &loop) != RSL_OK)
        return 3;
    if (rsl_event_loop_io(loop) != RSL_IO_EPOLL)
        return 4;
    rsl_event_loop_destroy(loop);
    return 0;
}

static void epoll_serves_where_io_uring_is_refused(void **state)
{
    (void)state;
    const int errors[] = {EPERM, ENOSYS, ENOMEM, EACCES};
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        const pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0)
            _exit(try_refused(errors[i]));
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFEXITED(status));
        if (WEXITSTATUS(status) == 77)
            skip();
        assert_int_equal(WEXITSTATUS(status), 0);
    }
}

static void an_io_that_there_is_not_is_refused(void **state)
{
    (void)state;
    const struct rsl_event_loop_options options = {.io = (enum rsl_io)3};
    struct rsl_event_loop *loop;
    assert_int_equal(rsl_event_loop_create(&options, &loop), RSL_EINVAL);
}

static enum rsl_io uring = RSL_IO_URING, epoll = RSL_IO_EPOLL;

#define ON_BOTH(test)                                \
    {#test " (io_uring)", test, NULL, NULL, &uring}, \
    {                                                \
#test " (epoll)", test, NULL, NULL, &epoll   \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(an_input_is_called_until_all_is_read),
        ON_BOTH(a_regular_file_is_always_ready),
        ON_BOTH(what_is_removed_in_a_turn_is_not_called_in_it),
        ON_BOTH(a_new_input_hears_nothing_of_the_one_that_it_replaces),
        ON_BOTH(more_inputs_than_a_batch_are_all_called),
        ON_BOTH(a_descriptor_that_is_none_or_there_already_is_refused),
        ON_BOTH(no_wake_is_lost),
        ON_BOTH(a_stop_before_the_run_ends_one_run),
        ON_BOTH(timers_are_called_in_their_order_and_not_early),
        ON_BOTH(a_timer_that_sets_itself_does_not_hold_up_others),
        ON_BOTH(a_due_timer_can_be_stopped_by_another),
        ON_BOTH(all_that_is_sent_to_a_loop_arrives),
        ON_BOTH(two_loops_can_hold_the_ends_of_a_channel),
        ON_BOTH(a_paused_channel_is_not_called),
        ON_BOTH(a_paused_channel_lets_the_loop_sleep),
        ON_BOTH(signals_are_told_of_and_let_through_again),
        ON_BOTH(the_steady_state_allocates_nothing),
        ON_BOTH(want_of_memory_leaves_the_loop_as_it_was),
        ON_BOTH(without_descriptors_there_is_no_loop_and_none_is_lost),
        cmocka_unit_test(epoll_serves_where_io_uring_is_refused),
        cmocka_unit_test(an_io_that_there_is_not_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
