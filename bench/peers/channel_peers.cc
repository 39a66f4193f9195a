/* channel_peers: the queues of others, one message or several at a time (../primitives_channel.h).
 *
 * boost's, ck_ring and moodycamel's two for one sender are bounded; ck_ring's size is a power of
 * two, of which one slot stays free, so that it holds 127 for 100 and 1,023 for 1,024. The others
 * never wait for room. Of all these only moodycamel's have a blocking form.
 */
#define _LGPL_SOURCE /* liburcu's functions inline */
#include <boost/lockfree/spsc_queue.hpp>
#include <concurrentqueue/blockingconcurrentqueue.h>
#include <concurrentqueue/concurrentqueue.h>
#include <readerwriterqueue/readerwritercircularbuffer.h>
#include <readerwriterqueue/readerwriterqueue.h>
#include <urcu/wfcqueue.h>

#include "bench/peers/ck_calls.h"
#include "bench/primitives_channel.h"

/* For the types of which one object serves both ends. */
template <class Channel> struct end_of {
    Channel &channel;
    explicit end_of(Channel &channel) : channel(channel)
    {
    }
};

struct boost_channel {
    boost::lockfree::spsc_queue<message> queue;
    boost_channel(unsigned capacity, unsigned, uint64_t) : queue(capacity)
    {
    }
    struct sender : end_of<boost_channel> {
        using end_of::end_of;
        bool try_send(const message &message)
        {
            return channel.queue.push(message);
        }
        size_t try_send_many(const message *messages, size_t n)
        {
            return channel.queue.push(messages, n);
        }
    };
    struct receiver : end_of<boost_channel> {
        using end_of::end_of;
        bool try_receive(message &message)
        {
            return channel.queue.pop(message);
        }
        size_t try_receive_many(message *messages, size_t n)
        {
            return channel.queue.pop(messages, n);
        }
    };
};

struct ck_channel {
    ck_calls_ring *ring;
    ck_channel(unsigned capacity, unsigned, uint64_t)
    {
        unsigned size = 2;
        while (size < capacity)
            size *= 2;
        ring = ck_calls_create(size);
        check(ring != nullptr, "there is memory");
    }
    ~ck_channel()
    {
        ck_calls_destroy(ring);
    }
    ck_channel(const ck_channel &) = delete;
    ck_channel &operator=(const ck_channel &) = delete;
    struct receiver : end_of<ck_channel> {
        using end_of::end_of;
        bool try_receive(message &message)
        {
            return ck_calls_dequeue(channel.ring, &message);
        }
        size_t try_receive_many(message *messages, size_t n)
        {
            return ck_calls_dequeue_many(channel.ring, messages, n);
        }
    };
};

struct ck_spsc_channel : ck_channel {
    using ck_channel::ck_channel;
    struct sender : end_of<ck_channel> {
        using end_of::end_of;
        bool try_send(message message)
        {
            return ck_calls_enqueue_spsc(channel.ring, &message);
        }
        size_t try_send_many(const message *messages, size_t n)
        {
            return ck_calls_enqueue_many_spsc(channel.ring, messages, n);
        }
    };
};

struct ck_mpsc_channel : ck_channel {
    using ck_channel::ck_channel;
    struct sender : end_of<ck_channel> {
        using end_of::end_of;
        bool try_send(message message)
        {
            return ck_calls_enqueue_mpsc(channel.ring, &message);
        }
    };
};

struct moodycamel_spsc_channel {
    moodycamel::ReaderWriterQueue<message> queue;
    moodycamel_spsc_channel(unsigned capacity, unsigned, uint64_t) : queue(capacity)
    {
    }
    struct sender : end_of<moodycamel_spsc_channel> {
        using end_of::end_of;
        bool try_send(const message &message)
        {
            return channel.queue.try_enqueue(message); /* never allocates: bounded */
        }
    };
    struct receiver : end_of<moodycamel_spsc_channel> {
        using end_of::end_of;
        bool try_receive(message &message)
        {
            return channel.queue.try_dequeue(message);
        }
    };
};

struct moodycamel_circular_channel {
    moodycamel::BlockingReaderWriterCircularBuffer<message> queue;
    moodycamel_circular_channel(unsigned capacity, unsigned, uint64_t) : queue(capacity)
    {
    }
    struct sender : end_of<moodycamel_circular_channel> {
        using end_of::end_of;
        bool try_send(const message &message)
        {
            return channel.queue.try_enqueue(message);
        }
        void send(const message &message)
        {
            channel.queue.wait_enqueue(message);
        }
    };
    struct receiver : end_of<moodycamel_circular_channel> {
        using end_of::end_of;
        bool try_receive(message &message)
        {
            return channel.queue.try_dequeue(message);
        }
        void receive(message &message)
        {
            channel.queue.wait_dequeue(message);
        }
    };
};

