/* primitives_channel.h - the loops over channels of 16-byte messages.
 *
 * A channel is made with a capacity, which unbounded ones ignore, a number of senders, and the
 * number of messages of each that may be under way, which is for those that want memory for them.
 * It has two types of ends, each made by the thread that uses it:
 *
 *     sender     bool try_send(message), size_t try_send_many(const message *, n), void
 * send(message) receiver   bool try_receive(message &), size_t try_receive_many(message *, n), void
 * receive(message &)
 *
 * and needs only those that its rows use.
 */
#ifndef RSL_BENCH_PRIMITIVES_CHANNEL_H
#define RSL_BENCH_PRIMITIVES_CHANNEL_H

#include "bench/primitives.h"

struct message {
    uint64_t sender;
    uint64_t number;
};

constexpr size_t batch = 16;

/* The ways of handing over messages numbered from 0 to n - 1: each sends all, or returns the sum of
 * the numbers received. */
struct one_by_one {
    template <class Sender> static void send(Sender &end, uint64_t sender, uint64_t n)
    {
        spin spin;
        for (uint64_t i = 0; i < n; i++) {
            while (!end.try_send({sender, i}))
                spin.wait();
            spin.reset();
        }
    }
    template <class Receiver> static uint64_t receive(Receiver &end, uint64_t n)
    {
        spin spin;
        uint64_t sum = 0;
        for (uint64_t i = 0; i < n; i++) {
            message message;
            while (!end.try_receive(message))
                spin.wait();
            spin.reset();
            sum += message.number;
        }
        return sum;
    }
};

struct in_batches {
    template <class Sender> static void send(Sender &end, uint64_t sender, uint64_t n)
    {
        spin spin;
        message messages[batch];
        for (uint64_t i = 0; i < n;) {
            const size_t nready = static_cast<size_t>(std::min<uint64_t>(batch, n - i));
            for (size_t k = 0; k < nready; k++)
                messages[k] = {sender, i + k};
            for (size_t nsent = 0; nsent < nready;) {
                const size_t nmore = end.try_send_many(messages + nsent, nready - nsent);
                nsent += nmore;
                if (nmore == 0)
                    spin.wait();
                else
                    spin.reset();
            }
            i += nready;
        }
    }
    template <class Receiver> static uint64_t receive(Receiver &end, uint64_t n)
    {
        spin spin;
        uint64_t sum = 0;
        message messages[batch];
        for (uint64_t i = 0; i < n;) {
            const size_t nreceived = end.try_receive_many(messages, batch);
            for (size_t k = 0; k < nreceived; k++)
                sum += messages[k].number;
            i += nreceived;
            if (nreceived == 0)
                spin.wait();
            else
                spin.reset();
        }
        return sum;
    }
};

struct blocking {
    template <class Sender> static void send(Sender &end, uint64_t sender, uint64_t n)
    {
        for (uint64_t i = 0; i < n; i++)
            end.send({sender, i});
    }
    template <class Receiver> static uint64_t receive(Receiver &end, uint64_t n)
    {
        uint64_t sum = 0;
        for (uint64_t i = 0; i < n; i++) {
            message message;
            end.receive(message);
            sum += message.number;
        }
        return sum;
    }
};

/* The ends live where the compiler sees that nobody else knows them, and can keep what is in them
 * in registers, as in a user's loop. */
template <class Channel, class Way>
uint64_t send_and_receive(Channel &channel, uint64_t n, size_t nonce)
{
    typename Channel::sender sender(channel);
    typename Channel::receiver receiver(channel);
    uint64_t sum = 0;
    for (uint64_t i = 0; i < n; i += nonce) {
        Way::send(sender, 0, nonce);
        sum += Way::receive(receiver, nonce);
    }
    return sum;
}

template <class Channel, class Way> void send_all(Channel &channel, uint64_t sender, uint64_t n)
{
    typename Channel::sender end(channel);
    Way::send(end, sender, n);
}

template <class Channel, class Way> uint64_t receive_all(Channel &channel, uint64_t n)
{
    typename Channel::receiver end(channel);
    return Way::receive(end, n);
}

/* One thread sends as many as a way hands over at once, and receives them. */
template <class Channel, class Way>
void measure_alone(const measuring &run, unsigned capacity, size_t nonce)
{
    const uint64_t n = run.scaled(8000000) / nonce * nonce + nonce;
    Channel channel(capacity, 1, 2 * batch);
    uint64_t sum = 0;
    const double ns =
        run_threads(1, [&](unsigned) { sum = send_and_receive<Channel, Way>(channel, n, nonce); });
    check(sum == n / nonce * (nonce * (nonce - 1) / 2), "every message arrives once");
    run.report_ns_per(ns, n);
}

