#include "bench/primitives_channel.h"
#include "bench/primitives_ours.h"

#include "ds/mpsc.h"
#include "ds/spsc.h"

struct spsc_calls {
    using channel = rsl_spsc;
    static constexpr auto create = rsl_spsc_create;
    static constexpr auto destroy = rsl_spsc_destroy;
    static rsl_status try_send(rsl_spsc *channel, const message *message)
    {
        return rsl_spsc_try_send_sized(channel, message, sizeof *message);
    }
    static constexpr auto try_send_n = rsl_spsc_try_send_n;
    static constexpr auto send = rsl_spsc_send;
    static rsl_status try_receive(rsl_spsc *channel, message *message)
    {
        return rsl_spsc_try_receive_sized(channel, message, sizeof *message);
    }
    static constexpr auto try_receive_n = rsl_spsc_try_receive_n;
    static constexpr auto receive = rsl_spsc_receive;
};

struct mpsc_calls {
    using channel = rsl_mpsc;
    static constexpr auto create = rsl_mpsc_create;
    static constexpr auto destroy = rsl_mpsc_destroy;
    static rsl_status try_send(rsl_mpsc *channel, const message *message)
    {
        return rsl_mpsc_try_send_sized(channel, message, sizeof *message);
    }
    static constexpr auto try_send_n = rsl_mpsc_try_send_n;
    static constexpr auto send = rsl_mpsc_send;
    static rsl_status try_receive(rsl_mpsc *channel, message *message)
    {
        return rsl_mpsc_try_receive_sized(channel, message, sizeof *message);
    }
    static constexpr auto try_receive_n = rsl_mpsc_try_receive_n;
    static constexpr auto receive = rsl_mpsc_receive;
};

template <class Calls> struct our_channel {
    typename Calls::channel *channel;

    our_channel(unsigned capacity, unsigned, uint64_t)
    {
        check(Calls::create(capacity, sizeof(message), nullptr, &channel) == RSL_OK,
              "there is memory");
    }
    ~our_channel()
    {
        Calls::destroy(channel);
    }
    our_channel(const our_channel &) = delete;
    our_channel &operator=(const our_channel &) = delete;

    struct sender {
        typename Calls::channel *channel;
        explicit sender(our_channel &ours) : channel(ours.channel)
        {
        }
        bool try_send(const message &message)
        {
            return Calls::try_send(channel, &message) == RSL_OK;
        }
        size_t try_send_many(const message *messages, size_t n)
        {
            return Calls::try_send_n(channel, messages, n);
        }
        void send(const message &message)
        {
            check(Calls::send(channel, &message, RSL_FOREVER) == RSL_OK, "the channel is open");
        }
    };

    struct receiver {
        typename Calls::channel *channel;
        explicit receiver(our_channel &ours) : channel(ours.channel)
        {
        }
        bool try_receive(message &message)
        {
            return Calls::try_receive(channel, &message) == RSL_OK;
        }
        size_t try_receive_many(message *messages, size_t n)
        {
            return Calls::try_receive_n(channel, messages, n);
        }
        void receive(message &message)
        {
            check(Calls::receive(channel, &message, RSL_FOREVER) == RSL_OK, "the channel is open");
        }
    };
};

void add_our_channels(contestants &all)
{
    add_single<our_channel<spsc_calls>>(all, "rustle", 1, 1);
    add_batched<our_channel<spsc_calls>>(all, "rustle", 1, 1);
    add_blocking<our_channel<spsc_calls>>(all, "rustle", 1, 1);
    add_single<our_channel<mpsc_calls>>(all, "rustle", 2, 2);
    add_batched<our_channel<mpsc_calls>>(all, "rustle", 2, 2);
    add_blocking<our_channel<mpsc_calls>>(all, "rustle", 2, 2);
}
