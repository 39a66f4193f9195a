/* channel_stress.h - a template: both channels under contention, with every item accounted for. The
 * includer defines, besides what channel_tests.h asks for,
 *
 *     NSENDERS         how many senders a channel has
 *     NCHANNELS        how many channels are in use at once, for more threads than processors
 *     NITEMS           how many items each sender sends
 */
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

/* How the threads use the channel: every way that there is, or one. */
enum ways { ALL_WAYS, EVENT_LOOPS };

struct flow {
    struct CHANNEL *channel;
    enum ways ways;
    uint32_t seed;
    uint32_t nitems;                /* of each sender */
    struct rsl_atomic_u32 nsending; /* senders that are not done yet; the last one closes */
    struct rsl_atomic_u32 nclosing; /* close after so many sends; UINT32_MAX for never */
    uint32_t nsent[NSENDERS];       /* successfully; written by each sender, read after its end */
    bool wrong;                     /* written by the receiver */
    struct books books;
};

struct sender {
    struct flow *flow;
    uint32_t number;
    bool is_event_loop;
    pthread_t thread;
};

/* One attempt in a way chosen by `draw`. Returns how many were sent, and whether it is over. */
static uint32_t send_some(struct sender *sender, uint32_t first, uint32_t draw, bool *over_out)
{
    struct CHANNEL *channel = sender->flow->channel;
    struct item items[16];
    const uint32_t nleft = sender->flow->nitems - first;
    const uint32_t wanted = 1 + draw / 8 % 16;
    const uint32_t n = wanted < nleft ? wanted : nleft;
    for (uint32_t i = 0; i < n; i++)
        items[i] = make_item(sender->number, first + i);
    enum rsl_status status = RSL_EAGAIN;
    uint32_t nsent = 0;
    switch (draw % 6) {
    case 0: status = CALL(try_send)(channel, items); break;
    case 1: status = CALL(send)(channel, items, RSL_FOREVER); break;
    case 2: status = CALL(send)(channel, items, 1000); break;
    case 3: nsent = (uint32_t)CALL(try_send_n)(channel, items, n); break;
    case 4:
        nsent = (uint32_t)CALL(send_n)(channel, items, n, RSL_FOREVER);
        if (nsent < n)
            status = RSL_ECLOSED;
        break;
    default: nsent = (uint32_t)CALL(send_n)(channel, items, n, 1000); break;
    }
    *over_out = status == RSL_ECLOSED;
    return status == RSL_OK ? 1 : nsent;
}

static void wait_in_poll(int fd)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
    if (poll(&poll_fd, 1, -1) != 1)
        abort();
}

/* The same as an event loop. */
static uint32_t send_some_in_loop(struct sender *sender, int fd, uint32_t first, bool *over_out)
{
    struct CHANNEL *channel = sender->flow->channel;
    const struct item item = make_item(sender->number, first);
    for (;;) {
        const enum rsl_status status = CALL(try_send)(channel, &item);
        *over_out = status == RSL_ECLOSED;
        if (status != RSL_EAGAIN)
            return status == RSL_OK;
        if (CALL(arm_send)(channel))
            wait_in_poll(fd);
    }
}

static void *send_all(void *argument)
{
    struct sender *sender = argument;
    struct flow *flow = sender->flow;
    uint32_t random = flow->seed * 31 + sender->number + 1;
    uint32_t nsent = 0;
    int fd = -1;
    if (sender->is_event_loop && CALL(send_fd)(flow->channel, &fd) != RSL_OK)
        abort();
    bool over = false;
    while (nsent < flow->nitems && !over) {
        const uint32_t n = sender->is_event_loop
                               ? send_some_in_loop(sender, fd, nsent, &over)
                               : send_some(sender, nsent, next_random(&random), &over);
        nsent += n;
        /* relaxed: a countdown */
        const uint32_t before = rsl_u32_fetch_add_relaxed(&flow->nclosing, 0 - n);
        if (before - n > before) /* it went through 0 just now */
            CALL(close)(flow->channel);
    }
    flow->nsent[sender->number] = nsent;
    /* relaxed: the last one only closes */
    if (rsl_u32_fetch_add_relaxed(&flow->nsending, UINT32_MAX) == 1)
        CALL(close)(flow->channel);
    return NULL;
}