/* Some threads send, another receives. */
template <class Channel, class Way>
void measure_flow(const measuring &run, unsigned capacity, unsigned nsenders, uint64_t nmessages)
{
    const uint64_t n = run.scaled(nmessages) / nsenders; /* of each sender */
    Channel channel(capacity, nsenders, n);
    uint64_t sum = 0;
    const double ns = run_threads(nsenders + 1, [&](unsigned i) {
        if (i < nsenders)
            send_all<Channel, Way>(channel, i, n);
        else
            sum = receive_all<Channel, Way>(channel, n * nsenders);
    });
    check(sum == nsenders * (n * (n - 1) / 2), "every message arrives once");
    run.report_rate(ns, n * nsenders);
}

/* A message goes there through one channel and comes back through another; the median. */
template <class Channel, class Way> void measure_round_trip(const measuring &run)
{
    const uint64_t n = run.scaled(20000) + 1000;
    Channel there(100, 1, 2 * batch), back(100, 1, 2 * batch);
    std::vector<double> times(n);
    run_threads(2, [&](unsigned i) {
        typename Channel::sender sender(i == 0 ? there : back);
        typename Channel::receiver receiver(i == 0 ? back : there);
        double last = now_ns();
        for (uint64_t k = 0; k < n; k++) {
            if (i == 0)
                Way::send(sender, 0, 1);
            Way::receive(receiver, 1);
            if (i == 1) {
                Way::send(sender, 0, 1);
            } else {
                const double now = now_ns();
                times[k] = now - last;
                last = now;
            }
        }
    });
    run.report(median_of(times), "ns");
}

constexpr unsigned capacities[] = {100, 1024};

inline std::string channel_row(const char *kind, unsigned capacity, const char *way)
{
    return std::string("channel/") + kind + "_" + std::to_string(capacity) + "_" + way;
}

/* Adds a channel's rows for this many to that many senders: "alone" and "spsc" with one, "mpsc"
 * with more. A channel for many senders is of interest with one too; a channel for one does not
 * take more.
 */
template <class Channel>
void add_single(contestants &all, const char *peer, unsigned min_nsenders, unsigned max_nsenders)
{
    for (const unsigned capacity : capacities) {
        for (unsigned nsenders = min_nsenders; nsenders <= max_nsenders; nsenders++)
            all.push_back({channel_row(nsenders == 1 ? "spsc" : "mpsc", capacity, "single"), peer,
                           [=](const auto &run) {
                               measure_flow<Channel, one_by_one>(run, capacity, nsenders, 3000000);
                           }});
        if (min_nsenders == 1)
            all.push_back({channel_row("alone", capacity, "single"), peer, [=](const auto &run) {
                               measure_alone<Channel, one_by_one>(run, capacity, 1);
                           }});
    }
    if (min_nsenders == 1)
        all.push_back(
            {"channel/round_trip_spinning", peer, measure_round_trip<Channel, one_by_one>});
}

template <class Channel>
void add_batched(contestants &all, const char *peer, unsigned min_nsenders, unsigned max_nsenders)
{
    for (const unsigned capacity : capacities) {
        for (unsigned nsenders = min_nsenders; nsenders <= max_nsenders; nsenders++)
            all.push_back({channel_row(nsenders == 1 ? "spsc" : "mpsc", capacity, "batched"), peer,
                           [=](const auto &run) {
                               measure_flow<Channel, in_batches>(run, capacity, nsenders, 6000000);
                           }});
        if (min_nsenders == 1)
            all.push_back({channel_row("alone", capacity, "batched"), peer, [=](const auto &run) {
                               measure_alone<Channel, in_batches>(run, capacity, batch);
                           }});
    }
}

template <class Channel>
void add_blocking(contestants &all, const char *peer, unsigned min_nsenders, unsigned max_nsenders)
{
    for (const unsigned capacity : capacities) {
        for (unsigned nsenders = min_nsenders; nsenders <= max_nsenders; nsenders++)
            all.push_back({channel_row(nsenders == 1 ? "spsc" : "mpsc", capacity, "blocking"), peer,
                           [=](const auto &run) {
                               measure_flow<Channel, blocking>(run, capacity, nsenders, 1000000);
                           }});
    }
    if (min_nsenders == 1)
        all.push_back({"channel/round_trip_blocking", peer, measure_round_trip<Channel, blocking>});
}

#endif