template <class Queue> struct moodycamel_channel {
    Queue queue;
    moodycamel_channel(unsigned capacity, unsigned, uint64_t) : queue(capacity)
    {
    }
    struct sender {
        Queue &queue;
        moodycamel::ProducerToken token;
        explicit sender(moodycamel_channel &channel) : queue(channel.queue), token(queue)
        {
        }
        bool try_send(const message &message)
        {
            return queue.enqueue(token, message);
        }
        size_t try_send_many(const message *messages, size_t n)
        {
            return queue.enqueue_bulk(token, messages, n) ? n : 0;
        }
        void send(const message &message)
        {
            check(queue.enqueue(token, message), "there is memory");
        }
    };
    struct receiver {
        Queue &queue;
        moodycamel::ConsumerToken token;
        explicit receiver(moodycamel_channel &channel) : queue(channel.queue), token(queue)
        {
        }
        bool try_receive(message &message)
        {
            return queue.try_dequeue(token, message);
        }
        size_t try_receive_many(message *messages, size_t n)
        {
            return queue.try_dequeue_bulk(token, messages, n);
        }
        void receive(message &message)
        {
            queue.wait_dequeue(token, message);
        }
    };
};

using moodycamel_concurrent_channel = moodycamel_channel<moodycamel::ConcurrentQueue<message>>;
using moodycamel_blocking_channel =
    moodycamel_channel<moodycamel::BlockingConcurrentQueue<message>>;

/* liburcu's queue links nodes of the caller. There is one for each message that may be under way,
 * touched before the start, so that no allocation is measured. */
struct wfcqueue_channel {
    struct node {
        cds_wfcq_node link;
        struct message message;
    };
    std::vector<std::vector<node>> nodes;
    std::atomic<size_t> nsenders{0};
    alignas(128) __cds_wfcq_head head;
    alignas(128) cds_wfcq_tail tail;
    wfcqueue_channel(unsigned, unsigned nsenders, uint64_t nmessages)
        : nodes(nsenders, std::vector<node>(nmessages))
    {
        __cds_wfcq_init(&head, &tail);
    }

    struct sender {
        wfcqueue_channel &channel;
        std::vector<node> &nodes;
        uint64_t next = 0;
        explicit sender(wfcqueue_channel &channel)
            : channel(channel), nodes(channel.nodes[channel.nsenders++])
        {
        }
        node &make(const message &message)
        {
            node &node = nodes[next];
            next = next + 1 == nodes.size() ? 0 : next + 1;
            cds_wfcq_node_init(&node.link);
            node.message = message;
            return node;
        }
        bool try_send(const message &message)
        {
            cds_wfcq_enqueue(__cds_wfcq_head_cast(&channel.head), &channel.tail,
                             &make(message).link);
            return true;
        }
        size_t try_send_many(const message *messages, size_t n)
        {
            __cds_wfcq_head head;
            cds_wfcq_tail tail;
            __cds_wfcq_init(&head, &tail);
            for (size_t i = 0; i < n; i++)
                cds_wfcq_enqueue(__cds_wfcq_head_cast(&head), &tail, &make(messages[i]).link);
            __cds_wfcq_splice_nonblocking(__cds_wfcq_head_cast(&channel.head), &channel.tail,
                                          __cds_wfcq_head_cast(&head), &tail);
            return n;
        }
    };

    struct receiver {
        wfcqueue_channel &channel;
        __cds_wfcq_head head; /* of what was taken over and not yet handed out */
        cds_wfcq_tail tail;
        explicit receiver(wfcqueue_channel &channel) : channel(channel)
        {
            __cds_wfcq_init(&head, &tail);
        }
        static bool take(__cds_wfcq_head &head, cds_wfcq_tail &tail, message &message)
        {
            cds_wfcq_node *link =
                __cds_wfcq_dequeue_nonblocking(__cds_wfcq_head_cast(&head), &tail);
            if (link == nullptr || link == CDS_WFCQ_WOULDBLOCK)
                return false;
            message = reinterpret_cast<node *>(link)->message;
            return true;
        }
        bool try_receive(message &message)
        {
            return take(channel.head, channel.tail, message);
        }
        size_t try_receive_many(message *messages, size_t n)
        {
            if (cds_wfcq_empty(__cds_wfcq_head_cast(&head), &tail))
                __cds_wfcq_splice_nonblocking(__cds_wfcq_head_cast(&head), &tail,
                                              __cds_wfcq_head_cast(&channel.head), &channel.tail);
            size_t nreceived = 0;
            while (nreceived < n && take(head, tail, messages[nreceived]))
                nreceived++;
            return nreceived;
        }
    };
};

int main(int argc, char **argv)
{
    contestants all;
    add_single<boost_channel>(all, "boost", 1, 1);
    add_batched<boost_channel>(all, "boost", 1, 1);
    add_single<ck_spsc_channel>(all, "ck_ring", 1, 1);
    add_batched<ck_spsc_channel>(all, "ck_ring", 1, 1);
    add_single<ck_mpsc_channel>(all, "ck_ring", 2, 2);
    add_single<moodycamel_spsc_channel>(all, "readerwriterqueue", 1, 1);
    add_single<moodycamel_circular_channel>(all, "circularbuffer", 1, 1);
    add_single<moodycamel_concurrent_channel>(all, "concurrentqueue", 1, 2);
    add_batched<moodycamel_concurrent_channel>(all, "concurrentqueue", 1, 2);
    add_single<wfcqueue_channel>(all, "wfcqueue", 1, 2);
    add_batched<wfcqueue_channel>(all, "wfcqueue", 1, 2);
    add_blocking<moodycamel_circular_channel>(all, "circularbuffer", 1, 1);
    add_blocking<moodycamel_blocking_channel>(all, "concurrentqueue", 1, 2);
    return primitives_main(argc, argv, all);
}
