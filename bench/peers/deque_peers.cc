/* deque_peers: the deque of the paper, as it is printed there (../primitives_deque.h). */
#include "bench/primitives_deque.h"

#include <atomic>
#include <vector>

/* N. M. Lê, A. Pop, A. Cohen, F. Zappa Nardelli: "Correct and Efficient Work-Stealing for Weak
 * Memory Models", PPoPP 2013, figure 1, the C11 version. Arrays that were outgrown live as long as
 * the deque. */
class paper_deque
{
  public:
    paper_deque()
    {
        arrays.push_back(std::make_unique<array>(64));
        current.store(arrays.back().get(), std::memory_order_relaxed);
    }

    void push(uintptr_t item)
    {
        const size_t b = bottom.load(std::memory_order_relaxed);
        const size_t t = top.load(std::memory_order_acquire);
        array *a = current.load(std::memory_order_relaxed);
        if (b - t > a->mask)
            a = grow(a, t, b);
        a->items[b & a->mask].store(item, std::memory_order_relaxed);
        std::atomic_thread_fence(std::memory_order_release);
        bottom.store(b + 1, std::memory_order_relaxed);
    }

    bool pop(uintptr_t &item)
    {
        const size_t b = bottom.load(std::memory_order_relaxed) - 1;
        array *a = current.load(std::memory_order_relaxed);
        bottom.store(b, std::memory_order_relaxed);
        std::atomic_thread_fence(std::memory_order_seq_cst);
        size_t t = top.load(std::memory_order_relaxed);
        const auto n = static_cast<ptrdiff_t>(b - t);
        if (n < 0) {
            bottom.store(b + 1, std::memory_order_relaxed);
            return false;
        }
        item = a->items[b & a->mask].load(std::memory_order_relaxed);
        if (n > 0)
            return true;
        const bool won = top.compare_exchange_strong(t, t + 1, std::memory_order_seq_cst,
                                                     std::memory_order_relaxed);
        bottom.store(b + 1, std::memory_order_relaxed);
        return won;
    }

    bool steal(uintptr_t &item)
    {
        size_t t = top.load(std::memory_order_acquire);
        std::atomic_thread_fence(std::memory_order_seq_cst);
        const size_t b = bottom.load(std::memory_order_acquire);
        if (static_cast<ptrdiff_t>(b - t) <= 0)
            return false;
        array *a = current.load(std::memory_order_acquire); /* consume, in the paper */
        item = a->items[t & a->mask].load(std::memory_order_relaxed);
        return top.compare_exchange_strong(t, t + 1, std::memory_order_seq_cst,
                                           std::memory_order_relaxed);
    }

  private:
    struct array {
        size_t mask;
        std::vector<std::atomic<uintptr_t>> items;
        explicit array(size_t size) : mask(size - 1), items(size)
        {
        }
    };
    alignas(128) std::atomic<size_t> top{0};
    alignas(128) std::atomic<size_t> bottom{0};
    std::atomic<array *> current;
    std::vector<std::unique_ptr<array>> arrays;

    array *grow(const array *from, size_t t, size_t b)
    {
        arrays.push_back(std::make_unique<array>(2 * (from->mask + 1)));
        array *to = arrays.back().get();
        for (size_t i = t; i != b; i++)
            to->items[i & to->mask].store(
                from->items[i & from->mask].load(std::memory_order_relaxed),
                std::memory_order_relaxed);
        current.store(to, std::memory_order_release);
        return to;
    }
};

struct paper_thief {
    paper_deque &deque;
    explicit paper_thief(paper_deque &deque) : deque(deque)
    {
    }
    uint64_t take(uint64_t &sum)
    {
        uintptr_t item;
        if (!deque.steal(item))
            return 0;
        sum += item;
        return 1;
    }
};

int main(int argc, char **argv)
{
    contestants all;
    add_deque<paper_deque>(all, "paper");
    add_thief<paper_deque, paper_thief>(all, "paper");
    return primitives_main(argc, argv, all);
}