static enum rsl_status receive_some(struct flow *flow, uint32_t draw)
{
    struct CHANNEL *channel = flow->channel;
    struct item items[16];
    const size_t n = 1 + draw / 8 % 16;
    size_t nreceived = 0;
    enum rsl_status status = RSL_EAGAIN;
    switch (draw % 6) {
    case 0: status = CALL(try_receive)(channel, items); break;
    case 1: status = CALL(receive)(channel, items, RSL_FOREVER); break;
    case 2: status = CALL(receive)(channel, items, 1000); break;
    case 3: nreceived = CALL(try_receive_n)(channel, items, n); break;
    case 4:
        nreceived = CALL(receive_n)(channel, items, n, RSL_FOREVER);
        if (nreceived == 0)
            status = RSL_ECLOSED;
        break;
    default: nreceived = CALL(receive_n)(channel, items, n, 1000); break;
    }
    if (status == RSL_OK)
        nreceived = 1;
    for (size_t i = 0; i < nreceived; i++)
        enter_item(&flow->books, &items[i]);
    if (CALL(length)(channel) > CALL(capacity)(channel))
        flow->wrong = true;
    return status;
}

static void *receive_all(void *argument)
{
    struct flow *flow = argument;
    struct item item;
    uint32_t random = flow->seed * 37 + 1;
    int fd = -1;
    if (flow->ways == EVENT_LOOPS && CALL(receive_fd)(flow->channel, &fd) != RSL_OK)
        abort();
    for (;;) {
        if (flow->ways == ALL_WAYS) {
            if (receive_some(flow, next_random(&random)) == RSL_ECLOSED)
                break;
            continue;
        }
        enum rsl_status status;
        while ((status = CALL(try_receive)(flow->channel, &item)) == RSL_OK)
            enter_item(&flow->books, &item);
        if (status == RSL_ECLOSED)
            break;
        if (CALL(arm_receive)(flow->channel))
            wait_in_poll(fd);
    }
    /* Closed for good: nothing may come any more. */
    if (CALL(try_receive)(flow->channel, &item) != RSL_ECLOSED || CALL(length)(flow->channel) != 0)
        flow->wrong = true;
    return NULL;
}

/* NCHANNELS flows at once; `nclosing`: the senders close after so many sends in all. */
static void run_flows(size_t capacity, uint64_t first, enum ways ways, uint32_t nitems,
                      uint32_t nclosing)
{
    struct flow flows[NCHANNELS];
    struct sender senders[NCHANNELS][NSENDERS];
    pthread_t receivers[NCHANNELS];
    for (uint32_t k = 0; k < NCHANNELS; k++) {
        flows[k] = (struct flow){.ways = ways, .seed = 1 + k, .nitems = nitems};
        rsl_u32_init(&flows[k].nsending, NSENDERS);
        rsl_u32_init(&flows[k].nclosing, nclosing);
        assert_int_equal(
            CALL(create_at)(capacity, sizeof(struct item), first, NULL, &flows[k].channel), RSL_OK);
        for (uint32_t i = 0; i < NSENDERS; i++) {
            senders[k][i] = (struct sender){
                .flow = &flows[k],
                .number = i,
                .is_event_loop = ways == EVENT_LOOPS && i == 0, /* at most one */
            };
            assert_int_equal(pthread_create(&senders[k][i].thread, NULL, send_all, &senders[k][i]),
                             0);
        }
        assert_int_equal(pthread_create(&receivers[k], NULL, receive_all, &flows[k]), 0);
    }
    for (uint32_t k = 0; k < NCHANNELS; k++) {
        for (uint32_t i = 0; i < NSENDERS; i++)
            assert_int_equal(pthread_join(senders[k][i].thread, NULL), 0);
        assert_int_equal(pthread_join(receivers[k], NULL), 0);
        assert_false(flows[k].wrong);
        assert_false(flows[k].books.wrong);
        for (uint32_t i = 0; i < NSENDERS; i++) {
            assert_int_equal(flows[k].books.nreceived[i], flows[k].nsent[i]);
            if (nclosing == UINT32_MAX)
                assert_int_equal(flows[k].nsent[i], nitems);
        }
        CALL(destroy)(flows[k].channel);
    }
}

static const size_t stress_capacities[] = {1, 2, 7, 100};
enum { NSTRESS_CAPACITIES = sizeof(stress_capacities) / sizeof(stress_capacities[0]) };

static void every_item_arrives_once_and_in_order(void **state)
{
    (void)state;
    for (size_t k = 0; k < NSTRESS_CAPACITIES; k++)
        run_flows(stress_capacities[k], 0, ALL_WAYS, NITEMS, UINT32_MAX);
}

static void so_it_does_while_positions_wrap(void **state)
{
    (void)state;
    for (size_t k = 0; k < NSTRESS_CAPACITIES; k++)
        for (uint64_t before = 2; before < NITEMS; before *= 7)
            run_flows(stress_capacities[k], FIRST_WRAPPING - before, ALL_WAYS, NITEMS / 8,
                      UINT32_MAX);
}

static void event_loops_miss_no_signal(void **state)
{
    (void)state;
    for (size_t k = 0; k < NSTRESS_CAPACITIES; k++)
        run_flows(stress_capacities[k], 0, EVENT_LOOPS, NITEMS / 4, UINT32_MAX);
}

static void what_was_sent_arrives_though_somebody_closes(void **state)
{
    (void)state;
    for (uint32_t round = 0; round < 200; round++)
        run_flows(stress_capacities[round % NSTRESS_CAPACITIES], 0,
                  round % 8 == 7 ? EVENT_LOOPS : ALL_WAYS, 500, round * 7 % 450 + 1);
}

/* The closer is neither end, and begins at any moment. */
struct race {
    struct CHANNEL *channel;
    struct rsl_atomic_u32 start;
    uint32_t npauses;
};

static void *close_in_race(void *argument)
{
    struct race *race = argument;
    while (rsl_u32_load_acquire(&race->start) == 0) /* pairs with the store that starts */
        rsl_pause();
    for (uint32_t i = 0; i < race->npauses; i++)
        rsl_pause();
    CALL(close)(race->channel);
    return NULL;
}

struct race_sender {
    struct race *race;
    uint32_t nsent;
};

static void *send_in_race(void *argument)
{
    struct race_sender *sender = argument;
    while (rsl_u32_load_acquire(&sender->race->start) == 0)
        rsl_pause();
    for (;;) {
        const struct item item = make_item(0, sender->nsent);
        const enum rsl_status status = CALL(send)(sender->race->channel, &item, RSL_FOREVER);
        if (status == RSL_ECLOSED)
            return NULL;
        sender->nsent++;
    }
}

static void a_third_thread_may_close_at_any_moment(void **state)
{
    (void)state;
    for (uint32_t round = 0; round < 300; round++) {
        struct race race = {.npauses = round % 100 * 5};
        rsl_u32_init(&race.start, 0);
        assert_int_equal(CALL(create)(1 + round % 5, sizeof(struct item), NULL, &race.channel),
                         RSL_OK);
        struct race_sender sender = {.race = &race};
        pthread_t closing, sending;
        assert_int_equal(pthread_create(&closing, NULL, close_in_race, &race), 0);
        assert_int_equal(pthread_create(&sending, NULL, send_in_race, &sender), 0);
        rsl_u32_store_release(&race.start, 1);
        struct books books = {.wrong = false};
        struct item item;
        while (CALL(receive)(race.channel, &item, RSL_FOREVER) == RSL_OK)
            enter_item(&books, &item);
        assert_int_equal(pthread_join(sending, NULL), 0);
        assert_int_equal(pthread_join(closing, NULL), 0);
        assert_false(books.wrong);
        assert_int_equal(books.nreceived[0], sender.nsent);
        CALL(destroy)(race.channel);
    }
}

#define STRESS_TESTS                                                    \
    cmocka_unit_test(every_item_arrives_once_and_in_order),             \
        cmocka_unit_test(so_it_does_while_positions_wrap),              \
        cmocka_unit_test(event_loops_miss_no_signal),                   \
        cmocka_unit_test(what_was_sent_arrives_though_somebody_closes), \
        cmocka_unit_test(a_third_thread_may_close_at_any_moment)
